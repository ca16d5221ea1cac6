"""Changing a timetable: pure functions, and what they must never do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from eh_access import (
    AddLine,
    CloseStop,
    SetFrequency,
    Timetable,
    WithdrawRoute,
    change_timetable,
    example_buses,
    find_walks,
    lose_departures,
    transit_times,
)
from eh_access.errors import InputError, NotFoundError
from eh_access.transit.feed import read_feed
from eh_access.transit.timetable import day_of
from timetable_feeds import DATE, calendar, hostile, write_feed

NETWORK, HOMES, SITES, TIMETABLE = example_buses()
WALKS = find_walks(NETWORK, TIMETABLE, HOMES, SITES)
ALL_DAY = ("08:00", "12:00")


def line(**settings: Any) -> AddLine:  # noqa: ANN401 - any of its fields
    """Return a line along the street."""
    ends = {"stops": ("west_end", "east_end"), "minutes": (0, 6), "first": "09:00", "last": "10:00"}
    return AddLine(**{"route_id": "X", "every_min": 20, **ends, **settings})


def day_with(
    folder: Path,
    calls: Mapping[str, tuple[float, str]],
    *,
    trip_of: Callable[[str], dict[str, Any]],
) -> Timetable:
    """Return a weekday of trips: when each sets out, and its stops, a minute from one another."""
    at = {
        name: [f"{int(hour)}:{round(hour % 1 * 60) + place:02d}:00" for place in range(len(path))]
        for name, (hour, path) in calls.items()
    }
    tables: dict[str, list[dict[str, Any]]] = {
        "stops": [
            {"stop_id": s, "stop_name": s, "stop_lat": 53.43 + i / 1e3, "stop_lon": -1.36}
            for i, s in enumerate("abcd")
        ],
        "routes": [{"route_id": str(n), "route_type": 3} for n in (1, 2, 3)],
        "trips": [{"service_id": "wk", "trip_id": name, **trip_of(name)} for name in calls],
        "stop_times": [
            {
                "trip_id": name, "stop_id": stop, "stop_sequence": place,
                "arrival_time": at[name][place], "departure_time": at[name][place],
            }
            for name, (_, path) in calls.items()
            for place, stop in enumerate(path)
        ],
        "calendar": [calendar("wk", range(5))],
    }  # fmt: skip
    return day_of(read_feed(write_feed(folder / "f", tables)), DATE)


def minutes(timetable: Timetable) -> np.ndarray:
    return transit_times(timetable, WALKS, window=ALL_DAY, percentiles=range(0, 101, 5)).minutes


def test_the_timetable_itself_is_untouched() -> None:
    before = TIMETABLE.digest
    change_timetable(TIMETABLE, [CloseStop("school"), SetFrequency(route_id="1", every_min=7)])
    lose_departures(TIMETABLE)
    assert TIMETABLE.digest == before
    assert change_timetable(TIMETABLE, []).digest == before


def test_a_route_withdrawn_leaves_walking() -> None:
    gone = change_timetable(TIMETABLE, [WithdrawRoute("1")])
    assert len(gone.dep_ds) == 0
    assert (minutes(gone)[:, :, 0] == WALKS.walking.minutes).all()


def test_a_stop_closed_is_passed() -> None:
    closed = change_timetable(TIMETABLE, [CloseStop("school")])
    # b must walk to the east end (28 minutes); a rides by as before
    assert (minutes(closed)[1, 1] == 28).all()
    assert (minutes(closed)[0] == minutes(TIMETABLE)[0]).all()


def test_a_line_added_runs_both_ways() -> None:
    express = line(first="09:05", last="10:05")
    more = change_timetable(TIMETABLE, [express])
    added = more.trips["route_id"] == "X"
    assert added.sum() == 8  # 9:05, 9:25, 9:45, 10:05, and back
    # leave at 9:42 for the express of 9:45, there at 9:51
    assert transit_times(more, WALKS, window="10:00").judged_min[0, 1] == 18
    assert (minutes(more) <= minutes(TIMETABLE)).all()


def test_a_frequency_keeps_the_first_bus_and_the_ride() -> None:
    often = change_timetable(TIMETABLE, [SetFrequency(route_id="1", every_min=10)])
    assert len(often.trips.iloc[often.of_the_day]) == 2 * 10  # 9:00 to 10:30
    # the bus of 9:40 is there at 9:51: leave at 9:37
    assert transit_times(often, WALKS, window="10:00").judged_min[0, 1] == 23
    assert (minutes(often) <= minutes(TIMETABLE)).all()


def test_a_frequency_is_each_way_s_whatever_its_trips_are_like(tmp_path: Path) -> None:
    # out a - b - c - d at 7, 9 and 11, b - c alone at 8, and back at 7:30 and 9:30; last night's
    # trip out at 24:30 is not of the day
    calls = {
        **{f"out{h}": (h, "abcd") for h in (7, 9, 11)},
        "short": (8, "bc"), "back1": (7.5, "dcba"), "back2": (9.5, "dcba"), "night": (24.5, "abcd"),
    }  # fmt: skip
    whole = day_with(tmp_path, calls, trip_of=lambda _: {"route_id": 1})
    often = change_timetable(whole, [SetFrequency(route_id="1", every_min=60)])
    first = pd.DataFrame({"trip": often.trip, "at": often.dep_ds / 36_000, "stop": often.frm})
    first = first.sort_values("at").groupby("trip").first().join(often.trips)
    a, b, _, d = range(4)
    # to 24:30 at most; at 8 as b - c does
    expected = [(7.0 + n, b if n == 1 else a) for n in range(18)] + [(7.5 + n, d) for n in range(3)]
    today = first[first["day"] == 0]
    assert sorted(zip(today["at"], today["stop"], strict=True)) == sorted(expected)
    last_night = first[(first["day"] == -1) & (first["at"] >= 0)]
    assert last_night["at"].tolist() == [0.5]


def test_of_a_route_the_same_departures_are_lost_whatever_becomes_of_others() -> None:
    both = change_timetable(TIMETABLE, [line(route_id="0")])
    for seed in range(5):
        left = [lose_departures(each, share=0.3, seed=seed).trips for each in (TIMETABLE, both)]
        ids = [set(trips.loc[trips["route_id"] == "1", "trip_id"]) for trips in left]
        assert ids[0] == ids[1]


def test_a_draw_is_its_seed_s() -> None:
    one, two, other = (lose_departures(TIMETABLE, share=0.3, seed=s) for s in (4, 4, 5))
    assert one.digest == two.digest != other.digest
    assert (minutes(one) >= minutes(TIMETABLE)).all()
    assert len(lose_departures(TIMETABLE, share=1).of_the_day) == 0


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (WithdrawRoute("9"), "no route '9'"),
        (CloseStop("scool"), "did you mean 'school'"),
        (SetFrequency(route_id="1", every_min=0), "every_min is 0"),
        (line(first="10:00", last="09:00"), "last departure, 09:00, is before its first, 10:00"),
        (line(minutes=(0, 0.5)), "4.0 km in 0.5 minutes, faster than buses go"),
        ("withdraw 1", "no change of a timetable"),
    ],
)
def test_changes_that_are_none_are_refused(change: Any, match: str) -> None:  # noqa: ANN401
    with pytest.raises((InputError, NotFoundError), match=match):
        change_timetable(TIMETABLE, [change])


def test_nobody_stays_seated_across_a_route_that_is_gone(tmp_path: Path) -> None:
    # one vehicle runs a - b as route 1, b - c as route 2, c - d as route 3
    calls = {"t1": (9.0, "ab"), "t2": (10.0, "bc"), "t3": (11.0, "cd")}
    whole = day_with(tmp_path, calls, trip_of=lambda name: {"route_id": name[1], "block_id": "bus"})
    assert len(set(whole.run[whole.dep_ds < 864_000])) == 1
    gone = change_timetable(whole, [WithdrawRoute("2")])
    assert len(set(gone.run[gone.dep_ds < 864_000])) == 2


def test_mirroring_twice_is_the_identity(tmp_path: Path) -> None:
    timetable = day_of(read_feed(write_feed(tmp_path / "f", hostile(2))), DATE)
    twice = timetable.mirrored.mirrored
    for name in ("frm", "to", "dep_ds", "arr_ds", "run", "trip", "flag"):
        assert (getattr(twice, name) == getattr(timetable, name)).all()
