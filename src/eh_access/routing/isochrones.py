"""The land within so many minutes of a site."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import contourpy
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from eh_access.arguments import check_arguments
from eh_access.delegate import delegate
from eh_access.errors import InputError
from eh_access.modes import as_mode
from eh_access.network.cost import edge_cost
from eh_access.network.model import CLOSED_DS, as_network
from eh_access.network.snapping import segments_of
from eh_access.routing.matrix import DS_PER_MIN, node_times
from eh_access.routing.travel_times import NO_LOCATION, OFF_NETWORK, OK, UNREACHED, Direction
from eh_access.tables import CRS

if TYPE_CHECKING:
    import folium
    from matplotlib.axes import Axes
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from eh_access.modes import TravelMode
    from eh_access.network.model import Network


@dataclass(frozen=True, eq=False)
class Pieces:
    """Straight pieces of reached street; each begins at the end that is reached first."""

    ends: NDArray[np.float64]  # float64 (pieces, 4), x and y where each begins and ends, metres
    minutes: NDArray[np.float64]  # float64 (pieces, 2), travel time from or to the site there

    def __len__(self) -> int:
        return len(self.ends)

    def cut(self, low_min: float, high_min: float) -> Pieces:
        """Return the parts of the pieces whose minutes lie between two bounds."""
        kept = (self.minutes[:, 0] <= high_min) & (self.minutes[:, 1] >= low_min)
        ends, minutes = self.ends[kept], self.minutes[kept]
        begin, end = minutes[:, :1], minutes[:, 1:]
        lasts = end > begin
        bounds = np.clip([low_min, high_min], begin, end)
        # a piece that takes no time is either in or out as a whole
        share = np.where(lasts, (bounds - begin) / np.where(lasts, end - begin, 1.0), [0.0, 1.0])
        step = ends[:, 2:] - ends[:, :2]
        begins, stops = (ends[:, :2] + share[:, i : i + 1] * step for i in (0, 1))
        return Pieces(np.hstack([begins, stops]), bounds)


def reached_pieces(
    network: Network,
    node_min: NDArray[np.float32],
    stand: tuple[int, float, float],
    *,
    edge_min: tuple[NDArray[np.float64], NDArray[np.float64]],
    near: NDArray[np.bool_],
) -> Pieces:
    """Return how every street within reach is reached: from one end, from both, from the site."""
    # ``stand`` is the site's street, where on it the site stands, and the minutes between.
    from eh_access.routing.surface import trace  # noqa: PLC0415 - loads numba

    from_start, from_end = edge_min
    u_min = node_min[network.edge_from].astype(np.float64)
    v_min = node_min[network.edge_to].astype(np.float64)
    by_u, by_v = np.isfinite(u_min + from_start) & near, np.isfinite(v_min + from_end) & near
    meet = np.where(by_u, 1.0, 0.0)
    both = np.flatnonzero(by_u & by_v & (from_start + from_end > 0))
    lead_min = v_min[both] + from_end[both] - u_min[both]
    meet[both] = np.clip(lead_min / (from_start + from_end)[both], 0.0, 1.0)
    own, at, stand_min = (np.array([value]) for value in stand)
    from_u, from_v = np.flatnonzero(by_u), np.flatnonzero(by_v)
    spans = [
        (from_u, np.zeros(len(from_u)), meet[from_u], u_min[from_u], from_start[from_u]),
        (from_v, np.ones(len(from_v)), meet[from_v], v_min[from_v], from_end[from_v]),
        *(
            (own, at, np.array([end]), stand_min, whole_min[own])
            for end, whole_min in ((1.0, from_start), (0.0, from_end))
            if np.isfinite(whole_min[stand[0]])
        ),
    ]
    edges, *columns = (np.concatenate(column) for column in zip(*spans, strict=True))
    drawn = segments_of(network)
    starts = network.geometry_start - np.arange(network.edge_count + 1)  # a bend more than segments
    segments = (drawn.ends, drawn.before_m, drawn.length_m, drawn.drawn_m)
    return Pieces(*trace(edges, tuple(columns), starts, segments))


def edge_minutes(
    network: Network, mode: TravelMode, direction: Direction
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return minutes per whole edge as it is reached from its start and from its end."""
    cost = edge_cost(network, mode)
    forward, backward = (
        np.where(ds < CLOSED_DS, ds / DS_PER_MIN, np.inf)
        for ds in (cost.forward_ds, cost.backward_ds)
    )
    # on the way to a site, a street reached from its start is walked back towards it
    return (forward, backward) if direction == "from_sites" else (backward, forward)


def edges_near(
    network: Network, bounds: tuple[float, float, float, float], within_m: float
) -> NDArray[np.bool_]:
    """Return which edges may come so near to a rectangle."""
    xy, start = network.geometry_xy, network.geometry_start[:-1]
    low, high = np.minimum.reduceat(xy, start), np.maximum.reduceat(xy, start)
    beyond = np.array(bounds) + np.array([-within_m, -within_m, within_m, within_m])
    near: NDArray[np.bool_] = np.all(np.hstack([high >= beyond[:2], low <= beyond[2:]]), axis=1)
    return near


log = logging.getLogger(__name__)

CELLS_PER_REACH = 5
"""The raster's points lie this many times closer than one may go off the street."""

LEAST_OFF_STREET_M = 25.0
LEAST_CELL_M = LEAST_OFF_STREET_M / CELLS_PER_REACH
"""Below these the raster would grow too large; buffers have no such limit."""

BEYOND_CELLS = 1.0
"""The surface is right up to this many cells outside the rim, which is all a contour looks at."""

ARC_SEGMENTS = 16
"""Straight lines to a quarter circle of a buffer."""

REASONS = {
    NO_LOCATION: "its location is not known",
    OFF_NETWORK: "it is too far from any street",
    UNREACHED: "its own street lies beyond the cutoff",
}


@check_arguments
def isochrones(  # noqa: PLR0913 - the field's own argument list, and how to draw
    network: Network,
    sites: gpd.GeoDataFrame,
    *,
    mode: TravelMode | str,
    cutoffs_min: float | Iterable[float],
    max_off_street_m: float = 100.0,
    cell_m: float | None = None,
    area: BaseGeometry | None = None,
    direction: Direction = "to_sites",
    method: Literal["contour", "edges"] = "contour",
) -> Isochrones:
    """Return the land from which each site can be reached within each cutoff.

    Land belongs to it if somebody can walk from there to a street, at the mode's walking speed
    and for no more than ``max_off_street_m``, and travel on to the site, all within the cutoff.
    Land further than that from a reached street (rivers, railways, fields) is outside, also where
    it is surrounded: holes are kept.

    Parameters
    ----------
    network
        The streets.
    sites
        Sites with ``site_id`` as index, and points.
    mode
        How people travel.
    cutoffs_min
        Minutes, each above 0.
    max_off_street_m
        Metres one may go off the street; 25 or more for the contour.
    cell_m
        Metres between the points of the raster a contour is drawn on; a fifth of
        ``max_off_street_m`` if None.
    area
        Only land in the rectangle round it is drawn, to the next point of the raster; all if None.
    direction
        ``"to_sites"``, or ``"from_sites"`` for the way home.
    method
        ``"contour"`` draws the rim on a raster, and is right to within ``cell_m``; ``"edges"``
        buffers every reached part of a street exactly (arcs as 16 straight lines to a quarter
        circle), and takes many times as long.

    Returns
    -------
    Isochrones
        One row per site and cutoff, sites in the order given, cutoffs rising: ``site_id``,
        ``cutoff_min``, ``mode``, ``status`` and ``geometry`` (EPSG:27700; valid, and each within
        that of any longer cutoff). Where ``status`` is ``"no_location"``, ``"off_network"`` or
        ``"unreached"`` (not even the site's own street is within the cutoff) it is empty.

    Raises
    ------
    InputError
        If there is no cutoff or one is not above 0, ``max_off_street_m`` or ``cell_m`` is too
        small, or the method does not exist.

    Notes
    -----
    The surface contoured is the least, over all reached places on streets, of the distance to
    the place less the metres left to walk from there; its zero line is the isochrone. Both
    methods draw the same land: the union of discs round every reached place.

    What is returned draws itself: ``plot()`` for print, ``explore()`` as one page that needs no
    other host. With arguments of geopandas' both are geopandas' own.

    Examples
    --------
    >>> from eh_access import WALK, load_sites, read_network
    >>> places = load_sites("newport_sites").head(1)
    >>> land = isochrones(read_network("newport"), places, mode=WALK, cutoffs_min=[15, 30])
    >>> land["cutoff_min"].tolist(), bool(land.area[0] < land.area[1])
    ([15.0, 30.0], True)
    """
    network, mode = as_network(network), as_mode(mode)
    cell_m = max_off_street_m / CELLS_PER_REACH if cell_m is None else cell_m
    cutoffs = _checked(cutoffs_min, max_off_street_m, cell_m, method)
    node_min, doors = node_times(
        network, sites, mode=mode, cutoff_min=cutoffs[-1], direction=direction
    )
    walk_m_per_min = mode.walk_speed_km_h * 1000 / 60
    reach = Reach(tuple(cutoffs), walk_m_per_min, max_off_street_m)
    edge_min = edge_minutes(network, mode, direction)
    bounds = (-np.inf, -np.inf, np.inf, np.inf) if area is None else area.bounds
    near = edges_near(network, bounds, max_off_street_m + BEYOND_CELLS * cell_m)
    stand_min = doors.offset_m / walk_m_per_min + mode.parking_s / 60
    stands = list(zip(doors.edge, doors.fraction, stand_min, strict=True))
    rows: list[tuple[Any, ...]] = []
    for number, site in enumerate(sites.index):
        status, nothing = doors.status[number], shapely.Polygon()
        drawn: Iterable[BaseGeometry] = [nothing] * len(cutoffs)
        first_min = np.inf
        if status == OK:
            pieces = reached_pieces(
                *(network, node_min[:, number], stands[number]), edge_min=edge_min, near=near
            )
            first_min = pieces.minutes.min(initial=np.inf)
            if len(pieces) and method == "edges":
                drawn = _buffers(pieces, reach, area)
            elif len(pieces):
                drawn = _contours(pieces, reach, cell_m, area)
        for cutoff, land in zip(cutoffs, drawn, strict=True):
            if status == OK and first_min >= cutoff:
                rows.append((site, cutoff, UNREACHED, nothing))
            else:
                rows.append((site, cutoff, status, land))
    return _frame(rows, mode)


@dataclass(frozen=True)
class Reach:
    """How far people go: within each cutoff, and off the street."""

    cutoffs_min: tuple[float, ...]
    walk_m_per_min: float
    max_off_street_m: float

    def full_until(self, cutoff_min: float) -> float:
        """Return until when there is time left for the whole way off the street."""
        return cutoff_min - self.max_off_street_m / self.walk_m_per_min

    def radius_m(self, pieces: Pieces, cutoff_min: float) -> NDArray[np.float64]:
        """Return metres one may still go off the street where each piece begins and ends."""
        left_m = (cutoff_min - pieces.minutes) * self.walk_m_per_min
        return np.clip(left_m, 0.0, self.max_off_street_m)


def _checked(
    cutoffs_min: float | Iterable[float], max_off_street_m: float, cell_m: float, method: str
) -> list[float]:
    """Return the cutoffs, each once and rising; raise with all that is wrong."""
    given = [cutoffs_min] if isinstance(cutoffs_min, (int, float)) else cutoffs_min
    cutoffs = sorted({float(cutoff) for cutoff in given})
    faults = [
        f"cutoffs_min holds {cutoff}; give minutes above 0"
        for cutoff in cutoffs
        if not 0 < cutoff < np.inf
    ]
    if not cutoffs:
        faults.append("cutoffs_min is empty; give at least one number of minutes")
    if method not in {"contour", "edges"}:
        faults.append(f"method is '{method}'; choose contour or edges")
    least = LEAST_OFF_STREET_M if method == "contour" else 0.0
    if not (max_off_street_m > 0 and least <= max_off_street_m < np.inf):
        remedy = f"{least:g} metres or more, or method='edges'" if least else "metres above 0"
        faults.append(f"max_off_street_m is {max_off_street_m}; give {remedy}")
    elif not LEAST_CELL_M <= cell_m < np.inf and method == "contour":
        faults.append(f"cell_m is {cell_m}; give {LEAST_CELL_M:g} metres or more")
    if faults:
        raise InputError(faults)
    return cutoffs


def _frame(rows: list[tuple[Any, ...]], mode: TravelMode) -> Isochrones:
    """Return the rows as a table, and say which sites have no land."""
    table = pd.DataFrame(rows, columns=["site_id", "cutoff_min", "status", "geometry"])
    table.insert(2, "mode", mode.name)
    for status, sites in table.groupby("status", sort=True)["site_id"]:
        if status != OK:
            named = ", ".join(str(site) for site in sites.unique())
            log.warning("no isochrone %s for %s: %s", mode.label, named, REASONS[str(status)])
    return Isochrones(table, geometry="geometry", crs=CRS)


class Isochrones(gpd.GeoDataFrame):  # type: ignore[misc]
    """Land within reach, a table of shapes like any other, that draws itself.

    Examples
    --------
    >>> from eh_access import example_street
    >>> streets, _, sites = example_street()
    >>> land = isochrones(streets, sites, mode="walk", cutoffs_min=[5, 10])
    >>> axes = land.plot()
    >>> [text.get_text() for text in axes.get_legend().get_texts()]
    ['within 5 minutes', 'within 10 minutes']
    >>> import matplotlib.pyplot as plt
    >>> plt.close(axes.figure)
    """

    def _constructor_from_mgr(self, mgr: Any, axes: Any) -> Any:  # noqa: ANN401 - pandas' own
        made = super()._constructor_from_mgr(mgr, axes)
        if isinstance(made, gpd.GeoDataFrame) and "cutoff_min" in made:
            made.__class__ = Isochrones  # a part of it draws itself as well
        return made

    def to_frame(self) -> gpd.GeoDataFrame:
        """Return the same rows as geopandas' own table."""
        return gpd.GeoDataFrame(self)

    def plot(self, *args: Any, ax: Axes | None = None, **options: Any) -> Axes:  # noqa: ANN401
        """Draw the land for print, the longest cutoffs below.

        Parameters
        ----------
        ax
            Where to draw; None makes a new figure.
        *args, **options
            With any of these the picture is geopandas' own.

        Returns
        -------
        matplotlib.axes.Axes
            With a colour for each cutoff, a scale bar and north.
        """
        drawn: Axes
        if args or options:
            drawn = self.to_frame().plot(*args, ax=ax, **options)
        else:
            drawn = delegate("plot_reach", self.to_frame(), ax=ax)
        return drawn

    def explore(self, *args: Any, tiles: str | None = None, **options: Any) -> folium.Map:  # noqa: ANN401
        """Return a map to move about in, the longest cutoffs below.

        Parameters
        ----------
        tiles
            A background of folium's, "OpenStreetMap" for instance; None asks no server for any.
        *args, **options
            With any of these the map is geopandas' own, which fetches what it needs.

        Returns
        -------
        folium.Map
            To show, or to keep with ``save``.
        """
        drawn: folium.Map
        if args or options:
            drawn = super().explore(*args, tiles=tiles, **options)
        else:
            drawn = delegate("explore_reach", self.to_frame(), tiles=tiles)
        return drawn


def _contours(
    pieces: Pieces, reach: Reach, cell_m: float, area: BaseGeometry | None
) -> Iterator[BaseGeometry]:
    """Draw, for each cutoff, the zero line of the surface of metres to the rim."""
    # What is reached with time to spare is painted once for all longer cutoffs.
    from eh_access.routing.surface import paint  # noqa: PLC0415 - loads numba

    beyond_m = BEYOND_CELLS * cell_m
    x, y = _lattice(pieces, reach.max_off_street_m + beyond_m + cell_m, cell_m, area)
    corner = (x[0], y[0])
    surface = np.full((len(y), len(x)), beyond_m)
    painted_min, last_min, land = -np.inf, pieces.minutes.max(), shapely.Polygon()
    for cutoff in reach.cutoffs_min:
        if painted_min >= last_min:  # all there is has been reached with time to spare
            yield land
            continue
        full_min = reach.full_until(cutoff)
        limits = (cutoff, reach.walk_m_per_min, reach.max_off_street_m, beyond_m)
        whole, fringe = (painted_min, full_min), (full_min, cutoff)
        paint(surface, corner, cell_m, pieces.ends, pieces.minutes, whole, limits)
        painted_min = full_min
        rim = surface.copy()
        paint(rim, corner, cell_m, pieces.ends, pieces.minutes, fringe, limits)
        outlines: Any = contourpy.contour_generator(
            x, y, rim, fill_type=contourpy.FillType.ChunkCombinedOffsetOffset
        ).filled(-np.inf, 0.0)
        points, *offsets = (chunk for (chunk,) in outlines)
        polygon = shapely.GeometryType.POLYGON
        land = _land(
            [] if points is None else shapely.from_ragged_array(polygon, points, tuple(offsets))
        )
        yield land


def _lattice(
    pieces: Pieces, margin_m: float, cell_m: float, area: BaseGeometry | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return x and y of the raster's points: whole multiples of the cell, the same for all."""
    xy = np.ascontiguousarray(pieces.ends.reshape(-1, 2).T)  # so their least is found at once
    low, high = xy.min(axis=1) - margin_m, xy.max(axis=1) + margin_m
    if area is not None:
        low, high = np.maximum(low, area.bounds[:2]), np.minimum(high, area.bounds[2:])
    first, last = np.floor(low / cell_m), np.ceil(high / cell_m)
    x, y = (cell_m * np.arange(a, max(a + 1, b) + 1) for a, b in zip(first, last, strict=True))
    return x, y


def _buffers(pieces: Pieces, reach: Reach, area: BaseGeometry | None) -> Iterator[BaseGeometry]:
    """Draw, for each cutoff, what each piece reaches: the hull of the discs at its two ends."""
    for cutoff in reach.cutoffs_min:
        discs = []
        for low, high in ((-np.inf, reach.full_until(cutoff)), (reach.full_until(cutoff), cutoff)):
            part = pieces.cut(low, high)
            radius_m = reach.radius_m(part, cutoff)
            discs.append(
                shapely.buffer(
                    shapely.points(part.ends.reshape(-1, 2, 2)), radius_m, quad_segs=ARC_SEGMENTS
                )
            )
        hulls = shapely.convex_hull(shapely.geometrycollections(np.concatenate(discs)))
        whole = shapely.union_all(hulls)
        yield _land([whole if area is None else whole & shapely.box(*area.bounds)])


def _land(polygons: list[BaseGeometry]) -> BaseGeometry:
    """Return polygons as one valid shape; rings that only touch are taken apart."""
    whole = polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons)
    whole = shapely.remove_repeated_points(whole)
    if not whole.is_valid:
        parts = shapely.get_parts(shapely.make_valid(whole))
        whole = shapely.union_all(parts[shapely.get_dimensions(parts) == 2])  # noqa: PLR2004 - areas
    return whole
