"""Tables on the terminal: a run by milestone year, scenarios side by side, policies and parks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.table import Table

from experiments.labels import COMPARED, HEADLINES, Language, say

if TYPE_CHECKING:
    from experiments.scenario import Scenario
    from policies.base import Policy
    from sim.parks import ParkData
    from sim.results import Results

NET = "Emissions|CO2|Net"


def digits(value: float, places: int, sign: str = "") -> str:
    """A number for a table; what rounds to zero has no sign of its own."""
    return f"{round(value, places) + 0.0:{sign},.{places}f}"


def shown_years(results: Results) -> list[int]:
    """Milestone years among the results, and the last year."""
    return sorted({*(year for year in results.milestones if year in results.years), results.years[-1]})


def milestone_table(results: Results, scenario: Scenario, park_name: str, language: Language) -> Table:
    """Headline variables by milestone year; a variable that the results do not hold has no row."""
    title = say("pathway", language, park=park_name, scenario=scenario.name, seed=scenario.seed)
    table = Table(title=title, title_justify="left")
    table.add_column(say("variable", language))
    years = shown_years(results)
    for year in years:
        table.add_column(str(year), justify="right")
    for row in HEADLINES:
        if row.variable in results.names:
            values = results.values(row.variable) / row.divisor
            numbers = [digits(values[year - results.first_year], row.digits) for year in years]
            table.add_row(row.label(language), *numbers, style="bold" if row.variable.endswith("Net") else None)
    return table


def neutrality_line(results: Results, language: Language) -> str:
    """When the park becomes neutral, in words."""
    year = results.summary()["neutrality_year"]
    if year is None:
        return say("not_neutral", language, year=results.years[-1])
    return say("neutral", language, year=year)


def comparison_table(several: Sequence[Results], reference: Results, language: Language) -> Table:
    """Scenarios side by side at the milestone years after the base year, with differences to the reference."""
    table = Table(title=say("compared", language, reference=reference.scenario), title_justify="left")
    table.add_column(say("variable", language))
    table.add_column(say("scenario", language))
    years = [year for year in shown_years(reference) if year > reference.first_year]
    for year in years:
        table.add_column(str(year), justify="right")
    table.add_column(say("neutral_column", language), justify="right")
    rows = [row for row in HEADLINES if row.variable in COMPARED and row.variable in reference.names]
    for row in rows:
        base = reference.values(row.variable) / row.divisor
        for index, results in enumerate(several):
            values = results.values(row.variable) / row.divisor
            cells = []
            for year in years:
                at = year - results.first_year
                text, change = digits(values[at], row.digits), digits(values[at] - base[at], row.digits, "+")
                cells.append(text if results is reference else f"{text} ({change})")
            neutral = results.summary()["neutrality_year"] or say("never", language)
            label = row.label(language) if index == 0 else ""
            table.add_row(label, results.scenario, *cells, str(neutral) if row.variable == NET else "")
        table.add_section()
    return table


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
            table.add_row("", lever.name, what, lever.unit, f"{lever.low:g} - {lever.high:g}", lever.source)
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
        agents = ", ".join(f"{number} {kind}" for kind, number in park.agents.model_dump().items())
        table.add_row(name, region, f"{park.years[0]}-{park.years[-1]}", agents, str(park.folder))
    return table
