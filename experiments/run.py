"""One scenario simulated: a block of one run through the same stages as any ensemble."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.axes import MONTHS
from agents.building import Buildings
from agents.carbon import ContractedSupply
from agents.fields import Integers, fields_of
from agents.gates import BuildingStage
from experiments.run_file import run_inputs
from experiments.scenario import Scenario
from sim.hour_data import Monthly
from sim.neutrality import judge
from sim.results import RunResult, named_hours
from sim.state import Kind, State, new_state
from sim.year import advance, begin

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from sim.parks import ParkData

SUPPLY_RULE = "contracted_supply_rule"


def simulate(scenario: Scenario, threads: int = 1) -> RunResult:
    """Simulate a checked scenario from the park's base year to its last year.

    One run is one thread's work: ``threads`` matters where several scenarios are compared, and never for the result.
    Hours, monthly results and agents are kept for the park's milestone years. The other fates of the contracted supply
    are runs of the same block: same seed, same policies, another accounting. InputError for inputs that do not fit.
    """
    if threads < 1:
        raise ValueError(f"threads must be at least 1, not {threads}")
    park = scenario.load_park()
    first = park.description.base_year
    milestones = [year for year in park.description.milestones if year <= scenario.years[1]]
    fates = fates_of_supply(scenario, park)
    state = new_state(
        park,
        seeds=[scenario.seed] * len(fates),
        policies=scenario.policies,
        overrides={**scenario.overrides, SUPPLY_RULE: np.array(fates, dtype=np.float64)},
        years=(first, scenario.years[1]),
        keep=milestones,
    )
    agents = []
    begin(state)
    while True:
        if first + state.year in milestones:
            agents.append(agent_table(state))
        if state.year + 1 >= state.years:
            break
        advance(state)
    import pyarrow as pa

    results = state.results(scenario.name)
    return RunResult(
        results=results.of_run(0),
        hourly={first + year: named_hours(block) for year, block in state.hourly_kept.items()},
        monthly=monthly_frame(state),
        agents=pa.concat_tables(agents),
        inputs=run_inputs(scenario),
        futures={
            ContractedSupply(math.floor(fate + 0.5)).name.lower(): results.of_run(run)
            for run, fate in sorted(enumerate(fates), key=lambda pair: pair[1])
        },
        tests=judge(state.world, 0, first),
    )


def fates_of_supply(scenario: Scenario, park: ParkData) -> list[float]:
    """Rules of contracted supply that a headline is shown under: the scenario's own first, then the others."""
    own = float(scenario.overrides.get(SUPPLY_RULE, park.parameters[SUPPLY_RULE].central))
    return [own, *(float(rule) for rule in ContractedSupply if rule != math.floor(own + 0.5))]


def agent_table(state: State) -> pa.Table:
    """Every agent in use of the block's first run: year, kind, agent, its account and its columns.

    Building slots that hold no building are left out. A column that is called like one of the first three or like one
    of the account gets its kind in front, such as ``buildings_kind``, the floor type.
    """
    import pyarrow as pa

    parts = []
    borrowers = as_columns(state.world.borrowers, 0)
    for kind in state.kinds():
        columns: dict[str, Any] = as_columns(kind.columns, 0)
        used = agents_in_use(kind)
        rows = {name: values[kind.first + used] for name, values in borrowers.items()}
        head = {
            "year": np.full(len(used), state.first_year + state.year),
            "kind": [kind.name] * len(used),
            "agent": used,
        }
        for name, values in columns.items():
            rows[f"{kind.name}_{name}" if name in head or name in rows else name] = values[used]
        parts.append(pa.table({name: pa.array(values) for name, values in {**head, **rows}.items()}))
    return pa.concat_tables(parts, promote_options="default")


def as_columns(table: Any, run: int) -> dict[str, Any]:
    """Columns of one run as 1-D arrays by name; a column with axes gives one array an index, ``name_0`` and so on."""
    columns: dict[str, Any] = {}
    table_kind: Any = type(table)
    for name, (field, _) in fields_of(table_kind).items():
        values = getattr(table, name)[run]
        if values.dtype.kind in "iu":  # as short as a kind keeps them, but one type for all kinds here
            values = values.astype(np.int64)
        if not field.axes:
            columns[name] = values
        else:
            flat = values.reshape(values.shape[0], -1)
            columns.update({f"{name}_{index}": flat[:, index] for index in range(flat.shape[1])})
    return columns


def agents_in_use(kind: Kind) -> Integers:
    """Slots of a population that hold an agent: all, but for buildings, whose slots wait for new ones."""
    if isinstance(kind.columns, Buildings):
        return np.flatnonzero(kind.columns.stage[0] != BuildingStage.EMPTY)
    return np.arange(len(kind.columns[0][0]))


def monthly_frame(state: State) -> pd.DataFrame:
    """Monthly balances of the kept years, MWh (peak import in MW): one row a year and month."""
    import pandas as pd

    rows = []
    for year, block in sorted(state.monthly_kept.items()):
        for month in range(MONTHS):
            values = {item.name.lower(): block[0, month, item] for item in Monthly}
            rows.append({"year": state.first_year + year, "month": month + 1, **values})
    return pd.DataFrame(rows)
