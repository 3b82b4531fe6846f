"""The park's bank (MODEL 8, P5): its terms by loan label and carbon class, and how it rations what is asked for.

One bank stands for all that lend in the park: several would compete on terms that no evidence tells apart, and only
the sums of budgets and the public rules on them are known. Debt service, defaults and the closing of the accounts are
in ``bank_service``, the carbon-asset rating in ``bank_rating``, payments and loans that stages of every kind call in
``lending``. Money is in million yuan of 2020 (Myuan), rates are real, ``year`` is an index (2020 is 0).
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

import numpy as np

from agents.axes import (
    BUILDING_IDS,
    CARBON_CLASSES,
    DEVELOPER_IDS,
    FIRM_IDS,
    HOLDERS,
    LABELS,
    PORT_IDS,
    TRANSPORT_IDS,
    CarbonClass,
    Holder,
    Label,
)
from agents.compiled import rule, stage
from agents.credit import Borrowers, Offsets
from agents.fields import Field, Floats, Integers, Outcome, Quantity, Records, Signal, allocate
from agents.investment import real_rate
from agents.lending import LABEL_NAMES, pay, perceived_support
from agents.world import World, runs_of

SHORT_LOAN = 5.0  # yr: loans up to five years are quoted on the one-year LPR, longer ones on the five-year LPR
BEST, MIDDLE, WORST = int(CarbonClass.AAA), int(CarbonClass.BBB), int(CarbonClass.C)
UNRATED = int(CarbonClass.UNRATED)
GREEN, TRANSITION, ORDINARY = int(Label.GREEN), int(Label.TRANSITION), int(Label.ORDINARY)
RATED_YEARS = 3  # yr over which the change of emission intensity is verified (P5, MODEL 8)


class Banks(NamedTuple):
    """Balance sheet of the bank, and the cash of the holders that are not agents; [runs, 1]."""

    loans: Annotated[Floats, Field("Myuan", "loans outstanding by label, from the bank's own ledger", (LABELS,))]
    deposits: Annotated[Floats, Field("Myuan", "money raised outside to fund loans")]
    capital: Annotated[Floats, Field("Myuan", "cash and loans less deposits; its multiple limits lending")]
    holder_cash: Annotated[Floats, Field("Myuan", "cash of each holder at the last closing of accounts", (HOLDERS,))]
    first: Annotated[Integers, Field("1", "first borrower of each holder", (HOLDERS,))]
    used: Annotated[Integers, Field("1", "end of each holder's slots ever used, which loops stop at", (HOLDERS,))]
    end: Annotated[Integers, Field("1", "end of each holder's slots", (HOLDERS,))]
    mean_risk: Annotated[Floats, Field("1", "mean risk score of borrowers, at which portfolio guarantees are priced")]


class Clients(NamedTuple):
    """What the bank and the exchange keep about each borrower; [runs, borrowers], the order of ``Borrowers``."""

    identity: Annotated[Integers, Field("1", "agent id of the borrower, which keys its draws")]
    intensity: Annotated[Floats, Field("t/Myuan", "verified emission intensity of past years", (RATED_YEARS + 1,))]
    verified: Annotated[Integers, Field("yr", "number of years verified so far")]
    intensity_change: Annotated[Floats, Field("1", "relative change of intensity over three years")]
    benchmark_gap: Annotated[Floats, Field("1", "intensity against the sector's mean, less one")]


PARAMETERS: list[Quantity] = [
    Quantity("loan_margin", "1/yr", "ordinary loan of a large sound borrower over the LPR", "corp_spread"),
    Quantity("risk_spread", "1/yr", "added to the rate of the worst risk score", "corp_spread"),
    Quantity("small_firm_size", "Myuan/yr", "value added below which a borrower pays the small-firm spread"),
    Quantity("initial_risk_score", "1", "risk score of borrowers in the base year, 0 best to 1 worst"),
    Quantity("risk_score_inertia", "1", "weight of last year's risk score in this year's"),
    Quantity("bank_funding_cost", "1/yr", "nominal cost of the bank's own funds", "relend_margin"),
    Quantity("relending_rate", "1/yr", "nominal rate of central-bank relending", "cerf_rate"),
    Quantity("relending_pass_through", "1", "share of the gain from relending passed on to borrowers"),
    Quantity("loan_advance_ratio", "1", "largest share of an investment that the bank finances"),
    *(Quantity(f"loan_tenor_{name}", "yr", f"longest {name} loan in 2020") for name in LABEL_NAMES),
    *(Quantity(f"loan_budget_{name}", "Myuan/yr", f"new {name} loans a year in 2020") for name in LABEL_NAMES),
    Quantity("loan_budget_growth", "1/yr", "real growth of loan budgets"),
    Quantity("credit_line_ratio", "yr", "most that a borrower may owe, in years of its value added or income"),
    Quantity("carbon_class_discount", "1/yr", "discount of class AAA and surcharge of class C against class BBB"),
    Quantity("carbon_class_line", "1", "rise of the credit line of class AAA and cut of class C"),
    Quantity("carbon_class_step", "1", "three-year fall of emission intensity that is worth one class"),
    Quantity("carbon_benchmark_weight", "1", "weight of the distance to the sector benchmark in the carbon class"),
    Quantity("pledge_ratio", "1", "loan against pledged permits, as a share of their value"),
    Quantity("pledge_discount", "1/yr", "loan pledged on permits below an ordinary secured loan", "MODEL 8"),
    Quantity("bank_capital_2020", "Myuan", "capital behind lending in the park"),
    Quantity("bank_capital_ratio", "1", "capital that each yuan lent must have behind it"),
    Quantity("bank_profit_retention", "1", "share of profit added to capital"),
    Quantity("loss_given_default", "1", "share of what a defaulting borrower owes that is written off"),
    Quantity("default_exclusion", "yr", "years without new loans after a default"),
    Quantity("public_budget_inflow", "Myuan/yr", "money the park's public budget gives to its low-carbon programmes"),
    Quantity("public_budget_carry_over", "yr", "unspent money that is kept, in years of the budget's receipts"),
]

SERIES: list[Quantity] = [
    Quantity("lpr_1y", "1/yr", "loan prime rate for up to five years, nominal, mean of the year", "lpr1_2020"),
    Quantity("lpr_5y", "1/yr", "loan prime rate above five years, nominal, mean of the year", "lpr5_2020"),
    Quantity("small_firm_spread", "1/yr", "loans to small firms over the LPR", "sme_spread"),
    Quantity("inflation", "1/yr", "change of consumer prices in the year", "cpi_cn_2020"),
]

SIGNALS: list[Signal] = [
    Signal("transition_finance_open", "1", "1 once transition loans exist", "P5", "largest", 0.0),
    Signal("green_rate_discount", "1/yr", "discount of green loans against ordinary ones", "green_loan_spread2"),
    Signal("transition_rate_discount", "1/yr", "discount of transition loans against ordinary ones"),
    Signal("budget_multiplier_green", "1", "green loan budget against that of 2020", "P5", "multiply", 1.0),
    Signal("budget_multiplier_transition", "1", "transition budget against that of 2020", "P5", "multiply", 1.0),
    Signal("label_budget_match", "1", "share of one label's unused budget that the other may use", "图8", "largest"),
    Signal("relending_share", "1", "share of green principal refinanced by the central bank", "cerf_share", "largest"),
    Signal("tenor_extension", "yr", "longer tenor of green and transition loans", "P5"),
    Signal("guarantee_share", "1", "share of green and transition loans that a public fund guarantees", "", "largest"),
    Signal("carbon_rating_on", "1", "1 while the carbon-asset rating is in use", "P5", "largest"),
    Signal("pledge_loans_on", "1", "1 while permits can be pledged", "P5", "largest"),
    Signal("capital_subsidy_share", "1", "share of a low-carbon investment that the public budget pays"),
]

OUTCOMES: list[Outcome] = [
    *(
        Outcome(f"loan_demand_{n}", "Myuan/yr", f"{n} loans asked for", "", f"Finance|Loans|Demand|{n.title()}")
        for n in LABEL_NAMES
    ),
    *(Outcome(f"loan_granted_{n}", "Myuan/yr", f"{n} loans granted") for n in LABEL_NAMES),
    *(
        Outcome(f"loan_rationed_{n}", "Myuan/yr", f"{n} loans refused", "", f"Finance|Loans|Rationed|{n.title()}")
        for n in LABEL_NAMES
    ),
    *(
        Outcome(
            f"loan_rate_{n}", "1/yr", f"real rate of {n} loans, sound unrated borrower", "", f"Finance|Rate|{n.title()}"
        )
        for n in LABEL_NAMES
    ),
    Outcome("bank_loans", "Myuan", "loans outstanding", "", "Finance|Loans|Outstanding"),
    Outcome("bank_capital", "Myuan", "the bank's capital", "", "Finance|Bank Capital"),
    Outcome("bank_deposits", "Myuan", "deposits that fund loans in the park"),
    Outcome("loan_interest", "Myuan/yr", "interest paid to the bank"),
    Outcome("loan_defaults", "1/yr", "borrowers that could not pay their debt service", "", "Finance|Defaults"),
    Outcome("guarantees_paid", "Myuan/yr", "losses that the public budget made good"),
    Outcome("interest_subsidies_paid", "Myuan/yr", "interest subsidies paid", "", "Finance|Interest Subsidies"),
    Outcome("pledge_saving", "Myuan/yr", "interest saved by pledging permits", "", "Finance|Pledge Saving"),
    Outcome("carbon_rated_share", "1", "share of borrowers with a carbon class"),
    Outcome("money_gap", "Myuan", "largest violation of the money law among holders"),
    Outcome("owed_gap", "Myuan", "largest difference between what agents owe and what the bank holds"),
]


@rule
def lpr_of_tenor(tenor: float, one_year: float, five_year: float) -> float:
    """The loan prime rate that a loan is quoted on, 1/yr nominal: the five-year one only above five years."""
    return five_year if tenor > SHORT_LOAN else one_year


@rule
def relending_benefit(share: float, funding_cost: float, relending_rate: float, pass_through: float) -> float:
    """Fall of the loan rate from relending, 1/yr: share x (own funds' cost - relending rate) x what is passed on.

    Known: 60 % of principal at 1.75 % instead of 2.2 % is 27 bp, the most that can be passed on (cerf_share).
    """
    return pass_through * share * max(0.0, funding_cost - relending_rate)


@rule
def carbon_class_shift(carbon_class: int) -> float:
    """Place of a carbon class between -1 (C or worse) and 1 (AAA); 0 for BBB and for the unrated."""
    if carbon_class == UNRATED:
        return 0.0
    return (MIDDLE - carbon_class) / float(MIDDLE)


@rule
def queue_class(carbon_class: int) -> int:
    """Place in the queue for loans: the unrated stand with the middle class, neither rewarded nor punished."""
    return MIDDLE if carbon_class == UNRATED else carbon_class


@rule
def mean_inflation(series: Records, run: int, year: int, tenor: float) -> float:
    """Mean inflation over a loan's life, 1/yr: the years after ``year``, as far as the series goes.

    What a loan really costs is its nominal rate less the inflation that follows; the year's own inflation, which jumped
    from 2.4 to 1.0 % between 2020 and 2021, would move every hurdle by more than any policy does.
    """
    last = series.shape[1] - 1
    total, counted = 0.0, 0
    for later in range(year + 1, min(last, year + int(tenor)) + 1):
        total += series[run, later].inflation
        counted += 1
    return total / counted if counted > 0 else float(series[run, last].inflation)


@rule
def ordinary_rate(p: Records, dated: Records, tenor: float) -> float:
    """Nominal rate of an ordinary loan to a large sound borrower, 1/yr; ``dated`` is the year's record of series."""
    return lpr_of_tenor(tenor, dated.lpr_1y, dated.lpr_5y) + p.loan_margin


@rule
def label_discount(p: Records, signals: Records, mean_risk: float, label: int) -> float:
    """What a label takes off the nominal rate, 1/yr: the market's or policy's discount, relending, portfolio guarantee.

    A portfolio guarantee takes its share of the risk spread off at the mean risk of borrowers.
    """
    if label == ORDINARY:
        return 0.0
    guarantee = signals.guarantee_share * p.risk_spread * mean_risk
    if label == TRANSITION:
        return signals.transition_rate_discount + guarantee
    relending = relending_benefit(
        signals.relending_share, p.bank_funding_cost, p.relending_rate, p.relending_pass_through
    )
    return signals.green_rate_discount + relending + guarantee


@rule
def label_tenor(p: Records, signals: Records, label: int) -> float:
    """Longest loan of a label, yr."""
    if label == GREEN:
        return p.loan_tenor_green + signals.tenor_extension
    if label == TRANSITION:
        return p.loan_tenor_transition + signals.tenor_extension
    return p.loan_tenor_ordinary


@rule
def label_budget(p: Records, signals: Records, label: int, year: int) -> float:
    """New loans that the bank plans for a label this year, Myuan; no transition loans before they exist."""
    growth = (1.0 + p.loan_budget_growth) ** year
    if label == GREEN:
        return growth * p.loan_budget_green * signals.budget_multiplier_green
    if label == TRANSITION:
        if signals.transition_finance_open <= 0.5:
            return 0.0
        return growth * p.loan_budget_transition * signals.budget_multiplier_transition
    return growth * p.loan_budget_ordinary


@rule
def credit_line(ratio: float, size: float, class_effect: float, carbon_class: int, collateral: float) -> float:
    """Most that a borrower may owe, Myuan: years of value added, moved by its carbon class, plus pledged permits."""
    return ratio * size * (1.0 + class_effect * carbon_class_shift(carbon_class)) + collateral


@rule
def support_due(debts: Borrowers, run: int, borrower: int, green: float, transition: float) -> float:
    """Interest subsidy promised to a borrower, Myuan; ``green`` and ``transition`` are 1/yr of balances."""
    return green * debts.balance[run, borrower, GREEN] + transition * debts.balance[run, borrower, TRANSITION]


@rule
def promised_support(debts: Borrowers, bank: Banks, run: int, green: float, transition: float) -> float:
    """Interest subsidies promised to all on what they owe, Myuan."""
    promised = 0.0
    if green + transition > 0.0:
        for holder in range(HOLDERS):
            for borrower in range(bank.first[run, 0, holder], bank.used[run, 0, holder]):
                promised += support_due(debts, run, borrower, green, transition)
    return promised


@stage
def terms(world: World, bank: Banks, year: int) -> None:
    """Stage 3: the year's offer into ``world.terms``, and the public budget's yearly inflow.

    ``terms.rate`` is what a sound borrower of ordinary size weighs: real, and net of the interest subsidy it counts on.
    """
    offer = world.terms
    for run in runs_of(world):
        p, signals, dated = world.parameters[run], world.signals[run], world.series[run, year]
        now, last = world.record[run, year], world.record[run, max(0, year - 1)]
        pay(world, run, Holder.OUTSIDE, Holder.BUDGET, p.public_budget_inflow)
        first = p.loan_tenor_ordinary
        offer.reference_rate[run] = real_rate(
            ordinary_rate(p, world.series[run, 0], first), mean_inflation(world.series, run, 0, first)
        )
        offer.small_firm_spread[run] = dated.small_firm_spread
        offer.small_firm_size[run] = p.small_firm_size
        offer.risk_spread[run] = p.risk_spread
        offer.pledge_discount[run] = p.pledge_discount if signals.pledge_loans_on > 0.5 else 0.0
        for label in range(LABELS):
            tenor = label_tenor(p, signals, label)
            offer.tenor[run, label] = tenor
            offer.advance_ratio[run, label] = p.loan_advance_ratio
            offer.budget[run, label] = label_budget(p, signals, label, year)
            nominal = ordinary_rate(p, dated, tenor) - label_discount(p, signals, bank.mean_risk[run, 0], label)
            inflation = mean_inflation(world.series, run, year, tenor)
            support = perceived_support(signals, last, label)
            for carbon_class in range(CARBON_CLASSES):
                earned = p.carbon_class_discount * carbon_class_shift(carbon_class)
                offer.rate[run, label, carbon_class] = real_rate(nominal - earned, inflation) - support
        now.loan_rate_green = offer.rate[run, GREEN, UNRATED]
        now.loan_rate_transition = offer.rate[run, TRANSITION, UNRATED]
        now.loan_rate_ordinary = offer.rate[run, ORDINARY, UNRATED]


@stage
def open_books(world: World, bank: Banks) -> None:
    """Note what agents owe and what cash they hold; who has no risk score gets the base year's.

    Agents are added up one after the other, so that empty slots change no bit of a sum.
    """
    debts = world.borrowers
    for run in runs_of(world):
        score, owed = world.parameters[run].initial_risk_score, bank.loans[run, 0]
        for holder in range(HOLDERS):
            held = 0.0
            for borrower in range(bank.first[run, 0, holder], bank.end[run, 0, holder]):
                held += debts.cash[run, borrower]
                for label in range(LABELS):
                    owed[label] += debts.balance[run, borrower, label]
                if debts.rating[run, borrower] == 0.0:
                    debts.rating[run, borrower] = score
            bank.holder_cash[run, 0, holder] = held


def populate(world: World, offsets: Offsets) -> tuple[Banks, Clients]:
    """The bank and its clients at the start of the base year, after every other kind has been populated.

    Loans are what agents owe, funded by deposits; capital is held as cash; every holder's cash is noted, so that the
    first closing can test the money law. Borrowers without a risk score get the base year's. Also opens the public
    budget in ``record[:, 0]`` and sets the terms that the base year shows.
    """
    borrowers, p = world.borrowers, world.parameters
    runs, count = borrowers.cash.shape
    bank, clients = allocate(Banks, runs, 1), allocate(Clients, runs, count)
    place_holders(bank, offsets)
    open_books(world, bank)
    bank.deposits[:, 0] = bank.loans[:, 0].sum(axis=1)
    bank.capital[:, 0] = p.bank_capital_2020
    bank.holder_cash[:, 0, Holder.BANK] = p.bank_capital_2020
    opening = p.public_budget_inflow * p.public_budget_carry_over
    bank.holder_cash[:, 0, Holder.BUDGET] = opening
    world.record["public_budget"][:, 0] = opening
    bank.mean_risk[:, 0] = p.initial_risk_score
    borrowers.carbon_class[...] = UNRATED
    ids = (FIRM_IDS, BUILDING_IDS, PORT_IDS, DEVELOPER_IDS, TRANSPORT_IDS)
    for first, end, start in zip(offsets[:-1], offsets[1:], ids, strict=True):
        clients.identity[:, first:end] = np.arange(start, start + end - first)
    return bank, clients


def place_holders(bank: Banks, offsets: Offsets) -> None:
    """Note where each holder's agents lie in the table of borrowers; each kind's money is that of one holder.

    Until somebody counts them, all slots may be in use.
    """
    for kind, (first, end) in enumerate(zip(offsets[:-1], offsets[1:], strict=True)):
        bank.first[:, 0, kind], bank.end[:, 0, kind] = first, end
    bank.used[...] = bank.end
