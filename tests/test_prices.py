"""Prices of the year: levels from dated series, ratios from the hours of use, one seeded walk of fossil prices."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from worlds import make_world

from agents import grid, rooftop
from agents.axes import BASE_YEAR, Carrier, Shape, Tariff
from agents.world import World
from sim import hours, prices

PARK = Path(__file__).resolve().parent.parent / "parks" / "meishan"
FOSSIL = (Carrier.GAS, Carrier.LNG, Carrier.DIESEL, Carrier.GASOLINE, Carrier.COAL, Carrier.LPG)


@cache
def weights() -> prices.PriceWeights:
    return prices.load_price_weights(PARK)


def park(runs: int = 1, **values: Any) -> World:
    return make_world([rooftop, grid, hours, prices], runs=runs, years=41, **values)


def test_prices_of_2020_are_the_evidence_rows():
    world = park()
    prices.set_prices(world, weights(), 0)
    assert world.prices.tariff[0, Tariff.INDUSTRY, Shape.INDUSTRY] == pytest.approx(640.0)  # tar_ind_2020
    assert world.prices.tariff[0, Tariff.COMMERCE, Shape.COMMERCE] == pytest.approx(720.0)  # tar_com_2020
    assert world.prices.feed_in[0] == pytest.approx(415.3)  # coal_bench_zj
    assert world.prices.fuel[0, Carrier.GAS] == pytest.approx(2.62 / 37.30e-3 * 29.3076, rel=1e-3)  # gas_price_ind_2020
    assert world.prices.fuel[0, Carrier.COAL] == pytest.approx(630.0 / 23.03 * 29.3076, rel=1e-3)  # coal_ind_2020


def test_the_midday_valley_of_2026_makes_rooftop_pv_worth_less():
    world = park()
    prices.set_prices(world, weights(), 0)
    before = world.prices.solar_tariff[0, Tariff.INDUSTRY] / world.prices.fuel[0, Carrier.ELECTRICITY]
    prices.set_prices(world, weights(), 2030 - BASE_YEAR)
    after = world.prices.solar_tariff[0, Tariff.INDUSTRY] / world.prices.fuel[0, Carrier.ELECTRICITY]
    assert 0.9 < before < 1.2  # 0.68 yuan/kWh in the worked example of BASE_YEAR
    assert after < 0.85 * before


def test_a_class_pays_its_mean_tariff_at_its_own_shape_in_every_year():
    world = park(fuel_price_volatility=0.0)
    for year in (0, 6, 40):
        prices.set_prices(world, weights(), year)
        own = world.prices.tariff[0, Tariff.INDUSTRY, Shape.INDUSTRY]
        assert own == pytest.approx(world.series.tariff_industry[0, year])


def test_without_volatility_fuels_follow_their_central_path():
    world = park(fuel_price_volatility=0.0)
    for year in range(41):
        prices.set_prices(world, weights(), year)
        assert world.prices.fuel[0, Carrier.DIESEL] == pytest.approx(world.series.price_diesel[0, year])


def test_the_fossil_price_walk_has_mean_one_and_is_drawn_by_seed():
    world = park(runs=2000, fuel_price_volatility=0.1)
    again = park(runs=1, fuel_price_volatility=0.1, seeds=[7])
    for year in range(1, 16):
        prices.set_prices(world, weights(), year)
        prices.set_prices(again, weights(), year)
    factor = world.prices.fuel[:, Carrier.COAL] / world.series.price_coal[:, 15]
    assert factor.mean() == pytest.approx(1.0, abs=0.01)
    assert 0.1 < factor.std() < 0.15
    assert again.prices.fuel[0, Carrier.COAL] == world.prices.fuel[6, Carrier.COAL]  # seed 7 is run 6


def test_all_prices_are_positive_and_finite_over_the_years():
    world = park(runs=8, fuel_price_volatility=0.2)
    for year in range(41):
        prices.set_prices(world, weights(), year)
        for values in world.prices:
            assert np.all(np.isfinite(values)) and values.min() > 0.0


def test_prices_are_chance_from_outside_and_not_the_agents():
    world = park(runs=2, fuel_price_volatility=0.1, seeds=[1, 2])
    outside = world._replace(weather_seeds=np.array([5, 5]))
    for year in (1, 2):
        prices.set_prices(outside, weights(), year)
    assert outside.prices.fuel[0].tolist() == outside.prices.fuel[1].tolist()
    assert outside.record.fossil_price_deviation[0, 2] != 0.0
