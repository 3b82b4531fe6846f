"""Sobol' indices: which share of an output's variance an input brings alone, and with all its interactions.

First-order effects by the estimator of Saltelli et al. (2010, table 2 b), total effects by Jansen (1999), on points of
a scrambled Sobol' sequence: two base matrices A and B, and A with column i of B for every input, n (d + 2) runs.
Confidence intervals come from resampling base points. Sobol' points fill the cube more evenly than random ones, which
resampling cannot see, so the intervals are rather too wide than too narrow; tests hold them to their coverage.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.errors import InputError
from agents.fields import Floats
from experiments.sensitivity.inputs import (
    CHUNK,
    Bounds,
    Function,
    Inputs,
    Transform,
    evaluate,
    interval,
    kept,
    long_frame,
    power_of_two,
    read_inputs,
    read_outputs,
    sobol_points,
)

if TYPE_CHECKING:
    from pandas import DataFrame

CONSTANT = 1e-12  # an output whose standard deviation is below this share of its size does not vary
LEVELS = (8, 4, 2, 1)  # convergence is shown at n/8, n/4, n/2 and n base points
FEWEST = 8  # base points below which no convergence is shown
WORKING = 64 * 2**20  # bytes that one product of the estimators may take


@dataclass(frozen=True)
class Convergence:
    """Indices from the first n base points for each of ``n`` [levels]; the last level is the whole design.

    ``first`` and ``total`` [levels, d, ...], their intervals [levels, d, ..., 2].
    """

    n: tuple[int, ...]
    first: Floats
    total: Floats
    first_ci: Floats
    total_ci: Floats


@dataclass(frozen=True)
class SobolIndices:
    """Sobol' indices of d inputs (or groups).

    ``first``, ``total``: [d] for one output, [d, k] for outputs [n, k], [d, ...] for outputs [n, ...].
    ``first_ci``, ``total_ci``: the same with a last axis (low, high). An output that does not vary has no indices:
    all are nan. Small indices may come out slightly negative; they are left as they are.
    ``n`` base points used, ``evaluations`` runs of the function, ``mean`` and ``variance`` of the outputs [...].
    """

    names: tuple[str, ...]
    n: int
    evaluations: int
    first: Floats
    total: Floats
    first_ci: Floats
    total_ci: Floats
    mean: Floats
    variance: Floats
    convergence: Convergence
    confidence: float

    @property
    def interaction(self) -> Floats:
        """Share of variance [...] that no input brings alone: 1 less the sum of first-order effects."""
        return np.asarray(1.0 - self.first.sum(axis=0))

    def frame(self) -> DataFrame:
        """Long table: input, output, first, first_low, first_high, total, total_low, total_high."""
        columns = {"first": self.first, "first_ci": self.first_ci, "total": self.total, "total_ci": self.total_ci}
        return long_frame(self.names, self.first.shape[1:], columns)


def sobol(
    function: Function,
    bounds: Bounds,
    n: int,
    seed: int = 0,
    *,
    names: Sequence[str] | None = None,
    transform: Transform | None = None,
    groups: Sequence[str] | None = None,
    chunk: int = CHUNK,
    resamples: int = 300,
    confidence: float = 0.95,
    missing: str = "refuse",
) -> SobolIndices:
    """First-order and total Sobol' indices of a batched function f(X[m, d]) -> Y[m] or Y[m, k], all outputs at once.

    ``bounds`` [d, 2] or {name: (low, high)}; ``transform`` places points of the unit cube instead (then bounds may be
    names or d). ``n`` base points, rounded up to a power of two; the function is run at n (d + 2) points, at most
    ``chunk`` a call, and only its outputs are held in memory (8 n (d + 2) k bytes). ``groups`` names the group of
    each input [d]: inputs of one name are exchanged together and get one index (for correlated inputs, or to compare
    parameters with futures and behaviour), n (groups + 2) runs. ``missing='drop'`` leaves out base points of which any
    run is not finite.
    """
    inputs = read_inputs(bounds, names, transform)
    labels, members = read_groups(inputs, groups)
    n = power_of_two(n)
    rows = n * (len(labels) + 2)
    per_block = max(1, chunk // (len(labels) + 2))
    blocks = _blocks(sobol_points(n, 2 * len(inputs.names), seed), members, per_block)
    outputs, shape = evaluate(function, inputs, blocks, rows, chunk)
    return sobol_indices(
        outputs.reshape(rows, *shape), labels, seed=seed, resamples=resamples, confidence=confidence, missing=missing
    )


def sobol_design(
    bounds: Bounds,
    n: int,
    seed: int = 0,
    *,
    names: Sequence[str] | None = None,
    transform: Transform | None = None,
    groups: Sequence[str] | None = None,
) -> Floats:
    """The runs [n (groups + 2), d] that ``sobol`` makes, in its order, for whoever runs the function elsewhere.

    Hand their outputs to ``sobol_indices``. n is rounded up to a power of two.
    """
    inputs = read_inputs(bounds, names, transform)
    members = read_groups(inputs, groups)[1]
    points = sobol_points(power_of_two(n), 2 * len(inputs.names), seed)
    return inputs.place(next(_blocks(points, members, len(points))))


def sobol_indices(
    outputs: Any,
    names: Sequence[str],
    *,
    seed: int = 0,
    resamples: int = 300,
    confidence: float = 0.95,
    missing: str = "refuse",
) -> SobolIndices:
    """Indices from outputs [n (d + 2)] or [n (d + 2), ...] of the runs of ``sobol_design``; names are of its groups."""
    values, shape = read_outputs(outputs)
    width = len(names) + 2
    if not len(values) or len(values) % width:
        raise InputError(f"{len(names)} inputs need a multiple of {width} runs, got {len(values)}")
    blocks = values.reshape(-1, width, values.shape[1])
    sound = kept(blocks, missing)
    blocks = blocks if sound.all() else blocks[sound]
    if len(blocks) < 2:
        raise InputError(f"indices need at least 2 base points with finite outputs, got {len(blocks)}")
    sizes = tuple(dict.fromkeys(len(blocks) // part for part in LEVELS if part == 1 or len(blocks) // part >= FEWEST))
    levels = [_estimate(blocks[:size], seed, resamples, confidence) for size in sizes]
    first, total, first_ci, total_ci = (
        np.stack(parts).reshape(len(sizes), len(names), *shape, *extra)
        for parts, extra in zip(zip(*levels, strict=True), ((), (), (2,), (2,)), strict=True)
    )
    base = blocks[:, :2].reshape(-1, values.shape[1])
    return SobolIndices(
        names=tuple(names),
        n=len(blocks),
        evaluations=len(values),
        first=first[-1],
        total=total[-1],
        first_ci=first_ci[-1],
        total_ci=total_ci[-1],
        mean=base.mean(axis=0).reshape(shape),
        variance=base.var(axis=0).reshape(shape),
        convergence=Convergence(sizes, first, total, first_ci, total_ci),
        confidence=confidence,
    )


def read_groups(inputs: Inputs, groups: Sequence[str] | None) -> tuple[tuple[str, ...], list[list[int]]]:
    """Names of the groups in order of appearance, and the inputs of each; every input alone without groups."""
    if groups is None:
        return inputs.names, [[index] for index in range(len(inputs.names))]
    if len(groups) != len(inputs.names):
        raise InputError(f"groups must name one group for each of {len(inputs.names)} inputs, got {len(groups)}")
    labels = tuple(dict.fromkeys(groups))
    return labels, [[index for index, group in enumerate(groups) if group == label] for label in labels]


def _blocks(points: Floats, members: list[list[int]], size: int) -> Iterator[Floats]:
    """Unit points [size (d + 2), d] of base points [n, 2 d], a few base points at a time: A, B, A with B's column i."""
    inputs = points.shape[1] // 2
    for start in range(0, len(points), size):
        a, b = points[start : start + size, :inputs], points[start : start + size, inputs:]
        block = np.repeat(a[:, None], len(members) + 2, axis=1)
        block[:, 1] = b
        for index, columns in enumerate(members):
            block[:, index + 2, columns] = b[:, columns]
        yield block.reshape(-1, inputs)


def _estimate(blocks: Floats, seed: int, resamples: int, confidence: float) -> tuple[Floats, Floats, Floats, Floats]:
    """First and total [d, k] with intervals [d, k, 2] from outputs [n, d + 2, k], some outputs at a time."""
    n, width, outputs = blocks.shape
    drawn = np.random.default_rng(seed).multinomial(n, np.full(n, 1.0 / n), size=resamples)
    weights = np.concatenate([np.ones((1, n)), drawn]) / n  # the first row is the sample itself
    step = max(1, WORKING // (8 * n * (width - 2)))
    parts = []
    for start in range(0, outputs, step):
        first, total = _indices(blocks[:, :, start : start + step], weights)
        parts.append((first[0], total[0], interval(first[1:], confidence), interval(total[1:], confidence)))
    first, total, first_ci, total_ci = (np.concatenate(part, axis=1) for part in zip(*parts, strict=True))
    return first, total, first_ci, total_ci


def _indices(blocks: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """First and total [w, d, k] under weights [w, n] of the base points; nan where an output does not vary."""
    n, width, outputs = blocks.shape
    size = np.abs(blocks[:, :2]).max(axis=(0, 1))
    centred = blocks - blocks[:, :2].mean(axis=(0, 1))  # the estimator of the first order is poor without
    a, b, mixed = centred[:, 0], centred[:, 1], centred[:, 2:]
    variance = weights @ ((a**2 + b**2) / 2.0) - (weights @ ((a + b) / 2.0)) ** 2
    variance[variance <= (CONSTANT * size) ** 2] = np.nan
    alone = weights @ (b[:, None] * (mixed - a[:, None])).reshape(n, -1)
    whole = weights @ (0.5 * (mixed - a[:, None]) ** 2).reshape(n, -1)
    shape = (len(weights), width - 2, outputs)
    return alone.reshape(shape) / variance[:, None], whole.reshape(shape) / variance[:, None]
