"""Open data of Ordnance Survey: where postcodes are, and how high the ground is."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from eh_access.network.terrain import Terrain
from eh_access.network.unpacking import read_member
from eh_access.sources.fetch import Client, UnusableError
from eh_access.tables import CRS

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

CODE_POINT = re.compile(r"(.*/)?Data/CSV/[a-z]{1,2}\.csv", re.IGNORECASE)
CELL_M = 50.0
TILE_M = 10_000
SQUARES = "ABCDEFGHJKLMNOPQRSTUVWXYZ"
"""Letters of the National Grid, west to east and north to south; I is left out."""


def postcodes(client: Client) -> gpd.GeoDataFrame:
    """Return the points of all postcodes of Great Britain, by postcode without blanks."""
    frame = client.read("postcodes", _code_point)
    points = gpd.points_from_xy(frame.pop("easting"), frame.pop("northing"), crs=CRS)
    return gpd.GeoDataFrame(frame, geometry=points).set_index("plain")


def _code_point(path: Path) -> pd.DataFrame:
    """Return postcodes with coordinates; those of quality 90 have none."""
    parts = []
    with _opened(path) as archive:
        for member in archive.namelist():
            if CODE_POINT.fullmatch(member):
                rows = pd.read_csv(
                    io.BytesIO(read_member(archive, member)),
                    header=None,
                    usecols=[0, 1, 2, 3],
                    names=["postcode", "quality", "easting", "northing"],
                    encoding="utf-8-sig",
                )
                parts.append(rows)
    if not parts:
        raise UnusableError("no Data/CSV/*.csv in the zip: laid out in another way?")
    frame = pd.concat(parts, ignore_index=True)
    for column in ("quality", "easting", "northing"):
        if not pd.api.types.is_numeric_dtype(frame[column]):
            raise UnusableError(f"column {column} holds other things than numbers")
    frame = frame[(frame["easting"] > 0) & (frame["northing"] > 0)]
    plain = frame["postcode"].str.upper().str.replace(" ", "")
    shown = plain.str[:-3] + " " + plain.str[-3:]
    return (
        frame.assign(plain=plain, postcode=shown).drop(columns="quality").drop_duplicates("plain")
    )


def heights(client: Client, area: BaseGeometry) -> Terrain:
    """Return the heights of the tiles that an area touches."""
    terrain = client.read("heights", partial(_terrain, area=area))
    return replace(terrain, provenance=client.provenance("heights"))


def tile_names(area: BaseGeometry) -> Iterator[tuple[str, int, int]]:
    """Yield the 10 km tiles an area touches: name as in ``se40``, west and south."""
    west, south, east, north = (int(edge // TILE_M) for edge in area.bounds)
    for column in range(max(west, 0), min(east, 69) + 1):
        for row in range(max(south, 0), min(north, 129) + 1):
            x, y = column * TILE_M, row * TILE_M
            if area.intersects(shapely.box(x, y, x + TILE_M, y + TILE_M)):
                yield f"{_square(column, row)}{column % 10}{row % 10}", x, y


def _square(column: int, row: int) -> str:
    """Return the two letters of the 100 km square that holds a 10 km tile."""
    # false origin: S is 5 squares of 500 km from the grid's letters' own corner
    east, north = column // 10 + 10, row // 10 + 5
    first = SQUARES[(4 - north // 5) * 5 + east // 5]
    return (first + SQUARES[(4 - north % 5) * 5 + east % 5]).lower()


def _terrain(path: Path, *, area: BaseGeometry) -> Terrain:
    tiles = list(tile_names(area))
    west, south = min(x for _, x, _ in tiles), min(y for _, _, y in tiles)
    columns = (max(x for _, x, _ in tiles) + TILE_M - west) // int(CELL_M)
    rows = (max(y for _, _, y in tiles) + TILE_M - south) // int(CELL_M)
    whole = np.full((rows, columns), np.nan, dtype=np.float32)
    with _opened(path) as archive:
        members = {
            Path(name).name[:4].lower(): name for name in archive.namelist() if ".zip" in name
        }
        for name, x, y in tiles:
            if name in members:  # there are no tiles out at sea
                row, column = (y - south) // int(CELL_M), (x - west) // int(CELL_M)
                tile = _tile(read_member(archive, members[name]), name)
                whole[row : row + tile.shape[0], column : column + tile.shape[1]] = tile
    if np.isnan(whole).all():
        raise UnusableError(f"none of the tiles {', '.join(name for name, _, _ in tiles)} is in it")
    half = CELL_M / 2
    return Terrain(height_m=whole, west=west + half, south=south + half, cell_m=CELL_M)


def _tile(data: bytes, name: str) -> NDArray[np.float32]:
    """Return the heights of one tile, rows from the south."""
    with _opened(io.BytesIO(data)) as archive:
        text = next((item for item in archive.namelist() if item.lower().endswith(".asc")), None)
        if text is None:
            raise UnusableError(f"tile {name} holds no .asc file")
        lines = read_member(archive, text).decode("ascii", "replace").splitlines()
    head = [line for line in lines if line[:1].isalpha()]
    size = {key.lower(): float(value) for key, value in map(str.split, head)}
    grid = np.array([line.split() for line in lines[len(head) :] if line.strip()], dtype=np.float32)
    side = int(TILE_M / CELL_M)
    if size.get("cellsize") != CELL_M or grid.shape != (side, side):
        raise UnusableError(f"tile {name} is no grid of {side} by {side} cells of {CELL_M:g} m")
    return grid[::-1]


def _opened(file: Path | io.BytesIO) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except zipfile.BadZipFile as error:
        raise UnusableError(f"no whole zip file ({error}): cut off?") from error
