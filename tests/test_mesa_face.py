"""``Park`` is a Mesa model: agents, collectors, space and batches work, and give the bits of a plain block."""

from __future__ import annotations

import gc
import time
import weakref
from collections.abc import Iterator
from typing import Any

import mesa
import networkx as nx
import numpy as np
import pytest
from mesa.agent import AgentSet
from whole_park import SMALL

from agents.errors import InputError
from agents.gates import BuildingStage
from policies.green_finance import GreenFinance
from policies.registry import make_policies
from sim import Park
from sim.state import new_state
from sim.views import View, view_class
from sim.year import run_all

YEARS = (2020, 2026)


@pytest.fixture
def park() -> Iterator[Park]:
    """A small park under green finance at the end of 2020."""
    made = Park("meishan", policies=["green_finance"], seed=3, agents=SMALL, years=YEARS)
    yield made
    made.close()


def to_the_end(park: Park) -> Park:
    while park.running:
        park.step()
    return park


def test_a_park_steps_through_its_years_and_then_stands_still(park: Park) -> None:
    assert (park.year, park.running) == (2020, True)
    park.step()
    assert (park.year, park.steps) == (2021, 1)
    to_the_end(park)
    assert (park.year, park.running) == (2026, False)
    before = park.results()
    park.step()
    assert park.year == 2026 and park.results().equals(before)


def test_a_park_gives_the_bits_of_a_plain_block(park: Park) -> None:
    block = run_all(new_state(seeds=[1, 2, 3], policies=make_policies(["green_finance"]), agents=SMALL, years=YEARS))
    to_the_end(park)
    assert park.state.world.record.tobytes() == block.world.record[2:3].tobytes()
    assert park.results().equals(block.results().frame(2))


def test_the_data_collector_holds_the_results(park: Park) -> None:
    frame = to_the_end(park).datacollector.get_model_vars_dataframe()
    assert frame["year"].tolist() == list(range(2020, 2027))
    for name in park.state.outcome_names():
        assert frame[name].to_numpy().tobytes() == np.ascontiguousarray(park.state.world.record[name][0]).tobytes()
    assert frame["emissions_net"].iloc[-1] == park.outcome("emissions_net")


def test_agent_sets_select_aggregate_and_group(park: Park) -> None:
    assert isinstance(park.firms, AgentSet) and len(park.firms) == SMALL["firms"]
    assert len(park.operators) == 3 and len(park.developers) == park.state.developers.state.shape[1]
    assert set(park.agents) == set(park.firms) | set(park.buildings) | set(park.operators) | set(park.developers)
    cash = park.state.world.borrowers.cash[0, : SMALL["firms"]]
    assert park.firms.get("cash") == cash.tolist()
    assert park.firms.agg("cash", sum) == pytest.approx(cash.sum())
    rich = park.firms.select(lambda firm: firm.cash > np.median(cash))
    assert 0 < len(rich) < len(park.firms) and min(rich.get("cash")) > np.median(cash)
    sectors = park.firms.groupby("sector").agg("value_added", sum)
    expected = np.bincount(park.state.firms.sector[0], park.state.firms.value_added[0])
    assert [sectors[sector] for sector in sorted(sectors)] == pytest.approx(expected.tolist())


def test_what_is_set_on_a_view_is_what_the_next_step_uses(park: Park) -> None:
    untouched = Park("meishan", policies=["green_finance"], seed=3, agents=SMALL, years=YEARS)
    park.firms.set("cash", 2.0)
    assert (park.state.world.borrowers.cash[0, : SMALL["firms"]] == 2.0).all()
    park.buildings.do(lambda building: setattr(building, "lifetime", 0.0))
    park.step()
    untouched.step()
    assert untouched.outcome("floor_area_demolished") < 0.5 * untouched.outcome("floor_area")
    assert park.outcome("floor_area_demolished") > 0.9 * untouched.outcome("floor_area")
    untouched.close()


def test_columns_with_axes_are_arrays_of_the_agent(park: Park) -> None:
    building = park.buildings[0]
    building.technology[0] = 3
    assert park.state.buildings.technology[0, building.row, 0] == 3
    with pytest.raises(AttributeError):
        _ = building.no_such_column


def test_only_buildings_in_use_are_agents_and_entrants_become_new_ones() -> None:
    park = Park("meishan", seed=1, agents=SMALL)
    first = {building.identity: building for building in park.buildings}
    assert len(first) == len(park.buildings) == (stages(park) != BuildingStage.EMPTY).sum() < len(stages(park))
    to_the_end(park)
    assert (stages(park) > 0).sum() == len(park.buildings)
    now = {building.identity: building for building in park.buildings}
    assert set(now) == set(park.state.buildings.identity[0][stages(park) > 0].tolist())
    stayed, came, left = set(first) & set(now), set(now) - set(first), set(first) - set(now)
    assert stayed and came and left
    assert all(first[identity] is now[identity] for identity in stayed)
    assert all(first[identity].cell is None for identity in left)
    assert {firm.identity for firm in park.firms} == set(park.state.firms.identity[0].tolist())
    park.close()


def stages(park: Park) -> np.ndarray:
    """Stage of every building slot."""
    return park.state.buildings.stage[0]


def test_feeders_are_the_cells_of_a_network(park: Park) -> None:
    cells = list(park.space.all_cells)
    assert len(cells) == park.state.park.agents.feeders and nx.is_connected(park.space.G)
    park.step()
    for agent in park.agents:
        assert agent in agent.cell.agents
    assert sum(len(cell.agents) for cell in cells) == len(park.agents)
    firm = park.firms[0]
    assert firm.cell.coordinate == firm.feeder
    assert all(other.coordinate in park.space.G[firm.feeder] for other in firm.cell.neighborhood)


def test_batch_run_gives_the_bits_of_plain_blocks() -> None:
    """The last year by default, every year with a collection period of 1; a list stands in a list of its own."""
    tried = {"seed": [1, 2], "policies": [[], ["green_power"]], "years": [YEARS], "agents": [SMALL]}
    rows = mesa.batch_run(Park, tried, number_processes=1, display_progress=False)
    assert len(rows) == 4
    for row in rows:
        policies = make_policies(row["policies"])
        record = run_all(new_state(seeds=[row["seed"]], policies=policies, agents=SMALL, years=YEARS)).world.record
        assert (row["year"], row["Step"]) == (2026, 6)
        assert all(row[name] == record[name][0, -1] for name in record.dtype.names)
    yearly = mesa.batch_run(Park, tried | {"seed": 1}, data_collection_period=1, display_progress=False)
    assert [row["year"] for row in yearly[:7]] == list(range(2020, 2027))


def test_batch_run_may_stop_early() -> None:
    """``max_steps=n`` runs n + 1 steps in Mesa and reports row n: the year 2020 + n."""
    tried = {"years": [YEARS], "agents": [SMALL]}
    (row,) = mesa.batch_run(Park, tried, max_steps=2, display_progress=False)
    assert row["year"] == 2022


def test_policies_are_objects_names_or_levers() -> None:
    given: dict[str, Any] = {"green_rate_discount": 0.005, "tenor_extension": {2022: 5.0}}
    ways = ([GreenFinance(**given)], [{"green_finance": given}], {"green_finance": given}, GreenFinance(**given))
    records = []
    for policies in ways:
        park = to_the_end(Park(policies=policies, agents=SMALL, years=(2020, 2023)))
        records.append(park.state.world.record.tobytes())
        park.close()
    assert len(set(records)) == 1


def test_bad_inputs_are_named_and_leave_no_park_behind() -> None:
    with pytest.raises(InputError, match="green_finance"):
        Park(policies=["green_finanze"])
    with pytest.raises(InputError, match="meishan"):
        Park("meishann")
    with pytest.raises(InputError, match="discount_rate|unknown"):
        Park(overrides={"no_such_parameter": 1.0})


def test_a_closed_park_is_freed() -> None:
    park = Park(agents=SMALL, years=(2020, 2021))
    park.step()
    ghost, agent = weakref.ref(park), weakref.ref(park.firms[0])
    assert park in View._ids
    park.close()
    assert park not in View._ids and len(park.agents) == 0
    del park
    gc.collect()
    assert ghost() is None and agent() is None


def test_parks_share_their_agents_types(park: Park) -> None:
    assert type(park.firms[0]) is view_class("FirmsView", *(type(table) for table in park.firms[0].tables))
    assert type(park.firms[0]).cash.__doc__ == "money held [Myuan]"


def test_views_of_the_default_park_are_made_at_once() -> None:
    """Some 3,000 views: well under a second, so that Mesa's face costs no more than the year behind it."""
    Park(agents=SMALL).close()
    start = time.perf_counter()
    park = Park()
    with_views = time.perf_counter() - start
    assert len(park.agents) > 3000
    start = time.perf_counter()
    new_state()
    plain = time.perf_counter() - start
    assert with_views - plain < 2.0
    park.close()
