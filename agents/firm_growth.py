"""Firms from year to year: output around the sector's path, exit after two years of loss, entrants by the park's plan.

MODEL 2 and D7: GDP grows while energy stays reasonable, because output shifts between sectors and volume grows slower
than value. Money in Myuan of 2020; ``year`` is an index, 2020 is 0.
"""

from __future__ import annotations

import math

import numpy as np

from agents.axes import Holder, Stream
from agents.compiled import rule, stage
from agents.draw_lanes import draw_normal_pairs
from agents.draws import uniform
from agents.fields import Floats, Integers, Records
from agents.firm import MEASURES, NOTHING, SECTOR_NAMES, Business, Firms, Heat
from agents.firm_energy import measure_capex, note_equipment, note_needs, owns_energy
from agents.firm_population import (
    LUCK,
    SECTOR,
    draw_traits,
    give_intensities,
    list_owners,
    note_reference,
    place_shell,
    sector_output,
)
from agents.firm_tables import FirmTables, check_memory, fetch_firm, hide
from agents.lending import close_borrower, fetch_accounts, pay_capex, pay_out, receive
from agents.row_parts import AHEAD, RowParts, fetch
from agents.vector_math import exponential
from agents.world import World, runs_of

LOSS_YEARS = 2  # MODEL 2: a firm leaves after two negative years


@rule
def plan_share(s: Records, output: int) -> float:
    """Share of entrants that the park's industrial plan gives to a path of output (index of SECTOR_NAMES)."""
    if output == 0:
        return s.plan_share_logistics
    if output == 1:
        return s.plan_share_automobile
    if output == 2:
        return s.plan_share_manufacturing
    if output == 3:
        return s.plan_share_trade
    return s.plan_share_finance


@rule
def planned_sector(s: Records, record: Records, sectors: Records, draw: float) -> int:
    """Sector that the plan gives to an entrant with this uniform draw; only paths that have output get entrants."""
    total = 0.0
    for row in range(sectors.shape[0]):
        if sector_output(record, sectors[row].output) > 0.0:
            total += plan_share(s, sectors[row].output) * sectors[row].output_share
    reached, chosen = draw * total, 0
    for row in range(sectors.shape[0]):
        if sector_output(record, sectors[row].output) > 0.0 and reached >= 0.0:
            chosen = row
            reached -= plan_share(s, sectors[row].output) * sectors[row].output_share
    return chosen


@rule
def clear_plant(firms: Business, firm: Records, run: int, slot: int) -> None:
    """Nothing of a firm that leaves stays in use: the site is fitted out anew."""
    firm.pv_capacity = 0.0
    firm.pv_yield = 0.0
    firm.storage_capacity = 0.0
    firm.review = 0
    firm.fixed_cost = 0.0
    firms.flexible_load[run, slot] = 0.0
    firms.energy_cost[run, slot], firms.carbon_cost[run, slot] = 0.0, 0.0
    firms.green_power_bought[run, slot] = 0.0
    for measure in range(MEASURES):
        firm.measure_end[measure] = 0.0
        firm.measure_cycle[measure] = 0


@rule
def enter(
    seed: int, s: Records, record: Records, tables: FirmTables, firms: Business, firm: Records, run: int, slot: int,
    year: int
) -> None:  # fmt: skip
    """An entrant takes the slot under a new id, in a sector of the plan; its heat system is chosen this year.

    Its traits are drawn beside those of all the year's entrants.
    """
    firm.generation += 1
    identity = firms.identity[run, slot] + firms.identity.shape[1]
    sector = planned_sector(s, record, tables.sectors, uniform(seed, identity, 0, Stream.ENTRY, SECTOR))
    firms.identity[run, slot], firms.sector[run, slot] = identity, sector
    firms.deviation[run, slot] = 0.0
    firms.negative_years[run, slot] = 0
    firms.entering[run, slot] = 1
    firm.heat_system = Heat.GAS_BOILER
    firm.heat_efficiency = tables.heat[Heat.GAS_BOILER].efficiency
    firm.heat_end = year
    firm.heat_cycle = 0
    firm.pv_cycle = 0
    firm.storage_cycle = 0
    firm.reference_cost = NOTHING


@rule
def fetch_business(firms: Business, run: int, slot: int) -> None:
    """Ask memory for the columns that an entrant begins anew; see ``row_parts.fetch``."""
    fetch(firms.identity, run, slot)
    fetch(firms.relative_size, run, slot)
    fetch(firms.deviation, run, slot)
    fetch(firms.margin, run, slot)
    fetch(firms.supplier, run, slot)
    fetch(firms.flexibility_cost, run, slot)
    fetch(firms.flexible_load, run, slot)
    fetch(firms.energy_cost, run, slot)
    fetch(firms.carbon_cost, run, slot)
    fetch(firms.green_power_bought, run, slot)


@rule
def members(sector: Integers, row: int) -> int:
    """Number of firms of a sector."""
    count = 0
    for slot in range(sector.shape[0]):
        count += 1 if sector[slot] == row else 0
    return count


@rule
def list_losers(losses: Integers, slots: Integers) -> int:
    """List the firms with so many negative years that they leave; returns how many."""
    number = 0
    for slot in range(losses.shape[0]):
        slots[number] = slot
        number += 1 if losses[slot] >= LOSS_YEARS else 0
    return number


@rule
def replace_losers(world: World, firms: Business, rows: RowParts, tables: FirmTables, run: int, first: int, year: int,
                   slots: Integers, luck: Floats) -> int:  # fmt: skip
    """Firms with two negative years leave, unless they are the last of their sector; entrants take their slots.

    Loans of a firm that leaves are repaid as far as its cash goes; cash that is left goes to its owners. Fills
    ``slots`` with those that entrants took, and returns how many; ``luck`` is working space.
    """
    sector, entrants = firms.sector[run], 0
    p, s, now = world.parameters[run], world.series[run, year], world.record[run, year]
    firms.entering[run, :] = 0
    number = list_losers(firms.negative_years[run], slots)
    for place in range(number):
        slot, ahead = slots[place], slots[min(place + AHEAD, number - 1)]
        fetch_firm(rows, run, ahead)
        fetch_business(firms, run, ahead)
        fetch(tables.shown, run, ahead)
        fetch_accounts(world.borrowers, run, first + ahead)
        if members(sector, sector[slot]) > 1:
            borrower = first + slot
            close_borrower(world, run, borrower, year)
            pay_out(world, run, borrower, Holder.OUTSIDE, world.borrowers.cash[run, borrower])
            clear_plant(firms, rows[run, slot], run, slot)
            hide(tables, run, slot)
            enter(world.seeds[run], s, now, tables, firms, rows[run, slot], run, slot, year)
            world.borrowers.defaulted[run, borrower] = 0
            world.borrowers.rating[run, borrower] = p.initial_risk_score
            slots[entrants] = slot
            entrants += 1
    draw_traits(world.seeds[run], p, tables.sectors, firms, rows, run, slots[:entrants], Stream.ENTRY, luck)
    for place in range(entrants):
        firms.relative_size[run, slots[place]] *= p.firm_entrant_size
    now.firm_exits = float(entrants)
    return entrants


@rule
def draw_weights(seed: int, p: Records, firms: Business, run: int, year: int, weight: Floats) -> None:
    """Move every firm's output by the year's shock and write its weight within its sector."""
    deviation, size = firms.deviation[run], firms.relative_size[run]
    persistence, volatility = p.firm_output_persistence, p.firm_output_volatility
    draw_normal_pairs(seed, firms.identity[run], year, Stream.OUTPUT, weight, firms.margin_shock[run])
    for slot in range(weight.shape[0]):
        deviation[slot] = persistence * deviation[slot] + volatility * weight[slot]
        weight[slot] = size[slot] * exponential(deviation[slot])


@rule
def share_output(world: World, firms: Business, tables: FirmTables, run: int, first: int, year: int,
                 weight: Floats) -> None:  # fmt: skip
    """Rescale firms so that each sector's value added is its path; sets output volume. ``weight`` is working space."""
    p, sectors, sector = world.parameters[run], tables.sectors, firms.sector[run]
    value_added, volume, scale = firms.value_added[run], firms.volume[run], np.zeros(sectors.shape[0])
    draw_weights(world.seeds[run], p, firms, run, year, weight)
    for slot in range(weight.shape[0]):
        scale[sector[slot]] += weight[slot]
    for row in range(scale.shape[0]):
        output = sector_output(world.record[run, year], sectors[row].output) * sectors[row].output_share
        scale[row] = output / scale[row] if scale[row] > 0.0 else 0.0
    per_value = math.pow(1.0 - p.firm_dematerialisation, float(year))
    size = world.borrowers.size[run, first : first + weight.shape[0]]
    for slot in range(weight.shape[0]):
        value_added[slot] = weight[slot] * scale[sector[slot]]
        volume[slot] = value_added[slot] * per_value
        size[slot] = value_added[slot]


@rule
def equip(world: World, firms: Business, rows: RowParts, tables: FirmTables, run: int, slot: int, borrower: int,
          year: int) -> None:  # fmt: skip
    """Money and best-practice equipment of an entrant: owners pay in cash and every efficiency measure."""
    p, firm, measures = world.parameters[run], rows[run, slot], tables.measures
    sector, value_added, volume = firms.sector[run, slot], firms.value_added[run, slot], firms.volume[run, slot]
    surplus = firms.margin[run, slot] * value_added
    receive(world, run, borrower, Holder.OUTSIDE, p.firm_cash_share * (value_added - surplus))
    world.borrowers.surplus[run, borrower] = surplus
    give_intensities(firm, tables.base[run, sector])
    place_shell(p, tables.base[run, sector], firm, volume)
    if not owns_energy(tables.sectors[sector]):
        return
    total = 0.0
    note_equipment(p, measures, firm, year)
    for measure in range(MEASURES):
        note_needs(firm, volume)
        total += measure_capex(measures, firm, measure)
        firm.measure_end[measure] = year + measures[measure].life
        firm.measure_cycle[measure] = 1
        note_equipment(p, measures, firm, year)
    receive(world, run, borrower, Holder.OUTSIDE, total)
    pay_capex(world, run, borrower, total, year, True)
    note_reference(p, tables.heat, firm)


@stage
def grow_firms(world: World, tables: FirmTables, first: int, year: int) -> None:
    """See ``grow``."""
    firms, rows = tables.business, tables.rows
    number = rows.state.shape[1]
    weight, slots, luck = np.empty(number), np.empty(number + 1, np.int64), np.empty((LUCK, number))
    for run in runs_of(world):
        entrants = replace_losers(world, firms, rows, tables, run, first, year, slots, luck)
        share_output(world, firms, tables, run, first, year, weight)
        if entrants > 0:
            list_owners(tables, firms, run)
            for place in range(entrants):
                equip(world, firms, rows, tables, run, slots[place], first + slots[place], year)


def grow(world: World, firms: Firms, tables: FirmTables, first: int, year: int) -> None:
    """Exits, entries and this year's output of every firm; after the stocks' sector paths, before ``choose``."""
    check_memory(firms, tables)
    grow_firms(world, tables, first, year)


assert len(SECTOR_NAMES) == 5  # plan_share and sector_output name the five paths
