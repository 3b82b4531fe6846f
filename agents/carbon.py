"""The park's carbon ledger (MODEL 10): scope 1, three views of scope 2, sinks, offsets and tests.

Scope 3 of buildings is in the buildings' own ledger and never in a neutrality test (D4, D5). Electricity is in MWh,
fuels in tce, CO2 in t, prices in yuan of 2020. ``year`` is an index, 2020 is 0. Equations: docs/carbon.md.
"""

from __future__ import annotations

import math
from enum import IntEnum
from functools import partial

from agents.axes import ACCOUNTS, BASE_YEAR, CARRIERS, Account, Carrier, Holder
from agents.compiled import rule, stage
from agents.fields import Outcome, Quantity, Signal
from agents.investment_parameters import emission_factor
from agents.lending import pay
from agents.units import YUAN, YUAN_PER_MYUAN
from agents.world import World, runs_of


class NeutralityTest(IntEnum):
    """The five definitions of Table 1 (D8). MODEL 10 says which view of scope 2 each nets."""

    RMI = 0
    ZERO_CARBON_PARK = 1
    ZERO_CARBON_INDUSTRIAL_PARK = 2
    ZERO_CARBON_CAMPUS = 3
    NET_ZERO_HUB = 4


class ContractedSupply(IntEnum):
    """Futures of the contracted zero-carbon supply of 2020 (321.7 GWh in reconciliation A)."""

    CONSTANT_VOLUME = 0
    EXPIRES = 1
    CONSTANT_SHARE = 2


# Definitions, and what closes the base year: no uncertainties, so that a study varies them only if asked to.
choice = partial(Quantity, role="choice")
switch = partial(Quantity, role="choice", whole=True)

PARAMETERS: list[Quantity] = [
    choice("electricity_coal_equivalent", "tce/MWh", "coal equivalent of electricity in the energy total"),
    choice("contracted_supply_volume", "MWh", "contracted zero-carbon supply of the account in 2020"),
    switch("contracted_supply_rule", "1", "0 constant volume, 1 expires, 2 keeps its share of consumption"),
    switch("contracted_supply_expiry", "1", "calendar year from which contracted supply is gone under rule 1"),
    switch("account_counts_electricity", "1", "1: the account has scope 2 (reconciliations A, C); 0: scope 1 only (B)"),
    choice("energy_outside_carbon_boundary", "tce", "energy in the energy total but not in CO2 (reconciliation C)"),
    switch("sinks_counted_in_full", "1", "0: only what sinks take up beyond 2020 counts; 1: all of it"),
    switch("neutrality_test", "1", "which of the five definitions of Table 1 is tested, 0 RMI to 4 net-zero hub (D8)"),
    switch("neutrality_target_year", "1", "calendar year from which contracted supply counts as trading under the cap"),
    choice("neutrality_near_zero_share", "1", "share of base-year CO2 that a net-zero hub may still emit (test 4)"),
    choice("trading_cap_share", "1", "share of base-year CO2 that offsets and outside certificates may close"),
]

SERIES: list[Quantity] = [
    Quantity("grid_factor", "t/MWh", "location-based CO2 factor of the provincial grid"),
    Quantity("residual_mix_ratio", "1", "factor of power without claimed certificates over the grid factor"),
]

SIGNALS: list[Signal] = [
    Signal("offset_share", "1", "share of remaining emissions that the park offsets", "offset_cap", "largest", 0.0),
]

OUTCOMES: list[Outcome] = [
    Outcome(
        "energy_consumption",
        "tce",
        "energy of all accounts, electricity at coal equivalent",
        "N4",
        "Energy Consumption",
    ),
    Outcome("emissions_scope1", "t", "CO2 of fuels burnt", "D4", "Emissions|CO2|Scope 1"),
    Outcome(
        "emissions_scope2_location",
        "t",
        "CO2 of purchased power, location-based",
        "D4",
        "Emissions|CO2|Scope 2|Location",
    ),
    Outcome(
        "emissions_scope2_account",
        "t",
        "CO2 of purchased power in the park's account",
        "N5",
        "Emissions|CO2|Scope 2|Account",
    ),
    Outcome(
        "emissions_scope2_market", "t", "CO2 of purchased power, market-based", "D4", "Emissions|CO2|Scope 2|Market"
    ),
    Outcome("emissions_account", "t", "scope 1 and scope 2 of the account", "N5", "Emissions|CO2|Account"),
    Outcome("emissions_location", "t", "scope 1 and location-based scope 2", "D4", "Emissions|CO2|Location"),
    Outcome("emissions_net", "t", "net CO2 of the chosen neutrality test", "D4", "Emissions|CO2|Net"),
    Outcome("emissions_cumulative", "t", "net CO2 summed from 2020", "D13", "Emissions|CO2|Cumulative"),
    Outcome("neutral", "1", "1 if the chosen neutrality test holds in the year", "D8", "Neutrality Test"),
    Outcome("emissions_port", "t", "scope 1 and account scope 2 of the port", "", "Emissions|CO2|Port"),
    Outcome("emissions_industry", "t", "scope 1 and account scope 2 of industry", "", "Emissions|CO2|Industry"),
    Outcome("emissions_buildings", "t", "scope 1 and account scope 2 of buildings", "", "Emissions|CO2|Buildings"),
    Outcome("emissions_transport", "t", "scope 1 and account scope 2 of road transport", "", "Emissions|CO2|Transport"),
    Outcome(
        "emissions_other",
        "t",
        "scope 1 and account scope 2 of municipal use and building sites",
        "",
        "Emissions|CO2|Other",
    ),
    Outcome("emissions_scope1_gas", "t", "scope 1 of pipeline gas", "", "Emissions|CO2|Scope 1|Gas"),
    Outcome("emissions_scope1_lng", "t", "scope 1 of LNG", "", "Emissions|CO2|Scope 1|LNG"),
    Outcome("emissions_scope1_diesel", "t", "scope 1 of diesel", "", "Emissions|CO2|Scope 1|Diesel"),
    Outcome("emissions_scope1_gasoline", "t", "scope 1 of gasoline", "", "Emissions|CO2|Scope 1|Gasoline"),
    Outcome("emissions_scope1_coal", "t", "scope 1 of coal", "", "Emissions|CO2|Scope 1|Coal"),
    Outcome("emissions_scope1_lpg", "t", "scope 1 of LPG", "", "Emissions|CO2|Scope 1|LPG"),
    Outcome("electricity_account", "MWh", "purchased power that carries grid CO2 in the account", "N5"),
    Outcome(
        "contracted_supply",
        "MWh",
        "contracted zero-carbon supply of the year",
        "",
        "Electricity|Contracted Zero-Carbon",
    ),
    Outcome("contracted_supply_credit", "t", "CO2 that contracted zero-carbon supply takes off the account"),
    Outcome("carbon_offsets", "t", "offsets bought and used", "D3", "Carbon Offsets"),
    Outcome("offset_cost", "Myuan", "paid for offsets by the public budget", "D3", "Carbon Offsets|Cost"),
    Outcome("emissions_closed_by_trading", "t", "CO2 closed by offsets, outside certificates, late contracts", "D3"),
    Outcome("trading_cap", "t", "most CO2 that trading may close in a year", "D3"),
    Outcome(
        "emissions_avoided_outside",
        "t",
        "CO2 avoided outside by clean power sold or in surplus",
        "D6",
        "Emissions|CO2|Avoided Outside",
    ),
    Outcome("carbon_productivity", "yuan/t", "output per scope 1 and account scope 2", "D2", "Carbon Productivity"),
    Outcome("carbon_per_energy", "t/tce", "account CO2 over energy", "D14", "Carbon per Energy"),
]


@rule
def location_emissions(consumption: float, own_use: float, factor: float) -> float:
    """Location-based scope 2, t: power from the wires (MWh) at the grid's factor; local wind does not lower it."""
    return max(0.0, consumption - own_use) * factor


@rule
def account_purchase(purchased: float, unsold: float, contracted: float) -> float:
    """Purchased power that carries CO2 in the account view, MWh: less unsold local generation and contracted supply."""
    return max(0.0, purchased - unsold - contracted)


@rule
def market_emissions(purchased: float, claimed: float, factor: float, residual: float) -> float:
    """Market-based scope 2, t: what no certificate covers (MWh), at the residual mix."""
    return max(0.0, purchased - claimed) * factor * residual


@rule
def contracted_supply(
    how: float, volume: float, consumption: float, base_consumption: float, calendar: float, expiry: float
) -> float:
    """Contracted zero-carbon supply of a year, MWh: constant, gone from ``expiry`` on, or a share."""
    chosen = math.floor(how + 0.5)
    if chosen == ContractedSupply.EXPIRES:
        return volume if calendar < expiry else 0.0
    if chosen == ContractedSupply.CONSTANT_SHARE:
        return volume * consumption / base_consumption if base_consumption > 0.0 else 0.0
    return volume


@rule
def net_emissions(
    test: float, scope1: float, location: float, account: float, sinks: float, traded: float, cap: float
) -> float:
    """Net CO2 of a neutrality test (D8), t.

    RMI nets the account, sinks and capped trading. A zero-carbon park balances inside its boundary: location-based,
    sinks, no trading. A zero-carbon industrial park must reach zero without sinks or trading. A zero-carbon campus may
    trade without cap. A net-zero hub is near zero by its energy alone (no capture plant is modelled).
    """
    if test == NeutralityTest.ZERO_CARBON_PARK:
        return scope1 + location - sinks
    if test == NeutralityTest.ZERO_CARBON_INDUSTRIAL_PARK or test == NeutralityTest.NET_ZERO_HUB:
        return scope1 + account
    if test == NeutralityTest.ZERO_CARBON_CAMPUS:
        return scope1 + account - sinks - traded
    return scope1 + account - sinks - min(traded, cap)


@rule
def is_neutral(test: float, net: float, base_emissions: float, near_zero_share: float) -> bool:
    """Does the test hold: net CO2 not above zero, or for a net-zero hub not above its share of the base year's."""
    limit = near_zero_share * base_emissions if test == NeutralityTest.NET_ZERO_HUB else 0.0
    return net <= limit


@rule
def offsets_to_buy(share: float, remaining: float, cap: float, traded: float, capped: bool) -> float:
    """Offsets bought, t: a share of what remains, within what the cap leaves beside other trading."""
    wanted = share * max(0.0, remaining)
    return min(wanted, max(0.0, cap - traded)) if capped else wanted


@rule
def account_scope1(world: World, run: int, account: int) -> float:
    """Scope 1 of one account, t."""
    total = 0.0
    for carrier in range(1, CARRIERS):
        total += world.energy[run, account, carrier] * emission_factor(world.parameters[run], carrier)
    return total


@rule
def carrier_scope1(world: World, run: int, carrier: int) -> float:
    """Scope 1 of one carrier, t."""
    total = 0.0
    for account in range(ACCOUNTS):
        total += world.energy[run, account, carrier]
    return total * emission_factor(world.parameters[run], carrier)


@rule
def electricity_of(world: World, run: int) -> float:
    """Gross electricity consumption of all accounts, MWh."""
    total = 0.0
    for account in range(ACCOUNTS):
        total += world.energy[run, account, Carrier.ELECTRICITY]
    return total


@rule
def count_scope1(world: World, run: int, year: int) -> None:
    """Energy, tce, and scope 1 by carrier and by account, t; scope 2 of the accounts is added by count_scope2."""
    p, now = world.parameters[run], world.record[run, year]
    now.emissions_port = account_scope1(world, run, Account.PORT)
    now.emissions_industry = account_scope1(world, run, Account.INDUSTRY)
    now.emissions_buildings = account_scope1(world, run, Account.BUILDINGS)
    now.emissions_transport = account_scope1(world, run, Account.TRANSPORT)
    now.emissions_other = account_scope1(world, run, Account.OTHER)
    now.emissions_scope1_gas = carrier_scope1(world, run, Carrier.GAS)
    now.emissions_scope1_lng = carrier_scope1(world, run, Carrier.LNG)
    now.emissions_scope1_diesel = carrier_scope1(world, run, Carrier.DIESEL)
    now.emissions_scope1_gasoline = carrier_scope1(world, run, Carrier.GASOLINE)
    now.emissions_scope1_coal = carrier_scope1(world, run, Carrier.COAL)
    now.emissions_scope1_lpg = carrier_scope1(world, run, Carrier.LPG)
    total, fuels = 0.0, 0.0
    for account in range(ACCOUNTS):
        total += account_scope1(world, run, account)
        for carrier in range(1, CARRIERS):
            fuels += world.energy[run, account, carrier]
    now.emissions_scope1 = total
    electricity = electricity_of(world, run)
    now.energy_consumption = fuels + electricity * p.electricity_coal_equivalent + p.energy_outside_carbon_boundary


@rule
def share_scope2(world: World, run: int, year: int, electricity: float) -> None:
    """Spread the account's scope 2 over the accounts by their electricity, t (contracted supply serves all alike)."""
    now, use = world.record[run, year], world.energy
    each = now.emissions_scope2_account / electricity if electricity > 0.0 else 0.0
    now.emissions_port += each * use[run, Account.PORT, Carrier.ELECTRICITY]
    now.emissions_industry += each * use[run, Account.INDUSTRY, Carrier.ELECTRICITY]
    now.emissions_buildings += each * use[run, Account.BUILDINGS, Carrier.ELECTRICITY]
    now.emissions_transport += each * use[run, Account.TRANSPORT, Carrier.ELECTRICITY]
    now.emissions_other += each * use[run, Account.OTHER, Carrier.ELECTRICITY]


@rule
def count_scope2(world: World, run: int, year: int) -> None:
    """Scope 2 in its three views, t (MODEL 10), from consumption, own use, local generation and certificates."""
    p, s, now = world.parameters[run], world.series[run, year], world.record[run, year]
    consumption = electricity_of(world, run)
    base = 0.0
    for account in range(ACCOUNTS):
        base += world.base_energy[run, account, Carrier.ELECTRICITY]
    purchased = max(0.0, consumption - now.rooftop_own_use)
    unsold = max(0.0, now.generation_grid_connected - now.certificates_sold_outside)
    calendar = float(BASE_YEAR + year)
    now.contracted_supply = contracted_supply(
        p.contracted_supply_rule, p.contracted_supply_volume, consumption, base, calendar, p.contracted_supply_expiry
    )
    now.electricity_account = account_purchase(purchased, unsold, now.contracted_supply)
    counted = s.grid_factor if p.account_counts_electricity > 0.5 else 0.0
    now.emissions_scope2_location = location_emissions(consumption, now.rooftop_own_use, s.grid_factor)
    now.emissions_scope2_account = now.electricity_account * counted
    now.contracted_supply_credit = (account_purchase(purchased, unsold, 0.0) - now.electricity_account) * counted
    now.emissions_scope2_market = market_emissions(
        purchased, now.certificates_claimed, s.grid_factor, s.residual_mix_ratio
    )
    surplus = max(0.0, unsold + now.contracted_supply - purchased)
    surplus_local = min(surplus, unsold)
    now.emissions_avoided_outside = (surplus_local + now.certificates_sold_outside) * s.grid_factor
    share_scope2(world, run, year, consumption)


@rule
def close_trading(world: World, run: int, year: int) -> None:
    """Buy offsets, apply the cap on all that trading closes, and net the chosen test (D3, D8)."""
    p, s, signal, now = world.parameters[run], world.series[run, year], world.signals[run], world.record[run, year]
    base_year = world.record[run, 0]
    base = base_year.emissions_scope1 + base_year.emissions_scope2_account
    sinks = now.carbon_sinks if p.sinks_counted_in_full > 0.5 else now.carbon_sinks_increment
    account = now.emissions_scope2_account
    test = math.floor(p.neutrality_test + 0.5)
    counted = s.grid_factor if p.account_counts_electricity > 0.5 else 0.0
    traded = min(account, now.certificates_bought_outside * counted)
    if BASE_YEAR + year >= p.neutrality_target_year:
        account += now.contracted_supply_credit
        traded += now.contracted_supply_credit
    now.trading_cap = p.trading_cap_share * base
    capped = test != NeutralityTest.ZERO_CARBON_CAMPUS
    counting = min(traded, now.trading_cap) if capped else traded
    remaining = now.emissions_scope1 + account - sinks - counting
    now.carbon_offsets = offsets_to_buy(signal.offset_share, remaining, now.trading_cap, traded, capped)
    now.offset_cost = now.carbon_offsets * now.ccer_price * YUAN
    pay(world, run, Holder.BUDGET, Holder.OUTSIDE, now.offset_cost)
    traded += now.carbon_offsets
    now.emissions_closed_by_trading = min(traded, now.trading_cap) if capped else traded
    # Only the tests that allow trading see contracted supply as such; the others take the account as it stands.
    trades = test == NeutralityTest.RMI or test == NeutralityTest.ZERO_CARBON_CAMPUS
    now.emissions_net = net_emissions(
        test,
        now.emissions_scope1,
        now.emissions_scope2_location,
        account if trades else now.emissions_scope2_account,
        sinks,
        traded,
        now.trading_cap,
    )
    holds = is_neutral(test, now.emissions_net, base, p.neutrality_near_zero_share)
    now.neutral = 1.0 if holds else 0.0


@stage
def close_carbon(world: World, year: int) -> None:
    """The year's ledger (stage 9): scopes, views, offsets, net CO2, cumulative CO2 and the indicators.

    Reads record: rooftop_own_use, generation_grid_connected (MWh, net of curtailment, including what rooftops feed in),
    certificates_sold_outside, certificates_claimed, certificates_bought_outside, carbon_sinks,
    carbon_sinks_increment (t), gdp (Myuan), ccer_price.
    """
    for run in runs_of(world):
        now = world.record[run, year]
        count_scope1(world, run, year)
        count_scope2(world, run, year)
        now.emissions_account = now.emissions_scope1 + now.emissions_scope2_account
        now.emissions_location = now.emissions_scope1 + now.emissions_scope2_location
        close_trading(world, run, year)
        before = world.record[run, year - 1].emissions_cumulative if year > 0 else 0.0
        now.emissions_cumulative = before + now.emissions_net
        now.carbon_productivity = (
            now.gdp * YUAN_PER_MYUAN / now.emissions_account if now.emissions_account > 0.0 else math.inf
        )
        now.carbon_per_energy = now.emissions_account / now.energy_consumption if now.energy_consumption > 0.0 else 0.0
