"""README's first result from a real run: ``lingtan run meishan; python -m experiments.first_result results/bau``.

Replaces the table between the two marks in README.md and the picture in docs/img/.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
KILO = 1e3
ROWS = (
    ("Population, thousand", ("Population",)),
    ("GDP, billion yuan of 2020", ("GDP",)),
    ("Energy, thousand tce", ("Energy Consumption",)),
    ("Electricity, GWh", ("Final Energy|Electricity",)),
    ("Wind and PV, GWh", ("Electricity|Generation|Wind", "Electricity|Generation|PV")),
    ("CO2 scope 1, kt", ("Emissions|CO2|Scope 1",)),
    ("CO2 scope 2 in the park's account, kt", ("Emissions|CO2|Scope 2|Account",)),
    ("**Net CO2, kt**", ("Emissions|CO2|Net",)),
)
FATES = (("expires", "… if contracted supply expires"), ("constant_share", "… if it keeps its share"))
MARKS = re.compile(r"(<!-- first result -->\n).*?(<!-- end -->)", re.DOTALL)


def table(summary: Mapping[str, Any]) -> str:
    """Markdown table of a run's summary.json, with the spread over contracted supply and the year of neutrality."""
    milestones, spread = summary["milestones"], summary["contracted_supply_spread"]
    lines = [f"| Business as usual, seed 1 | {' | '.join(milestones)} |", "|---|" + "---:|" * len(milestones)]
    for label, names in ROWS:
        values = (sum(values[name] for name in names) / KILO for values in milestones.values())
        lines.append(f"| {label} | {' | '.join(f'{value:,.0f}' for value in values)} |")
    for fate, label in FATES:
        net = (spread[fate]["net_co2"][year] / KILO for year in milestones)
        lines.append(f"| {label} | {' | '.join(f'{value:,.0f}' for value in net)} |")
    neutral, total = summary["neutrality_year"], summary["cumulative_net_co2"] / 1e6
    reached = f"Neutral from {neutral}" if neutral else f"Neutrality is not reached by {summary['years'][1]}"
    return "\n".join([*lines, "", f"{reached}; net CO2 since 2020 adds up to {total:.1f} Mt.", ""])


def main(arguments: list[str]) -> int:
    """Write the table and the picture of a run's folder into README.md and docs/img/."""
    if len(arguments) != 1:
        print("usage: python -m experiments.first_result RUN_FOLDER", file=sys.stderr)
        return 2
    folder, readme = Path(arguments[0]), ROOT / "README.md"
    made = table(json.loads((folder / "summary.json").read_text(encoding="utf-8")))
    text = readme.read_text(encoding="utf-8")
    readme.write_text(MARKS.sub(lambda found: found[1] + made + found[2], text), encoding="utf-8")
    shutil.copyfile(folder / "emissions.png", ROOT / "docs" / "img" / "emissions.png")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
