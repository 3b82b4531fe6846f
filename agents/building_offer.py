"""What an owner faces when it decides: loan offers by label, prices with carbon cost and surcharge, support.

One record an owner and year (:data:`OFFER`), so that the rules of choice take records and numbers alone.
"""

from __future__ import annotations

import numpy as np

from agents.axes import LABELS, Carrier, Shape
from agents.building import FloorType
from agents.compiled import rule
from agents.credit import label_of_investment
from agents.fields import Floats, Records, record_layout
from agents.investment import affordable, discount_rate
from agents.investment_parameters import emission_factor

OFFER = record_layout(
    [
        ("loan_rate", np.float64, (LABELS,)),  # 1/yr
        ("share", np.float64, (LABELS,)),  # of an investment that a loan pays
        ("tenor", np.float64, (LABELS,)),  # yr
        ("rate", np.float64, (LABELS,)),  # 1/yr, the owner's discount rate of a project under the label
        ("cash", np.float64),  # Myuan
        ("service", np.float64),  # Myuan/yr
        ("surplus", np.float64),  # Myuan/yr
        ("surplus_share", np.float64),
        ("transition_open", np.float64),
        ("cover", np.float64),  # share of a promised subsidy that owners count on
        ("price_base", np.float64),  # yuan/MWh, also of hot water and cooking
        ("price_cooling", np.float64),  # yuan/MWh
        ("price_heating", np.float64),  # yuan/MWh
        ("price_solar", np.float64),  # yuan/MWh
        ("price_feed_in", np.float64),  # yuan/MWh
        ("price_gas", np.float64),  # yuan/tce, carbon price included
        ("price_lpg", np.float64),  # yuan/tce, carbon price included
        ("room", np.float64),  # MW of PV that the feeder still takes
        ("learning", np.float64),  # local factor on PV cost
    ]
)


def blank_offer() -> Records:
    """One offer for a stage to fill, made outside it so that the stage also runs with the JIT disabled."""
    return np.zeros(1, OFFER).view(np.recarray)


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
def set_prices(
    o: Records, b: Records, t: Records, p: Records, signals: Records, tariff: Floats, fuel: Floats, solar: Floats
) -> None:
    """Prices of the year for one building: ``tariff`` [class, shape], ``fuel`` [carrier], ``solar`` [class].

    Electricity above the energy quota also pays the surcharge, once the excess has been found (G7).
    """
    surcharge = signals.quota_surcharge if b.over_quota > 0 else 0.0
    o.price_base = tariff[t.tariff, t.load_shape] + surcharge
    o.price_cooling = tariff[t.tariff, Shape.COOLING] + surcharge
    o.price_heating = tariff[t.tariff, Shape.HEATING] + surcharge
    o.price_solar = solar[t.tariff] + surcharge
    o.price_gas = gas_price(p, signals, fuel, b.kind)
    o.price_lpg = lpg_price(p, signals, fuel)


@rule
def set_discount(o: Records, hurdle: float, reference: float) -> None:
    """The owner's discount rate under each label, 1/yr (MODEL 1)."""
    for label in range(LABELS):
        o.rate[label] = discount_rate(hurdle, o.share[label], o.loan_rate[label], reference)


@rule
def retrofit_label(o: Records, low_carbon: bool) -> int:
    """Loan label of an investment in an existing building."""
    return label_of_investment(False, low_carbon, o.transition_open > 0.5)


@rule
def can_pay(o: Records, label: int, capex: float, life: float, saving: float) -> bool:
    """Can the owner carry ``capex`` (net of subsidy): from cash, or with a loan whose service it can bear (MODEL 1)."""
    if capex <= o.cash:
        return True
    return affordable(
        capex,
        o.share[label],
        o.loan_rate[label],
        min(o.tenor[label], life),
        o.cash,
        o.service,
        saving,
        o.surplus_share,
        o.surplus,
    )
