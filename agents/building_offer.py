"""What an owner faces when it decides: loan offers by label, prices with carbon cost and surcharge, support.

One record a building type (:data:`OFFER`), so that the rules of choice take records and numbers alone. What is the same
for all owners of a run, or of a type, is worked out once a year; only means and rates are each owner's own.
"""

from __future__ import annotations

import numpy as np

from agents.axes import LABELS, Carrier, Shape
from agents.building import RETROFITS, SYSTEMS, TECHNOLOGIES, FloorType, System, Technology
from agents.building_rows import efficiency_of, life_of
from agents.compiled import rule
from agents.credit import label_of_investment
from agents.fields import Floats, Integers, Records, record_layout
from agents.investment_parameters import MWH_PER_TCE, emission_factor

TALLIES = SYSTEMS + 1  # words that count what a type's buildings have: one a system, one for retrofits, PV and storage
TALLY_BITS = 16  # a count takes 16 bits of a word
MOST_TALLIED = 2 ** (TALLY_BITS - 1) - 1  # buildings, so that the highest count leaves the sign alone

OFFER = record_layout(
    [
        # of the run
        ("share", np.float64, (LABELS,)),  # of an investment that a loan pays
        ("tenor", np.float64, (LABELS,)),  # yr
        ("surplus_share", np.float64),
        ("low_carbon_label", np.int64),  # loan label of low-carbon works in existing buildings
        ("cover", np.float64),  # share of a promised subsidy that owners count on
        ("learning", np.float64),  # local factor on PV cost
        ("pv_yield_left", np.float64),  # yield of PV at the end of its life over that of its first year
        ("equipment_price", np.float64, (SYSTEMS, TECHNOLOGIES)),  # yuan/m2 per kWh/m2 of heat a year
        ("equipment_life", np.float64, (SYSTEMS, TECHNOLOGIES)),  # yr
        ("efficiency", np.float64, (SYSTEMS, TECHNOLOGIES)),  # of new equipment
        # of the building type
        ("buildings", np.float64),  # number in operation
        ("peer_systems", np.float64, (SYSTEMS, TECHNOLOGIES)),  # share of them that run it
        ("peer_retrofits", np.float64, (RETROFITS,)),  # share that has it
        ("peer_pv", np.float64),  # share that has PV
        ("peer_storage", np.float64),  # share that has storage
        ("price_base", np.float64),  # yuan/MWh, also of hot water and cooking
        ("price_cooling", np.float64),  # yuan/MWh
        ("price_solar", np.float64),  # yuan/MWh
        ("price_feed_in", np.float64),  # yuan/MWh
        ("price_heat", np.float64, (SYSTEMS, TECHNOLOGIES)),  # yuan/MWh of energy for heat, carbon price included
        ("cost_heat", np.float64, (SYSTEMS, TECHNOLOGIES)),  # yuan/MWh of heat from new equipment
    ]
)


def blank_offer(records: int = 1) -> Records:
    """Offers for a stage to fill, made outside it so that the stage also runs with the JIT disabled."""
    return np.zeros(records, OFFER).view(np.recarray)


@rule
def gas_price(p: Records, signals: Records, fuel: Floats, kind: int) -> float:
    """What a tce of gas costs a building, carbon price included, yuan/tce."""
    price = fuel[Carrier.GAS] * (p.household_gas_price_ratio if kind == FloorType.RESIDENTIAL else 1.0)
    return price + signals.carbon_price * signals.carbon_coverage * emission_factor(p, Carrier.GAS)


@rule
def lpg_price(p: Records, signals: Records, fuel: Floats) -> float:
    """What a tce of LPG costs a building, carbon price included, yuan/tce."""
    return fuel[Carrier.LPG] + signals.carbon_price * signals.carbon_coverage * emission_factor(p, Carrier.LPG)


@rule
def equipment_price(p: Records, s: Records, system: int, option: int) -> float:
    """Cost of equipment for a building's peak heat, yuan/m2 per kWh/m2 of heat a year, by full-load hours."""
    if system == System.COOKING:
        price = p.building_induction_capex if option == Technology.ELECTRIC else p.building_gas_stove_capex
        return price / p.building_cooking_hours
    price = p.building_boiler_capex
    if option == Technology.ELECTRIC:
        price = p.building_resistance_capex
    elif option == Technology.HEAT_PUMP:
        price = p.building_reversible_capex if system == System.HEATING else s.capex_building_heat_pump
    return price / (p.building_hot_water_hours if system == System.HOT_WATER else p.building_heating_hours)


@rule
def set_equipment(o: Records, p: Records, s: Records) -> None:
    """What new equipment costs, does and how long it lasts this year, by system and technology."""
    for system in range(SYSTEMS):
        for option in range(TECHNOLOGIES):
            o.equipment_price[system, option] = equipment_price(p, s, system, option)
            o.equipment_life[system, option] = life_of(p, system, option)
            o.efficiency[system, option] = efficiency_of(p, s, system, option)


@rule
def set_support(o: Records, p: Records, signals: Records, last: Records, advance: Floats, tenor: Floats) -> None:
    """What is the same for all owners of a run: loan shares and tenors [label], subsidies, learning."""
    o.surplus_share, o.low_carbon_label = p.surplus_share_for_debt_service, retrofit_label(signals, True)
    o.cover, o.learning = 1.0 - last.subsidy_cut, last.local_learning_pv
    o.pv_yield_left = (1.0 - p.rooftop_pv_degradation) ** p.rooftop_pv_life
    for label in range(LABELS):
        o.share[label] = min(p.debt_share, advance[label])
        o.tenor[label] = tenor[label]


@rule
def set_type_prices(
    o: Records,
    t: Records,
    p: Records,
    signals: Records,
    tariff: Floats,
    fuel: Floats,
    solar: Floats,
    kind: int,
    surcharge: float,
) -> None:
    """Prices of the year for a building type: ``tariff`` [class, shape], ``fuel`` [carrier], ``solar`` [class].

    Call it after ``set_equipment``, whose efficiencies it takes.
    ``surcharge`` in yuan/MWh is what owners above the energy quota pay on electricity besides.
    """
    o.price_base = tariff[t.tariff, t.load_shape] + surcharge
    o.price_cooling = tariff[t.tariff, Shape.COOLING] + surcharge
    o.price_solar = solar[t.tariff] + surcharge
    gas, lpg = gas_price(p, signals, fuel, kind) / MWH_PER_TCE, lpg_price(p, signals, fuel) / MWH_PER_TCE
    for system in range(SYSTEMS):
        electric = tariff[t.tariff, Shape.HEATING] + surcharge if system == System.HEATING else o.price_base
        o.price_heat[system, Technology.GAS], o.price_heat[system, Technology.LPG] = gas, lpg
        o.price_heat[system, Technology.ELECTRIC], o.price_heat[system, Technology.HEAT_PUMP] = electric, electric
        for option in range(TECHNOLOGIES):
            o.cost_heat[system, option] = o.price_heat[system, option] / o.efficiency[system, option]


@rule
def forget_peers(o: Records) -> None:
    """Begin a new count of what the buildings of a type have."""
    o.buildings, o.peer_pv, o.peer_storage = 0.0, 0.0, 0.0
    for system in range(SYSTEMS):
        for option in range(TECHNOLOGIES):
            o.peer_systems[system, option] = 0.0
    for option in range(RETROFITS):
        o.peer_retrofits[option] = 0.0


@rule
def tally_peer(tally: Integers, b: Records, operates: int) -> None:
    """Add what a building has to the words of its type in ``tally`` [type, word], if it ``operates`` (1, else 0).

    Sixteen counts in four words: one addition a word costs a quarter of one a count.
    """
    for system in range(SYSTEMS):
        tally[b.kind, system] += operates << (TALLY_BITS * int(b.technology[system]))
    pv, storage = 1 if b.rooftop_pv > 0.0 else 0, 1 if b.storage > 0.0 else 0
    has = int(b.retrofit[0]) | int(b.retrofit[1]) << TALLY_BITS | pv << 2 * TALLY_BITS | storage << 3 * TALLY_BITS
    tally[b.kind, SYSTEMS] += operates * has


@rule
def tallied(word: int, place: int) -> float:
    """One of the four counts in a word."""
    return float((word >> (TALLY_BITS * place)) & MOST_TALLIED)


@rule
def count_peers(o: Records, tally: Integers) -> None:
    """Add what has been tallied of a type, and begin a new tally."""
    for option in range(TECHNOLOGIES):
        o.buildings += tallied(tally[0], option)
        for system in range(SYSTEMS):
            o.peer_systems[system, option] += tallied(tally[system], option)
    for option in range(RETROFITS):
        o.peer_retrofits[option] += tallied(tally[SYSTEMS], option)
    o.peer_pv += tallied(tally[SYSTEMS], RETROFITS)
    o.peer_storage += tallied(tally[SYSTEMS], RETROFITS + 1)
    tally[:] = 0


@rule
def share_peers(o: Records) -> None:
    """From the counts of a type to shares of its buildings in operation."""
    share = 1.0 / max(1.0, o.buildings)
    o.peer_pv *= share
    o.peer_storage *= share
    for system in range(SYSTEMS):
        for option in range(TECHNOLOGIES):
            o.peer_systems[system, option] *= share
    for option in range(RETROFITS):
        o.peer_retrofits[option] *= share


@rule
def retrofit_label(signals: Records, low_carbon: bool) -> int:
    """Loan label of an investment in an existing building."""
    return label_of_investment(False, low_carbon, signals.transition_finance_open > 0.5)
