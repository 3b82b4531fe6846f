"""Buildings of the park: the base year holds exactly, stages run one way, floor area and money are conserved."""

from __future__ import annotations

import numpy as np
import pytest
from building_park import make_park, run_year, run_years
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.axes import Account, Carrier, Holder
from agents.building import TYPE_NAMES
from agents.building_rows import make_columns, rows_of
from agents.gates import BuildingStage
from sim.building_slots import with_copies

ALLOWED = {(stage, stage) for stage in BuildingStage} | {
    (stage, BuildingStage((stage + 1) % len(BuildingStage))) for stage in BuildingStage
}


@pytest.mark.parametrize("seed", [1, 7, 99])
def test_base_year_energy_and_floor_area_hold_exactly_in_every_draw(seed: int) -> None:
    park = make_park(agents=240, capacity=400, runs=3, years=2, seeds=[seed, seed + 1, seed + 2])
    run_year(park, 0)
    wanted = park.world.base_energy[:, Account.BUILDINGS]
    np.testing.assert_allclose(park.world.energy[:, Account.BUILDINGS], wanted, rtol=1e-12)
    for kind, name in enumerate(TYPE_NAMES):
        held = park.world.record[f"floor_area_{name}"][:, 0]
        np.testing.assert_allclose(held, park.types.floor_area[kind], rtol=1e-12)
    np.testing.assert_allclose(park.world.load.sum(axis=(1, 2)), wanted[:, Carrier.ELECTRICITY], rtol=1e-12)


def test_the_default_population_needs_little_scaling() -> None:
    park = make_park(agents=2400, capacity=2500, runs=1, years=2)
    for carrier in ("electricity", "gas", "lpg"):
        assert abs(park.world.record[f"buildings_scale_{carrier}"][0, 0] - 1.0) < 0.15


@settings(max_examples=6, deadline=None)
@given(growth=st.floats(-0.03, 0.06), life=st.floats(8.0, 60.0), lost=st.floats(0.0, 1.0), seed=st.integers(1, 10**6))
def test_floor_area_is_conserved_and_no_building_goes_back_in_time(
    growth: float, life: float, lost: float, seed: int
) -> None:
    rules = {"lifecycle_rate_required": 0.35, "lifecycle_binding": 1.0, "gate_check_scale": 2.0}
    park = make_park(
        agents=40, capacity=90, runs=1, years=14, growth=growth, seeds=[seed], building_life_mean=life,
        gate_lost_year=lost, **rules,
    )  # fmt: skip
    record, before, demolished = park.world.record, park.buildings.stage.copy(), set()
    for year in range(14):
        ids = park.buildings.identity.copy()
        run_year(park, year)
        after = park.buildings.stage
        for old, new in zip(before.ravel(), after.ravel(), strict=True):
            assert (BuildingStage(old), BuildingStage(new)) in ALLOWED
        fallen = (before == BuildingStage.OPERATION) & (after == BuildingStage.DEMOLITION)
        assert not demolished & set(ids[fallen].tolist())
        demolished |= set(ids[fallen].tolist())
        if year:
            stock = record.floor_area[0, year - 1] + record.floor_area_completed[0, year]
            assert record.floor_area[0, year] == pytest.approx(stock - record.floor_area_demolished[0, year], rel=1e-12)
        before = after.copy()
    assert np.isfinite(park.buildings.area).all()
    assert (park.buildings.use >= 0.0).all()


def test_new_buildings_follow_demand_once_their_projects_are_done() -> None:
    park = run_years(make_park(agents=240, capacity=600, runs=1, years=15, growth=0.03))
    record = park.world.record
    assert record.floor_area[0, 14] == pytest.approx(park.types.floor_area.sum() * 1.03**14, rel=0.12)


def test_owners_money_changes_by_payments_alone() -> None:
    park = make_park(agents=80, capacity=160, runs=2, years=10, carbon_price=100.0, carbon_coverage=1.0)
    for year in range(10):
        before = park.world.borrowers.cash.sum(axis=1)
        run_year(park, year)
        paid = park.world.payments[:, Holder.BUILDINGS, :].sum(axis=1)
        got = park.world.payments[:, :, Holder.BUILDINGS].sum(axis=1)
        np.testing.assert_allclose(park.world.borrowers.cash.sum(axis=1) - before, got - paid, atol=1e-8)
    assert (park.world.borrowers.cash >= -1e-9).all()


def test_a_carbon_price_moves_owners_from_gas_to_electricity() -> None:
    free = run_years(make_park(agents=200, capacity=320, runs=2))
    priced = run_years(make_park(agents=200, capacity=320, runs=2, carbon_price=800.0, carbon_coverage=1.0))
    assert (priced.world.record.buildings_gas[:, -1] < free.world.record.buildings_gas[:, -1]).all()


def test_attention_and_subsidies_bring_more_retrofits() -> None:
    usual = run_years(make_park(agents=200, capacity=320, runs=2))
    pushed = run_years(
        make_park(agents=200, capacity=320, runs=2, retrofit_attention=0.15, building_retrofit_subsidy=0.3)
    )
    done = [
        (p.world.record.buildings_retrofitted_light + p.world.record.buildings_retrofitted_deep).sum()
        for p in (usual, pushed)
    ]
    assert done[1] > 1.3 * done[0]


def test_rooftop_pv_waits_for_or_pays_for_hosting_room() -> None:
    park = make_park(agents=200, capacity=320, runs=1, attention_base=0.3)
    park.world.hosting_room[...] = 0.0
    dear = run_years(park)
    free = run_years(make_park(agents=200, capacity=320, runs=1, attention_base=0.3, rooftop_reinforcement_cost=0.0))
    assert dear.world.record.buildings_rooftop_pv[0, -1] < free.world.record.buildings_rooftop_pv[0, -1]


def test_the_same_bits_alone_or_in_a_block() -> None:
    seeds = list(range(5, 13))
    together = run_years(make_park(agents=50, capacity=110, runs=8, seeds=seeds))
    alone = run_years(make_park(agents=50, capacity=110, runs=1, seeds=[9]))
    for column, single in zip(together.buildings, alone.buildings, strict=True):
        np.testing.assert_array_equal(column[4], single[0])
    for name in ("buildings_energy_cost", "emissions_scope3_buildings", "buildings_gas", "investment_retrofit"):
        np.testing.assert_array_equal(together.world.record[name][4], alone.world.record[name][0])


def test_slots_that_are_added_lie_in_the_same_rows() -> None:
    """Stages work on rows, and refuse columns with memory of their own."""
    columns = with_copies(make_columns(2, 3), 3, 2)
    assert columns.use.shape == (2, 5, 6)
    rows = rows_of(columns)
    assert all(any(np.shares_memory(column, part) for part in rows) for column in columns)
    with pytest.raises(TypeError, match="make_columns"):
        rows_of(columns._replace(use=columns.use.copy()))
