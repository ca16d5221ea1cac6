from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eh_access.errors import InputError
from eh_access.measures.comparison import Comparison, compare
from eh_access.measures.equity import (
    COVERS,
    NOT_KNOWN,
    NOT_PROTECTED,
    NOT_SHOWN,
    NOTES,
    UNITS,
    drawn_areas,
    fairness_frame,
    gap,
    gaps_between,
    groupings,
)
from strategies_analysis import World, some_of, worlds
from toy_borough import HOUSES, origins, times, times_of

LEFT = ["A", "C", "D"]


def without_b(**columns: object) -> Comparison:
    return compare(times(), times(), origins().assign(**columns), sites_after=LEFT)


def rows(comparison: Comparison, kind: str, **more: object) -> pd.DataFrame:
    table = fairness_frame({("closed", "walk"): comparison}, **more)
    return table[table["group_kind"] == kind].set_index("group")


# ---- the toy borough without B, by hand --------------------------------------------------------
# ward   weight  before (min x weight)   after                  added        more than 5 minutes
# W1       20    0x10+12x5+12x5  = 120   0+60+24x5  = 180          60        h03: 5
# W2       30    0x10+12x10+24x10= 360   360+360+240= 960         600        h04, h05: 20
# W3       30    12x10+0+12x10   = 240   240                        0        0
# W4       20    24x5+12x5+0     = 180   180                        0        0


def test_wards_by_hand() -> None:
    table = rows(without_b(), "ward")
    assert table.index.tolist() == ["1 Ward", "2 Ward", "3 Ward", "4 Ward"]
    assert table["weight"].tolist() == [20.0, 30.0, 30.0, 20.0]
    assert table["share_loses"].tolist() == pytest.approx([0.25, 20 / 30, 0.0, 0.0])
    assert table["share_unchanged"].tolist() == pytest.approx([0.75, 10 / 30, 1.0, 1.0])
    assert table["mean_before_min"].tolist() == pytest.approx([6.0, 12.0, 8.0, 9.0])
    assert table["mean_after_min"].tolist() == pytest.approx([9.0, 32.0, 8.0, 9.0])
    assert table["median_change_min"].tolist() == [0.0, 24.0, 0.0, 0.0]
    assert table["p90_change_min"].tolist() == [12.0, 36.0, 0.0, 0.0]
    assert table["worst_change_min"].tolist() == [12.0, 36.0, 0.0, 0.0]
    # against the other three: 120/20 - 780/80 before, 180/20 - 1380/80 after
    assert table.loc["1 Ward", "gap_before_min"] == pytest.approx(6 - 9.75)
    assert table.loc["1 Ward", "gap_after_min"] == pytest.approx(9 - 17.25)
    assert table.loc["1 Ward", "gap_change_min"] == pytest.approx(3 - 7.5)


def test_fifths_centres_and_everyone_by_hand() -> None:
    comparison = without_b()
    deprived = rows(comparison, "imd_fifth")
    # deciles 1 and 2: h04 to h07 (40): 36, 24, 0, 0 minutes more; the other 60 lose 12 x 5
    assert deprived.loc["1", "weight"] == 40.0
    assert deprived.loc["1", "gap_change_min"] == pytest.approx(600 / 40 - 60 / 60)
    centre = rows(comparison, "nearest_before")
    assert centre["weight"].to_dict() == {"A": 15.0, "B": 35.0, "C": 35.0, "D": 15.0}
    assert centre.loc["B", "share_loses"] == pytest.approx(25 / 35)
    everyone = rows(comparison, "everyone").loc["everyone"]
    assert everyone["mean_change_min"] == pytest.approx(6.6)
    assert math.isnan(everyone["gap_change_min"])


def test_indices_of_everyone_are_those_of_a_plain_sum() -> None:
    comparison = without_b()
    found = rows(comparison, "everyone").loc["everyone"]
    frame = comparison.frame
    minutes, weights = frame["after_min"].to_numpy(), frame["weight"].to_numpy()
    pairs = (np.abs(minutes[:, None] - minutes) * weights * weights[:, None]).sum()
    expected = pairs / (2 * weights.sum() * (weights @ minutes))
    assert found["gini_after"] == pytest.approx(expected)
    deciles = comparison.groups["imd_decile"].to_numpy()
    rank = np.array(
        [
            weights[deciles < decile].sum() + weights[deciles == decile].sum() / 2
            for decile in deciles
        ]
    )
    expected = 2 * (weights * minutes) @ rank / weights.sum() / (weights @ minutes) - 1
    assert found["concentration_imd_after"] == pytest.approx(expected)


def test_only_everyone_has_a_concentration_index() -> None:
    table = fairness_frame({("closed", "walk"): without_b()})
    told = table.set_index("group_kind")["concentration_imd_before"]
    assert told.notna().sum() == 1
    assert not math.isnan(told["everyone"])


def test_kinds_without_their_column_are_left_out() -> None:
    kinds = ["everyone", "imd_fifth", "no_car_fifth", "ward", "nearest_before"]
    assert list(groupings(without_b())) == kinds
    more = without_b(locality="North", ruc21="Urban")
    assert list(groupings(more)) == [*kinds[:4], "locality", "rural_urban", "nearest_before"]
    assert "locality" not in groupings(without_b(locality=None))


def test_who_is_not_known_is_a_group_and_not_part_of_elsewhere() -> None:
    wards = [
        None if house == "h05" else ward for house, ward in zip(HOUSES, "aaabbbcccddd", strict=True)
    ]
    table = rows(without_b(ward_name=wards), "ward")
    assert table.loc[NOT_KNOWN, "weight"] == 10.0
    assert math.isnan(table.loc[NOT_KNOWN, "gap_change_min"])
    # the others without h05: 12 x 5 for a; b has 36 x 10 over 20
    assert table.loc["b", "gap_change_min"] == pytest.approx(360 / 20 - 60 / 70)


def test_those_who_lose_all_reach_are_counted_and_in_no_mean() -> None:
    after = times().minutes.copy()
    after[3] = np.inf
    comparison = compare(times(), times_of(after), origins(), sites_after=LEFT)
    found = rows(comparison, "ward").loc["2 Ward"]
    assert (found["weight_loses_all"], found["finite_weight"]) == (10.0, 20.0)
    assert found["mean_change_min"] == pytest.approx((24 * 10) / 20)
    assert found["worst_change_min"] == math.inf


def test_columns_are_those_with_a_unit() -> None:
    table = fairness_frame({("closed", "walk"): without_b()}, sites="full_time")
    assert list(table) == list(UNITS)
    assert set(table["sites"]) == {"full_time"}
    assert list(fairness_frame({})) == list(UNITS)


@settings(max_examples=30)
@given(worlds().flatmap(lambda world: st.tuples(st.just(world), some_of(world))))
def test_groups_make_up_the_whole(drawn: tuple[World, list[str]]) -> None:
    world, left = drawn
    comparison = compare(world.times, world.times, world.origins, sites_after=left)
    table = fairness_frame({("s", "walk"): comparison}, resamples=5)
    sums = table.groupby("group_kind")["weight"].sum()
    assert sums.to_numpy() == pytest.approx(world.origins["weight"].sum())
    parts = ["weight_loses", "weight_gains", "weight_unchanged", "weight_still_unreached"]
    assert table[parts].sum(axis=1).to_numpy() == pytest.approx(table["weight"].to_numpy())
    means = table["mean_after_min"] - table["mean_before_min"] - table["mean_change_min"]
    assert means.dropna().to_numpy() == pytest.approx(0, abs=1e-9)
    gaps = table["gap_after_min"] - table["gap_before_min"] - table["gap_change_min"]
    assert gaps.dropna().to_numpy() == pytest.approx(0, abs=1e-9)


def test_the_gap_is_that_of_the_verdicts() -> None:
    comparison = without_b()
    found = rows(comparison, "imd_fifth").loc["1", "gap_change_min"]
    assert found == pytest.approx(gap(comparison, "most-deprived-fifth").gap_min)


def test_the_text_says_what_it_must() -> None:
    assert "not a protected characteristic" in NOT_PROTECTED
    for word in ("disability", "ethnicity", "pregnancy", "single parents"):
        assert word in NOT_SHOWN
    assert COVERS in NOTES


# ---- intervals ---------------------------------------------------------------------------------


def many_areas(spread: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return 40 areas of 5 origins each, half in group 0, whose mean is 3 minutes longer."""
    areas = np.repeat(np.arange(40), 5)
    groups = (areas >= 20).astype(int)
    shift = np.random.default_rng(7).normal(0, spread, 40)[areas]
    return np.where(groups == 0, 10.0, 7.0) + shift, np.ones(200), groups, areas


def test_an_interval_is_as_wide_as_theory_says() -> None:
    values, weights, groups, areas = many_areas(spread=2.0)
    drawn = drawn_areas(40, seed=3, resamples=4000)
    found = gaps_between(values, weights, groups=groups, areas=areas, drawn=drawn, count=2)
    means = [values[(groups == group)].reshape(-1, 5)[:, 0] for group in (0, 1)]
    error = math.sqrt(sum(part.var() / 20 for part in means))
    assert found.gap[0] == pytest.approx(means[0].mean() - means[1].mean())
    assert found.low[0] < found.gap[0] < found.high[0]
    assert (found.high[0] - found.low[0]) / 2 == pytest.approx(1.96 * error, rel=0.1)
    # what one group has more the other has less
    assert (found.low[1], found.high[1]) == pytest.approx((-found.high[0], -found.low[0]))


def test_areas_that_are_all_alike_leave_no_doubt() -> None:
    values, weights, groups, areas = many_areas(spread=0.0)
    drawn = drawn_areas(40, seed=3, resamples=200)
    found = gaps_between(values, weights, groups=groups, areas=areas, drawn=drawn, count=2)
    assert (found.low[0], found.high[0]) == pytest.approx((3.0, 3.0))


def test_the_seed_settles_the_draws() -> None:
    first, again, other = (drawn_areas(9, seed=seed, resamples=6) for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


def test_few_areas_give_no_interval() -> None:
    table = rows(without_b(), "ward")
    assert table["areas"].tolist() == [1, 1, 1, 1]
    assert table[["gap_change_low_min", "gap_change_high_min"]].isna().all(axis=None)


def test_there_must_be_a_resample() -> None:
    with pytest.raises(InputError, match="resamples is 0; give 1 or more"):
        fairness_frame({("s", "walk"): without_b()}, resamples=0)
