"""What a trip is told in: names, and words a councillor would use."""

from __future__ import annotations

import geopandas as gpd
import pytest

from eh_access.modes import CYCLE, DRIVE, PUSHCHAIR, WALK
from eh_access.routing.route import route, several
from toys import STREET, at, gated, one_long_street, toy_network


@pytest.mark.parametrize(
    ("barrier", "told"),
    [
        ({"barrier": "kissing_gate"}, "A kissing gate avoided: 200 m longer"),
        ({"barrier": "gate", "width": "0.6"}, "A gate narrower than 0.7 m avoided: 200 m longer"),
        ({"barrier": "gate", "stroller": "no"}, "A gate not passable with a pushchair avoided"),
        ({"kerb": "raised"}, "A raised kerb avoided: 200 m longer"),
    ],
)
def test_what_a_pushchair_goes_round_is_named(barrier: dict[str, str], told: str) -> None:
    trip = route(gated(barrier), (0.0, 0.0), (100.0, 0.0), PUSHCHAIR)
    assert told in trip.sentence()


@pytest.mark.parametrize(
    ("way", "told"),
    [
        ({"highway": "footway", "wheelchair": "no"}, "60 m of street or path not passable with w"),
        (
            {"highway": "footway", "width": "0.5"},
            "60 m of street or path narrower than 0.7 m avoid",
        ),
        (
            {"highway": "steps", "ramp:bicycle": "yes"},
            "60 m of steps with a ramp for bicycles alon",
        ),
    ],
)
def test_a_way_a_pushchair_goes_round_is_told_in_words(way: dict[str, str], told: str) -> None:
    streets = [(0, 1, None, way), (0, 2, None, STREET), (2, 1, None, STREET)]
    lane = toy_network(streets, [(0, 0), (60, 0), (30, 80)])
    assert told in route(lane, at(0, 0), at(60, 0), PUSHCHAIR).sentence()


def test_a_car_goes_round_ways_named_in_words_and_a_bicycle_is_pushed() -> None:
    streets = [(0, 1, None, {"highway": "cycleway"}), (0, 2, None, STREET), (2, 1, None, STREET)]
    lane = toy_network(streets, [(0, 0), (60, 0), (30, 80)])
    trip = route(lane, at(0, 0), at(60, 0), DRIVE)
    assert trip.avoided is not None
    assert trip.avoided.avoided["reason"].tolist() == ["cycle track, not open by car"]
    path = toy_network(
        [(0, 1, None, STREET), (1, 2, None, {"highway": "footway"})], [(0, 0), (60, 0), (90, 0)]
    )
    assert (
        "Slowed by pushing the bicycle (30 m)."
        in route(path, at(0, 0), at(90, 0), CYCLE).sentence()
    )


def test_a_place_is_called_by_its_name_where_it_has_one() -> None:
    table = gpd.GeoDataFrame(
        {"name": ["Old Library", None]},
        geometry=[at(600, 0), at(700, 0)],
        crs="EPSG:27700",
        index=["library", "hall"],
    )
    town = one_long_street()
    for place, called in (
        (table.iloc[[0]], "Old Library"),
        (table.iloc[0], "Old Library"),
        (table.iloc[[1]], "hall"),
        (table.iloc[1], "hall"),
        (table.geometry.iloc[[0]], "library"),
    ):
        assert route(town, at(200, 0), place, WALK).site == called


def test_several_of_a_kind_are_counted() -> None:
    assert several("kissing gate", 2) == "2 kissing gates"
    assert several("gate closed to the public", 3) == "3 gates closed to the public"
    assert several("entrance", 1) == "an entrance"
