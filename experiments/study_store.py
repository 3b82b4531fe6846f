"""A study's folder: one parquet part a chunk of draws, written whole or not at all, and a manifest to repeat it by.

::

    study/
      manifest.json                                   what was asked, of which park and which code
      inputs/000000-000512.<hash>.parquet             a row a draw: seeds and every drawn input
      outcomes/bau/000000-000512.<hash>.parquet   a row a draw and year: published variables, float32

A part's name says which draws it holds and the hash of its bytes, so that what is there is known from names alone: an
interrupted study goes on with what is missing, a study asked for more draws or scenarios computes only those. Parts are
written under a temporary name and renamed; whoever computes a part gets the same bytes, so two writers do no harm.
"""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agents.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

FORMAT = 1
MANIFEST, INPUTS, OUTCOMES = "manifest.json", "inputs", "outcomes"
PART = re.compile(r"^(\d+)-(\d+)\.([0-9a-f]{16})\.parquet$")
GROWS = ("runs", "scenarios", "chunk", "description")  # what a study may change and still be the same study


@dataclass(frozen=True, order=True)
class Piece:
    """Draws ``start`` to ``stop`` - 1 of one scenario: the unit of work and of storage."""

    scenario: str
    start: int
    stop: int

    @property
    def draws(self) -> int:
        """Number of draws."""
        return self.stop - self.start


def part_bytes(table: pa.Table) -> bytes:
    """A table as the bytes of a parquet part. The same table gives the same bytes."""
    from pyarrow.parquet import write_table

    held = io.BytesIO()
    write_table(table, held, compression="zstd", use_dictionary=["scenario", "draw", "year"], store_schema=False)
    return held.getvalue()


def content_hash(content: bytes) -> str:
    """Hash of a part's bytes, as in its name."""
    return hashlib.sha256(content).hexdigest()[:16]


def parts_in(folder: Path) -> dict[tuple[int, int], Path]:
    """Complete parts of one folder by the draws they hold, in order; no draw stands in two of them.

    Two writers that cut their pieces differently may leave parts that overlap: the first of them counts.
    """
    found: dict[tuple[int, int], Path] = {}
    at = 0
    paths = folder.iterdir() if folder.is_dir() else ()
    named = [(match, path) for path in paths if (match := PART.match(path.name))]
    for start, stop, path in sorted((int(match[1]), int(match[2]), path) for match, path in named):
        if start >= at:
            found[start, stop], at = path, stop
    return found


def missing_draws(held: Iterable[tuple[int, int]], runs: int, chunk: int) -> Iterator[tuple[int, int]]:
    """Intervals of draws below ``runs`` that no part holds, cut at whole multiples of ``chunk``."""
    at = 0
    for start, stop in [*sorted(held), (runs, runs)]:
        while at < min(start, runs):
            end = min(start, runs, (at // chunk + 1) * chunk)
            yield at, end
            at = end
        at = max(at, stop)


class StudyFolder:
    """The folder of one study: knows what is there, writes parts. Make it with :meth:`open_for`."""

    def __init__(self, path: Path, manifest: Mapping[str, Any]) -> None:
        self.path = path
        self.manifest = manifest

    @classmethod
    def open_for(cls, path: Path, manifest: Mapping[str, Any], resume: bool) -> StudyFolder:
        """The folder for a study, new or, with ``resume``, one that holds parts of the same study.

        InputError if it holds another study, results of another version of Lingtan or of a park since changed, or if
        it holds this study and ``resume`` was not asked; nothing in it is touched then.
        """
        file = path / MANIFEST
        if file.is_file():
            held = read_manifest(path)
            if not resume:
                raise InputError(
                    f"{path} holds a study already; continue or extend it with --resume, or name another --out"
                )
            problems = list(differences(path, held, manifest))
            if problems:
                raise InputError(problems)
            scenarios = {entry["name"]: entry for entry in held["study"]["scenarios"]}
            scenarios |= {entry["name"]: entry for entry in manifest["study"]["scenarios"]}
            study = {**manifest["study"], "scenarios": list(scenarios.values())}
            study["runs"] = max(held["study"]["runs"], study["runs"])
            manifest = {**held, "study": study}
        elif path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise InputError(f"{path} is neither empty nor a study (no {MANIFEST} in it); name another --out")
        folder = cls(path, manifest)
        for name in (INPUTS, OUTCOMES):
            _guarded(path, lambda name=name: (path / name).mkdir(parents=True, exist_ok=True))
        folder._clear_temporary()
        folder._write(file, json.dumps(manifest, indent=1, ensure_ascii=False).encode())
        return folder

    def missing(self, scenarios: Iterable[str], runs: int, chunk: int) -> list[Piece]:
        """Pieces still to be computed, by draws first: a partial study holds the same draws of every scenario."""
        pieces = [
            Piece(scenario, start, stop)
            for scenario in scenarios
            for start, stop in missing_draws(parts_in(self.outcomes(scenario)), runs, chunk)
        ]
        order = {scenario: index for index, scenario in enumerate(scenarios)}
        return sorted(pieces, key=lambda piece: (piece.start, order[piece.scenario]))

    def stored_inputs(self) -> dict[tuple[int, int], Path]:
        """Parts that hold the draws' inputs, by the draws they hold."""
        return parts_in(self.path / INPUTS)

    def missing_inputs(self, runs: int, chunk: int) -> list[tuple[int, int]]:
        """Intervals of draws whose inputs are not stored."""
        return list(missing_draws(self.stored_inputs(), runs, chunk))

    def outcomes(self, scenario: str) -> Path:
        """Folder of a scenario's parts."""
        return self.path / OUTCOMES / scenario

    def write_outcomes(self, piece: Piece, content: bytes) -> Path:
        """Store a piece's part."""
        return self._write_part(self.outcomes(piece.scenario), piece.start, piece.stop, content)

    def write_inputs(self, start: int, stop: int, content: bytes) -> Path:
        """Store the inputs of some draws."""
        return self._write_part(self.path / INPUTS, start, stop, content)

    def damaged(self) -> list[Path]:
        """Parts whose bytes are not those that were written."""
        return [
            path
            for path in sorted(self.path.glob("**/*.parquet"))
            if (match := PART.match(path.name)) and content_hash(path.read_bytes()) != match[3]
        ]

    def _write_part(self, folder: Path, start: int, stop: int, content: bytes) -> Path:
        path = folder / f"{start:06d}-{stop:06d}.{content_hash(content)}.parquet"
        _guarded(self.path, lambda: folder.mkdir(parents=True, exist_ok=True))
        self._write(path, content)
        return path

    def _write(self, path: Path, content: bytes) -> None:
        """Write bytes so that ``path`` holds all of them or is not there."""

        def write() -> None:
            handle, temporary = tempfile.mkstemp(prefix=".part-", dir=path.parent)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                os.chmod(temporary, 0o644)
                os.replace(temporary, path)
            except BaseException:
                Path(temporary).unlink(missing_ok=True)
                raise

        _guarded(self.path, write)

    def _clear_temporary(self) -> None:
        """Remove what a killed writer left half-written."""
        for path in self.path.glob("**/.part-*"):
            path.unlink(missing_ok=True)


def _guarded(folder: Path, action: Any) -> None:
    """Do something to the disk; InputError if it refuses."""
    try:
        action()
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        hint = "; finished parts are safe: make room and continue with --resume" if full else ""
        raise InputError(f"cannot write into {folder}: {error.strerror or error}{hint}") from error


def read_manifest(path: Path) -> dict[str, Any]:
    """A study folder's manifest; InputError if there is none or it is not ours."""
    try:
        content = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        found, _ = content["format"], content["study"]["scenarios"]
    except FileNotFoundError as error:
        raise InputError(f"{path}: no study here (no {MANIFEST})") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path / MANIFEST}: not a study's manifest ({error!r})") from error
    if found != FORMAT:
        raise InputError(f"{path}: a study of format {found}; this version of Lingtan reads format {FORMAT}")
    return dict(content)


def differences(path: Path, held: Mapping[str, Any], asked: Mapping[str, Any]) -> Iterator[str]:
    """Why a folder's study cannot go on as the one that is asked for, one line each."""
    if held["model"] != asked["model"]:
        yield (
            f"{path}: computed by another version of the model ({held['model']}, here {asked['model']}): results would "
            "mix two models. Use that version, or another --out"
        )
    files = {*held["park_files"], *asked["park_files"]}
    changed = sorted(name for name in files if held["park_files"].get(name) != asked["park_files"].get(name))
    if changed:
        yield f"{path}: the park's files have changed since: {', '.join(changed)}. Restore them, or name another --out"
    for key in sorted({*held["study"], *asked["study"]} - set(GROWS)):
        old, new = held["study"].get(key), asked["study"].get(key)
        if old != new:
            yield (
                f"{path}: '{key}' was {old!r} and is now {new!r}; only {', '.join(GROWS)} may change. "
                "Name another --out"
            )
    before = {entry["name"]: entry for entry in held["study"]["scenarios"]}
    for entry in asked["study"]["scenarios"]:
        if entry["name"] in before and entry != before[entry["name"]]:
            yield f"{path}: scenario '{entry['name']}' has changed since; give the new one another name"
