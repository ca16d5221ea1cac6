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

    @property
    def rise_m(self) -> NDArray[np.float64]:
        """Height of each edge's end less that of its beginning, float64 (edges,)."""
        first, last = self.metres[self.start[:-1]], self.metres[self.start[1:] - 1]
        return last.astype(np.float64) - first

    @property
    def climb_m(self) -> NDArray[np.float64]:
        """Metres gone uphill along each edge, float64 (edges,); backwards: less ``rise_m``."""
        up = np.maximum(self.steps(), 0.0)
        return np.add.reduceat(up, self._first_pieces()) if len(up) else np.zeros(0)

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
        return np.add.reduceat(values, self._first_pieces()) / self.pieces

    def take(self, edges: NDArray[np.integer]) -> Heights:
        """Return the heights of some edges, in the order given."""
        known = edges >= 0
        size = np.where(known, np.diff(self.start)[np.maximum(edges, 0)], 2)
        start = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
        within = np.arange(start[-1]) - np.repeat(start[:-1], size)
        index = np.repeat(self.start[np.maximum(edges, 0)], size) + within
        metres = np.full(len(index), np.nan, dtype=np.float32)
        wanted = np.repeat(known, size)
        metres[wanted] = self.metres[index[wanted]]
        return Heights(start, metres, self.source)

    def _first_pieces(self) -> NDArray[np.int64]:
        return self.start[:-1] - np.arange(len(self.start) - 1)
