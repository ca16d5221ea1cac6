"""From the edges of a way to the steps people would name: one row for each stretch of street."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely.ops import substring

from eh_access.network.rules import TagCost, evaluate
from eh_access.routing import route_words as words

if TYPE_CHECKING:
    from eh_access.modes import TravelMode
    from eh_access.network.model import Network
    from eh_access.network.snapping import Snapped
    from eh_access.routing.route_search import Piece, Way

STEP_COLUMNS = ("street", "kind", "metres", "seconds", "slope_share", "slowed_by", "doubts")
DS_PER_S = 10
TO_STREET, FROM_STREET = "to the street", "from the street"

Row = dict[str, Any]


def tag_costs(network: Network, mode: TravelMode) -> list[TagCost]:
    """Return what each set of tags means to a mode; worked out once for each network and mode."""
    return network.remember(
        ("tag_costs", mode), lambda: [evaluate(tags, mode) for tags in network.tag_sets]
    )


def steps_of(
    network: Network,
    mode: TravelMode,
    way: Way,
    *,
    ends: tuple[shapely.Point, shapely.Point],
    placed: tuple[Snapped, Snapped],
) -> list[Row]:
    """Tell a way step by step.

    Parameters
    ----------
    network, mode, way
        The streets, how people travel and the way found.
    ends
        The points where the trip begins and ends, EPSG:27700.
    placed
        Where they lie on the streets.

    Returns
    -------
    list of dict
        Rows of the table of steps, at least one; neighbours alike in name, kind and what slows
        them are one row.
    """
    streets = [shapely.Point(place_on(network, place)) for place in placed]
    before = _walk_row(TO_STREET, [ends[0], streets[0]], way.start_ds)
    after = _walk_row(FROM_STREET, [streets[1], ends[1]], way.end_ds)
    every = [before, *(_piece_row(network, mode, piece) for piece in way.pieces), after]
    shown = [row for row in every if row["metres"] > 0 or row["ds"] > 0 or row["doubts"]]
    return [_finished(row) for row in _merged(shown or [before])]


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
        "rise_m": np.nan,
        "slowed_by": "",
        "doubts": (),
        "lines": [line],
    }


def _piece_row(network: Network, mode: TravelMode, piece: Piece) -> Row:
    """Describe one stretch of one edge; gates and other points of no length are told apart."""
    tag_row = int(network.edge_tags[piece.edge])
    tags, cost = network.tag_sets[tag_row], tag_costs(network, mode)[tag_row]
    kind, name = words.kind_of(tags), int(network.edge_name[piece.edge])
    gate = words.is_point(tags) and "barrier" in tags and tags["barrier"] != "kerb"
    return {
        "street": network.names[name] if name >= 0 else kind,
        "kind": kind,
        "metres": piece.metres(network),
        "ds": piece.ds,
        "rise_m": np.nan,
        "slowed_by": cost.reason,
        "doubts": cost.counted or (("",) if gate else ()),
        "lines": [_piece_line(network, piece)],
    }


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
        for key in ("metres", "ds", "rise_m", "doubts", "lines"):
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
        "slope_share": row["rise_m"] / row["metres"] if row["metres"] > 0 else np.nan,
        "slowed_by": row["slowed_by"],
        "doubts": "; ".join(doubts),
        "geometry": shapely.LineString(xy),
    }
