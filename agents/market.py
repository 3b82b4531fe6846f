"""The green power market: who sells and buys, contracts, certificates, and how prices form (MODEL 7; P4, N14).

Sellers are the park's projects; buyers are agents of the park and the city outside. What is traded is the green premium
over the feed-in price, with one certificate for each MWh delivered. Power itself is settled at feed-in price and tariff
as ever, so that the grid stays neutral. Prices in yuan/MWh, volumes in MWh a year, money in million yuan (Myuan).
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

import numpy as np

from agents.axes import DEVELOPER_IDS, MONTHS, Stream
from agents.compiled import rule, stage
from agents.draws import uniform
from agents.fields import Field, Floats, Integers, Outcome, Quantity, Signal, allocate
from agents.world import World, runs_of

RING = 10  # longest contract in years: volumes are kept by year of expiry in a ring of this size
CITY_STEPS = 8  # steps of the city's demand curve
CITY = -1  # owner of the city's bids

PARAMETERS: list[Quantity] = [
    Quantity("market_deal_contracted", "MWh", "contracted in the point-to-point deal of December 2020", "N14"),
    Quantity("market_deal_delivered", "MWh", "delivered in it", "N14"),
    Quantity("market_deal_premium", "yuan/MWh", "regulated premium of point-to-point trading", "N14"),
    Quantity("market_contract_years", "yr", "length of contracts unless a policy sets it", whole=True),
    Quantity("market_commit_share", "1", "share of expected output that a seller commits in contracts"),
    Quantity("market_risk", "yuan/MWh", "mean premium a seller asks for volume and price risk"),
    Quantity("market_shortfall_price", "yuan/MWh", "paid by a seller for each MWh contracted and not delivered"),
    Quantity(
        "market_certificate_year", "1", "calendar year from which every MWh generated earns a certificate", whole=True
    ),
    Quantity("market_certificate_fee", "yuan/MWh", "cost of buying a certificate beside its price"),
    Quantity("market_outside_share", "1", "share of certificates without a contract that sellers sell outside"),
    Quantity("market_recognised_share", "1", "share of electricity that buyers make green where rules give it a value"),
    Quantity("market_obligation_penalty", "yuan/MWh", "paid for each MWh of an obligation that is not met"),
]

SERIES: list[Quantity] = [
    Quantity("certificate_price", "yuan/MWh", "national price of green certificates, yuan of 2020"),
    Quantity("city_green_demand", "MWh", "yearly green power of the park that buyers in the city want at no premium"),
    Quantity("city_green_reservation", "yuan/MWh", "premium at which the city wants none"),
]

SIGNALS: list[Signal] = [
    Signal("green_power_point_to_point", "1", "1: monthly deals at the regulated premium", "N14", "largest", 0.0),
    Signal("green_power_deal_premium", "yuan/MWh", "regulated premium", "N14", "largest", "market_deal_premium"),
    Signal("green_power_market_open", "1", "1: medium- and long-term market", "P4", "largest", 0.0),
    Signal("green_power_contract_years", "yr", "contract length set by policy; 0: the market's own", "P4", "largest"),
    Signal("green_power_park_priority", "1", "1: buyers of the park are served first", "P4", "largest", 0.0),
    Signal("external_green_sales_allowed", "1", "0: no green power or certificate leaves", "P4", "smallest", 1.0),
    Signal("green_power_obligation", "1", "share of electricity that buyers must cover", "P4", "largest", 0.0),
    Signal("green_power_premium_value", "yuan/MWh", "what rules make a green MWh worth to its buyer", "P4", "add", 0.0),
    Signal("certificate_purchases", "1", "share of uncovered wants met by certificates", "P4", "largest", 0.0),
]

OUTCOMES: list[Outcome] = [
    Outcome("green_power_delivered", "MWh", "green power delivered to buyers", "P4", "Green Power|Delivered"),
    Outcome("green_power_delivered_inside", "MWh", "of it to the park", "P4", "Green Power|Delivered|Park"),
    Outcome("green_power_contracted", "MWh", "volume under contract at year end", "P4", "Green Power|Contracted"),
    Outcome("green_power_contracted_inside", "MWh", "of it by the park", "P4", "Green Power|Contracted|Park"),
    Outcome("green_power_shortfall", "MWh", "contracted and not delivered", "P4", "Green Power|Shortfall"),
    Outcome(
        "green_premium", "yuan/kWh", "volume-weighted premium of the year's clearings", "P4", "Price|Green Premium"
    ),
    Outcome("green_premium_paid", "Myuan", "premiums paid by the park's buyers", "P4", "Green Power|Premium Paid"),
    Outcome("green_premium_earned", "Myuan", "premiums and certificates earned by the park's sellers", "P4"),
    Outcome("certificates_issued", "MWh", "certificates issued to projects", "P4", "Green Power|Certificates|Issued"),
    Outcome("certificates_claimed", "MWh", "claimed in the park", "P4", "Green Power|Certificates|Claimed"),
    Outcome("certificates_sold_outside", "MWh", "sold outside", "P4", "Green Power|Certificates|Sold Outside"),
    Outcome("certificates_bought_outside", "MWh", "claimed, from outside", "P4", "Green Power|Certificates|Bought"),
    Outcome("certificates_held", "MWh", "held by sellers, this and last year's", "P4", "Green Power|Certificates|Held"),
    Outcome("certificates_expired", "MWh", "lapsed unsold", "P4", "Green Power|Certificates|Expired"),
    Outcome("obligation_penalties", "Myuan", "paid for obligations not met", "P4", "Green Power|Obligation Penalties"),
]


class Sellers(NamedTuple):
    """The market's book of each project; [runs, sites], in the order of Developers."""

    offer: Annotated[Floats, Field("yuan/MWh", "premium asked this year")]
    risk: Annotated[Floats, Field("1", "the seller's view of risk over the mean")]
    volume: Annotated[Floats, Field("MWh/yr", "contracted volume by year of expiry, as a ring", (RING,))]
    value: Annotated[Floats, Field("yuan/yr", "contracted premium income by year of expiry, as a ring", (RING,))]
    committed: Annotated[Floats, Field("MWh/yr", "contracted volume in force")]
    income: Annotated[Floats, Field("yuan/yr", "contracted premium income in force")]
    weight: Annotated[Floats, Field("yuan", "claim on the year's premiums")]
    shortfall: Annotated[Floats, Field("MWh", "contracted and not delivered this year")]
    delivered: Annotated[Floats, Field("MWh", "delivered under contracts and deals this year")]
    issued: Annotated[Floats, Field("MWh", "certificates issued this year")]
    claimed: Annotated[Floats, Field("MWh", "certificates claimed in the park this year")]
    sold: Annotated[Floats, Field("MWh", "certificates sold outside this year")]
    expired: Annotated[Floats, Field("MWh", "certificates that lapsed this year")]
    held: Annotated[Floats, Field("MWh", "certificates held of this year's output")]
    held_last: Annotated[Floats, Field("MWh", "certificates held of last year's output")]


class Buyers(NamedTuple):
    """Agents of the park as buyers of green power; [runs, buyers]. A buyer holds at most one contract."""

    borrower: Annotated[Integers, Field("1", "index of the buyer in the table of borrowers")]
    session: Annotated[Integers, Field("1", "month of the yearly session that the buyer attends")]
    wanted: Annotated[Floats, Field("MWh/yr", "green power wanted or required")]
    required: Annotated[Floats, Field("MWh/yr", "green power required by the obligation")]
    reservation: Annotated[Floats, Field("yuan/MWh", "highest premium the buyer would pay")]
    volume: Annotated[Floats, Field("MWh/yr", "contracted volume")]
    price: Annotated[Floats, Field("yuan/MWh", "contracted premium")]
    begun: Annotated[Integers, Field("1", "year index of the contract's start")]
    expires: Annotated[Integers, Field("1", "year index of the contract's last year, -1 without one")]
    delivered: Annotated[Floats, Field("MWh", "green power delivered this year")]
    certificates: Annotated[Floats, Field("MWh", "certificates bought without power this year")]


class City(NamedTuple):
    """Buyers outside the park as one; [runs, 1]."""

    volume: Annotated[Floats, Field("MWh/yr", "contracted volume by year of expiry, as a ring", (RING,))]
    value: Annotated[Floats, Field("yuan/yr", "contracted premium by year of expiry, as a ring", (RING,))]
    delivered: Annotated[Floats, Field("MWh", "delivered this year")]


class Book(NamedTuple):
    """Bids and offers of one session: price, volume and what was taken; working space."""

    bid_price: Floats
    bid_volume: Floats
    bid_taken: Floats
    bid_owner: Integers
    offer_price: Floats
    offer_volume: Floats
    offer_taken: Floats


def populate_sellers(world: World, sites: int) -> Sellers:
    """Sellers [runs, sites]; each seller's view of risk is drawn between half and one and a half times the mean."""
    sellers = allocate(Sellers, world.seeds.shape[0], sites)
    draw_risks(world, sellers)
    return sellers


def populate_buyers(world: World, borrowers: Integers) -> Buyers:
    """Buyers [runs, buyers] for the given indices [buyers] in the table of borrowers; session months are drawn."""
    buyers = allocate(Buyers, world.seeds.shape[0], len(borrowers))
    buyers.borrower[...] = np.asarray(borrowers)
    buyers.expires[...] = -1
    draw_sessions(world, buyers)
    return buyers


def populate_city(world: World) -> City:
    """The city's side of the market, without contracts."""
    return allocate(City, world.seeds.shape[0], 1)


@stage
def draw_risks(world: World, sellers: Sellers) -> None:
    """A seller's view of risk over the mean, 0.5 to 1.5."""
    for run in runs_of(world):
        for site in range(sellers.risk.shape[1]):
            sellers.risk[run, site] = 0.5 + uniform(world.seeds[run], DEVELOPER_IDS + site, 0, Stream.MARKET, 0)


@stage
def draw_sessions(world: World, buyers: Buyers) -> None:
    """Month in which a buyer comes to market when it needs a contract."""
    for run in runs_of(world):
        for buyer in range(buyers.session.shape[1]):
            draw = uniform(world.seeds[run], buyers.borrower[run, buyer], 0, Stream.MARKET, 1)
            buyers.session[run, buyer] = int(draw * MONTHS)


@stage
def gather_buyers(world: World, buyers: Buyers, start: int, demand: Floats, share: Floats, reservation: Floats) -> None:
    """Copy what one kind of agents wants into the buyers ``start ...``; all [runs, agents].

    ``demand`` is electricity (MWh/yr), ``share`` what is wanted of it, ``reservation`` the highest premium (yuan/MWh).
    Under an obligation a buyer wants at least the required share and pays up to the penalty for missing it; where rules
    give green power a value, it wants a share of its electricity at up to that value.
    """
    for run in runs_of(world):
        obligation, value = world.signals[run].green_power_obligation, world.signals[run].green_power_premium_value
        worth = world.parameters[run].market_obligation_penalty if obligation > 0.0 else 0.0
        recognised = world.parameters[run].market_recognised_share if value > 0.0 else 0.0
        for agent in range(demand.shape[1]):
            buyer = start + agent
            buyers.required[run, buyer] = obligation * demand[run, agent]
            buyers.wanted[run, buyer] = max(share[run, agent], obligation, recognised) * demand[run, agent]
            buyers.reservation[run, buyer] = max(reservation[run, agent], worth, value)


@stage
def report_bought(world: World, buyers: Buyers, start: int, bought: Floats) -> None:
    """Green power and certificates of the year, MWh, from the buyers ``start ...`` back into a kind's column."""
    for run in runs_of(world):
        for agent in range(bought.shape[1]):
            buyer = start + agent
            bought[run, agent] = buyers.delivered[run, buyer] + buyers.certificates[run, buyer]


@rule
def clear(book: Book, bids: int, offers: int) -> float:
    """Clear the first ``bids`` bids against the first ``offers`` offers at one price, yuan/MWh; 0 if nothing trades.

    Highest bids meet lowest offers until they cross; the price is the middle of the last pair that traded, so that no
    buyer pays more than its bid and no seller gets less than its offer. Taken volumes are written; equals keep order.
    """
    book.bid_taken[:bids] = 0.0
    book.offer_taken[:offers] = 0.0
    by_bid = np.argsort(-book.bid_price[:bids], kind="mergesort")
    by_offer = np.argsort(book.offer_price[:offers], kind="mergesort")
    i, j, price = 0, 0, 0.0
    while i < bids and j < offers:
        bid, offer = by_bid[i], by_offer[j]
        if book.bid_price[bid] < book.offer_price[offer]:
            break
        open_bid = book.bid_volume[bid] - book.bid_taken[bid]
        open_offer = book.offer_volume[offer] - book.offer_taken[offer]
        traded = min(open_bid, open_offer)
        if traded > 0.0:
            book.bid_taken[bid] += traded
            book.offer_taken[offer] += traded
            price = 0.5 * (book.bid_price[bid] + book.offer_price[offer])
        if open_bid <= open_offer:
            i += 1
        if open_offer <= open_bid:
            j += 1
    return price


@rule
def transfer(cash: Floats, payments: Floats, holders: Integers, borrower: int, receiver: int, amount: float) -> None:
    """lending.pay_out on one run's columns, for loops over many buyers; payments are [payer, receiver]."""
    cash[borrower] -= amount
    payments[holders[borrower], receiver] += amount


@rule
def seller_offer(certificate: float, risk: float, view: float) -> float:
    """Premium a seller asks, yuan/MWh: the certificate it gives up, and risk as it sees it."""
    return certificate + risk * view


@rule
def city_step_price(highest: float, step: int) -> float:
    """Reservation premium of a step of the city's linear demand curve, yuan/MWh: none is wanted at ``highest``."""
    return highest * (1.0 - (step + 0.5) / CITY_STEPS)


@rule
def delivery(contracted: float, generated: float) -> float:
    """Delivered in a month, MWh: what was contracted, as far as it was generated and not delivered elsewhere (N14)."""
    return min(contracted, max(0.0, generated))
