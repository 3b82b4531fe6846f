"""Shared set-up: figures without a screen; no deadline for a law's first example, which may compile what it tests."""

from __future__ import annotations

import os

from hypothesis import settings

os.environ.setdefault("MPLBACKEND", "Agg")
settings.register_profile("lingtan", deadline=None)
settings.load_profile("lingtan")
