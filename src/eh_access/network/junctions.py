"""Where drivers wait: the ends of streets at which three or more meet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eh_access.network.model import Network

JUNCTION_ARMS = 3


def junction_ends(network: Network, is_arm: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Count at how many of its ends a street meets at least two others.

    Parameters
    ----------
    network
        The streets.
    is_arm
        bool (edges,), streets that count: open to the mode, and not driveways or slip roads (the
        effect ``no_wait`` in ``tag_rules.toml``).

    Returns
    -------
    numpy.ndarray
        int64 (edges,): 0, 1 or 2; 0 for streets that do not count. A junction passed has two such
        ends, one of the street that leads to it and one of the street that leads away.

    Examples
    --------
    >>> from eh_access.network.build import build_network
    >>> from eh_access.network.raw import RawWays
    >>> raw = RawWays(crs="EPSG:27700")
    >>> for way, end in enumerate([(50.0, 90.0), (90.0, 50.0), (50.0, 10.0)], 1):
    ...     raw.add(way, [(0, 50.0, 50.0), (way, *end)], tags={"highway": "residential"})
    >>> junction_ends(build_network(raw), np.ones(3, dtype=bool)).tolist()
    [1, 1, 1]
    """
    arms = np.concatenate([network.edge_from[is_arm], network.edge_to[is_arm]])
    meets = np.bincount(arms, minlength=network.node_count) >= JUNCTION_ARMS
    ends = meets[network.edge_from].astype(np.int64) + meets[network.edge_to]
    return np.where(is_arm, ends, 0)
