"""The commands for many runs: ``lingtan ensemble``, ``sensitivity`` and ``discover``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from experiments.labels import Language, say
from experiments.terminal import RESULTS, Lang, consoles, problem, speaks_plainly

if TYPE_CHECKING:
    from experiments.study import Study

INTERRUPTED = 130  # exit code after Ctrl-C, as shells have it

studies = typer.Typer()

Scenario = Annotated[str | None, typer.Option(help="Scenario to look at. Default: the study's first.")]
Cores = Annotated[int | None, typer.Option(min=1, help="Threads to use. Default: all cores.")]


class Method(StrEnum):
    """Ways to tell which inputs matter."""

    MORRIS = "morris"
    SOBOL = "sobol"
    PAWN = "pawn"
    REGIONAL = "regional"
    SOURCES = "sources"


BASE = "Base points (morris, sobol), runs (pawn) or draws of parameters (sources)."
BASE_POINTS = {Method.MORRIS: 20, Method.SOBOL: 256, Method.PAWN: 1000, Method.SOURCES: 40}


@studies.command()
@speaks_plainly
def ensemble(
    study: Annotated[str, typer.Argument(help="A study file, or the name of a study that ships with Lingtan.")],
    runs: Annotated[int | None, typer.Option(min=1, help="Draws a scenario; replaces the study's.")] = None,
    out: Annotated[Path | None, typer.Option(help="The study's folder. Default: results/<study>.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted study, or extend one.")] = False,
    threads: Cores = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Use this many local dask processes instead.")] = None,
    cluster: Annotated[
        str | None, typer.Option(help="Use the dask scheduler at this address, tcp://host:port.")
    ] = None,
    lang: Lang = Language.EN,
) -> None:
    """Run a Monte Carlo study: every scenario under the same draws of parameters, futures and chance."""
    from agents.errors import InputError
    from experiments.ensemble import progress_bar, run_study
    from experiments.study_report import report

    if sum(choice is not None for choice in (threads, workers, cluster)) > 1:
        raise InputError("--threads, --workers and --cluster are three ways to run a study; choose one")
    chosen = find(study)
    folder = out or RESULTS / chosen.name
    try:
        with progress_bar(chosen.name) as watch:
            found = run_study(chosen, folder, runs, resume, threads, workers, cluster, watch)
    except KeyboardInterrupt:
        problem(say("interrupted", lang, folder=folder))
        raise typer.Exit(INTERRUPTED) from None
    problem(*report(found, folder, lang, consoles()[0]))
    typer.echo(say("written", lang, folder=folder))


@studies.command()
@speaks_plainly
def look(
    folder: Annotated[Path, typer.Argument(help="A study's folder; it may still be running.")],
    lang: Lang = Language.EN,
) -> None:
    """Show what a study has found so far, with its Monte Carlo error; refresh its tables and pictures."""
    from experiments import open_study
    from experiments.study_report import report

    problem(*report(open_study(folder), folder, lang, consoles()[0]))
    typer.echo(say("written", lang, folder=folder))


@studies.command()
@speaks_plainly
def sensitivity(
    study: Annotated[str, typer.Argument(help="A study file or shipped study; for pawn and regional also its folder.")],
    method: Annotated[Method, typer.Option(help="How to tell which inputs matter.")] = Method.MORRIS,
    scenario: Scenario = None,
    base: Annotated[int | None, typer.Option(min=4, help=BASE)] = None,
    inputs: Annotated[list[str] | None, typer.Option(help="Inputs to move; all if left out. May be repeated.")] = None,
    outputs: Annotated[list[str] | None, typer.Option(help="Published variables to explain. May be repeated.")] = None,
    by: Annotated[int | None, typer.Option(help="For regional: the year of neutrality that divides the runs.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for tables and pictures.")] = None,
    threads: Cores = None,
    lang: Lang = Language.EN,
) -> None:
    """Which inputs move the outcomes: Morris, Sobol', PAWN, variance by source, or what divides early from late."""
    from experiments.engine import outcome_units
    from experiments.ensemble import progress_bar
    from experiments.outputs import staged, write_csv
    from experiments.sensitivity_study import analyse, pawn_of, regional_of, runs_needed
    from experiments.study_function import OUTPUTS, StudyFunction
    from experiments.study_pictures import draw_analysis
    from experiments.study_results import StudyResults, is_study_folder
    from sim.machine import usable_cores

    if is_study_folder(Path(study)):
        found = StudyResults(Path(study))
        name = scenario or found.scenarios[0]
        folder = out or Path(study) / f"{method.value}_{name}"
        with staged(folder) as stage:
            if method is Method.REGIONAL:
                table = regional_of(found, name, by or found.years[-1]).frame()
                write_csv(stage / "regional.csv", table)
            elif method is Method.PAWN:
                analysis = pawn_of(found, name, tuple(outputs or OUTPUTS))
                write_csv(stage / "pawn.csv", analysis.table)
                draw_analysis(stage, analysis, found.units, name, f"Study {found.name}.")
            else:
                raise needs(study, f"{method.value} makes runs of its own: name a study file instead of a folder")
    else:
        chosen = find(study)
        name = scenario or chosen.scenarios[0].name
        folder = out or RESULTS / f"{chosen.name}_{method.value}_{name}"
        if method is Method.REGIONAL:
            raise needs(study, "regional looks at runs that exist: name a study's folder")
        points = base or BASE_POINTS[method]
        cores = threads or usable_cores()
        with progress_bar(f"{chosen.name}, {name}, {method.value}") as watch, staged(folder) as stage:
            plan = StudyFunction(chosen, name, tuple(outputs or OUTPUTS), tuple(inputs or ()), cores)
            count = watch(runs_needed(plan, method.value, points), 0)
            function = StudyFunction(chosen, name, plan.outputs, plan.chosen, cores, count)
            analysis = analyse(function, method.value, points)
            write_csv(stage / f"{method.value}.csv", analysis.table)
            units = outcome_units(function.engine.park, function.outputs)
            draw_analysis(stage, analysis, units, name, f"Study {chosen.name}.")
    typer.echo(say("written", lang, folder=folder))


@studies.command()
@speaks_plainly
def discover(
    folder: Annotated[Path, typer.Argument(help="A study's folder.")],
    scenario: Scenario = None,
    by: Annotated[int | None, typer.Option(help="Neutrality by this year. Default: the study's last.")] = None,
    above: Annotated[
        float | None, typer.Option(help="Instead: cumulative net CO2 above this many Mt in the last year.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for tables and pictures.")] = None,
    lang: Lang = Language.EN,
) -> None:
    """Under which conditions does a scenario miss its aim? Scenario discovery by PRIM on a study's runs."""
    from experiments import open_study
    from experiments.discovery import prim
    from experiments.outputs import staged, write_csv
    from experiments.study_pictures import draw_discovery
    from experiments.study_questions import missed_neutrality, total_above

    study = open_study(folder)
    name = scenario or study.scenarios[0]
    question = missed_neutrality(study, name, by) if above is None else total_above(study, name, above)
    found = prim(study.inputs_of(name), question.cases)
    target = out or folder / f"discovery_{name}"
    with staged(target) as stage:
        write_csv(stage / "boxes.csv", found.frame())
        draw_discovery(stage, found, study, name, question.cases, question.words)
    typer.echo(found.box.text(question.words))
    typer.echo(say("written", lang, folder=target))


def find(name_or_file: str) -> Study:
    """A study by name or file."""
    from experiments.study import find_study

    return find_study(name_or_file)


def needs(what: str, text: str) -> Exception:
    """An error about what a command was given."""
    from agents.errors import InputError

    return InputError(f"{what}: {text}")
