"""The state of a block of runs: one park, many runs side by side, and every column they need.

``new_state`` allocates and populates; ``sim.year`` moves it. Each run is computed alone from its own seed, parameters
and policies, so that results have the same bits whatever the block size.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property, lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple, cast

import networkx as nx
import numpy as np

from agents import (
    bank,
    building_population,
    building_rows,
    developer,
    firm_population,
    gates,
    grid,
    market,
    municipal,
    networks,
    port_population,
    shore_power,
    transport_population,
)
from agents import building as buildings_kind
from agents.axes import (
    ACCOUNTS,
    CARBON_CLASSES,
    CARRIERS,
    HOLDERS,
    HOURS,
    LABELS,
    MONTHS,
    PARK_IDS,
    SHAPES,
    TARIFFS,
    Stream,
)
from agents.building import TYPES
from agents.compiled import pointer_to
from agents.credit import Borrowers, Offsets, Terms
from agents.developer import Developers
from agents.draws import uniforms
from agents.errors import InputError
from agents.fields import Floats, Integers, Records, allocate, records
from agents.firm import Firms
from agents.firm_tables import FirmTables, firm_tables
from agents.stage_calls import CallList
from agents.world import Prices, World
from policies.base import Policy, Signals
from sim import stocks
from sim.building_slots import first_slots
from sim.hour_data import HOURLY, MONTHLY, HourlyData, hours_of, park_profiles
from sim.hours import make_scratch
from sim.machine import keep_memory
from sim.parks import ParkData, load_park, parameter_records, refuse_faults, series_records
from sim.prices import PriceWeights, set_prices, weights_of
from sim.results import Results

NETWORK_SEED = 1  # who neighbours whom is drawn once a park and shared by all runs, whatever their seeds


class Tables(NamedTuple):
    """The park's tables as arrays; made once a block."""

    firms: FirmTables
    buildings: buildings_kind.TypeTable
    gates: gates.GateTable
    equipment: Any
    ships: shore_power.ShipClasses
    vehicles: Any


@dataclass(frozen=True)
class Kind:
    """One kind of agents for views, tables of agents and documentation."""

    name: str
    columns: Any
    first: int
    feeder: Integers  # [agents]


@dataclass
class State:
    """A block of runs in the middle of their years. ``year`` is the index of the last year done, -1 before 2020."""

    park: ParkData
    policies: tuple[Policy, ...]
    signals: Signals
    world: World
    offsets: Offsets
    tables: Tables
    hours: HourlyData
    price_weights: PriceWeights
    network: nx.Graph[int]
    feeder_network: grid.Network
    feeder_of_slot: Integers  # [slots] as many as the park's buildings can have
    feeders: grid.Feeders
    firms: Firms
    buildings: buildings_kind.Buildings
    operators: Any
    ships: shore_power.Ships
    fleets: Any
    services: municipal.Services
    developers: Developers
    sellers: market.Sellers
    buyers: market.Buyers
    city: market.City
    bank: bank.Banks
    clients: Any  # bank.Clients
    weather_year: Integers  # [runs, years]
    feeder_share: Floats  # [feeders] of road charging and municipal load
    scratch: Floats  # working space of the hours
    monthly: Floats  # [runs, months, MONTHLY] of the last year done
    monthly_kept: dict[int, Floats]  # [runs, months, MONTHLY] by year index
    keep: frozenset[int]  # year indices whose hours of run 0 are kept
    kept_slot: Integers  # [runs] where this year's hours go in ``hourly``, -1 if they are not kept
    hourly: Floats  # [slots, HOURLY, 8760] of the last year kept; one slot, or none where no year is
    hourly_kept: dict[int, Floats]  # [HOURLY, 8760] by year index
    years: int
    part: slice  # the runs of the block that stages work on, as world.part
    year: int = -1
    roomy_until: int = 0  # year index until which no run at work can use its last slot, see sim.building_slots
    calls: dict[Any, CallList] = field(init=False, repr=False, default_factory=dict)  # see sim.year.calls_of

    @property
    def first_year(self) -> int:
        """Calendar year of index 0."""
        return self.park.description.base_year

    @property
    def runs(self) -> int:
        """Number of runs in the block."""
        return int(self.world.seeds.shape[0])

    @cached_property
    def projects_a_year(self) -> int:
        """Most building projects that any run lists in a year."""
        return TYPES * max(1, int(self.world.parameters["building_projects_per_type"].max()))

    @cached_property
    def inside(self) -> State:
        """The same tables by the same names, as compiled stages take them at least cost; nothing else."""
        held = {one.name: getattr(self, one.name) for one in fields(self)}
        tables = Tables._make(pointer_to(table) for table in held.pop("tables"))
        made = {name: pointer_to(value) for name, value in held.items() if isinstance(value, tuple)}
        return cast(State, SimpleNamespace(tables=tables, **made))

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name in ("part", "year", "roomy_until"):  # which no stage is handed
            return
        inside = self.__dict__.get("inside")
        if inside is not None and hasattr(inside, name):  # a table that replaces another, such as one with more slots
            setattr(inside, name, pointer_to(value))
        self.__dict__.get("calls", {}).clear()

    def __getstate__(self) -> dict[str, Any]:
        """What a copy holds: calls name this state's memory."""
        return {**self.__dict__, "calls": {}}

    def outcome_names(self) -> list[str]:
        """Internal names of all outcomes."""
        return list(self.park.declared.outcomes)

    def results(self, scenario: str = "bau") -> Results:
        """Outcomes so far, under their published names."""
        return Results(
            self.world.record,
            tuple(self.park.declared.outcomes.values()),
            self.first_year,
            scenario,
            self.park.description.name.en,
            milestones=tuple(y for y in self.park.description.milestones if y < self.first_year + self.years),
        )

    def kinds(self) -> Iterator[Kind]:
        """Every population with its first borrower and its agents' feeders (of run 0)."""
        yield Kind("firms", self.firms, self.offsets.firms, self.firms.feeder[0])
        yield Kind("buildings", self.buildings, self.offsets.buildings, self.buildings.feeder[0])
        yield Kind("operators", self.operators, self.offsets.port, self.operators.feeder[0])
        sites = self.developers.state.shape[1]
        yield Kind("developers", self.developers, self.offsets.developers, np.arange(sites) % len(self.feeder_share))


@dataclass(frozen=True)
class Common:
    """What all runs of a park have in common whatever their seeds, parameters and policies: made once a process.

    Nobody changes it. ``feeder_of_slot`` [slots] counts all the slots that the park's buildings can have.
    """

    hours: HourlyData
    price_weights: PriceWeights
    network: nx.Graph[int]
    feeder_network: grid.Network
    feeder_of_slot: Integers
    buildings: buildings_kind.TypeTable
    gates: gates.GateTable
    equipment: Any
    ships: shore_power.ShipClasses
    vehicles: Any


@lru_cache(maxsize=8)
def common(park: ParkData) -> Common:
    """Tables, hours and networks of a park."""
    hours, weights = park_hours(park.folder, park.description.weather, tuple(sorted(park.fingerprint.items())))
    feeders, slots = park.agents.feeders, park.agents.buildings * park.agents.building_slots_ratio
    graph = grid.feeder_graph(feeders, len(park.description.sub_districts))
    chance = uniforms(np.array([NETWORK_SEED]), slots, 0, int(Stream.NETWORK), 99)[0]
    types = buildings_kind.type_table(dict(park.tables["building_types"]))
    return Common(
        hours=hours,
        price_weights=weights,
        network=graph,
        feeder_network=grid.make_network(graph, reference_shapes(hours)),
        feeder_of_slot=(chance * feeders).astype(np.int64),
        buildings=building_population.scaled_blocks(types, park.agents.buildings),
        gates=gates.gate_table(dict(park.tables["gates"])),
        equipment=port_population.equipment(park.tables["port_equipment"]),
        ships=shore_power.ship_classes(park.tables["ship_classes"]),
        vehicles=transport_population.vehicle_classes(park.tables["vehicle_classes"]),
    )


@lru_cache(maxsize=8)
def peers_of(park: ParkData, spatial: int, within_sector: int) -> networks.PeerNetwork:
    """Who among a park's firms sees whom, with so many ties of each sort."""
    counts = networks.counts_by_share(park.tables["firm_sectors"]["number_share"], park.agents.firms)
    sector_of_firm = np.repeat(np.arange(len(counts)), counts)
    districts = common(park).feeder_network.sub_district
    return networks.peer_network(sector_of_firm, districts, NETWORK_SEED, spatial, within_sector)


@lru_cache(maxsize=8)
def park_hours(
    folder: Path, weather_file: str, fingerprint: tuple[tuple[str, str], ...]
) -> tuple[HourlyData, PriceWeights]:
    """Hourly data and price weights of a park; kept in the process, since all its runs share them."""
    del fingerprint  # part of the key: a changed file is another park
    profiles = park_profiles(folder, weather_file)
    return hours_of(profiles), weights_of(profiles)


def new_state(
    park: str | Path | ParkData = "meishan",
    seeds: Sequence[int] | Integers = (1,),
    policies: Sequence[Policy] = (),
    overrides: Mapping[str, Any] | None = None,
    years: tuple[int, int] | None = None,
    agents: Mapping[str, int] | None = None,
    reconciliation: str | None = None,
    keep: Sequence[int] = (),
    weather_seeds: Sequence[int] | Integers | None = None,
) -> State:
    """A block of runs at the end of its population, before the base year is closed (``sim.year.begin``).

    ``seeds`` [runs]; ``overrides`` maps park parameters or dated series to a number, an array [runs] or, for a series,
    years to numbers; ``years`` are the first and last calendar year; ``agents`` overrides numbers of agents; ``keep``
    lists calendar years whose hours of run 0 are kept. ``weather_seeds`` [runs] fix what comes from outside (weather
    years, fuel and carbon price shocks, shortage orders) apart from agents' chance; ``seeds`` do both if left out.
    Raises InputError with every fault of the inputs.
    """
    data = park if isinstance(park, ParkData) else load_park(park, agents=agents, reconciliation=reconciliation)
    first, last = years or (data.description.base_year, data.description.last_year)
    if first != data.description.base_year or not first < last <= data.description.last_year:
        limits = f"{data.description.base_year} to {data.description.last_year}"
        raise InputError(f"years [{first}, {last}]: a run starts in the base year and lies within {limits}")
    own = np.asarray(seeds, dtype=np.int64)
    outside = own if weather_seeds is None else np.asarray(weather_seeds, dtype=np.int64)
    if outside.shape != own.shape:
        raise InputError(f"weather_seeds: {outside.size} numbers, expected one a run: {own.size}")
    return populate(data, own, outside, tuple(policies), overrides, last - first + 1, keep)


def populate(
    park: ParkData,
    seeds: Integers,
    weather_seeds: Integers,
    policies: tuple[Policy, ...],
    overrides: Mapping[str, Any] | None,
    years: int,
    keep: Sequence[int],
) -> State:
    """Allocate the world and populate every kind in it, base year first."""
    keep_memory()
    runs, feeders, made = len(seeds), park.agents.feeders, common(park)
    chosen = overrides or {}
    refuse_faults(park, chosen)
    ties = shared_numbers(park, chosen, ("peer_spatial_ties", "peer_sector_ties"))
    tables = Tables(
        firm_tables(park.tables, peers_of(park, *ties), runs),
        made.buildings,
        made.gates,
        made.equipment,
        made.ships,
        made.vehicles,
    )
    terminals = park.agents.operators
    sites = len(park.tables["sites"]["site"])
    parameters = reconcile(park, parameter_records(park, runs, overrides), chosen)
    slots = first_slots(made.buildings, parameters, len(made.feeder_of_slot))
    starts = np.concatenate(([0], np.cumsum([park.agents.firms, slots, terminals, sites, 1])))
    offsets = Offsets(*(int(start) for start in starts))

    signals = Signals(list(park.declared.signals.values()), runs)
    world = new_world(park, seeds, weather_seeds, parameters, signals, overrides, years, feeders, offsets.end)
    signals.follow(world.parameters, world.series)
    signals.reset(0)
    for holder, (begin, end) in enumerate(zip(offsets[:-1], offsets[1:], strict=True)):
        world.borrowers.holder[:, begin:end] = holder  # empty slots too: they may hold an agent later
    stocks.begin_stocks(world, made.buildings.floor_area)
    set_prices(world, made.price_weights, 0)
    firms = firm_population.populate(tables.firms, world, offsets.firms)
    buildings = building_rows.make_columns(runs, slots)
    building_population.populate(world, buildings, made.buildings, made.feeder_of_slot, offsets.buildings)
    berths = np.array([feeder * feeders // terminals for feeder in range(terminals)], dtype=np.int64)
    operators = port_population.populate(world, tables.equipment, terminals, berths)
    ships = shore_power.populate(world, tables.ships)
    shore = shore_power.use_of_base_year(world, ships, tables.ships)
    port_population.close_base_year(world, operators, tables.equipment, shore)
    port_population.endow(world, operators, offsets.port)
    fleets = transport_population.populate(world, tables.vehicles)
    transport_population.endow(world, offsets.transport)
    developers = developer.populate(park.tables["sites"], world, offsets.developers)
    buyers = market.populate_buyers(world, np.arange(offsets.firms, offsets.buildings))
    made_bank, clients = bank.populate(world, offsets)
    return State(
        park=park,
        policies=tuple(sorted(policies, key=lambda policy: policy.name)),
        signals=signals,
        world=world,
        offsets=offsets,
        tables=tables,
        hours=made.hours,
        price_weights=made.price_weights,
        network=made.network.copy(),
        feeder_network=made.feeder_network,
        feeder_of_slot=made.feeder_of_slot,
        feeders=grid.make_feeders(world),
        firms=firms,
        buildings=buildings,
        operators=operators,
        ships=ships,
        fleets=fleets,
        services=municipal.populate(world),
        developers=developers,
        sellers=market.populate_sellers(world, sites),
        buyers=buyers,
        city=market.populate_city(world),
        bank=made_bank,
        clients=clients,
        weather_year=draw_weather(weather_seeds, years, made.hours.factors.shape[0]),
        feeder_share=np.full(feeders, 1.0 / feeders),
        scratch=make_scratch(),
        monthly=np.zeros((runs, MONTHS, MONTHLY)),
        monthly_kept={},
        keep=frozenset(year - park.description.base_year for year in keep),
        kept_slot=np.full(runs, -1, dtype=np.int64),
        hourly=np.zeros((1 if keep else 0, HOURLY, HOURS)),
        hourly_kept={},
        years=years,
        part=slice(0, runs),
    )


def shared_numbers(park: ParkData, overrides: Mapping[str, Any], names: Sequence[str]) -> list[int]:
    """Whole numbers that all runs of a block share, because what they make (the network) is shared.

    InputError where runs ask for different numbers.
    """
    given = {name: np.unique(overrides.get(name, park.parameters[name].central)) for name in names}
    problems = [
        f"'{name}' differs between runs ({values[0]:g} to {values[-1]:g}): the peer network is shared by all runs of a "
        "park, so it must be one number"
        for name, values in given.items()
        if values.size > 1
    ]
    if problems:
        raise InputError(problems)
    return [int(values[0]) for values in given.values()]


def new_world(
    park: ParkData,
    seeds: Integers,
    weather_seeds: Integers,
    parameters: Records,
    signals: Signals,
    overrides: Mapping[str, Any] | None,
    years: int,
    feeders: int,
    borrowers: int,
) -> World:
    """Zeroed accounts around the runs' parameters and the park's series."""
    runs = len(seeds)
    return World(
        seeds=seeds,
        weather_seeds=weather_seeds,
        parameters=parameters,
        series=series_records(park, runs, None, overrides),  # to the park's last year: lenders look beyond a run's end
        signals=signals.values,
        record=records(park.declared.outcomes.values(), (runs, years)),
        base_energy=np.repeat(park.base_year.energy[None], runs, axis=0),
        energy=np.zeros((runs, ACCOUNTS, CARRIERS)),
        load=np.zeros((runs, feeders, SHAPES)),
        rooftop=np.zeros((runs, feeders)),
        storage=np.zeros((runs, feeders)),
        hosting_room=np.zeros((runs, feeders)),
        payments=np.zeros((runs, HOLDERS, HOLDERS)),
        prices=Prices(
            np.zeros((runs, CARRIERS)), np.zeros((runs, TARIFFS, SHAPES)), np.zeros((runs, TARIFFS)), np.zeros(runs)
        ),
        terms=Terms(
            rate=np.zeros((runs, LABELS, CARBON_CLASSES)),
            small_firm_spread=np.zeros(runs),
            small_firm_size=np.zeros(runs),
            risk_spread=np.zeros(runs),
            pledge_discount=np.zeros(runs),
            tenor=np.zeros((runs, LABELS)),
            advance_ratio=np.zeros((runs, LABELS)),
            budget=np.zeros((runs, LABELS)),
            reference_rate=np.zeros(runs),
        ),
        borrowers=allocate(Borrowers, runs, borrowers),
        part=np.array([0, runs]),
    )


def reconcile(park: ParkData, parameters: Records, overrides: Mapping[str, Any]) -> Records:
    """Set the parameters that close the chosen reconciliation of the base year (base_year.csv), unless overridden."""
    memo = park.base_year.memo
    closing = {
        "contracted_supply_volume": memo["contracted_zero_carbon"],
        "energy_outside_carbon_boundary": memo["outside_co2_fuel"],
        "account_counts_electricity": memo["electricity_counted"],
    }
    for name, value in closing.items():
        if name not in overrides:
            parameters[name] = value
    return parameters


def reference_shapes(hours: HourlyData) -> Floats:
    """Load shapes of the reference weather year, [shapes, 8760]."""
    shapes = np.zeros((SHAPES, hours.fixed_shapes.shape[1]))
    shapes[hours.fixed_index] = hours.fixed_shapes
    shapes[hours.weather_index] = hours.weather_shapes[0, : len(hours.weather_index)]
    return shapes


def draw_weather(seeds: Integers, years: int, weathers: int) -> Integers:
    """Weather year of each run and year: the reference weather in the base year, any with equal chance later."""
    drawn = np.zeros((len(seeds), years), dtype=np.int64)
    for year in range(1, years):
        chance = uniforms(seeds, 1, year, int(Stream.WEATHER), PARK_IDS)[:, 0]
        drawn[:, year] = (chance * weathers).astype(np.int64)
    return drawn
