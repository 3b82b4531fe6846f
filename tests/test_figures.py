"""Figures are drawn from results alone; what results cannot show is said, not invented."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from synthetic_run import synthetic_hours, synthetic_results, synthetic_run

from experiments.figures import SUMMER, WINTER, compare_figure, draw_run, peak_week
from sim.results import Results, RunResult


def size_of(path: Path) -> tuple[int, int]:
    """Width and height of a PNG."""
    head = path.read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", head[16:24])
    return width, height


def test_a_run_has_six_figures(tmp_path: Path) -> None:
    assert draw_run(tmp_path, synthetic_run("all_three", 1.0)) == []
    names = {"emissions", "energy", "electricity", "investment", "building_gates", "port_fleets"}
    assert {path.stem for path in tmp_path.glob("*.png")} == names
    assert all(min(size_of(path)) > 600 for path in tmp_path.glob("*.png"))


def test_a_figure_without_its_variables_is_left_out_and_named(tmp_path: Path) -> None:
    results = synthetic_results()
    kept = [outcome for outcome in results.outcomes if not outcome.variable.startswith("Buildings|Gates")]
    notes = draw_run(tmp_path, RunResult(Results(results.record, kept)))
    assert len(notes) == 1
    assert notes[0].startswith("figure building_gates.png left out")


def test_a_short_run_without_hours_can_be_drawn(tmp_path: Path) -> None:
    results = synthetic_results(years=3)
    assert draw_run(tmp_path, RunResult(results)) == []


def test_the_shown_week_holds_the_seasons_highest_load() -> None:
    demand = synthetic_hours(2060)["demand"]
    for season in (SUMMER, WINTER):
        start = peak_week(demand, season)
        first, last = season
        days = np.arange(first, last) if first < last else np.r_[first:365, 0:last]
        inside = np.concatenate([demand[24 * day : 24 * day + 24] for day in days])
        assert demand[start : start + 168].max() >= inside.max()


def test_scenarios_are_compared_in_one_figure(tmp_path: Path) -> None:
    several = [synthetic_results("bau", 0.0), synthetic_results("all_three", 1.0)]
    compare_figure(tmp_path / "compare.png", several, several[0])
    assert min(size_of(tmp_path / "compare.png")) > 600
