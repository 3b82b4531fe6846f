"""How the bank shares out its loan budgets (MODEL 8, stage 5): best carbon class first, the marginal class by draw.

Nothing depends on the order of agents: who may borrow is judged borrower by borrower, whole classes are served while
the budget lasts, and inside the class where it runs out the turn is drawn by borrower, year and slot.
"""

from __future__ import annotations

import math

import numpy as np

from agents.axes import BASE_YEAR, CARBON_CLASSES, LABELS, Stream
from agents.bank import GREEN, ORDINARY, TRANSITION, Banks, Clients, credit_line, queue_class
from agents.compiled import rule, stage
from agents.credit import SLOTS, Borrowers
from agents.draws import uniform
from agents.fields import Floats, Integers, Records
from agents.lending import budget_left, interest_support
from agents.world import World


@rule
def excluded(defaulted: int, year: int, exclusion: float) -> bool:
    """Whether a borrower that defaulted in calendar year ``defaulted`` (0: never) still gets no loan."""
    return defaulted > 0 and BASE_YEAR + year - defaulted <= exclusion


@rule
def counted_debt(guarantee_share: float, label: int, amount: float) -> float:
    """What a loan counts against the credit line, Myuan: the guaranteed share of labelled loans does not count."""
    return amount if label == ORDINARY else amount * (1.0 - guarantee_share)


@rule
def record_demand(now: Records, label: int, amount: float) -> None:
    """Add an application to the label's yearly outcome, Myuan."""
    if label == GREEN:
        now.loan_demand_green += amount
    elif label == TRANSITION:
        now.loan_demand_transition += amount
    else:
        now.loan_demand_ordinary += amount


@rule
def room_on_line(debts: Borrowers, p: Records, signals: Records, run: int, borrower: int) -> float:
    """What a borrower may still borrow on its credit line, Myuan; no limit for borrowers without a size.

    Projects not yet built have no size: their loans are secured by their own income.
    """
    size = debts.size[run, borrower]
    if size <= 0.0:
        return math.inf
    collateral = p.pledge_ratio * debts.pledgeable[run, borrower] if signals.pledge_loans_on > 0.5 else 0.0
    room = credit_line(p.credit_line_ratio, size, p.carbon_class_line, debts.carbon_class[run, borrower], collateral)
    for label in range(LABELS):
        room -= counted_debt(signals.guarantee_share, label, debts.balance[run, borrower, label])
    return room


@rule
def judge(
    debts: Borrowers, p: Records, signals: Records, now: Records, run: int, borrower: int, barred: bool, demand: Floats
) -> None:
    """Mark each of a borrower's applications as eligible (granted = 1) or not (0) and add it to demand [label, class].

    A borrower that defaulted lately (``barred``) or would owe more than its credit line gets nothing.
    """
    room = room_on_line(debts, p, signals, run, borrower)
    place = queue_class(debts.carbon_class[run, borrower])
    for slot in range(SLOTS):
        asked = debts.asked[run, borrower, slot]
        if asked <= 0.0:
            continue
        label = debts.asked_label[run, borrower, slot]
        record_demand(now, label, asked)
        counted = counted_debt(signals.guarantee_share, label, asked)
        if barred or counted > room:
            continue
        room -= counted
        debts.granted[run, borrower, slot] = 1
        demand[label, place] += asked


@rule
def lendable(budget: Floats, signals: Records, lending_room: float, demand: Floats, limits: Floats) -> None:
    """Fill limits [label], Myuan: the label's budget, what the other label leaves, and the capital behind it all.

    ``lending_room`` is what the bank's capital still carries. If it does not carry all, each label is cut alike.
    """
    wanted = np.zeros(LABELS)
    for label in range(LABELS):
        for place in range(CARBON_CLASSES):
            wanted[label] += demand[label, place]
        limits[label] = budget[label]
    if signals.transition_finance_open > 0.5:
        spare_green = signals.label_budget_match * max(0.0, limits[GREEN] - wanted[GREEN])
        spare_transition = signals.label_budget_match * max(0.0, limits[TRANSITION] - wanted[TRANSITION])
        limits[GREEN] += spare_transition
        limits[TRANSITION] += spare_green
    served = 0.0
    for label in range(LABELS):
        served += min(wanted[label], limits[label])
    if served > lending_room:
        for label in range(LABELS):
            limits[label] = min(wanted[label], limits[label]) * lending_room / served


@rule
def queue_up(debts: Borrowers, run: int, label: int, margin: int, places: Integers) -> int:
    """List a label's eligible applications at a place of the queue, as borrower * SLOTS + slot; returns how many."""
    count = 0
    for borrower in range(debts.cash.shape[1]):
        if queue_class(debts.carbon_class[run, borrower]) != margin:
            continue
        for slot in range(SLOTS):
            if debts.granted[run, borrower, slot] == 1 and debts.asked_label[run, borrower, slot] == label:
                places[count] = borrower * SLOTS + slot
                count += 1
    return count


@rule
def draw_turns(
    debts: Borrowers, identity: Integers, seed: int, run: int, label: int, margin: int, room: float, year: int
) -> float:
    """Serve the marginal class in drawn order with every application that still fits; returns the Myuan granted."""
    places = np.empty(debts.cash.shape[1] * SLOTS, np.int64)
    count = queue_up(debts, run, label, margin, places)
    keys = np.empty(count)
    for turn in range(count):
        borrower, slot = places[turn] // SLOTS, places[turn] % SLOTS
        keys[turn] = uniform(seed, identity[run, borrower], year, Stream.CREDIT, slot)
    granted = 0.0
    for turn in np.argsort(keys):
        borrower, slot = places[turn] // SLOTS, places[turn] % SLOTS
        asked = debts.asked[run, borrower, slot]
        if granted + asked <= room:
            granted += asked
        else:
            debts.granted[run, borrower, slot] = 0
    return granted


@rule
def refuse_below(debts: Borrowers, run: int, label: int, margin: int) -> None:
    """Refuse every application of a label that stands behind the marginal class."""
    for borrower in range(debts.cash.shape[1]):
        if queue_class(debts.carbon_class[run, borrower]) > margin:
            for slot in range(SLOTS):
                if debts.asked_label[run, borrower, slot] == label:
                    debts.granted[run, borrower, slot] = 0


@rule
def share_out(
    debts: Borrowers,
    identity: Integers,
    seed: int,
    run: int,
    label: int,
    year: int,
    demand: Floats,
    limit: float,
) -> float:
    """Grant a label's eligible applications up to ``limit`` Myuan; returns the Myuan granted."""
    granted = 0.0
    for place in range(CARBON_CLASSES):
        if demand[label, place] <= 0.0:
            continue
        if granted + demand[label, place] > limit:
            refuse_below(debts, run, label, place)
            return granted + draw_turns(debts, identity, seed, run, label, place, limit - granted, year)
        granted += demand[label, place]
    return granted


@rule
def record_shared(now: Records, granted: Floats) -> None:
    """Write what was granted and what was refused by label, Myuan."""
    now.loan_granted_green, now.loan_granted_transition = granted[GREEN], granted[TRANSITION]
    now.loan_granted_ordinary = granted[ORDINARY]
    now.loan_rationed_green = now.loan_demand_green - granted[GREEN]
    now.loan_rationed_transition = now.loan_demand_transition - granted[TRANSITION]
    now.loan_rationed_ordinary = now.loan_demand_ordinary - granted[ORDINARY]


@stage
def allocate(world: World, bank: Banks, clients: Clients, year: int) -> None:
    """Stage 5: grant or refuse every application in ``borrowers.asked``, and set the year's cut of subsidies.

    Afterwards ``borrowers.granted`` is 1 for each application to be paid out. Applications must be complete: a kind
    that asks for nothing leaves zero. Subsidies are cut to what the public budget holds after the interest subsidies.
    """
    debts = world.borrowers
    for run in range(world.seeds.shape[0]):
        p, signals, now = world.parameters[run], world.signals[run], world.record[run, year]
        demand, limits, granted = np.zeros((LABELS, CARBON_CLASSES)), np.zeros(LABELS), np.zeros(LABELS)
        green, transition = interest_support(signals, GREEN), interest_support(signals, TRANSITION)
        promised, lent = 0.0, 0.0
        for borrower in range(debts.cash.shape[1]):
            asked = 0.0
            for slot in range(SLOTS):
                debts.granted[run, borrower, slot] = 0
                asked += debts.asked[run, borrower, slot]
            if asked > 0.0:  # passing the table to a rule costs more than all of this loop: only for applicants
                barred = excluded(debts.defaulted[run, borrower], year, p.default_exclusion)
                judge(debts, p, signals, now, run, borrower, barred, demand)
            promised += green * debts.balance[run, borrower, GREEN]
            promised += transition * debts.balance[run, borrower, TRANSITION]
        for label in range(LABELS):
            lent += bank.loans[run, 0, label]
        room = max(0.0, bank.capital[run, 0] / p.bank_capital_ratio - lent)
        lendable(world.terms.budget[run], signals, room, demand, limits)
        for label in range(LABELS):
            granted[label] = share_out(
                debts, clients.identity, world.seeds[run], run, label, year, demand, limits[label]
            )
        record_shared(now, granted)
        opening = world.record[run, max(0, year - 1)].public_budget
        free = max(0.0, budget_left(world.payments, run, opening) - promised)
        now.subsidy_cut = 1.0 - free / now.subsidy_claims if now.subsidy_claims > free else 0.0
