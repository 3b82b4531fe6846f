"""What every agent can owe, and how it applies for credit (MODEL 8). One table holds the borrowers of all kinds.

Borrowers lie side by side: firms first, then buildings, port operators, developers and transport, at the offsets of
:class:`Offsets`. Money is in million yuan of 2020; every payment is booked in ``payments[run, payer, receiver]``.
An agent holds one consolidated annuity loan a label: a new loan adds its principal, and rate and remaining years become
the averages weighted by principal, so that what agents owe is what the bank holds, exactly.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

from agents.axes import LABELS
from agents.compiled import rule
from agents.fields import Field, Floats, Integers
from agents.investment import annuity

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
    """Cash, debt and this year's credit applications of every agent that can borrow; [runs, borrowers]."""

    holder: Annotated[Integers, Field("1", "index of Holder that the agent's money belongs to")]
    cash: Annotated[Floats, Field("Myuan", "money held")]
    surplus: Annotated[Floats, Field("Myuan/yr", "operating surplus of last year, before debt service")]
    size: Annotated[Floats, Field("Myuan/yr", "value added or income, for the bank's size class")]
    balance: Annotated[Floats, Field("Myuan", "loan principal owed, by label", (LABELS,))]
    rate: Annotated[Floats, Field("1/yr", "real rate of the consolidated loan, by label", (LABELS,))]
    maturity: Annotated[Floats, Field("yr", "year index in which the consolidated loan ends, by label", (LABELS,))]
    payment: Annotated[Floats, Field("Myuan/yr", "level yearly payment of the consolidated loan, by label", (LABELS,))]
    service: Annotated[Floats, Field("Myuan/yr", "debt service due this year on all labels")]
    carbon_class: Annotated[Integers, Field("1", "index of CarbonClass")]
    pledgeable: Annotated[Floats, Field("Myuan", "value of carbon and pollutant permits that can be pledged")]
    rating: Annotated[Floats, Field("1", "credit risk score, 0 best to 1 worst")]
    defaulted: Annotated[Integers, Field("yr", "year of the last default, 0 if none")]
    asked: Annotated[Floats, Field("Myuan", "loan asked for this year, by slot; 0 if none", (SLOTS,))]
    asked_label: Annotated[Integers, Field("1", "label of the loan asked for, by slot", (SLOTS,))]
    granted: Annotated[Integers, Field("1", "1 if this year's loan of the slot was granted", (SLOTS,))]


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
