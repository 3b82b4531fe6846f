"""Debt service, defaults and the closing of the year's accounts (MODEL 8, stage 10).

Service is a level annuity in real terms. Who cannot pay defaults: it pays what it has, a share of its debt is written
off against the bank's capital, it gets no loan for some years. ``close_accounts`` comes last in the year: it settles
the bank with its depositors and owners, lets unspent public money lapse, and measures the money law.
"""

from __future__ import annotations

import numpy as np

from agents.axes import BASE_YEAR, HOLDERS, LABELS, Holder
from agents.bank import GREEN, ORDINARY, TRANSITION, Banks
from agents.compiled import rule, stage
from agents.credit import Borrowers, yearly_service
from agents.fields import Floats, Records
from agents.investment import real_rate
from agents.lending import budget_left, interest_support, record_repaid, write_off
from agents.world import World

WORST_SCORE = 1.0  # risk score of a borrower in default


@rule
def debt_burden(due: float, surplus: float) -> float:
    """Risk score that a year shows: debt service due as a share of operating surplus, at most 1; 1 for a loss."""
    if surplus < 0.0 or due >= surplus > 0.0:
        return WORST_SCORE
    if surplus == 0.0:
        return WORST_SCORE if due > 0.0 else 0.0
    return due / surplus


@rule
def next_score(score: float, inertia: float, due: float, surplus: float) -> float:
    """Risk score after a year, 0 best to 1 worst: last year's, moved towards what the year's debt burden shows."""
    return inertia * score + (1.0 - inertia) * debt_burden(due, surplus)


@rule
def pledge_saving(discount: float, ratio: float, value: float, owed: float) -> float:
    """Interest that pledging permits saves in a year, Myuan: the discount on the pledged part of what is owed.

    Known: permits for all of industry's CO2 in the account of 2020 (118.6 kt) at 62.36 yuan/t (cea_mean_2025),
    pledged at 0.7, 50 bp: 26 thousand yuan a year.
    """
    return discount * min(ratio * value, owed)


@rule
def repay(debts: Borrowers, now: Records, run: int, borrower: int, label: int, payment: float) -> None:
    """Use a label's payment, Myuan: interest first, the rest repays principal; a year of the loan has passed."""
    balance, years = debts.balance[run, borrower, label], debts.years[run, borrower, label]
    interest = balance * debts.rate[run, borrower, label]
    repaid = min(balance, max(0.0, payment - interest))
    record_repaid(now, label, repaid)
    now.loan_interest += payment - repaid
    debts.balance[run, borrower, label] = balance - repaid
    debts.years[run, borrower, label] = max(0.0, years - 1.0)


@rule
def finish(debts: Borrowers, now: Records, run: int, borrower: int, label: int) -> None:
    """Repay in full a loan whose last year this is, so that no crumb of balance stays behind."""
    balance = debts.balance[run, borrower, label]
    record_repaid(now, label, balance)
    now.loan_interest += balance * debts.rate[run, borrower, label]
    debts.balance[run, borrower, label] = 0.0
    debts.rate[run, borrower, label] = 0.0
    debts.years[run, borrower, label] = 0.0


@rule
def due_on(debts: Borrowers, run: int, borrower: int, label: int) -> float:
    """Debt service of one label this year, Myuan."""
    balance = debts.balance[run, borrower, label]
    return yearly_service(balance, debts.rate[run, borrower, label], debts.years[run, borrower, label])


@rule
def default(
    debts: Borrowers, now: Records, run: int, borrower: int, share: float, loss: float, tenor: Floats, year: int
) -> float:
    """A borrower that pays only ``share`` of what is due on each label: part of the rest (``loss``) is written off.

    What remains is stretched over the label's longest ``tenor`` [label], yr. Returns the Myuan lost on loans that a
    public fund may guarantee, which are green and transition ones.
    """
    guaranteed = 0.0
    for label in range(LABELS):
        if debts.balance[run, borrower, label] <= 0.0:
            continue
        repay(debts, now, run, borrower, label, share * due_on(debts, run, borrower, label))
        lost = write_off(debts, now, run, borrower, label, loss)
        debts.years[run, borrower, label] = max(debts.years[run, borrower, label], tenor[label])
        if label != ORDINARY:
            guaranteed += lost
    debts.rating[run, borrower] = WORST_SCORE
    debts.defaulted[run, borrower] = BASE_YEAR + year
    now.loan_defaults += 1.0
    return guaranteed


@rule
def serve(
    debts: Borrowers,
    payments: Floats,
    p: Records,
    now: Records,
    run: int,
    borrower: int,
    discount: float,
    tenor: Floats,
    dues: Floats,
    year: int,
) -> float:
    """One borrower's debt service, less what pledged permits save; returns the Myuan of guaranteed loans lost.

    Who is short of cash pays what it has. ``discount`` is the rate off the pledged part, 1/yr; ``dues`` [label] is
    working space.
    """
    due, owed = 0.0, 0.0
    for label in range(LABELS):
        dues[label] = due_on(debts, run, borrower, label)
        due += dues[label]
        owed += debts.balance[run, borrower, label]
    surplus = debts.surplus[run, borrower]
    debts.rating[run, borrower] = next_score(debts.rating[run, borrower], p.risk_score_inertia, due, surplus)
    saved = min(due, pledge_saving(discount, p.pledge_ratio, debts.pledgeable[run, borrower], owed))
    cash = max(0.0, debts.cash[run, borrower])
    lost, paid = 0.0, due - saved
    if cash < paid:
        paid, saved = cash, 0.0
        lost = default(debts, now, run, borrower, cash / due, p.loss_given_default, tenor, year)
    else:
        for label in range(LABELS):
            if debts.balance[run, borrower, label] > 0.0:
                if debts.years[run, borrower, label] <= 1.0:
                    finish(debts, now, run, borrower, label)
                else:
                    repay(debts, now, run, borrower, label, dues[label])
    debts.cash[run, borrower] -= paid
    payments[run, debts.holder[run, borrower], Holder.BANK] += paid
    now.loan_interest -= saved
    now.pledge_saving += saved
    next_due = 0.0
    for label in range(LABELS):
        next_due += due_on(debts, run, borrower, label)
    debts.service[run, borrower] = next_due
    return lost


@rule
def subsidise_interest(
    debts: Borrowers, payments: Floats, now: Records, run: int, green: float, transition: float, held: float
) -> None:
    """Pay interest subsidies (``green``, ``transition`` 1/yr of balances) from the public budget's ``held`` Myuan.

    If it holds less than was promised, every subsidy is cut by the same share.
    """
    promised = 0.0
    for borrower in range(debts.cash.shape[1]):
        promised += green * debts.balance[run, borrower, GREEN]
        promised += transition * debts.balance[run, borrower, TRANSITION]
    cover = held / promised if promised > held else 1.0
    now.interest_subsidy_cut = 1.0 - cover
    for borrower in range(debts.cash.shape[1]):
        due = green * debts.balance[run, borrower, GREEN]
        due += transition * debts.balance[run, borrower, TRANSITION]
        if due > 0.0:
            debts.cash[run, borrower] += cover * due
            payments[run, Holder.BUDGET, debts.holder[run, borrower]] += cover * due
            now.interest_subsidies_paid += cover * due


@stage
def service(world: World, bank: Banks, year: int) -> None:
    """Stage 10, after every kind's settlement: interest subsidies, debt service, defaults, guarantees, risk scores.

    Agents must have kept ``borrowers.service`` in cash when they paid out profits. The guarantee fund pays its share of
    lost green and transition loans as far as the public budget goes.
    """
    debts, payments = world.borrowers, world.payments
    borrowers, dues = debts.cash.shape[1], np.zeros(LABELS)
    for run in range(world.seeds.shape[0]):
        p, signals, now = world.parameters[run], world.signals[run], world.record[run, year]
        opening = world.record[run, max(0, year - 1)].public_budget
        green, transition = interest_support(signals, GREEN), interest_support(signals, TRANSITION)
        if green + transition > 0.0:
            held = max(0.0, budget_left(payments, run, opening))
            subsidise_interest(debts, payments, now, run, green, transition, held)
        discount = world.terms.pledge_discount[run] if signals.pledge_loans_on > 0.5 else 0.0
        lost, risk, clients = 0.0, 0.0, 0
        for borrower in range(borrowers):
            owed = 0.0
            for label in range(LABELS):
                owed += debts.balance[run, borrower, label]
            if owed > 0.0:
                lost += serve(debts, payments, p, now, run, borrower, discount, world.terms.tenor[run], dues, year)
            else:
                score, surplus = debts.rating[run, borrower], debts.surplus[run, borrower]
                debts.rating[run, borrower] = next_score(score, p.risk_score_inertia, 0.0, surplus)
            if owed > 0.0 or debts.size[run, borrower] > 0.0:  # not a slot without an agent
                risk += debts.rating[run, borrower]
                clients += 1
        bank.mean_risk[run, 0] = risk / max(1, clients)
        made_good = min(signals.guarantee_share * lost, max(0.0, budget_left(payments, run, opening)))
        payments[run, Holder.BUDGET, Holder.BANK] += made_good
        now.guarantees_paid = made_good


@rule
def net_payments(payments: Floats, run: int, holder: int) -> float:
    """Payments in less payments out of a holder so far this year, Myuan."""
    net = 0.0
    for other in range(HOLDERS):
        net += payments[run, other, holder] - payments[run, holder, other]
    return net


@rule
def sum_cash(debts: Borrowers, run: int, sums: Floats) -> None:
    """Add the cash of all agents to ``sums`` [holder], Myuan."""
    for borrower in range(debts.cash.shape[1]):
        sums[debts.holder[run, borrower]] += debts.cash[run, borrower]


@rule
def is_agents(holder: int) -> bool:
    """Whether a holder's money is that of agents in the borrowers' table."""
    return holder < Holder.BANK


@rule
def money_gap(payments: Floats, before: Floats, after: Floats, run: int) -> float:
    """Largest difference, among holders of agents' money, of change of cash [holder] and payments, Myuan."""
    worst = 0.0
    for holder in range(HOLDERS):
        if is_agents(holder):
            worst = max(worst, abs(after[holder] - before[holder] - net_payments(payments, run, holder)))
    return worst


@rule
def owed_gap(debts: Borrowers, bank: Banks, run: int) -> float:
    """Largest difference, among labels, of what agents owe and what the bank's own ledger holds, Myuan."""
    worst, owed = 0.0, np.zeros(LABELS)
    for borrower in range(debts.cash.shape[1]):
        for label in range(LABELS):
            owed[label] += debts.balance[run, borrower, label]
    for label in range(LABELS):
        worst = max(worst, abs(owed[label] - bank.loans[run, 0, label]))
    return worst


@rule
def keep_ledger(now: Records, loans: Floats, run: int) -> float:
    """Move the bank's own ledger by the year's new, repaid and written-off principal; returns loans outstanding."""
    loans[run, 0, GREEN] += now.loans_green - now.repaid_green - now.written_off_green
    loans[run, 0, TRANSITION] += now.loans_transition - now.repaid_transition - now.written_off_transition
    loans[run, 0, ORDINARY] += now.loans_ordinary - now.repaid_ordinary - now.written_off_ordinary
    return loans[run, 0, GREEN] + loans[run, 0, TRANSITION] + loans[run, 0, ORDINARY]


@rule
def settle_bank(payments: Floats, bank: Banks, p: Records, now: Records, inflation: float, run: int) -> None:
    """The bank pays for its funds and its owners, and raises or returns deposits so that its cash is never short."""
    held, deposits = bank.holder_cash[run, 0, Holder.BANK], bank.deposits[run, 0]
    payments[run, Holder.BANK, Holder.OUTSIDE] += real_rate(p.bank_funding_cost, inflation) * (deposits - held)
    lent = keep_ledger(now, bank.loans, run)
    cash = held + net_payments(payments, run, Holder.BANK)
    profit = cash + lent - deposits - bank.capital[run, 0]
    dividend = (1.0 - p.bank_profit_retention) * max(0.0, profit)
    payments[run, Holder.BANK, Holder.OUTSIDE] += dividend
    raised = -min(cash - dividend, deposits)  # spare cash goes back to depositors, a lack is raised from them
    payments[run, Holder.OUTSIDE, Holder.BANK] += raised
    bank.deposits[run, 0] = deposits + raised
    bank.capital[run, 0] = cash - dividend + lent - deposits
    now.bank_loans, now.bank_capital, now.bank_deposits = lent, bank.capital[run, 0], bank.deposits[run, 0]


@rule
def lapse_budget(payments: Floats, p: Records, now: Records, run: int, opening: float) -> None:
    """Public money unspent beyond the carry-over goes back to the treasury, as that of Chinese special funds does."""
    receipts = 0.0
    for holder in range(HOLDERS):
        receipts += payments[run, holder, Holder.BUDGET]
    kept = p.public_budget_carry_over * max(receipts, p.public_budget_inflow)
    lapsed = max(0.0, budget_left(payments, run, opening) - kept)
    payments[run, Holder.BUDGET, Holder.OUTSIDE] += lapsed
    now.public_budget = budget_left(payments, run, opening)


@stage
def close_accounts(world: World, bank: Banks, year: int) -> None:
    """Last stage that moves money: the bank's and the budget's year end, the money law's gaps, cash of every holder."""
    debts, payments = world.borrowers, world.payments
    for run in range(world.seeds.shape[0]):
        p, now = world.parameters[run], world.record[run, year]
        settle_bank(payments, bank, p, now, world.series[run, year].inflation, run)
        lapse_budget(payments, p, now, run, world.record[run, max(0, year - 1)].public_budget)
        sums = np.zeros(HOLDERS)
        sum_cash(debts, run, sums)
        now.money_gap = money_gap(payments, bank.holder_cash[run, 0], sums, run)
        now.owed_gap = owed_gap(debts, bank, run)
        for holder in range(HOLDERS):
            if is_agents(holder):
                bank.holder_cash[run, 0, holder] = sums[holder]
            else:
                bank.holder_cash[run, 0, holder] += net_payments(payments, run, holder)
        # The budget's stock is kept twice, as cash by payments and as an outcome: they must agree.
        now.money_gap = max(now.money_gap, abs(bank.holder_cash[run, 0, Holder.BUDGET] - now.public_budget))
