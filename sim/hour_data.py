"""What the hours need of a park, made once: shapes, capacity factors, price ranks; and the names of their results."""

from __future__ import annotations

from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.axes import HOURS, SHAPES, Shape
from agents.fields import Floats, Integers
from sim.hour_loops import DAYS, HOURS_A_DAY, MONTH_DAYS

if TYPE_CHECKING:
    from sim.weather import WeatherYears

MOVING = 3  # shapes that weather moves, at most
STRESS_HOURS = 400  # longest list of hours that demand response and shortage orders can call


class Monthly(IntEnum):
    """Columns of the monthly results, MWh; PEAK_IMPORT in MW."""

    DEMAND = 0
    ROOF_PV = 1
    GROUND_PV = 2
    ONSHORE_WIND = 3
    NEARSHORE_WIND = 4
    OWN_USE = 5
    SELF_CONSUMPTION = 6
    IMPORT = 7
    EXPORT = 8
    CURTAILMENT = 9
    UNSERVED = 10
    LOAD_CONTROL = 11
    CHARGE = 12
    DISCHARGE = 13
    MATCHED = 14
    PEAK_IMPORT = 15


class Hour(IntEnum):
    """Rows of the hourly results that are kept for chosen runs and years, MW; STORED in MWh."""

    DEMAND = 0
    ROOF_PV = 1
    GROUND_PV = 2
    ONSHORE_WIND = 3
    NEARSHORE_WIND = 4
    CHARGE = 5
    DISCHARGE = 6
    IMPORT = 7
    EXPORT = 8
    CURTAILMENT = 9
    UNSERVED = 10
    LOAD_CONTROL = 11
    STORED = 12


MONTHLY, HOURLY = len(Monthly), len(Hour)


class HourlyData(NamedTuple):
    """A park's hours, made once by :func:`prepare_hours`. W weather years; fixed shapes do not depend on weather."""

    fixed_shapes: Floats  # [fixed, 8760] share of the year's energy
    fixed_index: Integers  # [fixed] their Shape
    weather_shapes: NDArray[np.float32]  # [W, MOVING, 8760]; rows of zeros where weather moves fewer
    weather_index: Integers  # [moving] their Shape
    shape_sums: Floats  # [W, shapes, 12] share of the year's energy by month
    shape_total: Floats  # [W, shapes] sum over the stored hours, 1 to rounding
    factors: NDArray[np.float32]  # [W, resources, 8760] capacity factors
    factor_sums: Floats  # [W, resources, 12] full-load hours by month
    price_rank: Floats  # [structures, 8760] -1 cheapest to 1 dearest hour of its day
    day_kind: Integers  # [365] kind of each day: two days of a kind are equal in all fixed shapes and price ranks
    kind_shapes: Floats  # [fixed, kinds, 24] fixed shapes of each kind of day
    kind_rank: Floats  # [structures, kinds, 24] price ranks of each kind of day
    shift_hours: Floats  # [structures] MWh a year that one MW of flexible load moves within days
    stress_hours: Integers  # [W, STRESS_HOURS] hours of highest heating and cooling load, highest first


def prepare_hours(shapes: Floats, factors: Floats, multipliers: Floats) -> HourlyData:
    """Hourly data from shapes [W, shapes, 8760], capacity factors [W, resources, 8760], tariffs [structures, 8760].

    Shapes that are equal in all weather years are stored once; the others and the factors in 32 bits, since a run-year
    streams them from memory. Their monthly sums are taken from the stored values, so that hours and months agree. Fixed
    shapes and tariffs repeat a few kinds of days (weekdays and weekends by month), which are stored beside.
    """
    moving = [s for s in range(SHAPES) if np.any(shapes[:, s] != shapes[:1, s])]
    fixed = [s for s in range(SHAPES) if s not in moving]
    if Shape.CHARGING in moving:
        raise ValueError("the shape of vehicle charging must be the same in all weather years")
    stored = np.array(shapes, dtype=np.float64)
    if len(moving) > MOVING:
        raise ValueError(f"weather moves the shapes {moving}, more than {MOVING}")
    weather_shapes = np.zeros((len(shapes), MOVING, HOURS), dtype=np.float32)
    weather_shapes[:, : len(moving)] = shapes[:, moving]
    stored[:, moving] = weather_shapes[:, : len(moving)]
    rank = np.array([rank_in_day(structure) for structure in multipliers])
    kind, day_shapes = kinds_of_days(np.concatenate([stored[0, fixed], rank]))
    packed = np.ascontiguousarray(factors).astype(np.float32)
    first = np.concatenate(([0], np.cumsum(MONTH_DAYS)[:-1])) * HOURS_A_DAY
    total = stored.sum(axis=2)
    sums = np.add.reduceat(stored, first, axis=2)
    stress = stored[:, Shape.HEATING] + stored[:, Shape.COOLING]
    return HourlyData(
        fixed_shapes=np.ascontiguousarray(stored[0, fixed]),
        fixed_index=np.array(fixed, dtype=np.int64),
        weather_shapes=weather_shapes,
        weather_index=np.array(moving, dtype=np.int64),
        shape_sums=sums / np.where(total > 0.0, total, 1.0)[:, :, None],
        shape_total=np.where(total > 0.0, total, 1.0),
        factors=packed,
        factor_sums=np.add.reduceat(packed.astype(np.float64), first, axis=2),
        price_rank=rank,
        day_kind=kind,
        kind_shapes=np.ascontiguousarray(day_shapes[: len(fixed)]),
        kind_rank=np.ascontiguousarray(day_shapes[len(fixed) :]),
        shift_hours=np.array([shifted_by_rank(rank_in_day(structure)) for structure in multipliers]),
        stress_hours=np.argsort(-stress, axis=1, kind="stable")[:, :STRESS_HOURS].astype(np.int64),
    )


def kinds_of_days(series: Floats) -> tuple[Integers, Floats]:
    """Days that are equal in all series [n, 8760] are of a kind: the kind of each day [365], kinds [n, kinds, 24]."""
    days = series.reshape(len(series), DAYS, HOURS_A_DAY).transpose(1, 0, 2).reshape(DAYS, -1)
    kinds, kind = np.unique(days, axis=0, return_inverse=True)
    return kind.reshape(DAYS).astype(np.int64), kinds.reshape(len(kinds), len(series), HOURS_A_DAY).transpose(1, 0, 2)


def rank_in_day(multiplier: Floats) -> Floats:
    """Each hour's price [8760] on the scale of its day: -1 the cheapest, 1 the dearest, 0 where all are equal."""
    days = np.asarray(multiplier, dtype=np.float64).reshape(DAYS, HOURS_A_DAY)
    low, high = days.min(axis=1, keepdims=True), days.max(axis=1, keepdims=True)
    spread = np.where(high > low, high - low, 1.0)
    return np.where(high > low, 2.0 * (days - low) / spread - 1.0, 0.0).reshape(HOURS)


def shifted_by_rank(rank: Floats) -> float:
    """Energy that one MW of flexible load takes out of dear hours in a year by price alone, MWh."""
    days = rank.reshape(DAYS, HOURS_A_DAY)
    return float(np.abs(days - days.mean(axis=1, keepdims=True)).sum() / 4.0)


class Profiles(NamedTuple):
    """What a park's files say of its hours: weather, load shapes and tariffs by hour."""

    weather: WeatherYears
    shapes: Floats  # [W, shapes, 8760] share of the year's energy
    multipliers: Floats  # [structures, 8760] price over the structure's reference price


def park_profiles(park_dir: str | Path, weather_file: str = "weather.npz") -> Profiles:
    """Read shapes.csv, tariff.yaml, site.yaml and the weather file that park.yaml names."""
    from sim.shapes import load_shapes, tariff_multiplier
    from sim.weather import park_weather, read_site

    site = read_site(park_dir)
    weather = park_weather(park_dir, weather_file, site)
    multipliers = np.stack([tariff_multiplier(site, structure) for structure in ("2020", "2026")])
    return Profiles(weather, load_shapes(weather, site), multipliers)


def hours_of(profiles: Profiles) -> HourlyData:
    """Hourly data from a park's profiles."""
    weather, shapes, multipliers = profiles
    factors = np.stack([weather.roof_pv, weather.ground_pv, weather.onshore_wind, weather.nearshore_wind], axis=1)
    return prepare_hours(shapes, factors, multipliers)


def load_hours(park_dir: str | Path, weather_file: str = "weather.npz") -> HourlyData:
    """Hourly data of a park folder."""
    return hours_of(park_profiles(park_dir, weather_file))
