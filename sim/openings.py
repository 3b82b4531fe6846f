"""What a year begins with, before anybody looks around."""

from __future__ import annotations

from agents.compiled import stage
from agents.fields import Records
from agents.world import World, runs_of


@stage
def clear_payments(world: World) -> None:
    """Open the year's table of payments."""
    for run in runs_of(world):
        world.payments[run] = 0.0


@stage
def reset_signals(world: World, baseline: Records, year: int) -> None:
    """Stage 1 where there are no policies: signals at their baselines [runs, years]."""
    for run in runs_of(world):
        world.signals[run] = baseline[run, year]
