"""How the bank shares out its loan budgets (MODEL 8, stage 5): best carbon class first, the marginal class by draw.

Nothing depends on the order of agents: who may borrow is judged borrower by borrower, whole classes are served while
the budget lasts, and inside the class where it runs out the turn is drawn by borrower, year and slot.
"""

from __future__ import annotations

import math

import numpy as np

from agents.axes import BASE_YEAR, CARBON_CLASSES, HOLDERS, LABELS, Stream
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
def room_on_line(debts: Borrowers, p: Records, signals: Records, run: int, borrower: int, year: int) -> float:
    """What a borrower may still borrow on its credit line, Myuan; no limit for borrowers without a size.

    Projects not yet built have no size: their loans are secured by their own income. Who defaulted lately gets nothing.
    """
    if excluded(debts.defaulted[run, borrower], year, p.default_exclusion):
        return -math.inf
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
    debts: Borrowers,
    run: int,
    borrower: int,
    room: float,
    guarantee_share: float,
    wanted: Floats,
    demand: Floats,
    queue: Integers,
    queued: int,
) -> int:
    """Mark each of a borrower's applications as eligible (granted = 1) or not (0): what fits in the ``room`` on its line.

    All are added to ``wanted`` [label], eligible ones to ``demand`` [label, class] and to the ``queue``, as borrower *
    SLOTS + slot; returns how many are ``queued`` now.
    """
    place = queue_class(debts.carbon_class[run, borrower])
    for slot in range(SLOTS):
        asked = debts.asked[run, borrower, slot]
        debts.granted[run, borrower, slot] = 0
        if asked <= 0.0:
            continue
        label = debts.asked_label[run, borrower, slot]
        counted = counted_debt(guarantee_share, label, asked)
        eligible = int(counted <= room)
        room -= eligible * counted
        debts.granted[run, borrower, slot] = eligible
        wanted[label] += asked
        demand[label, place] += eligible * asked
        queue[queued] = borrower * SLOTS + slot
        queued += eligible
    return queued


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
def draw_turns(
    debts: Borrowers,
    identity: Integers,
    seed: int,
    run: int,
    label: int,
    margin: int,
    room: float,
    year: int,
    queue: Integers,
) -> float:
    """Serve the marginal class in drawn order with every application that still fits; returns the Myuan granted.

    Those behind it in the ``queue`` are refused.
    """
    places, keys, count = np.empty(len(queue), np.int64), np.empty(len(queue)), 0
    for application in queue:
        borrower, slot = application // SLOTS, application % SLOTS
        if debts.asked_label[run, borrower, slot] != label:
            continue
        place = queue_class(debts.carbon_class[run, borrower])
        if place > margin:
            debts.granted[run, borrower, slot] = 0
        elif place == margin:
            places[count] = application
            keys[count] = uniform(seed, identity[run, borrower], year, Stream.CREDIT, slot)
            count += 1
    granted = 0.0
    for turn in np.argsort(keys[:count]):
        borrower, slot = places[turn] // SLOTS, places[turn] % SLOTS
        asked = debts.asked[run, borrower, slot]
        if granted + asked <= room:
            granted += asked
        else:
            debts.granted[run, borrower, slot] = 0
    return granted


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
    queue: Integers,
) -> float:
    """Grant a label's applications in the ``queue`` of the eligible up to ``limit`` Myuan; returns the Myuan granted."""
    granted = 0.0
    for place in range(CARBON_CLASSES):
        if demand[label, place] <= 0.0:
            continue
        if granted + demand[label, place] > limit:
            return granted + draw_turns(debts, identity, seed, run, label, place, limit - granted, year, queue)
        granted += demand[label, place]
    return granted


@rule
def record_shared(now: Records, wanted: Floats, granted: Floats) -> None:
    """Write what was asked for, granted and refused by label, Myuan."""
    now.loan_demand_green, now.loan_demand_transition = wanted[GREEN], wanted[TRANSITION]
    now.loan_demand_ordinary = wanted[ORDINARY]
    now.loan_granted_green, now.loan_granted_transition = granted[GREEN], granted[TRANSITION]
    now.loan_granted_ordinary = granted[ORDINARY]
    now.loan_rationed_green = now.loan_demand_green - granted[GREEN]
    now.loan_rationed_transition = now.loan_demand_transition - granted[TRANSITION]
    now.loan_rationed_ordinary = now.loan_demand_ordinary - granted[ORDINARY]


@rule
def promised_support(debts: Borrowers, bank: Banks, run: int, green: float, transition: float) -> float:
    """Interest subsidies promised on what is owed, Myuan; ``green`` and ``transition`` are 1/yr of balances."""
    promised = 0.0
    if green + transition > 0.0:
        for holder in range(HOLDERS):
            for borrower in range(bank.first[run, 0, holder], bank.used[run, 0, holder]):
                promised += green * debts.balance[run, borrower, GREEN]
                promised += transition * debts.balance[run, borrower, TRANSITION]
    return promised


@stage
def allocate(world: World, bank: Banks, clients: Clients, year: int) -> None:
    """Stage 5: grant or refuse every application in ``borrowers.asked``, and set the year's cut of subsidies.

    Afterwards ``borrowers.granted`` is 1 for each application to be paid out. Applications must be complete: who asks
    for nothing leaves zero in ``asked``, and nobody looks at ``granted`` without it. Subsidies are cut to what the public budget holds after the interest subsidies.
    """
    debts = world.borrowers
    queue = np.empty(debts.cash.shape[1] * SLOTS, np.int64)
    for run in range(world.seeds.shape[0]):
        p, signals, now = world.parameters[run], world.signals[run], world.record[run, year]
        demand, wanted = np.zeros((LABELS, CARBON_CLASSES)), np.zeros(LABELS)
        limits, granted = np.zeros(LABELS), np.zeros(LABELS)
        green, transition = interest_support(signals, GREEN), interest_support(signals, TRANSITION)
        queued, lent = 0, 0.0
        for holder in range(HOLDERS):
            for borrower in range(bank.first[run, 0, holder], bank.used[run, 0, holder]):
                asked = 0.0
                for slot in range(SLOTS):
                    asked += debts.asked[run, borrower, slot]
                if asked > 0.0:
                    room = room_on_line(debts, p, signals, run, borrower, year)
                    queued = judge(
                        debts, run, borrower, room, signals.guarantee_share, wanted, demand, queue, queued
                    )
        for label in range(LABELS):
            lent += bank.loans[run, 0, label]
        room = max(0.0, bank.capital[run, 0] / p.bank_capital_ratio - lent)
        lendable(world.terms.budget[run], signals, room, demand, limits)
        for label in range(LABELS):
            granted[label] = share_out(
                debts, clients.identity, world.seeds[run], run, label, year, demand, limits[label], queue[:queued]
            )
        record_shared(now, wanted, granted)
        opening = world.record[run, max(0, year - 1)].public_budget
        promised = promised_support(debts, bank, run, green, transition)
        free = max(0.0, budget_left(world.payments, run, opening) - promised)
        now.subsidy_cut = 1.0 - free / now.subsidy_claims if now.subsidy_claims > free else 0.0
