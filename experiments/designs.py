"""Designs: how a study's draws spread over the quantiles of its priors, and what each draw hands to the simulator.

A draw depends on nothing but the study's seed, its design and its own number, so that any chunk can be made anywhere
and draws can be added later. Every declared parameter and series has a column of its own whether it is drawn or not:
fixing one, or a whole source, leaves the draws of all others as they were.
"""

from __future__ import annotations

import copy
import math
import warnings
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from agents.axes import Stream
from agents.draws import uniforms_of_draws
from agents.fields import Floats, Integers
from experiments.priors import Prior, centre_of, values_at

if TYPE_CHECKING:
    from experiments.study import Study
    from sim.parks import ParkData

STREAM = int(Stream.DESIGN)  # a plain number: members of an enum are slow to hand to compiled code
# Draw numbers of the stream under the study's seed, by purpose.
POINT, RUN_SEED, SCRAMBLE, ROUND = 0, 1, 2, 8
FEISTEL_ROUNDS = 4
SEED_SPAN = 2**52
BELOW_ONE = 1.0 - 2.0**-53
SOBOL_BITS = 30


class Draws(NamedTuple):
    """Draws of a study, the same for all its scenarios. What a scenario overrides itself holds against them.

    ``overrides`` are as ``sim.state.new_state`` takes them; ``inputs`` is what to record of each draw by name: a
    parameter's value, a series' quantile.
    """

    seeds: Integers  # [n] agents' own chance
    weather_seeds: Integers  # [n] chance from outside
    overrides: dict[str, Any]
    inputs: dict[str, Floats]


def points(study: Study, dimensions: int, start: int, stop: int) -> Floats:
    """Points ``start`` to ``stop`` (excluded) of the study's design, [stop - start, dimensions], inside (0, 1).

    The same for any division into chunks. Random and Sobol' points can be added without end; of a Latin hypercube, only
    whole ones of the first size (``Study.extended``).
    """
    match study.design:
        case "random":
            return random_points(study.seed, dimensions, start, stop)
        case "sobol":
            return sobol_points(study.seed, dimensions, start, stop)
        case "latin_hypercube":
            return hypercube_points(study.seed, dimensions, start, stop, study.hypercube or study.runs)
    raise ValueError(f"unknown design '{study.design}'")


def random_points(seed: int, dimensions: int, start: int, stop: int) -> Floats:
    """Independent uniform points: Philox keyed by seed, counted by draw and dimension."""
    return chances(seed, np.arange(start, stop), dimensions, POINT)


def chances(seed: int, numbers: Integers, dimensions: int, purpose: int) -> Floats:
    """Uniform numbers [numbers, dimensions] for one purpose of a design."""
    return np.asarray(uniforms_of_draws(seed, np.asarray(numbers, dtype=np.int64), dimensions, STREAM, purpose))


def sobol_points(seed: int, dimensions: int, start: int, stop: int) -> Floats:
    """Points of one scrambled Sobol' sequence; numbers of draws that are powers of two spread best."""
    engine = copy.deepcopy(_sobol_sequence(seed, dimensions))
    if start > 0:
        engine.fast_forward(start)
    with warnings.catch_warnings():  # of a first chunk that is no power of two: the study's length counts, not that
        warnings.simplefilter("ignore", UserWarning)
        found = engine.random(stop - start)
    return np.asarray(found) + 2.0 ** -(SOBOL_BITS + 1)  # the middle of its cell, so never 0


@lru_cache(maxsize=4)
def _sobol_sequence(seed: int, dimensions: int) -> Any:
    """A Sobol' sequence at its beginning: to be copied, never moved."""
    from scipy.stats import qmc

    scramble = int(chances(seed, np.array([0]), 1, SCRAMBLE)[0, 0] * SEED_SPAN)
    return qmc.Sobol(dimensions, scramble=True, bits=SOBOL_BITS, seed=np.random.Generator(np.random.PCG64(scramble)))


def hypercube_points(seed: int, dimensions: int, start: int, stop: int, size: int) -> Floats:
    """Points of Latin hypercubes of ``size`` draws, one after the other: each has one point in every stratum.

    The permutation of strata is worked out for the asked draws alone, so memory does not grow with the hypercube.
    """
    jitter = random_points(seed, dimensions, start, stop)
    index = np.arange(start, stop, dtype=np.int64)
    stratum = np.empty((stop - start, dimensions), dtype=np.int64)
    for cube in range(start // size, (stop - 1) // size + 1) if stop > start else ():
        rounds = [chances(seed, np.array([cube]), dimensions, ROUND + each) for each in range(FEISTEL_ROUNDS)]
        keys = (np.concatenate(rounds) * SEED_SPAN).astype(np.uint64)
        inside = index // size == cube
        stratum[inside] = permuted(index[inside] % size, size, keys)
    return np.minimum((stratum + jitter) / size, BELOW_ONE)


def permuted(places: Integers, size: int, keys: Any) -> Integers:
    """Where random permutations of ``range(size)`` send ``places`` [n], as [n, dimensions]: one permutation a column.

    A Feistel network on the next power of four, walked until it falls inside (Black and Rogaway 2002). ``keys`` are
    [rounds, dimensions] whole numbers.
    """
    half = np.uint64(max(1, math.ceil((size - 1).bit_length() / 2)))
    mask = np.uint64(2 ** int(half) - 1)
    out = np.repeat(places.astype(np.uint64)[:, None], keys.shape[1], axis=1)
    column = np.broadcast_to(np.arange(keys.shape[1]), out.shape)
    walking = np.ones(out.shape, dtype=bool)
    while walking.any():
        left, right, at = out[walking] >> half, out[walking] & mask, column[walking]
        for round_keys in keys:
            left, right = right, left ^ (mixed(right ^ round_keys[at]) & mask)
        out[walking] = (left << half) | right
        walking = out >= np.uint64(size)
    return out.astype(np.int64)


def mixed(words: Any) -> Any:
    """Well-mixed 64-bit words (the finaliser of splitmix64, Steele et al. 2014)."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


def correlated(quantiles: Floats, correlation: float) -> Floats:
    """Uniform quantiles [n, members] made to have one rank correlation (Spearman) between any two: a Gaussian copula.

    Each member stays uniform; the first keeps its quantiles, and with them a design's strata.
    """
    from scipy.special import ndtr, ndtri

    members = quantiles.shape[1]
    target = 2.0 * math.sin(math.pi * correlation / 6.0)  # of the normal numbers behind the ranks
    target = max(target, -1.0 / (members - 1))
    factor = equal_correlation_factor(members, target)
    normal = ndtri(quantiles)
    out = quantiles.copy()
    for member in range(1, members):
        total = factor[member, 0] * normal[:, 0]
        for other in range(1, member + 1):  # in this order whatever the number of draws, so that bits never change
            total = total + factor[member, other] * normal[:, other]
        out[:, member] = np.clip(ndtr(total), 2.0**-53, BELOW_ONE)
    return out


def equal_correlation_factor(members: int, correlation: float) -> Floats:
    """Lower triangle whose square is the matrix of one correlation between all members; it may be singular."""
    factor = np.zeros((members, members))
    for row in range(members):
        for column in range(row + 1):
            known = float(sum(factor[row, k] * factor[column, k] for k in range(column)))
            if row == column:
                factor[row, row] = math.sqrt(max(0.0, 1.0 - known))
            elif factor[column, column] > 1e-7:
                factor[row, column] = (correlation - known) / factor[column, column]
    return factor


def run_seeds(seed: int, index: Integers) -> Integers:
    """One seed a draw, from the study's seed and the draw's number."""
    return (chances(seed, index, 1, RUN_SEED)[:, 0] * SEED_SPAN).astype(np.int64)


def draw(study: Study, park: ParkData, start: int, stop: int) -> Draws:
    """Draws ``start`` to ``stop`` (excluded) of a study, for all its scenarios alike (common random numbers).

    A source that does not vary keeps its central values, or the study's seed.
    """
    index = np.arange(start, stop, dtype=np.int64)
    return draw_at(study, park, index, index, index)


def draw_at(study: Study, park: ParkData, parameters: Integers, futures: Integers, behaviour: Integers) -> Draws:
    """Draws that take their parameters, futures and behaviour from draws of these numbers, each [n].

    For nested and paired designs that split the variance by source: parameters of draw 3 under the futures of draw 7.
    """
    priors = study.distributions(park)
    drawn = {name: prior for name, prior in priors.items() if prior.source in study.vary}
    quantiles = _quantiles(study, park, drawn, {"parameters": parameters, "futures": futures})
    values = values_at(drawn, quantiles)
    inputs = {
        name: quantiles[:, column] if isinstance(value, dict) else value
        for column, (name, value) in enumerate(values.items())
    }
    held = {name: priors[name] for name in study.priors if name in priors and name not in drawn}
    overrides = {**{name: _constant(prior, len(behaviour)) for name, prior in held.items()}, **values}
    seeds, weather_seeds = (
        run_seeds(study.seed, index) if source in study.vary else np.full(len(index), study.seed, dtype=np.int64)
        for source, index in (("behaviour", behaviour), ("futures", futures))
    )
    return Draws(seeds, weather_seeds, overrides, inputs)


def _constant(prior: Prior, draws: int) -> Floats | dict[int, Floats]:
    """Central values that the study gives to a source which does not vary."""
    centre = centre_of(prior)
    if isinstance(centre, Mapping):
        return {year: np.full(draws, value) for year, value in centre.items()}
    return np.full(draws, centre)


def _quantiles(study: Study, park: ParkData, drawn: Mapping[str, Prior], index: Mapping[str, Integers]) -> Floats:
    """Quantiles [n, drawn] of the design, each source at its own draws, correlated where the study says so."""
    columns = {name: column for column, name in enumerate((*park.parameters, *park.series))}
    place = {name: column for column, name in enumerate(drawn)}
    out = np.empty((len(index["futures"]), len(drawn)))
    made: dict[bytes, Floats] = {}
    for source, numbers in index.items():
        names = [name for name, prior in drawn.items() if prior.source == source]
        if not names:
            continue
        key = numbers.tobytes()
        if key not in made:
            made[key] = _points_at(study, len(columns), numbers)
        out[:, [place[name] for name in names]] = made[key][:, [columns[name] for name in names]]
    for group in study.groups:
        members = [place[name] for name in group.members if name in place]
        if len(members) > 1:
            out[:, members] = correlated(out[:, members], group.correlation)
    return out


def _points_at(study: Study, dimensions: int, numbers: Integers) -> Floats:
    """Points of the design by their numbers, in any order and repeated at will."""
    if not numbers.size:
        return np.empty((0, dimensions))
    unique, place = np.unique(numbers, return_inverse=True)
    pieces = np.split(unique, np.flatnonzero(np.diff(unique) > 1) + 1)
    return np.concatenate([points(study, dimensions, int(p[0]), int(p[-1]) + 1) for p in pieces])[place]
