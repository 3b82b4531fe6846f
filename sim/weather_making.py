"""How a weather year is made: a seeded generator of hourly weather, and its conversion by pvlib and windpowerlib.

pvlib and windpowerlib know the sun, the modules and the turbines; the weather's texture (persistence, storms, spread)
is this module's own and only its means are fitted. Imported when weather is made, never when it is read.
"""

from __future__ import annotations

import math
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from agents.axes import HOURS
from sim.weather import (
    DAYS,
    HOUR_OF_DAY,
    HOURS_A_DAY,
    MONTH_DAYS,
    MONTH_OF_DAY,
    MONTH_OF_HOUR,
    Array,
    Site,
    WeatherYears,
    month_sums,
)


class Sun(NamedTuple):
    """The sun over the site, each [8760] at mid-hour: angles in degrees, irradiance in W/m2."""

    zenith: Array
    apparent_zenith: Array
    azimuth: Array
    dni_extra: Array
    clear_ghi: Array


class Elements(NamedTuple):
    """One year of weather before conversion, each [8760]: degC, W/m2, and m/s at each reference height."""

    temperature: Array
    ghi: Array
    onshore_speed: Array
    nearshore_speed: Array


def solar_geometry(site: Site) -> Sun:
    """Where the sun stands at mid-hour, and the clear sky (pvlib: NREL SPA, Ineichen-Perez)."""
    import pandas as pd
    import pvlib

    latitude, longitude, altitude = (site.number(f"site.{k}") for k in ("latitude", "longitude", "altitude"))
    start = pd.Timestamp(year=int(site.number("site.solar_year")), month=1, day=1, minute=30)
    times = pd.date_range(start, periods=HOURS, freq="h", tz="UTC") - pd.Timedelta(hours=site.number("site.utc_offset"))
    position = pvlib.solarposition.get_solarposition(times, latitude, longitude, altitude)
    zenith, apparent = position["zenith"].to_numpy(), position["apparent_zenith"].to_numpy()
    air_mass = pvlib.atmosphere.get_absolute_airmass(
        pvlib.atmosphere.get_relative_airmass(apparent), pvlib.atmosphere.alt2pres(altitude)
    )
    extra = pvlib.irradiance.get_extra_radiation(times).to_numpy()
    turbidity = site.series("radiation.linke_turbidity")[MONTH_OF_HOUR]
    with np.errstate(divide="ignore", invalid="ignore"):  # pvlib divides by altitude terms that vanish at night
        clear = pvlib.clearsky.ineichen(apparent, air_mass, turbidity, altitude, extra)["ghi"]
    return Sun(zenith, apparent, position["azimuth"].to_numpy(), extra, np.nan_to_num(clear))


def persistent(rng: np.random.Generator, e_folding: float) -> Array:
    """A Gaussian AR(1) series [8760] of unit variance whose memory fades by 1/e in ``e_folding`` hours."""
    from scipy.signal import lfilter

    memory = math.exp(-1.0 / e_folding)
    shocks = rng.standard_normal(HOURS)
    shocks[1:] *= math.sqrt(1.0 - memory**2)
    return cast(Array, lfilter([1.0], [1.0, -memory], shocks))


def normal_scores(values: Array, groups: NDArray[np.int64]) -> Array:
    """Replace values by the normal quantiles of their ranks inside each group: same order, textbook spread."""
    from scipy.special import ndtri

    out = np.empty_like(values)
    for group in np.unique(groups):
        member = groups == group
        ranks = np.argsort(np.argsort(values[member]))
        out[member] = ndtri((ranks + 0.5) / ranks.size)
    return out


def seasonal_curve(monthly: Array, harmonics: int) -> Array:
    """A smooth yearly curve [8760] whose monthly means are those given (least squares on Fourier terms)."""
    phase = 2 * np.pi * (np.arange(HOURS) + 0.5) / HOURS
    terms = [np.ones(HOURS)]
    for k in range(1, harmonics + 1):
        terms += [np.cos(k * phase), np.sin(k * phase)]
    basis = np.stack(terms)
    means = month_sums(basis) / (MONTH_DAYS * HOURS_A_DAY)
    return cast(Array, np.linalg.lstsq(means.T, monthly, rcond=None)[0] @ basis)


def clear_sky_index(
    site: Site, sun: Sun, rng: np.random.Generator, clearness: Array, reference: bool
) -> tuple[Array, Array]:
    """Hourly clear-sky index [8760] and the daily index over its monthly mean [8760] from the cloud process."""
    from scipy.special import betaincinv, ndtr

    monthly = site.series("radiation.ghi") * 1000.0 / month_sums(sun.clear_ghi)
    year_shift = rng.standard_normal() * site.number("radiation.year_sd") * (not reference)
    mean = np.clip(monthly * (1.0 + year_shift), 0.05, 0.95)[MONTH_OF_DAY]
    lags = np.abs(np.subtract.outer(np.arange(HOURS_A_DAY), np.arange(HOURS_A_DAY)))
    day_sd = math.sqrt(np.exp(-lags / site.number("radiation.cloud_persistence")).mean())
    day_score = clearness.reshape(DAYS, HOURS_A_DAY).mean(axis=1) / day_sd
    if reference:
        day_score = normal_scores(day_score, MONTH_OF_DAY)
    concentration = site.number("radiation.day_concentration")
    daily = betaincinv(mean * concentration, (1.0 - mean) * concentration, ndtr(day_score))[:, None]
    flicker = persistent(rng, site.number("radiation.hour_persistence")).reshape(DAYS, HOURS_A_DAY)
    hourly = np.clip(daily + 4.0 * daily * (1.0 - daily) * site.number("radiation.hour_sd") * flicker, 0.02, 1.1)
    clear = sun.clear_ghi.reshape(DAYS, HOURS_A_DAY)
    hourly *= daily * clear.sum(axis=1, keepdims=True) / (hourly * clear).sum(axis=1, keepdims=True)
    return hourly.ravel(), np.repeat(daily.ravel() / mean, HOURS_A_DAY)


def temperature_year(
    site: Site, rng: np.random.Generator, clearness: Array, relative_sun: Array, reference: bool
) -> Array:
    """Hourly temperature [8760], degC: season + year + weather systems tied to clouds + daily cycle."""
    season = seasonal_curve(site.series("temperature.mean"), int(site.number("temperature.harmonics")))
    correlation = site.series("temperature.cloud_correlation")[MONTH_OF_HOUR]
    own = persistent(rng, site.number("temperature.persistence"))
    score = correlation * clearness + np.sqrt(1.0 - correlation**2) * own
    year_shift = rng.standard_normal() * site.number("temperature.year_sd") * (not reference)
    if reference:
        score = normal_scores(score, MONTH_OF_HOUR)
    swing = 0.5 * site.series("temperature.daily_range")[MONTH_OF_HOUR] * site.number("temperature.range_scale")
    swing *= 1.0 + site.number("temperature.cloud_range") * (relative_sun - 1.0)
    clock = np.cos(2 * np.pi * (HOUR_OF_DAY + 0.5 - site.number("temperature.warmest_hour")) / HOURS_A_DAY)
    return season + year_shift + site.series("temperature.synoptic_sd")[MONTH_OF_HOUR] * score + swing * clock


def wind_speed_year(site: Site, place: str, score: Array, year_factor: float) -> Array:
    """Hourly wind speed [8760], m/s at the reference height: Weibull marginal, month and hour of day."""
    from scipy.special import log_ndtr

    shape = site.number(f"wind.{place}.weibull_shape")
    scale = site.number(f"wind.{place}.mean_speed") / math.gamma(1.0 + 1.0 / shape)
    months = site.series("wind.month_factor")
    months = months / (months @ MONTH_DAYS / DAYS)
    clock = HOUR_OF_DAY + 0.5 - site.number(f"wind.{place}.windiest_hour")
    day = 1.0 + site.number(f"wind.{place}.diurnal_amplitude") * np.cos(2 * np.pi * clock / HOURS_A_DAY)
    return cast(Array, year_factor * scale * (-log_ndtr(-score)) ** (1.0 / shape) * months[MONTH_OF_HOUR] * day)


def typhoons(site: Site, rng: np.random.Generator) -> tuple[Array, Array]:
    """Wind speed nearshore [8760], m/s, and share of sun taken [8760] of this year's storms."""
    number = lambda key: site.number(f"wind.typhoon.{key}")  # noqa: E731
    speed, shade = np.zeros(HOURS), np.zeros(HOURS)
    for _ in range(rng.poisson(number("rate"))):
        centre = rng.uniform(number("first_day"), number("last_day")) * HOURS_A_DAY
        bell = np.exp(-0.5 * ((np.arange(HOURS) - centre) / number("half_width")) ** 2)
        speed = np.maximum(speed, rng.uniform(number("low_peak"), number("high_peak")) * bell)
        shade = np.maximum(shade, number("cloud") * bell)
    return speed, shade


def make_elements(site: Site, sun: Sun, year: int, seed: int) -> Elements:
    """The weather of one year: a pure function of (site, seed, year). Year 0 is the reference year: no shift of the
    whole year, no typhoon, and every month has the textbook spread of its distributions."""
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence(seed, spawn_key=(year,))))
    reference = year == 0
    clearness = persistent(rng, site.number("radiation.cloud_persistence"))
    index, relative_sun = clear_sky_index(site, sun, rng, clearness, reference)
    temperature = temperature_year(site, rng, clearness, relative_sun, reference)

    def mix(share: float, first: Array, second: Array) -> Array:
        return share * first + math.sqrt(1.0 - share**2) * second

    slow, fast = site.number("wind.slow_persistence"), site.number("wind.fast_persistence")
    ridge = mix(site.number("wind.cloud_correlation"), clearness, persistent(rng, slow))
    sea = mix(site.number("wind.site_correlation"), ridge, persistent(rng, slow))
    weight = math.sqrt(site.number("wind.slow_share"))
    scores = [mix(weight, slow_part, persistent(rng, fast)) for slow_part in (ridge, sea)]
    factor = math.exp(rng.standard_normal() * site.number("wind.year_sd") * (not reference))
    storm, shade = typhoons(site, rng)
    if reference:
        scores = [normal_scores(score, MONTH_OF_HOUR) for score in scores]
        storm, shade = np.zeros(HOURS), np.zeros(HOURS)
    onshore, nearshore = (
        wind_speed_year(site, place, score, factor)
        for place, score in zip(("onshore", "nearshore"), scores, strict=True)
    )
    onshore = np.maximum(onshore, storm * site.number("wind.typhoon.onshore_ratio"))
    return Elements(temperature, sun.clear_ghi * index * (1.0 - shade), onshore, np.maximum(nearshore, storm))


def pv_power(site: Site, sun: Sun, array: str, weather: Elements) -> Array:
    """Capacity factor [8760] of a PV array: Erbs, Hay-Davies, Sandia module temperature, PVWatts (pvlib)."""
    import pvlib

    day_of_year = np.repeat(np.arange(1, DAYS + 1), HOURS_A_DAY)
    parts = pvlib.irradiance.erbs(weather.ghi, sun.zenith, day_of_year)
    plane = pvlib.irradiance.get_total_irradiance(
        site.number(f"pv.{array}.tilt"),
        site.number(f"pv.{array}.azimuth"),
        sun.apparent_zenith,
        sun.azimuth,
        parts["dni"],
        weather.ghi,
        parts["dhi"],
        dni_extra=sun.dni_extra,
        albedo=site.number("pv.albedo"),
        model="haydavies",
    )["poa_global"]
    plane = np.nan_to_num(np.where(sun.apparent_zenith < 90.0, plane, 0.0))
    breeze = weather.nearshore_speed * (
        site.number("wind.file.height") / site.number("wind.nearshore.reference_height")
    ) ** site.number("wind.shear")
    mounting = pvlib.temperature.TEMPERATURE_MODEL_PARAMETERS["sapm"][site.text(f"pv.{array}.mounting")]
    cell = pvlib.temperature.sapm_cell(plane, weather.temperature, breeze, **mounting)
    direct = pvlib.pvsystem.pvwatts_dc(plane, cell, 1.0, site.number("pv.temperature_coefficient"))
    direct *= 1.0 - site.number(f"pv.{array}.losses")
    efficiency = site.number("pv.inverter_efficiency")
    limit = 1.0 / site.number("pv.dc_ac_ratio") / efficiency  # the inverter's rating on its DC side
    return cast(Array, np.clip(pvlib.inverter.pvwatts(direct, limit, eta_inv_nom=efficiency), 0.0, 1.0))


def wind_power(site: Site, place: str, speed: Array, temperature: Array) -> Array:
    """Capacity factor [8760] of a wind farm: shear to the hub, air density, farm-smoothed curve (windpowerlib)."""
    import windpowerlib
    from pvlib.atmosphere import alt2pres

    hub = site.number(f"wind.{place}.hub_height")
    altitude = site.number(f"wind.{place}.altitude")
    turbine = windpowerlib.WindTurbine(hub_height=hub, turbine_type=site.text(f"wind.{place}.turbine"))
    curve = windpowerlib.power_curves.smooth_power_curve(
        turbine.power_curve["wind_speed"],
        turbine.power_curve["value"] / turbine.nominal_power,
        turbulence_intensity=site.number("wind.turbulence_intensity"),
    )
    at_hub = windpowerlib.wind_speed.hellman(
        speed, site.number(f"wind.{place}.reference_height"), hub, hellman_exponent=site.number("wind.shear")
    )
    density = windpowerlib.density.ideal_gas(alt2pres(altitude), altitude, altitude + hub, temperature + 273.15)
    power = windpowerlib.power_output.power_curve(
        at_hub, curve["wind_speed"], curve["value"], density=density, density_correction=True
    )
    return cast(Array, np.clip(power * site.number(f"wind.{place}.efficiency"), 0.0, 1.0))


def convert(site: Site, sun: Sun, years: list[Elements]) -> WeatherYears:
    """Weather into capacity factors, one row a year."""
    rows = [
        (
            year.temperature,
            pv_power(site, sun, "roof", year),
            pv_power(site, sun, "ground", year),
            wind_power(site, "onshore", year.onshore_speed, year.temperature),
            wind_power(site, "nearshore", year.nearshore_speed, year.temperature),
        )
        for year in years
    ]
    return WeatherYears(*(np.ascontiguousarray(column) for column in zip(*rows, strict=True)))


def elements_of_file(site: Site, temperature: Array, ghi: Array, wind_speed: Array) -> Elements:
    """A user's weather [8760] as elements: wind goes from the file's height to each farm's by shear and speed-up."""

    def speed(place: str) -> Array:
        height = site.number(f"wind.{place}.reference_height") / site.number("wind.file.height")
        return wind_speed * height ** site.number("wind.shear") * site.number(f"wind.file.{place}_speedup")

    return Elements(temperature, ghi, speed("onshore"), speed("nearshore"))
