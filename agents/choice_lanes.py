"""The investment choice of MODEL 1 in the shape that processors like: agents side by side in vector lanes.

Numbers lie in contiguous rows along the agents that choose, one row an option; powers are products of repeated squares;
what would branch is a select. No sum runs over agents, so that who else chooses never changes a result. The formulas
are those of ``agents.investment``, one agent at a time.
"""

from __future__ import annotations

from collections.abc import Callable

from agents.compiled import hot_rule, loop_rule, rule
from agents.fields import Floats, Integers
from agents.investment import growth, is_brief
from agents.vector_math import exponential, logarithm

OUT_OF_REACH = 1e12  # Myuan/yr: cost of an option that is not allowed or cannot be afforded, so that it is never best
NEARLY_ZERO = 1e-9  # 1/yr: a loan at no interest is paid back in equal parts
Choice = Callable[..., None]


@rule
def recovery_factors(rate: Floats, years: float, factor: Floats) -> None:
    """Capital recovery factor, 1/yr, of one life in ``years`` at each agent's ``rate``.

    For whole years w + w / ((1 + w)^n - 1): one division, which is what takes time.
    """
    if is_brief(years):
        whole = int(years)
        for agent in range(rate.shape[0]):
            level = abs(rate[agent]) < NEARLY_ZERO
            growing = 1.0 if level else rate[agent]
            recovered = growing + growing / (growth(growing, whole) - 1.0)
            factor[agent] = 1.0 / years if level else recovered
    else:
        for agent in range(rate.shape[0]):
            factor[agent] = annuity_factor(rate[agent], years)


@rule
def present_values(rate: Floats, years: float, value: Floats) -> None:
    """Present value of 1 after ``years`` at each agent's ``rate``."""
    if is_brief(years):
        whole = int(years)
        for agent in range(rate.shape[0]):
            value[agent] = 1.0 / growth(rate[agent], whole)
    else:
        for agent in range(rate.shape[0]):
            value[agent] = exponential(-years * logarithm(1.0 + rate[agent]))


@hot_rule
def annuity_factor(rate: float, years: float) -> float:
    """``investment.capital_recovery_factor`` without a branch."""
    level = abs(rate) < NEARLY_ZERO
    growing, lasting = 1.0 if level else rate, max(years, 1e-9)
    factor = growing / (1.0 - exponential(-lasting * logarithm(1.0 + growing)))
    factor = 1.0 / lasting if level else factor
    return factor if years > 0.0 else 1.0


@rule
def carried(net: float, share: float, factor: float, saving: float, cash: float, owed: float, counted: float) -> bool:
    """``applications.within_means`` without a branch; ``factor`` is the loan's yearly payment per money borrowed."""
    service = factor * max(0.0, share * net)
    by_loan = ((1.0 - share) * net <= cash) & (service + owed <= saving + counted)
    return (net <= cash) | by_loan


def technology_choice(options: int) -> Choice:
    """The heart of MODEL 1 for so many options: a rule that writes the one of highest utility of every agent.

    Their number is known when the rule is compiled, so that an agent's utilities stay in registers while they are
    compared, for several agents at once.
    """

    @loop_rule
    def choose_technology(
        annual_cost: Floats,
        reference_cost: Floats,
        limit: Floats,
        peers: Floats,
        taste: Floats,
        attitude: Floats,
        low_carbon: Integers,
        cost_weight: float,
        peer_weight: float,
        attitude_weight: float,
        best: Integers,
    ) -> None:
        """Write the option of highest utility of every agent into ``best`` [agents].

        ``annual_cost``, ``peers`` and ``taste`` (Gumbel numbers drawn beforehand) are [options, agents or more],
        ``reference_cost``, ``limit`` and ``attitude`` [agents or more], ``low_carbon`` [options]. What costs more than
        an agent's ``limit`` is out of reach: an early retrofit must not cost more than what stands costs to run. Of
        equal utilities the first option wins. No branch, no draw and no function call inside: shares are multinomial
        logit by the draws.
        """
        for agent in range(best.shape[0]):
            price, bound, chosen, top = cost_weight / reference_cost[agent], limit[agent], 0, -1e300
            for option in range(options):
                cost, green = annual_cost[option, agent], attitude_weight * low_carbon[option]
                utility = taste[option, agent] + peer_weight * peers[option, agent] + green * attitude[agent]
                utility -= price * cost
                better = (utility > top) & (cost <= bound)
                top = utility if better else top
                chosen = option if better else chosen
            best[agent] = chosen

    return choose_technology
