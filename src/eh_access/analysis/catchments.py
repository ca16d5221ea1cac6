"""Catchments: who goes where when everybody goes to the nearest site."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from eh_access.analysis.aligning import rows_of, weights_of
from eh_access.errors import InputError

if TYPE_CHECKING:
    import geopandas as gpd

    from eh_access.routing.types import TravelTimes

NO_SITE = ""
"""Stands for the site of an origin that reaches none, in every table."""

SHOWN_IDS = 5


def catchments(
    times: TravelTimes, origins: gpd.GeoDataFrame, areas: gpd.GeoDataFrame | None = None
) -> pd.DataFrame:
    """Allot every origin to the site nearest to it in time.

    Parameters
    ----------
    times
        Minutes to the sites that are open; take ``times.select(...)`` to leave others out.
    origins
        Those of the times, with column ``weight``, and ``area_id`` when areas are given.
    areas
        Index ``area_id``. Adds each origin's area and the site most of that area goes to.

    Returns
    -------
    pandas.DataFrame
        One row per origin, in the order of the times: ``site_id`` ("" where no site is reached;
        of sites equally near the one that sorts first), ``minutes`` (inf there) and ``weight``;
        with areas also ``area_id`` and ``area_site_id``.

    Raises
    ------
    InputError
        If the origins are not those of the times, or lie in areas that are not given.

    Examples
    --------
    >>> from eh_access import WALK, estimate_travel_times, load_origins, load_sites
    >>> homes = load_origins("rotherham_oa")
    >>> times = estimate_travel_times(homes, load_sites("rotherham_centres"), mode=WALK)
    >>> allotted = catchments(times, homes)
    >>> len(allotted) == len(homes), bool(allotted["weight"].sum() == homes["weight"].sum())
    (True, True)
    """
    allotted = times.nearest()[["site_id", "minutes"]]
    allotted["weight"] = weights_of(times, origins)
    if areas is None:
        return allotted
    shares = area_catchments(times, origins, areas)
    main = shares[shares["is_main"]].set_index("area_id")["site_id"]
    allotted["area_id"] = origins["area_id"].to_numpy()[rows_of(times, origins)]
    allotted["area_site_id"] = main.reindex(allotted["area_id"]).to_numpy()
    return allotted


def area_catchments(
    times: TravelTimes, origins: gpd.GeoDataFrame, areas: gpd.GeoDataFrame | None = None
) -> pd.DataFrame:
    """Return how much of each area's weight goes to each site.

    Parameters
    ----------
    times
        Minutes to the sites that are open.
    origins
        Those of the times, with columns ``weight`` and ``area_id``.
    areas
        Index ``area_id``. Adds a row for every area that holds no origin, so that none is lost;
        without it, the areas are those the origins name.

    Returns
    -------
    pandas.DataFrame
        One row per area and site that some origin of it goes to, sorted by area and site:
        ``area_id``, ``site_id`` ("" for those who reach none), ``weight``, ``share`` of the
        area's weight (0 where the area has none) and ``is_main``, true for the one site most of
        the weight goes to (of sites with as much, the one that sorts first; a site before none).

    Raises
    ------
    InputError
        If the origins are not those of the times, or lie in areas that are not given.

    Examples
    --------
    >>> from eh_access import WALK, estimate_travel_times, load_origins, load_sites
    >>> homes = load_origins("rotherham_oa")
    >>> times = estimate_travel_times(homes, load_sites("rotherham_centres"), mode=WALK)
    >>> shares = area_catchments(times, homes)
    >>> int(shares["is_main"].sum()) == homes["area_id"].nunique()
    True
    """
    allotted = catchments(times, origins)
    allotted["area_id"] = origins["area_id"].to_numpy()[rows_of(times, origins)]
    empty = _areas_without_origins(allotted["area_id"], areas)
    parts = allotted.groupby(["area_id", "site_id"], sort=True)["weight"].sum().reset_index()
    parts = pd.concat([parts, empty], ignore_index=True) if len(empty) else parts
    whole = parts.groupby("area_id")["weight"].transform("sum").to_numpy()
    weight = parts["weight"].to_numpy()
    parts["share"] = np.divide(weight, whole, out=np.zeros(len(parts)), where=whole > 0)
    nowhere = parts["site_id"] == NO_SITE
    ranked = parts.assign(nowhere=nowhere).sort_values(
        ["area_id", "weight", "nowhere", "site_id"], ascending=[True, False, True, True]
    )
    parts["is_main"] = parts.index.isin(ranked.drop_duplicates("area_id").index)
    return parts.sort_values(["area_id", "site_id"], ignore_index=True)


def _areas_without_origins(named: pd.Series, areas: gpd.GeoDataFrame | None) -> pd.DataFrame:
    """Return a row without weight for each area that no origin names."""
    listed = pd.Index(named.unique()) if areas is None else areas.index
    unknown = sorted(set(named.astype(str)) - set(listed.astype(str)))
    if unknown:
        shown = ", ".join(f"'{area}'" for area in unknown[:SHOWN_IDS])
        raise InputError(
            f"origins, area_id: {len(unknown)} not among the areas given, for example {shown}; "
            "give the areas the origins were made for"
        )
    spare = listed[~listed.isin(named)]
    return pd.DataFrame({"area_id": spare, "site_id": NO_SITE, "weight": 0.0})
