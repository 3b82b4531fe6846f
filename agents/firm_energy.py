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
def note_needs(p: Records, measures: Records, firm: Records, volume: float, shell_area: float, year: int) -> None:
    """Write a firm's energy by end use after the measures in place, their number and their maintenance.

    A measure on Use.ALL saves on every use of electricity. Call it when output or measures have changed.
    """
    need, number, upkeep = firm.need, 0, 0.0
    for use in range(USES):
        need[use] = firm.intensity[use] * volume
    need[Use.SHELL] = shell_area * p.firm_shell_intensity
    for measure in range(MEASURES):
        use, placed = measures[measure].use, firm.measure_end[measure] > year
        left = 1.0 - measures[measure].saving if placed else 1.0
        number += 1 if placed else 0
        if use == Use.ALL:
            for electric in range(Use.HEAT):
                need[electric] *= left
        else:
            need[use] *= left
    need[Use.ALL] = need[Use.MOTIVE] + need[Use.AIR] + need[Use.PROCESS] + need[Use.SHELL]
    for measure in range(MEASURES):
        kind = measures[measure]
        if kind.fixed_cost > 0.0 and firm.measure_end[measure] > year:  # need is already net of the measure's saving
            upkeep += kind.fixed_cost * measure_capex(measures, firm, measure) / (1.0 - kind.saving)
    firm.measures_in_place, firm.measures_upkeep = number, upkeep


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
