"""The one place that configures numba: import ``stage`` and ``rule`` from here, before anything is compiled.

A *rule* is a plain scalar function; a *stage* loops over runs and agents and calls rules. numba's disk cache does not
notice an edit in an imported rule, so the cache folder's name carries a hash of every source that can be compiled.
"""

from __future__ import annotations

import gc
import hashlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba
import platformdirs
from numba.core.registry import CPUDispatcher

from agents.linked_rule import LoopCompiler, RuleCompiler, StageCompiler
from agents.stage_calls import Stage

HERE = Path(__file__).resolve().parent
SOURCES = ("agents", "policies", "sim")
SCALARS = ("float", "int", "bool")
NO_ENTRY: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
Function = TypeVar("Function", bound=Callable[..., Any])
Value = TypeVar("Value")


def source_hash() -> str:
    """A short hash of the sources of agents, policies and sim, and of the versions that compile them."""
    digest = hashlib.sha256(f"{numba.__version__} {sys.version_info[:3]}".encode())
    for package in SOURCES:
        for path in sorted((HERE.parent / package).glob("*.py")):
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def cache_folder() -> Path:
    """Where compiled code is kept: LINGTAN_CACHE if set, else the user's cache folder; one folder a source hash."""
    root = os.environ.get("LINGTAN_CACHE") or platformdirs.user_cache_dir("lingtan")
    return Path(root) / f"compiled-{source_hash()}"


numba.config.CACHE_DIR = str(cache_folder())


def plain(kind: Any) -> Any:
    """One type for all whole numbers, so that a rule is compiled once for literals, members of an axis and counts."""
    kind = numba.types.unliteral(kind)
    is_integer = isinstance(kind, numba.types.Integer | numba.types.IntEnumMember)
    return numba.types.int64 if is_integer else kind


def compiled(function: Function, for_callers: Any = None, **options: Any) -> Function:
    """Compile with the park's settings; when compiled code calls it, whole numbers are taken as int64.

    Compiled code calls ``for_callers``, if given, in its place: the same function made for linking only.
    """
    made = numba.njit(nogil=True, error_model="numpy", **options)(function)
    if not numba.config.DISABLE_JIT:
        target = for_callers or made
        find_template = target.get_call_template

        def template(args: Any, kws: Any) -> Any:
            numbers = tuple(plain(kind) for kind in args), {name: plain(kind) for name, kind in kws.items()}
            found, signature, _, keywords = find_template(*numbers)
            return found, signature, made.fold_argument_types(args, kws)[1], keywords

        made.get_call_template = template
        made.get_overload = target.get_overload
    return made


class StageOnly(CPUDispatcher):
    """A compiled rule without an entry from Python: stages call it compiled, Python runs it as written."""

    def __call__(self, *arguments: Any) -> Any:
        return self.py_func(*arguments)


def stage(function: Function) -> Function:
    """Compile a loop over runs and agents. Releases the interpreter's lock: threads work on several blocks of runs."""
    options: dict[str, Any] = {"cache": True, "no_cfunc_wrapper": True, "pipeline_class": StageCompiler}
    made: Any = compiled(function, linked(function, RuleCompiler), **options)
    if not numba.config.DISABLE_JIT:
        compile_or_load = made.compile

        def without_collection(signature: Any) -> Any:
            """The compiler makes millions of small objects: looking for garbage among them costs a seventh of it."""
            collecting = gc.isenabled()
            gc.disable()
            try:
                return compile_or_load(signature)
            finally:
                if collecting:
                    gc.enable()

        made.compile = without_collection
        if function.__annotations__.get("return") == "None":  # what returns something cannot be called later
            made.__class__ = Stage
    return made


def rule(function: Function) -> Function:
    """Compile a rule that stages call. One whose arguments are plain numbers can also be called from Python.

    Rules that take tables are called by stages alone: leaving out their entry from Python, which must unpack every
    array, cuts their time to compile by two thirds. Called from Python they run as plain Python.
    """
    if numba.config.DISABLE_JIT:
        return function
    takes = [str(hint) for name, hint in function.__annotations__.items() if name != "return"]
    if all(hint in SCALARS for hint in takes):
        return compiled(function, linked(function, RuleCompiler))
    return stage_only(function, RuleCompiler)


def loop_rule(function: Function) -> Function:
    """A rule that loops over arrays, none of which shares memory with one that the rule writes."""
    return function if numba.config.DISABLE_JIT else stage_only(function, LoopCompiler)


def linked(function: Function, compiler: type[RuleCompiler]) -> Any:
    """The function for compiled callers alone, made when one first calls it and only for linking into it."""
    return numba.njit(nogil=True, error_model="numpy", pipeline_class=compiler, **NO_ENTRY)(function)


def stage_only(function: Function, compiler: type[RuleCompiler]) -> Any:
    """A compiled function without an entry from Python."""
    made = compiled(function, linked(function, compiler), **NO_ENTRY)
    made.__class__ = StageOnly
    return made


def hot_rule(function: Function) -> Function:
    """Like ``rule`` for the few that run in the innermost loops: inlined before type inference."""
    return numba.njit(nogil=True, error_model="numpy", inline="always")(function)


def pointer_to(table: Value) -> Value:
    """What stages take for a table at a fraction of a call's cost (see table_type); its arrays must stay in place."""
    return table if numba.config.DISABLE_JIT else table_type.pointer_to(table)


def shown_as(table: Any, make: Callable[[Any], Value]) -> Value:
    """``make(table)``, another table over the same arrays; made only once for a table that is a pointer."""
    return make(table) if numba.config.DISABLE_JIT else table_type.shown_as(table, make)


if not numba.config.DISABLE_JIT:
    from agents import array_index, table_type  # noqa: E402, F401  (indices from the start; tables as one pointer)
