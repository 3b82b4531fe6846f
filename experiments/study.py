"""Monte Carlo studies: scenarios times draws, read from a study file and checked as a whole.

::

    park: meishan
    runs: 1024
    design: sobol
    vary: {parameters: true, futures: true, behaviour: true}
    scenarios: [bau, all_three]
    priors:
      choice_peer_weight: {family: triangular, low: 0.5, high: 2}
    groups:
      - {members: [price_gas, price_lng], correlation: 0.8}

Every draw meets all scenarios with the same parameters, futures and luck, so that differences are paired.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from agents.errors import InputError, nearest
from experiments.priors import Prior, constants_of, prior_faults, priors_of
from experiments.run_file import with_years
from experiments.scenario import (
    Scenario,
    key_faults,
    line_of,
    overrides_of,
    park_name,
    park_of,
    plain,
    seed_faults,
    text_faults,
    years_of,
)
from experiments.study_parts import Group, groups_of, scenarios_of
from experiments.yaml_lines import Lines, read_yaml
from sim.results import NET, PUBLISHED, published_name

if TYPE_CHECKING:
    from sim.parks import ParkData

Design = Literal["random", "latin_hypercube", "sobol"]
DESIGNS = ("random", "latin_hypercube", "sobol")
SOURCES = ("parameters", "futures", "behaviour")
NEUTRALITY = (NET, "Neutrality Test")  # without these no year of neutrality can be told
KEYS = {
    "name": "short name for tables and folders; the file's name if left out",
    "description": "what the study asks",
    "park": "a park that ships with Lingtan (lingtan parks) or the path of a park's folder",
    "years": "first and last year kept; every run is simulated from the park's base year",
    "seed": "number that fixes all chance: the design, the futures and the agents' own",
    "runs": "number of draws; each is simulated under every scenario",
    "design": "how quantiles are spread: random, latin_hypercube or sobol",
    "hypercube": "draws in one Latin hypercube, if there are to be several; all runs in one if left out",
    "vary": "sources of uncertainty, each true or false: parameters, futures, behaviour",
    "scenarios": "shipped scenarios, scenario files, or mappings of name, policies and overrides",
    "factorial": "policies by name, each with its levels: off, full or levers; every combination is a scenario",
    "priors": "by parameter or series: family, low, central, high; or the value that fixes it",
    "groups": "lists of members whose quantiles are correlated, with one rank correlation each",
    "outputs": "published variables to keep; the standard ones if left out",
    "chunk": "draws in one part of the results",
    "overrides": "park parameters by name, fixed for all scenarios",
    "agents": "numbers of agents, in place of the park's own",
    "reconciliation": "how the base year is reconciled: A, B or C",
}
LARGEST = {"runs": 2**31 - 1, "hypercube": 2**31 - 1, "chunk": 100_000}


@dataclass(frozen=True)
class Study:
    """A checked study. All ``scenarios`` share park, years, seed, agents and reconciliation.

    ``priors`` and ``overrides`` stand as in the file; what they fix is in every scenario's overrides already. A
    scenario's own override holds against the draws of that parameter.
    """

    name: str
    scenarios: tuple[Scenario, ...]
    description: str = ""
    runs: int = 1000
    seed: int = 1
    design: Design = "random"
    hypercube: int | None = None
    vary: frozenset[str] = frozenset(SOURCES)
    priors: Mapping[str, Any] = field(default_factory=dict)
    groups: tuple[Group, ...] = ()
    outputs: tuple[str, ...] = PUBLISHED
    chunk: int = 512
    overrides: Mapping[str, Any] = field(default_factory=dict)
    _distributions: dict[ParkData, dict[str, Prior]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @property
    def park(self) -> str:
        """The park's name or folder."""
        return self.scenarios[0].park

    @property
    def years(self) -> tuple[int, int]:
        """First and last calendar year kept."""
        return self.scenarios[0].years

    def load_park(self) -> ParkData:
        """The park with the study's numbers of agents and reconciliation."""
        return self.scenarios[0].load_park()

    @property
    def chosen(self) -> dict[str, Any]:
        """What the study says of parameters and series in place of the evidence, for ``priors_of``."""
        return {**self.priors, **self.overrides}

    def distributions(self, park: ParkData) -> dict[str, Prior]:
        """Priors of all that evidence, file and overrides leave open, of every source; worked out once for a park."""
        if park not in self._distributions:
            self._distributions[park] = priors_of(park, self.chosen)
        return self._distributions[park]

    def extended(self, runs: int) -> Study:
        """The same study with more draws, the first ones unchanged.

        InputError for fewer draws, or for a number that Latin hypercubes of the first size cannot make up.
        """
        size = (self.hypercube or self.runs) if self.design == "latin_hypercube" else None
        if runs < self.runs:
            raise InputError(f"runs: {runs} are fewer than the {self.runs} of study '{self.name}'")
        if size and runs % size:
            raise InputError(
                f"runs: a Latin hypercube of {size} draws cannot be refilled; only whole ones can be added, so {runs} "
                f"must be a multiple of {size} (random and sobol designs can be extended by any number)"
            )
        return replace(self, runs=runs, hypercube=size)

    def as_dict(self) -> dict[str, Any]:
        """Plain content that ``from_dict`` and a study file understand, with every scenario spelled out."""
        first = self.scenarios[0]
        content: dict[str, Any] = {"name": self.name}
        if self.description:
            content["description"] = self.description
        content |= {"park": self.park, "years": list(self.years), "seed": self.seed, "runs": self.runs}
        content["design"] = self.design
        if self.hypercube:
            content["hypercube"] = self.hypercube
        content["vary"] = {source: source in self.vary for source in SOURCES}
        content["scenarios"] = [_entry(scenario) for scenario in self.scenarios]
        content["priors"] = plain(self.priors)
        content["groups"] = [{"members": list(g.members), "correlation": g.correlation} for g in self.groups]
        content |= {"outputs": list(self.outputs), "chunk": self.chunk, "overrides": plain(self.overrides)}
        if first.agents:
            content["agents"] = dict(first.agents)
        if first.reconciliation:
            content["reconciliation"] = first.reconciliation
        return content

    @classmethod
    def from_dict(cls, content: Mapping[str, Any], label: str = "study") -> Study:
        """The study of ``as_dict``, also after JSON. InputError with every fault."""
        study, problems = examine_study(Lines(label, with_years(content)), label, Path())
        if problems or study is None:
            raise InputError(problems)
        return study


def _entry(scenario: Scenario) -> dict[str, Any]:
    whole = scenario.as_dict()
    return {key: whole[key] for key in ("name", "description", "policies", "overrides") if key in whole}


def shipped_studies() -> dict[str, Path]:
    """Study files that travel with Lingtan, by name."""
    folder = Path(str(files("experiments").joinpath("studies")))
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def find_study(name_or_file: str | Path) -> Study:
    """A shipped study by name, or a study file. InputError for anything else."""
    path, shipped = Path(name_or_file), shipped_studies()
    if path.is_file():
        return read_study(path)
    if str(name_or_file) in shipped:
        return read_study(shipped[str(name_or_file)])
    raise InputError(f"'{name_or_file}' is no file and no shipped study{nearest(str(name_or_file), shipped)}")


def read_study(path: Path) -> Study:
    """Read and check a study file; InputError with every fault at once."""
    path = Path(path)
    study, problems = examine_study(read_yaml(path), path.stem, path.parent)
    if problems or study is None:
        raise InputError(problems)
    return study


def check_study(path: str | Path) -> list[str]:
    """Every fault of a study file, one line each; empty if it can be run."""
    try:
        read_study(Path(path))
    except InputError as error:
        return error.problems
    return []


def is_study(path: str | Path) -> bool:
    """Whether a YAML file is meant as a study: it has a key that scenarios lack. False if it cannot be read."""
    from experiments.scenario import KEYS as SCENARIO_KEYS

    try:
        content = read_yaml(Path(path)).content
    except InputError:
        return False
    return isinstance(content, Mapping) and any(key in KEYS and key not in SCENARIO_KEYS for key in content)


def examine_study(lines: Lines, default_name: str, folder: Path) -> tuple[Study | None, list[str]]:
    """Study of a file's content, or None with every fault in order of lines."""
    content, problems = lines.content, list(lines.problems)
    if not isinstance(content, Mapping):
        return None, [*problems, f"{lines.file}:1: expected keys and values: {', '.join(KEYS)}"]
    name = content.get("name", default_name)
    problems += key_faults(lines, KEYS) + text_faults(lines, name)
    if "seed" in content:
        problems += [f"{lines.where('seed')}: {fault}" for fault in seed_faults(content["seed"])]
    problems += _number_faults(lines)
    vary = _vary(lines, problems)
    park, park_problems = park_of(lines, folder)
    problems += park_problems
    years = years_of(lines, park, problems)
    overrides = overrides_of(lines, park, problems)
    priors = _priors(lines, park, overrides, problems)
    scenarios = scenarios_of(lines, park, folder, problems)
    chosen = {**priors, **overrides}
    drawn = priors_of(park, chosen) if park and not problems else None
    groups = groups_of(lines, park, drawn, problems)
    outputs = _outputs(lines, park, problems)
    if problems or park is None or years is None:
        return None, sorted(problems, key=line_of)
    fixed = {**constants_of(park, priors), **overrides}
    seed, agents = content.get("seed", 1), content.get("agents") or {}
    shared = {"park": park_name(content, folder), "years": years, "seed": seed, "agents": agents}
    shared["reconciliation"] = content.get("reconciliation")
    made = tuple(replace(each, overrides={**fixed, **each.overrides}, **shared) for each in scenarios)
    rest = {key: content[key] for key in ("description", "runs", "design", "hypercube", "chunk") if key in content}
    return Study(
        name, made, seed=seed, vary=vary, priors=priors, groups=groups, outputs=outputs, overrides=overrides, **rest
    ), []


def _number_faults(lines: Lines) -> list[str]:
    """Faults of runs, chunk, hypercube and design."""
    content, problems = lines.content, []
    for key, largest in LARGEST.items():
        value = content.get(key, 1)
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= largest:
            problems.append(f"{lines.where(key)}: '{key}' must be a whole number from 1 to {largest}, found {value!r}")
    design = content.get("design", "random")
    if design not in DESIGNS:
        hint = nearest(str(design), DESIGNS)
        problems.append(f"{lines.where('design')}: 'design' {design!r}; expected {', '.join(DESIGNS)}{hint}")
    if "hypercube" in content and not problems:
        runs, size = content.get("runs", Study.runs), content["hypercube"]
        if design != "latin_hypercube":
            problems.append(f"{lines.where('hypercube')}: 'hypercube' belongs to design latin_hypercube, not {design}")
        elif runs % size:
            problems.append(f"{lines.where('hypercube')}: {runs} runs are no multiple of hypercubes of {size}")
    return problems


def _vary(lines: Lines, problems: list[str]) -> frozenset[str]:
    """Sources that vary; those not named do."""
    given = lines.content.get("vary", {})
    if not isinstance(given, Mapping):
        problems.append(f"{lines.where('vary')}: 'vary' must say true or false for any of {', '.join(SOURCES)}")
        return frozenset(SOURCES)
    for source, value in given.items():
        where = lines.where("vary", source)
        if source not in SOURCES:
            problems.append(f"{where}: unknown source '{source}'{nearest(str(source), SOURCES)}")
        elif not isinstance(value, bool):
            problems.append(f"{where}: '{source}' must be true or false, found {value!r}")
    vary = frozenset(source for source in SOURCES if given.get(source, True) is True)
    if not vary and lines.content.get("runs", Study.runs) != 1:
        problems.append(f"{lines.where('vary')}: nothing varies, so all draws would be equal; let a source be true")
    return vary


def _priors(lines: Lines, park: ParkData | None, overrides: Mapping[str, Any], problems: list[str]) -> dict[str, Any]:
    """The study's own priors, checked against the evidence."""
    given = lines.content.get("priors") or {}
    if not isinstance(given, Mapping):
        problems.append(f"{lines.where('priors')}: 'priors' must map names to families and ranges, or to values")
        return {}
    for name in given:
        if name in overrides:
            other = lines.where("overrides", name)
            problems.append(f"{lines.where('priors', name)}: '{name}' is fixed already by overrides, at {other}")
    for name, faults in prior_faults(park, given).items() if park else ():
        problems += [f"{lines.where('priors', name, *place)}: {fault}" for place, fault in faults]
    return dict(plain(given))


def _outputs(lines: Lines, park: ParkData | None, problems: list[str]) -> tuple[str, ...]:
    """Published variables to keep, with those that the year of neutrality needs."""
    if park is None:
        return ()
    known = [published_name(outcome) for outcome in park.declared.outcomes.values()]
    given = lines.content.get("outputs")
    needed = tuple(name for name in NEUTRALITY if name in known)
    if given is None:
        return tuple(dict.fromkeys((*(name for name in PUBLISHED if name in known), *needed)))
    if not isinstance(given, list) or not given:
        problems.append(f"{lines.where('outputs')}: 'outputs' must be a list of published variables")
        return ()
    for index, name in enumerate(given):
        if name not in known:
            problems.append(f"{lines.where('outputs', index)}: unknown variable '{name}'{nearest(str(name), known)}")
    return tuple(dict.fromkeys((*given, *needed)))
