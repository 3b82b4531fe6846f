"""Rooftop PV, storage and demand response of buildings (P2, N12), by the rules that firms use too (``rooftop``)."""

from __future__ import annotations

from agents.applications import apply_for, can_afford, expected_subsidy
from agents.axes import Label, Stream, Tariff
from agents.building import Buildings, FloorType, Slot, TypeTable, Use, agent_id
from agents.building_choice import ROOFTOP_TASTE, STORAGE_TASTE, project_rate
from agents.compiled import rule
from agents.draws import gumbel
from agents.rooftop import (
    reinforcement_cost,
    rooftop_capex,
    rooftop_potential,
    rooftop_subsidy,
    rooftop_utility,
    rooftop_yearly,
    storage_capex,
    storage_size,
    storage_subsidy,
    storage_utility,
    storage_yearly,
)
from agents.world import World

HOURS_A_YEAR = 8760.0


@rule
def plan_rooftop(
    world: World,
    buildings: Buildings,
    types: TypeTable,
    run: int,
    a: int,
    first: int,
    year: int,
    pv_peers: float,
    storage_peers: float,
) -> None:
    """Plan PV on the whole usable roof, and storage, each against none; together one application of the green label."""
    p, kind, b = world.parameters[run], buildings.kind[run, a], first + a
    key, tariff = agent_id(a, buildings.generation[run, a], buildings.stage.shape[1]), types.tariff[kind]
    rate = project_rate(world, buildings, run, a, first, int(Label.GREEN))
    attitude, consumption, cost, promised = buildings.attitude[run, a], buildings.electricity[run, a], 0.0, 0.0
    if buildings.rooftop_pv[run, a] <= 0.0 and types.usable_roof[kind] > 0.0:
        roof = buildings.area[run, a] / types.storeys[kind] * types.usable_roof[kind]
        capacity = rooftop_potential(world, run, roof)
        room = world.hosting_room[run, buildings.feeder[run, a]]
        capex = rooftop_capex(world, run, year, capacity)
        capex += reinforcement_cost(capacity, room, p.rooftop_reinforcement_cost)
        claim = min(capex, rooftop_subsidy(world, run, capacity) + capex * world.signals[run].capital_subsidy_share)
        support = expected_subsidy(world, run, claim, year)
        utility = rooftop_utility(
            world, run, year, capacity, consumption, tariff, room, rate, support, pv_peers, attitude
        )
        utility += gumbel(world.seeds[run], key, 0, Stream.CHOICE, ROOFTOP_TASTE + 1)
        saving = rooftop_yearly(world, run, capacity, consumption, tariff)
        if utility > gumbel(world.seeds[run], key, 0, Stream.CHOICE, ROOFTOP_TASTE) and can_afford(
            world, run, b, int(Label.GREEN), capex - support, p.rooftop_pv_life, saving, 0.0, 0.0
        ):
            buildings.planned_pv[run, a] = capacity
            cost, promised = capex, claim
    if buildings.storage[run, a] <= 0.0 and tariff != Tariff.HOUSING and consumption > 0.0:
        size = storage_size(world, run, consumption, HOURS_A_YEAR)
        capex = storage_capex(world, run, year, size)
        claim = min(capex, storage_subsidy(world, run, size))
        support = expected_subsidy(world, run, claim, year)
        utility = storage_utility(world, run, year, size, rate, support, 0.0, storage_peers, attitude)
        utility += gumbel(world.seeds[run], key, 0, Stream.CHOICE, STORAGE_TASTE + 1)
        saving = storage_yearly(world, run, year, size)
        if utility > gumbel(world.seeds[run], key, 0, Stream.CHOICE, STORAGE_TASTE) and can_afford(
            world, run, b, int(Label.GREEN), capex - support, p.storage_life, saving, 0.0, 0.0
        ):
            buildings.planned_storage[run, a] = size
            cost += capex
            promised += claim
    if cost > 0.0:
        buildings.capex[run, a, Slot.ROOFTOP], buildings.subsidy[run, a, Slot.ROOFTOP] = cost, promised
        apply_for(world, run, b, int(Slot.ROOFTOP), int(Label.GREEN), cost, promised, year)


@rule
def enrol(world: World, buildings: Buildings, run: int, a: int, year: int) -> None:
    """Enrol cooling load with the aggregator while last year's pay for flexibility is worth the effort (N12).

    Homes take part through public programmes only and are left out.
    """
    p = world.parameters[run]
    pays = world.record[run, year - 1].flexibility_income_per_mw > p.demand_response_effort
    flexible = buildings.use[run, a, Use.COOLING] / p.demand_response_hours * p.demand_response_share
    eligible = pays and buildings.kind[run, a] != FloorType.RESIDENTIAL
    buildings.enrolled[run, a] = flexible if eligible else 0.0
