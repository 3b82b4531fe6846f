"""The generated documentation says what the model declares, and every link of the causal-loop diagram has code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from experiments import documentation
from experiments.causal_loops import LINKS, LOOPS, PLACES, Link, all_links, missing_code, sign_of
from sim.declarations import declarations
from sim.parks import ParkData, load_park
from sim.stocks import STOCKS

ROOT = Path(__file__).resolve().parent.parent
SIGNS = {
    "peer diffusion": "+",
    "local learning": "+",
    "green reputation": "+",
    "growth of activity": "-",
    "hosting capacity": "-",
    "reinforcement": "-",
    "credit limits": "-",
    "price cannibalisation of PV": "-",
    "public budget": "-",
    "port growth": "+",
}


@pytest.fixture(scope="module")
def park() -> ParkData:
    return load_park("meishan")


@pytest.fixture(scope="module")
def made(park: ParkData) -> dict[str, str]:
    return documentation.pages(park)


def test_generated_files_are_up_to_date(made: dict[str, str]) -> None:
    """If this fails: ``python -m experiments.documentation``."""
    assert documentation.stale(documentation.FOLDER, made) == []


def test_every_declared_name_is_documented(made: dict[str, str]) -> None:
    declared = declarations()
    for page, names in {
        "parameters.md": declared.parameters,
        "series.md": declared.series,
        "signals.md": declared.signals,
        "outcomes.md": declared.outcomes,
        "tables.md": declared.tables,
    }.items():
        text = made[page]
        missing = [name for name in names if f"`{name}`" not in text and f"## {name}.csv" not in text]
        assert missing == [], page


def test_values_shown_are_the_parks(made: dict[str, str], park: ParkData) -> None:
    value = park.parameters["choice_peer_weight"]
    row = next(line for line in made["parameters.md"].splitlines() if line.startswith("| `choice_peer_weight`"))
    assert f"| {value.low:g} | {value.central:g} | {value.high:g} | {value.grade} |" in row


def test_populations_are_found_by_their_fields() -> None:
    found = documentation.populations()
    assert {"Firms", "Buildings", "Borrowers", "Operators", "Developers"} <= found.keys()
    assert "World" not in found  # arrays that stages share, not agents


def test_rows_survive_the_table(made: dict[str, str]) -> None:
    """A stray bar in a note would shift a row's cells."""
    for page, text in made.items():
        width = None
        for line in text.splitlines():
            if not line.startswith("|"):
                width = None
                continue
            bars = line.replace("\\|", "").count("|")
            width = width or bars
            assert bars == width, f"{page}: {line}"


def test_a_stale_page_is_noticed(tmp_path: Path, made: dict[str, str]) -> None:
    folder = tmp_path / "generated"
    documentation.write(folder, made)
    assert documentation.stale(folder, made) == []
    (folder / "signals.md").write_text("old", encoding="utf-8")
    (folder / "causal_loops.svg").write_text("old", encoding="utf-8")
    assert documentation.stale(folder, made) == ["signals.md is stale", "causal_loops.svg is missing or stale"]


def test_links_name_code_that_exists() -> None:
    assert missing_code() == []
    ghost = Link("a", "b", "+", "agents.firm:no_such_rule")
    assert missing_code([*LINKS, ghost]) == ["a -> b: agents.firm:no_such_rule"]


def test_loops_close_and_have_the_sign_of_their_links() -> None:
    assert {loop.name: sign_of(loop) for loop in LOOPS} == SIGNS


def test_every_stock_and_driver_is_in_the_diagram() -> None:
    shown = {name for link in all_links() for name in (link.cause, link.effect)}
    assert {stock.name for stock in STOCKS} <= shown
    assert shown <= PLACES.keys(), "give it a place in experiments.causal_loops.PLACES"


def test_the_example_scenario_has_no_faults(tmp_path: Path) -> None:
    from experiments.scenario import check_scenario

    page = (ROOT / "docs" / "scenarios.md").read_text(encoding="utf-8")
    example = tmp_path / "example.yaml"
    example.write_text(page.partition("```yaml\n")[2].partition("```")[0], encoding="utf-8")
    assert check_scenario(example) == []


@pytest.mark.parametrize("page", sorted((ROOT / "docs").rglob("*.md")), ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
