"""How the bank shares out its loan budgets (MODEL 8, stage 5): best carbon class first, the marginal class by draw.

Nothing depends on the order of agents: who may borrow is judged borrower by borrower, whole classes are served while
the budget lasts, and inside the class where it runs out the turn is drawn by borrower, year and slot.
"""

from __future__ import annotations

import math

import numpy as np

from agents.axes import BASE_YEAR, CARBON_CLASSES, HOLDERS, LABELS, Stream
from agents.bank import GREEN, ORDINARY, TRANSITION, Banks, Clients, credit_line, promised_support, queue_class
from agents.compiled import loop_rule, rule, stage
from agents.credit import SLOTS, Borrowers
from agents.draws import uniform_number
from agents.fields import Choices, Floats, Integers, Records, record_layout
from agents.lending import budget_left, interest_support
from agents.row_parts import FAR_AHEAD, fetch
from agents.world import World, runs_of

APPLICATION = record_layout(
    [
        ("amount", np.float64),  # Myuan
        ("borrower", np.int32),
        ("slot", np.int16),
        ("label", np.int16),
        ("place", np.int16),  # in the queue, by carbon class
    ]
)


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


@loop_rule
def mark_applicants(asked: Floats, asks: Choices) -> None:
    """Mark the borrowers that ask for a loan, by their applications one after another, the four SLOTS of each."""
    for borrower in range(len(asks)):
        first = borrower * SLOTS
        asks[borrower] = 1 if asked[first] + asked[first + 1] + asked[first + 2] + asked[first + 3] > 0.0 else 0


@rule
def list_applicants(debts: Borrowers, bank: Banks, run: int, asks: Choices, applicants: Integers) -> int:
    """List the borrowers that ask for a loan; returns how many. (Counting up costs less than a branch per borrower.)"""
    count = 0
    for holder in range(HOLDERS):
        first, used = bank.first[run, 0, holder], bank.used[run, 0, holder]
        mark_applicants(debts.asked[run, first:used].reshape(-1), asks[: used - first])
        for borrower in range(first, used):
            applicants[count] = borrower
            count += asks[borrower - first]
    return count


@rule
def judge(debts: Borrowers, p: Records, signals: Records, run: int, applicants: Integers, queue: Records,
          wanted: Floats, demand: Floats, year: int) -> int:  # fmt: skip
    """Grant each application that fits in what is left on the credit line, refuse the others.

    All are added to ``wanted`` [label]. Those granted are copied into the ``queue``, where all further steps find them
    together, and added to ``demand`` [label, class]; returns how many.
    """
    asked, asked_label, granted = debts.asked[run], debts.asked_label[run], debts.granted[run]
    carbon_class, share, count, last = debts.carbon_class[run], signals.guarantee_share, 0, len(applicants) - 1
    for at in range(len(applicants)):
        borrower = applicants[at]
        fetch(debts.balance, run, applicants[min(at + FAR_AHEAD, last)])
        place, room = queue_class(carbon_class[borrower]), room_on_line(debts, p, signals, run, borrower, year)
        for slot in range(SLOTS):
            amount = asked[borrower, slot]
            if amount > 0.0:
                label = asked_label[borrower, slot]
                counted = counted_debt(share, label, amount)
                fits = int(counted <= room)
                room -= fits * counted
                wanted[label] += amount
                demand[label, place] += fits * amount
                granted[borrower, slot] = fits
                one = queue[count]
                one.amount, one.borrower, one.slot, one.label, one.place = amount, borrower, slot, label, place
                count += fits
    return count


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
def sort_draws(draws: Floats, items: Integers, sorted_draws: Floats, sorted_items: Integers) -> None:
    """Write uniform ``draws`` upwards into ``sorted_draws``, and ``items`` with them.

    As many bins as draws: each draw goes to the bin that it falls into, where it meets one other on average, and a pass
    of insertion puts these in order.
    """
    number = len(draws)
    begin = np.zeros(number + 1, np.int64)
    for place in range(number):
        begin[int(draws[place] * number) + 1] += 1
    for drawn in range(number):
        begin[drawn + 1] += begin[drawn]
    for place in range(number):
        drawn = int(draws[place] * number)
        sorted_draws[begin[drawn]], sorted_items[begin[drawn]] = draws[place], items[place]
        begin[drawn] += 1
    for place in range(1, number):
        draw, item, to = sorted_draws[place], sorted_items[place], place
        while to > 0 and sorted_draws[to - 1] > draw:
            sorted_draws[to], sorted_items[to] = sorted_draws[to - 1], sorted_items[to - 1]
            to -= 1
        sorted_draws[to], sorted_items[to] = draw, item


@rule
def draw_turns(debts: Borrowers, queue: Records, identity: Integers, run: int, seed: int, label: int, margin: int,
               room: float, year: int) -> float:  # fmt: skip
    """Serve the marginal class in drawn order with every application that still fits; returns the Myuan granted.

    ``identity`` [borrowers] keys the draws. Those who stand behind the marginal class are refused.
    """
    number, count = len(queue), 0
    waiting, agent, slot = np.empty(number, np.int64), np.empty(number, np.int64), np.empty(number, np.int64)
    draws, ordered, turns = np.empty(number), np.empty(number), np.empty(number, np.int64)
    for place in range(number):
        one = queue[place]
        fetch(identity, run, queue[min(place + FAR_AHEAD, number - 1)].borrower)
        if one.label != label or one.place < margin:
            continue
        if one.place > margin:
            debts.granted[run, one.borrower, one.slot] = 0
            continue
        waiting[count], agent[count], slot[count] = place, identity[run, one.borrower], one.slot
        count += 1
    for place in range(count):
        draws[place] = uniform_number(seed, agent[place], year, Stream.CREDIT, slot[place])
    sort_draws(draws[:count], waiting, ordered, turns)
    granted = 0.0
    for turn in range(count):
        one = queue[turns[turn]]
        if granted + one.amount <= room:
            granted += one.amount
        else:
            debts.granted[run, one.borrower, one.slot] = 0
    return granted


@rule
def share_out(debts: Borrowers, queue: Records, identity: Integers, run: int, seed: int, label: int, year: int,
              demand: Floats, limit: float) -> float:  # fmt: skip
    """Keep a label's grants up to ``limit`` Myuan and refuse the others; returns the Myuan granted."""
    granted = 0.0
    for place in range(CARBON_CLASSES):
        if demand[label, place] <= 0.0:
            continue
        if granted + demand[label, place] > limit:
            return granted + draw_turns(debts, queue, identity, run, seed, label, place, limit - granted, year)
        granted += demand[label, place]
    return granted


@rule
def record_shared(now: Records, wanted: Floats, granted: Floats) -> None:
    """Write what was asked for, granted and refused by label, Myuan."""
    now.loan_demand_green, now.loan_demand_transition = wanted[GREEN], wanted[TRANSITION]
    now.loan_demand_ordinary = wanted[ORDINARY]
    now.loan_granted_green, now.loan_granted_transition = granted[GREEN], granted[TRANSITION]
    now.loan_granted_ordinary = granted[ORDINARY]
    now.loan_rationed_green = max(0.0, now.loan_demand_green - granted[GREEN])
    now.loan_rationed_transition = max(0.0, now.loan_demand_transition - granted[TRANSITION])
    now.loan_rationed_ordinary = max(0.0, now.loan_demand_ordinary - granted[ORDINARY])


@stage
def allocate(world: World, bank: Banks, clients: Clients, year: int) -> None:
    """Stage 5: grant or refuse every application in ``borrowers.asked``, and set the year's cut of subsidies.

    Afterwards ``borrowers.granted`` is 1 for each application to be paid out. Applications must be complete: who asks
    for nothing leaves zero in ``asked``, and ``granted`` then means nothing. Subsidies are cut to what the public
    budget holds after the interest subsidies.
    """
    debts = world.borrowers
    borrowers = debts.cash.shape[1]
    asks, applicants = np.empty(borrowers, np.uint8), np.empty(borrowers + 1, np.int64)  # one more: see the lists
    applications = np.empty(borrowers * SLOTS + 1, APPLICATION)
    for run in runs_of(world):
        p, signals, now = world.parameters[run], world.signals[run], world.record[run, year]
        demand, wanted = np.zeros((LABELS, CARBON_CLASSES)), np.zeros(LABELS)
        limits, granted, lent = np.zeros(LABELS), np.zeros(LABELS), 0.0
        count = list_applicants(debts, bank, run, asks, applicants)
        queue = applications[: judge(debts, p, signals, run, applicants[:count], applications, wanted, demand, year)]
        for label in range(LABELS):
            lent += bank.loans[run, 0, label]
        room = max(0.0, bank.capital[run, 0] / p.bank_capital_ratio - lent)
        lendable(world.terms.budget[run], signals, room, demand, limits)
        for label in range(LABELS):
            granted[label] = share_out(
                debts, queue, clients.identity, run, world.seeds[run], label, year, demand, limits[label]
            )
        record_shared(now, wanted, granted)
        opening = world.record[run, max(0, year - 1)].public_budget
        green, transition = interest_support(signals, GREEN), interest_support(signals, TRANSITION)
        promised = promised_support(debts, bank, run, green, transition)
        free = max(0.0, budget_left(world.payments, run, opening) - promised)
        now.subsidy_cut = 1.0 - free / now.subsidy_claims if now.subsidy_claims > free else 0.0
