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


HEADLINES = (
    Headline("Population", 1e3, 1, "Population, thousand", "人口（千人）"),
    Headline("GDP", 1e3, 1, "GDP, bn yuan of 2020", "GDP（十亿元，2020年价）"),
    Headline("Energy Consumption", 1e3, 1, "Energy, thousand tce", "能源消费（千吨标煤）"),
    Headline("Final Energy|Electricity", 1e3, 1, "Electricity, GWh", "用电量（GWh）"),
    Headline("Emissions|CO2|Scope 1", 1e3, 1, "CO2 scope 1, kt", "范围一CO2（千吨）"),
    Headline("Emissions|CO2|Scope 2|Location", 1e3, 1, "CO2 scope 2 by location, kt", "范围二CO2，基于位置（千吨）"),
    Headline("Emissions|CO2|Scope 2|Market", 1e3, 1, "CO2 scope 2 by market, kt", "范围二CO2，基于市场（千吨）"),
    Headline("Carbon Sinks", 1e3, 1, "Carbon sinks, kt", "碳汇（千吨）"),
    Headline("Carbon Offsets", 1e3, 1, "Offsets, kt", "碳抵消（千吨）"),
    Headline("Emissions|CO2|Net", 1e3, 1, "Net CO2, kt", "净CO2（千吨）"),
    Headline("Emissions|CO2|Cumulative", 1e6, 2, "Cumulative net CO2, Mt", "累计净CO2（百万吨）"),
    Headline("Electricity|Generation|Wind", 1e3, 1, "Wind power, GWh", "风电（GWh）"),
    Headline("Electricity|Generation|PV", 1e3, 1, "PV power, GWh", "光伏（GWh）"),
    Headline("Electricity|Import", 1e3, 1, "Electricity import, GWh", "购入电量（GWh）"),
    Headline("Electricity|Export", 1e3, 1, "Electricity export, GWh", "外送电量（GWh）"),
    Headline("Port|Throughput", 1e6, 2, "Port throughput, million TEU", "港口吞吐量（百万TEU）"),
    Headline("Port|Shore Power", 1e3, 2, "Shore power, GWh", "岸电（GWh）"),
    Headline("Green Power|Delivered", 1e3, 1, "Green power delivered, GWh", "绿电交付（GWh）"),
    Headline("Investment|New Build", 1.0, 0, "Investment in new, M yuan", "新建设施投资（百万元）"),
    Headline("Investment|Retrofit", 1.0, 0, "Investment in retrofit, M yuan", "既有设施改造投资（百万元）"),
    Headline("Buildings|Life-cycle Reduction Rate", 0.01, 1, "Life-cycle reduction, %", "建筑全生命周期减排率（%）"),
)
COMPARED = ("Emissions|CO2|Net", "Emissions|CO2|Cumulative", "Energy Consumption", "GDP")

WORDS = {
    "pathway": ("{park}, scenario {scenario}, seed {seed}", "{park}，情景 {scenario}，随机种子 {seed}"),
    "compared": (
        "Scenarios under the same luck; in brackets the difference to '{reference}'",
        "同一随机数下的情景比较；括号内为与“{reference}”之差",
    ),
    "variable": ("variable", "指标"),
    "scenario": ("scenario", "情景"),
    "neutral": ("carbon neutral from {year}", "自 {year} 年起实现碳中和"),
    "not_neutral": ("carbon neutrality is not reached by {year}", "到 {year} 年未实现碳中和"),
    "neutral_column": ("neutral from", "碳中和年份"),
    "never": ("not reached", "未实现"),
    "written": ("results are in {folder}", "结果已写入 {folder}"),
    "simulating": ("simulating {scenario} ...", "正在模拟 {scenario} ……"),
    "compiling": (
        "First run with this version: compiling the model. This takes up to a minute, once.",
        "首次运行此版本：正在编译模型，约需一分钟，仅此一次。",
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
