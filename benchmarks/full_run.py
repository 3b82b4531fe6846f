"""What a whole run of default Meishan costs, 2020 to 2060 with all hours: ``python -m benchmarks.full_run``.

One table: a run alone, 64 runs in one block, their population and memory, the command ``lingtan run meishan`` in a new
process, and the first run ever in an empty cache. Each against its target and against what one would do instead: the
same rules without a compiler, Mesa's model object run by run, a process a run. Every line is measured in processes of
its own; core times are processor seconds of one core, best of several, and hold on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PARK, YEARS = "meishan", 41
PLAIN_YEARS = 4  # of a run without the compiler; the others are taken to cost the same
BLOCK = 64  # runs that are to take a second
MEGA = 1e6


@dataclass(frozen=True)
class Line:
    """One row of the result; ``instead`` is what is done otherwise, in the same unit."""

    what: str
    value: float
    unit: str
    target: float
    other: str
    instead: float

    @property
    def of_target(self) -> float:
        """Share of the target; below 1 it is met."""
        return self.value / self.target

    @property
    def times(self) -> float:
        """How many times the other way costs."""
        return self.instead / self.value


def core_seconds(action: Callable[[], Any], repeats: int) -> float:
    """Least processor time of an action, s."""
    least = float("inf")
    for _ in range(repeats):
        begin = time.process_time()
        action()
        least = min(least, time.process_time() - begin)
    return least


def peak_memory() -> float:
    """Most memory that this process has held, bytes."""
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(most if sys.platform == "darwin" else most * 1024)


def block(runs: int, repeats: int) -> dict[str, float]:
    """Core seconds a run of populating and running a block, and the process's peak memory in bytes."""
    from sim.state import State, new_state
    from sim.year import run_all

    run_all(new_state(PARK, seeds=[1]))  # loads or compiles the stages
    populated: list[State] = []
    population, running, memory = float("inf"), float("inf"), 0.0
    for _ in range(repeats):
        populated.clear()  # before the next, which needs its memory
        population = min(population, core_seconds(lambda: populated.append(new_state(PARK, range(1, runs + 1))), 1))
        running = min(running, core_seconds(lambda: run_all(populated[0]), 1))
        memory = memory or peak_memory()
    return {"population": population / runs, "running": running / runs, "memory": memory}


def mesa(repeats: int) -> dict[str, float]:
    """Core seconds of one run by Mesa's model object, as ``mesa.batch_run`` makes and steps it."""
    from sim import Park

    def run() -> None:
        park = Park(PARK, seed=1)
        while park.running and park.year < park.state.first_year + YEARS - 1:
            park.step()
        park.close()

    run()
    return {"run": core_seconds(run, repeats)}


def plain() -> dict[str, float]:
    """Core seconds of populating and running without the compiler, from its first years."""
    from sim.state import new_state
    from sim.year import advance, begin

    begin_time = time.process_time()
    state = new_state(PARK, seeds=[1])
    populated = time.process_time()
    begin(state)
    for _ in range(PLAIN_YEARS):
        advance(state)
    year = (time.process_time() - populated) / (PLAIN_YEARS + 1)
    return {"population": populated - begin_time, "running": YEARS * year}


PARTS: dict[str, Callable[[int, int], dict[str, float]]] = {
    "block": block,
    "mesa": lambda runs, repeats: mesa(repeats),
    "plain": lambda runs, repeats: plain(),
}


def in_new_process(part: str, cache: Path, runs: int, repeats: int) -> dict[str, float]:
    """One part measured by a process of its own."""
    place = {**os.environ, "LINGTAN_CACHE": str(cache)} | ({"NUMBA_DISABLE_JIT": "1"} if part == "plain" else {})
    command = [sys.executable, "-m", "benchmarks.full_run", "--part", part, f"--runs={runs}", f"--repeats={repeats}"]
    done = subprocess.run(command, cwd=ROOT, env=place, stdout=subprocess.PIPE, text=True, check=True)
    measured: dict[str, float] = json.loads(done.stdout)
    return measured


def command_seconds(cache: Path, folder: Path) -> float:
    """Wall seconds of ``lingtan run meishan`` in a new process, figures included."""
    command = [sys.executable, "-m", "experiments.command_line", "run", PARK, "--out", str(folder)]
    place = {**os.environ, "LINGTAN_CACHE": str(cache)}
    begin = time.perf_counter()
    subprocess.run(command, cwd=ROOT, env=place, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return time.perf_counter() - begin


def measure(runs: int, repeats: int) -> list[Line]:
    """All lines; takes some minutes. Of blocks three times as many are measured: the least disturbed counts."""
    with tempfile.TemporaryDirectory() as folder:
        cache, out = Path(folder) / "cache", Path(folder) / "results"
        first = command_seconds(cache, out)
        again = min(command_seconds(cache, out) for _ in range(repeats))
        one = in_new_process("block", cache, 1, 3 * repeats)
        many = in_new_process("block", cache, runs, 3 * repeats)
        by_mesa = in_new_process("mesa", cache, 1, repeats)
        without = in_new_process("plain", cache, 1, 1)
    alone, together = 1e3 * one["running"], 1e3 * many["running"]
    interpreted, single = "the same rules in plain Python", 1e3 * without["running"]
    whole = without["population"] + without["running"]
    block_seconds = runs * (many["population"] + many["running"])
    return [
        Line("one run, warm", alone, "ms", 60.0, interpreted, single),
        Line(f"{runs} runs in one block", block_seconds, "s", runs / BLOCK, "Mesa's model, run by run",
             runs * by_mesa["run"]),
        Line("of which a run", together, "ms", 15.0, interpreted, single),
        Line("and its population", 1e3 * many["population"], "ms", 3.0, interpreted, 1e3 * without["population"]),
        Line(f"memory of {runs} in one block", many["memory"] / MEGA, "MB", 1000.0, "a process a run",
             runs * one["memory"] / MEGA),
        Line("lingtan run, new process", again, "s", 5.0, f"{interpreted}, the run alone", whole),
        Line("lingtan run, first ever", first, "s", 60.0, f"{interpreted}, the run alone", whole),
    ]  # fmt: skip


def shown(value: float) -> str:
    """Three digits or more."""
    return f"{value:8.1f}" if value >= 10.0 else f"{value:8.2f}"


def main(arguments: list[str] | None = None) -> None:
    """Print the table (or JSON)."""
    parser = argparse.ArgumentParser(description="What a whole run of default Meishan costs.")
    parser.add_argument("--runs", type=int, default=BLOCK, help="runs in the block")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--part", choices=sorted(PARTS), help="measure one part in this process, as JSON")
    given = parser.parse_args(arguments)
    if given.part:
        print(json.dumps(PARTS[given.part](given.runs, given.repeats)))
        return
    lines = measure(given.runs, given.repeats)
    if given.json:
        print(json.dumps([asdict(line) for line in lines], indent=1))
        return
    print(f"{'default Meishan, 41 years':28s} {'measured':>11s} {'target':>8s} {'of it':>6s}   instead")
    for line in lines:
        print(
            f"{line.what:28s} {shown(line.value)} {line.unit:2s} {line.target:8.0f} {line.of_target:6.2f}"
            f"   {line.instead:9.1f} {line.unit:2s} {line.times:7.1f} x  {line.other}"
        )


if __name__ == "__main__":
    main()
