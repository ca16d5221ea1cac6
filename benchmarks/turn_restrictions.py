"""How wrong driving times are for want of turn restrictions, measured on Newport.

    python benchmarks/turn_restrictions.py [--pairs 10000]

Reads the restrictions from the OpenStreetMap extract, routes random pairs of junctions by car with
and without them, and prints a table. The graph that honours them has a node for every street and
direction, so that what may follow what can be told. It also forbids turning round except at dead
ends, which the library's graph cannot do either.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

from eh_access import DRIVE, load_sites, read_network  # noqa: E402 - from this checkout
from eh_access.network.build import to_metres  # noqa: E402
from eh_access.network.cost import edge_cost  # noqa: E402
from eh_access.network.model import CLOSED_DS, Network  # noqa: E402
from eh_access.network.snapping import snap  # noqa: E402

if TYPE_CHECKING:
    from numpy.typing import NDArray

EXTRACT = ROOT.parent / "shared/data/newport/newport-2023-06-13.osm.pbf"
SEED = 20230612
FOR_CARS = ("restriction", "restriction:motor_vehicle", "restriction:motorcar")
SAME_PLACE_M = 0.05


@dataclass(frozen=True)
class Restriction:
    """From one way, over a node, no turn (or only a turn) into another way."""

    only: bool
    start_way: int
    via_xy: tuple[float, float]
    end_way: int


def read_restrictions(path: Path) -> tuple[list[Restriction], Counter[str]]:
    """Return the restrictions for cars over one node, and how many of each kind there are."""
    import osmium

    rows: list[tuple[bool, int, int, int]] = []
    counts: Counter[str] = Counter()
    for relation in osmium.FileProcessor(str(path), osmium.osm.RELATION):
        tags = dict(relation.tags)
        if not tags.get("type", "").startswith("restriction"):
            continue
        counts["relations"] += 1
        kind = next((tags[key] for key in FOR_CARS if key in tags), "")
        via = [member for member in relation.members if member.role == "via"]
        start = [m.ref for m in relation.members if m.role == "from" and m.type == "w"]
        end = [m.ref for m in relation.members if m.role == "to" and m.type == "w"]
        if not kind:
            counts["at certain times or for other vehicles"] += 1
        elif "motorcar" in tags.get("except", "") or "motor_vehicle" in tags.get("except", ""):
            counts["cars excepted"] += 1
        elif [member.type for member in via] != ["n"]:
            counts["over a way, not followed"] += 1
        elif not start or not end:
            counts["a member is missing"] += 1
        else:
            counts[kind] += 1
            only = kind.startswith("only")
            rows += [(only, a, via[0].ref, b) for a in start for b in end]
    wanted = {row[2] for row in rows}
    at: dict[int, tuple[float, float]] = {}
    for node in osmium.FileProcessor(str(path), osmium.osm.NODE):
        if node.id in wanted:
            x, y = to_metres(np.array([[node.location.lon], [node.location.lat]]), "EPSG:4326")
            at[node.id] = (float(x[0]), float(y[0]))
    return [Restriction(only, a, at[n], b) for only, a, n, b in rows if n in at], counts


@dataclass(frozen=True)
class Arcs:
    """Every street and direction a car may take."""

    tail: NDArray[np.int64]
    head: NDArray[np.int64]
    ds: NDArray[np.int64]
    edge: NDArray[np.int64]


def arcs_of(network: Network) -> Arcs:
    """Return the arcs of a network by car, with the library's own costs."""
    cost = edge_cost(network, DRIVE)
    edges = np.arange(network.edge_count)
    ahead, back = cost.forward_ds < CLOSED_DS, cost.backward_ds < CLOSED_DS
    return Arcs(
        np.concatenate([network.edge_from[ahead], network.edge_to[back]]).astype(np.int64),
        np.concatenate([network.edge_to[ahead], network.edge_from[back]]).astype(np.int64),
        np.concatenate([cost.forward_ds[ahead], cost.backward_ds[back]]).astype(np.int64),
        np.concatenate([edges[ahead], edges[back]]),
    )


def turns(network: Network, arcs: Arcs) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return every pair of arcs of which the second begins where the first ends."""
    order = np.argsort(arcs.tail, kind="stable")
    starts = np.searchsorted(arcs.tail[order], arcs.head, side="left")
    counts = np.searchsorted(arcs.tail[order], arcs.head, side="right") - starts
    first = np.repeat(np.arange(len(arcs.tail)), counts)
    within = np.arange(len(first)) - np.repeat(np.cumsum(counts) - counts, counts)
    second = order[np.repeat(starts, counts) + within]
    back = arcs.edge[first] == arcs.edge[second]
    leaving = np.bincount(arcs.tail, minlength=network.node_count)
    kept = ~back | (leaving[arcs.head[first]] == 1)  # turn round where the road ends
    return first[kept], second[kept]


def forbidden(
    network: Network,
    arcs: Arcs,
    rows: list[Restriction],
    pairs: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> tuple[NDArray[np.bool_], int]:
    """Tell which turns are forbidden, and how many of the restrictions were found on the map."""
    first, second = pairs
    way = network.edge_way
    banned = np.zeros(len(first), dtype=bool)
    found = 0
    for row in rows:
        gap = np.hypot(network.node_x - row.via_xy[0], network.node_y - row.via_xy[1])
        here = np.isin(arcs.head[first], np.flatnonzero(gap < SAME_PLACE_M))
        here &= way[arcs.edge[first]] == row.start_way
        into = way[arcs.edge[second]] == row.end_way
        hit = here & (~into if row.only else into)
        banned |= hit
        found += bool(hit.any())
    return banned, found


def from_nodes(
    network: Network,
    arcs: Arcs,
    pairs: tuple[NDArray[np.int64], NDArray[np.int64]],
    nodes: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Return seconds from some nodes to every node, (nodes, network nodes)."""
    first, second = pairs
    count = len(arcs.tail)
    start_of = [np.flatnonzero(arcs.tail == node) for node in nodes.tolist()]
    leaving = np.concatenate(start_of)
    source = count + np.repeat(np.arange(len(nodes)), [len(row) for row in start_of])
    weight = np.concatenate([arcs.ds[second], arcs.ds[leaving]]).astype(float)
    rows, columns = np.concatenate([first, source]), np.concatenate([second, leaving])
    size = count + len(nodes)
    # scipy takes a stored 0 for no arc: barriers passed for nothing cost a thousandth
    graph = coo_array((np.maximum(weight, 1e-3), (rows, columns)), shape=(size, size)).tocsr()
    found = dijkstra(graph, indices=count + np.arange(len(nodes)))[:, :count]
    out = np.full((len(nodes), network.node_count), np.inf)
    for row in range(len(nodes)):
        np.minimum.at(out[row], arcs.head, found[row])
        out[row, nodes[row]] = 0.0
    return out / 10


def told(name: str, free: NDArray[Any], bound: NDArray[Any]) -> None:
    """Print one row of the table: how much longer trips take with the restrictions."""
    both = np.isfinite(free) & np.isfinite(bound)
    more = (bound - free)[both]
    share = more / np.maximum(free[both], 1.0)
    cut_off = int((np.isfinite(free) & ~np.isfinite(bound)).sum())
    print(
        f"| {name} | {both.sum():,} | {np.median(free[both]) / 60:.1f} | {(more > 1).mean():.1%} | "
        f"{np.median(more):.0f} s | {np.quantile(more, 0.9):.0f} s | "
        f"{np.quantile(more, 0.99):.0f} s | {more.max():.0f} s | {share.mean():.2%} | {cut_off} |"
    )


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="What leaving out turn restrictions costs")
    parser.add_argument("--pairs", type=int, default=10_000)
    given = parser.parse_args()
    if not EXTRACT.exists():
        print(f"the extract is not here: {EXTRACT.relative_to(ROOT.parent)}")
        return 2
    network = read_network("newport")
    rows, counts = read_restrictions(EXTRACT)
    print(", ".join(f"{kind}: {count}" for kind, count in sorted(counts.items())))
    arcs = arcs_of(network)
    every = turns(network, arcs)
    banned, found = forbidden(network, arcs, rows, every)
    print(f"{found} of {len(rows)} forbid a turn on the map, {banned.sum()} turns of {len(banned)}")
    allowed = (every[0][~banned], every[1][~banned])

    size = network.node_count
    rng = np.random.default_rng(SEED)
    cost = edge_cost(network, DRIVE)
    ends = np.unique(np.concatenate([network.edge_from[cost.main], network.edge_to[cost.main]]))
    side = round(given.pairs**0.5)
    start, goal = rng.choice(ends, side, replace=False), rng.choice(ends, side, replace=False)
    weight = np.maximum(arcs.ds, 1e-3)
    order = np.lexsort((weight, arcs.head, arcs.tail))
    tail, head, weight = arcs.tail[order], arcs.head[order], weight[order]
    least = np.ones(len(tail), dtype=bool)
    least[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
    plain = coo_array((weight[least], (tail[least], head[least])), shape=(size, size)).tocsr()
    free = dijkstra(plain, indices=start) / 10
    print("| trips | pairs | median min | longer | median | p90 | p99 | most | mean | cut off |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    no_turning = from_nodes(network, arcs, every, start)
    told("random, no turning round", free[:, goal], no_turning[:, goal])
    bound = from_nodes(network, arcs, allowed, start)
    told("random, restrictions too", free[:, goal], bound[:, goal])

    doors = snap(load_sites("newport_sites").geometry, network, DRIVE)
    sites = network.edge_from[doors.edge].astype(np.int64)
    far = from_nodes(network, arcs, allowed, sites)[:, ends].min(axis=0)
    near = (dijkstra(plain, indices=sites) / 10)[:, ends].min(axis=0)
    told("from the nearest of 12 sites", near, far)
    return 0


if __name__ == "__main__":
    sys.exit(main())
