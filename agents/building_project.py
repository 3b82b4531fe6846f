"""From land listing to recycling (MODEL 3, stage 6): projects meet the nine gates; old buildings come down.

Every building is an event-state machine: only ``building.advance`` moves it, by one stage and once a year. Draws of the gates are keyed by project and gate, not by year, so that a stricter gate catches the same
projects and more.
"""

from __future__ import annotations

import numpy as np

from agents.axes import Holder, Stream
from agents.building import (
    TYPES,
    YUAN_PER_MYUAN,
    Buildings,
    TypeTable,
    advance,
    agent_id,
    refresh_use,
)
from agents.building_choice import choose_first_systems
from agents.building_listing import cost_factor, list_land
from agents.building_population import draw_intensity, weibull_life
from agents.compiled import rule, stage
from agents.draws import uniform
from agents.embodied import (
    A1_A3,
    A4_A5,
    B4,
    C1_C4,
    embodied_share,
    reuse_waste,
    sum_scope3,
    tonnes,
)
from agents.fields import Floats
from agents.gates import (
    ADVICE_GATE,
    DESIGN_GATES,
    GATES,
    BuildingStage,
    GateTable,
    as_built_reduction,
    effective_check,
    embodied_reduction,
    extra_cost,
    fails_completion,
    gate_signal,
    operational_reduction,
    write_gates,
)
from agents.lending import close_borrower, inject_equity, pay_capex, pay_out
from agents.world import World

# Draws of Stream.GATE of a project; 0..8 are the gates' checks.
ADVICE, LOST_YEAR, GAP = 20, 21, 22
COMPLETION, QUOTA, DEMOLITION, WASTE = 5, 6, 7, 8  # indices of G6..G9
NEARLY = 1e-12


@rule
def check_strengths(world: World, gates: GateTable, run: int, checks: Floats) -> None:
    """Check strength of each gate this year into ``checks`` [gate]."""
    for gate in range(GATES):
        checks[gate] = effective_check(
            gates.check_strength[gate], world.parameters[run].gate_check_scale, gate_signal(world.signals[run], gate)
        )


@rule
def bring_to_rate(
    buildings: Buildings, world: World, gates: GateTable, run: int, a: int, gate: int, delayed: bool, year: int
) -> None:
    """Change a design to the listed rate at a gate: later gates cost more; a stopped project also pays for delay."""
    p = world.parameters[run]
    factor = cost_factor(world, run, year)
    linear, quadratic = p.lifecycle_cost_linear * factor, p.lifecycle_cost_quadratic * factor
    required = buildings.listed_rate[run, a]
    missing = extra_cost(required, linear, quadratic) - extra_cost(buildings.design_rate[run, a], linear, quadratic)
    buildings.penalty[run, a] += missing * gates.late_factor[gate]
    if delayed:
        buildings.penalty[run, a] += gates.delay_cost[gate]
    buildings.design_rate[run, a] = required


@rule
def pass_design_gates(
    world: World,
    buildings: Buildings,
    gates: GateTable,
    run: int,
    a: int,
    begin: int,
    end: int,
    year: int,
    checks: Floats,
    checked: Floats,
    caught: Floats,
    passed: Floats,
) -> None:
    """A project meets gates ``begin`` to ``end`` (exclusive) of G1..G5; an indicative rate is advice at G3."""
    p, seed = world.parameters[run], world.seeds[run]
    key = agent_id(a, buildings.generation[run, a], buildings.stage.shape[1])
    binding = buildings.listed_binding[run, a] > 0
    for gate in range(begin, end):
        short = buildings.design_rate[run, a] < buildings.listed_rate[run, a] - NEARLY
        if not binding:
            accepts = uniform(seed, key, 0, Stream.GATE, ADVICE) < p.advice_acceptance
            if gate == ADVICE_GATE and short and accepts:
                bring_to_rate(buildings, world, gates, run, a, gate, False, year)
            passed[gate] += 1.0
            continue
        if uniform(seed, key, 0, Stream.GATE, gate) >= checks[gate]:
            passed[gate] += 1.0
            continue
        checked[gate] += 1.0
        if not short:
            passed[gate] += 1.0
            continue
        caught[gate] += 1.0
        buildings.caught_at[run, a] = gate + 1
        bring_to_rate(buildings, world, gates, run, a, gate, True, year)
        if uniform(seed, key, 0, Stream.GATE, LOST_YEAR) < p.gate_lost_year:
            buildings.lost_years[run, a] += 1


@rule
def begin_works(world: World, buildings: Buildings, types: TypeTable, run: int, a: int, year: int) -> None:
    """Works begin once the extra cost is paid: materials A1-A3 are booked, less what the design avoids."""
    p, now, kind = world.parameters[run], world.record[run, year], buildings.kind[run, a]
    share = embodied_share(types, p, world.series[run, 0], kind)
    cut = embodied_reduction(
        buildings.design_rate[run, a], share, p.lifecycle_embodied_measures, p.lifecycle_embodied_limit
    )
    now.scope3_buildings_a1_a3 += tonnes(buildings.area[run, a], types.embodied[kind, A1_A3]) * (1.0 - cut)
    now.works_begun += buildings.area[run, a]
    advance(buildings, run, a, year)


@rule
def accept_completion(
    world: World,
    buildings: Buildings,
    gates: GateTable,
    run: int,
    a: int,
    first: int,
    year: int,
    checks: Floats,
    checked: Floats,
    caught: Floats,
    passed: Floats,
) -> None:
    """G6: as-built misses the design by the performance gap; if tested and beyond tolerance, defects are repaired."""
    p, seed = world.parameters[run], world.seeds[run]
    key = agent_id(a, buildings.generation[run, a], buildings.stage.shape[1])
    spread = p.performance_gap_spread * (2.0 * uniform(seed, key, 0, Stream.GATE, GAP) - 1.0)
    gap = min(1.0, max(0.0, p.performance_gap_mean + spread))
    design = buildings.design_rate[run, a]
    built = as_built_reduction(design, gap)
    tested = (
        buildings.listed_binding[run, a] > 0 and uniform(seed, key, 0, Stream.GATE, COMPLETION) < checks[COMPLETION]
    )
    if tested:
        checked[COMPLETION] += 1.0
    if tested and fails_completion(built, design, p.completion_tolerance):
        caught[COMPLETION] += 1.0
        if buildings.caught_at[run, a] == 0:
            buildings.caught_at[run, a] = COMPLETION + 1
        factor = cost_factor(world, run, year)
        linear, quadratic = p.lifecycle_cost_linear * factor, p.lifecycle_cost_quadratic * factor
        missing = extra_cost(design, linear, quadratic) - extra_cost(built, linear, quadratic)
        repair = missing * (1.0 + gates.late_factor[COMPLETION]) + gates.delay_cost[COMPLETION]
        cost = repair * buildings.area[run, a] / YUAN_PER_MYUAN
        pay_capex(world, run, first + a, cost, year, True)
        inject_equity(world, run, first + a, year)
        world.record[run, year].lifecycle_extra_cost += cost
        built = design
    else:
        passed[COMPLETION] += 1.0
    buildings.achieved_rate[run, a] = built


@rule
def complete(world: World, buildings: Buildings, types: TypeTable, run: int, a: int, first: int, year: int) -> None:
    """A finished building goes into operation with the code and equipment of its year."""
    p, s, now = world.parameters[run], world.series[run, year], world.record[run, year]
    kind, area, seed = buildings.kind[run, a], buildings.area[run, a], world.seeds[run]
    key = agent_id(a, buildings.generation[run, a], buildings.stage.shape[1])
    now.scope3_buildings_a4_a5 += tonnes(area, types.embodied[kind, A4_A5])
    reuse_waste(types, now, kind, area, p.construction_waste, p.waste_reuse_2020, False)
    buildings.completed[run, a] = year
    buildings.lifetime[run, a] = weibull_life(
        uniform(seed, key, 0, Stream.LIFETIME, 0), p.building_life_mean, p.building_life_shape, 0.0
    )
    share = embodied_share(types, p, world.series[run, 0], kind)
    cut = operational_reduction(
        buildings.achieved_rate[run, a],
        share,
        p.lifecycle_embodied_measures,
        p.lifecycle_embodied_limit,
        p.lifecycle_operation_limit,
    )
    buildings.operation_factor[run, a] = s.building_code_intensity * (1.0 - cut)
    draw_intensity(buildings, types, p, run, a, key, seed)
    buildings.retrofit[run, a, 0], buildings.retrofit[run, a, 1] = 0, 0
    choose_first_systems(world, buildings, types, run, a, first, year)
    refresh_use(buildings, p, run, a)
    advance(buildings, run, a, year)
    now.floor_area_completed += area


@rule
def demolish(
    world: World,
    buildings: Buildings,
    types: TypeTable,
    run: int,
    a: int,
    first: int,
    year: int,
    checks: Floats,
    checked: Floats,
    caught: Floats,
    passed: Floats,
) -> None:
    """G8: the building comes down, by green demolition where that is required and checked; its debts are settled."""
    p, now, kind, area = world.parameters[run], world.record[run, year], buildings.kind[run, a], buildings.area[run, a]
    key = agent_id(a, buildings.generation[run, a], buildings.stage.shape[1])
    required = world.signals[run].green_demolition_required > 0.5
    green = required and uniform(world.seeds[run], key, 0, Stream.GATE, DEMOLITION) < checks[DEMOLITION]
    cut = 0.0
    if green:  # nobody pays for it unasked, so whoever is checked is also caught
        checked[DEMOLITION] += 1.0
        caught[DEMOLITION] += 1.0
        cut = p.green_demolition_cut
        pay_out(world, run, first + a, Holder.OUTSIDE, p.green_demolition_cost * area / YUAN_PER_MYUAN)
        inject_equity(world, run, first + a, year)
    else:
        passed[DEMOLITION] += 1.0
    now.scope3_buildings_c1_c4 += tonnes(area, types.embodied[kind, C1_C4]) * (1.0 - cut)
    now.floor_area_demolished += area
    close_borrower(world, run, first + a, year)
    pay_out(world, run, first + a, Holder.OUTSIDE, world.borrowers.cash[run, first + a])
    world.borrowers.size[run, first + a] = 0.0
    world.borrowers.surplus[run, first + a] = 0.0
    buildings.rooftop_pv[run, a], buildings.storage[run, a], buildings.enrolled[run, a] = 0.0, 0.0, 0.0
    buildings.electricity[run, a], buildings.fuel[run, a], buildings.over_quota[run, a] = 0.0, 0.0, 0
    advance(buildings, run, a, year)


@rule
def recycle(
    world: World,
    buildings: Buildings,
    types: TypeTable,
    run: int,
    a: int,
    year: int,
    checks: Floats,
    checked: Floats,
    caught: Floats,
    passed: Floats,
) -> None:
    """G9: waste is reused at the usual rate, or at the required one where the plan is followed up; D is credited."""
    p = world.parameters[run]
    key = agent_id(a, buildings.generation[run, a], buildings.stage.shape[1])
    rate, required = p.waste_reuse_2020, world.signals[run].waste_reuse_rate
    if required > rate and uniform(world.seeds[run], key, 0, Stream.GATE, WASTE) < checks[WASTE]:
        checked[WASTE] += 1.0
        caught[WASTE] += 1.0
        rate = required
    else:
        passed[WASTE] += 1.0
    kind, area = buildings.kind[run, a], buildings.area[run, a]
    reuse_waste(types, world.record[run, year], kind, area, p.demolition_waste, rate, True)
    advance(buildings, run, a, year)


@rule
def move_building(
    world: World,
    buildings: Buildings,
    types: TypeTable,
    gates: GateTable,
    run: int,
    a: int,
    first: int,
    year: int,
    checks: Floats,
    checked: Floats,
    caught: Floats,
    passed: Floats,
) -> None:
    """One year of one building that is not in plain operation: wait, or meet the gates of its stage and move on."""
    if buildings.lost_years[run, a] > 0:
        buildings.lost_years[run, a] -= 1
        return
    stage_now = buildings.stage[run, a]
    if stage_now == BuildingStage.PLANNING:
        advance(buildings, run, a, year)
        pass_design_gates(world, buildings, gates, run, a, 2, DESIGN_GATES, year, checks, checked, caught, passed)
    elif stage_now == BuildingStage.DESIGN:
        if buildings.funded[run, a] > 0:
            begin_works(world, buildings, types, run, a, year)
    elif stage_now == BuildingStage.CONSTRUCTION:
        if year - buildings.since[run, a] >= world.parameters[run].building_construction_years:
            accept_completion(world, buildings, gates, run, a, first, year, checks, checked, caught, passed)
            complete(world, buildings, types, run, a, first, year)
    elif stage_now == BuildingStage.OPERATION:
        demolish(world, buildings, types, run, a, first, year, checks, checked, caught, passed)
    elif stage_now == BuildingStage.DEMOLITION:
        recycle(world, buildings, types, run, a, year, checks, checked, caught, passed)
    elif stage_now == BuildingStage.RECYCLING:
        advance(buildings, run, a, year)


@stage
def pass_gates(world: World, buildings: Buildings, types: TypeTable, gates: GateTable, first: int, year: int) -> None:
    """Stage 6: every project and every building at its end meets its gates; new land is listed; scope 3 is booked."""
    checks, checked, caught, passed = np.zeros(GATES), np.zeros(GATES), np.zeros(GATES), np.zeros(GATES)
    held, lost = np.zeros(TYPES), np.zeros(TYPES)
    for run in range(world.seeds.shape[0]):
        now = world.record[run, year]
        check_strengths(world, gates, run, checks)
        checked[:], caught[:], passed[:], held[:], lost[:] = 0.0, 0.0, 0.0, 0.0, 0.0
        completed, designed, achieved, replaced = 0.0, 0.0, 0.0, 0.0
        life = world.parameters[run].lifecycle_design_life
        for a in range(buildings.stage.shape[1]):
            before = buildings.stage[run, a]
            if before == BuildingStage.EMPTY:
                continue
            kind, area = buildings.kind[run, a], buildings.area[run, a]
            standing = before == BuildingStage.OPERATION
            if not standing or year - buildings.completed[run, a] >= buildings.lifetime[run, a]:
                move_building(world, buildings, types, gates, run, a, first, year, checks, checked, caught, passed)
            after = buildings.stage[run, a]
            if after == BuildingStage.OPERATION:
                replaced += tonnes(area, types.embodied[kind, B4])
                if not standing:
                    completed += area
                    designed += area * buildings.design_rate[run, a]
                    achieved += area * buildings.achieved_rate[run, a]
            if BuildingStage.PLANNING <= after <= BuildingStage.OPERATION:
                held[kind] += area
            elif standing:
                lost[kind] += area
        list_land(world, buildings, types, gates, run, first, year, held, lost, checks)
        for a in range(buildings.stage.shape[1]):
            if buildings.stage[run, a] == BuildingStage.PLANNING and buildings.since[run, a] == year:
                pass_design_gates(world, buildings, gates, run, a, 0, 2, year, checks, checked, caught, passed)
        write_gates(now, checked, caught, passed)
        now.scope3_buildings_b4 = replaced / life
        sum_scope3(now)
        last = world.record[run, year - 1]
        now.lifecycle_reduction_rate = achieved / completed if completed > 0.0 else last.lifecycle_reduction_rate
        now.lifecycle_design_rate = designed / completed if completed > 0.0 else last.lifecycle_design_rate
