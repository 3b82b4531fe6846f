"""``Park``: one run with Mesa's face. The same compiled stages as every ensemble; agents are views over its columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import mesa
import numpy as np
import pandas as pd
from mesa.discrete_space import Network

from agents.credit import Borrowers
from policies.base import Policy
from policies.registry import make_policies
from sim.state import State, new_state
from sim.views import View, view_class
from sim.year import advance, begin


class Park(mesa.Model):
    """One simulated park.

    ``Park("meishan", policies=[GreenFinance(...)], seed=1)``; ``step()`` advances one year from 2020 to the last year.
    ``park.agents_by_type`` holds one AgentSet a kind, ``park.space`` the feeder network, ``park.datacollector`` the
    yearly outcomes. ``policies`` takes Policy objects or names (full strength); ``overrides`` park parameters by name.
    Raises InputError, naming every problem, for an unknown park, policy, parameter or a value outside its range.
    """

    def __init__(
        self,
        park: str = "meishan",
        policies: Iterable[Policy | str] = (),
        seed: int = 1,
        overrides: Mapping[str, Any] | None = None,
        years: tuple[int, int] = (2020, 2060),
        agents: Mapping[str, int] | None = None,
    ) -> None:
        super().__init__(seed=seed)
        self.state: State = new_state(
            park, seeds=[seed], policies=make_policies(policies), overrides=overrides, years=years, agents=agents
        )
        begin(self.state)
        self.space = Network(self.state.network, random=self.random)
        self._make_views()
        names = self.state.outcome_names()
        self.datacollector = mesa.DataCollector(
            model_reporters={"year": "year", **{name: _reporter(name) for name in names}}
        )
        self.datacollector.collect(self)

    @property
    def year(self) -> int:
        """Calendar year of the last outcomes."""
        return self.state.first_year + self.state.year

    def _make_views(self) -> None:
        for kind in self.state.kinds():
            cls = view_class(f"{kind.name.title()}View", type(kind.columns), Borrowers)
            for row in range(kind.columns[0].shape[1]):
                tables = (kind.columns, self.state.world.borrowers)
                agent = cls(self, row, tables, (row, kind.first + row))
                agent.cell = self.space[int(kind.feeder[row])]
            setattr(self, kind.name, self.agents_by_type[cls])

    def step(self) -> None:
        """Advance one year; after the last year the park stands still and ``running`` is False."""
        if self.state.year + 1 >= self.state.years:
            self.running = False
            return
        advance(self.state)
        self.datacollector.collect(self)
        self.running = self.state.year + 1 < self.state.years

    def outcome(self, name: str) -> float:
        """This year's value of an outcome by its internal name."""
        return float(self.state.world.record[name][0, self.state.year])

    def results(self) -> pd.DataFrame:
        """All years so far, one row a year, published variable names as columns."""
        return self.state.results().frame(0).iloc[: self.state.year + 1]

    def close(self) -> None:
        """Free the park: Mesa otherwise keeps every model alive through its table of agent ids."""
        View._ids.pop(self, None)
        self.remove_all_agents()


def _reporter(name: str) -> Any:
    def report(park: Park) -> float:
        return park.outcome(name)

    return report


def peers_of(park: Park) -> np.ndarray:
    """Number of firms on each feeder of the park's network."""
    return np.array([len(cell.agents) for cell in park.space.all_cells])
