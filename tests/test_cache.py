"""Compiled code is kept between processes, and never used for other sources than those it was made from."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from agents import compiled

ROOT = Path(compiled.__file__).resolve().parent.parent
COUNTED = """
import json, sys
from numba.core import event
compiled = []

class Listener(event.Listener):
    def on_start(self, found):
        compiled.append(found.data["dispatcher"].py_func.__qualname__)
    def on_end(self, found):
        pass

event.register("numba:compile", Listener())
{work}
print(json.dumps(compiled))
"""
DRAWS = "import numpy; from agents.draws import uniforms; uniforms(numpy.array([1]), 3, 0, 0, 0)"
PARK = """
from policies.registry import make_policies
from sim.state import new_state
from sim.year import run_all
few = {"firms": 60, "buildings": 60}
run_all(new_state("meishan", [1, 2], make_policies(["green_finance"]), years=(2020, 2022), agents=few))
"""


def compiled_in_process(work: str, cache: Path | None = None) -> list[str]:
    """Names of the functions that a fresh process compiles to do some work; ``cache`` None is this session's own."""
    place = os.environ if cache is None else {**os.environ, "LINGTAN_CACHE": str(cache)}
    command = [sys.executable, "-c", COUNTED.format(work=work)]
    done = subprocess.run(command, cwd=ROOT, env=place, capture_output=True, text=True, check=True)
    names: list[str] = json.loads(done.stdout.splitlines()[-1])
    return names


@pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT", "0") != "0", reason="nothing is compiled without the compiler")
class TestKeptCode:
    """Between processes."""

    def test_what_one_process_compiled_the_next_one_reads(self, tmp_path: Path) -> None:
        assert "uniforms" in compiled_in_process(DRAWS, tmp_path)
        assert compiled_in_process(DRAWS, tmp_path) == []

    def test_a_second_process_runs_a_park_without_compiling_anything(self) -> None:
        compiled_in_process(PARK)  # a cold cache is filled here
        assert compiled_in_process(PARK) == []


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the sources that the name of the cache folder is made from."""
    for package in compiled.SOURCES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(compiled, "HERE", tmp_path / "agents")
    return tmp_path


@pytest.mark.parametrize("changed", ["agents/investment.py", "policies/green_finance.py", "sim/hour_loops.py"])
def test_a_changed_source_has_a_cache_of_its_own(sources: Path, changed: str) -> None:
    before = compiled.cache_folder()
    path = sources / changed
    path.write_text(path.read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")
    assert compiled.cache_folder() != before


def test_the_same_sources_have_the_same_cache(sources: Path) -> None:
    assert compiled.cache_folder().name == f"compiled-{compiled.source_hash()}"
    assert compiled.cache_folder() == compiled.cache_folder()


def test_the_cache_lies_where_the_user_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LINGTAN_CACHE", str(tmp_path))
    assert compiled.cache_folder().parent == tmp_path
