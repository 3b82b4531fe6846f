"""The tiny park with what a study can meet: every grade, whole numbers, a choice, a shared number, dated rows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tiny_park import DECLARED, PARAMETERS, SERIES, write_tiny_park

from agents.fields import Outcome, Quantity
from sim.results import NET

DECLARED_FOR_STUDIES = replace(
    DECLARED,
    parameters={
        **DECLARED.parameters,
        "heat_cost": Quantity("heat_cost", "1", "grey evidence"),
        "contract_years": Quantity("contract_years", "yr", "a count", whole=True),
        "rule": Quantity("rule", "1", "a definition", whole=True, role="choice"),
        "ties": Quantity("ties", "1", "of the network", whole=True, role="shared"),
        "known": Quantity("known", "1", "without a range"),
    },
    series={
        **DECLARED.series,
        "gas_price": Quantity("gas_price", "1", "gas"),
        "coal_price": Quantity("coal_price", "1", "coal"),
    },
    outcomes={
        "emissions_net": Outcome("emissions_net", "t", "net", "", NET),
        "neutral": Outcome("neutral", "1", "test holds", "", "Neutrality Test"),
        "gdp": Outcome("gdp", "Myuan", "output", "", "GDP"),
        "coal": Outcome("coal", "tce", "coal burnt"),
    },
)
MORE_PARAMETERS = """\
heat_cost,1,1,2,4,C,roof,news
contract_years,yr,1,3,10,D,assumption,judged
rule,1,0,0,2,D,assumption,judged
ties,1,3,6,10,D,assumption,judged
known,1,5,5,5,D,assumption,judged
"""
MORE_SERIES = """\
gas_price,1,2020,2,3,5,A,roof,measured
gas_price,1,2025,4,4,4,A,roof,measured
gas_price,1,2030,1,3,9,D,assumption,judged
coal_price,1,2020,1,2,3,C,roof,news
"""


def write_study_park(folder: Path) -> Path:
    """The park's files in a new folder."""
    write_tiny_park(folder)
    (folder / "parameters" / "all.csv").write_text(PARAMETERS + MORE_PARAMETERS, encoding="utf-8")
    (folder / "series" / "all.csv").write_text(SERIES + MORE_SERIES, encoding="utf-8")
    return folder
