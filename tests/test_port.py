"""Port operators: the base year is exact, fleets are conserved, and electric machines win where they should."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from port_runs import EQUIPMENT, harbour, live, live_to

from agents.axes import Account, Carrier, Holder
from agents.fields import records
from agents.port import CHOOSING, PARAMETERS, Drive, Machine, dated_price
from agents.port_choice import (
    EARLY,
    END_OF_LIFE,
    GREEN,
    ORDINARY,
    TRANSITION,
    Options,
    annual_cost,
    label_of_lot,
    machine_price,
    running_cost,
    subsidy_share,
)

CARRIERS = (Carrier.ELECTRICITY, Carrier.LNG, Carrier.DIESEL)
DIESEL_PRICE = 5.5 / (0.84 * 1.457e-3)  # yuan/tce of 5.5 yuan/L
LNG_PRICE = 5.54 / 1.757e-3
POWER_PRICE = 640.0


def test_the_port_uses_48_36_16_percent_of_25_ktce_in_2020_in_every_draw() -> None:
    """N7 at 0.300 kgce/kWh, whatever shares, ages and shore power are drawn."""
    spread = np.linspace(0.0, 0.6, 6)
    place = harbour(runs=6, years=2, port_operator_spread=spread, shore_delay_cost=np.linspace(0.0, 9000.0, 6))
    live(place, 0)
    used = place.world.energy[:, Account.PORT][:, CARRIERS]
    np.testing.assert_allclose(used, np.tile([40_000.0, 9_000.0, 4_000.0], (6, 1)), rtol=1e-12)
    tce = used * np.array([0.300, 1.0, 1.0])
    np.testing.assert_allclose(tce / tce.sum(axis=1, keepdims=True), [[0.48, 0.36, 0.16]] * 6, rtol=1e-12)
    np.testing.assert_allclose(place.world.load.sum(axis=(1, 2)), used[:, 0], rtol=1e-12)


def test_other_reconciliations_of_the_base_year_are_met_too() -> None:
    place = harbour(runs=1, years=2)
    place.world.base_energy[:, Account.PORT, Carrier.DIESEL] = 5_000.0
    from agents.port_population import close_base_year

    close_base_year(place.world, place.port, EQUIPMENT, np.zeros(1))
    live(place, 0)
    assert place.world.energy[0, Account.PORT, Carrier.DIESEL] == pytest.approx(5_000.0, rel=1e-12)


def test_in_2021_there_are_seventy_lng_trucks_of_its_own_and_41_electric_ones() -> None:
    """N9."""
    place = live_to(harbour(runs=4, years=3), 1)
    now = place.world.record[:, 1]
    assert place.world.record.port_lng_trucks_owned[0, 0] == pytest.approx(70.0)
    assert np.all(now.port_electric_trucks >= 41.0 - 1e-9)
    assert np.all(now.port_lng_trucks_owned >= 40.0)


@pytest.mark.parametrize(
    ("drive", "rate", "year", "cost"),
    [
        (Drive.DIESEL, 0.08, 0, 229.0),
        (Drive.LNG, 0.08, 0, 208.0),
        (Drive.ELECTRIC_BATTERY, 0.08, 0, 202.0),
        (Drive.ELECTRIC_BATTERY, 0.08, 10, 157.0),
        (Drive.DIESEL, 0.25, 0, 279.0),
        (Drive.LNG, 0.25, 0, 267.0),
        (Drive.ELECTRIC_BATTERY, 0.25, 0, 313.0),
        (Drive.ELECTRIC_BATTERY, 0.25, 10, 229.0),
    ],
)
def test_a_yard_truck_costs_what_the_worked_example_says(drive: Drive, rate: float, year: int, cost: float) -> None:
    """Thousand yuan a year at 64,600 km; a state company's 8 % and a haulier's 25 %."""
    p = records(PARAMETERS, 1)
    p.port_electric_price_factor = 1.0
    p.port_charging_life = 15.0
    machine = Machine.HORIZONTAL_TRANSPORT
    price = {Drive.DIESEL: DIESEL_PRICE, Drive.LNG: LNG_PRICE}.get(drive, POWER_PRICE)
    dated = EQUIPMENT.price[machine, drive]
    prices, running = np.zeros(5), np.zeros(5)
    prices[drive] = machine_price(p[0], drive, dated[0], dated[1], dated[2], year)
    running[drive] = running_cost(
        EQUIPMENT.energy[machine, drive], price, 2.0, 0.0, EQUIPMENT.maintenance[machine, drive]
    )
    options = Options(
        EQUIPMENT.offered[machine], prices, np.zeros(5), running, EQUIPMENT.life[machine],
        EQUIPMENT.charger[machine], np.zeros(5),
    )  # fmt: skip
    assert 1000.0 * annual_cost(p[0], options, drive, rate, 0.0) == pytest.approx(cost, rel=0.01)


def test_machines_at_work_change_by_what_is_bought_and_retired() -> None:
    place = harbour(runs=3, years=30)
    live(place, 0)
    before = place.world.record.port_machines[:, 0].copy()
    for year in range(1, 30):
        live(place, year)
        now = place.world.record[:, year]
        np.testing.assert_allclose(
            now.port_machines, before + now.port_machines_bought - now.port_machines_retired, rtol=1e-9
        )
        assert np.all(place.port.bought >= 0.0)
        assert np.all(place.port.retired >= 0.0)
        assert np.all(place.port.capacity >= 0.0)
        before = now.port_machines.copy()


def test_operators_share_the_traffic_and_lots_hold_it() -> None:
    place = live_to(harbour(runs=3, years=20), 19)
    np.testing.assert_allclose(place.port.share.sum(axis=1), 1.0, rtol=1e-12)
    traffic = place.port.share * place.world.record.port_throughput[:, 19:20]
    held = place.port.capacity.sum(axis=3)
    assert np.all(held >= 0.9 * traffic[..., None])  # small growth waits for an order of some size
    assert np.all(place.world.record.port_truck_electric_share >= 0.0)
    assert np.all(place.world.record.port_truck_electric_share <= 1.0)


def test_business_as_usual_electrifies_yard_trucks_by_itself() -> None:
    shares = live_to(harbour(runs=4, years=31), 30).world.record.port_truck_electric_share
    assert shares[:, 0].mean() < 0.05
    assert shares[:, 30].mean() > 0.4


def test_a_mandate_makes_every_new_truck_free_of_fuel() -> None:
    free = live_to(harbour(runs=4, years=14), 13).world.record.port_truck_electric_share[:, 13]
    bound = live_to(harbour(runs=4, years=14, port_electric_mandate=1.0), 13).world
    assert np.all(bound.record.port_truck_electric_share[:, 13] >= free)
    assert np.all(bound.record.port_truck_electric_share[:, 13] > 0.95)


def test_a_subsidy_on_electric_machines_raises_their_share() -> None:
    free = live_to(harbour(runs=6, years=12), 11).world.record.port_truck_electric_share[:, 11]
    paid = live_to(harbour(runs=6, years=12, port_vehicle_subsidy_share=0.4), 11).world
    assert paid.record.port_truck_electric_share[:, 11].mean() > free.mean()


def test_without_credit_the_port_still_works() -> None:
    """Rationed operators use cash, then owners' money; every TEU is still handled and no cash is below zero."""
    place = live_to(harbour(runs=2, years=12), 11, granted=False)
    assert np.all(place.world.record.port_electricity[:, 11] > 0.0)
    assert np.all(place.world.borrowers.cash >= -1e-9)
    assert place.world.borrowers.balance.sum() == 0.0


def test_charging_capacity_covers_battery_machines() -> None:
    place = live_to(harbour(runs=3, years=16, port_charging_capacity_2020=0.0), 15)
    battery = place.port.drive == Drive.ELECTRIC_BATTERY
    unit = EQUIPMENT.unit_share[:CHOOSING] * place.port.base_throughput[:, :1]
    units = place.port.capacity / unit[:, None, :, None] * battery
    needed = (units.sum(axis=3) * EQUIPMENT.charger[:CHOOSING, Drive.ELECTRIC_BATTERY]).sum(axis=2)
    assert np.all(place.port.charging >= needed - 1e-6)


@pytest.mark.parametrize("granted", [True, False])
def test_cash_changes_by_payments(granted: bool) -> None:
    place = harbour(runs=2, years=8, port_vehicle_subsidy_share=0.3, shore_power_subsidy=0.5, carbon_price=100.0,
                    carbon_coverage=0.5)  # fmt: skip
    for year in range(8):
        before = place.world.borrowers.cash.sum(axis=1)
        live(place, year, granted)
        flows = place.world.payments[:, :, Holder.PORT].sum(axis=1) - place.world.payments[:, Holder.PORT].sum(axis=1)
        np.testing.assert_allclose(place.world.borrowers.cash.sum(axis=1) - before, flows, atol=1e-6)


def test_a_run_has_the_same_bits_alone_and_in_a_block() -> None:
    together = live_to(harbour(runs=64, years=8, seeds=range(100, 164)), 7)
    for run in (0, 17, 63):
        alone = live_to(harbour(runs=1, years=8, seeds=[100 + run]), 7)
        assert alone.world.record[0].tobytes() == together.world.record[run].tobytes()
        np.testing.assert_array_equal(alone.port.capacity[0], together.port.capacity[run])
        np.testing.assert_array_equal(alone.port.drive[0], together.port.drive[run])


def test_loans_for_new_clean_machines_are_green_and_for_early_swaps_transition() -> None:
    assert label_of_lot(Drive.ELECTRIC_BATTERY, END_OF_LIFE, False) == GREEN
    assert label_of_lot(Drive.ELECTRIC_BATTERY, EARLY, True) == TRANSITION
    assert label_of_lot(Drive.ELECTRIC_BATTERY, EARLY, False) == ORDINARY
    assert label_of_lot(Drive.LNG, END_OF_LIFE, True) == ORDINARY


@given(st.integers(0, 60), st.floats(1.0, 100.0), st.floats(1.0, 100.0), st.floats(1.0, 100.0))
@settings(max_examples=50, deadline=None)
def test_a_dated_price_lies_between_the_prices_given(year: int, first: float, middle: float, last: float) -> None:
    price = dated_price(first, middle, last, year)
    assert min(first, middle, last) - 1e-9 <= price <= max(first, middle, last) + 1e-9


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.sampled_from(list(Drive)))
@settings(max_examples=50, deadline=None)
def test_no_machine_is_subsidised_beyond_its_price(general: float, of_port: float, drive: Drive) -> None:
    share = subsidy_share(int(drive), general, of_port)
    assert 0.0 <= share <= 1.0
    assert share == 0.0 or drive not in (Drive.DIESEL, Drive.LNG)
