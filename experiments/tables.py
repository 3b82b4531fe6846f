"""Tables on the terminal: a run by milestone year, scenarios side by side, policies and parks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from rich.table import Table

from agents.fields import Floats
from experiments.labels import COMPARED, FATES, HEADLINES, KINDS, SECTIONS, TESTS, Headline, Language, say
from sim.results import NET, neutrality_year

if TYPE_CHECKING:
    from rich.console import Console

    from experiments.scenario import Scenario
    from policies.base import Policy
    from sim.parks import ParkData
    from sim.results import Results, RunResult

ROOM, NARROW = 10_000, 24  # characters: more than any table takes, and a label's in a narrow one
CLOSING = "closing "  # rows of labels.py that Results.closing computes


def digits(value: float, places: int, sign: str = "") -> str:
    """A number for a table; what rounds to zero has no sign."""
    rounded = round(value, places) + 0.0
    return f"{rounded:{sign if rounded else ''},.{places}f}"


def plainly(value: float) -> str:
    """A limit of a lever: no exponents for large numbers, years without separators."""
    return f"{value:,.0f}" if abs(value) >= 1e5 else f"{value:g}"


def shown_years(results: Results) -> list[int]:
    """Milestone years among the results, and the last year."""
    return sorted({*(year for year in results.milestones if year in results.years), results.years[-1]})


def milestone_table(results: Results, scenario: Scenario, park_name: str, language: Language) -> Table:
    """Headline variables by milestone year; what they lack or what rounds to zero in all has no row."""
    title = say("pathway", language, park=park_name, scenario=scenario.name, seed=scenario.seed)
    table = Table(title=title, title_justify="left")
    table.add_column(say("variable", language), no_wrap=True)
    years = shown_years(results)
    for year in years:
        table.add_column(str(year), justify="right", no_wrap=True)
    for section in SECTIONS:
        table.add_section()
        table.add_row(section.label(language), style="bold cyan")
        for row in section.rows:
            values = headline_values(results, row)
            shown = [] if values is None else [float(values[year - results.first_year]) for year in years]
            if all(abs(value) < 0.5 * 10.0**-row.digits for value in shown):
                continue
            numbers = [digits(value, row.digits) for value in shown]
            table.add_row(f"  {row.label(language)}", *numbers, style="bold" if row.variable == NET else None)
    return table


def headline_values(results: Results, row: Headline) -> Floats | None:
    """One row's values [years] in its own unit, or None if the results do not hold it."""
    if row.variable.startswith(CLOSING):
        needed = ("Emissions|CO2|Account", "Carbon Sinks|Increment", "Carbon Sinks", "Carbon Offsets", NET)
        if any(name not in results.names for name in needed):
            return None
        return results.closing()[row.variable.removeprefix(CLOSING)] / row.divisor
    return results.values(row.variable) / row.divisor if row.variable in results.names else None


def spread_table(result: RunResult, first_year: int, language: Language) -> Table | None:
    """Net CO2 by milestone year under each fate of contracted supply, and by each definition of neutrality."""
    if not result.futures and not result.tests:
        return None
    table = Table(title=say("spread_title", language), title_justify="left")
    table.add_column("", no_wrap=True)
    results = result.results
    years = [year for year in shown_years(results) if year >= first_year]
    for year in years:
        table.add_column(str(year), justify="right", no_wrap=True)
    table.add_column(say("cumulative_column", language), justify="right")
    table.add_column(say("neutral_column", language), justify="right")

    def add(label: str, net: Floats, neutral: int | None, own: bool) -> None:
        numbers = [digits(net[year - results.first_year] / 1e3, 1) for year in years]
        total = digits(net.sum() / 1e6, 2)
        style = "bold" if own else None
        table.add_row(f"  {label}", *numbers, total, str(neutral or say("never", language)), style=style)

    if result.futures:
        table.add_row(say("spread_section", language), style="bold cyan")
    for name, future in result.futures.items():
        net = future.values(NET)
        own = np.array_equal(future.record, results.record)
        label = in_language(FATES[name], language)
        add(label, net, neutrality_year(results.years, net), own)
    table.add_section()
    if result.tests:
        table.add_row(say("tests_section", language), style="bold cyan")
    for name, judged in result.tests.items():
        label = in_language(TESTS[name], language).format(limit=judged.limit / 1e3)
        own = bool(np.array_equal(judged.net, results.values(NET)))
        add(label, judged.net, judged.neutrality_year(results.years), own)
    return table


def headline(result: RunResult, language: Language) -> list[str]:
    """The result in two lines: net CO2 in the last year and year of neutrality, each with its spread over the fates."""
    results = result.results
    lines = []
    if result.futures:
        last = [future.values(NET)[-1] / 1e3 for future in result.futures.values()]
        net, low, high = (digits(value, 0) for value in (results.values(NET)[-1] / 1e3, min(last), max(last)))
        lines.append(say("net_line", language, year=results.years[-1], net=net, low=low, high=high))
    return [*lines, neutrality_line(result, language)]


def neutrality_line(result: RunResult, language: Language) -> str:
    """When the park becomes neutral, in words, and whether another fate of contracted supply would change it."""
    results = result.results
    year = neutrality_year(results.years, results.values(NET))
    line = say("not_neutral", language, year=results.years[-1]) if year is None else say("neutral", language, year=year)
    others = []
    for name, future in result.futures.items():
        other = neutrality_year(results.years, future.values(NET))
        if other != year:
            fate = in_language(FATES[name], language)
            others.append(say("neutral_if", language, fate=fate, year=other or say("never", language)))
    return f"{line} ({'; '.join(others)})" if others else line


def in_language(words: tuple[str, str], language: Language) -> str:
    """One of two wordings, English first."""
    return words[1] if language is Language.ZH else words[0]


def comparison_table(several: Sequence[RunResult], reference: RunResult, first_year: int, language: Language) -> Table:
    """Scenarios side by side at the milestone years after the base year, with differences to the reference.

    Net CO2 stands once as the scenarios have it and once for each other fate of contracted supply.
    """
    title = say("compared", language, reference=reference.results.scenario)
    table = Table(title=title, title_justify="left")
    table.add_column(say("variable", language))
    table.add_column(say("scenario", language), no_wrap=True)
    results = reference.results
    years = [year for year in shown_years(results) if year > max(results.first_year, first_year)]
    for year in years:
        table.add_column(str(year), justify="right", no_wrap=True)
    table.add_column(say("neutral_column", language), justify="right")
    for row in (row for row in HEADLINES if row.variable in COMPARED and row.variable in results.names):
        _compared_rows(
            table,
            row.label(language),
            row,
            {one.results.scenario: one.results for one in several},
            results,
            years,
            language,
        )
        if row.variable == NET:
            for fate in reference.futures:
                if not np.array_equal(reference.futures[fate].record, results.record):
                    label = say("net_if", language, fate=in_language(FATES[fate], language))
                    held = {one.results.scenario: one.futures[fate] for one in several if fate in one.futures}
                    _compared_rows(table, label, row, held, reference.futures[fate], years, language)
    return table


def _compared_rows(
    table: Table,
    label: str,
    row: Headline,
    several: Mapping[str, Results],
    reference: Results,
    years: Sequence[int],
    language: Language,
) -> None:
    """One variable: a line a scenario, differences to the reference in brackets."""
    base = reference.values(row.variable) / row.divisor
    for index, (name, results) in enumerate(several.items()):
        values = results.values(row.variable) / row.divisor
        cells = []
        for year in years:
            at = year - results.first_year
            text, change = digits(values[at], row.digits), digits(values[at] - base[at], row.digits, "+")
            cells.append(text if results is reference else f"{text} ({change})")
        neutral = neutrality_year(results.years, results.values(NET)) or say("never", language)
        table.add_row(label if index == 0 else "", name, *cells, str(neutral) if row.variable == NET else "")
    table.add_section()


def that_fit(table: Table, console: Console) -> list[Table]:
    """A table, or where it is wider than the console, several with the same labels and some of the numbers each.

    Nothing is ever cut: labels that may be folded are, and a column of numbers alone is shown whole.
    """
    if width_of(table, console) <= console.width:
        return [table]
    labels = 1 + sum(column.justify == "left" for column in table.columns[1:])
    held, shown = list(range(labels)), []
    for place in range(labels, len(table.columns)):
        if len(held) > labels and width_of(columns_of(table, [*held, place]), console) > console.width:
            shown.append(columns_of(table, held))
            held = list(range(labels))
        held.append(place)
    return [*shown, columns_of(table, held)]


def width_of(table: Table, console: Console) -> int:
    """Characters a table takes where there is room."""
    return console.measure(table, options=console.options.update(width=ROOM)).maximum


def columns_of(table: Table, places: Sequence[int]) -> Table:
    """Some columns of a table, with all its rows and sections, labels narrow where they may be folded."""
    part = Table(title=table.title, title_justify=table.title_justify)
    for column in (table.columns[place] for place in places):
        folded = not column.no_wrap and column.justify == "left"
        part.add_column(column.header, justify=column.justify, no_wrap=not folded, max_width=NARROW if folded else None)
    cells = [list(table.columns[place].cells) for place in places]
    for number, row in enumerate(table.rows):
        part.add_row(*(column[number] for column in cells), style=row.style, end_section=row.end_section)
    return part


def policies_table(policies: Mapping[str, type[Policy]], language: Language) -> Table:
    """Every lever of every policy: what it does, its unit, its range and its source."""
    table = Table(show_lines=False)
    for key in ("policy", "lever", "meaning", "unit", "range", "source"):
        table.add_column(say(key, language), overflow="fold")
    for name, policy in policies.items():
        what = policy.chinese if language is Language.ZH else policy.meaning
        table.add_row(f"[bold]{name}[/bold]", "", f"[bold]{what}[/bold]")
        for lever in policy.levers:
            what = lever.chinese if language is Language.ZH else lever.meaning
            table.add_row(
                "", lever.name, what, lever.unit, f"{plainly(lever.low)} - {plainly(lever.high)}", lever.source
            )
        table.add_section()
    return table


def parks_table(parks: Mapping[str, ParkData], language: Language) -> Table:
    """The parks that ship with Lingtan."""
    table = Table()
    for key in ("park", "region", "years", "agents", "folder"):
        table.add_column(say(key, language), overflow="fold")
    for name, park in parks.items():
        own = park.description
        region = own.region.zh if language is Language.ZH else own.region.en
        numbers = {**park.agents.model_dump(), "sites": len(park.tables.get("sites", {}).get("site", ()))}
        shown = [(numbers[kind], in_language(words, language)) for kind, words in KINDS.items() if numbers[kind]]
        agents = ", ".join(f"{number:,} {word}" for number, word in shown)
        table.add_row(name, region, f"{park.years[0]}-{park.years[-1]}", agents, str(park.folder))
    return table
