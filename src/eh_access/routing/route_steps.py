"""From the edges of a way to the steps people would name: one row for each stretch of street."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely.ops import substring

from eh_access.network.cost import hills_count, tag_costs
from eh_access.network.hills import slow_by_hills
from eh_access.routing import route_words as words

if TYPE_CHECKING:
    from eh_access.modes import TravelMode
    from eh_access.network.model import Network
    from eh_access.network.rules import TagCost
    from eh_access.network.snapping import Snapped
    from eh_access.routing.route_search import Piece, Way

STEP_COLUMNS = (
    *("street", "kind", "metres", "seconds", "climb_m", "slope_share", "slowed_by", "doubts"),
)
DS_PER_S = 10
TO_STREET, FROM_STREET, PARKING = "to the street", "from the street", "parking"
HILL_FACTOR = 1.1
"""A slope that makes a stretch take at least this many times as long is said to slow it."""

Row = dict[str, Any]


def remembered_costs(network: Network, mode: TravelMode) -> list[TagCost]:
    """Return what each set of tags means to a mode; worked out once for each network and mode."""
    return network.remember(("tag_costs", mode), lambda: tag_costs(network, mode))


def steps_of(
    network: Network,
    mode: TravelMode,
    way: Way,
    *,
    ends: tuple[shapely.Point, shapely.Point],
    placed: tuple[Snapped, Snapped],
) -> list[Row]:
    """Tell a way step by step."""
    streets = [shapely.Point(place_on(network, place)) for place in placed]
    before = _walk_row(TO_STREET, [ends[0], streets[0]], way.start_ds)
    after = _walk_row(FROM_STREET, [streets[1], ends[1]], way.end_ds)
    parking = _walk_row(PARKING, [streets[1]] * 2, parking_ds(mode))
    pieces = (_piece_row(network, mode, piece) for piece in way.pieces)
    every = [before, *pieces, parking, after]
    shown = [row for row in every if row["metres"] > 0 or row["ds"] > 0 or row["doubts"]]
    return [_finished(row) for row in _merged(shown or [before])]


def parking_ds(mode: TravelMode) -> int:
    """Return the deciseconds spent on parking, once on every trip."""
    return round(mode.parking_s * DS_PER_S)


def place_on(network: Network, place: Snapped) -> tuple[float, float]:
    """Return the easting and northing of a place on its street."""
    line = edge_line(network, int(place.edge[0]))
    at = line.interpolate(float(place.fraction[0]), normalized=True)
    return float(at.x), float(at.y)


def edge_line(network: Network, edge: int) -> shapely.LineString:
    """Return the line of an edge."""
    first, last = network.geometry_start[edge], network.geometry_start[edge + 1]
    return shapely.LineString(network.geometry_xy[first:last])


def _walk_row(label: str, ends: list[shapely.Point], ds: int) -> Row:
    """Describe the walk between a point and its street."""
    line = shapely.LineString(ends)
    return {
        "street": label,
        "kind": label,
        "metres": line.length,
        "ds": ds,
        "climb_m": np.nan,
        "rise_m": np.nan,
        "level_ds": float(ds),
        "slowed_by": "",
        "doubts": (),
        "lines": [line],
    }


def _piece_row(network: Network, mode: TravelMode, piece: Piece) -> Row:
    """Describe one stretch of one edge; gates and other points of no length are told apart."""
    tag_row = int(network.edge_tags[piece.edge])
    tags, cost = network.tag_sets[tag_row], remembered_costs(network, mode)[tag_row]
    kind, name = words.kind_of(tags), int(network.edge_name[piece.edge])
    climb_m, rise_m = _climb_and_rise_m(network, piece)
    gate = words.is_point(tags) and "barrier" in tags and tags["barrier"] != "kerb"
    return {
        "street": network.names[name] if name >= 0 else kind,
        "kind": kind,
        "metres": piece.metres(network),
        "ds": piece.ds,
        "climb_m": climb_m,
        "rise_m": rise_m,
        "level_ds": piece.ds / _longer(network, mode, piece),
        "slowed_by": cost.reason,
        "doubts": cost.counted or (("",) if gate else ()),
        "lines": [_piece_line(network, piece)],
    }


def _climb_and_rise_m(network: Network, piece: Piece) -> tuple[float, float]:
    """Return the metres gone uphill on a stretch, and the height gained from its start to its end."""
    # Both are NaN where heights are not known.
    if network.heights is None:
        return np.nan, np.nan
    along = network.heights.along(piece.edge).astype(np.float64)
    steps = np.linspace(0.0, 1.0, len(along))
    low, high = sorted((piece.start, piece.end))
    inner = steps[(steps > low) & (steps < high)]
    at = np.concatenate([[low], inner, [high]])
    metres = np.interp(at, steps, along)
    if not piece.ahead:
        metres = metres[::-1]
    return float(np.maximum(np.diff(metres), 0.0).sum()), float(metres[-1] - metres[0])


def _longer(network: Network, mode: TravelMode, piece: Piece) -> float:
    """Return how many times as long as on the level a stretch takes."""
    if not hills_count(network, mode):
        return 1.0
    return float(slow_by_hills(network, mode)[0 if piece.ahead else 1][piece.edge])


def _slowed_by(row: Row) -> str:
    """Say what slowed a stretch: a rule, or the hills on the whole of it."""
    if row["ds"] < HILL_FACTOR * row["level_ds"] or row["ds"] == 0:
        return str(row["slowed_by"])
    hill = "uphill stretches" if row["climb_m"] > 0 else "steep downhill stretches"
    return "; ".join(reason for reason in (row["slowed_by"], hill) if reason)


def _piece_line(network: Network, piece: Piece) -> shapely.LineString:
    line = edge_line(network, piece.edge)
    if line.length == 0:
        return line
    return substring(line, piece.start, piece.end, normalized=True)


def _merged(rows: list[Row]) -> list[Row]:
    """Put neighbouring rows alike into one."""
    out: list[Row] = []
    for row in rows:
        alike = out and all(row[key] == out[-1][key] for key in ("street", "kind", "slowed_by"))
        if not alike:
            out.append(dict(row))
            continue
        last = out[-1]
        for key in ("metres", "ds", "level_ds", "climb_m", "rise_m", "doubts", "lines"):
            last[key] = last[key] + row[key]
    return out


def _finished(row: Row) -> Row:
    """Turn a row as it was gathered into a row of the table."""
    xy = np.vstack([shapely.get_coordinates(line) for line in row["lines"]])
    doubts = dict.fromkeys(doubt for doubt in row["doubts"] if doubt)
    return {
        "street": row["street"],
        "kind": row["kind"],
        "metres": row["metres"],
        "seconds": row["ds"] / DS_PER_S,
        "climb_m": row["climb_m"],
        "slope_share": row["rise_m"] / row["metres"] if row["metres"] > 0 else np.nan,
        "slowed_by": _slowed_by(row),
        "doubts": "; ".join(doubts),
        "geometry": shapely.LineString(xy),
    }
