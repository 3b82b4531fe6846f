"""The pictures of a run: emissions, energy, power, investment, building gates, port fleets; and of a comparison.

Each figure states its units in its title and its source below. A figure whose variables a run does not have is left
out, and ``draw_run`` says so; nothing is drawn from invented numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from agents.errors import InputError
from agents.fields import Floats
from experiments.figure_style import (
    BLACK,
    BLUE,
    CARRIER_COLOURS,
    GREEN,
    GRID,
    LIGHT,
    LOST,
    ORANGE,
    SCENARIO_COLOURS,
    SECTOR_COLOURS,
    SKY,
    STORED,
    SUN,
    VISIBLE,
    WIND,
    YELLOW,
    canvas,
    legend_right,
    source_line,
    stack,
    year_axis,
)
from experiments.labels import FATES
from experiments.practice_figures import building_gates, port_fleets
from sim.results import NET, Results, RunResult, neutrality_year

KILO = 1e3
HOURS_A_WEEK = 168
HOURS_A_YEAR = 8760
SUMMER, WINTER = (151, 243), (334, 59)  # days of the year: June to August, December to February
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MONTH_STARTS = np.cumsum([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30])
PERIOD = 5  # years that one bar of the investment figure sums


def draw_run(folder: Path, result: RunResult, shown: Results | None = None) -> list[str]:
    """All figures of a run into a folder; returns a note for each one left out and why."""
    results = result.results if shown is None else shown
    futures = {name: future.since(results.first_year) for name, future in result.futures.items()}
    figures: dict[str, Callable[[Path], None]] = {
        "emissions.png": lambda path: emissions(path, results, futures),
        "energy.png": lambda path: energy_by_carrier(path, results),
        "electricity.png": lambda path: electricity(path, results, result.hourly),
        "investment.png": lambda path: investment(path, results),
        "building_gates.png": lambda path: building_gates(path, results),
        "port_fleets.png": lambda path: port_fleets(path, results),
    }
    notes = []
    for name, draw in figures.items():
        try:
            draw(folder / name)
        except InputError as error:
            notes.append(f"figure {name} left out: {error}")
    return notes


def emissions(path: Path, results: Results, futures: Mapping[str, Results] | None = None) -> None:
    """Emissions by sector (scope 1 and account scope 2) upwards, sinks and offsets downwards, net CO2 as a line.

    What is traded beyond its cap, and so does not count, stands on top of the sectors. Thin lines show net CO2 under
    the other fates of contracted zero-carbon supply.
    """
    years = np.array(results.years)
    sectors = {name: results.values(f"Emissions|CO2|{name}") / KILO for name in SECTOR_COLOURS}
    net = results.values(NET) / KILO
    closing = {name: values / KILO for name, values in results.closing().items()}
    below = {"Sinks that count": closing["sinks"], "Offsets": closing["offsets"]}
    below["Outside certificates, other"] = np.maximum(closing["other"], 0.0)
    above = {**sectors, "Traded beyond its cap": np.maximum(-closing["other"], 0.0)}
    colours = {**SECTOR_COLOURS, "Sinks that count": GREEN, "Offsets": SKY, "Outside certificates, other": YELLOW}
    colours["Traded beyond its cap"] = LIGHT
    largest = {name: float(values.max()) for name, values in below.items()}
    least = VISIBLE * float(closing["sources"].max())
    small = [f"{name.lower()}: at most {most:.1f} kt" for name, most in largest.items() if 0.0 < most < least]
    source = ". ".join([source_line(results), *(["Too thin to see: " + "; ".join(small)] if small else [])])
    with canvas(path, source, legend=2.3) as (_, axis):
        stack(axis, years, above, colours)
        stack(axis, years, below, colours, negative=True)
        axis.axhline(0.0, color=BLACK, linewidth=0.8)
        for (name, future), dash in zip((futures or {}).items(), ("-.", "--", ":"), strict=False):
            if not np.array_equal(future.record, results.record):
                label = f"Net, if supply {FATES[name][0]}"
                axis.plot(years, future.values(NET) / KILO, color=BLACK, linewidth=1.2, linestyle=dash, label=label)
        axis.plot(years, net, color=BLACK, linewidth=2.2, label="Net CO2")
        neutral = neutrality_year(results.years, net)
        if neutral is not None:
            axis.annotate(
                f"neutral from {neutral}",
                (neutral, 0.0),
                (0, 46),
                textcoords="offset points",
                ha="center" if neutral < years[-1] - 3 else "right",
                arrowprops={"arrowstyle": "-|>", "color": BLACK},
            )
        axis.set_title("CO2 of the park by sector (scope 1, scope 2 in its account), kt a year")
        year_axis(axis, results.years)
        legend_right(axis)


def energy_by_carrier(path: Path, results: Results) -> None:
    """Energy by carrier in ktce; electricity is what total energy holds beyond the fuels (its coal equivalent)."""
    years = np.array(results.years)
    fuels = {name: results.values(f"Final Energy|{name}") / KILO for name in CARRIER_COLOURS if name != "Electricity"}
    total = results.values("Energy Consumption") / KILO
    power = total - sum(fuels.values(), np.zeros(len(years)))
    source = f"{source_line(results)}. Electricity at its coal equivalent."
    with canvas(path, source, legend=1.2) as (_, axis):
        stack(axis, years, {"Electricity": power, **fuels}, CARRIER_COLOURS)
        axis.set_title("Energy consumption by carrier, thousand tce a year")
        year_axis(axis, results.years)
        axis.set_ylim(bottom=0.0)
        legend_right(axis)


def electricity(path: Path, results: Results, hourly: Mapping[int, Mapping[str, Floats]] | None) -> None:
    """Supply of the years, and by hour a summer and a winter week of the last kept year (each season's peak load)."""
    years = np.array(results.years)
    supply = {
        "Wind": results.values("Electricity|Generation|Wind") / KILO,
        "PV": results.values("Electricity|Generation|PV") / KILO,
        "Import": results.values("Electricity|Import") / KILO,
        "Unserved": results.values("Electricity|Unserved") / KILO,
    }
    uses = {
        "Export": results.values("Electricity|Export") / KILO,
        "Curtailment": results.values("Electricity|Curtailment") / KILO,
    }
    colours = {"Wind": WIND, "PV": SUN, "Import": GRID, "Unserved": LOST, "Export": GREEN, "Curtailment": ORANGE}
    rows = 3 if hourly else 1
    size = (9.6, 10.4 if hourly else 5.0)
    ratios = {"height_ratios": [1.25, 1, 1]} if hourly else None
    with canvas(path, source_line(results), size, 1.2, nrows=rows, gridspec_kw=ratios, squeeze=False) as (_, axes):
        axis = axes[0, 0]
        stack(axis, years, supply, colours)
        stack(axis, years, uses, colours, negative=True)
        axis.plot(years, results.values("Electricity|Demand") / KILO, color=BLACK, linewidth=2.0, label="Demand")
        axis.axhline(0.0, color=BLACK, linewidth=0.8)
        axis.set_title("Electricity supply, GWh a year (export and curtailment below zero)")
        year_axis(axis, results.years)
        legend_right(axis)
        if hourly:
            year = max(hourly)
            for row, (season, days) in enumerate((("Summer", SUMMER), ("Winter", WINTER)), start=1):
                _week(axes[row, 0], hourly[year], season, days, year)


def peak_week(demand: Floats, days: tuple[int, int]) -> int:
    """First hour of the seven days around the season's highest load; a season may run over the end of the year."""
    first, last = days
    season = np.arange(first, last) if first < last else np.r_[np.arange(first, 365), np.arange(0, last)]
    daily = demand.reshape(-1, 24).max(axis=1)
    peak = int(season[np.argmax(daily[season])])
    return min(max(0, peak - 3), 365 - 7) * 24


def _week(axis: object, series: Mapping[str, Floats], season: str, days: tuple[int, int], year: int) -> None:
    """One week by hour in MW: wind, PV, storage and import upwards, charging, export and curtailment downwards."""
    from matplotlib.axes import Axes

    assert isinstance(axis, Axes)
    start = peak_week(series["demand"], days)
    window = slice(start, start + HOURS_A_WEEK)
    hours = np.arange(HOURS_A_WEEK) / 24.0

    def part(*names: str) -> Floats:
        held = [np.asarray(series[name][window], dtype=np.float64) for name in names if name in series]
        return sum(held, np.zeros(HOURS_A_WEEK))

    colours = {
        "Wind": WIND,
        "PV": SUN,
        "Discharge": STORED,
        "Import": GRID,
        "Load control": SKY,
        "Unserved": LOST,
        "Export": GREEN,
        "Charge": STORED,
        "Curtailment": ORANGE,
    }
    up = {
        "Wind": part("onshore_wind", "nearshore_wind"),
        "PV": part("roof_pv", "ground_pv"),
        "Discharge": part("discharge"),
        "Import": part("import"),
        "Load control": part("load_control"),
        "Unserved": part("unserved"),
    }
    down = {"Charge": part("charge"), "Export": part("export"), "Curtailment": part("curtailment")}
    stack(axis, hours, up, colours)
    stack(axis, hours, down, colours, negative=True)
    axis.plot(hours, part("demand"), color=BLACK, linewidth=1.6, label="Demand")
    axis.axhline(0.0, color=BLACK, linewidth=0.8)
    axis.set_title(f"{season} week of {year} with the season's highest load, MW by hour")
    axis.set_xlim(0, 7)
    axis.set_xticks(np.arange(7) + 0.5, [_date(start // 24 + day) for day in range(7)])
    axis.tick_params(axis="x", length=0)
    legend_right(axis)


def _date(day: int) -> str:
    """Day of a 365-day year, as in 3 Jul."""
    month = int(np.searchsorted(MONTH_STARTS, day, side="right")) - 1
    return f"{day - MONTH_STARTS[month] + 1} {MONTHS[month]}"


def investment(path: Path, results: Results) -> None:
    """Investment in new facilities against retrofits of existing ones, by period: money and shares (图8)."""
    years = np.array(results.years)
    new, old = results.values("Investment|New Build"), results.values("Investment|Retrofit")
    decided = years > results.first_year  # the first recorded year has no decisions
    starts = np.arange(results.first_year + 1, years[-1] + 1, PERIOD)
    bars = []
    for start in starts:
        inside = decided & (years >= start) & (years < start + PERIOD)
        bars.append((new[inside].mean(), old[inside].mean()))
    new_mean, old_mean = np.array(bars).T
    total = np.maximum(new_mean + old_mean, 1e-300)
    labels = [f"{start}-\n{min(start + PERIOD - 1, years[-1])}" for start in starts]
    with canvas(path, source_line(results), (10.2, 4.8), ncols=2) as (_, (left, right)):
        left.bar(labels, new_mean, color=BLUE, label="New facilities")
        left.bar(labels, old_mean, bottom=new_mean, color=ORANGE, label="Retrofit of existing ones")
        left.set_title("Investment, million yuan of 2020 a year")
        left.set_ylim(top=1.2 * float((new_mean + old_mean).max() or 1.0))  # room for the legend
        left.legend(loc="upper right", ncols=2, fontsize=8.5)
        right.bar(labels, 100.0 * new_mean / total, color=BLUE)
        right.bar(labels, 100.0 * old_mean / total, bottom=100.0 * new_mean / total, color=ORANGE)
        for index, share in enumerate(100.0 * old_mean / total):
            if share >= 8.0:
                right.text(index, 100.0 - share / 2.0, f"{share:.0f}", ha="center", va="center", color=BLACK)
        right.set_ylim(0, 100)
        right.set_title("Share of investment, % (numbers: retrofit)")
        for axis in (left, right):
            axis.tick_params(axis="x", labelsize=8)


def compare_figure(path: Path, several: Sequence[Results], reference: Results) -> None:
    """Net CO2 of several scenarios, and what each one changes against the reference (same luck in all)."""
    years = np.array(reference.years)
    names = ", ".join(f"'{results.scenario}'" for results in several)
    source = f"{reference.model} simulation of {reference.region}; scenarios {names}; common random numbers"
    with canvas(path, source, (10.2, 8.6), nrows=2, ncols=2) as (_, axes):
        for index, results in enumerate(several):
            colour = SCENARIO_COLOURS[index % len(SCENARIO_COLOURS)]
            dash = "-" if index < len(SCENARIO_COLOURS) else "--"
            net, spent = (
                results.values(NET),
                results.values("Investment|New Build") + results.values("Investment|Retrofit"),
            )
            base = reference.values("Investment|New Build") + reference.values("Investment|Retrofit")
            curves = (
                net / KILO,
                (net - reference.values(NET)) / KILO,
                np.cumsum(net - reference.values(NET)) / 1e6,
                np.cumsum(spent - base),
            )
            for axis, curve in zip(axes.flat, curves, strict=True):
                axis.plot(years, curve, color=colour, linestyle=dash, lw=2.0, label=results.scenario)
        titles = (
            "Net CO2, kt a year",
            f"Difference to '{reference.scenario}', kt a year",
            f"Cumulative difference to '{reference.scenario}', Mt",
            f"Extra investment since {years[0]}, million yuan of 2020",
        )
        for axis, title in zip(axes.flat, titles, strict=True):
            axis.axhline(0.0, color=BLACK, linewidth=0.8)
            axis.set_title(title)
            year_axis(axis, reference.years)
        axes[0, 0].legend(loc="best", fontsize=8.5)
