"""Chance is a pure function of seed, agent, year and purpose, and the generator is the published one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.axes import Stream
from agents.draws import gumbel, normal, normals, philox, uniform, uniforms

# Random123 known answers of philox4x32-10 (kat_vectors of the reference library): counter, key, output.
VECTORS = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@pytest.mark.parametrize("counter, key, expected", VECTORS)
def test_generator_gives_the_published_words(counter, key, expected):
    words = philox(*(np.uint64(word) for word in (*counter, *key)))
    assert tuple(int(word) for word in words) == expected


def test_a_draw_depends_on_its_key_alone():
    first = uniform(7, 3, 5, Stream.CHOICE, 2)
    uniform(8, 3, 5, Stream.CHOICE, 2)
    assert uniform(7, 3, 5, Stream.CHOICE, 2) == first


def test_every_word_of_the_key_matters():
    base = uniform(7, 3, 5, Stream.CHOICE, 2)
    others = [
        uniform(8, 3, 5, Stream.CHOICE, 2),
        uniform(7 + (1 << 32), 3, 5, Stream.CHOICE, 2),
        uniform(7, 4, 5, Stream.CHOICE, 2),
        uniform(7, 3, 6, Stream.CHOICE, 2),
        uniform(7, 3, 5, Stream.ATTENTION, 2),
        uniform(7, 3, 5, Stream.CHOICE, 3),
    ]
    assert len({base, *others}) == 7


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**63 - 1), st.integers(0, 2**31), st.integers(0, 100), st.integers(0, 40))
def test_uniform_numbers_lie_inside_the_open_interval(seed, agent, year, draw):
    assert 0.0 < uniform(seed, agent, year, Stream.MARKET, draw) < 1.0


def test_moments_of_uniform_normal_and_gumbel_numbers():
    seeds = np.arange(1, 41, dtype=np.int64)
    flat = uniforms(seeds, 2_500, 3, Stream.CHOICE, 0)
    bell = normals(seeds, 2_500, 3, Stream.OUTPUT, 0)
    assert flat.mean() == pytest.approx(0.5, abs=0.005)
    assert flat.var() == pytest.approx(1.0 / 12.0, abs=0.002)
    assert bell.mean() == pytest.approx(0.0, abs=0.015)
    assert bell.std() == pytest.approx(1.0, abs=0.01)
    assert np.mean(bell**3) == pytest.approx(0.0, abs=0.04)
    taste = np.array([gumbel(1, agent, 0, Stream.CHOICE, 0) for agent in range(20_000)])
    assert taste.mean() == pytest.approx(np.euler_gamma, abs=0.03)
    assert taste.var() == pytest.approx(np.pi**2 / 6.0, abs=0.06)


def test_normal_numbers_of_neighbouring_agents_years_and_draws_are_uncorrelated():
    seeds = np.array([11], dtype=np.int64)
    now, later = normals(seeds, 20_000, 4, Stream.OUTPUT, 0)[0], normals(seeds, 20_000, 5, Stream.OUTPUT, 0)[0]
    other = normals(seeds, 20_000, 4, Stream.OUTPUT, 1)[0]
    for pair in ((now[:-1], now[1:]), (now, later), (now, other)):
        assert abs(np.corrcoef(*pair)[0, 1]) < 0.025
    assert normal(11, 5, 4, Stream.OUTPUT, 0) == now[5]
