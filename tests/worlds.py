"""Small worlds for tests (``from worlds import make_world``): what stages see, with Meishan's central values.

``make_world([firm], runs=2, borrowers=10, carbon_price=100.0)`` allocates the tables of a real run, fills what
parks/meishan knows, and sets overrides by name wherever that name is declared.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numba
import numpy as np

from agents import investment_parameters, lending, rooftop
from agents.axes import (
    ACCOUNTS,
    BASE_YEAR,
    CARBON_CLASSES,
    CARRIERS,
    HOLDERS,
    LABELS,
    SHAPES,
    TARIFFS,
    Account,
    CarbonClass,
    Carrier,
    Holder,
)
from agents.credit import Borrowers, Terms
from agents.fields import Column, Quantity, Signal, allocate, records
from agents.world import Prices, World
from sim.declarations import declarations

PARK = Path(__file__).resolve().parent.parent / "parks" / "meishan"

# Output of the base year by sector, Myuan.
BASE_VALUE_ADDED = {
    "value_added_logistics": 3500.0,
    "value_added_automobile": 4500.0,
    "value_added_manufacturing": 7000.0,
    "value_added_trade": 7000.0,
    "value_added_finance": 4000.0,
}

# Names that several kinds read and that sim or another kind declares; left out where a module given declares them.
COMMON: dict[str, dict[str, float]] = {
    "parameters": {},
    "series": {"grid_factor": 0.5422},
    "signals": {
        "carbon_price": 0.0,
        "carbon_coverage": 0.0,
        "allowance_scheme": 0.0,
        "transition_finance_open": 0.0,
        "guarantee_share": 0.0,
        "interest_subsidy": 0.0,
        "capital_subsidy_share": 0.0,
        "green_rate_discount": 0.0,
        "attention": 0.0,
        "green_power_obligation": 0.0,
        "green_power_premium_value": 0.0,
        "retrofit_obligation": 0.0,
    },
    "record": {
        "investment_new": 0.0,
        "investment_retrofit": 0.0,
        "public_budget": 100.0,
        "flexibility_income_per_mw": 0.0,
        "local_learning_pv": 1.0,
        **BASE_VALUE_ADDED,
    },
}

# Reconciliation A of the base year, GWh of electricity and ktce of fuels.
RECONCILIATION_A: dict[Account, dict[Carrier, float]] = {
    Account.PORT: {Carrier.ELECTRICITY: 40.0, Carrier.LNG: 9.0, Carrier.DIESEL: 4.0},
    Account.INDUSTRY: {Carrier.ELECTRICITY: 403.2, Carrier.GAS: 24.0, Carrier.COAL: 4.0},
    Account.BUILDINGS: {Carrier.ELECTRICITY: 259.2, Carrier.GAS: 11.0, Carrier.LPG: 3.0},
    Account.TRANSPORT: {Carrier.ELECTRICITY: 10.8, Carrier.DIESEL: 26.0, Carrier.GASOLINE: 19.0},
    Account.OTHER: {Carrier.ELECTRICITY: 46.8, Carrier.DIESEL: 5.0},
}
FUEL_PRICE = [640.0, 2000.0, 2400.0, 4700.0, 5300.0, 800.0, 4000.0, 8000.0, 1200.0]  # yuan/tce; electricity yuan/MWh
TARIFF = [640.0, 720.0, 538.0]  # industry, commerce, housing, yuan/MWh
SOLAR_TARIFF = [680.0, 760.0, 538.0]


def called(function: Callable[..., Any]) -> Callable[..., Any]:
    """A rule that takes tables, made callable from Python: such rules are compiled for stages to call, alone."""
    return numba.njit(error_model="numpy")(lambda *arguments: function(*arguments))


def rows(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV file, or none where the file does not exist."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def central_parameters() -> dict[str, float]:
    """Central value of every parameter of the park by name."""
    return {r["name"]: float(r["central"]) for p in sorted((PARK / "parameters").glob("*.csv")) for r in rows(p)}


def central_series(years: int) -> dict[str, np.ndarray]:
    """Central path [years] of every dated series: linear between its years, constant outside them."""
    points: dict[str, list[tuple[float, float]]] = {}
    for path in sorted((PARK / "series").glob("*.csv")):
        for row in rows(path):
            if "name" in row and "central" in row:
                points.setdefault(row["name"], []).append((float(row["year"]), float(row["central"])))
    calendar = np.arange(BASE_YEAR, BASE_YEAR + years)
    return {name: np.interp(calendar, *np.array(sorted(pairs), dtype=float).T) for name, pairs in points.items()}


def read_table(name: str, columns: Iterable[Column], folder: Path = PARK) -> dict[str, Any]:
    """Columns of a park's table: numbers as float arrays, integers as int64 arrays, text as a list."""
    found = rows(folder / f"{name}.csv")
    table: dict[str, Any] = {}
    for column in columns:
        values = [row[column.name] for row in found]
        if column.kind == "text":
            table[column.name] = values
        else:
            table[column.name] = np.array(values, dtype=np.float64 if column.kind == "number" else np.int64)
    return table


def declared(kinds: Iterable[ModuleType], attribute: str, table: str) -> list[Any]:
    """Everything the model declares for one table, in the order of a real run, and what only the modules given know.

    Tests thus meet the very types of a real run, and what one has compiled serves all.
    """
    whole = dict(getattr(declarations(), {"OUTCOMES": "outcomes"}.get(attribute, attribute.lower())))
    for module in kinds:
        for quantity in getattr(module, attribute, []):
            whole.setdefault(quantity.name, quantity)
    for name in COMMON[table]:
        whole.setdefault(name, Quantity(name, "1", "common to several kinds"))
    return list(whole.values())


def base_energy(runs: int) -> np.ndarray:
    """Reconciliation A, [runs, account, carrier] in MWh and tce."""
    energy = np.zeros((runs, ACCOUNTS, CARRIERS))
    for account, uses in RECONCILIATION_A.items():
        for carrier, amount in uses.items():
            energy[:, account, carrier] = amount * 1000.0
    return energy


def make_prices(runs: int) -> Prices:
    """Known prices of about 2020, the same in every run."""
    return Prices(
        fuel=np.tile(np.array(FUEL_PRICE), (runs, 1)),
        tariff=np.tile(np.array(TARIFF)[:, None], (runs, 1, SHAPES)),
        solar_tariff=np.tile(np.array(SOLAR_TARIFF), (runs, 1)),
        feed_in=np.full(runs, 415.3),
    )


def make_terms(runs: int) -> Terms:
    """Loan terms without any preference: 4 % real for all labels, five years, 70 % advance, ample budgets."""
    return Terms(
        rate=np.full((runs, LABELS, CARBON_CLASSES), 0.04),
        small_firm_spread=np.zeros(runs),
        small_firm_size=np.full(runs, 10.0),
        risk_spread=np.zeros(runs),
        pledge_discount=np.zeros(runs),
        tenor=np.full((runs, LABELS), 5.0),
        advance_ratio=np.full((runs, LABELS), 0.7),
        budget=np.full((runs, LABELS), 1e6),
        reference_rate=np.full(runs, 0.04),
    )


def make_borrowers(runs: int, agents: int, holder: int) -> Borrowers:
    """Borrowers of one holder, unrated, without cash or debt."""
    borrowers = allocate(Borrowers, runs, agents)
    borrowers.holder[...] = holder
    borrowers.carbon_class[...] = CarbonClass.UNRATED
    return borrowers


def make_world(
    kinds: Iterable[ModuleType] = (),
    runs: int = 2,
    feeders: int = 3,
    years: int = 5,
    borrowers: int = 10,
    holder: int = Holder.FIRMS,
    seeds: Iterable[int] | None = None,
    extras: Mapping[str, Mapping[str, Any]] | None = None,
    **overrides: Any,
) -> World:
    """A world of ``runs`` runs and ``years`` years around ``borrowers`` agents.

    ``extras`` adds names to "parameters", "series", "signals" or "record" that no module given declares. ``overrides``
    set values by name wherever declared (scalars, or arrays that broadcast to [runs] or [runs, years]); an unknown
    name is refused. A parameter or series without a row in parks/meishan stays at zero.
    """
    modules: list[ModuleType] = []
    for module in (investment_parameters, lending, rooftop, *kinds):
        if module not in modules:
            modules.append(module)
    tables: dict[str, list[Any]] = {}
    for attribute, table in (("PARAMETERS", "parameters"), ("SERIES", "series"), ("SIGNALS", "signals")):
        tables[table] = declared(modules, attribute, table)
    tables["record"] = declared(modules, "OUTCOMES", "record")
    for table, names in (extras or {}).items():
        known = {quantity.name for quantity in tables[table]}
        tables[table] += [Quantity(name, "1", "extra") for name in names if name not in known]
    shape: dict[str, int | tuple[int, ...]] = {
        "parameters": runs,
        "series": (runs, years),
        "signals": runs,
        "record": (runs, years),
    }
    held = {table: records(quantities, shape[table]) for table, quantities in tables.items()}
    values: dict[str, Any] = {**central_parameters(), **central_series(years)}
    for table in ("parameters", "series"):
        for name in held[table].dtype.names or ():
            if name in values:
                held[table][name] = values[name]
    for table, defaults in COMMON.items():
        for name, value in defaults.items():
            if not (table in ("parameters", "series") and name in values):
                held[table][name] = value
    for signal in tables["signals"]:
        if isinstance(signal, Signal):
            baseline = signal.baseline
            if isinstance(baseline, str):
                dated = held["series"][baseline][:, 0] if baseline in (held["series"].dtype.names or ()) else None
                baseline = held["parameters"][baseline] if dated is None else dated
            held["signals"][signal.name] = baseline
    for name, value in {**{k: v for names in (extras or {}).values() for k, v in names.items()}, **overrides}.items():
        places = [table for table in held if name in (held[table].dtype.names or ())]
        if not places:
            raise KeyError(f"no table declares '{name}'")
        for table in places:
            held[table][name] = value
    return World(
        seeds=np.array(list(seeds) if seeds is not None else range(1, runs + 1), dtype=np.int64),
        weather_seeds=np.array(list(seeds) if seeds is not None else range(1, runs + 1), dtype=np.int64),
        parameters=held["parameters"],
        series=held["series"],
        signals=held["signals"],
        record=held["record"],
        base_energy=base_energy(runs),
        energy=np.zeros((runs, ACCOUNTS, CARRIERS)),
        load=np.zeros((runs, feeders, SHAPES)),
        rooftop=np.zeros((runs, feeders)),
        storage=np.zeros((runs, feeders)),
        hosting_room=np.full((runs, feeders), 10.0),
        payments=np.zeros((runs, HOLDERS, HOLDERS)),
        prices=make_prices(runs),
        terms=make_terms(runs),
        borrowers=make_borrowers(runs, borrowers, holder),
        part=np.array([0, runs]),
    )


assert len(TARIFF) == TARIFFS
assert len(FUEL_PRICE) == CARRIERS
