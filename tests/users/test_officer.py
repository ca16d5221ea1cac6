"""An officer with a workbook of centres and a list of postcodes, at the command line alone."""

from __future__ import annotations

import json
import re
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

import eh_access as eh
from study_cli import Ran, run_cli

STUDY = """
schema = 1
id = "own"
title = "Our centres: two fewer"
place = "Rotherham"
question = "If Valley and Aughton closed, would the others be reasonably local?"
unit = "children"
weight_label = "children on our register"
weight_basis = "two at every sixtieth postcode: made up"
weights_public = true

[data]
areas = "bundled:boundaries/rotherham_lsoa21.geojson"
sites = "centres.xlsx#Centres"
postcodes = "bundled:origins/rotherham_postcode.csv"

[data.origins]
homes = "homes.csv"

[streets]
source = "bundled:rotherham"

[settings]
modes = ["walk"]
cutoff_min = 20

[[scenario]]
name = "baseline"

[[scenario]]
name = "two-fewer"
close = ["valley", "aughton"]

[[criterion]]
id = "walk"
measure = "coverage"
mode = "walk"
cutoff_min = 20
threshold = 0.75
source = "our own standard"
set_by = "Cabinet"
set_on = 2026-11-01
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The officer's folder: a workbook with a cover sheet, homes by postcode, a study."""
    folder = tmp_path_factory.mktemp("desk")
    centres = eh.load_sites("rotherham_centres")
    where = centres["postcode"].replace("", pd.NA).fillna("S60 1AA")
    with pd.ExcelWriter(folder / "centres.xlsx") as workbook:
        pd.DataFrame({"Early Help estate": ["As at October"]}).to_excel(
            workbook, sheet_name="Cover", index=False
        )
        pd.DataFrame(
            {
                "Centre ID": centres.index,
                "Centre name": centres["name"].to_numpy(),
                "Postcode": where.to_numpy(),
                "Opening hours": "Mon-Fri 9am-5pm",
            }
        ).to_excel(workbook, sheet_name="Centres", index=False)
    homes = eh.load_origins("rotherham_postcode").index[::60]
    pd.DataFrame({"Postcode": homes, "Children": 2}).to_csv(folder / "homes.csv", index=False)
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def reported(desk: Path) -> Ran:
    return run_cli("report", desk / "study.toml", "--out", desk / "out")


def page(desk: Path) -> str:
    """Return the words of the report."""
    html = (desk / "out" / "report.html").read_text(encoding="utf-8")
    return re.sub(
        r"\s+", " ", re.sub(r"<(style|script).*?</\1>|<[^>]+>", " ", html, flags=re.DOTALL)
    )


def test_a_study_that_ships_is_copied_to_be_changed(tmp_path: Path) -> None:
    assert run_cli("study", "newport", "--out", tmp_path / "mine.toml").code == 0
    assert "[[criterion]]" in (tmp_path / "mine.toml").read_text(encoding="utf-8")
    wrong = run_cli("study", "newprt")
    assert (wrong.code, wrong.out) == (2, "")
    assert "newport" in wrong.err
    assert "Traceback" not in wrong.err


def test_check_says_what_was_taken_for_what(desk: Path) -> None:
    checked = run_cli("check", desk / "study.toml")
    assert checked.code == 0
    words = checked.out + checked.err
    assert "no faults" in words
    assert "'Centre ID' for site_id" in words
    assert "'Postcode' for origin_id" in words
    assert "! homes.csv was taken" in words  # a file keeps its name, wherever it stands


def test_report_answers_and_lists_its_files(reported: Ran, desk: Path) -> None:
    assert reported.code == 0
    assert "INDICATIVE" not in reported.out
    assert "≥ 75%" in reported.out
    for name in ("report.html", "map.html", "tables.xlsx", "results.parquet"):
        assert (desk / "out" / name).stat().st_size > 1000


def test_words_follow_the_numbers(reported: Ran, desk: Path) -> None:
    words = page(desk)
    assert "20-minute walk" in words
    assert "within 20 minutes on foot" in words
    assert "30-minute" not in words
    assert "within 30 min" not in words
    assert "None of these 1" not in words
    assert "two-fewer" in reported.out
    rows = pd.read_csv(desk / "out" / "verdicts.csv").set_index("scenario")
    title = rows.loc["two-fewer", "title"]
    assert "75%" in title
    assert "20-minute walk" in title


def test_the_share_is_that_of_the_rows(reported: Ran, desk: Path) -> None:
    assert reported.code == 0
    rows = pd.read_csv(desk / "out" / "origins.csv").query("scenario == 'two-fewer'")
    share = rows.loc[rows["minutes"] <= 20, "weight"].sum() / rows["weight"].sum()
    verdicts = pd.read_csv(desk / "out" / "verdicts.csv").set_index("scenario")
    assert verdicts.loc["two-fewer", "value"] == pytest.approx(share)
    assert len(rows) == len(pd.read_csv(desk / "homes.csv"))
    by_place = gpd.read_parquet(desk / "out" / "results.parquet")
    assert by_place.geometry.notna().all()
    assert by_place.query("scenario == 'two-fewer'")["minutes"].tolist() == pytest.approx(
        rows["minutes"].tolist()
    )
    credited = json.loads((desk / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert "centres.xlsx" in json.dumps(credited)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('"aughton"]', '"aughtn"]', "did you mean 'aughton'"),
        (
            'measure = "coverage"',
            'measure = "coverage"\ntitle = "At least 90% within a 30-minute walk"',
            "names '30-minute'",
        ),
        ("centres.xlsx#Centres", "centres.xlsx#Center", "Centres"),
        ("threshold = 0.75", "threshold = 75", "threshold"),
    ],
)
def test_check_finds_a_fault_and_says_where(desk: Path, old: str, new: str, sentence: str) -> None:
    wrong = desk / "wrong.toml"
    wrong.write_text(STUDY.replace(old, new), encoding="utf-8")
    checked = run_cli("check", wrong)
    assert checked.code == 2
    assert "fault" in checked.err
    assert sentence in checked.err
    assert "Traceback" not in checked.err
