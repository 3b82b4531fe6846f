"""Results under published names, and folders that show results only when they are complete."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from synthetic_run import synthetic_results, synthetic_run

from agents.errors import InputError
from agents.fields import Outcome
from experiments.figure_style import CARRIER_COLOURS, SECTOR_COLOURS
from experiments.outputs import comparison, staged, write_file, write_json, write_run
from sim.declarations import declarations
from sim.hour_data import Hour
from sim.results import CUMULATIVE, HOURLY, NET, PUBLISHED, named_hours, neutrality_year, published_name


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=41))
def test_neutral_means_at_or_below_zero_from_then_to_the_end(net: list[float]) -> None:
    years = list(range(2020, 2020 + len(net)))
    year = neutrality_year(years, net)
    if year is None:
        assert net[-1] > 0
    else:
        assert all(value <= 0 for value in net[year - 2020 :])
        assert year == 2020 or net[year - 2020 - 1] > 0


def test_a_missing_number_is_never_neutral() -> None:
    assert neutrality_year([2020, 2021], [-1.0, float("nan")]) is None


def test_an_outcome_without_a_published_name_gets_its_own_in_title_case() -> None:
    assert published_name(Outcome("peak_import_g7", "MW", "")) == "Peak Import G7"
    assert published_name(Outcome("net", "t", "", variable=NET)) == NET


def test_the_pathway_has_one_row_a_year_and_year_first() -> None:
    frame = synthetic_results().frame()
    assert frame.columns[0] == "year"
    assert frame["year"].tolist() == list(range(2020, 2061))
    assert set(PUBLISHED) <= set(frame.columns)


def test_iamc_is_the_same_numbers_in_long_format() -> None:
    results = synthetic_results("all_three")
    long = results.iamc()
    assert long.columns[:5].tolist() == ["Model", "Scenario", "Region", "Variable", "Unit"]
    row = long.set_index("Variable").loc[NET]
    assert row["2060"] == results.values(NET)[-1]
    assert (row["Scenario"], row["Unit"]) == ("all_three", "t")


def test_the_summary_tells_neutrality_cumulative_co2_and_units() -> None:
    results = synthetic_results("all_three", 1.0)
    summary = results.summary()
    assert summary["neutrality_year"] == neutrality_year(results.years, results.values(NET))
    assert summary["cumulative_net_co2"] == results.values(CUMULATIVE)[-1]
    assert summary["units"][NET] == "t"
    assert summary["milestones"]["2060"][NET] == results.values(NET)[-1]
    assert synthetic_results("bau", 0.0).summary()["neutrality_year"] is None


def test_an_unknown_variable_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(InputError, match="did you mean 'Population'"):
        synthetic_results().values("Populaton")


def test_results_of_later_years_are_a_view_of_the_same_numbers() -> None:
    results = synthetic_results()
    late = results.since(2050)
    assert late.years == list(range(2050, 2061))
    assert np.array_equal(late.values("GDP"), results.values("GDP")[30:])


def test_a_run_leaves_all_its_files_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "bau"
    with staged(folder) as stage:
        assert not folder.exists()
        notes = write_run(stage, synthetic_run(inputs={"scenario": {"seed": np.int64(1)}}))
    assert notes == []
    assert sorted(os.listdir(folder)) == sorted(
        [
            "pathway.csv",
            "pathway_iamc.csv",
            "summary.json",
            "run.json",
            "agents.parquet",
            "monthly.csv",
            "hourly.parquet",
        ]
        + ["emissions.png", "energy.png", "electricity.png", "investment.png", "building_gates.png", "port_fleets.png"]
    )
    assert os.listdir(folder.parent) == ["bau"]
    assert json.loads((folder / "run.json").read_text())["scenario"] == {"seed": 1}
    assert pd.read_parquet(folder / "agents.parquet").columns[:3].tolist() == ["year", "kind", "agent"]


def test_the_pathway_file_keeps_every_bit(tmp_path: Path) -> None:
    results = synthetic_results()
    with staged(tmp_path / "out") as stage:
        write_run(stage, synthetic_run(), with_figures=False)
    with (tmp_path / "out" / "pathway.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for name in PUBLISHED:
        assert [float(row[name]) for row in rows] == results.values(name).tolist(), name


def test_a_failed_run_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), staged(tmp_path / "a" / "b") as stage:
        (stage / "half.csv").write_text("half")
        raise RuntimeError
    assert os.listdir(tmp_path) == []


def test_a_failed_run_leaves_the_last_one_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "pathway.csv").write_text("old")
    with pytest.raises(RuntimeError), staged(tmp_path) as stage:
        (stage / "pathway.csv").write_text("new")
        raise RuntimeError
    assert (tmp_path / "pathway.csv").read_text() == "old"
    with staged(tmp_path) as stage:
        (stage / "sub").mkdir()
        (stage / "sub" / "pathway.csv").write_text("deep")
        (stage / "pathway.csv").write_text("new")
    assert (tmp_path / "pathway.csv").read_text() == "new"
    assert (tmp_path / "sub" / "pathway.csv").read_text() == "deep"
    assert sorted(os.listdir(tmp_path)) == ["pathway.csv", "sub"]


def test_a_figure_of_an_earlier_run_does_not_stay_beside_a_later_one(tmp_path: Path) -> None:
    (tmp_path / "port_fleets.png").write_text("old")
    (tmp_path / "notes.txt").write_text("the user's own")
    with staged(tmp_path) as stage:
        write_run(stage, synthetic_run(), with_figures=False)
    assert not (tmp_path / "port_fleets.png").exists()
    assert (tmp_path / "notes.txt").read_text() == "the user's own"


def test_a_folder_that_cannot_be_written_to_is_known_before_work_starts(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/lingtan")):
        with pytest.raises(InputError, match="cannot write into"), staged(place):
            pytest.fail("work started")


def test_numbers_that_json_cannot_hold_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "x.json", {"value": float("nan")})


def test_one_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    write_file(tmp_path / "deep" / "schema.json", "{}")
    assert (tmp_path / "deep" / "schema.json").read_text() == "{}"
    with pytest.raises(InputError, match="is a folder"):
        write_file(tmp_path / "deep", "{}")
    assert os.listdir(tmp_path / "deep") == ["schema.json"]


def test_a_comparison_states_differences_to_its_reference() -> None:
    base, other = synthetic_results("bau", 0.0), synthetic_results("all_three", 1.0)
    table = comparison([base, other], base)
    assert table.columns[:2].tolist() == ["year", "scenario"]
    assert len(table) == 82
    own = table[table["scenario"] == "all_three"]
    assert np.array_equal(own[f"Difference|{NET}"].to_numpy(), other.values(NET) - base.values(NET))
    assert (table.loc[table["scenario"] == "bau", f"Difference|{NET}"] == 0.0).all()


def test_kept_hours_have_the_names_of_the_hourly_balance() -> None:
    assert list(HOURLY) == [member.name.lower() for member in Hour]
    assert list(named_hours(np.zeros((len(HOURLY), 8760)))) == list(HOURLY)


def test_every_published_variable_and_all_that_figures_show_is_declared() -> None:
    published = {published_name(outcome) for outcome in declarations().outcomes.values()}
    assert [name for name in PUBLISHED if name not in published] == []
    shown = [f"Emissions|CO2|{sector}" for sector in SECTOR_COLOURS] + ["Carbon Sinks|Increment"]
    shown += [f"Final Energy|{carrier}" for carrier in CARRIER_COLOURS]
    assert [name for name in shown if name not in published] == []
