"""Who absorbs whom, and how full the remaining sites become."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from eh_access.analysis.aligning import weights_of
from eh_access.analysis.arrays import within
from eh_access.errors import InputError

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from eh_access.analysis.comparison import Comparison
    from eh_access.analysis.takeup import Decay
    from eh_access.routing.types import TravelTimes

    Doubles = NDArray[np.float64]

NO_SITE = ""


def absorption(comparison: Comparison) -> pd.DataFrame:
    """Return whose families go where, when everyone goes to the nearest.

    Parameters
    ----------
    comparison
        From ``comparison.compare``.

    Returns
    -------
    pandas.DataFrame
        Weights: a row for each site some origin goes to before, a column for each after, both
        sorted, "" for reaching none. Rows add up to the catchment before, columns to that after.

    Examples
    --------
    >>> from eh_access import WALK, compare, estimate_travel_times, load_origins, load_sites
    >>> homes, centres = load_origins("rotherham_oa"), load_sites("rotherham_centres")
    >>> times = estimate_travel_times(homes, centres, mode=WALK)
    >>> fewer = compare(times, times, homes, sites_after=centres.index.drop("park-view"))
    >>> moved = absorption(fewer).loc["park-view"]
    >>> moved[moved > 0].index.tolist()
    ['broom-valley', 'coleridge', 'rawmarsh']
    """
    return comparison.frame.pivot_table(
        index="site_before", columns="site_after", values="weight", aggfunc="sum", fill_value=0.0
    )


def load_on_sites(
    comparison: Comparison, capacity: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """Return how many families each site is the nearest to, before and after.

    Parameters
    ----------
    comparison
        From ``comparison.compare``.
    capacity
        Places by site, above 0; sites that are not in it have no known capacity.

    Returns
    -------
    pandas.DataFrame
        Index ``site_id``, sorted; ``weight_before``, ``weight_after``, ``weight_change``,
        ``absorbed`` (weight that went elsewhere before), ``capacity``, and ``per_place_before``
        and ``per_place_after``, NaN where no capacity is known. Those who reach no site are in no
        row.

    Raises
    ------
    InputError
        If a capacity is not a number above 0.

    Examples
    --------
    >>> from eh_access import WALK, compare, estimate_travel_times, load_origins, load_sites
    >>> homes, centres = load_origins("rotherham_oa"), load_sites("rotherham_centres")
    >>> times = estimate_travel_times(homes, centres, mode=WALK)
    >>> fewer = compare(times, times, homes, sites_after=centres.index.drop("park-view"))
    >>> float(load_on_sites(fewer).loc["park-view", "weight_after"])
    0.0
    """
    places = check_capacity(capacity or {})
    frame = comparison.frame
    sums = {
        f"weight_{when}": frame.groupby(f"site_{when}")["weight"].sum()
        for when in ("before", "after")
    }
    moved = frame[frame["site_before"] != frame["site_after"]]
    sums["absorbed"] = moved.groupby("site_after")["weight"].sum()
    table = pd.DataFrame(sums).fillna(0.0).drop(index=NO_SITE, errors="ignore").sort_index()
    table["weight_change"] = table["weight_after"] - table["weight_before"]
    table["capacity"] = [places.get(site, math.nan) for site in table.index]
    for when in ("before", "after"):
        table[f"per_place_{when}"] = table[f"weight_{when}"] / table["capacity"]
    order = ["weight_before", "weight_after", "weight_change", "absorbed", "capacity"]
    return table[[*order, "per_place_before", "per_place_after"]].rename_axis("site_id")


def check_capacity(capacity: Mapping[str, float]) -> dict[str, float]:
    """Return capacities, once each can serve somebody."""
    faults = [
        f"site '{site}': capacity is {value:g}; give a number above 0, or close the site"
        for site, value in capacity.items()
        if not (math.isfinite(value) and value > 0)
    ]
    if faults:
        raise InputError(faults)
    return {str(site): float(value) for site, value in capacity.items()}


@dataclass(frozen=True, eq=False, kw_only=True)
class FloatingCatchment:
    """Supply shared among those who can reach it; made by `floating_catchment`.

    Parameters
    ----------
    access
        Places per family that each origin can reach, by ``origin_id``; 0 where none is reached.
    sites
        Index ``site_id``; ``capacity``, ``demand`` (the weight that can reach it, those farther
        away counting less where a decay is given) and ``places_per_family`` (inf where nobody
        with weight can reach it).
    """

    access: pd.Series
    sites: pd.DataFrame


def floating_catchment(
    times: TravelTimes,
    origins: gpd.GeoDataFrame,
    *,
    capacity: Mapping[str, float],
    cutoff_min: float,
    decay: Decay | None = None,
) -> FloatingCatchment:
    """Return the two-step floating catchment: places per family, crowding counted.

    First each site's capacity is divided by the families within the cutoff; then each family adds
    up what the sites within its cutoff have to give. Source: Luo and Wang (2003), "Measures of
    spatial accessibility to health care in a GIS environment", Environment and Planning B 30. With
    a decay both steps count those farther away for less: Luo and Qi (2009), "An enhanced two-step
    floating catchment area method", Health and Place 15.

    Parameters
    ----------
    times, origins
        Of the same origins, in any order.
    capacity
        Places at each open site, above 0; sites that are not in it do not count.
    cutoff_min
        Minutes; exactly as many is within.
    decay
        From ``takeup``; None counts everyone within the cutoff alike.

    Returns
    -------
    FloatingCatchment
        What is given is what is received: weights times access add up to the capacity of the
        sites that somebody reaches.

    Raises
    ------
    InputError
        If no capacity is given, one is not above 0, or the cutoff is not above 0.
    NotFoundError
        If a site is not in the times.

    Examples
    --------
    >>> from eh_access import WALK, estimate_travel_times, load_origins, load_sites
    >>> homes, centres = load_origins("rotherham_oa"), load_sites("rotherham_centres")
    >>> times = estimate_travel_times(homes, centres, mode=WALK)
    >>> shared = floating_catchment(times, homes, capacity={"arnold": 40.0}, cutoff_min=30)
    >>> bool(round((shared.access * homes["weight"]).sum(), 6) == 40)
    True
    """
    places = check_capacity(capacity)
    faults = [] if places else ["no capacity was given; give the places at each open site"]
    if not cutoff_min > 0:
        faults.append(f"cutoff_min is {cutoff_min:g}; give minutes above 0")
    if faults:
        raise InputError(faults)
    ids = pd.Index(sorted(places), name="site_id")
    supply = np.array([places[site] for site in ids])
    minutes = times.minutes[:, times.columns_of(ids)].astype(np.float64)
    near = within(minutes, cutoff_min)
    counts = near.astype(np.float64)
    if decay is not None:
        counts = np.where(near, decay.share(minutes), 0.0)
    demand = weights_of(times, origins) @ counts
    ratio = np.divide(supply, demand, out=np.full(len(supply), np.inf), where=demand > 0)
    shared = np.multiply(counts, ratio, out=np.zeros_like(counts), where=counts > 0)
    return FloatingCatchment(
        access=pd.Series(shared.sum(axis=1), index=times.origin_ids, name="places_per_family"),
        sites=pd.DataFrame(
            {"capacity": supply, "demand": demand, "places_per_family": ratio}, index=ids
        ),
    )
