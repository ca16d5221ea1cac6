"""What a map carries of postcodes: every minute the library's, and nothing of the private."""

from __future__ import annotations

import base64
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from eh_access.publish import map_data
from eh_access.publish.map_data import UNREACHED, build_payload
from eh_access.routing.travel_times import TravelTimes
from eh_access.sources.bundled import load_origins
from eh_access.study import findings
from eh_access.study.config import load_study
from eh_access.study.findings import find_maps
from eh_access.study.inputs import read_inputs
from eh_access.study.reading import with_postcodes
from eh_access.study.records import Inputs
from eh_access.study.result import StudyResult
from eh_access.study.run import run_study
from map_study import toy_result


def apart(result: StudyResult, inputs: Inputs) -> StudyResult:
    """Return the study again, its postcodes to look up and its origins called something else."""
    numbers = pd.Index([f"o{n}" for n in range(len(inputs.origins))], name="origin_id")
    points = gpd.GeoDataFrame(geometry=inputs.origins.geometry)
    renamed = replace(inputs, origins=inputs.origins.set_axis(numbers), postcodes=points)
    return run_study(result.study, inputs=renamed, network=result.network)


def table_of(result: StudyResult) -> dict[str, Any] | None:
    """Return what the page carries of a result's postcodes."""
    return build_payload(result, find_maps(result))["postcodes"]


def unpacked(column: str) -> np.ndarray:
    """Return minutes as the page reads them."""
    bytes_ = np.frombuffer(base64.b64decode(column), np.uint8).reshape(-1, 3).astype(np.int64)
    steps = bytes_ @ np.array([1, 256, 65536])
    return np.where(steps == UNREACHED, np.inf, steps / map_data.STEPS_PER_MIN)


def agrees(columns: list[str], times: TravelTimes) -> None:
    """Check every postcode to every site."""
    wanted = times.select(times.site_ids.sort_values()).minutes.T.astype(np.float64)
    found = np.array([unpacked(column) for column in columns])
    assert np.isfinite(wanted).any()
    np.testing.assert_array_equal(np.isfinite(found), np.isfinite(wanted))
    # half a step, and what a 32-bit number of some hundreds leaves out
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=5.1e-5)


def test_on_streets_every_minute_and_length_is_the_librarys(newport: StudyResult) -> None:
    table = table_of(apart(newport, read_inputs(newport.study)))
    assert table is not None
    assert table["ids"] == newport.origins.index.tolist()
    for mode, times in newport.times.items():
        agrees(table["minutes"][mode], times)
    assert set(table["lengths"]) == set(newport.modes) - {"drive", "transit", "visit"}
    agrees(table["lengths"]["pushchair"], newport.distances["pushchair"])


def test_a_site_that_moves_has_a_column_of_its_own(tmp_path: Path) -> None:
    toy = toy_result(tmp_path)
    table = table_of(apart(toy, read_inputs(toy.study)))
    assert table is not None
    assert set(table["moved"]) == {"move-b"}
    place = toy.sites.index.sort_values().get_loc("b")
    for mode in toy.modes:
        agrees(table["minutes"][mode], toy.times[mode])
        assert set(table["moved"]["move-b"][mode]) == {place}
        moved = unpacked(table["moved"]["move-b"][mode][place])
        own = toy.times_for("move-b", mode).select(pd.Index(["b"])).minutes[:, 0]
        np.testing.assert_allclose(moved, own, atol=5.1e-5)
    assert table["lengths"] == {}


def test_the_same_children_placed_more_finely(
    on_streets: StudyResult, by_postcode: StudyResult
) -> None:
    assert by_postcode.origins_name == "postcode"
    assert len(by_postcode.origins) == 6587
    share = [
        next(
            item.value for item in result.verdicts_for("baseline") if item.criterion.id == "walk-30"
        )
        for result in (on_streets, by_postcode)
    ]
    assert share[0] == pytest.approx(share[1], abs=0.05)


def test_rotherhams_are_all_the_shipped_ones(
    on_streets: StudyResult, by_postcode: StudyResult
) -> None:
    result = on_streets
    shipped = load_origins("rotherham_postcode")
    table = table_of(result)
    assert table is not None
    assert table["ids"] == sorted(shipped.index)
    assert table_of(by_postcode) == {"ids": None}
    for mode in result.modes:
        times = by_postcode.times[mode]
        first = times.to_wide()[min(result.sites.index)].sort_index().to_numpy(np.float64)
        steps = np.rint(first * map_data.STEPS_PER_MIN)
        np.testing.assert_array_equal(
            unpacked(table["minutes"][mode][0]), steps / map_data.STEPS_PER_MIN
        )
    assert "Royal Mail" in " ".join(item.attribution for item in result.provenance)


def test_where_counts_are_not_public_there_is_nothing_to_look_up(tmp_path: Path) -> None:
    study = load_study("rotherham")
    listed = tmp_path / "families.csv"
    codes = load_origins("rotherham_postcode").index[::9]
    listed.write_text("postcode\n" + "\n".join(codes) + "\n", encoding="utf-8")
    tables = read_inputs(study, families=listed)
    assert tables.families
    assert tables.postcodes is None
    private = study.model_copy(update={"weights_public": False})
    assert with_postcodes(private, replace(tables, families=False, private=None)).postcodes is None
    assert table_of(run_study(study, inputs=tables)) is None


def test_postcodes_outside_the_place_are_left_out(tmp_path: Path) -> None:
    study = load_study("rotherham")
    table = tmp_path / "all.csv"
    table.write_text(
        "postcode,easting,northing\ns601ab,442800,392800\nS1 2HH,435400,387100\n", encoding="utf-8"
    )
    data = study.data.model_copy(update={"postcodes": str(table)})
    found = read_inputs(study.model_copy(update={"data": data})).postcodes
    assert found is not None
    assert found.index.tolist() == ["S60 1AB"]


def test_more_than_a_file_can_carry_is_left_out_aloud(
    on_streets: StudyResult, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(findings, "MOST_MINUTES", 6587 * 12 * 3 - 1)
    with caplog.at_level(logging.WARNING):
        assert table_of(on_streets) is None
    assert "6,587" in caplog.text
