"""What the machine offers to this process."""

from __future__ import annotations

import ctypes
import os
from functools import cache

# Of mallopt (malloc.h of glibc): what is asked for in one piece from the system, up to which free memory is kept, in
# bytes, and of how many pools threads take theirs.
TRIM_THRESHOLD, MMAP_THRESHOLD, ARENA_MAX = -1, -3, -8
KEPT = {MMAP_THRESHOLD: 2**25, TRIM_THRESHOLD: 2**30, ARENA_MAX: 1}


def usable_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@cache
def keep_memory() -> None:
    """Let this process keep up to a gigabyte that is free, where its C library is glibc.

    The next block of runs then works in the memory of the last one. Otherwise it is handed back to the system and
    fetched anew page by page, which takes a sixteenth of a study's time.
    """
    library = ctypes.CDLL(None) if os.name == "posix" else None
    for option, value in KEPT.items() if hasattr(library, "mallopt") else ():
        library.mallopt(option, value)  # type: ignore[union-attr]
