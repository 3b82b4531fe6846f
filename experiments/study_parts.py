"""Parts of a study file that make several things of one entry: scenarios, full factorials and correlated groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agents.errors import InputError, nearest
from experiments.scenario import (
    KEYS,
    Scenario,
    key_faults,
    lever_faults,
    overrides_of,
    park_name,
    policies_of,
    shipped_scenarios,
    text_faults,
)
from experiments.yaml_lines import Lines, read_yaml
from policies.base import Policy

if TYPE_CHECKING:
    from experiments.priors import Prior
    from sim.parks import ParkData

ENTRY_KEYS = ("name", "description", "policies", "overrides")
GROUP_KEYS = ("members", "correlation")
MOST_SCENARIOS = 1000
Level = tuple[str, Policy | None]  # its name in a scenario's, and the policy it puts in force


@dataclass(frozen=True)
class Group:
    """Parameters or series whose quantiles rise and fall together, with one rank correlation between any two."""

    members: tuple[str, ...]
    correlation: float


def scenarios_of(lines: Lines, park: ParkData | None, folder: Path, problems: list[str]) -> list[Scenario]:
    """Scenarios of a study: those listed, then those of the factorial. Policies and overrides are checked."""
    content = lines.content
    given = content.get("scenarios", [])
    if not isinstance(given, list):
        problems.append(f"{lines.where('scenarios')}: 'scenarios' must be a list of names, files or mappings")
        given = []
    elif not given and not content.get("factorial"):
        problems.append(f"{lines.where('scenarios')}: no scenario: expected 'scenarios' or 'factorial'")
    made: list[Scenario] = []
    places: dict[str, str] = {}
    for where, scenario in (*_listed(lines, given, park, folder, problems), *_factorial(lines, park, problems)):
        if scenario.name in places:
            problems.append(f"{where}: two scenarios are named '{scenario.name}', the first at {places[scenario.name]}")
        places[scenario.name] = where
        made.append(scenario)
    return made


def _listed(
    lines: Lines, given: list[Any], park: ParkData | None, folder: Path, problems: list[str]
) -> Iterator[tuple[str, Scenario]]:
    """Scenarios of the list, each with its place."""
    for index, entry in enumerate(given):
        where = lines.where("scenarios", index)
        if isinstance(entry, Mapping):
            inner = lines.part("scenarios", index)
            problems += key_faults(inner, ENTRY_KEYS) + text_faults(inner, entry.get("name"))
            if "name" not in entry:
                problems.append(f"{where}: a scenario of a study needs a 'name'")
            name = str(entry.get("name", f"scenario {index + 1}"))
            yield where, _scenario(inner, name, park, problems)
        elif isinstance(entry, str):
            found = _from_file(lines, entry, park, folder, where, problems)
            if found is not None:
                yield where, found
        else:
            problems.append(f"{where}: expected a scenario's name, a file or a mapping, found {entry!r}")


def _scenario(inner: Lines, name: str, park: ParkData | None, problems: list[str]) -> Scenario:
    """Policies and overrides of a scenario under the study's park."""
    policies, overrides = policies_of(inner, park, problems), overrides_of(inner, park, problems)
    description = inner.content.get("description", "")
    return Scenario(policies=tuple(policies), overrides=overrides, name=name, description=description)


def _from_file(
    lines: Lines, entry: str, park: ParkData | None, folder: Path, where: str, problems: list[str]
) -> Scenario | None:
    """A shipped scenario or a scenario file beside the study; its own park, agents and reconciliation must agree."""
    shipped = shipped_scenarios()
    path = folder / entry
    if entry not in shipped and not path.is_file():
        hint = nearest(entry, shipped)
        problems.append(f"{where}: '{entry}' is no shipped scenario and no file beside the study{hint}")
        return None
    path = shipped.get(entry, path)
    try:
        inner = read_yaml(path)
    except InputError as error:
        problems += [f"{where}: {fault}" for fault in error.problems]
        return None
    faults = list(inner.problems)
    if not isinstance(inner.content, Mapping):
        problems.append(f"{where}: {path.name} is no scenario file")
        return None
    faults += key_faults(inner, KEYS)
    if entry not in shipped:  # shipped ones are sets of policies for any park
        faults += _disagreements(lines, inner, park, path.parent)
    name = inner.content.get("name", path.stem)
    faults += text_faults(inner, name)
    scenario = _scenario(inner, str(name), park, faults)
    problems += [f"{where}: {fault}" for fault in faults]
    return scenario


def _disagreements(lines: Lines, inner: Lines, park: ParkData | None, folder: Path) -> list[str]:
    """Faults where a scenario file names another park, other numbers of agents or another reconciliation."""
    from sim.parks import park_folder

    faults = []
    try:
        same = park is None or park_folder(park_name(inner.content, folder)) == park.folder
    except (InputError, KeyError):
        same = False
    if not same:
        faults.append(f"{inner.where('park')}: 'park' differs from the study's, {lines.content.get('park')!r}")
    for key in ("agents", "reconciliation"):
        if inner.content.get(key) and inner.content[key] != lines.content.get(key):
            faults.append(f"{inner.where(key)}: '{key}' differs from the study's; all scenarios of a study share it")
    return faults


def _factorial(lines: Lines, park: ParkData | None, problems: list[str]) -> Iterator[tuple[str, Scenario]]:
    """One scenario for every combination of the policies' levels."""
    from policies.registry import policy_classes

    given = lines.content.get("factorial") or {}
    where = lines.where("factorial")
    if not isinstance(given, Mapping):
        problems.append(f"{where}: 'factorial' must map policies to lists of levels: off, full or levers")
        return
    known = policy_classes()
    factors: list[list[Level]] = []
    for name, levels in given.items():
        place = lines.where("factorial", name)
        if name not in known:
            problems.append(f"{place}: unknown policy '{name}'{nearest(str(name), known)}")
        elif not isinstance(levels, list) or len(levels) < 2:
            problems.append(f"{place}: policy '{name}' needs a list of two levels or more: off, full or levers")
        else:
            factors.append(list(_levels(lines, name, known[name], levels, park, problems)))
    count = 1
    for levels_of_one in factors:
        count *= len(levels_of_one)
    if count > MOST_SCENARIOS:
        problems.append(f"{where}: {count} combinations; at most {MOST_SCENARIOS} scenarios make a study")
        return
    for combination in product(*factors) if factors else ():
        policies = tuple(policy for _, policy in combination if policy is not None)
        yield where, Scenario(name=",".join(name for name, _ in combination), policies=policies)


def _levels(
    lines: Lines, name: str, policy: type[Policy], levels: list[Any], park: ParkData | None, problems: list[str]
) -> Iterator[Level]:
    """Levels of one policy. ``off`` is what YAML reads as false; levers are named by their place in the list."""
    for index, level in enumerate(levels):
        place = ("factorial", name, index)
        if level is False or level == "off":
            yield f"{name}=off", None
        elif level == "full":
            yield f"{name}=full", policy.full_strength()
        elif isinstance(level, Mapping):
            faults = lever_faults(lines, place, policy, level, park)
            problems += faults
            if not faults:
                yield f"{name}=level{index + 1}", policy(**level)
        else:
            problems.append(f"{lines.where(*place)}: level {level!r} of '{name}'; expected off, full or levers")


def groups_of(
    lines: Lines, park: ParkData | None, drawn: Mapping[str, Prior] | None, problems: list[str]
) -> tuple[Group, ...]:
    """Correlated groups. ``drawn`` are the study's priors, None where they are faulty themselves."""
    given = lines.content.get("groups") or []
    if not isinstance(given, list):
        problems.append(f"{lines.where('groups')}: 'groups' must be a list of members with a correlation")
        return ()
    made: list[Group] = []
    places: dict[str, str] = {}
    for index, entry in enumerate(given):
        where = lines.where("groups", index)
        if not isinstance(entry, Mapping):
            problems.append(f"{where}: expected 'members' and 'correlation', found {entry!r}")
            continue
        faults = key_faults(lines.part("groups", index), GROUP_KEYS)
        members, correlation = entry.get("members"), entry.get("correlation")
        if not isinstance(members, list) or len(members) < 2:
            faults.append(f"{where}: 'members' must be a list of two names or more")
            members = []
        faults += _member_faults(lines, index, members, park, drawn, places)
        least = -1.0 / max(1, len(members) - 1)
        number = isinstance(correlation, int | float) and not isinstance(correlation, bool)
        if not number or not least <= correlation <= 1.0:  # type: ignore[operator]
            place = lines.where("groups", index, "correlation")
            faults.append(f"{place}: 'correlation' must be a number from {least:g} to 1, found {correlation!r}")
        problems += faults
        if not faults:
            made.append(Group(tuple(members), float(correlation)))  # type: ignore[arg-type]
    return tuple(made)


def _member_faults(
    lines: Lines,
    index: int,
    members: list[Any],
    park: ParkData | None,
    drawn: Mapping[str, Prior] | None,
    places: dict[str, str],
) -> list[str]:
    """Faults of a group's members: unknown, not drawn, in two groups, of two sources."""
    faults = []
    known = {**park.parameters, **park.series} if park else {}
    for at, name in enumerate(members):
        where = lines.where("groups", index, "members", at)
        if not isinstance(name, str) or (park and name not in known):
            faults.append(f"{where}: unknown parameter '{name}'{nearest(str(name), known)}")
        elif name in places:
            faults.append(f"{where}: '{name}' stands in a group already, at {places[name]}")
        elif drawn is not None and name not in drawn:
            faults.append(f"{where}: '{name}' is fixed or a definition, so it is not drawn")
        places[str(name)] = where
    sources = {drawn[name].source for name in members if drawn and isinstance(name, str) and name in drawn}
    if len(sources) > 1:
        where = lines.where("groups", index)
        faults.append(f"{where}: a group belongs to one source; these are parameters and dated series (futures)")
    return faults
