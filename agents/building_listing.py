"""Land listings (G1): how much floor area is opened a year, and what its owners propose (MODEL 3).

The rate in force is fixed at land listing; the owner proposes the reduction of least expected cost over G1..G5.
"""

from __future__ import annotations

from agents.building_population import developer_share, draw_owner
from agents.building_rows import advance
from agents.compiled import rule
from agents.embodied import reclaimed_cover
from agents.fields import Records
from agents.gates import proposed_reduction, unasked_reduction


@rule
def cost_factor(p: Records, last: Records, year: int) -> float:
    """Factor on the extra cost of reduction from the material reclaimed last year."""
    if year < 1:
        return 1.0
    return 1.0 - p.reuse_cost_saving * reclaimed_cover(p, last)


@rule
def open_project(
    b: Records,
    t: Records,
    p: Records,
    signals: Records,
    g: Records,
    seed: int,
    year: int,
    area: float,
    saving: float,
) -> None:
    """A land listing opens a project: the rate in force is fixed, and the owner proposes (MODEL 3).

    ``saving`` is S in yuan/m2 per unit of reduction; identity and type are set before.
    """
    b.area = area
    draw_owner(b, t, p, seed)
    b.listed_rate = signals.lifecycle_rate_required
    b.listed_binding = 1 if signals.lifecycle_binding > 0.5 else 0
    b.caught_at, b.lost_years, b.penalty, b.funded, b.achieved_rate = 0, 0, 0.0, 0, 0.0
    linear, quadratic = p.lifecycle_cost_linear * g.factor, p.lifecycle_cost_quadratic * g.factor
    kept = saving * developer_share(b, t, p, seed)
    if b.listed_binding > 0:
        b.design_rate = proposed_reduction(b.listed_rate, kept, linear, quadratic, g.checks, g.late, g.delay)
    else:
        b.design_rate = unasked_reduction(kept, linear, quadratic)
    advance(b, year)


@rule
def floor_area_to_list(demand: float, before: float, held: float, lost: float, lead: float, block: float) -> float:
    """Floor area to list this year, m2: what demand ahead and this year's demolition leave open; no less than a block.

    ``before`` is last year's demand, ``held`` floor area in operation or under way, ``lost`` what came down this year,
    ``lead`` the years for which developers list ahead.
    """
    growth = max(0.0, demand / before - 1.0) if before > 0.0 else 0.0
    wanted = demand * (1.0 + growth) ** lead + lost * lead - held
    return wanted if wanted >= block else 0.0
