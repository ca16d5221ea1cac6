"""A bus along one street, worked by hand.

west end            school                          east end
0 m -- a 160 ------ 1600 -- b 1760 ----------------- 4000 m     80 m a minute on foot
9:00 9:30 10:00 10:30, 5 minutes to the school, 11 to the east end; back at the same times
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from eh_access import (
    JourneyLimits,
    SearchOptions,
    TransitTimes,
    Walks,
    example_buses,
    explain_trip,
    find_walks,
    transit_times,
)
from eh_access.errors import InputError, NotFoundError
from eh_access.modes import DRIVE, PUSHCHAIR
from eh_access.transit.journeys import Status
from eh_access.transit.timetable import Unknown
from eh_access.transit.trips import judged_trips

NETWORK, HOMES, SITES, TIMETABLE = example_buses()
WALKS = find_walks(NETWORK, TIMETABLE, HOMES, SITES)
HOME = find_walks(NETWORK, TIMETABLE, HOMES, SITES, direction="from_sites")


def east_of_a(walks: Walks = WALKS, **options: Any) -> tuple[TransitTimes, Any]:  # noqa: ANN401
    times = transit_times(TIMETABLE, walks, **options)
    return times, times.minutes[0, 1]


def test_a_deadline_counts_from_leaving_home() -> None:
    # 2 minutes to the stop, 1 before the bus of 9:30, there at 9:41: leave at 9:27 for 10:00
    _, minutes = east_of_a(window="10:00")
    assert minutes.tolist() == [33, 33, 33]


def test_a_departure_counts_the_first_wait() -> None:
    # at 9:30 the bus of 9:30 is gone: 10:00, there at 10:11
    _, minutes = east_of_a(window="09:30", by="departure")
    assert minutes.tolist() == [41, 41, 41]


def test_percentiles_are_of_every_moment_of_the_window() -> None:
    # deadlines 9:41 to 10:11 take 14 to 44 minutes, evenly; over 9:30 to 10:30, 14 to 44 twice
    _, minutes = east_of_a(window=("09:41", "10:11"), percentiles=[0, 10, 50, 90, 100])
    assert minutes == pytest.approx([14, 17, 29, 41, 44], abs=0.002)


def test_walking_all_the_way_caps_it() -> None:
    times, minutes = east_of_a(window="09:00", percentiles=[50])
    assert minutes.tolist() == [48]  # no bus is there by 9:00
    assert times.status[0, 1] == Status.ON_FOOT
    parts = {name: part[0, 1] for name, part in times.journeys.items()}
    assert parts == {"changes": 0, "walk_min": 48, "ride_min": 0, "wait_min": 0, "spare_min": 0}


def test_parts_of_the_journey_add_up() -> None:
    times, _ = east_of_a(window="10:00")
    parts = {name: part[0, 1] for name, part in times.journeys.items()}
    assert parts == {"changes": 0, "walk_min": 2, "ride_min": 11, "wait_min": 1, "spare_min": 19}
    row = times.to_frame().iloc[1]
    assert (row["leaves"], row["arrives"], row["status"]) == ("09:27", "09:41", "by_transit")


@pytest.mark.parametrize(
    ("asked", "leaves", "arrives", "moment"),
    [
        # deadlines 9:41 to 10:11 take 14 to 44 minutes from 9:27, so half of them 29 or less
        ({"window": ("09:41", "10:11"), "by": "arrival"}, "09:27", "09:41", "09:56"),
        # from 9:27 to 9:57 one waits for the bus of 10:00, there at 10:11
        ({"window": ("09:27", "09:57"), "by": "departure"}, "09:57", "10:11", "09:42"),
    ],
)
def test_the_journey_of_a_window_has_the_moment_it_is_for(
    asked: dict[str, Any], leaves: str, arrives: str, moment: str
) -> None:
    times, minutes = east_of_a(**asked, percentiles=[50])
    trip = judged_trips(times, [(0, 1)])[0, 1]
    assert (trip.leaves, trip.arrives, trip.moment) == (leaves, arrives, moment)
    assert (trip.minutes, trip.spare_min) == (14, pytest.approx(15, abs=0.002))
    assert trip.minutes + trip.spare_min == pytest.approx(minutes[0], abs=1e-4)


def test_the_way_home_is_a_question_of_its_own() -> None:
    # leave the site at 10:00: a minute before a bus one must be there, so that of 10:30 is the one
    _, minutes = east_of_a(HOME, window="10:00", by="departure")
    assert minutes.tolist() == [43, 43, 43]
    _, minutes = east_of_a(HOME, window="10:00", by="arrival")
    assert minutes.tolist() == [31, 31, 31]  # off at 9:29, home at 9:43
    trip = explain_trip(TIMETABLE, HOME, "a", "east", arrive_by="10:00")
    assert [(leg.kind, leg.leaves, leg.arrives) for leg in trip.legs] == [
        ("walk", "09:29", "09:29"),
        ("ride", "09:30", "09:41"),
        ("walk", "09:41", "09:43"),
    ]
    assert trip.legs[1].headsign == "West End"


def test_what_is_in_the_way_has_a_name() -> None:
    limits = JourneyLimits(direct_min=10, longest_min=20)
    walks = find_walks(NETWORK, TIMETABLE, HOMES, SITES, limits=limits)
    times = transit_times(TIMETABLE, walks, window=("09:30", "10:30"))
    assert Status(times.status[0, 1]) == Status.TOO_SELDOM  # 14 to 20 of 30 minutes: a fifth
    assert times.share_reachable[0, 1] == pytest.approx(0.2)
    assert not np.isfinite(times.journeys["ride_min"][0, 1])
    assert Status(transit_times(TIMETABLE, walks, window="08:00").status[0, 1]) == Status.NO_SERVICE
    limits = JourneyLimits(direct_min=10, longest_min=13)
    walks = find_walks(NETWORK, TIMETABLE, HOMES, SITES, limits=limits)
    assert Status(transit_times(TIMETABLE, walks, window="10:00").status[0, 1]) == Status.TOO_LONG
    limits = JourneyLimits(direct_min=10, access_min=1)
    walks = find_walks(NETWORK, TIMETABLE, HOMES, SITES, limits=limits)
    times = transit_times(TIMETABLE, walks, window="10:00")
    assert Status(times.status[0, 1]) == Status.NO_STOP_NEAR_ORIGIN


def test_a_pushchair_walks_at_its_own_pace() -> None:
    walks = find_walks(NETWORK, TIMETABLE, HOMES, SITES, mode=PUSHCHAIR)
    slow = explain_trip(TIMETABLE, walks, "a", "east", arrive_by="10:00")
    # 160 m at 60 m a minute
    assert slow.legs[0].minutes == pytest.approx(160 / 60, abs=0.01)
    assert slow.leaves == "09:26:20"


def test_a_mode_that_does_not_walk_is_refused() -> None:
    with pytest.raises(InputError, match="begin and end on foot"):
        find_walks(NETWORK, TIMETABLE, HOMES, SITES, mode=DRIVE)


def test_it_becomes_travel_times_of_every_measure() -> None:
    times = transit_times(TIMETABLE, WALKS, window="10:00").to_travel_times()
    assert times.mode.name == "transit"
    assert times.nearest()["minutes"].tolist() == [2, 22]
    with pytest.raises(InputError, match=r"there are \[10.0, 50.0, 90.0\]"):
        transit_times(TIMETABLE, WALKS, window="10:00").to_travel_times(20)


def test_threads_change_nothing() -> None:
    one, many = (
        transit_times(
            TIMETABLE, WALKS, window=("09:00", "11:00"), options=SearchOptions(threads=threads)
        )
        for threads in (1, 3)
    )
    assert one.minutes.tobytes() == many.minutes.tobytes()
    assert one.to_frame().equals(many.to_frame())


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"window": ("10:00", "09:00")}, "ends before it begins"),
        ({"window": "now"}, "no time of day"),
        ({"window": ("10:00",)}, "two clock times"),
        ({"window": "10:00", "by": "noon"}, "choose arrival or departure"),
        ({"window": "10:00", "percentiles": [101]}, "from 0 to 100"),
    ],
)
def test_a_question_that_is_none_is_refused(options: dict[str, object], match: str) -> None:
    with pytest.raises(InputError, match=match):
        transit_times(TIMETABLE, WALKS, **options)  # type: ignore[arg-type]


def test_there_is_no_default_for_when() -> None:
    with pytest.raises(TypeError, match="window"):
        transit_times(TIMETABLE, WALKS)  # type: ignore[call-arg]
    with pytest.raises(InputError, match="either arrive_by or depart_after"):
        explain_trip(TIMETABLE, WALKS, "a", "east")
    with pytest.raises(NotFoundError, match="no 'eest': did you mean 'west' or 'east'"):
        explain_trip(TIMETABLE, WALKS, "a", "eest", arrive_by="10:00")


def test_limits_are_checked() -> None:
    with pytest.raises(InputError) as caught:
        JourneyLimits(access_min=0, max_changes=9)
    assert len(caught.value.faults) == 2


def by_wheelchair(
    unknown: Unknown, said: Mapping[str, int], rest: int = 0, *, direct_min: float = 90
) -> tuple[TransitTimes, Any]:
    """Return times from a to the east end by 10:00, where stops and trips say what they take."""
    stops, trips = TIMETABLE.stops, TIMETABLE.trips
    changed = replace(
        TIMETABLE,
        stops=stops.assign(wheelchair=[said.get(stop, rest) for stop in stops.index]),
        trips=trips.assign(wheelchair=[said.get(trip, rest) for trip in trips["trip_id"]]),
    )
    limits = JourneyLimits(wheelchair_unknown=unknown, direct_min=direct_min)
    walks = find_walks(NETWORK, changed, HOMES, SITES, mode="wheelchair", limits=limits)
    times = transit_times(changed, walks, window="10:00", percentiles=[50])
    return times, times.minutes[0, 1, 0]


# 160 m to the stop at 2.8 km/h take 3.43 minutes; to wheel all 3,840 m, 82.29
@pytest.mark.parametrize(
    ("unknown", "rest", "said", "minutes"),
    [
        ("usable", 0, {}, 19 + 11 + 1 + 3.43),  # there by the bus of 9:30 at 9:41
        ("unusable", 0, {}, 82.29),  # nothing is known, so nothing is taken
        ("unusable", 1, {}, 34.43),
        ("usable", 0, {"out 2": 2}, 64.43),  # the bus of 9:00
        ("unusable", 1, {"out 2": 0}, 64.43),
        ("usable", 0, {"east_end": 2}, 82.29),  # nobody can alight
        ("usable", 0, {"west_end": 2}, 82.29),  # the school is 1,440 m away: too far a walk
    ],
)
def test_by_wheelchair_one_rides_what_takes_one(
    unknown: Unknown, rest: int, said: dict[str, int], minutes: float
) -> None:
    _, found = by_wheelchair(unknown, said, rest)
    assert found == pytest.approx(minutes, abs=0.01)


def test_a_stop_no_wheelchair_can_use_is_no_stop_near() -> None:
    times, _ = by_wheelchair("usable", {"west_end": 2}, direct_min=60)
    assert times.status[0, 1] == Status.NO_STOP_NEAR_ORIGIN
    times, _ = by_wheelchair("usable", {"west_end": 2})
    assert times.status[0, 1] == Status.ON_FOOT
    with pytest.raises(InputError, match="'maybe'; choose usable or unusable"):
        JourneyLimits(wheelchair_unknown="maybe")  # type: ignore[arg-type]
