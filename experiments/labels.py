"""Words of the command line in English and Chinese, and which variables its tables show in which unit."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Language(StrEnum):
    """Languages of tables and messages. Errors are in English."""

    EN = "en"
    ZH = "zh"


@dataclass(frozen=True)
class Headline:
    """One row of the milestone table: a variable, divided so that it reads well."""

    variable: str
    divisor: float
    digits: int
    en: str
    zh: str

    def label(self, language: Language) -> str:
        """The row's name with its unit."""
        return self.zh if language is Language.ZH else self.en


@dataclass(frozen=True)
class Section:
    """Rows of a table that belong together."""

    en: str
    zh: str
    rows: tuple[Headline, ...]

    def label(self, language: Language) -> str:
        """The section's heading."""
        return self.zh if language is Language.ZH else self.en


SECTIONS = (
    Section(
        "People, economy, energy",
        "人口、经济与能源",
        (
            Headline("Population", 1e3, 1, "Population, thousand", "人口（千人）"),
            Headline("GDP", 1e3, 1, "GDP, bn yuan of 2020", "GDP（十亿元，2020年价）"),
            Headline("Port|Throughput", 1e6, 1, "Port throughput, million TEU", "港口吞吐量（百万TEU）"),
            Headline("Energy Consumption", 1e3, 0, "Energy, thousand tce", "能源消费（千吨标煤）"),
            Headline("Final Energy|Electricity", 1e3, 0, "Electricity used, GWh", "用电量（GWh）"),
        ),
    ),
    Section(
        "CO2 in the order of means: sources, sinks, trading",
        "碳排放：碳源减排 → 碳汇增量 → 交易抵消",
        (
            Headline("Emissions|CO2|Scope 1", 1e3, 1, "Scope 1, kt", "范围一（千吨）"),
            Headline("Emissions|CO2|Scope 2|Account", 1e3, 1, "Scope 2 in the account, kt", "范围二，园区口径（千吨）"),
            Headline("Emissions|CO2|Account", 1e3, 1, "Sources together, kt", "碳源合计（千吨）"),
            Headline("closing sinks", -1e3, 1, "Sinks that count, kt", "计入的碳汇（千吨）"),
            Headline("closing offsets", -1e3, 1, "Offsets, kt", "碳抵消（千吨）"),
            Headline("closing other", -1e3, 1, "Outside certificates, trading cap, kt", "外购绿证与交易上限（千吨）"),
            Headline("Emissions|CO2|Net", 1e3, 1, "Net CO2, kt", "净CO2（千吨）"),
            Headline("Emissions|CO2|Cumulative", 1e6, 2, "Net CO2 since 2020, Mt", "2020年以来累计净CO2（百万吨）"),
        ),
    ),
    Section(
        "Other views",
        "其他视角",
        (
            Headline("Emissions|CO2|Scope 2|Location", 1e3, 1, "Scope 2 by location, kt", "范围二，基于位置（千吨）"),
            Headline("Emissions|CO2|Scope 2|Market", 1e3, 1, "Scope 2 by market, kt", "范围二，基于市场（千吨）"),
            Headline("Emissions|CO2|Scope 3|Buildings", 1e3, 1, "Scope 3 of buildings, kt", "建筑范围三（千吨）"),
            Headline("Emissions|CO2|Avoided Outside", 1e3, 1, "Avoided outside, kt", "园区外减排（千吨）"),
            Headline("Carbon Productivity", 1e3, 0, "GDP per CO2, thousand yuan/t", "碳生产力（千元/吨）"),
            Headline("Carbon per Energy", 1.0, 2, "CO2 per energy, t/tce", "单位能耗碳排放（吨/吨标煤）"),
        ),
    ),
    Section(
        "Power",
        "电力",
        (
            Headline("Electricity|Generation|Wind", 1e3, 0, "Wind, GWh", "风电（GWh）"),
            Headline("Electricity|Generation|PV", 1e3, 0, "PV, GWh", "光伏（GWh）"),
            Headline("Electricity|Import", 1e3, 0, "Import, GWh", "购入（GWh）"),
            Headline("Electricity|Export", 1e3, 0, "Export, GWh", "外送（GWh）"),
            Headline("Electricity|Curtailment", 1e3, 1, "Curtailment, GWh", "弃电（GWh）"),
            Headline("Electricity|Unserved", 1e3, 2, "Unserved, GWh", "缺供（GWh）"),
        ),
    ),
    Section(
        "Practices",
        "五项实践",
        (
            Headline("Port|Shore Power", 1e3, 1, "Shore power, GWh", "岸电（GWh）"),
            Headline("Green Power|Delivered", 1e3, 0, "Green power delivered, GWh", "绿电交付（GWh）"),
            Headline("Green Power|Certificates|Claimed", 1e3, 0, "Certificates claimed, GWh", "绿证核销（GWh）"),
            Headline("Finance|Loans|Green", 1.0, 0, "Green loans, M yuan a year", "绿色贷款（百万元/年）"),
            Headline("Finance|Loans|Transition", 1.0, 0, "Transition loans, M yuan a year", "转型贷款（百万元/年）"),
            Headline("Finance|Loans|Ordinary", 1.0, 0, "Ordinary loans, M yuan a year", "普通贷款（百万元/年）"),
            Headline("Investment|New Build", 1.0, 0, "Investment in new, M yuan a year", "新建设施投资（百万元/年）"),
            Headline("Investment|Retrofit", 1.0, 0, "Investment in retrofit, M yuan a year", "改造投资（百万元/年）"),
            Headline(
                "Buildings|Life-cycle Reduction Rate",
                0.01,
                1,
                "New buildings' life-cycle reduction, %",
                "新建筑全生命周期减排率（%）",
            ),
        ),
    ),
)
HEADLINES = tuple(row for section in SECTIONS for row in section.rows)
COMPARED = (
    "Emissions|CO2|Net",
    "Emissions|CO2|Avoided Outside",
    "Emissions|CO2|Cumulative",
    "Energy Consumption",
    "GDP",
    "Electricity|Import",
)

FATES = {  # of contracted zero-carbon supply (MODEL 10), by name of agents.carbon.ContractedSupply
    "constant_volume": ("constant volume", "总量不变"),
    "expires": ("expires", "到期终止"),
    "constant_share": ("keeps its share", "占比不变"),
}
KINDS = {  # of agents, in the list of parks
    "firms": ("firms", "家企业"),
    "buildings": ("buildings", "栋建筑"),
    "operators": ("port operators", "家码头运营商"),
    "sites": ("wind and PV projects", "个风光项目"),
    "feeders": ("feeders", "条馈线"),
}
TESTS = {  # Table 1 of the report (D8), by name of agents.carbon.NeutralityTest
    "rmi": ("RMI: net of sinks and capped trading", "RMI：扣除碳汇与限额交易"),
    "zero_carbon_park": ("zero-carbon park: balance inside, no trading", "零碳园区：边界内平衡，不计交易"),
    "zero_carbon_industrial_park": ("zero-carbon industrial park: absolute zero", "零碳工业园区：绝对零排放"),
    "zero_carbon_campus": ("zero-carbon campus: offsets without cap", "零碳校园：抵消不设上限"),
    "net_zero_hub": ("net-zero hub: at most {limit:.1f} kt", "净零工业枢纽：不超过 {limit:.1f} 千吨"),
}

WORDS = {
    "pathway": ("{park}, scenario {scenario}, seed {seed}", "{park}，情景 {scenario}，随机种子 {seed}"),
    "compared": (
        "Scenarios under the same luck; in brackets the difference to '{reference}'",
        "同一随机数下的情景比较；括号内为与“{reference}”之差",
    ),
    "variable": ("variable", "指标"),
    "scenario": ("scenario", "情景"),
    "spread_title": ("What the headline hangs on: net CO2, kt", "结论取决于核算口径：净CO2（千吨）"),
    "spread_section": ("If contracted zero-carbon supply ...", "外购零碳电力合同的三种前景"),
    "tests_section": ("Judged by the five definitions of the report's Table 1", "按报告表1的五种定义判断"),
    "cumulative_column": ("sum, Mt", "累计（百万吨）"),
    "net_line": (
        "net CO2 in {year}: {net} kt ({low} to {high} kt, depending on what becomes of contracted zero-carbon supply)",
        "{year}年净CO2：{net}千吨（视外购零碳电力合同前景，{low}至{high}千吨）",
    ),
    "neutral_if": ("if it {fate}: {year}", "若{fate}：{year}"),
    "in_force": ("{fate} (this run)", "{fate}（本次模拟）"),
    "net_if": ("Net CO2 if supply {fate}, kt", "净CO2，若合同{fate}（千吨）"),
    "neutral": ("carbon neutral from {year}", "自 {year} 年起实现碳中和"),
    "not_neutral": ("carbon neutrality is not reached by {year}", "到 {year} 年未实现碳中和"),
    "neutral_column": ("neutral from", "碳中和年份"),
    "never": ("not reached", "未实现"),
    "written": ("results are in {folder}", "结果已写入 {folder}"),
    "simulating": ("simulating {scenario} ...", "正在模拟 {scenario} ……"),
    "compiling": (
        "First run with this version: compiling the model, once. This takes a minute or so.",
        "首次运行此版本：正在编译模型，约需一分钟，仅此一次。",
    ),
    "study_title": (
        "Study {study}: {runs} draws a scenario; ± is half the 95 % interval of Monte Carlo error",
        "研究 {study}：每个情景 {runs} 次抽样；±为95%蒙特卡洛误差区间的一半",
    ),
    "net_mean": ("net CO2 {year}, kt", "{year}年净CO2（千吨）"),
    "net_range": ("5-95 % of runs", "5-95%区间"),
    "cumulative_mean": ("sum to {year}, Mt", "至{year}年累计（百万吨）"),
    "neutral_share": ("neutral by {year}", "{year}年前碳中和概率"),
    "against": ("sum less {baseline}, Mt", "累计与 {baseline} 之差（百万吨）"),
    "no_runs": ("no runs yet", "尚无结果"),
    "interrupted": (
        "interrupted; finished parts are safe in {folder}. Continue with --resume",
        "已中断；完成的部分保存在 {folder}。用 --resume 继续",
    ),
    "sound": ("{file}: no faults", "{file}：未发现错误"),
    "policy": ("policy", "政策"),
    "lever": ("lever", "调节项"),
    "meaning": ("what it does", "作用"),
    "unit": ("unit", "单位"),
    "range": ("range", "范围"),
    "source": ("source", "来源"),
    "park": ("park", "园区"),
    "region": ("region", "地区"),
    "years": ("years", "年份"),
    "folder": ("folder", "文件夹"),
    "agents": ("agents", "主体数量"),
}


def say(key: str, language: Language, **values: object) -> str:
    """One of the command line's phrases."""
    english, chinese = WORDS[key]
    return (chinese if language is Language.ZH else english).format(**values)
