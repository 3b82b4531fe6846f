"""Contracts of the green power market (MODEL 7): sessions, monthly delivery from one pool, and payment."""

from __future__ import annotations

import math

from agents.axes import MONTHS, Holder
from agents.compiled import rule
from agents.developer import Developers, ProjectState, expected_hours
from agents.developer_year import resource_share
from agents.fields import Floats
from agents.lending import pay, receive
from agents.market import (
    CITY,
    CITY_STEPS,
    RING,
    Book,
    Buyers,
    City,
    Sellers,
    city_step_price,
    clear,
    delivery,
    seller_offer,
    transfer,
)
from agents.units import YUAN
from agents.world import World


@rule
def open_year(world: World, buyers: Buyers, sellers: Sellers, city: City, run: int, year: int) -> None:
    """End contracts that expired last year, age certificates by a year, and set this year's offers."""
    p, s = world.parameters[run], world.series[run, year]
    ended = (year - 1) % RING
    city.volume[run, 0, ended] = 0.0
    city.value[run, 0, ended] = 0.0
    city.delivered[run, 0] = 0.0
    for site in range(sellers.offer.shape[1]):
        sellers.volume[run, site, ended] = 0.0
        sellers.value[run, site, ended] = 0.0
        sellers.committed[run, site] = 0.0
        sellers.income[run, site] = 0.0
        for slot in range(RING):
            sellers.committed[run, site] += sellers.volume[run, site, slot]
            sellers.income[run, site] += sellers.value[run, site, slot]
        sellers.expired[run, site] = sellers.held_last[run, site]
        sellers.held_last[run, site] = sellers.held[run, site]
        sellers.held[run, site] = 0.0
        sellers.weight[run, site] = 0.0
        sellers.shortfall[run, site] = 0.0
        sellers.delivered[run, site] = 0.0
        sellers.issued[run, site] = 0.0
        sellers.claimed[run, site] = 0.0
        sellers.sold[run, site] = 0.0
        sellers.offer[run, site] = seller_offer(s.certificate_price, p.market_risk, sellers.risk[run, site])
    for buyer in range(buyers.volume.shape[1]):
        buyers.delivered[run, buyer] = 0.0
        buyers.certificates[run, buyer] = 0.0
        if buyers.expires[run, buyer] < year:
            buyers.volume[run, buyer] = 0.0


@rule
def write_output(world: World, developers: Developers, available: Floats, output: Floats, run: int, year: int) -> None:
    """Output of each site and month that reaches the grid, MWh: its share of the resource, less curtailment."""
    kept = 1.0 - world.record[run, year].curtailment_share
    now = world.record[run, year]
    for site in range(output.shape[0]):
        share = kept * resource_share(
            developers.effective[run, site],
            developers.resource[run, site],
            now.capacity_ground_pv,
            now.capacity_onshore_wind,
            now.capacity_nearshore_wind,
        )
        for month in range(MONTHS):
            output[site, month] = share * available[run, month, developers.resource[run, site]]


@rule
def write_offers(
    world: World, developers: Developers, sellers: Sellers, book: Book, run: int, month: int, year: int
) -> int:
    """Offers of a session: what a seller may still commit, spread over the sessions left in the year."""
    p = world.parameters[run]
    share = p.market_commit_share * (1.0 - world.record[run, year - 1].curtailment_share)
    sites = sellers.offer.shape[1]
    for site in range(sites):
        room = 0.0
        if developers.state[run, site] == ProjectState.RUNNING:
            expected = developers.effective[run, site] * expected_hours(p, developers.resource[run, site])
            room = share * expected - sellers.committed[run, site]
        book.offer_price[site] = sellers.offer[run, site]
        book.offer_volume[site] = max(0.0, room) / (MONTHS - month)
    return sites


@rule
def write_park_bids(buyers: Buyers, book: Book, lowest: float, run: int, month: int, year: int) -> int:
    """Bids of the park's buyers that come this month without a contract and would pay the lowest offer."""
    bids = 0
    for buyer in range(buyers.volume.shape[1]):
        if buyers.session[run, buyer] != month or buyers.expires[run, buyer] >= year:
            continue
        if buyers.wanted[run, buyer] > 0.0 and buyers.reservation[run, buyer] >= lowest:
            book.bid_price[bids] = buyers.reservation[run, buyer]
            book.bid_volume[bids] = buyers.wanted[run, buyer]
            book.bid_owner[bids] = buyer
            bids += 1
    return bids


@rule
def write_city_bids(world: World, city: City, book: Book, bids: int, run: int, month: int, year: int) -> int:
    """Bids of the city: its demand curve less what it holds (from the top), spread over the sessions left."""
    if world.signals[run].external_green_sales_allowed < 0.5:
        return bids
    s = world.series[run, year]
    holds = 0.0
    for slot in range(RING):
        holds += city.volume[run, 0, slot]
    for step in range(CITY_STEPS):
        size = s.city_green_demand / CITY_STEPS
        covered = min(size, holds)
        holds -= covered
        book.bid_price[bids] = city_step_price(s.city_green_reservation, step)
        book.bid_volume[bids] = (size - covered) / (MONTHS - month)
        book.bid_owner[bids] = CITY
        bids += 1
    return bids


@rule
def sign(
    buyers: Buyers,
    sellers: Sellers,
    city: City,
    book: Book,
    bids: int,
    offers: int,
    price: float,
    last_year: int,
    run: int,
    year: int,
) -> float:
    """Write the contracts of a clearing at its price, to the end of ``last_year``; returns the volume, MWh/yr."""
    slot, signed = last_year % RING, 0.0
    for bid in range(bids):
        taken, owner = book.bid_taken[bid], book.bid_owner[bid]
        signed += taken
        if taken > 0.0 and owner == CITY:
            city.volume[run, 0, slot] += taken
            city.value[run, 0, slot] += taken * price
        elif taken > 0.0:
            buyers.volume[run, owner] = taken
            buyers.price[run, owner] = price
            buyers.begun[run, owner] = year
            buyers.expires[run, owner] = last_year
    for site in range(offers):
        taken = book.offer_taken[site]
        sellers.volume[run, site, slot] += taken
        sellers.value[run, site, slot] += taken * price
        sellers.committed[run, site] += taken
        sellers.income[run, site] += taken * price
        book.offer_volume[site] -= taken
    return signed


@rule
def hold_session(
    world: World,
    developers: Developers,
    buyers: Buyers,
    sellers: Sellers,
    city: City,
    book: Book,
    run: int,
    month: int,
    year: int,
) -> tuple[float, float]:
    """One monthly session; returns the volume signed (MWh/yr) and its value (yuan/yr).

    With priority the park's buyers are cleared first, and the city bids for what they leave.
    """
    signal = world.signals[run]
    years = signal.green_power_contract_years
    if years < 0.5:
        years = world.parameters[run].market_contract_years
    last_year = year + min(RING, max(1, math.floor(years + 0.5))) - 1
    offers = write_offers(world, developers, sellers, book, run, month, year)
    lowest = math.inf
    for site in range(offers):
        if book.offer_volume[site] > 0.0:
            lowest = min(lowest, book.offer_price[site])
    if lowest == math.inf:
        return 0.0, 0.0
    bids = write_park_bids(buyers, book, lowest, run, month, year)
    volume, value = 0.0, 0.0
    if signal.green_power_park_priority > 0.5:
        if bids > 0:
            price = clear(book, bids, offers)
            volume = sign(buyers, sellers, city, book, bids, offers, price, last_year, run, year)
            value = volume * price
        bids = 0
    bids = write_city_bids(world, city, book, bids, run, month, year)
    if bids > 0:
        price = clear(book, bids, offers)
        signed = sign(buyers, sellers, city, book, bids, offers, price, last_year, run, year)
        volume += signed
        value += signed * price
    return volume, value


@rule
def city_contracts(city: City, run: int) -> tuple[float, float]:
    """The city's volume (MWh/yr) and premium (yuan/yr) under contract."""
    volume, value = 0.0, 0.0
    for slot in range(RING):
        volume += city.volume[run, 0, slot]
        value += city.value[run, 0, slot]
    return volume, value


@rule
def deliver(sellers: Sellers, city_volume: float, output: Floats, run: int, month: int) -> float:
    """Deliver a month's twelfth of all contracts; returns the share delivered, the same for every buyer.

    Sellers deliver into one pool what they made, up to their commitment. Each MWh gives one certificate, claimed by
    the park or by the city as they hold the contracts. ``output`` keeps what is left.
    """
    total, made = 0.0, 0.0
    for site in range(output.shape[0]):
        total += sellers.committed[run, site] / MONTHS
    if total <= 0.0:
        return 0.0
    outside = min(1.0, city_volume / MONTHS / total)
    for site in range(output.shape[0]):
        due = sellers.committed[run, site] / MONTHS
        if due <= 0.0:
            continue
        amount = delivery(due, output[site, month])
        output[site, month] -= amount
        made += amount
        sellers.weight[run, site] += sellers.income[run, site] / MONTHS * amount / due
        sellers.shortfall[run, site] += due - amount
        sellers.delivered[run, site] += amount
        sellers.issued[run, site] += amount
        sellers.sold[run, site] += outside * amount
        sellers.claimed[run, site] += (1.0 - outside) * amount
    return made / total


@rule
def pay_sellers(world: World, sellers: Sellers, inside: float, outside: float, run: int, first: int) -> None:
    """Share the premiums collected (yuan) by what sellers delivered, and take the price of shortfalls from them."""
    total = 0.0
    for site in range(sellers.weight.shape[1]):
        total += sellers.weight[run, site]
    penalty = world.parameters[run].market_shortfall_price * YUAN
    for site in range(sellers.weight.shape[1]):
        share = sellers.weight[run, site] / total if total > 0.0 else 0.0
        # The park's buyers booked their payment; here it reaches the seller's cash.
        world.borrowers.cash[run, first + site] += share * inside * YUAN
        receive(world, run, first + site, Holder.OUTSIDE, share * outside * YUAN)
        world.borrowers.cash[run, first + site] -= sellers.shortfall[run, site] * penalty


@rule
def settle_contracts(
    world: World,
    buyers: Buyers,
    sellers: Sellers,
    ratio: Floats,
    city_short: float,
    city_premium: float,
    run: int,
    first: int,
    year: int,
) -> None:
    """Premiums for what was delivered in the year and compensation for what was not.

    ``ratio`` [12] is the share delivered in each month; the city's shortfall is in MWh, its premium in yuan.
    """
    now = world.record[run, year]
    penalty = world.parameters[run].market_shortfall_price * YUAN
    cash, payments, holders = world.borrowers.cash[run], world.payments[run], world.borrowers.holder[run]
    inside = 0.0
    for buyer in range(buyers.volume.shape[1]):
        if buyers.volume[run, buyer] <= 0.0:
            continue
        monthly, amount, due = buyers.volume[run, buyer] / MONTHS, 0.0, 0.0
        start = buyers.session[run, buyer] if buyers.begun[run, buyer] == year else 0  # the first year begins late
        for month in range(start, MONTHS):
            amount += monthly * ratio[month]
            due += monthly
        premium = amount * buyers.price[run, buyer]
        inside += premium
        buyers.delivered[run, buyer] += amount
        transfer(cash, payments, holders, buyers.borrower[run, buyer], Holder.DEVELOPERS, premium * YUAN)
        compensation = (due - amount) * penalty
        cash[buyers.borrower[run, buyer]] += compensation
        payments[Holder.DEVELOPERS, holders[buyers.borrower[run, buyer]]] += compensation
    pay(world, run, Holder.DEVELOPERS, Holder.OUTSIDE, city_short * penalty)
    pay_sellers(world, sellers, inside, city_premium, run, first)
    now.green_premium_paid += inside * YUAN
    now.green_premium_earned += (inside + city_premium) * YUAN
