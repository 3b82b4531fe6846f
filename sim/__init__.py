"""The park's year: state, stages in order, hours, results. ``from sim import Park`` is the way in from Python."""

from __future__ import annotations

from typing import Any

__all__ = ["Park"]


def __getattr__(name: str) -> Any:
    """Import ``Park`` on first use: Mesa and the compiled stages are slow to load and not always needed."""
    if name == "Park":
        from sim.park import Park

        return Park
    raise AttributeError(f"module 'sim' has no attribute '{name}'")
