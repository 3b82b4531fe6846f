"""A block of runs in parts that fit the processor's cache.

What a run holds is read and written some thirty times a year. Of a few runs all of it stays in the processor's
cache from stage to stage, of sixteen it has to be fetched from memory each time, which takes five times as long. So
all years of a part are computed before the next part begins. Each run is computed alone, so that parts change no
result.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from sim.state import State

IN_CACHE = 7e6  # bytes of a part: less pays more for calls, more does not stay in the cache beside other threads
SHARED = ("hours",)  # what all runs of a park read, whatever their number


def arrays_in(value: Any) -> Iterator[np.ndarray[Any, Any]]:
    """All arrays of a table and of the tables in it; of columns of records, the records."""
    if isinstance(value, tuple):
        for member in value:
            yield from arrays_in(member)
    elif isinstance(value, np.ndarray):
        yield value.base if isinstance(value.base, np.ndarray) and value.base.dtype.names else value


def bytes_a_run(state: State) -> int:
    """Memory of everything that is a run's own."""
    held: dict[int, int] = {}  # by address, since columns are views of the same records
    for name, value in vars(state).items():
        for array in arrays_in(value) if name not in SHARED else ():
            if array.shape[:1] == (state.runs,):
                held[array.ctypes.data] = array.nbytes
    return sum(held.values()) // state.runs


def parts(state: State) -> Iterator[slice]:
    """Let stages work on one part of the block's runs after another, while the caller moves them through all years.

    A part is as many runs as stay in the processor's cache, at least one; a block whose hours are kept is one part.
    """
    together = state.runs if state.keep else max(1, int(IN_CACHE / bytes_a_run(state)))
    try:
        for first in range(0, state.runs, together):
            begin_part(state, first, min(first + together, state.runs))
            yield state.part
    finally:
        begin_part(state, 0, state.runs)


def begin_part(state: State, first: int, end: int) -> None:
    """Let stages work on the runs from ``first`` to before ``end``, of whose slots nothing is known yet."""
    state.world.part[:], state.part = (first, end), slice(first, end)
    state.roomy_until = 0
