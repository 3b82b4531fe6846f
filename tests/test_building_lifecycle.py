"""The building life-cycle policy (P3, N13) at work in the park, and what each lever does."""

from __future__ import annotations

import numpy as np
import pytest
from building_park import BuildingPark, make_park, run_years

from agents import building, embodied, gates
from agents.errors import InputError
from agents.fields import Outcome, records
from policies.base import Signals
from policies.building_lifecycle import GATE_LEVERS, BuildingLifecycle

BINDING = {"lifecycle_rate_required": 0.35, "lifecycle_binding": 1.0}
STRICT = {f"gate_{lever}": 0.6 for lever in GATE_LEVERS}


def run(years: int = 14, **signals: float) -> BuildingPark:
    """A growing park under constant signals."""
    return run_years(make_park(agents=240, capacity=520, runs=2, years=years, **signals))


def achieved(park: BuildingPark) -> np.ndarray:
    """Floor-area-weighted achieved rate of everything completed from 2026 on, [runs]; listed under the signals."""
    record = park.world.record
    area = record.floor_area_completed[:, 6:]
    return (record.lifecycle_reduction_rate[:, 6:] * area).sum(axis=1) / area.sum(axis=1)


def signals_of(policy: BuildingLifecycle, year: int, net: float = 0.0, in_force: float = 0.0) -> Signals:
    """Signals of two runs after the policy has written, given last year's outcomes."""
    signals = Signals([*gates.SIGNALS, *embodied.SIGNALS, *building.SIGNALS], 2)
    parameters = records([*embodied.PARAMETERS], 2)
    signals.follow(parameters, parameters)
    signals.reset(0)
    last = records([Outcome("emissions_net", "t", ""), Outcome("lifecycle_rate_in_force", "1", "")], 2)
    last.emissions_net, last.lifecycle_rate_in_force = net, in_force
    policy.apply(signals, year, last)
    return signals


def test_binding_thirty_five_percent_beats_indicative_ten() -> None:
    usual, advised = run(), run(lifecycle_rate_required=0.10)
    bound = run(**BINDING, **STRICT)
    assert (achieved(usual) < 0.06).all()
    assert (achieved(advised) < 0.12).all()
    assert (achieved(bound) > 0.28).all()
    assert (achieved(bound) > achieved(advised) + 0.1).all()
    assert (achieved(advised) >= achieved(usual)).all()


def test_stricter_gates_catch_more_and_never_lower_the_achieved_rate() -> None:
    loose = run(**BINDING, gate_check_scale=0.3)
    usual = run(**BINDING)
    strict = run(**BINDING, **STRICT)
    assert (achieved(loose) <= achieved(usual) + 1e-12).all()
    assert (achieved(usual) <= achieved(strict) + 1e-12).all()
    for park in (loose, usual, strict):
        for gate in range(1, 10):
            counts = [park.world.record[f"gate_{what}_g{gate}"] for what in ("checked", "caught", "passed")]
            assert (counts[1] <= counts[0]).all()
            assert (counts[2] >= 0.0).all()


def test_no_rule_no_gate_catches_anyone() -> None:
    record = run().world.record
    assert sum(record[f"gate_caught_g{gate}"].sum() for gate in range(1, 7)) == 0.0


def test_a_binding_rate_lowers_operational_energy_and_embodied_carbon() -> None:
    usual, bound = run(), run(**BINDING, **STRICT)
    for name in ("buildings_base_electricity", "buildings_gas", "scope3_buildings_a1_a3"):
        assert (bound.world.record[name][:, -1] < usual.world.record[name][:, -1]).all(), name
    assert (
        bound.world.record.lifecycle_extra_cost.sum(axis=1) > usual.world.record.lifecycle_extra_cost.sum(axis=1)
    ).all()


def test_the_quota_is_paid_for_and_brings_retrofits() -> None:
    usual, quota = run(), run(energy_quota_on=1.0, quota_surcharge=300.0, gate_check_g7=1.0)
    assert quota.world.record.quota_surcharges.sum() > 0.0
    assert usual.world.record.quota_surcharges.sum() == 0.0
    done = [(p.world.record.buildings_retrofitted_light).sum() for p in (usual, quota)]
    assert done[1] > done[0]


def test_green_demolition_and_reuse_lower_scope_3() -> None:
    ages = {"building_life_mean": 15.0}
    usual = run(**ages)
    green = run(**ages, green_demolition_required=1.0, gate_check_g8=1.0)
    reuse = run(**ages, waste_reuse_rate=0.6, gate_check_g9=1.0)
    end = [p.world.record.scope3_buildings_c1_c4.sum() for p in (usual, green)]
    assert end[1] < end[0]
    assert reuse.world.record.scope3_buildings_d.sum() < usual.world.record.scope3_buildings_d.sum()
    assert reuse.world.record.waste_reused.sum() > usual.world.record.waste_reused.sum()


def test_modules_add_up_to_scope_3() -> None:
    record = run(**BINDING, building_life_mean=15.0).world.record
    parts = sum(record[f"scope3_buildings_{m}"] for m in ("a1_a3", "a4_a5", "b4", "c1_c4", "d"))
    np.testing.assert_allclose(record.emissions_scope3_buildings, parts, rtol=1e-12)


def test_the_meishan_plan_advises_ten_and_then_binds_thirty_five_percent() -> None:
    plan = BuildingLifecycle.meishan_plan()
    before, after = signals_of(plan, 2020).values, signals_of(plan, 2026).values
    assert before.lifecycle_rate_required[0] == pytest.approx(0.10)
    assert before.lifecycle_binding[0] == 0.0
    assert after.lifecycle_rate_required[0] == pytest.approx(0.35)
    assert after.lifecycle_binding[0] == 1.0


def test_a_policy_with_all_levers_off_writes_the_baseline() -> None:
    untouched = Signals([*gates.SIGNALS, *embodied.SIGNALS, *building.SIGNALS], 2)
    parameters = records([*embodied.PARAMETERS], 2)
    untouched.follow(parameters, parameters)
    untouched.reset(0)
    np.testing.assert_array_equal(signals_of(BuildingLifecycle(), 2030).values, untouched.values)


def test_the_requirement_tightens_while_emissions_stay_above_the_path() -> None:
    policy = BuildingLifecycle(required_rate=0.2, adaptive_step=0.02)
    above = signals_of(policy, 2030, net=1e6, in_force=0.3).values.lifecycle_rate_required
    below = signals_of(policy, 2030, net=1e3, in_force=0.3).values.lifecycle_rate_required
    floor = signals_of(policy, 2030, net=1e3, in_force=0.2).values.lifecycle_rate_required
    assert above == pytest.approx(0.32)
    assert below == pytest.approx(0.28)
    assert floor == pytest.approx(0.20)
    highest = signals_of(policy, 2030, net=1e6, in_force=0.6).values.lifecycle_rate_required
    assert highest == pytest.approx(0.6)


def test_a_rate_outside_its_range_is_refused() -> None:
    with pytest.raises(InputError, match="required_rate"):
        BuildingLifecycle(required_rate={2025: 0.9})
