"""Where drivers wait: the ends of streets at which three or more meet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eh_access.network.model import Network

JUNCTION_ARMS = 3


def junction_ends(network: Network, is_arm: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Count at how many of its ends a street meets at least two others."""
    arms = np.concatenate([network.edge_from[is_arm], network.edge_to[is_arm]])
    meets = np.bincount(arms, minlength=network.node_count) >= JUNCTION_ARMS
    ends = meets[network.edge_from].astype(np.int64) + meets[network.edge_to]
    return np.where(is_arm, ends, 0)
