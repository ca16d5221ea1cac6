"""GeoParquet: every origin under every scenario by every mode, for databases and data frames."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd

from eh_access.publish.writers.geopackage import geopackage_metadata
from eh_access.tables import CRS

if TYPE_CHECKING:
    import pandas as pd

    from eh_access.publish.writers.material import Material

NAME, WHAT = "results.parquet", "place by place, for databases"


def write(material: Material, path: Path) -> None:
    """Write the rows of ``origins.csv`` with their points, and whom to credit."""
    import pyarrow.parquet as pq  # noqa: PLC0415 - heavy, and needed by this writer alone

    result = material.result
    frame_of(result.origins_table(), result.origins.geometry).to_parquet(path, index=False)
    table = pq.read_table(path)
    about = geopackage_metadata(result.study, material.words, result.provenance)
    described = {**table.schema.metadata, b"sources": about.encode()}
    pq.write_table(table.replace_schema_metadata(described), path)


def frame_of(rows: pd.DataFrame, points: gpd.GeoSeries) -> gpd.GeoDataFrame:
    """Return one row per origin, scenario and mode; a weight that is hidden is missing."""
    statuses = [name for name in map(str, rows) if name.startswith("status")]
    kinds = dict.fromkeys(["scenario", "mode", *statuses], "category")
    placed = points.reindex(rows["origin_id"]).to_numpy()
    return gpd.GeoDataFrame(rows.astype(kinds), geometry=placed, crs=CRS)
