"""The walks of a journey, along the streets by the family's own mode."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd

from eh_access.arguments import SearchOptions, check_arguments, instance, number, places
from eh_access.errors import InputError
from eh_access.modes import WALK, as_mode
from eh_access.network.model import as_network
from eh_access.routing.matrix import DS_PER_MIN, make_ready, travel_time_matrix
from eh_access.routing.search import checked_options
from eh_access.tables import CRS
from eh_access.transit.timetable import Timetable, Unknown, check_unknown

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eh_access.modes import TravelMode
    from eh_access.network.model import Network
    from eh_access.routing.travel_times import Direction, TravelTimes

NEVER = 2**30
TIMED, LEAST, FORBIDDEN = 1, 2, 3
"""Kinds of rule in transfers.txt."""


@dataclass(frozen=True, kw_only=True)
class JourneyLimits:
    """How far a family walks, how often it changes, how long it travels.

    Parameters
    ----------
    access_min, egress_min, transfer_min
        Most minutes of walking to the first stop, from the last, and between two stops.
    direct_min
        Most minutes of walking all the way, which is always an alternative.
    longest_min
        A journey that takes longer is none.
    max_changes
        Most changes from one vehicle to another.
    allowance_s
        Seconds lost at each boarding: being at the stop before the vehicle is.
    wheelchair_unknown
        By wheelchair, whether stops and vehicles of which the feed says nothing are ``"usable"``
        or ``"unusable"``.

    Raises
    ------
    InputError
        If a limit is out of its range.

    Examples
    --------
    >>> JourneyLimits(max_changes=1).longest_min
    120.0
    """

    access_min: float = 15.0
    egress_min: float = 15.0
    transfer_min: float = 6.0
    direct_min: float = 90.0
    longest_min: float = 120.0
    max_changes: int = 2
    allowance_s: float = 60.0
    wheelchair_unknown: Unknown = "usable"

    def __post_init__(self) -> None:
        faults: list[str] = []
        for name, high, is_whole, unit in (
            ("access_min", 240, False, "minutes"),
            ("egress_min", 240, False, "minutes"),
            ("transfer_min", 60, False, "minutes"),
            ("direct_min", 480, False, "minutes"),
            ("longest_min", 720, False, "minutes"),
            ("max_changes", 6, True, "changes"),
            ("allowance_s", 1800, False, "seconds"),
        ):
            # a walk of no minutes at all cannot be searched for; a change or an allowance can
            may_be_low = unit != "minutes"
            try:
                number(
                    name, getattr(self, name),
                    low=0, high=high, may_be_low=may_be_low, whole=is_whole, unit=unit,
                )  # fmt: skip
            except InputError as error:
                faults += error.faults
        if faults:
            raise InputError(faults)
        check_unknown("wheelchair_unknown", self.wheelchair_unknown)

    def ds(self, name: str) -> int:
        """Return a limit in deciseconds."""
        value: float = getattr(self, name)
        return round(value * (10 if name.endswith("_s") else DS_PER_MIN))


class Pairs(NamedTuple):
    """Walks from some places to others: which, which, and deciseconds; sorted."""

    frm: NDArray[np.int64]
    to: NDArray[np.int64]
    ds: NDArray[np.int64]


@dataclass(frozen=True, eq=False, kw_only=True)
class Walks:
    """Every walk that journeys between some origins and some sites may need."""

    walking: TravelTimes  # all the way
    access: Pairs  # between origin and stop
    egress: Pairs  # between site and stop
    between: Pairs  # between stops, the way they are walked
    stops: pd.Index  # ids of all stops, in the order of their numbers
    searched: NDArray[np.bool_]  # stops walks were searched for
    offset_m: NDArray[np.float64] = field(repr=False)  # from each of these to its street
    limits: JourneyLimits

    @property
    def direction(self) -> Direction:
        """Which way families travel."""
        return self.walking.direction

    @property
    def direct_ds(self) -> NDArray[np.int32]:
        """Deciseconds on foot all the way, int32 (origins, sites)."""
        minutes = self.walking.minutes.astype(np.float64)
        ds = np.where(np.isfinite(minutes), minutes, 0) * DS_PER_MIN
        return np.where(np.isfinite(minutes), np.rint(ds), NEVER).astype(np.int32)


def as_timetables(value: object) -> list[Timetable]:
    """Return what a function was given as one timetable or several."""
    several = value if isinstance(value, (list, tuple)) else [value]
    return [
        instance("timetable", one, Timetable, give="read_timetable(...), or a list")
        for one in several
    ]


def usable(timetable: Timetable, mode: TravelMode, limits: JourneyLimits) -> Timetable:
    """Return what runs for people who walk to it by a mode."""
    return timetable.for_wheelchairs(limits.wheelchair_unknown) if mode.by_wheelchair else timetable


@check_arguments
def find_walks(  # noqa: PLR0913 - the arguments of travel_time_matrix, and the timetable
    network: Network,
    timetable: Timetable | Sequence[Timetable],
    origins: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    *,
    mode: TravelMode | str = WALK,
    limits: JourneyLimits | None = None,
    direction: Direction = "to_sites",
    options: SearchOptions | None = None,
) -> Walks:
    """Find the walks of journeys by timetable, along the streets.

    Parameters
    ----------
    network, origins, sites, direction, options
        As for `travel_time_matrix`.
    timetable
        Whose stops: of several that share their stops, as before and after a change, those that
        any of them calls at.
    mode
        How families walk: with a pushchair every walk keeps to what a pushchair can pass, and by
        wheelchair every stop and vehicle takes one, too.
    limits
        How far; None for the defaults of `JourneyLimits`.

    Returns
    -------
    Walks
        For `transit_times`, for any window and any timetable of the same stops.

    Raises
    ------
    InputError
        As for `travel_time_matrix`, or if the mode is not one on foot or the timetables do not
        share their stops.

    Examples
    --------
    >>> from eh_access import example_buses
    >>> network, homes, sites, timetable = example_buses()
    >>> find_walks(network, timetable, homes, sites).walking.minutes.round(1).tolist()
    [[2.0, 48.0], [22.0, 28.0]]
    """
    network, mode = as_network(network), as_mode(mode)
    limits, options = limits or JourneyLimits(), checked_options(options)
    if mode.walk_speed_km_h != mode.speed_km_h or mode.uses_road_speeds:
        raise InputError(f"mode is '{mode.name}'; journeys by timetable begin and end on foot")
    several = as_timetables(timetable)
    stops = several[0].stops
    if any(not stops.index.equals(other.stops.index) for other in several):
        raise InputError(
            "the timetables are not of the same stops; read them from one feed and area"
        )
    origins, sites = places("origins", origins), places("sites", sites)
    served = np.unique(np.concatenate([usable(other, mode, limits).served for other in several]))
    halts = gpd.GeoSeries.from_xy(stops["x_m"].iloc[served], stops["y_m"].iloc[served], crs=CRS)
    homes, doors = origins.geometry.to_crs(CRS), sites.geometry.to_crs(CRS)
    both = gpd.GeoSeries(pd.concat([homes, halts], ignore_index=True), crs=CRS)
    least = max(limits.access_min, limits.transfer_min)
    near, at = _within(network, both, halts, mode, least, direction, options)
    last, _ = _within(network, halts, doors, mode, limits.egress_min, direction, options)
    is_home = near.frm < len(homes)
    access = _some(near, is_home & (near.ds <= limits.ds("access_min")))
    change = _some(near, ~is_home & (near.ds <= limits.ds("transfer_min")))
    frm, to = served[change.frm - len(homes)], served[change.to]
    if direction == "from_sites":
        frm, to = to, frm
    searched = np.zeros(len(stops), bool)
    searched[served] = True
    return Walks(
        walking=travel_time_matrix(
            network, homes, doors,
            mode=mode, cutoff_min=limits.direct_min, direction=direction, options=options,
        ),
        access=_sorted(access.frm, served[access.to], access.ds),
        egress=_sorted(last.to, served[last.frm], last.ds),
        between=_some(between := _sorted(frm, to, change.ds), between.frm != between.to),
        stops=stops.index,
        searched=searched,
        offset_m=at,
        limits=limits,
    )  # fmt: skip


def _within(  # noqa: PLR0913, PLR0917 - the arguments of travel_time_matrix
    network: Network,
    starts: gpd.GeoSeries,
    ends: gpd.GeoSeries,
    mode: TravelMode,
    cutoff_min: float,
    direction: Direction,
    options: SearchOptions,
) -> tuple[Pairs, NDArray[np.float64]]:
    """Return the pairs within a cutoff, and how far each end lies from its street."""
    trips = make_ready(network, starts, ends, mode=mode, cutoff_min=cutoff_min, direction=direction)
    # a search that stops at the cutoff beats sweeping all streets for so short walks
    options = SearchOptions(engine="queue", threads=options.threads)
    parts: list[tuple[NDArray[np.integer[Any]], ...]] = [(np.empty(0, np.int64),) * 3]  # no stops
    for rows, columns, block in trips.in_blocks(options):
        row, column = np.nonzero(block <= trips.limit_ds)
        parts.append((row + rows.start, column + columns.start, block[row, column]))
    joined = (np.concatenate(part).astype(np.int64) for part in zip(*parts, strict=True))
    return Pairs(*joined), trips.doors.offset_m


def _some(pairs: Pairs, keep: NDArray[np.bool_]) -> Pairs:
    return Pairs(*(values[keep] for values in pairs))


def _sorted(frm: NDArray[np.int64], to: NDArray[np.int64], ds: NDArray[np.int64]) -> Pairs:
    order = np.lexsort((to, frm))
    return Pairs(frm[order], to[order], ds[order])


def joined(base: Walks, other: Walks, walking: TravelTimes, columns: NDArray[np.intp]) -> Walks:
    """Return the walks to the sites of both; the other's have these columns of ``walking``."""
    old = _some(base.egress, ~np.isin(base.egress.frm, columns))
    new = other.egress._replace(frm=columns[other.egress.frm])
    egress = (np.concatenate(pair) for pair in zip(old, new, strict=True))
    return replace(base, walking=walking, egress=_sorted(*egress))


def changes(timetable: Timetable, walks: Walks) -> tuple[Pairs, NDArray[np.int64]]:
    """Return what each change takes, boarding allowance included, and how much of it is walking."""
    # transfers.txt goes before the streets. Never less than a decisecond: that is what makes one
    # pass of the scan exact
    count = len(timetable.stops)
    rules, own = timetable.transfers, np.arange(count) * (count + 1)
    ruled = rules["frm"].to_numpy(np.int64) * count + rules["to"].to_numpy(np.int64)
    walked = np.concatenate([own, walks.between.frm * count + walks.between.to])
    every = np.union1d(walked, ruled)
    walk, kind, least = np.full(len(every), -1), np.zeros(len(every)), np.zeros(len(every))
    walk[np.searchsorted(every, walked)] = np.concatenate([own * 0, walks.between.ds])
    kind[np.searchsorted(every, ruled)] = rules["kind"]
    least[np.searchsorted(every, ruled)] = rules["least_ds"]
    by_street = np.maximum(walk, 0) + walks.limits.ds("allowance_s")
    ds = np.maximum(np.select([kind == TIMED, kind == LEAST], [10, least], by_street), 1)
    frm, to = np.divmod(every, count)
    walk = np.minimum(np.where(walk < 0, np.where(frm == to, 0, ds), walk), ds)
    kept = kind != FORBIDDEN
    pairs = Pairs(frm[kept], to[kept], ds[kept].astype(np.int64))
    return pairs, walk[kept].astype(np.int64)
