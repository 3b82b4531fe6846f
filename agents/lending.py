"""Paying, borrowing and being subsidised: the rules that stages of every kind call, so that the money law holds.

The law (MODEL 8): for every holder and year the change of its agents' cash equals payments in less payments out, and
what agents owe is what the bank holds. Every rule here changes cash and ``world.payments`` together; a stage that uses
only these rules cannot break it. Money is in million yuan of 2020 (Myuan). ``year`` is an index, 2020 is 0.

Subsidies are rationed without an order of agents: stages claim them while choosing (:func:`claim_subsidy`), the bank's
``allocate`` compares the claims with what the public budget holds, and :func:`subsidise` pays the share that it covers
(1 - ``subsidy_cut``). While choosing, agents count on last year's share, :func:`expected_cover`.
"""

from __future__ import annotations

from agents.axes import HOLDERS, LABELS, Holder, Label
from agents.compiled import rule
from agents.credit import Borrowers, merge_average, yearly_service
from agents.fields import Floats, Outcome, Records, Signal
from agents.row_parts import fetch
from agents.world import World

SIGNALS = [
    Signal("interest_subsidy_green", "1/yr", "share of a green loan's balance that the public budget pays a year"),
    Signal("interest_subsidy_transition", "1/yr", "share of a transition loan's balance the public budget pays a year"),
]

LABEL_NAMES = ("green", "transition", "ordinary")  # in the order of axes.Label

OUTCOMES = [
    *(
        Outcome(f"loans_{name}", "Myuan/yr", f"new {name} loans paid out", variable=f"Finance|Loans|{name.title()}")
        for name in LABEL_NAMES
    ),
    *(Outcome(f"repaid_{name}", "Myuan/yr", f"principal of {name} loans repaid") for name in LABEL_NAMES),
    *(Outcome(f"written_off_{name}", "Myuan/yr", f"principal of {name} loans written off") for name in LABEL_NAMES),
    Outcome("subsidy_claims", "Myuan/yr", "investment subsidies claimed from the public budget"),
    Outcome("subsidies_paid", "Myuan/yr", "investment subsidies paid", variable="Finance|Public Budget|Subsidies"),
    Outcome("subsidy_cut", "1", "share of claimed investment subsidies that the public budget cannot pay"),
    Outcome("interest_subsidy_cut", "1", "share of interest subsidies that the public budget cannot pay"),
    Outcome("public_budget", "Myuan", "money in the public budget at year end", variable="Finance|Public Budget"),
    Outcome("equity_injected", "Myuan/yr", "owners' money put into agents whose cash fell short"),
]


@rule
def fetch_accounts(debts: Borrowers, run: int, borrower: int) -> None:
    """Ask memory for what paying and borrowing reads of an agent, some time before; see ``row_parts.fetch``."""
    fetch(debts.cash, run, borrower)
    fetch(debts.service, run, borrower)
    fetch(debts.surplus, run, borrower)
    fetch(debts.size, run, borrower)
    fetch(debts.rating, run, borrower)
    fetch(debts.balance, run, borrower)
    fetch(debts.rate, run, borrower)
    fetch(debts.maturity, run, borrower)
    fetch(debts.payment, run, borrower)
    fetch(debts.asked, run, borrower)
    fetch(debts.granted, run, borrower)
    fetch(debts.asked_label, run, borrower)
    fetch(debts.carbon_class, run, borrower)
    fetch(debts.holder, run, borrower)


@rule
def pay(world: World, run: int, payer_holder: int, receiver_holder: int, amount: float) -> None:
    """Book a payment between two holders, Myuan. Cash of single agents is the caller's; see pay_out and receive."""
    world.payments[run, payer_holder, receiver_holder] += amount


@rule
def pay_out(world: World, run: int, borrower: int, receiver_holder: int, amount: float) -> None:
    """An agent pays a holder: its cash falls and the payment is booked, Myuan."""
    world.borrowers.cash[run, borrower] -= amount
    world.payments[run, world.borrowers.holder[run, borrower], receiver_holder] += amount


@rule
def receive(world: World, run: int, borrower: int, payer_holder: int, amount: float) -> None:
    """An agent is paid by a holder: its cash rises and the payment is booked, Myuan."""
    world.borrowers.cash[run, borrower] += amount
    world.payments[run, payer_holder, world.borrowers.holder[run, borrower]] += amount


@rule
def pay_capex(world: World, run: int, borrower: int, amount: float, year: int, new_asset: bool) -> None:
    """An agent pays for equipment, Myuan; recorded as new build or as retrofit of existing assets (P5)."""
    pay_out(world, run, borrower, Holder.OUTSIDE, amount)
    if new_asset:
        world.record[run, year].investment_new += amount
    else:
        world.record[run, year].investment_retrofit += amount


@rule
def inject_equity(world: World, run: int, borrower: int, year: int) -> float:
    """Owners make good a negative cash balance; returns the Myuan put in, 0 if cash is not short.

    Like-for-like replacement is always possible (MODEL 1), so that a firm never stands still for want of own funds.
    """
    short = -world.borrowers.cash[run, borrower]
    if short <= 0.0:
        return 0.0
    receive(world, run, borrower, Holder.OUTSIDE, short)
    world.record[run, year].equity_injected += short
    return short


@rule
def set_payment(debts: Borrowers, run: int, borrower: int, label: int, year: int) -> None:
    """Work out the yearly payment of a label's consolidated loan from ``year`` on: what is owed, its rate, years left.

    The payment is level: it leaves a balance that the same payment repays in the years that remain. So it is worked
    out only when a loan is new or renegotiated, and kept in between.
    """
    debts.payment[run, borrower, label] = yearly_service(
        debts.balance[run, borrower, label],
        debts.rate[run, borrower, label],
        debts.maturity[run, borrower, label] - year,
    )


@rule
def update_service(debts: Borrowers, run: int, borrower: int) -> None:
    """Debt service due this year: the yearly payments of all labels."""
    due = 0.0
    for label in range(LABELS):
        due += debts.payment[run, borrower, label]
    debts.service[run, borrower] = due


@rule
def interest_support(signals: Records, label: int) -> float:
    """Interest subsidy on loans of a label, 1/yr of the balance, before the public budget's cut."""
    if label == Label.GREEN:
        return float(signals.interest_subsidy_green)
    if label == Label.TRANSITION:
        return float(signals.interest_subsidy_transition)
    return 0.0


@rule
def expected_cover(world: World, run: int, year: int) -> float:
    """Share of an investment subsidy that agents expect to be paid: what was paid last year."""
    return 1.0 - float(world.record[run, year - 1].subsidy_cut) if year > 0 else 1.0


@rule
def perceived_support(signals: Records, last: Records, label: int) -> float:
    """Interest subsidy that a borrower counts on, 1/yr of the balance: the promise less last year's cut."""
    return interest_support(signals, label) * (1.0 - float(last.interest_subsidy_cut))


@rule
def record_new_loan(now: Records, label: int, amount: float) -> None:
    """Add a new loan to the label's yearly outcome, Myuan."""
    if label == Label.GREEN:
        now.loans_green += amount
    elif label == Label.TRANSITION:
        now.loans_transition += amount
    else:
        now.loans_ordinary += amount


@rule
def record_repaid(now: Records, label: int, amount: float) -> None:
    """Add repaid principal to the label's yearly outcome, Myuan."""
    if label == Label.GREEN:
        now.repaid_green += amount
    elif label == Label.TRANSITION:
        now.repaid_transition += amount
    else:
        now.repaid_ordinary += amount


@rule
def record_written_off(now: Records, label: int, amount: float) -> None:
    """Add principal written off to the label's yearly outcome, Myuan."""
    if label == Label.GREEN:
        now.written_off_green += amount
    elif label == Label.TRANSITION:
        now.written_off_transition += amount
    else:
        now.written_off_ordinary += amount


@rule
def book_loan(world: World, run: int, borrower: int, label: int, principal: float, rate: float, year: int) -> None:
    """Pay out a granted loan of ``principal`` Myuan at the perceived real ``rate`` of the offer, 1/yr.

    The offer in ``world.terms`` is net of the interest subsidy, since that is what the borrower weighs; the contract
    adds it back, and the public budget pays it to the borrower each year. The loan joins the label's consolidated one:
    rate and maturity become averages by principal. The first service is due at the end of the same year.
    """
    if principal <= 0.0:
        return
    debts = world.borrowers
    contract = rate + perceived_support(world.signals[run], world.record[run, max(0, year - 1)], label)
    balance = debts.balance[run, borrower, label]
    debts.rate[run, borrower, label] = merge_average(balance, debts.rate[run, borrower, label], principal, contract)
    debts.maturity[run, borrower, label] = merge_average(
        balance, debts.maturity[run, borrower, label], principal, year + world.terms.tenor[run, label]
    )
    debts.balance[run, borrower, label] = balance + principal
    set_payment(debts, run, borrower, label, year)
    receive(world, run, borrower, Holder.BANK, principal)
    record_new_loan(world.record[run, year], label, principal)
    update_service(debts, run, borrower)


@rule
def budget_left(payments: Floats, run: int, opening: float) -> float:
    """Myuan that the public budget holds now: ``opening`` plus this year's payments in less those out."""
    left = opening
    for holder in range(HOLDERS):
        left += payments[run, holder, Holder.BUDGET] - payments[run, Holder.BUDGET, holder]
    return left


@rule
def budget_opening(world: World, run: int, year: int) -> float:
    """Myuan in the public budget as the year begins. The base year's opening stands in its own record (populate)."""
    return float(world.record[run, max(0, year - 1)].public_budget)


@rule
def claim_subsidy(world: World, run: int, amount: float, year: int) -> None:
    """Announce, while choosing, a subsidy that will be asked for when the choice is carried out, Myuan."""
    world.record[run, year].subsidy_claims += amount


@rule
def subsidise(world: World, run: int, borrower: int, amount: float, year: int) -> float:
    """Pay an agent's subsidy from the public budget; returns the Myuan paid.

    Of ``amount`` the year's cut is taken off (claims against what the budget holds, the same share for all). Claims
    that were not announced can empty the budget; then what is left is paid and no more: it never goes below zero.
    """
    if amount <= 0.0:
        return 0.0
    left = budget_left(world.payments, run, budget_opening(world, run, year))
    paid = min(amount * (1.0 - float(world.record[run, year].subsidy_cut)), max(0.0, left))
    receive(world, run, borrower, Holder.BUDGET, paid)
    world.record[run, year].subsidies_paid += paid
    return paid


@rule
def write_off(debts: Borrowers, now: Records, run: int, borrower: int, label: int, share: float) -> float:
    """Cancel a share of what an agent owes on one label; returns the Myuan lost. No cash moves."""
    lost = share * debts.balance[run, borrower, label]
    debts.balance[run, borrower, label] -= lost
    record_written_off(now, label, lost)
    return lost


@rule
def close_borrower(world: World, run: int, borrower: int, year: int) -> float:
    """Settle the debts of an agent that leaves: repaid from its cash as far as that goes, the rest written off.

    Call it before the slot is handed to an entrant. Returns the Myuan written off. Cash that remains is the caller's.
    """
    debts = world.borrowers
    lost = 0.0
    for label in range(LABELS):
        repaid = min(debts.balance[run, borrower, label], max(0.0, debts.cash[run, borrower]))
        debts.balance[run, borrower, label] -= repaid
        pay_out(world, run, borrower, Holder.BANK, repaid)
        record_repaid(world.record[run, year], label, repaid)
        lost += write_off(debts, world.record[run, year], run, borrower, label, 1.0)
        debts.balance[run, borrower, label] = 0.0
        debts.rate[run, borrower, label] = 0.0
        debts.maturity[run, borrower, label] = 0.0
        debts.payment[run, borrower, label] = 0.0
    debts.service[run, borrower] = 0.0
    return lost
