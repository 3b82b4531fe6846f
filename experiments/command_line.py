"""The command ``lingtan``: run, compare, check, schema, parks, policies, and the studies of many runs.

Heavy libraries are imported inside the commands, so that ``lingtan --help`` answers at once. Input that cannot be used
ends with every problem on its own line and exit code 2; nothing half-written remains.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from experiments.labels import Language, say
from experiments.study_commands import studies
from experiments.terminal import RESULTS, Lang, consoles, problem, speaks_plainly

if TYPE_CHECKING:
    from experiments.scenario import Scenario
    from sim.results import RunResult

app = typer.Typer(
    help="Simulate how a port-and-industry park reaches carbon neutrality.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.add_typer(studies)

MADE_BETWEEN = 1_000_000  # objects, between two looks for garbage

Seed = Annotated[int | None, typer.Option(help="Number that fixes all chance; replaces the scenario's.")]
Threads = Annotated[int, typer.Option(min=1, help="Threads to use; the results do not depend on it.")]
Out = Annotated[Path | None, typer.Option(help="Folder for the results. Default: results/<scenario>.")]


@contextmanager
def progress(scenario: Scenario, language: Language) -> Iterator[None]:
    """A line that says what is being waited for: the simulation, or the one-time compilation."""
    from sim.compile_ahead import first_run_ever, second_compiler

    _, status = consoles()
    first = first_run_ever()
    text = say("compiling" if first else "simulating", language, scenario=scenario.name)
    if first and not status.is_terminal:
        status.print(text, soft_wrap=True)
    with status.status(text), second_compiler(scenario.park) if first else nullcontext():
        yield


def simulated(scenario: Scenario, threads: int, language: Language) -> RunResult:
    """One scenario simulated, with a progress line."""
    with progress(scenario, language):
        from experiments.run import simulate

        return simulate(scenario, threads=threads)


@app.command()
@speaks_plainly
def run(
    park_or_file: Annotated[str, typer.Argument(help="A park, a shipped scenario, a scenario file or a run.json.")],
    seed: Seed = None,
    threads: Threads = 1,
    out: Out = None,
    lang: Lang = Language.EN,
) -> None:
    """Simulate one scenario, show it by milestone years and write tables and figures."""
    from experiments.outputs import staged, write_run
    from experiments.scenario import find_scenario
    from experiments.tables import headline, milestone_table, spread_table, that_fit

    scenario = find_scenario(park_or_file, seed)
    path = Path(park_or_file)
    if path.suffix == ".json" and path.is_file():
        from experiments.run_file import version_notes

        problem(*(f"note: this run was made with other versions: {note}" for note in version_notes(path)))
    folder = out or RESULTS / scenario.name
    with staged(folder) as stage:
        result = simulated(scenario, threads, lang)
        notes = write_run(stage, result, scenario.years[0])
    screen, _ = consoles()
    name = scenario.load_park().description.name
    shown = result.results.since(scenario.years[0])
    tables = [milestone_table(shown, scenario, name.zh if lang is Language.ZH else name.en, lang)]
    spread = spread_table(result, scenario.years[0], lang)
    for table in [*tables, spread] if spread is not None else tables:
        screen.print(*that_fit(table, screen), sep="\n")
    for line in headline(result, lang):
        typer.echo(line)
    problem(*notes)
    typer.echo(say("written", lang, folder=folder))


@app.command()
@speaks_plainly
def compare(
    scenarios: Annotated[
        list[str], typer.Argument(help="Scenarios to compare; 'bau' is added if none is without policies.")
    ],
    seed: Seed = None,
    threads: Threads = 1,
    out: Annotated[Path, typer.Option(help="Folder for the results.")] = RESULTS / "compare",
    lang: Lang = Language.EN,
) -> None:
    """Simulate scenarios under the same luck; one table and one figure with differences to business as usual."""
    from experiments.comparison import chosen_scenarios, run_all
    from experiments.outputs import staged, write_comparison
    from experiments.tables import comparison_table, headline, that_fit

    chosen, reference = chosen_scenarios(scenarios, seed)
    with ExitStack() as stack:
        stage = stack.enter_context(staged(out))
        with progress(chosen[0], lang):
            several = run_all(chosen, threads)
        write_comparison(stage, several, several[reference], chosen[0].years[0])
    screen, _ = consoles()
    screen.print(*that_fit(comparison_table(several, several[reference], chosen[0].years[0], lang), screen), sep="\n")
    for result in several:
        typer.echo(f"{result.results.scenario}: {'; '.join(headline(result, lang))}")
    typer.echo(say("written", lang, folder=out))


@app.command()
@speaks_plainly
def check(
    file: Annotated[Path, typer.Argument(help="A scenario file, a study file or a run.json.")],
    lang: Lang = Language.EN,
) -> None:
    """Report every fault of a scenario or study file: line, key, expected range, nearest valid name."""
    from agents.errors import InputError
    from experiments.scenario import check_scenario
    from experiments.study import check_study, is_study

    faults = check_study(file) if file.suffix != ".json" and is_study(file) else check_scenario(file)
    if faults:
        raise InputError(faults)
    typer.echo(say("sound", lang, file=file))


@app.command()
@speaks_plainly
def schema(
    out: Annotated[Path | None, typer.Option(help="File to write; standard output if left out.")] = None,
    study: Annotated[bool, typer.Option("--study", help="Of study files instead.")] = False,
) -> None:
    """JSON Schema (draft 2020-12) of scenario files, or of study files, for editors."""
    from experiments.outputs import write_file
    from experiments.schema import scenario_schema, study_schema

    made = study_schema() if study else scenario_schema()
    text = json.dumps(made, ensure_ascii=False, indent=1) + "\n"
    if out is None:
        typer.echo(text, nl=False)
    else:
        write_file(out, text)


@app.command()
@speaks_plainly
def parks(lang: Lang = Language.EN) -> None:
    """List the parks that ship with Lingtan."""
    from experiments.tables import parks_table
    from sim.parks import load_park, shipped_parks

    screen, _ = consoles()
    screen.print(parks_table({name: load_park(name) for name in shipped_parks()}, lang))


@app.command()
@speaks_plainly
def policies(lang: Lang = Language.EN) -> None:
    """List what each policy's levers do, with unit, range and source."""
    from experiments.tables import policies_table
    from policies.registry import policy_classes

    screen, _ = consoles()
    screen.print(policies_table(policy_classes(), lang))


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of the process.

    Libraries, tables and figures make a million small objects that nearly all remain: going through them in search of
    garbage after every 700 new ones, and once more at the end, takes a seventh of a run's time.
    """
    gc.set_threshold(MADE_BETWEEN)
    try:
        app(args=list(arguments) if arguments is not None else None)
    finally:
        gc.freeze()  # nothing to look for at the end of the process


if __name__ == "__main__":
    main()
