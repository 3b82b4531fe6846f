"""The shipped scenarios give what they gave; where they are meant to move, ``python -m tests.baselines`` renews."""

from __future__ import annotations

import json

import numpy as np
import pytest
from baselines import FOLDER, outcome_table

from experiments.scenario import read_scenario, shipped_scenarios

GAPS = ("Money Gap", "Owed Gap")  # rounding errors of sums, held below a cent by the laws of the whole park
NOTHING = 1e-12  # of any unit: what rounding leaves of a sum that is zero
NAMES = sorted(file.stem for file in FOLDER.glob("*.json"))


def test_every_baseline_has_its_scenario() -> None:
    assert NAMES and set(NAMES) <= set(shipped_scenarios())


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_scenario_gives_what_it_gave(name: str) -> None:
    """Published variables of the milestone years, to 1e-9 relative; a variable that is new or gone is named."""
    expected = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    found = outcome_table(read_scenario(shipped_scenarios()[name]))
    assert found["years"] == expected["years"]
    assert sorted(found["variables"]) == sorted(expected["variables"])
    moved = []
    for variable, before in expected["variables"].items():
        if variable in GAPS:
            continue
        now = np.array(found["variables"][variable])
        if not np.allclose(now, before, rtol=1e-9, atol=max(1e-9 * np.abs(before).max(), NOTHING)):
            year = int(np.argmax(np.abs(now - before)))
            moved.append(f"{variable}, {expected['years'][year]}: {before[year]:.12g} is now {now[year]:.12g}")
    assert not moved, "\n".join(moved)
