"""Rules of a firm's energy: what its output needs, what measures save, and what a heat system takes and costs.

Electricity in MWh/yr, heat in useful MWh/yr, cost in Myuan/yr; ``year`` is an index, 2020 is 0. Records: ``firm`` is a
row of firms, ``p`` parameters, ``s`` dated series, ``sector``, ``heats`` and ``measures`` tables, ``market`` prices.
"""

from __future__ import annotations

from agents.compiled import rule
from agents.fields import Records
from agents.firm import MEASURES, Heat, Use
from agents.rooftop import KW_PER_MW, YUAN_PER_MYUAN


@rule
def owns_energy(sector: Records) -> bool:
    """Whether firms of a sector have energy of their own: manufacturing does, trade, logistics and finance do not."""
    return sector.electricity_share > 0.0


@rule
def acts_on(measure_use: int, use: int) -> bool:
    """Whether a measure saves on an end use; a measure on ALL saves on every use of electricity."""
    return measure_use == use or (measure_use == Use.ALL and use != Use.HEAT)


@rule
def demand(p: Records, measures: Records, firm: Records, use: int, year: int) -> float:
    """Energy of one end use after the measures in place: MWh of electricity, or of useful heat for Use.HEAT."""
    amount = firm.intensity[use] * firm.volume
    if use == Use.SHELL:
        amount = firm.shell_area * p.firm_shell_intensity
    for measure in range(MEASURES):
        if firm.measure_end[measure] > year and acts_on(measures[measure].use, use):
            amount *= 1.0 - measures[measure].saving
    return amount


@rule
def power_demand(p: Records, measures: Records, firm: Records, year: int) -> float:
    """Electricity of all uses but heat, MWh/yr, after the measures in place."""
    total = 0.0
    for use in range(Use.HEAT):
        total += demand(p, measures, firm, use, year)
    return total


@rule
def measure_saving(p: Records, measures: Records, firm: Records, measure: int, year: int) -> float:
    """What a measure not in place would save, MWh/yr of electricity, or of useful heat where it acts on heat."""
    use, share = measures[measure].use, measures[measure].saving
    if use == Use.ALL:
        return share * power_demand(p, measures, firm, year)
    return share * demand(p, measures, firm, use, year)


@rule
def measure_capex(p: Records, measures: Records, firm: Records, measure: int, year: int) -> float:
    """Cost of a measure, Myuan: its cost per MWh saved a year times the saving."""
    return measure_saving(p, measures, firm, measure, year) * measures[measure].capex / YUAN_PER_MYUAN


@rule
def heat_efficiency(p: Records, s: Records, heats: Records, option: int, low_heat: float) -> float:
    """Useful heat per final energy of a system bought this year, where a share ``low_heat`` is low temperature.

    A heat pump serves low-temperature heat and a share of the rest; an electric boiler serves what it cannot reach.
    """
    if option != Heat.HEAT_PUMP:
        return heats[option].efficiency
    reached = p.heat_pump_medium_share * (1.0 - low_heat)
    rest = 1.0 - low_heat - reached
    electricity = low_heat / s.heat_pump_cop + reached / s.heat_pump_cop_medium
    return 1.0 / (electricity + rest / heats[Heat.ELECTRIC_BOILER].efficiency)


@rule
def heat_capex(p: Records, s: Records, heats: Records, option: int, heat: float, low_heat: float) -> float:
    """Cost of a heat system for ``heat`` useful MWh a year, Myuan."""
    capacity = heat / p.firm_heat_hours * KW_PER_MW / YUAN_PER_MYUAN
    if option != Heat.HEAT_PUMP:
        return capacity * heats[option].capex
    reached = p.heat_pump_medium_share * (1.0 - low_heat)
    rest = 1.0 - low_heat - reached
    boiler = rest * heats[Heat.ELECTRIC_BOILER].capex
    return capacity * (low_heat * s.capex_heat_pump + reached * s.capex_heat_pump_medium + boiler)


@rule
def heat_running_cost(
    market: Records, heats: Records, option: int, heat: float, efficiency: float, capex: float
) -> float:
    """Energy, carbon and maintenance of a heat system, Myuan/yr, without capital."""
    price = market.heat_price[option] + market.heat_carbon[option]
    return heat / efficiency * price / YUAN_PER_MYUAN + capex * heats[option].fixed_cost
