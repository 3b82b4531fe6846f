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
def weigh_rows(
    market: Market,
    lanes: Lanes,
    start: Integers,
    neighbour: Integers,
    run: int,
    firm: int,
    year: int,
    cost: Floats,
    reference: Floats,
    peers: Floats,
) -> None:
    """Cost [runs, firms, options], cost of reference and peers' shares of one firm."""
    heat, site, present = lanes.heat[run, firm], lanes.site[run, firm], lanes.technology[run, firm]
    rate = discount_rate(lanes.hurdle_rate[run, firm], 1.0, market.loan_effect[year], 0.0)
    for option in range(OPTIONS):
        capex = heat * site * market.capex[year, option]
        upkeep, energy = capex * market.fixed_cost[option], heat * market.energy_cost[year, option]
        life = float(market.life[option])
        cost[run, firm, option] = equivalent_annual_cost(capex, 0.0, rate, life, upkeep, energy, 0.0)
        peers[run, firm, option] = 0.0
    reference[run, firm] = cost[run, firm, present] - heat * market.carbon_cost[year, present]
    for tie in range(start[firm], start[firm + 1]):
        peers[run, firm, lanes.technology[run, neighbour[tie]]] += lanes.per_neighbour[run, firm]
    if lanes.end_of_life[run, firm] > year:
        upkeep = site * market.capex[year, present] * market.fixed_cost[present]
        running = heat * (upkeep + lanes.wear[run, firm] * market.energy_cost[year, present])
        for option in range(OPTIONS):
            if cost[run, firm, option] >= running:
                cost[run, firm, option] = OUT_OF_REACH
        cost[run, firm, present] = running


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
    runs, firms = lanes.heat.shape
    for run in range(runs):
        for firm in range(firms):
            for option in range(OPTIONS):
                taste[run, firm, option] = lanes.taste[run, option, firm]
    for year in range(1, years + 1):
        for run in range(runs):
            for firm in range(firms):
                weigh_rows(market, lanes, start, neighbour, run, firm, year, cost, reference, peers)
        choose_technology(
            cost,
            reference,
            peers,
            taste,
            lanes.attitude,
            low_carbon,
            weights[0],
            weights[1],
            weights[2],
            lanes.best,
        )
        for run in range(runs):
            for firm in range(firms):
                chosen = lanes.best[run, firm]
                switching = review and chosen != lanes.technology[run, firm]
                if switching or lanes.end_of_life[run, firm] <= year:
                    lanes.technology[run, firm] = chosen
                    lanes.end_of_life[run, firm] = year + lanes.lifetime[run, firm]
                    lanes.wear[run, firm] = 1.0
                    lanes.cycle[run, firm] += 1
                    for option in range(OPTIONS):
                        cycle = lanes.cycle[run, firm]
                        taste[run, firm, option] = gumbel(seeds[run], firm, cycle, Stream.CHOICE, option)
                used[run, year - 1, firm] = lanes.technology[run, firm]
