"""What the functions of travel times refuse, and how they say so: one clear error each."""

from __future__ import annotations

import contextlib
import inspect
import logging
import os
import re
from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import eh_access as eh
from eh_access.arguments import ELSEWHERE
from eh_access.errors import EhAccessError, InputError, NotFoundError
from eh_access.network.snapping import snap
from eh_access.routing.matrix import nearest_from_nodes
from toys import diamond, one_long_street, points_at

NOT_NUMBERS = [np.nan, np.inf, -np.inf, "30", None, True, [30], 0, -1]


@pytest.fixture(scope="module")
def example() -> tuple[eh.Network, gpd.GeoDataFrame, gpd.GeoDataFrame]:
    return eh.example_street()


@pytest.mark.parametrize(
    ("nodes", "told"),
    [
        ([True, False, False, False], r"is a mask; give node numbers: numpy.flatnonzero"),
        (np.zeros(4, dtype=bool), r"is a mask"),
        ([1.7], r"holds .*1.7.*; give node numbers, whole ones from 0 to 3"),
        ([1.0], r"holds .*1.0"),
        (["a"], r"holds .*'a'"),
        (["3"], r"holds .*'3'"),
        ([np.nan], r"holds .*nan"),
        ([np.inf], r"holds .*inf"),
        (None, r"holds None"),
        ([-1], r"\[-1\] do not exist; the network has nodes 0 to 3"),
        ([4], r"\[4\] do not exist"),
        ([2**63], r"\[9223372036854775808\] do not exist"),
    ],
    ids=str,
)
def test_node_numbers(nodes: object, told: str) -> None:
    with pytest.raises(InputError, match=f"nodes {told}"):
        diamond().one_to_all(nodes, mode=eh.WALK)
    with pytest.raises(InputError, match=f"nodes {told}"):
        nearest_from_nodes(diamond(), nodes, mode=eh.WALK)
    if nodes is not None:
        with pytest.raises(InputError, match=f"rows {told}"):
            diamond().one_to_all([0], mode=eh.WALK, rows=nodes)


@pytest.mark.parametrize("which", ["origins", "sites"])
@pytest.mark.parametrize(
    ("ids", "told"),
    [
        (["a", "a"], "1 id stands more than once, the first 'a'"),
        ([7, 7], "the first 7"),
        (["", ""], "the first ''"),
        (pd.Index(["a", "a"], dtype="category"), "the first 'a'"),
        (pd.to_datetime(["2020-01-01"] * 2), "the first Timestamp"),
        (["a", None], "row 2 has no id"),
        (pd.MultiIndex.from_tuples([("a", 1), ("a", 2)]), "the index has 2 levels"),
    ],
    ids=str,
)
def test_an_id_that_is_no_row_s_own(which: str, ids: object, told: str) -> None:
    points = points_at((0, 0), (100, 0))
    tables = {"origins": points, "sites": points, which: points.set_axis(ids)}
    with pytest.raises(InputError, match=f"{which}: .*{told}"):
        eh.travel_time_matrix(diamond(), tables["origins"], tables["sites"], mode=eh.WALK)


@pytest.mark.parametrize(
    "nodes", [[], [2, 0, 2], range(3), np.array([3], np.uint64), pd.Index([1])]
)
def test_node_numbers_of_every_whole_kind_will_do(nodes: object) -> None:
    assert diamond().one_to_all(nodes, mode=eh.WALK).shape == (4, len(nodes))


def calls(mode: object = eh.WALK, **more: object) -> dict[str, Callable[..., object]]:
    """Return every function that takes origins, sites and a mode."""
    return {
        "travel_time_matrix": lambda n, h, s: eh.travel_time_matrix(n, h, s, mode=mode, **more),
        "nearest_sites": lambda n, h, s: eh.nearest_sites(n, h, s, mode=mode, **more),
        "count_within": lambda n, h, s: eh.count_within(
            n, h, s, mode=mode, cutoffs_min=[5], **more
        ),
        "coverage_within": lambda n, h, s: eh.coverage_within(
            n, h, s, mode=mode, cutoffs_min=[5], **more
        ),
        "node_times": lambda n, h, s: eh.node_times(n, s, mode=mode, **more),  # noqa: ARG005
    }


NAMES = tuple(calls())


@pytest.mark.parametrize("name", NAMES)
def test_a_mode_goes_by_its_name(name: str, example: object) -> None:
    by_name, by_mode = calls("walk")[name](*example), calls(eh.WALK)[name](*example)
    assert repr(by_name) == repr(by_mode)
    with pytest.raises(NotFoundError, match="no travel mode 'wakl': did you mean 'walk'"):
        calls("wakl")[name](*example)


@pytest.mark.parametrize("name", NAMES)
def test_streets_that_are_none_are_refused(name: str, example: object) -> None:
    with pytest.raises(InputError, match=r"network is a str; give read_network"):
        calls()[name]("newport", *example[1:])


@pytest.mark.parametrize("mode", [None, 3, eh.TravelMode])
def test_whatever_is_no_mode_is_refused(mode: object) -> None:
    for work in (
        lambda: diamond().one_to_all([0], mode=mode),
        lambda: diamond().to_csr(mode),
        lambda: nearest_from_nodes(diamond(), [0], mode=mode),
        lambda: snap(points_at((0, 0)), diamond(), mode),
    ):
        with pytest.raises(InputError, match='give a mode or its name, such as "walk"'):
            work()


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("destinations", "sites"),
        ("max_time", "cutoff_min"),
        ("transport_modes", "mode"),
        ("max_trip_duration", "cutoff_min"),
        ("cutof_min", "did you mean 'cutoff_min'"),
    ],
)
def test_other_libraries_names_are_met_with_ours(name: str, ours: str, example: object) -> None:
    network, homes, sites = example
    with pytest.raises(TypeError, match=f"has no argument '{name}': .*{ours}"):
        eh.travel_time_matrix(network, homes, sites, mode="walk", **{name: 30})
    with pytest.raises(TypeError, match="has no argument 'cutoff': here it is cutoffs_min"):
        eh.count_within(network, homes, sites, mode="walk", cutoff=30)


def test_every_function_meets_other_libraries_names() -> None:
    met = 0
    for function in (getattr(eh, name) for name in eh.__all__):
        own = inspect.signature(function).parameters if inspect.isfunction(function) else ()
        for ours, theirs in ELSEWHERE.items():
            name = theirs.split()[0]
            if ours in own and name not in own and function is not eh.open_sites:
                with pytest.raises(TypeError, match=f"has no argument '{name}': here it is "):
                    function(**{name: None})
                met += 1
    assert met > 100


def test_a_table_of_another_tool_meets_other_names_too() -> None:
    with pytest.raises(TypeError, match="has no argument 'max_time': here it is cutoff_min"):
        eh.TravelTimes.from_frame(pd.DataFrame(), mode="walk", max_time=30)


def test_one_cutoff_and_one_site_need_no_list(example: object) -> None:
    network, homes, sites = example
    one, listed = (
        eh.count_within(network, homes, sites, mode="walk", cutoffs_min=cutoffs)
        for cutoffs in (5, [5])
    )
    pd.testing.assert_frame_equal(one, listed)
    times = eh.travel_time_matrix(network, homes, sites, mode="walk")
    pd.testing.assert_frame_equal(times.nearest("west"), times.nearest(["west"]))
    assert eh.coverage(times, homes, cutoff_min=5, sites="west") == eh.coverage(
        times, homes, cutoff_min=5, sites=["west"]
    )
    land, more = (
        eh.isochrones(network, sites, mode="walk", cutoffs_min=cutoffs) for cutoffs in (5, [5])
    )
    assert land.geometry.equals(more.geometry)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("options", ["queue", 2, {"threads": 1}])
def test_options_must_be_options(name: str, options: object, example: object) -> None:
    with pytest.raises(InputError, match=r"options is .*; give SearchOptions\("):
        calls(options=options)[name](*example)
    with pytest.raises(InputError, match="options is"):
        diamond().one_to_all([0], mode=eh.WALK, options=options)


@pytest.mark.parametrize("threads", [1.5, 0, -1, "2", True, np.nan])
def test_threads(threads: object) -> None:
    with pytest.raises(
        InputError, match=r"threads is .*; give a whole number of 1 or more, or None"
    ):
        eh.SearchOptions(threads=threads)


@pytest.mark.parametrize("cutoff", [*NOT_NUMBERS, 1441])
@pytest.mark.parametrize("name", ["travel_time_matrix", "nearest_sites", "node_times"])
def test_cutoff(name: str, cutoff: object, example: object) -> None:
    with pytest.raises(
        InputError, match=r"cutoff_min is .*; give minutes above 0 and at most 1440"
    ):
        calls(cutoff_min=cutoff)[name](*example)


@pytest.mark.parametrize(
    ("cutoffs", "told"),
    [
        ([5, np.nan], "cutoffs_min is nan; give minutes above 0"),
        ([np.inf], "cutoffs_min is inf; give minutes above 0"),
        ([-1, 5], "cutoffs_min is -1; give minutes above 0"),
        (["5"], "cutoffs_min is '5'; give minutes above 0"),
        ([1e9], "give minutes above 0 and at most 1440"),
        (-5, "cutoffs_min is -5; give minutes above 0"),
        (True, "cutoffs_min is True; give a list of minutes"),
        ("5", "cutoffs_min is '5'; give a list of minutes"),
        (None, "cutoffs_min is None; give a list of minutes"),
        ([], "cutoffs_min is empty; give one or more minutes"),
    ],
    ids=str,
)
def test_cutoffs(cutoffs: object, told: str, example: object) -> None:
    for work in (eh.count_within, eh.coverage_within):
        with pytest.raises(InputError, match=told):
            work(*example, mode=eh.WALK, cutoffs_min=cutoffs)


def test_every_cutoff_at_fault_is_named(example: object) -> None:
    with pytest.raises(InputError) as error:
        eh.count_within(*example, mode=eh.WALK, cutoffs_min=[np.nan, 5, -2])
    assert len(error.value.faults) == 2


@pytest.mark.parametrize("n", [2.5, 0, -1, "2", None, True, np.nan])
def test_how_many_nearest(n: object, example: object) -> None:
    with pytest.raises(InputError, match=r"n is .*; give a whole number of sites of 1 or more"):
        eh.nearest_sites(*example, mode=eh.WALK, n=n)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("which", ["origins", "sites"])
@pytest.mark.parametrize("kind", [None, "frame", "bare", [1, 2]], ids=str)
def test_what_is_no_table_of_points(name: str, which: str, kind: object, example: object) -> None:
    if name == "node_times" and which == "origins":
        pytest.skip("node_times takes no origins")
    network, homes, sites = example
    table = homes if which == "origins" else sites
    plain = pd.DataFrame(table.drop(columns="geometry")).assign(weight=1.0)
    given = {"frame": plain, "bare": gpd.GeoDataFrame(plain)}.get(str(kind), kind)
    both = (given, sites) if which == "origins" else (homes, given)
    with pytest.raises(InputError, match=f"{which}: "):
        calls()[name](network, *both)


@pytest.mark.parametrize("weight", [np.nan, -1.0, np.inf, "many"])
def test_weights_of_coverage(weight: object, example: object) -> None:
    network, homes, sites = example
    homes = homes.assign(weight=pd.Series([1.0, weight], index=homes.index, dtype=object))
    with pytest.raises(
        InputError, match=r"origins, weight: .*give (a number|numbers) of 0 or more"
    ):
        eh.coverage_within(network, homes, sites, mode=eh.WALK, cutoffs_min=[5])


@pytest.mark.parametrize("metres", [np.nan, -1, "50", None])
def test_how_far_from_a_street(metres: object) -> None:
    with pytest.raises(InputError, match=r"max_offset_m is .*; give metres of 0 or more"):
        snap(points_at((0, 0)), one_long_street(), eh.WALK, max_offset_m=metres)


def test_points_in_another_system_are_told_apart_from_points_off_the_streets(
    caplog: pytest.LogCaptureFixture,
) -> None:
    street, sites = one_long_street(), points_at((400, 0))
    with caplog.at_level(logging.WARNING):
        times = eh.travel_time_matrix(street, points_at((400, 50_000)), sites, mode=eh.WALK)
    assert "the point is 50 km or more from the streets open on foot" in caplog.text
    assert "are the coordinates in the system stated?" in caplog.text
    reason = times.origin_status["reason"].iloc[0]
    assert reason.startswith("50 km from the nearest usable street, too far; are the coordinates")
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        near = eh.travel_time_matrix(street, points_at((400, 900)), sites, mode=eh.WALK)
    assert caplog.text == ""
    assert near.origin_status["reason"].iloc[0] == "900 m from the nearest usable street, too far"


@pytest.mark.parametrize(("allowed", "workers"), [("1", 1), ("3", 3), ("", None), ("2,1", None)])
def test_threads_are_those_that_are_allowed(
    monkeypatch: pytest.MonkeyPatch, allowed: str, workers: int | None
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", allowed)
    assert eh.SearchOptions().workers == (workers or os.cpu_count())
    assert eh.SearchOptions(threads=5).workers == 5


FUNCTIONS = [
    name
    for name in eh.__all__
    if callable(function := getattr(eh, name)) and not inspect.isclass(function)
]
NONSENSE = {
    "number": 0,
    "nothing": None,
    "list": [1],
    "text": "x",
    "table": pd.DataFrame(),
    "object": object(),
}


MADE_BY_HAND = ["AddLink", "Case", "Move", "Scenario", "SetHours", "Side"]


@pytest.mark.parametrize("given", NONSENSE)
@pytest.mark.parametrize("name", FUNCTIONS + MADE_BY_HAND)
def test_nonsense_is_refused_by_a_word_of_ours(name: str, given: str) -> None:
    function = getattr(eh, name)
    needed = [
        each
        for each in inspect.signature(function).parameters.values()
        if each.default is each.empty
    ]
    by_name = {each.name: NONSENSE[given] for each in needed if each.kind is each.KEYWORD_ONLY}
    in_order = [NONSENSE[given]] * (len(needed) - len(by_name))
    with contextlib.suppress(EhAccessError):  # some nonsense is sense to some functions
        function(*in_order, **by_name)


@pytest.mark.parametrize(
    ("work", "words"),
    [
        (lambda: eh.load_study(None), "path_or_name is a NoneType; give a path or a name"),
        (lambda: eh.get_mode(0), "name is a int; give text"),
        (lambda: eh.gini(["a"], [1]), "values is a list; give numbers: a list, an array"),
        (lambda: eh.weighted_mean([1], [1]), "values is a list; give a Series"),
        (lambda: eh.sensitivity([1], []), "criteria holds a int; give a Criterion for each"),
        (lambda: eh.sensitivity(1, []), "criteria is a int; give several: for each, a Criterion"),
        (lambda: eh.readings_table(iter([1])), "cases holds a int; give a Case for each"),
        (lambda: eh.read_timetable(1, "tuesday"), "source is a int; give the path of a GTFS zip"),
    ],
)
def test_what_to_give_instead(work: Callable[[], object], words: str) -> None:
    with pytest.raises(InputError, match=re.escape(words)):
        work()


def test_lists_are_numbers_as_good_as_arrays() -> None:
    assert eh.gini([1.0, 3.0], [1, 1]) == eh.gini(np.array([1.0, 3.0]), np.ones(2)) == 0.25
