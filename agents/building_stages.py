"""Stage 4 of buildings: who reviews what and applies for credit (MODEL 0); ``building_works`` builds it."""

from __future__ import annotations

import numpy as np

from agents.axes import LABELS, Stream
from agents.building import (
    GREEN_LABEL,
    NEW_BUILDING_SLOT,
    ORDINARY_LABEL,
    SYSTEMS,
    TYPES,
    YUAN_PER_MYUAN,
    Buildings,
    FloorType,
    TypeTable,
    Use,
)
from agents.building_choice import (
    ROOFTOP_TASTE,
    attention,
    plan_pv,
    plan_retrofit,
    plan_storage,
    plan_systems,
)
from agents.building_listing import cost_factor
from agents.building_offer import (
    blank_offer,
    count_peer,
    forget_peers,
    set_equipment,
    set_prices,
    set_rate,
    set_support,
    set_type_prices,
    share_peers,
)
from agents.building_rows import rows_of, slots_used
from agents.compiled import rule, stage
from agents.credit import SLOTS, Borrowers, Terms, offered_rate
from agents.draws import fill_tastes, fill_uniform
from agents.fields import Floats, Integers, Records
from agents.gates import BuildingStage, extra_cost
from agents.row_parts import RowParts
from agents.world import World


@rule
def rooftop_at_end(b: Records, p: Records, year: int) -> bool:
    """Is the building's PV or storage at the end of its life?"""
    pv = b.rooftop_pv > 0.0 and year - b.rooftop_year >= p.rooftop_pv_life
    return pv or (b.storage > 0.0 and year - b.storage_year >= p.storage_life)


@rule
def retire_rooftop(b: Records, p: Records, year: int) -> bool:
    """Take down PV and storage at the end of their life; returns whether that gives an occasion to choose."""
    ended = False
    if b.rooftop_pv > 0.0 and year - b.rooftop_year >= p.rooftop_pv_life:
        b.rooftop_pv = 0.0
        ended = True
    if b.storage > 0.0 and year - b.storage_year >= p.storage_life:
        b.storage = 0.0
        ended = True
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
    b.capex[NEW_BUILDING_SLOT] = (per_area + b.penalty) * b.area / YUAN_PER_MYUAN
    b.label[NEW_BUILDING_SLOT] = ORDINARY_LABEL


@rule
def plan_building(
    b: Records,
    o: Records,
    t: Records,
    p: Records,
    s: Records,
    signals: Records,
    seed: int,
    year: int,
    reviewing: bool,
    reference: float,
) -> None:
    """All plans of one building in operation; ``reference`` is the ordinary loan of 2020, 1/yr."""
    share = signals.capital_subsidy_share
    clear_plans(b)
    plan_systems(b, o, p, seed, year, reviewing, share)
    if reviewing:
        plan_retrofit(b, o, p, seed, min(1.0, share + signals.building_retrofit_subsidy))
    if retire_rooftop(b, p, year) or reviewing:
        set_rate(o, GREEN_LABEL, b.hurdle, reference)
        fill_tastes(o.luck, seed, b.identity, 0, Stream.CHOICE, ROOFTOP_TASTE)
        plan_pv(b, o, t, p, s, signals)
        plan_storage(b, o, t, p, s, signals)


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
    """What is the same for all owners of a type; the last offer is for owners that also pay the quota surcharge."""
    last, terms, prices = world.record[run, year - 1], world.terms, world.prices
    for kind in range(TYPES + 1):
        o = offers[kind]
        set_support(o, p, signals, last, terms.advance_ratio[run], terms.tenor[run])
        set_equipment(o, p, s)
        forget_peers(o)
        o.price_feed_in = prices.feed_in[run]
        if kind < TYPES:
            t = types.row[kind]
            set_type_prices(o, t, p, signals, prices.tariff[run], prices.fuel[run], prices.solar_tariff[run], kind, 0.0)


@rule
def set_means(o: Records, debts: Borrowers, terms: Terms, run: int, borrower: int, hurdle: float) -> None:
    """One owner's cash, debt service, loan offers, and discount rates of works in existing buildings."""
    size, rating = debts.size[run, borrower], debts.rating[run, borrower]
    carbon_class = debts.carbon_class[run, borrower]
    for label in range(LABELS):
        o.loan_rate[label] = offered_rate(
            terms.rate[run, label, carbon_class],
            size,
            terms.small_firm_size[run],
            terms.small_firm_spread[run],
            rating,
            terms.risk_spread[run],
        )
    set_rate(o, ORDINARY_LABEL, hurdle, terms.reference_rate[run])
    if o.low_carbon_label != ORDINARY_LABEL:
        set_rate(o, o.low_carbon_label, hurdle, terms.reference_rate[run])
    o.cash, o.service = debts.cash[run, borrower], debts.service[run, borrower]
    o.surplus = debts.surplus[run, borrower]


@rule
def apply(b: Records, o: Records, debts: Borrowers, now: Records, run: int, borrower: int) -> None:
    """Ask for the loans of what is planned (as ``applications.apply_for``, without passing the world)."""
    for slot in range(SLOTS):
        if b.capex[slot] > 0.0:
            b.has_plan = 1
            net = max(0.0, b.capex[slot] - b.subsidy[slot] * o.cover)
            share = o.share[b.label[slot]] if slot != NEW_BUILDING_SLOT else 0.0
            debts.asked[run, borrower, slot] = share * net
            debts.asked_label[run, borrower, slot] = b.label[slot]
            now.subsidy_claims += b.subsidy[slot]


@rule
def withdraw(b: Records, debts: Borrowers, run: int, borrower: int) -> None:
    """Take back last year's applications and plans."""
    b.has_plan = 0
    for slot in range(SLOTS):
        debts.asked[run, borrower, slot] = 0.0
        debts.granted[run, borrower, slot] = 0


@rule
def select_due(
    slots: Integers, reviewing: Integers, due: Integers, chance: Floats, luck: Floats, operating: int
) -> int:
    """Keep in ``slots`` the buildings that plan this year, and in ``reviewing`` why; returns their number.

    Of ``operating`` buildings those plan whose owners' attention is drawn, and those where anything is at its end.
    There is no branch, since a branch that nobody can foresee costs more than the writing.
    """
    selected = 0
    for i in range(operating):
        review = 1 if luck[i] < chance[i] else 0
        slots[selected], reviewing[selected] = slots[i], review
        selected += review | due[i]
    return selected


@rule
def read_ahead(rows: RowParts, debts: Borrowers, slots: Integers, count: int, run: int, first: int) -> float:
    """Fetch what the loop that follows needs of the first ``count`` of ``slots``; the sum has no meaning.

    These are few and lie far apart. Fetched one by one as the loop comes to them, each is waited for; here the
    processor fetches many at a time. A member of each line of memory is enough.
    """
    total = 0.0
    for i in range(count):
        a = slots[i]
        b, borrower = rows[run, a], first + a
        total += (
            b.equipment_life[0] + b.intensity[2] + b.hurdle + b.capex[0] + b.installed[0] + b.electricity + b.use[0]
        )
        total += debts.cash[run, borrower] + debts.surplus[run, borrower] + debts.asked[run, borrower, 0]
        total += debts.size[run, borrower] + debts.rating[run, borrower] + debts.service[run, borrower]
        total += debts.carbon_class[run, borrower] + debts.granted[run, borrower, 0]
        total += debts.balance[run, borrower, 0] + debts.asked_label[run, borrower, 0] + debts.rate[run, borrower, 0]
        total += debts.maturity[run, borrower, 0] + debts.payment[run, borrower, 0]
    return total


def choose(world: World, buildings: Buildings, types: TypeTable, first: int, year: int) -> None:
    """Stage 4: owners plan and apply. ``first`` is the borrower of slot 0, ``year`` the year's index (at least 1)."""
    with rows_of(buildings) as rows:
        plan_all(world, rows, types, first, year, blank_offer(TYPES + 1))


@stage
def plan_all(world: World, rows: RowParts, types: TypeTable, first: int, year: int, offers: Records) -> None:
    """Who reviews what, what each plans, and its applications.

    Three passes: over all buildings, which counts peers and notes who operates; over their draws of attention; over
    the few that plan.
    """
    debts, terms = world.borrowers, world.terms
    capacity = debts.cash.shape[1]  # no run has more buildings than borrowers
    slots, identities = np.empty(capacity, np.int64), np.empty(capacity, np.int64)
    due, reviewing = np.empty(capacity, np.int64), np.empty(capacity, np.int64)
    chance, luck = np.empty(capacity), np.empty(capacity)
    for run in range(world.seeds.shape[0]):
        p, s, signals, seed = world.parameters[run], world.series[run, year], world.signals[run], world.seeds[run]
        now, last = world.record[run, year], world.record[run, year - 1]
        now.lifecycle_rate_in_force = signals.lifecycle_rate_required
        set_offers(offers, types, world, p, s, signals, run, year)
        factor = cost_factor(p, last, year)
        pays = last.flexibility_income_per_mw > p.demand_response_effort
        usual, raised = attention(p, signals, 0), attention(p, signals, 1)
        operating = 0
        for a in range(slots_used(rows, run)):
            b = rows[run, a]
            if b.has_plan > 0:  # only who planned has asked
                withdraw(b, debts, run, first + a)
            if b.stage == BuildingStage.OPERATION:
                count_peer(offers[b.kind], b)
                enrolled = enrolled_load(b, p, pays)
                if b.enrolled != enrolled:
                    b.enrolled = enrolled
                slots[operating], identities[operating] = a, b.identity
                chance[operating] = raised if b.over_quota > 0 else usual
                due[operating] = 1 if year >= b.next_end or rooftop_at_end(b, p, year) else 0
                operating += 1
            elif b.stage == BuildingStage.DESIGN and b.lost_years == 0:
                plan_works(b, p, factor)
                apply(b, offers[0], debts, now, run, first + a)
        for kind in range(TYPES):
            share_peers(offers[kind], offers[kind])
        fill_uniform(luck, seed, identities, operating, year, Stream.ATTENTION, 0)
        planning = select_due(slots, reviewing, due, chance, luck, operating)
        luck[0] = read_ahead(rows, debts, slots, planning, run, first)
        for i in range(planning):
            a = slots[i]
            b = rows[run, a]
            kind = int(b.kind)
            o, t = offers[TYPES if b.over_quota > 0 else kind], types.row[kind]
            if b.over_quota > 0:
                prices = world.prices
                share_peers(o, offers[kind])
                set_prices(o, b, t, p, signals, prices.tariff[run], prices.fuel[run], prices.solar_tariff[run])
            set_means(o, debts, terms, run, first + a, b.hurdle)
            o.room = world.hosting_room[run, b.feeder]
            plan_building(
                b,
                o,
                t,
                p,
                s,
                signals,
                seed,
                year,
                reviewing[i] > 0,
                terms.reference_rate[run],
            )
            apply(b, o, debts, now, run, first + a)
