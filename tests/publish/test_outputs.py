from __future__ import annotations

import csv
import dataclasses
import io
import json
import re
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eh_access.errors import SourceError
from eh_access.publish.outputs import OUTPUT_NAMES, write_csv, write_outputs
from eh_access.study.findings import Findings, find_findings
from eh_access.study.result import StudyResult


@pytest.fixture(scope="module")
def written(
    toy: StudyResult, toy_findings: Findings, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    return write_outputs(toy, toy_findings, tmp_path_factory.mktemp("out") / "made" / "here")


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


def broken(toy: StudyResult) -> StudyResult:
    """Return a result that fails when it is almost written: the manifest comes last."""
    return dataclasses.replace(toy, counts=None)


def test_every_file_is_there_and_nothing_else(toy: StudyResult, written: dict[str, Path]) -> None:
    """Without venues, neighbours and draws, where the last scenario closes nothing: five less."""
    assert toy.candidates is None
    assert toy.neighbours is None
    assert toy.uncertainty is None  # times are estimates
    nothing_to_say = {"outreach", "alternatives", "neighbours", "uncertainty", "doubts", "transit"}
    nothing_to_say |= {"fragility", "annex.docx"}  # without buses; by option
    expected = [name for name in OUTPUT_NAMES if name.removesuffix(".csv") not in nothing_to_say]
    assert list(written) == expected
    folder = written["report.html"].parent
    assert sorted(path.name for path in folder.iterdir()) == sorted(expected)


def test_csvs_are_plain_and_hold_what_the_result_holds(
    toy: StudyResult, written: dict[str, Path]
) -> None:
    for name, table in (
        ("origins.csv", toy.origins_table()),
        ("verdicts.csv", toy.verdicts_table()),
    ):
        data = written[name].read_bytes()
        assert b"\r" not in data
        text = data.decode("utf-8")
        back = pd.read_csv(io.StringIO(text), keep_default_na=False, na_values=[""])
        assert list(back.columns) == list(table.columns)
        numbers = table.select_dtypes("number").columns
        pd.testing.assert_frame_equal(
            back[numbers].astype(float),
            table[numbers].astype(float).replace(np.inf, np.nan),
            check_exact=True,
        )


def test_no_csv_holds_a_number_that_is_none(written: dict[str, Path]) -> None:
    for path in written["origins.csv"].parent.glob("*.csv"):
        rows = pd.read_csv(path, dtype=str, keep_default_na=False)
        assert not rows.isin(["inf", "-inf", "nan"]).any().any(), path.name


@pytest.mark.parametrize(
    ("table", "text"),
    [
        (
            {"minutes": [2.5, np.inf], "status": ["ok", "unreached"]},
            "minutes,status\n2.5,ok\n,unreached\n",
        ),
        (
            {"mean_min": [2.5, np.inf, np.nan], "set": [1, 2, 3]},
            "mean_min,mean_min_reason,set\n2.5,,1\n,out of reach,2\n,,3\n",
        ),
    ],
)
def test_out_of_reach_is_blank_with_its_reason_beside(
    table: dict[str, list[object]], text: str, tmp_path: Path
) -> None:
    write_csv(pd.DataFrame(table), tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text(encoding="utf-8") == text


def test_two_runs_give_the_same_bytes_and_only_the_manifest_knows_the_time(
    toy: StudyResult, toy_findings: Findings, written: dict[str, Path], tmp_path: Path
) -> None:
    started = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    write_outputs(toy, toy_findings, tmp_path, started=started)
    now, before = files_in(tmp_path), files_in(written["report.html"].parent)
    assert now.keys() == before.keys()
    assert [name for name in before if now[name] != before[name]] == ["manifest.json"]
    told, other = (json.loads(files["manifest.json"]) for files in (now, before))
    assert told["started"] == started.isoformat()
    assert told == {**other, "started": told["started"]}


def test_a_failure_leaves_earlier_files_as_they_were(
    toy: StudyResult, toy_findings: Findings, tmp_path: Path
) -> None:
    (tmp_path / "report.html").write_text("earlier", encoding="utf-8")
    with pytest.raises(TypeError):
        write_outputs(broken(toy), toy_findings, tmp_path)
    assert files_in(tmp_path) == {"report.html": b"earlier"}
    assert [path for path in tmp_path.iterdir() if path.is_dir()] == []


def test_a_failure_leaves_no_folder_behind(
    toy: StudyResult, toy_findings: Findings, tmp_path: Path
) -> None:
    with pytest.raises(TypeError):
        write_outputs(broken(toy), toy_findings, tmp_path / "a" / "b")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_replaced_puts_every_earlier_one_back(
    toy: StudyResult, toy_findings: Findings, tmp_path: Path
) -> None:
    (tmp_path / "report.html").write_text("earlier", encoding="utf-8")
    (tmp_path / "tables.xlsx").mkdir()
    with pytest.raises(SourceError, match=r"tables\.xlsx.*folder.*--out"):
        write_outputs(toy, toy_findings, tmp_path)
    assert files_in(tmp_path) == {"report.html": b"earlier"}
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["tables.xlsx"]


def test_a_folder_that_cannot_be_made_is_named_with_the_remedy(
    toy: StudyResult, toy_findings: Findings, tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    with pytest.raises(SourceError, match=r"taken.*--out"):
        write_outputs(toy, toy_findings, tmp_path / "taken")
    with pytest.raises(SourceError, match=r"taken.*--out"):
        write_outputs(toy, toy_findings, tmp_path / "taken" / "below")
    assert files_in(tmp_path) == {"taken": b"a file"}


def read_back(text: str) -> str:
    """What a reader who knows the rule does: take one apostrophe from what was marked as text."""
    return re.sub(r"\A'(?='*[=+\-@\t\r\n])", "", text)


def test_no_text_of_a_csv_is_run_as_a_formula_and_each_is_given_back(tmp_path: Path) -> None:
    harm = ["=cmd|' /C calc'!A0", "+1", "-1+2", "@SUM(A1)", "\t=1", "\r=1", "\n=1"]
    names = [*harm, *(f"'{text}" for text in harm), "Arnold", "'t Hooft", "", "a=b", "O'Neil"]
    minutes = [-1.5, *range(len(names) - 1)]
    frame = pd.DataFrame({"name": names, "site_id": names[::-1], "added_min": minutes})
    kept = frame.copy()
    write_csv(frame, tmp_path / "t.csv")
    pd.testing.assert_frame_equal(frame, kept)
    with (tmp_path / "t.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["name", "site_id", "added_min"]
    for name, site, _ in rows:
        assert not name.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
        assert not site.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    lines = [name.replace("\r", "\n") for name in names]
    assert [read_back(row[0]) for row in rows] == lines
    assert [read_back(row[1]) for row in rows] == lines[::-1]
    assert [float(row[2]) for row in rows] == minutes


def test_a_site_named_like_a_formula_is_harmless_in_every_csv(
    toy: StudyResult, tmp_path: Path
) -> None:
    sites = toy.sites.assign(name=[f"=1+{n}" for n in range(len(toy.sites))])
    after = {
        name: table.assign(name=sites["name"].reindex(table.index))
        for name, table in toy.scenario_sites.items()
    }
    named = dataclasses.replace(toy, sites=sites, scenario_sites=after)
    for name, path in write_outputs(named, find_findings(named), tmp_path).items():
        if not name.endswith(".csv"):
            continue
        with path.open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
        numbers = {n for n in range(len(header)) if all(_is_number(row[n]) for row in rows)}
        for row in rows:
            texts = [cell for n, cell in enumerate(row) if n not in numbers]
            assert not any(cell.startswith("=") for cell in texts), (name, row)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
