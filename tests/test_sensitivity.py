"""Sobol', Morris and PAWN on functions whose answers are known; what a study refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from known_functions import (
    ISHIGAMI_BOUNDS,
    LINEAR,
    g_function,
    g_indices,
    ishigami,
    ishigami_indices,
    linear,
    linear_indices,
)
from scipy.stats import norm

from agents.errors import InputError
from agents.fields import Floats
from experiments import sensitivity
from experiments.sensitivity.distributions import slice_distances, slice_numbers


def covered(interval: Floats, truth: Floats) -> np.ndarray:
    """Whether intervals [..., 2] hold the truth [...]."""
    return np.asarray((interval[..., 0] <= truth) & (truth <= interval[..., 1]))


@pytest.mark.parametrize(
    ("function", "bounds", "truth"),
    [
        (ishigami, ISHIGAMI_BOUNDS, ishigami_indices()),
        (g_function, [(0.0, 1.0)] * 6, g_indices()),
        (linear, [(5.0, 7.0)] * 4, (linear_indices(), linear_indices())),
    ],
)
def test_sobol_indices_are_those_of_the_closed_form(function, bounds, truth) -> None:  # type: ignore[no-untyped-def]
    found = sensitivity.sobol(function, bounds, 4096)
    np.testing.assert_allclose(found.first, truth[0], atol=0.02)
    np.testing.assert_allclose(found.total, truth[1], atol=0.02)
    assert found.first_ci.shape == found.total_ci.shape == (len(bounds), 2)
    assert covered(found.first_ci, truth[0]).all() and covered(found.total_ci, truth[1]).all()


def test_intervals_of_sobol_indices_hold_the_truth_in_nine_of_ten_studies() -> None:
    first, total = g_indices()
    studies = [sensitivity.sobol(g_function, [(0.0, 1.0)] * 6, 128, seed, resamples=150) for seed in range(60)]
    assert np.mean([covered(study.first_ci, first) for study in studies]) > 0.9
    assert np.mean([covered(study.total_ci, total) for study in studies]) > 0.9


def test_intervals_shrink_and_indices_settle_along_the_convergence_record() -> None:
    first, _ = ishigami_indices()
    record = sensitivity.sobol(ishigami, ISHIGAMI_BOUNDS, 2048).convergence
    assert record.n == (256, 512, 1024, 2048)
    width = (record.first_ci[..., 1] - record.first_ci[..., 0]).mean(axis=1)
    assert (np.diff(width) < 0.0).all()
    error = np.abs(record.first - first).max(axis=1)
    assert error[-1] < 0.5 * error[0]


def test_all_outputs_come_at_once_each_as_if_alone() -> None:
    def both(x: Floats) -> Floats:
        return np.stack([ishigami(x), 1e6 + 1e-3 * x[:, 0]], axis=1)

    together = sensitivity.sobol(both, ISHIGAMI_BOUNDS, 256)
    alone = sensitivity.sobol(ishigami, ISHIGAMI_BOUNDS, 256)
    assert together.first.shape == (3, 2) and together.first_ci.shape == (3, 2, 2)
    np.testing.assert_allclose(together.first[:, 0], alone.first)
    np.testing.assert_allclose(together.total_ci[:, 0], alone.total_ci)
    np.testing.assert_allclose(together.total[:, 1], [1.0, 0.0, 0.0], atol=1e-4)
    assert sensitivity.morris(both, ISHIGAMI_BOUNDS, 8).mu_star_ci.shape == (3, 2, 2)
    assert sensitivity.pawn(both, ISHIGAMI_BOUNDS, 200).median_ci.shape == (3, 2, 2)


def test_years_by_outputs_keep_their_shape() -> None:
    found = sensitivity.sobol(lambda x: np.tile(x[:, :1, None], (1, 5, 2)), ISHIGAMI_BOUNDS, 16, resamples=10)
    assert found.first.shape == (3, 5, 2) and found.convergence.first_ci.shape == (2, 3, 5, 2, 2)
    assert len(found.frame()) == 30 and {"input", "output", "first_low", "total_high"} <= set(found.frame().columns)


@pytest.mark.parametrize("method", [sensitivity.sobol, sensitivity.morris, sensitivity.pawn])
def test_results_do_not_depend_on_the_chunk_and_no_call_exceeds_it(method) -> None:  # type: ignore[no-untyped-def]
    sizes = []

    def watched(x: Floats) -> Floats:
        sizes.append(len(x))
        return ishigami(x)

    whole, parts = method(ishigami, ISHIGAMI_BOUNDS, 128), method(watched, ISHIGAMI_BOUNDS, 128, chunk=3)
    assert max(sizes) == 3
    assert whole.frame().equals(parts.frame())


@pytest.mark.parametrize("method", [sensitivity.sobol, sensitivity.morris, sensitivity.pawn])
def test_the_seed_decides_everything(method) -> None:  # type: ignore[no-untyped-def]
    one, again, other = (method(ishigami, ISHIGAMI_BOUNDS, 64, seed) for seed in (1, 1, 2))
    assert one.frame().equals(again.frame())
    assert not one.frame().equals(other.frame())


def test_a_number_that_is_no_power_of_two_is_rounded_up() -> None:
    found = sensitivity.sobol(linear, [(0.0, 1.0)] * 4, 100, resamples=10)
    assert (found.n, found.evaluations) == (128, 128 * 6)


def test_an_output_that_does_not_vary_has_no_indices() -> None:
    def rounding(x: Floats) -> Floats:
        return np.stack([np.where(x[:, 0] < 0.5, 0.3, 0.1 + 0.2), x[:, 0]], axis=1)

    found = sensitivity.sobol(rounding, [(0, 1)] * 2, 64)
    assert np.isnan(found.first[:, 0]).all() and np.isnan(found.total_ci[:, 0]).all()
    assert np.isfinite(found.first[:, 1]).all()
    screened = sensitivity.morris(lambda x: np.full(len(x), 0.3), [(0, 1)] * 2, 8)
    assert not screened.mu_star.any() and not screened.sigma_ci.any()
    assert not sensitivity.pawn(lambda x: np.full(len(x), 0.3), [(0, 1)] * 2, 100).maximum.any()


def test_a_transform_places_the_points_of_the_cube() -> None:
    def quantiles(unit: Floats) -> Floats:
        return np.stack([norm.ppf(unit[:, 0]), 2.0 * norm.ppf(unit[:, 1])], axis=1)

    found = sensitivity.sobol(lambda x: x.sum(axis=1), ["narrow", "wide"], 1024, transform=quantiles)
    assert found.names == ("narrow", "wide")
    np.testing.assert_allclose(found.first, [0.2, 0.8], atol=0.02)
    assert sensitivity.morris(lambda x: x.sum(axis=1), 2, 8, transform=quantiles).names == ("x1", "x2")


def test_a_group_of_inputs_has_one_index_with_their_interaction_inside() -> None:
    found = sensitivity.sobol(ishigami, ISHIGAMI_BOUNDS, 2048, groups=["waves", "hills", "waves"])
    first, total = ishigami_indices()
    assert found.names == ("waves", "hills") and found.evaluations == 2048 * 4
    np.testing.assert_allclose(found.first, [1.0 - first[1], first[1]], atol=0.02)
    np.testing.assert_allclose(found.interaction, 0.0, atol=0.02)


def test_runs_made_elsewhere_give_the_same_answers() -> None:
    points = sensitivity.sobol_design(ISHIGAMI_BOUNDS, 64, 5)
    here = sensitivity.sobol(ishigami, ISHIGAMI_BOUNDS, 64, 5)
    assert sensitivity.sobol_indices(ishigami(points), here.names, seed=5).frame().equals(here.frame())
    points = sensitivity.morris_design(ISHIGAMI_BOUNDS, 20, 5)
    screened = sensitivity.morris(ishigami, ISHIGAMI_BOUNDS, 20, 5)
    assert sensitivity.morris_effects(ishigami(points), screened.names, seed=5).frame().equals(screened.frame())


def test_elementary_effects_of_a_sum_are_its_coefficients_without_spread() -> None:
    found = sensitivity.morris(linear, [(5.0, 7.0)] * 4, 10)
    np.testing.assert_allclose(found.mu, 2.0 * LINEAR, atol=1e-12)
    np.testing.assert_allclose(found.mu_star, 2.0 * np.abs(LINEAR), atol=1e-12)
    assert not found.sigma.any() and not found.sigma_ci.any()


def test_screening_finds_interaction_and_curvature() -> None:
    found = sensitivity.morris(lambda x: x[:, 0] * x[:, 1] + x[:, 2], {"a": (-1, 1), "b": (-1, 1), "c": (0, 1)}, 64)
    assert found.names == ("a", "b", "c")
    assert found.sigma[0] > 1.0 > found.sigma[2] == 0.0
    assert abs(found.mu[0]) < 0.25 < found.mu_star[0]
    assert (np.diff(sensitivity.morris(g_function, [(0, 1)] * 6, 64).mu_star[:5]) < 0.0).all()


def test_intervals_of_elementary_effects_hold_the_truth() -> None:
    truth = sensitivity.morris(g_function, [(0.0, 1.0)] * 6, 2**16, seed=99)
    studies = [sensitivity.morris(g_function, [(0.0, 1.0)] * 6, 20, seed) for seed in range(100)]
    for measure in ("mu", "mu_star", "sigma"):
        shares = np.mean([covered(getattr(s, f"{measure}_ci"), getattr(truth, measure)) for s in studies], axis=0)
        assert shares.min() > 0.88, measure


@pytest.mark.parametrize("decimals", [0, 8])
def test_a_slice_distance_is_the_largest_gap_between_two_distributions(decimals: int) -> None:
    random = np.random.default_rng(3)
    inputs, outputs = random.random(400), np.round(4.0 * random.random(400) ** 2, decimals)
    numbers = slice_numbers(inputs, 7)
    order = np.argsort(outputs)
    found = slice_distances(outputs[order], numbers[order][:, None], 7)[0]
    for part in range(7):
        gaps = [abs(np.mean(outputs[numbers == part] <= v) - np.mean(outputs <= v)) for v in np.unique(outputs)]
        assert found[part] == pytest.approx(max(gaps))


def test_pawn_finds_what_moves_the_distribution_and_dummies_stay_below_the_threshold() -> None:
    def spread_only(x: Floats) -> Floats:  # the first input moves no mean
        return np.asarray(x[:, 0] * np.sign(x[:, 1]) * 10.0 + 0.0 * x[:, 2])

    found = sensitivity.pawn(spread_only, {"spread": (0.1, 1), "side": (-1, 1), "dummy": (0, 1)}, 1000)
    assert found.influential.tolist() == [True, True, False]
    assert found.distances.shape == (3, 10)
    assert found.median[1] == pytest.approx(0.5, abs=0.02)  # one side or the other holds half of the runs
    assert (found.maximum >= found.median).all() and covered(found.median_ci, found.median).all()


def test_a_dummy_passes_the_threshold_in_one_study_of_twenty() -> None:
    random = np.random.default_rng(0)
    passed = [
        sensitivity.pawn_given(random.random((300, 10)), random.random(300), resamples=2, seed=seed).influential
        for seed in range(20)
    ]
    assert 0.01 < np.mean(passed) < 0.12


def test_pawn_takes_runs_that_exist_with_few_valued_inputs() -> None:
    random = np.random.default_rng(0)
    policy, noise = random.integers(0, 3, 600), random.random(600)
    found = sensitivity.pawn_given({"policy": policy, "noise": noise}, policy + noise)
    assert np.isfinite(found.distances[0]).sum() == 3
    assert found.influential[0]


def test_regional_analysis_tells_the_inputs_of_early_neutrality() -> None:
    random = np.random.default_rng(1)
    inputs = random.random((500, 8))
    years = np.where(inputs[:, 2] > 0.6, 2044, 2061)
    early = sensitivity.before([*years[:-1], None], 2045)
    assert not early[-1]
    found = sensitivity.regional(inputs, early)
    assert found.frame()["input"][0] == "x3"
    assert found.distance[2] == pytest.approx(1.0, abs=0.02) and found.shift[2] > 1.0
    assert found.p_adjusted[2] < 1e-10
    assert "0.4 would look influential by luck" in found.note


def test_holm_keeps_false_alarms_of_the_whole_family_rare() -> None:
    np.testing.assert_allclose(sensitivity.holm(np.array([0.01, 0.04, 0.03])), [0.03, 0.06, 0.06])
    random = np.random.default_rng(2)
    alarms = [
        (sensitivity.regional(random.random((200, 20)), random.random(200) < 0.4).p_adjusted < 0.05).any()
        for _ in range(60)
    ]
    assert np.mean(alarms) < 0.15


def test_swings_are_the_means_at_low_and_high_inputs() -> None:
    random = np.random.default_rng(3)
    inputs = random.random((4000, 2))
    found = sensitivity.swings(inputs, 10.0 * inputs[:, 0] + random.random(4000), names=["strong", "none"])
    assert found.low[0] == pytest.approx(1.0, abs=0.15) and found.high[0] == pytest.approx(10.0, abs=0.15)
    assert found.width[1] < 1.0 and covered(found.low_ci[1], np.array(5.5))


def test_what_is_not_a_number_is_refused_or_left_out_with_its_base_point() -> None:
    def broken(x: Floats) -> Floats:
        return np.where(x[:, 0] > 0.99, np.nan, x[:, 0] + x[:, 1])

    with pytest.raises(InputError, match="missing='drop'"):
        sensitivity.sobol(broken, [(0, 1)] * 2, 256)
    left = sensitivity.sobol(broken, [(0, 1)] * 2, 256, missing="drop")
    assert 230 < left.n < 256
    np.testing.assert_allclose(left.total, 0.5, atol=0.06)
    for method in (sensitivity.morris, sensitivity.pawn):
        with pytest.raises(InputError, match="not finite"):
            method(broken, [(0, 1)] * 2, 256)
        assert method(broken, [(0, 1)] * 2, 256, missing="drop").n < 256


@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        ({"price": (2.0, 1.0), "rate": (0.0, np.inf)}, "price.*\n.*rate"),
        ([(0.0, 1.0, 2.0)], "shape"),
        (3, "shape"),
        (["price", "rate"], "numbers"),
    ],
)
def test_faulty_bounds_are_refused_all_at_once(bounds: Any, message: str) -> None:
    for method in (sensitivity.sobol, sensitivity.morris, sensitivity.pawn):
        with pytest.raises(InputError, match=message):
            method(linear, bounds, 64)


def test_faulty_calls_are_refused() -> None:
    def plain(x: Floats) -> Floats:
        return np.asarray(x.sum(axis=1))

    square = [(0.0, 1.0)] * 2
    faults = [
        lambda: sensitivity.sobol(lambda x: x[:-1, 0], square, 8),
        lambda: sensitivity.sobol(lambda x: 1.0, square, 8),
        lambda: sensitivity.sobol(plain, square, 1),
        lambda: sensitivity.sobol(plain, square, 8, chunk=0),
        lambda: sensitivity.sobol(plain, square, 8, names=["a", "a"]),
        lambda: sensitivity.sobol(plain, square, 8, groups=["a"]),
        lambda: sensitivity.sobol(plain, square, 8, transform=lambda unit: unit[:, :1]),
        lambda: sensitivity.sobol_indices(np.ones(7), ["a", "b"]),
        lambda: sensitivity.morris(plain, square, 3),
        lambda: sensitivity.pawn(plain, square, 20),
        lambda: sensitivity.pawn_given({"policy": ["bau"] * 100}, np.arange(100.0)),
        lambda: sensitivity.regional(np.random.default_rng(0).random((100, 2)), np.zeros(100, dtype=bool)),
        lambda: sensitivity.swings(np.random.default_rng(0).random((20, 2)), np.arange(20.0)),
    ]
    for fault in faults:
        with pytest.raises(InputError):
            fault()
