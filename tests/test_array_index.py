"""Compiled rules find elements by indices that count from the start; nobody else's compiled code is touched."""

from __future__ import annotations

import ast
from pathlib import Path

import numba
import numpy as np
import pytest

from agents.compiled import loop_rule, rule, stage
from agents.fields import Floats

ROOT = Path(__file__).resolve().parent.parent
COMPILED = {"stage", "rule", "loop_rule", "hot_rule"}
compiled_only = pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="plain Python counts from the end")


@loop_rule
def one_before(numbers: Floats, place: int, found: Floats) -> None:
    """Read and write an element before the array's first."""
    found[0] = numbers[place]
    numbers[place] = 0.0


@rule
def corner(table: Floats, row: int, column: int) -> float:
    """An element of a table."""
    return float(table[row, column])


@stage
def look(numbers: Floats, table: Floats, found: Floats, before: int) -> None:
    """Look behind the start of arrays that are cut from longer ones."""
    one_before(numbers, before, found)
    found[1] = corner(table, before, 0)
    found[2] = table[before][1]


@compiled_only
def test_an_index_of_a_stage_counts_from_the_start():
    numbers, table, found = np.arange(10.0), np.arange(20.0).reshape(10, 2), np.zeros(3)
    look(numbers[5:], table[5:], found, -1)
    assert found.tolist() == [4.0, 8.0, 9.0]  # the elements before; from the end they would be 9, 18 and 19
    assert numbers[4] == 0.0 and numbers[9] == 9.0


@compiled_only
def test_functions_that_others_compile_still_count_from_the_end():
    @numba.njit
    def last(numbers, table):
        table[-1, 1] = 7.0
        return numbers[-1], table[-1][0], table[-1, 1]

    assert last(np.arange(10.0), np.arange(20.0).reshape(10, 2)) == (9.0, 18.0, 7.0)


def is_compiled(function: ast.FunctionDef) -> bool:
    """Is it decorated as a rule or stage?"""
    return any(isinstance(name, ast.Name) and name.id in COMPILED for name in function.decorator_list)


def counts_from_end(node: ast.AST) -> bool:
    """Is it a constant index from the end, of anything but an array's shape?"""
    if not isinstance(node, ast.Subscript) or (isinstance(node.value, ast.Attribute) and node.value.attr == "shape"):
        return False
    members = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    return any(isinstance(member, ast.UnaryOp) and isinstance(member.op, ast.USub) for member in members)


def test_no_rule_counts_from_the_end():
    functions = [
        (path.name, function)
        for package in ("agents", "sim")
        for path in sorted((ROOT / package).glob("*.py"))
        for function in ast.walk(ast.parse(path.read_text()))
        if isinstance(function, ast.FunctionDef) and is_compiled(function)
    ]
    assert len(functions) > 500
    assert [(name, f.name) for name, f in functions if any(map(counts_from_end, ast.walk(f)))] == []
