"""A made-up England of any number of authorities, on real streets.

A square of South Yorkshire's streets as the library ships them is laid like tiles, every other one
mirrored, so that streets go on across the seams. Two rows of one to three tiles make an authority:
309 of them have about 4.5 million nodes, 5,000 sites and 190,000 origins.

    python benchmarks/england.py FOLDER [AUTHORITIES]
    eh-access batch FOLDER/plan.toml --out FOLDER/results
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

import eh_access as eh
from eh_access.network.build import edge_lengths
from eh_access.network.io import clip_network

SEED = 20181022
SIDE_M = 7000
NODES = 3600
EAST, NORTH = 100_000, 500_000  # where nothing that ships lies
SITES, ORIGINS, AREAS = 4, 154, 4  # of each tile
LONGEST = 3
PLAN = """\
schema = 1
title = "Every fifth centre of a made-up England closes"
template = "study.toml"
authorities = "authorities.geojson"
authority = "authority"
buffer_m = 2400
"""
STUDY = """\
schema = 1
id = "{id}"
title = "{name}: every fifth centre closes"
place = "{name}"
question = "Do centres stay near in {name}?"
unit = "under-fives"
weight_label = "made-up children"
weight_basis = "made up"
site_word = "centre"
weights_public = true
illustrative = true

[data]
areas = "areas.geojson"
sites = "sites.csv"
origins = { oa = "origins.csv" }

[streets]
source = "streets.npz"

[settings]
modes = ["walk", "pushchair", "drive"]
hills = false

[[scenario]]
name = "baseline"
label = "Before"

[[scenario]]
name = "every-fifth"
label = "Every fifth centre closes"
close = CLOSED

[[criterion]]
id = "walk-30"
title = "Within a 30-minute walk"
measure = "coverage"
mode = "walk"
cutoff_min = 30
threshold = 0.8
source = "an illustration"
set_by = "nobody"
set_on = 2026-01-01

[[criterion]]
id = "poor-gap"
title = "The most deprived fifth walks no longer"
measure = "group_gap"
mode = "walk"
threshold = 2
group = "most-deprived-fifth"
source = "an illustration"
set_by = "nobody"
set_on = 2026-01-01
"""


@dataclass(frozen=True)
class Tile:
    """A square of streets, its south-west corner at 0, 0."""

    network: eh.Network  # the streets inside
    crossing: dict[str, tuple[np.ndarray, np.ndarray]]  # by side: nodes, and tags of the street


def square() -> Tile:
    """Return the square of the shipped streets whose number of nodes is nearest to that wanted."""
    network = eh.read_network("rotherham")
    x, y = network.node_x, network.node_y
    corners = [
        (west, south)
        for west in np.arange(x.min(), x.max() - SIDE_M, 1000).round(-2)
        for south in np.arange(y.min(), y.max() - SIDE_M, 1000).round(-2)
    ]
    counts = [
        int(((x >= w) & (x <= w + SIDE_M) & (y >= s) & (y <= s + SIDE_M)).sum()) for w, s in corners
    ]
    west, south = corners[int(np.argmin(np.abs(np.array(counts) - NODES)))]
    box = shapely.box(west, south, west + SIDE_M, south + SIDE_M)
    part = clip_network(network, box)
    inside = shapely.contains_xy(box, part.node_x, part.node_y)
    both = inside[part.edge_from] & inside[part.edge_to]
    one = inside[part.edge_from] != inside[part.edge_to]
    near = np.where(inside[part.edge_from], part.edge_from, part.edge_to)[one]
    far = np.where(inside[part.edge_from], part.edge_to, part.edge_from)[one]
    tags = part.edge_tags[one]
    beyond = {
        "west": west - part.node_x[far],
        "east": part.node_x[far] - west - SIDE_M,
        "south": south - part.node_y[far],
        "north": part.node_y[far] - south - SIDE_M,
    }
    side = np.argmax(np.array(list(beyond.values())), axis=0)
    number = np.cumsum(inside) - 1
    crossing = {
        name: (number[near[side == row]], tags[side == row]) for row, name in enumerate(beyond)
    }
    return Tile(_inner(part, inside, both, (west, south)), crossing)


def _inner(
    part: eh.Network, inside: np.ndarray, both: np.ndarray, corner: tuple[float, float]
) -> eh.Network:
    """Return the streets with both ends inside, moved to 0, 0."""
    edges = np.flatnonzero(both)
    number = (np.cumsum(inside) - 1).astype(np.int32)
    sizes = np.diff(part.geometry_start)[edges]
    rows = np.repeat(both, np.diff(part.geometry_start))
    return eh.Network(
        node_x=part.node_x[inside] - corner[0],
        node_y=part.node_y[inside] - corner[1],
        edge_from=number[part.edge_from[edges]],
        edge_to=number[part.edge_to[edges]],
        length_m=part.length_m[edges],
        edge_tags=part.edge_tags[edges],
        tag_sets=part.tag_sets,
        edge_way=part.edge_way[edges],
        edge_name=np.full(len(edges), -1, dtype=np.int32),
        names=(),
        geometry_start=np.concatenate([[0], np.cumsum(sizes)]),
        geometry_xy=part.geometry_xy[rows] - corner,
        covered=None,
        provenance=part.provenance,
    )


def lay(tile: Tile, cells: np.ndarray) -> eh.Network:
    """Return tiles laid side by side at cells (column, row), joined where they touch."""
    base = tile.network
    count, edges = base.node_count, base.edge_count
    offset = np.repeat(np.arange(len(cells)) * count, edges)
    node_xy = _laid(np.column_stack([base.node_x, base.node_y]), cells)
    vertices = _laid(base.geometry_xy, cells)
    seams = [_seam(tile, cells, axis, count) for axis in (0, 1)]
    start, end, tags = (np.concatenate(parts) for parts in zip(*seams, strict=True))
    straight = np.stack([node_xy[start], node_xy[end]], axis=1).reshape(-1, 2)
    sizes = np.concatenate(
        [np.tile(np.diff(base.geometry_start), len(cells)), np.full(len(start), 2)]
    )
    geometry_start = np.concatenate([[0], np.cumsum(sizes)])
    geometry = np.concatenate([vertices, straight])
    return eh.Network(
        node_x=node_xy[:, 0].copy(),
        node_y=node_xy[:, 1].copy(),
        edge_from=np.concatenate([np.tile(base.edge_from, len(cells)) + offset, start]).astype(
            "i4"
        ),
        edge_to=np.concatenate([np.tile(base.edge_to, len(cells)) + offset, end]).astype("i4"),
        length_m=edge_lengths(geometry, geometry_start),
        edge_tags=np.concatenate([np.tile(base.edge_tags, len(cells)), tags]).astype("i4"),
        tag_sets=base.tag_sets,
        edge_way=np.arange(1, len(sizes) + 1),
        edge_name=np.full(len(sizes), -1, dtype=np.int32),
        names=(),
        geometry_start=geometry_start,
        geometry_xy=geometry,
        covered=None,
        provenance=base.provenance,
    )


def _laid(xy: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """Return points of the square in every cell, mirrored in odd columns and rows."""
    mirrored = (cells % 2)[:, None, :] == 1
    placed = np.where(mirrored, SIDE_M - xy[None], xy[None]) + cells[:, None, :] * SIDE_M
    return np.round(placed + np.array([EAST, NORTH]), 2).reshape(-1, 2)


def _seam(tile: Tile, cells: np.ndarray, axis: int, count: int) -> tuple[np.ndarray, ...]:
    """Return streets from each cell to the next along an axis: both ends, and tags."""
    at = {tuple(cell): row for row, cell in enumerate(cells.tolist())}
    found: list[tuple[np.ndarray, ...]] = []
    for cell, row in at.items():
        beside = list(cell)
        beside[axis] += 1
        if (other := at.get(tuple(beside))) is not None:
            side = (("east", "west"), ("north", "south"))[axis][cell[axis] % 2]
            nodes, tags = tile.crossing[side]
            found.append((nodes + row * count, nodes + other * count, tags))
    if not found:
        return (np.zeros(0, int),) * 3
    return tuple(np.concatenate(parts) for parts in zip(*found, strict=True))


def write_england(folder: Path, authorities: int = 309) -> Path:
    """Write streets, tables, template and plan; return the plan's path."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(SEED)
    tile = square()
    width = max(LONGEST, round((4 * authorities) ** 0.5))
    runs: list[tuple[int, int, int]] = []  # column, band, tiles in a row
    column, band = 0, 0
    for _ in range(authorities):
        if column + LONGEST > width:
            column, band = 0, band + 1
        length = int(rng.integers(1, LONGEST + 1))
        runs.append((column, band, length))
        column += length
    cells = np.array(
        [(c + i, 2 * b + j) for c, b, length in runs for j in (0, 1) for i in range(length)]
    )
    owner = np.repeat([f"A{number:03d}" for number in range(authorities)], [2 * r[2] for r in runs])
    eh.write_network(lay(tile, cells), folder / "streets.npz")
    shapes = [
        shapely.box(*_corner(c, 2 * b), *_corner(c + length, 2 * b + 2)) for c, b, length in runs
    ]
    names: dict[str, Any] = {
        "code": [f"A{number:03d}" for number in range(authorities)],
        "name": [f"Authority {number:03d}" for number in range(authorities)],
        "region": [f"Region {9 * number // authorities + 1}" for number in range(authorities)],
    }
    gpd.GeoDataFrame(names, geometry=shapes, crs="EPSG:27700").to_file(
        folder / "authorities.geojson"
    )
    _write_tables(folder, tile, cells, owner, rng)
    (folder / "plan.toml").write_text(PLAN, encoding="utf-8")
    return folder / "plan.toml"


def _corner(column: int, row: int) -> tuple[float, float]:
    return EAST + column * SIDE_M, NORTH + row * SIDE_M


def _write_tables(
    folder: Path, tile: Tile, cells: np.ndarray, owner: np.ndarray, rng: np.random.Generator
) -> None:
    """Write areas, origins and sites of every tile, and the template."""
    strips = SIDE_M / AREAS
    areas = pd.DataFrame(
        [
            (f"{owner[row]}-{row:04d}-{part}", owner[row], column, line, part)
            for row, (column, line) in enumerate(cells.tolist())
            for part in range(AREAS)
        ],
        columns=["area_id", "authority", "column", "row", "part"],
    )
    west = EAST + areas["column"] * SIDE_M + areas["part"] * strips
    south = NORTH + areas["row"] * SIDE_M
    gpd.GeoDataFrame(
        areas[["area_id", "authority"]].assign(name=areas["area_id"]),
        geometry=shapely.box(west, south, west + strips, south + SIDE_M),
        crs="EPSG:27700",
    ).to_file(folder / "areas.geojson")
    decile = rng.integers(1, 11, len(areas))
    nodes = np.column_stack([tile.network.node_x, tile.network.node_y])
    homes = rng.choice(len(nodes), ORIGINS, replace=False)
    places = _laid(nodes[homes], cells)
    row = np.repeat(np.arange(len(cells)), ORIGINS)
    across = np.clip((places[:, 0] - EAST - cells[row, 0] * SIDE_M) // strips, 0, AREAS - 1)
    area = row * AREAS + across.astype(int)
    pd.DataFrame(
        {
            "origin_id": [f"o{number:06d}" for number in range(len(places))],
            "easting": places[:, 0],
            "northing": places[:, 1],
            "weight": rng.integers(1, 40, len(places)),
            "weight_basis": "made up",
            "area_id": areas["area_id"].to_numpy()[area],
            "imd_decile": decile[area],
        }
    ).to_csv(folder / "origins.csv", index=False)
    where = _laid(nodes[rng.choice(len(nodes), SITES, replace=False)], cells)
    ids = [f"s{number:04d}" for number in range(len(where))]
    pd.DataFrame(
        {
            "site_id": ids,
            "name": [f"Centre {number}" for number in range(len(where))],
            "kind": "centre",
            "hours_per_week": 40,
            "easting": where[:, 0],
            "northing": where[:, 1],
            "location_basis": "surveyed",
            "location_radius_m": 0,
        }
    ).to_csv(folder / "sites.csv", index=False)
    closed = str(ids[::5]).replace("'", '"')
    (folder / "study.toml").write_text(STUDY.replace("CLOSED", closed), encoding="utf-8")


if __name__ == "__main__":
    print(write_england(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 309))  # noqa: PLR2004
