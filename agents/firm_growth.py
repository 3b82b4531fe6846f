"""Firms from year to year: output around the sector's path, exit after two years of loss, entrants by the park's plan.

MODEL 2 and D7: GDP grows while energy stays reasonable, because output shifts between sectors and volume grows slower
than value. Money in Myuan of 2020; ``year`` is an index, 2020 is 0.
"""

from __future__ import annotations

import math

import numpy as np

from agents.axes import Holder, Stream
from agents.compiled import rule, stage
from agents.draws import HALF, LOW_BITS, SMALLEST, TO_UNIT, WORD, philox, uniform
from agents.fields import Records
from agents.firm import MEASURES, NOTHING, SECTOR_NAMES, Firms, Heat
from agents.firm_energy import measure_capex, owns_energy
from agents.firm_population import SECTOR, draw_traits, give_intensities, note_reference, place_shell, sector_output
from agents.firm_tables import FirmTables, rows_of
from agents.lending import close_borrower, pay_capex, pay_out, receive
from agents.world import World

LOSS_YEARS = 2  # MODEL 2: a firm leaves after two negative years


@rule
def yearly_shocks(seed: int, identity: int, year: int) -> tuple[float, float]:
    """Two independent standard normal numbers of a firm and year: to output and to margin (Box-Muller, one draw)."""
    counter = (np.uint64(identity) & WORD, np.uint64(year) & WORD, np.uint64(Stream.OUTPUT) & WORD)
    key = np.uint64(seed)
    a, b, c, d = philox(counter[0], counter[1], counter[2], np.uint64(0), key & WORD, key >> HALF)
    first = float(((a << HALF) | b) >> LOW_BITS) * TO_UNIT + SMALLEST
    second = float(((c << HALF) | d) >> LOW_BITS) * TO_UNIT + SMALLEST
    radius, angle = math.sqrt(-2.0 * math.log(first)), 2.0 * math.pi * second
    return radius * math.cos(angle), radius * math.sin(angle)


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
def clear_plant(firm: Records) -> None:
    """Nothing of a firm that leaves stays in use: the site is fitted out anew."""
    firm.pv_capacity = 0.0
    firm.pv_yield = 0.0
    firm.storage_capacity = 0.0
    firm.flexible_load = 0.0
    firm.review = 0
    firm.energy_cost, firm.carbon_cost, firm.fixed_cost, firm.green_power_bought = 0.0, 0.0, 0.0, 0.0
    for measure in range(MEASURES):
        firm.measure_end[measure] = 0.0
        firm.measure_cycle[measure] = 0


@rule
def enter(seed: int, p: Records, s: Records, record: Records, sectors: Records, heats: Records, firm: Records,
          firms: int, year: int) -> None:  # fmt: skip
    """An entrant takes the slot under a new id, in a sector of the plan; its heat system is chosen this year."""
    firm.generation += 1
    firm.identity += firms
    firm.sector = planned_sector(s, record, sectors, uniform(seed, firm.identity, 0, Stream.ENTRY, SECTOR))
    draw_traits(seed, p, sectors[firm.sector], firm, Stream.ENTRY)
    firm.relative_size *= p.firm_entrant_size
    firm.deviation = 0.0
    firm.negative_years = 0
    firm.entering = 1
    firm.heat_system = Heat.GAS_BOILER
    firm.heat_efficiency = heats[Heat.GAS_BOILER].efficiency
    firm.heat_end = year
    firm.heat_cycle = 0
    firm.pv_cycle = 0
    firm.storage_cycle = 0
    firm.reference_cost = NOTHING


@rule
def grow_shell(p: Records, firm: Records) -> None:
    """Shells and roofs follow output volume beyond its start, less than in proportion; they never shrink."""
    if firm.volume > firm.first_volume > 0.0:
        needed = firm.first_shell_area * (firm.volume / firm.first_volume) ** p.firm_shell_elasticity
        firm.shell_area = max(firm.shell_area, needed)
        firm.roof_area = firm.shell_area * p.firm_roof_per_shell


@rule
def replace_losers(world: World, rows: Records, tables: FirmTables, run: int, first: int, year: int) -> None:
    """Firms with two negative years leave, unless they are the last of their sector; entrants take their slots.

    Loans of a firm that leaves are repaid as far as its cash goes; cash that is left goes to its owners.
    """
    members = np.zeros(tables.sectors.shape[0], np.int64)
    for slot in range(rows.shape[1]):
        members[rows[run, slot].sector] += 1
    p, s, now = world.parameters[run], world.series[run, year], world.record[run, year]
    now.firm_exits = 0.0
    for slot in range(rows.shape[1]):
        firm, borrower = rows[run, slot], first + slot
        firm.entering = 0
        if firm.negative_years >= LOSS_YEARS and members[firm.sector] > 1:
            members[firm.sector] -= 1
            close_borrower(world, run, borrower, year)
            pay_out(world, run, borrower, Holder.OUTSIDE, world.borrowers.cash[run, borrower])
            clear_plant(firm)
            enter(world.seeds[run], p, s, now, tables.sectors, tables.heat, firm, rows.shape[1], year)
            world.borrowers.defaulted[run, borrower] = 0
            world.borrowers.rating[run, borrower] = p.initial_risk_score
            members[firm.sector] += 1
            now.firm_exits += 1.0


@rule
def share_output(world: World, rows: Records, tables: FirmTables, run: int, year: int) -> None:
    """Rescale firms so that each sector's value added is its path; sets output volume and shells."""
    p, seed, sectors = world.parameters[run], world.seeds[run], tables.sectors
    sums, weight = np.zeros(sectors.shape[0]), np.zeros(rows.shape[1])
    for slot in range(rows.shape[1]):
        firm = rows[run, slot]
        shock, firm.margin_shock = yearly_shocks(seed, firm.identity, year)
        firm.deviation = p.firm_output_persistence * firm.deviation + p.firm_output_volatility * shock
        weight[slot] = firm.relative_size * math.exp(firm.deviation)
        sums[firm.sector] += weight[slot]
    per_value = math.pow(1.0 - p.firm_dematerialisation, float(year))
    for slot in range(rows.shape[1]):
        firm = rows[run, slot]
        sector = sectors[firm.sector]
        output = sector_output(world.record[run, year], sector.output) * sector.output_share
        firm.value_added = output * weight[slot] / sums[firm.sector]
        firm.volume = firm.value_added * per_value
        grow_shell(p, firm)


@rule
def equip(world: World, rows: Records, tables: FirmTables, run: int, slot: int, borrower: int, year: int) -> None:
    """Money and best-practice equipment of an entrant: owners pay in cash and every efficiency measure."""
    p, firm, measures = world.parameters[run], rows[run, slot], tables.measures
    surplus = firm.margin * firm.value_added
    receive(world, run, borrower, Holder.OUTSIDE, p.firm_cash_share * (firm.value_added - surplus))
    world.borrowers.surplus[run, borrower] = surplus
    give_intensities(firm, tables.base[run, firm.sector])
    place_shell(p, tables.base[run, firm.sector], firm)
    if not owns_energy(tables.sectors[firm.sector]):
        return
    total = 0.0
    for measure in range(MEASURES):
        total += measure_capex(p, measures, firm, measure, year)
        firm.measure_end[measure] = year + measures[measure].life
        firm.measure_cycle[measure] = 1
    receive(world, run, borrower, Holder.OUTSIDE, total)
    pay_capex(world, run, borrower, total, year, True)
    note_reference(p, tables.heat, firm)


@stage
def grow_firms(world: World, rows: Records, tables: FirmTables, first: int, year: int) -> None:
    """See ``grow``; on rows."""
    for run in range(world.seeds.shape[0]):
        replace_losers(world, rows, tables, run, first, year)
        share_output(world, rows, tables, run, year)
        for slot in range(rows.shape[1]):
            if rows[run, slot].entering > 0:
                equip(world, rows, tables, run, slot, first + slot, year)
            world.borrowers.size[run, first + slot] = rows[run, slot].value_added


def grow(world: World, firms: Firms, tables: FirmTables, first: int, year: int) -> None:
    """Exits, entries and this year's output of every firm; after the stocks' sector paths, before ``choose``."""
    grow_firms(world, rows_of(firms), tables, first, year)


assert len(SECTOR_NAMES) == 5  # plan_share and sector_output name the five paths
