"""Firms in operation: energy used and booked (stage 7), and the money of the year (stage 10). MODEL 2, 8."""

from __future__ import annotations

import math

import numpy as np

from agents.axes import HOLDERS, Account, Carrier, Holder, Shape
from agents.compiled import rule, stage
from agents.credit import total
from agents.fields import Floats, Records
from agents.firm import HEATS, MEASURES, Business, Firms, Heat, Use
from agents.firm_energy import heat_capex
from agents.firm_tables import FirmTables, check_memory, read_market
from agents.investment_parameters import MWH_PER_TCE, TCE_PER_MWH, emission_factor
from agents.rooftop import own_use_share, rooftop_income, storage_income
from agents.row_parts import FAR_AHEAD, RowParts, fetch
from agents.units import KW_PER_MW, YUAN
from agents.world import World, runs_of

FUEL, LOW, REST = 0, 1, 2  # rows of what a unit of heat costs, see price_heat


@stage
def use_energy_of_firms(world: World, tables: FirmTables, year: int) -> None:
    """See ``use_energy``. Firms without energy of their own have none in their columns."""
    firms, rows = tables.business, tables.rows
    heats, by_system, factor = tables.heat, np.zeros(HEATS), np.zeros(HEATS)
    for run in runs_of(world):
        now, owners, number = world.record[run, year], tables.owners[run], tables.owner_number[run]
        electricity, fuels, direct = firms.electricity[run], firms.fuel[run], firms.direct_emissions[run]
        load, rooftop, storage = world.load[run], world.rooftop[run], world.storage[run]
        for option in range(HEATS):
            factor[option], by_system[option] = emission_factor(world.parameters[run], heats[option].carrier), 0.0
        total, emitted, useful, clean, pv, stored, flexible, measures = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0
        for place in range(number):
            slot = owners[place]
            fetch(rows.state, run, owners[min(place + FAR_AHEAD, number - 1)])
            firm = rows[run, slot]
            system, heat, power, fuel = firm.heat_system, firm.need[Use.HEAT], firm.need[Use.ALL], 0.0
            final = heat / firm.heat_efficiency
            if heats[system].carrier == Carrier.ELECTRICITY:
                power += final
            else:
                fuel = final * TCE_PER_MWH
            electricity[slot], fuels[slot], direct[slot] = power, fuel, fuel * factor[system]
            by_system[system] += fuel
            load[firm.feeder, Shape.INDUSTRY] += power
            rooftop[firm.feeder] += firm.pv_yield
            storage[firm.feeder] += firm.storage_capacity
            total += power
            emitted += fuel * factor[system]
            useful += heat
            clean += heat * heats[system].low_carbon
            pv += firm.pv_capacity
            stored += firm.storage_capacity
            flexible += firms.flexible_load[run, slot]
            measures += int(firm.measures_in_place)
        for option in range(HEATS):
            world.energy[run, Account.INDUSTRY, heats[option].carrier] += by_system[option]
        world.energy[run, Account.INDUSTRY, Carrier.ELECTRICITY] += total
        now.firm_electricity, now.firm_direct_emissions, now.firm_flexible_load = total, emitted, flexible
        now.firm_coal, now.firm_gas = by_system[Heat.COAL_BOILER], by_system[Heat.GAS_BOILER]
        now.firm_rooftop_pv, now.firm_storage = pv, stored
        now.firm_measures = measures / max(1, number * MEASURES)
        now.firm_low_carbon_heat = clean / useful if useful > 0.0 else 0.0


def use_energy(world: World, firms: Firms, tables: FirmTables, year: int) -> None:
    """Stage 7: add every firm's energy to ``world.energy``, ``load``, ``rooftop`` and ``storage``, which start at zero.

    PV counts at its degraded yield.
    """
    check_memory(firms, tables)
    use_energy_of_firms(world, tables, year)


@rule
def price_heat(p: Records, s: Records, market: Records, heats: Records, unit: Floats) -> None:
    """Fill ``unit`` [FUEL, LOW and REST, Heat]: Myuan per tce of fuel; yearly maintenance, Myuan per useful MWh, of
    low-temperature and of other heat, since a system's cost is a straight line in the share of the first."""
    for option in range(HEATS):
        unit[FUEL, option] = MWH_PER_TCE * market.heat_price[option] * YUAN
        unit[LOW, option] = heat_capex(p, s, heats, option, 1.0, 1.0) * heats[option].fixed_cost
        unit[REST, option] = heat_capex(p, s, heats, option, 1.0, 0.0) * heats[option].fixed_cost


@rule
def heat_upkeep(unit: Floats, firm: Records) -> float:
    """Maintenance of the heat system, Myuan/yr."""
    low, rest = unit[LOW, firm.heat_system], unit[REST, firm.heat_system]
    return firm.need[Use.HEAT] * (rest + firm.low_heat * (low - rest))


@rule
def covered_cost(through: float, unit: Floats, power_price: float, firm: Records, volume: float) -> float:
    """Energy cost that customers pay for, Myuan: that of the reference equipment at first prices, partly (the share
    ``through``) at today's, which ``power_price`` (Myuan/MWh) and ``unit`` give."""
    bill = firm.reference_electricity * power_price + firm.reference_fuel * unit[FUEL, firm.reference_heat]
    if firm.reference_cost < 0.0 and volume > 0.0:  # first settlement of this firm
        firm.reference_cost = bill
        firm.reference_fixed = firm.fixed_cost / volume
    return volume * ((1.0 - through) * firm.reference_cost + through * bill + firm.reference_fixed)


@rule
def pay_energy(
    world: World, firms: Business, rows: RowParts, tables: FirmTables, run: int, first: int, year: int, paid: Floats,
    received: Floats, cost: Floats, covered: Floats, unit: Floats
) -> None:  # fmt: skip
    """Bills, maintenance, carbon cost and emissions of the firms with energy of their own.

    Writes what energy costs net of PV, storage and flexibility into ``cost`` and what customers pay for it into
    ``covered`` [firms]. Flexible load is paid with the year's own income; only its forecast, when enrolling, was last
    year's. ``paid`` and ``received`` [holders] gather the payments of all firms of the run;
    ``unit`` is working space for ``price_heat``.
    """
    p, s, signal, market = world.parameters[run], world.series[run, year], world.signals[run], tables.market[run]
    owners, flexibility = tables.owners[run], world.record[run, year].flexibility_income_per_mw * YUAN
    electricity, fuels, direct = firms.electricity[run], firms.fuel[run], firms.direct_emissions[run]
    volume, flexible, bought = firms.volume[run], firms.flexible_load[run], firms.green_power_bought[run]
    allowances = p.firm_benchmark * math.pow(1.0 - p.firm_benchmark_tightening, float(year))
    allowances = allowances if signal.allowance_scheme > 0.5 else 0.0
    charge, price = signal.carbon_coverage * signal.carbon_price * YUAN, signal.carbon_price * YUAN
    power_price, pv_upkeep = market.power * YUAN, market.pv_capex * p.rooftop_pv_fixed_cost
    storage_upkeep = KW_PER_MW * s.capex_storage * YUAN * p.storage_fixed_cost
    stored, small, slope = storage_income(p, s, 1.0), p.rooftop_own_use_small, p.rooftop_own_use_slope
    allowed, spent, number = 0.0, 0.0, tables.owner_number[run]
    price_heat(p, s, market, tables.heat, unit)
    for place in range(number):
        slot, ahead = owners[place], owners[min(place + FAR_AHEAD, number - 1)]
        fetch(rows.state, run, ahead)
        fetch(rows.some, run, ahead)
        firm = rows[run, slot]
        power, fuel = electricity[slot] * power_price, fuels[slot] * unit[FUEL, firm.heat_system]
        fixed = heat_upkeep(unit, firm) + firm.measures_upkeep + firm.pv_capacity * pv_upkeep
        fixed += firm.storage_capacity * storage_upkeep
        generation = firm.pv_yield * p.rooftop_pv_hours
        own_use = own_use_share(generation, electricity[slot], small, slope)
        saved = rooftop_income(generation, own_use, market.solar, market.feed_in) + firm.storage_capacity * stored
        reward, carbon = flexible[slot] * flexibility, charge * direct[slot]
        paid[Holder.GRID] += power
        paid[Holder.OUTSIDE] += fuel + fixed
        paid[Holder.BUDGET] += carbon
        received[Holder.GRID] += saved + reward
        firms.energy_cost[run, slot] = power + fuel - saved
        firms.carbon_cost[run, slot] = carbon
        firm.fixed_cost = fixed
        cost[slot] = power + fuel + fixed + carbon - saved - reward
        covered[slot] = covered_cost(p.firm_cost_pass_through, unit, power_price, firm, volume[slot])
        purchased = max(0.0, electricity[slot] - own_use * generation - bought[slot])  # beyond PV on site, green power
        emissions = direct[slot] + purchased * s.grid_factor
        firms.emissions[run, slot], firms.verified_emissions[run, slot] = emissions, emissions
        allowance = tables.base[run, firms.sector[run, slot]].benchmark * allowances * volume[slot]
        firms.allowance[run, slot], world.borrowers.pledgeable[run, first + slot] = allowance, allowance * price
        allowed += allowance
        spent += power + fuel - saved + carbon
    world.record[run, year].firm_allowances, world.record[run, year].firm_energy_cost = allowed, spent


@rule
def clear_entrants(world: World, firms: Business, run: int, first: int) -> None:
    """An entrant without energy of its own has no emissions, none verified and no allowances."""
    for slot in range(firms.entering.shape[1]):
        if firms.entering[run, slot] > 0:
            firms.emissions[run, slot], firms.verified_emissions[run, slot] = 0.0, -1.0
            firms.allowance[run, slot], world.borrowers.pledgeable[run, first + slot] = 0.0, 0.0


@rule
def trade(
    world: World, firms: Business, run: int, first: int, cost: Floats, covered: Floats, outward: Floats, inward: Floats,
    equity: Floats
) -> None:  # fmt: skip
    """Surplus of every firm, its years of loss, revenue, other costs and tax, and what owners put in or take out.

    Value added is what output earns beyond bought inputs, energy included, so that revenue is value added plus the
    energy cost that customers pay for. Owners make good what is missing (``equity``), and take what exceeds some
    months' cost and the debt service still due. Writes what a firm pays to and gets from outside beside its energy
    into ``outward`` and ``inward`` [firms], Myuan.
    """
    p, end = world.parameters[run], first + cost.shape[0]
    debts = world.borrowers
    cash, service, left_over = debts.cash[run, first:end], debts.service[run, first:end], debts.surplus[run, first:end]
    value_added, margin = firms.value_added[run], firms.margin[run]
    shock, losses = firms.margin_shock[run], firms.negative_years[run]
    volatility, tax_rate, cash_share = p.firm_margin_volatility, p.firm_tax_rate, p.firm_cash_share
    for slot in range(cost.shape[0]):
        surplus = value_added[slot] * (margin[slot] + volatility * shock[slot]) + covered[slot] - cost[slot]
        losses[slot] = losses[slot] + 1 if surplus < 0.0 else 0
        tax, revenue = tax_rate * max(0.0, surplus), value_added[slot] + covered[slot]
        other = revenue - cost[slot] - surplus
        left = cash[slot] + surplus - tax
        dividend = max(0.0, left - (cash_share * max(0.0, other + cost[slot]) + service[slot]))
        equity[slot] = max(0.0, -left)
        outward[slot] = other + tax + dividend
        inward[slot] = revenue + equity[slot]
        cash[slot] = left - dividend + equity[slot]
        left_over[slot] = surplus - tax


@stage
def settle_firms(world: World, tables: FirmTables, first: int, year: int) -> None:
    """See ``settle``."""
    firms, rows = tables.business, tables.rows
    number, paid, received = rows.state.shape[1], np.zeros(HOLDERS), np.zeros(HOLDERS)
    cost, covered, equity = np.zeros(number), np.zeros(number), np.zeros(number)
    outward, inward, unit = np.zeros(number), np.zeros(number), np.zeros((3, HEATS))
    for run in runs_of(world):
        now = world.record[run, year]
        paid[:], received[:] = 0.0, 0.0
        read_market(world, tables, run, year)
        cost[:], covered[:] = 0.0, 0.0
        if now.firm_exits > 0.0:
            clear_entrants(world, firms, run, first)
        pay_energy(world, firms, rows, tables, run, first, year, paid, received, cost, covered, unit)
        trade(world, firms, run, first, cost, covered, outward, inward, equity)
        paid[Holder.OUTSIDE] += total(outward)
        received[Holder.OUTSIDE] += total(inward)
        now.equity_injected += total(equity)
        for holder in range(HOLDERS):
            world.payments[run, Holder.FIRMS, holder] += paid[holder]
            world.payments[run, holder, Holder.FIRMS] += received[holder]


def settle(world: World, firms: Firms, tables: FirmTables, first: int, year: int) -> None:
    """Stage 10: the firms' money of the year, before the bank collects its service. Firm a is row ``first + a``."""
    check_memory(firms, tables)
    settle_firms(world, tables, first, year)
