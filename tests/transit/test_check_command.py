"""`eh-access timetable check` says in words what the checks found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from eh_access import check_timetable
from eh_access.publish.notes import gate_lines
from eh_access.sources.bundled import timetable_path
from study_cli import run_cli
from timetable_feeds import DATE, Tables, changed, hostile, town, write_feed, zipped

NEWPORT = str(timetable_path("newport"))


def run(*words: str) -> tuple[int, list[str]]:
    done = run_cli("timetable", "check", *words)
    return done.code, [*done.out.splitlines(), *done.err.splitlines()]


def test_a_sound_timetable_is_called_so() -> None:
    code, lines = run(NEWPORT, "--date", "2023-06-13")
    assert code == 0
    assert "ok   176 trips run on Tuesday 2023-06-13." in lines
    assert (
        "note There are no trains in the feed: where families take one, times are too long."
        in lines
    )


def test_the_gravest_comes_first_and_ends_with_an_error() -> None:
    code, lines = run(NEWPORT, "--date", "2024-06-11")
    assert code != 0
    assert lines[0].startswith(
        "stop 2024-06-11 lies outside the feed, which runs from 2023-06-05 to 2024-03-01."
    )


def test_a_bank_holiday_is_a_warning() -> None:
    code, lines = run(NEWPORT, "--date", "2023-08-28")
    assert code == 0
    assert lines[0].startswith("warn 2023-08-28 is a bank holiday")


@pytest.mark.parametrize(
    ("leaves", "arrives", "told"),
    [
        ("10:00:00", "10:05:00", "10:05."),
        ("18:00:00", "18:05:00", "18:05."),
        ("23:50:00", "24:00:00", "00:00 the next day."),
        ("23:50:00", "31:30:00", "07:30 the next day."),
    ],
)
def test_the_last_arrival_may_be_on_the_next_day(
    tmp_path: Path, leaves: str, arrives: str, told: str
) -> None:
    tables = town()
    for call, time in zip(tables["stop_times"][2:], (leaves, arrives), strict=True):
        call |= {"arrival_time": time, "departure_time": time}
    # and on the way it is past midnight already
    between = {"stop_id": "s1", "stop_sequence": 2, "arrival_time": arrives}
    tables["stop_times"][3]["stop_sequence"] = 1
    tables["stop_times"].append(tables["stop_times"][3] | between | {"departure_time": arrives})
    _, lines = run(str(write_feed(tmp_path / "f", tables)), "--date", "2023-06-13")
    assert f"note The last vehicle that sets out on the date arrives at {told}" in lines


def moved_to(*places: tuple[float, float], zone: str) -> Callable[[Tables], Any]:
    def move(tables: Tables) -> None:
        for stop, (lat, lon) in zip(tables["stops"], places, strict=True):
            stop |= {"stop_lat": lat, "stop_lon": lon}
        tables["agency"][0]["agency_timezone"] = zone

    return move


PARIS = moved_to((48.85, 2.35), (48.855, 2.35), zone="Europe/London")
DUBLIN = moved_to((53.349, -6.26), (53.354, -6.26), zone="Europe/Dublin")


@pytest.mark.parametrize(
    ("spoil", "date", "told"),
    [
        (
            None,
            "2025-06-13",
            "2025-06-13 lies outside the feed, which runs from 2023-06-05 to 2024-03-01",
        ),
        (None, "2023-06-18", "Nothing runs on Sunday 2023-06-18"),
        (None, "sunday", "no sunday in school term time on which anything runs"),
        (None, "13/06/2023", "give one as 2023-06-13, or a weekday"),
        (PARIS, "2023-06-13", "2 stops that are called at lie outside Great Britain, the first s1"),
        (DUBLIN, "2023-06-13", "Times are those of Europe/Dublin"),
        (
            changed("stops", 0, stop_lat=""),
            "2023-06-13",
            "1 stops that are called at have no place",
        ),
        (
            changed("stop_times", 1, arrival_time="08:00:00"),
            "2023-06-13",
            "stop_times.txt, row 3, arrival_time: '08:00:00' runs backwards in time",
        ),
        (
            changed("stops", 0, stop_lat=52.0),
            "2023-06-13",
            "from stop to stop are faster than such vehicles go",
        ),
        (changed("calendar", 0, start_date="soon"), "2023-06-13", "'soon' is no date as 20230613"),
    ],
)
def test_bad_feeds_and_dates_are_refused_in_words(
    spoil: Callable[[Tables], Any] | None, date: str, told: str, tmp_path: Path
) -> None:
    tables = town()
    if spoil is not None:
        spoil(tables)
    code, lines = run(str(write_feed(tmp_path / "f", tables)), "--date", date)
    assert code == 2
    assert told in "\n".join(lines)


@pytest.mark.parametrize(
    ("member", "told"),
    [
        (("shapes.txt", bytes(30_000_000)), "shapes.txt would unpack to 28 MiB"),
        (("anything.bin", bytes(30_000_000)), "anything.bin would unpack to 28 MiB"),
        (("../../stops.txt", b"x"), "points out of the archive"),
        (("inner/stops.txt", b"x"), "put the files at the top"),
    ],
    ids=["bomb", "bomb of no table", "path out", "inside"],
)
def test_bad_archives_are_refused_in_words(
    member: tuple[str, bytes], told: str, tmp_path: Path
) -> None:
    code, lines = run(str(zipped(tmp_path, member)), "--date", "2023-06-13")
    assert code == 2
    assert told in "\n".join(lines)


def test_two_feeds_are_read_as_one_or_refused(tmp_path: Path) -> None:
    one, clashing, away = town(), town(), town()
    for call in clashing["stop_times"]:
        call["arrival_time"] = call["departure_time"] = "1" + str(call["arrival_time"])[1:]
    away["stops"][0]["stop_lat"] = 53.44
    folders = [
        str(write_feed(tmp_path / f"{n}", tables)) for n, tables in enumerate((one, clashing, away))
    ]
    code, lines = run(*folders[:2], "--date", "2023-06-13")
    assert code == 0
    assert (
        "note 1 ids stood for different things in two feeds and were renamed (trip_id:1)." in lines
    )
    assert "ok   3 trips run on Tuesday 2023-06-13." in lines
    code, lines = run(folders[0], folders[2], "--date", "2023-06-13")
    assert code == 2
    assert (
        "stops.txt: 0 and 2 place stops of the same id far apart, 1 in all, as 's1' 1,113 m"
        in "\n".join(lines)
    )


def test_of_stops_that_clash_it_says_how_many_and_in_which_feeds(tmp_path: Path) -> None:
    feeds = []
    for name, lat in (("east", 53.43), ("west", 53.43), ("away", 53.5)):
        tables = town()
        more = [{**tables["stops"][0], "stop_id": f"m{n}", "stop_lat": lat} for n in range(1200)]
        tables["stops"] += more
        feeds.append(str(write_feed(tmp_path / name, tables)))
    code, lines = run(*feeds, "--date", "2023-06-13")
    said = " ".join(lines).split("stops.txt: ")[1:]
    assert code == 2
    assert [line.split(", as")[0] for line in said] == [
        f"{first} and away place stops of the same id far apart, 1,200 in all"
        for first in ("east", "west")
    ]
    assert all("as 'm0' 7,7" in line for line in said)


def test_when_nothing_runs_nothing_is_said_of_every_stop(tmp_path: Path) -> None:
    _, lines = run(str(write_feed(tmp_path / "f", town())), "--date", "2023-06-18")
    assert any("Nothing runs on Sunday 2023-06-18" in line for line in lines)
    assert not any(
        " of 0 " in line or "Every stop" in line or "Every departure" in line for line in lines
    )


def test_calendars_without_a_date_are_refused(tmp_path: Path) -> None:
    folder = write_feed(tmp_path / "f", town())
    for name in ("calendar", "trips", "stop_times"):
        path = folder / f"{name}.txt"
        path.write_text(path.read_text().splitlines()[0] + "\n")
    code, lines = run(str(folder), "--date", "2023-06-13")
    assert code == 2
    assert "its calendars name no date on which anything runs" in "\n".join(lines)


@pytest.mark.parametrize("seed", range(3))
def test_every_check_has_its_sentence(seed: int, tmp_path: Path) -> None:
    gates = check_timetable(write_feed(tmp_path / "f", hostile(seed)), DATE)
    for severity in ("ok", "warn"):
        lines = gate_lines(gates.assign(severity=severity))
        assert len(lines) == len(gates) > 20
        assert all(line.endswith((".", ").")) and len(line) > 15 for line in lines)
