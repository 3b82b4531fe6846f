"""What all commands of ``lingtan`` share: consoles, plain errors with exit code 2, the language."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from experiments.labels import Language

if TYPE_CHECKING:
    from rich.console import Console

BAD_INPUT = 2
RESULTS = Path("results")
Command = TypeVar("Command", bound=Callable[..., Any])

Lang = Annotated[Language, typer.Option(help="Language of the tables.")]


def our_packages() -> None:
    """Refuse to go on with somebody else's package ``agents`` (openai-agents installs one of that name)."""
    from importlib.util import find_spec

    spec = find_spec("agents")
    places = list(spec.submodule_search_locations or ()) if spec else []
    if not any((Path(place) / "axes.py").is_file() for place in places):
        found = places[0] if places else "nowhere"
        problem(
            f"the Python package 'agents' found at {found} is not Lingtan's. Another distribution (such as "
            "openai-agents) has installed a package of that name; install Lingtan into an environment of its own."
        )
        raise typer.Exit(BAD_INPUT)


def problem(*lines: str) -> None:
    """Problems on standard error, unwrapped so that file:line stays in one piece."""
    for line in lines:
        typer.echo(line, err=True)


def speaks_plainly(command: Command) -> Command:
    """A command whose bad input ends in its problems and exit code 2 instead of a traceback."""

    @functools.wraps(command)
    def wrapped(*arguments: Any, **options: Any) -> Any:
        our_packages()
        from agents.errors import InputError

        try:
            return command(*arguments, **options)
        except InputError as error:
            count = len(error.problems)
            problem(f"{count} problems:" if count > 1 else "1 problem:", *(f"  {line}" for line in error.problems))
            raise typer.Exit(BAD_INPUT) from None

    return wrapped  # type: ignore[return-value]


def consoles() -> tuple[Console, Console]:
    """Consoles for results and for progress. A pipe gets wide tables, a terminal its own width."""
    from rich.console import Console

    width = None if os.isatty(1) else 160
    return Console(width=width, soft_wrap=False), Console(stderr=True)
