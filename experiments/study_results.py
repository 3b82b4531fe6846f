"""What a study has found so far: queries, tables, quantiles, paired differences, without loading it all.

``open_study(path)`` works while the study is still running: it sees the parts that are complete.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.errors import InputError, nearest
from agents.fields import Floats
from experiments.study_store import INPUTS, MANIFEST, OUTCOMES, parts_in, read_manifest
from sim.results import NET

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    import xarray as xr

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def open_study(path: str | Path) -> StudyResults:
    """The results of a study's folder, complete or still growing. InputError if the folder holds no study."""
    return StudyResults(Path(path))


def is_study_folder(path: Path) -> bool:
    """Whether a path is the folder of a study."""
    return (path / MANIFEST).is_file()


class StudyResults:
    """A study's stored results at the moment of opening.

    ``query`` takes SQL over two views: ``outcomes`` (scenario, draw, year, then a column a published variable) and
    ``inputs`` (draw, seed, weather_seed, then a column a drawn input). Variables need double quotes in SQL:
    ``"Emissions|CO2|Net"``.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.manifest = read_manifest(path)
        self.scenarios: list[str] = [entry["name"] for entry in self.manifest["study"]["scenarios"]]
        self.variables: list[str] = list(self.manifest["study"]["outputs"])
        self.units: Mapping[str, str] = self.manifest["units"]
        self._parts = {name: parts_in(path / OUTCOMES / name) for name in self.scenarios}
        self._inputs = parts_in(path / INPUTS)

    @property
    def name(self) -> str:
        """The study's name."""
        return str(self.manifest["study"]["name"])

    @property
    def asked(self) -> int:
        """Draws that the study was asked for, a scenario."""
        return int(self.manifest["study"]["runs"])

    @property
    def runs(self) -> dict[str, int]:
        """Draws stored so far, by scenario."""
        return {name: sum(stop - start for start, stop in parts) for name, parts in self._parts.items()}

    @property
    def years(self) -> list[int]:
        """Calendar years."""
        first, last = self.manifest["study"]["years"]
        return list(range(first, last + 1))

    @cached_property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """A database in memory whose views read the parts where they lie."""
        import duckdb

        made = duckdb.connect()
        files = [str(path) for parts in self._parts.values() for path in parts.values()]
        if not files:
            raise InputError(f"{self.path}: no part of this study is finished yet")
        made.from_parquet(files).create_view("outcomes")
        if self._inputs:
            made.from_parquet([str(path) for path in self._inputs.values()]).create_view("inputs")
        return made

    def query(self, sql: str) -> duckdb.DuckDBPyRelation:
        """A duckdb relation over ``outcomes`` and ``inputs``: ``.df()``, ``.arrow()`` or ``.fetchnumpy()`` load it."""
        return self.connection.sql(sql)

    def frame(self, variables: str | Sequence[str] | None = None, scenario: str | None = None) -> pd.DataFrame:
        """Outcomes as a table: scenario, draw, year and the chosen variables (all if None)."""
        chosen = [variables] if isinstance(variables, str) else list(variables or self.variables)
        columns = ", ".join(["scenario", "draw", "year", *(self._column(name) for name in chosen)])
        where = f"WHERE scenario = {_text(self._scenario(scenario))}" if scenario else ""
        return self.query(f"SELECT {columns} FROM outcomes {where} ORDER BY scenario, draw, year").df()

    def inputs(self) -> pd.DataFrame:
        """A row a draw: seeds and drawn inputs, indexed by draw."""
        if not self._inputs:
            raise InputError(f"{self.path}: no inputs are stored yet")
        return self.query("SELECT * FROM inputs ORDER BY draw").df().set_index("draw")

    def inputs_of(self, scenario: str) -> pd.DataFrame:
        """Drawn inputs of a scenario's stored draws in order, without seeds and without what the scenario fixes."""
        entry = next(one for one in self.manifest["study"]["scenarios"] if one["name"] == self._scenario(scenario))
        held = [draw for start, stop in self._parts[scenario] for draw in range(start, stop)]
        left_out = ["seed", "weather_seed", *entry.get("overrides", {})]
        return self.inputs().loc[held].drop(columns=left_out, errors="ignore")

    def values(self, variable: str, scenario: str, draws: bool = False) -> Any:
        """One variable of one scenario, [runs, years]; with ``draws`` also the draws' numbers [runs]."""
        column, name = self._column(variable), _text(self._scenario(scenario))
        sql = f"SELECT draw, {column} AS value FROM outcomes WHERE scenario = {name} ORDER BY draw, year"
        found = self.query(sql).fetchnumpy()
        values = np.asarray(found["value"], dtype=np.float64).reshape(-1, len(self.years))
        return (values, np.asarray(found["draw"])[:: len(self.years)]) if draws else values

    def quantiles(self, variable: str, scenario: str, levels: Sequence[float] = QUANTILES) -> pd.DataFrame:
        """Quantiles and mean by year, one row a year; ``runs`` is the number of draws behind them."""
        column, name = self._column(variable), _text(self._scenario(scenario))
        parts = [f'quantile_cont({column}, {float(level)}) AS "{level:g}"' for level in levels]
        sql = (
            f"SELECT year, {', '.join(parts)}, avg({column}) AS mean, stddev_samp({column}) AS deviation, "
            f"count(*) AS runs FROM outcomes WHERE scenario = {name} GROUP BY year ORDER BY year"
        )
        return self.query(sql).df().set_index("year")

    def paired(self, variable: str, scenario: str, baseline: str) -> Floats:
        """Differences of a scenario to a baseline under common random numbers, [runs, years] of draws in both."""
        column = self._column(variable)
        sql = (
            f"SELECT a.draw, a.year, a.{column} - b.{column} AS value FROM outcomes a JOIN outcomes b "
            f"ON a.draw = b.draw AND a.year = b.year WHERE a.scenario = {_text(self._scenario(scenario))} "
            f"AND b.scenario = {_text(self._scenario(baseline))} ORDER BY a.draw, a.year"
        )
        found = self.query(sql).fetchnumpy()["value"]
        return np.asarray(found, dtype=np.float64).reshape(-1, len(self.years))

    def neutrality_years(self, scenario: str) -> Floats:
        """Year from which net emissions stay at or below zero to the end, [runs]; NaN where that is never reached."""
        column, name = self._column(NET), _text(self._scenario(scenario))
        # The year after the last one above zero; neutral from the start where none is above.
        sql = (
            f"SELECT draw, max(CASE WHEN {column} <= 0 THEN NULL ELSE year END) AS last, min(year) AS first, "
            f"max(year) AS final FROM outcomes WHERE scenario = {name} GROUP BY draw ORDER BY draw"
        )
        found = self.query(sql).df()
        reached = found["last"].add(1).fillna(found["first"]).to_numpy(dtype=np.float64, copy=True)
        reached[reached > found["final"].to_numpy()] = np.nan
        return reached

    def to_xarray(self, variables: Sequence[str] | None = None) -> xr.Dataset:
        """Outcomes as a dataset over scenario, draw and year (needs xarray)."""
        table = self.frame(variables).set_index(["scenario", "draw", "year"])
        made = table.to_xarray()
        for name in made.data_vars:
            made[name].attrs["units"] = self.units[str(name)]
        return made

    def _column(self, variable: str) -> str:
        if variable not in self.variables:
            raise InputError(f"the study holds no variable '{variable}'{nearest(variable, self.variables)}")
        return '"' + variable.replace('"', '""') + '"'

    def _scenario(self, name: str) -> str:
        if name not in self.scenarios:
            raise InputError(f"the study holds no scenario '{name}'{nearest(name, self.scenarios)}")
        return name


def _text(value: str) -> str:
    """A text literal of SQL."""
    return "'" + value.replace("'", "''") + "'"
