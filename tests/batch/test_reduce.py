"""National sums of private counts tell no more than the studies do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eh_access.batch.plan import Job, make_plan
from eh_access.batch.reduce import reduce_studies
from eh_access.batch.run import run_batch
from eh_access.batch.work import run_job, run_one
from eh_access.publish.tabulations import tabulate
from study_files import write_study

HOMES = """\
origin_id,easting,northing,weight,weight_basis,area_id
{rows}
"""
PARTS = ("weight", "within_before", "within_after", "weight_loses", "weight_gains")


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Job, ...]:
    """Return two private studies that are done: in one of them few lose."""
    folder = tmp_path_factory.mktemp("private")
    for name, weight in (("many", 60), ("few", 8)):
        study = write_study(folder / name)
        study.change("study.toml", "weights_public = true", "weights_public = false")
        places = [(439_500, 389_500)]  # alone in the west, where the site that closes is
        places += [(x, y) for x in range(440_500, 445_000, 1000) for y in (389_500, 390_500)]
        rows = [
            f"h{number},{x},{y},{weight},made up,{'A' if x < 442_500 else 'B'}"
            for number, (x, y) in enumerate(places)
        ]
        if name == "few":  # a third site, so that one home alone loses
            study.change("sites.csv", "east,", "mid,Mid,centre,,441000,390000,surveyed,10\neast,")
        (study.path / "origins.csv").write_text(HOMES.format(rows="\n".join(rows)), "utf-8")
    plan = make_plan(folder, folder / "out")
    assert [outcome.reason for outcome in map(run_job, plan.jobs) if outcome.reason] == []
    return plan.jobs


def test_each_study_publishes_here_what_its_report_does(jobs: tuple[Job, ...]) -> None:
    for job in jobs:
        report = tabulate(run_one(Path(job.study)))["added_time"].frame
        summary = pd.read_parquet(job.folder / "summary.parquet")
        here = summary[summary["by"] == "all"]
        assert len(here) == len(report) > 0
        for column in ("weight_loses", "weight_gains", "weight_loses_all", "finite_weight"):
            assert np.array_equal(here[column], report[column], equal_nan=True), column


def test_a_sum_is_of_what_is_published_and_says_what_is_not(jobs: tuple[Job, ...]) -> None:
    found = reduce_studies(jobs)
    assert not found.policy.public
    hidden = 0
    for _, row in found.national[found.national["by"] == "nation"].iterrows():
        own = found.authorities
        own = own[(own["mode"] == row["mode"]) & (own["sites"] == row["sites"])]
        assert len(own) == row["studies"] == 2
        for part in PARTS:
            missing = int(own[part].isna().sum())
            hidden += missing
            assert row[f"{part}_hidden_in"] == missing
            if pd.notna(row[part]):
                assert row[part] == own[part].sum()
    assert hidden > 0, "the example hides something"


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
