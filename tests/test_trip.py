"""One trip at the command line: what is printed, and every kind of bad input."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from eh_access import (
    PUSHCHAIR,
    WALK,
    Window,
    load_origins,
    load_sites,
    read_network,
    travel_time_matrix,
    visits,
)
from eh_access.study.opening import near_postcode, open_study, with_candidates
from study_cli import run_cli
from study_files import write_study

FROM, TO = "NP10 0AE", "rogerstone-library"


def minutes_printed(out: str) -> float:
    found = re.search(r" m, ([0-9.]+) minutes", " ".join(out.split()))
    assert found is not None, out
    return float(found[1])


@pytest.mark.parametrize(("words", "mode"), [((), WALK), (("--mode", "pushchair"), PUSHCHAIR)])
def test_a_trip_is_a_table_and_a_sentence_with_the_minutes_of_the_study(
    words: tuple[str, ...], mode: object
) -> None:
    ran = run_cli("trip", "newport", "--from", FROM, "--to", TO, *words, "--quiet")
    assert (ran.code, ran.err) == (0, "")
    rows = ran.out.splitlines()
    columns = [cell.strip() for cell in re.split("[│┃]", rows[0])]
    assert columns == ["street", "metres", "minutes", "slope", "slowed by"]
    homes, sites = load_origins("newport_postcode"), load_sites("newport_sites")
    table = travel_time_matrix(
        read_network("newport"), homes.loc[[FROM]], sites.loc[[TO]], mode=mode, cutoff_min=300.0
    )
    assert minutes_printed(ran.out) == pytest.approx(float(table.minutes[0, 0]), abs=0.051)
    # the stretches add up to the whole
    whole = re.search(r": ([0-9,]+) m, ", " ".join(ran.out.split()))
    assert whole is not None
    cells = [row.split("│")[1].strip() for row in rows[2:] if "│" in row]
    listed = [float(cell.replace(",", "")) for cell in cells if cell]
    assert sum(listed) == pytest.approx(float(whole[1].replace(",", "")), abs=0.6 * len(listed))


def test_a_postcode_is_a_place_however_it_is_written() -> None:
    home = load_origins("newport_postcode").geometry[FROM]
    places = ("np100ae", f"{home.x},{home.y}", f" {home.x} , {home.y} ")
    trips = [run_cli("trip", "newport", "--from", place, "--to", TO, "-q") for place in places]
    assert {ran.code for ran in trips} == {0}
    assert len({minutes_printed(ran.out) for ran in trips}) == 1


@pytest.mark.parametrize(
    ("start", "words"),
    [
        ("NP10 0AX", "the postcode 'NP10 0AX' is in no table at hand: did you mean 'NP10 0"),
        ("the library", "'the library' is neither a whole postcode nor easting and northing"),
        ("327270", "'327270' is neither a whole postcode nor easting and northing"),
        ("530000,180000", "the point is 190 km or more from the streets open on foot"),
        ("nan,nan", "its location is not known"),
    ],
)
def test_a_start_that_is_nowhere(start: str, words: str) -> None:
    ran = run_cli("trip", "newport", "--from", start, "--to", TO)
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    ("known", "hint"),
    [
        (["NP100AE", "NP209ZZ", "NP109ZZ"], "'NP10 0AE'"),  # of the sector
        (["NP109AA", "NP209ZZ", "NP20ZZ"], "'NP10 9AA'"),  # of the district
        (["NP200ZZ", "CF100AA"], "'NP20 0ZZ'"),  # like it
        (["AB11AA"], ""),
        ([], ""),
    ],
)
def test_a_postcode_of_no_table_is_told_those_near(known: list[str], hint: str) -> None:
    told = near_postcode("NP100ZZ", known)
    assert told.removeprefix("did you mean ").removesuffix("?") == hint


def test_no_name_in_a_table_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "70")
    by_bus = ("--mode", "transit", "--arrive", "10:00", "-q")
    for words in (("trip", "newport", "--from", FROM, "--to", TO, *by_bus),
                  ("visits", "newport", "--from", FROM, "--mode", "walk", "-q")):  # fmt: skip
        ran = run_cli(*words)
        assert ran.code == 0
        assert "\N{HORIZONTAL ELLIPSIS}" not in ran.out


def test_every_fault_at_once_each_with_what_was_meant() -> None:
    words = ("--from", "NP10", "--to", "rogerstone-libary", "--mode", "wolk")
    ran = run_cli("trip", "newport", *words)
    assert ran.code == 2
    assert "'NP10' is neither a whole postcode" in ran.err
    assert "--to: no site 'rogerstone-libary': did you mean 'rogerstone-library'?" in ran.err
    assert "--mode: no mode 'wolk' in this study: did you mean 'walk'?" in ran.err


def test_the_ways_that_are_listed_are_those_that_may_be_said() -> None:
    trip, home = ("trip", "newport", "--from", FROM, "--to", TO), ("visits", "newport")
    for words in (trip, (*home, "--from", FROM)):
        ran = run_cli(*words, "--mode", "bus")
        assert ran.code == 2
        listed = re.findall(r"'(\w+)' \(", ran.err)
        assert listed == ["walk", "pushchair", "drive", "transit"]
        assert "'transit' (by bus or train)" in ran.err
        for mode in listed:
            timed = ("--arrive", "10:00") if mode == "transit" and words == trip else ()
            assert run_cli(*words, "--mode", mode, *timed, "-q").code == 0


@pytest.mark.parametrize("when", ["10:00", "03:00"], ids=["by bus", "on foot all the way"])
def test_a_trip_by_timetable_ends_at_the_name_of_its_site(
    monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    by_bus = ("--mode", "transit", "--arrive", when, "-q")
    ran = run_cli("trip", "newport", "--from", FROM, "--to", TO, *by_bus)
    assert ("Newport Bus" in ran.out) == (when == "10:00")
    assert "Rogerstone Library" in ran.out
    assert TO not in ran.out


@pytest.mark.parametrize("time", ["24:01", "25:00", "47:59", "9.30", "ten", ""])
def test_a_time_that_no_clock_shows_is_refused_by_its_option(time: str) -> None:
    for option in ("--arrive", "--depart"):
        words = ("--from", FROM, "--to", "rogerstone-libary", "--mode", "transit")
        ran = run_cli("trip", "newport", *words, option, time)
        assert ran.code == 2
        assert f"{option}: '{time}' is no time of day; write it as 09:30, from 00:00" in ran.err
        assert "--to: no site 'rogerstone-libary'" in ran.err


def test_a_candidate_that_a_scenario_opens_is_one_site(tmp_path: Path) -> None:
    toy = write_study(tmp_path)
    rows = (toy.path / "sites.csv").read_text(encoding="utf-8").replace("\nwest,", "\nnew,")
    (toy.path / "candidates.csv").write_text(rows.replace("\neast,", "\nold,"), encoding="utf-8")
    toy.change("study.toml", "[data]", '[data]\ncandidates = "candidates.csv"')
    toy.change("study.toml", 'close = ["west"]', 'close = ["west"]\nopen = ["new"]')
    _, inputs = open_study(toy.toml)
    assert sorted(with_candidates(inputs).index) == ["east", "new", "old", "west"]


def test_a_site_that_is_like_none_is_told_where_all_stand() -> None:
    ran = run_cli("trip", "newport", "--from", FROM, "--to", "zzz")
    assert "(all: column site_id of ../sites/newport_sites.csv" in ran.err


def test_a_straight_line_explains_nothing(tmp_path: object) -> None:
    toy = write_study(tmp_path)  # type: ignore[arg-type]
    ran = run_cli("trip", toy.toml, "--from", "440000,390000", "--to", "east")
    assert ran.code == 2
    assert "there are no streets, and a straight line explains nothing" in ran.err


def span(first: str, last: str) -> pd.Timedelta:
    """Return how long it is from one clock time to another."""
    start, end = (
        pd.Timedelta(text if text.count(":") == 2 else f"{text}:00") for text in (first, last)
    )
    return end - start


def test_sessions_of_one_home_are_those_counted_for_all() -> None:
    ran = run_cli("visits", "newport", "--from", FROM, "--mode", "walk", "--quiet")
    assert (ran.code, ran.err) == (0, "")
    home, sites = load_origins("newport_postcode").loc[[FROM]], load_sites("newport_sites")
    network = read_network("newport")
    ways = [
        travel_time_matrix(network, home, sites, mode=WALK, cutoff_min=300.0, direction=way)
        for way in ("to_sites", "from_sites")
    ]
    held = [Window("tue", "10:00", "11:30"), Window("tue", "13:30", "15:00")]
    found = visits(dict.fromkeys(sites.index, held), *ways, each_way_min=60)
    count = int(found.per_origin()["sessions"].iloc[0])
    assert 0 < count < 24
    words = " ".join(ran.out.split())
    assert words.endswith(
        "on foot, Tuesday 13 June 2023, each way within 60 minutes: "
        f"{count} of 24 sessions, {1.5 * count:g} of 36 hours."
    )
    assert words.count("too long") == 24 - count
    printed = re.findall(r"tue [0-9:]{5}-[0-9:]{5} │ ([0-9:]{5}) │ ([0-9:]{5}) ", words)
    exact = found.to_frame()[["out_leave", "home_at"]].to_numpy().tolist()
    assert len(printed) == sum(bool(leave and home) for leave, home in exact) > 0
    held_to = [pair for pair in exact if all(pair)]
    for (leave, home), (latest, earliest) in zip(printed, held_to, strict=True):
        assert pd.Timedelta(0) <= span(leave, latest) < pd.Timedelta(minutes=1)
        assert pd.Timedelta(0) <= span(earliest, home) < pd.Timedelta(minutes=1)
    assert any(
        home > earliest[:5] for (_, home), (_, earliest) in zip(printed, held_to, strict=True)
    )
    assert "5 minutes to settle included" in words


def test_sessions_that_cannot_be_asked_for_are_refused_in_one_message() -> None:
    ran = run_cli("visits", "rotherham", "--from", "nowhere", "--mode", "transit")
    assert (ran.code, ran.out) == (2, "")
    for fault in (
        "--mode: no mode 'transit' in this study",
        "the study has no sessions: give data.timetable, or sessions in [transit]",
        "--from: 'nowhere' is neither a whole postcode nor easting and northing",
    ):
        assert fault in " ".join(ran.err.split())
