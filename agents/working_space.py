"""Memory of stages: rows that begin where lines of memory do; lanes that a thread makes once and fills each call."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar, cast, get_type_hints

import numpy as np

from agents.compiled import pointer_to
from agents.fields import LINE, Integers, Records

Table = TypeVar("Table")
NUMBERS_A_LINE = LINE // np.dtype(np.float64).itemsize


class Memory(np.ndarray[Any, Any]):
    """Bytes that records lie in. Of another class than they are, so that columns know the records as their ``base``."""


def aligned(shape: tuple[int, ...], layout: np.dtype[Any]) -> Records:
    """Zeroed records that begin where a line of memory does, so that one of a line's length takes one, not two."""
    wanted = math.prod(shape) * layout.itemsize
    memory = np.zeros(wanted + LINE, np.uint8).view(Memory)
    begin = -memory.ctypes.data % LINE
    return memory[begin : begin + wanted].view(layout).reshape(shape).view(np.recarray)


def zeros(shape: tuple[int, ...], kind: type = np.float64) -> np.ndarray[Any, Any]:
    """A zeroed array that begins where a line of memory does: vectors that lie across two take twice the time."""
    return aligned(shape, np.dtype(kind)).view(np.ndarray)


def zeroed(table: type[Table], places: int, shapes: Mapping[str, tuple[int, ...]]) -> Table:
    """A NamedTuple of zeroed arrays, each [places] unless ``shapes`` says otherwise by name."""
    made: dict[str, Any] = {}
    for name, hint in get_type_hints(table).items():
        made[name] = zeros(shapes.get(name, (places,)), np.int64 if hint == Integers else np.float64)
    return cast(Callable[..., Table], table)(**made)


class OnePerThread(threading.local, Generic[Table]):
    """Each thread's working space for so many agents, as stages take it; made anew only where their number changes.

    Their number is rounded up to whole lines of memory, so that every row of an array begins with one.
    """

    def __init__(self, make: Callable[[int], Table]) -> None:
        self.make, self.places = make, -1

    def __call__(self, places: int) -> Table:
        places = -(-places // NUMBERS_A_LINE) * NUMBERS_A_LINE
        if places != self.places:
            self.held, self.places = pointer_to(self.make(places)), places
        return self.held
