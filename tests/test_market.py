"""The green power market: the deal of 2020, clearing, contracts, certificates and money."""

from __future__ import annotations

from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import make_world, read_table

from agents import carbon, carbon_price, developer, lending, market
from agents.axes import MONTHS, RESOURCES, Holder, Resource
from agents.carbon import close_carbon
from agents.developer import SITE_COLUMNS, Developers, populate
from agents.developer_year import run_developers
from agents.market import (
    RING,
    Book,
    Buyers,
    City,
    Sellers,
    clear,
    gather_buyers,
    populate_buyers,
    populate_city,
    populate_sellers,
    report_bought,
)
from agents.market_year import settle_market
from agents.world import World

KINDS: list[ModuleType] = [developer, market, carbon, carbon_price, lending]
RECORD = {
    "curtailment_share": 0.0,
    "solar_value_ratio": 1.0,
    "wind_value_ratio": 1.0,
    "rooftop_own_use": 0.0,
    "generation_grid_connected": 212_600.0,
    "carbon_sinks": 0.0,
    "carbon_sinks_increment": 0.0,
    "gdp": 29_000.0,
}
SITES = read_table("sites", SITE_COLUMNS)
FIRMS, COUNT = 30, len(SITES["capacity"])
DECEMBER_2020 = 0


class Market(NamedTuple):
    world: World
    developers: Developers
    buyers: Buyers
    sellers: Sellers
    city: City
    demand: np.ndarray
    share: np.ndarray
    reservation: np.ndarray


def open_market(
    runs: int = 2, years: int = 10, seeds: list[int] | None = None, share: float = 0.5, **values: Any
) -> Market:
    """Thirty firms of 4 GWh that would pay 5 to 45 yuan/MWh, two wind farms that make 212.6 GWh, and the city."""
    world = make_world(
        KINDS, runs=runs, years=years, borrowers=FIRMS + COUNT, seeds=seeds, extras={"record": RECORD}, **values
    )
    developers = populate(SITES, world, FIRMS)
    buyers = populate_buyers(world, np.arange(FIRMS))
    demand = np.full((runs, FIRMS), 4_000.0)
    reservation = np.tile(np.linspace(5.0, 45.0, FIRMS), (runs, 1))
    wanted = np.full((runs, FIRMS), share)
    return Market(
        world, developers, buyers, populate_sellers(world, COUNT), populate_city(world), demand, wanted, reservation
    )


def trade(park: Market, years: int, first: int = 0, wind: float = 2362.0) -> None:
    """Run the market for some years on the legacy farms' output, windier in winter."""
    season = 1.0 + 0.3 * np.cos(2.0 * np.pi * np.arange(MONTHS) / MONTHS)
    available = np.zeros((park.world.seeds.shape[0], MONTHS, RESOURCES))
    for year in range(first, first + years):
        run_developers(park.world, park.developers, year)
        capacity = park.world.record.capacity_onshore_wind[:, year]
        available[:, :, Resource.ONSHORE_WIND] = capacity[:, None] * wind / MONTHS * season
        gather_buyers(park.world, park.buyers, 0, park.demand, park.share, park.reservation)
        settle_market(park.world, park.developers, park.buyers, park.sellers, park.city, available, FIRMS, year)


def stock(park: Market) -> float:
    return float((park.sellers.held + park.sellers.held_last)[0].sum())


def book_of(bids: list[tuple[float, float]], offers: list[tuple[float, float]]) -> Book:
    bid, offer = np.array(bids, dtype=float).reshape(-1, 2), np.array(offers, dtype=float).reshape(-1, 2)
    return Book(
        bid[:, 0].copy(),
        bid[:, 1].copy(),
        np.zeros(len(bid)),
        np.zeros(len(bid), np.int64),
        offer[:, 0].copy(),
        offer[:, 1].copy(),
        np.zeros(len(offer)),
    )


def test_deal_of_december_2020_n14() -> None:
    park = open_market()
    trade(park, 1)
    now, paid = park.world.record[0, DECEMBER_2020], park.world.payments[0]
    assert paid[Holder.OUTSIDE, Holder.GRID] == pytest.approx(0.14)  # 140,000 yuan more for the month
    assert paid[Holder.GRID, Holder.DEVELOPERS] == pytest.approx(0.14)  # the seller gets it, the grid is neutral
    assert park.world.borrowers.cash[0].sum() == pytest.approx(0.14)
    assert now.certificates_issued == now.certificates_sold_outside == now.green_power_delivered == 14_000.0
    assert now.certificates_claimed == 0.0
    assert now.green_power_shortfall == 6_000.0
    assert now.green_premium == pytest.approx(0.01)


def test_the_deal_raises_the_parks_account_by_7_6_kt_n14() -> None:
    accounts = []
    for delivered in (14_000.0, 0.0):
        park = open_market(market_deal_delivered=delivered)
        park.world.energy[...] = park.world.base_energy
        trade(park, 1)
        close_carbon(park.world, 0)
        accounts.append(park.world.record.emissions_account[0, 0])
    assert accounts[0] - accounts[1] == pytest.approx(7_590.8)


def test_without_policy_nothing_is_traded_after_2020() -> None:
    park = open_market()
    trade(park, 5)
    later = park.world.record[:, 1:5]
    assert (later.green_power_delivered == 0.0).all()
    assert (later.certificates_sold_outside == 0.0).all()
    assert (later.certificates_claimed == 0.0).all()


def test_everyone_trades_at_one_price_between_the_marginal_bid_and_offer() -> None:
    book = book_of([(30.0, 10.0), (20.0, 10.0), (5.0, 10.0)], [(4.0, 5.0), (12.0, 10.0), (25.0, 50.0)])
    assert clear(book, 3, 3) == pytest.approx(16.0)
    np.testing.assert_allclose(book.bid_taken, [10.0, 5.0, 0.0])
    np.testing.assert_allclose(book.offer_taken, [5.0, 10.0, 0.0])


quotes = st.lists(st.tuples(st.floats(0.0, 100.0), st.floats(0.0, 50.0)), min_size=1, max_size=12)


@given(bids=quotes, offers=quotes)
@settings(max_examples=200, deadline=None)
def test_clearing_conserves_volume_and_wrongs_nobody(
    bids: list[tuple[float, float]], offers: list[tuple[float, float]]
) -> None:
    book = book_of(bids, offers)
    price = clear(book, len(bids), len(offers))
    assert book.bid_taken.sum() == pytest.approx(book.offer_taken.sum())
    assert (book.bid_taken <= book.bid_volume + 1e-9).all()
    assert (book.offer_taken <= book.offer_volume + 1e-9).all()
    assert (book.bid_price[book.bid_taken > 0.0] >= price - 1e-9).all()
    assert (book.offer_price[book.offer_taken > 0.0] <= price + 1e-9).all()
    left_bids = book.bid_price[book.bid_volume - book.bid_taken > 1e-9]
    left_offers = book.offer_price[book.offer_volume - book.offer_taken > 1e-9]
    if len(left_bids) and len(left_offers):
        assert left_bids.max() < left_offers.min() or np.isclose(left_bids.max(), left_offers.min())


@given(
    seed=st.integers(1, 10_000),
    years=st.floats(0.0, 10.0),
    priority=st.integers(0, 1),
    outside=st.integers(0, 1),
    purchases=st.floats(0.0, 1.0),
    obligation=st.floats(0.0, 1.0),
    sold=st.floats(0.0, 1.0),
    deals=st.integers(0, 1),
)
@settings(max_examples=12, deadline=None)
def test_certificates_are_claimed_once_and_contracts_and_money_are_conserved(
    seed: int, years: float, priority: int, outside: int, purchases: float, obligation: float, sold: float, deals: int
) -> None:
    park = open_market(
        runs=1,
        seeds=[seed],
        green_power_market_open=1.0,
        green_power_contract_years=years,
        green_power_park_priority=float(priority),
        external_green_sales_allowed=float(outside),
        certificate_purchases=purchases,
        green_power_obligation=obligation,
        market_outside_share=sold,
        green_power_point_to_point=float(deals),
    )
    made = 90.0 * 2362.0 * 1.0001
    for year in range(7):
        before = stock(park)
        trade(park, 1, first=year, wind=2362.0 if year % 2 else 1500.0)
        s, now = park.sellers, park.world.record[0, year]
        assert before + s.issued[0].sum() == pytest.approx(
            stock(park) + s.claimed[0].sum() + s.sold[0].sum() + s.expired[0].sum(), abs=1e-6
        )
        assert now.certificates_claimed == pytest.approx(s.claimed[0].sum() + now.certificates_bought_outside)
        assert s.issued[0].sum() <= made
        for column in (s.issued, s.claimed, s.sold, s.expired, s.held, s.held_last, s.shortfall):
            assert (column >= -1e-9).all()
        bought = park.buyers.volume[0].sum() + park.city.volume[0].sum()
        assert s.committed[0].sum() == pytest.approx(bought, abs=1e-6)
        received = park.buyers.delivered[0].sum() + park.city.delivered[0].sum()
        assert s.delivered[0].sum() == pytest.approx(received + (14_000.0 if year == 0 else 0.0), abs=1e-6)
        if not outside and year > 0:
            assert now.certificates_sold_outside == 0.0
        paid = park.world.payments[0]
        flow = paid[:, :4].sum() - paid[:4, :].sum()  # agents' holders; inner payments cancel
        assert park.world.borrowers.cash[0].sum() == pytest.approx(flow, abs=1e-6)
        assert paid[:, Holder.GRID].sum() == pytest.approx(paid[Holder.GRID].sum(), abs=1e-9)


def test_a_longer_contract_holds_its_price_and_volume() -> None:
    park = open_market(green_power_market_open=1.0, green_power_contract_years=5.0)
    trade(park, 5)  # certificates are dear until 2023: nobody meets the offers before
    held, price = park.buyers.volume[0].copy(), park.buyers.price[0].copy()
    signed = (park.buyers.begun[0] == 4) & (held > 0.0)
    assert signed.any()
    trade(park, 4, first=5)
    np.testing.assert_array_equal(park.buyers.volume[0][signed], held[signed])
    np.testing.assert_array_equal(park.buyers.price[0][signed], price[signed])
    assert (park.buyers.expires[0][signed] == 8).all()
    assert (park.buyers.expires < 10 + RING).all()


def test_buyers_pay_no_more_than_they_would_and_sellers_get_what_they_ask() -> None:
    park = open_market(green_power_market_open=1.0)
    trade(park, 6)
    holds = park.buyers.volume > 0.0
    assert holds.any()
    assert (park.buyers.price[holds] <= park.reservation[holds]).all()
    assert (park.world.record.green_premium[:, 5] * 1000.0 >= park.sellers.offer.min(axis=1)).all()


def test_priority_and_closed_sales_keep_green_power_in_the_park() -> None:
    sold = {}
    for name, values in {
        "open": {},
        "priority": {"green_power_park_priority": 1.0},
        "closed": {"external_green_sales_allowed": 0.0},
    }.items():
        park = open_market(green_power_market_open=1.0, share=1.0, **values)
        trade(park, 8)
        now = park.world.record[0, 7]
        sold[name] = (now.certificates_sold_outside, now.green_power_delivered_inside)
    assert sold["open"][0] > 0.0
    assert sold["priority"][1] >= sold["open"][1]
    assert sold["closed"][0] == 0.0


def test_deals_at_the_regulated_premium_leave_the_grid_neutral() -> None:
    park = open_market(green_power_point_to_point=1.0)
    trade(park, 7)
    paid, now = park.world.payments[0], park.world.record[0, 6]
    assert now.green_power_delivered > 0.0
    assert now.green_premium == pytest.approx(0.01)
    assert paid[:, Holder.GRID].sum() == pytest.approx(paid[Holder.GRID].sum())
    assert (park.buyers.delivered[park.reservation < 10.0] == 0.0).all()


def test_a_calm_year_is_a_shortfall_that_sellers_pay() -> None:
    park = open_market(green_power_market_open=1.0, external_green_sales_allowed=0.0, share=1.0)
    trade(park, 4)
    park.world.payments[...] = 0.0
    trade(park, 1, first=4, wind=300.0)
    now = park.world.record[0, 4]
    assert now.green_power_shortfall > 0.0
    assert park.world.payments[0, Holder.DEVELOPERS, Holder.FIRMS] == pytest.approx(
        now.green_power_shortfall * 10.0 / 1e6
    )


def test_an_obligation_is_met_by_power_certificates_or_a_penalty() -> None:
    cheap = open_market(green_power_obligation=0.4, share=0.0)
    trade(cheap, 6)
    assert cheap.world.record.certificates_claimed[0, 5] == pytest.approx(0.4 * FIRMS * 4_000.0)
    assert cheap.world.record.obligation_penalties[0, 5] == 0.0
    dear = open_market(green_power_obligation=0.4, share=0.0, certificate_price=80.0)
    trade(dear, 6)
    assert dear.world.record.obligation_penalties[0, 5] == pytest.approx(0.4 * FIRMS * 4_000.0 * 40.0 / 1e6)
    assert dear.world.payments[0, Holder.FIRMS, Holder.BUDGET] > 0.0


def test_certificates_lapse_after_the_following_year() -> None:
    park = open_market()
    trade(park, 6)
    now = park.world.record[0]
    assert now.certificates_issued[2] == 0.0  # before 2023 only deliveries earn them
    assert now.certificates_issued[3] > 0.0
    assert now.certificates_expired[4] == 0.0
    assert now.certificates_expired[5] == pytest.approx(now.certificates_issued[3])


def test_bought_power_is_reported_back_to_the_agents() -> None:
    park = open_market(green_power_market_open=1.0, certificate_purchases=1.0)
    trade(park, 5)
    bought = np.zeros((2, FIRMS))
    report_bought(park.world, park.buyers, 0, bought)
    np.testing.assert_allclose(bought, park.buyers.delivered + park.buyers.certificates)
    assert bought.sum() > 0.0


def test_a_block_of_64_gives_the_same_bits_as_single_runs() -> None:
    values = {"green_power_market_open": 1.0, "certificate_purchases": 0.5}
    block = open_market(runs=64, seeds=list(range(1, 65)), **values)
    trade(block, 6)
    for run in (0, 63):
        single = open_market(runs=1, seeds=[run + 1], **values)
        trade(single, 6)
        assert single.world.record[0].tobytes() == block.world.record[run].tobytes()
        assert all(a[0].tobytes() == b[run].tobytes() for a, b in zip(single.buyers, block.buyers, strict=True))
