"""What must hold of a network's arrays, looked at when it is made: compiled code trusts them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from eh_access.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eh_access.network.model import Network

SHOWN = 5


def check_network(network: Network) -> None:
    """Raise InputError unless every length is a length and every edge joins nodes there are."""
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
    faults = [
        *_told(
            network,
            ~(np.isfinite(length_m) & (length_m >= 0)),
            "length_m",
            length_m,
            "give metres, 0 or more",
        ),
        *(
            fault
            for name, ends in (("edge_from", network.edge_from), ("edge_to", network.edge_to))
            for fault in _told(
                network, (ends < 0) | (ends >= nodes), name, ends, f"there are {nodes} nodes"
            )
        ),
        *_told(
            network,
            (network.edge_tags < 0) | (network.edge_tags >= tags),
            "edge_tags",
            network.edge_tags,
            f"there are {tags} sets of tags",
        ),
    ]
    if faults:
        raise InputError(faults)


def _told(
    network: Network, bad: NDArray[np.bool_], name: str, values: NDArray[np.generic], remedy: str
) -> list[str]:
    """Say of each edge at fault what it holds; of many, the first few."""
    rows = np.flatnonzero(bad).tolist()
    faults = [
        f"network, edge {row} (way {int(network.edge_way[row])}): {name} is {values[row]}; {remedy}"
        for row in rows[:SHOWN]
    ]
    if len(rows) > SHOWN:
        faults.append(f"network: {len(rows) - SHOWN} more edges have a fault in {name}")
    return faults
