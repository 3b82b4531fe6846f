"""Road vehicles and the account OTHER: exact in 2020, conserved, and electric at the published pace."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import central_series, make_world, read_table

from agents import bank, lending, municipal, transport, transport_population
from agents.axes import Account, Carrier, Holder, Shape
from agents.municipal import Services
from agents.transport import Fleets, Vehicle, bass_step, electric_potential, survival
from agents.world import World

CLASSES = transport_population.vehicle_classes(read_table("vehicle_classes", transport.TABLES["vehicle_classes"]))
FEEDERS = np.array([0.5, 0.3, 0.2])
Roads = tuple[World, Fleets, Services]


def roads(runs: int = 2, years: int = 8, **overrides: Any) -> Roads:
    """Fleets and services of the base year, in a park that follows its central paths."""
    world = make_world(
        [transport, municipal, lending, bank],
        runs=runs,
        years=years,
        borrowers=1,
        holder=Holder.TRANSPORT,
        extras={"record": {"port_throughput": 0.0, "population": 0.0, "gdp": 0.0}},
        **overrides,
    )
    paths = central_series(years)
    world.record.port_throughput[...] = paths["throughput_demand"]
    world.record.population[...] = paths["population_attainable"]
    world.record.gdp[...] = 29_000.0 * np.cumprod(1.0 + np.r_[0.0, paths["gdp_growth"][1:]])
    fleets = transport_population.populate(world, CLASSES)
    transport_population.endow(world, 0)
    return world, fleets, municipal.populate(world)


def live(place: Roads, year: int) -> None:
    """One year of transport and services."""
    world, fleets, services = place
    world.energy[...] = 0.0
    world.load[...] = 0.0
    world.payments[...] = 0.0
    world.record.public_budget[:, max(0, year - 1)] = 100.0
    if year > 0:
        transport.turn_over(world, fleets, CLASSES, 0, year)
        municipal.turn_over(world, services, year)
    transport.use_energy(world, fleets, CLASSES, FEEDERS, year)
    municipal.use_energy(world, services, FEEDERS, year)
    transport.settle(world, fleets, CLASSES, 0, year)
    municipal.settle(world, services, year)


def live_to(place: Roads, last: int) -> World:
    """Years 0 to ``last``; returns the world."""
    for year in range(last + 1):
        live(place, year)
    return place[0]


def test_transport_and_other_meet_the_base_year_in_every_draw() -> None:
    place = roads(
        runs=5, years=2, transport_hybrid_fuel_share=np.linspace(0.0, 0.4, 5),
        transport_boundary_share=np.linspace(0.6, 1.0, 5),
    )  # fmt: skip
    world = live_to(place, 0)
    for account in (Account.TRANSPORT, Account.OTHER):
        np.testing.assert_allclose(world.energy[:, account], world.base_energy[:, account], rtol=1e-12)
    electricity = world.energy[:, [Account.TRANSPORT, Account.OTHER], Carrier.ELECTRICITY]
    np.testing.assert_allclose(world.load[:, :, Shape.CHARGING].sum(axis=1), electricity[:, 0], rtol=1e-12)
    np.testing.assert_allclose(world.load[:, :, Shape.OTHER].sum(axis=1), electricity[:, 1], rtol=1e-12)


def test_the_table_of_vehicles_fits_19_and_26_ktce_by_itself() -> None:
    """BASE_YEAR numbers: 27,000 cars x 650 L, and so on, within a few percent of the account before closing."""
    _, fleets, _ = roads(runs=1)
    np.testing.assert_allclose(fleets.scale_fuel, 1.0, atol=0.02)
    np.testing.assert_allclose(fleets.scale_power, 1.0, atol=0.05)


def test_vehicles_change_by_purchases_and_scrapping() -> None:
    place = roads(runs=3, years=41)
    live(place, 0)
    before = place[1].stock.sum(axis=(1, 2, 3, 4))
    assert before == pytest.approx(np.full(3, 31_180.0))
    for year in range(1, 41):
        live(place, year)
        now = place[0].record[:, year]
        after = place[1].stock.sum(axis=(1, 2, 3, 4))
        np.testing.assert_allclose(after, before + now.vehicles_bought - now.vehicles_scrapped, rtol=1e-9)
        assert np.all(place[1].stock >= 0.0)
        before = after
    for name in ("car", "van", "truck", "bus"):
        share = place[0].record[f"electric_share_{name}"]
        assert np.all((share >= 0.0) & (share <= 1.0))


def test_electric_cars_sell_about_as_published() -> None:
    """nev_sales_cn_2021 to 2025: .148, .276, .357, .476, .535 of sales; the Bass curve is smoother than the market."""
    world = live_to(roads(runs=1, years=6, transport_taste_spread=0.0), 5)
    published = np.array([0.06, 0.148, 0.276, 0.357, 0.476, 0.535])
    assert np.all(np.abs(world.record.electric_sales_car[0] - published) < 0.13)
    assert abs(world.record.electric_sales_car[0, 5] - published[5]) < 0.06


def test_buses_become_electric_by_order_and_trucks_follow_cost() -> None:
    world = live_to(roads(runs=1, years=31), 30)
    assert world.record.electric_share_bus[0, 30] > 0.95
    assert 0.1 < world.record.electric_share_truck[0, 30] < world.record.electric_share_van[0, 30]


def test_subsidy_access_and_mandate_never_slow_electric_sales() -> None:
    plain = live_to(roads(runs=2, years=11), 10).record.electric_share_car
    for policy in ({"transport_vehicle_subsidy_share": 0.1}, {"transport_charging_access_gain": 0.3},
                   {"transport_electric_mandate": 0.6}):  # fmt: skip
        assert np.all(live_to(roads(runs=2, years=11, **policy), 10).record.electric_share_car >= plain - 1e-12)


def test_smart_charging_is_a_share_of_charging() -> None:
    world = live_to(roads(runs=2, years=3, smart_charging=0.4), 2)
    np.testing.assert_allclose(world.record.smart_charging, 0.4 * world.record.transport_electricity)


def test_construction_machines_electrify_slowly_and_a_mandate_speeds_them() -> None:
    slow = live_to(roads(runs=1, years=21), 20).record.municipal_electric_share[0]
    fast = live_to(roads(runs=1, years=21, municipal_electric_mandate=0.8), 20).record.municipal_electric_share[0]
    assert 0.0 < slow[20] < 0.5
    assert np.all(np.diff(slow) >= 0.0)
    assert fast[20] >= 0.8


def test_the_money_of_transport_adds_up() -> None:
    place = roads(runs=2, years=5, transport_vehicle_subsidy_share=0.1, carbon_price=80.0, carbon_coverage=1.0)
    for year in range(5):
        before = place[0].borrowers.cash[:, 0].copy()
        live(place, year)
        paid = place[0].payments
        flows = paid[:, :, Holder.TRANSPORT].sum(axis=1) - paid[:, Holder.TRANSPORT].sum(axis=1)
        np.testing.assert_allclose(place[0].borrowers.cash[:, 0] - before, flows, atol=1e-9)
        assert np.all(paid[:, Holder.TRANSPORT, Holder.GRID] > 0.0)


def test_a_run_has_the_same_bits_alone_and_in_a_block() -> None:
    together = live_to(roads(runs=64, years=6, seeds=range(64)), 5)
    alone = live_to(roads(runs=1, years=6, seeds=[40]), 5)
    assert alone.record[0].tobytes() == together.record[40].tobytes()


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.floats(0.0, 0.05), st.floats(0.0, 1.0))
@settings(max_examples=100, deadline=None)
def test_sales_shares_move_towards_their_potential(share: float, potential: float, p: float, q: float) -> None:
    after = bass_step(share, potential, p, q)
    assert min(share, potential) - 1e-12 <= after <= max(share, potential) + 1e-12


@given(st.floats(0.3, 3.0), st.floats(0.01, 1.0), st.floats(0.0, 14.0))
@settings(max_examples=100, deadline=None)
def test_a_dearer_electric_vehicle_never_has_more_buyers(ratio: float, more: float, weight: float) -> None:
    assert electric_potential(ratio + more, weight, 0.0) <= electric_potential(ratio, weight, 0.0)


def test_vehicles_live_about_their_life_on_average() -> None:
    mean = sum(survival(age + 0.5, 14.0, 3.0) for age in range(60))
    assert mean == pytest.approx(14.0, rel=0.02)
    assert survival(14.0, 14.0, 3.0) == pytest.approx(0.5)
    assert Vehicle.CAR == 0
