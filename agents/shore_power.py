"""Shore power (MODEL 4, P1): which calls plug in, what ships avoid, and what the park's grid electricity emits instead.

All berths have a system, so the readiness of ships and the price bind. A call plugs in when its ship can and what it
saves per kWh is positive, or a mandate binds. Emissions of ships at berth lie outside the park's test: a memo ledger
keeps the gross claim of the ship side (N8) and what is left of it after the grid's CO2.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from agents.axes import Account, Carrier, Shape, Tariff
from agents.compiled import rule, stage
from agents.fields import Column, Floats, Outcome, Quantity, Records, Signal
from agents.investment import capital_recovery_factor
from agents.lending import claim_subsidy, expected_cover
from agents.port import Operators
from agents.units import KWH, KWH_PER_MWH, YUAN
from agents.world import World, runs_of

PARAMETERS = [
    Quantity("shore_service_fee", "yuan/kWh", "service fee on top of the tariff"),
    Quantity("shore_ship_fuel_use", "kg/kWh", "marine fuel of a ship's own generators", "N8"),
    Quantity("shore_ship_emission_factor", "t/MWh", "CO2 of a ship's own generators", "N8"),
    Quantity("shore_delay_cost", "yuan/call", "cost of the delay that plugging in causes"),
    Quantity(
        "shore_advantage_spread", "yuan/kWh", "spread between calls of what plugging in is worth (logistic scale)"
    ),
    Quantity("shore_ship_capex", "Myuan/ship", "retrofit of a ship with a shore connection"),
    Quantity("shore_ship_hurdle_rate", "1/yr", "hurdle rate of shipping companies"),
    Quantity("shore_ship_life", "yr", "years over which a retrofit is used"),
    Quantity("shore_ship_calls", "1/yr", "calls of a ship at berths with shore power, anywhere"),
    Quantity("shore_retrofit_pace", "1/yr", "largest share of unequipped ships converted in a year"),
    Quantity("shore_retrofit_spread", "1", "spread between owners of saving over cost (logistic scale)"),
    Quantity("shore_ship_renewal", "1/yr", "share of ships replaced by new ones in a year"),
    Quantity("shore_mandate_pace", "1/yr", "share of the gap to a mandate that ships close in a year"),
]
SERIES = [
    Quantity("marine_fuel_price", "yuan/kg", "very-low-sulphur fuel oil, real"),
    Quantity("shore_waived_share", "1", "share of the shore-power price that the port waives (to the end of 2023)"),
    Quantity("shore_newbuild_ready_share", "1", "share of new ships that have a shore connection"),
]
SIGNALS = [
    Signal("shore_power_mandate_share", "1", "share of calls that must use shore power", "P1", "largest", 0.0),
    Signal("shore_power_subsidy", "yuan/kWh", "public money per kWh of shore power, off the ship's price", "P1"),
]
OUTCOMES = [
    Outcome("shore_power", "MWh", "electricity to ships at berth", "N8", "Port|Shore Power"),
    Outcome("shore_potential", "MWh", "electricity that ships at berth need in all", "N8"),
    Outcome(
        "shore_ready_share", "1", "share of need at berth of ships that can plug in", "P1", "Port|Shore Power|Ready"
    ),
    Outcome("shore_price", "yuan/kWh", "price that ships see", "P1"),
    Outcome("shore_gross_avoided", "t", "memo: CO2 that ships no longer emit", "N8", "Memo|Shore Power|Avoided|Gross"),
    Outcome("shore_net_avoided", "t", "memo: gross less the grid's CO2", "N8", "Memo|Shore Power|Avoided|Net"),
    Outcome("ship_emissions_at_berth", "t", "memo: CO2 of generators of ships at berth", "", "Memo|Ships at Berth"),
    Outcome("shore_subsidy_claimed", "Myuan/yr", "shore-power subsidy asked for"),
]
TABLES: dict[str, tuple[Column, ...]] = {
    "ship_classes": (
        Column("class", "text", "", "ship class"),
        Column("calls", "number", "1/yr", "calls in 2020; later calls follow throughput", 0.0),
        Column("berth_hours", "number", "h", "hours at berth of a call", 0.0),
        Column("auxiliary_power", "number", "kW", "mean load of a ship at berth", 0.0),
        Column("ready_2020", "number", "1", "share of calls by ships with a shore connection, 2020", 0.0, 1.0),
    )
}


class ShipClasses(NamedTuple):
    """parks/<park>/ship_classes.csv, [class]."""

    calls: Floats
    hours: Floats
    power: Floats  # kW
    ready_2020: Floats


class Ships(NamedTuple):
    """What is remembered of ships, [runs, class]."""

    ready: Floats  # share of calls by ships with a connection


def ship_classes(table: Mapping[str, Any]) -> ShipClasses:
    """Arrays of the ship_classes table (columns as in TABLES)."""
    return ShipClasses(
        *(np.asarray(table[n], dtype=np.float64) for n in ("calls", "berth_hours", "auxiliary_power", "ready_2020"))
    )


def populate(world: World, classes: ShipClasses) -> Ships:
    """Readiness of the base year."""
    return Ships(np.tile(classes.ready_2020, (world.seeds.shape[0], 1)))


@rule
def mean_power(energy: float, hours: float) -> float:
    """Mean load of a call, kW, from kWh and hours. N8: 4,300 kWh in 11 h are 391 kW."""
    return energy / hours


@rule
def gross_avoided(energy: float, ship_factor: float) -> float:
    """CO2 that the ship no longer emits, t; energy in MWh, factor in t/MWh. N8: 2.67 t for 4.3 MWh."""
    return energy * ship_factor


@rule
def net_avoided(energy: float, ship_factor: float, grid_factor: float) -> float:
    """Gross avoided CO2 less that of the grid's electricity, t. Its sign flips where the factors meet (0.621 t/MWh)."""
    return energy * (ship_factor - grid_factor)


@rule
def own_power_cost(fuel_price: float, fuel_use: float) -> float:
    """A ship's own cost per kWh, yuan: fuel price (yuan/kg) times specific consumption (kg/kWh)."""
    return fuel_price * fuel_use


@rule
def ship_price(tariff: float, fee: float, waived: float, subsidy: float) -> float:
    """Price of shore power that a ship sees, yuan/kWh: tariff and fee, less what is waived and what the public pays."""
    return max(0.0, (tariff + fee) * (1.0 - waived) - subsidy)


@rule
def logistic(value: float) -> float:
    """Logistic function, without overflow."""
    if value >= 0.0:
        return 1.0 / (1.0 + math.exp(-value))
    return math.exp(value) / (1.0 + math.exp(value))


@rule
def plugged_share(ready: float, advantage: float, spread: float, mandate: float) -> float:
    """Share of calls that use shore power: ready ships with a positive advantage, at least the mandate's ready ships.

    Advantage (yuan/kWh) differs between calls with a logistic spread, so that the ready share taken is its
    distribution function. The result lies in [0, ready].
    """
    voluntary = ready * logistic(advantage / spread)
    return max(voluntary, min(ready, mandate))


@rule
def next_readiness(ready: float, p: Records, newbuild: float, saving_ratio: float, mandate: float) -> float:
    """Share of calls by ready ships a year on: renewal of the fleet, retrofits that pay, retrofits under a mandate.

    ``saving_ratio`` is a retrofitted ship's yearly saving over its annual cost; owners differ with a logistic spread.
    """
    renewal = p.shore_ship_renewal * max(0.0, newbuild - ready)
    retrofit = p.shore_retrofit_pace * (1.0 - ready) * logistic((saving_ratio - 1.0) / p.shore_retrofit_spread)
    obliged = p.shore_mandate_pace * max(0.0, mandate - ready)
    return min(1.0, ready + max(renewal + retrofit, obliged))


@rule
def advantage_of_call(world: World, classes: ShipClasses, run: int, year: int, ship: int) -> float:
    """Mean advantage of plugging in, yuan/kWh: own cost less the price seen less the cost of delay per kWh."""
    p, s = world.parameters[run], world.series[run, year]
    energy = classes.hours[ship] * classes.power[ship]
    own = own_power_cost(s.marine_fuel_price, p.shore_ship_fuel_use)
    delay = p.shore_delay_cost / energy
    return own - world.record[run, year].shore_price - delay


@rule
def price_of_year(world: World, run: int, year: int) -> float:
    """Price that ships see this year, yuan/kWh; a subsidy counts as far as it is expected to be paid."""
    tariff = world.prices.tariff[run, Tariff.INDUSTRY, Shape.PORT] * KWH
    subsidy = max(0.0, world.signals[run].shore_power_subsidy) * expected_cover(world, run, year)
    return ship_price(
        tariff, world.parameters[run].shore_service_fee, world.series[run, year].shore_waived_share, subsidy
    )


@stage
def turn_over(world: World, ships: Ships, classes: ShipClasses, year: int) -> None:
    """Readiness of ships one year on, and the year's claim for subsidy (with stage 4; not in the base year)."""
    for run in runs_of(world):
        p, s = world.parameters[run], world.series[run, year]
        world.record[run, year].shore_price = price_of_year(world, run, year)
        mandate = min(1.0, max(0.0, world.signals[run].shore_power_mandate_share))
        cost = p.shore_ship_capex * capital_recovery_factor(p.shore_ship_hurdle_rate, p.shore_ship_life)
        for ship in range(classes.calls.shape[0]):
            energy = classes.hours[ship] * classes.power[ship] * p.shore_ship_calls
            saving = advantage_of_call(world, classes, run, year, ship) * energy * YUAN
            ships.ready[run, ship] = next_readiness(
                ships.ready[run, ship], p, s.shore_newbuild_ready_share, saving / cost, mandate
            )
        subsidy = max(0.0, world.signals[run].shore_power_subsidy)
        used, _, _ = shore_demand(world, ships, classes, run, year)
        claim_subsidy(world, run, used * KWH_PER_MWH * subsidy * YUAN, year)


@rule
def shore_demand(world: World, ships: Ships, classes: ShipClasses, run: int, year: int) -> tuple[float, float, float]:
    """(used, needed, ready) MWh of ships at berth in a year, of the whole port."""
    growth = world.record[run, year].port_throughput / world.record[run, 0].port_throughput
    mandate = min(1.0, max(0.0, world.signals[run].shore_power_mandate_share))
    used, needed, ready = 0.0, 0.0, 0.0
    for ship in range(classes.calls.shape[0]):
        energy = classes.calls[ship] * growth * classes.hours[ship] * classes.power[ship] * KWH
        share = plugged_share(
            ships.ready[run, ship],
            advantage_of_call(world, classes, run, year, ship),
            world.parameters[run].shore_advantage_spread,
            mandate,
        )
        used += share * energy
        needed += energy
        ready += ships.ready[run, ship] * energy
    return used, needed, ready


@stage
def use_of_base_year(world: World, ships: Ships, classes: ShipClasses) -> Floats:
    """Shore power of 2020, MWh [runs]: the part of the port's 40 GWh that went to ships (for port.close_base_year)."""
    shore = np.zeros(world.seeds.shape[0])
    for run in runs_of(world):
        world.record[run, 0].shore_price = price_of_year(world, run, 0)
        shore[run] = shore_demand(world, ships, classes, run, 0)[0]
    return shore


@stage
def use_energy(world: World, port: Operators, ships: Ships, classes: ShipClasses, year: int) -> None:
    """Shore power of the year: adds to the account PORT, its operators and feeders; writes the memo ledger.

    Runs after port.use_energy. What ships pay and the subsidy asked for are booked by port.settle.
    """
    for run in runs_of(world):
        p, s, now = world.parameters[run], world.series[run, year], world.record[run, year]
        now.shore_price = price_of_year(world, run, year)
        used, needed, ready = shore_demand(world, ships, classes, run, year)
        subsidy = max(0.0, world.signals[run].shore_power_subsidy)
        for operator in range(port.share.shape[1]):
            sold = used * port.share[run, operator]
            port.shore_sold[run, operator] = sold
            port.shore_income[run, operator] = sold * KWH_PER_MWH * now.shore_price * YUAN
            port.shore_subsidy[run, operator] = sold * KWH_PER_MWH * subsidy * YUAN
            port.energy[run, operator, Carrier.ELECTRICITY] += sold
            world.load[run, port.feeder[run, operator], Shape.PORT] += sold
        world.energy[run, Account.PORT, Carrier.ELECTRICITY] += used
        now.port_electricity = world.energy[run, Account.PORT, Carrier.ELECTRICITY]
        now.shore_power = used
        now.shore_potential = needed
        now.shore_ready_share = ready / needed if needed > 0.0 else 0.0
        now.shore_gross_avoided = gross_avoided(used, p.shore_ship_emission_factor)
        now.shore_net_avoided = net_avoided(used, p.shore_ship_emission_factor, s.grid_factor)
        now.ship_emissions_at_berth = (needed - used) * p.shore_ship_emission_factor
        now.shore_subsidy_claimed = used * KWH_PER_MWH * subsidy * YUAN
