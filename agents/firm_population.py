"""The synthetic firms of a park: sizes and vintages are drawn, energy and output are exact in every draw (MODEL 2, 13).

Every sector's value added, electricity and fuels are those of the base year: draws only decide who has how much. A
sector that burns several fuels needs at least as many firms as fuels.
"""

from __future__ import annotations

import math

import numpy as np

from agents.axes import FIRM_IDS, Account, Carrier, Holder, Stream
from agents.compiled import rule, stage
from agents.draws import normal, uniform
from agents.fields import Floats, Integers, Records
from agents.firm import HEATS, NOTHING, USES, Business, Firms, Heat, Use
from agents.firm_energy import note_equipment, note_needs, owns_energy
from agents.firm_tables import FirmTables, check_base_energy, columns_of, show
from agents.investment_parameters import MWH_PER_TCE, emission_factor
from agents.networks import counts_by_share
from agents.row_parts import RowParts
from agents.world import World

# Draw numbers of Stream.POPULATION and Stream.ENTRY: one a trait. Normal numbers use the draws 2 n and 2 n + 1, so
# uniform ones begin behind them.
SIZE, HURDLE, FLEXIBILITY, DEVIATION = range(4)
ATTITUDE, SUPPLIER, LOW_HEAT, BOILER, AGE, SECTOR = range(16, 22)


def sectors_of_firms(shares: Floats, firms: int) -> Integers:
    """Sector row of each of ``firms`` slots, from the table's number shares; every sector has at least one firm."""
    return np.repeat(np.arange(len(shares)), counts_by_share(shares, firms))


def populate(tables: FirmTables, world: World, first: int) -> Firms:
    """Firms of the base year for all runs, [runs, len(tables.network.sector)], and their rows of the borrowers.

    Needs ``world.record[:, 0].value_added_*`` (Myuan) and ``world.base_energy``. Firm a is borrower ``first + a``.
    They are the memory of ``tables``, which holds one population. Raises InputError where the base year's fuels and the
    sector table do not fit.
    """
    check_base_energy(world.base_energy, tables)
    firms = len(tables.network.sector)
    columns = columns_of(tables)
    columns.feeder[...] = tables.network.feeder
    columns.sub_district[...] = tables.network.sub_district
    columns.sector[...] = tables.network.sector
    columns.identity[...] = FIRM_IDS + np.arange(firms)
    columns.planned[...] = NOTHING
    columns.reference_cost[...] = NOTHING
    columns.heat_system[...] = Heat.GAS_BOILER
    columns.heat_reference[...] = 1.0  # any positive cost: firms without heat are weighed too, and never use it
    world.borrowers.holder[:, first : first + firms] = Holder.FIRMS
    draw_firms(world, tables, first)
    return columns


@rule
def sector_output(record: Records, output: int) -> float:
    """Value added of a path of output, Myuan; ``output`` is an index of SECTOR_NAMES."""
    if output == 0:
        return record.value_added_logistics
    if output == 1:
        return record.value_added_automobile
    if output == 2:
        return record.value_added_manufacturing
    if output == 3:
        return record.value_added_trade
    return record.value_added_finance


@rule
def draw_traits(
    seed: int, p: Records, sector: Records, firms: Business, firm: Records, run: int, slot: int, stream: int
) -> None:
    """Size, attitude, hurdle, customers' pressure and price of flexibility of a firm, by its identity and sector."""
    key = firms.identity[run, slot]
    firms.relative_size[run, slot] = math.exp(sector.size_spread * normal(seed, key, 0, stream, SIZE))
    firm.attitude = uniform(seed, key, 0, stream, ATTITUDE)
    firm.hurdle_rate = sector.hurdle_rate * math.exp(sector.hurdle_spread * normal(seed, key, 0, stream, HURDLE))
    firms.supplier[run, slot] = uniform(seed, key, 0, stream, SUPPLIER)
    scatter = p.firm_flexibility_spread * normal(seed, key, 0, stream, FLEXIBILITY)
    firms.flexibility_cost[run, slot] = p.firm_flexibility_cost * math.exp(scatter)
    firms.margin[run, slot] = sector.margin
    shift = p.firm_low_heat_spread * (2.0 * uniform(seed, key, 0, stream, LOW_HEAT) - 1.0)
    firm.low_heat = min(1.0, max(0.0, sector.low_heat + shift)) if sector.low_heat > 0.0 else 0.0


@rule
def drawn_life(seed: int, identity: int, cycle: int, mean: float, spread: float) -> float:
    """Life of one piece of equipment, yr: uniform within a share ``spread`` around the mean."""
    chance = uniform(seed, identity, cycle, Stream.LIFETIME, 0)
    return max(1.0, mean * (1.0 - spread + 2.0 * spread * chance))


@rule
def boiler_draw(seed: int, identity: int) -> float:
    """The number that decides a firm's boiler in the base year."""
    return uniform(seed, identity, 0, Stream.POPULATION, BOILER)


@rule
def base_heat(sector: Records, heats: Records, base_energy: Floats, option: int) -> float:
    """Useful heat that a sector gets from the boilers of an option in the base year, MWh; ``base_energy`` [carrier]."""
    fuel = sector.fuel_share[option] * base_energy[heats[option].carrier]
    return fuel * MWH_PER_TCE * heats[option].efficiency


@rule
def assign_boilers(
    seed: int, sector: Records, row: int, heats: Records, base_energy: Floats, firms: Business, rows: RowParts, run: int
) -> None:
    """Give every firm of a manufacturing sector a boiler of the base year, by the sector's fuels in useful heat.

    A fuel that nobody drew goes to the firm with the lowest draw that has not been moved yet.
    """
    total = 0.0
    for option in range(HEATS):
        total += base_heat(sector, heats, base_energy, option)
    if total <= 0.0:
        return
    identity, number = firms.identity[run], rows.state.shape[1]
    moved = np.zeros(number, np.int64)
    for slot in range(number):
        if firms.sector[run, slot] != row:
            continue
        reached = boiler_draw(seed, identity[slot]) * total
        for option in range(HEATS):
            useful = base_heat(sector, heats, base_energy, option)
            if useful > 0.0 and reached >= 0.0:
                rows[run, slot].heat_system = option
                reached -= useful
    for option in range(HEATS):
        lowest, least, present = -1, 2.0, False
        for slot in range(number):
            if firms.sector[run, slot] == row:
                present = present or rows[run, slot].heat_system == option
                draw = boiler_draw(seed, identity[slot])
                if draw < least and moved[slot] == 0:
                    lowest, least = slot, draw
        if base_heat(sector, heats, base_energy, option) > 0.0 and not present and lowest >= 0:
            rows[run, lowest].heat_system = option
            moved[lowest] = 1


@rule
def base_intensities(
    p: Records, sector: Records, heats: Records, base_energy: Floats, output: float, base: Records
) -> None:
    """A sector's means of the base year per Myuan of output: useful energy by use, shells, scope 1."""
    electricity = sector.electricity_share * base_energy[Carrier.ELECTRICITY]
    shell_area = sector.shell_share * p.firm_shell_area_2020
    if shell_area * p.firm_shell_intensity > electricity:  # a park with less power than its shells would need
        shell_area = electricity / p.firm_shell_intensity
    process = electricity - shell_area * p.firm_shell_intensity
    base.shell = shell_area / output
    base.intensity[Use.MOTIVE] = sector.motive_share * process / output
    base.intensity[Use.AIR] = sector.air_share * process / output
    base.intensity[Use.PROCESS] = (1.0 - sector.motive_share - sector.air_share) * process / output
    heat, direct = 0.0, 0.0
    for option in range(HEATS):
        useful = base_heat(sector, heats, base_energy, option)
        heat += useful
        fuel = useful / heats[option].efficiency / MWH_PER_TCE
        direct += fuel * emission_factor(p, heats[option].carrier)
    base.intensity[Use.HEAT] = heat / output
    base.benchmark = direct / output


@rule
def share_out(
    sector: Records, row: int, heats: Records, base_energy: Floats, output: float, base: Records, firms: Business,
    rows: RowParts, run: int
) -> None:  # fmt: skip
    """Spread a sector's output and energy over its firms by size, so that every fuel's sum is exact."""
    total, by_system = 0.0, np.zeros(HEATS)
    size, deviation = firms.relative_size[run], firms.deviation[run]
    for slot in range(rows.state.shape[1]):
        if firms.sector[run, slot] == row:
            weight = size[slot] * math.exp(deviation[slot])
            total += weight
            by_system[rows[run, slot].heat_system] += weight
    for slot in range(rows.state.shape[1]):
        if firms.sector[run, slot] == row:
            firm = rows[run, slot]
            firms.value_added[run, slot] = output * size[slot] * math.exp(deviation[slot]) / total
            give_intensities(firm, base)
            system = firm.heat_system
            served = by_system[system] * output / total
            firm.intensity[Use.HEAT] = base_heat(sector, heats, base_energy, system) / served


@rule
def give_intensities(firm: Records, base: Records) -> None:
    """Give a firm its sector's base-year intensities, before any measure."""
    for use in range(USES):
        firm.intensity[use] = base.intensity[use]


@rule
def place_shell(p: Records, base: Records, firm: Records, volume: float) -> None:
    """Give a firm the shells and roof that its output volume needs, from which they grow."""
    firm.first_volume = volume
    firm.first_shell_area = base.shell * volume
    firm.shell_area = firm.first_shell_area
    firm.roof_area = firm.shell_area * p.firm_roof_per_shell


@rule
def note_reference(p: Records, heats: Records, firm: Records) -> None:
    """Energy per output volume against which later costs are counted: the firm's own, in the base year or at entry."""
    power = firm.intensity[Use.MOTIVE] + firm.intensity[Use.AIR] + firm.intensity[Use.PROCESS]
    shell = firm.first_shell_area * p.firm_shell_intensity
    firm.reference_electricity = power + (shell / firm.first_volume if firm.first_volume > 0.0 else 0.0)
    firm.reference_heat = firm.heat_system
    firm.reference_fuel = firm.intensity[Use.HEAT] / heats[firm.heat_system].efficiency / MWH_PER_TCE


@rule
def finish_firm(seed: int, p: Records, tables: FirmTables, firm: Records, base: Records, key: int,
                volume: float) -> None:  # fmt: skip
    """Shells, boiler vintage and needs of a firm of the base year; boilers are of any age within their life."""
    heats = tables.heat
    place_shell(p, base, firm, volume)
    note_reference(p, heats, firm)
    firm.heat_efficiency = heats[firm.heat_system].efficiency
    life = drawn_life(seed, key, 0, heats[firm.heat_system].life, p.firm_life_spread)
    firm.heat_end = 1.0 + life * uniform(seed, key, 0, Stream.POPULATION, AGE)
    note_equipment(p, tables.measures, firm, 0)
    note_needs(firm, volume)


@rule
def list_owners(tables: FirmTables, firms: Business, run: int) -> None:
    """List the firms that have energy of their own."""
    sector, owners, number = firms.sector[run], tables.owners[run], 0
    for slot in range(sector.shape[0]):
        owners[number] = slot
        number += 1 if owns_energy(tables.sectors[sector[slot]]) else 0
    tables.owner_number[run] = number


@stage
def draw_firms(world: World, tables: FirmTables, first: int) -> None:
    """Draw all firms of the base year and scale them; see ``populate``."""
    sectors, heats, firms, rows = tables.sectors, tables.heat, tables.business, tables.rows
    for run in range(world.seeds.shape[0]):
        p, seed, base_energy = world.parameters[run], world.seeds[run], world.base_energy[run, Account.INDUSTRY]
        scatter = p.firm_output_volatility / math.sqrt(1.0 - p.firm_output_persistence * p.firm_output_persistence)
        for slot in range(rows.state.shape[1]):
            sector, key = sectors[firms.sector[run, slot]], firms.identity[run, slot]
            draw_traits(seed, p, sector, firms, rows[run, slot], run, slot, Stream.POPULATION)
            firms.deviation[run, slot] = scatter * normal(seed, key, 0, Stream.POPULATION, DEVIATION)
        for row in range(sectors.shape[0]):
            sector, base = sectors[row], tables.base[run, row]
            output = sector_output(world.record[run, 0], sector.output) * sector.output_share
            if output > 0.0:
                assign_boilers(seed, sector, row, heats, base_energy, firms, rows, run)
                base_intensities(p, sector, heats, base_energy, output, base)
                share_out(sector, row, heats, base_energy, output, base, firms, rows, run)
        for slot in range(rows.state.shape[1]):
            borrower, value_added = first + slot, firms.value_added[run, slot]
            firms.volume[run, slot], firms.verified_emissions[run, slot] = value_added, -1.0
            base = tables.base[run, firms.sector[run, slot]]
            finish_firm(seed, p, tables, rows[run, slot], base, firms.identity[run, slot], value_added)
            surplus = firms.margin[run, slot] * value_added
            world.borrowers.size[run, borrower] = value_added
            world.borrowers.surplus[run, borrower] = surplus
            world.borrowers.cash[run, borrower] = p.firm_cash_share * (value_added - surplus)
        list_owners(tables, firms, run)
        for place in range(tables.owner_number[run]):
            slot = tables.owners[run, place]
            show(tables, rows[run, slot], run, slot, 0)
