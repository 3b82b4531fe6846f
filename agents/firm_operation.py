"""Firms in operation: energy used and booked (stage 7), and the money of the year (stage 10). MODEL 2, 8."""

from __future__ import annotations

import math

import numpy as np

from agents.axes import HOLDERS, Account, Carrier, Holder, Shape
from agents.compiled import rule, stage
from agents.fields import Floats, Records
from agents.firm import MEASURES, Firms, Use
from agents.firm_energy import demand, heat_capex, measure_capex, owns_energy, power_demand
from agents.firm_tables import FirmTables, read_market, rows_of
from agents.investment_parameters import MWH_PER_TCE, emission_factor
from agents.rooftop import KW_PER_MW, YUAN_PER_MYUAN, own_use_share, solar_income, storage_income
from agents.world import World


@rule
def run_plant(p: Records, heats: Records, measures: Records, firm: Records, year: int) -> None:
    """A firm's electricity, fuel and direct emissions of the year."""
    firm.power = power_demand(p, measures, firm, year)
    firm.useful_heat = demand(p, measures, firm, Use.HEAT, year)
    final = firm.useful_heat / firm.heat_efficiency
    carrier = heats[firm.heat_system].carrier
    electric = carrier == Carrier.ELECTRICITY
    firm.electricity = firm.power + (final if electric else 0.0)
    firm.fuel = 0.0 if electric else final / MWH_PER_TCE
    firm.direct_emissions = firm.fuel * emission_factor(p, carrier)


@rule
def count_firm(heats: Records, firm: Records, now: Records, year: int) -> float:
    """Add a firm to the outcomes of the year; returns its useful heat, MWh/yr."""
    heat, kind = firm.useful_heat, heats[firm.heat_system]
    now.firm_electricity += firm.electricity
    now.firm_direct_emissions += firm.direct_emissions
    now.firm_rooftop_pv += firm.pv_capacity
    now.firm_storage += firm.storage_capacity
    now.firm_flexible_load += firm.flexible_load
    now.firm_low_carbon_heat += heat * kind.low_carbon
    now.firm_coal += firm.fuel if kind.carrier == Carrier.COAL else 0.0
    now.firm_gas += firm.fuel if kind.carrier == Carrier.GAS else 0.0
    for measure in range(MEASURES):
        now.firm_measures += 1.0 if firm.measure_end[measure] > year else 0.0
    return heat


@rule
def clear_outcomes(now: Records) -> None:
    """Zero the outcomes that firms are added to."""
    now.firm_electricity, now.firm_direct_emissions, now.firm_measures = 0.0, 0.0, 0.0
    now.firm_rooftop_pv, now.firm_storage, now.firm_flexible_load = 0.0, 0.0, 0.0
    now.firm_coal, now.firm_gas, now.firm_low_carbon_heat = 0.0, 0.0, 0.0
    now.firm_green_power_wanted = 0.0


@stage
def use_energy_of_firms(world: World, rows: Records, tables: FirmTables, year: int) -> None:
    """See ``use_energy``; on rows."""
    for run in range(world.seeds.shape[0]):
        p, now, useful, owners = world.parameters[run], world.record[run, year], 0.0, 0
        clear_outcomes(now)
        for slot in range(rows.shape[1]):
            firm = rows[run, slot]
            now.firm_green_power_wanted += firm.green_share_wanted * firm.green_demand
            if not owns_energy(tables.sectors[firm.sector]):
                firm.electricity, firm.fuel, firm.direct_emissions = 0.0, 0.0, 0.0
                continue
            run_plant(p, tables.heat, tables.measures, firm, year)
            useful += count_firm(tables.heat, firm, now, year)
            owners += 1
            carrier, feeder = tables.heat[firm.heat_system].carrier, firm.feeder
            if carrier != Carrier.ELECTRICITY:
                world.energy[run, Account.INDUSTRY, carrier] += firm.fuel
            world.energy[run, Account.INDUSTRY, Carrier.ELECTRICITY] += firm.electricity
            world.load[run, feeder, Shape.INDUSTRY] += firm.electricity
            world.rooftop[run, feeder] += firm.pv_yield
            world.storage[run, feeder] += firm.storage_capacity
        now.firm_measures /= max(1, owners * MEASURES)
        now.firm_low_carbon_heat = now.firm_low_carbon_heat / useful if useful > 0.0 else 0.0


def use_energy(world: World, firms: Firms, tables: FirmTables, year: int) -> None:
    """Stage 7: add every firm's energy to ``world.energy``, ``load``, ``rooftop`` and ``storage``, which start at zero.

    PV counts at its degraded yield.
    """
    use_energy_of_firms(world, rows_of(firms), tables, year)


@rule
def fixed_costs(
    p: Records, s: Records, market: Records, heats: Records, measures: Records, firm: Records, year: int
) -> float:
    """Maintenance of heat system, measures, PV and storage, Myuan/yr."""
    system = firm.heat_system
    cost = heat_capex(p, s, heats, system, firm.useful_heat, firm.low_heat) * heats[system].fixed_cost
    for measure in range(MEASURES):
        kind = measures[measure]
        if kind.fixed_cost > 0.0 and firm.measure_end[measure] > year:
            # The demand is already net of the measure's own saving.
            cost += kind.fixed_cost * measure_capex(p, measures, firm, measure, year) / (1.0 - kind.saving)
    cost += firm.pv_capacity * market.pv_capex * p.rooftop_pv_fixed_cost
    return cost + firm.storage_capacity * KW_PER_MW * s.capex_storage / YUAN_PER_MYUAN * p.storage_fixed_cost


@rule
def reference_bill(market: Records, firm: Records) -> float:
    """Energy bill per output volume of the reference equipment at today's prices, Myuan per Myuan."""
    fuel = firm.reference_fuel * MWH_PER_TCE * market.heat_price[firm.reference_heat]
    return (firm.reference_electricity * market.power + fuel) / YUAN_PER_MYUAN


@rule
def pay_energy(
    p: Records, s: Records, signal: Records, market: Records, heats: Records, measures: Records, firm: Records,
    flexibility: float, paid: Floats, received: Floats, year: int
) -> float:  # fmt: skip
    """Bills, maintenance and carbon cost less what PV, storage and flexibility bring; returns the net cost, Myuan.

    Flexible load is paid with the year's own ``flexibility``, yuan/MW; only its forecast, when enrolling, was last
    year's. ``paid`` and ``received`` [holders] gather the payments of all firms of the run.
    """
    power = firm.electricity * market.power / YUAN_PER_MYUAN
    fuel = firm.fuel * MWH_PER_TCE * market.heat_price[firm.heat_system] / YUAN_PER_MYUAN
    fixed = fixed_costs(p, s, market, heats, measures, firm, year)
    saved = solar_income(p, firm.pv_yield, firm.electricity, market.solar, market.feed_in)
    saved += storage_income(p, s, firm.storage_capacity)
    flexible = firm.flexible_load * flexibility / YUAN_PER_MYUAN
    carbon = signal.carbon_coverage * signal.carbon_price * firm.direct_emissions / YUAN_PER_MYUAN
    paid[Holder.GRID] += power
    paid[Holder.OUTSIDE] += fuel + fixed
    paid[Holder.BUDGET] += carbon
    received[Holder.GRID] += saved + flexible
    firm.energy_cost = power + fuel - saved
    firm.carbon_cost = carbon
    firm.fixed_cost = fixed
    return power + fuel + fixed + carbon - saved - flexible


@rule
def covered_cost(p: Records, market: Records, firm: Records) -> float:
    """Energy cost that customers pay for, Myuan: that of the reference equipment at first prices, partly at today's."""
    bill = reference_bill(market, firm)
    if firm.reference_cost < 0.0 and firm.volume > 0.0:  # first settlement of this firm
        firm.reference_cost = bill
        firm.reference_fixed = firm.fixed_cost / firm.volume
    through = p.firm_cost_pass_through
    return firm.volume * ((1.0 - through) * firm.reference_cost + through * bill + firm.reference_fixed)


@rule
def note_emissions(
    p: Records, s: Records, signal: Records, sector: Records, base: Records, firm: Records, year: int
) -> None:
    """Emissions for the rating and free allowances: scope 1, power bought at the grid factor less green power."""
    if not owns_energy(sector):
        firm.emissions, firm.verified_emissions, firm.allowance = 0.0, -1.0, 0.0
        return
    generation = firm.pv_yield * p.rooftop_pv_hours
    share = own_use_share(generation, firm.electricity, p.rooftop_own_use_small, p.rooftop_own_use_slope)
    purchased = max(0.0, firm.electricity - share * generation - firm.green_power_bought)
    firm.emissions = firm.direct_emissions + purchased * s.grid_factor
    firm.verified_emissions = firm.emissions
    tightened = math.pow(1.0 - p.firm_benchmark_tightening, float(year))
    benchmark = base.benchmark * p.firm_benchmark * tightened
    firm.allowance = benchmark * firm.volume if signal.allowance_scheme > 0.5 else 0.0


@rule
def trade(p: Records, firm: Records, covered: float, cost: float) -> float:
    """Operating surplus of a firm, Myuan; counts its years of loss.

    Value added is what output earns beyond bought inputs, energy included, so that revenue is value added plus the
    energy cost that customers pay for.
    """
    margin = firm.margin + p.firm_margin_volatility * firm.margin_shock
    surplus = firm.value_added * margin + covered - cost
    firm.negative_years = firm.negative_years + 1 if surplus < 0.0 else 0
    return surplus


@rule
def pay_owners(
    p: Records, firm: Records, covered: float, cost: float, surplus: float, cash: float, service: float, paid: Floats,
    received: Floats
) -> float:  # fmt: skip
    """Book revenue, other costs, tax, and what owners put in or take out; returns the cash that is left, Myuan.

    Owners make good what is missing, and take what exceeds some months' cost and the debt service still due.
    """
    revenue, tax = firm.value_added + covered, p.firm_tax_rate * max(0.0, surplus)
    other = revenue - cost - surplus
    left = cash + surplus - tax
    kept = p.firm_cash_share * max(0.0, other + cost) + service
    dividend, equity = max(0.0, left - kept), max(0.0, -left)
    paid[Holder.OUTSIDE] += other + tax + dividend
    received[Holder.OUTSIDE] += revenue + equity
    return left - dividend + equity


@stage
def settle_firms(world: World, rows: Records, tables: FirmTables, first: int, year: int) -> None:
    """See ``settle``; on rows."""
    paid, received = np.zeros(HOLDERS), np.zeros(HOLDERS)
    heats, measures, debts = tables.heat, tables.measures, world.borrowers
    for run in range(world.seeds.shape[0]):
        read_market(world, tables, run, year)
        p, s, signal, now = world.parameters[run], world.series[run, year], world.signals[run], world.record[run, year]
        market, income = tables.market[run], now.flexibility_income_per_mw
        now.firm_allowances, now.firm_energy_cost = 0.0, 0.0
        paid[:], received[:] = 0.0, 0.0
        for slot in range(rows.shape[1]):
            firm, borrower = rows[run, slot], first + slot
            sector, covered, cost = tables.sectors[firm.sector], 0.0, 0.0
            if owns_energy(sector):
                cost = pay_energy(p, s, signal, market, heats, measures, firm, income, paid, received, year)
                covered = covered_cost(p, market, firm)
            surplus = trade(p, firm, covered, cost)
            cash, service = debts.cash[run, borrower], debts.service[run, borrower]
            equity = max(0.0, p.firm_tax_rate * max(0.0, surplus) - surplus - cash)
            now.equity_injected += equity
            debts.cash[run, borrower] = pay_owners(p, firm, covered, cost, surplus, cash, service, paid, received)
            debts.surplus[run, borrower] = surplus - p.firm_tax_rate * max(0.0, surplus)
            note_emissions(p, s, signal, sector, tables.base[run, firm.sector], firm, year)
            debts.pledgeable[run, borrower] = firm.allowance * signal.carbon_price / YUAN_PER_MYUAN
            now.firm_allowances += firm.allowance
            now.firm_energy_cost += firm.energy_cost + firm.carbon_cost
        for holder in range(HOLDERS):
            world.payments[run, Holder.FIRMS, holder] += paid[holder]
            world.payments[run, holder, Holder.FIRMS] += received[holder]


def settle(world: World, firms: Firms, tables: FirmTables, first: int, year: int) -> None:
    """Stage 10: the firms' money of the year, before the bank collects its service. Firm a is row ``first + a``."""
    settle_firms(world, rows_of(firms), tables, first, year)
