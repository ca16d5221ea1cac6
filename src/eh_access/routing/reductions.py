"""Answers that need no table of every origin and every site: nearest, counts, coverage.

A table of 100,000 origins and 1,000 sites is 400 MB. Here each batch of sites (and block of
origins) is boiled down as soon as it is known; what is held is one row per origin. The answers are
those the same questions put to `travel_time_matrix` would give.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from eh_access._arguments import number, numbers, places, weights
from eh_access.errors import InputError
from eh_access.modes import check_mode
from eh_access.routing.engine import (
    SEARCHED_DS,
    SearchOptions,
    check_direction,
    checked_options,
    choose,
    metric,
    node_seeds,
)
from eh_access.routing.trips import (
    DS_PER_MIN,
    LONGEST_CUTOFF_MIN,
    Trips,
    at_door_ds,
    make_ready,
    offset_ds,
    pairs_on_one_edge,
)

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from eh_access.modes import TravelMode
    from eh_access.network.model import Network
    from eh_access.routing.types import Direction

log = logging.getLogger(__name__)

SHIFT = 32
"""Deciseconds times 2**32 plus a site's number: the lesser of two is the nearer site, and of sites
equally near the one that comes first."""
NONE = np.int64(SEARCHED_DS) << SHIFT


def nearest_from_nodes(
    network: Network,
    nodes: Sequence[int] | NDArray[np.integer],
    *,
    mode: TravelMode,
    direction: Direction = "from_sites",
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Return every node's nearest of some nodes, and the minutes between."""
    # One sweep serves any number of nodes, and no table of all of them is held.
    from eh_access.routing.nearest import minutes_and_site, nearest_keys  # noqa: PLC0415 - compiled

    check_mode(mode)
    seeds = node_seeds(network, nodes)
    check_direction(direction)
    return minutes_and_site(nearest_keys(metric(network, mode, direction=direction), seeds))


def nearest_sites(  # noqa: PLR0913 - the arguments of travel_time_matrix, and how many
    network: Network,
    origins: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    *,
    mode: TravelMode,
    n: int = 1,
    cutoff_min: float = 120.0,
    direction: Direction = "to_sites",
    options: SearchOptions | None = None,
) -> pd.DataFrame:
    """Return each origin's nearest sites and the minutes to them.

    Parameters
    ----------
    network, origins, sites, mode, cutoff_min, direction, options
        As for `travel_time_matrix`.
    n
        How many.

    Returns
    -------
    pandas.DataFrame
        Columns ``minutes`` (``inf`` where there is none) and ``site_id`` ("" where there is none).
        With n = 1 a row per origin, as `TravelTimes.nearest` has; else n rows, indexed by origin
        and ``rank`` (1 is the nearest). Of sites equally near, the one whose id sorts first.

    Raises
    ------
    InputError
        As for `travel_time_matrix`, or if n is less than 1.

    Examples
    --------
    >>> from eh_access import WALK, example_street
    >>> network, homes, sites = example_street()
    >>> nearest_sites(network, homes, sites, mode=WALK)
       minutes site_id
    a      1.0    west
    b      3.0    east
    """
    from eh_access.routing.nearest import minutes_and_site  # noqa: PLC0415 - compiled code

    number("n", n, low=1, whole=True, unit="sites")
    options = checked_options(options)
    origins, sites = places("origins", origins), places("sites", sites)
    check_mode(mode)
    names = sites.index.astype(str).to_numpy()
    order = np.argsort(names, kind="stable")
    trips = make_ready(
        *(network, origins, sites.iloc[order]),
        mode=mode,
        cutoff_min=cutoff_min,
        direction=direction,
    )
    engine = options.engine
    if engine == "auto":
        engine = choose(network, mode, direction, len(sites))
    if n == 1 and engine == "hierarchy":
        keys = _nearest_in_one_sweep(trips)[:, None]
    else:
        keys = _nearest_by_batches(trips, n, SearchOptions(engine=engine, threads=options.threads))
    minutes, which = minutes_and_site(keys.reshape(-1))
    sorted_names = np.append(names[order], "")  # the last serves for none: -1
    index = origins.index
    if n > 1:
        ranks = range(1, n + 1)
        index = pd.MultiIndex.from_product([index, ranks], names=[index.name, "rank"])
    return pd.DataFrame(
        {
            "minutes": minutes.astype(np.float64),
            "site_id": pd.array(sorted_names[which], dtype="str"),
        },
        index=index,
    )


def count_within(  # noqa: PLR0913 - the arguments of travel_time_matrix
    network: Network,
    origins: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    *,
    mode: TravelMode,
    cutoffs_min: Sequence[float],
    direction: Direction = "to_sites",
    options: SearchOptions | None = None,
) -> pd.DataFrame:
    """Return how many sites each origin has within each of some cutoffs.

    Parameters
    ----------
    network, origins, sites, mode, direction, options
        As for `travel_time_matrix`.
    cutoffs_min
        Minutes; exactly as many is within.

    Returns
    -------
    pandas.DataFrame
        int64, a row per origin and a column per cutoff; 0 where none is reached.

    Raises
    ------
    InputError
        As for `travel_time_matrix`, or if there is no cutoff.

    Examples
    --------
    >>> from eh_access import WALK, example_street
    >>> network, homes, sites = example_street()
    >>> count_within(network, homes, sites, mode=WALK, cutoffs_min=[5, 10])
       5.0   10.0
    a     1     2
    b     1     2
    """
    cutoffs = cutoffs_of(cutoffs_min)
    options = checked_options(options)
    trips = make_ready(
        network, origins, sites, mode=mode, cutoff_min=max(cutoffs), direction=direction
    )
    counts = np.zeros((len(origins), len(cutoffs)), dtype=np.int64)
    for homes, _, block in trips.in_blocks(options):
        for column, cutoff in enumerate(cutoffs):
            counts[homes, column] += (block <= _whole_ds(cutoff)).sum(axis=1)
    return pd.DataFrame(counts, index=origins.index, columns=pd.Index(cutoffs))


def coverage_within(  # noqa: PLR0913 - the arguments of travel_time_matrix
    network: Network,
    origins: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    *,
    mode: TravelMode,
    cutoffs_min: Sequence[float],
    direction: Direction = "to_sites",
    options: SearchOptions | None = None,
) -> pd.Series:
    """Return the share of weight within each of some cutoffs of a site.

    Parameters
    ----------
    network, origins, sites, mode, direction, options
        As for `travel_time_matrix`; origins need a column ``weight``.
    cutoffs_min
        Minutes; exactly as many is within.

    Returns
    -------
    pandas.Series
        0 to 1 for each cutoff. Weight out of reach counts as not covered. NaN without any weight.

    Raises
    ------
    InputError
        As for `travel_time_matrix`, or if there is no cutoff, no weight column, or a weight is
        missing or negative.

    Examples
    --------
    >>> from eh_access import WALK, example_street
    >>> network, homes, sites = example_street()
    >>> west = sites.loc[["west"]]
    >>> coverage_within(network, homes, west, mode=WALK, cutoffs_min=[5, 10]).tolist()
    [0.75, 1.0]
    """
    cutoffs = cutoffs_of(cutoffs_min)
    if "weight" not in getattr(places("origins", origins), "columns", ()):
        raise InputError("origins have no column 'weight'; give each the number of people it is")
    weight = weights("origins, weight", origins["weight"])
    least = nearest_sites(
        *(network, origins, sites),
        mode=mode,
        cutoff_min=max(cutoffs),
        direction=direction,
        options=options,
    )["minutes"].to_numpy()
    total = weight.sum()
    ds = np.rint(least * DS_PER_MIN)
    covered = [weight[ds <= _whole_ds(cutoff)].sum() for cutoff in cutoffs]
    shares = np.array(covered) / total if total > 0 else np.full(len(cutoffs), np.nan)
    return pd.Series(shares, index=pd.Index(cutoffs, name="cutoff_min"), name="share")


def cutoffs_of(cutoffs_min: Sequence[float]) -> list[float]:
    """Return cutoffs in minutes; InputError unless each is above 0 and at most a day."""
    return numbers("cutoffs_min", cutoffs_min, low=0, high=LONGEST_CUTOFF_MIN, unit="minutes")


def _whole_ds(cutoff_min: float) -> int:
    return int(np.floor(cutoff_min * DS_PER_MIN + 0.5))


def _nearest_by_batches(trips: Trips, n: int, options: SearchOptions) -> NDArray[np.int64]:
    """Keep the n least keys of each origin while the batches go by."""
    best = np.full((len(trips.homes), n), NONE, dtype=np.int64)
    for homes, doors, block in trips.in_blocks(options):
        keys = (block.astype(np.int64) << SHIFT) + np.arange(doors.start, doors.stop)
        both = np.concatenate([best[homes], np.where(block < SEARCHED_DS, keys, NONE)], axis=1)
        best[homes] = np.sort(np.partition(both, n - 1, axis=1)[:, :n], axis=1)
    return best


def _nearest_in_one_sweep(trips: Trips) -> NDArray[np.int64]:
    """Let time and site travel together from all doors at once."""
    from eh_access.routing.nearest import nearest_keys  # noqa: PLC0415 - compiled code

    door_ds = at_door_ds(trips.doors, trips.mode)
    seeds = trips.seeds.copy()
    seeds[..., 1] += door_ds[:, None].astype(np.int32)
    sorted_streets = metric(trips.network, trips.mode, direction=trips.direction)
    at_node = nearest_keys(sorted_streets, seeds)
    node, node_ds = trips.home_ends
    ways = np.where(node >= 0, at_node[node] + (node_ds.astype(np.int64) << SHIFT), NONE)
    best = ways.min(axis=1, initial=NONE)
    home, door, direct_ds = pairs_on_one_edge(trips.cost, trips.homes, trips.doors, trips.direction)
    straight = ((direct_ds + door_ds[door]) << SHIFT) + door
    np.minimum.at(best, home, straight)
    best += offset_ds(trips.homes, 36.0 / trips.mode.walk_speed_km_h) << SHIFT
    return np.where(best >> SHIFT <= trips.limit_ds, best, NONE)
