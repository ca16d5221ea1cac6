"""What somebody new to it does wrong: each mistake is named as what it is, and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from eh_access.errors import InputError, SourceError
from eh_access.publish.notes import note_text
from eh_access.study.challenge import read_challenge
from eh_access.study.config import decided_scenario, load_study
from eh_access.study.families import read_families
from eh_access.study.findings import find_findings
from eh_access.study.inputs import read_inputs
from eh_access.study.opening import check_study, open_study
from eh_access.study.run import run_study
from study_cli import run_cli
from study_files import ORIGINS, StudyFolder, moved, write_study


@pytest.fixture
def toy(tmp_path: Path) -> StudyFolder:
    return write_study(tmp_path / "toy")


def told(toy: StudyFolder) -> str:
    """What opening the study is refused with."""
    with pytest.raises((InputError, SourceError)) as caught:
        open_study(toy.toml)
    return str(caught.value)


# ------------------------------------------------------------------ tables as Excel leaves them


@pytest.mark.parametrize(("sign", "word"), [(";", "semicolons"), ("\t", "tabs"), ("|", "bars")])
def test_another_separator_is_taken_and_told(toy: StudyFolder, sign: str, word: str) -> None:
    plain = read_inputs(load_study(toy.toml)).origins
    (toy.path / "origins.csv").write_text(ORIGINS.replace(",", sign), encoding="utf-8")
    inputs = read_inputs(load_study(toy.toml))
    assert inputs.origins.equals(plain)
    assert f"with {word} between cells" in inputs.notes[0].text


@pytest.mark.parametrize("ending", [".XLS", ".ods"])
def test_an_older_spreadsheet_is_to_be_saved_as_csv(toy: StudyFolder, ending: str) -> None:
    (toy.path / f"homes{ending}").write_bytes(b"PK\x03\x04")
    toy.change("study.toml", "origins.csv", f"homes{ending}")
    assert f"homes{ending}: is a spreadsheet ({ending}), and a table here is a CSV" in told(toy)
    with pytest.raises(InputError, match="save the sheet as 'CSV UTF-8"):
        read_families(toy.path / f"homes{ending}", load_study("newport"))


@pytest.mark.parametrize("pair", [("53.40", "-1.39"), ("-1.39", "53.40")])
def test_degrees_under_the_names_of_metres(toy: StudyFolder, pair: tuple[str, str]) -> None:
    toy.change("origins.csv", "440100,390000", ",".join(pair))
    assert "in a CSV name the columns 'longitude' and 'latitude'" in told(toy)


@pytest.mark.parametrize("path", [r"C:\Uploads\sites.csv", r"C:\data\sites.csv", r"C:\temp\s.csv"])
def test_a_backslash_in_a_path(toy: StudyFolder, path: str) -> None:
    """TOML refuses the first two; the third it takes for a tab, so that the file is missed."""
    toy.change("study.toml", '"sites.csv"', f'"{path}"')
    assert r"write paths with / (C:/data/sites.csv), or in single quotes" in told(toy)


def test_a_path_in_single_quotes_is_read_as_it_stands(toy: StudyFolder) -> None:
    toy.change("study.toml", '"sites.csv"', r"'C:\temp\sites.csv'")
    found = told(toy)
    assert r"C:\temp\sites.csv: there is no such file" in found
    assert "correct the path" in found


# ------------------------------------------------------------------ timetables


def timed(toy: StudyFolder, rows: str) -> StudyFolder:
    toy.change("study.toml", "[streets]", 'timetable = "times.csv"\n[streets]')
    table = f"site_id,weekday,from,to\n{rows}"
    (toy.path / "times.csv").write_text(table, encoding="utf-8")
    return toy


def test_times_as_excel_writes_them(toy: StudyFolder) -> None:
    timed(toy, "east,mon,09:30:00,13:00:00\n")
    window = read_inputs(load_study(toy.toml)).timetable["east"][0]
    assert (window.opens, window.closes) == ("09:30", "13:00")


def test_a_timetable_tells_its_own_columns_and_every_fault_at_once(toy: StudyFolder) -> None:
    found = told(timed(toy, "esat,mon,09:30,11:30\neast,tue,9.30,11:30\neast,wed,10:00,25:00\n"))
    assert "times.csv, row 2, site_id: no site 'esat'; did you mean 'west' or 'east'?" in found
    assert "times.csv, row 3 (site_id 'east'), from: '9.30' is no time of day" in found
    assert "times.csv, row 4 (site_id 'east'), to: '25:00' is no time of day" in found
    assert "opens" not in found


def test_a_slip_in_a_word_of_a_few_is_told_the_nearest(toy: StudyFolder) -> None:
    toy.change("study.toml", 'measure = "coverage"', 'measure = "covrage"')
    found = told(toy)
    assert "criterion[1].measure: is 'covrage'; did you mean 'coverage' or" in found
    toy.change("study.toml", 'measure = "covrage"', 'measure = "xyz"')
    assert "is 'xyz'; give 'added_time'" in told(toy)


@pytest.mark.parametrize("table", ["sites", "origins"])
def test_a_column_of_coordinates_that_is_missing_is_named_with_those_like_it(
    toy: StudyFolder, table: str
) -> None:
    path = toy.path / f"{table}.csv"
    whole = path.read_text(encoding="utf-8")
    for header, words in (
        ("Eastng (m),northing", "column 'easting' is missing; add it (did you mean 'Eastng (m)'?)"),
        ("ost,northing", "column 'easting' is missing; add it (known: "),
        ("easting,up", "column 'northing' is missing; add it (known: "),
        ("longitude,up", "column 'latitude' is missing; add it (known: "),
        ("lat,northing", "column 'easting' is missing; add it (known: "),
    ):
        path.write_text(whole.replace("easting,northing", header), encoding="utf-8")
        found = told(toy)
        assert f"{table}.csv: {words}" in found
        if "known" in words:  # those of the file, and none that was filled in
            listed = found.partition("known: ")[2].partition(")")[0].replace("'", "").split(", ")
            renamed = header.replace("lat,", "latitude,")
            expected = whole.splitlines()[0].replace("easting,northing", renamed).split(",")
            assert sorted(listed) == sorted(expected)


def test_a_table_without_places_is_told_each_way_to_give_them(toy: StudyFolder) -> None:
    toy.change("sites.csv", "easting,northing", "eastng (m),nrthing")
    found = told(toy)
    assert "'easting' and 'northing', or 'longitude' and 'latitude', or 'postcode' (" in found
    assert "for 'easting' did you mean 'eastng (m)'? for 'northing' did you mean 'nrthi" in found


# ------------------------------------------------------------------ lists of families


def test_a_blank_row_of_a_list_is_skipped_counted_and_told(toy: StudyFolder) -> None:
    rows = [f"{440000 + 50 * n},390000" for n in range(40)]
    rows[5:5] = [",", "", " , "]
    path = toy.path / "list.csv"
    path.write_text("\n".join(["easting,northing", *rows, ",", ""]), encoding="utf-8")
    study = load_study(toy.toml)
    found = read_families(path, study)
    assert (len(found.points), found.rows, found.blank) == (40, 40, 4)
    notes = [note_text(note) for note in read_inputs(study, families=path).notes]
    assert "4 blank rows of the list are skipped: nobody stands there." in notes


def test_a_blank_row_does_not_shift_the_numbers_of_faults(toy: StudyFolder) -> None:
    path = toy.path / "list.csv"
    path.write_text("easting,northing\n440000,390000\n,\n1,\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"list of families, row 4: "):
        read_families(path, load_study(toy.toml))


def test_a_list_with_semicolons_names_the_sign_and_nobody(toy: StudyFolder) -> None:
    path = toy.path / "list.csv"
    path.write_text("postcode;child\nS65 1AA;Zebedee\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"separated by semicolons \(;\)") as caught:
        read_families(path, load_study(toy.toml))
    assert "Zebedee" not in str(caught.value)


# ------------------------------------------------------------------ scenarios


@pytest.fixture
def theirs(toy: StudyFolder) -> Path:
    path = toy.path / "theirs.toml"
    text = '[[scenario]]\nname = "x"\nlabel = "X"\nclose = ["wset"]\nset_hour = { east = 10 }\n'
    path.write_text(text, encoding="utf-8")
    return path


def test_a_challenge_tells_every_fault_with_its_line(toy: StudyFolder, theirs: Path) -> None:
    ran = run_cli("challenge", theirs, "--study", toy.toml, "--out", toy.path / "o")
    assert ran.code == 2
    assert ran.err.splitlines() == [
        "2 faults; nothing was written.",
        (
            "- theirs.toml, line 4: scenario[1].close[1]: no site 'wset' (scenario 'x'); "
            "did you mean 'west'?"
        ),
        "- theirs.toml, line 5: scenario[1].set_hour: no such key; did you mean 'set_hours'?",
    ]


def test_a_study_tells_them_together_as_well(toy: StudyFolder) -> None:
    toy.change("study.toml", 'close = ["west"]', 'close = ["wset"]\nset_hour = { east = 10 }')
    found = told(toy)
    assert "did you mean 'west'?" in found
    assert "did you mean 'set_hours'?" in found
    assert "is empty" not in found


def test_a_file_without_a_scenario_is_still_empty(toy: StudyFolder, theirs: Path) -> None:
    theirs.write_text("scenario = []\n", encoding="utf-8")
    ran = run_cli("challenge", theirs, "--study", toy.toml, "--out", toy.path / "o")
    assert "scenario: is empty; fill it in" in ran.err


# ------------------------------------------------------------------ check finds what report refuses

SHUT = """
[[scenario]]
name = "shut"
label = "A street closed"

[[scenario.streets]]
change = "close"
street = "STREET"

[[criterion]]"""


def both(toy: StudyFolder) -> tuple[str, str]:
    """What check and report say, once both refuse."""
    checked = run_cli("check", toy.toml)
    reported = run_cli("report", toy.toml, "--out", toy.path / "out")
    assert (checked.code, reported.code) == (2, 2), checked.out
    assert not (toy.path / "out").exists()
    return checked.err, reported.err


def test_streets_that_change_where_there_are_none(toy: StudyFolder) -> None:
    toy.change("study.toml", "[[criterion]]", SHUT)
    checked, reported = both(toy)
    assert "scenario 'shut' changes streets, and there are none to change" in checked
    assert checked == reported


def test_no_criterion(toy: StudyFolder) -> None:
    text = toy.toml.read_text(encoding="utf-8")
    toy.toml.write_text(text[: text.index("[[criterion]]")], encoding="utf-8")
    checked, reported = both(toy)
    assert "study.toml: there is no [[criterion]], so there is nothing to judge by" in checked
    assert checked == reported


@pytest.fixture
def newport(tmp_path: Path) -> StudyFolder:
    run_cli("study", "newport", "--out", tmp_path / "study.toml")
    folder = StudyFolder(tmp_path)
    folder.change("study.toml", "[[criterion]]", SHUT)
    return folder


def test_a_misspelt_street(newport: StudyFolder) -> None:
    newport.change("study.toml", '"STREET"', '"Hihg Street"')
    checked, reported = both(newport)
    assert "Hihg Street" in checked
    assert checked == reported


def test_a_street_that_is_there(newport: StudyFolder) -> None:
    newport.change("study.toml", '"STREET"', '"High Street"')
    assert run_cli("check", newport.toml).code == 0


def test_streets_that_are_not_here_yet_are_said_to_be_unchecked(
    toy: StudyFolder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("EH_ACCESS_CACHE", str(tmp_path / "cache"))
    toy.change("study.toml", "[[criterion]]", SHUT)
    toy.change("study.toml", 'source = "estimate"', 'source = "download"')
    moved(toy, east_m=-100_000, north_m=-20_000)  # where no streets ship either
    _, inputs = check_study(toy.toml)
    assert any(
        "shut would change are checked once" in note_text(note) for note in inputs["oa"].notes
    )
    assert "checked once there are streets" in run_cli("check", toy.toml).out


# ------------------------------------------------------------------ which scenario it is about

OTHER = """
[[scenario]]
name = "other"
label = "The other closed"
close = ["east"]

[[criterion]]"""


def test_a_report_answers_about_the_scenario_that_was_decided(toy: StudyFolder) -> None:
    toy.change("study.toml", "[[criterion]]", OTHER)
    assert decided_scenario(load_study(toy.toml).scenarios) == "other"  # the last
    toy.change("study.toml", 'close = ["west"]', 'close = ["west"]\ndecided = true')
    result = run_study(load_study(toy.toml))
    assert decided_scenario(result.study.scenarios) == "one-less"
    assert list(find_findings(result).alternatives.council) == ["west"]
    assert read_challenge_council(toy) == "one-less"


def read_challenge_council(toy: StudyFolder) -> str:
    """Return the scenario that somebody else's is held against."""
    path = toy.path / "theirs.toml"
    path.write_text('[[scenario]]\nname = "x"\nlabel = "X"\nclose = ["east"]\n', "utf-8")
    return read_challenge(path, *open_study(toy.toml)).council


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ('label = "Before"', 'label = "Before"\ndecided = true', "is said of one that is the base"),
        ('["west"]', '["west"]\ndecided = true\nassess = false\nwhy_not = "x"', "not assessed"),
    ],
)
def test_what_cannot_have_been_decided(toy: StudyFolder, old: str, new: str, what: str) -> None:
    toy.change("study.toml", old, new)
    assert what in told(toy)


def test_two_decisions_are_one_too_many(toy: StudyFolder) -> None:
    toy.change("study.toml", 'close = ["west"]', 'close = ["west"]\ndecided = true')
    second = OTHER.replace('["east"]', '["east"]\ndecided = true')
    toy.change("study.toml", "[[criterion]]", second)
    assert "scenario[3].decided: is said of another scenario too" in told(toy)


def test_a_number_nobody_set_is_said_to_be_the_default(toy: StudyFolder) -> None:
    def said() -> list[str]:
        notes = run_study(load_study(toy.toml)).notes
        return [note_text(note) for note in notes if note.topic == "full-time"]

    assert said() == [
        (
            "A site counts as full-time from 25 hours a week: the default, for the study sets no "
            "number. No criterion here asks for a full-time site."
        )
    ]
    toy.change("study.toml", "[settings]", "[settings]\nfull_time_from_hours = 30")
    assert said() == []
