"""Tables as councils export them: made ones for each awkward thing, and real ones made untidy."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from eh_access.errors import InputError
from eh_access.measures.opening_text import hours_in, windows_in
from eh_access.sources import exports
from eh_access.sources.exports import in_our_names, read_export
from eh_access.study.config import load_study
from eh_access.study.inputs import read_inputs
from study_cli import run_cli
from study_files import AREAS, ORIGINS, SITES, StudyFolder, write_study

EXPORTS = Path(__file__).parents[3] / "shared/data/south_yorkshire/exports"
shared = pytest.mark.skipif(not EXPORTS.is_dir(), reason="the shared source data is not here")
POSTCODES = "pcds,oseast1m,osnrth1m\nS60 1AA,440000,0390000\nS60 1AB,444000,0390000\nGIR 0AA,,\n"


@pytest.fixture
def toy(tmp_path: Path) -> StudyFolder:
    return write_study(tmp_path)


def workbook(path: Path, sheets: dict[str, list[list[object]]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def cells(table: str) -> list[list[object]]:
    return [list(row) for row in csv.reader(table.splitlines())]


@pytest.mark.parametrize(
    "name",
    [
        "sites.xlsx#Venues",
        "sites_excel.csv",
        "sites_bom.csv",
        "sites_semicolon.csv",
        "sites_unicode.txt",
    ],
)
@shared
def test_real_places_come_out_of_every_untidy_file(name: str) -> None:
    file, _, sheet = name.partition("#")
    data = (EXPORTS / file).read_bytes()
    export = in_our_names(read_export(data, file, sheet or None), "sites", {})
    found = pd.DataFrame(export.rows, columns=list(export.header)).drop_duplicates("site_id")
    expected = pd.read_csv(EXPORTS / "expected_sites.csv").set_index("ref")
    found = found.set_index("site_id")
    assert sorted(found.index) == sorted(expected.index)
    expected = expected.loc[found.index]
    typed = found["name"].str.replace("\u2019", "'") == expected["name"].str.replace("\u2019", "'")
    assert typed.all()
    same = found["postcode"].str.replace(" ", "").str.upper() == expected["postcode"].str.replace(
        " ", ""
    )
    assert same.all()
    pairs = [("latitude", "lat"), ("longitude", "lon")]
    pairs = pairs if "latitude" in found else [("easting", "easting"), ("northing", "northing")]
    # one row of the workbook has its coordinates swapped, which the checks of the study find
    found = found.drop(index="SHE051")
    for ours, theirs in pairs:
        numbers = pd.to_numeric(found[ours])
        given = numbers.notna()
        assert given.mean() > 0.9
        away = (numbers - expected.loc[found.index, theirs])[given].abs()
        assert away.max() < 1
    if "opening_hours" in found:
        hours = found["opening_hours"].map(hours_in).astype(float)
        assert hours.equals(expected.loc[found.index, "hours_per_week"].rename(hours.name))


@shared
def test_downloads_of_counts_and_postcodes_are_tables_too() -> None:
    name = "nomis_like.csv"
    export = in_our_names(read_export((EXPORTS / name).read_bytes(), name), "origins", {})
    assert len(export.rows) == 860
    assert export.header[1:3] == ("origin_id", "Total")
    assert (export.above, export.taken) == (7, (("mnemonic", "origin_id"),))
    name = "onspd_like.csv"
    export = in_our_names(read_export((EXPORTS / name).read_bytes(), name), "postcodes", {})
    assert len(export.rows) == 33_414
    assert {"postcode", "easting", "northing"} <= set(export.header)


def test_a_sheet_of_a_workbook_is_named(toy: StudyFolder) -> None:
    plain = read_inputs(load_study(toy.toml)).sites
    sheets = {"Cover": [["About"]], "Venues": [["Venues"], [], *cells(SITES), ["Total", "2"]]}
    workbook(toy.path / "sites.xlsx", sheets)
    toy.change("study.toml", '"sites.csv"', '"sites.xlsx"')
    with pytest.raises(InputError, match=r"it has 2 sheets; name one: .*'sites.xlsx#Venues'"):
        read_inputs(load_study(toy.toml))
    toy.change("study.toml", '"sites.xlsx"', '"sites.xlsx#Venue"')
    with pytest.raises(InputError, match="there is no sheet 'Venue'"):
        read_inputs(load_study(toy.toml))
    toy.change("study.toml", "#Venue", "#Venues")
    inputs = read_inputs(load_study(toy.toml))
    assert inputs.sites.equals(plain)
    assert "without 2 rows above its header, without 1 row that hold" in inputs.notes[0].text


def test_what_is_no_workbook_is_refused(toy: StudyFolder) -> None:
    (toy.path / "sites.xlsx").write_bytes(b"PK\x03\x04")
    toy.change("study.toml", '"sites.csv"', '"sites.xlsx"')
    with pytest.raises(InputError, match="cannot be read as a workbook"):
        read_inputs(load_study(toy.toml))


def test_usual_names_are_taken_and_told_once(toy: StudyFolder) -> None:
    head = "Ref,Venue Name,Type,Hrs per week,Easting ,Northing (Y)\n"
    rows = (
        'west,West Centre,centre,40,"440,000",390000\neast,East Centre,centre,,444000,"390,000"\n'
    )
    (toy.path / "sites.csv").write_bytes(("sep=,\n" + head + rows + ",,,,,\n").encode("cp1252"))
    inputs = read_inputs(load_study(toy.toml))
    assert list(inputs.sites.index) == ["west", "east"]
    assert inputs.sites.geometry.x.tolist() == [440_000, 444_000]
    assert inputs.sites["hours_per_week"].tolist()[0] == 40
    told = [item for item in inputs.notes if item.topic == "as-taken"]
    assert len(told) == 1
    for words in ("'Ref' for site_id", "'Easting' for easting", "1 row above"):
        assert words in told[0].text


def test_a_column_in_our_name_is_never_taken_for_another(toy: StudyFolder) -> None:
    (toy.path / "sites.csv").write_text(SITES.replace("kind", "id").replace("centre,,", "x,,"))
    inputs = read_inputs(load_study(toy.toml))
    assert list(inputs.sites.index) == ["west", "east"]
    assert not inputs.notes


def test_a_column_is_named_where_no_usual_name_serves(toy: StudyFolder) -> None:
    plain = read_inputs(load_study(toy.toml)).origins
    (toy.path / "origins.csv").write_text(ORIGINS.replace("weight,", "Aged 15 years and under,"))
    toy.change(
        "study.toml", "[streets]", '[data.columns.origins]\nweight = "Aged 15 years"\n\n[streets]'
    )
    with pytest.raises(InputError, match="did you mean 'Aged 15 years and under'"):
        read_inputs(load_study(toy.toml))
    toy.change("study.toml", "Aged 15 years", "Aged 15 years and under")
    assert read_inputs(load_study(toy.toml)).origins["weight"].equals(plain["weight"])


def test_sites_stand_at_their_postcode_and_say_so(toy: StudyFolder) -> None:
    (toy.path / "pc.csv").write_text(POSTCODES)
    toy.change("study.toml", "[data]", '[data]\npostcodes = "pc.csv"')
    (toy.path / "sites.csv").write_text("Id,Postcode\nwest,s60 1aa\neast,S601AB\n")
    inputs = read_inputs(load_study(toy.toml))
    assert inputs.sites.geometry.x.tolist() == [440_000, 444_000]
    assert inputs.sites["location_basis"].tolist() == ["postcode", "postcode"]
    assert inputs.sites["location_radius_m"].tolist() == [100, 100]
    assert any("2 without coordinates stand at their postcode" in n.text for n in inputs.notes)


def test_a_postcode_nobody_knows_is_a_fault_of_its_row(toy: StudyFolder) -> None:
    (toy.path / "pc.csv").write_text(POSTCODES)
    toy.change("study.toml", "[data]", '[data]\npostcodes = "pc.csv"')
    (toy.path / "sites.csv").write_text("Id,Postcode\nwest,S60 1AA\neast,ZZ9 9ZZ\n")
    with pytest.raises(InputError, match=r"row 3 \(site_id 'east'\).*postcode 'ZZ9 9ZZ'"):
        read_inputs(load_study(toy.toml))


def test_of_postcodes_that_are_all_unknown_each_is_named(toy: StudyFolder) -> None:
    (toy.path / "sites.csv").write_text("Id,Postcode\nwest,GIR 0AA\neast,ZZ99 9ZZ\nnone,\n")
    with pytest.raises(InputError) as caught:
        read_inputs(load_study(toy.toml))
    told = [fault.partition("geometry: ")[2] for fault in caught.value.faults[:3]]
    known = (
        "there are no coordinates, and no place is known for the postcode '{}'; "
        "give coordinates, or correct it"
    )
    assert told == [
        known.format("GIR 0AA"),
        known.format("ZZ99 9ZZ"),
        "there are no coordinates; give them",
    ]


def test_homes_by_area_alone_stand_amid_its_postcodes(toy: StudyFolder) -> None:
    (toy.path / "pc.csv").write_text(POSTCODES.replace("440000,", "440500,"))
    toy.change("study.toml", "[data]", '[data]\npostcodes = "pc.csv"')
    (toy.path / "origins.csv").write_text("mnemonic,under fives\nA,10\nB,20\n")
    inputs = read_inputs(load_study(toy.toml))
    assert inputs.origins.geometry.x.tolist() == [440_500, 444_000]
    assert inputs.origins["weight"].tolist() == [10, 20]
    assert any("the mean of the postcodes in their area" in item.text for item in inputs.notes)


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("Mon-Fri 9-5", 40.0),
        ("Mon\u2013Fri 9am\u20135pm", 40.0),
        ("M-F 0900-1700", 40.0),
        ("Mon to Fri 9.00am to 5.00pm", 40.0),
        ("Mon-Fri 9-5, Sat 10-1", 43.0),
        ("Mon, Wed, Fri 9:30-12:30", 9.0),
        ("Tues & Thurs 10am-4pm", 12.0),
        ("Mon 9-12, 1-4; Tue 1-3pm", 8.0),
        ("Mon-Thu 9-3 (term time only)", 24.0),
        ("daily 10-12", 14.0),
        ("24/7", 168.0),
        ("Closed", 0.0),
        ("24 hrs", 24.0),
        ("7.5", 7.5),
        ("By appointment", None),
        ("tbc", None),
        ("Mon-Fri", None),
        ("Mon 9-5 and by appointment", None),
        ("Mon 13pm-2pm", None),
        ("", None),
    ],
)
def test_hours_in_words(text: str, hours: float | None) -> None:
    assert hours_in(text) == hours


def test_words_left_out_of_hours_are_counted_and_told(toy: StudyFolder) -> None:
    rows = [
        "west,West,Mon-Thu 9-3 (term time only),440000,390000",
        "east,East,Mon 9-5,444000,390000",
        "ring,Ring,by appointment (ring first),444000,390000",  # not read at all
    ]
    head = "site_id,name,opening_hours,easting,northing"
    (toy.path / "sites.csv").write_text("\n".join([head, *rows]))
    inputs = read_inputs(load_study(toy.toml))
    hours = inputs.sites["hours_per_week"]
    assert hours[["west", "east"]].tolist() == [24.0, 8.0]
    assert np.isnan(hours["ring"])
    told = next(item.text for item in inputs.notes if item.topic == "as-taken")
    assert "Hours a week of 2 were read from words." in told
    assert 'left out of the hours of 1, the first "(term time only)"' in told
    assert "Opening times of 1 could not be read" in told


def test_windows_in_words() -> None:
    windows = windows_in("Wed-Thu 9.30-3")
    assert windows is not None
    assert [(w.weekday, w.opens, w.closes) for w in windows] == [
        ("wed", "09:30", "15:00"),
        ("thu", "09:30", "15:00"),
    ]


def test_words_in_place_of_hours_are_read_or_pointed_to_the_timetable(toy: StudyFolder) -> None:
    toy.change("sites.csv", "centre,,440000", "centre,Mon-Fri 9-5,440000")
    inputs = read_inputs(load_study(toy.toml))
    assert inputs.sites.loc["west", "hours_per_week"] == 40
    assert "Hours a week of 1 were read from words" in inputs.notes[0].text
    toy.change("sites.csv", "Mon-Fri 9-5", "by appointment")
    with pytest.raises(InputError, match=r"list its windows in data\.timetable"):
        read_inputs(load_study(toy.toml))


def test_areas_go_by_official_names(toy: StudyFolder) -> None:
    (toy.path / "areas.geojson").write_text(
        AREAS.replace("area_id", "LSOA21CD").replace('"name": "Area', '"LSOA21NM": "Area')
    )
    assert list(read_inputs(load_study(toy.toml)).areas.index) == ["A", "B"]


def test_zipped_shapefiles_and_geoparquet_are_areas_too(toy: StudyFolder) -> None:
    plain = read_inputs(load_study(toy.toml)).areas
    frame = plain.reset_index()
    frame.to_file(toy.path / "areas.shp")
    with zipfile.ZipFile(toy.path / "areas.zip", "w") as archive:
        for path in sorted(toy.path.glob("areas.*")):
            if path.suffix in (".shp", ".shx", ".dbf", ".prj", ".cpg"):
                archive.write(path, f"export/{path.name}")
    frame.to_parquet(toy.path / "areas.parquet")
    before = "areas.geojson"
    for name in ("areas.zip", "areas.parquet"):
        toy.change("study.toml", before, name)
        before = name
        found = read_inputs(load_study(toy.toml)).areas
        assert found.geometry.geom_equals(plain.geometry).all()
        whole = (toy.path / name).read_bytes()
        (toy.path / name).write_bytes(whole[: len(whole) // 2])
        with pytest.raises(InputError, match="cannot be read as a map file"):
            read_inputs(load_study(toy.toml))


def test_corrected_copies_are_written_beside_the_originals(toy: StudyFolder) -> None:
    head = "Ref,Venue,Postcode,Easting,Northing\n"
    west = 'W,West Centre,S60 1AA,"440,000",390000\n'
    rows = head + west + "E,East Centre,S60 1AB,390000,444000\n" + west + "X,Extra,S60 1AB,,\n"
    (toy.path / "sites.csv").write_text(rows)
    (toy.path / "pc.csv").write_text(POSTCODES)
    toy.change("study.toml", "[data]", '[data]\npostcodes = "pc.csv"')
    toy.change("study.toml", '"west"', '"W"')
    before = (toy.path / "sites.csv").read_bytes()
    ran = run_cli("check", toy.toml, "--fix")
    assert "\nsites.fixed.csv was written beside sites.csv" in f"\n{ran.out}"
    assert ran.code == 2  # the originals have their faults still, and all of them are listed
    assert "easting and northing look swapped" in " ".join(ran.err.split())
    assert "stands in row 2 already" in ran.err
    assert "without 1 row that stood there twice" in ran.out
    assert "with easting and northing of 1 exchanged" in ran.out
    assert (toy.path / "sites.csv").read_bytes() == before
    toy.change("study.toml", "sites.csv", "sites.fixed.csv")
    sites = read_inputs(load_study(toy.toml)).sites
    assert sites.geometry.x.to_dict() == {"W": 440_000, "E": 444_000, "X": 444_000}
    assert sites.loc["X", "location_basis"] == "postcode"
    assert run_cli("check", toy.toml).code == 0
    again = run_cli("check", toy.toml.with_name("study.toml"), "--fix")
    assert again.code == 0  # there is nothing left to put right
    assert not list(toy.path.glob("*.fixed.fixed.csv"))


def book(sheet: str) -> bytes:
    out = io.BytesIO()
    made = openpyxl.Workbook()
    made.active.append(["site_id", "name"])
    made.save(out)
    with zipfile.ZipFile(out) as parts:
        held = {name: parts.read(name) for name in parts.namelist()}
    held["xl/worksheets/sheet1.xml"] = sheet.encode()
    again = io.BytesIO()
    with zipfile.ZipFile(again, "w", zipfile.ZIP_DEFLATED) as parts:
        for name, data in held.items():
            parts.writestr(name, data)
    return again.getvalue()


def laughing() -> str:
    entities = [
        '<!ENTITY a0 "ha">',
        *(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12)),
    ]
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    cell = '<c r="A1" t="inlineStr"><is><t>&a11;</t></is></c>'
    head = f'<?xml version="1.0"?><!DOCTYPE worksheet [{"".join(entities)}]>'
    rows = f'<sheetData><row r="1">{cell}</row></sheetData>'
    return f'{head}<worksheet xmlns="{main}">{rows}</worksheet>'


def test_a_workbook_that_unpacks_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="cannot be read as a workbook"):
        read_export(book(laughing()), "a.xlsx")
    monkeypatch.setattr(exports, "MOST_UNZIPPED", 1_000_000)
    with pytest.raises(InputError, match=r"a\.xlsx: would unpack to 3 MB"):
        read_export(book(" " * 4_000_000), "a.xlsx")
