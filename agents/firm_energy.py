"""Rules of a firm's energy: what its output needs, what measures save, and what a heat system takes and costs.

Electricity in MWh/yr, heat in useful MWh/yr, cost in Myuan/yr; ``year`` is an index, 2020 is 0. Records: ``firm`` is a
firm's row, ``p`` parameters, ``s`` dated series, ``sector``, ``heats`` and ``measures`` tables, ``market`` prices.
"""

from __future__ import annotations

from agents.compiled import rule
from agents.fields import Records
from agents.firm import MEASURES, USES, Heat, Use
from agents.rooftop import KW_PER_MW, YUAN_PER_MYUAN


@rule
def owns_energy(sector: Records) -> bool:
    """Whether firms of a sector have energy of their own: manufacturing does, trade, logistics and finance do not."""
    return sector.electricity_share > 0.0


@rule
def save(measures: Records, firm: Records, measure: int) -> None:
    """A measure is in place: less is needed of the end use that it acts on, or of every use of electricity."""
    left, use = 1.0 - measures[measure].saving, measures[measure].use
    if use == Use.ALL:
        for electric in range(Use.HEAT):
            firm.need[electric] *= left
    else:
        firm.need[use] *= left


@rule
def note_measures(measures: Records, firm: Records, year: int) -> None:
    """Write all electricity, the number of measures in place and their maintenance; after ``save`` for each."""
    need, number, upkeep = firm.need, 0, 0.0
    need[Use.ALL] = need[Use.MOTIVE] + need[Use.AIR] + need[Use.PROCESS] + need[Use.SHELL]
    for measure in range(MEASURES):
        kind = measures[measure]
        if firm.measure_end[measure] > year:
            number += 1
            if kind.fixed_cost > 0.0:  # need is already net of the measure's own saving
                upkeep += kind.fixed_cost * measure_capex(measures, firm, measure) / (1.0 - kind.saving)
    firm.measures_in_place, firm.measures_upkeep = number, upkeep


@rule
def note_needs(p: Records, measures: Records, firm: Records, volume: float, year: int) -> None:
    """Write a firm's energy by end use after the measures in place, for its output volume and shells."""
    for use in range(USES):
        firm.need[use] = firm.intensity[use] * volume
    firm.need[Use.SHELL] = firm.shell_area * p.firm_shell_intensity
    for measure in range(MEASURES):
        if firm.measure_end[measure] > year:
            save(measures, firm, measure)
    note_measures(measures, firm, year)


@rule
def measure_saving(measures: Records, firm: Records, measure: int) -> float:
    """What a measure not in place would save, MWh/yr of electricity, or of useful heat where it acts on heat."""
    return measures[measure].saving * firm.need[measures[measure].use]


@rule
def measure_capex(measures: Records, firm: Records, measure: int) -> float:
    """Cost of a measure, Myuan: its cost per MWh saved a year times the saving."""
    return measure_saving(measures, firm, measure) * measures[measure].capex / YUAN_PER_MYUAN


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
