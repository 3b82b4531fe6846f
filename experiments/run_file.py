"""run.json: everything that repeats a run bit for bit, written beside its results and read back by ``lingtan run``."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from agents.errors import InputError
from experiments.scenario import Scenario, examine, plain
from experiments.yaml_lines import Lines

RECORDED_VERSIONS = ("lingtan", "numpy", "numba", "scipy", "mesa")


def versions() -> dict[str, str]:
    """Versions that a run's bits may hang on."""
    found = {"python": platform.python_version(), "machine": platform.machine()}
    for name in RECORDED_VERSIONS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed as a package"
    return found


def run_inputs(scenario: Scenario) -> dict[str, Any]:
    """Everything that repeats a run: the scenario, the park's values in force, fingerprints of its files, versions.

    ``lingtan run run.json`` reads it back and refuses to pass off a run as the same if a park file has changed.
    """
    park = scenario.load_park()
    dated = {name: {str(row.year): row.central for row in rows} for name, rows in park.series.items()}
    overrides = plain(scenario.overrides)
    return {
        "scenario": scenario.as_dict(),
        "versions": versions(),
        "agents": park.agents.model_dump(),
        "reconciliation": park.description.reconciliation,
        "parameters": {name: overrides.get(name, value.central) for name, value in park.parameters.items()},
        "series": {name: overrides.get(name, rows) for name, rows in dated.items()},
        "park_files": park.fingerprint,
    }


def read_run(path: Path) -> Scenario:
    """The scenario of a run.json. InputError if it is none, or if the park's files differ from those of the run."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        recorded, fingerprints = content["scenario"], content["park_files"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = f"key {error} is missing" if isinstance(error, KeyError) else str(error)
        raise InputError(f"{path}: not a run.json of Lingtan: {reason}") from error
    lines = Lines(path.name, with_years(recorded))
    scenario, problems = examine(lines, path.stem, path.parent)
    if scenario is not None:
        now = scenario.load_park().fingerprint
        changed = sorted(name for name in {*now, *fingerprints} if now.get(name) != fingerprints.get(name))
        if changed:
            made_with = content.get("versions", {}).get("lingtan", "unknown")
            problems.append(
                f"{path.name}: the park's files have changed since this run (made with Lingtan {made_with}), "
                f"so it cannot be repeated bit for bit: {', '.join(changed)}. Run a scenario file instead."
            )
    if problems or scenario is None:
        raise InputError(problems)
    return scenario


def with_years(content: Any) -> Any:
    """JSON content with the years of schedules as numbers again."""
    if isinstance(content, Mapping):
        return {int(k) if isinstance(k, str) and k.isdigit() else k: with_years(v) for k, v in content.items()}
    return [with_years(part) for part in content] if isinstance(content, list) else content


def version_notes(path: Path) -> list[str]:
    """Versions that differ between a run.json and here: its bits may then differ too."""
    recorded = json.loads(path.read_text(encoding="utf-8")).get("versions", {})
    now = versions()
    return [f"{name} {old} then, {now.get(name)} now" for name, old in recorded.items() if now.get(name) != old]
