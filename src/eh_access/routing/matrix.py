"""Minutes between every origin and every site, door to door along the streets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from eh_access.errors import InputError
from eh_access.network.cost import edge_cost
from eh_access.network.model import CLOSED_DS
from eh_access.network.snapping import snap
from eh_access.routing.engine import (
    SEARCHED_DS,
    SearchOptions,
    check_direction,
    deciseconds,
    in_minutes,
)
from eh_access.routing.rim import rim_nodes, touches_rim
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
    from eh_access.network.model import EdgeCost, Network
    from eh_access.network.snapping import Snapped

LONGEST_CUTOFF_MIN = 24 * 60.0
DS_PER_MIN = 600


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
    check_direction(direction)
    if not 0 < cutoff_min <= LONGEST_CUTOFF_MIN:
        raise InputError(
            f"cutoff_min is {cutoff_min}; give minutes above 0 and at most {LONGEST_CUTOFF_MIN:g}"
        )
    options = options or SearchOptions()
    cost = edge_cost(network, mode)
    if not cost.main.any():
        raise InputError(f"no street in the network may be used {mode.label}; check its tags")
    homes, doors = snap(origins.geometry, network, mode), snap(sites.geometry, network, mode)
    away = "from_sites" if direction == "to_sites" else "to_sites"
    rim = rim_nodes(network, mode)
    node, node_ds = _ends(network, cost, homes, leaving=direction == "to_sites")
    door_node, door_ds = _ends(network, cost, doors, leaving=away == "to_sites")
    seeds = np.stack([door_node, door_ds], axis=-1).astype(np.int32)
    rim_rows = np.stack([rim, np.full_like(rim, -1)], axis=1)
    places = (
        np.ascontiguousarray(np.concatenate([node, rim_rows]), dtype=np.int32),
        np.concatenate([node_ds, np.zeros_like(rim_rows)]).astype(np.int32),
    )
    found = deciseconds(network, mode, seeds, places, direction=direction, options=options)
    pairs, rim_ds = found[: len(node)], found[len(node) :]
    pairs = np.minimum(pairs, _along_one_edge(cost, homes, doors, direction))
    near_rim = touches_rim(network, mode, direction, (node, node_ds), pairs, rim_ds)
    walk_ds_per_m = 36.0 / mode.walk_speed_km_h
    offsets = (_offset_ds(homes, walk_ds_per_m), _offset_ds(doors, walk_ds_per_m))
    whole = np.where(
        pairs < SEARCHED_DS, pairs + offsets[0][:, None] + offsets[1][None, :], CLOSED_DS
    )
    whole[whole > round(cutoff_min * DS_PER_MIN)] = CLOSED_DS
    minutes = in_minutes(whole)
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
    cost = edge_cost(network, mode)
    doors = snap(sites.geometry, network, mode)
    door_node, door_ds = _ends(network, cost, doors, leaving=direction == "from_sites")
    seeds = np.stack([door_node, door_ds], axis=-1).astype(np.int32)
    every = np.arange(network.node_count, dtype=np.int32)[:, None]
    places = (every, np.zeros_like(every))
    found = deciseconds(
        network, mode, seeds, places, direction=direction, options=options or SearchOptions()
    )
    whole = np.minimum(found, SEARCHED_DS) + _offset_ds(doors, 36.0 / mode.walk_speed_km_h)
    whole = np.where(whole > round(cutoff_min * DS_PER_MIN), CLOSED_DS, whole)
    return in_minutes(whole.astype(np.int32)), doors


def _ends(
    network: Network, cost: EdgeCost, at: Snapped, *, leaving: bool
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the two nodes beside each place and the deciseconds to them (or from them).

    Closed ways and points without a place have node -1.
    """
    edge, share = np.maximum(at.edge, 0), np.nan_to_num(at.fraction)
    first, second = cost.backward_ds[edge], cost.forward_ds[edge]
    if not leaving:
        first, second = second, first
    nodes = np.stack([network.edge_from[edge], network.edge_to[edge]], axis=1)
    whole = np.stack([first, second], axis=1)
    shares = np.stack([share, 1.0 - share], axis=1)
    parts = _part(whole, shares)
    # a place right at a crossing may go on from there whatever its own street allows
    closed = ((whole >= CLOSED_DS) & (shares > 0)) | (at.edge < 0)[:, None]
    return (
        np.where(closed, -1, nodes).astype(np.int32),
        np.where(closed, 0, parts).astype(np.int32),
    )


def _part(whole_ds: NDArray[np.int32], share: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the deciseconds of part of an edge, rounded once."""
    return np.floor(whole_ds * share + 0.5).astype(np.int64)


def _along_one_edge(
    cost: EdgeCost, homes: Snapped, doors: Snapped, direction: Direction
) -> NDArray[np.int32]:
    """Return the deciseconds straight along the edge a pair shares, ``CLOSED_DS`` for others."""
    direct = np.full((len(homes), len(doors)), CLOSED_DS, dtype=np.int32)
    shared = (homes.edge[:, None] == doors.edge[None, :]) & (homes.edge >= 0)[:, None]
    home, door = np.nonzero(shared)
    start, end = homes.fraction[home], doors.fraction[door]
    if direction == "from_sites":
        start, end = end, start
    edge = homes.edge[home]
    whole = np.where(end >= start, cost.forward_ds[edge], cost.backward_ds[edge])
    parts = _part(whole, np.abs(end - start))
    direct[home, door] = np.where(whole < CLOSED_DS, parts, CLOSED_DS)
    return direct


def _offset_ds(at: Snapped, ds_per_m: float) -> NDArray[np.int64]:
    """Return the deciseconds walked between each point and its street."""
    placed = at.edge >= 0
    return np.where(placed, np.floor(np.where(placed, at.offset_m, 0) * ds_per_m + 0.5), 0).astype(
        np.int64
    )


def _reason(status: str, offset_m: float) -> str:
    """Say in plain words why a point could not be placed."""
    if status == OFF_NETWORK:
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
