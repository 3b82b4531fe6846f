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
    SYSTEMS,
    TECHNOLOGIES,
    TYPES,
    USES,
    Buildings,
    FloorType,
    Technology,
    TypeTable,
    Use,
)
from agents.building_rows import (
    NOT_NEEDED,
    agent_id,
    clear_slot,
    efficiency_of,
    life_of,
    put_in_system,
    refresh_use,
    rows_of,
    set_next_end,
    slots_used,
)
from agents.compiled import rule, stage
from agents.draw_lanes import draw_normals
from agents.draws import fill_uniform, normal, uniform
from agents.fields import Floats, Integers, Records
from agents.gates import BuildingStage, unasked_reduction
from agents.investment_parameters import MWH_PER_TCE
from agents.row_parts import RowParts
from agents.units import KWH, YUAN
from agents.vector_math import exponential, logarithm
from agents.world import World, runs_of

# Draws of Stream.POPULATION, so that no two attributes share one (a normal takes two).
SIZE, INTENSITY, AGE, OWNER, ATTITUDE, DEVELOPER, TECHNOLOGY_DRAW, EQUIPMENT_AGE = 0, 1, 4, 5, 6, 7, 10, 20
# The draws of all standing buildings of a run side by side, [row, building]: a row for each of the draws above, then
# those of Stream.LIFETIME (the building's, its systems'), then working space.
LIVES = EQUIPMENT_AGE + SYSTEMS
TURNS = LIVES + 1 + SYSTEMS
LUCK = TURNS + 1
SYSTEM_DRAWS = [first + system for first in (TECHNOLOGY_DRAW, EQUIPMENT_AGE) for system in range(SYSTEMS)]
UNIFORM_DRAWS = (AGE, OWNER, ATTITUDE, *SYSTEM_DRAWS)
PIPELINE_STAGES = 3  # planning, design, construction
LAST_UNDER_WAY = int(BuildingStage.CONSTRUCTION)
MONTHS_A_YEAR = 12.0
TINY = 1e-300  # has a logarithm, and no power of it changes a sum


@rule
def weibull_scale(mean: float, shape: float) -> float:
    """Scale of a Weibull distribution of lives, yr, from its mean and shape; one number a run."""
    return mean / math.gamma(1.0 + 1.0 / shape)


@rule
def weibull_life(u: float, scale: float, shape: float, age: float) -> float:
    """Life drawn from a Weibull age hazard, yr, of a building that has already reached ``age``; u uniform in (0, 1)."""
    return scale * ((age / scale) ** shape - math.log(u)) ** (1.0 / shape)


@rule
def weibull_lives(u: Floats, scale: float, shape: float, age: Floats, hazard: Floats) -> None:
    """Replace uniform numbers by the lives that ``weibull_life`` gives, side by side; ``hazard`` is working space."""
    for a in range(len(u)):
        hazard[a] = exponential(shape * logarithm(max(age[a] / scale, TINY)))
    for a in range(len(u)):
        hazard[a] -= logarithm(u[a])
    for a in range(len(u)):
        u[a] = scale * exponential(logarithm(hazard[a]) / shape)


@rule
def developer_share(b: Records, t: Records, p: Records, seed: int) -> float:
    """Share of the saving that a project's developer keeps (own_com): all of it who builds for own use."""
    u = uniform(seed, b.identity, 0, Stream.POPULATION, DEVELOPER)
    if u < t.own_use:
        return 1.0
    return float(p.split_share_sold if u < t.own_use + t.sold else p.split_share_speculative)


@rule
def set_owner(b: Records, t: Records, p: Records, occupier: float, attitude: float) -> None:
    """Owner's attributes by two uniform numbers: share of savings in operation, attitude."""
    b.owner_share = 1.0 if occupier < t.owner_occupied else p.split_share_speculative
    mean = p.building_attitude_mean
    b.attitude = mean + (2.0 * attitude - 1.0) * min(mean, 1.0 - mean)


@rule
def draw_owner(b: Records, t: Records, p: Records, seed: int) -> None:
    """Attributes of the owner of one building."""
    occupier = uniform(seed, b.identity, 0, Stream.POPULATION, OWNER)
    set_owner(b, t, p, occupier, uniform(seed, b.identity, 0, Stream.POPULATION, ATTITUDE))


@rule
def intensity_exponent(p: Records, normal_number: float) -> float:
    """Logarithm of a building's own factor on its type's demand, lognormal with mean one."""
    spread = p.building_intensity_spread
    return spread * normal_number - 0.5 * spread * spread


@rule
def set_intensity(b: Records, t: Records, factor: float) -> None:
    """Demand by end use: the type's, times the building's own factor."""
    for use in range(END_USES):
        b.intensity[use] = t.intensity[use] * factor


@rule
def draw_intensity(b: Records, t: Records, p: Records, seed: int) -> None:
    """Demand of one building by end use."""
    number = normal(seed, b.identity, 0, Stream.POPULATION, INTENSITY)
    set_intensity(b, t, math.exp(intensity_exponent(p, number)))


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
def draw_luck(luck: Floats, p: Records, seed: int, identity: Integers) -> None:
    """Every draw of a run's standing buildings.

    The rows of SIZE and INTENSITY become the buildings' own factors, those of AGE and LIVES years.
    """
    number = identity.shape[0]
    for draw in UNIFORM_DRAWS:
        fill_uniform(luck[draw], seed, identity, number, 0, Stream.POPULATION, draw)
    for life in range(1 + SYSTEMS):
        fill_uniform(luck[LIVES + life], seed, identity, number, 0, Stream.LIFETIME, life)
    size, intensity = luck[SIZE], luck[INTENSITY]
    draw_normals(seed, identity, 0, Stream.POPULATION, SIZE, luck[TURNS], size)
    draw_normals(seed, identity, 0, Stream.POPULATION, INTENSITY, luck[TURNS], intensity)
    for a in range(number):
        size[a] = exponential(p.building_size_spread * size[a])
        intensity[a] = exponential(intensity_exponent(p, intensity[a]))
    age, scale = luck[AGE], weibull_scale(p.building_life_mean, p.building_life_shape)
    for a in range(number):
        age[a] = math.floor(age[a] * p.building_oldest_2020)
    weibull_lives(luck[LIVES], scale, p.building_life_shape, age, luck[TURNS])


@rule
def populate_standing(b: Records, t: Records, p: Records, s: Records, luck: Floats, a: int) -> None:
    """One building of the base stock, before scaling, by its draws luck[:, a]."""
    b.stage = BuildingStage.OPERATION + 0
    b.area = luck[SIZE, a]
    b.completed = -int(luck[AGE, a])
    b.since = -int(luck[AGE, a])
    b.lifetime = luck[LIVES, a]
    b.operation_factor = 1.0
    set_owner(b, t, p, luck[OWNER, a], luck[ATTITUDE, a])
    set_intensity(b, t, luck[INTENSITY, a])
    spread = p.building_equipment_life_spread
    for system in range(SYSTEMS):
        option = usual_technology(t, system, luck[TECHNOLOGY_DRAW + system, a])
        life, efficiency = life_of(p, system, option), efficiency_of(p, s, system, option)
        put_in_system(b, system, option, life, efficiency, spread, 0, luck[LIVES + 1 + system, a])
        if b.equipment_life[system] < NOT_NEEDED:
            b.installed[system] = -int(luck[EQUIPMENT_AGE + system, a] * b.equipment_life[system])
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
    kept = saving * developer_share(b, t, p, seed)
    b.design_rate = unasked_reduction(kept, p.lifecycle_cost_linear, p.lifecycle_cost_quadratic)


@rule
def reference_cost(t: Records, p: Records, signals: Records, tariff: Floats, fuel: Floats, housing: bool) -> float:
    """Yearly energy cost of the reference building, yuan/m2, at this year's prices with the carbon price paid on fuel.

    ``tariff`` [tariff class, shape] in yuan/MWh, ``fuel`` [carrier] in yuan/tce. Its present value over the owner's
    horizon is S of MODEL 3, so tariffs and carbon prices move what owners propose.
    """
    gas = fuel[Carrier.GAS] * (p.household_gas_price_ratio if housing else 1.0)
    gas += signals.carbon_price * signals.carbon_coverage * p.emission_factor_gas
    electric = t.reference_electricity * tariff[t.tariff, t.load_shape]
    return (electric + t.reference_fuel * gas / MWH_PER_TCE) * KWH


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
def draw_stock(world: World, rows: RowParts, types: TypeTable, feeder_of_slot: Integers, first: int) -> None:
    """Draw all buildings and projects of the base year in empty ``rows`` [runs, buildings]; see ``populate``."""
    capacity, number = feeder_of_slot.shape[0], count_blocks(types.blocks)
    identity, luck = np.empty(number, np.int64), np.empty((LUCK, number))
    size, total = np.empty(TYPES), np.empty(USES)
    for a in range(number):
        identity[a] = agent_id(a, 0, capacity)
    for run in runs_of(world):
        p, s, signals, seed = world.parameters[run], world.series[run, 0], world.signals[run], world.seeds[run]
        standing = count_blocks(types.blocks)
        kind, left, cohort = 0, types.blocks[0], -1
        draw_luck(luck, p, seed, identity)
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
                    populate_standing(b, t, p, s, luck, a)
                else:
                    area = types.floor_area[kind] * p.building_new_share_2020 / projects_of(types.blocks[kind], p)
                    cost = reference_cost(t, p, signals, world.prices.tariff[run], world.prices.fuel[run], kind == 0)
                    populate_project(b, t, p, seed, cohort, area, t.saving_years * cost)
        close_base_year(world, rows, types, run, standing, size, total)
        open_accounts(world, rows, types, run, first)


@rule
def projects_of(blocks: int, p: Records) -> int:
    """Projects of a type in each year's cohort under way in 2020."""
    return max(1, int(min(blocks * p.building_new_share_2020, p.building_projects_per_type)))


@rule
def close_base_year(world: World, rows: RowParts, types: TypeTable, run: int, standing: int, size: Floats,
                    total: Floats) -> None:  # fmt: skip
    """Scale floor areas and demands to the base year, exactly; ``size`` [type] and ``total`` [use] are working space.

    Each demand is scaled by the carrier that serves it, so the scales of electricity, gas and LPG do not disturb one
    another; they are recorded as outcomes of 2020.
    """
    target, now = world.base_energy[run, Account.BUILDINGS], world.record[run, 0]
    size[:], total[:] = 0.0, 0.0
    for a in range(standing):
        b = rows[run, a]
        size[b.kind] += b.area
    for kind in range(TYPES):
        size[kind] = types.floor_area[kind] / size[kind]
    for a in range(standing):
        b = rows[run, a]
        b.area *= size[b.kind]
        for use in range(USES):
            b.use[use] *= size[b.kind]
            total[use] += b.use[use]
    power = total[Use.BASE] + total[Use.COOLING] + total[Use.HEATING] + total[Use.WATER_AND_COOKING]
    electric = closing_scale(target[Carrier.ELECTRICITY], power)
    gas, lpg = closing_scale(target[Carrier.GAS], total[Use.GAS]), closing_scale(target[Carrier.LPG], total[Use.LPG])
    now.buildings_scale_electricity, now.buildings_scale_gas, now.buildings_scale_lpg = electric, gas, lpg
    for a in range(standing):
        b = rows[run, a]
        for use in range(Use.GAS):
            b.use[use] *= electric
        b.use[Use.GAS] *= gas
        b.use[Use.LPG] *= lpg
        for use in range(FIRST_HEAT_USE):
            b.intensity[use] *= electric
        for system in range(SYSTEMS):
            on_gas, on_lpg = b.technology[system] == Technology.GAS, b.technology[system] == Technology.LPG
            b.intensity[FIRST_HEAT_USE + system] *= gas if on_gas else lpg if on_lpg else electric


@rule
def closing_scale(target: float, total: float) -> float:
    """What brings a total to its target; one where there is nothing to scale."""
    return target / total if total > 0.0 else 1.0


@rule
def open_accounts(world: World, rows: RowParts, types: TypeTable, run: int, first: int) -> None:
    """Size of each borrower and, for buildings in operation, its first cash, Myuan."""
    p, debts = world.parameters[run], world.borrowers
    for a in range(slots_used(rows, run)):
        b = rows[run, a]
        income = types.row[b.kind].income * b.area * YUAN
        debts.size[run, first + a] = income
        debts.surplus[run, first + a] = income * (1.0 - p.building_running_share)
        if b.stage == BuildingStage.OPERATION:
            debts.cash[run, first + a] = income * p.building_cash_months / MONTHS_A_YEAR


def populate(world: World, buildings: Buildings, types: TypeTable, feeder_of_slot: Integers, first: int) -> None:
    """Fill empty columns for the base year, for all runs.

    ``feeder_of_slot`` [slots] gives the feeder of each slot that the park can have, at least as many as the columns
    hold; ``first`` is the borrower of slot 0. The numbers of agents come from ``types.blocks``.
    """
    draw_stock(world, rows_of(buildings), types, feeder_of_slot, first)


def scaled_blocks(types: TypeTable, agents: int) -> TypeTable:
    """The type table with its blocks scaled to about ``agents`` buildings, at least one a type."""
    blocks = np.maximum(1, np.round(types.blocks * (agents / types.blocks.sum()))).astype(np.int64)
    row = types.row.copy()
    row.block = types.floor_area / blocks
    return TypeTable(types.floor_area, blocks, row)


assert FloorType.RESIDENTIAL == 0
