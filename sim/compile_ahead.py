"""Half of the model compiled in a second process, while the first run ever compiles the other half.

A run meets the stages of energy, market and money in its base year, and those of decisions a year later. Here the
latter are compiled meanwhile, without being executed; the run finds them in the cache. Losing this process costs time
only.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from numba.core.caching import FunctionCache
from numba.core.registry import CPUDispatcher

from agents.compiled import cache_folder
from sim.machine import usable_cores

PACKAGES = ("agents", "sim")


def first_run_ever() -> bool:
    """Is nothing compiled yet by these sources?"""
    return not any(cache_folder().glob("**/*.nbc"))


@contextmanager
def second_compiler(park: str = "meishan") -> Iterator[None]:
    """While inside, another process compiles what a run of the park needs last, if there is a core to spare."""
    if usable_cores() < 2:
        yield
        return
    command = [sys.executable, "-m", "sim.compile_ahead", park]
    helper = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        helper.kill()
        helper.wait()


class CompiledOnly(CPUDispatcher):
    """A stage that is compiled for the arguments of a call, and not executed."""

    def __call__(self, *arguments: Any) -> None:
        self._compile_for_args(*arguments)


def compile_instead_of_calling() -> None:
    """From now on, a stage that Python calls is only compiled."""
    for module in list(sys.modules.values()):
        if module.__name__.partition(".")[0] in PACKAGES:
            for value in list(vars(module).values()):
                if isinstance(value, CPUDispatcher) and isinstance(value._cache, FunctionCache):
                    value.__class__ = CompiledOnly


def main(park: str) -> None:
    """Compile the stages of perceiving and deciding."""
    from sim.state import new_state
    from sim.year import decide, perceive

    state = new_state(park)
    compile_instead_of_calling()
    perceive(state, 1)
    decide(state, 1)


if __name__ == "__main__":
    main(sys.argv[1])
