"""From land listing to recycling (MODEL 3, stage 6): projects meet the nine gates; old buildings come down.

Every building is an event-state machine: only ``building_rows.advance`` moves it, by one stage and once a year. Draws
of the gates are keyed by project and gate, not by year, so that a stricter gate catches the same projects and more.
"""

from __future__ import annotations

import math

import numpy as np

from agents.axes import LABELS, Holder, Stream
from agents.building import SYSTEMS, TECHNOLOGIES, TYPES, Buildings, TypeTable
from agents.building_choice import choose_first_systems
from agents.building_gates import (
    DEMOLITION,
    SCHEME_REVIEW,
    WASTE,
    accept_completion,
    blank_gate_year,
    count_at,
    open_gates,
    pass_design_gates,
)
from agents.building_lanes import PlanLanes, working_lanes
from agents.building_listing import cost_factor, floor_area_to_list, open_project
from agents.building_offer import blank_offer, set_equipment, set_type_prices
from agents.building_population import draw_intensity, reference_cost, weibull_life, weibull_scale
from agents.building_rows import advance, agent_id, clear_slot, demand_of, refresh_use, rows_of, slots_used
from agents.building_stock import write_stocks
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
from agents.fields import Integers, Records
from agents.gates import DESIGN_GATES, BuildingStage, GateTable, embodied_reduction, operational_reduction, write_gates
from agents.investment import discount_rate
from agents.lending import close_borrower, inject_equity, pay_capex, pay_out
from agents.row_parts import RowParts
from agents.units import YUAN
from agents.working_space import OnePerThread
from agents.world import World, runs_of

working_offers, working_years = OnePerThread(blank_offer), OnePerThread(blank_gate_year)


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
def complete(b: Records, t: Records, p: Records, s: Records, g: Records, now: Records, seed: int, year: int) -> None:
    """A finished building goes into operation with the code of its year, as yet without equipment."""
    now.scope3_buildings_a4_a5 += tonnes(b.area, t.embodied[A4_A5])
    reuse_waste(now, b.area, p.construction_waste, p.waste_reuse_2020, 0.0)
    u = uniform(seed, b.identity, 0, Stream.LIFETIME, 0)
    b.completed = year
    b.lifetime = weibull_life(u, g.life_scale, p.building_life_shape, 0.0)
    measures, embodied_limit = p.lifecycle_embodied_measures, p.lifecycle_embodied_limit
    cut = operational_reduction(
        b.achieved_rate, g.embodied[b.kind], measures, embodied_limit, p.lifecycle_operation_limit
    )
    b.operation_factor = s.building_code_intensity * (1.0 - cut)
    draw_intensity(b, t, p, seed)
    b.retrofit[0], b.retrofit[1] = 0, 0
    advance(b, year)
    now.floor_area_completed += b.area


@rule
def equip(
    world: World, rows: RowParts, types: TypeTable, offers: Records, lanes: PlanLanes, number: int, run: int, year: int
) -> None:
    """The first equipment of the buildings in the lanes' first slots is chosen at the reference rate.

    It is paid with the works. ``offers`` [type] are working space for what their owners face.
    """
    p, s, signals = world.parameters[run], world.series[run, year], world.signals[run]
    prices, reference = world.prices, world.terms.reference_rate[run]
    for kind in range(TYPES):
        o, t = offers[kind], types.row[kind]
        set_equipment(o, p, s)
        set_type_prices(o, t, p, signals, prices.tariff[run], prices.fuel[run], prices.solar_tariff[run], kind, 0.0)
        for system in range(SYSTEMS):
            for option in range(TECHNOLOGIES):
                o.peer_systems[system, option] = t.technology[system, option]
    for place in range(number):
        b = rows[run, lanes.slot[place]]
        lanes.offer[place], lanes.cash[place] = b.kind, math.inf
        for label in range(LABELS):
            lanes.loan[label, place] = reference
            share, hurdle = offers[b.kind].share[label], types.row[b.kind].hurdle
            lanes.rate[label, place] = discount_rate(hurdle, share, reference, reference)
    choose_first_systems(rows, offers, types, lanes, p, s, number, world.seeds[run], run, year)
    for place in range(number):
        refresh_use(rows[run, lanes.slot[place]], p)


@rule
def demolish(
    b: Records, t: Records, p: Records, signals: Records, g: Records, now: Records, seed: int, year: int
) -> float:
    """G8: the building comes down, by green demolition where that is required and checked; returns its cost, Myuan.

    Nobody pays for green demolition unasked, so whoever is checked is also caught.
    """
    required = signals.green_demolition_required > 0.5
    green = required and uniform(seed, b.identity, 0, Stream.GATE, DEMOLITION) < g.checks[DEMOLITION]
    count_at(g, DEMOLITION, green)
    cut = p.green_demolition_cut if green else 0.0
    now.scope3_buildings_c1_c4 += tonnes(b.area, t.embodied[C1_C4]) * (1.0 - cut)
    now.floor_area_demolished += b.area
    b.rooftop_pv, b.storage, b.enrolled = 0.0, 0.0, 0.0
    b.electricity, b.fuel, b.over_quota = 0.0, 0.0, 0
    advance(b, year)
    return p.green_demolition_cost * b.area * YUAN if green else 0.0


@rule
def recycle(
    b: Records, t: Records, p: Records, signals: Records, g: Records, now: Records, seed: int, year: int
) -> None:
    """G9: waste is reused at the usual rate, or at the required one where the plan is followed up; D is credited."""
    usual, required = p.waste_reuse_2020, signals.waste_reuse_rate
    raised = required > usual and uniform(seed, b.identity, 0, Stream.GATE, WASTE) < g.checks[WASTE]
    count_at(g, WASTE, raised)
    reuse_waste(now, b.area, p.demolition_waste, required if raised else usual, t.embodied[CREDIT_D])
    advance(b, year)


@rule
def leave(world: World, run: int, borrower: int, cost: float, year: int) -> None:
    """The owner of a demolished building pays for that, settles its debts and takes what cash is left."""
    debts = world.borrowers
    pay_out(world, run, borrower, Holder.OUTSIDE, cost)
    if cost > 0.0:
        inject_equity(world, run, borrower, year)
    close_borrower(world, run, borrower, year)
    world.payments[run, Holder.BUILDINGS, Holder.OUTSIDE] += debts.cash[run, borrower]
    debts.cash[run, borrower], debts.size[run, borrower], debts.surplus[run, borrower] = 0.0, 0.0, 0.0


@rule
def accept(world: World, run: int, borrower: int, year: int, b: Records, t: Records, g: Records) -> None:
    """Works are finished: the building meets G6, repairs what that finds and goes into operation, to be equipped."""
    p, s, now, seed = world.parameters[run], world.series[run, year], world.record[run, year], world.seeds[run]
    cost = accept_completion(b, p, g, seed)
    complete(b, t, p, s, g, now, seed, year)
    g.completed += b.area
    g.designed += b.area * b.design_rate
    g.achieved += b.area * b.achieved_rate
    if cost > 0.0:
        now.lifecycle_extra_cost += cost
        pay_capex(world, run, borrower, cost, year, True)
        inject_equity(world, run, borrower, year)


@rule
def move_building(world: World, run: int, borrower: int, year: int, b: Records, t: Records, g: Records) -> None:
    """One year of a building that is not in plain operation: it waits, or meets its gates and moves on by one stage."""
    p, signals, now, seed = world.parameters[run], world.signals[run], world.record[run, year], world.seeds[run]
    state = b.stage
    if state == BuildingStage.CONSTRUCTION and year - b.since < p.building_construction_years:
        return
    if b.lost_years > 0:
        b.lost_years -= 1
    elif state == BuildingStage.PLANNING:
        advance(b, year)
        pass_design_gates(b, p, g, seed, SCHEME_REVIEW, DESIGN_GATES)
    elif state == BuildingStage.DESIGN:
        if b.funded > 0:
            begin_works(b, t, p, now, g.embodied[b.kind], year)
    elif state == BuildingStage.CONSTRUCTION:
        accept(world, run, borrower, year, b, t, g)
    elif state == BuildingStage.OPERATION:
        leave(world, run, borrower, demolish(b, t, p, signals, g, now, seed, year), year)
    elif state == BuildingStage.DEMOLITION:
        recycle(b, t, p, signals, g, now, seed, year)
    else:
        advance(b, year)


@rule
def move_buildings(
    world: World,
    rows: RowParts,
    types: TypeTable,
    run: int,
    first: int,
    year: int,
    g: Records,
    free: Integers,
    new: Integers,
) -> tuple[int, int]:
    """Every project and every building at its end moves; the stock is counted on the way.

    Returns how many slots below those never used are free for new projects, listed in ``free``: those that were empty
    before this year; and how many buildings are now finished, listed in ``new``. Most buildings are in plain operation
    and have neighbours of their type: nothing but their floor area is read, and the running sum is put down only where
    the type changes.
    """
    kind, area, found, finished, operating = 0, 0.0, 0, 0, 0
    for a in range(slots_used(rows, run)):
        b = rows[run, a]
        if b.stage == BuildingStage.EMPTY:
            if b.since < year:
                free[found] = a
                found += 1
            continue
        if b.stage != BuildingStage.OPERATION or year - b.completed >= b.lifetime:
            move_building(world, run, first + a, year, b, types.row[b.kind], g)
            if BuildingStage.PLANNING <= b.stage <= BuildingStage.CONSTRUCTION:
                g.under_way[b.kind] += b.area
            elif b.stage == BuildingStage.DEMOLITION and b.since == year:
                g.lost[b.kind] += b.area
            if b.stage != BuildingStage.OPERATION:
                g.stages[b.stage] += 1.0
                continue
            new[finished] = a
            finished += 1
        if b.kind != kind:
            g.standing[kind] = area
            kind = int(b.kind)
            area = g.standing[kind]
        area += b.area
        operating += 1
    g.standing[kind] = area
    g.stages[BuildingStage.OPERATION] = float(operating)
    return found, finished


@rule
def list_project(
    world: World, run: int, borrower: int, year: int, b: Records, t: Records, g: Records, area: float, saving: float
) -> None:
    """Land of ``area`` m2 is listed; a project opens on it and meets G1 and G2; ``saving`` as in open_project."""
    p, signals, seed = world.parameters[run], world.signals[run], world.seeds[run]
    open_project(b, t, p, signals, g, seed, year, area, saving)
    pass_design_gates(b, p, g, seed, 0, SCHEME_REVIEW)
    income = t.income * area * YUAN
    world.borrowers.size[run, borrower] = income
    world.borrowers.surplus[run, borrower] = income * (1.0 - p.building_running_share)
    world.record[run, year].floor_area_listed += area
    g.stages[BuildingStage.PLANNING] += 1.0


@rule
def list_land(
    world: World,
    rows: RowParts,
    types: TypeTable,
    run: int,
    first: int,
    year: int,
    g: Records,
    free: Integers,
    found: int,
    slots: int,
) -> None:
    """Open this year's projects of every type in the ``found`` slots of ``free``, then in slots never used.

    ``slots`` is the most that the park can have, which ids count. Floor area without a slot is recorded, never hidden.
    """
    p, signals, now, last = (
        world.parameters[run],
        world.signals[run],
        world.record[run, year],
        world.record[run, year - 1],
    )
    begun, capacity, taken = slots_used(rows, run), rows.state.shape[1], 0
    for kind in range(TYPES):
        t, held = types.row[kind], g.standing[kind] + g.under_way[kind]
        demand, before = demand_of(now, kind), demand_of(last, kind)
        area = floor_area_to_list(demand, before, held, g.lost[kind], p.building_demand_lead, t.block)
        if area <= 0.0:
            continue
        projects = max(1, int(min(p.building_projects_per_type, math.floor(area / t.block))))
        cost = reference_cost(t, p, signals, world.prices.tariff[run], world.prices.fuel[run], kind == 0)
        for _ in range(projects):
            slot = free[taken] if taken < found else begun + taken - found
            if slot >= capacity:
                now.floor_area_unlisted += area / projects
                continue
            taken += 1
            if slot >= begun:
                rows[run, 0].slots_used = slot + 1
            b = rows[run, slot]
            b.generation += 1
            b.identity, b.kind = agent_id(slot, int(b.generation), slots), kind
            clear_slot(b)
            list_project(world, run, first + slot, year, b, t, g, area / projects, t.saving_years * cost)


@stage
def meet_gates(
    world: World,
    rows: RowParts,
    types: TypeTable,
    gates: GateTable,
    first: int,
    slots: int,
    year: int,
    lanes: PlanLanes,
    offers: Records,
    gate_years: Records,
) -> None:
    """See pass_gates; ``lanes``, ``offers`` [type] and ``gate_years`` [1] are working space."""
    free = np.zeros(rows.state.shape[1], np.int64)
    g = gate_years[0]
    for run in runs_of(world):
        p, now, last = world.parameters[run], world.record[run, year], world.record[run, year - 1]
        open_gates(g, gates, p, world.signals[run], cost_factor(p, last, year))
        g.life_scale = weibull_scale(p.building_life_mean, p.building_life_shape)
        for kind in range(TYPES):
            g.embodied[kind] = embodied_share(types.row[kind], p, world.series[run, 0])
        found, finished = move_buildings(world, rows, types, run, first, year, g, free, lanes.slot)
        if finished > 0:
            equip(world, rows, types, offers, lanes, finished, run, year)
        list_land(world, rows, types, run, first, year, g, free, found, slots)
        built = g.completed
        now.lifecycle_reduction_rate = g.achieved / built if built > 0.0 else last.lifecycle_reduction_rate
        now.lifecycle_design_rate = g.designed / built if built > 0.0 else last.lifecycle_design_rate
        replaced = 0.0
        for kind in range(TYPES):
            replaced += tonnes(g.standing[kind], types.row[kind].embodied[B4])
        now.scope3_buildings_b4 = replaced / p.lifecycle_design_life
        write_stocks(now, g.standing, g.stages)
        write_gates(now, g.tally)
        sum_scope3(now)


def pass_gates(
    world: World, buildings: Buildings, types: TypeTable, gates: GateTable, first: int, slots: int, year: int
) -> None:
    """Stage 6: every project and every building at its end meets its gates; new land is listed; scope 3 is booked.

    The year's stock is written too, which energy and money go by. ``first`` is the borrower of slot 0, ``slots`` the
    most that the park can have.
    """
    rows, lanes = rows_of(buildings), working_lanes(buildings.stage.shape[1])
    meet_gates(world, rows, types, gates, first, slots, year, lanes, working_offers(TYPES), working_years(1))
