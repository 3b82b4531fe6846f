"""Energy, bills and outcomes of buildings (stages 7, 10 and 11).

Demand in use = full use of the floor area x occupancy (demand over stock of the type) x service index of the year.
The service index moves light, appliances and cooling; heat follows occupancy alone.
"""

from __future__ import annotations

import numpy as np

from agents.axes import Account, Carrier, Holder, Shape, Stream
from agents.building import TYPES, USES, Buildings, FloorType, TypeTable, Use
from agents.building_offer import gas_price, lpg_price
from agents.building_rows import demand_of, rows_of, slots_used
from agents.building_stock import count_stock, floor_area_of, write_stocks
from agents.compiled import rule, stage
from agents.draws import uniform
from agents.fields import Floats, Records
from agents.gates import STAGES, BuildingStage, GateTable, effective_check, gate_signal
from agents.rooftop import solar_income, storage_income
from agents.row_parts import RowParts
from agents.units import KWH, KWH_PER_MWH, YUAN
from agents.world import World, runs_of

QUOTA_GATE = 6  # index of G7
MONTHS_A_YEAR = 12.0


@rule
def occupancy(demand: float, stock: float, least: float, most: float) -> float:
    """Use of a type's floor area: demand over stock, within the bounds that crowding and vacancy have."""
    if stock <= 0.0:
        return 1.0
    return min(most, max(least, demand / stock))


@rule
def set_factors(factors: Floats, areas: Floats, now: Records, s: Records, p: Records) -> None:
    """This year's use over full use at 2020 service, [type, use]: occupancy, times the service index where it moves.

    ``areas`` [type] is the floor area in operation.
    """
    for kind in range(TYPES):
        used = occupancy(demand_of(now, kind), areas[kind], p.building_occupancy_least, p.building_occupancy_most)
        index = s.building_service_housing if kind == FloorType.RESIDENTIAL else s.building_service_other
        for use in range(USES):
            factors[kind, use] = used
        factors[kind, Use.BASE], factors[kind, Use.COOLING] = used * index, used * index


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
    use_all(world, rows_of(buildings), types, year)


@stage
def use_all(world: World, rows: RowParts, types: TypeTable, year: int) -> None:
    """See use_energy."""
    areas, stages, factors, total = np.zeros(TYPES), np.zeros(STAGES), np.zeros((TYPES, USES)), np.zeros(USES)
    shapes = np.zeros(TYPES, np.uint8)
    for kind in range(TYPES):
        shapes[kind] = types.row[kind].load_shape
    for run in runs_of(world):
        p, s, now = world.parameters[run], world.series[run, year], world.record[run, year]
        if year == 0:  # later the gates stage writes what it leaves standing
            count_stock(rows, run, areas, stages)
            write_stocks(now, areas, stages)
        for kind in range(TYPES):
            areas[kind] = floor_area_of(now, kind)
        set_factors(factors, areas, now, s, p)
        loads, rooftop, batteries = world.load[run], world.rooftop[run], world.storage[run]
        bases, coolings, heatings, waters, gases, lpgs = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        pv, storage, enrolled = 0.0, 0.0, 0.0
        for a in range(slots_used(rows, run)):
            b = rows[run, a]
            if b.stage != BuildingStage.OPERATION:
                continue
            kind, feeder, use = b.kind, b.feeder, b.use
            factor, load = factors[kind], loads[feeder]
            base, cooling = use[Use.BASE] * factor[Use.BASE], use[Use.COOLING] * factor[Use.COOLING]
            heating = use[Use.HEATING] * factor[Use.HEATING]
            water = use[Use.WATER_AND_COOKING] * factor[Use.WATER_AND_COOKING]
            gas, lpg = use[Use.GAS] * factor[Use.GAS], use[Use.LPG] * factor[Use.LPG]
            load[shapes[kind]] += base + water
            load[Shape.COOLING] += cooling
            load[Shape.HEATING] += heating
            bases += base
            coolings += cooling
            heatings += heating
            waters += water
            gases += gas
            lpgs += lpg
            b.electricity = base + cooling + heating + water
            b.fuel = gas + lpg
            rooftop[feeder] += b.rooftop_pv  # adding nothing costs less than asking whether there is any
            batteries[feeder] += b.storage
            pv += b.rooftop_pv
            storage += b.storage
            enrolled += b.enrolled
        total[Use.BASE], total[Use.COOLING], total[Use.HEATING] = bases, coolings, heatings
        total[Use.WATER_AND_COOKING], total[Use.GAS], total[Use.LPG] = waters, gases, lpgs
        write_energy(world, run, year, total)
        now.buildings_rooftop_pv, now.buildings_storage, now.buildings_enrolled = pv, storage, enrolled
        now.flexible_load_enrolled += enrolled


@rule
def upkeep(p: Records, s: Records, pv: float, storage: float, enrolled: float) -> float:
    """Fixed cost of PV and storage at this year's prices, and the effort of enrolled flexible load, Myuan/yr."""
    fixed = pv * s.capex_rooftop_pv * p.rooftop_pv_fixed_cost + storage * s.capex_storage * p.storage_fixed_cost
    return fixed * KWH_PER_MWH * YUAN + enrolled * p.demand_response_effort * YUAN


@rule
def quota_excess(now: Records, checked: bool, electricity: float, quota: float, area: float) -> float:
    """G7: MWh above the energy quota (kWh/m2) where the building is compared with it this year, else 0; counted."""
    excess = electricity - quota * area * KWH
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
    settle_all(world, rows_of(buildings), types, gates, first, year)


@rule
def yield_at(p: Records, age: int) -> float:
    """Yield of PV at an age in years over that of its first year."""
    return (1.0 - p.rooftop_pv_degradation) ** age


@rule
def set_prices_of_use(
    prices: Floats,
    factors: Floats,
    types: TypeTable,
    p: Records,
    signals: Records,
    tariff: Floats,
    fuel: Floats,
) -> None:
    """What a unit of each use at full use costs this year, carbon price included, Myuan per MWh or tce, [type, use].

    ``factors`` as of set_factors, ``tariff`` [tariff class, shape] in yuan/MWh, ``fuel`` [carrier] in yuan/tce.
    """
    for kind in range(TYPES):
        t = types.row[kind]
        prices[kind, Use.BASE] = tariff[t.tariff, t.load_shape]
        prices[kind, Use.COOLING] = tariff[t.tariff, Shape.COOLING]
        prices[kind, Use.HEATING] = tariff[t.tariff, Shape.HEATING]
        prices[kind, Use.WATER_AND_COOKING] = tariff[t.tariff, t.load_shape]
        prices[kind, Use.GAS] = gas_price(p, signals, fuel, kind)
        prices[kind, Use.LPG] = lpg_price(p, signals, fuel)
        for use in range(USES):
            prices[kind, use] *= factors[kind, use] * YUAN


@rule
def surcharge_of(b: Records, now: Records, quota: float, price: float, seed: int, check: float, year: int) -> float:
    """G7: surcharge, Myuan, of a building that is compared with its quota (kWh/m2) and lies above; counted.

    ``price`` in Myuan/MWh, ``check`` is the gate's strength.
    """
    checked = uniform(seed, b.identity, year, Stream.GATE, QUOTA_GATE) < check
    excess = quota_excess(now, checked, b.electricity, quota, b.area)
    if excess <= 0.0:
        return 0.0
    b.over_quota = 1
    now.buildings_over_quota += 1.0
    now.quota_surcharges += excess * price
    return excess * price


@rule
def carbon_cost(p: Records, signals: Records, now: Records) -> float:
    """What all buildings' gas and LPG of the year costs in carbon, Myuan; part of their price of fuel."""
    burnt = now.buildings_gas * p.emission_factor_gas + now.buildings_lpg * p.emission_factor_lpg
    return signals.carbon_price * signals.carbon_coverage * burnt * YUAN


@stage
def settle_all(world: World, rows: RowParts, types: TypeTable, gates: GateTable, first: int, year: int) -> None:
    """See settle. Cash and payments change by the same amounts.

    What is proportional to floor area, use, storage or enrolled load has one rate a type and run; its totals follow
    from those of use_energy, so that the loop over buildings adds up only what differs from one to the next.
    """
    debts, areas, factors, prices = world.borrowers, np.zeros(TYPES), np.zeros((TYPES, USES)), np.zeros((TYPES, USES))
    income_of, quota_of, yield_left = np.zeros(TYPES), np.zeros(TYPES), np.zeros(year + 1)
    for run in runs_of(world):
        p, s, now, signals = world.parameters[run], world.series[run, year], world.record[run, year], world.signals[run]
        feed_in, solar = world.prices.feed_in[run], world.prices.solar_tariff[run]
        incomes, quota_on = 0.0, signals.energy_quota_on > 0.5
        for kind in range(TYPES):
            areas[kind] = floor_area_of(now, kind)
            income_of[kind] = types.row[kind].income * YUAN
            quota_of[kind] = types.row[kind].quota if quota_on else 0.0
            incomes += income_of[kind] * areas[kind]
        set_factors(factors, areas, now, s, p)
        set_prices_of_use(prices, factors, types, p, signals, world.prices.tariff[run], world.prices.fuel[run])
        for age in range(year + 1):  # a power a year of age, not one a building
            yield_left[age] = yield_at(p, age)
        check = effective_check(gates.check_strength[QUOTA_GATE], p.gate_check_scale, gate_signal(signals, QUOTA_GATE))
        surcharge_price = signals.quota_surcharge * YUAN
        flexibility = 0.0
        if year > 0:  # the aggregator pays for a year in the next one
            flexibility = world.record[run, year - 1].flexibility_income_per_mw * YUAN
        arbitrage, upkeep_pv = storage_income(p, s, 1.0), upkeep(p, s, 1.0, 0.0, 0.0)
        storage_gain = arbitrage - upkeep(p, s, 0.0, 1.0, 0.0)
        enrolled_gain = flexibility - upkeep(p, s, 0.0, 0.0, 1.0)
        margin, months = 1.0 - p.building_running_share, p.building_cash_months / MONTHS_A_YEAR
        cash_of, service_of, size_of, surplus_of = (
            debts.cash[run],
            debts.service[run],
            debts.size[run],
            debts.surplus[run],
        )
        bills, fuels, solars, surcharges, injected, taken = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        for a in range(slots_used(rows, run)):
            b = rows[run, a]
            if b.stage != BuildingStage.OPERATION:
                continue
            borrower, use, price, income = first + a, b.use, prices[b.kind], b.area * income_of[b.kind]
            bill = use[Use.BASE] * price[Use.BASE] + use[Use.COOLING] * price[Use.COOLING]
            bill += use[Use.HEATING] * price[Use.HEATING] + use[Use.WATER_AND_COOKING] * price[Use.WATER_AND_COOKING]
            fuel = use[Use.GAS] * price[Use.GAS] + use[Use.LPG] * price[Use.LPG]
            surplus = income * margin - bill - fuel + b.storage * storage_gain + b.enrolled * enrolled_gain
            if b.rooftop_pv > 0.0:
                age = year - b.rooftop_year
                left = yield_left[age] if 0 <= age <= year else yield_at(p, age)
                saved = solar_income(p, b.rooftop_pv * left, b.electricity, solar[types.row[b.kind].tariff], feed_in)
                surplus += saved - b.rooftop_pv * upkeep_pv
                solars += saved
            if b.over_quota > 0:
                b.over_quota = 0
            if quota_of[b.kind] > 0.0:
                surcharge = surcharge_of(b, now, quota_of[b.kind], surcharge_price, world.seeds[run], check, year)
                surplus -= surcharge
                surcharges += surcharge
            cash = cash_of[borrower] + surplus
            put_in = max(0.0, -cash)
            surplus_cash = max(0.0, cash + put_in - (income * months + service_of[borrower]))
            cash_of[borrower] = cash + put_in - surplus_cash
            size_of[borrower] = income
            surplus_of[borrower] = surplus
            bills += bill
            fuels += fuel
            injected += put_in
            taken += surplus_cash
        carbon = carbon_cost(p, signals, now)
        pv, storage, enrolled = now.buildings_rooftop_pv, now.buildings_storage, now.buildings_enrolled
        running = incomes * p.building_running_share + fuels - carbon + upkeep(p, s, pv, storage, enrolled)
        own_supply = solars + storage * arbitrage + enrolled * flexibility
        world.payments[run, Holder.OUTSIDE, Holder.BUILDINGS] += incomes + injected
        world.payments[run, Holder.BUILDINGS, Holder.OUTSIDE] += running + taken
        world.payments[run, Holder.BUILDINGS, Holder.GRID] += bills - own_supply
        world.payments[run, Holder.BUILDINGS, Holder.BUDGET] += carbon + surcharges
        now.equity_injected += injected
        now.buildings_energy_cost = bills + fuels + surcharges
