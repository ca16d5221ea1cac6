"""Journeys by timetable against an oracle that shares no code, on hostile feeds and on Newport."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from eh_access.transit.timetable import Unknown
from timetable_check import Tally, compare_town
from timetable_feeds import hostile, write_feed

TOWNS = int(os.environ.get("EH_ACCESS_TOWNS", "6"))
"""tools/fuzz_timetables.py makes it 150."""


@pytest.mark.parametrize("seed", range(TOWNS))
def test_hostile_feeds_are_answered_as_the_rules_say(seed: int, tmp_path: Path) -> None:
    tally = Tally()
    compare_town(write_feed(tmp_path / "feed", hostile(seed)), seed, tally, queries=1)
    assert tally.differ == []
    assert tally.answers > 500
    assert tally.reached > 100


@pytest.mark.parametrize("unknown", ["usable", "unusable"])
@pytest.mark.parametrize("seed", [0, 1])
def test_wheelchairs_ride_what_takes_them(seed: int, unknown: Unknown, tmp_path: Path) -> None:
    tally = Tally()
    town = write_feed(tmp_path / "feed", hostile(seed))
    compare_town(town, seed, tally, queries=1, unknown=unknown)
    assert tally.differ == []
    assert tally.answers > 150
    assert tally.reached > 20
