"""What building owners choose (MODEL 1 and 3): heating, hot water and kitchens; the rest is in ``building_addons``.

Rules on one building's record ``b``, its type's ``t`` and what it faces, ``o``, list the owners who choose in lanes
(``building_lanes``), where all of them weigh an option at once; the stages are in ``building_stages``. Peers are the
buildings of the same type. Of every saving an owner who rents out keeps only its share.
"""

from __future__ import annotations

from agents.axes import Stream
from agents.building import (
    FIRST_HEAT_USE,
    ORDINARY_LABEL,
    SYSTEMS,
    SYSTEMS_SLOT,
    TECHNOLOGIES,
    System,
    Technology,
    TypeTable,
)
from agents.building_lanes import (
    PlanLanes,
    choose_best,
    close_technology,
    draw_tastes,
    stands_anywhere,
    weigh_technology,
    whole_vectors,
)
from agents.building_population import TECHNOLOGY_DRAW, usual_technology
from agents.building_rows import install_system
from agents.choice_lanes import recovery_factors
from agents.compiled import loop_rule, rule
from agents.draws import uniform
from agents.fields import Records
from agents.row_parts import RowParts
from agents.units import KWH, YUAN

PLAIN, CLEAN = 0, 1  # rows of what capital and loans for ordinary and for low-carbon works cost


@rule
def heat_demand(b: Records, p: Records, system: int) -> float:
    """Useful heat of a system, MWh/yr."""
    heat = b.intensity[system + FIRST_HEAT_USE] * b.operation_factor * b.area * KWH
    saved = p.deep_retrofit_saving if (system == System.HEATING) & (b.retrofit[1] > 0) else 0.0
    return heat * (1.0 - saved)


@rule
def running_cost(b: Records, o: Records, p: Records, system: int) -> float:
    """Yearly energy and carbon cost of a system as it stands, Myuan/yr."""
    price = o.price_heat[system, b.technology[system]]
    return heat_demand(b, p, system) / b.efficiency[system] * price * YUAN


@rule
def new_connection(b: Records, p: Records) -> float:
    """What connecting to the gas grid costs, yuan/m2: nothing where anything runs on gas."""
    on_gas = 0
    for system in range(SYSTEMS):
        on_gas += 1 if b.technology[system] == Technology.GAS else 0
    return 0.0 if on_gas > 0 else float(p.building_gas_connection)


@rule
def system_capex(b: Records, p: Records, price: float, system: int, option: int) -> float:
    """Installed cost of a system at ``equipment_price``, Myuan, with the gas connection where that is new."""
    per_area = b.intensity[system + FIRST_HEAT_USE] * price
    if option == Technology.GAS:
        per_area += new_connection(b, p)
    return per_area * b.area * YUAN


@rule
def is_green(system: int, option: int) -> bool:
    """Heat pumps, and electric kitchens, count as low-carbon equipment; resistance heat on grid power does not."""
    return option == Technology.HEAT_PUMP or (system == System.COOKING and option == Technology.ELECTRIC)


@rule
def label_of(o: Records, green: bool) -> int:
    """Loan label of works in an existing building."""
    return o.low_carbon_label if green else ORDINARY_LABEL


@rule
def is_open(system: int, option: int) -> bool:
    """Which technologies owners can choose who do not run on them: no heat pump for cooking, and no LPG."""
    return option != Technology.LPG and not (system == System.COOKING and option == Technology.HEAT_PUMP)


@loop_rule
def gather_system(
    rows: RowParts, offers: Records, p: Records, lanes: PlanLanes, run: int, system: int, low_carbon_label: int
) -> None:  # fmt: skip
    """Put what the owners who choose a system need, have and are offered side by side."""
    for place in range(lanes.choosers[system]):
        owner = lanes.choosing[system, place]
        b, o = rows[run, lanes.slot[owner]], offers[lanes.offer[owner]]
        current, area = int(b.technology[system]), b.area * YUAN
        heat = b.owner_share * heat_demand(b, p, system) * YUAN
        lanes.agent[place], lanes.cycle[place], lanes.current[place] = b.identity, b.cycle[system], current
        lanes.lasting[place], lanes.heat[place] = 1 - b.forced[system], heat
        lanes.installed[place] = b.intensity[system + FIRST_HEAT_USE] * area
        lanes.connection[place] = new_connection(b, p) * area
        lanes.running[place] = heat * o.price_heat[system, current] / b.efficiency[system]
        lanes.attitude[place], lanes.funds[place] = b.attitude, lanes.cash[owner]
        lanes.service[place], lanes.surplus[place] = lanes.owed[owner], lanes.counted[owner]
        lanes.discount[PLAIN, place] = lanes.rate[ORDINARY_LABEL, owner]
        lanes.discount[CLEAN, place] = lanes.rate[low_carbon_label, owner]
        lanes.interest[PLAIN, place] = lanes.loan[ORDINARY_LABEL, owner]
        lanes.interest[CLEAN, place] = lanes.loan[low_carbon_label, owner]
        for option in range(TECHNOLOGIES):
            lanes.price[option, place] = o.cost_heat[system, option]
            lanes.peers[option, place] = o.peer_systems[system, option]


@rule
def choose_system(o: Records, p: Records, lanes: PlanLanes, seed: int, system: int, support_share: float) -> None:
    """All who are gathered choose a system: the technology of highest utility into ``best``.

    ``support_share`` is the share of low-carbon capex that is subsidised; ``o`` an offer of the run. At end of life
    like-for-like is always possible; others must be affordable. An early change must beat the running cost alone of
    what stands. No heat pump cooks; LPG is for those alone who run on it.
    """
    number = whole_vectors(lanes.choosers[system])
    for kind in range(CLEAN + 1):
        lanes.repaid[kind] = 0.0
    for option in range(TECHNOLOGIES):
        green = is_green(system, option)
        label, kind = label_of(o, green), CLEAN if green else PLAIN
        life, open_to_all = o.equipment_life[system, option], is_open(system, option)
        lanes.low_carbon[option] = 1 if green else 0
        if not open_to_all and not stands_anywhere(lanes.current, option, number):
            close_technology(lanes, option, number)
            continue
        draw_tastes(seed, lanes, system * TECHNOLOGIES + option, number, lanes.taste[option])
        recovery_factors(lanes.discount[kind, :number], life, lanes.factor)
        longest = min(o.tenor[label], life)
        if longest != lanes.repaid[kind]:
            lanes.repaid[kind] = longest
            recovery_factors(lanes.interest[kind, :number], longest, lanes.payment[kind])
        weigh_technology(
            lanes.current, lanes.lasting, lanes.heat, lanes.installed, lanes.connection, lanes.running, lanes.funds,
            lanes.service, lanes.surplus, lanes.factor, lanes.payment[kind], lanes.price[option], lanes.cost[option],
            lanes.reference, number, option, o.equipment_price[system, option],
            1.0 if option == Technology.GAS else 0.0, 1.0 - support_share * o.cover if green else 1.0,
            p.building_equipment_fixed_cost, o.share[label], open_to_all,
        )  # fmt: skip
    choose_best(p, lanes, number)


@rule
def chosen(lanes: PlanLanes, place: int) -> int:
    """What an owner has chosen; what stands where equipment and energy cost nothing, for want of a reference."""
    return int(lanes.best[place] if lanes.reference[place] > 0.0 else lanes.current[place])


@rule
def choose_first_systems(
    rows: RowParts, offers: Records, types: TypeTable, lanes: PlanLanes, p: Records, s: Records, number: int,
    seed: int, run: int, year: int
) -> None:  # fmt: skip
    """Equipment of the new buildings in the lanes' first slots, chosen as at an end of life from what is usual.

    Its cost is part of the works. ``offers`` [type] are what owners face. One system after another: who has gas for one
    pays no connection for the next.
    """
    for place in range(number):
        b = rows[run, lanes.slot[place]]
        for system in range(SYSTEMS):
            b.cycle[system], b.forced[system] = 0, 1
            b.plan[system] = -1
            quantile = uniform(seed, b.identity, 0, Stream.POPULATION, TECHNOLOGY_DRAW + system)
            draw = uniform(seed, b.identity, 0, Stream.LIFETIME, 1 + system)
            install_system(b, p, s, system, usual_technology(types.row[b.kind], system, quantile), year, draw)
    for system in range(SYSTEMS):
        lanes.choosers[system] = 0
        for place in range(number):
            list_chooser(lanes, rows[run, lanes.slot[place]], system, place, True)
        gather_system(rows, offers, p, lanes, run, system, offers[0].low_carbon_label)
        choose_system(offers[0], p, lanes, seed, system, 0.0)
        for place in range(lanes.choosers[system]):
            b = rows[run, lanes.slot[lanes.choosing[system, place]]]
            draw = uniform(seed, b.identity, 0, Stream.LIFETIME, 1 + system)
            install_system(b, p, s, system, chosen(lanes, place), year, draw)


@rule
def list_chooser(lanes: PlanLanes, b: Records, system: int, place: int, has_occasion: bool) -> None:
    """List an owner who has occasion to choose a system, where there is demand for it.

    Without a branch, as is all listing: nobody can foresee who is listed.
    """
    number = lanes.choosers[system]
    lanes.choosing[system, number] = place
    lanes.choosers[system] = number + (1 if has_occasion & (b.intensity[system + FIRST_HEAT_USE] > 0.0) else 0)


@rule
def attention(p: Records, signals: Records, over_quota: int) -> float:
    """Yearly probability that an owner reviews the building, raised by policy and by an excess over the quota."""
    extra = p.building_quota_attention if over_quota > 0 else 0.0
    return min(1.0, p.attention_base + signals.attention + signals.retrofit_attention + extra)


@rule
def plan_system(
    rows: RowParts, o: Records, p: Records, lanes: PlanLanes, run: int, system: int, support_share: float
) -> None:
    """Write into the rows of all who are gathered what they chose; the loan is ordinary unless all is low-carbon."""
    for place in range(lanes.choosers[system]):
        option = chosen(lanes, place)
        if lanes.lasting[place] > 0 and option == lanes.current[place]:
            continue
        b = rows[run, lanes.slot[lanes.choosing[system, place]]]
        b.plan[system] = option
        capex = system_capex(b, p, o.equipment_price[system, option], system, option)
        b.capex[SYSTEMS_SLOT] += capex
        if is_green(system, option):
            b.subsidy[SYSTEMS_SLOT] += capex * support_share
        else:
            b.label[SYSTEMS_SLOT] = ORDINARY_LABEL


@rule
def plan_all_systems(
    rows: RowParts, offers: Records, p: Records, signals: Records, lanes: PlanLanes, seed: int, run: int
) -> None:
    """All who are listed for a system choose, one system after another; what they plan goes into their rows."""
    o, share = offers[0], signals.capital_subsidy_share
    for system in range(SYSTEMS):
        gather_system(rows, offers, p, lanes, run, system, o.low_carbon_label)
        choose_system(o, p, lanes, seed, system, share)
        plan_system(rows, o, p, lanes, run, system, share)
