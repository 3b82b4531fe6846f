"""Add-ons of a firm: efficiency measures as one package, rooftop PV, storage; each against none (MODEL 1, P2).

A plan is weighed with its own taste draw, keyed by firm and equipment cycle, and dropped where it cannot be afforded.
Rules take records: ``firm`` a row of firms, ``p`` parameters, ``s`` dated series, ``signal``, ``market`` (firm_tables).
"""

from __future__ import annotations

from agents.applications import within_means
from agents.axes import Label, Stream
from agents.choice_lanes import carried
from agents.compiled import rule
from agents.credit import label_of_investment
from agents.draws import gumbel
from agents.fields import Records
from agents.firm import ADDONS, HEATS, MEASURES, NOTHING, ROOFTOP, STORAGE, Slot, Use
from agents.firm_energy import measure_capex, measure_saving
from agents.firm_lanes import ADDON_DRAW, ChoiceLanes, project_rate
from agents.investment import annuity
from agents.networks import count_of
from agents.rooftop import addon_utility, reinforcement_cost, rooftop_lead, solar_income, storage_income, storage_lead
from agents.units import KW_PER_MW, WATT, YUAN


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
def taste_for(seed: int, identity: int, cycle: int, addon: int) -> float:
    """Taste for an add-on against none: two Gumbel numbers of this equipment cycle, so that the choice is a logit."""
    draw = ADDON_DRAW + 2 * addon
    return gumbel(seed, identity, cycle, Stream.CHOICE, draw) - gumbel(seed, identity, cycle, Stream.CHOICE, draw + 1)


@rule
def look_around(firm: Records, heat_seen: int, addons_seen: int) -> None:
    """Write which shares of a firm's neighbours with factories use each heat system and add-on.

    ``heat_seen`` and ``addons_seen`` are the sums of what these show (networks.mark; firm_tables.show).
    """
    each = 1.0 / max(1.0, count_of(heat_seen, HEATS))
    for option in range(HEATS):
        firm.heat_peers[option] = count_of(heat_seen, option) * each
    for addon in range(ADDONS):
        firm.addon_peers[addon] = count_of(addons_seen, addon) * each


@rule
def storage_size(p: Records, electricity: float) -> float:
    """Storage that a firm considers, MWh."""
    return p.storage_peak_share * electricity / p.firm_operating_hours * p.storage_hours


@rule
def roof_capacity(p: Records, roof_area: float) -> float:
    """PV on the whole usable roof, MW."""
    return roof_area * p.rooftop_pv_density * WATT


@rule
def list_offer(lanes: ChoiceLanes, offer: int, identity: int, cycle: int, addon: int) -> int:
    """Note that a firm weighs an add-on of an equipment cycle; returns the next free place."""
    lanes.agent[offer], lanes.cycle[offer], lanes.addon[offer] = identity, cycle, addon
    return offer + 1


@rule
def list_addons(
    p: Records, signal: Records, market: Records, measures: Records, lanes: ChoiceLanes, firm: Records, identity: int,
    entering: bool, electricity: float, offer: int, year: int
) -> int:  # fmt: skip
    """List the add-ons that a firm weighs, from place ``offer`` on: what it lacks, on review or when its life has just
    ended; returns the next free place. Measures come first, with their life and what a loan for them costs."""
    label = label_of_investment(entering, True, signal.transition_finance_open > 0.5)
    rate, loan, tenor = project_rate(market, firm, label), firm.loan_rate[label], market.tenor[label]
    for measure in range(MEASURES):
        if firm.measure_end[measure] <= year and (firm.addon_ended[measure] > 0 or firm.review > 0):
            life = measures[measure].life
            lanes.project_rate[offer], lanes.loan_rate[offer] = rate, loan
            lanes.life[offer], lanes.longest[offer] = life, min(tenor, life)
            offer = list_offer(lanes, offer, identity, firm.measure_cycle[measure], measure)
    weighed = firm.review > 0 or firm.addon_ended[ROOFTOP] > 0
    if weighed and firm.pv_capacity <= 0.0 and roof_capacity(p, firm.roof_area) > 0.0:
        offer = list_offer(lanes, offer, identity, firm.pv_cycle, ROOFTOP)
    weighed = firm.review > 0 or firm.addon_ended[STORAGE] > 0
    if weighed and firm.storage_capacity <= 0.0 and storage_size(p, electricity) > 0.0:
        offer = list_offer(lanes, offer, identity, firm.storage_cycle, STORAGE)
    return offer


@rule
def plan_measures(
    p: Records, signal: Records, market: Records, measures: Records, lanes: ChoiceLanes, firm: Records, entering: bool,
    own: float, offer: int, end: int
) -> tuple[float, float]:  # fmt: skip
    """Plan the efficiency measures worth having, as one package; returns own funds and net debt service, Myuan.

    Weighs what ``list_addons`` listed from ``offer`` to ``end``. ``own`` is cash already committed this year.
    """
    label = label_of_investment(entering, True, signal.transition_finance_open > 0.5)
    heat_value = (market.heat_price[firm.heat_system] + market.heat_carbon[firm.heat_system]) / firm.heat_efficiency
    total, promised, number, service = 0.0, 0.0, 0.0, 0.0
    support, financed = min(1.0, signal.efficiency_subsidy + signal.capital_subsidy_share), market.financed[label]
    green = p.choice_attitude_weight * firm.attitude
    for measure in range(MEASURES):
        firm.measure_planned[measure] = 0
    while offer < end and lanes.addon[offer] < MEASURES:
        measure = lanes.addon[offer]
        value = heat_value if measures[measure].use == Use.HEAT else market.power
        saving = measure_saving(measures, firm, measure) * value * YUAN
        capex = measure_capex(measures, firm, measure)
        if capex > 0.0:
            fixed = capex * measures[measure].fixed_cost
            net = capex * (1.0 - support * market.cover)
            gross = net * lanes.recovery[offer] + fixed
            peers, weight = firm.addon_peers[measure], p.choice_cost_weight_addon
            lead = addon_utility(gross, saving, weight, p.choice_peer_weight, peers, green) + lanes.luck[offer]
            cash = firm.spendable - (own + own_funds(market, label, total - promised * market.cover))
            owed, payment = firm.service_due + service, lanes.payment[offer]
            affordable = carried(net, financed, payment, saving - fixed, cash, owed, firm.surplus_counted)
            if lead > 0.0 and affordable:
                firm.measure_planned[measure] = 1
                total, promised, number = total + capex, promised + capex * support, number + 1.0
                service += payment * max(0.0, financed * net) - (saving - fixed)
        offer += 1
    if number == 0.0:
        return 0.0, 0.0
    note_plan(firm, Slot.EFFICIENCY, number, label, total, promised)
    return own_funds(market, label, total - promised * market.cover), max(0.0, service)


@rule
def rooftop_wanted(p: Records, market: Records, firm: Records, electricity: float, capacity: float, extra: float,
                   support: float, taste: float) -> bool:  # fmt: skip
    """Whether PV of ``capacity`` MW is worth having at a reinforcement cost ``extra`` and a support, Myuan."""
    yearly = solar_income(p, capacity, electricity, market.solar, market.feed_in)
    rate, capex = project_rate(market, firm, Label.GREEN), capacity * market.pv_capex
    lead = rooftop_lead(p, capex, extra, support, yearly, rate, firm.addon_peers[ROOFTOP], firm.attitude)
    return lead + taste > 0.0


@rule
def plan_rooftop(
    p: Records, signal: Records, market: Records, firm: Records, electricity: float, capacity: float, room: float,
    own: float, due: float, taste: float
) -> tuple[float, float]:  # fmt: skip
    """Plan PV on the whole usable roof if it is worth having; returns cash and debt service committed so far, Myuan."""
    extra = reinforcement_cost(capacity, room, p.rooftop_reinforcement_cost)
    equipment = capacity * market.pv_capex
    subsidy = capacity * KW_PER_MW * signal.rooftop_pv_subsidy * YUAN
    subsidy = min(equipment + extra, subsidy + (equipment + extra) * signal.capital_subsidy_share)
    if not rooftop_wanted(p, market, firm, electricity, capacity, extra, subsidy * market.cover, taste):
        return own, due
    net = equipment + extra - subsidy * market.cover
    gain = solar_income(p, capacity, electricity, market.solar, market.feed_in)
    gain -= equipment * p.rooftop_pv_fixed_cost
    if not can_carry(market, firm, Label.GREEN, net, p.rooftop_pv_life, gain, own, due):
        return own, due
    note_plan(firm, Slot.ROOFTOP, capacity, Label.GREEN, equipment + extra, subsidy)
    service = added_service(market, firm, Label.GREEN, net, p.rooftop_pv_life) - gain
    return own + own_funds(market, Label.GREEN, net), due + max(0.0, service)


@rule
def plan_storage(
    p: Records, s: Records, signal: Records, market: Records, firm: Records, size: float, own: float, due: float,
    taste: float
) -> None:  # fmt: skip
    """Plan storage behind the meter if shifting between tariff hours makes it worth having."""
    capex = size * KW_PER_MW * s.capex_storage * YUAN
    subsidy = size * KW_PER_MW * signal.storage_subsidy * YUAN
    subsidy = min(capex, subsidy + capex * signal.capital_subsidy_share)
    net, yearly = capex - subsidy * market.cover, storage_income(p, s, size)
    rate = project_rate(market, firm, Label.GREEN)
    lead = storage_lead(p, capex, subsidy * market.cover, yearly, rate, firm.addon_peers[STORAGE], firm.attitude)
    if lead + taste <= 0.0:
        return
    gain = yearly - capex * p.storage_fixed_cost
    if can_carry(market, firm, Label.GREEN, net, p.storage_life, gain, own, due):
        note_plan(firm, Slot.STORAGE, size, Label.GREEN, capex, subsidy)


@rule
def clear_plans(firm: Records) -> None:
    """Forget last year's plans."""
    for slot in range(firm.planned.shape[0]):
        firm.planned[slot] = NOTHING
