"""The GeoParquet holds what origins.csv holds, where it belongs, with whom to credit."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow.parquet as pq
import pytest

from eh_access.publish.attribution import credit_lines
from eh_access.publish.outputs import write_outputs
from eh_access.publish.writers import find_writers, parquet
from eh_access.study.findings import Findings
from eh_access.study.result import StudyResult


@pytest.fixture(scope="module")
def path(
    toy: StudyResult, toy_findings: Findings, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    return write_outputs(toy, toy_findings, tmp_path_factory.mktemp("parquet"))[parquet.NAME]


def test_it_is_among_the_outputs() -> None:
    assert "results.parquet" in find_writers()


def test_a_row_for_each_origin_scenario_and_mode_as_in_the_csv(
    toy: StudyResult, path: Path
) -> None:
    read = gpd.read_parquet(path)
    assert len(read) == len(toy.origins) * len(toy.scenario_names) * len(toy.modes)
    plain = pd.DataFrame(read.drop(columns="geometry"))
    pd.testing.assert_frame_equal(
        plain, toy.origins_table(), check_dtype=False, check_categorical=False
    )
    at = toy.origins.geometry.loc[read["origin_id"]]
    assert read.crs == toy.origins.crs
    assert read.geometry.geom_equals(at, align=False).all()


def test_columns_can_be_read_without_the_rest(path: Path) -> None:
    few = pq.read_table(path, columns=["minutes"], filters=[("scenario", "=", "baseline")])
    assert 0 < few.num_rows < pq.read_metadata(path).num_rows


def test_credits_and_coordinates_stand_inside(toy: StudyResult, path: Path) -> None:
    told = pq.read_schema(path).metadata
    assert all(line in told[b"sources"].decode() for line in credit_lines(toy.provenance))
    assert json.loads(told[b"geo"])["primary_column"] == "geometry"
