"""What every agent can owe, and how it applies for credit (MODEL 8). One table holds the borrowers of all kinds.

Borrowers lie side by side: firms first, then buildings, port operators, developers and transport, at the offsets of
:class:`Offsets`. Money is in million yuan of 2020; every payment is booked in ``payments[run, payer, receiver]``.
An agent holds one consolidated annuity loan a label: a new loan adds its principal, and rate and maturity become the
averages weighted by principal, so that what agents owe is what the bank holds, exactly. Its yearly payment is level: it
is worked out when a loan joins and kept, so that a year of debt service is one pass over the columns of loans.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

from agents.axes import LABELS, Label
from agents.compiled import loop_rule, rule
from agents.fields import Field, Floats, Wishes, Years
from agents.investment import annuity

CRUMB = 1e-9  # a balance of no more than this share of a year's payment is rounding
SLOTS = 4  # applications an agent can make in one year, one an equipment system


class Offsets(NamedTuple):
    """First borrower of each kind; ``end`` is their number."""

    firms: int
    buildings: int
    port: int
    developers: int
    transport: int
    end: int


class Borrowers(NamedTuple):
    """Cash, debt and this year's credit applications of every agent that can borrow; [runs, borrowers].

    Flags and indices take a byte each: stages that visit few borrowers among many wait for memory, not for arithmetic.
    """

    holder: Annotated[Wishes, Field("1", "index of Holder that the agent's money belongs to")]
    cash: Annotated[Floats, Field("Myuan", "money held")]
    surplus: Annotated[Floats, Field("Myuan/yr", "operating surplus of last year, before debt service")]
    size: Annotated[Floats, Field("Myuan/yr", "value added or income, for the bank's size class")]
    balance: Annotated[Floats, Field("Myuan", "loan principal owed, by label", (LABELS,))]
    rate: Annotated[Floats, Field("1/yr", "real rate of the consolidated loan, by label", (LABELS,))]
    maturity: Annotated[Floats, Field("yr", "year index in which the consolidated loan ends, by label", (LABELS,))]
    payment: Annotated[Floats, Field("Myuan/yr", "level yearly payment of the consolidated loan, by label", (LABELS,))]
    service: Annotated[Floats, Field("Myuan/yr", "debt service due this year on all labels")]
    carbon_class: Annotated[Wishes, Field("1", "index of CarbonClass")]
    pledgeable: Annotated[Floats, Field("Myuan", "value of carbon and pollutant permits that can be pledged")]
    rating: Annotated[Floats, Field("1", "credit risk score, 0 best to 1 worst")]
    defaulted: Annotated[Years, Field("yr", "year of the last default, 0 if none")]
    asked: Annotated[Floats, Field("Myuan", "loan asked for this year, by slot; 0 if none", (SLOTS,))]
    asked_label: Annotated[Wishes, Field("1", "label of the loan asked for, by slot", (SLOTS,))]
    granted: Annotated[Wishes, Field("1", "1 if this year's loan of the slot was granted", (SLOTS,))]


class Terms(NamedTuple):
    """The bank's offer of the year, real terms; [runs, label, carbon class] or [runs, label]."""

    rate: Floats  # [runs, label, carbon_class] 1/yr, to a borrower of average size and risk
    small_firm_spread: Floats  # [runs] 1/yr, added below the size limit
    small_firm_size: Floats  # [runs] Myuan/yr, borrowers below it pay the spread
    risk_spread: Floats  # [runs] 1/yr, times rating score
    pledge_discount: Floats  # [runs] 1/yr, off the rate for the pledged share
    tenor: Floats  # [runs, label] yr, longest loan
    advance_ratio: Floats  # [runs, label] share of investment that the bank finances
    budget: Floats  # [runs, label] Myuan of new loans this year
    reference_rate: Floats  # [runs] 1/yr, ordinary loan of 2020


@rule
def offered_rate(
    base: float, size: float, small_size: float, small_spread: float, rating: float, risk_spread: float
) -> float:
    """Rate offered to one borrower, 1/yr: the label's and class's base, plus spreads for small size and for risk."""
    return base + (small_spread if size < small_size else 0.0) + rating * risk_spread


@rule
def label_of_investment(new_asset: bool, low_carbon: bool, transition_open: bool) -> int:
    """Label a loan can carry (P5): green for new low-carbon assets, transition for low-carbon retrofits once open."""
    if low_carbon and new_asset:
        return 0
    if low_carbon and transition_open:
        return 1
    return 2


@rule
def merge_average(balance: float, value: float, added: float, added_value: float) -> float:
    """Average of a loan attribute weighted by principal when a new loan joins the consolidated one."""
    total = balance + added
    if total <= 0.0:
        return 0.0
    return (balance * value + added * added_value) / total


@rule
def yearly_service(balance: float, rate: float, years: float) -> float:
    """Debt service of a consolidated loan in one year, Myuan: level annuity over the years left (at least one)."""
    return annuity(balance, rate, max(1.0, years))


@rule
def loans_of(column: Floats, first: int, end: int) -> Floats:
    """A column [borrowers, label] as a list of the loans of borrowers ``first`` to before ``end``, one by one."""
    return column[first:end].reshape(-1)


@rule
def repaid_in_year(balance: float, rate: float, payment: float) -> float:
    """Principal that a label's payment repays, Myuan: interest first; in the last year all, without a crumb left."""
    repaid = min(balance, max(0.0, payment - balance * rate))
    return balance if balance - repaid <= CRUMB * payment else repaid


@rule
def next_payment(left: float, rate: float, payment: float) -> float:
    """Next year's payment of a loan of which ``left`` Myuan are owed: level, but never more than repays it in full.

    A level payment leaves what it repays in the years that remain, so that it need not be worked out anew
    (yearly_service would give the same but for rounding). Less is due only in a last year that is not a whole
    one, as loans merged from several have.
    """
    return min(payment, left * (1.0 + rate))


@loop_rule
def repay_all(balance: Floats, rate: Floats, payment: Floats, repaid: Floats) -> None:
    """Pay what is due on every loan of a list, one a borrower and label; ``repaid`` takes the principal, Myuan."""
    for loan in range(len(balance)):
        repaid[loan] = repaid_in_year(balance[loan], rate[loan], payment[loan])
        balance[loan] -= repaid[loan]
        payment[loan] = next_payment(balance[loan], rate[loan], payment[loan])


@loop_rule
def sum_payments(payment: Floats, service: Floats) -> None:
    """Debt service due next year of every borrower from the payments [loans] of its labels (as update_service)."""
    for borrower in range(len(service)):
        first = borrower * LABELS
        service[borrower] = payment[first] + payment[first + 1] + payment[first + 2]


@rule
def total(values: Floats) -> float:
    """Sum of a column in four strands, so that an addition need not wait for the one before it."""
    first, second, third, fourth = 0.0, 0.0, 0.0, 0.0
    whole = len(values) // 4 * 4
    for at in range(0, whole, 4):
        first += values[at]
        second += values[at + 1]
        third += values[at + 2]
        fourth += values[at + 3]
    for at in range(whole, len(values)):
        first += values[at]
    return (first + second) + (third + fourth)


@rule
def product(weights: Floats, values: Floats) -> float:
    """Sum of values times weights, in four strands as total."""
    first, second, third, fourth = 0.0, 0.0, 0.0, 0.0
    whole = len(values) // 4 * 4
    for at in range(0, whole, 4):
        first += weights[at] * values[at]
        second += weights[at + 1] * values[at + 1]
        third += weights[at + 2] * values[at + 2]
        fourth += weights[at + 3] * values[at + 3]
    for at in range(whole, len(values)):
        first += weights[at] * values[at]
    return (first + second) + (third + fourth)


@rule
def sum_labels(loans: Floats, sums: Floats) -> None:
    """Sums by label, into ``sums`` [label], of a list of loans, LABELS a borrower; in two strands a label, as total."""
    green, transition, ordinary = 0.0, 0.0, 0.0
    more_green, more_transition, more_ordinary = 0.0, 0.0, 0.0
    pairs = len(loans) // (2 * LABELS)
    for pair in range(pairs):
        at = pair * 2 * LABELS
        green += loans[at]
        transition += loans[at + 1]
        ordinary += loans[at + 2]
        more_green += loans[at + 3]
        more_transition += loans[at + 4]
        more_ordinary += loans[at + 5]
    for at in range(2 * LABELS * pairs, len(loans), LABELS):
        green += loans[at]
        transition += loans[at + 1]
        ordinary += loans[at + 2]
    sums[Label.GREEN] = green + more_green
    sums[Label.TRANSITION] = transition + more_transition
    sums[Label.ORDINARY] = ordinary + more_ordinary
