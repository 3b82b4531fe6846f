"""How the bank shares out its loan budgets (MODEL 8, stage 5): best carbon class first, the marginal class by draw.

Nothing depends on the order of agents: who may borrow is judged borrower by borrower, whole classes are served while
the budget lasts, and inside the class where it runs out the turn is drawn by borrower, year and slot.
"""

from __future__ import annotations

import math

import numpy as np

from agents.axes import BASE_YEAR, CARBON_CLASSES, HOLDERS, LABELS, Stream
from agents.bank import GREEN, ORDINARY, TRANSITION, Banks, Clients, credit_line, promised_support, queue_class
from agents.compiled import rule, stage
from agents.credit import SLOTS, Borrowers
from agents.draws import uniform_number
from agents.fields import Floats, Integers, Records, record_layout
from agents.lending import budget_left, interest_support
from agents.world import World

APPLICATION = record_layout(
    [
        ("amount", np.float64),  # Myuan
        ("borrower", np.int32),
        ("applicant", np.int32),  # place among this year's applicants
        ("slot", np.int16),
        ("label", np.int16),
        ("place", np.int16),  # in the queue, by carbon class
        ("granted", np.int16),
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


@rule
def list_applicants(debts: Borrowers, bank: Banks, run: int, applicants: Integers) -> int:
    """List the borrowers that ask for a loan; returns how many. (Counting up costs less than a branch per borrower.)"""
    count = 0
    for holder in range(HOLDERS):
        for borrower in range(bank.first[run, 0, holder], bank.used[run, 0, holder]):
            asked = 0.0
            for slot in range(SLOTS):
                asked += debts.asked[run, borrower, slot]
            applicants[count] = borrower
            count += int(asked > 0.0)
    return count


@rule
def list_applications(debts: Borrowers, run: int, applicants: Integers, queue: Records) -> int:
    """Copy what the ``applicants`` ask for into the ``queue``, where all steps find it together; returns how many."""
    count = 0
    for applicant in range(len(applicants)):
        borrower = applicants[applicant]
        place = queue_class(debts.carbon_class[run, borrower])
        for slot in range(SLOTS):
            amount = debts.asked[run, borrower, slot]
            if amount > 0.0:
                one = queue[count]
                one.applicant, one.borrower, one.slot, one.amount = applicant, borrower, slot, amount
                one.label, one.place = debts.asked_label[run, borrower, slot], place
                count += 1
    return count


@rule
def judge(queue: Records, rooms: Floats, guarantee_share: float, wanted: Floats, demand: Floats) -> None:
    """Mark each application as eligible (granted = 1) or not (0): it must fit in what is left on the credit line.

    ``rooms`` [applicants] is what each applicant may still borrow. All applications are added to ``wanted`` [label],
    eligible ones to ``demand`` [label, class].
    """
    for place in range(len(queue)):
        one = queue[place]
        counted = counted_debt(guarantee_share, one.label, one.amount)
        one.granted = int(counted <= rooms[one.applicant])
        rooms[one.applicant] -= one.granted * counted
        wanted[one.label] += one.amount
        demand[one.label, one.place] += one.granted * one.amount


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
def draw_turns(queue: Records, identity: Integers, seed: int, label: int, margin: int, room: float, year: int) -> float:
    """Serve the marginal class in drawn order with every application that still fits; returns the Myuan granted.

    ``identity`` [borrowers] keys the draws. Those who stand behind the marginal class are refused.
    """
    number, count = len(queue), 0
    waiting, agent, slot = np.empty(number, np.int64), np.empty(number, np.int64), np.empty(number, np.int64)
    draws, ordered, turns = np.empty(number), np.empty(number), np.empty(number, np.int64)
    for place in range(number):
        one = queue[place]
        if one.granted == 0 or one.label != label or one.place < margin:
            continue
        if one.place > margin:
            one.granted = 0
            continue
        waiting[count], agent[count], slot[count] = place, identity[one.borrower], one.slot
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
            one.granted = 0
    return granted


@rule
def share_out(
    queue: Records, identity: Integers, seed: int, label: int, year: int, demand: Floats, limit: float
) -> float:
    """Grant a label's eligible applications up to ``limit`` Myuan; returns the Myuan granted."""
    granted = 0.0
    for place in range(CARBON_CLASSES):
        if demand[label, place] <= 0.0:
            continue
        if granted + demand[label, place] > limit:
            return granted + draw_turns(queue, identity, seed, label, place, limit - granted, year)
        granted += demand[label, place]
    return granted


@rule
def answer(debts: Borrowers, run: int, queue: Records) -> None:
    """Tell every applicant what was granted."""
    for place in range(len(queue)):
        one = queue[place]
        debts.granted[run, one.borrower, one.slot] = one.granted


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


@stage
def allocate(world: World, bank: Banks, clients: Clients, year: int) -> None:
    """Stage 5: grant or refuse every application in ``borrowers.asked``, and set the year's cut of subsidies.

    Afterwards ``borrowers.granted`` is 1 for each application to be paid out. Applications must be complete: who asks
    for nothing leaves zero in ``asked``, and ``granted`` then means nothing. Subsidies are cut to what the public
    budget holds after the interest subsidies.
    """
    debts = world.borrowers
    borrowers = debts.cash.shape[1]
    applicants, rooms = np.empty(borrowers + 1, np.int64), np.empty(borrowers)  # one more than can apply: see the lists
    applications = np.empty(borrowers * SLOTS + 1, APPLICATION)
    for run in range(world.seeds.shape[0]):
        p, signals, now = world.parameters[run], world.signals[run], world.record[run, year]
        demand, wanted = np.zeros((LABELS, CARBON_CLASSES)), np.zeros(LABELS)
        limits, granted, lent = np.zeros(LABELS), np.zeros(LABELS), 0.0
        count = list_applicants(debts, bank, run, applicants)
        for applicant in range(count):
            rooms[applicant] = room_on_line(debts, p, signals, run, applicants[applicant], year)
        queue = applications[: list_applications(debts, run, applicants[:count], applications)]
        judge(queue, rooms, signals.guarantee_share, wanted, demand)
        for label in range(LABELS):
            lent += bank.loans[run, 0, label]
        room = max(0.0, bank.capital[run, 0] / p.bank_capital_ratio - lent)
        lendable(world.terms.budget[run], signals, room, demand, limits)
        for label in range(LABELS):
            granted[label] = share_out(
                queue, clients.identity[run], world.seeds[run], label, year, demand, limits[label]
            )
        answer(debts, run, queue)
        record_shared(now, wanted, granted)
        opening = world.record[run, max(0, year - 1)].public_budget
        green, transition = interest_support(signals, GREEN), interest_support(signals, TRANSITION)
        promised = promised_support(debts, bank, run, green, transition)
        free = max(0.0, budget_left(world.payments, run, opening) - promised)
        now.subsidy_cut = 1.0 - free / now.subsidy_claims if now.subsidy_claims > free else 0.0
