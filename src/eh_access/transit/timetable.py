"""The timetable of one day as flat arrays, ready to be scanned."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np
import pandas as pd
import shapely

from eh_access.errors import InputError
from eh_access.tables import CRS
from eh_access.transit.feed import DAY_DS, DS_PER_S, Feed, numbers_of, seconds_of

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from eh_access.provenance import Provenance

    Rows = NDArray[np.int32]

BOARD, ALIGHT = 1, 2
YES, NO = 1, 2
"""What a stop or a trip says of wheelchairs, beside 0 for nothing."""
Unknown: TypeAlias = Literal["usable", "unusable"]
DAYS = (-1, 0, 1)
"""Runs of the day before go on past midnight; those of the next are for the way home at night."""
SPAN_DS = (-4 * 36_000, 48 * 36_000)
ARRAYS = ("frm", "to", "dep_ds", "arr_ds", "run", "place", "trip", "flag")
FRAMES = ("stops", "routes", "trips", "transfers")


@dataclass(frozen=True, eq=False, kw_only=True)
class Timetable:
    """What runs on one date, and in the nights before and after it.

    A connection is one vehicle going from one stop to the next without a halt. Times are
    deciseconds after midnight of the date, below 0 for the evening before.

    Parameters
    ----------
    date
        The date.
    span
        First and last date on which the feed says that anything runs.
    stops
        By ``stop_id``: ``name``, ``x_m`` and ``y_m`` on the British National Grid (NaN where not
        known), ``station`` ("" for none) and ``wheelchair`` (1 yes, 2 no, 0 not known; a stop's
        own word, else its station's).
    routes
        By ``route_id``: ``name``, ``operator`` and ``kind`` (``route_type`` as GTFS has it).
    trips
        One row for each departure: ``trip_id``, ``route_id``, ``headsign``, ``wheelchair`` and
        ``day``, 0 where it is in the date's own timetable, -1 and 1 in that of the days beside it.
    transfers
        Rules of ``transfers.txt``: ``frm`` and ``to`` (rows of ``stops``), ``kind``, ``least_ds``.
    frm, to, dep_ds, arr_ds, run, place, trip
        int32 (connections,): stops, times, the vehicle, the connection's place in the vehicle's
        day, and the row of ``trips``; sorted by departure and place.
    flag
        uint8 (connections,): 1 where one may board at ``frm``, plus 2 where one may alight at
        ``to``.
    gates
        What was checked when it was read, as `check_timetable` returns it.
    provenance
        Where the feed came from.

    Examples
    --------
    >>> from eh_access import example_timetable
    >>> timetable = example_timetable()
    >>> timetable
    <Timetable: Tuesday 13 June 2023, 8 trips of 1 routes, 3 stops>
    """

    date: dt.date
    span: tuple[dt.date, dt.date]
    stops: pd.DataFrame
    routes: pd.DataFrame
    trips: pd.DataFrame
    transfers: pd.DataFrame
    frm: Rows
    to: Rows
    dep_ds: Rows
    arr_ds: Rows
    run: Rows
    place: Rows
    trip: Rows
    flag: NDArray[np.uint8]
    gates: pd.DataFrame = field(default_factory=pd.DataFrame)
    provenance: tuple[Provenance, ...] = ()

    def __post_init__(self) -> None:
        for name in ARRAYS:
            getattr(self, name).flags.writeable = False

    def __repr__(self) -> str:
        """Return the date and how much runs on it."""
        trips = self.trips.iloc[self.setting_out]
        return (
            f"<Timetable: {self.date:%A %d %B %Y}, {len(trips):,} trips of "
            f"{trips['route_id'].nunique()} routes, {len(self.stops):,} stops>"
        )

    @property
    def of_the_day(self) -> NDArray[np.intp]:
        """Rows of the trips that run on the date itself, all or in part."""
        today = (self.dep_ds >= 0) & (self.dep_ds < DAY_DS)
        return np.unique(self.trip[today]).astype(np.intp)

    @property
    def setting_out(self) -> NDArray[np.intp]:
        """Rows of the trips that set out on the date itself: one past midnight counts once."""
        first = np.full(len(self.trips), np.iinfo(np.int32).max, dtype=np.int64)
        np.minimum.at(first, self.trip, self.dep_ds)
        return np.flatnonzero((first >= 0) & (first < DAY_DS))

    @property
    def runs(self) -> int:
        """Number of vehicles' runs."""
        return int(self.run.max(initial=-1)) + 1

    @property
    def points(self) -> gpd.GeoDataFrame:
        """The stops that are called at, as points in EPSG:27700."""
        import geopandas as gpd  # noqa: PLC0415 - keeps importing the package quick

        served = self.stops.iloc[self.served]
        points = gpd.points_from_xy(served["x_m"], served["y_m"])
        return gpd.GeoDataFrame(served, geometry=points, crs=CRS)

    @cached_property
    def served(self) -> NDArray[np.intp]:
        """Rows of the stops that are called at."""
        calls = np.concatenate([self.frm[self.flag & BOARD > 0], self.to[self.flag & ALIGHT > 0]])
        return np.unique(calls).astype(np.intp)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of everything an answer depends on."""
        state = hashlib.sha256(self.date.isoformat().encode())
        for name in ARRAYS:
            state.update(np.ascontiguousarray(getattr(self, name)).tobytes())
        for name in FRAMES:
            state.update(getattr(self, name).to_csv().encode())
        return state.hexdigest()

    def for_wheelchairs(self, unknown: Unknown = "usable") -> Timetable:
        """Return what a wheelchair can use: vehicles that take one, from stops that do.

        Parameters
        ----------
        unknown
            Whether stops and vehicles of which the feed says nothing are ``"usable"`` or
            ``"unusable"``.

        Returns
        -------
        Timetable
            A new one of the same stops; itself where nothing is lost.

        Raises
        ------
        InputError
            If ``unknown`` is neither.

        Examples
        --------
        >>> from eh_access import example_timetable
        >>> example_timetable().for_wheelchairs("unusable")
        <Timetable: Tuesday 13 June 2023, 0 trips of 0 routes, 3 stops>
        """
        check_unknown("unknown", unknown)
        if unknown not in self._for_wheelchairs:
            self._for_wheelchairs[unknown] = _for_wheelchairs(self, unknown)
        return self._for_wheelchairs[unknown]

    @cached_property
    def _for_wheelchairs(self) -> dict[Unknown, Timetable]:
        return {}

    @cached_property
    def mirrored(self) -> Timetable:
        """The same day with time and every vehicle running backwards: for the way home."""
        flag = ((self.flag & BOARD) << 1 | (self.flag & ALIGHT) >> 1).astype(np.uint8)
        return in_order(
            replace(
                self,
                frm=self.to,
                to=self.frm,
                dep_ds=-self.arr_ds,
                arr_ds=-self.dep_ds,
                place=self.place.max(initial=0) - self.place,
                flag=flag,
                transfers=self.transfers.rename(columns={"frm": "to", "to": "frm"}),
            )
        )


def in_order(timetable: Timetable) -> Timetable:
    """Sort connections by departure, then by place in the vehicle's day."""
    order = np.lexsort((timetable.run, timetable.place, timetable.dep_ds))
    return replace(timetable, **{n: getattr(timetable, n)[order] for n in ARRAYS})


def keep_connections(timetable: Timetable, keep: NDArray[np.bool_]) -> Timetable:
    """Keep some connections; nobody stays seated across one that is gone."""
    held = {name: getattr(timetable, name)[keep] for name in ARRAYS}
    order = np.lexsort((held["place"], held["run"]))
    run, place = held["run"][order], held["place"][order].astype(np.int64)
    starts = np.append(True, (run[1:] != run[:-1]) | (place[1:] != place[:-1] + 1))[: len(run)]
    again = np.empty(len(run), np.int32)
    again[order] = np.cumsum(starts) - 1
    return replace(timetable, **{**held, "run": again})


def check_unknown(name: str, value: object) -> None:
    """Raise InputError unless a value says how to take what a feed leaves open."""
    if value not in get_args(Unknown):
        raise InputError(f"{name} is '{value}'; choose {' or '.join(get_args(Unknown))}")


def _for_wheelchairs(timetable: Timetable, unknown: Unknown) -> Timetable:
    bad = (NO,) if unknown == "usable" else (NO, 0)
    trips, stops = (
        ~frame["wheelchair"].isin(bad).to_numpy() for frame in (timetable.trips, timetable.stops)
    )
    if not (trips.all() and stops.all()):
        timetable = keep_connections(timetable, trips[timetable.trip])
        flag = timetable.flag & (
            stops[timetable.frm] * np.uint8(BOARD) | stops[timetable.to] * np.uint8(ALIGHT)
        )
        timetable = replace(timetable, flag=flag)
    return timetable


# ------------------------------------------------------------------ one day


def day_of(feed: Feed, date: dt.date, *, on_request: bool = False) -> Timetable:
    """Return everything that runs on a date or in the nights beside it."""
    trips = feed.tables["trips"]
    out = _departures(feed, date)
    calls = feed.calls
    first = np.searchsorted(calls["trip"], np.arange(len(trips)))
    hops = np.bincount(calls["trip"], minlength=len(trips)) - 1
    out = out[hops[out["trip"]] > 0]
    vehicle = _vehicles(feed, out, first, hops)
    out, run = out.iloc[vehicle.index], vehicle.to_numpy()
    counts = hops[out["trip"]]
    row = np.repeat(np.arange(len(out)), counts)
    step = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
    call = first[out["trip"].to_numpy()][row] + step
    shift = out["shift_ds"].to_numpy()[row]
    no = (1,) if on_request else (1, 2)
    here, there = calls.iloc[call], calls.iloc[call + 1]
    board = ~here["pickup"].isin(no).to_numpy()
    alight = ~there["drop_off"].isin(no).to_numpy()
    dep = here["dep_s"].to_numpy() * DS_PER_S + shift
    arr = there["arr_s"].to_numpy() * DS_PER_S + shift
    # within a run the departures stand in order, so that a place is a count
    place = np.arange(len(row)) - np.searchsorted(run[row], run[row])
    whole: dict[str, Any] = {
        "frm": here["stop"], "to": there["stop"], "dep_ds": dep, "arr_ds": arr,
        "run": run[row], "place": place, "trip": row,
    }  # fmt: skip
    stops, transfers = _stops(feed), _transfers(feed)
    timetable = Timetable(
        date=date,
        span=feed.span,
        stops=stops,
        routes=_routes(feed),
        trips=pd.DataFrame(
            {
                "trip_id": trips["trip_id"].to_numpy()[out["trip"]],
                "route_id": trips["route_id"].to_numpy()[out["trip"]],
                "headsign": trips["trip_headsign"].to_numpy()[out["trip"]],
                "wheelchair": _wheelchair(trips["wheelchair_accessible"])[out["trip"]],
                "day": out["day"].to_numpy(),
            }
        ),
        transfers=transfers,
        **{name: np.ascontiguousarray(rows, np.int32) for name, rows in whole.items()},  # type: ignore[arg-type]
        flag=(board * BOARD + alight * ALIGHT).astype(np.uint8),
        provenance=feed.provenance,
    )
    within = (timetable.arr_ds >= SPAN_DS[0]) & (timetable.dep_ds < SPAN_DS[1])
    return in_order(_without_idle(keep_connections(timetable, within)))


def _departures(feed: Feed, date: dt.date) -> pd.DataFrame:
    """Return one row for each departure: its trip and how much later it runs than stated."""
    # trips of frequencies.txt run at start, start + headway, ... before the end; never at random
    trips, often = feed.tables["trips"], feed.tables["frequencies"]
    row = pd.Index(trips["trip_id"]).get_indexer(often["trip_id"])
    start, end = seconds_of(often["start_time"]), seconds_of(often["end_time"])
    headway = numbers_of(often["headway_secs"], 1)
    count = np.maximum(-(-(end - start) // headway), 0)
    begins = np.full(len(trips), -1)
    first = feed.calls.drop_duplicates("trip")
    begins[first["trip"]] = first["dep_s"]
    which = np.repeat(np.arange(len(often)), count)
    step = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
    at = start[which] + step * headway[which]
    fixed = np.setdiff1d(np.arange(len(trips)), row)
    trip = np.concatenate([fixed, row[which]])
    later = np.concatenate([np.zeros(len(fixed), int), at - begins[row[which]]]) * DS_PER_S
    parts = []
    for day in DAYS:
        on = trips["service_id"].isin(feed.services(date + dt.timedelta(day))).to_numpy()[trip]
        columns = {"trip": trip[on], "shift_ds": later[on] + day * DAY_DS, "day": day}
        parts.append(pd.DataFrame(columns))
    return pd.concat(parts, ignore_index=True)


def _vehicles(
    feed: Feed, out: pd.DataFrame, first: NDArray[np.intp], hops: NDArray[np.intp]
) -> pd.Series:
    """Return the vehicle of each departure, departures of one vehicle together and in order."""
    # one vehicle goes from one trip of a block to the next, whatever their services, where that
    # starts at the stop, and not before the time, at which the last ended: passengers stay seated
    trips, calls = feed.tables["trips"], feed.calls
    trip, shift = out["trip"].to_numpy(), out["shift_ds"].to_numpy()
    end = first[trip] + hops[trip]
    block = trips["block_id"].to_numpy()[trip]
    ends = pd.DataFrame(
        {
            "block": pd.factorize(block)[0],
            "day": out["day"].to_numpy(),
            "starts": calls["dep_s"].to_numpy()[first[trip]] * DS_PER_S + shift,
            "trip": trip,
            "from": calls["stop"].to_numpy()[first[trip]],
            "to": calls["stop"].to_numpy()[end],
            "stops": calls["arr_s"].to_numpy()[end] * DS_PER_S + shift,
            "alone": block == "",
        }
    ).sort_values(["block", "day", "starts", "trip"], kind="stable")
    last = ends.shift()
    same = (ends[["block", "day"]] == last[["block", "day"]]).all(axis=1)
    joins = same & ~ends["alone"] & (last["to"] == ends["from"]) & (last["stops"] <= ends["starts"])
    return (~joins).cumsum() - 1


def _stops(feed: Feed) -> pd.DataFrame:
    stops = feed.tables["stops"]
    own = _wheelchair(stops["wheelchair_boarding"])
    of_station = np.append(own, 0)[pd.Index(stops["stop_id"]).get_indexer(stops["parent_station"])]
    return pd.DataFrame(
        {
            "name": stops["stop_name"].to_numpy(),
            "x_m": feed.xy_m[:, 0],
            "y_m": feed.xy_m[:, 1],
            "station": stops["parent_station"].to_numpy(),
            "wheelchair": np.where(own > 0, own, of_station),
        },
        index=pd.Index(stops["stop_id"], name="stop_id", dtype="str"),
    )


def _wheelchair(texts: pd.Series) -> NDArray[np.int64]:
    """Return 1 for accessible, 2 for not, 0 for whatever says nothing."""
    stated = numbers_of(texts, 0)
    return np.where(np.isin(stated, (YES, NO)), stated, 0)


def _routes(feed: Feed) -> pd.DataFrame:
    routes, agency = feed.tables["routes"], feed.tables["agency"]
    operator = dict(zip(agency["agency_id"], agency["agency_name"], strict=True))
    only = agency["agency_name"].iloc[0] if len(agency) == 1 else ""
    name = routes["route_short_name"].where(
        routes["route_short_name"] != "", routes["route_long_name"]
    )
    return pd.DataFrame(
        {
            "name": name.where(name != "", routes["route_id"]).to_numpy(),
            "operator": [operator.get(agency, only) for agency in routes["agency_id"]],
            "kind": numbers_of(routes["route_type"], 3),
        },
        index=pd.Index(routes["route_id"], name="route_id", dtype="str"),
    )


def _transfers(feed: Feed) -> pd.DataFrame:
    """Return rules for changing between two stops; those for single routes are left out."""
    rules, stops = feed.tables["transfers"], feed.tables["stops"]
    narrow = ["from_route_id", "to_route_id", "from_trip_id", "to_trip_id"]
    rules = rules[(rules[narrow] == "").all(axis=1) & rules["transfer_type"].isin(["1", "2", "3"])]
    # a rule for a station is one for each of its stops; one for a stop itself counts before that
    stop = pd.Series(np.arange(len(stops)), index=stops["stop_id"])
    inside = pd.Series(np.arange(len(stops)), index=stops["parent_station"])
    names = pd.concat([stop, inside[inside.index != ""]]).rename("row")
    table = pd.DataFrame(
        {
            "rule": np.arange(len(rules)),
            "kind": numbers_of(rules["transfer_type"], 0),
            "least_ds": numbers_of(rules["min_transfer_time"], 0) * DS_PER_S,
            "from": rules["from_stop_id"].to_numpy(),
            "to": rules["to_stop_id"].to_numpy(),
        }
    )
    for side in ("from", "to"):
        table = table.merge(names, left_on=side, right_index=True, suffixes=("_from", "_to"))
        table = table.rename(columns={"row": f"{side}_row"})
        table[f"{side}_whole"] = table[f"{side}_row"] != stop.reindex(table[side]).to_numpy()
    table["wide"] = table["from_whole"].astype(int) + table["to_whole"]
    table = table.sort_values(["wide", "rule"], ascending=[False, True], kind="stable")
    table = table.drop_duplicates(["from_row", "to_row"], keep="last")
    table = table.sort_values(["from_row", "to_row"], ignore_index=True)
    columns = {"frm": table["from_row"], "to": table["to_row"]}
    return pd.DataFrame({**columns, "kind": table["kind"], "least_ds": table["least_ds"]}).astype(
        np.int64
    )


def clip(timetable: Timetable, area: BaseGeometry | None) -> Timetable:
    """Keep the vehicles that call in an area, and the stops they call at or that lie in it."""
    if area is None:
        return timetable
    x, y = timetable.stops["x_m"].to_numpy(), timetable.stops["y_m"].to_numpy()
    shapely.prepare(area)
    inside = shapely.contains_xy(area, np.nan_to_num(x), np.nan_to_num(y))
    calls = (inside[timetable.frm] & (timetable.flag & BOARD > 0)) | (
        inside[timetable.to] & (timetable.flag & ALIGHT > 0)
    )
    kept = np.zeros(timetable.runs, bool)
    kept[timetable.run[calls]] = True
    return _without_idle(keep_connections(timetable, kept[timetable.run]), inside)


def _without_idle(timetable: Timetable, stays: NDArray[np.bool_] | None = None) -> Timetable:
    """Leave out departures nobody sees, and stops that neither are called at nor stay."""
    used, trip = np.unique(timetable.trip, return_inverse=True)
    trips = timetable.trips.iloc[used].reset_index(drop=True)
    timetable = replace(timetable, trips=trips, trip=trip.astype(np.int32))
    if stays is None:
        return timetable
    stays = stays.copy()
    stays[timetable.frm] = stays[timetable.to] = True
    row = np.cumsum(stays) - 1
    rules = timetable.transfers
    rules = rules[stays[rules["frm"]] & stays[rules["to"]]].reset_index(drop=True)
    return replace(
        timetable,
        stops=timetable.stops[stays],
        frm=row[timetable.frm].astype(np.int32),
        to=row[timetable.to].astype(np.int32),
        transfers=rules.assign(frm=row[rules["frm"]], to=row[rules["to"]]),
    )
