"""What must hold of a timetable's answers before they are believed: facts, no sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from eh_access.errors import InputError
from eh_access.transit.feed import DRAWN, numbers_of, to_grid
from eh_access.transit.gates import Gate, when
from eh_access.transit.journeys import MEDIAN, Status, clock, transit_times

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from eh_access.transit.feed import Tables
    from eh_access.transit.journeys import By, Window
    from eh_access.transit.timetable import Timetable
    from eh_access.transit.walks import Walks

LEAST_ORIGINS, LEAST_SITES = 0.8, 0.5
"""Shares that should have a stop within the limit: below them the feed or its area is another."""
MOST_ON_FOOT = 0.9
MOST_OFF_STREET_M = 150.0
MOST_OFF_LINE_M = 100.0
LEAST_SERVED = 0.8
MOST_MOVED_M = 100.0
HOUR_DS = 36_000
HOURS = range(7, 19)
"""Hours of departures or deadlines that are compared with one another."""


def find_answer_gates(
    timetable: Timetable,
    walks: Walks,
    *,
    window: Window,
    by: By = "arrival",
    area: BaseGeometry | None = None,
) -> pd.DataFrame:
    """Check what a timetable answers to some origins and sites; one row for each check.

    Parameters
    ----------
    timetable, walks, window, by
        As for `transit_times`.
    area
        Where the streets are complete (EPSG:27700): stops elsewhere may lie off them.

    Returns
    -------
    pandas.DataFrame
        Rows as those of `check_timetable`.

    Raises
    ------
    InputError
        As for `transit_times`.

    Examples
    --------
    >>> from eh_access import example_buses, find_walks
    >>> network, homes, sites, timetable = example_buses()
    >>> walks = find_walks(network, timetable, homes, sites)
    >>> gates = find_answer_gates(timetable, walks, window="10:00").set_index("gate")
    >>> gates.loc[["stops_near_origins", "on_foot"], "value"].tolist()
    [1.0, 0.75]
    """
    gates = [*_of_stops(timetable, walks, area), *_of_answers(timetable, walks, window, by)]
    return pd.DataFrame(gates, columns=list(Gate._fields))


def _of_stops(timetable: Timetable, walks: Walks, area: BaseGeometry | None) -> Iterator[Gate]:
    """Say for how many origins and sites a stop is near, and which stops lie off the streets."""
    origins, sites = walks.walking.minutes.shape
    for name, pairs, count, least in (
        ("stops_near_origins", walks.access, origins, LEAST_ORIGINS),
        ("stops_near_sites", walks.egress, sites, LEAST_SITES),
    ):
        share = len(np.unique(pairs.frm)) / max(count, 1)
        yield Gate(name, when(share < least, "warn"), share, least)
    stops = timetable.stops[walks.searched]
    off = ~(walks.offset_m <= MOST_OFF_STREET_M) & _inside(stops, area)
    first = str(stops.index[int(off.argmax())]) if off.any() else ""
    yield Gate("off_street", when(off.any(), "warn"), int(off.sum()), MOST_OFF_STREET_M, first)


def _of_answers(timetable: Timetable, walks: Walks, window: Window, by: By) -> Iterator[Gate]:
    """Say how often walking wins, and whether the time of day makes any difference."""
    times = transit_times(timetable, walks, window=window, by=by, percentiles=[MEDIAN])
    reached = np.isfinite(times.judged_min)
    on_foot = float((times.status[reached] == Status.ON_FOOT).mean()) if reached.any() else 1.0
    severity = when(on_foot > MOST_ON_FOOT, "warn", "note")
    yield Gate("on_foot", severity, on_foot, MOST_ON_FOOT)
    by_hour = np.stack(
        [
            transit_times(
                timetable, walks, by=by, percentiles=[MEDIAN],
                window=(clock(hour * HOUR_DS), clock((hour + 1) * HOUR_DS)),
            ).judged_min
            for hour in HOURS
        ]
    )  # fmt: skip
    differs = float((by_hour != by_hour[0]).any(axis=0).mean())
    yield Gate("time_of_day", when(not differs, "stop"), differs, 0)


def find_line_gates(timetable: Timetable, feeds: Iterable[Tables]) -> pd.DataFrame:
    """Check that stops stand by the lines their trips are drawn along, where a feed draws any.

    Parameters
    ----------
    timetable
        The timetable.
    feeds
        ``shapes`` and ``trips`` of each feed, as `feed.DRAWN` names them.

    Returns
    -------
    pandas.DataFrame
        A row as those of `check_timetable`; none where no trip is drawn.
    """
    trip_ids = timetable.trips["trip_id"].to_numpy()[timetable.trip]
    calls = pd.DataFrame({"trip_id": trip_ids, "stop": timetable.frm})
    calls = pd.concat([calls, calls.assign(stop=timetable.to)]).drop_duplicates()
    places = shapely.points(timetable.stops[["x_m", "y_m"]].to_numpy(float))
    drawn, far = False, np.zeros(len(places), bool)
    for tables in feeds:
        if not all(set(columns) <= set(tables.get(name, ())) for name, columns in DRAWN.items()):
            continue
        shapes = tables["shapes"].assign(place=numbers_of(tables["shapes"]["shape_pt_sequence"], 0))
        shapes = shapes.sort_values(["shape_id", "place"], kind="stable")
        xy = to_grid(shapes["shape_pt_lon"], shapes["shape_pt_lat"])
        codes, names = pd.factorize(shapes["shape_id"])
        several = np.bincount(codes)[codes] > 1
        lines = pd.Series(
            shapely.linestrings(
                xy[several], indices=np.unique(codes[several], return_inverse=True)[1]
            ),
            index=names[np.unique(codes[several])],
        )
        pairs = calls.merge(tables["trips"], on="trip_id")[["stop", "shape_id"]].drop_duplicates()
        pairs = pairs[pairs["shape_id"].isin(lines.index)]
        drawn |= len(pairs) > 0
        apart = shapely.distance(places[pairs["stop"]], lines[pairs["shape_id"]].to_numpy())
        far[pairs["stop"][apart > MOST_OFF_LINE_M]] = True
    if not drawn:
        return pd.DataFrame(columns=list(Gate._fields))
    first = str(timetable.stops.index[int(far.argmax())]) if far.any() else ""
    gate = Gate("off_line", when(far.any(), "warn"), int(far.sum()), MOST_OFF_LINE_M, first)
    return pd.DataFrame([gate], columns=list(Gate._fields))


def _inside(stops: pd.DataFrame, area: BaseGeometry | None) -> NDArray[np.bool_]:
    """Return which stops lie in an area, all where there is none."""
    if area is None:
        return np.ones(len(stops), bool)
    return np.asarray(shapely.contains_xy(area, stops["x_m"], stops["y_m"]))


def find_stop_gates(
    timetable: Timetable, known: pd.DataFrame, *, area: BaseGeometry | None = None
) -> pd.DataFrame:
    """Check a timetable's stops against those there are; one row for each check.

    Parameters
    ----------
    timetable
        The timetable.
    known
        Stops in use, as NaPTAN lists them: ``stop_id``, ``easting`` and ``northing``.
    area
        What they are complete for (EPSG:27700): the timetable's stops elsewhere are left out.

    Returns
    -------
    pandas.DataFrame
        Rows as those of `check_timetable`.

    Raises
    ------
    InputError
        If it lists no stops.

    Examples
    --------
    >>> from eh_access import example_timetable
    >>> timetable = example_timetable()
    >>> known = timetable.stops.reset_index().rename(columns={"x_m": "easting", "y_m": "northing"})
    >>> find_stop_gates(timetable, known)["severity"].tolist()
    ['ok', 'ok', 'ok']
    """
    if known.empty:
        raise InputError("there are no stops in use to compare with; give those of the area")
    served = timetable.stops.iloc[timetable.served]
    served = served[_inside(served, area)]
    places = known.drop_duplicates("stop_id").set_index("stop_id")[["easting", "northing"]]
    share = float(places.index.isin(served.index).mean())
    both = served.index.intersection(places.index)
    ours, theirs = served.loc[both, ["x_m", "y_m"]], places.loc[both]
    moved = np.hypot(*(ours.to_numpy(float) - theirs.to_numpy(float)).T) > MOST_MOVED_M
    strange = served.index.difference(places.index)
    few = when(share < LEAST_SERVED, "warn")
    far, lost = when(moved.any(), "warn"), when(len(strange), "note")
    rows = [
        Gate("stops_served", few, share, LEAST_SERVED, str(len(places))),
        Gate("stops_strange", lost, len(strange), len(served), "".join(strange[:1])),
        Gate("stops_moved", far, int(moved.sum()), MOST_MOVED_M, "".join(both[moved][:1])),
    ]
    return pd.DataFrame(rows, columns=list(Gate._fields))
