"""Rows of a large population kept in two parts that rules see as one record.

What a pass over all agents costs is what it fetches from memory. A stage that looks at every building every year needs
a third of its members; those lie together in an array of their own, so that the pass reads them one after the other.
The rest, which plans and projects need, lies in a second array. ``rows[run, agent]`` is one record of both.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba

from agents.fields import Records


class RowParts(NamedTuple):
    """Both parts of all rows."""

    yearly: Records  # [runs, agents] what every year reads or writes in every agent
    rare: Records  # [runs, agents] everything else

    def __getitem__(self, place: Any) -> Any:
        """The row at ``run, agent`` in plain Python; compiled code has its own way, see ``row_type``."""
        return PlainRow(self.yearly[place], self.rare[place])


class PlainRow:
    """One agent's record where stages run as plain Python."""

    __slots__ = ("yearly", "rare")

    def __init__(self, yearly: Any, rare: Any) -> None:
        object.__setattr__(self, "yearly", yearly)
        object.__setattr__(self, "rare", rare)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.yearly if name in self.yearly.dtype.names else self.rare, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.yearly if name in self.yearly.dtype.names else self.rare, name, value)


if not numba.config.DISABLE_JIT:
    from agents import row_type  # noqa: E402, F401  (compiled code sees two pointers)
