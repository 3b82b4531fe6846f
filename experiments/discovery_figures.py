"""Pictures of scenario discovery: the peeling trajectory, the conditions of a box, parallel coordinates."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.errors import InputError
from agents.fields import Floats
from experiments.discovery import Box, Discovery
from experiments.figure_style import BLACK, BLUE, GREY, RED, SKY
from experiments.sensitivity.inputs import read_columns
from experiments.statistics import probability
from experiments.study_figures import caption, study_canvas

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PARTS = 10  # bars of the share of cases along an input
LINES = 400  # of parallel coordinates: more would be one dark area


def peeling_trajectory(path: Path, found: Discovery, case: str, source: str = "") -> None:
    """Coverage against density of every box, coloured by the number of restricted inputs; the suggested one marked."""
    boxes, box = found.boxes, found.box
    coverage, density = ([100 * float(getattr(b, name).value) for b in boxes] for name in ("coverage", "density"))
    inputs = np.array([len(b.restricted) for b in boxes])
    errors = [100 * float(box.coverage.half_width), 100 * float(box.density.half_width)]
    note = caption(
        box.mass.n, f"coverage {errors[0]:.1f}, density {errors[1]:.1f} percentage points at the marked box", source
    )
    with study_canvas(path, note, size=(9.6, 5.8), legend=1.0, top=0.7) as (figure, axis):
        axis.plot(coverage, density, color="#CCCCCC", linewidth=1.0, zorder=1)
        dots = axis.scatter(coverage, density, c=inputs, cmap="viridis", vmin=0, s=36, zorder=2)
        x, y = 100 * float(box.coverage.value), 100 * float(box.density.value)
        ends = [
            [[abs(100 * float(end) - at)] for end in (e.low, e.high)] for e, at in ((box.coverage, x), (box.density, y))
        ]
        axis.errorbar(
            x,
            y,
            xerr=ends[0],
            yerr=ends[1],
            fmt="o",
            color=RED,
            markersize=12,
            markerfacecolor="none",
            markeredgewidth=2.0,
            capsize=3.0,
            zorder=3,
        )
        text = "\n".join(box.conditions()) or "no condition"
        axis.annotate(text, (x, y), (-14, -14), textcoords="offset points", ha="right", va="top", fontsize=9)
        axis.set_xlim(0.0, 103.0)
        axis.set_ylim(0.0, 103.0)
        axis.set_xlabel("coverage: share of all such runs that the box holds, %", color="#555555")
        axis.set_title(f"{sentence(case)}\nDensity: share of the box's runs in which it is so, %")
        bar = figure.colorbar(dots, ax=axis, ticks=range(int(inputs.max()) + 1), fraction=0.05, pad=0.02)
        bar.set_label("restricted inputs")


def box_conditions(path: Path, box: Box, inputs: Any, cases: Any, case: str, source: str = "") -> None:
    """For every restricted input the share of cases along it, with the range of the box shaded."""
    if not box.restricted:
        raise InputError("the box restricts no input")
    table, names = read_columns(inputs, None if hasattr(inputs, "keys") else box.names)
    where = np.asarray(cases, dtype=bool)
    columns = min(3, len(box.restricted))
    rows = -(-len(box.restricted) // columns)
    error = 100 * float(box.density.half_width)
    note = caption(box.mass.n, f"density of the box {error:.1f} percentage points", source, sentence(box.text(case)))
    layout: dict[str, Any] = {"nrows": rows, "ncols": columns, "squeeze": False, "top": 0.75, "gaps": (0.75, 0.6)}
    size = (max(6.4, 3.3 * columns), 2.0 + 2.3 * rows)
    with study_canvas(path, note, size=size, **layout) as (figure, axes):
        for axis, name in zip(axes.flat, box.restricted, strict=False):
            limits = box.limits[box.names.index(name)]
            _share_along(axis, table[:, names.index(name)], where, limits)
            axis.set_title(name, fontsize=10)
        for axis in axes.flat[len(box.restricted) :]:
            axis.remove()
        figure.suptitle(
            f"{sentence(case)}: share of runs, %", x=0.75 / size[0], ha="left", fontweight="bold", fontsize=11.5
        )


def _share_along(axis: Axes, values: Floats, where: np.ndarray, limits: Floats) -> None:
    """Share of cases in tenths of an input's range, or at each of its few values; the box shaded."""
    distinct = np.unique(values)
    few = len(distinct) <= PARTS
    low, high = float(distinct[0]), float(distinct[-1])
    gap = float(np.diff(distinct).min()) if few and len(distinct) > 1 else (high - low) / PARTS or 1.0
    centres = distinct if few else low + gap * (np.arange(PARTS) + 0.5)
    part = np.abs(values[:, None] - centres).argmin(axis=1)
    shares = [100 * where[part == index].mean() if (part == index).any() else 0.0 for index in range(len(centres))]
    axis.bar(centres, shares, width=0.85 * gap, color=SKY)
    margin = gap / 2.0 if few else 0.0
    ends = np.clip(limits, low, high) + np.array([-margin, margin])
    axis.axvspan(*ends, color=RED, alpha=0.12, linewidth=0, zorder=0)
    for end, limit in zip(ends, limits, strict=True):
        if np.isfinite(limit):
            axis.axvline(end, color=RED, linewidth=1.2)
            axis.annotate(
                f"{limit:.3g}",
                (end, 1.0),
                (3 if limit == limits[0] else -3, -3),
                xycoords=("data", "axes fraction"),
                textcoords="offset points",
                ha="left" if limit == limits[0] else "right",
                va="top",
                fontsize=8,
                color=RED,
            )
    axis.axhline(100 * where.mean(), color=GREY, linestyle=":", linewidth=1.2)
    axis.set_xlim(low - margin, high + margin)
    if few:
        axis.set_xticks(centres, [f"{value:.4g}" for value in centres])
    axis.set_ylim(0.0, min(100.0, max(1.25 * max(shares), 1.0)))


def parallel_coordinates(
    path: Path,
    inputs: Any,
    cases: Any,
    case: str,
    source: str = "",
    names: Sequence[str] | None = None,
    seed: int = 0,
    otherwise: str = "other runs",
) -> None:
    """Every run as a line through its inputs and results [n, d]; runs in which something is so stand out.

    At most 400 lines are drawn, a random choice of the runs; the caption says so.
    """
    table, labels = read_columns(inputs, names)
    where = np.asarray(cases, dtype=bool)
    if where.shape != (len(table),) or table.shape[1] < 2:
        raise InputError(f"parallel coordinates need 2 columns and one case a run, got {table.shape}, {where.shape}")
    chosen = np.random.default_rng(seed).permutation(len(table))[:LINES]
    low, high = table.min(axis=0), table.max(axis=0)
    scaled = (table - low) / np.where(high > low, high - low, 1.0)
    share = probability(where)
    error = f"share of runs {100 * float(share.half_width):.1f} percentage points"
    note = caption(len(table), error, source, f"{len(chosen)} runs drawn" if len(chosen) < len(table) else "")
    width = max(9.6, 1.15 * len(labels))
    with study_canvas(path, note, size=(width, 5.4), left=0.5) as (_, axis):
        x = np.arange(len(labels))
        layers = ((False, GREY, 0.3), (True, RED, 0.35))
        for side, colour, alpha in layers if where.mean() < 0.5 else layers[::-1]:  # the rarer ones on top
            lines = scaled[chosen][where[chosen] == side]
            axis.plot(x, lines.T, color=colour, alpha=alpha, linewidth=0.8)
            axis.plot(
                [],
                [],
                color=colour,
                linewidth=2.0,
                label=f"{case} ({100 * float(share.value):.0f} %)" if side else otherwise,
            )
        for column in x:
            axis.vlines(column, 0.0, 1.0, color=BLACK, linewidth=0.9)
            for end, at, place in ((low, -0.02, "top"), (high, 1.02, "bottom")):
                axis.text(
                    column,
                    at,
                    _rounded(end[column], high[column] - low[column]),
                    ha="center",
                    va=place,
                    fontsize=8.5,
                    color=BLUE,
                )
        axis.set_xlim(-0.35, len(labels) - 0.65)
        axis.set_ylim(-0.09, 1.09)
        axis.set_yticks([])
        axis.set_xticks(x, labels, rotation=20 if width / len(labels) < 1.4 else 0, ha="center", fontsize=9)
        axis.tick_params(axis="x", length=0)
        axis.spines[["left", "bottom"]].set_visible(False)
        axis.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2)
        axis.set_title("Runs through their inputs and results")


def sentence(text: str) -> str:
    """Text with a capital first letter."""
    return text[:1].upper() + text[1:]


def _rounded(value: float, span: float) -> str:
    """A number with as many digits as a range of this width needs."""
    digits = max(0, 2 - int(np.floor(np.log10(span)))) if span > 0.0 else 3
    return f"{value:,.{digits}f}"
