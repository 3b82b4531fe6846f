"""How every agent invests (MODEL 1): equivalent annual cost, multinomial logit with peers, affordability.

Scalar rules without chance or state of their own. Money in million yuan of 2020, rates per year, lives in years.
"""

from __future__ import annotations

import math

from agents.compiled import rule

LEAST_DISCOUNT = 0.01  # MODEL 1: a discount rate is never below one percent a year
LONGEST = 32  # years up to which powers are products of squares


@rule
def is_brief(years: float) -> bool:
    """Are these years for which ``growth`` has a power?"""
    return 0.0 < years < LONGEST and float(int(years)) == years


@rule
def growth(rate: float, whole: int) -> float:
    """(1 + rate) to the power of whole years: a product of 1 + rate, its square, the square of that and so on."""
    once = 1.0 + rate
    twice = once * once
    fourth = twice * twice
    eighth = fourth * fourth
    power = once if whole & 1 else 1.0
    power *= twice if whole & 2 else 1.0
    power *= fourth if whole & 4 else 1.0
    power *= eighth if whole & 8 else 1.0
    power *= eighth * eighth if whole & 16 else 1.0
    return power


@rule
def capital_recovery_factor(rate: float, years: float) -> float:
    """Annual payment per unit of capital, 1/yr: w / (1 - (1 + w)^-n), 1/n at w = 0. Known: crf(0.08, 20) = 0.101852.

    Close to zero, where the difference cancels digits, it is written so that all of them hold, at twice the time.
    """
    if years <= 0.0:
        return 1.0
    if abs(rate) < 1e-12:
        return 1.0 / years
    if abs(rate) < LEAST_DISCOUNT:
        return -rate / math.expm1(-years * math.log1p(rate))
    if is_brief(years):
        return rate + rate / (growth(rate, int(years)) - 1.0)
    return rate / (1.0 - (1.0 + rate) ** -years)


@rule
def recovery_factor(rate: float, left: float) -> float:
    """``capital_recovery_factor`` of a positive rate where the present value of 1 at the end of life is known, 1/yr."""
    return rate / (1.0 - left)


@rule
def real_rate(nominal: float, inflation: float) -> float:
    """Real interest rate from a nominal one (Fisher), both 1/yr."""
    return (1.0 + nominal) / (1.0 + inflation) - 1.0


@rule
def discount_rate(hurdle_rate: float, debt_share: float, loan_rate: float, reference_rate: float) -> float:
    """Project discount rate: the hurdle, moved by what the offered loan differs from the ordinary loan of 2020."""
    return max(LEAST_DISCOUNT, hurdle_rate + debt_share * (loan_rate - reference_rate))


@rule
def equivalent_annual_cost(
    capex: float, subsidy: float, rate: float, life: float, fixed_cost: float, energy_cost: float, carbon_cost: float
) -> float:
    """Yearly cost of owning and running an option: (C - S) crf(d, L) + m + energy + carbon, all in one money a year."""
    return (capex - subsidy) * capital_recovery_factor(rate, life) + fixed_cost + energy_cost + carbon_cost


@rule
def option_utility(
    annual_cost: float,
    reference_cost: float,
    cost_weight: float,
    peer_weight: float,
    peer_share: float,
    green_weight: float,
    taste: float,
) -> float:
    """Utility of an option, dimensionless: -lambda EAC / EAC_ref + beta peers + alpha attitude green + gumbel."""
    return -cost_weight * annual_cost / reference_cost + peer_weight * peer_share + green_weight + taste


@rule
def annuity(principal: float, rate: float, years: float) -> float:
    """Level yearly payment of a loan: principal * crf(rate, years); nothing owed, nothing paid."""
    if principal <= 0.0:
        return 0.0
    return principal * capital_recovery_factor(rate, years)


@rule
def affordable(
    capex: float,
    debt_share: float,
    loan_rate: float,
    tenor: float,
    cash: float,
    debt_service: float,
    saving: float,
    surplus_share: float,
    surplus: float,
) -> bool:
    """Can the agent carry it (MODEL 1): own funds within cash, debt service within saving plus kappa times surplus.

    ``capex`` is net of subsidy and ``saving`` is yearly, against the running option. A tenor below the asset's life
    raises the service above what the asset earns a year: the maturity mismatch of P5.
    """
    if (1.0 - debt_share) * capex > cash:  # before the annuity, whose power costs more than all the rest
        return False
    service = annuity(debt_share * capex, loan_rate, tenor)
    return service + debt_service <= saving + surplus_share * max(0.0, surplus)


@rule
def net_present_value(capex: float, yearly: float, rate: float, years: float) -> float:
    """Present value of a level yearly income less capex, same money unit."""
    return yearly / capital_recovery_factor(rate, years) - capex


@rule
def choice_probability(difference: float) -> float:
    """Probability of taking the first of two options when its utility leads by ``difference`` (binary logit)."""
    return 1.0 / (1.0 + math.exp(-difference))
