"""Buildings as rows in memory, and the small rules that work on one row.

The columns of ``Buildings`` are views into arrays of records [runs, buildings], see ``row_parts``: a rule takes one
record, which it sees as a whole, and so compiles in a tenth of the time of a rule that takes all columns.
"""

from __future__ import annotations

import math

import numpy as np

from agents.axes import BUILDING_IDS
from agents.building import (
    FIRST_HEAT_USE,
    FIRST_OF_PART,
    ROW_PARTS,
    SYSTEMS,
    Buildings,
    EndUse,
    FloorType,
    System,
    Technology,
    Use,
)
from agents.compiled import rule, shown_as
from agents.fields import Records
from agents.gates import next_stage
from agents.investment_parameters import TCE_PER_MWH
from agents.row_parts import RowParts
from agents.units import KWH
from agents.working_space import aligned

NOT_NEEDED = 1e6  # yr: equipment without demand is never renewed
NEVER = 2**15 - 1  # year index beyond any
# What a system's energy counts as, by system and technology, and its unit: found in a table rather than by questions,
# since no processor can guess which technology the next building has.
ELECTRIC_USE = (Use.HEATING, Use.WATER_AND_COOKING, Use.WATER_AND_COOKING)  # in the order of System
USE_OF = np.array([[int(Use.GAS), int(Use.LPG), int(use), int(use)] for use in ELECTRIC_USE])
UNITS_PER_MWH = np.array([TCE_PER_MWH, TCE_PER_MWH, 1.0, 1.0])  # in the order of Technology


def columns_of(rows: RowParts) -> Buildings:
    """The members of all parts as columns [runs, buildings, *axes]; the same memory."""
    held = rows.columns()
    return Buildings(*(held[name] for name in Buildings._fields))


def make_rows(runs: int, capacity: int) -> RowParts:
    """Zeroed rows [runs, capacity]."""
    return RowParts(*(aligned((runs, capacity), layout) for layout in ROW_PARTS))


def make_columns(runs: int, capacity: int) -> Buildings:
    """Empty columns [runs, capacity] that share the memory of rows, as the stages like them."""
    return columns_of(make_rows(runs, capacity))


def parts_behind(buildings: Buildings) -> RowParts:
    """The rows that columns made by :func:`make_columns` are views of. Raises TypeError for columns of their own."""
    parts = [getattr(buildings, Buildings._fields[first]).base for first in FIRST_OF_PART]
    if any(part is None or part.dtype != layout for part, layout in zip(parts, ROW_PARTS, strict=True)):
        raise TypeError("these columns are not views of rows: make them with make_columns and do not copy them")
    return RowParts(*(part.view(np.recarray) for part in parts))


def rows_of(buildings: Buildings) -> RowParts:
    """Rows [runs, buildings] behind columns made by :func:`make_columns`, for a stage to work on."""
    return shown_as(buildings, parts_behind)


@rule
def agent_id(slot: int, generation: int, capacity: int) -> int:
    """Id of the building in a slot, which keys all its draws: an entrant gets a new one."""
    return BUILDING_IDS + slot + capacity * generation


@rule
def clear_slot(b: Records) -> None:
    """A slot as a new building finds it: nothing planned; the memory of slots never used is never touched."""
    for system in range(SYSTEMS):
        b.plan[system] = -1
        b.efficiency[system] = 1.0


@rule
def slots_used(rows: RowParts, run: int) -> int:
    """Number of slots that loops must visit: projects take the lowest free slot, so all beyond were never used."""
    counted = int(rows[run, 0].slots_used)
    return counted if counted > 0 else rows.state.shape[1]


@rule
def advance(b: Records, year: int) -> None:
    """Move a building to its next stage; the only place where a stage changes."""
    b.stage = next_stage(b.stage)
    b.since = year


@rule
def demand_of(record: Records, kind: int) -> float:
    """Floor area demanded of a type, m2, as the stocks stage wrote it."""
    if kind == FloorType.RESIDENTIAL:
        return record.floor_area_demand_residential
    if kind == FloorType.OFFICE:
        return record.floor_area_demand_office
    if kind == FloorType.RETAIL:
        return record.floor_area_demand_retail
    if kind == FloorType.HOTEL:
        return record.floor_area_demand_hotel
    if kind == FloorType.EDUCATION:
        return record.floor_area_demand_education
    if kind == FloorType.WAREHOUSE:
        return record.floor_area_demand_warehouse
    return record.floor_area_demand_cold_store


@rule
def efficiency_of(p: Records, s: Records, system: int, technology: int) -> float:
    """Useful heat per energy of new equipment; heat pumps by the year's coefficient of performance."""
    if technology == Technology.HEAT_PUMP:
        return s.building_heat_pump_cop
    if system == System.COOKING:
        return p.building_induction_efficiency if technology == Technology.ELECTRIC else p.building_stove_efficiency
    return p.building_resistance_efficiency if technology == Technology.ELECTRIC else p.building_boiler_efficiency


@rule
def life_of(p: Records, system: int, technology: int) -> float:
    """Mean life of equipment, yr."""
    if system == System.COOKING:
        return p.building_stove_life
    if technology == Technology.HEAT_PUMP:
        return p.building_heat_pump_life
    return p.building_resistance_life if technology == Technology.ELECTRIC else p.building_boiler_life


@rule
def install_system(b: Records, p: Records, s: Records, system: int, option: int, year: int, u: float) -> None:
    """Put in a system of the year's efficiency, with a life drawn around its mean by the uniform number ``u``."""
    life, efficiency = life_of(p, system, option), efficiency_of(p, s, system, option)
    put_in_system(b, system, option, life, efficiency, p.building_equipment_life_spread, year, u)
    set_next_end(b, p)


@rule
def put_in_system(
    b: Records, system: int, option: int, life: float, efficiency: float, spread: float, year: int, u: float
) -> None:
    """``install_system`` where mean life, its spread and efficiency are known; call set_next_end after it."""
    b.technology[system] = option
    b.efficiency[system] = efficiency
    b.installed[system] = year
    needed = b.intensity[system + FIRST_HEAT_USE] > 0.0
    b.equipment_life[system] = life * (1.0 + spread * (2.0 * u - 1.0)) if needed else NOT_NEEDED


@rule
def set_next_end(b: Records, p: Records) -> None:
    """First year index in which any of a building's systems, its PV or its storage has reached the end of its life."""
    end = float(NEVER)
    for system in range(SYSTEMS):
        end = min(end, b.installed[system] + b.equipment_life[system])
    if b.rooftop_pv > 0.0:
        end = min(end, b.rooftop_year + p.rooftop_pv_life)
    if b.storage > 0.0:
        end = min(end, b.storage_year + p.storage_life)
    b.next_end = math.ceil(end)


@rule
def refresh_use(b: Records, p: Records) -> None:
    """Recompute what a building uses a year in full use at 2020 service, after anything about it changed."""
    light = p.light_retrofit_saving * (1.0 if b.retrofit[0] > 0 else 0.0)  # a product: no processor guesses who has it
    deep = p.deep_retrofit_saving * (1.0 if b.retrofit[1] > 0 else 0.0)
    scale = b.area * b.operation_factor * KWH
    b.use[Use.BASE] = scale * b.intensity[EndUse.BASE] * (1.0 - light)
    b.use[Use.COOLING] = scale * b.intensity[EndUse.COOLING] * (1.0 - light) * (1.0 - deep)
    b.use[Use.HEATING], b.use[Use.WATER_AND_COOKING], b.use[Use.GAS], b.use[Use.LPG] = 0.0, 0.0, 0.0, 0.0
    for system in range(SYSTEMS):
        energy = scale * b.intensity[system + FIRST_HEAT_USE] / b.efficiency[system]
        if system == System.HEATING:
            energy *= 1.0 - deep
        technology = b.technology[system]
        b.use[USE_OF[system, technology]] += energy * UNITS_PER_MWH[technology]
