"""YAML that knows its lines: values, the line of every key and element, and keys that stand twice."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from agents.errors import InputError

Place = tuple[Any, ...]


class _Loader(yaml.SafeLoader):
    """Safe loader that also reads ``1e-3`` as a number, as YAML 1.2 does."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?(?:\d[\d_]*\.?\d*|\.\d+)[eE][-+]?\d+$"), list("-+.0123456789")
)


@dataclass
class Lines:
    """Content of a YAML file and where it stands: ``line(("policies", 0))`` is the line of the first policy."""

    file: str
    content: Any = None
    lines: dict[Place, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def where(self, *place: Any) -> str:
        """``file:line`` of a place, or of the nearest enclosing place that has a line."""
        while place and place not in self.lines:
            place = place[:-1]
        return f"{self.file}:{self.lines.get(place, 1)}"

    def part(self, *place: Any) -> Lines:
        """What stands at a place, as if it were a file of its own that keeps its lines."""
        content = self.content
        for key in place:
            content = content[key]
        inner = {key[len(place) :]: line for key, line in self.lines.items() if key[: len(place)] == place}
        return Lines(self.file, content, {(): int(self.where(*place).rpartition(":")[2])} | inner)


def read_yaml(path: Path) -> Lines:
    """Read a YAML file. A key that stands twice is noted in ``problems``; InputError if the file is no YAML at all."""
    found = Lines(path.name)
    try:
        loader = _Loader(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file") from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as UTF-8 text ({error})") from error
    try:
        node = loader.get_single_node()
        if node is not None:
            found.content = _build(loader, node, (), found)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or " ".join(str(error).split())
        raise InputError(f"{path.name}{line}: not valid YAML: {problem}") from error
    finally:
        loader.dispose()
    return found


def _build(loader: _Loader, node: yaml.Node, place: Place, found: Lines) -> Any:
    """Plain Python value of a node; lines of its parts go into ``found``."""
    found.lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        values: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = loader.construct_object(key_node, deep=True)
            line = key_node.start_mark.line + 1
            if not isinstance(key, str | int | float | bool | type(None)):
                found.problems.append(f"{found.file}:{line}: a key must be a name or a year")
                continue
            inner = (*place, key)
            if key in values:
                found.problems.append(
                    f"{found.file}:{line}: key '{key}' stands twice, first in line {found.lines[inner]}"
                )
                continue
            found.lines[inner] = line
            values[key] = _build(loader, value_node, inner, found)
        return values
    if isinstance(node, yaml.SequenceNode):
        return [_build(loader, part, (*place, index), found) for index, part in enumerate(node.value)]
    return loader.construct_object(node, deep=True)
