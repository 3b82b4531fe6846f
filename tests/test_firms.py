"""Statements about the firms of the park (MODEL 2, 12, 13)."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from worlds import called, make_world, read_table

from agents import bank, carbon, carbon_price, firm, market, networks
from agents.axes import FIRM_IDS, Account, CarbonClass, Carrier, Holder, Shape
from agents.errors import InputError
from agents.firm import Firms, Heat, Occasion, Slot
from agents.firm_build import build
from agents.firm_choice import choose
from agents.firm_energy import heat_efficiency, measure_capex, measure_saving
from agents.firm_growth import grow
from agents.firm_operation import settle, use_energy
from agents.firm_population import populate, sectors_of_firms
from agents.firm_tables import FirmTables, columns_of, firm_tables
from agents.world import World

# Worlds of other tests in the process may hold fewer names: numba then takes one record as a subtype of the other.
pytestmark = pytest.mark.filterwarnings("ignore::numba.core.errors.NumbaExperimentalFeatureWarning")

KINDS = [firm, networks, bank, carbon, carbon_price, market]
FEEDERS = 8


class Place(NamedTuple):
    world: World
    tables: FirmTables
    firms: Firms


def park_tables() -> dict[str, Any]:
    return {name: read_table(name, columns) for name, columns in firm.TABLES.items()}


@lru_cache(maxsize=4)
def peers(firms: int) -> networks.PeerNetwork:
    shares = read_table("firm_sectors", firm.TABLES["firm_sectors"])["number_share"]
    return networks.peer_network(sectors_of_firms(shares, firms), np.arange(FEEDERS) % 4, 1, 6, 3)


def found(seeds: Iterable[int] = (1, 2), firms: int = 120, years: int = 6, **overrides: Any) -> Place:
    """Firms of Meishan in the base year, settled, with sector paths that grow by 3 % a year."""
    seeds = list(seeds)
    world = make_world(KINDS, runs=len(seeds), feeders=FEEDERS, years=years, borrowers=firms, seeds=seeds, **overrides)
    tables = firm_tables(park_tables(), peers(firms), len(seeds))
    for name in firm.SECTOR_NAMES:
        path = world.record[f"value_added_{name}"]
        path[...] = path[:, :1] * 1.03 ** np.arange(years)
    world.borrowers.carbon_class[...] = CarbonClass.UNRATED
    place = Place(world, tables, populate(tables, world, 0))
    operate(place, 0)
    return place


def operate(place: Place, year: int) -> None:
    clear(place.world)
    use_energy(place.world, place.firms, place.tables, year)
    settle(place.world, place.firms, place.tables, 0, year)


def clear(world: World) -> None:
    for account in (world.energy, world.load, world.rooftop, world.storage):
        account[...] = 0.0


def advance(place: Place, year: int, grant: bool = True, room: float = 10.0) -> None:
    """One year of the firms; all credit is granted or none."""
    world = place.world
    world.payments[...] = 0.0
    world.hosting_room[...] = room
    grow(world, place.firms, place.tables, 0, year)
    choose(world, place.firms, place.tables, 0, year)
    world.borrowers.granted[...] = (world.borrowers.asked > 0.0) & grant
    build(world, place.firms, place.tables, 0, year)
    operate(place, year)


def owners(place: Place) -> np.ndarray:
    return place.tables.sectors.electricity_share[place.firms.sector] > 0.0


def test_the_base_year_is_exact_in_every_draw():
    place = found(seeds=range(1, 9), firms=600)
    world, firms = place.world, place.firms
    assert world.energy[:, Account.INDUSTRY] == pytest.approx(world.base_energy[:, Account.INDUSTRY], rel=1e-12)
    assert world.energy.sum() == pytest.approx(world.energy[:, Account.INDUSTRY].sum())
    for row, name in enumerate(firm.SECTOR_NAMES):
        output = np.where(firms.sector == row, firms.value_added, 0.0).sum(axis=1)
        assert output == pytest.approx(world.record[f"value_added_{name}"][:, 0], rel=1e-12)
    automobile = np.where(firms.sector == 1, firms.electricity, 0.0).sum(axis=1)
    assert automobile == pytest.approx(118_000.0, rel=1e-5)  # 120,000 cars x 650 kWh and 40 GWh of suppliers
    assert world.record["firm_direct_emissions"][:, 0] == pytest.approx(24_000 * 1.626 + 4_000 * 2.660)
    assert (firms.shell_area.sum(axis=1) * world.parameters.firm_shell_intensity) == pytest.approx(90_000.0)


def test_draws_differ_between_seeds_although_sums_do_not():
    firms = found(seeds=(1, 2)).firms
    assert not np.allclose(firms.value_added[0], firms.value_added[1])


def test_another_reconciliation_is_split_by_the_sector_table():
    world = make_world(KINDS, runs=1, feeders=FEEDERS, years=2, borrowers=120)
    world.base_energy[:, Account.INDUSTRY, [Carrier.ELECTRICITY, Carrier.GAS, Carrier.COAL]] = 276_800, 41_662, 6_944
    tables = firm_tables(park_tables(), peers(120), 1)
    place = Place(world, tables, populate(tables, world, 0))
    operate(place, 0)
    assert world.energy[0, Account.INDUSTRY] == pytest.approx(world.base_energy[0, Account.INDUSTRY], rel=1e-12)


def test_a_fuel_without_technology_is_refused_by_name():
    world = make_world(KINDS, runs=1, feeders=FEEDERS, years=2, borrowers=120)
    world.base_energy[:, Account.INDUSTRY, Carrier.DIESEL] = 5.0
    tables = firm_tables(park_tables(), peers(120), 1)
    with pytest.raises(InputError, match="INDUSTRY uses diesel"):
        populate(tables, world, 0)


def test_electricity_lies_on_feeders_and_only_factories_use_it():
    place = found()
    world = place.world
    assert world.load.sum(axis=(1, 2)) == pytest.approx(world.energy[:, Account.INDUSTRY, Carrier.ELECTRICITY])
    assert world.load.sum(axis=1)[:, Shape.INDUSTRY] == pytest.approx(world.load.sum(axis=(1, 2)))
    assert (place.firms.electricity[~owners(place)] == 0.0).all()
    assert (place.firms.electricity[owners(place)] > 0.0).all()


def test_firms_sum_to_their_sector_every_year():
    place = found()
    for year in range(1, 6):
        advance(place, year)
        for row, name in enumerate(firm.SECTOR_NAMES):
            output = np.where(place.firms.sector == row, place.firms.value_added, 0.0).sum(axis=1)
            assert output == pytest.approx(place.world.record[f"value_added_{name}"][:, year], rel=1e-12)


@pytest.mark.parametrize("grant", [True, False])
def test_change_of_cash_equals_payments(grant):
    place = found(firm_margin_volatility=0.3, clean_heat_subsidy=0.2, carbon_price=80.0, carbon_coverage=0.5)
    world = place.world
    for year in range(1, 6):
        before = world.borrowers.cash.sum(axis=1)
        advance(place, year, grant)
        paid = world.payments[:, Holder.FIRMS].sum(axis=1)
        received = world.payments[:, :, Holder.FIRMS].sum(axis=1)
        assert world.borrowers.cash.sum(axis=1) - before == pytest.approx(received - paid, abs=1e-8)
        assert (world.borrowers.cash >= -1e-12).all()
    assert world.record["firm_exits"].sum() > 0
    assert (world.payments[:, Holder.FIRMS, Holder.BUDGET] > 0.0).all()


def test_cash_above_some_months_of_cost_and_the_debt_service_is_paid_out():
    place = found()
    advance(place, 1)
    world, p = place.world, place.world.parameters
    limit = p.firm_cash_share[:, None] * (place.firms.value_added * 1.6 + place.firms.energy_cost * 1.5)
    assert (world.borrowers.cash <= limit + world.borrowers.service + 1.0).all()


def test_a_firm_leaves_after_two_negative_years_and_an_entrant_with_a_new_id_takes_its_slot():
    place = found()
    world, firms = place.world, place.firms
    leaver = 60
    firms.negative_years[:, leaver] = 2
    world.borrowers.balance[:, leaver, 2] = 3.0
    before = world.payments.copy()
    world.payments[...] = 0.0
    grow(world, firms, place.tables, 0, 1)
    assert (firms.generation[:, leaver] == 1).all()
    assert (firms.identity[:, leaver] == FIRM_IDS + leaver + 120).all()
    assert (firms.entering[:, leaver] == 1).all()
    assert (world.borrowers.balance[:, leaver] == 0.0).all()
    lost = world.record["written_off_ordinary"][:, 1] + world.payments[:, Holder.FIRMS, Holder.BANK]
    assert lost == pytest.approx(3.0)
    assert before.shape == world.payments.shape


def test_entrants_come_in_at_best_practice():
    place = found()
    firms, slot = place.firms, int(np.flatnonzero(place.firms.sector[0] == 2)[5])
    place.world.series["plan_share_manufacturing"][...] = 1.0
    for name in ("logistics", "automobile", "trade", "finance"):
        place.world.series[f"plan_share_{name}"][...] = 0.0
    firms.negative_years[:, slot] = 2
    grow(place.world, firms, place.tables, 0, 1)
    choose(place.world, firms, place.tables, 0, 1)
    assert (firms.sector[:, slot] == 2).all()
    assert (firms.measure_end[:, slot] > 1.0).all()
    assert (firms.heat_occasion[:, slot] == Occasion.ENTRY).all()
    assert (firms.planned[:, slot, Slot.HEAT] != Heat.COAL_BOILER).all()
    build(place.world, firms, place.tables, 0, 1)
    assert (firms.heat_end[:, slot] > 5.0).all()


def test_a_sector_never_loses_its_last_firm():
    place = found(firms=30)
    only = int(np.flatnonzero(place.firms.sector[0] == 1)[0])
    assert (place.firms.sector[0] == 1).sum() == 1
    place.firms.negative_years[:, only] = 9
    grow(place.world, place.firms, place.tables, 0, 1)
    assert (place.firms.generation[:, only] == 0).all()


def test_an_early_retrofit_undercuts_the_running_cost_of_what_stands():
    place = found(attention=1.0)
    grow(place.world, place.firms, place.tables, 0, 1)
    choose(place.world, place.firms, place.tables, 0, 1)
    firms = place.firms
    early = firms.heat_occasion == Occasion.ATTENTION
    assert early.any()
    running = np.take_along_axis(firms.heat_cost, firms.heat_system[..., None], axis=2)[..., 0]
    chosen = np.take_along_axis(firms.heat_cost, firms.heat_best[..., None], axis=2)[..., 0]
    assert (chosen[early] <= running[early]).all()


def test_no_coal_boiler_where_none_stood_and_none_at_all_once_phased_out():
    place = found(attention=1.0, coal_boiler_ban=1.0)
    place.firms.heat_end[...] = 1.0
    gas = place.firms.heat_system == Heat.GAS_BOILER
    advance(place, 1)
    assert not (place.firms.heat_system == Heat.COAL_BOILER)[gas].any()
    banned = found(coal_phase_out=1.0)
    banned.firms.heat_end[...] = 1.0
    advance(banned, 1, grant=False)
    assert banned.world.energy[:, Account.INDUSTRY, Carrier.COAL] == pytest.approx(0.0)


def test_rationed_firms_replace_like_for_like_at_the_end_of_life():
    place = found(firm_cash_share=0.0)
    place.firms.heat_end[...] = 1.0
    place.world.borrowers.cash[...] = 0.0
    before = place.firms.heat_system.copy()
    stays = owners(place)
    advance(place, 1, grant=False)
    same = (place.firms.generation == 0) & stays
    assert (place.firms.heat_system[same] == before[same]).all()
    assert (place.firms.heat_end[same] > 1.0).all()


def test_a_dirty_choice_is_not_made_dirtier_by_a_carbon_price():
    def emissions(price: float) -> np.ndarray:
        place = found(seeds=(1, 2, 3), firms=300, carbon_price=price, carbon_coverage=1.0)
        place.firms.heat_end[...] = 1.0
        place.world.borrowers.cash[...] = 1e6
        advance(place, 1)
        stays = (place.firms.generation == 0) & owners(place)
        return np.where(stays, place.firms.direct_emissions, 0.0)

    low, high = emissions(0.0), emissions(400.0)
    assert (high <= low + 1e-9).mean() > 0.999
    assert high.sum() < 0.9 * low.sum()


def test_heat_pumps_serve_low_temperature_and_only_a_share_of_the_rest():
    place = found()
    p, s, heats = place.world.parameters[0], place.world.series[0, 1], place.tables.heat
    only_low = called(heat_efficiency)(p, s, heats, Heat.HEAT_PUMP, 1.0)
    only_medium = called(heat_efficiency)(p, s, heats, Heat.HEAT_PUMP, 0.0)
    assert only_low == pytest.approx(s.heat_pump_cop)
    share = p.heat_pump_medium_share
    assert 1.0 / only_medium == pytest.approx(share / s.heat_pump_cop_medium + (1.0 - share) / 0.98)


def test_green_lighting_of_the_report_pays_back_in_about_three_years():
    """N10: 338 tce a year at 0.300 kgce/kWh are 1,127 MWh; 2.25 M yuan at 0.64 yuan/kWh return in about three years."""
    saved = 338.0 / 0.300
    assert saved == pytest.approx(1127.0, abs=0.5)
    lighting = place_of_measure("lighting")
    place = found()
    states, measures = place.tables.rows.state, place.tables.measures
    factory = states[0, int(np.flatnonzero(owners(place)[0])[0])]
    saving = called(measure_saving)(measures, factory, lighting)
    capex = called(measure_capex)(measures, factory, lighting)
    assert capex / saving * saved == pytest.approx(2.25, rel=1e-3)
    price = place.world.prices.tariff[0, 0, Shape.INDUSTRY]
    assert capex * 1e6 / (saving * price) == pytest.approx(3.0, abs=0.3)


def place_of_measure(name: str) -> int:
    return int(read_table("efficiency_measures", firm.TABLES["efficiency_measures"])["name"].index(name))


def test_efficiency_lowers_energy_and_never_output():
    place, idle = found(attention=1.0, efficiency_subsidy=0.5), found(attention=-1.0)
    for year in (1, 2, 3):
        advance(place, year)
        advance(idle, year)
    assert (place.world.record["firm_electricity"][:, 3] < idle.world.record["firm_electricity"][:, 3]).all()
    assert place.firms.value_added.sum() == pytest.approx(idle.firms.value_added.sum())
    assert (place.world.record["investment_retrofit"][:, 1] > 0.0).all()


def test_pv_fits_roof_and_feeder_or_pays_for_more():
    place = found(attention=1.0, rooftop_pv_subsidy=2500.0)
    advance(place, 1, room=0.0)
    world, firms, p = place.world, place.firms, place.world.parameters
    built = firms.pv_capacity > 0.0
    assert built.any()
    assert (firms.pv_capacity <= firms.roof_area * p.rooftop_pv_density[:, None] / 1e6 * (1 + 1e-12)).all()
    excess = -world.hosting_room.sum(axis=1)
    assert excess == pytest.approx(firms.pv_capacity.sum(axis=1))
    cost = excess * p.rooftop_reinforcement_cost / 1e3
    bills = (firms.electricity * 640.0 / 1e6).sum(axis=1)
    assert world.payments[:, Holder.FIRMS, Holder.GRID] == pytest.approx(cost + bills)
    assert world.rooftop.sum(axis=1) == pytest.approx(firms.pv_yield.sum(axis=1))


def test_flexible_load_enrols_when_last_years_income_pays():
    place = found()
    place.world.record["flexibility_income_per_mw"][:, 0] = 1e7
    advance(place, 1)
    enrolled = place.world.record["firm_flexible_load"][:, 1]
    p = place.world.parameters
    mean_load = place.firms.electricity.sum(axis=1) / p.firm_operating_hours
    assert enrolled == pytest.approx(mean_load * p.firm_flexible_share, rel=0.05)
    advance(place, 2)
    assert (place.world.record["firm_flexible_load"][:, 2] == 0.0).all()


def test_most_firms_pay_nothing_for_green_power_unless_asked():
    place = found(firms=600)
    advance(place, 1)
    assert (place.firms.green_premium_reservation == 0.0).mean() > 0.9
    asked = found(green_power_obligation=0.3, green_power_premium_value=12.0)
    advance(asked, 1)
    assert (asked.firms.green_share_wanted >= 0.3).all()
    assert (asked.firms.green_premium_reservation >= 12.0).all()
    priced = found(carbon_price=100.0, carbon_coverage=0.5)
    advance(priced, 1)
    factor = priced.world.series["grid_factor"][:, 1]
    assert priced.firms.green_premium_reservation.min(axis=1) == pytest.approx(50.0 * factor)
    assert (priced.firms.green_demand[~owners(priced)] > 0.0).all()


def test_allowances_exist_only_under_the_local_scheme():
    assert (found().firms.allowance == 0.0).all()
    place = found(allowance_scheme=1.0)
    direct = place.world.record["firm_direct_emissions"][:, 0]
    assert place.firms.allowance.sum(axis=1) == pytest.approx(direct * place.world.parameters.firm_benchmark)


def test_only_firms_with_own_energy_are_verified():
    place = found()
    assert (place.firms.verified_emissions[~owners(place)] == -1.0).all()
    expected = place.firms.direct_emissions + place.firms.electricity * place.world.series["grid_factor"][:, :1]
    assert place.firms.verified_emissions[owners(place)] == pytest.approx(expected[owners(place)])


def test_the_same_bits_in_a_block_of_one_and_of_many():
    def history(seeds: list[int]) -> list[np.ndarray]:
        place = found(seeds=seeds, attention=0.2)
        for year in range(1, 6):
            advance(place, year)
        return [*place.firms, place.world.borrowers.cash, place.world.payments, place.world.energy]

    many, single = history(list(range(1, 65))), history([3])
    for column, alone in zip(many, single, strict=True):
        assert np.array_equal(column[2], alone[0], equal_nan=True)


def fingerprint() -> str:
    """Hash of all columns after three busy years of a small park."""
    place = found(seeds=(3,), firms=30, attention=0.5, carbon_price=90.0, carbon_coverage=0.4, rooftop_pv_subsidy=500.0)
    for year in (1, 2, 3):
        advance(place, year, grant=year != 2)
    digest = hashlib.sha256()
    for column in (*place.firms, place.world.borrowers.cash, place.world.payments, place.world.energy):
        digest.update(np.ascontiguousarray(column).tobytes())
    return digest.hexdigest()


def test_plain_python_gives_the_same_bits_as_compiled_code():
    command = [sys.executable, "-c", "import test_firms; print(test_firms.fingerprint())"]
    here = Path(__file__).resolve().parent
    path = os.pathsep.join([str(here), str(here.parent), os.environ.get("PYTHONPATH", "")])
    plain = subprocess.run(
        command,
        env={**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert plain.stdout.split()[-1] == fingerprint()


def test_columns_and_rows_are_the_same_memory_and_copies_are_refused():
    place = found(firms=30)
    place.firms.heat_end[1, 3] = 7.0
    assert place.tables.rows[1, 3].heat_end == 7.0
    assert place.firms.margin.flags.c_contiguous
    assert np.shares_memory(columns_of(place.tables).heat_end, place.firms.heat_end)
    with pytest.raises(TypeError, match="do not copy"):
        choose(place.world, Firms(*(column.copy() for column in place.firms)), place.tables, 0, 1)


def test_peer_network_is_symmetric_and_its_seed_decides_it():
    network = peers(120)
    ties = [(a, b) for a in range(120) for b in network.neighbour[network.start[a] : network.start[a + 1]]]
    assert {(b, a) for a, b in ties} == set(ties)
    assert all(a != b for a, b in ties)
    again = networks.peer_network(network.sector, np.arange(FEEDERS) % 4, 1, 6, 3)
    other = networks.peer_network(network.sector, np.arange(FEEDERS) % 4, 2, 6, 3)
    assert np.array_equal(network.neighbour, again.neighbour)
    assert not np.array_equal(network.feeder, other.feeder)


def test_counts_by_share_sum_and_leave_no_sector_empty():
    counts = networks.counts_by_share(np.array([0.25, 0.02, 0.23, 0.433333, 0.066667]), 600)
    assert list(counts) == [150, 12, 138, 260, 40]
    assert networks.counts_by_share(np.array([0.9, 0.05, 0.05]), 5).min() == 1
