"""Effects on whole distributions, measured by Kolmogorov-Smirnov distances; from any runs that are there already.

PAWN (Pianosi and Wagener 2018): how far does the distribution of the output move when an input is held in a slice of
its range? Regional analysis (Hornberger and Spear 1981): how far apart are the inputs of two kinds of futures, such as
those neutral before a date and the rest? Swings: what the output is when an input is low or high (a tornado).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.errors import InputError
from agents.fields import Floats, Integers
from experiments.sensitivity.inputs import (
    CHUNK,
    Bounds,
    Function,
    Transform,
    evaluate,
    kept,
    latin_points,
    long_frame,
    read_columns,
    read_inputs,
    read_outputs,
)

if TYPE_CHECKING:
    from pandas import DataFrame

SLICES = 10
FEWEST_A_SLICE = 5  # runs
DUMMIES = 200  # inputs without effect that the threshold is read from


@dataclass(frozen=True)
class PawnIndices:
    """Distances between the output's distribution and that with an input held in a slice.

    ``distances`` [d, slices, ...], nan for slices that do not exist; ``median`` and ``maximum`` over slices [d, ...].
    Their intervals [d, ..., 2] say how far another study of as many runs may come out. All such studies measure too
    large a distance, the more so the fewer the runs: even an input without effect has one. ``median_threshold`` and
    ``maximum_threshold`` [...] are what such a dummy stays below with ``confidence``.
    """

    names: tuple[str, ...]
    n: int
    slices: int
    distances: Floats
    median: Floats
    maximum: Floats
    median_ci: Floats
    maximum_ci: Floats
    median_threshold: Floats
    maximum_threshold: Floats
    confidence: float

    @property
    def influential(self) -> np.ndarray:
        """Inputs [d, ...] whose median distance is above that of a dummy."""
        return np.asarray(self.median > self.median_threshold)

    def frame(self) -> DataFrame:
        """Long table: input, output, median, median_low, median_high, maximum, ..., and the thresholds."""
        columns = {"median": self.median, "median_ci": self.median_ci}
        columns |= {"maximum": self.maximum, "maximum_ci": self.maximum_ci}
        columns["median_threshold"] = np.broadcast_to(self.median_threshold, self.median.shape)
        columns["maximum_threshold"] = np.broadcast_to(self.maximum_threshold, self.median.shape)
        return long_frame(self.names, self.median.shape[1:], columns)


def pawn(
    function: Function,
    bounds: Bounds,
    n: int,
    seed: int = 0,
    *,
    names: Sequence[str] | None = None,
    transform: Transform | None = None,
    chunk: int = CHUNK,
    slices: int = SLICES,
    resamples: int = 50,
    confidence: float = 0.95,
    missing: str = "refuse",
) -> PawnIndices:
    """PAWN indices of a batched function f(X[m, d]) -> Y[m] or Y[m, k] from a Latin hypercube of n runs.

    Arguments as in ``sobol``; a slice should hold some 50 runs or more, so n of 500 and up.
    """
    inputs = read_inputs(bounds, names, transform)
    points = latin_points(n, len(inputs.names), seed)
    outputs, shape = evaluate(function, inputs, [points], n, chunk)
    return pawn_given(
        inputs.place(points),
        outputs.reshape(n, *shape),
        names=inputs.names,
        seed=seed,
        slices=slices,
        resamples=resamples,
        confidence=confidence,
        missing=missing,
    )


def pawn_given(
    inputs: Any,
    outputs: Any,
    *,
    names: Sequence[str] | None = None,
    seed: int = 0,
    slices: int = SLICES,
    resamples: int = 50,
    confidence: float = 0.95,
    missing: str = "refuse",
) -> PawnIndices:
    """PAWN indices of runs that exist: inputs [n, d] (array, mapping or data frame), outputs [n] or [n, ...].

    Slices hold equally many runs each; an input with at most ``slices`` values has one slice a value. The inputs
    should have been drawn independently of each other, or an input answers for those that it goes with.
    """
    table, labels = read_columns(inputs, names)
    values, shape = read_outputs(outputs, len(table))
    sound = kept(values, missing)
    table, values = table[sound], values[sound]
    n, count = values.shape
    if slices < 2 or n < slices * FEWEST_A_SLICE:
        raise InputError(
            f"{n} runs in {slices} slices: at least 2 slices of {FEWEST_A_SLICE} runs or more are needed (better 50)"
        )
    held = np.column_stack([slice_numbers(column, slices) for column in table.T])
    random = np.random.default_rng(seed)
    draws = [np.repeat(np.arange(n), random.multinomial(n, np.full(n, 1.0 / n))) for _ in range(resamples)]
    dummies = random.permuted(np.repeat(np.arange(n)[:, None] * slices // n, DUMMIES, axis=1), axis=0)
    measured = [_one_output(values[:, k], held, dummies, draws, slices, confidence) for k in range(count)]
    distances, ends, thresholds = (np.stack(part, axis=-1) for part in zip(*measured, strict=True))
    d = len(labels)
    median_ci, maximum_ci = np.moveaxis(ends, -1, 2).reshape(2, d, *shape, 2)
    return PawnIndices(
        names=labels,
        n=n,
        slices=slices,
        distances=distances.reshape(d, slices, *shape),
        median=np.nanmedian(distances, axis=1).reshape(d, *shape),
        maximum=np.nanmax(distances, axis=1).reshape(d, *shape),
        median_ci=median_ci,
        maximum_ci=maximum_ci,
        median_threshold=thresholds[0].reshape(shape),
        maximum_threshold=thresholds[1].reshape(shape),
        confidence=confidence,
    )


def slice_numbers(values: Floats, slices: int) -> Integers:
    """Slice of each value [n]: equally many runs each, or one a value where there are at most ``slices`` values."""
    distinct, place = np.unique(values, return_inverse=True)
    if len(distinct) <= slices:
        return np.asarray(place, dtype=np.int64)
    edges = np.quantile(values, np.arange(1, slices) / slices)
    return np.asarray(np.searchsorted(edges, values, side="right"), dtype=np.int64)


def _one_output(
    values: Floats, held: Integers, dummies: Integers, draws: list[Integers], slices: int, confidence: float
) -> tuple[Floats, Floats, Floats]:
    """Distances [d, slices], intervals of median and maximum [2, d, 2], thresholds [2], for one output [n]."""
    from scipy.special import ndtri

    order = np.argsort(values, kind="stable")
    ranked, numbers = values[order], held[order]
    distances = slice_distances(ranked, numbers, slices)
    summary = _summaries(distances)
    again = np.stack([_summaries(slice_distances(ranked[draw], numbers[draw], slices)) for draw in draws])
    # Resampled distances lie above the sample's own, which carry the same excess already: only their spread is used
    half = float(ndtri((1.0 + confidence) / 2.0)) * again.std(axis=0, ddof=1)
    ends = np.clip(np.stack([summary - half, summary + half], axis=-1), 0.0, 1.0)
    chance = _summaries(slice_distances(ranked, dummies[order], slices))
    return distances, ends, np.asarray(np.quantile(chance, confidence, axis=1))


def _summaries(distances: Floats) -> Floats:
    """Median and maximum over slices [2, d]."""
    return np.stack([np.nanmedian(distances, axis=1), np.nanmax(distances, axis=1)])


def slice_distances(ranked: Floats, numbers: Integers, slices: int) -> Floats:
    """Kolmogorov-Smirnov distances [d, slices] between all runs and each slice's; nan for a slice without runs.

    ``ranked`` [n] is the output in rising order, ``numbers`` [n, d] the slices of the same runs.
    """
    n, inputs = numbers.shape
    below = np.searchsorted(ranked, ranked, side="left") / n
    upto = np.searchsorted(ranked, ranked, side="right") / n
    small = np.int16 if inputs * slices < 2**15 else np.int64  # short numbers are sorted in linear time
    key = (numbers.T + slices * np.arange(inputs)[:, None]).astype(small).ravel()
    order = np.argsort(key, kind="stable")  # runs by input, by slice, rising within
    here, run = key[order], order % n
    sizes = np.bincount(key, minlength=inputs * slices)
    starts = np.cumsum(sizes) - sizes
    place, size = np.arange(n * inputs) - starts[here], sizes[here]
    value = ranked[run]
    fresh = np.ones(n * inputs, dtype=bool)  # first of equal values within the slice
    fresh[1:] = (value[1:] != value[:-1]) | (here[1:] != here[:-1])
    after = np.where(np.append(fresh[1:], True), np.abs((place + 1) / size - upto[run]), 0.0)
    before = np.where(fresh, np.abs(place / size - below[run]), 0.0)
    found, there = np.full(inputs * slices, np.nan), sizes > 0
    found[there] = np.maximum.reduceat(np.maximum(after, before), starts[there])
    return found.reshape(inputs, slices)


@dataclass(frozen=True)
class RegionalSensitivity:
    """Inputs [d] of two kinds of runs compared.

    ``distance`` Kolmogorov-Smirnov distance between the inputs of runs where the condition holds and the rest;
    ``shift`` mean where it holds less mean of the rest, in standard deviations of the input; ``p`` its p-value alone,
    ``p_adjusted`` by Holm for having tested d inputs; ``holds`` runs of ``n`` where the condition holds.
    """

    names: tuple[str, ...]
    n: int
    holds: int
    distance: Floats
    shift: Floats
    p: Floats
    p_adjusted: Floats

    @property
    def note(self) -> str:
        """What the p-values do and do not say."""
        d = len(self.names)
        return (
            f"{d} inputs were tested on {self.holds} against {self.n - self.holds} runs; at 5 % each, {0.05 * d:.1f} "
            "would look influential by luck, so judge by the adjusted p-values (Holm). A small p-value shows that an "
            "effect is there, the distance how strong it is; an input that acts only together with another one can "
            "have a distance of zero."
        )

    def frame(self) -> DataFrame:
        """One row an input, the farthest apart first."""
        columns = {name: getattr(self, name) for name in ("distance", "shift", "p", "p_adjusted")}
        return long_frame(self.names, (), columns).sort_values("distance", ascending=False, ignore_index=True)


def regional(inputs: Any, holds: Any, *, names: Sequence[str] | None = None) -> RegionalSensitivity:
    """Regional sensitivity of a condition [n] of true and false: inputs [n, d] where it holds against the rest."""
    from scipy.stats import ks_2samp

    table, labels = read_columns(inputs, names)
    where = np.asarray(holds)
    if where.shape != (len(table),) or not np.isin(where, (0, 1)).all():
        raise InputError(f"the condition must be true or false for each of {len(table)} runs, got shape {where.shape}")
    where = where.astype(bool)
    count = int(where.sum())
    if min(count, len(where) - count) < FEWEST_A_SLICE:
        raise InputError(
            f"the condition holds in {count} of {len(where)} runs; at least {FEWEST_A_SLICE} on each side are needed"
        )
    tests = [ks_2samp(column[where], column[~where]) for column in table.T]
    p = np.array([float(test.pvalue) for test in tests])
    spread = table.std(axis=0)
    shift = (table[where].mean(axis=0) - table[~where].mean(axis=0)) / np.where(spread > 0.0, spread, 1.0)
    distance = np.array([float(test.statistic) for test in tests])
    return RegionalSensitivity(labels, len(table), count, distance, shift, p, holm(p))


def before(years: Any, date: float) -> np.ndarray:
    """Whether each run [n] reaches something by a year; nan, None or inf is never."""
    reached = np.array([np.nan if year is None else float(year) for year in years])
    return np.asarray(reached <= date)


def holm(p: Floats) -> Floats:
    """p-values [d] adjusted for their number (Holm 1979): the chance of one false alarm among all stays below each."""
    order = np.argsort(p, kind="stable")
    raised = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(raised, 1.0)
    return adjusted


@dataclass(frozen=True)
class Swings:
    """Mean output [d, ...] of runs where an input is among its lowest or highest ``share``, with intervals [..., 2]."""

    names: tuple[str, ...]
    n: int
    share: float
    centre: Floats
    low: Floats
    high: Floats
    low_ci: Floats
    high_ci: Floats
    confidence: float

    @property
    def width(self) -> Floats:
        """Distance between the two [d, ...]."""
        return np.asarray(np.abs(self.high - self.low))


def swings(
    inputs: Any,
    outputs: Any,
    *,
    names: Sequence[str] | None = None,
    share: float = 0.1,
    confidence: float = 0.95,
    missing: str = "refuse",
) -> Swings:
    """What a tornado shows, from runs that exist: the other inputs vary as they do, instead of resting at a centre."""
    from scipy.special import stdtrit

    table, labels = read_columns(inputs, names)
    values, shape = read_outputs(outputs, len(table))
    sound = kept(values, missing)
    table, values = table[sound], values[sound]
    count = int(share * len(table))
    if not 0.0 < share <= 0.5 or count < FEWEST_A_SLICE:
        raise InputError(f"a share of {share:g} of {len(table)} runs is {count}; at least {FEWEST_A_SLICE} are needed")
    means, ends = np.empty((2, len(labels), values.shape[1])), np.empty((2, len(labels), values.shape[1], 2))
    for index, column in enumerate(table.T):
        edges = np.partition(column, (count - 1, len(column) - count))[[count - 1, len(column) - count]]
        for side, chosen in enumerate((values[column <= edges[0]], values[column >= edges[1]])):
            mean, n = chosen.mean(axis=0), len(chosen)
            half = stdtrit(n - 1, (1.0 + confidence) / 2.0) * chosen.std(axis=0, ddof=1) / np.sqrt(n)
            means[side, index], ends[side, index] = mean, np.stack([mean - half, mean + half], axis=-1)
    full = (len(labels), *shape)
    (low, high), (low_ci, high_ci) = means.reshape(2, *full), ends.reshape(2, *full, 2)
    centre = values.mean(axis=0).reshape(shape)
    return Swings(labels, len(table), share, centre, low, high, low_ci, high_ci, confidence)
