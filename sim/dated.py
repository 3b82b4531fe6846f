"""Values between dated rows: linear between their years, constant outside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from agents.fields import Floats, Integers
from sim.park_tables import Value


def range_in(rows: tuple[Value, ...], year: int) -> tuple[float, float]:
    """Lowest and highest value of a series that the evidence allows in one calendar year."""
    low, high = (float(interpolate(rows, end, year)) for end in ("low", "high"))
    return low, high


def interpolate(rows: tuple[Value, ...], member: str, years: Any) -> Floats:
    """One of low, central, high in the given calendar years: linear between dated rows, constant outside."""
    known = [row.year for row in rows if row.year is not None]
    return np.interp(years, known, [getattr(row, member) for row in rows])


def overridden(rows: tuple[Value, ...], given: Mapping[int, Any], years: Integers) -> Floats:
    """A series in the given years where an override names some, [years, runs] (one run for plain numbers).

    ``given`` maps years to a number or an array [runs]: linear between them, constant after the last. Before the first,
    the park's own central values stand, unless it lies no later than their first.
    """
    dates = sorted(given)
    by_date = np.array(np.broadcast_arrays(*(np.atleast_1d(np.asarray(given[year], float)) for year in dates)))
    found = between_dates(np.array(dates), by_date, years)
    first = rows[0].year
    if first is not None and dates[0] > first:
        before = years < dates[0]
        found[before] = interpolate(rows, "central", years[before])[:, None]
    return found


def between_dates(dates: Integers, values: Floats, years: Integers) -> Floats:
    """Values [dates, runs] in the given years, [years, runs]: as ``numpy.interp`` for every run, at once."""
    if len(dates) == 1:
        return np.repeat(values, len(years), axis=0)
    slope = (values[1:] - values[:-1]) / (dates[1:] - dates[:-1])[:, None]
    piece = np.clip(np.searchsorted(dates, years, side="right") - 1, 0, len(dates) - 1)
    last = piece == len(dates) - 1
    piece[last] = len(dates) - 2
    passed = np.maximum(years - dates[piece], 0)[:, None]
    found = slope[piece] * passed + values[piece]
    found[last] = values[-1]
    return np.asarray(found)
