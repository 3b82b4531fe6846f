"""What moves a study's outcomes: screening, Sobol' indices, PAWN and regional analysis of a scenario, in files.

A park has some three hundred uncertain inputs. ``morris`` screens them all with a few thousand runs; ``sobol`` takes
the most important of a screening one by one and all the rest as one group, so that the shares of variance still add up
to everything; ``pawn`` needs no more runs than a study already has, and neither does ``regional``. ``sources`` splits
the variance into what parameters, futures and behaviour bring, by a nested design.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from agents.errors import InputError
from experiments import sensitivity
from experiments.sensitivity.inputs import power_of_two
from experiments.study_function import StudyFunction, others_grouped
from experiments.study_questions import missed_neutrality
from experiments.study_results import StudyResults
from experiments.variance_split import VarianceSplit, split_variance

if TYPE_CHECKING:
    import pandas as pd

    from experiments.sensitivity import MorrisEffects, PawnIndices, SobolIndices

SCREENING = 10  # base points of the screening before Sobol' indices
ALONE = 12  # inputs that get an index of their own
FUTURES, CHANCES = 6, 4  # futures under each draw of parameters, seeds of behaviour under each future
CHUNK = 4096  # points given to the function at once


@dataclass(frozen=True)
class Analysis:
    """An analysis done: its table (one row an input, output and year) and what figures need of it."""

    method: str
    table: pd.DataFrame
    years: tuple[int, ...]
    outputs: tuple[str, ...]
    morris: MorrisEffects | None = None
    sobol: SobolIndices | None = None
    pawn: PawnIndices | None = None
    split: VarianceSplit | None = None


def runs_needed(function: StudyFunction, method: str, base: int) -> int:
    """Runs that an analysis makes; what the progress bar counts to."""
    inputs = len(function.names)
    if method == "morris":
        return base * (inputs + 1)
    if method == "pawn":
        return base
    if method == "sources":
        return base * FUTURES * CHANCES
    screening = 0 if inputs <= ALONE + 1 else SCREENING * (inputs + 1)
    return screening + power_of_two(base) * (min(inputs, ALONE + 1) + 2)


def analyse(function: StudyFunction, method: str, base: int, seed: int = 0) -> Analysis:
    """Run an analysis of a study's function.

    ``base`` counts base points (morris, sobol), runs (pawn) or draws of parameters (sources).
    ``sobol`` screens first if there are more than a dozen inputs, by the largest share of the range of any output in
    any year.
    """
    years = tuple(range(function.study.years[0], function.study.years[1] + 1))
    names = list(function.names)
    done = Analysis(method, _no_table(), years, function.outputs)
    if method == "morris":
        effects = sensitivity.morris(function, names, base, seed, transform=_unmoved, chunk=CHUNK)
        return replace(done, morris=effects, table=_dated(effects.frame(), done))
    if method == "pawn":
        indices = sensitivity.pawn(function, names, base, seed, transform=_unmoved, chunk=CHUNK)
        return replace(done, pawn=indices, table=_dated(indices.frame(), done))
    if method == "sources":
        split = split_variance(function.nested(base, FUTURES, CHANCES))
        return replace(done, split=split, table=_dated(split.frame(), done))
    if method == "sobol":
        groups = None
        screened = None
        if len(names) > ALONE + 1:
            screened = sensitivity.morris(function, names, SCREENING, seed, transform=_unmoved, chunk=CHUNK)
            groups = others_grouped(names, most_important(screened, ALONE))
        found = sensitivity.sobol(function, names, base, seed, transform=_unmoved, groups=groups, chunk=CHUNK)
        return replace(done, sobol=found, morris=screened, table=_dated(found.frame(), done))
    raise InputError(f"method '{method}' looks at a study that has run: name its folder")


def most_important(screened: MorrisEffects, count: int) -> list[str]:
    """Inputs with the largest mean absolute effect, each output and year scaled by its largest."""
    effect = screened.mu_star.reshape(len(screened.names), -1)
    largest = effect.max(axis=0)
    share = np.where(largest > 0.0, effect / np.where(largest > 0.0, largest, 1.0), 0.0).max(axis=1)
    return [screened.names[index] for index in np.argsort(-share, kind="stable")[:count]]


def pawn_of(study: StudyResults, scenario: str, outputs: tuple[str, ...]) -> Analysis:
    """PAWN indices from the runs that a study has stored."""
    values = np.stack([study.values(name, scenario) for name in outputs], axis=-1)
    years = tuple(study.years)
    done = Analysis("pawn", _no_table(), years, outputs)
    indices = sensitivity.pawn_given(study.inputs_of(scenario), values)
    return replace(done, pawn=indices, table=_dated(indices.frame(), done))


def regional_of(study: StudyResults, scenario: str, year: int) -> sensitivity.RegionalSensitivity:
    """Which inputs tell runs that are neutral by a year from those that are not. InputError if all runs agree."""
    question = missed_neutrality(study, scenario, year)
    return sensitivity.regional(study.inputs_of(scenario), ~question.cases)


def _unmoved(unit: np.ndarray) -> np.ndarray:
    """Inputs are quantiles already."""
    return unit


def _no_table() -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame()


def _dated(table: pd.DataFrame, analysis: Analysis) -> pd.DataFrame:
    """An index table with year and output in words in place of their indices."""
    where = table["output"].tolist()
    made = table.assign(output=[analysis.outputs[output] for _, output in where])
    made.insert(1, "year", [analysis.years[year] for year, _ in where])
    return made
