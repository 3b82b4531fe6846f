"""JSON Schema (draft 2020-12) of scenario and study files, made from the policies' levers and the parks' parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from experiments.priors import FAMILIES
from experiments.scenario import KEYS, LARGEST_SEED

if TYPE_CHECKING:
    from policies.base import Lever, Policy
    from sim.parks import ParkData

DIALECT = "https://json-schema.org/draft/2020-12/schema"
YEAR_KEYS = "^(19|20|21)[0-9]{2}$"
TEXT = {"type": "string", "minLength": 1}


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
    text = f"{lever.meaning} / {lever.chinese}. {lever.range_in_words}. Source: {lever.source}"
    value = number(lever.low, lever.high, text)
    return dated({**value, "type": "integer"} if lever.whole else value)


def levers_schema(policy: type[Policy]) -> dict[str, Any]:
    """A mapping of a policy's levers, one at least."""
    return {
        "type": "object",
        "properties": {lever.name: lever_schema(lever) for lever in policy.levers},
        "additionalProperties": False,
        "minProperties": 1,
    }


def policies_schema() -> dict[str, Any]:
    """A list of policies, each a mapping with one name."""
    from policies.registry import policy_classes

    entries = [
        {
            "type": "object",
            "title": cls.name,
            "description": f"{cls.meaning} / {cls.chinese}",
            "properties": {name: levers_schema(cls)},
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


def common_schema(parks: Mapping[str, ParkData]) -> dict[str, dict[str, Any]]:
    """Keys that scenarios and studies share."""
    from sim.parks import AgentNumbers

    first, last = min(park.years[0] for park in parks.values()), max(park.years[-1] for park in parks.values())
    agents = AgentNumbers.model_json_schema()
    year = {"type": "integer", "minimum": first, "maximum": last}
    return {
        "name": TEXT,
        "description": TEXT,
        "park": {**TEXT, "examples": list(parks)},
        "years": {"type": "array", "prefixItems": [year, year], "items": False, "minItems": 2},
        "seed": {"type": "integer", "minimum": 0, "maximum": LARGEST_SEED},
        "overrides": {"type": "object"},
        "agents": {"type": "object", "properties": agents["properties"], "additionalProperties": False},
        "reconciliation": {"enum": ["A", "B", "C"]},
    }


def scenario_schema() -> dict[str, Any]:
    """Schema of a scenario file, for editors: policies, levers, ranges, and the parameters of each shipped park."""
    from sim.parks import load_park, shipped_parks

    parks = {name: load_park(name) for name in shipped_parks()}
    kinds = common_schema(parks) | {"policies": policies_schema()}
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


def by_year(value: dict[str, Any]) -> dict[str, Any]:
    """A mapping of years to values."""
    found: dict[str, Any] = dated(value)["anyOf"][1]
    return found


def priors_schema(park: ParkData) -> dict[str, Any]:
    """What a study may say of each parameter and series: a value, or a family and the ends of its range."""
    properties: dict[str, Any] = {}
    for name, override in overrides_schema(park)["properties"].items():
        series = name in park.series
        quantity = (park.declared.series if series else park.declared.parameters)[name]
        value = override["anyOf"][0] if series else override
        end = by_year(value) if series else {key: value[key] for key in ("type", "minimum", "maximum")}
        families = [f for f in FAMILIES if f != "whole" or not series]
        if quantity.whole:
            families = ["fixed", "whole"]
        if quantity.role == "shared":
            families = ["fixed"]
        kinds = {"family": {"enum": families}, "low": end, "central": end, "high": end}
        drawn: dict[str, Any] = {"type": "object", "properties": kinds, "additionalProperties": False}
        drawn["minProperties"] = 1
        if quantity.role == "shared":
            drawn["required"] = ["family"]
        fixed = {**value, "type": "integer"} if quantity.whole else value
        properties[name] = {
            "description": override["description"],
            "anyOf": [fixed, drawn, *([by_year(value)] if series else [])],
        }
    return {"type": "object", "properties": properties, "additionalProperties": False}


def study_schema() -> dict[str, Any]:
    """Schema of a study file, for editors."""
    from experiments.study import DESIGNS, LARGEST, SOURCES
    from experiments.study import KEYS as STUDY_KEYS
    from policies.registry import policy_classes
    from sim.parks import load_park, shipped_parks

    parks = {name: load_park(name) for name in shipped_parks()}
    entry = {"name": TEXT, "description": TEXT, "policies": policies_schema(), "overrides": {"type": "object"}}
    levels = {
        name: {
            "type": "array",
            "minItems": 2,
            "items": {"anyOf": [{"enum": ["off", "full", False]}, levers_schema(cls)]},
        }
        for name, cls in policy_classes().items()
    }
    group = {"members": {"type": "array", "items": TEXT, "minItems": 2}, "correlation": number(-1, 1, "of ranks")}
    kinds = common_schema(parks) | {
        **{key: {"type": "integer", "minimum": 1, "maximum": largest} for key, largest in LARGEST.items()},
        "design": {"enum": list(DESIGNS)},
        "vary": strict({source: {"type": "boolean"} for source in SOURCES}),
        "scenarios": {"type": "array", "items": {"anyOf": [TEXT, strict(entry, ["name"])]}},
        "factorial": strict(levels),
        "priors": {"type": "object"},
        "groups": {"type": "array", "items": strict(group, ["members", "correlation"])},
        "outputs": {"type": "array", "items": TEXT, "minItems": 1},
    }
    content: dict[str, Any] = {"$schema": DIALECT, "title": "Lingtan study", "type": "object"}
    content["properties"] = {key: {**kinds[key], "description": meaning} for key, meaning in STUDY_KEYS.items()}
    content |= {"required": ["park"], "additionalProperties": False, "$defs": {}}
    content["anyOf"] = [{"required": ["scenarios"]}, {"required": ["factorial"]}]
    content["allOf"] = []
    for name, park in parks.items():
        content["$defs"][f"{name} overrides"] = overrides_schema(park)
        fixed = {"$ref": f"#/$defs/{name}%20overrides"}
        inside = {"overrides": fixed, "priors": priors_schema(park)}
        inside["scenarios"] = {"items": {"properties": {"overrides": fixed}}}
        content["allOf"].append({"if": {"properties": {"park": {"const": name}}}, "then": {"properties": inside}})
    return content


def strict(properties: Mapping[str, Any], required: Sequence[str] = ()) -> dict[str, Any]:
    """A mapping of these keys and no others."""
    made: dict[str, Any] = {"type": "object", "properties": dict(properties), "additionalProperties": False}
    return made | ({"required": list(required)} if required else {})
