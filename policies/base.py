"""What a policy is: named levers with a schedule, and an effect through signals alone (MODEL 0, stage 1).

A policy never sees agents. It writes signals, before anything else happens in a year, from its levers' schedules and,
if it is adaptive, from last year's outcomes. ``Signals`` combines what several policies write by each signal's rule.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from agents.errors import InputError, nearest, with_unit
from agents.fields import Floats, Records, Signal, records

Schedule = float | Mapping[int, float]


@dataclass(frozen=True)
class Lever:
    """One dial of a policy. ``full`` is full strength (direction tests); ``off`` leaves the park as it would be."""

    name: str
    unit: str
    meaning: str
    chinese: str
    low: float
    high: float
    off: float
    full: float
    source: str
    whole: bool = False  # a switch, 0 or 1, or a year: nothing in between means anything

    @property
    def range_in_words(self) -> str:
        """Lowest to highest value with the unit."""
        if self.whole and (self.low, self.high) == (0.0, 1.0):
            return "0 or 1"
        return with_unit(f"{self.low:g} to {self.high:g}", self.unit)


class Signals:
    """This year's signals of a block of runs: reset to baseline, then combined; order of writers never matters."""

    def __init__(self, declared: Sequence[Signal], runs: int) -> None:
        self.declared = {signal.name: signal for signal in declared}
        self.named = {signal.name: signal.baseline for signal in declared if isinstance(signal.baseline, str)}
        self.numbers = tuple(0.0 if s.name in self.named else float(s.baseline) for s in declared)
        self.show(records(declared, runs))
        self.baseline: Records = self.values[:, None]  # [runs, years], see follow

    def show(self, values: Records) -> None:
        """Let these records [runs] be the signals' memory."""
        self.parts: dict[tuple[int, int], Signals] = {}
        self.values: Records = values
        plain = values.view(np.ndarray)  # records are slow to ask
        self.held: dict[str, Floats] = {name: plain[name] for name in self.declared}

    def part(self, runs: slice) -> Signals:
        """The signals of some runs of the block; the same memory, cut once."""
        place = runs.start, runs.stop
        if place not in self.parts:
            self.parts[place] = made = copy(self)
            made.show(self.values[runs])
            made.baseline = self.baseline[runs]
        return self.parts[place]

    def follow(self, parameters: Records, series: Records) -> None:
        """Take baselines that have a name from a parameter [runs], or a dated series [runs, years], from now on."""
        known = parameters.dtype.fields or {}
        self.parts.clear()
        numbers = np.array(self.numbers, self.values.dtype)
        self.baseline = np.full((len(parameters), series.shape[-1]), numbers).view(np.recarray)
        for name, followed in self.named.items():
            self.baseline[name] = parameters[followed][:, None] if followed in known else series[followed]

    def reset(self, year: int) -> None:
        """Baseline of the year of this index: a number, or what is followed."""
        self.values[...] = self.baseline[:, year]

    def write(self, name: str, value: float | Floats) -> None:
        """Combine a policy's value [runs] into a signal by the signal's own rule."""
        if name not in self.declared:
            raise InputError(f"unknown signal '{name}'{nearest(name, self.declared)}")
        held = self.held[name]
        match self.declared[name].combine:
            case "add":
                held += value
            case "multiply":
                held *= value
            case "largest":
                np.maximum(held, value, out=held)
            case "smallest":
                np.minimum(held, value, out=held)
            case other:
                raise InputError(f"signal '{name}' declares the unknown rule '{other}'")


def value_in(schedule: Schedule, year: int, off: float) -> float:
    """Lever value in a year: a number holds always; a dated one from each year to the next, ``off`` before."""
    if not isinstance(schedule, Mapping):
        return float(schedule)
    reached = [start for start in schedule if start <= year]
    return float(schedule[max(reached)]) if reached else off


class Policy:
    """Base of all policies. A subclass names itself, declares ``levers`` and writes signals in ``apply``.

    ``Policy(lever=value)`` or ``Policy(lever={2025: v, 2030: v})``; a lever not given stays off.
    """

    name: ClassVar[str]
    chinese: ClassVar[str]
    meaning: ClassVar[str]
    levers: ClassVar[tuple[Lever, ...]]

    def __init__(self, **schedules: Schedule) -> None:
        problems = self.faults(schedules)
        if problems:
            raise InputError(problems)
        self.schedules: dict[str, Schedule] = dict(schedules)

    @classmethod
    def faults(cls, schedules: Mapping[str, Schedule]) -> list[str]:
        """Every problem of a set of lever schedules, one line each."""
        known = {lever.name: lever for lever in cls.levers}
        problems = []
        for key, schedule in schedules.items():
            if key not in known:
                problems.append(f"policy '{cls.name}' has no lever '{key}'{nearest(key, known)}")
                continue
            lever = known[key]
            dated = schedule if isinstance(schedule, Mapping) else {None: schedule}
            for year, value in dated.items():
                where = f"policy '{cls.name}', lever '{key}'" + (f", year {year}" if year is not None else "")
                if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
                    problems.append(f"{where}: {value!r} is not a finite number; expected {lever.range_in_words}")
                elif not lever.low <= value <= lever.high:
                    problems.append(f"{where}: {value:g} lies outside {lever.range_in_words}")
                elif lever.whole and value != int(value):
                    problems.append(f"{where}: {value:g} is not a whole number; expected {lever.range_in_words}")
                if year is not None and not isinstance(year, int):
                    problems.append(f"{where}: schedule keys must be years")
        return problems

    @classmethod
    def full_strength(cls) -> Policy:
        """The policy with every lever at full strength, in force from the first decision year."""
        return cls(**{lever.name: lever.full for lever in cls.levers})

    def lever(self, name: str, year: int) -> float:
        """Value of one of the declared levers in a calendar year."""
        declared = next(lever for lever in self.levers if lever.name == name)
        return value_in(self.schedules.get(name, declared.off), year, declared.off)

    def apply(self, signals: Signals, year: int, last: Records) -> None:
        """Write this calendar year's signals; ``last`` holds last year's outcomes [runs]."""
        raise TypeError(f"{type(self).__name__} must define apply")
