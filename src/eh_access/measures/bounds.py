"""Bounds of a loss where the sites that stay are not known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from eh_access.errors import NotFoundError, did_you_mean
from eh_access.measures.basic import HALF_DECISECOND_MIN, nearest_minutes, rows_of, within

if TYPE_CHECKING:
    import geopandas as gpd

    from eh_access.measures.basic import SiteIds
    from eh_access.routing.travel_times import TravelTimes

BOUND_COLUMNS = (
    "site_id",
    "cutoff_min",
    "weight",
    "weight_within",
    "weight_venue_as_near",
    "least_lost",
    "most_lost",
)
ANY_LOST = ""
"""Stands for all the sites that go together, in ``site_id``."""


def loss_bounds(
    times: TravelTimes,
    origins: gpd.GeoDataFrame,
    *,
    weight: str,
    lost: SiteIds,
    cutoffs_min: Sequence[float],
    venues: TravelTimes | None = None,
) -> pd.DataFrame:
    """Return how many can at least and at most lose a site within each cutoff.

    Who stays within the cutoff of a site that is known to stay loses nothing; of everybody else
    near a site that goes, none loses if one that stays stands beside each, and all do if none is
    within reach. Whatever sites stay besides, the loss lies between the two.

    Parameters
    ----------
    times
        Minutes to the sites that go and to those known to stay, if any.
    origins
        The same origins, in any order.
    weight
        The column of ``origins`` that counts who uses the sites.
    lost
        The sites that go; all others in ``times`` are known to stay.
    cutoffs_min
        Minutes; exactly as many is within.
    venues
        Minutes from the same origins to other places where they may go.

    Returns
    -------
    pandas.DataFrame
        A row for each site that goes and each cutoff, then rows for all of them together, with
        `ANY_LOST` as ``site_id``, which are no sums: one may be near several. ``weight`` counts
        everybody; ``weight_within`` those within the cutoff of the site; ``weight_venue_as_near``
        those of them to whom a venue is as near (NaN without venues); ``least_lost`` and
        ``most_lost`` are the bounds.

    Raises
    ------
    InputError
        If the origins are not those of the times.
    NotFoundError
        If a site is not in the times, or the origins have no such column.

    Examples
    --------
    >>> from eh_access import example_trips
    >>> homes, sites, times = example_trips()
    >>> found = loss_bounds(times, homes, weight="weight", lost=["east"], cutoffs_min=[15, 40])
    >>> found[["site_id", "cutoff_min", "weight_within", "most_lost"]].head(2)
      site_id  cutoff_min  weight_within  most_lost
    0    east        15.0           10.0       10.0
    1    east        40.0           40.0        0.0
    """
    if weight not in origins.columns:
        raise NotFoundError(f"origins have no column '{weight}': {did_you_mean(weight, origins)}")
    counts = origins[weight].to_numpy(dtype=np.float64)[rows_of(times, origins)]
    gone = times.columns_of(lost)
    stays = np.setdiff1d(np.arange(times.minutes.shape[1]), gone)
    to_kept = nearest_minutes(times.minutes, stays)
    to_venue = None
    if venues is not None:
        order = venues.origin_ids.get_indexer(times.origin_ids)
        rows_of(venues, origins)  # refuses times from other origins
        to_venue = venues.nearest()["minutes"].to_numpy(dtype=np.float64)[order]
    names = [*times.site_ids[gone].astype(str), ANY_LOST]
    columns = [*([column] for column in gone), gone]
    rows = []
    for name, chosen in zip(names, columns, strict=True):
        minutes = nearest_minutes(times.minutes, np.asarray(chosen, dtype=np.intp))
        for cutoff in cutoffs_min:
            near = within(minutes, cutoff)
            as_near = np.nan
            if to_venue is not None:
                as_near = counts[near & (to_venue <= minutes + HALF_DECISECOND_MIN)].sum()
            most = counts[near & ~within(to_kept, cutoff)].sum()
            rows.append((name, float(cutoff), counts.sum(), counts[near].sum(), as_near, 0.0, most))
    return pd.DataFrame(rows, columns=list(BOUND_COLUMNS))
