"""Build the bundled street network of Rotherham from the streets recovered from vector tiles.

Outline and heights are those that ship (``data_rotherham.py``, ``build_terrain.py``).

Run from the root of the repository: ``python tools/build_rotherham.py``. Running it again gives
the same bytes.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import shapely

from eh_access.network.io import write_network
from eh_access.network.osm import read_network
from eh_access.network.provenance import COPYRIGHT_URL
from eh_access.network.rules import rule_table
from eh_access.network.terrain import read_terrain, with_heights
from eh_access.provenance import Provenance, file_sha256
from eh_access.sources.bundled import load_areas

if TYPE_CHECKING:
    from eh_access.network.model import Network

GROUND = Path(__file__).resolve().parents[1] / "data" / "terrain" / "rotherham.npz"
EXTRACT = "data/rotherham/streets/rotherham-2021-08.osm.pbf"

REACH_M = 5000.0
"""Beyond the borough: with 6 km, all the source has, no time to a centre of the borough changes,
nor any to the nearest centre this side of the border or beyond."""

SIMPLIFIED_M = 1.0
"""A pixel of a web map at zoom 16 is 1.4 m wide here. Lengths are those of the streets as found."""

CM_PER_M = 100.0
DATE = "2021-08-06"
KEPT_BY_THE_TILES = frozenset(
    {"highway", "railway", "service", "oneway", "bridge", "tunnel", "name", "ref"}
)
MADE_BY_US = frozenset({"ferry:km_h", "crossing"})


def build(shared: Path, data: Path) -> Path:
    """Write ``networks/rotherham.npz``.

    Parameters
    ----------
    shared
        Folder of the source data (the one that holds ``data/rotherham``).
    data
        The repository's data folder.

    Returns
    -------
    pathlib.Path
        The file.
    """
    borough = load_areas("rotherham_borough").union_all()
    # to ten metres: an outline without its every bend
    area = shapely.set_precision(borough.buffer(REACH_M).simplify(10.0), 1.0)
    streets = read_network(shared / EXTRACT, area=area)
    source = provenance(shared / EXTRACT)
    streets = replace(streets, provenance=(source,), _memory={})
    network = as_drawn(with_heights(streets, read_terrain(GROUND)))
    return write_network(network, data / "networks" / "rotherham.npz")


def provenance(extract: Path) -> Provenance:
    """Say where the streets come from: OpenStreetMap, through tiles in another's layout."""
    return Provenance(
        title="Streets",
        publisher="OpenStreetMap contributors, through vector tiles",
        licence="Open Database Licence (ODbL) 1.0; layout of the tiles: CC BY 4.0",
        attribution="© OpenStreetMap contributors\n© OpenMapTiles",
        date=DATE,
        sha256=file_sha256(extract),
        url=COPYRIGHT_URL,
    )


def as_drawn(network: Network) -> Network:
    """Return streets as finely drawn as a map shows them, and as long as they are.

    Ids of ways are dropped: those of the source are its own, not OpenStreetMap's.
    """
    sizes = np.diff(network.geometry_start)
    lines = shapely.linestrings(
        network.geometry_xy, indices=np.repeat(np.arange(network.edge_count), sizes)
    )
    drawn = shapely.simplify(lines, SIMPLIFIED_M, preserve_topology=False)
    return replace(
        network,
        length_m=np.rint(network.length_m * CM_PER_M) / CM_PER_M,
        edge_way=np.zeros(network.edge_count, dtype=np.int64),
        geometry_start=np.concatenate([[0], np.cumsum(shapely.get_num_coordinates(drawn))]),
        geometry_xy=shapely.get_coordinates(drawn),
        not_recorded=not_recorded(),
        _memory={},
    )


def not_recorded() -> tuple[str, ...]:
    """Return the keys a rule reads that the tiles do not keep."""
    table = rule_table()
    return tuple(sorted((table.way_keys | table.point_keys) - KEPT_BY_THE_TILES - MADE_BY_US))


if __name__ == "__main__":
    root = Path(__file__).resolve().parents[1]
    print(build(root.parent / "shared", root / "data"))
