"""2020 as the report and the evidence have it, in every synthetic population (MODEL 13): N1-N5, N7, N14, D2, D14."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
from whole_park import SMALL

from agents.axes import Account, Carrier
from agents.fields import Floats
from agents.units import YUAN_PER_MYUAN
from sim.hour_data import Hour
from sim.parks import load_park
from sim.state import State, new_state
from sim.year import advance, begin, run_all

SEEDS = range(1, 9)
RECONCILIATIONS = ("A", "B", "C")
COAL_EQUIVALENT = 0.3  # tce/MWh of electricity in the report's totals


@lru_cache(maxsize=3)
def base_year(reconciliation: str = "A") -> State:
    """2020 closed in eight synthetic populations."""
    return begin(new_state(seeds=SEEDS, reconciliation=reconciliation, years=(2020, 2021), keep=[2020]))


def value(outcome: str, reconciliation: str = "A") -> Floats:
    """An outcome of 2020 [seeds]."""
    values: Floats = base_year(reconciliation).world.record[outcome][:, 0]
    return values


def test_n1_n3_people_and_output() -> None:
    """N1: 90,000 people; N3: 29.0 billion yuan, and the sectors add up to it."""
    assert (value("population") == 90_000).all()
    assert value("gdp") == pytest.approx(29_000.0)
    sectors = [name for name in base_year().outcome_names() if name.startswith("value_added_")]
    assert sum(value(name) for name in sectors) == pytest.approx(29_000.0)


@pytest.mark.parametrize("reconciliation", RECONCILIATIONS)
def test_n4_energy(reconciliation: str) -> None:
    """N4: 333 ktce, whatever the reconciliation."""
    assert value("energy_consumption", reconciliation) / 1e3 == pytest.approx(np.full(len(SEEDS), 333.0), abs=0.5)


@pytest.mark.parametrize("reconciliation", RECONCILIATIONS)
def test_n5_emissions(reconciliation: str) -> None:
    """N5: 329.7 kt, to rounding, in the account of every reconciliation."""
    assert value("emissions_account", reconciliation) / 1e3 == pytest.approx(np.full(len(SEEDS), 329.7), abs=0.05)


def test_the_location_based_account_of_reconciliation_a() -> None:
    """MODEL 13: 611.8 kt where every purchased MWh carries the grid's factor."""
    assert value("emissions_location") / 1e3 == pytest.approx(np.full(len(SEEDS), 611.8), abs=0.05)


@pytest.mark.parametrize("reconciliation", RECONCILIATIONS)
def test_the_sector_table(reconciliation: str) -> None:
    """base_year.csv: every account's use of every carrier, in every population, to 1e-9."""
    expected = load_park("meishan", reconciliation=reconciliation).base_year.energy
    assert expected[Account.PORT, Carrier.ELECTRICITY] == 40_000.0
    used = base_year(reconciliation).world.energy
    for account in Account:
        for carrier in Carrier:
            cell = (account, carrier)
            assert used[:, account, carrier] == pytest.approx(expected[cell], rel=1e-9, abs=1e-6), cell


def test_n7_port_energy() -> None:
    """N7: electricity 48 %, LNG 36 %, diesel 16 % of the port's energy."""
    electricity = value("port_electricity") * COAL_EQUIVALENT
    total = electricity + value("port_lng") + value("port_diesel")
    for part, share in ((electricity, 0.48), (value("port_lng"), 0.36), (value("port_diesel"), 0.16)):
        assert part / total == pytest.approx(np.full(len(SEEDS), share), abs=0.005)


def test_d2_carbon_productivity() -> None:
    """D2: 87,959 yuan of output per t, as far as 329.7 kt is rounded."""
    assert value("carbon_productivity") == pytest.approx(np.full(len(SEEDS), 87_959.0), rel=0.05 / 329.7)


def test_d14_carbon_per_energy() -> None:
    """D14: 0.990 t/tce."""
    assert value("carbon_per_energy") == pytest.approx(np.full(len(SEEDS), 0.990), abs=0.0005)


def test_per_head() -> None:
    """BASE_YEAR: 3.66 t, 8,440 kWh and 3.7 tce a head (N1-N5)."""
    people = value("population")
    assert value("emissions_account") / people == pytest.approx(np.full(len(SEEDS), 3.66), abs=0.005)
    assert value("final_energy_electricity") * 1e3 / people == pytest.approx(np.full(len(SEEDS), 8_440.0), abs=10)
    assert value("energy_consumption") / people == pytest.approx(np.full(len(SEEDS), 3.7), abs=0.05)


def test_the_legacy_wind_farms_make_212_6_gwh() -> None:
    """The two farms' recorded generation of 2020; nothing else generates (behind-the-meter PV: 0)."""
    assert value("generation_wind") / 1e3 == pytest.approx(np.full(len(SEEDS), 212.6), abs=0.05)
    assert (value("generation_pv") == 0.0).all()


def test_n14_the_deal_of_december_is_claimed_once_and_outside() -> None:
    """N14: 14 GWh delivered to a buyer outside, 140,000 yuan for the seller, no certificate left for the park."""
    assert value("certificates_sold_outside") == pytest.approx(np.full(len(SEEDS), 14_000.0))
    assert value("certificates_issued") == pytest.approx(np.full(len(SEEDS), 14_000.0))
    assert (value("certificates_claimed") == 0.0).all()
    assert value("green_premium_earned") * YUAN_PER_MYUAN == pytest.approx(np.full(len(SEEDS), 140_000.0))


def test_n14_the_deal_raises_the_account_by_7_6_kt() -> None:
    """N5, N14: the account of A is purchases less unsold wind and contracted supply; what is sold outside counts."""
    wind_kept = value("generation_wind") - value("electricity_curtailment") - 14_000.0
    account = value("final_energy_electricity") - wind_kept - value("contracted_supply")
    assert value("electricity_account") == pytest.approx(account)
    factor = base_year().world.series["grid_factor"][:, 0]
    assert 14_000.0 * factor / 1e3 == pytest.approx(np.full(len(SEEDS), 7.6), abs=0.05)


@pytest.mark.parametrize("reconciliation", RECONCILIATIONS)
def test_populations_differ_but_their_sums_do_not(reconciliation: str) -> None:
    """Every population is drawn anew, and all close the same base year."""
    state = base_year(reconciliation)
    assert len({tuple(row) for row in state.firms.value_added}) == len(SEEDS)
    assert np.ptp(value("final_energy_electricity", reconciliation)) < 1e-6


def test_without_renewables_import_is_load_in_every_hour() -> None:
    """MODEL 13 at park level: no wind, no sun, no storage, and all that is used comes through the connection."""
    state = new_state(agents=SMALL, years=(2020, 2021), keep=[2020])
    for capacity in (state.developers.installed, state.developers.effective, state.developers.legacy):
        capacity[...] = 0
    begin(state)
    hours = state.hourly_kept[0]
    np.testing.assert_array_equal(hours[Hour.IMPORT], hours[Hour.DEMAND])
    assert state.world.record.electricity_import[0, 0] == pytest.approx(760_000.0)


def test_the_grids_own_decarbonisation_does_not_neutralise_the_park() -> None:
    """MODEL 13: with the cleanest grid of the evidence scope 2 falls, scope 1 stays, and so does the park's CO2."""
    park = load_park("meishan")
    clean = {row.year: row.low for row in park.series["grid_factor"]}
    usual, cleaner = (run_all(new_state(overrides=given)) for given in ({}, {"grid_factor": clean}))
    before, after = usual.world.record[0], cleaner.world.record[0]
    assert after.emissions_scope2_location[-1] < before.emissions_scope2_location[-1]
    assert after.emissions_scope1 == pytest.approx(before.emissions_scope1, rel=0.02)
    assert after.emissions_scope1[-1] > 0.0 and after.emissions_net[-1] > 0.0
    assert cleaner.results().summary()["neutrality_year"] is None


def test_fifty_thousand_agents_close_the_same_base_year_and_run():
    agents = {"firms": 10_000, "buildings": 40_000}
    state = advance(begin(new_state("meishan", seeds=[1], agents=agents)), 3)
    record = state.world.record[0, :4]
    assert (state.firms.identity.shape[1], state.buildings.stage.shape[1] >= 40_000) == (10_000, True)
    assert record.energy_consumption[0] / 1e3 == pytest.approx(333.0, abs=0.5)
    assert record.emissions_account[0] / 1e3 == pytest.approx(329.7, abs=0.05)
    assert record.money_gap.max() < 1e-6 and record.owed_gap.max() < 1e-6
    few = advance(begin(new_state("meishan", seeds=[1])), 3).world.record[0, 3]
    assert record.emissions_net[3] == pytest.approx(few.emissions_net, rel=0.03)  # the park is the same one
