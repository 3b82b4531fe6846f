"""The process that compiles ahead leaves the stages of decisions in the cache, and executes none of them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.slow
def test_stages_of_decisions_are_in_the_cache_of_whoever_comes_next(tmp_path: Path) -> None:
    place = {**os.environ, "LINGTAN_CACHE": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "sim.compile_ahead", "meishan"], cwd=ROOT, env=place, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    kept = {path.name.split("-")[0] for path in tmp_path.glob("**/*.nbi")}
    assert {"building_stages.plan_all", "firm_choice.choose_firms", "bank_rationing.allocate"} <= kept
    assert "hours.run_hours" not in kept
