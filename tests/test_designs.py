"""Draws are uniform, stratified where promised, the same for any chunks, and of each source apart."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest, spearmanr
from study_park import DECLARED_FOR_STUDIES, write_study_park

import sim.parks
from agents.errors import InputError
from agents.fields import Floats
from experiments.designs import Draws, correlated, draw, draw_at, permuted, points
from experiments.scenario import Scenario
from experiments.study import DESIGNS, Design, Study
from experiments.study_parts import Group
from sim.parks import ParkData, check_overrides, load_park

STUDY = Study("test", (Scenario(),), runs=128)
EVERYTHING = frozenset({"parameters", "futures", "behaviour"})


def designed(design: str, runs: int = 128, **changes: Any) -> Study:
    return replace(STUDY, design=design, runs=runs, **changes)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def park(tmp_path_factory: pytest.TempPathFactory) -> Any:
    patch = pytest.MonkeyPatch()
    patch.setattr(sim.parks, "declarations", lambda: DECLARED_FOR_STUDIES)
    yield load_park(write_study_park(tmp_path_factory.mktemp("study") / "tiny"))
    patch.undo()


@pytest.mark.parametrize("design", DESIGNS)
def test_points_are_uniform_in_every_dimension_and_no_two_go_together(design: Design) -> None:
    made = points(designed(design, 1024), 40, 0, 1024)
    assert made.shape == (1024, 40)
    assert ((made > 0.0) & (made < 1.0)).all()
    for dimension in range(40):
        assert kstest(made[:, dimension], "uniform").pvalue > 1e-4
    between = np.corrcoef(made.T)[np.triu_indices(40, 1)]
    assert np.abs(between).max() < 5.0 / np.sqrt(1024)
    assert len(np.unique(made[:, 0])) == 1024


@pytest.mark.parametrize("design", DESIGNS)
def test_chunks_make_the_same_points_as_the_whole(design: Design) -> None:
    study = designed(design)
    whole = points(study, 7, 0, 128)
    parts = [points(study, 7, 0, 64), points(study, 7, 64, 128)]
    assert np.array_equal(whole, np.concatenate(parts))
    assert np.array_equal(points(study, 7, 77, 78), whole[77:78])
    assert points(study, 7, 5, 5).shape == (0, 7)


@given(cuts=st.lists(st.integers(0, 128), max_size=4).map(sorted), design=st.sampled_from(DESIGNS))
def test_any_division_into_chunks_gives_the_same_points(cuts: list[int], design: Design) -> None:
    study, edges = designed(design), [0, *cuts, 128]
    parts = [points(study, 3, start, stop) for start, stop in zip(edges[:-1], edges[1:], strict=True)]
    assert np.array_equal(np.concatenate(parts), points(study, 3, 0, 128))


@pytest.mark.parametrize("design", DESIGNS)
def test_another_seed_makes_other_points(design: Design) -> None:
    assert not np.array_equal(points(designed(design), 3, 0, 8), points(designed(design, seed=2), 3, 0, 8))


@pytest.mark.parametrize("runs", [1, 2, 7, 100, 1000])
def test_a_latin_hypercube_has_one_point_in_every_stratum(runs: int) -> None:
    made = points(designed("latin_hypercube", runs), 12, 0, runs)
    for dimension in range(12):
        assert sorted(np.floor(made[:, dimension] * runs).astype(int).tolist()) == list(range(runs))


@given(size=st.integers(1, 300), key=st.integers(0, 2**52))
def test_strata_are_permuted(size: int, key: int) -> None:
    keys = np.array([[key, key + 1]] * 4, dtype=np.uint64)
    found = permuted(np.arange(size), size, keys)
    assert sorted(found[:, 0].tolist()) == sorted(found[:, 1].tolist()) == list(range(size))


def test_permutations_send_a_place_anywhere() -> None:
    keys = np.random.default_rng(1).integers(0, 2**52, (4, 20_000)).astype(np.uint64)
    counts = np.bincount(permuted(np.array([3]), 10, keys)[0], minlength=10)
    assert np.abs(counts - 2000).max() < 5 * np.sqrt(2000)


def test_sobol_points_integrate_better_than_random_ones() -> None:
    def error(design: str) -> float:
        values = [points(designed(design, 256, seed=seed), 5, 0, 256).sum(axis=1).mean() for seed in range(8)]
        return float(np.abs(np.array(values) - 2.5).mean())

    assert error("sobol") < 0.1 * error("random")
    assert error("latin_hypercube") < 0.1 * error("random")


def test_a_study_is_extended_without_moving_its_draws() -> None:
    for design in ("random", "sobol"):
        longer = designed(design).extended(200)
        assert np.array_equal(points(longer, 4, 0, 128), points(designed(design), 4, 0, 128))
    cube = designed("latin_hypercube", 100)
    longer = cube.extended(200)
    assert np.array_equal(points(longer, 4, 0, 100), points(cube, 4, 0, 100))
    assert sorted(np.floor(points(longer, 4, 100, 200)[:, 0] * 100).astype(int).tolist()) == list(range(100))
    assert longer.extended(300).hypercube == 100
    with pytest.raises(InputError, match="must be a multiple of 100"):
        cube.extended(250)
    with pytest.raises(InputError, match="fewer than the 100"):
        cube.extended(50)


# ------------------------------------------------------------------------------------------------------- correlation


@pytest.mark.parametrize("correlation", [-0.3, 0.0, 0.5, 0.8, 0.95])
def test_a_group_has_the_asked_rank_correlation(correlation: float) -> None:
    made = correlated(points(designed("random"), 4, 0, 20_000), correlation)
    ranks = spearmanr(made).statistic[np.triu_indices(4, 1)]
    assert ranks.tolist() == pytest.approx([correlation] * 6, abs=0.02)
    for member in range(4):
        assert kstest(made[:, member], "uniform").pvalue > 1e-4


def test_extreme_correlations() -> None:
    made = points(designed("random"), 3, 0, 500)
    assert np.allclose(correlated(made, 1.0), made[:, :1])
    assert np.allclose(correlated(made[:, :2], -1.0)[:, 1], 1.0 - made[:, 0])
    assert np.allclose(correlated(made, 0.0), made)
    assert ((correlated(made, -0.5) > 0.0) & (correlated(made, -0.5) < 1.0)).all()  # the least for three


def test_correlation_keeps_the_first_members_strata_and_the_bits_of_any_chunk() -> None:
    made = points(designed("latin_hypercube"), 3, 0, 128)
    together = correlated(made, 0.7)
    assert np.array_equal(together[:, 0], made[:, 0])
    assert np.array_equal(correlated(made[5:6], 0.7), together[5:6])


# ------------------------------------------------------------------------------------------------- what a run is given


def as_bytes(draws: Draws, names: Any = None) -> dict[str, bytes]:
    found = {}
    for name, value in draws.overrides.items():
        several = value if isinstance(value, dict) else {0: value}
        found[name] = b"".join(np.asarray(each).tobytes() for each in several.values())
    return {name: found[name] for name in (names or found)}


def test_draws_are_what_a_block_of_runs_takes(park: ParkData) -> None:
    draws = draw(STUDY, park, 0, 64)
    assert set(draws.overrides) == set(draws.inputs)
    assert check_overrides(park, draws.overrides) == {}
    assert draws.inputs["hurdle_rate"] is draws.overrides["hurdle_rate"]
    path = draws.overrides["gas_price"]
    assert sorted(path) == [2020, 2025, 2030]
    assert path[2030].tolist() == pytest.approx((1.0 + 8.0 * draws.inputs["gas_price"]).tolist())
    assert len(np.unique(draws.seeds)) == 64
    assert draws.seeds.min() > 0


@pytest.mark.parametrize("design", DESIGNS)
def test_chunks_make_the_same_draws_as_the_whole(park: ParkData, design: Design) -> None:
    study = designed(design, groups=(Group(("gas_price", "coal_price"), 0.6),))
    whole, part = draw(study, park, 0, 128), draw(study, park, 40, 60)
    assert np.array_equal(whole.seeds[40:60], part.seeds)
    for name, values in part.inputs.items():
        assert np.array_equal(whole.inputs[name][40:60], values), name


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("fixed", sorted(EVERYTHING))
def test_fixing_a_source_fixes_that_source_and_no_other(park: ParkData, design: Design, fixed: str) -> None:
    study = designed(design)
    free, held = draw(study, park, 0, 32), draw(replace(study, vary=EVERYTHING - {fixed}), park, 0, 32)
    names = {"parameters": set(park.parameters), "futures": set(park.series), "behaviour": set()}
    left = set(free.overrides) - names[fixed]
    assert set(held.overrides) == left
    assert as_bytes(held) == as_bytes(free, held.overrides)
    assert np.array_equal(free.seeds, held.seeds) == (fixed != "behaviour")
    assert np.array_equal(free.weather_seeds, held.weather_seeds) == (fixed != "futures")
    assert set(held.seeds if fixed == "behaviour" else held.weather_seeds) == {1} or fixed == "parameters"


def test_nothing_varied_is_the_single_run(park: ParkData) -> None:
    alone = draw(replace(STUDY, vary=frozenset(), runs=1, seed=7), park, 0, 1)
    assert alone.overrides == {}
    assert (alone.seeds.tolist(), alone.weather_seeds.tolist()) == ([7], [7])


@pytest.mark.parametrize("design", DESIGNS)
def test_fixing_one_parameter_leaves_the_draws_of_all_others(park: ParkData, design: Design) -> None:
    free = draw(designed(design), park, 0, 16)
    held = draw(designed(design, priors={"hurdle_rate": 0.2}), park, 0, 16)
    assert set(free.overrides) - set(held.overrides) == {"hurdle_rate"}  # the scenarios hold its value
    assert as_bytes(held) == as_bytes(free, held.overrides)


def test_a_source_that_does_not_vary_keeps_the_studys_own_centre(park: ParkData) -> None:
    study = replace(STUDY, vary=frozenset({"behaviour"}), priors={"heat_cost": {"central": 3.0}})
    assert {name: values.tolist() for name, values in draw(study, park, 0, 2).overrides.items()} == {
        "heat_cost": [3.0, 3.0]
    }


@pytest.mark.parametrize("design", DESIGNS)
def test_sources_may_come_from_different_draws(park: ParkData, design: Design) -> None:
    study = designed(design)
    whole = draw(study, park, 0, 100)
    mixed = draw_at(study, park, np.array([3, 3, 90]), np.array([7, 8, 7]), np.array([5, 5, 5]))
    assert mixed.inputs["hurdle_rate"].tolist() == whole.inputs["hurdle_rate"][[3, 3, 90]].tolist()
    assert mixed.inputs["gas_price"].tolist() == whole.inputs["gas_price"][[7, 8, 7]].tolist()
    assert mixed.weather_seeds.tolist() == whole.weather_seeds[[7, 8, 7]].tolist()
    assert mixed.seeds.tolist() == whole.seeds[[5, 5, 5]].tolist()


def test_groups_correlate_what_is_drawn(park: ParkData) -> None:
    study = designed("random", groups=(Group(("hurdle_rate", "roof_cost"), 0.8),))
    inputs: dict[str, Floats] = draw(study, park, 0, 20_000).inputs
    assert spearmanr(inputs["hurdle_rate"], inputs["roof_cost"]).statistic == pytest.approx(0.8, abs=0.02)
    assert spearmanr(inputs["hurdle_rate"], inputs["heat_cost"]).statistic == pytest.approx(0.0, abs=0.03)


def test_shared_network_ties_can_never_differ(park: ParkData) -> None:
    assert "ties" not in draw(STUDY, park, 0, 4).overrides
