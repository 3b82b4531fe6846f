"""Scenario discovery by PRIM: under which conditions does this package miss neutrality by 2050?

The patient rule induction method (Friedman and Fisher 1999; for scenarios Bryant and Lempert 2010) looks for a box in
the space of inputs, a few inputs bounded from one or two sides, in which the cases of interest are dense. From the
whole space it peels off a thin slice at a time, the one whose loss helps most, and then pastes back what was too much.
The user trades coverage (share of all cases that the box holds) against density (share of the box's runs that are
cases) along the peeling trajectory.

Written here rather than taken from ema_workbench, which is widely used for it but brings scikit-learn, statsmodels,
seaborn and more (600 MB installed) and its own containers; on the same data both find boxes of the same quality.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.errors import InputError, nearest
from agents.fields import Floats
from experiments.sensitivity.inputs import read_columns
from experiments.statistics import Estimate, probability

if TYPE_CHECKING:
    from pandas import DataFrame

PEEL = 0.05  # share of the box's runs that one step takes away
SMALLEST = 0.05  # share of all runs that a box holds at least
FEWEST_CASES = 5
LIKELY_LUCK = 0.05  # quasi-p times inputs searched above which a condition may be there by luck


@dataclass(frozen=True)
class Box:
    """Conditions on inputs, and how well they single out the cases.

    ``limits`` [d, 2], infinite where an input is free. ``coverage``: share of all cases inside; ``density``: share of
    the runs inside that are cases; ``mass``: share of all runs inside, each with its interval. ``quasi_p`` [d]: the
    chance that an input as restricted as here raises the density as much by luck (binomial test of the box against
    the box without this condition); nan for free inputs. As the best of many inputs was looked for, multiply it by
    their number before believing it.
    """

    names: tuple[str, ...]
    limits: Floats
    coverage: Estimate
    density: Estimate
    mass: Estimate
    quasi_p: Floats

    @property
    def restricted(self) -> tuple[str, ...]:
        """Inputs that are bounded."""
        bounded = np.asarray(np.isfinite(self.limits).any(axis=1))
        return tuple(name for name, bound in zip(self.names, bounded, strict=True) if bound)

    def holds(self, inputs: Any) -> np.ndarray:
        """Whether each run [n] lies in the box; inputs [n, d] in the box's order, or by name."""
        return _inside(self.limits, self._table(inputs))

    def measure(self, inputs: Any, cases: Any) -> Box:
        """The same conditions judged on other runs: the honest test of a box, which was fitted to its own."""
        table, _, where = _read(self._table(inputs), cases, self.names)
        return _box(self.names, self.limits, table, where)

    def _table(self, inputs: Any) -> Floats:
        """Inputs [n, d] in the box's order; those that come by name may lack the ones that are free."""
        if not hasattr(inputs, "keys"):
            return read_columns(inputs, self.names)[0]
        held = {str(name): np.asarray(inputs[name], dtype=np.float64) for name in inputs}
        missing = [name for name in self.restricted if name not in held]
        if missing:
            raise InputError([f"the box needs the input '{name}'{nearest(name, held)}" for name in missing])
        unused = np.zeros_like(next(iter(held.values())))
        return np.column_stack([held.get(name, unused) for name in self.names])

    def conditions(self, digits: int = 3) -> list[str]:
        """The conditions in words: ``import_price above 0.62``."""
        texts = []
        for name, (low, high) in zip(self.names, self.limits, strict=True):
            if np.isfinite(low) and np.isfinite(high):
                texts.append(f"{name} from {low:.{digits}g} to {high:.{digits}g}")
            elif np.isfinite(low):
                texts.append(f"{name} from {low:.{digits}g}")
            elif np.isfinite(high):
                texts.append(f"{name} up to {high:.{digits}g}")
        return texts

    def text(self, case: str = "the case occurs") -> str:
        """The answer in a sentence, with Monte Carlo errors and conditions that may be luck."""
        conditions = " and ".join(self.conditions()) or "no condition"
        level = LIKELY_LUCK / len(self.names)
        luck = [name for name, p in zip(self.names, self.quasi_p, strict=True) if p > level]
        parts = [
            f"{case} in {_percent(self.density)} of runs with {conditions}; "
            f"they hold {_percent(self.coverage)} of all such cases ({self.mass.n:,} runs)"
        ]
        if luck:
            parts.append(f"possibly by luck: {', '.join(luck)}")
        return "; ".join(parts)


@dataclass(frozen=True)
class Discovery:
    """The boxes of a peeling trajectory, from the whole space to the smallest; ``chosen`` is the suggested one."""

    boxes: tuple[Box, ...]
    chosen: int

    @property
    def box(self) -> Box:
        """The suggested box: the best harmonic mean of coverage and density. Look at the trajectory before using it."""
        return self.boxes[self.chosen]

    def select(self, *, density: float = 0.0, coverage: float = 0.0) -> Box:
        """The box with most coverage at a density, or most density at a coverage; InputError if there is none."""
        fitting = [b for b in self.boxes if float(b.density.value) >= density and float(b.coverage.value) >= coverage]
        if not fitting:
            raise InputError(f"no box has a density of {density:g} and a coverage of {coverage:g}")
        return max(fitting, key=lambda box: float(box.coverage.value if density else box.density.value))

    def frame(self) -> DataFrame:
        """One row a box: coverage, density, mass, number of restricted inputs."""
        import pandas as pd

        rows = [
            [*(float(e.value) for e in (b.coverage, b.density, b.mass)), len(b.restricted), ", ".join(b.restricted)]
            for b in self.boxes
        ]
        return pd.DataFrame(rows, columns=["coverage", "density", "mass", "inputs", "restricted"])


def prim(
    inputs: Any,
    cases: Any,
    *,
    names: Sequence[str] | None = None,
    peel: float = PEEL,
    smallest: float = SMALLEST,
    paste: bool = True,
    drop_luck: bool = True,
) -> Discovery:
    """Boxes of inputs [n, d] in which cases [n] (true or false) are dense.

    ``inputs`` is an array with ``names``, a mapping {name: [n]} or a data frame; numbers only, a category as columns
    of 0 and 1. ``peel`` is the share of runs in the box that a step takes away (0.05 to 0.1), ``smallest`` the share
    of all runs that a box must hold. Each box of the path is then freed of conditions that may be luck (quasi-p times
    inputs above 0.05, the worst first) with ``drop_luck``, and widened where its density allows with ``paste``.
    InputError if there are fewer than 5 cases, or fewer than 5 other runs.
    """
    table, labels, where = _read(inputs, cases, names)
    if not 0.0 < peel < 0.5 or not 0.0 < smallest < 1.0:
        raise InputError(f"peel must be between 0 and 0.5 and smallest between 0 and 1, got {peel:g} and {smallest:g}")
    if min(where.sum(), (~where).sum()) < FEWEST_CASES:
        found = f"{int(where.sum())} of {len(where)} runs are cases"
        raise InputError(f"{found}; at least {FEWEST_CASES} cases and as many others are needed")
    fewest = max(1, int(np.ceil(smallest * len(table))))
    path = [np.tile([-np.inf, np.inf], (len(labels), 1))]
    inside = np.arange(len(table))
    while not where[inside].all():
        step = _peel(table, where, inside, peel, fewest)
        if step is None:
            break
        index, side, bound, inside = step
        limits = path[-1].copy()
        limits[index, side] = bound
        path.append(limits)
    if drop_luck:
        path = [_without_luck(limits, table, where) for limits in path]
    if paste:
        path = [_paste(limits, table, where, peel) for limits in path]
    fresh = {limits.tobytes(): limits for limits in path}.values()  # steps that end in the same box count once
    boxes = sorted((_box(labels, limits, table, where) for limits in fresh), key=lambda box: -float(box.mass.value))
    quality = [_harmonic(float(box.coverage.value), float(box.density.value)) for box in boxes]
    return Discovery(tuple(boxes), int(np.argmax(quality)))


def cover(inputs: Any, cases: Any, count: int = 2, *, names: Sequence[str] | None = None, **options: Any) -> list[Box]:
    """Several boxes, each found in the runs that the earlier ones leave; coverage is of all cases all the same.

    Fewer than ``count`` if the rest holds too few cases or no box denser than the rest itself.
    """
    table, labels, where = _read(inputs, cases, names)
    left = np.ones(len(table), dtype=bool)
    found: list[Box] = []
    while len(found) < count and FEWEST_CASES <= where[left].sum() < left.sum():
        box = prim(table[left], where[left], names=labels, **options).box
        if not box.restricted:
            break
        found.append(_box(labels, box.limits, table, where))
        left &= ~box.holds(table)
    return found


def reproduced(
    inputs: Any,
    cases: Any,
    *,
    names: Sequence[str] | None = None,
    halves: int = 20,
    seed: int = 0,
    **options: Any,
) -> dict[str, float]:
    """How often each input is restricted in the suggested box of a random half of the runs (Bryant and Lempert 2010).

    A condition that most halves do not find again should not be told as a finding.
    """
    table, labels, where = _read(inputs, cases, names)
    random = np.random.default_rng(seed)
    counts = dict.fromkeys(labels, 0)
    for _ in range(halves):
        half = random.permutation(len(table))[: len(table) // 2]
        for name in prim(table[half], where[half], names=labels, **options).box.restricted:
            counts[name] += 1
    return {name: count / halves for name, count in counts.items()}


def _peel(
    table: Floats, where: np.ndarray, inside: np.ndarray, peel: float, fewest: int
) -> tuple[int, int, float, np.ndarray] | None:
    """The step with the largest gain of density a run removed: input, side, new limit, runs left; None at the end."""
    held, cases = table[inside], where[inside]
    density, best, found = cases.mean(), -np.inf, None
    edges = np.quantile(held, [peel, 1.0 - peel], axis=0)
    for index in range(table.shape[1]):
        column = held[:, index]
        for side, edge in enumerate(edges[:, index]):
            keep = column >= edge if side == 0 else column <= edge
            if keep.all():  # many runs share the outermost value: all of them go
                keep = column > edge if side == 0 else column < edge
            count = int(keep.sum())
            if count < fewest or count == len(inside):
                continue
            gain = (cases[keep].mean() - density) / (len(inside) - count)
            if gain > best:
                rest = column[keep]
                best, found = gain, (index, side, float(rest.min() if side == 0 else rest.max()), inside[keep])
    return found


def _without_luck(limits: Floats, table: Floats, where: np.ndarray) -> Floats:
    """Limits without the conditions that may be luck, the worst one first."""
    limits = limits.copy()
    while np.isfinite(limits).any():
        chance = _quasi_p(limits, table, where)
        worst = int(np.nanargmax(chance))
        if chance[worst] * len(limits) <= LIKELY_LUCK:
            break
        limits[worst] = -np.inf, np.inf
    return limits


def _paste(limits: Floats, table: Floats, where: np.ndarray, peel: float) -> Floats:
    """Limits moved outwards, or given up, as long as the density does not fall."""
    limits = limits.copy()
    while True:
        inside = _inside(limits, table)
        count = int(inside.sum())
        best, found = (float(where[inside].mean()), count), None
        for index, side in zip(*np.nonzero(np.isfinite(limits)), strict=True):
            wider = limits.copy()
            wider[index, side] = (-np.inf, np.inf)[side]
            column = np.sort(table[_inside(wider, table), index])
            beyond = column[column < limits[index, 0]][::-1] if side == 0 else column[column > limits[index, 1]]
            step = max(1, int(peel * count))
            for bound in (wider[index, side], *beyond[step - 1 : step]):
                wider[index, side] = bound
                added = _inside(wider, table)
                quality = float(where[added].mean()), int(added.sum())
                if quality[1] > count and quality > best:  # denser, or as dense and larger
                    best, found = quality, wider.copy()
        if found is None:
            return limits
        limits = found


def _inside(limits: Floats, table: Floats) -> np.ndarray:
    """Runs [n] within limits [d, 2]."""
    bound = np.isfinite(limits).any(axis=1)
    part = table[:, bound]
    return np.asarray(((part >= limits[bound, 0]) & (part <= limits[bound, 1])).all(axis=1))


def _box(names: tuple[str, ...], limits: Floats, table: Floats, where: np.ndarray) -> Box:
    """A box with its measures on runs; density and coverage are nan where they are shares of nothing."""
    inside = _inside(limits, table)
    return Box(
        names,
        limits,
        coverage=_share(inside[where]),
        density=_share(where[inside]),
        mass=probability(inside),
        quasi_p=_quasi_p(limits, table, where),
    )


def _share(happened: np.ndarray) -> Estimate:
    """A probability, or nan within 0 to 1 from no runs."""
    if len(happened):
        return probability(happened)
    return Estimate(np.array(np.nan), np.array(0.0), np.array(1.0), np.array(np.nan), 0)


def _quasi_p(limits: Floats, table: Floats, where: np.ndarray) -> Floats:
    """Chance [d] of as many cases in the box if each run were one as often as in the box without this condition."""
    from scipy.special import bdtrc

    found = np.full(len(limits), np.nan)
    inside = _inside(limits, table)
    cases, runs = int(where[inside].sum()), int(inside.sum())
    for index in np.flatnonzero(np.isfinite(limits).any(axis=1)):
        free = limits.copy()
        free[index] = -np.inf, np.inf
        wider = _inside(free, table)
        rate = float(where[wider].mean()) if wider.any() else 1.0
        found[index] = 1.0 if cases == 0 else float(bdtrc(cases - 1, runs, rate))
    return found


def _read(inputs: Any, cases: Any, names: Sequence[str] | None) -> tuple[Floats, tuple[str, ...], np.ndarray]:
    """Inputs [n, d], names and cases [n] of true and false."""
    table, labels = read_columns(inputs, names)
    where = np.asarray(cases)
    if where.shape != (len(table),) or not np.isin(where, (0, 1)).all():
        raise InputError(f"cases must be true or false for each of {len(table)} runs, got shape {where.shape}")
    return table, labels, where.astype(bool)


def _harmonic(one: float, other: float) -> float:
    """Harmonic mean of two shares; 0 if either is."""
    return 2.0 * one * other / (one + other) if one + other > 0.0 else 0.0


def _percent(share: Estimate) -> str:
    """``82 % [77, 86]``."""
    return f"{100 * float(share.value):.0f} % [{100 * float(share.low):.0f}, {100 * float(share.high):.0f}]"
