"""Doors to other tools: Lingtan as a model of the EMA workbench, and results as pyam reads them.

Both are optional (``pip install ema_workbench``, ``pip install pyam-iamc``): the function that needs one imports it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.errors import InputError
from experiments.study import Study, find_study
from experiments.study_function import OUTPUTS, StudyFunction
from experiments.study_results import StudyResults
from sim.results import neutrality_year

if TYPE_CHECKING:
    import pandas as pd

NEVER = 1  # years after the last one that stand for "not reached", so that the outcome stays a number


def ema_model(
    study: str | Path | Study, scenario: str | None = None, outputs: Sequence[str] = OUTPUTS, name: str = "lingtan"
) -> Any:
    """A study's scenario as an ``ema_workbench.Model``: its priors are the uncertainties, by quantile from 0 to 1.

    Outcomes: every output's path by year (an array), its last value, and ``neutrality_year`` (the last year plus one
    if never). The workbench runs it one experiment at a time; for many runs Lingtan's own engine is far faster.
    InputError if the workbench is not installed.
    """
    try:
        from ema_workbench import ArrayOutcome, Model, RealParameter, ScalarOutcome
    except ImportError as error:
        raise InputError("this needs the EMA workbench: pip install ema_workbench") from error
    chosen = study if isinstance(study, Study) else find_study(study)
    function = StudyFunction(chosen, scenario or chosen.scenarios[0].name, tuple(outputs))
    inputs = {identifier(label): label for label in function.names}
    first, last = chosen.years

    def run(**quantiles: float) -> dict[str, Any]:
        point = np.array([[quantiles[label] for label in inputs]])
        found = function(np.clip(point, 0.0, np.nextafter(1.0, 0.0)))[0]
        reached = neutrality_year(range(first, last + 1), found[:, 0]) if outputs[0] == OUTPUTS[0] else None
        paths = {identifier(label): found[:, column] for column, label in enumerate(outputs)}
        ends = {f"{label}_last": float(path[-1]) for label, path in paths.items()}
        return {**paths, **ends, "neutrality_year": float(reached or last + NEVER)}

    made = Model(name, function=run)
    made.uncertainties = [RealParameter(label, 0.0, 1.0) for label in inputs]
    labels = [identifier(label) for label in outputs]
    made.outcomes = [
        *(ArrayOutcome(label) for label in labels),
        *(ScalarOutcome(f"{label}_last") for label in labels),
        ScalarOutcome("neutrality_year"),
    ]
    return made


def identifier(label: str) -> str:
    """A published variable or input as a Python name: ``Emissions|CO2|Net`` becomes ``Emissions_CO2_Net``."""
    return "".join(letter if letter.isalnum() else "_" for letter in label)


def iamc_quantiles(study: StudyResults, levels: Sequence[float] = (0.05, 0.5, 0.95)) -> pd.DataFrame:
    """A study's quantiles by year in IAMC long format, as ``pyam.IamDataFrame`` reads them.

    One scenario name a quantile, such as ``bau|p05``: Model, Scenario, Region, Variable, Unit, then a column a year.
    """
    import pandas as pd

    region = str(study.manifest["study"]["park"])
    rows = []
    for scenario in study.scenarios:
        if not study.runs[scenario]:
            continue
        for variable in study.variables:
            table = study.quantiles(variable, scenario, levels)
            for level in levels:
                label = f"{scenario}|p{100 * level:02.0f}"
                values = table[f"{level:g}"].tolist()
                rows.append(["Lingtan", label, region, variable, study.units[variable], *values])
    return pd.DataFrame(rows, columns=["Model", "Scenario", "Region", "Variable", "Unit", *map(str, study.years)])
