"""Slots for buildings, made as the park needs them: room that no building uses would be most of a block's memory.

A park's file says how many slots there can be at most (``building_slots_ratio``); ids of new buildings count them, and
floor area beyond them is recorded as unlisted. How many slots a block holds in memory changes no result: an empty slot
is nobody's, and slots that are added are copies of one that was never used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from agents.axes import BUILDING_IDS, Holder
from agents.bank import Banks, place_holders
from agents.building import Buildings, TypeTable
from agents.building_population import projects_under_way
from agents.building_rows import rows_of, slots_used
from agents.compiled import stage
from agents.credit import Offsets
from agents.fields import Records
from agents.row_parts import RowParts
from agents.world import World, runs_of

if TYPE_CHECKING:
    from sim.state import State

SLACK = 1.3  # slots held over those in use, which grow by an eighth until 2060: more is memory to clear, less to copy
Table = TypeVar("Table")


def first_slots(types: TypeTable, parameters: Records, most: int) -> int:
    """Slots to begin with: the base year's buildings and projects and some slack."""
    begun = int(types.blocks.sum() + projects_under_way(types.blocks, parameters).max())
    return min(most, int(SLACK * begun) + 1)


def make_room(state: State, year: int) -> None:
    """Before the land of a year (index) is listed: add slots where a run at work could use the last ones.

    Runs are looked at again in the first year in which the slots found left can run out.
    """
    if year < state.roomy_until:
        return
    held, most = state.buildings.stage.shape[1], len(state.feeder_of_slot)
    needed = max(state.buildings.slots_used[state.part, 0].tolist()) + state.projects_a_year
    if needed >= held and held < most:
        add_slots(state, min(most, int(SLACK * needed) + 1) - held)
        held = state.buildings.stage.shape[1]
    state.roomy_until = year + max(1, (held - needed) // state.projects_a_year) if held < most else state.years


def add_slots(state: State, added: int) -> None:
    """Add slots behind those that a block holds."""
    if added <= 0:
        return
    world, held = state.world, state.buildings.stage.shape[1]
    first, end = state.offsets.buildings, state.offsets.port
    state.buildings = with_copies(state.buildings, held, added)
    state.buildings.feeder[:, held:] = state.feeder_of_slot[held : held + added]
    state.world = world._replace(borrowers=with_copies(world.borrowers, end, added))
    state.clients = with_copies(state.clients, end, added)
    state.clients.identity[:, end : end + added] = BUILDING_IDS + np.arange(end - first, end - first + added)
    state.offsets = Offsets(*state.offsets[:2], *(start + added for start in state.offsets[2:]))
    place_holders(state.bank, state.offsets)


def note_slots_used(world: World, bank: Banks, buildings: Buildings, first: Offsets) -> None:
    """Let the bank visit no slots of buildings beyond those ever used."""
    note_used(world, bank, rows_of(buildings), first.buildings)


@stage
def note_used(world: World, bank: Banks, rows: RowParts, first: int) -> None:
    """See note_slots_used."""
    for run in runs_of(world):
        bank.used[run, 0, Holder.BUILDINGS] = first + slots_used(rows, run)


def with_copies(table: Table, place: int, added: int) -> Table:
    """A table [runs, agents] with ``added`` copies of agent ``place - 1`` behind it.

    Columns that show members of an array of records stay views of one such array.
    """
    made: dict[int, np.ndarray[Any, Any]] = {}  # by identity of the array of records that columns show

    def column(name: str) -> np.ndarray[Any, Any]:
        shown = getattr(table, name)
        rows = shown.base
        if rows is None or not rows.dtype.names or name not in rows.dtype.names:
            return lengthened(shown, place, added)
        if id(rows) not in made:
            made[id(rows)] = lengthened(rows, place, added)
        return made[id(rows)][name]

    names: Any = type(table)
    return type(table)(*(column(name) for name in names._fields))


def lengthened(array: np.ndarray[Any, Any], place: int, added: int) -> np.ndarray[Any, Any]:
    """An array [runs, agents, ...] with copies of agent ``place - 1`` inserted at ``place``; the same layout."""
    runs, agents, *axes = array.shape
    longer = np.empty((runs, agents + added, *axes), array.dtype)
    longer[:, :place], longer[:, place + added :] = array[:, :place], array[:, place:]
    longer[:, place : place + added] = array[:, place - 1 : place]
    return longer
