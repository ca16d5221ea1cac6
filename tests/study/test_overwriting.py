"""No command writes over a file that it read; a study that ships is copied, never over another."""

from __future__ import annotations

from pathlib import Path

import pytest

from eh_access.errors import InputError, NotFoundError, SourceError
from eh_access.publish.outputs import write_outputs
from eh_access.publish.writers.logs import LOG_NAMES
from eh_access.study.config import load_study
from eh_access.study.findings import find_findings
from eh_access.study.opening import fetch_network, files_read, refuse_overwriting
from eh_access.study.opening import write_study as copy_of
from eh_access.study.run import run_study
from study_cli import run_cli
from study_files import StudyFolder, write_study


@pytest.fixture
def toy(tmp_path: Path) -> StudyFolder:
    return write_study(tmp_path / "w")


def held(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def refused(toy: StudyFolder, name: str, *words: object) -> None:
    """The command ends with 2, names the file, and every file is as it was."""
    before = held(toy.path)
    ran = run_cli(*words)
    assert ran.code == 2, ran.out
    assert f"{name}: would be written over" in ran.err
    assert "give another place with --out" in ran.err
    assert held(toy.path) == before


def test_a_report_keeps_the_users_own_counts(toy: StudyFolder) -> None:
    refused(toy, "origins.csv", "report", toy.toml, "--out", toy.path)
    assert sorted(held(toy.path)) == ["areas.geojson", "origins.csv", "sites.csv", "study.toml"]


def test_nor_does_code_replace_them(toy: StudyFolder) -> None:
    result, before = run_study(load_study(toy.toml)), held(toy.path)
    with pytest.raises(InputError, match=r"origins\.csv: would be written over"):
        write_outputs(result, find_findings(result), toy.path)
    assert held(toy.path) == before


def test_a_list_of_families_is_kept(toy: StudyFolder) -> None:
    families = toy.path / "out" / "hidden.csv"
    families.parent.mkdir()
    rows = [f"{440000 + 10 * n},390000" for n in range(40)]
    families.write_text("\n".join(["easting,northing", *rows]), encoding="utf-8")
    before = families.read_bytes()
    words = ("report", toy.toml, "--families", families, "-o", families.parent)
    ran = run_cli(*words)
    assert (ran.code, families.read_bytes()) == (2, before)
    assert "hidden.csv: would be written over" in ran.err


def test_a_set_of_origins_that_is_not_used_is_kept_too(toy: StudyFolder) -> None:
    (toy.path / "origins.csv").rename(toy.path / "homes.csv")
    (toy.path / "verdicts.csv").write_bytes((toy.path / "homes.csv").read_bytes())
    toy.change("study.toml", '{ oa = "origins.csv" }', '{ a = "homes.csv", b = "verdicts.csv" }')
    refused(toy, "verdicts.csv", "report", toy.toml, "--out", toy.path)


def test_a_challenge_keeps_what_it_reads(toy: StudyFolder) -> None:
    (toy.path / "origins.csv").rename(toy.path / "comparison.csv")
    toy.change("study.toml", "origins.csv", "comparison.csv")
    theirs = toy.path / "theirs.toml"
    theirs.write_text('[[scenario]]\nname = "x"\nlabel = "X"\nclose = ["east"]\n', "utf-8")
    words = ("challenge", theirs, "--study", toy.toml, "--out", toy.path)
    refused(toy, "comparison.csv", *words)


def test_logs_keep_the_manifest(toy: StudyFolder) -> None:
    manifest = toy.path / LOG_NAMES[0]
    manifest.write_text("{}", encoding="utf-8")
    refused(toy, manifest.name, "log", manifest, "--out", toy.path)


def test_downloaded_streets_never_replace_the_studys_own(toy: StudyFolder) -> None:
    streets = toy.path / "streets.npz"
    streets.write_bytes(b"drawn by hand")
    toy.change("study.toml", '"estimate"', '"streets.npz"')
    with pytest.raises(InputError, match=r"streets\.npz: would be written over"):
        fetch_network(str(toy.toml), out=streets)
    assert streets.read_bytes() == b"drawn by hand"


def test_another_name_of_the_same_file_is_the_same_file(toy: StudyFolder) -> None:
    link = toy.path / "verdicts.csv"
    link.symlink_to(toy.path / "origins.csv")
    with pytest.raises(InputError, match=r"verdicts\.csv: would be written over"):
        refuse_overwriting(toy.path, ["verdicts.csv"], files_read(load_study(toy.toml)))


def test_every_file_of_a_study_is_known() -> None:
    names = {path.name for path in files_read(load_study("rotherham"))}
    assert {"rotherham.toml", "rotherham_oa.csv", "rotherham_postcode.csv"} <= names
    assert {"rotherham_centres.csv", "rotherham_candidates.csv", "rotherham_youth.csv"} <= names


# ------------------------------------------------------------------ a study to change


@pytest.mark.parametrize("name", ["rotherham", "newport"])
def test_a_copy_of_a_study_that_ships_can_be_run_anywhere(name: str, tmp_path: Path) -> None:
    ran = run_cli("study", name, "--out", tmp_path / "mine.toml")
    assert (ran.code, ran.err) == (0, "")
    assert run_cli("check", tmp_path / "mine.toml").code == 0
    own, copy = load_study(name), load_study(tmp_path / "mine.toml")
    assert copy.criteria == own.criteria
    assert {path.resolve() for path in files_read(copy)[1:]} == {
        path.resolve() for path in files_read(own)[1:]
    }


def test_it_is_printed_where_no_file_is_named(tmp_path: Path) -> None:
    ran = run_cli("study", "rotherham")
    assert (ran.code, ran.err) == (0, "")
    copy_of("rotherham", tmp_path)
    assert (tmp_path / "study.toml").read_text(encoding="utf-8") == ran.out


def test_a_copy_replaces_nothing_and_says_what_it_cannot_do(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="is there already"):
        copy_of("rotherham", file)
    assert file.read_text(encoding="utf-8") == "mine"
    with pytest.raises(SourceError, match="cannot be written"):
        copy_of("rotherham", file / "mine.toml")
    assert copy_of("rotherham", tmp_path / "new" / "mine.toml") is not None
    assert load_study(tmp_path / "new" / "mine.toml").title == load_study("rotherham").title
    with pytest.raises(NotFoundError, match="did you mean 'rotherham'"):
        copy_of("rotheram", tmp_path / "new.toml")
