"""Compare times by timetable with cafein's on Newport, and explain every difference over 2 minutes.

    python benchmarks/transit_agreement.py

Needs cafein (``make bench`` installs it) and the source files (../shared/data). What came of it
stands in docs/method/transit.md. cafein takes part as an outside check alone.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

import eh_access as eh
from eh_access.sources import bundled
from eh_access.transit.walks import NEVER, Pairs, Walks

NEWPORT = Path(__file__).resolve().parents[2] / "shared" / "data" / "newport"
HOMES, SEED = 300, 1
# ten hours before the deadline the date begins: cafein knows its own trips alone
DATE, DEADLINE, DEPARTURE = "2023-06-20", "10:00", "09:30"
NO_SERVICE = "2025-01-01"
WALK_MIN, TRANSFER_MIN, RIDES, SNAP_M = 20, 6, 3, 150
SPEEDS = (4.8, 3.6)
DS_PER_S, NEAR_S, FAR_S = 10, 60.0, 120.0
KM_H_PER_M_S = 3.6


@dataclass
class Town:
    """Newport as both programs have it, at one pace."""

    homes: gpd.GeoDataFrame
    sites: gpd.GeoDataFrame
    timetable: eh.Timetable
    walks: Walks
    net: Any
    speed: float

    def theirs(self, date: str = DATE, **when: Any) -> np.ndarray:
        """Return cafein's seconds, inf where there is no way."""
        from cafein import TravelTimeMatrix

        points = [
            gpd.GeoDataFrame(
                {"id": table.index.astype(str)}, geometry=table.geometry.to_crs(4326).values
            )
            for table in (self.homes, self.sites)
        ]
        at = {name: f"{date} {time}" for name, time in when.items()}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            frame = TravelTimeMatrix(
                self.net, *points, **at, max_rides=RIDES, walking_speed_kmph=self.speed,
                max_walking_time=WALK_MIN, snap_distance=SNAP_M, output_time_units="seconds",
            )  # fmt: skip
        wide = pd.DataFrame(frame).set_index(["from_id", "to_id"])["travel_time"].unstack()  # noqa: PD010 - one row a pair
        wide = wide.reindex(index=self.homes.index, columns=self.sites.index)
        return wide.fillna(np.inf).to_numpy(float)

    def ours(self, walks: Walks, *, by: str) -> np.ndarray:
        """Return our seconds; by arrival those of the trip itself, as cafein reports them."""
        if by == "departure":
            times = eh.transit_times(self.timetable, walks, window=DEPARTURE, by=by)
            return times.judged_min.astype(float) * 60
        # of trips that leave last cafein takes that of fewest rides, even if it arrives later
        seconds = np.full(walks.walking.minutes.shape, np.inf)
        latest = np.full(seconds.shape, -np.inf)
        for changes in reversed(range(RIDES)):
            limits = replace(walks.limits, max_changes=changes)
            fewer = replace(walks, limits=limits)
            times = eh.transit_times(self.timetable, fewer, window=DEADLINE, by=by)
            rides = times.leave_ds < NEVER
            trip = (times.reach_ds.astype(np.int64) - times.leave_ds) / DS_PER_S
            as_late = times.judged_min.astype(float) * -60
            takes = np.where(rides, trip, -as_late)
            seconds = np.where(np.isfinite(as_late) & (as_late >= latest), takes, seconds)
            latest = np.maximum(latest, as_late)
        return seconds


def towns() -> Iterator[Town]:
    """Return Newport at each pace."""
    from cafein import TransportNetwork

    network = eh.read_network("newport")
    homes = eh.load_origins("newport_postcode").sample(HOMES, random_state=SEED)
    sites = eh.load_sites("newport_sites")
    timetable = eh.read_timetable(bundled.timetable_path("newport"), DATE)
    for speed in SPEEDS:
        limits = eh.JourneyLimits(
            access_min=WALK_MIN, egress_min=WALK_MIN, direct_min=WALK_MIN,
            transfer_min=TRANSFER_MIN, max_changes=RIDES - 1, allowance_s=0, longest_min=600,
        )  # fmt: skip
        mode = eh.WALK.with_speed(speed).without_hills()
        walks = eh.find_walks(network, timetable, homes, sites, mode=mode, limits=limits)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            net = TransportNetwork.from_gtfs(
                str(NEWPORT / "newport-20230613_gtfs.zip"),
                osm_pbf=str(NEWPORT / "newport-2023-06-13.osm.pbf"),
                walking_speed_kmph=speed, max_walking_time=TRANSFER_MIN, snap_distance=SNAP_M,
            )  # fmt: skip
        yield Town(homes, sites, timetable, walks, net, speed)


def with_their_walks(town: Town) -> Walks:
    """Return walks as cafein has them: to and from stops, between stops ours, all the way."""
    stops = town.timetable.stops.index

    def near(places: gpd.GeoDataFrame) -> Pairs:
        rows = []
        for number, point in enumerate(places.geometry.to_crs(4326)):
            found = town.net.access_stops(
                point.y, point.x, walking_speed_kmph=town.speed,
                max_walking_time=WALK_MIN, snap_distance=SNAP_M,
            )  # fmt: skip
            rows += [
                (number, stops.get_loc(stop), round(seconds * DS_PER_S))
                for stop, seconds in found.items()
                if stop in stops
            ]
        return Pairs(*np.array(sorted(rows), np.int64).T)

    minutes = (town.theirs(NO_SERVICE, arrival=DEADLINE) / 60).astype(np.float32)
    walking = replace(town.walks.walking, minutes=minutes)
    return replace(
        town.walks, access=near(town.homes), egress=near(town.sites), walking=walking,
        searched=np.ones(len(stops), bool),
    )  # fmt: skip


def with_their_rules(walks: Walks, *, by: str) -> Walks:
    """Return walks as cafein's two further rules allow them."""
    size = len(walks.stops)
    between = np.full((size, size), np.inf)
    between[walks.between.frm, walks.between.to] = walks.between.ds
    egress = np.full((len(walks.walking.site_ids), size), np.inf)
    egress[walks.egress.frm, walks.egress.to] = walks.egress.ds
    # 1: after the last ride one may walk to another stop first, and from there to the site
    further = np.array([(between + row[None]).min(axis=1) for row in egress])
    both = np.minimum(egress, further)
    site, stop = np.nonzero(np.isfinite(both))
    walking = walks.walking
    if by == "departure":  # 2: home, a stop, the site, all on foot, counts as a journey
        access = np.full((len(walking.origin_ids), size), np.inf)
        access[walks.access.frm, walks.access.to] = walks.access.ds
        by_stop = np.array([(access + row[None]).min(axis=1) for row in egress]).T
        minutes = np.minimum(walking.minutes, by_stop / (60 * DS_PER_S)).astype(np.float32)
        walking = replace(walking, minutes=minutes)
    ds = both[site, stop].astype(np.int64)
    return replace(walks, egress=Pairs(site, stop, ds), walking=walking)


def describe(ours: np.ndarray, theirs: np.ndarray) -> str:
    """Return the figures of a comparison as cells of a table."""
    both = np.isfinite(ours) & np.isfinite(theirs)
    signed = ours[both] - theirs[both]
    apart = np.abs(signed)
    only = f"{(np.isfinite(ours) & ~both).sum()} / {(np.isfinite(theirs) & ~both).sum()}"
    p50, p90 = np.quantile(apart, [0.5, 0.9]) / 60
    within = f"{(apart <= NEAR_S).mean():.1%} / {(apart <= FAR_S).mean():.1%}"
    return (
        f"{both.sum():,} | {only} | {np.median(signed) / 60:.2f} | {p50:.2f} | {p90:.1f} | "
        f"{apart.max() / 60:.0f} | {within}"
    )


def explained(town: Town, theirs: np.ndarray, own: np.ndarray, same: Walks, *, by: str) -> str:
    """Return how many differences over 2 minutes each cause explains, the first that does."""

    def apart(ours: np.ndarray) -> np.ndarray:
        with np.errstate(invalid="ignore"):
            gap = np.abs(ours - theirs)
        return (gap > FAR_S) | (np.isfinite(ours) != np.isfinite(theirs))

    left = apart(own)
    parts = [f"{left.sum()} of {own.size} differ"]
    rules = with_their_rules(town.walks, by=by)
    for what, walks in (
        ("their further walking rules", rules),
        ("and their walks to stops", with_their_rules(replace(
            same, egress=town.walks.egress, walking=town.walks.walking), by=by)),
        ("and from stops", with_their_rules(replace(same, walking=town.walks.walking), by=by)),
        ("and all the way", with_their_rules(same, by=by)),
    ):  # fmt: skip
        still = left & apart(town.ours(walks, by=by))
        parts.append(f"{what}: {(left & ~still).sum()}")
        left = still
    return "; ".join([*parts, f"unexplained: {left.sum()}"])


def main() -> int:
    """Print both programs' times side by side."""
    if not NEWPORT.is_dir():
        print("the source files (../shared/data/newport) are not here")
        return 2
    head = ("walks", "both reach", "only ours / cafein's", "signed median", "median", "p90")
    print("| " + " | ".join((*head, "largest", "within 1 / 2 min")) + " |")
    for town in towns():
        when = {"arrival": DEADLINE, "departure": DEPARTURE}
        alone = {by: town.theirs(**{by: at}) for by, at in when.items()}
        ids, between = town.timetable.stops.index, town.walks.between
        seconds = np.rint(between.ds / DS_PER_S).astype(int)  # cafein takes whole ones
        town.walks = replace(town.walks, between=between._replace(ds=seconds * DS_PER_S))
        town.net.set_transfers(
            [
                (ids[a], ids[b], int(s), float(s * town.speed / KM_H_PER_M_S))
                for a, b, s in zip(between.frm, between.to, seconds, strict=True)
            ]
        )
        same = with_their_walks(town)
        for by, at in when.items():
            theirs = town.theirs(**{by: at})
            name = f"{town.speed} km/h, {by}"
            own = town.ours(town.walks, by=by)
            print(f"| {name}, own | {describe(own, alone[by])} |")
            print(f"| {name}, same | {describe(town.ours(same, by=by), theirs)} |")
            ruled = town.ours(with_their_rules(same, by=by), by=by)
            print(f"| {name}, same, with cafein's rules | {describe(ruled, theirs)} |")
            print(explained(town, theirs, own, same, by=by), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
