"""What maps are drawn on: water, rivers, coast and railways, checked like any other table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eh_access.errors import InputError, did_you_mean
from eh_access.tables import CRS

if TYPE_CHECKING:
    import geopandas as gpd

KINDS = ("water", "river", "coast", "rail")


def check_base(frame: gpd.GeoDataFrame, *, source: str = "base") -> gpd.GeoDataFrame:
    """Return the shapes maps are drawn on."""
    if frame.crs is None or "kind" not in frame:
        raise InputError(f"{source}: needs a column kind ({', '.join(KINDS)}) and a known CRS")
    faults = [
        f"{source}, row {row}, kind: '{kind}' is not drawn; {did_you_mean(str(kind), KINDS)}"
        for row, kind in enumerate(frame["kind"], 1)
        if kind not in KINDS
    ]
    if faults:
        raise InputError(faults)
    kept = frame.loc[~(frame.geometry.isna() | frame.geometry.is_empty), ["kind", "geometry"]]
    return kept.to_crs(CRS).reset_index(drop=True)
