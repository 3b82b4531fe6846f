"""Yearly results of a block of runs under their published names: tables, IAMC long format, summary.

``Results`` wraps the record array [runs, years] that the stages wrote; nothing is copied until a table is asked for.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.axes import BASE_YEAR
from agents.errors import InputError, nearest
from agents.fields import Floats, Outcome, Records

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

NET, CUMULATIVE = "Emissions|CO2|Net", "Emissions|CO2|Cumulative"

# The fixed names: columns of pathway.csv and Variables of the IAMC file that readers may rely on.
PUBLISHED = (
    "Population",
    "GDP",
    "Energy Consumption",
    "Final Energy|Electricity",
    "Emissions|CO2|Scope 1",
    "Emissions|CO2|Scope 2|Location",
    "Emissions|CO2|Scope 2|Market",
    NET,
    CUMULATIVE,
    "Emissions|CO2|Scope 3|Buildings",
    "Carbon Sinks",
    "Carbon Offsets",
    "Electricity|Generation|Wind",
    "Electricity|Generation|PV",
    "Electricity|Import",
    "Electricity|Export",
    "Electricity|Curtailment",
    "Electricity|Unserved",
    "Electricity|Demand",
    "Port|Throughput",
    "Port|Energy|Electricity",
    "Port|Energy|LNG",
    "Port|Energy|Diesel",
    "Port|Shore Power",
    "Green Power|Delivered",
    "Green Power|Certificates|Claimed",
    "Finance|Loans|Green",
    "Finance|Loans|Transition",
    "Finance|Loans|Ordinary",
    "Investment|New Build",
    "Investment|Retrofit",
    "Buildings|Life-cycle Reduction Rate",
)

# One year's hours, each [8760] in MW: what a kept year in ``RunResult.hourly`` may hold.
HOURLY = {
    "demand": "load of all end uses before storage",
    "roof_pv": "photovoltaic power on roofs",
    "ground_pv": "photovoltaic power on open ground",
    "onshore_wind": "wind power on land",
    "nearshore_wind": "wind power at sea",
    "charge": "power into storage",
    "discharge": "power from storage",
    "import": "power from the grid outside",
    "export": "power to the grid outside",
    "curtailment": "wind and PV power that nothing could take",
    "unserved": "load that nothing could serve",
    "load_control": "enrolled flexible load cut on call",
    "stored": "energy in storage, MWh",
}


def named_hours(block: Floats) -> dict[str, Floats]:
    """One kept year [len(HOURLY), 8760], rows in the order of ``sim.hour_data.Hour``, as series by name."""
    if len(block) != len(HOURLY):
        raise InputError(f"a kept year has {len(HOURLY)} rows, found {len(block)}")
    return dict(zip(HOURLY, block, strict=True))


ACRONYMS = {"pv", "co2", "gdp", "lng", "lpg", *(f"g{gate}" for gate in range(1, 10))}


def published_name(outcome: Outcome) -> str:
    """The variable an outcome is published under: its own, or its name in title case."""
    if outcome.variable:
        return outcome.variable
    return " ".join(word.upper() if word in ACRONYMS else word.capitalize() for word in outcome.name.split("_"))


def published_unit(unit: str) -> str:
    """The unit in words that need no key: ``Myuan`` is money of the base year, in real terms."""
    return unit.replace("Myuan", "million yuan of 2020")


def neutrality_year(years: Sequence[int], net: Sequence[float] | Floats) -> int | None:
    """First year from which net emissions stay at or below zero to the end, or None (MODEL 10)."""
    found = None
    for year, value in zip(reversed(years), reversed(list(net)), strict=True):
        if not value <= 0.0:
            break
        found = year
    return found


@dataclass(frozen=True)
class Judgement:
    """A pathway seen by one definition of neutrality (D8): net CO2 [years] and what it may not exceed, t."""

    net: Floats
    limit: float = 0.0

    def neutrality_year(self, years: Sequence[int]) -> int | None:
        """First year from which the definition holds to the end, or None."""
        return neutrality_year(years, self.net - self.limit)


@dataclass(frozen=True)
class Results:
    """Outcomes of runs x years.

    ``record`` is the record array [runs, years]; ``outcomes`` declare its members; ``park`` and ``region`` are names
    for tables; ``scenario`` is one name for all runs; ``milestones`` are calendar years.
    """

    record: Records
    outcomes: Sequence[Outcome]
    first_year: int = BASE_YEAR
    scenario: str = "bau"
    region: str = "Meishan"
    model: str = "Lingtan"
    milestones: Sequence[int] = (2020, 2025, 2030, 2035, 2050, 2060)

    def __post_init__(self) -> None:
        held = self.record.dtype.names or ()
        missing = [outcome.name for outcome in self.outcomes if outcome.name not in held]
        if missing or self.record.ndim != 2:
            raise InputError(f"results must be [runs, years] and hold every outcome; missing: {', '.join(missing)}")

    @cached_property
    def names(self) -> dict[str, str]:
        """Internal name of each outcome by published variable, in order of declaration."""
        return {published_name(outcome): outcome.name for outcome in self.outcomes}

    @cached_property
    def units(self) -> dict[str, str]:
        """Unit of each published variable."""
        return {published_name(outcome): published_unit(outcome.unit) for outcome in self.outcomes}

    @property
    def years(self) -> list[int]:
        """Calendar years."""
        return list(range(self.first_year, self.first_year + self.record.shape[1]))

    def of_run(self, run: int, scenario: str | None = None) -> Results:
        """One run of the block alone, under a name of its own if given."""
        return replace(self, record=self.record[run : run + 1], scenario=scenario or self.scenario)

    @property
    def runs(self) -> int:
        """Number of runs."""
        return int(self.record.shape[0])

    def since(self, year: int) -> Results:
        """The same results from a later first year on."""
        start = max(0, year - self.first_year)
        return replace(self, record=self.record[:, start:], first_year=self.first_year + start)

    def values(self, variable: str, run: int = 0) -> Floats:
        """One variable [years] of one run, by published or internal name."""
        name = self.names.get(variable, variable)
        if name not in (self.record.dtype.names or ()):
            raise InputError(f"unknown variable '{variable}'{nearest(variable, self.names)}")
        return np.asarray(self.record[name][run], dtype=np.float64)

    def closing(self, run: int = 0) -> dict[str, Floats]:
        """From what the park emits to net CO2, t [years]: ``sources`` less ``sinks``, ``offsets`` and ``other`` is net.

        ``sources`` is scope 1 and account scope 2; ``sinks`` those that the chosen test counts. ``other`` is 0 unless
        certificates come from outside, trading exceeds its cap or the test looks at another view of scope 2.
        """
        sources, net = self.values("Emissions|CO2|Account", run), self.values(NET, run)
        offsets = self.values("Carbon Offsets", run)
        gap = sources - offsets - net
        counted = [self.values(name, run) for name in ("Carbon Sinks|Increment", "Carbon Sinks")]
        sinks = min(counted, key=lambda values: float(np.abs(gap - values).sum()))
        other = gap - sinks
        other[np.abs(other) < 1e-9 * np.abs(sources).max(initial=1.0)] = 0.0
        return {"sources": sources, "sinks": sinks, "offsets": offsets, "other": other, "net": net}

    def children(self, prefix: str) -> list[str]:
        """Published variables directly below a prefix: ``Port|Energy`` gives ``Port|Energy|LNG`` and its siblings."""
        depth = prefix.count("|") + 1
        return [name for name in self.names if name.startswith(f"{prefix}|") and name.count("|") == depth]

    def frame(self, run: int = 0) -> pd.DataFrame:
        """One row a year of one run: ``year``, then every published variable in order of declaration."""
        import pandas as pd

        return pd.DataFrame({"year": self.years, **{name: self.values(name, run) for name in self.names}})

    def iamc(self, run: int = 0) -> pd.DataFrame:
        """IAMC long format: Model, Scenario, Region, Variable, Unit, then one column a year."""
        import pandas as pd

        rows = [
            [self.model, self.scenario, self.region, name, self.units[name], *self.values(name, run)]
            for name in self.names
        ]
        return pd.DataFrame(rows, columns=["Model", "Scenario", "Region", "Variable", "Unit", *map(str, self.years)])

    def summary(self, run: int = 0) -> dict[str, Any]:
        """What a reader asks first: year of neutrality, cumulative net CO2 (t), milestone years, units.

        ``milestones`` maps a year to its published variables; values that are no finite numbers become None.
        """
        shown = [year for year in self.milestones if year in self.years]
        table = {name: self.values(name, run) for name in self.names}
        return {
            "model": self.model,
            "scenario": self.scenario,
            "region": self.region,
            "years": [self.years[0], self.years[-1]],
            "neutrality_year": neutrality_year(self.years, table[NET]) if NET in table else None,
            "cumulative_net_co2": _number(table[CUMULATIVE][-1]) if CUMULATIVE in table else None,
            "milestones": {
                str(year): {name: _number(values[year - self.first_year]) for name, values in table.items()}
                for year in shown
            },
            "units": dict(self.units),
        }


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


@dataclass(frozen=True)
class RunResult:
    """One simulated scenario, as the command line shows and stores it.

    ``hourly[year][series]`` is [8760] for kept years, series as in ``HOURLY``; ``monthly`` has one row a kept year and
    month; ``agents`` one row an agent and milestone year (columns ``year``, ``kind``, ``agent`` first); ``inputs`` is
    what ``run.json`` stores (experiments.scenario.run_inputs). ``futures`` are the results of the same run under each
    fate of the contracted zero-carbon supply (MODEL 10), ``tests`` the same pathway judged by each definition (D8).
    """

    results: Results
    hourly: Mapping[int, Mapping[str, Floats]] | None = None
    monthly: pd.DataFrame | None = None
    agents: pa.Table | None = None
    inputs: Mapping[str, Any] = field(default_factory=dict)
    futures: Mapping[str, Results] = field(default_factory=dict)
    tests: Mapping[str, Judgement] = field(default_factory=dict)

    def summary(self) -> dict[str, Any]:
        """The results' summary, with what the headline hangs on: contracted supply and the chosen test."""
        summary = self.results.summary()
        years, shown = self.results.years, [year for year in self.results.milestones if year in self.results.years]
        first = self.results.first_year

        def net_of(values: Floats) -> dict[str, float | None]:
            return {str(year): _number(values[year - first]) for year in shown}

        if self.futures:
            summary["contracted_supply_spread"] = {
                name: {
                    "neutrality_year": neutrality_year(years, future.values(NET)),
                    "cumulative_net_co2": _number(future.values(CUMULATIVE)[-1]),
                    "net_co2": net_of(future.values(NET)),
                }
                for name, future in self.futures.items()
            }
        if self.tests:
            summary["neutrality_tests"] = {
                name: {
                    "neutrality_year": judged.neutrality_year(years),
                    "limit": _number(judged.limit),
                    "net_co2": net_of(judged.net),
                }
                for name, judged in self.tests.items()
            }
        return summary
