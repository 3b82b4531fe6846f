"""Shore power: what one call saves (N8), and who plugs in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from port_runs import SHIPS, harbour, live, live_to

from agents.axes import Account, Carrier
from agents.shore_power import (
    gross_avoided,
    mean_power,
    net_avoided,
    own_power_cost,
    plugged_share,
    ship_price,
    use_of_base_year,
)  # fmt: skip


def test_the_call_of_november_2021() -> None:
    """N8: 11 h, 4,300 kWh, 0.85 t of fuel, 2.67 t of CO2 at the ship; 0.34 t net; the sign flips at 0.621 t/MWh."""
    assert mean_power(4300.0, 11.0) == pytest.approx(391.0, abs=0.1)
    assert pytest.approx(197.7, abs=0.05) == 1000.0 * 850.0 / 4300.0  # g/kWh
    assert gross_avoided(4.3, 0.621) == pytest.approx(2.67, abs=0.005)
    assert net_avoided(4.3, 0.621, 0.5422) == pytest.approx(0.34, abs=0.005)
    assert net_avoided(4.3, 0.621, 0.62) > 0.0 > net_avoided(4.3, 0.621, 0.622)
    assert net_avoided(4.3, 0.621, 0.621) == 0.0


def test_the_feeder_of_the_ship_table_makes_that_call() -> None:
    assert SHIPS.hours[0] == 11.0
    assert SHIPS.hours[0] * SHIPS.power[0] == pytest.approx(4300.0, abs=2.0)


def test_a_ship_compares_its_own_power_with_the_shores() -> None:
    """Worked example: 0.79 yuan/kWh at 4.0 yuan/kg (0.52 at 2.6) against 0.94, or 0.30 where capped."""
    assert own_power_cost(4.0, 0.198) == pytest.approx(0.79, abs=0.005)
    assert own_power_cost(2.6, 0.198) == pytest.approx(0.515, abs=0.005)
    assert ship_price(0.64, 0.30, 0.0, 0.0) == pytest.approx(0.94)
    assert ship_price(0.64, 0.30, 0.0, 0.64) == pytest.approx(0.30)
    assert ship_price(0.64, 0.30, 1.0, 0.5) == 0.0


def test_shore_power_is_a_small_part_of_the_ports_40_gwh_in_2020() -> None:
    place = harbour(runs=1, years=2)
    shore = use_of_base_year(place.world, place.ships, SHIPS)[0]
    live(place, 0)
    assert place.world.record.shore_power[0, 0] == shore
    assert 100.0 < shore < 2_000.0
    assert place.world.energy[0, Account.PORT, Carrier.ELECTRICITY] == pytest.approx(40_000.0, rel=1e-12)


def test_the_ledger_shows_gross_and_net_and_the_park_pays_scope_two() -> None:
    """More shore power lowers ships' emissions and raises the park's electricity, one for one."""
    few = live_to(harbour(runs=2, years=3), 1).world
    many = live_to(harbour(runs=2, years=3, shore_power_mandate_share=0.9), 1).world
    more = many.record.shore_power[:, 1] - few.record.shore_power[:, 1]
    assert np.all(more > 0.0)
    np.testing.assert_allclose(many.record.port_electricity[:, 1] - few.record.port_electricity[:, 1], more, rtol=1e-9)
    for world in (few, many):
        now, grid = world.record[:, 1], world.series.grid_factor[:, 1]
        np.testing.assert_allclose(now.shore_gross_avoided, 0.621 * now.shore_power)
        np.testing.assert_allclose(now.shore_net_avoided, (0.621 - grid) * now.shore_power)
        np.testing.assert_allclose(now.shore_gross_avoided + now.ship_emissions_at_berth, 0.621 * now.shore_potential)


def test_more_subsidy_never_lowers_shore_power() -> None:
    use = [
        live_to(harbour(runs=2, years=12, shore_power_subsidy=yuan), 11).world.record.shore_power.copy()
        for yuan in (0.0, 0.2, 0.5, 0.9)
    ]
    for less, more in zip(use, use[1:], strict=False):
        assert np.all(more >= less)
    assert np.all(use[-1][:, 11] > use[0][:, 11])


def test_a_mandate_is_met_as_ships_are_fitted() -> None:
    place = live_to(harbour(runs=1, years=20, shore_power_mandate_share=0.8), 19)
    share = place.world.record.shore_power[0] / place.world.record.shore_potential[0]
    assert np.all(np.diff(share[4:]) >= -1e-9)  # after the waiver of the price has ended
    assert share[19] > 0.75


def test_dearer_marine_fuel_brings_ships_to_the_plug() -> None:
    cheap = live_to(harbour(runs=1, years=8, marine_fuel_price=2.5), 7).world.record.shore_power[0, 7]
    dear = live_to(harbour(runs=1, years=8, marine_fuel_price=6.0), 7).world.record.shore_power[0, 7]
    assert dear > 2.0 * cheap


@given(st.floats(0.0, 1.0), st.floats(-3.0, 3.0), st.floats(0.01, 1.0), st.floats(0.0, 1.0), st.floats(0.0, 1.0))
@settings(max_examples=100, deadline=None)
def test_only_ready_ships_plug_in(ready: float, advantage: float, spread: float, mandate: float, gain: float) -> None:
    share = plugged_share(ready, advantage, spread, mandate)
    assert 0.0 <= share <= ready
    assert plugged_share(ready, advantage + gain, spread, mandate) >= share
