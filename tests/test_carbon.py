"""The carbon ledger: base-year reconciliations, views of scope 2, trading under its cap, five neutrality tests."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import make_world

from agents import carbon, carbon_price, lending
from agents.axes import ACCOUNTS, CARRIERS, Account, Carrier, Holder
from agents.carbon import NeutralityTest, close_carbon
from agents.carbon_price import price_carbon, settle_allowances
from agents.world import World

KINDS: list[ModuleType] = [carbon, carbon_price, lending]
OUTSIDE = {
    "rooftop_own_use": 0.0,
    "generation_grid_connected": 212_600.0,
    "certificates_sold_outside": 14_000.0,
    "certificates_claimed": 0.0,
    "certificates_bought_outside": 0.0,
    "carbon_sinks": 40_000.0,
    "carbon_sinks_increment": 0.0,
    "gdp": 29_000.0,
}

# BASE_YEAR: electricity GWh and fuels ktce by account.
TABLE_B = {
    Account.PORT: {Carrier.ELECTRICITY: 40.0, Carrier.LNG: 9.0, Carrier.DIESEL: 4.0},
    Account.INDUSTRY: {Carrier.ELECTRICITY: 276.8, Carrier.GAS: 41.662, Carrier.COAL: 6.944},
    Account.BUILDINGS: {Carrier.ELECTRICITY: 178.0, Carrier.GAS: 19.095, Carrier.LPG: 5.208},
    Account.TRANSPORT: {Carrier.ELECTRICITY: 7.4, Carrier.DIESEL: 45.133, Carrier.GASOLINE: 32.982},
    Account.OTHER: {Carrier.ELECTRICITY: 32.1, Carrier.DIESEL: 8.679},
}
TABLE_C = {
    Account.PORT: {Carrier.ELECTRICITY: 40.0, Carrier.LNG: 9.0, Carrier.DIESEL: 4.0},
    Account.INDUSTRY: {Carrier.ELECTRICITY: 291.2, Carrier.GAS: 16.067, Carrier.COAL: 2.678},
    Account.BUILDINGS: {Carrier.ELECTRICITY: 187.2, Carrier.GAS: 7.364, Carrier.LPG: 2.008},
    Account.TRANSPORT: {Carrier.ELECTRICITY: 7.8, Carrier.DIESEL: 17.406, Carrier.GASOLINE: 12.720},
    Account.OTHER: {Carrier.ELECTRICITY: 33.8, Carrier.DIESEL: 3.347},
}


def park(years: int = 5, runs: int = 2, **overrides: Any) -> World:
    """Reconciliation A with the energy of 2020 in every account."""
    world = make_world(KINDS, runs=runs, years=years, extras={"record": OUTSIDE}, **overrides)
    world.energy[...] = world.base_energy
    price_carbon(world, 0)
    return world


def park_of(table: dict[Account, dict[Carrier, float]], **overrides: Any) -> World:
    world = park(**overrides)
    world.energy[...] = 0.0
    for account, uses in table.items():
        for carrier, amount in uses.items():
            world.energy[:, account, carrier] = amount * 1000.0
    world.base_energy[...] = world.energy
    return world


def close_years(world: World, years: int) -> None:
    for year in range(years):
        price_carbon(world, year)
        close_carbon(world, year)


def test_reconciliation_a_gives_the_base_year_n4_n5() -> None:
    world = park()
    close_carbon(world, 0)
    now = world.record[:, 0]
    np.testing.assert_allclose(now.energy_consumption, 333_000.0)
    np.testing.assert_allclose(now.emissions_scope1, 199_700.0, atol=60.0)
    np.testing.assert_allclose(now.emissions_scope2_account, 130_000.0, atol=60.0)
    np.testing.assert_allclose(now.emissions_account, 329_700.0, atol=60.0)
    np.testing.assert_allclose(now.emissions_location, 611_800.0, atol=60.0)
    np.testing.assert_allclose(now.emissions_net, now.emissions_account)
    np.testing.assert_allclose(now.carbon_per_energy, 0.990, atol=0.001)  # D14
    np.testing.assert_allclose(now.carbon_productivity, 87_959.0, rtol=5e-4)  # D2


def test_sector_table_of_reconciliation_a_holds() -> None:
    world = park()
    close_carbon(world, 0)
    expected = {"port": 29.9, "industry": 118.6, "buildings": 67.6, "transport": 94.8, "other": 18.6}
    for account, kilotonnes in expected.items():
        np.testing.assert_allclose(world.record[f"emissions_{account}"][:, 0], kilotonnes * 1000.0, atol=120.0)


def test_reconciliation_b_is_scope_1_only() -> None:
    world = park_of(TABLE_B, account_counts_electricity=0.0)
    close_carbon(world, 0)
    now = world.record[:, 0]
    np.testing.assert_allclose(now.emissions_account, 329_700.0, atol=120.0)
    np.testing.assert_allclose(now.emissions_scope2_account, 0.0)
    np.testing.assert_allclose(now.energy_consumption, 333_000.0, atol=60.0)


def test_reconciliation_c_credits_all_local_wind_and_leaves_energy_outside() -> None:
    world = park_of(TABLE_C, contracted_supply_volume=14_000.0, energy_outside_carbon_boundary=90_409.0)
    close_carbon(world, 0)
    now = world.record[:, 0]
    np.testing.assert_allclose(now.emissions_account, 329_700.0, atol=120.0)
    np.testing.assert_allclose(now.energy_consumption, 333_000.0, atol=60.0)


def test_certificates_sold_outside_raise_the_account_by_7_6_kt_n14() -> None:
    kept, sold = park(certificates_sold_outside=0.0), park()
    close_carbon(kept, 0)
    close_carbon(sold, 0)
    rise = sold.record.emissions_account[:, 0] - kept.record.emissions_account[:, 0]
    np.testing.assert_allclose(rise, 7_590.8)
    gain = sold.record.emissions_avoided_outside[:, 0] - kept.record.emissions_avoided_outside[:, 0]
    np.testing.assert_allclose(gain, rise)  # what the park loses others avoid


def test_local_wind_lowers_the_account_but_not_the_location_view() -> None:
    calm, windy = park(generation_grid_connected=0.0, certificates_sold_outside=0.0), park()
    close_carbon(calm, 0)
    close_carbon(windy, 0)
    assert (windy.record.emissions_scope2_account[:, 0] < calm.record.emissions_scope2_account[:, 0]).all()
    assert (windy.record.emissions_scope2_location[:, 0] == calm.record.emissions_scope2_location[:, 0]).all()


def test_own_use_behind_the_meter_lowers_the_location_view() -> None:
    world = park(rooftop_own_use=100_000.0)
    close_carbon(world, 0)
    np.testing.assert_allclose(world.record.emissions_scope2_location[:, 0], 660_000.0 * 0.5422)


def test_market_view_nets_certificates_at_the_residual_mix() -> None:
    world = park(certificates_claimed=60_000.0)
    close_carbon(world, 0)
    close_carbon(world, 3)
    np.testing.assert_allclose(world.record.emissions_scope2_market[:, 0], 700_000.0 * 0.5422)
    np.testing.assert_allclose(world.record.emissions_scope2_market[:, 3], 700_000.0 * 0.4974 * 1.149)


def test_the_grids_own_decarbonisation_does_not_neutralise_the_park() -> None:
    world = park(grid_factor=0.0)
    close_carbon(world, 0)
    now = world.record[:, 0]
    np.testing.assert_allclose(now.emissions_scope2_location, 0.0)
    np.testing.assert_allclose(now.emissions_net, now.emissions_scope1)
    assert (now.emissions_net > 190_000.0).all()
    assert (now.neutral == 0.0).all()


def test_a_premium_of_one_fen_equals_18_4_yuan_per_tonne() -> None:
    world = park()
    price_per_tonne = 0.01 * 1000.0 / world.series.grid_factor[0, 0]
    assert price_per_tonne == pytest.approx(18.4, abs=0.05)


def test_contracted_supply_moves_2030_by_some_hundred_kilotonnes() -> None:
    futures = []
    for rule in (0.0, 1.0, 2.0):
        world = park(years=12, contracted_supply_rule=rule)
        world.energy[:, :, Carrier.ELECTRICITY] *= 1.5
        close_years(world, 12)
        futures.append(world.record.emissions_account[0, 10])
    constant, expired, share = futures
    assert expired - constant == pytest.approx(321_700.0 * 0.38)
    assert constant - share == pytest.approx(0.5 * 321_700.0 * 0.38)


def test_from_the_target_year_contracted_supply_falls_under_the_cap_of_trading() -> None:
    world = park(years=3, neutrality_target_year=2021.0, grid_factor=0.5422)
    close_years(world, 2)
    before, after = world.record[0, 0], world.record[0, 1]
    cap = 0.1 * before.emissions_account
    assert after.emissions_account == before.emissions_account
    assert after.contracted_supply_credit > cap
    assert after.emissions_net == pytest.approx(after.emissions_account + after.contracted_supply_credit - cap)


@given(share=st.floats(0.0, 1.0), certificates=st.floats(0.0, 500_000.0), test=st.integers(0, 4))
@settings(max_examples=40, deadline=None)
def test_trading_never_closes_more_than_its_cap_except_for_a_campus(
    share: float, certificates: float, test: int
) -> None:
    world = park(offset_share=share, certificates_bought_outside=certificates, neutrality_test=float(test))
    close_carbon(world, 0)
    now = world.record[0, 0]
    assert now.carbon_offsets >= 0.0
    if test != NeutralityTest.ZERO_CARBON_CAMPUS:
        assert now.emissions_closed_by_trading <= 0.1 * now.emissions_account * (1 + 1e-12)
    assert world.payments[0, Holder.BUDGET, Holder.OUTSIDE] == now.offset_cost
    assert now.offset_cost == pytest.approx(now.carbon_offsets * now.ccer_price / 1e6)


def test_offsets_are_bought_only_by_a_policy() -> None:
    world = park()
    close_carbon(world, 0)
    assert (world.record.carbon_offsets == 0.0).all()
    assert (world.payments == 0.0).all()


def test_five_definitions_give_five_net_figures_d8() -> None:
    nets = {}
    for test in NeutralityTest:
        world = park(neutrality_test=float(test), carbon_sinks_increment=5_000.0, offset_share=1.0)
        close_carbon(world, 0)
        nets[test] = world.record[0, 0].copy()
    account, location = nets[NeutralityTest.RMI].emissions_account, nets[NeutralityTest.RMI].emissions_location
    assert nets[NeutralityTest.RMI].emissions_net == pytest.approx(account * 0.9 - 5_000.0)
    assert nets[NeutralityTest.ZERO_CARBON_PARK].emissions_net == pytest.approx(location - 5_000.0)
    assert nets[NeutralityTest.ZERO_CARBON_INDUSTRIAL_PARK].emissions_net == pytest.approx(account)
    assert nets[NeutralityTest.ZERO_CARBON_CAMPUS].emissions_net == pytest.approx(0.0, abs=1e-6)
    assert nets[NeutralityTest.ZERO_CARBON_CAMPUS].neutral in (0.0, 1.0)
    assert nets[NeutralityTest.NET_ZERO_HUB].emissions_net == pytest.approx(account)
    assert carbon.is_neutral(NeutralityTest.NET_ZERO_HUB, 0.04, 1.0, 0.05)
    assert not carbon.is_neutral(NeutralityTest.RMI, 0.04, 1.0, 0.05)


def test_only_sink_increments_count_unless_switched() -> None:
    increments, full = park(carbon_sinks_increment=1_000.0), park(sinks_counted_in_full=1.0)
    close_carbon(increments, 0)
    close_carbon(full, 0)
    account = increments.record.emissions_account[0, 0]
    assert increments.record.emissions_net[0, 0] == pytest.approx(account - 1_000.0)
    assert full.record.emissions_net[0, 0] == pytest.approx(account - 40_000.0)


def test_cumulative_emissions_add_up() -> None:
    world = park(years=4)
    close_years(world, 4)
    np.testing.assert_allclose(world.record.emissions_cumulative[:, 3], world.record.emissions_net.sum(axis=1))


@given(
    energy=st.lists(st.floats(0.0, 1e6), min_size=ACCOUNTS * CARRIERS, max_size=ACCOUNTS * CARRIERS),
    sold=st.floats(0.0, 3e5),
    claimed=st.floats(0.0, 3e5),
    own_use=st.floats(0.0, 3e5),
)
@settings(max_examples=40, deadline=None)
def test_ledger_is_never_negative_and_accounts_sum_to_the_total(
    energy: list[float], sold: float, claimed: float, own_use: float
) -> None:
    world = park(certificates_sold_outside=sold, certificates_claimed=claimed, rooftop_own_use=own_use)
    world.energy[...] = np.array(energy).reshape(ACCOUNTS, CARRIERS)
    close_carbon(world, 0)
    now = world.record[0, 0]
    views = (now.emissions_scope2_account, now.emissions_scope2_market, now.emissions_scope2_location)
    assert min(views) >= 0.0
    by_account = sum(now[f"emissions_{a.name.lower()}"] for a in Account)
    assert by_account == pytest.approx(
        now.emissions_account if world.energy[0, :, 0].sum() else now.emissions_scope1, rel=1e-9, abs=1e-6
    )
    by_carrier = sum(now[f"emissions_scope1_{c}"] for c in ("gas", "lng", "diesel", "gasoline", "coal", "lpg"))
    assert by_carrier == pytest.approx(now.emissions_scope1, rel=1e-9, abs=1e-6)


def test_carbon_price_follows_observations_and_then_keeps_the_scenario_mean() -> None:
    runs, years = 3000, 16
    world = park(runs=runs, years=years)
    for year in range(years):
        price_carbon(world, year)
    prices = world.record.carbon_price_market
    assert (prices[:, 5] == prices[0, 5]).all()
    assert (prices > 0.0).all()
    np.testing.assert_allclose(prices.mean(axis=0)[6:], world.series.carbon_price_mean[0, 6:], rtol=0.04)
    spread = np.log(prices[:, 15]).std()
    assert spread == pytest.approx(0.35 / np.sqrt(1 - 0.6**2), rel=0.05)


def test_agents_perceive_the_floor_when_the_market_is_below_it() -> None:
    world = park(carbon_price_floor=200.0)
    price_carbon(world, 1)
    np.testing.assert_allclose(world.signals.carbon_price, 200.0)
    np.testing.assert_allclose(world.record.carbon_price_market[:, 1], 42.4)


def test_allowances_conserve_and_never_draw_on_the_budget() -> None:
    world = park(allowance_scheme=1.0, carbon_coverage=1.0, borrowers=10)
    world.signals.carbon_price[:] = 100.0
    emissions = np.tile(np.linspace(100.0, 1000.0, 10), (2, 1))
    settle_allowances(world, np.full((2, 10), 2_000.0), emissions, 0, 1)
    now = world.record[0, 1]
    assert now.allowances_issued + now.allowances_bought == pytest.approx(emissions[0].sum() + now.allowances_sold)
    assert now.allowances_value <= emissions[0].sum() * 100.0 / 1e6 * (1 + 1e-12)
    paid = world.payments[0, Holder.BUDGET, Holder.FIRMS]
    assert world.borrowers.cash[0].sum() == pytest.approx(paid)


def test_without_a_local_scheme_allowances_do_nothing() -> None:
    world = park(carbon_coverage=1.0)
    settle_allowances(world, np.full((2, 10), 50.0), np.full((2, 10), 100.0), 0, 1)
    assert (world.payments == 0.0).all()
    assert (world.record.allowances_issued == 0.0).all()


def test_a_block_of_64_gives_the_same_bits_as_single_runs() -> None:
    seeds = list(range(1, 65))
    block = park(runs=64, years=10, seeds=seeds)
    close_years(block, 10)
    for run in (0, 31, 63):
        single = park(runs=1, years=10, seeds=[seeds[run]])
        close_years(single, 10)
        assert single.record[0].tobytes() == block.record[run].tobytes()
