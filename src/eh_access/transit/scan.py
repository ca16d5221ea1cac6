"""The profile scan: every stop's ways to one site, all day, in one pass.

Compiled. All times are deciseconds. A profile lists, for every stop, by when one must be there and
when one is at the site then, with at most one, two, ... boardings: exact, nothing is sampled
(connection scan: Dibbelt, Pajor, Strasser, Wagner 2018).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from eh_access.compiled import njit

NEVER = 2**30
"""Later than anything, and added to a time still an int32."""


class Connections(NamedTuple):
    """A timetable's connections, by departure."""

    frm: Any
    to: Any
    dep: Any
    arr: Any
    run: Any
    flag: Any


class Links(NamedTuple):
    """Walks from each of some places: to which stops, and how long each takes."""

    start: Any  # int64 (places + 1,): where each place's rows begin
    stop: Any  # int32
    ds: Any  # int32


class Profile(NamedTuple):
    """What a scan fills in; a stop's rows run from ``slot``, the latest departure first."""

    slot: Any  # int64 (stops,)
    count: Any  # int64 (stops,)
    ready: Any  # int32 (rows,): be at the stop by
    arrive: Any  # int32 (rows, boardings): and at the site at


@njit()
def scan(
    connections: Any,
    span: Any,
    changes: Any,
    changed_from: Any,
    egress: Any,
    bounds: Any,
    profile: Any,
    room: Any,
) -> None:
    """Fill a profile by the connections of a span, the last departure first."""
    # changes take a decisecond or more, so that one pass is exact; connections of one vehicle at
    # one moment stand in its order. `changed_from` holds the changes turned round. bounds: the
    # latest useful arrival, and the longest useful journey.
    frm, to, dep, arr, run, flag = connections
    slot, count, ready, arrive = profile
    best, useful = room
    latest, longest = bounds
    boardings = arrive.shape[1]
    best[:] = NEVER
    count[:] = 0
    useful[:] = False  # whether a change at the stop can lead anywhere yet
    for c in range(span[1] - 1, span[0] - 1, -1):
        r = run[c]
        if flag[c] & 2:
            s = to[c]
            a = arr[c]
            if egress[s] < NEVER:
                v = a + egress[s]
                if v <= latest:
                    for k in range(boardings):
                        if v < best[r, k]:
                            best[r, k] = v
            if boardings > 1 and useful[s]:
                for e in range(changes.start[s], changes.start[s + 1]):
                    q = changes.stop[e]
                    i = slot[q] + count[q] - 1
                    if i < slot[q]:
                        continue
                    helps = False  # the last row holds the best of the stop
                    for k in range(1, boardings):
                        if arrive[i, k - 1] < best[r, k]:
                            helps = True
                    if not helps:
                        continue
                    t = a + changes.ds[e]
                    while i >= slot[q] and ready[i] < t:
                        i -= 1
                    if i >= slot[q]:
                        for k in range(1, boardings):
                            if arrive[i, k - 1] < best[r, k]:
                                best[r, k] = arrive[i, k - 1]
        if flag[c] & 1:
            s = frm[c]
            d = dep[c]
            i = slot[s] + count[s] - 1
            is_first = i < slot[s]
            better = False
            for k in range(boardings):
                v = best[r, k]
                if v - d <= longest and (is_first or v < arrive[i, k]):
                    better = True
            if better:
                j = i if not is_first and ready[i] == d else i + 1
                for k in range(boardings):
                    v = best[r, k]
                    if not is_first and arrive[i, k] < v:
                        v = arrive[i, k]
                    arrive[j, k] = v
                ready[j] = d
                if is_first:
                    for e in range(changed_from.start[s], changed_from.start[s + 1]):
                        useful[changed_from.stop[e]] = True
                count[s] = j - slot[s] + 1


@njit()
def arrival_at(profile: Any, stop: Any, t: Any, k: Any) -> Any:
    """Return when one who is at a stop at ``t`` can be at the site with k + 1 boardings."""
    low = profile.slot[stop]
    high = low + profile.count[stop]
    first = low
    while low < high:  # ready falls: find the last row that is late enough
        middle = (low + high) >> 1
        if profile.ready[middle] >= t:
            low = middle + 1
        else:
            high = middle
    return profile.arrive[low - 1, k] if low > first else NEVER


@njit()
def latest_row(profile: Any, stop: Any, deadline: Any, k: Any) -> Any:
    """Return the row of a stop with which one leaves last and arrives by a deadline, or -1."""
    low = profile.slot[stop]
    high = low + profile.count[stop]
    end = high
    while low < high:  # arrivals fall, too: find the first early enough
        middle = (low + high) >> 1
        if profile.arrive[middle, k] <= deadline:
            high = middle
        else:
            low = middle + 1
    return low if low < end else -1


@njit()
def leave_by(profile: Any, k: Any, access: Any, deadlines: Any, leave: Any) -> None:
    """Fill in the last moment to leave each origin to be at the site by each deadline."""
    for o in range(len(access.start) - 1):
        for e in range(len(deadlines)):
            last = -NEVER
            for j in range(access.start[o], access.start[o + 1]):
                i = latest_row(profile, access.stop[j], deadlines[e], k)
                if i >= 0 and profile.ready[i] - access.ds[j] > last:
                    last = profile.ready[i] - access.ds[j]
            leave[o, e] = last


@njit()
def _time_within(x: Any, leave: Any, reach: Any, steps: Any, walk: Any, window: Any) -> Any:
    """Return for how much of the window the journey takes at most x."""
    t0, t1, by_arrival = window
    if x >= walk:
        return np.int64(t1 - t0)
    total = np.int64(0)
    for e in range(steps):
        if by_arrival:  # deadlines from reach[e] to the next take deadline - leave[e]
            a = max(reach[e], t0)
            b = min(reach[e + 1] if e + 1 < steps else NEVER, t1, leave[e] + x)
        else:  # departures after the last leave to leave[e] take reach[e] - departure
            a = max(leave[e - 1] if e else -NEVER, t0, reach[e] - x)
            b = min(leave[e], t1)
        if b > a:
            total += b - a
    return total


@njit()
def _at_moment(leave: Any, reach: Any, steps: Any, walk: Any, window: Any) -> Any:
    """Return how long the journey takes for a window that is one moment."""
    t, _, by_arrival = window
    x = NEVER
    for e in range(steps):
        if by_arrival and reach[e] <= t:
            x = min(x, t - leave[e])
        if not by_arrival and leave[e] >= t:
            x = min(x, reach[e] - t)
    return min(x, walk)


@njit()
def summarise(
    profile: Any,
    rank: Any,
    events: Any,
    access: Any,
    walk: Any,
    window: Any,
    wanted: Any,
    longest: Any,
    answers: Any,
) -> None:
    """Fill in each origin's percentiles, share, and the journey at the percentile judged by."""
    # rank: of each row of the profile, its arrival's place in `events`. The window is continuous:
    # percentiles are the least whole deciseconds within which so much of it lies. wanted: how
    # much of the window each percentile is, and which of them is judged by.
    needs, judged = wanted
    percentiles, within, leaves, reaches, moments = answers
    t0, t1, by_arrival = window
    m = len(events)
    last = np.empty(m, np.int32)
    leave = np.empty(m, np.int32)
    reach = np.empty(m, np.int32)
    for o in range(len(access.start) - 1):
        last[:] = -NEVER
        for j in range(access.start[o], access.start[o + 1]):
            s = access.stop[j]
            w = access.ds[j]
            for i in range(profile.slot[s], profile.slot[s] + profile.count[s]):
                r = rank[i]
                if r >= 0 and profile.ready[i] - w > last[r]:
                    last[r] = profile.ready[i] - w
        steps = 0
        for e in range(m):
            v = last[e]
            if v > -NEVER and (steps == 0 or v > leave[steps - 1]) and events[e] - v < walk[o]:
                leave[steps] = v
                reach[steps] = events[e]
                steps += 1
        if t0 == t1:
            x = _at_moment(leave, reach, steps, walk[o], window)
            within[o] = 1 if x <= longest else 0
            percentiles[o, :] = x if x <= longest else NEVER
        else:
            within[o] = _time_within(longest, leave, reach, steps, walk[o], window)
            for p in range(len(needs)):
                if within[o] < needs[p]:
                    percentiles[o, p] = NEVER
                    continue
                low = 0
                high = longest
                while low < high:
                    x = (low + high) >> 1
                    if _time_within(x, leave, reach, steps, walk[o], window) >= needs[p]:
                        high = x
                    else:
                        low = x + 1
                percentiles[o, p] = low
        leaves[o] = reaches[o] = moments[o] = NEVER
        x = percentiles[o, judged]
        if x >= min(walk[o], NEVER):
            continue  # on foot, or not at all
        for e in range(steps):  # the first journey of the window that takes so long
            if by_arrival:
                first = max(reach[e], t0) - leave[e]
                most = min(reach[e + 1] if e + 1 < steps else NEVER, t1) - leave[e]
                moment = leave[e] + x
            else:
                first = reach[e] - min(leave[e], t1)
                most = reach[e] - max(leave[e - 1] if e else -NEVER, t0)
                moment = reach[e] - x
            if first <= x <= most:
                leaves[o] = leave[e]
                reaches[o] = reach[e]
                moments[o] = moment
                break


@njit()
def trace(
    connections: Any, index: Any, changes: Any, egress: Any, profile: Any, trip: Any, rides: Any
) -> Any:
    """Fill in the rides of one trip; return how many, the walk to the first stop and the last."""
    # trip: access stops and walks, and the leaving and arriving wanted. Of ways that leave and
    # arrive then: fewest boardings, then the least walk to the first stop; then always the first
    # vehicle that still makes it, and of ways on from it the least walk. rides: the connections
    # boarded and alighted from, and the row of `changes` walked after.
    _, to, dep, arr, _, flag = connections
    by_stop, start, following = index
    stops, walks, leave, reach = trip
    goal = -1
    best_walk = NEVER
    stop = -1
    ready = 0
    k = 0
    while k < profile.arrive.shape[1] and stop < 0:
        for j in range(len(stops)):
            i = latest_row(profile, stops[j], reach, k)
            if i >= 0 and profile.ready[i] - walks[j] >= leave and walks[j] < best_walk:
                best_walk = walks[j]
                stop = stops[j]
                ready = profile.ready[i]
                goal = profile.arrive[i, k]
        k += 1
    if stop < 0:
        return 0, 0, 0
    left = k - 1
    count = 0
    while True:
        boarded = False
        is_last = False
        least = NEVER
        low = start[stop]
        high = start[stop + 1]
        while low < high:
            middle = (low + high) >> 1
            if dep[by_stop[middle]] < ready:
                low = middle + 1
            else:
                high = middle
        for row in range(low, start[stop + 1]):
            c = by_stop[row]
            if dep[c] > goal or boarded:
                break
            if not flag[c] & 1:
                continue
            d = c
            while d >= 0 and arr[d] <= goal:
                if flag[d] & 2:
                    q = to[d]
                    if egress[q] < NEVER and arr[d] + egress[q] == goal:
                        if not is_last or egress[q] < least:
                            boarded = is_last = True
                            least = egress[q]
                            rides[count, 0] = c
                            rides[count, 1] = d
                            rides[count, 2] = -1
                    elif left > 0 and not is_last:
                        for e in range(changes.start[q], changes.start[q + 1]):
                            t = arr[d] + changes.ds[e]
                            if changes.ds[e] < least and (
                                arrival_at(profile, changes.stop[e], t, left - 1) == goal
                            ):
                                boarded = True
                                least = changes.ds[e]
                                rides[count, 0] = c
                                rides[count, 1] = d
                                rides[count, 2] = e
                d = following[d]
        count += 1
        e = rides[count - 1, 2]
        if e < 0 or not boarded:
            return count, best_walk, least
        stop = changes.stop[e]
        ready = arr[rides[count - 1, 1]] + changes.ds[e]
        left -= 1


@njit()
def trace_all(
    connections: Any,
    index: Any,
    changes: Any,
    egress: Any,
    profile: Any,
    access: Any,
    wanted: Any,
    sums: Any,
) -> None:
    """Fill in each origin's changes, and its time on foot and in vehicles."""
    # wanted: when each leaves and arrives, and the walks of changes alone
    leaves, reaches, change_walk = wanted
    dep, arr = connections.dep, connections.arr
    rides = np.empty((profile.arrive.shape[1], 3), np.int64)
    for o in range(len(leaves)):
        if leaves[o] >= NEVER:
            continue
        rows = slice(access.start[o], access.start[o + 1])
        trip = (access.stop[rows], access.ds[rows], leaves[o], reaches[o])
        count, first, last = trace(connections, index, changes, egress, profile, trip, rides)
        sums[o, 0] = count - 1
        walk = first + last
        ride = 0
        for i in range(count):
            ride += arr[rides[i, 1]] - dep[rides[i, 0]]
            if rides[i, 2] >= 0:
                walk += change_walk[rides[i, 2]]
        sums[o, 1] = walk
        sums[o, 2] = ride
