"""Explain a trip: streets, metres, slope, what slowed it."""

from __future__ import annotations

import heapq
import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.ops import substring

from eh_access.arguments import check_arguments
from eh_access.delegate import delegate
from eh_access.errors import InputError, NotFoundError
from eh_access.modes import WALK, as_mode
from eh_access.network.cost import edge_cost, slow_by_hills, tag_costs
from eh_access.network.model import CLOSED_DS, as_network
from eh_access.network.rules import POINT_KEY, rule_table
from eh_access.network.snapping import NO_LOCATION, OK, SAME_POINT_M, edge_lines, snap
from eh_access.routing.matrix import DS_PER_MIN, DS_PER_S, ends_of, offset_ds, pairs_on_one_edge
from eh_access.routing.search import check_direction
from eh_access.tables import CRS

if TYPE_CHECKING:
    import folium
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from eh_access.modes import TravelMode
    from eh_access.network.model import Network
    from eh_access.network.snapping import Snapped
    from eh_access.provenance import Provenance
    from eh_access.routing.travel_times import Direction

KINDS: Mapping[str, str] = {
    "footway": "footpath",
    "path": "path",
    "steps": "steps",
    "cycleway": "cycle track",
    "bridleway": "bridleway",
    "pedestrian": "pedestrian street",
    "track": "track",
    "service": "service road",
    "residential": "street",
    "living_street": "street",
    "unclassified": "road",
    "tertiary": "road",
    "secondary": "main road",
    "primary": "main road",
    "trunk": "trunk road",
    "motorway": "motorway",
    "corridor": "corridor",
    "elevator": "lift",
    "platform": "platform",
}
"""Plain words for the ``highway`` tag; slip roads take the word of their road."""

FOOTWAYS: Mapping[str, str] = {
    "sidewalk": "pavement",
    "crossing": "crossing",
    "traffic_island": "traffic island",
}
"""Plain words for the ``footway`` tag, more exact than "footpath"."""

BARRIERS: Mapping[str, str] = {
    "gate": "through a gate",
    "lift_gate": "past a lift gate",
    "swing_gate": "past a swing gate",
    "kissing_gate": "through a kissing gate",
    "wicket_gate": "through a wicket gate",
    "turnstile": "through a turnstile",
    "full-height_turnstile": "through a turnstile",
    "stile": "over a stile",
    "horse_stile": "over a stile",
    "step": "up or down a step",
    "bollard": "past bollards",
    "rising_bollard": "past bollards",
    "block": "past a block",
    "cycle_barrier": "through a cycle barrier",
    "motorcycle_barrier": "through a motorcycle barrier",
    "cattle_grid": "over a cattle grid",
    "height_restrictor": "under a height barrier",
    "entrance": "through an entrance",
    "toll_booth": "past a toll booth",
    "kerb": "over a kerb",
}
"""Plain words for passing a barrier."""


def is_point(tags: Mapping[str, str]) -> bool:
    """Whether tags are those of a point in the way: a gate, bollards, a kerb."""
    return POINT_KEY in tags


def kind_of(tags: Mapping[str, str]) -> str:
    """Name the kind of street or barrier that tags describe."""
    if is_point(tags):
        barrier = tags.get("barrier", "kerb")
        return BARRIERS.get(barrier, "past a barrier")
    if tags.get("route") == "ferry":
        return "ferry"
    highway = tags.get("highway", "")
    if highway == "steps" and tags.get("step_count", "").isdigit():
        return f"steps ({tags['step_count']})"
    if highway == "footway" and tags.get("footway", "") in FOOTWAYS:
        return FOOTWAYS[tags["footway"]]
    return KINDS.get(highway.removesuffix("_link"), "road")


def barrier_name(tags: Mapping[str, str]) -> str:
    """Name a barrier itself: "kissing gate", "bollard"."""
    barrier = tags.get("barrier", "kerb")
    return "barrier" if barrier == "yes" else barrier.replace("_", " ")


def barrier_closed(tags: Mapping[str, str], reason: str) -> str:
    """Name a barrier that is closed, with the reason if its name does not show it."""
    name = barrier_name(tags)
    if "barrier" not in tags or name == "kerb":
        return reason
    if reason.startswith(("narrower", "closed", "not ")):
        return f"{name} {reason}"
    if reason.startswith("gate "):
        return f"{name}{reason.removeprefix('gate')}"
    return f"locked {name}" if reason == "locked gate" else name


def several(what: str, count: int) -> str:
    """Format a count: "a stile", "2 gates narrower than 0.7 m"."""
    if count == 1:
        return f"{'an' if what[:1] in 'aeiou' else 'a'} {what}"
    noun, *more = re.split(r"(?= (?:narrower|closed|not) )", what, maxsplit=1)
    return f"{count} {noun}s{''.join(more)}"


def length_of(value: float, what: str) -> str:
    """Format a length and its kind: "29 m of steps", "38 m of street or path too narrow"."""
    named = "street or path " if what.startswith(("not ", "narrower ", "too ", "closed ")) else ""
    return f"{metres(value)} of {named}{what}"


def metres(value: float) -> str:
    """Format a length: "29 m", "1,240 m"."""
    return f"{value:,.0f} m"


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of one edge that is travelled."""

    edge: int  # its number
    # where on the edge it begins and ends, 0 at ``edge_from`` and 1 at ``edge_to``; travelled
    # against the edge where ``start`` is larger
    start: float
    end: float
    ds: int  # deciseconds

    @property
    def ahead(self) -> bool:
        """Whether it is travelled from ``edge_from`` towards ``edge_to``."""
        return self.end >= self.start

    def metres(self, network: Network) -> float:
        """Metres along the street."""
        return float(network.length_m[self.edge]) * abs(self.end - self.start)


@dataclass(frozen=True, slots=True)
class Way:
    """A way from one place to another."""

    # stretches of street in the order of travel; empty where both places are the same
    pieces: tuple[Piece, ...]
    start_ds: int  # deciseconds walked between the first place and its street, and the last
    end_ds: int

    @property
    def ds(self) -> int:
        """Deciseconds from door to door."""
        return self.start_ds + sum(piece.ds for piece in self.pieces) + self.end_ds


_Ends = dict[int, tuple[float, int]]
"""By node: at which end of its street a place has it (0 or 1), and the deciseconds between."""


@dataclass(frozen=True, slots=True)
class _Arcs:
    """Arcs in the direction of travel, in compressed rows, with the edge each stands for."""

    start: list[int]
    tail: list[int]
    head: list[int]
    ds: list[int]
    edge: list[int]
    ahead: list[bool]


def find_way(network: Network, mode: TravelMode, first: Snapped, last: Snapped) -> Way | None:
    """Find the quickest way between two places."""
    cost, arcs = edge_cost(network, mode), _arcs(network, mode)
    walks = (int(offset_ds(place, mode)[0]) for place in (first, last))
    (edge, at), (last_edge, last_at) = (
        (int(place.edge[0]), float(place.fraction[0])) for place in (first, last)
    )
    along_ds = pairs_on_one_edge(cost, first, last, "to_sites")[2]
    direct_ds = int(along_ds[0]) if len(along_ds) else CLOSED_DS
    seeds = _by_node(*ends_of(network, cost, first, leaving=True))
    goals = _by_node(*ends_of(network, cost, last, leaving=False))
    way = _search(arcs, seeds, goals, best_ds=direct_ds)
    if way is not None:
        begin, steps, end = way
        pieces = [
            Piece(edge, at, *seeds[begin]),
            *(
                Piece(arcs.edge[k], float(not arcs.ahead[k]), float(arcs.ahead[k]), arcs.ds[k])
                for k in steps
            ),
            Piece(last_edge, goals[end][0], last_at, goals[end][1]),
        ]
    elif direct_ds < CLOSED_DS:
        pieces = [Piece(edge, at, last_at, direct_ds)]
    else:
        return None
    # a place at the very end of its street goes no way along it
    return Way(tuple(piece for piece in pieces if piece.start != piece.end), *walks)


def _by_node(nodes: NDArray[np.int32], ds: NDArray[np.int32]) -> _Ends:
    """Return, for each node beside a place, the quicker of the ends that touch it."""
    best: _Ends = {}
    for end, (node, cost) in enumerate(zip(nodes[0].tolist(), ds[0].tolist(), strict=True)):
        if node >= 0 and (node not in best or cost < best[node][1]):
            best[node] = float(end), cost
    return best


def _arcs(network: Network, mode: TravelMode) -> _Arcs:
    """Return the arcs a mode may use; of parallel ones the quickest comes first."""

    def make() -> _Arcs:
        cost = edge_cost(network, mode)
        every = np.arange(network.edge_count)
        tail = np.concatenate([network.edge_from, network.edge_to])
        head = np.concatenate([network.edge_to, network.edge_from])
        ds = np.concatenate([cost.forward_ds, cost.backward_ds])
        edge = np.concatenate([every, every])
        ahead = np.repeat([True, False], len(every))
        order = np.lexsort((edge, ds, head, tail))
        order = order[ds[order] < CLOSED_DS]
        counts = np.bincount(tail[order], minlength=network.node_count)
        start = np.concatenate([[0], np.cumsum(counts)])
        columns = (array[order].tolist() for array in (tail, head, ds, edge, ahead))
        return _Arcs(start.tolist(), *columns)

    return network.remember(("route_arcs", mode), make)


def _search(
    arcs: _Arcs, seeds: _Ends, goals: _Ends, *, best_ds: int
) -> tuple[int, list[int], int] | None:
    """Return the first node, the arcs and the last node of a way quicker than ``best_ds``."""
    # Every node is settled once, the lower number first of those reached at the same time, and
    # its way in is never changed to one as quick: the same trip always gives the same way.
    reached = {node: ds for node, (_, ds) in seeds.items()}
    came_by: dict[int, int] = {}
    waiting = [(ds, node) for node, ds in reached.items()]
    heapq.heapify(waiting)
    best: int | None = None
    while waiting:
        here_ds, node = heapq.heappop(waiting)
        if here_ds >= best_ds:
            break
        if here_ds > reached[node]:
            continue
        if node in goals and here_ds + goals[node][1] < best_ds:
            best, best_ds = node, here_ds + goals[node][1]
        for k in range(arcs.start[node], arcs.start[node + 1]):
            there_ds = here_ds + arcs.ds[k]
            head = arcs.head[k]
            if there_ds < reached.get(head, CLOSED_DS):
                reached[head] = there_ds
                came_by[head] = k
                heapq.heappush(waiting, (there_ds, head))
    if best is None:
        return None
    steps: list[int] = []
    node = best
    while node in came_by:
        steps.append(came_by[node])
        node = arcs.tail[steps[-1]]
    return node, steps[::-1], best


STEP_COLUMNS = (
    *("street", "kind", "metres", "seconds", "climb_m", "slope_share", "slowed_by", "doubts"),
)
TO_STREET, FROM_STREET, PARKING = "to the street", "from the street", "parking"
THERE = "there already"
HILL_FACTOR = 1.1
"""A slope that makes a stretch take at least this many times as long is said to slow it."""

Row = dict[str, Any]


def steps_of(
    network: Network,
    mode: TravelMode,
    way: Way,
    *,
    ends: tuple[shapely.Point, shapely.Point],
    placed: tuple[Snapped, Snapped],
) -> list[Row]:
    """Return a way as a table of steps."""
    streets = [
        edge_lines(network)[at.edge[0]].interpolate(at.fraction[0], normalized=True)
        for at in placed
    ]
    before = _walk_row(TO_STREET, [ends[0], streets[0]], way.start_ds)
    after = _walk_row(FROM_STREET, [streets[1], ends[1]], way.end_ds)
    parking = _walk_row(PARKING, [streets[1]] * 2, parking_ds(mode))
    pieces = (_piece_row(network, mode, piece) for piece in way.pieces)
    every = [before, *pieces, parking, after]
    shown = [row for row in every if row["metres"] > 0 or row["ds"] > 0 or row["doubts"]]
    alike = groupby(shown or [before], key=itemgetter("street", "kind", "slowed_by"))
    return [_step(list(rows)) for _, rows in alike]


def parking_ds(mode: TravelMode) -> int:
    """Return the deciseconds spent on parking, once on every trip."""
    return round(mode.parking_s * DS_PER_S)


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
        "line": line,
    }


def _piece_row(network: Network, mode: TravelMode, piece: Piece) -> Row:
    """Describe one stretch of one edge; points such as gates have their own kind."""
    tag_row = int(network.edge_tags[piece.edge])
    tags, cost = network.tag_sets[tag_row], tag_costs(network, mode)[tag_row]
    kind, name = kind_of(tags), int(network.edge_name[piece.edge])
    climb_m, rise_m = _climb_and_rise_m(network, piece)
    gate = is_point(tags) and "barrier" in tags and tags["barrier"] != "kerb"
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
        "line": _piece_line(network, piece),
    }


def _climb_and_rise_m(network: Network, piece: Piece) -> tuple[float, float]:
    """Return the metres climbed on a stretch, and the rise from its start to its end."""
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
    return float(slow_by_hills(network, mode)[0 if piece.ahead else 1][piece.edge])


def _piece_line(network: Network, piece: Piece) -> shapely.LineString:
    line: shapely.LineString = edge_lines(network)[piece.edge]
    if line.length == 0:
        return line
    return substring(line, piece.start, piece.end, normalized=True)


def _step(rows: list[Row]) -> Row:
    """Return one row of the table for neighbouring stretches that are alike."""
    metres, ds, level_ds, climb_m, rise_m = (
        sum(row[key] for row in rows) for key in ("metres", "ds", "level_ds", "climb_m", "rise_m")
    )
    slowed_by = [rows[0]["slowed_by"]]
    if ds >= HILL_FACTOR * level_ds and ds > 0:
        slowed_by.append("uphill stretches" if climb_m > 0 else "steep downhill stretches")
    doubts = dict.fromkeys(doubt for row in rows for doubt in row["doubts"])
    xy = np.vstack([shapely.get_coordinates(row["line"]) for row in rows])
    return {
        "street": rows[0]["street"],
        "kind": rows[0]["kind"],
        "metres": metres,
        "seconds": ds / DS_PER_S,
        "climb_m": climb_m,
        "slope_share": rise_m / metres if metres > 0 else np.nan,
        "slowed_by": "; ".join(filter(None, slowed_by)),
        "doubts": "; ".join(filter(None, doubts)),
        "geometry": shapely.LineString(xy),
    }


AGAINST_ONE_WAY = "one-way street the wrong way"
LEAST_M = 0.5
"""A difference that rounds to no metre is none."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Detour:
    """What a trip avoided."""

    # one row for each reason, in the order met: ``reason``, ``metres`` (0 for gates and other
    # points) and ``places`` (stretches or points)
    avoided: pd.DataFrame
    # metres by which the trip is longer than the walker's, negative where it is shorter
    longer_m: float
    walker_m: float  # metres of the quickest way on foot between the same two points
    # whether the trip is itself on foot, with a pushchair say, and not by car or bicycle
    on_foot: bool

    def facts(self) -> dict[str, Any]:
        """Return what a sentence needs: "29 m of steps without a ramp", 240 m longer."""
        columns = (self.avoided[name].tolist() for name in ("metres", "places", "reason"))
        return {
            "on_foot": self.on_foot,
            "avoided": [
                length_of(metres, reason) if metres > 0 else several(reason, places)
                for metres, places, reason in zip(*columns, strict=True)
            ],
            "longer": metres(self.longer_m) if self.longer_m >= LEAST_M else "",
            "walker": metres(self.walker_m),
        }


def on_foot(mode: TravelMode) -> bool:
    """Return whether a mode is walking with some streets closed to it."""
    # its rules go on from those on foot.
    table = rule_table()
    foot, own = table.rule_set(WALK.rules).ways, table.rule_set(mode.rules).ways
    return own[: len(foot)] == foot


def without_bans(mode: TravelMode) -> TravelMode:
    """Return the walking mode without closures, at this one's pace if it is on foot."""
    return replace(mode, rules=WALK.rules) if on_foot(mode) else WALK


def _reason(network: Network, mode: TravelMode, piece: Piece, *, both: bool) -> str:
    """Return why a stretch is closed."""
    if not both:
        return AGAINST_ONE_WAY
    tag_row = int(network.edge_tags[piece.edge])
    tags = network.tag_sets[tag_row]
    reason = tag_costs(network, mode)[tag_row].reason
    if is_point(tags):
        return barrier_closed(tags, reason)
    # where no line of the rules opens a way, the rules can but name its tag
    return f"{kind_of(tags)}, not open {mode.label}" if reason.startswith("'") else reason


EVERYWHERE_SHARE = 0.9
"""What slows this much of a trip, as traffic does by car, is left to the table."""
MOST_NAMED = 6
"""Streets named in the sentence; the table has them all."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Route:
    """One trip, explained.

    Parameters
    ----------
    origin, site
        What the two ends are called: their ids where they have some.
    mode, direction
        How people travel, and which way.
    steps
        One row for each stretch, in the order of travel: ``street`` (its name, else its kind),
        ``kind``, ``metres``, ``seconds``, ``climb_m`` (metres gone uphill) and ``slope_share``
        (from its start to its end, up positive; both NaN where the network has no heights),
        ``slowed_by`` (the rule or hill that made it slower, "" where none did), ``doubts`` (what
        the map leaves open), ``geometry``. The walk between a point and its street is a step, and
        so is parking; a gate is a step of no length. Sums are the totals.
    metres, minutes
        From door to door, the walks to and from the streets included. The minutes are those of
        `travel_time_matrix` within its cutoff, to the decisecond; a route has no cutoff.
    origin_offset_m, site_offset_m
        Metres from each point to its street.
    avoided
        What a walker could have used and this mode could not, or None where that is nothing.
    provenance
        Where the streets came from.

    Examples
    --------
    >>> from eh_access import PUSHCHAIR, load_origins, load_sites, read_network
    >>> newport, homes = read_network("newport"), load_origins("newport_postcode")
    >>> trip = route(newport, homes.iloc[[0]], load_sites("newport_sites").iloc[[0]], PUSHCHAIR)
    >>> trip.line.geom_type, list(trip.steps.columns)[:4]
    ('LineString', ['street', 'kind', 'metres', 'seconds'])
    """

    origin: str
    site: str
    mode: TravelMode
    direction: Direction
    steps: gpd.GeoDataFrame
    metres: float
    minutes: float
    origin_offset_m: float
    site_offset_m: float
    avoided: Detour | None
    provenance: tuple[Provenance, ...]

    @property
    def line(self) -> shapely.LineString:
        """The whole way from door to door (EPSG:27700)."""
        line = shapely.LineString(shapely.get_coordinates(self.steps.geometry))
        return shapely.remove_repeated_points(line)

    def to_frame(self) -> gpd.GeoDataFrame:
        """Return the steps as a table of their own, EPSG:27700."""
        return self.steps.copy()

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the way from door to door, for print.

        Parameters
        ----------
        ax
            Where to draw; None makes a new figure.

        Returns
        -------
        matplotlib.axes.Axes
            With a line for each stretch, in metres.
        """
        drawn: Axes = delegate(
            "plot_lines",
            self.steps,
            title=self._title(),
            provenance=self.provenance,
            ax=ax,
            color="#12436D",
            linewidth=2,
        )
        return drawn

    def explore(self, *, tiles: str | None = None) -> folium.Map:
        """Return a map of the way, a stretch at a time, to move about in.

        Parameters
        ----------
        tiles
            A background of folium's, "OpenStreetMap" for instance; None asks no server for any.

        Returns
        -------
        folium.Map
            To show, or to keep with ``save``.
        """
        drawn: folium.Map = delegate(
            "explore_lines",
            self.steps,
            title=self._title(),
            provenance=self.provenance,
            tiles=tiles,
        )
        return drawn

    def sentence(self) -> str:
        """Say the trip in plain English.

        Returns
        -------
        str
            Ends, metres, minutes, the longest streets in their order, what slowed it and what it
            had to go round.
        """
        ends = [self.origin, self.site]
        start, end = ends if self.direction == "to_sites" else ends[::-1]
        climb_m = float(self.steps["climb_m"].sum())
        slowed_m = self.steps.groupby("slowed_by")["metres"].sum().drop("", errors="ignore")
        notable = slowed_m[slowed_m < EVERYWHERE_SHARE * self.metres]
        facts = {
            "start": start,
            "end": end,
            "label": self.mode.label,
            "length": metres(self.metres),
            "minutes": f"{self.minutes:.1f}",
            "streets": self._longest(),
            "climb": metres(climb_m) if self.mode.counts_hills and climb_m >= 1 else "",
            # after a colon comes what only the table has room for
            "slowed": [f"{str(r).partition(':')[0]} ({metres(m)})" for r, m in notable.items()],
            "detour": None if self.avoided is None else self.avoided.facts(),
        }
        return str(delegate("phrase", facts, "trips", "route"))

    def _title(self) -> str:
        totals = f"{metres(self.metres)}, {self.minutes:.1f} minutes"
        return f"{self.origin} to {self.site}, {totals}"

    def _longest(self) -> list[str]:
        """Return the longest streets, in their order."""
        streets = self.steps[(self.steps["kind"] != self.steps["street"])]
        by_name = streets.groupby("street", sort=False)["metres"].sum()
        longest = by_name.nlargest(MOST_NAMED, keep="first").index
        return [f"{name} ({metres(m)})" for name, m in by_name.items() if name in longest]

    def _repr_html_(self) -> str:
        table = pd.DataFrame(self.steps.drop(columns="geometry"))
        table["slope_share"] = table["slope_share"].map("{:.0%}".format, na_action="ignore")
        shown = table.to_html(index=False, escape=True, na_rep="", float_format="{:,.0f}".format)
        return f"<p>{html.escape(self.sentence())}</p>{shown}"


@check_arguments
def route(
    network: Network,
    origin: Any,  # noqa: ANN401 - a point in any of the forms people have one in
    site: Any,  # noqa: ANN401 - same
    mode: TravelMode | str,
    *,
    direction: Direction = "to_sites",
) -> Route:
    """Explain the trip between one origin and one site.

    Parameters
    ----------
    network
        The streets.
    origin, site
        A row of a table (``homes.loc["S60 1AA"]`` or ``homes.loc[["S60 1AA"]]``), a GeoSeries of
        one point, a shapely Point or a pair (easting, northing); EPSG:27700 where it does not say.
    mode
        How people travel.
    direction
        ``"to_sites"``, or ``"from_sites"`` for the way home.

    Returns
    -------
    Route
        Steps, line, totals and what was avoided.

    Raises
    ------
    InputError
        If an end has no location, is no point, or lies too far from any street the mode may use,
        or the direction does not exist.
    NotFoundError
        If there is no way between the two.

    Examples
    --------
    >>> from eh_access.modes import WALK, as_mode
    >>> from eh_access.network.build import build_network
    >>> from eh_access.network.build import RawWays
    >>> raw = RawWays(crs="EPSG:27700")
    >>> tags = {"highway": "footway", "name": "Mill Lane"}
    >>> raw.add(7, [(1, 0.0, 0.0), (2, 80.0, 0.0)], tags=tags)
    >>> route(build_network(raw), (0.0, 4.0), (80.0, 0.0), WALK).sentence()
    'From the origin to the site on foot: 84 m, 1.1 minutes, by Mill Lane (80 m).'
    """
    network, mode = as_network(network), as_mode(mode)
    check_direction(direction)
    if not edge_cost(network, mode).main.any():
        raise InputError(f"no street in the network may be used {mode.label}; check its tags")
    homes, origin_name = _one_point(origin, "the origin")
    doors, site_name = _one_point(site, "the site")
    at = (snap(homes, network, mode), snap(doors, network, mode))
    homes, doors = homes.to_crs(CRS), doors.to_crs(CRS)
    _check_placed((origin_name, site_name), at, mode)
    points, placed = (homes, doors), at
    if direction == "from_sites":
        points, placed = points[::-1], placed[::-1]
    ends = (points[0].iloc[0], points[1].iloc[0])
    # then there is no way to go, as travel_time_matrix has it
    there = ends[0].distance(ends[1]) <= SAME_POINT_M
    way = Way((), 0, 0) if there else find_way(network, mode, *placed)
    if way is None:
        raise NotFoundError(
            f"there is no way {mode.label} between {origin_name} and {site_name}: both are on "
            "streets, but the streets between do not join"
        )
    steps = (
        [_step([_walk_row(THERE, list(ends), 0)])]
        if there
        else steps_of(network, mode, way, ends=ends, placed=placed)
    )
    frame = gpd.GeoDataFrame(steps, columns=[*STEP_COLUMNS, "geometry"], crs=CRS)
    metres = float(frame["metres"].sum())
    return Route(
        origin=origin_name,
        site=site_name,
        mode=mode,
        direction=direction,
        steps=frame,
        metres=metres,
        minutes=0.0 if there else (way.ds + parking_ds(mode)) / DS_PER_MIN,
        origin_offset_m=float(at[0].offset_m[0]),
        site_offset_m=float(at[1].offset_m[0]),
        avoided=None if there else _avoided(network, mode, points, metres=metres),
        provenance=network.provenance,
    )


def _avoided(
    network: Network,
    mode: TravelMode,
    points: tuple[gpd.GeoSeries, gpd.GeoSeries],
    *,
    metres: float,
) -> Detour | None:
    """Compare a trip with the walk between the same doors."""
    walker = without_bans(mode)
    if mode.rules == walker.rules or not edge_cost(network, walker).main.any():
        return None
    placed = (snap(points[0], network, walker), snap(points[1], network, walker))
    if any(place.status[0] != OK for place in placed):
        return None
    free = find_way(network, walker, *placed)
    if free is None:
        return None
    cost = edge_cost(network, mode)
    rows: list[tuple[str, float, int]] = []
    last = ""
    for piece in free.pieces:
        ways = (cost.forward_ds[piece.edge], cost.backward_ds[piece.edge])
        here, back = ways if piece.ahead else ways[::-1]
        reason = ""
        if here >= CLOSED_DS:
            reason = _reason(network, mode, piece, both=back >= CLOSED_DS)
            rows.append((reason, piece.metres(network), int(reason != last)))
        last = reason
    if not rows:
        return None
    frame = pd.DataFrame(rows, columns=["reason", "metres", "places"])
    walker_m = float(sum(place.offset_m[0] for place in placed))
    walker_m += sum(piece.metres(network) for piece in free.pieces)
    return Detour(
        avoided=frame.groupby("reason", sort=False).sum().reset_index(),
        longer_m=metres - walker_m,
        walker_m=walker_m,
        on_foot=on_foot(mode),
    )


def _one_point(given: Any, role: str) -> tuple[gpd.GeoSeries, str]:  # noqa: ANN401 - see `route`
    """Return one point and its name."""
    name = role
    if isinstance(given, pd.Series) and not isinstance(given, gpd.GeoSeries):  # a row of a table
        if "geometry" not in given.index:
            raise InputError(f"{role}: this row has no geometry; give a row of a GeoDataFrame")
        name, given = _called(given.get("name"), given.name), given["geometry"]
    if isinstance(given, gpd.GeoDataFrame | gpd.GeoSeries):
        points = given.geometry
        if len(points) != 1:
            raise InputError(f"{role}: {len(points)} rows were given; give one, as in .loc[['id']]")
        if points.crs is None:
            raise InputError(f"{role}: the coordinate system is not stated; use set_crs('{CRS}')")
        is_table = isinstance(given, gpd.GeoDataFrame) and "name" in given.columns
        named = given["name"].iloc[0] if is_table else None
        return points, _called(named, points.index[0])
    if isinstance(given, tuple | list | np.ndarray):
        xy = np.asarray(given, dtype=np.float64)
        if xy.shape != (2,):
            raise InputError(f"{role}: {given} is not a pair (easting, northing) in metres")
        given = shapely.Point(xy) if np.isfinite(xy).all() else None
    if given is not None and not isinstance(given, shapely.Point):
        raise InputError(f"{role}: a {type(given).__name__} is no point; give a Point or a row")
    return gpd.GeoSeries([given], crs=CRS), name


def _called(name: object, own_id: object) -> str:
    """Return a place's name where it has one, else its id."""
    return name if isinstance(name, str) and name else str(own_id)


def _check_placed(names: tuple[str, str], at: tuple[Snapped, Snapped], mode: TravelMode) -> None:
    """Raise InputError for every end that is not on a street."""
    faults = []
    for name, place in zip(names, at, strict=True):
        if place.status[0] == NO_LOCATION:
            faults.append(f"{name}: its location is not known; give it a point")
        elif place.status[0] != OK:
            faults.append(
                f"{name}: {place.offset_m[0]:.0f} m from the nearest street that may be used "
                f"{mode.label}, too far; check its coordinates"
            )
    if faults:
        raise InputError(faults)
