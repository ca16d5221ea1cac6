"""A list of families goes in, and nothing of it comes out."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eh_access.errors import InputError
from eh_access.publish.map import render_map
from eh_access.publish.outputs import write_outputs
from eh_access.study.config import load_study
from eh_access.study.families import read_families
from eh_access.study.inputs import read_inputs
from eh_access.study.manifest import file_sha256
from eh_access.study.opening import open_study
from eh_access.study.protecting import safe_counts
from eh_access.study.run import run_study
from eh_access.study.schema import DisclosureSettings
from study_cli import run_cli
from study_files import StudyFolder, write_study

RULES = DisclosureSettings()


def postcodes(how_many: int) -> list[str]:
    table = pd.read_csv(Path(__file__).parents[2] / "data/origins/rotherham_postcode.csv")
    return sorted(table["origin_id"].sample(how_many, random_state=11))


def write_list(path: Path, header: str, rows: list[str]) -> Path:
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def toy(tmp_path: Path) -> StudyFolder:
    return write_study(tmp_path / "study")


# ------------------------------------------------------------------ nothing comes out


def test_no_output_holds_a_postcode_of_the_list_or_where_it_is(tmp_path: Path) -> None:
    """Every byte of every output, zipped parts unpacked, and everything printed."""
    codes = postcodes(300)
    path = write_list(
        tmp_path / "our families.csv", "child,postcode", [f"Zebedee,{c}" for c in codes]
    )
    out = tmp_path / "out"
    ran = run_cli("report", "rotherham", "--families", path, "-o", out, "--offline", "--verbose")
    assert ran.code == 0
    blobs = {path.name: path.read_bytes() for path in out.iterdir()}
    blobs["printed"] = (ran.out + ran.err).encode()
    with zipfile.ZipFile(out / "tables.xlsx") as book:
        blobs |= {name: book.read(name) for name in book.namelist()}
    needles = [needle for code in codes for needle in (code, code.replace(" ", ""))]
    needles += ["Zebedee", "our families"]
    # addresses of public sites are public whoever lives beside them
    sites = "".join(
        p.read_text("utf-8") for p in (Path(__file__).parents[2] / "data/sites").glob("*")
    )
    needles = [needle for needle in needles if needle not in sites]
    text = {name: data.decode("latin-1") for name, data in blobs.items()}
    found = {(name, needle) for name, body in text.items() for needle in needles if needle in body}
    # base64 may hold seven letters and digits by chance; a postcode with its space it never holds
    assert {(name, needle) for name, needle in found if " " in needle} == set()
    assert {name for name, needle in found if needle == "Zebedee"} == set()
    assert {name for name, _ in found} <= {"map.html", "report.html", "results.gpkg"}
    table = pd.read_csv(out / "origins.csv", dtype=str)
    assert table["origin_id"].str.fullmatch(r"E00\d{6}").all()


def test_the_manifest_has_a_digest_and_a_count(tmp_path: Path, toy: StudyFolder) -> None:
    path = write_list(tmp_path / "list.csv", "easting,northing", ["440117,390031"] * 12)
    out = tmp_path / "out"
    assert run_cli("report", toy.toml, "--families", path, "-o", out, "--offline").code == 0
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    said = [item for item in manifest["inputs"] if item["role"] == "families"]
    assert said == [
        {"role": "families", "name": "families", "sha256": file_sha256(path), "rows": 12}
    ]
    for written in out.iterdir():
        name, data = written.name, written.read_bytes()
        for secret in (b"440117", b"390031", b"list.csv"):
            assert secret not in data, (name, secret)


def test_where_families_live_within_an_area_changes_no_table(
    tmp_path: Path, toy: StudyFolder
) -> None:
    """Two lists that agree by area give the same tables, wherever in it the families live."""
    study = load_study(toy.toml)
    found = []
    for east in (440_000, 440_900):
        rows = [f"{east + n},390000" for n in range(12)] + ["443800,390000"] * 15
        path = write_list(tmp_path / f"{east}.csv", "easting,northing", rows)
        result = run_study(study, inputs=read_inputs(study, families=path))
        found.append((result.origins_table(), result.verdicts_table(), render_map(result)))
    pd.testing.assert_frame_equal(found[0][0], found[1][0])
    pd.testing.assert_frame_equal(found[0][1], found[1][1])
    assert found[0][2] == found[1][2]


def test_families_are_counted_and_placed_by_hand(tmp_path: Path, toy: StudyFolder) -> None:
    """12 live nearest to place a or b, in area A: 10 when rounded; 10 and 20 count there."""
    rows = ["440090,390000"] * 12 + ["443800,390000"] * 13
    path = write_list(tmp_path / "list.csv", "easting,northing", rows)
    study = load_study(toy.toml)
    inputs = read_inputs(study, families=path)
    assert inputs.origins["weight"].to_dict() == pytest.approx(
        {"a": 10 / 3, "b": 20 / 3, "c": 15.0}
    )
    result = run_study(study, inputs=inputs)
    assert result.study.unit == "families"
    assert result.may_publish_origins
    step = next(item for item in result.counts if item.step == "families placed")
    assert (step.rows_in, step.rows_out) == (25, 25)


def test_the_study_may_name_the_list(toy: StudyFolder) -> None:
    write_list(toy.path / "homes.csv", "easting,northing", ["440090,390000"] * 12)
    toy.change("study.toml", "[data]", '[data]\nfamilies = "homes.csv"')
    _, inputs = open_study(toy.toml)
    assert inputs.families
    assert inputs.origins["weight"].sum() == pytest.approx(10)
    ran = run_cli("check", toy.toml)
    assert (ran.code, ran.err) == (0, "")
    assert "10 families" in ran.out


def test_a_postcode_in_no_table_is_counted_and_left_out(tmp_path: Path, toy: StudyFolder) -> None:
    places = [f"S1 {n}AA,{440_000 + n},390000" for n in range(1, 10)] + ["S2 1AA,440020,390000"]
    write_list(toy.path / "places.csv", "postcode,easting,northing", places)
    toy.change("study.toml", "[data]", '[data]\npostcodes = "places.csv"')
    codes = [row.split(",")[0] for row in places] + ["s2-1aa", "S99 9ZZ"]
    path = write_list(tmp_path / "list.csv", "Postcode", codes)
    study = load_study(toy.toml)
    result = run_study(study, inputs=read_inputs(study, families=path))
    told = [note.text for note in result.notes if note.topic == "families"]
    assert told == [
        "Fewer than 10 families on the list are left out, for their postcodes are in no table."
    ]
    assert "S99" not in "".join(note.text for note in result.notes)


# ------------------------------------------------------------------ faults name rows alone


@pytest.mark.parametrize(
    ("header", "rows", "words"),
    [
        (
            "postcode",
            ["S60 2QU", "S6O 2Q", "", "S60 2QV"],
            "rows 2, 3, postcode: not a whole postcode",
        ),
        ("S60 2QU", ["S60 2QV"], "first row must name the column 'postcode'"),
        ("easting,northing", ["390031,440117,9"], "row 1: more or fewer cells"),
        ("easting,northing", ["-1.398,53.406", "440117,"], "rows 1, 2: 'easting' and 'northing'"),
        ("longitude,latitude", ["53.406,-1.398"], "row 1: 'longitude' and 'latitude'"),
        ("easting,northing", ["640117,390031"], "nobody on it lives in or near"),
        ("postcode", ["ZZ1 1ZZ"], "none of its postcodes"),
        ("postcode", [], "there are no rows"),
        ("easting,northing", ["440117,390031"] * 9, "fewer than 10 families to count"),
        ("postcode", ['"S60 2QU'], "not comma-separated values"),
    ],
)
def test_a_fault_quotes_no_cell(
    tmp_path: Path, toy: StudyFolder, header: str, rows: list[str], words: str
) -> None:
    path = write_list(tmp_path / "list.csv", header, rows)
    out = tmp_path / "out"
    ran = run_cli("report", toy.toml, "--families", path, "-o", out, "--offline", "--verbose")
    assert ran.code == 2, ran
    assert words in ran.err
    for secret in re.findall(r"[0-9A-Z.-]{3,}(?: \d[A-Z]{2})?", " ".join([header, *rows])):
        assert secret not in ran.err, secret
    assert not out.exists()


def test_a_list_that_is_not_there(tmp_path: Path, toy: StudyFolder) -> None:
    ran = run_cli("report", toy.toml, "--families", tmp_path / "no.csv", "--offline")
    assert ran.code == 2
    assert "the list of families cannot be read" in ran.err


def test_families_show_nothing_of_themselves(tmp_path: Path, toy: StudyFolder) -> None:
    path = write_list(tmp_path / "list.csv", "easting,northing", ["440117,390031"] * 12)
    study = load_study(toy.toml)
    families = read_families(path, study)
    assert "440117" not in repr(families)
    assert "440117" not in repr(read_inputs(study, families=path))


# ------------------------------------------------------------------ counts that are not public


def test_a_study_s_own_counts_leave_by_area_alone(toy: StudyFolder, tmp_path: Path) -> None:
    toy.change("study.toml", "weights_public = true", "weights_public = false")
    out = tmp_path / "out"
    assert run_cli("report", toy.toml, "-o", out, "--offline").code == 0
    table = pd.read_csv(out / "origins.csv")
    # two areas are too few to draw, so counts are by square kilometre: 440, 442, 443 km east
    assert sorted(table["origin_id"].unique()) == ["km 440 0390", "km 442 0390", "km 443 0390"]
    walk = table[(table["mode"] == "walk") & (table["scenario"] == "baseline")]
    assert walk["weight"].tolist() == [10, 20, 30]
    # from the middle of the square, 440500 390500, to west at 440000 390000
    assert walk["minutes"].iloc[0] == pytest.approx(
        (122 + 1.2 * np.hypot(500, 500)) / 80, abs=0.001
    )
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    assert any("counted by area" in note["text"] for note in manifest["notes"])


def test_what_is_not_protected_cannot_leave(toy: StudyFolder, tmp_path: Path) -> None:
    toy.change("study.toml", "weights_public = true", "weights_public = false")
    study = load_study(toy.toml)
    result = run_study(study, inputs=read_inputs(study, protect=False))
    assert not result.may_publish_origins
    for leave in (
        result.origins_table,
        lambda: write_outputs(result, tmp_path / "out"),
        lambda: render_map(result),
    ):
        with pytest.raises(InputError, match="not public and were not protected"):
            leave()
    assert not (tmp_path / "out").exists()


def test_small_counts_are_pooled_by_ward_then_together() -> None:
    counts = pd.Series({"a": 12.0, "b": 6.0, "c": 5.0, "d": 4.0, "e": 3.0, "f": 4.0, "g": 0.0})
    wards = pd.Series({"a": "N", "b": "N", "c": "N", "d": "S", "e": "W", "f": "W", "g": "W"})
    safe = safe_counts(counts, wards, rules=RULES)
    # b and c make 11: 10 between them; d, e, f, g are too few in their wards, and make 11 together:
    # 10 between the four, so that nobody can tell that nobody lives in g
    expected = {"a": 10, "b": 5, "c": 5, "d": 2.5, "e": 2.5, "f": 2.5, "g": 2.5}
    assert safe.counts.to_dict() == pytest.approx(expected)
    assert (safe.pooled, safe.hidden) == (6, 0)


@pytest.mark.parametrize("seed", range(20))
def test_an_area_with_one_family_looks_like_an_area_with_none(seed: int) -> None:
    random = np.random.default_rng(seed)
    counts = pd.Series(random.integers(0, 4, 30).astype(float))
    wards = pd.Series(["N"] * 15 + ["S"] * 15)
    safe = safe_counts(counts, wards, rules=RULES)
    for _, ward in safe.counts.groupby(wards):
        assert (ward == ward.iloc[0]).all()


def test_a_small_count_with_no_other_to_pool_with_stays_hidden() -> None:
    safe = safe_counts(pd.Series({"a": 40.0, "b": 4.0}), None, rules=RULES)
    assert safe.counts.to_dict() == {"a": 40.0, "b": 0.0}
    assert (safe.pooled, safe.hidden) == (0, 1)


@pytest.mark.parametrize("seed", range(20))
def test_swapping_families_between_small_areas_of_a_ward_changes_nothing(seed: int) -> None:
    """No published count tells one small area from another, so none can be solved for."""
    random = np.random.default_rng(seed)
    counts = pd.Series(random.integers(1, 10, 12).astype(float), index=list("abcdefghijkl"))
    wards = pd.Series(list("NNNNNNSSSSSS"), index=counts.index)
    north = random.permutation(counts.iloc[:6].to_numpy())
    swapped = pd.Series([*north, *counts.iloc[6:]], index=counts.index)
    one, two = (safe_counts(item, wards, rules=RULES) for item in (counts, swapped))
    pd.testing.assert_series_equal(one.counts, two.counts)
    assert one.counts.sum() == pytest.approx(counts.sum(), abs=2 * 2.5)
