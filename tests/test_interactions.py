"""Interactions that must appear in the whole park: limits that bind, feedbacks that close, accounts that add up.

Pairs run under the same seeds; park parameters are moved within their evidence ranges unless a docstring says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
import pytest

from agents.fields import Floats, Records
from experiments.lever_effects import ROOFTOP, SUM, outcome
from experiments.lever_effects import simulated as with_levers
from policies.base import Lever, Policy, Signals
from policies.registry import policy_classes
from sim.state import new_state
from sim.year import run_all

RUNS, LAST_YEAR = 8, 2035


class Signalled(Policy):
    """Writes signals that no shipped lever writes, from the first decision year on."""

    name: ClassVar[str] = "signalled"
    chinese: ClassVar[str] = "信号"
    meaning: ClassVar[str] = "signals of the tests"
    levers: ClassVar[tuple[Lever, ...]] = ()

    def __init__(self, **values: float) -> None:
        super().__init__()
        self.values = values

    def apply(self, signals: Signals, year: int, last: Records) -> None:
        for name, value in self.values.items():
            signals.write(name, value)


@lru_cache(maxsize=64)
def _signalled(values: tuple[tuple[str, float], ...], overrides: tuple[tuple[str, Any], ...]) -> Records:
    policies = [Signalled(**dict(values))] if values else []
    state = new_state("meishan", list(range(1, RUNS + 1)), policies, dict(overrides), (2020, LAST_YEAR))
    return run_all(state).world.record


def simulated(signals: Mapping[str, float] | None = None, /, **overrides: float) -> Records:
    """Outcomes [runs, years] under signals and park parameters."""
    return _signalled(tuple(sorted((signals or {}).items())), tuple(sorted(overrides.items())))


def levers(policy: str, overrides: Mapping[str, float] | None = None, /, **values: float) -> Records:
    """Outcomes [runs, years] under levers of one policy."""
    return with_levers({policy: values} if values else {}, RUNS, LAST_YEAR, overrides)


def rises(before: Floats, after: Floats) -> bool:
    """Whether paired values [runs] rise in the mean by more than two standard errors."""
    difference = after - before
    return bool(difference.mean() > 2.0 * difference.std(ddof=1) / np.sqrt(len(difference)))


# ------------------------------------------------------------------------------------------------------------ the grid
NARROW = {
    "hosting_share": 0.3,
    "feeder_rating": 10.0,
    "reinforcement_budget": 3.0,
    "reinforcement_cost": 1800.0,
    "rooftop_reinforcement_cost": 1500.0,
    "dc_link_rating": 10.0,
}
GENEROUS = {"rooftop_pv_subsidy": 2000.0, "attention": 0.3}


@pytest.mark.parametrize(
    "relief", [{"dc_links": 6.0}, {"reinforcement_budget_multiplier": 10.0}, {"hosting_share_rule": 0.8}], ids=str
)
def test_hosting_capacity_holds_pv_back_until_links_or_reinforcement_come(relief: dict[str, float]) -> None:
    """Weak feeders, little money for them, and PV that is worth its price: the tight ends of the evidence ranges."""
    narrow, relieved = simulated(GENEROUS, **NARROW), simulated({**GENEROUS, **relief}, **NARROW)
    assert np.all(outcome(narrow, "hosting_full_feeders", SUM) > 0.0)
    assert rises(outcome(narrow, ROOFTOP, 2030), outcome(relieved, ROOFTOP, 2030))
    assert rises(outcome(relieved, "hosting_full_feeders", SUM), outcome(narrow, "hosting_full_feeders", SUM))


def test_pv_eats_its_own_value_where_little_can_be_exported() -> None:
    """Price cannibalisation: with much PV and a small export limit a MWh of PV is worth less."""
    little, much = simulated(export_limit=100.0), simulated(GENEROUS, export_limit=100.0)
    assert rises(outcome(little, "generation_pv", LAST_YEAR), outcome(much, "generation_pv", LAST_YEAR))
    assert rises(outcome(much, "solar_value_ratio", LAST_YEAR), outcome(little, "solar_value_ratio", LAST_YEAR))


# ------------------------------------------------------------------------------------------------------- bank and money
def test_a_tenor_below_the_assets_life_blocks_projects_that_pay() -> None:
    """Maturity mismatch (P5): where the park's bank carries a project's debt, five years stop what ten let through."""
    whole = {"developer_local_loan_share": 1.0, "debt_share": 0.8, "loan_advance_ratio": 0.8, "loan_tenor_green": 3.0}
    short = levers("green_finance", whole)
    extended = levers("green_finance", whole, tenor_extension=7.0)
    assert np.all(outcome(short, "projects_held_by_debt_service", SUM) > 0.0)
    assert rises(
        outcome(extended, "projects_held_by_debt_service", SUM), outcome(short, "projects_held_by_debt_service", SUM)
    )


def test_small_budgets_ration_credit_and_large_ones_do_not() -> None:
    small, large = simulated(loan_budget_green=20.0), levers("green_finance", green_budget_multiplier=10.0)
    refused = [outcome(record, "loan_rationed_green", SUM) for record in (small, large)]
    asked = [outcome(record, "loan_demand_green", SUM) for record in (small, large)]
    assert np.all(refused[0] > 0.5 * asked[0]) and np.all(refused[1] < 0.1 * asked[1])
    assert rises(outcome(small, "loans_green", SUM), outcome(large, "loans_green", SUM))


def test_the_public_budget_empties_and_cuts_subsidies() -> None:
    poor = levers("green_finance", {"public_budget_inflow": 10.0}, capital_subsidy=0.5)
    rich = levers("green_finance", {"public_budget_inflow": 120.0}, capital_subsidy=0.5)
    assert np.all(poor["public_budget"] >= -1e-9)
    assert np.all(outcome(poor, "subsidy_cut", SUM) > outcome(rich, "subsidy_cut", SUM))
    assert np.all(outcome(poor, "subsidies_paid", SUM) < outcome(poor, "subsidy_claims", SUM))
    assert rises(outcome(poor, ROOFTOP, LAST_YEAR), outcome(rich, ROOFTOP, LAST_YEAR))


# ------------------------------------------------------------------------------------------------- neighbours, learning
def test_neighbours_raise_adoption() -> None:
    alone, social = simulated(choice_peer_weight=0.3), simulated(choice_peer_weight=3.0)
    assert rises(outcome(alone, ROOFTOP, LAST_YEAR), outcome(social, ROOFTOP, LAST_YEAR))
    assert rises(outcome(alone, "firm_measures", LAST_YEAR), outcome(social, "firm_measures", LAST_YEAR))


def test_pv_built_inside_the_park_makes_pv_cheaper_and_brings_more() -> None:
    slow, fast = simulated(local_learning_rate=0.05), simulated(local_learning_rate=0.2)
    assert np.all(np.diff(fast["local_learning_pv"], axis=1) <= 1e-12)
    assert rises(outcome(fast, "local_learning_pv", LAST_YEAR), outcome(slow, "local_learning_pv", LAST_YEAR))
    assert rises(outcome(slow, ROOFTOP, LAST_YEAR), outcome(fast, ROOFTOP, LAST_YEAR))


# ------------------------------------------------------------------------------------------------- buildings and carbon
def test_a_binding_35_percent_achieves_more_than_an_indicative_10_percent() -> None:
    """N13: 10 % of advice changes little; 35 % that binds changes what is built."""
    advice = levers("building_lifecycle", required_rate=0.10)
    rule = levers("building_lifecycle", required_rate=0.35, binding=1.0)
    strict = levers("building_lifecycle", required_rate=0.35, binding=1.0, **{f"check_g{g}": 0.6 for g in range(1, 7)})
    achieved = [outcome(r, "lifecycle_reduction_rate", LAST_YEAR) for r in (simulated(), advice, rule, strict)]
    assert np.all(achieved[1] < 0.15)
    assert rises(achieved[1], achieved[2]) and rises(achieved[2], achieved[3])
    assert achieved[3].mean() > 0.25
    assert achieved[1].mean() - achieved[0].mean() < 0.5 * (achieved[2].mean() - achieved[0].mean())


def test_a_certificate_sold_outside_leaves_the_parks_account() -> None:
    """D4: what the city claims the park may not count; the park's net CO2 rises by it, and others' falls."""
    kept, sold = simulated(market_outside_share=0.0), simulated(market_outside_share=1.0)
    later = slice(4, None)
    gone = sold["certificates_sold_outside"] - kept["certificates_sold_outside"]
    assert np.all(gone[:, later] > 0.0)
    assert np.all(sold["emissions_net"][:, later] > kept["emissions_net"][:, later])
    assert np.all(sold["emissions_avoided_outside"][:, later] > kept["emissions_avoided_outside"][:, later])


def test_a_higher_carbon_price_never_means_more_emissions() -> None:
    """Scope 1 and account CO2 fall from price to price; one run in the block may differ by its neighbours' luck."""
    prices = [levers("carbon_price", price_floor=price, coverage=1.0) for price in (0.0, 100.0, 300.0, 800.0)]
    for name in ("emissions_scope1", "emissions_account"):
        totals = [outcome(record, name, SUM) for record in prices]
        means = [total.mean() for total in totals]
        assert means == sorted(means, reverse=True), name
        assert np.all(totals[-1] < totals[0]), name


def test_the_parks_reputation_rises_as_its_emissions_fall() -> None:
    bau, priced = simulated(), levers("carbon_price", price_floor=800.0)
    assert rises(outcome(bau, "reputation", LAST_YEAR), outcome(priced, "reputation", LAST_YEAR))
    assert rises(outcome(bau, "green_attraction", LAST_YEAR), outcome(priced, "green_attraction", LAST_YEAR))


def test_money_stays_closed_under_every_family_at_once() -> None:
    full = {name: policy.full_strength().schedules for name, policy in policy_classes().items()}
    record = with_levers(full, RUNS, LAST_YEAR)
    assert np.all(np.abs(record["money_gap"]) < 1e-6) and np.all(np.abs(record["owed_gap"]) < 1e-6)
    assert not any(np.isnan(record[name]).any() for name in record.dtype.names)
