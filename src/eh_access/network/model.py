"""The street network as arrays: where streets are, how they join, what OpenStreetMap says."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np

from eh_access.arguments import instance
from eh_access.delegate import delegate
from eh_access.errors import InputError

if TYPE_CHECKING:
    import folium
    import geopandas as gpd
    import networkx as nx
    from matplotlib.axes import Axes
    from numpy.typing import NDArray
    from scipy.sparse import csr_array
    from shapely.geometry.base import BaseGeometry

    from eh_access.arguments import SearchOptions
    from eh_access.modes import TravelMode
    from eh_access.network.provenance import NetworkDescription, Shortfall
    from eh_access.provenance import Provenance

SHOWN = 5


def as_network(value: object) -> Network:
    """Return what a function was given as its streets; InputError unless it is a Network."""
    return instance("network", value, Network, give="read_network(...)")


def check_network(network: Network) -> None:
    """Raise InputError unless lengths are valid and edges join existing nodes."""
    edges = len(network.edge_from)
    uneven = [
        name
        for name in ("edge_to", "length_m", "edge_tags", "edge_way", "edge_name")
        if len(getattr(network, name)) != edges
    ]
    if uneven:
        raise InputError(
            f"network: {', '.join(uneven)} must have {edges} entries, as edge_from has"
        )
    length_m = network.length_m
    nodes, tags = len(network.node_x), len(network.tag_sets)
    checks = (
        ("length_m", np.isfinite(length_m) & (length_m >= 0), "give metres, 0 or more"),
        ("edge_from", _is_row(network.edge_from, nodes), f"there are {nodes} nodes"),
        ("edge_to", _is_row(network.edge_to, nodes), f"there are {nodes} nodes"),
        ("edge_tags", _is_row(network.edge_tags, tags), f"there are {tags} sets of tags"),
    )
    faults = []
    for name, sound, remedy in checks:
        bad = np.flatnonzero(~sound).tolist()
        values, ways = getattr(network, name), network.edge_way
        faults += [
            f"network, edge {edge} (way {int(ways[edge])}): {name} is {values[edge]}; {remedy}"
            for edge in bad[:SHOWN]
        ]
        if len(bad) > SHOWN:
            faults.append(f"network: {len(bad) - SHOWN} more edges have a fault in {name}")
    if faults:
        raise InputError(faults)


def _is_row(numbers: NDArray[np.int32], count: int) -> NDArray[np.bool_]:
    return (numbers >= 0) & (numbers < count)


def runs(
    first: NDArray[np.integer[Any]], sizes: NDArray[np.integer[Any]]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where runs of rows begin once they stand one after the other, and those rows."""
    start = np.concatenate([[0], np.cumsum(sizes)])
    return start, np.arange(start[-1]) + np.repeat(first - start[:-1], sizes)


def parts_of(
    start: NDArray[np.int64], edges: NDArray[np.integer[Any]]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where some edges' parts begin once they stand alone, and the rows they are in now."""
    return runs(start[edges], start[edges + 1] - start[edges])


CLOSED_DS: int = 2**30
"""Deciseconds that mean "may not be used". Two of them do not fit into 32 bits: where one may be
added to anything the sum is made in 64, or it is cut to less first."""

JOINS_KEY = "topology"
"""What `Network.remember` keeps by this name depends on how edges join nodes, nothing else."""

Direction = Literal["to_sites", "from_sites"]
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class EdgeCost:
    """What each edge costs one mode, both ways."""

    # int32 arrays, one value per edge: deciseconds along ``edge_from -> edge_to`` and back;
    # ``CLOSED_DS`` where the mode may not go
    forward_ds: NDArray[np.int32]
    backward_ds: NDArray[np.int32]
    # bool array per edge: it belongs to the largest part of the network in which every place can
    # be reached from every other by this mode. Points are placed only on such edges
    main: NDArray[np.bool_]

    @property
    def is_open(self) -> NDArray[np.bool_]:
        """Whether the mode may use each edge in at least one direction."""
        return (self.forward_ds < CLOSED_DS) | (self.backward_ds < CLOSED_DS)


@dataclass(frozen=True, eq=False)
class Heights:
    """Heights at equal steps along every edge, both ends included."""

    start: NDArray[np.int64]  # int64 (edges + 1,), where each edge's heights begin in ``metres``
    # float32 (points,), metres above sea level to the centimetre, along ``edge_from -> edge_to``;
    # NaN where the height is not known
    metres: NDArray[np.float32]
    source: str = ""  # where the heights come from, for a sentence: ``"OS Terrain 50"``

    def __post_init__(self) -> None:
        self.start.flags.writeable = False
        self.metres.flags.writeable = False

    def along(self, edge: int) -> NDArray[np.float32]:
        """Return the heights along one edge."""
        return self.metres[self.start[edge] : self.start[edge + 1]]

    @property
    def pieces(self) -> NDArray[np.int64]:
        """Number of pieces each edge is cut into, int64 (edges,)."""
        return np.diff(self.start) - 1

    def steps(self) -> NDArray[np.float64]:
        """Return the rise of every piece, edge after edge, float64 (pieces,)."""
        rise = np.diff(self.metres.astype(np.float64))
        within = np.ones(len(self.metres), dtype=bool)
        within[self.start[1:] - 1] = False
        return rise[within[:-1]]

    def mean_of_pieces(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Average a value of every piece over each edge."""
        if not len(values):
            return np.zeros(0)
        first = self.start[:-1] - np.arange(len(self.start) - 1)
        return np.add.reduceat(values, first) / self.pieces


@dataclass(frozen=True, eq=False, kw_only=True)
class Network:
    """Streets as immutable arrays, in metres on the British National Grid (EPSG:27700).

    An edge is a stretch of street between two nodes, drawn once however many ways it may be used;
    what it costs, and in which direction it may be used, is worked out for each mode from its tags.
    Nodes are numbered in the order the search engine likes (near nodes have near numbers).

    Parameters
    ----------
    node_x, node_y
        float64 (nodes,), metres.
    edge_from, edge_to
        int32 (edges,), node numbers.
    length_m
        float64 (edges,), metres along the street.
    edge_tags
        int32 (edges,), row of ``tag_sets``.
    tag_sets
        The distinct sets of OpenStreetMap tags that matter here (names are kept apart).
    edge_way
        int64 (edges,), OpenStreetMap way id, 0 where there is none.
    edge_name
        int32 (edges,), row of ``names``, -1 where the street has no name.
    names
        Street names.
    geometry_start
        int64 (edges + 1,), where each edge's vertices begin in ``geometry_xy``.
    geometry_xy
        float64 (vertices, 2), metres, end points included.
    covered
        The area in which streets are complete, or None if unknown. Trips that touch its rim may
        have been cut short.
    provenance
        Where the streets came from, and the heights if there are any.
    heights
        How high each street lies along its way, or None if that is not known: then every street
        counts as level (see ``network/terrain.py``).
    not_recorded
        OpenStreetMap keys that the source of these streets dropped: that no street carries one of
        them says nothing about the street.
    shortfalls
        What was left out or replaced when the source was read, counted.

    Raises
    ------
    InputError
        If a length is missing, negative or infinite, or an edge names a node or a set of tags that
        is not there.
    """

    node_x: NDArray[np.float64]
    node_y: NDArray[np.float64]
    edge_from: NDArray[np.int32]
    edge_to: NDArray[np.int32]
    length_m: NDArray[np.float64]
    edge_tags: NDArray[np.int32]
    tag_sets: tuple[Mapping[str, str], ...]
    edge_way: NDArray[np.int64]
    edge_name: NDArray[np.int32]
    names: tuple[str, ...]
    geometry_start: NDArray[np.int64]
    geometry_xy: NDArray[np.float64]
    covered: BaseGeometry | None
    provenance: tuple[Provenance, ...]
    heights: Heights | None = None
    not_recorded: tuple[str, ...] = ()
    shortfalls: tuple[Shortfall, ...] = ()
    _memory: dict[Hashable, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        for value in vars(self).values():
            if isinstance(value, np.ndarray):
                value.flags.writeable = False
        check_network(self)

    def __repr__(self) -> str:
        """Return the size of the network and its source."""
        source = self.provenance[0].title if self.provenance else "made by hand"
        size = f"{self.node_count:,} nodes, {self.edge_count:,} streets"
        return f"<Network: {size}, {self.length_m.sum() / 1000:,.0f} km; {source}>"

    @property
    def node_count(self) -> int:
        """Number of nodes."""
        return len(self.node_x)

    @property
    def edge_count(self) -> int:
        """Number of edges."""
        return len(self.edge_from)

    def to_csr(self, mode: TravelMode | str, *, direction: Direction = "from_sites") -> csr_array:
        """Return what the streets cost a mode as a sparse matrix, for checking from outside.

        Parameters
        ----------
        mode
            How people travel.
        direction
            ``"from_sites"``: entry (u, v) is the street from u to v. ``"to_sites"``: turned round,
            so that a search from a site finds the times to it.

        Returns
        -------
        scipy.sparse.csr_array
            float64 (nodes, nodes), seconds (whole tenths), nodes in this network's order; of
            parallel streets the cheapest, and no street from a node to itself. A barrier that may
            be passed costs nothing: it is stored as a zero, which scipy's searches take for an
            arc, unlike a missing entry. ``eliminate_zeros`` would break it.

        Raises
        ------
        InputError
            If the direction does not exist.

        Examples
        --------
        >>> from eh_access import example_street
        >>> example_street()[0].to_csr("walk").toarray()
        array([[  0., 600.],
               [600.,   0.]])
        """
        matrix: csr_array = delegate("street_matrix", self, mode, direction=direction)
        return matrix

    def one_to_all(
        self,
        nodes: Sequence[int] | NDArray[np.integer[Any]],
        *,
        mode: TravelMode | str,
        direction: Direction = "from_sites",
        options: SearchOptions | None = None,
        rows: Sequence[int] | NDArray[np.integer[Any]] | None = None,
    ) -> NDArray[np.float32]:
        """Return the minutes from (or to) some nodes to (or from) every node.

        Parameters
        ----------
        nodes
            Node numbers.
        mode
            How people travel.
        direction
            ``"from_sites"``: from the nodes given to every node; ``"to_sites"``: the other way.
        options
            How to search (`routing.engine.SearchOptions`); changes no result.
        rows
            Nodes whose minutes are wanted, in the order wanted; None means all, in this network's
            own order.

        Returns
        -------
        numpy.ndarray
            float32 (nodes of the network or rows, nodes given), minutes, ``inf`` where no way.

        Raises
        ------
        InputError
            If a node or the direction does not exist.

        Examples
        --------
        >>> from eh_access import WALK, example_street
        >>> network, _, _ = example_street()
        >>> network.one_to_all([0], mode=WALK)
        array([[ 0.],
               [10.]], dtype=float32)
        """
        minutes: NDArray[np.float32] = delegate(
            "minutes_from_nodes",
            self,
            nodes,
            mode=mode,
            direction=direction,
            options=options,
            rows=rows,
        )
        return minutes

    def to_frame(self) -> gpd.GeoDataFrame:
        """Return the streets as a table, one row an edge.

        Returns
        -------
        geopandas.GeoDataFrame
            ``edge_from`` and ``edge_to`` (node numbers), ``length_m``, ``osm_way_id``, ``name`` (""
            where it has none), ``highway`` and ``geometry`` (EPSG:27700).

        Examples
        --------
        >>> from eh_access import example_street
        >>> example_street()[0].to_frame()[["edge_from", "edge_to", "length_m", "highway"]]
           edge_from  edge_to  length_m  highway
        0          0        1     800.0  footway
        """
        streets: gpd.GeoDataFrame = delegate("street_frame", self)
        return streets

    def to_networkx(self, mode: TravelMode | str) -> nx.MultiDiGraph:
        """Return the streets a mode may use as a graph, as OSMnx has them.

        Parameters
        ----------
        mode
            How people travel.

        Returns
        -------
        networkx.MultiDiGraph
            Nodes by number with ``x`` and ``y`` in metres; an edge for each way along, with
            ``length`` (metres), ``travel_time`` (seconds), ``name``, ``highway`` and ``osmid``;
            ``graph["crs"]`` is EPSG:27700. OSMnx's and networkx's functions work on it.

        Examples
        --------
        >>> from eh_access import example_street
        >>> import networkx as nx
        >>> streets = example_street()[0].to_networkx("walk")
        >>> nx.shortest_path_length(streets, 0, 1, weight="travel_time")
        600.0
        """
        graph: nx.MultiDiGraph = delegate("street_graph", self, mode)
        return graph

    def plot(self, ax: Axes | None = None, **style: Any) -> Axes:  # noqa: ANN401 - matplotlib's own
        """Draw the streets, for print.

        Parameters
        ----------
        ax
            Where to draw; None makes a new figure.
        **style
            As for ``GeoDataFrame.plot``.

        Returns
        -------
        matplotlib.axes.Axes
            With the streets, in metres.

        Examples
        --------
        >>> from eh_access import example_street
        >>> import matplotlib.pyplot as plt
        >>> plt.close(example_street()[0].plot().figure)
        """
        options = {"title": "Streets", "color": "#6b6b6b", "linewidth": 0.5, **style}
        drawn: Axes = delegate(
            "plot_lines", self.to_frame(), ax=ax, provenance=self.provenance, **options
        )
        return drawn

    def explore(self, *, tiles: str | None = None) -> folium.Map:
        """Return a map of the streets, to move about in.

        Parameters
        ----------
        tiles
            A background of folium's, "OpenStreetMap" for instance; None asks no server for any.

        Returns
        -------
        folium.Map
            To show, or to keep with ``save``; a whole town's streets take many megabytes.

        Examples
        --------
        >>> from eh_access import example_street
        >>> "footway" in example_street()[0].explore().get_root().render()
        True
        """
        drawn: folium.Map = delegate(
            "explore_lines",
            self.to_frame(),
            title="Streets",
            provenance=self.provenance,
            tiles=tiles,
        )
        return drawn

    def remember(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return ``make()``, worked out once for each key: the network never changes.

        Parameters
        ----------
        key
            What is wanted, for example ``("cost", mode)``.
        make
            Works it out from this network alone.

        Returns
        -------
        object
            What ``make`` returned the first time.
        """
        if key not in self._memory:
            self._memory[key] = make()
        return self._memory[key]  # type: ignore[no-any-return]

    def describe(self) -> NetworkDescription:
        """Return what the network holds, as tables and as a few facts to print.

        Returns
        -------
        NetworkDescription
            Kilometres by class and mode, connection, doubts, slopes, sources.

        Examples
        --------
        >>> from eh_access import read_network
        >>> read_network("newport").describe().facts()[0]
        ('Streets', '968 km')
        """
        description: NetworkDescription = delegate("describe", self)
        return description

    def remembers(self, key: Hashable) -> bool:
        """Whether `remember` has the answer for a key already."""
        return key in self._memory

    def recall(self, key: Hashable) -> Any:  # noqa: ANN401 - whatever `remember` was given
        """Return what `remember` has for a key; KeyError if nothing."""
        return self._memory[key]
