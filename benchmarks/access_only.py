"""How wrong driving times are because access-only streets may be driven through, on Newport.

    python benchmarks/access_only.py [--pairs 10000]

A street for access only (``access=destination``, ``customers``) may be driven to reach what lies on
it, not to get through. What a street costs cannot say that, so the library drives through. Here
trips are routed twice by scipy: as the library does, and on a graph in which a trip that has
entered such streets cannot leave them, and one that begins on them must leave before it enters
others. Printed for the tagged streets, and for those with driveways, alleys and car parks too.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import dijkstra

from eh_access import DRIVE, load_origins, load_sites, read_network
from eh_access.network.cost import edge_cost
from eh_access.network.snapping import snap
from turn_restrictions import SEED, Arcs, arcs_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eh_access.network.model import Network

KEYS = ("access", "vehicle", "motor_vehicle", "motorcar")
VALUES = frozenset({"destination", "customers", "delivery"})
YARDS = frozenset({"driveway", "parking_aisle", "alley", "drive-through"})
LONGER_S = 0.5
"""Seconds from which a trip is called longer: above what scipy's tiny arcs add up to."""

LEAST = 1e-3
"""Deciseconds of an arc that costs nothing: scipy takes a stored 0 for no arc."""


def access_only(network: Network, *, yards: bool) -> NDArray[np.bool_]:
    """Tell which edges are for access only; the most special tag decides."""
    found = []
    for tags in network.tag_sets:
        told = [tags[key] for key in KEYS if key in tags]
        by_tag = bool(told) and told[-1] in VALUES
        found.append(by_tag or (yards and tags.get("service", "") in YARDS))
    return np.array(found, dtype=bool)[network.edge_tags]


def graph_of(tail: Any, head: Any, ds: Any, size: int) -> csr_array:
    """Return arcs as scipy wants them: of parallel ones the quickest."""
    weight = np.maximum(np.asarray(ds, dtype=float), LEAST)
    order = np.lexsort((weight, head, tail))
    tail, head, weight = tail[order], head[order], weight[order]
    first = np.ones(len(tail), dtype=bool)
    first[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
    return coo_array((weight[first], (tail[first], head[first])), shape=(size, size)).tocsr()


def no_through(arcs: Arcs, special: NDArray[np.bool_], size: int) -> csr_array:
    """Return a graph of three layers: leaving where one begins, on the way, arriving.

    Access-only arcs exist in the first layer and in the last, all others in the middle one; one
    may pass from each layer to the next anywhere for nothing. A trip is thus at most a stretch of
    access-only streets, then others, then a stretch of access-only streets again.
    """
    own = special[arcs.edge]
    nodes = np.arange(size)
    tail = np.concatenate([arcs.tail[own], arcs.tail[~own] + size, arcs.tail[own] + 2 * size])
    head = np.concatenate([arcs.head[own], arcs.head[~own] + size, arcs.head[own] + 2 * size])
    ds = np.concatenate([arcs.ds[own], arcs.ds[~own], arcs.ds[own]])
    tail = np.concatenate([tail, nodes, nodes + size])
    head = np.concatenate([head, nodes + size, nodes + 2 * size])
    ds = np.concatenate([ds, np.zeros(2 * size)])
    return graph_of(tail, head, ds, 3 * size)


def through_metres(
    network: Network, arcs: Arcs, special: NDArray[np.bool_], starts: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return metres in all, and metres on access-only streets, of the library's quickest trips."""
    size = network.node_count
    graph = graph_of(arcs.tail, arcs.head, arcs.ds, size)
    _, before = dijkstra(graph, indices=starts, return_predecessors=True)
    quickest: dict[tuple[int, int], int] = {}
    for arc in np.argsort(arcs.ds, kind="stable")[::-1].tolist():
        quickest[int(arcs.tail[arc]), int(arcs.head[arc])] = int(arcs.edge[arc])
    whole, within = np.zeros(before.shape), np.zeros(before.shape)
    costs = dijkstra(graph, indices=starts)
    for row in range(len(starts)):
        for node in np.argsort(costs[row], kind="stable").tolist():
            last = int(before[row, node])
            if last < 0:
                continue
            edge = quickest[last, node]
            whole[row, node] = whole[row, last] + network.length_m[edge]
            within[row, node] = within[row, last] + network.length_m[edge] * special[edge]
    return whole, within


def told(name: str, free: NDArray[Any], bound: NDArray[Any]) -> str:
    """Return one row of the table: how much longer trips take when nobody drives through."""
    both = np.isfinite(free) & np.isfinite(bound)
    more = (bound - free)[both]
    return (
        f"| {name} | {both.sum():,} | {np.median(free[both]) / 60:.1f} min | "
        f"{(more > LONGER_S).mean():.1%} | {np.quantile(more, 0.9):.0f} s | "
        f"{np.quantile(more, 0.99):.0f} s | {more.max():.0f} s | "
        f"{more.sum() / free[both].sum():.2%} | "
        f"{int((np.isfinite(free) & ~np.isfinite(bound)).sum())} |"
    )


def measure(pairs: int, *, yards: bool) -> list[str]:
    """Return the rows for one reading of what is for access only."""
    network = read_network("newport")
    size, arcs = network.node_count, arcs_of(network)
    special = access_only(network, yards=yards)
    driven = np.unique(arcs.edge)
    km = network.length_m[driven][special[driven]].sum() / 1000
    print(f"{km:.1f} of {network.length_m[driven].sum() / 1000:.1f} km")
    plain, strict = graph_of(arcs.tail, arcs.head, arcs.ds, size), no_through(arcs, special, size)
    rng = np.random.default_rng(SEED)
    cost = edge_cost(network, DRIVE)
    ends = np.unique(np.concatenate([network.edge_from[cost.main], network.edge_to[cost.main]]))
    side = round(pairs**0.5)
    start, goal = rng.choice(ends, side, replace=False), rng.choice(ends, side, replace=False)

    def both(from_: NDArray[np.int64]) -> tuple[NDArray[Any], NDArray[Any]]:
        return dijkstra(plain, indices=from_) / 10, dijkstra(strict, indices=from_)[
            :, 2 * size :
        ] / 10

    free, bound = both(start)
    rows = [told("random junction to random junction", free[:, goal], bound[:, goal])]
    whole, within = through_metres(network, arcs, special, start)
    through = bound[:, goal] > free[:, goal] + LONGER_S
    metres = np.where(through, within[:, goal], 0.0).sum() / whole[:, goal].sum()
    print(f"random trips that drive through: {metres:.2%} of all metres are on such streets")
    homes = snap(load_origins("newport_postcode").geometry, network, DRIVE)
    doors = snap(load_sites("newport_sites").geometry, network, DRIVE)
    sites = network.edge_from[doors.edge].astype(np.int64)
    at = network.edge_from[homes.edge[homes.edge >= 0]].astype(np.int64)
    free, bound = both(sites)
    rows.append(told("12 sites to every postcode", free[:, at], bound[:, at]))
    rows.append(told("the nearest of 12 sites", free[:, at].min(axis=0), bound[:, at].min(axis=0)))
    return rows


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pairs", type=int, default=10_000)
    pairs = parser.parse_args().pairs
    for yards, name in ((False, "tagged streets"), (True, "and driveways, alleys, car parks")):
        print(f"\n{name}: ", end="")
        rows = measure(pairs, yards=yards)
        print("| trips | number | median | longer | p90 | p99 | most | minutes | cut off |")
        print("|---|---|---|---|---|---|---|---|---|")
        print("\n".join(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
