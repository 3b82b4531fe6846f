"""Add-ons that building owners weigh against none (MODEL 1 and 3): retrofits, rooftop PV and storage.

As in ``building_choice``: rules list the owners who weigh one, and all of them weigh it at once, side by side.
"""

from __future__ import annotations

from agents.axes import Tariff
from agents.building import GREEN_LABEL, RETROFIT_SLOT, ROOFTOP_SLOT, System, TypeTable, Use
from agents.building_choice import running_cost
from agents.building_lanes import (
    ADDON_DRAWS,
    ADDONS,
    BATTERY,
    DEEP,
    LIGHT,
    NONE_DRAWS,
    ROOFTOP_PV,
    PlanLanes,
    draw_tastes,
    weigh_addon,
    whole_vectors,
)
from agents.choice_lanes import present_values, recovery_factors
from agents.compiled import loop_rule, rule
from agents.fields import Floats, Records
from agents.rooftop import reinforcement_cost, solar_income, storage_income
from agents.row_parts import RowParts
from agents.units import KWH_PER_MWH, WATT, YUAN

HOURS_A_YEAR = 8760.0
HEATING = int(System.HEATING)


@rule
def list_weigher(lanes: PlanLanes, addon: int, place: int, wanting: bool) -> None:
    """List an owner for an add-on that it has occasion to weigh, and lacks."""
    number = lanes.weighers[addon]
    lanes.weighing[addon, number] = place
    lanes.weighers[addon] = number + (1 if wanting else 0)


@rule
def list_addons(lanes: PlanLanes, b: Records, t: Records, place: int, reviewing: bool, ended: bool) -> None:
    """List an owner for retrofits on review, for PV and storage also where one of them has ended.

    Homes have no tariff that would pay for storage.
    """
    occasion = reviewing | ended
    lanes.best_lead[place] = 0.0
    list_weigher(lanes, LIGHT, place, reviewing & (b.retrofit[LIGHT] == 0))
    list_weigher(lanes, DEEP, place, reviewing & (b.retrofit[DEEP] == 0))
    list_weigher(lanes, ROOFTOP_PV, place, occasion & (b.rooftop_pv <= 0.0) & (t.usable_roof > 0.0))
    pays = (b.electricity > 0.0) & (t.tariff != Tariff.HOUSING)
    list_weigher(lanes, BATTERY, place, occasion & (b.storage <= 0.0) & pays)


@rule
def retrofit_saving(b: Records, o: Records, p: Records, option: int) -> float:
    """What a light (0) or deep (1) retrofit saves, Myuan/yr."""
    cooling = b.use[Use.COOLING] * o.price_cooling * YUAN
    if option == 0:
        return p.light_retrofit_saving * (b.use[Use.BASE] * o.price_base * YUAN + cooling)
    return p.deep_retrofit_saving * (cooling + running_cost(b, o, p, HEATING))


@rule
def offer_retrofit(
    lanes: PlanLanes, b: Records, o: Records, p: Records, place: int, option: int, support_share: float
) -> None:
    """Cost and saving of a retrofit; ``support_share`` of its cost is subsidised."""
    capex = (p.light_retrofit_cost if option == LIGHT else p.deep_retrofit_cost) * b.area * YUAN
    lanes.capex[place], lanes.promised[place], lanes.fixed[place] = capex, capex * support_share, 0.0
    lanes.saving[place] = b.owner_share * retrofit_saving(b, o, p, option)
    lanes.peers[0, place] = o.peer_retrofits[option]


@rule
def offer_pv(
    lanes: PlanLanes, b: Records, o: Records, t: Records, p: Records, s: Records, signals: Records, place: int,
    room: float
) -> None:  # fmt: skip
    """PV on the whole usable roof; beyond the feeder's ``room``, MW, the owner pays to reinforce."""
    capacity = b.area / t.storeys * t.usable_roof * p.rooftop_pv_density * WATT
    plant = capacity * KWH_PER_MWH * s.capex_rooftop_pv * o.learning * YUAN
    capex = plant + reinforcement_cost(capacity, room, p.rooftop_reinforcement_cost)
    promised = capacity * KWH_PER_MWH * signals.rooftop_pv_subsidy * YUAN
    lanes.size[place], lanes.capex[place] = capacity, capex
    lanes.promised[place] = min(capex, promised + capex * signals.capital_subsidy_share)
    lanes.fixed[place] = plant * p.rooftop_pv_fixed_cost
    lanes.saving[place] = solar_income(p, capacity, b.electricity, o.price_solar, o.price_feed_in)
    lanes.peers[0, place] = o.peer_pv


@rule
def offer_storage(
    lanes: PlanLanes, b: Records, o: Records, p: Records, s: Records, signals: Records, place: int
) -> None:
    """Storage behind the meter, by the mean load."""
    size = b.electricity * (p.storage_peak_share * p.storage_hours / HOURS_A_YEAR)
    capex = size * KWH_PER_MWH * s.capex_storage * YUAN
    promised = size * KWH_PER_MWH * signals.storage_subsidy * YUAN
    lanes.size[place], lanes.capex[place] = size, capex
    lanes.promised[place] = min(capex, promised + capex * signals.capital_subsidy_share)
    lanes.fixed[place], lanes.saving[place] = capex * p.storage_fixed_cost, storage_income(p, s, size)
    lanes.peers[0, place] = o.peer_storage


@loop_rule
def gather_addon(
    rows: RowParts, offers: Records, types: TypeTable, p: Records, s: Records, signals: Records, rooms: Floats,
    lanes: PlanLanes, run: int, addon: int, label: int
) -> None:  # fmt: skip
    """Put what the owners who weigh an add-on would pay and save, have and are offered side by side."""
    support = min(1.0, signals.capital_subsidy_share + signals.building_retrofit_subsidy)
    for place in range(lanes.weighers[addon]):
        owner = lanes.weighing[addon, place]
        b, o = rows[run, lanes.slot[owner]], offers[lanes.offer[owner]]
        if addon == ROOFTOP_PV:
            offer_pv(lanes, b, o, types.row[b.kind], p, s, signals, place, rooms[b.feeder])
        elif addon == BATTERY:
            offer_storage(lanes, b, o, p, s, signals, place)
        else:
            offer_retrofit(lanes, b, o, p, place, addon, support)
        net = lanes.capex[place] - lanes.promised[place] * o.cover
        lanes.net[place], lanes.basis[place] = net, net if addon >= ROOFTOP_PV else lanes.capex[place]
        lanes.agent[place], lanes.cycle[place], lanes.attitude[place] = b.identity, 0, b.attitude
        lanes.funds[place], lanes.service[place] = lanes.cash[owner], lanes.owed[owner]
        lanes.surplus[place] = lanes.counted[owner]
        lanes.discount[0, place], lanes.interest[0, place] = lanes.rate[label, owner], lanes.loan[label, owner]


@rule
def choose_addon(
    o: Records, p: Records, lanes: PlanLanes, seed: int, addon: int, label: int, life: float, decline: float,
    yield_left: float
) -> None:  # fmt: skip
    """All who are gathered weigh an add-on against none: its ``lead``. ``o`` is an offer of the run."""
    number, longest = whole_vectors(lanes.weighers[addon]), min(o.tenor[label], life)
    present_values(lanes.discount[0, :number], life, lanes.left)
    recovery_factors(lanes.interest[0, :number], longest, lanes.payment[0])
    draw_tastes(seed, lanes, ADDON_DRAWS[addon], number, lanes.taste[0])
    draw_tastes(seed, lanes, NONE_DRAWS[addon], number, lanes.taste[1])
    weigh_addon(
        lanes.net, lanes.basis, lanes.fixed, lanes.saving, lanes.peers[0], lanes.attitude, lanes.funds, lanes.service,
        lanes.surplus, lanes.discount[0], lanes.left, lanes.payment[0], lanes.taste[0], lanes.taste[1], lanes.lead,
        number, o.share[label], decline, yield_left, p.choice_cost_weight_addon, p.choice_peer_weight,
        p.choice_attitude_weight,
    )  # fmt: skip


@rule
def plan_retrofit(rows: RowParts, lanes: PlanLanes, run: int, option: int, label: int) -> None:
    """Write into the owners' rows a retrofit that leads over none, and over one planned before."""
    for place in range(lanes.weighers[option]):
        owner, lead = lanes.weighing[option, place], lanes.lead[place]
        if lead > lanes.best_lead[owner]:
            b = rows[run, lanes.slot[owner]]
            lanes.best_lead[owner] = lead
            b.planned_retrofit, b.label[RETROFIT_SLOT] = option + 1, label
            b.capex[RETROFIT_SLOT], b.subsidy[RETROFIT_SLOT] = lanes.capex[place], lanes.promised[place]


@rule
def plan_rooftop(rows: RowParts, lanes: PlanLanes, run: int, addon: int) -> None:
    """Write PV or storage that is wanted into the owners' rows; both are one application."""
    for place in range(lanes.weighers[addon]):
        if lanes.lead[place] > 0.0:
            b = rows[run, lanes.slot[lanes.weighing[addon, place]]]
            if addon == ROOFTOP_PV:
                b.planned_pv = lanes.size[place]
            else:
                b.planned_storage = lanes.size[place]
            b.capex[ROOFTOP_SLOT] += lanes.capex[place]
            b.subsidy[ROOFTOP_SLOT] += lanes.promised[place]
            b.label[ROOFTOP_SLOT] = GREEN_LABEL


@rule
def plan_all_addons(
    rows: RowParts, offers: Records, types: TypeTable, p: Records, s: Records, signals: Records, rooms: Floats,
    lanes: PlanLanes, seed: int, run: int
) -> None:  # fmt: skip
    """All who are listed for an add-on choose; what they plan goes into their rows. ``rooms`` [feeder] MW for PV."""
    o = offers[0]
    for addon in range(ADDONS):
        retrofit = addon < ROOFTOP_PV
        label, decline, yield_left, life = GREEN_LABEL, 0.0, 1.0, p.storage_life
        if retrofit:
            label, life = o.low_carbon_label, p.light_retrofit_life if addon == LIGHT else p.deep_retrofit_life
        elif addon == ROOFTOP_PV:
            life, decline, yield_left = p.rooftop_pv_life, p.rooftop_pv_degradation, o.pv_yield_left
        gather_addon(rows, offers, types, p, s, signals, rooms, lanes, run, addon, label)
        choose_addon(o, p, lanes, seed, addon, label, life, decline, yield_left)
        if retrofit:
            plan_retrofit(rows, lanes, run, addon, label)
        else:
            plan_rooftop(rows, lanes, run, addon)
