"""How sure a study of n runs is of what it says: means, quantiles, probabilities, paired differences, convergence.

Values come as [runs] or [runs, ...] (years, outputs); estimates keep what follows the runs. Intervals are for
independent runs. Runs of a Latin hypercube or of Sobol' points spread more evenly, which makes the intervals rather
too wide. Runs that share inputs (the same draw under several behaviours) are not independent: average over them first,
or split the variance with ``experiments.variance_split``.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from agents.errors import InputError
from agents.fields import Floats

CONFIDENCE = 0.95
NEGLIGIBLE = 1e-12  # weight of an order statistic in a quantile's standard error


@dataclass(frozen=True)
class Estimate:
    """Values [...] with the ends of their intervals [...] from ``n`` runs.

    An end is infinite where the runs cannot bound it (an extreme quantile of few runs). ``standard_error`` [...] is
    nan where the interval does not come from one.
    """

    value: Floats
    low: Floats
    high: Floats
    standard_error: Floats
    n: int
    confidence: float = CONFIDENCE

    @property
    def width(self) -> Floats:
        """Length of the interval [...]."""
        return np.asarray(self.high - self.low)

    @property
    def half_width(self) -> Floats:
        """Half the length of the interval [...]: the Monte Carlo error that figures state."""
        return np.asarray(self.width / 2.0)

    def text(self, digits: int = 3) -> str:
        """A single estimate in words: ``0.42 [0.33, 0.51], 100 runs``."""
        value, low, high = (f"{float(part):.{digits}g}" for part in (self.value, self.low, self.high))
        return f"{value} [{low}, {high}], {self.n:,} runs"


@dataclass(frozen=True)
class PairedDifference:
    """Mean difference of two policies under the same luck, and what the pairing is worth.

    ``apart`` is the interval that as many independent runs of each would have given; ``saving`` [...] is how many
    times more runs they would have needed for the paired interval (below 1: pairing harms). ``correlation`` [...] is
    that of the two outcomes over runs.
    """

    difference: Estimate
    apart: Estimate
    saving: Floats
    correlation: Floats

    @property
    def sign_known(self) -> np.ndarray:
        """Where the interval leaves out zero [...]."""
        return np.asarray((self.difference.low > 0.0) | (self.difference.high < 0.0))


def read_runs(values: Any, fewest: int = 2) -> Floats:
    """Values [runs, ...] as finite floats; InputError for too few runs or values that are not numbers."""
    runs = np.asarray(values, dtype=np.float64)
    if runs.ndim == 0 or len(runs) < fewest:
        raise InputError(f"at least {fewest} runs are needed, got shape {runs.shape}")
    if not np.isfinite(runs).all():
        raise InputError(
            f"{int((~np.isfinite(runs)).sum())} of {runs.size} values are not finite; code what did not happen as a "
            "number, such as the last year plus one"
        )
    return runs


def mean(values: Any, confidence: float = CONFIDENCE) -> Estimate:
    """Mean over runs with Student's interval."""
    runs = read_runs(values)
    centre = np.asarray(runs.mean(axis=0))
    error = np.asarray(runs.std(axis=0, ddof=1) / np.sqrt(len(runs)))
    return _student(centre, error, len(runs), confidence)


def _student(centre: Floats, error: Floats, n: int, confidence: float) -> Estimate:
    from scipy.special import stdtrit

    half = stdtrit(n - 1, (1.0 + confidence) / 2.0) * error
    return Estimate(centre, np.asarray(centre - half), np.asarray(centre + half), error, n, confidence)


def quantile(values: Any, share: float, confidence: float = CONFIDENCE) -> Estimate:
    """Quantile over runs. Interval between order statistics (binomial, free of any distribution, never too short).

    The standard error is that of Maritz and Jarrett (1978). An end that n runs cannot bound is infinite: the upper
    end of a 95 % quantile needs 72 runs or so.
    """
    return _quantile(np.sort(read_runs(values), axis=0), share, confidence)


def _quantile(ordered: Floats, share: float, confidence: float) -> Estimate:
    """Quantile of values [runs, ...] in rising order."""
    from scipy.special import betainc
    from scipy.stats import binom

    if not 0.0 < share < 1.0:
        raise InputError(f"a quantile is of a share between 0 and 1, got {share}")
    n = len(ordered)
    tail = (1.0 - confidence) / 2.0
    below = int(binom.ppf(tail, n, share))  # P(at most below - 1 runs under the quantile) < tail
    above = int(binom.ppf(1.0 - tail, n, share)) + 1
    unbounded = np.full(ordered.shape[1:], np.inf)
    low = ordered[below - 1] if below >= 1 else -unbounded
    high = ordered[above - 1] if above <= n else unbounded
    at = (n - 1) * share
    first, part = ordered[int(at)], at - int(at)
    value = first + part * (ordered[min(int(at) + 1, n - 1)] - first)
    middle = int(n * share + 0.5)
    error = np.full(ordered.shape[1:], np.nan)
    if 1 <= middle <= n:
        weights = np.diff(betainc(middle, n - middle + 1, np.arange(n + 1) / n))
        near = weights > NEGLIGIBLE
        distance = ordered[near] - value
        once, twice = np.tensordot(weights[near], distance, 1), np.tensordot(weights[near], distance**2, 1)
        error = np.sqrt(np.maximum(twice - once**2, 0.0))
    return Estimate(np.asarray(value), np.asarray(low), np.asarray(high), np.asarray(error), n, confidence)


def probability(happened: Any, confidence: float = CONFIDENCE) -> Estimate:
    """Share of runs in which something happened, from [runs, ...] of true and false, with Wilson's (1927) interval."""
    runs = read_runs(happened, fewest=1)
    if not np.isin(runs, (0.0, 1.0)).all():
        raise InputError("a probability is estimated from runs that are true or false")
    share = np.asarray(runs.mean(axis=0))
    low, high = wilson(share, len(runs), confidence)
    return Estimate(share, low, high, np.sqrt(share * (1.0 - share) / len(runs)), len(runs), confidence)


def wilson(share: Any, n: float, confidence: float = CONFIDENCE) -> tuple[Floats, Floats]:
    """Ends of Wilson's score interval of shares [...] observed in n runs."""
    from scipy.special import ndtri

    observed = np.asarray(share, dtype=np.float64)
    square = float(ndtri((1.0 + confidence) / 2.0)) ** 2
    centre = (observed + square / (2.0 * n)) / (1.0 + square / n)
    spread = observed * (1.0 - observed) / n + square / (4.0 * n**2)
    half = np.sqrt(square * spread) / (1.0 + square / n)
    low = np.where(observed == 0.0, 0.0, np.maximum(centre - half, 0.0))
    return low, np.where(observed == 1.0, 1.0, np.minimum(centre + half, 1.0))


def paired(values: Any, reference: Any, confidence: float = CONFIDENCE) -> PairedDifference:
    """Mean of ``values`` less ``reference``, run by run [runs, ...]; run r of both must share its luck."""
    one, other = read_runs(values), read_runs(reference)
    if one.shape != other.shape:
        raise InputError(f"paired runs must have one shape, got {one.shape} and {other.shape}")
    difference = mean(one - other, confidence)
    alone = one.var(axis=0, ddof=1) + other.var(axis=0, ddof=1)
    apart = _student(difference.value, np.sqrt(alone / len(one)), len(one), confidence)
    together = difference.standard_error**2 * len(one)
    with np.errstate(divide="ignore", invalid="ignore"):
        saving = np.where(alone > 0.0, alone / together, np.nan)
        product = ((one - one.mean(axis=0)) * (other - other.mean(axis=0))).mean(axis=0)
        correlation = product / (one.std(axis=0) * other.std(axis=0))
    return PairedDifference(difference, apart, np.asarray(saving), np.asarray(correlation))


def paired_probability(happened: Any, reference: Any, confidence: float = CONFIDENCE) -> Estimate:
    """Difference of two probabilities over runs that share their luck [runs, ...] (interval: Agresti and Min 2005)."""
    from scipy.special import ndtri

    one, other = read_runs(happened, fewest=1), read_runs(reference, fewest=1)
    if one.shape != other.shape or not np.isin(one, (0.0, 1.0)).all() or not np.isin(other, (0.0, 1.0)).all():
        raise InputError("paired probabilities are estimated from runs of one shape that are true or false")
    n = len(one)
    gained, lost = (one > other).sum(axis=0), (one < other).sum(axis=0)
    more, fewer, runs = gained + 0.5, lost + 0.5, n + 2.0  # half a run is added to each of the four kinds
    centre = (more - fewer) / runs
    error = np.sqrt(more + fewer - (more - fewer) ** 2 / runs) / runs
    half = float(ndtri((1.0 + confidence) / 2.0)) * error
    low, high = np.maximum(centre - half, -1.0), np.minimum(centre + half, 1.0)
    return Estimate(
        np.asarray((gained - lost) / n), np.asarray(low), np.asarray(high), np.asarray(error), n, confidence
    )


@dataclass(frozen=True)
class RunningMean:
    """Mean after the first n runs, for each of ``n`` [points]: values and interval ends [points, ...]."""

    n: tuple[int, ...]
    value: Floats
    low: Floats
    high: Floats
    confidence: float


def running_mean(values: Any, points: int = 200, confidence: float = CONFIDENCE) -> RunningMean:
    """How the mean settles as runs are added, at up to ``points`` numbers of runs spaced evenly by ratio.

    Each interval is right for its own n. Who looks at all of them and stops at a pleasing one is right less often.
    """
    from scipy.special import stdtrit

    runs = read_runs(values)
    counts = np.unique(np.geomspace(2, len(runs), max(2, points)).round().astype(int))
    origin = runs[0]  # sums of squares lose digits far from the mean
    sums, squares = (np.cumsum((runs - origin) ** power, axis=0)[counts - 1] for power in (1, 2))
    n = counts.reshape(-1, *([1] * (runs.ndim - 1)))
    centre = sums / n
    error = np.sqrt(np.maximum(squares / n - centre**2, 0.0) / (n - 1.0))
    half = stdtrit(n - 1, (1.0 + confidence) / 2.0) * error
    value = centre + origin
    return RunningMean(tuple(int(count) for count in counts), value, value - half, value + half, confidence)


# Longest interval with which a statement may stand without a warning
PROBABILITY_WIDTH = 0.10  # "42 %, between 37 and 47 %": less sure, no round number can be told from the next
DIFFERENCE_WIDTH = 0.50  # of the difference: less sure, its first digit is open
MEAN_WIDTH = 0.05  # of the mean


class PrecisionWarning(UserWarning):
    """A statement that the number of runs does not carry."""


def too_uncertain(estimate: Estimate, statement: str, limit: float, emit: bool = False) -> str | None:
    """Warning if the interval of a single estimate is longer than ``limit`` (in its unit), else None.

    The text says how many runs would do: the interval shortens with the root of their number. With ``emit`` it is
    also issued as a PrecisionWarning.
    """
    width = float(estimate.width)
    if width <= limit:
        return None
    needed = "far more runs are needed"
    if np.isfinite(width) and limit > 0.0:
        needed = f"about {round_up(estimate.n * (width / limit) ** 2):,} runs would do"
    text = (
        f"{statement}: {estimate.text()}; the {estimate.confidence:.0%} interval is {width:.3g} long, more than the "
        f"{limit:.3g} that such a statement needs; {needed}"
    )
    if emit:
        warnings.warn(text, PrecisionWarning, stacklevel=2)
    return text


def check_probability(
    estimate: Estimate, statement: str, limit: float = PROBABILITY_WIDTH, emit: bool = False
) -> str | None:
    """Warning if a probability's interval is longer than 10 percentage points (or ``limit``), else None."""
    return too_uncertain(estimate, statement, limit, emit)


def check_mean(estimate: Estimate, statement: str, share: float = MEAN_WIDTH, emit: bool = False) -> str | None:
    """Warning if a mean's interval is longer than 5 % (or ``share``) of the mean, else None."""
    return too_uncertain(estimate, statement, share * abs(float(estimate.value)), emit)


def check_difference(
    estimate: Estimate, statement: str, share: float = DIFFERENCE_WIDTH, emit: bool = False
) -> str | None:
    """Warning if a difference may be zero, or its interval is longer than half (or ``share``) of it; else None."""
    low, high = float(estimate.low), float(estimate.high)
    if low <= 0.0 <= high and high > low:
        text = f"{statement}: {estimate.text()}; the interval holds zero, so that not even the sign is known"
        if emit:
            warnings.warn(text, PrecisionWarning, stacklevel=2)
        return text
    return too_uncertain(estimate, statement, share * abs(float(estimate.value)), emit)


def round_up(number: float, digits: int = 2) -> int:
    """A number of runs rounded up to ``digits`` digits."""
    if number < 10**digits:
        return int(np.ceil(number))
    unit = 10 ** (int(np.floor(np.log10(number))) - digits + 1)
    return int(np.ceil(number / unit)) * unit


def fan(
    values: Any, shares: Sequence[float] = (0.05, 0.25, 0.5, 0.75, 0.95), confidence: float = CONFIDENCE
) -> dict[float, Estimate]:
    """Quantiles over runs of values [runs, years] by their shares, each an estimate [years]: what a fan chart shows."""
    runs = np.asarray(read_runs(values))
    ordered = np.sort(np.ascontiguousarray(np.moveaxis(runs, 0, -1)), axis=-1)  # quicker with runs side by side
    return {share: _quantile(np.moveaxis(ordered, -1, 0), share, confidence) for share in shares}
