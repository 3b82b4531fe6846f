"""Laws of the whole park, whatever the evidence says: 64 parameter sets from the evidence ranges, under every policy.

The sets are a Latin hypercube over all uncertain parameters and dated series (``whole_park.evidence_sets``), simulated
as one block from 2020 to 2060. What a law is and how it is measured stands in ``whole_park.Watch``.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from whole_park import (
    KEPT,
    RUNS,
    SIGNED,
    SMALL,
    YUAN,
    Watch,
    below_zero,
    block_under,
    evidence_sets,
    latin_hypercube,
    named_policies,
    parameter_sets,
    uncertain,
)

from policies.registry import policy_classes
from sim.hour_data import Hour
from sim.parks import load_park
from sim.state import new_state
from sim.stocks import STOCKS

POLICIES = ("bau", *policy_classes(), "all")
FEW = 16
CENT = 0.01 * YUAN
ROUNDING = 1e-9

# Laws of Watch and how far each may be from holding, [unit of the law].
TOLERANCE = {
    "accounts add up to final energy": ROUNDING,
    "load by feeder is electricity": ROUNDING,
    "electricity demand is electricity": ROUNDING,
    "electricity balances over the year": ROUNDING,
    "what agents owe is what the bank holds": CENT,
    "money gap": CENT,
    "owed gap": CENT,
    "cash changes by payments": CENT,
    "floor area is that of buildings in operation": 1e-3,
    "buildings are counted by stage": 0.0,
    "a building skips no stage and never goes back": 0.0,
    "a new building only takes an empty slot": 0.0,
    "a new building has an id of its own": 0.0,
    "a stage begins in the year of the move": 0.0,
    "a stage's first year stays": 0.0,
    "floor area of a building stays": 0.0,
    "floor area changes by what is completed and demolished": ROUNDING,
    "allowances cover emissions": 1e-3,
    "allowances issued beyond emissions": 1e-3,
}


@pytest.fixture(scope="module", params=POLICIES)
def block(request: pytest.FixtureRequest) -> Watch:
    """64 parameter sets without policies and under all of them, 16 other sets under each family alone."""
    if request.param in ("bau", "all"):
        return block_under(request.param)
    return block_under(request.param, FEW, POLICIES.index(request.param))


def worst(watch: Watch, values: np.ndarray) -> str:
    """Where a [runs, years] array is farthest from zero, for messages."""
    run, year = np.unravel_index(np.nanargmax(np.abs(values)), values.shape)
    return f"{values[run, year]:g} in run {run}, {watch.first_year + year}"


def check_numbers(watch: Watch) -> None:
    """No NaN or infinity and, where the meaning forbids it, nothing below zero, in any outcome and agent's column."""
    faults = []
    for name in watch.names:
        values = watch[name]
        if not np.isfinite(values).all():
            run, year = np.argwhere(~np.isfinite(values))[0]
            faults.append(f"{name} is {values[run, year]} in run {run}, {watch.first_year + year}")
        elif name not in SIGNED and below_zero(values):
            faults.append(f"{name} is {worst(watch, np.minimum(values, 0.0))}")
    assert not faults, "\n".join(faults)
    assert not watch.agents, "\n".join(watch.agents)


def check_laws(watch: Watch) -> None:
    """Every law of ``Watch`` holds in every year of every run."""
    faults = []
    for law in watch.gaps:
        tolerance = TOLERANCE[law.split(",")[0]]
        gap = watch.gap(law).T
        gap = np.pad(gap, ((0, 0), (watch.record.shape[1] - gap.shape[1], 0)))  # a change has no base year
        if not gap.max() <= tolerance:
            faults.append(f"{law}: {worst(watch, gap)}")
    assert not faults, "\n".join(faults)


def check_certificates(watch: Watch) -> None:
    """A certificate is issued once, and claimed, sold outside, held or lapsed once (MODEL 7)."""
    held = watch["certificates_held"]
    before = np.concatenate([np.zeros_like(held[:, :1]), held[:, :-1]], axis=1)
    local = watch["certificates_claimed"] - watch["certificates_bought_outside"]
    spent = local + watch["certificates_sold_outside"] + watch["certificates_expired"]
    gap = before + watch["certificates_issued"] - spent - held
    assert np.abs(gap).max() < 1e-3, worst(watch, gap)
    made = watch["generation_wind"] + watch["generation_pv"]
    assert (watch["certificates_issued"] <= made * (1.0 + ROUNDING) + 1e-3).all()
    assert (watch["green_power_delivered"] <= watch["certificates_issued"] * (1.0 + ROUNDING) + 1e-3).all()


def check_stocks(watch: Watch) -> None:
    """A stock changes by its declared inflows and outflows and by nothing else (MODEL 11)."""
    for stock in STOCKS:
        level = watch[stock.name]
        flow = sum(watch[name][:, 1:] for name in stock.inflows) - sum(watch[name][:, 1:] for name in stock.outflows)
        gap = np.diff(level, axis=1) - flow
        scale = np.maximum(1.0, np.abs(level[:, 1:]))
        gap = np.pad(gap / scale, ((0, 0), (1, 0)))
        assert np.abs(gap).max() < ROUNDING, f"{stock.name}: {worst(watch, gap)}"
        assert not any(watch[name][:, 0].any() for name in stock.inflows + stock.outflows), f"{stock.name} in 2020"


def check_carbon(watch: Watch) -> None:
    """Emissions add up by carrier and by account, net ones over the years, and no view of scope 2 exceeds the power."""
    account, scope1 = watch["emissions_account"], watch["emissions_scope1"]
    sectors = ("port", "industry", "buildings", "transport", "other")
    carriers = ("gas", "lng", "diesel", "gasoline", "coal", "lpg")
    gaps = {
        "accounts": sum(watch[f"emissions_{sector}"] for sector in sectors) - account,
        "scopes": scope1 + watch["emissions_scope2_account"] - account,
        "carriers": sum(watch[f"emissions_scope1_{carrier}"] for carrier in carriers) - scope1,
        "years": np.cumsum(watch["emissions_net"], axis=1) - watch["emissions_cumulative"],
        "trading beyond its cap": np.maximum(0.0, watch["emissions_closed_by_trading"] - watch["trading_cap"]),
    }
    factor = watch.series["grid_factor"][:, : watch.record.shape[1]]
    for view in ("location", "account"):
        beyond = watch[f"emissions_scope2_{view}"] - watch["electricity_demand"] * factor
        gaps[f"{view} view beyond all power"] = np.maximum(0.0, beyond)
    scale = np.abs(watch["emissions_cumulative"]).max()
    for name, gap in gaps.items():
        assert np.abs(gap).max() <= ROUNDING * scale, f"{name}: {worst(watch, gap)}"


def check_hours(watch: Watch) -> None:
    """Energy balances in every kept hour, no flow is negative, and the hours add up to the year (MODEL 6)."""
    for year, hours in watch.hours.items():
        supply = hours[Hour.IMPORT] + hours[Hour.DISCHARGE] + hours[Hour.UNSERVED] + hours[Hour.LOAD_CONTROL]
        supply = supply + hours[Hour.ROOF_PV : Hour.NEARSHORE_WIND + 1].sum(axis=0)
        use = hours[Hour.DEMAND] + hours[Hour.CHARGE] + hours[Hour.EXPORT] + hours[Hour.CURTAILMENT]
        assert np.abs(use / supply - 1.0).max() < ROUNDING, f"hours of year index {year}"
        assert hours.min() >= 0.0, f"{Hour(int(np.argmin(hours.min(axis=1)))).name} in year index {year}"
        for hour, outcome in ((Hour.DEMAND, "electricity_demand"), (Hour.IMPORT, "electricity_import")):
            assert hours[hour].sum() == pytest.approx(watch[outcome][0, year], rel=ROUNDING)


def check_all(watch: Watch) -> None:
    """Every law of this page."""
    for check in (check_numbers, check_laws, check_certificates, check_stocks, check_carbon, check_hours):
        check(watch)


def test_nothing_is_nan_infinite_or_negative(block: Watch) -> None:
    check_numbers(block)


def test_energy_money_floor_area_stages_and_allowances_keep_their_laws(block: Watch) -> None:
    check_laws(block)


def test_a_certificate_is_used_once(block: Watch) -> None:
    check_certificates(block)


def test_stocks_change_by_their_flows(block: Watch) -> None:
    check_stocks(block)


def test_emissions_add_up(block: Watch) -> None:
    check_carbon(block)


def test_every_hour_balances(block: Watch) -> None:
    assert sorted(block.hours) == [year - block.first_year for year in KEPT]
    check_hours(block)


def test_the_parameter_sets_fill_the_evidence_ranges() -> None:
    park = load_park("meishan")
    parameters, series = uncertain(park)
    assert len(parameters) > 200 and len(series) > 20
    overrides = evidence_sets()
    for name in parameters:
        value = park.parameters[name]
        if park.declared.parameters[name].whole:
            assert set(overrides[name]) == set(np.arange(value.low, value.high + 1.0)), name
            continue
        place = np.sort((overrides[name] - value.low) / (value.high - value.low))
        assert (np.floor(place * RUNS) == np.arange(RUNS)).all(), name  # one run in each stratum


def test_a_bank_without_capital_lends_nothing() -> None:
    """Write-offs may use up the bank's capital; from then on it grants no loan (MODEL 8)."""
    watch = block_under("all")
    broke = watch["bank_capital"][:, :-1] <= 0.0
    for label in ("green", "transition", "ordinary"):
        assert not watch[f"loans_{label}"][:, 1:][broke].any()


@settings(max_examples=4, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(corner=st.integers(0, 2**32 - 1), policy=st.sampled_from(POLICIES))
def test_laws_hold_at_the_ends_of_the_evidence_ranges(corner: int, policy: str) -> None:
    """Corners of the cube: every uncertain value at its low or its high end, in a smaller park.

    The corners are the same in every test run; raise ``max_examples`` to search wider.
    """
    park = load_park("meishan")
    ends = latin_hypercube(sum(map(len, uncertain(park))), 4, corner).round()
    state = new_state(
        "meishan",
        seeds=range(4),
        policies=named_policies(policy),
        overrides=parameter_sets(park, ends),
        agents=SMALL,
        keep=(2020, 2040),
    )
    check_all(Watch(state).run())
