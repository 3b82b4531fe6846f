"""Pictures of sensitivity: tornado, Sobol' indices over time and their convergence, Morris plane, PAWN.

Each takes a result of ``experiments.sensitivity``; ``output`` picks one where a result holds several (an index, or a
tuple of indices into what follows the inputs). Runs and Monte Carlo error stand below.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.errors import InputError
from agents.fields import Floats
from experiments.figure_style import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, RED, SKY, YELLOW, year_axis
from experiments.sensitivity.distributions import PawnIndices, Swings
from experiments.sensitivity.elementary import MorrisEffects
from experiments.sensitivity.variance import SobolIndices
from experiments.study_figures import band, caption, percent, study_canvas

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from experiments.variance_split import VarianceSplit

Output = int | tuple[int, ...] | None
COLOURS = (BLUE, ORANGE, GREEN, PURPLE, SKY, RED, YELLOW, "#8C6D31")
REST = "#CFCFCF"
INTERACTION = "#F4F4F4"
LETTER = 0.085  # inches of a letter of a label


def picked(values: Floats, output: Output, kept: int = 1, ends: bool = False) -> Floats:
    """One output of values [d, ..., (2)], leaving ``kept`` axes (and the ends of an interval)."""
    place = () if output is None else output if isinstance(output, tuple) else (output,)
    part = values[(slice(None),) * kept + place]
    if part.ndim != kept + ends:
        raise InputError(f"the result holds outputs of shape {values.shape[kept:]}; pick one with output=...")
    return part


def room_for(names: Sequence[str]) -> float:
    """Inches left of horizontal bars."""
    return 0.25 + LETTER * max(len(name) for name in names)


def tornado(path: Path, swings: Swings, title: str, source: str = "", output: Output = None, most: int = 12) -> None:
    """Mean output of runs in which an input is among its lowest and highest, the widest swing on top."""
    low, high = picked(swings.low, output), picked(swings.high, output)
    ends = [picked(interval, output, ends=True) for interval in (swings.low_ci, swings.high_ci)]
    centre = float(swings.centre if output is None else swings.centre[output])
    order = np.argsort(-np.abs(high - low), kind="stable")[:most]
    names = [swings.names[index] for index in order]
    error = max(float((end[:, 1] - end[:, 0])[order].max()) for end in ends) / 2.0
    how = f"Bars: means over the {percent(swings.share)} of runs with the lowest and highest values of an input"
    note = caption(swings.n, f"ends of bars at most {error:.2g}", source, how)
    with study_canvas(path, note, size=(9.6, 1.9 + 0.32 * len(order)), left=room_for(names)) as (_, axis):
        rows = np.arange(len(order))
        sides = ((low, ends[0], SKY, "input low", -0.14), (high, ends[1], ORANGE, "input high", 0.14))
        for values, interval, colour, label, aside in sides:
            shown = values[order]
            axis.barh(rows, shown - centre, left=centre, color=colour, height=0.7, label=label)
            errors = np.abs(interval[order].T - shown)
            axis.errorbar(shown, rows + aside, xerr=errors, fmt="none", ecolor="#555555", elinewidth=1.0, capsize=2.0)
        axis.axvline(centre, color=BLACK, linewidth=1.0)
        _rows(axis, names)
        axis.set_title(title)
        axis.set_xlabel(f"mean of all runs: {centre:.4g}", color="#555555")
        axis.legend(loc="lower right")


def _rows(axis: Axes, names: Sequence[str]) -> None:
    """Names of horizontal bars, the first on top, and a grid along the bars."""
    axis.set_yticks(np.arange(len(names)), names)
    axis.set_ylim(len(names) - 0.4, -0.6)
    axis.grid(visible=False, axis="y")
    axis.grid(visible=True, axis="x")
    axis.tick_params(axis="y", length=0)


def sobol_over_time(
    path: Path,
    indices: SobolIndices,
    years: Sequence[int],
    title: str,
    source: str = "",
    output: int | None = None,
    most: int = 7,
    unit: str = "unit of the result",
) -> None:
    """First-order indices [d, years] (or [d, years, outputs]) stacked by year, with what only interactions explain.

    Below them the standard deviation that is shared out. Years in which nothing varies stay empty; indices below zero
    by chance are drawn as zero.
    """
    first = indices.first if output is None else indices.first[..., output]
    spread = np.sqrt(indices.variance if output is None else indices.variance[..., output])
    if first.shape != (len(indices.names), len(years)):
        raise InputError(f"indices must be by year [{len(indices.names)}, {len(years)}], got {first.shape}")
    ends = indices.first_ci if output is None else indices.first_ci[..., output, :]
    if np.isnan(first).all():
        raise InputError("the result varies in no year")
    error = np.nanmax(ends[..., 1] - ends[..., 0]) / 2.0
    drawn = np.nan_to_num(np.maximum(first, 0.0))
    order = np.argsort(-(drawn * spread**2).sum(axis=1), kind="stable")
    layers = [(indices.names[i], drawn[i], COLOURS[rank % len(COLOURS)]) for rank, i in enumerate(order[:most])]
    if len(order) > most:
        layers.append((f"{len(order) - most} other inputs", drawn[order[most:]].sum(axis=0), REST))
    left = np.where(np.isnan(first).any(axis=0), 0.0, np.maximum(1.0 - drawn.sum(axis=0), 0.0))
    layers.append(("interactions", left, INTERACTION))
    note = caption(indices.evaluations, f"indices at most {error:.2g}", source)
    _stacked(path, note, years, layers, spread, f"{title}, share in %", unit)


def sources_over_time(
    path: Path,
    split: VarianceSplit,
    years: Sequence[int],
    title: str,
    source: str = "",
    output: int | None = None,
    unit: str = "unit of the result",
) -> None:
    """Shares of variance [s, years] (or [s, years, outputs]) by source of uncertainty, stacked by year."""
    share = split.share if output is None else split.share[..., output]
    spread = np.sqrt(split.total if output is None else split.total[..., output])
    ends = split.share_ci if output is None else split.share_ci[..., output, :]
    if np.isnan(share).all():
        raise InputError("the result varies in no year")
    error = np.nanmax(ends[..., 1] - ends[..., 0]) / 2.0
    layers = [
        (name, np.nan_to_num(part), COLOURS[at])
        for at, (name, part) in enumerate(zip(split.sources, share, strict=True))
    ]
    note = caption(split.runs, f"shares at most {error:.2g}", source)
    _stacked(path, note, years, layers, spread, f"{title}, share in %", unit)


def _stacked(
    path: Path,
    note: str,
    years: Sequence[int],
    layers: Sequence[tuple[str, Floats, str]],
    spread: Floats,
    title: str,
    unit: str,
) -> None:
    """Layers of shares [years] by name and colour on one another, above the standard deviation [years] they share."""
    legend = 0.75 + LETTER * max(len(name) for name, _, _ in layers)
    layout: dict[str, Any] = {
        "nrows": 2,
        "gridspec_kw": {"height_ratios": [3.4, 1.0]},
        "legend": legend,
        "gaps": (0.6, 0.7),
    }
    with study_canvas(path, note, size=(10.2, 6.4), **layout) as (_, (axis, below)):
        edge = np.zeros(len(years))
        for name, share, colour in layers:
            hatch = "////" if name == "interactions" else None
            axis.bar(
                years,
                100 * share,
                bottom=100 * edge,
                color=colour,
                width=0.9,
                label=name,
                hatch=hatch,
                edgecolor="#BBBBBB" if hatch else "none",
                linewidth=0.0,
            )
            edge += share
        axis.set_ylim(0.0, max(100.0, 100.0 * float(edge.max())))
        axis.set_title(title)
        handles, labels = axis.get_legend_handles_labels()
        axis.legend(handles[::-1], labels[::-1], loc="center left", bbox_to_anchor=(1.01, 0.5), handlelength=1.2)
        below.bar(years, spread, color=GREY, width=0.9)
        below.set_title(f"Standard deviation that is shared out, {unit}", fontsize=9.5)
        for panel in (axis, below):
            year_axis(panel, years)
            panel.set_xlim(years[0] - 0.6, years[-1] + 0.6)


def sobol_convergence(
    path: Path, indices: SobolIndices, title: str, source: str = "", output: Output = None, most: int = 6
) -> None:
    """First and total indices with their intervals as the number of base points grows."""
    record = indices.convergence
    if len(record.n) < 2:
        raise InputError(f"{record.n[0]} base points are too few to show convergence")
    total = picked(record.total, output, kept=2)
    order = np.argsort(-total[-1], kind="stable")[:most]
    parts = (("First-order index", record.first, record.first_ci), ("Total index", record.total, record.total_ci))
    error = max(float(np.nanmax(np.diff(picked(ends[-1:], output, 2, True)))) for _, _, ends in parts) / 2.0
    note = caption(indices.evaluations, f"indices at most {error:.2g} at the end", source)
    legend = 0.75 + LETTER * max(len(indices.names[index]) for index in order)
    with study_canvas(path, note, size=(10.2, 5.0), ncols=2, sharey=True, legend=legend, top=0.7) as (figure, axes):
        for axis, (name, values, ends) in zip(axes, parts, strict=True):
            value, interval = picked(values, output, 2), picked(ends, output, 2, True)
            for rank, index in enumerate(order):
                colour = COLOURS[rank % len(COLOURS)]
                low, high = interval[:, index].T
                band(axis, record.n, value[:, index], low, high, colour, indices.names[index])
            axis.axhline(0.0, color=BLACK, linewidth=0.8)
            axis.set_xscale("log", base=2)
            axis.set_xticks(record.n, [f"{n:,}" for n in record.n])
            axis.minorticks_off()
            axis.set_xlim(record.n[0], record.n[-1])
            axis.set_xlabel("base points", color="#555555")
            axis.set_title(name, fontsize=10.5)
        axes[1].legend(loc="center left", bbox_to_anchor=(1.01, 0.5))
        figure.suptitle(title, x=0.75 / 10.2, ha="left", fontweight="bold", fontsize=11.5)


def morris_plane(
    path: Path, effects: MorrisEffects, title: str, source: str = "", output: Output = None, most: int = 8
) -> None:
    """Mean absolute effect against the spread of effects, with intervals; the strongest inputs are named."""
    strength, spread = picked(effects.mu_star, output), picked(effects.sigma, output)
    if not strength.any():
        raise InputError("the result does not vary")
    widths = [picked(ends, output, ends=True) for ends in (effects.mu_star_ci, effects.sigma_ci)]
    order = np.argsort(-strength, kind="stable")
    error = float((widths[0][:, 1] - widths[0][:, 0]).max()) / 2.0
    how = "Effects are changes of the result per full range of an input"
    note = caption(effects.evaluations, f"mean absolute effects at most {error:.2g}", source, how)
    legend = 0.75 + LETTER * max(len(effects.names[index]) for index in order[:most])
    with study_canvas(path, note, size=(10.2, 6.0), left=1.05, legend=legend) as (_, axis):
        for rank, index in enumerate(order):
            colour = COLOURS[rank % len(COLOURS)] if rank < most else GREY
            x, y = strength[index], spread[index]
            bars = np.abs(np.stack([widths[0][index] - x, widths[1][index] - y]))[:, :, None]
            style: dict[str, Any] = {"fmt": "o", "color": colour, "markersize": 6, "elinewidth": 1.0}
            label = effects.names[index] if rank < most else None
            axis.errorbar(x, y, xerr=bars[0], yerr=bars[1], label=label, **style)
        if len(order) > most:
            axis.plot([], [], "o", color=GREY, label=f"{len(order) - most} other inputs")
        right, top = 1.06 * float(widths[0][:, 1].max()), 1.06 * float(max(widths[1][:, 1].max(), strength.max() / 3))
        axis.set_xlim(-0.015 * right, right)
        axis.set_ylim(-0.02 * top, top)
        _slopes(axis, right, top)
        axis.set_xlabel("mean absolute effect \u03bc*: importance", color="#555555")
        axis.set_ylabel("spread of effects \u03c3: nonlinearity and interaction", color="#555555")
        axis.set_title(title)
        axis.legend(loc="center left", bbox_to_anchor=(1.01, 0.5))


def _slopes(axis: Axes, right: float, top: float) -> None:
    """Rays that part nearly linear from monotonic and from strongly nonlinear inputs."""
    for slope, text in ((0.1, "nearly linear below"), (0.5, "monotonic below"), (1.0, "strongly nonlinear above")):
        end = min(right, top / slope)
        axis.plot([0.0, end], [0.0, slope * end], color="#BBBBBB", linewidth=0.9, linestyle="--", zorder=0)
        above = end < right  # the ray leaves through the top
        axis.annotate(
            f"{text}\n\u03c3 = {slope:g} \u03bc*",
            (end, slope * end),
            (6, -4) if above else (-4, -16),
            textcoords="offset points",
            fontsize=8,
            color="#888888",
            ha="left" if above else "right",
            va="top",
        )


def pawn_bars(
    path: Path, indices: PawnIndices, title: str, source: str = "", output: Output = None, most: int = 15
) -> None:
    """Median distance over slices with its interval, the largest one as a mark, and what a dummy input reaches."""
    median, largest = picked(indices.median, output), picked(indices.maximum, output)
    ends = picked(indices.median_ci, output, ends=True)
    threshold = float(indices.median_threshold if output is None else indices.median_threshold[output])
    order = np.argsort(-median, kind="stable")[:most]
    names = [indices.names[index] for index in order]
    error = float((ends[order, 1] - ends[order, 0]).max()) / 2.0
    how = f"Kolmogorov-Smirnov distances over {indices.slices} slices of each input"
    note = caption(indices.n, f"medians at most {error:.2g}", source, how)
    with study_canvas(path, note, size=(9.6, 1.9 + 0.32 * len(order)), left=room_for(names)) as (_, axis):
        colours = [BLUE if value > threshold else REST for value in median[order]]
        errors = np.abs(ends[order].T - median[order])
        axis.barh(
            np.arange(len(order)),
            median[order],
            color=colours,
            height=0.7,
            xerr=errors,
            label="median",
            error_kw={"ecolor": "#555555", "elinewidth": 1.0, "capsize": 2.0},
        )
        axis.plot(largest[order], np.arange(len(order)), "D", color=ORANGE, markersize=4.5, label="largest of a slice")
        axis.axvline(threshold, color=RED, linestyle="--", linewidth=1.3, label="median of a dummy stays below")
        _rows(axis, names)
        axis.set_xlim(left=0.0)
        axis.set_title(title)
        axis.legend(loc="lower right")
