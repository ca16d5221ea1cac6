"""What somebody on foot could have used and this mode could not, and what going round it cost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd

from eh_access.modes import WALK
from eh_access.network.cost import edge_cost
from eh_access.network.model import CLOSED_DS
from eh_access.network.rule_table import rule_table
from eh_access.routing import route_words as words
from eh_access.routing.route_steps import remembered_costs

if TYPE_CHECKING:
    from eh_access.modes import TravelMode
    from eh_access.network.model import Network
    from eh_access.routing.route_search import Piece, Way

AGAINST_ONE_WAY = "one-way street the wrong way"
LEAST_M = 0.5
"""A difference that rounds to no metre is none."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Detour:
    """What a trip went round."""

    # one row for each reason, in the order met: ``reason``, ``metres`` (0 for gates and other
    # points) and ``places`` (stretches or points)
    avoided: pd.DataFrame
    # metres by which the trip is longer than the walker's, negative where it is shorter
    longer_m: float
    walker_m: float  # metres of the quickest way on foot between the same two points
    # whether the trip is itself on foot, with a pushchair say, and not by car or bicycle
    on_foot: bool

    def sentence(self) -> str:
        """Say it: "29 m of steps without a ramp avoided: 240 m longer than on foot"."""
        if not self.on_foot:
            return f"On foot it is {words.metres(self.walker_m)}"
        columns = (self.avoided[name].tolist() for name in ("metres", "places", "reason"))
        parts = [
            words.length_of(metres, reason) if metres > 0 else words.several(reason, places)
            for metres, places, reason in zip(*columns, strict=True)
        ]
        if self.longer_m >= LEAST_M:
            price = f"{words.metres(self.longer_m)} longer than on foot"
        else:
            price = "no longer than on foot"
        said = words.listed(parts)
        return f"{said[:1].upper()}{said[1:]} avoided: {price}"


def find_detour(
    network: Network,
    mode: TravelMode,
    *,
    metres: float,
    free: Way,
    offsets_m: float,
) -> Detour | None:
    """Compare a trip with the quickest way on foot."""
    cost = edge_cost(network, mode)
    rows: list[tuple[str, float, int]] = []
    last = ""
    for piece in free.pieces:
        ways = (cost.forward_ds, cost.backward_ds)
        here, back = ways if piece.ahead else ways[::-1]
        closed = here[piece.edge] >= CLOSED_DS
        reason = _reason(network, mode, piece, both=back[piece.edge] >= CLOSED_DS) if closed else ""
        if closed:
            rows.append((reason, piece.metres(network), int(reason != last)))
        last = reason
    if not rows:
        return None
    frame = pd.DataFrame(rows, columns=["reason", "metres", "places"])
    walker_m = offsets_m + sum(piece.metres(network) for piece in free.pieces)
    return Detour(
        avoided=frame.groupby("reason", sort=False).sum().reset_index(),
        longer_m=metres - walker_m,
        walker_m=walker_m,
        on_foot=on_foot(mode),
    )


def on_foot(mode: TravelMode) -> bool:
    """Tell whether a mode is walking with things closed to it."""
    # its rules go on from those on foot.
    table = rule_table()
    foot, own = table.rule_set(WALK.rules).ways, table.rule_set(mode.rules).ways
    return own[: len(foot)] == foot


def without_bans(mode: TravelMode) -> TravelMode:
    """Return the mode that goes where anybody may walk, as fast as this one if it is on foot."""
    return replace(mode, rules=WALK.rules) if on_foot(mode) else WALK


def _reason(network: Network, mode: TravelMode, piece: Piece, *, both: bool) -> str:
    """Say why a stretch is closed."""
    if not both:
        return AGAINST_ONE_WAY
    tag_row = int(network.edge_tags[piece.edge])
    tags = network.tag_sets[tag_row]
    reason = remembered_costs(network, mode)[tag_row].reason
    if words.is_point(tags):
        return words.barrier_closed(tags, reason)
    # where no line of the rules opens a way, the rules can but name its tag
    return f"{words.kind_of(tags)}, not open {mode.label}" if reason.startswith("'") else reason
