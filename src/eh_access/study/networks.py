"""Streets by file or by name: what the package ships can be read like anything else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from eh_access.errors import NotFoundError, SourceError, did_you_mean
from eh_access.network import osm
from eh_access.network.build import DEFAULT_MODES
from eh_access.sources import bundled

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

    from eh_access.modes import TravelMode
    from eh_access.network.model import Network


def read_network(
    source: str | Path | Any,  # noqa: ANN401 - a networkx graph, without importing networkx
    *,
    modes: Sequence[TravelMode] = DEFAULT_MODES,
    area: gpd.GeoDataFrame | BaseGeometry | None = None,
    covered: BaseGeometry | None = None,
) -> Network:
    """Read streets from a file, from a graph, or by the name of a network that ships.

    Parameters
    ----------
    source
        A path to OpenStreetMap data (``.osm.pbf``, ``.osm``), to GraphML written by osmnx, or to
        a network saved by this library (``.npz``); an osmnx graph; or the name of a bundled
        network, ``"newport"``.
    modes
        Streets that none of these may use are left out. A saved network is read as it is.
    area
        Keep streets that touch this area: a GeoDataFrame in any CRS, or a geometry in EPSG:27700.
        A saved network is read as it is.
    covered
        Where the source's streets are complete (EPSG:27700), if it does not say so itself.

    Returns
    -------
    Network
        The streets, with where they came from.

    Raises
    ------
    NotFoundError
        If a name without a file ending is neither a file nor a bundled network.
    SourceError
        If the file is missing, damaged, cut off, or not of a kind that can be read.
    InputError
        If it holds no streets that may be used in the area.

    Examples
    --------
    >>> read_network("newport").provenance[0].licence
    'Open Database Licence (ODbL) 1.0'
    >>> read_network("newprt")
    Traceback (most recent call last):
    ...
    eh_access.errors.NotFoundError: 'newprt' is no file and no bundled network: did you mean ...
    """
    if isinstance(source, str) and not Path(source).suffix and not Path(source).exists():
        try:
            source = bundled.network_path(source)
        except (NotFoundError, SourceError):
            hint = did_you_mean(str(source), bundled.bundled_names("networks"))
            message = f"'{source}' is no file and no bundled network: {hint}"
            raise NotFoundError(message) from None
    return osm.read_network(source, modes=modes, area=area, covered=covered)
