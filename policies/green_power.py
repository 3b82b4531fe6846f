"""Green power trading (P4): from a regulated point-to-point premium to a market of medium- and long-term contracts.

Levers that shape the market open it: a contract length, priority for the park or closed outside sales make no sense
without one. Effects run through signals alone; see docs/policies/green_power.md.
"""

from __future__ import annotations

from typing import ClassVar

from agents.fields import Records
from policies.base import Lever, Policy, Signals

MWH_PER_KWH = 1000.0  # yuan/kWh to yuan/MWh


class GreenPower(Policy):
    """Green power trading: regulated deals, market, obligations, certificates and support of output."""

    name: ClassVar[str] = "green_power"
    chinese: ClassVar[str] = "绿色电力交易"
    meaning: ClassVar[str] = "point-to-point deals, medium- and long-term market, certificates, obligations (P4)"
    levers: ClassVar[tuple[Lever, ...]] = (
        Lever(
            "point_to_point_premium",
            "yuan/kWh",
            "regulated premium of monthly point-to-point deals through the grid; 0 keeps them closed (N14: 0.01)",
            "点对点绿电溢价",
            0.0,
            0.05,
            0.0,
            0.02,
            "gp_premium_2020",
        ),
        Lever(
            "market_open",
            "1",
            "1 opens the medium- and long-term market with monthly sessions; a schedule gives the start year",
            "中长期绿电市场开放",
            0.0,
            1.0,
            0.0,
            1.0,
            "gp_zj_2026",
            whole=True,
        ),
        Lever(
            "contract_years",
            "yr",
            "length of contracts, opens the market; 0 leaves the market's own length",
            "绿电合同年限",
            0.0,
            10.0,
            0.0,
            10.0,
            "assumption",
        ),
        Lever(
            "park_priority",
            "1",
            "1 opens the market and serves the park's buyers before the city's",
            "园区用户优先",
            0.0,
            1.0,
            0.0,
            1.0,
            "assumption",
            whole=True,
        ),
        Lever(
            "outside_sales_closed",
            "1",
            "1 opens the market for the park alone: no green power and no certificate is sold outside",
            "禁止绿电外售",
            0.0,
            1.0,
            0.0,
            1.0,
            "assumption",
            whole=True,
        ),
        Lever(
            "obligation",
            "1",
            "share of electricity that firms must cover by green power or certificates, or pay the penalty",
            "绿电消费责任比例",
            0.0,
            1.0,
            0.0,
            0.5,
            "tgt_clean_share",
        ),
        Lever(
            "certificate_purchases",
            "1",
            "share of wanted and uncovered green power for which firms buy certificates alone",
            "绿证单独购买",
            0.0,
            1.0,
            0.0,
            1.0,
            "gec_2025b",
        ),
        Lever(
            "recognised_value",
            "yuan/kWh",
            "what rules make green power worth to its buyer, such as exemption from energy quotas; opens certificates",
            "绿电环境价值认可",
            0.0,
            0.1,
            0.0,
            0.05,
            "gp_premium_2030",
        ),
        Lever(
            "feed_in_premium",
            "yuan/kWh",
            "paid by the public budget on output of plants built from 2021 on",
            "新能源上网补贴",
            0.0,
            0.2,
            0.0,
            0.1,
            "assumption",
        ),
    )

    def apply(self, signals: Signals, year: int, last: Records) -> None:
        """Write this year's market rules, obligations and premiums; prices go from yuan/kWh to yuan/MWh."""
        premium = self.lever("point_to_point_premium", year)
        if premium > 0.0:
            signals.write("green_power_point_to_point", 1.0)
            signals.write("green_power_deal_premium", premium * MWH_PER_KWH)
        length, priority = self.lever("contract_years", year), self.lever("park_priority", year)
        closed = self.lever("outside_sales_closed", year)
        opened = max(self.lever("market_open", year), priority, closed, 1.0 if length > 0.0 else 0.0)
        signals.write("green_power_market_open", opened)
        signals.write("green_power_contract_years", length)
        signals.write("green_power_park_priority", priority)
        signals.write("external_green_sales_allowed", 1.0 - closed)
        signals.write("green_power_obligation", self.lever("obligation", year))
        value = self.lever("recognised_value", year)
        signals.write("green_power_premium_value", value * MWH_PER_KWH)
        signals.write(
            "certificate_purchases", max(self.lever("certificate_purchases", year), 1.0 if value > 0 else 0.0)
        )
        signals.write("feed_in_premium", self.lever("feed_in_premium", year) * MWH_PER_KWH)
