"""GeoParquet: every origin under every scenario by every mode, for databases and data frames."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd

from eh_access.publish.writers.geopackage import geopackage_metadata
from eh_access.tables import CRS

if TYPE_CHECKING:
    from eh_access.publish.writers.material import Material
    from eh_access.study.result import StudyResult

NAME, WHAT = "results.parquet", "place by place, for databases"


def write(material: Material, path: Path) -> None:
    """Write the rows of ``origins.csv`` with their points, and whom to credit."""
    import pyarrow.parquet as pq  # noqa: PLC0415 - heavy, and needed by this writer alone

    frame_of(material.result).to_parquet(path, index=False)
    table = pq.read_table(path)
    told = {**table.schema.metadata, b"sources": geopackage_metadata(material.result).encode()}
    pq.write_table(table.replace_schema_metadata(told), path)


def frame_of(result: StudyResult) -> gpd.GeoDataFrame:
    """Return one row per origin, scenario and mode; a weight that is hidden is missing."""
    rows = result.origins_table()
    statuses = [name for name in map(str, rows) if name.startswith("status")]
    kinds = dict.fromkeys(["scenario", "mode", *statuses], "category")
    points = result.origins.geometry.reindex(rows["origin_id"]).to_numpy()
    return gpd.GeoDataFrame(rows.astype(kinds), geometry=points, crs=CRS)
