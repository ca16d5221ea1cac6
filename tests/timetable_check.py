"""Put the library's answers beside the oracle's, and count the differences."""

from __future__ import annotations

import datetime as dt
import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from eh_access import find_walks, load_origins, load_sites, read_network
from eh_access.modes import WALK, WHEELCHAIR
from eh_access.transit.feed import read_feed
from eh_access.transit.journeys import clock, transit_times
from eh_access.transit.timetable import Timetable, Unknown, day_of
from eh_access.transit.trips import explain_trip
from eh_access.transit.walks import JourneyLimits
from timetable_feeds import DATE, STOPS, made_walks
from timetable_oracle import Oracle, for_wheelchairs, rows, transfers, vehicles_on

ALLOWANCE_S = 60
BOARDINGS = 3
LONGEST_MIN = 180


@dataclass
class Tally:
    """How many answers were compared, and which differ."""

    answers: int = 0
    reached: int = 0
    better_with_changes: list[int] = field(default_factory=lambda: [0] * BOARDINGS)
    differ: list[str] = field(default_factory=list)

    def add(self, what: str, ours: float, theirs: float) -> None:
        self.answers += 1
        self.reached += math.isfinite(theirs)
        same = ours == theirs or abs(ours - theirs) < 0.01
        if not same:
            self.differ.append(f"{what}: {ours} and not {theirs}")


def seconds_in(minutes: float) -> float:
    return round(minutes * 600) / 10 if math.isfinite(minutes) else math.inf


def compare_town(
    folder: Path, seed: int, tally: Tally, *, queries: int = 3, unknown: Unknown | None = None
) -> None:
    """Compare on a made-up town, with made-up walks; by wheelchair if ``unknown`` is given."""
    r = random.Random(seed)
    timetable = day_of(read_feed(folder), DATE)
    stops = list(timetable.stops.index)
    between = {
        (a, b): r.choice([60, 120, 90, 240, 400])
        for a in range(STOPS)
        for b in range(STOPS)
        if a != b and r.random() < 0.12
    }
    ids = [row["stop_id"] for row in rows(folder, "stops")]
    # where a change is timed one could also walk, and for long
    timed = [row for row in rows(folder, "transfers") if row["transfer_type"] == "1"]
    ends = [(ids.index(row["from_stop_id"]), ids.index(row["to_stop_id"])) for row in timed]
    between |= {(a, b): 300 for a, b in ends if a != b and max(a, b) < STOPS}
    named = {(ids[a], ids[b]): w for (a, b), w in between.items()}
    vehicles = vehicles_on(folder, DATE)
    if unknown:
        vehicles = for_wheelchairs(folder, vehicles, unknown)
    oracle = Oracle(vehicles, transfers(folder, ids, named, ALLOWANCE_S), BOARDINGS)
    assert stops == ids
    for _ in range(queries):
        access = [
            {r.randrange(STOPS): r.choice([0, 30, 240]) for _ in range(r.choice([1, 1, 4]))}
            for _ in range(6)
        ]
        egress = [
            {r.randrange(STOPS): r.choice([0, 60, 300]) for _ in range(r.choice([1, 1, 3]))}
            for _ in range(3)
        ]
        walk = np.array([[r.choice([900.0, 2400.0, math.inf]) for _ in egress] for _ in access])
        first, last = r.choice([(6, 10), (6, 10), (8, 10), (22, 27), (0, 4), (29, 33)])
        when = [r.randrange(first * 3600, last * 3600) for _ in range(2)]
        compare(
            tally, timetable, oracle, ids,
            access=access, egress=egress, between=between, direct=walk, when=when,
            unknown=unknown,
        )  # fmt: skip


def compare(  # noqa: PLR0913 - everything a question is made of
    tally: Tally,
    timetable: Timetable,
    oracle: Oracle,
    ids: list[str],
    *,
    access: list[dict[int, float]],
    egress: list[dict[int, float]],
    between: Mapping[tuple[int, int], float],
    direct: np.ndarray,
    when: list[int],
    unknown: Unknown | None = None,
) -> None:
    """Compare leaving at some moments and arriving by them, there and home, for each limit."""
    for direction in ("to_sites", "from_sites"):
        forward = direction == "to_sites"
        # by wheelchair changes are as they are on foot
        for changes in range(BOARDINGS - 1 if unknown else 0, BOARDINGS):
            limits = JourneyLimits(
                longest_min=LONGEST_MIN, max_changes=changes, allowance_s=ALLOWANCE_S,
                wheelchair_unknown=unknown or "usable",
            )  # fmt: skip
            walks = made_walks(
                timetable, access=access, egress=egress, between=between, direct=direct,
                limits=limits, direction=direction, mode=WHEELCHAIR if unknown else WALK,
            )  # fmt: skip
            for moment in when:
                leaving = transit_times(
                    timetable, walks, window=clock(moment * 10), by="departure", percentiles=[50]
                )
                arriving = transit_times(
                    timetable, walks, window=clock(moment * 10), by="arrival", percentiles=[50]
                )
                for o, home in enumerate(access):
                    for s, door in enumerate(egress):
                        ends = (home, door) if forward else (door, home)
                        board = {ids[i]: w + ALLOWANCE_S for i, w in ends[0].items()}
                        alight = {ids[i]: w for i, w in ends[1].items()}
                        where = (
                            f"{direction} {changes} changes {clock(moment * 10)} {board} {alight}"
                        )
                        walk = float(direct[o, s])
                        theirs = min(oracle.earliest(board, alight, moment, changes) - moment, walk)
                        ours = seconds_in(float(leaving.judged_min[o, s]))
                        limit = LONGEST_MIN * 60
                        tally.add(f"leaving {where}", ours, theirs if theirs <= limit else math.inf)
                        _by_deadline(
                            tally, oracle, where, (board, alight), walk, moment, changes,
                            seconds_in(float(arriving.judged_min[o, s])),
                        )  # fmt: skip
                        if changes == BOARDINGS - 1:
                            _legs(
                                tally, oracle, timetable, walks,
                                (f"origin{o}", f"site{s}"), moment, ours,
                            )  # fmt: skip


def _by_deadline(  # noqa: PLR0913, PLR0917 - everything a question is made of
    tally: Tally,
    oracle: Oracle,
    where: str,
    ends: tuple[dict[str, float], dict[str, float]],
    walk: float,
    deadline: int,
    changes: int,
    ours: float,
) -> None:
    """Check that leaving so late is in time, and that leaving a little later is not."""
    limit = LONGEST_MIN * 60
    leave = deadline - (ours if math.isfinite(ours) else limit + 0.1)
    is_in_time = min(oracle.earliest(*ends, leave, changes), leave + walk) <= deadline + 1e-6
    tally.add(f"arriving {where} in time", is_in_time, math.isfinite(ours))
    if not math.isfinite(ours):
        leave = deadline - limit - 0.1  # so that 0.1 later is the limit itself
    later = min(oracle.earliest(*ends, leave + 0.1, changes), leave + 0.1 + walk)
    tally.add(f"arriving {where} no later", later <= deadline + 1e-6, False)


def _legs(  # noqa: PLR0913, PLR0917 - everything a question is made of
    tally: Tally,
    oracle: Oracle,
    timetable: Timetable,
    walks: Any,  # noqa: ANN401
    pair: tuple[str, str],
    moment: int,
    ours: float,
) -> None:
    """Check that the legs of a trip are rides there are, and that they take what they should."""
    trip = explain_trip(timetable, walks, *pair, depart_after=clock(moment * 10))
    if not trip.legs:
        tally.add("legs", math.inf, ours)
        return
    arrives = seconds_of(trip.arrives)
    # legs show whole seconds
    tally.add(f"legs arrive {pair} {moment}", arrives - moment, math.floor(ours))
    tally.add("legs leave", seconds_of(trip.leaves) >= moment - 1e-9, True)
    whole = trip.walk_min + trip.ride_min + trip.wait_min
    tally.add("legs add up", whole * 60, trip.minutes * 60)
    ends = [(seconds_of(leg.leaves), seconds_of(leg.arrives)) for leg in trip.legs]
    in_order = all(one[1] <= two[0] for one, two in pairwise(ends))
    tally.add("legs in order", in_order and all(a <= b for a, b in ends), True)
    joined = all(one.end == two.start for one, two in pairwise(trip.legs))
    tally.add("legs joined", joined, True)
    for leg in trip.legs:
        if leg.kind == "ride":
            tally.add(f"a ride there is {leg}", is_ride(oracle, leg), True)


def is_ride(oracle: Oracle, leg: Any) -> bool:  # noqa: ANN401
    """Whether some vehicle goes from where to where at these moments, boarding and alighting."""
    start, end = seconds_of(leg.leaves), seconds_of(leg.arrives)
    for calls in oracle.vehicles:
        boarded = False
        for call in calls:
            if boarded and call.may_alight and (call.stop, call.arrives) == (leg.end, end):
                return True
            boarded |= call.may_board and (call.stop, call.departs) == (leg.start, start)
    return False


def seconds_of(text: str) -> int:
    sign = -1 if text.startswith("-") else 1
    parts = [int(part) for part in text.lstrip("-").split(":")]
    return sign * sum(part * 60**power for part, power in zip(parts, (2, 1, 0), strict=False))


def compare_newport(folder: Path, date: dt.date, tally: Tally, *, queries: int, seed: int) -> None:
    """Compare on Newport's streets and buses, folder being the unpacked feed."""
    r = random.Random(seed)
    network = read_network("newport")
    homes = load_origins("newport_postcode").sample(300, random_state=seed)
    sites = load_sites("newport_sites")
    timetable = day_of(read_feed(folder), date)
    ids = list(timetable.stops.index)
    vehicles = vehicles_on(folder, date)
    for direction in ("to_sites", "from_sites"):
        limits = JourneyLimits(max_changes=r.choice([0, 1, 2]), longest_min=LONGEST_MIN)
        walks = find_walks(network, timetable, homes, sites, limits=limits, direction=direction)
        between = {(ids[a], ids[b]): ds / 10 for a, b, ds in zip(*walks.between, strict=True)}
        change = transfers(folder, ids, between, limits.allowance_s)
        oracle = Oracle(vehicles, change, limits.max_changes + 1)
        near = [
            {ids[s]: ds / 10 for s, ds in zip(*rows, strict=True)}
            for pairs_of, count in ((walks.access, len(homes)), (walks.egress, len(sites)))
            for rows in (
                (pairs_of.to[pairs_of.frm == n], pairs_of.ds[pairs_of.frm == n])
                for n in range(count)
            )
        ]
        direct = walks.direct_ds / 10
        for _ in range(max(1, queries // 40)):
            moment = r.randrange(6 * 3600, 26 * 3600)
            leaving, arriving = (
                transit_times(timetable, walks, window=clock(moment * 10), by=by, percentiles=[50])
                for by in ("departure", "arrival")
            )
            for _ in range(10):
                o, s = r.randrange(len(homes)), r.randrange(len(sites))
                home, door = near[o], near[len(homes) + s]
                ends = (home, door) if direction == "to_sites" else (door, home)
                board = {stop: walk + limits.allowance_s for stop, walk in ends[0].items()}
                walk = float(direct[o, s]) if direct[o, s] < 2**26 else math.inf
                where = f"Newport {date} {direction} {o} {s} {clock(moment * 10)}"
                k = limits.max_changes
                theirs = min(oracle.earliest(board, ends[1], moment, k) - moment, walk)
                ours = seconds_in(float(leaving.judged_min[o, s]))
                tally.add(where, ours, theirs if theirs <= LONGEST_MIN * 60 else math.inf)
                _by_deadline(
                    tally, oracle, where, (board, ends[1]), walk, moment, k,
                    seconds_in(float(arriving.judged_min[o, s])),
                )  # fmt: skip
                _legs(
                    tally, oracle, timetable, walks, (homes.index[o], sites.index[s]), moment, ours
                )
