"""What firms choose: heat systems at end of life, entry or on attention; measures, PV and storage as add-ons.

MODEL 1 and 2. ``choose`` plans and applies for credit (stage 4); ``firm_build.build`` carries out (stage 5). An early
heat retrofit must undercut, with its full equivalent annual cost, the running cost alone of what stands.
"""

from __future__ import annotations

from agents.applications import can_afford, expected_subsidy, withdraw
from agents.axes import Carrier, Label, Stream
from agents.compiled import hot_rule, stage
from agents.credit import SLOTS, label_of_investment
from agents.draws import uniform
from agents.fields import Floats, Integers
from agents.firm import HEATS, NOTHING, Firms, FirmTables, Heat, Occasion, Slot, Use
from agents.firm_addons import note_plan, plan_measures, plan_rooftop, plan_storage, project_rate
from agents.firm_energy import (
    demand,
    heat_capex,
    heat_carbon_cost,
    heat_efficiency,
    heat_energy_cost,
    neighbours_with_heat,
    owns_energy,
    power_demand,
)
from agents.firm_population import draw_heat_tastes
from agents.firm_wishes import enrol_flexible_load, wish_green_power
from agents.investment import capital_recovery_factor
from agents.world import World

OUT_OF_REACH = 1e12  # Myuan/yr: cost of an option that is not allowed or cannot be afforded, so that it is never best


@stage
def choose_technology(
    annual_cost: Floats,
    reference_cost: Floats,
    peers: Floats,
    taste: Floats,
    attitude: Floats,
    low_carbon: Integers,
    cost_weight: Floats,
    peer_weight: Floats,
    attitude_weight: Floats,
    best: Integers,
) -> None:
    """The heart of MODEL 1: write the option of highest utility of every agent into ``best`` [runs, agents].

    ``annual_cost``, ``peers`` and ``taste`` (Gumbel numbers drawn beforehand) are [runs, agents, options],
    ``reference_cost`` and ``attitude`` [runs, agents], ``low_carbon`` [options], weights [runs]. Of equal utilities the
    first option wins. No branch, no draw and no function call inside: shares are multinomial logit by the draws.
    """
    runs, agents, options = annual_cost.shape
    for run in range(runs):
        beta, alpha = peer_weight[run], attitude_weight[run]
        for agent in range(agents):
            price = cost_weight[run] / reference_cost[run, agent]
            green = alpha * attitude[run, agent]
            top, chosen = -1e300, 0
            for option in range(options):
                utility = (
                    taste[run, agent, option]
                    + beta * peers[run, agent, option]
                    + green * low_carbon[option]
                    - price * annual_cost[run, agent, option]
                )
                better = utility > top
                top = utility if better else top
                chosen = option if better else chosen
            best[run, agent] = chosen


@hot_rule
def heat_label(world: World, firms: Firms, tables: FirmTables, run: int, firm: int, option: int) -> int:
    """Loan label of a heat system: green in a new plant, transition in an existing one once open, if low in carbon."""
    new_asset = firms.entering[run, firm] > 0
    open_market = world.signals[run].transition_finance_open > 0.5
    return label_of_investment(new_asset, tables.heat.low_carbon[option] > 0, open_market)


@hot_rule
def like_for_like(world: World, firms: Firms, run: int, firm: int) -> int:
    """The heat system that replaces the present one unasked; gas where coal may not be bought any more."""
    system = firms.heat_system[run, firm]
    if system == Heat.COAL_BOILER and world.signals[run].coal_phase_out > 0.5:
        return Heat.GAS_BOILER + 0
    return system


@hot_rule
def heat_allowed(world: World, firms: Firms, run: int, firm: int, option: int) -> bool:
    """Whether rules let a firm buy a heat system: coal only where coal stands, and not at all once phased out."""
    if option != Heat.COAL_BOILER:
        return True
    signal = world.signals[run]
    stands = firms.heat_system[run, firm] == Heat.COAL_BOILER
    return signal.coal_phase_out < 0.5 and (stands or signal.coal_boiler_ban < 0.5)


@hot_rule
def heat_running_cost(
    world: World, tables: FirmTables, run: int, option: int, heat: float, efficiency: float, capex: float
) -> float:
    """Energy, carbon and maintenance of a heat system, Myuan/yr, without capital."""
    final = heat / efficiency
    energy = heat_energy_cost(world, tables, run, option, final) + heat_carbon_cost(world, tables, run, option, final)
    return energy + capex * tables.heat.fixed_cost[option]


@hot_rule
def weigh_heat(world: World, firms: Firms, tables: FirmTables, run: int, firm: int, borrower: int, year: int) -> None:
    """Write cost, peers, taste and reference of all heat options of a firm that has an occasion to choose."""
    low, occasion = firms.low_heat[run, firm], firms.heat_occasion[run, firm]
    heat = demand(world, firms, tables, run, firm, Use.HEAT, year)
    present, fallback = firms.heat_system[run, firm], like_for_like(world, firms, run, firm)
    capex = heat_capex(world, tables, run, fallback, heat, low, year)
    efficiency = heat_efficiency(world, tables, run, fallback, low, year)
    rate = project_rate(world, firms, run, firm, borrower, Label.ORDINARY)
    running = heat_running_cost(world, tables, run, fallback, heat, efficiency, capex)
    final = heat / efficiency
    uncharged = running - heat_carbon_cost(world, tables, run, fallback, final)
    life = tables.heat.life[fallback]
    firms.heat_reference[run, firm] = capex * capital_recovery_factor(rate, life) + uncharged
    early = occasion == Occasion.ATTENTION
    if early:
        standing = heat_capex(world, tables, run, present, heat, low, year)
        running = heat_running_cost(world, tables, run, present, heat, firms.heat_efficiency[run, firm], standing)
    for option in range(HEATS):
        firms.heat_peers[run, firm, option] = neighbours_with_heat(firms, tables, run, firm, option)
        cost = heat_annual_cost(world, firms, tables, run, firm, borrower, option, heat, running, fallback, year)
        if early:
            cost = running if option == present else (cost if cost < running else OUT_OF_REACH)
        firms.heat_cost[run, firm, option] = cost


@hot_rule
def heat_annual_cost(
    world: World,
    firms: Firms,
    tables: FirmTables,
    run: int,
    firm: int,
    borrower: int,
    option: int,
    heat: float,
    running: float,
    fallback: int,
    year: int,
) -> float:
    """Equivalent annual cost of a new heat system, Myuan/yr; out of reach where not allowed or not affordable."""
    if not heat_allowed(world, firms, run, firm, option):
        return OUT_OF_REACH
    low, life = firms.low_heat[run, firm], tables.heat.life[option]
    capex = heat_capex(world, tables, run, option, heat, low, year)
    subsidy = heat_subsidy(world, tables, run, option, capex)
    label = heat_label(world, firms, tables, run, firm, option)
    rate = project_rate(world, firms, run, firm, borrower, label)
    efficiency = heat_efficiency(world, tables, run, option, low, year)
    new_running = heat_running_cost(world, tables, run, option, heat, efficiency, capex)
    net = capex - expected_subsidy(world, run, subsidy, year)
    if option != fallback and not can_afford(world, run, borrower, label, net, life, running - new_running, 0.0, 0.0):
        return OUT_OF_REACH
    return net * capital_recovery_factor(rate, life) + new_running


@hot_rule
def heat_subsidy(world: World, tables: FirmTables, run: int, option: int, capex: float) -> float:
    """Subsidy promised for a low-carbon heat system, Myuan."""
    return capex * world.signals[run].clean_heat_subsidy * tables.heat.low_carbon[option]


@hot_rule
def plan_heat(world: World, firms: Firms, tables: FirmTables, run: int, firm: int, borrower: int, year: int) -> float:
    """Turn the best heat option into a plan and an application; returns own funds needed, Myuan.

    Keeping a working system needs neither. At the end of life the owners bring what cash does not carry.
    """
    option = firms.heat_best[run, firm]
    early = firms.heat_occasion[run, firm] == Occasion.ATTENTION
    if early and option == firms.heat_system[run, firm]:
        return 0.0
    heat = demand(world, firms, tables, run, firm, Use.HEAT, year)
    capex = heat_capex(world, tables, run, option, heat, firms.low_heat[run, firm], year)
    subsidy = heat_subsidy(world, tables, run, option, capex)
    label = heat_label(world, firms, tables, run, firm, option)
    return note_plan(world, firms, run, firm, borrower, Slot.HEAT, option, label, capex, subsidy, year)


@hot_rule
def consider(world: World, firms: Firms, tables: FirmTables, run: int, firm: int, borrower: int, year: int) -> None:
    """Clear last year's plans, let PV age, find this year's occasion to choose, and weigh heat systems where there is one."""
    withdraw(world, run, borrower)
    for slot in range(SLOTS):
        firms.planned[run, firm, slot] = NOTHING
    firms.heat_occasion[run, firm] = Occasion.NONE
    if owns_energy(firms, tables, run, firm):
        firms.pv_yield[run, firm] *= 1.0 - world.parameters[run].rooftop_pv_degradation
        system, heat = firms.heat_system[run, firm], demand(world, firms, tables, run, firm, Use.HEAT, year)
        power = power_demand(world, firms, tables, run, firm, year)
        if tables.heat.carrier[system] == Carrier.ELECTRICITY:
            power += heat / firms.heat_efficiency[run, firm]
        firms.electricity[run, firm] = power
        chance = world.parameters[run].attention_base + world.signals[run].attention
        seen = uniform(world.seeds[run], firms.identity[run, firm], year, Stream.ATTENTION, 0) < chance
        if seen or firms.entering[run, firm] > 0:
            firms.review[run, firm] = 1
        if heat > 0.0:
            if firms.entering[run, firm] > 0:
                firms.heat_occasion[run, firm] = Occasion.ENTRY
            elif firms.heat_end[run, firm] <= year:
                firms.heat_occasion[run, firm] = Occasion.END_OF_LIFE
            elif firms.review[run, firm] > 0:
                firms.heat_occasion[run, firm] = Occasion.ATTENTION
        if firms.heat_occasion[run, firm] != Occasion.NONE:
            draw_heat_tastes(world, firms, run, firm)
            weigh_heat(world, firms, tables, run, firm, borrower, year)
    else:
        firms.electricity[run, firm] = 0.0
    enrol_flexible_load(world, firms, run, firm, year)
    wish_green_power(world, firms, tables, run, firm, borrower, year)


@hot_rule
def plan(world: World, firms: Firms, tables: FirmTables, run: int, firm: int, borrower: int, year: int) -> None:
    """Plan and apply for heat, efficiency, rooftop PV and storage, in this order, within what the firm can carry."""
    own, due = 0.0, 0.0
    if firms.heat_occasion[run, firm] != Occasion.NONE:
        own = plan_heat(world, firms, tables, run, firm, borrower, year)
    reviewing = firms.review[run, firm] > 0
    added, service = plan_measures(world, firms, tables, run, firm, borrower, reviewing, own, year)
    own, due = own + added, due + service
    if firms.pv_capacity[run, firm] > 0.0 and firms.pv_end[run, firm] <= year:
        firms.pv_capacity[run, firm] = 0.0
        firms.pv_yield[run, firm] = 0.0
        own, due = plan_rooftop(world, firms, tables, run, firm, borrower, own, due, year)
    elif reviewing:
        own, due = plan_rooftop(world, firms, tables, run, firm, borrower, own, due, year)
    ended = firms.storage_capacity[run, firm] > 0.0 and firms.storage_end[run, firm] <= year
    if ended:
        firms.storage_capacity[run, firm] = 0.0
    if ended or reviewing:
        plan_storage(world, firms, tables, run, firm, borrower, own, due, year)


@stage
def choose(world: World, firms: Firms, tables: FirmTables, first: int, year: int) -> None:
    """Stage 4: every firm's occasions, choices and credit applications. Firm a is borrower ``first + a``."""
    p = world.parameters
    for run in range(world.seeds.shape[0]):
        for firm in range(firms.sector.shape[1]):
            consider(world, firms, tables, run, firm, first + firm, year)
    choose_technology(
        firms.heat_cost,
        firms.heat_reference,
        firms.heat_peers,
        firms.heat_taste,
        firms.attitude,
        tables.heat.low_carbon,
        p.choice_cost_weight_replacement,
        p.choice_peer_weight,
        p.choice_attitude_weight,
        firms.heat_best,
    )
    for run in range(world.seeds.shape[0]):
        for firm in range(firms.sector.shape[1]):
            if owns_energy(firms, tables, run, firm):
                plan(world, firms, tables, run, firm, first + firm, year)
