"""Sweeps over the hierarchy: times from a batch of sites to every node, sixteen sites at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from llvmlite import ir
from numba import extending, prange, types

from eh_access._compiled import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eh_access.routing.hierarchy import Metric

intrinsic: Any = extending.intrinsic  # its own types leave out the compiler's context
FEW, MANY = 16, 32
"""Sites that stand side by side in one batch: 4-byte numbers filling one line of cache, or two."""
FAR = np.float32(2**30)
"""Deciseconds that mean "not reached". A float32 holds whole numbers below 2**24 exactly, so sums
of deciseconds up to 19 days are exact."""
SEARCHED = np.float32(2**28)
"""Deciseconds from which on a place counts as out of reach (most of a year)."""
DS_PER_MIN = np.float32(600)
UNREACHED = np.float32(np.inf)


def _relax(lanes: int) -> tuple[Any, Any]:
    """Return a numba signature and code generator for one node's step of a sweep.

    The step sets ``times[row] = min(times[row] if fresh, times[u] + w for (u, w) in
    arcs[first:last])`` in all lanes at once. It is written as vector instructions because numba
    leaves the plain loop over lanes two and a half times slower (docs/decisions/0006). ``times``
    is the address of the batch's first lane in row 0, ``stride`` the bytes from row to row,
    ``arcs`` the address of an int32 (entries, 2) array in C order.
    """
    signature = types.void(*(types.int64 for _ in range(7)))
    number, real, wide = ir.IntType(32), ir.FloatType(), ir.IntType(64)
    vector = ir.VectorType(real, lanes)
    undefined = ir.Constant(vector, ir.Undefined)
    first_lane = ir.Constant(ir.VectorType(number, lanes), [number(0)] * lanes)
    far = ir.Constant(vector, [float(FAR)] * lanes)

    def generate(codegen: Any, builder: Any, _signature: Any, args: Any) -> Any:
        times, stride, row, arcs, first, last, fresh = args

        def lanes_of(node: Any) -> Any:
            address = builder.add(times, builder.mul(node, stride))
            return builder.inttoptr(address, vector.as_pointer())

        here = lanes_of(row)
        is_fresh = builder.icmp_signed("!=", fresh, wide(0))
        begin = builder.select(is_fresh, builder.load(here, align=4), far)
        entry = builder.block
        more, step, done = (
            builder.function.append_basic_block(name) for name in ("more", "step", "done")
        )
        builder.branch(more)

        builder.position_at_end(more)
        arc, best = builder.phi(wide), builder.phi(vector)
        arc.add_incoming(first, entry)
        best.add_incoming(begin, entry)
        builder.cbranch(builder.icmp_signed("<", arc, last), step, done)

        builder.position_at_end(step)
        pair = builder.inttoptr(builder.add(arcs, builder.mul(arc, wide(8))), number.as_pointer())
        upper = builder.sext(builder.load(pair), wide)
        weight = builder.sitofp(builder.load(builder.gep(pair, [number(1)])), real)
        single = builder.insert_element(undefined, weight, number(0))
        weights = builder.shuffle_vector(single, undefined, first_lane)
        by_upper = builder.fadd(builder.load(lanes_of(upper), align=4), weights)
        nearer = builder.fcmp_ordered("<", by_upper, best)
        best.add_incoming(builder.select(nearer, by_upper, best), step)
        arc.add_incoming(builder.add(arc, wide(1)), step)
        builder.branch(more)

        builder.position_at_end(done)
        builder.store(best, here, align=4)
        return codegen.get_dummy_value()

    return signature, generate


@intrinsic
def _relax_few(
    _context: Any,
    _times: Any,
    _stride: Any,
    _row: Any,
    _arcs: Any,
    _first: Any,
    _last: Any,
    _fresh: Any,
) -> Any:
    """One node's step for a batch of up to ``FEW`` sites."""
    return _relax(FEW)


@intrinsic
def _relax_many(
    _context: Any,
    _times: Any,
    _stride: Any,
    _row: Any,
    _arcs: Any,
    _first: Any,
    _last: Any,
    _fresh: Any,
) -> Any:
    """One node's step for a batch of up to ``MANY`` sites."""
    return _relax(MANY)


@njit()
def _climb(tree: Any, seeds: Any, times: Any, batch: Any, fresh: Any) -> None:
    """Climb from every site's seeds to the root of the tree, each site in its own lane.

    ``fresh`` marks the rows the climb has set; the sweep sets all others from above.
    """
    start, upper, climb_ds, parent = tree
    first, sites, lanes = batch
    fresh[:] = False
    for site in range(sites):
        for k in range(seeds.shape[1]):
            v = np.int64(seeds[site, k, 0])
            while v >= 0 and not fresh[v]:
                fresh[v] = True
                times[v, first : first + lanes] = FAR
                v = np.int64(parent[v])
    for site in range(sites):
        lane = first + site
        for k in range(seeds.shape[1]):
            v = np.int64(seeds[site, k, 0])
            if v >= 0:
                times[v, lane] = min(times[v, lane], np.float32(seeds[site, k, 1]))
            while v >= 0:
                here = times[v, lane]
                if here < FAR:
                    for arc in range(start[v], start[v + 1]):
                        there = here + np.float32(climb_ds[arc])
                        u = np.int64(upper[arc])
                        times[u, lane] = min(times[u, lane], there)
                v = np.int64(parent[v])


@njit()
def _sweep(tree: Any, sweep: Any, seeds: Any, times: Any, batch: Any, fresh: Any) -> None:
    """Fill a batch's lanes of ``times`` (nodes, lanes); ``batch`` = (first lane, sites, lanes)."""
    start, arcs = sweep
    first, _, lanes = batch
    _climb(tree, seeds, times, batch, fresh)
    stride = np.int64(4 * times.shape[1])
    times_at = times.ctypes.data + np.int64(4 * first)
    arcs_at = arcs.ctypes.data
    if lanes == MANY:
        for v in range(len(start) - 1):
            arc, last = np.int64(start[v]), np.int64(start[v + 1])
            _relax_many(times_at, stride, v, arcs_at, arc, last, np.int64(fresh[v]))
    else:
        for v in range(len(start) - 1):
            arc, last = np.int64(start[v]), np.int64(start[v + 1])
            _relax_few(times_at, stride, v, arcs_at, arc, last, np.int64(fresh[v]))


@njit(parallel=True)
def _everywhere(tree: Any, sweep: Any, seeds: Any, out: Any, fresh: Any) -> None:
    """Fill ``out`` (nodes, lanes) with minutes; worker ``w`` takes batches w, w + workers, ..."""
    workers = len(fresh)
    for worker in prange(workers):
        for first in range(worker * MANY, len(seeds), workers * MANY):
            sites = min(len(seeds) - first, MANY)
            lanes = FEW if sites <= FEW else MANY
            chosen = seeds[first : first + sites]
            _sweep(tree, sweep, chosen, out, (first, sites, lanes), fresh[worker])
    rows = len(out)
    for worker in prange(workers):
        begin, end = rows * worker // workers, rows * (worker + 1) // workers
        flat = out[begin:end].reshape(-1)
        for k in range(len(flat)):
            ds = flat[k]
            flat[k] = ds / DS_PER_MIN if ds < SEARCHED else UNREACHED


@njit(parallel=True)
def _at_places(tree: Any, sweep: Any, seeds: Any, room: Any, places: Any, out: Any) -> None:
    """Write the deciseconds of every place and site, the better of the place's ends."""
    times, fresh = room
    node, node_ds = places
    workers, lanes = times.shape[0], times.shape[2]
    for worker in prange(workers):
        for first in range(worker * lanes, len(seeds), workers * lanes):
            sites = min(len(seeds) - first, lanes)
            chosen = seeds[first : first + sites]
            _sweep(tree, sweep, chosen, times[worker], (0, sites, lanes), fresh[worker])
            for place in range(len(node)):
                for lane in range(sites):
                    best = FAR
                    for end in range(node.shape[1]):
                        if node[place, end] >= 0:
                            ds = times[worker, node[place, end], lane]
                            best = min(best, ds + np.float32(node_ds[place, end]))
                    out[place, first + lane] = np.int32(best)


def _parts(metric: Metric) -> tuple[Any, Any]:
    """Return the arrays a climb needs and those a sweep needs."""
    topology = metric.topology
    tree = (topology.start, topology.upper, metric.climb_ds, topology.parent)
    return tree, (metric.sweep_start, metric.sweep_arcs)


def minutes_everywhere(
    metric: Metric, seeds: NDArray[np.int32], *, workers: int
) -> NDArray[np.float32]:
    """Return the minutes between every node and every site.

    Parameters
    ----------
    metric
        A customised hierarchy.
    seeds
        int32 (sites, k, 2): the nodes next to each site and the deciseconds to it; -1 as node
        where there are fewer.
    workers
        Batches of sites worked on side by side.

    Returns
    -------
    numpy.ndarray
        float32 (nodes, sites), ``inf`` where there is no way.
    """
    tree, sweep = _parts(metric)
    nodes = len(metric.topology.parent)
    lanes = -(-len(seeds) // FEW) * FEW
    workers = max(1, min(workers, -(-len(seeds) // MANY)))
    out = np.empty((nodes, lanes), dtype=np.float32)
    _everywhere(tree, sweep, seeds, out, np.empty((workers, nodes), dtype=np.bool_))
    return out[:, : len(seeds)]


def deciseconds_at_places(
    metric: Metric,
    seeds: NDArray[np.int32],
    places: tuple[NDArray[np.int32], NDArray[np.int32]],
    *,
    workers: int,
) -> NDArray[np.int32]:
    """Return the deciseconds between places on the streets and sites.

    The times of all nodes are never held: each batch of sites leaves only its places' rows.

    Parameters
    ----------
    metric
        A customised hierarchy.
    seeds
        As for `minutes_everywhere`.
    places
        Two int32 (places, ends) arrays: the nodes next to each place (-1 for none) and the
        deciseconds between the two.
    workers
        Batches of sites worked on side by side.

    Returns
    -------
    numpy.ndarray
        int32 (places, sites), ``SEARCHED`` or more where there is no way.
    """
    tree, sweep = _parts(metric)
    nodes = len(metric.topology.parent)
    lanes = FEW if len(seeds) <= FEW * workers else MANY
    workers = max(1, min(workers, -(-len(seeds) // lanes)))
    room = (
        np.empty((workers, nodes, lanes), dtype=np.float32),
        np.empty((workers, nodes), dtype=np.bool_),
    )
    out = np.empty((len(places[0]), len(seeds)), dtype=np.int32)
    _at_places(tree, sweep, seeds, room, places, out)
    return out
