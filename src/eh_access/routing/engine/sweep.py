"""Sweep a hierarchy for many sites at once, with vector instructions."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import extending
from numba import types as numba_types
from numba.core import cgutils

from eh_access.compiled import njit

LANES = 16
"""Sites to a vector: 4-byte numbers that fill one line of cache."""
MOST_LANES = 4 * LANES
LINE_BYTES = 4 * LANES
OUT_LANES = 8
"""Results are as wide as they must be, in units of half a line."""
OUT_BYTES = 4 * OUT_LANES
FAR = np.float32(2**30)
"""Deciseconds that mean "not reached". A float32 holds whole numbers below 2**24 exactly, so sums
of deciseconds up to 19 days are exact."""
SEARCHED = np.float32(2**28)
"""Deciseconds from which on a place counts as out of reach (most of a year)."""
DS_PER_MIN = 600.0
AHEAD = 16
"""Rows ahead of the one written for which memory is fetched."""
AS_DS, AS_MINUTES, PAST_CACHE = 0, 1, 2
"""How rows are written: as they are; as minutes; as minutes straight to memory, for tables so large
that nothing written would still be in a cache when it is read."""

intrinsic: Any = extending.intrinsic  # its own types leave out the compiler's context
types: Any = numba_types  # and these are only half typed
building: Any = cgutils
NUMBER, REAL, WIDE = ir.IntType(32), ir.FloatType(), ir.IntType(64)


def known(number: int) -> tuple[int, ...]:
    """Return a tuple of that length: part of its type, and so known when compiling."""
    # Each width of a row and each manner of writing it has code of its own, compiled when first
    # used.
    return (0,) * number


def _everywhere(value: float | np.float32, lanes: int) -> Any:
    """Return a vector that holds one constant in every lane."""
    return ir.Constant(ir.VectorType(REAL, lanes), [float(np.float32(value))] * lanes)


def _row(builder: Any, address: Any, vectors: int) -> list[Any]:
    """Return pointers to a row's vectors."""
    kind = ir.VectorType(REAL, LANES).as_pointer()
    return [
        builder.inttoptr(builder.add(address, WIDE(LINE_BYTES * k)), kind) for k in range(vectors)
    ]


def _number(builder: Any, address: Any, index: Any) -> Any:
    """Read an entry of an int32 array."""
    at = builder.add(address, builder.mul(index, WIDE(4)))
    return builder.load(builder.inttoptr(at, NUMBER.as_pointer()))


def _arc(builder: Any, arcs: Any, number: Any) -> tuple[Any, Any]:
    """Read an entry of an int32 (entries, 2) array: the upper row, and its cost in every lane."""
    twice = builder.mul(number, WIDE(2))
    upper = builder.sext(_number(builder, arcs, twice), WIDE)
    cost = builder.sitofp(_number(builder, arcs, builder.add(twice, WIDE(1))), REAL)
    return upper, _spread(builder, cost)


def _spread(builder: Any, number: Any) -> Any:
    """Put a number in every lane."""
    undefined = ir.Constant(ir.VectorType(REAL, LANES), ir.Undefined)
    single = builder.insert_element(undefined, number, NUMBER(0))
    first = ir.Constant(ir.VectorType(NUMBER, LANES), [NUMBER(0)] * LANES)
    return builder.shuffle_vector(single, undefined, first)


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
    held = [builder.phi(value.type) for value in carried]
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


def _write(builder: Any, row: list[Any], there: Any, manner: tuple[int, int]) -> None:
    """Write a row to its output address, in units of eight lanes."""
    # For minutes, dividing would take longer than the sweep. A product with the reciprocal, put
    # right by its own remainder, is the quotient correctly rounded, bit for bit (Markstein, IBM
    # Journal of Research and Development 34, 1990).
    units, how = manner
    whole, half = (ir.VectorType(REAL, lanes) for lanes in (LANES, OUT_LANES))
    kind = ir.FunctionType(whole, [whole] * 3)
    fused = building.get_or_insert_function(builder.module, kind, f"llvm.fma.v{LANES}f32")
    share, minus, most, far = (
        _everywhere(x, LANES) for x in (1 / DS_PER_MIN, -DS_PER_MIN, SEARCHED, np.inf)
    )
    for vector, value_ds in enumerate(row):
        value = value_ds
        if how != AS_DS:
            rough = builder.fmul(value, share)
            remainder = builder.call(fused, [rough, minus, value])
            minutes = builder.call(fused, [remainder, share, rough])
            value = builder.select(builder.fcmp_ordered("<", value, most), minutes, far)
        for unit in range(2 * vector, min(2 * vector + 2, units)):
            picked = [NUMBER(unit % 2 * OUT_LANES + lane) for lane in range(OUT_LANES)]
            mask = ir.Constant(ir.VectorType(NUMBER, OUT_LANES), picked)
            address = builder.add(there, WIDE(OUT_BYTES * unit))
            pointer = builder.inttoptr(address, half.as_pointer())
            part = builder.shuffle_vector(value, value, mask)
            stored = builder.store(part, pointer, align=OUT_BYTES)
            if how == PAST_CACHE:
                stored.set_metadata("nontemporal", builder.module.add_metadata([NUMBER(1)]))


@intrinsic
def _pull(
    _context: Any, units: Any, how: Any, _rows: Any, _here: Any, _arcs: Any, _there: Any
) -> Any:
    """Set a row to the least of its start and its arcs, and write it out."""
    # ``units`` and ``how`` are from `known`; ``rows`` is the address of row 0 of the table,
    # ``here`` a pair: the addresses of the row to set and of the one it begins with. ``arcs`` is
    # a tuple: the address of the entries, the node's first one and one past its last. ``there``
    # is where the row is wanted, 0 for nowhere. Two arcs are taken at a time (the last twice if
    # they are odd): most nodes have one or two, and a loop that ends after one round is one the
    # processor guesses right.
    vectors = -(-units.count // 2)
    pair, triple = types.UniTuple(types.int64, 2), types.UniTuple(types.int64, 3)

    def generate(codegen: Any, builder: Any, _signature: Any, args: Any) -> Any:
        _, _, rows, here, arcs, there = args
        here, begin = building.unpack_tuple(builder, here, 2)
        address, first, last = building.unpack_tuple(builder, arcs, 3)
        final = builder.sub(last, WIDE(1))

        def step(at: Any, best: list[Any]) -> list[Any]:
            following = builder.add(at, WIDE(1))
            is_arc = builder.icmp_signed("<", following, final)
            for number in (at, builder.select(is_arc, following, final)):
                upper, cost = _arc(builder, address, number)
                source = builder.add(rows, builder.mul(upper, WIDE(vectors * LINE_BYTES)))
                row = _row(builder, source, vectors)
                ways = [builder.fadd(_load(builder, lanes), cost) for lanes in row]
                best = [_least(builder, way, old) for way, old in zip(ways, best, strict=True)]
            return best

        best = [_load(builder, lanes) for lanes in _row(builder, begin, vectors)]
        best = _loop(builder, (first, last, 2), best, step)
        for value, lanes in zip(best, _row(builder, here, vectors), strict=True):
            _store(builder, value, lanes)
        with builder.if_then(builder.icmp_signed("!=", there, WIDE(0))):
            _write(builder, best, there, (units.count, how.count))
        return codegen.get_dummy_value()

    return types.void(units, how, types.int64, pair, triple, types.int64), generate


@intrinsic
def _push(_context: Any, units: Any, _here: Any, _there: Any, _cost: Any) -> Any:
    """Lower one row to its value by way of another, both given by address."""
    vectors = -(-units.count // 2)

    def generate(codegen: Any, builder: Any, _signature: Any, args: Any) -> Any:
        _, here, there, cost = args
        extra = _spread(builder, builder.sitofp(cost, REAL))
        rows = zip(_row(builder, here, vectors), _row(builder, there, vectors), strict=True)
        for own, other in rows:
            way = builder.fadd(_load(builder, own), extra)
            _store(builder, _least(builder, way, _load(builder, other)), other)
        return codegen.get_dummy_value()

    return types.void(units, types.int64, types.int64, types.int32), generate


@intrinsic
def _make_room(_context: Any, units: Any, how: Any, _there: Any) -> Any:
    """Prefetch a row about to be written, unless it bypasses the caches."""
    lines = 0 if how.count == PAST_CACHE else -(-(units.count + 1) * OUT_BYTES // LINE_BYTES)

    def generate(codegen: Any, builder: Any, _signature: Any, args: Any) -> Any:
        _, _, there = args
        byte = ir.IntType(8).as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [byte, NUMBER, NUMBER, NUMBER])
        fetch = building.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0i8")
        for k in range(lines):
            at = builder.inttoptr(builder.add(there, WIDE(LINE_BYTES * k)), byte)
            builder.call(fetch, [at, NUMBER(1), NUMBER(3), NUMBER(1)])
        return codegen.get_dummy_value()

    return types.void(units, how, types.int64), generate


@njit()
def climb(units: Any, arcs: Any, tree: Any, ways: Any, seeds: Any, rows: Any) -> None:
    """Climb from every site's seeds to the root of the tree, each site in its own lane."""
    # Arcs name an upper neighbour by its row in a sweep's table (``Topology.work_row``). Every
    # upper neighbour is an ancestor in the tree, and so at the top or in the node's own branch;
    # nodes of a branch have consecutive numbers and consecutive rows. So a row below ``top`` is
    # that place at the top, and any other is as far from the node's own row as the two nodes'
    # numbers are apart.
    start, entries = arcs
    top, work_row = tree
    slot, nodes = ways
    rows[:] = FAR
    for site in range(len(seeds)):
        for k in range(seeds.shape[1]):
            v = np.int64(seeds[site, k, 0])
            if v >= 0:
                rows[slot[v], site] = min(rows[slot[v], site], np.float32(seeds[site, k, 1]))
    stride, rows_at = np.int64(rows.strides[0]), np.int64(rows.ctypes.data)
    for at in range(len(nodes)):
        v = np.int64(nodes[at])
        here, apart = rows_at + np.int64(slot[v]) * stride, v - np.int64(work_row[v])
        for k in range(start[v], start[v + 1]):
            upper = np.int64(entries[k, 0])
            row = 1 + upper if upper < top else np.int64(slot[upper + apart])
            _push(units, here, rows_at + row * stride, entries[k, 1])


@njit()
def sweep_top(units: Any, arcs: Any, top: Any, climbed: Any, work: Any, target: Any) -> None:
    """Sweep down the nodes at the top of the tree: rows 0, 1, ... of ``work``."""
    # The arguments are those of `sweep_branches`, but ``top`` is the nodes and ``climbed`` the
    # rows alone.
    start, entries = arcs
    out, place, how = target
    stride, out_stride = np.int64(work.strides[0]), np.int64(out.strides[0])
    work_at, arcs_at = np.int64(work.ctypes.data), np.int64(entries.ctypes.data)
    rows_at, out_at = np.int64(climbed.ctypes.data), np.int64(out.ctypes.data)
    for k in range(len(top)):
        v = np.int64(top[k])
        row = v if len(place) == 0 else np.int64(place[v])
        own = (arcs_at, np.int64(start[v]), np.int64(start[v + 1]))
        here = (work_at + k * stride, rows_at + (1 + k) * stride)
        there = out_at + row * out_stride if row >= 0 else np.int64(0)
        _pull(units, how, work_at, here, own, there)


@njit()
def sweep_branches(units: Any, arcs: Any, tree: Any, climbed: Any, work: Any, target: Any) -> None:
    """Sweep down each branch by itself."""
    # Nothing outside a branch looks at its rows, so that all branches use the same rows of
    # ``work``, after those of the top, and can be shared out among threads that each have their
    # own. Branches of which nothing is wanted are left out.
    start, entries = arcs
    top, branches = tree
    slot, rows = climbed
    out, place, how = target
    stride, out_stride = np.int64(work.strides[0]), np.int64(out.strides[0])
    work_at, arcs_at = np.int64(work.ctypes.data), np.int64(entries.ctypes.data)
    rows_at, out_at = np.int64(rows.ctypes.data), np.int64(out.ctypes.data)
    own_order = len(place) == 0
    for branch in range(len(branches)):
        first, last = np.int64(branches[branch, 0]), np.int64(branches[branch, 1])
        wanted = int(first)
        while not own_order and wanted < last and place[wanted] < 0:
            wanted += 1
        if wanted == last:
            continue
        for v in range(first, last):
            row = v if own_order else np.int64(place[v])
            if not own_order:
                soon = np.int64(place[min(v + AHEAD, last - 1)])
                if soon >= 0:
                    _make_room(units, how, out_at + soon * out_stride)
            own = (arcs_at, np.int64(start[v]), np.int64(start[v + 1]))
            here = (work_at + (top + v - first) * stride, rows_at + np.int64(slot[v]) * stride)
            there = out_at + row * out_stride if row >= 0 else np.int64(0)
            _pull(units, how, work_at, here, own, there)


@njit()
def ways_up(parent: Any, top: Any, work_row: Any, seeds: Any) -> Any:
    """List the nodes on the ways from all seeds to the root of the tree, the lowest first."""
    slot = np.zeros(len(parent), dtype=np.int32)
    count = 0
    for site in range(len(seeds)):
        for k in range(seeds.shape[1]):
            v = np.int64(seeds[site, k, 0])
            while v >= 0 and slot[v] == 0:
                slot[v] = 1
                count += 1
                v = np.int64(parent[v])
    nodes = np.empty(count + 1, dtype=np.int32)  # written without asking, so one to spare
    at, rows = 0, 1 + len(top)
    for node in range(len(parent) - 1, -1, -1):
        nodes[at] = node
        at += slot[node]
    for node in nodes[:count]:
        if work_row[node] < len(top):
            slot[node] = 1 + work_row[node]
        else:
            slot[node] = rows
            rows += 1
    return slot, nodes[:count], rows


@njit()
def rows_of(wanted: Any, nodes: int) -> Any:
    """Return the row of each node wanted (-1 for others), and whether none repeats."""
    # none; its last, if wanted twice), and if all are once.
    # ``wanted`` is int64 (rows,), the node of each row; the rows returned are int32 (nodes,).
    place = np.full(nodes, -1, dtype=np.int32)
    for row in range(len(wanted)):
        place[wanted[row]] = row
    placed = 0  # counted by itself, so that no row has to wait for the one before it
    for node in range(nodes):
        placed += place[node] >= 0
    return place, placed == len(wanted)


@njit()
def gather(times: Any, row: Any, leg_ds: Any, out: Any) -> None:
    """Write the deciseconds of places (rows) and sites (lanes), the best of each place's ends."""
    sites = out.shape[1]
    best = np.empty(times.shape[1], dtype=np.float32)
    for place in range(len(row)):
        best[:] = FAR
        for end in range(row.shape[1]):
            r = np.int64(row[place, end])
            if r >= 0:
                leg = np.float32(leg_ds[place, end])
                for lane in range(sites):
                    best[lane] = min(best[lane], times[r, lane] + leg)
        for lane in range(sites):
            out[place, lane] = np.int32(best[lane])
