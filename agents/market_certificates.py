"""Green certificates (MODEL 7): each MWh delivered makes one, and one only may claim it.

What a seller makes without a contract earns certificates from a start year on; they are held for this year and the
next, and then lapse. A certificate sold outside leaves the park's account (MODEL 10).
"""

from __future__ import annotations

from agents.axes import BASE_YEAR, MONTHS, Holder
from agents.compiled import rule
from agents.developer import YUAN_PER_MYUAN
from agents.fields import Floats
from agents.lending import pay_out, receive
from agents.market import Buyers, Sellers
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
        income = rest * outside * price / YUAN_PER_MYUAN
        receive(world, run, first + site, Holder.OUTSIDE, income)
        world.record[run, year].green_premium_earned += income


@rule
def uncovered(world: World, buyers: Buyers, run: int, buyer: int, price: float) -> float:
    """Certificates a buyer wants beside its green power, MWh: an obligation's whole gap, else a policy's share."""
    if buyers.reservation[run, buyer] < price:
        return 0.0
    wish = max(0.0, buyers.wanted[run, buyer] - buyers.delivered[run, buyer])
    gap = max(0.0, buyers.required[run, buyer] - buyers.delivered[run, buyer])
    return max(gap, wish * world.signals[run].certificate_purchases)


@rule
def buy_certificates(world: World, buyers: Buyers, sellers: Sellers, run: int, first: int, year: int) -> None:
    """Certificate-only purchases: from the park's sellers as far as they hold any, then from outside."""
    now, fee = world.record[run, year], world.parameters[run].market_certificate_fee
    price = world.series[run, year].certificate_price
    wanted, stock = 0.0, 0.0
    for buyer in range(buyers.volume.shape[1]):
        wanted += uncovered(world, buyers, run, buyer, price + fee)
    if wanted <= 0.0:
        return
    for site in range(sellers.held.shape[1]):
        stock += sellers.held[run, site] + sellers.held_last[run, site]
    local = min(1.0, stock / wanted)
    for buyer in range(buyers.volume.shape[1]):
        amount = uncovered(world, buyers, run, buyer, price + fee)
        if amount > 0.0:
            buyers.certificates[run, buyer] = amount
            cost = amount * local * price / YUAN_PER_MYUAN
            pay_out(world, run, buyers.borrower[run, buyer], Holder.DEVELOPERS, cost)
            rest = amount * (fee + (1.0 - local) * price) / YUAN_PER_MYUAN
            pay_out(world, run, buyers.borrower[run, buyer], Holder.OUTSIDE, rest)
    now.certificates_bought_outside = wanted * (1.0 - local)
    taken = wanted * local / stock if stock > 0.0 else 0.0
    for site in range(sellers.held.shape[1]):
        amount = taken * (sellers.held[run, site] + sellers.held_last[run, site])
        sellers.held[run, site] *= 1.0 - taken
        sellers.held_last[run, site] *= 1.0 - taken
        sellers.claimed[run, site] += amount
        # The buyers booked the payment; here it reaches the seller's cash.
        world.borrowers.cash[run, first + site] += amount * price / YUAN_PER_MYUAN
        now.green_premium_earned += amount * price / YUAN_PER_MYUAN


@rule
def fine_buyers(world: World, buyers: Buyers, run: int, year: int) -> None:
    """Penalties for what an obligation still lacks, paid to the public budget."""
    if world.signals[run].green_power_obligation <= 0.0:
        return
    penalty = world.parameters[run].market_obligation_penalty / YUAN_PER_MYUAN
    for buyer in range(buyers.volume.shape[1]):
        covered = buyers.delivered[run, buyer] + buyers.certificates[run, buyer]
        missing = max(0.0, buyers.required[run, buyer] - covered)
        pay_out(world, run, buyers.borrower[run, buyer], Holder.BUDGET, missing * penalty)
        world.record[run, year].obligation_penalties += missing * penalty
