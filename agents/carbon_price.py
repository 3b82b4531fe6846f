"""The price of carbon that agents face, and allowances of a local scheme (MODEL 2, 10).

The allowance price is a scenario mean with mean-reverting chance around it; agents perceive the larger of the market
price and the park's own floor, on the share of their emissions that is covered. No sector of Meishan is in the national
market, so that coverage is zero in business as usual. Prices in yuan of 2020. Equations: docs/policies/carbon_price.md.
"""

from __future__ import annotations

import math

from agents.axes import BASE_YEAR, PARK_IDS, Holder, Stream
from agents.compiled import rule, stage
from agents.draws import normal
from agents.fields import Floats, Outcome, Quantity, Signal
from agents.lending import receive
from agents.units import YUAN
from agents.world import World, runs_of

PRICE_DRAW = 16  # draw number of the carbon price among the park's yearly price draws

PARAMETERS: list[Quantity] = [
    Quantity(
        "carbon_price_persistence", "1", "share of a year's deviation from the mean price that is left a year later"
    ),
    Quantity("carbon_price_volatility", "1", "standard deviation of the yearly shock to the logarithm of the price"),
    Quantity(
        "carbon_price_observed_until",
        "1",
        "last calendar year whose mean price is observed: no chance until then",
        whole=True,
        role="choice",
    ),
]

SERIES: list[Quantity] = [
    Quantity("carbon_price_mean", "yuan/t", "scenario mean of the allowance price, yuan of 2020"),
    Quantity("ccer_price_ratio", "1", "price of a CCER offset over the allowance price"),
]

SIGNALS: list[Signal] = [
    Signal("carbon_coverage", "1", "share of agents' emissions that pay the carbon price", "ets_cover", "largest", 0.0),
    Signal("carbon_price_floor", "yuan/t", "lowest carbon price that agents in the park face", "", "largest", 0.0),
    Signal("carbon_price", "yuan/t", "price agents perceive: market or floor; written by price_carbon", "", "largest"),
    Signal("allowance_scheme", "1", "1: firms in the park receive allowances by benchmark", "", "largest", 0.0),
]

OUTCOMES: list[Outcome] = [
    Outcome("carbon_price_market", "yuan/t", "allowance price of the year", "", "Price|Carbon|Market"),
    Outcome("carbon_price_perceived", "yuan/t", "market price or the park's floor", "", "Price|Carbon"),
    Outcome(
        "carbon_price_deviation", "1", "deviation of the price's logarithm from its mean: state of the mean reversion"
    ),
    Outcome("ccer_price", "yuan/t", "price of an offset", "", "Price|Carbon|Offset"),
    Outcome("allowances_issued", "t", "allowances given to firms of the park", "", "Carbon Allowances|Issued"),
    Outcome("allowances_bought", "t", "covered emissions beyond firms' own allowances"),
    Outcome("allowances_sold", "t", "allowances beyond firms' covered emissions"),
    Outcome("allowances_value", "Myuan", "value of the allowances handed back to firms"),
]


@rule
def mean_reverting_price(mean: float, deviation: float, variance: float) -> float:
    """Price whose expectation is ``mean``: the logarithm deviates with the given variance (lognormal correction)."""
    return mean * math.exp(deviation - 0.5 * variance)


@rule
def deviation_variance(persistence: float, volatility: float, years: float) -> float:
    """Variance of a mean-reverting deviation ``years`` after it was zero."""
    if years <= 0.0:
        return 0.0
    if persistence >= 1.0:
        return volatility * volatility * years
    squared = persistence * persistence
    return volatility * volatility * (1.0 - squared**years) / (1.0 - squared)


@stage
def price_carbon(world: World, year: int) -> None:
    """Market price of carbon, price of offsets, and the price agents perceive (after policies wrote the floor)."""
    for run in runs_of(world):
        p, s, signal, now = world.parameters[run], world.series[run, year], world.signals[run], world.record[run, year]
        uncertain = BASE_YEAR + year - p.carbon_price_observed_until
        deviation = 0.0
        if uncertain > 0.0 and year > 0:
            shock = p.carbon_price_volatility * normal(
                world.weather_seeds[run], PARK_IDS, year, Stream.PRICE, PRICE_DRAW
            )
            deviation = p.carbon_price_persistence * world.record[run, year - 1].carbon_price_deviation + shock
        variance = deviation_variance(p.carbon_price_persistence, p.carbon_price_volatility, uncertain)
        now.carbon_price_deviation = deviation
        now.carbon_price_market = mean_reverting_price(s.carbon_price_mean, deviation, variance)
        now.ccer_price = now.carbon_price_market * s.ccer_price_ratio
        now.carbon_price_perceived = max(now.carbon_price_market, signal.carbon_price_floor)
        signal.carbon_price = now.carbon_price_perceived


@stage
def settle_allowances(world: World, allowances: Floats, emissions: Floats, first: int, year: int) -> None:
    """Hand the value of free allowances back to the agents that pay the carbon price (local allowance scheme).

    ``allowances`` and ``emissions`` are [runs, agents] in t; agent a is borrower ``first + a`` and has paid price times
    covered emissions to the public budget. Its position nets to allowances less covered emissions. Allowances above
    covered emissions in sum are cut by one factor for all, as national rules correct an over-allocation, so that the
    scheme never draws on the budget. Nothing moves without ``allowance_scheme``.
    """
    for run in runs_of(world):
        signal, now = world.signals[run], world.record[run, year]
        if signal.allowance_scheme < 0.5 or signal.carbon_coverage <= 0.0:
            continue
        issued, covered = 0.0, 0.0
        for agent in range(allowances.shape[1]):
            issued += allowances[run, agent]
            covered += signal.carbon_coverage * emissions[run, agent]
        correction = min(1.0, covered / issued) if issued > 0.0 else 0.0
        for agent in range(allowances.shape[1]):
            held = correction * allowances[run, agent]
            position = held - signal.carbon_coverage * emissions[run, agent]
            now.allowances_issued += held
            now.allowances_sold += max(0.0, position)
            now.allowances_bought += max(0.0, -position)
            value = held * signal.carbon_price * YUAN
            now.allowances_value += value
            receive(world, run, first + agent, Holder.BUDGET, value)
