"""One run with a private list of families, and a reader who works at everything it wrote."""

from __future__ import annotations

import json
import math
import re
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest

from private_run import DATA, FAMILIES, LIMIT, MARK, STEP, PrivateRun, the_list
from study_cli import run_cli
from study_files import StudyFolder, write_study

COUNTS = re.compile(r"(^|_)weight($|_(loses|gains|unchanged|still|within))")


def texts(run: PrivateRun) -> dict[str, str]:
    """Everything written, zipped parts unpacked, and everything printed."""
    out = run.out
    blobs = {path.name: path.read_bytes() for path in out.iterdir()}
    blobs["printed"] = (run.ran.out + run.ran.err).encode()
    for name in ("tables.xlsx", "report.docx"):
        with zipfile.ZipFile(out / name) as parts:
            blobs |= {f"{name}/{part}": parts.read(part) for part in parts.namelist()}
    return {name: data.decode("latin-1") for name, data in blobs.items()}


def held(body: str, needles: list[str]) -> set[str]:
    """Return which needles stand anywhere in a text, read once for all that begin alike."""
    begins = re.compile("|".join(f"(?={re.escape(two)})" for two in {each[:2] for each in needles}))
    places = [each.start() for each in begins.finditer(body)]
    lengths = {len(needle) for needle in needles}
    return {body[at : at + length] for length in lengths for at in places} & set(needles)


# ------------------------------------------------------------------ nobody is named


def test_no_output_holds_a_postcode_of_the_list_or_where_it_is(private_run: PrivateRun) -> None:
    """Every byte of every output; a postcode's own place to the metre does not stand there."""
    places = the_list()
    needles = [needle for code in places["origin_id"] for needle in (code, code.replace(" ", ""))]
    needles += ["Zebedee", "our families"]
    # addresses of public sites are public whoever lives beside them
    sites = "".join(p.read_text("utf-8") for p in (DATA / "sites").glob("*"))
    needles = [needle for needle in needles if needle not in sites]
    text = texts(private_run)
    found = {(name, needle) for name, body in text.items() for needle in held(body, needles)}
    # base64 may hold seven letters and digits by chance; a postcode with its space it never holds
    assert {
        (name, needle) for name, needle in found if " " in needle or needle == "Zebedee"
    } == set()
    assert {name for name, _ in found} <= {"map.html", "report.html", "annex.html", "results.gpkg"}
    own = {f"{x:.0f},{y:.0f}" for x, y in zip(places["easting"], places["northing"], strict=True)}
    assert not any(pair in body for body in text.values() for pair in own)
    table = pd.read_csv(private_run.out / "origins.csv", dtype=str)
    assert table["origin_id"].str.fullmatch(r"E00\d{6}").all()


def test_the_manifest_counts_no_family_and_names_every_table_that_was_asked(
    private_run: PrivateRun,
) -> None:
    manifest = json.loads((private_run.out / "manifest.json").read_text("utf-8"))
    (listed,) = [item for item in manifest["inputs"] if item["role"] == "families"]
    assert listed["rows"] % STEP == 0
    counted = [item for item in manifest["counts"] if item["step"] == "families placed"]
    assert counted[0]["rows_in"] == counted[0]["rows_out"] == listed["rows"]
    shipped = {f"bundled:origins/{path.name}" for path in (DATA / "origins").glob("*_postcode.csv")}
    asked = {
        item["name"].split("/")[-1] for item in manifest["inputs"] if item["role"] == "postcodes"
    }
    assert asked == {name.split("/")[-1] for name in shipped}
    assert str(FAMILIES) not in json.dumps(manifest["counts"]) + json.dumps(manifest["notes"])


# ------------------------------------------------------------------ nothing is small


def fine(value: object) -> bool:
    """Whether a count may be published: none, or the limit or more, in whole steps; or the mark."""
    if value in {MARK, "[x]", "nan", "inf"}:
        return True
    number = float(str(value))
    return math.isnan(number) or (number % STEP == 0 and not 0 < number < LIMIT)


def test_no_file_of_text_holds_a_count_below_the_limit(private_run: PrivateRun) -> None:
    seen = 0
    for path in private_run.out.glob("*.csv"):
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        for column in [name for name in table if COUNTS.search(name)]:
            wrong = [value for value in table[column].unique() if value and not fine(value)]
            assert not wrong, (path.name, column, wrong[:5])
            seen += 1
    assert seen > 8


def test_no_sheet_of_the_workbook_does(private_run: PrivateRun) -> None:
    seen, hidden = 0, 0
    for name in (
        "within",
        "added_time",
        "deprivation",
        "no_car",
        "wards",
        "areas",
        "readings",
        "gaps",
    ):
        table = private_run.sheet(name)
        for column in [item for item in table if "famil" in item.lower() and "%" not in item]:
            if table[column].map(lambda value: isinstance(value, str) and value != MARK).any():
                continue  # a column of words
            wrong = [value for value in table[column] if not fine(value)]
            assert not wrong, (name, column, wrong[:5])
            seen, hidden = seen + 1, hidden + int((table[column] == MARK).sum())
    assert seen >= 12
    assert hidden > 100


def test_no_percentage_is_of_fewer_than_the_limit(private_run: PrivateRun) -> None:
    few = 0
    for name in ("deprivation", "no_car", "wards", "areas"):
        table = private_run.sheet(name)
        for _, row in table[table["Families"] == MARK].iterrows():
            shares = [row[column] for column in table if "%" in column or "points" in column]
            assert set(shares) == {MARK}, (name, row.tolist())
            few += 1
    assert few > 50


def test_no_layer_of_the_geopackage_and_no_number_of_the_map_does(private_run: PrivateRun) -> None:
    with closing(sqlite3.connect(private_run.out / "results.gpkg")) as database:
        for layer in ("origins", "areas"):
            table = pd.read_sql(f"SELECT * FROM {layer}", database)  # noqa: S608 - our own names
            for column in [item for item in table if item == "weight" or item.endswith("_weight")]:
                assert table[column].dropna().map(fine).all(), (layer, column)
    told = private_run.payload()
    assert told["study"]["hiding"] == {"below": 10, "step": 5, "base": 10.0}
    assert told["origins"]["whole"] % STEP == 0
    assert sum(told["origins"]["weight"]) == pytest.approx(1)
    assert max(told["origins"]["weight"]) < 1  # shares, not counts


def test_no_sentence_does(private_run: PrivateRun) -> None:
    """A number before the word, or before "of ... families", is none, or large and rounded."""
    number = re.compile(r"(fewer than )?(?<![\d.,])(\d[\d,]*)( of [\d,]+)? families\b")
    seen = 0
    for name, body in texts(private_run).items():
        if not name.endswith(
            (".html", ".csv", "document.xml", "sharedStrings.xml", "printed", ".json")
        ):
            continue
        for few, count, _ in number.findall(body):
            seen += 1
            assert few or fine(count.replace(",", "")), (name, count)
    assert seen > 50


# ------------------------------------------------------------------ the log


def test_the_log_says_what_was_hidden_and_why_and_tells_no_count(private_run: PrivateRun) -> None:
    log = pd.read_csv(private_run.out / "hidden.csv")
    assert log.columns.tolist() == ["table", "cell", "figure", "rule"]
    rules = {rule.split(":")[0].split(" (")[0] for rule in log["rule"]}
    assert {"primary", "base", "difference", "secondary", "rounding"} <= rules
    assert {"counts by area", "areas", "wards", "fairness.csv", "origins.csv"} <= set(log["table"])
    manifest = json.loads((private_run.out / "manifest.json").read_text("utf-8"))
    assert "hidden.csv" in manifest["outputs"]
    assert not log[["figure", "rule"]].apply(lambda line: line.str.contains(r"\d")).any().any()
    assert "What was hidden and why" in (private_run.out / "annex.html").read_text("utf-8")
    assert len(private_run.sheet("hidden")) > 10


def test_a_public_run_says_that_nothing_was_hidden(tmp_path: Path) -> None:
    toy = write_study(tmp_path / "study")
    assert run_cli("report", toy.toml, "-o", tmp_path / "out").code == 0
    log = pd.read_csv(tmp_path / "out/hidden.csv")
    assert log["figure"].tolist() == ["nothing"]
    assert "weights_public = true" in log["rule"].iloc[0]
    assert MARK not in (tmp_path / "out/origins.csv").read_text("utf-8")
    assert "Nothing: what is counted is public" in (tmp_path / "out/annex.html").read_text("utf-8")


# ------------------------------------------------------------------ one family more or less


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", "1700000000")
        folder = tmp_path_factory.mktemp("three")
        return outputs(write_study(folder / "study"), folder, 3)


@pytest.mark.parametrize("others", [0, 1, 2, 5, 9])
def test_one_family_in_a_small_area_changes_no_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, three: dict[str, bytes], others: int
) -> None:
    """The area with fewer than ten looks the same whoever lives in it, nobody included.

    42 live in the other area: with the others 42 to 51. The list is of another length each time.
    """
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert outputs(write_study(tmp_path / "study"), tmp_path, others) == three


def outputs(toy: StudyFolder, folder: Path, others: int) -> dict[str, bytes]:
    """Every file of a run with so many families in the small area."""
    path = folder / f"{others}.csv"
    rows = ["440090,390000"] * 42 + ["443800,390000"] * others
    path.write_text("\n".join(["easting,northing", *rows]) + "\n", encoding="utf-8")
    out = folder / f"out{others}"
    assert run_cli("report", toy.toml, "--families", path, "-o", out).code == 0
    return {item.name: item.read_bytes() for item in out.iterdir()}


def test_a_challenge_hides_what_the_report_hides(tmp_path: Path) -> None:
    """42 and 12 families, 40 and 10 when rounded: one closing hits the many, the other the few."""
    toy = write_study(tmp_path / "study")
    families, theirs = tmp_path / "list.csv", tmp_path / "theirs.toml"
    rows = ["440090,390000"] * 42 + ["443800,390000"] * 12
    families.write_text("\n".join(["easting,northing", *rows]) + "\n", encoding="utf-8")
    theirs.write_text(
        '[[scenario]]\nname = "theirs"\nlabel = "East"\nclose = ["east"]\n', encoding="utf-8"
    )
    out = tmp_path / "out"
    ran = run_cli("challenge", theirs, "-s", toy.toml, "--families", families, "-o", out)
    assert ran.code == 0, ran.err
    table = pd.read_csv(out / "comparison.csv", dtype=str)
    told = table[table["unit"] == "count"]
    assert len(told) > 4
    for column in ("council", "theirs"):
        assert told[column].map(fine).all(), told[column].tolist()


def test_a_study_s_own_counts_are_hidden_as_a_list_is(tmp_path: Path) -> None:
    toy = write_study(tmp_path / "study")
    toy.change("study.toml", "weights_public = true", "weights_public = false")
    out = tmp_path / "out"
    toy.change("origins.csv", "a,440100,390000,10", "a,440100,390000,7")
    assert run_cli("report", toy.toml, "-o", out).code == 0
    table = pd.read_csv(out / "origins.csv", dtype=str)
    assert set(table["weight"]) <= {MARK, "0.0", "20.0", "30.0"}
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    (origins,) = [item for item in manifest["inputs"] if item["role"] == "origins"]
    assert origins["rows"] is None
    # to the manifest, six families at a are the same as seven
    toy.change("origins.csv", "a,440100,390000,7", "a,440100,390000,6")
    assert run_cli("verify", out, "--study", toy.toml).code == 0


def test_origins_with_a_row_for_each_family_are_refused(tmp_path: Path) -> None:
    toy = write_study(tmp_path / "study")
    toy.change("study.toml", "weights_public = true", "weights_public = false")
    for old in ("390000,10", "390100,20", "390000,30"):
        toy.change("origins.csv", old, f"{old.split(',')[0]},1")
    ran = run_cli("report", toy.toml, "-o", tmp_path / "out")
    assert ran.code == 2
    assert "give a list of under-fives as data.families" in ran.err
