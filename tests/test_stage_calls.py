"""A noted list of stage calls does what the calls do one by one."""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
import pytest

from agents.compiled import pointer_to, stage
from agents.fields import Floats
from agents.stage_calls import YEAR, Call, CallList, noted

compiled_only = pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="plain Python calls stages one by one")


class Pair(NamedTuple):
    """A table of two columns."""

    first: Floats
    second: Floats


class Single(NamedTuple):
    """A table of one column."""

    column: Floats


# Tables of this park's packages alone become pointers, see agents.table_type.
Pair.__module__ = Single.__module__ = "agents.test_stage_calls"


@stage
def add_year(pair: Pair, single: Single, values: Floats, year: int, times: int) -> None:
    """Add the year to everything, ``times`` over."""
    for place in range(values.shape[0]):
        pair.second[place] += year * times
        single.column[place] += year * times
        values[place] += year * times


@stage
def refuse(values: Floats, year: int) -> None:
    """Fail in the third year."""
    if year == 3:
        raise ValueError("third year")
    values[0] = year


@compiled_only
def test_calls_are_noted_once_and_made_for_any_year() -> None:
    pair, single, values = Pair(np.zeros(3), np.zeros(3)), Single(np.zeros(3)), np.zeros((3, 2))[:, 1]
    with noted() as calls:
        add_year(pointer_to(pair), single, values, YEAR, 2)
        add_year(pointer_to(pair), single, values, YEAR, 1)
    assert not values.any()  # nothing has been done yet
    assert [call.stage for call in calls] == [add_year, add_year]
    made = CallList(calls)
    made(5, 6)
    made(7, 8)
    for column in (pair.second, single.column, values):
        assert column.tolist() == [36.0] * 3
    assert not pair.first.any()
    calls[0].make(1)
    assert values.tolist() == [38.0] * 3
    made(1, 4)
    assert values.tolist() == [38.0 + 3.0 * (1 + 2 + 3)] * 3


@compiled_only
def test_a_stage_that_fails_is_named() -> None:
    values = np.zeros(1)
    made = CallList([Call(refuse, (values, YEAR))])
    made(2, 3)
    assert values[0] == 2.0
    with pytest.raises(RuntimeError, match="refuse failed in year 3"):
        made(2, 5)


@compiled_only
def test_what_cannot_be_handed_over_is_refused() -> None:
    with pytest.raises(TypeError, match="cannot hand over 0.5"):
        CallList([Call(refuse, (np.zeros(1), 0.5))])
