"""A small park of buildings for tests: the stages of a year around the buildings alone, with a generous bank."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from worlds import make_world, read_table

from agents import building, embodied, gates, lending, rooftop
from agents.axes import Holder
from agents.building import TYPE_NAMES, Buildings, TypeTable, type_table
from agents.building_energy import settle, use_energy
from agents.building_population import populate, scaled_blocks
from agents.building_project import pass_gates
from agents.building_rows import make_columns
from agents.building_stages import choose
from agents.building_works import build
from agents.gates import GateTable, gate_table
from agents.world import World

MODULES = [building, embodied, gates, lending, rooftop]


class BuildingPark(NamedTuple):
    """A world with buildings and what the stages need beside it."""

    world: World
    buildings: Buildings
    types: TypeTable
    gates: GateTable


def make_park(
    agents: int = 60, capacity: int = 140, runs: int = 2, years: int = 12, growth: float = 0.03, **overrides: object
) -> BuildingPark:
    """A populated park whose floor-area demand grows by ``growth`` a year; ``overrides`` as in make_world."""
    types = scaled_blocks(type_table(read_table("building_types", building.TABLES["building_types"])), agents)
    table = gate_table(read_table("gates", gates.TABLES["gates"]))
    path = (1.0 + growth) ** np.arange(years)
    demand = {f"floor_area_demand_{n}": types.floor_area[i] * path[None, :] for i, n in enumerate(TYPE_NAMES)}
    extras = {"record": {**demand, "flexible_load_enrolled": 0.0}}
    world = make_world(
        MODULES, runs=runs, years=years, borrowers=capacity, holder=Holder.BUILDINGS, extras=extras, **overrides
    )
    buildings = make_columns(runs, capacity)
    populate(world, buildings, types, np.arange(capacity, dtype=np.int64) % world.load.shape[1], 0)
    return BuildingPark(world, buildings, types, table)


def run_year(park: BuildingPark, year: int) -> None:
    """One year of the buildings' stages; the bank grants everything."""
    world, buildings, types, table = park
    world.payments[...] = 0.0
    for flow in (world.energy, world.load, world.rooftop, world.storage):
        flow[...] = 0.0
    if year > 0:
        choose(world, buildings, types, 0, year)
        world.borrowers.granted[...] = world.borrowers.asked > 0.0
        build(world, buildings, 0, year)
        pass_gates(world, buildings, types, table, 0, buildings.stage.shape[1], year)
    use_energy(world, buildings, types, year)
    settle(world, buildings, types, table, 0, year)


def run_years(park: BuildingPark, years: int | None = None) -> BuildingPark:
    """All years of the world, the base year first."""
    for year in range(years or park.world.record.shape[1]):
        run_year(park, year)
    return park
