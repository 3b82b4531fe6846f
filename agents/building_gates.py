"""A project at the gates G1..G6 (MODEL 3, P3): what is checked, caught and brought to the required rate.

Draws are keyed by project and gate, not by year, so that a stricter gate catches the same projects and more.
"""

from __future__ import annotations

import numpy as np

from agents.axes import Stream
from agents.building import TYPES
from agents.compiled import rule
from agents.draws import uniform
from agents.fields import Records, record_layout
from agents.gates import (
    ADVICE_GATE,
    GATES,
    STAGES,
    GateTable,
    as_built_reduction,
    effective_check,
    extra_cost,
    fails_completion,
    gate_signal,
)
from agents.units import YUAN

# Draws of Stream.GATE of a project; 0..8 are the gates' checks.
ADVICE, LOST_YEAR, GAP = 20, 21, 22
COMPLETION, DEMOLITION, WASTE = 5, 7, 8  # indices of G6, G8, G9
SCHEME_REVIEW = 2  # index of G3, the first gate of the design stage; G1 and G2 stand in planning
CHECKED, CAUGHT, PASSED = 0, 1, 2  # rows of a tally [3, gate]
NEARLY = 1e-12

# The gates of one run and year: how they check, what they cost, and what passed through them.
GATE_YEAR = record_layout(
    [
        ("checks", np.float64, (GATES,)),  # share of projects that a gate checks
        ("late", np.float64, (GATES,)),  # share added to the extra cost of a design changed at a gate
        ("delay", np.float64, (GATES,)),  # yuan/m2 of being stopped at a gate
        ("factor", np.float64),  # on the extra cost of reduction, from reclaimed material
        ("life_scale", np.float64),  # yr, of new buildings' lives, as of weibull_scale
        ("embodied", np.float64, (TYPES,)),  # embodied part of the reference building's life-cycle emissions
        ("tally", np.float64, (3, GATES)),  # projects checked, caught and passed
        ("standing", np.float64, (TYPES,)),  # m2 in operation
        ("stages", np.float64, (STAGES,)),  # buildings by stage
        ("under_way", np.float64, (TYPES,)),  # m2 in planning, design and construction
        ("lost", np.float64, (TYPES,)),  # m2 that came down this year
        ("completed", np.float64),  # m2 completed this year
        ("designed", np.float64),  # m2 completed times the reduction of their design
        ("achieved", np.float64),  # m2 completed times the reduction they achieve
    ]
)


def blank_gate_year(records: int = 1) -> Records:
    """Records for a stage to fill, made outside it so that the stage also runs with the JIT disabled."""
    return np.zeros(records, GATE_YEAR).view(np.recarray)


@rule
def open_gates(g: Records, gates: GateTable, p: Records, signals: Records, factor: float) -> None:
    """The gates as the year begins: nothing counted, checks as strict as the park or a policy has them."""
    for gate in range(GATES):
        g.checks[gate] = effective_check(gates.check_strength[gate], p.gate_check_scale, gate_signal(signals, gate))
        g.late[gate], g.delay[gate] = gates.late_factor[gate], gates.delay_cost[gate]
    g.factor = factor
    g.tally[:] = 0.0
    g.standing[:], g.stages[:] = 0.0, 0.0
    g.under_way[:], g.lost[:] = 0.0, 0.0
    g.completed, g.designed, g.achieved = 0.0, 0.0, 0.0


@rule
def count_at(g: Records, gate: int, caught: bool) -> None:
    """Count a building that nobody checks unless it is also caught: at demolition and at the waste plan."""
    if caught:
        g.tally[CHECKED, gate] += 1.0
        g.tally[CAUGHT, gate] += 1.0
    else:
        g.tally[PASSED, gate] += 1.0


@rule
def bring_to_rate(b: Records, linear: float, quadratic: float, late: float, delay: float) -> None:
    """Change a design to the listed rate at a gate: later gates cost more; a stopped project also pays for delay."""
    missing = extra_cost(b.listed_rate, linear, quadratic) - extra_cost(b.design_rate, linear, quadratic)
    b.penalty += missing * late + delay
    b.design_rate = b.listed_rate


@rule
def pass_design_gates(b: Records, p: Records, g: Records, seed: int, begin: int, end: int) -> None:
    """A project meets gates ``begin`` to ``end`` (exclusive) of G1..G5; an indicative rate is advice at G3."""
    linear, quadratic = p.lifecycle_cost_linear * g.factor, p.lifecycle_cost_quadratic * g.factor
    for gate in range(begin, end):
        short = b.design_rate < b.listed_rate - NEARLY
        if b.listed_binding == 0:
            if (
                gate == ADVICE_GATE
                and short
                and uniform(seed, b.identity, 0, Stream.GATE, ADVICE) < p.advice_acceptance
            ):
                bring_to_rate(b, linear, quadratic, g.late[gate], 0.0)
            g.tally[PASSED, gate] += 1.0
            continue
        checked = uniform(seed, b.identity, 0, Stream.GATE, gate) < g.checks[gate]
        g.tally[CHECKED, gate] += 1.0 if checked else 0.0
        if not (checked and short):
            g.tally[PASSED, gate] += 1.0
            continue
        g.tally[CAUGHT, gate] += 1.0
        b.caught_at = gate + 1
        bring_to_rate(b, linear, quadratic, g.late[gate], g.delay[gate])
        if uniform(seed, b.identity, 0, Stream.GATE, LOST_YEAR) < p.gate_lost_year:
            b.lost_years += 1


@rule
def accept_completion(b: Records, p: Records, g: Records, seed: int) -> float:
    """G6: as-built misses the design by the performance gap; if tested and beyond tolerance, defects are repaired.

    Returns the repair's cost, Myuan.
    """
    spread = p.performance_gap_spread * (2.0 * uniform(seed, b.identity, 0, Stream.GATE, GAP) - 1.0)
    gap = min(1.0, max(0.0, p.performance_gap_mean + spread))
    b.achieved_rate = as_built_reduction(b.design_rate, gap)
    tested = b.listed_binding > 0 and uniform(seed, b.identity, 0, Stream.GATE, COMPLETION) < g.checks[COMPLETION]
    g.tally[CHECKED, COMPLETION] += 1.0 if tested else 0.0
    if not (tested and fails_completion(b.achieved_rate, b.design_rate, p.completion_tolerance)):
        g.tally[PASSED, COMPLETION] += 1.0
        return 0.0
    g.tally[CAUGHT, COMPLETION] += 1.0
    if b.caught_at == 0:
        b.caught_at = COMPLETION + 1
    linear, quadratic = p.lifecycle_cost_linear * g.factor, p.lifecycle_cost_quadratic * g.factor
    missing = extra_cost(b.design_rate, linear, quadratic) - extra_cost(b.achieved_rate, linear, quadratic)
    b.achieved_rate = b.design_rate
    return (missing * (1.0 + g.late[COMPLETION]) + g.delay[COMPLETION]) * b.area * YUAN
