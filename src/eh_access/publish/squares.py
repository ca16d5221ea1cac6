"""What a map colours: the study's small areas, or squares of the national grid where it has none.

A study of a town as one piece would be a map in one colour; squares show where a change falls.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from eh_access.tables import CRS

if TYPE_CHECKING:
    from numpy.typing import NDArray

FEW_AREAS = 8
SQUARE_M, PRIVATE_SQUARE_M = 500, 1000
GRID_500_KM = "VWXYZQRSTULMNOPFGHJKABCDE"
"""Letters of the national grid's squares from the south-west, row by row; I is not used."""


@dataclass(frozen=True, eq=False, kw_only=True)
class DisplayAreas:
    """Areas to colour."""

    areas: gpd.GeoDataFrame  # index ``area_id``, ``name``, polygons in EPSG:27700
    area_of_origin: NDArray[np.object_]  # ``area_id`` for each origin, in the origins' order
    word: str  # what one of them is called


def display_areas(
    origins: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, *, public: bool = True
) -> DisplayAreas:
    """Return the areas to colour on a map."""
    if len(areas) >= FEW_AREAS:
        own = origins["area_id"].to_numpy(dtype=object)
        return DisplayAreas(areas=areas, area_of_origin=own, word="small area")
    side = SQUARE_M if public else PRIVATE_SQUARE_M
    corner_x = np.floor(origins.geometry.x.to_numpy() / side) * side
    corner_y = np.floor(origins.geometry.y.to_numpy() / side) * side
    names = np.array(
        [grid_reference(x, y) for x, y in zip(corner_x, corner_y, strict=True)], dtype=object
    )
    squares = pd.DataFrame({"name": names, "x": corner_x, "y": corner_y}).drop_duplicates("name")
    squares = squares.sort_values("name")
    x, y = squares["x"].to_numpy(), squares["y"].to_numpy()
    shapes = shapely.box(x, y, x + side, y + side)
    framed = gpd.GeoDataFrame(
        {"name": squares["name"].to_numpy()},
        geometry=shapes,
        index=pd.Index(squares["name"], name="area_id"),
        crs=CRS,
    )
    return DisplayAreas(
        areas=framed,
        area_of_origin=names,
        word=f"{side} m square" if public else "square kilometre",
    )


def grid_reference(easting: float, northing: float) -> str:
    """Return a place on the national grid as letters and hundreds of metres."""
    east, north = int(easting), int(northing)
    first = GRID_500_KM[(north // 500_000 + 1) * 5 + east // 500_000 + 2]
    second = GRID_500_KM[north % 500_000 // 100_000 * 5 + east % 500_000 // 100_000]
    return f"{first}{second} {east % 100_000 // 100:03d} {north % 100_000 // 100:03d}"
