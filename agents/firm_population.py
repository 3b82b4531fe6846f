"""The synthetic firms of a park: sizes and vintages are drawn, energy and output are exact in every draw (MODEL 2, 13).

Every sector's value added, electricity and fuels are those of the base year: draws only decide who has how much.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from agents.axes import FIRM_IDS, Account, Carrier, Holder, Stream
from agents.compiled import hot_rule, stage
from agents.draws import gumbel, normal, uniform
from agents.errors import InputError
from agents.fields import Floats, Integers, allocate
from agents.firm import (
    HEATS,
    MEASURES,
    NOTHING,
    SECTOR_NAMES,
    USE_NAMES,
    USES,
    Firms,
    FirmTables,
    Heat,
    HeatTable,
    MeasureTable,
    SectorTable,
    Use,
)
from agents.investment_parameters import MWH_PER_TCE, emission_factor
from agents.networks import PeerNetwork, counts_by_share
from agents.world import World

Table = Mapping[str, Any]

# Draw numbers of Stream.POPULATION and Stream.ENTRY: one a trait.
SIZE, ATTITUDE, HURDLE, SUPPLIER, FLEXIBILITY, LOW_HEAT, BOILER, AGE, DEVIATION, SECTOR = range(10)
TRAITS = 16


def firm_tables(tables: Mapping[str, Table], network: PeerNetwork, runs: int) -> FirmTables:
    """Tables of the park as arrays; ``tables`` maps firm_sectors, heat_options and efficiency_measures to columns.

    Raises InputError where heat options are not the model's six in order or measures are not five.
    """
    sectors, heat, measures = tables["firm_sectors"], tables["heat_options"], tables["efficiency_measures"]
    problems = []
    wanted = [option.name.lower() for option in Heat]
    if list(heat["name"]) != wanted:
        problems.append(f"heat_options.csv: rows must be {', '.join(wanted)}, in this order")
    if len(measures["name"]) != MEASURES:
        problems.append(f"efficiency_measures.csv: {len(measures['name'])} rows; expected {MEASURES}")
    if problems:
        raise InputError(problems)
    rows = len(sectors["name"])
    fuel_share = np.zeros((rows, HEATS))
    fuel_share[:, Heat.GAS_BOILER] = sectors["gas_share"]
    fuel_share[:, Heat.COAL_BOILER] = sectors["coal_share"]
    fuel_share[:, Heat.BIOMASS_BOILER] = sectors["biomass_share"]
    fuel_share[:, Heat.HYDROGEN_BOILER] = sectors["hydrogen_share"]
    numbers = {name: np.asarray(sectors[name]) for name in SectorTable._fields if name in sectors and name != "output"}
    output = np.array([SECTOR_NAMES.index(name) for name in sectors["output"]], dtype=np.int64)
    carrier = np.array([Carrier[name.upper()] for name in heat["carrier"]], dtype=np.int64)
    use = np.array([USE_NAMES.index(name) for name in measures["use"]], dtype=np.int64)
    return FirmTables(
        SectorTable(output=output, fuel_share=fuel_share, **numbers),
        HeatTable(carrier, *(np.asarray(heat[name]) for name in HeatTable._fields[1:])),
        MeasureTable(use, *(np.asarray(measures[name]) for name in MeasureTable._fields[1:])),
        network,
        np.zeros((runs, rows, USES)),
        np.zeros((runs, rows)),
        np.zeros((runs, rows)),
    )


def check_base_energy(base_energy: Floats, tables: FirmTables) -> None:
    """Refuse a base year whose INDUSTRY fuels firms have no technology for, or sector shares that do not sum to one."""
    sectors = tables.sectors
    served = {int(tables.heat.carrier[h]): h for h in (Heat.GAS_BOILER, Heat.COAL_BOILER, Heat.BIOMASS_BOILER,
                                                       Heat.HYDROGEN_BOILER)}  # fmt: skip
    problems = []
    for carrier in Carrier:
        used = float(np.max(base_energy[:, Account.INDUSTRY, carrier]))
        if used <= 0.0:
            continue
        share = sectors.electricity_share if carrier == Carrier.ELECTRICITY else None
        if carrier in served:
            share = sectors.fuel_share[:, served[carrier]]
        if share is None:
            problems.append(f"base year: INDUSTRY uses {carrier.name.lower()}, for which firms have no technology")
        elif abs(float(np.sum(share)) - 1.0) > 1e-4:
            problems.append(
                f"firm_sectors.csv: {carrier.name.lower()}_share sums to {float(np.sum(share)):g}; expected 1"
            )
    if problems:
        raise InputError(problems)


def populate(tables: FirmTables, world: World, first: int) -> Firms:
    """Firms of the base year for all runs, [runs, len(tables.network.sector)], and their rows of the borrowers.

    Needs ``world.record[:, 0].value_added_*`` (Myuan) and ``world.base_energy``. Firm a is borrower ``first + a``.
    Raises InputError where the base year's fuels and the sector table do not fit.
    """
    check_base_energy(world.base_energy, tables)
    runs, firms = world.seeds.shape[0], len(tables.network.sector)
    columns = allocate(Firms, runs, firms)
    columns.feeder[...] = tables.network.feeder
    columns.sub_district[...] = tables.network.sub_district
    columns.sector[...] = tables.network.sector
    columns.identity[...] = FIRM_IDS + np.arange(firms)
    columns.planned[...] = NOTHING
    columns.heat_reference[...] = 1.0  # any positive cost: firms without heat are weighed too, and never use it
    world.borrowers.holder[:, first : first + firms] = Holder.FIRMS
    draw_firms(world, columns, tables, first)
    return columns


@hot_rule
def sector_output(record: Any, output: int) -> float:
    """Value added of a path of output, Myuan; ``output`` is an index of SECTOR_NAMES."""
    if output == 0:
        return float(record.value_added_logistics)
    if output == 1:
        return float(record.value_added_automobile)
    if output == 2:
        return float(record.value_added_manufacturing)
    if output == 3:
        return float(record.value_added_trade)
    return float(record.value_added_finance)


@hot_rule
def draw_traits(world: World, firms: Firms, tables: FirmTables, run: int, firm: int, stream: int) -> None:
    """Size, attitude, hurdle, customers' pressure and price of flexibility of a firm, by its identity and sector."""
    seed, identity, p = world.seeds[run], firms.identity[run, firm], world.parameters[run]
    sector = firms.sector[run, firm]
    firms.size[run, firm] = math.exp(tables.sectors.size_spread[sector] * normal(seed, identity, 0, stream, SIZE))
    firms.attitude[run, firm] = uniform(seed, identity, 0, stream, TRAITS * 2 + ATTITUDE)
    spread = tables.sectors.hurdle_spread[sector]
    firms.hurdle_rate[run, firm] = tables.sectors.hurdle_rate[sector] * math.exp(
        spread * normal(seed, identity, 0, stream, HURDLE)
    )
    firms.supplier[run, firm] = uniform(seed, identity, 0, stream, TRAITS * 2 + SUPPLIER)
    firms.flexibility_cost[run, firm] = p.firm_flexibility_cost * math.exp(
        p.firm_flexibility_spread * normal(seed, identity, 0, stream, FLEXIBILITY)
    )
    firms.margin[run, firm] = tables.sectors.margin[sector]
    low = tables.sectors.low_heat[sector]
    shift = p.firm_low_heat_spread * (2.0 * uniform(seed, identity, 0, stream, TRAITS * 2 + LOW_HEAT) - 1.0)
    firms.low_heat[run, firm] = min(1.0, max(0.0, low + shift))


@hot_rule
def draw_heat_tastes(world: World, firms: Firms, run: int, firm: int) -> None:
    """Gumbel numbers of the heat options for the equipment cycle that begins; keyed by cycle, never by year."""
    cycle, identity = firms.heat_cycle[run, firm], firms.identity[run, firm]
    for option in range(HEATS):
        firms.heat_taste[run, firm, option] = gumbel(world.seeds[run], identity, cycle, Stream.CHOICE, option)


@hot_rule
def drawn_life(world: World, firms: Firms, run: int, firm: int, mean: float, cycle: int, draw: int) -> float:
    """Life of one piece of equipment, yr: uniform around the mean."""
    chance = uniform(world.seeds[run], firms.identity[run, firm], cycle, Stream.LIFETIME, draw)
    spread = world.parameters[run].firm_life_spread
    return max(1.0, mean * (1.0 - spread + 2.0 * spread * chance))


@hot_rule
def assign_boilers(world: World, firms: Firms, tables: FirmTables, run: int, sector: int) -> None:
    """Give every firm of a manufacturing sector a boiler of the base year, by the sector's fuels in useful heat.

    Each fuel that the sector burns gets at least one firm: the one whose draw lies nearest to the fuel's range.
    """
    useful = np.zeros(HEATS)
    total = 0.0
    for option in range(HEATS):
        carrier = tables.heat.carrier[option]
        fuel = tables.sectors.fuel_share[sector, option] * world.base_energy[run, Account.INDUSTRY, carrier]
        useful[option] = fuel * MWH_PER_TCE * tables.heat.efficiency[option]
        total += useful[option]
    for firm in range(firms.sector.shape[1]):
        if firms.sector[run, firm] != sector or total <= 0.0:
            continue
        firms.heat_system[run, firm] = Heat.GAS_BOILER
        reached = (
            uniform(world.seeds[run], firms.identity[run, firm], 0, Stream.POPULATION, TRAITS * 2 + BOILER) * total
        )
        for option in range(HEATS):
            if useful[option] > 0.0 and reached >= 0.0:
                firms.heat_system[run, firm] = option
                reached -= useful[option]
    taken = np.zeros(firms.sector.shape[1], np.int64)
    for option in range(HEATS):
        if useful[option] <= 0.0:
            continue
        best, least, present = -1, 2.0, False
        for firm in range(firms.sector.shape[1]):
            if firms.sector[run, firm] != sector:
                continue
            present = present or firms.heat_system[run, firm] == option
            draw = uniform(world.seeds[run], firms.identity[run, firm], 0, Stream.POPULATION, TRAITS * 2 + BOILER)
            if draw < least and taken[firm] == 0:
                best, least = firm, draw
        if not present and best >= 0:
            firms.heat_system[run, best] = option
            taken[best] = 1


@hot_rule
def share_energy(world: World, firms: Firms, tables: FirmTables, run: int, sector: int) -> None:
    """Spread a sector's output, shells, electricity and fuels over its firms so that the sums are exact."""
    s, p = tables.sectors, world.parameters[run]
    output = sector_output(world.record[run, 0], s.output[sector]) * s.output_share[sector]
    total, by_system = 0.0, np.zeros(HEATS)
    for firm in range(firms.sector.shape[1]):
        if firms.sector[run, firm] == sector:
            weight = firms.size[run, firm] * math.exp(firms.deviation[run, firm])
            total += weight
            by_system[firms.heat_system[run, firm]] += weight
    if total <= 0.0 or output <= 0.0:
        return
    electricity = s.electricity_share[sector] * world.base_energy[run, Account.INDUSTRY, Carrier.ELECTRICITY]
    shell_area = s.shell_share[sector] * p.firm_shell_area_2020
    if shell_area * p.firm_shell_intensity > electricity:  # a park with less power than its shells would need
        shell_area = electricity / p.firm_shell_intensity
    process = electricity - shell_area * p.firm_shell_intensity
    tables.sector_shell[run, sector] = shell_area / output
    tables.sector_intensity[run, sector, Use.MOTIVE] = s.motive_share[sector] * process / output
    tables.sector_intensity[run, sector, Use.AIR] = s.air_share[sector] * process / output
    rest = process * (1.0 - s.motive_share[sector] - s.air_share[sector])
    tables.sector_intensity[run, sector, Use.PROCESS] = rest / output
    direct = 0.0
    for option in range(HEATS):
        carrier = tables.heat.carrier[option]
        fuel = s.fuel_share[sector, option] * world.base_energy[run, Account.INDUSTRY, carrier]
        heat = fuel * MWH_PER_TCE * tables.heat.efficiency[option]
        tables.sector_intensity[run, sector, Use.HEAT] += heat / output
        direct += fuel * emission_factor(p, carrier)
        by_system[option] = heat / (by_system[option] * output / total) if by_system[option] > 0.0 else 0.0
    tables.sector_benchmark[run, sector] = direct / output
    for firm in range(firms.sector.shape[1]):
        if firms.sector[run, firm] == sector:
            weight = firms.size[run, firm] * math.exp(firms.deviation[run, firm])
            firms.value_added[run, firm] = output * weight / total
            set_intensities(firms, tables, run, firm)
            firms.intensity[run, firm, Use.HEAT] = by_system[firms.heat_system[run, firm]]


@hot_rule
def set_intensities(firms: Firms, tables: FirmTables, run: int, firm: int) -> None:
    """Give a firm its sector's base-year intensities for its present value added, before any measure."""
    sector = firms.sector[run, firm]
    for use in range(USES):
        firms.intensity[run, firm, use] = tables.sector_intensity[run, sector, use]


@hot_rule
def place_shell(world: World, firms: Firms, tables: FirmTables, run: int, firm: int) -> None:
    """Give a firm the shells, roof and base for growth that its output volume needs."""
    volume = firms.volume[run, firm]
    firms.first_volume[run, firm] = volume
    firms.first_shell_area[run, firm] = tables.sector_shell[run, firms.sector[run, firm]] * volume
    firms.shell_area[run, firm] = firms.first_shell_area[run, firm]
    firms.roof_area[run, firm] = firms.shell_area[run, firm] * world.parameters[run].firm_roof_per_shell


@hot_rule
def note_reference(world: World, firms: Firms, tables: FirmTables, run: int, firm: int) -> None:
    """Energy per output volume against which later costs are counted: the firm's own, in the base year or at entry."""
    electricity = firms.intensity[run, firm, Use.MOTIVE] + firms.intensity[run, firm, Use.AIR]
    electricity += firms.intensity[run, firm, Use.PROCESS]
    shell = firms.first_shell_area[run, firm] * world.parameters[run].firm_shell_intensity
    volume = firms.first_volume[run, firm]
    firms.reference_electricity[run, firm] = electricity + (shell / volume if volume > 0.0 else 0.0)
    system = firms.heat_system[run, firm]
    firms.reference_heat[run, firm] = system
    heat = firms.intensity[run, firm, Use.HEAT]
    firms.reference_fuel[run, firm] = heat / tables.heat.efficiency[system] / MWH_PER_TCE


@stage
def draw_firms(world: World, firms: Firms, tables: FirmTables, first: int) -> None:
    """Draw all firms of the base year and scale them; see ``populate``."""
    for run in range(world.seeds.shape[0]):
        p = world.parameters[run]
        scatter = p.firm_output_volatility / math.sqrt(1.0 - p.firm_output_persistence**2)
        for firm in range(firms.sector.shape[1]):
            draw_traits(world, firms, tables, run, firm, Stream.POPULATION)
            identity = firms.identity[run, firm]
            shock = normal(world.seeds[run], identity, 0, Stream.POPULATION, DEVIATION)
            firms.deviation[run, firm] = scatter * shock
        for sector in range(tables.sectors.output.shape[0]):
            assign_boilers(world, firms, tables, run, sector)
            share_energy(world, firms, tables, run, sector)
        for firm in range(firms.sector.shape[1]):
            finish_firm(world, firms, tables, run, firm, first)


@hot_rule
def finish_firm(world: World, firms: Firms, tables: FirmTables, run: int, firm: int, first: int) -> None:
    """Shells, boiler vintage, money and size of a firm of the base year; boilers are of any age within their life."""
    p, borrower = world.parameters[run], first + firm
    firms.volume[run, firm] = firms.value_added[run, firm]
    place_shell(world, firms, tables, run, firm)
    note_reference(world, firms, tables, run, firm)
    system = firms.heat_system[run, firm]
    firms.heat_efficiency[run, firm] = tables.heat.efficiency[system]
    life = drawn_life(world, firms, run, firm, tables.heat.life[system], 0, 0)
    age = uniform(world.seeds[run], firms.identity[run, firm], 0, Stream.POPULATION, TRAITS * 2 + AGE)
    firms.heat_end[run, firm] = 1.0 + life * age
    surplus = firms.margin[run, firm] * firms.value_added[run, firm]
    world.borrowers.size[run, borrower] = firms.value_added[run, firm]
    world.borrowers.surplus[run, borrower] = surplus
    world.borrowers.cash[run, borrower] = p.firm_cash_share * (firms.value_added[run, firm] - surplus)


def sectors_of_firms(shares: Floats, firms: int) -> Integers:
    """Sector row of each of ``firms`` slots, from the table's number shares; every sector has at least one firm."""
    return np.repeat(np.arange(len(shares)), counts_by_share(shares, firms))
