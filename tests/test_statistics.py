"""Monte Carlo errors hold the truth as often as they say; warnings come when a statement is too bold."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from agents.errors import InputError
from experiments import statistics
from experiments.statistics import Estimate, PrecisionWarning
from experiments.variance_split import _left_out, _spreads, split_variance


def share_holding(estimate: Estimate, truth: float) -> float:
    """Share of many estimates whose interval holds the truth."""
    return float(np.mean((estimate.low <= truth) & (truth <= estimate.high)))


def test_the_interval_of_a_mean_holds_it_in_95_of_100_studies() -> None:
    runs = np.random.default_rng(0).normal(3.0, 2.0, (12, 4000))
    found = statistics.mean(runs)
    assert share_holding(found, 3.0) == pytest.approx(0.95, abs=0.015)
    np.testing.assert_allclose(found.standard_error, runs.std(axis=0, ddof=1) / np.sqrt(12))


@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
@pytest.mark.parametrize("n", [30, 200])
def test_the_interval_of_a_quantile_holds_it_whatever_the_distribution(share: float, n: int) -> None:
    normal = np.random.default_rng(1).normal(size=(n, 4000))
    for runs, truth in ((normal, norm.ppf(share)), (np.exp(3.0 * normal), np.exp(3.0 * norm.ppf(share)))):
        assert 0.945 < share_holding(statistics.quantile(runs, share), truth) <= 1.0


def test_the_standard_error_of_a_median_is_the_spread_of_medians() -> None:
    found = statistics.quantile(np.random.default_rng(2).normal(size=(100, 2000)), 0.5)
    assert found.standard_error.mean() == pytest.approx(float(found.value.std()), rel=0.1)


def test_an_extreme_quantile_of_few_runs_has_no_upper_bound() -> None:
    runs = np.arange(100.0)
    assert np.isinf(statistics.quantile(runs[:71], 0.95).high)
    assert statistics.quantile(runs[:72], 0.95).high == 71.0


@pytest.mark.parametrize("truth", [0.02, 0.3, 0.5])
def test_the_interval_of_a_probability_holds_it(truth: float) -> None:
    happened = np.random.default_rng(3).random((80, 5000)) < truth
    assert share_holding(statistics.probability(happened), truth) > 0.93


def test_wilson_gives_the_published_interval_and_stays_within_certainty() -> None:
    low, high = statistics.wilson(15 / 148, 148)  # Newcombe (1998), table I
    assert (round(float(low), 4), round(float(high), 4)) == (0.0624, 0.1605)
    never = statistics.probability(np.zeros(20, dtype=bool))
    assert never.low == 0.0 and never.high == pytest.approx(0.1611, abs=1e-4)


def test_pairing_saves_the_runs_that_shared_luck_is_worth() -> None:
    random = np.random.default_rng(4)
    luck = random.normal(size=(200, 500))
    base, package = luck, luck - 0.5 + 0.2 * random.normal(size=luck.shape)
    found = statistics.paired(package, base)
    assert share_holding(found.difference, -0.5) == pytest.approx(0.95, abs=0.03)
    assert np.median(found.saving) == pytest.approx((1.0 + 1.04) / 0.04, rel=0.1)
    assert np.median(found.correlation) == pytest.approx(1.0 / np.sqrt(1.04), abs=0.01)
    assert found.sign_known.all() and (found.apart.width > found.difference.width).all()


def test_runs_that_share_nothing_save_nothing() -> None:
    random = np.random.default_rng(5)
    found = statistics.paired(random.normal(size=5000), random.normal(size=5000))
    assert found.saving == pytest.approx(1.0, abs=0.1)


def test_the_difference_of_paired_probabilities_is_covered() -> None:
    luck = np.random.default_rng(6).random((100, 4000))
    found = statistics.paired_probability(luck < 0.35, luck < 0.30)
    assert share_holding(found, 0.05) > 0.93
    assert found.value.mean() == pytest.approx(0.05, abs=0.002)


def test_the_running_mean_ends_at_the_mean_and_keeps_its_digits() -> None:
    runs = 1e9 + np.random.default_rng(7).normal(size=(1000, 2))
    track, whole = statistics.running_mean(runs, points=50), statistics.mean(runs)
    assert track.n[0] == 2 and track.n[-1] == 1000 and len(track.n) <= 50
    np.testing.assert_allclose(track.value[-1], whole.value, rtol=1e-14)
    np.testing.assert_allclose(track.high[-1] - track.low[-1], whole.width, rtol=1e-5)
    np.testing.assert_allclose(track.value[0], runs[:2].mean(axis=0), rtol=1e-15)


def test_a_bold_probability_is_warned_of_with_the_runs_it_needs() -> None:
    few = statistics.probability(np.arange(60) < 25)
    text = statistics.check_probability(few, "neutral by 2045")
    assert text is not None and text.startswith("neutral by 2045: 0.417 [0.301, 0.543], 60 runs")
    assert "about 360 runs would do" in text
    enough = statistics.probability(np.arange(1000) < 417)
    assert statistics.check_probability(enough, "neutral by 2045") is None
    with pytest.warns(PrecisionWarning, match="neutral by 2045"):
        statistics.check_probability(few, "neutral by 2045", emit=True)


def test_a_difference_of_unknown_sign_is_warned_of() -> None:
    random = np.random.default_rng(8)
    vague = statistics.mean(random.normal(0.01, 1.0, 50))
    assert "not even the sign" in (statistics.check_difference(vague, "the package saves CO2") or "")
    assert statistics.check_difference(statistics.mean(random.normal(-9.0, 1.0, 50)), "it does") is None
    rough = statistics.mean(random.normal(1.0, 1.0, 30))
    assert "runs would do" in (statistics.check_difference(rough, "it helps") or "")
    assert statistics.check_difference(statistics.mean(np.zeros(9)), "nothing changes") is None


def test_an_unbounded_quantile_is_warned_of() -> None:
    text = statistics.too_uncertain(statistics.quantile(np.arange(20.0), 0.95), "the worst year", 1.0)
    assert text is not None and "far more runs" in text


def test_a_mean_is_warned_of_by_its_size() -> None:
    runs = np.random.default_rng(9).normal(100.0, 20.0, 100)
    assert statistics.check_mean(statistics.mean(runs), "net CO2 in 2040") is not None
    assert statistics.check_mean(statistics.mean(runs), "net CO2 in 2040", share=0.2) is None


def test_a_fan_is_ordered() -> None:
    found = statistics.fan(np.random.default_rng(10).normal(size=(300, 41)))
    assert (np.diff([estimate.value for estimate in found.values()], axis=0) > 0.0).all()


@pytest.mark.parametrize("bad", [[1.0], 3.0, [1.0, np.nan, 2.0]])
def test_values_that_are_no_runs_are_refused(bad: object) -> None:
    with pytest.raises(InputError):
        statistics.mean(bad)


def test_faulty_calls_are_refused() -> None:
    for fault in (
        lambda: statistics.quantile([1.0, 2.0], 1.0),
        lambda: statistics.probability([0.0, 0.5]),
        lambda: statistics.paired([1.0, 2.0], [1.0, 2.0, 3.0]),
        lambda: statistics.paired_probability([0, 1, 1], [0, 0.5, 1]),
        lambda: split_variance(np.ones((20, 1, 3))),
        lambda: split_variance(np.ones((4, 2, 3))),
    ):
        with pytest.raises(InputError):
            fault()


def nested(random: np.random.Generator, sizes: tuple[int, int, int], parts: tuple[float, float, float], k: int):  # type: ignore[no-untyped-def]
    """Runs [parameters, futures, behaviour, k] whose variance by source is known."""
    outer, middle, inner = sizes
    shapes = ((outer, 1, 1, k), (outer, middle, 1, k), (outer, middle, inner, k))
    return sum((np.sqrt(part) * random.normal(size=shape) for part, shape in zip(parts, shapes, strict=True)), 100.0)


def test_variance_is_split_by_source_without_bias() -> None:
    found = split_variance(nested(np.random.default_rng(11), (20, 3, 2), (6.0, 3.0, 1.0), 500))
    np.testing.assert_allclose(found.variance.mean(axis=1), [6.0, 3.0, 1.0], rtol=0.05)
    np.testing.assert_allclose(found.share.sum(axis=0), 1.0)
    assert found.sources == ("parameters", "futures", "behaviour") and found.runs == 120


@pytest.mark.parametrize("parts", [(0.6, 0.3, 0.1), (0.2, 0.2, 0.6)])
def test_intervals_of_variance_shares_hold_the_truth(parts: tuple[float, float, float]) -> None:
    found = split_variance(nested(np.random.default_rng(12), (24, 4, 3), parts, 600))
    truth = np.array(parts)[:, None]
    held = ((found.share_ci[..., 0] <= truth) & (truth <= found.share_ci[..., 1])).mean(axis=1)
    assert (held > 0.9).all()


def test_means_of_inner_draws_alone_would_blame_the_parameters() -> None:
    found = split_variance(nested(np.random.default_rng(13), (200, 2, 2), (0.0, 0.0, 1.0), 1))
    np.testing.assert_allclose(found.share[:, 0], [0.0, 0.0, 1.0], atol=0.15)


def test_outputs_that_do_not_vary_have_no_shares() -> None:
    runs = nested(np.random.default_rng(14), (10, 2, 2), (1.0, 1.0, 1.0), 2)
    runs[..., 1] = 0.1 + 0.2
    found = split_variance(runs)
    assert np.isnan(found.share[:, 1]).all() and np.isfinite(found.share[:, 0]).all()
    assert not found.variance[:, 1].any()


def test_leaving_out_an_outer_draw_by_formula_is_leaving_it_out() -> None:
    runs = nested(np.random.default_rng(15), (10, 3, 2), (2.0, 1.0, 1.0), 1)
    spreads = _spreads(runs, 3)
    by_formula = _left_out(runs.mean(axis=(1, 2)), spreads, runs.shape[:3])
    for outer in range(10):
        rest = np.delete(runs, outer, axis=0)
        np.testing.assert_allclose(by_formula[:, outer], split_variance(rest).variance)
