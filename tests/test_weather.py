"""Weather years: fitted to the site's climate and farms, plausible from hour to hour, and clear about bad files."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from agents.errors import InputError
from sim.weather import (
    DAYS,
    HOURS_A_DAY,
    MONTH_DAYS,
    STEPS,
    WeatherYears,
    calibration_report,
    load_weather,
    make_weather,
    month_sums,
    read_site,
    read_weather_file,
)

PARK = Path(__file__).parent.parent / "parks" / "meishan"
SITE = read_site(PARK)
WEATHER = load_weather(PARK)
RESOURCES = WeatherYears._fields[1:]
FARM_HOURS = {"fuquanshan": 2444.0, "chuanshan": 2281.0}  # rows wind_fuquan_flh, wind_chuan_flh


def lag_correlation(series: np.ndarray, lag: int) -> float:
    """Correlation [years, n] with itself ``lag`` steps earlier, over all years."""
    return float(np.corrcoef(series[:, :-lag].ravel(), series[:, lag:].ravel())[0, 1])


def test_at_least_forty_years_of_8760_hours_without_gaps():
    for name, series in WEATHER._asdict().items():
        assert series.shape[0] >= 40 and series.shape[1] == 8760, name
        assert series.dtype == np.float64 and series.flags.c_contiguous, name
        assert np.isfinite(series).all(), name


@pytest.mark.parametrize("name", RESOURCES)
def test_capacity_factors_lie_between_zero_and_one(name):
    series = getattr(WEATHER, name)
    assert series.min() >= 0.0 and series.max() <= 1.0
    assert series.max() > 0.6, "a plant comes near its rating in some hour"


@pytest.mark.parametrize("farm", FARM_HOURS)
def test_legacy_farms_have_their_full_load_hours(farm):
    hours = WEATHER.onshore_wind.sum(axis=1) * SITE.number(f"farms.{farm}.factor")
    assert SITE.number(f"farms.{farm}.hours") == FARM_HOURS[farm]
    assert hours.mean() == pytest.approx(FARM_HOURS[farm], rel=0.05)
    assert hours[0] == pytest.approx(FARM_HOURS[farm], rel=0.05)


@pytest.mark.parametrize("name", ["roof_pv", "ground_pv"])
def test_pv_generates_about_a_thousand_hours(name):
    assert getattr(WEATHER, name).sum(axis=1).mean() == pytest.approx(1000.0, rel=0.05)


def test_monthly_temperature_and_irradiation_follow_the_climate():
    monthly = month_sums(WEATHER.temperature).mean(axis=0) / (MONTH_DAYS * HOURS_A_DAY)
    assert np.allclose(monthly, SITE.series("temperature.mean"), rtol=0.10)
    rows = [row for row in calibration_report(PARK) if row["constant"] == "radiation.ghi"]
    assert len(rows) == 12
    for row in rows:
        assert abs(row["relative_residual"]) < 0.10, row["fitted_to"]


def test_reference_year_is_close_to_the_long_term_mean():
    for name in RESOURCES:
        hours = getattr(WEATHER, name).sum(axis=1)
        assert hours[0] == pytest.approx(hours.mean(), rel=0.02), name
    assert WEATHER.temperature[0].mean() == pytest.approx(WEATHER.temperature.mean(), abs=0.3)


def test_weather_persists_from_hour_to_hour_and_day_to_day():
    assert 0.98 < lag_correlation(WEATHER.temperature, 1) < 0.999
    for name in ("onshore_wind", "nearshore_wind"):
        assert 0.90 < lag_correlation(getattr(WEATHER, name), 1) < 0.98, name
        assert 0.15 < lag_correlation(getattr(WEATHER, name), 24) < 0.50, name
    # Day-to-day sun, less its season: some memory, far from fixed.
    daily = WEATHER.roof_pv.reshape(-1, DAYS, HOURS_A_DAY).sum(axis=2)
    assert 0.2 < lag_correlation(daily - daily.mean(axis=0), 1) < 0.6


def test_years_differ_as_real_years_do():
    """Bands from common experience of wind and PV yields; the site has no long record to fit."""
    for name, low, high in (("onshore_wind", 0.04, 0.11), ("nearshore_wind", 0.04, 0.10), ("roof_pv", 0.02, 0.06)):
        hours = getattr(WEATHER, name)[1:].sum(axis=1)
        assert low < hours.std(ddof=1) / hours.mean() < high, name
    assert 0.25 < WEATHER.temperature[1:].mean(axis=1).std(ddof=1) < 0.8


def test_signs_of_season_and_day():
    by_hour = WEATHER.roof_pv.reshape(-1, DAYS, HOURS_A_DAY).mean(axis=(0, 1))
    assert by_hour[[22, 23, 0, 1, 2, 3]].max() == 0.0, "no sun at night"
    assert by_hour.argmax() in (11, 12), "PV peaks at noon"
    wind = month_sums(WEATHER.onshore_wind).mean(axis=0) / MONTH_DAYS
    assert wind[[0, 11]].min() > wind[[4, 5]].max(), "winter is windier than early summer"
    assert month_sums(WEATHER.roof_pv).mean(axis=0).argmax() == 6, "July is sunniest"
    sun = WEATHER.roof_pv.reshape(-1, HOURS_A_DAY).sum(axis=1)
    breeze = WEATHER.onshore_wind.reshape(-1, HOURS_A_DAY).sum(axis=1)
    assert -0.4 < np.corrcoef(sun, breeze)[0, 1] < 0.0, "cloudy days are windier"
    assert 0.4 < np.corrcoef(WEATHER.onshore_wind.ravel(), WEATHER.nearshore_wind.ravel())[0, 1] < 0.9


def test_same_seed_gives_the_stored_years_and_another_seed_does_not():
    seed = int(SITE.number("weather.seed"))
    made = make_weather(SITE, years=2, seed=seed)
    for name, (step, _) in STEPS.items():
        assert np.abs(getattr(made, name) - getattr(WEATHER, name)[:2]).max() <= 0.51 * step, name
    other = make_weather(SITE, years=1, seed=seed + 1)
    assert not np.array_equal(other.onshore_wind[0], made.onshore_wind[0])
    assert other.onshore_wind.sum() == pytest.approx(made.onshore_wind[0].sum(), rel=0.02), "reference years agree"


def test_stored_file_is_small_and_quick_to_read():
    assert (PARK / "weather.npz").stat().st_size < 1.9e6
    times = []
    for _ in range(5):
        start = time.perf_counter()
        load_weather(PARK)
        times.append(time.perf_counter() - start)
    assert min(times) < 0.05


def test_reading_needs_neither_pvlib_nor_pandas():
    code = (
        "import sys; from sim.weather import load_weather; load_weather(sys.argv[1]); "
        "print([m for m in ('pvlib', 'windpowerlib', 'pandas', 'scipy') if m in sys.modules])"
    )
    root = PARK.parent.parent
    done = subprocess.run([sys.executable, "-c", code, str(PARK)], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_report_names_every_fit_with_row_and_grade():
    rows = calibration_report(PARK)
    assert {"wind.onshore.mean_speed", "pv.roof.losses", "temperature.mean"} <= {row["constant"] for row in rows}
    for row in rows:
        assert row["row"] and row["grade"] in "ABCD"
        assert row["achieved"] == pytest.approx(row["target"] + row["residual"], abs=1e-9)


# ---------------------------------------------------------------------------------------------------- a user's file


def user_rows() -> list[list[str]]:
    """A plausible year: hour, temperature, ghi, wind_speed."""
    hour = np.arange(8760)
    sun = np.maximum(0.0, np.cos(2 * np.pi * (hour % 24 + 0.5 - 12) / 24)) * 500
    sun[(hour % 24 < 7) | (hour % 24 > 16)] = 0.0
    return [[str(h), "18.5", f"{s:.1f}", f"{4 + h % 5}"] for h, s in zip(hour, sun, strict=True)]


def write_csv(path: Path, rows: list[list[str]], header: str = "hour,temperature,ghi,wind_speed") -> Path:
    path.write_text("\n".join([header, *(",".join(row) for row in rows)]) + "\n", encoding="utf-8")
    return path


def test_a_users_csv_becomes_one_weather_year(tmp_path):
    weather = read_weather_file(write_csv(tmp_path / "own.csv", user_rows()), SITE)
    assert weather.temperature.shape == (1, 8760) and weather.temperature[0, 0] == 18.5
    for name in RESOURCES:
        series = getattr(weather, name)
        assert np.isfinite(series).all() and series.min() >= 0.0 and series.max() <= 1.0, name
        assert 500 < series.sum() < 6000, name


def test_a_users_epw_is_read(tmp_path):
    lines = [f"header {n}" for n in range(8)]
    for hour, temperature, ghi, wind in user_rows():
        fields = ["0"] * 35
        fields[3], fields[6], fields[13], fields[21] = str(int(hour) % 24 + 1), temperature, ghi, wind
        lines.append(",".join(fields))
    path = tmp_path / "own.epw"
    path.write_text("\n".join(lines), encoding="utf-8")
    epw = read_weather_file(path, SITE)
    same = read_weather_file(write_csv(tmp_path / "own.csv", user_rows()), SITE)
    assert all(np.array_equal(a, b) for a, b in zip(epw, same, strict=True))
    lines[8 + 10] = lines[8 + 10].replace("18.5", "99.9")
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(InputError, match=r"own\.epw, row 19, column 'temperature': no value"):
        read_weather_file(path, SITE)


def test_every_problem_of_a_file_is_named_at_once(tmp_path):
    rows = user_rows()[:8000]
    rows[2][1], rows[5][2], rows[7][3] = "", "9000", "calm"
    with pytest.raises(InputError) as caught:
        read_weather_file(write_csv(tmp_path / "bad.csv", rows), SITE)
    text = str(caught.value)
    assert "8000 rows of data, expected 8760" in text
    assert "bad.csv, row 4, column 'temperature': no value" in text
    assert "row 7, column 'ghi': 9000 W/m2 is outside 0 to 1400" in text
    assert "row 9, column 'wind_speed': no value ('calm')" in text
    assert len(caught.value.problems) == 4


def test_a_missing_column_wrong_hours_and_a_foreign_clock_are_named(tmp_path):
    rows = user_rows()
    path = write_csv(tmp_path / "column.csv", rows, "hour,temp,ghi,wind_speed")
    with pytest.raises(InputError, match=r"no column 'temperature' \(found: hour, temp, ghi, wind_speed\)"):
        read_weather_file(path, SITE)
    shuffled = [*rows[:100], rows[101], rows[100], *rows[102:]]
    with pytest.raises(InputError, match="row 102, column 'hour': '101', expected 100"):
        read_weather_file(write_csv(tmp_path / "hours.csv", shuffled), SITE)
    moved = [[row[0], row[1], rows[(n + 8) % 8760][2], row[3]] for n, row in enumerate(rows)]
    with pytest.raises(InputError, match="while the sun is down"):
        read_weather_file(write_csv(tmp_path / "utc.csv", moved), SITE)
    with pytest.raises(InputError, match="no such file"):
        read_weather_file(tmp_path / "none.csv", SITE)


def test_a_misspelt_or_incomplete_site_key_is_named(tmp_path):
    with pytest.raises(InputError, match=r"no key 'wind.onshore.hub_hight'; did you mean 'wind.onshore.hub_height'"):
        SITE.number("wind.onshore.hub_hight")
    (tmp_path / "site.yaml").write_text("site:\n  latitude: {value: 1, unit: deg}\n", encoding="utf-8")
    with pytest.raises(InputError, match="'site.latitude': missing"):
        read_site(tmp_path)
