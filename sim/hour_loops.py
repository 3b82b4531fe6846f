"""Loops over the 8,760 hours of one run: what :mod:`sim.hours` is made of.

Each loop writes one or two arrays and reduces through 24 lanes, so that it runs in SIMD with the same bits as plain
Python. Power in MW, energy in MWh; arrays [8760] unless said otherwise.
"""

from __future__ import annotations

import numpy as np

from agents.axes import HOURS, MONTHS
from agents.compiled import rule
from agents.fields import Floats

HOURS_A_DAY, DAYS = 24, 365
MONTH_DAYS = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
PERIODS = 5  # storage is empty at the start and end of each 73-day period; five chains run side by side
PERIOD_HOURS = HOURS // PERIODS


@rule
def fill(target: Floats, value: float) -> None:
    """target = value throughout."""
    for position in range(target.shape[0]):
        target[position] = value


@rule
def add_scaled(target: Floats, values: Floats, factor: float) -> None:
    """target += factor * values, hour by hour."""
    for hour in range(HOURS):
        target[hour] += factor * np.float64(values[hour])


@rule
def scaled(values: Floats, factor: float, target: Floats) -> None:
    """target = factor * values, hour by hour."""
    for hour in range(HOURS):
        target[hour] = factor * np.float64(values[hour])


@rule
def count_below(values: Floats, limit: float) -> int:
    """Number of hours below a limit."""
    count = 0
    for hour in range(HOURS):
        count += 1 if values[hour] < limit else 0
    return count


@rule
def sum_by_month(values: Floats, lanes: Floats, out: Floats, column: int) -> float:
    """Write monthly sums into out[month, column]; returns the year's sum."""
    start, year_total = 0, 0.0
    for month in range(MONTHS):
        fill(lanes, 0.0)
        for _ in range(MONTH_DAYS[month]):
            for hour in range(HOURS_A_DAY):
                lanes[hour] += values[start + hour]
            start += HOURS_A_DAY
        total = 0.0
        for hour in range(HOURS_A_DAY):
            total += lanes[hour]
        out[month, column] = total
        year_total += total
    return year_total


@rule
def peak_by_month(values: Floats, lanes: Floats, out: Floats, column: int) -> float:
    """Write monthly maxima (of values >= 0) into out[month, column]; returns the year's maximum."""
    start, year_peak = 0, 0.0
    for month in range(MONTHS):
        fill(lanes, 0.0)
        for _ in range(MONTH_DAYS[month]):
            for hour in range(HOURS_A_DAY):
                value = values[start + hour]
                lanes[hour] = value if value > lanes[hour] else lanes[hour]
            start += HOURS_A_DAY
        peak = 0.0
        for hour in range(HOURS_A_DAY):
            peak = lanes[hour] if lanes[hour] > peak else peak
        out[month, column] = peak
        year_peak = peak if peak > year_peak else year_peak
    return year_peak


@rule
def blend(first: Floats, second: Floats, share: float, target: Floats) -> None:
    """target = (1 - share) first + share second."""
    for hour in range(HOURS):
        target[hour] = (1.0 - share) * first[hour] + share * second[hour]


@rule
def own_use(load: Floats, roof: Floats, host_share: float, target: Floats) -> None:
    """Rooftop PV that its hosts use at once: the smaller of PV and the hosts' share of the park's load."""
    for hour in range(HOURS):
        hosts = host_share * load[hour]
        target[hour] = roof[hour] if roof[hour] < hosts else hosts


@rule
def day_sum(values: Floats) -> float:
    """Sum of 24 values in four strands, which a processor adds side by side."""
    a = b = c = d = 0.0
    for hour in range(0, HOURS_A_DAY, 4):
        a += values[hour]
        b += values[hour + 1]
        c += values[hour + 2]
        d += values[hour + 3]
    return (a + b) + (c + d)


@rule
def shift_load(load: Floats, generation: Floats, rank: Floats, flexible: float, scratch: Floats) -> None:
    """Move flexible load [MW] from dear to cheap or surplus hours of the same day; the day's energy stays."""
    for day in range(DAYS):
        base = day * HOURS_A_DAY
        for hour in range(HOURS_A_DAY):
            scratch[hour] = rank[base + hour] if load[base + hour] > generation[base + hour] else -1.0
        mean = day_sum(scratch) / HOURS_A_DAY
        for hour in range(HOURS_A_DAY):
            load[base + hour] -= 0.5 * flexible * (scratch[hour] - mean)


@rule
def shift_charging(
    load: Floats, generation: Floats, rank: Floats, charging: Floats, energy: float, scratch: Floats
) -> None:
    """Spread ``energy`` (MWh a year, profile ``charging``) anew over each day: more in cheap and surplus hours."""
    for day in range(DAYS):
        base = day * HOURS_A_DAY
        for hour in range(HOURS_A_DAY):
            scratch[hour] = 1.0 - (rank[base + hour] if load[base + hour] > generation[base + hour] else -1.0)
        weight, total = day_sum(scratch), day_sum(charging[base : base + HOURS_A_DAY])
        if weight > 0.0:
            for hour in range(HOURS_A_DAY):
                load[base + hour] += energy * (total * scratch[hour] / weight - charging[base + hour])


@rule
def difference(first: Floats, second: Floats, target: Floats) -> None:
    """target = first - second."""
    for hour in range(HOURS):
        target[hour] = first[hour] - second[hour]


@rule
def plan_storage(
    net: Floats,
    rank: Floats,
    power: float,
    efficiency: float,
    charge_limit: float,
    import_limit: float,
    threshold: float,
    want: Floats,
) -> None:
    """What storage would do in each hour, as a change of its content (MWh).

    It charges from surplus, and from the grid in cheap hours up to ``charge_limit``; it discharges to load in dear
    hours and above the import limit, never to export.
    """
    for hour in range(HOURS):
        load = net[hour]
        spare = charge_limit - load
        spare = spare if spare < power else power
        from_grid = spare if (rank[hour] <= -threshold) & (spare > 0.0) else 0.0
        charge = (-load if -load < power else power) if load < 0.0 else from_grid
        need = load if rank[hour] >= threshold else load - import_limit
        need = need if need < power else power
        discharge = need if (need > 0.0) & (load > 0.0) else 0.0
        want[hour] = charge * efficiency - discharge / efficiency


@rule
def ceiling_step(net: Floats, power: float, efficiency: float, export_limit: float, step: Floats) -> None:
    """Hourly change of the highest content that still leaves room for all surplus beyond the export limit."""
    for hour in range(HOURS):
        load = net[hour]
        release = (load if load < power else power) / efficiency
        excess = -load - export_limit
        absorb = (excess if excess < power else power) * efficiency
        absorb = absorb if absorb > 0.0 else 0.0
        step[hour] = release if load > 0.0 else -absorb


@rule
def clamp(value: float, low: float, high: float) -> float:
    """The value, not below low and then not above high."""
    value = value if value > low else low
    return value if value < high else high


@rule
def ceilings(step: Floats, capacity: float, ceiling: Floats) -> None:
    """Highest content at the end of each hour, backwards from empty at the end of each period."""
    a = b = c = d = e = 0.0
    for back in range(PERIOD_HOURS - 1, -1, -1):
        ceiling[back], ceiling[back + PERIOD_HOURS], ceiling[back + 2 * PERIOD_HOURS] = a, b, c
        ceiling[back + 3 * PERIOD_HOURS], ceiling[back + 4 * PERIOD_HOURS] = d, e
        a = clamp(a + step[back], 0.0, capacity)
        b = clamp(b + step[back + PERIOD_HOURS], 0.0, capacity)
        c = clamp(c + step[back + 2 * PERIOD_HOURS], 0.0, capacity)
        d = clamp(d + step[back + 3 * PERIOD_HOURS], 0.0, capacity)
        e = clamp(e + step[back + 4 * PERIOD_HOURS], 0.0, capacity)


@rule
def fill_storage(want: Floats, ceiling: Floats, stored: Floats) -> None:
    """Content at the end of each hour: the wish, kept between empty and the ceiling; each period starts empty."""
    a = b = c = d = e = 0.0
    for hour in range(PERIOD_HOURS):
        second, third, fourth = hour + PERIOD_HOURS, hour + 2 * PERIOD_HOURS, hour + 3 * PERIOD_HOURS
        fifth = hour + 4 * PERIOD_HOURS
        a = clamp(a + want[hour], 0.0, ceiling[hour])
        b = clamp(b + want[second], 0.0, ceiling[second])
        c = clamp(c + want[third], 0.0, ceiling[third])
        d = clamp(d + want[fourth], 0.0, ceiling[fourth])
        e = clamp(e + want[fifth], 0.0, ceiling[fifth])
        stored[hour], stored[second], stored[third], stored[fourth], stored[fifth] = a, b, c, d, e


@rule
def storage_flows(stored: Floats, efficiency: float, charge: Floats, discharge: Floats) -> None:
    """Charge and discharge at the meter (MW) from the content at the end of each hour."""
    for hour in range(HOURS):
        change = stored[hour] - (stored[hour - 1] if hour > 0 else 0.0)
        charge[hour] = change / efficiency if change > 0.0 else 0.0
        discharge[hour] = -change * efficiency if change < 0.0 else 0.0


@rule
def split(net: Floats, limit: float, sign: float, within: Floats, beyond: Floats) -> int:
    """Positive part of sign * net, within a limit and beyond it; returns the number of hours beyond it."""
    count = 0
    for hour in range(HOURS):
        value = sign * net[hour]
        value = value if value > 0.0 else 0.0
        within[hour] = value if value < limit else limit
        beyond[hour] = value - within[hour]
        count += 1 if value > limit else 0
    return count


@rule
def surplus_loss(export: Floats, curtailed: Floats, generation: Floats, surplus_value: float, target: Floats) -> None:
    """Value that a MWh generated in an hour loses because the park is in surplus, as a share of the feed-in price."""
    for hour in range(HOURS):
        lost = (1.0 - surplus_value) * export[hour] + curtailed[hour]
        target[hour] = lost / generation[hour] if generation[hour] > 0.0 else 0.0


@rule
def highest(values: Floats, lanes: Floats) -> float:
    """Largest of the year's values, 0 if none is positive."""
    fill(lanes, 0.0)
    for day in range(DAYS):
        for hour in range(HOURS_A_DAY):
            value = values[day * HOURS_A_DAY + hour]
            lanes[hour] = value if value > lanes[hour] else lanes[hour]
    peak = 0.0
    for hour in range(HOURS_A_DAY):
        peak = lanes[hour] if lanes[hour] > peak else peak
    return peak


@rule
def product_sum(first: Floats, second: Floats, lanes: Floats) -> float:
    """Sum of first * second over the year."""
    fill(lanes, 0.0)
    for day in range(DAYS):
        for hour in range(HOURS_A_DAY):
            lanes[hour] += first[day * HOURS_A_DAY + hour] * second[day * HOURS_A_DAY + hour]
    total = 0.0
    for hour in range(HOURS_A_DAY):
        total += lanes[hour]
    return total
