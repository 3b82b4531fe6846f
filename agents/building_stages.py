"""Stages 4 and 5 of buildings: who reviews what, applies for credit, and builds (MODEL 0)."""

from __future__ import annotations

import numpy as np

from agents.applications import apply_for, carry_out, withdraw
from agents.axes import Label, Stream
from agents.building import (
    RETROFITS,
    SYSTEMS,
    TECHNOLOGIES,
    TYPES,
    YUAN_PER_MYUAN,
    Buildings,
    Slot,
    TypeTable,
    agent_id,
    refresh_use,
)
from agents.building_choice import attention, plan_retrofit, plan_systems, system_capex
from agents.building_listing import cost_factor
from agents.building_population import install_system
from agents.building_rooftop import enrol, plan_rooftop
from agents.compiled import rule, stage
from agents.draws import uniform
from agents.fields import Floats
from agents.gates import BuildingStage, extra_cost
from agents.lending import inject_equity, pay_capex
from agents.rooftop import occupy_hosting
from agents.world import World


@rule
def count_peers(
    buildings: Buildings, run: int, count: Floats, systems: Floats, retrofits: Floats, rooftop: Floats
) -> None:
    """Shares among the buildings in operation of each type, by technology, retrofit, PV and storage."""
    count[:], systems[:], retrofits[:], rooftop[:] = 0.0, 0.0, 0.0, 0.0
    for a in range(buildings.stage.shape[1]):
        if buildings.stage[run, a] != BuildingStage.OPERATION:
            continue
        kind = buildings.kind[run, a]
        count[kind] += 1.0
        for system in range(SYSTEMS):
            systems[kind, system, buildings.technology[run, a, system]] += 1.0
        for option in range(RETROFITS):
            retrofits[kind, option] += float(buildings.retrofit[run, a, option])
        rooftop[kind, 0] += 1.0 if buildings.rooftop_pv[run, a] > 0.0 else 0.0
        rooftop[kind, 1] += 1.0 if buildings.storage[run, a] > 0.0 else 0.0
    for kind in range(TYPES):
        share = 1.0 / max(1.0, count[kind])
        for system in range(SYSTEMS):
            for option in range(TECHNOLOGIES):
                systems[kind, system, option] *= share
        for option in range(RETROFITS):
            retrofits[kind, option] *= share
            rooftop[kind, option] *= share


@rule
def clear_plans(buildings: Buildings, run: int, a: int) -> None:
    """Forget last year's plans."""
    for system in range(SYSTEMS):
        buildings.plan[run, a, system] = -1
    buildings.planned_retrofit[run, a] = 0
    buildings.planned_pv[run, a], buildings.planned_storage[run, a] = 0.0, 0.0
    for slot in range(len(Slot)):
        buildings.capex[run, a, slot], buildings.subsidy[run, a, slot] = 0.0, 0.0


@rule
def system_at_end(buildings: Buildings, run: int, a: int, year: int) -> bool:
    """Is any of the building's systems at the end of its life?"""
    for system in range(SYSTEMS):
        if year - buildings.installed[run, a, system] >= buildings.equipment_life[run, a, system]:
            return True
    return False


@rule
def retire_rooftop(world: World, buildings: Buildings, run: int, a: int, year: int) -> bool:
    """Take down PV and storage at the end of their life; returns whether that gives an occasion to choose."""
    p, ended = world.parameters[run], False
    if buildings.rooftop_pv[run, a] > 0.0 and year - buildings.rooftop_year[run, a] >= p.rooftop_pv_life:
        buildings.rooftop_pv[run, a] = 0.0
        ended = True
    if buildings.storage[run, a] > 0.0 and year - buildings.storage_year[run, a] >= p.storage_life:
        buildings.storage[run, a] = 0.0
        ended = True
    return ended


@rule
def plan_works(world: World, buildings: Buildings, run: int, a: int, first: int, year: int) -> None:
    """A project whose design has passed asks for a loan for its extra cost; a marked reduction makes it green."""
    p = world.parameters[run]
    factor, design = cost_factor(world, run, year), buildings.design_rate[run, a]
    per_area = extra_cost(design, p.lifecycle_cost_linear * factor, p.lifecycle_cost_quadratic * factor)
    cost = (per_area + buildings.penalty[run, a]) * buildings.area[run, a] / YUAN_PER_MYUAN
    buildings.capex[run, a, Slot.NEW_BUILDING] = cost
    label = int(Label.GREEN) if design >= p.building_green_label_rate else int(Label.ORDINARY)
    if cost > 0.0:
        apply_for(world, run, first + a, int(Slot.NEW_BUILDING), label, cost, 0.0, year)


@stage
def choose(world: World, buildings: Buildings, types: TypeTable, first: int, year: int) -> None:
    """Stage 4: owners plan and apply. ``first`` is the borrower of slot 0, ``year`` the year's index (at least 1)."""
    count, systems = np.zeros(TYPES), np.zeros((TYPES, SYSTEMS, TECHNOLOGIES))
    retrofits, rooftop = np.zeros((TYPES, RETROFITS)), np.zeros((TYPES, RETROFITS))
    for run in range(world.seeds.shape[0]):
        world.record[run, year].lifecycle_rate_in_force = world.signals[run].lifecycle_rate_required
        count_peers(buildings, run, count, systems, retrofits, rooftop)
        for a in range(buildings.stage.shape[1]):
            state = buildings.stage[run, a]
            if state == BuildingStage.EMPTY:
                continue
            withdraw(world, run, first + a)
            clear_plans(buildings, run, a)
            if state == BuildingStage.DESIGN and buildings.lost_years[run, a] == 0:
                plan_works(world, buildings, run, a, first, year)
            if state != BuildingStage.OPERATION:
                continue
            key = agent_id(a, buildings.generation[run, a], buildings.stage.shape[1])
            draw = uniform(world.seeds[run], key, year, Stream.ATTENTION, 0)
            reviewing = draw < attention(world, buildings, run, a)
            if reviewing or system_at_end(buildings, run, a, year):
                plan_systems(world, buildings, types, run, a, first, year, reviewing, systems)
            if reviewing:
                kind = buildings.kind[run, a]
                plan_retrofit(world, buildings, types, run, a, first, year, retrofits)
            if retire_rooftop(world, buildings, run, a, year) or reviewing:
                plan_rooftop(world, buildings, types, run, a, first, year, rooftop[kind, 0], rooftop[kind, 1])
            enrol(world, buildings, run, a, year)


@rule
def build_systems(world: World, buildings: Buildings, run: int, a: int, first: int, year: int) -> None:
    """Carry out planned systems. Without means, what has reached its end is replaced like for like, the rest waits."""
    p, s, capex = world.parameters[run], world.series[run, year], buildings.capex[run, a, Slot.SYSTEMS]
    if capex <= 0.0:
        return
    built = carry_out(
        world, run, first + a, int(Slot.SYSTEMS), capex, buildings.subsidy[run, a, Slot.SYSTEMS], False, False, year
    )
    renewed = 0.0
    for system in range(SYSTEMS):
        option = buildings.plan[run, a, system]
        if option < 0 or not (built or buildings.forced[run, a, system] > 0):
            continue
        if not built:
            option = buildings.technology[run, a, system]
            renewed += system_capex(world, buildings, run, a, system, option, year)
        buildings.cycle[run, a, system] += 1
        key = agent_id(a, buildings.generation[run, a], buildings.stage.shape[1])
        draw = uniform(world.seeds[run], key, buildings.cycle[run, a, system], Stream.LIFETIME, 1 + system)
        install_system(buildings, p, s, run, a, system, option, year, draw)
    if renewed > 0.0:
        pay_capex(world, run, first + a, renewed, year, False)
        inject_equity(world, run, first + a, year)
    refresh_use(buildings, p, run, a)


@rule
def build_retrofit(world: World, buildings: Buildings, run: int, a: int, first: int, year: int) -> None:
    """Carry out a planned retrofit, or wait for another review."""
    option = buildings.planned_retrofit[run, a] - 1
    if option < 0:
        return
    slot = int(Slot.RETROFIT)
    capex, promised = buildings.capex[run, a, slot], buildings.subsidy[run, a, slot]
    if not carry_out(world, run, first + a, slot, capex, promised, False, False, year):
        return
    buildings.retrofit[run, a, option] = 1
    if option == 0:
        world.record[run, year].buildings_retrofitted_light += buildings.area[run, a]
    else:
        world.record[run, year].buildings_retrofitted_deep += buildings.area[run, a]
    refresh_use(buildings, world.parameters[run], run, a)


@rule
def build_rooftop(world: World, buildings: Buildings, run: int, a: int, first: int, year: int) -> None:
    """Carry out planned PV and storage, and take up hosting room."""
    slot = int(Slot.ROOFTOP)
    capex = buildings.capex[run, a, slot]
    if capex <= 0.0:
        return
    if not carry_out(world, run, first + a, slot, capex, buildings.subsidy[run, a, slot], True, False, year):
        return
    if buildings.planned_pv[run, a] > 0.0:
        buildings.rooftop_pv[run, a] = buildings.planned_pv[run, a]
        buildings.rooftop_year[run, a] = year
        occupy_hosting(world, run, buildings.feeder[run, a], buildings.planned_pv[run, a])
    if buildings.planned_storage[run, a] > 0.0:
        buildings.storage[run, a] = buildings.planned_storage[run, a]
        buildings.storage_year[run, a] = year


@stage
def build(world: World, buildings: Buildings, first: int, year: int) -> None:
    """Stage 5, after the bank: what is granted, or can be paid, is built and booked."""
    for run in range(world.seeds.shape[0]):
        for a in range(buildings.stage.shape[1]):
            state = buildings.stage[run, a]
            if state == BuildingStage.OPERATION:
                build_systems(world, buildings, run, a, first, year)
                build_retrofit(world, buildings, run, a, first, year)
                build_rooftop(world, buildings, run, a, first, year)
            elif state == BuildingStage.DESIGN and buildings.lost_years[run, a] == 0:
                capex = buildings.capex[run, a, Slot.NEW_BUILDING]
                if capex > 0.0:  # a project under way is always finished, with owners' money where credit fails
                    carry_out(world, run, first + a, int(Slot.NEW_BUILDING), capex, 0.0, True, True, year)
                    world.record[run, year].lifecycle_extra_cost += capex
                buildings.funded[run, a] = 1
