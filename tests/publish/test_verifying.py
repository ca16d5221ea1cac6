"""A run can be repeated by anybody who has its manifest and its inputs; what differs is named."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from eh_access.study.config import load_study
from eh_access.study.manifest import build_manifest, compare_files, find_source, run_again
from eh_access.study.result import StudyResult
from eh_access.transit.feed import source_digest
from study_cli import Ran, run_cli
from study_files import StudyFolder, write_study
from timetable_feeds import hostile, write_feed


@pytest.fixture
def alone(tmp_path: Path) -> Path:
    """Return a folder so deep that no other test's study is found near it."""
    folder = tmp_path / "some" / "where" / "else"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a study and what it wrote; each test alters a copy."""
    folder = tmp_path_factory.mktemp("reported") / "some" / "where" / "else"
    folder.mkdir(parents=True)
    study = write_study(folder / "study").toml
    assert run_cli("report", study, "-o", folder / "out").code == 0
    return folder


@pytest.fixture
def toy(alone: Path) -> StudyFolder:
    return write_study(alone / "study")


@pytest.fixture
def out(toy: StudyFolder, alone: Path, reported: Path) -> Path:  # noqa: ARG001 - beside the study
    return Path(shutil.copytree(reported / "out", alone / "out"))


def manifest_of(folder: Path) -> dict[str, object]:
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))


def differs(ran: Ran, *words: str) -> None:
    assert (ran.code, ran.err) == (1, ""), ran
    assert ran.out.startswith("Differs: ")
    for word in words:
        assert word in ran.out, ran.out


def test_a_run_comes_out_the_same(out: Path) -> None:
    ran = run_cli("verify", out / "manifest.json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"Identical: all {len(list(out.iterdir())) - 1} outputs")


def test_another_process_in_another_folder_gives_the_same_bytes(out: Path, tmp_path: Path) -> None:
    """Neither the order of hashes, nor the folder, nor the time of day may show in an output."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    source = str(Path(__file__).resolve().parents[2] / "src")
    ran = subprocess.run(
        [sys.executable, "-m", "eh_access", "verify", os.path.relpath(out, elsewhere), "--json"],
        cwd=elsewhere,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "PYTHONPATH": source},
    )
    assert ran.returncode == 0, ran.stderr + ran.stdout
    told = json.loads(ran.stdout)
    assert told["identical"] is True
    assert {item["name"] for item in told["files"]} == {
        path.name for path in out.iterdir() if path.name != "manifest.json"
    }
    assert {item["state"] for item in told["files"]} == {"same"}


def test_the_bundled_study_is_found_by_itself(on_streets: StudyResult, tmp_path: Path) -> None:
    manifest = build_manifest(on_streets, {})
    source = find_source(manifest, tmp_path)
    assert (source.study.id, source.changed) == ("rotherham", ())
    again = run_again(manifest, source)
    assert build_manifest(again, {}) == manifest


def test_quiet_says_it_by_the_exit_code_alone(out: Path) -> None:
    ran = run_cli("verify", out, "--quiet")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    (out / "verdicts.csv").write_bytes(b"")
    ran = run_cli("verify", out, "--quiet")
    assert (ran.code, ran.out, ran.err) == (1, "", "")


def test_an_input_that_changed_is_named_and_nothing_runs(out: Path, toy: StudyFolder) -> None:
    toy.change("sites.csv", "444000", "444001")
    differs(run_cli("verify", out), "these inputs are not what they were", "- sites.csv (sites)")


def test_a_study_that_changed_is_named(out: Path, toy: StudyFolder) -> None:
    toy.change("study.toml", "threshold = 0.9", "threshold = 0.8")
    differs(run_cli("verify", out), "- study.toml (the study)")


def test_an_altered_table_is_named_with_column_and_row(out: Path) -> None:
    table = out / "verdicts.csv"
    text = table.read_text(encoding="utf-8")
    assert "cannot say" in text
    table.write_text(text.replace("cannot say", "met", 1), encoding="utf-8")
    ran = run_cli("verify", out)
    differs(ran, "- verdicts.csv: altered since it was written")
    assert "column 'outcome': 1 of 2 rows differ, first row 2: 'met' then, 'cannot say' now" in (
        ran.out
    )


def test_a_run_that_comes_out_otherwise_is_told_apart_from_an_altered_file(out: Path) -> None:
    """As if an older version of the library had given another figure."""
    manifest = manifest_of(out)
    outputs = manifest["outputs"]
    assert isinstance(outputs, dict)
    outputs["origins.csv"] = "0" * 64
    outputs["extra.csv"] = "0" * 64
    versions = manifest["versions"]
    assert isinstance(versions, dict)
    versions["pandas"] = "0.1"
    (out / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    ran = run_cli("verify", out)
    differs(ran, "- origins.csv: comes out otherwise", "- extra.csv: is not written any more")
    assert "Versions that differ: pandas was 0.1, here " in ran.out


def test_a_study_far_from_its_manifest_must_be_given(
    out: Path, toy: StudyFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = tmp_path / "a" / "b" / "c" / "d"
    away.mkdir(parents=True)
    shutil.copytree(out, away / "out")
    monkeypatch.chdir(away)
    ran = run_cli("verify", "out/manifest.json")
    assert ran.code == 2
    assert "give its path with --study" in ran.err
    assert run_cli("verify", "out/manifest.json", "--study", toy.toml).code == 0


def test_a_list_of_families_must_be_given_again(
    out: Path, toy: StudyFolder, tmp_path: Path
) -> None:
    families = tmp_path / "list.csv"
    families.write_text("easting,northing\n" + "440117,390031\n" * 12, encoding="utf-8")
    assert run_cli("report", toy.toml, "-o", out, "--families", families).code == 0
    ran = run_cli("verify", out)
    assert ran.code == 2
    assert "give it with --families" in ran.err
    assert run_cli("verify", out, "--families", families).code == 0
    # another list that is published alike is the same run: no digest of the list itself is kept
    families.write_text("easting,northing\n" + "440118,390031\n" * 11, encoding="utf-8")
    assert run_cli("verify", out, "--families", families).code == 0
    families.write_text("easting,northing\n" + "440118,390031\n" * 13, encoding="utf-8")
    ran = run_cli("verify", out, "--families", families)
    differs(ran, "- the list of families")
    assert "list.csv" not in ran.out


@pytest.mark.parametrize(
    ("text", "words"),
    [(None, "cannot be read"), ("{", "not JSON"), ("[]", "not a manifest"), ("{}", "'started'")],
)
def test_what_is_no_manifest_is_refused(tmp_path: Path, text: str | None, words: str) -> None:
    path = tmp_path / "manifest.json"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    ran = run_cli("verify", path)
    assert ran.code == 2
    assert words in ran.err


def test_all_inputs_that_are_gone_are_named_at_once(out: Path, toy: StudyFolder) -> None:
    for name in ("sites.csv", "origins.csv"):
        (toy.path / name).unlink()
    path = out / "manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    manifest["inputs"].append({"role": "streets", "name": "town.npz", "sha256": "0", "rows": 1})
    path.write_text(json.dumps(manifest), encoding="utf-8")
    ran = run_cli("verify", out)
    assert ran.code == 2
    assert ran.err.startswith("3 faults")
    for words in ("sites.csv (sites) cannot be read", "origins.csv (origins) cannot", "town.npz"):
        assert words in ran.err


def test_a_folder_of_a_timetable_is_an_input_like_others(tmp_path: Path) -> None:
    feed = write_feed(tmp_path / "feed", hostile(3))
    study = load_study(write_study(tmp_path / "study").toml)
    item = {"role": "feed", "name": "../feed", "sha256": source_digest(feed)}
    assert compare_files([item], study, tmp_path) == ({}, [], [])
    (feed / "stops.txt").write_text("altered")
    assert compare_files([item], study, tmp_path) == ({}, ["../feed (feed)"], [])


# ------------------------------------------------------------------ when criteria were fixed


def test_the_manifest_shows_which_criteria_a_run_had_and_when_each_was_set(
    out: Path, toy: StudyFolder
) -> None:
    first = manifest_of(out)["criteria"]
    assert isinstance(first, dict)
    report = (out / "annex.html").read_text(encoding="utf-8")
    assert f"before travel times were worked out: {first['sha256']}" in report
    assert "before results were seen" not in report  # nothing here could show that
    toy.change("study.toml", "threshold = 0.9", "threshold = 0.5")
    assert run_cli("report", toy.toml, "-o", out).code == 0
    second = manifest_of(out)["criteria"]
    assert isinstance(second, dict)
    assert second["sha256"] != first["sha256"]
    assert set(second["set_on"]) == {item["id"] for item in second["list"]}
    assert run_cli("verify", out).code == 0
