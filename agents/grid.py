"""The grid operator (MODEL 6, P2): feeders, hosting capacity, flexible DC links, reinforcement, demand response.

The 20 kV network is a graph of feeders; every agent hangs on one. What a feeder can host is the smallest noon load, a
share of its rating, and what storage and flexible load take up; a flexible DC link lets two feeders share their room.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

import networkx as nx
import numpy as np

from agents.axes import SHAPES, Holder, Stream
from agents.compiled import rule, stage
from agents.draws import uniform
from agents.fields import Field, Floats, Integers, Outcome, Quantity, Signal, allocate
from agents.units import KW_PER_MW, YUAN
from agents.world import World, runs_of

NOON = slice(10, 15)  # hours whose smallest load counts for hosting (MODEL 6)

PARAMETERS = [
    Quantity("feeder_rating", "MVA", "rating of a feeder in 2020", "feeder_20kv"),
    Quantity("hosting_share", "1", "share of a feeder's rating that may flow backwards", "host_rev_rate"),
    Quantity("feeder_load_limit", "1", "share of its rating that a feeder's peak load may reach"),
    Quantity("reinforcement_headroom", "1", "room for PV, as share of rating, that the operator wants on each feeder"),
    Quantity("reinforcement_block", "MVA", "rating that one reinforcement adds"),
    Quantity("dc_link_rating", "MW", "power of one flexible DC link"),
    Quantity("flexible_hosting_share", "1", "share of enrolled flexible load that counts for hosting when aggregated"),
    Quantity("aggregator_fee", "1", "share of flexibility income that the aggregator keeps"),
]
SERIES = [
    Quantity("reinforcement_cost", "yuan/kVA", "cost of reinforcing a feeder"),
    Quantity("reinforcement_budget", "Myuan/yr", "what the grid operator may spend on reinforcement"),
    Quantity("dc_link_cost", "yuan/kW", "cost of a flexible DC link", "dc_flex"),
    Quantity("demand_response_tariff", "yuan/MWh", "demand-response pay of the province", "dr_price_zj_2024"),
    Quantity("aggregator_price", "yuan/MWh", "pay for load shifted by the virtual power plant", "vpp_storage_hy"),
    Quantity("smart_charging_share", "1", "share of vehicle charging that follows prices without any policy"),
]
SIGNALS = [
    Signal("reinforcement_budget_multiplier", "1", "factor on the reinforcement budget", "N12", "multiply", 1.0),
    Signal("dc_links", "1/yr", "flexible DC links built this year", "N12", "add", 0.0),
    Signal(
        "demand_response_pay", "yuan/MWh", "demand-response pay in force", "N12", "largest", "demand_response_tariff"
    ),
    Signal("vpp_on", "1", "1 if an aggregator bids flexible load every day", "N12", "largest", 0.0),
    Signal(
        "smart_charging", "1", "share of vehicle charging that follows prices", "P2", "largest", "smart_charging_share"
    ),
    Signal("hosting_share_rule", "1", "share of rating that may flow backwards", "P2", "largest", "hosting_share"),
    Signal("attention", "1/yr", "added probability that an agent reviews its equipment (audits, energy bills)", "P2"),
]
OUTCOMES = [
    Outcome("hosting_capacity", "MW", "PV that the feeders can host", variable="Grid|Hosting Capacity"),
    Outcome("hosting_used", "MW", "PV connected behind the feeders", variable="Grid|Hosting Used"),
    Outcome("hosting_full_feeders", "1", "feeders without room for PV at the beginning of the year"),
    Outcome("connection_waiting", "MW", "room for PV that feeders lack against the operator's target headroom"),
    Outcome("reinforcement_spent", "Myuan", "spent on reinforcement by the operator", variable="Grid|Reinforcement"),
    Outcome("reinforcement_fund", "Myuan", "reinforcement budget not spent yet"),
    Outcome("dc_links_built", "1", "flexible DC links in service", variable="Grid|Flexible DC Links"),
    Outcome("dc_links_due", "1", "flexible DC links asked for by policy and not built yet"),
    Outcome("flexible_load_enrolled", "MW", "flexible load enrolled by agents", variable="Grid|Flexible Load"),
    Outcome("flexibility_income_per_mw", "yuan/MW", "this year's income of a MW of enrolled load, paid next year"),
    Outcome("grid_regulated_transfer", "Myuan", "grid company's surplus passed to its parent (negative: received)"),
]


class Feeders(NamedTuple):
    """Feeders of the 20 kV network; [runs, feeders]."""

    rating: Annotated[Floats, Field("MVA", "rating, reinforcement included")]
    paid_room: Annotated[Floats, Field("MW", "hosting added at the expense of PV owners")]
    partner: Annotated[Integers, Field("1", "feeder at the other end of a flexible DC link, -1 if none")]
    noon_load: Annotated[Floats, Field("MW", "smallest mean load of a day's hours 10-15, last year")]
    peak_load: Annotated[Floats, Field("MW", "upper bound of last year's peak load")]
    hosting: Annotated[Floats, Field("MW", "PV that the feeder can host this year, without its link")]


class Network(NamedTuple):
    """What does not change of the feeder network."""

    sub_district: Integers  # [feeders]
    neighbour_start: Integers  # [feeders + 1] CSR of the graph
    neighbours: Integers  # [links]
    noon_power: Floats  # [shapes] MW at the least noon, per MWh a year
    peak_power: Floats  # [shapes] MW at the highest hour, per MWh a year


def feeder_graph(feeders: int, sub_districts: int) -> nx.Graph:
    """Graph of feeders: each sub-district's feeders form a ring (open-ring 20 kV practice), rings are tied in a row.

    Nodes carry ``sub_district``; feeders are dealt to sub-districts in equal consecutive groups.
    """
    graph: nx.Graph = nx.Graph()
    groups = [group.tolist() for group in np.array_split(np.arange(feeders), sub_districts) if group.size]
    for district, group in enumerate(groups):
        graph.add_nodes_from(group, sub_district=district)
        if len(group) > 1:
            nx.add_path(graph, group)
        if len(group) > 2:
            graph.add_edge(group[-1], group[0])
        if district > 0:
            graph.add_edge(groups[district - 1][-1], group[0])
    return graph


def make_network(graph: nx.Graph, shapes: Floats) -> Network:
    """The graph as arrays, with each shape's noon and peak power from reference-year shapes [shapes, 8760].

    Noon power is the least over days of the mean of hours 10-15, taken shape by shape: the sum over a feeder's shapes
    is a lower bound of its noon load, and the sum of peaks an upper bound of its peak. Both err on the safe side.
    """
    lists = [sorted(graph.neighbors(node)) for node in sorted(graph.nodes)]
    noon = shapes.reshape(SHAPES, -1, 24)[:, :, NOON].mean(axis=2).min(axis=1)
    return Network(
        sub_district=np.array([graph.nodes[node]["sub_district"] for node in sorted(graph.nodes)], dtype=np.int64),
        neighbour_start=np.concatenate(([0], np.cumsum([len(row) for row in lists]))).astype(np.int64),
        neighbours=np.array([other for row in lists for other in row], dtype=np.int64),
        noon_power=np.ascontiguousarray(noon),
        peak_power=np.ascontiguousarray(shapes.max(axis=1)),
    )


def make_feeders(world: World) -> Feeders:
    """Feeders of every run at their rating of 2020, without links; as many as ``world.load`` has."""
    runs, feeders = world.load.shape[:2]
    made = allocate(Feeders, runs, feeders)
    made.rating[...] = world.parameters["feeder_rating"][:, None]
    made.partner[...] = -1
    return made


@rule
def feeder_of(seed: int, agent: int, feeders: int) -> int:
    """Feeder that an agent hangs on: a uniform draw by network seed and agent id."""
    return min(feeders - 1, int(uniform(seed, agent, 0, Stream.NETWORK, 0) * feeders))


@rule
def hosting_of_feeder(
    noon_load: float, rating: float, share: float, storage_power: float, flexible: float, paid: float
) -> float:
    """PV that a feeder can host, MW: least noon load + share of rating + storage and flexible load + what owners paid.

    After DL/T 2041 (row host_formula): reverse flow is limited to a share of the rating, storage is added.
    """
    return noon_load + share * rating + storage_power + flexible + paid


@rule
def pooled_transfer(room: float, partner_room: float, link: float) -> float:
    """Room that a DC link moves to a feeder from its partner, MW: it levels the two rooms within the link's power."""
    half = 0.5 * (partner_room - room)
    return min(link, max(-link, half))


@rule
def read_loads(world: World, feeders: Feeders, network: Network, run: int, share: float, year: int) -> None:
    """Noon and peak load of last year and this year's hosting capacity of each feeder."""
    p, last = world.parameters[run], world.record[run, year - 1]
    total = 0.0
    for feeder in range(world.load.shape[1]):
        for shape in range(SHAPES):
            total += world.load[run, feeder, shape]
    aggregated = p.flexible_hosting_share * last.flexible_load_enrolled if world.signals[run].vpp_on > 0.5 else 0.0
    for feeder in range(world.load.shape[1]):
        noon, peak, energy = 0.0, 0.0, 0.0
        for shape in range(SHAPES):
            used = world.load[run, feeder, shape]
            energy += used
            noon += used * network.noon_power[shape]
            peak += used * network.peak_power[shape]
        feeders.noon_load[run, feeder] = noon
        feeders.peak_load[run, feeder] = peak
        feeders.paid_room[run, feeder] += max(0.0, -world.hosting_room[run, feeder])
        storage_power = world.storage[run, feeder] / p.storage_hours
        flexible = aggregated * energy / total if total > 0.0 else 0.0
        paid = feeders.paid_room[run, feeder]
        rating = feeders.rating[run, feeder]
        feeders.hosting[run, feeder] = hosting_of_feeder(noon, rating, share, storage_power, flexible, paid)


@rule
def lacking(world: World, feeders: Feeders, run: int, feeder: int) -> float:
    """What a feeder lacks, MW: room below the operator's target for PV, and peak load above the feeder's limit."""
    p, rating = world.parameters[run], feeders.rating[run, feeder]
    for_pv = p.reinforcement_headroom * rating - (feeders.hosting[run, feeder] - world.rooftop[run, feeder])
    for_load = feeders.peak_load[run, feeder] - p.feeder_load_limit * rating
    return max(0.0, for_pv) + max(0.0, for_load)


@rule
def reinforce(world: World, feeders: Feeders, run: int, share: float, year: int) -> None:
    """Spend the yearly budget (unspent money stays) on the feeder that lacks most, block by block."""
    p, s, now = world.parameters[run], world.series[run, year], world.record[run, year]
    budget = s.reinforcement_budget * max(0.0, world.signals[run].reinforcement_budget_multiplier)
    fund = world.record[run, year - 1].reinforcement_fund + budget
    cost = p.reinforcement_block * KW_PER_MW * s.reinforcement_cost * YUAN
    spent = 0.0
    while cost > 0.0 and fund - spent >= cost:
        worst, most = -1, 0.0
        for feeder in range(feeders.rating.shape[1]):
            need = lacking(world, feeders, run, feeder)
            if need > most:
                worst, most = feeder, need
        if worst < 0:
            break
        feeders.rating[run, worst] += p.reinforcement_block
        feeders.hosting[run, worst] += share * p.reinforcement_block
        spent += cost
    world.payments[run, Holder.GRID, Holder.OUTSIDE] += spent
    now.reinforcement_spent = spent
    now.reinforcement_fund = min(fund - spent, budget + cost)


@rule
def build_links(world: World, feeders: Feeders, network: Network, run: int, year: int) -> None:
    """Build the DC links that policy asks for, each between the neighbours whose room for PV differs most."""
    p, now, last = world.parameters[run], world.record[run, year], world.record[run, year - 1]
    due, built = last.dc_links_due + max(0.0, world.signals[run].dc_links), last.dc_links_built
    while due >= 1.0:
        first, second, widest = -1, -1, 0.0
        for feeder in range(feeders.rating.shape[1]):
            room = feeders.hosting[run, feeder] - world.rooftop[run, feeder]
            for link in range(network.neighbour_start[feeder], network.neighbour_start[feeder + 1]):
                other = network.neighbours[link]
                free = feeders.partner[run, feeder] < 0 and feeders.partner[run, other] < 0
                gap = feeders.hosting[run, other] - world.rooftop[run, other] - room
                if free and gap > widest:
                    first, second, widest = feeder, other, gap
        if first < 0:
            break
        feeders.partner[run, first], feeders.partner[run, second] = second, first
        cost = p.dc_link_rating * KW_PER_MW * world.series[run, year].dc_link_cost * YUAN
        world.payments[run, Holder.GRID, Holder.OUTSIDE] += cost
        due, built = due - 1.0, built + 1.0
    now.dc_links_due, now.dc_links_built = due, built


@stage
def open_connections(world: World, feeders: Feeders, network: Network, year: int) -> None:
    """Before agents choose: reinforce, build links, and open each feeder's room for PV (``world.hosting_room``).

    Reads last year's ``world.load``, ``rooftop``, ``storage`` and ``hosting_room``, so it runs before they are zeroed.
    Room below zero was paid for by PV owners and stays theirs. The room is never negative; a link levels its two ends.
    """
    for run in runs_of(world):
        p, now = world.parameters[run], world.record[run, year]
        share = world.signals[run].hosting_share_rule
        read_loads(world, feeders, network, run, share, year)
        reinforce(world, feeders, run, share, year)
        build_links(world, feeders, network, run, year)
        now.hosting_capacity, now.hosting_used = 0.0, 0.0
        now.hosting_full_feeders, now.connection_waiting = 0.0, 0.0
        for feeder in range(feeders.rating.shape[1]):
            room = feeders.hosting[run, feeder] - world.rooftop[run, feeder]
            partner = feeders.partner[run, feeder]
            if partner >= 0:
                partner_room = feeders.hosting[run, partner] - world.rooftop[run, partner]
                room += pooled_transfer(room, partner_room, p.dc_link_rating)
            world.hosting_room[run, feeder] = max(0.0, room)
            now.hosting_capacity += feeders.hosting[run, feeder]
            now.hosting_used += world.rooftop[run, feeder]
            now.hosting_full_feeders += 1.0 if room <= 0.0 else 0.0
            now.connection_waiting += max(0.0, p.reinforcement_headroom * feeders.rating[run, feeder] - room)


@rule
def flexibility_income(called: float, pay: float, shifted: float, price: float, fee: float) -> float:
    """Yearly income of a MW of enrolled load, yuan: hours called times pay, and MWh shifted daily times their price.

    ``shifted`` is 0 without a virtual power plant. The tariff difference a customer saves by shifting is not in it.
    """
    return (1.0 - fee) * (called * pay + shifted * price)


@stage
def settle_grid(world: World, year: int) -> None:
    """After all agents have settled: flexibility income of the year, and the grid company's regulated balance.

    The park's grid is part of a provincial company with a regulated revenue: what its customers, sellers, reinforcement
    and flexibility leave over goes to the parent outside (purchase of power, capital cost), what lacks comes from it.
    So the sum of payments of GRID is zero each year.
    """
    for run in runs_of(world):
        p, now, signals = world.parameters[run], world.record[run, year], world.signals[run]
        shifted = now.flexible_shift_hours if signals.vpp_on > 0.5 else 0.0
        now.flexibility_income_per_mw = flexibility_income(
            p.demand_response_hours,
            signals.demand_response_pay,
            shifted,
            world.series[run, year].aggregator_price,
            p.aggregator_fee,
        )
        balance = 0.0
        for holder in range(world.payments.shape[1]):
            balance += world.payments[run, holder, Holder.GRID] - world.payments[run, Holder.GRID, holder]
        world.payments[run, Holder.GRID, Holder.OUTSIDE] += max(0.0, balance)
        world.payments[run, Holder.OUTSIDE, Holder.GRID] += max(0.0, -balance)
        now.grid_regulated_transfer = balance
