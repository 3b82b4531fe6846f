"""Small functions of numba's compiler, rewritten to give the same answers in a fraction of the time.

A fifth of what the first run costs goes into comparing compiler flags and listing the variables of a statement, each a
hundred thousand times. Used only with the series of numba that
this was written for; another one compiles as it is shipped, only slower.
"""

from __future__ import annotations

from typing import Any

import numba
from numba.core import codegen, ir, targetconfig

WRITTEN_FOR = "0.68."  # the versions of numba whose functions these are

VARIABLE, STATEMENT, SEQUENCE, MAPPING, OTHER = range(5)
kinds: dict[type, int] = {}
defaults: dict[type, dict[str, Any]] = {}


def values(flags: Any) -> dict[str, Any]:
    """All options: the defaults of the class, changed by what is set."""
    kind = type(flags)
    if kind not in defaults:
        defaults[kind] = {name: option.default for name, option in flags.options.items()}
    return {**defaults[kind], **flags._values}


def same(flags: Any, other: Any) -> Any:
    """Flags are equal if all options are; most often they are one object."""
    if flags is other:
        return True
    return values(flags) == values(other) if isinstance(other, targetconfig.TargetConfig) else NotImplemented


def hashed(flags: Any) -> int:
    """numba hashes the options' names, which all flags of a class share."""
    return hash(type(flags))


def kind_of(value: Any) -> int:
    """What numba's own function asks by isinstance, in its order."""
    if isinstance(value, ir.Var):
        return VARIABLE
    if isinstance(value, ir.Inst):
        return STATEMENT
    if isinstance(value, list | tuple):
        return SEQUENCE
    return MAPPING if isinstance(value, dict) else OTHER


def variables_of(statement: Any, value: Any) -> list[Any]:
    """Variables within a member of a statement, in order."""
    kind = kinds.get(type(value))
    if kind is None:
        kind = kinds[type(value)] = kind_of(value)
    if kind == OTHER:
        return []
    if kind == VARIABLE:
        return [value]
    if kind == STATEMENT:
        return list(value.list_vars())
    found: list[Any] = []
    for inner in value if kind == SEQUENCE else value.values():
        if kinds.get(type(inner)) != OTHER:
            found += variables_of(statement, inner)
    return found


def optimise_functions(library: Any, module: Any) -> None:
    """First round of each function of a module, with one list of passes for all of them."""
    module.data_layout = library._codegen._data_layout
    passes, builder = library._codegen._function_pass_manager()
    for function in module.functions:
        passes.run(function, builder)


if numba.__version__.startswith(WRITTEN_FOR):
    targetconfig.TargetConfig.values = values
    targetconfig.TargetConfig.__eq__ = same
    targetconfig.TargetConfig.__hash__ = hashed
    ir.Inst._rec_list_vars = variables_of
    codegen.CPUCodeLibrary._optimize_functions = optimise_functions
