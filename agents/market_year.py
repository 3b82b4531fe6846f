"""The market's year (MODEL 7, stage 8): the deal of 2020, sessions and settlements, regulated deals, certificates."""

from __future__ import annotations

import numpy as np

from agents.axes import MONTHS, Holder
from agents.compiled import rule, stage
from agents.developer import Developers
from agents.fields import Floats
from agents.lending import pay, receive
from agents.market import CITY_STEPS, Book, Buyers, City, Sellers, city_step_price, delivery, transfer
from agents.market_certificates import buy_certificates, fine_buyers, issue_for_the_rest
from agents.market_contracts import city_contracts, deliver, hold_session, open_year, settle_contracts, write_output
from agents.units import KW, YUAN
from agents.world import World, runs_of

DECEMBER = 11


@rule
def replay_deal(world: World, developers: Developers, sellers: Sellers, output: Floats, run: int, first: int) -> None:
    """The point-to-point deal of December 2020 as data (N14): 14 GWh to a buyer outside, 0.01 yuan/kWh more.

    The seller is the first legacy farm of the site list. The grid pays what it is paid. The park may not count the
    power: its certificates are claimed once, outside.
    """
    p, now = world.parameters[run], world.record[run, 0]
    seller = 0
    while seller < sellers.offer.shape[1] - 1 and developers.legacy[run, seller] == 0:
        seller += 1
    volume = min(p.market_deal_contracted, p.market_deal_delivered)
    amount = volume * p.market_deal_premium * YUAN
    pay(world, run, Holder.OUTSIDE, Holder.GRID, amount)
    receive(world, run, first + seller, Holder.GRID, amount)
    output[seller, DECEMBER] -= volume
    sellers.delivered[run, seller] += volume
    sellers.issued[run, seller] += volume
    sellers.sold[run, seller] += volume
    sellers.shortfall[run, seller] += p.market_deal_contracted - volume
    now.green_premium = p.market_deal_premium * KW
    now.green_premium_earned += amount


@rule
def any_contract(sellers: Sellers, run: int) -> bool:
    """Has a seller a contract in force? Without one no buyer has."""
    most = 0.0
    for site in range(sellers.committed.shape[1]):
        most = max(most, sellers.committed[run, site])
    return most > 0.0


@rule
def run_contracts(
    world: World,
    developers: Developers,
    buyers: Buyers,
    sellers: Sellers,
    city: City,
    book: Book,
    output: Floats,
    ratio: Floats,
    run: int,
    first: int,
    year: int,
) -> None:
    """Twelve months of sessions (if the market is open) and deliveries, then the year's settlement and premium."""
    now = world.record[run, year]
    volume, value, city_short, city_premium = 0.0, 0.0, 0.0, 0.0
    if world.signals[run].green_power_market_open <= 0.5 and not any_contract(sellers, run):
        return
    for month in range(MONTHS):
        if world.signals[run].green_power_market_open > 0.5:
            signed, worth = hold_session(world, developers, buyers, sellers, city, book, run, month, year)
            volume += signed
            value += worth
        city_volume, city_value = city_contracts(city, run)
        ratio[month] = deliver(sellers, city_volume, output, run, month)
        city.delivered[run, 0] += ratio[month] * city_volume / MONTHS
        city_short += (1.0 - ratio[month]) * city_volume / MONTHS
        city_premium += ratio[month] * city_value / MONTHS
    settle_contracts(world, buyers, sellers, ratio, city_short, city_premium, run, first, year)
    if volume > 0.0:
        now.green_premium = value / volume * KW
        return
    committed, income = 0.0, 0.0
    for site in range(sellers.offer.shape[1]):
        committed += sellers.committed[run, site]
        income += sellers.income[run, site]
    now.green_premium = income / committed * KW if committed > 0.0 else 0.0


@rule
def deal_demand(buyers: Buyers, premium: float, run: int) -> float:
    """What the park's buyers want beyond their contracts at a premium, MWh/yr."""
    wanted = 0.0
    for buyer in range(buyers.volume.shape[1]):
        if buyers.reservation[run, buyer] >= premium:
            wanted += max(0.0, buyers.wanted[run, buyer] - buyers.volume[run, buyer])
    return wanted


@rule
def city_deal_demand(world: World, city: City, premium: float, run: int, year: int) -> float:
    """What the city wants beyond its contracts at a premium, MWh/yr."""
    if world.signals[run].external_green_sales_allowed < 0.5:
        return 0.0
    s, wanted = world.series[run, year], 0.0
    for step in range(CITY_STEPS):
        if city_step_price(s.city_green_reservation, step) >= premium:
            wanted += s.city_green_demand / CITY_STEPS
    return max(0.0, wanted - city_contracts(city, run)[0])


@rule
def trade_deals(
    world: World, buyers: Buyers, sellers: Sellers, city: City, output: Floats, run: int, first: int, year: int
) -> None:
    """Monthly point-to-point deals at the regulated premium (P4): the grid passes it on and stays neutral.

    Sellers who ask no more than the premium deliver what their contracts leave of a month's output; buyers share it in
    proportion to what they want, the park's first where it has priority.
    """
    premium, now = world.signals[run].green_power_deal_premium, world.record[run, year]
    inside, outside = deal_demand(buyers, premium, run) / MONTHS, 0.0
    outside = city_deal_demand(world, city, premium, run, year) / MONTHS
    months_inside, total = 0.0, 0.0
    for month in range(MONTHS):
        supply = 0.0
        for site in range(output.shape[0]):
            if sellers.offer[run, site] <= premium:
                supply += max(0.0, output[site, month])
        to_park = min(inside, supply * (inside / (inside + outside) if inside + outside > 0.0 else 0.0))
        if world.signals[run].green_power_park_priority > 0.5:
            to_park = min(inside, supply)
        traded = to_park + min(outside, supply - to_park)
        if traded <= 0.0:
            continue
        total += traded
        months_inside += to_park / inside if inside > 0.0 else 0.0
        city.delivered[run, 0] += traded - to_park
        for site in range(output.shape[0]):
            if sellers.offer[run, site] <= premium and output[site, month] > 0.0:
                amount = delivery(output[site, month], traded * output[site, month] / supply)
                output[site, month] -= amount
                sellers.delivered[run, site] += amount
                sellers.issued[run, site] += amount
                sellers.claimed[run, site] += amount * to_park / traded
                sellers.sold[run, site] += amount * (traded - to_park) / traded
                receive(world, run, first + site, Holder.GRID, amount * premium * YUAN)
    pay_deals(world, buyers, premium, months_inside, total, run, year)
    if total > 0.0 and now.green_premium <= 0.0:
        now.green_premium = premium * KW


@rule
def pay_deals(world: World, buyers: Buyers, premium: float, months: float, total: float, run: int, year: int) -> None:
    """The park's buyers pay the grid for their share of the deals' ``total``, the city for the rest."""
    now, paid = world.record[run, year], 0.0
    cash, payments, holders = world.borrowers.cash[run], world.payments[run], world.borrowers.holder[run]
    for buyer in range(buyers.volume.shape[1]):
        open_volume = max(0.0, buyers.wanted[run, buyer] - buyers.volume[run, buyer])
        if buyers.reservation[run, buyer] >= premium and open_volume > 0.0:
            amount = open_volume / MONTHS * months
            buyers.delivered[run, buyer] += amount
            paid += amount
            cost = amount * premium * YUAN
            transfer(cash, payments, holders, buyers.borrower[run, buyer], Holder.GRID, cost)
    pay(world, run, Holder.OUTSIDE, Holder.GRID, max(0.0, total - paid) * premium * YUAN)
    now.green_premium_paid += paid * premium * YUAN
    now.green_premium_earned += total * premium * YUAN


@rule
def close_year(world: World, buyers: Buyers, sellers: Sellers, city: City, run: int, year: int) -> None:
    """Write the year's outcomes from the books."""
    now = world.record[run, year]
    contracted_city = city_contracts(city, run)[0]
    delivered, contracted = 0.0, 0.0
    now.certificates_claimed = now.certificates_bought_outside
    for site in range(sellers.offer.shape[1]):
        delivered += sellers.delivered[run, site]
        contracted += sellers.committed[run, site]
        now.green_power_shortfall += sellers.shortfall[run, site]
        now.certificates_issued += sellers.issued[run, site]
        now.certificates_claimed += sellers.claimed[run, site]
        now.certificates_sold_outside += sellers.sold[run, site]
        now.certificates_held += sellers.held[run, site] + sellers.held_last[run, site]
        now.certificates_expired += sellers.expired[run, site]
    inside = 0.0
    for buyer in range(buyers.volume.shape[1]):
        inside += buyers.delivered[run, buyer]
    now.green_power_delivered = delivered
    now.green_power_delivered_inside = inside
    now.green_power_contracted = contracted
    now.green_power_contracted_inside = contracted - contracted_city


@stage
def settle_market(
    world: World,
    developers: Developers,
    buyers: Buyers,
    sellers: Sellers,
    city: City,
    available: Floats,
    first: int,
    year: int,
) -> None:
    """The market's year, after the hours (stage 8).

    ``available`` [runs, 12, RESOURCES] is MWh before curtailment by resource, as the hours report it; site s of
    ``developers`` and ``sellers`` is borrower ``first + s``. Buyers' wishes come from ``gather_buyers``. Contracts in
    force deliver whether or not the market is still open; the sellers' sales of the year go to ``developers.revenue``.
    """
    sites, count = sellers.offer.shape[1], buyers.volume.shape[1]
    output, ratio, cash = np.zeros((sites, MONTHS)), np.zeros(MONTHS), np.zeros(sites)
    bids = 0
    for run in runs_of(world):
        if world.signals[run].green_power_market_open > 0.5:
            bids = count + CITY_STEPS
    book = Book(
        np.zeros(bids),
        np.zeros(bids),
        np.zeros(bids),
        np.zeros(bids, np.int64),
        np.zeros(sites),
        np.zeros(sites),
        np.zeros(sites),
    )
    for run in runs_of(world):
        for site in range(sites):
            cash[site] = world.borrowers.cash[run, first + site]
        open_year(world, buyers, sellers, city, run, year)
        write_output(world, developers, available, output, run, year)
        if year == 0:
            replay_deal(world, developers, sellers, output, run, first)
        else:
            run_contracts(world, developers, buyers, sellers, city, book, output, ratio, run, first, year)
            if world.signals[run].green_power_point_to_point > 0.5:
                trade_deals(world, buyers, sellers, city, output, run, first, year)
        issue_for_the_rest(world, sellers, output, run, first, year)
        buy_certificates(world, buyers, sellers, run, first, year)
        fine_buyers(world, buyers, run, year)
        close_year(world, buyers, sellers, city, run, year)
        for site in range(sites):
            developers.revenue[run, site] = world.borrowers.cash[run, first + site] - cash[site]
