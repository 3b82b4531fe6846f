"""The process that compiles ahead leaves every stage of a run in the cache, what a run needs last before all else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TWO_YEARS = """
from sim.state import new_state
from sim.year import advance, begin
advance(begin(new_state("meishan")))
"""


@pytest.mark.slow
def test_whoever_comes_next_finds_every_stage_in_the_cache(tmp_path: Path) -> None:
    place = {**os.environ, "LINGTAN_CACHE": str(tmp_path)}

    def kept_after(*arguments: str) -> list[str]:
        done = subprocess.run([sys.executable, *arguments], cwd=ROOT, env=place, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        files = sorted(tmp_path.glob("**/*.nbc"), key=lambda path: (path.stat().st_mtime_ns, path.name))
        return [path.name.split("-")[0] for path in files]

    kept = kept_after("-m", "sim.compile_ahead", "meishan")
    assert kept.index("building_project.meet_gates") < kept.index("firm_choice.choose_firms")
    assert kept.index("firm_choice.choose_firms") < kept.index("hours.run_hours")
    assert kept.index("hours.run_hours") < kept.index("firm_population.draw_firms")
    assert kept_after("-c", TWO_YEARS) == kept
