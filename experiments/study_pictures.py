"""The pictures of a study, of an analysis of its inputs and of a discovered box, drawn into a folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from experiments import discovery_figures, sensitivity, sensitivity_figures, study_figures
from experiments.statistics import fan, paired, running_mean
from experiments.study_results import QUANTILES, StudyResults
from sim.results import CUMULATIVE, NET

if TYPE_CHECKING:
    from experiments.discovery import Discovery
    from experiments.sensitivity_study import Analysis

KT, MT = 1e3, 1e6
FEWEST = 20  # runs below which a picture would show chance alone
AXES = 5  # inputs in parallel coordinates, at least
FEWEST_SWINGS = 200  # runs that a tornado needs: tenths of them are averaged


def draw_study(folder: Path, study: StudyResults) -> list[str]:
    """Fans, years of neutrality, paired differences, running means and tornados; returns what could not be drawn."""
    folder.mkdir(parents=True, exist_ok=True)
    names = [name for name in study.scenarios if study.runs[name] >= FEWEST]
    if not names:
        return [f"no pictures: fewer than {FEWEST} draws are stored"]
    source = f"Study {study.name}, park {study.manifest['study']['park']}."
    net = {name: study.values(NET, name) / KT for name in names}
    for name, values in net.items():
        title = f"{name}: net CO2, kt a year"
        study_figures.fan_chart(folder / f"fan_{name}.png", study.years, fan(values, QUANTILES), title, source, "kt")
    reached = {name: study.neutrality_years(name) for name in names}
    study_figures.neutrality_years(folder / "neutrality.png", reached, study.years, source)
    totals = {name: values.sum(axis=1) / KT for name, values in net.items()}
    tracks = {name: running_mean(total) for name, total in totals.items()}
    title = f"Mean of net CO2 summed over {study.years[0]} to {study.years[-1]}, Mt, as runs are added"
    study_figures.convergence_of_mean(folder / "convergence.png", tracks, title, source)
    if len(names) > 1:
        first = names[0]
        pairs = {}
        for name in names[1:]:
            both = min(len(net[first]), len(net[name]))
            pairs[name] = paired(net[name][:both], net[first][:both])
        words = "Net CO2, kt a year"
        study_figures.paired_differences(folder / "differences.png", study.years, pairs, first, words, source)
    notes = []
    for name in names:
        if study.runs[name] < FEWEST_SWINGS:
            notes.append(f"no tornado of {name}: it needs {FEWEST_SWINGS} draws")
            continue
        inputs = study.inputs_of(name)
        if len(inputs.columns):
            swings = sensitivity.swings(inputs, totals[name])
            title = f"{name}: what moves net CO2 summed over {study.years[0]} to {study.years[-1]}, Mt"
            sensitivity_figures.tornado(folder / f"tornado_{name}.png", swings, title, source)
    return notes


def draw_analysis(folder: Path, analysis: Analysis, units: Mapping[str, str], scenario: str, source: str) -> None:
    """Pictures of an analysis for each output: over all years where there are indices by year, else in the last.

    ``units`` are those of the outputs.
    """
    folder.mkdir(parents=True, exist_ok=True)
    years, last = analysis.years, len(analysis.years) - 1
    for place, output in enumerate(analysis.outputs):
        label = output.lower().replace("|", "_").replace(" ", "_")
        unit = units[output]
        title = f"{scenario}: {output}, {years[-1]}, {unit}"
        if analysis.morris is not None:
            path = folder / f"morris_{label}.png"
            sensitivity_figures.morris_plane(path, analysis.morris, title, source, (last, place))
        if analysis.pawn is not None:
            sensitivity_figures.pawn_bars(folder / f"pawn_{label}.png", analysis.pawn, title, source, (last, place))
        if analysis.split is not None:
            over = f"{scenario}: variance of {output} by source of uncertainty"
            path = folder / f"sources_{label}.png"
            sensitivity_figures.sources_over_time(path, analysis.split, years, over, source, place, unit)
        if analysis.sobol is not None:
            over = f"{scenario}: variance of {output} by input"
            path = folder / f"sobol_{label}.png"
            sensitivity_figures.sobol_over_time(path, analysis.sobol, years, over, source, place, unit=unit)
            if len(analysis.sobol.convergence.n) > 1:
                path = folder / f"sobol_convergence_{label}.png"
                sensitivity_figures.sobol_convergence(path, analysis.sobol, title, source, (last, place))


def draw_discovery(
    folder: Path, found: Discovery, study: StudyResults, scenario: str, cases: np.ndarray, case: str
) -> None:
    """The peeling trajectory, the suggested box along its inputs, and runs as lines through them."""
    folder.mkdir(parents=True, exist_ok=True)
    inputs = study.inputs_of(scenario)
    source = f"Study {study.name}, scenario {scenario}."
    discovery_figures.peeling_trajectory(folder / "peeling.png", found, case, source)
    if not found.box.restricted:
        return
    discovery_figures.box_conditions(folder / "box.png", found.box, inputs, cases, case, source)
    apart = sensitivity.regional(inputs, cases).frame()["input"]  # beside the box, what else tells the runs apart
    shown = inputs[list(dict.fromkeys([*found.box.restricted, *apart]))[: max(AXES, len(found.box.restricted))]].copy()
    if CUMULATIVE in study.variables:
        shown["cumulative net CO2, Mt"] = study.values(CUMULATIVE, scenario)[:, -1] / MT
    note = f"Dated series are shown by their quantile. {source}"
    discovery_figures.parallel_coordinates(folder / "parallel.png", shown, cases, case, note)
