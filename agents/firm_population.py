"""The synthetic firms of a park: sizes and vintages are drawn, energy and output are exact in every draw (MODEL 2, 13).

Every sector's value added, electricity and fuels are those of the base year: draws only decide who has how much. A
sector that burns several fuels needs at least as many firms as fuels.
"""

from __future__ import annotations

import math

import numpy as np

from agents.axes import FIRM_IDS, Account, Carrier, Holder, Stream
from agents.compiled import rule, stage
from agents.draw_lanes import draw_normals
from agents.draws import fill_uniform, uniform
from agents.fields import Floats, Integers, Records
from agents.firm import HEATS, NOTHING, USES, Business, Firms, Heat, Use
from agents.firm_energy import note_equipment, note_needs, owns_energy
from agents.firm_tables import FirmTables, check_base_energy, columns_of, show
from agents.investment_parameters import MWH_PER_TCE, emission_factor
from agents.networks import counts_by_share
from agents.row_parts import RowParts
from agents.vector_math import exponential
from agents.world import World, runs_of

# Draw numbers of Stream.POPULATION and Stream.ENTRY: one a trait. Normal numbers use the draws 2 n and 2 n + 1, so
# uniform ones begin behind them.
SIZE, HURDLE, FLEXIBILITY, DEVIATION = range(4)
ATTITUDE, SUPPLIER, LOW_HEAT, BOILER, AGE, SECTOR = range(16, 22)
# The draws of several firms side by side, [row, firm]: a row for each of the draws above, by its number, then the one
# of Stream.LIFETIME, then working space.
LIFE, TURNS, LUCK = range(22, 25)
NORMAL_TRAITS, UNIFORM_TRAITS = (SIZE, HURDLE, FLEXIBILITY), (ATTITUDE, SUPPLIER, LOW_HEAT)


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
def draw_traits(seed: int, p: Records, sectors: Records, firms: Business, rows: RowParts, run: int, slots: Integers,
                stream: int, luck: Floats) -> None:  # fmt: skip
    """Size, attitude, hurdle, customers' pressure and price of flexibility of the firms in ``slots``, by their identity
    and sector; ``luck`` [LUCK, firms] is working space."""
    number = len(slots)
    identity, turns = np.empty(number, np.int64), luck[TURNS, :number]
    for place in range(number):
        identity[place] = firms.identity[run, slots[place]]
    for draw in UNIFORM_TRAITS:
        fill_uniform(luck[draw], seed, identity, number, 0, stream, draw)
    for draw in NORMAL_TRAITS:
        draw_normals(seed, identity, 0, stream, draw, turns, luck[draw, :number])
    for place in range(number):
        sector = sectors[firms.sector[run, slots[place]]]
        luck[SIZE, place] *= sector.size_spread
        luck[HURDLE, place] *= sector.hurdle_spread
        luck[FLEXIBILITY, place] *= p.firm_flexibility_spread
    for draw in NORMAL_TRAITS:
        raise_all(luck[draw, :number])
    for place in range(number):
        slot = slots[place]
        sector, firm = sectors[firms.sector[run, slot]], rows[run, slot]
        firms.relative_size[run, slot] = luck[SIZE, place]
        firm.attitude = luck[ATTITUDE, place]
        firm.hurdle_rate = sector.hurdle_rate * luck[HURDLE, place]
        firms.supplier[run, slot] = luck[SUPPLIER, place]
        firms.flexibility_cost[run, slot] = p.firm_flexibility_cost * luck[FLEXIBILITY, place]
        firms.margin[run, slot] = sector.margin
        shift = p.firm_low_heat_spread * (2.0 * luck[LOW_HEAT, place] - 1.0)
        firm.low_heat = min(1.0, max(0.0, sector.low_heat + shift)) if sector.low_heat > 0.0 else 0.0


@rule
def raise_all(exponents: Floats) -> None:
    """Replace every number of a list by e to its power."""
    for place in range(len(exponents)):
        exponents[place] = exponential(exponents[place])


@rule
def life_at(mean: float, spread: float, chance: float) -> float:
    """Life of equipment, yr, at a uniform number: within a share ``spread`` around the mean."""
    return max(1.0, mean * (1.0 - spread + 2.0 * spread * chance))


@rule
def drawn_life(seed: int, identity: int, cycle: int, mean: float, spread: float) -> float:
    """Life of one piece of equipment, yr: uniform within a share ``spread`` around the mean."""
    return life_at(mean, spread, uniform(seed, identity, cycle, Stream.LIFETIME, 0))


@rule
def base_heat(sector: Records, heats: Records, base_energy: Floats, option: int) -> float:
    """Useful heat that a sector gets from the boilers of an option in the base year, MWh; ``base_energy`` [carrier]."""
    fuel = sector.fuel_share[option] * base_energy[heats[option].carrier]
    return fuel * MWH_PER_TCE * heats[option].efficiency


@rule
def assign_boilers(sector: Records, row: int, heats: Records, base_energy: Floats, firms: Business, rows: RowParts,
                   run: int, chance: Floats) -> None:  # fmt: skip
    """Give every firm of a manufacturing sector a boiler of the base year, by the sector's fuels in useful heat.

    ``chance`` [firms] is uniform. A fuel that nobody drew goes to the firm with the lowest number that has not been
    moved yet.
    """
    total = 0.0
    for option in range(HEATS):
        total += base_heat(sector, heats, base_energy, option)
    if total <= 0.0:
        return
    number = rows.state.shape[1]
    moved = np.zeros(number, np.int64)
    for slot in range(number):
        if firms.sector[run, slot] != row:
            continue
        reached = chance[slot] * total
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
                if chance[slot] < least and moved[slot] == 0:
                    lowest, least = slot, chance[slot]
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
    rows: RowParts, run: int, weight: Floats
) -> None:  # fmt: skip
    """Spread a sector's output and energy over its firms by ``weight`` [firms], so that every fuel's sum is exact."""
    total, by_system = 0.0, np.zeros(HEATS)
    for slot in range(rows.state.shape[1]):
        if firms.sector[run, slot] == row:
            total += weight[slot]
            by_system[rows[run, slot].heat_system] += weight[slot]
    for slot in range(rows.state.shape[1]):
        if firms.sector[run, slot] == row:
            firm = rows[run, slot]
            firms.value_added[run, slot] = output * weight[slot] / total
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
def finish_firm(p: Records, tables: FirmTables, firm: Records, base: Records, volume: float, life: float,
                age: float) -> None:  # fmt: skip
    """Shells, boiler vintage and needs of a firm of the base year; boilers are of any age within their life.

    ``life`` and ``age`` are uniform numbers.
    """
    heats = tables.heat
    place_shell(p, base, firm, volume)
    note_reference(p, heats, firm)
    firm.heat_efficiency = heats[firm.heat_system].efficiency
    firm.heat_end = 1.0 + life_at(heats[firm.heat_system].life, p.firm_life_spread, life) * age
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


@rule
def draw_luck(seed: int, firms: Business, run: int, luck: Floats) -> None:
    """What the draws of the base year say beside firms' traits: their boilers, and how far they are from their mean."""
    identity, number = firms.identity[run], firms.identity.shape[1]
    fill_uniform(luck[BOILER], seed, identity, number, 0, Stream.POPULATION, BOILER)
    fill_uniform(luck[AGE], seed, identity, number, 0, Stream.POPULATION, AGE)
    fill_uniform(luck[LIFE], seed, identity, number, 0, Stream.LIFETIME, 0)
    draw_normals(seed, identity, 0, Stream.POPULATION, DEVIATION, luck[TURNS], luck[DEVIATION])


@stage
def draw_firms(world: World, tables: FirmTables, first: int) -> None:
    """Draw all firms of the base year and scale them; see ``populate``."""
    sectors, heats, firms, rows = tables.sectors, tables.heat, tables.business, tables.rows
    number = rows.state.shape[1]
    slots, luck, weight = np.arange(number), np.empty((LUCK, number)), np.empty(number)
    for run in runs_of(world):
        p, seed, base_energy = world.parameters[run], world.seeds[run], world.base_energy[run, Account.INDUSTRY]
        scatter = p.firm_output_volatility / math.sqrt(1.0 - p.firm_output_persistence * p.firm_output_persistence)
        draw_traits(seed, p, sectors, firms, rows, run, slots, Stream.POPULATION, luck)
        draw_luck(seed, firms, run, luck)
        for slot in range(number):
            firms.deviation[run, slot] = scatter * luck[DEVIATION, slot]
            weight[slot] = firms.deviation[run, slot]
        raise_all(weight)
        for slot in range(number):
            weight[slot] *= firms.relative_size[run, slot]
        for row in range(sectors.shape[0]):
            sector, base = sectors[row], tables.base[run, row]
            output = sector_output(world.record[run, 0], sector.output) * sector.output_share
            if output > 0.0:
                assign_boilers(sector, row, heats, base_energy, firms, rows, run, luck[BOILER])
                base_intensities(p, sector, heats, base_energy, output, base)
                share_out(sector, row, heats, base_energy, output, base, firms, rows, run, weight)
        for slot in range(number):
            borrower, value_added = first + slot, firms.value_added[run, slot]
            firms.volume[run, slot], firms.verified_emissions[run, slot] = value_added, -1.0
            base = tables.base[run, firms.sector[run, slot]]
            finish_firm(p, tables, rows[run, slot], base, value_added, luck[LIFE, slot], luck[AGE, slot])
            surplus = firms.margin[run, slot] * value_added
            world.borrowers.size[run, borrower] = value_added
            world.borrowers.surplus[run, borrower] = surplus
            world.borrowers.cash[run, borrower] = p.firm_cash_share * (value_added - surplus)
        list_owners(tables, firms, run)
        for place in range(tables.owner_number[run]):
            slot = tables.owners[run, place]
            show(tables, rows[run, slot], run, slot, 0)
