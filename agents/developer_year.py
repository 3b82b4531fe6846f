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
    KW_PER_MW,
    YUAN_PER_MYUAN,
    Developers,
    ProjectState,
    appraise,
    connection_limit,
    debt_carried,
    effective_capacity,
    expected_generation,
    fixed_cost_share,
    local_share,
    plant_life,
    rate_with_loan,
    site_capex,
    value_ratio,
)
from agents.fields import Floats
from agents.lending import book_loan, claim_subsidy, inject_equity, pay_capex, pay_out, receive, subsidise
from agents.world import World

SLOT = 0  # of a developer's credit applications


@rule
def retire(world: World, developers: Developers, run: int, site: int, year: int) -> None:
    """End of a plant's life: the site may be renewed at once, except a legacy farm that the switch closes or keeps."""
    p = world.parameters[run]
    legacy = developers.legacy[run, site] == 1 and developers.renewed[run, site] == 0
    life = p.developer_legacy_life if legacy else plant_life(world, run, developers.resource[run, site])
    if developers.state[run, site] != ProjectState.RUNNING or year - developers.built[run, site] < life:
        return
    if legacy and p.developer_repower > 1.5:
        return
    developers.installed[run, site] = 0.0
    developers.capex[run, site] = 0.0
    if legacy and p.developer_repower < 0.5:
        developers.state[run, site] = ProjectState.CLOSED
        return
    developers.state[run, site] = ProjectState.PERMITTED
    developers.ready[run, site] = year
    developers.renewed[run, site] += 1
    developers.capacity[run, site] = developers.repowered_capacity[run, site]


@rule
def review(world: World, developers: Developers, run: int, site: int, borrower: int, year: int) -> None:
    """Appraise a site that does not run; a project that pays starts its permit, a permit that is due is held."""
    if developers.state[run, site] == ProjectState.RUNNING or developers.state[run, site] == ProjectState.CLOSED:
        return
    rate = rate_with_loan(world, developers, run, site, borrower)
    developers.present_value[run, site] = appraise(world, developers, run, site, rate, year)
    if developers.state[run, site] == ProjectState.IDLE and developers.present_value[run, site] > 0.0:
        developers.state[run, site] = ProjectState.PERMITTING
        developers.ready[run, site] = year + developers.permit_years[run, site]
    if developers.state[run, site] == ProjectState.PERMITTING and developers.ready[run, site] <= year:
        developers.state[run, site] = ProjectState.PERMITTED


@rule
def connection_room(world: World, developers: Developers, run: int, resource: int) -> float:
    """Room left in the resource's connection class, MW: the limit less what runs or is planned this year."""
    room = connection_limit(world, run, resource)
    for site in range(developers.state.shape[1]):
        same = (developers.resource[run, site] == Resource.GROUND_PV) == (resource == Resource.GROUND_PV)
        if same and developers.planned[run, site] > 0.0:
            room -= developers.capacity[run, site]
        elif same:
            room -= developers.installed[run, site]
    return room


@rule
def plan(world: World, developers: Developers, run: int, site: int, borrower: int, year: int) -> None:
    """Decide on a permitted project: it must pay, carry its loan, and find connection room; then it asks for credit."""
    now = world.record[run, year]
    if developers.present_value[run, site] <= 0.0:
        return
    if not debt_carried(world, developers, run, site, borrower, year):
        now.projects_held_by_debt_service += 1.0
        return
    capacity = developers.capacity[run, site]
    if connection_room(world, developers, run, developers.resource[run, site]) < capacity:
        now.projects_held_by_connection += 1.0
        return
    capex = site_capex(world, developers, run, site, year) * capacity * KW_PER_MW / YUAN_PER_MYUAN
    developers.planned[run, site] = capex
    world.borrowers.asked[run, borrower, SLOT] = local_share(world, run) * capex
    world.borrowers.asked_label[run, borrower, SLOT] = Label.GREEN


@rule
def next_in_queue(developers: Developers, run: int, queued: Floats) -> int:
    """Permitted site that has waited longest and is not yet served, or -1; equal waits are served in list order."""
    chosen = -1
    for site in range(developers.state.shape[1]):
        if developers.state[run, site] != ProjectState.PERMITTED or queued[site] > 0.0:
            continue
        if chosen < 0 or developers.ready[run, site] < developers.ready[run, chosen]:
            chosen = site
    return chosen


@stage
def choose_developers(world: World, developers: Developers, first: int, year: int) -> None:
    """Retire old plants, appraise every site and apply for credit (stage 4)."""
    queue = np.zeros(developers.state.shape[1])
    for run in range(world.seeds.shape[0]):
        for site in range(developers.state.shape[1]):
            withdraw(world, run, first + site)
            queue[site] = 0.0
            developers.planned[run, site] = 0.0
            retire(world, developers, run, site, year)
            review(world, developers, run, site, first + site, year)
            if developers.built[run, site] > 0 and world.signals[run].feed_in_premium > 0.0:
                expected = expected_generation(world, developers, run, site, year)
                claim_subsidy(world, run, expected * world.signals[run].feed_in_premium / YUAN_PER_MYUAN, year)
        site = next_in_queue(developers, run, queue)
        while site >= 0:
            queue[site] = 1.0
            plan(world, developers, run, site, first + site, year)
            site = next_in_queue(developers, run, queue)


@rule
def build_project(world: World, developers: Developers, run: int, site: int, borrower: int, year: int) -> None:
    """Carry out a planned project: with the granted loan, or without one if it pays at the sponsors' own rate."""
    now, capex = world.record[run, year], developers.planned[run, site]
    loan = world.borrowers.asked[run, borrower, SLOT]
    if world.borrowers.granted[run, borrower, SLOT] == 0 and loan > 0.0:
        now.developer_loans_refused += loan
        loan = 0.0
        rate = developers.hurdle[run, site] + world.parameters[run].developer_equity_premium
        if appraise(world, developers, run, site, rate, year) <= 0.0:
            return
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
    for run in range(world.seeds.shape[0]):
        for site in range(developers.state.shape[1]):
            if developers.planned[run, site] > 0.0:
                build_project(world, developers, run, site, first + site, year)


@stage
def run_developers(world: World, developers: Developers, year: int) -> None:
    """Write the capacity of each resource for the hours (stage 7, MW), effective and nameplate."""
    for run in range(world.seeds.shape[0]):
        now = world.record[run, year]
        now.capacity_ground_pv, now.capacity_onshore_wind, now.capacity_nearshore_wind = 0.0, 0.0, 0.0
        now.installed_ground_pv, now.installed_onshore_wind, now.installed_nearshore_wind = 0.0, 0.0, 0.0
        for site in range(developers.state.shape[1]):
            effective = effective_capacity(world, developers, run, site, year)
            installed = developers.installed[run, site]
            if developers.resource[run, site] == Resource.GROUND_PV:
                now.capacity_ground_pv += effective
                now.installed_ground_pv += installed
            elif developers.resource[run, site] == Resource.ONSHORE_WIND:
                now.capacity_onshore_wind += effective
                now.installed_onshore_wind += installed
            else:
                now.capacity_nearshore_wind += effective
                now.installed_nearshore_wind += installed


@rule
def resource_share(world: World, developers: Developers, run: int, site: int, year: int) -> float:
    """Share of its resource's output that a site makes this year."""
    now = world.record[run, year]
    total = now.capacity_nearshore_wind
    if developers.resource[run, site] == Resource.GROUND_PV:
        total = now.capacity_ground_pv
    elif developers.resource[run, site] == Resource.ONSHORE_WIND:
        total = now.capacity_onshore_wind
    return effective_capacity(world, developers, run, site, year) / total if total > 0.0 else 0.0


@rule
def site_output(
    world: World, developers: Developers, available: Floats, run: int, site: int, month: int, year: int
) -> float:
    """What a site could make in a month, MWh: its share of its resource's output in the hours."""
    made = available[run, month, developers.resource[run, site]]
    return made * resource_share(world, developers, run, site, year)


@rule
def sell_output(
    world: World, developers: Developers, available: Floats, run: int, site: int, borrower: int, year: int
) -> float:
    """Sell a site's output to the grid and draw its feed-in premium; returns the income, Myuan."""
    resource, made = developers.resource[run, site], 0.0
    for month in range(MONTHS):
        made += available[run, month, resource]
    made *= resource_share(world, developers, run, site, year)
    income = made * world.prices.feed_in[run] * value_ratio(world, run, resource, year) / YUAN_PER_MYUAN
    receive(world, run, borrower, Holder.GRID, income)
    if developers.built[run, site] > 0:
        delivered = made * (1.0 - world.record[run, year].curtailment_share)
        due = delivered * world.signals[run].feed_in_premium / YUAN_PER_MYUAN
        support = subsidise(world, run, borrower, due, year)
        world.record[run, year].feed_in_premium_paid += support
        income += support
    return income


@stage
def settle_developers(world: World, developers: Developers, available: Floats, first: int, year: int) -> None:
    """Book the year's sales, fixed cost and dividends (stage 10, before the bank collects debt service).

    ``available`` [runs, 12, RESOURCES] is the output in MWh before curtailment, as the hours report it by month. Green
    premiums were booked by settle_market, which also reset ``revenue``.
    """
    for run in range(world.seeds.shape[0]):
        p = world.parameters[run]
        for site in range(developers.state.shape[1]):
            borrower = first + site
            developers.revenue[run, site] += sell_output(world, developers, available, run, site, borrower, year)
            fixed = fixed_cost_share(world, run, developers.resource[run, site]) * developers.capex[run, site]
            pay_out(world, run, borrower, Holder.OUTSIDE, fixed)
            inject_equity(world, run, borrower, year)
            reserve = p.developer_cash_reserve * fixed + world.borrowers.service[run, borrower]
            dividend = max(0.0, world.borrowers.cash[run, borrower] - reserve)
            pay_out(world, run, borrower, Holder.OUTSIDE, dividend)
            world.borrowers.surplus[run, borrower] = developers.revenue[run, site] - fixed
            world.record[run, year].developer_revenue += developers.revenue[run, site]
