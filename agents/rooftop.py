"""Rooftop PV and storage behind the meter: one decision, shared by firms and buildings (P2, N12).

PV saves the solar-weighted tariff on what is used on site and earns the feed-in price on the rest; its yield declines.
Both are add-ons: utility 0 for "none", and the reference cost is their own gross annual cost (MODEL 1). Where the
feeder's hosting room is used up, the agent may pay for reinforcement. Capacity in MW and MWh, money in Myuan of 2020.
"""

from __future__ import annotations

from agents.compiled import rule
from agents.fields import Quantity, Records, Signal
from agents.investment import capital_recovery_factor, option_utility
from agents.units import KW_PER_MW, YUAN
from agents.world import World

PARAMETERS: list[Quantity] = [
    Quantity("rooftop_pv_density", "W/m2", "PV capacity per usable roof area"),
    Quantity("rooftop_pv_hours", "h/yr", "full-load hours of rooftop PV that owners count on"),
    Quantity("rooftop_pv_life", "yr", "life of rooftop PV"),
    Quantity("rooftop_pv_fixed_cost", "1/yr", "fixed cost of rooftop PV, share of capex"),
    Quantity("rooftop_pv_degradation", "1/yr", "yearly decline of PV yield"),
    Quantity("rooftop_own_use_small", "1", "own-use share of a PV plant that is small against the load"),
    Quantity("rooftop_own_use_slope", "1", "fall of the own-use share as PV yield nears the yearly consumption"),
    Quantity("rooftop_reinforcement_cost", "yuan/kW", "cost of connecting PV beyond the feeder's hosting capacity"),
    Quantity("storage_life", "yr", "life of user-side storage"),
    Quantity("storage_fixed_cost", "1/yr", "fixed cost of storage, share of capex"),
    Quantity("storage_round_trip_efficiency", "1", "energy out per energy in, grid to grid"),
    Quantity("storage_depth", "1", "usable share of nominal storage capacity"),
    Quantity("storage_hours", "h", "hours of full discharge"),
    Quantity("storage_peak_share", "1", "storage power over the owner's mean load"),
]

SERIES: list[Quantity] = [
    Quantity("capex_rooftop_pv", "yuan/kW", "installed cost of rooftop PV"),
    Quantity("capex_storage", "yuan/kWh", "installed cost of user-side storage with its converter"),
    Quantity("storage_cycles", "1/yr", "full tariff cycles a year"),
    Quantity("storage_peak_tariff", "yuan/MWh", "price at the hours when storage discharges"),
    Quantity("storage_valley_tariff", "yuan/MWh", "price at the hours when storage charges"),
]

SIGNALS: list[Signal] = [
    Signal("rooftop_pv_subsidy", "yuan/kW", "capital subsidy for rooftop PV", "N12", "add", 0.0),
    Signal("storage_subsidy", "yuan/kWh", "capital subsidy for user-side storage", "N12", "add", 0.0),
]


@rule
def worth_of_declining_income(rate: float, years: float, decline: float) -> float:
    """Present value of 1 a year that falls by ``decline`` a year, yr: (1 - ((1 - g) / (1 + r))^n) / (r + g)."""
    if rate + decline < 1e-9:
        return years
    return (1.0 - ((1.0 - decline) / (1.0 + rate)) ** years) / (rate + decline)


@rule
def levelled_income(rate: float, recovery: float, left: float, decline: float, yield_left: float) -> float:
    """``levelled`` where its powers are known: of the discount (``left``), of the yield at life's end, and the crf."""
    return recovery * (1.0 - yield_left * left) / (rate + decline)


@rule
def levelled(rate: float, years: float, decline: float) -> float:
    """Level yearly income worth as much as 1 a year that declines; 1 without decline."""
    return worth_of_declining_income(rate, years, decline) * capital_recovery_factor(rate, years)


@rule
def own_use_share(generation: float, consumption: float, small: float, slope: float) -> float:
    """Share of PV output used on site: ``small`` for a small plant, falling as yearly output nears consumption.

    The load uses nearly all of a plant whose peak lies below it; beyond, more panels mostly feed the grid.
    """
    if consumption <= 0.0:
        return 0.0
    return small * (consumption / (consumption + slope * generation))


@rule
def rooftop_income(generation: float, own_use: float, solar_tariff: float, feed_in: float) -> float:
    """What PV output (MWh) saves and earns, Myuan/yr, at yuan/MWh on site and sold."""
    return generation * (own_use * solar_tariff + (1.0 - own_use) * feed_in) * YUAN


@rule
def reinforcement_cost(capacity: float, room: float, cost: float) -> float:
    """Myuan to connect ``capacity`` MW where ``room`` MW are free, at ``cost`` yuan/kW of the excess."""
    return max(0.0, capacity - max(0.0, room)) * KW_PER_MW * cost * YUAN


@rule
def rooftop_capex(world: World, run: int, year: int, capacity: float) -> float:
    """Installed cost of PV, Myuan, with last year's local learning; without reinforcement."""
    learning = world.record[run, year - 1].local_learning_pv
    return capacity * KW_PER_MW * world.series[run, year].capex_rooftop_pv * learning * YUAN


@rule
def solar_income(p: Records, capacity: float, consumption: float, solar_tariff: float, feed_in: float) -> float:
    """First-year income of PV, Myuan/yr, for an owner who uses ``consumption`` MWh a year, at yuan/MWh."""
    generation = capacity * p.rooftop_pv_hours
    own_use = own_use_share(generation, consumption, p.rooftop_own_use_small, p.rooftop_own_use_slope)
    return rooftop_income(generation, own_use, solar_tariff, feed_in)


@rule
def rooftop_yearly(world: World, run: int, capacity: float, consumption: float, tariff: int) -> float:
    """First-year income of PV, Myuan/yr, for an owner who uses ``consumption`` MWh a year in a tariff class."""
    solar, feed_in = world.prices.solar_tariff[run, tariff], world.prices.feed_in[run]
    return solar_income(world.parameters[run], capacity, consumption, solar, feed_in)


@rule
def storage_size(world: World, run: int, consumption: float, hours: float) -> float:
    """MWh of storage that an owner with ``consumption`` MWh over ``hours`` a year considers."""
    p = world.parameters[run]
    return p.storage_peak_share * consumption / hours * p.storage_hours


@rule
def storage_income(p: Records, s: Records, size: float) -> float:
    """What storage saves by buying in the valley and using at the peak, Myuan/yr; idle rather than at a loss."""
    spread = s.storage_peak_tariff - s.storage_valley_tariff / p.storage_round_trip_efficiency
    return max(0.0, size * p.storage_depth * s.storage_cycles * spread * YUAN)


@rule
def storage_yearly(world: World, run: int, year: int, size: float) -> float:
    """``storage_income`` of a run and year, Myuan/yr."""
    return storage_income(world.parameters[run], world.series[run, year], size)


@rule
def addon_utility(
    gross_cost: float, saving: float, cost_weight: float, peer_weight: float, peer_share: float, green: float
) -> float:
    """Utility of an add-on against none (0), before taste: gross annual cost C crf + m, and yearly saving, Myuan/yr."""
    return option_utility(gross_cost - saving, gross_cost, cost_weight, peer_weight, peer_share, green, 0.0)


@rule
def rooftop_lead(
    p: Records,
    capex: float,
    extra: float,
    subsidy: float,
    yearly: float,
    rate: float,
    peer_share: float,
    attitude: float,
) -> float:
    """Utility of PV over none, before taste: ``capex`` and reinforcement ``extra`` in Myuan, first-year income."""
    gross = (capex + extra - subsidy) * capital_recovery_factor(rate, p.rooftop_pv_life)
    gross += capex * p.rooftop_pv_fixed_cost
    saving = yearly * levelled(rate, p.rooftop_pv_life, p.rooftop_pv_degradation)
    green = p.choice_attitude_weight * attitude
    return addon_utility(gross, saving, p.choice_cost_weight_addon, p.choice_peer_weight, peer_share, green)


@rule
def storage_lead(
    p: Records, capex: float, subsidy: float, yearly: float, rate: float, peer_share: float, attitude: float
) -> float:
    """Utility of storage over none, before taste: ``capex`` in Myuan, income in Myuan/yr."""
    gross = (capex - subsidy) * capital_recovery_factor(rate, p.storage_life) + capex * p.storage_fixed_cost
    green = p.choice_attitude_weight * attitude
    return addon_utility(gross, yearly, p.choice_cost_weight_addon, p.choice_peer_weight, peer_share, green)


@rule
def rooftop_utility(
    world: World,
    run: int,
    year: int,
    capacity: float,
    consumption: float,
    tariff: int,
    room: float,
    rate: float,
    subsidy: float,
    peer_share: float,
    attitude: float,
) -> float:
    """Utility of covering a roof with PV, before taste, at discount rate ``rate`` and the hosting room left."""
    p = world.parameters[run]
    capex = rooftop_capex(world, run, year, capacity)
    extra = reinforcement_cost(capacity, room, p.rooftop_reinforcement_cost)
    yearly = rooftop_yearly(world, run, capacity, consumption, tariff)
    return rooftop_lead(p, capex, extra, subsidy, yearly, rate, peer_share, attitude)


@rule
def occupy_hosting(world: World, run: int, feeder: int, capacity: float) -> None:
    """Connect PV to a feeder. Room below zero is capacity that its owner paid to reinforce, for the grid to book."""
    world.hosting_room[run, feeder] -= capacity
