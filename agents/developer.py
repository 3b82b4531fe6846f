"""Project developers: ground PV, onshore and nearshore wind at the park's candidate sites (MODEL 5).

Every site of the park's project list is one agent. It appraises its project each year; a positive net present value
starts the permit, and when the permit is held the project is built if it still pays, can carry its loan, and the
connection has room. Energy price, expected green premium and curtailment are last year's. Legacy farms are sites that
already run. Money in million yuan of 2020 (Myuan), capacity in MW, energy in MWh; ``year`` is an index, 2020 is 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Annotated, Any, NamedTuple

import numpy as np

from agents.axes import BASE_YEAR, DEVELOPER_IDS, CarbonClass, Holder, Resource, Stream
from agents.compiled import rule, stage
from agents.draws import normal
from agents.fields import Column, Field, Floats, Integers, Outcome, Quantity, Records, Signal, allocate
from agents.investment import annuity
from agents.units import KW, KW_PER_MW, YUAN
from agents.world import World, runs_of


class ProjectState(IntEnum):
    """Stages of a site. A legacy farm begins as RUNNING."""

    IDLE = 0
    PERMITTING = 1
    PERMITTED = 2
    RUNNING = 3
    CLOSED = 4


PARAMETERS: list[Quantity] = [
    Quantity("developer_hurdle_rate", "1/yr", "mean project hurdle rate of developers, real"),
    Quantity(
        "developer_hurdle_spread", "1", "standard deviation of hurdle rates between developers, share of the mean"
    ),
    Quantity("developer_equity_premium", "1/yr", "added to the hurdle rate when a project goes ahead without a loan"),
    Quantity("developer_local_loan_share", "1", "share of a project's debt sought from the park's bank"),
    Quantity("developer_hours_ground_pv", "h/yr", "full-load hours that developers expect of ground PV"),
    Quantity("developer_hours_onshore_wind", "h/yr", "full-load hours expected onshore at a site of factor 1"),
    Quantity("developer_hours_nearshore_wind", "h/yr", "full-load hours expected nearshore at a site of factor 1"),
    Quantity("developer_life_pv", "yr", "life of ground PV"),
    Quantity("developer_life_wind", "yr", "life of a wind farm"),
    Quantity("developer_legacy_life", "yr", "age at which a farm of before 2020 ends or is repowered"),
    Quantity("developer_fixed_cost_pv", "1/yr", "fixed yearly cost of ground PV over capex"),
    Quantity("developer_fixed_cost_onshore", "1/yr", "fixed yearly cost of onshore wind over capex"),
    Quantity("developer_fixed_cost_nearshore", "1/yr", "fixed yearly cost of nearshore wind over capex"),
    Quantity("developer_pv_degradation", "1/yr", "yearly loss of PV output"),
    Quantity("developer_line_cost", "yuan/kW", "connection line, per km of distance"),
    Quantity("developer_permit_cost_share", "1", "cost of permits over capex, part of the investment"),
    Quantity(
        "developer_repower",
        "1",
        "what happens at a legacy farm's end: 0 closes, 1 repowers if it pays, 2 runs on",
        whole=True,
    ),
    Quantity("developer_renewal_cost_share", "1", "cost of renewing a plant on a developed site over a new one"),
    Quantity("developer_wind_limit", "MW", "wind that the park's 35 and 110 kV substations can connect"),
    Quantity("developer_pv_limit", "MW", "ground PV that the park's 20 and 35 kV network can connect"),
    Quantity("developer_premium_share", "1", "share of output that developers expect to sell with the green premium"),
    Quantity("developer_sponsor_size", "Myuan/yr", "income of a project's sponsor, for the bank's size class"),
    Quantity(
        "developer_cash_reserve",
        "yr",
        "years of fixed cost kept, beside a year of debt service, before paying dividends",
    ),
]

SERIES: list[Quantity] = [
    Quantity("capex_ground_pv", "yuan/kW", "capex of ground PV at a site of cost factor 1"),
    Quantity("capex_onshore_wind", "yuan/kW", "capex of onshore wind at a site of cost factor 1"),
    Quantity("capex_nearshore_wind", "yuan/kW", "capex of nearshore wind at a site of cost factor 1"),
]

SIGNALS: list[Signal] = [
    Signal("feed_in_premium", "yuan/MWh", "paid by the public budget on output of plants built from 2021 on"),
]

OUTCOMES: list[Outcome] = [
    Outcome("capacity_ground_pv", "MW", "effective ground PV: times the weather's capacity factor gives output"),
    Outcome("capacity_onshore_wind", "MW", "effective onshore wind: installed times site factors"),
    Outcome("capacity_nearshore_wind", "MW", "effective nearshore wind: installed times site factors"),
    Outcome("installed_ground_pv", "MW", "nameplate ground PV", "", "Capacity|Electricity|Ground PV"),
    Outcome("installed_onshore_wind", "MW", "nameplate onshore wind", "", "Capacity|Electricity|Onshore Wind"),
    Outcome("installed_nearshore_wind", "MW", "nameplate nearshore wind", "", "Capacity|Electricity|Nearshore Wind"),
    Outcome("developer_investment", "Myuan/yr", "investment of project developers", "", "Investment|Renewables"),
    Outcome("developer_loans_refused", "Myuan/yr", "loans asked by developers and not granted"),
    Outcome("developer_revenue", "Myuan/yr", "energy sales and premiums of developers"),
    Outcome("feed_in_premium_paid", "Myuan/yr", "feed-in premium paid by the public budget"),
    Outcome("projects_held_by_connection", "1", "projects that pay and wait for connection room"),
    Outcome("projects_held_by_debt_service", "1", "projects that pay over their life but not over the loan's tenor"),
]

SITE_COLUMNS: tuple[Column, ...] = (
    Column("site", "text", meaning="name of the site"),
    Column("site_chinese", "text", meaning="name in Chinese"),
    Column("kind", "text", meaning="candidate or legacy", choices=("candidate", "legacy")),
    Column("resource", "text", meaning="resource", choices=("ground_pv", "onshore_wind", "nearshore_wind")),
    Column("capacity", "number", "MW", "capacity of the site", 0.1, 2000.0),
    Column("repowered_capacity", "number", "MW", "capacity after renewal; equals capacity where nothing changes", 0.1),
    Column("cost_factor", "number", "1", "capex over that of an easy site", 1.0, 1.9),
    Column("factor", "number", "1", "output over that of the resource's series", 0.3, 1.5),
    Column("distance", "number", "km", "to the connection point", 0.0, 100.0),
    Column("permit_years", "integer", "yr", "from application to the end of building", 0, 15),
    Column("built", "integer", "1", "calendar year of commissioning; 0 for a candidate", 0, 2020),
)
TABLES: dict[str, tuple[Column, ...]] = {"sites": SITE_COLUMNS}


class Developers(NamedTuple):
    """Candidate projects and legacy farms; [runs, sites]."""

    resource: Annotated[Integers, Field("1", "index of Resource")]
    legacy: Annotated[Integers, Field("1", "1 if the farm ran before 2020")]
    capacity: Annotated[Floats, Field("MW", "capacity that would be built now")]
    repowered_capacity: Annotated[Floats, Field("MW", "capacity of the plant that follows the first one")]
    factor: Annotated[Floats, Field("1", "output over that of the resource's series")]
    cost_factor: Annotated[Floats, Field("1", "capex over that of an easy site")]
    distance: Annotated[Floats, Field("km", "to the connection point")]
    permit_years: Annotated[Integers, Field("yr", "from application to the end of building")]
    hurdle: Annotated[Floats, Field("1/yr", "project hurdle rate")]
    state: Annotated[Integers, Field("1", "index of ProjectState")]
    ready: Annotated[Integers, Field("1", "year index at which the permit is held")]
    built: Annotated[Integers, Field("1", "year index of commissioning, negative before 2020")]
    installed: Annotated[Floats, Field("MW", "running capacity")]
    renewed: Annotated[Integers, Field("1", "plants that stood on the site before")]
    present_value: Annotated[Floats, Field("yuan/kW", "net present value at the last appraisal")]
    effective: Annotated[Floats, Field("MW", "capacity that, times the resource's capacity factor, gives output")]
    project_cost: Annotated[Floats, Field("yuan/kW", "capex at the last appraisal")]
    project_income: Annotated[Floats, Field("yuan/MWh", "expected income at the last appraisal")]
    planned: Annotated[Floats, Field("Myuan", "capex of the project to be built this year, 0 if none")]
    capex: Annotated[Floats, Field("Myuan", "capex of the running plant, for its fixed cost")]
    revenue: Annotated[Floats, Field("Myuan/yr", "sales of the year, premiums included")]


def populate(sites: Mapping[str, Any], world: World, first: int) -> Developers:
    """Developers [runs, sites] from the park's site list; hurdle rates are drawn from each run's seed.

    ``sites`` holds the columns of SITE_COLUMNS (the table ``sites``); site s becomes borrower ``first + s``.
    """
    runs, count = world.seeds.shape[0], len(sites["capacity"])
    developers = allocate(Developers, runs, count)
    legacy = np.array([kind == "legacy" for kind in sites["kind"]], dtype=np.int64)
    developers.resource[...] = [Resource[name.upper()] for name in sites["resource"]]
    developers.legacy[...] = legacy
    for column in ("capacity", "repowered_capacity", "factor", "cost_factor", "distance", "permit_years"):
        getattr(developers, column)[...] = np.asarray(sites[column])
    developers.state[...] = np.where(legacy == 1, ProjectState.RUNNING, ProjectState.IDLE)
    developers.built[...] = np.where(legacy == 1, np.asarray(sites["built"], dtype=np.int64) - BASE_YEAR, 0)
    developers.installed[...] = np.where(legacy == 1, developers.capacity, 0.0)
    draw_hurdles(world, developers)
    standing = developers.installed * KW_PER_MW * developers.cost_factor * YUAN
    developers.capex[...] = standing * world.series["capex_onshore_wind"][:, :1]
    last = first + count
    world.borrowers.holder[:, first:last] = Holder.DEVELOPERS
    world.borrowers.carbon_class[:, first:last] = CarbonClass.UNRATED
    world.borrowers.size[:, first:last] = world.parameters["developer_sponsor_size"][:, None]
    return developers


@stage
def draw_hurdles(world: World, developers: Developers) -> None:
    """Hurdle rate of each developer: the mean, spread by a normal draw of its own, at least half the mean."""
    for run in runs_of(world):
        p = world.parameters[run]
        for site in range(developers.hurdle.shape[1]):
            taste = normal(world.seeds[run], DEVELOPER_IDS + site, 0, Stream.POPULATION, 0)
            spread = max(0.5, 1.0 + p.developer_hurdle_spread * taste)
            developers.hurdle[run, site] = p.developer_hurdle_rate * spread


@rule
def annuity_factor(rate: float, years: float, decline: float) -> float:
    """Present value of a stream of 1 a year that falls by ``decline`` a year; 1/crf where it does not."""
    kept = (1.0 - decline) / (1.0 + rate)
    if abs(1.0 - kept) < 1e-12:
        return years
    return kept * (1.0 - kept**years) / (1.0 - kept) / (1.0 - decline)


@rule
def project_value(
    capex: float, fixed_share: float, hours: float, price: float, rate: float, years: float, decline: float
) -> float:
    """Net present value of a plant, yuan/kW: ``hours`` a year at ``price`` yuan/MWh less fixed cost and capex, yuan/kW.

    Known answer: an easy wind site of 2,300 h, 5,600 yuan/kW, 2 %, 415.3 yuan/MWh, 8 %, 25 years is worth 3,401
    yuan/kW, and 10 yuan/MWh more adds 246.
    """
    income = hours * price * KW * annuity_factor(rate, years, decline)
    return income - capex * (1.0 + fixed_share * annuity_factor(rate, years, 0.0))


@rule
def energy_value(
    feed_in: float, value_ratio: float, support: float, premium: float, premium_share: float, curtailed: float
) -> float:
    """Expected income per MWh that could be made, yuan/MWh.

    ``value_ratio`` is the worth of a MWh of the resource over one that never meets a surplus (price cannibalisation and
    curtailment together); support and the green premium on its share of output are earned by what is not curtailed.
    """
    return feed_in * value_ratio + (support + premium * premium_share) * (1.0 - curtailed)


@rule
def project_capex(base: float, cost_factor: float, line_cost: float, distance: float, permit_share: float) -> float:
    """Capex of a project, yuan/kW: the resource's cost times the site's factor, permits, and the line to the grid."""
    return base * cost_factor * (1.0 + permit_share) + line_cost * distance


@rule
def expected_hours(p: Records, resource: int) -> float:
    """Full-load hours that developers expect of a resource at a site of factor 1, h/yr."""
    if resource == Resource.GROUND_PV:
        return p.developer_hours_ground_pv
    if resource == Resource.ONSHORE_WIND:
        return p.developer_hours_onshore_wind
    return p.developer_hours_nearshore_wind


@rule
def base_capex(s: Records, resource: int) -> float:
    """Capex of a resource at a site of cost factor 1, yuan/kW."""
    if resource == Resource.GROUND_PV:
        return s.capex_ground_pv
    if resource == Resource.ONSHORE_WIND:
        return s.capex_onshore_wind
    return s.capex_nearshore_wind


@rule
def fixed_cost_share(p: Records, resource: int) -> float:
    """Fixed yearly cost of a resource over capex, 1/yr."""
    if resource == Resource.GROUND_PV:
        return p.developer_fixed_cost_pv
    if resource == Resource.ONSHORE_WIND:
        return p.developer_fixed_cost_onshore
    return p.developer_fixed_cost_nearshore


@rule
def plant_life(p: Records, resource: int) -> float:
    """Life of a new plant, yr."""
    return p.developer_life_pv if resource == Resource.GROUND_PV else p.developer_life_wind


@rule
def output_decline(p: Records, resource: int) -> float:
    """Yearly loss of output, 1/yr: PV fades, wind is kept up."""
    return p.developer_pv_degradation if resource == Resource.GROUND_PV else 0.0


@rule
def connection_limit(p: Records, resource: int) -> float:
    """Capacity that the park can connect in the resource's class, MW: wind at 35/110 kV, ground PV at 20/35 kV."""
    return p.developer_pv_limit if resource == Resource.GROUND_PV else p.developer_wind_limit


@rule
def faded(installed: float, factor: float, decline: float, age: int) -> float:
    """Capacity that, times the resource's capacity factor, gives a site's output, MW."""
    capacity = installed * factor
    return capacity * (1.0 - decline) ** age if decline > 0.0 and age > 0 else capacity


@rule
def value_ratio(now: Records, resource: int) -> float:
    """Worth of a year's MWh of a resource over one that never meets a surplus, from the hours."""
    return now.solar_value_ratio if resource == Resource.GROUND_PV else now.wind_value_ratio


@rule
def income_per_mwh(p: Records, last: Records, resource: int, feed_in: float, support: float) -> float:
    """Income a developer expects per MWh it could make, yuan/MWh, from last year's outcomes."""
    premium = last.green_premium * KW_PER_MW
    ratio = value_ratio(last, resource)
    return energy_value(feed_in, ratio, support, premium, p.developer_premium_share, last.curtailment_share)


@rule
def site_capex(p: Records, s: Records, resource: int, cost_factor: float, distance: float, renewed: int) -> float:
    """Capex of the project that a site could build this year, yuan/kW; a renewed site has its line already."""
    base, line = base_capex(s, resource), p.developer_line_cost
    if renewed > 0:
        base *= p.developer_renewal_cost_share
        line = 0.0
    return project_capex(base, cost_factor, line, distance, p.developer_permit_cost_share)


@rule
def appraise(p: Records, resource: int, factor: float, capex: float, income: float, rate: float) -> float:
    """Net present value of a project, yuan/kW, for capex (yuan/kW), income (yuan/MWh) and discount rate."""
    hours, decline = expected_hours(p, resource) * factor, output_decline(p, resource)
    return project_value(capex, fixed_cost_share(p, resource), hours, income, rate, plant_life(p, resource), decline)


@rule
def carries_debt(
    p: Records, resource: int, factor: float, capex: float, income: float, loan_share: float, rate: float, tenor: float
) -> bool:
    """Does a project's income cover fixed cost and the loan's service over the tenor (maturity mismatch, P5)."""
    earned = expected_hours(p, resource) * factor * income * KW - fixed_cost_share(p, resource) * capex
    return annuity(loan_share * capex, rate, min(tenor, plant_life(p, resource))) <= earned


@rule
def loan_share(p: Records, advance_ratio: float) -> float:
    """Share of a project's capex lent by the park's bank; other debt and equity come from sponsors outside."""
    return min(p.debt_share, advance_ratio) * p.developer_local_loan_share
