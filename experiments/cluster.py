"""Pieces of a study on many machines, by dask.distributed.

A task carries the study itself (a few kilobytes); a worker reads the park from its own installation and refuses if its
files or its model differ from the driver's. Parts come back as bytes and the driver stores them, so that workers need
no common disk. A piece whose worker dies is computed again elsewhere; the same bytes come out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from agents.errors import InputError
from experiments.engine import Engine, Progress, manifest_of
from experiments.study import Study
from experiments.study_store import Piece, StudyFolder, part_bytes

if TYPE_CHECKING:
    from distributed import Client, Future

AHEAD = 2  # pieces handed out beyond those being computed, a thread: enough that no worker waits
RETRIES = 3  # times a piece may lose its worker before the study stops
# dask looks after its workers every few milliseconds, which takes 7 % of two cores from runs; parts take seconds.
QUIET = {
    "distributed.worker.profile.enabled": False,
    "distributed.worker.memory.monitor-interval": "2s",
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.tick.cycle": "10s",
    "distributed.admin.system-monitor.interval": "5s",
    "distributed.scheduler.work-stealing-interval": "2s",
}


@contextmanager
def client_of(workers: int | None = None, address: str | None = None) -> Iterator[Client]:
    """A dask client: of a running scheduler at ``address``, or of ``workers`` local processes made for it.

    InputError if dask is not installed or nobody answers.
    """
    try:
        import dask
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise InputError("workers and clusters need dask: pip install 'lingtan[cluster]'") from error
    with dask.config.set({"distributed.scheduler.allowed-failures": RETRIES, **QUIET}):
        if address is None:
            with (
                LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster,
                Client(cluster) as client,
            ):
                yield client
            return
        try:
            client = Client(address, timeout="20s")
        except (OSError, ValueError) as error:
            raise InputError(f"--cluster {address}: no dask scheduler answers there ({error})") from error
        with client:
            yield client


@lru_cache(maxsize=4)
def engine_of(content: str, model: str, park_files: str) -> Engine:
    """A worker's engine for a study, made once a process; InputError if this machine would compute something else."""
    engine = Engine(Study.from_dict(json.loads(content)))
    here = manifest_of(engine.study, engine.park)
    if here["model"] != model:
        raise InputError(f"a worker has another version of the model ({here['model']}) than the driver ({model})")
    if json.dumps(here["park_files"], sort_keys=True) != park_files:
        raise InputError(f"a worker's files of park '{engine.park.key}' differ from the driver's")
    return engine


def compute_part(content: str, model: str, park_files: str, piece: tuple[str, int, int]) -> bytes:
    """A worker's task: one piece as the bytes of its part."""
    return part_bytes(engine_of(content, model, park_files).outcomes(Piece(*piece)))


def run_on(client: Client, engine: Engine, folder: StudyFolder, pieces: Sequence[Piece], progress: Progress) -> None:
    """Compute pieces on a client's workers and store them as they come. A worker that dies loses nothing but time."""
    from distributed import as_completed

    study = (
        json.dumps(engine.study.as_dict()),
        folder.manifest["model"],
        json.dumps(folder.manifest["park_files"], sort_keys=True),
    )
    todo, run = iter(pieces), uuid4().hex  # a key of its own: no piece of an earlier, failed try is handed back
    under_way: dict[Future, Piece] = {}

    def hand_out() -> Future | None:
        piece = next(todo, None)
        if piece is None:
            return None
        key = f"{piece.scenario}-{piece.start}-{piece.stop}-{run}"
        future = client.submit(compute_part, *study, (piece.scenario, piece.start, piece.stop), key=key, pure=False)
        under_way[future] = piece
        return future

    threads = max(1, sum(client.nthreads().values()))
    started = [future for _ in range(threads * (1 + AHEAD)) if (future := hand_out())]
    done: Any = as_completed(started)
    for future in done:
        piece = under_way.pop(future)
        folder.write_outcomes(piece, future.result())
        future.release()
        progress(piece.draws)
        following = hand_out()
        if following is not None:
            done.add(following)
