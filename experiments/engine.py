"""The ensemble engine: pieces of a study through the stages that single runs use, a block of runs at a time.

A piece is some draws of one scenario. It is computed in blocks that bound memory, each run alone from its own draw, so
that results have the same bits whatever the block, the piece, the thread or the machine. Threads work on pieces side
by side: stages release the interpreter's lock.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.compiled import source_hash
from agents.errors import InputError
from experiments.designs import Draws, draw
from experiments.run_file import versions
from experiments.study import Study
from experiments.study_store import FORMAT, Piece, StudyFolder, part_bytes
from sim.results import Results, published_name, published_unit
from sim.state import new_state
from sim.year import run_all

if TYPE_CHECKING:
    import pyarrow as pa

    from sim.parks import ParkData

BLOCK = 32  # runs side by side: fewer pay more for calls from Python, more only need more memory
Progress = Callable[[int], None]  # told how many runs have just been finished


@dataclass(frozen=True)
class Engine:
    """A study with its park in memory, ready to compute any piece of it."""

    study: Study
    block: int = BLOCK

    @cached_property
    def park(self) -> ParkData:
        """The study's park, read once."""
        return self.study.load_park()

    def results(self, scenario: str, drawn: Draws) -> Results:
        """Full results of one block: a scenario's runs for given draws. What the scenario fixes holds against them."""
        chosen = next(one for one in self.study.scenarios if one.name == scenario)
        state = new_state(
            self.park,
            seeds=drawn.seeds,
            policies=chosen.policies,
            overrides={**drawn.overrides, **chosen.overrides},
            years=(self.park.description.base_year, chosen.years[1]),
            weather_seeds=drawn.weather_seeds,
        )
        return run_all(state).results(scenario)

    def blocks(self, piece: Piece) -> Iterator[tuple[int, Results]]:
        """First draw and full results of each block of a piece."""
        for start in range(piece.start, piece.stop, self.block):
            drawn = draw(self.study, self.park, start, min(piece.stop, start + self.block))
            yield start, self.results(piece.scenario, drawn)

    def outcomes(self, piece: Piece, progress: Progress | None = None) -> pa.Table:
        """A piece's outcomes: a row a draw and year, the study's published variables as float32."""
        import pyarrow as pa

        held: dict[str, list[Any]] = {name: [] for name in ("draw", "year", *self.study.outputs)}
        for start, results in self.blocks(piece):
            shown = results.since(self.study.years[0])
            runs, years = shown.record.shape
            held["draw"].append(np.repeat(np.arange(start, start + runs, dtype=np.int32), years))
            held["year"].append(np.tile(np.array(shown.years, dtype=np.int16), runs))
            for name in self.study.outputs:
                held[name].append(shown.record[results.names[name]].astype(np.float32).ravel())
            if progress:
                progress(runs)
        columns = {name: pa.array(np.concatenate(parts)) for name, parts in held.items()}
        rows = len(columns["draw"])
        label = pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int8)), [piece.scenario])
        return pa.table({"scenario": label, **columns})

    def inputs(self, start: int, stop: int) -> pa.Table:
        """A row a draw: its seeds and every drawn input, by name; dated series by their quantile."""
        import pyarrow as pa

        drawn = draw(self.study, self.park, start, stop)
        head = {
            "draw": np.arange(start, stop, dtype=np.int32),
            "seed": drawn.seeds,
            "weather_seed": drawn.weather_seeds,
        }
        return pa.table({**head, **drawn.inputs})


def manifest_of(study: Study, park: ParkData) -> dict[str, Any]:
    """Everything that repeats a study: its content, the park's files and values, the model's sources, versions."""
    return {
        "format": FORMAT,
        "study": study.as_dict(),
        "model": f"{versions()['lingtan']}, sources {source_hash()}",
        "versions": versions(),
        "park_files": dict(park.fingerprint),
        "units": outcome_units(park, study.outputs),
        "inputs": {name: asdict(prior) for name, prior in study.distributions(park).items()},
    }


def outcome_units(park: ParkData, outputs: Iterable[str]) -> dict[str, str]:
    """Unit of each published variable of a study."""
    units = {published_name(outcome): published_unit(outcome.unit) for outcome in park.declared.outcomes.values()}
    return {name: units[name] for name in outputs}


def store_inputs(engine: Engine, folder: StudyFolder) -> None:
    """Store what was drawn, for all draws that the study asks for.

    InputError if the draws stored before are not those that this version of Lingtan makes.
    """
    for (start, stop), path in list(folder.stored_inputs().items())[:1]:
        if path.read_bytes() != part_bytes(engine.inputs(start, stop)):
            raise InputError(
                f"{path}: other draws than this version of Lingtan makes for the study; name another --out"
            )
    for start, stop in folder.missing_inputs(engine.study.runs, engine.study.chunk):
        folder.write_inputs(start, stop, part_bytes(engine.inputs(start, stop)))


def run_pieces(engine: Engine, folder: StudyFolder, pieces: Iterable[Piece], threads: int, progress: Progress) -> None:
    """Compute and store pieces, ``threads`` at a time. What is stored stays, however this ends."""
    stop = threading.Event()

    def one(piece: Piece) -> None:
        def count(runs: int) -> None:
            progress(runs)
            if stop.is_set():
                raise Stopped

        if not stop.is_set():
            folder.write_outcomes(piece, part_bytes(engine.outcomes(piece, count)))

    with ThreadPoolExecutor(threads, thread_name_prefix="lingtan") as pool:
        try:
            drain(pool.submit(one, piece) for piece in pieces)
        except BaseException:
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise


class Stopped(Exception):
    """Another piece has failed or the user has interrupted: this one is given up."""


def drain(futures: Iterable[Future[None]]) -> None:
    """Wait for all; the first failure is raised at once."""
    waiting = set(futures)
    while waiting:
        done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
        for future in done:
            future.result()
