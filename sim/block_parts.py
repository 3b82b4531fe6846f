"""A block of runs in parts that fit the processor's cache.

What a run holds is read and written some thirty times a year. Of a few runs all of it stays in the processor's
cache from stage to stage, of sixteen it has to be fetched from memory each time, which takes five times as long. So
all years of a part are computed before the next part begins. A part is a state of its own over the same memory; each
run is computed alone, so that parts change no result.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from agents import building_rows, firm_tables
from sim.building_slots import add_slots

if TYPE_CHECKING:
    from sim.state import State

IN_CACHE = 14e6  # bytes of a part: less pays more for calls, more does not stay in the cache beside another thread's
BY_RUN = ("world", "feeders", "operators", "ships", "fleets", "services", "developers", "sellers", "buyers", "city")
KEPT_BY_RUN = ("bank", "clients", "weather_year", "monthly", "kept_slot")
FIRMS_BY_RUN = (
    "business",
    "rows",
    "base",
    "market",
    "owners",
    "owner_number",
    "choosers",
    "chooser_number",
    "shown",
    "seen",
)
GROWING = ("buildings", "clients")


def part_of(table: Any, runs: slice) -> Any:
    """The runs of an array, or of each array of a table; the same memory."""
    if isinstance(table, tuple):
        return type(table)(*(part_of(member, runs) for member in table))
    return table[runs]


def bytes_of(table: Any) -> int:
    """Memory of an array, or of all arrays of a table."""
    return sum(bytes_of(member) for member in table) if isinstance(table, tuple) else int(table.nbytes)


def runs_together(state: State) -> int:
    """Runs of a part: as many as stay in the processor's cache, at least one."""
    tables = [getattr(state, name) for name in (*BY_RUN, *KEPT_BY_RUN)]
    tables += [getattr(state.tables.firms, name) for name in FIRMS_BY_RUN]
    held = sum(bytes_of(table) for table in (*tables, building_rows.parts_behind(state.buildings)))
    return max(1, int(IN_CACHE * state.runs / held))


def cut(state: State, runs: slice) -> State:
    """Some runs of a block as a state of their own."""
    held = {name: part_of(getattr(state, name), runs) for name in (*BY_RUN, *KEPT_BY_RUN)}
    held["signals"] = signals = state.signals.part(runs)
    held["world"] = held["world"]._replace(signals=signals.values)
    tables = state.tables.firms
    firms = tables._replace(**{name: part_of(getattr(tables, name), runs) for name in FIRMS_BY_RUN})
    held["buildings"] = building_rows.columns_of(part_of(building_rows.parts_behind(state.buildings), runs))
    return replace(state, tables=state.tables._replace(firms=firms), firms=firm_tables.columns_of(firms), **held)


def parts(state: State) -> Iterator[State]:
    """The block's parts, one after another; what a part has done is in the block when the next one is asked for.

    A block of which a run's hours are kept is its own part.
    """
    together = runs_together(state)
    if state.runs <= together or state.keep:
        yield state
        return
    for first in range(0, state.runs, together):
        runs = slice(first, min(first + together, state.runs))
        part = cut(state, runs)
        yield part
        if part.buildings.stage.shape[1] != state.buildings.stage.shape[1]:
            take_back(state, part, runs)
    state.year = part.year


def take_back(state: State, part: State, runs: slice) -> None:
    """Give the block as many building slots as a part has made, or the other way round, and copy what moved."""
    held, made = state.buildings.stage.shape[1], part.buildings.stage.shape[1]
    add_slots(state, made - held)
    add_slots(part, held - made)
    for ours, theirs in (
        *((getattr(state, name), getattr(part, name)) for name in GROWING),
        (state.world.borrowers, part.world.borrowers),
    ):
        for column, changed in zip(ours, theirs, strict=True):
            column[runs] = changed
