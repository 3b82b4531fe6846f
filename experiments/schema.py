"""JSON Schema (draft 2020-12) of scenario files, made from the policies' levers and the parks' parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from experiments.scenario import KEYS, LARGEST_SEED

if TYPE_CHECKING:
    from policies.base import Lever
    from sim.parks import ParkData

DIALECT = "https://json-schema.org/draft/2020-12/schema"
YEAR_KEYS = "^(19|20|21)[0-9]{2}$"


def number(low: float, high: float, description: str) -> dict[str, Any]:
    """A number inside a range."""
    return {"type": "number", "minimum": low, "maximum": high, "description": description}


def dated(value: dict[str, Any]) -> dict[str, Any]:
    """A value, or a mapping of years to such values."""
    by_year = {
        "type": "object",
        "patternProperties": {YEAR_KEYS: {k: v for k, v in value.items() if k != "description"}},
        "additionalProperties": False,
        "minProperties": 1,
    }
    return {"description": value.get("description", ""), "anyOf": [value, by_year]}


def lever_schema(lever: Lever) -> dict[str, Any]:
    """One lever: a value in its range, or a schedule."""
    text = f"{lever.meaning} / {lever.chinese}. {lever.low:g} to {lever.high:g} {lever.unit}. Source: {lever.source}"
    return dated(number(lever.low, lever.high, text))


def policies_schema() -> dict[str, Any]:
    """A list of policies, each a mapping with one name."""
    from policies.registry import policy_classes

    entries = [
        {
            "type": "object",
            "title": cls.name,
            "description": f"{cls.meaning} / {cls.chinese}",
            "properties": {
                name: {
                    "type": "object",
                    "properties": {lever.name: lever_schema(lever) for lever in cls.levers},
                    "additionalProperties": False,
                    "minProperties": 1,
                }
            },
            "required": [name],
            "additionalProperties": False,
        }
        for name, cls in policy_classes().items()
    ]
    return {"type": "array", "description": KEYS["policies"], "items": {"oneOf": entries} if entries else False}


def overrides_schema(park: ParkData) -> dict[str, Any]:
    """Every parameter and dated series of a park, with its evidence range."""
    properties: dict[str, Any] = {}
    for name, value in park.parameters.items():
        text = f"{park.declared.parameters[name].meaning} [{value.unit}], default {value.central:g}"
        properties[name] = number(value.low, value.high, text)
    for name, rows in park.series.items():
        text = f"{park.declared.series[name].meaning} [{rows[0].unit}]"
        properties[name] = dated(number(min(row.low for row in rows), max(row.high for row in rows), text))
    return {"type": "object", "properties": properties, "additionalProperties": False}


def scenario_schema() -> dict[str, Any]:
    """Schema of a scenario file, for editors: policies, levers, ranges, and the parameters of each shipped park."""
    from sim.parks import AgentNumbers, load_park, shipped_parks

    parks = {name: load_park(name) for name in shipped_parks()}
    first, last = min(park.years[0] for park in parks.values()), max(park.years[-1] for park in parks.values())
    agents = AgentNumbers.model_json_schema()
    year = {"type": "integer", "minimum": first, "maximum": last}
    text = {"type": "string", "minLength": 1}
    kinds: dict[str, dict[str, Any]] = {
        "name": text,
        "description": text,
        "park": {**text, "examples": list(parks)},
        "years": {"type": "array", "prefixItems": [year, year], "items": False, "minItems": 2},
        "seed": {"type": "integer", "minimum": 0, "maximum": LARGEST_SEED},
        "policies": policies_schema(),
        "overrides": {"type": "object"},
        "agents": {"type": "object", "properties": agents["properties"], "additionalProperties": False},
        "reconciliation": {"enum": ["A", "B", "C"]},
    }
    return {
        "$schema": DIALECT,
        "title": "Lingtan scenario",
        "type": "object",
        "properties": {key: {**kinds[key], "description": meaning} for key, meaning in KEYS.items()},
        "required": ["park"],
        "additionalProperties": False,
        "allOf": [
            {
                "if": {"properties": {"park": {"const": name}}},
                "then": {"properties": {"overrides": overrides_schema(park)}},
            }
            for name, park in parks.items()
        ],
    }
