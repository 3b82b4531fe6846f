"""Stages 4 and 5 of buildings: who reviews what, applies for credit, and builds (MODEL 0)."""

from __future__ import annotations

import numpy as np

from agents.applications import apply_for, carry_out
from agents.axes import LABELS, Stream
from agents.building import (
    GREEN_LABEL,
    NEW_BUILDING_SLOT,
    ORDINARY_LABEL,
    RETROFIT_SLOT,
    RETROFITS,
    ROOFTOP_SLOT,
    ROW,
    SYSTEMS,
    SYSTEMS_SLOT,
    TECHNOLOGIES,
    TYPES,
    YUAN_PER_MYUAN,
    Buildings,
    FloorType,
    TypeTable,
    Use,
)
from agents.building_choice import attention, plan_pv, plan_retrofit, plan_storage, plan_systems, system_capex
from agents.building_listing import cost_factor
from agents.building_offer import OFFER, set_discount, set_prices
from agents.building_rows import install_system, load_row, refresh_use, scratch, store_row
from agents.compiled import rule, stage
from agents.credit import SLOTS, offered_rate
from agents.draws import uniform
from agents.fields import Floats, Integers, Records
from agents.gates import BuildingStage, extra_cost
from agents.lending import inject_equity, pay_capex
from agents.world import World


@rule
def count_peers(
    stages: Integers,
    kinds: Integers,
    technology: Integers,
    retrofit: Integers,
    rooftop_pv: Floats,
    storage: Floats,
    systems: Floats,
    retrofits: Floats,
    rooftop: Floats,
) -> None:
    """Shares among the buildings in operation of each type: [type, system, technology], [type, retrofit], [type, 2]."""
    count = np.zeros(TYPES)
    systems[:], retrofits[:], rooftop[:] = 0.0, 0.0, 0.0
    for a in range(stages.shape[0]):
        if stages[a] == BuildingStage.OPERATION:
            kind = kinds[a]
            count[kind] += 1.0
            for system in range(SYSTEMS):
                systems[kind, system, technology[a, system]] += 1.0
            for option in range(RETROFITS):
                retrofits[kind, option] += float(retrofit[a, option])
            rooftop[kind, 0] += 1.0 if rooftop_pv[a] > 0.0 else 0.0
            rooftop[kind, 1] += 1.0 if storage[a] > 0.0 else 0.0
    for kind in range(TYPES):
        share = 1.0 / max(1.0, count[kind])
        for system in range(SYSTEMS):
            for option in range(TECHNOLOGIES):
                systems[kind, system, option] *= share
        for option in range(RETROFITS):
            retrofits[kind, option] *= share
            rooftop[kind, option] *= share


@rule
def system_at_end(installed: Integers, life: Floats, year: int) -> bool:
    """Is any of a building's systems [system] at the end of its life?"""
    ended = False
    for system in range(SYSTEMS):
        ended = ended or year - installed[system] >= life[system]
    return ended


@rule
def retire_rooftop(b: Records, p: Records, year: int) -> bool:
    """Take down PV and storage at the end of their life; returns whether that gives an occasion to choose."""
    ended = False
    if b.rooftop_pv > 0.0 and year - b.rooftop_year >= p.rooftop_pv_life:
        b.rooftop_pv = 0.0
        ended = True
    if b.storage > 0.0 and year - b.storage_year >= p.storage_life:
        b.storage = 0.0
        ended = True
    return ended


@rule
def clear_plans(b: Records) -> None:
    """Forget last year's plans."""
    for system in range(SYSTEMS):
        b.plan[system] = -1
    b.planned_retrofit, b.planned_pv, b.planned_storage = 0, 0.0, 0.0
    for slot in range(SLOTS):
        b.capex[slot], b.subsidy[slot] = 0.0, 0.0


@rule
def plan_works(b: Records, p: Records, factor: float) -> None:
    """A project whose design has passed asks for a loan for its extra cost; a marked reduction makes it green."""
    per_area = extra_cost(b.design_rate, p.lifecycle_cost_linear * factor, p.lifecycle_cost_quadratic * factor)
    b.capex[NEW_BUILDING_SLOT] = (per_area + b.penalty) * b.area / YUAN_PER_MYUAN
    b.label[NEW_BUILDING_SLOT] = GREEN_LABEL if b.design_rate >= p.building_green_label_rate else ORDINARY_LABEL


@rule
def plan_building(
    b: Records,
    o: Records,
    t: Records,
    p: Records,
    s: Records,
    signals: Records,
    seed: int,
    year: int,
    reviewing: bool,
    systems: Floats,
    retrofits: Floats,
    rooftop: Floats,
) -> None:
    """All plans of one building in operation; peers are rows of its type."""
    share = signals.capital_subsidy_share
    plan_systems(b, o, p, s, seed, year, reviewing, systems, share)
    if reviewing:
        plan_retrofit(b, o, p, seed, retrofits, min(1.0, share + signals.building_retrofit_subsidy))
    if retire_rooftop(b, p, year) or reviewing:
        plan_pv(b, o, t, p, s, signals, seed, rooftop[0])
        plan_storage(b, o, t, p, s, signals, seed, rooftop[1])


def choose(world: World, buildings: Buildings, types: TypeTable, first: int, year: int) -> None:
    """Stage 4: owners plan and apply. ``first`` is the borrower of slot 0, ``year`` the year's index (at least 1)."""
    plan_all(world, buildings, types, first, year, scratch(ROW), scratch(OFFER))


@stage
def plan_all(
    world: World, buildings: Buildings, types: TypeTable, first: int, year: int, rows: Records, offers: Records
) -> None:
    """Who reviews what, what each plans, and its applications; ``rows`` and ``offers`` are scratch."""
    systems = np.zeros((TYPES, SYSTEMS, TECHNOLOGIES))
    retrofits, rooftop = np.zeros((TYPES, RETROFITS)), np.zeros((TYPES, RETROFITS))
    b, o = rows[0], offers[0]
    debts, terms = world.borrowers, world.terms
    for run in range(world.seeds.shape[0]):
        p, s, signals, seed = world.parameters[run], world.series[run, year], world.signals[run], world.seeds[run]
        last = world.record[run, year - 1]
        world.record[run, year].lifecycle_rate_in_force = signals.lifecycle_rate_required
        count_peers(
            buildings.stage[run],
            buildings.kind[run],
            buildings.technology[run],
            buildings.retrofit[run],
            buildings.rooftop_pv[run],
            buildings.storage[run],
            systems,
            retrofits,
            rooftop,
        )
        factor = cost_factor(p, last, year)
        flexible = last.flexibility_income_per_mw > p.demand_response_effort
        o.surplus_share, o.transition_open, o.cover = (
            p.surplus_share_for_debt_service,
            signals.transition_finance_open,
            1.0 - last.subsidy_cut,
        )
        o.price_feed_in, o.learning = world.prices.feed_in[run], last.local_learning_pv
        for label in range(LABELS):
            o.share[label] = min(p.debt_share, terms.advance_ratio[run, label])
            o.tenor[label] = terms.tenor[run, label]
        for a in range(buildings.stage.shape[1]):
            state, borrower = buildings.stage[run, a], first + a
            if state == BuildingStage.EMPTY:
                continue
            for slot in range(SLOTS):
                debts.asked[run, borrower, slot] = 0.0
                debts.granted[run, borrower, slot] = 0
                buildings.capex[run, a, slot] = 0.0
            operating = state == BuildingStage.OPERATION
            reviewing = False
            if operating:
                pays = flexible and buildings.kind[run, a] != FloorType.RESIDENTIAL
                peak = buildings.use[run, a, Use.COOLING] / p.cooling_full_load_hours
                buildings.enrolled[run, a] = peak * p.demand_response_share if pays else 0.0
                draw = uniform(seed, buildings.identity[run, a], year, Stream.ATTENTION, 0)
                reviewing = draw < attention(p, signals, buildings.over_quota[run, a])
                due = system_at_end(buildings.installed[run, a], buildings.equipment_life[run, a], year)
                if not (reviewing or due or buildings.rooftop_pv[run, a] > 0.0 or buildings.storage[run, a] > 0.0):
                    continue
            elif state != BuildingStage.DESIGN or buildings.lost_years[run, a] > 0:
                continue
            load_row(buildings, run, a, b)
            clear_plans(b)
            if operating:
                for label in range(LABELS):
                    o.loan_rate[label] = offered_rate(
                        terms.rate[run, label, debts.carbon_class[run, borrower]],
                        debts.size[run, borrower],
                        terms.small_firm_size[run],
                        terms.small_firm_spread[run],
                        debts.rating[run, borrower],
                        terms.risk_spread[run],
                    )
                o.cash, o.service = debts.cash[run, borrower], debts.service[run, borrower]
                o.surplus, o.room = debts.surplus[run, borrower], world.hosting_room[run, b.feeder]
                kind = b.kind
                t = types.row[kind]
                set_prices(
                    o,
                    b,
                    t,
                    p,
                    signals,
                    world.prices.tariff[run],
                    world.prices.fuel[run],
                    world.prices.solar_tariff[run],
                )
                set_discount(o, b.hurdle, terms.reference_rate[run])
                plan_building(
                    b, o, t, p, s, signals, seed, year, reviewing, systems[kind], retrofits[kind], rooftop[kind]
                )
            else:
                plan_works(b, p, factor)
            store_row(buildings, run, a, b)
            for slot in range(SLOTS):
                if b.capex[slot] > 0.0:
                    apply_for(world, run, borrower, slot, b.label[slot], b.capex[slot], b.subsidy[slot], year)


@rule
def renew_systems(b: Records, p: Records, s: Records, seed: int, year: int, built: bool) -> float:
    """Put in the planned systems; without means, what has reached its end is replaced like for like.

    Returns the Myuan that like-for-like costs beyond the plan's own payment.
    """
    cost = 0.0
    for system in range(SYSTEMS):
        option = b.plan[system]
        if option < 0 or not (built or b.forced[system] > 0):
            continue
        if not built:
            option = b.technology[system]
            cost += system_capex(b, p, s, system, option)
        b.cycle[system] += 1
        draw = uniform(seed, b.identity, b.cycle[system], Stream.LIFETIME, 1 + system)
        install_system(b, p, s, system, option, year, draw)
    return cost


@rule
def finish_plans(b: Records, p: Records, s: Records, now: Records, seed: int, year: int, done: Integers) -> float:
    """Change the building by what was carried out, ``done`` [slot]; returns what like-for-like costs, Myuan."""
    cost = 0.0
    if b.capex[SYSTEMS_SLOT] > 0.0:
        cost = renew_systems(b, p, s, seed, year, done[SYSTEMS_SLOT] > 0)
    if done[RETROFIT_SLOT] > 0 and b.planned_retrofit > 0:
        b.retrofit[b.planned_retrofit - 1] = 1
        if b.planned_retrofit == 1:
            now.buildings_retrofitted_light += b.area
        else:
            now.buildings_retrofitted_deep += b.area
    if done[ROOFTOP_SLOT] > 0:
        if b.planned_pv > 0.0:
            b.rooftop_pv = b.planned_pv
            b.rooftop_year = year
        if b.planned_storage > 0.0:
            b.storage = b.planned_storage
            b.storage_year = year
    refresh_use(b, p)
    return cost


def build(world: World, buildings: Buildings, first: int, year: int) -> None:
    """Stage 5, after the bank: what is granted, or can be paid, is built and booked."""
    build_all(world, buildings, first, year, scratch(ROW))


@stage
def build_all(world: World, buildings: Buildings, first: int, year: int, rows: Records) -> None:
    """Carry out all plans; ``rows`` is scratch.

    A project under way is always finished, with owners' money where credit fails; so is like-for-like at end of life.
    """
    done = np.zeros(SLOTS, np.int64)
    b = rows[0]
    for run in range(world.seeds.shape[0]):
        p, s, now, seed = world.parameters[run], world.series[run, year], world.record[run, year], world.seeds[run]
        for a in range(buildings.stage.shape[1]):
            state = buildings.stage[run, a]
            if state == BuildingStage.DESIGN and buildings.lost_years[run, a] == 0:
                buildings.funded[run, a] = 1
                now.lifecycle_extra_cost += buildings.capex[run, a, NEW_BUILDING_SLOT]
            elif state != BuildingStage.OPERATION:
                continue
            planned = False
            for slot in range(SLOTS):
                done[slot] = 0
                capex = buildings.capex[run, a, slot]
                if capex > 0.0:
                    planned = True
                    support, new = buildings.subsidy[run, a, slot], slot >= ROOFTOP_SLOT
                    if carry_out(world, run, first + a, slot, capex, support, new, slot == NEW_BUILDING_SLOT, year):
                        done[slot] = 1
            if planned and state == BuildingStage.OPERATION:
                load_row(buildings, run, a, b)
                cost = finish_plans(b, p, s, now, seed, year, done)
                store_row(buildings, run, a, b)
                if done[ROOFTOP_SLOT] > 0:
                    world.hosting_room[run, b.feeder] -= b.planned_pv
                if cost > 0.0:
                    pay_capex(world, run, first + a, cost, year, False)
                    inject_equity(world, run, first + a, year)
