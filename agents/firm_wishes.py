"""What firms offer the aggregator and ask of the green power market (P2, P4; MODEL 2 and 7)."""

from __future__ import annotations

from agents.axes import CarbonClass
from agents.compiled import hot_rule
from agents.firm import Firms, FirmTables
from agents.firm_energy import owns_energy
from agents.rooftop import YUAN_PER_MYUAN
from agents.world import World


@hot_rule
def enrol_flexible_load(world: World, firms: Firms, run: int, firm: int, year: int) -> None:
    """A firm lets the aggregator move part of its load, MW, while last year's income per MW exceeds its own cost."""
    p = world.parameters[run]
    income = world.record[run, year - 1].flexibility_income_per_mw
    offered = p.firm_flexible_share * firms.electricity[run, firm] / p.firm_operating_hours
    firms.flexible_load[run, firm] = offered if income > firms.flexibility_cost[run, firm] else 0.0


@hot_rule
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


@hot_rule
def wish_green_power(
    world: World, firms: Firms, tables: FirmTables, run: int, firm: int, borrower: int, year: int
) -> None:
    """Wanted share of green power and highest premium, yuan/MWh.

    Most firms pay nothing beyond what rules and customers ask. The share is the largest asked for by obligation,
    customers or rating (all of it where a carbon price covers electricity); the premium adds up what these are worth.
    Firms without own energy wish for their buildings' electricity: the sector's MWh per Myuan times value added.
    """
    p, signal, sector = world.parameters[run], world.signals[run], firms.sector[run, firm]
    demand = firms.electricity[run, firm]
    if not owns_energy(firms, tables, run, firm):
        demand = tables.sectors.building_electricity[sector] * firms.value_added[run, firm]
    firms.green_demand[run, firm] = demand
    share, premium = 0.0, 0.0
    if signal.green_power_obligation > 0.0:
        share = signal.green_power_obligation
        premium += signal.green_power_premium_value
    reach = world.series[run, year].supply_chain_reach * tables.sectors.supply_chain[sector]
    if firms.supplier[run, firm] < reach:
        share = max(share, p.supply_chain_green_share)
        premium += p.supply_chain_premium
    benefit = rating_benefit(world, run, borrower, demand)
    if benefit > 0.0:
        share = max(share, p.rating_green_share)
        premium += benefit
    avoided = signal.carbon_price * signal.carbon_coverage * world.series[run, year].grid_factor
    if avoided > 0.0:
        share = 1.0
        premium += avoided
    firms.green_share_wanted[run, firm] = min(1.0, share)
    firms.green_premium_reservation[run, firm] = premium
