"""What a study says wrong, through the command line: one clear message, exit code 2."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from eh_access.study.config import load_study
from eh_access.study.findings import find_findings
from eh_access.study.run import run_study
from study_cli import run_cli
from study_files import SITES, StudyFolder, write_study

CANDIDATES = SITES.replace("west,West Centre", "hall,Hall").replace("east,East Centre", "barn,Barn")
TIMETABLE = """\
site_id,weekday,from,to
east,mon,09:30,11:30
east,thu,13:00,16:00
"""


@pytest.fixture
def made(tmp_path: Path) -> StudyFolder:
    return write_study(tmp_path / "toy")


def refusal(made: StudyFolder, command: str = "check") -> str:
    """Return the one message a command refuses the study with."""
    more = ["--out", made.path / "out"] if command == "report" else []
    ran = run_cli(command, made.toml, *more)
    assert ran.code == 2
    assert "Traceback" not in ran.err + ran.out
    assert not (made.path / "out").exists()
    return ran.err


def add(made: StudyFolder, text: str) -> None:
    """Put keys of the data before the streets, and write the tables they name."""
    made.change("study.toml", "[streets]", f"{text}\n[streets]")
    (made.path / "timetable.csv").write_text(TIMETABLE, encoding="utf-8")
    (made.path / "candidates.csv").write_text(CANDIDATES, encoding="utf-8")


def with_capacities(made: StudyFolder, west: int, east: str) -> None:
    text = SITES.replace("location_radius_m\n", "location_radius_m,capacity\n")
    text = text.replace("surveyed,10\neast", f"surveyed,10,{west}\neast").rstrip()
    (made.path / "sites.csv").write_text(f"{text},{east}\n", encoding="utf-8")


def with_timetable(made: StudyFolder) -> StudyFolder:
    add(made, 'timetable = "timetable.csv"')
    return made


@pytest.mark.parametrize("command", ["check", "report"])
def test_windows_that_overlap(made: StudyFolder, command: str) -> None:
    with_timetable(made).change("timetable.csv", "thu,13:00", "mon,11:00")
    told = refusal(made, command)
    assert "timetable.csv, site 'east': mon 09:30-11:30 and 11:00-16:00 overlap" in told
    assert "join them or correct one" in told


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("mon,09:30,11:30", "mon,09:30,25:00", "timetable.csv, row 2 (site_id 'east'), to: "),
        ("mon,09:30,11:30", "mon,11:30,09:30", "not after it opens at 11:30"),
        ("mon,", "noday,", "no weekday 'noday'"),
        ("east,mon", "nowhere,mon", "timetable.csv, row 2, site_id: no site 'nowhere'"),
        ("weekday,from,to", "weekday,starts,to", "timetable.csv: no column 'from'; add it"),
    ],
)
def test_a_window_that_is_none(made: StudyFolder, old: str, new: str, message: str) -> None:
    with_timetable(made).change("timetable.csv", old, new)
    assert message in refusal(made)


def test_windows_against_the_hours_of_the_row(made: StudyFolder) -> None:
    with_timetable(made).change("sites.csv", "East Centre,centre,,", "East Centre,centre,30,")
    told = refusal(made)
    assert "site 'east': its windows make 5 hours a week, its row states 30" in told


def test_more_hours_than_a_week_has(made: StudyFolder) -> None:
    made.change("study.toml", 'close = ["west"]', "set_hours = { west = 169 }")
    told = refusal(made)
    assert "scenario[2].set_hours.west: is 169; give at most 168" in told
    made.change("study.toml", "set_hours = { west = 169 }", 'close = ["west"]')
    made.change("sites.csv", "West Centre,centre,,", "West Centre,centre,170,")
    assert "sites.csv, row 2 (site_id 'west'), hours_per_week" in refusal(made)


@pytest.mark.parametrize("capacity", ["0", "-3", "many"])
def test_a_capacity_that_serves_nobody(made: StudyFolder, capacity: str) -> None:
    with_capacities(made, 40, capacity)
    told = refusal(made)
    assert f"row 3 (site_id 'east'), capacity: is {capacity}; give a number above 0" in told


def test_more_venues_than_there_are(made: StudyFolder) -> None:
    add(made, 'candidates = "candidates.csv"')
    made.change("study.toml", "[settings]", "[sessions]\nvenues = [1, 3]\n\n[settings]")
    told = refusal(made)
    assert "sessions.venues[2]: is 3, but there are 2 candidate venues" in told


def test_a_criterion_that_names_no_measure(made: StudyFolder) -> None:
    made.change("study.toml", 'measure = "coverage"', 'measure = "happiness"')
    assert "criterion[1].measure: is 'happiness'; give " in refusal(made)
    made.change("study.toml", 'measure = "happiness"\n', "")
    assert "criterion[1].measure: missing; add it" in refusal(made)


def test_a_scenario_that_closes_everything(made: StudyFolder) -> None:
    made.change("study.toml", 'close = ["west"]', 'close = ["west", "east"]')
    assert "scenario 'one-less' leaves no site open; keep one" in refusal(made)


def test_a_site_moved_far_outside_is_refused_with_the_distance(made: StudyFolder) -> None:
    # 50 km east of the area's eastern edge at 445000
    move = 'move = [{ site = "west", easting = 495000, northing = 390000 }]'
    made.change("study.toml", 'close = ["west"]', move)
    told = refusal(made)
    assert "scenario[2].move[1]: 'west' at 495000, 390000 lies 50.0 km outside" in told
    assert "at most 5 km" in told
    made.change("study.toml", "easting = 495000", "easting = 449000")
    assert run_cli("check", made.toml).code == 0


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ('day = ["19:30", "07:30"]', "sessions.day: from 19:30 to 07:30 ends before it begins"),
        ('day = ["7.30", "19:30"]', "'7.30' is no time of day"),
        ("stay_min = 0", "sessions.stay_min: is 0; give more than 0"),
        ("hours_per_week = 169", "sessions.hours_per_week: is 169; give at most 168"),
        ("venues = []", "sessions.venues: is empty; fill it in"),
        ("stay = 60", "sessions.stay: no such key; did you mean 'stay_min'"),
    ],
)
def test_sessions_that_cannot_be(made: StudyFolder, keys: str, message: str) -> None:
    made.change("study.toml", "[settings]", f"[sessions]\n{keys}\n\n[settings]")
    assert message in refusal(made)


# ---- and what is said right is worked out ------------------------------------------------------


def test_sessions_by_hand(made: StudyFolder) -> None:
    """East is open 09:30-11:30 on Mondays and 13:00-16:00 on Thursdays.

    c lives 100 m from east, a 3.9 km and b 2,002 m: 122 m + 1.2 x 2,002 m, as the estimate has it,
    are 31.6 minutes at 4.8 km/h.
    """
    found = find_findings(run_study(load_study(with_timetable(made).toml)))
    rows = found.sessions.set_index("scenario")
    assert rows["weight_any"].tolist() == [30.0, 30.0]
    assert rows["share_any"].tolist() == [0.5, 0.5]
    assert rows["mean_sessions"].tolist() == [1.0, 1.0]  # two for half of all
    assert rows["mean_hours"].tolist() == [2.5, 2.5]
    assert rows["sites_timed"].tolist() == [1, 1]
    assert rows["sites_open"].tolist() == [2, 1]
    made.change("study.toml", "[settings]", '[sessions]\nday = ["09:00", "12:00"]\n\n[settings]')
    found = find_findings(run_study(load_study(made.toml)))
    assert found.sessions["mean_hours"].tolist() == [1.0, 1.0]  # Thursday is after noon
    made.change("study.toml", 'day = ["09:00", "12:00"]', "cutoff_min = 37")  # 32 and 5 to settle
    found = find_findings(run_study(load_study(made.toml)))
    assert found.sessions["weight_any"].tolist() == [50.0, 50.0]


def test_hours_of_another_scenario_have_no_known_windows(made: StudyFolder) -> None:
    with_timetable(made).change("study.toml", 'close = ["west"]', "set_hours = { east = 3 }")
    found = find_findings(run_study(load_study(made.toml)))
    assert found.sessions["sites_timed"].tolist() == [1, 0]
    assert found.sessions["weight_any"].tolist() == [30.0, 0.0]


def test_load_by_hand(made: StudyFolder) -> None:
    with_capacities(made, 5, "15")
    found = find_findings(run_study(load_study(made.toml))).load.set_index("site_id")
    # a (10) is nearest west, c (30) east; b (20) lies 2,002 m from either and goes to the first
    # west closes: all 60 go to east, 30 of them newly
    assert found.loc["east", "weight_before"] + found.loc["west", "weight_before"] == 60.0
    assert found.loc["east", "weight_after"] == 60.0
    assert found.loc["east", "absorbed"] == found.loc["west", "weight_before"]
    assert found.loc["east", "per_place_after"] == pytest.approx(60 / 15)
    # within half an hour's walk of east lives c alone: 15 places for 30
    assert found.loc["east", "places_per_hundred"] == pytest.approx(50.0)


def test_two_candidates_are_tried_as_far_as_they_go(made: StudyFolder) -> None:
    add(made, 'candidates = "candidates.csv"')
    found = find_findings(run_study(load_study(made.toml)))
    assert sorted(found.outreach[0].frame["sessions"].unique()) == [1, 2]


def test_the_report_says_it(made: StudyFolder) -> None:
    with_capacities(made, 5, "15")
    ran = run_cli("report", with_timetable(made).toml, "--out", made.path / "out")
    assert ran.code == 0, ran.err
    page = (made.path / "out" / "annex.html").read_text(encoding="utf-8")
    assert "Sessions a family can be at from beginning to end" in page
    assert "Who would go where" in page
    assert "Places for each hundred near" in page


def test_who_takes_in_whom_is_said_without_capacities(made: StudyFolder) -> None:
    found = find_findings(run_study(load_study(made.toml))).load.set_index("site_id")
    assert found.loc["west", "weight_before"] + found.loc["east", "weight_before"] == 60.0
    assert (found.loc["west", "weight_after"], found.loc["east", "weight_after"]) == (0.0, 60.0)
    assert found["capacity"].isna().all()
    assert found["per_place_after"].isna().all()


def test_a_site_cut_to_a_few_hours_keeps_neither_families_nor_places(made: StudyFolder) -> None:
    with_capacities(made, 5, "15")
    made.change("study.toml", 'close = ["west"]', "set_hours = { west = 10 }")
    found = find_findings(run_study(load_study(made.toml))).load.set_index("site_id")
    assert found["sites"].unique().tolist() == ["full_time"]
    assert (found.loc["west", "weight_after"], found.loc["east", "weight_after"]) == (0.0, 60.0)
    assert math.isnan(found.loc["west", "per_place_after"])
    assert math.isnan(found.loc["west", "places_per_hundred"])
    assert found.loc["east", "per_place_after"] == pytest.approx(60 / 15)
