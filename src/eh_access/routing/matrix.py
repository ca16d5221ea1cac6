"""Minutes between every origin and every site, door to door along the streets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from eh_access._arguments import places
from eh_access.network.cost import edge_cost
from eh_access.network.model import CLOSED_DS
from eh_access.network.snapping import ELSEWHERE_M, WRONG_CRS, snap
from eh_access.routing.engine import (
    SEARCHED_DS,
    Job,
    SearchOptions,
    check_direction,
    checked_options,
    deciseconds,
    in_minutes,
)
from eh_access.routing.rim import rim_nodes, touches_rim
from eh_access.routing.trips import along_one_edge, at_door_ds, cutoff_ds, ends_of, make_ready
from eh_access.routing.types import (
    NO_LOCATION,
    OFF_NETWORK,
    OK,
    UNREACHED,
    Direction,
    TravelTimes,
)

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from eh_access.modes import TravelMode
    from eh_access.network.model import Network
    from eh_access.network.snapping import Snapped


def travel_time_matrix(  # noqa: PLR0913 - the field's own argument list, and how to search
    network: Network,
    origins: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    *,
    mode: TravelMode,
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
    options = checked_options(options)
    trips = make_ready(
        network, origins, sites, mode=mode, cutoff_min=cutoff_min, direction=direction
    )
    homes, doors = trips.homes, trips.doors
    node, node_ds = trips.home_ends
    rim = rim_nodes(network, mode)
    rim_rows = np.stack([rim, np.full_like(rim, -1)], axis=1)
    stops = (
        np.ascontiguousarray(np.concatenate([node, rim_rows]), dtype=np.int32),
        np.concatenate([node_ds, np.zeros_like(rim_rows)]).astype(np.int32),
    )
    job = Job(seeds=trips.seeds, places=stops, direction=direction, limit_ds=trips.limit_ds)
    found = deciseconds(network, mode, job, options=options)
    pairs, rim_ds = found[: len(node)], found[len(node) :]
    pairs = np.minimum(pairs, along_one_edge(trips.cost, homes, doors, direction))
    near_rim = touches_rim(trips, pairs, rim_ds)
    minutes = in_minutes(trips.door_to_door(slice(None), slice(None), pairs))
    return TravelTimes(
        minutes=minutes,
        origin_status=_origin_status(homes, origins.index, minutes, cutoff_min),
        site_status=_site_status(doors, sites.index),
        mode=mode,
        cutoff_min=float(cutoff_min),
        direction=direction,
        method=f"shortest time along the streets {mode.label}, from door to door",
        touches_rim=near_rim,
        provenance=network.provenance,
    )


def node_times(
    network: Network,
    sites: gpd.GeoDataFrame,
    *,
    mode: TravelMode,
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
    limit_ds = cutoff_ds(cutoff_min)
    options = checked_options(options)
    cost = edge_cost(network, mode)
    doors = snap(places("sites", sites).geometry, network, mode)
    door_node, door_ds = ends_of(network, cost, doors, leaving=direction == "from_sites")
    seeds = np.stack([door_node, door_ds], axis=-1).astype(np.int32)
    every = np.arange(network.node_count, dtype=np.int32)[:, None]
    job = Job(
        seeds=seeds, places=(every, np.zeros_like(every)), direction=direction, limit_ds=limit_ds
    )
    found = deciseconds(network, mode, job, options=options)
    whole = np.minimum(found, SEARCHED_DS) + at_door_ds(doors, mode)
    return in_minutes(np.where(whole > limit_ds, CLOSED_DS, whole).astype(np.int32)), doors


def _reason(status: str, offset_m: float) -> str:
    """Say in plain words why a point could not be placed."""
    if status == OFF_NETWORK:
        if np.isfinite(offset_m) and offset_m > ELSEWHERE_M:
            return f"{offset_m / 1000:,.0f} km from the nearest usable street, too far; {WRONG_CRS}"
        return f"{offset_m:.0f} m from the nearest usable street, too far"
    return "its location is not known" if status == NO_LOCATION else ""


def _site_status(at: Snapped, ids: pd.Index) -> pd.DataFrame:
    reasons = [_reason(*pair) for pair in zip(at.status, at.offset_m, strict=True)]
    columns = {"status": at.status.copy(), "reason": reasons, "offset_m": at.offset_m.copy()}
    return pd.DataFrame(columns, index=ids)


def _origin_status(
    at: Snapped, ids: pd.Index, minutes: NDArray[np.float32], cutoff_min: float
) -> pd.DataFrame:
    status = _site_status(at, ids)
    lost = (status["status"] == OK).to_numpy() & ~np.isfinite(minutes).any(axis=1)
    return status.assign(
        status=status["status"].mask(lost, UNREACHED),
        reason=status["reason"].mask(lost, f"no site within {cutoff_min:g} minutes"),
    )
