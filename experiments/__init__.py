"""Runs, comparisons, Monte Carlo studies and their results.

``open_study(path)`` opens a study's folder. It is imported when first asked for, so that the command line answers at
once.
"""

from __future__ import annotations

from typing import Any

__all__ = ["open_study"]


def __getattr__(name: str) -> Any:
    if name == "open_study":
        from experiments.study_results import open_study

        return open_study
    raise AttributeError(f"module 'experiments' has no attribute {name!r}")
