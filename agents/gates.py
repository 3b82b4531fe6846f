"""The building life-cycle rule and its nine gates (MODEL 3, P3, N13, Figure 6): how far owners go, what is caught.

Scalar rules and the event-state machine of a building. Reduction rates are shares of the life-cycle emissions of the
reference building of the same type, per m2; money here is in yuan/m2. Which authority holds a gate, how often it
checks by default and what being caught costs is data: ``parks/<park>/gates.csv``.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import numpy as np

from agents.compiled import rule
from agents.fields import Column, Floats, Outcome, Quantity, Records, Signal

GATES = 9
DESIGN_GATES = 5  # G1..G5 look at the design; G6 at the building; G7 at its operation; G8, G9 at its end
ADVICE_GATE = 2  # index of G3: an indicative rate is advice at the scheme review


class BuildingStage(IntEnum):
    """Stages of Figure 6, with the empty slot that a new project takes. Order is the order of time."""

    EMPTY = 0
    PLANNING = 1
    DESIGN = 2
    CONSTRUCTION = 3
    OPERATION = 4
    DEMOLITION = 5
    RECYCLING = 6


STAGES = len(BuildingStage)
STAGE_NAMES = tuple(stage.name.lower() for stage in BuildingStage)


class GateTable(NamedTuple):
    """The park's gates G1..G9 as arrays [gate]."""

    check_strength: Floats  # 1, share of projects that the gate checks by default
    late_factor: Floats  # 1, share added to the extra cost when a design is changed at this gate
    delay_cost: Floats  # yuan/m2, cost of being stopped at this gate


TABLES: dict[str, tuple[Column, ...]] = {
    "gates": (
        Column("gate", "text", "1", "G1..G9 of Figure 6 in the order of time"),
        Column("name", "text", "1", "English name"),
        Column("chinese", "text", "1", "Chinese name"),
        Column("stage", "text", "1", "stage in which the gate stands", choices=STAGE_NAMES[1:]),
        Column("authority", "text", "1", "authority that holds the gate"),
        Column("authority_chinese", "text", "1", "authority, Chinese name"),
        Column("check_strength", "number", "1", "share of projects checked by default", 0.0, 1.0),
        Column("late_factor", "number", "1", "share added to the extra cost when caught here", 0.0),
        Column("delay_cost", "number", "yuan/m2", "cost of being stopped here", 0.0),
    )
}

PARAMETERS: list[Quantity] = [
    Quantity("lifecycle_cost_linear", "yuan/m2", "k(x): cost of the first unit of life-cycle reduction", "MODEL 3"),
    Quantity("lifecycle_cost_quadratic", "yuan/m2", "k(x): growth of that cost with the square of the rate", "MODEL 3"),
    Quantity("lifecycle_embodied_measures", "1", "share of a reduction that least cost takes from embodied carbon"),
    Quantity("lifecycle_embodied_limit", "1", "largest share of embodied carbon that measures can avoid"),
    Quantity("lifecycle_operation_limit", "1", "largest share of operational carbon that measures can avoid"),
    Quantity("lifecycle_design_life", "yr", "design life over which life-cycle emissions are counted", role="choice"),
    Quantity("lifecycle_listed_rate_2020", "1", "indicative rate of projects listed before 2021", "N13"),
    Quantity("gate_check_scale", "1", "factor on every gate's default check strength"),
    Quantity("gate_lost_year", "1", "share of caught projects that lose a year"),
    Quantity("advice_acceptance", "1", "share of owners who accept indicative advice at G3"),
    Quantity("performance_gap_mean", "1", "mean share of the designed reduction that the building misses"),
    Quantity("performance_gap_spread", "1", "half width of the performance gap between buildings"),
    Quantity("completion_tolerance", "1", "share of the designed reduction that G6 lets pass as missing", "MODEL 3"),
]

SIGNALS: list[Signal] = [
    Signal("lifecycle_rate_required", "1", "life-cycle reduction a land listing requires", "N13", "largest", 0.0),
    Signal("lifecycle_binding", "1", "1 where the required rate binds, 0 where it advises", "N13", "largest", 0.0),
    *(
        Signal(f"gate_check_g{g}", "1", f"least check strength of gate G{g}", "P3", "largest", 0.0)
        for g in range(1, GATES + 1)
    ),
]

OUTCOMES: list[Outcome] = [
    Outcome("lifecycle_rate_in_force", "1", "reduction rate that this year's land listings require", "N13"),
    Outcome(
        "lifecycle_reduction_rate",
        "1",
        "achieved life-cycle reduction of the floor area completed this year; last value where none was completed",
        "N13",
        "Buildings|Life-cycle Reduction Rate",
    ),
    Outcome("lifecycle_design_rate", "1", "designed life-cycle reduction of the floor area completed this year"),
    Outcome("lifecycle_extra_cost", "Myuan", "extra cost of life-cycle reduction paid this year, delays included"),
    *(
        Outcome(f"gate_{what}_g{g}", "1", f"projects {what} at gate G{g}", "P3", f"Buildings|Gates|G{g}|{what.title()}")
        for what in ("checked", "caught", "passed")
        for g in range(1, GATES + 1)
    ),
]


@rule
def next_stage(stage: int) -> int:
    """The only stage that may follow: one step in the order of Figure 6, and an empty slot after recycling."""
    if stage == BuildingStage.RECYCLING:
        return 0  # BuildingStage.EMPTY
    return stage + 1


@rule
def extra_cost(rate: float, linear: float, quadratic: float) -> float:
    """Gross extra cost k(x) of a life-cycle reduction, yuan/m2: 150 x + 2000 x^2 by default. Known: k(.35) = 297.5."""
    return linear * rate + quadratic * rate * rate


@rule
def unasked_reduction(saving: float, linear: float, quadratic: float) -> float:
    """Reduction an owner picks without any rule: k'(x) = S. ``saving`` is the owner's share of S, yuan/m2 per unit."""
    return min(1.0, max(0.0, (saving - linear) / (2.0 * quadratic)))


@rule
def expected_cost(
    rate: float,
    required: float,
    saving: float,
    linear: float,
    quadratic: float,
    checks: Floats,
    late: Floats,
    delay: Floats,
) -> float:
    """Expected cost of proposing ``rate`` under a binding ``required`` rate, yuan/m2 (MODEL 3).

    ``checks``, ``late`` and ``delay`` are [gates]; the first DESIGN_GATES count. A project is caught at the first gate
    that checks, and then brought to the required rate at a higher cost.
    """
    cost = extra_cost(rate, linear, quadratic) - saving * rate
    if rate >= required:
        return cost
    missing = extra_cost(required, linear, quadratic) - extra_cost(rate, linear, quadratic)
    unseen = 1.0
    for gate in range(DESIGN_GATES):
        caught = unseen * checks[gate]
        cost += caught * (missing * (1.0 + late[gate]) - saving * (required - rate) + delay[gate])
        unseen *= 1.0 - checks[gate]
    return cost


@rule
def proposed_reduction(
    required: float,
    saving: float,
    linear: float,
    quadratic: float,
    checks: Floats,
    late: Floats,
    delay: Floats,
) -> float:
    """The rate x0 of least expected cost under a binding required rate, exact.

    Below the requirement the expected cost is k(x) (1 - W - L) - S x (1 - W) + const with W the probability of being
    caught and L the expected late factor: a parabola. So the best rate is its vertex, zero or the requirement itself,
    or more where the owner gains from more without any rule.
    """
    own = unasked_reduction(saving, linear, quadratic)
    if own >= required:
        return own
    unseen, lateness = 1.0, 0.0
    for gate in range(DESIGN_GATES):
        lateness += unseen * checks[gate] * late[gate]
        unseen *= 1.0 - checks[gate]
    best = required
    least = expected_cost(required, required, saving, linear, quadratic, checks, late, delay)
    slope = unseen - lateness
    vertex = 0.0
    if slope > 0.0:
        vertex = min(required, max(0.0, (saving * unseen / slope - linear) / (2.0 * quadratic)))
    nothing = expected_cost(0.0, required, saving, linear, quadratic, checks, late, delay)
    if nothing < least:
        best, least = 0.0, nothing
    if vertex < required and expected_cost(vertex, required, saving, linear, quadratic, checks, late, delay) < least:
        best = vertex
    return best


@rule
def effective_check(default: float, scale: float, signal: float) -> float:
    """Check strength of a gate: the park's own, or the policy's where that is stricter; at most one."""
    return min(1.0, max(default * scale, signal))


@rule
def as_built_reduction(design: float, gap: float) -> float:
    """What the finished building achieves before any repair: design (1 - performance gap)."""
    return design * (1.0 - gap)


@rule
def fails_completion(as_built: float, design: float, tolerance: float) -> bool:
    """Does the finished building miss its design by more than G6 tolerates?"""
    return as_built < design * (1.0 - tolerance)


@rule
def operational_reduction(
    rate: float, embodied_share: float, embodied_measures: float, embodied_limit: float, operation_limit: float
) -> float:
    """Share by which operational energy falls when life-cycle emissions fall by ``rate``.

    Least cost over two quadratic cost curves with the same first cost takes a fixed part of every reduction from
    embodied carbon, until its technical limit; the rest comes from operation.
    """
    embodied = min(rate * embodied_measures, embodied_limit * embodied_share)
    return min(operation_limit, (rate - embodied) / max(1e-9, 1.0 - embodied_share))


@rule
def embodied_reduction(rate: float, embodied_share: float, embodied_measures: float, embodied_limit: float) -> float:
    """Share by which embodied carbon falls when life-cycle emissions fall by ``rate``; see operational_reduction."""
    if embodied_share <= 0.0:
        return 0.0
    return min(embodied_limit, rate * embodied_measures / embodied_share)


@rule
def gate_signal(signals: Records, gate: int) -> float:
    """This year's check strength of gate index 0..8 as policies wrote it."""
    if gate == 0:
        return signals.gate_check_g1
    if gate == 1:
        return signals.gate_check_g2
    if gate == 2:
        return signals.gate_check_g3
    if gate == 3:
        return signals.gate_check_g4
    if gate == 4:
        return signals.gate_check_g5
    if gate == 5:
        return signals.gate_check_g6
    if gate == 6:
        return signals.gate_check_g7
    if gate == 7:
        return signals.gate_check_g8
    return signals.gate_check_g9


@rule
def write_gates(now: Records, tally: Floats) -> None:
    """Counts [checked, caught, passed; gate] of the year into the record."""
    now.gate_checked_g1, now.gate_caught_g1, now.gate_passed_g1 = tally[0, 0], tally[1, 0], tally[2, 0]
    now.gate_checked_g2, now.gate_caught_g2, now.gate_passed_g2 = tally[0, 1], tally[1, 1], tally[2, 1]
    now.gate_checked_g3, now.gate_caught_g3, now.gate_passed_g3 = tally[0, 2], tally[1, 2], tally[2, 2]
    now.gate_checked_g4, now.gate_caught_g4, now.gate_passed_g4 = tally[0, 3], tally[1, 3], tally[2, 3]
    now.gate_checked_g5, now.gate_caught_g5, now.gate_passed_g5 = tally[0, 4], tally[1, 4], tally[2, 4]
    now.gate_checked_g6, now.gate_caught_g6, now.gate_passed_g6 = tally[0, 5], tally[1, 5], tally[2, 5]
    now.gate_checked_g7, now.gate_caught_g7, now.gate_passed_g7 = tally[0, 6], tally[1, 6], tally[2, 6]
    now.gate_checked_g8, now.gate_caught_g8, now.gate_passed_g8 = tally[0, 7], tally[1, 7], tally[2, 7]
    now.gate_checked_g9, now.gate_caught_g9, now.gate_passed_g9 = tally[0, 8], tally[1, 8], tally[2, 8]


def gate_table(columns: dict[str, Floats]) -> GateTable:
    """Arrays of the gates from the columns of ``gates.csv``."""
    return GateTable(*(np.ascontiguousarray(columns[name], dtype=np.float64) for name in GateTable._fields))
