"""What firms build once the bank has decided (stage 5): what was granted or can be paid; else fall back or wait."""

from __future__ import annotations

from agents.applications import carry_out
from agents.axes import Holder
from agents.compiled import rule, stage
from agents.fields import Records
from agents.firm import MEASURES, ROOFTOP, Business, Firms, Occasion, Slot, Use
from agents.firm_addons import rooftop_wanted, taste_for
from agents.firm_energy import heat_capex, heat_efficiency, note_equipment, note_needs
from agents.firm_lanes import like_for_like
from agents.firm_population import drawn_life
from agents.firm_tables import FirmTables, check_memory, fetch_firm
from agents.lending import fetch_accounts, inject_equity, pay_out
from agents.rooftop import occupy_hosting, reinforcement_cost
from agents.row_parts import AHEAD, RowParts
from agents.world import World, runs_of


@rule
def install_heat(
    seed: int, p: Records, s: Records, heats: Records, firm: Records, identity: int, option: int, year: int
) -> None:
    """Put a heat system of this year's vintage in place, with a drawn life."""
    firm.heat_system = option
    firm.heat_efficiency = heat_efficiency(p, s, heats, option, firm.low_heat)
    firm.heat_cycle += 1
    firm.heat_end = year + drawn_life(seed, identity, firm.heat_cycle, heats[option].life, p.firm_life_spread)


@rule
def install_addon(p: Records, measures: Records, firm: Records, slot: int, year: int) -> None:
    """Put what was planned in a slot in place: the package of measures, PV or storage."""
    if slot == Slot.EFFICIENCY:
        for measure in range(MEASURES):
            if firm.measure_planned[measure] > 0:
                firm.measure_end[measure] = year + measures[measure].life
                firm.measure_cycle[measure] += 1
        note_equipment(p, measures, firm, year)
    elif slot == Slot.ROOFTOP:
        firm.pv_capacity = firm.planned[slot]
        firm.pv_yield = firm.planned[slot]
        firm.pv_end = year + p.rooftop_pv_life
        firm.pv_cycle += 1
        firm.first_end = min(firm.first_end, firm.pv_end)
    else:
        firm.storage_capacity = firm.planned[slot]
        firm.storage_end = year + p.storage_life
        firm.storage_cycle += 1
        firm.first_end = min(firm.first_end, firm.storage_end)


@rule
def build_heat(
    world: World, firms: Business, rows: RowParts, tables: FirmTables, run: int, slot: int, borrower: int, year: int
) -> None:
    """Build the planned heat system; rationed at end of life, like-for-like with owners' money; early, wait."""
    firm, heats, p, s = rows[run, slot], tables.heat, world.parameters[run], world.series[run, year]
    option = int(firm.planned[Slot.HEAT])
    capex, subsidy = firm.planned_capex[Slot.HEAT], firm.planned_subsidy[Slot.HEAT]
    new_asset, must = firm.heat_occasion == Occasion.ENTRY, firm.heat_occasion != Occasion.ATTENTION
    fallback = like_for_like(world.signals[run], firm.heat_system)
    unavoidable = must and option == fallback
    if not carry_out(world, run, borrower, Slot.HEAT, capex, subsidy, new_asset, unavoidable, year):
        if not must:
            firm.review = 1
            return
        option = fallback
        capex = heat_capex(p, s, heats, fallback, firm.need[Use.HEAT], firm.low_heat)
        carry_out(world, run, borrower, Slot.HEAT, capex, 0.0, new_asset, True, year)
    install_heat(world.seeds[run], p, s, heats, firm, firms.identity[run, slot], option, year)


@rule
def build_addon(
    world: World, firms: Business, rows: RowParts, tables: FirmTables, run: int, slot: int, borrower: int, place: int,
    year: int
) -> None:  # fmt: skip
    """Build a planned add-on, or take it up again next year.

    PV needs room on its feeder: beyond it the owner pays the grid for reinforcement if PV is still worth it, or waits.
    """
    firm, p = rows[run, slot], world.parameters[run]
    capex, extra, worth = firm.planned_capex[place], 0.0, True
    if place == Slot.ROOFTOP:
        capacity, market = firm.planned[place], tables.market[run]
        capex = capacity * market.pv_capex
        extra = reinforcement_cost(capacity, world.hosting_room[run, firm.feeder], p.rooftop_reinforcement_cost)
        if capex + extra > firm.planned_capex[place] * (1.0 + 1e-9):
            support = firm.planned_subsidy[place] * market.cover
            taste = taste_for(world.seeds[run], firms.identity[run, slot], firm.pv_cycle, ROOFTOP)
            electricity = firms.electricity[run, slot]
            worth = rooftop_wanted(p, market, firm, electricity, capacity, extra, support, taste)
    new_asset = place != Slot.EFFICIENCY or firm.heat_occasion == Occasion.ENTRY
    subsidy = firm.planned_subsidy[place]
    if not worth or not carry_out(world, run, borrower, place, capex, subsidy, new_asset, False, year):
        firm.review = 1
        return
    if place == Slot.ROOFTOP:
        pay_out(world, run, borrower, Holder.GRID, extra)
        world.record[run, year].investment_new += extra
        inject_equity(world, run, borrower, year)
        occupy_hosting(world, run, firm.feeder, firm.planned[place])
    install_addon(p, tables.measures, firm, place, year)
    if place == Slot.EFFICIENCY:
        note_needs(firm, firms.volume[run, slot])


@stage
def build_firms(world: World, tables: FirmTables, first: int, year: int) -> None:
    """See ``build``."""
    firms, rows = tables.business, tables.rows
    for run in runs_of(world):
        choosers, number = tables.choosers[run], tables.chooser_number[run]
        for place in range(number):
            slot, ahead = choosers[place], choosers[min(place + AHEAD, number - 1)]
            fetch_firm(rows, run, ahead)
            fetch_accounts(world.borrowers, run, first + ahead)
            firm = rows[run, slot]
            firm.review = 0
            if firm.planned[Slot.HEAT] >= 0.0:
                build_heat(world, firms, rows, tables, run, slot, first + slot, year)
            for addon in range(Slot.EFFICIENCY, Slot.STORAGE + 1):
                if firm.planned[addon] >= 0.0:
                    build_addon(world, firms, rows, tables, run, slot, first + slot, addon, year)


def build(world: World, firms: Firms, tables: FirmTables, first: int, year: int) -> None:
    """Stage 5: carry out every firm's plans after the bank granted or refused. Firm a is borrower ``first + a``."""
    check_memory(firms, tables)
    build_firms(world, tables, first, year)
