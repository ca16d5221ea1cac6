"""Streets fetched ahead of time, by the name of a place, a study, or a map of the area."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from eh_access.errors import SourceError
from eh_access.network.file import write_network
from eh_access.sources.bundled import bundled_names
from eh_access.study.opening import open_study
from eh_access.study.overwriting import files_read, refuse_overwriting
from eh_access.study.reading import read_table
from eh_access.study.streets import CONNECT_TIMEOUT_S, buffer_for

if TYPE_CHECKING:
    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

    from eh_access.network.model import Network

USUAL_BUFFER_M = 3000.0
MAP_SUFFIXES = (".geojson", ".json", ".gpkg", ".shp")


def fetch_network(place: str, *, out: Path | None = None, buffer_m: float | None = None) -> Network:
    """Download the streets of a place and store them for later runs."""
    from eh_access.sources import connection, download  # noqa: PLC0415 - only where asked for

    area, wanted_m, read = _area(place)
    if out is not None:
        refuse_overwriting(out.parent, [out.name], read)
    far_m = wanted_m if buffer_m is None else buffer_m
    stored = None if area is None else download.cached_network(area, buffer_m=far_m)
    if stored is None and not connection.is_connected(CONNECT_TIMEOUT_S):
        raise SourceError(
            "the OpenStreetMap server cannot be reached; check the connection, or name a map "
            "file (.osm.pbf) as streets.source in the study"
        )
    outline = area if area is not None else download.place_outline(place)
    network = stored or download.download_network(outline, buffer_m=far_m)
    if out is not None:
        write_network(network, out)
    return network


def _area(
    place: str,
) -> tuple[BaseGeometry | gpd.GeoDataFrame | None, float, tuple[Path, ...]]:
    """Return the area a study or a map file means, its buffer and what is read for it."""
    # None for a place to look up.
    path = Path(place)
    suffix = path.suffix.lower()
    if suffix in MAP_SUFFIXES:
        return read_table(path, name=path.name, role="area").frame, USUAL_BUFFER_M, (path,)
    if place in bundled_names("studies") or suffix == ".toml" or path.exists():
        study, inputs = open_study(place)
        return inputs.borough, buffer_for(study), files_read(study)
    return None, USUAL_BUFFER_M, ()
