"""Port operators and their machines (MODEL 4, P1): lots of machines by fuel and age, energy per TEU, money.

An operator's fleet of a class is a set of *lots*: groups of machines bought in one order, of one fuel, each the unit
that decides at the end of its life (agents/port_fleet.py). A lot's size is the throughput it can handle (TEU/yr); lots
share the operator's traffic in proportion. Quay cranes, reefer plugs, lighting and offices use electricity per TEU and
make no choice: quay cranes come with the berth, from the port group outside the park's bank.
"""

from __future__ import annotations

import math
from enum import IntEnum
from typing import Annotated, NamedTuple

from agents.axes import CARRIERS, PORT_IDS, Account, Carrier, Holder, Shape, Stream, Tariff
from agents.compiled import rule, stage
from agents.draws import uniform
from agents.fields import Column, Field, Floats, Integers, Outcome, Quantity, Records, Signal
from agents.investment_parameters import emission_factor
from agents.lending import inject_equity, pay_out, receive, subsidise
from agents.units import THOUSAND_YUAN, YUAN
from agents.world import World, runs_of


class Machine(IntEnum):
    """Equipment classes; the first three choose their fuel, the rest is electric and follows throughput."""

    HORIZONTAL_TRANSPORT = 0
    YARD_CRANE = 1
    STACKER = 2
    QUAY_CRANE = 3
    REEFER_PLUGS = 4
    LIGHTING_OFFICES = 5


class Drive(IntEnum):
    """What a machine runs on."""

    DIESEL = 0
    LNG = 1
    ELECTRIC_CABLE = 2
    ELECTRIC_BATTERY = 3
    HYDROGEN = 4


# carriers of DIESEL, LNG, ELECTRIC_CABLE, ELECTRIC_BATTERY and HYDROGEN, in the order of Drive
DRIVE_CARRIERS = tuple(
    int(c) for c in (Carrier.DIESEL, Carrier.LNG, Carrier.ELECTRICITY, Carrier.ELECTRICITY, Carrier.HYDROGEN)
)
CLASSES, CHOOSING, DRIVES = len(Machine), 3, len(Drive)
FIRST_LOTS = 8  # lots of a class in the base year
LOTS = 24  # the rest is room for growth; when it is full, growth waits for the next replacement
OPERATOR_IDS = 1 << 20  # ids of operators lie above those of lots

PARAMETERS = [
    Quantity("port_operator_spread", "1", "spread of throughput between operators (standard deviation of its log)"),
    Quantity("port_hurdle_rate", "1/yr", "project hurdle rate of a terminal operator, a state company"),
    Quantity("port_haulier_hurdle_rate", "1/yr", "project hurdle rate of contracted hauliers"),
    Quantity("port_haulier_share", "1", "share of new horizontal-transport lots that contracted hauliers buy"),
    Quantity("port_order_share", "1", "smallest order for growth, share of the operator's throughput"),
    Quantity("port_life_spread", "1", "half-width of the even spread of lives around the table's life"),
    Quantity("port_electric_price_factor", "1", "factor on prices of battery machines"),
    Quantity("port_hydrogen_price_factor", "1", "factor on prices of hydrogen machines"),
    Quantity("port_crane_efficiency_gain", "1/yr", "yearly fall of cranes' electricity per TEU (energy recovery, N9)"),
    Quantity("port_lighting_elasticity", "1", "growth of lighting and offices per growth of throughput"),
    Quantity("port_charging_cost", "yuan/kW", "charger and its supply connection"),
    Quantity("port_charging_life", "yr", "life of chargers"),
    Quantity("port_charging_capacity_2020", "kW", "charging capacity of all operators in the base year"),
    Quantity("port_revenue_per_teu", "yuan/TEU", "terminal income"),
    Quantity("port_other_cost_per_teu", "yuan/TEU", "labour, berth, tax and other costs beside machines and energy"),
    Quantity("port_cash_months", "month", "months of cost held as cash"),
]

SIGNALS = [
    Signal("port_vehicle_subsidy_share", "1", "share of an electric or hydrogen machine's price paid", "P1"),
    Signal("port_electric_mandate", "1", "share of new machines that may not burn fuel", "P1", "largest", 0.0),
    Signal("port_flexible_share", "1", "share of battery and reefer electricity that can be shifted", "P1", "largest"),
]

OUTCOMES = [
    Outcome("port_electricity", "MWh", "electricity of the port, shore power included", "N7",
            "Port|Energy|Electricity"),
    Outcome("port_lng", "tce", "LNG of the port's machines", "N7", "Port|Energy|LNG"),
    Outcome("port_diesel", "tce", "diesel of the port's machines", "N7", "Port|Energy|Diesel"),
    Outcome("port_hydrogen", "tce", "hydrogen of the port's machines", "P1", "Port|Energy|Hydrogen"),
    Outcome("port_flexible", "MWh", "electricity of the port enrolled as flexible load", "P1"),
    Outcome("port_truck_electric_share", "1", "share of horizontal transport by battery or hydrogen", "N9",
            "Port|Horizontal Transport|Electric Share"),
    Outcome("port_lng_trucks", "units", "LNG yard trucks, hauliers' included", "N9"),
    Outcome("port_lng_trucks_owned", "units", "LNG yard trucks that operators own", "N9"),
    Outcome("port_electric_trucks", "units", "battery yard trucks", "N9"),
    Outcome("port_machines_bought", "units/yr", "machines bought, all classes that choose"),
    Outcome("port_machines_retired", "units/yr", "machines retired, all classes that choose"),
    Outcome("port_machines", "units", "machines at work, all classes that choose"),
    Outcome("port_investment", "Myuan/yr", "investment in machines and charging"),
]  # fmt: skip

TABLES: dict[str, tuple[Column, ...]] = {
    "port_equipment": (
        Column("class", "text", "", "equipment class", choices=tuple(m.name.lower() for m in Machine)),
        Column("fuel", "text", "", "drive", choices=tuple(d.name.lower() for d in Drive)),
        Column("units_2020", "number", "units", "machines at the end of 2020, hauliers' included", 0.0),
        Column("own_2020", "number", "units", "of these, owned by the operators", 0.0),
        Column("committed_2021", "number", "units", "on order at the end of 2020, delivered in 2021", 0.0),
        Column("energy", "number", "tce/yr or MWh/yr", "energy of one machine at the work of 2020", 0.0),
        Column("price_2020", "number", "thousand yuan", "price of one machine", 0.0),
        Column("price_2030", "number", "thousand yuan", "price of one machine", 0.0),
        Column("price_2050", "number", "thousand yuan", "price of one machine", 0.0),
        Column("life", "number", "yr", "economic life", 0.0),
        Column("maintenance", "number", "thousand yuan/yr", "maintenance of one machine", 0.0),
        Column("charger", "number", "kW", "charging capacity that one machine needs", 0.0),
    )
}


class Equipment(NamedTuple):
    """parks/<park>/port_equipment.csv as arrays [class, drive]."""

    offered: Integers  # 1 where the table has a row
    units: Floats
    owned: Floats
    committed: Floats
    energy: Floats  # tce or MWh a year of one machine
    price: Floats  # [class, drive, 3] thousand yuan in 2020, 2030, 2050
    life: Floats
    maintenance: Floats  # thousand yuan a year
    charger: Floats  # kW
    unit_share: Floats  # [class] share of the base year's throughput that one machine handles


class Operators(NamedTuple):
    """Terminal operators [runs, operators]; lots [.., choosing class, lot]."""

    share: Annotated[Floats, Field("1", "share of the port's throughput")]
    feeder: Annotated[Integers, Field("1", "feeder that the terminal hangs on")]
    attitude: Annotated[Floats, Field("1", "green attitude, 0 to 1")]
    charging: Annotated[Floats, Field("kW", "charging capacity")]
    energy: Annotated[Floats, Field("MWh or tce", "energy of the year by carrier, shore power included", (CARRIERS,))]
    shore_sold: Annotated[Floats, Field("MWh/yr", "shore power of the year")]
    shore_income: Annotated[Floats, Field("Myuan/yr", "what ships pay for shore power")]
    shore_subsidy: Annotated[Floats, Field("Myuan/yr", "shore-power subsidy asked for")]
    scale: Annotated[Floats, Field("1", "factor on table energy by carrier that closes the base year", (CARRIERS,))]
    base_throughput: Annotated[Floats, Field("TEU", "throughput of the whole port in the base year")]
    drive: Annotated[Integers, Field("1", "index of Drive", (CHOOSING, LOTS))]
    capacity: Annotated[
        Floats, Field("TEU/yr", "traffic the lot can handle; 0 if the place is empty", (CHOOSING, LOTS))
    ]
    age: Annotated[Floats, Field("yr", "age of the lot", (CHOOSING, LOTS))]
    life: Annotated[Floats, Field("yr", "drawn life of the lot", (CHOOSING, LOTS))]
    cycle: Annotated[Integers, Field("1", "how often the place was filled since 2020", (CHOOSING, LOTS))]
    haulier: Annotated[Integers, Field("1", "1 if a contracted haulier buys and owns the lot", (CHOOSING, LOTS))]
    plan: Annotated[Integers, Field("1", "this year's occasion: see port_fleet.Occasion", (CHOOSING, LOTS))]
    plan_drive: Annotated[Integers, Field("1", "drive chosen", (CHOOSING, LOTS))]
    plan_second: Annotated[Integers, Field("1", "best drive that needs no charger, -1 if none", (CHOOSING, LOTS))]
    plan_capacity: Annotated[Floats, Field("TEU/yr", "traffic that the new lot will handle", (CHOOSING, LOTS))]
    plan_loan: Annotated[Floats, Field("Myuan", "loan asked for this lot", (CHOOSING, LOTS))]
    bought: Annotated[Floats, Field("units/yr", "machines bought this year", (CHOOSING, DRIVES))]
    retired: Annotated[Floats, Field("units/yr", "machines retired this year", (CHOOSING, DRIVES))]


@rule
def carrier_of(drive: int) -> int:
    """Energy carrier of a drive."""
    return DRIVE_CARRIERS[drive]


@rule
def dated_price(first: float, middle: float, last: float, year: int) -> float:
    """Price in year index ``year`` from prices of 2020, 2030 and 2050: linear between, constant after."""
    if year <= 10:
        return first + (middle - first) * year / 10.0
    if year <= 30:
        return middle + (last - middle) * (year - 10) / 20.0
    return last


@rule
def lot_id(operator: int, machine: int, lot: int) -> int:
    """Agent id of a lot's place, for draws."""
    return PORT_IDS + (operator * CHOOSING + machine) * LOTS + lot


@rule
def operator_id(operator: int) -> int:
    """Agent id of an operator, for draws; above all ids of lots."""
    return PORT_IDS + OPERATOR_IDS + operator


@rule
def drawn_life(seed: int, p: Records, agent: int, cycle: int, life: float) -> float:
    """Life of a lot, years: even around the table's life."""
    spread = 2.0 * uniform(seed, agent, cycle, Stream.LIFETIME, 0) - 1.0
    return life * (1.0 + p.port_life_spread * spread)


@rule
def crane_use(p: Records, year: int) -> float:
    """Electricity of a crane per TEU over that of 2020: it falls by the same share every year (N9)."""
    return math.pow(1.0 - p.port_crane_efficiency_gain, float(year))


@rule
def machine_energy(energy: float, scale: float, cranes: float, drive: int) -> float:
    """Energy of one machine at the work of 2020, MWh or tce a year, from its table value.

    ``scale`` closes the base year; battery machines are known directly. ``cranes`` is the year's crane_use.
    """
    if drive == Drive.ELECTRIC_BATTERY:
        return energy
    if drive == Drive.ELECTRIC_CABLE:
        return energy * scale * cranes
    return energy * scale


@stage
def use_energy(world: World, port: Operators, tables: Equipment, year: int) -> None:
    """Energy of machines, reefers, lighting and offices; adds to world.energy, world.load and the year's record.

    Runs before shore_power.use_energy, which adds shore power to the same columns.
    """
    for run in runs_of(world):
        p, now = world.parameters[run], world.record[run, year]
        now.port_lng_trucks, now.port_lng_trucks_owned, now.port_electric_trucks = 0.0, 0.0, 0.0
        now.port_machines, now.port_flexible = 0.0, 0.0
        clean_work, all_work, cranes = 0.0, 0.0, crane_use(p, year)
        for operator in range(port.share.shape[1]):
            for carrier in range(CARRIERS):
                port.energy[run, operator, carrier] = 0.0
            traffic = now.port_throughput * port.share[run, operator]
            first = port.base_throughput[run, operator] * port.share[run, operator]
            shiftable = 0.0
            for machine in range(CHOOSING):
                unit = tables.unit_share[machine] * port.base_throughput[run, operator]
                capacity = 0.0
                for lot in range(LOTS):
                    capacity += port.capacity[run, operator, machine, lot]
                for lot in range(LOTS):
                    held = port.capacity[run, operator, machine, lot]
                    if held <= 0.0:
                        continue
                    drive = port.drive[run, operator, machine, lot]
                    work = held / capacity * traffic
                    used = (
                        work
                        / unit
                        * machine_energy(
                            tables.energy[machine, drive],
                            port.scale[run, operator, carrier_of(drive)],
                            cranes,
                            drive,
                        )
                    )
                    port.energy[run, operator, carrier_of(drive)] += used
                    units = held / unit
                    now.port_machines += units
                    if drive == Drive.ELECTRIC_BATTERY:
                        shiftable += used
                    if machine == Machine.HORIZONTAL_TRANSPORT:
                        all_work += work
                        if drive == Drive.LNG:
                            now.port_lng_trucks += units
                            now.port_lng_trucks_owned += units * (1 - port.haulier[run, operator, machine, lot])
                        elif drive >= Drive.ELECTRIC_CABLE:
                            clean_work += work
                        if drive == Drive.ELECTRIC_BATTERY:
                            now.port_electric_trucks += units
            for machine in range(CHOOSING, CLASSES):
                growth = traffic / first
                if machine == Machine.LIGHTING_OFFICES:
                    growth = growth**p.port_lighting_elasticity
                for drive in range(DRIVES):
                    units = tables.units[machine, drive]
                    if units > 0.0:
                        energy = tables.energy[machine, drive] * port.scale[run, operator, carrier_of(drive)]
                        if machine == Machine.QUAY_CRANE:
                            energy *= cranes
                        used = units * energy * port.share[run, operator] * growth
                        port.energy[run, operator, carrier_of(drive)] += used
                        if machine == Machine.REEFER_PLUGS:
                            shiftable += used
            for carrier in range(CARRIERS):
                world.energy[run, Account.PORT, carrier] += port.energy[run, operator, carrier]
            used = port.energy[run, operator, Carrier.ELECTRICITY]
            world.load[run, port.feeder[run, operator], Shape.PORT] += used
            now.port_flexible += shiftable * min(1.0, max(0.0, world.signals[run].port_flexible_share))
        now.port_truck_electric_share = clean_work / all_work if all_work > 0.0 else 0.0
        now.port_electricity = world.energy[run, Account.PORT, Carrier.ELECTRICITY]
        now.port_lng = world.energy[run, Account.PORT, Carrier.LNG]
        now.port_diesel = world.energy[run, Account.PORT, Carrier.DIESEL]
        now.port_hydrogen = world.energy[run, Account.PORT, Carrier.HYDROGEN]


@stage
def settle(world: World, port: Operators, tables: Equipment, first: int, year: int) -> None:
    """Income, costs, energy bills, shore power, carbon cost and dividends of the operators (stage 10)."""
    for run in runs_of(world):
        p, signal = world.parameters[run], world.signals[run]
        debts = world.borrowers
        for operator in range(port.share.shape[1]):
            borrower = first + operator
            traffic = world.record[run, year].port_throughput * port.share[run, operator]
            revenue = traffic * p.port_revenue_per_teu * YUAN
            other = traffic * p.port_other_cost_per_teu * YUAN
            for machine in range(CHOOSING):
                unit = tables.unit_share[machine] * port.base_throughput[run, operator]
                for lot in range(LOTS):
                    units = port.capacity[run, operator, machine, lot] / unit
                    drive = port.drive[run, operator, machine, lot]
                    other += units * tables.maintenance[machine, drive] * THOUSAND_YUAN
            tariff = world.prices.tariff[run, Tariff.INDUSTRY, Shape.PORT]
            power = port.energy[run, operator, Carrier.ELECTRICITY] * tariff * YUAN
            fuel, carbon = 0.0, 0.0
            for carrier in range(1, CARRIERS):
                used = port.energy[run, operator, carrier]
                fuel += used * world.prices.fuel[run, carrier] * YUAN
                carbon += used * emission_factor(p, carrier) * signal.carbon_price * signal.carbon_coverage * YUAN
            shore = port.shore_income[run, operator]
            receive(world, run, borrower, Holder.OUTSIDE, revenue + shore)
            pay_out(world, run, borrower, Holder.OUTSIDE, other + fuel)
            pay_out(world, run, borrower, Holder.GRID, power)
            pay_out(world, run, borrower, Holder.BUDGET, carbon)
            shore += subsidise(world, run, borrower, port.shore_subsidy[run, operator], year)
            debts.surplus[run, borrower] = revenue + shore - other - fuel - power - carbon
            debts.size[run, borrower] = revenue
            inject_equity(world, run, borrower, year)  # a port that runs at a loss is kept open by its owners
            reserve = (other + fuel + power + carbon) * p.port_cash_months / 12.0 + debts.service[run, borrower]
            dividend = max(0.0, debts.cash[run, borrower] - reserve)
            pay_out(world, run, borrower, Holder.OUTSIDE, dividend)
