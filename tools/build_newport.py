"""Build the bundled street network of Newport from its OpenStreetMap extract.

Heights come from the grid that ships (``build_terrain.py``).

Run from the root of the repository: ``python tools/build_newport.py``. Running it again gives the
same bytes.
"""

from __future__ import annotations

from pathlib import Path

import shapely

from eh_access.network.build import to_metres
from eh_access.network.io import write_network
from eh_access.network.osm import read_network
from eh_access.network.terrain import read_terrain, with_heights

GROUND = Path(__file__).resolve().parents[1] / "data" / "terrain" / "newport.npz"
EXTRACT = "data/newport/newport-2023-06-13.osm.pbf"

# The extract's head does not say what it covers. It keeps ways that cross its edge whole, so their
# far ends lie outside; points that belong to no way were kept only inside. The box of those 4,811
# points is therefore complete (longitude and latitude, degrees).
COMPLETE = (-3.0768357, 51.5246206, -2.9252094, 51.5935921)


def covered_area() -> shapely.Polygon:
    """Return the area the extract covers in full, in EPSG:27700, to the metre."""
    box = shapely.segmentize(shapely.box(*COMPLETE), 0.02)
    metres = shapely.transform(box, lambda degrees: to_metres(degrees.T, "EPSG:4326").T)
    return shapely.set_precision(metres, 1.0)


def build(shared: Path, data: Path) -> Path:
    """Write ``networks/newport.npz``.

    Parameters
    ----------
    shared
        Folder of the source data (the one that holds ``data/newport``).
    data
        The repository's data folder.

    Returns
    -------
    pathlib.Path
        The file.
    """
    streets = read_network(shared / EXTRACT, covered=covered_area())
    network = with_heights(streets, read_terrain(GROUND))
    return write_network(network, data / "networks" / "newport.npz")


if __name__ == "__main__":
    root = Path(__file__).resolve().parents[1]
    print(build(root.parent / "shared", root / "data"))
