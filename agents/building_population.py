"""Who the buildings are in the base year: drawn by seed, and exactly the base year's energy in every draw (MODEL 3).

Floor area by type, and electricity, gas and LPG of the buildings' account, are met by scaling; ``building_types.csv``
is chosen so that the scales lie near one for reconciliation A. Projects under way in 2020 are part of the population.
"""

from __future__ import annotations

import math

import numpy as np

from agents.axes import Account, Carrier, Stream
from agents.building import (
    END_USES,
    FIRST_HEAT_USE,
    KWH_PER_MWH,
    SYSTEMS,
    TECHNOLOGIES,
    TYPES,
    YUAN_PER_MYUAN,
    Buildings,
    FloorType,
    TypeTable,
    Use,
)
from agents.building_rows import NOT_NEEDED, agent_id, clear_slot, install_system, refresh_use, rows_of, set_next_end
from agents.compiled import rule, stage
from agents.draws import normal, uniform
from agents.fields import Floats, Integers, Records
from agents.gates import BuildingStage, unasked_reduction
from agents.investment_parameters import MWH_PER_TCE
from agents.row_parts import RowParts
from agents.world import World

# Draws of Stream.POPULATION, so that no two attributes share one (a normal takes two).
SIZE, INTENSITY, AGE, OWNER, ATTITUDE, DEVELOPER, TECHNOLOGY_DRAW, EQUIPMENT_AGE = 0, 1, 4, 5, 6, 7, 10, 20
PIPELINE_STAGES = 3  # planning, design, construction
LAST_UNDER_WAY = int(BuildingStage.CONSTRUCTION)
MONTHS_A_YEAR = 12.0


@rule
def weibull_scale(mean: float, shape: float) -> float:
    """Scale of a Weibull distribution of lives, yr, from its mean and shape; one number a run."""
    return mean / math.gamma(1.0 + 1.0 / shape)


@rule
def weibull_life(u: float, scale: float, shape: float, age: float) -> float:
    """Life drawn from a Weibull age hazard, yr, of a building that has already reached ``age``; u uniform in (0, 1)."""
    return scale * ((age / scale) ** shape - math.log(u)) ** (1.0 / shape)


@rule
def draw_owner(b: Records, t: Records, p: Records, seed: int) -> None:
    """Owner's attributes: share of savings as developer and in operation, attitude, hurdle rate."""
    u = uniform(seed, b.identity, 0, Stream.POPULATION, DEVELOPER)
    b.developer_share = p.split_share_speculative
    if u < t.own_use:
        b.developer_share = 1.0
    elif u < t.own_use + t.sold:
        b.developer_share = p.split_share_sold
    occupies = uniform(seed, b.identity, 0, Stream.POPULATION, OWNER) < t.owner_occupied
    b.owner_share = 1.0 if occupies else p.split_share_speculative
    mean = p.building_attitude_mean
    attitude = uniform(seed, b.identity, 0, Stream.POPULATION, ATTITUDE)
    b.attitude = mean + (2.0 * attitude - 1.0) * min(mean, 1.0 - mean)
    b.hurdle = t.hurdle


@rule
def draw_intensity(b: Records, t: Records, p: Records, seed: int) -> None:
    """Demand by end use: the type's, times the building's own lognormal factor of mean one."""
    spread = p.building_intensity_spread
    factor = math.exp(spread * normal(seed, b.identity, 0, Stream.POPULATION, INTENSITY) - 0.5 * spread * spread)
    for use in range(END_USES):
        b.intensity[use] = t.intensity[use] * factor


@rule
def usual_technology(t: Records, system: int, u: float) -> int:
    """Technology index at quantile u of a type's shares in 2020."""
    reached, last = 0.0, 0
    for option in range(TECHNOLOGIES):
        if t.technology[system, option] > 0.0:
            reached += t.technology[system, option]
            last = option
            if u < reached:
                return option
    return last


@rule
def populate_standing(b: Records, t: Records, p: Records, s: Records, seed: int, scale: float) -> None:
    """One building of the base stock, before scaling; ``scale`` of lives as of weibull_scale."""
    b.stage = BuildingStage.OPERATION + 0
    spread = p.building_size_spread
    b.area = math.exp(spread * normal(seed, b.identity, 0, Stream.POPULATION, SIZE))
    age = math.floor(uniform(seed, b.identity, 0, Stream.POPULATION, AGE) * p.building_oldest_2020)
    b.completed = -int(age)
    b.since = -int(age)
    u = uniform(seed, b.identity, 0, Stream.LIFETIME, 0)
    b.lifetime = weibull_life(u, scale, p.building_life_shape, age)
    b.operation_factor = 1.0
    draw_owner(b, t, p, seed)
    draw_intensity(b, t, p, seed)
    for system in range(SYSTEMS):
        quantile = uniform(seed, b.identity, 0, Stream.POPULATION, TECHNOLOGY_DRAW + system)
        draw = uniform(seed, b.identity, 0, Stream.LIFETIME, 1 + system)
        install_system(b, p, s, system, usual_technology(t, system, quantile), 0, draw)
        old = uniform(seed, b.identity, 0, Stream.POPULATION, EQUIPMENT_AGE + system)
        if b.equipment_life[system] < NOT_NEEDED:
            b.installed[system] = -int(old * b.equipment_life[system])
    set_next_end(b, p)
    refresh_use(b, p)


@rule
def populate_project(b: Records, t: Records, p: Records, seed: int, cohort: int, area: float, saving: float) -> None:
    """One project under way at the end of 2020; cohort 0 was listed this year, 1 the year before, and so on.

    ``saving`` is S of MODEL 3. Those listed in 2019 and 2020 carry the indicative rate of N13; owners do what pays.
    """
    b.stage = min(BuildingStage.PLANNING + cohort, LAST_UNDER_WAY)
    b.since = -max(0, cohort - (PIPELINE_STAGES - 1))
    b.area = area
    if cohort < PIPELINE_STAGES - 1:
        b.listed_rate = p.lifecycle_listed_rate_2020
    else:
        b.funded = 1
    draw_owner(b, t, p, seed)
    b.design_rate = unasked_reduction(saving * b.developer_share, p.lifecycle_cost_linear, p.lifecycle_cost_quadratic)


@rule
def reference_cost(t: Records, p: Records, signals: Records, tariff: Floats, fuel: Floats, housing: bool) -> float:
    """Yearly energy cost of the reference building, yuan/m2, at this year's prices with the carbon price paid on fuel.

    ``tariff`` [tariff class, shape] in yuan/MWh, ``fuel`` [carrier] in yuan/tce. Its present value over the owner's
    horizon is S of MODEL 3, so tariffs and carbon prices move what owners propose.
    """
    gas = fuel[Carrier.GAS] * (p.household_gas_price_ratio if housing else 1.0)
    gas += signals.carbon_price * signals.carbon_coverage * p.emission_factor_gas
    electric = t.reference_electricity * tariff[t.tariff, t.load_shape]
    return (electric + t.reference_fuel * gas / MWH_PER_TCE) / KWH_PER_MWH


@rule
def count_blocks(blocks: Integers) -> int:
    """Number of buildings in operation in 2020."""
    count = 0
    for kind in range(TYPES):
        count += blocks[kind]
    return count


def projects_under_way(blocks: Integers, parameters: Records) -> Integers:
    """Projects of all types and years under way at the end of 2020, [runs]; one a type and cohort at least."""
    cohorts = PIPELINE_STAGES - 1 + parameters.building_construction_years.astype(np.int64)
    begun = np.multiply.outer(parameters.building_new_share_2020, blocks)
    projects = np.minimum(begun, parameters.building_projects_per_type[:, None]).astype(np.int64)
    return cohorts * np.maximum(1, projects).sum(axis=1)


@stage
def draw_stock(world: World, rows: RowParts, types: TypeTable, feeder_of_slot: Integers) -> None:
    """Draw all buildings and projects of the base year, before scaling, in empty ``rows`` [runs, buildings].

    ``feeder_of_slot`` [slots] has a feeder for every slot that the park can have: ids count them all.
    """
    capacity = feeder_of_slot.shape[0]
    for run in range(world.seeds.shape[0]):
        p, s, signals, seed = world.parameters[run], world.series[run, 0], world.signals[run], world.seeds[run]
        standing, scale = count_blocks(types.blocks), weibull_scale(p.building_life_mean, p.building_life_shape)
        kind, left, cohort = 0, types.blocks[0], -1
        for a in range(rows.state.shape[1]):
            b = rows[run, a]
            b.feeder = feeder_of_slot[a]
            if a == standing:  # from here on, projects
                kind, cohort, left = 0, 0, projects_of(types.blocks[0], p)
            while left == 0 and kind < TYPES:
                if cohort >= 0 and cohort + 1 < PIPELINE_STAGES - 1 + int(p.building_construction_years):
                    cohort += 1
                else:
                    kind, cohort = kind + 1, min(cohort, 0)
                if kind < TYPES:
                    left = types.blocks[kind] if cohort < 0 else projects_of(types.blocks[kind], p)
            if kind < TYPES:
                t = types.row[kind]
                b.identity, b.kind = agent_id(a, 0, capacity), kind
                clear_slot(b)
                left -= 1
                rows[run, 0].slots_used = a + 1
                if cohort < 0:
                    populate_standing(b, t, p, s, seed, scale)
                else:
                    area = types.floor_area[kind] * p.building_new_share_2020 / projects_of(types.blocks[kind], p)
                    cost = reference_cost(t, p, signals, world.prices.tariff[run], world.prices.fuel[run], kind == 0)
                    populate_project(b, t, p, seed, cohort, area, t.saving_years * cost)


@rule
def projects_of(blocks: int, p: Records) -> int:
    """Projects of a type in each year's cohort under way in 2020."""
    return max(1, int(min(blocks * p.building_new_share_2020, p.building_projects_per_type)))


def close_base_year(world: World, buildings: Buildings, types: TypeTable) -> None:
    """Scale floor areas and demands to the base year, exactly, run by run.

    Each demand is scaled by the carrier that serves it, so the scales of electricity, gas and LPG do not disturb one
    another; they are recorded as outcomes of 2020.
    """
    standing = slice(0, int(types.blocks.sum()))  # the slots before those of projects
    for run in range(world.seeds.shape[0]):
        kind, area, use = buildings.kind[run, standing], buildings.area[run, standing], buildings.use[run, standing]
        size = (types.floor_area / np.bincount(kind, weights=area, minlength=TYPES))[kind]
        use = use * size[:, None]
        target, now = world.base_energy[run, Account.BUILDINGS], world.record[run, 0]
        carriers = (Carrier.ELECTRICITY, Carrier.GAS, Carrier.LPG)
        totals = (use[:, : Use.GAS].sum(), use[:, Use.GAS].sum(), use[:, Use.LPG].sum())
        electric, gas, lpg = (
            target[c] / total if total > 0.0 else 1.0 for c, total in zip(carriers, totals, strict=True)
        )
        now.buildings_scale_electricity, now.buildings_scale_gas, now.buildings_scale_lpg = electric, gas, lpg
        by_technology = np.array([gas, lpg, electric, electric])  # order of Technology
        buildings.area[run, standing] = area * size
        buildings.use[run, standing] = use * np.array([electric, electric, electric, electric, gas, lpg])
        buildings.intensity[run, standing, :FIRST_HEAT_USE] *= electric
        buildings.intensity[run, standing, FIRST_HEAT_USE:] *= by_technology[buildings.technology[run, standing]]


def open_accounts(world: World, buildings: Buildings, types: TypeTable, first: int) -> None:
    """Size of each borrower and, for buildings in operation, its first cash, Myuan."""
    p, owners = world.parameters, slice(first, first + buildings.stage.shape[1])
    income = types.row.income[buildings.kind] * buildings.area / YUAN_PER_MYUAN
    standing = buildings.stage == BuildingStage.OPERATION
    world.borrowers.size[:, owners] = income
    world.borrowers.surplus[:, owners] = income * (1.0 - p.building_running_share[:, None])
    world.borrowers.cash[:, owners] = income * standing * p.building_cash_months[:, None] / MONTHS_A_YEAR


def populate(world: World, buildings: Buildings, types: TypeTable, feeder_of_slot: Integers, first: int) -> None:
    """Fill empty columns for the base year, for all runs.

    ``feeder_of_slot`` [slots] gives the feeder of each slot that the park can have, at least as many as the columns
    hold; ``first`` is the borrower of slot 0. The numbers of agents come from ``types.blocks``.
    """
    draw_stock(world, rows_of(buildings), types, feeder_of_slot)
    close_base_year(world, buildings, types)
    open_accounts(world, buildings, types, first)


def scaled_blocks(types: TypeTable, agents: int) -> TypeTable:
    """The type table with its blocks scaled to about ``agents`` buildings, at least one a type."""
    blocks = np.maximum(1, np.round(types.blocks * (agents / types.blocks.sum()))).astype(np.int64)
    row = types.row.copy()
    row.block = types.floor_area / blocks
    return TypeTable(types.floor_area, blocks, row)


assert FloorType.RESIDENTIAL == 0
