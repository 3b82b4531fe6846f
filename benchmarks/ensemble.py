"""Monte Carlo studies: runs a second, memory, linearity, threads, dask, pairing, and where the time goes.

``python benchmarks/ensemble.py [RUNS]`` runs a scenario of the shipped study in fresh processes and prints one table.
Times are core seconds (user and system) and wall seconds of the run itself; imports and compilation are left out by a
warming piece. The ratio beside it is ordinary Mesa: the firms' choice alone, one Python object a firm
(``benchmarks/ordinary_mesa.py``), which does a small part of what a run does.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

STUDY, SCENARIO = "five_scenarios", "bau"
MEGABYTE = 1024.0


def measure(runs: int, threads: int, workers: int | None, agents: dict[str, int]) -> dict[str, float]:
    """Run a study in this process and return its times, seconds, and peak memory of the process, MB."""
    from experiments.engine import Engine
    from experiments.ensemble import run_study
    from experiments.study import find_study
    from experiments.study_store import Piece

    study = find_study(STUDY)
    scenario = replace(study.scenarios[0], agents=agents)
    study = replace(study, scenarios=(scenario,), runs=runs, chunk=256)
    Engine(study).outcomes(Piece(SCENARIO, 0, 2))
    before, start = os.times(), time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        run_study(study, Path(folder) / "study", threads=threads, workers=workers)
        wall = time.perf_counter() - start
    after = os.times()
    core = sum(after[:4]) - sum(before[:4])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGABYTE
    return {"wall": wall, "core": core, "peak": peak}


def in_fresh_process(
    runs: int, threads: int = 1, workers: int | None = None, agents: dict[str, int] | None = None
) -> dict[str, float]:
    """``measure`` in a process of its own, so that memory and caches are its own."""
    asked = json.dumps([runs, threads, workers, agents or {}])
    done = subprocess.run([sys.executable, __file__, "--one", asked], capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main(runs: int) -> None:
    """Print the table."""
    cores = len(os.sched_getaffinity(0))
    print(f"{runs:,} runs of {SCENARIO}, 41 years of 8,760 hours, {cores} cores\n")
    print(f"{'case':46}{'wall s':>9}{'core s':>9}{'ms core/run':>13}{'peak MB':>9}{'ratio':>8}")

    def row(label: str, found: dict[str, float], count: int, ratio: float | None = None) -> None:
        each = 1e3 * found["core"] / count
        shown = "" if ratio is None else f"{ratio:8.2f}"
        print(f"{label:46}{found['wall']:9.1f}{found['core']:9.1f}{each:13.1f}{found['peak']:9.0f}{shown}", flush=True)

    few = max(64, runs // 20)
    small = in_fresh_process(few)
    row(f"{few:,} runs, 1 thread", small, few)
    one = in_fresh_process(runs // 4)
    linear = (one["core"] / (runs // 4)) / (small["core"] / few)
    row(f"{runs // 4:,} runs, 1 thread (ratio: cost a run)", one, runs // 4, linear)
    double = in_fresh_process(few, agents={"firms": 1200, "buildings": 4800})
    row("twice the agents, 1 thread (ratio: cost a run)", double, few, double["core"] / small["core"])
    both = in_fresh_process(runs, threads=cores)
    gain = (one["wall"] / (runs // 4)) / (both["wall"] / runs)
    row(f"{runs:,} runs, {cores} threads (ratio: gain in wall)", both, runs, gain)
    dask = in_fresh_process(runs // 2, workers=cores)
    overhead = (dask["wall"] / (runs // 2)) / (both["wall"] / runs)
    row(f"{runs // 2:,} runs, {cores} dask workers (ratio: wall)", dask, runs // 2, overhead)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(measure(*json.loads(sys.argv[2]))))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
