"""From land listing to recycling (MODEL 3, stage 6): projects meet the nine gates; old buildings come down.

Every building is an event-state machine: only ``building_rows.advance`` moves it, by one stage and once a year. Draws
of the gates are keyed by project and gate, not by year, so that a stricter gate catches the same projects and more.
"""

from __future__ import annotations

import math

import numpy as np

from agents.axes import LABELS, Holder, Stream
from agents.building import TYPES, YUAN_PER_MYUAN, Buildings, TypeTable
from agents.building_choice import choose_first_systems
from agents.building_gates import (
    CAUGHT,
    CHECKED,
    COMPLETION,
    DEMOLITION,
    PASSED,
    SCHEME_REVIEW,
    WASTE,
    accept_completion,
    pass_design_gates,
)
from agents.building_listing import cost_factor, floor_area_to_list, open_project
from agents.building_offer import blank_offer, set_discount, set_prices
from agents.building_population import draw_intensity, reference_cost, weibull_life
from agents.building_rows import advance, agent_id, demand_of, refresh_use, rows_of, slots_used
from agents.compiled import rule, stage
from agents.draws import uniform
from agents.embodied import (
    A1_A3,
    A4_A5,
    B4,
    C1_C4,
    CREDIT_D,
    embodied_share,
    reuse_waste,
    sum_scope3,
    tonnes,
)
from agents.fields import Floats, Records
from agents.gates import (
    DESIGN_GATES,
    GATES,
    BuildingStage,
    GateTable,
    effective_check,
    embodied_reduction,
    gate_signal,
    operational_reduction,
    write_gates,
)
from agents.lending import close_borrower, inject_equity, pay_capex, pay_out
from agents.world import World


@rule
def begin_works(b: Records, t: Records, p: Records, now: Records, share: float, year: int) -> None:
    """Works begin once the extra cost is paid: materials A1-A3 are booked, less what the design avoids.

    ``share`` is the embodied part of the reference building's life-cycle emissions.
    """
    cut = embodied_reduction(b.design_rate, share, p.lifecycle_embodied_measures, p.lifecycle_embodied_limit)
    now.scope3_buildings_a1_a3 += tonnes(b.area, t.embodied[A1_A3]) * (1.0 - cut)
    now.works_begun += b.area
    advance(b, year)


@rule
def complete(
    b: Records, o: Records, t: Records, p: Records, s: Records, now: Records, seed: int, share: float, year: int
) -> None:
    """A finished building goes into operation with the code and equipment of its year."""
    now.scope3_buildings_a4_a5 += tonnes(b.area, t.embodied[A4_A5])
    reuse_waste(now, b.area, p.construction_waste, p.waste_reuse_2020, 0.0)
    u = uniform(seed, b.identity, 0, Stream.LIFETIME, 0)
    b.completed = year
    b.lifetime = weibull_life(u, p.building_life_mean, p.building_life_shape, 0.0)
    measures, embodied_limit = p.lifecycle_embodied_measures, p.lifecycle_embodied_limit
    cut = operational_reduction(b.achieved_rate, share, measures, embodied_limit, p.lifecycle_operation_limit)
    b.operation_factor = s.building_code_intensity * (1.0 - cut)
    draw_intensity(b, t, p, seed)
    b.retrofit[0], b.retrofit[1] = 0, 0
    choose_first_systems(b, o, t, p, s, seed, year)
    refresh_use(b, p)
    advance(b, year)
    now.floor_area_completed += b.area


@rule
def demolish(
    b: Records,
    t: Records,
    p: Records,
    signals: Records,
    now: Records,
    seed: int,
    check: float,
    year: int,
    tally: Floats,
) -> float:
    """G8: the building comes down, by green demolition where that is required and checked; returns its cost, Myuan."""
    required = signals.green_demolition_required > 0.5
    green = required and uniform(seed, b.identity, 0, Stream.GATE, DEMOLITION) < check
    cut, cost = 0.0, 0.0
    if green:  # nobody pays for it unasked, so whoever is checked is also caught
        tally[CHECKED, DEMOLITION] += 1.0
        tally[CAUGHT, DEMOLITION] += 1.0
        cut = p.green_demolition_cut
        cost = p.green_demolition_cost * b.area / YUAN_PER_MYUAN
    else:
        tally[PASSED, DEMOLITION] += 1.0
    now.scope3_buildings_c1_c4 += tonnes(b.area, t.embodied[C1_C4]) * (1.0 - cut)
    now.floor_area_demolished += b.area
    b.rooftop_pv, b.storage, b.enrolled = 0.0, 0.0, 0.0
    b.electricity, b.fuel, b.over_quota = 0.0, 0.0, 0
    advance(b, year)
    return cost


@rule
def recycle(
    b: Records,
    t: Records,
    p: Records,
    signals: Records,
    now: Records,
    seed: int,
    check: float,
    year: int,
    tally: Floats,
) -> None:
    """G9: waste is reused at the usual rate, or at the required one where the plan is followed up; D is credited."""
    rate, required = p.waste_reuse_2020, signals.waste_reuse_rate
    if required > rate and uniform(seed, b.identity, 0, Stream.GATE, WASTE) < check:
        tally[CHECKED, WASTE] += 1.0
        tally[CAUGHT, WASTE] += 1.0
        rate = required
    else:
        tally[PASSED, WASTE] += 1.0
    reuse_waste(now, b.area, p.demolition_waste, rate, t.embodied[CREDIT_D])
    advance(b, year)


@rule
def wants_move(stage_now: int, in_stage: int, works: float, age: int, lifetime: float) -> bool:
    """Does a building meet something this year: a project, a ruin, finished works, the end of its life?

    ``in_stage`` and ``age`` in years, ``works`` the years that construction takes.
    """
    if stage_now == BuildingStage.OPERATION:
        return age >= lifetime
    if stage_now == BuildingStage.CONSTRUCTION:
        return in_stage >= works
    return stage_now != BuildingStage.EMPTY


@rule
def move_building(
    b: Records,
    o: Records,
    t: Records,
    p: Records,
    s: Records,
    signals: Records,
    now: Records,
    seed: int,
    year: int,
    factor: float,
    share: float,
    checks: Floats,
    late: Floats,
    delay: Floats,
    tally: Floats,
) -> float:
    """One year of a building that is not in plain operation; returns what it must pay, Myuan.

    It waits out a lost year, or meets the gates of its stage and moves on by one.
    """
    if b.lost_years > 0:
        b.lost_years -= 1
        return 0.0
    state = b.stage
    if state == BuildingStage.PLANNING:
        advance(b, year)
        pass_design_gates(b, p, seed, SCHEME_REVIEW, DESIGN_GATES, factor, checks, late, delay, tally)
    elif state == BuildingStage.DESIGN:
        if b.funded > 0:
            begin_works(b, t, p, now, share, year)
    elif state == BuildingStage.CONSTRUCTION:
        cost = accept_completion(b, p, seed, factor, checks[COMPLETION], late[COMPLETION], delay[COMPLETION], tally)
        complete(b, o, t, p, s, now, seed, share, year)
        return cost
    elif state == BuildingStage.OPERATION:
        return demolish(b, t, p, signals, now, seed, checks[DEMOLITION], year, tally)
    elif state == BuildingStage.DEMOLITION:
        recycle(b, t, p, signals, now, seed, checks[WASTE], year, tally)
    else:
        advance(b, year)
    return 0.0


@stage
def move_buildings(
    world: World,
    rows: Records,
    types: TypeTable,
    gates: GateTable,
    first: int,
    year: int,
    tally: Floats,
    offers: Records,
) -> None:
    """Every project and every building at its end meets its gates; ``tally`` [runs, 3, gate] counts."""
    checks = np.zeros(GATES)
    o = offers[0]
    for run in range(world.seeds.shape[0]):
        p, s, signals, seed = world.parameters[run], world.series[run, year], world.signals[run], world.seeds[run]
        now, last, base = world.record[run, year], world.record[run, year - 1], world.series[run, 0]
        for gate in range(GATES):
            checks[gate] = effective_check(gates.check_strength[gate], p.gate_check_scale, gate_signal(signals, gate))
        factor = cost_factor(p, last, year)
        completed, designed, achieved = 0.0, 0.0, 0.0
        for a in range(slots_used(rows, run)):
            b = rows[run, a]
            before, in_stage, age = b.stage, year - b.since, year - b.completed
            if not wants_move(before, in_stage, p.building_construction_years, age, b.lifetime):
                continue
            t = types.row[b.kind]
            set_prices(
                o,
                b,
                t,
                p,
                signals,
                world.prices.tariff[run],
                world.prices.fuel[run],
                world.prices.solar_tariff[run],
            )
            for label in range(
                LABELS
            ):  # equipment of new buildings is chosen at the reference rate, paid with the works
                o.loan_rate[label] = world.terms.reference_rate[run]
                o.share[label] = 0.0
            o.cash = math.inf
            set_discount(o, b.hurdle, world.terms.reference_rate[run])
            share = embodied_share(t, p, base)
            cost = move_building(
                b,
                o,
                t,
                p,
                s,
                signals,
                now,
                seed,
                year,
                factor,
                share,
                checks,
                gates.late_factor,
                gates.delay_cost,
                tally[run],
            )
            after = b.stage
            if before == BuildingStage.CONSTRUCTION and after == BuildingStage.OPERATION:
                completed += b.area
                designed += b.area * b.design_rate
                achieved += b.area * b.achieved_rate
                if cost > 0.0:
                    now.lifecycle_extra_cost += cost
                    pay_capex(world, run, first + a, cost, year, True)
            demolished = before == BuildingStage.OPERATION and after == BuildingStage.DEMOLITION
            if demolished:
                pay_out(world, run, first + a, Holder.OUTSIDE, cost)
            if cost > 0.0:
                inject_equity(world, run, first + a, year)
            if demolished:
                close_borrower(world, run, first + a, year)
                world.payments[run, Holder.BUILDINGS, Holder.OUTSIDE] += world.borrowers.cash[run, first + a]
                world.borrowers.cash[run, first + a] = 0.0
                world.borrowers.size[run, first + a] = 0.0
                world.borrowers.surplus[run, first + a] = 0.0
        now.lifecycle_reduction_rate = achieved / completed if completed > 0.0 else last.lifecycle_reduction_rate
        now.lifecycle_design_rate = designed / completed if completed > 0.0 else last.lifecycle_design_rate


@rule
def is_free(b: Records, year: int) -> bool:
    """Can a new project take the slot? Not in the year in which it became empty."""
    return b.stage == BuildingStage.EMPTY and b.since < year


@stage
def list_land(
    world: World, rows: Records, types: TypeTable, gates: GateTable, first: int, slots: int, year: int, tally: Floats
) -> None:
    """Open this year's projects of every type in empty slots, pass G1 and G2, and close the year's scope 3.

    ``slots`` is the most that the park can have, which ids count. Floor area that finds no slot is recorded, never
    hidden. A slot is free from the year after it became empty.
    """
    checks = np.zeros(GATES)
    held, lost, capacity = np.zeros(TYPES), np.zeros(TYPES), rows.shape[1]
    for run in range(world.seeds.shape[0]):
        p, signals, seed = world.parameters[run], world.signals[run], world.seeds[run]
        now, last = world.record[run, year], world.record[run, year - 1]
        for gate in range(GATES):
            checks[gate] = effective_check(gates.check_strength[gate], p.gate_check_scale, gate_signal(signals, gate))
        held[:], lost[:] = 0.0, 0.0
        replaced = 0.0
        for a in range(slots_used(rows, run)):
            b = rows[run, a]
            state, kind = b.stage, b.kind
            if BuildingStage.PLANNING <= state <= BuildingStage.OPERATION:
                held[kind] += b.area
                if state == BuildingStage.OPERATION:
                    replaced += tonnes(b.area, types.row[kind].embodied[B4])
            elif state == BuildingStage.DEMOLITION and b.since == year:
                lost[kind] += b.area
        factor, slot = cost_factor(p, last, year), 0
        for kind in range(TYPES):
            t = types.row[kind]
            area = floor_area_to_list(
                demand_of(now, kind), demand_of(last, kind), held[kind], lost[kind], p.building_demand_lead, t.block
            )
            if area <= 0.0:
                continue
            projects = max(1, int(min(p.building_projects_per_type, math.floor(area / t.block))))
            cost = reference_cost(t, p, signals, world.prices.tariff[run], world.prices.fuel[run], kind == 0)
            for _ in range(projects):
                while slot < capacity and not is_free(rows[run, slot], year):
                    slot += 1
                if slot >= capacity:
                    now.floor_area_unlisted += area / projects
                    continue
                b = rows[run, slot]
                if rows[run, 0].slots_used > 0:
                    rows[run, 0].slots_used = max(rows[run, 0].slots_used, slot + 1)
                b.generation += 1
                b.identity, b.kind = agent_id(slot, b.generation, slots), kind
                open_project(
                    b,
                    t,
                    p,
                    signals,
                    seed,
                    year,
                    area / projects,
                    t.saving_years * cost,
                    factor,
                    checks,
                    gates.late_factor,
                    gates.delay_cost,
                )
                pass_design_gates(
                    b, p, seed, 0, SCHEME_REVIEW, factor, checks, gates.late_factor, gates.delay_cost, tally[run]
                )
                now.floor_area_listed += b.area
                income = t.income * b.area / YUAN_PER_MYUAN
                world.borrowers.size[run, first + slot] = income
                world.borrowers.surplus[run, first + slot] = income * (1.0 - p.building_running_share)
        write_gates(now, tally[run])
        now.scope3_buildings_b4 = replaced / p.lifecycle_design_life
        sum_scope3(now)


def pass_gates(
    world: World, buildings: Buildings, types: TypeTable, gates: GateTable, first: int, slots: int, year: int
) -> None:
    """Stage 6: every project and every building at its end meets its gates; new land is listed; scope 3 is booked.

    ``first`` is the borrower of slot 0, ``slots`` the most that the park can have.
    """
    tally = np.zeros((world.seeds.shape[0], 3, GATES))
    with rows_of(buildings) as rows:
        move_buildings(world, rows, types, gates, first, year, tally, blank_offer())
        list_land(world, rows, types, gates, first, slots, year, tally)
