"""Place points on the nearest street a mode may use."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from eh_access.arguments import check_arguments, number
from eh_access.errors import InputError
from eh_access.modes import TravelMode, as_mode
from eh_access.network.cost import edge_cost
from eh_access.network.model import as_network
from eh_access.tables import CRS, GRID_EXTENT_M, single_points

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from eh_access.network.model import Network

log = logging.getLogger(__name__)

ELSEWHERE_M = 10_000.0
"""Further than this from every street, a point is more likely in another coordinate system."""
WRONG_CRS = "are the coordinates in the system stated?"
AT_END_M = 0.01
"""How far a place may be from the end of an edge and still be at it: places of streets are kept
to the centimetre."""
SAME_POINT_M = 0.1
"""Two points so near are one: six decimals of a degree come to that."""
KEPT_SETS = 32
"""Sets of points whose places a network remembers."""
OK = "ok"
OFF_NETWORK = "off_network"
NO_LOCATION = "no_location"


@dataclass(frozen=True, eq=False, kw_only=True)
class Snapped:
    """Where points lie on the network; one entry per point given, in the same order.

    Parameters
    ----------
    edge
        int32, edge number; -1 where the point could not be placed.
    fraction
        float64, how far along the edge's line from ``edge_from`` (0) to ``edge_to`` (1), by
        length; NaN where the point could not be placed.
    offset_m
        float64, metres from the point to the nearest street the mode may use, also when that is
        too far; inf when there is no such street, NaN when the point has no location.
    status
        ``"ok"``, ``"off_network"`` or ``"no_location"``.
    nearer_unusable_m
        float64, metres to a nearer street that the mode may not use, that is cut off from the rest
        of the network or that cannot be joined there; NaN when none is nearer.

    Examples
    --------
    >>> import numpy as np
    >>> place = Snapped(
    ...     edge=np.array([7], dtype=np.int32),
    ...     fraction=np.array([0.25]),
    ...     offset_m=np.array([12.0]),
    ...     status=np.array(["ok"], dtype=object),
    ...     nearer_unusable_m=np.array([np.nan]),
    ... )
    >>> place.to_frame(pd.Index(["S60 1AA"], name="origin_id"))
               edge  fraction  offset_m status  nearer_unusable_m
    origin_id
    S60 1AA       7      0.25      12.0     ok                NaN
    """

    edge: NDArray[np.int32]
    fraction: NDArray[np.float64]
    offset_m: NDArray[np.float64]
    status: NDArray[np.object_]
    nearer_unusable_m: NDArray[np.float64]

    def __post_init__(self) -> None:
        for value in vars(self).values():
            value.flags.writeable = False

    def __len__(self) -> int:
        return len(self.edge)

    def to_frame(self, index: pd.Index | None = None) -> pd.DataFrame:
        """Return one row per point.

        Parameters
        ----------
        index
            Ids of the points, in the order they were given; numbered from 0 by default.

        Returns
        -------
        pandas.DataFrame
            Columns ``edge``, ``fraction``, ``offset_m``, ``status``, ``nearer_unusable_m``.
        """
        return pd.DataFrame({name: value.copy() for name, value in vars(self).items()}, index=index)


@dataclass(frozen=True, eq=False)
class Segments:
    """The straight pieces edges are drawn with."""

    ends: NDArray[np.float64]  # float64 (segments, 4), x and y of both ends in metres, by edge
    # float64 (segments,), metres drawn before each on its edge, and its own
    before_m: NDArray[np.float64]
    length_m: NDArray[np.float64]
    drawn_m: NDArray[np.float64]  # float64 (edges,), metres of each edge as drawn


def segments_of(network: Network) -> Segments:
    """Return the straight pieces of all edges; worked out once for each network."""

    def make() -> Segments:
        xy, start = network.geometry_xy, network.geometry_start
        inner = np.ones(len(xy), dtype=bool)
        inner[start[1:] - 1] = False
        first = np.flatnonzero(inner)
        ends = np.hstack([xy[first], xy[first + 1]])
        edge = np.repeat(np.arange(network.edge_count), np.maximum(np.diff(start) - 1, 0))
        length_m = np.hypot(ends[:, 2] - ends[:, 0], ends[:, 3] - ends[:, 1])
        drawn_m = np.zeros(network.edge_count)
        np.add.at(drawn_m, edge, length_m)
        sum_m = np.concatenate([[0.0], np.cumsum(length_m)])
        opens = (start[:-1] - np.arange(network.edge_count))[edge]
        return Segments(ends, sum_m[:-1] - sum_m[opens], length_m, drawn_m)

    return network.remember("segments", make)


@check_arguments
def snap(
    points: gpd.GeoDataFrame | gpd.GeoSeries | NDArray[np.float64],
    network: Network,
    mode: TravelMode | str,
    *,
    max_offset_m: float = 500.0,
) -> Snapped:
    """Place points on the nearest street that the mode may use.

    The place may be anywhere along an edge's line, not only at its ends. Only edges of the mode's
    main component are taken, the part of the network in which every place can be reached from
    every other, so that no point ends up on an island. Nobody joins a motorway, its slip roads or
    a motor road from beside it; a ferry, a bridge or a tunnel is joined at its ends alone. Of edges
    as near, the lowest number wins.

    Parameters
    ----------
    points
        Points in EPSG:27700 (other coordinate systems are converted), or an array (points, 2) of
        eastings and northings in metres. Missing and empty points and NaN are allowed.
    network
        The streets.
    mode
        How people travel.
    max_offset_m
        Points further than this from any street that may be used are ``"off_network"``.

    Returns
    -------
    Snapped
        One entry per point, in the order given.

    Raises
    ------
    InputError
        If the points have no coordinate system, are no points, or cannot be meant: far outside
        Great Britain, or all of them more than 100 km from the streets; or if ``max_offset_m`` is
        negative.

    Notes
    -----
    Exact: shapely's R-tree of the edges' lines is asked for the nearest, and for all that are as
    near. Within a billionth of an edge's length of its end, a place is at the end.

    Examples
    --------
    >>> import numpy as np
    >>> from eh_access import example_street
    >>> homes = np.array([[200.0, 10.0], [200.0, 1000.0]])
    >>> snap(homes, example_street()[0], "walk").to_frame()
       edge  fraction  offset_m       status  nearer_unusable_m
    0     0      0.25      10.0           ok                NaN
    1    -1       NaN    1000.0  off_network                NaN
    """
    network, mode = as_network(network), as_mode(mode)
    if max_offset_m != np.inf:
        number("max_offset_m", max_offset_m, low=0, unit="metres")
    xy = coordinates(points)
    known = np.isfinite(xy[:, 0]) & np.isfinite(xy[:, 1])
    status = np.full(len(xy), OK, dtype=object)
    edge = np.full(len(xy), -1, dtype=np.int32)
    fraction, offset_m, nearer_m = np.full((3, len(xy)), np.nan)
    placed = _nearest(xy[known], network, mode)
    edge[known], fraction[known], offset_m[known], nearer_m[known] = placed
    status[~known] = NO_LOCATION
    far = offset_m > max_offset_m
    if known.any() and ELSEWHERE_M < (nearest_m := offset_m[known].min()) < np.inf:
        count, away_km = int(known.sum()), f"{nearest_m / 1000:,.0f}"
        every = "the point is" if count == 1 else f"all {count:,} points are"
        if nearest_m > FAR_OFF_M:
            raise InputError(
                f"{every} {away_km} km or more from the streets open {mode.label}; "
                f"{WRONG_CRS} Are easting and northing exchanged?"
            )
        log.warning(
            "%s %s km or more from the streets open %s; %s",
            *(every, away_km, mode.label, WRONG_CRS),
        )
    edge[far], fraction[far], status[far] = -1, np.nan, OFF_NETWORK
    return Snapped(
        edge=edge, fraction=fraction, offset_m=offset_m, status=status, nearer_unusable_m=nearer_m
    )


def coordinates(points: Any) -> NDArray[np.float64]:  # noqa: ANN401 - three kinds are taken
    """Return eastings and northings, NaN where a point has none."""
    if not isinstance(points, gpd.GeoDataFrame | gpd.GeoSeries):
        xy = np.asarray(points, dtype=np.float64)
        if xy.ndim != 2 or xy.shape[1] != 2:  # noqa: PLR2004 - the message says what 2 is
            raise InputError(f"points have shape {xy.shape}; give one row (x, y) for each point")
        return xy
    series = points.geometry
    if series.crs is None:
        raise InputError(
            f"points: the coordinate system is not stated; say which, as in set_crs('{CRS}')"
        )
    series = gpd.GeoSeries(
        single_points(np.asarray(series.array)), index=series.index, crs=series.crs
    )
    shapes = np.asarray(series.array)
    wrong = ~shapely.is_missing(shapes) & (shapely.get_type_id(shapes) != 0)
    if wrong.any():
        raise InputError(
            f"points, row {row + 1} ('{series.index[row]}'): is a {shapes[row].geom_type}; "
            "give a Point, for example its centroid"
            for row in np.flatnonzero(wrong)
        )
    shapes = np.asarray(series.to_crs(CRS).array)
    placed = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    xy = np.full((len(shapes), 2), np.nan)
    xy[placed] = shapely.get_coordinates(shapes[placed])
    _refuse_unmeant(series, xy, placed)
    return xy


FAR_OFF_M = 100_000.0
"""So far outside the grid no point of a table about Great Britain can be meant."""


def _refuse_unmeant(
    given: gpd.GeoSeries, xy: NDArray[np.float64], placed: NDArray[np.bool_]
) -> None:
    """Raise InputError if a point lies where no street of Great Britain is near."""
    if not placed.any():
        return
    low, high = np.array(GRID_EXTENT_M[:2]), np.array(GRID_EXTENT_M[2:])
    off = placed & ~((xy >= low - FAR_OFF_M) & (xy <= high + FAR_OFF_M)).all(axis=1)
    if not off.any():
        return
    row = int(off.argmax())
    raw = shapely.get_coordinates(np.asarray(given.array)[row])[0]
    swapped = gpd.GeoSeries(gpd.points_from_xy([raw[1]], [raw[0]]), crs=given.crs).to_crs(CRS)
    other = shapely.get_coordinates(swapped.array)
    meant = ((other >= low) & (other <= high)).all()
    remedy = "they look swapped: exchange them" if meant else WRONG_CRS
    raise InputError(
        f"points, row {row + 1} ('{given.index[row]}'): {raw[0]:.10g}, {raw[1]:.10g} is far "
        f"outside Great Britain, as are {int(off.sum()):,} of {len(off):,}; {remedy}"
    )


Placed = tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
"""Edge (-1 if none), fraction, offset, and metres to a nearer street that may not be used."""


def _nearest(xy: NDArray[np.float64], network: Network, mode: TravelMode) -> Placed:
    """Return where places are; the same homes are asked for with one set of sites after another."""
    kept: dict[tuple[TravelMode, bytes], Placed] = network.remember("places", dict)
    key = mode, xy.tobytes()
    if key not in kept:
        while len(kept) >= KEPT_SETS:
            del kept[next(iter(kept))]
        kept[key] = _place(shapely.points(xy), network, mode)
    return kept[key]


def _place(points: NDArray[Any], network: Network, mode: TravelMode) -> Placed:
    """Place points on the nearest street that may be used."""
    real = (network.length_m > 0) & (shapely.length(edge_lines(network)) > 0)
    usable = real & edge_cost(network, mode).main
    edge, offset_m = _search(points, edge_lines(network), network, "street tree", among=real)
    ends_only = joined_at_ends(network)
    other = ~np.isin(edge, np.flatnonzero(usable & ~ends_only))
    unusable_m = np.where(other, offset_m, np.nan)
    joins = network.remember(("joins", mode), lambda: _joins(network, usable, ends_only))
    edge[other], offset_m[other] = _search(
        points[other], joins, network, ("street tree", mode), among=~shapely.is_empty(joins)
    )
    fraction = np.full(len(points), np.nan)
    placed = edge >= 0
    # of a street joined at its ends alone: the nearer of those, else the foot of the point
    at = shapely.get_point(shapely.shortest_line(joins[edge[placed]], points[placed]), 0)
    foot = np.where(ends_only[edge[placed]], at, points[placed])
    lines = edge_lines(network)[edge[placed]]
    along = shapely.line_locate_point(lines, foot, normalized=True)
    # what lies at an end but for rounding is at the end: rules about junctions ask for it
    from_end_m = np.minimum(along, 1.0 - along) * shapely.length(lines)
    fraction[placed] = np.where(from_end_m < AT_END_M, np.rint(along), along)
    return edge, fraction, offset_m, np.where(unusable_m < offset_m, unusable_m, np.nan)


MOTORWAYS = frozenset({"motorway", "motorway_link"})
ON_THE_LEVEL = MappingProxyType(
    {
        "bridge": ("", "no", "boardwalk"),
        "tunnel": ("", "no", "building_passage", "covered", "culvert"),
    }
)
"""What bridges and tunnels are called that one may step onto from beside them."""


def joined_at_ends(network: Network) -> NDArray[np.bool_]:
    """Return which edges nobody joins between their ends."""
    sets = [
        _is_motorway(tags)
        or tags.get("route") == "ferry"
        or any(tags.get(key, "") not in level for key, level in ON_THE_LEVEL.items())
        for tags in network.tag_sets
    ]
    return np.array(sets, dtype=bool)[network.edge_tags]


def _is_motorway(tags: Mapping[str, str]) -> bool:
    return tags.get("highway") in MOTORWAYS or tags.get("motorroad") == "yes"


def _joins(
    network: Network, usable: NDArray[np.bool_], ends_only: NDArray[np.bool_]
) -> NDArray[np.object_]:
    """Return where each edge may be joined: its line, its ends that nothing else meets, nowhere."""
    # where another street meets the end of a bridge, that street is joined there
    shapes = np.where(usable & ~ends_only, edge_lines(network), shapely.MultiPoint())
    meeting = np.bincount(
        np.concatenate([network.edge_from[usable], network.edge_to[usable]]),
        minlength=network.node_count,
    )
    barred = np.array([_is_motorway(tags) for tags in network.tag_sets], dtype=bool)
    for edge in np.flatnonzero(usable & ends_only & ~barred[network.edge_tags]).tolist():
        nodes = [network.edge_from[edge], network.edge_to[edge]]
        free = [node for node in nodes if meeting[node] == 1]
        shapes[edge] = shapely.MultiPoint([(network.node_x[v], network.node_y[v]) for v in free])
    return shapes


def _search(
    points: NDArray[Any],
    shapes: NDArray[np.object_],
    network: Network,
    key: Hashable,
    *,
    among: NDArray[np.bool_],
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Return the lowest of the edges nearest to each point, -1 if there is none, and the metres."""
    edge, offset_m = np.full(len(points), -1, dtype=np.int32), np.full(len(points), np.inf)
    edges = np.flatnonzero(among).astype(np.int32)
    if len(edges) and len(points):
        tree = network.remember(key, lambda: shapely.STRtree(shapes[edges]))
        pairs, metres = tree.query_nearest(points, return_distance=True)
        point, near = pairs[0], edges[pairs[1]]
        order = np.lexsort((near, point))
        first = order[np.unique(point[order], return_index=True)[1]]
        edge[point[first]], offset_m[point[first]] = near[first], metres[first]
    return edge, offset_m


def edge_lines(network: Network) -> NDArray[np.object_]:
    """Return every edge as a line; drawn once for each network."""

    def draw() -> NDArray[np.object_]:
        edge = np.repeat(np.arange(network.edge_count), np.diff(network.geometry_start))
        lines: NDArray[np.object_] = shapely.linestrings(network.geometry_xy, indices=edge)
        return lines

    return network.remember("street lines", draw)
