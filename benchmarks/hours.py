"""A year of 8,760 hours: the compiled kernel against loops that a user would write with pandas and with plain Python.

``python benchmarks/hours.py`` prints microseconds a run-year and ratios, measured in one process. The reference covers
load, wind, PV, storage and limits; the kernel does flexible load, months and outcomes as well.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from worlds import make_world  # noqa: E402

from agents import grid, rooftop  # noqa: E402
from agents.world import World  # noqa: E402
from sim import hours, prices  # noqa: E402
from sim.hour_data import HOURLY, MONTHLY, HourlyData  # noqa: E402

LOAD = np.array([403.2, 65.0, 109.2, 25.0, 48.0, 12.0, 40.0, 10.8, 46.8]) * 1000.0
FIXED = dict.fromkeys(("capacity_ground_pv", "capacity_nearshore_wind", "firm_flexible_load", "port_flexible"), 0.0)
CAPACITY = [150.0, 0.0, 200.0, 0.0]
STORAGE, POWER, ONE_WAY, IMPORT, EXPORT = 100.0, 50.0, 0.933, 300.0, 200.0


def make_park(runs: int, rooftop_mw: float, wind: float, storage: float) -> World:
    """A park with Meishan's load of 2020 and the capacities given."""
    extras = {"record": {**FIXED, "capacity_onshore_wind": wind}}
    world = make_world([rooftop, grid, hours, prices], runs=runs, years=2, feeders=24, extras=extras)
    world.load[...], world.rooftop[...], world.storage[...] = LOAD / 24, rooftop_mw / 24, storage / 24
    return world


def seconds(call: Callable[[int], None], times: int) -> float:
    """Best core time of five rounds, seconds a call."""
    best = np.inf
    for _ in range(5):
        start = time.thread_time()
        for index in range(times):
            call(index)
        best = min(best, (time.thread_time() - start) / times)
    return float(best)


def kernel(data: HourlyData, world: World, times: int) -> float:
    """Core seconds a run-year, another weather year in every call."""
    runs = world.seeds.shape[0]
    monthly, hourly = np.zeros((runs, 12, MONTHLY)), np.zeros((1, HOURLY, 8760))
    keep, scratch = np.full(runs, -1), hours.make_scratch()
    weather = np.zeros((runs, 2), np.int64)

    def call(index: int) -> None:
        weather[:, 1] = (np.arange(runs) * 7 + index) % data.factors.shape[0]
        hours.run_hours(world, data, weather, 1, monthly, keep, hourly, scratch)

    call(0)

    return seconds(call, times) / runs


def ordinary_year(shapes: np.ndarray, factors: np.ndarray, rank: np.ndarray) -> pd.DataFrame:
    """The same year as a user would write it: vectors, a loop for storage, pandas for the months."""
    index = pd.date_range("2019-01-01", periods=8760, freq="h")
    frame = pd.DataFrame({"load": LOAD @ shapes, "made": np.array(CAPACITY) @ factors}, index=index)
    net, stored, flow = (frame["load"] - frame["made"]).to_numpy(), 0.0, np.zeros(8760)
    for hour in range(8760):
        load, before = net[hour], stored
        if load < 0.0:
            stored = min(STORAGE, stored + min(-load, POWER) * ONE_WAY)
        elif rank[hour] <= -0.4:
            stored = min(STORAGE, stored + min(POWER, max(0.0, IMPORT - load)) * ONE_WAY)
        elif rank[hour] >= 0.4:
            stored = max(0.0, stored - min(load, POWER) / ONE_WAY)
        change = stored - before
        flow[hour] = change / ONE_WAY if change > 0.0 else change * ONE_WAY
    after = net + flow
    frame["imported"], frame["exported"] = np.clip(after, 0.0, IMPORT), np.clip(-after, 0.0, EXPORT)
    frame["unserved"], frame["curtailed"] = np.maximum(after - IMPORT, 0.0), np.maximum(-after - EXPORT, 0.0)
    return frame.resample("MS").sum()


def discard(_: object) -> None:
    """Take a result and return nothing."""


def main() -> None:
    """Print the measurements."""
    data = hours.load_hours(ROOT / "parks" / "meishan")
    shapes = np.zeros((len(LOAD), 8760))
    shapes[data.fixed_index] = data.fixed_shapes
    shapes[data.weather_index] = data.weather_shapes[0, : len(data.weather_index)]
    factors = data.factors[0].astype(float)
    ordinary = seconds(lambda _: discard(ordinary_year(shapes, factors, data.price_rank[0])), 2)
    plain = kernel(data, make_park(1, 0.0, 90.0, 0.0), 200)
    full = kernel(data, make_park(1, 150.0, 200.0, 100.0), 200)
    block = kernel(data, make_park(64, 150.0, 200.0, 100.0), 5)
    print(f"numpy, pandas and a storage loop: {ordinary * 1e6:9.0f} us a run-year")
    print(f"kernel, park of 2020            : {plain * 1e6:9.1f} us")
    print(f"kernel, PV, wind and storage    : {full * 1e6:9.1f} us   ratio {ordinary / full:6.0f}")
    print(f"kernel, the same, 64 in a block : {block * 1e6:9.1f} us   ratio {ordinary / block:6.0f}")


if __name__ == "__main__":
    main()
