"""Tables fit the terminal: where one is too wide it comes in parts, and nothing is cut."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from rich.table import Table

from experiments.tables import digits, that_fit

YEARS = range(2025, 2061, 5)


def wide_table() -> Table:
    """Two columns of labels and eight of numbers, in two sections."""
    table = Table(title="compared", title_justify="left")
    table.add_column("variable")
    table.add_column("scenario", no_wrap=True)
    for year in YEARS:
        table.add_column(str(year), justify="right", no_wrap=True)
    for row in range(4):
        table.add_row(f"variable {row}", f"scenario {row}", *(f"{year}.{row} (+0.{row})" for year in YEARS))
        if row == 1:
            table.add_section()
    return table


def printed(table: Table, width: int) -> list[list[str]]:
    """Lines of every part as a terminal of this width shows them."""
    shown = []
    for part in that_fit(table, Console(width=width)):
        console = Console(width=width, file=io.StringIO())
        console.print(part)
        assert isinstance(console.file, io.StringIO)
        shown.append(console.file.getvalue().splitlines())
    return shown


@pytest.mark.parametrize("width", [60, 80, 100, 120])
def test_a_wide_table_comes_in_parts_that_show_every_number(width: int) -> None:
    parts = printed(wide_table(), width)
    assert len(parts) > 1
    text = "\n".join(line for part in parts for line in part)
    assert "…" not in text
    for year in YEARS:
        assert text.count(f" {year} ") == 1
        assert all(f"{year}.{row} (+0.{row})" in text for row in range(4))
    for part in parts:
        assert all(len(line) <= width for line in part)
        assert all(any(f"variable {row} " in line for line in part) for row in range(4))


def test_what_rounds_to_zero_has_no_sign() -> None:
    shown = [digits(value, 1, "+") for value in (0.04, -0.04, 0.06, -1234.0)]
    assert shown == ["0.0", "0.0", "+0.1", "-1,234.0"]


def test_a_table_that_fits_stays_whole() -> None:
    whole = Console(width=200, file=io.StringIO())
    whole.print(wide_table())
    assert isinstance(whole.file, io.StringIO)
    assert printed(wide_table(), 200) == [whole.file.getvalue().splitlines()]
