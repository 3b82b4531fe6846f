"""The one place that configures numba: import ``stage`` and ``rule`` from here, before anything is compiled.

A *rule* is a plain scalar function; a *stage* loops over runs and agents and calls rules. numba's disk cache does not
notice an edit in an imported rule, so the cache folder's name carries a hash of every source that can be compiled.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba
import platformdirs
from numba.core.registry import CPUDispatcher

HERE = Path(__file__).resolve().parent
SOURCES = ("agents", "policies", "sim")
SCALARS = ("float", "int", "bool")
Function = TypeVar("Function", bound=Callable[..., Any])


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


def stage(function: Function) -> Function:
    """Compile a loop over runs and agents. Releases the interpreter's lock; threads work on different blocks of runs."""
    return numba.njit(cache=True, nogil=True, error_model="numpy")(function)


class StageOnly(CPUDispatcher):
    """A compiled rule without an entry from Python: stages call it compiled, Python runs it as written."""

    def __call__(self, *arguments: Any) -> Any:
        return self.py_func(*arguments)


def rule(function: Function) -> Function:
    """Compile a rule that stages call. One whose arguments are plain numbers can also be called from Python.

    Rules that take tables are called by stages alone: leaving out their entry from Python, which must unpack every
    array, cuts their time to compile by two thirds. Called from Python they run as plain Python.
    """
    takes = [str(hint) for name, hint in function.__annotations__.items() if name != "return"]
    if all(hint in SCALARS for hint in takes) or numba.config.DISABLE_JIT:
        return numba.njit(nogil=True, error_model="numpy")(function)
    compiled = numba.njit(nogil=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)(function)
    compiled.__class__ = StageOnly
    return compiled


def hot_rule(function: Function) -> Function:
    """Like ``rule`` for the few that run in the innermost loops: inlined before type inference."""
    return numba.njit(nogil=True, error_model="numpy", inline="always")(function)
