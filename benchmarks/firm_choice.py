"""How much faster than ordinary Mesa the investment choice of firms runs: ``python -m benchmarks.firm_choice``.

2,000 firms choose among five heat systems over 40 years (MODEL 1: equivalent annual cost, logit by Gumbel numbers,
neighbours' shares, early retrofits that must undercut running costs). Every side gets the same firms and the same
Gumbel numbers and must reach the same choices, or nothing is printed. Times are processor time of one core, best of
several repeats, in nanoseconds per agent and year; building agents and drawing luck beforehand are not counted.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict, dataclass

import numpy as np

from agents.fields import Integers
from benchmarks.market import (
    CYCLES,
    YEARS,
    Codes,
    Market,
    Population,
    drawn_tastes,
    synthetic_firms,
    synthetic_market,
)
from benchmarks.ordinary_mesa import FirmChoice
from benchmarks.shipped_rules import lanes_of, run_years, working_space

MESA = "ordinary Mesa"
GIVEN, DRAWING = "functions of the model, luck drawn beforehand", "functions of the model, draws included"
NO_TASTES = np.zeros((0, 0, 0, 0))


@dataclass(frozen=True)
class Timing:
    """One row of the result."""

    setting: str
    engine: str
    runs: int
    nanoseconds: float  # per agent and year
    ratio: float  # ordinary Mesa / this


class Benchmark:
    """The two sides on one set of firms; ``review`` lets every firm weigh its options every year."""

    def __init__(self, firms: int, years: int, review: bool, runs: int = 1, seed: int = 1) -> None:
        self.market: Market = synthetic_market()
        self.firms: Population = synthetic_firms(firms, seed)
        self.years, self.review = years, review
        self.seeds: Integers = np.arange(seed, seed + runs)

    def mesa(self, run: int = 0) -> tuple[Codes, float]:
        """Technologies [years, firms] and seconds of ordinary Mesa for one run."""
        number = len(self.firms.heat)
        tastes = drawn_tastes(self.seeds[run : run + 1], number)[0]
        model = FirmChoice(self.market, self.firms, tastes, self.review)
        used, seconds = np.zeros((self.years, number), np.int8), 0.0
        for year in range(self.years):
            begin = time.process_time()
            model.step()
            seconds += time.process_time() - begin
            used[year] = model.technologies()
        return used, seconds

    def compiled(self, engine: str) -> tuple[Codes, float]:
        """Technologies [runs, years, firms] and seconds of the model's functions for all runs."""
        runs, number = len(self.seeds), len(self.firms.heat)
        lanes, network = lanes_of(self.firms, self.seeds), self.firms.network
        tastes = drawn_tastes(self.seeds, number) if engine == GIVEN else NO_TASTES
        low_carbon, work = self.market.low_carbon.astype(np.int64), working_space(number)
        used = np.zeros((runs, self.years, number), np.int8)
        begin = time.process_time()
        run_years(self.market, lanes, work, network.start, network.neighbour, self.seeds, tastes, low_carbon,
                  self.review, self.years, used)  # fmt: skip
        seconds = time.process_time() - begin
        if engine == GIVEN and lanes.cycle.max() >= CYCLES:
            raise AssertionError("a firm bought more often than luck was drawn for; raise market.CYCLES")
        return used, seconds


def measure(firms: int, years: int, runs: int, repeats: int, review: bool) -> list[Timing]:
    """Time every engine; raises if one of them chooses otherwise than ordinary Mesa."""
    setting = "every firm reviews every year" if review else "choice at the end of life only"
    single = Benchmark(firms, years, review)
    several = Benchmark(firms, years, review, runs)
    expected, seconds = single.mesa()
    seconds = min([seconds, *(single.mesa()[1] for _ in range(repeats // 5))])
    ordinary = seconds / firms / years * 1e9
    rows = [Timing(setting, MESA, 1, ordinary, 1.0)]
    for engine in (GIVEN, DRAWING):
        for case in (single, several):
            used, _ = case.compiled(engine)  # compiles, and must agree
            if not np.array_equal(used[0], expected):
                raise AssertionError(f"{engine} and ordinary Mesa disagree on {np.sum(used[0] != expected)} choices")
            seconds = min(case.compiled(engine)[1] for _ in range(repeats if case is single else max(2, repeats // 8)))
            spent = seconds / firms / years / len(case.seeds) * 1e9
            rows.append(Timing(setting, engine, len(case.seeds), spent, ordinary / spent))
    return rows


def main(arguments: list[str] | None = None) -> None:
    """Print the table (or JSON)."""
    parser = argparse.ArgumentParser(description="Firms' investment choice against ordinary Mesa.")
    parser.add_argument("--firms", type=int, default=2000)
    parser.add_argument("--years", type=int, default=YEARS)
    parser.add_argument("--runs", type=int, default=64, help="runs in the block")
    parser.add_argument("--repeats", type=int, default=25)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    rows = [
        row for review in (True, False) for row in measure(given.firms, given.years, given.runs, given.repeats, review)
    ]
    if given.json:
        print(json.dumps([asdict(row) for row in rows], indent=1))
        return
    print(f"{given.firms} firms, {given.years} years, five options; ns per agent and year on one core")
    for row in rows:
        print(f"{row.setting:31s} {row.engine:46s} {row.runs:3d} runs {row.nanoseconds:9.1f} ns {row.ratio:7.0f} x")


if __name__ == "__main__":
    main()
