"""Slots for buildings are made as they are needed, and nobody can tell from the results how many there were."""

from __future__ import annotations

import numpy as np
import pytest

from agents.axes import BUILDING_IDS
from policies.registry import make_policies
from sim import building_slots
from sim.state import State, new_state
from sim.year import run_all

FEW = {"firms": 60, "buildings": 120}
LAST_YEAR = 2032


def park_with(slack: float, monkeypatch: pytest.MonkeyPatch) -> tuple[State, int]:
    """A small park that holds ``slack`` times the slots in use, run to its last year; and its slots at the start."""
    monkeypatch.setattr(building_slots, "SLACK", slack)
    policies = make_policies(["green_finance", "building_lifecycle"])
    state = new_state("meishan", [1, 2], policies, years=(2020, LAST_YEAR), agents=FEW)
    return state, state.buildings.stage.shape[1]


def test_results_do_not_depend_on_how_many_slots_are_held(monkeypatch: pytest.MonkeyPatch) -> None:
    tight, first = park_with(1.0, monkeypatch)
    run_all(tight)
    roomy, most = park_with(100.0, monkeypatch)
    run_all(roomy)
    held = tight.buildings.stage.shape[1]
    assert first < held < most == len(roomy.feeder_of_slot)
    assert tight.world.record.tobytes() == roomy.world.record.tobytes()
    for name, column in tight.buildings._asdict().items():
        assert np.array_equal(column, getattr(roomy.buildings, name)[:, :held]), name
    others = {"port": tight.operators.share.shape[1], "developers": tight.developers.state.shape[1], "transport": 1}
    for table in ("borrowers", "clients"):
        ours, theirs = (getattr(state.world if table == "borrowers" else state, table) for state in (tight, roomy))
        for kind, number in others.items():
            place, other = (getattr(state.offsets, kind) for state in (tight, roomy))
            for name, column in ours._asdict().items():
                expected = getattr(theirs, name)[:, other : other + number]
                assert np.array_equal(column[:, place : place + number], expected), (kind, name)


def test_slots_that_are_added_are_nobodys(monkeypatch: pytest.MonkeyPatch) -> None:
    state, first = park_with(1.0, monkeypatch)
    building_slots.make_room(state, 1)
    held = state.buildings.stage.shape[1]
    assert held > first
    assert not state.buildings.stage[:, first:].any()
    assert np.array_equal(state.buildings.feeder[0], state.feeder_of_slot[:held])
    owners = slice(state.offsets.buildings, state.offsets.port)
    assert np.array_equal(state.clients.identity[0, owners], BUILDING_IDS + np.arange(held))
    assert not state.world.borrowers.size[:, state.offsets.buildings + first : state.offsets.port].any()


def test_no_slot_is_added_where_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    state, first = park_with(3.0, monkeypatch)
    building_slots.make_room(state, 1)
    assert state.buildings.stage.shape[1] == first


def test_runs_are_looked_at_again_before_their_slots_can_run_out(monkeypatch: pytest.MonkeyPatch) -> None:
    state, _ = park_with(1.6, monkeypatch)
    vars(state)["projects_a_year"] = 8
    most, looked = len(state.feeder_of_slot), set()
    for year in range(1, state.years):
        building_slots.make_room(state, year)
        looked.add(state.roomy_until)
        held = state.buildings.stage.shape[1]
        used = int(state.buildings.slots_used[:, 0].max()) + state.projects_a_year
        assert used < held or held == most, year
        state.buildings.slots_used[1, 0] = min(used, most)  # every year as many projects as there can be
    assert 2 < len(looked) < state.years - 2, looked
