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
from agents.world import World
from sim.hour_data import STRESS_HOURS, Hour, HourlyData, Monthly, load_hours, prepare_hours
from sim.hour_loops import (
    HOURS_A_DAY,
    MONTH_DAYS,
    add_scaled,
    blend,
    ceiling_step,
    ceilings,
    count_below,
    difference,
    fill,
    fill_storage,
    highest,
    own_use,
    peak_by_month,
    plan_storage,
    product_sum,
    scaled,
    shift_charging,
    shift_load,
    split,
    storage_flows,
    sum_by_month,
    surplus_loss,
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
# run's year stays in a processor's second-level cache.
LOAD, GENERATION, SOLAR, NET, ROOF, RANK, WANT, STEP, CEILING, STORED, CHARGE, DISCHARGE = range(12)
AFTER, UNSERVED, IMPORT, EXPORT, CURTAILED, OWN, LOST = ROOF, RANK, WANT, STEP, CEILING, CHARGE, NET
SCRATCH = 12


def make_scratch() -> Floats:
    """Working memory of :func:`run_hours` [SCRATCH, 8760], one for each thread that calls it."""
    return np.zeros((SCRATCH, HOURS))


@rule
def add_loads(data: HourlyData, energy: Floats, weather: int, work: Floats) -> None:
    """Load of the park by hour from its annual energy by shape [MWh]."""
    fill(work[LOAD], 0.0)
    for index in range(data.fixed_index.shape[0]):
        shape = data.fixed_index[index]
        add_scaled(work[LOAD], data.fixed_shapes[index], energy[shape] / data.shape_total[weather, shape])
    for index in range(data.weather_index.shape[0]):
        shape = data.weather_index[index]
        add_scaled(work[LOAD], data.weather_shapes[weather, index], energy[shape] / data.shape_total[weather, shape])


@rule
def add_generation(data: HourlyData, capacity: Floats, weather: int, work: Floats) -> None:
    """Available wind and PV by hour from capacity by resource [MW]."""
    factors = data.factors[weather]
    scaled(factors[Resource.ROOF_PV], capacity[Resource.ROOF_PV], work[ROOF])
    scaled(factors[Resource.GROUND_PV], capacity[Resource.GROUND_PV], work[SOLAR])
    add_scaled(work[SOLAR], work[ROOF], 1.0)
    scaled(work[SOLAR], 1.0, work[GENERATION])
    if capacity[Resource.ONSHORE_WIND] > 0.0:
        add_scaled(work[GENERATION], factors[Resource.ONSHORE_WIND], capacity[Resource.ONSHORE_WIND])
    if capacity[Resource.NEARSHORE_WIND] > 0.0:
        add_scaled(work[GENERATION], factors[Resource.NEARSHORE_WIND], capacity[Resource.NEARSHORE_WIND])


@rule
def write_charging(data: HourlyData, weather: int, work: Floats) -> None:
    """Profile of vehicle charging, share of the year by hour, into the row that storage uses later."""
    fill(work[WANT], 0.0)
    for index in range(data.fixed_index.shape[0]):
        if data.fixed_index[index] == Shape.CHARGING:
            add_scaled(work[WANT], data.fixed_shapes[index], 1.0 / data.shape_total[weather, Shape.CHARGING])
    for index in range(data.weather_index.shape[0]):
        if data.weather_index[index] == Shape.CHARGING:
            total = data.shape_total[weather, Shape.CHARGING]
            add_scaled(work[WANT], data.weather_shapes[weather, index], 1.0 / total)


@rule
def run_storage(
    work: Floats,
    lanes: Floats,
    capacity: float,
    power: float,
    efficiency: float,
    imports: float,
    exports: float,
    threshold: float,
) -> None:
    """Storage of a run's year: fills charge, discharge, content and the net load after them.

    ``efficiency`` is one way. The ceiling makes it the dispatch that curtails least, so that
    more storage never curtails more. Charging from the grid never lifts import above its peak without storage.
    """
    limit = min(imports, highest(work[NET], lanes))
    plan_storage(work[NET], work[RANK], power, efficiency, limit, imports, threshold, work[WANT])
    ceiling_step(work[NET], power, efficiency, exports, work[STEP])
    ceilings(work[STEP], capacity, work[CEILING])
    fill_storage(work[WANT], work[CEILING], work[STORED])
    storage_flows(work[STORED], efficiency, work[CHARGE], work[DISCHARGE])
    difference(work[NET], work[DISCHARGE], work[AFTER])
    add_scaled(work[AFTER], work[CHARGE], 1.0)


@rule
def call_load(
    work: Floats, hours: Integers, flexible: float, called: int, ordered: int, depth: float, control: Floats
) -> None:
    """Demand response in the first ``called`` stress hours, and a shortage order in the first ``ordered``.

    An order takes ``depth`` of the import away; enrolled flexible load is cut first, the rest is unserved.
    ``control`` [hours called] receives the flexible load cut in each.
    """
    for position in range(max(called, ordered)):
        hour = hours[position]
        order = depth * work[IMPORT, hour] if position < ordered else 0.0
        offered = flexible if position < called or position < ordered else 0.0
        cut = min(max(offered if position < called else 0.0, min(order, offered)), work[IMPORT, hour])
        control[position] = cut
        forced = max(0.0, order - cut)
        work[IMPORT, hour] -= cut + forced
        work[UNSERVED, hour] += forced


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
    stores: bool,
    beyond: Integers,
    work: Floats,
    lanes: Floats,
    out: Floats,
) -> None:
    """Monthly results of one run: linear ones from monthly sums, the rest from the hours.

    ``beyond`` [3] counts hours unserved, of export and of curtailment: what has none needs no sum.
    """
    for month in range(MONTHS):
        demand = 0.0
        for shape in range(SHAPES):
            demand += energy[shape] * data.shape_sums[weather, shape, month]
        out[month, Monthly.DEMAND] = demand
        for resource in range(RESOURCES):
            out[month, Monthly.ROOF_PV + resource] = capacity[resource] * data.factor_sums[weather, resource, month]
    sum_by_month(work[IMPORT], lanes, out, Monthly.IMPORT)
    if beyond[0] > 0:
        sum_by_month(work[UNSERVED], lanes, out, Monthly.UNSERVED)
    if beyond[1] > 0:
        sum_by_month(work[EXPORT], lanes, out, Monthly.EXPORT)
    if beyond[2] > 0:
        sum_by_month(work[CURTAILED], lanes, out, Monthly.CURTAILMENT)
    if stores:
        sum_by_month(work[CHARGE], lanes, out, Monthly.CHARGE)
        sum_by_month(work[DISCHARGE], lanes, out, Monthly.DISCHARGE)
    peak_by_month(work[IMPORT], lanes, out, Monthly.PEAK_IMPORT)


@rule
def write_matching(direct_net: Floats, stores: bool, lanes: Floats, out: Floats) -> None:
    """Self-consumption, and demand met hour by hour by local wind and PV, directly or through storage.

    ``direct_net`` is load minus generation before storage. What storage gives back counts by the share of its month's
    charge that came from surplus.
    """
    if stores:
        for hour in range(HOURS):
            direct_net[hour] = direct_net[hour] if direct_net[hour] > 0.0 else 0.0
        sum_by_month(direct_net, lanes, out, Monthly.MATCHED)
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
        m[Monthly.MATCHED] = m[Monthly.DEMAND] - deficit + share * m[Monthly.DISCHARGE]


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
    beyond: Integers,
    lanes: Floats,
    work: Floats,
    out: Floats,
) -> bool:
    """The hours of one run, up to import and export, into the scratch rows; returns whether there is storage.

    ``p``, ``s``, ``signals`` and ``now`` are the run's parameters, series, signals and record; ``storage`` usable MWh.
    """
    add_loads(data, energy, weather, work)
    add_generation(data, capacity, weather, work)
    total = 0.0
    for shape in range(SHAPES):
        total += energy[shape]
    write_own_use(p, now, data, weather, total, capacity[Resource.ROOF_PV], lanes, work, out)
    flexible = flexible_load(p, now, total)
    flexible = flexible if signals.vpp_on > 0.5 else 0.0
    smart = min(1.0, max(0.0, signals.smart_charging)) * energy[Shape.CHARGING]
    if flexible > 0.0 or smart > 0.0 or storage > 0.0:
        blend(data.price_rank[0], data.price_rank[1], s.tou_blend, work[RANK])
    if smart > 0.0:
        write_charging(data, weather, work)
        shift_charging(work[LOAD], work[GENERATION], work[RANK], work[WANT], smart, work[STEP])
    if flexible > 0.0:
        shift_load(work[LOAD], work[GENERATION], work[RANK], flexible, work[STEP])
    difference(work[LOAD], work[GENERATION], work[NET])
    after = work[NET]
    if storage > 0.0:
        efficiency = math.sqrt(p.storage_round_trip_efficiency)
        power, threshold = storage / p.storage_hours, p.storage_price_threshold
        run_storage(work, lanes, storage, power, efficiency, p.import_limit, p.export_limit, threshold)
        after = work[AFTER]
    beyond[0] = split(after, p.import_limit, 1.0, work[IMPORT], work[UNSERVED])
    beyond[1] = count_below(after, 0.0)
    beyond[2] = split(after, p.export_limit, -1.0, work[EXPORT], work[CURTAILED])
    return storage > 0.0


@rule
def flexible_load(p: Records, now: Records, total: float) -> float:
    """Enrolled flexible load that can act, MW: what firms and the port enrolled, up to a share of the mean load."""
    now.flexible_load_enrolled = now.firm_flexible_load + now.port_flexible / HOURS
    ceiling = p.flexible_load_ceiling * total / HOURS
    return min(max(0.0, now.flexible_load_enrolled), ceiling)


@rule
def write_own_use(
    p: Records,
    now: Records,
    data: HourlyData,
    weather: int,
    total: float,
    roof: float,
    lanes: Floats,
    work: Floats,
    out: Floats,
) -> None:
    """Rooftop PV used behind the meter, and its share (without any PV: the share a first MW would have).

    The hosts' load is a share of the park's, in proportion to the PV they carry: ``rooftop_host_ratio`` MW of PV per MW
    of mean load, at most the whole park.
    """
    hosts = p.rooftop_host_ratio * total / HOURS
    capacity = roof if roof > 0.0 else 1.0
    if roof <= 0.0:
        scaled(data.factors[weather, Resource.ROOF_PV], 1.0, work[ROOF])
    own_use(work[LOAD], work[ROOF], min(1.0, capacity / hosts) if hosts > 0.0 else 0.0, work[OWN])
    used, made = sum_by_month(work[OWN], lanes, out, Monthly.OWN_USE), 0.0
    for month in range(MONTHS):
        made += capacity * data.factor_sums[weather, Resource.ROOF_PV, month]
        out[month, Monthly.OWN_USE] *= 1.0 if roof > 0.0 else 0.0
    now.rooftop_self_use_share = used / made if made > 0.0 else 0.0


@rule
def write_record(
    p: Records, s: Records, now: Records, data: HourlyData, work: Floats, lanes: Floats, out: Floats
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
        surplus_loss(work[EXPORT], work[CURTAILED], work[GENERATION], value, work[LOST])
        solar = product_sum(work[SOLAR], work[LOST], lanes)
        made = now.generation_wind > 0.0
        wind = (1.0 - value) * now.electricity_export + now.electricity_curtailment - solar
        now.solar_value_ratio = max(0.0, 1.0 - solar / now.generation_pv) if now.generation_pv > 0.0 else 1.0
        now.wind_value_ratio = min(1.0, max(0.0, 1.0 - wind / now.generation_wind)) if made else 1.0


@rule
def keep_hours(
    data: HourlyData,
    capacity: Floats,
    weather: int,
    stores: bool,
    called: int,
    control: Floats,
    work: Floats,
    kept: Floats,
) -> None:
    """Copy one run's hours into ``kept`` [HOURLY, 8760]."""
    for row in range(kept.shape[0]):
        fill(kept[row], 0.0)
    scaled(work[LOAD], 1.0, kept[Hour.DEMAND])
    for resource in range(RESOURCES):
        add_scaled(kept[Hour.ROOF_PV + resource], data.factors[weather, resource], capacity[resource])
    scaled(work[IMPORT], 1.0, kept[Hour.IMPORT])
    scaled(work[EXPORT], 1.0, kept[Hour.EXPORT])
    scaled(work[CURTAILED], 1.0, kept[Hour.CURTAILMENT])
    scaled(work[UNSERVED], 1.0, kept[Hour.UNSERVED])
    if stores:
        scaled(work[CHARGE], 1.0, kept[Hour.CHARGE])
        scaled(work[DISCHARGE], 1.0, kept[Hour.DISCHARGE])
        scaled(work[STORED], 1.0, kept[Hour.STORED])
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
    ``port_flexible`` (MWh). ``weather_year`` [runs] picks the weather; ``monthly`` [runs, 12, MONTHLY] is overwritten;
    where ``keep`` [runs] is a slot >= 0, the hours go to ``hourly`` [slots, HOURLY, 8760]. ``work`` is scratch memory
    from :func:`make_scratch`. The same weather year may serve many runs; runs do not meet.
    """
    lanes = np.zeros(HOURS_A_DAY)
    energy, capacity, control = np.zeros(SHAPES), np.zeros(RESOURCES), np.zeros(STRESS_HOURS)
    beyond = np.zeros(3, np.int64)
    for run in range(world.seeds.shape[0]):
        p, s, signals, now = world.parameters[run], world.series[run, year], world.signals[run], world.record[run, year]
        weather, out = weather_year[run], monthly[run]
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
        stores = dispatch(p, s, signals, now, storage, data, weather, energy, capacity, beyond, lanes, work, out)
        flexible = flexible_load(p, now, total)
        pays = signals.demand_response_pay > 0.0 and flexible > 0.0
        called = min(STRESS_HOURS, int(p.demand_response_hours)) if pays else 0
        short = uniform(world.weather_seeds[run], PARK_IDS, year, Stream.HOURS, 0) < s.shortage_probability
        ordered = min(STRESS_HOURS, int(p.shortage_hours)) if short else 0
        stress = data.stress_hours[weather]
        call_load(work, stress, flexible, called, ordered, p.shortage_depth, control)
        beyond[0] += ordered
        for position in range(max(called, ordered)):
            out[month_of(stress[position]), Monthly.LOAD_CONTROL] += control[position]
        write_months(data, energy, capacity, weather, stores, beyond, work, lanes, out)
        write_matching(work[NET], stores, lanes, out)
        write_record(p, s, now, data, work, lanes, out)
        if keep[run] >= 0:
            keep_hours(data, capacity, weather, stores, max(called, ordered), control, work, hourly[keep[run]])
