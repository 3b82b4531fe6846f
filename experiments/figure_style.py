"""How every figure looks: colours that colour-blind readers can tell apart, titles with units, a source line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.fields import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sim.results import Results

# Okabe and Ito (2008), Color Universal Design.
ORANGE, SKY, GREEN, YELLOW = "#E69F00", "#56B4E9", "#009E73", "#F0E442"
BLUE, RED, PURPLE, BLACK, GREY = "#0072B2", "#D55E00", "#CC79A7", "#222222", "#9A9A9A"
LIGHT = "#D9D9D9"

SECTOR_COLOURS = {"Port": BLUE, "Industry": RED, "Buildings": ORANGE, "Transport": PURPLE, "Other": GREY}
CARRIER_COLOURS = {
    "Electricity": SKY,
    "Gas": ORANGE,
    "LNG": YELLOW,
    "Diesel": RED,
    "Gasoline": PURPLE,
    "Coal": BLACK,
    "LPG": "#8C6D31",
    "Hydrogen": BLUE,
    "Biomass": GREEN,
}
WIND, SUN, GRID, STORED, LOST = BLUE, YELLOW, GREY, PURPLE, RED
VISIBLE = 0.0015  # of the axis: a thinner layer is no more than a line in the legend
SCENARIO_COLOURS = (BLACK, BLUE, ORANGE, GREEN, PURPLE, SKY, RED, "#8C6D31")
STYLE: Any = {
    "font.family": "DejaVu Sans",  # travels with matplotlib; it has no Chinese, so figures use English labels
    "font.size": 9.5,
    "axes.titlesize": 11.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": "#DDDDDD",
    "grid.linewidth": 0.7,
    "axes.edgecolor": "#666666",
    "xtick.color": "#444444",
    "ytick.color": "#444444",
    "legend.frameon": False,
    "savefig.dpi": 130,
}


def source_line(results: Results) -> str:
    """Where the numbers of a figure come from."""
    return (
        f"{results.model} simulation of {results.region}, scenario '{results.scenario}'; "
        "inputs: the park's evidence table"
    )


@contextmanager
def canvas(
    path: Path,
    source: str,
    size: tuple[float, float] = (9.6, 5.4),
    legend: float = 0.0,
    top: float = 0.4,
    gaps: tuple[float, float] = (0.6, 0.7),
    **grid: Any,
) -> Iterator[tuple[Figure, Any]]:
    """A figure with its axes; saved as PNG with a source line below when the block ends.

    Inches: ``size``, ``legend`` kept free on the right, ``top`` for titles, ``gaps`` between rows and between columns.
    Fixed margins rather than a layout engine, which would take longer than the drawing.
    """
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    width, height = size
    rows, columns = grid.get("nrows", 1), grid.get("ncols", 1)
    inner_height = (height - top - 0.7 - gaps[0] * (rows - 1)) / rows
    inner_width = (width - 0.85 - legend - gaps[1] * (columns - 1)) / columns
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=size)
        FigureCanvasAgg(figure)  # without pyplot, which is slow to import and keeps figures
        axes = figure.subplots(**grid)
        figure.subplots_adjust(
            left=0.6 / width,
            right=1.0 - (0.25 + legend) / width,
            bottom=0.7 / height,
            top=1.0 - top / height,
            hspace=gaps[0] / inner_height,
            wspace=gaps[1] / inner_width,
        )
        yield figure, axes
        figure.text(0.1 / width, 0.12 / height, source, fontsize=7.5, color="#666666", ha="left", va="bottom")
        figure.savefig(path, metadata={"Software": "Lingtan"}, pil_kwargs={"compress_level": 2})


def stack(axis: Axes, x: Floats, parts: dict[str, Floats], colours: dict[str, str], negative: bool = False) -> Floats:
    """Stacked areas upwards (or downwards); parts too small to see are left out. Returns the stack's edge."""
    edge = np.zeros(len(x))
    whole = float(sum((np.abs(values) for values in parts.values()), np.zeros(len(x))).max(initial=0.0))
    for label, values in parts.items():
        if not np.any(np.abs(values) > VISIBLE * max(whole, axis.get_ylim()[1])):
            continue
        top = edge - np.abs(values) if negative else edge + values
        axis.fill_between(x, edge, top, color=colours[label], label=label, linewidth=0)
        edge = top
    return edge


def legend_right(axis: Axes, order: Sequence[str] | None = None) -> None:
    """Legend beside the axis, top of the stack first."""
    handles, labels = axis.get_legend_handles_labels()
    pairs = list(zip(handles, labels, strict=True))[::-1]
    if order:
        pairs.sort(key=lambda pair: order.index(pair[1]) if pair[1] in order else len(order))
    axis.legend(
        [handle for handle, _ in pairs],
        [label for _, label in pairs],
        loc="center left",
        bbox_to_anchor=(1.01, 0.5),
        handlelength=1.2,
        labelspacing=0.6,
    )


def year_axis(axis: Axes, years: Sequence[int]) -> None:
    """Years along the bottom, at round decades, without a margin."""
    axis.set_xlim(years[0], years[-1])
    step = 10 if years[-1] - years[0] > 20 else 5 if years[-1] - years[0] > 8 else 1
    ticks = [year for year in range(years[0], years[-1] + 1) if year % step == 0]
    axis.set_xticks(ticks or [years[0], years[-1]])
