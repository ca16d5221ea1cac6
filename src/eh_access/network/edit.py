"""Change streets for a scenario: close, limit, link."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import geopandas as gpd
import numpy as np
import shapely

from eh_access.arguments import check_arguments, number
from eh_access.errors import InputError, NotFoundError, did_you_mean
from eh_access.modes import CYCLE, DRIVE, WALK, TravelMode
from eh_access.network.build import CM_PER_M, edge_lengths
from eh_access.network.model import JOINS_KEY, Heights, Network
from eh_access.network.rules import evaluate
from eh_access.network.snapping import OK, edge_lines, snap
from eh_access.provenance import Provenance
from eh_access.tables import CRS

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

AT_HAND_M = 0.5
"""A crossing this near to where a link would join a street serves as its end."""
HEIGHT_STEP_M = 50.0
LONGEST_M = 100_000.0
ROUNDING_M = 0.1
"""Metres a length given may fall short of the straight line: figures are rounded."""


@dataclass(frozen=True, kw_only=True)
class AddLink:
    """A new way between two places, such as a footbridge.

    Each end joins the nearest street that whoever may use the link may use too; the street is cut
    there unless a crossing is at hand.

    Parameters
    ----------
    start, end
        Easting and northing (EPSG:27700).
    tags
        OpenStreetMap tags; a footway if not given.
    length_m
        Metres from street to street, no less than the straight line; None measures that.
    name
        What it is called.
    max_join_m
        Metres from each end to its street at most.

    Examples
    --------
    >>> AddLink(start=(440_000, 390_000), end=(440_050, 390_000)).words
    'new footway from 440000,390000 to 440050,390000'
    """

    start: tuple[float, float]
    end: tuple[float, float]
    tags: Mapping[str, str] = field(default_factory=lambda: {"highway": "footway"})
    length_m: float | None = None
    name: str = ""
    max_join_m: float = 50.0

    def __post_init__(self) -> None:
        faults: list[str] = []
        try:
            ends = np.asarray([self.start, self.end], np.float64).reshape(2, 2)
            finite = bool(np.isfinite(ends).all())
        except (TypeError, ValueError):
            finite = False
        if not finite:
            faults.append("AddLink: start and end need eastings and northings in metres")
        for name, value in (("length_m", self.length_m), ("max_join_m", self.max_join_m)):
            try:
                if value is not None:
                    where = f"AddLink: {name}"
                    number(where, value, low=0, high=LONGEST_M, may_be_low=False, unit="metres")
            except InputError as error:
                faults += error.faults
        if faults:
            raise InputError(faults)

    @property
    def words(self) -> str:
        """The change in words."""
        kind = self.tags.get("highway", "link")
        ends = [f"{x:.0f},{y:.0f}" for x, y in (self.start, self.end)]
        return f"new {self.name or kind} from {ends[0]} to {ends[1]}"


def add_link(network: Network, link: AddLink) -> Network:
    """Return the network with a link added."""
    ends = np.array([link.start, link.end], dtype=np.float64)
    at = snap(
        gpd.GeoSeries(shapely.points(ends), crs=CRS),
        network,
        _mode_of(link.tags),
        max_offset_m=link.max_join_m,
    )
    faults = [
        f"new link: its {which} ({x:.0f}, {y:.0f}) is {offset:.0f} m from the nearest street it "
        f"could join; give a place within {link.max_join_m:g} m, or a larger max_join_m"
        for which, (x, y), offset, status in zip(
            ("start", "end"), ends, at.offset_m, at.status, strict=True
        )
        if status != OK
    ]
    if faults:
        raise InputError(faults)
    (first, last), (share, other) = at.edge.tolist(), at.fraction.tolist()
    cut, a = cut_edge(network, first, share)
    if last == first and cut.edge_count > network.edge_count:  # cut before: which part is it on?
        behind = other > share
        last = network.edge_count if behind else first
        other = (other - share) / (1 - share) if behind else other / share
    cut, b = cut_edge(cut, last, other)
    if a == b:
        raise InputError("new link: both ends are at the same place on the same street")
    return _join(cut, a, b, link)


def _mode_of(tags: Mapping[str, str]) -> TravelMode:
    for mode in (WALK, CYCLE, DRIVE):
        if evaluate(tags, mode).is_open:
            return mode
    raise InputError(f"new link: nobody may use it with tags {dict(tags)}; check them")


def cut_edge(network: Network, edge: int, share: float) -> tuple[Network, int]:
    """Cut an edge in two and return the network and the node between."""
    length_m = float(network.length_m[edge])
    if share * length_m <= AT_HAND_M:
        return network, int(network.edge_from[edge])
    if (1 - share) * length_m <= AT_HAND_M:
        return network, int(network.edge_to[edge])
    begin, end = network.geometry_start[edge], network.geometry_start[edge + 1]
    before, after = _cut_line(network.geometry_xy[begin:end], share)
    low, high = _cut_heights(network.heights, edge, share, length_m)
    row = {name: getattr(network, name)[edge] for name in COLUMNS}
    node = network.node_count
    first = row | {"edge_to": node, "length_m": share * length_m}
    second = row | {"edge_from": node, "length_m": (1 - share) * length_m}
    network = replace(
        network,
        node_x=np.append(network.node_x, after[0, 0]),
        node_y=np.append(network.node_y, after[0, 1]),
    )
    network = _put_edge(network, edge, first, line=before, metres=low)
    return _put_edge(network, network.edge_count, second, line=after, metres=high), node


COLUMNS = ("edge_from", "edge_to", "length_m", "edge_tags", "edge_way", "edge_name")


def _put_edge(
    network: Network,
    edge: int,
    row: Mapping[str, Any],
    *,
    line: NDArray[np.float64],
    metres: NDArray[np.float32],
) -> Network:
    """Return the network with another edge by a number, which may be the next."""

    def put(values: NDArray[Any], value: object) -> NDArray[Any]:
        values = np.append(values, values[:1]) if edge == len(values) else values.copy()
        values[edge] = value
        return values

    def put_part(
        start: NDArray[np.int64], values: NDArray[Any], part: NDArray[Any]
    ) -> tuple[NDArray[np.int64], NDArray[Any]]:
        start = np.append(start, start[-1]) if edge == len(start) - 1 else start.copy()
        begin, end = start[edge], start[edge + 1]
        start[edge + 1 :] += len(part) - (end - begin)
        return start, np.concatenate([values[:begin], part, values[end:]])

    start, xy = put_part(network.geometry_start, network.geometry_xy, line)
    heights = network.heights
    if heights is not None:
        heights = Heights(*put_part(heights.start, heights.metres, metres), heights.source)
    columns: dict[str, Any] = {
        name: put(getattr(network, name), value) for name, value in row.items()
    }
    return replace(
        network, **columns, geometry_start=start, geometry_xy=xy, heights=heights, _memory={}
    )


def _cut_line(
    line: NDArray[np.float64], share: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Cut a line; the place of the cut is kept to the centimetre and belongs to both parts."""
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    where = share * along[-1]
    exact = [[np.interp(where, along, line[:, axis]) for axis in (0, 1)]]
    place = np.rint(np.array(exact) * CM_PER_M) / CM_PER_M
    return (
        np.concatenate([line[along < where], place]),
        np.concatenate([place, line[along > where]]),
    )


def _cut_heights(
    heights: Heights | None, edge: int, share: float, length_m: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Read the heights of both parts off the whole."""
    whole = np.full(2, np.nan) if heights is None else heights.along(edge)
    at = np.linspace(0.0, 1.0, len(whole))
    before, after = (
        np.interp(np.linspace(low, high, _steps((high - low) * length_m)), at, whole)
        for low, high in ((0.0, share), (share, 1.0))
    )
    return before.astype(np.float32), after.astype(np.float32)


def _steps(length_m: float) -> int:
    return max(1, round(length_m / HEIGHT_STEP_M)) + 1


def _join(network: Network, a: int, b: int, link: AddLink) -> Network:
    """Add the link's own edge; its heights go evenly from end to end."""
    nodes = np.array([(network.node_x[v], network.node_y[v]) for v in (a, b)])
    line = np.array([nodes[0], link.start, link.end, nodes[1]], dtype=np.float64)
    line = np.rint(line * CM_PER_M) / CM_PER_M
    moved = np.any(np.diff(line, axis=0) != 0, axis=1)
    line = line[np.concatenate([[True], moved])]
    measured = edge_lengths(line, np.array([0, len(line)]))[0]
    straight_m = float(np.hypot(*(nodes[1] - nodes[0])))
    if link.length_m is not None and link.length_m < straight_m - ROUNDING_M:
        raise InputError(
            f"AddLink: length_m is {link.length_m:g}, but the places where it joins streets are "
            f"{straight_m:.0f} m apart; give as much or more, or None to measure it"
        )
    names = list(network.names)
    if link.name and link.name not in names:
        names.append(link.name)
    row = {
        "edge_from": a,
        "edge_to": b,
        "length_m": link.length_m or measured,
        "edge_tags": len(network.tag_sets),
        "edge_way": 0,
        "edge_name": names.index(link.name) if link.name else -1,
    }
    tag_sets = (*network.tag_sets, dict(link.tags))
    network = replace(network, tag_sets=tag_sets, names=tuple(names))
    metres = np.array([_height_of(network, node) for node in (a, b)], dtype=np.float32)
    return _put_edge(network, network.edge_count, row, line=line, metres=metres)


def _height_of(network: Network, node: int) -> float:
    """Return the height of a node, as some street that ends there has it."""
    heights = network.heights
    for ends, place in ((network.edge_from, 0), (network.edge_to, -1)):
        at_node = np.flatnonzero(ends == node)
        if heights is not None and len(at_node):
            return float(heights.along(at_node[0])[place])
    return float("nan")


Barred = Literal["everyone", "foot", "bicycle", "motor_vehicle"]
BARRED: tuple[Barred, ...] = get_args(Barred)
CLASSES: Mapping[Barred, tuple[str, ...]] = {
    "foot": ("foot",),
    "bicycle": ("bicycle",),
    "motor_vehicle": ("motor_vehicle", "motorcar"),
}
"""The tags a closure sets to "no": a more specific one left standing would open the street again,
and one for certain times or directions no longer counts."""


@dataclass(frozen=True, kw_only=True)
class _Streets:
    """Which streets a change touches: those that meet every condition given."""

    edges: tuple[int, ...] = ()  # edge numbers
    way: int | None = None  # openStreetMap way id
    name: str | None = None  # street name, as it is written
    within: BaseGeometry | None = None  # area (EPSG:27700) that holds the middle of the edge

    def __post_init__(self) -> None:
        if not self.edges and self.way is None and self.name is None and self.within is None:
            raise InputError(
                f"{type(self).__name__}: say which streets: edges, way, name or within"
            )

    @property
    def where(self) -> str:
        """The streets meant, in words."""
        parts = [f"edges {', '.join(map(str, self.edges))}"] if self.edges else []
        parts += [] if self.way is None else [f"way {self.way}"]
        parts += [] if self.name is None else [self.name]
        parts += [] if self.within is None else ["in an area"]
        return " ".join(parts)


@dataclass(frozen=True, kw_only=True)
class CloseStreet(_Streets):
    """Streets that nobody may use any more, or some may not.

    Parameters
    ----------
    to
        ``"everyone"``, or one of ``"foot"``, ``"bicycle"``, ``"motor_vehicle"``, whatever more
        specific tags such as ``motorcar=yes`` say.

    Examples
    --------
    >>> CloseStreet(name="High Street", to="motor_vehicle").words
    'closed to motor_vehicle: High Street'
    """

    to: Barred = "everyone"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.to not in BARRED:
            raise InputError(f"CloseStreet: to is '{self.to}'; {did_you_mean(self.to, BARRED)}")

    @property
    def words(self) -> str:
        """The change in words."""
        return f"closed to {self.to}: {self.where}"

    def retag(self, tags: Mapping[str, str]) -> dict[str, str]:
        """Return the tags of a street once it is closed."""
        if self.to != "everyone":
            members = CLASSES[self.to]
            kept = {key: tags[key] for key in tags if key.split(":")[0] not in members}
            return kept | dict.fromkeys(members, "no")
        return {key: tags[key] for key in ("highway", "barrier") if key in tags} | {"access": "no"}


@dataclass(frozen=True, kw_only=True)
class SetSpeedLimit(_Streets):
    """Streets with another speed limit for vehicles.

    Parameters
    ----------
    mph
        Miles per hour, as on the signs.

    Examples
    --------
    >>> SetSpeedLimit(name="High Street", mph=20).words
    'limit of 20 mph: High Street'
    """

    mph: float

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.mph <= 70:  # noqa: PLR2004 - the law's own limit
            raise InputError(f"SetSpeedLimit: mph is {self.mph}; give a limit above 0, at most 70")

    @property
    def words(self) -> str:
        """The change in words."""
        return f"limit of {self.mph:g} mph: {self.where}"

    def retag(self, tags: Mapping[str, str]) -> dict[str, str]:
        """Return the tags of a street with the limit."""
        kept = {key: value for key, value in tags.items() if not key.startswith("maxspeed")}
        return {**kept, "maxspeed": f"{self.mph:g} mph"}


StreetChange: TypeAlias = CloseStreet | SetSpeedLimit | AddLink


@check_arguments
def change_streets(network: Network, changes: Sequence[StreetChange]) -> Network:
    """Return the network with changes made: closures and limits first, then new links.

    Parameters
    ----------
    network
        The streets as they are; left untouched.
    changes
        What to change.

    Returns
    -------
    Network
        The same nodes and edges by the same numbers, then those a new link added. Each change is
        named in its provenance. Without changes, the network itself.

    Raises
    ------
    NotFoundError
        If a change names streets that are not there.
    InputError
        If a new link ends too far from any street it could join.

    Examples
    --------
    >>> from eh_access import example_street
    >>> closed = change_streets(example_street()[0], [CloseStreet(way=7)])
    >>> closed.one_to_all([0], mode="walk")
    array([[ 0.],
           [inf]], dtype=float32)
    """
    on_streets = [change for change in changes if isinstance(change, _Streets)]
    chosen = [_edges_of(network, change) for change in on_streets]
    faults = [
        f"no street for '{change.words}'{_hint(network, change)}"
        for change, edges in zip(on_streets, chosen, strict=True)
        if not len(edges)
    ]
    if faults:
        raise NotFoundError("; ".join(faults))
    for change, edges in zip(on_streets, chosen, strict=True):
        network = _credited(_retag(network, edges, change), change)
    for link in (change for change in changes if isinstance(change, AddLink)):
        network = _credited(add_link(network, link), link)
    return network


def _credited(network: Network, change: StreetChange) -> Network:
    """Add a change to the provenance."""
    entry = Provenance(
        title=f"Change to the streets: {change.words}", publisher="this scenario", licence="none"
    )
    return replace(network, provenance=(*network.provenance, entry), _memory=_kept(network))


def _kept(network: Network) -> dict[Hashable, Any]:
    """Return what the network remembers that depends on nothing but how edges join nodes."""
    return {JOINS_KEY: network.recall(JOINS_KEY)} if network.remembers(JOINS_KEY) else {}


def _edges_of(network: Network, streets: _Streets) -> NDArray[np.intp]:
    chosen = np.ones(network.edge_count, dtype=bool)
    if streets.edges:
        chosen &= np.isin(np.arange(network.edge_count), streets.edges)
        beyond = [e for e in streets.edges if not 0 <= e < network.edge_count]
        chosen &= not beyond
    if streets.way is not None:
        chosen &= network.edge_way == streets.way
    if streets.name is not None:
        row = network.names.index(streets.name) if streets.name in network.names else -2
        chosen &= network.edge_name == row
    edges = np.flatnonzero(chosen)
    if streets.within is not None and len(edges):
        lines = edge_lines(network)[edges]
        middles = shapely.line_interpolate_point(lines, 0.5, normalized=True)
        edges = edges[shapely.covers(streets.within, middles)]
    return edges


def _hint(network: Network, streets: _Streets) -> str:
    if streets.name is not None and streets.name not in network.names:
        return f": {did_you_mean(streets.name, network.names)}"
    if any(not 0 <= edge < network.edge_count for edge in streets.edges):
        return f": the network has edges 0 to {network.edge_count - 1}"
    return ": nothing there meets every condition"


def _retag(
    network: Network, edges: NDArray[np.intp], change: CloseStreet | SetSpeedLimit
) -> Network:
    """Give edges the tags they have once a change is made."""
    tag_sets = list(network.tag_sets)
    rows = {tuple(sorted(tags.items())): row for row, tags in enumerate(tag_sets)}
    edge_tags = network.edge_tags.copy()
    for old in np.unique(edge_tags[edges]).tolist():
        tags = change.retag(network.tag_sets[old])
        row = rows.setdefault(tuple(sorted(tags.items())), len(tag_sets))
        if row == len(tag_sets):
            tag_sets.append(tags)
        edge_tags[edges[network.edge_tags[edges] == old]] = row
    return replace(network, edge_tags=edge_tags, tag_sets=tuple(tag_sets), _memory=_kept(network))
