"""Range RAPTOR: the same answers by rounds over lines, where an event graph is too large.

One source, moments of leaving it from the latest to the earliest, labels kept between them. On
the mirrored day it gives the last moment to leave each stop for each arrival at a site. (Delling,
Pajor, Werneck 2012.) Plain Python over numpy, written from the paper.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from eh_access.transit.journeys import Search, filled_rows
from eh_access.transit.timetable import ALIGHT, BOARD, Timetable

NEVER = 2**30


class Line(NamedTuple):
    """Vehicles with the same calls, none of which overtakes another."""

    stops: list[int]
    board: list[bool]
    alight: list[bool]
    dep: np.ndarray  # (vehicles, stops)
    arr: np.ndarray


def lines_of(timetable: Timetable) -> list[Line]:
    order = np.lexsort((timetable.place, timetable.run))
    cuts = np.flatnonzero(np.diff(timetable.run[order])) + 1
    groups: dict[tuple[bytes, bytes], list[tuple[np.ndarray, np.ndarray]]] = defaultdict(list)
    for rows in np.split(order, cuts) if len(order) else ():
        path = np.append(timetable.frm[rows], timetable.to[rows[-1]])
        dep = np.append(timetable.dep_ds[rows], NEVER)
        arr = np.insert(timetable.arr_ds[rows], 0, -NEVER)
        groups[path.tobytes(), timetable.flag[rows].tobytes()].append((dep, arr))
    lines = []
    for (path_bytes, flag_bytes), runs in groups.items():
        stops = np.frombuffer(path_bytes, np.int32).tolist()
        flag = np.frombuffer(flag_bytes, np.uint8)
        board = [*((flag & BOARD) > 0).tolist(), False]
        alight = [False, *((flag & ALIGHT) > 0).tolist()]
        lanes: list[list[tuple[np.ndarray, np.ndarray]]] = []
        for dep, arr in sorted(runs, key=lambda run: (run[0][0], run[1][-1])):
            for lane in lanes:
                if (lane[-1][0] <= dep).all() and (lane[-1][1] <= arr).all():
                    lane.append((dep, arr))
                    break
            else:
                lanes.append([(dep, arr)])
        lines += [
            Line(
                stops, board, alight, np.array([d for d, _ in lane]), np.array([a for _, a in lane])
            )
            for lane in lanes
        ]
    return lines


def range_raptor(  # noqa: C901, PLR0912 - rounds, lines, calls
    lines: list[Line],
    changes: dict[int, list[tuple[int, int]]],
    source: dict[int, int],
    leaves: list[int],
    boardings: int,
) -> dict[int, dict[int, int]]:
    """Return, for each moment of leaving, when each stop is reached by vehicle."""
    at: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for number, line in enumerate(lines):
        for place, stop in enumerate(line.stops):
            at[stop].append((number, place))
    deps = [[line.dep[:, p].tolist() for p in range(len(line.stops))] for line in lines]
    ready = [dict[int, int]() for _ in range(boardings + 1)]
    rides = [dict[int, int]() for _ in range(boardings)]
    answers = {}
    for leave in sorted(leaves, reverse=True):
        marked = set()
        for stop, walk in source.items():
            if leave + walk < ready[0].get(stop, NEVER):
                ready[0][stop] = leave + walk
                marked.add(stop)
        for k in range(boardings):
            first: dict[int, int] = {}
            for stop in marked:
                for number, place in at[stop]:
                    first[number] = min(place, first.get(number, place))
            marked = set()
            for number, start in first.items():
                line, on = lines[number], -1
                for place in range(start, len(line.stops)):
                    stop = line.stops[place]
                    if on >= 0 and line.alight[place]:
                        time = int(line.arr[on, place])
                        if time < rides[k].get(stop, NEVER):
                            for more in range(k, boardings):
                                rides[more][stop] = min(time, rides[more].get(stop, NEVER))
                            for other, takes in changes.get(stop, ()):
                                if time + takes < ready[k + 1].get(other, NEVER):
                                    ready[k + 1][other] = time + takes
                                    marked.add(other)
                    if line.board[place] and stop in ready[k]:
                        found = bisect_left(deps[number][place], ready[k][stop])
                        if found < len(deps[number][place]) and (on < 0 or found < on):
                            on = found
        answers[leave] = dict(rides[boardings - 1])
    return answers


def compare(search: Search, *, sites: Iterable[int], hours: tuple[int, int], each: int = 5) -> int:
    """Compare every stop's last departure for some arrivals by rounds and by the scan; how many."""
    from eh_access.transit.scan import latest_row  # noqa: PLC0415

    day = search.day
    turned: dict[int, list[tuple[int, int]]] = {}
    for stop in range(search.stops):
        rows = range(search.changed_from.start[stop], search.changed_from.start[stop + 1])
        turned[stop] = [
            (int(search.changed_from.stop[e]), int(search.changed_from.ds[e])) for e in rows
        ]
    boards = day.flag & BOARD > 0
    departures = set(zip(day.frm[boards].tolist(), day.dep_ds[boards].tolist(), strict=True))
    lines = lines_of(day.mirrored)
    first, last = sorted(search.direction * hour * 36_000 for hour in hours)
    longest = 3 * 36_000
    compared = 0
    for site in sites:
        profile = search.profile()
        search.scan(site, profile, first, last, longest)
        near = {s: int(ds) for s, ds in enumerate(search.egress[site].tolist()) if ds < NEVER}
        arrivals = np.unique(profile.arrive[filled_rows(profile)])
        arrivals = [int(a) for a in arrivals if a < NEVER][::each]
        by_rounds = range_raptor(lines, turned, near, [-a for a in arrivals], search.boardings)
        for arrival in arrivals:
            # labels are kept: what a later one reached counts for an earlier one as well
            for stop, time in by_rounds[-arrival].items():
                leave = -time
                if leave < first or arrival - leave > longest or (stop, leave) not in departures:
                    continue
                row = latest_row(profile, stop, arrival, search.boardings - 1)
                assert row >= 0
                assert profile.ready[row] == leave
                compared += 1
    return compared
