"""A study run to its end: what is missing is computed on threads of this process or on a dask cluster, and stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from experiments.engine import Engine, manifest_of, run_pieces, store_inputs
from experiments.study import Study
from experiments.study_results import StudyResults
from experiments.study_store import StudyFolder
from sim.machine import usable_cores

Watch = Callable[[int, int], Callable[[int], None]]  # (runs in all, runs found done) -> told of runs as they finish


def unwatched(total: int, found: int) -> Callable[[int], None]:
    """No progress is shown."""
    del total, found
    return lambda runs: None


def of_size(study: Study, runs: int) -> Study:
    """A study with another number of draws; a Latin hypercube's size is written down, since its draws hang on it."""
    if runs > study.runs:
        study = study.extended(runs)
    study = replace(study, runs=runs)
    if study.design == "latin_hypercube":
        study = replace(study, hypercube=study.hypercube or runs)
    return study


def run_study(
    study: Study,
    out: Path,
    runs: int | None = None,
    resume: bool = False,
    threads: int | None = None,
    workers: int | None = None,
    cluster: str | None = None,
    watch: Watch = unwatched,
) -> StudyResults:
    """Compute what a study's folder lacks and open it.

    ``runs`` are draws a scenario in place of the study's own; ``threads`` defaults to all cores; ``workers`` starts
    that many local dask processes instead, ``cluster`` is the address of a dask scheduler. However it ends, finished
    parts stay, and ``resume`` goes on with the rest: no run is lost or stands there twice. InputError for a study that
    does not fit the folder, and if the disk refuses.
    """
    study = of_size(study, runs or study.runs)
    engine = Engine(study)
    folder = StudyFolder.open_for(out, manifest_of(study, engine.park), resume)
    store_inputs(engine, folder)
    names = [scenario.name for scenario in study.scenarios]
    pieces = folder.missing(names, study.runs, study.chunk)
    total = study.runs * len(names)
    tell = watch(total, total - sum(piece.draws for piece in pieces))
    if pieces and (workers or cluster):
        from experiments.cluster import client_of, run_on

        with client_of(workers, cluster) as client:
            run_on(client, engine, folder, pieces, tell)
    elif pieces:
        run_pieces(engine, folder, pieces, threads or usable_cores(), tell)
    return StudyResults(out)


@contextmanager
def progress_bar(text: str) -> Iterator[Watch]:
    """A bar with the runs done, their rate and the time left, on standard error."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(f"{task.speed:,.0f} runs/s" if task.speed else "")

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Rate(), TimeElapsedColumn(),
               TextColumn("left"), TimeRemainingColumn())  # fmt: skip
    with Progress(*columns, console=Console(stderr=True)) as bar:

        def watch(total: int, found: int) -> Callable[[int], None]:
            task = bar.add_task(text, total=total, completed=found)
            return lambda runs: bar.advance(task, runs)

        yield watch
