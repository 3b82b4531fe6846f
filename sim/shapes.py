"""Hourly load shapes and time-of-use tariffs: when energy is used, and what an hour costs against the mean hour.

Profiles are data of the park (``shapes.csv``, ``tariff.yaml``); heating and cooling follow the weather year.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
import yaml

from agents.axes import HOURS, SHAPES, Shape
from agents.errors import InputError, nearest
from sim.park_tables import YamlLoader
from sim.weather import (
    DAYS,
    HOUR_OF_DAY,
    HOURS_A_DAY,
    MONTH_DAYS,
    MONTH_OF_HOUR,
    Array,
    Site,
    WeatherYears,
    load_weather,
    month_sums,
    read_site,
)

PROFILES = {"weekday_hour": range(HOURS_A_DAY), "weekend_hour": range(HOURS_A_DAY), "month": range(1, 13)}
PERIODS = ("sharp", "peak", "flat", "valley", "deep")
FIRST_WEEKEND_DAY = 5  # Monday is 0


def read_profiles(path: Path) -> dict[str, Array]:
    """The profiles of a ``shapes.csv``: name -> weights [24 or 12, shapes].

    Raises:
        InputError: every missing or repeated row, missing shape column, and weight that is not a number >= 0.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    lines = [(n, t) for n, t in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1) if t[:1] != "#"]
    table = csv.DictReader(text for _, text in lines)
    columns = [shape.name.lower() for shape in Shape]
    found = table.fieldnames or []
    problems = [f"{path}: no column '{name}'" for name in ("profile", "index", *columns) if name not in found]
    problems += [f"{path}: unknown column '{n}'{nearest(n, columns)}" for n in found[2:] if n not in columns]
    if problems:
        raise InputError(problems)
    weights = {name: np.full((len(index), SHAPES), np.nan) for name, index in PROFILES.items()}
    for (line, _), row in zip(lines[1:], table, strict=True):
        place = PROFILES.get(row["profile"], range(0))
        if not row["index"].isdigit() or int(row["index"]) not in place:
            problems.append(f"{path}, row {line}: no place '{row['profile']}, {row['index']}'")
            continue
        for shape, name in enumerate(columns):
            try:
                value = float(row[name])
            except (TypeError, ValueError):
                value = -1.0
            if not 0.0 <= value < np.inf:
                problems.append(f"{path}, row {line}, column '{name}': '{row[name]}' is not a weight >= 0")
            weights[row["profile"]][place.index(int(row["index"])), shape] = value
    for profile, values in weights.items():
        for position in np.flatnonzero(np.isnan(values[:, 0])):
            problems.append(f"{path}: no row '{profile},{PROFILES[profile][position]}'")
    if problems:
        raise InputError(problems)
    return weights


def is_weekend(site: Site) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Whether each hour [8760] of the model's calendar falls on a Saturday or Sunday (public holidays are not seen)."""
    weekday = (np.arange(DAYS) + int(site.number("site.first_weekday"))) % 7
    return np.repeat(weekday >= FIRST_WEEKEND_DAY, HOURS_A_DAY)


def felt_temperature(temperature: Array, memory: float) -> Array:
    """Temperature [years, 8760] as a building feels it: an exponential mean over the past ``memory`` hours."""
    share = 1.0 - np.exp(-1.0 / memory)
    felt = np.empty((HOURS, temperature.shape[0]))
    now = temperature[:, :HOURS_A_DAY].mean(axis=1)
    for hour, outside in enumerate(np.ascontiguousarray(temperature.T)):
        now = now + share * (outside - now)
        felt[hour] = now
    return np.ascontiguousarray(felt.T)


def load_shapes(weather: WeatherYears, site: Site) -> Array:
    """Share of a year's energy in each hour [weather years, shapes, 8760], C-ordered; every year and shape sums to 1.

    HEATING and COOLING follow degrees below and above a base (felt temperature, park file) times occupancy; COLD_STORE
    rises with temperature; the rest are weekday or weekend hour times month.
    """
    profiles = read_profiles(site.directory / "shapes.csv")
    hours = np.where(
        is_weekend(site)[:, None], profiles["weekend_hour"][HOUR_OF_DAY], profiles["weekday_hour"][HOUR_OF_DAY]
    )
    fixed = (hours * profiles["month"][MONTH_OF_HOUR]).T
    shapes = np.repeat(fixed[None], weather.temperature.shape[0], axis=0)
    felt = felt_temperature(weather.temperature, site.number("load.thermal_memory"))
    shapes[:, Shape.HEATING] *= np.maximum(0.0, site.number("load.heating_base") - felt)
    shapes[:, Shape.COOLING] *= np.maximum(0.0, felt - site.number("load.cooling_base"))
    warmth = felt - felt.mean(axis=1, keepdims=True)
    shapes[:, Shape.COLD_STORE] *= np.maximum(0.0, 1.0 + site.number("load.cold_store_slope") * warmth)
    total = shapes.sum(axis=2, keepdims=True)
    if np.any(total <= 0.0):
        empty = sorted({Shape(s).name for s in np.argwhere(total[..., 0] <= 0.0)[:, 1]})
        raise InputError(f"{site.directory}: no hour of a year uses energy in shape {', '.join(empty)}")
    shapes /= total
    return shapes


# ------------------------------------------------------------------------------------------------------------ tariffs


def _structure(site: Site, name: str) -> Mapping[str, Any]:
    path = site.directory / "tariff.yaml"
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    structures = yaml.load(path.read_text(encoding="utf-8"), YamlLoader)["structures"]
    if name not in structures:
        raise InputError(f"{path}: no structure '{name}'{nearest(name, structures)}")
    return cast(Mapping[str, Any], structures[name])


def _day_of_year(month: int, day: int) -> int:
    return int(MONTH_DAYS[: month - 1].sum()) + day - 1


def tariff_periods(site: Site, structure: str) -> np.ndarray[Any, np.dtype[np.int64]]:
    """The period of each hour [8760] as an index into PERIODS, under a dated structure of tariff.yaml ("2020").

    Raises:
        InputError: when an hour has no period, or a period no price.
    """
    data = _structure(site, structure)
    where = f"{site.directory / 'tariff.yaml'}, structure '{structure}'"
    periods = np.full(HOURS, -1)
    day = np.repeat(np.arange(DAYS), HOURS_A_DAY)
    for block in data["blocks"]:
        if block["period"] not in data["prices"] or block["period"] not in PERIODS:
            raise InputError(f"{where}: period '{block['period']}' has no price{nearest(block['period'], PERIODS)}")
        held = np.isin(HOUR_OF_DAY, block["hours"])
        if "months" in block:
            held &= np.isin(MONTH_OF_HOUR + 1, block["months"])
        if "days" in block:
            first_month, first_day, last_month, last_day = block["days"]
            held &= (day >= _day_of_year(first_month, first_day)) & (day <= _day_of_year(last_month, last_day))
        periods[held] = PERIODS.index(block["period"])
    if np.any(periods < 0):
        bare = sorted(set(HOUR_OF_DAY[periods < 0].tolist()))
        raise InputError(f"{where}: no period for hours {bare}")
    return periods


def tariff_multiplier(site: Site, structure: str) -> Array:
    """Price of each hour [8760] over the structure's reference price (the flat period's, or the mean hour's)."""
    data = _structure(site, structure)
    prices = np.array([data["prices"].get(period, {}).get("value", np.nan) for period in PERIODS])
    hourly = prices[tariff_periods(site, structure)]
    if data["reference"] == "flat":
        return hourly / prices[PERIODS.index("flat")]
    if data["reference"] == "mean":
        return hourly / hourly.mean()
    raise InputError(f"{site.directory / 'tariff.yaml'}: reference '{data['reference']}' is neither flat nor mean")


def shape_price_ratio(shapes: Array, multiplier: Array) -> Array:
    """Price a load pays over the reference price: shapes [..., 8760] (summing to 1) and multiplier [8760] -> [...]."""
    return shapes @ multiplier


def generation_price_ratio(generation: Array, multiplier: Array) -> Array:
    """The same for what a plant generates, such as roof_pv [weather years, 8760] -> [weather years]."""
    return cast(Array, generation @ multiplier / generation.sum(axis=-1))


# ---------------------------------------------------------------------------------------------------------------- fit


def composite_load(shapes: Array, site: Site) -> Array:
    """The park's load of 2020 under each weather year [weather years, 8760], MW (park file: GWh by shape)."""
    energy = site.series("load.composite") * 1000.0
    return cast(Array, np.einsum("s,ysh->yh", energy, shapes))


def load_shape_report(park_dir: str | Path) -> list[dict[str, Any]]:
    """How near the park's composite load of 2020 (reference weather) comes to the province's.

    One dict a target: name, target, achieved, residual, row, grade.
    """
    site = read_site(park_dir)
    weather = load_weather(park_dir)
    reference = WeatherYears(*(series[:1] for series in weather))
    load = composite_load(load_shapes(reference, site), site)[0]
    by_hour = load.reshape(DAYS, HOURS_A_DAY).mean(axis=0) / load.reshape(DAYS, HOURS_A_DAY).sum(axis=1).mean()
    months = month_sums(load) / load.sum()
    achieved = {
        "load_factor": load.mean() / load.max(),
        "august": months[7],
        "peak_hour": by_hour.max(),
        "trough_hour": by_hour.min(),
    }
    pairs = [(name, f"load.targets.{name}", site.number(f"load.targets.{name}"), got) for name, got in achieved.items()]
    monthly = site.series("load.targets.months")
    pairs += [(f"month {m + 1}", "load.targets.months", float(monthly[m]), months[m]) for m in range(12)]
    return [
        {
            "name": name,
            "target": target,
            "achieved": round(float(got), 4),
            "residual": round(float(got) - target, 4),
            "row": site.parameters[key].row,
            "grade": site.parameters[key].grade,
        }
        for name, key, target, got in pairs
    ]
