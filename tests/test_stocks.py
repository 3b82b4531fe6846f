"""Stocks change by their declared flows and by nothing else (MODEL 11)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import make_world

from agents.fields import Quantity
from sim import stocks

BASE_FLOOR_AREA = np.array([3.6e6, 0.6e6, 0.25e6, 0.12e6, 0.4e6, 1.6e6, 0.08e6])
EXTRAS = {"record": {"emissions_net": 0.0, "capacity_ground_pv": 0.0}}


def moved_world(years: int = 41, **overrides: object):  # type: ignore[no-untyped-def]
    world = make_world([stocks], runs=2, years=years, extras=EXTRAS, **overrides)
    stocks.begin_stocks(world, BASE_FLOOR_AREA)
    world.record["emissions_net"][:, 0] = 330e3
    for year in range(1, years):
        world.rooftop[:] += 0.5
        stocks.move_stocks(world, BASE_FLOOR_AREA, year)
        stocks.close_stocks(world, year)
        world.record["emissions_net"][:, year] = 330e3 * (1 - year / years)
    return world


@pytest.mark.parametrize("stock", stocks.STOCKS, ids=lambda s: s.name)
def test_a_stock_changes_by_its_declared_flows(stock: stocks.Stock) -> None:
    record = moved_world().record
    change = np.diff(record[stock.name], axis=1)
    flows = sum(record[n][:, 1:] for n in stock.inflows) - sum(record[n][:, 1:] for n in stock.outflows)
    np.testing.assert_allclose(change, flows, rtol=1e-9, atol=1e-9 * np.abs(record[stock.name]).max())


def test_the_base_year_holds_people_output_and_sectors() -> None:
    """N1, N3 and the sum of the sectors."""
    record = moved_world().record[:, 0]
    np.testing.assert_array_equal(record["population"], 90000)
    np.testing.assert_array_equal(record["gdp"], 29000)
    total = sum(record[f"value_added_{name}"] for name in stocks.SECTOR_NAMES)
    np.testing.assert_allclose(total, 29000, rtol=1e-12)


def test_throughput_follows_the_reported_years() -> None:
    """Evidence rows tp_2023 and tp_2024: 9.44 and about 11 million TEU."""
    record = moved_world().record[0]
    assert record["port_throughput"][3] == pytest.approx(9.44e6, rel=0.08)
    assert record["port_throughput"][4] == pytest.approx(11.0e6, rel=0.08)


def test_a_full_port_stops_growing_without_expansion() -> None:
    record = moved_world(port_expansion_step=0.0, port_capacity_2020=7e6).record
    assert record["port_throughput"].max() <= 7e6 * (1 + 1e-9)


def test_green_reputation_attracts_output_and_can_be_switched_off() -> None:
    """D7: the loop raises output when net emissions fall; with no effect it raises nothing."""
    on, off = moved_world(reputation_growth_effect=0.006), moved_world(reputation_growth_effect=0.0)
    assert (on.record["gdp"][:, -1] > off.record["gdp"][:, -1]).all()


@settings(max_examples=25, deadline=None)
@given(st.floats(0.0, 0.5), st.floats(0.0, 0.5), st.floats(1.0, 50.0))
def test_local_experience_only_lowers_cost(rate: float, share: float, ratio: float) -> None:
    factor = stocks.learning_factor(ratio, 1.0, rate, share)
    assert 1.0 - share <= factor <= 1.0


def test_names_are_declared_once() -> None:
    names = [q.name for q in [*stocks.PARAMETERS, *stocks.SERIES, *stocks.SIGNALS]]
    assert len(names) == len(set(names))
    assert all(isinstance(q, Quantity) for q in stocks.OUTCOMES)
