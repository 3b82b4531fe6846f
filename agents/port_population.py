"""Terminal operators and their machines in the base year: drawn, then closed on the port's energy of 2020 (N7, N9)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from agents.axes import CARRIERS, Account, Carrier, Holder, Stream
from agents.compiled import stage
from agents.draws import normal, uniform
from agents.errors import InputError
from agents.fields import Floats, Integers, allocate
from agents.port import (
    CHOOSING,
    CLASSES,
    DRIVES,
    FIRST_LOTS,
    LOTS,
    Drive,
    Equipment,
    Machine,
    Operators,
    carrier_of,
    drawn_life,
    lot_id,
    operator_id,
)
from agents.units import YUAN
from agents.world import World, runs_of


def equipment(table: Mapping[str, Any]) -> Equipment:
    """Arrays of the port_equipment table (columns as in TABLES). InputError if a class has no machine in 2020."""
    shape = (CLASSES, DRIVES)
    offered, price = np.zeros(shape, np.int64), np.zeros((*shape, 3))
    names = ("units_2020", "own_2020", "committed_2021", "energy", "life", "maintenance", "charger")
    columns = {name: np.zeros(shape) for name in names}
    for row, (machine, fuel) in enumerate(zip(table["class"], table["fuel"], strict=True)):
        place = int(Machine[str(machine).upper()]), int(Drive[str(fuel).upper()])
        offered[place] = 1
        price[place] = [table[f"price_{year}"][row] for year in (2020, 2030, 2050)]
        for name, column in columns.items():
            column[place] = table[name][row]
    units = columns["units_2020"]
    empty = [m.name.lower() for m in Machine if units[m].sum() <= 0.0]
    if empty:
        raise InputError([f"port_equipment.csv: class '{name}' has no machine in units_2020" for name in empty])
    return Equipment(
        offered, units, columns["own_2020"], columns["committed_2021"], columns["energy"], price, columns["life"],
        columns["maintenance"], columns["charger"], 1.0 / units.sum(axis=1),
    )  # fmt: skip


def first_lots(owned: Floats, units: Floats) -> list[tuple[int, int, float]]:
    """(drive, haulier, units) of the FIRST_LOTS lots of a class: one group a drive and owner, split by largest need."""
    groups = [(d, 0, float(owned[d])) for d in range(DRIVES)] + [
        (d, 1, float(units[d] - owned[d])) for d in range(DRIVES)
    ]
    groups = [group for group in groups if group[2] > 0.0]
    parts = [1] * len(groups)
    while sum(parts) < FIRST_LOTS:
        largest = max(range(len(groups)), key=lambda g: groups[g][2] / parts[g])
        parts[largest] += 1
    return [(d, h, u / n) for (d, h, u), n in zip(groups, parts, strict=True) for _ in range(n)]


class FirstLots(NamedTuple):
    """The lots of a class in the base year, [choosing class, lot]."""

    drive: Integers
    haulier: Integers
    units: Floats


def base_year_lots(tables: Equipment) -> FirstLots:
    """Lots of every class that chooses, from the table's machines by drive and owner."""
    lots = FirstLots(
        np.zeros((CHOOSING, FIRST_LOTS), np.int64),
        np.zeros((CHOOSING, FIRST_LOTS), np.int64),
        np.zeros((CHOOSING, FIRST_LOTS)),
    )
    for machine in range(CHOOSING):
        for lot, group in enumerate(first_lots(tables.owned[machine], tables.units[machine])):
            lots.drive[machine, lot], lots.haulier[machine, lot], lots.units[machine, lot] = group
    return lots


@stage
def fill_base_year(world: World, port: Operators, tables: Equipment, lots: FirstLots, feeders: Integers) -> None:
    """Draw operators and the lots of the base year."""
    operators = port.share.shape[1]
    for run in runs_of(world):
        p, seed = world.parameters[run], world.seeds[run]
        containers = world.record[run, 0].port_throughput
        total = 0.0
        for operator in range(operators):
            draw = normal(seed, operator_id(operator), 0, Stream.PORT, 0)
            port.share[run, operator] = math.exp(p.port_operator_spread * draw)
            total += port.share[run, operator]
        for operator in range(operators):
            share = port.share[run, operator] / total
            port.share[run, operator] = share
            port.feeder[run, operator] = feeders[operator]
            port.attitude[run, operator] = uniform(seed, operator_id(operator), 0, Stream.PORT, 2)
            port.charging[run, operator] = p.port_charging_capacity_2020 * share
            port.base_throughput[run, operator] = containers
            for machine in range(CHOOSING):
                for lot in range(LOTS):
                    agent = lot_id(operator, machine, lot)
                    if lot >= FIRST_LOTS:
                        hired = uniform(seed, agent, 0, Stream.PORT, 0) < p.port_haulier_share
                        mobile = machine == Machine.HORIZONTAL_TRANSPORT
                        port.haulier[run, operator, machine, lot] = 1 if hired and mobile else 0
                        continue
                    drive = lots.drive[machine, lot]
                    port.drive[run, operator, machine, lot] = drive
                    port.haulier[run, operator, machine, lot] = lots.haulier[machine, lot]
                    work = lots.units[machine, lot] * tables.unit_share[machine] * containers
                    port.capacity[run, operator, machine, lot] = work * share
                    life = drawn_life(seed, p, agent, 0, tables.life[machine, drive])
                    port.life[run, operator, machine, lot] = life
                    age = uniform(seed, agent, 0, Stream.LIFETIME, 1) * life
                    port.age[run, operator, machine, lot] = math.floor(age)


def populate(world: World, tables: Equipment, operators: int, feeders: Integers) -> Operators:
    """Operators and lots of the base year, [runs, operators]; N7 holds once ``close_base_year`` has run.

    ``feeders`` [operators] are the terminals' feeders. Needs ``world.record[:, 0].port_throughput`` of stage 2.
    """
    port = allocate(Operators, world.seeds.shape[0], operators)
    port.scale[...] = 1.0
    fill_base_year(world, port, tables, base_year_lots(tables), np.asarray(feeders, dtype=np.int64))
    return port


@stage
def close_base_year(world: World, port: Operators, tables: Equipment, shore: Floats) -> None:
    """Set the factors by carrier that make the account PORT of 2020 exact (N7); ``shore`` [runs] is its shore power."""
    for run in runs_of(world):
        for carrier in range(CARRIERS):
            table_energy = 0.0
            for machine in range(CLASSES):
                for drive in range(DRIVES):
                    if carrier_of(drive) == carrier and drive != Drive.ELECTRIC_BATTERY:
                        table_energy += tables.units[machine, drive] * tables.energy[machine, drive]
            wanted = world.base_energy[run, Account.PORT, carrier]
            if carrier == Carrier.ELECTRICITY:
                wanted -= shore[run]
            factor = wanted / table_energy if table_energy > 0.0 else 1.0
            for operator in range(port.share.shape[1]):
                port.scale[run, operator, carrier] = factor


@stage
def endow(world: World, port: Operators, first: int) -> None:
    """Cash of the operators at the start of the base year: what a year's end would leave them."""
    for run in runs_of(world):
        p = world.parameters[run]
        for operator in range(port.share.shape[1]):
            traffic = world.record[run, 0].port_throughput * port.share[run, operator]
            world.borrowers.holder[run, first + operator] = Holder.PORT
            world.borrowers.size[run, first + operator] = traffic * p.port_revenue_per_teu * YUAN
            cost = traffic * p.port_other_cost_per_teu * YUAN
            world.borrowers.surplus[run, first + operator] = traffic * p.port_revenue_per_teu * YUAN - cost
            world.borrowers.cash[run, first + operator] = cost * p.port_cash_months / 12.0
