"""A park of three firms that is quick to read and easy to break: its files and what a tiny model declares."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import pytest

import policies.registry
import sim.park_folders
import sim.parks
from agents.fields import Column, Quantity
from policies.base import Lever, Policy, Signals
from sim.declarations import Declarations

PARK = """\
name: {en: Tiny, zh: 小园区}
region: {en: Nowhere, zh: 无处}
sub_districts: [{en: One, zh: 一}]
base_year: 2020
last_year: 2030
milestones: [2020, 2025, 2030]
agents: {firms: 3, buildings: 4, building_slots_ratio: 2, operators: 1, feeders: 1}
reconciliation: A
currency: yuan of 2020
weather: weather.npz
"""
EVIDENCE = """\
id,group,name,unit,year,low,central,high,source_title,source_address,quote_or_note,quality
roof,tech,Cost,yuan/kW,2020,3000,3300,3600,A survey,,"quoted, with a comma",B
"""
PARAMETERS = """\
name,unit,low,central,high,grade,source,note
roof_cost,yuan/kW,3000,3300,3600,B,roof,survey
hurdle_rate,%/yr,10,15,30,D,assumption,judged
"""
SERIES = """\
name,unit,year,low,central,high,grade,source,note
grid_factor,tCO2/MWh,2020,0.5,0.54,0.6,D,assumption,judged
grid_factor,tCO2/MWh,2030,0.25,0.34,0.48,D,assumption,judged
"""
BASE_YEAR = """\
reconciliation,account,carrier,value,unit,grade,source
A,port,electricity,40,GWh,D,assumption
A,port,lng,9,ktce,D,assumption
A,memo,local_wind,212.6,GWh,D,assumption
B,port,electricity,41,GWh,D,assumption
"""
TYPES = """\
type,area,count,grade,source,note
office,600000,20,D,assumption,judged
"""
DECLARED = Declarations(
    parameters={
        "roof_cost": Quantity("roof_cost", "Myuan/MW", "cost of a roof plant"),
        "hurdle_rate": Quantity("hurdle_rate", "1/yr", "hurdle rate"),
    },
    series={"grid_factor": Quantity("grid_factor", "t/MWh", "CO2 of grid power")},
    signals={},
    outcomes={},
    tables={
        "types": (
            Column("type", "text", choices=("office", "retail")),
            Column("area", "number", "m2", "floor area", 0.0),
            Column("count", "integer", "1", "number", 1, 100),
        )
    },
    modules={"parameters.roof_cost": "agents.a", "parameters.hurdle_rate": "agents.b", "series.grid_factor": "sim.c"},
)

FILES = {
    "park.yaml": PARK,
    "evidence.csv": EVIDENCE,
    "parameters/all.csv": PARAMETERS,
    "series/all.csv": SERIES,
    "base_year.csv": BASE_YEAR,
    "types.csv": TYPES,
    "weather.npz": "",
}


def write_tiny_park(folder: Path) -> Path:
    """The tiny park's files in a new folder."""
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


class CheapLoans(Policy):
    """A policy of the tests."""

    name = "cheap_loans"
    chinese = "低息贷款"
    meaning = "cheaper loans"
    levers: ClassVar = (
        Lever("discount", "1/yr", "off the rate", "利率优惠", 0.0, 0.02, 0.0, 0.02, "assumption"),
        Lever("quota", "Myuan/yr", "loans of the label", "额度", 0.0, 100.0, 0.0, 100.0, "assumption"),
    )

    def apply(self, signals: Signals, year: int, last: Any) -> None:
        signals.write("rate_discount", self.lever("discount", year))


def nothing_else(monkeypatch: pytest.MonkeyPatch, park: Path, declared: Declarations) -> None:
    """Leave a test a world of one park, what it declares, and one policy."""
    monkeypatch.setattr(policies.registry, "policy_classes", lambda: {CheapLoans.name: CheapLoans})
    monkeypatch.setattr(sim.parks, "declarations", lambda: declared)
    for module in (sim.parks, sim.park_folders):
        monkeypatch.setattr(module, "shipped_parks", lambda: {park.name: park})
