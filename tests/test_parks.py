"""A park's folder is read whole, converted to declared units, and every fault in it is named at once."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_park import DECLARED, write_tiny_park

from agents.axes import Account, Carrier
from agents.errors import InputError
from agents.fields import Quantity
from sim import units
from sim.dated import between_dates, interpolate
from sim.declarations import collect, declarations
from sim.park_tables import BaseYear, Problems, Value, read_base_year, read_evidence
from sim.parks import (
    check_overrides,
    load_park,
    parameter_records,
    refuse_faults,
    series_records,
    shipped_parks,
)
from sim.state import new_state, shared_numbers
from sim.units import factor, known


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return write_tiny_park(tmp_path / "tiny")


def faults(folder: Path) -> str:
    with pytest.raises(InputError) as caught:
        load_park(folder, declared=DECLARED)
    return "\n".join(caught.value.problems)


def edit(folder: Path, name: str, old: str, new: str) -> None:
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new), encoding="utf-8")


def test_values_arrive_in_declared_units(tiny: Path) -> None:
    park = load_park(tiny, declared=DECLARED)
    assert park.parameters["roof_cost"].central == pytest.approx(3.3)
    assert park.parameters["hurdle_rate"].high == pytest.approx(0.30)
    assert park.base_year.energy[Account.PORT, Carrier.ELECTRICITY] == 40_000.0
    assert park.base_year.energy[Account.PORT, Carrier.LNG] == 9_000.0
    assert park.base_year.memo == {"local_wind": pytest.approx(212_600.0)}
    assert park.tables["types"]["area"].tolist() == [600_000.0]
    assert park.tables["types"]["count"].dtype == np.int64
    assert park.evidence["roof"].note == "quoted, with a comma"


def test_the_reconciliation_and_numbers_of_agents_are_choices(tiny: Path) -> None:
    park = load_park(tiny, declared=DECLARED, reconciliation="B", agents={"firms": 50_000})
    assert park.base_year.energy[Account.PORT, Carrier.ELECTRICITY] == 41_000.0
    assert (park.agents.firms, park.agents.buildings) == (50_000, 4)
    with pytest.raises(InputError, match="no reconciliation 'C'"):
        load_park(tiny, declared=DECLARED, reconciliation="C")
    with pytest.raises(InputError, match="agents.firms"):
        load_park(tiny, declared=DECLARED, agents={"firms": 0})


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        (
            "parameters/all.csv",
            "hurdle_rate,",
            "hurdle_rat,",
            "all.csv:3: unknown parameter 'hurdle_rat'; did you mean",
        ),
        ("parameters/all.csv", "hurdle_rate,", "hurdle_rat,", "missing parameter 'hurdle_rate' [1/yr]"),
        ("parameters/all.csv", "yuan/kW,3000", "yuan/m2,3000", "'roof_cost', unit: unit 'yuan/m2' cannot be converted"),
        ("parameters/all.csv", "yuan/kW,3000", "yuen/kW,3000", "unknown unit 'yuen/kW'"),
        ("parameters/all.csv", "3000,3300", "3400,3300", "expected low <= central <= high"),
        ("parameters/all.csv", "3300", "nan", "'roof_cost', central: nan is not a finite number"),
        ("parameters/all.csv", "3600", "inf", "'roof_cost', high: inf is not a finite number"),
        ("parameters/all.csv", "3300", "", "'roof_cost', central is empty"),
        ("parameters/all.csv", ",B,roof", ",E,roof", "expected one of A, B, C, D"),
        ("parameters/all.csv", ",B,roof", ",B,rof", "no row 'rof' in evidence.csv; did you mean 'roof'?"),
        ("parameters/all.csv", "D,assumption", "A,assumption", "rests on an assumption and claims grade A"),
        ("parameters/all.csv", "judged", '"judged', "malformed CSV"),
        ("parameters/all.csv", ",survey", "", "7 cells, expected 8"),
        ("parameters/all.csv", "grade", "grades", "unknown column 'grades'; did you mean 'grade'?"),
        ("parameters/all.csv", "hurdle_rate,%/yr", "roof_cost,yuan/kW", "'roof_cost' stands twice, first in"),
        ("series/all.csv", "2030", "2020", "'grid_factor', year 2020 stands twice"),
        ("series/all.csv", "2030", "2030.5", "is not a whole year"),
        ("types.csv", "office", "ofice", "type: 'ofice'; expected one of office, retail; did you mean 'office'?"),
        ("types.csv", ",20,", ",2.5,", "count: 2.5 is not a whole number"),
        ("types.csv", "600000", "-1", "area: -1 lies outside 0 to inf m2"),
        ("base_year.csv", "lng", "lpgas", "carrier 'lpgas'; did you mean"),
        ("base_year.csv", "A,port,lng", "A,port,electricity", "stands twice"),
        ("park.yaml", "feeders", "feders", "unknown key 'agents.feders'; did you mean 'feeders'?"),
        ("park.yaml", "2030]", "2031]", "milestones must rise within 2020 to 2030"),
        ("park.yaml", "last_year: 2030", "last_year: 2010", "must lie after base_year"),
        ("park.yaml", "weather.npz", "wether.npz", "missing weather file"),
        ("evidence.csv", ",B", ",Z", "quality: 'Z'"),
    ],
)
def test_a_fault_is_named_with_its_place(tiny: Path, file: str, old: str, new: str, expected: str) -> None:
    edit(tiny, file, old, new)
    assert expected in faults(tiny)


def test_every_fault_is_reported_at_once(tiny: Path) -> None:
    edit(tiny, "parameters/all.csv", "3300", "nan")
    edit(tiny, "series/all.csv", "0.34", "much")
    edit(tiny, "park.yaml", "firms: 3", "firms: many")
    (tiny / "evidence.csv").unlink()
    text = faults(tiny)
    for expected in ("nan is not a finite", "'much' is not a number", "agents.firms", "evidence.csv: missing file"):
        assert expected in text


def test_a_table_with_no_file_is_a_fault(tiny: Path) -> None:
    (tiny / "types.csv").unlink()
    assert "types.csv: missing file" in faults(tiny)


def test_an_unknown_park_lists_the_parks() -> None:
    with pytest.raises(InputError, match="did you mean 'meishan'"):
        load_park("meishann")
    assert "meishan" in shipped_parks()


def test_a_folder_without_a_park_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no park.yaml in this folder"):
        load_park(tmp_path)


def test_records_hold_central_values_and_overrides(tiny: Path) -> None:
    park = load_park(tiny, declared=DECLARED)
    table = parameter_records(park, 2, {"hurdle_rate": np.array([0.1, 0.2]), "grid_factor": 0.5})
    assert table.roof_cost.tolist() == pytest.approx([3.3, 3.3])
    assert table.hurdle_rate.tolist() == [0.1, 0.2]
    series = series_records(park, 2)
    assert series.shape == (2, 11)
    assert series.grid_factor[1].tolist() == pytest.approx(np.linspace(0.54, 0.34, 11).tolist())
    assert series_records(park, 1, overrides={"grid_factor": 0.5}).grid_factor[0].tolist() == [0.5] * 11
    dated = series_records(park, 1, overrides={"grid_factor": {2022: 0.50, 2024: 0.46}}).grid_factor[0]
    assert dated[[0, 1, 2, 3, 4, 10]].tolist() == pytest.approx(
        [0.54, 0.52, 0.50, 0.48, 0.46, 0.46]
    )  # its own at first
    whole = series_records(park, 2, overrides={"grid_factor": {2020: 0.5, 2030: np.array([0.3, 0.4])}}).grid_factor
    assert whole[:, [0, 5, 10]] == pytest.approx(np.array([[0.5, 0.4, 0.3], [0.5, 0.45, 0.4]]))


def test_what_the_years_of_an_override_imply_must_lie_in_the_evidence_too(tiny: Path) -> None:
    park = load_park(tiny, declared=DECLARED)
    assert check_overrides(park, {"grid_factor": {2022: 0.48}}) == {}  # held until 2030, where 0.48 is the most
    found = check_overrides(park, {"grid_factor": {2022: 0.55}})["grid_factor"]
    assert found == [
        "'grid_factor': 0.55 in 2025, which the years given imply, lies outside its evidence range, 0.375 to 0.54 t/MWh"
    ]
    runs = {2021: np.array([0.5, 0.5]), 2028: np.array([0.4, 0.49])}
    assert "0.49 in 2030" in check_overrides(park, {"grid_factor": runs})["grid_factor"][0]


def test_choices_and_counts_are_whole_numbers() -> None:
    park = load_park("meishan")
    found = check_overrides(park, {"contracted_supply_rule": 1.5, "neutrality_target_year": 2050})
    assert found == {"contracted_supply_rule": ["'contracted_supply_rule': 1.5 is not a whole number"]}


def test_overrides_outside_evidence_are_refused_with_the_range(tiny: Path) -> None:
    park = load_park(tiny, declared=DECLARED)
    found = check_overrides(
        park,
        {
            "hurdle_rate": 0.5,
            "hurdle_rat": 0.2,
            "roof_cost": float("nan"),
            "grid_factor": {2030: 0.6, 1990: 0.5},
        },
    )
    assert found["hurdle_rate"] == ["'hurdle_rate': 0.5 lies outside its evidence range, 0.1 to 0.3 1/yr"]
    assert "did you mean 'hurdle_rate'" in found["hurdle_rat"][0]
    assert "nan lies outside" in found["roof_cost"][0]
    assert len(found["grid_factor"]) == 2
    with pytest.raises(InputError, match=r"hurdle_rate[\s\S]*grid_factor"):  # parameters and series together
        refuse_faults(park, {"hurdle_rate": 0.5, "grid_factor": 9.0})
    assert check_overrides(park, {"hurdle_rate": {2025: 0.2}})["hurdle_rate"][0].startswith(
        "'hurdle_rate' is a parameter"
    )
    assert check_overrides(park, {"hurdle_rate": True}) != {}


def test_a_dated_override_may_differ_between_runs(tiny: Path) -> None:
    park = load_park(tiny, declared=DECLARED)
    both = {2020: np.array([0.5, 0.6]), 2030: np.array([0.3, 0.4])}
    found = series_records(park, 2, overrides={"grid_factor": both}).grid_factor
    for run in range(2):
        alone = {year: values[run] for year, values in both.items()}
        assert found[run].tolist() == series_records(park, 1, overrides={"grid_factor": alone}).grid_factor[0].tolist()


finite = st.floats(-1e6, 1e6)


@given(
    rows=st.dictionaries(st.integers(2000, 2060), st.tuples(finite, finite), min_size=1),
    years=st.lists(st.integers(1990, 2070), min_size=1),
)
def test_runs_are_interpolated_at_once_as_each_alone(rows: dict[int, tuple[float, float]], years: list[int]) -> None:
    dates, calendar = np.array(sorted(rows)), np.array(years)
    values = np.array([rows[date] for date in dates.tolist()])
    found = between_dates(dates, values, calendar)
    for run in range(2):
        assert found[:, run].tolist() == np.interp(calendar, dates, values[:, run]).tolist()


def test_what_runs_share_is_one_number() -> None:
    park = load_park("meishan")
    names = ("peer_spatial_ties", "peer_sector_ties")
    assert shared_numbers(park, {"peer_sector_ties": np.array([2.0, 2.0])}, names) == [6, 2]
    with pytest.raises(InputError, match="'peer_sector_ties' differs between runs .2 to 4.: the peer network"):
        shared_numbers(park, {"peer_sector_ties": np.array([4.0, 2.0])}, names)
    with pytest.raises(InputError, match="'many' is not a number"):
        new_state(park, overrides={"peer_sector_ties": "many"})


@given(
    rows=st.dictionaries(st.integers(2000, 2060), st.tuples(finite, finite, finite).map(sorted), min_size=1),
    year=st.integers(1990, 2100),
)
def test_between_dated_rows_a_series_stays_inside_its_range(rows: dict[int, list[float]], year: int) -> None:
    series = tuple(
        Value("x", "1", low, central, high, "D", "assumption", "", "", date)
        for date, (low, central, high) in sorted(rows.items())
    )
    low, central, high = (float(interpolate(series, end, year)) for end in ("low", "central", "high"))
    assert low - 1e-6 <= central <= high + 1e-6


def test_a_name_declared_twice_is_refused_naming_both_modules() -> None:
    from types import ModuleType

    first, second = ModuleType("agents.first"), ModuleType("sim.second")
    first.PARAMETERS = [Quantity("cost", "1", "")]  # type: ignore[attr-defined]
    second.SERIES = [Quantity("cost", "1", "")]  # type: ignore[attr-defined]
    with pytest.raises(InputError, match="sim.second.SERIES: 'cost' is declared twice, first .* in agents.first"):
        collect([first, second])


@pytest.mark.parametrize(
    ("given_unit", "wanted", "expected"),
    [
        ("GWh", "MWh", 1e3),
        ("ktce", "tce", 1e3),
        ("tce", "MWh", 8.141),
        ("kg_lng", "tce", 0.001757),
        ("L_diesel", "kg_diesel", 0.84),
        ("bp", "1/yr*yr", 1e-4),
        ("%", "1", 1e-2),
        ("yuan/kWh", "yuan/MWh", 1e3),
        ("1e4 TEU", "TEU", 1e4),
        ("kWh/m2/yr", "MWh/m2/yr", 1e-3),
        ("degC", "degC", 1.0),
    ],
)
def test_units_convert(given_unit: str, wanted: str, expected: float) -> None:
    assert factor(given_unit, wanted) == pytest.approx(expected, rel=1e-12)


def test_units_of_another_dimension_never_convert() -> None:
    for wrong in (("kWh/TEU", "kWh"), ("Myuan", "Myuan/yr"), ("t", "MWh"), ("yuan/kW", "yuan/m2")):
        with pytest.raises(InputError, match="cannot be converted"):
            factor(*wrong)


# ----------------------------------------------------------------------------------------------- the park that ships


def base_year_of_meishan(choice: str) -> BaseYear:
    problems, folder = Problems(), shipped_parks()["meishan"]
    evidence = read_evidence(folder / "evidence.csv", problems)
    base = read_base_year(folder / "base_year.csv", choice, evidence, problems)
    problems.raise_if_any()
    return base


def test_base_year_of_meishan_closes_in_every_reconciliation() -> None:
    """N4: 333 ktce and N5: 329.7 kt under A, B and C (meishan_energy, meishan_co2), to rounding."""
    factors = {Carrier.GAS: 1.626, Carrier.LNG: 1.626, Carrier.DIESEL: 2.125, Carrier.GASOLINE: 1.988}
    factors |= {Carrier.COAL: 2.660, Carrier.LPG: 1.809}
    for choice, counted in (("A", "account"), ("B", "scope 1"), ("C", "account")):
        base = base_year_of_meishan(choice)
        power = base.energy[:, Carrier.ELECTRICITY].sum()
        fuels = sum(base.energy[:, carrier].sum() for carrier in factors)
        assert power * 0.3 + fuels + base.memo["outside_co2_fuel"] == pytest.approx(333e3, abs=100)
        scope_1 = sum(base.energy[:, carrier].sum() * value for carrier, value in factors.items())
        zero_carbon = base.memo["local_wind"] - base.memo["sold_outside"] + base.memo["contracted_zero_carbon"]
        scope_2 = (power - zero_carbon) * 0.5422 if counted == "account" else 0.0
        assert scope_1 + scope_2 == pytest.approx(329.7e3, abs=100)


def test_port_energy_of_2020_is_48_36_16() -> None:
    """N7."""
    port = base_year_of_meishan("A").energy[Account.PORT]
    tce = np.array([port[Carrier.ELECTRICITY] * 0.3, port[Carrier.LNG], port[Carrier.DIESEL]])
    assert (tce / tce.sum()).tolist() == pytest.approx([0.48, 0.36, 0.16])


def test_meishan_gives_every_declared_name_a_value_and_no_other() -> None:
    park = load_park("meishan")
    declared = declarations()
    assert set(park.parameters) == set(declared.parameters)
    assert set(park.series) == set(declared.series)
    assert set(park.tables) == set(declared.tables)


def test_every_declared_unit_is_known() -> None:
    declared = declarations()
    units = {name: quantity.unit for name, quantity in {**declared.parameters, **declared.series}.items()}
    assert [f"{name}: {unit}" for name, unit in units.items() if not known(unit)] == []


def test_usual_multiples_are_those_of_the_registry() -> None:
    for (unit, wanted), expected in units.MULTIPLES.items():
        assert units.converted(unit, wanted) == factor(unit, wanted) == expected


def test_a_park_is_read_once_and_again_when_a_file_has_changed(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(shipped_parks()["meishan"], tmp_path / "mine"))
    park = load_park(folder)
    assert load_park(folder) is park
    assert load_park(folder, agents={"firms": 50}).agents.firms == 50
    edit(folder, "park.yaml", "firms: 600", "firms: 601")
    assert load_park(folder).agents.firms == 601
    assert park.agents.firms == 600
