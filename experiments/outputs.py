"""Writing results so that a folder shows them only when they are complete.

Everything is written into a hidden folder beside its destination and renamed at the end. Whether the destination can be
written to is known before a simulation starts.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agents.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from sim.results import Results, RunResult

PATHWAY, IAMC, SUMMARY, AGENTS, RUN = "pathway.csv", "pathway_iamc.csv", "summary.json", "agents.parquet", "run.json"
MONTHLY, HOURLY = "monthly.csv", "hourly.parquet"
FIGURES = ("emissions.png", "energy.png", "electricity.png", "investment.png", "building_gates.png", "port_fleets.png")
COMPARISON, COMPARISON_FIGURE = "compare.csv", "compare.png"
DIFFERENCE = "Difference|"


@contextmanager
def staged(folder: Path) -> Iterator[Path]:
    """A fresh folder to write into; on leaving without an error its content appears in ``folder``, else it vanishes.

    InputError at once if ``folder`` cannot be written to, and at the end if the disk refuses.
    """
    folder = Path(os.path.abspath(folder))
    hidden = _hidden_folder(folder)
    try:
        stage = hidden / "results"
        stage.mkdir()  # inside the private one, so that it gets the user's usual permissions
        yield stage
        _publish(stage, folder)
    except OSError as error:
        raise InputError(f"cannot write into {folder}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(hidden, ignore_errors=True)


def _hidden_folder(folder: Path) -> Path:
    """A new hidden folder in the destination if there is one, else in its nearest ancestor that exists."""
    base = folder
    while not base.exists() and base != base.parent:
        base = base.parent
    if not base.is_dir():
        raise InputError(f"cannot write into {folder}: {base} is a file, expected a folder")
    try:
        return Path(tempfile.mkdtemp(prefix=".lingtan-", dir=base))
    except OSError as error:
        raise InputError(f"cannot write into {folder}: {error.strerror or error}") from error


def _publish(stage: Path, folder: Path) -> None:
    """Move everything under its name: the whole folder in one step where it is new, else file by file."""
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        os.replace(stage, folder)
        return
    staged_names = {path.name for path in stage.iterdir()}
    stale = {AGENTS, MONTHLY, HOURLY, *FIGURES} - staged_names if RUN in staged_names else set()
    for path in sorted(stage.rglob("*")):
        target = folder / path.relative_to(stage)
        if path.is_dir():
            target.mkdir(exist_ok=True)
        else:
            os.replace(path, target)
    for name in stale:
        (folder / name).unlink(missing_ok=True)  # of an earlier run, and not made again by this one


def write_run(stage: Path, result: RunResult, first_year: int | None = None, with_figures: bool = True) -> list[str]:
    """All files of one run into a staged folder; returns notes on what could not be shown.

    ``first_year`` leaves out earlier years of the pathway; summary and year of neutrality look at all of them.
    """
    results = result.results
    shown = results if first_year is None else results.since(first_year)
    write_pathway(stage, shown)
    write_csv(stage / IAMC, shown.iamc())
    summary = result.summary()
    summary["years"] = [shown.years[0], shown.years[-1]]
    write_json(stage / SUMMARY, summary)
    write_json(stage / RUN, result.inputs)
    if result.agents is not None:
        from pyarrow.parquet import write_table

        write_table(result.agents, stage / AGENTS)
    if result.monthly is not None:
        write_csv(stage / MONTHLY, result.monthly)
    if result.hourly:
        hourly_frame(result.hourly).to_parquet(stage / HOURLY, index=False)
    if not with_figures:
        return []
    from experiments.figures import draw_run

    return draw_run(stage, result, shown)


def write_comparison(stage: Path, several: Sequence[RunResult], reference: RunResult, first_year: int) -> None:
    """Pathway and summary of each scenario in a folder of its own, compare.csv and the figure, into a staged folder."""
    from experiments.figures import compare_figure

    shown = [result.results.since(first_year) for result in several]
    base = reference.results.since(first_year)
    for result, results in zip(several, shown, strict=True):
        write_pathway(stage / results.scenario, results)
        write_json(stage / results.scenario / SUMMARY, result.summary() | {"years": [first_year, results.years[-1]]})
    write_csv(stage / COMPARISON, comparison(shown, base))
    compare_figure(stage / COMPARISON_FIGURE, shown, base)


def write_pathway(stage: Path, results: Results) -> None:
    """pathway.csv: one row a year, ``year`` first, every published variable in full precision."""
    stage.mkdir(parents=True, exist_ok=True)
    write_csv(stage / PATHWAY, results.frame())


def write_csv(path: Path, frame: pd.DataFrame) -> None:
    """A frame as CSV that is the same on every system; floats keep all their bits."""
    frame.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Readable JSON; NaN is refused, numpy numbers become plain ones."""
    text = json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False, default=_plain)
    path.write_text(text + "\n", encoding="utf-8")


def write_file(path: Path, text: str) -> None:
    """One text file that appears only when complete. InputError if it cannot be written."""
    path = Path(os.path.abspath(path))
    if path.is_dir():
        raise InputError(f"cannot write {path}: it is a folder, expected a file")
    hidden = _hidden_folder(path.parent)
    try:
        (hidden / path.name).write_text(text, encoding="utf-8")
        path.parent.mkdir(parents=True, exist_ok=True)
        os.replace(hidden / path.name, path)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(hidden, ignore_errors=True)


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot stand in JSON")


def hourly_frame(hourly: Mapping[int, Mapping[str, Any]]) -> pd.DataFrame:
    """Kept years as one table: year, hour (0 to 8759), then one column a series."""
    import numpy as np
    import pandas as pd

    parts = []
    for year, series in sorted(hourly.items()):
        hours = len(next(iter(series.values())))
        parts.append(pd.DataFrame({"year": np.full(hours, year), "hour": np.arange(hours), **series}))
    return pd.concat(parts, ignore_index=True)


def comparison(results: Sequence[Results], reference: Results) -> pd.DataFrame:
    """One table of several scenarios: year, scenario, the variables, and each one's difference to the reference.

    Scenarios under the same seed face the same luck, so a difference is the effect of what differs between them.
    """
    import pandas as pd

    base = reference.frame().drop(columns="year")
    parts = []
    for result in results:
        frame = result.frame()
        frame.insert(1, "scenario", result.scenario)
        difference = (frame[base.columns] - base).add_prefix(DIFFERENCE)
        parts.append(pd.concat([frame, difference], axis=1))
    return pd.concat(parts, ignore_index=True)
