"""The compiled part of a sweep: climb from a batch of sites, then come down to every node.

The times of a batch stand side by side: one row for each node, one lane for each site, sixteen
lanes to a line of cache. A batch is up to four lines wide. Rows are worked on with vector
instructions, because numba leaves the plain loop over lanes two and a half times slower
(docs/decisions/0006).

All compiled functions that call one another are in this file (see ``eh_access._compiled``).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import extending
from numba import types as numba_types
from numba.core import cgutils

from eh_access._compiled import njit

LANES = 16
"""Sites to a vector: 4-byte numbers that fill one line of cache."""
MOST_VECTORS = 4
LINE_BYTES = 4 * LANES
FAR = np.float32(2**30)
"""Deciseconds that mean "not reached". A float32 holds whole numbers below 2**24 exactly, so sums
of deciseconds up to 19 days are exact."""
SEARCHED = np.float32(2**28)
"""Deciseconds from which on a place counts as out of reach (most of a year)."""
DS_PER_MIN = 600.0

intrinsic: Any = extending.intrinsic  # its own types leave out the compiler's context
types: Any = numba_types  # and these are only half typed
building: Any = cgutils
NUMBER, REAL, WIDE = ir.IntType(32), ir.FloatType(), ir.IntType(64)
VECTOR = ir.VectorType(REAL, LANES)


def _everywhere(value: float | np.float32) -> Any:
    """Return a vector that holds one constant in every lane."""
    return ir.Constant(VECTOR, [float(np.float32(value))] * LANES)


def _row(builder: Any, times: Any, stride: Any, node: Any, vectors: int) -> list[Any]:
    """Return pointers to the vectors of a node's row."""
    address = builder.add(times, builder.mul(node, stride))
    return [
        builder.inttoptr(builder.add(address, WIDE(LINE_BYTES * k)), VECTOR.as_pointer())
        for k in range(vectors)
    ]


def _arc(builder: Any, arcs: Any, number: Any) -> tuple[Any, Any]:
    """Read an entry of an int32 (entries, 2) array: the upper node, and its cost in every lane."""
    pair = builder.inttoptr(builder.add(arcs, builder.mul(number, WIDE(8))), NUMBER.as_pointer())
    upper = builder.sext(builder.load(pair), WIDE)
    cost = builder.sitofp(builder.load(builder.gep(pair, [NUMBER(1)])), REAL)
    undefined = ir.Constant(VECTOR, ir.Undefined)
    single = builder.insert_element(undefined, cost, NUMBER(0))
    first = ir.Constant(ir.VectorType(NUMBER, LANES), [NUMBER(0)] * LANES)
    return upper, builder.shuffle_vector(single, undefined, first)


def _least(builder: Any, one: Any, other: Any) -> Any:
    return builder.select(builder.fcmp_ordered("<", one, other), one, other)


def _load(builder: Any, pointer: Any) -> Any:
    return builder.load(pointer, align=LINE_BYTES)


def _store(builder: Any, value: Any, pointer: Any) -> None:
    builder.store(value, pointer, align=LINE_BYTES)


def _loop(builder: Any, bounds: tuple[Any, Any, int], carried: list[Any], body: Any) -> list[Any]:
    """Write ``for at in range(*bounds): carried = body(at, carried)``; return what is carried."""
    first, last, step = bounds
    before = builder.block
    more, inside, done = (
        builder.function.append_basic_block(name) for name in ("more", "inside", "done")
    )
    builder.branch(more)
    builder.position_at_end(more)
    at = builder.phi(WIDE)
    at.add_incoming(first, before)
    held = [builder.phi(VECTOR) for _ in carried]
    for phi, value in zip(held, carried, strict=True):
        phi.add_incoming(value, before)
    builder.cbranch(builder.icmp_signed("<", at, last), inside, done)
    builder.position_at_end(inside)
    for phi, value in zip(held, body(at, held), strict=True):
        phi.add_incoming(value, inside)
    at.add_incoming(builder.add(at, WIDE(step)), inside)
    builder.branch(more)
    builder.position_at_end(done)
    return held


@intrinsic(prefer_literal=True)
def _pull(
    _context: Any, vectors: Any, _times: Any, _stride: Any, _node: Any, _arcs: Any, _fresh: Any
) -> Any:
    """Set a node's row to the least over its arcs (and itself if ``fresh``).

    ``times`` is the address of row 0, ``stride`` the bytes from row to row, ``arcs`` a tuple: the
    address of the entries, the node's first one and one past its last. Two arcs are taken at a
    time (the last twice if they are odd): most nodes have one or two, and a loop that ends after
    one round is one the processor guesses right.
    """
    count = vectors.literal_value
    arcs_type = types.UniTuple(types.int64, 3)
    integers = (types.int64, types.int64, types.int64, arcs_type, types.int64)

    def generate(codegen: Any, builder: Any, _signature: Any, args: Any) -> Any:
        _, times, stride, node, arcs, fresh = args
        address, first, last = building.unpack_tuple(builder, arcs, 3)
        here = _row(builder, times, stride, node, count)
        is_fresh = builder.icmp_signed("!=", fresh, WIDE(0))
        far = _everywhere(FAR)
        begin = [builder.select(is_fresh, _load(builder, lane), far) for lane in here]
        final = builder.sub(last, WIDE(1))

        def step(at: Any, best: list[Any]) -> list[Any]:
            following = builder.add(at, WIDE(1))
            is_arc = builder.icmp_signed("<", following, final)
            for number in (at, builder.select(is_arc, following, final)):
                upper, cost = _arc(builder, address, number)
                rows = _row(builder, times, stride, upper, count)
                ways = [builder.fadd(_load(builder, lane), cost) for lane in rows]
                best = [_least(builder, way, old) for way, old in zip(ways, best, strict=True)]
            return best

        best = _loop(builder, (first, last, 2), begin, step)
        for value, lane in zip(best, here, strict=True):
            _store(builder, value, lane)
        return codegen.get_dummy_value()

    return types.void(vectors, *integers), generate


@intrinsic(prefer_literal=True)
def _push(
    _context: Any, vectors: Any, _times: Any, _stride: Any, _node: Any, _arcs: Any, _fresh: Any
) -> Any:
    """Lower the rows of a node's upper neighbours to what they are by way of it."""
    count = vectors.literal_value
    arcs_type = types.UniTuple(types.int64, 3)
    integers = (types.int64, types.int64, types.int64, arcs_type, types.int64)

    def generate(codegen: Any, builder: Any, _signature: Any, args: Any) -> Any:
        _, times, stride, node, arcs, _ = args
        address, first, last = building.unpack_tuple(builder, arcs, 3)
        here = [_load(builder, lane) for lane in _row(builder, times, stride, node, count)]

        def step(at: Any, _held: list[Any]) -> list[Any]:
            upper, cost = _arc(builder, address, at)
            rows = _row(builder, times, stride, upper, count)
            for value, lane in zip(here, rows, strict=True):
                way = builder.fadd(value, cost)
                _store(builder, _least(builder, way, _load(builder, lane)), lane)
            return []

        _loop(builder, (first, last, 1), [], step)
        return codegen.get_dummy_value()

    return types.void(vectors, *integers), generate


@intrinsic
def _to_minutes(_context: Any, _first: Any, _last: Any) -> Any:
    """Turn the deciseconds between two addresses into minutes, ``inf`` where out of reach.

    Dividing would take longer than the sweep. A product with the reciprocal, put right by its own
    remainder, is the quotient correctly rounded, bit for bit (Markstein, IBM Journal of Research
    and Development 34, 1990).
    """

    def generate(codegen: Any, builder: Any, _signature: Any, args: Any) -> Any:
        kind = ir.FunctionType(VECTOR, [VECTOR] * 3)
        fused = building.get_or_insert_function(builder.module, kind, f"llvm.fma.v{LANES}f32")
        share, minus = _everywhere(1 / DS_PER_MIN), _everywhere(-DS_PER_MIN)

        def step(at: Any, _held: list[Any]) -> list[Any]:
            pointer = builder.inttoptr(at, VECTOR.as_pointer())
            ds = _load(builder, pointer)
            rough = builder.fmul(ds, share)
            remainder = builder.call(fused, [rough, minus, ds])
            minutes = builder.call(fused, [remainder, share, rough])
            reached = builder.fcmp_ordered("<", ds, _everywhere(SEARCHED))
            _store(builder, builder.select(reached, minutes, _everywhere(np.inf)), pointer)
            return []

        _loop(builder, (args[0], args[1], LINE_BYTES), [], step)
        return codegen.get_dummy_value()

    return types.void(types.int64, types.int64), generate


@njit()
def _pull_row(vectors: Any, times: Any, stride: Any, v: Any, arcs: Any, fresh: Any) -> None:
    """One node's step down; the number of vectors must be known when compiling."""
    if vectors == 1:
        _pull(1, times, stride, v, arcs, fresh)
    elif vectors == 2:  # noqa: PLR2004 - two of four
        _pull(2, times, stride, v, arcs, fresh)
    elif vectors == 3:  # noqa: PLR2004
        _pull(3, times, stride, v, arcs, fresh)
    else:
        _pull(4, times, stride, v, arcs, fresh)


@njit()
def _push_row(vectors: Any, times: Any, stride: Any, v: Any, arcs: Any) -> None:
    """One node's step up."""
    if vectors == 1:
        _push(1, times, stride, v, arcs, 1)
    elif vectors == 2:  # noqa: PLR2004
        _push(2, times, stride, v, arcs, 1)
    elif vectors == 3:  # noqa: PLR2004
        _push(3, times, stride, v, arcs, 1)
    else:
        _push(4, times, stride, v, arcs, 1)


@njit()
def climb(arcs: Any, parent: Any, seeds: Any, times: Any, fresh: Any) -> None:
    """Climb from every site's seeds to the root of the tree, each site in its own lane.

    Parameters
    ----------
    arcs
        (start, entries), as ``Metric.climb``.
    parent
        As ``Topology.parent``.
    seeds
        int32 (sites, k, 2): nodes and deciseconds; -1 as node where there are fewer.
    times
        float32 (nodes, lanes), rows aligned to lines of cache; a multiple of 16 lanes.
    fresh
        uint8 (nodes,): marks the rows the climb has set. All others are left as they were.
    """
    start, entries = arcs
    fresh[:] = 0
    for site in range(len(seeds)):
        for k in range(seeds.shape[1]):
            v = np.int64(seeds[site, k, 0])
            while v >= 0 and fresh[v] == 0:
                fresh[v] = 1
                times[v, :] = FAR
                v = np.int64(parent[v])
    for site in range(len(seeds)):
        for k in range(seeds.shape[1]):
            v = np.int64(seeds[site, k, 0])
            if v >= 0:
                times[v, site] = min(times[v, site], np.float32(seeds[site, k, 1]))
    vectors, stride = times.shape[1] // LANES, np.int64(times.strides[0])
    times_at, arcs_at = np.int64(times.ctypes.data), np.int64(entries.ctypes.data)
    for row in range(len(fresh) - 1, -1, -1):
        if fresh[row]:
            own = (arcs_at, np.int64(start[row]), np.int64(start[row + 1]))
            _push_row(vectors, times_at, stride, row, own)


@njit()
def sweep_top(arcs: Any, loose: Any, times: Any, fresh: Any) -> None:
    """Come down through the nodes at the top of the tree."""
    start, entries = arcs
    vectors, stride = times.shape[1] // LANES, np.int64(times.strides[0])
    times_at, arcs_at = np.int64(times.ctypes.data), np.int64(entries.ctypes.data)
    for k in range(len(loose)):
        v = np.int64(loose[k])
        own = (arcs_at, np.int64(start[v]), np.int64(start[v + 1]))
        _pull_row(vectors, times_at, stride, v, own, np.int64(fresh[v]))


@njit()
def sweep_branches(arcs: Any, blocks: Any, times: Any, fresh: Any, minutes: Any) -> None:
    """Come down through branches, each by itself; if asked, turn each into minutes while at it.

    Nothing outside a branch looks at its rows, so that they can be turned while they are in the
    nearest cache, and branches can be shared out among threads.
    """
    start, entries = arcs
    vectors, stride = times.shape[1] // LANES, np.int64(times.strides[0])
    times_at, arcs_at = np.int64(times.ctypes.data), np.int64(entries.ctypes.data)
    for block in range(len(blocks)):
        first, last = np.int64(blocks[block, 0]), np.int64(blocks[block, 1])
        for v in range(first, last):
            own = (arcs_at, np.int64(start[v]), np.int64(start[v + 1]))
            _pull_row(vectors, times_at, stride, v, own, np.int64(fresh[v]))
        if minutes:
            for v in range(first, last):
                row = times_at + v * stride
                _to_minutes(row, row + vectors * LINE_BYTES)


@njit()
def top_to_minutes(loose: Any, times: Any) -> None:
    """Turn the rows at the top into minutes, when nothing looks at them any more."""
    vectors, stride = times.shape[1] // LANES, np.int64(times.strides[0])
    times_at = np.int64(times.ctypes.data)
    for k in range(len(loose)):
        row = times_at + np.int64(loose[k]) * stride
        _to_minutes(row, row + vectors * LINE_BYTES)


@njit()
def gather(times: Any, node: Any, node_ds: Any, out: Any) -> None:
    """Write the deciseconds of places (rows) and sites (lanes), the best of each place's ends."""
    sites = out.shape[1]
    best = np.empty(times.shape[1], dtype=np.float32)
    for place in range(len(node)):
        best[:] = FAR
        for end in range(node.shape[1]):
            v = np.int64(node[place, end])
            if v >= 0:
                leg = np.float32(node_ds[place, end])
                for lane in range(sites):
                    best[lane] = min(best[lane], times[v, lane] + leg)
        for lane in range(sites):
            out[place, lane] = np.int32(best[lane])


@njit()
def pick_rows(times: Any, rows: Any, out: Any) -> None:
    """Copy some rows, in the order given."""
    for k in range(len(rows)):
        v = np.int64(rows[k])
        for lane in range(out.shape[1]):
            out[k, lane] = times[v, lane]
