"""The command line: tables on the screen, files in the folder, exit code 2 with every problem for bad input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest
from synthetic_run import synthetic_results, synthetic_run
from test_scenarios import GOOD
from tiny_park import DECLARED, nothing_else, write_tiny_park
from typer.testing import CliRunner, Result

from experiments.command_line import app
from experiments.run_file import run_inputs
from experiments.scenario import Scenario
from sim.results import NET, RunResult

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Scenario]:
    """A tiny park, one policy, and a simulator that invents its pathways; returns the scenarios it was asked for."""
    asked: list[Scenario] = []

    def simulate(scenario: Scenario, threads: int = 1) -> RunResult:
        asked.append(scenario)
        made = synthetic_run(scenario.name, float(len(scenario.policies)), run_inputs(scenario), years=11)
        return RunResult(
            synthetic_results(scenario.name, float(len(scenario.policies)), years=11, seed=scenario.seed),
            made.hourly,
            made.monthly,
            made.agents,
            made.inputs,
            made.futures,
            made.tests,
        )

    module = ModuleType("experiments.run")
    module.simulate = simulate  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "experiments.run", module)
    nothing_else(monkeypatch, write_tiny_park(tmp_path / "tiny"), DECLARED)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text(GOOD, encoding="utf-8")
    return asked


def lingtan(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_a_park_is_run_shown_and_written(tmp_path: Path) -> None:
    done = lingtan("run", "tiny", "--seed", "3")
    assert done.exit_code == 0, done.output
    assert "Net CO2, kt" in done.output
    assert "2030" in done.output
    assert "keeps its share" not in done.output  # only the futures that were simulated
    assert "depending on what becomes of contracted zero-carbon supply" in done.output
    assert "net-zero hub: at most 16.5 kt" in done.output
    folder = tmp_path / "results" / "bau"
    assert pd.read_csv(folder / "pathway.csv").columns[0] == "year"
    assert json.loads((folder / "run.json").read_text())["scenario"]["seed"] == 3
    assert json.loads((folder / "summary.json").read_text())["scenario"] == "bau"


def test_a_table_in_chinese() -> None:
    done = lingtan("run", "mine.yaml", "--lang", "zh")
    assert done.exit_code == 0
    assert "净CO2（千吨）" in done.output
    assert "小园区" in done.output


def test_run_json_repeats_the_run(tmp_path: Path, stand_in: list[Scenario]) -> None:
    assert lingtan("run", "mine.yaml", "--out", "first").exit_code == 0
    done = lingtan("run", "first/run.json", "--out", "second")
    assert done.exit_code == 0, done.output
    for name in ("pathway.csv", "pathway_iamc.csv", "summary.json", "run.json"):
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes(), name
    assert stand_in[0].as_dict() == stand_in[1].as_dict()


def test_later_first_years_shorten_the_pathway(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(GOOD.replace("[2020, 2030]", "[2025, 2030]"), encoding="utf-8")
    assert lingtan("run", "mine.yaml", "--out", "out").exit_code == 0
    assert pd.read_csv(tmp_path / "out" / "pathway.csv")["year"].tolist() == list(range(2025, 2031))


def test_scenarios_are_compared_with_differences_to_bau(tmp_path: Path, stand_in: list[Scenario]) -> None:
    done = lingtan("compare", "mine.yaml", "--out", "both", "--threads", "2")
    assert done.exit_code == 0, done.output
    assert sorted(os.listdir(tmp_path / "both")) == ["bau", "compare.csv", "compare.png", "mine"]
    assert sorted(os.listdir(tmp_path / "both" / "mine")) == ["pathway.csv", "summary.json"]
    table = pd.read_csv(tmp_path / "both" / "compare.csv")
    assert set(table["scenario"]) == {"bau", "mine"}
    assert f"Difference|{NET}" in table.columns
    assert {scenario.seed for scenario in stand_in} == {7}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["run", "tny"], "did you mean 'tiny'"),
        (["run", "broken.yaml"], "broken.yaml:2: 'years' are reversed"),
        (["run", "none.yaml"], "is no file, park or shipped scenario"),
        (["run", "tiny", "--seed", "-1"], "'seed' must be"),
        (["run", "tiny", "--out", "mine.yaml"], "cannot write into"),
        (["run", "tiny", "--out", "mine.yaml/below"], "cannot write into"),
        (["compare", "mine.yaml", "tny"], "did you mean 'tiny'"),
        (["check", "broken.yaml"], "broken.yaml:3: 'seed' must be"),
        (["schema", "--out", "tiny"], "is a folder"),
    ],
)
def test_bad_input_ends_with_its_problems_and_code_2(
    tmp_path: Path, stand_in: list[Scenario], arguments: list[str], expected: str
) -> None:
    text = GOOD.replace("[2020, 2030]", "[2030, 2020]").replace("seed: 7", "seed: x")
    (tmp_path / "broken.yaml").write_text(text, encoding="utf-8")
    before = sorted(os.listdir(tmp_path))
    done = lingtan(*arguments)
    assert done.exit_code == 2
    assert expected in done.output
    assert "Traceback" not in done.output
    assert sorted(os.listdir(tmp_path)) == before
    assert stand_in == []


def test_a_simulation_that_refuses_its_input_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from agents.errors import InputError

    def refuse(scenario: Scenario, threads: int = 1) -> RunResult:
        raise InputError(["weather.npz: truncated", "tariff.yaml: no year"])

    monkeypatch.setattr(sys.modules["experiments.run"], "simulate", refuse)
    done = lingtan("run", "tiny")
    assert done.exit_code == 2
    assert "2 problems:" in done.output
    assert "weather.npz: truncated" in done.output
    assert not (tmp_path / "results").exists()


def test_check_says_when_a_file_is_sound() -> None:
    done = lingtan("check", "mine.yaml")
    assert done.exit_code == 0
    assert "no faults" in done.output


def test_schema_parks_and_policies_are_listed(tmp_path: Path) -> None:
    assert json.loads(lingtan("schema").output)["title"] == "Lingtan scenario"
    assert lingtan("schema", "--out", "schema.json").exit_code == 0
    assert json.loads((tmp_path / "schema.json").read_text())["properties"]["park"]
    assert "Nowhere" in lingtan("parks").output
    said = lingtan("policies").output
    for word in ("cheap_loans", "discount", "1/yr", "0 - 0.02", "assumption"):
        assert word in said
    assert "利率优惠" in lingtan("policies", "--lang", "zh").output


def shell(*arguments: str, **environment: Any) -> subprocess.CompletedProcess[str]:
    """A fresh interpreter in the repository."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **environment},
        check=False,
    )


def test_help_answers_at_once() -> None:
    times = []
    for _ in range(3):
        start = time.perf_counter()
        done = shell("-m", "experiments.command_line", "--help")
        times.append(time.perf_counter() - start)
        assert "compare" in done.stdout
    assert min(times) < 1.0  # half a second on a free core
    loaded = shell("-c", "import sys, experiments.command_line as c; print([m for m in sys.modules if m in "
                   "('numba', 'numpy', 'pandas', 'matplotlib', 'mesa', 'pydantic')])")  # fmt: skip
    assert loaded.stdout.strip() == "[]"


def test_somebody_elses_agents_package_is_named(tmp_path: Path) -> None:
    foreign = tmp_path / "foreign"
    (foreign / "agents").mkdir(parents=True)
    (foreign / "agents" / "__init__.py").write_text("")
    code = f"import sys; sys.path[:0] = [{str(foreign)!r}]; from experiments.command_line import app; app(['parks'])"
    done = shell("-c", code)
    assert done.returncode == 2
    assert "is not Lingtan's" in done.stderr
    assert "Traceback" not in done.stderr
