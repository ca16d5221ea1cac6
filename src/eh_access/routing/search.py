"""Choose a search and run it on the bare network."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eh_access.arguments import Engine, SearchOptions, check_arguments, node_numbers
from eh_access.errors import InputError
from eh_access.modes import as_mode
from eh_access.network.cost import edge_cost
from eh_access.network.model import CLOSED_DS, JOINS_KEY, as_network
from eh_access.routing.graph import search_graph
from eh_access.routing.travel_times import DIRECTIONS, Direction

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from eh_access.modes import TravelMode
    from eh_access.network.model import Network
    from eh_access.routing.engine.hierarchy import Metric
    from eh_access.routing.engine.topology import Topology

log = logging.getLogger(__name__)

HIERARCHY_PAYS_FROM = 16
"""Sites from which on sorting the streets first is quicker than searching from each site: about
what the sorting costs in searches (docs/benchmarks.md)."""
CUSTOMISING_PAYS_FROM = 4
"""The same where the streets are sorted already and only this mode's costs must be worked out."""
SITES_AT_ONCE = 64
"""Sites searched from before their times at the places are picked out."""
SEARCHED_DS = 2**28
"""Deciseconds from which on a place counts as out of reach (most of a year)."""
SHIFT = 32
"""Deciseconds times 2**32 plus a site's number: the lesser of two is the nearer site, and of sites
equally near the one that comes first."""
NONE = np.int64(SEARCHED_DS) << SHIFT
"""From here on nothing is reached."""
Places = tuple["NDArray[np.int32]", "NDArray[np.int32]"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Job:
    """From where to where, which way, and how far."""

    # int32 (sites, k, 2): nodes beside each site and deciseconds between; node -1 for none
    seeds: NDArray[np.int32]
    # two int32 (places, ends) arrays: nodes beside each place (-1: none), deciseconds between
    places: Places
    direction: Direction  # ``"to_sites"`` or ``"from_sites"``
    limit_ds: int = SEARCHED_DS - 1  # nothing further than this many deciseconds is wanted


def topology(network: Network) -> Topology:
    """Return the network's hierarchy of arcs and shortcuts, built once for all modes."""
    from eh_access.routing.engine.topology import build_topology  # noqa: PLC0415 - compiled code

    return network.remember(
        JOINS_KEY, lambda: build_topology(network.node_count, network.edge_from, network.edge_to)
    )


def metric(network: Network, mode: TravelMode, *, direction: Direction) -> Metric:
    """Return the hierarchy customised for a mode and a direction, once for each."""
    from eh_access.routing.engine import hierarchy  # noqa: PLC0415 - compiled code is loaded when used

    def make() -> Metric:
        cost = edge_cost(network, mode)
        ways = (cost.forward_ds, cost.backward_ds)
        there, back = ways if direction == "from_sites" else ways[::-1]
        return hierarchy.customise(topology(network), there, back)

    return network.remember(("metric", mode, direction), make)


def choose(
    network: Network, mode: TravelMode, direction: Direction, sites: int, options: SearchOptions
) -> Engine:
    """Return the engine asked for, or the faster one for a search, and log the reason."""
    if options.engine != "auto":
        return options.engine
    if network.remembers(("metric", mode, direction)):
        pays_from, state = 1, "sorted for this mode already"
    elif network.remembers(JOINS_KEY):
        pays_from, state = CUSTOMISING_PAYS_FROM, "sorted, but not for this mode"
    else:
        pays_from, state = HIERARCHY_PAYS_FROM, "not sorted yet"
    engine: Engine = "hierarchy" if sites >= pays_from else "queue"
    log.info(
        "%d sites by %s over %d nodes (%s; sorting pays from %d sites): %s",
        *(sites, mode.name, network.node_count, state, pays_from, engine),
    )
    return engine


def deciseconds_in_blocks(
    network: Network, mode: TravelMode, job: Job, *, options: SearchOptions
) -> Iterator[tuple[slice, slice, NDArray[np.int32]]]:
    """Yield the deciseconds between places and sites, block by block."""
    engine = choose(network, mode, job.direction, len(job.seeds), options)
    blocks = _swept if engine == "hierarchy" else _searched
    for places, sites, block in blocks(network, mode, job, options.workers):
        block[block > min(job.limit_ds, SEARCHED_DS - 1)] = CLOSED_DS
        yield places, sites, block


def _swept(
    network: Network, mode: TravelMode, job: Job, workers: int
) -> Iterator[tuple[slice, slice, NDArray[np.int32]]]:
    from eh_access.routing.engine import batches  # noqa: PLC0415 - compiled code is loaded when used

    sorted_streets = metric(network, mode, direction=job.direction)
    yield from batches.deciseconds_in_blocks(sorted_streets, job.seeds, job.places, workers=workers)


def _searched(
    network: Network, mode: TravelMode, job: Job, workers: int
) -> Iterator[tuple[slice, slice, NDArray[np.int32]]]:
    from eh_access.routing import dijkstra  # noqa: PLC0415 - compiled code is loaded when used

    graph = search_graph(network, mode, direction=job.direction)
    limit_ds = min(job.limit_ds, CLOSED_DS - 1)
    every = slice(0, len(job.places[0]))
    for first in range(0, len(job.seeds), SITES_AT_ONCE):
        seeds = job.seeds[first : first + SITES_AT_ONCE]
        everywhere = dijkstra.search_from(graph, seeds, limit_ds=limit_ds, workers=workers)
        times = np.full((every.stop, len(seeds)), CLOSED_DS, dtype=np.int32)
        for node, node_ds in zip(job.places[0].T, job.places[1].T, strict=True):
            there = np.minimum(everywhere[:, node].T, CLOSED_DS - 1) + node_ds[:, None]
            times = np.minimum(times, np.where(node[:, None] >= 0, there, CLOSED_DS))
        yield every, slice(first, first + len(seeds)), times.astype(np.int32)


def deciseconds(
    network: Network, mode: TravelMode, job: Job, *, options: SearchOptions
) -> NDArray[np.int32]:
    """Return the deciseconds between all places and sites of a job."""
    times = np.empty((len(job.places[0]), len(job.seeds)), dtype=np.int32)
    for places, sites, block in deciseconds_in_blocks(network, mode, job, options=options):
        times[places, sites] = block
    return times


@check_arguments
def minutes_from_nodes(
    network: Network,
    nodes: Sequence[int] | NDArray[np.integer],
    *,
    mode: TravelMode | str,
    direction: Direction = "from_sites",
    options: SearchOptions | None = None,
    rows: Sequence[int] | NDArray[np.integer] | None = None,
) -> NDArray[np.float32]:
    """Return the minutes from (or to) some nodes to (or from) every node of the network.

    Parameters
    ----------
    network, mode
        The streets and how people travel.
    nodes
        Node numbers to search from.
    direction
        ``"from_sites"``: from the nodes given to every node; ``"to_sites"``: the other way.
    options
        How to search.
    rows
        Nodes whose minutes are wanted, in the order wanted: all, in the network's own, if None.

    Returns
    -------
    numpy.ndarray
        float32 (nodes of the network or rows, nodes given), minutes, ``inf`` where there is no way.

    Raises
    ------
    InputError
        If a node or the direction does not exist, or the mode is none.

    Examples
    --------
    >>> from eh_access import WALK, read_network
    >>> newport = read_network("newport")
    >>> minutes_from_nodes(newport, [0, 1], mode=WALK).shape == (newport.node_count, 2)
    True
    """
    from eh_access.routing import dijkstra  # noqa: PLC0415 - compiled code is loaded when used
    from eh_access.routing.engine import batches  # noqa: PLC0415 - compiled code is loaded when used

    network, mode = as_network(network), as_mode(mode)
    options = checked_options(options)
    seeds = node_seeds(network, nodes)
    wanted = None if rows is None else node_numbers("rows", rows, network.node_count)
    check_direction(direction)
    if choose(network, mode, direction, len(seeds), options) == "hierarchy":
        sorted_streets = metric(network, mode, direction=direction)
        return batches.minutes_everywhere(
            sorted_streets, seeds, workers=options.workers, rows=wanted
        )
    graph = search_graph(network, mode, direction=direction)
    times_ds = dijkstra.search_from(graph, seeds, limit_ds=CLOSED_DS - 1, workers=options.workers)
    return in_minutes(times_ds.T if wanted is None else times_ds.T[wanted])


def node_seeds(network: Network, nodes: Sequence[int] | NDArray[np.integer]) -> NDArray[np.int32]:
    """Return nodes as seeds of a search; InputError if one does not exist."""
    chosen = node_numbers("nodes", nodes, network.node_count)
    seeds = np.zeros((len(chosen), 1, 2), dtype=np.int32)
    seeds[:, 0, 0] = chosen
    return seeds


def checked_options(options: SearchOptions | None) -> SearchOptions:
    """Return the options of a search, the defaults for None."""
    if options is None:
        return SearchOptions()
    if not isinstance(options, SearchOptions):
        raise InputError(f"options is {options!r}; give SearchOptions(engine={options!r}) or None")
    return options


def in_minutes(times_ds: NDArray[np.int32]) -> NDArray[np.float32]:
    """Turn deciseconds into minutes, ``inf`` where there is no way."""
    minutes = times_ds.astype(np.float32) / np.float32(600)
    minutes[times_ds >= SEARCHED_DS] = np.inf
    return minutes


def check_direction(direction: str) -> None:
    """Raise InputError unless the direction is one of the two there are."""
    if direction not in DIRECTIONS:
        raise InputError(f"direction is '{direction}'; choose {' or '.join(DIRECTIONS)}")
