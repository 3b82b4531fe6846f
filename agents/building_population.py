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
    Technology,
    TypeTable,
    Use,
    agent_id,
    efficiency_of,
    life_of,
    refresh_use,
)
from agents.compiled import rule, stage
from agents.draws import normal, uniform
from agents.fields import Floats, Integers, Records
from agents.gates import BuildingStage, unasked_reduction
from agents.investment_parameters import MWH_PER_TCE
from agents.world import World

# Draws of Stream.POPULATION, so that no two attributes share one.
(SIZE, INTENSITY, AGE, OWNER, ATTITUDE, DEVELOPER, TECHNOLOGY_DRAW, EQUIPMENT_AGE) = (0, 2, 4, 5, 6, 7, 10, 20)
PIPELINE_STAGES = 3  # planning, design, construction


@rule
def weibull_life(u: float, mean: float, shape: float, age: float) -> float:
    """Life drawn from a Weibull age hazard, yr, of a building that has already reached ``age``; u uniform in (0, 1)."""
    scale = mean / math.gamma(1.0 + 1.0 / shape)
    return scale * ((age / scale) ** shape - math.log(u)) ** (1.0 / shape)


@rule
def draw_owner(buildings: Buildings, types: TypeTable, p: Records, run: int, a: int, key: int, seed: int) -> None:
    """Owner's attributes: share of savings as developer and in operation, attitude, hurdle rate."""
    kind = buildings.kind[run, a]
    u = uniform(seed, key, 0, Stream.POPULATION, DEVELOPER)
    share = p.split_share_speculative
    if u < types.own_use[kind]:
        share = 1.0
    elif u < types.own_use[kind] + types.sold[kind]:
        share = p.split_share_sold
    buildings.developer_share[run, a] = share
    occupies = uniform(seed, key, 0, Stream.POPULATION, OWNER) < types.owner_occupied[kind]
    buildings.owner_share[run, a] = 1.0 if occupies else p.split_share_speculative
    mean = p.building_attitude_mean
    attitude = uniform(seed, key, 0, Stream.POPULATION, ATTITUDE)
    buildings.attitude[run, a] = min(1.0, max(0.0, mean + (2.0 * attitude - 1.0) * min(mean, 1.0 - mean)))
    buildings.hurdle[run, a] = types.hurdle[kind]


@rule
def draw_intensity(buildings: Buildings, types: TypeTable, p: Records, run: int, a: int, key: int, seed: int) -> None:
    """Demand by end use: the type's, times the building's own lognormal factor of mean one."""
    spread = p.building_intensity_spread
    factor = math.exp(spread * normal(seed, key, 0, Stream.POPULATION, INTENSITY) - 0.5 * spread * spread)
    for use in range(END_USES):
        buildings.intensity[run, a, use] = types.intensity[buildings.kind[run, a], use] * factor


@rule
def share_to_technology(shares: Floats, u: float) -> int:
    """Technology index at quantile u of the shares [technology]."""
    reached = 0.0
    last = 0
    for option in range(TECHNOLOGIES):
        if shares[option] > 0.0:
            reached += shares[option]
            last = option
            if u < reached:
                return option
    return last


@rule
def install_system(
    buildings: Buildings, p: Records, s: Records, run: int, a: int, system: int, option: int, year: int, u: float
) -> None:
    """Put in a system of the year's efficiency, with a life drawn around its mean."""
    buildings.technology[run, a, system] = option
    buildings.efficiency[run, a, system] = efficiency_of(p, s, system, option)
    buildings.installed[run, a, system] = year
    buildings.equipment_life[run, a, system] = life_of(p, system, option) * (
        1.0 + p.building_equipment_life_spread * (2.0 * u - 1.0)
    )


@rule
def populate_building(
    buildings: Buildings, types: TypeTable, world: World, run: int, a: int, kind: int, capacity: int
) -> None:
    """One building of the base stock, before scaling."""
    p, s, seed, key = world.parameters[run], world.series[run, 0], world.seeds[run], agent_id(a, 0, capacity)
    buildings.kind[run, a] = kind
    buildings.stage[run, a] = BuildingStage.OPERATION
    spread = p.building_size_spread
    buildings.area[run, a] = math.exp(spread * normal(seed, key, 0, Stream.POPULATION, SIZE))
    age = math.floor(uniform(seed, key, 0, Stream.POPULATION, AGE) * p.building_oldest_2020)
    buildings.completed[run, a] = -int(age)
    buildings.since[run, a] = -int(age)
    buildings.lifetime[run, a] = weibull_life(
        uniform(seed, key, 0, Stream.LIFETIME, 0), p.building_life_mean, p.building_life_shape, age
    )
    buildings.operation_factor[run, a] = 1.0
    draw_owner(buildings, types, p, run, a, key, seed)
    draw_intensity(buildings, types, p, run, a, key, seed)
    for system in range(SYSTEMS):
        option = share_to_technology(
            types.technology[kind, system], uniform(seed, key, 0, Stream.POPULATION, TECHNOLOGY_DRAW + system)
        )
        install_system(buildings, p, s, run, a, system, option, 0, uniform(seed, key, 0, Stream.LIFETIME, 1 + system))
        old = uniform(seed, key, 0, Stream.POPULATION, EQUIPMENT_AGE + system)
        buildings.installed[run, a, system] = -int(old * buildings.equipment_life[run, a, system])


@rule
def scale_floor_area(buildings: Buildings, types: TypeTable, run: int, count: int) -> None:
    """Scale block sizes so that each type's floor area is exactly the base year's."""
    for kind in range(TYPES):
        total = 0.0
        for a in range(count):
            if buildings.kind[run, a] == kind:
                total += buildings.area[run, a]
        for a in range(count):
            if buildings.kind[run, a] == kind:
                buildings.area[run, a] *= types.floor_area[kind] / total


@rule
def scale_energy(buildings: Buildings, world: World, run: int, count: int) -> None:
    """Scale demands so that the base year's electricity, gas and LPG hold exactly.

    Each demand is scaled by the carrier that serves it, so the three scales do not disturb one another.
    """
    electricity, gas, lpg = 0.0, 0.0, 0.0
    p = world.parameters[run]
    for a in range(count):
        refresh_use(buildings, p, run, a)
        use = buildings.use[run, a]
        electricity += use[Use.BASE] + use[Use.COOLING] + use[Use.HEATING] + use[Use.WATER_AND_COOKING]
        gas += use[Use.GAS]
        lpg += use[Use.LPG]
    target = world.base_energy[run, Account.BUILDINGS]
    electric_scale = target[Carrier.ELECTRICITY] / electricity
    gas_scale = target[Carrier.GAS] / gas if gas > 0.0 else 1.0
    lpg_scale = target[Carrier.LPG] / lpg if lpg > 0.0 else 1.0
    now = world.record[run, 0]
    now.buildings_scale_electricity, now.buildings_scale_gas = electric_scale, gas_scale
    now.buildings_scale_lpg = lpg_scale
    for a in range(count):
        buildings.intensity[run, a, 0] *= electric_scale
        buildings.intensity[run, a, 1] *= electric_scale
        for system in range(SYSTEMS):
            option = buildings.technology[run, a, system]
            scale = electric_scale
            if option == Technology.GAS:
                scale = gas_scale
            elif option == Technology.LPG:
                scale = lpg_scale
            buildings.intensity[run, a, system + FIRST_HEAT_USE] *= scale
        refresh_use(buildings, p, run, a)


@rule
def populate_project(
    buildings: Buildings, types: TypeTable, world: World, run: int, a: int, kind: int, cohort: int, area: float
) -> None:
    """One project under way at the end of 2020; cohort 0 was listed this year, 1 the year before, and so on."""
    p, seed, key = world.parameters[run], world.seeds[run], agent_id(a, 0, buildings.stage.shape[1])
    buildings.kind[run, a] = kind
    buildings.stage[run, a] = min(BuildingStage.PLANNING + cohort, int(BuildingStage.CONSTRUCTION))
    buildings.since[run, a] = -max(0, cohort - (PIPELINE_STAGES - 1))
    buildings.area[run, a] = area
    if cohort < PIPELINE_STAGES - 1:
        buildings.listed_rate[run, a] = p.lifecycle_listed_rate_2020
    else:
        buildings.funded[run, a] = 1
    draw_owner(buildings, types, p, run, a, key, seed)
    saving = types.saving_years[kind] * reference_cost(types, world, run, kind) * buildings.developer_share[run, a]
    buildings.design_rate[run, a] = unasked_reduction(saving, p.lifecycle_cost_linear, p.lifecycle_cost_quadratic)


@rule
def populate_pipeline(buildings: Buildings, types: TypeTable, world: World, run: int, count: int) -> None:
    """Projects under way at the end of 2020: a year's completions in planning, in design and in each year of building.

    Those listed in 2019 and 2020 carry the indicative rate of N13; owners propose what pays unasked.
    """
    p, capacity = world.parameters[run], buildings.stage.shape[1]
    a = count
    cohorts = PIPELINE_STAGES - 1 + int(p.building_construction_years)
    for kind in range(TYPES):
        wanted = types.blocks[kind] * p.building_new_share_2020
        projects = max(1, int(min(wanted, p.building_projects_per_type)))
        area = types.floor_area[kind] * p.building_new_share_2020 / projects
        for cohort in range(cohorts):
            for _ in range(projects):
                if a < capacity:
                    populate_project(buildings, types, world, run, a, kind, cohort, area)
                    a += 1


@rule
def reference_cost(types: TypeTable, world: World, run: int, kind: int) -> float:
    """Yearly energy cost of the reference building, yuan/m2, at this year's prices with the carbon price paid on fuel.

    Its present value over the owner's horizon is S of MODEL 3, so tariffs and carbon prices move what owners propose.
    """
    p, prices, signals = world.parameters[run], world.prices, world.signals[run]
    tariff = prices.tariff[run, types.tariff[kind], types.shape[kind]]
    carbon = signals.carbon_price * signals.carbon_coverage * p.emission_factor_gas
    ratio = p.household_gas_price_ratio if kind == 0 else 1.0
    fuel = (prices.fuel[run, Carrier.GAS] * ratio + carbon) / MWH_PER_TCE
    return (types.reference_electricity[kind] * tariff + types.reference_fuel[kind] * fuel) / KWH_PER_MWH


@rule
def open_account(buildings: Buildings, types: TypeTable, world: World, run: int, a: int, first: int) -> None:
    """Size of the borrower and, in the base year, its first cash."""
    p, b = world.parameters[run], first + a
    income = types.income[buildings.kind[run, a]] * buildings.area[run, a] / YUAN_PER_MYUAN
    world.borrowers.size[run, b] = income
    world.borrowers.surplus[run, b] = income * (1.0 - p.building_running_share)
    if buildings.stage[run, a] == BuildingStage.OPERATION:
        world.borrowers.cash[run, b] = income * p.building_cash_months / 12.0


@stage
def populate(world: World, buildings: Buildings, types: TypeTable, feeder_of_slot: Integers, first: int) -> None:
    """Fill the columns for the base year, for all runs.

    ``feeder_of_slot`` [buildings] gives the feeder that each slot hangs on, ``first`` the borrower of slot 0. The
    numbers of agents come from ``types.blocks``; the capacity of the columns must leave room for new buildings.
    """
    capacity = buildings.stage.shape[1]
    for run in range(world.seeds.shape[0]):
        count = 0
        for kind in range(TYPES):
            for _ in range(types.blocks[kind]):
                populate_building(buildings, types, world, run, count, kind, capacity)
                count += 1
        scale_floor_area(buildings, types, run, count)
        scale_energy(buildings, world, run, count)
        populate_pipeline(buildings, types, world, run, count)
        for a in range(capacity):
            buildings.feeder[run, a] = feeder_of_slot[a]
            for system in range(SYSTEMS):
                buildings.plan[run, a, system] = -1
            open_account(buildings, types, world, run, a, first)


def scaled_blocks(types: TypeTable, agents: int) -> TypeTable:
    """The type table with its blocks scaled to about ``agents`` buildings, at least one a type."""
    scaled = np.maximum(1, np.round(types.blocks * (agents / types.blocks.sum()))).astype(np.int64)
    return types._replace(blocks=scaled)
