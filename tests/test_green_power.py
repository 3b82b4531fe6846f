"""The policies of green power and carbon price: what they write, and that each lever alone moves what it is for."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from test_carbon import park as carbon_park
from test_developers import built, simulate
from test_developers import park as developer_park
from test_market import Market, open_market, trade

from agents import carbon, carbon_price, developer, market
from agents.carbon import close_carbon
from agents.carbon_price import price_carbon
from agents.errors import InputError
from agents.fields import Signal, records
from policies.base import Policy, Signals
from policies.carbon_price import CarbonPrice
from policies.green_finance import GreenFinance
from policies.green_power import GreenPower

DECLARED: list[Signal] = [*carbon.SIGNALS, *carbon_price.SIGNALS, *developer.SIGNALS, *market.SIGNALS]
LAST = records([], 1)


def signals_of(policy: Policy | None, year: int = 2025) -> dict[str, float]:
    parameters = records(market.PARAMETERS, 1)
    parameters["market_deal_premium"] = 10.0
    signals = Signals(DECLARED, 1)
    signals.follow(parameters, records([], 1))
    signals.reset(0)
    if policy is not None:
        policy.apply(signals, year, LAST)
    return {name: float(signals.values[name][0]) for name in signals.declared}


@pytest.mark.parametrize("policy", [GreenPower, CarbonPrice])
def test_a_policy_with_no_lever_given_leaves_business_as_usual(policy: type[Policy]) -> None:
    assert signals_of(policy()) == signals_of(None)


@pytest.mark.parametrize("policy", [GreenPower, CarbonPrice])
def test_every_lever_has_names_range_source_and_writes_a_signal(policy: type[Policy]) -> None:
    for lever in policy.levers:
        assert lever.low <= lever.off <= lever.high and lever.low <= lever.full <= lever.high
        assert lever.chinese and lever.source and lever.unit
        assert signals_of(policy(**{lever.name: lever.full})) != signals_of(None)


def test_the_market_opens_in_its_year() -> None:
    policy = GreenPower(point_to_point_premium={2021: 0.01, 2025: 0.0}, market_open={2025: 1.0})
    before, after = signals_of(policy, 2024), signals_of(policy, 2025)
    assert (before["green_power_point_to_point"], before["green_power_market_open"]) == (1.0, 0.0)
    assert (after["green_power_point_to_point"], after["green_power_market_open"]) == (0.0, 1.0)


def test_a_floor_alone_covers_all_emissions() -> None:
    assert signals_of(CarbonPrice(price_floor=100.0))["carbon_coverage"] == 1.0
    assert signals_of(CarbonPrice(price_floor=100.0, coverage=0.4))["carbon_coverage"] == 0.4


def test_a_value_outside_its_range_is_refused() -> None:
    with pytest.raises(InputError, match="lies outside"):
        GreenPower(obligation=1.5)


def test_a_switch_is_on_or_off() -> None:
    with pytest.raises(InputError, match="year 2030: 0.5 is not a whole number; expected 0 or 1"):
        GreenPower(market_open={2026: 1, 2030: 0.5})
    with pytest.raises(InputError, match="2030.5 is not a whole number; expected 2021 to 2061"):
        GreenFinance(transition_start_year=2030.5)


def traded(share: float = 0.5, **levers: float) -> Market:
    park = open_market(runs=1, share=share, **signals_of(GreenPower(**levers)))
    trade(park, 8)
    return park


def year_8(name: str) -> Callable[[Market], float]:
    return lambda park: float(park.world.record[name][0, 7])


@pytest.mark.parametrize(
    ("lever", "share", "outcome"),
    [
        ("point_to_point_premium", 0.5, "green_power_delivered"),
        ("market_open", 0.5, "green_power_delivered"),
        ("contract_years", 0.5, "green_power_contracted"),
        ("park_priority", 0.5, "green_power_delivered_inside"),
        ("outside_sales_closed", 0.5, "green_power_delivered_inside"),
        ("obligation", 0.0, "certificates_claimed"),
        ("certificate_purchases", 0.5, "certificates_claimed"),
        ("recognised_value", 0.0, "certificates_claimed"),
    ],
)
def test_each_market_lever_alone_raises_what_it_is_for(lever: str, share: float, outcome: str) -> None:
    full = next(item.full for item in GreenPower.levers if item.name == lever)
    read = year_8(outcome)
    assert read(traded(share, **{lever: full})) > read(traded(share))


def test_feed_in_premium_builds_renewables() -> None:
    counts = []
    for policy in (GreenPower(), GreenPower(feed_in_premium=0.1)):
        premium = signals_of(policy)["feed_in_premium"]
        world, developers = developer_park(feed_in_premium=premium, public_budget=1e6)
        simulate(world, developers, 10)
        counts.append(int(built(developers).sum()))
    assert counts[1] > counts[0]


def test_closing_outside_sales_keeps_certificates_in_the_account() -> None:
    emissions = []
    for levers in ({"market_open": 1.0}, {"outside_sales_closed": 1.0}):
        park = open_market(runs=1, **signals_of(GreenPower(**levers)))
        park.world.energy[...] = park.world.base_energy
        trade(park, 8)
        close_carbon(park.world, 7)
        emissions.append(park.world.record.emissions_account[0, 7])
    assert emissions[1] < emissions[0]


def carbon_signals(policy: Policy) -> dict[str, float]:
    names = {signal.name for signal in (*carbon.SIGNALS, *carbon_price.SIGNALS)}
    return {name: value for name, value in signals_of(policy).items() if name in names}


def test_carbon_levers_raise_the_price_paid_and_buy_offsets() -> None:
    floor = carbon_park(**carbon_signals(CarbonPrice(price_floor=300.0)))
    price_carbon(floor, 1)
    assert (floor.signals.carbon_price * floor.signals.carbon_coverage == 300.0).all()
    offsets = carbon_park(**carbon_signals(CarbonPrice(offset_share=1.0)))
    close_carbon(offsets, 0)
    now = offsets.record[:, 0]
    np.testing.assert_allclose(now.carbon_offsets, 0.1 * now.emissions_account)
    assert (now.emissions_net < now.emissions_account).all()
