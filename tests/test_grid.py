"""Feeders: hosting capacity binds at the park's rule, links pool room, reinforcement follows need and budget."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import make_world

from agents import grid, rooftop
from agents.axes import Holder
from agents.world import World
from sim import hours, prices
from sim.shapes import load_shapes
from sim.weather import WeatherYears, load_weather, read_site

PARK = Path(__file__).resolve().parent.parent / "parks" / "meishan"
BASE_LOAD = np.array([403.2, 65.0, 109.2, 25.0, 48.0, 12.0, 40.0, 10.8, 46.8]) * 1000.0  # MWh, reconciliation A
FEEDERS, DISTRICTS = 24, 4


@cache
def network() -> grid.Network:
    weather = WeatherYears(*(values[:1] for values in load_weather(PARK)))
    return grid.make_network(grid.feeder_graph(FEEDERS, DISTRICTS), load_shapes(weather, read_site(PARK))[0])


def park(**values: Any) -> tuple[World, grid.Feeders]:
    world = make_world([rooftop, grid, hours, prices], runs=1, years=20, feeders=FEEDERS, **values)
    world.load[...] = BASE_LOAD / FEEDERS
    return world, grid.make_feeders(world)


def fill_up(world: World, feeders: grid.Feeders, wish_mw: float, years: int = 1) -> float:
    """Connect as much as there is room for, of a wish spread over all feeders; returns MW connected."""
    for year in range(1, years + 1):
        grid.open_connections(world, feeders, network(), year)
        built = np.minimum(world.hosting_room, np.maximum(0.0, wish_mw / FEEDERS - world.rooftop))
        world.rooftop[...] += built
        world.hosting_room[...] -= built
    return float(world.rooftop.sum())


def test_the_network_is_connected_and_knows_its_sub_districts():
    graph = grid.feeder_graph(FEEDERS, DISTRICTS)
    assert nx.is_connected(graph)
    assert np.bincount(network().sub_district).tolist() == [6, 6, 6, 6]


def test_hosting_of_2020_is_about_156_mw():
    """BASE_YEAR: 24 feeders of 15 MVA host about 156 MW at 0.30."""
    world, feeders = park(reinforcement_budget=0.0)
    grid.open_connections(world, feeders, network(), 1)
    assert world.record.hosting_capacity[0, 1] == pytest.approx(156.0, rel=0.12)


def test_hosting_binds_at_the_parks_rule_and_not_at_the_national_one():
    potential = 317.0  # MW of rooftop PV (BASE_YEAR)
    strict, lax = park(reinforcement_budget=0.0), park(reinforcement_budget=0.0, hosting_share_rule=0.8)
    assert fill_up(*strict, potential) < 0.6 * potential
    assert fill_up(*lax, potential) == pytest.approx(potential)
    assert strict[0].hosting_room.max() == 0.0


@settings(max_examples=50, deadline=None)
@given(room=st.floats(-50, 50), other=st.floats(-50, 50), link=st.floats(0, 20))
def test_a_link_moves_room_and_makes_none(room, other, link):
    there, back = grid.pooled_transfer(room, other, link), grid.pooled_transfer(other, room, link)
    assert there == pytest.approx(-back, abs=1e-12)
    assert abs(there) <= link
    assert abs((room + there) - (other + back)) <= abs(room - other) + 1e-9


def test_flexible_dc_links_let_a_full_feeder_use_its_neighbours_room():
    lone, linked = park(reinforcement_budget=0.0), park(reinforcement_budget=0.0, dc_links=1.0)
    for world, feeders in (lone, linked):
        world.rooftop[0, 0] = 30.0
        grid.open_connections(world, feeders, network(), 1)
    assert linked[0].record.dc_links_built[0, 1] == 1.0
    assert linked[1].partner[0, 0] >= 0
    room = linked[1].hosting[0, 0] - 30.0
    world = linked[0]
    world.rooftop[0, 0] += room + 1.0  # beyond its own hosting capacity by 1 MW, within the link's 3 MW
    grid.open_connections(world, linked[1], network(), 2)
    assert world.hosting_room[0, 0] > 0.0
    assert world.payments[0, Holder.GRID, Holder.OUTSIDE] == pytest.approx(6.0, rel=0.05)


def test_reinforcement_stays_within_its_budget_and_goes_where_room_lacks():
    world, feeders = park()
    world.rooftop[0, 3] = 40.0
    before = feeders.rating.copy()
    for year in range(1, 15):
        grid.open_connections(world, feeders, network(), year)
    added = feeders.rating - before
    budget = world.series.reinforcement_budget[0, 1:15].sum()
    assert added[0, 3] > 0.0 and added.sum() == added[0, 3]
    assert 0.0 < world.record.reinforcement_spent[0, 1:15].sum() <= budget
    assert world.payments[0, Holder.GRID, Holder.OUTSIDE] == pytest.approx(world.record.reinforcement_spent.sum())


def test_a_larger_reinforcement_budget_connects_more():
    poor, rich = park(), park(reinforcement_budget_multiplier=8.0)
    assert fill_up(*rich, 317.0, years=10) > fill_up(*poor, 317.0, years=10) + 10.0


def test_storage_raises_hosting():
    without, storing = park(reinforcement_budget=0.0), park(reinforcement_budget=0.0)
    storing[0].storage[...] = 4.0
    grid.open_connections(*without, network(), 1)
    grid.open_connections(*storing, network(), 1)
    gained = storing[0].record.hosting_capacity[0, 1] - without[0].record.hosting_capacity[0, 1]
    assert gained == pytest.approx(FEEDERS * 4.0 / storing[0].parameters.storage_hours[0])


def test_room_that_an_owner_paid_for_stays():
    world, feeders = park(reinforcement_budget=0.0)
    grid.open_connections(world, feeders, network(), 1)
    world.rooftop[0, 0] += world.hosting_room[0, 0] + 2.0
    world.hosting_room[0, 0] = -2.0
    grid.open_connections(world, feeders, network(), 2)
    assert feeders.paid_room[0, 0] == pytest.approx(2.0)
    assert world.hosting_room[0, 0] == pytest.approx(0.0, abs=1e-9)


def test_the_grid_company_keeps_nothing():
    world, _ = park()
    world.payments[0, Holder.FIRMS, Holder.GRID] = 120.0
    world.payments[0, Holder.GRID, Holder.DEVELOPERS] = 30.0
    world.payments[0, Holder.GRID, Holder.OUTSIDE] = 10.0
    grid.settle_grid(world, 1)
    assert world.payments[0, :, Holder.GRID].sum() == pytest.approx(world.payments[0, Holder.GRID, :].sum(), rel=1e-12)
    assert world.record.grid_regulated_transfer[0, 1] == pytest.approx(80.0)


def test_flexibility_pays_for_calls_and_with_an_aggregator_for_shifting():
    """71 yuan/kW in one event of five days (dr_kw_zj_2024), here in yuan of 2020 and less the aggregator's fee."""
    world, _ = park(demand_response_pay=2860.0)
    world.record.flexible_shift_hours[...] = 1700.0
    grid.settle_grid(world, 1)
    calls = world.record.flexibility_income_per_mw[0, 1]
    assert calls == pytest.approx(0.8 * 24 * 2860.0)
    world.signals.vpp_on[...] = 1.0
    grid.settle_grid(world, 1)
    assert world.record.flexibility_income_per_mw[0, 1] > calls


@given(seed=st.integers(0, 2**62), agent=st.integers(0, 2**31), count=st.integers(1, 500))
@settings(max_examples=50, deadline=None)
def test_every_agent_hangs_on_a_feeder(seed, agent, count):
    assert 0 <= grid.feeder_of(seed, agent, count) < count
