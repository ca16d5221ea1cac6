from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eh_access.criteria.criterion import Case, Side
from eh_access.errors import InputError, NotFoundError
from eh_access.measures.opening_hours import (
    Window,
    hours_reachable,
    nearest_open_for,
    open_for,
)
from eh_access.measures.scenarios import (
    BASELINE,
    Close,
    Scenario,
    SetHours,
    apply_scenario,
    open_sites,
)
from eh_access.planning.three_readings import readings_table
from eh_access.routing.travel_times import TravelTimes
from eh_access.transit.visits import visits
from strategies_analysis import World, worlds
from toy_borough import HOUSES, case_of, origins, sites, times, times_of

INF = math.inf
TO, BACK = times(), times(direction="from_sites")
CLOSED = Scenario("closed", "B is gone", (Close("B"),))
TEN = Scenario("ten", "B keeps ten hours", (SetHours("B", 10.0),))


def attended(*windows: Window, **more: object) -> pd.DataFrame:
    """Return who can be at sessions of centre A, which is at h01; a house more is 12 minutes."""
    return at_sessions({"A": windows}, **more)


def at_sessions(
    windows: dict[str, Sequence[Window]],
    there: TravelTimes = TO,
    back: TravelTimes = BACK,
    **more: object,
) -> pd.DataFrame:
    """Return who can be at sessions, with no minutes to settle or to set off."""
    keys = {"each_way_min": 720.0, "settle_min": 0.0, "leave_min": 0.0} | more
    return visits(windows, there, back, **keys).per_origin()


def test_a_family_must_be_home_before_the_day_is_over() -> None:
    # closing at 19:00 leaves 30 minutes until 19:30: two steps of 12 minutes, not three
    found = attended(Window("mon", "17:00", "19:00"))
    assert found.index[found["sessions"] > 0].tolist() == ["h01", "h02", "h03"]
    assert found["hours"].max() == 2.0


def test_a_family_must_not_leave_before_the_day_begins() -> None:
    # opening at 08:06 leaves 36 minutes from 07:30: three steps exactly
    found = attended(Window("mon", "08:06", "10:00"))
    assert found.index[found["sessions"] > 0].tolist() == HOUSES[:4]


def test_another_day_moves_both_ends() -> None:
    window = Window("fri", "09:00", "10:00")
    assert attended(window, day=("09:00", "10:00"))["sessions"].sum() == 1  # h01 lives there
    assert attended(window, day=("08:48", "10:12"))["sessions"].sum() == 2


def test_the_cutoff_holds_each_way() -> None:
    window = Window("mon", "10:00", "12:00")
    assert attended(window, each_way_min=24.0)["sessions"].sum() == 3
    slow_home = times_of(BACK.minutes * 3, direction="from_sites")
    found = at_sessions({"A": [window]}, back=slow_home, each_way_min=24.0)
    assert found["sessions"].sum() == 1


def test_hours_count_where_both_ways_are_within_the_cutoff() -> None:
    # full hours, 25 a week: h01 lives at A; h02 is 12 minutes away and 36 from home
    open_all, slow_home = (
        apply_scenario(sites(), BASELINE),
        times_of(BACK.minutes * 3, direction="from_sites"),
    )
    only_a = open_all.assign(is_open=open_all.index == "A", hours_per_week=25.0)
    keys = {"cutoff_min": 24.0, "full_hours": 25.0}
    one_way = hours_reachable(TO, only_a, **keys)
    both = hours_reachable(TO, only_a, times_back=slow_home, **keys)
    assert one_way[one_way > 0].to_dict() == {"h01": 25.0, "h02": 25.0, "h03": 25.0}
    assert both[both > 0].to_dict() == {"h01": 25.0}


def test_sessions_and_hours_add_up_over_sites() -> None:
    timetable = {
        "A": [Window("mon", "10:00", "12:00"), Window("tue", "10:00", "11:00")],
        "B": [Window("mon", "10:00", "11:30")],
    }
    found = at_sessions(timetable, each_way_min=24.0)
    # h02 is one step from A and two from B
    assert found.loc["h02"].to_dict() == {
        "sessions": 3,
        "hours": 4.5,
        "sessions_within": 3,
    }
    # h10 is two steps from C and one from D... of which no sessions are known
    assert found.loc["h10"].tolist() == [0, 0, 0]


def test_sessions_of_a_closed_site_do_not_count() -> None:
    windows = {site: [Window("mon", "10:00", "12:00")] for site in "AB"}
    visited = visits(windows, TO, BACK)
    table = apply_scenario(sites(), CLOSED)
    opened = open_sites(table, full_time=False, full_time_from_hours=0)
    assert visited.per_origin(opened)["sessions"].tolist() == [1] * 5 + [0] * 7
    assert visited.per_origin()["sessions"].tolist() == [2] * 5 + [1] * 3 + [0] * 4
    assert visited.per_origin([])["sessions"].sum() == 0


def test_late_sessions_are_within_reach_but_not_whole() -> None:
    found = attended(Window("mon", "18:00", "20:00"))
    assert found["sessions"].sum() == 0
    assert found["sessions_within"].sum() == 12


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"day": ("19:30", "07:30")}, "the day from 19:30 to 07:30 ends before it begins"),
        ({"day": ("7.30", "19:30")}, "'7.30' is no time of day"),
        ({"stay_min": 0.0}, "stay_min is 0.0; give minutes above 0 and at most 1440"),
    ],
)
def test_a_day_must_be_one(change: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        attended(**change)


def test_a_stay_need_not_fill_the_window() -> None:
    # open 07:00 to 20:00, the day 07:30 to 19:30: of 720 minutes the way takes 24 for each step
    window = Window("mon", "07:00", "20:00")
    assert attended(window)["sessions"].sum() == 0  # nobody is there from opening to closing
    most = attended(window, stay_min=720.0 - 3 * 24)
    assert most.index[most["sessions"] > 0].tolist() == ["h01", "h02", "h03", "h04"]
    assert attended(window, stay_min=60.0)["sessions"].sum() == 12
    # a window shorter than the stay counts as it did
    short = Window("mon", "18:00", "19:00")
    long_stay = attended(short, stay_min=90.0)["sessions"].tolist()
    assert long_stay == attended(short)["sessions"].tolist()


def test_times_must_go_both_ways_and_be_of_the_same_families() -> None:
    with pytest.raises(InputError, match="the ways are to_sites and to_sites; give to_sites, then"):
        visits({}, TO, TO)
    fewer = times_of(BACK.minutes[:3], houses=HOUSES[:3], direction="from_sites")
    with pytest.raises(InputError, match="not of the same origins"):
        visits({}, TO, fewer)


@given(worlds(), st.integers(0, 120), st.integers(1, 240))
def test_whole_sessions_are_some_of_those_within_reach(
    world: World, cutoff: int, length: int
) -> None:
    there, back = (
        world.times,
        times_of(
            world.times.minutes,
            houses=world.times.origin_ids,
            centres=world.times.site_ids,
            direction="from_sites",
        ),
    )
    end = 9 * 60 + length
    window = Window("wed", "09:00", f"{end // 60:02d}:{end % 60:02d}")
    timetable = {site: [window] for site in world.sites}
    found = at_sessions(timetable, there, back, each_way_min=float(cutoff))
    assert (found["sessions"] <= found["sessions_within"]).all()
    longer = at_sessions(timetable, there, back, each_way_min=float(cutoff) + 10)
    assert (longer["sessions"] >= found["sessions"]).all()
    assert found["hours"].to_numpy() == pytest.approx(found["sessions"] * length / 60)


# ---- open for so many hours --------------------------------------------------------------------


@pytest.mark.parametrize(("hours", "who"), [(5.0, "ABCD"), (10.0, "ABCD"), (10.1, "ACD")])
def test_open_for_at_least_so_many_hours(hours: float, who: str) -> None:
    table = apply_scenario(sites(), TEN)
    assert open_for(table, hours, 25.0).tolist() == list(who)
    assert nearest_open_for(TO, table, min_hours=hours, full_hours=25.0).loc["h04", "site_id"] == (
        "B" if "B" in who else "A"
    )


def test_full_hours_count_as_the_number_given() -> None:
    table = apply_scenario(sites(), TEN)
    found = nearest_open_for(TO, table, min_hours=30.0, full_hours=25.0)
    assert set(found["site_id"]) == {""}
    assert np.isinf(found["minutes"]).all()


def test_hours_must_be_above_0() -> None:
    with pytest.raises(InputError, match="min_hours is 0; give hours a week above 0"):
        nearest_open_for(TO, sites(), min_hours=0, full_hours=25.0)


def test_an_open_site_without_times_is_named() -> None:
    few = times_of(TO.minutes[:, :3], centres=("A", "B", "C"))
    with pytest.raises(NotFoundError, match="no site 'D'"):
        nearest_open_for(few, sites(), min_hours=1, full_hours=25.0)


# ---- three readings ----------------------------------------------------------------------------


def test_three_readings_of_two_scenarios() -> None:
    found = readings_table([case_of(CLOSED), case_of(TEN)]).set_index(["scenario", "reading"])
    any_hours, ten, full = "any hours", "at least 10 hours a week", "full-time hours"
    # within 30 minutes: all before; without B all but h04 and h05 (20 of 100)
    within = found["weight_within"]
    assert within["closed"].to_dict() == {any_hours: 80.0, ten: 80.0, full: 80.0}
    assert within["ten"].to_dict() == {any_hours: 100.0, ten: 100.0, full: 80.0}
    # more than 5 minutes longer: h03, h04 and h05 (25)
    assert found["weight_loses"]["ten"].to_dict() == {any_hours: 0.0, ten: 0.0, full: 25.0}
    # 12 x 5 + 36 x 10 + 24 x 10 minutes over 100
    assert found["mean_change_min"]["ten"][full] == pytest.approx(6.6)
    assert (found["share_within_before"] == 1.0).all()
    assert found["sites"]["ten"].tolist() == [4, 4, 3]


def test_hours_within_are_those_of_every_open_site() -> None:
    found = readings_table([case_of(CLOSED), case_of(TEN)]).groupby("scenario")
    hours = found["mean_hours_within"].first()
    # within 30 minutes (two steps) by house: A 1-3, B 2-6, C 6-10, D 10-12; 25 hours each
    reach = {"A": 20.0, "B": 40.0, "C": 45.0, "D": 20.0}
    full = (reach["A"] + reach["C"] + reach["D"]) * 25 / 100
    assert hours["closed"] == pytest.approx(full)
    assert hours["ten"] == pytest.approx(full + reach["B"] * 10 / 100)
    # the toy's sites are full-time, hours unknown: at 37 each, and ten where ten are stated
    assert found["sites_hours_unknown"].first().to_dict() == {"closed": 3, "ten": 3}
    long = found["mean_hours_within_long"].first()
    assert long["closed"] == pytest.approx(full * 37 / 25)
    assert long["ten"] == pytest.approx(full * 37 / 25 + reach["B"] * 10 / 100)


def test_a_site_of_unknown_place_is_counted_and_reached_by_nobody() -> None:
    table = sites(basis={"C": "unknown"})
    found = readings_table([case_of(CLOSED, table=table)])
    assert found["sites"].tolist() == [3, 3, 3]
    assert found["mean_hours_within"].iloc[0] == pytest.approx(40 * 25 / 100)


def test_readings_are_of_one_set_of_families() -> None:
    with pytest.raises(InputError, match="case 'closed': no times by drive"):
        readings_table([case_of(CLOSED)], mode="drive")
    renamed = {house: f"x{house}" for house in HOUSES}
    walk = times_of(TO.minutes, houses=list(renamed.values()))
    one_side = Side(sites=apply_scenario(sites(), BASELINE), times={"walk": walk})
    others = Case(
        scenario="theirs", origins=origins().rename(index=renamed), before=one_side, after=one_side
    )
    with pytest.raises(InputError, match="'theirs' is of other families than 'closed'"):
        readings_table([case_of(CLOSED), others])
