"""Rotherham's areas and origins, from the source files to the tables that ship."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data_write import share_out, to_grid, write_csv, write_geojson

BOROUGH = "E08000018"


def build(shared: Path, out: Path) -> None:
    """Write every Rotherham file below ``out``."""
    source = shared / "rotherham"
    lsoas = _lsoas(source)
    wards = _polygons(source / "boundaries" / "wards25.geojson")
    ward_names = wards["name"].to_dict()
    output_areas = _output_areas(source, lsoas, ward_names)
    postcodes = _postcodes(source, lsoas, ward_names)
    write_csv(output_areas, out / "origins" / "rotherham_oa.csv", sort_by="origin_id")
    write_csv(postcodes, out / "origins" / "rotherham_postcode.csv", sort_by="origin_id")
    _write_areas(lsoas, wards, output_areas, out / "boundaries")
    _write_2018(source, output_areas, out)


def _polygons(path: Path) -> gpd.GeoDataFrame:
    """Return boundaries as found, in degrees, by code."""
    frame: gpd.GeoDataFrame = gpd.read_file(path)
    return frame.set_index("code")[["name", "geometry"]].sort_index()


def _lsoas(source: Path) -> gpd.GeoDataFrame:
    """Return the 170 areas with their official figures."""
    folder = source / "statistics"
    frame = _polygons(source / "boundaries" / "lsoa21.geojson")
    tables = {
        name: pd.read_csv(folder / f"{name}.csv").set_index("lsoa21cd")
        for name in ("lsoa21_population", "lsoa21_no_car", "lsoa21_imd2025", "lookup_lsoa21")
    }
    for name, table in tables.items():
        if set(table.index) != set(frame.index):
            raise ValueError(f"{name}: its areas are not those of the boundaries")
    lookup, cars = tables["lookup_lsoa21"], tables["lsoa21_no_car"]
    frame["under_fives"] = tables["lsoa21_population"]["age0_4"]
    people = tables["lsoa21_population"]
    frame["age0_15"] = people["age0_15"]
    frame["age10_19"] = people["age10_14"] + people["age15_19"]
    frame["households"] = cars["households"]
    frame["no_car_share"] = (cars["no_car"] / cars["households"]).round(6)
    frame["imd_decile"] = tables["lsoa21_imd2025"]["IMD_decile"]
    frame["ruc21"] = lookup["ruc21"]
    frame["ward_code"] = lookup["wd24cd"]
    frame["ward_name"] = lookup["wd24nm"]
    return frame


def _output_areas(
    source: Path, lsoas: gpd.GeoDataFrame, ward_names: dict[str, str]
) -> pd.DataFrame:
    """Return the 878 output-area points; each area's children are shared by households."""
    points = pd.read_csv(source / "statistics" / "oa21_points.csv").sort_values("oa21cd")
    xy = to_grid(points[["lon", "lat"]].to_numpy(dtype=float)).round().astype(int)
    frame = pd.DataFrame({"origin_id": points["oa21cd"], "easting": xy[:, 0], "northing": xy[:, 1]})
    frame["weight"] = _shared(points["lsoa21cd"], points["households"], lsoas["under_fives"])
    frame["weight_basis"] = "modelled"
    for column in ("age0_15", "age10_19"):
        frame[column] = _shared(points["lsoa21cd"], points["households"], lsoas[column])
    frame["area_id"] = points["lsoa21cd"]
    frame["ward_code"] = points["wd25cd_pip"]
    frame["ward_name"] = points["wd25cd_pip"].map(ward_names)
    frame["imd_decile"] = points["lsoa21cd"].map(lsoas["imd_decile"])
    frame["no_car_share"] = points["lsoa21cd"].map(lsoas["no_car_share"])
    frame["households"] = points["households"]
    frame["ruc21"] = points["lsoa21cd"].map(lsoas["ruc21"])
    return _complete(frame)


def _postcodes(source: Path, lsoas: gpd.GeoDataFrame, ward_names: dict[str, str]) -> pd.DataFrame:
    """Return the borough's postcodes; each area's children are shared equally over its own."""
    found = pd.read_csv(source / "points" / "codepoint_open_2025_10.csv")
    found = found[found["district"] == BOROUGH].sort_values("postcode").reset_index(drop=True)
    found["lsoa"] = _area_of(found, lsoas)
    found["basis"] = "modelled"
    found = _with_areas_that_have_no_postcode(found, source, lsoas)
    one = pd.Series(1.0, index=found.index)
    frame = pd.DataFrame({"origin_id": found["postcode"]})
    frame[["easting", "northing"]] = found[["easting", "northing"]]
    frame["weight"] = _shared(found["lsoa"], one, lsoas["under_fives"])
    frame["weight_basis"] = found["basis"]
    for column in ("age0_15", "age10_19"):
        frame[column] = _shared(found["lsoa"], one, lsoas[column])
    frame["area_id"] = found["lsoa"]
    frame["ward_code"] = found["ward"]
    frame["ward_name"] = found["ward"].map(ward_names)
    frame["imd_decile"] = found["lsoa"].map(lsoas["imd_decile"])
    frame["no_car_share"] = found["lsoa"].map(lsoas["no_car_share"])
    frame["households"] = _shared(found["lsoa"], one, lsoas["households"])
    frame["ruc21"] = found["lsoa"].map(lsoas["ruc21"])
    frame["point_quality"] = found["quality"]
    return _complete(frame)


def _write_2018(source: Path, today: pd.DataFrame, out: Path) -> None:
    """Write what comes nearest to October 2018: areas of 2011, wards of 2013, children of 2020."""
    lsoas = _polygons(source / "boundaries" / "lsoa11.geojson")
    for name, columns in (
        ("lsoa11_population_mid2020", {"age0_4": "under_fives", "age0_15": "age0_15"}),
        ("lsoa11_imd2019", {"IMD_decile": "imd_decile"}),
    ):
        table = pd.read_csv(source / "statistics" / f"{name}.csv").set_index("lsoa11cd")
        if not set(lsoas.index) <= set(table.index):
            raise ValueError(f"{name}: areas of the boundaries are missing")
        lsoas = lsoas.join(table[list(columns)].rename(columns=columns))
    wards = _polygons(source / "boundaries" / "wards13.geojson")
    frame = today.drop(columns=["ruc21", "age10_19"]).copy()
    frame["area_id"], frame["ward_code"] = _area_of(frame, lsoas), _area_of(frame, wards)
    if set(frame["area_id"]) != set(lsoas.index):
        raise ValueError("lsoa11: an area holds no output area, so its children would be lost")
    frame["ward_name"] = frame["ward_code"].map(wards["name"])
    frame["imd_decile"] = frame["area_id"].map(lsoas["imd_decile"])
    for column, counted in (("weight", "under_fives"), ("age0_15", "age0_15")):
        frame[column] = _shared(frame["area_id"], frame["households"], lsoas[counted])
    write_csv(_complete(frame), out / "origins" / "rotherham_oa_2018.csv", sort_by="origin_id")
    for shapes, name in ((lsoas, "rotherham_lsoa11"), (wards, "rotherham_wards13")):
        rows = [
            ({"area_id": code, **{c: _plain(row[c]) for c in shapes if c != "geometry"}}, shape)
            for (code, row), shape in zip(shapes.iterrows(), shapes.geometry, strict=True)
        ]
        write_geojson(rows, out / "boundaries" / f"{name}.geojson", name=name)


def _area_of(points: pd.DataFrame, lsoas: gpd.GeoDataFrame) -> list[str]:
    """Return the area each point lies in, or the nearest where the boundary misses it."""
    shapes = shapely.transform(lsoas.geometry.to_numpy(), to_grid)
    tree = shapely.STRtree(shapes)
    places = shapely.points(points[["easting", "northing"]].to_numpy(dtype=float))
    where = np.full(len(places), -1)
    point, shape = tree.query(places, predicate="intersects")
    # reversed, so that a point on a shared boundary goes to the area that sorts first
    where[point[::-1]] = shape[::-1]
    missed = where < 0
    if missed.any():
        where[missed] = tree.nearest(places[missed])
    print(f"  points outside every generalised area, given to the nearest: {missed.sum()}")
    return [str(lsoas.index[position]) for position in where]


def _with_areas_that_have_no_postcode(
    found: pd.DataFrame, source: Path, lsoas: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Add an area's own centroid where it holds no postcode, so that no child is lost."""
    bare = sorted(set(lsoas.index) - set(found["lsoa"]))
    print(f"  areas without a postcode, kept as one point at their centroid: {len(bare)}")
    if not bare:
        return found
    centres = pd.read_csv(source / "statistics" / "lsoa21_pwc.csv").set_index("lsoa21cd").loc[bare]
    xy = to_grid(centres[["lon", "lat"]].to_numpy(dtype=float)).round().astype(int)
    extra = pd.DataFrame({"postcode": bare, "easting": xy[:, 0], "northing": xy[:, 1]})
    extra["lsoa"] = bare
    extra["ward"] = lsoas.loc[bare, "ward_code"].to_numpy()
    extra["quality"] = 0
    extra["basis"] = "modelled, area centroid: no postcode"
    return pd.concat([found, extra], ignore_index=True)


def _shared(area: pd.Series, part: pd.Series, totals: pd.Series) -> pd.Series:
    """Return each row's part of its area's total; every area adds up exactly."""
    shares = np.zeros(len(area))
    codes = area.to_numpy()
    for code in sorted(set(codes)):
        rows = np.flatnonzero(codes == code)
        shares[rows] = share_out(float(totals[code]), part.to_numpy()[rows].tolist())
    return pd.Series(shares, index=area.index)


def _complete(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the table if no cell is empty."""
    gaps = frame.columns[frame.isna().any()].tolist()
    if gaps:
        raise ValueError(f"origins: empty cells in {gaps}")
    return frame


def _write_areas(
    lsoas: gpd.GeoDataFrame, wards: gpd.GeoDataFrame, origins: pd.DataFrame, folder: Path
) -> None:
    """Write the borough, the 170 areas and the 25 wards."""
    columns = [column for column in lsoas.columns if column != "geometry"]
    write_geojson(
        [
            ({"area_id": code, **{c: _plain(row[c]) for c in columns}}, row["geometry"])
            for code, row in lsoas.iterrows()
        ],
        folder / "rotherham_lsoa21.geojson",
        name="rotherham_lsoa21",
    )
    sums = origins.groupby("ward_code")[["weight", "age0_15", "households"]].sum().round(4)
    rows = []
    for code, ward in wards.iterrows():
        modelled = {
            "under_fives_modelled": float(sums.loc[code, "weight"]),
            "age0_15_modelled": float(sums.loc[code, "age0_15"]),
            "households_modelled": int(sums.loc[code, "households"]),
        }
        rows.append(({"area_id": code, "name": ward["name"], **modelled}, ward["geometry"]))
    write_geojson(rows, folder / "rotherham_wards.geojson", name="rotherham_wards")
    borough: dict[str, Any] = {"area_id": BOROUGH, "name": "Rotherham"}
    for column in ("under_fives", "age0_15", "households"):
        borough[column] = int(lsoas[column].sum())
    outline = shapely.coverage_union_all(lsoas.geometry.to_numpy())
    write_geojson(
        [(borough, outline)], folder / "rotherham_borough.geojson", name="rotherham_borough"
    )


def _plain(value: Any) -> Any:  # noqa: ANN401 - a cell may hold anything
    """Return a number of numpy's as Python's own, which JSON can write."""
    return value.item() if isinstance(value, np.generic) else value
