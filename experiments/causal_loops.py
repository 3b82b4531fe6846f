"""The causal-loop diagram: links between what the model counts, and the feedback loops they form (MODEL 11).

Links come from the stocks declared in :mod:`sim.stocks` (their drivers) and from ``LINKS``, for what other modules
move. Every link of ``LINKS`` names the code that makes it so; a loop's sign is the product of its links, never a claim.
"""

from __future__ import annotations

import hashlib
import importlib
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.stocks import STOCKS

if TYPE_CHECKING:
    import networkx as nx


@dataclass(frozen=True)
class Link:
    """``cause`` moves ``effect`` in the same (+) or the opposite (-) direction, all else equal; ``code`` does it."""

    cause: str
    effect: str
    sign: str
    code: str  # module:function


@dataclass(frozen=True)
class Loop:
    """A feedback loop by its places in causal order; the last acts on the first."""

    name: str
    places: tuple[str, ...]
    colour: str


LINKS = (
    # peer diffusion
    Link("low-carbon equipment", "neighbours who have it", "+", "agents.firm_addons:look_around"),
    Link("neighbours who have it", "low-carbon investment", "+", "agents.firm_choice:consider"),
    Link("low-carbon investment", "low-carbon equipment", "+", "agents.firm_build:install_heat"),
    Link("low-carbon equipment", "emissions_net", "-", "agents.firm_operation:use_energy_of_firms"),
    # rooftop PV: local learning, hosting capacity
    Link("local_pv_built", "local_learning_pv", "-", "sim.stocks:learning_factor"),
    Link("local_learning_pv", "rooftop PV", "-", "agents.rooftop:rooftop_capex"),
    Link("rooftop PV", "local_pv_built", "+", "sim.stocks:close_stocks"),
    Link("rooftop PV", "room on feeders", "-", "agents.rooftop:occupy_hosting"),
    Link("room on feeders", "rooftop PV", "+", "agents.rooftop:reinforcement_cost"),
    Link("room on feeders", "grid reinforcement", "-", "agents.grid:reinforce"),
    Link("grid reinforcement", "room on feeders", "+", "agents.grid:open_connections"),
    Link("rooftop PV", "emissions_net", "-", "agents.carbon:location_emissions"),
    # value of PV in hours of surplus
    Link("rooftop PV", "surplus hours", "+", "sim.hour_loops:surplus_loss"),
    Link("ground PV", "surplus hours", "+", "sim.hour_loops:surplus_loss"),
    Link("surplus hours", "solar_value_ratio", "-", "sim.hours:write_record"),
    Link("solar_value_ratio", "ground PV", "+", "agents.developer:income_per_mwh"),
    Link("ground PV", "local_pv_built", "+", "sim.stocks:close_stocks"),
    Link("ground PV", "emissions_net", "-", "agents.carbon:account_purchase"),
    # credit
    Link("low-carbon investment", "loans outstanding", "+", "agents.lending:book_loan"),
    Link("loans outstanding", "loans granted", "-", "agents.bank_rationing:lendable"),
    Link("loans granted", "low-carbon investment", "+", "agents.applications:carry_out"),
    # public budget
    Link("low-carbon investment", "subsidies_paid", "+", "agents.lending:subsidise"),
    Link("subsidies_paid", "public_budget", "-", "agents.lending:budget_left"),
    Link("public_budget", "low-carbon investment", "+", "agents.applications:expected_subsidy"),
    # reputation, output, means and activity
    Link("green_attraction", "gdp", "+", "sim.stocks:write_sectors"),
    Link("gdp", "surplus of firms", "+", "agents.firm_operation:settle"),
    Link("surplus of firms", "low-carbon investment", "+", "agents.investment:affordable"),
    Link("gdp", "energy used", "+", "agents.firm_growth:share_output"),
    Link("port_throughput", "energy used", "+", "agents.port:use_energy"),
    Link("population", "floor_area", "+", "sim.stocks:write_floor_demand"),
    Link("gdp", "floor_area", "+", "sim.stocks:write_floor_demand"),
    Link("floor_area", "energy used", "+", "agents.building_energy:use_energy"),
    Link("energy used", "emissions_net", "+", "agents.carbon:close_carbon"),
    # sinks
    Link("forest_area", "carbon_sinks", "+", "sim.stocks:write_sinks"),
    Link("urban_green_area", "carbon_sinks", "+", "sim.stocks:write_sinks"),
    Link("carbon_sinks", "emissions_net", "-", "agents.carbon:net_emissions"),
)

LOOPS = (
    Loop("peer diffusion", ("low-carbon investment", "low-carbon equipment", "neighbours who have it"), "#009E73"),
    Loop("local learning", ("local_pv_built", "local_learning_pv", "rooftop PV"), "#0072B2"),
    Loop(
        "green reputation",
        (
            "reputation",
            "green_attraction",
            "gdp",
            "surplus of firms",
            "low-carbon investment",
            "low-carbon equipment",
            "emissions_net",
        ),
        "#B8860B",
    ),
    Loop("growth of activity", ("reputation", "green_attraction", "gdp", "energy used", "emissions_net"), "#9A9A9A"),
    Loop("hosting capacity", ("rooftop PV", "room on feeders"), "#D55E00"),
    Loop("reinforcement", ("room on feeders", "grid reinforcement"), "#8C6D31"),
    Loop("credit limits", ("low-carbon investment", "loans outstanding", "loans granted"), "#CC79A7"),
    Loop("price cannibalisation of PV", ("ground PV", "surplus hours", "solar_value_ratio"), "#56B4E9"),
    Loop("public budget", ("low-carbon investment", "subsidies_paid", "public_budget"), "#7B4FA0"),
    Loop("port growth", ("port_throughput", "port_capacity"), "#444444"),
)

# Places on the page, by hand so that arrows stay apart; what a new stock adds is put into the bottom row.
PLACES: dict[str, tuple[float, float]] = {
    "neighbours who have it": (0.3, 7.3),
    "low-carbon equipment": (2.5, 7.9),
    "low-carbon investment": (2.5, 5.6),
    "loans granted": (0.2, 5.6),
    "loans outstanding": (0.5, 4.1),
    "subsidies_paid": (1.9, 3.3),
    "public_budget": (3.6, 3.9),
    "surplus of firms": (4.6, 5.3),
    "gdp": (6.2, 5.3),
    "reputation": (6.6, 7.2),
    "green_attraction": (5.8, 6.3),
    "emissions_net": (5.1, 8.2),
    "energy used": (7.3, 6.2),
    "floor_area": (7.6, 4.5),
    "port_throughput": (8.7, 7.4),
    "port_capacity": (8.8, 5.8),
    "population": (6.5, 3.6),
    "urban_green_area": (9.7, 3.2),
    "forest_area": (9.9, 8.5),
    "carbon_sinks": (7.6, 8.5),
    "rooftop PV": (4.6, 2.0),
    "room on feeders": (6.6, 1.7),
    "grid reinforcement": (8.6, 1.1),
    "local_pv_built": (2.4, 1.9),
    "local_learning_pv": (3.5, 0.4),
    "ground PV": (0.4, 2.3),
    "surplus hours": (1.7, -0.1),
    "solar_value_ratio": (-0.1, 0.7),
}
LABELS = {
    "gdp": "output (GDP)",
    "emissions_net": "net CO2",
    "local_learning_pv": "cost factor of\nlocal experience",
    "local_pv_built": "PV built\nin the park",
    "solar_value_ratio": "value of a\nMWh of PV",
    "reputation": "green reputation",
    "green_attraction": "services\nattracted",
    "low-carbon investment": "low-carbon\ninvestment",
    "low-carbon equipment": "low-carbon\nequipment",
    "neighbours who have it": "neighbours\nwho have it",
    "subsidies_paid": "subsidies paid",
    "loans outstanding": "loans\noutstanding",
    "grid reinforcement": "grid\nreinforcement",
}
STOCK_NAMES = frozenset({stock.name for stock in STOCKS} | {"public_budget", "loans outstanding", "floor_area"})


def all_links() -> tuple[Link, ...]:
    """Drivers of the declared stocks, then ``LINKS``."""
    drivers = [Link(cause, stock.name, sign, "sim.stocks:STOCKS") for stock in STOCKS for cause, sign in stock.drivers]
    return (*drivers, *LINKS)


def graph() -> nx.DiGraph[str]:
    """Directed graph of all links with their signs."""
    import networkx as nx

    made: nx.DiGraph[str] = nx.DiGraph()
    for link in all_links():
        made.add_edge(link.cause, link.effect, sign=link.sign, code=link.code)
    return made


def sign_of(loop: Loop) -> str:
    """``+`` for a loop that reinforces itself, ``-`` for one that balances; KeyError if a link is missing."""
    links = graph()
    ends = (*loop.places[1:], loop.places[0])
    signs = [links.edges[cause, effect]["sign"] for cause, effect in zip(loop.places, ends, strict=True)]
    return "-" if signs.count("-") % 2 else "+"


def missing_code(links: Iterable[Link] = LINKS) -> list[str]:
    """Code that links name and that does not exist."""
    missing = []
    for link in links:
        module, name = link.code.split(":")
        try:
            found = hasattr(importlib.import_module(module), name)
        except ImportError:
            found = False
        if not found:
            missing.append(f"{link.cause} -> {link.effect}: {link.code}")
    return sorted(missing)


def fingerprint() -> str:
    """Short hash of everything drawn, stored in the picture so that a stale one is noticed."""
    content = repr((all_links(), [(loop, sign_of(loop)) for loop in LOOPS], sorted(PLACES.items())))
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def colours() -> dict[tuple[str, str], str]:
    """Colour of each link that belongs to a named loop; the first loop wins."""
    found: dict[tuple[str, str], str] = {}
    for loop in LOOPS:
        for pair in zip(loop.places, (*loop.places[1:], loop.places[0]), strict=True):
            found.setdefault(pair, loop.colour)
    return found


def places() -> dict[str, tuple[float, float]]:
    """Where each place stands; places without one are lined up at the bottom."""
    names = {name for link in all_links() for name in (link.cause, link.effect)}
    unknown = sorted(names - PLACES.keys())
    return {name: PLACES[name] for name in PLACES if name in names} | {
        name: (1.8 * column, -1.3) for column, name in enumerate(unknown)
    }


def draw_loops(svg: Path, png: Path) -> None:
    """Write the diagram; the SVG carries the fingerprint."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    with matplotlib.rc_context({"svg.hashsalt": "lingtan", "font.family": "DejaVu Sans", "font.size": 8.5}):
        figure, axis = plt.subplots(figsize=(12.4, 9.2), layout="constrained")
        where, coloured = places(), colours()
        boxes = {name: draw_place(axis, name, x, y) for name, (x, y) in where.items()}
        axis.set_xlim(-0.9, 10.6)
        axis.set_ylim(-0.7 if not set(where) - PLACES.keys() else -1.7, 8.8)
        figure.canvas.draw()  # boxes have a size only once drawn; arrows end at their edges
        for link in all_links():
            colour = coloured.get((link.cause, link.effect))
            ends = (where[link.cause], where[link.effect])
            draw_link(axis, ends, (boxes[link.cause], boxes[link.effect]), link.sign, colour)
        for loop in LOOPS:
            axis.plot([], [], color=loop.colour, linewidth=2.2, label=f"{loop.name} ({sign_of(loop)})")
        axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.01), ncols=5, frameon=False, fontsize=8.5)
        axis.set_title(
            "Feedback loops; boxes are stocks; + moves the same way, \N{MINUS SIGN} the other way", loc="left"
        )
        axis.axis("off")
        figure.savefig(svg, metadata={"Date": None, "Description": f"links {fingerprint()}"})
        figure.savefig(png, dpi=130, metadata={"Software": "Lingtan"})
        plt.close(figure)


def draw_place(axis: Any, name: str, x: float, y: float) -> Any:
    """A stock in a box, everything else as text; returns the box."""
    stock = name in STOCK_NAMES
    label = LABELS.get(name, name.replace("_", " "))
    box = {
        "boxstyle": "round,pad=0.32" if stock else "round,pad=0.2",
        "facecolor": "#F4F1E8" if stock else "white",
        "edgecolor": "#444444" if stock else "none",
        "linewidth": 1.0,
    }
    weight = "bold" if stock else "normal"
    return axis.text(x, y, label, ha="center", va="center", bbox=box, zorder=3, weight=weight).get_bbox_patch()


def draw_link(
    axis: Any,
    ends: tuple[tuple[float, float], tuple[float, float]],
    boxes: tuple[Any, Any],
    sign: str,
    colour: str | None,
) -> None:
    """A curved arrow with its sign near the head, on the outer side of the curve."""
    bend = 0.18
    start, end = ends
    axis.annotate(
        "",
        end,
        start,
        arrowprops={
            "arrowstyle": "-|>",
            "connectionstyle": f"arc3,rad={bend}",
            "color": colour or "#BBBBBB",
            "linewidth": 1.7 if colour else 1.0,
            "patchA": boxes[0],
            "patchB": boxes[1],
            "shrinkA": 2,
            "shrinkB": 3,
            "mutation_scale": 11,
        },
        zorder=2 if colour else 1,
    )
    along, across = (end[0] - start[0], end[1] - start[1]), (end[1] - start[1], start[0] - end[0])
    length = math.hypot(*along)
    # the point at 68 % of the quadratic curve whose middle is pulled aside by ``bend``, then a little further out
    t, out = 0.68, 2.0 * 0.68 * 0.32 * bend + 0.13 / length
    axis.text(
        start[0] + t * along[0] + out * across[0],
        start[1] + t * along[1] + out * across[1],
        "+" if sign == "+" else "\N{MINUS SIGN}",
        color=colour or "#888888",
        ha="center",
        va="center",
        fontsize=11,
        weight="bold",
        zorder=4,
    )
