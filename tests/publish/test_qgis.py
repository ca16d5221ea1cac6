"""The GeoPackage opens coloured in QGIS, drawn by QGIS itself where it is installed."""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from pathlib import Path

import geopandas as gpd
import pytest
from shapely import LineString

from eh_access.publish.charts import CHANGE
from eh_access.publish.wording import Wording
from eh_access.publish.writers.geopackage import (
    Layer,
    geopackage_metadata,
    layers,
    line_style,
    write_geopackage,
)
from eh_access.study.findings import find_maps
from eh_access.study.result import StudyResult

TOOL = Path(__file__).resolve().parents[2] / "tools" / "qgis_picture.py"
SYSTEM_PYTHON = "/usr/bin/python3"


@pytest.fixture(scope="module")
def qgis() -> str:
    asked = [SYSTEM_PYTHON, "-c", "import qgis.core"]
    there = Path(SYSTEM_PYTHON).exists()
    if not there or subprocess.run(asked, capture_output=True, check=False).returncode:
        pytest.skip("QGIS is not installed here (Debian: python3-qgis)")
    return SYSTEM_PYTHON


def test_qgis_opens_it_coloured(qgis: str, toy: StudyResult, tmp_path: Path) -> None:
    path, picture = tmp_path / "results.gpkg", tmp_path / "map.png"
    west, south, east, north = toy.origins.total_bounds
    road = LineString([(west, south), (east, north)])
    roads = gpd.GeoDataFrame({"highway": ["track"]}, geometry=[road], crs="EPSG:27700")
    style = line_style("#8C8C8C", 0.15)
    streets = Layer(name="streets", title="Streets", frame=roads, style=style)
    about = geopackage_metadata(toy.study, Wording.of(toy), toy.provenance)
    write_geopackage([*layers(toy, find_maps(toy)), streets], path, metadata=about)
    command = [qgis, str(TOOL), str(path), str(picture), "sites", "origins", "streets", "areas"]
    ran = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": ""}
    )
    assert ran.returncode == 0, ran.stderr
    told = {item["layer"]: item for item in map(json.loads, ran.stdout.splitlines())}
    assert {item["crs"] for item in told.values()} == {"EPSG:27700"}
    assert told["origins"]["features"] == len(toy.origins)
    assert told["sites"]["renderer"] == "categorizedSymbol"
    assert told["areas"]["renderer"] == "graduatedSymbol"
    assert told["streets"]["renderer"] == "singleSymbol"
    assert "loses all" in told["origins"]["legend"]
    assert told["areas"]["legend"] == list(CHANGE.labels)
    assert picture.read_bytes().startswith(b"\x89PNG")
    colours = Counter(_pixels(picture))
    assert len(colours) > 3


def _pixels(picture: Path) -> list[tuple[float, ...]]:
    from matplotlib.image import imread  # noqa: PLC0415 - heavy

    rows = imread(picture)[::10, ::10]
    return [tuple(pixel) for pixel in rows.reshape(-1, rows.shape[-1]).tolist()]
