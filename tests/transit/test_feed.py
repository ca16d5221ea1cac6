"""Reading feeds: what is not sound is refused whole, several are read as one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dateutil.easter
import numpy as np
import pytest

from eh_access.errors import InputError, SourceError
from eh_access.transit import days
from eh_access.transit.feed import read_feed
from eh_access.transit.reading import check_timetable, make_timetable, read_timetable
from eh_access.transit.timetable import day_of
from timetable_feeds import DATE, Tables, calendar, changed, hostile, town, write_feed, zipped


def without(*tables: str) -> Callable[[Tables], Any]:
    return lambda all_of_them: [all_of_them.pop(table) for table in tables]


def often(*spans: tuple[str, str], **more: object) -> Callable[[Tables], Any]:
    """Return what has a trip run again and again in some spans of time."""
    rows = [
        {"trip_id": "t1", "start_time": start, "end_time": end, "headway_secs": 600, **more}
        for start, end in spans
    ]
    return lambda tables: tables.update(frequencies=rows)


def changing(**cells: object) -> Callable[[Tables], Any]:
    """Return what states a rule for changing between two stops."""
    rule = {"from_stop_id": "s1", "to_stop_id": "s2", "transfer_type": 2, **cells}
    return lambda tables: tables.update(transfers=[rule])


FAULTS = [
    (without("stops"), "no stops.txt"),
    (without("calendar"), "neither calendar.txt nor calendar_dates.txt"),
    (changed("trips", 1, trip_id="t1"), "trips.txt, row 3, trip_id: 't1' stands in an earlier row"),
    (changed("trips", 0, route_id="x"), "route_id: 'x' is not in routes.txt"),
    (changed("stop_times", 2, stop_id="x"), "row 4, stop_id: 'x' is not in stops.txt"),
    (changed("stop_times", 0, arrival_time="9 am"), "'9 am' is no time as 07:30:00"),
    (changed("stop_times", 0, arrival_time="09:61:00"), "is no time"),
    (changed("stop_times", 1, arrival_time="08:59:00"), "row 3, arrival_time: .* runs backwards"),
    (changed("stop_times", 0, departure_time="09:09:00"), "runs backwards in time"),
    (changed("stop_times", 1, stop_sequence="0"), "'0' stands twice in its trip"),
    (changed("stop_times", 1, stop_sequence="-1"), "no whole number of 0 or more"),
    (changed("stop_times", 1, arrival_time="", departure_time=""), "missing at an end of its trip"),
    (changed("calendar", 0, monday="yes"), "monday: 'yes' is not one of 0 or 1"),
    (changed("calendar", 0, end_date="2024-03-01"), "no date as 20230613"),
    (changed("stops", 0, stop_lat="north"), "no coordinate in degrees"),
    (changed("stops", 0, stop_lat=""), "1 stops that are called at have no place, the first s1"),
    (changed("stops", 0, stop_lat=0, stop_lon=0), "have no place, the first s1"),
    (changed("stops", 0, stop_lat=48.85, stop_lon=2.35), "outside Great Britain's grid"),
    (changed("stops", 0, stop_lat=52.0), "from stop to stop are faster than such vehicles go"),
    (often(("10:00:00", "09:00:00")), "row 2, end_time: '09:00:00' is not after its start"),
    (often(("10:00:00", "10:00:00")), "row 2, end_time: '10:00:00' is not after its start"),
    (often(("09:00:00", "10:00:00"), ("09:59:59", "11:00:00")), "row 3, start_time: '09:59:59' is"),
    (often(("09:30:00", "11:00:00"), ("09:00:00", "10:00:00")), "row 2, start_time: '09:30:00' is"),
    (often(("09:00:00", "10:00:00"), exact_times=2), "exact_times: '2' is not one of 0 or 1"),
    (changing(min_transfer_time=-60), "min_transfer_time: '-60' is no whole number of 0 or more"),
    (changing(min_transfer_time="2 min"), "'2 min' is no whole number of 0 or more"),
    (changed("routes", 0, route_type="bus"), "route_type: 'bus' is no whole number"),
    (changed("stops", 0, location_type=5), "'5' is not one of 0 or 1 or 2 or 3 or 4"),
]  # fmt: skip


@pytest.mark.parametrize(("spoil", "match"), FAULTS, ids=[match for _, match in FAULTS])
def test_what_is_not_sound_is_refused(
    spoil: Callable[[Tables], Any], match: str, tmp_path: Path
) -> None:
    tables = town()
    spoil(tables)
    with pytest.raises(InputError, match=match):
        make_timetable(read_feed(write_feed(tmp_path / "f", tables)), DATE)


def test_every_fault_is_named_at_once(tmp_path: Path) -> None:
    tables = town()
    for spoil, _ in (FAULTS[3], FAULTS[5], FAULTS[12]):
        spoil(tables)
    with pytest.raises(InputError) as caught:
        read_feed(write_feed(tmp_path / "f", tables))
    assert len(caught.value.faults) == 3


def test_spans_that_meet_and_rules_that_say_nothing_are_sound(tmp_path: Path) -> None:
    tables = town()
    often(("10:00:00", "11:00:00"), ("09:00:00", "10:00:00"), exact_times="")(tables)
    changing(min_transfer_time="")(tables)
    tables["routes"][0]["route_type"] = ""
    assert len(read_feed(write_feed(tmp_path / "f", tables)).tables["frequencies"]) == 2


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_column_that_stands_twice_is_refused(tmp_path: Path, mark: str) -> None:
    folder = write_feed(tmp_path / "f", town())
    stops = folder / "stops.txt"
    header, _, rest = stops.read_text("utf-8").partition("\n")
    stops.write_text(f"{mark}{header.replace('stop_name', ' stop_lat')}\n{rest}", "utf-8")
    with pytest.raises(InputError, match=r"stops.txt: column 'stop_lat' stands twice"):
        read_feed(folder)


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    tables = town()
    for row in tables["stop_times"]:
        del row["stop_id"]
    with pytest.raises(InputError, match=r"f, stop_times.txt: no column 'stop_id'; add it"):
        read_feed(write_feed(tmp_path / "f", tables))


# ------------------------------------------------------------------ archives


def test_a_zip_file_is_read_like_its_folder(tmp_path: Path) -> None:
    path = zipped(tmp_path)
    folder = tmp_path / "feed.zip files"
    one, two = (day_of(read_feed(source), DATE) for source in (path, folder))
    assert one.digest == two.digest


@pytest.mark.parametrize(
    "member", ["../stops.txt", "/etc/stops.txt", "a\\..\\..\\b.txt", "C:/x.txt"]
)
def test_a_path_out_of_the_archive_is_refused(member: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="points out of the archive"):
        read_feed(zipped(tmp_path, (member, b"x")))


def test_a_zip_bomb_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    path = zipped(tmp_path, ("shapes.txt", b"0" * 30_000_000))
    with pytest.raises(
        InputError, match=r"shapes.txt would unpack to 28 MiB, .* no timetable does"
    ):
        read_feed(path)


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    folder = write_feed(tmp_path / "f", town())
    (folder / "stops.txt").rename(tmp_path / "elsewhere.txt")
    (folder / "stops.txt").symlink_to(tmp_path / "elsewhere.txt")
    with pytest.raises(InputError, match="link out of the folder"):
        read_feed(folder)


def test_files_in_a_folder_of_the_archive_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="put the files at the top"):
        read_feed(zipped(tmp_path, ("feed/stops.txt", b"x")))


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file or folder"):
        read_timetable(tmp_path / "nowhere.zip", DATE)
    (tmp_path / "cut.zip").write_bytes(zipped(tmp_path).read_bytes()[:900])
    with pytest.raises(SourceError, match="damaged, cut off or locked"):
        read_feed(tmp_path / "cut.zip")
    folder = write_feed(tmp_path / "f", town())
    (folder / "stops.txt").write_bytes("stop_id,stop_name\n1,Caf\xe9".encode("latin-1"))
    with pytest.raises(SourceError, match=r"stops.txt: is no table of text in UTF-8"):
        read_feed(folder)
    with pytest.raises(InputError, match="no feed is given"):
        read_feed([])


# ------------------------------------------------------------------ dates


def test_a_date_outside_the_feed_is_refused_with_its_span(tmp_path: Path) -> None:
    feed = read_feed(write_feed(tmp_path / "f", town()))
    with pytest.raises(
        InputError, match="2025-06-13 lies outside the feed, which runs from 2023-06-05 to"
    ):
        make_timetable(feed, "2025-06-13")


def test_a_day_without_service_is_refused(tmp_path: Path) -> None:
    feed = read_feed(write_feed(tmp_path / "f", town()))
    with pytest.raises(InputError, match="nothing runs on Sunday 2023-06-18"):
        make_timetable(feed, "2023-06-18")


def test_a_feed_of_calendar_dates_alone_is_read(tmp_path: Path) -> None:
    tables = town()
    tables["calendar"] = []
    tables["calendar_dates"] = [{"service_id": "wk", "date": "20230613", "exception_type": 1}]
    feed = read_feed(write_feed(tmp_path / "f", tables))
    assert feed.span == (DATE, DATE)
    assert set(make_timetable(feed, "tuesday").trips["trip_id"]) == {"t1", "t2"}
    with pytest.raises(InputError, match="lies outside"):
        make_timetable(feed, "2023-06-20")


def test_a_weekday_is_the_first_in_term_time(tmp_path: Path) -> None:
    tables = town()
    tables["calendar"] = [calendar("wk", range(5), start="20230520")]
    feed = read_feed(write_feed(tmp_path / "f", tables))
    assert days.date_of(feed, "monday") == dt.date(2023, 5, 22)
    tables["calendar"] = [calendar("wk", range(5), start="20230525")]
    feed = read_feed(write_feed(tmp_path / "g", tables))
    assert days.date_of(feed, "Tuesday") == dt.date(2023, 6, 6)  # past the holiday week of May
    with pytest.raises(InputError, match="no sunday in school term time"):
        days.date_of(feed, "sunday")
    with pytest.raises(InputError, match="did you mean 'tuesday'"):
        days.date_of(feed, "tusday")


def test_holidays_are_those_of_the_calendar() -> None:
    for year in range(1990, 2060):
        assert days.easter(year) == dateutil.easter.easter(year)
    # gov.uk/bank-holidays, England and Wales; without the coronation, which came once
    assert days.bank_holidays(2023) == {
        dt.date(2023, *day)
        for day in ((1, 2), (4, 7), (4, 10), (5, 1), (5, 29), (8, 28), (12, 25), (12, 26))
    }
    assert {dt.date(2022, 12, 26), dt.date(2022, 12, 27)} < days.bank_holidays(2022)
    assert days.clocks_change(dt.date(2023, 3, 26))
    assert not days.clocks_change(dt.date(2023, 3, 19))


# ------------------------------------------------------------------ wheelchairs


def test_a_stop_that_does_not_say_is_as_its_station_is(tmp_path: Path) -> None:
    tables = town()
    station = {**tables["stops"][0], "stop_id": "hub", "location_type": 1}
    tables["stops"].append({**station, "wheelchair_boarding": 1})
    for stop, own in zip(tables["stops"], ("0", "2", "1"), strict=True):
        stop |= {"parent_station": "hub", "wheelchair_boarding": own}
    tables["stops"][2]["parent_station"] = ""
    tables["trips"][0]["wheelchair_accessible"] = "2"
    tables["trips"][1]["wheelchair_accessible"] = "some"
    timetable = make_timetable(read_feed(write_feed(tmp_path / "f", tables)), DATE)
    assert timetable.stops["wheelchair"].to_dict() == {"s1": 1, "s2": 2, "hub": 1}
    gates = timetable.gates.set_index("gate")[["value", "limit", "detail"]]
    assert gates.loc["wheelchair_stops"].tolist() == [0, 2, "1"]
    assert gates.loc["wheelchair_trips"].tolist() == [1, 2, "1"]  # a word of no meaning is none


# ------------------------------------------------------------------ several feeds


def test_a_feed_cut_in_two_is_read_as_one(tmp_path: Path) -> None:
    whole = hostile(3)
    parts: list[Tables] = [dict(whole), dict(whole)]
    for number, part in enumerate(parts):
        for name in ("trips", "stop_times", "frequencies"):
            part[name] = [row for row in whole[name] if len(row["trip_id"]) % 2 == number]
    ids = [{row["trip_id"] for row in part["trips"]} for part in parts]
    for part, mine in zip(parts, ids, strict=True):
        for name in ("trips", "stop_times", "frequencies"):
            part[name] = [row for row in whole[name] if row["trip_id"] in mine]
    one = day_of(read_feed(write_feed(tmp_path / "whole", whole)), DATE)
    folders = [write_feed(tmp_path / f"part{n}", part) for n, part in enumerate(parts)]
    both = read_feed(folders)
    assert not both.renamed
    joined = day_of(both, DATE)
    assert connections(one) == connections(joined)


def connections(timetable: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401
    """Every connection by names, sorted."""
    stops, trips = timetable.stops.index.to_numpy(), timetable.trips["trip_id"].to_numpy()
    return sorted(
        zip(
            stops[timetable.frm].tolist(), stops[timetable.to].tolist(),
            timetable.dep_ds.tolist(), timetable.arr_ds.tolist(),
            trips[timetable.trip].tolist(), timetable.flag.tolist(),
            strict=True,
        )
    )  # fmt: skip


def test_ids_that_two_feeds_use_for_different_things_are_kept_apart(tmp_path: Path) -> None:
    other = town()
    other["calendar"] = [calendar("wk", [5, 6])]
    for row in other["stop_times"]:
        row["arrival_time"] = row["departure_time"] = "1" + str(row["arrival_time"])[1:]
    folders = [write_feed(tmp_path / name, t) for name, t in (("one", town()), ("two", other))]
    feed = read_feed(folders)
    assert feed.renamed == {"service_id": 1, "trip_id": 2}
    assert len(feed.tables["trips"]) == 4
    assert set(make_timetable(feed, DATE).trips["trip_id"]) == {"t1", "t2"}
    gates = check_timetable(feed, DATE).set_index("gate")
    assert gates.loc["renamed", "detail"] == "service_id:1 trip_id:2"


def test_a_stop_in_two_places_is_refused(tmp_path: Path) -> None:
    other = town()
    other["stops"][0]["stop_lat"] = 53.44
    folders = [write_feed(tmp_path / name, t) for name, t in (("one", town()), ("two", other))]
    with pytest.raises(
        InputError,
        match=r"one and two place stops of the same id far apart, 1 in all, as 's1' 1,1\d\d m",
    ):
        read_feed(folders)


# ------------------------------------------------------------------ gates, store, clip


def gates_of(tables: Tables, folder: Path, date: str = "2023-06-13") -> dict[str, str]:
    frame = check_timetable(read_feed(write_feed(folder, tables)), date)
    return dict(zip(frame["gate"], frame["severity"], strict=True))


def test_a_sound_feed_passes_its_gates(tmp_path: Path) -> None:
    gates = gates_of(town(), tmp_path / "f")
    # two buses a day leave most hours without one, and there are no exceptions and no trains
    assert {gate for gate, severity in gates.items() if severity in ("warn", "stop")} == {"hours"}


@pytest.mark.parametrize("ends", [("s1", "s2"), ("s1", "gone"), ("gone", "s2"), ("gone", "away")])
def test_a_rule_for_a_stop_that_is_not_there_is_counted(
    tmp_path: Path, ends: tuple[str, str]
) -> None:
    tables = town()
    changing(from_stop_id=ends[0], to_stop_id=ends[1], min_transfer_time=60)(tables)
    severity = gates_of(tables, tmp_path / "a", "2023-06-13")["lost_transfers"]
    assert severity == ("ok" if ends == ("s1", "s2") else "note")


def test_gates_notice(tmp_path: Path) -> None:
    assert gates_of(town(), tmp_path / "a", "2023-08-28")["holiday"] == "warn"
    assert gates_of(town(), tmp_path / "b", "2023-10-29")["clock_change"] == "warn"
    tables = town()
    tables["trips"].append({**tables["trips"][0], "trip_id": "t3"})
    tables["stop_times"] += [
        {**row, "trip_id": "t3"} for row in tables["stop_times"] if row["trip_id"] == "t1"
    ]
    tables["agency"][0]["agency_timezone"] = "UTC"
    tables["frequencies"] = [
        {"trip_id": "t2", "start_time": "10:00:00", "end_time": "11:00:00", "headway_secs": 600}
    ]
    tables["trips"].append({**tables["trips"][0], "trip_id": "t4"})
    tables["stop_times"].append({**tables["stop_times"][0], "trip_id": "t4"})
    gates = gates_of(tables, tmp_path / "c")
    noticed = {gate for gate, severity in gates.items() if severity == "warn"}
    assert noticed == {"doubled", "timezone", "headways", "one_call", "hours"}
    tables = town()
    tables["calendar"] += [calendar("extra", [1], start="20230614")]
    tables["trips"] += [
        {**tables["trips"][0], "trip_id": f"x{n}", "service_id": "extra"} for n in range(3)
    ]
    tables["stop_times"] += [
        {**row, "trip_id": f"x{n}"} for n in range(3) for row in tables["stop_times"][:2]
    ]
    assert gates_of(tables, tmp_path / "d")["typical"] == "warn"


@pytest.mark.parametrize(
    ("day", "runs"),
    [
        # on Tuesdays the bus goes on from s2 at 9:05 as a trip of another service; so the Tuesday
        # is one run, and Monday and Wednesday beside it are one each
        ("2023-06-13", {"t1": 3, "t2": 1}),
        ("2023-06-14", {"t1": 3}),  # Tuesday's second trip has ended by 20:00 of the day before
    ],
)
def test_a_block_is_one_vehicle_whatever_its_services(
    tmp_path: Path, day: str, runs: dict[str, int]
) -> None:
    tables = town()
    tables["calendar"].append(calendar("tue", [1]))
    tables["trips"][0]["block_id"] = "bus"
    tables["trips"][1] |= {"block_id": "bus", "service_id": "tue"}
    for call, stop, time in zip(
        tables["stop_times"][2:], ("s2", "s1"), ("09:05:00", "09:10:00"), strict=True
    ):
        call |= {"stop_id": stop, "arrival_time": time, "departure_time": time}
    timetable = read_timetable(write_feed(tmp_path / "f", tables), day)
    today = (timetable.dep_ds >= 0) & (timetable.dep_ds < 24 * 36_000)
    trips = timetable.trips["trip_id"].to_numpy()[timetable.trip[today]]
    by_run = {int(run): list(trips[timetable.run[today] == run]) for run in timetable.run[today]}
    assert list(by_run.values()) == [list(runs)]


def test_a_timetable_read_again_comes_from_the_store(tmp_path: Path) -> None:
    path = zipped(tmp_path)
    first = read_timetable(path, DATE, cache_dir=tmp_path / "store")
    [kept] = (tmp_path / "store").glob("*.npz")
    again = read_timetable(path, DATE, cache_dir=tmp_path / "store")
    assert first.digest == again.digest
    assert first.gates.equals(again.gates)
    assert first.provenance == again.provenance
    assert first.span == again.span == read_feed(path).span
    kept.write_bytes(kept.read_bytes()[:-200])  # cut off: read anew
    assert read_timetable(path, DATE, cache_dir=tmp_path / "store").digest == first.digest
    other = zipped(tmp_path, ("note.md", b"x"), name="other.zip")
    read_timetable(other, DATE, cache_dir=tmp_path / "store")
    assert len(list((tmp_path / "store").glob("*.npz"))) == 2


def test_rows_in_another_order_change_nothing(tmp_path: Path) -> None:
    tables = hostile(5)
    one = day_of(read_feed(write_feed(tmp_path / "a", tables)), DATE)
    rng = np.random.default_rng(1)
    mixed = {
        name: [rows[i] for i in rng.permutation(len(rows))] if name != "transfers" else rows
        for name, rows in tables.items()
    }
    two = day_of(read_feed(write_feed(tmp_path / "b", mixed)), DATE)
    assert connections(one) == connections(two)
