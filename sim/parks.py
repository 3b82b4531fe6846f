"""A park's folder, read and checked whole: what it is, its base year, its evidence and every value the model declares.

``load_park("meishan")`` finds a park that ships with Lingtan; a path names a folder of the user's own with the same
files: park.yaml, base_year.csv, evidence.csv, parameters/*.csv, series/*.csv and one CSV a declared table.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from agents.errors import InputError, nearest, with_unit
from agents.fields import Records, records
from sim.dated import interpolate, overridden, range_in
from sim.declarations import Declarations, declarations
from sim.park_folders import DESCRIPTION, data_files, folder_state, park_folder, shipped_parks
from sim.park_tables import (
    DATED_COLUMNS,
    VALUE_COLUMNS,
    BaseYear,
    Evidence,
    Problems,
    Value,
    YamlLoader,
    read_base_year,
    read_evidence,
    read_rows,
    read_table,
    value_of,
)

ROUNDING = 1e-9  # relative slack at the ends of an evidence range, for numbers that were converted or typed rounded

__all__ = ["ParkData", "load_park", "park_folder", "shipped_parks"]

Reconciliation = Literal["A", "B", "C"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Names(_Strict):
    """A name in English and in Chinese."""

    en: str = Field(min_length=1)
    zh: str = Field(min_length=1)


class AgentNumbers(_Strict):
    """How many agents a synthetic population has; projects are rows of the park's site list.

    ``building_slots_ratio`` is the room for buildings over those of the base year: new ones need slots of their own
    until old ones are recycled.
    """

    firms: int = Field(ge=1, le=1_000_000)
    buildings: int = Field(ge=1, le=1_000_000)
    building_slots_ratio: int = Field(ge=1, le=10, default=3)
    operators: int = Field(ge=1, le=100)
    feeders: int = Field(ge=1, le=10_000)


class Description(_Strict):
    """park.yaml: what the park is called, how long and from which base year it is simulated, how many agents it has."""

    name: Names
    region: Names
    sub_districts: list[Names] = Field(min_length=1)
    base_year: int = Field(ge=1990, le=2100)
    last_year: int = Field(ge=1990, le=2200)
    milestones: list[int] = Field(min_length=1)
    agents: AgentNumbers
    reconciliation: Reconciliation
    currency: str
    weather: str

    @model_validator(mode="after")
    def _years_in_order(self) -> Description:
        if self.last_year <= self.base_year:
            raise ValueError(f"last_year {self.last_year} must lie after base_year {self.base_year}")
        outside = [year for year in self.milestones if not self.base_year <= year <= self.last_year]
        if outside or self.milestones != sorted(set(self.milestones)):
            raise ValueError(f"milestones must rise within {self.base_year} to {self.last_year}")
        return self


@dataclass(frozen=True, eq=False)  # one park is itself alone, so that what is derived from it can be kept by park
class ParkData:
    """Everything a park's folder says, checked. Values are in declared units (sim/declarations.py). Never changed.

    ``tables[name][column]`` is an array over the table's rows; ``series[name]`` holds dated rows in order of year;
    ``base_year.energy`` is [account, carrier] in MWh and tce.
    """

    key: str
    folder: Path
    description: Description
    declared: Declarations
    parameters: Mapping[str, Value]
    series: Mapping[str, tuple[Value, ...]]
    tables: Mapping[str, Mapping[str, np.ndarray[Any, Any]]]
    base_year: BaseYear
    evidence: Mapping[str, Evidence]

    @property
    def agents(self) -> AgentNumbers:
        """Numbers of agents, as the park's file or the caller of ``load_park`` set them."""
        return self.description.agents

    @property
    def years(self) -> range:
        """Calendar years that can be simulated."""
        return range(self.description.base_year, self.description.last_year + 1)

    @property
    def weather_file(self) -> Path:
        """Stored weather years."""
        return self.folder / self.description.weather

    @cached_property
    def fingerprint(self) -> dict[str, str]:
        """SHA-256 of every data file of the park by relative name: equal fingerprints, equal inputs."""
        return {
            path.relative_to(self.folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in data_files(self.folder)
        }


KEPT: dict[tuple[Any, ...], ParkData] = {}  # parks read by this process, by folder, choices and state of the files
MOST_KEPT = 8


def load_park(
    name_or_path: str | Path,
    *,
    reconciliation: str | None = None,
    agents: Mapping[str, int] | None = None,
    declared: Declarations | None = None,
) -> ParkData:
    """Read and check a park.

    ``reconciliation`` and ``agents`` replace what park.yaml says; ``declared`` (for tests) replaces what the model's
    modules declare. Raises InputError with every problem of every file at once. A process reads a park once, and anew
    when one of its files has changed: callers share it and must not change it.
    """
    folder = park_folder(name_or_path)
    if declared is not None:
        return _read_park(folder, reconciliation, agents, declared)
    key = (folder, reconciliation, repr(dict(agents or {})), folder_state(folder))
    kept = KEPT.get(key)
    if kept is None:
        while len(KEPT) >= MOST_KEPT:
            KEPT.pop(next(iter(KEPT)), None)
        kept = KEPT[key] = _read_park(folder, reconciliation, agents, declarations())
    return kept


def _read_park(
    folder: Path, reconciliation: str | None, agents: Mapping[str, int] | None, declared: Declarations
) -> ParkData:
    problems = Problems()
    description = read_description(folder, reconciliation, agents, problems)
    evidence = read_evidence(folder / "evidence.csv", problems)
    parameters = _read_parameters(folder, declared, evidence, problems)
    series = _read_series(folder, declared, evidence, problems)
    tables = {
        name: read_table(folder / f"{name}.csv", columns, evidence, problems)
        for name, columns in declared.tables.items()
    }
    chosen = description.reconciliation if description else "A"
    base_year = read_base_year(folder / "base_year.csv", chosen, evidence, problems)
    if description and not (folder / description.weather).is_file():
        problems.add(f"{folder.name}/{description.weather}", "missing weather file, named in park.yaml")
    problems.raise_if_any()
    assert description is not None
    key = folder.name
    return ParkData(key, folder, description, declared, parameters, series, tables, base_year, evidence)


def read_description(
    folder: Path, reconciliation: str | None, agents: Mapping[str, int] | None, problems: Problems
) -> Description | None:
    """park.yaml with the caller's choices in place, or None with its faults noted."""
    file = f"{folder.name}/{DESCRIPTION}"
    try:
        content = yaml.load((folder / DESCRIPTION).read_text(encoding="utf-8"), YamlLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        problems.add(file, f"cannot be read: {' '.join(str(error).split())}")
        return None
    if not isinstance(content, dict):
        problems.add(file, "expected keys and values")
        return None
    if reconciliation is not None:
        content["reconciliation"] = reconciliation
    if agents:
        content["agents"] = {**(content.get("agents") or {}), **agents}
    try:
        return Description.model_validate(content)
    except ValidationError as error:
        for fault in error.errors():
            problems.add(file, pydantic_message(fault, Description))
        return None


def pydantic_message(fault: Any, model: type[BaseModel]) -> str:
    """One fault of a pydantic model in our words: key, what is wrong, nearest valid name."""
    key = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        owner: Any = model
        for part in fault["loc"][:-1]:
            inner = owner.model_fields[part].annotation if hasattr(owner, "model_fields") else None
            owner = inner if hasattr(inner, "model_fields") else None
        valid = owner.model_fields if owner is not None else ()
        return f"unknown key '{key}'{nearest(str(fault['loc'][-1]), valid)}"
    text = fault["msg"].removeprefix("Value error, ")
    found = "" if fault["type"] in ("missing", "value_error") else f", found {fault['input']!r}"
    return f"'{key}': {text}{found}" if key else f"{text}{found}"


def _csv_files(folder: Path, problems: Problems) -> Iterator[Path]:
    paths = sorted(folder.glob("*.csv"))
    if not paths:
        problems.add(f"{folder.parent.name}/{folder.name}", "missing files: expected at least one CSV in this folder")
    yield from paths


def _read_parameters(
    folder: Path, declared: Declarations, evidence: Mapping[str, Evidence], problems: Problems
) -> dict[str, Value]:
    found: dict[str, Value] = {}
    named: dict[str, str] = {}
    for path in _csv_files(folder / "parameters", problems) if declared.parameters else ():
        for row in read_rows(path, VALUE_COLUMNS, problems):
            if row["name"] in named:
                problems.add(row.where, f"parameter '{row['name']}' stands twice, first in {named[row['name']]}")
                continue
            named[row["name"]] = row.where
            if value := value_of(row, declared.parameters, evidence, False, problems):
                found[value.name] = value
    _note_missing(folder, "parameter", declared.parameters, named, declared, problems)
    return {name: found[name] for name in declared.parameters if name in found}


def _read_series(
    folder: Path, declared: Declarations, evidence: Mapping[str, Evidence], problems: Problems
) -> dict[str, tuple[Value, ...]]:
    found: dict[str, dict[int, Value]] = {}
    named: dict[str, str] = {}
    for path in _csv_files(folder / "series", problems) if declared.series else ():
        for row in read_rows(path, DATED_COLUMNS, problems):
            named.setdefault(row["name"], row.where)
            value = value_of(row, declared.series, evidence, True, problems)
            if value is None or value.year is None:
                continue
            rows = found.setdefault(value.name, {})
            if value.year in rows:
                problems.add(
                    row.where, f"'{value.name}', year {value.year} stands twice, first in {rows[value.year].where}"
                )
            rows[value.year] = value
    _note_missing(folder, "series", declared.series, named, declared, problems)
    return {name: tuple(found[name][year] for year in sorted(found[name])) for name in declared.series if name in found}


def _note_missing(
    folder: Path,
    kind: str,
    wanted: Mapping[str, Any],
    named: Mapping[str, str],
    declared: Declarations,
    problems: Problems,
) -> None:
    """A fault for each declared name without a value, with the module that asks for it and its unit."""
    plural = "parameters" if kind == "parameter" else "series"
    for name, quantity in wanted.items():
        if name not in named:
            asker = declared.modules[f"{plural}.{name}"]
            problems.add(
                f"{folder.name}/{plural}",
                f"missing {kind} '{name}' [{quantity.unit}], {quantity.meaning} (asked by {asker})",
            )


def check_overrides(park: ParkData, overrides: Mapping[str, Any]) -> dict[str, list[str]]:
    """Problems of overrides by name: unknown names, values that are not finite or lie outside evidence ranges."""
    known = {**park.parameters, **park.series}
    problems: dict[str, list[str]] = {}
    for name, given in overrides.items():
        if name not in known:
            problems[name] = [f"unknown parameter '{name}'{nearest(name, known)}"]
        elif name in park.parameters:
            value = park.parameters[name]
            if isinstance(given, Mapping):
                problems[name] = [
                    f"'{name}' is a parameter without dates; expected {with_unit('one number', value.unit)}"
                ]
            else:
                problems[name] = range_faults(name, given, value.low, value.high, value.unit)
                if not problems[name] and park.declared.parameters[name].whole:
                    problems[name] = fraction_faults(name, given)
        else:
            problems[name] = _series_faults(park, name, given)
    return {name: faults for name, faults in problems.items() if faults}


def refuse_faults(park: ParkData, overrides: Mapping[str, Any]) -> None:
    """InputError with every problem of overrides."""
    faults = check_overrides(park, overrides)
    if faults:
        raise InputError([fault for several in faults.values() for fault in several])


def range_faults(label: str, given: Any, low: float, high: float, unit: str) -> list[str]:
    """A fault if a number or an array [runs] is not finite or leaves its evidence range."""
    array = np.asarray(given)
    if array.dtype.kind not in "fiu" or array.ndim > 1:
        return [f"'{label}': {given!r} is not a number; expected {with_unit(f'{low:g} to {high:g}', unit)}"]
    slack = ROUNDING * max(abs(low), abs(high))
    outside = array[~((array >= low - slack) & (array <= high + slack))]  # NaN compares false, so it is outside
    if outside.size:
        expected = with_unit(f"{low:g} to {high:g}", unit)
        return [f"'{label}': {outside.flat[0]:g} lies outside its evidence range, {expected}"]
    return []


def fraction_faults(label: str, given: Any) -> list[str]:
    """A fault if a number or an array [runs] that must be whole is not."""
    array = np.asarray(given, float)
    broken = array[array != np.floor(array)]
    return [f"'{label}': {broken.flat[0]:g} is not a whole number"] if broken.size else []


def _series_faults(park: ParkData, name: str, given: Any) -> list[str]:
    """Faults of a series override: one number for all years, or a mapping of years to numbers."""
    unit = park.declared.series[name].unit
    if not isinstance(given, Mapping):
        lows, highs = ([getattr(row, end) for row in park.series[name]] for end in ("low", "high"))
        return range_faults(name, given, min(lows), max(highs), unit)
    if not given:
        return [f"'{name}': no year given"]
    faults, dated = [], {row.year: (row.low, row.high) for row in park.series[name]}
    for year, value in given.items():
        if isinstance(year, bool) or not isinstance(year, int) or not (year in park.years or year in dated):
            faults.append(f"'{name}': {year!r} is not a year from {park.years[0]} to {park.years[-1]}")
            continue
        low, high = dated.get(year) or range_in(park.series[name], year)
        faults += range_faults(f"{name}, {year}", value, low, high, unit)
    return faults or _implied_faults(park, name, given)


def _implied_faults(park: ParkData, name: str, given: Mapping[int, Any]) -> list[str]:
    """A fault for the first year in which a dated override leaves the range between or after the years it names."""
    rows, years = park.series[name], np.array([year for year in park.years if year >= min(given)])
    if all(row.year in given for row in rows):  # as studies draw them: between values in range all are
        return []
    low, high = (interpolate(rows, end, years)[:, None] for end in ("low", "high"))
    slack = ROUNDING * np.maximum(abs(low), abs(high))
    implied = overridden(rows, given, years)
    outside = (implied < low - slack) | (implied > high + slack)
    outside[[year in given for year in years.tolist()]] = False  # judged by their own rows
    if not outside.any():
        return []
    at, run = np.argwhere(outside)[0]
    expected = with_unit(f"{low[at, 0]:g} to {high[at, 0]:g}", park.declared.series[name].unit)
    return [
        f"'{name}': {implied[at, run]:g} in {years[at]}, which the years given imply, lies outside its evidence range, "
        f"{expected}"
    ]


def parameter_records(park: ParkData, runs: int, overrides: Mapping[str, Any] | None = None) -> Records:
    """Record array [runs] of every parameter: central values, or the overrides (a number or an array [runs]).

    Overrides of series are left to ``series_records``; both take what ``refuse_faults`` has let pass.
    """
    overrides = overrides or {}
    table = records(park.declared.parameters.values(), runs)
    for name, value in park.parameters.items():
        table[name] = overrides.get(name, value.central)
    return table


def series_records(
    park: ParkData, runs: int, years: int | None = None, overrides: Mapping[str, Any] | None = None
) -> Records:
    """Record array [runs, years] of every dated series from the base year on (all the park's years if None).

    An override is a number or an array [runs] that holds in all years, or a mapping of years to such values, see
    :func:`sim.dated.overridden`. Overrides of parameters are left aside.
    """
    overrides = overrides or {}
    calendar = np.array(park.years[: len(park.years) if years is None else years])
    table = records(park.declared.series.values(), (runs, len(calendar)))
    for name, rows in park.series.items():
        given = overrides.get(name)
        if given is None:
            table[name] = interpolate(rows, "central", calendar)
        elif isinstance(given, Mapping):
            table[name] = np.broadcast_to(overridden(rows, given, calendar).T, (runs, len(calendar)))
        else:
            table[name] = np.broadcast_to(np.asarray(given, float).reshape(-1, 1), (runs, len(calendar)))
    return table
