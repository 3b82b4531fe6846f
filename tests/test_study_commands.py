"""The commands for many runs, as a researcher types them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from test_ensemble import CONTENT
from typer.testing import CliRunner, Result

from experiments import open_study
from experiments.command_line import app
from experiments.connectors import iamc_quantiles
from experiments.study import Study
from experiments.study_function import CHANCE, StudyFunction
from sim.results import NET

INPUTS = ("choice_peer_weight", "gdp_growth", "rooftop_pv_hours")


def lingtan(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("files") / "small.yaml"
    path.write_text(yaml.safe_dump(CONTENT | {"runs": 24}))
    return path


@pytest.fixture(scope="module")
def folder(file: Path) -> Path:
    done = lingtan("ensemble", file, "--out", file.parent / "out", "--threads", 2)
    assert done.exit_code == 0, done.output
    return file.parent / "out"


def test_ensemble_writes_statements_with_error_and_pictures(folder: Path) -> None:
    table = pd.read_csv(folder / "statements.csv")
    means = table[table["quantity"] == "net CO2, mean"]
    assert set(means["scenario"]) == {"bau", "price"} and set(means["runs"]) == {24}
    assert (means["low"] <= means["value"]).all() and (means["value"] <= means["high"]).all()
    values = open_study(folder).values(NET, "bau")[:, -1] / 1e3
    last = means[(means["scenario"] == "bau") & (means["year"] == 2025)]["value"].item()
    assert last == pytest.approx(values.mean())
    names = {path.name for path in (folder / "figures").iterdir()}
    assert {"fan_bau.png", "neutrality.png", "differences.png", "convergence.png"} <= names


def test_a_probability_from_too_few_runs_is_called_so(folder: Path) -> None:
    table = pd.read_csv(folder / "statements.csv")
    chance = table[table["quantity"] == "probability of neutrality"]
    wide = chance["high"] - chance["low"] > 0.1
    assert (chance["warning"].notna() == wide).all() and wide.any()


def test_an_existing_study_is_extended_only_when_asked(file: Path, folder: Path) -> None:
    refused = lingtan("ensemble", file, "--out", folder)
    assert refused.exit_code == 2 and "--resume" in refused.output
    done = lingtan("ensemble", file, "--out", folder, "--resume")
    assert done.exit_code == 0 and open_study(folder).runs == {"bau": 24, "price": 24}


def test_the_manifest_repeats_the_study(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    assert Study.from_dict(manifest["study"]).as_dict() == manifest["study"]
    assert {"model", "versions", "park_files", "inputs", "units"} <= set(manifest)


def test_look_shows_a_study_as_it_stands(folder: Path) -> None:
    done = lingtan("look", folder, "--lang", "zh")
    assert done.exit_code == 0 and "研究 small" in done.output


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("ensemble", "five_scenaros"), "five_scenarios"),
        (("ensemble", "quick", "--threads", 2, "--workers", 2), "three ways to run a study"),
        (("ensemble", "quick", "--cluster", "tcp://127.0.0.1:9", "--out", "nowhere"), "no dask scheduler answers"),
        (("look", "."), "no study here"),
        (("discover", "."), "no study here"),
        (("sensitivity", "quick", "--inputs", "gdp_grwth"), "gdp_growth"),
        (("sensitivity", "quick", "--outputs", "Emissions|CO2|Nett"), "Emissions|CO2|Net"),
        (("sensitivity", "quick", "--method", "regional"), "name a study's folder"),
    ],
)
def test_bad_input_ends_with_code_2_and_the_way_out(
    arguments: tuple[object, ...], expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = lingtan(*arguments)
    assert done.exit_code == 2, done.output
    assert expected in done.output


def test_discover_finds_the_conditions_and_says_when_there_are_none(folder: Path, tmp_path: Path) -> None:
    middle = float(np.median(open_study(folder).values("Emissions|CO2|Cumulative", "bau")[:, -1])) / 1e6
    done = lingtan("discover", folder, "--above", middle, "--out", tmp_path / "box")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "box" / "peeling.png").is_file() and "of runs with" in done.output
    never = lingtan("discover", folder, "--by", 2025)
    assert never.exit_code == 2 and "holds in all of the 24 runs" in never.output


@pytest.mark.parametrize(("method", "base"), [("morris", 4), ("sobol", 8), ("pawn", 60), ("sources", 8)])
def test_every_analysis_leaves_a_table_and_pictures(method: str, base: int, file: Path, tmp_path: Path) -> None:
    chosen = [part for name in INPUTS for part in ("--inputs", name)]
    out = tmp_path / "out"
    done = lingtan("sensitivity", file, "--method", method, "--base", base, *chosen, "--out", out, "--threads", 2)
    assert done.exit_code == 0, done.output
    table = pd.read_csv(out / f"{method}.csv")
    assert set(table["year"]) == set(range(2020, 2026)) and len(list(out.glob("*.png"))) >= 2
    rows = set(table["source"]) if method == "sources" else set(table["input"])
    assert rows == ({"parameters", "futures", "behaviour"} if method == "sources" else set(INPUTS))


def test_a_study_is_a_function_of_quantiles_and_its_seeds(file: Path) -> None:
    study = Study.from_dict(CONTENT)
    function = StudyFunction(study, "bau", threads=2)
    assert set(CHANCE.values()) <= set(function.names)
    points = np.full((3, len(function.names)), 0.5)
    points[2, function.names.index("gdp_growth")] = 0.9
    found = function(points)
    assert found.shape == (3, 6, 2)
    assert np.array_equal(found[0], found[1]) and not np.array_equal(found[0], found[2])
    assert np.array_equal(StudyFunction(study, "bau")(points[2:]), found[2:])


def test_quantiles_leave_in_the_format_that_pyam_reads(folder: Path) -> None:
    table = iamc_quantiles(open_study(folder))
    assert list(table.columns[:5]) == ["Model", "Scenario", "Region", "Variable", "Unit"]
    assert {"bau|p05", "bau|p50", "price|p95"} <= set(table["Scenario"])
    assert not table.duplicated(["Scenario", "Variable"]).any()
    pyam = pytest.importorskip("pyam")
    assert len(pyam.IamDataFrame(table).scenario) == 6


def test_the_ema_workbench_runs_the_park(file: Path) -> None:
    ema = pytest.importorskip("ema_workbench")
    from experiments.connectors import ema_model

    model = ema_model(file)
    experiments, outcomes = ema.perform_experiments(model, scenarios=2)
    assert len(experiments) == 2 and outcomes["Emissions_CO2_Net"].shape == (2, 6)
