"""Explain a trip: which streets, how many metres, what slowed it, what it had to go round."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from eh_access.errors import InputError, NotFoundError
from eh_access.network.cost import edge_cost
from eh_access.network.snapping import CRS, NO_LOCATION, OK, snap
from eh_access.routing import route_words as words
from eh_access.routing.engine import check_direction
from eh_access.routing.route_detour import Detour, find_detour, without_bans
from eh_access.routing.route_search import find_way
from eh_access.routing.route_steps import STEP_COLUMNS, parking_ds, steps_of

if TYPE_CHECKING:
    from eh_access.modes import TravelMode
    from eh_access.network.model import Network, Provenance
    from eh_access.network.snapping import Snapped
    from eh_access.routing.types import Direction

DS_PER_MIN = 600
EVERYWHERE_SHARE = 0.9
"""What slows this much of a trip, as traffic does by car, is left to the table."""
MOST_NAMED = 6
"""Streets named in the sentence; the table has them all."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Route:
    """One trip, explained.

    Parameters
    ----------
    origin, site
        What the two ends are called: their ids where they have some.
    mode, direction
        How people travel, and which way.
    steps
        One row for each stretch, in the order of travel: ``street`` (its name, else its kind),
        ``kind``, ``metres``, ``seconds``, ``climb_m`` (metres gone uphill) and ``slope_share``
        (from its start to its end, up positive; both NaN where the network has no heights),
        ``slowed_by`` (the rule or hill that made it slower, "" where none did), ``doubts`` (what
        the map leaves open), ``geometry``. The walk between a point and its street is a step, and
        so is parking; a gate is a step of no length. Sums are the totals.
    metres, minutes
        From door to door, the walks to and from the streets included. The minutes are those of
        `travel_time_matrix` within its cutoff, to the decisecond; a route has no cutoff.
    origin_offset_m, site_offset_m
        Metres from each point to its street.
    avoided
        What a walker could have used and this mode could not, or None where that is nothing.
    provenance
        Where the streets came from.

    Examples
    --------
    >>> from eh_access import PUSHCHAIR, load_origins, load_sites, read_network
    >>> newport, homes = read_network("newport"), load_origins("newport_postcode")
    >>> trip = route(newport, homes.iloc[[0]], load_sites("newport_sites").iloc[[0]], PUSHCHAIR)
    >>> trip.line.geom_type, list(trip.steps.columns)[:4]
    ('LineString', ['street', 'kind', 'metres', 'seconds'])
    """

    origin: str
    site: str
    mode: TravelMode
    direction: Direction
    steps: gpd.GeoDataFrame
    metres: float
    minutes: float
    origin_offset_m: float
    site_offset_m: float
    avoided: Detour | None
    provenance: tuple[Provenance, ...]

    @property
    def line(self) -> shapely.LineString:
        """The whole way from door to door (EPSG:27700)."""
        return _joined(list(self.steps.geometry))

    def to_frame(self) -> gpd.GeoDataFrame:
        """Return the steps as a table of their own, EPSG:27700."""
        return self.steps.copy()

    def sentence(self) -> str:
        """Say the trip in plain English.

        Returns
        -------
        str
            Ends, metres, minutes, the longest streets in their order, what slowed it and what it
            had to go round.
        """
        ends = [self.origin, self.site]
        start, end = ends if self.direction == "to_sites" else ends[::-1]
        text = [f"From {start} to {end} {self.mode.label}: {self._totals()}{self._named()}."]
        climb_m = float(self.steps["climb_m"].sum())
        if self.mode.counts_hills and climb_m >= 1:
            text.append(f"{words.metres(climb_m)} of climb.")
        slowed_m = self.steps.groupby("slowed_by")["metres"].sum().drop("", errors="ignore")
        telling = slowed_m[slowed_m < EVERYWHERE_SHARE * self.metres]
        if len(telling):
            # after a colon comes what only the table has room for
            reasons = [str(reason).partition(":")[0] for reason in telling.index]
            parts = [f"{r} ({words.metres(m)})" for r, m in zip(reasons, telling, strict=True)]
            text.append(f"Slowed by {words.listed(parts)}.")
        if self.avoided is not None:
            text.append(f"{self.avoided.sentence()}.")
        return " ".join(text)

    def _totals(self) -> str:
        return f"{words.metres(self.metres)}, {self.minutes:.1f} minutes"

    def _named(self) -> str:
        streets = self.steps[(self.steps["kind"] != self.steps["street"])]
        by_name = streets.groupby("street", sort=False)["metres"].sum()
        longest = by_name.nlargest(MOST_NAMED, keep="first").index
        parts = [f"{name} ({words.metres(m)})" for name, m in by_name.items() if name in longest]
        return f", by {words.listed(parts)}" if parts else ""

    def _repr_html_(self) -> str:
        table = pd.DataFrame(self.steps.drop(columns="geometry"))
        table["slope_share"] = table["slope_share"].map("{:.0%}".format, na_action="ignore")
        shown = table.to_html(index=False, escape=True, na_rep="", float_format="{:,.0f}".format)
        return f"<p>{html.escape(self.sentence())}</p>{shown}"


def route(
    network: Network,
    origin: Any,  # noqa: ANN401 - a point in any of the forms people have one in
    site: Any,  # noqa: ANN401 - same
    mode: TravelMode,
    *,
    direction: Direction = "to_sites",
) -> Route:
    """Explain the trip between one origin and one site.

    Parameters
    ----------
    network
        The streets.
    origin, site
        A row of a table (``homes.loc["S60 1AA"]`` or ``homes.loc[["S60 1AA"]]``), a GeoSeries of
        one point, a shapely Point or a pair (easting, northing); EPSG:27700 where it does not say.
    mode
        How people travel.
    direction
        ``"to_sites"``, or ``"from_sites"`` for the way home.

    Returns
    -------
    Route
        Steps, line, totals and what was avoided.

    Raises
    ------
    InputError
        If an end has no location, is no point, or lies too far from any street the mode may use,
        or the direction does not exist.
    NotFoundError
        If there is no way between the two.

    Examples
    --------
    >>> from eh_access.modes import WALK
    >>> from eh_access.network.build import build_network
    >>> from eh_access.network.raw import RawWays
    >>> raw = RawWays(crs="EPSG:27700")
    >>> tags = {"highway": "footway", "name": "Mill Lane"}
    >>> raw.add(7, [(1, 0.0, 0.0), (2, 80.0, 0.0)], tags=tags)
    >>> route(build_network(raw), (0.0, 4.0), (80.0, 0.0), WALK).sentence()
    'From the origin to the site on foot: 84 m, 1.1 minutes, by Mill Lane (80 m).'
    """
    check_direction(direction)
    if not edge_cost(network, mode).main.any():
        raise InputError(f"no street in the network may be used {mode.label}; check its tags")
    homes, origin_name = _one_point(origin, "the origin")
    doors, site_name = _one_point(site, "the site")
    at = (snap(homes, network, mode), snap(doors, network, mode))
    _check_placed((origin_name, site_name), at, mode)
    points, placed = (homes, doors), at
    if direction == "from_sites":
        points, placed = points[::-1], placed[::-1]
    way = find_way(network, mode, *placed)
    if way is None:
        raise NotFoundError(
            f"there is no way {mode.label} between {origin_name} and {site_name}: both are on "
            "streets, but the streets between do not join"
        )
    ends = (points[0].iloc[0], points[1].iloc[0])
    steps = steps_of(network, mode, way, ends=ends, placed=placed)
    frame = gpd.GeoDataFrame(steps, columns=[*STEP_COLUMNS, "geometry"], crs=CRS)
    metres = float(frame["metres"].sum())
    return Route(
        origin=origin_name,
        site=site_name,
        mode=mode,
        direction=direction,
        steps=frame,
        metres=metres,
        minutes=(way.ds + parking_ds(mode)) / DS_PER_MIN,
        origin_offset_m=float(at[0].offset_m[0]),
        site_offset_m=float(at[1].offset_m[0]),
        avoided=_avoided(network, mode, points, metres=metres),
        provenance=network.provenance,
    )


def _avoided(
    network: Network,
    mode: TravelMode,
    points: tuple[gpd.GeoSeries, gpd.GeoSeries],
    *,
    metres: float,
) -> Detour | None:
    """Compare with the way from door to door of somebody who walks."""
    walker = without_bans(mode)
    if mode.rules == walker.rules or not edge_cost(network, walker).main.any():
        return None
    placed = (snap(points[0], network, walker), snap(points[1], network, walker))
    if any(place.status[0] != OK for place in placed):
        return None
    free = find_way(network, walker, *placed)
    if free is None:
        return None
    offsets_m = sum(float(place.offset_m[0]) for place in placed)
    return find_detour(network, mode, metres=metres, free=free, offsets_m=offsets_m)


def _one_point(given: Any, role: str) -> tuple[gpd.GeoSeries, str]:  # noqa: ANN401 - see `route`
    """Return one point in EPSG:27700 and what it is called."""
    name = role
    if isinstance(given, pd.Series) and not isinstance(given, gpd.GeoSeries):  # a row of a table
        if "geometry" not in given.index:
            raise InputError(f"{role}: this row has no geometry; give a row of a GeoDataFrame")
        name, given = _called(given.get("name"), given.name), given["geometry"]
    if isinstance(given, gpd.GeoDataFrame | gpd.GeoSeries):
        points = given.geometry
        if len(points) != 1:
            raise InputError(f"{role}: {len(points)} rows were given; give one, as in .loc[['id']]")
        if points.crs is None:
            raise InputError(f"{role}: the coordinate system is not stated; use set_crs('{CRS}')")
        is_table = isinstance(given, gpd.GeoDataFrame) and "name" in given.columns
        named = given["name"].iloc[0] if is_table else None
        return points.to_crs(CRS), _called(named, points.index[0])
    if isinstance(given, tuple | list | np.ndarray):
        xy = np.asarray(given, dtype=np.float64)
        if xy.shape != (2,):
            raise InputError(f"{role}: {given} is not a pair (easting, northing) in metres")
        given = shapely.Point(xy) if np.isfinite(xy).all() else None
    if given is not None and not isinstance(given, shapely.Point):
        raise InputError(f"{role}: a {type(given).__name__} is no point; give a Point or a row")
    return gpd.GeoSeries([given], crs=CRS), name


def _called(name: object, own_id: object) -> str:
    """Return a place's name where it has one, else its id."""
    return name if isinstance(name, str) and name else str(own_id)


def _check_placed(names: tuple[str, str], at: tuple[Snapped, Snapped], mode: TravelMode) -> None:
    """Raise InputError for every end that is not on a street."""
    faults = []
    for name, place in zip(names, at, strict=True):
        if place.status[0] == NO_LOCATION:
            faults.append(f"{name}: its location is not known; give it a point")
        elif place.status[0] != OK:
            faults.append(
                f"{name}: {place.offset_m[0]:.0f} m from the nearest street that may be used "
                f"{mode.label}, too far; check its coordinates"
            )
    if faults:
        raise InputError(faults)


def _joined(lines: list[shapely.LineString]) -> shapely.LineString:
    """Join the lines of the steps end to end."""
    xy = np.vstack([shapely.get_coordinates(line) for line in lines])
    moved = np.concatenate([[True], np.any(np.diff(xy, axis=0) != 0, axis=1)])
    kept = xy[moved]
    return shapely.LineString(kept if len(kept) > 1 else np.repeat(kept, 2, axis=0))
