"""What firms offer the aggregator and ask of the green power market (P2, P4; MODEL 2 and 7)."""

from __future__ import annotations

from agents.axes import CarbonClass
from agents.compiled import rule
from agents.fields import Records
from agents.firm_energy import owns_energy
from agents.rooftop import YUAN_PER_MYUAN
from agents.world import World


@rule
def enrolled_load(p: Records, electricity: float, asked: float, income: float) -> float:
    """Load that a firm lets the aggregator move, MW: its flexible share while last year's income exceeds its own cost.

    ``asked`` and ``income`` are in yuan/MW/yr, ``electricity`` in MWh/yr.
    """
    return p.firm_flexible_share * electricity / p.firm_operating_hours if income > asked else 0.0


@rule
def rating_benefit(world: World, run: int, borrower: int, electricity: float) -> float:
    """What one carbon class better would save on present debt, yuan per MWh of electricity; 0 without a rating."""
    debts, held = world.borrowers, world.borrowers.carbon_class[run, borrower]
    if held == CarbonClass.UNRATED or held == CarbonClass.AAA or electricity <= 0.0:
        return 0.0
    saved = 0.0
    for label in range(debts.balance.shape[2]):
        fall = world.terms.rate[run, label, held] - world.terms.rate[run, label, held - 1]
        saved += max(0.0, fall) * debts.balance[run, borrower, label]
    return saved * YUAN_PER_MYUAN / electricity


@rule
def wish_green_power(p: Records, s: Records, signal: Records, sector: Records, firm: Records, benefit: float) -> None:
    """Wanted share of green power and highest premium, yuan/MWh; ``benefit`` is that of a better rating.

    Most firms pay nothing beyond what rules and customers ask. The share is the largest asked for by obligation,
    customers or rating (all of it where a carbon price covers electricity); the premium adds up what these are worth.
    """
    share, premium = signal.green_power_obligation, signal.green_power_premium_value
    if firm.supplier < s.supply_chain_reach * sector.supply_chain:
        share = max(share, p.supply_chain_green_share)
        premium += p.supply_chain_premium
    if benefit > 0.0:
        share = max(share, p.rating_green_share)
        premium += benefit
    avoided = signal.carbon_price * signal.carbon_coverage * s.grid_factor
    if avoided > 0.0:
        share = 1.0
        premium += avoided
    firm.green_share_wanted = min(1.0, share)
    firm.green_premium_reservation = premium


@rule
def green_demand(sector: Records, firm: Records) -> float:
    """Electricity that green power may cover, MWh/yr: a firm's own, or its buildings' by its sector's MWh per Myuan."""
    if owns_energy(sector):
        return firm.electricity
    return sector.building_electricity * firm.value_added
