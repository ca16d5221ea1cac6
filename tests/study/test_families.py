"""A list of families goes in, and nothing of it comes out."""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path
from typing import NoReturn

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from eh_access.criteria.draws import sampled_sites
from eh_access.errors import InputError
from eh_access.provenance import file_sha256
from eh_access.publish.notes import note_text
from eh_access.publish.outputs import write_outputs
from eh_access.publish.writers.map import render_map
from eh_access.sources.bundled import study_path
from eh_access.study.config import load_study
from eh_access.study.families import read_families
from eh_access.study.findings import find_findings, find_maps
from eh_access.study.inputs import read_inputs
from eh_access.study.opening import open_study
from eh_access.study.run import run_study
from study_cli import run_cli
from study_files import StudyFolder, write_study


def write_list(path: Path, header: str, rows: list[str]) -> Path:
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def toy(tmp_path: Path) -> StudyFolder:
    return write_study(tmp_path / "study")


# ------------------------------------------------------------------ nothing comes out


def test_the_manifest_has_a_digest_of_what_was_counted_and_a_rounded_count(
    tmp_path: Path, toy: StudyFolder
) -> None:
    """Not of the list: whoever knows all of it but one row could find that row by its digest."""
    out, study, said = tmp_path / "out", load_study(toy.toml), []
    for families in (11, 13, 12):
        path = write_list(tmp_path / "list.csv", "easting,northing", ["440117,390031"] * families)
        files = read_inputs(study, families=path).files
        said += [vars(file) for file in files if file.role == "families"]
    assert run_cli("report", toy.toml, "--families", path, "-o", out).code == 0
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    assert said[-1] in manifest["inputs"]
    assert file_sha256(path) not in (out / "manifest.json").read_text("utf-8")
    for written in out.iterdir():
        name, data = written.name, written.read_bytes()
        for secret in (b"440117", b"390031", b"list.csv"):
            assert secret not in data, (name, secret)
    assert [item["rows"] for item in said] == [10, 15, 10]
    assert said[0] == said[2]
    assert said[0]["sha256"] != said[1]["sha256"]


def test_a_list_of_which_no_figure_would_say_where_is_refused(tmp_path: Path) -> None:
    """Twelve families all over Rotherham and twelve in one ward would come out the same."""
    homes = pd.read_csv(study_path("rotherham").parents[1] / "origins/rotherham_postcode.csv")
    near = homes.head(12)
    # fourteen in one ward do not make the others' answer one of a place
    ward = homes[homes["ward_name"] == "Rotherham East"].sample(14, random_state=1)
    most = pd.concat([ward, homes.groupby("ward_name").head(2)])
    for some in (near, homes.sample(12, random_state=3), most):
        path = write_list(tmp_path / "list.csv", "postcode", list(some["origin_id"]))
        ran = run_cli("report", "rotherham", "--families", path, "-o", tmp_path / "out")
        assert ran.code == 2
        assert "too few families to tell one area from another" in " ".join(ran.err.split())
        assert not (tmp_path / "out").exists()
    # where one area has enough of them, it is told from the others
    path = write_list(
        tmp_path / "list.csv", "postcode", list(near["origin_id"]) + [near["origin_id"][0]] * 12
    )
    counts = open_study("rotherham", families=path)[1].origins["weight"]
    assert counts.max() > 2 * counts.median()


class _SampledError(Exception):
    """Enough was seen: what would follow takes half a minute."""


def test_where_a_site_of_unknown_place_may_be_does_not_hang_on_the_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Valley Children's Centre was drawn among the families of whatever list was given."""
    homes = pd.read_csv(study_path("rotherham").parents[1] / "origins/rotherham_postcode.csv")
    some = homes[homes["ward_name"].str.startswith("Wath")].sample(300, random_state=1)
    path = write_list(tmp_path / "list.csv", "postcode", list(some["origin_id"]))
    study, given = open_study("rotherham")
    _, listed = open_study("rotherham", families=path)
    assert listed.origins["weight"].max() > 10 * listed.origins["weight"].median()
    places = []

    def sample(sites: gpd.GeoDataFrame, **settings: object) -> NoReturn:
        places.append(partial(sampled_sites, sites, **settings)())
        raise _SampledError

    monkeypatch.setattr("eh_access.study.run.sampled_sites", sample)
    for tables in (given, listed):
        with pytest.raises(_SampledError):
            run_study(study, inputs=tables)
    unknown = [set(one.index[one["sample_of"] == "valley"]) for one in places]
    assert unknown[0]
    pd.testing.assert_frame_equal(*places)


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
        found.append(
            (result.origins_table(), result.verdicts_table(), render_map(result, find_maps(result)))
        )
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
    assert (step.rows_in, step.rows_out) == (25, 25)  # the sum of 10 and 15


def test_families_nearest_a_home_in_no_area_are_not_lost(tmp_path: Path, toy: StudyFolder) -> None:
    """20 live at a, which names no area: they count with b, the nearest home that is in one."""
    toy.change("origins.csv", "10,made up,A", "10,made up,")
    rows = ["440100,390000"] * 20 + ["443800,390000"] * 15
    path = write_list(tmp_path / "list.csv", "easting,northing", rows)
    inputs = read_inputs(load_study(toy.toml), families=path)
    assert inputs.origins["weight"].to_dict() == {"b": 20, "c": 15}
    table = (toy.path / "origins.csv").read_text("utf-8")
    (toy.path / "origins.csv").write_text(re.sub(",[AB]\n", ",\n", table), "utf-8")
    with pytest.raises(InputError):
        read_inputs(load_study(toy.toml), families=path)


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
    told = [note_text(note) for note in result.notes if note.topic == "families"]
    assert told == [
        "Fewer than 10 families on the list are left out, for nothing says where they live."
    ]
    assert "S99" not in "".join(note_text(note) for note in result.notes)


@pytest.mark.parametrize("odd", ["GIR 0A", "NPT", "zzz", "-"])
def test_a_few_rows_without_a_place_leave_the_others(
    tmp_path: Path, toy: StudyFolder, odd: str
) -> None:
    homes = ["440100,390000"] * 12
    write_list(toy.path / "places.csv", "postcode,easting,northing", ["S1 1AA,440100,390000"])
    toy.change("study.toml", "[data]", '[data]\npostcodes = "places.csv"')
    study = load_study(toy.toml)
    for header, rows in (
        ("postcode", [*["S1 1AA"] * 12, odd]),
        ("easting,northing", [*homes, "abc,390000"]),
    ):
        path = write_list(tmp_path / "list.csv", header, rows)
        families = read_families(path, study)
        assert (len(families.points), families.rows) == (12, 13)
        inputs = read_inputs(study, families=path)
        told = [note_text(item) for item in inputs.notes if item.topic == "families"]
        assert told == [
            "Fewer than 10 families on the list are left out, for nothing says where they live."
        ]


# ------------------------------------------------------------------ faults name rows alone


@pytest.mark.parametrize(
    ("header", "rows", "words"),
    [
        (
            "postcode",
            ["S60 2QU", "S6O 2Q", "", "S60"],
            "rows 3, 5, postcode: not a whole postcode",
        ),
        ("S60 2QU", ["S60 2QV"], "first row must name the column 'postcode'"),
        ("easting,northing", ["390031,440117,9"], "row 2: more or fewer cells"),
        ("easting,northing", ["-1.398,53.406", "440117,"], "rows 2, 3: 'easting' and 'northing'"),
        ("longitude,latitude", ["53.406,-1.398"], "row 2: 'longitude' and 'latitude'"),
        ("easting,northing", ["640117,390031"], "nobody on it lives in or near"),
        ("postcode", ["ZZ1 1ZZ"], "none of its postcodes"),
        ("postcode", [], "there are no rows"),
        ("easting,northing", ["440117,390031"] * 9, "no area has 10 families or more"),
        ("postcode", ['"S60 2QU'], "not comma-separated values"),
        ("postcode,Postcode ", ["S60 2QU,S60 2QV"], "column 'postcode' stands twice"),
        ("easting,northing,easting", ["440117,390031,1"], "column 'easting' stands twice"),
    ],
)
def test_a_fault_quotes_no_cell(
    tmp_path: Path, toy: StudyFolder, header: str, rows: list[str], words: str
) -> None:
    path = write_list(tmp_path / "list.csv", header, rows)
    out = tmp_path / "out"
    ran = run_cli("report", toy.toml, "--families", path, "-o", out, "--verbose")
    assert ran.code == 2, ran
    assert words in ran.err
    for secret in re.findall(r"[0-9A-Z.-]{3,}(?: \d[A-Z]{2})?", " ".join([header, *rows])):
        assert secret not in ran.err, secret
    assert not out.exists()


def test_a_list_that_is_not_there(tmp_path: Path, toy: StudyFolder) -> None:
    ran = run_cli("report", toy.toml, "--families", tmp_path / "no.csv")
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
    assert run_cli("report", toy.toml, "-o", out).code == 0
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
    findings = find_findings(run_study(study, inputs=read_inputs(study)))
    for leave in (
        result.origins_table,
        lambda: find_findings(result),
        lambda: find_maps(result),
        lambda: write_outputs(result, findings, tmp_path / "out"),
        lambda: render_map(result, findings.maps),
    ):
        with pytest.raises(InputError, match="not public and were not protected"):
            leave()
    assert not (tmp_path / "out").exists()
