"""Green finance (P5): labels, budgets, cheaper and longer loans, guarantees, carbon rating, pledges, transition loans.

The policy writes signals and nothing else; what they do is in ``agents/bank.py`` and its neighbours. The report asks
for green finance while much is built new and for transition finance later, when retrofits prevail: see
``transition_start_year`` and ``label_budget_match``.
"""

from __future__ import annotations

from typing import ClassVar

from agents.fields import Records
from policies.base import Lever, Policy, Signals

FIRST_YEAR, NEVER = 2021, 2061  # first decision year, and a start year beyond every run


class GreenFinance(Policy):
    """Levers of the bank, the central bank, the guarantee fund and the public budget, as they meet borrowers."""

    name: ClassVar[str] = "green_finance"
    chinese: ClassVar[str] = "绿色金融"
    meaning: ClassVar[str] = "Low-carbon loans: budgets, price, tenor, risk sharing, carbon rating, pledges"
    levers: ClassVar[tuple[Lever, ...]] = (
        Lever(
            "green_rate_discount", "1/yr", "green loans below ordinary ones of the same borrower and tenor",
            "绿色贷款利率优惠", 0.0, 0.0075, 0.0, 0.005, "green_loan_spread2",
        ),
        Lever(
            "transition_rate_discount", "1/yr", "transition loans below ordinary ones", "转型贷款利率优惠",
            0.0, 0.0075, 0.0, 0.005, "green_loan_spread2",
        ),
        Lever(
            "green_interest_subsidy", "1/yr", "share of a green loan's balance that the public budget pays a year",
            "绿色贷款贴息", 0.0, 0.03, 0.0, 0.02, "assumption",
        ),
        Lever(
            "transition_interest_subsidy", "1/yr", "share of a transition loan's balance the public budget pays a year",
            "转型贷款贴息", 0.0, 0.03, 0.0, 0.02, "assumption",
        ),
        Lever(
            "green_budget_multiplier", "1", "green loan budget against that without the policy", "绿色信贷额度倍数",
            0.0, 10.0, 1.0, 4.0, "green_loan_share;assumption",
        ),
        Lever(
            "transition_budget_multiplier", "1", "transition loan budget against that without the policy",
            "转型信贷额度倍数", 0.0, 10.0, 1.0, 4.0, "assumption",
        ),
        Lever(
            "label_budget_match", "1", "share of a label's unused budget open to the other: new build against retrofit",
            "新建与改造额度调剂", 0.0, 1.0, 0.0, 1.0, "图8",
        ),
        Lever(
            "transition_start_year", "year", "first year of transition loans, for retrofits; 2061 is never",
            "转型金融启动年份", FIRST_YEAR, NEVER, NEVER, FIRST_YEAR, "P5", whole=True,
        ),
        Lever(
            "relending_share", "1", "share of green principal that the central bank refinances",
            "碳减排支持工具再贷款比例", 0.0, 1.0, 0.0, 0.6, "cerf_share;cerf_rate",
        ),
        Lever(
            "tenor_extension", "yr", "longer green and transition loans, against the maturity mismatch", "贷款期限延长",
            0.0, 15.0, 0.0, 5.0, "P5;assumption",
        ),
        Lever(
            "guarantee_share", "1", "share of green and transition loans guaranteed by a public fund", "担保比例",
            0.0, 0.9, 0.0, 0.8, "assumption",
        ),
        Lever(
            "carbon_rating", "1", "carbon-asset credit rating in use (1) or not (0)", "碳资产信用评价",
            0.0, 1.0, 0.0, 1.0, "P5", whole=True,
        ),
        Lever(
            "pledge_loans", "1", "loans pledged on carbon and pollutant permits allowed (1) or not (0)",
            "碳排放权与排污权质押贷款", 0.0, 1.0, 0.0, 1.0, "P5", whole=True,
        ),
        Lever(
            "capital_subsidy", "1", "share of low-carbon investments that the public budget pays", "投资补助比例",
            0.0, 0.5, 0.0, 0.2, "assumption",
        ),
    )  # fmt: skip

    DIRECT: ClassVar[dict[str, str]] = {
        "green_rate_discount": "green_rate_discount",
        "transition_rate_discount": "transition_rate_discount",
        "green_interest_subsidy": "interest_subsidy_green",
        "transition_interest_subsidy": "interest_subsidy_transition",
        "green_budget_multiplier": "budget_multiplier_green",
        "transition_budget_multiplier": "budget_multiplier_transition",
        "label_budget_match": "label_budget_match",
        "relending_share": "relending_share",
        "tenor_extension": "tenor_extension",
        "guarantee_share": "guarantee_share",
        "carbon_rating": "carbon_rating_on",
        "pledge_loans": "pledge_loans_on",
        "capital_subsidy": "capital_subsidy_share",
    }
    """Signal that each lever writes as it stands; the start year alone is translated."""

    def apply(self, signals: Signals, year: int, last: Records) -> None:
        """Write this calendar year's signals. A lever that is off writes its neutral value, which changes no bit."""
        for lever, signal in self.DIRECT.items():
            signals.write(signal, self.lever(lever, year))
        signals.write("transition_finance_open", float(year >= self.lever("transition_start_year", year)))
