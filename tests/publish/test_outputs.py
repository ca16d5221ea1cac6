from __future__ import annotations

import dataclasses
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eh_access.errors import SourceError
from eh_access.publish.outputs import OUTPUT_NAMES, write_outputs
from eh_access.study.results import StudyResult


@pytest.fixture(scope="module")
def written(toy: StudyResult, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return write_outputs(toy, tmp_path_factory.mktemp("out") / "made" / "here")


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


def broken(toy: StudyResult) -> StudyResult:
    """Return a result that fails when it is almost written: the manifest comes last."""
    return dataclasses.replace(toy, counts=None)


def test_every_file_is_there_and_nothing_else(toy: StudyResult, written: dict[str, Path]) -> None:
    """Without candidate venues, and where the last scenario closes nothing, two have no subject."""
    assert toy.candidates is None
    nothing_to_say = {"outreach.csv", "alternatives.csv"}
    expected = [name for name in OUTPUT_NAMES if name not in nothing_to_say]
    assert list(written) == expected
    folder = written["report.html"].parent
    assert sorted(path.name for path in folder.iterdir()) == sorted(expected)


def test_two_runs_give_the_same_bytes(
    toy: StudyResult, written: dict[str, Path], tmp_path: Path
) -> None:
    write_outputs(toy, tmp_path)
    again, before = files_in(tmp_path), files_in(written["report.html"].parent)
    assert {name for name in before if again[name] != before[name]} == set()


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
        back = pd.read_csv(io.StringIO(text), keep_default_na=False, na_values=["nan"])
        assert list(back.columns) == list(table.columns)
        numbers = table.select_dtypes("number").columns
        pd.testing.assert_frame_equal(
            back[numbers].astype(float), table[numbers].astype(float), check_exact=True
        )


def test_out_of_reach_is_inf_in_the_csv_and_never_blank(
    toy: StudyResult, written: dict[str, Path]
) -> None:
    table = toy.origins_table()
    lost = int(np.isinf(table["minutes"]).sum())
    text = written["origins.csv"].read_text(encoding="utf-8").splitlines()
    at = text[0].split(",").index("minutes")
    told = [line.split(",")[at] for line in text[1:]]
    assert told.count("inf") == lost
    assert "" not in told


def test_only_the_manifest_knows_the_time(
    toy: StudyResult, written: dict[str, Path], tmp_path: Path
) -> None:
    started = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    write_outputs(toy, tmp_path, started=started)
    now, before = files_in(tmp_path), files_in(written["report.html"].parent)
    assert [name for name in before if now[name] != before[name]] == ["manifest.json"]
    assert json.loads(now["manifest.json"])["started"] == started.isoformat()


def test_a_failure_leaves_earlier_files_as_they_were(toy: StudyResult, tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text("earlier", encoding="utf-8")
    with pytest.raises(TypeError):
        write_outputs(broken(toy), tmp_path)
    assert files_in(tmp_path) == {"report.html": b"earlier"}
    assert [path for path in tmp_path.iterdir() if path.is_dir()] == []


def test_a_failure_leaves_no_folder_behind(toy: StudyResult, tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        write_outputs(broken(toy), tmp_path / "a" / "b")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_replaced_puts_every_earlier_one_back(
    toy: StudyResult, tmp_path: Path
) -> None:
    (tmp_path / "report.html").write_text("earlier", encoding="utf-8")
    (tmp_path / "tables.xlsx").mkdir()
    with pytest.raises(SourceError, match=r"tables\.xlsx.*folder.*Nothing was changed"):
        write_outputs(toy, tmp_path)
    assert files_in(tmp_path) == {"report.html": b"earlier"}
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["tables.xlsx"]


def test_a_folder_that_cannot_be_made_is_named_with_the_remedy(
    toy: StudyResult, tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    with pytest.raises(SourceError, match=r"taken.*--out"):
        write_outputs(toy, tmp_path / "taken")
    with pytest.raises(SourceError, match=r"taken.*--out"):
        write_outputs(toy, tmp_path / "taken" / "below")
    assert files_in(tmp_path) == {"taken": b"a file"}
