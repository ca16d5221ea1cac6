"""Heights: a grid of them, and the streets laid on it."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import shapely

from eh_access.arguments import check_arguments
from eh_access.errors import EhAccessError, SourceError
from eh_access.network.io import DAMAGE, read_about, read_array, write_archive
from eh_access.network.model import Heights
from eh_access.network.snapping import edge_lines
from eh_access.provenance import Provenance, file_sha256, refuse_endless

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eh_access.network.model import Network

FORMAT = "eh_access terrain"
VERSION = 1
DM_PER_M = 10.0
CM_PER_M = 100.0
HEIGHTS = np.dtype("<i2")
UNKNOWN_DM = -32768
PIECE_M = 50.0
"""Streets are cut into pieces of about this length, the spacing of OS Terrain 50."""

PASSAGES = frozenset({"no", "building_passage", "covered"})
"""Values of ``tunnel`` under which a street keeps to the ground."""

SHORTEST_M = 0.1
HOLD = 1e-9


@dataclass(frozen=True, eq=False, kw_only=True)
class Terrain:
    """Heights on a square grid, in metres on the British National Grid (EPSG:27700).

    Parameters
    ----------
    height_m
        float32 (rows, columns), metres above sea level at the middle of each cell; rows run from
        south to north, columns from west to east. NaN where unknown.
    west, south
        Metres: the middle of the first cell.
    cell_m
        Metres between the middles of neighbouring cells.
    provenance
        Where the heights came from.

    Examples
    --------
    >>> slope = Terrain(height_m=np.array([[0, 10], [0, 10]], dtype=np.float32), west=25.0,
    ...     south=25.0, cell_m=50.0)
    >>> slope.height_at(np.array([[25.0, 40.0], [50.0, 50.0], [0.0, 0.0]])).tolist()
    [0.0, 5.0, nan]
    """

    height_m: NDArray[np.float32]
    west: float
    south: float
    cell_m: float
    provenance: Provenance | None = None

    def __post_init__(self) -> None:
        self.height_m.flags.writeable = False

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east and north of the area with heights, in metres."""
        rows, columns = self.height_m.shape
        east = self.west + (columns - 1) * self.cell_m
        return self.west, self.south, east, self.south + (rows - 1) * self.cell_m

    def height_at(self, xy: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return heights between the four nearest grid points (bilinear).

        Parameters
        ----------
        xy
            float64 (places, 2), metres.

        Returns
        -------
        numpy.ndarray
            float64 (places,), metres above sea level; NaN outside the grid.
        """
        rows, columns = self.height_m.shape
        column, row = ((xy - (self.west, self.south)) / self.cell_m).T
        inside = (column >= 0) & (row >= 0) & (column <= columns - 1) & (row <= rows - 1)
        left = np.clip(np.floor(np.where(inside, column, 0)), 0, max(columns - 2, 0)).astype(int)
        low = np.clip(np.floor(np.where(inside, row, 0)), 0, max(rows - 2, 0)).astype(int)
        right, high = np.minimum(left + 1, columns - 1), np.minimum(low + 1, rows - 1)
        east, north = column - left, row - low
        grid = self.height_m.astype(np.float64, copy=False)
        below = grid[low, left] * (1 - east) + grid[low, right] * east
        above = grid[high, left] * (1 - east) + grid[high, right] * east
        return np.where(inside, below * (1 - north) + above * north, np.nan)


def write_terrain(terrain: Terrain, path: Path | str) -> Path:
    """Save a grid in whole decimetres; the same grid always gives the same bytes."""
    decimetres = np.rint(terrain.height_m.astype(np.float64) * DM_PER_M)
    about = {
        "format": FORMAT,
        "version": VERSION,
        "west": terrain.west,
        "south": terrain.south,
        "cell_m": terrain.cell_m,
        "provenance": None if terrain.provenance is None else asdict(terrain.provenance),
    }
    known = np.nan_to_num(decimetres, nan=UNKNOWN_DM).astype(HEIGHTS)
    return write_archive(Path(path), about, {"height_dm": known})


@check_arguments
def read_terrain(path: Path | str) -> Terrain:
    """Read a saved grid.

    Parameters
    ----------
    path
        A file written by `write_terrain`.

    Returns
    -------
    Terrain
        The grid; its provenance carries the file's digest.

    Raises
    ------
    SourceError
        If the file is missing, damaged or of another kind.

    Examples
    --------
    >>> read_terrain("no/such/hills.npz")
    Traceback (most recent call last):
    ...
    eh_access.errors.SourceError: no/such/hills.npz: there is no such file; check the path
    """
    path = Path(path)
    refuse_endless(path)
    try:
        with zipfile.ZipFile(path) as archive:
            about = read_about(archive)
            if about.get("format") != FORMAT or about.get("version") != VERSION:
                raise SourceError(f"{path}: no grid of heights that this library can read")
            decimetres = read_array(archive, "height_dm")
        if decimetres.dtype != HEIGHTS:
            raise ValueError(f"its heights are {decimetres.dtype}, not {HEIGHTS}")
        provenance = about["provenance"]
        return Terrain(
            height_m=np.where(decimetres == UNKNOWN_DM, np.nan, decimetres / DM_PER_M).astype(
                np.float32
            ),
            west=float(about["west"]),
            south=float(about["south"]),
            cell_m=float(about["cell_m"]),
            provenance=None
            if provenance is None
            else Provenance(**(provenance | {"sha256": file_sha256(path)})),
        )
    except FileNotFoundError as error:
        raise SourceError(f"{path}: there is no such file; check the path") from error
    except EhAccessError:
        raise
    except DAMAGE as error:
        raise SourceError(
            f"{path}: the grid of heights is damaged or of another kind ({error}); "
            "build it again with tools/build_terrain.py"
        ) from error


@check_arguments
def with_heights(network: Network, terrain: Terrain) -> Network:
    """Lay a network's streets on a grid of heights.

    Every street is cut into pieces of about 50 m along its true course, each with the height of
    the ground at its ends. Bridges and tunnels leave the ground: they run straight from the
    height of one end to that of the other, across all the edges they are made of.

    Parameters
    ----------
    network
        The streets; heights it already has are replaced.
    terrain
        The ground.

    Returns
    -------
    Network
        The same streets with `Network.heights`; unknown for streets that leave the grid.

    Examples
    --------
    >>> from eh_access import example_street
    >>> ground = Terrain(height_m=np.array([[0, 8], [0, 8]], dtype=np.float32), west=0.0,
    ...     south=0.0, cell_m=800.0)
    >>> with_heights(example_street()[0], ground).heights.along(0)[:3].tolist()
    [0.0, 0.5, 1.0]
    """
    off_ground = np.array([_leaves_ground(tags) for tags in network.tag_sets], dtype=bool)
    lifted = off_ground[network.edge_tags] if network.edge_count else np.zeros(0, dtype=bool)
    at_node = terrain.height_at(np.column_stack([network.node_x, network.node_y]))
    at_node = _span(network, at_node, lifted)
    pieces = np.maximum(np.rint(network.length_m / PIECE_M), 1).astype(np.int64)
    start = np.concatenate([[0], np.cumsum(pieces + 1)]).astype(np.int64)
    edge = np.repeat(np.arange(network.edge_count), pieces + 1)
    share = (np.arange(start[-1]) - start[edge]) / pieces[edge]
    first, last = at_node[network.edge_from][edge], at_node[network.edge_to][edge]
    metres = first + share * (last - first)
    metres[share == 1] = last[share == 1]
    inner = (share > 0) & (share < 1) & ~lifted[edge]
    lines = edge_lines(network)[edge[inner]]
    points = shapely.line_interpolate_point(lines, share[inner], normalized=True)
    metres[inner] = terrain.height_at(shapely.get_coordinates(points))
    source = terrain.provenance
    kept = tuple(entry for entry in network.provenance if entry != source)
    return replace(
        network,
        heights=Heights(
            start,
            (np.rint(metres * CM_PER_M) / CM_PER_M).astype(np.float32),
            "" if source is None else source.title,
        ),
        provenance=kept if source is None else (*kept, source),
        _memory={},
    )


def _leaves_ground(tags: Mapping[str, str]) -> bool:
    return tags.get("bridge", "no") != "no" or tags.get("tunnel", "no") not in PASSAGES


def _span(
    network: Network, at_node: NDArray[np.float64], lifted: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Replace the heights of nodes in the middle of bridges and tunnels."""
    # Their own would be those of the river below or the hill above. Between the ends of a bridge
    # each such node gets the mean of its neighbours, weighted by nearness, which on a bridge
    # without branches is the straight line.
    ends = np.stack([network.edge_from, network.edge_to])
    grounded = ~lifted & (network.length_m > 0)
    touches_ground = np.bincount(ends[:, grounded].ravel(), minlength=network.node_count) > 0
    touches_bridge = np.bincount(ends[:, lifted].ravel(), minlength=network.node_count) > 0
    # a gate on a bridge is a node of its own, joined by an edge of no length
    gates = ends[:, network.length_m == 0]
    for _ in range(2):
        touches_bridge[gates[:, touches_bridge[gates].any(axis=0)]] = True
    goes_on = np.bincount(ends.ravel(), minlength=network.node_count) > 1
    inside = np.flatnonzero(touches_bridge & ~touches_ground & goes_on)
    if not len(inside):
        return at_node
    from scipy.sparse import coo_array  # noqa: PLC0415 - keeps importing the package quick
    from scipy.sparse.linalg import spsolve  # noqa: PLC0415

    row = np.full(network.node_count, -1)
    row[inside] = np.arange(len(inside))
    tail, head = np.concatenate([ends, ends[::-1]], axis=1)
    pull = 1.0 / np.maximum(np.tile(network.length_m, 2), SHORTEST_M)
    used = (row[tail] >= 0) & (tail != head)
    tail, head, pull = tail[used], head[used], pull[used]
    known = np.nan_to_num(at_node, nan=0.0)
    among = row[head] >= 0
    # a ring of bridges without an end keeps the mean height of the ground below
    own = np.bincount(row[tail], weights=pull, minlength=len(inside)) + HOLD
    given = np.bincount(
        row[tail][~among], weights=(pull * known[head])[~among], minlength=len(inside)
    )
    every = np.arange(len(inside))
    rows, columns = np.concatenate([[every, every], [row[tail][among], row[head][among]]], axis=1)
    values = np.concatenate([own, -pull[among]])
    matrix = coo_array((values, (rows, columns)), shape=(len(inside), len(inside))).tocsc()
    out = at_node.copy()
    solved = spsolve(matrix, given + HOLD * known[inside])
    out[inside] = np.where(np.isnan(at_node[inside]), np.nan, solved)
    return out
