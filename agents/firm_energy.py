"""Rules of a firm's energy: what its output needs, what measures save, and what a heat system takes and costs.

Electricity in MWh/yr, heat in useful MWh/yr, cost in Myuan/yr; ``year`` is an index, 2020 is 0. Records: ``firm`` is a
firm's row, ``p`` parameters, ``s`` dated series, ``sector``, ``heats`` and ``measures`` tables, ``market`` prices.
"""

from __future__ import annotations

from agents.compiled import rule
from agents.fields import Records
from agents.firm import MEASURES, USES, Heat, Use
from agents.units import KW_PER_MW, YUAN

NEVER = 1e9  # a year that no run reaches


@rule
def owns_energy(sector: Records) -> bool:
    """Whether firms of a sector have energy of their own: manufacturing does, trade, logistics and finance do not."""
    return sector.electricity_share > 0.0


@rule
def note_equipment(p: Records, measures: Records, firm: Records, year: int) -> None:
    """Write what the add-ons in place do to a firm's energy, whenever they change: needs per output volume and shell
    area after measures, by end use, the measures' maintenance per need, and when the first add-on ends.

    A measure on Use.ALL saves on every use of electricity. Without a branch on what is in place: which measures a firm
    has is what a processor cannot guess.
    """
    intensity, need, upkeep, number, ends = firm.intensity, firm.unit_need, firm.unit_upkeep, 0, NEVER
    motive, air, process = intensity[Use.MOTIVE], intensity[Use.AIR], intensity[Use.PROCESS]
    shell, heat = p.firm_shell_intensity, intensity[Use.HEAT]
    for use in range(USES):
        upkeep[use] = 0.0
    for measure in range(MEASURES):
        use, end = measures[measure].use, firm.measure_end[measure]
        placed, electric = end > year, use == Use.ALL
        left = 1.0 - measures[measure].saving if placed else 1.0
        motive *= left if electric or use == Use.MOTIVE else 1.0
        air *= left if electric or use == Use.AIR else 1.0
        process *= left if electric or use == Use.PROCESS else 1.0
        shell *= left if electric or use == Use.SHELL else 1.0
        heat *= left if use == Use.HEAT else 1.0
        upkeep[use] += measures[measure].upkeep if placed else 0.0
        ends = min(ends, end if placed else NEVER)
        number += 1 if placed else 0
    need[Use.MOTIVE], need[Use.AIR], need[Use.PROCESS], need[Use.SHELL], need[Use.HEAT] = (
        motive, air, process, shell, heat)  # fmt: skip
    ends = min(ends, firm.pv_end if firm.pv_capacity > 0.0 else NEVER)
    ends = min(ends, firm.storage_end if firm.storage_capacity > 0.0 else NEVER)
    firm.measures_in_place, firm.first_end = number, ends


@rule
def note_needs(firm: Records, volume: float) -> None:
    """Write a firm's energy by end use for its output volume and shells, and the maintenance of its measures."""
    need, unit, upkeep = firm.need, firm.unit_need, firm.unit_upkeep
    motive, air, process = unit[Use.MOTIVE] * volume, unit[Use.AIR] * volume, unit[Use.PROCESS] * volume
    shell, heat = unit[Use.SHELL] * firm.shell_area, unit[Use.HEAT] * volume
    electricity = motive + air + process + shell
    need[Use.MOTIVE], need[Use.AIR], need[Use.PROCESS], need[Use.SHELL] = motive, air, process, shell
    need[Use.HEAT], need[Use.ALL] = heat, electricity
    firm.measures_upkeep = (
        (upkeep[Use.MOTIVE] * motive + upkeep[Use.AIR] * air)
        + (upkeep[Use.PROCESS] * process + upkeep[Use.SHELL] * shell)
        + (upkeep[Use.HEAT] * heat + upkeep[Use.ALL] * electricity)
    )


@rule
def measure_saving(measures: Records, firm: Records, measure: int) -> float:
    """What a measure not in place would save, MWh/yr of electricity, or of useful heat where it acts on heat."""
    return measures[measure].saving * firm.need[measures[measure].use]


@rule
def measure_capex(measures: Records, firm: Records, measure: int) -> float:
    """Cost of a measure, Myuan: its cost per MWh saved a year times the saving."""
    return measure_saving(measures, firm, measure) * measures[measure].capex * YUAN


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
    capacity = heat / p.firm_heat_hours * KW_PER_MW * YUAN
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
    return heat / efficiency * price * YUAN + capex * heats[option].fixed_cost
