"""Reading a park's CSV files: every fault at once, each naming file, line, key and what was expected.

Rows become values in the unit that the model declares; sources are checked against the park's evidence table.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from agents.axes import Account, Carrier
from agents.errors import InputError, nearest
from agents.fields import Column, Quantity
from sim import units

YamlLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times faster where libyaml is there
GRADES = ("A", "B", "C", "D")
ASSUMPTION = "assumption"
VALUE_COLUMNS = ("name", "unit", "low", "central", "high", "grade", "source", "note")
DATED_COLUMNS = ("name", "unit", "year", "low", "central", "high", "grade", "source", "note")
BASE_YEAR_COLUMNS = ("reconciliation", "account", "carrier", "value", "unit", "grade", "source")
EVIDENCE_COLUMNS = (
    "id",
    "group",
    "name",
    "unit",
    "year",
    "low",
    "central",
    "high",
    "source_title",
    "source_address",
    "quote_or_note",
    "quality",
)
TABLE_EXTRAS = ("grade", "source", "note")
MEMO = (
    "MEMO"  # base-year rows that are no energy use of an account: zero-carbon supply, energy outside the CO2 boundary
)


@dataclass(frozen=True)
class Evidence:
    """One row of evidence.csv, as text, with its range in the published unit."""

    id: str
    group: str
    name: str
    unit: str
    year: str
    low: float
    central: float
    high: float
    source_title: str
    source_address: str
    note: str
    grade: str


@dataclass(frozen=True)
class Value:
    """A parameter, or one dated row of a series, in the declared unit; ``year`` is None for a parameter."""

    name: str
    unit: str
    low: float
    central: float
    high: float
    grade: str
    source: str
    note: str
    where: str
    year: int | None = None


@dataclass(frozen=True)
class BaseYear:
    """The chosen reconciliation: energy [account, carrier] in MWh and tce, and memo items by name in MWh or tce."""

    reconciliation: str
    energy: np.ndarray[Any, np.dtype[np.float64]]
    memo: Mapping[str, float]


@dataclass
class Problems:
    """Collects faults; ``raise_if_any`` makes one error of them."""

    found: list[str] = field(default_factory=list)

    def add(self, where: str, message: str) -> None:
        """One fault, at a file or at a file and line."""
        self.found.append(f"{where}: {message}")

    def raise_if_any(self) -> None:
        """InputError with every fault found so far."""
        if self.found:
            raise InputError(self.found)


@dataclass(frozen=True)
class Row:
    """One row of a CSV file and where it stands."""

    where: str
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]


def read_rows(path: Path, columns: Sequence[str], problems: Problems) -> list[Row]:
    """Rows of a CSV file that must have exactly these columns. Rows with a wrong number of cells are faults."""
    file = f"{path.parent.name}/{path.name}"
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        problems.add(file, f"missing file (looked for {path})")
        return []
    except (OSError, UnicodeDecodeError) as error:
        problems.add(file, f"cannot be read as UTF-8 text: {error}")
        return []
    rows: list[Row] = []
    reader = csv.reader(text.splitlines(keepends=True), strict=True)
    header: list[str] | None = None
    try:
        for cells in reader:
            where = f"{file}:{reader.line_num}"
            if header is None:
                header = [cell.strip() for cell in cells]
                if not _header_fits(header, columns, where, problems):
                    return []
            elif not any(cell.strip() for cell in cells):
                continue
            elif len(cells) != len(header):
                problems.add(where, f"{len(cells)} cells, expected {len(header)} ({', '.join(header)})")
            else:
                rows.append(Row(where, {name: cell.strip() for name, cell in zip(header, cells, strict=True)}))
    except csv.Error as error:
        problems.add(f"{file}:{reader.line_num}", f"malformed CSV: {error}")
    if header is None:
        problems.add(file, f"empty file; expected the columns {', '.join(columns)}")
    return rows


def _header_fits(header: Sequence[str], columns: Sequence[str], where: str, problems: Problems) -> bool:
    missing = [column for column in columns if column not in header]
    unknown = [column for column in header if column not in columns]
    for column in missing:
        problems.add(where, f"column '{column}' is missing; expected {', '.join(columns)}")
    for column in unknown:
        problems.add(where, f"unknown column '{column}'{nearest(column, columns)}")
    if len(set(header)) < len(header):
        problems.add(where, "a column stands twice in the header")
        return False
    return not missing and not unknown


def number(row: Row, column: str, problems: Problems, key: str = "") -> float | None:
    """A finite number, or None with a fault noted."""
    text = row[column]
    label = f"'{key}', {column}" if key else column
    try:
        value = float(text)
    except ValueError:
        problems.add(
            row.where, f"{label}: {text!r} is not a number" if text else f"{label} is empty; expected a number"
        )
        return None
    if not math.isfinite(value):
        problems.add(row.where, f"{label}: {text} is not a finite number")
        return None
    return value


def check_grade_and_source(row: Row, evidence: Collection[str], problems: Problems, key: str) -> None:
    """Grade A to D; every source an evidence row or the word assumption, which goes with grade D alone."""
    grade, sources = row["grade"], [part.strip() for part in row["source"].split(";")]
    if grade not in GRADES:
        problems.add(row.where, f"'{key}', grade: {grade!r}; expected one of {', '.join(GRADES)}")
    if sources == [ASSUMPTION] and grade in GRADES and grade != "D":
        problems.add(row.where, f"'{key}' rests on an assumption and claims grade {grade}; expected grade D")
    for source in sources:
        if source != ASSUMPTION and source not in evidence:
            hint = nearest(source, evidence) if source else ""
            problems.add(row.where, f"'{key}', source: no row '{source}' in evidence.csv{hint or ', nor assumption'}")


def convert(row: Row, wanted: str, problems: Problems, key: str) -> float | None:
    """Factor from the row's unit to the wanted one, or None with a fault noted."""
    try:
        return units.factor(row["unit"], wanted)
    except InputError as error:
        problems.add(row.where, f"'{key}', unit: {error}; expected {wanted} or a unit that converts to it")
        return None


def value_of(
    row: Row, declared: Mapping[str, Quantity], evidence: Collection[str], dated: bool, problems: Problems
) -> Value | None:
    """A parameter or a dated row in its declared unit, or None with its faults noted."""
    name, before = row["name"], len(problems.found)
    if name not in declared:
        kind = "series" if dated else "parameter"
        problems.add(row.where, f"unknown {kind} '{name}'{nearest(name, declared)}")
        return None
    wanted = declared[name].unit
    factor = convert(row, wanted, problems, name)
    low, central, high = (number(row, column, problems, name) for column in ("low", "central", "high"))
    year = number(row, "year", problems, name) if dated else None
    if low is not None and central is not None and high is not None and not low <= central <= high:
        problems.add(row.where, f"'{name}': expected low <= central <= high, found {low:g}, {central:g}, {high:g}")
    if year is not None and year != int(year):
        problems.add(row.where, f"'{name}', year: {row['year']} is not a whole year")
    check_grade_and_source(row, evidence, problems, name)
    if len(problems.found) > before or factor is None or low is None or central is None or high is None:
        return None
    return Value(
        name,
        wanted,
        low * factor,
        central * factor,
        high * factor,
        row["grade"],
        row["source"],
        row["note"],
        row.where,
        None if year is None else int(year),
    )


def read_evidence(path: Path, problems: Problems) -> dict[str, Evidence]:
    """The park's evidence table by row id."""
    found: dict[str, Evidence] = {}
    for row in read_rows(path, EVIDENCE_COLUMNS, problems):
        name, before = row["id"], len(problems.found)
        low, central, high = (number(row, column, problems, name) for column in ("low", "central", "high"))
        if name in found:
            problems.add(row.where, f"evidence row '{name}' stands twice")
        if row["quality"] not in GRADES:
            problems.add(row.where, f"'{name}', quality: {row['quality']!r}; expected one of {', '.join(GRADES)}")
        if len(problems.found) > before or low is None or central is None or high is None:
            continue
        text = [row[column] for column in ("source_title", "source_address", "quote_or_note", "quality")]
        found[name] = Evidence(name, row["group"], row["name"], row["unit"], row["year"], low, central, high, *text)
    return found


def read_table(
    path: Path, columns: Sequence[Column], evidence: Collection[str], problems: Problems
) -> dict[str, np.ndarray[Any, Any]]:
    """A park table as one array a column: float64, int64 or text, in the order of the file's rows."""
    cells: dict[str, list[Any]] = {column.name: [] for column in columns}
    names = [column.name for column in columns]
    rows = read_rows(path, (*names, *(extra for extra in TABLE_EXTRAS if extra not in names)), problems)
    for row in rows:
        check_grade_and_source(row, evidence, problems, row[columns[0].name])
        for column in columns:
            cells[column.name].append(_cell(row, column, problems))
    kinds = {"number": np.float64, "integer": np.int64, "text": np.str_}
    if any(value is None for values in cells.values() for value in values):
        return {}
    return {column.name: np.array(cells[column.name], kinds[column.kind]) for column in columns}


def _cell(row: Row, column: Column, problems: Problems) -> float | int | str | None:
    """One cell of a park table, within the column's bounds and choices, or None with a fault noted."""
    text = row[column.name]
    if column.kind == "text":
        if not text or (column.choices and text not in column.choices):
            expected = f"expected one of {', '.join(column.choices)}" if column.choices else "expected text"
            problems.add(row.where, f"{column.name}: {text!r}; {expected}{nearest(text, column.choices)}")
            return None
        return text
    value = number(row, column.name, problems)
    if value is None:
        return None
    if column.kind == "integer" and value != int(value):
        problems.add(row.where, f"{column.name}: {text} is not a whole number")
        return None
    low = -math.inf if column.minimum is None else column.minimum
    high = math.inf if column.maximum is None else column.maximum
    if not low <= value <= high:
        problems.add(row.where, f"{column.name}: {text} lies outside {low:g} to {high:g} {column.unit}")
        return None
    return int(value) if column.kind == "integer" else value


def read_base_year(path: Path, chosen: str, evidence: Collection[str], problems: Problems) -> BaseYear:
    """The chosen reconciliation of the base year, from rows of account, carrier, value and unit."""
    energy = np.zeros((len(Account), len(Carrier)))
    memo: dict[str, float] = {}
    seen: set[tuple[str, str, str]] = set()
    for row in read_rows(path, BASE_YEAR_COLUMNS, problems):
        account, carrier = row["account"].upper(), row["carrier"].upper()
        key = f"{row['reconciliation']}, {row['account']}, {row['carrier']}"
        check_grade_and_source(row, evidence, problems, key)
        if (row["reconciliation"], account, carrier) in seen:
            problems.add(row.where, f"'{key}' stands twice")
        seen.add((row["reconciliation"], account, carrier))
        if account != MEMO and account not in Account.__members__:
            problems.add(row.where, f"account {row['account']!r}{nearest(account, [*Account.__members__, MEMO])}")
            continue
        if account != MEMO and carrier not in Carrier.__members__:
            problems.add(row.where, f"carrier {row['carrier']!r}{nearest(carrier, Carrier.__members__)}")
            continue
        in_power = carrier == Carrier.ELECTRICITY.name or (account == MEMO and not carrier.endswith("_FUEL"))
        flag = account == MEMO and carrier.endswith("_COUNTED")
        factor = convert(row, "1" if flag else "MWh" if in_power else "tce", problems, key)
        value = number(row, "value", problems, key)
        if value is not None and value < 0.0:
            problems.add(row.where, f"'{key}', value: {value:g} is negative")
        if row["reconciliation"] != chosen or value is None or factor is None:
            continue
        if account == MEMO:
            memo[carrier.lower()] = value * factor
        else:
            energy[Account[account], Carrier[carrier]] = value * factor
    known = {reconciliation for reconciliation, _, _ in seen}
    if known and chosen not in known:
        problems.add(f"{path.parent.name}/{path.name}", f"no reconciliation '{chosen}'{nearest(chosen, known)}")
    return BaseYear(chosen, energy, memo)
