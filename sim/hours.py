"""The 8,760 hours of a year (MODEL 6): load, wind and sun, storage, flexible load, limits of import and export.

The park is one node. Load is annual energy by shape times the shape's hourly profile under the run's weather year; an
hour's balance is import + generation + discharge + unserved + load control = demand + charge + export + curtailment.
Units MW (of an hour) and MWh. Method, approximations and what is precomputed: docs/hours.md.
"""

from __future__ import annotations

import math

import numpy as np

from agents.axes import HOURS, MONTHS, PARK_IDS, RESOURCES, SHAPES, Resource, Shape, Stream
from agents.compiled import rule, stage
from agents.draws import uniform
from agents.fields import Floats, Integers, Outcome, Quantity, Records
from agents.working_space import NUMBERS_A_LINE, zeros
from agents.world import World, runs_of
from sim.hour_data import MOVING, STRESS_HOURS, Hour, HourlyData, Monthly, load_hours, prepare_hours
from sim.hour_loops import (
    DAYS,
    HOURS_A_DAY,
    MONTH_DAYS,
    beyond,
    ceilings,
    day_sum,
    fill,
    fill_storage,
    make_hours,
    move_load,
    net_load,
    plan_charging,
    plan_flexible,
    plan_storage,
    scaled,
    storage_flows,
    sum_by_month,
    sum_curtailed,
    sum_exchange,
    surplus_loss,
    use_storage,
    weigh_kinds,
    within,
)

__all__ = ["HourlyData", "Hour", "Monthly", "load_hours", "prepare_hours", "run_hours"]

PARAMETERS = [
    Quantity("import_limit", "MW", "connection limit of the park for import"),
    Quantity("export_limit", "MW", "connection limit of the park for export"),
    Quantity("storage_price_threshold", "1", "rank of an hour's price in its day (-1 to 1) from which storage acts"),
    Quantity("rooftop_host_ratio", "1", "rooftop PV over mean load of the customers that host it (MW/MW)"),
    Quantity("flexible_load_ceiling", "1", "largest share of the park's mean load that can be shifted within a day"),
    Quantity("surplus_value", "1", "value of exported surplus over the feed-in price"),
    Quantity("shortage_hours", "h/yr", "hours of a shortage order in a year that has one"),
    Quantity("shortage_depth", "1", "share of import that a shortage order takes away"),
    Quantity("demand_response_hours", "h/yr", "hours a year in which demand response is called"),
    Quantity(
        "wind_generation_2020",
        "MWh",
        "recorded generation of the two wind farms in 2020",
        "wind_fuquan_flh",
        role="choice",
    ),
]
SERIES = [
    Quantity("tou_blend", "1", "share of the 2026 time-of-use structure in the tariff; the rest is that of 2020"),
    Quantity("shortage_probability", "1", "probability that the year has a shortage order"),
]
OUTCOMES = [
    Outcome("electricity_demand", "MWh", "electricity used or wanted, gross", variable="Electricity|Demand"),
    Outcome("generation_wind", "MWh", "available wind, curtailment included", variable="Electricity|Generation|Wind"),
    Outcome("generation_pv", "MWh", "available PV, curtailment included", variable="Electricity|Generation|PV"),
    Outcome("electricity_import", "MWh", "import of the park", variable="Electricity|Import"),
    Outcome("electricity_export", "MWh", "export of the park", variable="Electricity|Export"),
    Outcome("electricity_curtailment", "MWh", "available wind and PV not used", variable="Electricity|Curtailment"),
    Outcome("electricity_unserved", "MWh", "demand not met against its will", variable="Electricity|Unserved"),
    Outcome("flexible_shift_hours", "h/yr", "MWh a year that a MW of flexible load moves within days, by price"),
    Outcome("load_control", "MWh", "enrolled flexible load cut on call", variable="Electricity|Load Control"),
    Outcome("storage_throughput", "MWh", "energy discharged by storage", variable="Electricity|Storage|Discharge"),
    Outcome("storage_loss", "MWh", "energy lost in storage", variable="Electricity|Storage|Loss"),
    Outcome("rooftop_own_use", "MWh", "rooftop PV used behind the meter", variable="Electricity|Rooftop Own Use"),
    Outcome("rooftop_self_use_share", "1", "share of rooftop PV used behind the meter"),
    Outcome("generation_grid_connected", "MWh", "wind and PV delivered to the grid: all but own use and curtailment"),
    Outcome("peak_import_mw", "MW", "highest hourly import", variable="Electricity|Peak Import"),
    Outcome("matched_share", "1", "share of demand met in its hour by local wind and PV, also through storage"),
    Outcome("curtailment_share", "1", "curtailed share of wind and PV offered to the grid"),
    Outcome("solar_value_ratio", "1", "value of a MWh of PV over one that never meets a surplus (cannibalisation)"),
    Outcome("wind_value_ratio", "1", "the same for wind"),
]


# ------------------------------------------------------------------------------------------------------- one run's year
# Rows of the scratch array that the steps below share; a row is used again once its first content is spent, so that a
# run's year stays in a processor's second-level cache. NET is the net load, in the end that after storage; STORED has
# the content before the first hour in front.
LOAD, GENERATION, SOLAR, NET, CEILING, STORED = range(6)
UNSERVED = CEILING
SCRATCH, FRONT = 6, NUMBERS_A_LINE
# Rows of what repeats by kinds of days [kinds, 24], and of lanes [24].
LOAD_KINDS, RANK_KINDS, TAKEN_KINDS = range(3)
KINDS, LANES = 3, 3


def make_scratch() -> Floats:
    """Working memory of :func:`run_hours` [SCRATCH, 8760 and FRONT], one for each thread that calls it."""
    return zeros((SCRATCH, HOURS + FRONT))


@rule
def scale_shapes(data: HourlyData, energy: Floats, weather: int, index: Integers, each: Floats) -> None:
    """Annual energy [MWh] of the shapes ``index`` over what their stored hours add up to, into ``each``."""
    for place in range(index.shape[0]):
        each[place] = energy[index[place]] / data.shape_total[weather, index[place]]


@rule
def write_charging(data: HourlyData, weather: int, energy: float, target: Floats) -> None:
    """Vehicle charging by kind of day [kinds, 24], MWh, for ``energy`` MWh a year."""
    weights = np.zeros(data.fixed_index.shape[0])
    for index in range(weights.shape[0]):
        if data.fixed_index[index] == Shape.CHARGING:
            weights[index] = energy / data.shape_total[weather, Shape.CHARGING]
    weigh_kinds(data.kind_shapes, weights, target)


@rule
def write_rank(data: HourlyData, blend: float, ranks: Floats) -> None:
    """Rank of each hour's price in its day [kinds, 24]: (1 - blend) of structure 0 and blend of structure 1."""
    weights = np.zeros(data.kind_rank.shape[0])
    weights[0], weights[1] = 1.0 - blend, blend
    weigh_kinds(data.kind_rank, weights, ranks)


@rule
def move_flexible(
    data: HourlyData, weather: int, charging: float, flexible: float, days: Floats, sums: Floats, lanes: Floats,
    work: Floats
) -> tuple[float, float]:  # fmt: skip
    """Move ``charging`` (MWh a year) and ``flexible`` load (MW) within each day; then the net load, its peak and least.

    Charging is spread anew over the day, more in cheap and surplus hours; flexible load leaves dear hours for cheap and
    surplus ones. The day's energy stays. ``sums`` [365] are of the hours' felt ranks.
    """
    taken, kinds, slope, level = days[TAKEN_KINDS], data.day_kind, np.zeros(DAYS), np.zeros(DAYS)
    totals, peak, surplus = np.zeros(days.shape[1]), 0.0, 0.0
    write_charging(data, weather, charging, taken)
    if charging > 0.0:
        for kind in range(taken.shape[0]):
            totals[kind] = day_sum(taken[kind])
        plan_charging(sums, totals, kinds, slope, level)
        peak, surplus = move_load(work[LOAD], work[GENERATION], days[RANK_KINDS], slope, level, taken, kinds, lanes[0],
                                  lanes[1], lanes[2], sums, work[NET])  # fmt: skip
    if flexible > 0.0:
        write_charging(data, weather, 0.0, taken)
        plan_flexible(sums, flexible, slope, level)
        peak, surplus = move_load(work[LOAD], work[GENERATION], days[RANK_KINDS], slope, level, taken, kinds, lanes[0],
                                  lanes[1], lanes[2], sums, work[NET])  # fmt: skip
    return peak, surplus


@rule
def run_storage(
    work: Floats,
    lanes: Floats,
    ranks: Floats,
    kinds: Integers,
    capacity: float,
    power: float,
    efficiency: float,
    peak: float,
    surplus: float,
    imports: float,
    exports: float,
    threshold: float,
    out: Floats,
) -> None:
    """Storage of a run's year: its content, what it leaves of the net load, and monthly charge and discharge.

    ``efficiency`` is one way, ``peak`` and ``surplus`` are the highest net load without storage and its negative. The
    ceiling makes it the dispatch that curtails least, so that more storage never curtails more. Charging from the grid
    never lifts import above its peak without storage.
    """
    limit = min(imports, peak)
    before, stored = work[STORED, FRONT - 1 :], work[STORED, FRONT:]
    plan_storage(work[NET], ranks, kinds, power, efficiency, limit, imports, exports, threshold, stored, work[CEILING])
    ceilings(work[CEILING], capacity, surplus > exports)
    before[0] = 0.0
    fill_storage(stored, work[CEILING])
    use_storage(work[NET], before, stored, efficiency, lanes[0], lanes[1], lanes[2], out, Monthly.CHARGE)


@rule
def call_load(
    after: Floats,
    unserved: Floats,
    imports: float,
    hours: Integers,
    flexible: float,
    called: int,
    ordered: int,
    depth: float,
    control: Floats,
) -> None:
    """Demand response in the first ``called`` stress hours, and a shortage order in the first ``ordered``.

    An order takes ``depth`` of the import away; enrolled flexible load is cut first, the rest is unserved.
    ``control`` [hours called] receives the flexible load cut in each. Import is ``after``, the net load, up to
    ``imports``; ``unserved`` need not be filled where there is no order.
    """
    for position in range(max(called, ordered)):
        hour = hours[position]
        bought = min(max(0.0, after[hour]), imports)
        order = depth * bought if position < ordered else 0.0
        offered = flexible if position < called or position < ordered else 0.0
        cut = min(max(offered if position < called else 0.0, min(order, offered)), bought)
        control[position] = cut
        forced = max(0.0, order - cut)
        if bought > 0.0:
            after[hour] = max(0.0, bought - (cut + forced))
        if position < ordered:
            unserved[hour] += forced


@rule
def month_of(hour: int) -> int:
    """Month 0..11 of an hour of the year."""
    day, month = hour // HOURS_A_DAY, 0
    while day >= MONTH_DAYS[month]:
        day -= MONTH_DAYS[month]
        month += 1
    return month


@rule
def annual(out: Floats, column: int) -> float:
    """Sum of a monthly column."""
    total = 0.0
    for month in range(MONTHS):
        total += out[month, column]
    return total


@rule
def write_months(
    data: HourlyData,
    energy: Floats,
    capacity: Floats,
    weather: int,
    imports: float,
    exports: float,
    after: Floats,
    lanes: Floats,
    out: Floats,
) -> None:
    """Monthly results of one run: linear ones from monthly sums, import and export from the hours."""
    for month in range(MONTHS):
        demand = 0.0
        for shape in range(SHAPES):
            demand += energy[shape] * data.shape_sums[weather, shape, month]
        out[month, Monthly.DEMAND] = demand
        for resource in range(RESOURCES):
            out[month, Monthly.ROOF_PV + resource] = capacity[resource] * data.factor_sums[weather, resource, month]
    peaks = lanes[2]
    sum_exchange(after, imports, exports, lanes[0], lanes[1], peaks, out, Monthly.IMPORT, Monthly.PEAK_IMPORT)


@rule
def write_matching(stores: bool, out: Floats) -> None:
    """Self-consumption, and demand met hour by hour by local wind and PV, directly or through storage.

    With storage, MATCHED comes in as the load that generation does not meet in its hour. What storage gives back counts
    by the share of its month's charge that came from surplus.
    """
    for month in range(MONTHS):
        m = out[month]
        made = m[Monthly.ROOF_PV] + m[Monthly.GROUND_PV] + m[Monthly.ONSHORE_WIND] + m[Monthly.NEARSHORE_WIND]
        given = m[Monthly.EXPORT] + m[Monthly.CURTAILMENT]
        m[Monthly.SELF_CONSUMPTION] = made - given
        if not stores:
            m[Monthly.MATCHED] = made - given
            continue
        deficit = m[Monthly.MATCHED]
        from_surplus = max(0.0, deficit - m[Monthly.DEMAND] + made - given)
        share = min(1.0, from_surplus / m[Monthly.CHARGE]) if m[Monthly.CHARGE] > 0.0 else 0.0
        m[Monthly.MATCHED] = max(0.0, m[Monthly.DEMAND] - deficit) + share * m[Monthly.DISCHARGE]


@rule
def dispatch(
    p: Records,
    s: Records,
    signals: Records,
    now: Records,
    storage: float,
    data: HourlyData,
    weather: int,
    energy: Floats,
    capacity: Floats,
    days: Floats,
    lanes: Floats,
    work: Floats,
    out: Floats,
) -> tuple[float, float]:
    """The hours of one run, up to the net load after storage; returns the highest net load and surplus before it.

    ``p``, ``s``, ``signals`` and ``now`` are the run's parameters, series, signals and record; ``storage`` usable MWh.
    """
    fixed, moving, sums = np.zeros(data.fixed_index.shape[0]), np.zeros(MOVING), np.zeros(DAYS)
    write_rank(data, s.tou_blend, days[RANK_KINDS])
    scale_shapes(data, energy, weather, data.fixed_index, fixed)
    scale_shapes(data, energy, weather, data.weather_index, moving)
    weigh_kinds(data.kind_shapes, fixed, days[LOAD_KINDS])
    total = 0.0
    for shape in range(SHAPES):
        total += energy[shape]
    hosts, shapes, factors = p.rooftop_host_ratio * total / HOURS, data.weather_shapes[weather], data.factors[weather]
    roof = capacity[Resource.ROOF_PV] if capacity[Resource.ROOF_PV] > 0.0 else 1.0
    host_share = min(1.0, roof / hosts) if hosts > 0.0 else 0.0
    make_hours(
        days[LOAD_KINDS], days[RANK_KINDS], data.day_kind, shapes[0], shapes[1], shapes[2], moving[0], moving[1],
        moving[2], factors[Resource.ROOF_PV], factors[Resource.GROUND_PV], factors[Resource.ONSHORE_WIND],
        factors[Resource.NEARSHORE_WIND], capacity, host_share, work[LOAD], work[SOLAR], work[GENERATION], lanes[0],
        lanes[1], sums, out, Monthly.OWN_USE,
    )  # fmt: skip
    write_own_use(now, data, weather, capacity[Resource.ROOF_PV], out)
    flexible = flexible_load(p, now, total)
    flexible = flexible if signals.vpp_on > 0.5 else 0.0
    smart = min(1.0, max(0.0, signals.smart_charging)) * energy[Shape.CHARGING]
    if flexible > 0.0 or smart > 0.0:
        peak, surplus = move_flexible(data, weather, smart, flexible, days, sums, lanes, work)
    else:
        peak, surplus = net_load(work[LOAD], work[GENERATION], lanes[0], lanes[1], work[NET])
    if storage > 0.0:
        efficiency = math.sqrt(p.storage_round_trip_efficiency)
        power, threshold = storage / p.storage_hours, p.storage_price_threshold
        run_storage(work, lanes, days[RANK_KINDS], data.day_kind, storage, power, efficiency, peak, surplus,
                    p.import_limit, p.export_limit, threshold, out)  # fmt: skip
    return peak, surplus


@rule
def flexible_load(p: Records, now: Records, total: float) -> float:
    """Enrolled flexible load that can act, MW: what firms and the port enrolled, up to a share of the mean load."""
    now.flexible_load_enrolled = now.firm_flexible_load + now.port_flexible / HOURS
    ceiling = p.flexible_load_ceiling * total / HOURS
    return min(max(0.0, now.flexible_load_enrolled), ceiling)


@rule
def write_own_use(now: Records, data: HourlyData, weather: int, roof: float, out: Floats) -> None:
    """Rooftop PV used behind the meter as a share of it (without any PV: the share a first MW would have).

    The hosts' load is a share of the park's, in proportion to the PV they carry: ``rooftop_host_ratio`` MW of PV per MW
    of mean load, at most the whole park.
    """
    used, made = 0.0, 0.0
    for month in range(MONTHS):
        used += out[month, Monthly.OWN_USE]
        made += (roof if roof > 0.0 else 1.0) * data.factor_sums[weather, Resource.ROOF_PV, month]
        out[month, Monthly.OWN_USE] *= 1.0 if roof > 0.0 else 0.0
    now.rooftop_self_use_share = used / made if made > 0.0 else 0.0


@rule
def write_record(
    p: Records, s: Records, now: Records, data: HourlyData, after: Floats, work: Floats, lanes: Floats, out: Floats
) -> None:
    """Yearly outcomes of one run from its months and hours."""
    roof, ground = annual(out, Monthly.ROOF_PV), annual(out, Monthly.GROUND_PV)
    now.generation_pv = roof + ground
    now.generation_wind = annual(out, Monthly.ONSHORE_WIND) + annual(out, Monthly.NEARSHORE_WIND)
    now.electricity_demand = annual(out, Monthly.DEMAND)
    now.electricity_import = annual(out, Monthly.IMPORT)
    now.electricity_export = annual(out, Monthly.EXPORT)
    now.electricity_curtailment = annual(out, Monthly.CURTAILMENT)
    now.electricity_unserved = annual(out, Monthly.UNSERVED)
    now.load_control = annual(out, Monthly.LOAD_CONTROL)
    now.storage_throughput = annual(out, Monthly.DISCHARGE)
    now.storage_loss = annual(out, Monthly.CHARGE) - now.storage_throughput
    now.rooftop_own_use = annual(out, Monthly.OWN_USE)
    offered = now.generation_pv + now.generation_wind - now.rooftop_own_use
    now.generation_grid_connected = max(0.0, offered - now.electricity_curtailment)
    now.curtailment_share = min(1.0, now.electricity_curtailment / offered) if offered > 0.0 else 0.0
    now.matched_share = annual(out, Monthly.MATCHED) / now.electricity_demand if now.electricity_demand > 0.0 else 0.0
    now.peak_import_mw = 0.0
    for month in range(MONTHS):
        now.peak_import_mw = max(now.peak_import_mw, out[month, Monthly.PEAK_IMPORT])
    now.flexible_shift_hours = (1.0 - s.tou_blend) * data.shift_hours[0] + s.tou_blend * data.shift_hours[1]
    now.solar_value_ratio, now.wind_value_ratio = 1.0, 1.0
    if now.electricity_export + now.electricity_curtailment > 0.0:
        value = p.surplus_value
        solar = surplus_loss(after, p.export_limit, work[GENERATION], work[SOLAR], value, lanes[0])
        made = now.generation_wind > 0.0
        wind = (1.0 - value) * now.electricity_export + now.electricity_curtailment - solar
        now.solar_value_ratio = max(0.0, 1.0 - solar / now.generation_pv) if now.generation_pv > 0.0 else 1.0
        now.wind_value_ratio = min(1.0, max(0.0, 1.0 - wind / now.generation_wind)) if made else 1.0


@rule
def keep_hours(
    p: Records,
    data: HourlyData,
    capacity: Floats,
    weather: int,
    stores: bool,
    unserved: bool,
    called: int,
    control: Floats,
    after: Floats,
    work: Floats,
    kept: Floats,
) -> None:
    """Copy one run's hours into ``kept`` [HOURLY, 8760]; ``unserved``: is there load not served?"""
    for row in range(kept.shape[0]):
        fill(kept[row], 0.0)
    scaled(work[LOAD], 1.0, kept[Hour.DEMAND])
    for resource in range(RESOURCES):
        scaled(data.factors[weather, resource], capacity[resource], kept[Hour.ROOF_PV + resource])
    within(after, p.import_limit, 1.0, kept[Hour.IMPORT])
    within(after, p.export_limit, -1.0, kept[Hour.EXPORT])
    beyond(after, p.export_limit, -1.0, kept[Hour.CURTAILMENT])
    if unserved:
        scaled(work[UNSERVED], 1.0, kept[Hour.UNSERVED])
    if stores:
        efficiency, stored = math.sqrt(p.storage_round_trip_efficiency), work[STORED, FRONT:]
        storage_flows(work[STORED, FRONT - 1 :], stored, efficiency, kept[Hour.CHARGE], kept[Hour.DISCHARGE])
        scaled(stored, 1.0, kept[Hour.STORED])
    for position in range(called):
        kept[Hour.LOAD_CONTROL, data.stress_hours[weather, position]] = control[position]


@rule
def write_inputs(
    load: Floats, rooftop: Floats, now: Records, hours: Floats, recorded: float, energy: Floats, capacity: Floats
) -> float:
    """Energy by shape [MWh] and capacity by resource [MW] of one run's year; returns the total energy.

    ``load`` [feeders, shapes], ``rooftop`` [feeders], ``hours`` [12] of onshore wind. In 2020 onshore wind is scaled to
    the recorded generation, ``recorded`` MWh; 0 in other years.
    """
    total, capacity[Resource.ROOF_PV] = 0.0, 0.0
    for shape in range(SHAPES):
        energy[shape] = 0.0
        for feeder in range(load.shape[0]):
            energy[shape] += load[feeder, shape]
        total += energy[shape]
    for feeder in range(rooftop.shape[0]):
        capacity[Resource.ROOF_PV] += rooftop[feeder]
    capacity[Resource.GROUND_PV] = now.capacity_ground_pv
    capacity[Resource.ONSHORE_WIND] = now.capacity_onshore_wind
    capacity[Resource.NEARSHORE_WIND] = now.capacity_nearshore_wind
    made = 0.0
    for month in range(MONTHS):
        made += hours[month] * now.capacity_onshore_wind
    capacity[Resource.ONSHORE_WIND] *= recorded / made if recorded > 0.0 and made > 0.0 else 1.0
    return total


@stage
def run_hours(
    world: World,
    data: HourlyData,
    weather_year: Integers,
    year: int,
    monthly: Floats,
    keep: Integers,
    hourly: Floats,
    work: Floats,
) -> None:
    """Run the hours of a year and write its outcomes (MODEL 0, stage 7).

    Reads this year's ``world.load``, ``rooftop``, ``storage`` and of the record ``capacity_ground_pv``,
    ``capacity_onshore_wind``, ``capacity_nearshore_wind`` (effective MW), ``firm_flexible_load`` (MW) and
    ``port_flexible`` (MWh). ``weather_year`` [runs, years] picks the weather; ``monthly`` [runs, 12, MONTHLY] is
    overwritten; where ``keep`` [runs] is a slot >= 0, the hours go to ``hourly`` [slots, HOURLY, 8760]. ``work`` is
    scratch memory from :func:`make_scratch`. The same weather year may serve many runs; runs do not meet.
    """
    lanes, days = np.zeros((LANES, HOURS_A_DAY)), np.zeros((KINDS, data.kind_rank.shape[1], HOURS_A_DAY))
    energy, capacity, control = np.zeros(SHAPES), np.zeros(RESOURCES), np.zeros(STRESS_HOURS)
    for run in runs_of(world):
        p, s, signals, now = world.parameters[run], world.series[run, year], world.signals[run], world.record[run, year]
        weather, out = weather_year[run, year], monthly[run]
        for month in range(MONTHS):
            for column in range(out.shape[1]):
                out[month, column] = 0.0
        recorded, onshore = (
            p.wind_generation_2020 if year == 0 else 0.0,
            data.factor_sums[weather, Resource.ONSHORE_WIND],
        )
        total = write_inputs(world.load[run], world.rooftop[run], now, onshore, recorded, energy, capacity)
        storage = 0.0
        for feeder in range(world.storage.shape[1]):
            storage += world.storage[run, feeder] * p.storage_depth
        peak, surplus = dispatch(p, s, signals, now, storage, data, weather, energy, capacity, days, lanes, work, out)
        after = work[NET]
        flexible = flexible_load(p, now, total)
        pays = signals.demand_response_pay > 0.0 and flexible > 0.0
        called = min(STRESS_HOURS, int(p.demand_response_hours)) if pays else 0
        short = uniform(world.weather_seeds[run], PARK_IDS, year, Stream.HOURS, 0) < s.shortage_probability
        ordered = min(STRESS_HOURS, int(p.shortage_hours)) if short else 0
        stress, some_unserved = data.stress_hours[weather], peak > p.import_limit or ordered > 0
        if some_unserved:
            beyond(after, p.import_limit, 1.0, work[UNSERVED])
        call_load(after, work[UNSERVED], p.import_limit, stress, flexible, called, ordered, p.shortage_depth, control)
        for position in range(max(called, ordered)):
            out[month_of(stress[position]), Monthly.LOAD_CONTROL] += control[position]
        write_months(data, energy, capacity, weather, p.import_limit, p.export_limit, after, lanes, out)
        if some_unserved:
            sum_by_month(work[UNSERVED], lanes[0], out, Monthly.UNSERVED)
        if surplus > p.export_limit:
            sum_curtailed(after, p.export_limit, lanes[0], out, Monthly.CURTAILMENT)
        write_matching(storage > 0.0, out)
        write_record(p, s, now, data, after, work, lanes, out)
        if keep[run] >= 0:
            keep_hours(p, data, capacity, weather, storage > 0.0, some_unserved, max(called, ordered), control, after,
                       work, hourly[keep[run]])  # fmt: skip
