"""What firms offer the aggregator and ask of the green power market (P2, P4; MODEL 2 and 7)."""

from __future__ import annotations

from agents.axes import CarbonClass
from agents.compiled import rule
from agents.credit import product
from agents.firm import Business
from agents.firm_energy import owns_energy
from agents.firm_tables import FirmTables
from agents.units import YUAN_PER_MYUAN
from agents.world import World


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
def wish_green_power(world: World, firms: Business, tables: FirmTables, run: int, first: int, year: int) -> None:
    """Electricity that green power may cover, the wanted share of it and the highest premium, yuan/MWh, of every firm.

    It covers a firm's own electricity, or its buildings' by its sector's MWh per Myuan. Most firms pay nothing beyond
    what rules and customers ask. The share is the largest asked for by obligation, customers or rating (all of it where
    a carbon price covers electricity); the premium adds up what these are worth.
    """
    p, s, signal = world.parameters[run], world.series[run, year], world.signals[run]
    demand, share = firms.green_demand[run], firms.green_share_wanted[run]
    premium = firms.green_premium_reservation[run]
    electricity, value_added, rank = firms.electricity[run], firms.value_added[run], firms.supplier[run]
    avoided = max(0.0, signal.carbon_price * signal.carbon_coverage * s.grid_factor)
    least, extra = 1.0 if avoided > 0.0 else min(1.0, signal.green_power_obligation), p.supply_chain_premium
    asked, value, reach = p.supply_chain_green_share, signal.green_power_premium_value + avoided, s.supply_chain_reach
    sector, carbon_class = firms.sector[run], world.borrowers.carbon_class[run, first : first + share.shape[0]]
    for slot in range(share.shape[0]):
        kind = tables.sectors[sector[slot]]
        demand[slot] = electricity[slot] if owns_energy(kind) else kind.building_electricity * value_added[slot]
        pressed = rank[slot] < reach * kind.supply_chain
        share[slot] = max(least, min(1.0, asked)) if pressed else least
        premium[slot] = value + extra if pressed else value
    for slot in range(share.shape[0]):
        if carbon_class[slot] != CarbonClass.UNRATED:
            benefit = rating_benefit(world, run, first + slot, demand[slot])
            if benefit > 0.0:
                share[slot] = max(share[slot], min(1.0, p.rating_green_share))
                premium[slot] += benefit
    world.record[run, year].firm_green_power_wanted = product(share, demand)
