from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eh_access.measures.comparison import Comparison, compare
from eh_access.measures.equity import (
    COLUMNS,
    NOT_KNOWN,
    DrawnMinutes,
    fairness_frame,
    gap,
    gaps_between,
    groupings,
    members,
    simultaneous,
)
from eh_access.publish.wording import fairness_notes
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
    assert list(table) == list(COLUMNS)
    assert set(table["sites"]) == {"full_time"}
    assert list(fairness_frame({})) == list(COLUMNS)


@settings(max_examples=30)
@given(worlds().flatmap(lambda world: st.tuples(st.just(world), some_of(world))))
def test_groups_make_up_the_whole(drawn: tuple[World, list[str]]) -> None:
    world, left = drawn
    comparison = compare(world.times, world.times, world.origins, sites_after=left)
    table = fairness_frame({("s", "walk"): comparison})
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
    notes = fairness_notes(groups=False)
    assert any("not a protected characteristic" in note for note in notes)
    for word in ("disability", "ethnicity", "pregnancy", "single parents"):
        assert any(word in note for note in notes)
    assert not any("disability" in note for note in fairness_notes(groups=True))
    assert any("nine in ten draws" in note for note in notes)


# ---- intervals ---------------------------------------------------------------------------------


def drawn_as(comparison: Comparison, draws: int, error: float) -> DrawnMinutes:
    """Return minutes that are off by a normal error of each origin's own, and exact weights."""
    frame, random = comparison.frame, np.random.default_rng(5)
    before, after = frame["before_min"].to_numpy(), frame["after_min"].to_numpy()
    off = random.normal(0.0, error, (draws, len(frame)))
    return DrawnMinutes(
        before=np.tile(before, (draws, 1)), after=after + off, weights=frame["weight"].to_numpy()
    )


def test_gaps_of_every_draw_are_those_of_a_table_with_those_minutes() -> None:
    comparison = without_b()
    drawn = drawn_as(comparison, 5, 1.0)
    numbers = pd.factorize(comparison.groups["ward_name"], sort=True)[0]
    weights = comparison.frame["weight"].to_numpy()
    member = members(numbers, 4)
    added = weights * (drawn.after - drawn.before)
    found = gaps_between(added @ member, np.tile(weights, (5, 1)) @ member)
    for draw in range(5):
        added = drawn.after[draw] - drawn.before[draw]
        for ward in range(4):
            inside = numbers == ward
            means = [np.average(added[part], weights=weights[part]) for part in (inside, ~inside)]
            assert found[draw, ward] == pytest.approx(means[0] - means[1])


def test_an_interval_of_one_figure_is_as_wide_as_theory_says() -> None:
    draws = np.random.default_rng(1).normal(3.0, 2.0, (20_000, 1))
    (low,), (high,) = simultaneous(draws)
    assert (low, high) == (
        pytest.approx(3 - 1.645 * 2, abs=0.1),
        pytest.approx(3 + 1.645 * 2, abs=0.1),
    )


def test_intervals_hold_all_figures_of_nine_in_ten_draws_at_once() -> None:
    random = np.random.default_rng(1)
    draws = random.normal(0.0, [1.0, 5.0, 0.1, 2.0, 3.0], (50_000, 5))
    low, high = simultaneous(draws)
    inside = ((draws >= low) & (draws <= high)).all(axis=1)
    assert inside.mean() == pytest.approx(0.9, abs=0.001)
    # five independent normal figures: each must hold the fifth root of nine in ten
    assert high[0] == pytest.approx(2.311, abs=0.04)


def test_what_never_varies_has_an_interval_of_no_width_and_what_lacks_a_value_none() -> None:
    draws = np.array([[3.0, 1.0], [3.0, np.nan]])
    low, high = simultaneous(draws)
    assert (low[0], high[0]) == (3.0, 3.0)
    assert math.isnan(low[1])


def test_intervals_are_of_the_groups_of_one_kind_and_absent_where_nothing_was_drawn() -> None:
    comparison = without_b()
    ends = ["gap_change_low_min", "gap_change_high_min"]
    plain = fairness_frame({("s", "walk"): comparison})
    assert plain[ends].isna().all(axis=None)
    drawn = {("s", "walk"): drawn_as(comparison, 500, 1.0)}
    table = fairness_frame({("s", "walk"): comparison}, drawn=drawn)
    told = table[table["group_kind"] != "everyone"].dropna(subset="gap_change_min")
    assert (told["gap_change_low_min"] < told["gap_change_min"]).all()
    assert (told["gap_change_min"] < told["gap_change_high_min"]).all()
    # of two groups what one has more the other has less
    assert plain.drop(columns=ends).equals(table.drop(columns=ends))
