"""Project developers: what a site is worth, when it is built, where it connects, and how legacy farms end."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import make_world, read_table

from agents import developer, lending
from agents.axes import MONTHS, RESOURCES, Holder, Resource
from agents.developer import (
    SITE_COLUMNS,
    Developers,
    ProjectState,
    annuity_factor,
    energy_value,
    populate,
    project_value,
)
from agents.developer_year import build_developers, choose_developers, run_developers, settle_developers
from agents.investment import capital_recovery_factor
from agents.world import World

KINDS: list[ModuleType] = [developer, lending]
RECORD = {"green_premium": 0.0, "curtailment_share": 0.0, "solar_value_ratio": 1.0, "wind_value_ratio": 1.0}
SITES = read_table("sites", SITE_COLUMNS)
COUNT = len(SITES["capacity"])
FUQUANSHAN, CHUANSHAN = 0, 1


def park(years: int = 12, runs: int = 2, seeds: list[int] | None = None, **values: Any) -> tuple[World, Developers]:
    world = make_world(KINDS, runs=runs, years=years, borrowers=COUNT, seeds=seeds, extras={"record": RECORD}, **values)
    world.terms.tenor[...] = 15.0
    return world, populate(SITES, world, 0)


def simulate(world: World, developers: Developers, years: int, granted: int = 1) -> None:
    """Years 1.. with every loan granted or refused, output at expected hours, premium as the record has it."""
    available = np.zeros((world.seeds.shape[0], MONTHS, RESOURCES))
    run_developers(world, developers, 0)
    for year in range(1, years):
        choose_developers(world, developers, 0, year)
        world.borrowers.granted[:, :, 0] = (world.borrowers.asked[:, :, 0] > 0.0) * granted
        build_developers(world, developers, 0, year)
        run_developers(world, developers, year)
        now = world.record[:, year]
        available[:, :, Resource.GROUND_PV] = now.capacity_ground_pv[:, None] * 1000.0 / MONTHS
        available[:, :, Resource.ONSHORE_WIND] = now.capacity_onshore_wind[:, None] * 2362.0 / MONTHS
        available[:, :, Resource.NEARSHORE_WIND] = now.capacity_nearshore_wind[:, None] * 2937.0 / MONTHS
        developers.revenue[...] = 0.0
        settle_developers(world, developers, available, 0, year)


def built(developers: Developers) -> np.ndarray:
    return (developers.installed[0] > 0.0) & (developers.legacy[0] == 0)


def test_a_good_wind_site_is_worth_3401_yuan_per_kw_and_one_fen_adds_246() -> None:
    base = project_value(5600.0, 0.02, 2300.0, 415.3, 0.08, 25.0, 0.0)
    more = project_value(5600.0, 0.02, 2300.0, 425.3, 0.08, 25.0, 0.0)
    assert base == pytest.approx(3401.0, abs=1.0)
    assert more - base == pytest.approx(246.0, abs=1.0)


def test_annuity_factor_is_the_inverse_of_capital_recovery() -> None:
    assert annuity_factor(0.08, 20.0, 0.0) == pytest.approx(1.0 / 0.101852, rel=1e-5)
    assert annuity_factor(0.0, 20.0, 0.0) == 20.0
    declining = sum(0.995**t / 1.08 ** (t + 1) for t in range(25))
    assert annuity_factor(0.08, 25.0, 0.005) == pytest.approx(declining)


@given(rate=st.floats(0.001, 0.3), years=st.floats(1.0, 40.0))
def test_annuity_and_recovery_agree_at_every_rate(rate: float, years: float) -> None:
    assert annuity_factor(rate, years, 0.0) * capital_recovery_factor(rate, years) == pytest.approx(1.0)


def test_site_list_holds_twenty_candidates_and_two_legacy_farms() -> None:
    world, developers = park()
    candidate, resource = developers.legacy[0] == 0, developers.resource[0]
    assert candidate.sum() == 20
    totals = {r: developers.capacity[0][candidate & (resource == r)].sum() for r in Resource}
    assert totals[Resource.GROUND_PV] == 150.0
    assert totals[Resource.NEARSHORE_WIND] == 200.0
    repowering = (developers.repowered_capacity - developers.capacity)[0].sum()
    assert totals[Resource.ONSHORE_WIND] + repowering == 120.0
    run_developers(world, developers, 0)
    np.testing.assert_allclose(world.record.installed_onshore_wind[:, 0], 90.0)
    np.testing.assert_allclose(world.record.capacity_onshore_wind[:, 0], 90.0, rtol=1e-3)


def test_a_project_waits_for_its_permit() -> None:
    world, developers = park()
    simulate(world, developers, 12)
    chosen = built(developers)
    assert chosen.any()
    assert (developers.built[0][chosen] >= 1 + developers.permit_years[0][chosen]).all()


def test_dear_sites_wait_and_cheap_ones_are_built() -> None:
    world, developers = park(developer_hurdle_spread=0.0)
    simulate(world, developers, 10)
    onshore = (developers.resource[0] == Resource.ONSHORE_WIND) & (developers.legacy[0] == 0)
    chosen = built(developers)
    assert chosen[onshore].any()
    assert not chosen[onshore].all()
    assert developers.cost_factor[0][onshore & chosen].max() < developers.cost_factor[0][onshore & ~chosen].max()


@given(premium=st.floats(0.0, 0.05), more=st.floats(0.0, 0.05), seed=st.integers(1, 1000))
@settings(max_examples=6, deadline=None)
def test_a_higher_premium_never_lowers_building(premium: float, more: float, seed: int) -> None:
    sites = []
    for level in (premium, premium + more):
        world, developers = park(
            runs=1, seeds=[seed], green_premium=level, developer_wind_limit=1000.0, developer_pv_limit=1000.0
        )
        simulate(world, developers, 12)
        sites.append(built(developers))
    assert (sites[0] <= sites[1]).all()


def test_a_premium_moves_only_marginal_sites() -> None:
    counts = []
    for premium in (0.0, 0.01):
        world, developers = park(green_premium=premium)
        simulate(world, developers, 12)
        counts.append(int(built(developers).sum()))
    assert counts[0] <= counts[1] <= counts[0] + 3


def test_a_feed_in_premium_builds_more() -> None:
    counts = []
    for premium in (0.0, 100.0):
        world, developers = park(feed_in_premium=premium, public_budget=1e6)
        simulate(world, developers, 12)
        counts.append(int(built(developers).sum()))
    assert counts[1] > counts[0]


def test_curtailment_and_surplus_lower_what_a_mwh_earns() -> None:
    assert energy_value(400.0, 1.0, 0.0, 10.0, 0.7, 0.0) == pytest.approx(407.0)
    assert energy_value(400.0, 0.8, 0.0, 10.0, 0.7, 0.2) == pytest.approx(325.6)


def test_connection_limit_holds_wind_back() -> None:
    world, developers = park(developer_wind_limit=110.0)
    simulate(world, developers, 12)
    assert (world.record.installed_onshore_wind[:, 11] <= 110.0).all()
    assert world.record.projects_held_by_connection.sum() > 0.0


def test_a_tenor_far_below_life_blocks_projects_of_positive_value() -> None:
    world, developers = park(developer_local_loan_share=1.0)
    world.terms.tenor[...] = 3.0
    simulate(world, developers, 10)
    assert world.record.projects_held_by_debt_service.sum() > 0.0
    patient, sites = park(developer_local_loan_share=1.0)
    simulate(patient, sites, 10)
    assert built(sites).sum() > built(developers).sum()


def test_without_a_loan_only_the_better_projects_go_ahead() -> None:
    granted, sites = park()
    refused, others = park()
    simulate(granted, sites, 12, granted=1)
    simulate(refused, others, 12, granted=0)
    assert (built(others) <= built(sites)).all()
    assert built(others).sum() < built(sites).sum()
    assert refused.record.developer_loans_refused.sum() > 0.0
    assert refused.record.loans_green.sum() == 0.0


def test_legacy_farms_repower_at_25_years_close_or_run_on() -> None:
    for switch, after in ((0.0, 0.0), (1.0, 60.0), (2.0, 45.0)):
        world, developers = park(years=18, developer_repower=switch)
        simulate(world, developers, 18)
        assert developers.installed[0, CHUANSHAN] == after  # 2010 + 25 = 2035
        assert developers.installed[0, FUQUANSHAN] == 45.0  # until 2039
        if switch == 1.0:
            assert developers.built[0, CHUANSHAN] == 15
        if switch == 0.0:
            assert developers.state[0, CHUANSHAN] == ProjectState.CLOSED


def test_money_of_developers_is_conserved() -> None:
    world, developers = park(feed_in_premium=50.0)
    simulate(world, developers, 12)
    flow = world.payments[:, :, Holder.DEVELOPERS].sum(axis=1) - world.payments[:, Holder.DEVELOPERS].sum(axis=1)
    np.testing.assert_allclose(world.borrowers.cash.sum(axis=1), flow, atol=1e-6)
    lent = world.payments[:, Holder.BANK, Holder.DEVELOPERS]
    np.testing.assert_allclose(world.borrowers.balance.sum(axis=(1, 2)), lent)


def test_old_pv_fades() -> None:
    world, developers = park()
    simulate(world, developers, 12)
    now = world.record[0, 11]
    assert 0.9 * now.installed_ground_pv < now.capacity_ground_pv < 1.02 * now.installed_ground_pv


def test_a_block_of_64_gives_the_same_bits_as_single_runs() -> None:
    block, developers = park(runs=64, seeds=list(range(1, 65)))
    simulate(block, developers, 12)
    for run in (0, 63):
        single, sites = park(runs=1, seeds=[run + 1])
        simulate(single, sites, 12)
        assert single.record[0].tobytes() == block.record[run].tobytes()
        assert all(a[0].tobytes() == b[run].tobytes() for a, b in zip(sites, developers, strict=True))
