"""Energy, bills and outcomes of buildings (stages 7, 10 and 11).

Demand in use = full use of the floor area x occupancy (demand over stock of the type) x service index of the year.
The service index moves light, appliances and cooling; heat follows occupancy alone.
"""

from __future__ import annotations

import numpy as np

from agents.axes import Account, Carrier, Holder, Shape, Stream
from agents.building import (
    KWH_PER_MWH,
    TYPES,
    USES,
    YUAN_PER_MYUAN,
    Buildings,
    FloorType,
    TypeTable,
    Use,
    agent_id,
    demand_of,
)
from agents.building_choice import fuel_price
from agents.compiled import rule, stage
from agents.draws import uniform
from agents.fields import Floats, Records
from agents.gates import STAGES, BuildingStage, GateTable, effective_check, gate_signal
from agents.lending import inject_equity, pay_out, receive
from agents.rooftop import rooftop_yearly, storage_yearly
from agents.world import World

QUOTA_GATE = 6  # index of G7
MONTHS_A_YEAR = 12.0


@rule
def occupancy(demand: float, stock: float, least: float, most: float) -> float:
    """Use of a type's floor area: demand over stock, within the bounds that crowding and vacancy have."""
    if stock <= 0.0:
        return 1.0
    return min(most, max(least, demand / stock))


@rule
def write_stocks(now: Records, areas: Floats, stages: Floats) -> None:
    """Floor area in operation [type] and buildings by stage [stage] into the record."""
    now.floor_area_residential, now.floor_area_office, now.floor_area_retail = areas[0], areas[1], areas[2]
    now.floor_area_hotel, now.floor_area_education = areas[3], areas[4]
    now.floor_area_warehouse, now.floor_area_cold_store = areas[5], areas[6]
    total = 0.0
    for kind in range(TYPES):
        total += areas[kind]
    now.floor_area = total
    now.buildings_planning, now.buildings_design, now.buildings_construction = stages[1], stages[2], stages[3]
    now.buildings_operation, now.buildings_demolition, now.buildings_recycling = stages[4], stages[5], stages[6]


@rule
def count_stock(buildings: Buildings, run: int, areas: Floats, stages: Floats) -> None:
    """Floor area in operation by type, and buildings by stage."""
    areas[:], stages[:] = 0.0, 0.0
    for a in range(buildings.stage.shape[1]):
        state = buildings.stage[run, a]
        stages[state] += 1.0
        if state == BuildingStage.OPERATION:
            areas[buildings.kind[run, a]] += buildings.area[run, a]


@rule
def write_energy(world: World, run: int, year: int, total: Floats) -> None:
    """The account's energy and the outcomes by end use from totals [use]."""
    now = world.record[run, year]
    electricity = total[Use.BASE] + total[Use.COOLING] + total[Use.HEATING] + total[Use.WATER_AND_COOKING]
    world.energy[run, Account.BUILDINGS, Carrier.ELECTRICITY] += electricity
    world.energy[run, Account.BUILDINGS, Carrier.GAS] += total[Use.GAS]
    world.energy[run, Account.BUILDINGS, Carrier.LPG] += total[Use.LPG]
    now.buildings_base_electricity = total[Use.BASE]
    now.buildings_cooling_electricity = total[Use.COOLING]
    now.buildings_heating_electricity = total[Use.HEATING]
    now.buildings_water_cooking_electricity = total[Use.WATER_AND_COOKING]
    now.buildings_gas, now.buildings_lpg = total[Use.GAS], total[Use.LPG]


@stage
def use_energy(world: World, buildings: Buildings, types: TypeTable, year: int) -> None:
    """Stage 7: energy of every building in operation, by account, feeder and load shape; stocks into the record."""
    areas, stages, total = np.zeros(TYPES), np.zeros(STAGES), np.zeros(USES)
    used, service = np.zeros(TYPES), np.zeros(TYPES)
    for run in range(world.seeds.shape[0]):
        p, s, now = world.parameters[run], world.series[run, year], world.record[run, year]
        count_stock(buildings, run, areas, stages)
        write_stocks(now, areas, stages)
        total[:] = 0.0
        for kind in range(TYPES):
            used[kind] = occupancy(
                demand_of(now, kind), areas[kind], p.building_occupancy_least, p.building_occupancy_most
            )
            index = s.building_service_housing if kind == FloorType.RESIDENTIAL else s.building_service_other
            service[kind] = used[kind] * index
        pv, storage, enrolled = 0.0, 0.0, 0.0
        for a in range(buildings.stage.shape[1]):
            if buildings.stage[run, a] != BuildingStage.OPERATION:
                continue
            kind, feeder, use = buildings.kind[run, a], buildings.feeder[run, a], buildings.use[run, a]
            base, cooling = use[Use.BASE] * service[kind], use[Use.COOLING] * service[kind]
            heating, water = use[Use.HEATING] * used[kind], use[Use.WATER_AND_COOKING] * used[kind]
            gas, lpg = use[Use.GAS] * used[kind], use[Use.LPG] * used[kind]
            load = world.load[run, feeder]
            load[types.shape[kind]] += base + water
            load[Shape.COOLING] += cooling
            load[Shape.HEATING] += heating
            total[0] += base
            total[1] += cooling
            total[2] += heating
            total[3] += water
            total[4] += gas
            total[5] += lpg
            buildings.electricity[run, a] = base + cooling + heating + water
            buildings.fuel[run, a] = gas + lpg
            if buildings.rooftop_pv[run, a] > 0.0:
                world.rooftop[run, feeder] += buildings.rooftop_pv[run, a]
                pv += buildings.rooftop_pv[run, a]
            if buildings.storage[run, a] > 0.0:
                world.storage[run, feeder] += buildings.storage[run, a]
                storage += buildings.storage[run, a]
            enrolled += buildings.enrolled[run, a]
        write_energy(world, run, year, total)
        now.buildings_rooftop_pv, now.buildings_storage, now.buildings_enrolled = pv, storage, enrolled


@rule
def own_supply(world: World, buildings: Buildings, types: TypeTable, run: int, a: int, year: int) -> float:
    """What PV and storage take off the electricity bill this year, Myuan."""
    p, saved = world.parameters[run], 0.0
    if buildings.rooftop_pv[run, a] > 0.0:
        age = year - buildings.rooftop_year[run, a]
        yielding = buildings.rooftop_pv[run, a] * (1.0 - p.rooftop_pv_degradation) ** age
        consumption = buildings.electricity[run, a]
        saved += rooftop_yearly(world, run, yielding, consumption, types.tariff[buildings.kind[run, a]])
    if buildings.storage[run, a] > 0.0:
        saved += storage_yearly(world, run, year, buildings.storage[run, a])
    return saved


@rule
def upkeep(world: World, buildings: Buildings, run: int, a: int, year: int) -> float:
    """Fixed cost of PV and storage at this year's prices, and the effort of enrolled flexible load, Myuan/yr."""
    p, s = world.parameters[run], world.series[run, year]
    pv = buildings.rooftop_pv[run, a] * s.capex_rooftop_pv * p.rooftop_pv_fixed_cost
    storage = buildings.storage[run, a] * s.capex_storage * p.storage_fixed_cost
    return (pv + storage) * KWH_PER_MWH / YUAN_PER_MYUAN + buildings.enrolled[run, a] * p.demand_response_effort


@rule
def quota_excess(
    world: World, buildings: Buildings, types: TypeTable, gates: GateTable, run: int, a: int, year: int
) -> float:
    """G7: MWh above the energy quota if the building is compared with it this year, else 0; flags the finding."""
    quota = types.quota[buildings.kind[run, a]]
    buildings.over_quota[run, a] = 0
    if quota <= 0.0 or world.signals[run].energy_quota_on < 0.5:
        return 0.0
    scale, signal = world.parameters[run].gate_check_scale, gate_signal(world.signals[run], QUOTA_GATE)
    strength = effective_check(gates.check_strength[QUOTA_GATE], scale, signal)
    key = agent_id(a, buildings.generation[run, a], buildings.stage.shape[1])
    now = world.record[run, year]
    if uniform(world.seeds[run], key, year, Stream.GATE, QUOTA_GATE) >= strength:
        now.gate_passed_g7 += 1.0
        return 0.0
    now.gate_checked_g7 += 1.0
    excess = buildings.electricity[run, a] - quota * buildings.area[run, a] / KWH_PER_MWH
    if excess <= 0.0:
        now.gate_passed_g7 += 1.0
        return 0.0
    now.gate_caught_g7 += 1.0
    buildings.over_quota[run, a] = 1
    return excess


@rule
def settle_building(
    world: World,
    buildings: Buildings,
    types: TypeTable,
    gates: GateTable,
    run: int,
    a: int,
    first: int,
    year: int,
    bill: float,
    fuel: float,
    carbon: float,
    flexibility: float,
) -> float:
    """One building's year of money; returns what energy cost it, Myuan. Cash above its need goes to the owners."""
    p, b, kind = world.parameters[run], first + a, buildings.kind[run, a]
    income = types.income[kind] * buildings.area[run, a] / YUAN_PER_MYUAN
    running = income * p.building_running_share
    surcharge = quota_excess(world, buildings, types, gates, run, a, year) * world.signals[run].quota_surcharge
    surcharge /= YUAN_PER_MYUAN
    own = own_supply(world, buildings, types, run, a, year) if buildings.rooftop_pv[run, a] > 0.0 else 0.0
    if own == 0.0 and buildings.storage[run, a] > 0.0:
        own = own_supply(world, buildings, types, run, a, year)
    effort, earned = upkeep(world, buildings, run, a, year), buildings.enrolled[run, a] * flexibility
    receive(world, run, b, Holder.OUTSIDE, income)
    pay_out(world, run, b, Holder.OUTSIDE, running + fuel + effort)
    pay_out(world, run, b, Holder.GRID, bill - own - earned)
    pay_out(world, run, b, Holder.BUDGET, carbon + surcharge)
    now = world.record[run, year]
    if surcharge > 0.0:
        now.quota_surcharges += surcharge
    now.buildings_over_quota += float(buildings.over_quota[run, a])
    cost = bill + fuel + carbon + surcharge
    world.borrowers.size[run, b] = income
    world.borrowers.surplus[run, b] = income + own + earned - running - effort - cost
    inject_equity(world, run, b, year)
    keep = income * p.building_cash_months / MONTHS_A_YEAR + world.borrowers.service[run, b]
    spare = world.borrowers.cash[run, b] - keep
    if spare > 0.0:
        pay_out(world, run, b, Holder.OUTSIDE, spare)
    return cost


@stage
def settle(world: World, buildings: Buildings, types: TypeTable, gates: GateTable, first: int, year: int) -> None:
    """Stage 10: income, running costs, energy bills, carbon cost, quota surcharges (G7) and what owners take out.

    Before the bank collects debt service, for which cash is kept.
    """
    gas_price, lpg_price = np.zeros(TYPES), np.zeros(TYPES)
    for run in range(world.seeds.shape[0]):
        p, s, now, signals = world.parameters[run], world.series[run, year], world.record[run, year], world.signals[run]
        carbon_price = signals.carbon_price * signals.carbon_coverage / YUAN_PER_MYUAN
        gas_carbon, lpg_carbon = p.emission_factor_gas * carbon_price, p.emission_factor_lpg * carbon_price
        for kind in range(TYPES):
            gas_price[kind] = fuel_price(world, run, kind, Carrier.GAS) / YUAN_PER_MYUAN - gas_carbon
            lpg_price[kind] = fuel_price(world, run, kind, Carrier.LPG) / YUAN_PER_MYUAN - lpg_carbon
        flexibility, paid = now.flexibility_income_per_mw, 0.0
        for a in range(buildings.stage.shape[1]):
            if buildings.stage[run, a] != BuildingStage.OPERATION:
                continue
            kind, use = buildings.kind[run, a], buildings.use[run, a]
            used = occupancy(
                demand_of(now, kind), floor_area_of(now, kind), p.building_occupancy_least, p.building_occupancy_most
            )
            index = s.building_service_housing if kind == FloorType.RESIDENTIAL else s.building_service_other
            tariff = world.prices.tariff[run, types.tariff[kind]]
            bill = index * (use[Use.BASE] * tariff[types.shape[kind]] + use[Use.COOLING] * tariff[Shape.COOLING])
            bill += use[Use.HEATING] * tariff[Shape.HEATING] + use[Use.WATER_AND_COOKING] * tariff[types.shape[kind]]
            gas, lpg = use[Use.GAS] * used, use[Use.LPG] * used
            paid += settle_building(
                world,
                buildings,
                types,
                gates,
                run,
                a,
                first,
                year,
                bill * used / YUAN_PER_MYUAN,
                gas * gas_price[kind] + lpg * lpg_price[kind],
                gas * gas_carbon + lpg * lpg_carbon,
                flexibility,
            )
        now.buildings_energy_cost = paid


@rule
def floor_area_of(record: Records, kind: int) -> float:
    """Floor area in operation of a type, m2, as use_energy wrote it."""
    if kind == FloorType.RESIDENTIAL:
        return record.floor_area_residential
    if kind == FloorType.OFFICE:
        return record.floor_area_office
    if kind == FloorType.RETAIL:
        return record.floor_area_retail
    if kind == FloorType.HOTEL:
        return record.floor_area_hotel
    if kind == FloorType.EDUCATION:
        return record.floor_area_education
    if kind == FloorType.WAREHOUSE:
        return record.floor_area_warehouse
    return record.floor_area_cold_store
