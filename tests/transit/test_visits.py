"""There and back, by hand on one street, and as the same question asked in other ways."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from eh_access import (
    WALK,
    JourneyLimits,
    Window,
    WithdrawRoute,
    change_timetable,
    example_buses,
    find_walks,
    load_origins,
    load_sites,
    read_network,
    read_timetable,
    transit_times,
    travel_time_matrix,
    visits,
)
from eh_access.errors import InputError, NotFoundError
from eh_access.sources.bundled import timetable_path
from eh_access.transit.visits import Barrier

NETWORK, HOMES, SITES, TIMETABLE = example_buses()
WAYS = [
    find_walks(NETWORK, TIMETABLE, HOMES, SITES, direction=way)
    for way in ("to_sites", "from_sites")
]


def barrier_for_a(opens: str, closes: str, **options: object) -> Barrier:
    found = visits({"east": [Window("tue", opens, closes)]}, *WAYS, timetable=TIMETABLE, **options)  # type: ignore[arg-type]
    return Barrier(found.barrier[0, 0])


def test_a_session_by_bus_both_ways() -> None:
    # there at 9:55: the bus of 9:30, leaving home at 9:27. From 10:20 on: the bus of 10:30
    found = visits({"east": [Window("tue", "10:00", "10:15")]}, *WAYS, timetable=TIMETABLE)
    row = found.to_frame().iloc[0]
    assert (row["out_leave"], row["out_min"], row["out_by"]) == ("09:27", 33, "by_vehicle")
    assert (row["home_at"], row["home_min"], row["home_by"]) == ("10:43", 28, "by_vehicle")
    assert (row["away_min"], row["barrier"]) == (76, "none")
    assert found.per_origin()["sessions"].tolist() == [1, 1]
    assert found.per_origin()["hours"].tolist() == [0.25, 0.25]


def test_by_bus_there_and_on_foot_home() -> None:
    # no bus leaves after 10:30, so the way home is on foot: 48 minutes
    row = visits({"east": [Window("tue", "10:00", "11:00")]}, *WAYS, timetable=TIMETABLE)
    first = row.to_frame().iloc[0]
    assert (first["out_by"], first["home_by"], first["home_at"]) == (
        "by_vehicle",
        "on_foot",
        "11:53",
    )


@pytest.mark.parametrize(
    ("opens", "closes", "options", "barrier"),
    [
        ("10:00", "10:15", {}, Barrier.NONE),
        ("10:00", "10:15", {"each_way_min": 33}, Barrier.NONE),
        ("10:00", "10:15", {"each_way_min": 32.9}, Barrier.TOO_LONG_THERE),
        ("10:00", "10:15", {"day": ("09:27", "10:43")}, Barrier.NONE),
        ("10:00", "10:15", {"day": ("09:28", "10:43")}, Barrier.DAY_BEGINS_LATER),
        ("10:00", "10:15", {"day": ("09:27", "10:42")}, Barrier.DAY_ENDS_EARLIER),
        ("10:00", "10:10", {"each_way_min": 33}, Barrier.NONE),
        ("10:00", "10:09", {"each_way_min": 33}, Barrier.TOO_LONG_HOME),
        # to board at 10:30 one must be at the stop at 10:29
        ("10:00", "10:25", {"leave_min": 4}, Barrier.NONE),
        ("10:00", "10:25", {"leave_min": 5, "each_way_min": 33}, Barrier.TOO_LONG_HOME),
    ],
)
def test_the_first_limit_that_breaks_is_named(
    opens: str, closes: str, options: dict[str, object], barrier: Barrier
) -> None:
    assert barrier_for_a(opens, closes, **options) == barrier


def test_no_way_at_all_is_named() -> None:
    limits = JourneyLimits(direct_min=10)
    ways = [
        find_walks(NETWORK, TIMETABLE, HOMES, SITES, limits=limits, direction=way)
        for way in ("to_sites", "from_sites")
    ]
    windows = {"east": [Window("tue", "09:00", "09:10"), Window("tue", "10:00", "11:00")]}
    found = visits(windows, *ways, timetable=TIMETABLE)
    assert found.barrier[0].tolist() == [Barrier.NO_WAY_THERE, Barrier.NO_WAY_HOME]
    assert found.leave_min[0, 0] == -np.inf
    assert found.home_min[0, 1] == np.inf


def test_questions_that_do_not_fit_are_refused() -> None:
    windows = {"east": [Window("wed", "10:00", "11:00")]}
    with pytest.raises(InputError, match="sessions on wed; give a timetable of each weekday"):
        visits(windows, *WAYS, timetable=TIMETABLE)
    with pytest.raises(InputError, match="give to_sites, then from_sites"):
        visits(windows, *WAYS[::-1], timetable=TIMETABLE)
    with pytest.raises(NotFoundError, match="no site 'eest'"):
        visits({"eest": []}, *WAYS, timetable=TIMETABLE)
    with pytest.raises(InputError, match="ends before it begins"):
        visits({}, *WAYS, timetable=TIMETABLE, day=("19:30", "07:30"))


def test_where_nothing_runs_a_visit_by_timetable_is_one_on_foot() -> None:
    to, home = (
        travel_time_matrix(NETWORK, HOMES, SITES, mode=WALK, direction=way)
        for way in ("to_sites", "from_sites")
    )
    windows = {
        "east": [Window("tue", "08:00", "09:00"), Window("tue", "18:30", "19:00")],
        "west": [Window("tue", "07:40", "19:29"), Window("tue", "10:00", "12:00")],
    }
    routes = TIMETABLE.trips["route_id"].unique()
    empty = change_timetable(TIMETABLE, [WithdrawRoute(str(route)) for route in routes])
    on_foot, waiting = (
        visits(windows, to, home, each_way_min=50),
        visits(windows, *WAYS, timetable=empty, each_way_min=50),
    )
    pd.testing.assert_frame_equal(on_foot.to_frame(), waiting.to_frame())
    assert 0 < on_foot.possible.sum() < on_foot.possible.size


def test_a_stay_is_asked_along_streets_only() -> None:
    with pytest.raises(InputError, match="by timetable give whole sessions"):
        visits({}, *WAYS, timetable=TIMETABLE, stay_min=60)


def test_newport_there_and_back_is_its_times_by_deadline_and_departure() -> None:
    network = read_network("newport")
    homes, sites = load_origins("newport_postcode").iloc[::40], load_sites("newport_sites")
    timetable = read_timetable(timetable_path("newport"), "2023-06-13")
    ways = [
        find_walks(network, timetable, homes, sites, direction=way)
        for way in ("to_sites", "from_sites")
    ]
    windows = {
        site: [Window("tue", "09:30", "11:00"), Window("tue", "13:00", "14:30")]
        for site in sites.index
    }
    found = visits(windows, *ways, timetable=timetable, settle_min=0, leave_min=0)
    for k, session in enumerate(found.sessions.itertuples()):
        column = sites.index.get_loc(session.site_id)
        out = transit_times(timetable, ways[0], window=session.opens, percentiles=[50])
        back = transit_times(
            timetable, ways[1], window=session.closes, by="departure", percentiles=[50]
        )
        frame = found.to_frame().iloc[k :: len(found.sessions)]
        assert frame["out_min"].to_numpy() == pytest.approx(out.judged_min[:, column], abs=1e-3)
        assert frame["home_min"].to_numpy() == pytest.approx(back.judged_min[:, column], abs=1e-3)
    assert {"on_foot", "by_vehicle"} == set(found.to_frame()["out_by"])
