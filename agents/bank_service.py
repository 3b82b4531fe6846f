"""Debt service, defaults and the closing of the year's accounts (MODEL 8, stage 10).

Service is a level annuity in real terms. Who cannot pay defaults: it pays what it has, a share of its debt is written
off against the bank's capital, it gets no loan for some years. ``close_accounts`` comes last in the year: it settles
the bank with its depositors and owners, lets unspent public money lapse, and measures the money law.
"""

from __future__ import annotations

import numpy as np

from agents.axes import BASE_YEAR, HOLDERS, LABELS, Holder
from agents.bank import GREEN, ORDINARY, TRANSITION, Banks, promised_support, support_due
from agents.compiled import loop_rule, rule, stage
from agents.credit import Borrowers, loans_of, product, repaid_in_year, repay_all, sum_labels, sum_payments, total
from agents.fields import Floats, Records
from agents.investment import real_rate
from agents.lending import budget_left, interest_support, record_repaid, set_payment, update_service, write_off
from agents.world import World, runs_of

STRETCH = 256  # borrowers served together: few enough for their loans to stay at hand from step to step
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


@loop_rule
def pay_cash(cash: Floats, due: Floats, saved: Floats) -> None:
    """Take what is due from every borrower's cash, less what pledged permits save."""
    for borrower in range(len(cash)):
        cash[borrower] -= due[borrower] - saved[borrower]


@rule
def serve_all(
    debts: Borrowers, now: Records, run: int, first: int, end: int, saved: Floats, repaid: Floats, sums: Floats
) -> float:
    """Debt service of all borrowers from ``first`` to before ``end``, who can pay it; returns the Myuan paid.

    ``saved`` [borrowers from first on] is what pledged permits save; ``repaid`` and ``sums`` are working space.
    """
    paid, spared = total(debts.service[run, first:end]), total(saved[: end - first])
    pay_cash(debts.cash[run, first:end], debts.service[run, first:end], saved)
    balance, rate = loans_of(debts.balance[run], first, end), loans_of(debts.rate[run], first, end)
    payment, principal = loans_of(debts.payment[run], first, end), repaid[: LABELS * (end - first)]
    repay_all(balance, rate, payment, principal)
    sum_payments(payment, debts.service[run, first:end])
    sum_labels(principal, sums)
    interest = paid - spared
    for label in range(LABELS):
        record_repaid(now, label, sums[label])
        interest -= sums[label]
    now.loan_interest += interest
    now.pledge_saving += spared
    return paid - spared


@rule
def default(debts: Borrowers, now: Records, run: int, borrower: int, loss: float, tenor: Floats, year: int) -> float:
    """A borrower that is short pays its cash, the same share on each label; part of the rest (``loss``) is written off.

    What remains is stretched over the label's longest ``tenor`` [label], yr. Returns the Myuan lost on loans that a
    public fund may guarantee, which are green and transition ones.
    """
    guaranteed, share = 0.0, max(0.0, debts.cash[run, borrower]) / debts.service[run, borrower]
    for label in range(LABELS):
        balance = debts.balance[run, borrower, label]
        if balance <= 0.0:
            continue
        payment = share * debts.payment[run, borrower, label]
        repaid = repaid_in_year(balance, debts.rate[run, borrower, label], payment)
        record_repaid(now, label, repaid)
        now.loan_interest += payment - repaid
        debts.balance[run, borrower, label] = balance - repaid
        lost = write_off(debts, now, run, borrower, label, loss)
        debts.maturity[run, borrower, label] = max(debts.maturity[run, borrower, label], year + 1 + tenor[label])
        set_payment(debts, run, borrower, label, year + 1)
        if label != ORDINARY:
            guaranteed += lost
    debts.rating[run, borrower] = WORST_SCORE
    debts.defaulted[run, borrower] = BASE_YEAR + year
    now.loan_defaults += 1.0
    update_service(debts, run, borrower)
    return guaranteed


@rule
def first_short(cash: Floats, due: Floats, saved: Floats) -> int:
    """Place of the first borrower whose cash does not carry its debt service; their number if all can pay."""
    short = 0
    for place in range(len(cash)):  # several at once, unlike the search, which is for the few stretches that need it
        short += 1 if max(0.0, cash[place]) < due[place] - saved[place] else 0
    if short > 0:
        for place in range(len(cash)):
            if max(0.0, cash[place]) < due[place] - saved[place]:
                return place
    return len(cash)


@rule
def save_by_pledge(
    debts: Borrowers, p: Records, run: int, first: int, end: int, discount: float, saved: Floats
) -> None:
    """Fill ``saved`` [borrowers from first on], Myuan: what pledged permits save, never more than is due."""
    for borrower in range(first, end):
        owed = 0.0
        for label in range(LABELS):
            owed += debts.balance[run, borrower, label]
        saving = pledge_saving(discount, p.pledge_ratio, debts.pledgeable[run, borrower], owed)
        saved[borrower - first] = min(debts.service[run, borrower], saving)


@rule
def subsidise_interest(
    debts: Borrowers,
    bank: Banks,
    payments: Floats,
    now: Records,
    run: int,
    green: float,
    transition: float,
    held: float,
) -> None:
    """Pay interest subsidies (``green``, ``transition`` 1/yr of balances) from the public budget's ``held`` Myuan.

    If it holds less than was promised, every subsidy is cut by the same share.
    """
    promised = promised_support(debts, bank, run, green, transition)
    cover = held / promised if promised > held else 1.0
    now.interest_subsidy_cut = 1.0 - cover
    for holder in range(HOLDERS):
        paid = 0.0
        for borrower in range(bank.first[run, 0, holder], bank.used[run, 0, holder]):
            due = support_due(debts, run, borrower, green, transition)
            debts.cash[run, borrower] += cover * due
            paid += cover * due
        payments[run, Holder.BUDGET, holder] += paid
        now.interest_subsidies_paid += paid


@loop_rule
def score_risk(rating: Floats, service: Floats, surplus: Floats, inertia: float) -> None:
    """Move risk scores [borrowers] by what the year shows, before debt service is paid."""
    for borrower in range(len(rating)):
        rating[borrower] = next_score(rating[borrower], inertia, service[borrower], surplus[borrower])


@loop_rule
def mark_clients(size: Floats, due: Floats, client: Floats) -> None:
    """Fill ``client`` [borrowers]: 1 for an agent, which earns or owes something, 0 for a slot without one."""
    for borrower in range(len(size)):
        client[borrower] = 1.0 if size[borrower] > 0.0 or due[borrower] > 0.0 else 0.0


@rule
def fade_risk(rating: Floats, inertia: float) -> None:
    """The same for slots never used, where nothing is due or earned."""
    for borrower in range(len(rating)):
        rating[borrower] = next_score(rating[borrower], inertia, 0.0, 0.0)


@stage
def service(world: World, bank: Banks, year: int) -> None:
    """Stage 10, after every kind's settlement: interest subsidies, debt service, defaults, guarantees, risk scores.

    Agents must have kept ``borrowers.service`` in cash when they paid out profits: it is what is due. Borrowers who can
    pay are served together, stretch by stretch between those who are short. The guarantee fund pays its share of lost
    green and transition loans as far as the public budget goes.
    """
    debts, payments = world.borrowers, world.payments
    client, saved = np.zeros(STRETCH), np.zeros(STRETCH)
    repaid, sums = np.zeros(STRETCH * LABELS), np.zeros(LABELS)
    for run in runs_of(world):
        p, signals, now = world.parameters[run], world.signals[run], world.record[run, year]
        opening = world.record[run, max(0, year - 1)].public_budget
        green, transition = interest_support(signals, GREEN), interest_support(signals, TRANSITION)
        if green + transition > 0.0:
            held = max(0.0, budget_left(payments, run, opening))
            subsidise_interest(debts, bank, payments, now, run, green, transition, held)
        saved[:] = 0.0
        cash, due, rating = debts.cash[run], debts.service[run], debts.rating[run]
        lost, risk, clients = 0.0, 0.0, 0.0
        for holder in range(HOLDERS):
            begin, used, end = bank.first[run, 0, holder], bank.used[run, 0, holder], bank.end[run, 0, holder]
            while begin < used:
                stop = min(used, begin + STRETCH)
                if signals.pledge_loans_on > 0.5:
                    save_by_pledge(debts, p, run, begin, stop, world.terms.pledge_discount[run], saved)
                mark_clients(debts.size[run, begin:stop], due[begin:stop], client)
                short = begin + first_short(cash[begin:stop], due[begin:stop], saved)
                score_risk(rating[begin:short], due[begin:short], debts.surplus[run, begin:short], p.risk_score_inertia)
                payments[run, holder, Holder.BANK] += serve_all(debts, now, run, begin, short, saved, repaid, sums)
                if short < stop:
                    paid = max(0.0, cash[short])
                    lost += default(debts, now, run, short, p.loss_given_default, world.terms.tenor[run], year)
                    cash[short] -= paid
                    payments[run, holder, Holder.BANK] += paid
                    stop = short + 1
                clients += total(client[: stop - begin])
                risk += product(client[: stop - begin], rating[begin:stop])
                begin = stop
            fade_risk(rating[used:end], p.risk_score_inertia)
        bank.mean_risk[run, 0] = risk / max(1.0, clients)
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
def sum_cash(debts: Borrowers, bank: Banks, run: int, sums: Floats) -> None:
    """Add the cash of all agents to ``sums`` [holder], Myuan."""
    for holder in range(HOLDERS):
        sums[holder] = total(debts.cash[run, bank.first[run, 0, holder] : bank.used[run, 0, holder]])


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
    worst, owed, sums = 0.0, np.zeros(LABELS), np.zeros(LABELS)
    for holder in range(HOLDERS):
        sum_labels(loans_of(debts.balance[run], bank.first[run, 0, holder], bank.used[run, 0, holder]), sums)
        for label in range(LABELS):
            owed[label] += sums[label]
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
    for run in runs_of(world):
        p, now = world.parameters[run], world.record[run, year]
        settle_bank(payments, bank, p, now, world.series[run, year].inflation, run)
        lapse_budget(payments, p, now, run, world.record[run, max(0, year - 1)].public_budget)
        sums = np.zeros(HOLDERS)
        sum_cash(debts, bank, run, sums)
        now.money_gap = money_gap(payments, bank.holder_cash[run, 0], sums, run)
        now.owed_gap = owed_gap(debts, bank, run)
        for holder in range(HOLDERS):
            if is_agents(holder):
                bank.holder_cash[run, 0, holder] = sums[holder]
            else:
                bank.holder_cash[run, 0, holder] += net_payments(payments, run, holder)
        # The budget's stock is kept twice, as cash by payments and as an outcome: they must agree.
        now.money_gap = max(now.money_gap, abs(bank.holder_cash[run, 0, Holder.BUDGET] - now.public_budget))
