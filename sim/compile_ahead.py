"""Half of the model compiled in a second process, while the first run ever compiles the other half.

A run compiles a stage when it first meets it: those of populations, then those of energy, market and money in its base
year, and those of decisions a year later. Here they are compiled from the last to the first, without being executed,
until the two processes meet; what one has compiled the other finds in the cache. Losing this process costs time only.
"""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from agents.compiled import cache_folder
from agents.stage_calls import YEAR, compile_for, noted
from sim.machine import usable_cores


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


def main(park: str) -> None:
    """Compile all stages, the last one of a run first."""
    from sim.state import new_state
    from sim.year import decide, perceive, use_and_account

    gc.disable()  # garbage goes with this process, which does not last
    with noted() as calls:
        state = new_state(park)
        use_and_account(state, YEAR)
        perceive(state, YEAR)
        decide(state, YEAR)
    for call in reversed(calls):
        compile_for(call)


if __name__ == "__main__":
    main(sys.argv[1])
