"""The numbers of ``agents.draws`` for many agents at once: the same counters and words, in vector lanes.

A list of agents, cycles and draw numbers gives what ``uniform`` and ``gumbel`` give one by one; the logarithms of
``vector_math`` differ from the library's by a unit in the last place.
"""

from __future__ import annotations

import math

import numpy as np

from agents.compiled import rule
from agents.draws import HALF, LOW_BITS, SMALLEST, TO_UNIT, WORD, fill_uniform, philox
from agents.fields import Floats, Integers
from agents.vector_math import logarithm, sine_cosine


@rule
def draw_uniforms(seed: int, agent: Integers, year: int, stream: int, number: int, out: Floats) -> None:
    """Write a number in (0, 1) of this year and draw 0 for the first ``number`` agents of the list into ``out``."""
    key, counter_1, counter_2 = np.uint64(seed), np.uint64(year) & WORD, np.uint64(stream) & WORD
    low, high = key & WORD, key >> HALF
    for place in range(number):
        a, b, _, _ = philox(np.uint64(agent[place]) & WORD, counter_1, counter_2, np.uint64(0), low, high)
        out[place] = float(((a << HALF) | b) >> LOW_BITS) * TO_UNIT + SMALLEST


@rule
def draw_uniforms_of_cycles(
    seed: int, agent: Integers, cycle: Integers, stream: int, draw: Integers, number: int, out: Floats
) -> None:
    """Write numbers in (0, 1) of the first ``number`` agents, cycles and draw numbers of the lists."""
    key, counter_2 = np.uint64(seed), np.uint64(stream) & WORD
    low, high = key & WORD, key >> HALF
    for place in range(number):
        counter_0, counter_1 = np.uint64(agent[place]) & WORD, np.uint64(cycle[place]) & WORD
        a, b, _, _ = philox(counter_0, counter_1, counter_2, np.uint64(draw[place]) & WORD, low, high)
        out[place] = float(((a << HALF) | b) >> LOW_BITS) * TO_UNIT + SMALLEST


@rule
def draw_gumbels(
    seed: int, agent: Integers, cycle: Integers, stream: int, draw: Integers, number: int, out: Floats
) -> None:
    """Write standard Gumbel numbers of the first ``number`` agents, cycles and draw numbers of the lists."""
    draw_uniforms_of_cycles(seed, agent, cycle, stream, draw, number, out)
    for place in range(number):
        out[place] = -logarithm(-logarithm(out[place]))


@rule
def draw_normals(seed: int, agent: Integers, year: int, stream: int, draw: int, turns: Floats, out: Floats) -> None:
    """Write standard normal numbers, one an agent, as ``normal`` makes them; ``turns`` is working space."""
    number = agent.shape[0]
    fill_uniform(out, seed, agent, number, year, stream, 2 * draw)
    fill_uniform(turns, seed, agent, number, year, stream, 2 * draw + 1)
    for place in range(number):
        _, cosine = sine_cosine(turns[place])
        out[place] = math.sqrt(-2.0 * logarithm(out[place])) * cosine


@rule
def draw_normal_pairs(seed: int, agent: Integers, year: int, stream: int, one: Floats, other: Floats) -> None:
    """Write two independent standard normal numbers an agent: Box-Muller on both halves of one draw."""
    key, counter_1, counter_2 = np.uint64(seed), np.uint64(year) & WORD, np.uint64(stream) & WORD
    low, high = key & WORD, key >> HALF
    for place in range(agent.shape[0]):
        a, b, c, d = philox(np.uint64(agent[place]) & WORD, counter_1, counter_2, np.uint64(0), low, high)
        one[place] = float(((a << HALF) | b) >> LOW_BITS) * TO_UNIT + SMALLEST
        other[place] = float(((c << HALF) | d) >> LOW_BITS) * TO_UNIT + SMALLEST
    for place in range(agent.shape[0]):
        radius = math.sqrt(-2.0 * logarithm(one[place]))
        sine, cosine = sine_cosine(other[place])
        one[place] = radius * cosine
        other[place] = radius * sine
