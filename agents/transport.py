"""Road vehicles inside the boundary (MODEL 9): cars, vans, trucks and buses by age, diffusion of electric drive.

A fleet is a stock of vehicles by class, drive (combustion or electric) and age; only fuel used inside the boundary
counts, and the base year closes on the account TRANSPORT. Electric sales follow Bass diffusion towards a potential that
the relative annual cost and access to charging set; buses are bought electric by order. Households and hauliers are one
borrower a run, whose income from outside pays its energy: their other money is not modelled.
"""

from __future__ import annotations

import math
from enum import IntEnum
from typing import Annotated, NamedTuple

from agents.axes import Account, Carrier, Holder, Shape, Tariff
from agents.compiled import rule, stage
from agents.fields import Column, Field, Floats, Integers, Outcome, Quantity, Records, Signal
from agents.investment import capital_recovery_factor
from agents.investment_parameters import emission_factor
from agents.lending import claim_subsidy, expected_cover, pay_out, receive, subsidise
from agents.port import dated_price
from agents.units import THOUSAND_YUAN, YUAN
from agents.world import World, runs_of


class Vehicle(IntEnum):
    """Vehicle classes."""

    CAR = 0
    VAN = 1
    TRUCK = 2
    BUS = 3


CLASSES, AGES = len(Vehicle), 31  # ages in years; older vehicles are scrapped
COMBUSTION, ELECTRIC = 0, 1

PARAMETERS = [
    Quantity("transport_boundary_share", "1", "share of vehicles' energy use that lies inside the boundary"),
    Quantity("transport_bass_innovation", "1/yr", "Bass p of electric vehicles' share of sales"),
    Quantity("transport_bass_imitation", "1/yr", "Bass q of electric vehicles' share of sales"),
    Quantity("transport_cost_weight", "1", "logit weight of relative annual cost in the potential of electric sales"),
    Quantity("transport_taste_spread", "1", "spread between runs of the public's taste (standard deviation, utility)"),
    Quantity("transport_discount_rate_household", "1/yr", "discount rate of car and van buyers"),
    Quantity("transport_discount_rate_haulier", "1/yr", "discount rate of truck buyers"),
    Quantity("transport_electric_price_factor", "1", "factor on prices of electric vehicles"),
    Quantity("transport_hybrid_fuel_share", "1", "share of electric cars' distance driven on petrol (plug-in hybrids)"),
    Quantity("transport_efficiency_gain", "1/yr", "yearly fall of the energy use of new vehicles"),
    Quantity("transport_charging_fee", "yuan/MWh", "service fee of public charging"),
    Quantity("transport_public_charging_share", "1", "share of charging that is public"),
    Quantity("transport_car_saturation", "1", "cars per person that ownership tends to"),
    Quantity("transport_car_pace", "1/yr", "share of the gap to saturation that closes in a year"),
    Quantity("transport_freight_elasticity", "1", "growth of trucks per growth of throughput and output"),
    Quantity("transport_life_steepness", "1", "shape of the Weibull survival of vehicles"),
]  # fmt: skip
SERIES = [
    Quantity("transport_charging_access", "1", "access to charging, 1 where it is as easy as refuelling"),
    Quantity("transport_tax_relief", "1", "share of the vehicle purchase tax that electric vehicles do not pay"),
    Quantity("transport_purchase_tax", "1", "vehicle purchase tax, share of the price before value-added tax"),
    Quantity("transport_bus_electric_order", "1", "share of new buses that are ordered electric"),
]
SIGNALS = [
    Signal("transport_electric_mandate", "1", "share of sales that must be electric", "", "largest", 0.0),
    Signal("transport_vehicle_subsidy_share", "1", "share of an electric vehicle's price that the public pays"),
    Signal("transport_charging_access_gain", "1", "access to charging added by building chargers"),
]
OUTCOMES = [
    *(
        Outcome(f"vehicles_{v.name.lower()}", "vehicles", f"stock of {v.name.lower()}s", "",
                f"Stock|Transportation|{v.name.title()}")
        for v in Vehicle
    ),
    *(
        Outcome(f"electric_share_{v.name.lower()}", "1", f"electric share of the stock of {v.name.lower()}s", "",
                f"Stock|Transportation|{v.name.title()}|Electric Share")
        for v in Vehicle
    ),
    *(
        Outcome(f"electric_sales_{v.name.lower()}", "1", f"electric share of sales of {v.name.lower()}s", "",
                f"Sales|Transportation|{v.name.title()}|Electric Share")
        for v in Vehicle
    ),
    Outcome("vehicles_bought", "vehicles/yr", "vehicles bought, all classes"),
    Outcome("vehicles_scrapped", "vehicles/yr", "vehicles scrapped or moved out, all classes"),
    Outcome("transport_electricity", "MWh", "electricity of road vehicles", "", "Transport|Energy|Electricity"),
    Outcome("smart_charging", "MWh", "charging that follows the grid's needs"),
    Outcome("transport_vehicle_subsidy", "Myuan/yr", "purchase subsidies asked for"),
]  # fmt: skip
TABLES: dict[str, tuple[Column, ...]] = {
    "vehicle_classes": (
        Column("class", "text", "", "vehicle class", choices=tuple(v.name.lower() for v in Vehicle)),
        Column("carrier", "text", "", "fuel of combustion vehicles", choices=("gasoline", "diesel", "lng", "gas")),
        Column("vehicles_2020", "number", "vehicles", "combustion vehicles", 0.0),
        Column("electric_2020", "number", "vehicles", "electric vehicles", 0.0),
        Column("fuel_use", "number", "tce/yr", "fuel of one combustion vehicle", 0.0),
        Column("electric_use", "number", "MWh/yr", "electricity of one electric vehicle", 0.0),
        Column("life", "number", "yr", "age at which half of a vintage is gone", 1.0),
        Column("price", "number", "thousand yuan", "price of a combustion vehicle", 0.0),
        Column("electric_price_2020", "number", "thousand yuan", "price of an electric vehicle", 0.0),
        Column("electric_price_2030", "number", "thousand yuan", "price of an electric vehicle", 0.0),
        Column("electric_price_2050", "number", "thousand yuan", "price of an electric vehicle", 0.0),
        Column("maintenance", "number", "thousand yuan/yr", "maintenance of a combustion vehicle", 0.0),
        Column("electric_maintenance", "number", "thousand yuan/yr", "maintenance of an electric vehicle", 0.0),
        Column("charger_penalty", "number", "thousand yuan/yr", "what lacking access to charging costs a buyer", 0.0),
        Column("electric_sales_2020", "number", "1", "electric share of sales in 2020", 0.0, 1.0),
    )
}  # fmt: skip


class VehicleClasses(NamedTuple):
    """parks/<park>/vehicle_classes.csv, [class]."""

    carrier: Integers
    vehicles: Floats
    electric: Floats
    fuel_use: Floats
    electric_use: Floats
    life: Floats
    price: Floats
    electric_price: Floats  # [class, 3] of 2020, 2030, 2050
    maintenance: Floats
    electric_maintenance: Floats
    charger_penalty: Floats
    electric_sales: Floats


class Fleets(NamedTuple):
    """Road vehicles of a run, [runs, 1, ...]."""

    stock: Annotated[Floats, Field("vehicles", "vehicles by class, drive and age", (CLASSES, 2, AGES))]
    use: Annotated[Floats, Field("tce/yr or MWh/yr", "use of one vehicle, age-weighted by vintage", (CLASSES, 2, AGES))]
    alive: Annotated[Floats, Field("1", "share of a vintage still there in the middle of a year", (CLASSES, AGES + 1))]
    sales_share: Annotated[Floats, Field("1", "electric share of sales", (CLASSES,))]
    taste: Annotated[Floats, Field("1", "taste for electric drive, utility", (CLASSES,))]
    fuel: Annotated[Floats, Field("tce/yr", "fuel of the year by class", (CLASSES,))]
    power: Annotated[Floats, Field("MWh/yr", "electricity of the year by class", (CLASSES,))]
    scale_fuel: Annotated[Floats, Field("1", "factor that closes the base year by class of combustion use", (CLASSES,))]
    scale_power: Annotated[Floats, Field("1", "factor that closes the base year's electricity")]
    subsidy: Annotated[Floats, Field("Myuan/yr", "purchase subsidies asked for")]


@rule
def survival(age: float, life: float, steepness: float) -> float:
    """Share of a vintage that is still there at an age: Weibull, half of it gone at ``life`` (years)."""
    return math.exp(-math.log(2.0) * math.pow(age / life, steepness))


@rule
def electric_potential(ratio: float, weight: float, taste: float) -> float:
    """Share of buyers for whom electric drive is worth it: binary logit in the ratio of annual costs."""
    return 1.0 / (1.0 + math.exp(weight * (ratio - 1.0) - taste))


@rule
def bass_step(share: float, potential: float, innovation: float, imitation: float) -> float:
    """Electric share of sales a year on (Bass 1969): grows towards the potential; falls only if the potential falls."""
    if potential <= share:
        return share - (share - potential) * min(1.0, innovation + imitation * share)
    return min(potential, share + (innovation + imitation * share / potential) * (potential - share))


@rule
def fuel_factor(p: Records, vehicle: int) -> float:
    """Share of an electric vehicle's distance that is driven on fuel: plug-in hybrids among cars only."""
    return p.transport_hybrid_fuel_share if vehicle == Vehicle.CAR else 0.0


@rule
def yearly_cost(price: float, rate: float, life: float, use: float, unit_price: float, maintenance: float) -> float:
    """Annual cost of a vehicle, Myuan: price and maintenance in thousand yuan, use in tce or MWh, its price in yuan."""
    return (price * capital_recovery_factor(rate, life) + maintenance) * THOUSAND_YUAN + use * unit_price * YUAN


@rule
def cost_ratio(world: World, fleets: Fleets, classes: VehicleClasses, run: int, vehicle: int, year: int) -> float:
    """Annual cost of an electric over that of a combustion vehicle of a class, with taxes, subsidies and charging."""
    p, s, signal = world.parameters[run], world.series[run, year], world.signals[run]
    household = vehicle == Vehicle.CAR or vehicle == Vehicle.VAN
    rate = p.transport_discount_rate_household if household else p.transport_discount_rate_haulier
    inside = p.transport_boundary_share
    gain = math.pow(1.0 - p.transport_efficiency_gain, float(year))
    carrier = classes.carrier[vehicle]
    carbon = emission_factor(p, carrier) * signal.carbon_price * signal.carbon_coverage
    fuel_price = world.prices.fuel[run, carrier] + carbon
    fuel = classes.fuel_use[vehicle] * fleets.scale_fuel[run, 0, vehicle] * gain / inside
    tax = s.transport_purchase_tax
    combustion = yearly_cost(
        classes.price[vehicle] * (1.0 + tax),
        rate,
        classes.life[vehicle],
        fuel,
        fuel_price,
        classes.maintenance[vehicle],
    )
    dated = classes.electric_price[vehicle]
    price = dated_price(dated[0], dated[1], dated[2], year) * p.transport_electric_price_factor
    paid = min(1.0, max(0.0, signal.transport_vehicle_subsidy_share)) * expected_cover(world, run, year)
    tariff = world.prices.tariff[run, Tariff.HOUSING if household else Tariff.COMMERCE, Shape.CHARGING]
    tariff += p.transport_charging_fee * p.transport_public_charging_share
    access = min(1.0, max(0.0, s.transport_charging_access + signal.transport_charging_access_gain))
    on_fuel = fuel_factor(p, vehicle)
    power = classes.electric_use[vehicle] * fleets.scale_power[run, 0] * gain * (1.0 - on_fuel) / inside
    electric = yearly_cost(
        price * (1.0 + tax * (1.0 - s.transport_tax_relief) - paid),
        rate,
        classes.life[vehicle],
        power,
        tariff,
        classes.electric_maintenance[vehicle] + classes.charger_penalty[vehicle] * (1.0 - access),
    )
    return (electric + on_fuel * fuel * fuel_price * YUAN) / combustion


@rule
def vehicle_demand(world: World, classes: VehicleClasses, stock: float, run: int, vehicle: int, year: int) -> float:
    """Vehicles wanted of a class: cars per person tend to saturation, trucks follow freight, the rest people."""
    p, now, last, first = (
        world.parameters[run], world.record[run, year], world.record[run, year - 1], world.record[run, 0],
    )  # fmt: skip
    if vehicle == Vehicle.CAR:
        ownership = stock / last.population
        gap = p.transport_car_saturation - ownership
        return (ownership + p.transport_car_pace * max(0.0, gap)) * now.population
    base = classes.vehicles[vehicle] + classes.electric[vehicle]
    if vehicle == Vehicle.TRUCK:
        freight = 0.5 * (now.port_throughput / first.port_throughput + now.gdp / first.gdp)
        return base * freight**p.transport_freight_elasticity
    return base * now.population / first.population


@stage
def turn_over(world: World, fleets: Fleets, classes: VehicleClasses, first: int, year: int) -> None:
    """Stage 5 of the year: vehicles age and are scrapped, new ones are bought; electric sales diffuse (MODEL 9)."""
    for run in runs_of(world):
        p, s, signal, now = world.parameters[run], world.series[run, year], world.signals[run], world.record[run, year]
        bought_all, scrapped_all, subsidy = 0.0, 0.0, 0.0
        gain = math.pow(1.0 - p.transport_efficiency_gain, float(year))
        mandate = min(1.0, max(0.0, signal.transport_electric_mandate))
        paid = min(1.0, max(0.0, signal.transport_vehicle_subsidy_share))
        for vehicle in range(CLASSES):
            before, kept, share_alive = 0.0, 0.0, fleets.alive[run, 0, vehicle]
            for drive in range(2):
                stock, use = fleets.stock[run, 0, vehicle, drive], fleets.use[run, 0, vehicle, drive]
                before += stock[AGES - 1]  # the oldest leave
                for age in range(AGES - 2, -1, -1):
                    before += stock[age]
                    young = share_alive[age]
                    alive = stock[age] * share_alive[age + 1] / young if young > 0.0 else 0.0
                    stock[age + 1], use[age + 1] = alive, use[age]
                    kept += alive
                stock[0] = 0.0
            bought = max(0.0, vehicle_demand(world, classes, before, run, vehicle, year) - kept)
            share = s.transport_bus_electric_order
            if vehicle != Vehicle.BUS:
                ratio = cost_ratio(world, fleets, classes, run, vehicle, year)
                potential = electric_potential(ratio, p.transport_cost_weight, fleets.taste[run, 0, vehicle])
                share = bass_step(
                    fleets.sales_share[run, 0, vehicle],
                    potential,
                    p.transport_bass_innovation,
                    p.transport_bass_imitation,
                )
                fleets.sales_share[run, 0, vehicle] = share
            share = max(share, mandate)
            fleets.stock[run, 0, vehicle, COMBUSTION, 0] = bought * (1.0 - share)
            fleets.stock[run, 0, vehicle, ELECTRIC, 0] = bought * share
            fleets.use[run, 0, vehicle, COMBUSTION, 0] = classes.fuel_use[vehicle] * gain
            fleets.use[run, 0, vehicle, ELECTRIC, 0] = classes.electric_use[vehicle] * gain
            dated = classes.electric_price[vehicle]
            price = dated_price(dated[0], dated[1], dated[2], year) * p.transport_electric_price_factor
            subsidy += bought * share * price * THOUSAND_YUAN * paid
            bought_all += bought
            scrapped_all += before - kept
            if vehicle == Vehicle.CAR:
                now.electric_sales_car = share
            elif vehicle == Vehicle.VAN:
                now.electric_sales_van = share
            elif vehicle == Vehicle.TRUCK:
                now.electric_sales_truck = share
            else:
                now.electric_sales_bus = share
        fleets.subsidy[run, 0] = subsidy
        claim_subsidy(world, run, subsidy, year)
        now.transport_vehicle_subsidy = subsidy
        now.vehicles_bought, now.vehicles_scrapped = bought_all, scrapped_all


@stage
def use_energy(world: World, fleets: Fleets, classes: VehicleClasses, feeder_share: Floats, year: int) -> None:
    """Fuel and charging of the year (shape CHARGING); ``feeder_share`` [feeders] sums to one: where they charge."""
    for run in runs_of(world):
        p, now = world.parameters[run], world.record[run, year]
        charging = 0.0
        for vehicle in range(CLASSES):
            fuel, power, combustion, electric = 0.0, 0.0, 0.0, 0.0
            on_fuel = fuel_factor(p, vehicle)
            for age in range(AGES):
                burning = fleets.stock[run, 0, vehicle, COMBUSTION, age]
                charged = fleets.stock[run, 0, vehicle, ELECTRIC, age]
                fuel += (burning + charged * on_fuel) * fleets.use[run, 0, vehicle, COMBUSTION, age]
                power += charged * (1.0 - on_fuel) * fleets.use[run, 0, vehicle, ELECTRIC, age]
                combustion += burning
                electric += charged
            fleets.fuel[run, 0, vehicle] = fuel * fleets.scale_fuel[run, 0, vehicle]
            fleets.power[run, 0, vehicle] = power * fleets.scale_power[run, 0]
            world.energy[run, Account.TRANSPORT, classes.carrier[vehicle]] += fleets.fuel[run, 0, vehicle]
            charging += fleets.power[run, 0, vehicle]
            total = combustion + electric
            share = electric / total if total > 0.0 else 0.0
            if year == 0 and vehicle == Vehicle.CAR:
                now.electric_sales_car = fleets.sales_share[run, 0, vehicle]
            if year == 0 and vehicle == Vehicle.VAN:
                now.electric_sales_van = fleets.sales_share[run, 0, vehicle]
            if year == 0 and vehicle == Vehicle.TRUCK:
                now.electric_sales_truck = fleets.sales_share[run, 0, vehicle]
            if year == 0 and vehicle == Vehicle.BUS:
                now.electric_sales_bus = world.series[run, 0].transport_bus_electric_order
            if vehicle == Vehicle.CAR:
                now.vehicles_car, now.electric_share_car = total, share
            elif vehicle == Vehicle.VAN:
                now.vehicles_van, now.electric_share_van = total, share
            elif vehicle == Vehicle.TRUCK:
                now.vehicles_truck, now.electric_share_truck = total, share
            else:
                now.vehicles_bus, now.electric_share_bus = total, share
        world.energy[run, Account.TRANSPORT, Carrier.ELECTRICITY] += charging
        for feeder in range(feeder_share.shape[0]):
            world.load[run, feeder, Shape.CHARGING] += charging * feeder_share[feeder]
        now.transport_electricity = charging
        now.smart_charging = charging * min(1.0, max(0.0, world.signals[run].smart_charging))


@stage
def settle(world: World, fleets: Fleets, classes: VehicleClasses, first: int, year: int) -> None:
    """Energy bills, carbon cost and purchase subsidies of households and hauliers (stage 10).

    Income from OUTSIDE covers what energy and carbon cost, so that the borrower's cash moves by the subsidy alone,
    which goes on to the sellers of vehicles (OUTSIDE).
    """
    for run in runs_of(world):
        p, signal = world.parameters[run], world.signals[run]
        power, fuel, carbon = 0.0, 0.0, 0.0
        for vehicle in range(CLASSES):
            household = vehicle == Vehicle.CAR or vehicle == Vehicle.VAN
            tariff = world.prices.tariff[run, Tariff.HOUSING if household else Tariff.COMMERCE, Shape.CHARGING]
            power += fleets.power[run, 0, vehicle] * tariff * YUAN
            carrier = classes.carrier[vehicle]
            used = fleets.fuel[run, 0, vehicle]
            fuel += used * world.prices.fuel[run, carrier] * YUAN
            carbon += used * emission_factor(p, carrier) * signal.carbon_price * signal.carbon_coverage * YUAN
        receive(world, run, first, Holder.OUTSIDE, power + fuel + carbon)
        pay_out(world, run, first, Holder.GRID, power)
        pay_out(world, run, first, Holder.OUTSIDE, fuel)
        pay_out(world, run, first, Holder.BUDGET, carbon)
        paid = subsidise(world, run, first, fleets.subsidy[run, 0], year)
        pay_out(world, run, first, Holder.OUTSIDE, paid)
        world.borrowers.size[run, first] = power + fuel
        world.borrowers.surplus[run, first] = 0.0
