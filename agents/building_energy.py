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
)
from agents.building_choice import pv_income, storage_income
from agents.building_offer import gas_price, lpg_price
from agents.building_rows import demand_of, rows_of, slots_used
from agents.compiled import rule, stage
from agents.draws import uniform
from agents.fields import Floats, Records
from agents.gates import STAGES, BuildingStage, GateTable, effective_check, gate_signal
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
def count_stock(rows: Records, run: int, areas: Floats, stages: Floats) -> None:
    """Floor area in operation by type, and buildings by stage."""
    areas[:], stages[:] = 0.0, 0.0
    for a in range(slots_used(rows, run)):
        b = rows[run, a]
        stages[b.stage] += 1.0
        if b.stage == BuildingStage.OPERATION:
            areas[b.kind] += b.area


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


def use_energy(world: World, buildings: Buildings, types: TypeTable, year: int) -> None:
    """Stage 7: energy of every building in operation, by account, feeder and load shape; stocks into the record."""
    with rows_of(buildings) as rows:
        use_all(world, rows, types, year)


@stage
def use_all(world: World, rows: Records, types: TypeTable, year: int) -> None:
    """See use_energy."""
    areas, stages, total = np.zeros(TYPES), np.zeros(STAGES), np.zeros(USES)
    used, service = np.zeros(TYPES), np.zeros(TYPES)
    for run in range(world.seeds.shape[0]):
        p, s, now = world.parameters[run], world.series[run, year], world.record[run, year]
        count_stock(rows, run, areas, stages)
        write_stocks(now, areas, stages)
        total[:] = 0.0
        for kind in range(TYPES):
            used[kind] = occupancy(
                demand_of(now, kind), areas[kind], p.building_occupancy_least, p.building_occupancy_most
            )
            index = s.building_service_housing if kind == FloorType.RESIDENTIAL else s.building_service_other
            service[kind] = used[kind] * index
        pv, storage, enrolled = 0.0, 0.0, 0.0
        for a in range(slots_used(rows, run)):
            b = rows[run, a]
            if b.stage != BuildingStage.OPERATION:
                continue
            kind, feeder, use = b.kind, b.feeder, b.use
            base, cooling = use[Use.BASE] * service[kind], use[Use.COOLING] * service[kind]
            heating, water = use[Use.HEATING] * used[kind], use[Use.WATER_AND_COOKING] * used[kind]
            gas, lpg = use[Use.GAS] * used[kind], use[Use.LPG] * used[kind]
            load = world.load[run, feeder]
            load[types.row[kind].load_shape] += base + water
            load[Shape.COOLING] += cooling
            load[Shape.HEATING] += heating
            total[0] += base
            total[1] += cooling
            total[2] += heating
            total[3] += water
            total[4] += gas
            total[5] += lpg
            b.electricity = base + cooling + heating + water
            b.fuel = gas + lpg
            if b.rooftop_pv > 0.0:
                world.rooftop[run, feeder] += b.rooftop_pv
                pv += b.rooftop_pv
            if b.storage > 0.0:
                world.storage[run, feeder] += b.storage
                storage += b.storage
            enrolled += b.enrolled
        write_energy(world, run, year, total)
        now.buildings_rooftop_pv, now.buildings_storage, now.buildings_enrolled = pv, storage, enrolled
        now.flexible_load_enrolled += enrolled


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


@rule
def own_supply(
    p: Records, s: Records, pv: float, storage: float, age: int, consumption: float, solar: float, feed_in: float
) -> float:
    """What PV (MW, ``age`` years old) and storage (MWh) take off the electricity bill this year, Myuan."""
    saved = 0.0
    if pv > 0.0:
        saved += pv_income(p, pv * (1.0 - p.rooftop_pv_degradation) ** age, consumption, solar, feed_in)
    if storage > 0.0:
        saved += storage_income(p, s, storage)
    return saved


@rule
def upkeep(p: Records, s: Records, pv: float, storage: float, enrolled: float) -> float:
    """Fixed cost of PV and storage at this year's prices, and the effort of enrolled flexible load, Myuan/yr."""
    fixed = pv * s.capex_rooftop_pv * p.rooftop_pv_fixed_cost + storage * s.capex_storage * p.storage_fixed_cost
    return fixed * KWH_PER_MWH / YUAN_PER_MYUAN + enrolled * p.demand_response_effort / YUAN_PER_MYUAN


@rule
def quota_excess(now: Records, checked: bool, electricity: float, quota: float, area: float) -> float:
    """G7: MWh above the energy quota (kWh/m2) where the building is compared with it this year, else 0; counted."""
    excess = electricity - quota * area / KWH_PER_MWH
    if checked:
        now.gate_checked_g7 += 1.0
    if not checked or excess <= 0.0:
        now.gate_passed_g7 += 1.0
        return 0.0
    now.gate_caught_g7 += 1.0
    return excess


def settle(world: World, buildings: Buildings, types: TypeTable, gates: GateTable, first: int, year: int) -> None:
    """Stage 10: income, running costs, energy bills, carbon cost, quota surcharges (G7) and what owners take out.

    Runs before the bank collects debt service, for which cash is kept.
    """
    with rows_of(buildings) as rows:
        settle_all(world, rows, types, gates, first, year)


@stage
def settle_all(world: World, rows: Records, types: TypeTable, gates: GateTable, first: int, year: int) -> None:
    """See settle. Cash and payments change by the same amounts."""
    debts = world.borrowers
    for run in range(world.seeds.shape[0]):
        p, s, now, signals = world.parameters[run], world.series[run, year], world.record[run, year], world.signals[run]
        fuel_prices, coverage = world.prices.fuel[run], signals.carbon_price * signals.carbon_coverage
        check = effective_check(gates.check_strength[QUOTA_GATE], p.gate_check_scale, gate_signal(signals, QUOTA_GATE))
        quota_on, surcharge_price = signals.energy_quota_on > 0.5, signals.quota_surcharge / YUAN_PER_MYUAN
        flexibility = 0.0
        if year > 0:  # the aggregator pays for a year in the next one
            flexibility = world.record[run, year - 1].flexibility_income_per_mw / YUAN_PER_MYUAN
        incomes, outside, grid, budget, injected, cost = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        for a in range(slots_used(rows, run)):
            b = rows[run, a]
            if b.stage != BuildingStage.OPERATION:
                continue
            kind, borrower, use = b.kind, first + a, b.use
            t = types.row[kind]
            used = occupancy(
                demand_of(now, kind), floor_area_of(now, kind), p.building_occupancy_least, p.building_occupancy_most
            )
            index = s.building_service_housing if kind == FloorType.RESIDENTIAL else s.building_service_other
            tariff = world.prices.tariff[run, t.tariff]
            bill = index * (use[Use.BASE] * tariff[t.load_shape] + use[Use.COOLING] * tariff[Shape.COOLING])
            bill += use[Use.HEATING] * tariff[Shape.HEATING] + use[Use.WATER_AND_COOKING] * tariff[t.load_shape]
            bill *= used / YUAN_PER_MYUAN
            gas, lpg = use[Use.GAS] * used / YUAN_PER_MYUAN, use[Use.LPG] * used / YUAN_PER_MYUAN
            carbon = coverage * (gas * p.emission_factor_gas + lpg * p.emission_factor_lpg)
            fuel = gas * gas_price(p, signals, fuel_prices, kind) + lpg * lpg_price(p, signals, fuel_prices) - carbon
            surcharge = 0.0
            b.over_quota = 0
            if quota_on and t.quota > 0.0:
                checked = uniform(world.seeds[run], b.identity, year, Stream.GATE, QUOTA_GATE) < check
                excess = quota_excess(now, checked, b.electricity, t.quota, b.area)
                surcharge = excess * surcharge_price
                if excess > 0.0:
                    b.over_quota = 1
                    now.buildings_over_quota += 1.0
                    now.quota_surcharges += surcharge
            pv, storage, enrolled = b.rooftop_pv, b.storage, b.enrolled
            own, effort = 0.0, 0.0
            if pv > 0.0 or storage > 0.0 or enrolled > 0.0:
                solar, feed_in = world.prices.solar_tariff[run, t.tariff], world.prices.feed_in[run]
                age, consumption = year - b.rooftop_year, b.electricity
                own = own_supply(p, s, pv, storage, age, consumption, solar, feed_in) + enrolled * flexibility
                effort = upkeep(p, s, pv, storage, enrolled)
            income = t.income * b.area / YUAN_PER_MYUAN
            running = income * p.building_running_share + fuel + effort
            surplus = income - running - bill + own - carbon - surcharge
            cash = debts.cash[run, borrower] + surplus
            put_in = max(0.0, -cash)
            keep = income * p.building_cash_months / MONTHS_A_YEAR + debts.service[run, borrower]
            taken = max(0.0, cash + put_in - keep)
            debts.cash[run, borrower] = cash + put_in - taken
            debts.size[run, borrower] = income
            debts.surplus[run, borrower] = surplus
            incomes += income
            outside += running + taken
            grid += bill - own
            budget += carbon + surcharge
            injected += put_in
            cost += bill + fuel + carbon + surcharge
        world.payments[run, Holder.OUTSIDE, Holder.BUILDINGS] += incomes + injected
        world.payments[run, Holder.BUILDINGS, Holder.OUTSIDE] += outside
        world.payments[run, Holder.BUILDINGS, Holder.GRID] += grid
        world.payments[run, Holder.BUILDINGS, Holder.BUDGET] += budget
        now.equity_injected += injected
        now.buildings_energy_cost = cost
