"""The carbon-asset credit rating (P5): verified change of emission intensity over three years, against the sector.

The exchange verifies each year; the class moves the loan rate, the credit line and the place in the queue for loans.
The report names the rating without its formula: the one here has two parameters, both judged (grade D).
"""

from __future__ import annotations

import math

import numpy as np

from agents.bank import BEST, MIDDLE, RATED_YEARS, UNRATED, WORST, Clients
from agents.compiled import rule, stage
from agents.fields import Choices, Floats, Integers
from agents.world import World, runs_of

KEPT = RATED_YEARS + 1


@rule
def carbon_class_of(change: float, benchmark_gap: float, step: float, benchmark_weight: float) -> int:
    """Class AAA (0) to C (6) from a three-year relative change of intensity and the gap to the sector's mean.

    No change at the sector's mean is BBB; each ``step`` of fall is one class up, of rise one down. The gap (intensity
    over the mean, less one) counts with ``benchmark_weight``, so that who is clean already is not marked down.
    """
    score = -change - benchmark_weight * benchmark_gap
    place = int(math.floor(MIDDLE + 0.5 - score / step))
    return max(BEST, min(WORST, place))


@rule
def verify_one(clients: Clients, run: int, borrower: int, identity: int, intensity: float, year: int) -> None:
    """Store a year's intensity, t/Myuan; a new identity (an entrant in the slot) begins a new history."""
    if clients.identity[run, borrower] != identity:
        clients.identity[run, borrower] = identity
        clients.verified[run, borrower] = 0
    clients.intensity[run, borrower, year % KEPT] = intensity
    clients.verified[run, borrower] += 1
    earlier = clients.intensity[run, borrower, (year - RATED_YEARS) % KEPT]
    if clients.verified[run, borrower] > RATED_YEARS and earlier > 0.0:
        clients.intensity_change[run, borrower] = intensity / earlier - 1.0
    else:
        clients.intensity_change[run, borrower] = 0.0


@stage
def verify_intensity(
    world: World,
    clients: Clients,
    emissions: Floats,
    group: Choices,
    identity: Integers,
    first: int,
    groups: int,
    year: int,
) -> None:
    """Verify emission intensities, every year and whether the rating is on or not; after ``carbon``, before ratings.

    Verified are the agents of one kind, borrowers from ``first`` on: ``emissions`` [runs, agents] t of CO2 this year
    (negative: not verified), ``group`` [runs, agents] the sector of comparison below ``groups``, ``identity``
    [runs, agents] agent ids. Output is ``borrowers.size``; a group's benchmark is its emissions over its output.
    """
    for run in runs_of(world):
        emitted, output = np.zeros(groups), np.zeros(groups)
        for agent in range(emissions.shape[1]):
            if emissions[run, agent] >= 0.0:
                emitted[group[run, agent]] += emissions[run, agent]
                output[group[run, agent]] += world.borrowers.size[run, first + agent]
        for agent in range(emissions.shape[1]):
            borrower, size = first + agent, world.borrowers.size[run, first + agent]
            if emissions[run, agent] < 0.0 or size <= 0.0:
                clients.verified[run, borrower] = 0
                continue
            intensity = emissions[run, agent] / size
            verify_one(clients, run, borrower, identity[run, agent], intensity, year)
            total, benchmark = output[group[run, agent]], emitted[group[run, agent]]
            clients.benchmark_gap[run, borrower] = intensity * total / benchmark - 1.0 if benchmark > 0.0 else 0.0


@stage
def rate_carbon(world: World, clients: Clients, first: int, agents: int, year: int) -> None:
    """Give each of the kind that is verified, ``agents`` borrowers from ``first`` on, its carbon class.

    UNRATED while the rating is off or the verified history too short, as all others are from the start.
    """
    for run in runs_of(world):
        p = world.parameters[run]
        rated, held = 0.0, 0
        for borrower in range(first, first + agents):
            carbon_class = UNRATED
            if world.signals[run].carbon_rating_on > 0.5 and clients.verified[run, borrower] > RATED_YEARS:
                carbon_class = carbon_class_of(
                    clients.intensity_change[run, borrower],
                    clients.benchmark_gap[run, borrower],
                    p.carbon_class_step,
                    p.carbon_benchmark_weight,
                )
                rated += 1.0
            world.borrowers.carbon_class[run, borrower] = carbon_class
        for borrower in range(clients.verified.shape[1]):
            held += int(world.borrowers.size[run, borrower] > 0.0)  # not a slot without an agent
        world.record[run, year].carbon_rated_share = rated / max(1, held)
