from __future__ import annotations

import re
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from eh_access.errors import InputError, NotFoundError
from eh_access.study.config import load_study
from eh_access.study.families import read_families
from eh_access.study.inputs import origins_name, read_inputs
from eh_access.study.opening import check_study, explain_trip, open_study
from study_files import ORIGINS, StudyFolder, write_study


@pytest.fixture
def toy(tmp_path: Path) -> StudyFolder:
    return write_study(tmp_path)


def faults(toy: StudyFolder) -> tuple[str, ...]:
    with pytest.raises(InputError) as caught:
        read_inputs(load_study(toy.toml))
    return caught.value.faults


def test_tables_come_checked_and_on_the_national_grid(toy: StudyFolder) -> None:
    inputs = read_inputs(load_study(toy.toml))
    for table in (inputs.origins, inputs.sites, inputs.areas):
        assert table.crs == "EPSG:27700"
    assert inputs.origins["weight"].sum() == 60
    assert inputs.borough.area == pytest.approx(6000 * 2000)
    assert inputs.sites["is_open"].all()
    assert [file.role for file in inputs.files] == ["study", "areas", "origins", "sites"]
    assert [file.rows for file in inputs.files] == [None, 2, 3, 2]


def test_degrees_are_read_as_well_as_metres(toy: StudyFolder) -> None:
    before = read_inputs(load_study(toy.toml)).origins
    degrees = before.to_crs("EPSG:4326")
    lines = ["origin_id,longitude,latitude,weight,weight_basis,area_id"] + [
        f"{name},{row.geometry.x:.9f},{row.geometry.y:.9f},{row.weight},made up,{row.area_id}"
        for name, row in degrees.iterrows()
    ]
    (toy.path / "origins.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    after = read_inputs(load_study(toy.toml)).origins
    assert (after.distance(before) < 0.01).all()


def test_an_area_that_is_not_there_is_told_row_by_row(toy: StudyFolder) -> None:
    toy.change("origins.csv", "30,made up,B", "30,made up,Z")
    found = faults(toy)
    assert len(found) == 1
    assert "origins.csv, row 4 (origin_id 'c'), area_id: no area 'Z'; known: 'A', 'B'" in found[0]


def test_areas_of_another_kind_altogether_are_no_fault(toy: StudyFolder) -> None:
    table = ORIGINS.replace(",A\n", ",W1\n").replace(",B\n", ",W2\n")
    (toy.path / "origins.csv").write_text(table, encoding="utf-8")
    assert len(read_inputs(load_study(toy.toml)).origins) == 3


def test_an_id_of_digits_stays_text(toy: StudyFolder) -> None:
    toy.change("origins.csv", "a,440100", "007,440100")
    assert read_inputs(load_study(toy.toml)).origins.index[0] == "007"


def test_a_place_called_na_is_not_missing(toy: StudyFolder) -> None:
    toy.change("sites.csv", "West Centre", "NA")
    assert read_inputs(load_study(toy.toml)).sites.loc["west", "name"] == "NA"


def test_a_comma_in_quotes_is_a_part_of_the_cell(toy: StudyFolder) -> None:
    toy.change("sites.csv", "West Centre", '"West, the Centre"')
    assert read_inputs(load_study(toy.toml)).sites.loc["west", "name"] == "West, the Centre"


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"\xff\xfe", "there is no table in it"),
        (b"site_id,name\nwest,\x81\n", "not UTF-8 text, nor Windows-1252 (byte 18)"),
        (b'site_id,name\nwest,"never closed\n', "not comma-separated values"),
        (b"site_id,name\nwest,West\n", "no coordinates; add the columns 'easting' and 'northing'"),
    ],
)
def test_a_table_that_is_none(toy: StudyFolder, data: bytes, told: str) -> None:
    (toy.path / "sites.csv").write_bytes(data)
    assert told in faults(toy)[0]


def test_a_candidate_with_the_id_of_a_site(toy: StudyFolder) -> None:
    (toy.path / "candidates.csv").write_bytes((toy.path / "sites.csv").read_bytes())
    toy.change("study.toml", "[data]", '[data]\ncandidates = "candidates.csv"')
    assert "candidates.csv, site_id: 'east' is the id of a site too" in faults(toy)[0]


def test_origins_are_chosen_by_name(toy: StudyFolder) -> None:
    study = load_study(toy.toml)
    assert origins_name(study, None) == "oa"
    with pytest.raises(NotFoundError, match=r"data.origins has no 'postcode'; known: 'oa'"):
        read_inputs(study, origins="postcode")


def test_check_looks_at_every_set_of_origins(toy: StudyFolder) -> None:
    toy.change("study.toml", 'oa = "origins.csv"', 'oa = "origins.csv", finer = "finer.csv"')
    (toy.path / "finer.csv").write_text(ORIGINS.replace(",20,", ",-2,"), encoding="utf-8")
    open_study(toy.toml)  # uses the first set, which is sound
    with pytest.raises(InputError, match=r"finer.csv, row 3 .*weight: is -2"):
        check_study(toy.toml)


def test_a_file_may_be_named_from_the_package(toy: StudyFolder) -> None:
    toy.change("study.toml", '"areas.geojson"', '"bundled:boundaries/rotherham_lsoa21.geojson"')
    assert len(read_inputs(load_study(toy.toml)).areas) == 170


def as_geopandas_writes(path: Path, keep: list[str]) -> None:
    """Give a table a column of shapes as text, and of its coordinates only some."""
    table = pd.read_csv(path)
    shapes = gpd.points_from_xy(table["easting"], table["northing"])
    frame = gpd.GeoDataFrame(table.drop(columns={"easting", "northing"} - {*keep}), geometry=shapes)
    frame.to_csv(path, index=False)


@pytest.mark.parametrize("role", ["sites", "candidates", "origins", "own origins"])
def test_shapes_as_text_give_way_to_coordinates_and_that_is_said(
    toy: StudyFolder, role: str
) -> None:
    if role == "candidates":
        text = (toy.path / "sites.csv").read_text("utf-8")
        (toy.path / "candidates.csv").write_text(text.replace("west,", "c,").replace("east,", "d,"))
        toy.change("study.toml", "[data]", '[data]\ncandidates = "candidates.csv"')
    if role == "own origins":
        toy.change("study.toml", "weights_public = true", "weights_public = false")
    before = read_inputs(load_study(toy.toml), protect=False)
    table = toy.path / f"{role.removeprefix('own ')}.csv"
    as_geopandas_writes(table, ["easting", "northing"])
    after = read_inputs(load_study(toy.toml), protect=False)
    for name in ("sites", "candidates", "origins"):
        if getattr(before, name) is not None:
            pd.testing.assert_frame_equal(getattr(after, name), getattr(before, name))
    rows = 3 if role == "origins" else 2
    said = [f"holds as text (column geometry, {rows} rows)"] if role != "own origins" else []
    texts = [" ".join(note.text.split()) for note in after.notes if note.topic == "wkt-dropped"]
    assert len(texts) == len(said)
    assert all(words in text for words, text in zip(said, texts, strict=True))
    as_geopandas_writes(table, [])
    [fault] = faults(toy)
    assert f"{table.name}: the column 'geometry' is text (WKT)" in fault
    assert "save the table as GeoJSON" in fault


def test_areas_as_text_are_refused_and_an_empty_column_of_shapes_is_nothing(
    toy: StudyFolder,
) -> None:
    gpd.read_file(toy.path / "areas.geojson").to_csv(toy.path / "areas.csv", index=False)
    toy.change("study.toml", "areas.geojson", "areas.csv")
    assert "areas.csv: the column 'geometry' is text (WKT)" in faults(toy)[0]
    toy.change("study.toml", "areas.csv", "areas.geojson")
    table = toy.path / "sites.csv"
    pd.read_csv(table).assign(geometry=None).to_csv(table, index=False)
    inputs = read_inputs(load_study(toy.toml))
    assert not [note for note in inputs.notes if note.topic == "wkt-dropped"]


GRID = [
    f"o{number},{440100 + 400 * number},390000,{10 + number},made up,{'A' if number < 6 else 'B'}"
    for number in range(11)
]
HEADER = "origin_id,easting,northing,weight,weight_basis,area_id"


@pytest.mark.parametrize(
    ("odd", "why"),
    [
        ("GIR 0AA,,,7,made up,", "no place is known for the postcode 'GIR 0AA'"),
        ("NPT 1AA,,,7,made up,", "no place is known for the postcode 'NPT 1AA'"),
        ("zz999zz,,,7,made up,", "no place is known for the postcode 'zz999zz'"),
        ("E00000009,,,7,made up,", "there are no coordinates; give them"),
        ("o9,440100,390000,n/a,made up,A", "give a number from 0"),
        ("o9,440100,390000,-3,made up,A", "give a number from 0"),
        ("o9,440100,390000,,made up,A", "is empty"),
        ("o9,390000,440100,5,made up,A", "swapped"),
        ("o9,440100,,5,made up,A", "give both coordinates or neither"),
        (",440100,390000,5,made up,A", "give every row an id"),
        ("o9,east,390000,5,made up,A", "is no number"),
    ],
)
def test_one_odd_row_of_origins_is_left_out_and_named(toy: StudyFolder, odd: str, why: str) -> None:
    sound = GRID[:9] + GRID[10:]
    table = toy.path / "origins.csv"
    table.write_text("\n".join([HEADER, *sound]) + "\n", encoding="utf-8")
    expected = read_inputs(load_study(toy.toml))
    table.write_text("\n".join([HEADER, *sound[:4], odd, *sound[4:]]) + "\n", encoding="utf-8")
    inputs = read_inputs(load_study(toy.toml))
    pd.testing.assert_frame_equal(inputs.origins, expected.origins)
    [told] = [note for note in inputs.notes if note.topic == "odd-rows"]
    assert told.level == "warning"
    assert "1 of 11 origins is left out of every figure" in told.text
    assert "origins.csv, row 6" in told.text
    assert why in told.text


def test_it_is_said_how_many_people_are_left_out_and_a_tenth_of_them_is_too_many(
    toy: StudyFolder,
) -> None:
    table = toy.path / "origins.csv"
    for weight, said in ((15, "15 of 180"), (16, "16 of 181"), (20, "")):
        rows = [HEADER, *GRID, f"x,,390000,{weight},made up,A"]
        table.write_text("\n".join(rows) + "\n", encoding="utf-8")
        if said:
            [told] = [n for n in read_inputs(load_study(toy.toml)).notes if n.topic == "odd-rows"]
            assert f"it cannot be placed or counted: {said} under-fives (" in told.text
        else:
            with pytest.raises(InputError, match="give both coordinates or neither"):
                read_inputs(load_study(toy.toml))
    table.write_text("\n".join([HEADER, *GRID, "x,440100,390000,n/a,made up,A"]), encoding="utf-8")
    [told] = [n for n in read_inputs(load_study(toy.toml)).notes if n.topic == "odd-rows"]
    assert "how many under-fives it holds is not told" in told.text


def test_a_home_without_the_count_of_a_group_counts_in_all_else(toy: StudyFolder) -> None:
    bad = ""
    groups = "groups = { lone = 'lone parents', young = 'parents under 25' }"
    toy.change("study.toml", "[data]", f"[data]\n{groups}")
    counts = [(bad, 1), (2, bad), *((2, 3) for _ in GRID[2:])]
    rows = [f"{row},{lone},{young}" for row, (lone, young) in zip(GRID, counts, strict=True)]
    table = toy.path / "origins.csv"
    table.write_text("\n".join([f"{HEADER},lone,young", *rows]) + "\n", encoding="utf-8")
    inputs = read_inputs(load_study(toy.toml))
    assert len(inputs.origins) == len(GRID)
    assert inputs.origins["lone"].tolist() == [0, *[2] * (len(GRID) - 1)]
    assert inputs.origins["young"].tolist() == [1, 0, *[3] * (len(GRID) - 2)]
    told = [note.text for note in inputs.notes if note.topic == "uncounted"]
    assert [f"1 of {len(GRID)} origins has no count of {group}" in " ".join(told)
            for group in ("lone parents", "parents under 25")] == [True, True]  # fmt: skip
    many = "\n".join([f"{HEADER},lone,young", *(f"{row},{bad},1" for row in GRID[:2]), *rows[2:]])
    table.write_text(many, encoding="utf-8")
    with pytest.raises(InputError, match=r"origins\.csv, rows 2 .*, lone: is"):
        read_inputs(load_study(toy.toml))
    # one home of eleven, with 20 people of 165
    large = [f"{row},2,{'' if row == GRID[-1] else 3}" for row in GRID]
    table.write_text("\n".join([f"{HEADER},lone,young", *large]) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"row 12 .*, young: is empty"):
        read_inputs(load_study(toy.toml))


def lone_parents(toy: StudyFolder, cells: list[str], rows: list[str] = GRID) -> None:
    """Give each origin a count of lone parents."""
    (toy.path / "origins.csv").write_text(
        "\n".join(
            [f"{HEADER},lone", *(f"{row},{cell}" for row, cell in zip(rows, cells, strict=True))]
        )
        + "\n"
    )


LONE = "groups = { lone = 'lone parents' }"


def test_a_count_with_a_sign_for_thousands_is_that_number(toy: StudyFolder) -> None:
    toy.change("study.toml", "[data]", f"[data]\n{LONE}")
    lone_parents(toy, ['"1,234"', *["2"] * 10])
    inputs = read_inputs(load_study(toy.toml))
    assert inputs.origins["lone"].tolist() == [1234, *[2] * 10]
    assert not [note for note in inputs.notes if note.topic == "uncounted"]


@pytest.mark.parametrize(
    "bad", ["-5", "<5", "c", "1 234", '"2,5"', "inf", "1e10", "n/a", "nan", '"1,23"']
)
@pytest.mark.parametrize("place", [0, 10])
def test_a_count_that_is_stated_and_is_none_is_refused_by_row_and_value(
    toy: StudyFolder, bad: str, place: int
) -> None:
    toy.change("study.toml", "[data]", f"[data]\n{LONE}")
    lone_parents(toy, [bad if row == place else "2" for row in range(11)])
    [fault] = faults(toy)
    given = "" if bad in {"-5", "inf", "1e10"} else re.escape(bad.strip('"'))
    named = rf"row {place + 2} \(origin_id 'o{place}'\), lone: is .*{given}; give a number from 0"
    assert re.search(named, fault)


@pytest.mark.parametrize("column", ["weight", "imd_decile"])
def test_a_blank_that_every_figure_needs_is_an_odd_row_though_a_group_counts_it(
    toy: StudyFolder, column: str
) -> None:
    toy.change("study.toml", "[data]", f"[data]\ngroups = {{ {column} = 'children' }}")
    table = toy.path / "origins.csv"
    rows = [row.split(",") for row in GRID]
    if column == "weight":
        rows[3][3] = ""
    deciles = ["" if column == "imd_decile" and row == 3 else "2" for row in range(11)]
    text = [",".join([*row, decile]) for row, decile in zip(rows, deciles, strict=True)]
    table.write_text("\n".join([f"{HEADER},imd_decile", *text]) + "\n", encoding="utf-8")
    inputs = read_inputs(load_study(toy.toml))
    assert "o3" not in inputs.origins.index
    assert [note.topic for note in inputs.notes].count("odd-rows") == 1
    assert not [note for note in inputs.notes if note.topic == "uncounted"]
    [told] = [note.text for note in inputs.notes if note.topic == "odd-rows"]
    assert told.count("is empty") == 1
    assert "is 0" not in told


def test_a_home_that_is_left_out_is_not_counted_among_those_without_a_group(
    toy: StudyFolder,
) -> None:
    toy.change("study.toml", "[data]", f"[data]\n{LONE}")
    more = [row.replace("o", "p", 1) for row in GRID]
    rows = [*GRID, *more]
    rows[2] = rows[2].replace("390000", "")
    lone_parents(toy, ["" if row in {2, 5} else "3" for row in range(22)], rows)
    inputs = read_inputs(load_study(toy.toml))
    [told] = [note.text for note in inputs.notes if note.topic == "uncounted"]
    assert told.startswith("1 of 21 origins has no count of lone parents")


WEST, EAST = "west,West Centre,440000,390000", "east,East Centre,444000,390000"
WEST_DEGREES, EAST_DEGREES = "-1.39980,53.40531", "-1.33963,53.40499"


@pytest.mark.parametrize(
    ("column", "cells", "told"),
    [
        ("hours_per_week,opening_hours", ("10,Mon-Fri 9-5", ",Mon 9-5"), "hours of 1 come to"),
        ("hours_per_week,opening_hours", ("10,Mon-Fri 9-5", "9,Mon 9-5"), "hours of 2 come to"),
        ("hours_per_week,opening_hours", ("40,Mon-Fri 9-5", "8.5,Mon 9-5"), ""),
        ("hours_per_week,opening_hours", ("10,ring us", ",ring us"), ""),
        ("longitude,latitude", (WEST_DEGREES, "-1.33963,53.40699"), "1 of 2 rows"),
        ("longitude,latitude", (WEST_DEGREES, ","), ""),
        ("longitude,latitude", (WEST_DEGREES, EAST_DEGREES), ""),
    ],
)
def test_a_row_at_odds_with_itself_is_told(
    toy: StudyFolder, column: str, cells: tuple[str, str], told: str
) -> None:
    table = toy.path / "sites.csv"
    rows = [f"site_id,name,easting,northing,{column}", f"{WEST},{cells[0]}", f"{EAST},{cells[1]}"]
    table.write_text("\n".join(rows) + "\n", encoding="utf-8")
    inputs = read_inputs(load_study(toy.toml))
    assert inputs.sites.geometry.x.tolist() == [440000, 444000]
    texts = [note.text for note in inputs.notes if "come to other" in note.text]
    texts += [note.text for note in inputs.notes if note.topic == "two-places"]
    assert len(texts) == bool(told)
    assert all(told.replace("hours of", "Opening times of") in text for text in texts)


@pytest.mark.parametrize(
    ("degrees", "count"),
    [((WEST_DEGREES, f"0{EAST_DEGREES[2:]}"), 1), ((EAST_DEGREES, WEST_DEGREES), 2)],
)
def test_rows_at_two_places_far_apart_are_refused(
    toy: StudyFolder, degrees: tuple[str, str], count: int
) -> None:
    rows = ["site_id,name,easting,northing,longitude,latitude"]
    rows += [f"{WEST},{degrees[0]}", f"{EAST},{degrees[1]}"]
    (toy.path / "sites.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=rf"sites\.csv: {count} of 2 rows .* row {4 - count};"):
        read_inputs(load_study(toy.toml))


@pytest.mark.parametrize("name", ["West Centre", "WEST CENTRE"])
def test_a_site_that_stands_twice_is_told(toy: StudyFolder, name: str) -> None:
    table = toy.path / "sites.csv"
    unplaced = "d,Somewhere,,,unknown\ne,Somewhere,,,unknown"
    for other, twice in ((f"w2,{name},440000,390000,", 1), (f"w2,{name},440001,390000,", 0),
                         ("w2,Other,440000,390000,", 0)):  # fmt: skip
        header = "site_id,name,easting,northing,location_basis"
        table.write_text(f"{header}\n{WEST},\n{EAST},\n{other}\n{unplaced}\n".replace(
            ",\n", ",surveyed\n"), encoding="utf-8")  # fmt: skip
        notes = [n for n in read_inputs(load_study(toy.toml)).notes if n.topic == "site-twice"]
        assert len(notes) == twice
        assert all("“West Centre” stands more than once" in n.text for n in notes)


@pytest.mark.parametrize("word", ["false", "No", "0", "closed", "shut", "no longer", "-"])
def test_a_site_called_closed_is_refused(toy: StudyFolder, word: str) -> None:
    table = toy.path / "sites.csv"
    rows = ["site_id,name,easting,northing,is_open", f"{WEST},Open", f"{EAST},{word}"]
    table.write_text("\n".join(rows) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"row 3 \(site_id 'east'\), is_open: is .*candidates"):
        read_inputs(load_study(toy.toml))


def test_homes_without_an_area_or_without_anybody(toy: StudyFolder) -> None:
    toy.change("origins.csv", "made up,B", "made up,")
    [told] = [n for n in read_inputs(load_study(toy.toml)).notes if n.topic == "in-no-area"]
    assert "1 of 3 origins names no area" in told.text
    toy.change("study.toml", "weights_public = true", "weights_public = false")
    assert not [n for n in read_inputs(load_study(toy.toml)).notes if n.topic == "in-no-area"]
    table = toy.path / "origins.csv"
    table.write_text(re.sub(r",\d+,made up", ",0,made up", table.read_text()))
    with pytest.raises(InputError, match="weight: is 0 in every row"):
        read_inputs(load_study(toy.toml))


def test_many_odd_rows_or_an_id_twice_are_another_table(toy: StudyFolder) -> None:
    table = toy.path / "origins.csv"
    for bad in (["x,,,5,made up,", "y,,,5,made up,"], ["o3,440100,390000,5,made up,A"]):
        table.write_text("\n".join([HEADER, *GRID, *bad]) + "\n", encoding="utf-8")
        with pytest.raises(InputError, match=r"there are no coordinates|may stand once"):
            read_inputs(load_study(toy.toml))


def test_no_row_of_counts_that_are_not_public_is_left_out(toy: StudyFolder) -> None:
    toy.change("study.toml", "weights_public = true", "weights_public = false")
    rows = [HEADER, *GRID, "x,,,5,made up,"]
    (toy.path / "origins.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match="row 13, geometry: there are no coordinates"):
        read_inputs(load_study(toy.toml))


SHIPPED = "S60 2QU"
"""A postcode of the tables that ship."""
OWN = [f"S60 2Q{letter},{441000 + row},390000" for row, letter in enumerate("ABDEFGHJLN")]


@pytest.fixture
def twice(toy: StudyFolder) -> StudyFolder:
    """Return a study whose own table has a postcode at two places."""
    rows = [*OWN, f"{SHIPPED},440100,390000", f"{SHIPPED},443000,390000"]
    text = "\n".join(["postcode,easting,northing", *rows]) + "\n"
    (toy.path / "places.csv").write_text(text, encoding="utf-8")
    toy.change("study.toml", "[data]", '[data]\npostcodes = "places.csv"')
    return toy


TWICE = f"postcode '{SHIPPED}' stands twice in a table of postcodes"


def test_the_postcode_is_one_that_ships(toy: StudyFolder) -> None:
    path = toy.path / "list.csv"
    path.write_text(f"postcode\n{SHIPPED}\n", encoding="utf-8")
    assert len(read_families(path, load_study(toy.toml)).points) == 1


@pytest.mark.parametrize("role", ["sites", "candidates"])
def test_a_site_at_a_postcode_of_two_places_is_at_none(twice: StudyFolder, role: str) -> None:
    rows = ["site_id,name,postcode", f"west,West,{SHIPPED}", "east,East,S60 2QA"]
    if role == "candidates":
        twice.change("study.toml", "[data]", '[data]\ncandidates = "candidates.csv"')
        rows = [row.replace("west,", "c,").replace("east,", "d,") for row in rows]
    (twice.path / f"{role}.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    [fault] = faults(twice)
    assert f"{role}.csv, row 2" in fault
    assert TWICE in fault


@pytest.mark.parametrize("column", ["origin_id", "postcode"])
def test_a_home_at_a_postcode_of_two_places_is_left_out_and_named(
    twice: StudyFolder, column: str
) -> None:
    codes = [SHIPPED, *(line.split(",")[0] for line in OWN)]
    rows = [
        f"{code},5" if column == "origin_id" else f"h{row},{code},5"
        for row, code in enumerate(codes)
    ]
    header = "origin_id,weight" if column == "origin_id" else "origin_id,postcode,weight"
    (twice.path / "origins.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    inputs = read_inputs(load_study(twice.toml))
    assert len(inputs.origins) == len(OWN)
    assert "why_unplaced" not in inputs.origins
    [told] = [note.text for note in inputs.notes if note.topic == "odd-rows"]
    assert TWICE in told


def test_a_family_at_a_postcode_of_two_places_is_one_without_a_place(twice: StudyFolder) -> None:
    path = twice.path / "list.csv"
    path.write_text("\n".join(["postcode", *["S60 2QA"] * 3, SHIPPED]) + "\n", encoding="utf-8")
    families = read_families(path, load_study(twice.toml))
    assert (len(families.points), families.rows) == (3, 4)
    path.write_text(f"postcode\n{SHIPPED}\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"none of its postcodes is in .* at one place"):
        read_families(path, load_study(twice.toml))


def test_a_trip_from_a_postcode_of_two_places_is_refused(twice: StudyFolder) -> None:
    study = load_study(twice.toml)
    with pytest.raises(InputError, match=TWICE):
        explain_trip(study, read_inputs(study), None, start=SHIPPED, site="east")
