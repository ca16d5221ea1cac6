"""Which parts of which streets are within a cutoff of a site, and how far one may leave them."""

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
    """Straight pieces of reached street; each begins at the end that is reached first.

    Parameters
    ----------
    edge
        int (pieces,), the edge each lies on.
    ends
        float64 (pieces, 4), x and y where it begins and ends, metres.
    radius_m
        float64 (pieces, 2), metres one may still walk off the street where it begins and ends.
    """

    edge: NDArray[np.intp]
    ends: NDArray[np.float64]
    radius_m: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.edge)


@dataclass(frozen=True, eq=False)
class Legs:
    """Ways along one edge each: from where it is first reached, onwards at an even pace.

    Parameters
    ----------
    edge
        int (legs,).
    fraction
        float64 (legs, 2), where on the edge the leg begins and ends.
    minutes
        float64 (legs, 2), travel time from or to the site there.
    """

    edge: NDArray[np.intp]
    fraction: NDArray[np.float64]
    minutes: NDArray[np.float64]

    def cut(self, low_min: float, high_min: float) -> Legs:
        """Return the parts of the legs whose minutes lie between two bounds."""
        begin, end = self.minutes.T
        lasting = np.where(end > begin, end - begin, 1.0)[:, None]
        bounds = np.clip([low_min, high_min], begin[:, None], end[:, None])
        share = (bounds - begin[:, None]) / lasting
        first, last = self.fraction[:, :1], self.fraction[:, 1:]
        kept = (begin <= high_min) & (end >= low_min)
        fraction = first + share * (last - first)
        # a leg that takes no time is either in or out as a whole
        fraction = np.where((end > begin)[:, None], fraction, self.fraction)
        return Legs(self.edge[kept], fraction[kept], bounds[kept])


@dataclass(frozen=True)
class Stand:
    """Where a site stands on its street, and the minutes between the two."""

    edge: int
    fraction: float
    minutes: float


def reached_legs(
    network: Network,
    node_min: NDArray[np.float32],
    stand: Stand,
    *,
    mode: TravelMode,
    direction: Direction,
) -> Legs:
    """Return how every edge within reach is reached: from one end, from both, from the site.

    Parameters
    ----------
    network
        The streets.
    node_min
        float32 (nodes,), minutes between each node and the site; inf out of reach.
    stand
        Where the site itself is.
    mode
        How people travel.
    direction
        ``"to_sites"`` or ``"from_sites"``.

    Returns
    -------
    Legs
        Two legs from the two ends meet where the times are equal. The legs that begin at the
        site may overlap others on its edge; the earlier time holds.
    """
    from_start, from_end = _edge_minutes(network, mode, direction)
    u_min = node_min[network.edge_from].astype(np.float64)
    v_min = node_min[network.edge_to].astype(np.float64)
    by_u, by_v = np.isfinite(u_min + from_start), np.isfinite(v_min + from_end)
    meet = np.where(by_u, 1.0, 0.0)
    both = np.flatnonzero(by_u & by_v & (from_start + from_end > 0))
    lead_min = v_min[both] + from_end[both] - u_min[both]
    meet[both] = np.clip(lead_min / (from_start + from_end)[both], 0.0, 1.0)
    u, v = np.flatnonzero(by_u & (meet > 0)), np.flatnonzero(by_v & (meet < 1))
    own = np.array([stand.edge])
    stands, begins = np.array([stand.fraction]), np.array([stand.minutes])
    legs = [
        _legs(u, np.zeros(len(u)), meet[u], u_min[u], from_start[u]),
        _legs(v, np.ones(len(v)), meet[v], v_min[v], from_end[v]),
        _legs(own, stands, np.ones(1), begins, from_start[own]),
        _legs(own, stands, np.zeros(1), begins, from_end[own]),
    ]
    return Legs(
        np.concatenate([leg.edge for leg in legs]),
        np.concatenate([leg.fraction for leg in legs]),
        np.concatenate([leg.minutes for leg in legs]),
    )


def reached_pieces(
    network: Network,
    legs: Legs,
    *,
    cutoff_min: float,
    walk_m_per_min: float,
    max_off_street_m: float,
) -> Pieces:
    """Return the pieces of street within a cutoff, and how far one may leave each.

    Parameters
    ----------
    network
        The streets.
    legs
        Of one site, from ``reached_legs``.
    cutoff_min
        The upper bound in minutes.
    walk_m_per_min
        How fast people walk off the street.
    max_off_street_m
        The furthest they go off it however much time is left.

    Returns
    -------
    Pieces
        First those on which the full distance is left, then those near the cutoff on which the
        radius shrinks to nothing.
    """
    full_until = cutoff_min - max_off_street_m / walk_m_per_min
    parts = [
        _drawn(network, legs.cut(-np.inf, full_until)),
        _drawn(network, legs.cut(full_until, cutoff_min)),
    ]
    left_m = [(cutoff_min - minutes) * walk_m_per_min for _, _, minutes in parts]
    return Pieces(
        np.concatenate([edge for edge, _, _ in parts]),
        np.concatenate([ends for _, ends, _ in parts]),
        np.clip(np.concatenate(left_m), 0.0, max_off_street_m),
    )


def _edge_minutes(
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


def _legs(
    edge: NDArray[np.intp],
    first: NDArray[np.float64],
    last: NDArray[np.float64],
    begin_min: NDArray[np.float64],
    edge_min: NDArray[np.float64],
) -> Legs:
    """Return the legs that lead somewhere, with the minutes at both ends."""
    kept = np.isfinite(edge_min) & (first != last)
    edge, first, last, begin_min, edge_min = (
        values[kept] for values in (edge, first, last, begin_min, edge_min)
    )
    end_min = begin_min + np.abs(last - first) * edge_min
    return Legs(edge, np.column_stack([first, last]), np.column_stack([begin_min, end_min]))


def _drawn(
    network: Network, legs: Legs
) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.float64]]:
    """Return edge, ends (pieces, 4) and minutes (pieces, 2) of legs along their bends."""
    drawn = segments_of(network)
    first = np.searchsorted(drawn.edge, legs.edge)
    count = np.searchsorted(drawn.edge, legs.edge, side="right") - first
    leg = np.repeat(np.arange(len(legs.edge)), count)
    segment = np.arange(len(leg)) + np.repeat(first - np.cumsum(count) + count, count)
    # metres along the drawn edge: of the leg's ends, then within this segment
    along_m = (legs.fraction * drawn.drawn_m[legs.edge][:, None])[leg]
    length_m = drawn.length_m[segment]
    within_m = np.clip(along_m - drawn.before_m[segment][:, None], 0.0, length_m[:, None])
    kept = (within_m[:, 0] != within_m[:, 1]) & (length_m > 0)
    leg, segment, within_m, along_m = leg[kept], segment[kept], within_m[kept], along_m[kept]
    ends, share = drawn.ends[segment], within_m / length_m[kept][:, None]
    step = ends[:, 2:] - ends[:, :2]
    places = np.hstack([ends[:, :2] + share[:, :1] * step, ends[:, :2] + share[:, 1:] * step])
    reached_m = within_m + drawn.before_m[segment][:, None]
    done = np.abs(reached_m - along_m[:, :1]) / np.abs(along_m[:, 1:] - along_m[:, :1])
    begin, end = legs.minutes[leg].T
    return legs.edge[leg], places, begin[:, None] + done * (end - begin)[:, None]
