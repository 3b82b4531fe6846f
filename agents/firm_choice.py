"""What firms choose: heat systems at end of life, entry or on attention; measures, PV and storage as add-ons.

MODEL 1 and 2. ``choose`` plans and applies for credit (stage 4); ``firm_build.build`` carries out (stage 5). An early
heat retrofit must undercut, with its full equivalent annual cost, the running cost alone of what stands.
"""

from __future__ import annotations

import numpy as np

from agents.applications import apply_for
from agents.axes import LABELS, CarbonClass, Carrier, Label, Stream
from agents.compiled import rule, stage
from agents.credit import SLOTS, label_of_investment, offered_rate
from agents.draws import uniform
from agents.fields import Floats, Integers, Records
from agents.firm import HEATS, MEASURES, ROOFTOP, STORAGE, Firms, Heat, Occasion, Slot, Use
from agents.firm_addons import (
    can_carry,
    clear_plans,
    look_around,
    note_plan,
    own_funds,
    plan_measures,
    plan_rooftop,
    plan_storage,
    project_rate,
)
from agents.firm_energy import (
    demand,
    heat_capex,
    heat_efficiency,
    heat_running_cost,
    owns_energy,
    power_demand,
)
from agents.firm_population import draw_heat_tastes
from agents.firm_tables import FirmTables, read_market, rows_of
from agents.firm_wishes import enrolled_load, green_demand, rating_benefit, wish_green_power
from agents.investment import capital_recovery_factor
from agents.rooftop import YUAN_PER_MYUAN
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


@rule
def heat_label(signal: Records, heats: Records, firm: Records, option: int) -> int:
    """Loan label of a heat system: green in a new plant, transition in an existing one once open, if low in carbon."""
    open_market = signal.transition_finance_open > 0.5
    return label_of_investment(firm.entering > 0, heats[option].low_carbon > 0, open_market)


@rule
def heat_support(signal: Records, heats: Records, option: int) -> float:
    """Subsidised share of a heat system's capex: the heat programme's and the general one, for low-carbon ones."""
    return min(1.0, signal.clean_heat_subsidy + signal.capital_subsidy_share) * heats[option].low_carbon


@rule
def like_for_like(signal: Records, system: int) -> int:
    """The heat system that replaces the present one unasked; gas where coal may not be bought any more."""
    return Heat.GAS_BOILER + 0 if system == Heat.COAL_BOILER and signal.coal_phase_out > 0.5 else system


@rule
def heat_allowed(signal: Records, system: int, option: int) -> bool:
    """Whether rules let a firm buy a heat system: coal only where coal stands, and not at all once phased out."""
    if option != Heat.COAL_BOILER:
        return True
    return signal.coal_phase_out < 0.5 and (system == Heat.COAL_BOILER or signal.coal_boiler_ban < 0.5)


@rule
def heat_annual_cost(
    p: Records, s: Records, signal: Records, market: Records, heats: Records, firm: Records, option: int, heat: float,
    running: float, fallback: int
) -> float:  # fmt: skip
    """Equivalent annual cost of a new heat system, Myuan/yr; out of reach where not allowed or not affordable.

    ``running`` is the yearly running cost that the system would replace, for what the lender counts as saving.
    """
    if not heat_allowed(signal, firm.heat_system, option):
        return OUT_OF_REACH
    life = heats[option].life
    capex = heat_capex(p, s, heats, option, heat, firm.low_heat)
    net = capex * (1.0 - heat_support(signal, heats, option) * market.cover)
    label = heat_label(signal, heats, firm, option)
    efficiency = heat_efficiency(p, s, heats, option, firm.low_heat)
    own_running = heat_running_cost(market, heats, option, heat, efficiency, capex)
    if option != fallback and not can_carry(market, firm, label, net, life, running - own_running, 0.0, 0.0):
        return OUT_OF_REACH
    return net * capital_recovery_factor(project_rate(market, firm, label), life) + own_running


@rule
def weigh_heat(
    p: Records, s: Records, signal: Records, market: Records, heats: Records, measures: Records, firm: Records,
    year: int
) -> None:  # fmt: skip
    """Write cost and reference cost of all heat options of a firm that has an occasion to choose."""
    heat = demand(p, measures, firm, Use.HEAT, year)
    present, fallback = firm.heat_system, like_for_like(signal, firm.heat_system)
    capex = heat_capex(p, s, heats, fallback, heat, firm.low_heat)
    efficiency = heat_efficiency(p, s, heats, fallback, firm.low_heat)
    running = heat_running_cost(market, heats, fallback, heat, efficiency, capex)
    uncharged = running - heat / efficiency * market.heat_carbon[fallback] / YUAN_PER_MYUAN
    rate = project_rate(market, firm, Label.ORDINARY)
    firm.heat_reference = capex * capital_recovery_factor(rate, heats[fallback].life) + uncharged
    early = firm.heat_occasion == Occasion.ATTENTION
    if early:
        standing = heat_capex(p, s, heats, present, heat, firm.low_heat)
        running = heat_running_cost(market, heats, present, heat, firm.heat_efficiency, standing)
    for option in range(HEATS):
        cost = heat_annual_cost(p, s, signal, market, heats, firm, option, heat, running, fallback)
        if early and option == present:
            cost = running
        elif early and cost >= running:
            cost = OUT_OF_REACH
        firm.heat_cost[option] = cost


@rule
def plan_heat(
    p: Records, s: Records, signal: Records, market: Records, heats: Records, measures: Records, firm: Records,
    year: int
) -> float:  # fmt: skip
    """Turn the best heat option into a plan; returns own funds needed, Myuan.

    Keeping a working system needs neither. At the end of life the owners bring what cash does not carry.
    """
    option = firm.heat_best
    if firm.heat_occasion == Occasion.ATTENTION and option == firm.heat_system:
        return 0.0
    heat = demand(p, measures, firm, Use.HEAT, year)
    capex = heat_capex(p, s, heats, option, heat, firm.low_heat)
    subsidy = capex * heat_support(signal, heats, option)
    label = heat_label(signal, heats, firm, option)
    note_plan(firm, Slot.HEAT, option, label, capex, subsidy)
    return own_funds(market, label, capex - subsidy * market.cover)


@rule
def equipment_ended(firm: Records, year: int) -> bool:
    """Take away add-ons whose life is over; whether that happened, which is an occasion to choose them anew."""
    any_ended = False
    for measure in range(MEASURES):
        if firm.measure_end[measure] > 0.0 and firm.measure_end[measure] <= year:
            firm.measure_end[measure] = 0.0
            firm.addon_ended[measure] = 1
            any_ended = True
        else:
            firm.addon_ended[measure] = 0
    pv = firm.pv_capacity > 0.0 and firm.pv_end <= year
    storage = firm.storage_capacity > 0.0 and firm.storage_end <= year
    firm.addon_ended[ROOFTOP] = 1 if pv else 0
    firm.addon_ended[STORAGE] = 1 if storage else 0
    if pv:
        firm.pv_capacity = 0.0
        firm.pv_yield = 0.0
    if storage:
        firm.storage_capacity = 0.0
    return any_ended or pv or storage


@rule
def find_occasion(seed: int, p: Records, signal: Records, market: Records, heats: Records, measures: Records,
                  firm: Records, year: int) -> None:  # fmt: skip
    """Let equipment age, note this year's electricity, and say whether and why the firm reviews its equipment."""
    firm.pv_yield *= 1.0 - p.rooftop_pv_degradation
    ended = equipment_ended(firm, year)
    heat, power = demand(p, measures, firm, Use.HEAT, year), power_demand(p, measures, firm, year)
    if heats[firm.heat_system].carrier == Carrier.ELECTRICITY:
        power += heat / firm.heat_efficiency
    firm.electricity = power
    chance = p.attention_base + signal.attention
    if firm.entering > 0 or uniform(seed, firm.identity, year, Stream.ATTENTION, 0) < chance:
        firm.review = 1
    firm.heat_occasion = Occasion.NONE
    if heat > 0.0 and firm.entering > 0:
        firm.heat_occasion = Occasion.ENTRY
    elif heat > 0.0 and firm.heat_end <= year:
        firm.heat_occasion = Occasion.END_OF_LIFE
    elif heat > 0.0 and firm.review > 0:
        firm.heat_occasion = Occasion.ATTENTION
    firm.choosing = 1 if ended or firm.review > 0 or firm.heat_occasion != Occasion.NONE else 0


@rule
def plan(
    seed: int, p: Records, s: Records, signal: Records, market: Records, heats: Records, measures: Records,
    firm: Records, room: float, year: int
) -> None:  # fmt: skip
    """Plan heat, efficiency, rooftop PV and storage, in this order, within what the firm can carry."""
    own = 0.0
    if firm.heat_occasion != Occasion.NONE:
        own = plan_heat(p, s, signal, market, heats, measures, firm, year)
    added, due = plan_measures(seed, p, signal, market, measures, firm, own, year)
    own += added
    if firm.review > 0 or firm.addon_ended[ROOFTOP] > 0:
        own, due = plan_rooftop(seed, p, signal, market, firm, room, own, due)
    if firm.review > 0 or firm.addon_ended[STORAGE] > 0:
        plan_storage(seed, p, s, signal, market, firm, own, due)


@rule
def borrow_terms(world: World, firm: Records, run: int, borrower: int) -> None:
    """Note what a firm has and would be offered: cash, debt service, counted surplus, loan rates by label."""
    debts, terms = world.borrowers, world.terms
    firm.spendable, firm.service_due = debts.cash[run, borrower], debts.service[run, borrower]
    counted = world.parameters[run].surplus_share_for_debt_service
    firm.surplus_counted = counted * max(0.0, debts.surplus[run, borrower])
    for label in range(LABELS):
        firm.loan_rate[label] = offered_rate(
            terms.rate[run, label, debts.carbon_class[run, borrower]],
            debts.size[run, borrower],
            terms.small_firm_size[run],
            terms.small_firm_spread[run],
            debts.rating[run, borrower],
            terms.risk_spread[run],
        )


@rule
def consider(world: World, rows: Records, tables: FirmTables, run: int, slot: int, borrower: int, year: int) -> None:
    """What a firm with an occasion to choose sees: neighbours, loan terms, and costs of heat systems."""
    firm, p, s, signal = rows[run, slot], world.parameters[run], world.series[run, year], world.signals[run]
    borrow_terms(world, firm, run, borrower)
    look_around(rows[run], tables.sectors, tables.network, slot, year)
    if firm.heat_occasion != Occasion.NONE:
        draw_heat_tastes(world.seeds[run], firm)
        weigh_heat(p, s, signal, tables.market[run], tables.heat, tables.measures, firm, year)


@stage
def find_occasions(world: World, rows: Records, tables: FirmTables, first: int, year: int) -> None:
    """Occasions to choose, offers to the aggregator and wishes for green power of all firms; clears old plans."""
    debts = world.borrowers
    for run in range(world.seeds.shape[0]):
        read_market(world, tables, run, year)
        p, s, signal = world.parameters[run], world.series[run, year], world.signals[run]
        market, seed = tables.market[run], world.seeds[run]
        for slot in range(rows.shape[1]):
            firm, borrower = rows[run, slot], first + slot
            sector = tables.sectors[firm.sector]
            firm.electricity = 0.0
            for place in range(SLOTS):
                debts.asked[run, borrower, place] = 0.0
                debts.granted[run, borrower, place] = 0
            if firm.choosing > 0:
                clear_plans(firm)
            firm.heat_occasion, firm.choosing = Occasion.NONE, 0
            if owns_energy(sector):
                find_occasion(seed, p, signal, market, tables.heat, tables.measures, firm, year)
            firm.flexible_load = enrolled_load(p, firm.electricity, firm.flexibility_cost, market.flexibility)
            firm.green_demand = green_demand(sector, firm)
            benefit = 0.0
            if debts.carbon_class[run, borrower] != CarbonClass.UNRATED:
                benefit = rating_benefit(world, run, borrower, firm.green_demand)
            wish_green_power(p, s, signal, sector, firm, benefit)


@rule
def weigh_all(world: World, rows: Records, tables: FirmTables, choosing: Integers, run: int, first: int,
              year: int) -> int:  # fmt: skip
    """Let every firm with an occasion look and weigh; writes their slots into ``choosing`` and returns their number."""
    number = 0
    for slot in range(rows.shape[1]):
        if rows[run, slot].choosing > 0:
            consider(world, rows, tables, run, slot, first + slot, year)
            choosing[number] = slot
            number += 1
    return number


@stage
def plan_and_apply(world: World, rows: Records, tables: FirmTables, first: int, year: int) -> None:
    """Heat systems of the firms that choose, by the heart of MODEL 1, then all their plans and applications."""
    firms = rows.shape[1]
    choosing, best = np.zeros(firms, np.int64), np.zeros((1, firms), np.int64)
    cost, peers, taste = np.zeros((1, firms, HEATS)), np.zeros((1, firms, HEATS)), np.zeros((1, firms, HEATS))
    reference, attitude = np.zeros((1, firms)), np.zeros((1, firms))
    low_carbon = np.zeros(HEATS, np.int64)
    for option in range(HEATS):
        low_carbon[option] = tables.heat[option].low_carbon
    weights = np.zeros((3, 1))
    for run in range(world.seeds.shape[0]):
        p, s, signal = world.parameters[run], world.series[run, year], world.signals[run]
        number = weigh_all(world, rows, tables, choosing, run, first, year)
        for place in range(number):
            firm = rows[run, choosing[place]]
            reference[0, place], attitude[0, place] = firm.heat_reference, firm.attitude
            for option in range(HEATS):
                cost[0, place, option] = firm.heat_cost[option]
                peers[0, place, option] = firm.heat_peers[option]
                taste[0, place, option] = firm.heat_taste[option]
        weights[0, 0], weights[1, 0] = p.choice_cost_weight_replacement, p.choice_peer_weight
        weights[2, 0] = p.choice_attitude_weight
        choose_technology(cost[:, :number], reference, peers, taste, attitude, low_carbon,
                          weights[0], weights[1], weights[2], best)  # fmt: skip
        for place in range(number):
            slot = choosing[place]
            firm = rows[run, slot]
            firm.heat_best = best[0, place]
            room = world.hosting_room[run, firm.feeder]
            plan(world.seeds[run], p, s, signal, tables.market[run], tables.heat, tables.measures, firm, room, year)
            for application in range(SLOTS):
                if firm.planned[application] >= 0.0:
                    label, capex = firm.planned_label[application], firm.planned_capex[application]
                    subsidy = firm.planned_subsidy[application]
                    apply_for(world, run, first + slot, application, label, capex, subsidy, year)


def choose(world: World, firms: Firms, tables: FirmTables, first: int, year: int) -> None:
    """Stage 4: every firm's occasions, choices and credit applications. Firm a is borrower ``first + a``."""
    rows = rows_of(firms)
    find_occasions(world, rows, tables, first, year)
    plan_and_apply(world, rows, tables, first, year)
