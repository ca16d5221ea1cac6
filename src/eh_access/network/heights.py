"""How high each street lies along its way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


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
