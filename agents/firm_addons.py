"""Add-ons of a firm: efficiency measures as one package, rooftop PV, storage; each against none (MODEL 1, P2).

A plan is weighed with its own taste draw, keyed by firm and equipment cycle, and dropped where it cannot be afforded.
Rules take records: ``firm`` a row of firms, ``p`` parameters, ``s`` dated series, ``signal``, ``market`` (firm_tables).
"""

from __future__ import annotations

from agents.applications import within_means
from agents.axes import Label, Stream
from agents.compiled import rule
from agents.credit import label_of_investment
from agents.draws import gumbel
from agents.fields import Records
from agents.firm import HEATS, MEASURES, NOTHING, ROOFTOP, STORAGE, Slot, Use
from agents.firm_energy import measure_capex, measure_saving, owns_energy
from agents.investment import annuity, capital_recovery_factor, discount_rate
from agents.networks import PeerNetwork
from agents.rooftop import (
    KW_PER_MW,
    YUAN_PER_MYUAN,
    addon_utility,
    reinforcement_cost,
    rooftop_lead,
    solar_income,
    storage_income,
    storage_lead,
)

ADDON_DRAW = 16  # draw numbers of Stream.CHOICE behind those of the heat options: an add-on and its "none" each


@rule
def project_rate(market: Records, firm: Records, label: int) -> float:
    """Discount rate of a firm's project under the loan it is offered for a label, 1/yr."""
    return discount_rate(firm.hurdle_rate, market.financed[label], firm.loan_rate[label], market.reference_rate)


@rule
def can_carry(
    market: Records, firm: Records, label: int, net: float, life: float, saving: float, own: float, due: float
) -> bool:
    """Can the firm carry ``net`` Myuan beside the cash ``own`` and debt service ``due`` committed this year."""
    tenor = min(market.tenor[label], life)
    cash, owed = firm.spendable - own, firm.service_due + due
    financed, rate = market.financed[label], firm.loan_rate[label]
    return within_means(net, financed, rate, tenor, saving, cash, owed, firm.surplus_counted)


@rule
def added_service(market: Records, firm: Records, label: int, net: float, life: float) -> float:
    """Debt service that financing ``net`` Myuan would add, Myuan/yr."""
    return annuity(market.financed[label] * net, firm.loan_rate[label], min(market.tenor[label], life))


@rule
def note_plan(firm: Records, slot: int, what: float, label: int, capex: float, subsidy: float) -> None:
    """Keep a plan of the year in the firm's row; ``choose`` applies for its loan and claims its subsidy."""
    firm.planned[slot] = what
    firm.planned_label[slot] = label
    firm.planned_capex[slot] = capex
    firm.planned_subsidy[slot] = subsidy


@rule
def own_funds(market: Records, label: int, net: float) -> float:
    """Cash that an investment of ``net`` Myuan takes beside its loan."""
    return (1.0 - market.financed[label]) * net


@rule
def taste_for(seed: int, firm: Records, cycle: int, addon: int) -> float:
    """Taste for an add-on against none: two Gumbel numbers of this equipment cycle, so that the choice is a logit."""
    draw, key = ADDON_DRAW + 2 * addon, firm.identity
    return gumbel(seed, key, cycle, Stream.CHOICE, draw) - gumbel(seed, key, cycle, Stream.CHOICE, draw + 1)


@rule
def look_around(firms: Records, sectors: Records, network: PeerNetwork, slot: int, year: int) -> None:
    """Write which shares of a firm's neighbours with factories use each heat system and add-on, in one run."""
    firm, seen = firms[slot], 0.0
    for option in range(HEATS):
        firm.heat_peers[option] = 0.0
    for addon in range(MEASURES + 2):
        firm.addon_peers[addon] = 0.0
    for tie in range(network.start[slot], network.start[slot + 1]):
        other = firms[network.neighbour[tie]]
        if owns_energy(sectors[other.sector]):
            seen += 1.0
            firm.heat_peers[other.heat_system] += 1.0
            for measure in range(MEASURES):
                firm.addon_peers[measure] += other.measure_end[measure] > year
            firm.addon_peers[ROOFTOP] += other.pv_capacity > 0.0
            firm.addon_peers[STORAGE] += other.storage_capacity > 0.0
    if seen > 0.0:
        for option in range(HEATS):
            firm.heat_peers[option] /= seen
        for addon in range(MEASURES + 2):
            firm.addon_peers[addon] /= seen


@rule
def plan_measures(
    seed: int, p: Records, signal: Records, market: Records, measures: Records, firm: Records, own: float, year: int
) -> tuple[float, float]:
    """Plan the efficiency measures worth having, as one package; returns own funds and net debt service, Myuan.

    A measure is weighed on review, and when its life has just ended. ``own`` is cash already committed this year.
    """
    label = label_of_investment(firm.entering > 0, True, signal.transition_finance_open > 0.5)
    rate = project_rate(market, firm, label)
    heat_value = (market.heat_price[firm.heat_system] + market.heat_carbon[firm.heat_system]) / firm.heat_efficiency
    total, promised, number, service = 0.0, 0.0, 0.0, 0.0
    support = min(1.0, signal.efficiency_subsidy + signal.capital_subsidy_share)
    for measure in range(MEASURES):
        firm.measure_planned[measure] = 0
        end, life = firm.measure_end[measure], measures[measure].life
        if end > year or not (firm.addon_ended[measure] > 0 or firm.review > 0):
            continue
        value = heat_value if measures[measure].use == Use.HEAT else market.power
        saving = measure_saving(p, measures, firm, measure, year) * value / YUAN_PER_MYUAN
        capex = measure_capex(p, measures, firm, measure, year)
        if capex <= 0.0:
            continue
        fixed = capex * measures[measure].fixed_cost
        net = capex * (1.0 - support * market.cover)
        gross = net * capital_recovery_factor(rate, life) + fixed
        green = p.choice_attitude_weight * firm.attitude
        peers, weight = firm.addon_peers[measure], p.choice_cost_weight_addon
        lead = addon_utility(gross, saving, weight, p.choice_peer_weight, peers, green)
        lead += taste_for(seed, firm, firm.measure_cycle[measure], measure)
        spent = own + own_funds(market, label, total - promised * market.cover)
        if lead > 0.0 and can_carry(market, firm, label, net, life, saving - fixed, spent, service):
            firm.measure_planned[measure] = 1
            total, promised, number = total + capex, promised + capex * support, number + 1.0
            service += added_service(market, firm, label, net, life) - (saving - fixed)
    if number == 0.0:
        return 0.0, 0.0
    note_plan(firm, Slot.EFFICIENCY, number, label, total, promised)
    return own_funds(market, label, total - promised * market.cover), max(0.0, service)


@rule
def rooftop_wanted(seed: int, p: Records, market: Records, firm: Records, capacity: float, extra: float,
                   support: float) -> bool:  # fmt: skip
    """Whether PV of ``capacity`` MW is worth having at a reinforcement cost ``extra`` and a support, Myuan."""
    yearly = solar_income(p, capacity, firm.electricity, market.solar, market.feed_in)
    rate, capex = project_rate(market, firm, Label.GREEN), capacity * market.pv_capex
    lead = rooftop_lead(p, capex, extra, support, yearly, rate, firm.addon_peers[ROOFTOP], firm.attitude)
    return lead + taste_for(seed, firm, firm.pv_cycle, ROOFTOP) > 0.0


@rule
def plan_rooftop(
    seed: int, p: Records, signal: Records, market: Records, firm: Records, room: float, own: float, due: float
) -> tuple[float, float]:
    """Plan PV on the whole usable roof if it is worth having; returns cash and debt service committed so far, Myuan."""
    capacity = firm.roof_area * p.rooftop_pv_density / YUAN_PER_MYUAN  # W to MW
    if capacity <= 0.0 or firm.pv_capacity > 0.0:
        return own, due
    extra = reinforcement_cost(capacity, room, p.rooftop_reinforcement_cost)
    equipment = capacity * market.pv_capex
    subsidy = capacity * KW_PER_MW * signal.rooftop_pv_subsidy / YUAN_PER_MYUAN
    subsidy = min(equipment + extra, subsidy + (equipment + extra) * signal.capital_subsidy_share)
    if not rooftop_wanted(seed, p, market, firm, capacity, extra, subsidy * market.cover):
        return own, due
    net = equipment + extra - subsidy * market.cover
    gain = solar_income(p, capacity, firm.electricity, market.solar, market.feed_in)
    gain -= equipment * p.rooftop_pv_fixed_cost
    if not can_carry(market, firm, Label.GREEN, net, p.rooftop_pv_life, gain, own, due):
        return own, due
    note_plan(firm, Slot.ROOFTOP, capacity, Label.GREEN, equipment + extra, subsidy)
    service = added_service(market, firm, Label.GREEN, net, p.rooftop_pv_life) - gain
    return own + own_funds(market, Label.GREEN, net), due + max(0.0, service)


@rule
def plan_storage(
    seed: int, p: Records, s: Records, signal: Records, market: Records, firm: Records, own: float, due: float
) -> None:
    """Plan storage behind the meter if shifting between tariff hours makes it worth having."""
    size = p.storage_peak_share * firm.electricity / p.firm_operating_hours * p.storage_hours
    if size <= 0.0 or firm.storage_capacity > 0.0:
        return
    capex = size * KW_PER_MW * s.capex_storage / YUAN_PER_MYUAN
    subsidy = size * KW_PER_MW * signal.storage_subsidy / YUAN_PER_MYUAN
    subsidy = min(capex, subsidy + capex * signal.capital_subsidy_share)
    net, yearly = capex - subsidy * market.cover, storage_income(p, s, size)
    rate = project_rate(market, firm, Label.GREEN)
    lead = storage_lead(p, capex, subsidy * market.cover, yearly, rate, firm.addon_peers[STORAGE], firm.attitude)
    if lead + taste_for(seed, firm, firm.storage_cycle, STORAGE) <= 0.0:
        return
    gain = yearly - capex * p.storage_fixed_cost
    if can_carry(market, firm, Label.GREEN, net, p.storage_life, gain, own, due):
        note_plan(firm, Slot.STORAGE, size, Label.GREEN, capex, subsidy)


@rule
def clear_plans(firm: Records) -> None:
    """Forget last year's plans."""
    for slot in range(firm.planned.shape[0]):
        firm.planned[slot] = NOTHING
