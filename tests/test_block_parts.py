"""A block is computed part by part; nobody can tell from what it holds afterwards."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from typing import Any

import numba
import numpy as np
import pytest

from agents.stage_calls import YEAR, noted, sort_of
from policies.registry import make_policies
from sim import block_parts, building_slots
from sim.block_parts import bytes_a_run, parts
from sim.state import State, new_state
from sim.year import advance, begin, decide, perceive, run_all, use_and_account

FEW = {"firms": 60, "buildings": 120}


@pytest.fixture(autouse=True)
def small_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache that holds two runs of the small park."""
    monkeypatch.setattr(block_parts, "IN_CACHE", 2.5 * bytes_a_run(few_runs()))


def few_runs(keep: tuple[int, ...] = ()) -> State:
    """A small park with a run more than whole parts take."""
    policies = make_policies(["green_finance", "building_lifecycle"])
    return new_state("meishan", [1, 2, 3, 4, 5], policies, years=(2020, 2032), agents=FEW, keep=keep)


def arrays(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """All arrays of a table and of the tables in it, by name."""
    if isinstance(value, tuple):
        for member, inner in zip(value._fields, value, strict=True):  # type: ignore[attr-defined]
            yield from arrays(f"{name}.{member}", inner)
    elif isinstance(value, np.ndarray):
        yield name, value


@pytest.mark.parametrize("slack", [1.0, 3.0])
def test_a_block_holds_the_same_as_if_all_its_runs_moved_year_by_year(
    slack: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building_slots, "SLACK", slack)
    by_part, by_year = few_runs(), few_runs()
    run_all(by_part)
    begin(by_year)
    while by_year.year + 1 < by_year.years:
        advance(by_year)
    assert by_part.year == by_year.year
    populations = ("world", "firms", "buildings", "operators", "developers", "bank", "monthly")
    for kind in populations:
        theirs = dict(arrays(kind, getattr(by_year, kind)))
        for name, ours in arrays(kind, getattr(by_part, kind)):
            assert ours.shape == theirs[name].shape, name
            if name != "bank.used":  # which every year works out anew
                assert ours.tobytes() == theirs[name].tobytes(), name


def test_stages_work_on_the_runs_of_a_part_alone() -> None:
    state = few_runs()
    cuts = parts(state)
    assert next(cuts) == state.part == slice(0, 2)
    begin(state)
    written = state.world.record.emissions_net[:, 0]
    assert (written[:2] != 0.0).all() and (written[2:] == 0.0).all()
    assert [(cut.start, cut.stop) for cut in cuts] == [(2, 4), (4, 5)]
    assert state.part == slice(0, 5)


def test_years_gone_through_at_once_are_those_gone_through_singly() -> None:
    at_once, singly = (new_state("meishan", [1, 2], agents=FEW, years=(2020, 2032)) for _ in range(2))
    advance(begin(at_once), 12)
    begin(singly)
    for year in range(1, 13):
        assert advance(singly).year == year
    assert at_once.year == 12
    assert at_once.world.record.tobytes() == singly.world.record.tobytes()


def test_a_block_left_in_the_middle_is_whole_again() -> None:
    state = few_runs()
    for _ in parts(state):
        break
    assert state.part == slice(0, 5)


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled")
def test_blocks_and_single_runs_share_their_machine_code() -> None:
    """Arrays that lie otherwise in memory would have their stages compiled once more."""

    def sorts(state: State) -> list[Any]:
        with noted() as calls:
            for stages in (perceive, decide, use_and_account):
                stages(state, YEAR)
        return [(call.stage, *(sort_of(argument) for argument in call.arguments)) for call in calls]

    block = few_runs()
    alone = new_state("meishan", [1], block.policies, agents=FEW, years=(2020, 2032))
    assert sorts(block) == sorts(alone)
    first, second = (new_state("meishan", seeds, agents=FEW, years=(2020, 2032)) for seeds in ([1], [1, 2]))
    assert sorts(first) == sorts(second)  # without policies, compiled code also resets the signals


def test_a_block_whose_hours_are_kept_is_one_part() -> None:
    state = few_runs(keep=(2030,))
    assert list(parts(state)) == [slice(0, 5)]


def test_a_block_that_nobody_holds_leaves_memory_at_once() -> None:
    """Without the search for garbage, which comes late: a study makes blocks of a hundred megabytes by the hundred."""
    gc.collect()
    gc.disable()
    try:
        state = run_all(few_runs())
        held = weakref.ref(state.world.record)
        del state
        assert held() is None
    finally:
        gc.enable()
