"""How an agent invests: annual cost, choice by logit, affordability (MODEL 1 and 13)."""

from __future__ import annotations

from decimal import Decimal
from functools import cache

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from worlds import called

from agents.applications import within_means
from agents.axes import Stream
from agents.choice_lanes import technology_choice
from agents.draws import gumbel
from agents.investment import (
    affordable,
    annuity,
    capital_recovery_factor,
    choice_probability,
    discount_rate,
    equivalent_annual_cost,
    net_present_value,
    real_rate,
)

RATES = st.floats(0.0, 0.6)
YEARS = st.floats(1.0, 40.0)
MONEY = st.floats(0.01, 1e4)


def test_known_capital_recovery_factors():
    assert capital_recovery_factor(0.08, 20.0) == pytest.approx(0.101852, abs=5e-7)
    for years in (1.0, 5.0, 25.0):
        assert capital_recovery_factor(0.0, years) == pytest.approx(1.0 / years)


@pytest.mark.parametrize("rate", ["1e-9", "1e-6", "0.0099999", "0.01", "0.0100001", "0.05", "-0.005", "-0.02"])
@pytest.mark.parametrize("years", [1, 15, 40])
def test_capital_recovery_keeps_its_digits_at_every_rate(rate, years):
    exact = Decimal(float(rate)) / (1 - (1 + Decimal(float(rate))) ** -years)
    assert capital_recovery_factor(float(rate), float(years)) == pytest.approx(float(exact), rel=5e-14)


@given(RATES, YEARS)
def test_a_loan_is_repaid_by_its_annuities(rate, years):
    years = float(round(years))
    payment = annuity(100.0, rate, years)
    assert sum(payment / (1.0 + rate) ** t for t in range(1, int(years) + 1)) == pytest.approx(100.0, rel=1e-6)


@given(MONEY, MONEY, RATES, RATES, YEARS)
def test_annual_cost_rises_with_price_and_with_rate(capex, energy, rate, more, life):
    cost = equivalent_annual_cost(capex, 0.0, rate, life, 0.1, energy, 0.0)
    assert equivalent_annual_cost(capex, 0.0, rate, life, 0.1, energy * 1.1, 0.0) > cost
    assert equivalent_annual_cost(capex, 0.0, rate + more, life, 0.1, energy, 0.0) >= cost - 1e-9 * cost
    assert equivalent_annual_cost(capex, capex * 0.1, rate, life, 0.1, energy, 0.0) < cost


def test_a_cheaper_loan_lowers_the_discount_rate_by_the_financed_share_and_never_below_one_percent():
    assert discount_rate(0.15, 0.7, 0.034, 0.04) == pytest.approx(0.15 - 0.7 * 0.006)
    assert discount_rate(0.02, 0.7, 0.0, 0.05) == 0.01


def test_real_rate_of_the_fisher_equation():
    assert real_rate(0.0465, 0.009) == pytest.approx(1.0465 / 1.009 - 1.0)


def test_present_value_is_zero_at_the_internal_rate():
    assert net_present_value(100.0, annuity(100.0, 0.12, 10.0), 0.12, 10.0) == pytest.approx(0.0, abs=1e-9)


@given(MONEY, RATES, st.floats(0.0, 1e4), st.floats(0.0, 1e3), st.floats(0.0, 1e3))
def test_more_cash_or_saving_never_makes_an_investment_unaffordable(capex, rate, cash, saving, more):
    case = (capex, 0.7, rate, 8.0)
    if affordable(*case, cash, 0.0, saving, 0.3, 10.0):
        assert affordable(*case, cash + more, 0.0, saving + more, 0.3, 10.0)
    if within_means(*case, saving, cash, 0.0, 3.0):
        assert within_means(*case, saving + more, cash + more, 0.0, 3.0)


@cache
def choice(options):
    """The choice among so many options, made callable."""
    return called(technology_choice(options))


def choose(cost, taste, *, weight=8.0, peers=None, attitude=0.0, low_carbon=None, beta=1.5, alpha=0.6, reference=100.0):
    """Options chosen [agents] at annual costs [options] and taste draws [agents, options]."""
    agents, options = taste.shape

    def every_agent(values):
        return np.repeat(np.asarray(values, dtype=float)[:, None], agents, axis=1)

    best = np.zeros(agents, dtype=np.int64)
    choice(options)(
        every_agent(cost),
        np.full(agents, reference),
        np.full(agents, np.inf),
        every_agent(np.zeros(options) if peers is None else peers),
        np.ascontiguousarray(taste.T),
        np.full(agents, attitude),
        np.zeros(options, dtype=np.int64) if low_carbon is None else np.asarray(low_carbon, dtype=np.int64),
        weight,
        beta,
        alpha,
        best,
    )
    return best


def tastes(agents, options, cycle=0):
    return np.array([[gumbel(3, a, cycle, Stream.CHOICE, o) for o in range(options)] for a in range(agents)])


def test_choice_shares_are_those_of_the_logit_formula():
    cost = np.array([100.0, 104.0, 110.0, 95.0, 130.0])
    shares = np.bincount(choose(cost, tastes(40_000, 5)), minlength=5) / 40_000
    weight = np.exp(-8.0 * cost / 100.0)
    assert shares == pytest.approx(weight / weight.sum(), abs=0.01)


def test_neighbours_and_attitude_enter_the_logit():
    cost, draws = np.array([100.0, 110.0]), tastes(40_000, 2)
    peers = np.array([0.2, 0.6])
    share = np.mean(choose(cost, draws, peers=peers, attitude=0.5, low_carbon=[0, 1]))
    assert share == pytest.approx(choice_probability(-8.0 * 0.10 + 1.5 * 0.4 + 0.6 * 0.5), abs=0.01)


def test_a_persistent_taste_keeps_a_five_percent_option_at_five_percent_after_forty_years():
    gap = np.log(19.0) / 8.0 * 100.0  # utility difference of a 5 % option
    draws, adopted = tastes(20_000, 2), np.zeros(20_000, dtype=bool)
    for _ in range(40):
        adopted |= choose([100.0, 100.0 + gap], draws) == 1
    assert adopted.mean() == pytest.approx(0.05, abs=0.006)


def test_redrawing_yearly_would_make_most_agents_adopt_it():
    gap = np.log(19.0) / 8.0 * 100.0
    adopted = np.zeros(2_000, dtype=bool)
    for year in range(40):
        adopted |= choose([100.0, 100.0 + gap], tastes(2_000, 2, cycle=year)) == 1
    assert adopted.mean() > 0.8


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(10.0, 200.0), min_size=4, max_size=4),
    st.lists(st.floats(0.0, 5.0), min_size=4, max_size=4, unique=True),
    st.floats(0.0, 100.0),
    st.floats(0.1, 200.0),
    st.integers(0, 10_000),
)
def test_a_higher_carbon_price_never_makes_a_dirtier_choice(cost, emissions, price, rise, agent):
    assume(rise > 0.0)
    draws = np.array([[gumbel(5, agent, 0, Stream.CHOICE, o) for o in range(4)]])
    cost, emissions = np.array(cost), np.array(emissions)
    before = choose(cost + price * emissions / 100.0, draws)[0]
    after = choose(cost + (price + rise) * emissions / 100.0, draws)[0]
    assert emissions[after] <= emissions[before]
