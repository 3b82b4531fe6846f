"""What all firm stages read beside the world, as records: tables of the park, the peer network, prices of the year.

What a firm's plant is and plans is a row of structured arrays (``row_parts``), so that a rule takes one record instead
of fifty columns: compiled code passes pointers, and a rule reads ``firm.hurdle_rate``. What every firm needs every year
lies in columns (:class:`agents.firm.Business`). :class:`agents.firm.Firms` shows the memory of both as columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from agents.axes import LABELS, Account, Carrier, Shape, Tariff
from agents.compiled import rule
from agents.errors import InputError
from agents.fields import LINE, Floats, Integers, Records, fields_of, record_layout
from agents.firm import HEATS, MEASURES, ROOFTOP, SECTOR_NAMES, STORAGE, USE_NAMES, USES, Business, Firms, Heat
from agents.investment_parameters import MWH_PER_TCE, emission_factor
from agents.networks import PeerNetwork, mark, tell_neighbours_both
from agents.row_parts import RowParts, fetch
from agents.units import YUAN
from agents.working_space import aligned
from agents.world import World

Table = Mapping[str, Any]
COLUMNS = frozenset(Business._fields)
FUEL_HEAT = (Heat.COAL_BOILER, Heat.GAS_BOILER, Heat.BIOMASS_BOILER, Heat.HYDROGEN_BOILER)

SECTOR_FIELDS = record_layout(
    [
        ("output", "i8"),  # index of SECTOR_NAMES
        ("fuel_share", "f8", (HEATS,)),  # of the INDUSTRY account's fuel of each heat system
        ("supply_chain", "i8"),
        *((name, "f8") for name in ("output_share", "number_share", "electricity_share", "shell_share", "motive_share",
                                    "air_share", "low_heat", "size_spread", "margin", "hurdle_rate", "hurdle_spread",
                                    "building_electricity")),
    ]
)  # fmt: skip
HEAT_FIELDS = record_layout([("carrier", "i8"), ("low_carbon", "i8"), ("efficiency", "f8"), ("capex", "f8"),
                        ("fixed_cost", "f8"), ("life", "f8")])  # fmt: skip
# ``upkeep`` is a measure's maintenance, Myuan/yr per MWh that its end use still needs with it in place.
MEASURE_FIELDS = record_layout([("use", "i8"), ("saving", "f8"), ("capex", "f8"), ("fixed_cost", "f8"), ("life", "f8"),
                           ("upkeep", "f8")])  # fmt: skip
# Base-year means of a sector in a run, per Myuan of output volume: useful MWh by use, m2 of shells, t of scope 1.
BASE_FIELDS = record_layout([("intensity", "f8", (USES,)), ("shell", "f8"), ("benchmark", "f8")])
# What firms face in a year: yuan/MWh of final energy and of its covered CO2 by heat system, yuan/MWh of power bought,
# of PV used and sold; share financed, longest tenor and support by label; PV cost in Myuan/MW.
MARKET_FIELDS = record_layout([("heat_price", "f8", (HEATS,)), ("heat_carbon", "f8", (HEATS,)), ("power", "f8"),
                          ("solar", "f8"), ("feed_in", "f8"), ("financed", "f8", (LABELS,)), ("tenor", "f8", (LABELS,)),
                          ("reference_rate", "f8"), ("cover", "f8"), ("pv_capex", "f8"),
                          ("flexibility", "f8")])  # fmt: skip


class FirmTables(NamedTuple):
    """The firms' own memory and what their stages read; from ``market`` on, what stages fill and keep up to date."""

    business: Business  # [runs, firms] a column
    rows: RowParts  # [runs, firms] what is not in business

    sectors: Records  # [sectors] SECTOR_FIELDS
    heat: Records  # [Heat] HEAT_FIELDS
    measures: Records  # [MEASURES] MEASURE_FIELDS
    base: Records  # [runs, sectors] BASE_FIELDS
    market: Records  # [runs] MARKET_FIELDS
    owners: Integers  # [runs, firms] slots of the firms with energy of their own, in order
    owner_number: Integers  # [runs] how many they are
    choosers: Integers  # [runs, firms] slots of the firms that choose this year, in order
    chooser_number: Integers  # [runs]
    shown: Integers  # [runs, firms, 2] what a firm showed its neighbours last: its heat system; its add-ons
    seen: Integers  # [runs, firms, 2] sums of what its neighbours showed
    network: PeerNetwork


FIRST_OF_PART = ("need", "unit_need", "reference_electricity", "measure_end")  # of Firms, see RowParts
SHORT_PART = "reference_electricity"  # two of its rows share a line of memory; all others take whole lines


@lru_cache(maxsize=1)
def row_layouts() -> tuple[np.dtype[Any], ...]:
    """Layouts of the parts of a firm's row: the columns of Firms that are not Business."""
    held = [(name, dtype, field.axes) for name, (field, dtype) in fields_of(Firms).items() if name not in COLUMNS]
    hidden = [name for name, _, _ in held if hasattr(np.void, name)]
    if hidden:  # numpy would show its own attribute of that name where numba reads the member
        raise TypeError(f"columns of firms hide behind attributes of numpy records: {', '.join(hidden)}")
    begin = [[name for name, _, _ in held].index(name) for name in FIRST_OF_PART]
    return tuple(
        record_layout(held[a:b], LINE if name != SHORT_PART else 1)
        for name, a, b in zip(FIRST_OF_PART, begin, (*begin[1:], None), strict=True)
    )


def make_rows(runs: int, firms: int) -> RowParts:
    """Zeroed rows [runs, firms]."""
    return RowParts(*(aligned((runs, firms), layout) for layout in row_layouts()))


def columns_of(tables: FirmTables) -> Firms:
    """All columns of the firms, [runs, firms, *axes]: the memory of ``tables.business`` and ``tables.rows``."""
    held = tables.rows.columns() | tables.business._asdict()
    return Firms(*(held[name] for name in Firms._fields))


def check_memory(firms: Firms, tables: FirmTables) -> None:
    """Stages move what ``tables`` holds. Raises TypeError for columns with memory of their own."""
    if firms.sector is not tables.business.sector:
        raise TypeError("these columns are not the firms of the tables: make them with populate and do not copy them")


def table_records(layout: np.dtype[Any], table: Table, **extra: Any) -> Records:
    """A record array of a park's table: members of ``layout`` from ``extra`` or the table's column of that name."""
    rows = len(table["name"])
    made = np.zeros(rows, layout).view(np.recarray)
    for name in layout.names or ():
        made[name] = extra[name] if name in extra else np.asarray(table[name])
    return made


def firm_tables(tables: Mapping[str, Table], network: PeerNetwork, runs: int) -> FirmTables:
    """Tables of the park as records; ``tables`` maps firm_sectors, heat_options and efficiency_measures to columns.

    Raises InputError where heat options are not the model's six in order or measures are not five.
    """
    sectors, heat, measures = tables["firm_sectors"], tables["heat_options"], tables["efficiency_measures"]
    problems = []
    wanted = [option.name.lower() for option in Heat]
    if list(heat["name"]) != wanted:
        problems.append(f"heat_options.csv: rows must be {', '.join(wanted)}, in this order")
    if len(measures["name"]) != MEASURES:
        problems.append(f"efficiency_measures.csv: {len(measures['name'])} rows; expected {MEASURES}")
    if problems:
        raise InputError(problems)
    fuel_share = np.zeros((len(sectors["name"]), HEATS))
    for option in FUEL_HEAT:
        fuel_share[:, option] = sectors[f"{Carrier[heat['carrier'][option].upper()].name.lower()}_share"]
    uses, saved = [USE_NAMES.index(name) for name in measures["use"]], np.asarray(measures["saving"])
    cost = np.asarray(measures["capex"]) * np.asarray(measures["fixed_cost"]) * YUAN
    output, firms = [SECTOR_NAMES.index(name) for name in sectors["output"]], len(network.sector)
    columns: dict[str, Any] = {name: np.zeros((runs, firms), fields_of(Firms)[name][1]) for name in Business._fields}
    return FirmTables(
        Business(**columns),
        make_rows(runs, firms),
        table_records(SECTOR_FIELDS, sectors, output=output, fuel_share=fuel_share),
        table_records(HEAT_FIELDS, heat, carrier=[Carrier[name.upper()] for name in heat["carrier"]]),
        table_records(MEASURE_FIELDS, measures, use=uses, upkeep=saved / (1.0 - saved) * cost),
        np.zeros((runs, len(output)), BASE_FIELDS).view(np.recarray),
        np.zeros(runs, MARKET_FIELDS).view(np.recarray),
        np.zeros((runs, firms), np.int64),
        np.zeros(runs, np.int64),
        np.zeros((runs, firms), np.int64),
        np.zeros(runs, np.int64),
        np.zeros((runs, firms, 2), np.int64),
        np.zeros((runs, firms, 2), np.int64),
        network,
    )


def check_base_energy(base_energy: Floats, tables: FirmTables) -> None:
    """Refuse a base year whose INDUSTRY fuels firms have no technology for, or sector shares that do not sum to one."""
    served = {int(tables.heat.carrier[option]): option for option in FUEL_HEAT}
    problems = []
    for carrier in Carrier:
        used = float(np.max(base_energy[:, Account.INDUSTRY, carrier]))
        if used <= 0.0:
            continue
        share = tables.sectors.electricity_share if carrier == Carrier.ELECTRICITY else None
        if carrier in served:
            share = tables.sectors.fuel_share[:, served[carrier]]
        if share is None:
            problems.append(f"base year: INDUSTRY uses {carrier.name.lower()}, for which firms have no technology")
        elif abs(float(np.sum(share)) - 1.0) > 1e-4:
            problems.append(
                f"firm_sectors.csv: {carrier.name.lower()}_share sums to {float(np.sum(share)):g}; expected 1"
            )
    if problems:
        raise InputError(problems)


@rule
def fetch_firm(rows: RowParts, run: int, slot: int) -> None:
    """Ask memory for all of a firm's row, some time before it is needed."""
    fetch(rows.state, run, slot)
    fetch(rows.needs, run, slot)
    fetch(rows.rare, run, slot)


@rule
def show(tables: FirmTables, firm: Records, run: int, slot: int, year: int) -> None:
    """Let a firm's neighbours see what it uses, when firms choose in a year after it has changed; they are told what is
    new since they last were."""
    shown = tables.shown[run, slot]
    heat, addons = mark(firm.heat_system) + mark(HEATS), 0
    for measure in range(MEASURES):
        addons += mark(measure) * (1 if firm.measure_end[measure] > year else 0)
    addons += mark(ROOFTOP) if firm.pv_capacity > 0.0 else 0
    addons += mark(STORAGE) if firm.storage_capacity > 0.0 else 0
    if (heat != shown[0]) | (addons != shown[1]):
        start, neighbour = tables.network.start, tables.network.neighbour
        tell_neighbours_both(start, neighbour, slot, heat - shown[0], addons - shown[1], tables.seen[run])
        shown[0], shown[1] = heat, addons


@rule
def hide(tables: FirmTables, run: int, slot: int) -> None:
    """Neighbours no longer see what a firm used that has left; an entrant shows its own when firms choose."""
    start, neighbour, shown = tables.network.start, tables.network.neighbour, tables.shown[run, slot]
    tell_neighbours_both(start, neighbour, slot, -shown[0], -shown[1], tables.seen[run])
    shown[0], shown[1] = 0, 0


@rule
def read_market(world: World, tables: FirmTables, run: int, year: int) -> None:
    """Fill the year's market record of a run: prices, carbon charges and credit terms as firms meet them."""
    market, p, signal = tables.market[run], world.parameters[run], world.signals[run]
    last = world.record[run, max(0, year - 1)]
    market.power = world.prices.tariff[run, Tariff.INDUSTRY, Shape.INDUSTRY]
    market.solar = world.prices.solar_tariff[run, Tariff.INDUSTRY]
    market.feed_in = world.prices.feed_in[run]
    charge = signal.carbon_coverage * signal.carbon_price
    for option in range(HEATS):
        carrier = tables.heat[option].carrier
        fuel = world.prices.fuel[run, carrier] / MWH_PER_TCE
        market.heat_price[option] = market.power if carrier == Carrier.ELECTRICITY else fuel
        market.heat_carbon[option] = charge * emission_factor(p, carrier) / MWH_PER_TCE
    for label in range(LABELS):
        market.financed[label] = min(p.debt_share, world.terms.advance_ratio[run, label])
        market.tenor[label] = world.terms.tenor[run, label]
    market.reference_rate = world.terms.reference_rate[run]
    market.cover = 1.0 - last.subsidy_cut
    learning = last.local_learning_pv if year > 0 else 1.0
    market.pv_capex = world.series[run, year].capex_rooftop_pv * learning / 1e3  # yuan/kW to Myuan/MW
    market.flexibility = last.flexibility_income_per_mw
