"""Memory of one block is that of the next: fetching it anew page by page takes a sixteenth of a study's time."""

from __future__ import annotations

import ctypes
import sys

import pytest

from sim.state import new_state

GLIBC = sys.platform == "linux" and hasattr(ctypes.CDLL(None), "mallopt")


@pytest.mark.skipif(not GLIBC, reason="only glibc is told to keep memory")
def test_a_block_works_in_the_memory_of_the_last_one() -> None:
    resource = pytest.importorskip("resource")

    def pages_fetched() -> int:
        """For a block of 64 runs, which holds two hundred megabytes."""
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        new_state("meishan", range(64))
        return int(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)

    pages_fetched()
    assert min(pages_fetched() for _ in range(4)) < 100
