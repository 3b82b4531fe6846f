"""Field tables: one declaration of a population gives its arrays, its documentation and its output metadata.

A population is a ``NamedTuple`` whose members are annotated with a :class:`Field`::

    class Firms(NamedTuple):
        cash: Annotated[Floats, Field("Myuan", "money held")]

A table of scalars that differ between runs (parameters, signals, outcomes) is a list of :class:`Quantity`; it becomes
a numpy record array, so that a stage receives one argument and reads ``parameters[run].loan_tenor``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from functools import lru_cache
from typing import Annotated, Any, Literal, NamedTuple, TypeVar, cast, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Ids = NDArray[np.int32]  # agents' ids, which lie below 6 << 26 (axes)
Years = NDArray[np.int16]  # year indices, negative before the base year
Places = NDArray[np.uint16]  # indices of lists below 65,536
Choices = NDArray[np.uint8]  # flags, small counts and indices of short lists
Wishes = NDArray[np.int8]  # indices of short lists, -1 for none
LINE = 64  # bytes that processors fetch from memory at once
Records = Any  # a numpy record array; numba and mypy cannot share a precise type for it

Table = TypeVar("Table", bound=NamedTuple)


@dataclass(frozen=True)
class Field:
    """One column of a population: [runs, agents, *axes]."""

    unit: str
    meaning: str
    axes: tuple[int, ...] = ()
    source: str = ""


@dataclass(frozen=True)
class Quantity:
    """One named scalar a run: a parameter, a dated series, a signal or an outcome of the year.

    ``whole`` says that a parameter is an index or a count. ``role`` says what a Monte Carlo study does with it: it
    draws what is ``uncertain``; a ``choice`` (a definition, or what closes the base year) only if the study asks for
    it; what is ``shared`` never, because it is one number for all runs of a park.
    """

    name: str
    unit: str
    meaning: str
    source: str = ""
    _: KW_ONLY
    whole: bool = False
    role: Literal["uncertain", "choice", "shared"] = "uncertain"


@lru_cache(maxsize=64)
def fields_of(table: type) -> dict[str, tuple[Field, type]]:
    """Field and dtype of each column of a population class, in declaration order; made once, not to be changed."""
    found: dict[str, tuple[Field, type]] = {}
    for name, hint in get_type_hints(table, include_extras=True).items():
        if get_origin(hint) is not Annotated:
            raise TypeError(f"{table.__name__}.{name} lacks a Field")
        base, field = get_args(hint)[:2]
        found[name] = (field, get_args(get_args(base)[1])[0])
    return found


def allocate(table: type[Table], runs: int, agents: int) -> Table:
    """Zeroed columns [runs, agents, *axes] of a population."""
    columns: list[NDArray[Any]] = [
        np.zeros((runs, agents, *field.axes), dtype) for field, dtype in fields_of(table).values()
    ]
    return cast(Callable[..., Table], table)(*columns)


def records(quantities: Iterable[Quantity], shape: int | tuple[int, ...]) -> Records:
    """Zeroed record array of float64 with one named member a quantity."""
    names = [quantity.name for quantity in quantities]
    if len(set(names)) < len(names):
        raise ValueError(f"declared twice: {', '.join(sorted({name for name in names if names.count(name) > 1}))}")
    return np.zeros(shape, record_of_numbers(tuple(names))).view(np.recarray)


def record_layout(members: Sequence[tuple[Any, ...]], multiple: int = 1) -> np.dtype[Any]:
    """Layout of records to be made once and kept: telling two layouts of many members apart costs each call of a stage.

    numpy gives every new record array a layout of its own unless it already is one of ``numpy.record``. A record takes
    a ``multiple`` of so many bytes.
    """
    layout = np.dtype(list(members))
    missing = -layout.itemsize % multiple
    return np.dtype((np.record, [*members, ("unused", np.uint8, (missing,))] if missing else list(members)))


@lru_cache(maxsize=64)
def record_of_numbers(names: tuple[str, ...]) -> np.dtype[Any]:
    """The layout of float64 members with these names, the same object at every call."""
    return record_layout([(name, np.float64) for name in names])


def fill(target: Records, values: Mapping[str, Any]) -> Records:
    """Set members of a record array by name; scalars broadcast over runs."""
    for name, value in values.items():
        target[name] = value
    return target


@dataclass(frozen=True)
class Outcome(Quantity):
    """One yearly result of a run. ``variable`` is its published name (pathway.csv column, IAMC Variable), if any."""

    variable: str = ""


@dataclass(frozen=True)
class Signal(Quantity):
    """What policies set and agents perceive. ``combine`` says how several policies meet on it, never by order:

    ``add`` (baseline 0 unless a parameter names it), ``multiply`` (1), ``largest``, ``smallest`` (strictest rule wins).
    ``baseline`` is a number or the name of a parameter or series that holds the value in force at the end of 2020.
    """

    combine: str = "add"
    baseline: float | str = 0.0


@dataclass(frozen=True)
class Column:
    """One column of a park's CSV table; ``kind`` is text, number or integer. Rows beyond bounds or choices fail."""

    name: str
    kind: str = "number"
    unit: str = "1"
    meaning: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
