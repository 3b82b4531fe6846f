"""Where the spread of results comes from: parameters, futures, behaviour (law of total variance).

A nested design draws some parameters, for each of them some futures of its own, and for each of these some seeds of
behaviour of its own. Then Var(y) = Var(E[y | parameters]) + E[Var(E[y | parameters, future] | parameters)] + the rest,
and each term is estimated without bias by the analysis of variance of nested designs (Searle, Casella and McCulloch
1992). Effects that an inner source has together with an outer one count with the inner one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.errors import InputError
from agents.fields import Floats
from experiments.statistics import CONFIDENCE, read_runs

if TYPE_CHECKING:
    from pandas import DataFrame

SOURCES = ("parameters", "futures", "behaviour")
CONSTANT = 1e-12  # spread below this share of the values is rounding
FEWEST_OUTER = 8  # outer draws below which no interval is honest


@dataclass(frozen=True)
class VarianceSplit:
    """Variance by source [s, ...], outermost first, and its share of the whole.

    ``variance`` is unbiased, so that a small one may come out below zero; ``share`` counts it as zero then, and is nan
    where nothing varies. ``share_ci`` [s, ..., 2] from leaving out one outer draw after the other (jackknife).
    ``sizes`` draws at each level.
    """

    sources: tuple[str, ...]
    sizes: tuple[int, ...]
    variance: Floats
    share: Floats
    share_ci: Floats
    total: Floats
    confidence: float

    @property
    def runs(self) -> int:
        """Runs of the design."""
        return int(np.prod(self.sizes))

    def frame(self) -> DataFrame:
        """Long table: input (the source), output, variance, share, share_low, share_high."""
        from experiments.sensitivity.inputs import long_frame

        columns = {"variance": self.variance, "share": self.share, "share_ci": self.share_ci}
        return long_frame(self.sources, self.variance.shape[1:], columns, "source")


def split_variance(values: Any, sources: Sequence[str] = SOURCES, *, confidence: float = CONFIDENCE) -> VarianceSplit:
    """Split of the variance of values [n outer, ..., n inner, *outputs] of a nested design, one axis a source.

    Every inner draw must be new in every outer one: the same futures under all parameters would be a crossed design,
    whose inner shares come out too small here (use ``sensitivity.sobol`` with groups for that). InputError for fewer
    than 8 outer draws or fewer than 2 at any level, or values that are not finite.
    """
    levels = len(sources)
    runs = read_runs(values, FEWEST_OUTER)
    if levels < 1 or runs.ndim < levels or min(runs.shape[:levels]) < 2:
        raise InputError(
            f"values must have an axis of 2 or more draws for each of {', '.join(sources)}, got shape {runs.shape}"
        )
    sizes, outputs = runs.shape[:levels], runs.shape[levels:]
    centre = runs.mean(axis=tuple(range(1, levels))).reshape(len(runs), -1)
    spreads = _spreads(runs, levels)
    variance = _components([centre.var(axis=0, ddof=1), *(spread.mean(axis=0) for spread in spreads)], sizes)
    variance[:, variance.sum(axis=0) <= (CONSTANT * np.abs(centre).max(axis=0)) ** 2] = 0.0
    share_ci = _jackknife(_shares(variance), _shares(_left_out(centre, spreads, sizes)), confidence)
    counted = np.maximum(variance, 0.0)
    full = (levels, *outputs)
    return VarianceSplit(
        sources=tuple(sources),
        sizes=sizes,
        variance=variance.reshape(full),
        share=_shares(counted).reshape(full),
        share_ci=share_ci.reshape(*full, 2),
        total=counted.sum(axis=0).reshape(outputs),
        confidence=confidence,
    )


def _components(between: list[Floats], sizes: Sequence[int]) -> Floats:
    """Variance [s, ...] of each source from the variances between means [...] at each level, outermost first.

    Means of n draws carry an n-th of the variance between them, which is that of the next level.
    """
    inner = [*(spread / size for spread, size in zip(between[1:], sizes[1:], strict=True)), np.zeros(())]
    return np.stack([spread - part for spread, part in zip(between, inner, strict=True)])


def _shares(variance: Floats) -> Floats:
    """Shares [s, ...] of variances that may be slightly negative; nan where nothing varies."""
    total = variance.sum(axis=0)
    return np.asarray(variance / np.where(total > 0.0, total, np.nan))


def _left_out(centre: Floats, spreads: list[Floats], sizes: Sequence[int]) -> Floats:
    """Variance [s, n outer, k] by source without one outer draw after the other."""
    n = len(centre)
    squares = (centre - centre.mean(axis=0)) ** 2
    outer = (squares.sum(axis=0) - squares * n / (n - 1)) / (n - 2)
    return _components([outer, *((spread.sum(axis=0) - spread) / (n - 1) for spread in spreads)], sizes)


def _jackknife(share: Floats, left_out: Floats, confidence: float) -> Floats:
    """Interval [s, k, 2] within 0 and 1 of shares [s, k] from those without one outer draw [s, n, k]."""
    from scipy.special import stdtrit

    n = left_out.shape[1]
    error = np.sqrt((n - 1) / n * ((left_out - left_out.mean(axis=1, keepdims=True)) ** 2).sum(axis=1))
    half = stdtrit(n - 1, (1.0 + confidence) / 2.0) * error
    return np.clip(np.stack([share - half, share + half], axis=-1), 0.0, 1.0)


def _spreads(runs: Floats, levels: int) -> list[Floats]:
    """Sample variance between the means of draws at each level below the outer one, per outer draw: [n outer, k]."""
    found = []
    for level in range(1, levels):
        means = runs.mean(axis=tuple(range(level + 1, levels)))
        spread = means.var(axis=level, ddof=1).mean(axis=tuple(range(1, level)))
        found.append(spread.reshape(len(runs), -1))
    return found
