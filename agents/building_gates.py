"""A project at the gates G1..G6 (MODEL 3, P3): what is checked, caught and brought to the required rate.

Draws are keyed by project and gate, not by year, so that a stricter gate catches the same projects and more.
"""

from __future__ import annotations

from agents.axes import Stream
from agents.building import YUAN_PER_MYUAN
from agents.compiled import rule
from agents.draws import uniform
from agents.fields import Floats, Records
from agents.gates import ADVICE_GATE, as_built_reduction, extra_cost, fails_completion

# Draws of Stream.GATE of a project; 0..8 are the gates' checks.
ADVICE, LOST_YEAR, GAP = 20, 21, 22
COMPLETION, DEMOLITION, WASTE = 5, 7, 8  # indices of G6, G8, G9
SCHEME_REVIEW = 2  # index of G3, the first gate of the design stage; G1 and G2 stand in planning
CHECKED, CAUGHT, PASSED = 0, 1, 2  # rows of a tally [3, gate]
NEARLY = 1e-12


@rule
def bring_to_rate(b: Records, linear: float, quadratic: float, late: float, delay: float) -> None:
    """Change a design to the listed rate at a gate: later gates cost more; a stopped project also pays for delay."""
    missing = extra_cost(b.listed_rate, linear, quadratic) - extra_cost(b.design_rate, linear, quadratic)
    b.penalty += missing * late + delay
    b.design_rate = b.listed_rate


@rule
def pass_design_gates(
    b: Records,
    p: Records,
    seed: int,
    begin: int,
    end: int,
    factor: float,
    checks: Floats,
    late: Floats,
    delay: Floats,
    tally: Floats,
) -> None:
    """A project meets gates ``begin`` to ``end`` (exclusive) of G1..G5; an indicative rate is advice at G3.

    ``checks``, ``late`` and ``delay`` are [gate]; ``tally`` [checked, caught, passed; gate] counts.
    """
    linear, quadratic = p.lifecycle_cost_linear * factor, p.lifecycle_cost_quadratic * factor
    for gate in range(begin, end):
        short = b.design_rate < b.listed_rate - NEARLY
        if b.listed_binding == 0:
            accepts = uniform(seed, b.identity, 0, Stream.GATE, ADVICE) < p.advice_acceptance
            if gate == ADVICE_GATE and short and accepts:
                bring_to_rate(b, linear, quadratic, late[gate], 0.0)
            tally[PASSED, gate] += 1.0
            continue
        checked = uniform(seed, b.identity, 0, Stream.GATE, gate) < checks[gate]
        tally[CHECKED, gate] += 1.0 if checked else 0.0
        if not (checked and short):
            tally[PASSED, gate] += 1.0
            continue
        tally[CAUGHT, gate] += 1.0
        b.caught_at = gate + 1
        bring_to_rate(b, linear, quadratic, late[gate], delay[gate])
        if uniform(seed, b.identity, 0, Stream.GATE, LOST_YEAR) < p.gate_lost_year:
            b.lost_years += 1


@rule
def accept_completion(
    b: Records, p: Records, seed: int, factor: float, check: float, late: float, delay: float, tally: Floats
) -> float:
    """G6: as-built misses the design by the performance gap; if tested and beyond tolerance, defects are repaired.

    Returns the repair's cost, Myuan.
    """
    spread = p.performance_gap_spread * (2.0 * uniform(seed, b.identity, 0, Stream.GATE, GAP) - 1.0)
    gap = min(1.0, max(0.0, p.performance_gap_mean + spread))
    b.achieved_rate = as_built_reduction(b.design_rate, gap)
    tested = b.listed_binding > 0 and uniform(seed, b.identity, 0, Stream.GATE, COMPLETION) < check
    tally[CHECKED, COMPLETION] += 1.0 if tested else 0.0
    if not (tested and fails_completion(b.achieved_rate, b.design_rate, p.completion_tolerance)):
        tally[PASSED, COMPLETION] += 1.0
        return 0.0
    tally[CAUGHT, COMPLETION] += 1.0
    if b.caught_at == 0:
        b.caught_at = COMPLETION + 1
    linear, quadratic = p.lifecycle_cost_linear * factor, p.lifecycle_cost_quadratic * factor
    missing = extra_cost(b.design_rate, linear, quadratic) - extra_cost(b.achieved_rate, linear, quadratic)
    b.achieved_rate = b.design_rate
    return (missing * (1.0 + late) + delay) * b.area / YUAN_PER_MYUAN
