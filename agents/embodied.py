"""Scope 3 of buildings by EN 15978 module groups (D5): materials, construction, replacement, end of life, reuse.

Recorded in a ledger of its own and never part of the neutrality test (D4). A1-A3 are booked in the year works begin,
A4-A5 at completion, B4 evenly over the design life, C1-C4 in the year of demolition, D (a credit, negative) in the
year in which the waste is recycled. Reclaimed material also makes low-carbon building cheaper in the next year; it
does not lower A1-A3 of the buildings that use it, since D already credits it.
"""

from __future__ import annotations

from agents.compiled import rule
from agents.fields import Outcome, Quantity, Records, Signal
from agents.investment_parameters import MWH_PER_TCE
from agents.units import KG, KWH

A1_A3, A4_A5, B4, C1_C4, CREDIT_D = range(5)  # columns of TypeTable.embodied

PARAMETERS: list[Quantity] = [
    Quantity("green_demolition_cut", "1", "share of C1-C4 emissions that green demolition avoids"),
    Quantity("green_demolition_cost", "yuan/m2", "extra cost of green demolition"),
    Quantity("demolition_waste", "t/m2", "waste of demolition", "waste_demo"),
    Quantity("construction_waste", "t/m2", "waste of construction", "waste_new"),
    Quantity("waste_reuse_2020", "1", "share of construction and demolition waste that is reused in 2020"),
    Quantity("reuse_cost_saving", "1", "share of the extra cost saved where all material is reclaimed"),
]

SIGNALS: list[Signal] = [
    Signal("green_demolition_required", "1", "1 where demolition must be green (G8)", "P3", "largest", 0.0),
    Signal("waste_reuse_rate", "1", "waste reuse that plans must show (G9)", "P3", "largest", "waste_reuse_2020"),
]

OUTCOMES: list[Outcome] = [
    Outcome("scope3_buildings_a1_a3", "t", "materials of new buildings", "D5", "Emissions|CO2|Scope 3|Buildings|A1-A3"),
    Outcome("scope3_buildings_a4_a5", "t", "transport and works", "D5", "Emissions|CO2|Scope 3|Buildings|A4-A5"),
    Outcome("scope3_buildings_b4", "t", "replacement in use", "D5", "Emissions|CO2|Scope 3|Buildings|B4"),
    Outcome("scope3_buildings_c1_c4", "t", "end of life", "D5", "Emissions|CO2|Scope 3|Buildings|C1-C4"),
    Outcome("scope3_buildings_d", "t", "credit for reuse, negative", "D5", "Emissions|CO2|Scope 3|Buildings|D"),
    Outcome("emissions_scope3_buildings", "t", "all modules; not in the test", "D5", "Emissions|CO2|Scope 3|Buildings"),
    Outcome("waste_buildings", "t", "construction and demolition waste", "P3", "Buildings|Waste"),
    Outcome("waste_reused", "t", "waste reused", "P3", "Buildings|Waste|Reused"),
    Outcome("works_begun", "m2/yr", "floor area on which works began this year"),
]


@rule
def embodied_share(t: Records, p: Records, base: Records) -> float:
    """Embodied part of the reference building's life-cycle emissions, at the grid factor of the series ``base`` (2020).

    Modules A to C count; D lies beyond the building's boundary (EN 15978).
    """
    embodied = t.embodied[A1_A3] + t.embodied[A4_A5] + t.embodied[B4] + t.embodied[C1_C4]
    fuel = t.reference_fuel / MWH_PER_TCE * p.emission_factor_gas  # kWh/m2 * t/MWh = kg/m2
    operation = t.reference_electricity * base.grid_factor + fuel
    return embodied / max(1e-9, embodied + operation * p.lifecycle_design_life)


@rule
def reclaimed_cover(p: Records, last: Records) -> float:
    """Share of last year's new-building material that reclaimed waste could replace, 0 to 1."""
    need = last.works_begun * p.demolition_waste
    if need <= 0.0:
        return 1.0 if last.waste_reused > 0.0 else 0.0
    return min(1.0, last.waste_reused / need)


@rule
def tonnes(area: float, per_area: float) -> float:
    """t of CO2 of a floor area in m2 at kg/m2."""
    return area * per_area * KG


@rule
def reuse_waste(now: Records, area: float, waste: float, reused: float, credit: float) -> None:
    """Book waste (t/m2) of a floor area and its reused share, with the credit D (kg/m2 at full reuse, negative)."""
    now.waste_buildings += area * waste
    now.waste_reused += area * waste * reused
    now.scope3_buildings_d += tonnes(area, credit) * reused


@rule
def sum_scope3(now: Records) -> None:
    """All module groups of the year into the ledger's total, t."""
    now.emissions_scope3_buildings = (
        now.scope3_buildings_a1_a3
        + now.scope3_buildings_a4_a5
        + now.scope3_buildings_b4
        + now.scope3_buildings_c1_c4
        + now.scope3_buildings_d
    )


assert KWH == KG  # kWh * t/MWh gives kg
