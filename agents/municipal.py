"""Municipal and construction energy: the account OTHER, which no other kind owns (MODEL 0).

Water, street lighting and public works grow with people; construction machines burn diesel and electrify slowly. Thin
evidence: every parameter here is grade D. Their money is not modelled: contractors outside the park pay the bills.
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from agents.axes import CARRIERS, Account, Carrier, Holder, Shape, Tariff
from agents.compiled import stage
from agents.fields import Field, Floats, Outcome, Quantity, Signal, allocate
from agents.investment_parameters import MWH_PER_TCE, emission_factor
from agents.lending import pay
from agents.units import YUAN
from agents.world import World, runs_of

PARAMETERS = [
    Quantity("municipal_population_elasticity", "1", "growth of energy per growth of people"),
    Quantity("municipal_electrification_pace", "1/yr", "share of remaining machine work that turns electric a year"),
    Quantity("municipal_electrification_start", "yr", "years after 2020 until electric machines are on the market"),
    Quantity("municipal_electric_work", "1", "electricity that replaces a unit of diesel energy"),
    Quantity("municipal_efficiency_gain", "1/yr", "yearly fall of municipal electricity per person"),
]  # fmt: skip
SIGNALS = [
    Signal("municipal_electric_mandate", "1", "share of machine work that must be electric", "", "largest", 0.0),
]
OUTCOMES = [
    Outcome("municipal_electricity", "MWh", "electricity of municipal services and construction", "",
            "Other|Energy|Electricity"),
    Outcome("municipal_electric_share", "1", "electric share of work of municipal and construction machines"),
]  # fmt: skip


class Services(NamedTuple):
    """Municipal services and construction, one a run: [runs, 1]."""

    electric: Annotated[Floats, Field("1", "share of machine work done by electric machines since 2020")]
    power: Annotated[Floats, Field("MWh/yr", "electricity of the year")]
    fuel: Annotated[Floats, Field("tce/yr", "fuel of the year by carrier", (CARRIERS,))]


def populate(world: World) -> Services:
    """Services of the base year; the account OTHER is met exactly, whatever it holds."""
    return allocate(Services, world.seeds.shape[0], 1)


@stage
def turn_over(world: World, services: Services, year: int) -> None:
    """Machines electrify at their pace once they are on the market, at least as far as a mandate says."""
    for run in runs_of(world):
        p = world.parameters[run]
        share = services.electric[run, 0]
        if year > p.municipal_electrification_start:
            share += p.municipal_electrification_pace * (1.0 - share)
        services.electric[run, 0] = max(share, min(1.0, world.signals[run].municipal_electric_mandate))


@stage
def use_energy(world: World, services: Services, feeder_share: Floats, year: int) -> None:
    """Energy of the account OTHER; ``feeder_share`` [feeders] sums to one."""
    for run in runs_of(world):
        p, now = world.parameters[run], world.record[run, year]
        people = (now.population / world.record[run, 0].population) ** p.municipal_population_elasticity
        share = services.electric[run, 0]
        power = world.base_energy[run, Account.OTHER, Carrier.ELECTRICITY] * people
        power *= math.pow(1.0 - p.municipal_efficiency_gain, float(year))
        for carrier in range(1, CARRIERS):
            work = world.base_energy[run, Account.OTHER, carrier] * people
            services.fuel[run, 0, carrier] = work * (1.0 - share)
            power += work * share * MWH_PER_TCE * p.municipal_electric_work
            world.energy[run, Account.OTHER, carrier] += services.fuel[run, 0, carrier]
        services.power[run, 0] = power
        world.energy[run, Account.OTHER, Carrier.ELECTRICITY] += power
        for feeder in range(feeder_share.shape[0]):
            world.load[run, feeder, Shape.OTHER] += power * feeder_share[feeder]
        now.municipal_electricity = power
        now.municipal_electric_share = share


@stage
def settle(world: World, services: Services, year: int) -> None:
    """Contractors outside the park pay the grid and, where covered, for carbon; fuel is bought outside too."""
    for run in runs_of(world):
        p, signal = world.parameters[run], world.signals[run]
        tariff = world.prices.tariff[run, Tariff.COMMERCE, Shape.OTHER]
        pay(world, run, Holder.OUTSIDE, Holder.GRID, services.power[run, 0] * tariff * YUAN)
        carbon = 0.0
        for carrier in range(1, CARRIERS):
            carbon += services.fuel[run, 0, carrier] * emission_factor(p, carrier)
        pay(world, run, Holder.OUTSIDE, Holder.BUDGET, carbon * signal.carbon_price * signal.carbon_coverage * YUAN)
