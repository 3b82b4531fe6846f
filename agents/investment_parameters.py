"""Parameters that every kind's choices share: weights of the choice, lending shares, attention, emission factors.

Values with ranges, grades and sources: ``parks/<park>/parameters/investment.csv``.
"""

from __future__ import annotations

from agents.axes import Carrier
from agents.compiled import rule
from agents.fields import Quantity, Records

GJ_PER_TCE = 29.3076
MWH_PER_TCE = GJ_PER_TCE / 3.6  # calorific: a unit's definition, not a model assumption
TCE_PER_MWH = 1.0 / MWH_PER_TCE

PARAMETERS: list[Quantity] = [
    Quantity("choice_cost_weight_replacement", "1", "lambda of MODEL 1 where something must be bought"),
    Quantity("choice_cost_weight_addon", "1", "lambda of MODEL 1 for add-ons, whose alternative 'none' has utility 0"),
    Quantity("choice_peer_weight", "1", "beta: utility of all network neighbours using the option, against none"),
    Quantity("choice_attitude_weight", "1", "alpha: utility of a green option at attitude 1, against attitude 0"),
    Quantity("debt_share", "1", "phi: share of an investment that a loan finances, at most the bank's advance ratio"),
    Quantity("surplus_share_for_debt_service", "1", "kappa: share of operating surplus that may serve new debt"),
    Quantity("attention_base", "1/yr", "yearly probability of reviewing working equipment before its end of life"),
    Quantity("emission_factor_gas", "t/tce", "CO2 of burnt pipeline gas"),
    Quantity("emission_factor_lng", "t/tce", "CO2 of burnt LNG; methane slip not counted"),
    Quantity("emission_factor_diesel", "t/tce", "CO2 of burnt diesel"),
    Quantity("emission_factor_gasoline", "t/tce", "CO2 of burnt gasoline"),
    Quantity("emission_factor_coal", "t/tce", "CO2 of burnt coal"),
    Quantity("emission_factor_lpg", "t/tce", "CO2 of burnt LPG"),
]


@rule
def emission_factor(parameters: Records, carrier: int) -> float:
    """Direct CO2 of a carrier, t/tce. Electricity, hydrogen and biomass burn without fossil CO2 on site."""
    if carrier == Carrier.GAS:
        return parameters.emission_factor_gas
    if carrier == Carrier.LNG:
        return parameters.emission_factor_lng
    if carrier == Carrier.DIESEL:
        return parameters.emission_factor_diesel
    if carrier == Carrier.GASOLINE:
        return parameters.emission_factor_gasoline
    if carrier == Carrier.COAL:
        return parameters.emission_factor_coal
    if carrier == Carrier.LPG:
        return parameters.emission_factor_lpg
    return 0.0
