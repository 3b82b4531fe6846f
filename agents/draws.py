"""Chance as a pure function of (seed, agent, year, purpose): Philox4x32-10 (Salmon et al. 2011, Random123).

A draw never depends on threads, block size, order of agents or policies, so that two policies compared under one seed
meet the same luck. The counter's words are agent, year, stream and draw number; the key is the run's 64-bit seed.
"""

from __future__ import annotations

import math

import numpy as np

from agents.compiled import hot_rule, rule, stage
from agents.fields import Floats, Integers

MULTIPLIER_0 = np.uint64(0xD2511F53)
MULTIPLIER_1 = np.uint64(0xCD9E8D57)
WEYL_0 = np.uint64(0x9E3779B9)
WEYL_1 = np.uint64(0xBB67AE85)
WORD = np.uint64(0xFFFFFFFF)
HALF = np.uint64(32)
ROUNDS = 10
TO_UNIT = 2.0**-52
LOW_BITS = np.uint64(12)
SMALLEST = 2.0**-53


@hot_rule
def philox(counter_0, counter_1, counter_2, counter_3, key_0, key_1):  # type: ignore[no-untyped-def]
    """Four 32-bit words from a counter of four and a key of two (all uint64 holding 32 bits)."""
    for _ in range(ROUNDS):
        product_0 = MULTIPLIER_0 * counter_0
        product_1 = MULTIPLIER_1 * counter_2
        next_0 = (product_1 >> HALF) ^ counter_1 ^ key_0
        next_2 = (product_0 >> HALF) ^ counter_3 ^ key_1
        counter_1 = product_1 & WORD
        counter_3 = product_0 & WORD
        counter_0 = next_0 & WORD
        counter_2 = next_2 & WORD
        key_0 = (key_0 + WEYL_0) & WORD
        key_1 = (key_1 + WEYL_1) & WORD
    return counter_0, counter_1, counter_2, counter_3


@hot_rule
def uniform_number(seed, agent, year, stream, draw):  # type: ignore[no-untyped-def]
    """See ``uniform``; within a loop over arrays it becomes vector instructions, a tenth of the time of a call."""
    key = np.uint64(seed)
    a, b, _, _ = philox(
        np.uint64(agent) & WORD,
        np.uint64(year) & WORD,
        np.uint64(stream) & WORD,
        np.uint64(draw) & WORD,
        key & WORD,
        key >> HALF,
    )
    bits = ((a << HALF) | b) >> LOW_BITS
    return float(bits) * TO_UNIT + SMALLEST


@rule
def uniform(seed: int, agent: int, year: int, stream: int, draw: int) -> float:
    """A number in (0, 1), the same for the same arguments for ever. ``draw`` tells several of one purpose apart."""
    return float(uniform_number(seed, agent, year, stream, draw))


@rule
def fill_uniform(numbers: Floats, seed: int, agents: Integers, count: int, year: int, stream: int, draw: int) -> None:
    """``uniform`` of the first ``count`` agents whose ids are in ``agents`` into ``numbers``, all in one go."""
    for i in range(count):
        numbers[i] = uniform_number(seed, agents[i], year, stream, draw)


@rule
def gumbel(seed: int, agent: int, year: int, stream: int, draw: int) -> float:
    """A standard Gumbel number: the taste shock of the logit choice."""
    return -math.log(-math.log(uniform(seed, agent, year, stream, draw)))


@rule
def normal(seed: int, agent: int, year: int, stream: int, draw: int) -> float:
    """A standard normal number (Box-Muller; its two uniforms are draws 2 * draw and 2 * draw + 1)."""
    radius = math.sqrt(-2.0 * math.log(uniform(seed, agent, year, stream, 2 * draw)))
    return radius * math.cos(2.0 * math.pi * uniform(seed, agent, year, stream, 2 * draw + 1))


@stage
def uniforms(seeds: Integers, agents: int, year: int, stream: int, draw: int) -> Floats:
    """Uniform numbers [runs, agents], agent ids 0..agents-1."""
    out = np.empty((seeds.shape[0], agents))
    for run in range(seeds.shape[0]):
        for agent in range(agents):
            out[run, agent] = uniform(seeds[run], agent, year, stream, draw)
    return out


@stage
def normals(seeds: Integers, agents: int, year: int, stream: int, draw: int) -> Floats:
    """Standard normal numbers [runs, agents], agent ids 0..agents-1."""
    out = np.empty((seeds.shape[0], agents))
    for run in range(seeds.shape[0]):
        for agent in range(agents):
            out[run, agent] = normal(seeds[run], agent, year, stream, draw)
    return out


@stage
def uniforms_of_draws(seed: int, numbers: Integers, dimensions: int, stream: int, draw: int) -> Floats:
    """Uniform numbers [draws, dimensions] of a design: each row by its draw's number, not by its place."""
    out = np.empty((numbers.shape[0], dimensions))
    for row in range(numbers.shape[0]):
        for dimension in range(dimensions):
            out[row, dimension] = uniform(seed, dimension, numbers[row], stream, draw)
    return out
