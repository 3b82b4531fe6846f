"""PRIM finds the conditions that were put in, tells luck from finding, and answers in a sentence."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.errors import InputError
from agents.fields import Floats
from experiments.discovery import Box, cover, prim, reproduced

NAMES = ["import_price", "wind_speed", "hurdle_rate", "growth", "battery_cost", "subsidy"]


def futures(runs: int = 2000, seed: int = 0) -> Floats:
    """Inputs [runs, 6] on the unit cube."""
    return np.random.default_rng(seed).random((runs, len(NAMES)))


def missed(inputs: Floats, noise: float = 0.0, seed: int = 0) -> np.ndarray:
    """Runs that miss neutrality: dear money and little wind; a share ``noise`` of runs is turned round."""
    turned = np.random.default_rng(seed + 99).random(len(inputs)) < noise
    return np.asarray(((inputs[:, 2] > 0.6) & (inputs[:, 1] < 0.4)) ^ turned)


def test_the_conditions_that_were_put_in_are_found() -> None:
    inputs = futures()
    box = prim(inputs, missed(inputs), names=NAMES).box
    assert box.restricted == ("wind_speed", "hurdle_rate")
    low, high = box.limits[[2, 1], [0, 1]]
    assert low == pytest.approx(0.6, abs=0.03) and high == pytest.approx(0.4, abs=0.03)
    assert box.density.value > 0.95 and box.coverage.value > 0.95
    assert (box.quasi_p[[1, 2]] < 1e-10).all() and np.isnan(box.quasi_p[[0, 3, 4, 5]]).all()


def test_the_answer_is_a_sentence_with_its_errors() -> None:
    inputs = pd.DataFrame(futures(), columns=NAMES)
    text = prim(inputs, missed(inputs.to_numpy())).box.text("neutrality by 2050 is missed")
    assert text.startswith("neutrality by 2050 is missed in 100 % [98, 100] of runs with wind_speed up to 0.397 and")
    assert "hurdle_rate from 0.6" in text and "2,000 runs" in text and "luck" not in text


def test_noise_restricts_no_input_that_does_nothing() -> None:
    inputs = futures(600)
    cases = missed(inputs, noise=0.1)
    assert set(prim(inputs, cases, names=NAMES).box.restricted) == {"wind_speed", "hurdle_rate"}
    found = reproduced(inputs, cases, names=NAMES)
    assert min(found["wind_speed"], found["hurdle_rate"]) > 0.9
    assert max(found[name] for name in ("import_price", "growth", "battery_cost", "subsidy")) < 0.3


def test_without_a_pattern_no_condition_is_told() -> None:
    told = [
        len(prim(futures(300, seed), np.random.default_rng(seed + 50).random(300) < 0.3).box.restricted)
        for seed in range(12)
    ]
    assert np.mean(np.array(told) > 0) < 0.35
    raw = prim(futures(300), np.random.default_rng(50).random(300) < 0.3, drop_luck=False)
    assert raw.boxes[-1].restricted  # what plain peeling makes of the same


def test_the_trajectory_trades_coverage_for_density() -> None:
    inputs = futures()
    found = prim(inputs, missed(inputs, noise=0.05), names=NAMES)
    table = found.frame()
    assert table["coverage"].iloc[0] == 1.0 and table["inputs"].iloc[0] == 0
    assert table["mass"].iloc[-1] < table["mass"].iloc[0] == 1.0
    assert table["density"].iloc[-1] > 3.0 * table["density"].iloc[0]
    dense, wide = found.select(density=0.9), found.select(coverage=0.9)
    assert dense.density.value >= 0.9 and wide.coverage.value >= 0.9
    assert dense.coverage.value <= wide.coverage.value or dense.density.value <= wide.density.value
    with pytest.raises(InputError, match="no box"):
        found.select(density=0.999, coverage=0.999)


def test_pasting_gives_back_what_peeling_took_too_much() -> None:
    inputs = futures(500)
    cases = missed(inputs)
    thin, pasted = (prim(inputs, cases, peel=0.2, paste=paste).boxes[-1] for paste in (False, True))
    assert pasted.coverage.value > thin.coverage.value
    assert pasted.density.value >= thin.density.value


def test_a_second_box_finds_the_other_way_to_miss() -> None:
    inputs = futures()
    one, two = (inputs[:, 0] > 0.8) & (inputs[:, 1] > 0.6), (inputs[:, 3] < 0.15) & (inputs[:, 1] < 0.5)
    first, second = cover(inputs, one | two, 2, names=NAMES)
    assert {first.restricted, second.restricted} == {("import_price", "wind_speed"), ("wind_speed", "growth")}
    assert float(first.coverage.value + second.coverage.value) == pytest.approx(1.0, abs=0.05)
    assert len(cover(inputs, one, 5, names=NAMES)) < 5


def test_few_valued_inputs_are_peeled_value_by_value() -> None:
    inputs = futures()
    inputs[:, 4] = np.floor(3.0 * inputs[:, 4])
    box = prim(inputs, inputs[:, 4] == 1.0, names=NAMES).box
    assert box.limits[4].tolist() == [1.0, 1.0]
    assert box.density.value == box.coverage.value == 1.0


def test_a_box_is_judged_on_runs_that_it_was_not_fitted_to() -> None:
    inputs, others = futures(400), pd.DataFrame(futures(4000, seed=1), columns=NAMES)
    box = prim(inputs, missed(inputs, noise=0.1), names=NAMES).box
    anew = box.measure(others, missed(others.to_numpy(), noise=0.1, seed=1))
    assert anew.density.n == box.holds(others).sum()
    assert anew.density.value == pytest.approx(float(box.density.value), abs=0.15)
    swapped = others[NAMES[::-1]]
    np.testing.assert_array_equal(box.holds(swapped), box.holds(others))
    np.testing.assert_array_equal(box.holds(others.to_numpy()), box.holds(others))
    with pytest.raises(InputError, match="did you mean"):
        box.holds(others.rename(columns={"wind_speed": "wind_sped"}))


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.integers(40, 200), st.floats(0.05, 0.6))
def test_every_box_of_a_trajectory_keeps_the_laws(seed: int, runs: int, rate: float) -> None:
    random = np.random.default_rng(seed)
    inputs = np.round(random.random((runs, 3)), 1 + seed % 3)
    cases = random.random(runs) < rate * (0.5 + inputs[:, 0])
    if cases.sum() < 5 or cases.all():
        return
    found = prim(inputs, cases, smallest=0.1)
    whole = found.boxes[0]
    assert not whole.restricted and whole.coverage.value == 1.0
    for box in found.boxes:
        inside = box.holds(inputs)
        assert inside.mean() == pytest.approx(float(box.mass.value))
        assert float(box.coverage.value) * cases.sum() == pytest.approx(float(box.density.value) * inside.sum())
        assert inside.sum() >= 0.1 * runs
        assert box.density.low <= box.density.value <= box.density.high


def test_an_empty_box_has_no_density() -> None:
    inputs = futures(100)
    box = prim(inputs, missed(inputs), names=NAMES).box
    elsewhere = Box.measure(box, inputs + 10.0, missed(inputs))
    assert np.isnan(elsewhere.density.value) and elsewhere.coverage.value == 0.0


@pytest.mark.parametrize(
    ("cases", "options"),
    [
        (np.zeros(100, dtype=bool), {}),
        (np.ones(100, dtype=bool), {}),
        (np.ones(99, dtype=bool), {}),
        (np.linspace(0, 1, 100), {}),
        (np.arange(100) < 20, {"peel": 0.0}),
        (np.arange(100) < 20, {"smallest": 1.0}),
    ],
)
def test_what_cannot_be_asked_is_refused(cases: Floats, options: dict[str, float]) -> None:
    with pytest.raises(InputError):
        prim(futures(100), cases, **options)  # type: ignore[arg-type]


def test_peeling_is_patient_where_an_input_has_few_values() -> None:
    inputs = futures()
    switch = (inputs[:, 4] > 0.5).astype(float)
    likely = 0.3 + 0.3 * inputs[:, 2] + 0.1 * switch  # the switch gains more at once, but takes half of the runs
    cases = np.random.default_rng(5).random(len(inputs)) < likely
    table = prim(np.column_stack([inputs[:, 2], switch]), cases, paste=False, drop_luck=False).frame()
    assert table["mass"].iloc[1] > 0.9
