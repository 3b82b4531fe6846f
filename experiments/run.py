"""One scenario simulated: a block of one run through the same stages as any ensemble."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from agents.axes import MONTHS
from experiments.run_file import run_inputs
from experiments.scenario import Scenario
from sim.hour_data import Monthly
from sim.results import RunResult, named_hours
from sim.state import State, new_state
from sim.views import as_columns
from sim.year import advance, begin

if TYPE_CHECKING:
    import pandas as pd


def simulate(scenario: Scenario, threads: int = 1) -> RunResult:
    """Simulate a checked scenario from the park's base year to its last year.

    One run is one thread's work: ``threads`` matters where several scenarios are compared, and never for the result.
    Hours, monthly results and agents are kept for the park's milestone years. InputError for inputs that do not fit.
    """
    if threads < 1:
        raise ValueError(f"threads must be at least 1, not {threads}")
    park = scenario.load_park()
    first = park.description.base_year
    milestones = [year for year in park.description.milestones if year <= scenario.years[1]]
    state = new_state(
        park,
        seeds=[scenario.seed],
        policies=scenario.policies,
        overrides=scenario.overrides,
        years=(first, scenario.years[1]),
        keep=milestones,
    )
    agents = []
    begin(state)
    while True:
        if first + state.year in milestones:
            agents.append(agent_frame(state))
        if state.year + 1 >= state.years:
            break
        advance(state)
    import pandas as pd

    return RunResult(
        results=state.results(scenario.name),
        hourly={first + year: named_hours(block) for year, block in state.hourly_kept.items()},
        monthly=monthly_frame(state),
        agents=pd.concat(agents, ignore_index=True),
        inputs=run_inputs(scenario),
    )


def agent_frame(state: State) -> pd.DataFrame:
    """Every agent of the block's first run as it stands: year, kind, agent, its columns and its account."""
    import pandas as pd

    parts = []
    borrowers = as_columns(state.world.borrowers, 0)
    for kind in state.kinds():
        columns: dict[str, Any] = as_columns(kind.columns, 0)
        count = len(next(iter(columns.values())))
        account = {name: values[kind.first : kind.first + count] for name, values in borrowers.items()}
        head = {"year": state.first_year + state.year, "kind": kind.name, "agent": np.arange(count)}
        parts.append(pd.DataFrame({**head, **account, **columns}))
    return pd.concat(parts, ignore_index=True)


def monthly_frame(state: State) -> pd.DataFrame:
    """Monthly balances of the kept years, MWh (peak import in MW): one row a year and month."""
    import pandas as pd

    rows = []
    for year, block in sorted(state.monthly_kept.items()):
        for month in range(MONTHS):
            values = {item.name.lower(): block[0, month, item] for item in Monthly}
            rows.append({"year": state.first_year + year, "month": month + 1, **values})
    return pd.DataFrame(rows)
