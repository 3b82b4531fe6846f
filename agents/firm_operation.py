"""Firms in operation: energy used and booked (stage 7), and the money of the year (stage 10). MODEL 2, 8."""

from __future__ import annotations

from agents.axes import Account, Carrier, Holder, Shape, Stream, Tariff
from agents.compiled import hot_rule, stage
from agents.draws import normal
from agents.firm import MEASURES, Firms, FirmTables, Use
from agents.firm_energy import (
    demand,
    energy_price,
    heat_capex,
    owns_energy,
    power_demand,
)
from agents.firm_growth import measure_capex
from agents.investment_parameters import MWH_PER_TCE, emission_factor
from agents.lending import inject_equity, pay_out, receive
from agents.rooftop import (
    YUAN_PER_MYUAN,
    own_use_share,
    rooftop_capex,
    rooftop_yearly,
    storage_capex,
    storage_yearly,
)
from agents.world import World

MARGIN_DRAW = 1  # draw number in Stream.OUTPUT, beside the output shock


@hot_rule
def run_plant(world: World, firms: Firms, tables: FirmTables, run: int, firm: int, year: int) -> None:
    """A firm's electricity, fuel and direct emissions of the year, booked in the park's accounts."""
    power = power_demand(world, firms, tables, run, firm, year)
    final = demand(world, firms, tables, run, firm, Use.HEAT, year) / firms.heat_efficiency[run, firm]
    carrier = tables.heat.carrier[firms.heat_system[run, firm]]
    fuel = 0.0
    if carrier == Carrier.ELECTRICITY:
        power += final
    else:
        fuel = final / MWH_PER_TCE
        world.energy[run, Account.INDUSTRY, carrier] += fuel
    firms.electricity[run, firm], firms.fuel[run, firm] = power, fuel
    firms.direct_emissions[run, firm] = fuel * emission_factor(world.parameters[run], carrier)
    feeder = firms.feeder[run, firm]
    world.energy[run, Account.INDUSTRY, Carrier.ELECTRICITY] += power
    world.load[run, feeder, Shape.INDUSTRY] += power
    world.rooftop[run, feeder] += firms.pv_yield[run, firm]
    world.storage[run, feeder] += firms.storage_capacity[run, firm]


@hot_rule
def record_energy(world: World, firms: Firms, tables: FirmTables, run: int, year: int) -> None:
    """Outcomes of the year's energy of all firms."""
    now, useful, clean, owners = world.record[run, year], 0.0, 0.0, 0
    now.firm_electricity, now.firm_direct_emissions, now.firm_measures = 0.0, 0.0, 0.0
    now.firm_rooftop_pv, now.firm_storage, now.firm_flexible_load = 0.0, 0.0, 0.0
    now.firm_coal, now.firm_gas, now.firm_green_power_wanted = 0.0, 0.0, 0.0
    for firm in range(firms.sector.shape[1]):
        now.firm_green_power_wanted += firms.green_share_wanted[run, firm] * firms.green_demand[run, firm]
        if not owns_energy(firms, tables, run, firm):
            continue
        owners += 1
        now.firm_electricity += firms.electricity[run, firm]
        now.firm_direct_emissions += firms.direct_emissions[run, firm]
        now.firm_rooftop_pv += firms.pv_capacity[run, firm]
        now.firm_storage += firms.storage_capacity[run, firm]
        now.firm_flexible_load += firms.flexible_load[run, firm]
        system = firms.heat_system[run, firm]
        heat = demand(world, firms, tables, run, firm, Use.HEAT, year)
        useful += heat
        clean += heat * tables.heat.low_carbon[system]
        now.firm_coal += firms.fuel[run, firm] * (tables.heat.carrier[system] == Carrier.COAL)
        now.firm_gas += firms.fuel[run, firm] * (tables.heat.carrier[system] == Carrier.GAS)
        for measure in range(MEASURES):
            now.firm_measures += firms.measure_end[run, firm, measure] > year
    now.firm_measures /= max(1, owners * MEASURES)
    now.firm_low_carbon_heat = clean / useful if useful > 0.0 else 0.0


@stage
def use_energy(world: World, firms: Firms, tables: FirmTables, year: int) -> None:
    """Stage 7: add every firm's energy to ``world.energy``, ``load``, ``rooftop`` and ``storage``, which start at zero.

    PV counts at its degraded yield.
    """
    for run in range(world.seeds.shape[0]):
        for firm in range(firms.sector.shape[1]):
            if owns_energy(firms, tables, run, firm):
                run_plant(world, firms, tables, run, firm, year)
            else:
                firms.fuel[run, firm] = 0.0
                firms.direct_emissions[run, firm] = 0.0
        record_energy(world, firms, tables, run, year)


@hot_rule
def fixed_costs(world: World, firms: Firms, tables: FirmTables, run: int, firm: int, year: int) -> float:
    """Maintenance of heat system, measures, PV and storage, Myuan/yr."""
    p, system = world.parameters[run], firms.heat_system[run, firm]
    heat = demand(world, firms, tables, run, firm, Use.HEAT, year)
    cost = heat_capex(world, tables, run, system, heat, firms.low_heat[run, firm], year)
    cost *= tables.heat.fixed_cost[system]
    for measure in range(MEASURES):
        fixed = tables.measures.fixed_cost[measure]
        if fixed > 0.0 and firms.measure_end[run, firm, measure] > year:
            capex = measure_capex(world, firms, tables, run, firm, measure, year)
            cost += fixed * capex / (1.0 - tables.measures.saving[measure])  # demand is already net of the measure
    if firms.pv_capacity[run, firm] > 0.0:
        cost += rooftop_capex(world, run, max(1, year), firms.pv_capacity[run, firm]) * p.rooftop_pv_fixed_cost
    if firms.storage_capacity[run, firm] > 0.0:
        cost += storage_capex(world, run, year, firms.storage_capacity[run, firm]) * p.storage_fixed_cost
    return cost


@hot_rule
def reference_bill(world: World, firms: Firms, tables: FirmTables, run: int, firm: int) -> float:
    """Energy bill per output volume of the reference equipment at today's prices, Myuan per Myuan."""
    power = firms.reference_electricity[run, firm] * energy_price(world, run, Carrier.ELECTRICITY)
    carrier = tables.heat.carrier[firms.reference_heat[run, firm]]
    fuel = firms.reference_fuel[run, firm] * MWH_PER_TCE * energy_price(world, run, carrier)
    return (power + fuel) / YUAN_PER_MYUAN


@hot_rule
def pay_energy(world: World, firms: Firms, tables: FirmTables, run: int, firm: int, borrower: int, year: int) -> float:
    """Bills, maintenance and carbon cost less what PV, storage and flexibility bring; returns the net cost, Myuan."""
    carrier = tables.heat.carrier[firms.heat_system[run, firm]]
    power = firms.electricity[run, firm] * energy_price(world, run, Carrier.ELECTRICITY) / YUAN_PER_MYUAN
    fuel = firms.fuel[run, firm] * MWH_PER_TCE * energy_price(world, run, carrier) / YUAN_PER_MYUAN
    fixed = fixed_costs(world, firms, tables, run, firm, year)
    solar = rooftop_yearly(
        world, run, firms.pv_yield[run, firm], firms.electricity[run, firm], Tariff.INDUSTRY
    ) + storage_yearly(world, run, year, firms.storage_capacity[run, firm])
    pay = world.record[run, year].flexibility_income_per_mw
    flexible = firms.flexible_load[run, firm] * pay / YUAN_PER_MYUAN
    signal = world.signals[run]
    carbon = signal.carbon_coverage * signal.carbon_price * firms.direct_emissions[run, firm] / YUAN_PER_MYUAN
    pay_out(world, run, borrower, Holder.GRID, power)
    pay_out(world, run, borrower, Holder.OUTSIDE, fuel + fixed)
    pay_out(world, run, borrower, Holder.BUDGET, carbon)
    receive(world, run, borrower, Holder.GRID, solar + flexible)
    firms.energy_cost[run, firm] = power + fuel - solar
    firms.carbon_cost[run, firm] = carbon
    return power + fuel + fixed + carbon - solar - flexible


@hot_rule
def note_emissions(world: World, firms: Firms, tables: FirmTables, run: int, firm: int, year: int) -> None:
    """Emissions for the rating and free allowances: scope 1, and power bought at the grid factor less green power."""
    if not owns_energy(firms, tables, run, firm):
        firms.emissions[run, firm], firms.verified_emissions[run, firm] = 0.0, -1.0
        firms.allowance[run, firm] = 0.0
        return
    p, consumption = world.parameters[run], firms.electricity[run, firm]
    generation = firms.pv_yield[run, firm] * p.rooftop_pv_hours
    share = own_use_share(generation, consumption, p.rooftop_own_use_small, p.rooftop_own_use_slope)
    purchased = max(0.0, consumption - share * generation - firms.green_power_bought[run, firm])
    total = firms.direct_emissions[run, firm] + purchased * world.series[run, year].grid_factor
    firms.emissions[run, firm], firms.verified_emissions[run, firm] = total, total
    benchmark = tables.sector_benchmark[run, firms.sector[run, firm]] * p.firm_benchmark
    benchmark *= (1.0 - p.firm_benchmark_tightening) ** year
    scheme = world.signals[run].allowance_scheme > 0.5
    firms.allowance[run, firm] = benchmark * firms.volume[run, firm] if scheme else 0.0


@hot_rule
def settle_firm(world: World, firms: Firms, tables: FirmTables, run: int, firm: int, borrower: int, year: int) -> None:
    """Revenue, costs, tax and dividend of a firm; updates its surplus and its years of loss.

    Value added is what output earns beyond bought inputs, energy included; so revenue here is value added plus the
    energy cost that customers pay for: that of the reference equipment at first prices, a share at today's.
    """
    p, debts, value_added = world.parameters[run], world.borrowers, firms.value_added[run, firm]
    shock = normal(world.seeds[run], firms.identity[run, firm], year, Stream.OUTPUT, MARGIN_DRAW)
    margin = firms.margin[run, firm] + p.firm_margin_volatility * shock
    covered, cost = 0.0, 0.0
    if owns_energy(firms, tables, run, firm):
        cost = pay_energy(world, firms, tables, run, firm, borrower, year)
        volume, bill = firms.volume[run, firm], reference_bill(world, firms, tables, run, firm)
        if firms.reference_cost[run, firm] <= 0.0 and volume > 0.0:
            firms.reference_cost[run, firm] = bill
            maintenance = fixed_costs(world, firms, tables, run, firm, year)
            firms.reference_fixed[run, firm] = maintenance / volume
        through = p.firm_cost_pass_through
        covered = (1.0 - through) * firms.reference_cost[run, firm] + through * bill
        covered = volume * (covered + firms.reference_fixed[run, firm])
    receive(world, run, borrower, Holder.OUTSIDE, value_added + covered)
    other = value_added * (1.0 - margin)
    pay_out(world, run, borrower, Holder.OUTSIDE, other)
    surplus = value_added + covered - other - cost
    tax = p.firm_tax_rate * max(0.0, surplus)
    pay_out(world, run, borrower, Holder.OUTSIDE, tax)
    inject_equity(world, run, borrower, year)
    kept = p.firm_cash_share * (other + max(0.0, cost)) + debts.service[run, borrower]
    if debts.cash[run, borrower] > kept:
        pay_out(world, run, borrower, Holder.OUTSIDE, debts.cash[run, borrower] - kept)
    debts.surplus[run, borrower] = surplus - tax
    firms.negative_years[run, firm] = firms.negative_years[run, firm] + 1 if surplus < 0.0 else 0


@stage
def settle(world: World, firms: Firms, tables: FirmTables, first: int, year: int) -> None:
    """Stage 10: the firms' money of the year, before the bank collects its service. Firm a is borrower ``first + a``."""
    for run in range(world.seeds.shape[0]):
        now = world.record[run, year]
        now.firm_allowances, now.firm_energy_cost = 0.0, 0.0
        for firm in range(firms.sector.shape[1]):
            settle_firm(world, firms, tables, run, firm, first + firm, year)
            note_emissions(world, firms, tables, run, firm, year)
            allowance = firms.allowance[run, firm]
            value = allowance * world.signals[run].carbon_price / YUAN_PER_MYUAN
            world.borrowers.pledgeable[run, first + firm] = value
            now.firm_allowances += allowance
            if owns_energy(firms, tables, run, firm):
                now.firm_energy_cost += firms.energy_cost[run, firm] + firms.carbon_cost[run, firm]
