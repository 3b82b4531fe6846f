"""Every lever that ships, switched on alone, moves what it is for in the whole park, and in the right direction.

The pairs run under the same seeds (common random numbers), so that a difference is an effect and not luck. Which
outcome a lever is for stands in ``experiments.lever_effects.EFFECTS``.
"""

from __future__ import annotations

import numpy as np
import pytest

from experiments.lever_effects import EFFECTS, SUM, Effect, main, measure, page, simulated
from policies.registry import policy_classes

RUNS, LAST_YEAR = 8, 2040
PROOF = 2.0  # standard errors that a mean paired difference must lie from zero


def name_of(effect: Effect) -> str:
    return f"{effect.policy}.{effect.lever}-{effect.target.partition('+')[0]}"


def test_every_lever_that_ships_has_an_effect_to_show() -> None:
    shipped = {(policy, lever.name) for policy, cls in policy_classes().items() for lever in cls.levers}
    assert {(effect.policy, effect.lever) for effect in EFFECTS} == shipped


@pytest.mark.parametrize("effect", EFFECTS, ids=name_of)
def test_each_lever_moves_what_it_is_for(effect: Effect) -> None:
    found = measure(effect, RUNS, LAST_YEAR)
    assert found.difference * effect.direction > PROOF * found.error, found
    assert found.right >= 0.75, found


def test_a_lever_at_its_off_value_changes_no_bit() -> None:
    bau = simulated({}, RUNS, LAST_YEAR)
    off = {policy: {lever.name: lever.off for lever in cls.levers} for policy, cls in policy_classes().items()}
    assert np.array_equal(simulated(off, RUNS, LAST_YEAR), bau)


def test_pledge_loans_do_nothing_without_an_allowance_scheme() -> None:
    alone = simulated({"green_finance": {"pledge_loans": 1.0}}, RUNS, LAST_YEAR)
    assert np.array_equal(alone, simulated({}, RUNS, LAST_YEAR))


def test_relending_is_worth_at_most_27_basis_points() -> None:
    """Row cerf_share: 60 % of principal at 1.75 % instead of 2.2 %."""
    relent = simulated({"green_finance": {"relending_share": 0.6}}, RUNS, LAST_YEAR)
    fall = simulated({}, RUNS, LAST_YEAR)["loan_rate_green"][:, 1:] - relent["loan_rate_green"][:, 1:]
    assert np.all(fall > 0.0) and np.all(fall <= 0.0027)


def test_a_transition_loan_needs_its_start_year() -> None:
    late = simulated({"green_finance": {"transition_start_year": 2030}}, RUNS, LAST_YEAR)["loans_transition"]
    assert np.all(late[:, :10] == 0.0)
    assert np.all(late[:, 10:].sum(axis=1) > 0.0)


def test_the_requirement_tightens_while_emissions_lie_above_the_path_and_falls_back_below_it() -> None:
    plan = {"required_rate": 0.35, "binding": 1.0, "adaptive_step": 0.02}
    adaptive = simulated({"building_lifecycle": plan}, RUNS, LAST_YEAR)
    rate, net = adaptive["lifecycle_rate_in_force"], adaptive["emissions_net"]
    path = 330e3 * (1.0 - np.clip((np.arange(rate.shape[1]) - 1) / 39.0, 0.0, 1.0))
    above = net[:, 1:-1] > path[1:-1]
    change = np.diff(rate[:, 1:], axis=1)
    free = (rate[:, 1:-1] > 0.35 + 1e-9) & (rate[:, 1:-1] < 0.6 - 0.02 - 1e-9)
    assert above.any() and free.any()
    np.testing.assert_allclose(change[above & free], 0.02, atol=1e-12)
    np.testing.assert_allclose(change[~above & free], -0.02, atol=1e-12)


def test_the_page_has_a_line_for_each_effect(capsys: pytest.CaptureFixture[str]) -> None:
    chosen = EFFECTS[0]
    text = page([measure(chosen, RUNS, LAST_YEAR)], RUNS, LAST_YEAR)
    assert f"| `{chosen.lever}` |" in text and str(chosen.when if chosen.when != SUM else LAST_YEAR) in text
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "--runs" in capsys.readouterr().out
