"""Stage 4 of buildings: who reviews what and applies for credit (MODEL 0); ``building_works`` builds it."""

from __future__ import annotations

import numpy as np

from agents.axes import Stream
from agents.building import (
    NEW_BUILDING_SLOT,
    ORDINARY_LABEL,
    RETROFIT_SLOT,
    SYSTEMS,
    SYSTEMS_SLOT,
    TYPES,
    Buildings,
    FloorType,
    TypeTable,
    Use,
)
from agents.building_addons import list_addons, plan_all_addons
from agents.building_choice import attention, list_chooser, plan_all_systems
from agents.building_lanes import PlanLanes, fetch_planner, set_means, working_lanes
from agents.building_listing import cost_factor
from agents.building_offer import (
    MOST_TALLIED,
    TALLIES,
    blank_offer,
    count_peers,
    forget_peers,
    set_equipment,
    set_support,
    set_type_prices,
    share_peers,
    tally_peer,
)
from agents.building_rows import rows_of, set_next_end, slots_used
from agents.compiled import loop_rule, rule, stage
from agents.credit import SLOTS, Borrowers
from agents.draws import fill_uniform
from agents.fields import Floats, Integers, Records
from agents.gates import BuildingStage, extra_cost
from agents.row_parts import FAR_AHEAD, RowParts
from agents.units import YUAN
from agents.working_space import OnePerThread
from agents.world import World, runs_of

working_offers = OnePerThread(blank_offer)
RETROFIT_PLANNED = 2  # value of ``has_plan``
DUE, REVIEWS, OPERATES, OVER, STIRRED = 1, 2, 4, 8, 16  # what is noted of a building: see survey, select_due


@rule
def retire_rooftop(b: Records, p: Records, year: int) -> bool:
    """Take down PV and storage at the end of their life; returns whether that gives an occasion to choose."""
    ended = False
    if (b.rooftop_pv > 0.0) & (year - b.rooftop_year >= p.rooftop_pv_life):
        b.rooftop_pv = 0.0
        ended = True
    if (b.storage > 0.0) & (year - b.storage_year >= p.storage_life):
        b.storage = 0.0
        ended = True
    if ended:
        set_next_end(b, p)
    return ended


@rule
def clear_plans(b: Records) -> None:
    """Forget earlier plans, before an owner plans anew; without ``has_plan`` nobody reads them."""
    for system in range(SYSTEMS):
        b.plan[system] = -1
    b.planned_retrofit, b.planned_pv, b.planned_storage = 0, 0.0, 0.0
    for slot in range(SLOTS):
        b.capex[slot], b.subsidy[slot] = 0.0, 0.0


@rule
def plan_works(b: Records, p: Records, factor: float) -> None:
    """Extra cost of a project whose design has passed; real-estate finance carries it, apart from bank budgets."""
    clear_plans(b)
    per_area = extra_cost(b.design_rate, p.lifecycle_cost_linear * factor, p.lifecycle_cost_quadratic * factor)
    b.capex[NEW_BUILDING_SLOT] = (per_area + b.penalty) * b.area * YUAN
    b.label[NEW_BUILDING_SLOT] = ORDINARY_LABEL


@rule
def list_owner(
    lanes: PlanLanes, b: Records, t: Records, p: Records, low_carbon_label: int, place: int, year: int
) -> None:
    """List what the owner of a building in operation has occasion to choose; its earlier plans are forgotten."""
    reviewing = lanes.reviewing[place] > 0
    clear_plans(b)
    b.label[SYSTEMS_SLOT] = low_carbon_label
    for system in range(SYSTEMS):
        forced = 1 if year - b.installed[system] >= b.equipment_life[system] else 0
        b.forced[system] = forced
        b.plan[system] = forced * (int(b.technology[system]) + 1) - 1  # what stands, or none
        list_chooser(lanes, b, system, place, (forced > 0) | reviewing)
    list_addons(lanes, b, t, place, reviewing, retire_rooftop(b, p, year))


@rule
def enrolled_load(b: Records, p: Records, pays: bool) -> float:
    """Cooling load enrolled with the aggregator, MW: where last year's pay was worth the effort, and not homes."""
    if not pays or b.kind == FloorType.RESIDENTIAL:
        return 0.0
    return b.use[Use.COOLING] / p.cooling_full_load_hours * p.demand_response_share


@rule
def set_offers(
    offers: Records, types: TypeTable, world: World, p: Records, s: Records, signals: Records, run: int, year: int
) -> None:
    """What is the same for all owners of a type, but for what its buildings have."""
    last, terms, prices, o = world.record[run, year - 1], world.terms, world.prices, offers[0]
    set_support(o, p, signals, last, terms.advance_ratio[run], terms.tenor[run])
    set_equipment(o, p, s)
    forget_peers(o)
    o.price_feed_in = prices.feed_in[run]
    for kind in range(TYPES):
        if kind > 0:
            offers[kind] = o
        set_type_prices(
            offers[kind],
            types.row[kind],
            p,
            signals,
            prices.tariff[run],
            prices.fuel[run],
            prices.solar_tariff[run],
            kind,
            0.0,
        )


@rule
def set_surcharged(offers: Records, types: TypeTable, world: World, p: Records, signals: Records, run: int) -> None:
    """The second half of ``offers``: types as in the first, for owners found above the energy quota (G7)."""
    prices = world.prices
    for kind in range(TYPES):
        offers[TYPES + kind] = offers[kind]
        o, t, surcharge = offers[TYPES + kind], types.row[kind], signals.quota_surcharge
        set_type_prices(
            o, t, p, signals, prices.tariff[run], prices.fuel[run], prices.solar_tariff[run], kind, surcharge
        )


@rule
def apply(b: Records, o: Records, debts: Borrowers, run: int, borrower: int, claims: float) -> float:
    """Ask for the loans of what is planned; returns the year's ``claims`` for subsidies with the owner's, Myuan.

    As ``applications.apply_for``, but without a branch: what is not planned costs nothing, and so asks for nothing.
    """
    planned = False
    for slot in range(SLOTS):
        planned |= b.capex[slot] > 0.0
        net = max(0.0, b.capex[slot] - b.subsidy[slot] * o.cover)
        share = o.share[b.label[slot]] if slot != NEW_BUILDING_SLOT else 0.0
        debts.asked[run, borrower, slot] = share * net
        debts.asked_label[run, borrower, slot] = b.label[slot]
        claims += b.subsidy[slot]
    b.has_plan = RETROFIT_PLANNED if b.capex[RETROFIT_SLOT] > 0.0 else (1 if planned else 0)
    return claims


@rule
def withdraw(b: Records, debts: Borrowers, run: int, borrower: int) -> None:
    """Take back last year's applications and plans."""
    b.has_plan = 0
    for slot in range(SLOTS):
        debts.asked[run, borrower, slot] = 0.0
        debts.granted[run, borrower, slot] = 0


@loop_rule
def select_due(
    state: Integers, luck: Floats, slots: Integers, reviewing: Integers, stirred: Integers, used: int, usual: float,
    raised: float
) -> tuple[int, int]:  # fmt: skip
    """Keep in ``slots`` the buildings that plan this year, in ``reviewing`` why, and those stirred; their numbers.

    Of the buildings in operation those plan whose owners' attention is drawn, and those where anything is at its end.
    The first loop works on several buildings at once. There is no branch, since a branch that nobody can foresee costs
    more than the writing.
    """
    for a in range(used):
        chance = raised if state[a] & OVER > 0 else usual
        drawn = (luck[a] < chance) & (state[a] & OPERATES > 0)
        state[a] = state[a] | (REVIEWS if drawn else 0)
    planning, changed = 0, 0
    for a in range(used):
        noted = state[a]
        slots[planning], reviewing[planning], stirred[changed] = a, noted >> 1 & 1, a
        planning += (noted | noted >> 1) & DUE
        changed += noted >> 4
    return planning, changed


@loop_rule
def survey(
    rows: RowParts, state: Integers, identity: Integers, tally: Integers, run: int, begin: int, end: int, year: int
) -> None:
    """Note of the buildings in slots ``begin`` to ``end`` whether they operate, have anything at its end, lie above
    their energy quota, or have been stirred: planned last year, new, or in design. Tally what those in operation have.

    What a building's state holds is one line of memory, and nothing else of it is read here.
    """
    for a in range(begin, end):
        b = rows[run, a]
        operates = 1 if b.stage == BuildingStage.OPERATION else 0
        tally_peer(tally, b, operates)
        identity[a] = b.identity
        is_stirred = (b.has_plan > 0) | (b.since >= year - 1) | (b.stage == BuildingStage.DESIGN)
        noted = operates * ((DUE if year >= b.next_end else 0) | OPERATES | (OVER if b.over_quota > 0 else 0))
        state[a] = noted | (STIRRED if is_stirred else 0)


@rule
def enrol(b: Records, p: Records, pays: bool) -> None:
    """The owner of a building in operation decides what load to enrol."""
    if b.stage == BuildingStage.OPERATION:
        b.enrolled = enrolled_load(b, p, pays)


def choose(world: World, buildings: Buildings, types: TypeTable, first: int, year: int) -> None:
    """Stage 4: owners plan and apply. ``first`` is the borrower of slot 0, ``year`` the year's index (at least 1)."""
    lanes, offers = working_lanes(buildings.stage.shape[1]), working_offers(2 * TYPES)
    plan_all(world, rows_of(buildings), types, lanes, first, year, offers)


@rule
def look_around(
    world: World, rows: RowParts, types: TypeTable, lanes: PlanLanes, offers: Records, tally: Integers, run: int,
    year: int
) -> None:  # fmt: skip
    """Survey all buildings, and offer the owners of each type what it is offered this year.

    The second half of the offers is for owners found above the energy quota, who pay a surcharge (G7).
    """
    p, s, signals = world.parameters[run], world.series[run, year], world.signals[run]
    set_offers(offers, types, world, p, s, signals, run, year)
    used = slots_used(rows, run)
    for begin in range(0, used, MOST_TALLIED):
        survey(rows, lanes.state, lanes.identity, tally, run, begin, min(used, begin + MOST_TALLIED), year)
        for kind in range(TYPES):
            count_peers(offers[kind], tally[kind])
    for kind in range(TYPES):
        share_peers(offers[kind])
    if signals.quota_surcharge > 0.0:
        set_surcharged(offers, types, world, p, signals, run)


@rule
def renew(
    world: World, rows: RowParts, lanes: PlanLanes, o: Records, run: int, first: int, year: int, number: int
) -> None:
    """What stirred buildings leave of last year's plans, and what projects whose design has passed apply for.

    Only new buildings and retrofits change the load that an owner can enrol: others enrol what they did, unless what
    the aggregator pays is now worth the effort, or no more.
    """
    p, now, last, debts = world.parameters[run], world.record[run, year], world.record[run, year - 1], world.borrowers
    factor, pays = cost_factor(p, last, year), last.flexibility_income_per_mw > p.demand_response_effort
    paid = year > 1 and world.record[run, year - 2].flexibility_income_per_mw > p.demand_response_effort
    for i in range(number):
        a = lanes.stirred[i]
        b = rows[run, a]
        if pays and (b.has_plan == RETROFIT_PLANNED or b.since >= year - 1):
            enrol(b, p, pays)
        if b.has_plan > 0:  # only who planned has asked
            withdraw(b, debts, run, first + a)
        if b.stage == BuildingStage.DESIGN and b.lost_years == 0:
            plan_works(b, p, factor)
            now.subsidy_claims = apply(b, o, debts, run, first + a, now.subsidy_claims)
    if pays != paid or year == 1:
        for a in range(slots_used(rows, run)):
            enrol(rows[run, a], p, pays)


@stage
def plan_all(
    world: World, rows: RowParts, types: TypeTable, lanes: PlanLanes, first: int, year: int, offers: Records
) -> None:
    """Who reviews what, what each plans, and its applications.

    Three passes: over all buildings, which counts peers and notes their state; over their draws of attention; over
    the few that plan, who are listed and choose all at once.
    """
    debts, tally = world.borrowers, np.zeros((TYPES, TALLIES), np.int64)
    for run in runs_of(world):
        p, s, signals, seed = world.parameters[run], world.series[run, year], world.signals[run], world.seeds[run]
        now, used, o = world.record[run, year], slots_used(rows, run), offers[0]
        now.lifecycle_rate_in_force = signals.lifecycle_rate_required
        look_around(world, rows, types, lanes, offers, tally, run, year)
        usual, raised = attention(p, signals, 0), attention(p, signals, 1)
        fill_uniform(lanes.luck, seed, lanes.identity, used, year, Stream.ATTENTION, 0)
        planning, stirred = select_due(
            lanes.state, lanes.luck, lanes.slot, lanes.reviewing, lanes.stirred, used, usual, raised
        )
        renew(world, rows, lanes, o, run, first, year, stirred)
        lanes.choosers[:], lanes.weighers[:] = 0, 0
        surcharged = TYPES if signals.quota_surcharge > 0.0 else 0
        for place in range(planning):
            a = lanes.slot[place]
            fetch_planner(rows, debts, run, first, lanes.slot[min(planning - 1, place + FAR_AHEAD)])
            b = rows[run, a]
            t = types.row[b.kind]
            set_means(lanes, debts, world.terms, o.share, run, first + a, place, t.hurdle, o.surplus_share)
            lanes.offer[place] = b.kind + (surcharged if b.over_quota > 0 else 0)
            list_owner(lanes, b, t, p, o.low_carbon_label, place, year)
        plan_all_systems(rows, offers, p, signals, lanes, seed, run)
        plan_all_addons(rows, offers, types, p, s, signals, world.hosting_room[run], lanes, seed, run)
        claims = now.subsidy_claims
        for place in range(planning):
            a = lanes.slot[place]
            claims = apply(rows[run, a], o, debts, run, first + a, claims)
        now.subsidy_claims = claims
