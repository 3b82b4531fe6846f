"""Scenario files: every fault at once with its line, and a schema that says the same as the checker."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from tiny_park import DECLARED, nothing_else, write_tiny_park

import policies.registry
import sim.park_folders
import sim.parks
from agents.errors import InputError
from experiments.comparison import chosen_scenarios
from experiments.outputs import write_json
from experiments.run_file import read_run, run_inputs
from experiments.scenario import check_scenario, find_scenario, plain, read_scenario, shipped_scenarios
from experiments.schema import scenario_schema
from experiments.yaml_lines import read_yaml
from sim.park_tables import Problems, read_evidence

GOOD = """\
park: tiny
years: [2020, 2030]
seed: 7
policies:
  - cheap_loans:
      discount: {2022: 0.005, 2025: 1e-2}
      quota: 20
overrides:
  hurdle_rate: 0.2
  grid_factor: {2030: 0.3}
"""


@pytest.fixture(autouse=True)
def tiny_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """A tiny park beside the scenario, one policy, the tiny park's declarations; not for tests of what ships."""
    if "ship" not in request.node.name:
        nothing_else(monkeypatch, write_tiny_park(tmp_path / "tiny"), DECLARED)


def write(folder: Path, text: str, name: str = "mine.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_sound_scenario_has_no_faults(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    assert check_scenario(path) == []
    scenario = read_scenario(path)
    assert scenario.name == "mine"
    assert scenario.policies[0].lever("discount", 2024) == 0.005
    assert scenario.policies[0].lever("discount", 2026) == 0.01
    assert scenario.overrides == {"hurdle_rate": 0.2, "grid_factor": {2030: 0.3}}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("park: tiny", "park: tini", "mine.yaml:1: unknown park 'tini'; did you mean 'tiny'?"),
        ("park: tiny", "prk: tiny", "mine.yaml:1: unknown key 'prk'; did you mean 'park'?"),
        ("[2020, 2030]", "[2030, 2020]", "mine.yaml:2: 'years' are reversed"),
        ("[2020, 2030]", "[2020, 2031]", "mine.yaml:2: 'years': 2031 lies outside 2020 to 2030"),
        ("[2020, 2030]", "[2020]", "mine.yaml:2: 'years' must be [first, last]"),
        ("[2020, 2030]", "[2020, soon]", "mine.yaml:2: 'years' must be [first, last]"),
        ("seed: 7", "seed: -7", "mine.yaml:3: 'seed' must be a whole number"),
        ("seed: 7", "seed: 7.5", "mine.yaml:3: 'seed' must be a whole number"),
        ("cheap_loans", "cheap_loan", "mine.yaml:5: unknown policy 'cheap_loan'; did you mean 'cheap_loans'?"),
        ("quota: 20", "quta: 20", "mine.yaml:7: policy 'cheap_loans' has no lever 'quta'; did you mean 'quota'?"),
        (
            "quota: 20",
            "quota: 200",
            "mine.yaml:7: policy 'cheap_loans', lever 'quota': 200 lies outside 0 to 100 Myuan/yr",
        ),
        ("quota: 20", "quota: lots", "'lots' is not a finite number; expected 0 to 100 Myuan/yr"),
        ("quota: 20", "quota: .nan", "mine.yaml:7: policy 'cheap_loans', lever 'quota': nan is not a finite number"),
        ("quota: 20", "quota: {}", "mine.yaml:7: policy 'cheap_loans', lever 'quota': no year given"),
        ("2025: 1e-2", "2025: 0.5", "mine.yaml:6: policy 'cheap_loans', lever 'discount', year 2025: 0.5 lies outside"),
        ("2025: 1e-2", "2099: 1e-2", "2099 is not a year from 2020 to 2030"),
        ("quota: 20", "quota: 20\n      quota: 30", "mine.yaml:8: key 'quota' stands twice, first in line 7"),
        ("overrides:", "overides:", "mine.yaml:8: unknown key 'overides'; did you mean 'overrides'?"),
        ("hurdle_rate: 0.2", "hurdle_rate: 0.9", "mine.yaml:9: 'hurdle_rate': 0.9 lies outside its evidence range"),
        ("hurdle_rate: 0.2", "hurdle_rat: 0.2", "mine.yaml:9: unknown parameter 'hurdle_rat'; did you mean"),
        ("{2030: 0.3}", "{2030: 0.9}", "mine.yaml:10: 'grid_factor, 2030': 0.9 lies outside"),
        ("seed: 7", "seed: 7\nagents: {firms: 0}", "mine.yaml:4:"),
        ("seed: 7", "seed: 7\nreconciliation: Z", "mine.yaml:4:"),
        ("seed: 7", "seed: [7", "not valid YAML"),
        ("seed: 7", "name: a/b", "must hold no slash"),
    ],
)
def test_a_fault_is_named_with_its_line(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert old in GOOD
    found = "\n".join(check_scenario(write(tmp_path, GOOD.replace(old, new, 1))))
    assert expected in found


def test_all_faults_come_at_once_in_order_of_lines(tmp_path: Path) -> None:
    text = GOOD.replace("[2020, 2030]", "[2030, 2020]").replace("seed: 7", "seed: x").replace("quota: 20", "quta: 1")
    text = text.replace("hurdle_rate: 0.2", "hurdle_rate: 9")
    lines = [int(fault.split(":")[1]) for fault in check_scenario(write(tmp_path, text))]
    assert lines == sorted(lines)
    assert set(lines) == {2, 3, 7, 9}


def test_wrong_numbers_of_agents_hide_no_other_fault(tmp_path: Path) -> None:
    text = GOOD.replace("seed: 7", "seed: 7\nagents: {firms: 0}").replace("hurdle_rate: 0.2", "hurdle_rate: 9")
    assert {int(fault.split(":")[1]) for fault in check_scenario(write(tmp_path, text))} == {4, 10}


def test_a_policy_without_levers_is_no_silent_nothing(tmp_path: Path) -> None:
    found = check_scenario(write(tmp_path, "park: tiny\npolicies: [{cheap_loans: {}}]\n"))
    assert "has no lever set" in found[0]
    twice = "park: tiny\npolicies:\n  - cheap_loans: {quota: 1}\n  - cheap_loans: {quota: 2}\n"
    assert "stands twice" in check_scenario(write(tmp_path, twice))[0]


def test_a_missing_or_empty_file_is_a_clear_fault(tmp_path: Path) -> None:
    assert "no such file" in check_scenario(tmp_path / "none.yaml")[0]
    assert "expected keys and values" in check_scenario(write(tmp_path, ""))[0]
    assert "key 'park' is missing" in check_scenario(write(tmp_path, "seed: 1\n"))[0]


def test_run_json_repeats_its_scenario_and_notices_changed_inputs(tmp_path: Path) -> None:
    scenario = read_scenario(write(tmp_path, GOOD))
    path = tmp_path / "run.json"
    write_json(path, run_inputs(scenario))
    again = read_run(path)
    assert again.as_dict() == scenario.as_dict()
    assert [policy.schedules for policy in again.policies] == [policy.schedules for policy in scenario.policies]
    recorded = json.loads(path.read_text(encoding="utf-8"))
    assert recorded["parameters"]["hurdle_rate"] == 0.2
    table = tmp_path / "tiny" / "types.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("600000", "610000"), encoding="utf-8")
    with pytest.raises(InputError, match="files have changed since this run.*types.csv"):
        read_run(path)


def test_a_file_that_is_no_run_is_refused(tmp_path: Path) -> None:
    assert (
        "not a run.json of Lingtan: key 'scenario' is missing" in check_scenario(write(tmp_path, "{}", "run.json"))[0]
    )


def test_a_park_alone_is_business_as_usual() -> None:
    scenario = find_scenario("tiny", seed=5)
    assert (scenario.name, scenario.policies, scenario.years, scenario.seed) == ("bau", (), (2020, 2030), 5)
    with pytest.raises(InputError, match="did you mean 'tiny'"):
        find_scenario("tny")
    with pytest.raises(InputError, match="'seed' must be"):
        find_scenario("tiny", seed=-1)


def test_a_comparison_stands_on_one_seed_and_has_a_reference(tmp_path: Path) -> None:
    with_policy, other_seed = write(tmp_path, GOOD), write(tmp_path, GOOD.replace("seed: 7", "seed: 8"), "other.yaml")
    chosen, reference = chosen_scenarios([str(with_policy)])
    assert [scenario.name for scenario in chosen] == ["bau", "mine"]
    assert reference == 0
    assert chosen[0].overrides == chosen[1].overrides
    with pytest.raises(InputError, match="same seed; give one with --seed"):
        chosen_scenarios([str(with_policy), str(other_seed)])
    assert len(chosen_scenarios([str(with_policy), str(other_seed)], seed=1)[0]) == 3
    with pytest.raises(InputError, match="two scenarios are named 'mine'"):
        chosen_scenarios([str(with_policy), str(with_policy)])


def as_json(content: Any) -> Any:
    """YAML content as JSON has it: keys are text."""
    if isinstance(content, Mapping):
        return {str(key): as_json(value) for key, value in content.items()}
    return [as_json(part) for part in content] if isinstance(content, list) else content


def test_the_schema_accepts_what_the_checker_accepts(tmp_path: Path) -> None:
    schema = scenario_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    assert validator.is_valid(as_json(read_yaml(write(tmp_path, GOOD)).content))
    for old, new in (
        ("quota: 20", "quota: 200"),
        ("quota: 20", "quta: 20"),
        ("cheap_loans", "cheap_loan"),
        ("2025: 1e-2", "20255: 0.01"),
        ("hurdle_rate: 0.2", "hurdle_rate: 0.9"),
        ("seed: 7", "seed: -7"),
        ("park: tiny", "parc: tiny"),
    ):
        assert not validator.is_valid(as_json(read_yaml(write(tmp_path, GOOD.replace(old, new, 1))).content)), new


def test_shipped_scenarios_are_sound_and_fit_the_schema() -> None:
    schema = scenario_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    paths = shipped_scenarios()
    assert set(paths) >= {"bau", "green_finance", "green_power", "building_lifecycle", "all_three"}
    for path in paths.values():
        assert check_scenario(path) == []
        validator.validate(as_json(read_yaml(path).content))


def test_shipped_all_three_is_the_three_families_together() -> None:
    found = {name: read_scenario(path) for name, path in shipped_scenarios().items()}
    parts = [found[name].policies for name in ("green_finance", "green_power", "building_lifecycle")]
    together = {policy.name: plain(policy.schedules) for policy in found["all_three"].policies}
    assert together == {policy.name: plain(policy.schedules) for several in parts for policy in several}
    assert found["bau"].policies == ()


def test_every_lever_that_ships_names_its_source() -> None:
    problems = Problems()
    evidence = read_evidence(sim.parks.shipped_parks()["meishan"] / "evidence.csv", problems)
    rows_of_the_report = re.compile(r"[DNPAG]\d+|图\d+|assumption")
    unknown = [
        f"{policy.name}.{lever.name}: {source}"
        for policy in policies.registry.policy_classes().values()
        for lever in policy.levers
        for source in lever.source.split(";")
        if source not in evidence and not rows_of_the_report.fullmatch(source)
    ]
    assert unknown == []


def test_every_policy_that_ships_is_off_by_default_and_full_within_range() -> None:
    for policy in policies.registry.policy_classes().values():
        assert policy.full_strength().schedules.keys() == {lever.name for lever in policy.levers}
        for lever in policy.levers:
            assert lever.low <= lever.off <= lever.high, f"{policy.name}.{lever.name}"
            assert lever.meaning and lever.chinese and lever.unit, f"{policy.name}.{lever.name}"
