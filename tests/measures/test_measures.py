from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eh_access.errors import InputError, NotFoundError
from eh_access.measures.basic import (
    change_of,
    coverage,
    coverage_by,
    cumulative_opportunities,
    mean_of,
    metres,
    nearest,
    nth_nearest,
    quantile_of,
    weighted_mean,
    weighted_quantile,
    within,
)
from eh_access.measures.opening_hours import hours_reachable
from strategies_analysis import World, some_of, worlds
from toy_borough import origins, sites, times, times_of

INF = math.inf


# ---- arithmetic --------------------------------------------------------------------------------


def test_limits_spare_half_a_decisecond() -> None:
    # 30 minutes are 18,000 deciseconds; each is kept in 32 bits
    minutes = (np.array([17_999, 18_000, 18_001]) / 600).astype(np.float32)
    assert within(minutes, 30.0).tolist() == [True, True, False]


@given(st.integers(0, 72_000))
def test_every_decisecond_is_within_itself_and_not_within_the_one_before(count: int) -> None:
    minutes = np.array([count / 600], dtype=np.float32)
    assert within(minutes, count / 600).all()
    assert not within(minutes, (count - 1) / 600).any()


def test_change_is_never_nan() -> None:
    before, after = np.array([1.0, INF, 2.0, INF]), np.array([INF, 2.0, 5.0, INF])
    assert change_of(before, after).tolist() == [INF, -INF, 3.0, 0.0]


def test_means_leave_out_rows_without_weight() -> None:
    assert mean_of(np.array([INF, 2.0]), np.array([0.0, 1.0])) == 2.0
    assert mean_of(np.array([INF, 2.0]), np.array([1.0, 1.0])) == INF
    assert math.isnan(mean_of(np.array([INF, -INF]), np.array([1.0, 1.0])))
    assert math.isnan(mean_of(np.array([1.0]), np.array([0.0])))


@given(
    st.lists(st.integers(0, 50), min_size=1, max_size=9),
    st.data(),
    st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]),
)
def test_quantile_of_weights_is_that_of_repeated_rows(
    values: list[int], data: st.DataObject, share: float
) -> None:
    size = len(values)
    weights = data.draw(st.lists(st.integers(1, 4), min_size=size, max_size=size))
    found = quantile_of(np.array(values, float), np.array(weights, float), share)
    expected = np.quantile(np.repeat(values, weights), share, method="inverted_cdf")
    assert found == expected


def test_weighted_figures_align_on_the_index() -> None:
    values = pd.Series([1.0, 9.0], index=["a", "b"])
    weights = pd.Series([1.0, 3.0], index=["b", "a"])
    assert weighted_mean(values, weights) == 3.0
    assert weighted_quantile(values, weights, 0.75) == 1.0
    assert weighted_quantile(values, weights, 0.76) == 9.0


# ---- bad input ---------------------------------------------------------------------------------


def test_other_origins_are_refused() -> None:
    with pytest.raises(InputError, match=r"not those of the travel times \(11 and 12.*h12"):
        coverage(times(), origins().drop("h12"), cutoff_min=30.0)


def test_unknown_site_is_named() -> None:
    with pytest.raises(NotFoundError, match="no site 'E'"):
        coverage(times(), origins(), cutoff_min=30.0, sites=["A", "E"])


def test_unknown_column_is_named() -> None:
    with pytest.raises(NotFoundError, match="did you mean 'ward_code'"):
        coverage_by(times(), origins(), "ward_cod", cutoff_min=30.0)


def test_groups_that_lack_origins() -> None:
    groups = pd.Series("a", index=["h01"])
    with pytest.raises(InputError, match="the groups lack 11 origins"):
        coverage_by(times(), origins(), groups, cutoff_min=30.0)


def test_zeroth_nearest() -> None:
    with pytest.raises(InputError, match="give 1 for the nearest"):
        nth_nearest(times(), 0)


def test_driving_gives_no_distance() -> None:
    with pytest.raises(InputError, match="give no distance"):
        metres(times("drive"))


def test_metres_at_one_speed() -> None:
    assert metres(times("pushchair"))[:, 0].tolist() == [960.0 * house for house in range(12)]


def test_no_weight_has_no_share() -> None:
    nobody = origins().assign(weight=0.0)
    assert math.isnan(coverage(times(), nobody, cutoff_min=30.0))


def test_unknown_groups_are_kept_last() -> None:
    people = origins().assign(ward_code=["W1"] * 11 + [None])
    table = coverage_by(times(), people, "ward_code", cutoff_min=30.0)
    assert table["weight"].tolist() == [90, 10]
    assert pd.isna(table.index[-1])


def test_hours_need_the_way_home() -> None:
    there = times()
    home = times_of(np.where(times().minutes > 0, 40.0, 0.0), direction="from_sites")
    keep = {"cutoff_min": 30.0, "full_hours": 20.0}
    assert hours_reachable(there, sites(), **keep).loc["h02"] == 40  # A and B
    assert hours_reachable(there, sites(), **keep, times_back=home).loc["h02"] == 0
    assert hours_reachable(there, sites(), **keep, times_back=home).loc["h01"] == 20


# ---- properties --------------------------------------------------------------------------------


@given(worlds(), st.data())
def test_one_more_site_never_lengthens(world: World, data: st.DataObject) -> None:
    few = data.draw(some_of(world))
    more = sorted({*few, data.draw(st.sampled_from(world.sites))})
    before = nearest(world.times, sites=few)["minutes"]
    after = nearest(world.times, sites=more)["minutes"]
    assert (after <= before).all()
    assert (
        cumulative_opportunities(world.times, cutoff_min=30, sites=more)
        >= cumulative_opportunities(world.times, cutoff_min=30, sites=few)
    ).all()


@given(worlds(), st.floats(0, 130), st.floats(0, 130))
def test_coverage_grows_with_the_cutoff(world: World, one: float, other: float) -> None:
    small, large = sorted([one, other])
    least = coverage(world.times, world.origins, cutoff_min=small)
    most = coverage(world.times, world.origins, cutoff_min=large)
    assert math.isnan(least) or least <= most


@given(worlds(), st.floats(0, 130))
def test_served_and_unserved_are_the_whole(world: World, cutoff: float) -> None:
    table = coverage_by(world.times, world.origins, "ward_code", cutoff_min=cutoff)
    far = nearest(world.times)["minutes"] > cutoff + 0.5 / 600
    unserved = world.origins.loc[far, "weight"].sum()
    assert table["covered_weight"].sum() + unserved == pytest.approx(table["weight"].sum())
    assert table["weight"].sum() == pytest.approx(world.origins["weight"].sum())
    assert table["origins"].sum() == len(world.origins)


@given(worlds(), st.data())
def test_order_of_origins_means_nothing(world: World, data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(world.origins))))
    shuffled = world.origins.iloc[order]
    one = coverage_by(world.times, world.origins, "ward_code", cutoff_min=30)
    other = coverage_by(world.times, shuffled, "ward_code", cutoff_min=30)
    pd.testing.assert_frame_equal(one, other)


@given(worlds())
def test_nth_nearest_is_the_sorted_row(world: World) -> None:
    ordered = np.sort(world.times.minutes.astype(float), axis=1)
    for n in range(1, len(world.sites) + 1):
        assert nth_nearest(world.times, n).tolist() == ordered[:, n - 1].tolist()
    assert np.isinf(nth_nearest(world.times, len(world.sites) + 1)).all()
