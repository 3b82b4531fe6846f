"""What building owners choose (MODEL 1 and 3): heating, hot water, kitchens, retrofits, rooftop PV and storage.

Rules on one building's record ``b``, its type's ``t`` and what it faces, ``o``; the stages are in ``building_stages``.
Peers are the buildings of the same type. Of every saving an owner who rents out keeps only its share.
"""

from __future__ import annotations

from agents.axes import Stream, Tariff
from agents.building import (
    FIRST_HEAT_USE,
    GREEN_LABEL,
    KWH_PER_MWH,
    ORDINARY_LABEL,
    RETROFIT_SLOT,
    RETROFITS,
    ROOFTOP_SLOT,
    SYSTEMS,
    SYSTEMS_SLOT,
    TECHNOLOGIES,
    YUAN_PER_MYUAN,
    System,
    Technology,
    Use,
)
from agents.building_offer import can_pay, recovery, value_left
from agents.building_population import TECHNOLOGY_DRAW, usual_technology
from agents.building_rows import install_system
from agents.compiled import rule
from agents.draws import fill_tastes, uniform
from agents.fields import Records
from agents.investment import is_beaten, is_preferred, least_recovery, option_utility, recovery_factor
from agents.rooftop import addon_utility, levelled_income, own_use_share, reinforcement_cost, rooftop_income

HOURS_A_YEAR = 8760.0
HEATING = int(System.HEATING)
# Draws of Stream.CHOICE: systems take 0..11; then retrofits; PV, and storage, each with its "none" first.
RETROFIT_TASTE, ROOFTOP_TASTE = 20, 30
PV_LUCK, STORAGE_LUCK = 0, 2  # places of their numbers, which are drawn together


@rule
def heat_demand(b: Records, p: Records, system: int) -> float:
    """Useful heat of a system, MWh/yr."""
    heat = b.intensity[system + FIRST_HEAT_USE] * b.operation_factor * b.area / KWH_PER_MWH
    if system == System.HEATING and b.retrofit[1] > 0:
        heat *= 1.0 - p.deep_retrofit_saving
    return heat


@rule
def running_cost(b: Records, o: Records, p: Records, system: int) -> float:
    """Yearly energy and carbon cost of a system as it stands, Myuan/yr."""
    price = o.price_heat[system, b.technology[system]]
    return heat_demand(b, p, system) / b.efficiency[system] * price / YUAN_PER_MYUAN


@rule
def new_connection(b: Records, p: Records) -> float:
    """What connecting to the gas grid costs, yuan/m2: nothing where anything runs on gas."""
    connected = False
    for system in range(SYSTEMS):
        connected = connected or b.technology[system] == Technology.GAS
    return 0.0 if connected else float(p.building_gas_connection)


@rule
def system_capex(b: Records, p: Records, price: float, system: int, option: int) -> float:
    """Installed cost of a system at ``equipment_price``, Myuan, with the gas connection where that is new."""
    per_area = b.intensity[system + FIRST_HEAT_USE] * price
    if option == Technology.GAS:
        per_area += new_connection(b, p)
    return per_area * b.area / YUAN_PER_MYUAN


@rule
def is_green(system: int, option: int) -> bool:
    """Heat pumps, and electric kitchens, count as low-carbon equipment; resistance heat on grid power does not."""
    return option == Technology.HEAT_PUMP or (system == System.COOKING and option == Technology.ELECTRIC)


@rule
def label_of(o: Records, green: bool) -> int:
    """Loan label of works in an existing building."""
    return o.low_carbon_label if green else ORDINARY_LABEL


@rule
def is_open(system: int, option: int, current: int) -> bool:
    """Which technologies an owner can choose: no heat pump for cooking; LPG only where it runs already."""
    if option == Technology.LPG:
        return current == Technology.LPG
    return not (system == System.COOKING and option == Technology.HEAT_PUMP)


@rule
def choose_system(
    b: Records, o: Records, p: Records, seed: int, system: int, forced: bool, support_share: float
) -> int:
    """Technology of highest utility for a system, or -1 to keep the running one (early review only).

    ``support_share`` is the share of low-carbon capex that is subsidised. At end of life like-for-like is always
    possible; others must be affordable. An early change must beat the running cost alone of what stands.
    """
    current, area = int(b.technology[system]), b.area / YUAN_PER_MYUAN
    if b.intensity[system + FIRST_HEAT_USE] <= 0.0:
        return current if forced else -1
    fixed, support = p.building_equipment_fixed_cost, support_share * o.cover
    installed, connection = b.intensity[system + FIRST_HEAT_USE] * area, new_connection(b, p) * area
    heat = b.owner_share * heat_demand(b, p, system) / YUAN_PER_MYUAN
    running = heat / b.efficiency[system] * o.price_heat[system, current]
    same, green = installed * o.equipment_price[system, current], is_green(system, current)
    factor = recovery(o, label_of(o, green), o.equipment_life[system, current])
    reference = same * (factor + fixed) + running
    if reference <= 0.0:
        return current if forced else -1
    annual = same * fixed + running
    if forced:
        annual = same * ((1.0 - support if green else 1.0) * factor + fixed) + heat * o.cost_heat[system, current]
    weight, peer_weight = p.choice_cost_weight_replacement / reference, p.choice_peer_weight
    attitude = p.choice_attitude_weight * b.attitude
    fill_tastes(o.luck, seed, b.identity, b.cycle[system], Stream.CHOICE, system * TECHNOLOGIES)
    choice = current
    best = peer_weight * o.peer_systems[system, current] - weight * annual + (attitude if green else 0.0)
    for option in range(TECHNOLOGIES):
        if option == current or not is_open(system, option, current):
            continue
        green = is_green(system, option)
        label, life = label_of(o, green), o.equipment_life[system, option]
        capex = installed * o.equipment_price[system, option] + (connection if option == Technology.GAS else 0.0)
        net, energy = capex * (1.0 - support if green else 1.0), heat * o.cost_heat[system, option]
        liking = peer_weight * o.peer_systems[system, option] + attitude * green
        luck, other = o.luck[option], o.luck[choice]
        annual = net * least_recovery(o.rate[label], life) + capex * fixed + energy
        if is_beaten(liking - weight * annual - best, luck, other):  # who loses at a lower factor loses at its own
            continue
        if not can_pay(o, label, net, life, running - energy):
            continue
        annual = net * recovery(o, label, life) + capex * fixed + energy
        utility = liking - weight * annual
        if is_preferred(utility - best, luck, other):
            best, choice = utility, option
    return -1 if choice == current and not forced else choice


@rule
def choose_first_systems(b: Records, o: Records, t: Records, p: Records, s: Records, seed: int, year: int) -> None:
    """Equipment of a new building, chosen as at an end of life from what is usual; its cost is part of the works."""
    for system in range(SYSTEMS):
        b.cycle[system] = 0
        b.plan[system] = -1
        quantile = uniform(seed, b.identity, 0, Stream.POPULATION, TECHNOLOGY_DRAW + system)
        draw = uniform(seed, b.identity, 0, Stream.LIFETIME, 1 + system)
        install_system(b, p, s, system, usual_technology(t, system, quantile), year, draw)
    for system in range(SYSTEMS):
        for option in range(TECHNOLOGIES):
            o.peer_systems[system, option] = t.technology[system, option]
        chosen = choose_system(b, o, p, seed, system, True, 0.0)
        draw = uniform(seed, b.identity, 0, Stream.LIFETIME, 1 + system)
        install_system(b, p, s, system, chosen, year, draw)


@rule
def attention(p: Records, signals: Records, over_quota: int) -> float:
    """Yearly probability that an owner reviews the building, raised by policy and by an excess over the quota."""
    extra = p.building_quota_attention if over_quota > 0 else 0.0
    return min(1.0, p.attention_base + signals.attention + signals.retrofit_attention + extra)


@rule
def plan_systems(
    b: Records,
    o: Records,
    p: Records,
    seed: int,
    year: int,
    reviewing: bool,
    support_share: float,
) -> None:
    """Plan heating, hot water and cooking at the end of their life, or early when the owner reviews the building."""
    cost, support, low_carbon = 0.0, 0.0, True
    for system in range(SYSTEMS):
        forced = year - b.installed[system] >= b.equipment_life[system]
        option = -1
        if forced or reviewing:
            option = choose_system(b, o, p, seed, system, forced, support_share)
        b.plan[system] = option
        b.forced[system] = 1 if forced else 0
        if option >= 0:
            capex = system_capex(b, p, o.equipment_price[system, option], system, option)
            green = is_green(system, option)
            cost += capex
            low_carbon = low_carbon and green
            support += capex * support_share if green else 0.0
    b.capex[SYSTEMS_SLOT], b.subsidy[SYSTEMS_SLOT] = cost, support
    b.label[SYSTEMS_SLOT] = label_of(o, low_carbon)


@rule
def retrofit_saving(b: Records, o: Records, p: Records, option: int) -> float:
    """What a light (0) or deep (1) retrofit saves, Myuan/yr."""
    cooling = b.use[Use.COOLING] * o.price_cooling / YUAN_PER_MYUAN
    if option == 0:
        return p.light_retrofit_saving * (b.use[Use.BASE] * o.price_base / YUAN_PER_MYUAN + cooling)
    return p.deep_retrofit_saving * (cooling + running_cost(b, o, p, HEATING))


@rule
def plan_retrofit(b: Records, o: Records, p: Records, seed: int, support_share: float) -> None:
    """Plan the retrofit of highest utility against none; ``support_share`` of its cost is subsidised."""
    label, best, choice = o.low_carbon_label, 0.0, 0
    green, weight = p.choice_attitude_weight * b.attitude, p.choice_cost_weight_addon
    fill_tastes(o.luck, seed, b.identity, 0, Stream.CHOICE, RETROFIT_TASTE)
    for option in range(RETROFITS):
        if b.retrofit[option] > 0:
            continue
        life = p.light_retrofit_life if option == 0 else p.deep_retrofit_life
        capex = (p.light_retrofit_cost if option == 0 else p.deep_retrofit_cost) * b.area / YUAN_PER_MYUAN
        net = capex * (1.0 - support_share * o.cover)
        saving = b.owner_share * retrofit_saving(b, o, p, option)
        luck, other, peer = o.luck[option + 1], o.luck[choice], o.peer_retrofits[option]
        floor = least_recovery(o.rate[label], life)  # the lower the factor, the more the saving counts
        annual = net * floor - saving
        most = option_utility(annual, capex * floor, weight, p.choice_peer_weight, peer, green, 0.0)
        if saving >= 0.0 and is_beaten(most - best, luck, other):
            continue
        factor = recovery(o, label, life)
        annual = net * factor - saving
        utility = option_utility(annual, capex * factor, weight, p.choice_peer_weight, peer, green, 0.0)
        if is_preferred(utility - best, luck, other) and can_pay(o, label, net, life, saving):
            best, choice = utility, option + 1
            b.planned_retrofit = choice
            b.capex[RETROFIT_SLOT], b.subsidy[RETROFIT_SLOT] = capex, capex * support_share
    b.label[RETROFIT_SLOT] = label


@rule
def pv_income(p: Records, capacity: float, consumption: float, solar: float, feed_in: float) -> float:
    """What rooftop PV of ``capacity`` MW saves and earns in a year, Myuan."""
    generation = capacity * p.rooftop_pv_hours
    own_use = own_use_share(generation, consumption, p.rooftop_own_use_small, p.rooftop_own_use_slope)
    return rooftop_income(generation, own_use, solar, feed_in)


@rule
def storage_income(p: Records, s: Records, size: float) -> float:
    """What storage saves by buying in the valley and using at the peak, Myuan/yr; idle rather than at a loss."""
    spread = s.storage_peak_tariff - s.storage_valley_tariff / p.storage_round_trip_efficiency
    return max(0.0, size * p.storage_depth * s.storage_cycles * spread / YUAN_PER_MYUAN)


@rule
def plan_pv(b: Records, o: Records, t: Records, p: Records, s: Records, signals: Records) -> None:
    """Plan PV on the whole usable roof against none; beyond the feeder's room the owner pays for reinforcement."""
    capacity = b.area / t.storeys * t.usable_roof * p.rooftop_pv_density / YUAN_PER_MYUAN
    if b.rooftop_pv > 0.0 or capacity <= 0.0:
        return
    plant = capacity * KWH_PER_MWH * s.capex_rooftop_pv * o.learning / YUAN_PER_MYUAN
    capex = plant + reinforcement_cost(capacity, o.room, p.rooftop_reinforcement_cost)
    promised = capacity * KWH_PER_MWH * signals.rooftop_pv_subsidy / YUAN_PER_MYUAN
    promised = min(capex, promised + capex * signals.capital_subsidy_share)
    net = capex - promised * o.cover
    rate, life = o.rate[GREEN_LABEL], p.rooftop_pv_life
    left = value_left(o, GREEN_LABEL, life)
    factor = recovery_factor(rate, left)
    gross = net * factor + plant * p.rooftop_pv_fixed_cost
    income = pv_income(p, capacity, b.electricity, o.price_solar, o.price_feed_in)
    worth = income * levelled_income(rate, factor, left, p.rooftop_pv_degradation, o.pv_yield_left)
    green = p.choice_attitude_weight * b.attitude
    utility = addon_utility(gross, worth, p.choice_cost_weight_addon, p.choice_peer_weight, o.peer_pv, green)
    if is_preferred(utility, o.luck[PV_LUCK + 1], o.luck[PV_LUCK]) and can_pay(o, GREEN_LABEL, net, life, income):
        b.planned_pv = capacity
        b.capex[ROOFTOP_SLOT] += capex
        b.subsidy[ROOFTOP_SLOT] += promised
    b.label[ROOFTOP_SLOT] = GREEN_LABEL


@rule
def plan_storage(b: Records, o: Records, t: Records, p: Records, s: Records, signals: Records) -> None:
    """Plan storage behind the meter against none; homes have no tariff that would pay for it."""
    size = p.storage_peak_share * b.electricity / HOURS_A_YEAR * p.storage_hours
    if b.storage > 0.0 or size <= 0.0 or t.tariff == Tariff.HOUSING:
        return
    capex = size * KWH_PER_MWH * s.capex_storage / YUAN_PER_MYUAN
    promised = size * KWH_PER_MWH * signals.storage_subsidy / YUAN_PER_MYUAN
    promised = min(capex, promised + capex * signals.capital_subsidy_share)
    net = capex - promised * o.cover
    factor = recovery(o, GREEN_LABEL, p.storage_life)
    gross, saving = net * factor + capex * p.storage_fixed_cost, storage_income(p, s, size)
    green = p.choice_attitude_weight * b.attitude
    utility = addon_utility(gross, saving, p.choice_cost_weight_addon, p.choice_peer_weight, o.peer_storage, green)
    wanted = is_preferred(utility, o.luck[STORAGE_LUCK + 1], o.luck[STORAGE_LUCK])
    if wanted and can_pay(o, GREEN_LABEL, net, p.storage_life, saving):
        b.planned_storage = size
        b.capex[ROOFTOP_SLOT] += capex
        b.subsidy[ROOFTOP_SLOT] += promised
    b.label[ROOFTOP_SLOT] = GREEN_LABEL
