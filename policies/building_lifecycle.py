"""Building life cycle (P3, N13): the required reduction, how strictly nine gates check it, quota, demolition, reuse.

The policy writes signals; ``agents/gates.py`` and the building modules turn them into designs, tests and waste. What
the Meishan plan says is :meth:`BuildingLifecycle.meishan_plan`: 10 % indicative in 2019-2020, 35 % binding from 2021.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from agents.axes import BASE_YEAR
from agents.fields import Floats, Records
from policies.base import Lever, Policy, Signals

FIRST_YEAR, LAST_YEAR = BASE_YEAR + 1, 2060  # years between which the adaptive path runs
HIGHEST_RATE = 0.6  # range of the required rate
GATE_LEVERS = {
    "check_g1": ("land listing", "土地挂牌"),
    "check_g2": ("project approval", "项目立项"),
    "check_g3": ("scheme review", "方案审查"),
    "check_g4": ("energy assessment", "能评审查"),
    "check_g5": ("construction drawing review", "施工图审查"),
    "check_g6": ("completion acceptance", "竣工验收"),
    "check_g7": ("energy quota", "能耗定额"),
    "check_g8": ("demolition approval", "拆除审批"),
    "check_g9": ("construction waste management", "建筑垃圾管理"),
}


class BuildingLifecycle(Policy):
    """Required rate, gates G1..G9, quota, green demolition, reuse, retrofit support, and an adaptive requirement."""

    name: ClassVar[str] = "building_lifecycle"
    chinese: ClassVar[str] = "建筑全生命周期减排"
    meaning: ClassVar[str] = "Life-cycle carbon of buildings from land listing to waste: required rate and nine gates"
    levers: ClassVar[tuple[Lever, ...]] = (
        Lever(
            "required_rate", "1", "life-cycle reduction against the reference building, fixed at land listing",
            "全生命周期减排率要求", 0.0, HIGHEST_RATE, 0.0, 0.35, "tgt_lca_2025;tgt_lca_2020",
        ),
        Lever(
            "binding", "1", "the required rate binds (1) or advises (0)", "约束性指标", 0.0, 1.0, 0.0, 1.0,
            "tgt_lca_2025", whole=True,
        ),
        *(
            Lever(
                lever, "1", f"least share of projects checked at {gate[0]} (G{lever[-1]})", f"{gate[1]}检查强度",
                0.0, 1.0, 0.0, 0.6, "comply_design_2010;assumption",
            )
            for lever, gate in GATE_LEVERS.items()
        ),
        Lever(
            "energy_quota", "1", "buildings are compared with their energy quota (1) or not (0)", "能耗定额管理",
            0.0, 1.0, 0.0, 1.0, "quota_office;quota_hotel;quota_retail", whole=True,
        ),
        Lever(
            "quota_surcharge", "yuan/MWh", "surcharge on electricity above the quota", "超定额加价",
            0.0, 1000.0, 0.0, 300.0, "assumption",
        ),
        Lever(
            "green_demolition", "1", "demolition must be selective and low-carbon (1) or not (0)", "绿色拆除要求",
            0.0, 1.0, 0.0, 1.0, "P3", whole=True,
        ),
        Lever(
            "waste_reuse", "1", "share of construction and demolition waste that must be reused", "建筑垃圾综合利用率",
            0.0, 0.95, 0.0, 0.6, "assumption",
        ),
        Lever(
            "retrofit_attention", "1/yr", "added yearly probability that owners review their buildings (audits)",
            "节能改造关注度", 0.0, 0.3, 0.0, 0.06, "aware_sme_zj;assumption",
        ),
        Lever(
            "retrofit_subsidy", "1", "share of efficiency retrofits that the public budget pays", "改造补助比例",
            0.0, 0.5, 0.0, 0.2, "retro_payback;assumption",
        ),
        Lever(
            "adaptive_step", "1/yr", "rise of the required rate after each year with net emissions above the path",
            "自适应收紧步长", 0.0, 0.1, 0.0, 0.02, "assumption",
        ),
        Lever(
            "adaptive_path_start", "t", "net emissions path in 2021", "自适应路径起点", 0.0, 2e6, 330e3, 330e3,
            "meishan_co2;assumption",
        ),
        Lever(
            "adaptive_path_end", "t", "net emissions path in 2060, linear between", "自适应路径终点",
            0.0, 2e6, 0.0, 0.0, "assumption",
        ),
    )  # fmt: skip

    DIRECT: ClassVar[dict[str, str]] = {
        "binding": "lifecycle_binding",
        **{lever: f"gate_{lever}" for lever in GATE_LEVERS},
        "energy_quota": "energy_quota_on",
        "quota_surcharge": "quota_surcharge",
        "green_demolition": "green_demolition_required",
        "waste_reuse": "waste_reuse_rate",
        "retrofit_attention": "retrofit_attention",
        "retrofit_subsidy": "building_retrofit_subsidy",
    }
    """Signal that each lever writes as it stands; the required rate alone can depend on last year."""

    @classmethod
    def meishan_plan(cls, strictness: float = 0.6) -> BuildingLifecycle:
        """The plan of N13 with gates that check ``strictness`` of projects: 10 % advised, then 35 % binding."""
        gates = dict.fromkeys(GATE_LEVERS, strictness)
        return cls(required_rate={2019: 0.10, 2021: 0.35}, binding={2021: 1.0}, **gates)

    def apply(self, signals: Signals, year: int, last: Records) -> None:
        """Write this calendar year's signals; ``last`` holds last year's outcomes [runs]."""
        for lever, signal in self.DIRECT.items():
            signals.write(signal, self.lever(lever, year))
        signals.write("lifecycle_rate_required", self.required_rate(year, last))

    def required_rate(self, year: int, last: Records) -> float | Floats:
        """The rate that land listings of the year must carry: the schedule's, or more while emissions are too high.

        Adaptive: after a year with net emissions above the path the rate in force rises by the step, after one below
        it falls back by the step, never below the schedule. The memory is last year's rate in force, an outcome, so
        that the policy itself holds no state and runs do not mix.
        """
        scheduled, step = self.lever("required_rate", year), self.lever("adaptive_step", year)
        if step <= 0.0:
            return scheduled
        elapsed = min(1.0, max(0.0, (year - 1 - FIRST_YEAR) / (LAST_YEAR - FIRST_YEAR)))
        start, end = self.lever("adaptive_path_start", year), self.lever("adaptive_path_end", year)
        path = start + (end - start) * elapsed
        change = np.where(np.asarray(last["emissions_net"]) > path, step, -step)
        moved = np.asarray(last["lifecycle_rate_in_force"], dtype=float) + change
        return np.clip(moved, scheduled, HIGHEST_RATE)
