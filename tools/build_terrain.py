"""Build the grids of heights that ship, from the tiles of OS Terrain 50.

Run from the root of the repository: ``python tools/build_terrain.py``. Running it again gives the
same bytes.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from eh_access.network.terrain import Terrain, write_terrain
from eh_access.provenance import Provenance

if TYPE_CHECKING:
    from numpy.typing import NDArray

CELL_M = 50.0
HEAD_LINES = 5

# West, south, east, north in metres: the study's area and as far around as streets are wanted.
AREAS = {
    "newport": (323_000.0, 179_000.0, 341_000.0, 191_000.0),  # every street of the extract
    # the borough and 5 km around it, as far as the tiles go: 1.4 km of its south, and what lies
    # around that, has none
    "rotherham": (431_000.0, 373_500.0, 464_000.0, 407_500.0),
}

PROVENANCE = Provenance(
    title="OS Terrain 50",
    publisher="Ordnance Survey",
    licence="Open Government Licence v3.0",
    attribution="Contains OS data © Crown copyright and database right 2025",
    url="https://www.ordnancesurvey.co.uk/products/os-terrain-50",
)


def build(shared: Path, data: Path) -> list[Path]:
    """Write ``terrain/*.npz``.

    Parameters
    ----------
    shared
        Folder of the source data (the one that holds ``data/newport``).
    data
        The repository's data folder.

    Returns
    -------
    list of pathlib.Path
        The files.
    """
    return [
        write_terrain(
            crop(read_tiles(shared / "data" / name / "terrain50"), area),
            data / "terrain" / f"{name}.npz",
        )
        for name, area in AREAS.items()
    ]


def read_tiles(folder: Path) -> Terrain:
    """Join the tiles of a folder; what no tile covers is unknown.

    The corner in a tile's head is that of its first cell; heights are those of cells' middles.
    """
    tiles = [_read_tile(path) for path in sorted(folder.glob("*.asc"))]
    west = min(x for x, _, _ in tiles)
    south = min(y for _, y, _ in tiles)
    columns = max(round((x - west) / CELL_M) + grid.shape[1] for x, _, grid in tiles)
    rows = max(round((y - south) / CELL_M) + grid.shape[0] for _, y, grid in tiles)
    whole = np.full((rows, columns), np.nan, dtype=np.float32)
    for x, y, grid in tiles:
        row, column = round((y - south) / CELL_M), round((x - west) / CELL_M)
        whole[row : row + grid.shape[0], column : column + grid.shape[1]] = grid
    half = CELL_M / 2
    return Terrain(height_m=whole, west=west + half, south=south + half, cell_m=CELL_M)


def _read_tile(path: Path) -> tuple[float, float, NDArray[np.float32]]:
    """Return the south-west corner and the heights, rows from the south."""
    lines = path.read_text(encoding="ascii").splitlines()
    head = {key.lower(): float(value) for key, value in map(str.split, lines[:HEAD_LINES])}
    rows = [np.array(line.split(), dtype=np.float32) for line in lines[HEAD_LINES:] if line.strip()]
    grid = np.vstack(rows)[::-1]
    if grid.shape != (head["nrows"], head["ncols"]) or head["cellsize"] != CELL_M:
        raise ValueError(f"{path}: not a whole tile of {CELL_M:g} m cells")
    return head["xllcorner"], head["yllcorner"], grid


def crop(terrain: Terrain, area: tuple[float, float, float, float]) -> Terrain:
    """Return the part of a grid whose cells' middles lie in an area."""
    west, south, east, north = area
    rows, columns = terrain.height_m.shape
    x = terrain.west + CELL_M * np.arange(columns)
    y = terrain.south + CELL_M * np.arange(rows)
    inside_x, inside_y = (x >= west) & (x <= east), (y >= south) & (y <= north)
    return Terrain(
        height_m=np.ascontiguousarray(terrain.height_m[np.ix_(inside_y, inside_x)]),
        west=float(x[inside_x][0]),
        south=float(y[inside_y][0]),
        cell_m=CELL_M,
        provenance=PROVENANCE,
    )


if __name__ == "__main__":
    root = Path(__file__).resolve().parents[1]
    for written in build(root.parent / "shared", root / "data"):
        print(written)
