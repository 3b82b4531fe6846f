"""Finds the policies: every class of this package that is a named Policy. A new policy is a new file, nothing else."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from agents.errors import InputError, nearest
from policies.base import Policy

PACKAGE = "policies"


@lru_cache(maxsize=1)
def policy_classes() -> dict[str, type[Policy]]:
    """Policy classes by name, in alphabetical order; two classes with one name are refused."""
    package = importlib.import_module(PACKAGE)
    found: dict[str, type[Policy]] = {}
    for info in pkgutil.iter_modules(package.__path__):
        if info.name in ("base", "registry"):
            continue
        module = importlib.import_module(f"{PACKAGE}.{info.name}")
        for _, cls in inspect.getmembers(module, inspect.isclass):
            if not issubclass(cls, Policy) or cls.__module__ != module.__name__ or not hasattr(cls, "name"):
                continue
            if cls.name in found:
                other = found[cls.name].__module__
                raise InputError(f"policy '{cls.name}' is defined by {other} and by {module.__name__}")
            found[cls.name] = cls
    return dict(sorted(found.items()))


def policy_class(name: str) -> type[Policy]:
    """The policy of a name; InputError with the nearest valid name if there is none."""
    known = policy_classes()
    if name not in known:
        raise InputError(f"unknown policy '{name}'{nearest(name, known)}")
    return known[name]


def make_policies(given: Iterable[Policy | str | Mapping[str, Mapping[str, Any]]]) -> list[Policy]:
    """Policies from objects, from names (every lever at full strength) or from ``{name: {lever: schedule}}``.

    InputError names every fault of every policy at once.
    """
    policies: list[Policy] = []
    problems: list[str] = []
    for item in given:
        try:
            if isinstance(item, Policy):
                policies.append(item)
            elif isinstance(item, str):
                policies.append(policy_class(item).full_strength())
            else:
                policies += [policy_class(name)(**levers) for name, levers in item.items()]
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return policies
