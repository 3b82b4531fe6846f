"""Figures of two practices: buildings at their gates (P3) and the fleets of the port (P1)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from agents.errors import InputError
from agents.fields import Floats
from experiments.figure_style import (
    BLACK,
    BLUE,
    CARRIER_COLOURS,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    RED,
    SKY,
    YELLOW,
    canvas,
    source_line,
    stack,
    year_axis,
)
from sim.results import Results

KILO = 1e3
WINDOW = 5  # years of a moving mean
GATE_NAMES = {  # Figure 6 of the report
    "G1": "land listing",
    "G2": "project approval",
    "G3": "scheme review",
    "G4": "energy assessment",
    "G5": "drawing review",
    "G6": "completion",
    "G7": "energy quota",
    "G8": "demolition",
    "G9": "waste",
}


def building_gates(path: Path, results: Results) -> None:
    """Projects passed and caught at each gate, and the life-cycle reduction that new buildings reach."""
    years = np.array(results.years)
    gates = [
        name.split("|")[2] for name in results.names if name.startswith("Buildings|Gates|") and name.endswith("Caught")
    ]
    if not gates:
        raise InputError("the results hold no building gates")
    mosaic = [[gates[3 * row + column] for column in range(3)] for row in range(len(gates) // 3)]
    with canvas(path, source_line(results), (9.6, 9.6), top=0.75, nrows=len(mosaic) + 1, ncols=3) as (figure, axes):
        for row, names in enumerate(mosaic):
            for column, gate in enumerate(names):
                _gate(axes[row, column], results, gate, years)
        handles, labels = axes[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="upper right", bbox_to_anchor=(0.98, 0.997), ncols=2, fontsize=9)
        for axis in axes[-1]:
            axis.remove()
        rates = figure.add_subplot(axes[-1, 0].get_gridspec()[-1, :])
        _reduction_rates(rates, results, years)
        figure.suptitle(
            "Building projects at the gates, number a year", x=0.06, ha="left", fontweight="bold", fontsize=12
        )


def _reduction_rates(axis: object, results: Results, years: Floats) -> None:
    """Life-cycle reduction of new buildings: five-year means weighted by floor area, and each year as a dot."""
    from matplotlib.axes import Axes
    from matplotlib.ticker import PercentFormatter

    assert isinstance(axis, Axes)
    area = results.values("Floor Area|Completed") if "Floor Area|Completed" in results.names else np.ones(len(years))
    achieved = results.values("Buildings|Life-cycle Reduction Rate")
    built = area > 0.0
    axis.plot(years[built], achieved[built], ".", color=GREEN, markersize=4, label="achieved, by year")
    axis.plot(years, weighted_mean(achieved, area), color=GREEN, lw=2.2, label="achieved, five-year mean")
    if "lifecycle_design_rate" in results.names.values():
        designed = weighted_mean(results.values("lifecycle_design_rate"), area)
        axis.plot(years, designed, color=SKY, lw=1.6, label="designed, five-year mean")
    if "lifecycle_rate_in_force" in results.names.values():
        rule = results.values("lifecycle_rate_in_force")
        axis.step(years, rule, color=BLACK, linestyle="--", lw=1.6, where="post", label="required at land listing")
    axis.set_title("Life-cycle CO2 reduction of floor area completed, % per m2")
    axis.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=""))
    axis.set_ylim(0.0, max(0.05, 1.3 * axis.get_ylim()[1]))
    year_axis(axis, results.years)
    axis.legend(loc="upper left", ncols=4, fontsize=8, columnspacing=1.2)


def weighted_mean(values: Floats, weights: Floats, years: int = WINDOW) -> Floats:
    """Centred moving mean [years]; NaN where no weight falls into the window."""
    half, last = years // 2, len(values)
    windows = [slice(max(0, year - half), min(last, year + half + 1)) for year in range(last)]
    held = [(float(weights[w].sum()), float((values[w] * weights[w]).sum())) for w in windows]
    return np.array([part / total if total > 0.0 else np.nan for total, part in held])


def _gate(axis: object, results: Results, gate: str, years: Floats) -> None:
    """One gate: projects passed unhindered and projects caught."""
    from matplotlib.axes import Axes

    assert isinstance(axis, Axes)
    passed, caught = (results.values(f"Buildings|Gates|{gate}|{what}") for what in ("Passed", "Caught"))
    axis.fill_between(years, 0.0, passed, color=SKY, label="passed", linewidth=0, step="mid")
    axis.fill_between(years, passed, passed + caught, color=RED, label="caught", linewidth=0, step="mid")
    axis.set_title(f"{gate} {GATE_NAMES.get(gate, '')}".strip(), fontsize=10)
    axis.set_ylim(0.0, max(1.0, 1.08 * float((passed + caught).max())))
    if not np.any(passed + caught):
        axis.text(0.5, 0.5, "not in force", transform=axis.transAxes, ha="center", color=GREY)
        axis.set_yticks([])
    year_axis(axis, results.years)
    axis.set_xlim(results.years[0], results.years[-1] + 0.5)  # the last bar in full
    axis.set_xticks([year for year in results.years if year % 20 == 0])


def port_fleets(path: Path, results: Results) -> None:
    """Machines of the port by drive, energy of the port by carrier, throughput."""
    years = np.array(results.years)
    fleet = {name.rsplit("|", 1)[1]: results.values(name) for name in results.children("Port|Fleet")}
    if not fleet:
        fleet = _trucks_and_others(results)
    palette = {"Diesel": RED, "LNG": YELLOW, "Electric": SKY, "Battery": SKY, "Cable": BLUE, "Hydrogen": BLUE}
    palette |= {"LNG yard trucks": YELLOW, "Electric yard trucks": SKY}
    spare = iter((GREY, ORANGE, PURPLE, GREEN, BLACK))
    colours = {name: palette.get(name) or next(spare) for name in fleet}
    fuels = ("LNG", "Diesel", "Hydrogen")
    energy = {
        name: results.values(f"Port|Energy|{name}") / KILO for name in fuels if f"Port|Energy|{name}" in results.names
    }
    with canvas(path, source_line(results), (10.2, 8.4), nrows=2, ncols=2) as (_, axes):
        stack(axes[0, 0], years, fleet, colours)
        axes[0, 0].set_title("Port machines at work, number")
        axes[0, 0].margins(y=0.0)
        axes[0, 0].set_ylim(top=1.28 * float(sum(fleet.values(), np.zeros(len(years))).max()))  # room for the legend
        axes[0, 0].legend(loc="upper left", fontsize=8, ncols=2)
        stack(axes[0, 1], years, energy, CARRIER_COLOURS)
        axes[0, 1].set_title("Fuel of the port, thousand tce a year")
        axes[0, 1].legend(loc="best", fontsize=8)
        axes[1, 0].plot(
            years, results.values("Port|Energy|Electricity") / KILO, color=BLUE, lw=2, label="all electricity"
        )
        axes[1, 0].plot(years, results.values("Port|Shore Power") / KILO, color=GREEN, lw=2, label="of it shore power")
        axes[1, 0].set_title("Electricity of the port, GWh a year")
        axes[1, 0].legend(loc="best", fontsize=8)
        axes[1, 1].plot(years, results.values("Port|Throughput") / 1e6, color=BLACK, lw=2)
        axes[1, 1].set_title("Throughput, million TEU a year")
        for axis in axes.flat:
            axis.set_ylim(bottom=0.0)
            year_axis(axis, results.years)


def _trucks_and_others(results: Results) -> dict[str, Floats]:
    """Yard trucks by drive and all other machines (cranes, stackers), where the fleet is not published by drive."""
    lng, electric = results.values("port_lng_trucks"), results.values("port_electric_trucks")
    others = np.maximum(results.values("port_machines") - lng - electric, 0.0)
    return {"LNG yard trucks": lng, "Electric yard trucks": electric, "All other machines": others}
