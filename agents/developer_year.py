"""The developers' year: appraise and apply, build, run, and book sales (MODEL 5; stages 4, 5, 7 and 10).

Equity comes from sponsors outside the park, which also place the debt that the park's bank does not carry; profit
beyond a reserve goes back to them.
"""

from __future__ import annotations

import numpy as np

from agents.applications import loan_rate_offered, withdraw
from agents.axes import MONTHS, Holder, Label, Resource
from agents.compiled import rule, stage
from agents.developer import (
    Developers,
    ProjectState,
    appraise,
    carries_debt,
    connection_limit,
    expected_hours,
    faded,
    fixed_cost_share,
    income_per_mwh,
    loan_share,
    output_decline,
    plant_life,
    site_capex,
    value_ratio,
)
from agents.fields import Floats, Integers
from agents.investment import discount_rate
from agents.lending import (
    book_loan,
    claim_subsidy,
    expected_cover,
    inject_equity,
    pay_capex,
    pay_out,
    receive,
    subsidise,
)
from agents.units import KW_PER_MW, YUAN
from agents.world import World, runs_of

SLOT = 0  # of a developer's credit applications


@rule
def retire(world: World, developers: Developers, run: int, site: int, year: int) -> None:
    """End of a plant's life: the site may be renewed at once, except a legacy farm that the switch closes or keeps."""
    p = world.parameters[run]
    legacy = developers.legacy[run, site] == 1 and developers.renewed[run, site] == 0
    life = p.developer_legacy_life if legacy else plant_life(p, developers.resource[run, site])
    ended = developers.state[run, site] == ProjectState.RUNNING and year - developers.built[run, site] >= life
    if ended and not (legacy and p.developer_repower > 1.5):
        developers.installed[run, site] = 0.0
        developers.capex[run, site] = 0.0
        if legacy and p.developer_repower < 0.5:
            developers.state[run, site] = ProjectState.CLOSED
        else:
            developers.state[run, site] = ProjectState.PERMITTED
            developers.ready[run, site] = year
            developers.renewed[run, site] += 1
            developers.capacity[run, site] = developers.repowered_capacity[run, site]


@rule
def next_state(state: int, value: float, ready: int, year: int, permit_years: int) -> tuple[int, int]:
    """State of a site that does not run, and when its permit is held: a project that pays starts its permit."""
    if state == ProjectState.IDLE and value > 0.0:
        state, ready = ProjectState.PERMITTING, year + permit_years
    if state == ProjectState.PERMITTING and ready <= year:
        state = ProjectState.PERMITTED
    return int(state), ready


@rule
def review(
    world: World, developers: Developers, run: int, site: int, offered: float, support: float, year: int
) -> None:
    """Appraise a site that does not run, at the offered loan rate (1/yr) and the expected support (yuan/MWh)."""
    p, s, last = world.parameters[run], world.series[run, year], world.record[run, year - 1]
    resource, share = developers.resource[run, site], loan_share(p, world.terms.advance_ratio[run, Label.GREEN])
    rate = discount_rate(developers.hurdle[run, site], share, offered, world.terms.reference_rate[run])
    capex = site_capex(
        p, s, resource, developers.cost_factor[run, site], developers.distance[run, site], developers.renewed[run, site]
    )
    income = income_per_mwh(p, last, resource, world.prices.feed_in[run], support)
    value = appraise(p, resource, developers.factor[run, site], capex, income, rate)
    developers.project_cost[run, site] = capex
    developers.project_income[run, site] = income
    developers.present_value[run, site] = value
    state, ready = next_state(
        developers.state[run, site], value, developers.ready[run, site], year, developers.permit_years[run, site]
    )
    developers.state[run, site] = state
    developers.ready[run, site] = ready


@rule
def connected(resource: Integers, installed: Floats, capacity: Floats, planned: Floats, solar: bool) -> float:
    """Capacity in a connection class, wind or ground PV, that runs or is planned this year, MW; columns [sites]."""
    total = 0.0
    for site in range(resource.shape[0]):
        if (resource[site] == Resource.GROUND_PV) == solar:
            total += capacity[site] if planned[site] > 0.0 else installed[site]
    return total


@rule
def plan(world: World, developers: Developers, run: int, site: int, borrower: int, offered: float, year: int) -> None:
    """Decide on a permitted project: it must pay, carry its loan, and find connection room; then it asks for credit."""
    p, now, resource = world.parameters[run], world.record[run, year], developers.resource[run, site]
    capacity, cost = developers.capacity[run, site], developers.project_cost[run, site]
    share, income = loan_share(p, world.terms.advance_ratio[run, Label.GREEN]), developers.project_income[run, site]
    tenor, factor = world.terms.tenor[run, Label.GREEN], developers.factor[run, site]
    taken = connected(
        developers.resource[run],
        developers.installed[run],
        developers.capacity[run],
        developers.planned[run],
        resource == Resource.GROUND_PV,
    )
    if developers.present_value[run, site] > 0.0:
        if not carries_debt(p, resource, factor, cost, income, share, offered, tenor):
            now.projects_held_by_debt_service += 1.0
        elif taken + capacity > connection_limit(p, resource):
            now.projects_held_by_connection += 1.0
        else:
            capex = cost * capacity * KW_PER_MW * YUAN
            developers.planned[run, site] = capex
            world.borrowers.asked[run, borrower, SLOT] = share * capex
            world.borrowers.asked_label[run, borrower, SLOT] = Label.GREEN


@rule
def next_in_queue(state: Integers, ready: Integers, queued: Floats) -> int:
    """Permitted site that has waited longest and is not yet served, or -1; equal waits are served in list order."""
    chosen = -1
    for site in range(state.shape[0]):
        waits = state[site] == ProjectState.PERMITTED and queued[site] == 0.0
        if waits and (chosen < 0 or ready[site] < ready[chosen]):
            chosen = site
    return chosen


@stage
def choose_developers(world: World, developers: Developers, first: int, year: int) -> None:
    """Retire old plants, appraise every site and apply for credit (stage 4)."""
    sites = developers.state.shape[1]
    queue, offered = np.zeros(sites), np.zeros(sites)
    for run in runs_of(world):
        p, premium = world.parameters[run], world.signals[run].feed_in_premium
        support = premium * expected_cover(world, run, year)
        kept = 1.0 - world.record[run, year - 1].curtailment_share
        claims = 0.0
        for site in range(sites):
            withdraw(world, run, first + site)
            queue[site] = 0.0
            developers.planned[run, site] = 0.0
            retire(world, developers, run, site, year)
            state = developers.state[run, site]
            if state != ProjectState.RUNNING and state != ProjectState.CLOSED:
                offered[site] = loan_rate_offered(world, run, first + site, Label.GREEN)
                review(world, developers, run, site, offered[site], support, year)
            if developers.built[run, site] > 0:
                hours = expected_hours(p, developers.resource[run, site]) * kept
                claims += developers.effective[run, site] * hours * premium * YUAN
        if claims > 0.0:
            claim_subsidy(world, run, claims, year)
        site = next_in_queue(developers.state[run], developers.ready[run], queue)
        while site >= 0:
            queue[site] = 1.0
            plan(world, developers, run, site, first + site, offered[site], year)
            site = next_in_queue(developers.state[run], developers.ready[run], queue)


@rule
def build_project(world: World, developers: Developers, run: int, site: int, borrower: int, year: int) -> None:
    """Carry out a planned project: with the granted loan, or without one if it pays at the sponsors' own rate."""
    p, now, capex = world.parameters[run], world.record[run, year], developers.planned[run, site]
    loan, goes_ahead = world.borrowers.asked[run, borrower, SLOT], True
    if world.borrowers.granted[run, borrower, SLOT] == 0 and loan > 0.0:
        now.developer_loans_refused += loan
        loan = 0.0
        rate = developers.hurdle[run, site] + p.developer_equity_premium
        cost, income = developers.project_cost[run, site], developers.project_income[run, site]
        value = appraise(p, developers.resource[run, site], developers.factor[run, site], cost, income, rate)
        goes_ahead = value > 0.0
    if goes_ahead:
        book_loan(world, run, borrower, Label.GREEN, loan, loan_rate_offered(world, run, borrower, Label.GREEN), year)
        pay_capex(world, run, borrower, capex, year, True)
        inject_equity(world, run, borrower, year)
        now.developer_investment += capex
        developers.capex[run, site] = capex
        developers.installed[run, site] = developers.capacity[run, site]
        developers.built[run, site] = year
        developers.state[run, site] = ProjectState.RUNNING


@stage
def build_developers(world: World, developers: Developers, first: int, year: int) -> None:
    """Build what was planned, after the bank's answer (stage 5)."""
    for run in runs_of(world):
        for site in range(developers.state.shape[1]):
            if developers.planned[run, site] > 0.0:
                build_project(world, developers, run, site, first + site, year)


@stage
def run_developers(world: World, developers: Developers, year: int) -> None:
    """Write the capacity of each resource for the hours (stage 7, MW), effective and nameplate."""
    for run in runs_of(world):
        p, now = world.parameters[run], world.record[run, year]
        solar, ridge, sea = 0.0, 0.0, 0.0
        solar_plate, ridge_plate, sea_plate = 0.0, 0.0, 0.0
        for site in range(developers.state.shape[1]):
            resource, installed = developers.resource[run, site], developers.installed[run, site]
            age = year - developers.built[run, site]
            capacity = faded(installed, developers.factor[run, site], output_decline(p, resource), age)
            developers.effective[run, site] = capacity
            if resource == Resource.GROUND_PV:
                solar, solar_plate = solar + capacity, solar_plate + installed
            elif resource == Resource.ONSHORE_WIND:
                ridge, ridge_plate = ridge + capacity, ridge_plate + installed
            else:
                sea, sea_plate = sea + capacity, sea_plate + installed
        now.capacity_ground_pv, now.capacity_onshore_wind, now.capacity_nearshore_wind = solar, ridge, sea
        now.installed_ground_pv, now.installed_onshore_wind = solar_plate, ridge_plate
        now.installed_nearshore_wind = sea_plate


@rule
def resource_share(effective: float, resource: int, solar: float, ridge: float, sea: float) -> float:
    """Share of its resource's output that a site makes: its effective capacity over the resource's, all MW."""
    total = sea
    if resource == Resource.GROUND_PV:
        total = solar
    elif resource == Resource.ONSHORE_WIND:
        total = ridge
    return effective / total if total > 0.0 else 0.0


@stage
def settle_developers(world: World, developers: Developers, available: Floats, first: int, year: int) -> None:
    """Book the year's sales, fixed cost and dividends (stage 10, before the bank collects debt service).

    ``available`` [runs, 12, RESOURCES] is the output in MWh before curtailment, as the hours report it by month. Green
    premiums were booked by settle_market, which also reset ``revenue``.
    """
    for run in runs_of(world):
        p, now, premium = world.parameters[run], world.record[run, year], world.signals[run].feed_in_premium
        for site in range(developers.state.shape[1]):
            borrower, resource, made = first + site, developers.resource[run, site], 0.0
            for month in range(MONTHS):
                made += available[run, month, resource]
            made *= resource_share(
                developers.effective[run, site],
                resource,
                now.capacity_ground_pv,
                now.capacity_onshore_wind,
                now.capacity_nearshore_wind,
            )
            income = made * world.prices.feed_in[run] * value_ratio(now, resource) * YUAN
            receive(world, run, borrower, Holder.GRID, income)
            if developers.built[run, site] > 0 and premium > 0.0:
                due = made * (1.0 - now.curtailment_share) * premium * YUAN
                support = subsidise(world, run, borrower, due, year)
                now.feed_in_premium_paid += support
                income += support
            developers.revenue[run, site] += income
            fixed = fixed_cost_share(p, resource) * developers.capex[run, site]
            pay_out(world, run, borrower, Holder.OUTSIDE, fixed)
            inject_equity(world, run, borrower, year)
            reserve = p.developer_cash_reserve * fixed + world.borrowers.service[run, borrower]
            dividend = max(0.0, world.borrowers.cash[run, borrower] - reserve)
            pay_out(world, run, borrower, Holder.OUTSIDE, dividend)
            world.borrowers.surplus[run, borrower] = developers.revenue[run, site] - fixed
            now.developer_revenue += developers.revenue[run, site]
