"""Rules of a firm's energy: what its output needs, what measures save, and what a heat system takes and costs.

Electricity in MWh/yr, heat in useful MWh/yr, cost in Myuan/yr; ``year`` is an index, 2020 is 0. Records: ``firm`` is a
firm's row, ``p`` parameters, ``s`` dated series, ``sector``, ``heats`` and ``measures`` tables, ``market`` prices.
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
def note_needs(p: Records, measures: Records, firm: Records, volume: float, year: int) -> None:
    """Write a firm's energy by end use after the measures in place, for its output volume and shells; their number and
    maintenance. A measure on Use.ALL saves on every use of electricity.

    Without a branch on what is in place: which measures a firm has is what a processor cannot guess.
    """
    need, intensity, number, upkeep = firm.need, firm.intensity, 0, 0.0
    motive, air, process = intensity[Use.MOTIVE] * volume, intensity[Use.AIR] * volume, intensity[Use.PROCESS] * volume
    shell, heat = firm.shell_area * p.firm_shell_intensity, intensity[Use.HEAT] * volume
    for measure in range(MEASURES):
        use, placed = measures[measure].use, firm.measure_end[measure] > year
        left = 1.0 - measures[measure].saving if placed else 1.0
        electric = use == Use.ALL
        motive *= left if electric or use == Use.MOTIVE else 1.0
        air *= left if electric or use == Use.AIR else 1.0
        process *= left if electric or use == Use.PROCESS else 1.0
        shell *= left if electric or use == Use.SHELL else 1.0
        heat *= left if use == Use.HEAT else 1.0
        number += 1 if placed else 0
    need[Use.MOTIVE], need[Use.AIR], need[Use.PROCESS], need[Use.SHELL] = motive, air, process, shell
    need[Use.HEAT], need[Use.ALL] = heat, motive + air + process + shell
    for measure in range(MEASURES):
        upkeep += measures[measure].upkeep * need[measures[measure].use] if firm.measure_end[measure] > year else 0.0
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
