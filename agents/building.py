"""Buildings (MODEL 3, P3): blocks of floor area with their end uses, equipment, life-cycle reduction and stage.

A building is a block of one type. It owns all floor-area energy of the park except factory shells. What it does is in
``building_population`` (who they are in 2020), ``building_choice`` (what they invest in), ``building_project`` (from
land listing to recycling, through the gates of ``gates``) and ``building_energy`` (energy, bills, outcomes).

The base cost of real estate is outside the model's money: only the extra cost of life-cycle reduction, equipment,
retrofits and energy are booked. Occupiers' income that pays them comes from OUTSIDE, what is left goes back there.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated, Any, NamedTuple

import numpy as np

from agents.axes import Label, Shape, Tariff
from agents.credit import SLOTS
from agents.fields import (
    LINE,
    Choices,
    Column,
    Field,
    Floats,
    Ids,
    Integers,
    Outcome,
    Places,
    Quantity,
    Records,
    Signal,
    Wishes,
    Years,
    fields_of,
    record_layout,
)
from agents.gates import STAGE_NAMES


class FloorType(IntEnum):
    """Types of floor area, in the order of ``building_types.csv`` and of the floor-area demand."""

    RESIDENTIAL = 0
    OFFICE = 1
    RETAIL = 2
    HOTEL = 3
    EDUCATION = 4
    WAREHOUSE = 5
    COLD_STORE = 6


class EndUse(IntEnum):
    """End uses of floor-area energy. BASE is light, plugs, lifts, fans and the cold of cold stores."""

    BASE = 0
    COOLING = 1
    HEATING = 2
    HOT_WATER = 3
    COOKING = 4


class System(IntEnum):
    """Equipment that turns energy into heat; the end use is the system's index + 2."""

    HEATING = 0
    HOT_WATER = 1
    COOKING = 2


class Technology(IntEnum):
    """What a system runs on. ELECTRIC is resistance for heat and induction for cooking."""

    GAS = 0
    LPG = 1
    ELECTRIC = 2
    HEAT_PUMP = 3


class Slot(IntEnum):
    """Credit applications of a building in one year."""

    SYSTEMS = 0
    RETROFIT = 1
    ROOFTOP = 2
    NEW_BUILDING = 3


# Plain integers for calls inside stages: passing an enum's member would compile a rule twice.
SYSTEMS_SLOT, RETROFIT_SLOT, ROOFTOP_SLOT, NEW_BUILDING_SLOT = (int(slot) for slot in Slot)
GREEN_LABEL, ORDINARY_LABEL = int(Label.GREEN), int(Label.ORDINARY)


class Use(IntEnum):
    """Yearly energy of a building in full use: electricity by load shape in MWh, fuels in tce."""

    BASE = 0
    COOLING = 1
    HEATING = 2
    WATER_AND_COOKING = 3
    GAS = 4
    LPG = 5


TYPES, END_USES, SYSTEMS, TECHNOLOGIES, USES = len(FloorType), len(EndUse), len(System), len(Technology), len(Use)
TYPE_NAMES = tuple(floor_type.name.lower() for floor_type in FloorType)
FIRST_HEAT_USE = 2  # end use of system 0
RETROFITS = 2  # light (controls, lighting, equipment) and deep (envelope)


TYPE_ROW = record_layout(
    [
        ("tariff", np.int64),  # index of Tariff
        ("load_shape", np.int64),  # index of Shape of base electricity
        ("block", np.float64),  # m2, mean block
        ("intensity", np.float64, (END_USES,)),  # kWh/m2: electricity for BASE and COOLING, useful heat for the others
        ("technology", np.float64, (SYSTEMS, TECHNOLOGIES)),  # share of floor area in 2020
        ("own_use", np.float64),  # share of new floor area that its developer uses itself
        ("sold", np.float64),  # share of new floor area that is sold (housing)
        ("owner_occupied", np.float64),  # share of existing floor area whose occupier decides
        ("embodied", np.float64, (5,)),  # kg/m2: A1-A3, A4-A5, B4, C1-C4, D (credit, negative, at full reuse)
        ("reference_electricity", np.float64),  # kWh/m2 of the reference building
        ("reference_fuel", np.float64),  # kWh/m2 of the reference building
        ("saving_years", np.float64),  # yr, present value of 1 a year saved over the owner's horizon
        ("quota", np.float64),  # kWh/m2 of electricity; 0 where no quota applies
        ("storeys", np.float64),
        ("usable_roof", np.float64),  # share of roof area
        ("hurdle", np.float64),  # 1/yr
        ("income", np.float64),  # yuan/m2/yr
    ]
)


class TypeTable(NamedTuple):
    """The park's building types."""

    floor_area: Floats  # [type] m2 in 2020
    blocks: Integers  # [type] number of blocks in 2020
    row: Records  # [type] of TYPE_ROW: rules take one row, which keeps them quick to compile


class Buildings(NamedTuple):
    """Columns of the building population, [runs, buildings]. Unused slots have stage EMPTY.

    They lie in memory in parts, see ``row_parts``: what every pass over all buildings reads, what the year's accounts
    need beside it, what those need who review, and what those plan who do, or build. A pass costs what it fetches from
    memory, and so whole numbers are as short as they can be, and each part takes whole lines of memory.
    """

    area: Annotated[Floats, Field("m2", "floor area")]
    lifetime: Annotated[Floats, Field("yr", "age at which the building will be demolished")]
    rooftop_pv: Annotated[Floats, Field("MW", "PV on the roof")]
    storage: Annotated[Floats, Field("MWh", "storage behind the meter")]
    enrolled: Annotated[Floats, Field("MW", "flexible load enrolled with the aggregator")]
    identity: Annotated[Ids, Field("1", "agent id, which keys the building's draws; an entrant gets a new one")]
    feeder: Annotated[Places, Field("1", "feeder that the building hangs on")]
    since: Annotated[Years, Field("yr", "year index in which the stage began")]
    completed: Annotated[Years, Field("yr", "year index of completion; negative before 2020")]
    rooftop_year: Annotated[Years, Field("yr", "year index in which the PV was built")]
    next_end: Annotated[Years, Field("yr", "first year index in which a system, PV or storage has reached its end")]
    kind: Annotated[Choices, Field("1", "floor type, index of FloorType")]
    stage: Annotated[Choices, Field("1", "stage of life, index of BuildingStage", source="Figure 6")]
    has_plan: Annotated[Choices, Field("1", "1 if anything is planned this year, 2 if a retrofit is")]
    over_quota: Annotated[Choices, Field("1", "1 if found above the energy quota this year")]
    lost_years: Annotated[Choices, Field("yr", "years that the project still loses")]
    technology: Annotated[Choices, Field("1", "index of Technology, by system", (SYSTEMS,))]
    retrofit: Annotated[Choices, Field("1", "1 if done: light, deep", (RETROFITS,))]

    use: Annotated[Floats, Field("MWh or tce", "yearly energy in full use at 2020 service", (USES,))]
    electricity: Annotated[Floats, Field("MWh", "electricity of the year, gross of PV")]
    fuel: Annotated[Floats, Field("tce", "gas and LPG of the year")]

    equipment_life: Annotated[Floats, Field("yr", "drawn life of the equipment, by system", (SYSTEMS,))]
    efficiency: Annotated[Floats, Field("1", "useful heat per energy, by system", (SYSTEMS,))]
    intensity: Annotated[Floats, Field("kWh/m2", "demand by end use: electricity, or useful heat", (END_USES,))]
    operation_factor: Annotated[Floats, Field("1", "operational energy over that of the 2020 stock's intensity")]
    owner_share: Annotated[Floats, Field("1", "share of running costs that who decides in operation bears")]
    attitude: Annotated[Floats, Field("1", "0 indifferent to 1 convinced of green options")]
    installed: Annotated[Years, Field("yr", "year index of installation, by system", (SYSTEMS,))]
    storage_year: Annotated[Years, Field("yr", "year index in which the storage was built")]
    generation: Annotated[Years, Field("1", "how many projects have used this slot before")]
    cycle: Annotated[Choices, Field("1", "equipment cycle, by system", (SYSTEMS,))]
    listed_binding: Annotated[Choices, Field("1", "1 if the rate required at land listing binds")]
    caught_at: Annotated[Choices, Field("1", "gate 1..6 that caught the project, 0 if none")]
    funded: Annotated[Choices, Field("1", "1 once the extra cost is paid")]

    capex: Annotated[Floats, Field("Myuan", "cost of what is planned, by slot", (SLOTS,))]
    subsidy: Annotated[Floats, Field("Myuan", "subsidy promised for it, by slot", (SLOTS,))]
    planned_pv: Annotated[Floats, Field("MW", "PV planned this year")]
    planned_storage: Annotated[Floats, Field("MWh", "storage planned this year")]
    listed_rate: Annotated[Floats, Field("1", "life-cycle reduction required at land listing", source="N13")]
    design_rate: Annotated[Floats, Field("1", "life-cycle reduction of the design")]
    achieved_rate: Annotated[Floats, Field("1", "life-cycle reduction of the finished building")]
    penalty: Annotated[Floats, Field("yuan/m2", "cost of late changes and delay")]
    slots_used: Annotated[Ids, Field("1", "in slot 0: slots ever used, which loops stop at; 0 if not counted")]
    plan: Annotated[Wishes, Field("1", "planned technology by system, -1 for none", (SYSTEMS,))]
    forced: Annotated[Choices, Field("1", "1 where the system is at the end of its life", (SYSTEMS,))]
    planned_retrofit: Annotated[Choices, Field("1", "0 none, 1 light, 2 deep")]
    label: Annotated[Choices, Field("1", "loan label asked for, by slot", (SLOTS,))]


FIRST_OF_PART = tuple(Buildings._fields.index(name) for name in ("area", "use", "equipment_life", "capex"))
MEMBERS = [(name, dtype, field.axes) for name, (field, dtype) in fields_of(Buildings).items()]
# One building as a record in four parts: columns are views into them, see building_rows.
ROW_PARTS = tuple(
    record_layout(MEMBERS[begin:end], LINE)
    for begin, end in zip(FIRST_OF_PART, (*FIRST_OF_PART[1:], None), strict=True)
)


TABLES: dict[str, tuple[Column, ...]] = {
    "building_types": (
        Column("type", "text", "1", "floor type, in the order of FloorType", choices=TYPE_NAMES),
        Column("chinese", "text", "1", "Chinese name"),
        Column("floor_area_2020", "number", "m2", "floor area in operation in the base year", 0.0),
        Column("blocks", "integer", "1", "agents that stand for it", 1.0),
        Column("tariff_class", "text", "1", "electricity tariff", choices=tuple(t.name for t in Tariff)),
        Column("base_intensity", "number", "kWh/m2", "electricity for light, plugs, fans, cold stores", 0.0),
        Column("cooling_intensity", "number", "kWh/m2", "electricity for cooling", 0.0),
        Column("heating_demand", "number", "kWh/m2", "useful heat for rooms", 0.0),
        Column("hot_water_demand", "number", "kWh/m2", "useful heat for hot water", 0.0),
        Column("cooking_demand", "number", "kWh/m2", "useful heat for cooking", 0.0),
        Column("heating_gas", "number", "1", "share of floor area", 0.0, 1.0),
        Column("heating_electric", "number", "1", "share of floor area", 0.0, 1.0),
        Column("heating_heat_pump", "number", "1", "share of floor area", 0.0, 1.0),
        Column("hot_water_gas", "number", "1", "share of floor area", 0.0, 1.0),
        Column("hot_water_lpg", "number", "1", "share of floor area", 0.0, 1.0),
        Column("hot_water_electric", "number", "1", "share of floor area", 0.0, 1.0),
        Column("hot_water_heat_pump", "number", "1", "share of floor area", 0.0, 1.0),
        Column("cooking_gas", "number", "1", "share of floor area", 0.0, 1.0),
        Column("cooking_lpg", "number", "1", "share of floor area", 0.0, 1.0),
        Column("cooking_electric", "number", "1", "share of floor area", 0.0, 1.0),
        Column("own_use_share", "number", "1", "new floor area used by its developer", 0.0, 1.0),
        Column("sold_share", "number", "1", "new floor area that is sold as housing", 0.0, 1.0),
        Column("owner_occupied_share", "number", "1", "existing floor area whose occupier decides", 0.0, 1.0),
        Column("embodied_a1_a3", "number", "kg/m2", "materials (EN 15978)", 0.0),
        Column("embodied_a4_a5", "number", "kg/m2", "transport and construction", 0.0),
        Column("embodied_b4", "number", "kg/m2", "replacement over the design life", 0.0),
        Column("embodied_c1_c4", "number", "kg/m2", "demolition, transport, processing, disposal", 0.0),
        Column("embodied_d", "number", "kg/m2", "credit beyond the system boundary at full reuse", None, 0.0),
        Column("reference_electricity", "number", "kWh/m2", "electricity of the reference building", 0.0),
        Column("reference_fuel", "number", "kWh/m2", "fuel of the reference building", 0.0),
        Column("saving_years", "number", "yr", "present value of 1 a year saved, over the owner's horizon", 0.0),
        Column("quota", "number", "kWh/m2", "energy quota on electricity; 0 for none", 0.0),
        Column("storeys", "number", "1", "mean storeys", 1.0),
        Column("usable_roof_share", "number", "1", "roof area that can carry PV", 0.0, 1.0),
        Column("hurdle_rate", "number", "1/yr", "project hurdle rate", 0.0, 1.0),
        Column("income", "number", "yuan/m2/yr", "rent, imputed rent or budget", 0.0),
    )
}


def building_quantities() -> list[Quantity]:
    """Parameters of ``parameters/building.csv`` that are not the gates': name, unit, meaning, ``whole`` if they are."""
    declared = """
    split_share_speculative|1|share of the saving that a speculative developer or a landlord keeps
    split_share_sold|1|share of the saving that a developer of housing for sale keeps
    building_size_spread|1|standard deviation of the logarithm of block size
    building_intensity_spread|1|standard deviation of the logarithm of energy intensity
    building_oldest_2020|yr|age of the oldest building in 2020
    building_life_mean|yr|mean life of buildings
    building_life_shape|1|Weibull shape of the age hazard of demolition
    building_new_share_2020|1/yr|share of the stock completed a year by projects under way in 2020
    building_construction_years|yr|from first works to acceptance|whole
    building_demand_lead|yr|years ahead for which developers list land
    building_projects_per_type|1|most projects of a type listed in a year|whole
    building_occupancy_least|1|use of floor area where demand falls below the stock
    building_occupancy_most|1|use of floor area where demand outgrows the stock
    building_boiler_efficiency|1|gas and LPG boilers
    building_resistance_efficiency|1|electric resistance heat
    building_stove_efficiency|1|gas and LPG stoves
    building_induction_efficiency|1|induction stoves
    building_heating_hours|h/yr|full-load hours of heating equipment
    building_hot_water_hours|h/yr|full-load hours of hot-water equipment
    building_cooking_hours|h/yr|full-load hours of stoves
    building_boiler_capex|yuan/kW|boiler
    building_resistance_capex|yuan/kW|resistance heater
    building_gas_stove_capex|yuan/kW|gas or LPG stove
    building_induction_capex|yuan/kW|induction stove
    building_gas_connection|yuan/m2|gas connection where nothing runs on gas yet
    building_reversible_capex|yuan/kW|room heating by the air conditioner that cooling needs anyway
    building_equipment_life_spread|1|half width of equipment lives around their mean
    building_equipment_fixed_cost|1/yr|maintenance of equipment, share of capex
    building_boiler_life|yr|boiler
    building_heat_pump_life|yr|heat pump
    building_resistance_life|yr|resistance heater
    building_stove_life|yr|stove
    light_retrofit_cost|yuan/m2|controls, lighting, equipment
    light_retrofit_saving|1|of base and cooling electricity
    light_retrofit_life|yr|light retrofit
    deep_retrofit_cost|yuan/m2|envelope and systems
    deep_retrofit_saving|1|of heating and cooling
    deep_retrofit_life|yr|deep retrofit
    building_attitude_mean|1|mean attitude to green options
    building_quota_attention|1/yr|added probability of review after a quota excess
    household_gas_price_ratio|1|household over industrial gas price
    building_running_share|1|share of income that other running costs take
    building_cash_months|month|income kept as cash
    demand_response_share|1|share of cooling load that can be shifted or cut
    cooling_full_load_hours|h/yr|full-load hours of cooling
    demand_response_effort|yuan/MW/yr|cost of controls and comfort per MW enrolled
    """
    rows = (line.strip().split("|") for line in declared.strip().splitlines())
    return [Quantity(name, unit, meaning, whole="whole" in rest) for name, unit, meaning, *rest in rows]


PARAMETERS: list[Quantity] = building_quantities()

SERIES: list[Quantity] = [
    Quantity("building_heat_pump_cop", "1", "seasonal performance of a new heat pump"),
    Quantity("capex_building_heat_pump", "yuan/kW", "installed cost of a heat pump"),
    Quantity("building_service_housing", "1", "light, appliance and cooling service per m2 of housing, 2020 = 1"),
    Quantity("building_service_other", "1", "light, appliance and cooling service per m2 elsewhere, 2020 = 1"),
    Quantity("building_code_intensity", "1", "operational energy of a reference new building over the stock of 2020"),
]

SIGNALS: list[Signal] = [
    Signal("energy_quota_on", "1", "1 while buildings have an energy quota (G7)", "P3", "largest", 0.0),
    Signal("quota_surcharge", "yuan/MWh", "surcharge on electricity above the quota (G7)", "P3", "largest", 0.0),
    Signal("retrofit_attention", "1/yr", "added yearly probability that owners review their buildings", "P2"),
    Signal("building_retrofit_subsidy", "1", "share of retrofit cost that is paid", "P5", "largest"),
]

OUTCOMES: list[Outcome] = [
    *(Outcome(f"floor_area_{n}", "m2", f"floor area in operation, {n}", "", f"Floor Area|{n}") for n in TYPE_NAMES),
    Outcome("floor_area", "m2", "floor area in operation", "", "Floor Area"),
    Outcome("floor_area_listed", "m2/yr", "floor area of land listings"),
    Outcome("floor_area_completed", "m2/yr", "floor area completed", "", "Floor Area|Completed"),
    Outcome("floor_area_demolished", "m2/yr", "floor area that came down", "", "Floor Area|Demolished"),
    Outcome("floor_area_unlisted", "m2/yr", "floor area wanted but not listed for want of agent slots"),
    *(Outcome(f"buildings_{n}", "1", f"buildings in {n}", "P3", f"Buildings|Stage|{n}") for n in STAGE_NAMES[1:]),
    Outcome("buildings_base_electricity", "MWh", "light, plugs, fans, cold stores", "", "Buildings|Electricity|Base"),
    Outcome("buildings_cooling_electricity", "MWh", "cooling", "", "Buildings|Electricity|Cooling"),
    Outcome("buildings_heating_electricity", "MWh", "room heating", "", "Buildings|Electricity|Heating"),
    Outcome("buildings_water_cooking_electricity", "MWh", "hot water and cooking", "", "Buildings|Electricity|Water"),
    Outcome("buildings_gas", "tce", "gas in buildings", "", "Buildings|Gas"),
    Outcome("buildings_lpg", "tce", "LPG in buildings", "", "Buildings|LPG"),
    Outcome("buildings_rooftop_pv", "MW", "PV on building roofs", "N12", "Buildings|Rooftop PV"),
    Outcome("buildings_storage", "MWh", "storage behind buildings' meters", "N12", "Buildings|Storage"),
    Outcome("buildings_enrolled", "MW", "flexible load of buildings enrolled", "N12", "Buildings|Flexible Load"),
    Outcome("buildings_retrofitted_light", "m2/yr", "floor area with a light retrofit this year"),
    Outcome("buildings_retrofitted_deep", "m2/yr", "floor area with a deep retrofit this year"),
    Outcome("buildings_over_quota", "1", "buildings found above their energy quota", "P3"),
    Outcome("quota_surcharges", "Myuan/yr", "surcharges paid for energy above quota", "P3"),
    Outcome("buildings_scale_electricity", "1", "scale on electric demands that meets the base year (2020 only)"),
    Outcome("buildings_scale_gas", "1", "scale on gas demands that meets the base year (2020 only)"),
    Outcome("buildings_scale_lpg", "1", "scale on LPG demands that meets the base year (2020 only)"),
    Outcome("buildings_energy_cost", "Myuan/yr", "energy, carbon and surcharges paid by buildings"),
]


def type_table(columns: dict[str, Any]) -> TypeTable:
    """Arrays of the building types from the columns of ``building_types.csv`` (rows in the order of FloorType).

    Raises ValueError where rows are out of order or technology shares do not add up to one.
    """
    if tuple(columns["type"]) != TYPE_NAMES:
        raise ValueError(f"building_types.csv: rows must be {', '.join(TYPE_NAMES)} in this order")
    technology = np.zeros((TYPES, SYSTEMS, TECHNOLOGIES))
    for system in System:
        for option in Technology:
            name = f"{system.name}_{option.name}".lower()
            if name in columns:
                technology[:, system, option] = columns[name]
    wrong = np.abs(technology.sum(axis=2) - 1.0) > 1e-6
    if wrong.any():
        raise ValueError(f"building_types.csv: technology shares of {TYPE_NAMES[int(wrong.nonzero()[0][0])]} miss 1")
    shapes = np.full(TYPES, int(Shape.COMMERCE))
    shapes[FloorType.RESIDENTIAL], shapes[FloorType.COLD_STORE] = Shape.HOUSING, Shape.COLD_STORE
    uses = ("base_intensity", "cooling_intensity", "heating_demand", "hot_water_demand", "cooking_demand")
    modules = ("embodied_a1_a3", "embodied_a4_a5", "embodied_b4", "embodied_c1_c4", "embodied_d")
    row = np.zeros(TYPES, TYPE_ROW).view(np.recarray)
    row.tariff = [int(Tariff[name]) for name in columns["tariff_class"]]
    row.load_shape = shapes
    for member, name in TYPE_COLUMNS.items():
        row[member] = columns[name]
    row.intensity = np.stack([columns[name] for name in uses], axis=1)
    row.embodied = np.stack([columns[name] for name in modules], axis=1)
    row.technology = technology
    area, blocks = np.array(columns["floor_area_2020"], dtype=float), np.array(columns["blocks"], dtype=np.int64)
    row.block = area / blocks
    return TypeTable(area, blocks, row)


TYPE_COLUMNS = {
    "own_use": "own_use_share",
    "sold": "sold_share",
    "owner_occupied": "owner_occupied_share",
    "reference_electricity": "reference_electricity",
    "reference_fuel": "reference_fuel",
    "saving_years": "saving_years",
    "quota": "quota",
    "storeys": "storeys",
    "usable_roof": "usable_roof_share",
    "hurdle": "hurdle_rate",
    "income": "income",
}
