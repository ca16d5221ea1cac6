"""Minutes between origins and sites, door to door along streets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from eh_access.arguments import SearchOptions, check_arguments, number, numbers, places, weights
from eh_access.errors import InputError
from eh_access.modes import as_mode
from eh_access.network.cost import edge_cost
from eh_access.network.model import CLOSED_DS, as_network
from eh_access.network.snapping import ELSEWHERE_M, SAME_POINT_M, WRONG_CRS, snap
from eh_access.routing.graph import search_graph
from eh_access.routing.search import (
    NONE,
    SEARCHED_DS,
    SHIFT,
    Job,
    check_direction,
    checked_options,
    choose,
    deciseconds,
    deciseconds_in_blocks,
    in_minutes,
    metric,
    node_seeds,
)
from eh_access.routing.travel_times import (
    NO_LOCATION,
    OFF_NETWORK,
    Direction,
    TravelTimes,
    with_unreached,
)
from eh_access.tables import CRS

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from eh_access.modes import TravelMode
    from eh_access.network.model import EdgeCost, Network
    from eh_access.network.snapping import Snapped

LONGEST_CUTOFF_MIN = 24 * 60.0
DS_PER_MIN = 600
DS_PER_S = 10
Pairs = tuple["NDArray[np.intp]", "NDArray[np.intp]", "NDArray[np.int64]"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Trips:
    """Origins and sites placed on the streets."""

    network: Network  # the streets, how people travel and which way
    mode: TravelMode
    direction: Direction
    homes: Snapped  # where origins and sites lie on the streets
    doors: Snapped
    # int32 (origins, 2) twice: the nodes beside each origin (-1 for none), deciseconds between
    home_ends: tuple[NDArray[np.int32], NDArray[np.int32]]
    seeds: NDArray[np.int32]  # int32 (sites, 2, 2): nodes beside each site and deciseconds between
    home_ds: NDArray[np.int32]  # deciseconds walked between each origin and its street
    door_ds: NDArray[np.int32]  # the same for sites, parking included
    direct: Pairs  # origins and sites on one edge, and the deciseconds straight along it
    at_door: Pairs  # origins and sites at one and the same point: no way at all
    limit_ds: int  # the cutoff

    def in_blocks(self, options: SearchOptions) -> Iterator[tuple[slice, slice, NDArray[np.int32]]]:
        """Work out the deciseconds from door to door, a block at a time."""
        for homes, doors, block in self.along_streets(options):
            yield homes, doors, self.door_to_door(homes, doors, block)

    def along_streets(
        self, options: SearchOptions
    ) -> Iterator[tuple[slice, slice, NDArray[np.int32]]]:
        """Work out the deciseconds between places on streets, a block at a time."""
        job = Job(
            seeds=self.seeds,
            places=self.home_ends,
            direction=self.direction,
            limit_ds=self.limit_ds,
        )
        for homes, doors, block in deciseconds_in_blocks(
            self.network, self.mode, job, options=options
        ):
            _lower(block, homes, doors, self.direct)
            yield homes, doors, block

    def door_to_door(
        self, homes: slice, doors: slice, block: NDArray[np.int32]
    ) -> NDArray[np.int32]:
        """Add the walks to the street and from it."""
        whole: NDArray[np.int32] = block + self.home_ds[homes, None] + self.door_ds[doors]
        whole[whole > self.limit_ds] = CLOSED_DS
        _lower(whole, homes, doors, self.at_door)
        return whole


def _lower(block: NDArray[np.int32], homes: slice, doors: slice, pairs: Pairs) -> None:
    """Lower a block's deciseconds to those of some pairs, where these are less."""
    home, door, ds = pairs
    row, column = home - homes.start, door - doors.start
    here = (row >= 0) & (home < homes.stop) & (column >= 0) & (door < doors.stop)
    np.minimum.at(block, (row[here], column[here]), ds[here])


def make_ready(
    network: Network,
    origins: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    *,
    mode: TravelMode | str,
    cutoff_min: float,
    direction: Direction,
) -> Trips:
    """Place origins and sites on the streets."""
    network, mode = as_network(network), as_mode(mode)
    check_direction(direction)
    limit_ds = cutoff_ds(cutoff_min)
    origins, sites = places("origins", origins), places("sites", sites)
    cost = edge_cost(network, mode)
    if not cost.main.any():
        raise InputError(f"no street in the network may be used {mode.label}; check its tags")
    homes, doors = snap(origins.geometry, network, mode), snap(sites.geometry, network, mode)
    towards = direction == "to_sites"
    # whoever is at the site's own point already takes no way at all
    rows, columns = (np.flatnonzero(at.edge >= 0) for at in (homes, doors))
    tree = shapely.STRtree(_points(sites)[columns])
    row, column = tree.query(_points(origins)[rows], predicate="dwithin", distance=SAME_POINT_M)
    return Trips(
        network=network,
        mode=mode,
        direction=direction,
        homes=homes,
        doors=doors,
        home_ends=ends_of(network, cost, homes, leaving=towards),
        seeds=np.stack(ends_of(network, cost, doors, leaving=not towards), axis=-1),
        home_ds=offset_ds(homes, mode),
        door_ds=at_door_ds(doors, mode),
        direct=pairs_on_one_edge(cost, homes, doors, direction),
        at_door=(rows[row], columns[column], np.zeros_like(row)),
        limit_ds=limit_ds,
    )


def _points(table: gpd.GeoDataFrame | gpd.GeoSeries) -> NDArray[np.object_]:
    return np.asarray(table.geometry.to_crs(CRS).array)


def cutoff_ds(cutoff_min: float) -> int:
    """Return a cutoff in deciseconds; InputError unless it is above 0 and at most a day."""
    minutes = number(
        "cutoff_min", cutoff_min, low=0, high=LONGEST_CUTOFF_MIN, may_be_low=False, unit="minutes"
    )
    return round(minutes * DS_PER_MIN)


def offset_ds(at: Snapped, mode: TravelMode) -> NDArray[np.int32]:
    """Return the deciseconds walked between each point and its street."""
    walk_ds = np.where(at.edge >= 0, at.offset_m, 0) * (36.0 / mode.walk_speed_km_h)
    return np.floor(walk_ds + 0.5).astype(np.int32)


def at_door_ds(doors: Snapped, mode: TravelMode) -> NDArray[np.int32]:
    """Return the deciseconds between each site and its street, parking included."""
    return offset_ds(doors, mode) + np.int32(round(mode.parking_s * DS_PER_S))


def ends_of(
    network: Network, cost: EdgeCost, at: Snapped, *, leaving: bool
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the two nodes beside each place and the deciseconds to them (or from them)."""
    # Closed ways and points without a place have node -1.
    edge, share = np.maximum(at.edge, 0), np.nan_to_num(at.fraction)
    first, second = cost.backward_ds[edge], cost.forward_ds[edge]
    if not leaving:
        first, second = second, first
    nodes = np.stack([network.edge_from[edge], network.edge_to[edge]], axis=1)
    whole = np.stack([first, second], axis=1)
    shares = np.stack([share, 1.0 - share], axis=1)
    # a place right at a crossing may go on from there whatever its own street allows
    closed = ((whole >= CLOSED_DS) & (shares > 0)) | (at.edge < 0)[:, None]
    return (
        np.where(closed, -1, nodes).astype(np.int32),
        np.where(closed, 0, _part(whole, shares)).astype(np.int32),
    )


def _part(whole_ds: NDArray[np.int32], share: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the deciseconds of part of an edge, rounded once."""
    return np.floor(whole_ds * share + 0.5).astype(np.int64)


def pairs_on_one_edge(
    cost: EdgeCost, homes: Snapped, doors: Snapped, direction: Direction
) -> Pairs:
    """Find the origins and sites that share an edge, and the deciseconds straight along it."""
    by_edge = np.argsort(doors.edge, kind="stable")
    edges = doors.edge[by_edge]
    first = np.searchsorted(edges, homes.edge, side="left")
    counts = np.searchsorted(edges, homes.edge, side="right") - first
    counts[homes.edge < 0] = 0
    home = np.repeat(np.arange(len(homes)), counts)
    step = np.arange(len(home)) - np.repeat(np.cumsum(counts) - counts, counts)
    door = by_edge[first[home] + step]
    start, end = homes.fraction[home], doors.fraction[door]
    if direction == "from_sites":
        start, end = end, start
    edge = homes.edge[home]
    whole = np.where(end >= start, cost.forward_ds[edge], cost.backward_ds[edge])
    can = whole < CLOSED_DS
    return home[can], door[can], _part(whole, np.abs(end - start))[can]


RIM_M = 100.0
"""Metres from the edge of the area covered within which a node may have lost a street."""


def rim_nodes(network: Network, mode: TravelMode) -> NDArray[np.int32]:
    """Return the nodes at which streets may have been cut off."""
    if network.covered is None:
        return np.empty(0, dtype=np.int32)
    covered = network.covered

    def make() -> NDArray[np.int32]:
        main = edge_cost(network, mode).main
        nodes = np.unique(np.concatenate([network.edge_from[main], network.edge_to[main]]))
        inner = covered.buffer(-RIM_M)
        shapely.prepare(inner)
        inside = shapely.contains_xy(inner, network.node_x[nodes], network.node_y[nodes])
        return np.asarray(nodes[~inside], dtype=np.int32)

    return network.remember(("rim", mode), make)


def touches_rim(trips: Trips, best_ds: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Say of each origin whether a way over the rim could be quicker than the one found.

    Both are from the origin's street to a site's door.
    """
    # Such a way takes at least the time from the origin to the nearest node of the rim and from
    # the rim to the site nearest to it; if that is no quicker than the time found, or beyond the
    # cutoff, nothing beyond the rim can matter.
    from eh_access.routing import dijkstra  # noqa: PLC0415 - compiled code is loaded when used

    network, mode, direction = trips.network, trips.mode, trips.direction
    rim = rim_nodes(network, mode)
    if not len(rim):
        return np.zeros(len(best_ds), dtype=np.bool_)
    graph = search_graph(network, mode, direction=direction)

    def search(seeds: NDArray[np.int32], limit_ds: int) -> NDArray[np.int32]:
        times: NDArray[np.int32]
        (times,) = dijkstra.search_from(graph, seeds[None], limit_ds=limit_ds, workers=1)
        return times

    at_rim = np.stack([rim, np.zeros_like(rim)], axis=1)
    to_rim = network.remember(("to_rim", mode, direction), lambda: search(at_rim, CLOSED_DS - 1))
    seeds = trips.seeds.copy()
    seeds[..., 1] += trips.door_ds[:, None]
    from_rim = search(seeds.reshape(-1, 2), trips.limit_ds)[rim].min()
    node, node_ds = trips.home_ends
    either = np.where(node >= 0, np.minimum(to_rim[node], CLOSED_DS - 1) + node_ds, CLOSED_DS)
    over_rim = either.min(axis=1).astype(np.int64) + from_rim
    return np.asarray(over_rim < best_ds, dtype=np.bool_)


def nearest_from_nodes(
    network: Network,
    nodes: Sequence[int] | NDArray[np.integer],
    *,
    mode: TravelMode | str,
    direction: Direction = "from_sites",
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Return every node's nearest of some nodes, and the minutes between."""
    # One sweep serves any number of nodes, and no table of all of them is held.
    from eh_access.routing.engine.nearest import minutes_and_site, nearest_keys  # noqa: PLC0415 - compiled

    network, mode = as_network(network), as_mode(mode)
    seeds = node_seeds(network, nodes)
    check_direction(direction)
    return minutes_and_site(nearest_keys(metric(network, mode, direction=direction), seeds))


@check_arguments
def nearest_sites(  # noqa: PLR0913 - the arguments of travel_time_matrix, and how many
    network: Network,
    origins: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    *,
    mode: TravelMode | str,
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
    from eh_access.routing.engine.nearest import minutes_and_site  # noqa: PLC0415 - compiled code

    number("n", n, low=1, whole=True, unit="sites")
    options = checked_options(options)
    network, mode = as_network(network), as_mode(mode)
    origins, sites = places("origins", origins), places("sites", sites)
    names = sites.index.astype(str).to_numpy()
    order = np.argsort(names, kind="stable")
    trips = make_ready(
        *(network, origins, sites.iloc[order]),
        mode=mode,
        cutoff_min=cutoff_min,
        direction=direction,
    )
    engine = choose(network, mode, direction, len(sites), options)
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


@check_arguments
def count_within(  # noqa: PLR0913 - the arguments of travel_time_matrix
    network: Network,
    origins: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    *,
    mode: TravelMode | str,
    cutoffs_min: float | Sequence[float],
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
            counts[homes, column] += (block <= cutoff_ds(cutoff)).sum(axis=1)
    return pd.DataFrame(counts, index=origins.index, columns=pd.Index(cutoffs))


@check_arguments
def coverage_within(  # noqa: PLR0913 - the arguments of travel_time_matrix
    network: Network,
    origins: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    *,
    mode: TravelMode | str,
    cutoffs_min: float | Sequence[float],
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
    covered = [weight[ds <= cutoff_ds(cutoff)].sum() for cutoff in cutoffs]
    shares = np.array(covered) / total if total > 0 else np.full(len(cutoffs), np.nan)
    return pd.Series(shares, index=pd.Index(cutoffs, name="cutoff_min"), name="share")


def cutoffs_of(cutoffs_min: float | Sequence[float]) -> list[float]:
    """Return cutoffs in minutes; InputError unless each is above 0 and at most a day."""
    return numbers("cutoffs_min", cutoffs_min, low=0, high=LONGEST_CUTOFF_MIN, unit="minutes")


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
    from eh_access.routing.engine.nearest import nearest_keys  # noqa: PLC0415 - compiled code

    sorted_streets = metric(trips.network, trips.mode, direction=trips.direction)
    seeds = trips.seeds.copy()
    seeds[..., 1] += trips.door_ds[:, None]
    at_node = nearest_keys(sorted_streets, seeds)
    node, node_ds = trips.home_ends
    ways = np.where(node >= 0, at_node[node] + (node_ds.astype(np.int64) << SHIFT), NONE)
    best = ways.min(axis=1, initial=NONE)
    home, door, direct_ds = trips.direct
    np.minimum.at(best, home, ((direct_ds + trips.door_ds[door]) << SHIFT) + door)
    best += trips.home_ds.astype(np.int64) << SHIFT
    np.minimum.at(best, trips.at_door[0], trips.at_door[1])
    return np.where(best >> SHIFT <= trips.limit_ds, best, NONE)


@check_arguments
def travel_time_matrix(  # noqa: PLR0913 - the field's own argument list, and how to search
    network: Network,
    origins: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    *,
    mode: TravelMode | str,
    cutoff_min: float = 120.0,
    direction: Direction = "to_sites",
    options: SearchOptions | None = None,
) -> TravelTimes:
    """Return the minutes between every origin and every site along the streets.

    A trip begins at the origin's point, goes straight to the nearest street the mode may use at
    walking speed, follows the quickest streets, and ends in the same way at the site. Times are
    exact in deciseconds: each street's seconds are rounded once, sums are not.

    Parameters
    ----------
    network
        The streets.
    origins, sites
        Points; their index holds the ids. Any CRS. A site without a point is out of reach.
    mode
        How people travel.
    cutoff_min
        Trips longer than this many minutes count as out of reach.
    direction
        ``"to_sites"``, or ``"from_sites"`` for the way home: one-way streets make them differ.
    options
        How to search; changes no result.

    Returns
    -------
    TravelTimes
        A row for every origin and a column for every site.

    Raises
    ------
    InputError
        If the cutoff is not above 0 and at most a day, the direction does not exist, or no street
        may be used by the mode.

    Examples
    --------
    >>> from eh_access import WALK, load_origins, load_sites, read_network
    >>> newport = read_network("newport")
    >>> homes, places = load_origins("newport_postcode"), load_sites("newport_sites")
    >>> times = travel_time_matrix(newport, homes, places, mode=WALK)
    >>> times.minutes.shape == (len(homes), len(places))
    True
    """
    network, mode = as_network(network), as_mode(mode)
    options = checked_options(options)
    trips = make_ready(
        network, origins, sites, mode=mode, cutoff_min=cutoff_min, direction=direction
    )
    minutes = np.empty((len(trips.homes), len(trips.doors)), dtype=np.float32)
    best_ds = np.full(len(trips.homes), trips.limit_ds + 1, dtype=np.int32)
    for homes, doors, block in trips.along_streets(options):
        to_doors = block + trips.door_ds[doors]
        _lower(to_doors, homes, doors, trips.at_door)
        best_ds[homes] = np.minimum(best_ds[homes], to_doors.min(axis=1))
        minutes[homes, doors] = in_minutes(trips.door_to_door(homes, doors, block))
    return TravelTimes(
        minutes=minutes,
        origin_status=with_unreached(_status(trips.homes, origins.index), minutes, cutoff_min),
        site_status=_status(trips.doors, sites.index),
        mode=mode,
        cutoff_min=float(cutoff_min),
        direction=direction,
        method=f"shortest time along the streets {mode.label}, door to door",
        touches_rim=touches_rim(trips, best_ds),
        provenance=network.provenance,
    )


@check_arguments
def node_times(
    network: Network,
    sites: gpd.GeoDataFrame,
    *,
    mode: TravelMode | str,
    cutoff_min: float = 120.0,
    direction: Direction = "to_sites",
    options: SearchOptions | None = None,
) -> tuple[NDArray[np.float32], Snapped]:
    """Return the minutes between every node of the network and every site.

    Parameters
    ----------
    network, sites, mode, cutoff_min, direction, options
        As for `travel_time_matrix`.

    Returns
    -------
    minutes : numpy.ndarray
        float32 (nodes, sites), ``inf`` beyond the cutoff. The walk from the site's point to its
        street is included; a site that has no place on the streets is out of reach.
    doors : Snapped
        Where the sites lie on the streets.

    Raises
    ------
    InputError
        As for `travel_time_matrix`.

    Examples
    --------
    >>> from eh_access import WALK, load_sites, read_network
    >>> newport = read_network("newport")
    >>> minutes, doors = node_times(newport, load_sites("newport_sites"), mode=WALK)
    >>> minutes.shape == (newport.node_count, len(doors))
    True
    """
    check_direction(direction)
    network, mode = as_network(network), as_mode(mode)
    limit_ds = cutoff_ds(cutoff_min)
    options = checked_options(options)
    doors = snap(places("sites", sites).geometry, network, mode)
    ends = ends_of(network, edge_cost(network, mode), doors, leaving=direction == "from_sites")
    every = np.arange(network.node_count, dtype=np.int32)[:, None]
    job = Job(
        seeds=np.stack(ends, axis=-1),
        places=(every, np.zeros_like(every)),
        direction=direction,
        limit_ds=limit_ds,
    )
    whole = deciseconds(network, mode, job, options=options) + at_door_ds(doors, mode)
    return in_minutes(np.where(whole > limit_ds, CLOSED_DS, whole)), doors


def _reason(status: str, offset_m: float) -> str:
    """Say in plain words why a point could not be placed."""
    if status == OFF_NETWORK:
        if np.isfinite(offset_m) and offset_m > ELSEWHERE_M:
            return f"{offset_m / 1000:,.0f} km from the nearest usable street, too far; {WRONG_CRS}"
        return f"{offset_m:.0f} m from the nearest usable street, too far"
    return "its location is not known" if status == NO_LOCATION else ""


def _status(at: Snapped, ids: pd.Index) -> pd.DataFrame:
    reasons = [_reason(*pair) for pair in zip(at.status, at.offset_m, strict=True)]
    columns = {"status": at.status.copy(), "reason": reasons, "offset_m": at.offset_m.copy()}
    return pd.DataFrame(columns, index=ids)
