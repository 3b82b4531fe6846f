"""Monte Carlo studies: cost a run, memory, linearity, threads, dask, and what pairing scenarios is worth.

``python -m benchmarks.ensemble [RUNS]`` runs the shipped study in fresh processes and prints two tables. Times are core
seconds (user and system) and wall seconds of the runs themselves; imports, compilation and the start of dask workers
are left out by a warming study. What is compared by a ratio runs in turns, the best of each counts. Beside them stands
ordinary Mesa: what the firms' choice alone would take with one Python object a firm, a small part of what a run does.
"""

from __future__ import annotations

import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.firm_choice import Benchmark
from benchmarks.market import YEARS
from experiments.cluster import client_of
from experiments.ensemble import run_study
from experiments.statistics import paired
from experiments.study import find_study
from sim.machine import usable_cores

STUDY, SCENARIO = "five_scenarios", "bau"
MEGABYTE = 1024.0
USUAL = {"firms": 600, "buildings": 2400}
PAIRED = ("Emissions|CO2|Net", "Emissions|CO2|Cumulative", "Investment|Retrofit")
Found = dict[str, float]


@contextmanager
def cluster_of(workers: int | None) -> Iterator[str | None]:
    """Address of a local cluster of so many processes; None for none."""
    if workers is None:
        yield None
    else:
        with client_of(workers) as client:
            yield client.scheduler.address


def measure(runs: int, threads: int, workers: int | None, agents: dict[str, int]) -> Found:
    """Run one scenario in this process, or on workers that it starts; wall and core seconds, peak memory in MB."""
    study = find_study(STUDY)
    study = replace(study, scenarios=(replace(study.scenarios[0], agents=agents),))
    warming = replace(study, runs=4 * (workers or 1), chunk=2)
    with cluster_of(workers) as cluster, tempfile.TemporaryDirectory() as folder:
        run_study(warming, Path(folder) / "warm", threads=1, cluster=cluster)
        before, start = os.times(), time.perf_counter()
        run_study(study, Path(folder) / "study", runs=runs, threads=threads, cluster=cluster)
        wall, after = time.perf_counter() - start, os.times()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGABYTE
    return {"wall": wall, "core": sum(after[:2]) - sum(before[:2]), "peak": peak}


def in_fresh_process(
    runs: int, threads: int = 1, workers: int | None = None, agents: dict[str, int] | None = None
) -> Found:
    """``measure`` in a process of its own, so that memory and caches are its own."""
    asked = json.dumps([runs, threads, workers, agents or {}])
    command = [sys.executable, "-m", "benchmarks.ensemble", "--one", asked]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found: Found = json.loads(done.stdout.splitlines()[-1])
    return found


def in_turns(times: int, *cases: dict[str, Any]) -> list[Found]:
    """Each case so often, in turns; of each the quickest."""
    found: list[list[Found]] = [[] for _ in cases]
    for _ in range(times):
        for results, case in zip(found, cases, strict=True):
            results.append(in_fresh_process(**case))
    return [min(results, key=lambda result: result["wall"]) for results in found]


def ordinary_mesa() -> float:
    """Seconds that ordinary Mesa takes for the firms' choice of one run, every firm reviewing every year."""
    return min(Benchmark(USUAL["firms"], YEARS, review=True).mesa()[1] for _ in range(3))


def row(label: str, found: Found, runs: int, ratio: float | None = None) -> None:
    """Print one case."""
    wall, shown = 1e3 * found["wall"] / runs, "" if ratio is None else f"{ratio:8.3f}"
    print(f"{label:52}{found['wall']:9.1f}{wall:12.1f}{found['core']:9.1f}{found['peak']:9.0f}{shown}", flush=True)


def costs(runs: int) -> None:
    """Print what runs cost, by number, agents, threads and workers."""
    cores, few = usable_cores(), max(64, runs // 20)
    print(f"{runs:,} runs of {SCENARIO}, 41 years of 8,760 hours, {cores} cores\n")
    print(f"{'case':52}{'wall s':>9}{'ms wall/run':>12}{'core s':>9}{'peak MB':>9}{'ratio':>8}")
    small, large, both = in_turns(1, {"runs": few}, {"runs": runs}, {"runs": runs, "threads": cores})
    row(f"{few:,} runs, 1 thread", small, few)
    linear = large["core"] * few / (small["core"] * runs)
    row(f"{runs:,} runs, 1 thread (ratio: cost a run to {few:,})", large, runs, linear)
    row(f"{runs:,} runs, {cores} threads (ratio: gain in wall time)", both, runs, large["wall"] / both["wall"])
    mesa = {"wall": ordinary_mesa() * runs, "core": math.nan, "peak": math.nan}
    row("  their firms' choice alone in ordinary Mesa (ratio)", mesa, runs, mesa["wall"] / large["wall"])
    sizes = [{kind: number * times for kind, number in USUAL.items()} for times in (1, 2, 4)]
    first, second, third = in_turns(2, *({"runs": few, "agents": size} for size in sizes))
    row(f"{few:,} runs, usual agents", first, few)
    row("  twice the agents (ratio: cost a run)", second, few, second["core"] / first["core"])
    added = (third["core"] - second["core"]) / (2.0 * (second["core"] - first["core"]))
    row("  four times (ratio: cost of an added agent)", third, few, added)
    part = max(4 * 256 * cores, runs // 5)
    threads, dask = in_turns(3, {"runs": part, "threads": cores}, {"runs": part, "workers": cores})
    row(f"{part:,} runs, {cores} threads", threads, part)
    row(f"  {cores} dask workers (ratio: wall time; core s: driver)", dask, part, dask["wall"] / threads["wall"])


def pairing(runs: int) -> None:
    """Print how many times more runs unpaired scenarios would need for the same interval of their difference."""
    study = find_study(STUDY)
    print(f"\n{runs:,} draws a scenario: how many times more runs differences to {SCENARIO} would need without pairing")
    print(f"{'in the last year':52}" + "".join(f"{name.split('|')[-1]:>14}" for name in PAIRED))
    with tempfile.TemporaryDirectory() as folder:
        found = run_study(study, Path(folder) / "study", runs=runs)
        base = {name: found.values(name, SCENARIO)[:, -1] for name in PAIRED}
        for scenario in found.scenarios:
            if scenario != SCENARIO:
                saved = [paired(found.values(name, scenario)[:, -1], base[name]).saving for name in PAIRED]
                print(f"{scenario:52}" + "".join(f"{float(times):14.1f}" for times in saved), flush=True)


def main(runs: int) -> None:
    """Print both tables."""
    costs(runs)
    pairing(max(64, runs // 50))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(measure(*json.loads(sys.argv[2]))))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
