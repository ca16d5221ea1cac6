"""In which class a figure falls, and how that class looks: never by colour alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from eh_access.errors import InputError, NotFoundError
from eh_access.publish.drawing import DARK_BLUE, DARK_PINK, ORANGE, PALE, TURQUOISE

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

OR_LOST = ", or out of reach"


@dataclass(frozen=True)
class Shading:
    """Classes of figures."""

    title: str  # what is shaded, with its unit
    bounds: tuple[float, ...]  # between classes; a value on a bound belongs to the class above
    labels: tuple[str, ...]  # one for each class, lowest first
    colours: tuple[str, ...]
    hatches: tuple[str, ...]

    @property
    def labels_apart(self) -> tuple[str, ...]:
        """The labels where what is out of reach has a class of its own, the last."""
        return (*(label.removesuffix(OR_LOST) for label in self.labels), "no longer reached")

    def as_data(self) -> dict[str, list[Any]]:
        """Return what the page of the map draws classes with, what is out of reach apart."""
        return {
            "bounds": list(self.bounds),
            "labels": list(self.labels_apart),
            "colours": list(self.colours),
        }

    def classes(self, figures: pd.Series) -> NDArray[np.intp]:
        """Return the class of each value, 0 the lowest; NaN, nobody counted, is -1."""
        values = figures.to_numpy(dtype=float)
        found = np.searchsorted(self.bounds, values, side="right")
        return np.where(np.isnan(values), -1, found)


CHANGE = Shading(
    "Minutes added",
    (-1.0, 1.0, 5.0, 10.0),
    (
        "at least 1 minute less",
        "under 1 minute either way",
        "1 to 5 minutes more",
        "5 to 10 minutes more",
        f"10 minutes or more{OR_LOST}",
    ),
    (TURQUOISE, PALE, "#FBC8AD", ORANGE, "#A33B08"),
    ("\\\\", "", "", "....", "////"),
)
TIMES = Shading(
    "Minutes to the nearest site",
    (10.0, 20.0, 30.0, np.finfo(float).max),
    ("under 10 minutes", "10 to 20 minutes", "20 to 30 minutes", "over 30 minutes", "out of reach"),
    ("#DCE6F0", "#8FB0D3", "#3F76AE", DARK_BLUE, DARK_PINK),
    ("", "", "", "....", "////"),
)
SHORT = Shading(
    "Share that falls short",
    (np.finfo(float).tiny, 0.5, 1.0),
    ("none", "under half", "half or more", "all"),
    (PALE, "#FBC8AD", ORANGE, "#A33B08"),
    ("", "", "....", "////"),
)


def shaded_shapes(
    minutes: pd.Series,
    weights: pd.Series,
    origins: gpd.GeoDataFrame,
    areas: gpd.GeoDataFrame | None,
) -> tuple[gpd.GeoSeries, pd.Series]:
    """Return the shapes to shade and the minutes of each."""
    missing = minutes.index.difference(origins.index)
    if len(missing):
        raise NotFoundError(f"origins: {len(missing)} are missing, the first '{missing[0]}'")
    points = origins.loc[minutes.index]
    if areas is None:
        placed = ~(points.geometry.isna() | points.geometry.is_empty)
        return points.geometry[placed].to_crs("EPSG:27700"), minutes[placed]
    if "area_id" not in points or not points["area_id"].isin(areas.index).any():
        raise InputError(
            "origins: their 'area_id' names none of the areas; give the areas they were assigned "
            "to, or leave areas out to draw the origins themselves"
        )
    counted = weights > 0
    groups = points["area_id"][counted]
    whole = weights[counted].groupby(groups).sum()
    finite = minutes[counted].where(np.isfinite(minutes[counted]), 0.0)
    means = (finite * weights[counted]).groupby(groups).sum() / whole
    for endless in (-np.inf, np.inf):  # who loses reach outweighs who gains it
        means[(minutes[counted] == endless).groupby(groups).any()] = endless
    return areas.geometry.to_crs("EPSG:27700"), means.reindex(areas.index)
