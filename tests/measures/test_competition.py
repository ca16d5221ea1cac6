from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from eh_access.errors import InputError, NotFoundError
from eh_access.measures.catchments import (
    Decay,
    absorption,
    check_capacity,
    exponential,
    floating_catchment,
    load_on_sites,
)
from eh_access.measures.comparison import compare
from strategies_analysis import World, some_of, worlds
from toy_borough import origins, times

CLOSED = compare(times(), times(), origins(), sites_after=["A", "C", "D"])


def test_who_absorbs_whom_by_hand() -> None:
    # B served h03 to h06 (of h06 as near as C, it sorts first): 35; h03, h04 go to A, the rest to C
    table = absorption(CLOSED)
    assert table.index.tolist() == ["A", "B", "C", "D"]
    assert table.columns.tolist() == ["A", "C", "D"]
    assert table.loc["B"].to_dict() == {"A": 15.0, "C": 20.0, "D": 0.0}
    assert [table.loc[site, site] for site in "ACD"] == [15.0, 35.0, 15.0]


def test_load_by_hand() -> None:
    table = load_on_sites(CLOSED, {"A": 30.0, "C": 10.0})
    assert table["weight_before"].to_dict() == {"A": 15.0, "B": 35.0, "C": 35.0, "D": 15.0}
    assert table["weight_after"].to_dict() == {"A": 30.0, "B": 0.0, "C": 55.0, "D": 15.0}
    assert table["absorbed"].to_dict() == {"A": 15.0, "B": 0.0, "C": 20.0, "D": 0.0}
    assert table.loc["A", ["per_place_before", "per_place_after"]].tolist() == [0.5, 1.0]
    assert math.isnan(table.loc["D", "per_place_after"])


@settings(max_examples=40)
@given(worlds().flatmap(lambda w: st.tuples(st.just(w), some_of(w), some_of(w))))
def test_nobody_is_lost_on_the_way(drawn: tuple[World, list[str], list[str]]) -> None:
    world, was, now = drawn
    comparison = compare(world.times, world.times, world.origins, sites_before=was, sites_after=now)
    table, load = absorption(comparison), load_on_sites(comparison)
    whole = world.origins["weight"].sum()
    assert table.to_numpy().sum() == pytest.approx(whole)
    for when, sums in (("before", table.sum(axis=1)), ("after", table.sum(axis=0))):
        for site in load.index.intersection(sums.index):
            assert load.loc[site, f"weight_{when}"] == pytest.approx(sums[site])


def test_floating_catchments_by_hand() -> None:
    # within a step of A: h01, h02 (15); of B: h03, h04, h05 (25); A has 30 places, B 50
    found = floating_catchment(times(), origins(), capacity={"B": 50.0, "A": 30.0}, cutoff_min=12.0)
    assert found.sites["demand"].to_dict() == {"A": 15.0, "B": 25.0}
    assert found.sites["places_per_family"].to_dict() == {"A": 2.0, "B": 2.0}
    assert found.access.tolist() == [2.0] * 5 + [0.0] * 7
    # within two steps of A: h01 to h03 (20), of B: h02 to h06 (40): h02 and h03 have both
    wider = floating_catchment(times(), origins(), capacity={"A": 30.0, "B": 50.0}, cutoff_min=24)
    assert wider.access.tolist() == [1.5, 2.75, 2.75, 1.25, 1.25, 1.25] + [0.0] * 6


def test_a_decay_counts_those_farther_away_for_less() -> None:
    # half after a step: A serves 10 + 5/2 within one step, so h01 has twice what h02 has
    found = floating_catchment(
        times(), origins(), capacity={"A": 25.0}, cutoff_min=12.0, decay=exponential(12)
    )
    assert found.sites.loc["A", "demand"] == pytest.approx(12.5)
    assert found.access.tolist()[:3] == pytest.approx([2.0, 1.0, 0.0])


@given(worlds(), st.integers(1, 120), st.sampled_from([None, exponential(40)]), st.data())
def test_what_is_given_is_what_is_received(
    world: World, cutoff: int, decay: Decay | None, data: st.DataObject
) -> None:
    assume(world.sites)
    places = {site: data.draw(st.integers(1, 90)) for site in world.sites}
    found = floating_catchment(
        world.times, world.origins, capacity=places, cutoff_min=cutoff, decay=decay
    )
    weights = world.origins["weight"].to_numpy()
    held = weights > 0
    received = float(weights[held] @ found.access.to_numpy()[held])
    given_out = found.sites.loc[found.sites["demand"] > 0, "capacity"].sum()
    assert received == pytest.approx(given_out)
    assert not found.access.isna().any()


@given(worlds(), st.integers(1, 120))
def test_two_steps_one_family_at_a_time(world: World, cutoff: int) -> None:
    """Plain loops over the definition of Luo and Wang."""
    minutes, weights = world.times.minutes, world.origins["weight"].to_numpy()
    assume((weights > 0).all())
    places = dict.fromkeys(world.sites, 10.0)
    found = floating_catchment(world.times, world.origins, capacity=places, cutoff_min=cutoff)
    ratios = []
    for column in range(len(world.sites)):
        near = sum(
            w for w, row in zip(weights, minutes, strict=True) if row[column] <= cutoff + 1e-4
        )
        ratios.append(10.0 / near if near else 0.0)
    expected = [
        sum(ratio for ratio, minute in zip(ratios, row, strict=True) if minute <= cutoff + 1e-4)
        for row in minutes
    ]
    assert found.access.tolist() == pytest.approx(expected)


@pytest.mark.parametrize("value", [0.0, -3.0, math.nan, math.inf])
def test_a_capacity_of_nothing_is_refused(value: float) -> None:
    message = "site 'B': capacity is .*; give a number above 0, or close the site"
    for ask in (
        lambda: check_capacity({"B": value}),
        lambda: load_on_sites(CLOSED, {"B": value}),
        lambda: floating_catchment(times(), origins(), capacity={"B": value}, cutoff_min=30.0),
    ):
        with pytest.raises(InputError, match=message):
            ask()


def test_other_bad_input_is_refused() -> None:
    with pytest.raises(InputError) as told:
        floating_catchment(times(), origins(), capacity={}, cutoff_min=0.0)
    assert len(told.value.faults) == 2
    with pytest.raises(NotFoundError, match="no site 'E'"):
        floating_catchment(times(), origins(), capacity={"E": 1.0}, cutoff_min=30.0)


def test_those_who_reach_none_are_in_the_matrix_and_in_no_row_of_load() -> None:
    gone = compare(times(), times(), origins(), sites_after=[])
    assert absorption(gone).columns.tolist() == [""]
    assert np.asarray(load_on_sites(gone)["weight_after"]).sum() == 0
    assert "" not in load_on_sites(gone).index
