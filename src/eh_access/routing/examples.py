"""Two homes and two sites to work out by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from eh_access.network.model import Network
    from eh_access.routing.travel_times import TravelTimes


def _places(ids: Sequence[str], eastings: Sequence[float], northing: float) -> gpd.GeoDataFrame:
    """Return points in a row on the British National Grid; the first stands for 30, the next 10."""
    import geopandas as gpd  # noqa: PLC0415 - half a second that other users need not wait

    points = gpd.points_from_xy(eastings, [northing] * len(ids))
    return gpd.GeoDataFrame({"weight": [30.0, 10.0]}, geometry=points, index=ids, crs="EPSG:27700")


def example_trips() -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, TravelTimes]:
    """Return two homes, two sites, and the estimated minutes on foot between them.

    Returns
    -------
    homes : geopandas.GeoDataFrame
        ``a``, near the site in the west, with a weight of 30; ``b``, between the two, with 10.
    sites : geopandas.GeoDataFrame
        ``west`` and ``east``, three kilometres apart.
    times : TravelTimes
        From `estimate_travel_times`.

    Examples
    --------
    >>> homes, sites, times = example_trips()
    >>> times.minutes.round(1).tolist()  # a row for each home
    [[10.0, 38.0], [38.0, 10.0]]
    """
    from eh_access.modes import WALK  # noqa: PLC0415 - as above
    from eh_access.routing.estimate import estimate_travel_times  # noqa: PLC0415

    homes = _places(["a", "b"], [440_565, 442_435], 390_000)
    sites = _places(["west", "east"], [440_000, 443_000], 390_000)
    return homes, sites, estimate_travel_times(homes, sites, mode=WALK)


def example_street() -> tuple[Network, gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return a footpath of 800 m, ten minutes long, with two homes and two sites on it.

    Returns
    -------
    network : Network
        The path, from west to east.
    homes : geopandas.GeoDataFrame
        ``a``, 80 m from the west end, with a weight of 30; ``b``, 560 m from it, with 10.
    sites : geopandas.GeoDataFrame
        ``west`` and ``east``, at the ends.

    Examples
    --------
    >>> network, homes, sites = example_street()
    >>> network.node_count, [round(x) for x in homes.geometry.x]
    (2, [80, 560])
    """
    from eh_access.network.build import RawWays, build_network  # noqa: PLC0415 - quick start

    raw = RawWays(crs="EPSG:27700")
    raw.add(7, [(1, 0.0, 0.0), (2, 800.0, 0.0)], tags={"highway": "footway"})
    homes = _places(["a", "b"], [80, 560], 0)
    return build_network(raw), homes, _places(["west", "east"], [0, 800], 0)
