"""Writing tables and maps so that the same input gives the same bytes on every machine."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyproj
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

DECIMALS_DEGREES = 6
UNITS = 10_000
"""Shares are counted in ten-thousandths, so that they add up exactly."""

# The seven-parameter transformation is spelt out: pyproj would choose a finer grid where one
# happens to be installed, and the same build would then differ between machines. Good to 3 m or
# so, which is far below what the points themselves are worth.
_DEGREES_TO_GRID = """
+proj=pipeline
+step +proj=unitconvert +xy_in=deg +xy_out=rad
+step +proj=push +v_3
+step +proj=cart +ellps=WGS84
+step +inv +proj=helmert +x=446.448 +y=-125.157 +z=542.06 +rx=0.15 +ry=0.247 +rz=0.842
      +s=-20.489 +convention=position_vector
+step +inv +proj=cart +ellps=airy
+step +proj=pop +v_3
+step +proj=tmerc +lat_0=49 +lon_0=-2 +k=0.9996012717 +x_0=400000 +y_0=-100000 +ellps=airy
"""


def to_grid(lon_lat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn longitudes and latitudes (n, 2) into eastings and northings in metres (n, 2)."""
    pipeline = pyproj.Transformer.from_pipeline(_DEGREES_TO_GRID)
    return np.column_stack(pipeline.transform(lon_lat[:, 0], lon_lat[:, 1]))


def share_out(total: float, parts: Sequence[float]) -> list[float]:
    """Split a whole number over parts so that the rounded shares add up to it exactly.

    Shares carry four decimals; what rounding leaves over goes to the largest remainders, and
    among equal ones to the first.
    """
    exact = np.asarray(parts, dtype=float) / sum(parts) * round(total * UNITS)
    units = np.floor(exact).astype(int)
    # rounded, so that equal remainders are equal on every machine
    order = np.argsort(-np.round(exact - units, 6), kind="stable")
    left = round(total * UNITS) - int(units.sum())
    units[order[:left]] += 1
    return [unit / UNITS for unit in units.tolist()]


def as_text(value: Any) -> str:  # noqa: ANN401 - a cell may hold anything
    """Return a cell as it stands in a CSV: no trailing zeros, empty where missing."""
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, (float, np.floating)):
        return f"{value:.6f}".rstrip("0").rstrip(".")
    return str(value)


def write_csv(frame: pd.DataFrame, path: Path, *, sort_by: str) -> None:
    """Write a table with sorted rows, UTF-8 and LF line ends."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(frame.columns)
    for row in frame.sort_values(sort_by, kind="stable").itertuples(index=False):
        writer.writerow([as_text(value) for value in row])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(buffer.getvalue().encode())


def write_geojson(
    rows: Iterable[tuple[Mapping[str, Any], shapely.Geometry]], path: Path, *, name: str
) -> None:
    """Write polygons in degrees, sorted by ``area_id``, one feature a line (RFC 7946)."""
    features = []
    for properties, shape in sorted(rows, key=lambda row: str(row[0]["area_id"])):
        wound = shapely.orient_polygons(shape)
        rounded = shapely.transform(wound, lambda xy: np.round(xy, DECIMALS_DEGREES))
        if not rounded.is_valid:
            raise ValueError(f"{properties['area_id']}: not valid after rounding")
        geometry = shapely.geometry.mapping(rounded)
        feature = {"type": "Feature", "properties": dict(properties), "geometry": geometry}
        features.append(json.dumps(feature, ensure_ascii=False, separators=(",", ":")))
    head = f'{{"type":"FeatureCollection","name":{json.dumps(name)},"features":[\n'
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes((head + ",\n".join(features) + "\n]}\n").encode())


def sha256(path: Path) -> str:
    """Return a file's digest."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
