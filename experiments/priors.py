"""Priors: the distribution of every uncertain parameter and dated series, from its evidence range and grade.

Grades A and B become PERT, C triangular, D uniform over the whole range, which is the widest (docs/priors.md says why).
Definitions are no uncertainties and are drawn only if a study asks; whole numbers are drawn as such. A dated series is
drawn as one path: the same quantile in every dated row, each row by its own grade.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from agents.errors import nearest
from agents.fields import Floats

if TYPE_CHECKING:
    from agents.fields import Quantity
    from sim.park_tables import Value
    from sim.parks import ParkData

Family = Literal["fixed", "pert", "triangular", "uniform", "whole"]
Source = Literal["parameters", "futures"]
Fault = tuple[tuple[Any, ...], str]  # place inside the study's entry, and what is wrong there

FAMILIES: tuple[Family, ...] = ("fixed", "pert", "triangular", "uniform", "whole")
FAMILY_OF_GRADE: dict[str, Family] = {"A": "pert", "B": "pert", "C": "triangular", "D": "uniform"}
PERT_WEIGHT = 4.0  # weight of the central value against each end, the usual choice (Malcolm et al. 1959)
ENDS = ("low", "central", "high")
KEYS = ("family", *ENDS)


class Row(NamedTuple):
    """One range to draw from: a parameter's (``year`` None), or one dated row of a series."""

    year: int | None
    low: float
    central: float
    high: float
    grade: str
    family: Family


@dataclass(frozen=True)
class Prior:
    """Distribution of one parameter or one dated series. ``family`` and ``grade`` are those of its widest row."""

    name: str
    unit: str
    family: Family
    source: Source
    grade: str
    rows: tuple[Row, ...]

    def values(self, u: Floats) -> Floats | dict[int, Floats]:
        """Values at quantiles ``u`` [n] in (0, 1): [n], or for a series [n] by year, the same quantile in each."""
        return values_at({self.name: self}, np.asarray(u, dtype=np.float64)[:, None])[self.name]


def pert_quantile(u: Floats, low: Floats, central: Floats, high: Floats) -> Floats:
    """Quantile of the PERT distribution: a beta between the ends with its mode at the central value."""
    from scipy.special import betaincinv

    width = high - low
    above = 1.0 + PERT_WEIGHT * (central - low) / width
    below = 1.0 + PERT_WEIGHT * (high - central) / width
    return np.asarray(low + width * betaincinv(above, below, u))


def triangular_quantile(u: Floats, low: Floats, central: Floats, high: Floats) -> Floats:
    """Quantile of the triangular distribution."""
    width = high - low
    rising = low + np.sqrt(u * width * (central - low))
    falling = high - np.sqrt((1.0 - u) * width * (high - central))
    return np.where(u * width < central - low, rising, falling)


def uniform_quantile(u: Floats, low: Floats, central: Floats, high: Floats) -> Floats:
    """Quantile of the uniform distribution; the central value plays no part."""
    del central
    return low + u * (high - low)


def whole_quantile(u: Floats, low: Floats, central: Floats, high: Floats) -> Floats:
    """Quantile of equal chances for every whole number of the range."""
    del central
    first, last = np.ceil(low), np.floor(high)
    return np.minimum(first + np.floor(u * (last - first + 1.0)), last)


QUANTILES = {
    "pert": pert_quantile,
    "triangular": triangular_quantile,
    "uniform": uniform_quantile,
    "whole": whole_quantile,
}


def values_at(priors: Mapping[str, Prior], u: Floats) -> dict[str, Floats | dict[int, Floats]]:
    """Values of several priors at quantiles ``u`` [n, priors], in the form that overrides have.

    Computed family by family for all of them at once; no value leaves its range.
    """
    cells = [(column, row) for column, prior in enumerate(priors.values()) for row in prior.rows]
    quantile = np.ascontiguousarray(u.T)
    out = np.empty((len(cells), len(u)))
    ends = np.array([(row.low, row.central, row.high) for _, row in cells]).reshape(-1, 3)
    out[:] = ends[:, 1:2]
    for family, rule in QUANTILES.items():
        at = np.array([place for place, (_, row) in enumerate(cells) if row.family == family], dtype=np.int64)
        if at.size:
            columns = [cells[place][0] for place in at]
            low, central, high = ends[at].T[:, :, None]
            out[at] = np.clip(rule(quantile[columns], low, central, high), low, high)
    return dict(_named(priors, cells, out))


def _named(
    priors: Mapping[str, Prior], cells: Sequence[tuple[int, Row]], values: Floats
) -> Iterator[tuple[str, Floats | dict[int, Floats]]]:
    """Each prior's rows of ``values`` [cells, n] under its name."""
    place = 0
    for name, prior in priors.items():
        several = range(place, place + len(prior.rows))
        place += len(prior.rows)
        dated = {year: values[cell] for cell in several if (year := cells[cell][1].year) is not None}
        yield name, dated or values[several.start]


def priors_of(park: ParkData, chosen: Mapping[str, Any] | None = None) -> dict[str, Prior]:
    """Priors of everything that a study draws: parameters, then series, in order of declaration.

    ``chosen`` are a study's own priors and fixed values by name, checked (``prior_faults``). What is fixed, there or by
    its evidence, is left out.
    """
    chosen = chosen or {}
    found = {}
    for name in (*park.parameters, *park.series):
        prior, _ = examine_prior(park, name, chosen.get(name))
        if prior is not None and prior.family != "fixed":
            found[name] = prior
    return found


def constants_of(park: ParkData, chosen: Mapping[str, Any]) -> dict[str, float | dict[int, float]]:
    """Values, as overrides, of what a study's own priors fix."""
    found: dict[str, float | dict[int, float]] = {}
    for name, choice in chosen.items():
        prior, _ = examine_prior(park, name, choice)
        if prior is not None and prior.family == "fixed":
            found[name] = centre_of(prior) if isinstance(choice, Mapping) else choice
    return found


def centre_of(prior: Prior) -> float | dict[int, float]:
    """Central value of a prior, by year for a series."""
    dated = {row.year: row.central for row in prior.rows if row.year is not None}
    return dated or prior.rows[0].central


def mean_of(row: Row) -> float:
    """Expected value of one row's distribution."""
    low, central, high = row.low, row.central, row.high
    if row.family == "pert":
        return (low + PERT_WEIGHT * central + high) / (PERT_WEIGHT + 2.0)
    if row.family == "triangular":
        return (low + central + high) / 3.0
    if row.family == "whole":
        return (math.ceil(low) + math.floor(high)) / 2.0
    return central if row.family == "fixed" else (low + high) / 2.0


def prior_faults(park: ParkData, chosen: Mapping[Any, Any]) -> dict[Any, list[Fault]]:
    """Faults of a study's own priors by name, each with its place inside the entry."""
    known = (*park.parameters, *park.series)
    faults: dict[Any, list[Fault]] = {}
    for name, choice in chosen.items():
        if name not in known:
            faults[name] = [((), f"unknown parameter '{name}'{nearest(str(name), known)}")]
        else:
            faults[name] = examine_prior(park, name, choice)[1]
    return {name: several for name, several in faults.items() if several}


def examine_prior(park: ParkData, name: str, choice: Any = None) -> tuple[Prior | None, list[Fault]]:
    """Prior of one declared name under a study's choice (None: by range and grade), or None with its faults.

    A choice is a fixed value, {year: value} for a series, or a mapping of any of family, low, central and high; the
    ends of a series are given by year. A definition without a choice is fixed.
    """
    dated = name in park.series
    quantity = park.declared.series[name] if dated else park.declared.parameters[name]
    if choice is None:
        values: Sequence[Value] = park.series[name] if dated else (park.parameters[name],)
        drawn = quantity.role == "uncertain"
        rows = [Row(*_range_of(value), _by_default(quantity, value) if drawn else "fixed") for value in values]
        return _prior(quantity, dated, rows), []
    if not isinstance(choice, Mapping) or (choice and all(isinstance(key, int) for key in choice)):
        return _fixed(park, quantity, dated, choice)
    faults = _key_faults(quantity, choice, dated)
    if not faults:
        rows, faults = _series_rows(park, name, choice) if dated else _parameter_rows(park, quantity, choice)
    return (None, faults) if faults else (_prior(quantity, dated, rows), [])


def _range_of(value: Value) -> tuple[int | None, float, float, float, str]:
    return value.year, value.low, value.central, value.high, value.grade


def _by_default(quantity: Quantity, value: Value) -> Family:
    if value.low == value.high:
        return "fixed"
    return "whole" if quantity.whole else FAMILY_OF_GRADE[value.grade]


def _prior(quantity: Quantity, dated: bool, rows: Sequence[Row]) -> Prior:
    """A prior named after the widest of its rows."""
    free = [row for row in rows if row.family != "fixed"] or list(rows)
    widest = max(free, key=lambda row: (FAMILIES.index(row.family), row.grade))
    source: Source = "futures" if dated else "parameters"
    return Prior(quantity.name, quantity.unit, widest.family, source, widest.grade, tuple(rows))


def _fixed(park: ParkData, quantity: Quantity, dated: bool, value: Any) -> tuple[Prior | None, list[Fault]]:
    """A prior without chance, at a value or a path that the evidence allows."""
    from sim.parks import check_overrides

    several = list(value.values()) if isinstance(value, Mapping) else [value]
    if any(isinstance(each, Sequence | Mapping) for each in several):
        return None, [((), f"'{quantity.name}': {value!r} is not a number")]
    faults: list[Fault] = [
        ((), fault) for fault in check_overrides(park, {quantity.name: value}).get(quantity.name, [])
    ]
    if faults:
        return None, faults
    grade = "" if dated else park.parameters[quantity.name].grade
    by_year = value if isinstance(value, Mapping) else {park.years[0] if dated else None: value}
    rows = [Row(year, float(v), float(v), float(v), grade, "fixed") for year, v in sorted(by_year.items())]
    return _prior(quantity, dated, rows), []


def _key_faults(quantity: Quantity, choice: Mapping[Any, Any], dated: bool) -> list[Fault]:
    """Unknown keys, and families that do not fit what is drawn."""
    name, family = quantity.name, choice.get("family")
    faults: list[Fault] = [
        ((key,), f"'{name}': unknown key '{key}'{nearest(str(key), KEYS)}") for key in choice if key not in KEYS
    ]
    if not choice:
        faults.append(((), f"'{name}': expected a value, or any of {', '.join(KEYS)}"))
    if quantity.role == "shared" and family != "fixed":
        faults.append(((), f"'{name}' is one number for all runs of a park and cannot be drawn; give it a value"))
    allowed = ("fixed", "whole") if quantity.whole else tuple(f for f in FAMILIES if not (dated and f == "whole"))
    if "family" in choice and family not in allowed:
        kind = "a whole number" if quantity.whole else "a dated series" if dated else "a parameter"
        faults.append((("family",), f"'{name}' is {kind}: family {family!r}; expected one of {', '.join(allowed)}"))
    if family == "fixed":
        faults += [
            ((end,), f"'{name}': a fixed value has a central value only") for end in ("low", "high") if end in choice
        ]
    return faults


def _parameter_rows(park: ParkData, quantity: Quantity, choice: Mapping[str, Any]) -> tuple[list[Row], list[Fault]]:
    value = park.parameters[quantity.name]
    family = choice.get("family") or _by_default(quantity, value)
    row, faults = _row(
        quantity.name, value.unit, (value.low, value.central, value.high), choice, (), value.grade, family
    )
    whole = quantity.whole or family == "whole"
    if not faults and whole and math.ceil(row.low) > math.floor(row.high):
        faults = [((), f"'{quantity.name}': no whole number lies between {row.low:g} and {row.high:g}")]
    return [row], faults


def _series_rows(park: ParkData, name: str, choice: Mapping[str, Any]) -> tuple[list[Row], list[Fault]]:
    """The park's dated rows with the chosen ends; a year of its own gets a row between the park's."""
    from sim.dated import interpolate

    values = park.series[name]
    faults: list[Fault] = []
    for end in ENDS:
        given = choice.get(end, {})
        years = list(given) if isinstance(given, Mapping) else []
        if not isinstance(given, Mapping) or not years and end in choice:
            faults.append(((end,), f"'{name}' is a dated series: expected {{year: number}} for '{end}'"))
        for year in years:
            if isinstance(year, bool) or not isinstance(year, int) or year not in park.years:
                last = park.years[-1]
                faults.append(((end, year), f"'{name}': {year!r} is not a year from {park.years[0]} to {last}"))
    if faults:
        return [], faults
    by_year = {value.year: value for value in values}
    rows = []
    for year in sorted({*by_year, *(year for end in ENDS for year in choice.get(end, ()))}, key=int):
        # A row is as good as the evidence it rests on: that of its year, else of the next dated row or the last.
        nearby = by_year.get(year) or next((v for v in values if (v.year or 0) > (year or 0)), values[-1])
        ends = (nearby.low, nearby.central, nearby.high)
        if year not in by_year:
            ends = tuple(float(interpolate(values, end, year)) for end in ENDS)  # type: ignore[assignment]
        here = {end: choice[end][year] for end in ENDS if year in choice.get(end, ())}
        family = choice.get("family") or FAMILY_OF_GRADE[nearby.grade]
        row, found = _row(name, nearby.unit, ends, here, (year,), nearby.grade, family)
        rows.append(row)
        faults += found
    return rows, faults


def number_faults(label: str, value: Any, low: float, high: float, unit: str) -> list[str]:
    """A fault if a value is not one number inside the evidence's range."""
    from sim.parks import range_faults

    if isinstance(value, Sequence | Mapping) and not isinstance(value, str):
        return [f"'{label}': {value!r} is not a number; expected {low:g} to {high:g} {unit}"]
    return range_faults(label, value, low, high, unit)


def _row(
    name: str,
    unit: str,
    evidence: tuple[float, float, float],
    given: Mapping[str, Any],
    place: tuple[Any, ...],
    grade: str,
    family: Family,
) -> tuple[Row, list[Fault]]:
    """One range with chosen ends in place of the evidence's; they must lie within the evidence and in order."""
    label = ", ".join(str(part) for part in (name, *place))
    chosen = {end: given[end] for end in ENDS if end in given}
    faults: list[Fault] = [
        ((end, *place), fault)
        for end, value in chosen.items()
        for fault in number_faults(f"{label}, {end}", value, evidence[0], evidence[2], unit)
    ]
    year = place[0] if place else None
    if faults:
        return Row(year, *evidence, grade, family), faults
    low, high = (float(chosen.get(end, evidence[at])) for end, at in (("low", 0), ("high", 2)))
    central = float(chosen.get("central", evidence[1]))
    if family == "fixed":
        return Row(year, central, central, central, grade, "fixed"), []
    if low > high:
        faults.append((((*chosen, "low")[0], *place), f"'{label}': low {low:g} lies above high {high:g}"))
    elif family in ("uniform", "whole") and "central" not in chosen:
        central = min(max(central, low), high)  # plays no part in these families
    elif not low <= central <= high:
        at = "central" if "central" in chosen else next(iter(chosen))
        faults.append(
            ((at, *place), f"'{label}': central {central:g} lies outside {low:g} to {high:g}; give 'central'")
        )
    return Row(year, low, central, high, grade, "fixed" if low == high else family), faults
