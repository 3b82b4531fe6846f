"""A small port for tests: operators, ships and a world whose throughput follows the park's demand."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from worlds import central_series, make_world, read_table

from agents import bank, lending, port, port_fleet, port_population, shore_power
from agents.axes import Holder
from agents.port import Equipment, Operators
from agents.shore_power import ShipClasses, Ships
from agents.world import World

EQUIPMENT: Equipment = port_population.equipment(read_table("port_equipment", port.TABLES["port_equipment"]))
SHIPS: ShipClasses = shore_power.ship_classes(read_table("ship_classes", shore_power.TABLES["ship_classes"]))
OPERATORS = 3


class Harbour(NamedTuple):
    """A world with its port."""

    world: World
    port: Operators
    ships: Ships
    policy: dict[str, Any]  # signals set from 2021 on; 2020 is as it was


def harbour(runs: int = 2, years: int = 12, throughput: Any = None, **overrides: Any) -> Harbour:
    """The port of the base year with central parameters; ``throughput`` [years] defaults to the park's demand.

    Overrides that name a signal of the port hold from 2021 on.
    """
    names = {signal.name for module in (port, shore_power) for signal in module.SIGNALS}
    policy = {name: overrides.pop(name) for name in list(overrides) if name in names}
    world = make_world(
        [port, shore_power, lending, bank],
        runs=runs,
        years=years,
        borrowers=OPERATORS,
        holder=Holder.PORT,
        extras={"record": {"port_throughput": 0.0}},
        **overrides,
    )
    world.record.port_throughput[...] = central_series(years)["throughput_demand"] if throughput is None else throughput
    operators = port_population.populate(world, EQUIPMENT, OPERATORS, np.arange(OPERATORS))
    ships = shore_power.populate(world, SHIPS)
    port_population.close_base_year(world, operators, EQUIPMENT, shore_power.use_of_base_year(world, ships, SHIPS))
    port_population.endow(world, operators, 0)
    return Harbour(world, operators, ships, policy)


def live(place: Harbour, year: int, granted: bool = True) -> None:
    """One year of the port: the bank grants all or nothing, and debts are forgiven at the year's end."""
    world, operators, ships, policy = place
    world.energy[...] = 0.0
    world.load[...] = 0.0
    world.payments[...] = 0.0
    world.record.public_budget[:, max(0, year - 1)] = 1000.0
    if year > 0:
        for name, value in policy.items():
            world.signals[name] = value
        port_fleet.choose(world, operators, EQUIPMENT, 0, year)
        shore_power.turn_over(world, ships, SHIPS, year)
        world.borrowers.granted[...] = (world.borrowers.asked > 0.0) & granted
        port_fleet.build(world, operators, EQUIPMENT, 0, year)
    port.use_energy(world, operators, EQUIPMENT, year)
    shore_power.use_energy(world, operators, ships, SHIPS, year)
    port.settle(world, operators, EQUIPMENT, 0, year)
    world.borrowers.balance[...] = 0.0
    world.borrowers.service[...] = 0.0


def live_to(place: Harbour, last: int, granted: bool = True) -> Harbour:
    """Years 0 to ``last``."""
    for year in range(last + 1):
        live(place, year, granted)
    return place
