"""Works of many agents paid for at once: ``applications.carry_out`` with the agents side by side in vector lanes.

A stage lists the works of one slot, at most one an agent, and pays for all of them with :func:`carry_out_all`. Money
in Myuan of 2020; ``year`` is an index.
"""

from __future__ import annotations

from typing import NamedTuple

from agents.axes import LABELS, Holder
from agents.choice_lanes import annuity_factor
from agents.compiled import loop_rule, rule
from agents.credit import merge_average, offered_rate, total
from agents.fields import Floats, Integers
from agents.lending import (
    budget_left,
    budget_opening,
    fetch_accounts,
    perceived_support,
    record_new_loan,
    update_service,
)
from agents.row_parts import FAR_AHEAD
from agents.working_space import OnePerThread, zeroed
from agents.world import World


class WorkLanes(NamedTuple):
    """Works of one slot and run, [works] unless said; of loans, those of the label that the work asked for."""

    borrower: Integers
    label: Integers
    built: Integers  # 1 once carried out
    capex: Floats
    subsidy: Floats  # promised; then what is paid of it
    asked: Floats
    granted: Integers
    size: Floats
    rating: Floats
    base: Floats  # 1/yr that the bank offers the owner's class on the label
    support: Floats  # 1/yr, interest subsidy that this offer is net of
    end: Floats  # year index in which a new loan ends
    loan: Floats  # taken
    cash: Floats
    put_in: Floats  # by owners whose cash fell short
    balance: Floats
    rate: Floats
    maturity: Floats
    payment: Floats
    by_label: Floats  # [labels]


def work_lanes(works: int) -> WorkLanes:
    """Working space for so many works."""
    return zeroed(WorkLanes, works, {"by_label": (LABELS,)})


working_works = OnePerThread(work_lanes)


@rule
def gather_accounts(world: World, run: int, lanes: WorkLanes, works: int, slot: int, year: int) -> None:
    """Write what paying for the works takes of their owners' accounts, which lie far apart in memory.

    So they are fetched some works ahead.
    """
    debts, terms = world.borrowers, world.terms
    for label in range(LABELS):
        lanes.by_label[label] = perceived_support(world.signals[run], world.record[run, max(0, year - 1)], label)
    for work in range(works):
        fetch_accounts(debts, run, lanes.borrower[min(works - 1, work + FAR_AHEAD)])
        borrower, label = lanes.borrower[work], lanes.label[work]
        lanes.asked[work], lanes.granted[work] = debts.asked[run, borrower, slot], debts.granted[run, borrower, slot]
        lanes.size[work], lanes.rating[work] = debts.size[run, borrower], debts.rating[run, borrower]
        lanes.base[work] = terms.rate[run, label, debts.carbon_class[run, borrower]]
        lanes.support[work], lanes.end[work] = lanes.by_label[label], year + terms.tenor[run, label]
        lanes.cash[work] = debts.cash[run, borrower]
        lanes.balance[work], lanes.rate[work] = debts.balance[run, borrower, label], debts.rate[run, borrower, label]
        lanes.maturity[work] = debts.maturity[run, borrower, label]


@loop_rule
def decide(
    unavoidable: bool,
    cover: float,
    capex: Floats,
    subsidy: Floats,
    asked: Floats,
    granted: Integers,
    cash: Floats,
    built: Integers,
    loan: Floats,
) -> None:
    """Which works are carried out: who has no loan needs the cash, unless the work is unavoidable.

    Of a promised subsidy owners count on the share ``cover``.
    """
    for work in range(len(built)):
        lent = asked[work] if granted[work] > 0 else 0.0
        done = unavoidable | (cash[work] + lent + subsidy[work] * cover >= capex[work])
        built[work] = 1 if done else 0
        loan[work] = lent if done else 0.0


@loop_rule
def merge_loans(
    year: float,
    small_size: float,
    small_spread: float,
    risk_spread: float,
    base: Floats,
    size: Floats,
    rating: Floats,
    support: Floats,
    end: Floats,
    loan: Floats,
    balance: Floats,
    rate: Floats,
    maturity: Floats,
    payment: Floats,
) -> None:
    """New loans join the consolidated ones of their label, as ``lending.book_loan``; the spreads as of Terms."""
    for work in range(len(loan)):
        offer = offered_rate(base[work], size[work], small_size, small_spread, rating[work], risk_spread)
        rate[work] = merge_average(balance[work], rate[work], loan[work], offer + support[work])
        maturity[work] = merge_average(balance[work], maturity[work], loan[work], end[work])
        balance[work] += loan[work]
        payment[work] = balance[work] * annuity_factor(rate[work], max(1.0, maturity[work] - year))


@loop_rule
def pay_works(built: Integers, loan: Floats, subsidy: Floats, capex: Floats, cash: Floats, put_in: Floats) -> None:
    """Cash after what was carried out; owners make good what is short. ``capex`` becomes what was paid."""
    for work in range(len(built)):
        done = built[work] > 0
        left = cash[work] + loan[work] + subsidy[work] - capex[work]
        put_in[work] = max(0.0, -left) if done else 0.0
        cash[work] = left + put_in[work] if done else cash[work]
        capex[work] = capex[work] if done else 0.0


@rule
def subsidise_all(world: World, run: int, subsidy: Floats, built: Integers, year: int) -> None:
    """From promised subsidies to what the public budget pays, in the order of the list, as ``lending.subsidise``."""
    left = budget_left(world.payments, run, budget_opening(world, run, year))
    cover = 1.0 - world.record[run, year].subsidy_cut
    for work in range(len(subsidy)):
        subsidy[work] = min(subsidy[work] * cover, max(0.0, left)) if built[work] > 0 else 0.0
        left -= subsidy[work]


@rule
def book_works(world: World, run: int, holder: int, lanes: WorkLanes, works: int, year: int, new_asset: bool) -> None:
    """Book what was paid for ``works`` between ``holder`` and bank, budget and outside, and in the year's record."""
    now = world.record[run, year]
    spent, injected = total(lanes.capex[:works]), total(lanes.put_in[:works])
    subsidies, borrowed = total(lanes.subsidy[:works]), total(lanes.loan[:works])
    world.payments[run, holder, Holder.OUTSIDE] += spent
    world.payments[run, Holder.OUTSIDE, holder] += injected
    world.payments[run, Holder.BUDGET, holder] += subsidies
    world.payments[run, Holder.BANK, holder] += borrowed
    if new_asset:
        now.investment_new += spent
    else:
        now.investment_retrofit += spent
    now.equity_injected += injected
    now.subsidies_paid += subsidies


@rule
def carry_out_all(
    world: World, run: int, holder: int, lanes: WorkLanes, works: int, slot: int, year: int, new_asset: bool,
    unavoidable: bool
) -> None:  # fmt: skip
    """``applications.carry_out`` for the first ``works`` listed, by borrower, label, capex and subsidy."""
    debts, now, terms = world.borrowers, world.record[run, year], world.terms
    gather_accounts(world, run, lanes, works, slot, year)
    built, loan, subsidy = lanes.built[:works], lanes.loan[:works], lanes.subsidy[:works]
    capex, cash = lanes.capex[:works], lanes.cash[:works]
    decide(unavoidable, 1.0 - now.subsidy_cut, capex, subsidy, lanes.asked, lanes.granted, cash, built, loan)
    merge_loans(float(year), terms.small_firm_size[run], terms.small_firm_spread[run], terms.risk_spread[run],
                lanes.base, lanes.size, lanes.rating, lanes.support, lanes.end,
                loan, lanes.balance, lanes.rate, lanes.maturity, lanes.payment)  # fmt: skip
    if total(subsidy) > 0.0:
        subsidise_all(world, run, subsidy, built, year)
    pay_works(built, loan, subsidy, capex, cash, lanes.put_in)
    for label in range(LABELS):
        lanes.by_label[label] = 0.0
    for work in range(works):
        borrower, label = lanes.borrower[work], lanes.label[work]
        debts.cash[run, borrower] = cash[work]
        if loan[work] > 0.0:
            debts.balance[run, borrower, label] = lanes.balance[work]
            debts.rate[run, borrower, label] = lanes.rate[work]
            debts.maturity[run, borrower, label] = lanes.maturity[work]
            debts.payment[run, borrower, label] = lanes.payment[work]
            update_service(debts, run, borrower)
            lanes.by_label[label] += loan[work]
    for label in range(LABELS):
        record_new_loan(now, label, lanes.by_label[label])
    book_works(world, run, holder, lanes, works, year, new_asset)
