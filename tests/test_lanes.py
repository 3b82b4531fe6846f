"""Vector lanes say what the scalar rules say: functions, draws, annuities, affordability, neighbours."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from worlds import called

from agents import draw_lanes, vector_math
from agents.applications import within_means
from agents.axes import Stream
from agents.building_population import weibull_life, weibull_lives
from agents.choice_lanes import annuity_factor, carried, present_values, recovery_factors
from agents.compiled import stage
from agents.draws import gumbel, uniform
from agents.fields import Floats, Integers
from agents.investment import capital_recovery_factor
from agents.networks import MOST_NEIGHBOURS, count_of, mark, peer_network, tell_neighbours

RATES = st.floats(0.0, 0.6)
YEARS = st.just(0.0) | st.floats(0.5, 40.0)
TELL = called(tell_neighbours)
MONEY = st.floats(0.0, 1e4)


@given(st.floats(-700.0, 700.0))
def test_exponential_is_the_librarys(x: float) -> None:
    assert vector_math.exponential(x) == pytest.approx(math.exp(x), rel=4e-15)


@given(st.floats(1e-300, 1e300))
def test_logarithm_is_the_librarys(x: float) -> None:
    assert vector_math.logarithm(x) == pytest.approx(math.log(x), rel=4e-15, abs=1e-16)


@given(st.floats(0.0, 1.0))
def test_sine_and_cosine_are_the_librarys(turns: float) -> None:
    sine, cosine = vector_math.sine_cosine(turns)
    assert sine == pytest.approx(math.sin(2.0 * math.pi * turns), abs=2e-15)
    assert cosine == pytest.approx(math.cos(2.0 * math.pi * turns), abs=2e-15)


def test_beyond_its_bounds_the_exponential_stays_finite() -> None:
    assert 0.0 < vector_math.exponential(-1e9) < 1e-300
    assert 1e300 < vector_math.exponential(1e9) < math.inf


@given(st.floats(1e-9, 1.0 - 1e-9), st.integers(0, 60), st.floats(30.0, 90.0), st.floats(1.0, 6.0))
def test_lives_side_by_side_are_those_drawn_one_by_one(u: float, age: int, scale: float, shape: float) -> None:
    lives, ages = np.array([u]), np.array([float(age)])
    weibull_lives(lives, scale, shape, ages, np.empty(1))
    assert lives[0] == pytest.approx(weibull_life(u, scale, shape, float(age)), rel=1e-12)


@stage
def draw_all(seed: int, agent: Integers, cycle: Integers, draw: Integers, uniforms: Floats, gumbels: Floats) -> None:
    draw_lanes.draw_uniforms(seed, agent, 7, Stream.ATTENTION, agent.shape[0], uniforms)
    draw_lanes.draw_gumbels(seed, agent, cycle, Stream.CHOICE, draw, agent.shape[0], gumbels)


@stage
def normals(seed: int, agent: Integers, one: Floats, other: Floats) -> None:
    draw_lanes.draw_normal_pairs(seed, agent, 7, Stream.OUTPUT, one, other)


def test_lanes_draw_the_numbers_of_single_draws() -> None:
    agent, cycle, draw = np.arange(37) * 1001, np.arange(37) % 5, np.arange(37) % 20
    drawn, luck = np.zeros(37), np.zeros(37)
    seed = 2**40 + 11
    draw_all(seed, agent, cycle, draw, drawn, luck)
    for place in range(37):
        assert drawn[place] == uniform(seed, int(agent[place]), 7, Stream.ATTENTION, 0)
        single = gumbel(seed, int(agent[place]), int(cycle[place]), Stream.CHOICE, int(draw[place]))
        assert luck[place] == pytest.approx(single, rel=1e-13, abs=1e-15)


def test_pairs_of_normal_numbers_are_standard_and_independent() -> None:
    one, other = np.zeros(100_000), np.zeros(100_000)
    normals(5, np.arange(100_000), one, other)
    for drawn in (one, other):
        assert drawn.mean() == pytest.approx(0.0, abs=0.015)
        assert drawn.std() == pytest.approx(1.0, abs=0.01)
    assert np.corrcoef(one, other)[0, 1] == pytest.approx(0.0, abs=0.015)


@given(RATES, YEARS)
def test_the_annuity_without_a_branch_is_the_annuity(rate: float, years: float) -> None:
    # (1 + w)^-n close to one leaves few digits to either form
    assert annuity_factor(rate, years) == pytest.approx(capital_recovery_factor(rate, years), rel=1e-6)
    if rate > 0.005:
        assert annuity_factor(rate, years) == pytest.approx(capital_recovery_factor(rate, years), rel=1e-12)


@pytest.mark.parametrize("years", [1.0, 8.0, 15.0, 20.0, 31.0, 12.5, 40.0])
def test_recovery_factors_are_those_of_one_agent(years: float) -> None:
    rates, factors = np.linspace(0.01, 0.6, 50), np.zeros(50)
    called(recovery_factors)(rates, years, factors)
    single = [capital_recovery_factor(float(rate), years) for rate in rates]
    assert factors == pytest.approx(np.array(single), rel=1e-12)


@pytest.mark.parametrize("years", [8.0, 12.5])
def test_a_loan_at_no_interest_is_paid_back_in_equal_parts(years: float) -> None:
    factors = np.zeros(3)
    called(recovery_factors)(np.array([0.0, 1e-12, 0.05]), years, factors)
    assert factors[:2] == pytest.approx(1.0 / years, rel=1e-12)
    assert factors[2] == pytest.approx(capital_recovery_factor(0.05, years), rel=1e-12)


@pytest.mark.parametrize("years", [1.0, 20.0, 12.5, 40.0])
def test_present_values_are_those_of_one_agent(years: float) -> None:
    rates, values = np.linspace(0.0, 0.6, 50), np.zeros(50)
    called(present_values)(rates, years, values)
    assert values == pytest.approx((1.0 + rates) ** -years, rel=1e-12)


@given(MONEY, st.floats(0.0, 1.0), st.floats(0.01, 0.3), st.floats(1.0, 30.0), MONEY, MONEY, MONEY, MONEY)
def test_what_is_carried_in_lanes_is_within_means(
    net: float, share: float, rate: float, tenor: float, saving: float, cash: float, owed: float, counted: float
) -> None:
    factor = capital_recovery_factor(rate, tenor)
    alone = within_means(net, share, rate, tenor, saving, cash, owed, counted)
    assert bool(carried(net, share, factor, saving, cash, owed, counted)) == alone


def test_neighbours_count_what_they_are_shown() -> None:
    network = peer_network(np.arange(60) % 3, np.arange(8) % 4, 1, 6, 3)
    rng, seen = np.random.default_rng(2), np.zeros(60, np.int64)
    used = np.zeros(60, np.int64)
    for _ in range(4):
        now = rng.integers(0, 7, 60)
        for agent in range(60):
            change = mark(int(now[agent])) - (mark(int(used[agent])) if _ else 0)
            TELL(network.start, network.neighbour, agent, change, seen)
        used = now
    for agent in range(60):
        around = used[network.neighbour[network.start[agent] : network.start[agent + 1]]]
        assert [count_of(int(seen[agent]), place) for place in range(7)] == [int((around == k).sum()) for k in range(7)]


def test_more_neighbours_than_a_count_can_hold_are_refused() -> None:
    with pytest.raises(ValueError, match="neighbours"):
        peer_network(np.zeros(MOST_NEIGHBOURS + 50, np.int64), np.zeros(1, np.int64), 1, MOST_NEIGHBOURS + 10, 1)
