from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import eh_access
from eh_access.provenance import file_sha256
from eh_access.publish.outputs import OUTPUT_NAMES
from pages import read_page
from study_cli import Ran, run_cli
from study_files import StudyFolder, write_study

# the toy has no candidates, so that there is no venue to choose, and no neighbours
# an estimate is not drawn, and the toy has neither venues, neighbours nor buses
ABSENT = {"outreach.csv", "neighbours.csv", "transit.csv", "fragility.csv"}
ABSENT |= {"uncertainty.csv", "doubts.csv", "annex.docx"}
WRITTEN = [name for name in OUTPUT_NAMES if name not in ABSENT]


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    return write_study(tmp_path_factory.mktemp("toy") / "study")


@pytest.fixture(scope="module")
def reported(toy: StudyFolder) -> tuple[Ran, Path]:
    out = toy.path.parent / "results"
    return run_cli("report", toy.toml, "--out", out), out


def test_a_report_writes_everything_and_says_where(reported: tuple[Ran, Path]) -> None:
    ran, out = reported
    assert (ran.code, ran.err) == (0, "")
    assert sorted(path.name for path in out.iterdir()) == sorted(WRITTEN)
    assert all(str(out / name) in ran.out for name in ("report.html", "map.html"))
    assert f"and {len(WRITTEN) - 2} more in {out}" in ran.out


def test_what_is_printed_is_the_answer_and_the_table(reported: tuple[Ran, Path]) -> None:
    ran, out = reported
    page = read_page((out / "report.html").read_text(encoding="utf-8"))
    box = next(node for node in page.all("div") if "answer" in node.classes)
    assert next(box.all("p")).text() in " ".join(ran.out.split())
    assert len(ran.out.splitlines()) <= 25


def test_an_estimate_is_told_as_one(reported: tuple[Ran, Path]) -> None:
    ran, out = reported
    assert "INDICATIVE ONLY" in ran.out
    assert set(pd.read_csv(out / "verdicts.csv")["outcome"]) == {"cannot say"}
    assert "INDICATIVE" in (out / "report.html").read_text(encoding="utf-8").upper()


def test_the_tables_have_the_columns_they_must(reported: tuple[Ran, Path]) -> None:
    _, out = reported
    origins = pd.read_csv(out / "origins.csv")
    assert list(origins)[:9] == [
        "origin_id",
        "area_id",
        "weight",
        "scenario",
        "mode",
        "minutes",
        "nearest_site_id",
        "status",
        "estimated",
    ]
    assert len(origins) == 3 * 2 * 2  # origins, scenarios, modes
    assert list(pd.read_csv(out / "verdicts.csv"))[:9] == [
        "scenario",
        "criterion",
        "mode",
        "value",
        "baseline_value",
        "threshold",
        "unit",
        "outcome",
        "basis",
    ]


def test_the_minutes_are_those_worked_out_by_hand(reported: tuple[Ran, Path]) -> None:
    """Walking metres are 122 + 1.2 x straight line, at 80 m a minute."""
    _, out = reported
    rows = pd.read_csv(out / "origins.csv").set_index(["origin_id", "scenario", "mode"])
    near = rows.loc[("a", "baseline", "walk")]
    assert near["nearest_site_id"] == "west"
    assert near["minutes"] == pytest.approx((122 + 1.2 * 100) / 80, abs=0.001)
    after = rows.loc[("a", "one-less", "walk")]
    assert after["nearest_site_id"] == "east"
    assert after["minutes"] == pytest.approx((122 + 1.2 * 3900) / 80, abs=0.001)


def test_json_is_for_machines_and_alone(toy: StudyFolder, tmp_path: Path) -> None:
    ran = run_cli("report", toy.toml, "--out", tmp_path, "--json")
    told = json.loads(ran.out)
    assert (ran.code, ran.err) == (0, "")
    assert told["indicative"] is True
    by_scenario = {row["scenario"]: row for row in told["verdicts"]}
    # a and c, 10 and 30 of 60, are within 30 minutes; b, halfway, walks 31.5
    assert by_scenario["baseline"]["value"] == pytest.approx(40 / 60, abs=1e-6)
    # when west closes a walks 60 minutes
    assert by_scenario["one-less"]["value"] == 0.5
    assert set(told["files"]) == set(WRITTEN)


def test_quiet_prints_nothing(toy: StudyFolder, tmp_path: Path) -> None:
    ran = run_cli("report", toy.toml, "--out", tmp_path, "--quiet")
    assert (ran.code, ran.out, ran.err) == (0, "", "")


def test_results_of_another_file_of_the_same_id_are_replaced_with_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy = write_study(tmp_path)
    monkeypatch.chdir(toy.path)
    first = run_cli("report", "study.toml")
    toy.toml.rename(toy.path / "mine.toml")
    copied = run_cli("report", "mine.toml")
    again = run_cli("report", "mine.toml")
    word = f"! {Path('out/toy')} holds the results of study.toml, which has the same id"
    assert [word in ran.err for ran in (first, copied, again)] == [False, True, False]
    toy.toml.write_bytes((toy.path / "mine.toml").read_bytes())
    assert word not in run_cli("report", "study.toml", "--out", "out/toy").err


def test_a_copy_of_a_study_makes_the_folder_it_is_to_stand_in(tmp_path: Path) -> None:
    place = tmp_path / "new" / "er" / "mine.toml"
    assert run_cli("study", "rotherham", "--out", place).code == 0
    assert run_cli("check", place).code == 0


@pytest.mark.parametrize("command", [["check"], ["report"], ["challenge"], ["batch"]])
@pytest.mark.parametrize("name", ["centres.xlsx", "Centres.CSV", "areas.gpkg", "homes.parquet"])
def test_a_table_given_as_settings_is_told_as_one(
    tmp_path: Path, command: list[str], name: str
) -> None:
    path = tmp_path / name
    path.write_bytes(b"PK\x03\x04\xff")
    ran = run_cli(*command, path, *(["--out", tmp_path / "out"] if command != ["check"] else []))
    assert ran.code == 2
    assert "is a table, and what is wanted is a file of settings (.toml) that names it" in ran.err
    assert f'sites = "{name}"' in ran.err


def test_verbose_says_what_is_being_done(toy: StudyFolder, tmp_path: Path) -> None:
    ran = run_cli("report", toy.toml, "--out", tmp_path, "--verbose")
    assert ran.code == 0
    assert "Working out travel times on foot" in ran.err


def test_two_runs_differ_in_nothing_but_the_time(
    toy: StudyFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1, 2):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", str(1_000_000_000 + number))
        assert run_cli("report", toy.toml, "--out", tmp_path / str(number)).code == 0
    different = [
        name
        for name in WRITTEN
        if (tmp_path / "1" / name).read_bytes() != (tmp_path / "2" / name).read_bytes()
    ]
    assert different == ["manifest.json"]
    one, two = (
        json.loads((tmp_path / number / "manifest.json").read_text("utf-8")) for number in "12"
    )
    assert one.pop("started") == "2001-09-09T01:46:41+00:00"
    assert two.pop("started") == "2001-09-09T01:46:42+00:00"
    assert one == two


def test_the_manifest_accounts_for_what_went_in_and_came_out(
    toy: StudyFolder, reported: tuple[Ran, Path]
) -> None:
    _, out = reported
    text = (out / "manifest.json").read_text(encoding="utf-8")
    manifest = json.loads(text)
    assert manifest["outputs"] == {
        name: file_sha256(out / name) for name in sorted(WRITTEN) if name != "manifest.json"
    }
    stated = {item["name"]: item["sha256"] for item in manifest["inputs"]}
    named = ("study.toml", "areas.geojson", "origins.csv", "sites.csv")
    assert stated == {name: file_sha256(toy.path / name) for name in named}
    assert manifest["versions"]["eh_access"] == eh_access.__version__
    assert manifest["settings"]["seed"] == 20181022
    assert str(toy.path) not in text


def test_a_seconds_since_1970_that_is_none(
    toy: StudyFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    ran = run_cli("report", toy.toml, "--out", tmp_path / "out")
    assert ran.code == 2
    assert "SOURCE_DATE_EPOCH is 'yesterday'; give whole seconds" in ran.err
    assert not (tmp_path / "out").exists()


def test_a_set_of_origins_can_be_chosen(tmp_path: Path) -> None:
    study = write_study(tmp_path / "study")
    study.change("study.toml", 'oa = "origins.csv"', 'oa = "origins.csv", few = "few.csv"')
    table = (study.path / "origins.csv").read_text(encoding="utf-8")
    (study.path / "few.csv").write_text("\n".join(table.splitlines()[:2]) + "\n", "utf-8")
    out = tmp_path / "out"
    assert run_cli("report", study.toml, "-o", out, "--origins", "few").code == 0
    assert set(pd.read_csv(out / "origins.csv")["origin_id"]) == {"a"}


def test_check_counts_what_is_there() -> None:
    ran = run_cli("check", "rotherham")
    assert (ran.code, ran.err) == (0, "")
    assert "origins 'oa': 878 rows, 14,637 under-fives" in ran.out
    assert "origins 'postcode': 6,587 rows" in ran.out
    assert "sites: 12, of which 11 have a known or estimated place" in ran.out


def test_version() -> None:
    assert run_cli("--version").out == f"eh-access {eh_access.__version__}\n"


@pytest.mark.parametrize("words", [["--help"], ["report", "--help"]])
def test_help_has_examples(words: list[str]) -> None:
    ran = run_cli(*words)
    assert ran.code == 0
    assert "eh-access report newport --out results" in ran.out


def test_a_word_that_is_no_command_is_refused() -> None:
    ran = run_cli("repotr")
    assert ran.code == 2
    assert "repotr" in ran.err


def test_a_study_that_is_misspelt_is_suggested() -> None:
    ran = run_cli("report", "newprot")
    assert ran.code == 2
    assert "did you mean 'newport'?" in ran.err


@pytest.mark.parametrize("name", ["absent.toml", "absent.geojson"])
def test_a_download_for_a_file_that_is_not_there_asks_nobody(tmp_path: Path, name: str) -> None:
    ran = run_cli("network", "download", tmp_path / name, "--out", tmp_path / "streets.npz")
    assert ran.code == 2
    assert name in ran.err
    assert not (tmp_path / "streets.npz").exists()


def test_the_command_as_a_program_in_a_pipe_that_knows_ascii_alone(
    toy: StudyFolder, tmp_path: Path
) -> None:
    """What a terminal lacks letters for must not stop a run, and a pipe sees no progress bar."""
    command = [sys.executable, "-m", "eh_access", "report", str(toy.toml)]
    ran = subprocess.run(
        [*command, "--out", str(tmp_path / "out")],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == b""
    assert b"INDICATIVE ONLY" in ran.stdout


def test_every_command_tells_what_it_is_for() -> None:
    told = run_cli("--help").out
    for command in ("report", "check", "verify", "log", "challenge", "network"):
        assert command in told
        ran = run_cli(command, "--help")
        assert (ran.code, ran.err) == (0, "")
        assert "--help" in ran.out


@pytest.mark.parametrize(
    ("words", "offered"),
    [("eh-access ver", "verify"), ("eh-access report newp", "newport")],
)
def test_the_shell_completes_commands_and_studies(words: str, offered: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "eh_access"],
        capture_output=True,
        text=True,
        check=False,
        env={
            **os.environ,
            "_EH_ACCESS_COMPLETE": "complete_bash",
            "COMP_WORDS": words,
            "COMP_CWORD": str(len(words.split()) - 1),
            "PYTHONPATH": str(Path(__file__).resolve().parents[1] / "src"),
        },
    )
    assert ran.stdout.split() == [offered], ran.stderr
