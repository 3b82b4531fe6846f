"""Stage 5 of buildings: what the bank grants, or owners can pay, is built and booked (MODEL 0).

Some five hundred buildings of a run have plans in a year. They are visited in passes, one thing for all of them at a
time: what lies scattered in memory is then fetched many at once, and what is arithmetic runs in vector lanes.
"""

from __future__ import annotations

from typing import NamedTuple

from agents.axes import Holder, Stream
from agents.building import (
    NEW_BUILDING_SLOT,
    RETROFIT_SLOT,
    ROOFTOP_SLOT,
    SYSTEMS,
    SYSTEMS_SLOT,
    TECHNOLOGIES,
    Buildings,
)
from agents.building_choice import system_capex
from agents.building_offer import equipment_price
from agents.building_rows import (
    efficiency_of,
    life_of,
    put_in_system,
    refresh_use,
    rows_of,
    set_next_end,
    slots_used,
)
from agents.compiled import rule, stage
from agents.credit import SLOTS
from agents.draw_lanes import draw_uniforms_of_cycles
from agents.fields import Floats, Integers, Records
from agents.gates import BuildingStage
from agents.lending import inject_equity, pay_capex
from agents.lending_lanes import WorkLanes, carry_out_all, working_works
from agents.row_parts import FAR_AHEAD, RowParts, fetch
from agents.working_space import OnePerThread, zeroed
from agents.world import World, runs_of

# What was done of a plan, one bit each: a slot carried out, or systems replaced like for like without means.
SYSTEMS_BUILT, REPLACED = 1 << SYSTEMS_SLOT, 1 << SLOTS


class BuildLanes(NamedTuple):
    """Working space of one run, filled anew for each."""

    slot: Integers  # [planned] buildings that have a plan
    done: Integers  # [planned] what of it was carried out, the bits above
    works: Integers  # [slots] number of works
    owner: Integers  # [slots, works] whose work it is, a place among those that have a plan
    place: Integers  # [installed] whose system is put in, a place among those that have a plan
    system: Integers  # [installed]
    agent: Integers  # [installed]
    cycle: Integers  # [installed]
    draw: Integers  # [installed]
    luck: Floats  # [installed]
    life: Floats  # [systems, technologies] of this year's equipment, yr
    efficiency: Floats  # [systems, technologies] of this year's equipment


def build_lanes(buildings: int) -> BuildLanes:
    """Working space for so many buildings."""
    shapes: dict[str, tuple[int, ...]] = {"slot": (buildings,), "done": (buildings,), "works": (SLOTS,)}
    shapes |= {"owner": (SLOTS, buildings)} | dict.fromkeys(("life", "efficiency"), (SYSTEMS, TECHNOLOGIES))
    return zeroed(BuildLanes, SYSTEMS * buildings, shapes)


working_lanes = OnePerThread(build_lanes)


@rule
def list_planned(rows: RowParts, run: int, now: Records, slots: Integers) -> int:
    """Write which buildings of a run have plans into ``slots``; returns their number.

    A project under way whose design has passed is always funded.
    """
    planned = 0
    for a in range(slots_used(rows, run)):
        b = rows[run, a]
        if b.stage == BuildingStage.DESIGN and b.lost_years == 0:
            b.funded = 1
            now.lifecycle_extra_cost += b.capex[NEW_BUILDING_SLOT]
        slots[planned] = a
        planned += 1 if b.has_plan > 0 else 0
    return planned


@rule
def list_works(rows: RowParts, lanes: BuildLanes, run: int, planned: int) -> None:
    """List whose plans have a work of each slot; what passes that follow need of them is fetched."""
    lanes.works[:] = 0
    for i in range(planned):
        ahead = lanes.slot[min(planned - 1, i + FAR_AHEAD)]
        fetch(rows.needs, run, ahead)
        fetch(rows.some, run, ahead)
        fetch(rows.rare, run, ahead)
        b = rows[run, lanes.slot[i]]
        lanes.done[i] = 0
        for slot in range(SLOTS):
            lanes.owner[slot, lanes.works[slot]] = i
            lanes.works[slot] += 1 if b.capex[slot] > 0.0 else 0


@rule
def carry_out_slot(
    world: World, rows: RowParts, lanes: BuildLanes, works: WorkLanes, run: int, first: int, year: int, slot: int
) -> int:
    """Pay for all works of a slot, and note which were carried out; returns their number."""
    listed, owner = lanes.works[slot], lanes.owner[slot]
    for work in range(listed):
        a = lanes.slot[owner[work]]
        b = rows[run, a]
        works.borrower[work], works.label[work] = first + a, b.label[slot]
        works.capex[work], works.subsidy[work] = b.capex[slot], b.subsidy[slot]
    new_asset, unavoidable = slot >= ROOFTOP_SLOT, slot == NEW_BUILDING_SLOT
    carry_out_all(world, run, Holder.BUILDINGS, works, listed, slot, year, new_asset, unavoidable)
    for work in range(listed):
        lanes.done[owner[work]] |= works.built[work] << slot
    return listed


@rule
def list_systems(rows: RowParts, lanes: BuildLanes, run: int) -> int:
    """List the systems to be put in, at any rate what has reached its end; returns their number."""
    listed = 0
    for work in range(lanes.works[SYSTEMS_SLOT]):
        i = lanes.owner[SYSTEMS_SLOT, work]
        b = rows[run, lanes.slot[i]]
        built = lanes.done[i] & SYSTEMS_BUILT > 0
        for system in range(SYSTEMS):
            lanes.place[listed], lanes.system[listed] = i, system
            listed += 1 if (b.plan[system] >= 0) & (built | (b.forced[system] > 0)) else 0
    for i in range(listed):
        b, system = rows[run, lanes.slot[lanes.place[i]]], lanes.system[i]
        lanes.agent[i], lanes.cycle[i], lanes.draw[i] = b.identity, b.cycle[system] + 1, 1 + system
    return listed


@rule
def put_in_systems(rows: RowParts, lanes: BuildLanes, run: int, listed: int, spread: float, year: int) -> None:
    """Put in the listed systems; without means, what has reached its end is replaced like for like."""
    for i in range(listed):
        system, place = lanes.system[i], lanes.place[i]
        b = rows[run, lanes.slot[place]]
        built = lanes.done[place] & SYSTEMS_BUILT > 0
        option = int(b.plan[system] if built else b.technology[system])
        b.cycle[system] = lanes.cycle[i]
        life, efficiency = lanes.life[system, option], lanes.efficiency[system, option]
        put_in_system(b, system, option, life, efficiency, spread, year, lanes.luck[i])


@rule
def like_for_like_cost(b: Records, p: Records, s: Records) -> float:
    """What replacing all that has reached its end costs an owner whose plan could not be paid, Myuan."""
    cost = 0.0
    for system in range(SYSTEMS):
        if b.plan[system] >= 0 and b.forced[system] > 0:
            option = b.technology[system]
            cost += system_capex(b, p, equipment_price(p, s, system, option), system, option)
    return cost


@rule
def replace_like_for_like(world: World, rows: RowParts, lanes: BuildLanes, run: int, first: int, year: int) -> None:
    """What has reached its end is replaced also where the plan could not be paid, with owners' money if need be."""
    p, s = world.parameters[run], world.series[run, year]
    for work in range(lanes.works[SYSTEMS_SLOT]):
        i = lanes.owner[SYSTEMS_SLOT, work]
        if lanes.done[i] & SYSTEMS_BUILT == 0:
            b = rows[run, lanes.slot[i]]
            cost = like_for_like_cost(b, p, s)
            if cost > 0.0:
                lanes.done[i] |= REPLACED
                pay_capex(world, run, first + lanes.slot[i], cost, year, False)
                inject_equity(world, run, first + lanes.slot[i], year)


@rule
def retrofit(rows: RowParts, lanes: BuildLanes, works: WorkLanes, run: int, now: Records, listed: int) -> None:
    """Carry out the listed retrofits that were paid."""
    for work in range(listed):
        b = rows[run, lanes.slot[lanes.owner[RETROFIT_SLOT, work]]]
        if works.built[work] > 0 and b.planned_retrofit > 0:
            b.retrofit[b.planned_retrofit - 1] = 1
            if b.planned_retrofit == 1:
                now.buildings_retrofitted_light += b.area
            else:
                now.buildings_retrofitted_deep += b.area


@rule
def cover_roofs(
    world: World, rows: RowParts, lanes: BuildLanes, works: WorkLanes, run: int, listed: int, year: int
) -> None:
    """Put up the listed PV and storage that were paid."""
    for work in range(listed):
        b = rows[run, lanes.slot[lanes.owner[ROOFTOP_SLOT, work]]]
        if works.built[work] > 0:
            b.rooftop_year = year if b.planned_pv > 0.0 else b.rooftop_year
            b.rooftop_pv = b.planned_pv if b.planned_pv > 0.0 else b.rooftop_pv
            b.storage_year = year if b.planned_storage > 0.0 else b.storage_year
            b.storage = b.planned_storage if b.planned_storage > 0.0 else b.storage
            world.hosting_room[run, b.feeder] -= b.planned_pv


def build(world: World, buildings: Buildings, first: int, year: int) -> None:
    """Stage 5, after the bank: what is granted, or can be paid, is built and booked."""
    slots = buildings.stage.shape[1]
    build_all(world, rows_of(buildings), working_lanes(slots), working_works(slots), first, year)


@stage
def build_all(world: World, rows: RowParts, lanes: BuildLanes, works: WorkLanes, first: int, year: int) -> None:
    """Carry out all plans.

    A project under way is always finished, with owners' money where credit fails; so is like-for-like at end of life.
    """
    for run in runs_of(world):
        p, s, now, seed = world.parameters[run], world.series[run, year], world.record[run, year], world.seeds[run]
        for system in range(SYSTEMS):
            for option in range(TECHNOLOGIES):
                lanes.life[system, option] = life_of(p, system, option)
                lanes.efficiency[system, option] = efficiency_of(p, s, system, option)
        planned = list_planned(rows, run, now, lanes.slot)
        list_works(rows, lanes, run, planned)
        carry_out_slot(world, rows, lanes, works, run, first, year, SYSTEMS_SLOT)
        listed = carry_out_slot(world, rows, lanes, works, run, first, year, RETROFIT_SLOT)
        retrofit(rows, lanes, works, run, now, listed)
        listed = carry_out_slot(world, rows, lanes, works, run, first, year, ROOFTOP_SLOT)
        cover_roofs(world, rows, lanes, works, run, listed, year)
        carry_out_slot(world, rows, lanes, works, run, first, year, NEW_BUILDING_SLOT)
        replace_like_for_like(world, rows, lanes, run, first, year)
        listed = list_systems(rows, lanes, run)
        draw_uniforms_of_cycles(seed, lanes.agent, lanes.cycle, Stream.LIFETIME, lanes.draw, listed, lanes.luck)
        put_in_systems(rows, lanes, run, listed, p.building_equipment_life_spread, year)
        for i in range(planned):
            b = rows[run, lanes.slot[i]]
            if lanes.done[i] > 0 and b.stage == BuildingStage.OPERATION:
                set_next_end(b, p)
                refresh_use(b, p)
