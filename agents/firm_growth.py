"""Firms from year to year: output around the sector's path, exit after two years of loss, entrants by the park's plan.

MODEL 2 and D7: GDP grows while energy stays reasonable, because output shifts between sectors and volume grows slower
than value. Money in Myuan of 2020; ``year`` is an index, 2020 is 0.
"""

from __future__ import annotations

import math

import numpy as np

from agents.axes import Holder, Stream
from agents.compiled import hot_rule, stage
from agents.draws import normal, uniform
from agents.fields import Floats, Integers
from agents.firm import MEASURES, NOTHING, SECTOR_NAMES, Firms, FirmTables, Heat, Use
from agents.firm_energy import demand, owns_energy
from agents.firm_population import (
    SECTOR,
    TRAITS,
    draw_traits,
    note_reference,
    place_shell,
    sector_output,
    set_intensities,
)
from agents.lending import close_borrower, pay_capex, pay_out, receive
from agents.rooftop import YUAN_PER_MYUAN
from agents.world import World

LOSS_YEARS = 2  # MODEL 2: a firm leaves after two negative years
SECTOR_DRAW = 2 * TRAITS + SECTOR


@hot_rule
def plan_share(series: object, output: int) -> float:
    """Share of entrants that the park's industrial plan gives to a path of output (index of SECTOR_NAMES)."""
    if output == 0:
        return float(series.plan_share_logistics)  # type: ignore[attr-defined]
    if output == 1:
        return float(series.plan_share_automobile)  # type: ignore[attr-defined]
    if output == 2:
        return float(series.plan_share_manufacturing)  # type: ignore[attr-defined]
    if output == 3:
        return float(series.plan_share_trade)  # type: ignore[attr-defined]
    return float(series.plan_share_finance)  # type: ignore[attr-defined]


@hot_rule
def planned_sector(world: World, tables: FirmTables, run: int, draw: float, year: int) -> int:
    """Sector that the plan gives to an entrant with this uniform draw; only paths that have output get entrants."""
    s = tables.sectors
    total = 0.0
    for sector in range(s.output.shape[0]):
        if sector_output(world.record[run, year], s.output[sector]) > 0.0:
            total += plan_share(world.series[run, year], s.output[sector]) * s.output_share[sector]
    reached, chosen = draw * total, 0
    for sector in range(s.output.shape[0]):
        if sector_output(world.record[run, year], s.output[sector]) > 0.0 and reached >= 0.0:
            chosen = sector
            reached -= plan_share(world.series[run, year], s.output[sector]) * s.output_share[sector]
    return chosen


@hot_rule
def leave(world: World, firms: Firms, run: int, firm: int, borrower: int, year: int) -> None:
    """A firm closes: its loans are repaid as far as its cash goes, the rest of its cash goes to its owners."""
    close_borrower(world, run, borrower, year)
    pay_out(world, run, borrower, Holder.OUTSIDE, world.borrowers.cash[run, borrower])
    firms.pv_capacity[run, firm] = 0.0
    firms.pv_yield[run, firm] = 0.0
    firms.storage_capacity[run, firm] = 0.0
    firms.flexible_load[run, firm] = 0.0
    firms.review[run, firm] = 0
    for measure in range(MEASURES):
        firms.measure_end[run, firm, measure] = 0.0


@hot_rule
def enter(world: World, firms: Firms, tables: FirmTables, run: int, firm: int, borrower: int, year: int) -> None:
    """An entrant takes the slot under a new id, in a sector of the plan; its heat system is chosen this year."""
    firms.generation[run, firm] += 1
    firms.identity[run, firm] += firms.sector.shape[1]
    draw = uniform(world.seeds[run], firms.identity[run, firm], 0, Stream.ENTRY, SECTOR_DRAW)
    firms.sector[run, firm] = planned_sector(world, tables, run, draw, year)
    draw_traits(world, firms, tables, run, firm, Stream.ENTRY)
    firms.size[run, firm] *= world.parameters[run].firm_entrant_size
    firms.deviation[run, firm] = 0.0
    firms.negative_years[run, firm] = 0
    firms.entering[run, firm] = 1
    firms.heat_system[run, firm] = Heat.GAS_BOILER
    firms.heat_efficiency[run, firm] = tables.heat.efficiency[Heat.GAS_BOILER]
    firms.heat_end[run, firm] = year
    firms.heat_cycle[run, firm] = 0
    firms.pv_cycle[run, firm] = 0
    firms.storage_cycle[run, firm] = 0
    firms.reference_cost[run, firm] = NOTHING
    world.borrowers.defaulted[run, borrower] = 0
    world.borrowers.rating[run, borrower] = world.parameters[run].initial_risk_score
    world.record[run, year].firm_exits += 1.0


@hot_rule
def equip(world: World, firms: Firms, tables: FirmTables, run: int, firm: int, borrower: int, year: int) -> None:
    """Money and best-practice equipment of an entrant: owners pay in cash and every efficiency measure."""
    p, value_added = world.parameters[run], firms.value_added[run, firm]
    surplus = firms.margin[run, firm] * value_added
    receive(world, run, borrower, Holder.OUTSIDE, p.firm_cash_share * (value_added - surplus))
    world.borrowers.surplus[run, borrower] = surplus
    set_intensities(firms, tables, run, firm)
    place_shell(world, firms, tables, run, firm)
    if not owns_energy(firms, tables, run, firm):
        return
    for measure in range(MEASURES):
        capex = measure_capex(world, firms, tables, run, firm, measure, year)
        receive(world, run, borrower, Holder.OUTSIDE, capex)
        pay_capex(world, run, borrower, capex, year, True)
        firms.measure_end[run, firm, measure] = year + tables.measures.life[measure]
        firms.measure_cycle[run, firm, measure] = 1
    note_reference(world, firms, tables, run, firm)


@hot_rule
def measure_saving(
    world: World, firms: Firms, tables: FirmTables, run: int, firm: int, measure: int, year: int
) -> float:
    """What a measure not in place would save, MWh/yr of electricity, or of useful heat where it acts on heat."""
    m = tables.measures
    if m.use[measure] != Use.ALL:
        return m.saving[measure] * demand(world, firms, tables, run, firm, m.use[measure], year)
    saved = 0.0
    for use in range(Use.HEAT):
        saved += m.saving[measure] * demand(world, firms, tables, run, firm, use, year)
    return saved


@hot_rule
def measure_capex(
    world: World, firms: Firms, tables: FirmTables, run: int, firm: int, measure: int, year: int
) -> float:
    """Cost of a measure, Myuan: its cost per MWh saved a year times the saving."""
    saved = measure_saving(world, firms, tables, run, firm, measure, year)
    return saved * tables.measures.capex[measure] / YUAN_PER_MYUAN


@hot_rule
def share_output(world: World, firms: Firms, tables: FirmTables, run: int, weight: Floats, year: int) -> None:
    """Rescale firms so that each sector's value added is its path; sets output volume and shells."""
    s, p = tables.sectors, world.parameters[run]
    sums = np.zeros(s.output.shape[0])
    for firm in range(weight.shape[0]):
        sums[firms.sector[run, firm]] += weight[firm]
    volume = (1.0 - p.firm_dematerialisation) ** year
    for firm in range(weight.shape[0]):
        sector = firms.sector[run, firm]
        output = sector_output(world.record[run, year], s.output[sector]) * s.output_share[sector]
        firms.value_added[run, firm] = output * weight[firm] / sums[sector]
        firms.volume[run, firm] = firms.value_added[run, firm] * volume
        if firms.volume[run, firm] > firms.first_volume[run, firm] > 0.0 and owns_energy(firms, tables, run, firm):
            grown = firms.volume[run, firm] / firms.first_volume[run, firm]
            needed = firms.first_shell_area[run, firm] * grown**p.firm_shell_elasticity
            firms.shell_area[run, firm] = max(firms.shell_area[run, firm], needed)
            firms.roof_area[run, firm] = firms.shell_area[run, firm] * p.firm_roof_per_shell


@hot_rule
def replace_losers(
    world: World, firms: Firms, tables: FirmTables, run: int, first: int, members: Integers, year: int
) -> None:
    """Firms with two negative years leave, unless they are the last of their sector; entrants take their slots."""
    for firm in range(firms.sector.shape[1]):
        firms.entering[run, firm] = 0
        sector = firms.sector[run, firm]
        if firms.negative_years[run, firm] >= LOSS_YEARS and members[sector] > 1:
            leave(world, firms, run, firm, first + firm, year)
            members[sector] -= 1
            enter(world, firms, tables, run, firm, first + firm, year)
            members[firms.sector[run, firm]] += 1


@stage
def grow(world: World, firms: Firms, tables: FirmTables, first: int, year: int) -> None:
    """Exits, entries and this year's output of every firm; after the stocks' sector paths, before ``choose``."""
    weight = np.zeros(firms.sector.shape[1])
    for run in range(world.seeds.shape[0]):
        p = world.parameters[run]
        members = np.zeros(tables.sectors.output.shape[0], np.int64)
        for firm in range(firms.sector.shape[1]):
            members[firms.sector[run, firm]] += 1
        replace_losers(world, firms, tables, run, first, members, year)
        for firm in range(firms.sector.shape[1]):
            shock = normal(world.seeds[run], firms.identity[run, firm], year, Stream.OUTPUT, 0)
            kept = p.firm_output_persistence * firms.deviation[run, firm]
            firms.deviation[run, firm] = kept + p.firm_output_volatility * shock
            weight[firm] = firms.size[run, firm] * math.exp(firms.deviation[run, firm])
        share_output(world, firms, tables, run, weight, year)
        for firm in range(firms.sector.shape[1]):
            if firms.entering[run, firm] > 0:
                equip(world, firms, tables, run, firm, first + firm, year)
            world.borrowers.size[run, first + firm] = firms.value_added[run, firm]


assert len(SECTOR_NAMES) == 5  # plan_share and sector_output name the five paths
