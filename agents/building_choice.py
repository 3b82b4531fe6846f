"""What building owners invest in (MODEL 1 and 3): equipment, retrofits, rooftop PV and storage, life-cycle measures.

Stage 4 (:func:`choose`) plans and applies for credit, stage 5 (:func:`build`) carries out. Peers are the buildings of
the same type: owners look at their own kind. Of every saving an owner who rents out keeps only its share.
"""

from __future__ import annotations

from agents.applications import (
    apply_for,
    can_afford,
    expected_subsidy,
    financed_share,
    loan_rate_offered,
)
from agents.axes import Carrier, Shape, Stream
from agents.building import (
    FIRST_HEAT_USE,
    KWH_PER_MWH,
    RETROFITS,
    SYSTEMS,
    TECHNOLOGIES,
    YUAN_PER_MYUAN,
    Buildings,
    FloorType,
    Slot,
    System,
    Technology,
    TypeTable,
    Use,
    agent_id,
    efficiency_of,
    life_of,
)
from agents.building_population import TECHNOLOGY_DRAW, install_system, share_to_technology
from agents.compiled import rule
from agents.credit import label_of_investment
from agents.draws import gumbel, uniform
from agents.fields import Floats
from agents.investment import capital_recovery_factor, discount_rate, option_utility
from agents.investment_parameters import MWH_PER_TCE, emission_factor
from agents.world import World

NEVER = -1e30
# Draws of Stream.CHOICE: systems take 0..11, then retrofits, PV, storage.
RETROFIT_TASTE, ROOFTOP_TASTE, STORAGE_TASTE = 20, 30, 32


@rule
def price_of(world: World, buildings: Buildings, types: TypeTable, run: int, a: int, shape: int) -> float:
    """What a MWh of a load shape costs a building, yuan/MWh; above the energy quota the surcharge comes on top (G7)."""
    price = world.prices.tariff[run, types.tariff[buildings.kind[run, a]], shape]
    if buildings.over_quota[run, a] > 0:
        price += world.signals[run].quota_surcharge
    return price


@rule
def fuel_price(world: World, run: int, kind: int, carrier: int) -> float:
    """What a tce of gas or LPG costs a building, carbon price included, yuan/tce."""
    signals, p = world.signals[run], world.parameters[run]
    price = world.prices.fuel[run, carrier]
    if carrier == Carrier.GAS and kind == FloorType.RESIDENTIAL:
        price *= p.household_gas_price_ratio
    return price + signals.carbon_price * signals.carbon_coverage * emission_factor(p, carrier)


@rule
def heat_cost(
    world: World, buildings: Buildings, types: TypeTable, run: int, a: int, system: int, option: int, efficiency: float
) -> float:
    """Yearly energy and carbon cost of serving a system's heat with a technology, Myuan/yr."""
    kind = buildings.kind[run, a]
    heat = buildings.intensity[run, a, system + FIRST_HEAT_USE] * buildings.operation_factor[run, a]
    if system == System.HEATING and buildings.retrofit[run, a, 1] > 0:
        heat *= 1.0 - world.parameters[run].deep_retrofit_saving
    energy = heat * buildings.area[run, a] / KWH_PER_MWH / efficiency
    if option == Technology.GAS:
        return energy / MWH_PER_TCE * fuel_price(world, run, kind, Carrier.GAS) / YUAN_PER_MYUAN
    if option == Technology.LPG:
        return energy / MWH_PER_TCE * fuel_price(world, run, kind, Carrier.LPG) / YUAN_PER_MYUAN
    shape = int(Shape.HEATING) if system == System.HEATING else types.shape[kind]
    return energy * price_of(world, buildings, types, run, a, shape) / YUAN_PER_MYUAN


@rule
def system_capex(world: World, buildings: Buildings, run: int, a: int, system: int, option: int, year: int) -> float:
    """Installed cost of a system for the building's peak heat, Myuan."""
    p = world.parameters[run]
    hours = p.building_heating_hours
    if system == System.HOT_WATER:
        hours = p.building_hot_water_hours
    elif system == System.COOKING:
        hours = p.building_cooking_hours
    price = p.building_boiler_capex
    if system == System.COOKING:
        price = p.building_induction_capex if option == Technology.ELECTRIC else p.building_gas_stove_capex
    elif option == Technology.ELECTRIC:
        price = p.building_resistance_capex
    elif option == Technology.HEAT_PUMP:
        price = world.series[run, year].capex_building_heat_pump
    kilowatt = buildings.intensity[run, a, system + FIRST_HEAT_USE] * buildings.area[run, a] / hours
    return kilowatt * price / YUAN_PER_MYUAN


@rule
def is_green(system: int, option: int) -> bool:
    """Heat pumps, and electric kitchens, count as low-carbon equipment; resistance heat on grid power does not."""
    return option == Technology.HEAT_PUMP or (system == System.COOKING and option == Technology.ELECTRIC)


@rule
def is_open(system: int, option: int, current: int) -> bool:
    """Which technologies an owner can choose: no heat pump for cooking; LPG only where it runs already."""
    if option == Technology.LPG:
        return current == Technology.LPG
    return not (system == System.COOKING and option == Technology.HEAT_PUMP)


@rule
def project_rate(world: World, buildings: Buildings, run: int, a: int, first: int, label: int) -> float:
    """Discount rate of an investment under a loan label, 1/yr (MODEL 1)."""
    rate = loan_rate_offered(world, run, first + a, label)
    share = financed_share(world, run, label)
    return discount_rate(buildings.hurdle[run, a], share, rate, world.terms.reference_rate[run])


@rule
def retrofit_label(world: World, run: int, low_carbon: bool) -> int:
    """Loan label of an investment in an existing building."""
    return label_of_investment(False, low_carbon, world.signals[run].transition_finance_open > 0.5)


@rule
def choose_system(
    world: World,
    buildings: Buildings,
    types: TypeTable,
    run: int,
    a: int,
    first: int,
    system: int,
    year: int,
    forced: bool,
    peers: Floats,
) -> int:
    """Technology of highest utility for a system, or -1 to keep the running one (early review only).

    ``peers`` [type, system, technology] are shares among buildings of the type. At end of life like-for-like is always
    possible; others must be affordable. An early change must beat the running cost alone of what stands.
    """
    p, s, kind = world.parameters[run], world.series[run, year], buildings.kind[run, a]
    current, share = buildings.technology[run, a, system], buildings.owner_share[run, a]
    key = agent_id(a, buildings.generation[run, a], buildings.stage.shape[1])
    running = heat_cost(world, buildings, types, run, a, system, current, buildings.efficiency[run, a, system])
    same = system_capex(world, buildings, run, a, system, current, year)
    rate = project_rate(world, buildings, run, a, first, retrofit_label(world, run, is_green(system, current)))
    reference = same * capital_recovery_factor(rate, life_of(p, system, current))
    reference += same * p.building_equipment_fixed_cost + share * running
    if reference <= 0.0:
        return -1
    best, choice = NEVER, -1
    for option in range(TECHNOLOGIES):
        if not is_open(system, option, current):
            continue
        green = is_green(system, option)
        label = retrofit_label(world, run, green)
        capex = system_capex(world, buildings, run, a, system, option, year)
        support = expected_subsidy(world, run, capex * world.signals[run].capital_subsidy_share if green else 0.0, year)
        life = life_of(p, system, option)
        energy = share * heat_cost(world, buildings, types, run, a, system, option, efficiency_of(p, s, system, option))
        annual = capex * p.building_equipment_fixed_cost + energy
        if option == current and not forced:
            annual = same * p.building_equipment_fixed_cost + share * running
        else:
            d = project_rate(world, buildings, run, a, first, label)
            annual += (capex - support) * capital_recovery_factor(d, life)
            saving = share * running - energy
            if option != current and not can_afford(
                world, run, first + a, label, capex - support, life, saving, 0.0, 0.0
            ):
                continue
        utility = option_utility(
            annual,
            reference,
            p.choice_cost_weight_replacement,
            p.choice_peer_weight,
            peers[kind, system, option],
            p.choice_attitude_weight * buildings.attitude[run, a] if green else 0.0,
            gumbel(
                world.seeds[run],
                key,
                buildings.cycle[run, a, system],
                Stream.CHOICE,
                system * TECHNOLOGIES + option,
            ),
        )
        if utility > best:
            best, choice = utility, option
    return -1 if choice == current and not forced else choice


@rule
def choose_first_systems(
    world: World, buildings: Buildings, types: TypeTable, run: int, a: int, first: int, year: int
) -> None:
    """Equipment of a new building, chosen as at an end of life from what is usual; its cost is part of the works."""
    p, s, kind, seed = world.parameters[run], world.series[run, year], buildings.kind[run, a], world.seeds[run]
    key = agent_id(a, buildings.generation[run, a], buildings.stage.shape[1])
    for system in range(SYSTEMS):
        buildings.cycle[run, a, system] = 0
        usual = share_to_technology(
            types.technology[kind, system], uniform(seed, key, 0, Stream.POPULATION, TECHNOLOGY_DRAW + system)
        )
        life_draw = uniform(seed, key, 0, Stream.LIFETIME, 1 + system)
        install_system(buildings, p, s, run, a, system, usual, year, life_draw)
        buildings.plan[run, a, system] = -1
        chosen = choose_system(world, buildings, types, run, a, first, system, year, True, types.technology)
        if chosen >= 0 and chosen != usual:
            install_system(buildings, p, s, run, a, system, chosen, year, life_draw)


@rule
def attention(world: World, buildings: Buildings, run: int, a: int) -> float:
    """Yearly probability that an owner reviews the building, raised by policy and by an excess over the quota."""
    p, signals = world.parameters[run], world.signals[run]
    extra = p.building_quota_attention if buildings.over_quota[run, a] > 0 else 0.0
    return min(1.0, p.attention_base + signals.attention + signals.retrofit_attention + extra)


@rule
def plan_systems(
    world: World,
    buildings: Buildings,
    types: TypeTable,
    run: int,
    a: int,
    first: int,
    year: int,
    reviewing: bool,
    peers: Floats,
) -> None:
    """Plan heating, hot water and cooking at the end of their life, or early when the owner reviews the building."""
    cost, support, low_carbon = 0.0, 0.0, True
    for system in range(SYSTEMS):
        forced = year - buildings.installed[run, a, system] >= buildings.equipment_life[run, a, system]
        if not forced and not reviewing:
            continue
        option = choose_system(world, buildings, types, run, a, first, system, year, forced, peers)
        if option < 0:
            continue
        buildings.plan[run, a, system] = option
        buildings.forced[run, a, system] = 1 if forced else 0
        capex = system_capex(world, buildings, run, a, system, option, year)
        cost += capex
        green = is_green(system, option)
        low_carbon = low_carbon and green
        support += capex * world.signals[run].capital_subsidy_share if green else 0.0
    if cost > 0.0:
        buildings.capex[run, a, Slot.SYSTEMS], buildings.subsidy[run, a, Slot.SYSTEMS] = cost, support
        apply_for(world, run, first + a, Slot.SYSTEMS, retrofit_label(world, run, low_carbon), cost, support, year)


@rule
def retrofit_saving(world: World, buildings: Buildings, types: TypeTable, run: int, a: int, option: int) -> float:
    """What a light (0) or deep (1) retrofit saves, Myuan/yr."""
    p, use, kind = world.parameters[run], buildings.use[run, a], buildings.kind[run, a]
    cooling = use[Use.COOLING] * price_of(world, buildings, types, run, a, int(Shape.COOLING))
    if option == 0:
        base = use[Use.BASE] * price_of(world, buildings, types, run, a, types.shape[kind])
        return p.light_retrofit_saving * (base + cooling) / YUAN_PER_MYUAN
    heat = heat_cost(
        world,
        buildings,
        types,
        run,
        a,
        int(System.HEATING),
        buildings.technology[run, a, System.HEATING],
        buildings.efficiency[run, a, System.HEATING],
    )
    return p.deep_retrofit_saving * (cooling / YUAN_PER_MYUAN + heat)


@rule
def plan_retrofit(
    world: World, buildings: Buildings, types: TypeTable, run: int, a: int, first: int, year: int, peers: Floats
) -> None:
    """Plan the retrofit of highest utility against none; ``peers`` [type, retrofit] are shares of the type."""
    p, signals, kind = world.parameters[run], world.signals[run], buildings.kind[run, a]
    key = agent_id(a, buildings.generation[run, a], buildings.stage.shape[1])
    label = retrofit_label(world, run, True)
    rate = project_rate(world, buildings, run, a, first, label)
    best = gumbel(world.seeds[run], key, 0, Stream.CHOICE, RETROFIT_TASTE)
    for option in range(RETROFITS):
        if buildings.retrofit[run, a, option] > 0:
            continue
        per_area = p.light_retrofit_cost if option == 0 else p.deep_retrofit_cost
        life = p.light_retrofit_life if option == 0 else p.deep_retrofit_life
        capex = per_area * buildings.area[run, a] / YUAN_PER_MYUAN
        promised = capex * min(1.0, signals.building_retrofit_subsidy + signals.capital_subsidy_share)
        support = expected_subsidy(world, run, promised, year)
        saving = buildings.owner_share[run, a] * retrofit_saving(world, buildings, types, run, a, option)
        factor = capital_recovery_factor(rate, life)
        utility = option_utility(
            (capex - support) * factor - saving,
            capex * factor,
            p.choice_cost_weight_addon,
            p.choice_peer_weight,
            peers[kind, option],
            p.choice_attitude_weight * buildings.attitude[run, a],
            gumbel(world.seeds[run], key, 0, Stream.CHOICE, RETROFIT_TASTE + 1 + option),
        )
        if utility > best and can_afford(world, run, first + a, label, capex - support, life, saving, 0.0, 0.0):
            best = utility
            buildings.planned_retrofit[run, a] = option + 1
            buildings.capex[run, a, Slot.RETROFIT] = capex
            buildings.subsidy[run, a, Slot.RETROFIT] = promised
    if buildings.planned_retrofit[run, a] > 0:
        cost, promised = buildings.capex[run, a, Slot.RETROFIT], buildings.subsidy[run, a, Slot.RETROFIT]
        apply_for(world, run, first + a, Slot.RETROFIT, label, cost, promised, year)
