"""Loops over the 8,760 hours of one run: what :mod:`sim.hours` is made of.

Each loop does all that can be done at its place in the order of the year, writes one or two columns and reduces through
24 lanes, so that it runs in SIMD with the same bits as plain Python. Arrays given to one loop do not overlap. Power in
MW, energy in MWh; arrays [8760] unless said otherwise. ``kinds`` [365] tells the kind of each day: what repeats by
kinds of days is [kinds, 24].
"""

from __future__ import annotations

import numpy as np

from agents.axes import HOURS, Resource
from agents.compiled import loop_rule, rule
from agents.fields import Floats, Integers

HOURS_A_DAY, DAYS = 24, 365
MONTH_DAYS = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
MONTH_ENDS = np.cumsum(MONTH_DAYS)  # number of days until the end of each month
PERIODS = 5  # storage is empty at the start and end of each 73-day period; five chains run side by side
PERIOD_HOURS = HOURS // PERIODS


# ---------------------------------------------------------------------------------------------------------- small loops
@loop_rule
def fill(target: Floats, value: float) -> None:
    """target = value throughout."""
    for position in range(target.shape[0]):
        target[position] = value


@loop_rule
def scaled(values: Floats, factor: float, target: Floats) -> None:
    """target = factor * values, hour by hour."""
    for hour in range(HOURS):
        target[hour] = factor * np.float64(values[hour])


@loop_rule
def lane_sum(lanes: Floats) -> float:
    """Sum of the 24 lanes."""
    total = 0.0
    for hour in range(HOURS_A_DAY):
        total += lanes[hour]
    return total


@loop_rule
def lane_peak(lanes: Floats) -> float:
    """Largest of the 24 lanes, 0 if none is positive."""
    peak = 0.0
    for hour in range(HOURS_A_DAY):
        peak = lanes[hour] if lanes[hour] > peak else peak
    return peak


@loop_rule
def lane_least(lanes: Floats) -> float:
    """Smallest of the 24 lanes, 0 if none is negative."""
    least = 0.0
    for hour in range(HOURS_A_DAY):
        least = lanes[hour] if lanes[hour] < least else least
    return least


@loop_rule
def day_sum(values: Floats) -> float:
    """Sum of 24 values in four strands, which a processor adds side by side."""
    a = b = c = d = 0.0
    for hour in range(0, HOURS_A_DAY, 4):
        a += values[hour]
        b += values[hour + 1]
        c += values[hour + 2]
        d += values[hour + 3]
    return (a + b) + (c + d)


@loop_rule
def sum_by_month(values: Floats, lanes: Floats, out: Floats, column: int) -> None:
    """Write monthly sums into out[month, column]."""
    fill(lanes, 0.0)
    month = 0
    for day in range(DAYS):
        base = day * HOURS_A_DAY
        for hour in range(HOURS_A_DAY):
            lanes[hour] += values[base + hour]
        if day + 1 == MONTH_ENDS[month]:
            out[month, column] = lane_sum(lanes)
            fill(lanes, 0.0)
            month += 1


@loop_rule
def within(values: Floats, limit: float, sign: float, target: Floats) -> None:
    """Positive part of sign * values, up to a limit."""
    for hour in range(HOURS):
        value = sign * values[hour]
        value = value if value > 0.0 else 0.0
        target[hour] = value if value < limit else limit


@loop_rule
def beyond(values: Floats, limit: float, sign: float, target: Floats) -> None:
    """Positive part of sign * values less a limit."""
    for hour in range(HOURS):
        value = sign * values[hour]
        value = value if value > 0.0 else 0.0
        target[hour] = value - (value if value < limit else limit)


# -------------------------------------------------------------------------------------------------- load and generation
@rule
def felt_rank(rank: float, load: float, generation: float) -> float:
    """Rank of an hour's price in its day as flexible load meets it: that of the cheapest hour in a surplus."""
    return rank if load > generation else -1.0


@loop_rule
def weigh_kinds(shapes: Floats, weights: Floats, target: Floats) -> None:
    """Sum of shapes [n, kinds, 24] by weights [n], for each kind of day: target [kinds, 24]."""
    for kind in range(target.shape[0]):
        for hour in range(HOURS_A_DAY):
            target[kind, hour] = 0.0
        for index in range(weights.shape[0]):
            for hour in range(HOURS_A_DAY):
                target[kind, hour] += weights[index] * shapes[index, kind, hour]


@loop_rule
def make_hours(
    days: Floats,
    ranks: Floats,
    kinds: Integers,
    first: Floats,
    second: Floats,
    third: Floats,
    by_first: float,
    by_second: float,
    by_third: float,
    roof: Floats,
    ground: Floats,
    onshore: Floats,
    nearshore: Floats,
    capacity: Floats,
    host_share: float,
    load: Floats,
    solar: Floats,
    generation: Floats,
    lanes: Floats,
    felt: Floats,
    sums: Floats,
    out: Floats,
    column: int,
) -> None:
    """Load, available PV and all generation by hour; ``sums`` [365] takes each day's sum of :func:`felt_rank`.

    Load repeats by kinds of days (``days`` [kinds, 24]) but for three series, each times its factor. Generation is from
    capacity factors and ``capacity`` [RESOURCES]. Hosts of rooftop PV use at once the smaller of it and their share of
    the park's load: monthly sums go to out[month, column], without any rooftop PV those of a first MW.
    ``ranks`` [kinds, 24] are those of prices, ``lanes`` and ``felt`` [24].
    """
    present = 1.0 if capacity[Resource.ROOF_PV] > 0.0 else 0.0
    on_roofs = capacity[Resource.ROOF_PV] if present > 0.0 else 1.0
    on_ground, on_ridges = capacity[Resource.GROUND_PV], capacity[Resource.ONSHORE_WIND]
    at_sea = capacity[Resource.NEARSHORE_WIND]
    fill(lanes, 0.0)
    month = 0
    for day in range(DAYS):
        base, kind = day * HOURS_A_DAY, kinds[day]
        for hour in range(HOURS_A_DAY):
            at = base + hour
            given = days[kind, hour] + by_first * np.float64(first[at]) + by_second * np.float64(second[at])
            used = given + by_third * np.float64(third[at])
            made, hosts = on_roofs * np.float64(roof[at]), host_share * used
            lanes[hour] += made if made < hosts else hosts
            light = on_ground * np.float64(ground[at]) + present * made
            windy = light + on_ridges * np.float64(onshore[at])
            total = windy + at_sea * np.float64(nearshore[at])
            load[at], solar[at], generation[at] = used, light, total
            felt[hour] = felt_rank(ranks[kind, hour], used, total)
        sums[day] = day_sum(felt)
        if day + 1 == MONTH_ENDS[month]:
            out[month, column] = lane_sum(lanes)
            fill(lanes, 0.0)
            month += 1


# -------------------------------------------------------------------------------------------------------- flexible load
@loop_rule
def plan_charging(sums: Floats, totals: Floats, kinds: Integers, slope: Floats, level: Floats) -> None:
    """Each day's charging in proportion to 1 - felt rank: as slope * felt + level, both [365].

    ``sums`` [365] of the day's felt ranks; ``totals`` [kinds] of the charging of a kind of day.
    """
    for day in range(DAYS):
        each = totals[kinds[day]] / (HOURS_A_DAY - sums[day])
        slope[day], level[day] = -each, each


@loop_rule
def plan_flexible(sums: Floats, flexible: float, slope: Floats, level: Floats) -> None:
    """Flexible load [MW] moved from dear to cheap hours of the same day, as slope * felt + level, both [365]."""
    for day in range(DAYS):
        slope[day], level[day] = -0.5 * flexible, 0.5 * flexible * (sums[day] / HOURS_A_DAY)


@loop_rule
def move_load(
    load: Floats,
    generation: Floats,
    ranks: Floats,
    slope: Floats,
    level: Floats,
    taken: Floats,
    kinds: Integers,
    highs: Floats,
    lows: Floats,
    felt: Floats,
    sums: Floats,
    net: Floats,
) -> tuple[float, float]:
    """Add slope * felt + level to the load and take away ``taken`` [kinds, 24]; then as :func:`net_load`.

    ``sums`` [365] takes the sums of the felt ranks of the load as moved; ``felt`` are lanes [24].
    """
    fill(highs, 0.0)
    fill(lows, 0.0)
    for day in range(DAYS):
        base, kind = day * HOURS_A_DAY, kinds[day]
        for hour in range(HOURS_A_DAY):
            at = base + hour
            used, made = load[at], generation[at]
            rank = ranks[kind, hour]
            moved = used + (slope[day] * felt_rank(rank, used, made) + level[day]) - taken[kind, hour]
            load[at], felt[hour] = moved, felt_rank(rank, moved, made)
            value = moved - made
            net[at] = value
            highs[hour] = value if value > highs[hour] else highs[hour]
            lows[hour] = value if value < lows[hour] else lows[hour]
        sums[day] = day_sum(felt)
    return lane_peak(highs), -lane_least(lows)


@loop_rule
def net_load(load: Floats, generation: Floats, highs: Floats, lows: Floats, net: Floats) -> tuple[float, float]:
    """net = load - generation; returns the largest of it and of its negative, 0 if none is positive.

    ``highs`` and ``lows`` are lanes [24].
    """
    fill(highs, 0.0)
    fill(lows, 0.0)
    for day in range(DAYS):
        base = day * HOURS_A_DAY
        for hour in range(HOURS_A_DAY):
            value = load[base + hour] - generation[base + hour]
            net[base + hour] = value
            highs[hour] = value if value > highs[hour] else highs[hour]
            lows[hour] = value if value < lows[hour] else lows[hour]
    return lane_peak(highs), -lane_least(lows)


# -------------------------------------------------------------------------------------------------------------- storage
@loop_rule
def plan_storage(
    net: Floats,
    ranks: Floats,
    kinds: Integers,
    power: float,
    efficiency: float,
    charge_limit: float,
    import_limit: float,
    export_limit: float,
    threshold: float,
    want: Floats,
    step: Floats,
) -> None:
    """What storage would do in each hour, and the hourly change of its ceiling, both as change of content (MWh).

    It charges from surplus, and from the grid in cheap hours up to ``charge_limit``; it discharges to load in dear
    hours and above the import limit, never to export. The ceiling is the highest content that still leaves room for all
    surplus beyond the export limit.
    """
    release = 1.0 / efficiency
    for day in range(DAYS):
        base, kind = day * HOURS_A_DAY, kinds[day]
        for hour in range(HOURS_A_DAY):
            load, price = net[base + hour], ranks[kind, hour]
            spare = charge_limit - load
            spare = spare if spare < power else power
            from_grid = spare if (price <= -threshold) & (spare > 0.0) else 0.0
            charge = (-load if -load < power else power) if load < 0.0 else from_grid
            need = load if price >= threshold else load - import_limit
            need = need if need < power else power
            discharge = need if (need > 0.0) & (load > 0.0) else 0.0
            want[base + hour] = charge * efficiency - discharge * release
            excess = -load - export_limit
            absorb = (excess if excess < power else power) * efficiency
            absorb = absorb if absorb > 0.0 else 0.0
            step[base + hour] = (load if load < power else power) * release if load > 0.0 else -absorb


@rule
def clamp(value: float, low: float, high: float) -> float:
    """The value, not below low and then not above high."""
    value = value if value > low else low
    return value if value < high else high


@loop_rule
def ceilings(step: Floats, capacity: float, absorbs: bool) -> None:
    """Highest content at the end of each hour, backwards from empty at the end of each period; replaces the steps.

    ``absorbs``: is there a surplus to keep room for? Without, no step is negative, and before the first hour in which
    all periods are at capacity they are all the time.
    """
    a = b = c = d = e = 0.0
    back, full = PERIOD_HOURS, False
    while back > 0 and not full:
        back -= 1
        second, third, fourth = back + PERIOD_HOURS, back + 2 * PERIOD_HOURS, back + 3 * PERIOD_HOURS
        fifth = back + 4 * PERIOD_HOURS
        p, q, r, s, t = step[back], step[second], step[third], step[fourth], step[fifth]
        step[back], step[second], step[third], step[fourth], step[fifth] = a, b, c, d, e
        a = clamp(a + p, 0.0, capacity)
        b = clamp(b + q, 0.0, capacity)
        c = clamp(c + r, 0.0, capacity)
        d = clamp(d + s, 0.0, capacity)
        e = clamp(e + t, 0.0, capacity)
        full = not absorbs and min(a, b, c, d, e) >= capacity
    for period in range(PERIODS):
        fill(step[period * PERIOD_HOURS : period * PERIOD_HOURS + back], capacity)


@loop_rule
def fill_storage(want: Floats, ceiling: Floats) -> None:
    """Content at the end of each hour in place of ``want``, between empty and the ceiling; each period starts empty."""
    a = b = c = d = e = 0.0
    for hour in range(PERIOD_HOURS):
        second, third, fourth = hour + PERIOD_HOURS, hour + 2 * PERIOD_HOURS, hour + 3 * PERIOD_HOURS
        fifth = hour + 4 * PERIOD_HOURS
        a = clamp(a + want[hour], 0.0, ceiling[hour])
        b = clamp(b + want[second], 0.0, ceiling[second])
        c = clamp(c + want[third], 0.0, ceiling[third])
        d = clamp(d + want[fourth], 0.0, ceiling[fourth])
        e = clamp(e + want[fifth], 0.0, ceiling[fifth])
        want[hour], want[second], want[third], want[fourth], want[fifth] = a, b, c, d, e


@loop_rule
def storage_flows(before: Floats, stored: Floats, efficiency: float, charge: Floats, discharge: Floats) -> None:
    """Charge and discharge at the meter (MW) from the content before and at the end of each hour."""
    release = 1.0 / efficiency
    for hour in range(HOURS):
        change = stored[hour] - before[hour]
        charge[hour] = change * release if change > 0.0 else 0.0
        discharge[hour] = -change * efficiency if change < 0.0 else 0.0


@loop_rule
def use_storage(
    net: Floats,
    before: Floats,
    stored: Floats,
    efficiency: float,
    charges: Floats,
    discharges: Floats,
    deficits: Floats,
    out: Floats,
    column: int,
) -> None:
    """From the net load to that after storage, in its place.

    Monthly sums of charge, discharge and of the positive part of ``net`` before take three columns of ``out`` from
    ``column`` on; ``charges``, ``discharges`` and ``deficits`` are lanes [24].
    """
    release, month = 1.0 / efficiency, 0
    fill(charges, 0.0)
    fill(discharges, 0.0)
    fill(deficits, 0.0)
    for day in range(DAYS):
        base = day * HOURS_A_DAY
        for hour in range(HOURS_A_DAY):
            at = base + hour
            change, load = stored[at] - before[at], net[at]
            charge = change * release if change > 0.0 else 0.0
            discharge = -change * efficiency if change < 0.0 else 0.0
            net[at] = load - discharge + charge
            charges[hour] += charge
            discharges[hour] += discharge
            deficits[hour] += load if load > 0.0 else 0.0
        if day + 1 == MONTH_ENDS[month]:
            out[month, column] = lane_sum(charges)
            out[month, column + 1] = lane_sum(discharges)
            out[month, column + 2] = lane_sum(deficits)
            fill(charges, 0.0)
            fill(discharges, 0.0)
            fill(deficits, 0.0)
            month += 1


# ---------------------------------------------------------------------------------------------------- import and export
@loop_rule
def sum_exchange(
    after: Floats,
    imports: float,
    exports: float,
    bought: Floats,
    sold: Floats,
    peaks: Floats,
    out: Floats,
    column: int,
    peak_column: int,
) -> None:
    """Monthly sums of import and export within their limits, and import's peaks, from the net load ``after`` storage.

    The sums take two columns of ``out`` from ``column`` on; ``bought``, ``sold`` and ``peaks`` are lanes [24].
    """
    fill(bought, 0.0)
    fill(sold, 0.0)
    fill(peaks, 0.0)
    month = 0
    for day in range(DAYS):
        base = day * HOURS_A_DAY
        for hour in range(HOURS_A_DAY):
            load = after[base + hour]
            need = load if load > 0.0 else 0.0
            need = need if need < imports else imports
            surplus = -load if load < 0.0 else 0.0
            bought[hour] += need
            sold[hour] += surplus if surplus < exports else exports
            peaks[hour] = need if need > peaks[hour] else peaks[hour]
        if day + 1 == MONTH_ENDS[month]:
            out[month, column] = lane_sum(bought)
            out[month, column + 1] = lane_sum(sold)
            out[month, peak_column] = lane_peak(peaks)
            fill(bought, 0.0)
            fill(sold, 0.0)
            fill(peaks, 0.0)
            month += 1


@loop_rule
def sum_curtailed(after: Floats, exports: float, lanes: Floats, out: Floats, column: int) -> None:
    """Write monthly sums of the surplus beyond what can be exported into out[month, column]."""
    fill(lanes, 0.0)
    month = 0
    for day in range(DAYS):
        base = day * HOURS_A_DAY
        for hour in range(HOURS_A_DAY):
            surplus = -after[base + hour] if after[base + hour] < 0.0 else 0.0
            lanes[hour] += surplus - (surplus if surplus < exports else exports)
        if day + 1 == MONTH_ENDS[month]:
            out[month, column] = lane_sum(lanes)
            fill(lanes, 0.0)
            month += 1


@loop_rule
def surplus_loss(
    after: Floats, exports: float, generation: Floats, solar: Floats, surplus_value: float, lanes: Floats
) -> float:
    """Value that PV loses because the park is in surplus, MWh at the feed-in price.

    A MWh generated in an hour loses the same whatever made it: what is exported (up to ``exports``) is worth
    ``surplus_value`` of the feed-in price, what is curtailed nothing. Most days have no such hour.
    """
    fill(lanes, 0.0)
    for day in range(DAYS):
        base, hours = day * HOURS_A_DAY, 0
        for hour in range(HOURS_A_DAY):
            hours += 1 if after[base + hour] < 0.0 else 0
        if hours == 0:
            continue
        for hour in range(HOURS_A_DAY):
            surplus = -after[base + hour] if after[base + hour] < 0.0 else 0.0
            sold = surplus if surplus < exports else exports
            lost = (1.0 - surplus_value) * sold + (surplus - sold)
            made = generation[base + hour]
            lanes[hour] += solar[base + hour] * (lost / (made if made > 0.0 else 1.0))
    return lane_sum(lanes)
