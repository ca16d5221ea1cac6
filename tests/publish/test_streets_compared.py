"""Two sets of streets: what the report says of the difference, against runs on each alone."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely

from eh_access.network.edit import CloseStreet, change_streets
from eh_access.network.io import read_network_file, write_network
from eh_access.publish.tabulations import (
    AREAS,
    OUTCOMES,
    compared_facts,
    same_questions,
    street_names,
    tabulate,
)
from eh_access.publish.wording import Wording
from eh_access.sources import openstreetmap
from eh_access.sources.bundled import network_path
from eh_access.study.opening import open_study
from eh_access.study.result import StudyResult
from eh_access.study.run import run_study
from eh_access.study.streets import find_streets
from overpass_server import EXTRACT, running
from study_cli import run_cli
from study_files import TO_NEWPORT, StudyFolder, moved, write_study
from xlsx import sheets_of

WEST = shapely.box(328_000, 180_000, 330_500, 190_000)
SCENARIO = "illustrative-sessions"
SQUARE_M = 500


@pytest.fixture(scope="module")
def without_west(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Newport's streets without those in the west, as a file of one's own."""
    network = read_network_file(network_path("newport"))
    closed = change_streets(network, [CloseStreet(within=WEST)])
    return write_network(closed, tmp_path_factory.mktemp("streets") / "mine.npz")


@pytest.fixture(scope="module")
def compared(without_west: Path) -> StudyResult:
    study, inputs = open_study("newport")
    streets = find_streets(study, inputs.borough, streets=without_west)
    return run_study(study, inputs=inputs, streets=streets)


@pytest.fixture(scope="module")
def alone(without_west: Path, newport: StudyResult) -> tuple[StudyResult, StudyResult]:
    """The study on the streets that ship, and on the others, each without the other."""
    study, inputs = open_study("newport")
    mine = read_network_file(without_west)
    return newport, run_study(study, inputs=inputs, network=mine)


def test_outcomes_are_those_of_two_runs(
    compared: StudyResult, alone: tuple[StudyResult, StudyResult]
) -> None:
    table = tabulate(compared)[OUTCOMES].frame
    shipped, mine = (result.verdicts_table() for result in alone)
    assert len(table) == len(mine)
    assert list(table["criterion"]) == list(mine["criterion"])
    for column, verdicts in (("other_outcome", shipped), ("outcome", mine)):
        said = table[column].str.replace(" (not met before either)", "", regex=False)
        assert list(said) == list(verdicts["outcome"])
    differs = (shipped["outcome"] != mine["outcome"]).to_numpy()
    assert list(table["same"] == "OTHER") == list(differs)
    assert differs.any()
    decided = (mine["scenario"] != "baseline").to_numpy()
    other = compared.on_other_streets
    assert other is not None
    pairs = same_questions(compared.verdicts, other.verdicts)
    facts = compared_facts(pairs, street_names(compared.inputs))
    told = Wording.of(compared).part("tables", "two_streets", **facts)
    assert f"{(~differs[decided]).sum()} of {decided.sum()} outcomes are the same" in told
    assert "mine.npz" in told
    assert "bundled:newport" in told


def by_square(result: StudyResult) -> pd.DataFrame:
    """Work out the minutes by square from origins.csv alone."""
    table = result.origins_table()
    walked = table[table["mode"] == "walk"].set_index("origin_id")
    frame = pd.DataFrame(
        {
            when: walked.loc[walked["scenario"] == name, "minutes_full_time"]
            for when, name in (("before", "baseline"), ("after", SCENARIO))
        }
    )
    frame = frame[np.isfinite(frame).all(axis=1)]
    places = result.origins.loc[frame.index].geometry
    east, north = (np.floor(axis / SQUARE_M).astype(int) for axis in (places.x, places.y))
    # postcodes weigh one each, so that plain means are weighted ones
    return frame.groupby([east.rename("east"), north.rename("north")]).mean()


def test_the_areas_are_those_that_differ_most(
    compared: StudyResult, alone: tuple[StudyResult, StudyResult]
) -> None:
    shipped, mine = (by_square(result) for result in alone)
    most = (mine - shipped).abs().max(axis=1).nlargest(10)
    table = tabulate(compared)[AREAS].frame
    assert len(table) == 10
    assert table["differs_min"].to_numpy() == pytest.approx(most.to_numpy(), abs=0.051)
    assert table["differs_min"].min() > 1
    assert (table["weight"] >= 1).all()
    for row in table.itertuples():
        # "ST 315 880": hundreds of metres in the square of the grid whose corner is 300, 100 km
        east, north = (int(part) for part in str(row.area).split()[1:])
        square = ((300_000 + east * 100) // SQUARE_M, (100_000 + north * 100) // SQUARE_M)
        for column, found in (("other_", shipped), ("", mine)):
            was, now = getattr(row, f"{column}before_min"), getattr(row, f"{column}after_min")
            assert (was, now) == pytest.approx(tuple(found.loc[square]), abs=0.051)


def in_newport(folder: Path) -> StudyFolder:
    """Write the study of three homes where Newport's streets are."""
    toy = moved(write_study(folder), **TO_NEWPORT)
    toy.change("study.toml", 'source = "estimate"', "buffer_m = 300")
    return toy


def test_the_report_and_the_workbook_say_it_and_verify_holds(
    without_west: Path, tmp_path: Path
) -> None:
    toy = in_newport(tmp_path / "study")
    out = tmp_path / "out"
    ran = run_cli("report", toy.toml, "--streets", without_west, "-o", out)
    assert ran.code == 0, ran.err
    page = (out / "annex.html").read_text(encoding="utf-8")
    assert "The same on other streets" in page
    assert "outcomes are the same on both" in page
    assert {OUTCOMES, AREAS} <= set(sheets_of(out / "tables.xlsx"))
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    roles = {item["role"]: item["name"] for item in manifest["inputs"]}
    assert (roles["streets"], roles["streets compared"]) == ("mine.npz", "bundled:newport")
    checked = run_cli("verify", out, "--streets", without_west)
    assert checked.code == 0, checked.out + checked.err


def test_one_set_of_streets_is_compared_with_nothing() -> None:
    study, inputs = open_study("newport")
    for streets in (None, "bundled", "estimate", network_path("newport")):
        assert find_streets(study, inputs.borough, streets=streets).other is None


@pytest.mark.allow_hosts(["127.0.0.1"])
@pytest.mark.skipif(not EXTRACT.exists(), reason="the shared source data is not here")
def test_a_download_is_compared_with_the_streets_that_ship(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server on this machine holds the extract that the bundled streets were made from."""
    toy = in_newport(tmp_path / "study")
    monkeypatch.setattr(openstreetmap, "default_folder", lambda: tmp_path / "store")
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with running() as server:
        monkeypatch.setenv(openstreetmap.URL_VARIABLE, server.url)
        ran = run_cli("report", toy.toml, "--streets", "download", "-o", tmp_path / "out")
        assert ran.code == 0, ran.err
        asked = len(server.queries)
        assert asked > 0
        checked = run_cli("verify", tmp_path / "out")
        assert checked.code == 0, checked.out + checked.err
        assert len(server.queries) == asked  # the second time they come from the store
    page = (tmp_path / "out" / "annex.html").read_text(encoding="utf-8")
    assert "on the streets of this report (download) and on others (bundled:newport)" in page
