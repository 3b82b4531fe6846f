"""A study gives the same bits however it is cut, interrupted or spread, and each of its runs can be had alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from agents.errors import InputError
from experiments import open_study
from experiments.designs import draw
from experiments.engine import Engine
from experiments.ensemble import run_study
from experiments.study import Study
from experiments.study_store import OUTCOMES, Piece, StudyFolder
from sim.results import CUMULATIVE, NET, neutrality_year
from sim.state import new_state
from sim.year import run_all

CONTENT = {
    "name": "small",
    "park": "meishan",
    "years": [2020, 2025],
    "runs": 12,
    "chunk": 4,
    "agents": {"firms": 60, "buildings": 240},
    "scenarios": [
        {"name": "bau"},
        {"name": "price", "policies": [{"carbon_price": {"price_floor": 300, "coverage": 1.0}}]},
    ],
}


@pytest.fixture(scope="module")
def study() -> Study:
    return Study.from_dict(CONTENT)


@pytest.fixture(scope="module")
def undisturbed(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("studies") / "undisturbed"
    run_study(study, folder, threads=1)
    return folder


def parts(folder: Path) -> set[str]:
    """Names of all outcome parts: scenario, draws and hash of the bytes."""
    return {str(path.relative_to(folder)) for path in (folder / OUTCOMES).glob("*/*.parquet")}


def test_blocks_chunks_and_threads_do_not_matter(study: Study, undisturbed: Path, tmp_path: Path) -> None:
    other = run_study(replace(study, chunk=7), tmp_path / "other", threads=2)
    frame = open_study(undisturbed).frame()
    assert frame.equals(other.frame()) and len(frame) == 2 * 12 * 6
    blocks = Engine(study, block=3).outcomes(Piece("price", 0, 4))
    assert blocks.equals(Engine(study).outcomes(Piece("price", 0, 4)))


def test_every_run_can_be_had_alone_with_the_same_bits(study: Study, undisturbed: Path) -> None:
    drawn = draw(study, study.load_park(), 7, 8)
    scenario = study.scenarios[1]
    state = new_state(
        study.load_park(),
        seeds=drawn.seeds,
        policies=scenario.policies,
        overrides=drawn.overrides,
        years=study.years,
        weather_seeds=drawn.weather_seeds,
    )
    alone = run_all(state).results()
    stored = open_study(undisturbed).frame(scenario="price")
    stored = stored[stored["draw"] == 7]
    for name in study.outputs:
        assert stored[name].to_numpy().tobytes() == alone.values(name).astype(np.float32).tobytes(), name


def test_scenarios_share_their_draws_and_differ_by_policy_alone(undisturbed: Path) -> None:
    found = open_study(undisturbed)
    difference = found.paired(NET, "price", "bau")
    assert difference.shape == (12, 6)
    assert np.all(difference[:, 0] == 0.0)  # the base year is before any policy
    assert np.any(difference[:, -1] != 0.0)
    apart = found.values(NET, "price")[:, -1].var() + found.values(NET, "bau")[:, -1].var()
    assert difference[:, -1].var() < apart


def test_a_killed_driver_loses_nothing_and_doubles_nothing(study: Study, undisturbed: Path, tmp_path: Path) -> None:
    folder = tmp_path / "killed"
    code = f"""
import sys
sys.path[:0] = {sys.path!r}
from pathlib import Path
from test_ensemble import CONTENT, Study, run_study
run_study(Study.from_dict(CONTENT), Path({str(folder)!r}), threads=1)
"""
    driver = subprocess.Popen([sys.executable, "-c", code])
    try:
        waited = time.monotonic() + 240
        while len(parts(folder)) < 2 and driver.poll() is None and time.monotonic() < waited:
            time.sleep(0.01)
    finally:
        driver.send_signal(signal.SIGKILL)
        driver.wait()
    before = {name: (folder / name).stat().st_mtime_ns for name in parts(folder)}
    assert 0 < len(before) < 6
    with pytest.raises(InputError, match="--resume"):
        run_study(study, folder)
    run_study(study, folder, resume=True)
    assert parts(folder) == parts(undisturbed)
    assert all((folder / name).stat().st_mtime_ns == moment for name, moment in before.items())


def test_a_killed_worker_is_made_good(study: Study, undisturbed: Path, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    from experiments.cluster import client_of, run_on
    from experiments.engine import manifest_of

    engine = Engine(replace(study, chunk=2))
    folder = StudyFolder.open_for(tmp_path / "cluster", manifest_of(engine.study, engine.park), False)
    pieces = folder.missing(["bau", "price"], 12, 2)
    killed: list[int] = []

    with client_of(workers=2) as client:

        def kill_one(runs: int) -> None:
            if not killed:
                pids = client.run(os.getpid)
                killed.append(next(iter(pids.values())))
                os.kill(killed[0], signal.SIGKILL)

        run_on(client, engine, folder, pieces, kill_one)
    assert killed and distributed is not None
    there = open_study(tmp_path / "cluster").frame()
    assert there.equals(open_study(undisturbed).frame())


def test_more_draws_and_scenarios_keep_what_is_there(study: Study, undisturbed: Path, tmp_path: Path) -> None:
    folder = tmp_path / "grown"
    run_study(replace(study, scenarios=study.scenarios[:1], runs=4), folder)
    first = parts(folder)
    found = run_study(study, folder, resume=True)
    assert first <= parts(folder) == parts(undisturbed)
    assert found.runs == {"bau": 12, "price": 12}


def test_a_study_can_be_looked_at_while_it_runs(study: Study, tmp_path: Path) -> None:
    engine = Engine(study)
    from experiments.engine import manifest_of, store_inputs
    from experiments.study_store import part_bytes

    folder = StudyFolder.open_for(tmp_path / "running", manifest_of(study, engine.park), False)
    store_inputs(engine, folder)
    with pytest.raises(InputError, match="no part of this study is finished"):
        open_study(tmp_path / "running").frame()
    piece = Piece("bau", 4, 8)
    folder.write_outcomes(piece, part_bytes(engine.outcomes(piece)))
    found = open_study(tmp_path / "running")
    assert found.runs == {"bau": 4, "price": 0} and found.asked == 12
    assert found.inputs_of("bau").index.tolist() == [4, 5, 6, 7]


def test_quantiles_and_years_of_neutrality_are_those_of_the_values(undisturbed: Path) -> None:
    found = open_study(undisturbed)
    values = found.values(CUMULATIVE, "bau")
    table = found.quantiles(CUMULATIVE, "bau")
    np.testing.assert_allclose(table["0.95"], np.quantile(values, 0.95, axis=0), rtol=1e-6)
    np.testing.assert_allclose(table["mean"], values.mean(axis=0), rtol=1e-6)
    expected = [neutrality_year(found.years, run) or np.nan for run in found.values(NET, "bau")]
    np.testing.assert_array_equal(found.neutrality_years("bau"), expected)


def test_xarray_and_sql_see_the_same_numbers(undisturbed: Path) -> None:
    pytest.importorskip("xarray")
    found = open_study(undisturbed)
    data = found.to_xarray([NET])
    assert data[NET].attrs["units"] == found.units[NET]
    mean = found.query(f"SELECT avg(\"{NET}\") AS mean FROM outcomes WHERE scenario = 'bau' AND year = 2025").df()
    assert float(data[NET].sel(scenario="bau", year=2025).mean()) == pytest.approx(mean["mean"].item(), rel=1e-6)


def test_unknown_names_get_the_nearest(undisturbed: Path) -> None:
    found = open_study(undisturbed)
    with pytest.raises(InputError, match="Emissions"):
        found.values("Emissions|CO2|Nett", "bau")
    with pytest.raises(InputError, match="price"):
        found.values(NET, "prices")
    with pytest.raises(InputError, match="no study here"):
        open_study(undisturbed / "inputs")
