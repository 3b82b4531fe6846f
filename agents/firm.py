"""Firms: what they are and declare. Rules and stages: firm_population, firm_growth, firm_choice, firm_operation.

Manufacturing firms own process energy and factory shells (account INDUSTRY); trade, logistics and finance firms have
output, money and green-power wishes, while their energy is that of their buildings. MODEL 2, P2, P5, D7.
Mobile machinery inside INDUSTRY would need a fuel in the base-year table; Meishan's has gas and coal only, so none.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated, NamedTuple

from agents.axes import LABELS
from agents.credit import SLOTS
from agents.fields import (
    Choices,
    Column,
    Field,
    Floats,
    Ids,
    Integers,
    Outcome,
    Places,
    Quantity,
    Signal,
    Years,
)


class Heat(IntEnum):
    """Heat systems, in the order of heat_options.csv."""

    COAL_BOILER = 0
    GAS_BOILER = 1
    ELECTRIC_BOILER = 2
    HEAT_PUMP = 3
    BIOMASS_BOILER = 4
    HYDROGEN_BOILER = 5


class Use(IntEnum):
    """End uses that efficiency measures act on; ALL is every use of electricity."""

    MOTIVE = 0
    AIR = 1
    PROCESS = 2
    SHELL = 3
    HEAT = 4
    ALL = 5


class Slot(IntEnum):
    """Applications a firm can make in one year."""

    HEAT = 0
    EFFICIENCY = 1
    ROOFTOP = 2
    STORAGE = 3


class Occasion(IntEnum):
    """Why a firm weighs heat systems this year."""

    NONE = 0
    END_OF_LIFE = 1
    ENTRY = 2
    ATTENTION = 3


HEATS, USES, MEASURES = len(Heat), len(Use), 5
SECTOR_NAMES = ("logistics", "automobile", "manufacturing", "trade", "finance")
USE_NAMES = ("motive", "air", "process", "shell", "heat", "all")
NOTHING = -1
ROOFTOP, STORAGE = MEASURES, MEASURES + 1  # places of PV and storage among the add-ons, after the measures
ADDONS = MEASURES + 2


class Firms(NamedTuple):
    """Columns of the firms, [runs, firms]. Years are indices, 2020 is 0. Intensities are per Myuan of output volume.

    Those of :class:`Business` lie in one piece each; all others share rows in memory, one a firm, in the four parts of
    ``row_parts``: what plants use and cost, what their needs follow from, what customers pay for, and what only those
    who choose need. A pass over all plants costs what it fetches from memory, in lines of 64 bytes: whole numbers are
    as short as they can be, and what is used together lies together.
    """

    sector: Annotated[Choices, Field("1", "row of the sector table")]
    identity: Annotated[Integers, Field("1", "agent id: slot plus number of firms times generation; keys all draws")]
    relative_size: Annotated[Floats, Field("1", "drawn relative size")]
    deviation: Annotated[Floats, Field("1", "log of output against the sector path, an AR(1)")]
    value_added: Annotated[Floats, Field("Myuan/yr", "value added", (), "N3")]
    volume: Annotated[Floats, Field("Myuan/yr", "output volume: value added less dematerialisation since 2020")]
    margin: Annotated[Floats, Field("1", "operating surplus per value added before energy cost changes")]
    margin_shock: Annotated[Floats, Field("1", "the year's standard normal shock to the margin; none in 2020")]
    negative_years: Annotated[Choices, Field("yr", "years of loss in a row")]
    entering: Annotated[Choices, Field("1", "1 in the year of entry")]
    choosing: Annotated[Choices, Field("1", "1 if the firm has any occasion to choose this year")]
    flexibility_cost: Annotated[Floats, Field("yuan/MW/yr", "income above which the firm lets its load be moved")]
    supplier: Annotated[Floats, Field("1", "rank under supply-chain pressure: under it while below its reach")]
    electricity: Annotated[Floats, Field("MWh/yr", "electricity used, gross of own PV")]
    flexible_load: Annotated[Floats, Field("MW", "load enrolled with the aggregator")]
    green_demand: Annotated[Floats, Field("MWh/yr", "electricity that green power may cover: own, or of its buildings")]
    green_share_wanted: Annotated[Floats, Field("1", "share of it wanted as green power", (), "P4")]
    green_premium_reservation: Annotated[Floats, Field("yuan/MWh", "highest premium the firm would pay", (), "P4")]
    green_power_bought: Annotated[Floats, Field("MWh/yr", "green power delivered, written by the market")]
    fuel: Annotated[Floats, Field("tce/yr", "fuel burnt by the heat system")]
    direct_emissions: Annotated[Floats, Field("t/yr", "scope 1 CO2")]
    emissions: Annotated[Floats, Field("t/yr", "scope 1 and 2 CO2, location-based, less green power")]
    verified_emissions: Annotated[Floats, Field("t/yr", "emissions for the rating; -1 without own energy")]
    allowance: Annotated[Floats, Field("t/yr", "free allowances of the local scheme; 0 without it")]
    carbon_cost: Annotated[Floats, Field("Myuan/yr", "carbon price paid on covered emissions")]
    energy_cost: Annotated[Floats, Field("Myuan/yr", "energy bills net of own PV and storage")]
    need: Annotated[Floats, Field("MWh/yr", "energy by Use after measures; heat useful, all electricity", (USES,))]
    heat_efficiency: Annotated[Floats, Field("1", "useful heat per final energy of the vintage")]
    pv_capacity: Annotated[Floats, Field("MW", "rooftop PV")]
    storage_capacity: Annotated[Floats, Field("MWh", "storage behind the meter")]
    pv_yield: Annotated[Floats, Field("MW", "rooftop PV less degradation")]
    measures_upkeep: Annotated[Floats, Field("Myuan/yr", "maintenance of the measures in place")]
    low_heat: Annotated[Floats, Field("1", "share of heat that is low temperature")]
    heat_end: Annotated[Floats, Field("yr", "end of life of the heat system")]
    first_end: Annotated[Floats, Field("yr", "when the first of measures, PV and storage in place ends")]
    fixed_cost: Annotated[Floats, Field("Myuan/yr", "maintenance of heat system, measures, PV and storage")]
    feeder: Annotated[Places, Field("1", "feeder of the factory")]
    heat_system: Annotated[Choices, Field("1", "index of Heat")]
    measures_in_place: Annotated[Choices, Field("1", "number of efficiency measures in place")]
    review: Annotated[Choices, Field("1", "1 if a rationed plan is taken up again next year")]
    heat_occasion: Annotated[Choices, Field("1", "index of Occasion")]
    reference_heat: Annotated[Choices, Field("1", "heat system in the base year")]

    unit_need: Annotated[Floats, Field("MWh", "energy by Use after measures: per Myuan, shell per m2", (USES - 1,))]
    unit_upkeep: Annotated[Floats, Field("Myuan/MWh", "maintenance of measures per energy needed, by Use", (USES,))]
    first_volume: Annotated[Floats, Field("Myuan/yr", "output volume in the base year or at entry")]
    first_shell_area: Annotated[Floats, Field("m2", "shell area in the base year or at entry")]
    shell_area: Annotated[Floats, Field("m2", "floor area of factory shells")]
    roof_area: Annotated[Floats, Field("m2", "roof usable for PV")]

    reference_electricity: Annotated[Floats, Field("MWh/Myuan", "electricity per output volume in the base year")]
    reference_fuel: Annotated[Floats, Field("tce/Myuan", "fuel per output volume in the base year")]
    reference_cost: Annotated[Floats, Field("yuan/yuan", "energy cost per output volume at base year or entry")]
    reference_fixed: Annotated[Floats, Field("yuan/yuan", "maintenance per output volume at base year or entry")]

    measure_end: Annotated[Floats, Field("yr", "end of life by efficiency measure; 0 if not in place", (MEASURES,))]
    pv_end: Annotated[Floats, Field("yr", "end of life of the PV plant")]
    storage_end: Annotated[Floats, Field("yr", "end of life of the storage")]
    addon_ended: Annotated[Choices, Field("1", "1 if the life of a measure, PV or storage is just over", (ADDONS,))]
    heat_best: Annotated[Choices, Field("1", "option of highest utility")]
    planned: Annotated[Floats, Field("1", "by slot, what is planned: option, number, MW or MWh; -1 nothing", (SLOTS,))]
    planned_capex: Annotated[Floats, Field("Myuan", "cost of what is planned, by slot", (SLOTS,))]
    planned_subsidy: Annotated[Floats, Field("Myuan", "subsidy promised for it, by slot", (SLOTS,))]
    loan_rate: Annotated[Floats, Field("1/yr", "real rate the bank offers this year, by label", (LABELS,))]
    hurdle_rate: Annotated[Floats, Field("1/yr", "project hurdle rate, real", (), "hurdle_firm_cn2")]
    intensity: Annotated[Floats, Field("MWh/Myuan", "useful energy per output volume, by Use; shell in none", (USES,))]
    attitude: Annotated[Floats, Field("1", "green attitude, 0 to 1")]
    heat_reference: Annotated[Floats, Field("Myuan/yr", "gross annual cost of like-for-like replacement")]
    spendable: Annotated[Floats, Field("Myuan", "cash at hand when choosing")]
    service_due: Annotated[Floats, Field("Myuan/yr", "debt service owed when choosing")]
    surplus_counted: Annotated[Floats, Field("Myuan/yr", "last year's surplus that may serve new debt")]
    addon_peers: Annotated[Floats, Field("1", "share of neighbours with each measure, PV, storage", (ADDONS,))]
    heat_peers: Annotated[Floats, Field("1", "share of neighbours by option", (HEATS,))]
    heat_cost: Annotated[Floats, Field("Myuan/yr", "equivalent annual cost by option", (HEATS,))]
    heat_taste: Annotated[Floats, Field("1", "Gumbel draw by option of this equipment cycle", (HEATS,))]
    generation: Annotated[Ids, Field("1", "how many firms held this slot before")]
    sub_district: Annotated[Places, Field("1", "sub-district")]
    heat_cycle: Annotated[Years, Field("1", "how many heat systems were bought")]
    pv_cycle: Annotated[Years, Field("1", "how many PV plants were bought")]
    storage_cycle: Annotated[Years, Field("1", "how many storages were bought")]
    measure_cycle: Annotated[Years, Field("1", "how often the measure was bought", (MEASURES,))]
    measure_planned: Annotated[Choices, Field("1", "1 if planned this year", (MEASURES,))]
    planned_label: Annotated[Choices, Field("1", "loan label of what is planned, by slot", (SLOTS,))]


class Business(NamedTuple):
    """The columns of :class:`Firms` that every firm needs every year, with or without plant; [runs, firms].

    Each lies in one piece in memory, so that a loop over all firms works on several at once.
    """

    sector: Choices
    identity: Integers
    relative_size: Floats
    deviation: Floats
    value_added: Floats
    volume: Floats
    margin: Floats
    margin_shock: Floats
    negative_years: Choices
    entering: Choices
    choosing: Choices
    flexibility_cost: Floats
    supplier: Floats
    electricity: Floats
    flexible_load: Floats
    green_demand: Floats
    green_share_wanted: Floats
    green_premium_reservation: Floats
    green_power_bought: Floats
    fuel: Floats
    direct_emissions: Floats
    emissions: Floats
    verified_emissions: Floats
    allowance: Floats
    carbon_cost: Floats
    energy_cost: Floats


PARAMETERS: list[Quantity] = [
    Quantity("firm_shell_area_2020", "m2", "factory shells in the base year"),
    Quantity("firm_shell_intensity", "MWh/m2", "electricity of factory shells"),
    Quantity("firm_shell_elasticity", "1", "growth of shell area per growth of output volume"),
    Quantity("firm_roof_per_shell", "1", "usable roof per shell area"),
    Quantity("firm_dematerialisation", "1/yr", "yearly fall of output volume per value added, before any measure"),
    Quantity("firm_output_persistence", "1", "AR(1) coefficient of a firm's output around its sector"),
    Quantity("firm_output_volatility", "1", "standard deviation of the yearly shock to log output"),
    Quantity("firm_margin_volatility", "1", "standard deviation of the yearly shock to the operating margin"),
    Quantity("firm_entrant_size", "1", "size of an entrant against the mean of its sector"),
    Quantity("firm_cash_share", "1", "cash kept, as a share of yearly cost; the rest is paid out"),
    Quantity("firm_tax_rate", "1", "tax on positive operating surplus"),
    Quantity("firm_cost_pass_through", "1", "share of energy price changes that customers pay"),
    Quantity("firm_operating_hours", "h/yr", "hours of production"),
    Quantity("firm_life_spread", "1", "half width of equipment lives around their mean"),
    Quantity("firm_heat_hours", "h/yr", "full-load hours of heat systems"),
    Quantity("firm_low_heat_spread", "1", "half width of a firm's low-temperature share around the sector's"),
    Quantity("heat_pump_medium_share", "1", "share of medium-temperature heat an industrial heat pump can serve"),
    Quantity("firm_flexible_share", "1", "share of mean load that can be shifted or cut"),
    Quantity("firm_flexibility_cost", "yuan/MW/yr", "median income that makes a firm enrol its flexible load"),
    Quantity("firm_flexibility_spread", "1", "standard deviation of the log of that income"),
    Quantity("supply_chain_green_share", "1", "share of electricity that customers ask a supplier to make green"),
    Quantity("supply_chain_premium", "yuan/MWh", "what a supplier under pressure would pay for it"),
    Quantity("rating_green_share", "1", "share of electricity a rated firm would make green for a better class"),
    Quantity("coal_boilers_refused", "1", "1: no coal boiler where none stood; rule at the end of 2020", whole=True),
    Quantity("firm_benchmark", "1", "free allowances per output against the sector's emission intensity of 2020"),
    Quantity("firm_benchmark_tightening", "1/yr", "yearly fall of the benchmark"),
]

SERIES: list[Quantity] = [
    Quantity("capex_heat_pump", "yuan/kW", "heat pump for low-temperature process heat, per thermal kW"),
    Quantity("capex_heat_pump_medium", "yuan/kW", "industrial heat pump for medium temperature, per thermal kW"),
    Quantity("heat_pump_cop", "1", "seasonal heat per electricity at low temperature"),
    Quantity("heat_pump_cop_medium", "1", "seasonal heat per electricity at medium temperature"),
    Quantity("supply_chain_reach", "1", "share of manufacturing firms asked by customers for green power"),
    *(
        Quantity(f"plan_share_{name}", "1", f"share of entrants that the plan gives to {name}", "D7")
        for name in SECTOR_NAMES
    ),
]

SIGNALS: list[Signal] = [
    Signal("coal_boiler_ban", "1", "1: no new coal boiler where none stood", "N12", "largest", "coal_boilers_refused"),
    Signal("coal_phase_out", "1", "1: no coal boiler at all is bought, gas replaces it", "N12", "largest", 0.0),
    Signal("clean_heat_subsidy", "1", "subsidised share of the capex of low-carbon heat", "P2", "add", 0.0),
    Signal("efficiency_subsidy", "1", "subsidised share of the capex of efficiency measures", "P2", "add", 0.0),
]

OUTCOMES: list[Outcome] = [
    Outcome("firm_exits", "1", "firms that left and were replaced"),
    Outcome("firm_electricity", "MWh", "electricity of firms, gross of own PV"),
    Outcome("firm_coal", "tce", "coal burnt by firms", "", "Final Energy|Industry|Coal"),
    Outcome("firm_gas", "tce", "gas burnt by firms", "", "Final Energy|Industry|Gas"),
    Outcome("firm_direct_emissions", "t", "scope 1 CO2 of firms", "", "Emissions|CO2|Energy|Demand|Industry"),
    Outcome("firm_low_carbon_heat", "1", "share of useful process heat from low-carbon systems"),
    Outcome("firm_measures", "1", "share of possible efficiency measures in place"),
    Outcome("firm_rooftop_pv", "MW", "rooftop PV of firms", "", "Capacity|Electricity|Solar|Rooftop|Firms"),
    Outcome("firm_storage", "MWh", "storage of firms", "", "Capacity|Electricity|Storage|Firms"),
    Outcome("firm_flexible_load", "MW", "load of firms enrolled with the aggregator"),
    Outcome("firm_green_power_wanted", "MWh", "green power that firms would buy at some premium"),
    Outcome("firm_allowances", "t", "free allowances of firms"),
    Outcome("firm_energy_cost", "Myuan", "energy bills and carbon cost of firms, net of own PV"),
]

TABLES: dict[str, tuple[Column, ...]] = {
    "firm_sectors": (
        Column("name", "text"),
        Column("output", "text", meaning="path of value added it belongs to", choices=SECTOR_NAMES),
        Column("output_share", "number", "1", "share of that path", 0.0, 1.0),
        Column("number_share", "number", "1", "share of firms", 0.0, 1.0),
        Column("electricity_share", "number", "1", "share of the INDUSTRY account", 0.0, 1.0),
        Column("gas_share", "number", "1", "share of the INDUSTRY account", 0.0, 1.0),
        Column("coal_share", "number", "1", "share of the INDUSTRY account", 0.0, 1.0),
        Column("biomass_share", "number", "1", "share of the INDUSTRY account", 0.0, 1.0),
        Column("hydrogen_share", "number", "1", "share of the INDUSTRY account", 0.0, 1.0),
        Column("shell_share", "number", "1", "share of factory shells", 0.0, 1.0),
        Column("motive_share", "number", "1", "motors in electricity beyond shells", 0.0, 1.0),
        Column("air_share", "number", "1", "compressed air in electricity beyond shells", 0.0, 1.0),
        Column("low_heat", "number", "1", "low temperature in process heat", 0.0, 1.0),
        Column("size_spread", "number", "1", "standard deviation of log size", 0.0, 3.0),
        Column("margin", "number", "1", "operating surplus per value added", 0.0, 1.0),
        Column("hurdle_rate", "number", "1/yr", "median project hurdle rate", 0.0, 1.0),
        Column("hurdle_spread", "number", "1", "standard deviation of its log", 0.0, 1.0),
        Column("building_electricity", "number", "MWh/Myuan", "electricity of its buildings", 0.0),
        Column("supply_chain", "integer", "1", "1 if customers may ask it for green power", 0, 1),
    ),
    "heat_options": (
        Column("name", "text", choices=tuple(h.name.lower() for h in Heat)),
        Column("carrier", "text", choices=("electricity", "gas", "coal", "biomass", "hydrogen")),
        Column("efficiency", "number", "1", "useful heat per final energy; heat pumps from their dated series", 0.0),
        Column("capex", "number", "yuan/kW", "per thermal kW; heat pumps from their dated series", 0.0),
        Column("fixed_cost", "number", "1/yr", "share of capex", 0.0, 1.0),
        Column("life", "number", "yr", "mean life", 1.0),
        Column("low_carbon", "integer", "1", "1 if green or transition money may pay for it", 0, 1),
    ),
    "efficiency_measures": (
        Column("name", "text"),
        Column("use", "text", meaning="end use it acts on", choices=USE_NAMES),
        Column("saving", "number", "1", "share of that use saved", 0.0, 1.0),
        Column("capex", "number", "yuan/MWh", "cost per MWh saved a year", 0.0),
        Column("fixed_cost", "number", "1/yr", "share of capex", 0.0, 1.0),
        Column("life", "number", "yr", "life", 1.0),
    ),
}
