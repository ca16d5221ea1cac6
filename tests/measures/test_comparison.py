from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eh_access.errors import InputError, NotFoundError
from eh_access.measures.basic import coverage
from eh_access.measures.comparison import OUTCOMES, Comparison, compare
from strategies_analysis import World, some_of, worlds
from toy_borough import origins, times, times_of

INF = math.inf
PARTS = ["weight_loses", "weight_gains", "weight_unchanged", "weight_still_unreached"]


def of_pairs(*pairs: tuple[float, float]) -> Comparison:
    """Compare origins whose minutes before and after are given; each weighs 1."""
    houses = [f"h{number:02d}" for number in range(1, len(pairs) + 1)]
    before, after = np.array(pairs).T[:, :, None]
    return compare(
        times_of(before, houses=houses, centres=["A"]),
        times_of(after, houses=houses, centres=["A"]),
        origins().iloc[: len(pairs)].assign(weight=1.0),
    )


def test_every_outcome() -> None:
    found = of_pairs((10, 16), (16, 10), (10, 15), (10, INF), (INF, 10), (INF, INF), (15, 10))
    frame = found.frame
    assert frame["outcome"].tolist() == [
        "loses",
        "gains",
        "unchanged",  # exactly five minutes are not more than five
        "loses_all",
        "gains_access",
        "still_unreached",
        "unchanged",
    ]
    assert frame["change_min"].tolist() == [6, -6, 5, INF, -INF, 0, -5]
    assert not frame["change_min"].isna().any()
    assert frame["site_after"].tolist() == ["A", "A", "A", "", "A", "", "A"]
    assert found.losers().index.tolist() == ["h01", "h04"]  # who reaches none stands last
    assert found.winners().index.tolist() == ["h02", "h05"]


def test_a_decisecond_over_five_minutes_loses() -> None:
    assert of_pairs((10, 15 + 1 / 600)).frame["outcome"].tolist() == ["loses"]


def test_means_are_over_those_reached_both_times() -> None:
    row = of_pairs((10, 16), (10, INF), (INF, INF), (INF, 4)).summary().loc["all"]
    assert row["finite_weight"] == 1
    assert (row["mean_before_min"], row["mean_after_min"], row["mean_change_min"]) == (10, 16, 6)
    # of three asked, the changes are -inf, 6 and inf
    assert row["median_change_min"] == 6
    assert row["p90_change_min"] == row["worst_change_min"] == INF
    assert row["weight_loses"] == 2
    assert row["weight_loses_all"] == 1
    assert row["share_loses"] == 0.5


def test_group_without_anybody_has_no_figures() -> None:
    people = origins().assign(weight=[0.0, 0, 0, *[1.0] * 9])
    row = compare(times(), times(), people, sites_after=["C"]).summary("ward_code").loc["W1"]
    assert row["weight"] == 0
    assert row[["share_loses", "mean_change_min", "p90_change_min"]].isna().all()


def test_groups_from_a_series_and_unknown_ones_last() -> None:
    groups = pd.Series(["b", "a", None] * 4, index=origins().index, name="kind")
    table = compare(times(), times(), origins(), sites_after=["A"]).summary(groups)
    assert table.index.tolist()[:2] == ["a", "b"]
    assert pd.isna(table.index[2])
    assert table.index.name == "kind"
    assert table["weight"].sum() == 100


def test_different_order_after() -> None:
    turned = times_of(times().minutes[::-1], houses=times().origin_ids[::-1].tolist())
    assert (compare(times(), turned, origins()).frame["change_min"] == 0).all()


def test_modes_must_agree() -> None:
    with pytest.raises(InputError, match="before is by walk, after by pushchair"):
        compare(times(), times("pushchair"), origins())


def test_origins_must_agree() -> None:
    with pytest.raises(InputError, match="not those of the travel times"):
        compare(times(), times(), origins().iloc[:3])


def test_unknown_column() -> None:
    with pytest.raises(NotFoundError, match="did you mean 'ward_name'"):
        compare(times(), times(), origins()).summary("ward_nam")


def test_estimates_carry_through() -> None:
    assert compare(times(), times(estimated=True), origins()).estimated


@given(worlds())
def test_nothing_changed_changes_nothing(world: World) -> None:
    found = compare(world.times, world.times, world.origins)
    assert (found.frame["change_min"] == 0).all()
    assert found.losers().empty
    assert found.winners().empty


@given(worlds(), st.data())
def test_parts_add_up_to_the_whole_in_every_group(world: World, data: st.DataObject) -> None:
    before, after = data.draw(some_of(world)), data.draw(some_of(world))
    found = compare(world.times, world.times, world.origins, sites_before=before, sites_after=after)
    assert set(found.frame["outcome"]) <= set(OUTCOMES)
    for table in (found.summary(), found.summary("ward_code")):
        assert table[PARTS].sum(axis=1).tolist() == pytest.approx(table["weight"].tolist())
        assert table["weight"].sum() == pytest.approx(world.origins["weight"].sum())


@given(worlds(), st.data())
def test_closing_more_is_never_better(world: World, data: st.DataObject) -> None:
    many = data.draw(some_of(world))
    few = [site for site in many if data.draw(st.booleans())]
    keep = {"sites_before": world.sites}
    mild = compare(world.times, world.times, world.origins, **keep, sites_after=many)
    harsh = compare(world.times, world.times, world.origins, **keep, sites_after=few)
    assert (harsh.frame["after_min"] >= mild.frame["after_min"]).all()
    assert (mild.frame["change_min"] >= 0).all()
    assert mild.winners().empty
    assert set(mild.losers().index) <= set(harsh.losers().index)


@given(worlds(), st.data())
def test_shuffling_origins_changes_nothing(world: World, data: st.DataObject) -> None:
    after = data.draw(some_of(world))
    order = data.draw(st.permutations(range(len(world.origins))))
    one = compare(world.times, world.times, world.origins, sites_after=after)
    other = compare(world.times, world.times, world.origins.iloc[order], sites_after=after)
    pd.testing.assert_frame_equal(one.frame, other.frame)
    pd.testing.assert_frame_equal(one.summary("ward_code"), other.summary("ward_code"))


@given(worlds(), st.data())
def test_new_names_for_origins_change_nothing(world: World, data: st.DataObject) -> None:
    after = data.draw(some_of(world))
    names = [f"new-{number}" for number in reversed(range(len(world.origins)))]
    renamed = times_of(world.times.minutes, houses=names, centres=world.sites)
    people = world.origins.set_index(pd.Index(names, name="origin_id"))
    one = compare(world.times, world.times, world.origins, sites_after=after)
    other = compare(renamed, renamed, people, sites_after=after)
    assert one.frame.to_dict("list") == other.frame.to_dict("list")


def test_the_curve_of_the_toy_by_hand() -> None:
    # without B: h03 24, h04 and h05 36 minutes; before, all but h06 and h10 (15) are within 12
    rows = compare(times(), times(), origins(), sites_after=["A", "C", "D"]).curve([12, 24, 36])
    assert rows["within_before"].tolist() == [85, 100, 100]
    assert rows["within_after"].tolist() == [60, 80, 100]
    assert rows["within_share_change"].tolist() == pytest.approx([-0.25, -0.2, 0])


@given(worlds(), st.data(), st.lists(st.floats(0, 90), min_size=1, max_size=5))
def test_a_curve_is_the_share_within_each_time_and_never_falls(
    world: World, data: st.DataObject, cutoffs: list[float]
) -> None:
    kept = data.draw(some_of(world))
    found = compare(world.times, world.times, world.origins, sites_after=kept)
    rows = found.curve(sorted(cutoffs))
    for row in rows.itertuples():
        for when, sites in (("before", None), ("after", kept)):
            share = coverage(world.times, world.origins, cutoff_min=row.cutoff_min, sites=sites)
            assert getattr(row, f"within_share_{when}") == pytest.approx(share, nan_ok=True)
    assert rows["within_before"].is_monotonic_increasing
    assert rows["within_after"].is_monotonic_increasing


@given(data=st.data(), world=worlds())
def test_a_group_equal_to_everyone_has_everyones_figures(data: st.DataObject, world: World) -> None:
    origins = world.origins.assign(group=world.origins["weight"])
    stays = data.draw(some_of(world))
    whole = compare(world.times, world.times, origins, sites_after=stays)
    same = whole.counting("group")
    pd.testing.assert_frame_equal(same.summary(), whole.summary())
    pd.testing.assert_frame_equal(same.curve(), whole.curve())


def test_a_curve_ends_where_times_were_not_worked_out() -> None:
    near = replace(times(), cutoff_min=20.0, minutes=np.where(times().minutes > 20, np.inf, 12.0))
    found = compare(near, times(), origins(), sites_after=["A", "C", "D"])
    assert found.curve()["cutoff_min"].tolist() == [10, 15, 20]
    assert len(found.curve([])) == 0
    with pytest.raises(InputError, match=r"cutoffs_min is 24, and times were worked out to 20"):
        found.curve([12, 24])
