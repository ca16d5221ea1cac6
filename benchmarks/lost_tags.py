"""How far off minutes are for what vector tiles lose: Newport with and without it.

    python benchmarks/lost_tags.py

Writes Newport's OpenStreetMap extract anew as tiles would give it back: their keys alone, nodes on
their grid of 0.36 m, without ways nobody may enter. Then it asks both for the same trips and prints
the tables of ``docs/method/agreement.md``. Needs the source data beside the checkout.
"""

from __future__ import annotations

import itertools
import math
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import osmium
from numpy.typing import NDArray
from osmium.osm.mutable import Node, Way

import eh_access as eh
from eh_access.network.terrain import with_heights
from eh_access.sources.bundled import terrain_around

if TYPE_CHECKING:
    import geopandas as gpd

EXTRACT = Path(__file__).resolve().parents[2] / "shared/data/newport/newport-2023-06-13.osm.pbf"
WORLD = 4096 * 2**14
"""Cells round the world: 4,096 to a tile at zoom 14."""
KINDS = {
    "motorway", "trunk", "primary", "secondary", "tertiary", "unclassified", "residential",
    "living_street", "road", "service", "track", "footway", "cycleway", "bridleway", "path",
    "steps", "pedestrian", "motorway_link", "trunk_link", "primary_link", "secondary_link",
    "tertiary_link",
}  # fmt: skip
"""Highways that tiles hold at zoom 14; others, such as those being built, they leave out."""
LEVELS = ("bridge", "tunnel", "ford")
SEED = 20181022
PAIRS = 600
TAILS = (0.01, 0.05)
CLOSED = 3
CUTOFF_MIN = 600.0
HALF_DS = 0.5 / 600
LOSES = 5.0 + HALF_DS
"""Minutes added above which a home counts as losing."""
MODES = (eh.WALK, eh.PUSHCHAIR, eh.WHEELCHAIR, eh.CYCLE, eh.DRIVE)
Floats = NDArray[np.float64]


def cell_of(lon: float, lat: float) -> tuple[int, int]:
    """Return the cell of the tiles' grid a point lies in."""
    north = math.asinh(math.tan(math.radians(lat)))
    return int((lon + 180) / 360 * WORLD), int((1 - north / math.pi) / 2 * WORLD)


def degrees(x: int, y: int) -> tuple[float, float]:
    """Return the middle of a cell."""
    lon = (x + 0.5) / WORLD * 360 - 180
    lat = math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * (y + 0.5) / WORLD))))
    return round(lon, 7), round(lat, 7)


def kept_tags(tags: dict[str, str]) -> dict[str, str]:
    """Return what tiles keep of a way's tags; nothing for a way they do not hold."""
    if tags.get("route") == "ferry" and "highway" not in tags:
        kept = {"route": "ferry"}
    elif tags.get("highway") in KINDS and tags.get("access") not in ("private", "no"):
        kept = {"highway": tags["highway"]}
    else:
        return {}
    level = next((key for key in LEVELS if tags.get(key) == "yes"), None)
    kept |= {level: "yes"} if level else {}
    kept |= {"oneway": "yes"} if tags.get("oneway") in ("yes", "1") else {}
    return kept | {key: tags[key] for key in ("service", "name", "ref") if key in tags}


def strip(source: Path, target: Path) -> None:
    """Write an extract as tiles would give it back."""
    ways: list[tuple[dict[str, str], list[tuple[int, int]]]] = []
    files = osmium.FileProcessor(str(source)).with_locations()
    for way in files.with_filter(osmium.filter.KeyFilter("highway", "route")):
        if isinstance(way, osmium.osm.Way) and (tags := kept_tags(dict(way.tags))):
            cells = [cell_of(n.lon, n.lat) for n in way.nodes if n.location.valid()]
            ways.append((tags, [cell for cell, _ in itertools.groupby(cells)]))
    # a bridge or tunnel shares a cell with what it crosses only where one of them ends
    ends = {cell for _, cells in ways for cell in (cells[0], cells[-1])}

    def key(cell: tuple[int, int], tags: dict[str, str]) -> tuple[int, int, str]:
        level = next((name for name in ("bridge", "tunnel") if name in tags), "")
        return (*cell, "" if cell in ends else level)

    numbers: dict[tuple[int, int, str], int] = {}
    refs = [
        [numbers.setdefault(key(cell, tags), len(numbers) + 1) for cell in cells]
        for tags, cells in ways
    ]
    with osmium.io.Reader(str(source)) as reader:
        header = reader.header()  # with the box in which the file is whole
    said: dict[str, Any] = {"version": 1, "timestamp": "2023-06-12T00:00:00Z"}
    with osmium.SimpleWriter(str(target), header=header, overwrite=True) as writer:
        for cell, number in numbers.items():
            writer.add_node(Node(id=number, location=degrees(*cell[:2]), **said))
        for number, ((tags, _), nodes) in enumerate(zip(ways, refs, strict=True), start=1):
            if len(nodes) > 1:
                writer.add_way(Way(id=number, nodes=nodes, tags=tags, **said))


def read(path: Path) -> eh.Network:
    """Read streets and lay them on the ground."""
    network = eh.read_network(path)
    terrain = terrain_around(network)
    return network if terrain is None else with_heights(network, terrain)


def pair_minutes(
    network: eh.Network, homes: gpd.GeoDataFrame, pairs: NDArray[np.intp], mode: eh.TravelMode
) -> Floats:
    """Return the minutes of each pair of homes."""
    ends = homes.iloc[np.unique(pairs[1])]
    starts = homes.iloc[np.unique(pairs[0])]
    times = eh.travel_time_matrix(network, starts, ends, mode=mode, cutoff_min=CUTOFF_MIN)
    row = np.searchsorted(np.unique(pairs[0]), pairs[0])
    column = np.searchsorted(np.unique(pairs[1]), pairs[1])
    return times.minutes[row, column].astype(np.float64)


def off_by(whole: Floats, bare: Floats) -> tuple[str, ...]:
    """Return median, 90th percentile and most of what minutes are off by, and how often."""
    share = np.abs(bare / whole - 1)
    return (
        f"{np.median(share):.2%}, {np.quantile(share, 0.9):.2%}, {share.max():.0%}",
        f"{np.abs(bare - whole).max():.1f}",
        ", ".join(f"{(share > limit).mean():.1%}" for limit in TAILS),
        f"{np.mean(bare - whole):+.2f}",
    )


def changes_off(whole: Floats, bare: Floats) -> tuple[str, ...]:
    """Return how far off the change is over every choice of three of the sites."""
    was, now = [], []
    for closed in itertools.combinations(range(whole.shape[1]), CLOSED):
        kept = np.setdiff1d(np.arange(whole.shape[1]), closed)
        was.append(whole[:, kept].min(1) - whole.min(1))
        now.append(bare[:, kept].min(1) - bare.min(1))
    true, found = np.concatenate(was), np.concatenate(now)
    off, wrong = np.abs(true - found), (true > LOSES) != (found > LOSES)
    return (
        f"{off.mean():.2f}, {np.quantile(off, 0.9):.2f}",
        f"{off[true > HALF_DS].mean():.2f}",
        f"{(off > LOSES).mean():.2%}",
        f"{wrong.mean():.2%}",
    )


def main() -> int:
    """Strip, ask both and print."""
    if not EXTRACT.is_file():
        raise SystemExit(f"{EXTRACT}: the source data is not beside the checkout")
    homes, sites = eh.load_origins("newport_postcode"), eh.load_sites("newport_sites")
    pairs = np.random.default_rng(SEED).integers(0, len(homes), size=(2, PAIRS))
    with tempfile.TemporaryDirectory() as folder:
        stripped = Path(folder) / "as-tiles.osm.pbf"
        strip(EXTRACT, stripped)
        both = read(EXTRACT), read(stripped)
    print([f"{n.node_count:,} nodes, {n.length_m.sum() / 1000:,.0f} km" for n in both])
    for mode in MODES:
        whole, bare = (pair_minutes(network, homes, pairs, mode) for network in both)
        reached = np.isfinite(whole) & np.isfinite(bare) & (whole > 0)
        times = [
            eh.travel_time_matrix(n, homes, sites, mode=mode, cutoff_min=CUTOFF_MIN).minutes
            for n in both
        ]
        known = np.logical_and(*(np.isfinite(table).all(axis=1) for table in times))
        full, less = (table[known].astype(np.float64) for table in times)
        print(f"{mode.label}: {reached.sum()} pairs, {known.sum()} homes")
        print("| pairs | " + " | ".join(off_by(whole[reached], bare[reached])) + " |")
        print("| nearest | " + " | ".join(off_by(full.min(1), less.min(1))) + " |")
        print("| change | " + " | ".join(changes_off(full, less)) + " |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
