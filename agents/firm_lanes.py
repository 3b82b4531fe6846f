"""The firms of a run that choose, side by side in vector lanes: what they draw and weigh (MODEL 1, choice_lanes).

Some fifty firms of a run choose in a year. What depends on one firm alone is gathered into contiguous rows, weighed
there for all of them at once, and what they chose goes back into their own rows. Money in Myuan.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from agents.axes import Label, Stream
from agents.choice_lanes import (
    OUT_OF_REACH,
    annuity_factor,
    carried,
    recovery_factors,
    technology_choice,
)
from agents.compiled import rule
from agents.credit import label_of_investment
from agents.draw_lanes import draw_gumbels
from agents.fields import Floats, Integers, Records
from agents.firm import ADDONS, HEATS, Heat, Occasion, Use
from agents.firm_energy import heat_capex, heat_efficiency, heat_running_cost
from agents.investment import capital_recovery_factor, discount_rate
from agents.row_parts import RowParts
from agents.units import YUAN
from agents.working_space import OnePerThread, zeroed

ADDON_DRAW = 16  # draw numbers of Stream.CHOICE behind those of the heat options: an add-on and its "none" each
choose_technology = technology_choice(HEATS)
PLAIN, CLEAN = 0, 1  # rows of what a loan for an ordinary and for a low-carbon system costs: HEAT_FIELDS.low_carbon


class ChoiceLanes(NamedTuple):
    """Working space of one run, filled anew for each; [firms] unless said."""

    changed: Integers  # slots of the firms whose equipment has come to its end, or that are new
    ended: Integers  # 1 where a firm, by its place among those with energy, is one of the first
    first_offer: Integers  # [firms + 1] where a choosing firm's add-ons begin among all that are weighed
    slot: Integers  # of the firms that weigh heat systems, as are all up to ``best``
    system: Integers
    fallback: Integers  # like-for-like
    early: Integers  # 1 where what stands could go on
    limit: Floats  # Myuan/yr that a new system may cost
    heat: Floats  # useful MWh/yr
    low_heat: Floats
    attitude: Floats
    running: Floats  # Myuan/yr of what a new system would replace
    reference: Floats
    cash: Floats
    owed: Floats
    counted: Floats
    rate: Floats  # [PLAIN and CLEAN, firms] project discount rate
    loan: Floats  # rate of the loan offered
    share: Floats  # share financed by it
    tenor: Floats
    factor: Floats
    cost: Floats  # [HEATS, firms]
    peers: Floats
    taste: Floats
    best: Integers
    agent: Integers  # [ADDONS * firms] of every number drawn, as are all below
    cycle: Integers
    draw: Integers
    addon: Integers
    luck: Floats
    other: Floats
    project_rate: Floats
    loan_rate: Floats
    life: Floats
    longest: Floats  # yr, the loan
    recovery: Floats  # 1/yr
    payment: Floats  # 1/yr, of the loan


def choice_lanes(firms: int) -> ChoiceLanes:
    """Working space for so many firms."""
    shapes: dict[str, tuple[int, ...]] = {"first_offer": (firms + 1,)}
    shapes |= dict.fromkeys(("rate", "loan", "share", "tenor"), (2, firms))
    shapes |= dict.fromkeys(("cost", "peers", "taste"), (HEATS, firms))
    names = ChoiceLanes._fields
    shapes |= dict.fromkeys(names[names.index("agent") :], (ADDONS * firms,))
    return zeroed(ChoiceLanes, firms, shapes)


working_lanes = OnePerThread(choice_lanes)


@rule
def heat_support(signal: Records, heats: Records, option: int) -> float:
    """Subsidised share of a heat system's capex: the heat programme's and the general one, for low-carbon ones."""
    return min(1.0, signal.clean_heat_subsidy + signal.capital_subsidy_share) * heats[option].low_carbon


@rule
def like_for_like(signal: Records, system: int) -> int:
    """The heat system that replaces the present one unasked; gas where coal may not be bought any more."""
    return Heat.GAS_BOILER + 0 if system == Heat.COAL_BOILER and signal.coal_phase_out > 0.5 else system


@rule
def heat_allowed(signal: Records, system: int, option: int) -> bool:
    """Whether rules let a firm buy a heat system: coal only where coal stands, and not at all once phased out."""
    if option != Heat.COAL_BOILER:
        return True
    return signal.coal_phase_out < 0.5 and (system == Heat.COAL_BOILER or signal.coal_boiler_ban < 0.5)


@rule
def project_rate(market: Records, firm: Records, label: int) -> float:
    """Discount rate of a firm's project under the loan it is offered for a label, 1/yr."""
    return discount_rate(firm.hurdle_rate, market.financed[label], firm.loan_rate[label], market.reference_rate)


@rule
def note_loan(market: Records, lanes: ChoiceLanes, firm: Records, kind: int, label: int, place: int) -> None:
    """Write what a loan of a label costs a firm."""
    lanes.rate[kind, place] = project_rate(market, firm, label)
    lanes.loan[kind, place] = firm.loan_rate[label]
    lanes.share[kind, place] = market.financed[label]
    lanes.tenor[kind, place] = market.tenor[label]


@rule
def gather_heat(
    p: Records, s: Records, signal: Records, market: Records, heats: Records, lanes: ChoiceLanes, firm: Records,
    entering: bool, place: int
) -> None:  # fmt: skip
    """Write what a firm with an occasion to choose a heat system needs, has and would be offered into the lanes.

    The cost of reference is that of like-for-like replacement without carbon price. An early retrofit replaces the
    running cost of what stands, any other that of like-for-like.
    """
    heat, low_heat, system = firm.need[Use.HEAT], firm.low_heat, firm.heat_system
    fallback, early = like_for_like(signal, system), firm.heat_occasion == Occasion.ATTENTION
    capex = heat_capex(p, s, heats, fallback, heat, low_heat)
    efficiency = heat_efficiency(p, s, heats, fallback, low_heat)
    running = heat_running_cost(market, heats, fallback, heat, efficiency, capex)
    uncharged = running - heat / efficiency * market.heat_carbon[fallback] * YUAN
    clean = label_of_investment(entering, True, signal.transition_finance_open > 0.5)
    note_loan(market, lanes, firm, PLAIN, Label.ORDINARY, place)
    note_loan(market, lanes, firm, CLEAN, clean, place)
    factor = capital_recovery_factor(lanes.rate[PLAIN, place], heats[fallback].life)
    firm.heat_reference = capex * factor + uncharged
    if early:
        standing = heat_capex(p, s, heats, system, heat, low_heat)
        running = heat_running_cost(market, heats, system, heat, firm.heat_efficiency, standing)
    lanes.heat[place], lanes.low_heat[place], lanes.attitude[place] = heat, low_heat, firm.attitude
    lanes.system[place], lanes.fallback[place], lanes.early[place] = system, fallback, 1 if early else 0
    lanes.running[place], lanes.reference[place] = running, firm.heat_reference
    lanes.limit[place] = running if early else np.inf
    lanes.cash[place], lanes.owed[place] = firm.spendable, firm.service_due
    lanes.counted[place] = firm.surplus_counted
    for option in range(HEATS):
        lanes.peers[option, place] = firm.heat_peers[option]


@rule
def weigh_option(
    p: Records, s: Records, signal: Records, market: Records, heats: Records, lanes: ChoiceLanes, option: int,
    number: int
) -> None:  # fmt: skip
    """Write the equivalent annual cost of a heat system for all who choose one; out of reach where not allowed or not
    affordable, and running cost alone where it stands and could go on.

    Capex and energy per heat are straight lines in the share of low-temperature heat.
    """
    kind = heats[option].low_carbon
    capex_low, capex_rest = heat_capex(p, s, heats, option, 1.0, 1.0), heat_capex(p, s, heats, option, 1.0, 0.0)
    use_low, use_rest = heat_efficiency(p, s, heats, option, 1.0), heat_efficiency(p, s, heats, option, 0.0)
    use_low, use_rest = 1.0 / use_low, 1.0 / use_rest
    price = (market.heat_price[option] + market.heat_carbon[option]) * YUAN
    life, fixed = heats[option].life, heats[option].fixed_cost
    paid = 1.0 - heat_support(signal, heats, option) * market.cover
    everywhere, standing = heat_allowed(signal, Heat.GAS_BOILER, option), heat_allowed(signal, option, option)
    system, fallback, early, cost = lanes.system, lanes.fallback, lanes.early, lanes.cost[option]
    heat, low_heat, running, factor = lanes.heat, lanes.low_heat, lanes.running, lanes.factor
    loan, share, tenor, cash, owed = lanes.loan[kind], lanes.share[kind], lanes.tenor[kind], lanes.cash, lanes.owed
    counted = lanes.counted
    recovery_factors(lanes.rate[kind, :number], life, factor)
    for place in range(number):
        capex = heat[place] * (capex_rest + low_heat[place] * (capex_low - capex_rest))
        final = heat[place] * (use_rest + low_heat[place] * (use_low - use_rest))
        own_running, net = final * price + capex * fixed, capex * paid
        payment = annuity_factor(loan[place], min(tenor[place], life))
        saving = running[place] - own_running
        affordable = carried(net, share[place], payment, saving, cash[place], owed[place], counted[place])
        stands = system[place] == option
        open_to_it = (everywhere | (standing & stands)) & (affordable | (fallback[place] == option))
        full = net * factor[place] + own_running if open_to_it else OUT_OF_REACH
        cost[place] = running[place] if stands & (early[place] > 0) else full


@rule
def draw_heat_tastes(seed: int, identity: Integers, rows: RowParts, run: int, lanes: ChoiceLanes, number: int) -> None:
    """Gumbel numbers of the heat options for each equipment cycle; keyed by cycle, never by year."""
    drawn = 0
    for option in range(HEATS):
        for place in range(number):
            slot = lanes.slot[place]
            lanes.agent[drawn], lanes.cycle[drawn] = identity[slot], rows[run, slot].heat_cycle
            lanes.draw[drawn] = option
            drawn += 1
    draw_gumbels(seed, lanes.agent, lanes.cycle, Stream.CHOICE, lanes.draw, drawn, lanes.luck)
    for option in range(HEATS):
        for place in range(number):
            lanes.taste[option, place] = lanes.luck[option * number + place]


@rule
def choose_heat(
    p: Records, s: Records, signal: Records, market: Records, heats: Records, lanes: ChoiceLanes, rows: RowParts,
    run: int, number: int
) -> None:  # fmt: skip
    """Weigh all heat systems and write each firm's option of highest utility into its row, with what it was made of."""
    low_carbon = np.zeros(HEATS, np.int64)
    for option in range(HEATS):
        low_carbon[option] = heats[option].low_carbon
        weigh_option(p, s, signal, market, heats, lanes, option, number)
    choose_technology(lanes.cost, lanes.reference, lanes.limit, lanes.peers, lanes.taste, lanes.attitude, low_carbon,
                      p.choice_cost_weight_replacement, p.choice_peer_weight, p.choice_attitude_weight,
                      lanes.best[:number])  # fmt: skip
    for place in range(number):
        firm = rows[run, lanes.slot[place]]
        firm.heat_best = lanes.best[place]
        for option in range(HEATS):
            firm.heat_cost[option], firm.heat_taste[option] = lanes.cost[option, place], lanes.taste[option, place]


@rule
def draw_addon_tastes(seed: int, lanes: ChoiceLanes, number: int) -> None:
    """Taste for each add-on against none into ``luck``: two Gumbel numbers of the equipment cycle, as in a logit."""
    luck, other, draw = lanes.luck, lanes.other, lanes.draw
    for offer in range(number):
        draw[offer] = ADDON_DRAW + 2 * lanes.addon[offer]
    draw_gumbels(seed, lanes.agent, lanes.cycle, Stream.CHOICE, draw, number, luck)
    for offer in range(number):
        draw[offer] += 1
    draw_gumbels(seed, lanes.agent, lanes.cycle, Stream.CHOICE, draw, number, other)
    for offer in range(number):
        luck[offer] -= other[offer]


@rule
def weigh_addons(lanes: ChoiceLanes, number: int) -> None:
    """Capital recovery factor of each measure at its firm's project rate, and of the loan that would pay for it."""
    recovery, rate, life = lanes.recovery, lanes.project_rate, lanes.life
    payment, loan, longest = lanes.payment, lanes.loan_rate, lanes.longest
    for offer in range(number):
        recovery[offer] = annuity_factor(rate[offer], life[offer])
        payment[offer] = annuity_factor(loan[offer], longest[offer])
