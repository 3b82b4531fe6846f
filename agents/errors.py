"""Errors that teach: every problem of an input at once, each naming file, row or key and what was expected."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches


class InputError(ValueError):
    """Input that cannot be used. Carries every problem found, one line each."""

    def __init__(self, problems: Sequence[str] | str) -> None:
        self.problems: list[str] = [problems] if isinstance(problems, str) else list(problems)
        super().__init__("\n".join(self.problems))


def nearest(name: str, valid: Iterable[str]) -> str:
    """A hint such as ``; did you mean 'hurdle_rate'?`` for a misspelt name, or the valid names where few."""
    choices = sorted(str(v) for v in valid)
    close = get_close_matches(str(name), choices, n=1, cutoff=0.5)
    if close:
        return f"; did you mean '{close[0]}'?"
    if len(choices) <= 12:
        return f"; valid names: {', '.join(choices)}"
    return ""


def with_unit(text: str, unit: str) -> str:
    """A number or range in its unit; plain numbers and years need none."""
    return text if unit in ("1", "year") else f"{text} {unit}"
