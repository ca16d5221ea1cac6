"""A job made ready for the engine: where trips begin and end on the streets, and what is added."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from eh_access._arguments import number, places
from eh_access.errors import InputError
from eh_access.modes import check_mode
from eh_access.network.cost import edge_cost
from eh_access.network.model import CLOSED_DS
from eh_access.network.snapping import snap
from eh_access.routing.engine import (
    SEARCHED_DS,
    Job,
    SearchOptions,
    check_direction,
    deciseconds_in_blocks,
)

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from eh_access.modes import TravelMode
    from eh_access.network.model import EdgeCost, Network
    from eh_access.network.snapping import Snapped
    from eh_access.routing.types import Direction

LONGEST_CUTOFF_MIN = 24 * 60.0
DS_PER_MIN = 600
DS_PER_S = 10


@dataclass(frozen=True, eq=False, kw_only=True)
class Trips:
    """Origins and sites placed on the streets."""

    network: Network  # the streets, how people travel and which way
    mode: TravelMode
    direction: Direction
    cost: EdgeCost  # what the streets cost the mode
    homes: Snapped  # where origins and sites lie on the streets
    doors: Snapped
    # int32 (origins, 2) twice: the nodes beside each origin (-1 for none), deciseconds between
    home_ends: tuple[NDArray[np.int32], NDArray[np.int32]]
    seeds: NDArray[np.int32]  # int32 (sites, 2, 2): nodes beside each site and deciseconds between
    limit_ds: int  # the cutoff

    def in_blocks(self, options: SearchOptions) -> Iterator[tuple[slice, slice, NDArray[np.int32]]]:
        """Work out the deciseconds from door to door, a block at a time."""
        job = Job(
            seeds=self.seeds,
            places=self.home_ends,
            direction=self.direction,
            limit_ds=self.limit_ds,
        )
        for homes, doors, block in deciseconds_in_blocks(
            self.network, self.mode, job, options=options
        ):
            yield homes, doors, self.door_to_door(homes, doors, block)

    def door_to_door(
        self, homes: slice, doors: slice, found_ds: NDArray[np.int32]
    ) -> NDArray[np.int32]:
        """Add what the streets' ends leave out."""
        # trips along one edge, and the walks to the street.
        direct = along_one_edge(
            self.cost, _some(self.homes, homes), _some(self.doors, doors), self.direction
        )
        pairs = np.minimum(found_ds, direct)
        home_ds = offset_ds(self.homes, 36.0 / self.mode.walk_speed_km_h)
        door_ds = at_door_ds(self.doors, self.mode)
        whole = np.where(
            pairs < SEARCHED_DS, pairs + home_ds[homes][:, None] + door_ds[doors][None], CLOSED_DS
        )
        whole[whole > self.limit_ds] = CLOSED_DS
        return whole.astype(np.int32)


def make_ready(
    network: Network,
    origins: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    *,
    mode: TravelMode,
    cutoff_min: float,
    direction: Direction,
) -> Trips:
    """Place origins and sites on the streets."""
    check_mode(mode)
    check_direction(direction)
    limit_ds = cutoff_ds(cutoff_min)
    origins, sites = places("origins", origins), places("sites", sites)
    cost = edge_cost(network, mode)
    if not cost.main.any():
        raise InputError(f"no street in the network may be used {mode.label}; check its tags")
    homes, doors = snap(origins.geometry, network, mode), snap(sites.geometry, network, mode)
    towards = direction == "to_sites"
    door_node, door_ds = ends_of(network, cost, doors, leaving=not towards)
    return Trips(
        network=network,
        mode=mode,
        direction=direction,
        cost=cost,
        homes=homes,
        doors=doors,
        home_ends=ends_of(network, cost, homes, leaving=towards),
        seeds=np.stack([door_node, door_ds], axis=-1).astype(np.int32),
        limit_ds=limit_ds,
    )


def cutoff_ds(cutoff_min: float) -> int:
    """Return a cutoff in deciseconds; InputError unless it is above 0 and at most a day."""
    minutes = number(
        "cutoff_min", cutoff_min, low=0, high=LONGEST_CUTOFF_MIN, may_be_low=False, unit="minutes"
    )
    return round(minutes * DS_PER_MIN)


def _some(at: Snapped, rows: slice) -> Snapped:
    """Return some of the places."""
    return replace(at, **{name: values[rows] for name, values in vars(at).items()})


def at_door_ds(doors: Snapped, mode: TravelMode) -> NDArray[np.int64]:
    """Return the deciseconds between each site and its street, parking included."""
    return offset_ds(doors, 36.0 / mode.walk_speed_km_h) + round(mode.parking_s * DS_PER_S)


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


def along_one_edge(
    cost: EdgeCost, homes: Snapped, doors: Snapped, direction: Direction
) -> NDArray[np.int32]:
    """Return the deciseconds straight along the edge a pair shares, ``CLOSED_DS`` for others."""
    direct = np.full((len(homes), len(doors)), CLOSED_DS, dtype=np.int32)
    home, door, ds = pairs_on_one_edge(cost, homes, doors, direction)
    direct[home, door] = ds
    return direct


def pairs_on_one_edge(
    cost: EdgeCost, homes: Snapped, doors: Snapped, direction: Direction
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.int64]]:
    """Find the origins and sites that share an edge and can go straight along it."""
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


def offset_ds(at: Snapped, ds_per_m: float) -> NDArray[np.int64]:
    """Return the deciseconds walked between each point and its street."""
    placed = at.edge >= 0
    return np.where(placed, np.floor(np.where(placed, at.offset_m, 0) * ds_per_m + 0.5), 0).astype(
        np.int64
    )
