"""What every stage can see: chance, parameters, signals, prices, credit terms and the accounts of the year.

``World`` is handed to each compiled stage beside the population that the stage moves. Arrays lead with the runs axis.
``record[run, year]`` holds this year's outcomes as they are written and last year's for whoever reacts to them; index
``year`` counts from the base year, 2020 is 0.
"""

from __future__ import annotations

from typing import NamedTuple

from agents.compiled import rule
from agents.credit import Borrowers, Terms
from agents.fields import Floats, Integers, Records


class Prices(NamedTuple):
    """This year's prices, in yuan of 2020."""

    fuel: Floats  # [runs, carrier] yuan/tce; the electricity column holds the mean industrial tariff, yuan/MWh
    tariff: Floats  # [runs, tariff class, shape] yuan/MWh, weighted by the hours of the load shape
    solar_tariff: Floats  # [runs, tariff class] yuan/MWh, weighted by the hours of rooftop PV
    feed_in: Floats  # [runs] yuan/MWh for power sold to the grid


class World(NamedTuple):
    """Everything shared between stages; each kind's own columns travel beside it."""

    seeds: Integers  # [runs] agents' own chance
    weather_seeds: Integers  # [runs] chance from outside: weather, fuel and carbon prices, shortage orders
    parameters: Records  # [runs] one member a parameter
    series: Records  # [runs, years] one member a dated series
    signals: Records  # [runs] this year's signals, as policies left them
    record: Records  # [runs, years] outcomes
    base_energy: Floats  # [runs, account, carrier] the base year's balance; MWh and tce
    energy: Floats  # [runs, account, carrier] this year's use; MWh and tce (gross of rooftop PV own use)
    load: Floats  # [runs, feeder, shape] this year's electricity by feeder and load shape, MWh
    rooftop: Floats  # [runs, feeder] connected rooftop and ground PV behind the feeder, MW
    storage: Floats  # [runs, feeder] user-side storage, MWh
    hosting_room: Floats  # [runs, feeder] MW of PV that can still be connected this year
    payments: Floats  # [runs, payer, receiver] Myuan paid this year, by Holder
    prices: Prices
    terms: Terms
    borrowers: Borrowers
    part: Integers  # [2] the runs that stages work on, from the first to before the second (``sim.block_parts``)


@rule
def runs_of(world: World) -> range:
    """The runs that a stage works on."""
    return range(world.part[0], world.part[1])
