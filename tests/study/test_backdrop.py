from __future__ import annotations

import geopandas as gpd
import pytest
import shapely

from eh_access.errors import InputError
from eh_access.sources import bundled
from eh_access.study.config import load_study
from eh_access.study.inputs import check_base, read_inputs


def lake(**columns: object) -> gpd.GeoDataFrame:
    shapes = [shapely.box(-3.0, 51.5, -2.9, 51.6)]
    return gpd.GeoDataFrame({"kind": ["water"]} | columns, geometry=shapes, crs="EPSG:4326")


def test_shapes_come_back_on_the_national_grid() -> None:
    found = check_base(lake())
    assert found.crs.to_epsg() == 27700
    assert found.geometry[0].centroid.x == pytest.approx(334_800, abs=2000)


def test_every_kind_that_is_not_drawn_is_told() -> None:
    twice = gpd.GeoDataFrame(
        {"kind": ["watr", "moor"]}, geometry=[shapely.box(0, 0, 1, 1)] * 2, crs="EPSG:27700"
    )
    with pytest.raises(InputError, match=r"row 1, kind: 'watr'(.|\n)*row 2, kind: 'moor'"):
        check_base(twice)


def test_a_file_without_kinds_or_without_a_crs_is_refused() -> None:
    with pytest.raises(InputError, match="needs a column kind"):
        check_base(lake().drop(columns="kind"))
    with pytest.raises(InputError, match="known CRS"):
        check_base(lake().set_crs(None, allow_override=True))


def test_newports_base_lies_within_its_area_and_names_its_source() -> None:
    study = load_study("newport")
    base = read_inputs(study).base
    assert base is not None
    assert set(base["kind"]) == {"water", "river", "coast", "rail"}
    area = read_inputs(study).borough.buffer(5)
    assert base.within(area).all()
    source = bundled.load_sources()["boundaries/newport_base.geojson"].provenance
    assert "OpenStreetMap" in source.attribution
    assert source.licence == "Open Database License 1.0"
