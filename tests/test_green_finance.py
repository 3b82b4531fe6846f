"""Green finance writes signals and nothing else; each lever does what its name says."""

from __future__ import annotations

import numpy as np
import pytest

from agents import bank, lending
from agents.errors import InputError
from agents.fields import records
from policies.base import Signals
from policies.green_finance import NEVER, GreenFinance

DECLARED = [*bank.SIGNALS, *lending.SIGNALS]
NO_OUTCOMES = np.zeros(1)


def signals_of(policies: list[GreenFinance], year: int) -> dict[str, float]:
    """Every finance signal of one run after the policies have written."""
    signals = Signals(DECLARED, runs=1)
    signals.follow(records([], 1), records([], 1))
    signals.reset(0)
    for policy in policies:
        policy.apply(signals, year, NO_OUTCOMES)
    return {name: float(signals.values[name][0]) for name in signals.declared}


def test_without_levers_every_signal_keeps_its_baseline() -> None:
    assert signals_of([GreenFinance()], 2030) == signals_of([], 2030)


@pytest.mark.parametrize("lever", GreenFinance.levers, ids=lambda lever: lever.name)
def test_each_lever_at_full_strength_moves_exactly_its_own_signal(lever: object) -> None:
    before = signals_of([], 2030)
    after = signals_of([GreenFinance(**{lever.name: lever.full})], 2030)
    moved = {name for name in before if before[name] != after[name]}
    assert moved == {GreenFinance.DIRECT.get(lever.name, "transition_finance_open")}


def test_levers_write_every_finance_signal() -> None:
    assert set(GreenFinance.DIRECT.values()) | {"transition_finance_open"} == {signal.name for signal in DECLARED}
    assert set(GreenFinance.DIRECT) | {"transition_start_year"} == {lever.name for lever in GreenFinance.levers}


def test_transition_finance_opens_in_its_start_year() -> None:
    policy = GreenFinance(transition_start_year=2030)
    assert [signals_of([policy], year)["transition_finance_open"] for year in (2029, 2030, 2050)] == [0.0, 1.0, 1.0]
    assert signals_of([GreenFinance(transition_start_year=NEVER)], 2060)["transition_finance_open"] == 0.0


def test_levers_follow_their_schedules() -> None:
    policy = GreenFinance(green_rate_discount={2025: 0.002, 2030: 0.005})
    assert [signals_of([policy], y)["green_rate_discount"] for y in (2024, 2025, 2031)] == [0.0, 0.002, 0.005]


def test_two_policies_meet_by_the_signals_rule_in_any_order() -> None:
    small, large = GreenFinance(guarantee_share=0.3, green_budget_multiplier=2.0), GreenFinance(guarantee_share=0.8)
    first, second = signals_of([small, large], 2030), signals_of([large, small], 2030)
    assert first == second
    assert first["guarantee_share"] == 0.8
    assert first["budget_multiplier_green"] == 2.0


def test_levers_outside_their_range_and_misspelt_ones_are_refused_together() -> None:
    with pytest.raises(InputError) as caught:
        GreenFinance(green_rate_discount=0.5, tenor_extention=3.0)
    assert len(caught.value.problems) == 2
    assert "tenor_extension" in str(caught.value)


def test_every_lever_has_a_chinese_name_a_unit_and_a_source() -> None:
    for lever in GreenFinance.levers:
        assert lever.chinese
        assert lever.unit
        assert lever.source
        assert lever.low <= lever.off <= lever.high
        assert lever.low <= lever.full <= lever.high
