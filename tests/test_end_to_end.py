"""The command as a user types it: real processes, the shipped park, and input that cannot be used."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from agents.gates import BuildingStage
from sim.hour_data import load_hours
from sim.results import CUMULATIVE, NET, PUBLISHED

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = ROOT / "parks" / "meishan"
SHORT = """\
park: meishan
years: [2020, 2026]
seed: 3
policies:
  - green_power: {point_to_point_premium: {2021: 0.01}}
"""
COMPILING = 900  # seconds; the first run of a version compiles the model


def lingtan(folder: Path, *arguments: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, in ``folder``."""
    return subprocess.run(
        [sys.executable, "-m", "experiments.command_line", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=timeout,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )


@pytest.fixture(scope="module")
def short_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with a scenario of seven years run into ``first`` and repeated from its run.json into ``again``."""
    folder = tmp_path_factory.mktemp("short")
    (folder / "short.yaml").write_text(SHORT, encoding="utf-8")
    first = lingtan(folder, "run", "short.yaml", "--out", "first", timeout=COMPILING)
    assert first.returncode == 0, first.stderr
    assert "Net CO2, kt" in first.stdout
    again = lingtan(folder, "run", "first/run.json", "--out", "again")
    assert again.returncode == 0, again.stderr
    return folder


def test_a_run_repeats_bit_for_bit_from_its_run_json(short_run: Path) -> None:
    for name in ("pathway.csv", "pathway_iamc.csv", "summary.json", "run.json", "monthly.csv"):
        assert (short_run / "first" / name).read_bytes() == (short_run / "again" / name).read_bytes(), name
    for name in ("agents.parquet", "hourly.parquet"):
        first, again = (pd.read_parquet(short_run / folder / name) for folder in ("first", "again"))
        pd.testing.assert_frame_equal(first, again, check_exact=True)


def test_the_pathway_holds_every_fixed_variable_and_its_unit(short_run: Path) -> None:
    pathway = pd.read_csv(short_run / "first" / "pathway.csv")
    units = json.loads((short_run / "first" / "summary.json").read_text(encoding="utf-8"))["units"]
    assert pathway.columns[0] == "year"
    assert pathway["year"].tolist() == list(range(2020, 2027))
    assert [name for name in PUBLISHED if name not in pathway.columns or name not in units] == []
    assert not pathway[list(PUBLISHED)].isna().to_numpy().any()
    for name, unit in {
        "Population": "persons",
        "GDP": "million yuan of 2020",
        "Energy Consumption": "tce",
        NET: "t",
        "Carbon Sinks": "t",
        "Electricity|Import": "MWh",
        "Port|Throughput": "TEU",
        "Investment|New Build": "million yuan of 2020",
    }.items():
        assert units[name] == unit, name


def test_the_iamc_file_says_the_same_as_the_pathway(short_run: Path) -> None:
    pathway = pd.read_csv(short_run / "first" / "pathway.csv", float_precision="round_trip")
    iamc = pd.read_csv(short_run / "first" / "pathway_iamc.csv", float_precision="round_trip").set_index("Variable")
    assert iamc.columns[:4].tolist() == ["Model", "Scenario", "Region", "Unit"]
    for name in PUBLISHED:
        assert iamc.loc[name, [str(year) for year in pathway["year"]]].tolist() == pathway[name].tolist(), name


def test_the_headline_comes_with_what_it_hangs_on(short_run: Path) -> None:
    summary = json.loads((short_run / "first" / "summary.json").read_text(encoding="utf-8"))
    pathway = pd.read_csv(short_run / "first" / "pathway.csv", float_precision="round_trip").set_index("year")
    assert summary["neutrality_year"] is None
    assert summary["cumulative_net_co2"] == pathway[CUMULATIVE].iloc[-1]
    spread = summary["contracted_supply_spread"]
    assert list(spread) == ["constant_volume", "expires", "constant_share"]
    assert spread["constant_volume"]["net_co2"]["2025"] == pathway.loc[2025, NET]
    assert spread["expires"]["cumulative_net_co2"] > spread["constant_volume"]["cumulative_net_co2"]
    tests = summary["neutrality_tests"]
    assert tests["rmi"]["net_co2"]["2025"] == pathway.loc[2025, NET]
    location = pathway.loc[2025, "Emissions|CO2|Scope 1"] + pathway.loc[2025, "Emissions|CO2|Scope 2|Location"]
    increment = pathway.loc[2025, "Carbon Sinks"] - pathway.loc[2020, "Carbon Sinks"]
    assert np.isclose(tests["zero_carbon_park"]["net_co2"]["2025"], location - increment, rtol=1e-12)


def test_the_table_of_agents_holds_only_agents_in_use(short_run: Path) -> None:
    agents = pd.read_parquet(short_run / "first" / "agents.parquet")
    assert sorted(agents["year"].unique()) == [2020, 2025]
    buildings = agents[agents["kind"] == "buildings"]
    assert (buildings["stage"] != BuildingStage.EMPTY).all()
    assert (buildings["area"] > 0.0).all()
    base = agents[agents["year"] == 2020].groupby("kind").size()
    assert base["firms"] == 600
    assert base["operators"] == 3
    operating = buildings[(buildings["year"] == 2020) & (buildings["stage"] == BuildingStage.OPERATION)]
    assert len(operating) == 2400


def copied_park(folder: Path) -> Path:
    """A user's own park: a copy of the shipped one."""
    park = folder / "own"
    shutil.copytree(SHIPPED, park)
    return park


def edit(path: Path, old: str, new: str) -> None:
    """Replace one text of a file, which must be there."""
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{path.name} holds no {old!r}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def change_cell(path: Path, row: str, column: str, value: str) -> None:
    """Change one cell of a CSV, by the row's first cell."""
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    assert row in set(table.iloc[:, 0])
    table.loc[table.iloc[:, 0] == row, column] = value
    table.to_csv(path, index=False)


def drop_evidence(park: Path) -> None:
    table = pd.read_csv(park / "evidence.csv", dtype=str, keep_default_na=False)
    table[table["id"] != "grid_zj_2022"].to_csv(park / "evidence.csv", index=False)


def truncate_weather(park: Path) -> None:
    content = (park / "weather.npz").read_bytes()
    (park / "weather.npz").write_bytes(content[: len(content) // 2])


def short_weather_csv(park: Path) -> None:
    rows = "".join(f"{hour},15.0,100.0,5.0\n" for hour in range(8000))
    (park / "mine.csv").write_text("hour,temperature,ghi,wind_speed\n" + rows, encoding="utf-8")
    edit(park / "park.yaml", "weather: weather.npz", "weather: mine.csv")


def weather_csv_with_a_gap(park: Path) -> None:
    rows = "".join(f"{hour},{'nan' if hour == 77 else 15.0},100.0,5.0\n" for hour in range(8760))
    (park / "mine.csv").write_text("hour,temperature,ghi,wind_speed\n" + rows, encoding="utf-8")
    edit(park / "park.yaml", "weather: weather.npz", "weather: mine.csv")


BROKEN_PARKS: dict[str, tuple[Callable[[Path], None], list[str]]] = {
    "a unit of another kind": (
        lambda park: change_cell(park / "parameters/carbon.csv", "trading_cap_share", "unit", "kg"),
        ["carbon.csv", "trading_cap_share", "kg"],
    ),
    "a unit nobody knows": (
        lambda park: change_cell(park / "parameters/carbon.csv", "trading_cap_share", "unit", "furlongz"),
        ["carbon.csv", "furlongz"],
    ),
    "not a number in a parameter": (
        lambda park: change_cell(park / "parameters/carbon.csv", "trading_cap_share", "central", "nan"),
        ["carbon.csv", "trading_cap_share", "central"],
    ),
    "not a number in a table": (
        lambda park: change_cell(park / "firm_sectors.csv", "logistics", "number_share", "NaN"),
        ["firm_sectors.csv", "number_share"],
    ),
    "a central value outside its own range": (
        lambda park: change_cell(park / "parameters/carbon.csv", "trading_cap_share", "central", "7"),
        ["carbon.csv", "trading_cap_share"],
    ),
    "a missing row of evidence": (drop_evidence, ["grid_zj_2022"]),
    "a missing parameter": (
        lambda park: edit(park / "parameters/carbon.csv", "trading_cap_share,", "trading_cap_shore,"),
        ["trading_cap_share", "trading_cap_shore"],
    ),
    "a truncated file of weather years": (truncate_weather, ["weather.npz", "truncated"]),
    "a weather file of 8,000 hours": (short_weather_csv, ["mine.csv", "8000 rows", "8760"]),
    "a weather file with a gap": (weather_csv_with_a_gap, ["mine.csv", "row 79", "temperature"]),
    "no weather file": (lambda park: (park / "weather.npz").unlink(), ["weather.npz", "missing"]),
    "agents that are no number": (lambda park: edit(park / "park.yaml", "firms: 600", "firms: many"), ["firms"]),
}


@pytest.mark.parametrize("fault", BROKEN_PARKS)
def test_a_park_that_cannot_be_used_is_refused_and_nothing_is_written(tmp_path: Path, fault: str) -> None:
    park = copied_park(tmp_path)
    spoil, expected = BROKEN_PARKS[fault]
    spoil(park)
    refused(tmp_path, ["run", "own", "--out", "out"], expected)


def refused(folder: Path, arguments: list[str], expected: list[str]) -> None:
    """The command ends with code 2 and the expected words, and leaves the folder as it was."""
    before = sorted(path.relative_to(folder) for path in folder.rglob("*"))
    done = lingtan(folder, *arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    for word in expected:
        assert word in done.stderr, done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(path.relative_to(folder) for path in folder.rglob("*")) == before


def test_a_weather_file_named_in_the_park_is_the_one_that_is_used(tmp_path: Path) -> None:
    park = copied_park(tmp_path)
    clock = np.arange(8760) % 24
    warm = 17.0 - 12.0 * np.cos(2.0 * np.pi * np.arange(8760) / 8760)
    ghi = 600.0 * np.clip(np.sin(np.pi * (clock - 8) / 8), 0.0, None) * (clock < 16)
    rows = pd.DataFrame({"hour": np.arange(8760), "temperature": warm, "ghi": ghi, "wind_speed": 6.0})
    rows.to_csv(park / "mine.csv", index=False)
    own = load_hours(park, "mine.csv")
    assert own.factors.shape == (1, 4, 8760)
    assert own.factors[0, 2].std() < 0.1 * load_hours(park).factors[0, 2].std()  # a steady wind


def scenario(years: str = "[2020, 2030]", policies: str = "[]", overrides: str = "{}") -> str:
    return f"park: meishan\nyears: {years}\nseed: 1\npolicies: {policies}\noverrides: {overrides}\n"


BROKEN_SCENARIOS = {
    "an unknown policy": (scenario(policies="[{green_finanse: {}}]"), ["mine.yaml:4", "did you mean 'green_finance'"]),
    "an unknown lever": (
        scenario(policies="[{green_finance: {guarantee_shore: 0.3}}]"),
        ["mine.yaml:4", "did you mean 'guarantee_share'"],
    ),
    "a lever outside its range": (scenario(policies="[{green_finance: {guarantee_share: 7}}]"), ["guarantee_share"]),
    "an unknown parameter": (
        scenario(overrides="{trading_cap_shares: 0.1}"),
        ["mine.yaml:5", "did you mean 'trading_cap_share'"],
    ),
    "a parameter outside its range": (scenario(overrides="{trading_cap_share: 5}"), ["mine.yaml:5", "evidence range"]),
    "a parameter that is no number": (scenario(overrides="{trading_cap_share: .nan}"), ["mine.yaml:5"]),
    "years reversed": (scenario(years="[2030, 2020]"), ["mine.yaml:2", "reversed"]),
    "years outside the park's": (scenario(years="[2020, 2090]"), ["mine.yaml:2", "2090"]),
    "an unknown key": (scenario() + "polices: []\n", ["mine.yaml:6", "did you mean 'policies'"]),
    "an unknown park": (scenario().replace("meishan", "meishann"), ["mine.yaml:1", "did you mean 'meishan'"]),
    "a broken file": ("park: [meishan\n", ["mine.yaml"]),
}


@pytest.mark.parametrize("fault", BROKEN_SCENARIOS)
def test_a_scenario_that_cannot_be_used_is_refused_and_nothing_is_written(tmp_path: Path, fault: str) -> None:
    text, expected = BROKEN_SCENARIOS[fault]
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    refused(tmp_path, ["run", "mine.yaml"], expected)
    refused(tmp_path, ["compare", "bau", "mine.yaml"], expected)
    refused(tmp_path, ["check", "mine.yaml"], expected)


def test_every_fault_of_a_scenario_is_told_at_once(tmp_path: Path) -> None:
    text = scenario("[2030, 2020]", "[{green_finanse: {}}]", "{trading_cap_share: 5}")
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    refused(tmp_path, ["check", "mine.yaml"], ["3 problems", "mine.yaml:2", "mine.yaml:4", "mine.yaml:5"])


def test_what_is_no_park_and_where_nothing_can_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("the user's own", encoding="utf-8")
    refused(tmp_path, ["run", "meishann"], ["did you mean 'meishan'"])
    for place in ("file", "file/below", "/proc/lingtan"):
        refused(tmp_path, ["run", "meishan", "--out", place], ["cannot write into"])
        refused(tmp_path, ["compare", "bau", "green_power", "--out", place], ["cannot write into"])
    assert (tmp_path / "file").read_text(encoding="utf-8") == "the user's own"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_refused(tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o500)
    refused(tmp_path, ["run", "meishan", "--out", "locked/out"], ["cannot write into"])


def test_shipped_scenarios_are_sound_and_listed(tmp_path: Path) -> None:
    for path in sorted((ROOT / "experiments" / "scenarios").glob("*.yaml")):
        done = lingtan(tmp_path, "check", str(path))
        assert done.returncode == 0, done.stderr
    for command, english, chinese in (("parks", "Meishan", "梅山"), ("policies", "green_finance", "利率")):
        assert english in lingtan(tmp_path, command).stdout
        assert chinese in lingtan(tmp_path, command, "--lang", "zh").stdout


@pytest.mark.slow
def test_a_wheel_carries_the_park_the_scenarios_and_the_types(tmp_path: Path) -> None:
    source = tmp_path / "source"
    ignore = shutil.ignore_patterns(".*", "results", "dist", "build", "__pycache__")
    shutil.copytree(ROOT, source, ignore=ignore)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path / "dist")]
    built = subprocess.run([*command, str(source)], capture_output=True, text=True, timeout=120, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    wheel = next((tmp_path / "dist").glob("lingtan-*.whl"))
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
        archive.extractall(tmp_path / "installed")
    for path in [*SHIPPED.rglob("*"), *(ROOT / "experiments" / "scenarios").iterdir()]:
        if path.is_file() and "__pycache__" not in path.parts:
            assert path.relative_to(ROOT).as_posix() in held
    assert {f"{package}/py.typed" for package in ("agents", "policies", "sim", "experiments", "parks")} <= held
    assert not any(name.startswith(("tests/", "docs/", "benchmarks/")) for name in held)
    done = subprocess.run(
        [sys.executable, "-m", "experiments.command_line", "parks"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "installed")},
        check=False,
    )
    assert "Meishan" in done.stdout, done.stderr
