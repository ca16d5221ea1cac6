"""What a batch of private counts writes is what its studies' own reports do."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from eh_access.batch.plan import Job, Plan, make_plan
from eh_access.batch.reduce import write_reduction
from eh_access.batch.run import run_batch
from eh_access.batch.work import FIGURES, run_job, run_one
from eh_access.measures.equity import fairness_frame
from eh_access.publish.tabulations import tabulate
from eh_access.publish.wording import ANY_SITE, FULL_TIME
from eh_access.study.redact import redact_tables
from study_files import write_study

HOMES = """\
origin_id,easting,northing,weight,weight_basis,area_id,imd_decile
{rows}
"""
WRITTEN = {
    "within": {
        "within_before": 1,
        "within_after": 1,
        "within_share_before": 100,
        "within_share_after": 100,
        "within_share_change": 100,
        "weight": 1,
    },
    "added_time": {
        "mean_before_min": 1,
        "mean_after_min": 1,
        "mean_change_min": 1,
        "weight_loses": 1,
        "share_loses": 100,
        "worst_change_min": 1,
        "weight_gains": 1,
        "weight_loses_all": 1,
        "finite_weight": 1,
    },
    "deprivation": {"weight": 1, "weight_loses": 1, "share_loses": 100},
    "fairness.csv": {
        "weight_unchanged": 1,
        "weight_still_unreached": 1,
        "share_gains": 1,
        "weight_loses": 1,
        "median_change_min": 1,
        "p90_change_min": 1,
    },
}
"""Figures of people that a report writes, by its table, and what it multiplies them by."""


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """Return two private studies that are done: in one of them few lose."""
    folder = tmp_path_factory.mktemp("private")
    for name, weight in (("many", 60), ("few", 8)):
        study = write_study(folder / name)
        study.change("study.toml", "weights_public = true", "weights_public = false")
        places = [(439_500, 389_500)]  # alone in the west, where the site that closes is
        places += [(x, y) for x in range(440_500, 445_000, 1000) for y in (389_500, 390_500)]
        rows = [
            f"h{number},{x},{y},{weight},made up,{'A' if x < 442_500 else 'B'},{1 + number % 10}"
            for number, (x, y) in enumerate(places)
        ]
        if name == "few":  # a third site, so that one home alone loses
            study.change("sites.csv", "east,", "mid,Mid,centre,,441000,390000,surveyed,10\neast,")
        (study.path / "origins.csv").write_text(HOMES.format(rows="\n".join(rows)), "utf-8")
    plan = make_plan(folder, folder / "out")
    assert [outcome.reason for outcome in map(run_job, plan.jobs) if outcome.reason] == []
    return plan


@pytest.fixture
def jobs(plan: Plan) -> tuple[Job, ...]:
    return plan.jobs


def test_each_study_publishes_here_what_its_report_does(jobs: tuple[Job, ...]) -> None:
    """Cell by cell: what is hidden there is hidden here, what is shown is the same."""
    checked = set()
    for job in jobs:
        result = run_one(Path(job.study))
        tables = {name: table.frame for name, table in tabulate(result).items()}
        compared = {ANY_SITE: result.comparisons, FULL_TIME: result.comparisons_full_time}
        rows = pd.concat(
            fairness_frame(compared[sites], sites=sites) for sites in (FULL_TIME, ANY_SITE)
        )
        shown, _ = redact_tables({"fairness.csv": rows.reset_index(drop=True)}, result.study.policy)
        tables["fairness.csv"] = shown["fairness.csv"].query("group_kind == 'everyone'")
        summary = pd.read_parquet(job.folder / "summary.parquet")
        for name, columns in WRITTEN.items():
            here = summary[(summary["by"] == "deprivation") == (name == "deprivation")]
            assert len(here) == len(tables[name]) > 0
            for column, factor in columns.items():
                expected = tables[name][column].to_numpy(float)
                np.testing.assert_allclose(
                    here[column] * factor, expected, atol=0.0500001, err_msg=f"{name} {column}"
                )
                checked.add(column)
    people = set(FIGURES.parts) | set(FIGURES.shares) | {"weight"}
    assert people | set(FIGURES.changes) <= checked


def test_every_file_of_a_batch_shows_what_its_studies_publish(plan: Plan, tmp_path: Path) -> None:
    write_reduction(plan, {}, tmp_path)
    own = {
        job.id: pd.read_parquet(job.folder / "summary.parquet").query("by == 'all'")
        for job in plan.jobs
    }
    keys = ["mode", "sites"]
    listed = pd.read_csv(tmp_path / "authorities.csv")
    drawn = gpd.read_parquet(tmp_path / "authorities.parquet").set_index("study")
    for study, summary in own.items():
        there = listed[listed["study"] == study].set_index(keys)
        here = summary.set_index(keys).loc[there.index]
        for column in here.columns.intersection(there.columns).difference(["scenario", "counted"]):
            assert here[column].astype(object).fillna("").tolist() == (
                there[column].astype(object).fillna("").tolist()
            ), column
        first = here.loc["walk", FULL_TIME]
        for column in ("weight", "weight_loses", "share_loses"):
            np.testing.assert_equal(drawn.loc[study, column], first[column])
    # of the few nobody may know how many lose: they are in no sum, and the page says so
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "1 authority is left out of the sum</strong> (Toytown)" in page
    assert "in 1 authority." in page
    assert "not where each lives" in page
    assert "note|" not in page
    assert ">nan<" not in page
    assert "Left out" in page


def test_where_nobody_publishes_who_loses_the_page_says_that_the_sum_is_hidden(
    plan: Plan, tmp_path: Path
) -> None:
    few = [job for job in plan.jobs if job.id == "few"]
    write_reduction(replace(plan, jobs=tuple(few)), {}, tmp_path)
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "The sum is hidden" in page
    assert "nan" not in re.sub(r"<[^>]+>", " ", page.partition("<main")[2]).split()


def test_what_is_not_of_one_kind_is_not_added_up(tmp_path: Path) -> None:
    """Under-fives of one study and postcodes of another are two sums, and the page says so."""
    for name, unit in (("one", "under-fives"), ("two", "postcodes")):
        study = write_study(tmp_path / name)
        study.change("study.toml", 'unit = "under-fives"', f'unit = "{unit}"')
        study.change("study.toml", "[data]", "illustrative = true\n[data]")
    done = run_batch(tmp_path, tmp_path / "out")
    sums = pd.read_csv(tmp_path / "out" / "national.csv")
    nation = sums[(sums["by"] == "nation") & (sums["mode"] == "walk") & (sums["counted"] == "own")]
    assert done.failed == {}
    assert set(zip(nation["unit"], nation["weight"], strict=True)) == {
        ("under-fives", 60.0),
        ("postcodes", 60.0),
    }
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert "Nothing is added up" in page
    assert "ILLUSTRATIVE" in page
    assert "120" not in page.partition("<main")[2]
