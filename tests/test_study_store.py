"""A study's folder keeps whole parts or none, knows what is missing, and refuses what is not its own study."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.errors import InputError
from experiments.study_store import MANIFEST, Piece, StudyFolder, missing_draws, part_bytes, parts_in, read_manifest


def manifest(**changes: Any) -> dict[str, Any]:
    study = {
        "name": "study",
        "seed": 1,
        "runs": 20,
        "chunk": 8,
        "years": [2020, 2030],
        "outputs": ["Emissions|CO2|Net"],
        "scenarios": [{"name": "bau", "policies": []}],
    }
    return {
        "format": 1,
        "study": study | changes,
        "model": "1, sources a",
        "park_files": {"park.yaml": "x"},
        "units": {},
    }


def part(start: int, stop: int) -> bytes:
    return part_bytes(pa.table({"draw": np.arange(start, stop, dtype=np.int32), "value": np.ones(stop - start)}))


def open_folder(path: Path, resume: bool = True, **changes: Any) -> StudyFolder:
    return StudyFolder.open_for(path, manifest(**changes), resume)


@given(
    parts=st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), max_size=6),
    runs=st.integers(0, 90),
    chunk=st.integers(1, 30),
)
def test_held_and_missing_draws_are_all_draws_once(parts: list[tuple[int, int]], runs: int, chunk: int) -> None:
    held: list[tuple[int, int]] = []
    for start, length in sorted(parts):
        if not held or start >= held[-1][1]:
            held.append((start, start + length))
    missing = list(missing_draws(held, runs, chunk))
    draws = [draw for start, stop in missing for draw in range(start, stop)]
    stored = {draw for start, stop in held for draw in range(start, stop)}
    assert sorted(draws) == [draw for draw in range(runs) if draw not in stored]
    assert all(start // chunk == (stop - 1) // chunk for start, stop in missing)


def test_a_study_is_computed_draws_first_so_that_a_partial_one_compares_scenarios(tmp_path: Path) -> None:
    folder = open_folder(tmp_path / "s", scenarios=[{"name": "bau"}, {"name": "all"}])
    pieces = folder.missing(["bau", "all"], 20, 8)
    assert [(piece.scenario, piece.start) for piece in pieces[:4]] == [("bau", 0), ("all", 0), ("bau", 8), ("all", 8)]
    assert pieces[-1] == Piece("all", 16, 20)


def test_more_draws_and_scenarios_reuse_what_is_there(tmp_path: Path) -> None:
    folder = open_folder(tmp_path / "s")
    for piece in folder.missing(["bau"], 20, 8):
        folder.write_outcomes(piece, part(piece.start, piece.stop))
    assert folder.missing(["bau"], 20, 8) == []
    wider = open_folder(tmp_path / "s", runs=40, scenarios=[{"name": "bau", "policies": []}, {"name": "all"}])
    assert [piece for piece in wider.missing(["bau", "all"], 40, 8) if piece.scenario == "bau"] == [
        Piece("bau", 20, 24),
        Piece("bau", 24, 32),
        Piece("bau", 32, 40),
    ]
    fewer = open_folder(tmp_path / "s", runs=10)  # asking for less forgets nothing
    assert fewer.manifest["study"]["runs"] == 40
    assert [entry["name"] for entry in fewer.manifest["study"]["scenarios"]] == ["bau", "all"]


def test_parts_cut_differently_by_two_writers_count_once(tmp_path: Path) -> None:
    folder = open_folder(tmp_path / "s")
    for start, stop in ((0, 8), (4, 12), (8, 16), (8, 10)):
        folder.write_outcomes(Piece("bau", start, stop), part(start, stop))
    held = list(parts_in(folder.outcomes("bau")))
    draws = [draw for start, stop in held for draw in range(start, stop)]
    assert len(draws) == len(set(draws))


def test_a_half_written_part_is_no_part_and_is_cleared_away(tmp_path: Path) -> None:
    folder = open_folder(tmp_path / "s")
    folder.write_outcomes(Piece("bau", 0, 8), part(0, 8))
    left = folder.outcomes("bau") / ".part-killed"
    left.write_bytes(b"PAR1")
    assert list(parts_in(folder.outcomes("bau"))) == [(0, 8)]
    open_folder(tmp_path / "s")
    assert not left.exists()


def test_a_damaged_part_is_found_by_its_hash(tmp_path: Path) -> None:
    folder = open_folder(tmp_path / "s")
    path = folder.write_outcomes(Piece("bau", 0, 8), part(0, 8))
    assert folder.damaged() == []
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
    assert folder.damaged() == [path]


def test_a_disk_that_refuses_ends_in_a_clear_error_and_harms_no_part(tmp_path: Path) -> None:
    open_folder(tmp_path / "s")
    code = f"""
import resource, sys
sys.path[:0] = {sys.path!r}
from pathlib import Path
from test_study_store import open_folder, part, Piece
folder = open_folder(Path({str(tmp_path / "s")!r}))
folder.write_outcomes(Piece("bau", 0, 8), part(0, 8))
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
folder.write_outcomes(Piece("bau", 8, 16), part(8, 16))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "InputError" in done.stderr and "cannot write into" in done.stderr
    folder = open_folder(tmp_path / "s")
    assert list(parts_in(folder.outcomes("bau"))) == [(0, 8)] and folder.damaged() == []
    assert [path.name for path in folder.outcomes("bau").iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"seed": 2}, "'seed' was 1 and is now 2"),
        ({"years": [2020, 2040]}, "'years' was"),
        ({"scenarios": [{"name": "bau", "policies": [{"carbon_price": {}}]}]}, "scenario 'bau' has changed"),
    ],
)
def test_another_study_is_refused_and_nothing_is_touched(
    tmp_path: Path, changes: dict[str, Any], expected: str
) -> None:
    open_folder(tmp_path / "s")
    before = (tmp_path / "s" / MANIFEST).read_bytes()
    with pytest.raises(InputError, match=expected):
        open_folder(tmp_path / "s", **changes)
    assert (tmp_path / "s" / MANIFEST).read_bytes() == before


def test_another_model_a_changed_park_and_an_unasked_resume_are_refused_all_at_once(tmp_path: Path) -> None:
    open_folder(tmp_path / "s")
    other = {**manifest(seed=3), "model": "2, sources b", "park_files": {"park.yaml": "y"}}
    with pytest.raises(InputError) as caught:
        StudyFolder.open_for(tmp_path / "s", other, True)
    assert len(caught.value.problems) == 3
    with pytest.raises(InputError, match="--resume"):
        open_folder(tmp_path / "s", resume=False)


def test_a_folder_that_is_no_study_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(InputError, match="neither empty nor a study"):
        open_folder(tmp_path)
    with pytest.raises(InputError, match="no study here"):
        read_manifest(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_study_of_another_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_text(json.dumps({**manifest(), "format": 99}))
    with pytest.raises(InputError, match="format 99"):
        open_folder(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(InputError, match="cannot write into"):
        open_folder(tmp_path / "s")
