"""An invented run with every published variable: smooth made-up curves, so that tables and figures can be tested."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from agents.axes import HOURS
from agents.fields import Outcome, records
from sim.results import NET, PUBLISHED, Judgement, Results, RunResult

SECTORS = ("Port", "Industry", "Buildings", "Transport", "Other")
FUELS = ("Gas", "LNG", "Diesel", "Gasoline", "Coal", "LPG", "Hydrogen", "Biomass")
UNITS = {"Population": "persons", "GDP": "Myuan", "Energy Consumption": "tce", "Port|Throughput": "TEU"}
MONEY = ("Finance", "Investment")
INTERNAL = ("lifecycle_rate_in_force", "lifecycle_design_rate")


def outcome_name(variable: str) -> str:
    """A snake_case name for a published variable."""
    return variable.lower().replace("|", "_").replace(" ", "_").replace("-", "_")


def declared_outcomes() -> list[Outcome]:
    """Every published variable and those that the figures ask for beyond them."""
    extra = [
        *(f"Emissions|CO2|{sector}" for sector in SECTORS),
        *(f"Final Energy|{fuel}" for fuel in FUELS),
        "Emissions|CO2|Account",
        "Carbon Sinks|Increment",
        *(f"Buildings|Gates|G{gate}|{what}" for gate in range(1, 10) for what in ("Passed", "Caught")),
        *(f"Port|Fleet|{drive}" for drive in ("Diesel", "LNG", "Electric", "Hydrogen")),
    ]
    made = []
    for variable in (*PUBLISHED, *extra):
        unit = UNITS.get(variable, "Myuan" if variable.startswith(MONEY) else "MWh")
        unit = "t" if variable.startswith(("Emissions", "Carbon")) else unit
        made.append(Outcome(outcome_name(variable), unit, "invented", "", variable))
    return made + [Outcome(name, "1", "invented") for name in INTERNAL]


def synthetic_results(
    scenario: str = "bau", strength: float = 0.0, runs: int = 1, years: int = 41, seed: int = 1
) -> Results:
    """Invented pathways; ``strength`` 0 to 1 bends them towards neutrality."""
    outcomes = declared_outcomes()
    record = records(outcomes, (runs, years))
    t = np.arange(years) / 40.0
    rng = np.random.default_rng(seed)
    noise = 1.0 + 0.01 * rng.standard_normal((runs, years))

    def put(variable: str, values: Any) -> None:
        record[outcome_name(variable)] = values

    fade = np.clip(1.0 + 1.1 * t - (2.0 + 3.5 * strength) * t**1.6, 0.02, None)
    shares = dict(zip(SECTORS, (30e3, 118e3, 68e3, 95e3, 19e3), strict=True))
    for sector, base in shares.items():
        put(f"Emissions|CO2|{sector}", base * fade * noise)
    gross = sum(record[outcome_name(f"Emissions|CO2|{sector}")] for sector in SECTORS)
    put("Emissions|CO2|Account", gross)
    put("Carbon Sinks", 20e3 + 9e3 * t)
    put("Carbon Sinks|Increment", 9e3 * t)
    put("Carbon Offsets", strength * np.where(t > 0.7, np.clip(gross - 9e3 * t, 0, 33e3), 0.0))
    put("Emissions|CO2|Net", gross - record["carbon_sinks_increment"] - record["carbon_offsets"])
    put("Emissions|CO2|Cumulative", np.cumsum(record["emissions_co2_net"], axis=1))
    put("Emissions|CO2|Scope 1", 200e3 * fade)
    put("Emissions|CO2|Scope 2|Location", 412e3 * fade)
    put("Emissions|CO2|Scope 2|Market", 412e3 * fade)
    put("Emissions|CO2|Scope 3|Buildings", 90e3 * (1 - 0.5 * t))
    put("Population", 90e3 + 60e3 * t)
    put("GDP", 29e3 * np.exp(1.5 * t) * noise)
    fuels = (35e3, 9e3, 35e3, 19e3, 4e3, 3e3, 0.0, 0.0)
    for fuel, base in zip(FUELS, fuels, strict=True):
        put(f"Final Energy|{fuel}", base * fade)
    put("Final Energy|Hydrogen", 6e3 * t**2)
    power = 760e3 * (1 + 1.2 * t)
    put("Final Energy|Electricity", power)
    put("Energy Consumption", power * 0.3 + sum(record[outcome_name(f"Final Energy|{fuel}")] for fuel in FUELS))
    wind, sun = 212e3 * (1 + 1.5 * t), 600e3 * t
    put("Electricity|Generation|Wind", wind)
    put("Electricity|Generation|PV", sun)
    put("Electricity|Demand", power)
    put("Electricity|Export", 60e3 * t)
    put("Electricity|Curtailment", 12e3 * t**2)
    put("Electricity|Import", power - wind - sun + 72e3 * t)
    put("Port|Throughput", 5.9e6 + 8e6 * t)
    put("Port|Energy|Electricity", 40e3 * (1 + 2 * t))
    put("Port|Energy|LNG", 9e3 * fade)
    put("Port|Energy|Diesel", 4e3 * fade)
    put("Port|Shore Power", 9e3 * t)
    for drive, curve in zip(
        ("Diesel", "LNG", "Electric", "Hydrogen"), (60 * fade, 255 * fade, 60 + 500 * t, 20 * t), strict=True
    ):
        put(f"Port|Fleet|{drive}", np.round(curve))
    put("Investment|New Build", (900 * (1 - 0.6 * t) + 200 * strength) * noise)
    put("Investment|Retrofit", (150 + 500 * t) * noise)
    put("Buildings|Life-cycle Reduction Rate", np.where(t > 0, 0.08 + 0.24 * strength, 0.0))
    put("lifecycle_rate_in_force", np.where(t > 0, 0.35 * strength, 0.1))
    put("lifecycle_design_rate", np.where(t > 0, 0.1 + 0.26 * strength, 0.0))
    for gate in range(1, 10):
        put(f"Buildings|Gates|G{gate}|Passed", np.where(t > 0, 60 - 20 * t + gate, 0.0))
        put(f"Buildings|Gates|G{gate}|Caught", np.where(t > 0, 14 - 12 * t, 0.0))
    return Results(record, outcomes, scenario=scenario)


def synthetic_hours(year: int) -> dict[str, np.ndarray]:
    """An invented year of hours that balances, MW."""
    hour = np.arange(HOURS)
    rng = np.random.default_rng(year)
    season = np.cos(2 * np.pi * (hour / HOURS - 0.55))
    clock = np.cos(2 * np.pi * (hour % 24 - 14) / 24)
    demand = 150 + 20 * season + 30 * clock + 4 * rng.standard_normal(HOURS)
    sun = 300 * np.clip(clock, 0, None) ** 1.5 * np.repeat(rng.uniform(0.3, 1.0, HOURS // 24), 24)
    wind = 70 + 40 * np.sin(hour / 31.0)
    flow = demand - sun - wind
    charge = np.where((flow < 0) & (hour % 24 < 13), np.minimum(-flow, 25), 0.0)
    discharge = np.where((flow > 0) & (hour % 24 > 18), np.minimum(flow, 20), 0.0)
    rest = flow + charge - discharge
    export = np.clip(-rest, 0, 120)
    series = {"demand": demand, "roof_pv": 0.8 * sun, "ground_pv": 0.2 * sun, "onshore_wind": wind}
    series |= {"charge": charge, "discharge": discharge, "import": np.clip(rest, 0, None), "export": export}
    return series | {"curtailment": np.clip(-rest, 0, None) - export, "unserved": np.zeros(HOURS)}


def synthetic_run(scenario: str = "bau", strength: float = 0.0, inputs: Any = None, years: int = 41) -> RunResult:
    """An invented run with hours of 2020 and of its last year, agents and monthly rows."""
    results = synthetic_results(scenario, strength, years=years)
    kept = (2020, results.years[-1])
    agents = pa.table({"year": kept, "kind": ["firms", "firms"], "agent": [0, 0], "cash": [1.5, 2.5]})
    monthly = pd.DataFrame({"year": [2020] * 12, "month": range(1, 13), "import": np.arange(12.0)})
    hourly = {year: synthetic_hours(year) for year in kept}
    futures = {"constant_volume": results, "expires": synthetic_results(scenario, 0.9 * strength, years=years)}
    tests = {"rmi": Judgement(results.values(NET)), "net_zero_hub": Judgement(results.values(NET), 16.5e3)}
    return RunResult(results, hourly, monthly, agents, inputs or {"scenario": {}}, futures, tests)
