"""Load shapes and tariffs: every shape spreads exactly one year's energy, heat and cold follow the weather."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from agents.axes import SHAPES, Shape
from agents.errors import InputError
from sim.shapes import (
    PERIODS,
    composite_load,
    felt_temperature,
    generation_price_ratio,
    is_weekend,
    load_shape_report,
    load_shapes,
    read_profiles,
    shape_price_ratio,
    tariff_multiplier,
    tariff_periods,
)
from sim.weather import DAYS, HOUR_OF_DAY, HOURS_A_DAY, MONTH_OF_HOUR, Site, load_weather, month_sums, read_site

PARK = Path(__file__).parent.parent / "parks" / "meishan"
SITE = read_site(PARK)
WEATHER = load_weather(PARK)
SHAPE = load_shapes(WEATHER, SITE)
STRUCTURES = ("2020", "2026")


def test_every_shape_of_every_weather_year_sums_to_one():
    assert SHAPE.shape == (WEATHER.temperature.shape[0], SHAPES, 8760)
    assert SHAPE.dtype == np.float64 and SHAPE.flags.c_contiguous
    assert np.isfinite(SHAPE).all() and SHAPE.min() >= 0.0
    assert np.abs(SHAPE.sum(axis=2) - 1.0).max() < 1e-12


def test_heating_and_cooling_follow_felt_degrees():
    felt = felt_temperature(WEATHER.temperature, SITE.number("load.thermal_memory"))
    assert SHAPE[:, Shape.HEATING][felt >= SITE.number("load.heating_base")].max() == 0.0
    assert SHAPE[:, Shape.COOLING][felt <= SITE.number("load.cooling_base")].max() == 0.0
    months = month_sums(SHAPE)
    assert months[:, Shape.HEATING, 5:9].max() < 0.01, "no heating in summer"
    assert months[:, Shape.COOLING, [0, 1, 11]].max() < 0.01, "no cooling in winter"
    assert (months[:, Shape.COOLING, 6:8].sum(axis=1) > 0.5).all(), "July and August carry most cooling"


def test_felt_temperature_lags_and_keeps_the_mean():
    felt = felt_temperature(WEATHER.temperature, 18.0)
    assert np.abs(felt.mean(axis=1) - WEATHER.temperature.mean(axis=1)).max() < 0.1
    assert felt.std() < WEATHER.temperature.std()
    nearly = felt_temperature(WEATHER.temperature[:1], 0.01)
    assert np.allclose(nearly, WEATHER.temperature[:1])


def test_weather_moves_only_what_answers_to_weather():
    spread = SHAPE.std(axis=0).max(axis=1)
    moving = {Shape.HEATING, Shape.COOLING, Shape.COLD_STORE}
    for shape in Shape:
        assert (spread[shape] > 1e-9) == (shape in moving), shape.name


def test_weekends_and_nights():
    weekend = is_weekend(SITE)
    assert weekend.sum() in (104 * 24, 105 * 24)
    assert not weekend[: 3 * 24].any() and weekend[3 * 24 : 5 * 24].all(), "1 January 2020 was a Wednesday"
    share = SHAPE[0]
    for shape in (Shape.INDUSTRY, Shape.COMMERCE):
        assert share[shape, weekend].mean() < share[shape, ~weekend].mean(), shape.name
    by_hour = share.reshape(SHAPES, DAYS, HOURS_A_DAY).mean(axis=1)
    assert by_hour[Shape.HOUSING].argmax() in (19, 20, 21)
    assert by_hour[Shape.COMMERCE].argmin() < 6


def test_the_parks_composite_load_of_2020_resembles_the_province():
    achieved = {row["name"]: row["achieved"] for row in load_shape_report(PARK)}
    assert achieved["load_factor"] == pytest.approx(0.645, abs=0.035)  # row load_factor_zj
    assert achieved["august"] == pytest.approx(0.1031, abs=0.004)  # row load_month_aug
    assert achieved["peak_hour"] == pytest.approx(0.0481, abs=0.002)  # row load_hour_peak
    assert achieved["trough_hour"] == pytest.approx(0.0325, abs=0.001)  # row load_hour_trough
    load = composite_load(SHAPE, SITE)
    assert load.sum(axis=1) == pytest.approx(760_000.0), "MWh, reconciliation A"
    assert load.max(axis=1).mean() == pytest.approx(135.0, rel=0.05), "MW"
    assert set(MONTH_OF_HOUR[load.argmax(axis=1)]) <= {5, 6, 7, 8}, "the peak is a summer's"


@pytest.mark.parametrize("structure", STRUCTURES)
def test_every_hour_has_a_period_and_a_price(structure):
    periods, multiplier = tariff_periods(SITE, structure), tariff_multiplier(SITE, structure)
    assert periods.shape == multiplier.shape == (8760,)
    assert periods.min() >= 0 and periods.max() < len(PERIODS)
    assert (multiplier > 0.0).all()
    order = [multiplier[periods == p].mean() for p in range(len(PERIODS)) if (periods == p).any()]
    assert order == sorted(order, reverse=True), "sharp dearest, deep valley cheapest"


def test_midday_turns_from_peak_to_valley():
    noon = (HOUR_OF_DAY == 13) & (MONTH_OF_HOUR == 6)
    assert (tariff_periods(SITE, "2020")[noon] == PERIODS.index("peak")).all()
    assert (tariff_periods(SITE, "2026")[noon] == PERIODS.index("valley")).all()
    before, after = (generation_price_ratio(WEATHER.roof_pv, tariff_multiplier(SITE, s)) for s in STRUCTURES)
    assert (after < 0.85 * before).all(), "rooftop PV saves less per kWh"


def test_2026_multipliers_are_those_of_the_rows():
    multiplier = tariff_multiplier(SITE, "2026")
    assert sorted(set(multiplier)) == [0.2, 0.4, 1.0, 1.85, 2.05]
    evening = HOUR_OF_DAY == 20
    sharp = np.isin(MONTH_OF_HOUR + 1, [1, 7, 8, 12])
    assert (multiplier[evening & sharp] == 2.05).all() and (multiplier[evening & ~sharp] == 1.85).all()


def test_2020_price_is_over_the_mean_hour():
    assert tariff_multiplier(SITE, "2020").mean() == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("structure", STRUCTURES)
def test_price_ratios_are_weighted_means(structure):
    multiplier = tariff_multiplier(SITE, structure)
    ratio = shape_price_ratio(SHAPE, multiplier)
    assert ratio.shape == SHAPE.shape[:2]
    assert ratio[3, Shape.HOUSING] == pytest.approx(sum(SHAPE[3, Shape.HOUSING] * multiplier))
    assert ((ratio >= multiplier.min()) & (ratio <= multiplier.max())).all()
    assert (ratio[:, Shape.HOUSING] > ratio[:, Shape.PORT]).all(), "evening use is dearer than round the clock"
    flat = np.full((1, 8760), 1 / 8760)
    assert shape_price_ratio(flat, multiplier)[0] == pytest.approx(multiplier.mean())
    pv = generation_price_ratio(WEATHER.roof_pv, multiplier)
    assert pv.shape == (WEATHER.roof_pv.shape[0],)
    assert pv[0] == pytest.approx((WEATHER.roof_pv[0] * multiplier).sum() / WEATHER.roof_pv[0].sum())


def test_bad_profiles_and_tariffs_are_named(tmp_path):
    lines = (PARK / "shapes.csv").read_text(encoding="utf-8").splitlines()
    first = next(n for n, line in enumerate(lines) if line.startswith("weekday_hour,0"))
    bad = [*lines]
    bad[first] = bad[first].replace(",", ",x", 2).replace(",x", ",", 1)
    del bad[first + 5]
    (tmp_path / "shapes.csv").write_text("\n".join(bad), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_profiles(tmp_path / "shapes.csv")
    assert f"row {first + 1}, column 'industry'" in str(caught.value)
    assert "no row 'weekday_hour,5'" in str(caught.value)
    with pytest.raises(InputError, match="no structure '2062'"):
        tariff_periods(SITE, "2062")
    shutil.copy(PARK / "site.yaml", tmp_path / "site.yaml")
    text = (PARK / "tariff.yaml").read_text(encoding="utf-8").replace("hours: [7, 8, 9, 10, 14, 15, 23]", "hours: [7]")
    (tmp_path / "tariff.yaml").write_text(text, encoding="utf-8")
    site = Site(tmp_path, SITE.parameters)
    with pytest.raises(InputError, match=r"no period for hours \[8, 9, 10, 14, 15, 23\]"):
        tariff_periods(site, "2026")
