"""The same choice with the functions that the model itself runs: lanes of ``agents``, sums of neighbours, draws.

Only what the synthetic market asks of its firms is written here (``weigh``, ``renew``). Everything lies as the model
lays it out when its firms choose: one contiguous row an option, agents side by side.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from agents.axes import Stream
from agents.choice_lanes import recovery_factors, technology_choice
from agents.compiled import loop_rule, rule, stage
from agents.draw_lanes import draw_gumbels
from agents.fields import Floats, Ids, Integers
from agents.investment import discount_rate
from agents.networks import count_of, mark, tell_neighbours
from benchmarks.market import OPTIONS, Codes, Market, Population

choose_technology = technology_choice(OPTIONS)


class Lanes(NamedTuple):
    """Columns of all firms."""

    site: Floats  # [runs, firms]
    hurdle_rate: Floats
    attitude: Floats
    wear: Floats
    technology: Integers
    end_of_life: Integers
    lifetime: Integers
    cycle: Integers
    per_neighbour: Floats  # 1 / number of neighbours
    seen: Integers  # what neighbours use, by networks.mark
    taste: Floats  # [runs, options, firms] of the present equipment cycle
    best: Integers  # [runs, firms]


def lanes_of(firms: Population, seeds: Integers) -> Lanes:
    """The same firms in every run; each run has its own luck."""
    runs, number = len(seeds), len(firms.heat)

    def every_run(values: Any) -> Any:
        return np.tile(values, (runs,) + (1,) * np.ndim(values))

    start, neighbour = firms.network.start, firms.network.neighbour
    seen = np.zeros(number, np.int64)
    for firm in range(number):
        tell_neighbours(start, neighbour, firm, mark(int(firms.technology[firm])), seen)
    lanes = Lanes(
        site=every_run(firms.site),
        hurdle_rate=every_run(firms.hurdle_rate),
        attitude=every_run(firms.attitude),
        wear=every_run(firms.wear),
        technology=every_run(firms.technology),
        end_of_life=every_run(firms.end_of_life),
        lifetime=every_run(firms.lifetime),
        cycle=np.zeros((runs, number), np.int64),
        per_neighbour=every_run(1.0 / np.maximum(1, np.diff(start))),
        seen=every_run(seen),
        taste=np.zeros((runs, OPTIONS, number)),
        best=np.zeros((runs, number), np.int64),
    )
    for run in range(runs):
        draw_all(lanes, run, int(seeds[run]))
    return lanes


def draw_all(lanes: Lanes, run: int, seed: int) -> None:
    """Luck of the equipment cycle that is under way at the start."""
    firms, every = np.arange(lanes.site.shape[1]), np.ones(lanes.site.shape[1], np.int64)
    for option in range(OPTIONS):
        drawn_now(seed, firms, every * 0, every * option, lanes.taste[run, option])


@stage
def drawn_now(seed: int, firm: Integers, cycle: Integers, draw: Integers, out: Floats) -> None:
    """Gumbel numbers from Python."""
    draw_gumbels(seed, firm, cycle, Stream.CHOICE, draw, firm.shape[0], out)


class Work(NamedTuple):
    """Working space of one run."""

    rate: Floats  # [firms]
    limit: Floats
    reference: Floats
    factor: Floats  # [options, firms]
    cost: Floats
    peers: Floats
    buyers: Integers  # [2, firms] those who buy, and of them those who change technology
    drawn: Integers  # [3, options * firms] agents, cycles and numbers of the draws
    luck: Floats  # [options * firms]


def working_space(firms: int) -> Work:
    """Rows for so many firms."""
    rate, limit, reference = (np.zeros(firms) for _ in range(3))
    factor, cost, peers = (np.zeros((OPTIONS, firms)) for _ in range(3))
    buyers, drawn = np.zeros((2, firms), np.int64), np.zeros((3, OPTIONS * firms), np.int64)
    return Work(rate, limit, reference, factor, cost, peers, buyers, drawn, np.zeros(OPTIONS * firms))


@loop_rule
def weigh_options(
    site: Floats, wear: Floats, technology: Integers, ends: Integers, each: Floats, seen: Integers, capex: Floats,
    fixed: Floats, energy: Floats, carbon: Floats, year: int, factor: Floats, cost: Floats, peers: Floats,
    reference: Floats, limit: Floats
) -> None:  # fmt: skip
    """Write what ``weigh`` writes, all options of a firm at once; ``capex`` to ``carbon`` are the year's, [options]."""
    for firm in range(site.shape[0]):
        stands, early, paid_for, bound = technology[firm], ends[firm] > year, 0.0, 0.0
        lasting = stands if early else OPTIONS  # one question an option: compilers would ask the two one by one
        for option in range(OPTIONS):
            paid = site[firm] * capex[option]
            full = paid * (factor[option, firm] + fixed[option]) + energy[option]
            keeping = paid * fixed[option] + wear[firm] * energy[option]
            here, uncharged = stands == option, full - carbon[option]
            cost[option, firm] = keeping if lasting == option else full
            paid_for = uncharged if here else paid_for
            bound = keeping if here else bound
            peers[option, firm] = count_of(seen[firm], option) * each[firm]
        reference[firm] = paid_for
        limit[firm] = bound if early else np.inf


@rule
def weigh(market: Market, lanes: Lanes, work: Work, run: int, year: int) -> None:
    """Write every firm's cost of every option, its cost of reference, and what share of its neighbours uses each.

    Costs are money a year per MW of heat, so that a firm's size cancels.
    """
    hurdle, rate, effect = lanes.hurdle_rate[run], work.rate, market.loan_effect[year]
    for firm in range(rate.shape[0]):
        rate[firm] = discount_rate(hurdle[firm], 1.0, effect, 0.0)
    for option in range(OPTIONS):
        recovery_factors(rate, float(market.life[option]), work.factor[option])
    weigh_options(lanes.site[run], lanes.wear[run], lanes.technology[run], lanes.end_of_life[run],
                  lanes.per_neighbour[run], lanes.seen[run], market.capex[year], market.fixed_cost,
                  market.energy_cost[year], market.carbon_cost[year], year, work.factor, work.cost, work.peers,
                  work.reference, work.limit)  # fmt: skip


@rule
def list_buyers(
    lanes: Lanes, review: bool, run: int, year: int, buyers: Integers, changing: Integers
) -> tuple[int, int]:
    """Firms that install something, at the end of life or on review what is better, and those of them that change
    technology; returns how many of each. Without a branch, so that the processor has nothing to guess."""
    technology, ends, best, buying, number = lanes.technology[run], lanes.end_of_life[run], lanes.best[run], 0, 0
    for firm in range(best.shape[0]):
        other, ending = best[firm] != technology[firm], ends[firm] <= year
        buyers[buying] = firm
        changing[number] = firm
        buying += 1 if ending | (review & other) else 0
        number += 1 if other & (ending | review) else 0
    return buying, number


@rule
def renew(lanes: Lanes, buyers: Integers, buying: int, run: int, year: int) -> None:
    """New equipment of all who buy."""
    technology, ends, lifetime = lanes.technology[run], lanes.end_of_life[run], lanes.lifetime[run]
    wear, cycle, best = lanes.wear[run], lanes.cycle[run], lanes.best[run]
    for place in range(buying):
        firm = buyers[place]
        technology[firm] = best[firm]
        ends[firm] = year + lifetime[firm]
        wear[firm] = 1.0
        cycle[firm] += 1


@rule
def draw_tastes(lanes: Lanes, work: Work, seed: int, buyers: Integers, buying: int, run: int) -> None:
    """Draw the luck of each equipment cycle that begins."""
    cycle, taste, drawn, number = lanes.cycle[run], lanes.taste[run], work.drawn, 0
    for option in range(OPTIONS):
        for place in range(buying):
            drawn[0, number], drawn[1, number], drawn[2, number] = buyers[place], cycle[buyers[place]], option
            number += 1
    draw_gumbels(seed, drawn[0], drawn[1], Stream.CHOICE, drawn[2], number, work.luck)
    for option in range(OPTIONS):
        for place in range(buying):
            taste[option, buyers[place]] = work.luck[option * buying + place]


@rule
def look_up_tastes(lanes: Lanes, tastes: Floats, buyers: Integers, buying: int, run: int) -> None:
    """Take the luck of each equipment cycle that begins from what was drawn beforehand."""
    cycle, taste, luck, last = lanes.cycle[run], lanes.taste[run], tastes[run], tastes.shape[2] - 1
    for place in range(buying):
        firm = buyers[place]
        for option in range(OPTIONS):
            taste[option, firm] = luck[firm, min(cycle[firm], last), option]


@stage
def run_years(
    market: Market,
    lanes: Lanes,
    work: Work,
    start: Integers,
    neighbour: Ids,
    seeds: Integers,
    tastes: Floats,
    low_carbon: Integers,
    review: bool,
    years: int,
    used: Codes,
) -> None:
    """All years; ``used`` [runs, years, firms]. Luck is drawn as each equipment cycle begins (``agents.draw_lanes``),
    or taken from ``tastes`` [runs, firms, cycles, options] where it was drawn before; an empty one stands for none."""
    runs, firms = lanes.site.shape
    costs, peers, attitudes = market.weights[0], market.weights[1], market.weights[2]
    buyers, changing = work.buyers[0], work.buyers[1]
    for run in range(runs):
        technology, best, seen = lanes.technology[run], lanes.best[run], lanes.seen[run]
        for year in range(1, years + 1):
            weigh(market, lanes, work, run, year)
            choose_technology(work.cost, work.reference, work.limit, work.peers, lanes.taste[run],
                              lanes.attitude[run], low_carbon, costs, peers, attitudes, best)  # fmt: skip
            buying, number = list_buyers(lanes, review, run, year, buyers, changing)
            for place in range(number):  # neighbours see it from next year on
                firm = changing[place]
                change = mark(best[firm]) - mark(technology[firm])
                tell_neighbours(start, neighbour, firm, change, seen)
            renew(lanes, buyers, buying, run, year)
            if tastes.shape[0] > 0:
                look_up_tastes(lanes, tastes, buyers, buying, run)
            else:
                draw_tastes(lanes, work, seeds[run], buyers, buying, run)
            for firm in range(firms):
                used[run, year - 1, firm] = technology[firm]
