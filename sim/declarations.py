"""What the model declares: parameters, dated series, signals, outcomes and park tables, gathered from its modules.

A module of ``agents``, ``policies`` or ``sim`` declares at its top level any of ``PARAMETERS``, ``SERIES``,
``SIGNALS``, ``OUTCOMES`` (lists of :class:`~agents.fields.Quantity` and its kin) and ``TABLES`` (name to columns). Only
modules whose source assigns one of these names are imported, so that asking for names pulls in no optional library.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import ModuleType

from agents.errors import InputError
from agents.fields import Column, Outcome, Quantity, Signal

PACKAGES = ("agents", "policies", "sim")
LISTS = ("PARAMETERS", "SERIES", "SIGNALS", "OUTCOMES", "TABLES")
DECLARES = re.compile(rf"^(?:{'|'.join(LISTS)})\s*(?::[^=]+)?=[^=]", re.MULTILINE)
SNAKE_CASE = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")


@dataclass(frozen=True)
class Declarations:
    """All declared names in a fixed order (package, module, place in the list); ``modules`` says who declared what.

    ``modules`` has keys such as ``parameters.hurdle_rate`` and ``tables.building_types``.
    """

    parameters: Mapping[str, Quantity]
    series: Mapping[str, Quantity]
    signals: Mapping[str, Signal]
    outcomes: Mapping[str, Outcome]
    tables: Mapping[str, tuple[Column, ...]]
    modules: Mapping[str, str]

    def unit_of(self, name: str) -> str:
        """Unit of a parameter or a dated series."""
        return (self.parameters.get(name) or self.series[name]).unit


def declaring_modules(packages: Iterable[str] = PACKAGES) -> Iterator[ModuleType]:
    """Modules whose source assigns one of the five lists, by package and then by name."""
    for package_name in packages:
        package = importlib.import_module(package_name)
        for found in sorted(pkgutil.iter_modules(package.__path__), key=lambda module: module.name):
            source = Path(package.__path__[0]) / f"{found.name}.py"
            if not found.ispkg and source.is_file() and DECLARES.search(source.read_text(encoding="utf-8")):
                yield importlib.import_module(f"{package_name}.{found.name}")


def collect(modules: Iterable[ModuleType]) -> Declarations:
    """Declarations of the modules; a name declared twice is refused, naming both modules.

    Parameters and series share one space of names (a signal's baseline and an override may name either); signals,
    outcomes and tables each have their own.
    """
    found: dict[str, dict[str, object]] = {kind.lower(): {} for kind in LISTS}
    owners: dict[str, str] = {}
    problems: list[str] = []
    for module in modules:
        for kind in LISTS:
            declared = getattr(module, kind, None)
            if not declared:
                continue
            items = declared.items() if isinstance(declared, Mapping) else ((item.name, item) for item in declared)
            for name, item in items:
                key = f"{kind.lower()}.{name}"
                rivals = [key] if kind not in ("PARAMETERS", "SERIES") else [f"parameters.{name}", f"series.{name}"]
                earlier = next((rival for rival in rivals if rival in owners), None)
                if earlier:
                    problems.append(
                        f"{module.__name__}.{kind}: '{name}' is declared twice, first as {earlier} in {owners[earlier]}"
                    )
                elif not SNAKE_CASE.fullmatch(name):
                    problems.append(f"{module.__name__}.{kind}: '{name}' is not in snake_case")
                else:
                    found[kind.lower()][name] = item
                    owners[key] = module.__name__
    problems += _shared_variables(found["outcomes"], owners)
    if problems:
        raise InputError(problems)
    return Declarations(**found, modules=owners)  # type: ignore[arg-type]


def _shared_variables(outcomes: Mapping[str, object], owners: Mapping[str, str]) -> list[str]:
    """Outcomes published under one and the same variable name."""
    seen: dict[str, str] = {}
    problems = []
    for name, outcome in outcomes.items():
        variable = getattr(outcome, "variable", "")
        if variable and variable in seen:
            other = seen[variable]
            problems.append(
                f"variable '{variable}' is published by {other} ({owners[f'outcomes.{other}']}) "
                f"and {name} ({owners[f'outcomes.{name}']})"
            )
        elif variable:
            seen[variable] = name
    return problems


@lru_cache(maxsize=1)
def declarations() -> Declarations:
    """Everything that agents, policies and sim declare."""
    return collect(declaring_modules())
