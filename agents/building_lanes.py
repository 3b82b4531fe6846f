"""Building owners of a run that plan, side by side in vector lanes: what they draw and weigh (MODEL 1, choice_lanes).

Some six hundred of a run's owners plan in a year. What a choice depends on is gathered into contiguous rows
(``building_choice``), weighed here for all owners at once, and what they chose goes back into the buildings' own rows.
Money in Myuan.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from agents.axes import LABELS, Stream
from agents.building import SYSTEMS, TECHNOLOGIES
from agents.choice_lanes import OUT_OF_REACH, carried, technology_choice
from agents.compiled import loop_rule, rule
from agents.credit import Borrowers, Terms, offered_rate
from agents.draw_lanes import draw_gumbels
from agents.fields import Floats, Integers, Records
from agents.investment import discount_rate, option_utility, recovery_factor
from agents.rooftop import levelled_income
from agents.row_parts import RowParts, fetch
from agents.working_space import OnePerThread, zeroed

# Add-ons: two retrofits, of which an owner takes the better one; PV; storage.
LIGHT, DEEP, ROOFTOP_PV, BATTERY = range(4)
ADDONS = 4
# Draws of Stream.CHOICE: systems take 0..11; each add-on has one, and one for "none", which both retrofits share.
ADDON_DRAWS, NONE_DRAWS = (21, 22, 31, 33), (20, 20, 30, 32)
VECTOR = 16  # numbers of which loops take whole sets: what processors work on at once, twice over
NOT_WANTED = -1.0  # lead over "none" of an add-on that cannot be afforded
choose_technology = technology_choice(TECHNOLOGIES)


class PlanLanes(NamedTuple):
    """Working space of one run, filled anew for each; [buildings] unless said."""

    state: Integers  # of every slot, see ``building_stages.survey``
    identity: Integers
    luck: Floats
    stirred: Integers  # slots of the buildings that planned last year, are new, or are in design
    slot: Integers  # of the owners that plan, as are all up to ``weighers``
    offer: Integers  # place of what the owner faces among offers
    reviewing: Integers  # 1 where the owner's attention was drawn
    cash: Floats
    owed: Floats  # Myuan/yr, debt service
    counted: Floats  # Myuan/yr, surplus that may serve debt
    rate: Floats  # [LABELS, buildings] project discount rate
    loan: Floats  # rate of the loan offered
    best_lead: Floats  # of the retrofits yet weighed
    choosing: Integers  # [SYSTEMS, buildings] places of the owners that choose a system
    choosers: Integers  # [SYSTEMS] their number
    weighing: Integers  # [ADDONS, buildings] places of the owners that weigh an add-on
    weighers: Integers  # [ADDONS] their number
    agent: Integers  # of those who choose the system, or weigh the add-on, at hand, as are all below
    cycle: Integers
    draw: Integers
    attitude: Floats
    funds: Floats  # cash
    service: Floats  # owed
    surplus: Floats  # counted
    saving: Floats  # Myuan/yr
    fixed: Floats  # Myuan/yr beside capital
    current: Integers  # technology
    lasting: Integers  # 1 where it could go on
    best: Integers
    heat: Floats  # useful heat that the owner pays for, 1e6 MWh/yr
    installed: Floats  # floor area times intensity, 1e6 kWh/yr: what equipment prices are quoted for
    connection: Floats  # to the gas grid, where that is new
    running: Floats  # Myuan/yr, energy of what stands
    factor: Floats
    left: Floats  # present value of 1 at the end of an add-on's life
    reference: Floats
    limit: Floats  # infinite: an early change competes with the cost of keeping what stands
    discount: Floats  # [2, buildings] project rate for ordinary and for low-carbon works
    interest: Floats  # rate of the loan
    payment: Floats  # yearly, per money lent
    repaid: Floats  # [2] years of the loans that these payments are of
    price: Floats  # [TECHNOLOGIES, buildings] yuan/MWh of heat from new equipment
    peers: Floats  # share of the type's buildings
    cost: Floats
    taste: Floats
    low_carbon: Integers  # [TECHNOLOGIES]
    size: Floats  # MW or MWh
    capex: Floats
    promised: Floats  # subsidy
    net: Floats  # of the subsidy that owners count on
    basis: Floats  # capital in the cost of reference
    lead: Floats  # utility over none, tastes included


def plan_lanes(buildings: int) -> PlanLanes:
    """Working space for so many buildings, and a vector more, for what is written ahead and not taken."""
    places = buildings + VECTOR
    shapes: dict[str, tuple[int, ...]] = {
        "choosers": (SYSTEMS,),
        "weighers": (ADDONS,),
        "low_carbon": (TECHNOLOGIES,),
        "repaid": (2,),
    }
    shapes |= {"choosing": (SYSTEMS, places), "weighing": (ADDONS, places)}
    shapes |= dict.fromkeys(("rate", "loan"), (LABELS, places)) | dict.fromkeys(
        ("discount", "interest", "payment"), (2, places)
    )
    shapes |= dict.fromkeys(("price", "peers", "cost", "taste"), (TECHNOLOGIES, places))
    made = zeroed(PlanLanes, places, shapes)
    made.limit[:] = np.inf
    return made


working_lanes = OnePerThread(plan_lanes)


@rule
def fetch_planner(rows: RowParts, debts: Borrowers, run: int, first: int, slot: int) -> None:
    """Ask for what planning needs of an owner, whose lines of memory lie far apart."""
    fetch(rows.state, run, slot)
    fetch(rows.needs, run, slot)
    fetch(rows.some, run, slot)
    fetch(rows.rare, run, slot)
    fetch(debts.asked, run, first + slot)


@rule
def set_means(
    lanes: PlanLanes, debts: Borrowers, terms: Terms, share: Floats, run: int, borrower: int, place: int,
    hurdle: float, surplus_share: float
) -> None:  # fmt: skip
    """Cash, debt service, loan offers and discount rates of an owner; ``share`` [label] is lent."""
    carbon_class, rating, size = (
        debts.carbon_class[run, borrower],
        debts.rating[run, borrower],
        debts.size[run, borrower],
    )
    lanes.cash[place], lanes.owed[place] = debts.cash[run, borrower], debts.service[run, borrower]
    lanes.counted[place] = surplus_share * max(0.0, debts.surplus[run, borrower])
    small, spread, risk = terms.small_firm_size[run], terms.small_firm_spread[run], terms.risk_spread[run]
    for label in range(LABELS):
        offered = offered_rate(terms.rate[run, label, carbon_class], size, small, spread, rating, risk)
        lanes.loan[label, place] = offered
        lanes.rate[label, place] = discount_rate(hurdle, share[label], offered, terms.reference_rate[run])


@rule
def whole_vectors(number: int) -> int:
    """So many places, and those that fill the last vector: what they hold is computed too, and nobody reads it.

    What is left over of a loop in vectors is done one by one, and takes as long as the vectors do.
    """
    return (number + VECTOR - 1) // VECTOR * VECTOR


@loop_rule
def weigh_technology(
    current: Integers, lasting: Integers, heat: Floats, installed: Floats, connection: Floats, running: Floats,
    cash: Floats, owed: Floats, counted: Floats, factor: Floats, payment: Floats, price: Floats, cost: Floats,
    reference: Floats, number: int, option: int, capital: float, joins: float, paid: float, fixed: float,
    share: float, open_to_all: bool,
) -> None:  # fmt: skip
    """Write what a technology would cost a year all who choose a system, and the cost of reference where it stands.

    ``capital`` is the equipment's price, ``joins`` 1 if it needs the gas grid, ``paid`` the share of capital that no
    subsidy pays, ``share`` what a loan pays. It is out of reach where it is not allowed or cannot be afforded. Where
    it stands, it is always possible, and if it could go on, costs only to run.
    """
    for place in range(number):
        stands = current[place] == option
        capex = installed[place] * capital + connection[place] * joins
        energy, net, upkeep = heat[place] * price[place], capex * paid, capex * fixed
        affordable = carried(
            net, share, payment[place], running[place] - energy, cash[place], owed[place], counted[place]
        )
        full = net * factor[place] + upkeep + energy
        full = full if stands | (affordable & open_to_all) else OUT_OF_REACH
        cost[place] = running[place] + upkeep if stands & (lasting[place] > 0) else full
        like_for_like = capex * (factor[place] + fixed) + running[place]
        reference[place] = like_for_like if stands else reference[place]


@rule
def close_technology(lanes: PlanLanes, option: int, number: int) -> None:
    """A technology that nobody can choose."""
    for place in range(number):
        lanes.cost[option, place], lanes.taste[option, place] = OUT_OF_REACH, 0.0


@rule
def draw_tastes(seed: int, lanes: PlanLanes, which: int, number: int, taste: Floats) -> None:
    """Gumbel numbers of one option; keyed by equipment cycle, never by year."""
    draw = lanes.draw
    for place in range(number):
        draw[place] = which
    draw_gumbels(seed, lanes.agent, lanes.cycle, Stream.CHOICE, draw, number, taste)


@rule
def stands_anywhere(current: Integers, option: int, number: int) -> bool:
    """Does anyone run this technology?"""
    found = 0
    for place in range(number):
        found += 1 if current[place] == option else 0
    return found > 0


@rule
def choose_best(p: Records, lanes: PlanLanes, number: int) -> None:
    """Write the technology of highest utility into ``best``."""
    choose_technology(lanes.cost, lanes.reference, lanes.limit, lanes.peers, lanes.taste, lanes.attitude,
                      lanes.low_carbon, p.choice_cost_weight_replacement, p.choice_peer_weight,
                      p.choice_attitude_weight, lanes.best[:number])  # fmt: skip


@loop_rule
def weigh_addon(
    net: Floats, basis: Floats, fixed: Floats, saving: Floats, peers: Floats, attitude: Floats, cash: Floats,
    owed: Floats, counted: Floats, rate: Floats, left: Floats, payment: Floats, taste: Floats, none: Floats,
    lead: Floats, number: int, share: float, decline: float, yield_left: float, cost_weight: float,
    peer_weight: float, attitude_weight: float,
) -> None:  # fmt: skip
    """Write by how much the utility of an add-on exceeds that of none, with the tastes for both.

    What it saves declines by ``decline`` a year to ``yield_left`` at the end of its life. Reference is the add-on's own
    yearly cost on the capital ``basis``.
    """
    for place in range(number):
        factor = recovery_factor(rate[place], left[place])
        worth = saving[place] * levelled_income(rate[place], factor, left[place], decline, yield_left)
        annual, gross = net[place] * factor + fixed[place] - worth, basis[place] * factor + fixed[place]
        green = attitude_weight * attitude[place]
        utility = option_utility(annual, gross, cost_weight, peer_weight, peers[place], green, taste[place])
        affordable = carried(net[place], share, payment[place], saving[place], cash[place], owed[place], counted[place])
        lead[place] = utility - none[place] if affordable else NOT_WANTED
