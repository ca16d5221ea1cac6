from __future__ import annotations

import math

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eh_access.errors import InputError, NotFoundError
from eh_access.measures.scenarios import (
    BASELINE,
    Change,
    Close,
    Move,
    Open,
    Scenario,
    SetHours,
    apply_scenario,
    open_sites,
)
from toy_borough import CENTRES, sites


def scenario(*changes: Change) -> Scenario:
    return Scenario("s", "S", changes)


def full(table: gpd.GeoDataFrame) -> list[str]:
    return open_sites(table, full_time=True, full_time_from_hours=25.0).tolist()


def at_all(table: gpd.GeoDataFrame) -> list[str]:
    return open_sites(table, full_time=False, full_time_from_hours=25.0).tolist()


def test_baseline_only_adds_columns() -> None:
    table = apply_scenario(sites(), BASELINE)
    assert table["is_open"].tolist() == [True] * 4
    pd.testing.assert_frame_equal(pd.DataFrame(table[sites().columns]), pd.DataFrame(sites()))


def test_an_id_and_a_point_are_enough() -> None:
    table = apply_scenario(sites()[["geometry"]], Scenario.closing("A"))
    assert table["is_open"].tolist() == [False, True, True, True]
    assert table["hours_per_week"].isna().all()
    assert set(table["location_basis"]) == {"not stated"}


@pytest.mark.parametrize("changes", [Close("a"), "close a", 3, ["close a"], [("a", 10)]])
def test_what_is_no_change_is_refused(changes: object) -> None:
    with pytest.raises(InputError, match=r"give changes, such as \(Close"):
        Scenario("s", "S", changes)  # type: ignore[arg-type]


def test_a_list_of_changes_will_do() -> None:
    assert Scenario("s", "S", [Close("a")]) == Scenario("s", "S", (Close("a"),))  # type: ignore[arg-type]


def test_ids_of_another_type_are_named() -> None:
    numbered = sites().set_axis(pd.Index([0, 1, 2, 3]))
    with pytest.raises(NotFoundError, match="the ids are of type int, this is str: give 0"):
        apply_scenario(numbered, Scenario.closing("0"))
    with pytest.raises(InputError, match="sites: 1 id stands more than once, the first 0"):
        apply_scenario(sites().set_axis(pd.Index([0, 0, 2, 3])), BASELINE)


def test_original_is_untouched() -> None:
    table = sites()
    every = scenario(Close("A"), SetHours("B", 10), Move("C", 1.0, 2.0, 50.0))
    apply_scenario(table, every)
    pd.testing.assert_frame_equal(table, sites())


def test_close_and_open() -> None:
    start = sites().assign(is_open=[True, True, False, False])
    table = apply_scenario(start, scenario(Close("A"), Open("D")))
    assert at_all(table) == ["B", "D"]


def test_hours_tell_full_time_from_the_rest() -> None:
    table = apply_scenario(sites(), scenario(SetHours("A", 25), SetHours("B", 24.9)))
    assert full(table) == ["A", "C", "D"]
    assert at_all(table) == list(CENTRES)


def test_no_hours_is_not_open() -> None:
    table = apply_scenario(sites(), scenario(SetHours("A", 0)))
    assert at_all(table) == ["B", "C", "D"]
    assert table.loc["A", "is_open"]


def test_hours_can_become_full_again() -> None:
    start = sites().assign(hours_per_week=10.0)
    assert full(apply_scenario(start, scenario(SetHours("B", math.nan)))) == ["B"]


@pytest.mark.parametrize(("radius", "basis"), [(0.0, "surveyed"), (300.0, "estimate")])
def test_move(radius: float, basis: str) -> None:
    start = sites(basis={"B": "unknown"})
    table = apply_scenario(start, scenario(Move("B", 441_000.0, 391_000.0, radius)))
    assert (table.geometry["B"].x, table.geometry["B"].y) == (441_000.0, 391_000.0)
    assert table.loc["B", ["location_basis", "location_radius_m"]].tolist() == [basis, radius]
    assert table.crs == start.crs
    assert table.geometry.drop("B").geom_equals(start.geometry.drop("B")).all()


def test_unknown_sites_are_all_named_with_close_matches() -> None:
    start = sites().rename({"A": "park-view"})
    with pytest.raises(NotFoundError, match=r"'park-vew': did you mean 'park-view'") as caught:
        apply_scenario(start, scenario(Close("park-vew"), SetHours("Z", 1)))
    assert "no site 'Z'" in str(caught.value)


def test_closing_everything_is_refused() -> None:
    with pytest.raises(InputError, match="leaves no site open"):
        apply_scenario(sites(), scenario(*(Close(site) for site in CENTRES)))
    with pytest.raises(InputError, match="leaves no site open"):
        apply_scenario(sites(), scenario(*(SetHours(site, 0) for site in CENTRES)))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ((Close("A"), Close("A")), "'A' is told the same kind of change twice"),
        ((SetHours("A", 1), SetHours("A", 2)), "the same kind of change twice"),
        ((Close("A"), Open("A")), "closed and changed as well"),
        ((SetHours("A", 1), Close("A")), "closed and changed as well"),
    ],
)
def test_contradictions(changes: tuple[Change, ...], told: str) -> None:
    with pytest.raises(InputError, match=told):
        scenario(*changes)


def test_nameless() -> None:
    with pytest.raises(InputError, match="has no name"):
        Scenario("", "S")


@pytest.mark.parametrize("hours", [-1.0, 168.1, math.inf])
def test_hours_out_of_bounds(hours: float) -> None:
    with pytest.raises(InputError, match="give 0 to 168"):
        SetHours("A", hours)


def test_move_to_nowhere_gathers_faults() -> None:
    with pytest.raises(InputError) as caught:
        Move("A", math.nan, math.inf, -1.0)
    assert len(caught.value.faults) == 3


@given(closed=st.lists(st.sampled_from(list(CENTRES)), unique=True, max_size=3), data=st.data())
def test_order_of_changes_means_nothing(closed: list[str], data: st.DataObject) -> None:
    rest = [site for site in CENTRES if site not in closed]
    changes: list[Change] = [*(Close(site) for site in closed), SetHours(rest[0], 5.0)]
    shuffled = data.draw(st.permutations(changes))
    one = apply_scenario(sites(), scenario(*changes))
    other = apply_scenario(sites(), scenario(*shuffled))
    pd.testing.assert_frame_equal(one, other)
    assert at_all(one) == rest
