"""What every sensitivity method shares: inputs with their ranges or distributions, and a function run in chunks.

A method works on points of the unit cube. ``bounds`` places them between low and high; ``transform`` may replace that
by any map from the unit cube [n, d] to inputs [n, d], such as the quantile functions of a prior. Inputs must be
independent on the cube for Sobol' indices to have their meaning; correlated ones go through ``transform`` and are
studied as one group (see ``sobol``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.errors import InputError
from agents.fields import Floats

if TYPE_CHECKING:
    from pandas import DataFrame

Bounds = Mapping[str, tuple[float, float]] | Sequence[Any] | Floats | int
Function = Callable[[Floats], Any]
Transform = Callable[[Floats], Floats]
CHUNK = 8192  # points given to a function at once, unless the caller says otherwise
MISSING = ("refuse", "drop")


@dataclass(frozen=True)
class Inputs:
    """Names [d] and the map from the unit cube to values."""

    names: tuple[str, ...]
    low: Floats
    high: Floats
    transform: Transform | None = None

    def place(self, unit: Floats) -> Floats:
        """Values [n, d] of points of the unit cube [n, d]."""
        if self.transform is None:
            return np.asarray(self.low + unit * (self.high - self.low))
        placed = np.asarray(self.transform(unit), dtype=np.float64)
        if placed.shape != unit.shape:
            raise InputError(f"transform must keep the shape {unit.shape} of its points, but gave {placed.shape}")
        return placed


def read_inputs(bounds: Bounds, names: Sequence[str] | None = None, transform: Transform | None = None) -> Inputs:
    """Inputs from [d, 2] bounds or {name: (low, high)}; with ``transform`` also from names or a number of inputs.

    Without names they are called x1, x2, ... InputError, all problems at once, for bounds that are not finite and
    rising, or names that do not fit.
    """
    if isinstance(bounds, Mapping):
        names = tuple(bounds) if names is None else names
        bounds = list(bounds.values())
    if isinstance(bounds, int | np.integer):
        bounds = [(0.0, 1.0)] * int(bounds) if transform is not None else []
    elif len(bounds) and all(isinstance(name, str) for name in bounds) and transform is not None:
        names, bounds = [str(name) for name in bounds], [(0.0, 1.0)] * len(bounds)
    try:
        limits = np.asarray(bounds, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"bounds must be numbers [inputs, 2] or {{name: (low, high)}}: {error}") from error
    if limits.ndim != 2 or limits.shape[1] != 2 or not len(limits):
        wanted = "bounds must be [inputs, 2] or {name: (low, high)}; with transform also names or a number of inputs"
        raise InputError(f"{wanted}; got shape {limits.shape}")
    chosen = tuple(names) if names is not None else tuple(f"x{index + 1}" for index in range(len(limits)))
    problems = []
    if len(chosen) != len(limits) or len(set(chosen)) != len(chosen):
        problems.append(f"{len(limits)} inputs need as many different names, got {len(chosen)}: {', '.join(chosen)}")
    for name, (low, high) in zip(chosen, limits, strict=False):
        if not (np.isfinite(low) and np.isfinite(high) and low < high):
            problems.append(
                f"bounds of {name}: low {low:g} must be below high {high:g}; leave out an input that is fixed"
            )
    if problems:
        raise InputError(problems)
    return Inputs(chosen, limits[:, 0], limits[:, 1], transform)


def read_columns(values: Any, names: Sequence[str] | None = None) -> tuple[Floats, tuple[str, ...]]:
    """Given inputs [n, d] with their names, from an array, a mapping {name: [n]} or a data frame."""
    if hasattr(values, "columns") or isinstance(values, Mapping):
        own = tuple(str(name) for name in (values.columns if hasattr(values, "columns") else values))
        names = own if names is None else names
        parts = [values[name] for name in values]
    else:
        parts = None
    try:
        table = (
            np.asarray(values, dtype=np.float64)
            if parts is None
            else np.column_stack([np.asarray(part, dtype=np.float64) for part in parts])
        )
    except (TypeError, ValueError) as error:
        raise InputError(f"inputs must be numbers; turn a category into columns of 0 and 1 ({error})") from error
    table = table[:, None] if table.ndim == 1 else table
    chosen = tuple(names) if names is not None else tuple(f"x{index + 1}" for index in range(table.shape[1]))
    if table.ndim != 2 or len(chosen) != table.shape[1] or len(set(chosen)) != len(chosen):
        raise InputError(f"inputs must be [runs, inputs] with one name each, got {table.shape} and {len(chosen)} names")
    if not np.isfinite(table).all():
        faulty = [name for name, column in zip(chosen, table.T, strict=True) if not np.isfinite(column).all()]
        raise InputError(f"inputs must be finite numbers; not so: {', '.join(faulty)}")
    return table, chosen


def read_outputs(outputs: Any, rows: int | None = None) -> tuple[Floats, tuple[int, ...]]:
    """Outputs [rows, k] flattened, and the shape of what follows the runs: () for [rows], (k,) for [rows, k], ..."""
    values = np.asarray(outputs, dtype=np.float64)
    if values.ndim == 0 or (rows is not None and len(values) != rows):
        raise InputError(f"outputs must be [runs] or [runs, outputs] for {rows} runs, got shape {values.shape}")
    return values.reshape(len(values), -1), values.shape[1:]


def evaluate(
    function: Function, inputs: Inputs, blocks: Iterable[Floats], rows: int, chunk: int = CHUNK
) -> tuple[Floats, tuple[int, ...]]:
    """Outputs [rows, k] of a batched function over blocks of unit points, at most ``chunk`` points a call.

    Only the outputs are kept: 8 bytes x rows x k. Also returns their shape without the runs (see ``read_outputs``).
    """
    if chunk < 1:
        raise InputError(f"chunk must be at least 1 point, got {chunk}")
    held: Floats | None = None
    shape: tuple[int, ...] = ()
    done = 0
    for block in blocks:
        for start in range(0, len(block), chunk):
            points = inputs.place(block[start : start + chunk])
            values, this = read_outputs(function(points), len(points))
            if held is None:
                held, shape = np.empty((rows, values.shape[1])), this
            elif this != shape:
                raise InputError(f"the function gave outputs of shape {shape} first and {this} later")
            held[done : done + len(points)] = values
            done += len(points)
    assert held is not None and done == rows
    return held, shape


def kept(values: Floats, missing: str) -> np.ndarray:
    """Which groups of runs [n] to use, from outputs [n, ...]: all of them, or those with finite outputs only.

    With ``missing='refuse'`` one value that is not finite is an InputError; with ``'drop'`` the whole group is left
    out (in every output, so that all are of the same runs). A date that never comes is not missing: code it as the
    last year plus one.
    """
    if missing not in MISSING:
        raise InputError(f"missing must be one of {', '.join(MISSING)}, got '{missing}'")
    sound = np.asarray(np.isfinite(values).reshape(len(values), -1).all(axis=1))
    if missing == "refuse" and not sound.all():
        raise InputError(
            f"{int((~sound).sum())} of {len(values)} groups of runs hold outputs that are not finite numbers; code "
            "what did not happen as a number (such as the last year plus one), or leave them out with missing='drop'"
        )
    return sound


def power_of_two(n: int) -> int:
    """The next power of two, at least 2: Sobol' points are balanced only in such numbers."""
    if n < 2:
        raise InputError(f"at least 2 base points are needed, got n={n}")
    return 1 << (int(n) - 1).bit_length()


def sobol_points(n: int, dimensions: int, seed: int) -> Floats:
    """Scrambled Sobol' points [n, dimensions] for n a power of two (Owen's scrambling by the seed)."""
    from scipy.stats import qmc

    engine = qmc.Sobol(dimensions, scramble=True, seed=np.random.default_rng(seed))
    return np.asarray(engine.random_base2(n.bit_length() - 1))


def latin_points(n: int, dimensions: int, seed: int) -> Floats:
    """A Latin hypercube of n points [n, dimensions], whatever n."""
    from scipy.stats import qmc

    return np.asarray(qmc.LatinHypercube(dimensions, seed=np.random.default_rng(seed)).random(n))


def interval(resampled: Floats, confidence: float) -> Floats:
    """Percentile interval [..., 2] of resampled values [resamples, ...]; what is undefined (nan) is passed over."""
    tails = [(1.0 - confidence) / 2.0, (1.0 + confidence) / 2.0]
    ends = np.moveaxis(np.quantile(resampled, tails, axis=0), 0, -1)
    holes = np.isnan(resampled).any(axis=0) & ~np.isnan(resampled).all(axis=0)
    if holes.any():
        ends[holes] = np.nanquantile(resampled[:, holes], tails, axis=0).T
    return np.asarray(ends)


def long_frame(
    names: Sequence[str], shape: tuple[int, ...], columns: Mapping[str, Floats], kind: str = "input"
) -> DataFrame:
    """One row a name and output: ``kind``, ``output`` (its index, left out for one output), then the columns.

    Columns are [d, *shape]; an interval ``NAME_ci`` [d, *shape, 2] becomes ``NAME_low`` and ``NAME_high``.
    """
    import pandas as pd

    count = int(np.prod(shape, dtype=int))
    table: dict[str, Any] = {kind: np.repeat(np.asarray(names, dtype=object), count)}
    if shape:
        where = [index if len(shape) > 1 else index[0] for index in np.ndindex(*shape)]
        table["output"] = [place for _ in names for place in where]
    for label, values in columns.items():
        if label.endswith("_ci"):
            stem = label.removesuffix("_ci")
            table[f"{stem}_low"], table[f"{stem}_high"] = values.reshape(-1, 2).T
        else:
            table[label] = values.reshape(-1)
    return pd.DataFrame(table)
