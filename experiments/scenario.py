"""Scenario files: a park, years, a seed, policies with schedules and overrides of park parameters.

::

    park: meishan
    years: [2020, 2060]
    seed: 1
    policies:
      - green_finance: {interest_subsidy: {2025: 0.01, 2030: 0.02}}
    overrides: {choice_peer_weight: 1.0}

``check_scenario`` reports every fault at once with file and line, key, expected range and nearest valid name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agents.errors import InputError, nearest
from experiments.yaml_lines import Lines, read_yaml
from policies.base import Policy

if TYPE_CHECKING:
    from sim.parks import ParkData

KEYS = {
    "name": "short name for tables and folders; the file's name if left out",
    "description": "what the scenario asks",
    "park": "a park that ships with Lingtan (lingtan parks) or the path of a park's folder",
    "years": "first and last year shown; every run is simulated from the park's base year",
    "seed": "number that fixes all chance",
    "policies": "policies in force (lingtan policies), each a mapping of levers to a value or to {year: value}",
    "overrides": "park parameters by name; dated ones take a value or {year: value}",
    "agents": "numbers of agents, in place of the park's own",
    "reconciliation": "how the base year is reconciled: A, B or C",
}
LARGEST_SEED = 2**63 - 1


@dataclass(frozen=True)
class Scenario:
    """A checked scenario. ``overrides`` and the policies' schedules are plain numbers or {year: number}."""

    park: str = "meishan"
    years: tuple[int, int] = (2020, 2060)
    seed: int = 1
    policies: tuple[Policy, ...] = ()
    overrides: Mapping[str, Any] = field(default_factory=dict)
    name: str = "bau"
    description: str = ""
    agents: Mapping[str, int] = field(default_factory=dict)
    reconciliation: str | None = None

    def load_park(self) -> ParkData:
        """The park with this scenario's numbers of agents and reconciliation."""
        from sim.parks import load_park

        return load_park(self.park, reconciliation=self.reconciliation, agents=self.agents)

    def as_dict(self) -> dict[str, Any]:
        """Plain content, as it would stand in a scenario file."""
        content: dict[str, Any] = {"name": self.name}
        if self.description:
            content["description"] = self.description
        content |= {"park": self.park, "years": list(self.years), "seed": self.seed}
        content["policies"] = [{policy.name: plain(policy.schedules)} for policy in self.policies]
        content["overrides"] = plain(self.overrides)
        if self.agents:
            content["agents"] = dict(self.agents)
        if self.reconciliation:
            content["reconciliation"] = self.reconciliation
        return content


def plain(value: Any) -> Any:
    """Mappings as dicts, all the way down."""
    return {key: plain(inner) for key, inner in value.items()} if isinstance(value, Mapping) else value


def shipped_scenarios() -> dict[str, Path]:
    """Scenario files that travel with Lingtan, by name."""
    folder = Path(str(files("experiments").joinpath("scenarios")))
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def find_scenario(park_or_file: str, seed: int | None = None) -> Scenario:
    """What a user names on the command line: a park, a shipped scenario, a scenario file or a run.json.

    A park alone is its business as usual. ``seed`` replaces the scenario's. InputError for anything else.
    """
    from experiments.run_file import read_run
    from sim.parks import DESCRIPTION, shipped_parks

    path = Path(park_or_file)
    if path.is_file():
        scenario = read_run(path) if path.suffix == ".json" else read_scenario(path)
    elif park_or_file in shipped_scenarios():
        scenario = read_scenario(shipped_scenarios()[park_or_file])
    elif park_or_file in shipped_parks() or (path / DESCRIPTION).is_file():
        scenario = business_as_usual(park_or_file)
    else:
        known = [*shipped_parks(), *shipped_scenarios()]
        raise InputError(f"'{park_or_file}' is no file, park or shipped scenario{nearest(park_or_file, known)}")
    if seed is None:
        return scenario
    problems = seed_faults(seed)
    if problems:
        raise InputError(problems)
    return replace(scenario, seed=seed)


def business_as_usual(park: str) -> Scenario:
    """A park without policies over all its years."""
    from sim.parks import shipped_parks

    name = park if park in shipped_parks() else str(Path(park).resolve())  # a run.json may be read from elsewhere
    scenario = Scenario(park=name)
    years = scenario.load_park().years
    return replace(scenario, years=(years[0], years[-1]))


def read_scenario(path: Path) -> Scenario:
    """Read and check a scenario file; InputError with every fault at once."""
    lines = read_yaml(path)
    scenario, problems = examine(lines, path.stem, path.parent)
    if problems or scenario is None:
        raise InputError(problems)
    return scenario


def check_scenario(path: str | Path) -> list[str]:
    """Every fault of a scenario file (or of a run.json), one line each; empty if it can be run."""
    from experiments.run_file import read_run

    path = Path(path)
    try:
        if path.suffix == ".json":
            read_run(path)
        else:
            read_scenario(path)
    except InputError as error:
        return error.problems
    return []


def examine(lines: Lines, default_name: str, folder: Path) -> tuple[Scenario | None, list[str]]:
    """Scenario of a file's content, or None with every fault."""
    content, problems = lines.content, list(lines.problems)
    if not isinstance(content, Mapping):
        return None, [*problems, f"{lines.file}:1: expected keys and values: {', '.join(KEYS)}"]
    problems += key_faults(lines, KEYS)
    name = content.get("name", default_name)
    problems += text_faults(lines, name)
    if "seed" in content:
        problems += [f"{lines.where('seed')}: {fault}" for fault in seed_faults(content["seed"])]
    park, park_problems = park_of(lines, folder)
    problems += park_problems
    years = years_of(lines, park, problems)
    policies = policies_of(lines, park, problems)
    overrides = overrides_of(lines, park, problems)
    if problems or park is None or years is None:
        return None, sorted(problems, key=line_of)
    made = Scenario(
        park=park_name(content, folder),
        years=years,
        seed=content.get("seed", 1),
        policies=tuple(policies),
        overrides=overrides,
        name=name,
        description=content.get("description", ""),
        agents=content.get("agents") or {},
        reconciliation=content.get("reconciliation"),
    )
    return made, []


def key_faults(lines: Lines, known: Iterable[str]) -> list[str]:
    """Keys that mean nothing, each with the nearest that does."""
    unknown = [key for key in lines.content if key not in known]
    return [f"{lines.where(key)}: unknown key '{key}'{nearest(str(key), known)}" for key in unknown]


def text_faults(lines: Lines, name: Any) -> list[str]:
    """Faults of ``name`` and ``description``."""
    problems = []
    for key in ("name", "description"):
        value = lines.content.get(key, "-")
        if not isinstance(value, str) or not value.strip():
            problems.append(f"{lines.where(key)}: '{key}' must be text, found {value!r}")
    if isinstance(name, str) and ("/" in name or "\\" in name or name.startswith(".")):
        problems.append(f"{lines.where('name')}: 'name' names a folder of results; {name!r} must hold no slash")
    return problems


def line_of(problem: str) -> int:
    """Line that a problem names, for sorting."""
    parts = problem.split(":", 2)
    return int(parts[1]) if len(parts) > 2 and parts[1].isdigit() else 0


def seed_faults(seed: Any) -> list[str]:
    """A fault if a seed is not a whole number that fits."""
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= LARGEST_SEED:
        return [f"'seed' must be a whole number from 0 to {LARGEST_SEED}, found {seed!r}"]
    return []


def park_name(content: Mapping[Any, Any], folder: Path) -> str:
    """A park's name as given; the path of a folder counts from the scenario file."""
    given = str(content["park"])
    beside = folder / given
    return str(beside.resolve()) if (beside / "park.yaml").is_file() else given


def park_of(lines: Lines, folder: Path) -> tuple[ParkData | None, list[str]]:
    """The scenario's park with its numbers of agents, or None with faults."""
    from sim.parks import load_park, park_folder

    content = lines.content
    if "park" not in content:
        return None, [f"{lines.where()}: key 'park' is missing; expected {KEYS['park']}"]
    if not isinstance(content["park"], str):
        return None, [f"{lines.where('park')}: 'park' must be a name or a path, found {content['park']!r}"]
    agents = content.get("agents")
    if agents is not None and not isinstance(agents, Mapping):
        return None, [f"{lines.where('agents')}: 'agents' must map kinds to numbers, found {agents!r}"]
    name = park_name(content, folder)
    try:
        park_folder(name)
    except InputError as error:
        return None, [f"{lines.where('park')}: {problem}" for problem in error.problems]
    try:
        return load_park(name, reconciliation=content.get("reconciliation"), agents=agents), []
    except InputError as error:
        # A fault that the scenario's own choices made is one of the scenario's lines, any other one of the park's.
        found = [f"{_blamed(lines, problem)}: {problem}" for problem in error.problems]
    try:
        return load_park(name), found  # as it stands, to check the rest of the scenario by
    except InputError:
        return None, found


def _blamed(lines: Lines, problem: str) -> str:
    for key in ("agents", "reconciliation"):
        if key in problem and key in lines.content:
            return lines.where(key)
    return lines.where("park")


def years_of(lines: Lines, park: ParkData | None, problems: list[str]) -> tuple[int, int] | None:
    """First and last year, checked against the park's."""
    if "years" not in lines.content:
        return (park.years[0], park.years[-1]) if park else None
    given, where = lines.content["years"], lines.where("years")
    whole = isinstance(given, list) and all(isinstance(y, int) and not isinstance(y, bool) for y in given)
    if not whole or len(given) != 2:
        problems.append(f"{where}: 'years' must be [first, last], two whole years, found {given!r}")
        return None
    first, last = given
    if first >= last:
        problems.append(f"{where}: 'years' are reversed or equal: first {first} must lie before last {last}")
    for year in given if park else ():
        if park and year not in park.years:
            problems.append(f"{where}: 'years': {year} lies outside {park.years[0]} to {park.years[-1]}")
    return first, last


def policies_of(lines: Lines, park: ParkData | None, problems: list[str]) -> list[Policy]:
    """The scenario's policies; faults are noted with the line of the lever or of the schedule's year."""
    from policies.registry import policy_classes

    given = lines.content.get("policies") or []
    if not isinstance(given, list):
        problems.append(
            f"{lines.where('policies')}: 'policies' must be a list, each entry '- policy: {{lever: value}}'"
        )
        return []
    known = policy_classes()
    made: list[Policy] = []
    seen: dict[str, str] = {}
    for index, entry in enumerate(given):
        if not isinstance(entry, Mapping) or len(entry) != 1:
            where = lines.where("policies", index)
            problems.append(f"{where}: expected one policy with its levers, as in '- green_finance: {{lever: value}}'")
            continue
        name, levers = next(iter(entry.items()))
        place = ("policies", index, name)
        where = lines.where(*place)
        if name not in known:
            problems.append(f"{where}: unknown policy '{name}'{nearest(str(name), known)}")
            continue
        if name in seen:
            problems.append(f"{where}: policy '{name}' stands twice, first at {seen[name]}; put its levers together")
        seen[name] = where
        faults = lever_faults(lines, place, known[name], levers, park)
        problems += faults
        if not faults:
            made.append(known[name](**levers))
    return made


def lever_faults(
    lines: Lines, place: tuple[Any, ...], policy: type[Policy], levers: Any, park: ParkData | None
) -> list[str]:
    """Faults of one policy's levers, each at its own line and with the lever's range."""
    if not isinstance(levers, Mapping) or not levers:
        names = ", ".join(lever.name for lever in policy.levers)
        return [
            f"{lines.where(*place)}: policy '{policy.name}' has no lever set, so it would do nothing; levers: {names}"
        ]
    ranges = {lever.name: lever.range_in_words for lever in policy.levers}
    faults = []
    for lever, schedule in levers.items():
        if isinstance(schedule, Mapping) and not schedule:
            faults.append(f"{lines.where(*place, lever)}: policy '{policy.name}', lever '{lever}': no year given")
        dated = isinstance(schedule, Mapping)
        values: list[tuple[Any, Any]] = list(schedule.items()) if dated else [(None, schedule)]
        for year, value in values:
            where = lines.where(*place, lever, year) if dated else lines.where(*place, lever)
            if dated and park and (not isinstance(year, int) or year not in park.years):
                faults.append(
                    f"{where}: policy '{policy.name}', lever '{lever}': {year!r} is not a year from "
                    f"{park.years[0]} to {park.years[-1]}"
                )
                continue
            for fault in policy.faults({lever: {year: value} if dated else value}):
                known = ranges.get(lever, "")
                faults.append(f"{where}: {fault}" + (f"; expected {known}" if known and known not in fault else ""))
    return list(dict.fromkeys(faults))


def overrides_of(lines: Lines, park: ParkData | None, problems: list[str]) -> dict[str, Any]:
    """The scenario's overrides, checked against the park's evidence ranges."""
    from sim.parks import check_overrides

    given = lines.content.get("overrides") or {}
    if not isinstance(given, Mapping):
        problems.append(f"{lines.where('overrides')}: 'overrides' must map parameter names to values")
        return {}
    for name, value in given.items():
        several = value.values() if isinstance(value, Mapping) else (value,)
        if any(isinstance(each, list | Mapping) for each in several):  # a file has one number for all runs
            problems.append(f"{lines.where('overrides', name)}: '{name}': {value!r} is not a number")
            return {}
    for name, faults in check_overrides(park, given).items() if park else ():
        problems += [f"{lines.where('overrides', name)}: {fault}" for fault in faults]
    return plain(given)
