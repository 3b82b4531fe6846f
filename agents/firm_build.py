"""What firms build once the bank has decided (stage 5): what was granted or can be paid; else fall back or wait."""

from __future__ import annotations

from agents.applications import carry_out
from agents.axes import Holder
from agents.compiled import hot_rule, stage
from agents.firm import MEASURES, Firms, FirmTables, Occasion, Slot, Use
from agents.firm_addons import rooftop_lead
from agents.firm_choice import like_for_like
from agents.firm_energy import demand, heat_capex, heat_efficiency
from agents.firm_population import drawn_life
from agents.lending import inject_equity, pay_out
from agents.rooftop import occupy_hosting, reinforcement_cost, rooftop_capex
from agents.world import World


@hot_rule
def install_heat(world: World, firms: Firms, tables: FirmTables, run: int, firm: int, option: int, year: int) -> None:
    """Put a heat system of this year's vintage in place, with a drawn life."""
    firms.heat_system[run, firm] = option
    firms.heat_efficiency[run, firm] = heat_efficiency(world, tables, run, option, firms.low_heat[run, firm], year)
    firms.heat_cycle[run, firm] += 1
    life = drawn_life(world, firms, run, firm, tables.heat.life[option], firms.heat_cycle[run, firm], 0)
    firms.heat_end[run, firm] = year + life


@hot_rule
def build_heat(world: World, firms: Firms, tables: FirmTables, run: int, firm: int, borrower: int, year: int) -> None:
    """Build the planned heat system; rationed at end of life, like-for-like with owners' money; early, wait."""
    option = int(firms.planned[run, firm, Slot.HEAT])
    if option < 0:
        return
    capex, subsidy = firms.planned_capex[run, firm, Slot.HEAT], firms.planned_subsidy[run, firm, Slot.HEAT]
    new_asset, must = firms.entering[run, firm] > 0, firms.heat_occasion[run, firm] != Occasion.ATTENTION
    fallback = like_for_like(world, firms, run, firm)
    unavoidable = must and option == fallback
    if carry_out(world, run, borrower, Slot.HEAT, capex, subsidy, new_asset, unavoidable, year):
        install_heat(world, firms, tables, run, firm, option, year)
    elif must:
        heat = demand(world, firms, tables, run, firm, Use.HEAT, year)
        capex = heat_capex(world, tables, run, fallback, heat, firms.low_heat[run, firm], year)
        carry_out(world, run, borrower, Slot.HEAT, capex, 0.0, new_asset, True, year)
        install_heat(world, firms, tables, run, firm, fallback, year)
    else:
        firms.review[run, firm] = 1


@hot_rule
def build_measures(
    world: World, firms: Firms, tables: FirmTables, run: int, firm: int, borrower: int, year: int
) -> None:
    """Carry out the package of efficiency measures, or take it up again next year."""
    if firms.planned[run, firm, Slot.EFFICIENCY] < 0.0:
        return
    capex = firms.planned_capex[run, firm, Slot.EFFICIENCY]
    subsidy = firms.planned_subsidy[run, firm, Slot.EFFICIENCY]
    new_asset = firms.entering[run, firm] > 0
    if not carry_out(world, run, borrower, Slot.EFFICIENCY, capex, subsidy, new_asset, False, year):
        firms.review[run, firm] = 1
        return
    for measure in range(MEASURES):
        if firms.measure_planned[run, firm, measure] > 0:
            firms.measure_end[run, firm, measure] = year + tables.measures.life[measure]
            firms.measure_cycle[run, firm, measure] += 1


@hot_rule
def build_rooftop(
    world: World, firms: Firms, tables: FirmTables, run: int, firm: int, borrower: int, year: int
) -> None:
    """Connect planned PV while the feeder has room; beyond it pay for reinforcement if still worth it, or wait."""
    capacity = firms.planned[run, firm, Slot.ROOFTOP]
    if capacity < 0.0:
        return
    feeder, cost = firms.feeder[run, firm], world.parameters[run].rooftop_reinforcement_cost
    room = world.hosting_room[run, feeder]
    equipment, extra = rooftop_capex(world, run, year, capacity), reinforcement_cost(capacity, room, cost)
    dearer = equipment + extra > firms.planned_capex[run, firm, Slot.ROOFTOP] * (1.0 + 1e-9)
    worth = not dearer or rooftop_lead(world, firms, tables, run, firm, borrower, capacity, room, year) > 0.0
    subsidy = firms.planned_subsidy[run, firm, Slot.ROOFTOP]
    if not worth or not carry_out(world, run, borrower, Slot.ROOFTOP, equipment, subsidy, True, False, year):
        firms.review[run, firm] = 1
        return
    pay_out(world, run, borrower, Holder.GRID, extra)
    world.record[run, year].investment_new += extra
    inject_equity(world, run, borrower, year)
    occupy_hosting(world, run, feeder, capacity)
    firms.pv_capacity[run, firm] = capacity
    firms.pv_yield[run, firm] = capacity
    firms.pv_end[run, firm] = year + world.parameters[run].rooftop_pv_life
    firms.pv_cycle[run, firm] += 1


@hot_rule
def build_storage(world: World, firms: Firms, run: int, firm: int, borrower: int, year: int) -> None:
    """Install planned storage, or take it up again next year."""
    size = firms.planned[run, firm, Slot.STORAGE]
    if size < 0.0:
        return
    capex = firms.planned_capex[run, firm, Slot.STORAGE]
    subsidy = firms.planned_subsidy[run, firm, Slot.STORAGE]
    if not carry_out(world, run, borrower, Slot.STORAGE, capex, subsidy, True, False, year):
        firms.review[run, firm] = 1
        return
    firms.storage_capacity[run, firm] = size
    firms.storage_end[run, firm] = year + world.parameters[run].storage_life
    firms.storage_cycle[run, firm] += 1


@stage
def build(world: World, firms: Firms, tables: FirmTables, first: int, year: int) -> None:
    """Stage 5: carry out every firm's plans after the bank granted or refused. Firm a is borrower ``first + a``."""
    for run in range(world.seeds.shape[0]):
        for firm in range(firms.sector.shape[1]):
            firms.review[run, firm] = 0
            build_heat(world, firms, tables, run, firm, first + firm, year)
            build_measures(world, firms, tables, run, firm, first + firm, year)
            build_rooftop(world, firms, tables, run, firm, first + firm, year)
            build_storage(world, firms, run, firm, first + firm, year)
