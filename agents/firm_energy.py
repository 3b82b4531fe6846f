"""Rules of a firm's energy: what its output needs, what measures save, and what a heat system takes for it.

Electricity in MWh/yr, heat in useful MWh/yr, fuels in tce/yr, cost in Myuan/yr; ``year`` is an index, 2020 is 0.
"""

from __future__ import annotations

from agents.axes import Carrier, Shape, Tariff
from agents.compiled import hot_rule
from agents.firm import MEASURES, Firms, FirmTables, Heat, Use
from agents.investment_parameters import MWH_PER_TCE, emission_factor
from agents.rooftop import KW_PER_MW, YUAN_PER_MYUAN
from agents.world import World


@hot_rule
def owns_energy(firms: Firms, tables: FirmTables, run: int, firm: int) -> bool:
    """Whether a firm has energy of its own in the accounts: manufacturing does, trade, logistics and finance do not."""
    return tables.sectors.electricity_share[firms.sector[run, firm]] > 0.0


@hot_rule
def acts_on(measure_use: int, use: int) -> bool:
    """Whether a measure saves on an end use; a measure on ALL saves on every use of electricity."""
    return measure_use == use or (measure_use == Use.ALL and use != Use.HEAT)


@hot_rule
def demand(world: World, firms: Firms, tables: FirmTables, run: int, firm: int, use: int, year: int) -> float:
    """Energy of one end use after the measures in place: MWh of electricity, or of useful heat for Use.HEAT."""
    amount = firms.intensity[run, firm, use] * firms.volume[run, firm]
    if use == Use.SHELL:
        amount = firms.shell_area[run, firm] * world.parameters[run].firm_shell_intensity
    for measure in range(MEASURES):
        if firms.measure_end[run, firm, measure] > year and acts_on(tables.measures.use[measure], use):
            amount *= 1.0 - tables.measures.saving[measure]
    return amount


@hot_rule
def power_demand(world: World, firms: Firms, tables: FirmTables, run: int, firm: int, year: int) -> float:
    """Electricity of all uses but heat, MWh/yr, after the measures in place."""
    total = 0.0
    for use in range(Use.HEAT):
        total += demand(world, firms, tables, run, firm, use, year)
    return total


@hot_rule
def heat_efficiency(world: World, tables: FirmTables, run: int, option: int, low_heat: float, year: int) -> float:
    """Useful heat per final energy of a system bought in a year, where a share ``low_heat`` is low temperature.

    A heat pump serves low-temperature heat and a share of the rest; an electric boiler serves what it cannot reach.
    """
    if option != Heat.HEAT_PUMP:
        return tables.heat.efficiency[option]
    s = world.series[run, year]
    reached = world.parameters[run].heat_pump_medium_share * (1.0 - low_heat)
    rest = 1.0 - low_heat - reached
    electricity = low_heat / s.heat_pump_cop + reached / s.heat_pump_cop_medium
    return 1.0 / (electricity + rest / tables.heat.efficiency[Heat.ELECTRIC_BOILER])


@hot_rule
def heat_capex(
    world: World, tables: FirmTables, run: int, option: int, heat: float, low_heat: float, year: int
) -> float:
    """Cost of a heat system for ``heat`` useful MWh a year, Myuan."""
    capacity = heat / world.parameters[run].firm_heat_hours * KW_PER_MW / YUAN_PER_MYUAN
    if option != Heat.HEAT_PUMP:
        return capacity * tables.heat.capex[option]
    s = world.series[run, year]
    reached = world.parameters[run].heat_pump_medium_share * (1.0 - low_heat)
    rest = 1.0 - low_heat - reached
    boiler = rest * tables.heat.capex[Heat.ELECTRIC_BOILER]
    return capacity * (low_heat * s.capex_heat_pump + reached * s.capex_heat_pump_medium + boiler)


@hot_rule
def energy_price(world: World, run: int, carrier: int) -> float:
    """What a firm pays for final energy, yuan/MWh, at the industrial tariff or the fuel's price."""
    if carrier == Carrier.ELECTRICITY:
        return world.prices.tariff[run, Tariff.INDUSTRY, Shape.INDUSTRY]
    return world.prices.fuel[run, carrier] / MWH_PER_TCE


@hot_rule
def carbon_charge(world: World, run: int, carrier: int) -> float:
    """Carbon price on a fuel's covered direct emissions, yuan/MWh."""
    signal = world.signals[run]
    factor = emission_factor(world.parameters[run], carrier) / MWH_PER_TCE
    return signal.carbon_coverage * signal.carbon_price * factor


@hot_rule
def heat_energy_cost(world: World, tables: FirmTables, run: int, option: int, final: float) -> float:
    """Energy bill of a heat system that takes ``final`` MWh a year, Myuan/yr."""
    return final * energy_price(world, run, tables.heat.carrier[option]) / YUAN_PER_MYUAN


@hot_rule
def heat_carbon_cost(world: World, tables: FirmTables, run: int, option: int, final: float) -> float:
    """Carbon cost of a heat system that takes ``final`` MWh a year, Myuan/yr."""
    return final * carbon_charge(world, run, tables.heat.carrier[option]) / YUAN_PER_MYUAN


@hot_rule
def neighbours_with_heat(firms: Firms, tables: FirmTables, run: int, firm: int, option: int) -> float:
    """Share of those neighbours who have process heat that use a heat option."""
    users, all_users = 0, 0
    for tie in range(tables.network.start[firm], tables.network.start[firm + 1]):
        other = tables.network.neighbour[tie]
        if owns_energy(firms, tables, run, other):
            all_users += 1
            users += firms.heat_system[run, other] == option
    return users / all_users if all_users > 0 else 0.0
