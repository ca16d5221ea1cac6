"""Minutes worked out by hand on the toys, and what must hold on any network."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from eh_access.arguments import SearchOptions
from eh_access.errors import InputError
from eh_access.modes import DRIVE, PUSHCHAIR, WALK
from eh_access.network.cost import edge_cost
from eh_access.network.model import Network
from eh_access.routing.matrix import node_times, travel_time_matrix
from eh_access.routing.search import minutes_from_nodes
from oracles import scipy_minutes, snapped_pairs
from strategies_routing import towns
from toys import (
    CORNER,
    ONE_WAY,
    STEPS,
    STREET,
    crossroads,
    dead_end,
    diamond,
    grid_town,
    one_long_street,
    one_way_loop,
    origins_at,
    parallel_edges,
    sites_at,
    toy_network,
    two_islands,
)

QUEUE, HIERARCHY = SearchOptions(engine="queue"), SearchOptions(engine="hierarchy")
ENGINES = pytest.mark.parametrize("options", [QUEUE, HIERARCHY], ids=["queue", "hierarchy"])
TOYS = [diamond, one_way_loop, two_islands, parallel_edges, dead_end, one_long_street, crossroads]
HALF_DS_MIN = 0.5 / 600


def minutes(network: Network, homes: dict, places: dict, **how: object) -> np.ndarray:
    settings = {"mode": WALK, "cutoff_min": 120.0} | how
    return travel_time_matrix(network, origins_at(homes), sites_at(places), **settings).minutes


@ENGINES
def test_the_shorter_side_of_the_diamond(options: SearchOptions) -> None:
    found = minutes(diamond(), {"west": (0, 0)}, {"east": (192, 0)}, options=options)
    assert found.tolist() == [[4.0]]


@ENGINES
def test_the_way_there_and_the_way_back_differ_on_a_one_way_block(options: SearchOptions) -> None:
    homes, places = {"sw": (0, 0)}, {"se": (160, 0)}
    by_car = minutes(one_way_loop(), homes, places, mode=DRIVE, options=options)[0, 0]
    back = minutes(
        one_way_loop(), homes, places, mode=DRIVE, direction="from_sites", options=options
    )[0, 0]
    assert back == pytest.approx(3 * by_car, abs=3 * HALF_DS_MIN)  # three sides instead of one
    on_foot = minutes(one_way_loop(), homes, places, options=options)
    assert on_foot.tolist() == [[2.0]]


@ENGINES
def test_two_points_on_one_edge_go_straight_along_it(options: SearchOptions) -> None:
    homes = {"quarter": (200, 0), "end": (800, 0)}
    found = minutes(one_long_street(), homes, {"half": (400, 0)}, options=options)
    assert found[:, 0].tolist() == [2.5, 5.0]


@ENGINES
def test_a_car_cannot_go_back_along_its_own_one_way_edge(options: SearchOptions) -> None:
    homes, places = {"late": (120, 0)}, {"early": (40, 0)}
    there = minutes(one_way_loop(), homes, places, mode=DRIVE, options=options)[0, 0]
    back = minutes(
        one_way_loop(), homes, places, mode=DRIVE, direction="from_sites", options=options
    )[0, 0]
    # 560 m round, 80 m back; rounded in five parts, and once seven times over
    assert there == pytest.approx(7 * back, abs=12 * HALF_DS_MIN)


@pytest.mark.parametrize("first", ["one-way street", "other street"])
@ENGINES
def test_a_car_where_a_one_way_street_begins_may_leave_by_the_other(
    options: SearchOptions, first: str
) -> None:
    # one way 0 -> 1 -> 2, both ways 0 - 2. The home is at 0, on whichever street comes first; the
    # site is 80 m up the other: 160 m at 24 mph take 14.9 s, half of them 7.5 s, an eighth of a
    # minute. Round by 1 and 2 it would be 466 m.
    edges = [(0, 1, None, ONE_WAY), (1, 2, None, ONE_WAY), (0, 2, None, STREET)]
    streets = edges if first == "one-way street" else edges[::-1]
    network = toy_network(streets, [(0, 0), (160, 0), (0, 160)])
    found = minutes(network, {"corner": (0, 0)}, {"up": (0, 80)}, mode=DRIVE, options=options)
    assert found.tolist() == [[0.125]]


@ENGINES
def test_the_cheapest_of_parallel_streets_and_no_steps_with_a_pushchair(
    options: SearchOptions,
) -> None:
    homes, places = {"west": (0, 0)}, {"far": (240, 0)}
    assert minutes(parallel_edges(), homes, places, options=options).tolist() == [[3.0]]
    only_steps = toy_network(
        [(0, 1, None, STREET), (1, 2, None, STEPS), (1, 3, None, STREET), (3, 2, None, STREET)],
        [(0, 0), (80, 0), (160, 0), (120, 60)],
    )
    west, east = {"w": (0, 0)}, {"e": (160, 0)}
    assert minutes(only_steps, west, east, options=options)[0, 0] == pytest.approx(2.0, abs=0.01)
    round_steps = minutes(only_steps, west, east, mode=PUSHCHAIR, options=options)[0, 0]
    metres = 80 + 2 * np.hypot(40, 60)
    assert round_steps == pytest.approx(metres / 60, abs=0.01)


@ENGINES
def test_dead_end_and_many_points_on_one_node(options: SearchOptions) -> None:
    found = minutes(
        dead_end(), {"blind": (160, -240)}, {"a": (0, 0), "b": (320, 0)}, options=options
    )
    assert found.tolist() == [[5.0, 5.0]]
    middle = dict.fromkeys("abcde", (0, 0))
    found = minutes(crossroads(), middle, {"x": (0, 0), "y": (160, 0)}, options=options)
    assert found.tolist() == [[0.0, 2.0]] * 5


def test_a_point_by_an_island_goes_to_the_main_part_and_says_how_near_the_island_was() -> None:
    homes = origins_at({"by the island": (550, 80)})
    sites = sites_at({"corner": (0, 0)})
    times = travel_time_matrix(two_islands(), homes, sites, mode=WALK)
    offset_m = times.origin_status.loc["by the island", "offset_m"]
    assert offset_m > 300  # the lone street is 10 m away, but nobody could go on from it
    assert np.isfinite(times.minutes).all()


def test_nobody_disappears() -> None:
    homes = origins_at({"home": (0, 0), "far field": (0, 5000)})
    sites = sites_at({"corner": (160, 0), "nobody knows": None})
    times = travel_time_matrix(diamond(), homes, sites, mode=WALK)
    assert times.origin_status["status"].tolist() == ["ok", "off_network"]
    assert "m from the nearest usable street" in times.origin_status.loc["far field", "reason"]
    assert times.site_status["status"].tolist() == ["ok", "no_location"]
    assert np.isinf(times.minutes[1]).all()
    assert np.isinf(times.minutes[:, 1]).all()
    frame = times.to_frame()
    assert len(frame) == 4
    assert frame.notna().all(axis=None)
    assert frame.loc[frame["to_id"] == "nobody knows", "status"].tolist() == [
        "no_location",
        "off_network",
    ]


def test_beyond_the_cutoff_is_unreached_and_says_so() -> None:
    homes, sites = origins_at({"w": (0, 0)}), sites_at({"e": (800, 0)})
    exactly = travel_time_matrix(one_long_street(), homes, sites, mode=WALK, cutoff_min=10)
    assert exactly.minutes.tolist() == [[10.0]]
    short = travel_time_matrix(one_long_street(), homes, sites, mode=WALK, cutoff_min=9.99)
    assert np.isinf(short.minutes).all()
    assert short.origin_status["status"].tolist() == ["unreached"]
    assert short.origin_status["reason"].tolist() == ["no site within 9.99 minutes"]


def test_the_walk_to_the_street_is_added_at_both_ends() -> None:
    found = minutes(one_long_street(), {"w": (0, 40)}, {"e": (800, -80)})
    assert found.tolist() == [[0.5 + 10 + 1.0]]


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"cutoff_min": 0}, "cutoff_min is 0"),
        ({"cutoff_min": 2000}, "at most 1440"),
        ({"direction": "sideways"}, "direction is 'sideways'"),
    ],
)
def test_what_cannot_be_asked(how: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        minutes(diamond(), {"w": (0, 0)}, {"e": (192, 0)}, **how)
    with pytest.raises(InputError, match="engine is 'fast'"):
        SearchOptions(engine="fast")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="nodes \\[9\\] do not exist"):
        minutes_from_nodes(diamond(), [9], mode=WALK)


@pytest.mark.parametrize("toy", TOYS, ids=lambda toy: toy.__name__)
@pytest.mark.parametrize("mode", [WALK, PUSHCHAIR, DRIVE], ids=lambda mode: mode.name)
@pytest.mark.parametrize("direction", ["to_sites", "from_sites"])
@ENGINES
def test_every_node_of_every_toy_against_scipy(
    toy: object, mode: object, direction: str, options: SearchOptions
) -> None:
    network = toy()
    nodes = list(range(network.node_count))
    ours = minutes_from_nodes(network, nodes, mode=mode, direction=direction, options=options)
    theirs = scipy_minutes(network, mode, nodes, direction)
    assert np.array_equal(np.rint(ours * 600), np.rint(theirs * 600))


def test_node_times_agree_with_the_matrix_at_crossings() -> None:
    town = grid_town(5, 4)
    sites = sites_at({"a": (10, 20), "b": (480, 330)})
    at_nodes, doors = node_times(town, sites, mode=WALK)
    xy = zip(town.node_x - 440_000, town.node_y - 390_000, strict=True)
    homes = {f"n{k}": (float(x), float(y)) for k, (x, y) in enumerate(xy)}
    times = travel_time_matrix(town, origins_at(homes), sites, mode=WALK)
    assert np.array_equal(times.minutes, at_nodes)
    assert (doors.status == "ok").all()


@settings(max_examples=60)
@given(town=towns(), data=st.data())
def test_any_town_against_networkx_and_both_engines_alike(
    town: Network, data: st.DataObject
) -> None:
    mode = data.draw(st.sampled_from([WALK, PUSHCHAIR, DRIVE]))
    place = st.tuples(st.integers(0, 1200), st.integers(0, 1200))
    homes = origins_at(dict(enumerate(data.draw(st.lists(place, min_size=1, max_size=6)))))
    sites = sites_at(dict(enumerate(data.draw(st.lists(place, min_size=1, max_size=5)))))
    assume(edge_cost(town, mode).main.any())
    how = {"mode": mode, "cutoff_min": 1000}
    ours = travel_time_matrix(town, homes, sites, options=QUEUE, **how)
    sorted_first = travel_time_matrix(town, homes, sites, options=HIERARCHY, **how)
    assert np.array_equal(ours.minutes, sorted_first.minutes)
    theirs = snapped_pairs(town, mode, homes, sites)
    same = (
        shapely.distance(homes.geometry.to_numpy()[:, None], sites.geometry.to_numpy()[None]) == 0
    )
    theirs[same & np.isfinite(theirs)] = 0.0  # whoever is there already takes no way
    # each of at most four parts of a trip is rounded to the decisecond by us, by them nothing is
    assert np.array_equal(np.isinf(ours.minutes), np.isinf(theirs))
    reached = np.isfinite(theirs)
    assert np.allclose(ours.minutes[reached], theirs[reached], rtol=0, atol=4.1 * HALF_DS_MIN)


@settings(max_examples=40)
@given(town=towns(), data=st.data())
def test_cutting_a_street_in_two_changes_nothing_but_rounding(
    town: Network, data: st.DataObject
) -> None:
    assume(edge_cost(town, WALK).main.all())  # with two parts of a size a cut may swap the main one
    edge = data.draw(st.integers(0, town.edge_count - 1))
    cut = data.draw(st.floats(0.1, 0.9))
    homes = origins_at({"a": (100, 100), "b": (900, 300)})
    sites = sites_at({"s": (500, 500)})
    before = travel_time_matrix(town, homes, sites, mode=WALK, cutoff_min=1000)
    after = travel_time_matrix(split(town, edge, cut), homes, sites, mode=WALK, cutoff_min=1000)
    assert np.allclose(before.minutes, after.minutes, rtol=0, atol=6 * HALF_DS_MIN)


def split(town: Network, edge: int, cut: float) -> Network:
    """Return the same town with one more crossing, on one of its (straight) streets."""
    corner = np.array([440_000.0, 390_000.0])
    xy = np.stack([town.node_x, town.node_y], axis=1) - corner
    streets = [
        (int(u), int(v), None, town.tag_sets[tags])
        for u, v, tags in zip(town.edge_from, town.edge_to, town.edge_tags, strict=True)
    ]
    u, v, _, tags = streets.pop(edge)
    middle = xy[u] + cut * (xy[v] - xy[u])
    streets += [(u, len(xy), None, tags), (len(xy), v, None, tags)]
    return toy_network(streets, [tuple(p) for p in np.vstack([xy, middle])])


@settings(max_examples=40)
@given(town=towns(), seed=st.integers(0, 1000))
def test_shuffling_rows_and_relabelling_changes_nothing(town: Network, seed: int) -> None:
    rng = np.random.default_rng(seed)
    homes = origins_at({f"h{k}": tuple(rng.uniform(0, 1200, 2)) for k in range(8)})
    sites = sites_at({f"s{k}": tuple(rng.uniform(0, 1200, 2)) for k in range(4)})
    times = travel_time_matrix(town, homes, sites, mode=WALK, cutoff_min=1000).to_wide()
    order = rng.permutation(8)
    shuffled = travel_time_matrix(town, homes.iloc[order], sites, mode=WALK, cutoff_min=1000)
    assert times.iloc[order].equals(shuffled.to_wide())
    renamed = homes.rename(index=lambda name: f"x{name}")
    assert np.array_equal(
        travel_time_matrix(town, renamed, sites, mode=WALK, cutoff_min=1000).minutes, times
    )
    degrees = travel_time_matrix(town, homes.to_crs("EPSG:4326"), sites, mode=WALK, cutoff_min=1000)
    # going to degrees and back moves a point by less than a millimetre
    assert np.allclose(degrees.minutes, times, rtol=0, atol=2.1 * HALF_DS_MIN)


@settings(max_examples=40)
@given(town=towns(), seed=st.integers(0, 1000))
def test_one_site_more_never_lengthens_the_way_to_the_nearest(town: Network, seed: int) -> None:
    rng = np.random.default_rng(seed)
    homes = origins_at({f"h{k}": tuple(rng.uniform(0, 1200, 2)) for k in range(8)})
    sites = sites_at({f"s{k}": tuple(rng.uniform(0, 1200, 2)) for k in range(4)})
    times = travel_time_matrix(town, homes, sites, mode=WALK, cutoff_min=1000)
    with_all, without = times.nearest(), times.nearest(["s0", "s1", "s2"])
    assert (with_all["minutes"] <= without["minutes"]).all()


@pytest.mark.parametrize(
    ("home", "site", "touches"),
    [
        # along the street 350 m; round by its ends, where others may be cut off, 150 + 300 m
        (150, 500, False),
        # along it 600 m; from either end 100 m, so that a way from one end to the other may be less
        (100, 700, True),
    ],
)
def test_a_way_beyond_the_streets_end_matters_only_where_it_may_be_quicker(
    home: int, site: int, *, touches: bool
) -> None:
    east, north = CORNER
    cut_off = shapely.box(east - 50, north - 500, east + 850, north + 500)  # both ends near its rim
    street = toy_network([(0, 1, None, STREET)], [(0, 0), (800, 0)], covered=cut_off)
    times = travel_time_matrix(
        street, origins_at({"h": (home, 0)}), sites_at({"s": (site, 0)}), mode=WALK
    )
    assert times.minutes[0, 0] == (site - home) / 80
    assert times.touches_rim.tolist() == [touches]


@pytest.mark.parametrize(
    ("home", "sites", "metres", "touches"),
    [
        # the first is nearer along the street, 495 m off it; by the ends to the second 150 + 110
        (150, {"s": (200, 495), "t": (690, 0)}, 540, True),
        # the first is nearest to an end, 450 m off; by the ends to the second no less than 400
        (100, {"s": (700, 450), "t": (500, 0)}, 400, False),
    ],
)
def test_a_way_beyond_the_streets_end_counts_to_the_door(
    home: int, sites: dict[str, tuple[int, int]], metres: int, *, touches: bool
) -> None:
    east, north = CORNER
    cut_off = shapely.box(east - 50, north - 500, east + 850, north + 500)
    street = toy_network([(0, 1, None, STREET)], [(0, 0), (800, 0)], covered=cut_off)
    times = travel_time_matrix(street, origins_at({"h": (home, 0)}), sites_at(sites), mode=WALK)
    assert times.minutes.min() == metres / 80
    assert times.touches_rim.tolist() == [touches]
