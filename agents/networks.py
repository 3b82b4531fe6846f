"""Who sees whose equipment: a peer network, spatial and by sector, built with networkx, run as CSR arrays.

Neighbours matter within some 200 m (peer_range); in a park that is the same sub-district and street. Sector ties stand
for suppliers, trade associations and customers. The network is shared by all runs of a seed.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import networkx as nx
import numpy as np

from agents.axes import Stream
from agents.compiled import rule
from agents.draws import uniforms
from agents.fields import Floats, Ids, Integers, Quantity

COUNT_BITS = 8  # a number of neighbours takes 8 bits of a word: seven numbers a word
MOST_NEIGHBOURS = 2**COUNT_BITS - 1

shared = partial(Quantity, whole=True, role="shared")  # the network is drawn once a park

PARAMETERS: list[Quantity] = [
    shared("peer_spatial_ties", "1", "nearest agents of the sub-district that an agent looks at"),
    shared("peer_sector_ties", "1", "agents of the same sector that an agent knows"),
]


class PeerNetwork(NamedTuple):
    """Undirected network as CSR: the neighbours of agent a are neighbour[start[a]:start[a + 1]]."""

    start: Integers  # [agents + 1]
    neighbour: Ids  # [ties]
    feeder: Integers  # [agents]
    sub_district: Integers  # [agents]
    sector: Integers  # [agents] sector of the base year


def counts_by_share(shares: Floats, number: int) -> Integers:
    """Whole numbers that sum to ``number`` in proportion to ``shares`` (largest remainder); none of a positive share
    is left empty where the number allows."""
    exact = np.asarray(shares, dtype=np.float64) / np.sum(shares) * number
    counts = np.floor(exact).astype(np.int64)
    for row in np.argsort(-(exact - counts), kind="stable")[: number - int(counts.sum())]:
        counts[row] += 1
    for row in np.flatnonzero((counts == 0) & (np.asarray(shares) > 0.0)):
        if counts.max() > 1:
            counts[int(np.argmax(counts))] -= 1
            counts[row] += 1
    return counts


def peer_graph(
    sector: Integers, sub_district: Integers, position: Floats, tie: Floats, spatial: int, within_sector: int
) -> nx.Graph[int]:
    """Graph of ties: each agent with its ``spatial`` nearest in its sub-district and ``within_sector`` of its sector.

    ``position`` [agents, 2] lies inside the sub-district; ``tie`` [agents, within_sector] are uniform draws.
    """
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(len(sector)))
    for place in np.unique(sub_district):
        members = np.flatnonzero(sub_district == place)
        distance = np.linalg.norm(position[members, None] - position[None, members], axis=2)
        nearest = np.argsort(distance, axis=1, kind="stable")[:, 1 : spatial + 1]
        graph.add_edges_from(
            (int(members[row]), int(members[column])) for row in range(len(members)) for column in nearest[row]
        )
    for kind in np.unique(sector):
        members = np.flatnonzero(sector == kind)
        for agent in members:
            for draw in range(within_sector):
                other = int(members[int(tie[agent, draw] * len(members))])
                if other != agent:
                    graph.add_edge(int(agent), other)
    return graph


def peer_network(
    sector: Integers, feeder_sub_district: Integers, seed: int, spatial: int, within_sector: int
) -> PeerNetwork:
    """Peer network of ``len(sector)`` agents, each on a drawn feeder; the same for the same seed for ever.

    ``feeder_sub_district`` [feeders] gives the sub-district of each feeder; spatial neighbours share a sub-district.
    """
    agents = len(sector)
    key = np.array([seed], dtype=np.int64)

    def drawn(draw: int) -> Floats:
        return np.asarray(uniforms(key, agents, 0, int(Stream.NETWORK), draw)[0])

    feeders = np.asarray(feeder_sub_district, dtype=np.int64)
    feeder = (drawn(0) * len(feeders)).astype(np.int64)
    sub_district = feeders[feeder]
    position = np.stack([drawn(1), drawn(2)], axis=1)
    tie = np.stack([drawn(3 + draw) for draw in range(max(1, within_sector))], axis=1)
    graph = peer_graph(np.asarray(sector), sub_district, position, tie, spatial, within_sector)
    matrix = nx.to_scipy_sparse_array(graph, nodelist=range(agents), format="csr")
    matrix.sort_indices()
    start, neighbour = matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32)
    if np.diff(start).max(initial=0) > MOST_NEIGHBOURS:
        raise ValueError(f"an agent has more than {MOST_NEIGHBOURS} neighbours: ask for fewer ties")
    return PeerNetwork(start, neighbour, feeder, sub_district, np.asarray(sector, dtype=np.int64))


@rule
def mark(place: int) -> int:
    """What a user of the thing at ``place`` (0 to 6) shows: one in that number of the word."""
    return 1 << (COUNT_BITS * int(place))


@rule
def count_of(seen: int, place: int) -> float:
    """How many neighbours use the thing at ``place``; ``seen`` is the sum of the words that they show."""
    return float((seen >> (COUNT_BITS * place)) & MOST_NEIGHBOURS)


@rule
def tell_neighbours(start: Integers, neighbour: Ids, agent: int, change: int, seen: Integers) -> None:
    """What an agent shows has changed: its neighbours' sums ``seen`` [agents] change by as much.

    Sums are kept up to date by the few who change, so that nobody walks along all ties every year.
    """
    for tie in range(start[agent], start[agent + 1]):
        seen[neighbour[tie]] += change


@rule
def tell_neighbours_both(start: Integers, neighbour: Ids, agent: int, first: int, second: int, seen: Integers) -> None:
    """``tell_neighbours`` where agents show two words; ``seen`` [agents, 2]."""
    for tie in range(start[agent], start[agent + 1]):
        seen[neighbour[tie], 0] += first
        seen[neighbour[tie], 1] += second
