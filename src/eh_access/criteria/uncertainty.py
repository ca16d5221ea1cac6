"""Places that are known only roughly, drawn at random."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from eh_access.errors import InputError
from eh_access.measures.scenarios import rough_radius_m

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry import Point
    from shapely.geometry.base import BaseGeometry

POSITIONS = 100
MARK = "#"


def sample_id(site_id: str, sample: int) -> str:
    """Return the id of a site in one sampled place."""
    return f"{site_id}{MARK}{sample:03d}"


def sampled_sites(
    sites: gpd.GeoDataFrame,
    *,
    seed: int,
    count: int = POSITIONS,
    within: BaseGeometry | None = None,
) -> gpd.GeoDataFrame:
    """Return sampled places of every site that is known only roughly."""
    # Each place is drawn evenly from the disc of ``location_radius_m`` around where the site is
    # drawn, as far as it lies in the study's area. A site's draws depend on the seed and its id
    # alone: another site more or less, or another order of rows, changes nothing. Travel times to
    # the result are worked out like those to any sites, in one go, and handed to ``robustness``
    # as a ``Side``.
    if count < 1:
        raise InputError(f"count is {count}; give 1 or more sampled positions")
    radius = pd.Series(rough_radius_m(sites), index=sites.index)
    chosen = sites[radius.to_numpy() > 0].sort_index()
    rows = chosen.loc[np.repeat(chosen.index, count)].copy()
    places = [
        _in_disc(_draws(str(site), seed), count, centre=at, radius_m=radius[site], within=within)
        for site, at in chosen.geometry.items()
    ]
    xy = np.concatenate(places) if places else np.zeros((0, 2))
    rows["sample_of"] = rows.index.astype(str)
    rows["sample"] = np.tile(np.arange(count), len(chosen))
    names = [sample_id(*key) for key in zip(rows["sample_of"], rows["sample"], strict=True)]
    moved = gpd.points_from_xy(xy[:, 0], xy[:, 1], crs=rows.crs)
    rows[rows.geometry.name] = gpd.GeoSeries(moved, index=rows.index)
    rows.index = pd.Index(names, name="site_id", dtype=str)
    return rows.assign(
        is_open=True, hours_per_week=np.nan, location_basis="surveyed", location_radius_m=0.0
    )


def _draws(site_id: str, seed: int) -> np.random.Generator:
    return np.random.default_rng([seed, *site_id.encode()])


def _in_disc(
    draws: np.random.Generator,
    count: int,
    *,
    centre: Point,
    radius_m: float,
    within: BaseGeometry | None,
) -> NDArray[np.float64]:
    """Return points spread evenly over a disc, as far as it lies in the area, (count, 2)."""
    bounded = within is not None and within.intersects(centre)
    found = np.zeros((0, 2))
    while len(found) < count:
        angle, distance = draws.uniform(0, 2 * np.pi, count), np.sqrt(draws.uniform(0, 1, count))
        away = radius_m * np.stack([distance * np.cos(angle), distance * np.sin(angle)], axis=1)
        xy = np.array([centre.x, centre.y]) + away
        found = np.concatenate([found, xy[shapely.contains_xy(within, xy)] if bounded else xy])
    return found[:count]
