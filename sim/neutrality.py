"""One pathway judged by each of the five definitions of Table 1 (D8), whichever of them the run itself was tested by.

What the park emits, takes up and trades is as the run recorded it; only the sum differs. Offsets are those that were
bought under the run's own test.
"""

from __future__ import annotations

import math

import numpy as np

from agents import carbon
from agents.carbon import NeutralityTest
from agents.world import World
from sim.results import Judgement

# The same function with and without the compiler; called 200 times, it is not worth compiling for Python.
net_emissions = getattr(carbon.net_emissions, "py_func", carbon.net_emissions)


def judge(world: World, run: int, first_year: int) -> dict[str, Judgement]:
    """Net CO2 [years] of one run by each definition, t, with its limit; keys are names of ``NeutralityTest``."""
    parameters, base = world.parameters[run], world.record[run, 0]
    near_zero = float(parameters.neutrality_near_zero_share * (base.emissions_scope1 + base.emissions_scope2_account))
    return {
        test.name.lower(): Judgement(
            np.array([net_of_year(world, run, year, first_year, test) for year in range(world.record.shape[1])]),
            near_zero if test == NeutralityTest.NET_ZERO_HUB else 0.0,
        )
        for test in NeutralityTest
    }


def net_of_year(world: World, run: int, year: int, first_year: int, test: NeutralityTest) -> float:
    """Net CO2 of one year by one definition, t, from the ledger's own record (agents.carbon.close_trading)."""
    p, s, now = world.parameters[run], world.series[run, year], world.record[run, year]
    counted = s.grid_factor if p.account_counts_electricity > 0.5 else 0.0
    account = now.emissions_scope2_account
    traded = min(account, now.certificates_bought_outside * counted)
    trades = test in (NeutralityTest.RMI, NeutralityTest.ZERO_CARBON_CAMPUS)
    if trades and first_year + year >= p.neutrality_target_year:
        account += now.contracted_supply_credit
        traded += now.contracted_supply_credit
    sinks = now.carbon_sinks if p.sinks_counted_in_full > 0.5 else now.carbon_sinks_increment
    return float(
        net_emissions(
            float(test),
            now.emissions_scope1,
            now.emissions_scope2_location,
            account,
            sinks,
            traded + now.carbon_offsets,
            now.trading_cap,
        )
    )


def chosen_test(world: World, run: int) -> NeutralityTest:
    """The definition that a run itself is tested by."""
    return NeutralityTest(math.floor(world.parameters[run].neutrality_test + 0.5))
