"""A cell left empty, in any column of any table of a study: a fault that says where, or none."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest

from eh_access.batch.plan import read_authorities
from eh_access.errors import EhAccessError
from eh_access.study.config import load_study
from eh_access.study.inputs import read_inputs
from study_files import AREAS, ORIGINS, StudyFolder, write_study
from timetable_feeds import DATE, town, write_feed

ORIGIN = "imd_decile,no_car_share,young,lone,ward_code,ward_name"
SITE = (
    "site_id,name,kind,hours_per_week,easting,northing,location_basis,location_radius_m,capacity,"
    "hours_per_week_after,existence,opening_hours,postcode"
)
SITES = {
    "sites": {"west": 440000, "east": 444000},
    "candidates": {"hall": 442000, "shed": 443000},
    "youth": {"lodge": 440000, "den": 444000},
    "youth_venues": {"club": 441000, "gym": 443000},
    "neighbours": {"away": 445900, "off": 446000},
}
TABLES = {
    "timetable": "site_id,weekday,from,to\nwest,Mon,09:00,11:00\neast,Tue,13:00,15:00\n",
    "tickets": "operator,ticket,cost_gbp\nA,Single,2.00\nA,Day,5.00\n",
    "families": "easting,northing\n" + "440100,390000\n443900,390000\n" * 20,
    "postcodes": "postcode,easting,northing\nS60 1AA,440100,390000\nS60 1AB,440200,390000\n",
}
TRANSIT = f"""[youth]
weight = "young"
unit = "people aged 10 to 19"

[transit]
feeds = ["feed"]
date = {DATE}
arrive = ["09:00", "11:00"]

[[criterion]]
id = "by-bus"
measure = "coverage"
mode = "transit"
cutoff_min = 30
threshold = 0.9
source = "made up"
set_by = "nobody"
set_on = 2020-01-01

"""
SHAPES = ("areas", "wards", "boundary", "base")


def whole_study(folder: Path) -> StudyFolder:
    """Write a study that has every table there may be."""
    toy = write_study(folder)
    head, *rows = ORIGINS.splitlines()
    rows = [f"{row},{n},0.{n},{n},{n},W{n},North" for n, row in enumerate(rows, 1)]
    (toy.path / "origins.csv").write_text("\n".join([f"{head},{ORIGIN}", *rows]), "utf-8")
    for role, sites in SITES.items():
        rows = [
            f"{site},{site},hub,2,{x},390000,surveyed,10,30,10,0.5,Mon 9:00-11:00,S60 1AA"
            for site, x in sites.items()
        ]
        (toy.path / f"{role}.csv").write_text("\n".join([SITE, *rows]), "utf-8")
    for role, text in TABLES.items():
        (toy.path / f"{role}.csv").write_text(text, "utf-8")
    shapes = json.loads(AREAS)
    for number, feature in enumerate(shapes["features"]):
        feature["properties"] |= {"kind": "water", "code": f"E{number}", "region": "North"}
    for role in (*SHAPES, "authorities"):
        (toy.path / f"{role}.geojson").write_text(json.dumps(shapes), "utf-8")
    feed = town()
    for stop in feed["stops"]:
        stop["stop_lat"] -= 0.03
    write_feed(toy.path / "feed", feed)
    named = [*[*SITES][1:], "timetable", "tickets", "postcodes"]
    lines = [f'{role} = "{role}.csv"' for role in named]
    lines += [f'{role} = "{role}.geojson"' for role in ("wards", "boundary", "base")]
    lines.append('groups = { lone = "lone parents" }')
    toy.change("study.toml", "[data]", "\n".join(["[data]", *lines]))
    toy.change("study.toml", "[[scenario]]", f"{TRANSIT}[[scenario]]")
    return toy


def rows_of(path: Path) -> list[dict[str, object]]:
    """Return the rows of a table, whatever file it is."""
    if path.suffix == ".geojson":
        return [item["properties"] for item in json.loads(path.read_text("utf-8"))["features"]]
    with path.open(encoding="utf-8", newline="") as file:
        return [*csv.DictReader(file)]


def empty_one(path: Path, row: int, column: str) -> None:
    """Empty one cell of a table."""
    if path.suffix == ".geojson":
        shapes = json.loads(path.read_text("utf-8"))
        feature = shapes["features"][row]
        feature.update(geometry=None) if column == "geometry" else feature["properties"].update(
            {column: None}
        )
        path.write_text(json.dumps(shapes), "utf-8")
        return
    rows = rows_of(path)
    rows[row][column] = ""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*rows[0]])
        writer.writeheader()
        writer.writerows(rows)


def columns_of(path: Path) -> list[str]:
    return [*rows_of(path)[0], *(["geometry"] if path.suffix == ".geojson" else [])]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    return whole_study(tmp_path_factory.mktemp("whole"))


def words_on(toy: StudyFolder, path: Path) -> str:
    """Return the faults of the study, or else its notes."""
    study = load_study(toy.toml)
    try:
        if path.stem == "authorities":
            return str(read_authorities(path, path.name)["name"].tolist())
        inputs = read_inputs(study, families=path if path.stem == "families" else None)
    except EhAccessError as error:
        return "\n".join(error.faults)
    return "\n".join(note.text for note in inputs.notes)


@pytest.mark.parametrize(
    "tables",
    [
        [*(f"{role}.csv" for role in (*SITES, "origins")), *(f"{role}.geojson" for role in SHAPES)],
        ["timetable.csv", "tickets.csv", "postcodes.csv"],  # read where the others are sound
        ["families.csv"],
        ["authorities.geojson"],
    ],
)
def test_no_cell_left_empty_is_a_crash_or_told_as_nan(
    whole: StudyFolder, tables: list[str]
) -> None:
    paths = [whole.path / table for table in tables]
    sound = {path: path.read_bytes() for path in paths}
    assert "is empty" not in words_on(whole, paths[0])
    for place in range(max(len(columns_of(path)) for path in paths)):
        for path in paths:
            if place < len(columns_of(path)):
                empty_one(path, -1, columns_of(path)[place])
        told = words_on(whole, paths[0])
        for path, data in sound.items():
            path.write_bytes(data)
        assert not {"nan", "NaN", "None", "NA"} & {*re.split(r"\W+", told)}, (place, told)


@pytest.mark.parametrize(
    ("table", "column"),
    [
        *(("timetable.csv", column) for column in ("site_id", "weekday", "from", "to")),
        *(("tickets.csv", column) for column in ("operator", "ticket", "cost_gbp")),
        *(("authorities.geojson", column) for column in ("code", "name", "geometry")),
    ],
)
def test_an_empty_cell_is_named_by_row_and_column(tmp_path: Path, table: str, column: str) -> None:
    toy = whole_study(tmp_path)
    path = toy.path / table
    empty_one(path, 1, column)
    row = 2 if table.endswith(".geojson") else 3  # shapes have no header
    assert f"{table}, row {row}, {column}: " in words_on(toy, path)


def test_a_base_without_a_kind_is_named_by_its_row(tmp_path: Path) -> None:
    toy = whole_study(tmp_path)
    empty_one(toy.path / "base.geojson", 0, "kind")
    assert "base.geojson, row 1, kind: '' is not drawn; known: 'coast'" in words_on(toy, toy.toml)
