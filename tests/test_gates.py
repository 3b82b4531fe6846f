"""The life-cycle rule and the gates (MODEL 3, P3, N13): known answers and laws."""

from __future__ import annotations

import csv

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import PARK

from agents import gates
from agents.gates import (
    DESIGN_GATES,
    GATES,
    BuildingStage,
    as_built_reduction,
    embodied_reduction,
    extra_cost,
    fails_completion,
    next_stage,
    operational_reduction,
    unasked_reduction,
)

LINEAR, QUADRATIC = 150.0, 2000.0
LATE = np.array([0.0, 0.05, 0.10, 0.15, 0.30, 0.5, 0.0, 0.0, 0.0])
DELAY = np.array([10.0, 15.0, 20.0, 30.0, 60.0, 30.0, 0.0, 0.0, 0.0])
HOUSING, OFFICE = 0.15 * 352.0, 607.0  # the developer's share of S, yuan/m2
# Rules that take arrays have no entry from Python (see compiled.rule): give the tests one.
expected_cost = numba.njit(getattr(gates.expected_cost, "py_func", gates.expected_cost))
proposed_reduction = numba.njit(getattr(gates.proposed_reduction, "py_func", gates.proposed_reduction))
strengths = st.lists(st.floats(0.0, 1.0), min_size=GATES, max_size=GATES)


def proposal(saving: float, checks: np.ndarray, required: float = 0.35) -> float:
    """The rate an owner proposes under a binding requirement."""
    return proposed_reduction(required, saving, LINEAR, QUADRATIC, checks, LATE, DELAY)


def reached(saving: float, strength: float, required: float = 0.35) -> float:
    """Mean designed reduction after G1..G5: what is proposed, or the requirement where a gate checks."""
    proposed = proposal(saving, np.full(GATES, strength), required)
    caught = 1.0 - (1.0 - strength) ** DESIGN_GATES
    return proposed if proposed >= required else proposed + caught * (required - proposed)


def test_thirty_five_percent_costs_297_5_yuan_per_m2() -> None:
    assert extra_cost(0.35, LINEAR, QUADRATIC) == pytest.approx(297.5)


@pytest.mark.parametrize(("strength", "rate"), [(0.1, 0.14), (0.3, 0.29), (0.6, 0.35)])
def test_housing_reaches_what_its_gates_check(strength: float, rate: float) -> None:
    assert reached(HOUSING, strength) == pytest.approx(rate, abs=0.005)


def test_an_own_use_office_picks_eleven_percent_unasked_so_ten_percent_advice_does_nothing() -> None:
    own = unasked_reduction(OFFICE, LINEAR, QUADRATIC)
    assert own == pytest.approx(0.11, abs=0.005)
    assert own > 0.10


@pytest.mark.parametrize(("saving", "net"), [(OFFICE, 111.0), (0.3 * OFFICE, 234.0), (HOUSING, 279.0)])
def test_extra_net_cost_of_thirty_five_percent(saving: float, net: float) -> None:
    own = unasked_reduction(saving, LINEAR, QUADRATIC)
    cost = (extra_cost(0.35, LINEAR, QUADRATIC) - saving * 0.35) - (extra_cost(own, LINEAR, QUADRATIC) - saving * own)
    assert cost == pytest.approx(net, abs=1.0)


@settings(max_examples=300, deadline=None)
@given(checks=strengths, saving=st.floats(0.0, 1500.0), required=st.floats(0.0, 0.6))
def test_no_other_proposal_is_expected_to_cost_less(checks: list[float], saving: float, required: float) -> None:
    held = np.array(checks)
    args = (saving, LINEAR, QUADRATIC, held, LATE, DELAY)
    best = proposed_reduction(required, *args)
    least = expected_cost(best, required, *args)
    for rate in np.linspace(0.0, 1.0, 101):
        assert least <= expected_cost(rate, required, *args) + 1e-6


@settings(max_examples=300, deadline=None)
@given(checks=strengths, gate=st.integers(0, DESIGN_GATES - 1), more=st.floats(0.0, 1.0), saving=st.floats(0.0, 900.0))
def test_a_stricter_gate_never_lowers_what_is_proposed(
    checks: list[float], gate: int, more: float, saving: float
) -> None:
    held = np.array(checks) * 0.999
    stricter = held.copy()
    stricter[gate] += more * (0.999 - held[gate])
    assert proposal(saving, stricter) >= proposal(saving, held) - 1e-9


@settings(deadline=None)
@given(rate=st.floats(0.0, 0.6), share=st.floats(0.05, 0.95), measures=st.floats(0.1, 0.35), limit=st.floats(0.3, 0.7))
def test_embodied_and_operational_parts_add_up_to_the_reduction(
    rate: float, share: float, measures: float, limit: float
) -> None:
    embodied = embodied_reduction(rate, share, measures, limit) * share
    operational = operational_reduction(rate, share, measures, limit, 1.0) * (1.0 - share)
    assert embodied <= limit * share + 1e-12
    assert embodied + operational <= rate + 1e-12
    if operational < 1.0 - share:
        assert embodied + operational == pytest.approx(rate, abs=1e-9)


@settings(deadline=None)
@given(design=st.floats(0.0, 1.0), gap=st.floats(0.0, 1.0))
def test_a_building_never_beats_its_design_and_small_gaps_pass(design: float, gap: float) -> None:
    built = as_built_reduction(design, gap)
    assert 0.0 <= built <= design
    assert fails_completion(built, design, 0.05) == (built < design * 0.95)


def test_stages_follow_figure_6_in_one_direction() -> None:
    walk = [BuildingStage.EMPTY]
    for _ in range(7):
        walk.append(BuildingStage(next_stage(walk[-1])))
    names = [stage.name for stage in walk]
    assert names == ["EMPTY", "PLANNING", "DESIGN", "CONSTRUCTION", "OPERATION", "DEMOLITION", "RECYCLING", "EMPTY"]


def test_the_parks_gates_are_nine_in_order_with_their_authorities() -> None:
    with (PARK / "gates.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["gate"] for row in rows] == [f"G{number}" for number in range(1, 10)]
    assert {row["authority_chinese"] for row in rows} == {"自然资源和规划局", "发改委", "住建局"}
    assert [float(row["late_factor"]) for row in rows[:5]] == [0.0, 0.05, 0.1, 0.15, 0.3]
    assert [float(row["delay_cost"]) for row in rows[:5]] == [10.0, 15.0, 20.0, 30.0, 60.0]
