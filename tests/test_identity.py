"""The same inputs give the same bits: with idle policies, in any order, block or thread, compiled or not."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from whole_park import RUNS, SMALL, block_under, evidence_sets, named_policies

from agents.fields import Records
from policies.base import Policy
from policies.registry import make_policies, policy_classes
from sim.state import new_state
from sim.year import begin, run_all

ROOT = Path(__file__).resolve().parent.parent
TINY = {"firms": 12, "buildings": 20, "feeders": 4}
TINY_YEARS = (2020, 2023)

# What a tiny park's run leaves behind, written by a process of its own.
RUN_TINY = f"""
import sys
import numpy as np
from policies.registry import make_policies, policy_classes
from sim.state import new_state
from sim.year import run_all
state = new_state(seeds=[7], policies=make_policies(policy_classes()), years={TINY_YEARS}, agents={TINY})
record = run_all(state).world.record
np.savez(sys.argv[1], cash=state.world.borrowers.cash, **{{name: record[name] for name in record.dtype.names}})
"""


def outcomes(policies: Any = (), seed: int = 1, agents: dict[str, int] | None = None) -> Records:
    """The record [1, years] of one run."""
    return run_all(new_state(seeds=[seed], policies=policies, agents=agents)).world.record


@lru_cache(maxsize=1)
def business_as_usual() -> Records:
    """A run that does not mention policies."""
    return run_all(new_state()).world.record


def same_bits(one: Records, other: Records) -> bool:
    """Are two records equal to the last bit (so that a NaN equals itself)?"""
    return one.tobytes() == other.tobytes()


def differences(one: Records, other: Records) -> list[str]:
    """Outcomes that differ, for messages."""
    return [name for name in one.dtype.names if one[name].tobytes() != other[name].tobytes()]


def test_an_empty_policy_list_is_business_as_usual() -> None:
    assert same_bits(outcomes([]), business_as_usual())
    assert same_bits(outcomes(make_policies([])), business_as_usual())


@pytest.mark.parametrize("name", policy_classes())
def test_a_policy_with_all_levers_off_is_business_as_usual(name: str) -> None:
    cls = policy_classes()[name]
    for idle in (cls(), cls(**{lever.name: lever.off for lever in cls.levers})):
        assert not differences(outcomes([idle]), business_as_usual())


def test_all_policies_idle_together_are_business_as_usual() -> None:
    assert not differences(outcomes([cls() for cls in policy_classes().values()]), business_as_usual())


@pytest.mark.parametrize("name", policy_classes())
def test_a_policy_at_full_strength_is_not(name: str) -> None:
    assert differences(outcomes(make_policies([name])), business_as_usual())


def test_the_order_of_policies_does_not_matter() -> None:
    given = named_policies("all")
    forward = outcomes(given, agents=SMALL)
    assert not differences(outcomes(given[::-1], agents=SMALL), forward)
    state = new_state(policies=given, agents=SMALL)
    state.policies = state.policies[::-1]  # even against the order in which the state keeps them
    assert not differences(run_all(state).world.record, forward)


@pytest.mark.parametrize("name", policy_classes())
def test_two_policies_of_one_family_may_come_in_either_order(name: str) -> None:
    cls = policy_classes()[name]
    half = cls(**{lever.name: {2030: lever.full} for lever in cls.levers})
    other: list[Policy] = [cls.full_strength(), half]
    assert not differences(outcomes(other, agents=SMALL), outcomes(other[::-1], agents=SMALL))


@pytest.mark.parametrize("run", [0, 17, RUNS - 1])
def test_a_run_has_the_same_bits_alone_and_in_a_block_of_64(run: int) -> None:
    block = block_under("bau").record
    alone = {name: one_of(value, run) for name, value in evidence_sets().items()}
    state = run_all(new_state(seeds=[run + 1], overrides=alone))
    assert not differences(state.world.record, block[run : run + 1])


def one_of(value: Any, run: int) -> Any:
    """One run's number or years to numbers from a block's override."""
    return {year: float(v[run]) for year, v in value.items()} if isinstance(value, dict) else float(value[run])


def test_a_run_has_the_same_bits_whoever_shares_its_block() -> None:
    policies = named_policies("all")
    block = run_all(new_state(seeds=[5, 1, 9, 1, 3, 2, 8, 4], policies=policies, agents=SMALL)).world.record
    assert not differences(block[1:2], block[3:4])
    assert not differences(outcomes(policies, 1, SMALL), block[1:2])
    assert differences(block[0:1], block[1:2])  # another seed is another fate


def test_two_threads_give_the_same_bits_as_one() -> None:
    def simulate(seed: int) -> Records:
        return outcomes(named_policies("all"), seed, SMALL)

    seeds = (1, 2, 3, 4)
    alone = [simulate(seed) for seed in seeds]
    with ThreadPoolExecutor(2) as threads:
        together = list(threads.map(simulate, seeds))
    assert all(same_bits(one, other) for one, other in zip(alone, together, strict=True))


def test_a_run_can_be_repeated_in_one_process() -> None:
    """No stage keeps anything from the last run."""
    first = outcomes(named_policies("all"), 3, SMALL)
    outcomes((), 4, SMALL)
    assert same_bits(outcomes(named_policies("all"), 3, SMALL), first)


def test_years_do_not_see_the_future() -> None:
    """A run to 2030 is the first part of a run to 2060, even for lenders, whose real rates look beyond its end."""
    policies = named_policies("all")
    short = run_all(new_state(policies=policies, agents=SMALL, years=(2020, 2030))).world.record
    whole = outcomes(policies, agents=SMALL)
    assert not differences(short, np.ascontiguousarray(whole[:, : short.shape[1]]))


def test_a_block_need_not_start_with_the_base_year_of_another() -> None:
    """The base year has the same bits whether or not years follow, and whatever the policies: nothing is decided."""
    state = begin(new_state(policies=named_policies("all"), years=(2020, 2021)))
    assert not differences(state.world.record[:, :1], np.ascontiguousarray(business_as_usual()[:, :1]))


def test_without_the_compiler_a_tiny_park_is_the_same(tmp_path: Path) -> None:
    """numba's JIT off, in a process of its own: equal to 1e-12 relative under all policies."""
    file = tmp_path / "python.npz"
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    subprocess.run([sys.executable, "-c", RUN_TINY, str(file)], check=True, cwd=ROOT, env=environment)
    plain = np.load(file)
    state = run_all(new_state(seeds=[7], policies=named_policies("all"), years=TINY_YEARS, agents=TINY))
    record = state.world.record
    far = [n for n in record.dtype.names or () if not np.allclose(record[n], plain[n], rtol=1e-12, atol=0.0)]
    assert not far, far
    np.testing.assert_allclose(state.world.borrowers.cash, plain["cash"], rtol=1e-9, atol=1e-9)
