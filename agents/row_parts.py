"""Rows of a large population kept in parts that rules see as one record.

What a pass over all agents costs is what it fetches from memory, not what it computes. What every pass reads of every
agent lies together in an array of its own, so that the pass reads it from one end to the other; what only some stages
or few agents need lies in others. ``rows[run, agent]`` is one record of all parts.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np

from agents.fields import Records


class RowParts(NamedTuple):
    """The parts of all rows, each [runs, agents]."""

    state: Records  # what every pass over all agents reads
    needs: Records  # what the year's accounts read and write beside it
    some: Records  # what some stages need of many agents
    rare: Records  # what few agents need in a year

    def columns(self) -> dict[str, Any]:
        """All members as columns [runs, agents, *axes] by name; the same memory.

        Each part is viewed once: its columns then have one array as their ``base``.
        """
        plain = [part.view(np.ndarray) for part in self]
        return {name: part[name] for part in plain for name in part.dtype.names}

    def __getitem__(self, place: Any) -> Any:
        """The row at ``run, agent`` in plain Python; compiled code has its own way, see ``row_type``."""
        return PlainRow(*(part[place] for part in self))


class PlainRow:
    """One agent's record where stages run as plain Python."""

    __slots__ = ("_parts",)

    def __init__(self, *parts: Any) -> None:
        object.__setattr__(self, "_parts", parts)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._with(name), name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._with(name), name, value)

    def _with(self, name: str) -> Any:
        return next(part for part in self._parts if name in part.dtype.names)


# Places of a list between the agent that is fetched and the one that is worked on, where each takes long or is brief.
AHEAD, FAR_AHEAD = 4, 24


def fetch(column: Any, run: int, agent: int) -> None:
    """Ask for what a column holds of an agent, or of an agent's row that part, some time before it is needed.

    Who visits few agents among many waits for memory at each, if the processor cannot guess who is next. It is a hint
    alone: plain Python does nothing. Of several numbers an agent it asks for the first line of memory.
    """


if not numba.config.DISABLE_JIT:
    from agents import row_type  # noqa: E402, F401  (compiled code sees pointers)
