"""Land listings (G1): how much floor area is opened a year, and what its owners propose (MODEL 3).

The rate in force is fixed at land listing; the owner proposes the reduction of least expected cost over G1..G5.
"""

from __future__ import annotations

import math

from agents.building import TYPES, Buildings, TypeTable, advance, agent_id, demand_of
from agents.building_population import draw_owner, open_account, reference_cost
from agents.compiled import rule
from agents.embodied import reclaimed_cover
from agents.fields import Floats
from agents.gates import BuildingStage, GateTable, proposed_reduction, unasked_reduction
from agents.world import World


@rule
def cost_factor(world: World, run: int, year: int) -> float:
    """Factor on the extra cost from reclaimed material of last year."""
    return 1.0 - world.parameters[run].reuse_cost_saving * reclaimed_cover(world, run, year)


@rule
def list_project(
    world: World,
    buildings: Buildings,
    types: TypeTable,
    gates: GateTable,
    run: int,
    a: int,
    first: int,
    kind: int,
    area: float,
    year: int,
    checks: Floats,
) -> None:
    """A land listing opens a project in an empty slot: the rate in force is fixed, and the owner proposes (MODEL 3)."""
    p, signals = world.parameters[run], world.signals[run]
    buildings.generation[run, a] += 1
    key = agent_id(a, buildings.generation[run, a], buildings.stage.shape[1])
    buildings.kind[run, a] = kind
    buildings.area[run, a] = area
    draw_owner(buildings, types, p, run, a, key, world.seeds[run])
    buildings.listed_rate[run, a] = signals.lifecycle_rate_required
    buildings.listed_binding[run, a] = 1 if signals.lifecycle_binding > 0.5 else 0
    buildings.caught_at[run, a] = 0
    buildings.lost_years[run, a] = 0
    buildings.penalty[run, a] = 0.0
    buildings.funded[run, a] = 0
    buildings.achieved_rate[run, a] = 0.0
    factor = cost_factor(world, run, year)
    linear, quadratic = p.lifecycle_cost_linear * factor, p.lifecycle_cost_quadratic * factor
    saving = types.saving_years[kind] * reference_cost(types, world, run, kind) * buildings.developer_share[run, a]
    if buildings.listed_binding[run, a] > 0:
        design = proposed_reduction(
            signals.lifecycle_rate_required, saving, linear, quadratic, checks, gates.late_factor, gates.delay_cost
        )
    else:
        design = unasked_reduction(saving, linear, quadratic)
    buildings.design_rate[run, a] = design
    advance(buildings, run, a, year)
    open_account(buildings, types, world, run, a, first)
    world.record[run, year].floor_area_listed += area


@rule
def is_free(buildings: Buildings, run: int, a: int, year: int) -> bool:
    """Can a new project take the slot? Not in the year in which it became empty."""
    return buildings.stage[run, a] == BuildingStage.EMPTY and buildings.since[run, a] < year


@rule
def project_area(world: World, types: TypeTable, run: int, kind: int, year: int, held: float, lost: float) -> float:
    """Floor area to list this year, m2: what demand ahead and the year's demolition leave open; nothing below a block.

    ``held`` is floor area in operation or under way, ``lost`` what came down this year.
    """
    p = world.parameters[run]
    now, before = demand_of(world.record[run, year], kind), demand_of(world.record[run, year - 1], kind)
    growth = max(0.0, now / before - 1.0) if before > 0.0 else 0.0
    ahead = now * (1.0 + growth) ** p.building_demand_lead + lost * p.building_demand_lead
    open_area = ahead - held
    block = types.floor_area[kind] / types.blocks[kind]
    return open_area if open_area >= block else 0.0


@rule
def list_land(
    world: World,
    buildings: Buildings,
    types: TypeTable,
    gates: GateTable,
    run: int,
    first: int,
    year: int,
    held: Floats,
    lost: Floats,
    checks: Floats,
) -> None:
    """Open this year's projects of every type in empty slots; what finds no slot is recorded, never hidden."""
    capacity = buildings.stage.shape[1]
    a = 0
    for kind in range(TYPES):
        area = project_area(world, types, run, kind, year, held[kind], lost[kind])
        if area <= 0.0:
            continue
        block = types.floor_area[kind] / types.blocks[kind]
        projects = max(1, int(min(world.parameters[run].building_projects_per_type, math.floor(area / block))))
        for _ in range(projects):
            while a < capacity and not (
                buildings.stage[run, a] == BuildingStage.EMPTY and buildings.since[run, a] < year
            ):
                a += 1
            if a >= capacity:
                world.record[run, year].floor_area_unlisted += area / projects
                continue
            list_project(world, buildings, types, gates, run, a, first, kind, area / projects, year, checks)
