"""A town of one street and one bus line, to work out by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from eh_access.tables import CRS
from eh_access.transit.feed import WEEKDAYS, feed_of
from eh_access.transit.reading import make_timetable

if TYPE_CHECKING:
    import geopandas as gpd

    from eh_access.network.model import Network
    from eh_access.transit.timetable import Timetable

WEST_M, NORTH_M = 440_000.0, 390_000.0
STOPS_M = {"west_end": 0.0, "school": 1600.0, "east_end": 4000.0}
MINUTES = (0, 5, 11)
FIRST_MIN, EVERY_MIN, BUSES = 9 * 60, 30, 4


def example_timetable() -> Timetable:
    """Return a bus every half an hour each way between 9 and 11, on Tuesday 13 June 2023.

    Returns
    -------
    Timetable
        Line 1 from ``west_end`` by ``school`` (5 minutes) to ``east_end`` (11) at 9:00, 9:30, 10:00
        and 10:30, and back at the same times.

    Examples
    --------
    >>> example_timetable().routes["name"].tolist()
    ['1']
    """
    import geopandas as gpd  # noqa: PLC0415 - keeps importing the package quick

    points = gpd.points_from_xy([WEST_M + x for x in STOPS_M.values()], [NORTH_M] * len(STOPS_M))
    degrees = gpd.GeoSeries(points, crs=CRS).to_crs("EPSG:4326")
    names = [name.replace("_", " ").title() for name in STOPS_M]
    stops = {"stop_id": [*STOPS_M], "stop_name": names}
    stops |= {"stop_lat": degrees.y.astype(str), "stop_lon": degrees.x.astype(str)}
    trips, calls = [], []
    for way, order in (("out", [*STOPS_M]), ("back", [*STOPS_M][::-1])):
        gaps = np.cumsum([0, *np.diff(MINUTES)[:: 1 if way == "out" else -1]])
        for bus in range(BUSES):
            trips.append(("1", "weekdays", f"{way} {bus + 1}", order[-1].replace("_", " ").title()))
            for place, (stop, gap) in enumerate(zip(order, gaps.tolist(), strict=True)):
                minute = FIRST_MIN + bus * EVERY_MIN + gap
                at = f"{minute // 60:02d}:{minute % 60:02d}:00"
                calls.append((f"{way} {bus + 1}", at, at, stop, str(place)))
    days = {day: [str(int(day[0] != "s"))] for day in WEEKDAYS}
    calendar = {"service_id": ["weekdays"], **days}
    columns = ("trip_id", "arrival_time", "departure_time", "stop_id", "stop_sequence")
    tables = {
        "stops": pd.DataFrame(stops),
        "routes": pd.DataFrame({"route_id": ["1"], "route_short_name": ["1"], "route_type": ["3"]}),
        "trips": pd.DataFrame(
            trips, columns=["route_id", "service_id", "trip_id", "trip_headsign"]
        ),
        "stop_times": pd.DataFrame(calls, columns=columns),
        "calendar": pd.DataFrame({**calendar, "start_date": "20230605", "end_date": "20230630"}),
    }
    return make_timetable(feed_of(tables, "example"), "2023-06-13")


def example_buses() -> tuple[Network, gpd.GeoDataFrame, gpd.GeoDataFrame, Timetable]:
    """Return a street of four kilometres with a bus along it, two homes and two sites.

    Returns
    -------
    network : Network
        A footpath from west to east: 80 m a minute on foot.
    homes : geopandas.GeoDataFrame
        ``a``, 160 m from the west end, weight 30; ``b``, 1,760 m from it, weight 10.
    sites : geopandas.GeoDataFrame
        ``west`` and ``east``, at the ends.
    timetable : Timetable
        From `example_timetable`: stops at both ends and at a school, 1,600 m from the west.

    Examples
    --------
    >>> network, homes, sites, timetable = example_buses()
    >>> len(homes), len(sites), timetable.stops["name"].tolist()
    (2, 2, ['West End', 'School', 'East End'])
    """
    import geopandas as gpd  # noqa: PLC0415 - keeps importing the package quick

    from eh_access.network.build import RawWays, build_network  # noqa: PLC0415 - same

    def on_street(ids: list[str], metres: list[float], weights: list[float]) -> gpd.GeoDataFrame:
        points = gpd.points_from_xy([WEST_M + x for x in metres], [NORTH_M] * len(metres))
        return gpd.GeoDataFrame({"weight": weights}, geometry=points, index=ids, crs=CRS)

    raw = RawWays(crs=CRS)
    length = max(STOPS_M.values())
    ends = [(1, WEST_M, NORTH_M), (2, WEST_M + length, NORTH_M)]
    raw.add(7, ends, tags={"highway": "footway"})
    homes = on_street(["a", "b"], [160.0, 1760.0], [30.0, 10.0])
    sites = on_street(["west", "east"], [0.0, length], [1.0, 1.0])
    return build_network(raw), homes, sites, example_timetable()
