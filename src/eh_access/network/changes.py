"""Streets as a scenario: close one, change a speed limit, add a link. The base is left as it is.

Nodes and edges that were there keep their numbers, so the engine's order still holds: it works out
its costs anew, and after a new link which shortcuts there are, but nothing is sorted again. That
takes milliseconds (docs/benchmarks.md).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import shapely

from eh_access.errors import InputError, NotFoundError, did_you_mean
from eh_access.network.links import AddLink, add_link
from eh_access.network.model import JOINS_KEY, Network, Provenance

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

Barred = Literal["everyone", "foot", "bicycle", "motor_vehicle"]
BARRED: tuple[Barred, ...] = ("everyone", "foot", "bicycle", "motor_vehicle")
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
    >>> from eh_access.modes import WALK
    >>> from eh_access.network.build import build_network
    >>> from eh_access.network.raw import RawWays
    >>> raw = RawWays(crs="EPSG:27700")
    >>> raw.add(7, [(1, 0.0, 0.0), (2, 80.0, 0.0)], tags={"highway": "footway"})
    >>> closed = change_streets(build_network(raw), [CloseStreet(way=7)])
    >>> closed.one_to_all([0], mode=WALK)
    array([[ 0.],
           [inf]], dtype=float32)
    """
    chosen = _check(network, changes)
    for change, edges in zip(changes, chosen, strict=True):
        if not isinstance(change, AddLink):
            network = _told(_retag(network, edges, change), change)
    for change in changes:
        if isinstance(change, AddLink):
            network = _told(add_link(network, change), change)
    return network


def _told(network: Network, change: StreetChange) -> Network:
    """Name a change in the provenance."""
    told = Provenance(
        title=f"Change to the streets: {change.words}", publisher="this scenario", licence="none"
    )
    return replace(network, provenance=(*network.provenance, told), _memory=_kept(network))


def _kept(network: Network) -> dict[Hashable, Any]:
    """Return what the network remembers that depends on nothing but how edges join nodes."""
    return {JOINS_KEY: network.recall(JOINS_KEY)} if network.remembers(JOINS_KEY) else {}


def _check(network: Network, changes: Sequence[StreetChange]) -> list[NDArray[np.intp]]:
    """Find the streets of every change, gathering every fault."""
    faults: list[str] = []
    chosen = []
    for change in changes:
        edges = np.empty(0, dtype=np.intp)
        if isinstance(change, _Streets):
            edges = _edges_of(network, change)
            if not len(edges):
                faults.append(f"no street for '{change.words}'{_hint(network, change)}")
        chosen.append(edges)
    if faults:
        raise NotFoundError("; ".join(faults))
    return chosen


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
        lines = [
            network.geometry_xy[network.geometry_start[e] : network.geometry_start[e + 1]]
            for e in edges
        ]
        middles = [
            shapely.line_interpolate_point(shapely.LineString(xy), 0.5, normalized=True)
            for xy in lines
        ]
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
