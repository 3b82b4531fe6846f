"""The same choice with the rules that ship in ``agents``: scalar rules, then the compiled choice stage of the firms.

This is how the model itself is written, and how it reads best. ``firm_lanes`` says the same in a shape that vectorises.
"""

from __future__ import annotations

from typing import NamedTuple

from agents.axes import Stream
from agents.compiled import rule, stage
from agents.draws import gumbel
from agents.fields import Floats, Integers
from agents.firm_choice import OUT_OF_REACH, choose_technology
from agents.investment import discount_rate, equivalent_annual_cost
from benchmarks.firm_lanes import Lanes
from benchmarks.market import OPTIONS, Codes, Market


class Work(NamedTuple):
    """Columns between weighing and choosing, [runs, firms, options]; ``reference`` [runs, firms]."""

    cost: Floats
    reference: Floats
    peers: Floats
    taste: Floats


@rule
def weigh_firm(
    market: Market,
    year: int,
    heat: float,
    site: float,
    hurdle: float,
    wear: float,
    present: int,
    ending: bool,
    cost: Floats,
) -> float:
    """Write a firm's cost of every option into ``cost`` [options]; returns its cost of reference."""
    rate = discount_rate(hurdle, 1.0, market.loan_effect[year], 0.0)
    for option in range(OPTIONS):
        capex = heat * site * market.capex[year, option]
        upkeep, energy = capex * market.fixed_cost[option], heat * market.energy_cost[year, option]
        cost[option] = equivalent_annual_cost(capex, 0.0, rate, float(market.life[option]), upkeep, energy, 0.0)
    reference = cost[present] - heat * market.carbon_cost[year, present]
    if not ending:
        upkeep = site * market.capex[year, present] * market.fixed_cost[present]
        running = heat * (upkeep + wear * market.energy_cost[year, present])
        for option in range(OPTIONS):
            if cost[option] >= running:
                cost[option] = OUT_OF_REACH
        cost[present] = running
    return reference


@rule
def share_peers(technology: Integers, start: Integers, neighbour: Integers, firm: int, peers: Floats) -> None:
    """Write the share of a firm's neighbours that use each option into ``peers`` [options]."""
    for option in range(OPTIONS):
        peers[option] = 0.0
    each = 1.0 / max(1, start[firm + 1] - start[firm])
    for tie in range(start[firm], start[firm + 1]):
        peers[technology[neighbour[tie]]] += each


@stage
def shipped_drawing(
    market: Market,
    lanes: Lanes,
    start: Integers,
    neighbour: Integers,
    seeds: Integers,
    review: bool,
    years: int,
    work: Work,
    low_carbon: Integers,
    weights: Floats,
    used: Codes,
) -> None:
    """All years; ``weights`` [3, runs], ``used`` [runs, years, firms]."""
    cost, reference, peers, taste = work.cost, work.reference, work.peers, work.taste
    heat, site, hurdle, wear = lanes.heat, lanes.site, lanes.hurdle_rate, lanes.wear
    technology, ends, lifetime = lanes.technology, lanes.end_of_life, lanes.lifetime
    cycle, best, attitude = lanes.cycle, lanes.best, lanes.attitude
    runs, firms = heat.shape
    for run in range(runs):
        for firm in range(firms):
            for option in range(OPTIONS):
                taste[run, firm, option] = lanes.taste[run, option, firm]
    for year in range(1, years + 1):
        for run in range(runs):
            for firm in range(firms):
                present, ending = technology[run, firm], ends[run, firm] <= year
                reference[run, firm] = weigh_firm(
                    market,
                    year,
                    heat[run, firm],
                    site[run, firm],
                    hurdle[run, firm],
                    wear[run, firm],
                    present,
                    ending,
                    cost[run, firm],
                )
                share_peers(technology[run], start, neighbour, firm, peers[run, firm])
        choose_technology(
            cost,
            reference,
            peers,
            taste,
            attitude,
            low_carbon,
            weights[0],
            weights[1],
            weights[2],
            best,
        )
        for run in range(runs):
            for firm in range(firms):
                chosen = best[run, firm]
                if ends[run, firm] <= year or (review and chosen != technology[run, firm]):
                    technology[run, firm] = chosen
                    ends[run, firm] = year + lifetime[run, firm]
                    wear[run, firm] = 1.0
                    cycle[run, firm] += 1
                    for option in range(OPTIONS):
                        taste[run, firm, option] = gumbel(seeds[run], firm, cycle[run, firm], Stream.CHOICE, option)
                used[run, year - 1, firm] = technology[run, firm]
