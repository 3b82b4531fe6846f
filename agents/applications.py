"""How an agent applies for credit and carries out what it chose (MODEL 1): rules shared by all kinds.

A kind's choose stage plans at most one investment a slot: it tests it with :func:`can_afford`, announces it with
:func:`apply_for` and keeps what it plans in its own columns. After the bank, its build stage calls :func:`carry_out`.
Money in million yuan of 2020 (Myuan), rates per year, lives in years; ``year`` is an index, 2020 is 0.
"""

from __future__ import annotations

from agents.compiled import rule
from agents.credit import offered_rate
from agents.investment import annuity
from agents.lending import book_loan, claim_subsidy, expected_cover, inject_equity, pay_capex, subsidise
from agents.world import World


@rule
def loan_rate_offered(world: World, run: int, borrower: int, label: int) -> float:
    """Real rate at which the bank would lend to this borrower on a label, 1/yr."""
    terms, debts = world.terms, world.borrowers
    return offered_rate(
        terms.rate[run, label, debts.carbon_class[run, borrower]],
        debts.size[run, borrower],
        terms.small_firm_size[run],
        terms.small_firm_spread[run],
        debts.rating[run, borrower],
        terms.risk_spread[run],
    )


@rule
def financed_share(world: World, run: int, label: int) -> float:
    """Share of an investment that a loan pays: what agents borrow, at most the bank's advance ratio."""
    return min(float(world.parameters[run].debt_share), world.terms.advance_ratio[run, label])


@rule
def expected_subsidy(world: World, run: int, subsidy: float, year: int) -> float:
    """Part of a promised subsidy that agents count on, Myuan: last year's cover by the public budget."""
    return subsidy * expected_cover(world, run, year)


@rule
def within_means(
    capex: float,
    share: float,
    rate: float,
    tenor: float,
    saving: float,
    cash: float,
    owed: float,
    surplus_counted: float,
) -> bool:
    """Whether cash alone carries ``capex`` (net of subsidy), or a loan of ``share`` of it does (MODEL 1).

    With a loan, own funds must lie in ``cash``, and debt service over ``tenor`` with what is ``owed`` within the
    yearly ``saving`` plus the counted surplus (kappa times last year's).
    """
    if capex <= cash:
        return True
    if (1.0 - share) * capex > cash:  # before the annuity, whose power costs more than all the rest
        return False
    return annuity(share * capex, rate, tenor) + owed <= saving + surplus_counted


@rule
def can_afford(
    world: World,
    run: int,
    borrower: int,
    label: int,
    capex: float,
    life: float,
    saving: float,
    cash_committed: float,
    service_committed: float,
) -> bool:
    """Can the agent carry ``capex`` (net of subsidy): with a loan, or with its own cash alone.

    With a loan, own funds must lie in its cash and debt service (present, committed this year, and new over the tenor
    that the bank offers, at most the asset's life) within the yearly saving plus kappa times last year's surplus.
    """
    debts = world.borrowers
    surplus = max(0.0, debts.surplus[run, borrower])
    return within_means(
        capex,
        financed_share(world, run, label),
        loan_rate_offered(world, run, borrower, label),
        min(world.terms.tenor[run, label], life),
        saving,
        debts.cash[run, borrower] - cash_committed,
        debts.service[run, borrower] + service_committed,
        world.parameters[run].surplus_share_for_debt_service * surplus,
    )


@rule
def service_of(world: World, run: int, borrower: int, label: int, capex: float, life: float) -> float:
    """Yearly debt service that financing ``capex`` (net of subsidy) would add, Myuan/yr."""
    tenor = min(world.terms.tenor[run, label], life)
    return annuity(financed_share(world, run, label) * capex, loan_rate_offered(world, run, borrower, label), tenor)


@rule
def apply_for(
    world: World, run: int, borrower: int, slot: int, label: int, capex: float, subsidy: float, year: int
) -> float:
    """Ask for the loan of a planned investment and announce its subsidy; returns own funds needed, Myuan."""
    net = max(0.0, capex - expected_subsidy(world, run, subsidy, year))
    loan = financed_share(world, run, label) * net
    world.borrowers.asked[run, borrower, slot] = loan
    world.borrowers.asked_label[run, borrower, slot] = label
    claim_subsidy(world, run, subsidy, year)
    return net - loan


@rule
def carry_out(
    world: World,
    run: int,
    borrower: int,
    slot: int,
    capex: float,
    subsidy: float,
    new_asset: bool,
    unavoidable: bool,
    year: int,
) -> bool:
    """Build a planned investment: take the loan if granted, else use own cash; returns whether it was built.

    An applicant without a loan builds only if its cash carries the whole; an ``unavoidable`` purchase (like-for-like
    at end of life) is always made, with owners' money where cash falls short.
    """
    debts = world.borrowers
    granted = debts.granted[run, borrower, slot] > 0
    loan = debts.asked[run, borrower, slot] if granted else 0.0
    support = subsidy * (1.0 - world.record[run, year].subsidy_cut)
    if not unavoidable and debts.cash[run, borrower] + loan + support < capex:
        return False
    if loan > 0.0:
        label = debts.asked_label[run, borrower, slot]
        book_loan(world, run, borrower, label, loan, loan_rate_offered(world, run, borrower, label), year)
    if subsidy > 0.0:
        subsidise(world, run, borrower, subsidy, year)
    pay_capex(world, run, borrower, capex, year, new_asset)
    if debts.cash[run, borrower] < 0.0:
        inject_equity(world, run, borrower, year)
    return True


@rule
def withdraw(world: World, run: int, borrower: int) -> None:
    """Clear last year's applications of an agent, before it chooses again."""
    for slot in range(world.borrowers.asked.shape[2]):
        world.borrowers.asked[run, borrower, slot] = 0.0
        world.borrowers.granted[run, borrower, slot] = 0
