"""Add-ons of a firm: efficiency measures as one package, rooftop PV, storage; each against none (MODEL 1, P2).

A plan is weighed with its own taste draw, keyed by firm and equipment cycle, and dropped where it cannot be afforded.
"""

from __future__ import annotations

from agents.applications import (
    apply_for,
    can_afford,
    expected_subsidy,
    financed_share,
    loan_rate_offered,
    service_of,
)
from agents.axes import Carrier, Label, Stream, Tariff
from agents.compiled import hot_rule
from agents.credit import label_of_investment
from agents.draws import gumbel
from agents.fields import Floats
from agents.firm import MEASURES, Firms, FirmTables, Slot, Use
from agents.firm_energy import carbon_charge, energy_price, owns_energy
from agents.firm_growth import measure_capex, measure_saving
from agents.investment import capital_recovery_factor, discount_rate
from agents.rooftop import (
    YUAN_PER_MYUAN,
    addon_utility,
    reinforcement_cost,
    rooftop_capex,
    rooftop_potential,
    rooftop_subsidy,
    rooftop_utility,
    rooftop_yearly,
    storage_capex,
    storage_size,
    storage_subsidy,
    storage_utility,
    storage_yearly,
)
from agents.world import World

# Draw numbers of Stream.CHOICE above those of the heat options: an add-on and its alternative "none" each.
MEASURE_DRAW, ROOFTOP_DRAW, STORAGE_DRAW = 16, 32, 34


@hot_rule
def project_rate(world: World, firms: Firms, run: int, firm: int, borrower: int, label: int) -> float:
    """Discount rate of a firm's project under the loan it is offered for a label, 1/yr."""
    return discount_rate(
        firms.hurdle_rate[run, firm],
        financed_share(world, run, label),
        loan_rate_offered(world, run, borrower, label),
        world.terms.reference_rate[run],
    )


@hot_rule
def note_plan(
    world: World,
    firms: Firms,
    run: int,
    firm: int,
    borrower: int,
    slot: int,
    what: float,
    label: int,
    capex: float,
    subsidy: float,
    year: int,
) -> float:
    """Keep a plan in the firm's columns and apply for its loan; returns own funds needed, Myuan."""
    firms.planned[run, firm, slot] = what
    firms.planned_capex[run, firm, slot] = capex
    firms.planned_subsidy[run, firm, slot] = subsidy
    return apply_for(world, run, borrower, slot, label, capex, subsidy, year)


@hot_rule
def taste_for(world: World, firms: Firms, run: int, firm: int, cycle: int, draw: int) -> float:
    """Taste for an add-on against none: two Gumbel numbers of this equipment cycle, so that the choice is a logit."""
    seed, identity = world.seeds[run], firms.identity[run, firm]
    return gumbel(seed, identity, cycle, Stream.CHOICE, draw) - gumbel(seed, identity, cycle, Stream.CHOICE, draw + 1)


@hot_rule
def peers_with(firms: Firms, tables: FirmTables, column: Floats, run: int, firm: int) -> float:
    """Share of neighbours with factories whose ``column`` [runs, firms] is above zero."""
    users, all_users = 0, 0
    for tie in range(tables.network.start[firm], tables.network.start[firm + 1]):
        other = tables.network.neighbour[tie]
        if owns_energy(firms, tables, run, other):
            all_users += 1
            users += column[run, other] > 0.0
    return users / all_users if all_users > 0 else 0.0


@hot_rule
def plan_measures(
    world: World,
    firms: Firms,
    tables: FirmTables,
    run: int,
    firm: int,
    borrower: int,
    reviewing: bool,
    own: float,
    year: int,
) -> tuple[float, float]:
    """Plan the efficiency measures worth having, as one package; returns cash and debt service committed, Myuan.

    A measure is weighed on review, and when its life has just ended. ``own`` is cash already committed this year.
    """
    p, m = world.parameters[run], tables.measures
    new_asset = firms.entering[run, firm] > 0
    label = label_of_investment(new_asset, True, world.signals[run].transition_finance_open > 0.5)
    rate = project_rate(world, firms, run, firm, borrower, label)
    green = p.choice_attitude_weight * firms.attitude[run, firm]
    carrier = tables.heat.carrier[firms.heat_system[run, firm]]
    heat_value = (energy_price(world, run, carrier) + carbon_charge(world, run, carrier)) / firms.heat_efficiency[
        run, firm
    ]
    power_value = energy_price(world, run, Carrier.ELECTRICITY)
    total, promised, number, service = 0.0, 0.0, 0.0, 0.0
    for measure in range(MEASURES):
        firms.measure_planned[run, firm, measure] = 0
        end = firms.measure_end[run, firm, measure]
        ended = 0.0 < end <= year
        if ended:
            firms.measure_end[run, firm, measure] = 0.0
        if end > year or not (reviewing or ended):
            continue
        value = heat_value if m.use[measure] == Use.HEAT else power_value
        saving = measure_saving(world, firms, tables, run, firm, measure, year) * value / YUAN_PER_MYUAN
        capex = measure_capex(world, firms, tables, run, firm, measure, year)
        subsidy = capex * world.signals[run].efficiency_subsidy
        net = capex - expected_subsidy(world, run, subsidy, year)
        gross = net * capital_recovery_factor(rate, m.life[measure]) + capex * m.fixed_cost[measure]
        if gross <= 0.0:
            continue
        peers = peers_with(firms, tables, firms.measure_end[:, :, measure], run, firm)
        lead = addon_utility(gross, saving, p.choice_cost_weight_addon, p.choice_peer_weight, peers, green)
        cycle = firms.measure_cycle[run, firm, measure]
        if lead + taste_for(world, firms, run, firm, cycle, MEASURE_DRAW + 2 * measure) <= 0.0:
            continue
        spent = own + (total - promised) * (1.0 - financed_share(world, run, label))
        gain = saving - capex * m.fixed_cost[measure]
        if not can_afford(world, run, borrower, label, net, m.life[measure], gain, spent, service):
            continue
        firms.measure_planned[run, firm, measure] = 1
        total, promised, number = total + capex, promised + subsidy, number + 1.0
        service += service_of(world, run, borrower, label, net, m.life[measure]) - gain
    if number == 0.0:
        return 0.0, 0.0
    added = note_plan(world, firms, run, firm, borrower, Slot.EFFICIENCY, number, label, total, promised, year)
    return added, max(0.0, service)


@hot_rule
def plan_rooftop(
    world: World,
    firms: Firms,
    tables: FirmTables,
    run: int,
    firm: int,
    borrower: int,
    own: float,
    due: float,
    year: int,
) -> tuple[float, float]:
    """Plan PV on the whole usable roof if it is worth having; returns cash and debt service committed so far, Myuan."""
    capacity = rooftop_potential(world, run, firms.roof_area[run, firm])
    if capacity <= 0.0 or firms.pv_capacity[run, firm] > 0.0:
        return own, due
    p, room = world.parameters[run], world.hosting_room[run, firms.feeder[run, firm]]
    lead = rooftop_lead(world, firms, tables, run, firm, borrower, capacity, room, year)
    if lead <= 0.0:
        return own, due
    equipment = rooftop_capex(world, run, year, capacity)
    capex = equipment + reinforcement_cost(capacity, room, p.rooftop_reinforcement_cost)
    subsidy = rooftop_subsidy(world, run, capacity)
    net = capex - expected_subsidy(world, run, subsidy, year)
    consumption = firms.electricity[run, firm]
    gain = rooftop_yearly(world, run, capacity, consumption, Tariff.INDUSTRY) - equipment * p.rooftop_pv_fixed_cost
    if not can_afford(world, run, borrower, Label.GREEN, net, p.rooftop_pv_life, gain, own, due):
        return own, due
    own += note_plan(world, firms, run, firm, borrower, Slot.ROOFTOP, capacity, Label.GREEN, capex, subsidy, year)
    due += max(0.0, service_of(world, run, borrower, Label.GREEN, net, p.rooftop_pv_life) - gain)
    return own, due


@hot_rule
def rooftop_lead(
    world: World,
    firms: Firms,
    tables: FirmTables,
    run: int,
    firm: int,
    borrower: int,
    capacity: float,
    room: float,
    year: int,
) -> float:
    """Utility of rooftop PV over none, with taste, at the hosting room left."""
    rate = project_rate(world, firms, run, firm, borrower, Label.GREEN)
    support = expected_subsidy(world, run, rooftop_subsidy(world, run, capacity), year)
    peers = peers_with(firms, tables, firms.pv_capacity, run, firm)
    attitude, consumption = firms.attitude[run, firm], firms.electricity[run, firm]
    lead = rooftop_utility(
        world, run, year, capacity, consumption, Tariff.INDUSTRY, room, rate, support, peers, attitude
    )
    return lead + taste_for(world, firms, run, firm, firms.pv_cycle[run, firm], ROOFTOP_DRAW)


@hot_rule
def plan_storage(
    world: World,
    firms: Firms,
    tables: FirmTables,
    run: int,
    firm: int,
    borrower: int,
    own: float,
    due: float,
    year: int,
) -> None:
    """Plan storage behind the meter if shifting between tariff hours makes it worth having."""
    p, consumption = world.parameters[run], firms.electricity[run, firm]
    size = storage_size(world, run, consumption, p.firm_operating_hours)
    if size <= 0.0 or firms.storage_capacity[run, firm] > 0.0:
        return
    rate = project_rate(world, firms, run, firm, borrower, Label.GREEN)
    subsidy = storage_subsidy(world, run, size)
    support = expected_subsidy(world, run, subsidy, year)
    peers = peers_with(firms, tables, firms.storage_capacity, run, firm)
    lead = storage_utility(world, run, year, size, rate, support, 0.0, peers, firms.attitude[run, firm])
    if lead + taste_for(world, firms, run, firm, firms.storage_cycle[run, firm], STORAGE_DRAW) <= 0.0:
        return
    capex = storage_capex(world, run, year, size)
    gain = storage_yearly(world, run, year, size) - capex * p.storage_fixed_cost
    if can_afford(world, run, borrower, Label.GREEN, capex - support, p.storage_life, gain, own, due):
        note_plan(world, firms, run, firm, borrower, Slot.STORAGE, size, Label.GREEN, capex, subsidy, year)
