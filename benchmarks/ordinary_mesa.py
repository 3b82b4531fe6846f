"""The investment choice of firms (MODEL 1) as an ordinary Mesa 3.3 model: one Python object a firm.

Written as a competent Mesa user would: agents are activated with ``AgentSet.do`` in two phases, so that all choose by
what neighbours used last year; each keeps a list of its neighbours; what all share is worked out once a year by the
model, numbers are plain Python floats, and nothing is collected while the clock runs.
"""

from __future__ import annotations

from typing import Any

import mesa

from agents.fields import Floats
from benchmarks.market import OPTIONS, Market, Population

OUT_OF_REACH = 1e12
LEAST_DISCOUNT = 0.01


class Firm(mesa.Agent):
    """A firm with one heat system, its neighbours and its tastes by equipment cycle."""

    def __init__(self, model: FirmChoice, firms: Population, index: int, tastes: list[list[float]]) -> None:
        super().__init__(model)
        self.heat = float(firms.heat[index])
        self.site = float(firms.site[index])
        self.hurdle_rate = float(firms.hurdle_rate[index])
        self.attitude = float(firms.attitude[index])
        self.wear = float(firms.wear[index])
        self.technology = int(firms.technology[index])
        self.end_of_life = int(firms.end_of_life[index])
        self.lifetime = int(firms.lifetime[index])
        self.tastes = tastes
        self.cycle = 0
        self.neighbours: list[Firm] = []
        self.wanted: int | None = None

    def choose(self) -> None:
        """Weigh the options if there is an occasion, and note the one of highest utility."""
        model = self.model
        ending = self.end_of_life <= model.year
        if not (ending or model.review):
            self.wanted = None
            return
        using = [0] * OPTIONS
        for neighbour in self.neighbours:
            using[neighbour.technology] += 1
        per_neighbour = model.peer_weight / max(1, len(self.neighbours))
        discount = max(LEAST_DISCOUNT, self.hurdle_rate + model.loan_effect)
        heat, site, present = self.heat, self.site, self.technology
        costs = [
            heat * (site * capex * (discount / (1.0 - (1.0 + discount) ** -life) + fixed) + energy)
            for capex, life, fixed, energy in model.offers
        ]
        running = heat * (site * model.upkeep[present] + self.wear * model.energy_cost[present])
        cost_weight = model.cost_weight / (costs[present] - heat * model.carbon_cost[present])
        if not ending:  # a retrofit must undercut with its full cost the running cost of what stands
            costs = [cost if cost < running else OUT_OF_REACH for cost in costs]
            costs[present] = running
        green = model.attitude_weight * self.attitude
        utilities = [
            taste + per_neighbour * users + green * low_carbon - cost_weight * cost
            for taste, users, low_carbon, cost in zip(
                self.tastes[self.cycle], using, model.low_carbon, costs, strict=True
            )
        ]
        best = utilities.index(max(utilities))
        self.wanted = best if ending or best != present else None

    def adopt(self) -> None:
        """Install what was chosen."""
        if self.wanted is not None:
            self.technology = self.wanted
            self.end_of_life = self.model.year + self.lifetime
            self.wear = 1.0
            self.cycle += 1


class FirmChoice(mesa.Model):
    """Firms that renew their heat systems; ``review`` lets every firm weigh its options every year."""

    def __init__(self, market: Market, firms: Population, tastes: Floats, review: bool) -> None:
        super().__init__(seed=1)
        self.market = market
        self.review = review
        self.year = 0
        self.cost_weight, self.peer_weight, self.attitude_weight = market.weights.tolist()
        self.low_carbon = market.low_carbon.tolist()
        start, neighbour = firms.network.start.tolist(), firms.network.neighbour.tolist()
        made = [Firm(self, firms, index, tastes[index].tolist()) for index in range(len(firms.heat))]
        for index, firm in enumerate(made):
            firm.neighbours = [made[other] for other in neighbour[start[index] : start[index + 1]]]

    def step(self) -> None:
        """One year: look up what all firms face, then choose, then install."""
        self.year += 1
        market = self.market
        capex = market.capex[self.year].tolist()
        fixed = market.fixed_cost.tolist()
        self.energy_cost = market.energy_cost[self.year].tolist()
        self.carbon_cost = market.carbon_cost[self.year].tolist()
        self.loan_effect = float(market.loan_effect[self.year])
        self.offers = list(zip(capex, market.life.tolist(), fixed, self.energy_cost, strict=True))
        self.upkeep = [cost * share for cost, share in zip(capex, fixed, strict=True)]
        self.agents.do("choose")
        self.agents.do("adopt")

    def technologies(self) -> list[Any]:
        """What every firm uses now."""
        return list(self.agents.get("technology"))
