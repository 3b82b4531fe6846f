"""Pictures of many runs: fans, the year of neutrality, paired differences, the running mean.

Every figure says below how many runs it rests on and how large its Monte Carlo error is (half the length of the
interval, 95 % unless said otherwise), and in red what the runs are too few to say.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.errors import InputError
from agents.fields import Floats
from experiments.figure_style import BLACK, BLUE, RED, SCENARIO_COLOURS, canvas, year_axis
from experiments.statistics import (
    Estimate,
    PairedDifference,
    RunningMean,
    check_probability,
    probability,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LETTERS_AN_INCH = 18.0  # of the caption
LINE = 0.145  # inches of a caption line
SHOWN_FROM = 8  # runs: the first few would set the scale of a running mean
BETWEEN = 0.18  # opacity of a band


def caption(runs: int, error: str, source: str, *notes: str) -> str:
    """The line below a figure: runs, Monte Carlo error, notes, source."""
    return ". ".join(part for part in (f"{runs:,} runs; Monte Carlo error: {error}", *notes, source) if part)


def percent(share: float) -> str:
    """``5 %``."""
    return f"{100 * share:g} %"


def lighter(colour: str, strength: float) -> tuple[float, ...]:
    """A colour mixed with white, as the same colour with this opacity would look."""
    from matplotlib.colors import to_rgb

    return tuple(1.0 - strength * (1.0 - part) for part in to_rgb(colour))


@contextmanager
def study_canvas(
    path: Path,
    note: str,
    warning: str | None = None,
    size: tuple[float, float] = (9.6, 5.4),
    left: float = 0.75,
    **layout: Any,
) -> Iterator[tuple[Figure, Any]]:
    """A canvas with room for a label below the axes, a caption of several lines and a warning; ``left`` in inches."""
    letters = int(LETTERS_AN_INCH * size[0])
    lines = textwrap.wrap(note, letters)
    alarms = textwrap.wrap(f"Too few runs: {warning}", letters) if warning else []
    room = 0.62 + LINE * (len(lines) + len(alarms))
    with canvas(path, "\n".join(lines), (size[0], size[1]), **layout) as (figure, axes):
        figure.subplots_adjust(left=left / size[0], bottom=room / size[1])
        yield figure, axes
        if alarms:
            height = 0.12 + LINE * len(lines)
            figure.text(0.1 / size[0], height / size[1], "\n".join(alarms), fontsize=7.5, color=RED, va="bottom")


def half(estimate: Estimate) -> str:
    """The largest Monte Carlo error of an estimate [...] in words: ``at most 4.5``."""
    widths = np.atleast_1d(estimate.half_width)
    known = widths[np.isfinite(widths)]
    if not len(known):
        return "not bounded by so few runs"
    return f"at most {known.max():.2g}" + ("" if len(known) == len(widths) else " and unbounded in places")


def fan_chart(
    path: Path, years: Sequence[int], quantiles: Mapping[float, Estimate], title: str, source: str = "", unit: str = ""
) -> None:
    """Bands between quantiles [years] by share, as ``statistics.fan`` gives them, around their median.

    Dotted lines are the interval of the median. Shares must come in pairs around 0.5.
    """
    shares = sorted(quantiles)
    if 0.5 not in shares or any(not np.isclose(a + b, 1.0) for a, b in zip(shares, shares[::-1], strict=True)):
        raise InputError(f"a fan needs the median and pairs of shares around it, got {shares}")
    median, outer = quantiles[0.5], shares[0]
    edge = max((quantiles[outer], quantiles[shares[-1]]), key=lambda estimate: float(np.max(estimate.half_width)))
    outermost = f"{percent(outer)} and {percent(1 - outer)} quantiles {half(edge)} {unit}"
    error = f"median {half(median)}, {outermost}"
    with study_canvas(path, caption(median.n, error.strip(), source), legend=1.9) as (_, axis):
        for depth, share in enumerate(shares[: len(shares) // 2]):
            low, high = quantiles[share].value, quantiles[shares[-1 - depth]].value
            label = f"{percent(share)} to {percent(1 - share)} of runs"
            tint = lighter(BLUE, 0.15 + 0.2 * depth)
            axis.fill_between(years, low, high, color=tint, linewidth=0, label=label)
        axis.plot(years, median.value, color=BLUE, linewidth=2.2, label="median")
        axis.plot(
            years, median.low, ":", color=BLACK, linewidth=1.0, label=f"its {percent(median.confidence)} interval"
        )
        axis.plot(years, median.high, ":", color=BLACK, linewidth=1.0)
        if axis.get_ylim()[0] < 0.0 < axis.get_ylim()[1]:
            axis.axhline(0.0, color=BLACK, linewidth=0.8)
        axis.set_title(title)
        year_axis(axis, years)
        axis.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), handlelength=1.4)


def neutrality_years(
    path: Path, reached: Mapping[str, Sequence[float | None] | Floats], years: Sequence[int], source: str = ""
) -> None:
    """Distribution of the year of neutrality of scenarios: years of runs, nan or None where it is not reached.

    One row a scenario with the share of runs in each year and, hatched, those not neutral by the last year; below the
    probability of being neutral by each year with its Wilson interval. A scenario of which no run gets there has none.
    """
    found = {name: np.array([np.nan if y is None else float(y) for y in runs]) for name, runs in reached.items()}
    last = years[-1]
    earliest = np.nanmin([last - 10.0, *(np.nanmin(runs) for runs in found.values() if not np.isnan(runs).all())])
    first = max(years[0], int(earliest - 3) // 5 * 5)  # years before anyone is neutral would be empty
    by_year = {name: probability(runs[:, None] <= np.arange(first, last + 1)) for name, runs in found.items()}
    worst = max(by_year.values(), key=lambda estimate: float(estimate.half_width.max()))
    runs = min(len(values) for values in found.values())
    never = [name for name, values in found.items() if not (values <= last).any()]
    error = f"probabilities at most {100 * float(worst.half_width.max()):.1f} percentage points"
    note = caption(runs, error, source, *([f"No run is neutral by {last} in {', '.join(never)}"] if never else []))
    warning = boldest(by_year, first)
    rows = len(found) - len(never) + 1
    ratios = {"height_ratios": [1.0] * (rows - 1) + [1.5]}
    layout: dict[str, Any] = {"nrows": rows, "squeeze": False, "gridspec_kw": ratios, "gaps": (0.8, 0.7)}
    with study_canvas(path, note, warning, (9.6, 1.6 + 1.75 * rows), **layout) as (_, axes):
        colours = {name: SCENARIO_COLOURS[(i + 1) % len(SCENARIO_COLOURS)] for i, name in enumerate(found)}
        for row, name in enumerate(name for name in found if name not in never):
            _years_of_neutrality(axes[row, 0], found[name], first, last, colours[name])
            axes[row, 0].set_title(f"{name}: share of runs by first year of neutrality, %", fontsize=10)
        axis = axes[-1, 0]
        for name, estimate in by_year.items():
            band(
                axis,
                np.arange(first, last + 1),
                100 * estimate.value,
                100 * estimate.low,
                100 * estimate.high,
                colours[name],
                name,
            )
        axis.set_title("Probability of being neutral by the year, %, with 95 % interval", fontsize=10)
        axis.set_xlim(first - 0.5, last + 3.0)
        axis.set_xticks([year for year in range(first, last + 1) if year % 5 == 0])
        axis.set_ylim(0.0, 100.0)
        if len(found) > 1:
            axis.legend(loc="upper left")


def _years_of_neutrality(axis: Axes, values: Floats, first: int, last: int, colour: str) -> None:
    """Bars of one scenario, the last one for runs that are not neutral by the last year."""
    late = ~(values <= last)
    shares = np.array([100.0 * np.mean(values == year) for year in range(first, last + 1)])
    axis.bar(np.arange(first, last + 1), shares, color=colour, width=0.85)
    axis.bar([last + 2], [100.0 * late.mean()], color="white", edgecolor=colour, hatch="////", width=1.4)
    axis.annotate(
        f"{100 * late.mean():.0f}",
        (last + 2, 100 * late.mean()),
        (0, 2),
        textcoords="offset points",
        ha="center",
        fontsize=8.5,
    )
    axis.set_ylim(0.0, 1.18 * max(float(shares.max()), 100.0 * float(late.mean()), 1.0))
    axis.set_xlim(first - 0.5, last + 3.0)
    axis.set_xticks([*_ticks(first, last), last + 2], [*map(str, _ticks(first, last)), f"not by\n{last}"])


def _ticks(first: int, last: int) -> list[int]:
    """Round years with room for the bar after the last one."""
    return [year for year in range(first, last + 1) if year % 5 == 0 and year <= last - 2]


def boldest(by_year: Mapping[str, Estimate], first: int) -> str | None:
    """Warning for the probability with the longest interval, if it is too long."""
    name, estimate = max(by_year.items(), key=lambda item: float(item[1].width.max()))
    at = int(np.argmax(estimate.width))
    one = Estimate(estimate.value[at], estimate.low[at], estimate.high[at], estimate.standard_error[at], estimate.n)
    return check_probability(one, f"probability of '{name}' being neutral by {first + at}")


def band(axis: Axes, x: Any, value: Floats, low: Floats, high: Floats, colour: str, label: str | None = None) -> None:
    """A line within its interval."""
    axis.fill_between(x, low, high, color=colour, alpha=BETWEEN, linewidth=0)
    axis.plot(x, value, color=colour, linewidth=2.0, label=label)


def paired_differences(
    path: Path,
    years: Sequence[int],
    differences: Mapping[str, PairedDifference],
    reference: str,
    quantity: str,
    source: str = "",
) -> None:
    """Mean differences [years] of scenarios to the reference under the same luck, and what the pairing is worth.

    ``quantity`` with its unit, such as ``Net CO2, kt a year``.
    """
    widest = max((pair.difference for pair in differences.values()), key=lambda e: float(np.max(e.half_width)))
    text = f"mean difference {half(widest)}"
    note = caption(widest.n, text, source, "Every run is compared with the reference under the same luck")
    with study_canvas(path, note, size=(10.6, 5.4), ncols=2, top=0.7) as (_, axes):
        left, right = axes
        for row, (name, pair) in enumerate(differences.items()):
            colour, mean = SCENARIO_COLOURS[(row + 1) % len(SCENARIO_COLOURS)], pair.difference
            band(left, years, mean.value, mean.low, mean.high, colour, name)
            worth = np.isfinite(pair.saving)
            saved = f"{name}: {np.median(pair.saving[worth]):,.3g} times" if worth.any() else name
            right.plot(years, pair.apart.half_width, "--", color=colour, linewidth=1.4)
            right.plot(years, mean.half_width, color=colour, linewidth=2.0, label=saved)
        left.axhline(0.0, color=BLACK, linewidth=0.8)
        left.set_title(f"{quantity}: mean difference\nto '{reference}', with 95 % interval")
        left.legend(loc="best")
        right.set_title("Monte Carlo error: paired (solid),\nhad the runs been independent (dashed)")
        right.set_ylim(bottom=0.0)
        right.legend(loc="best", title="runs needed without pairing (median year)", alignment="left")
        for axis in axes:
            year_axis(axis, years)


def convergence_of_mean(path: Path, tracks: Mapping[str, RunningMean], title: str, source: str = "") -> None:
    """Running means of scenarios with their intervals, by number of runs; the last mean dotted."""
    ends = {name: float((track.high - track.low)[-1]) / 2.0 for name, track in tracks.items()}
    runs = min(track.n[-1] for track in tracks.values())
    start = SHOWN_FROM if runs > 2 * SHOWN_FROM else 2
    error = ", ".join(f"{name} {end:.2g}" for name, end in ends.items())
    with study_canvas(path, caption(runs, f"{error} at the end", source)) as (_, axis):
        for row, (name, track) in enumerate(tracks.items()):
            colour = SCENARIO_COLOURS[(row + 1) % len(SCENARIO_COLOURS)]
            shown = np.array(track.n) >= start
            x, value, low, high = (np.asarray(part)[shown] for part in (track.n, track.value, track.low, track.high))
            band(axis, x, value, low, high, colour, name)
            axis.axhline(value[-1], color=colour, linestyle=":", linewidth=1.0)
        axis.set_xscale("log")
        axis.set_xlim(start, max(start + 1, *(track.n[-1] for track in tracks.values())))
        axis.xaxis.set_major_formatter(lambda n, _: f"{n:,.0f}")
        axis.grid(axis="x", color="#EEEEEE")
        axis.set_xlabel("runs", color="#555555")
        axis.set_title(title)
        if len(tracks) > 1:
            axis.legend(loc="best")
