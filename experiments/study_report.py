"""What a study says, with how sure it is: tables on the terminal and in files, warnings where runs are too few."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from agents.fields import Floats
from experiments.labels import Language, say
from experiments.statistics import Estimate, check_difference, check_probability, mean, probability, quantile
from experiments.study_results import StudyResults
from sim.results import CUMULATIVE, NET

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console
    from rich.table import Table

FEWEST_RUNS = 2  # below, nothing can be said about error
LEVELS = (0.05, 0.5, 0.95)
KT, MT = 1e3, 1e6


@dataclass(frozen=True)
class Statement:
    """One number of a study: its scenario, what it says, its estimate and unit; ``warning`` if runs are too few."""

    scenario: str
    quantity: str
    year: int | None
    unit: str
    estimate: Estimate
    warning: str | None = None

    def row(self) -> dict[str, object]:
        """As a row of statements.csv."""
        one = self.estimate
        numbers = {"value": one.value, "low": one.low, "high": one.high, "standard_error": one.standard_error}
        return {
            "scenario": self.scenario,
            "quantity": self.quantity,
            "year": self.year,
            "unit": self.unit,
            **{name: float(value) for name, value in numbers.items()},
            "confidence": one.confidence,
            "runs": one.n,
            "warning": self.warning or "",
        }


def milestones(study: StudyResults) -> list[int]:
    """Years that statements are made for: the round ones of the study and its last."""
    return sorted({*(year for year in study.years if year % 10 == 0), study.years[-1]})


def neutral_by(reached: Floats, year: int) -> np.ndarray:
    """Which runs [runs] are neutral from ``year`` or earlier to the end."""
    return np.asarray(reached <= year)


def statements(study: StudyResults) -> list[Statement]:
    """Everything that a study of net emissions can say in numbers, for every scenario with enough runs.

    Means and quantiles of net CO2 by milestone year, of cumulative net CO2, probability of neutrality by each of these
    years, and differences to the first scenario under common random numbers.
    """
    found: list[Statement] = []
    names = [name for name in study.scenarios if study.runs[name] >= FEWEST_RUNS]
    last = study.years[-1]
    for name in names:
        net = study.values(NET, name) / KT
        for year in milestones(study):
            values = net[:, year - study.years[0]]
            found.append(Statement(name, "net CO2, mean", year, "kt", mean(values)))
            for level in LEVELS:
                found.append(Statement(name, f"net CO2, quantile {level:g}", year, "kt", quantile(values, level)))
        if CUMULATIVE in study.variables:
            total = study.values(CUMULATIVE, name)[:, -1] / MT
            found.append(Statement(name, "cumulative net CO2, mean", last, "Mt", mean(total)))
            for level in LEVELS:
                found.append(
                    Statement(name, f"cumulative net CO2, quantile {level:g}", last, "Mt", quantile(total, level))
                )
        reached = study.neutrality_years(name)
        for year in neutrality_dates(study):
            one = probability(neutral_by(reached, year))
            text = f"{name}: probability of neutrality by {year}"
            found.append(Statement(name, "probability of neutrality", year, "1", one, check_probability(one, text)))
    return found + [one for name in names[1:] for one in differences(study, name, names[0])]


def neutrality_dates(study: StudyResults) -> list[int]:
    """Years by which neutrality is asked for: every fifth from 2035 on, as targets are set."""
    return [year for year in study.years if year % 5 == 0 and year >= 2035] or [study.years[-1]]


def differences(study: StudyResults, scenario: str, baseline: str) -> list[Statement]:
    """Paired differences of one scenario to a baseline: net CO2 in the last year, cumulative net CO2."""
    found = []
    asked = [(NET, KT, "kt", "net CO2"), (CUMULATIVE, MT, "Mt", "cumulative net CO2")]
    for variable, divisor, unit, words in asked:
        if variable not in study.variables:
            continue
        apart = study.paired(variable, scenario, baseline)[:, -1] / divisor
        if len(apart) < FEWEST_RUNS:
            continue
        one = mean(apart)
        text = f"{scenario} less {baseline}: {words} in {study.years[-1]}, {unit}"
        quantity = f"{words}, less {baseline}"
        found.append(Statement(scenario, quantity, study.years[-1], unit, one, check_difference(one, text)))
    return found


def statement_frame(found: list[Statement]) -> pd.DataFrame:
    """Statements as a table, one a row."""
    import pandas as pd

    return pd.DataFrame([one.row() for one in found])


def summary_table(study: StudyResults, found: list[Statement], language: Language) -> Table:
    """A row a scenario: last year's net CO2, cumulative net CO2, probability of neutrality, difference to the first."""
    from rich.table import Table

    last = study.years[-1]
    runs = min(study.runs.values())
    table = Table(title=say("study_title", language, study=study.name, runs=f"{runs:,}"), title_justify="left")
    table.add_column(say("scenario", language), no_wrap=True)
    heads = ("net_mean", "net_range", "cumulative_mean", "neutral_share", "against")
    for key in heads:
        table.add_column(say(key, language, year=last, baseline=study.scenarios[0]), justify="right")
    index = {(one.scenario, one.quantity, one.year): one.estimate for one in found}

    def cell(scenario: str, quantity: str, digits: int) -> str:
        one = index.get((scenario, quantity, last))
        return "" if one is None else f"{float(one.value):,.{digits}f} ± {float(one.half_width):.{digits}f}"

    for name in study.scenarios:
        if (name, "net CO2, mean", last) not in index:
            table.add_row(name, *[say("no_runs", language)] * len(heads))
            continue
        low, high = (
            float(index[name, f"net CO2, quantile {level:g}", last].value) for level in (LEVELS[0], LEVELS[-1])
        )
        chance = index[name, "probability of neutrality", neutrality_dates(study)[-1]]
        table.add_row(
            name,
            cell(name, "net CO2, mean", 1),
            f"{low:,.0f} … {high:,.0f}",
            cell(name, "cumulative net CO2, mean", 2),
            f"{float(chance.value):.1%} [{float(chance.low):.1%}, {float(chance.high):.1%}]",
            cell(name, f"cumulative net CO2, less {study.scenarios[0]}", 3),
        )
    return table


def report(study: StudyResults, folder: Path, language: Language, screen: Console) -> list[str]:
    """Write statements.csv and figures into a study's folder, show the table; returns warnings and notes.

    Works on what is stored so far, also while the study is still running.
    """
    from experiments.outputs import write_csv
    from experiments.study_pictures import draw_study

    found = statements(study)
    write_csv(folder / "statements.csv", statement_frame(found))
    screen.print(summary_table(study, found, language))
    notes = draw_study(folder / "figures", study)
    return [one.warning for one in found if one.warning] + notes
