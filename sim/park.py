"""``Park``: one run with Mesa's face. The same compiled stages as every ensemble; agents are views over its columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import mesa
import numpy as np
import pandas as pd
from mesa.agent import AgentSet
from mesa.discrete_space import Network

from agents.credit import Borrowers
from agents.fields import Integers
from agents.gates import BuildingStage
from policies.base import Policy
from policies.registry import make_policies
from sim.state import Kind, State, new_state
from sim.views import View, view_class
from sim.year import advance, begin


class Park(mesa.Model):
    """One simulated park.

    ``Park("meishan", policies=[GreenFinance(...)], seed=1)``; ``step()`` advances one year from 2020 to the last year.
    ``park.firms``, ``park.buildings``, ``park.operators`` and ``park.developers`` are AgentSets of views,
    ``park.space`` the feeder network, ``park.datacollector`` the yearly outcomes by their internal names.

    ``policies`` takes Policy objects, names (full strength) or ``{name: {lever: schedule}}``; ``overrides`` park
    parameters by name; ``years`` the first and last year; ``agents`` numbers of agents. ``mesa.batch_run`` tries every
    element of a list, so there a list of policies or a pair of years stands in a list of its own:
    ``{"policies": [[], ["green_finance"]], "years": [(2020, 2030)], "seed": range(3)}``.
    Raises InputError, naming every problem, for an unknown park, policy, parameter or a value outside its range.
    """

    firms: AgentSet[View]
    buildings: AgentSet[View]
    operators: AgentSet[View]
    developers: AgentSet[View]

    def __init__(
        self,
        park: str = "meishan",
        policies: Iterable[Policy | str | Mapping[str, Mapping[str, Any]]] = (),
        seed: int = 1,
        overrides: Mapping[str, Any] | None = None,
        years: tuple[int, int] | None = None,
        agents: Mapping[str, int] | None = None,
    ) -> None:
        super().__init__(seed=seed)
        given = [policies] if isinstance(policies, str | Policy | Mapping) else policies
        self.state: State = new_state(
            park, seeds=[seed], policies=make_policies(given), overrides=overrides, years=years, agents=agents
        )
        begin(self.state)
        self.space = Network(self.state.network, random=self.random)
        self._kinds = list(self.state.kinds())
        self._borrowers = self.state.world.borrowers
        self._views: dict[str, dict[int, View]] = {kind.name: {} for kind in self._kinds}  # by row
        self._identity: dict[str, Integers] = {}
        for kind in self._kinds:
            self._meet(kind)
            setattr(self, kind.name, self.agents_by_type.get(_view_class(kind), AgentSet([], random=self.random)))
        names = self.state.outcome_names()
        self.datacollector = mesa.DataCollector(
            model_reporters={"year": "year", **{name: _reporter(index) for index, name in enumerate(names)}}
        )
        self._collect()

    @property
    def year(self) -> int:
        """Calendar year of the last outcomes."""
        return self.state.first_year + self.state.year

    def step(self) -> None:
        """Advance one year; after the last year the park stands still and ``running`` is False."""
        if self.state.year + 1 >= self.state.years:
            self.running = False
            return
        advance(self.state)
        if self._borrowers is not self.state.world.borrowers:
            self._follow()
        for kind in self._kinds:
            self._meet(kind)
        self._collect()
        self.running = self.state.year + 1 < self.state.years
        if not self.running:
            self.steps += 1  # rows count from the base year, and mesa.batch_run reads rows 0 to steps - 1

    def outcome(self, name: str) -> float:
        """This year's value of an outcome by its internal name."""
        return float(self.state.world.record[name][0, self.state.year])

    def results(self) -> pd.DataFrame:
        """All years so far, one row a year, published variable names as columns."""
        return self.state.results().frame(0).iloc[: self.state.year + 1]

    def close(self) -> None:
        """Free the park: Mesa otherwise keeps every model alive through its table of agent ids."""
        self.remove_all_agents()
        self._views.clear()
        View._ids.pop(self, None)

    def _follow(self) -> None:
        """Point all views to the tables in force, after slots for buildings have been added."""
        self._kinds = list(self.state.kinds())
        self._borrowers = self.state.world.borrowers
        for kind in self._kinds:
            for row, view in self._views[kind.name].items():
                view.tables, view.rows = (kind.columns, self._borrowers), (row, kind.first + row)

    def _meet(self, kind: Kind) -> None:
        """Give a view to every agent that is new in its row, and take leave of those that are gone."""
        identity = _identities(kind)
        before = np.full(identity.shape, EMPTY)
        known = self._identity.get(kind.name, before)
        before[: len(known)] = known
        self._identity[kind.name] = identity
        views, cls = self._views[kind.name], _view_class(kind)
        tables = (kind.columns, self._borrowers)
        for row in np.flatnonzero(identity != before).tolist():
            if row in views:
                views.pop(row).remove()
            if identity[row] != EMPTY:
                view = views[row] = cls(self, row, tables, (row, kind.first + row))
                view.cell = self.space[int(kind.feeder[row])]

    def _collect(self) -> None:
        self._row = self.state.world.record[0, self.state.year].tolist()
        self.datacollector.collect(self)


EMPTY = -1  # in place of an identity: no agent in this row


def _identities(kind: Kind) -> Integers:
    """Who is in each row [agents]: the agent's id, or its row where nobody is ever replaced; EMPTY for nobody."""
    if "identity" not in kind.columns._fields:
        return np.arange(kind.columns[0].shape[1], dtype=np.int64)
    identity: Integers = kind.columns.identity[0].copy()
    if kind.name == "buildings":
        identity[kind.columns.stage[0] == BuildingStage.EMPTY] = EMPTY
    return identity


def _view_class(kind: Kind) -> type[View]:
    return view_class(f"{kind.name.title()}View", type(kind.columns), Borrowers)


def _reporter(index: int) -> Any:
    def report(park: Park) -> float:
        value: float = park._row[index]
        return value

    return report
