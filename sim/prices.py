"""The year's prices (MODEL 0, stage 3): dated series become what each customer pays per unit, in yuan of 2020.

Electricity: a class pays its mean tariff at its own load shape; another shape, and rooftop PV, is priced by its hours
under the time-of-use structure, which moves from that of 2020 to that of 2026 by the series ``tou_blend``. Fuels:
central path times one fossil price factor, a mean-reverting walk with mean 1.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np

from agents.axes import PARK_IDS, SHAPES, Carrier, Shape, Stream, Tariff
from agents.compiled import rule, stage
from agents.draws import normal
from agents.fields import Floats, Outcome, Quantity
from agents.world import World, runs_of
from sim.hour_data import Profiles, park_profiles

PARAMETERS = [
    Quantity("fuel_price_volatility", "1/yr", "standard deviation of a year's shock to the log of fossil fuel prices"),
    Quantity("fuel_price_persistence", "1", "share of last year's deviation of the log price that remains"),
]
SERIES = [
    Quantity("price_gas", "yuan/tce", "pipeline gas, non-residential", "gas_price_ind_2020"),
    Quantity("price_lng", "yuan/tce", "LNG as vehicle fuel", "lng_price_2020"),
    Quantity("price_diesel", "yuan/tce", "diesel at the pump", "diesel_pump_2020"),
    Quantity("price_gasoline", "yuan/tce", "gasoline at the pump", "gasoline_2020"),
    Quantity("price_coal", "yuan/tce", "steam coal delivered", "coal_ind_2020"),
    Quantity("price_lpg", "yuan/tce", "LPG in bottles and tanks"),
    Quantity("price_hydrogen", "yuan/tce", "hydrogen at the pump", "h2_retail_2022"),
    Quantity("price_biomass", "yuan/tce", "biomass pellets delivered"),
    Quantity("tariff_industry", "yuan/MWh", "mean tariff of industry at its own load shape", "tar_ind_2020"),
    Quantity("tariff_commerce", "yuan/MWh", "mean tariff of commerce at its own load shape", "tar_com_2020"),
    Quantity("tariff_housing", "yuan/MWh", "tariff of housing, flat over the day", "tar_res_t1"),
    Quantity("feed_in_price", "yuan/MWh", "price of power sold to the grid", "coal_bench_zj"),
]
OUTCOMES = [
    Outcome("fossil_price_deviation", "1", "log of fossil fuel prices over their central path"),
    Outcome("price_electricity_industry", "yuan/MWh", "mean industrial tariff", variable="Price|Electricity|Industry"),
]


class PriceWeights(NamedTuple):
    """Mean price of each shape and of rooftop PV over a structure's reference price, by tariff structure."""

    shapes: Floats  # [structures, shapes]
    solar: Floats  # [structures]


def make_price_weights(shapes: Floats, roof_pv: Floats, multipliers: Floats) -> PriceWeights:
    """Weights from the reference year: shapes [shapes, 8760], roof_pv [8760], multipliers [structures, 8760]."""
    return PriceWeights(
        shapes=np.ascontiguousarray(multipliers @ shapes.T),
        solar=np.ascontiguousarray(multipliers @ roof_pv / roof_pv.sum()),
    )


def weights_of(profiles: Profiles) -> PriceWeights:
    """Price weights from a park's profiles, under its reference weather."""
    return make_price_weights(profiles.shapes[0], profiles.weather.roof_pv[0], profiles.multipliers)


def load_price_weights(park_dir: str | Path, weather_file: str = "weather.npz") -> PriceWeights:
    """Price weights of a park folder."""
    return weights_of(park_profiles(park_dir, weather_file))


@rule
def price_ratio(weight: float, own_weight: float, next_weight: float, next_own: float, blend: float) -> float:
    """Price of a shape over the price of the class's own shape: (1 - blend) of structure 0 and blend of structure 1."""
    return (1.0 - blend) * weight / own_weight + blend * next_weight / next_own


@rule
def next_deviation(last: float, persistence: float, volatility: float, shock: float) -> float:
    """Log deviation of fossil prices a year later: a mean-reverting walk (AR(1))."""
    return persistence * last + volatility * shock


@rule
def mean_one_factor(deviation: float, persistence: float, volatility: float, year: int) -> float:
    """Price factor with expected value 1: exp(x - var(x) / 2), var after ``year`` years from a certain start."""
    squared = persistence * persistence
    steps = (1.0 - squared**year) / (1.0 - squared) if squared < 1.0 else float(year)
    return math.exp(deviation - 0.5 * volatility * volatility * steps)


@rule
def own_shape(tariff: int) -> int:
    """Load shape at which a class pays its mean tariff."""
    return Shape.COMMERCE if tariff == Tariff.COMMERCE else Shape.INDUSTRY


@rule
def set_class(world: World, weights: PriceWeights, run: int, tariff: int, level: float, blend: float) -> None:
    """Tariffs of one class of customers with time-of-use prices."""
    prices, own = world.prices, own_shape(tariff)
    before, after = weights.shapes[0, own], weights.shapes[1, own]
    for shape in range(SHAPES):
        ratio = price_ratio(weights.shapes[0, shape], before, weights.shapes[1, shape], after, blend)
        prices.tariff[run, tariff, shape] = level * ratio
    prices.solar_tariff[run, tariff] = level * price_ratio(weights.solar[0], before, weights.solar[1], after, blend)


@stage
def set_prices(world: World, weights: PriceWeights, year: int) -> None:
    """Write ``world.prices`` of the year, and the state of the fossil price walk into the record (0 in 2020)."""
    for run in runs_of(world):
        p, s, now = world.parameters[run], world.series[run, year], world.record[run, year]
        factor = 1.0
        if year > 0:
            last = world.record[run, year - 1].fossil_price_deviation
            shock = normal(world.weather_seeds[run], PARK_IDS, year, Stream.PRICE, 0)
            deviation = next_deviation(last, p.fuel_price_persistence, p.fuel_price_volatility, shock)
            now.fossil_price_deviation = deviation
            factor = mean_one_factor(deviation, p.fuel_price_persistence, p.fuel_price_volatility, year)
        fuel = world.prices.fuel[run]
        fuel[Carrier.ELECTRICITY] = s.tariff_industry
        fuel[Carrier.GAS] = s.price_gas * factor
        fuel[Carrier.LNG] = s.price_lng * factor
        fuel[Carrier.DIESEL] = s.price_diesel * factor
        fuel[Carrier.GASOLINE] = s.price_gasoline * factor
        fuel[Carrier.COAL] = s.price_coal * factor
        fuel[Carrier.LPG] = s.price_lpg * factor
        fuel[Carrier.HYDROGEN] = s.price_hydrogen
        fuel[Carrier.BIOMASS] = s.price_biomass
        set_class(world, weights, run, Tariff.INDUSTRY, s.tariff_industry, s.tou_blend)
        set_class(world, weights, run, Tariff.COMMERCE, s.tariff_commerce, s.tou_blend)
        for shape in range(SHAPES):
            world.prices.tariff[run, Tariff.HOUSING, shape] = s.tariff_housing
        world.prices.solar_tariff[run, Tariff.HOUSING] = s.tariff_housing
        world.prices.feed_in[run] = s.feed_in_price
        now.price_electricity_industry = s.tariff_industry
