"""The park's year, stage by stage (MODEL 0). One order for single runs, Mesa views and ensembles alike.

A stage is a compiled loop over the runs of a block; this page is the only place that says who comes after whom. 2020
is a recorded year: its energy, hours, market, carbon and money are closed, nothing is decided.

Tables of ``state`` are arrays; ``state.inside`` holds the same tables as stages take them.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import get_ident

import numba

from agents import (
    bank,
    bank_rating,
    bank_rationing,
    bank_service,
    building_energy,
    building_project,
    building_stages,
    building_works,
    carbon,
    carbon_price,
    developer_year,
    firm_build,
    firm_choice,
    firm_growth,
    firm_operation,
    grid,
    market,
    market_year,
    municipal,
    port,
    port_fleet,
    shore_power,
    transport,
)
from agents.axes import RESOURCES
from agents.fields import Floats
from agents.stage_calls import YEAR, CallList, noted
from sim import balance, openings, stocks
from sim.block_parts import parts
from sim.building_slots import make_room, note_slots_used
from sim.hour_data import Monthly
from sim.hours import run_hours
from sim.prices import set_prices
from sim.state import State

Stages = Callable[[State, int], None]
BY_RESOURCE = slice(int(Monthly.ROOF_PV), int(Monthly.ROOF_PV) + RESOURCES)  # of the members of Monthly


def begin(state: State) -> State:
    """Close the base year: stages 7 to 11 with the reference weather (index 0), signals without policies."""
    choose_hours_kept(state, 0)
    carry_out(state, base_year, 0, 1)
    return close_year(state, 0)


def advance(state: State, years: int = 1) -> State:
    """So many years more: all eleven stages.

    Where nothing is left to Python between one year and the next, compiled code goes through them by itself.
    """
    last = state.year + years
    while state.year < last:
        year = open_year(state)
        end = year + 1 if has_python(state) else min(last + 1, max(year + 1, state.roomy_until))
        carry_out(state, whole_year, year, end)
        close_year(state, end - 1)
    return state


def has_python(state: State) -> bool:
    """Has Python something to do every year: policies, or hours to keep?"""
    return bool(state.policies) or bool(state.keep)


def base_year(state: State, year: int) -> None:
    """The stages of a recorded year, in which nothing is decided."""
    openings.reset_signals(state.inside.world, state.signals.baseline, year)
    carbon_price.price_carbon(state.inside.world, year)
    use_and_account(state, year)


def whole_year(state: State, year: int) -> None:
    """Stages 1 to 11; of stage 1, what policies do not."""
    perceive(state, year)
    decide(state, year)
    use_and_account(state, year)


def open_year(state: State) -> int:
    """What Python does before a year's stages; returns the year's index."""
    year = state.year + 1
    make_room(state, year)
    if state.policies:
        set_signals(state, year)
    choose_hours_kept(state, year)
    return year


def choose_hours_kept(state: State, year: int) -> None:
    """Say where the hours of a year go that is to be kept."""
    kept = year in state.keep
    state.kept_slot[0] = 0 if kept else -1
    if kept:
        state.hourly[...] = 0.0


def close_year(state: State, year: int) -> State:
    """What Python does after a year's stages."""
    if year in state.keep:
        state.hourly_kept[year], state.monthly_kept[year] = state.hourly[0].copy(), state.monthly.copy()
    state.year = year
    return state


def run_all(state: State) -> State:
    """Base year to last year, part by part."""
    for _ in parts(state):
        begin(state)
        advance(state, state.years - 1)
    return state


def carry_out(state: State, stages: Stages, year: int, end: int) -> None:
    """Stages of the years before ``end``: their calls from a list, or as written where nothing is compiled."""
    if numba.config.DISABLE_JIT:
        for each in range(year, end):
            stages(state, each)
    else:
        calls_of(state, stages)(year, end)


def calls_of(state: State, stages: Stages) -> CallList:
    """The calls of stages, ready for any year of this state: they are handed the same every year, but for the year.

    Made once a thread, whose working space they name.
    """
    key = get_ident(), stages
    held = state.calls.get(key)
    if held is None:
        with noted() as calls:
            stages(state, YEAR)
        held = state.calls[key] = CallList(calls)
    return held


def set_signals(state: State, year: int) -> None:
    """Stage 1 where there are policies: baselines, and what policies make of them."""
    part = state.part
    signals = state.signals.part(part)
    signals.reset(year)
    last = state.world.record[part, year - 1]
    for policy in state.policies:
        policy.apply(signals, state.first_year + year, last)


def perceive(state: State, year: int) -> None:
    """Stages 1 to 3: signals without policies, stocks, prices, the bank's terms, room on the feeders."""
    inside = state.inside
    world = inside.world
    openings.clear_payments(world)
    if not state.policies:
        openings.reset_signals(world, state.signals.baseline, year)
    stocks.move_stocks(world, state.tables.buildings.floor_area, year)
    set_prices(world, inside.price_weights, year)
    carbon_price.price_carbon(world, year)
    bank.terms(world, inside.bank, year)
    grid.open_connections(world, inside.feeders, inside.feeder_network, year)


def decide(state: State, year: int) -> None:
    """Stages 4 to 6: everybody chooses and applies, the bank answers, what is granted is built, gates are met."""
    inside, first = state.inside, state.offsets
    world, tables = inside.world, inside.tables
    firm_growth.grow(world, inside.firms, tables.firms, first.firms, year)
    firm_choice.choose(world, inside.firms, tables.firms, first.firms, year)
    building_stages.choose(world, inside.buildings, tables.buildings, first.buildings, year)
    port_fleet.choose(world, inside.operators, tables.equipment, first.port, year)
    shore_power.turn_over(world, inside.ships, tables.ships, year)
    developer_year.choose_developers(world, inside.developers, first.developers, year)
    transport.turn_over(world, inside.fleets, tables.vehicles, first.transport, year)
    municipal.turn_over(world, inside.services, year)
    bank_rationing.allocate(world, inside.bank, inside.clients, year)
    firm_build.build(world, inside.firms, tables.firms, first.firms, year)
    building_works.build(world, inside.buildings, first.buildings, year)
    port_fleet.build(world, inside.operators, tables.equipment, first.port, year)
    developer_year.build_developers(world, inside.developers, first.developers, year)
    slots = len(state.feeder_of_slot)
    building_project.pass_gates(world, inside.buildings, tables.buildings, tables.gates, first.buildings, slots, year)


def use_and_account(state: State, year: int) -> None:
    """Stages 7 to 11: energy and hours, market, carbon, money."""
    use_energy(state, year)
    trade(state, year)
    carbon.close_carbon(state.inside.world, year)
    settle(state, year)


def use_energy(state: State, year: int) -> None:
    """Stage 7: every owner's energy, then the year's hours."""
    inside = state.inside
    world, tables = inside.world, inside.tables
    balance.clear_energy(world)
    firm_operation.use_energy(world, inside.firms, tables.firms, year)
    building_energy.use_energy(world, inside.buildings, tables.buildings, year)
    port.use_energy(world, inside.operators, tables.equipment, year)
    shore_power.use_energy(world, inside.operators, inside.ships, tables.ships, year)
    transport.use_energy(world, inside.fleets, tables.vehicles, state.feeder_share, year)
    municipal.use_energy(world, inside.services, state.feeder_share, year)
    developer_year.run_developers(world, inside.developers, year)
    balance.write_balance(world, year)
    kept = (state.monthly, state.kept_slot, state.hourly)
    run_hours(world, inside.hours, state.weather_year, year, *kept, state.scratch)
    stocks.close_stocks(world, year)


def available(state: State) -> Floats:
    """What the year's weather gives, MWh per MW, [runs, months, resource]."""
    return state.monthly[:, :, BY_RESOURCE]


def trade(state: State, year: int) -> None:
    """Stage 8: the green power market. Firms buy, service firms for the buildings they sit in."""
    inside, firms, first = state.inside, state.firms, state.offsets.developers
    world = inside.world
    wishes = (firms.green_demand, firms.green_share_wanted, firms.green_premium_reservation)
    market.gather_buyers(world, inside.buyers, 0, *wishes)
    market_year.settle_market(
        world, inside.developers, inside.buyers, inside.sellers, inside.city, available(state), first, year
    )
    market.report_bought(world, inside.buyers, 0, firms.green_power_bought)


def settle(state: State, year: int) -> None:
    """Stage 10: bills, sales, debt service, ratings; then the accounts are closed and the money law is checked."""
    inside, first, firms = state.inside, state.offsets, state.firms
    world, tables = inside.world, inside.tables
    firm_operation.settle(world, inside.firms, tables.firms, first.firms, year)
    # What firms paid for emissions is handed back for their allowances before anybody else draws on the budget.
    carbon_price.settle_allowances(world, firms.allowance, firms.direct_emissions, first.firms, year)
    building_energy.settle(world, inside.buildings, tables.buildings, tables.gates, first.buildings, year)
    port.settle(world, inside.operators, tables.equipment, first.port, year)
    transport.settle(world, inside.fleets, tables.vehicles, first.transport, year)
    municipal.settle(world, inside.services, year)
    developer_year.settle_developers(world, inside.developers, available(state), first.developers, year)
    grid.settle_grid(world, year)
    verified = (firms.verified_emissions, firms.sector, firms.identity)
    groups = len(state.tables.firms.sectors)
    bank_rating.verify_intensity(world, inside.clients, *verified, first.firms, groups, year)
    bank_rating.rate_carbon(world, inside.clients, first.firms, firms.identity.shape[1], year)
    note_slots_used(world, inside.bank, inside.buildings, first)
    bank_service.service(world, inside.bank, year)
    bank_service.close_accounts(world, inside.bank, year)
