"""Several scenarios under common random numbers: the same park, years and seed, so that differences are effects."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

from agents.errors import InputError
from experiments.scenario import Scenario, find_scenario

if TYPE_CHECKING:
    from sim.results import RunResult

REFERENCE = "bau"


def chosen_scenarios(names: Sequence[str], seed: int | None = None) -> tuple[list[Scenario], int]:
    """The scenarios of a comparison and the index of its reference, the first one without policies.

    If every scenario has policies, the first one stripped of them is put in front as ``bau``. InputError, all problems
    at once, for unknown scenarios, two of one name, and parks, years or seeds that differ.
    """
    problems: list[str] = []
    found: list[Scenario] = []
    for name in names:
        try:
            found.append(find_scenario(name, seed))
        except InputError as error:
            problems += error.problems
    if found and all(scenario.policies for scenario in found):
        found.insert(0, replace(found[0], name=REFERENCE, description="", policies=()))
    problems += _differences(found)
    if problems:
        raise InputError(problems)
    return found, next(index for index, scenario in enumerate(found) if not scenario.policies)


def _differences(scenarios: Sequence[Scenario]) -> list[str]:
    """Why scenarios cannot be compared year by year under the same luck."""
    problems = []
    for what, hint in (("park", ""), ("years", ""), ("seed", "; give one with --seed")):
        values = {scenario.name: getattr(scenario, what) for scenario in scenarios}
        if len(set(values.values())) > 1:
            said = ", ".join(f"{name}: {value}" for name, value in values.items())
            problems.append(f"scenarios can only be compared over the same {what}{hint} ({said})")
    names = [scenario.name for scenario in scenarios]
    for name in sorted({name for name in names if names.count(name) > 1}):
        problems.append(f"two scenarios are named '{name}'; results go into one folder a name")
    return problems


def run_all(scenarios: Sequence[Scenario], threads: int) -> list[RunResult]:
    """Simulate scenarios side by side, in order. The first one runs alone, so that the model is compiled once."""
    from experiments.run import simulate

    first = simulate(scenarios[0])
    with ThreadPoolExecutor(max_workers=threads) as pool:
        return [first, *pool.map(simulate, scenarios[1:])]
