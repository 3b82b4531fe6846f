"""The hours of a year: energy balances in every hour, storage makes none, and what is not served is reported."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import make_world

from agents import grid, rooftop
from agents.axes import HOURS, RESOURCES, SHAPES, Shape
from agents.world import World
from sim import hours, prices
from sim.hour_data import HOURLY, MONTHLY, Hour, HourlyData, Monthly
from sim.hour_loops import PERIOD_HOURS, PERIODS, ceilings

PARK = Path(__file__).resolve().parent.parent / "parks" / "meishan"
BASE_LOAD = np.array([403.2, 65.0, 109.2, 25.0, 48.0, 12.0, 40.0, 10.8, 46.8]) * 1000.0  # MWh, reconciliation A
ELSEWHERE = dict.fromkeys(
    ("capacity_ground_pv", "capacity_onshore_wind", "capacity_nearshore_wind", "firm_flexible_load", "port_flexible"),
    0.0,
)


@cache
def meishan() -> HourlyData:
    return hours.load_hours(PARK)


def park(runs: int = 1, rooftop_mw: float = 0.0, storage_mwh: float = 0.0, load: float = 1.0, **values: Any) -> World:
    world = make_world(
        [rooftop, grid, hours, prices], runs=runs, years=3, feeders=4, extras={"record": ELSEWHERE}, **values
    )
    world.load[...] = load * BASE_LOAD / world.load.shape[1]
    world.rooftop[...] = rooftop_mw / world.load.shape[1]
    world.storage[...] = storage_mwh / world.load.shape[1]
    return world


def run(world: World, year: int = 1, weather: Any = 0) -> tuple[np.ndarray, np.ndarray]:
    """Monthly [runs, 12, MONTHLY] and hourly [runs, HOURLY, 8760] results."""
    runs = world.seeds.shape[0]
    monthly, hourly = np.zeros((runs, 12, MONTHLY)), np.zeros((runs, HOURLY, HOURS))
    picked = np.zeros((runs, year + 1), dtype=np.int64)
    picked[:, year] = weather
    hours.run_hours(world, meishan(), picked, year, monthly, np.arange(runs), hourly, hours.make_scratch())
    return monthly, hourly


def imbalance(hourly: np.ndarray) -> np.ndarray:
    """Supply less use in each hour, MW, of one run [HOURLY, 8760]."""
    made = hourly[Hour.ROOF_PV : Hour.NEARSHORE_WIND + 1].sum(axis=0)
    supply = made + hourly[Hour.IMPORT] + hourly[Hour.DISCHARGE] + hourly[Hour.UNSERVED] + hourly[Hour.LOAD_CONTROL]
    return supply - hourly[Hour.DEMAND] - hourly[Hour.CHARGE] - hourly[Hour.EXPORT] - hourly[Hour.CURTAILMENT]


def test_more_shapes_that_follow_the_weather_than_hours_can_add_up_are_refused():
    shapes = np.random.default_rng(1).random((2, SHAPES, HOURS))
    shapes[:, Shape.CHARGING] = 1.0
    with pytest.raises(ValueError, match="more than 3"):
        hours.prepare_hours(shapes, np.zeros((2, RESOURCES, HOURS)), np.ones((2, HOURS)))


def test_without_renewables_import_is_the_load_in_every_hour():
    monthly, hourly = run(park(shortage_probability=0.0))
    assert np.array_equal(hourly[0, Hour.IMPORT], hourly[0, Hour.DEMAND])
    assert monthly[0, :, Monthly.IMPORT].sum() == pytest.approx(760_000.0, rel=1e-12)


def test_without_storage_and_limits_import_is_the_positive_net_load():
    world = park(
        rooftop_mw=150.0,
        capacity_onshore_wind=200.0,
        import_limit=1e9,
        export_limit=1e9,
        shortage_probability=0.0,
        smart_charging=0.0,
    )
    hourly = run(world)[1][0]
    net = hourly[Hour.DEMAND] - hourly[Hour.ROOF_PV : Hour.NEARSHORE_WIND + 1].sum(axis=0)
    assert np.allclose(hourly[Hour.IMPORT], np.maximum(net, 0.0), rtol=1e-12, atol=1e-9)
    assert np.allclose(hourly[Hour.EXPORT], np.maximum(-net, 0.0), rtol=1e-12, atol=1e-9)
    assert hourly[Hour.CURTAILMENT].max() == hourly[Hour.UNSERVED].max() == 0.0


def test_2020_repeats_the_recorded_wind_generation():
    """N11's local wind: 212.6 GWh of the two farms (wind_fuquan_flh, wind_chuan_flh)."""
    world = park(capacity_onshore_wind=90.0)
    run(world, year=0)
    assert world.record.generation_wind[0, 0] == pytest.approx(212_600.0, rel=1e-12)
    assert world.record.generation_grid_connected[0, 0] == pytest.approx(212_600.0, rel=1e-12)


@settings(max_examples=40, deadline=None)
@given(
    rooftop_mw=st.floats(0, 400),
    ground=st.floats(0, 300),
    wind=st.floats(0, 400),
    storage=st.floats(0, 2000),
    import_limit=st.floats(20, 400),
    export_limit=st.floats(0, 400),
    flexible=st.floats(0, 40),
    smart=st.floats(0, 1),
    vpp=st.booleans(),
    short=st.booleans(),
    weather=st.integers(0, 39),
)
def test_every_hour_balances(
    rooftop_mw, ground, wind, storage, import_limit, export_limit, flexible, smart, vpp, short, weather
):
    world = park(
        rooftop_mw=rooftop_mw,
        storage_mwh=storage,
        capacity_ground_pv=ground,
        capacity_onshore_wind=wind,
        import_limit=import_limit,
        export_limit=export_limit,
        firm_flexible_load=flexible,
        smart_charging=smart,
        vpp_on=float(vpp),
        shortage_probability=float(short),
        demand_response_pay=2860.0,
    )
    monthly, hourly = run(world, weather=weather)
    year = hourly[0]
    assert np.abs(imbalance(year)).max() <= 1e-9 * year[Hour.DEMAND].max()
    assert year[Hour.IMPORT].max() <= import_limit
    assert year[Hour.EXPORT].max() <= export_limit
    assert year.min() >= -1e-9 * year[Hour.DEMAND].max()
    for month, row in (
        (Monthly.IMPORT, Hour.IMPORT),
        (Monthly.EXPORT, Hour.EXPORT),
        (Monthly.DEMAND, Hour.DEMAND),
        (Monthly.CURTAILMENT, Hour.CURTAILMENT),
        (Monthly.UNSERVED, Hour.UNSERVED),
        (Monthly.LOAD_CONTROL, Hour.LOAD_CONTROL),
        (Monthly.CHARGE, Hour.CHARGE),
    ):
        assert monthly[0, :, month].sum() == pytest.approx(year[row].sum(), rel=1e-9, abs=1e-6)
    record = world.record[0, 1]
    assert 0.0 <= record.matched_share <= 1.0 + 1e-9
    assert 0.0 <= record.curtailment_share <= 1.0
    assert 0.0 <= record.solar_value_ratio <= 1.0 + 1e-9
    assert 0.0 <= record.wind_value_ratio <= 1.0 + 1e-9


@settings(max_examples=25, deadline=None)
@given(storage=st.floats(1, 3000), wind=st.floats(0, 500), export_limit=st.floats(0, 200), weather=st.integers(0, 39))
def test_storage_makes_no_energy_and_is_as_empty_at_the_end_as_at_the_start(storage, wind, export_limit, weather):
    world = park(rooftop_mw=200.0, storage_mwh=storage, capacity_onshore_wind=wind, export_limit=export_limit)
    hourly = run(world, weather=weather)[1][0]
    capacity = storage * world.parameters.storage_depth[0]
    power = capacity / world.parameters.storage_hours[0]
    assert hourly[Hour.STORED].min() >= 0.0
    assert hourly[Hour.STORED].max() <= capacity * (1.0 + 1e-12)
    assert hourly[Hour.STORED][-1] == 0.0
    assert max(hourly[Hour.CHARGE].max(), hourly[Hour.DISCHARGE].max()) <= power * (1.0 + 1e-9)
    efficiency = world.parameters.storage_round_trip_efficiency[0]
    assert hourly[Hour.DISCHARGE].sum() == pytest.approx(efficiency * hourly[Hour.CHARGE].sum(), rel=1e-9)
    assert np.all(hourly[Hour.DISCHARGE] * hourly[Hour.EXPORT] <= 1e-6)


@settings(max_examples=25, deadline=None)
@given(small=st.floats(0, 1000), more=st.floats(0, 1000), export_limit=st.floats(0, 150), weather=st.integers(0, 39))
def test_more_storage_never_raises_curtailment(small, more, export_limit, weather):
    curtailed = []
    for storage in (small, small + more):
        world = park(rooftop_mw=300.0, storage_mwh=storage, capacity_onshore_wind=250.0, export_limit=export_limit)
        run(world, weather=weather)
        curtailed.append(world.record.electricity_curtailment[0, 1])
    assert curtailed[1] <= curtailed[0] * (1.0 + 1e-9) + 1e-6


def test_the_ceiling_of_a_year_without_surplus_is_found_from_its_last_hours():
    steps = np.maximum(np.random.default_rng(1).normal(1.0, 3.0, HOURS), 0.0)
    whole, brief = steps.copy(), steps.copy()
    ceilings(whole, 10.0, True)
    ceilings(brief, 10.0, False)
    assert np.array_equal(brief, whole)
    ends = brief.reshape(PERIODS, PERIOD_HOURS)
    assert (ends[:, -1] == 0.0).all() and (ends[:, 0] == 10.0).all()


def test_unserved_energy_appears_only_above_the_import_limit():
    ample = park(import_limit=300.0, shortage_probability=0.0)
    tight = park(import_limit=100.0, shortage_probability=0.0)
    assert run(ample)[1][0, Hour.UNSERVED].max() == 0.0
    hourly = run(tight)[1][0]
    above = hourly[Hour.DEMAND] > 100.0
    assert np.array_equal(hourly[Hour.UNSERVED] > 0.0, above)
    assert tight.record.electricity_unserved[0, 1] > 0.0


def test_export_beyond_its_limit_is_curtailed():
    world = park(rooftop_mw=300.0, capacity_onshore_wind=200.0, export_limit=50.0)
    hourly = run(world)[1][0]
    assert hourly[Hour.EXPORT].max() == 50.0
    assert np.all(hourly[Hour.EXPORT][hourly[Hour.CURTAILMENT] > 0.0] == 50.0)
    assert world.record.electricity_curtailment[0, 1] > 0.0
    assert world.record.solar_value_ratio[0, 1] < 1.0


def test_flexible_load_and_smart_charging_keep_each_days_energy():
    still = run(park(capacity_onshore_wind=150.0, smart_charging=0.0))[1][0, Hour.DEMAND]
    moved = run(park(capacity_onshore_wind=150.0, smart_charging=0.7, vpp_on=1.0, firm_flexible_load=8.0))[1]
    day = (365, 24)
    assert np.allclose(moved[0, Hour.DEMAND].reshape(day).sum(axis=1), still.reshape(day).sum(axis=1), rtol=1e-12)
    assert np.abs(moved[0, Hour.DEMAND] - still).max() > 1.0


def test_flexible_load_makes_the_park_use_more_of_its_own_power():
    values = {"capacity_onshore_wind": 250.0, "rooftop_mw": 150.0}
    still, moved = park(**values), park(vpp_on=1.0, firm_flexible_load=15.0, **values)
    run(still), run(moved)
    assert moved.record.electricity_export[0, 1] < still.record.electricity_export[0, 1]


def test_a_shortage_order_cuts_enrolled_load_first():
    unprepared = park(shortage_probability=1.0, demand_response_pay=0.0)
    prepared = park(shortage_probability=1.0, demand_response_pay=0.0, firm_flexible_load=8.0)
    run(unprepared), run(prepared)
    before, after = unprepared.record[0, 1], prepared.record[0, 1]
    assert before.electricity_unserved > 0.0 and before.load_control == 0.0
    assert after.load_control > 0.0
    assert after.load_control + after.electricity_unserved == pytest.approx(before.electricity_unserved, rel=1e-9)


def test_grid_charging_does_not_lift_the_peak():
    values = {"capacity_onshore_wind": 90.0, "shortage_probability": 0.0}
    without, storing = park(**values), park(storage_mwh=300.0, **values)
    run(without), run(storing)
    assert storing.record.peak_import_mw[0, 1] <= without.record.peak_import_mw[0, 1] * (1.0 + 1e-12)


def test_rooftop_self_use_falls_with_the_pv_that_is_there():
    shares = []
    for rooftop_mw in (0.0, 1.0, 100.0, 300.0, 600.0):
        world = park(rooftop_mw=rooftop_mw)
        run(world)
        shares.append(world.record.rooftop_self_use_share[0, 1])
    assert shares[0] == pytest.approx(shares[1], rel=1e-9)
    assert all(later <= earlier + 1e-12 for earlier, later in zip(shares, shares[1:], strict=False))
    assert 0.6 < shares[0] < 0.8  # BASE_YEAR's worked example has 70 %


def test_a_block_gives_the_same_bits_as_single_runs():
    values = {
        "rooftop_mw": 150.0,
        "storage_mwh": 100.0,
        "capacity_onshore_wind": 150.0,
        "firm_flexible_load": 5.0,
        "vpp_on": 1.0,
    }
    block = park(runs=64, **values)
    weather = np.arange(64) % 40
    monthly, _ = run(block, weather=weather)
    for index in (0, 17, 63):
        single = park(seeds=[int(block.seeds[index])], **values)
        alone, _ = run(single, weather=weather[index])
        assert np.array_equal(alone[0], monthly[index])
        assert single.record[0, 1] == block.record[index, 1]


def test_shapes_that_weather_does_not_move_are_stored_once():
    data = meishan()
    assert set(data.weather_index) == {Shape.HEATING, Shape.COOLING, Shape.COLD_STORE}
    assert np.allclose(data.shape_sums.sum(axis=2), 1.0, rtol=1e-12)
