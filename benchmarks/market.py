"""The synthetic market, firms and luck that both sides of the firm-choice benchmark are given.

Nothing here says anything about Meishan: the numbers are only of a plausible size, so that firms do switch. The network
has the density of Meishan's central values: six neighbours of the street and three of the sector.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.axes import Stream
from agents.compiled import stage
from agents.draws import gumbel
from agents.fields import Floats, Integers
from agents.networks import PeerNetwork, peer_network

Codes = NDArray[np.int8]  # technologies in use

OPTIONS = 5  # coal, gas, electric boiler, heat pump, hydrogen
YEARS = 40
CYCLES = 10  # equipment cycles with luck drawn beforehand; both sides refuse to go beyond


class Market(NamedTuple):
    """What every firm faces by year (0 to YEARS) and option; money a year per MW of heat."""

    capex: Floats  # [years, options] Myuan per MW
    fixed_cost: Floats  # [options] share of capex a year
    energy_cost: Floats  # [years, options] Myuan/yr per MW of a new system, carbon included
    carbon_cost: Floats  # [years, options] the carbon part of it
    life: Integers  # [options] years, at most 31
    low_carbon: Floats  # [options] 1 or 0
    loan_effect: Floats  # [years] debt share times (loan rate - reference rate), 1/yr
    weights: Floats  # cost, peers, attitude


class Population(NamedTuple):
    """Firms at the start, [firms]."""

    heat: Floats  # MW
    site: Floats  # factor on capex
    hurdle_rate: Floats  # 1/yr
    attitude: Floats  # 0 to 1
    wear: Floats  # factor on the energy of the equipment that stands
    technology: Integers
    end_of_life: Integers  # year
    lifetime: Integers  # years
    network: PeerNetwork


def synthetic_market() -> Market:
    """Forty years in which gas gets dearer, heat pumps and hydrogen cheaper, and carbon is priced."""
    years = np.arange(YEARS + 1.0)[:, None]
    capex = np.array([0.50, 0.35, 0.30, 2.20, 0.70]) * np.array([1.0, 1.0, 0.998, 0.985, 0.98]) ** years
    price = np.array([0.75, 0.95, 1.20, 1.75, 2.00]) * np.array([1.005, 1.010, 0.998, 0.998, 0.975]) ** years
    efficiency = np.array([0.80, 0.92, 0.98, 2.20, 0.92])
    carbon = (0.02 + 0.005 * years) * np.array([2.70, 1.60, 1.20, 1.20, 0.0])
    return Market(
        capex=capex,
        fixed_cost=np.array([0.03, 0.02, 0.01, 0.02, 0.03]),
        energy_cost=(price + carbon) / efficiency,
        carbon_cost=carbon / efficiency,
        life=np.array([20, 18, 15, 16, 20]),
        low_carbon=np.array([0.0, 0.0, 1.0, 1.0, 1.0]),
        loan_effect=0.004 * np.sin(0.4 * years[:, 0]),
        weights=np.array([8.0, 1.5, 0.6]),
    )


def synthetic_firms(number: int, seed: int) -> Population:
    """Firms that differ in size, site, hurdle rate, attitude, equipment and age."""
    rng = np.random.default_rng(seed)
    lifetime = rng.integers(13, 18, number)
    return Population(
        heat=np.exp(rng.normal(0.0, 1.0, number)),
        site=rng.uniform(0.8, 1.4, number),
        hurdle_rate=rng.uniform(0.08, 0.30, number),
        attitude=rng.uniform(0.0, 1.0, number),
        wear=rng.uniform(1.0, 1.15, number),
        technology=rng.choice(OPTIONS, number, p=[0.35, 0.45, 0.12, 0.06, 0.02]),
        end_of_life=1 + (rng.uniform(0.0, 1.0, number) * lifetime).astype(np.int64),
        lifetime=lifetime,
        network=peer_network(rng.integers(0, 3, number), np.arange(24) % 4, seed, 6, 3),
    )


@stage
def drawn_tastes(seeds: Integers, firms: int) -> Floats:
    """Gumbel numbers [runs, firms, cycles, options] beforehand: the very draws that the model itself makes."""
    tastes = np.empty((seeds.shape[0], firms, CYCLES, OPTIONS))
    for run in range(seeds.shape[0]):
        for firm in range(firms):
            for cycle in range(CYCLES):
                for option in range(OPTIONS):
                    tastes[run, firm, cycle, option] = gumbel(seeds[run], firm, cycle, Stream.CHOICE, option)
    return tastes
