"""Trips told step by step: by hand on toys, and against the matrix on real streets."""

from __future__ import annotations

import math
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point

from eh_access import read_network
from eh_access.arguments import SearchOptions
from eh_access.errors import InputError, NotFoundError
from eh_access.modes import CYCLE, DRIVE, PUSHCHAIR, WALK, TravelMode
from eh_access.network.model import CLOSED_DS, Heights, Network
from eh_access.network.snapping import Snapped, snap
from eh_access.routing.matrix import travel_time_matrix
from eh_access.routing.route import Route, find_way, kind_of, route
from toys import (
    CRS,
    STEPS,
    STREET,
    at,
    crossroads,
    diamond,
    gated,
    grid_town,
    one_long_street,
    one_way_loop,
    origins_at,
    parallel_edges,
    sites_at,
    toy_network,
    two_islands,
)

BOTH_WAYS = pytest.mark.parametrize("direction", ["to_sites", "from_sites"])


def matrix_ds(network: Network, trip: Route, ends: tuple, engine: str = "queue") -> int:
    """Deciseconds of the same pair by the matrix."""
    homes, doors = (
        gpd.GeoDataFrame(geometry=[end], crs=CRS) if isinstance(end, Point) else end for end in ends
    )
    times = travel_time_matrix(
        network,
        homes,
        doors,
        mode=trip.mode,
        cutoff_min=1440,
        direction=trip.direction,
        options=SearchOptions(engine=engine),  # type: ignore[arg-type]
    )
    return round(float(times.minutes[0, 0]) * 600)


def steps_and_path() -> Network:
    """A short way over steps and a way round by the road, both between two streets.

    ::

        0 -e0 80 m- 1 -e1 30 m of steps- 2 -e2 80 m- 3
                    |                    |
                    +--e3 30 + 2 x 105---+             round: 210 m longer
    """
    return toy_network(
        [(0, 1, None, STREET), (1, 2, None, STEPS), (2, 3, None, STREET), (1, 2, None, STREET)],
        [(0, 0), (80, 0), (110, 0), (190, 0)],
        bends={3: [(80, -105), (110, -105)]},
        names=["Low Street", "", "High Street", "Long Lane"],
    )


def test_the_steps_of_a_walk_are_named_measured_and_drawn() -> None:
    trip = route(steps_and_path(), at(0, 8), at(190, 0), WALK)
    told = trip.steps[["street", "kind", "metres", "seconds"]].values.tolist()
    assert told == [
        ["to the street", "to the street", 8.0, 6.0],
        ["Low Street", "street", 80.0, 60.0],
        ["steps", "steps", 30.0, 22.5],
        ["High Street", "street", 80.0, 60.0],
    ]
    assert trip.metres == 198.0
    assert trip.minutes * 60 == pytest.approx(148.5)
    assert (trip.origin_offset_m, trip.site_offset_m) == (8.0, 0.0)
    assert trip.line.equals(LineString([at(0, 8), at(0, 0), at(80, 0), at(110, 0), at(190, 0)]))
    assert trip.steps.crs == CRS
    assert trip.avoided is None
    assert trip.sentence() == (
        "From the origin to the site on foot: 198 m, 2.5 minutes, by Low Street (80 m) and High "
        "Street (80 m)."
    )


@BOTH_WAYS
def test_a_pushchair_goes_round_the_steps_and_says_what_that_cost(direction: str) -> None:
    trip = route(steps_and_path(), at(0, 0), at(190, 0), PUSHCHAIR, direction=direction)
    assert trip.metres == pytest.approx(80 + 240 + 80)
    assert trip.avoided is not None
    assert trip.avoided.longer_m == pytest.approx(210)
    assert trip.avoided.walker_m == pytest.approx(190)
    assert trip.avoided.avoided.values.tolist() == [["steps without a ramp", 30.0, 1]]
    assert trip.sentence().endswith(
        "30 m of steps without a ramp avoided: 210 m longer than on foot."
    )


def test_the_way_home_is_told_from_the_site() -> None:
    home = route(steps_and_path(), at(0, 0), at(190, 0), WALK, direction="from_sites")
    assert home.steps["street"].tolist() == ["High Street", "steps", "Low Street"]
    assert home.line.coords[0] == (at(190, 0).x, at(190, 0).y)
    assert home.sentence().startswith("From the site to the origin on foot")


def test_a_one_way_block_is_driven_round_and_the_walker_went_against_it() -> None:
    trip = route(one_way_loop(), at(160, 0), at(0, 0), DRIVE)
    assert trip.metres == pytest.approx(480)
    assert trip.avoided is not None
    assert trip.avoided.avoided.values.tolist() == [["one-way street the wrong way", 160.0, 1]]
    assert trip.avoided.longer_m == pytest.approx(320)
    assert trip.sentence().endswith("On foot it is 160 m.")
    assert route(one_way_loop(), at(0, 0), at(160, 0), DRIVE).avoided is None


@BOTH_WAYS
def test_parking_is_a_step_and_counts_once(direction: str) -> None:
    town, ends = grid_town(3, 3), (at(0, 4), at(320, 324))
    parked = replace(DRIVE, parking_s=160.0)
    plain, trip = (route(town, *ends, mode, direction=direction) for mode in (DRIVE, parked))
    assert trip.minutes - plain.minutes == pytest.approx(160 / 60)
    assert trip.steps.set_index("street").loc["parking", ["metres", "seconds"]].tolist() == [0, 160]
    check_trip(town, trip, ends)


def test_of_parallel_streets_the_one_used_is_named_and_drawn() -> None:
    trip = route(parallel_edges(), at(0, 0), at(240, 0), WALK)
    assert trip.metres == 240
    assert trip.line.length == 240
    assert set(trip.steps["kind"]) == {"street"}


def test_two_places_on_one_street_and_at_one_place() -> None:
    trip = route(one_long_street(), at(200, 0), at(600, 0), WALK)
    assert (trip.metres, trip.minutes) == (400, 5.0)
    assert list(trip.line.coords) == [(at(200, 0).x, at(0, 0).y), (at(600, 0).x, at(0, 0).y)]
    nowhere = route(one_long_street(), at(200, 0), at(200, 0), WALK)
    assert (nowhere.metres, nowhere.minutes, len(nowhere.steps)) == (0, 0, 1)
    assert nowhere.line.length == 0


def test_a_gate_is_a_step_of_no_length_and_a_stile_is_gone_round() -> None:
    through = route(gated({"barrier": "gate"}), (0.0, 0.0), (100.0, 0.0), WALK)
    assert through.steps["street"].tolist() == ["Park Path", "through a gate", "Park Path"]
    assert through.steps["metres"].tolist() == [50, 0, 50]
    with_doubt = route(gated({"barrier": "gate"}), (0.0, 0.0), (100.0, 0.0), PUSHCHAIR)
    assert "gate or bollards of unknown width" in with_doubt.steps["doubts"].tolist()
    stile = gated({"barrier": "stile"})
    round_it = route(stile, (0.0, 0.0), (100.0, 0.0), PUSHCHAIR)
    assert round_it.metres == pytest.approx(300)
    assert round_it.sentence().endswith("A stile avoided: 200 m longer than on foot.")


def test_what_slows_a_trip_is_said() -> None:
    grass = {"highway": "path", "surface": "grass", "width": "2"}
    lane = toy_network([(0, 1, None, STREET), (1, 2, None, grass)], [(0, 0), (60, 0), (120, 0)])
    trip = route(lane, at(0, 0), at(120, 0), PUSHCHAIR)
    assert trip.steps["slowed_by"].tolist() == ["", "soft or loose surface"]
    assert trip.steps["seconds"].tolist() == [60.0, 120.0]
    assert "Slowed by soft or loose surface (60 m)." in trip.sentence()


def test_a_hill_is_told_and_down_it_nothing_slows() -> None:
    """80 m level, then 80 m that rise 8 m: 10 %, at which Tobler's walker goes at 0.705."""
    streets = [(0, 1, None, STREET), (1, 2, None, STREET)]
    flat = toy_network(streets, [(0, 0), (80, 0), (160, 0)], names=["Mill Lane", "Hill Street"])
    heights = Heights(np.array([0, 2, 5]), np.array([50, 50, 50, 54, 58], dtype=np.float32))
    hill = replace(flat, heights=heights, _memory={})
    up = route(hill, at(0, 0), at(160, 0), WALK)
    assert up.steps["slowed_by"].tolist() == ["", "uphill stretches"]
    assert up.steps["climb_m"].tolist() == [0, 8]
    assert up.steps["slope_share"].tolist() == [0, pytest.approx(0.1)]
    assert up.steps["seconds"].tolist() == [60, pytest.approx(60 / math.exp(-0.35), abs=0.06)]
    assert "8 m of climb. Slowed by uphill stretches (80 m)." in up.sentence()
    down = route(hill, at(0, 0), at(160, 0), WALK, direction="from_sites")
    assert (down.steps["slowed_by"] == "").all()
    assert down.minutes < up.minutes
    assert down.steps["climb_m"].sum() == 0
    part = route(hill, at(100, 0), at(140, 0), WALK)  # 2 m up to 6 m up
    assert part.steps["climb_m"].tolist() == [pytest.approx(4)]
    check_trip(hill, up, (at(0, 0), at(160, 0)))
    check_trip(hill, part, (at(100, 0), at(140, 0)))


def test_every_form_of_a_point_gives_the_same_trip() -> None:
    town, homes = grid_town(3, 3), origins_at({"here": (10, 4)})
    forms = [
        homes.loc["here"],
        homes.loc[["here"]],
        homes.loc[["here"]].geometry,
        homes.loc[["here"]].to_crs("EPSG:4326"),
        at(10, 4),
        (440_010.0, 390_004.0),
    ]
    trips = [route(town, form, at(300, 317), WALK) for form in forms]
    assert len({(round(trip.metres, 2), trip.minutes) for trip in trips}) == 1
    assert [trip.origin for trip in trips] == ["here"] * 4 + ["the origin"] * 2


@pytest.mark.parametrize(
    ("origin", "message"),
    [
        (at(96, 4128), "the origin: 4000 m from the nearest street that may be used on foot"),
        ((math.nan, 0.0), "the origin: its location is not known"),
        (LineString([(0, 0), (1, 1)]), "a LineString is no point"),
        ((1.0, 2.0, 3.0), "is not a pair"),
        (origins_at({"a": (0, 0), "b": (1, 1)}), "2 rows were given"),
        (gpd.GeoSeries([Point(0, 0)]), "coordinate system is not stated"),
        (sites_at({"s": (0, 0)}).drop(columns="geometry").iloc[0], "this row has no geometry"),
    ],
)
def test_ends_that_cannot_be_placed(origin: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        route(diamond(), origin, at(192, 0), WALK)


def test_both_bad_ends_are_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        route(diamond(), at(0, 4000), at(0, 5000), WALK)
    assert [fault.split(":")[0] for fault in caught.value.faults] == ["the origin", "the site"]
    with pytest.raises(InputError, match="direction is 'sideways'"):
        route(diamond(), at(0, 0), at(192, 0), WALK, direction="sideways")  # type: ignore[arg-type]


def test_no_way_between_two_places_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Snapping takes the main part alone, so a place is put on the island by hand."""
    apart = two_islands()
    here = snap(np.array([[440_080.0, 390_000.0]]), apart, WALK)
    island = Snapped(**{**vars(here), "edge": np.array([3], dtype=np.int32)})
    assert find_way(apart, WALK, here, island) is None
    places = iter([here, island])
    monkeypatch.setattr("eh_access.routing.route.snap", lambda *_: next(places))
    with pytest.raises(NotFoundError, match="no way on foot between the origin and the site"):
        route(apart, at(80, 0), at(560, 80), WALK)


def test_names_are_escaped_in_html() -> None:
    street = toy_network(
        [(0, 1, None, STREET)], [(0, 0), (80, 0)], names=["<script>alert(1)</script>"]
    )
    shown = route(street, at(0, 0), at(80, 0), WALK)._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


def test_the_table_is_a_copy() -> None:
    trip = route(crossroads(), at(-160, 0), at(0, 160), WALK)
    table = trip.to_frame()
    table["metres"] = 0.0
    assert trip.metres == trip.steps["metres"].sum() == 320


@pytest.mark.parametrize(
    ("tags", "kind"),
    [
        ({"highway": "steps", "step_count": "24"}, "steps (24)"),
        ({"highway": "footway", "footway": "crossing"}, "crossing"),
        ({"route": "ferry"}, "ferry"),
        ({"highway": "motorway_link"}, "motorway"),
        ({"highway": "something_new"}, "road"),
        ({"barrier": "yes", "point": "yes"}, "past a barrier"),
        ({"kerb": "raised", "point": "yes"}, "over a kerb"),
    ],
)
def test_plain_words(tags: dict[str, str], kind: str) -> None:
    assert kind_of(tags) == kind


@settings(max_examples=40, deadline=None)
@given(
    ends=st.tuples(*[st.tuples(st.integers(-50, 700), st.integers(-50, 500))] * 2),
    mode=st.sampled_from([WALK, PUSHCHAIR, CYCLE, DRIVE]),
    direction=st.sampled_from(["to_sites", "from_sites"]),
)
def test_totals_are_the_sums_and_the_matrix_agrees(
    ends: tuple, mode: TravelMode, direction: str
) -> None:
    town = grid_town(5, 4)
    trip = route(town, at(*ends[0]), at(*ends[1]), mode, direction=direction)
    check_trip(town, trip, (at(*ends[0]), at(*ends[1])))


def check_trip(network: Network, trip: Route, ends: tuple, engine: str = "queue") -> None:
    """Hold a trip against the matrix and against itself."""
    assert round(trip.minutes * 600) == matrix_ds(network, trip, ends, engine)
    assert trip.steps["seconds"].sum() == pytest.approx(trip.minutes * 60, abs=1e-6)
    assert trip.steps["metres"].sum() == pytest.approx(trip.metres)
    assert trip.line.length == pytest.approx(trip.metres, abs=0.02)
    gaps = [
        math.dist(one.coords[-1], other.coords[0])
        for one, other in zip(trip.steps.geometry[:-1], trip.steps.geometry[1:], strict=True)
    ]
    assert max(gaps, default=0.0) < 1e-6


@pytest.mark.parametrize("mode", [WALK, PUSHCHAIR, CYCLE, DRIVE], ids=lambda mode: mode.name)
@pytest.mark.parametrize("engine", ["queue", "hierarchy"])
@BOTH_WAYS
def test_two_hundred_pairs_of_newport_as_the_matrix_has_them(
    mode: TravelMode, engine: str, direction: str
) -> None:
    """Twelve or thirteen pairs for each mode, engine and direction: 200 in all."""
    newport = read_network("newport")
    seed = [ord(letter) for letter in f"{mode.name}{engine}{direction}"]
    rng = np.random.default_rng(seed)
    picked = newport.geometry_xy[rng.integers(0, len(newport.geometry_xy), (13, 2))]
    for pair in picked + rng.normal(0, 20, (13, 2, 2)):
        ends = tuple(Point(xy) for xy in pair)
        if any((snap(np.array([p.coords[0]]), newport, mode).status != "ok").any() for p in ends):
            continue
        trip = route(newport, *ends, mode, direction=direction)  # type: ignore[arg-type]
        check_trip(newport, trip, ends, engine)
        assert trip.minutes * 600 < CLOSED_DS
