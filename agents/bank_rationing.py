"""How the bank shares out its loan budgets (MODEL 8, stage 5): best carbon class first, the marginal class by draw.

Nothing depends on the order of agents: who may borrow is judged borrower by borrower, whole classes are served while
the budget lasts, and inside the class where it runs out the turn is drawn by borrower, year and slot.
"""

from __future__ import annotations

import numpy as np

from agents.axes import BASE_YEAR, CARBON_CLASSES, LABELS, Label, Stream
from agents.bank import Banks, Clients, credit_line, queue_class
from agents.compiled import rule, stage
from agents.credit import SLOTS
from agents.draws import uniform
from agents.fields import Floats
from agents.lending import budget_left, interest_support
from agents.world import World


@rule
def excluded(defaulted: int, year: int, exclusion: float) -> bool:
    """Whether a borrower that defaulted in calendar year ``defaulted`` (0: never) still gets no loan."""
    return defaulted > 0 and BASE_YEAR + year - defaulted <= exclusion


@rule
def counted_debt(world: World, run: int, label: int, amount: float) -> float:
    """What a loan counts against the credit line, Myuan: the guaranteed share of labelled loans does not count."""
    if label == Label.ORDINARY:
        return amount
    return amount * (1.0 - world.signals[run].guarantee_share)


@rule
def judge(world: World, run: int, borrower: int, year: int, demand: Floats) -> None:
    """Mark each of a borrower's applications as eligible (granted = 1) or not (0) and add it to demand [label, class].

    A borrower that defaulted lately or would owe more than its credit line gets nothing. Borrowers without a size
    (projects not yet built) have no line: their loan is secured by the project's own income.
    """
    debts, p = world.borrowers, world.parameters[run]
    barred = excluded(debts.defaulted[run, borrower], year, p.default_exclusion)
    owed = 0.0
    for label in range(LABELS):
        owed += counted_debt(world, run, label, debts.balance[run, borrower, label])
    collateral = 0.0
    if world.signals[run].pledge_loans_on > 0.5:
        collateral = p.pledge_ratio * debts.pledgeable[run, borrower]
    size, carbon_class = debts.size[run, borrower], debts.carbon_class[run, borrower]
    line = credit_line(p.credit_line_ratio, size, p.carbon_class_line, carbon_class, collateral)
    for slot in range(SLOTS):
        asked = debts.asked[run, borrower, slot]
        debts.granted[run, borrower, slot] = 0
        if asked <= 0.0:
            continue
        label = debts.asked_label[run, borrower, slot]
        added = counted_debt(world, run, label, asked)
        record_demand(world, run, label, year, asked)
        if barred or (size > 0.0 and owed + added > line):
            continue
        owed += added
        debts.granted[run, borrower, slot] = 1
        demand[label, queue_class(carbon_class)] += asked


@rule
def record_demand(world: World, run: int, label: int, year: int, amount: float) -> None:
    """Add an application to the label's yearly outcome, Myuan."""
    if label == Label.GREEN:
        world.record[run, year].loan_demand_green += amount
    elif label == Label.TRANSITION:
        world.record[run, year].loan_demand_transition += amount
    else:
        world.record[run, year].loan_demand_ordinary += amount


@rule
def lendable(world: World, bank: Banks, run: int, demand: Floats, limits: Floats) -> None:
    """Fill limits [label], Myuan: the label's budget, what the other label leaves, and the capital behind it all."""
    wanted = np.zeros(LABELS)
    for label in range(LABELS):
        for place in range(CARBON_CLASSES):
            wanted[label] += demand[label, place]
        limits[label] = world.terms.budget[run, label]
    if world.signals[run].transition_finance_open > 0.5:
        match = world.signals[run].label_budget_match
        spare_green = match * max(0.0, limits[Label.GREEN] - wanted[Label.GREEN])
        spare_transition = match * max(0.0, limits[Label.TRANSITION] - wanted[Label.TRANSITION])
        limits[Label.GREEN] += spare_transition
        limits[Label.TRANSITION] += spare_green
    served, lent = 0.0, 0.0
    for label in range(LABELS):
        served += min(wanted[label], limits[label])
        lent += bank.loans[run, 0, label]
    room = max(0.0, bank.capital[run, 0] / world.parameters[run].bank_capital_ratio - lent)
    if served > room:
        for label in range(LABELS):
            limits[label] = min(wanted[label], limits[label]) * room / served


@rule
def draw_turns(world: World, clients: Clients, run: int, label: int, margin: int, room: float, year: int) -> float:
    """Serve the marginal class in drawn order with every application that still fits; returns the Myuan granted."""
    debts = world.borrowers
    count = 0
    for borrower in range(debts.cash.shape[1]):
        for slot in range(SLOTS):
            if waits(world, run, borrower, slot, label, margin):
                count += 1
    keys, places = np.empty(count), np.empty(count, np.int64)
    count = 0
    for borrower in range(debts.cash.shape[1]):
        for slot in range(SLOTS):
            if waits(world, run, borrower, slot, label, margin):
                keys[count] = uniform(world.seeds[run], clients.identity[run, borrower], year, Stream.CREDIT, slot)
                places[count] = borrower * SLOTS + slot
                count += 1
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
def waits(world: World, run: int, borrower: int, slot: int, label: int, place: int) -> bool:
    """Whether an eligible application of a label stands at a place of the queue."""
    debts = world.borrowers
    return (
        debts.granted[run, borrower, slot] == 1
        and debts.asked_label[run, borrower, slot] == label
        and queue_class(debts.carbon_class[run, borrower]) == place
    )


@rule
def refuse_below(world: World, run: int, label: int, margin: int) -> None:
    """Refuse every application of a label that stands behind the marginal class."""
    debts = world.borrowers
    for borrower in range(debts.cash.shape[1]):
        if queue_class(debts.carbon_class[run, borrower]) > margin:
            for slot in range(SLOTS):
                if debts.asked_label[run, borrower, slot] == label:
                    debts.granted[run, borrower, slot] = 0


@rule
def share_out(world: World, clients: Clients, run: int, label: int, year: int, demand: Floats, limit: float) -> float:
    """Grant a label's eligible applications up to ``limit`` Myuan; returns the Myuan granted."""
    granted = 0.0
    for place in range(CARBON_CLASSES):
        if demand[label, place] <= 0.0:
            continue
        if granted + demand[label, place] > limit:
            refuse_below(world, run, label, place)
            return granted + draw_turns(world, clients, run, label, place, limit - granted, year)
        granted += demand[label, place]
    return granted


@rule
def record_shared(world: World, run: int, year: int, granted: Floats) -> None:
    """Write what was granted and what was refused by label, Myuan."""
    now = world.record[run, year]
    now.loan_granted_green, now.loan_granted_transition = granted[Label.GREEN], granted[Label.TRANSITION]
    now.loan_granted_ordinary = granted[Label.ORDINARY]
    now.loan_rationed_green = now.loan_demand_green - granted[Label.GREEN]
    now.loan_rationed_transition = now.loan_demand_transition - granted[Label.TRANSITION]
    now.loan_rationed_ordinary = now.loan_demand_ordinary - granted[Label.ORDINARY]


@rule
def cut_subsidies(world: World, run: int, year: int, promised: float) -> None:
    """Compare the year's claims on the public budget with what it holds after the interest subsidies promised."""
    now = world.record[run, year]
    free = max(0.0, budget_left(world, run, year) - promised)
    now.subsidy_cut = 1.0 - free / now.subsidy_claims if now.subsidy_claims > free else 0.0


@stage
def allocate(world: World, bank: Banks, clients: Clients, year: int) -> None:
    """Stage 5: grant or refuse every application in ``borrowers.asked``, and set the year's cut of subsidies.

    Afterwards ``borrowers.granted`` is 1 for each application to be paid out. Applications must be complete: a kind
    that asks for nothing leaves zero.
    """
    for run in range(world.seeds.shape[0]):
        demand, limits, granted = np.zeros((LABELS, CARBON_CLASSES)), np.zeros(LABELS), np.zeros(LABELS)
        promised = 0.0
        for borrower in range(world.borrowers.cash.shape[1]):
            judge(world, run, borrower, year, demand)
            for label in range(LABELS):
                promised += interest_support(world, run, label) * world.borrowers.balance[run, borrower, label]
        lendable(world, bank, run, demand, limits)
        for label in range(LABELS):
            granted[label] = share_out(world, clients, run, label, year, demand, limits[label])
        record_shared(world, run, year, granted)
        cut_subsidies(world, run, year, promised)
