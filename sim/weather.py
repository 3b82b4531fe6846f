"""Weather years of a park: hourly temperature and the capacity factors of its PV and wind.

Made once a park with pvlib and windpowerlib (``python -m sim.weather parks/meishan``), stored, and only read by the
model. An hour is labelled by its beginning, local time; a year has 8,760 hours. Method, fit, limits: docs/weather.md.
"""

from __future__ import annotations

import csv
import math
import sys
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple, cast
from zipfile import BadZipFile

import numpy as np
import yaml
from numpy.typing import NDArray

from agents.axes import HOURS
from agents.errors import InputError, nearest
from sim.park_tables import YamlLoader

Array = NDArray[np.float64]

DAYS, HOURS_A_DAY = 365, 24
MONTH_DAYS = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
MONTH_OF_DAY = np.repeat(np.arange(12), MONTH_DAYS)
MONTH_OF_HOUR = np.repeat(MONTH_OF_DAY, HOURS_A_DAY)
HOUR_OF_DAY = np.tile(np.arange(HOURS_A_DAY), DAYS)
FILE_NAME = "weather.npz"
# Storage: 16-bit steps from an offset; steps are far below the error of the weather itself.
STEPS = {"temperature": (0.1, -60.0)} | dict.fromkeys(
    ("roof_pv", "ground_pv", "onshore_wind", "nearshore_wind"), (0.002, 0.0)
)


@dataclass(frozen=True)
class Parameter:
    """One value of site.yaml with its unit, evidence row and grade (A official .. D assumption)."""

    value: Any
    unit: str
    row: str
    grade: str
    note: str = ""


@dataclass(frozen=True)
class Site:
    """A park's site: its folder and its parameters by dotted key, such as ``wind.onshore.hub_height``."""

    directory: Path
    parameters: Mapping[str, Parameter]

    def _value(self, key: str) -> Any:
        if key not in self.parameters:
            raise InputError(f"{self.directory / 'site.yaml'}: no key '{key}'{nearest(key, self.parameters)}")
        return self.parameters[key].value

    def number(self, key: str) -> float:
        """The value of one key as a float."""
        return float(self._value(key))

    def text(self, key: str) -> str:
        """The value of one key as text."""
        return str(self._value(key))

    def series(self, key: str) -> Array:
        """The value of one key as a vector, such as twelve months."""
        return np.asarray(self._value(key), dtype=np.float64)


class WeatherYears(NamedTuple):
    """Hourly weather, each float64 [years, 8760], C-ordered. Year 0 is the reference year, close to the long-term mean.

    temperature: degC at 2 m. The others: capacity factors, 0..1 of rated power, at the meter, losses included.
    """

    temperature: Array
    roof_pv: Array
    ground_pv: Array
    onshore_wind: Array
    nearshore_wind: Array


def read_site(park_dir: str | Path) -> Site:
    """The parameters of ``site.yaml`` in a park folder.

    Raises:
        InputError: when the file is missing or a leaf lacks value, unit, row or grade.
    """
    path = Path(park_dir) / "site.yaml"
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    parameters: dict[str, Parameter] = {}
    problems: list[str] = []

    def walk(node: Any, key: str) -> None:
        if not isinstance(node, dict):
            problems.append(f"{path}: '{key}' must be a mapping with value, unit, row and grade")
        elif "value" in node:
            try:
                parameters[key] = Parameter(**node)
            except TypeError as error:
                problems.append(f"{path}: '{key}': {str(error).removeprefix('Parameter.__init__() ')}")
        else:
            for name, child in node.items():
                walk(child, f"{key}.{name}" if key else str(name))

    try:
        walk(yaml.load(path.read_text(encoding="utf-8"), YamlLoader), "")
    except yaml.YAMLError as error:
        raise InputError(f"{path}: {error}") from error
    if problems:
        raise InputError(problems)
    return Site(Path(park_dir), parameters)


def load_weather(path: str | Path) -> WeatherYears:
    """The stored weather years of a ``weather.npz`` or of the park folder that holds it. Needs numpy only."""
    path = Path(path)
    path = path / FILE_NAME if path.is_dir() else path
    if not path.is_file():
        raise InputError(f"{path}: no such file; make it with 'python -m sim.weather {path.parent}'")
    try:
        with np.load(path) as stored:
            missing = [name for name in STEPS if name not in stored]
            if missing:
                raise InputError([f"{path}: no array '{name}'" for name in missing])
            arrays = {name: stored[name] for name in STEPS}
    except (OSError, ValueError, EOFError, BadZipFile, zlib.error) as error:
        raise InputError(f"{path}: truncated or damaged, not a file of stored weather years ({error})") from error
    problems = _array_faults(path, arrays)
    if problems:
        raise InputError(problems)
    # Hourly differences, wrapping at 2**16, compress better than the values themselves.
    steps: dict[str, Any] = {name: np.cumsum(array, axis=1, dtype=np.uint16) for name, array in arrays.items()}
    return WeatherYears(**{name: steps[name] * step + low for name, (step, low) in STEPS.items()})


def _array_faults(path: Path, arrays: Mapping[str, Any]) -> list[str]:
    """Stored arrays that are not whole numbers [years, 8760], with the same number of years in all."""
    years = {array.shape[0] for array in arrays.values() if array.ndim == 2}
    expected = f"expected [{min(years, default=1)}, {HOURS}]"
    return [
        f"{path}: array '{name}' is {list(array.shape)} of {array.dtype}, {expected} of uint16"
        for name, array in arrays.items()
        if array.ndim != 2 or array.shape != (min(years), HOURS) or array.dtype != np.uint16 or array.shape[0] < 1
    ]


def park_weather(park_dir: str | Path, name: str, site: Site) -> WeatherYears:
    """The weather of a park: its stored years, or the one year of the user's own EPW or CSV file named in park.yaml."""
    path = Path(park_dir) / name
    return load_weather(path) if path.suffix == ".npz" else read_weather_file(path, site)


def store_weather(path: str | Path, weather: WeatherYears, ghi: Array) -> None:
    """Write weather years, quantised, and their monthly irradiation ghi [years, 12] in kWh/m2."""
    arrays: dict[str, Any] = {}
    for name, (step, low) in STEPS.items():
        steps = np.rint((getattr(weather, name) - low) / step).astype(np.uint16)
        arrays[name] = np.diff(steps, axis=1, prepend=np.uint16(0))
    np.savez_compressed(path, ghi_month=ghi.astype(np.float32), **arrays)


def month_sums(hourly: Array) -> Array:
    """Sums by month: [..., 8760] -> [..., 12]."""
    first = np.concatenate(([0], np.cumsum(MONTH_DAYS)[:-1])) * HOURS_A_DAY
    return cast(Array, np.add.reduceat(hourly, first, axis=-1))


def _check_libraries() -> None:
    missing = [name for name in ("pvlib", "windpowerlib") if find_spec(name) is None]
    if missing:
        raise ImportError(f"making weather needs {' and '.join(missing)}: pip install 'lingtan[weather]'")


def make_weather(site: Site, years: int, seed: int) -> WeatherYears:
    """Synthetic weather years of a site: year y depends on (site, seed, y) alone, so fewer years are a prefix of more.

    Needs pvlib and windpowerlib (``pip install lingtan[weather]``); about 0.2 s a year.
    """
    _check_libraries()
    from sim.weather_making import convert, make_elements, solar_geometry

    sun = solar_geometry(site)
    return convert(site, sun, [make_elements(site, sun, year, seed) for year in range(years)])


def make_file(park_dir: str | Path) -> Path:
    """Make the weather years of a park from its site.yaml and store them beside it."""
    _check_libraries()
    from sim.weather_making import convert, make_elements, solar_geometry

    site = read_site(park_dir)
    years, seed = int(site.number("weather.years")), int(site.number("weather.seed"))
    sun = solar_geometry(site)
    elements = [make_elements(site, sun, year, seed) for year in range(years)]
    ghi = month_sums(np.stack([year.ghi for year in elements])) / 1000.0
    path = Path(park_dir) / FILE_NAME
    store_weather(path, convert(site, sun, elements), ghi)
    return path


def _report_row(site: Site, constant: str, fitted_to: str, target: float, achieved: float) -> dict[str, Any]:
    parameter = site.parameters[constant]
    return {
        "constant": constant,
        "value": parameter.value,
        "unit": parameter.unit,
        "row": parameter.row,
        "grade": parameter.grade,
        "fitted_to": fitted_to,
        "target": target,
        "achieved": round(achieved, 3),
        "residual": round(achieved - target, 3),
        "relative_residual": None if "degC" in fitted_to else round(achieved / target - 1.0, 4),
    }


def calibration_report(park_dir: str | Path) -> list[dict[str, Any]]:
    """What every calibrated constant of site.yaml was fitted to, and how far the stored years are from it.

    One dict a target: constant, value, unit, row, grade, fitted_to, target, achieved, residual (achieved - target) and
    relative_residual (None for temperatures). Hours are means over all stored years.
    """
    site, weather = read_site(park_dir), load_weather(park_dir)
    with np.load(Path(park_dir) / FILE_NAME) as stored:
        ghi = stored["ghi_month"].mean(axis=0)
    hours = {name: float(getattr(weather, name).sum(axis=1).mean()) for name in WeatherYears._fields}
    farms = sorted({key.split(".")[1] for key in site.parameters if key.startswith("farms.")})
    capacity = np.array([site.number(f"farms.{farm}.capacity") for farm in farms])
    farm_hours = np.array([site.number(f"farms.{farm}.hours") for farm in farms])
    mean_hours = float(capacity @ farm_hours / capacity.sum())
    rows = [_report_row(site, "wind.onshore.mean_speed", "mean hours of the farms", mean_hours, hours["onshore_wind"])]
    for farm, target in zip(farms, farm_hours, strict=True):
        achieved = hours["onshore_wind"] * site.number(f"farms.{farm}.factor")
        rows.append(_report_row(site, f"farms.{farm}.factor", f"hours of {farm}", float(target), achieved))
    target = site.number("wind.nearshore.target_hours")
    rows.append(_report_row(site, "wind.nearshore.mean_speed", "nearshore hours", target, hours["nearshore_wind"]))
    for array in ("roof", "ground"):
        target, achieved = site.number("pv.target_hours"), hours[f"{array}_pv"]
        rows.append(_report_row(site, f"pv.{array}.losses", f"{array} PV hours", target, achieved))
    temperature = month_sums(weather.temperature).mean(axis=0) / (MONTH_DAYS * HOURS_A_DAY)
    for month in range(12):
        target = float(site.series("temperature.mean")[month])
        name = f"mean temperature of month {month + 1}, degC"
        rows.append(_report_row(site, "temperature.mean", name, target, float(temperature[month])))
        target, name = float(site.series("radiation.ghi")[month]), f"irradiation of month {month + 1}, kWh/m2"
        rows.append(_report_row(site, "radiation.ghi", name, target, float(ghi[month])))
    return rows


# A user's own file: unit, lowest and highest value taken, column in an EPW file (from 0), EPW's mark for "missing".
FILE_COLUMNS = {
    "temperature": ("degC", -40.0, 50.0, 6, 99.9),
    "ghi": ("W/m2", 0.0, 1400.0, 13, 9999.0),
    "wind_speed": ("m/s", 0.0, 75.0, 21, 999.0),
}
EPW_HEADER_LINES, MOST_PROBLEMS = 8, 25
DARK_ZENITH, MOST_DARK_SUN = 95.0, 0.02  # degrees; share of a year's sunshine that may fall beyond them


def _read_rows(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Column names and (line number, cells) of a CSV or EPW file."""
    with path.open(newline="", encoding="utf-8-sig", errors="replace") as stream:
        lines = [(number, cells) for number, cells in enumerate(csv.reader(stream), start=1) if cells]
    if path.suffix.lower() == ".epw":
        width = max(column for _, _, _, column, _ in FILE_COLUMNS.values()) + 1
        names = [f"field {column}" for column in range(width)]
        for name, (_, _, _, column, _) in FILE_COLUMNS.items():
            names[column] = name
        return names, lines[EPW_HEADER_LINES:]
    if not lines:
        return [], []
    return [cell.strip() for cell in lines[0][1]], lines[1:]


def _read_column(
    path: Path, name: str, column: int, rows: list[tuple[int, list[str]]], problems: list[str]
) -> list[float]:
    """One column as numbers; what cannot be used goes to ``problems`` with file, row and column."""
    unit, low, high, _, gap = FILE_COLUMNS[name]
    values = []
    for line, cells in rows:
        text = cells[column].strip() if column < len(cells) else ""
        where = f"{path}, row {line}, column '{name}'"
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if math.isnan(value) or (path.suffix.lower() == ".epw" and value >= gap):
            problems.append(f"{where}: no value ('{text}')")
        elif not low <= value <= high:
            problems.append(f"{where}: {value:g} {unit} is outside {low:g} to {high:g}")
        values.append(value)
    return values


def read_weather_file(path: str | Path, site: Site) -> WeatherYears:
    """One weather year [1, 8760] from a user's own EPW or CSV file, converted as the synthetic years are.

    A CSV has 8,760 rows and the columns temperature (degC), ghi (W/m2, mean of the hour) and wind_speed (m/s at the
    height ``wind.file.height``); ``hour`` (0..8759) is optional and checked. Hours are local, labelled by their start.
    Wind reaches the farms by the site's shear and speed-up factors, which are assumptions of grade D.

    Raises:
        InputError: every problem at once (missing column, missing value, wrong length, out of range).
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    names, rows = _read_rows(path)
    problems = [f"{path}: no column '{name}' (found: {', '.join(names)})" for name in FILE_COLUMNS if name not in names]
    if len(rows) != HOURS:
        problems.append(f"{path}: {len(rows)} rows of data, expected {HOURS} (a year of 365 days by the hour)")
    columns = {
        name: _read_column(path, name, names.index(name), rows, problems) for name in FILE_COLUMNS if name in names
    }
    if "hour" in names:
        column = names.index("hour")
        for expected, (line, cells) in enumerate(rows):
            found = cells[column].strip() if column < len(cells) else ""
            if found not in (str(expected), f"{expected}.0"):
                problems.append(f"{path}, row {line}, column 'hour': '{found}', expected {expected}")
                break
    if len(problems) > MOST_PROBLEMS:
        problems = [*problems[:MOST_PROBLEMS], f"{path}: and {len(problems) - MOST_PROBLEMS} problems more"]
    if problems:
        raise InputError(problems)
    _check_libraries()
    from sim.weather_making import convert, elements_of_file, solar_geometry

    temperature, ghi, wind_speed = (np.array(columns[name]) for name in FILE_COLUMNS)
    sun = solar_geometry(site)
    dark = float(ghi[sun.zenith > DARK_ZENITH].sum() / max(ghi.sum(), 1.0))
    if dark > MOST_DARK_SUN:
        raise InputError(
            f"{path}, column 'ghi': {dark:.0%} of the sunshine falls while the sun is down at the site; hours must be "
            f"local time (UTC{site.number('site.utc_offset'):+g}), labelled by their start"
        )
    return convert(site, sun, [elements_of_file(site, temperature, ghi, wind_speed)])


def main(arguments: list[str]) -> int:
    """``python -m sim.weather parks/meishan``: make and store the weather years, print what they were fitted to."""
    if len(arguments) != 1:
        print("usage: python -m sim.weather PARK_FOLDER", file=sys.stderr)
        return 2
    path = make_file(arguments[0])
    print(f"{path}: {path.stat().st_size / 1e6:.2f} MB")
    for row in calibration_report(arguments[0]):
        print(
            f"{row['fitted_to']:40} target {row['target']:9.1f}  stored years {row['achieved']:9.1f}  ({row['grade']})"
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
