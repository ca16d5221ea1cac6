"""Streets for any place: from OpenStreetMap's servers or cut from a map file; kept for later."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from eh_access.errors import InputError
from eh_access.network.area import CRS, as_polygon, to_degrees
from eh_access.network.build import DEFAULT_MODES
from eh_access.network.osm import read_network
from eh_access.network.provenance import osm_provenance
from eh_access.sources.connection import is_connected
from eh_access.sources.overpass import FILTERS, fetch_graph, fetch_outline
from eh_access.sources.store import default_folder, keep, recall, request_key

if TYPE_CHECKING:
    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

    from eh_access.modes import TravelMode
    from eh_access.network.model import Network

__all__ = [
    "buffer_for",
    "cached_network",
    "download_network",
    "download_place",
    "is_connected",
    "network_from_file",
    "place_outline",
]

log = logging.getLogger(__name__)

TIMEOUT_S = 180.0
RETRIES = 3
MAX_BUFFER_M = 10_000.0
KM2 = 1e6


def download_network(
    area: gpd.GeoDataFrame | BaseGeometry,
    *,
    buffer_m: float,
    modes: Sequence[TravelMode] = DEFAULT_MODES,
    cache_dir: Path | str | None = None,
    timeout_s: float = TIMEOUT_S,
    retries: int = RETRIES,
) -> Network:
    """Download streets from OpenStreetMap through osmnx; a second time they come from the store.

    Parameters
    ----------
    area
        A GeoDataFrame in any CRS, or a geometry in EPSG:27700.
    buffer_m
        Metres around the area to fetch as well, so that nobody's route is cut off at its border:
        see ``buffer_for``.
    modes
        Streets that none of these may use are left out.
    cache_dir
        Where to keep streets; None is a folder of the user's own.
    timeout_s
        Limit for everything together, waits and retries included.
    retries
        How often to ask again when the server is busy or its answer is cut off.

    Returns
    -------
    Network
        The streets; ``covered`` is the area with its buffer.

    Raises
    ------
    SourceError
        If there was no whole answer within the limits. Nothing is left half written.
    InputError
        If the area is not one, or has no streets.

    Examples
    --------
    >>> from eh_access.tables import check_areas  # doctest: +SKIP
    >>> network = download_network(areas, buffer_m=3000)  # doctest: +SKIP
    """
    wanted = _buffered(area, buffer_m)
    folder = default_folder() if cache_dir is None else Path(cache_dir)
    key = request_key(as_polygon(area), buffer_m=buffer_m, modes=modes, filters=FILTERS)
    stored = recall(folder, key)
    if stored is not None:
        log.info("Streets downloaded earlier are used")
        return stored
    log.info("Downloading the streets of %.0f square km", wanted.area / KM2)
    graph, answers = fetch_graph(to_degrees(wanted), timeout_s=timeout_s, retries=retries)
    network = read_network(graph, modes=modes, covered=wanted)
    told = osm_provenance(date=answers.date, sha256=answers.digest.hexdigest())
    network = replace(network, provenance=(told,), _memory={})
    keep(network, folder, key)
    return network


def cached_network(
    area: gpd.GeoDataFrame | BaseGeometry,
    *,
    buffer_m: float,
    modes: Sequence[TravelMode] = DEFAULT_MODES,
    cache_dir: Path | str | None = None,
) -> Network | None:
    """Return streets downloaded earlier for the same request; no connection is made.

    Parameters
    ----------
    area, buffer_m, modes, cache_dir
        As for ``download_network``.

    Returns
    -------
    Network or None
        None if they were never downloaded, or are not as they were stored.

    Raises
    ------
    InputError
        If the area is not one.

    Examples
    --------
    >>> import shapely
    >>> cached_network(shapely.box(1e5, 1e5, 2e5, 2e5), buffer_m=0, cache_dir="nowhere") is None
    True
    """
    folder = default_folder() if cache_dir is None else Path(cache_dir)
    key = request_key(as_polygon(area), buffer_m=buffer_m, modes=modes, filters=FILTERS)
    return recall(folder, key)


def download_place(
    place: str,
    *,
    buffer_m: float = 3000.0,
    modes: Sequence[TravelMode] = DEFAULT_MODES,
    cache_dir: Path | str | None = None,
    timeout_s: float = TIMEOUT_S,
    retries: int = RETRIES,
) -> Network:
    """Look up a place's outline by name and download its streets."""
    outline = place_outline(place, timeout_s=timeout_s, retries=retries)
    return download_network(
        outline,
        buffer_m=buffer_m,
        modes=modes,
        cache_dir=cache_dir,
        timeout_s=timeout_s,
        retries=retries,
    )


def place_outline(
    place: str, *, timeout_s: float = TIMEOUT_S, retries: int = RETRIES
) -> gpd.GeoDataFrame:
    """Look up a place's outline by name, through osmnx."""
    if not place.strip():
        raise InputError("no place was named; give one, for example 'Barnsley, England'")
    found = fetch_outline(place, timeout_s=timeout_s, retries=retries)
    log.info("Found '%s'", found["display_name"].iloc[0] if "display_name" in found else place)
    return found.to_crs(CRS)


def network_from_file(
    path: Path | str,
    area: gpd.GeoDataFrame | BaseGeometry,
    *,
    buffer_m: float,
    modes: Sequence[TravelMode] = DEFAULT_MODES,
) -> Network:
    """Cut the streets of an area from a map file, for those who may not or cannot download."""
    return read_network(path, modes=modes, area=_buffered(area, buffer_m))


def buffer_for(modes: Sequence[TravelMode], cutoff_min: float) -> tuple[float, str]:
    """Say how far beyond an area streets are needed: as far as one gets within the cutoff."""
    fastest = max(modes, key=lambda mode: mode.speed_km_h)
    reach_m = fastest.speed_km_h * 1000 * cutoff_min / 60
    if reach_m <= MAX_BUFFER_M:
        return reach_m, ""
    note = (
        f"Streets reach {MAX_BUFFER_M / 1000:.0f} km beyond the area; trips {fastest.label} that "
        "leave that far and come back are cut short, and are marked where they touch the rim."
    )
    return MAX_BUFFER_M, note


def _buffered(area: gpd.GeoDataFrame | BaseGeometry, buffer_m: float) -> BaseGeometry:
    if not 0 <= buffer_m < float("inf"):
        raise InputError(f"buffer_m is {buffer_m}; give metres, 0 or more")
    polygon = as_polygon(area)
    # rounded corners need many points, and servers take long over many
    return polygon.buffer(buffer_m, quad_segs=4).simplify(min(buffer_m / 20, 50.0))
