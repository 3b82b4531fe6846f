"""Stage 5 of buildings: what the bank grants, or owners can pay, is built and booked (MODEL 0)."""

from __future__ import annotations

import numpy as np

from agents.applications import carry_out
from agents.axes import Stream
from agents.building import NEW_BUILDING_SLOT, RETROFIT_SLOT, ROOFTOP_SLOT, SYSTEMS, SYSTEMS_SLOT, Buildings
from agents.building_choice import system_capex
from agents.building_offer import equipment_price
from agents.building_rows import install_system, refresh_use, rows_of, slots_used
from agents.building_stages import read_ahead
from agents.compiled import rule, stage
from agents.credit import SLOTS
from agents.draws import uniform
from agents.fields import Records
from agents.gates import BuildingStage
from agents.lending import inject_equity, pay_capex
from agents.row_parts import RowParts
from agents.world import World


@rule
def renew_systems(b: Records, p: Records, s: Records, seed: int, year: int, built: bool) -> float:
    """Put in the planned systems; without means, what has reached its end is replaced like for like.

    Returns the Myuan that like-for-like costs beyond the plan's own payment.
    """
    cost = 0.0
    for system in range(SYSTEMS):
        option = b.plan[system]
        if option < 0 or not (built or b.forced[system] > 0):
            continue
        if not built:
            option = b.technology[system]
            cost += system_capex(b, p, equipment_price(p, s, system, option), system, option)
        b.cycle[system] += 1
        draw = uniform(seed, b.identity, b.cycle[system], Stream.LIFETIME, 1 + system)
        install_system(b, p, s, system, option, year, draw)
    return cost


@rule
def finish_plans(b: Records, p: Records, s: Records, now: Records, seed: int, year: int, done: int) -> float:
    """Change the building by what was carried out, ``done`` 1 << slot; returns what like-for-like costs, Myuan."""
    cost = 0.0
    if b.capex[SYSTEMS_SLOT] > 0.0:
        cost = renew_systems(b, p, s, seed, year, done & 1 << SYSTEMS_SLOT > 0)
    if done & 1 << RETROFIT_SLOT > 0 and b.planned_retrofit > 0:
        b.retrofit[b.planned_retrofit - 1] = 1
        if b.planned_retrofit == 1:
            now.buildings_retrofitted_light += b.area
        else:
            now.buildings_retrofitted_deep += b.area
    if done & 1 << ROOFTOP_SLOT > 0:
        if b.planned_pv > 0.0:
            b.rooftop_pv = b.planned_pv
            b.rooftop_year = year
        if b.planned_storage > 0.0:
            b.storage = b.planned_storage
            b.storage_year = year
    if done > 0 or cost > 0.0:
        refresh_use(b, p)
    return cost


def build(world: World, buildings: Buildings, first: int, year: int) -> None:
    """Stage 5, after the bank: what is granted, or can be paid, is built and booked."""
    with rows_of(buildings) as rows:
        build_all(world, rows, first, year)


@stage
def build_all(world: World, rows: RowParts, first: int, year: int) -> None:
    """Carry out all plans.

    A project under way is always finished, with owners' money where credit fails; so is like-for-like at end of life.
    """
    slots, fetched = np.empty(world.borrowers.cash.shape[1], np.int64), np.empty(1)
    for run in range(world.seeds.shape[0]):
        p, s, now, seed = world.parameters[run], world.series[run, year], world.record[run, year], world.seeds[run]
        planned = 0
        for a in range(slots_used(rows, run)):
            b = rows[run, a]
            if b.stage == BuildingStage.DESIGN and b.lost_years == 0:
                b.funded = 1
                now.lifecycle_extra_cost += b.capex[NEW_BUILDING_SLOT]
            slots[planned] = a
            planned += 1 if b.has_plan > 0 else 0
        fetched[0] = read_ahead(rows, world.borrowers, slots, planned, run, first)
        for i in range(planned):
            a = slots[i]
            b = rows[run, a]
            done = 0
            for slot in range(SLOTS):
                capex, unavoidable = b.capex[slot], slot == NEW_BUILDING_SLOT
                if capex > 0.0:
                    support, new = b.subsidy[slot], slot >= ROOFTOP_SLOT
                    if carry_out(world, run, first + a, slot, capex, support, new, unavoidable, year):
                        done += 1 << slot
            if b.stage == BuildingStage.OPERATION:
                cost = finish_plans(b, p, s, now, seed, year, done)
                if done & 1 << ROOFTOP_SLOT > 0:
                    world.hosting_room[run, b.feeder] -= b.planned_pv
                if cost > 0.0:
                    pay_capex(world, run, first + a, cost, year, False)
                    inject_equity(world, run, first + a, year)
