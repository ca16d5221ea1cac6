"""Which parts of which streets are within so many minutes of a site."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eh_access.network.cost import edge_cost
from eh_access.network.model import CLOSED_DS
from eh_access.network.snapping import segments_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eh_access.modes import TravelMode
    from eh_access.network.model import Network
    from eh_access.routing.types import Direction

DS_PER_MIN = 600.0


@dataclass(frozen=True, eq=False)
class Pieces:
    """Straight pieces of reached street; each begins at the end that is reached first."""

    ends: NDArray[np.float64]  # float64 (pieces, 4), x and y where each begins and ends, metres
    minutes: NDArray[np.float64]  # float64 (pieces, 2), travel time from or to the site there

    def __len__(self) -> int:
        return len(self.ends)

    def cut(self, low_min: float, high_min: float) -> Pieces:
        """Return the parts of the pieces whose minutes lie between two bounds."""
        kept = (self.minutes[:, 0] <= high_min) & (self.minutes[:, 1] >= low_min)
        ends, minutes = self.ends[kept], self.minutes[kept]
        begin, end = minutes[:, :1], minutes[:, 1:]
        lasts = end > begin
        bounds = np.clip([low_min, high_min], begin, end)
        # a piece that takes no time is either in or out as a whole
        share = np.where(lasts, (bounds - begin) / np.where(lasts, end - begin, 1.0), [0.0, 1.0])
        step = ends[:, 2:] - ends[:, :2]
        begins, stops = (ends[:, :2] + share[:, i : i + 1] * step for i in (0, 1))
        return Pieces(np.hstack([begins, stops]), bounds)


@dataclass(frozen=True)
class Stand:
    """Where a site stands on its street, and the minutes between the two."""

    edge: int
    fraction: float
    minutes: float


def reached_pieces(
    network: Network,
    node_min: NDArray[np.float32],
    stand: Stand,
    *,
    edge_min: tuple[NDArray[np.float64], NDArray[np.float64]],
    near: NDArray[np.bool_],
) -> Pieces:
    """Return how every street within reach is reached: from one end, from both, from the site."""
    from_start, from_end = edge_min
    u_min = node_min[network.edge_from].astype(np.float64)
    v_min = node_min[network.edge_to].astype(np.float64)
    by_u, by_v = np.isfinite(u_min + from_start) & near, np.isfinite(v_min + from_end) & near
    meet = np.where(by_u, 1.0, 0.0)
    both = np.flatnonzero(by_u & by_v & (from_start + from_end > 0))
    lead_min = v_min[both] + from_end[both] - u_min[both]
    meet[both] = np.clip(lead_min / (from_start + from_end)[both], 0.0, 1.0)
    own = np.arange(network.edge_count) == stand.edge
    start, end, at = (np.full(network.edge_count, share) for share in (0.0, 1.0, stand.fraction))
    begin_min = np.full(network.edge_count, stand.minutes)
    ways = [
        _pieces(network, by_u, (start, meet), u_min, from_start),
        _pieces(network, by_v, (end, meet), v_min, from_end),
        _pieces(network, own & np.isfinite(from_start), (at, end), begin_min, from_start),
        _pieces(network, own & np.isfinite(from_end), (at, start), begin_min, from_end),
    ]
    return Pieces(
        np.concatenate([way.ends for way in ways]), np.concatenate([way.minutes for way in ways])
    )


def edge_minutes(
    network: Network, mode: TravelMode, direction: Direction
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return minutes per whole edge as it is reached from its start and from its end."""
    cost = edge_cost(network, mode)
    forward, backward = (
        np.where(ds < CLOSED_DS, ds / DS_PER_MIN, np.inf)
        for ds in (cost.forward_ds, cost.backward_ds)
    )
    # on the way to a site, a street reached from its start is walked back towards it
    return (forward, backward) if direction == "from_sites" else (backward, forward)


def edges_near(
    network: Network, bounds: tuple[float, float, float, float], within_m: float
) -> NDArray[np.bool_]:
    """Return which edges may come so near to a rectangle."""
    xy, start = network.geometry_xy, network.geometry_start[:-1]
    low, high = np.minimum.reduceat(xy, start), np.maximum.reduceat(xy, start)
    beyond = np.array(bounds) + np.array([-within_m, -within_m, within_m, within_m])
    near: NDArray[np.bool_] = np.all(np.hstack([high >= beyond[:2], low <= beyond[2:]]), axis=1)
    return near


def _pieces(
    network: Network,
    edges: NDArray[np.bool_],
    span: tuple[NDArray[np.float64], NDArray[np.float64]],
    begin_min: NDArray[np.float64],
    edge_min: NDArray[np.float64],
) -> Pieces:
    """Return edges from one share of their line to another, along their bends; a row per edge."""
    drawn = segments_of(network)
    first, last = span
    low, high = np.minimum(first, last), np.maximum(first, last)
    segment = np.flatnonzero((edges & (low < high))[drawn.edge] & (drawn.length_m > 0))
    edge, before_m = drawn.edge[segment], drawn.before_m[segment]
    until_m = before_m + drawn.length_m[segment]
    within = np.column_stack([before_m, until_m]) / drawn.drawn_m[edge, None]
    within = np.clip(within, low[edge, None], high[edge, None])
    kept = within[:, 0] < within[:, 1]
    segment, edge, within = segment[kept], edge[kept], within[kept]
    shares = np.where((first < last)[edge, None], within, within[:, ::-1])
    along_m = shares * drawn.drawn_m[edge, None] - drawn.before_m[segment, None]
    along = along_m / drawn.length_m[segment, None]
    ends = drawn.ends[segment]
    step = ends[:, 2:] - ends[:, :2]
    places = np.hstack([ends[:, :2] + along[:, i : i + 1] * step for i in (0, 1)])
    spent_min = np.abs(shares - first[edge, None]) * edge_min[edge, None]
    return Pieces(places, begin_min[edge, None] + spent_min)
