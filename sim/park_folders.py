"""Where parks lie, which of their files are data, and whether one of them has been edited."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from agents.errors import InputError, nearest

DESCRIPTION = "park.yaml"
DATA = (".yaml", ".csv", ".npz", ".epw")


def shipped_parks() -> dict[str, Path]:
    """Folders of the parks that travel with Lingtan, by name."""
    root = Path(str(files("parks")))
    return {path.name: path for path in sorted(root.iterdir()) if (path / DESCRIPTION).is_file()}


def park_folder(name_or_path: str | Path) -> Path:
    """Folder of a shipped park or of the user's own; InputError lists the parks if there is none."""
    shipped = shipped_parks()
    if str(name_or_path) in shipped:
        return shipped[str(name_or_path)]
    folder = Path(name_or_path)
    if (folder / DESCRIPTION).is_file():
        return folder.resolve()
    if folder.is_dir():
        raise InputError(f"{folder}: no {DESCRIPTION} in this folder; a park's folder must have one")
    raise InputError(f"unknown park '{name_or_path}'{nearest(str(name_or_path), shipped)} (or the path of a folder)")


def data_files(folder: Path) -> Iterator[Path]:
    """Every data file of a park's folder, in order of path."""
    for path in sorted(folder.rglob("*")):
        if path.suffix in DATA and path.is_file():
            yield path


def folder_state(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """Path, size and time of change of every data file, which tell whether a file has been edited."""
    found = []
    for place, _, names in os.walk(folder):
        for name in names:
            if name.endswith(DATA):
                path = os.path.join(place, name)
                told = os.stat(path)
                found.append((path, told.st_size, told.st_mtime_ns))
    return tuple(sorted(found))
