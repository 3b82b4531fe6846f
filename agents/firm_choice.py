"""What firms choose: heat systems at end of life, entry or on attention; measures, PV and storage as add-ons.

MODEL 1 and 2. ``choose`` plans and applies for credit (stage 4); ``firm_build.build`` carries out (stage 5). An early
heat retrofit must undercut, with its full equivalent annual cost, the running cost alone of what stands.
"""

from __future__ import annotations

from agents.applications import apply_for
from agents.axes import LABELS, Carrier, Stream
from agents.compiled import rule, stage
from agents.credit import SLOTS, label_of_investment, offered_rate
from agents.draw_lanes import draw_uniforms
from agents.fields import Floats, Integers, Records
from agents.firm import ADDONS, MEASURES, ROOFTOP, STORAGE, Business, Firms, Occasion, Slot, Use
from agents.firm_addons import (
    clear_plans,
    list_addons,
    look_around,
    note_plan,
    own_funds,
    plan_measures,
    plan_rooftop,
    plan_storage,
    roof_capacity,
    storage_size,
)
from agents.firm_energy import heat_capex, note_equipment, note_needs
from agents.firm_lanes import (
    ChoiceLanes,
    choose_heat,
    draw_addon_tastes,
    draw_heat_tastes,
    gather_heat,
    heat_support,
    weigh_addons,
    working_lanes,
)
from agents.firm_tables import FirmTables, check_memory, fetch_firm, read_market, show
from agents.firm_wishes import wish_green_power
from agents.lending import fetch_accounts
from agents.row_parts import AHEAD, FAR_AHEAD, RowParts, fetch
from agents.vector_math import exponential, logarithm
from agents.world import World, runs_of

NO_OCCASION, END_OF_LIFE, ENTRY, ATTENTION = (int(occasion) for occasion in Occasion)  # plain, for selects


@rule
def heat_label(signal: Records, heats: Records, entering: bool, option: int) -> int:
    """Loan label of a heat system: green in a new plant, transition in an existing one once open, if low in carbon."""
    open_market = signal.transition_finance_open > 0.5
    return label_of_investment(entering, heats[option].low_carbon > 0, open_market)


@rule
def plan_heat(
    p: Records, s: Records, signal: Records, market: Records, heats: Records, firm: Records, entering: bool
) -> float:
    """Turn the best heat option into a plan; returns own funds needed, Myuan.

    Keeping a working system needs neither. At the end of life the owners bring what cash does not carry.
    """
    option = firm.heat_best
    if firm.heat_occasion == Occasion.ATTENTION and option == firm.heat_system:
        return 0.0
    capex = heat_capex(p, s, heats, option, firm.need[Use.HEAT], firm.low_heat)
    subsidy = capex * heat_support(signal, heats, option)
    label = heat_label(signal, heats, entering, option)
    note_plan(firm, Slot.HEAT, option, label, capex, subsidy)
    return own_funds(market, label, capex - subsidy * market.cover)


@rule
def end_equipment(firm: Records, year: int) -> None:
    """Take away add-ons whose life is over, which is an occasion to choose them anew.

    What ended is noted until the plans of that year are forgotten (``forget_plans``).
    """
    for measure in range(MEASURES):
        if firm.measure_end[measure] > 0.0 and firm.measure_end[measure] <= year:
            firm.measure_end[measure] = 0.0
            firm.addon_ended[measure] = 1
    if firm.pv_capacity > 0.0 and firm.pv_end <= year:
        firm.pv_capacity, firm.pv_yield = 0.0, 0.0
        firm.addon_ended[ROOFTOP] = 1
    if firm.storage_capacity > 0.0 and firm.storage_end <= year:
        firm.storage_capacity = 0.0
        firm.addon_ended[STORAGE] = 1


@rule
def growth_of_shells(
    p: Records, rows: RowParts, run: int, owners: Integers, number: int, volume: Floats, growth: Floats
) -> None:
    """Write by what factor shells and roofs follow output volume beyond its start, less than in proportion."""
    elasticity = p.firm_shell_elasticity
    for place in range(number):
        first, now = rows[run, owners[place]].first_volume, volume[owners[place]]
        growth[place] = now / first if now > first > 0.0 else 1.0
    for place in range(number):
        growth[place] = exponential(elasticity * logarithm(growth[place]))


@rule
def end_lives(
    p: Records, firms: Business, rows: RowParts, tables: FirmTables, lanes: ChoiceLanes, run: int, year: int
) -> None:
    """Take away what has come to its end, noting whose it was, and let neighbours see it; they see entrants too.

    Those whom it concerns are listed first, without a branch, so that their rows can be fetched ahead.
    """
    owners, owning, entering, number = tables.owners[run], tables.owner_number[run], firms.entering[run], 0
    for place in range(owning):
        slot, ahead = owners[place], owners[min(place + FAR_AHEAD, owning - 1)]
        fetch(rows.state, run, ahead)
        fetch(rows.needs, run, ahead)
        over = rows[run, slot].first_end <= year
        lanes.ended[place], lanes.changed[number] = 1 if over else 0, slot
        number += 1 if over | (entering[slot] > 0) else 0
    for place in range(number):
        slot = lanes.changed[place]
        ahead = lanes.changed[min(place + AHEAD, number - 1)]
        fetch(rows.rare, run, ahead)
        fetch(tables.shown, run, ahead)
        firm = rows[run, slot]
        if firm.first_end <= year:
            end_equipment(firm, year)
            note_equipment(p, tables.measures, firm, year)
        show(tables, firm, run, slot, year)


@rule
def occasion_of(firm: Records, entering: bool, reviewing: bool, heat: float, year: int) -> int:
    """Why a firm weighs heat systems this year, an index of Occasion, without a branch."""
    ending = firm.heat_end <= year
    why = ENTRY if entering else (END_OF_LIFE if ending else ATTENTION)
    return why if (heat > 0.0) & (reviewing | ending) else NO_OCCASION


@rule
def find_occasions(
    world: World, firms: Business, rows: RowParts, tables: FirmTables, lanes: ChoiceLanes, run: int, year: int
) -> None:
    """Let shells grow and equipment age, note this year's needs and the load that the firm lets the aggregator move
    while last year's income exceeds its own cost; list the firms that have an occasion to choose."""
    p, signal, heats = world.parameters[run], world.signals[run], tables.heat
    owners, owning, number = tables.owners[run], tables.owner_number[run], 0
    identity, volume = firms.identity[run], firms.volume[run]
    load, asked = firms.flexible_load[run], firms.flexibility_cost[run]
    income, flexible = tables.market[run].flexibility, p.firm_flexible_share / p.firm_operating_hours
    electricity, choosing, luck = firms.electricity[run], firms.choosing[run], lanes.luck
    choosers = tables.choosers[run]
    chance, kept = p.attention_base + signal.attention, 1.0 - p.rooftop_pv_degradation
    end_lives(p, firms, rows, tables, lanes, run, year)
    growth_of_shells(p, rows, run, owners, owning, volume, lanes.other)
    for place in range(owning):
        slot = owners[place]
        fetch(firms.electricity, run, slot)
        fetch(firms.flexible_load, run, slot)
        fetch(firms.flexibility_cost, run, slot)
        lanes.agent[place] = identity[slot]
    draw_uniforms(world.seeds[run], lanes.agent, year, Stream.ATTENTION, owning, luck)
    for place in range(owning):
        slot = owners[place]
        firm, entering = rows[run, slot], firms.entering[run, slot] > 0
        firm.pv_yield *= kept
        firm.shell_area = max(firm.shell_area, firm.first_shell_area * lanes.other[place])  # they never shrink
        firm.roof_area = firm.shell_area * p.firm_roof_per_shell
        note_needs(firm, volume[slot])
        heat, power = firm.need[Use.HEAT], firm.need[Use.ALL]
        electric = heats[firm.heat_system].carrier == Carrier.ELECTRICITY
        electricity[slot] = power + heat / firm.heat_efficiency if electric else power
        load[slot] = flexible * electricity[slot] if income > asked[slot] else 0.0
        reviewing = entering | (luck[place] < chance) | (firm.review > 0)
        occasion = occasion_of(firm, entering, reviewing, heat, year)
        firm.review, firm.heat_occasion = 1 if reviewing else 0, occasion
        chooses = reviewing | (occasion != Occasion.NONE) | (lanes.ended[place] > 0)
        choosers[number] = slot  # overwritten by the next where there is no occasion
        choosing[slot] = 1 if chooses else 0
        number += 1 if chooses else 0
    tables.chooser_number[run] = number


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
def forget_plans(
    world: World, firms: Business, rows: RowParts, tables: FirmTables, run: int, first: int, year: int
) -> None:  # fmt: skip
    """Last year's plans and applications are over, and neighbours see what came of them; entrants have not used any
    energy yet."""
    debts, choosing, entering = world.borrowers, firms.choosing[run], firms.entering[run]
    choosers, number = tables.choosers[run], tables.chooser_number[run]
    if world.record[run, year].firm_exits > 0.0:
        for slot in range(entering.shape[0]):
            if entering[slot] > 0:
                firms.electricity[run, slot], firms.fuel[run, slot], firms.direct_emissions[run, slot] = 0.0, 0.0, 0.0
    for place in range(number):
        slot, ahead = choosers[place], choosers[min(place + AHEAD, number - 1)]
        fetch_firm(rows, run, ahead)
        fetch(tables.shown, run, ahead)
        fetch(debts.asked, run, first + ahead)
        fetch(debts.granted, run, first + ahead)
        firm = rows[run, slot]
        choosing[slot] = 0
        if entering[slot] == 0:
            show(tables, firm, run, slot, year)
        firm.heat_occasion = Occasion.NONE
        clear_plans(firm)
        for addon in range(ADDONS):
            firm.addon_ended[addon] = 0
        for application in range(SLOTS):
            debts.asked[run, first + slot, application] = 0.0
            debts.granted[run, first + slot, application] = 0


@rule
def consider(
    world: World, firms: Business, rows: RowParts, tables: FirmTables, lanes: ChoiceLanes, run: int, first: int,
    year: int
) -> None:  # fmt: skip
    """What the firms with an occasion to choose see, and what they weigh: neighbours, loans, heat systems, add-ons."""
    p, s, signal = world.parameters[run], world.series[run, year], world.signals[run]
    market, seed, identity, heating, offer = tables.market[run], world.seeds[run], firms.identity[run], 0, 0
    choosers, number = tables.choosers[run], tables.chooser_number[run]
    for place in range(number):
        slot, ahead = choosers[place], choosers[min(place + AHEAD, number - 1)]
        fetch(rows.rare, run, ahead)
        fetch(tables.seen, run, ahead)
        fetch_accounts(world.borrowers, run, first + ahead)
        firm, entering = rows[run, slot], firms.entering[run, slot] > 0
        borrow_terms(world, firm, run, first + slot)
        look_around(firm, tables.seen[run, slot, 0], tables.seen[run, slot, 1])
        if firm.heat_occasion != Occasion.NONE:
            lanes.slot[heating] = slot
            gather_heat(p, s, signal, market, tables.heat, lanes, firm, entering, heating)
            heating += 1
    draw_heat_tastes(seed, identity, rows, run, lanes, heating)
    choose_heat(p, s, signal, market, tables.heat, lanes, rows, run, heating)
    for place in range(number):
        slot = choosers[place]
        lanes.first_offer[place] = offer
        offer = list_addons(p, signal, market, tables.measures, lanes, rows[run, slot], identity[slot],
                            firms.entering[run, slot] > 0, firms.electricity[run, slot], offer, year)  # fmt: skip
    lanes.first_offer[number] = offer
    draw_addon_tastes(seed, lanes, offer)
    weigh_addons(lanes, offer)


@rule
def plan(world: World, firms: Business, firm: Records, tables: FirmTables, lanes: ChoiceLanes, run: int, slot: int,
         place: int, year: int) -> None:  # fmt: skip
    """Plan heat, efficiency, rooftop PV and storage, in this order, within what the firm can carry."""
    p, s, signal, market = world.parameters[run], world.series[run, year], world.signals[run], tables.market[run]
    entering, electricity, own = firms.entering[run, slot] > 0, firms.electricity[run, slot], 0.0
    offer, end = lanes.first_offer[place], lanes.first_offer[place + 1]
    if firm.heat_occasion != Occasion.NONE:
        own = plan_heat(p, s, signal, market, tables.heat, firm, entering)
    added, due = plan_measures(p, signal, market, tables.measures, lanes, firm, entering, own, offer, end)
    own += added
    for last in range(max(offer, end - 2), end):
        if lanes.addon[last] == ROOFTOP:
            capacity, room = roof_capacity(p, firm.roof_area), world.hosting_room[run, firm.feeder]
            own, due = plan_rooftop(p, signal, market, firm, electricity, capacity, room, own, due, lanes.luck[last])
        elif lanes.addon[last] == STORAGE:
            size = storage_size(p, electricity)
            plan_storage(p, s, signal, market, firm, size, own, due, lanes.luck[last])


@stage
def choose_firms(world: World, tables: FirmTables, lanes: ChoiceLanes, first: int, year: int) -> None:
    """See ``choose``."""
    firms, rows = tables.business, tables.rows
    for run in runs_of(world):
        read_market(world, tables, run, year)
        forget_plans(world, firms, rows, tables, run, first, year)
        find_occasions(world, firms, rows, tables, lanes, run, year)
        wish_green_power(world, firms, tables, run, first, year)
        consider(world, firms, rows, tables, lanes, run, first, year)
        for place in range(tables.chooser_number[run]):
            slot = tables.choosers[run, place]
            firm = rows[run, slot]
            plan(world, firms, firm, tables, lanes, run, slot, place, year)
            for application in range(SLOTS):
                if firm.planned[application] >= 0.0:
                    label, capex = firm.planned_label[application], firm.planned_capex[application]
                    subsidy = firm.planned_subsidy[application]
                    apply_for(world, run, first + slot, application, label, capex, subsidy, year)


def choose(world: World, firms: Firms, tables: FirmTables, first: int, year: int) -> None:
    """Stage 4: every firm's occasions, choices and credit applications. Firm a is borrower ``first + a``."""
    check_memory(firms, tables)
    choose_firms(world, tables, working_lanes(len(tables.network.sector)), first, year)
