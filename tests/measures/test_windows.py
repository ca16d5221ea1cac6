from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eh_access.errors import InputError, NotFoundError
from eh_access.measures.opening_hours import (
    WEEKDAYS,
    WINDOW_COLUMNS,
    Window,
    check_windows,
    clock_min,
    hours_of,
    windows_from_frame,
    with_hours,
)

MORNING = Window("mon", "09:30", "11:30")


def table(*rows: tuple[object, ...]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=list(WINDOW_COLUMNS))


def test_a_window_is_told_in_one_spelling() -> None:
    assert Window("Monday", "9:30", "11:30") == MORNING
    assert (MORNING.day, MORNING.opens_min, MORNING.closes_min, MORNING.minutes) == (
        0,
        570,
        690,
        120,
    )
    assert Window("SUN", "22:00", "24:00").minutes == 120


@pytest.mark.parametrize(
    ("window", "message"),
    [
        (("mon", "11:30", "09:30"), "closes at 09:30, not after it opens at 11:30"),
        (("mon", "09:30", "09:30"), "not after it opens"),
        (("mnday", "09:30", "11:30"), "no weekday 'mnday'"),
        (("mon", "9.30", "11:30"), "opens: '9.30' is no time of day"),
        (("mon", "09:30", "25:00"), "closes: '25:00' is no time of day"),
        (("mon", "09:30", "24:01"), "no time of day"),
        (("mon", "09:60", "11:00"), "no time of day"),
    ],
)
def test_what_is_no_window_is_refused(window: tuple[str, str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Window(*window)


def test_all_faults_of_a_window_are_told_at_once() -> None:
    with pytest.raises(InputError) as told:
        Window("x", "y", "z")
    assert len(told.value.faults) == 3


@pytest.mark.parametrize(
    "other",
    [("11:00", "12:00"), ("09:30", "11:30"), ("09:00", "09:31"), ("10:00", "10:15")],
)
def test_overlapping_windows_are_refused(other: tuple[str, str]) -> None:
    with pytest.raises(InputError, match=r"site 'hall': mon .* overlap; join them or correct one"):
        check_windows({"hall": [MORNING, Window("mon", *other)]})
    with pytest.raises(InputError, match="overlap"):
        hours_of([Window("mon", *other), MORNING])


def test_a_window_inside_an_earlier_one_is_found_behind_another() -> None:
    long = Window("tue", "09:00", "17:00")
    inside = [Window("tue", "10:00", "11:00"), Window("tue", "12:00", "13:00")]
    with pytest.raises(InputError) as told:
        check_windows({"hall": [long, *inside]})
    assert len(told.value.faults) == 2


def test_windows_that_touch_or_lie_on_other_days_do_not_overlap() -> None:
    after = Window("mon", "11:30", "12:00")
    other_day = Window("tue", "09:30", "11:30")
    assert hours_of([other_day, after, MORNING]) == 4.5
    assert check_windows({"b": [other_day, MORNING], "a": []}) == {
        "a": [],
        "b": [MORNING, other_day],
    }


def test_a_whole_week_is_168_hours() -> None:
    week = [Window(day, "00:00", "24:00") for day in WEEKDAYS]
    assert hours_of(week) == 168.0


@given(
    st.lists(
        st.tuples(st.sampled_from(WEEKDAYS), st.integers(0, 1439), st.integers(1, 1440)),
        max_size=6,
    )
)
def test_hours_are_the_minutes_covered_or_windows_overlap(rows: list[tuple[str, int, int]]) -> None:
    """Minute by minute, with no arithmetic of intervals."""
    windows = [
        Window(day, f"{start // 60:02d}:{start % 60:02d}", f"{end // 60:02d}:{end % 60:02d}")
        for day, start, end in rows
        if start < end
    ]
    minutes = [(w.day, minute) for w in windows for minute in range(w.opens_min, w.closes_min)]
    if len(set(minutes)) < len(minutes):
        with pytest.raises(InputError, match="overlap"):
            hours_of(windows)
    else:
        assert hours_of(windows) == pytest.approx(len(minutes) / 60)


@given(st.integers(0, 1440))
def test_times_of_day_are_read_back(minute: int) -> None:
    assert clock_min(f"{minute // 60:02d}:{minute % 60:02d}") == minute


def test_a_timetable_is_read_row_by_row() -> None:
    found = windows_from_frame(
        table(("b", "tue", "10:00", "12:00"), ("a", "mon", "09:30", "11:30"))
    )
    assert found == {"a": [MORNING], "b": [Window("tue", "10:00", "12:00")]}


def test_every_fault_of_a_timetable_is_told_with_its_row() -> None:
    rows = table(
        ("a", "mon", "09:30", "11:30"),
        ("a", "mon", "11:00", "12:00"),
        ("b", "mon", "12:00", "11:00"),
        ("c", "noday", "09:00", float("nan")),
    )
    with pytest.raises(InputError) as told:
        windows_from_frame(rows, source="times.csv")
    text = "\n".join(told.value.faults)
    assert len(told.value.faults) == 4
    assert "times.csv, row 3 (site_id 'b'): closes at 11:00" in text
    assert "times.csv, row 4 (site_id 'c'): no weekday 'noday'" in text
    assert "times.csv, site 'a': mon 09:30-11:30 and 11:00-12:00 overlap" in text


def test_columns_that_are_missing_are_named() -> None:
    with pytest.raises(InputError, match="no column 'to'; add it"):
        windows_from_frame(table().drop(columns="to"))


SITES = pd.DataFrame(
    {"hours_per_week": [math.nan, 10.0, 2.0]}, index=pd.Index(["a", "b", "c"], name="site_id")
)


def test_windows_give_hours_and_leave_the_rest() -> None:
    found = with_hours(SITES, {"a": [MORNING], "c": [MORNING]})
    assert found["hours_per_week"].tolist() == [2.0, 10.0, 2.0]
    assert math.isnan(SITES.loc["a", "hours_per_week"])


def test_hours_that_contradict_windows_are_refused() -> None:
    with pytest.raises(InputError, match="site 'b': its windows make 2 hours a week, its row sta"):
        with_hours(SITES, {"b": [MORNING]})


def test_a_timetable_of_an_unknown_site_is_refused() -> None:
    with pytest.raises(NotFoundError, match="timetable: no site 'aa': did you mean 'a'"):
        with_hours(SITES, {"aa": [MORNING]})
