"""The way itself, edge by edge: a plain search from one place to another that remembers its steps.

The matrix needs no ways, only minutes; one trip at a time is wanted in order to explain it. The
search is Dijkstra's with a heap, in the direction of travel, on the same deciseconds.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eh_access.network.cost import edge_cost
from eh_access.network.model import CLOSED_DS
from eh_access.routing.trips import along_one_edge, ends_of, offset_ds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eh_access.modes import TravelMode
    from eh_access.network.model import Network
    from eh_access.network.snapping import Snapped


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of one edge that is travelled."""

    edge: int  # its number
    # where on the edge it begins and ends, 0 at ``edge_from`` and 1 at ``edge_to``; travelled
    # against the edge where ``start`` is larger
    start: float
    end: float
    ds: int  # deciseconds

    @property
    def ahead(self) -> bool:
        """Whether it is travelled from ``edge_from`` towards ``edge_to``."""
        return self.end >= self.start

    def metres(self, network: Network) -> float:
        """Metres along the street."""
        return float(network.length_m[self.edge]) * abs(self.end - self.start)


@dataclass(frozen=True, slots=True)
class Way:
    """A way from one place to another."""

    # stretches of street in the order of travel; empty where both places are the same
    pieces: tuple[Piece, ...]
    start_ds: int  # deciseconds walked between the first place and its street, and the last
    end_ds: int

    @property
    def ds(self) -> int:
        """Deciseconds from door to door."""
        return self.start_ds + sum(piece.ds for piece in self.pieces) + self.end_ds


@dataclass(frozen=True, slots=True)
class _Place:
    """A place on a street."""

    edge: int
    fraction: float


@dataclass(frozen=True, slots=True)
class _End:
    """An end of the street a place lies on (0 or 1), and the deciseconds between."""

    end: float
    ds: int


@dataclass(frozen=True, slots=True)
class _Arcs:
    """Arcs in the direction of travel, in compressed rows, with the edge each stands for."""

    start: list[int]
    tail: list[int]
    head: list[int]
    ds: list[int]
    edge: list[int]
    ahead: list[bool]


def find_way(network: Network, mode: TravelMode, first: Snapped, last: Snapped) -> Way | None:
    """Find the quickest way between two places."""
    cost = edge_cost(network, mode)
    walk_ds_per_m = 36.0 / mode.walk_speed_km_h
    walks = [int(offset_ds(place, walk_ds_per_m)[0]) for place in (first, last)]
    here, there = (_Place(int(at.edge[0]), float(at.fraction[0])) for at in (first, last))
    direct_ds = int(along_one_edge(cost, first, last, "to_sites")[0, 0])
    seeds = _by_node(*ends_of(network, cost, first, leaving=True))
    goals = _by_node(*ends_of(network, cost, last, leaving=False))
    arcs = _arcs(network, mode)
    found = _search(arcs, seeds, goals, best_ds=direct_ds)
    if found is None and direct_ds >= CLOSED_DS:
        return None
    if found is None:
        return Way(_real([Piece(here.edge, here.fraction, there.fraction, direct_ds)]), *walks)
    begin, steps, end = found
    pieces = [
        Piece(here.edge, here.fraction, seeds[begin].end, seeds[begin].ds),
        *(
            Piece(arcs.edge[k], 0.0 if arcs.ahead[k] else 1.0, float(arcs.ahead[k]), arcs.ds[k])
            for k in steps
        ),
        Piece(there.edge, goals[end].end, there.fraction, goals[end].ds),
    ]
    return Way(_real(pieces), *walks)


def _real(pieces: list[Piece]) -> tuple[Piece, ...]:
    """Leave out ends of no length at a crossing; gates have no length either but lead somewhere."""
    return tuple(piece for piece in pieces if piece.start != piece.end)


def _by_node(nodes: NDArray[np.int32], ds: NDArray[np.int32]) -> dict[int, _End]:
    """Return, for each node beside a place, the quicker of the ends that touch it."""
    best: dict[int, _End] = {}
    for end, (node, cost) in enumerate(zip(nodes[0].tolist(), ds[0].tolist(), strict=True)):
        if node >= 0 and (node not in best or cost < best[node].ds):
            best[node] = _End(float(end), cost)
    return best


def _arcs(network: Network, mode: TravelMode) -> _Arcs:
    """Return the arcs a mode may use; of parallel ones the quickest comes first."""

    def make() -> _Arcs:
        cost = edge_cost(network, mode)
        every = np.arange(network.edge_count)
        tail = np.concatenate([network.edge_from, network.edge_to])
        head = np.concatenate([network.edge_to, network.edge_from])
        ds = np.concatenate([cost.forward_ds, cost.backward_ds])
        edge = np.concatenate([every, every])
        ahead = np.repeat([True, False], len(every))
        order = np.lexsort((edge, ds, head, tail))
        order = order[ds[order] < CLOSED_DS]
        counts = np.bincount(tail[order], minlength=network.node_count)
        start = np.concatenate([[0], np.cumsum(counts)])
        columns = (array[order].tolist() for array in (tail, head, ds, edge, ahead))
        return _Arcs(start.tolist(), *columns)

    return network.remember(("route_arcs", mode), make)


def _search(
    arcs: _Arcs, seeds: dict[int, _End], goals: dict[int, _End], *, best_ds: int
) -> tuple[int, list[int], int] | None:
    """Return the first node, the arcs and the last node of a way quicker than ``best_ds``."""
    # Every node is settled once, the lower number first of those reached at the same time, and
    # its way in is never changed to one as quick: the same trip always gives the same way.
    reached = {node: seed.ds for node, seed in seeds.items()}
    came_by: dict[int, int] = {}
    waiting = [(ds, node) for node, ds in reached.items()]
    heapq.heapify(waiting)
    best: int | None = None
    while waiting:
        here_ds, node = heapq.heappop(waiting)
        if here_ds >= best_ds:
            break
        if here_ds > reached[node]:
            continue
        if node in goals and here_ds + goals[node].ds < best_ds:
            best, best_ds = node, here_ds + goals[node].ds
        for k in range(arcs.start[node], arcs.start[node + 1]):
            there_ds = here_ds + arcs.ds[k]
            head = arcs.head[k]
            if there_ds < reached.get(head, CLOSED_DS):
                reached[head] = there_ds
                came_by[head] = k
                heapq.heappush(waiting, (there_ds, head))
    if best is None:
        return None
    steps: list[int] = []
    node = best
    while node in came_by:
        steps.append(came_by[node])
        node = arcs.tail[steps[-1]]
    return node, steps[::-1], best
