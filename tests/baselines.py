"""Regression baselines: published variables of every shipped scenario in the milestone years, at full precision.

``python -m tests.baselines`` regenerates ``tests/baselines/<scenario>.json``. Do so only when results are meant to
move, and say in CHANGELOG.md, under Regression, why they did. Numbers of another kind of processor may differ in the
last bits (fused multiplications, vector widths), hence the tolerance of 1e-9 in ``test_baselines``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from experiments.scenario import Scenario, read_scenario, shipped_scenarios
from sim.state import new_state
from sim.year import run_all

FOLDER = Path(__file__).resolve().parent / "baselines"


def outcome_table(scenario: Scenario) -> dict[str, Any]:
    """What a baseline holds: the scenario's years and its published variables, each a list over the years."""
    park = scenario.load_park()
    first = park.description.base_year
    state = new_state(
        park,
        seeds=[scenario.seed],
        policies=scenario.policies,
        overrides=scenario.overrides,
        years=(first, scenario.years[1]),
    )
    results = run_all(state).results(scenario.name)
    years = [year for year in results.milestones if year >= scenario.years[0]]
    values = {name: results.values(name) for name in results.names}
    return {
        "scenario": scenario.name,
        "years": years,
        "variables": {name: [float(row[year - first]) for year in years] for name, row in values.items()},
    }


def baseline_file(name: str) -> Path:
    """Where a scenario's baseline is kept."""
    return FOLDER / f"{name}.json"


def main() -> None:
    """Regenerate every baseline, and remove those whose scenario is gone."""
    FOLDER.mkdir(exist_ok=True)
    scenarios = shipped_scenarios()
    for file in FOLDER.glob("*.json"):
        if file.stem not in scenarios:
            file.unlink()
    for name, path in scenarios.items():
        text = json.dumps(outcome_table(read_scenario(path)), indent=1, ensure_ascii=False)
        baseline_file(name).write_text(text + "\n", encoding="utf-8")
        print(f"tests/baselines/{name}.json")


if __name__ == "__main__":
    main()
