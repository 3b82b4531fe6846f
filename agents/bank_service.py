"""Debt service, defaults and the closing of the year's accounts (MODEL 8, stage 10).

Service is a level annuity in real terms. Who cannot pay defaults: it pays what it has, a share of its debt is written
off against the bank's capital, it gets no loan for some years. ``close_accounts`` comes last in the year: it settles
the bank with its depositors and owners, lets unspent public money lapse, and measures the money law.
"""

from __future__ import annotations

import math

from agents.axes import BASE_YEAR, HOLDERS, LABELS, Holder, Label
from agents.bank import Banks
from agents.compiled import rule, stage
from agents.credit import yearly_service
from agents.investment import real_rate
from agents.lending import (
    budget_left,
    interest_support,
    pay,
    pay_out,
    receive,
    record_repaid,
    update_service,
    write_off,
)
from agents.world import World

WORST = 1.0  # risk score of a borrower in default


@rule
def debt_burden(due: float, surplus: float) -> float:
    """Risk score that a year shows: debt service due as a share of operating surplus, at most 1; 1 for a loss."""
    if surplus <= 0.0:
        return WORST
    return min(WORST, due / surplus)


@rule
def pledge_saving(discount: float, ratio: float, value: float, owed: float) -> float:
    """Interest that pledging permits saves in a year, Myuan: the discount on the pledged part of what is owed.

    Known: permits for all of industry's CO2 in the account of 2020 (118.6 kt) at 62.36 yuan/t (cea_mean_2025),
    pledged at 0.7, 50 bp: 26 thousand yuan a year.
    """
    return discount * min(ratio * value, owed)


@rule
def collect(world: World, run: int, borrower: int, label: int, payment: float, year: int) -> None:
    """Book one label's payment: interest first, the rest repays principal; a year of the loan has passed."""
    debts = world.borrowers
    balance, years = debts.balance[run, borrower, label], debts.years[run, borrower, label]
    interest = balance * debts.rate[run, borrower, label]
    repaid = min(balance, max(0.0, payment - interest))
    pay_out(world, run, borrower, Holder.BANK, payment)
    record_repaid(world, run, label, year, repaid)
    world.record[run, year].loan_interest += payment - repaid
    debts.balance[run, borrower, label] = balance - repaid
    debts.years[run, borrower, label] = max(0.0, years - 1.0)


@rule
def finish_label(world: World, run: int, borrower: int, label: int, year: int) -> None:
    """Repay in full a loan whose last year this is, so that no crumb of balance stays behind."""
    debts = world.borrowers
    balance = debts.balance[run, borrower, label]
    pay_out(world, run, borrower, Holder.BANK, balance * (1.0 + debts.rate[run, borrower, label]))
    record_repaid(world, run, label, year, balance)
    world.record[run, year].loan_interest += balance * debts.rate[run, borrower, label]
    debts.balance[run, borrower, label] = 0.0
    debts.rate[run, borrower, label] = 0.0
    debts.years[run, borrower, label] = 0.0


@rule
def default(world: World, run: int, borrower: int, due: float, year: int) -> float:
    """A borrower that cannot pay: its cash is shared over its loans by what is due, part of the rest is written off.

    The remainder is stretched over the label's longest tenor. Returns the Myuan lost on loans that a public fund may
    guarantee, which are green and transition ones.
    """
    debts = world.borrowers
    share = max(0.0, debts.cash[run, borrower]) / due
    guaranteed = 0.0
    for label in range(LABELS):
        balance, rate = debts.balance[run, borrower, label], debts.rate[run, borrower, label]
        if balance <= 0.0:
            continue
        collect(
            world, run, borrower, label, share * yearly_service(balance, rate, debts.years[run, borrower, label]), year
        )
        lost = write_off(world, run, borrower, label, world.parameters[run].loss_given_default, year)
        debts.years[run, borrower, label] = max(debts.years[run, borrower, label], world.terms.tenor[run, label])
        if label != Label.ORDINARY:
            guaranteed += lost
    debts.rating[run, borrower] = WORST
    debts.defaulted[run, borrower] = BASE_YEAR + year
    world.record[run, year].loan_defaults += 1.0
    return guaranteed


@rule
def serve(world: World, run: int, borrower: int, year: int) -> float:
    """One borrower's debt service; returns the Myuan of guaranteed loans lost."""
    debts, p = world.borrowers, world.parameters[run]
    due, owed = 0.0, 0.0
    for label in range(LABELS):
        balance = debts.balance[run, borrower, label]
        due += yearly_service(balance, debts.rate[run, borrower, label], debts.years[run, borrower, label])
        owed += balance
    risk = debt_burden(due, debts.surplus[run, borrower]) if due > 0.0 or debts.surplus[run, borrower] < 0.0 else 0.0
    inertia = p.risk_score_inertia
    debts.rating[run, borrower] = inertia * debts.rating[run, borrower] + (1.0 - inertia) * risk
    if owed <= 0.0:
        return 0.0
    lost = 0.0
    if debts.cash[run, borrower] < due:
        lost = default(world, run, borrower, due, year)
    else:
        for label in range(LABELS):
            balance, years = debts.balance[run, borrower, label], debts.years[run, borrower, label]
            if balance > 0.0 and years <= 1.0:
                finish_label(world, run, borrower, label, year)
            elif balance > 0.0:
                collect(world, run, borrower, label,
                        yearly_service(balance, debts.rate[run, borrower, label], years), year)  # fmt: skip
        saved = pledge_saving(world.terms.pledge_discount[run], p.pledge_ratio, debts.pledgeable[run, borrower], owed)
        receive(world, run, borrower, Holder.BANK, saved)
        world.record[run, year].pledge_saving += saved
    update_service(world, run, borrower)
    return lost


@rule
def subsidise_interest(world: World, run: int, year: int) -> None:
    """Pay the interest subsidies due on balances from the public budget, each cut by the same share if it is short."""
    debts, now = world.borrowers, world.record[run, year]
    green, transition = interest_support(world, run, Label.GREEN), interest_support(world, run, Label.TRANSITION)
    now.interest_subsidy_cut = 0.0
    if green + transition <= 0.0:
        return
    promised = 0.0
    for borrower in range(debts.cash.shape[1]):
        promised += green * debts.balance[run, borrower, Label.GREEN]
        promised += transition * debts.balance[run, borrower, Label.TRANSITION]
    held = max(0.0, budget_left(world, run, year))
    cover = held / promised if promised > held else 1.0
    now.interest_subsidy_cut = 1.0 - cover
    for borrower in range(debts.cash.shape[1]):
        due = green * debts.balance[run, borrower, Label.GREEN]
        due += transition * debts.balance[run, borrower, Label.TRANSITION]
        if due > 0.0:
            receive(world, run, borrower, Holder.BUDGET, cover * due)
            now.interest_subsidies_paid += cover * due


@stage
def service(world: World, bank: Banks, year: int) -> None:
    """Stage 10, after every kind's settlement: interest subsidies, debt service, defaults, guarantees, risk scores.

    Agents must have kept ``borrowers.service`` in cash when they paid out profits. The guarantee fund pays its share of
    lost green and transition loans as far as the public budget goes.
    """
    for run in range(world.seeds.shape[0]):
        subsidise_interest(world, run, year)
        lost, risk = 0.0, 0.0
        borrowers = world.borrowers.cash.shape[1]
        for borrower in range(borrowers):
            lost += serve(world, run, borrower, year)
            risk += world.borrowers.rating[run, borrower]
        bank.mean_risk[run, 0] = risk / max(1, borrowers)
        made_good = min(world.signals[run].guarantee_share * lost, max(0.0, budget_left(world, run, year)))
        pay(world, run, Holder.BUDGET, Holder.BANK, made_good)
        world.record[run, year].guarantees_paid = made_good


@rule
def net_payments(world: World, run: int, holder: int) -> float:
    """Payments in less payments out of a holder so far this year, Myuan."""
    net = 0.0
    for other in range(HOLDERS):
        net += world.payments[run, other, holder] - world.payments[run, holder, other]
    return net


@rule
def holder_sum(world: World, run: int, holder: int) -> float:
    """Cash of all agents of a holder, Myuan."""
    total = 0.0
    for borrower in range(world.borrowers.cash.shape[1]):
        if world.borrowers.holder[run, borrower] == holder:
            total += world.borrowers.cash[run, borrower]
    return total


@rule
def is_agents(holder: int) -> bool:
    """Whether a holder's money is that of agents in the borrowers' table."""
    return holder < Holder.BANK


@rule
def money_gap(world: World, bank: Banks, run: int) -> float:
    """Largest difference, among holders of agents' money, of their change of cash and their payments, Myuan."""
    worst = 0.0
    for holder in range(HOLDERS):
        if is_agents(holder):
            change = holder_sum(world, run, holder) - bank.holder_cash[run, 0, holder]
            worst = max(worst, abs(change - net_payments(world, run, holder)))
    return worst


@rule
def owed_gap(world: World, bank: Banks, run: int) -> float:
    """Largest difference, among labels, of what agents owe and what the bank's own ledger holds, Myuan."""
    worst = 0.0
    for label in range(LABELS):
        owed = 0.0
        for borrower in range(world.borrowers.cash.shape[1]):
            owed += world.borrowers.balance[run, borrower, label]
        worst = max(worst, abs(owed - bank.loans[run, 0, label]))
    return worst


@rule
def keep_ledger(world: World, bank: Banks, run: int, year: int) -> None:
    """Move the bank's own ledger by the year's new, repaid and written-off principal, label by label."""
    now, loans = world.record[run, year], bank.loans
    loans[run, 0, Label.GREEN] += now.loans_green - now.repaid_green - now.written_off_green
    loans[run, 0, Label.TRANSITION] += now.loans_transition - now.repaid_transition - now.written_off_transition
    loans[run, 0, Label.ORDINARY] += now.loans_ordinary - now.repaid_ordinary - now.written_off_ordinary


@rule
def settle_bank(world: World, bank: Banks, run: int, year: int) -> None:
    """The bank pays for its funds and its owners, and raises or returns deposits so that its cash is never short."""
    p, now = world.parameters[run], world.record[run, year]
    held = bank.holder_cash[run, 0, Holder.BANK]
    funding = real_rate(p.bank_funding_cost, world.series[run, year].inflation)
    pay(world, run, Holder.BANK, Holder.OUTSIDE, funding * (bank.deposits[run, 0] - held))
    lent = 0.0
    for label in range(LABELS):
        lent += bank.loans[run, 0, label]
    cash = held + net_payments(world, run, Holder.BANK)
    profit = cash + lent - bank.deposits[run, 0] - bank.capital[run, 0]
    dividend = (1.0 - p.bank_profit_retention) * max(0.0, profit)
    pay(world, run, Holder.BANK, Holder.OUTSIDE, dividend)
    cash -= dividend
    raised = -min(cash, bank.deposits[run, 0])  # spare cash goes back to depositors, a lack is raised from them
    pay(world, run, Holder.OUTSIDE, Holder.BANK, raised)
    bank.deposits[run, 0] += raised
    bank.capital[run, 0] = cash + raised + lent - bank.deposits[run, 0]
    now.bank_loans, now.bank_capital, now.bank_deposits = lent, bank.capital[run, 0], bank.deposits[run, 0]


@rule
def lapse_budget(world: World, run: int, year: int) -> None:
    """Public money unspent beyond the carry-over goes back to the treasury, as Chinese special funds do."""
    receipts = 0.0
    for holder in range(HOLDERS):
        receipts += world.payments[run, holder, Holder.BUDGET]
    p = world.parameters[run]
    kept = p.public_budget_carry_over * max(receipts, p.public_budget_inflow)
    left = budget_left(world, run, year)
    pay(world, run, Holder.BUDGET, Holder.OUTSIDE, max(0.0, left - kept))
    world.record[run, year].public_budget = budget_left(world, run, year)


@stage
def close_accounts(world: World, bank: Banks, year: int) -> None:
    """Last stage that moves money: the bank's and the budget's year end, the money law's gaps, cash of every holder."""
    for run in range(world.seeds.shape[0]):
        keep_ledger(world, bank, run, year)
        settle_bank(world, bank, run, year)
        lapse_budget(world, run, year)
        now = world.record[run, year]
        now.money_gap = money_gap(world, bank, run)
        now.owed_gap = owed_gap(world, bank, run)
        for holder in range(HOLDERS):
            if is_agents(holder):
                bank.holder_cash[run, 0, holder] = holder_sum(world, run, holder)
            else:
                bank.holder_cash[run, 0, holder] += net_payments(world, run, holder)
        # The budget's stock is kept twice, as cash by payments and as an outcome: they must agree.
        now.money_gap = max(now.money_gap, math.fabs(bank.holder_cash[run, 0, Holder.BUDGET] - now.public_budget))
