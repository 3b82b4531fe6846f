"""The five definitions of neutrality (D8): judged afterwards, a run gets what its own ledger recorded."""

from __future__ import annotations

import numpy as np

from agents.carbon import NeutralityTest
from policies.registry import make_policies
from sim.neutrality import chosen_test, judge
from sim.results import Judgement
from sim.state import new_state
from sim.year import run_all


def test_a_pathway_is_judged_as_its_own_ledger_judged_it() -> None:
    tests = np.array([float(test) for test in NeutralityTest])
    state = run_all(
        new_state(
            "meishan",
            seeds=[1] * len(tests),
            policies=make_policies(["green_power"]),
            overrides={"neutrality_test": tests, "neutrality_target_year": 2030},
            years=(2020, 2033),
        )
    )
    for run, test in enumerate(NeutralityTest):
        judged = judge(state.world, run, 2020)
        assert chosen_test(state.world, run) == test
        assert np.array_equal(judged[test.name.lower()].net, state.world.record["emissions_net"][run]), test.name
        holds = judged[test.name.lower()].net <= judged[test.name.lower()].limit
        assert np.array_equal(holds, state.world.record["neutral"][run] > 0.5), test.name


def test_the_year_of_neutrality_counts_from_the_limit_of_the_definition() -> None:
    net = np.array([9.0, 4.0, 6.0, 4.0, 3.0])
    years = range(2020, 2025)
    assert Judgement(net).neutrality_year(years) is None
    assert Judgement(net, limit=5.0).neutrality_year(years) == 2023
