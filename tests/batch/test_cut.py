"""Cutting one authority's study out of what many share."""

from __future__ import annotations

import datetime as dt
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eh_access.batch.cut import toml_text
from eh_access.batch.plan import Plan, make_plan
from eh_access.batch.run import Limits, run_batch
from eh_access.batch.work import run_job
from eh_access.errors import InputError
from eh_access.transit.feed import read_feed
from toy_county import HOMES_M, minutes_to_nearest, write_county, write_joint

KEYS = st.text("abc-_ é\"'", min_size=1, max_size=5)
VALUES = (
    st.booleans()
    | st.integers(-(2**40), 2**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.dates(dt.date(1900, 1, 1))
    | st.lists(st.integers(0, 9) | st.text(max_size=4), max_size=3)
)
TABLES = st.recursive(
    st.dictionaries(KEYS, VALUES, max_size=4),
    lambda inner: st.dictionaries(
        KEYS, VALUES | inner | st.lists(inner, min_size=1, max_size=2), max_size=4
    ),
    max_leaves=8,
)


@settings(max_examples=50)
@given(TABLES)
def test_what_is_written_as_toml_is_read_back(table: dict[str, Any]) -> None:
    assert tomllib.loads(toml_text(table)) == table


def done(plan: Plan) -> dict[str, pd.DataFrame]:
    """Do every job in this process; return the origins of each study."""
    outcomes = [run_job(job) for job in plan.jobs]
    assert [item.reason for item in outcomes if item.reason] == []
    return {job.name: pd.read_parquet(job.folder / "origins.parquet") for job in plan.jobs}


def minutes(origins: pd.DataFrame, scenario: str, mode: str = "walk") -> pd.Series:
    rows = origins[(origins["scenario"] == scenario) & (origins["mode"] == mode)]
    return rows.set_index("origin_id")["minutes"].sort_index()


def test_near_a_border_minutes_are_those_of_both_authorities_together(tmp_path: Path) -> None:
    apart = done(make_plan(write_county(tmp_path / "two"), tmp_path / "apart"))
    joint = done(make_plan(write_joint(tmp_path / "one"), tmp_path / "together"))["County"]
    for scenario, closed in (("baseline", ()), ("two-closes", ("two",))):
        both = pd.concat([minutes(apart["West"], scenario), minutes(apart["East"], scenario)])
        assert len(both) == len(HOMES_M)
        pd.testing.assert_series_equal(both.sort_index(), minutes(joint, scenario))
        expected = minutes_to_nearest(HOMES_M, *closed)
        assert np.abs(both.sort_index().to_numpy() - expected).max() < 0.01


def test_buses_across_a_border_are_those_of_both_authorities_together(tmp_path: Path) -> None:
    plans = []
    for name, write in (("apart", write_county), ("together", write_joint)):
        path = write(tmp_path / name, buses=True)
        text = path.with_name("study.toml").read_text("utf-8")
        # West has no site left: the nearest is of East, and the second line leads to it
        path.with_name("study.toml").write_text(text.replace('["two"]', '["one", "two"]'), "utf-8")
        plans.append(make_plan(path, tmp_path / f"{name} out"))
    plan = plans[0]
    apart, joint = done(plan), done(plans[1])["County"]
    for scenario in ("baseline", "two-closes"):
        both = pd.concat([minutes(apart[name], scenario, "transit") for name in ("West", "East")])
        pd.testing.assert_series_equal(both.sort_index(), minutes(joint, scenario, "transit"))
    # the second line never calls in West, nor a walk away from it
    walked, ridden = (minutes(apart["West"], "two-closes", mode) for mode in ("walk", "transit"))
    assert (ridden <= walked + 1e-6).all()
    assert (ridden < walked - 1).any()
    west = next(job for job in plan.jobs if job.name == "West")
    feed = read_feed(west.folder / "study" / "timetable.zip")
    # sites of East count within 4 km, and stops a walk of 15 minutes from them
    assert set(feed.tables["stops"]["stop_id"]) == {f"b{number}" for number in range(5)}
    assert set(feed.tables["trips"]["route_id"]) == {"r0", "r1"}
    study = tomllib.loads((west.folder / "study" / "study.toml").read_text("utf-8"))
    assert study["transit"]["feeds"] == ["timetable.zip"]


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    folder = tmp_path_factory.mktemp("county")
    return make_plan(write_county(folder), folder / "out")


def test_a_cut_study_is_a_study_with_its_own_files(plan: Plan) -> None:
    [west] = [job for job in plan.jobs if job.name == "West"]
    assert run_job(west).done
    text = (west.folder / "study" / "study.toml").read_text("utf-8")
    study = tomllib.loads(text)
    assert study["id"] == "west"
    assert study["scenario"][1]["close"] == ["two"]
    assert study["source"][0]["file"] == study["data"]["origins"]["homes"] == "origins-homes.csv"
    homes = pd.read_csv(west.folder / "study" / "origins-homes.csv")
    assert (homes["easting"] < 446_000).all()
    sites = pd.read_csv(west.folder / "study" / "sites.csv")
    assert list(sites["site_id"]) == ["one", "two", "three"]  # four is 5.5 km over the border


def test_where_nothing_changes_a_scenario_is_not_assessed(tmp_path: Path) -> None:
    path = write_county(tmp_path)
    text = (tmp_path / "study.toml").read_text("utf-8")
    (tmp_path / "study.toml").write_text(text.replace('["two"]', '["four"]'), "utf-8")
    west = next(job for job in make_plan(path, tmp_path / "out").jobs if job.name == "West")
    assert run_job(west).done
    summary = pd.read_parquet(west.folder / "summary.parquet")
    together = summary[(summary["by"] == "all") & (summary["sites"] == "any open")]
    assert list(together["weight_loses"]) == [0.0]
    assert list(together["weight"]) == [120.0]


def test_keys_change_with_inputs_and_settings_and_nothing_else(tmp_path: Path) -> None:
    path = write_county(tmp_path, buses=True)
    keys = {job.id: job.key for job in make_plan(path, tmp_path / "a").jobs}
    assert {job.id: job.key for job in make_plan(path, tmp_path / "b").jobs} == keys
    assert len(set(keys.values())) == 2
    for name, old, new in (
        ("homes.csv", "made up", "guessed"),
        ("study.toml", "cutoff_min = 30", "cutoff_min = 20"),
        ("buses/stops.txt", "B6", "Far end"),
        ("plan.toml", "buffer_m = 4000", "buffer_m = 4001"),
    ):
        file = tmp_path / name
        text = file.read_text("utf-8")
        file.write_text(text.replace(old, new, 1), "utf-8")
        changed = {job.id: job.key for job in make_plan(path, tmp_path / "c").jobs}
        assert not set(changed.values()) & set(keys.values()), name
        file.write_text(text, "utf-8")


def test_the_largest_study_comes_first(tmp_path: Path) -> None:
    path = write_county(tmp_path)
    homes = (tmp_path / "homes.csv").read_text("utf-8").splitlines()
    (tmp_path / "homes.csv").write_text("\n".join([*homes[:8], *homes[13:]]), "utf-8")
    assert [job.size for job in make_plan(path, tmp_path / "out").jobs] == [12, 7]


def test_faults_of_shared_tables_are_all_listed(tmp_path: Path) -> None:
    path = write_county(tmp_path)
    homes = (tmp_path / "homes.csv").read_text("utf-8").replace("aw", "ax", 1)
    (tmp_path / "homes.csv").write_text(homes, "utf-8")
    sites = (tmp_path / "sites.csv").read_text("utf-8").replace("441000.0,390000.0", ",")
    (tmp_path / "sites.csv").write_text(sites, "utf-8")
    with pytest.raises(InputError) as caught:
        make_plan(path, tmp_path / "out")
    text = str(caught.value)
    assert "homes.csv, row 2, area_id: no area 'ax'" in text
    assert "sites.csv, row 2: has no place" in text
    assert not (tmp_path / "out" / "shared").exists()


def test_finished_results_that_were_damaged_are_made_again(plan: Plan) -> None:
    [east] = [job for job in plan.jobs if job.name == "East"]
    assert run_job(east).done
    file = east.folder / "origins.parquet"
    whole = file.read_bytes()
    file.write_bytes(whole[:-1])
    assert run_job(replace(east)).done
    assert file.read_bytes() == whole


def test_exact_counts_that_are_not_public_are_no_part_of_the_results(tmp_path: Path) -> None:
    path = write_county(tmp_path)
    text = (tmp_path / "study.toml").read_text("utf-8")
    text = text.replace("weights_public = true", "weights_public = false")
    (tmp_path / "study.toml").write_text(text, "utf-8")
    homes = (tmp_path / "homes.csv").read_text("utf-8").replace(",10.0,", ",41.0,")
    (tmp_path / "homes.csv").write_text(homes, "utf-8")
    out = tmp_path / "out"
    done = run_batch(path, out, limits=Limits(workers=1))
    assert done.failed == {}
    assert not (out / "shared").exists()
    for job in done.plan.jobs:
        assert not (job.folder / "study").exists()
        weights = pd.read_parquet(job.folder / "origins.parquet")["weight"]
        assert not (weights == 41.0).any()
