"""A study's scenario as a batched function of the unit cube, for sensitivity analyses and outside tools."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from agents.errors import InputError, nearest
from agents.fields import Floats, Integers
from experiments.designs import SEED_SPAN, Draws, draw_at
from experiments.engine import BLOCK, Engine, Progress
from experiments.priors import Prior, values_at
from experiments.study import SOURCES, Study
from sim.results import CUMULATIVE, NET

OUTPUTS = (NET, CUMULATIVE)
CHANCE = {"behaviour": "chance of agents", "futures": "weather and price shocks"}  # inputs that are seeds


@dataclass(frozen=True)
class StudyFunction:
    """f(U[n, inputs]) -> Y[n, years, outputs]: runs of one scenario at quantiles of the study's priors.

    ``names`` are the inputs in order: all priors of the sources that vary, then the seeds of each source of chance, or
    those ``chosen``; inputs left out keep their central values, seeds left out the study's. Correlated groups are
    taken apart here: a sensitivity analysis moves inputs one by one. The same U gives the same bits, whatever
    ``threads``.
    """

    study: Study
    scenario: str
    outputs: tuple[str, ...] = OUTPUTS
    chosen: tuple[str, ...] = ()
    threads: int = 1
    progress: Progress | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        known = [one.name for one in self.study.scenarios]
        problems = []
        if self.scenario not in known:
            problems.append(f"the study has no scenario '{self.scenario}'{nearest(self.scenario, known)}")
        for name in self.outputs:
            if name not in self.study.outputs:
                problems.append(f"the study keeps no output '{name}'{nearest(name, self.study.outputs)}")
        if not problems:
            problems += [
                f"the study draws no input '{name}' in scenario '{self.scenario}'{nearest(name, self.every_input)}"
                for name in self.chosen
                if name not in self.every_input
            ]
        if problems:
            raise InputError(problems)

    @cached_property
    def engine(self) -> Engine:
        """The engine that makes the runs."""
        return Engine(self.study)

    @cached_property
    def priors(self) -> dict[str, Prior]:
        """Priors that vary and that the scenario leaves open."""
        scenario = next(one for one in self.study.scenarios if one.name == self.scenario)
        found = self.study.distributions(self.engine.park)
        vary = self.study.vary
        return {name: one for name, one in found.items() if one.source in vary and name not in scenario.overrides}

    @cached_property
    def every_input(self) -> tuple[str, ...]:
        """All inputs that could be moved."""
        return (*self.priors, *(name for source, name in CHANCE.items() if source in self.study.vary))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Inputs that are moved, in the order of the function's columns."""
        return tuple(name for name in self.every_input if not self.chosen or name in self.chosen)

    @property
    def sources(self) -> tuple[str, ...]:
        """Source of uncertainty of each input: parameters, futures or behaviour."""
        chance = {name: source for source, name in CHANCE.items()}
        return tuple(chance[name] if name in chance else self.priors[name].source for name in self.names)

    def draws(self, unit: Floats) -> Draws:
        """What the runs at points [n, inputs] of the unit cube are made of."""
        place = {name: column for column, name in enumerate(self.names)}
        moved = {name: prior for name, prior in self.priors.items() if name in place}
        overrides = values_at(moved, unit[:, [place[name] for name in moved]])

        def seeds(source: str) -> Integers:
            column = place.get(CHANCE[source])
            if column is None:
                return np.full(len(unit), self.study.seed, dtype=np.int64)
            return (unit[:, column] * SEED_SPAN).astype(np.int64)

        return Draws(seeds("behaviour"), seeds("futures"), overrides, {})

    def __call__(self, unit: Any) -> Floats:
        """Outcomes [n, years, outputs] at points [n, inputs] of the unit cube."""
        points = np.asarray(unit, dtype=np.float64)
        return self.in_blocks(len(points), lambda begin, end: self.draws(points[begin:end]))

    def nested(self, parameters: int, futures: int, behaviour: int) -> Floats:
        """Outcomes [parameters, futures, behaviour, years, outputs] of a nested design of the study's own draws.

        Every future is new under each draw of parameters, and every seed of behaviour under each future, as
        ``variance_split.split_variance`` asks. InputError unless all three sources vary.
        """
        fixed = sorted(set(SOURCES) - self.study.vary)
        if fixed:
            raise InputError(f"study '{self.study.name}' holds {', '.join(fixed)} fixed: let all three sources vary")
        runs = parameters * futures * behaviour
        number = np.arange(runs)
        source = number // (futures * behaviour), number // behaviour, number

        def draws(begin: int, end: int) -> Draws:
            return draw_at(self.study, self.engine.park, *(index[begin:end] for index in source))

        found = self.in_blocks(runs, draws)
        return found.reshape(parameters, futures, behaviour, *found.shape[1:])

    def in_blocks(self, runs: int, draws: Callable[[int, int], Draws]) -> Floats:
        """Outcomes [runs, years, outputs] of runs whose draws a function gives from begin to end, on threads."""

        def block(start: int) -> Floats:
            results = self.engine.results(self.scenario, draws(start, min(start + BLOCK, runs)))
            shown = results.since(self.study.years[0])
            if self.progress:
                self.progress(shown.runs)
            return np.stack([shown.record[results.names[name]] for name in self.outputs], axis=-1)

        with ThreadPoolExecutor(self.threads, thread_name_prefix="lingtan") as pool:
            return np.concatenate(list(pool.map(block, range(0, runs, BLOCK))))


def others_grouped(names: Sequence[str], alone: Sequence[str], rest: str = "all others") -> list[str]:
    """Groups for ``sensitivity.sobol``: inputs in ``alone`` by themselves, the rest in one: nothing is lost."""
    return [name if name in alone else rest for name in names]
