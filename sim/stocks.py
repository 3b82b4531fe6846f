"""Stocks and flows of the park (MODEL 11): population, output by sector, floor-area demand, port capacity, sinks.

Every stock is declared with its inflows and outflows, all outcomes of the year, so that a test can check that a stock
changes by its flows and nothing else, and the causal-loop diagram can be drawn from the same declarations.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from agents.compiled import rule, stage
from agents.fields import Floats, Outcome, Quantity, Records, Signal
from agents.world import World, runs_of


@dataclass(frozen=True)
class Stock:
    """A stock and its flows by the names of their outcomes; ``drivers`` are the outcomes that move its flows."""

    name: str
    inflows: tuple[str, ...]
    outflows: tuple[str, ...]
    drivers: tuple[tuple[str, str], ...] = ()  # (outcome, "+" or "-")


STOCKS = (
    Stock("population", ("population_inflow",), ("population_outflow",), (("gdp", "+"), ("reputation", "+"))),
    Stock("port_capacity", ("port_capacity_expansion",), (), (("port_throughput", "+"),)),
    Stock("port_throughput", ("throughput_growth",), (), (("port_capacity", "+"),)),
    Stock("forest_area", ("forest_planting",), (), ()),
    Stock("urban_green_area", ("urban_greening",), (), (("population", "+"),)),
    Stock("reputation", ("reputation_change",), (), (("emissions_net", "-"),)),
    Stock("green_attraction", ("green_attraction_growth",), (), (("reputation", "+"),)),
    Stock("local_pv_built", ("local_pv_building",), (), (("local_learning_pv", "-"),)),
)

PARAMETERS = [
    Quantity("population_2020", "persons", "resident population of the base year", "N1"),
    Quantity("gdp_2020", "Myuan", "gross domestic product of the base year", "N3"),
    Quantity("population_adjustment_time", "yr", "time in which people follow jobs and housing"),
    Quantity("population_income_elasticity", "1", "rise of attainable population per rise of output above its path"),
    Quantity("reputation_delay", "yr", "time in which the park's green reputation follows its emissions"),
    Quantity("reputation_growth_effect", "1/yr", "extra growth of services and innovation at full green reputation"),
    Quantity("throughput_growth_rate", "1/yr", "rate of the logistic growth of throughput towards demand", "MODEL 4"),
    Quantity("port_capacity_2020", "TEU/yr", "container capacity in the base year"),
    Quantity("port_capacity_limit", "TEU/yr", "capacity that ten berths can reach with denser operation"),
    Quantity("port_expansion_trigger", "1", "use of capacity above which the port expands"),
    Quantity("port_expansion_step", "1/yr", "share of capacity added in a year of expansion"),
    Quantity("forest_area_2020", "ha", "forest inside the boundary"),
    Quantity("forest_sequestration", "t/ha/yr", "CO2 that a hectare of forest takes up"),
    Quantity("urban_green_area_2020", "ha", "parks and street trees"),
    Quantity("urban_green_sequestration", "t/ha/yr", "CO2 that a hectare of urban green takes up"),
    Quantity("urban_green_per_person", "ha/person", "urban green that comes with each new resident"),
    Quantity("salt_marsh_area", "ha", "salt marsh and mudflat inside the boundary"),
    Quantity("salt_marsh_burial", "t/ha/yr", "CO2 buried by a hectare of salt marsh"),
    Quantity("office_output_elasticity", "1", "office floor area demanded per output of finance and services"),
    Quantity("retail_output_elasticity", "1", "retail floor area demanded per output of trade"),
    Quantity("hotel_output_elasticity", "1", "hotel floor area demanded per output of trade"),
    Quantity("warehouse_throughput_elasticity", "1", "warehouse floor area demanded per throughput"),
    Quantity("cold_store_throughput_elasticity", "1", "cold-store floor area demanded per throughput"),
    Quantity("local_learning_rate", "1", "fall of local soft cost of PV per doubling of local build"),
    Quantity("local_soft_cost_share", "1", "share of PV cost that local experience can lower"),
    Quantity("local_pv_built_2020", "MW", "local PV experience in the base year"),
]

SECTOR_NAMES = ("port", "logistics", "automobile", "manufacturing", "trade", "finance", "other")
FLOOR_TYPES = ("residential", "office", "retail", "hotel", "education", "warehouse", "cold_store")

SERIES = [
    Quantity("gdp_growth", "1/yr", "real growth of the park's output"),
    Quantity("population_attainable", "persons", "population that plans and housing allow"),
    Quantity("throughput_demand", "TEU/yr", "container traffic that would call without a capacity limit"),
    Quantity("floor_area_per_person", "m2/person", "housing floor area per resident"),
    *(Quantity(f"value_added_share_{name}", "1", f"share of {name} in output", "D7") for name in SECTOR_NAMES),
]

SIGNALS = [
    Signal("afforestation", "ha/yr", "new forest planted a year", "D3", "add", 0.0),
]

OUTCOMES = [
    Outcome("population", "persons", "resident population", "N1", "Population"),
    Outcome("population_inflow", "persons/yr", "people moving in"),
    Outcome("population_outflow", "persons/yr", "people moving out"),
    Outcome("gdp_path", "Myuan", "output without what green reputation attracts"),
    Outcome("green_attraction", "1", "services attracted by green reputation over those of the path", "D7"),
    Outcome("green_attraction_growth", "1/yr", "change of the services attracted"),
    Outcome("gdp", "Myuan", "gross domestic product, yuan of 2020", "N3", "GDP"),
    *(
        Outcome(f"value_added_{n}", "Myuan", f"value added of {n}", "", f"Value Added|{n.title()}")
        for n in SECTOR_NAMES
    ),
    *(
        Outcome(
            f"floor_area_demand_{n}",
            "m2",
            f"floor area demanded, {n}",
            "",
            f"Floor Area|Demand|{n.replace('_', ' ').title()}",
        )
        for n in FLOOR_TYPES
    ),
    Outcome("port_throughput", "TEU", "containers handled", "", "Port|Throughput"),
    Outcome("throughput_growth", "TEU/yr", "change of throughput"),
    Outcome("port_capacity", "TEU/yr", "container capacity", "", "Port|Capacity"),
    Outcome("port_capacity_expansion", "TEU/yr", "capacity added"),
    Outcome("forest_area", "ha", "forest inside the boundary", "", "Land Cover|Forest"),
    Outcome("forest_planting", "ha/yr", "forest planted"),
    Outcome("urban_green_area", "ha", "urban green", "", "Land Cover|Urban Green"),
    Outcome("urban_greening", "ha/yr", "urban green added"),
    Outcome("carbon_sinks", "t", "CO2 taken up by all sinks inside the boundary", "D3", "Carbon Sinks"),
    Outcome("carbon_sinks_increment", "t", "CO2 taken up beyond the sinks of 2020", "D3", "Carbon Sinks|Increment"),
    Outcome("reputation", "1", "green reputation: 0 as in 2020, 1 at neutrality", "D7", "Green Reputation"),
    Outcome("reputation_change", "1/yr", "change of the green reputation"),
    Outcome("local_pv_built", "MW", "PV built inside the park so far, with the experience of 2020"),
    Outcome("local_pv_building", "MW/yr", "PV built inside the park this year"),
    Outcome("local_learning_pv", "1", "factor on PV cost from local experience"),
    Outcome("investment_new", "Myuan", "investment in new facilities", "图8", "Investment|New Build"),
    Outcome("investment_retrofit", "Myuan", "investment in existing facilities", "图8", "Investment|Retrofit"),
]


@rule
def logistic_step(level: float, ceiling: float, rate: float) -> float:
    """Growth in one year of a level towards a ceiling, in the level's unit: rate * level * (1 - level / ceiling)."""
    return rate * level * (1.0 - level / ceiling)


@rule
def learning_factor(built: float, first: float, learning_rate: float, share: float) -> float:
    """Cost factor of local experience, 1 at the start: ``share`` of the cost falls by ``learning_rate`` a doubling."""
    return 1.0 - share + share * (built / first) ** (math.log(1.0 - learning_rate) / math.log(2.0))


@stage
def begin_stocks(world: World, base_floor_area: Floats) -> None:
    """Stocks of the base year. ``base_floor_area`` [floor types] in m2; MODEL 11, N1-N3."""
    for run in runs_of(world):
        p, s, now = world.parameters[run], world.series[run, 0], world.record[run, 0]
        now.population = p.population_2020
        now.port_capacity = p.port_capacity_2020
        now.port_throughput = s.throughput_demand
        now.forest_area = p.forest_area_2020
        now.urban_green_area = p.urban_green_area_2020
        now.local_pv_built = p.local_pv_built_2020
        now.local_learning_pv = 1.0
        now.gdp_path = p.gdp_2020
        write_sectors(s, now)
        write_floor_demand(world, base_floor_area, run, 0)
        write_sinks(world, run, 0)


@rule
def write_sectors(s: Records, now: Records) -> None:
    """Value added by sector from the output path and the dated shares, normalised to one (D7).

    Services and innovation come on top as far as the park's green reputation has attracted them (Figure 9).
    """
    total = (
        s.value_added_share_port
        + s.value_added_share_logistics
        + s.value_added_share_automobile
        + s.value_added_share_manufacturing
        + s.value_added_share_trade
        + s.value_added_share_finance
        + s.value_added_share_other
    )
    scale = now.gdp_path / total
    attracted = 1.0 + now.green_attraction
    now.value_added_port = s.value_added_share_port * scale
    now.value_added_logistics = s.value_added_share_logistics * scale
    now.value_added_automobile = s.value_added_share_automobile * scale
    now.value_added_manufacturing = s.value_added_share_manufacturing * scale
    now.value_added_trade = s.value_added_share_trade * scale * attracted
    now.value_added_finance = s.value_added_share_finance * scale * attracted
    now.value_added_other = s.value_added_share_other * scale
    now.gdp = now.gdp_path + now.green_attraction * (s.value_added_share_trade + s.value_added_share_finance) * scale


@rule
def write_floor_demand(world: World, base_floor_area: Floats, run: int, year: int) -> None:
    """Floor area demanded by type, m2: housing and schools follow people, the rest output or throughput."""
    p, first, now = world.parameters[run], world.record[run, 0], world.record[run, year]
    people = now.population / first.population
    per_person = world.series[run, year].floor_area_per_person / world.series[run, 0].floor_area_per_person
    services = (now.value_added_finance + now.value_added_trade) / (first.value_added_finance + first.value_added_trade)
    trade = now.value_added_trade / first.value_added_trade
    containers = now.port_throughput / first.port_throughput
    now.floor_area_demand_residential = base_floor_area[0] * people * per_person
    now.floor_area_demand_office = base_floor_area[1] * services**p.office_output_elasticity
    now.floor_area_demand_retail = base_floor_area[2] * trade**p.retail_output_elasticity
    now.floor_area_demand_hotel = base_floor_area[3] * trade**p.hotel_output_elasticity
    now.floor_area_demand_education = base_floor_area[4] * people
    now.floor_area_demand_warehouse = base_floor_area[5] * containers**p.warehouse_throughput_elasticity
    now.floor_area_demand_cold_store = base_floor_area[6] * containers**p.cold_store_throughput_elasticity


@rule
def write_sinks(world: World, run: int, year: int) -> None:
    """CO2 taken up by forest, urban green and salt marsh, t, and its increment over the base year (MODEL 10)."""
    p, now = world.parameters[run], world.record[run, year]
    now.carbon_sinks = (
        now.forest_area * p.forest_sequestration
        + now.urban_green_area * p.urban_green_sequestration
        + p.salt_marsh_area * p.salt_marsh_burial
    )
    now.carbon_sinks_increment = now.carbon_sinks - world.record[run, 0].carbon_sinks


@stage
def move_stocks(world: World, base_floor_area: Floats, year: int) -> None:
    """One year of every stock (stage 2), from last year's stocks and outcomes."""
    for run in runs_of(world):
        p, s, signal = world.parameters[run], world.series[run, year], world.signals[run]
        last, now, first = world.record[run, year - 1], world.record[run, year], world.record[run, 0]

        target = min(1.0, max(0.0, 1.0 - last.emissions_net / first.emissions_net))
        now.reputation_change = (target - last.reputation) / p.reputation_delay
        now.reputation = last.reputation + now.reputation_change

        now.gdp_path = last.gdp_path * (1.0 + s.gdp_growth)
        now.green_attraction_growth = p.reputation_growth_effect * last.reputation
        now.green_attraction = last.green_attraction + now.green_attraction_growth
        write_sectors(s, now)

        attainable = s.population_attainable * (now.gdp / now.gdp_path) ** p.population_income_elasticity
        change = (attainable - last.population) / p.population_adjustment_time
        now.population_inflow = max(0.0, change)
        now.population_outflow = max(0.0, -change)
        now.population = last.population + now.population_inflow - now.population_outflow

        room = max(0.0, p.port_capacity_limit - last.port_capacity)
        crowded = last.port_throughput > p.port_expansion_trigger * last.port_capacity
        now.port_capacity_expansion = min(room, p.port_expansion_step * last.port_capacity) if crowded else 0.0
        now.port_capacity = last.port_capacity + now.port_capacity_expansion
        ceiling = min(s.throughput_demand, now.port_capacity)
        now.throughput_growth = logistic_step(last.port_throughput, ceiling, p.throughput_growth_rate)
        now.port_throughput = last.port_throughput + now.throughput_growth

        now.forest_planting = signal.afforestation
        now.forest_area = last.forest_area + now.forest_planting
        now.urban_greening = p.urban_green_per_person * now.population_inflow
        now.urban_green_area = last.urban_green_area + now.urban_greening
        write_sinks(world, run, year)
        write_floor_demand(world, base_floor_area, run, year)


@stage
def close_stocks(world: World, year: int) -> None:
    """Stocks that follow what was built this year: local PV experience and its cost factor (local learning, MODEL 11).

    Ground PV comes from the record, rooftop PV from ``world.rooftop``.
    """
    if year == 0:  # its stocks are given
        return
    for run in runs_of(world):
        p, now, last = world.parameters[run], world.record[run, year], world.record[run, year - 1]
        connected = now.capacity_ground_pv
        for feeder in range(world.rooftop.shape[1]):
            connected += world.rooftop[run, feeder]
        now.local_pv_building = max(0.0, p.local_pv_built_2020 + connected - last.local_pv_built)
        now.local_pv_built = last.local_pv_built + now.local_pv_building
        now.local_learning_pv = learning_factor(
            now.local_pv_built, p.local_pv_built_2020, p.local_learning_rate, p.local_soft_cost_share
        )
