"""Priors follow from ranges and grades, stay inside the evidence, and draw a dated series as one path."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from study_park import DECLARED_FOR_STUDIES, write_study_park

from agents.fields import Floats
from experiments.priors import (
    FAMILY_OF_GRADE,
    QUANTILES,
    Family,
    Prior,
    Row,
    constants_of,
    mean_of,
    prior_faults,
    priors_of,
    values_at,
)
from sim.parks import ParkData, check_overrides, load_park

MIDDLES = (np.arange(200_000) + 0.5) / 200_000
EXTREMES = np.array([2.0**-53, 1e-9, 0.5, 1.0 - 1e-9, 1.0 - 2.0**-53])


@pytest.fixture(scope="module")
def park(tmp_path_factory: pytest.TempPathFactory) -> ParkData:
    return load_park(write_study_park(tmp_path_factory.mktemp("study") / "tiny"), declared=DECLARED_FOR_STUDIES)


@pytest.fixture(scope="module")
def meishan() -> ParkData:
    return load_park("meishan")


def drawn(family: Family, low: float, central: float, high: float, u: Floats) -> Floats:
    row = Row(None, low, central, high, "D", family)
    return np.asarray(Prior("x", "1", family, "parameters", "D", (row,)).values(u))


@pytest.mark.parametrize(
    ("family", "mean", "variance"),
    [
        ("pert", (1 + 4 * 2 + 6) / 6, (2.5 - 1) * (6 - 2.5) / 7),  # of the beta on [1, 6] with alpha 1.8, beta 4.2
        ("triangular", 3.0, (1 + 4 + 36 - 2 - 6 - 12) / 18),
        ("uniform", 3.5, 25 / 12),
        ("whole", 3.5, 35 / 12),
    ],
)
def test_means_and_variances_are_those_of_the_textbook(family: Family, mean: float, variance: float) -> None:
    values = drawn(family, 1.0, 2.0, 6.0, MIDDLES)
    assert values.mean() == pytest.approx(mean, rel=1e-4)
    assert values.var() == pytest.approx(variance, rel=1e-3)
    assert mean_of(Row(None, 1.0, 2.0, 6.0, "D", family)) == pytest.approx(mean)


def test_quantiles_with_closed_forms() -> None:
    u = np.array([0.01, 0.2, 0.5, 0.9])
    assert drawn("uniform", 2.0, 2.1, 4.0, u).tolist() == pytest.approx((2.0 + 2.0 * u).tolist())
    assert drawn("triangular", 0.0, 1.0, 4.0, np.array([0.25]))[0] == pytest.approx(1.0)  # the mode, at its share
    assert drawn("triangular", 0.0, 4.0, 4.0, u).tolist() == pytest.approx((4.0 * np.sqrt(u)).tolist())
    # The mode at an end: beta(1, 5) and beta(5, 1).
    assert drawn("pert", 0.0, 0.0, 1.0, u).tolist() == pytest.approx((1.0 - (1.0 - u) ** 0.2).tolist())
    assert drawn("pert", 0.0, 1.0, 1.0, u).tolist() == pytest.approx((u**0.2).tolist())
    assert drawn("pert", 0.0, 1.0, 2.0, np.array([0.5]))[0] == pytest.approx(1.0)


def test_every_whole_number_is_equally_likely() -> None:
    values, counts = np.unique(drawn("whole", 0.0, 1.0, 3.0, MIDDLES), return_counts=True)
    assert values.tolist() == [0.0, 1.0, 2.0, 3.0]
    assert set(counts.tolist()) == {50_000}


def test_pert_is_narrowest_and_uniform_widest() -> None:
    spread = {family: drawn(family, 0.0, 1.0, 2.0, MIDDLES).std() for family in ("pert", "triangular", "uniform")}
    assert spread["pert"] < spread["triangular"] < spread["uniform"]


finite = st.floats(-1e6, 1e6)


@given(
    ends=st.tuples(finite, finite, finite).map(sorted).filter(lambda e: e[2] - e[0] > 1e-6),
    family=st.sampled_from(sorted(QUANTILES)),
    u=st.lists(st.floats(2.0**-53, 1.0 - 2.0**-53), min_size=2, max_size=5).map(sorted),
)
def test_draws_stay_inside_the_range_and_rise_with_the_quantile(ends: list[float], family: str, u: list[float]) -> None:
    low, central, high = ends
    if family == "whole" and math.ceil(low) > math.floor(high):
        return
    values = drawn(family, low, central, high, np.array(u))  # type: ignore[arg-type]
    assert ((low <= values) & (values <= high)).all()
    assert (np.diff(values) >= -1e-9 * (high - low)).all()


def test_grades_decide_the_family(park: ParkData) -> None:
    priors = priors_of(park)
    assert FAMILY_OF_GRADE == {"A": "pert", "B": "pert", "C": "triangular", "D": "uniform"}
    families = {name: prior.family for name, prior in priors.items()}
    assert families == {
        "roof_cost": "pert",
        "hurdle_rate": "uniform",
        "heat_cost": "triangular",
        "contract_years": "whole",
        "grid_factor": "uniform",
        "gas_price": "uniform",  # the widest of its rows
        "coal_price": "triangular",
    }
    assert [row.family for row in priors["gas_price"].rows] == ["pert", "fixed", "uniform"]
    assert {name for name, prior in priors.items() if prior.source == "futures"} == set(park.series)


def test_definitions_and_what_is_shared_are_not_drawn_unless_asked(park: ParkData) -> None:
    assert {"rule", "ties", "known"}.isdisjoint(priors_of(park))
    asked = priors_of(park, {"rule": {"family": "whole"}})["rule"]
    assert set(np.asarray(asked.values(MIDDLES)).tolist()) == {0.0, 1.0, 2.0}
    [(_, fault)] = prior_faults(park, {"ties": {"low": 4}})["ties"]
    assert "one number for all runs" in fault
    assert prior_faults(park, {"ties": 4}) == {}
    assert "ties" not in priors_of(park, {"ties": 4})


def test_meishans_definitions_are_no_uncertainties(meishan: ParkData) -> None:
    priors = priors_of(meishan)
    definitions = {"neutrality_test", "sinks_counted_in_full", "neutrality_target_year", "contracted_supply_rule"}
    closing = {"contracted_supply_volume", "energy_outside_carbon_boundary", "account_counts_electricity"}
    assert (definitions | closing | {"peer_spatial_ties", "peer_sector_ties"}).isdisjoint(priors)
    assert priors["developer_repower"].family == "whole"
    assert len(priors) > 300


def test_no_draw_of_meishan_leaves_its_evidence(meishan: ParkData) -> None:
    priors = priors_of(meishan)
    u = np.repeat(EXTREMES[:, None], len(priors), axis=1)
    assert check_overrides(meishan, values_at(priors, u)) == {}


def test_a_dated_series_is_one_path(park: ParkData) -> None:
    prior = priors_of(park)["gas_price"]
    u = np.array([0.1, 0.5, 0.9])
    path = prior.values(u)
    assert isinstance(path, dict)
    assert path[2030].tolist() == pytest.approx([1.8, 5.0, 8.2])
    assert path[2025].tolist() == [4.0, 4.0, 4.0]
    assert path[2020].tolist() == drawn("pert", 2.0, 3.0, 5.0, u).tolist()


def test_drawn_together_as_each_alone(meishan: ParkData) -> None:
    priors = priors_of(meishan)
    u = np.random.default_rng(1).random((7, len(priors)))
    together = values_at(priors, u)
    for column, (name, prior) in enumerate(priors.items()):
        alone, found = prior.values(u[:, column]), together[name]
        if isinstance(alone, dict):
            assert isinstance(found, dict)
            assert {year: row.tolist() for year, row in alone.items()} == {y: row.tolist() for y, row in found.items()}
        else:
            assert not isinstance(found, dict)
            assert alone.tolist() == found.tolist()


def test_a_study_may_choose_family_and_range(park: ParkData) -> None:
    chosen = {
        "hurdle_rate": {"family": "triangular", "low": 0.12},
        "heat_cost": {"low": 2.5, "central": 3.0},
        "grid_factor": {"high": {2025: 0.4}},
        "gas_price": {"family": "uniform"},
        "roof_cost": 3.2,
        "coal_price": {2020: 2.0, 2030: 2.5},
    }
    assert prior_faults(park, chosen) == {}
    priors = priors_of(park, chosen)
    assert priors["hurdle_rate"].rows[0][1:4] == (0.12, 0.15, 0.3)
    assert priors["heat_cost"].rows[0][1:] == (2.5, 3.0, 4.0, "C", "triangular")
    years = {row.year: row[1:4] for row in priors["grid_factor"].rows}
    assert years[2025] == pytest.approx((0.375, 0.4, 0.4))  # a row between the park's; uniform needs no centre
    assert sorted(years) == [2020, 2025, 2030]
    assert [row.family for row in priors["gas_price"].rows] == ["uniform", "fixed", "uniform"]
    assert {"roof_cost", "coal_price"}.isdisjoint(priors)
    assert constants_of(park, chosen) == {"roof_cost": 3.2, "coal_price": {2020: 2.0, 2030: 2.5}}


@pytest.mark.parametrize(
    ("name", "choice", "expected"),
    [
        ("hurdle_rat", 0.2, "unknown parameter 'hurdle_rat'; did you mean 'hurdle_rate'?"),
        ("hurdle_rate", 0.5, "0.5 lies outside its evidence range, 0.1 to 0.3"),
        ("hurdle_rate", {"low": 0.05}, "'hurdle_rate, low': 0.05 lies outside its evidence range"),
        ("hurdle_rate", {"low": "few"}, "'few' is not a number"),
        ("hurdle_rate", {"low": [0.1, 0.2]}, "[0.1, 0.2] is not a number"),
        ("hurdle_rate", {"low": 0.25, "high": 0.2}, "low 0.25 lies above high 0.2"),
        ("heat_cost", {"low": 2.5}, "central 2 lies outside 2.5 to 4; give 'central'"),
        ("hurdle_rate", {"famly": "pert"}, "unknown key 'famly'; did you mean 'family'?"),
        ("hurdle_rate", {"family": "normal"}, "family 'normal'; expected one of fixed, pert"),
        ("hurdle_rate", {"family": "fixed", "low": 0.2}, "a fixed value has a central value only"),
        ("hurdle_rate", {"family": "whole"}, "no whole number lies between 0.1 and 0.3"),
        ("hurdle_rate", {}, "expected a value, or any of family"),
        ("hurdle_rate", [0.1, 0.2], "[0.1, 0.2] is not a number"),
        ("hurdle_rate", {2020: 0.2}, "is a parameter without dates"),
        ("contract_years", {"family": "pert"}, "is a whole number: family 'pert'; expected one of fixed, whole"),
        ("contract_years", 2.5, "2.5 is not a whole number"),
        ("gas_price", {"family": "whole"}, "is a dated series: family 'whole'"),
        ("gas_price", {"low": 2.0}, "expected {year: number} for 'low'"),
        ("gas_price", {"low": {2031: 2.0}}, "2031 is not a year from 2020 to 2030"),
        ("gas_price", {"low": {2030: 0.5}}, "'gas_price, 2030, low': 0.5 lies outside its evidence range, 1 to 9"),
        ("gas_price", {2030: 0.5}, "'gas_price, 2030': 0.5 lies outside"),
    ],
)
def test_a_faulty_prior_is_named(park: ParkData, name: str, choice: object, expected: str) -> None:
    found = [fault for _, fault in prior_faults(park, {name: choice})[name]]
    assert expected in "\n".join(found)


def test_draws_of_a_series_with_rows_before_the_base_year_are_accepted(tmp_path: Path) -> None:
    folder = write_study_park(tmp_path / "tiny")
    table = folder / "series" / "all.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("coal_price,1,2020", "coal_price,1,2015"))
    park = load_park(folder, declared=DECLARED_FOR_STUDIES)
    assert check_overrides(park, {"coal_price": priors_of(park)["coal_price"].values(EXTREMES)}) == {}
