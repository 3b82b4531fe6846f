"""The firms' investment choice in the shape that processors like: agents side by side in vector lanes.

Columns are contiguous along agents; options are unrolled; powers are products of repeated squares; what would branch is
a select; luck is drawn in a loop of its own, and only for a new equipment cycle. No sum runs over agents.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from agents.axes import Stream
from agents.compiled import hot_rule, rule, stage
from agents.draws import gumbel
from agents.fields import Floats, Integers
from benchmarks.market import OPTIONS, Codes, Market, Population

OUT_OF_REACH = 1e12
NOTHING = -1
LEAST_DISCOUNT = 0.01


class Lanes(NamedTuple):
    """Columns of all firms."""

    heat: Floats  # [runs, firms]
    site: Floats
    hurdle_rate: Floats
    attitude: Floats
    wear: Floats
    technology: Integers
    end_of_life: Integers
    lifetime: Integers
    cycle: Integers
    per_neighbour: Floats  # 1 / number of neighbours
    using: Floats  # [runs, options, firms] neighbours that use an option, kept up to date by those who switch
    taste: Floats  # [runs, options, firms] of the present equipment cycle
    best: Integers  # [runs, firms]


def lanes_of(firms: Population, seeds: Integers) -> Lanes:
    """The same firms in every run; each run has its own luck."""
    runs, number = len(seeds), len(firms.heat)

    def every_run(values: Any) -> Any:
        return np.tile(values, (runs,) + (1,) * np.ndim(values))

    start, neighbour = firms.network.start, firms.network.neighbour
    using = np.zeros((OPTIONS, number))
    np.add.at(using, (firms.technology[neighbour], np.repeat(np.arange(number), np.diff(start))), 1.0)
    lanes = Lanes(
        heat=every_run(firms.heat),
        site=every_run(firms.site),
        hurdle_rate=every_run(firms.hurdle_rate),
        attitude=every_run(firms.attitude),
        wear=every_run(firms.wear),
        technology=every_run(firms.technology),
        end_of_life=every_run(firms.end_of_life),
        lifetime=every_run(firms.lifetime),
        cycle=np.zeros((runs, number), np.int64),
        per_neighbour=every_run(1.0 / np.maximum(1, np.diff(start))),
        using=every_run(using),
        taste=np.zeros((runs, OPTIONS, number)),
        best=np.zeros((runs, number), np.int64),
    )
    first_tastes(lanes, seeds)
    return lanes


@stage
def first_tastes(lanes: Lanes, seeds: Integers) -> None:
    """Luck of the equipment cycle that is under way at the start."""
    for run in range(seeds.shape[0]):
        for firm in range(lanes.heat.shape[1]):
            for option in range(OPTIONS):
                lanes.taste[run, option, firm] = gumbel(seeds[run], firm, 0, Stream.CHOICE, option)


@hot_rule
def discount_power(once, twice, fourth, eighth, sixteenth, life):  # type: ignore[no-untyped-def]
    """1 / (1 + d)^life from the repeated squares of 1 / (1 + d); a life of at most 31 years."""
    power = once if life & 1 else 1.0
    power = power * (twice if life & 2 else 1.0)
    power = power * (fourth if life & 4 else 1.0)
    power = power * (eighth if life & 8 else 1.0)
    return power * (sixteenth if life & 16 else 1.0)


@hot_rule
def weighed(full, limit, running, kept):  # type: ignore[no-untyped-def]
    """Cost that counts: what is kept costs its running alone, whatever else must stay under the limit."""
    return running if kept else (full if full < limit else OUT_OF_REACH)


@rule
def weigh(market: Market, lanes: Lanes, review: bool, run: int, year: int) -> None:
    """Write what every firm installs into ``best``: its option of highest utility, or NOTHING. Options are unrolled."""
    cost_weight, peer_weight, attitude_weight = market.weights[0], market.weights[1], market.weights[2]
    loan_effect = market.loan_effect[year]
    capex, upkeep = market.capex[year], market.capex[year] * market.fixed_cost
    fixed, energy, carbon = market.fixed_cost, market.energy_cost[year], market.carbon_cost[year]
    life, low = market.life, market.low_carbon
    capex_0, capex_1, capex_2, capex_3, capex_4 = capex[0], capex[1], capex[2], capex[3], capex[4]
    fixed_0, fixed_1, fixed_2, fixed_3, fixed_4 = fixed[0], fixed[1], fixed[2], fixed[3], fixed[4]
    energy_0, energy_1, energy_2, energy_3, energy_4 = energy[0], energy[1], energy[2], energy[3], energy[4]
    carbon_0, carbon_1, carbon_2, carbon_3, carbon_4 = carbon[0], carbon[1], carbon[2], carbon[3], carbon[4]
    upkeep_0, upkeep_1, upkeep_2, upkeep_3, upkeep_4 = upkeep[0], upkeep[1], upkeep[2], upkeep[3], upkeep[4]
    life_0, life_1, life_2, life_3, life_4 = life[0], life[1], life[2], life[3], life[4]
    low_0, low_1, low_2, low_3, low_4 = low[0], low[1], low[2], low[3], low[4]
    sites, hurdles, attitudes = lanes.site[run], lanes.hurdle_rate[run], lanes.attitude[run]
    wears, technologies, ends = lanes.wear[run], lanes.technology[run], lanes.end_of_life[run]
    neighbours, using, taste, best = lanes.per_neighbour[run], lanes.using[run], lanes.taste[run], lanes.best[run]
    using_0, using_1, using_2, using_3, using_4 = using[0], using[1], using[2], using[3], using[4]
    taste_0, taste_1, taste_2, taste_3, taste_4 = taste[0], taste[1], taste[2], taste[3], taste[4]
    for firm in range(sites.shape[0]):
        rate = max(LEAST_DISCOUNT, hurdles[firm] + loan_effect)
        once = 1.0 / (1.0 + rate)
        twice = once * once
        fourth = twice * twice
        eighth = fourth * fourth
        sixteenth = eighth * eighth
        site, present = sites[firm], technologies[firm]
        paid_0 = 1.0 - discount_power(once, twice, fourth, eighth, sixteenth, life_0)
        paid_1 = 1.0 - discount_power(once, twice, fourth, eighth, sixteenth, life_1)
        paid_2 = 1.0 - discount_power(once, twice, fourth, eighth, sixteenth, life_2)
        paid_3 = 1.0 - discount_power(once, twice, fourth, eighth, sixteenth, life_3)
        paid_4 = 1.0 - discount_power(once, twice, fourth, eighth, sixteenth, life_4)
        # rate / paid_k for all five with one division: divisions are what this loop waits for
        paid_01, paid_34 = paid_0 * paid_1, paid_3 * paid_4
        each = rate / (paid_01 * paid_2 * paid_34)
        left, right = each * (paid_2 * paid_34), each * (paid_01 * paid_2)
        factor_0, factor_1, factor_2 = left * paid_1, left * paid_0, each * paid_01 * paid_34
        factor_3, factor_4 = right * paid_4, right * paid_3
        cost_0 = site * capex_0 * (factor_0 + fixed_0) + energy_0
        cost_1 = site * capex_1 * (factor_1 + fixed_1) + energy_1
        cost_2 = site * capex_2 * (factor_2 + fixed_2) + energy_2
        cost_3 = site * capex_3 * (factor_3 + fixed_3) + energy_3
        cost_4 = site * capex_4 * (factor_4 + fixed_4) + energy_4
        is_1, is_2, is_3, is_4 = present == 1, present == 2, present == 3, present == 4
        reference, fuel, keep = cost_0 - carbon_0, energy_0, upkeep_0
        reference = cost_1 - carbon_1 if is_1 else reference
        reference = cost_2 - carbon_2 if is_2 else reference
        reference = cost_3 - carbon_3 if is_3 else reference
        reference = cost_4 - carbon_4 if is_4 else reference
        fuel = energy_1 if is_1 else fuel
        fuel = energy_2 if is_2 else fuel
        fuel = energy_3 if is_3 else fuel
        fuel = energy_4 if is_4 else fuel
        keep = upkeep_1 if is_1 else keep
        keep = upkeep_2 if is_2 else keep
        keep = upkeep_3 if is_3 else keep
        keep = upkeep_4 if is_4 else keep
        running = site * keep + wears[firm] * fuel
        ending = ends[firm] <= year
        limit = np.inf if ending else running
        cost_0 = weighed(cost_0, limit, running, present == 0 and not ending)
        cost_1 = weighed(cost_1, limit, running, is_1 and not ending)
        cost_2 = weighed(cost_2, limit, running, is_2 and not ending)
        cost_3 = weighed(cost_3, limit, running, is_3 and not ending)
        cost_4 = weighed(cost_4, limit, running, is_4 and not ending)
        price = cost_weight / reference  # cost over cost of reference: the firm's size cancels
        green, peers = attitude_weight * attitudes[firm], peer_weight * neighbours[firm]
        utility_0 = taste_0[firm] + peers * using_0[firm] + green * low_0 - price * cost_0
        utility_1 = taste_1[firm] + peers * using_1[firm] + green * low_1 - price * cost_1
        utility_2 = taste_2[firm] + peers * using_2[firm] + green * low_2 - price * cost_2
        utility_3 = taste_3[firm] + peers * using_3[firm] + green * low_3 - price * cost_3
        utility_4 = taste_4[firm] + peers * using_4[firm] + green * low_4 - price * cost_4
        chosen, top = 0, utility_0
        chosen = 1 if utility_1 > top else chosen
        top = max(top, utility_1)
        chosen = 2 if utility_2 > top else chosen
        top = max(top, utility_2)
        chosen = 3 if utility_3 > top else chosen
        top = max(top, utility_3)
        chosen = 4 if utility_4 > top else chosen
        best[firm] = chosen if ending or (review and chosen != present) else NOTHING


@rule
def list_buyers(best: Integers, technology: Integers, buyers: Integers, switchers: Integers) -> tuple[int, int]:
    """Firms that install something, and those of them that change technology; returns how many of each.

    Without a branch, so that the processor has nothing to guess.
    """
    buying, switching = 0, 0
    for firm in range(best.shape[0]):
        buyers[buying] = firm
        switchers[switching] = firm
        buying += 1 if best[firm] != NOTHING else 0
        switching += 1 if best[firm] != NOTHING and best[firm] != technology[firm] else 0
    return buying, switching


@rule
def tell_neighbours(
    best: Integers,
    technology: Integers,
    switchers: Integers,
    switching: int,
    using: Floats,
    start: Integers,
    neighbour: Integers,
) -> None:
    """Neighbours see from next year on that a firm changed technology; ``using`` [options, firms]."""
    for place in range(switching):
        firm = switchers[place]
        old, new = technology[firm], best[firm]
        for tie in range(start[firm], start[firm + 1]):
            using[old, neighbour[tie]] -= 1.0
            using[new, neighbour[tie]] += 1.0


@rule
def renew(
    best: Integers,
    technology: Integers,
    buyers: Integers,
    buying: int,
    ends: Integers,
    lifetime: Integers,
    wear: Floats,
    cycle: Integers,
    year: int,
) -> None:
    """New equipment of all who buy, by columns [firms]."""
    for place in range(buying):
        firm = buyers[place]
        technology[firm] = best[firm]
        ends[firm] = year + lifetime[firm]
        wear[firm] = 1.0
        cycle[firm] += 1


@stage
def lanes_given(
    market: Market,
    lanes: Lanes,
    start: Integers,
    neighbour: Integers,
    tastes: Floats,
    review: bool,
    years: int,
    used: Codes,
) -> None:
    """All years, luck drawn before: ``tastes`` [runs, firms, cycles, options], ``used`` [runs, years, firms].

    Columns are taken out of the named tuple once a run: inside the loops that would count references, 60 ns a firm.
    """
    buyers, switchers = np.empty(lanes.heat.shape[1], np.int64), np.empty(lanes.heat.shape[1], np.int64)
    for run in range(lanes.heat.shape[0]):
        technology, best, cycle, taste = lanes.technology[run], lanes.best[run], lanes.cycle[run], lanes.taste[run]
        ends, lifetime, wear, using = lanes.end_of_life[run], lanes.lifetime[run], lanes.wear[run], lanes.using[run]
        luck, last = tastes[run], tastes.shape[2] - 1
        for year in range(1, years + 1):
            weigh(market, lanes, review, run, year)
            buying, switching = list_buyers(best, technology, buyers, switchers)
            tell_neighbours(best, technology, switchers, switching, using, start, neighbour)
            renew(best, technology, buyers, buying, ends, lifetime, wear, cycle, year)
            for place in range(buying):
                firm = buyers[place]
                for option in range(OPTIONS):
                    taste[option, firm] = luck[firm, min(cycle[firm], last), option]
            for firm in range(technology.shape[0]):
                used[run, year - 1, firm] = technology[firm]


@stage
def lanes_drawing(
    market: Market,
    lanes: Lanes,
    start: Integers,
    neighbour: Integers,
    seeds: Integers,
    review: bool,
    years: int,
    used: Codes,
) -> None:
    """All years, drawing the luck of each new equipment cycle as it begins (agents.draws)."""
    buyers, switchers = np.empty(lanes.heat.shape[1], np.int64), np.empty(lanes.heat.shape[1], np.int64)
    for run in range(lanes.heat.shape[0]):
        technology, best, cycle, taste = lanes.technology[run], lanes.best[run], lanes.cycle[run], lanes.taste[run]
        ends, lifetime, wear, using = lanes.end_of_life[run], lanes.lifetime[run], lanes.wear[run], lanes.using[run]
        for year in range(1, years + 1):
            weigh(market, lanes, review, run, year)
            buying, switching = list_buyers(best, technology, buyers, switchers)
            tell_neighbours(best, technology, switchers, switching, using, start, neighbour)
            renew(best, technology, buyers, buying, ends, lifetime, wear, cycle, year)
            for place in range(buying):
                firm = buyers[place]
                for option in range(OPTIONS):
                    taste[option, firm] = gumbel(seeds[run], firm, cycle[firm], Stream.CHOICE, option)
            for firm in range(technology.shape[0]):
                used[run, year - 1, firm] = technology[firm]
