"""How much floor area stands, and how many buildings are in which stage of life."""

from __future__ import annotations

from agents.building import TYPES, FloorType
from agents.building_rows import slots_used
from agents.compiled import rule
from agents.fields import Floats, Records
from agents.gates import BuildingStage
from agents.row_parts import RowParts


@rule
def write_stocks(now: Records, areas: Floats, stages: Floats) -> None:
    """Floor area in operation [type] and buildings by stage [stage] into the record."""
    now.floor_area_residential, now.floor_area_office, now.floor_area_retail = areas[0], areas[1], areas[2]
    now.floor_area_hotel, now.floor_area_education = areas[3], areas[4]
    now.floor_area_warehouse, now.floor_area_cold_store = areas[5], areas[6]
    total = 0.0
    for kind in range(TYPES):
        total += areas[kind]
    now.floor_area = total
    now.buildings_planning, now.buildings_design, now.buildings_construction = stages[1], stages[2], stages[3]
    now.buildings_operation, now.buildings_demolition, now.buildings_recycling = stages[4], stages[5], stages[6]


@rule
def count_stock(rows: RowParts, run: int, areas: Floats, stages: Floats) -> None:
    """Floor area in operation by type, and buildings by stage.

    Neighbours are mostly of one type, so that the running sum is put down only where the type changes.
    """
    areas[:], stages[:] = 0.0, 0.0
    kind, area, operating = 0, 0.0, 0
    for a in range(slots_used(rows, run)):
        b = rows[run, a]
        if b.stage != BuildingStage.OPERATION:
            stages[b.stage] += 1.0
            continue
        if b.kind != kind:
            areas[kind] = area
            kind = int(b.kind)
            area = areas[kind]
        area += b.area
        operating += 1
    areas[kind] = area
    stages[BuildingStage.OPERATION] = float(operating)


@rule
def floor_area_of(record: Records, kind: int) -> float:
    """Floor area in operation of a type, m2, as write_stocks wrote it."""
    if kind == FloorType.RESIDENTIAL:
        return record.floor_area_residential
    if kind == FloorType.OFFICE:
        return record.floor_area_office
    if kind == FloorType.RETAIL:
        return record.floor_area_retail
    if kind == FloorType.HOTEL:
        return record.floor_area_hotel
    if kind == FloorType.EDUCATION:
        return record.floor_area_education
    if kind == FloorType.WAREHOUSE:
        return record.floor_area_warehouse
    return record.floor_area_cold_store
