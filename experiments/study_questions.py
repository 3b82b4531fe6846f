"""Questions to a study's runs that scenario discovery answers: in which runs is something so?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agents.errors import InputError
from experiments.sensitivity import before
from experiments.study_results import StudyResults
from sim.results import CUMULATIVE

MT = 1e6


@dataclass(frozen=True)
class Question:
    """Runs [n] in which the case occurs, and the case in words."""

    cases: np.ndarray
    words: str


def missed_neutrality(study: StudyResults, scenario: str, by: int | None = None) -> Question:
    """Runs that are not neutral by a year (the study's last if None). InputError if all runs agree."""
    year = by or study.years[-1]
    if year not in study.years:
        raise InputError(f"{year} lies outside the study's years, {study.years[0]} to {study.years[-1]}")
    return open_question(~before(study.neutrality_years(scenario), year), f"{scenario} is not neutral by {year}", study)


def total_above(study: StudyResults, scenario: str, limit: float) -> Question:
    """Runs whose cumulative net CO2 in the last year exceeds a limit, Mt. InputError if all runs agree."""
    totals = study.values(CUMULATIVE, scenario)[:, -1] / MT
    words = f"{scenario} emits more than {limit:g} Mt by {study.years[-1]}"
    hint = f"; its runs lie between {totals.min():.2f} and {totals.max():.2f} Mt" if totals.size else ""
    return open_question(totals > limit, words, study, hint)


def open_question(cases: np.ndarray, words: str, study: StudyResults, hint: str = "") -> Question:
    """A question whose answer is not the same in all runs."""
    if cases.all() or not cases.any():
        share = "all" if cases.all() else "none"
        raise InputError(
            f"'{words}' holds in {share} of the {len(cases):,} runs of study '{study.name}', so no condition can tell "
            f"them apart{hint}. Ask about another year, scenario or limit (--by, --scenario, --above)"
        )
    return Question(cases, words)
