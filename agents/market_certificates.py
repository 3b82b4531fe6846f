"""Green certificates (MODEL 7): each MWh delivered makes one, and one only may claim it.

What a seller makes without a contract earns certificates from a start year on; they are held for this year and the
next, and then lapse. A certificate sold outside leaves the park's account (MODEL 10).
"""

from __future__ import annotations

from agents.axes import BASE_YEAR, MONTHS, Holder
from agents.compiled import rule
from agents.fields import Floats
from agents.lending import receive
from agents.market import Buyers, Sellers, transfer
from agents.units import YUAN
from agents.world import World


@rule
def issue_for_the_rest(world: World, sellers: Sellers, output: Floats, run: int, first: int, year: int) -> None:
    """Certificates for output without a contract, and the part of them that sellers sell outside at once."""
    p, price = world.parameters[run], world.series[run, year].certificate_price
    if BASE_YEAR + year < p.market_certificate_year:
        return
    outside = p.market_outside_share if world.signals[run].external_green_sales_allowed > 0.5 else 0.0
    for site in range(output.shape[0]):
        rest = 0.0
        for month in range(MONTHS):
            rest += max(0.0, output[site, month])
        sellers.issued[run, site] += rest
        sellers.held[run, site] = rest * (1.0 - outside)
        sellers.sold[run, site] += rest * outside
        income = rest * outside * price * YUAN
        receive(world, run, first + site, Holder.OUTSIDE, income)
        world.record[run, year].green_premium_earned += income


@rule
def uncovered(
    wanted: float, required: float, delivered: float, reservation: float, price: float, purchases: float
) -> float:
    """Certificates a buyer wants beside its green power, MWh: an obligation's whole gap, else a policy's share."""
    if reservation < price:
        return 0.0
    return max(max(0.0, required - delivered), max(0.0, wanted - delivered) * purchases)


@rule
def buy_certificates(world: World, buyers: Buyers, sellers: Sellers, run: int, first: int, year: int) -> None:
    """Certificate-only purchases: from the park's sellers as far as they hold any, then from outside."""
    signal, fee = world.signals[run], world.parameters[run].market_certificate_fee
    price, purchases = world.series[run, year].certificate_price, signal.certificate_purchases
    if purchases <= 0.0 and signal.green_power_obligation <= 0.0:
        return
    cash, payments, holders = world.borrowers.cash[run], world.payments[run], world.borrowers.holder[run]
    wanted, stock = 0.0, 0.0
    for buyer in range(buyers.volume.shape[1]):
        buyers.certificates[run, buyer] = uncovered(
            buyers.wanted[run, buyer],
            buyers.required[run, buyer],
            buyers.delivered[run, buyer],
            buyers.reservation[run, buyer],
            price + fee,
            purchases,
        )
        wanted += buyers.certificates[run, buyer]
    if wanted <= 0.0:
        return
    for site in range(sellers.held.shape[1]):
        stock += sellers.held[run, site] + sellers.held_last[run, site]
    local = min(1.0, stock / wanted)
    for buyer in range(buyers.volume.shape[1]):
        amount = buyers.certificates[run, buyer]
        if amount > 0.0:
            to_sellers = amount * local * price * YUAN
            to_others = amount * (fee + (1.0 - local) * price) * YUAN
            transfer(cash, payments, holders, buyers.borrower[run, buyer], Holder.DEVELOPERS, to_sellers)
            transfer(cash, payments, holders, buyers.borrower[run, buyer], Holder.OUTSIDE, to_others)
    taken = wanted * local / stock if stock > 0.0 else 0.0
    earned = 0.0
    for site in range(sellers.held.shape[1]):
        amount = taken * (sellers.held[run, site] + sellers.held_last[run, site])
        sellers.held[run, site] *= 1.0 - taken
        sellers.held_last[run, site] *= 1.0 - taken
        sellers.claimed[run, site] += amount
        # The buyers booked the payment; here it reaches the seller's cash.
        cash[first + site] += amount * price * YUAN
        earned += amount * price * YUAN
    world.record[run, year].certificates_bought_outside = wanted * (1.0 - local)
    world.record[run, year].green_premium_earned += earned


@rule
def fine_buyers(world: World, buyers: Buyers, run: int, year: int) -> None:
    """Penalties for what an obligation still lacks, paid to the public budget."""
    if world.signals[run].green_power_obligation <= 0.0:
        return
    penalty = world.parameters[run].market_obligation_penalty * YUAN
    cash, payments, holders = world.borrowers.cash[run], world.payments[run], world.borrowers.holder[run]
    total = 0.0
    for buyer in range(buyers.volume.shape[1]):
        covered = buyers.delivered[run, buyer] + buyers.certificates[run, buyer]
        missing = max(0.0, buyers.required[run, buyer] - covered)
        if missing > 0.0:
            transfer(cash, payments, holders, buyers.borrower[run, buyer], Holder.BUDGET, missing * penalty)
            total += missing * penalty
    world.record[run, year].obligation_penalties += total
