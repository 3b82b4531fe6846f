"""Road vehicles of the base year: read from the park's table, given ages, closed on the account TRANSPORT of 2020."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from agents.axes import TRANSPORT_IDS, Account, Carrier, Holder, Stream
from agents.compiled import stage
from agents.draws import normal
from agents.errors import InputError
from agents.fields import Floats, allocate
from agents.transport import AGES, CLASSES, COMBUSTION, ELECTRIC, Fleets, Vehicle, VehicleClasses, fuel_factor, survival
from agents.world import World, runs_of


def vehicle_classes(table: Mapping[str, Any]) -> VehicleClasses:
    """Arrays of the vehicle_classes table (columns as in TABLES), in the order of Vehicle. InputError if one lacks."""
    rows = [str(name) for name in table["class"]]
    missing = [v.name.lower() for v in Vehicle if v.name.lower() not in rows]
    if missing:
        raise InputError([f"vehicle_classes.csv: class '{name}' is missing" for name in missing])
    order = [rows.index(v.name.lower()) for v in Vehicle]

    def column(name: str) -> Floats:
        return np.asarray(table[name], dtype=np.float64)[order]

    return VehicleClasses(
        carrier=np.array([int(Carrier[str(table["carrier"][i]).upper()]) for i in order], dtype=np.int64),
        vehicles=column("vehicles_2020"),
        electric=column("electric_2020"),
        fuel_use=column("fuel_use"),
        electric_use=column("electric_use"),
        life=column("life"),
        price=column("price"),
        electric_price=np.stack([column(f"electric_price_{year}") for year in (2020, 2030, 2050)], axis=1),
        maintenance=column("maintenance"),
        electric_maintenance=column("electric_maintenance"),
        charger_penalty=column("charger_penalty"),
        electric_sales=column("electric_sales_2020"),
    )


@stage
def fill_base_year(world: World, fleets: Fleets, classes: VehicleClasses) -> None:
    """Ages from steady survival; electric vehicles are young; factors that close the account TRANSPORT of 2020."""
    for run in runs_of(world):
        p = world.parameters[run]
        power = 0.0
        for vehicle in range(CLASSES):
            fleets.sales_share[run, 0, vehicle] = classes.electric_sales[vehicle]
            taste = normal(world.seeds[run], TRANSPORT_IDS + vehicle, 0, Stream.TRANSPORT, 0)
            fleets.taste[run, 0, vehicle] = p.transport_taste_spread * taste
            total, young, share_alive = 0.0, 0.0, fleets.alive[run, 0, vehicle]
            for age in range(AGES + 1):
                share_alive[age] = survival(age + 0.5, classes.life[vehicle], p.transport_life_steepness)
            for age in range(AGES):
                total += share_alive[age]
                young += share_alive[age] * math.exp(-float(age))
            for age in range(AGES):
                alive = share_alive[age]
                fleets.stock[run, 0, vehicle, COMBUSTION, age] = classes.vehicles[vehicle] * alive / total
                share = alive * math.exp(-float(age)) / young
                fleets.stock[run, 0, vehicle, ELECTRIC, age] = classes.electric[vehicle] * share
                fleets.use[run, 0, vehicle, COMBUSTION, age] = classes.fuel_use[vehicle]
                fleets.use[run, 0, vehicle, ELECTRIC, age] = classes.electric_use[vehicle]
            electric_drive = 1.0 - fuel_factor(p, vehicle)
            power += classes.electric[vehicle] * classes.electric_use[vehicle] * electric_drive
        wanted = world.base_energy[run, Account.TRANSPORT, Carrier.ELECTRICITY]
        fleets.scale_power[run, 0] = wanted / power if power > 0.0 else 1.0
        for vehicle in range(CLASSES):
            carrier, fuel = classes.carrier[vehicle], 0.0
            for other in range(CLASSES):
                if classes.carrier[other] == carrier:
                    on_fuel = classes.electric[other] * fuel_factor(p, other)
                    fuel += (classes.vehicles[other] + on_fuel) * classes.fuel_use[other]
            wanted = world.base_energy[run, Account.TRANSPORT, carrier]
            fleets.scale_fuel[run, 0, vehicle] = wanted / fuel if fuel > 0.0 else 1.0


def populate(world: World, classes: VehicleClasses) -> Fleets:
    """Fleets of the base year, [runs, 1], which meet ``world.base_energy[:, TRANSPORT]`` exactly.

    ``transport_boundary_share`` says what part of vehicles' whole use the base-year account holds: it scales the cost
    that owners see, never the account itself (the base year is given inside the boundary).
    """
    fleets = allocate(Fleets, world.seeds.shape[0], 1)
    fill_base_year(world, fleets, classes)
    return fleets


@stage
def endow(world: World, first: int) -> None:
    """The one borrower of TRANSPORT starts without cash or debt."""
    for run in runs_of(world):
        world.borrowers.holder[run, first] = Holder.TRANSPORT
