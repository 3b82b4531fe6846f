"""The carbon price that the park's agents perceive (MODEL 10): coverage, a floor, free allowances, and offsets.

A floor or an allowance scheme needs emissions that are covered: given alone it covers all. Effects run through signals
alone; see docs/policies/carbon_price.md.
"""

from __future__ import annotations

from typing import ClassVar

from agents.fields import Records
from policies.base import Lever, Policy, Signals


class CarbonPrice(Policy):
    """Carbon price path: coverage of emissions, price floor, local allowances, and offsets bought by the park."""

    name: ClassVar[str] = "carbon_price"
    chinese: ClassVar[str] = "碳价"
    meaning: ClassVar[str] = "what agents pay for their emissions: coverage, price floor, local allowances, offsets"
    levers: ClassVar[tuple[Lever, ...]] = (
        Lever(
            "coverage",
            "1",
            "share of agents' emissions that pay the carbon price; no Meishan sector is in the national market",
            "碳价覆盖率",
            0.0,
            1.0,
            0.0,
            1.0,
            "ets_cover",
        ),
        Lever(
            "price_floor",
            "yuan/t",
            "lowest carbon price in the park, yuan of 2020; covers all emissions unless coverage is given",
            "碳价下限",
            0.0,
            1600.0,
            0.0,
            300.0,
            "cea_2050",
        ),
        Lever(
            "allowance_scheme",
            "1",
            "1: firms receive free allowances by benchmark, which can be pledged; covers all unless coverage is given",
            "地方碳配额",
            0.0,
            1.0,
            0.0,
            1.0,
            "assumption",
            whole=True,
        ),
        Lever(
            "offset_share",
            "1",
            "share of remaining emissions that the public budget offsets, within the cap of trading",
            "碳抵消比例",
            0.0,
            1.0,
            0.0,
            1.0,
            "offset_cap",
        ),
    )

    def apply(self, signals: Signals, year: int, last: Records) -> None:
        """Write this year's coverage, floor, allowance scheme and offsets."""
        floor, scheme = self.lever("price_floor", year), self.lever("allowance_scheme", year)
        coverage = self.lever("coverage", year)
        if "coverage" not in self.schedules and (floor > 0.0 or scheme > 0.0):
            coverage = 1.0
        signals.write("carbon_coverage", coverage)
        signals.write("carbon_price_floor", floor)
        signals.write("allowance_scheme", scheme)
        signals.write("offset_share", self.lever("offset_share", year))
