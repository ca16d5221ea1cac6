"""What must hold of times by timetable whatever the timetable, and complaints of the field."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from eh_access import (
    CloseStop,
    JourneyLimits,
    SearchOptions,
    Timetable,
    TransitTimes,
    WithdrawRoute,
    change_timetable,
    check_timetable,
    find_walks,
    load_origins,
    load_sites,
    read_network,
    read_timetable,
    transit_times,
)
from eh_access.errors import InputError
from eh_access.sources.bundled import timetable_path
from eh_access.transit.feed import feed_of, read_feed
from eh_access.transit.journeys import Search, clock, clock_ds
from eh_access.transit.reading import make_timetable
from eh_access.transit.timetable import ARRAYS, day_of
from eh_access.transit.walks import NEVER, Walks
from timetable_county import county_tables, county_walks
from timetable_feeds import DATE, STOPS, hostile, made_walks, write_feed
from timetable_raptor import compare

EVERY = tuple(range(0, 101, 10))
MORNING = ("07:00", "10:00")


def town(seed: int, folder: Path, **options: Any) -> tuple[Timetable, Walks]:  # noqa: ANN401
    """A hostile town with made-up walks."""
    timetable = day_of(read_feed(write_feed(folder, hostile(seed))), DATE)
    return timetable, walks_of(timetable, seed, **options)


def walks_of(
    timetable: Timetable,
    seed: int,
    *,
    direction: str = "to_sites",
    factor: float = 1.0,
    limits: JourneyLimits | None = None,
) -> Walks:
    r = random.Random(seed)
    access = [
        {r.randrange(STOPS): factor * r.choice([0, 30, 240]) for _ in range(3)} for _ in range(8)
    ]
    egress = [
        {r.randrange(STOPS): factor * r.choice([0, 60, 300]) for _ in range(3)} for _ in range(3)
    ]
    between = {
        (a, b): factor * r.choice([60, 120, 400])
        for a in range(STOPS)
        for b in range(STOPS)
        if a != b and r.random() < 0.12
    }
    direct = factor * np.array(
        [[r.choice([900.0, 2400.0, math.inf]) for _ in egress] for _ in access]
    )
    return made_walks(
        timetable, access=access, egress=egress, between=between, direct=direct,
        limits=limits or JourneyLimits(), direction=direction,
    )  # type: ignore[arg-type]  # fmt: skip


def minutes(timetable: Timetable, walks: Walks, **options: Any) -> np.ndarray:  # noqa: ANN401
    options = {"window": MORNING, "percentiles": EVERY, **options}
    return transit_times(timetable, walks, **options).minutes


@pytest.mark.parametrize("by", ["arrival", "departure"])
@pytest.mark.parametrize("direction", ["to_sites", "from_sites"])
def test_percentiles_are_those_of_every_second_of_the_window(
    by: Any,  # noqa: ANN401
    direction: str,
    tmp_path: Path,
) -> None:
    timetable, walks = town(11, tmp_path / "f", direction=direction)
    window = ("08:00", "08:05")
    exact = transit_times(timetable, walks, window=window, by=by, percentiles=EVERY)
    assert_every_second(timetable, walks, exact)


def assert_every_second(timetable: Timetable, walks: Walks, exact: TransitTimes) -> None:
    """Compare percentiles with the times of every second of their window."""
    first, last = (clock_ds(text) // 10 for text in exact.window)
    each = np.array(
        [
            transit_times(
                timetable, walks, window=clock(s * 10), by=exact.by, percentiles=[50]
            ).judged_min
            for s in range(first, last)
        ]
    )
    for number, percentile in enumerate(exact.percentiles):
        rank = max(math.ceil(percentile / 100 * len(each)) - 1, 0)
        sampled = np.sort(each, axis=0)[rank]
        ours = exact.minutes[:, :, number]
        # a second of sampling moves a time by a second at most; at a jump it moves the share
        low, high = (np.sort(each, axis=0)[min(max(rank + k, 0), len(each) - 1)] for k in (-1, 1))
        assert ((ours >= low - 1.1 / 60) & (ours <= high + 1.1 / 60) | (ours == sampled)).all()
    share = np.isfinite(each).mean(axis=0)
    assert np.abs(share - exact.share_reachable).max() <= 2 / len(each)


@pytest.mark.parametrize("direction", ["to_sites", "from_sites"])
def test_range_raptor_agrees_on_newport(direction: str) -> None:
    timetable, walks = newport(direction)
    assert (
        compare(Search(timetable, walks, boardings=3), sites=range(0, 12, 4), hours=(6, 22)) > 100
    )


def test_range_raptor_agrees_on_hostile_towns(tmp_path: Path) -> None:
    for seed in range(20, 24):
        timetable, walks = town(seed, tmp_path / str(seed))
        assert compare(Search(timetable, walks, boardings=3), sites=range(3), hours=(6, 12)) > 100


def test_range_raptor_and_every_second_agree_on_a_county() -> None:
    # benchmarks/transit.py does the same at the size of a county
    tables = county_tables(trips=2_000, stops=500, size_m=12_000, count=4)
    timetable = make_timetable(feed_of(tables, "county"), DATE)
    walks = county_walks(timetable, homes=40, sites=3)
    search = Search(timetable, walks, boardings=3)
    assert compare(search, sites=range(1), hours=(8, 10), each=10) > 1_000
    window = ("09:00", "09:03")
    exact = transit_times(timetable, walks, window=window, percentiles=EVERY)
    assert_every_second(timetable, walks, exact)


@pytest.mark.parametrize("seed", [31, 32, 33])
def test_taking_away_never_shortens_and_adding_never_lengthens(seed: int, tmp_path: Path) -> None:
    timetable, walks = town(seed, tmp_path / "f")
    before = minutes(timetable, walks)
    for route in ("r0", "r3"):
        assert (minutes(change_timetable(timetable, [WithdrawRoute(route)]), walks) >= before).all()
    for stop in ("s2", "s7"):
        assert (minutes(change_timetable(timetable, [CloseStop(stop)]), walks) >= before).all()
    keep = np.asarray(timetable.run % 7 != 0)
    fewer = replace(timetable, **{name: getattr(timetable, name)[keep] for name in ARRAYS})
    assert (minutes(fewer, walks) >= before).all()


@pytest.mark.parametrize("seed", [41, 42])
def test_more_changes_longer_walks_and_a_brisker_pace_never_lengthen(
    seed: int, tmp_path: Path
) -> None:
    timetable, _ = town(seed, tmp_path / "f")
    by_changes = [
        minutes(timetable, walks_of(timetable, seed, limits=JourneyLimits(max_changes=k)))
        for k in range(4)
    ]
    for fewer, more in pairwise(by_changes):
        assert (more <= fewer).all()
    slow, brisk = (minutes(timetable, walks_of(timetable, seed, factor=f)) for f in (1.0, 0.7))
    assert (brisk <= slow + 1e-4).all()


def test_a_wider_window_never_worsens_the_best(tmp_path: Path) -> None:
    timetable, walks = town(51, tmp_path / "f")
    narrow = minutes(timetable, walks, window=("08:00", "09:00"))
    wide = minutes(timetable, walks, window=("07:00", "10:00"))
    assert (wide[:, :, 0] <= narrow[:, :, 0]).all()
    assert (wide[:, :, -1] >= narrow[:, :, -1]).all()


def test_everything_an_hour_later_is_the_same_an_hour_later(tmp_path: Path) -> None:
    timetable, walks = town(52, tmp_path / "f")
    later = replace(timetable, dep_ds=timetable.dep_ds + 36_000, arr_ds=timetable.arr_ds + 36_000)
    moved = minutes(later, walks, window=("08:00", "11:00"))
    assert (moved == minutes(timetable, walks)).all()


def test_duplicate_trips_change_nothing(tmp_path: Path) -> None:
    tables = hostile(53)
    one = day_of(read_feed(write_feed(tmp_path / "a", tables)), DATE)
    alone = {trip["trip_id"] for trip in tables["trips"] if not trip["block_id"]}
    for name in ("trips", "stop_times", "frequencies"):
        tables[name] += [
            {**row, "trip_id": row["trip_id"] + "x"}
            for row in list(tables[name])
            if row["trip_id"] in alone
        ]
    two = day_of(read_feed(write_feed(tmp_path / "b", tables)), DATE)
    walks = walks_of(one, 53)
    assert len(two.dep_ds) > len(one.dep_ds)
    assert (minutes(one, walks) == minutes(two, walks)).all()


# ------------------------------------------------------------------ Newport


@cache
def newport(direction: str = "to_sites") -> tuple[Timetable, Walks]:
    homes, sites = load_origins("newport_postcode").iloc[::15], load_sites("newport_sites")
    timetable = read_timetable(timetable_path("newport"), "2023-06-13")
    walks = find_walks(read_network("newport"), timetable, homes, sites, direction=direction)  # type: ignore[arg-type]
    return timetable, walks


def morning(**options: Any) -> TransitTimes:  # noqa: ANN401
    return transit_times(*newport(), window=("09:30", "10:30"), **options)


def test_by_bus_never_takes_longer_than_on_foot() -> None:
    _, walks = newport()
    times = morning(percentiles=[0, 50, 100])
    limit = walks.limits.longest_min
    on_foot = np.where(walks.walking.minutes <= limit, walks.walking.minutes, np.inf)
    assert (times.minutes <= on_foot[:, :, None]).all()
    assert (times.judged_min < on_foot).mean() > 0.1


def test_parts_add_up_to_the_time_and_statuses_to_everybody() -> None:
    times = morning()
    frame = times.to_frame()
    reached = np.isfinite(frame["travel_time_p50_min"])
    parts = frame[["walk_min", "ride_min", "wait_min", "spare_min"]]
    total = parts[reached].sum(axis=1)
    assert np.allclose(total, frame["travel_time_p50_min"][reached], atol=0.01)
    assert (parts[reached] >= 0).all().all()
    assert set(frame["status"][reached]) <= {"by_transit", "on_foot"}
    assert not set(frame["status"][~reached]) & {"by_transit", "on_foot"}
    assert (frame["changes"][reached] <= 2).all()


def test_two_runs_and_any_number_of_threads_give_the_same_bytes() -> None:
    runs = [morning(options=SearchOptions(threads=threads)) for threads in (1, 2, 5, 1)]
    for run in runs[1:]:
        assert run.minutes.tobytes() == runs[0].minutes.tobytes()
        assert run.status.tobytes() == runs[0].status.tobytes()
        pd.testing.assert_frame_equal(run.to_frame(), runs[0].to_frame())


# ------------------------------------------------------------------ complaints about other programs


def test_r5py_364_a_date_outside_the_feed_is_no_answer_of_walking_alone() -> None:
    with pytest.raises(
        InputError, match="2024-06-11 lies outside the feed, which runs from 2023-06-05 to"
    ):
        read_timetable(timetable_path("newport"), "2024-06-11")


def test_r5py_419_a_feed_of_calendar_dates_alone_is_a_feed(tmp_path: Path) -> None:
    tables = hostile(1)
    tables["calendar"] = []
    day = f"{DATE:%Y%m%d}"
    services = {trip["service_id"] for trip in tables["trips"]}
    tables["calendar_dates"] = [
        {"service_id": s, "date": day, "exception_type": 1} for s in sorted(services)
    ]
    feed = read_feed(write_feed(tmp_path / "f", tables))
    assert feed.span == (DATE, DATE)
    assert len(day_of(feed, DATE).of_the_day) > 50
    with pytest.raises(InputError, match="lies outside the feed, which"):
        make_timetable(feed, "2023-06-14")


def test_r5r_376_answers_differ_from_hour_to_hour() -> None:
    hours = [transit_times(*newport(), window=f"{h:02d}:00").judged_min for h in range(8, 19)]
    assert all((one != two).any() for one, two in pairwise(hours))
    assert all((hour < newport()[1].walking.minutes).any() for hour in hours)


def test_r5py_240_and_r5_714_nothing_is_drawn_so_a_scenario_alone_changes_times() -> None:
    timetable, walks = newport()
    assert morning().minutes.tobytes() == morning().minutes.tobytes()
    unserved = change_timetable(timetable, [])
    again = transit_times(unserved, walks, window=("09:30", "10:30"))
    assert again.minutes.tobytes() == morning().minutes.tobytes()


def test_r5py_511_and_r5r_339_the_first_wait_and_percentiles_are_defined() -> None:
    # by arrival being early counts, by departure the first wait: each is a part with a name
    for by in ("arrival", "departure"):
        times = morning(by=by)
        rides = times.leave_ds < NEVER
        total = (times.reach_ds - times.leave_ds) / 600
        spare = times.judged_min - total
        assert np.allclose(times.journeys["spare_min"][rides], spare[rides], atol=0.01)
        assert (spare[rides] >= -1e-3).all()
        moment = times.moment_ds[rides] / 600
        edge = times.leave_ds[rides] / 600 if by == "arrival" else times.reach_ds[rides] / 600
        assert np.allclose(np.abs(moment - edge), times.judged_min[rides], atol=0.01)


def test_goat_2644_and_transitous_2316_duplicate_trips_are_counted(tmp_path: Path) -> None:
    tables = hostile(4)
    copies = [{**t, "trip_id": f"{t['trip_id']}x", "block_id": ""} for t in tables["trips"]]
    tables["stop_times"] += [
        {**c, "trip_id": f"{c['trip_id']}x"} for c in list(tables["stop_times"])
    ]
    tables["trips"] += copies
    gates = check_timetable(read_feed(write_feed(tmp_path / "f", tables)), DATE).set_index("gate")
    assert gates.loc["doubled", "severity"] == "warn"
    assert 0.3 < gates.loc["doubled", "value"] <= 0.5
