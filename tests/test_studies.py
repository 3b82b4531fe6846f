"""Study files: every fault at once with its line, scenarios that share everything but their policies, one schema."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from study_park import DECLARED_FOR_STUDIES, write_study_park
from test_scenarios import as_json
from tiny_park import CheapLoans, nothing_else
from typer.testing import CliRunner

import policies.registry
from agents.errors import InputError
from experiments.command_line import app
from experiments.priors import priors_of
from experiments.scenario import plain
from experiments.schema import study_schema
from experiments.study import Study, check_study, find_study, is_study, read_study, shipped_studies
from experiments.yaml_lines import read_yaml
from sim.results import NET

ROOT = Path(__file__).resolve().parents[1]
GOOD = """\
park: tiny
years: [2020, 2030]
seed: 7
runs: 100
design: latin_hypercube
hypercube: 50
vary: {parameters: true, behaviour: false}
scenarios:
  - bau
  - mine.yaml
  - name: generous
    policies: [{cheap_loans: {discount: 0.02}}]
    overrides: {heat_cost: 2.5}
factorial:
  cheap_loans: [off, full, {quota: 20}]
priors:
  hurdle_rate: {family: triangular, low: 0.12}
  roof_cost: 3.2
groups:
  - {members: [gas_price, coal_price], correlation: 0.8}
outputs: [GDP]
chunk: 32
overrides: {known: 5}
agents: {firms: 4}
"""
MINE = (
    "park: tiny\nseed: 3\nyears: [2020, 2025]\npolicies: [{cheap_loans: {quota: 10}}]\noverrides: {hurdle_rate: 0.2}\n"
)


@pytest.fixture(autouse=True)
def tiny_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """A tiny park and a scenario beside the study, one policy; not for tests of what ships."""
    if "ship" not in request.node.name:
        nothing_else(monkeypatch, write_study_park(tmp_path / "tiny"), DECLARED_FOR_STUDIES)
        mine = MINE.replace("seed: 3\n", "seed: 3\nagents: {firms: 4}\n")
        (tmp_path / "mine.yaml").write_text(mine, encoding="utf-8")


def write(folder: Path, text: str, name: str = "study.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_sound_study_has_no_faults(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    assert check_study(path) == []
    study = read_study(path)
    assert (study.name, study.runs, study.hypercube, study.chunk, study.seed) == ("study", 100, 50, 32, 7)
    assert study.vary == {"parameters", "futures"}
    assert study.outputs == ("GDP", NET, "Neutrality Test")
    assert study.groups[0].members == ("gas_price", "coal_price")
    assert {"roof_cost", "known"}.isdisjoint(priors_of(study.load_park(), study.chosen))


def test_scenarios_share_all_but_their_policies_and_overrides(tmp_path: Path) -> None:
    study = read_study(write(tmp_path, GOOD))
    names = [scenario.name for scenario in study.scenarios]
    assert names == ["bau", "mine", "generous", "cheap_loans=off", "cheap_loans=full", "cheap_loans=level3"]
    for scenario in study.scenarios:
        assert (Path(scenario.park).name, scenario.years, scenario.seed) == ("tiny", (2020, 2030), 7)
        assert scenario.load_park().agents.firms == 4
        assert {"known": 5, "roof_cost": 3.2}.items() <= scenario.overrides.items()
    by_name = {scenario.name: scenario for scenario in study.scenarios}
    assert by_name["mine"].overrides["hurdle_rate"] == 0.2
    assert plain(by_name["mine"].policies[0].schedules) == {"quota": 10}
    assert by_name["cheap_loans=off"].policies == by_name["bau"].policies == ()
    assert plain(by_name["cheap_loans=full"].policies[0].schedules) == {"discount": 0.02, "quota": 100.0}


def test_a_full_factorial_has_every_combination_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Other(CheapLoans):
        name = "other"

    monkeypatch.setattr(policies.registry, "policy_classes", lambda: {"cheap_loans": CheapLoans, "other": Other})
    text = "park: tiny\nfactorial:\n  cheap_loans: [off, full]\n  other: ['off', full, {quota: {2025: 3}}]\n"
    names = [scenario.name for scenario in read_study(write(tmp_path, text)).scenarios]
    assert len(names) == len(set(names)) == 6
    assert "cheap_loans=full,other=level3" in names


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("park: tiny", "park: tini", "study.yaml:1: unknown park 'tini'; did you mean 'tiny'?"),
        ("park: tiny", "prk: tiny", "study.yaml:1: unknown key 'prk'; did you mean 'park'?"),
        ("[2020, 2030]", "[2030, 2020]", "study.yaml:2: 'years' are reversed"),
        ("seed: 7", "seed: -7", "study.yaml:3: 'seed' must be a whole number"),
        ("runs: 100", "runs: 0", "study.yaml:4: 'runs' must be a whole number from 1"),
        ("runs: 100", "runs: many", "study.yaml:4: 'runs' must be a whole number"),
        ("latin_hypercube", "latin", "study.yaml:5: 'design' 'latin'; expected random, latin_hypercube, sobol"),
        ("latin_hypercube", "sobol", "study.yaml:6: 'hypercube' belongs to design latin_hypercube, not sobol"),
        ("hypercube: 50", "hypercube: 30", "study.yaml:6: 100 runs are no multiple of hypercubes of 30"),
        ("behaviour: false", "behavior: false", "study.yaml:7: unknown source 'behavior'; did you mean 'behaviour'?"),
        ("behaviour: false", "behaviour: 1", "study.yaml:7: 'behaviour' must be true or false, found 1"),
        ("{parameters: true, b", "{parameters: false, futures: false, b", "study.yaml:7: nothing varies"),
        ("- bau", "- bua", "study.yaml:9: 'bua' is no shipped scenario and no file beside the study; did you mean"),
        ("- bau", "- 5", "study.yaml:9: expected a scenario's name, a file or a mapping, found 5"),
        ("- bau", "- mine.yaml", "study.yaml:10: two scenarios are named 'mine', the first at study.yaml:9"),
        ("name: generous", "nme: generous", "study.yaml:11: unknown key 'nme'; did you mean 'name'?"),
        ("discount: 0.02", "discount: 0.5", "study.yaml:12: policy 'cheap_loans', lever 'discount': 0.5 lies outside"),
        ("discount: 0.02", "discont: 0.02", "study.yaml:12: policy 'cheap_loans' has no lever 'discont'; did you"),
        ("heat_cost: 2.5", "heat_cost: 9", "study.yaml:13: 'heat_cost': 9 lies outside its evidence range"),
        ("heat_cost: 2.5", "heat_cost: [2, 3]", "study.yaml:13: 'heat_cost': [2, 3] is not a number"),
        ("cheap_loans: [off", "cheap_lons: [off", "study.yaml:15: unknown policy 'cheap_lons'; did you mean"),
        ("[off, full, {quota: 20}]", "[off]", "study.yaml:15: policy 'cheap_loans' needs a list of two levels"),
        ("[off, full", "[none, full", "study.yaml:15: level 'none' of 'cheap_loans'; expected off, full or levers"),
        ("{quota: 20}", "{quota: 200}", "study.yaml:15: policy 'cheap_loans', lever 'quota': 200 lies outside"),
        ("hurdle_rate: {", "hurdle_rat: {", "study.yaml:17: unknown parameter 'hurdle_rat'; did you mean"),
        ("family: triangular", "family: normal", "study.yaml:17: 'hurdle_rate' is a parameter: family 'normal'"),
        ("low: 0.12", "low: 0.01", "study.yaml:17: 'hurdle_rate, low': 0.01 lies outside its evidence range"),
        ("roof_cost: 3.2", "ties: {low: 4}", "study.yaml:18: 'ties' is one number for all runs of a park"),
        ("roof_cost: 3.2", "known: 5", "study.yaml:18: 'known' is fixed already by overrides, at study.yaml:23"),
        ("coal_price]", "coal_prce]", "study.yaml:20: unknown parameter 'coal_prce'; did you mean 'coal_price'?"),
        ("coal_price]", "rule]", "study.yaml:20: 'rule' is fixed or a definition, so it is not drawn"),
        ("coal_price]", "hurdle_rate]", "study.yaml:20: a group belongs to one source"),
        ("coal_price]", "gas_price]", "study.yaml:20: 'gas_price' stands in a group already, at study.yaml:20"),
        (", coal_price]", "]", "study.yaml:20: 'members' must be a list of two names or more"),
        ("correlation: 0.8", "correlation: 2", "study.yaml:20: 'correlation' must be a number from -1 to 1, found 2"),
        ("correlation: 0.8", "correlaton: 0.8", "study.yaml:20: unknown key 'correlaton'; did you mean 'correlation'?"),
        ("[GDP]", "[GPD]", "study.yaml:21: unknown variable 'GPD'; did you mean 'GDP'?"),
        ("[GDP]", "GDP", "study.yaml:21: 'outputs' must be a list of published variables"),
        ("chunk: 32", "chunk: 0", "study.yaml:22: 'chunk' must be a whole number from 1 to 100000"),
        ("known: 5", "known: 6", "study.yaml:23: 'known': 6 lies outside its evidence range"),
        ("firms: 4", "firms: 0", "study.yaml:24:"),
        ("chunk: 32", "chunk: 32\nchunk: 64", "study.yaml:23: key 'chunk' stands twice, first in line 22"),
        ("seed: 7", "seed: 7\nname: a/b", "must hold no slash"),
        ("seed: 7", "seed: [7", "not valid YAML"),
    ],
)
def test_a_fault_is_named_with_its_line(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert old in GOOD
    found = "\n".join(check_study(write(tmp_path, GOOD.replace(old, new, 1))))
    assert expected in found


def test_all_faults_come_at_once_in_order_of_lines(tmp_path: Path) -> None:
    text = GOOD.replace("runs: 100", "runs: x").replace("- bau", "- bua").replace("low: 0.12", "low: 9")
    text = text.replace("{quota: 20}", "{quta: 20}").replace("[GDP]", "[GPD]").replace("coal_price]", "coal]")
    lines = [int(fault.split(":")[1]) for fault in check_study(write(tmp_path, text))]
    assert lines == sorted(lines)
    assert set(lines) == {4, 9, 15, 17, 20, 21}


@pytest.mark.parametrize(
    ("mine", "expected"),
    [
        (MINE.replace("agents: {firms: 4}", ""), None),
        (MINE.replace("park: tiny", "park: tiny\nagents: {firms: 9}"), "mine.yaml:2: 'agents' differs from the study"),
        (MINE.replace("park: tiny", "park: other"), "mine.yaml:1: 'park' differs from the study's, 'tiny'"),
        (MINE.replace("quota: 10", "quota: 999"), "study.yaml:10: mine.yaml:4: policy 'cheap_loans', lever 'quota'"),
        (MINE.replace("policies", "polices"), "mine.yaml:4: unknown key 'polices'; did you mean 'policies'?"),
        ("- 1\n", "study.yaml:10: mine.yaml is no scenario file"),
    ],
)
def test_a_scenario_file_must_fit_its_study(tmp_path: Path, mine: str, expected: str | None) -> None:
    write(tmp_path, mine, "mine.yaml")
    found = "\n".join(check_study(write(tmp_path, GOOD)))
    assert found == "" if expected is None else expected in found


def test_a_study_without_scenarios_or_a_file_is_a_clear_fault(tmp_path: Path) -> None:
    assert "expected 'scenarios' or 'factorial'" in check_study(write(tmp_path, "park: tiny\nruns: 5\n"))[0]
    assert "no such file" in check_study(tmp_path / "none.yaml")[0]
    assert "expected keys and values" in check_study(write(tmp_path, ""))[0]
    many = "park: tiny\nfactorial:\n  cheap_loans: [" + ", ".join(["full"] * 1001) + "]\n"
    assert "at most 1000 scenarios" in "\n".join(check_study(write(tmp_path, many)))
    with pytest.raises(InputError, match="no file and no shipped study; did you mean 'quick'"):
        find_study("quik")


def test_a_study_survives_its_manifest(tmp_path: Path) -> None:
    study = read_study(write(tmp_path, GOOD.replace("roof_cost: 3.2", "grid_factor: {high: {2030: 0.4}}")))
    again = Study.from_dict(json.loads(json.dumps(study.as_dict())))
    assert again.as_dict() == study.as_dict()
    assert (again.vary, again.priors, again.groups) == (study.vary, study.priors, study.groups)
    broken = study.as_dict() | {"runs": -1}
    with pytest.raises(InputError, match="'runs' must be"):
        Study.from_dict(broken)


def test_the_schema_accepts_what_the_checker_accepts(tmp_path: Path) -> None:
    schema = study_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    assert validator.is_valid(as_json(read_yaml(write(tmp_path, GOOD)).content))
    for old, new in (
        ("runs: 100", "runs: 0"),
        ("latin_hypercube", "latin"),
        ("behaviour: false", "behavior: false"),
        ("discount: 0.02", "discount: 0.5"),
        ("heat_cost: 2.5", "heat_cost: 9"),
        ("[off, full", "[none, full"),
        ("{quota: 20}", "{quta: 20}"),
        ("family: triangular", "family: normal"),
        ("low: 0.12", "low: 0.01"),
        ("roof_cost: 3.2", "ties: {low: 4}"),
        ("roof_cost: 3.2", "contract_years: 2.5"),
        ("correlation: 0.8", "correlation: 2"),
        ("chunk: 32", "chnk: 32"),
        ("park: tiny", "prk: tiny"),
    ):
        assert not validator.is_valid(as_json(read_yaml(write(tmp_path, GOOD.replace(old, new, 1))).content)), new


def test_the_command_checks_studies_and_prints_their_schema(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    assert is_study(path)
    assert not is_study(tmp_path / "mine.yaml")
    assert CliRunner().invoke(app, ["check", str(path)]).exit_code == 0
    write(tmp_path, GOOD.replace("runs: 100", "runs: 0"))
    failed = CliRunner().invoke(app, ["check", str(path)])
    assert failed.exit_code == 2
    assert "study.yaml:4: 'runs'" in failed.output
    shown = CliRunner().invoke(app, ["schema", "--study"])
    assert json.loads(shown.output)["title"] == "Lingtan study"


def test_shipped_studies_are_sound_and_fit_the_schema() -> None:
    validator = jsonschema.Draft202012Validator(study_schema())
    assert set(shipped_studies()) >= {"five_scenarios", "quick"}
    for name, path in shipped_studies().items():
        assert check_study(path) == [], name
        validator.validate(as_json(read_yaml(path).content))
        study = find_study(name)
        assert Study.from_dict(json.loads(json.dumps(study.as_dict()))).as_dict() == study.as_dict()
    assert len(find_study("five_scenarios").scenarios) == 5


def test_the_example_of_the_page_that_ships_is_sound(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "priors.md").read_text(encoding="utf-8")
    example = write(tmp_path, page.partition("```yaml\n")[2].partition("```")[0])
    assert check_study(example) == []
    jsonschema.Draft202012Validator(study_schema()).validate(as_json(read_yaml(example).content))
