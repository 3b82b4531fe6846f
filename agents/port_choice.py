"""What a port machine costs an operator, and how a lot's drive is chosen (MODEL 1 and 4).

Options are the drives that the equipment table offers for the class. Charging capacity that is missing is part of the
cost of a battery machine. Hauliers decide on their own hurdle rate; credit and money are the operator's.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from agents.axes import Label, Stream
from agents.compiled import rule
from agents.draws import gumbel, uniform
from agents.fields import Floats, Integers, Records
from agents.investment import affordable, capital_recovery_factor, discount_rate, equivalent_annual_cost, option_utility
from agents.port import DRIVES, LOTS, Drive, dated_price
from agents.units import THOUSAND_YUAN, YUAN


class Occasion(IntEnum):
    """Why a lot is decided this year."""

    NONE = 0
    END_OF_LIFE = 1
    GROWTH = 2
    EARLY = 3
    COMMITTED = 4


# as plain integers: arguments of one type, so that each rule is compiled once
NONE, END_OF_LIFE, GROWTH, EARLY, COMMITTED = (int(occasion) for occasion in Occasion)
GREEN, TRANSITION, ORDINARY = (int(label) for label in Label)


class Lots(NamedTuple):
    """The lots of one operator and class, [lot]: slices of the columns of port.Operators."""

    drive: Integers
    capacity: Floats
    age: Floats
    life: Floats
    cycle: Integers
    haulier: Integers
    plan: Integers
    plan_drive: Integers
    plan_second: Integers
    plan_capacity: Floats


class Options(NamedTuple):
    """What each drive of one class costs this year, [drive]; money in Myuan a machine."""

    offered: Integers  # 1 if the class has it
    price: Floats
    subsidy: Floats  # as far as it is expected to be paid
    running: Floats  # energy, carbon and maintenance, a year
    life: Floats  # yr
    charger: Floats  # kW
    peers: Floats  # share of the other operators' work


class Credit(NamedTuple):
    """What the bank offers one operator, [label], and what the operator can carry."""

    rate: Floats  # 1/yr
    share: Floats  # financed share
    tenor: Floats  # yr
    means: Floats  # [3] cash, debt service due, operating surplus, Myuan


class Setting(NamedTuple):
    """Signals and traits that one operator's choices depend on."""

    seed: int
    attitude: float
    reference_rate: float  # 1/yr, ordinary loan of 2020
    mandate: float  # share of new machines that may burn no fuel
    transition_open: bool


@rule
def burns_fuel(drive: int) -> bool:
    """Whether a drive emits CO2 on site."""
    return drive == Drive.DIESEL or drive == Drive.LNG


@rule
def machine_price(p: Records, drive: int, first: float, middle: float, last: float, year: int) -> float:
    """Price of one machine in a year, Myuan of 2020, from thousand yuan in 2020, 2030 and 2050."""
    price = dated_price(first, middle, last, year)
    if drive == Drive.ELECTRIC_BATTERY:
        price *= p.port_electric_price_factor
    elif drive == Drive.HYDROGEN:
        price *= p.port_hydrogen_price_factor
    return float(price * THOUSAND_YUAN)


@rule
def running_cost(energy: float, price: float, emission_factor: float, carbon_price: float, maintenance: float) -> float:
    """Energy, carbon and maintenance of one machine, Myuan a year.

    Energy in MWh or tce a year, price in yuan a unit of it, emission factor in t a unit of it, carbon price in yuan/t
    (already times its coverage), maintenance in thousand yuan a year.
    """
    return energy * (price + emission_factor * carbon_price) * YUAN + maintenance * THOUSAND_YUAN


@rule
def subsidy_share(drive: int, general: float, of_port: float) -> float:
    """Share of a machine's price that the public pays: battery and hydrogen machines get the port's own support, and
    every machine that burns no fuel the general support of low-carbon capital."""
    share = 0.0 if burns_fuel(drive) else general
    if drive == Drive.ELECTRIC_BATTERY or drive == Drive.HYDROGEN:
        share += of_port
    return min(1.0, max(0.0, share))


@rule
def label_of_lot(drive: int, occasion: int, transition_open: bool) -> int:
    """Loan label of a lot (P5): early replacement of working machines is a retrofit, everything else a new asset."""
    if burns_fuel(drive):
        return ORDINARY
    if occasion != EARLY:
        return GREEN
    return TRANSITION if transition_open else ORDINARY


@rule
def charging_per_machine(cost: float, charger: float, units: float, free: float) -> float:
    """Charging capacity to be bought for each of ``units`` machines, Myuan a machine; cost in yuan/kW, free in kW."""
    return max(0.0, charger - free / units) * cost * YUAN


@rule
def project_rate(p: Records, haulier: int, credit: Credit, label: int, reference_rate: float) -> float:
    """Discount rate of a lot's owner, 1/yr: the hurdle moved by what the label's loan costs against 2020's ordinary."""
    hurdle = p.port_haulier_hurdle_rate if haulier == 1 else p.port_hurdle_rate
    return discount_rate(hurdle, credit.share[label], credit.rate[label], reference_rate)


@rule
def annual_cost(p: Records, options: Options, drive: int, rate: float, charging: float) -> float:
    """Equivalent annual cost of one machine (MODEL 1), Myuan a year; ``charging`` is charging capex a machine."""
    fixed = charging * capital_recovery_factor(rate, p.port_charging_life) if charging > 0.0 else 0.0
    return equivalent_annual_cost(
        options.price[drive], options.subsidy[drive], rate, options.life[drive], fixed, options.running[drive], 0.0
    )


@rule
def mandated(seed: int, agent: int, cycle: int, mandate: float) -> bool:
    """Whether a purchase falls under the mandate on machines that burn no fuel; a lot's draw persists for its cycle."""
    return mandate > 0.0 and uniform(seed, agent, cycle, Stream.PORT, 1) < mandate


@rule
def option_fits(p: Records, options: Options, credit: Credit, drive: int, incumbent: int, label: int, units: float,
                charging: float) -> bool:  # fmt: skip
    """Can the operator carry the option: own funds in cash, debt service in saving plus its share of surplus."""
    return affordable(
        (options.price[drive] - options.subsidy[drive] + charging) * units,
        credit.share[label],
        credit.rate[label],
        min(credit.tenor[label], options.life[drive]),
        credit.means[0],
        credit.means[1],
        (options.running[incumbent] - options.running[drive]) * units,
        p.surplus_share_for_debt_service,
        credit.means[2],
    )


@rule
def decide(p: Records, setting: Setting, options: Options, credit: Credit, lots: Lots, agent: int, lot: int,
           incumbent: int, occasion: int, units: float, free: float) -> None:  # fmt: skip
    """Choose the drive of a lot: highest utility among what is offered, allowed and affordable (MODEL 1).

    An early retrofit must be cheaper in full than running the old machines on. ``units`` machines are bought and
    ``free`` kW of charging are at hand. Writes the lot's plan; leaves it if nothing passes.
    """
    cycle, haulier = lots.cycle[lot] + 1, lots.haulier[lot]
    must = occasion != EARLY and mandated(setting.seed, agent, cycle, setting.mandate)
    label = label_of_lot(incumbent, occasion, setting.transition_open)
    rate = project_rate(p, haulier, credit, label, setting.reference_rate)
    # gross of subsidy: the reference of the choice is the plain like-for-like machine
    reference = equivalent_annual_cost(
        options.price[incumbent], 0.0, rate, options.life[incumbent], 0.0, options.running[incumbent], 0.0
    )
    best, second = -1, -1
    highest, second_highest = -1e300, -1e300
    for drive in range(DRIVES):
        if options.offered[drive] == 0 or (must and burns_fuel(drive)):
            continue
        if occasion == EARLY and (drive == incumbent or burns_fuel(drive)):
            continue
        charging = charging_per_machine(p.port_charging_cost, options.charger[drive], units, free)
        label = label_of_lot(drive, occasion, setting.transition_open)
        like_for_like = drive == incumbent and occasion == END_OF_LIFE
        if not (like_for_like or must) and not option_fits(
            p, options, credit, drive, incumbent, label, units, charging
        ):
            continue
        cost = annual_cost(p, options, drive, project_rate(p, haulier, credit, label, setting.reference_rate), charging)
        if occasion == EARLY and cost >= options.running[incumbent]:
            continue
        green = 0.0 if burns_fuel(drive) else p.choice_attitude_weight * setting.attitude
        taste = gumbel(setting.seed, agent, cycle, Stream.CHOICE, drive)
        utility = option_utility(
            cost,
            reference,
            p.choice_cost_weight_replacement,
            p.choice_peer_weight,
            options.peers[drive],
            green,
            taste,
        )
        if utility > highest:
            best, highest = drive, utility
        if options.charger[drive] == 0.0 and utility > second_highest:
            second, second_highest = drive, utility
    if best >= 0:
        lots.plan[lot] = occasion
        lots.plan_drive[lot] = best
        lots.plan_second[lot] = second


@rule
def total_capacity(lots: Lots) -> float:
    """Traffic that the lots handle in normal hours, TEU a year."""
    total = 0.0
    for lot in range(LOTS):
        total += lots.capacity[lot]
    return total


@rule
def main_drive(lots: Lots, options: Options) -> int:
    """Drive of most of the lots' work: what growth is compared with."""
    best, most = 0, -1.0
    for drive in range(DRIVES):
        held = 0.0
        for lot in range(LOTS):
            if lots.drive[lot] == drive:
                held += lots.capacity[lot]
        if options.offered[drive] == 1 and held > most:
            best, most = drive, held
    return best
