"""Streets changed as a scenario, against networks built with the change in them from the start."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shapely import box

from eh_access.arguments import SearchOptions
from eh_access.errors import InputError, NotFoundError
from eh_access.modes import CYCLE, DRIVE, MODES, WALK, TravelMode
from eh_access.network.edit import AddLink, CloseStreet, SetSpeedLimit, change_streets, cut_edge
from eh_access.network.io import read_network_file, write_network
from eh_access.network.model import JOINS_KEY, Network
from eh_access.network.ordering import order_nodes
from eh_access.routing.search import topology
from oracles import scipy_minutes
from strategies_routing import towns
from toys import EAST, NORTH, STREET, diamond, grid_town, one_way_loop, toy_network

ENGINES = ("queue", "hierarchy")


def minutes(network: Network, mode: object = WALK, engine: str = "hierarchy") -> np.ndarray:
    nodes = range(network.node_count)
    return network.one_to_all(nodes, mode=mode, options=SearchOptions(engine=engine))


def place(x: float, y: float) -> tuple[float, float]:
    return (EAST + x, NORTH + y)


def test_no_change_changes_nothing() -> None:
    town = diamond()
    assert change_streets(town, []) is town


def test_a_closed_street_sends_people_round_and_the_base_is_untouched() -> None:
    town = diamond()
    before = minutes(town)
    closed = change_streets(town, [CloseStreet(edges=(0,))])
    assert minutes(closed)[0].tolist() == [0.0, 7.0, 2.5, 5.0]  # 0 -> 1 now over 2 and 3
    assert np.array_equal(minutes(town), before)
    assert len(town.tag_sets) == 1
    assert "closed to everyone: edges 0" in closed.provenance[-1].title


@pytest.mark.parametrize("mode", MODES.values(), ids=lambda mode: mode.name)
def test_a_street_closed_to_everyone_is_closed_to_every_mode(mode: object) -> None:
    closed = change_streets(diamond(), [CloseStreet(way=1), CloseStreet(way=3)])
    found = minutes(closed, mode)
    assert np.isinf(found[0, 1:]).all()


def test_closed_to_cars_alone() -> None:
    closed = change_streets(diamond(), [CloseStreet(edges=(0, 2), to="motor_vehicle")])
    assert np.isinf(minutes(closed, DRIVE)[0, 1:]).all()
    for mode in (WALK, CYCLE):
        assert np.array_equal(minutes(closed, mode), minutes(diamond(), mode))


@pytest.mark.parametrize(
    ("to", "tags", "mode"),
    [
        ("motor_vehicle", {"highway": "residential", "motorcar": "yes"}, DRIVE),
        ("motor_vehicle", {"highway": "residential", "motor_vehicle": "yes"}, DRIVE),
        ("motor_vehicle", {"highway": "residential", "vehicle": "designated"}, DRIVE),
        ("bicycle", {"highway": "cycleway", "bicycle": "designated"}, CYCLE),
        ("foot", {"highway": "footway", "foot": "designated", "access": "yes"}, WALK),
        ("foot", {"highway": "path", "designation": "public_footpath"}, WALK),
        ("everyone", {"highway": "residential", "motorcar": "yes", "foot": "yes"}, DRIVE),
        ("everyone", {"highway": "residential", "motorcar": "yes", "foot": "yes"}, WALK),
    ],
)
def test_a_closure_outdoes_more_specific_tags(
    to: str, tags: dict[str, str], mode: TravelMode
) -> None:
    town = toy_network([(0, 1, None, tags)], [(0, 0), (80, 0)])
    assert np.isfinite(minutes(town, mode)[0, 1])
    closed = change_streets(town, [CloseStreet(edges=(0,), to=to)])
    assert np.isinf(minutes(closed, mode)[0, 1])


def test_a_closed_street_raises_no_doubt_about_the_times_at_which_it_is_open() -> None:
    tags = {"highway": "residential", "motorcar:conditional": "no @ (08:00-09:00)"}
    closed = CloseStreet(edges=(0,), to="motor_vehicle").retag(tags)
    assert closed == {"highway": "residential", "motor_vehicle": "no", "motorcar": "no"}


@pytest.mark.parametrize("length_m", [0.001, 79.0])
def test_a_link_shorter_than_the_straight_line_is_refused(length_m: float) -> None:
    link = AddLink(start=place(0, 0), end=place(160, 120), length_m=length_m)
    with pytest.raises(InputError, match=rf"length_m is {length_m:g}, but .* are 200 m apart"):
        change_streets(grid_town(3, 3), [link])


@pytest.mark.parametrize("length_m", [0.0, -5.0, 1e12, np.nan, np.inf, "80"])
def test_a_link_needs_a_length_that_is_one(length_m: object) -> None:
    with pytest.raises(InputError, match=r"AddLink: length_m is .*; give metres above 0 and at"):
        AddLink(start=place(0, 0), end=place(160, 120), length_m=length_m)


def test_streets_by_name_and_by_area() -> None:
    town = toy_network(
        [(0, 1, None, STREET), (1, 2, None, STREET), (0, 2, None, STREET)],
        [(0, 0), (160, 0), (160, 120)],
        names=["High Street", "High Street", ""],
    )
    whole = change_streets(town, [CloseStreet(name="High Street")])
    assert np.isinf(minutes(whole)[0, 1])
    east = box(*place(100, -10), *place(200, 100))
    part = change_streets(town, [CloseStreet(name="High Street", within=east)])
    assert minutes(part)[0].tolist() == [0.0, 2.0, 2.5]
    assert np.isinf(minutes(whole)[1, 2])
    assert minutes(part)[1, 2] == 4.5


def test_a_lower_limit_slows_cars_in_proportion_and_nobody_else() -> None:
    def limited(mph: float) -> Network:
        return change_streets(one_way_loop(), [SetSpeedLimit(edges=(0, 1, 2, 3), mph=mph)])

    assert np.allclose(minutes(limited(10), DRIVE), 2 * minutes(limited(20), DRIVE), atol=0.005)
    assert np.array_equal(minutes(limited(10)), minutes(one_way_loop()))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_footbridge_from_the_middle_of_one_street_to_the_middle_of_another(engine: str) -> None:
    # two streets of 320 m, 80 m apart, joined at the west end only
    town = toy_network(
        [(0, 1, None, STREET), (0, 2, None, STREET), (2, 3, None, STREET)],
        [(0, 0), (320, 0), (0, 80), (320, 80)],
    )
    bridge = AddLink(start=place(240, 0), end=place(240, 80), name="New Bridge")
    after = change_streets(town, [bridge])
    assert after.node_count == town.node_count + 2
    assert after.edge_count == town.edge_count + 3
    assert minutes(town, engine=engine)[1, 3] == 9.0
    assert minutes(after, engine=engine)[1, 3] == 3.0  # 80 m back, 80 m over, 80 m on
    by_car = minutes(after, DRIVE)[:4, :4]  # each street cut is rounded twice instead of once
    assert np.allclose(by_car, minutes(town, DRIVE), rtol=0, atol=2.1 / 600)
    assert after.names == ("New Bridge",)
    longer = change_streets(town, [AddLink(start=bridge.start, end=bridge.end, length_m=160)])
    assert minutes(longer, engine=engine)[1, 3] == 4.0


def test_a_link_on_one_street_and_at_a_crossing() -> None:
    bend = toy_network(
        [(0, 1, None, STREET)], [(0, 0), (160, 0)], bends={0: [(0, 400), (160, 400)]}
    )
    across = AddLink(start=place(0, 160), end=place(160, 160))
    after = change_streets(bend, [across])
    assert minutes(after)[0, 1] == pytest.approx(2 + 2 + 2)
    assert minutes(bend)[0, 1] == pytest.approx(12)
    at_ends = change_streets(bend, [AddLink(start=place(0, 0.3), end=place(160, 0.3))])
    assert at_ends.node_count == 2  # both crossings were at hand
    assert minutes(at_ends)[0, 1] == pytest.approx(2.0, abs=0.02)


def test_the_engine_keeps_its_order_where_no_street_was_added() -> None:
    town = grid_town(6, 5)
    shape = topology(town)
    closed = change_streets(town, [CloseStreet(edges=(3,)), SetSpeedLimit(edges=(5,), mph=20)])
    assert closed.recall(JOINS_KEY) is shape
    linked = change_streets(town, [AddLink(start=place(10, 0), end=place(10, 160))])
    assert not linked.remembers(JOINS_KEY)
    assert np.array_equal(linked.node_x[: town.node_count], town.node_x)


def test_a_changed_network_can_be_saved(tmp_path: object) -> None:
    link = AddLink(start=place(50.123, 3), end=place(70, 158))
    after = change_streets(grid_town(3, 3), [CloseStreet(edges=(5,)), link])
    back = read_network_file(write_network(after, tmp_path / "after.npz"))
    assert np.array_equal(minutes(back), minutes(after))
    assert np.array_equal(back.geometry_xy, after.geometry_xy)


def test_every_fault_is_told_at_once() -> None:
    town = toy_network([(0, 1, None, STREET)], [(0, 0), (80, 0)], names=["High Street"])
    with pytest.raises(NotFoundError, match=r"(?s)Hihg Street.*High Street.*edges 7.*0 to 0"):
        change_streets(town, [CloseStreet(name="Hihg Street"), CloseStreet(edges=(7,))])
    with pytest.raises(InputError, match=r"its end .* is 500 m from the nearest street"):
        change_streets(town, [AddLink(start=place(0, 0), end=place(80, 500))])
    with pytest.raises(InputError, match="say which streets"):
        CloseStreet()
    with pytest.raises(InputError, match="mph is 0"):
        SetSpeedLimit(way=1, mph=0)
    with pytest.raises(InputError, match="nobody may use it"):
        change_streets(town, [AddLink(start=place(0, 0), end=place(80, 0), tags={"access": "no"})])
    with pytest.raises(InputError, match="same place"):
        change_streets(town, [AddLink(start=place(40, 0), end=place(40, 9))])


def rebuilt(town: Network) -> tuple[Network, np.ndarray]:
    """Return the same streets built anew: edges backwards in order, nodes numbered afresh."""
    old = order_nodes(town.node_count, town.edge_from, town.edge_to)
    new = np.empty(town.node_count, dtype=np.int32)
    new[old] = np.arange(town.node_count)
    corner = np.array([EAST, NORTH])
    xy = np.stack([town.node_x, town.node_y], axis=1)[old] - corner
    closed = {"access": "no"}
    streets = [
        (int(new[town.edge_from[e]]), int(new[town.edge_to[e]]), float(town.length_m[e]), tags)
        for e in range(town.edge_count - 1, -1, -1)
        if not closed.items() <= (tags := town.tag_sets[town.edge_tags[e]]).items()
    ]
    return toy_network(streets, [tuple(p) for p in xy]), old


@settings(max_examples=50)
@given(town=towns(), data=st.data())
def test_changed_streets_equal_a_network_built_anew(town: Network, data: st.DataObject) -> None:
    edge = st.integers(0, town.edge_count - 1)
    spot = st.tuples(st.integers(0, 1200), st.integers(0, 1200))
    changes = [CloseStreet(edges=(e,)) for e in data.draw(st.lists(edge, max_size=2))]
    changes += [SetSpeedLimit(edges=(e,), mph=10) for e in data.draw(st.lists(edge, max_size=1))]
    for _ in range(data.draw(st.integers(0, 2))):
        start, end = data.draw(spot), data.draw(spot)
        changes.append(AddLink(start=place(*start), end=place(*end), max_join_m=5000.0))
    try:
        after = change_streets(town, changes)
    except InputError:
        assume(False)  # both ends of a link met at one place, or no street is left to join
    anew, old = rebuilt(after)
    for mode in (WALK, DRIVE):
        nodes = list(range(anew.node_count))
        theirs = scipy_minutes(anew, mode, nodes, "from_sites")
        for engine in ENGINES:
            ours = minutes(after, mode, engine)[np.ix_(old, old)]
            assert np.array_equal(np.rint(ours * 600), np.rint(theirs * 600))


@settings(max_examples=50)
@given(town=towns(), data=st.data(), share=st.floats(0, 1))
def test_cutting_an_edge_keeps_its_length_and_line(
    town: Network, data: st.DataObject, share: float
) -> None:
    edge = data.draw(st.integers(0, town.edge_count - 1))
    cut, node = cut_edge(town, edge, share)
    assert cut.length_m.sum() == pytest.approx(town.length_m.sum())
    assert 0 <= node < cut.node_count
    for e in range(cut.edge_count):
        line = cut.geometry_xy[cut.geometry_start[e] : cut.geometry_start[e + 1]]
        ends = [(cut.node_x[v], cut.node_y[v]) for v in (cut.edge_from[e], cut.edge_to[e])]
        assert np.array_equal(line[[0, -1]], ends)
    assert np.array_equal(cut.edge_from[: town.edge_count], town.edge_from)
