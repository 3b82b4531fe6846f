"""Whole-park runs that several tests share: parameter sets from the evidence ranges, and a watch over every year.

A block of runs is watched while it runs: after each year ``Watch`` looks at every agent and every account, and notes
how far each law is from holding, [years, runs]. Tests then read the notes, so that a block runs once for all laws.
"""

from __future__ import annotations

from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import numpy as np

from agents.axes import CARRIERS, HOLDERS, Carrier, Holder
from agents.building import TYPE_NAMES
from agents.fields import Floats, Integers
from agents.gates import BuildingStage
from policies.base import Policy
from policies.registry import make_policies, policy_classes
from sim.building_slots import lengthened
from sim.dated import interpolate
from sim.parks import ParkData, load_park
from sim.state import State, new_state
from sim.year import advance, begin

RUNS = 64
SETS_SEED = 2020  # of the Latin hypercube
KEPT = (2020, 2030, 2045, 2060)  # years whose hours of run 0 are kept
YUAN = 1e-6  # Myuan
SMALL = {"firms": 60, "buildings": 200}  # a smaller park for many short runs
AGENTS_SEEN = (0, 1, 10, 25, 40)  # year indices in which every column of every agent is looked at

# Outcomes that may be negative by what they mean.
SIGNED = {
    "emissions_net": "sinks and offsets may exceed emissions",
    "emissions_cumulative": "sum of net emissions",
    "scope3_buildings_d": "a credit",
    "emissions_scope3_buildings": "the credit may exceed a quiet year's materials",
    "carbon_price_deviation": "a logarithm around its mean",
    "fossil_price_deviation": "a logarithm around its mean",
    "grid_regulated_transfer": "the grid company may receive",
    "carbon_sinks_increment": "sinks may shrink",
    "throughput_growth": "throughput above demand shrinks",
    "reputation_change": "reputation may fall",
    "loan_rate_green": "a real rate",
    "loan_rate_transition": "a real rate",
    "loan_rate_ordinary": "a real rate",
    "loan_interest": "at real rates below zero debts shrink by themselves",
    "bank_capital": "losses may exceed it; the bank then lends nothing",
    "shore_net_avoided": "the grid's CO2 may exceed the ships' (N8)",
}


def is_switch(note: str) -> bool:
    """Does a parameter choose between rules, rather than measure something?"""
    return note.startswith("switch:")


def uncertain(park: ParkData) -> tuple[list[str], list[str]]:
    """Parameters and dated series with a range, without switches.

    Left out are also what closes the base year, and the ties of the peer network, which all runs of a block share.
    """
    fixed = {"contracted_supply_volume", "peer_spatial_ties", "peer_sector_ties"}
    parameters = [
        name
        for name, value in park.parameters.items()
        if value.low < value.high and not is_switch(value.note) and name not in fixed
    ]
    series = [name for name, rows in park.series.items() if any(row.low < row.high for row in rows)]
    return parameters, series


def latin_hypercube(dimensions: int, runs: int, seed: int) -> Floats:
    """Points [dimensions, runs] in the unit cube, one in each of ``runs`` strata of every dimension."""
    rng = np.random.default_rng(seed)
    strata = np.stack([rng.permutation(runs) for _ in range(dimensions)])
    points: Floats = (strata + rng.random((dimensions, runs))) / runs
    return points


def parameter_sets(park: ParkData, points: Floats) -> dict[str, Any]:
    """Overrides for a block of runs: every uncertain value at its point [dimensions, runs] between low and high.

    A series takes the same place between low and high in all its years, so that a run's prices stay high or low.
    """
    parameters, series = uncertain(park)
    overrides: dict[str, Any] = {}
    for name, point in zip(parameters, points, strict=False):
        value = park.parameters[name]
        drawn = value.low + point * (value.high - value.low)
        overrides[name] = np.round(drawn) if park.declared.parameters[name].whole else drawn
    for name, point in zip(series, points[len(parameters) :], strict=True):
        overrides[name] = {}
        for row in park.series[name]:
            year = int(row.year or 0)
            low, high = (interpolate(park.series[name], end, np.array([year]))[0] for end in ("low", "high"))
            overrides[name][year] = low + point * (high - low)
    return overrides


@lru_cache(maxsize=4)
def evidence_sets(runs: int = RUNS, seed: int = SETS_SEED) -> dict[str, Any]:
    """The shared block of parameter sets, the same in every test."""
    park = load_park("meishan")
    return parameter_sets(park, latin_hypercube(sum(map(len, uncertain(park))), runs, seed))


def named_policies(name: str) -> list[Policy]:
    """``bau``, a family at full strength, or ``all`` of them."""
    if name == "bau":
        return []
    return make_policies(policy_classes() if name == "all" else [name])


SEEN_OF_BUILDINGS = ("stage", "identity", "area", "since")


def sums_by(group: Integers, groups: int, values: Floats | None = None) -> Floats:
    """Sums [runs, groups] of values (or of ones) by each agent's group; both [runs, agents]."""
    runs, agents = group.shape
    index = (group + groups * np.arange(runs)[:, None]).ravel()
    weights = np.ones(runs * agents) if values is None else values.ravel()
    sums: Floats = np.bincount(index, weights, runs * groups).reshape(runs, groups).astype(np.float64)
    return sums


class Watch:
    """Runs a block and notes [years, runs] how far each law is from holding.

    ``gaps[law]`` is a number that the law wants at zero; ``agents`` lists columns that were not finite or negative.
    ``record``, ``hours`` of run 0 by year index and ``series`` stay when the block itself is let go.
    """

    def __init__(self, state: State) -> None:
        self.state = state
        self.gaps: dict[str, list[Floats]] = {}
        self.agents: list[str] = []
        self.names = state.outcome_names()
        self.record, self.series, self.hours = state.world.record, state.world.series, state.hourly_kept
        self.first_year = state.first_year
        self._before: dict[str, Any] = {}

    def run(self) -> Watch:
        """All years, from the base year on; then the block's agents are let go."""
        begin(self.state)
        self.look()
        while self.state.year + 1 < self.state.years:
            self._remember()
            advance(self.state)
            self.look()
        del self.state, self._before
        return self

    def __getitem__(self, outcome: str) -> Floats:
        """An outcome [runs, years]."""
        values: Floats = self.record[outcome]
        return values

    def gap(self, law: str) -> Floats:
        """How far a law was from holding, [years, runs]."""
        return np.array(self.gaps[law])

    def note(self, law: str, gap: Any) -> None:
        """Write down how far a law is from holding this year, [runs]."""
        self.gaps.setdefault(law, []).append(np.abs(np.asarray(gap, dtype=np.float64)))

    def look(self) -> None:
        """Note every law of the year that was just closed."""
        self._look_at_energy()
        self._look_at_money()
        self._look_at_buildings()
        self._look_at_allowances()
        if self.state.year in AGENTS_SEEN:
            self._look_at_agents()

    def _now(self, outcome: str) -> Floats:
        values: Floats = self.state.world.record[outcome][:, self.state.year]
        return values

    def _remember(self) -> None:
        state = self.state
        self._before = {name: getattr(state.buildings, name).copy() for name in SEEN_OF_BUILDINGS}
        self._before["cash"] = self._cash()

    def _look_at_energy(self) -> None:
        energy = self.state.world.energy.sum(axis=1)
        for carrier in range(CARRIERS):
            name = Carrier(carrier).name.lower()
            gap = self._now(f"final_energy_{name}") - energy[:, carrier]
            self.note(f"accounts add up to final energy, {name}", gap / np.maximum(1.0, energy[:, carrier]))
        electricity = energy[:, Carrier.ELECTRICITY]
        self.note("load by feeder is electricity", self.state.world.load.sum(axis=(1, 2)) / electricity - 1.0)
        self.note("electricity demand is electricity", self._now("electricity_demand") / electricity - 1.0)
        supply = sum(self._now(f"electricity_{way}") for way in ("import", "unserved")) + self._now("load_control")
        supply = supply + self._now("generation_wind") + self._now("generation_pv")
        use = self._now("electricity_demand") + self._now("electricity_export") + self._now("electricity_curtailment")
        self.note("electricity balances over the year", (use + self._now("storage_loss")) / supply - 1.0)

    def _cash(self) -> Floats:
        """Money of each kind of borrowers [runs, holders]; bank, budget, grid and outside are kept elsewhere."""
        borrowers = self.state.world.borrowers
        return sums_by(borrowers.holder, HOLDERS, borrowers.cash)

    def _look_at_money(self) -> None:
        world = self.state.world
        owed = world.borrowers.balance.sum(axis=(1, 2))
        self.note("what agents owe is what the bank holds, Myuan", owed - self._now("bank_loans"))
        self.note("money gap, Myuan", self._now("money_gap"))
        self.note("owed gap, Myuan", self._now("owed_gap"))
        if not self._before:
            return
        change = self._cash() - self._before["cash"]
        paid = world.payments.sum(axis=1) - world.payments.sum(axis=2)  # received less paid, [runs, holders]
        kinds = [Holder.FIRMS, Holder.BUILDINGS, Holder.PORT, Holder.DEVELOPERS, Holder.TRANSPORT]
        self.note("cash changes by payments, Myuan", np.abs(change - paid)[:, kinds].max(axis=1))

    def _look_at_buildings(self) -> None:
        before, year = self._before, self.state.year
        added = self.state.buildings.stage.shape[1] - before["stage"].shape[1] if before else 0
        before = {name: lengthened(values, values.shape[1], added) for name, values in before.items() if name != "cash"}
        now = SimpleNamespace(**{name: getattr(self.state.buildings, name).copy() for name in SEEN_OF_BUILDINGS})
        operating = np.where(now.stage == BuildingStage.OPERATION, now.area, 0.0)
        area = sums_by(self.state.buildings.kind, len(TYPE_NAMES), operating)
        for kind, name in enumerate(TYPE_NAMES):
            gap = self._now(f"floor_area_{name}") - area[:, kind]
            self.note(f"floor area is that of buildings in operation, {name}", gap)
        self.note("floor area is that of buildings in operation", self._now("floor_area") - area.sum(axis=1))
        counted = sums_by(now.stage, len(BuildingStage))
        for stage in list(BuildingStage)[1:]:
            name = stage.name.lower()
            self.note(f"buildings are counted by stage, {name}", self._now(f"buildings_{name}") - counted[:, stage])
        if not before:
            return
        moved = now.stage != before["stage"]
        allowed = np.where(before["stage"] == BuildingStage.RECYCLING, 0, before["stage"] + 1)
        self.note("a building skips no stage and never goes back", (moved & (now.stage != allowed)).sum(axis=1))
        replaced = now.identity != before["identity"]
        listed = (before["stage"] == BuildingStage.EMPTY) & (now.stage == BuildingStage.PLANNING)
        self.note("a new building only takes an empty slot", (replaced != listed).sum(axis=1))
        self.note("a new building has an id of its own", (replaced & (now.identity <= before["identity"])).sum(axis=1))
        self.note("a stage begins in the year of the move", (moved & (now.since != year)).sum(axis=1))
        self.note("a stage's first year stays", (~moved & (now.since != before["since"])).sum(axis=1))
        self.note("floor area of a building stays", (~replaced & (now.area != before["area"])).sum(axis=1))
        flow = self._now("floor_area_completed") - self._now("floor_area_demolished")
        last = self.state.world.record["floor_area"][:, year - 1]
        self.note(
            "floor area changes by what is completed and demolished", (self._now("floor_area") - last - flow) / last
        )

    def _look_at_allowances(self) -> None:
        signals, firms = self.state.world.signals, self.state.firms
        on = (signals.allowance_scheme > 0.5) & (signals.carbon_coverage > 0.0)
        covered = np.where(on, signals.carbon_coverage * firms.direct_emissions.sum(axis=1), 0.0)
        issued, bought, sold = (self._now(f"allowances_{what}") for what in ("issued", "bought", "sold"))
        self.note("allowances cover emissions, t", issued + bought - sold - covered)
        self.note("allowances issued beyond emissions, t", np.maximum(0.0, issued - covered * (1.0 + 1e-12)))

    def _look_at_agents(self) -> None:
        tables = {kind.name: kind.columns for kind in self.state.kinds()} | {"borrowers": self.state.world.borrowers}
        for name, table in tables.items():
            for column, values in table._asdict().items():
                if not np.isfinite(values).all():
                    self.agents.append(f"{name}.{column} is not finite in year {self.state.year}")
                elif f"{name}.{column}" not in SIGNED_COLUMNS and below_zero(values):
                    self.agents.append(f"{name}.{column} is {values.min():g} in year {self.state.year}")


# Columns of agents that may be negative by what they mean.
SIGNED_COLUMNS = {
    "borrowers.surplus": "a loss",
    "borrowers.rate": "a real rate",
    "firms.loan_rate": "a real rate",
    "developers.revenue": "compensation for what was contracted and not made may exceed sales",
    "firms.deviation": "a logarithm around the sector's path",
    "firms.margin_shock": "a draw around zero",
    "firms.heat_taste": "a draw that may be below zero",
    "firms.energy_cost": "rooftop PV may earn more than energy costs",
    "firms.verified_emissions": "-1 before the first verified year",
    "firms.planned": "-1 for no plan",
    "firms.reference_cost": "-1 before it is known",
    "buildings.since": "years before 2020",
    "buildings.completed": "years before 2020",
    "buildings.installed": "years before 2020",
    "buildings.plan": "-1 for no plan",
    "operators.plan_second": "-1 for no plan",
    "developers.built": "years before 2020",
    "developers.present_value": "a project that does not pay",
}


def below_zero(values: Floats) -> bool:
    """Is anything negative beyond rounding, 1e-9 of the largest value?"""
    return bool(values.min() < -1e-9 * max(1.0, float(np.abs(values).max())))


@lru_cache(maxsize=8)
def block_under(name: str, runs: int = RUNS, seed: int = SETS_SEED) -> Watch:
    """A watched block of parameter sets under a named policy set, 2020 to 2060, run once for all tests."""
    policies, overrides = named_policies(name), evidence_sets(runs, seed)
    return Watch(new_state(seeds=range(1, runs + 1), policies=policies, overrides=overrides, keep=KEPT)).run()
