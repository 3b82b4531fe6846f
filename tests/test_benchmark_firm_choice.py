"""Both sides of the firm-choice benchmark decide alike: ordinary Mesa and the functions of the model."""

from __future__ import annotations

import numpy as np
import pytest

from agents.draws import gumbel
from agents.investment import capital_recovery_factor
from agents.networks import count_of
from benchmarks.firm_choice import DRAWING, GIVEN, Benchmark
from benchmarks.market import OPTIONS, drawn_tastes, synthetic_firms, synthetic_market
from benchmarks.ordinary_mesa import FirmChoice
from benchmarks.shipped_rules import lanes_of

FIRMS, YEARS = 150, 25


@pytest.mark.parametrize("review", [True, False])
@pytest.mark.parametrize("engine", [GIVEN, DRAWING])
def test_every_engine_reaches_the_choices_of_ordinary_mesa(engine: str, review: bool) -> None:
    benchmark = Benchmark(FIRMS, YEARS, review, runs=2)
    used, _ = benchmark.compiled(engine)
    for run in range(2):
        expected, _ = benchmark.mesa(run)
        assert np.array_equal(used[run], expected)


def test_the_benchmark_is_about_something() -> None:
    """Firms do switch, early too, luck matters, and several technologies stay in use on the way."""
    yearly, _ = Benchmark(FIRMS, YEARS, review=True, runs=2).compiled(DRAWING)
    at_end, _ = Benchmark(FIRMS, YEARS, review=False, runs=2).compiled(DRAWING)
    assert (yearly[0] != yearly[1]).any()
    assert (yearly[0] != at_end[0]).any()
    assert (np.diff(yearly[0].astype(int), axis=0) != 0).mean() > 0.01
    assert len(np.unique(yearly[0, YEARS // 2])) >= 3


def test_mesa_gets_the_very_draws_of_the_model() -> None:
    tastes = drawn_tastes(np.array([7]), 3)
    assert tastes[0, 2, 4, 1] == gumbel(7, 2, 4, 1, 1)


def test_a_mesa_firm_weighs_equivalent_annual_costs() -> None:
    """Without luck, peers and attitudes a firm at the end of life takes the least equivalent annual cost."""
    market = synthetic_market()._replace(weights=np.array([8.0, 0.0, 0.0]))
    firms = synthetic_firms(30, 3)
    firms = firms._replace(end_of_life=np.ones(30, np.int64))
    model = FirmChoice(market, firms, np.zeros((30, 2, OPTIONS)), review=False)
    model.step()
    for firm, chosen in enumerate(model.technologies()):
        rate = max(0.01, firms.hurdle_rate[firm] + market.loan_effect[1])
        costs = [
            firms.site[firm]
            * market.capex[1, k]
            * (capital_recovery_factor(rate, float(market.life[k])) + market.fixed_cost[k])
            + market.energy_cost[1, k]
            for k in range(OPTIONS)
        ]
        assert chosen == int(np.argmin(costs))


def test_peers_are_counted_along_the_network() -> None:
    firms = synthetic_firms(40, 5)
    lanes = lanes_of(firms, np.array([1]))
    users = sum(np.array([count_of(word, option) for word in lanes.seen[0]]) for option in range(OPTIONS))
    assert np.array_equal(users, np.diff(firms.network.start))
