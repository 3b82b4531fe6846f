"""Figures of studies are drawn from known data, say their runs and errors, and warn where runs are too few."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from agents.errors import InputError
from agents.fields import Floats
from experiments import discovery_figures, sensitivity, sensitivity_figures, statistics, study_figures
from experiments.discovery import prim

YEARS = list(range(2020, 2061))
NAMES = [
    "wind_speed",
    "pv_capex",
    "firm_hurdle_rate",
    "grid_factor",
    "growth_of_trade",
    "carbon_price",
    "retrofit_rate",
    "battery_capex",
    "port_throughput",
    "green_rate_discount",
    "unused_input",
]
WEIGHTS = np.array([-60.0, 45.0, 70.0, 90.0, 30.0, -40.0, -20.0, 10.0, 25.0, -5.0, 0.0])
BOUNDS = dict.fromkeys(NAMES, (0.0, 1.0))


def net_emissions(x: Floats) -> Floats:
    """Made-up net CO2 [n, years], kt: falls to around zero; the grid matters early, money late, both together."""
    t = np.linspace(0.0, 1.0, len(YEARS))
    along = np.stack([t**2, t, t**1.5, t * (1.2 - t) * 3.0, t, t**2, t, t**3, t, t, t])
    pull = ((x - 0.5) * WEIGHTS) @ along
    together = 120.0 * ((x[:, 2] - 0.5) * (x[:, 3] - 0.5))[:, None] * t**2
    return np.asarray(300.0 * (1.0 - t) ** 1.3 - 25.0 * t + pull + together)


def study(runs: int = 600, seed: int = 0) -> tuple[pd.DataFrame, Floats]:
    """Inputs and net CO2 [runs, years] of a made-up study."""
    x = np.random.default_rng(seed).random((runs, len(NAMES)))
    return pd.DataFrame(x, columns=NAMES), net_emissions(x)


def years_of(net: Floats) -> Floats:
    """First year [runs] from which net CO2 stays at or below zero, nan where it never does."""
    below = np.flip(np.cumprod(np.flip(net <= 0.0, 1), axis=1), 1).astype(bool)
    return np.where(below.any(axis=1), 2020 + below.argmax(axis=1), np.nan)


def draw_all(folder: Path) -> None:
    """Every figure into a folder."""
    inputs, net = study()
    _, better = study()
    better = better - 25.0 * np.linspace(0, 1, 41) - 4.0 * np.random.default_rng(1).normal(size=(600, 41))
    source = "Lingtan simulation of Meishan, study 'made up'; inputs: the park's evidence table"
    study_figures.fan_chart(folder / "fan.png", YEARS, statistics.fan(net), "Net CO2, kt a year", source, "kt")
    reached = {"bau": years_of(net), "all_three": years_of(better)}
    study_figures.neutrality_years(folder / "neutrality.png", reached, YEARS, source)
    study_figures.neutrality_years(folder / "neutrality_few.png", {"bau": years_of(net)[:40]}, YEARS, source)
    pairs = {"all_three": statistics.paired(better, net), "half": statistics.paired(0.5 * (better + net), net)}
    study_figures.paired_differences(folder / "paired.png", YEARS, pairs, "bau", "Net CO2, kt a year", source)
    tracks = {"bau": statistics.running_mean(net[:, 25]), "all_three": statistics.running_mean(better[:, 25])}
    study_figures.convergence_of_mean(folder / "mean.png", tracks, "Running mean of net CO2 in 2045, kt", source)
    swings = sensitivity.swings(inputs, net)
    sensitivity_figures.tornado(folder / "tornado.png", swings, "Net CO2 in 2045, kt", source, output=25)
    indices = sensitivity.sobol(net_emissions, BOUNDS, 1024, resamples=50)
    sensitivity_figures.sobol_over_time(folder / "sobol_time.png", indices, YEARS, "Net CO2", source)
    sensitivity_figures.sobol_convergence(folder / "sobol_n.png", indices, "Net CO2 in 2050", source, output=30)
    effects = sensitivity.morris(net_emissions, BOUNDS, 20)
    sensitivity_figures.morris_plane(folder / "morris.png", effects, "Net CO2 in 2050, kt", source, output=30)
    distances = sensitivity.pawn_given(inputs, net[:, 30], resamples=50)
    sensitivity_figures.pawn_bars(
        folder / "pawn.png", distances, "What moves the distribution of net CO2 in 2050", source
    )
    missed = ~(years_of(net) <= 2055)
    found = prim(inputs, missed)
    case = "neutrality by 2055 is missed"
    discovery_figures.peeling_trajectory(folder / "peeling.png", found, case, source)
    discovery_figures.box_conditions(folder / "box.png", found.box, inputs, missed, case, source)
    shown = inputs[["grid_factor", "firm_hurdle_rate", "wind_speed", "pv_capex"]].assign(net_2050=net[:, 30])
    discovery_figures.parallel_coordinates(folder / "parallel.png", shown, missed, case, source)


def test_every_figure_is_drawn_and_states_its_runs_and_monte_carlo_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes = []
    original = study_figures.canvas

    def watched(path: Path, source: str, *rest: object, **layout: object) -> object:
        notes.append(source.replace("\n", " "))
        return original(path, source, *rest, **layout)  # type: ignore[arg-type]

    monkeypatch.setattr(study_figures, "canvas", watched)
    draw_all(tmp_path)
    drawn = sorted(tmp_path.glob("*.png"))
    assert len(notes) == len(drawn) == 13
    for path in drawn:
        assert min(struct.unpack(">II", path.read_bytes()[16:24])) > 400, path.name
    for note in notes:
        assert "runs; Monte Carlo error: " in note and "Meishan" in note and "nan" not in note
    assert notes[0].startswith("600 runs; Monte Carlo error: median at most 4.5")


def test_a_probability_from_few_runs_is_warned_of_in_the_figure() -> None:
    few = statistics.probability(np.arange(40)[:, None] < np.array([0, 19]))
    many = statistics.probability(np.arange(1000)[:, None] < np.array([0, 450]))
    assert "neutral by 2046: 0.475" in str(study_figures.boldest({"bau": few, "other": many}, 2045))
    assert study_figures.boldest({"other": many}, 2045) is None


def test_unusual_studies_can_be_drawn(tmp_path: Path) -> None:
    never, always = np.full(50, np.nan), np.full(50, 2020.0)
    study_figures.neutrality_years(tmp_path / "never.png", {"bau": never}, YEARS)
    study_figures.neutrality_years(tmp_path / "always.png", {"bau": always, "never": [None] * 50}, YEARS)
    same = np.ones((50, 41))
    study_figures.fan_chart(tmp_path / "same.png", YEARS, statistics.fan(same), "Nothing varies")
    pairs = {"same": statistics.paired(same, same)}
    study_figures.paired_differences(tmp_path / "pair.png", YEARS, pairs, "bau", "Net CO2, kt")
    study_figures.convergence_of_mean(tmp_path / "two.png", {"bau": statistics.running_mean([1.0, 2.0])}, "Two runs")
    indices = sensitivity.sobol(lambda x: x[:, :1] * np.array([0.0, 1.0]), {"one": (0, 1), "two": (0, 1)}, 16)
    sensitivity_figures.sobol_over_time(tmp_path / "years.png", indices, [2020, 2021], "One year varies")
    few = pd.DataFrame({"policy": np.arange(120) % 3, "constant": np.ones(120)})
    box = prim(few, few["policy"] == 2).box
    discovery_figures.box_conditions(tmp_path / "few.png", box, few, few["policy"] == 2, "it fails")
    discovery_figures.parallel_coordinates(tmp_path / "lines.png", few, few["policy"] == 2, "it fails")
    assert len(list(tmp_path.glob("*.png"))) == 8


def test_what_cannot_be_drawn_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "figure.png"
    inputs, net = study(200)
    indices = sensitivity.sobol(net_emissions, BOUNDS, 8, resamples=5)
    flat = sensitivity.sobol(lambda x: np.ones((len(x), 41)), BOUNDS, 8, resamples=5)
    missed = net[:, 40] > 0.0
    still = sensitivity.morris(lambda x: np.full(len(x), 2.0), {"one": (0, 1)}, 4)
    faults = (
        lambda: sensitivity_figures.morris_plane(path, still, "Nothing moves"),
        lambda: study_figures.fan_chart(path, YEARS, statistics.fan(net, (0.1, 0.5)), "Half a fan"),
        lambda: sensitivity_figures.sobol_over_time(path, indices, YEARS[1:], "A year short"),
        lambda: sensitivity_figures.sobol_over_time(path, flat, YEARS, "Nothing varies"),
        lambda: sensitivity_figures.sobol_convergence(path, indices, "Eight points", output=3),
        lambda: sensitivity_figures.tornado(path, sensitivity.swings(inputs, net), "Which year?"),
        lambda: discovery_figures.box_conditions(path, prim(inputs, missed).boxes[0], inputs, missed, ""),
        lambda: discovery_figures.parallel_coordinates(path, inputs, [True], "one run of many"),
    )
    for fault in faults:
        with pytest.raises(InputError):
            fault()
    assert not path.exists()
