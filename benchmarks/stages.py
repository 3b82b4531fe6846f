"""Where a run's time goes, stage by stage, and what the machine's limits would allow: ``python -m benchmarks.stages``.

Stages are timed inside a whole run, each call by itself (processor time of the thread, least of several runs). Beside
them stand two floors: the time to fetch a run's state from memory once a year at the bandwidth that this machine shows,
and the time of one division an hour of the year at its throughput. A stage far above both is bound by something else:
by waiting for single lines of memory, by branches that nobody can foresee, or by arithmetic that could still go.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numba
import numpy as np

from sim import year as stages
from sim.block_parts import bytes_a_run, parts
from sim.state import State, new_state

PARK = "meishan"
HOURS_A_YEAR = 8760
STREAM = 32 * 2**20  # numbers copied to measure bandwidth: far more than any cache holds
DIVISIONS = 10**7


def time_calls(state: State, spent: dict[str, int]) -> None:
    """Run a block to its last year, one call of a stage at a time; add up the nanoseconds of each stage by name."""
    for _ in parts(state):
        stages.begin(state)
        while state.year + 1 < state.years:
            year = stages.open_year(state)
            for group in (stages.perceive, stages.decide, stages.use_and_account):
                for call in stages.calls_of(state, group).calls:
                    begin = time.thread_time_ns()
                    call.make(year)
                    took = time.thread_time_ns() - begin
                    name = f"{call.stage.__module__.split('.')[-1]}.{call.stage.__name__}"
                    spent[name] = spent.get(name, 0) + took
            stages.close_year(state, year)


def by_stage(runs: int, repeats: int) -> tuple[dict[str, float], float]:
    """Milliseconds a run of every stage, and of the whole without timers."""
    stages.run_all(new_state(PARK, seeds=[1]))
    whole, least = float("inf"), dict[str, int]()
    for _ in range(repeats):
        state = new_state(PARK, seeds=range(1, runs + 1))
        begin = time.thread_time_ns()
        stages.run_all(state)
        whole = min(whole, float(time.thread_time_ns() - begin))
        spent: dict[str, int] = {}
        time_calls(new_state(PARK, seeds=range(1, runs + 1)), spent)
        least = {name: min(value, least.get(name, value)) for name, value in spent.items()}
    return {name: value / 1e6 / runs for name, value in least.items()}, whole / 1e6 / runs


def bandwidth() -> float:
    """Bytes a second that one core reads and writes in a copy."""
    source, target = np.full(STREAM, 2.0), np.ones(STREAM)  # zeros would all be one page that the cache holds
    return 2 * source.nbytes / fastest(lambda: np.copyto(target, source))


@numba.njit(error_model="numpy")
def divide(values: Any, by: float) -> None:  # pragma: no cover  (compiled)
    for index in range(len(values)):
        values[index] = by / values[index]


def divisions() -> float:
    """Divisions a second of one core, over numbers in its cache."""
    values = np.linspace(1.0, 2.0, 4096)
    divide(values, 2.0)
    times = DIVISIONS // len(values)

    def many() -> None:
        for _ in range(times):
            divide(values, 2.0)

    return times * len(values) / fastest(many)


def fastest(action: Callable[[], Any]) -> float:
    """Least processor seconds of five."""
    least = float("inf")
    for _ in range(5):
        begin = time.thread_time()
        action()
        least = min(least, time.thread_time() - begin)
    return least


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Where a run's time goes.")
    parser.add_argument("--runs", type=int, default=16, help="runs in the block")
    parser.add_argument("--repeats", type=int, default=4)
    given = parser.parse_args()
    spent, whole = by_stage(given.runs, given.repeats)
    state = new_state(PARK, seeds=range(given.runs))
    held, rate, speed = bytes_a_run(state), bandwidth(), divisions()
    print(f"a run of {state.years} years in a block of {given.runs}: {whole:.1f} ms of core time\n")
    for name, value in sorted(spent.items(), key=lambda item: -item[1]):
        if value >= whole / 200:
            print(f"{name:42}{value:8.2f} ms {value / whole:7.1%}")
    apart = sum(spent.values()) - whole
    print(f"\neach stage called from Python by itself takes {apart:.2f} ms more than all from a list of calls\n")
    fetch = 1e3 * held * state.years / rate
    floor = 1e3 * HOURS_A_YEAR * state.years / speed
    print(f"memory: {held / 1e6:.1f} MB a run, {rate / 1e9:.1f} GB/s; to fetch it once a year takes {fetch:.2f} ms")
    print(f"division: {speed / 1e9:.2f} billion a second; one an hour of all years takes {floor:.2f} ms")


if __name__ == "__main__":
    main()
