"""No count below the limit can be worked out from counts made safe, by whoever knows the rules.

The reader here is given everything: what is published, which areas are pooled, and the very
function that did it. He tries every list there could have been, and keeps those that give what he
sees. If all of them agree on a small count, he has it.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eh_access.study.pooling import SafeCounts, safe_counts
from eh_access.study.schema import DisclosureSettings

TEN = DisclosureSettings()
THREE = DisclosureSettings(hide_below=3, round_to=1)
FOUR = DisclosureSettings(hide_below=4, round_to=2)


def published(counts: tuple[int, ...], wards: str, rules: DisclosureSettings) -> SafeCounts:
    names = [f"{ward}{number}" for number, ward in enumerate(wards)]
    return safe_counts(
        pd.Series(counts, index=names, dtype=float),
        pd.Series(list(wards), index=names),
        rules=rules,
    )


def seen(safe: SafeCounts) -> tuple[tuple[float, ...], tuple[str, ...]]:
    """Everything a reader sees: counts, and what the log says of each area."""
    told = dict(safe.told())
    return tuple(safe.counts), tuple(told.get(area, "") for area in safe.counts.index)


@pytest.mark.parametrize(
    ("wards", "top", "rules"),
    [
        ("NN", 30, TEN),
        ("NNN", 11, TEN),
        ("NS", 22, TEN),
        ("NNS", 11, TEN),
        ("NNNN", 5, FOUR),
        ("NNSS", 5, FOUR),
        ("NSWW", 5, FOUR),
        ("NNSW", 5, THREE),
    ],
)
def test_no_small_count_is_left_one_value(wards: str, top: int, rules: DisclosureSettings) -> None:
    """Exhaustive: every list of up to ``top`` in each area is one that a reader may guess."""
    lists = defaultdict(list)
    for counts in product(range(top + 1), repeat=len(wards)):
        lists[seen(published(counts, wards, rules))].append(counts)
    for view, possible in lists.items():
        if max(max(counts) for counts in possible) == top:
            continue  # there are larger lists that give the same, not tried here
        for place in range(len(wards)):
            values = {counts[place] for counts in possible}
            assert len(values) > 1 or min(values) >= rules.hide_below, (view, possible)


@pytest.mark.parametrize(
    ("counts", "wards", "expected"),
    [
        # 9 + 9 = 18, rounded to 20, is nothing else: the others of the ward join, 81 in all
        ([9, 9, 40, 23], "NNNN", [20, 20, 20, 20]),
        # those of another ward do not
        ([9, 9, 41, 40], "NNNS", [20, 20, 20, 40]),
        # one small count in each of two wards: were more to join them, both would be known as nines
        ([9, 40, 9, 31, 50], "NNSSW", [0, 40, 0, 30, 50]),
        # with nobody to join them they are left out
        ([9, 9], "NN", [0, 0]),
        # 6 + 5 may be any of many
        ([6, 5, 40], "NNN", [5, 5, 40]),
        # 9 + 9 + 7 = 25: each could be 5 to 9
        ([9, 9, 7, 40], "NNNN", [25 / 3, 25 / 3, 25 / 3, 40]),
    ],
)
def test_a_pool_that_would_tell_takes_in_others(
    counts: list[int], wards: str, expected: list[float]
) -> None:
    assert published(tuple(counts), wards, TEN).counts.tolist() == pytest.approx(expected)


def test_areas_all_known_to_hold_somebody_are_not_told_to_hold_one() -> None:
    """Ten areas in a table because somebody was counted there, ten in all: each would be one."""
    ones = pd.Series(1.0, index=list("abcdefghij"))
    assert safe_counts(ones, None, rules=TEN).counts.tolist() == [1.0] * 10
    assert safe_counts(ones, None, rules=TEN, listed=True).counts.tolist() == [0.0] * 10
    more = pd.concat([ones, pd.Series({"k": 30.0})])
    assert safe_counts(more, None, rules=TEN, listed=True).counts.tolist() == [40 / 11] * 11


@settings(max_examples=60, deadline=None)
@given(
    counts=st.lists(st.integers(0, 30), min_size=3, max_size=14),
    seed=st.integers(0, 1000),
    place=st.integers(0, 13),
)
def test_one_family_more_in_a_small_area_moves_nothing_but_whole_steps(
    counts: list[int], seed: int, place: int
) -> None:
    """With and without one family: the area looks like all of its pool, and sums move by steps."""
    wards = "".join(np.random.default_rng(seed).choice(list("NS"), len(counts)))
    place %= len(counts)
    if counts[place] >= TEN.hide_below - 1:
        counts[place] = 3
    more = [*counts[:place], counts[place] + 1, *counts[place + 1 :]]
    one, two = (published(tuple(item), wards, TEN) for item in (counts, more))
    for safe in (one, two):
        area = safe.counts.index[place]
        alike = safe.counts[safe.counts.index.isin([name for name, _ in safe.told()])]
        assert area in alike.index
        assert (alike.to_numpy() == safe.counts[area]).sum() > 1 or safe.counts[area] == 0
    for safe in (one, two):
        assert safe.total % TEN.round_to == 0
        shown = safe.counts[~safe.counts.index.isin([name for name, _ in safe.told()])]
        assert (shown >= TEN.hide_below).all()


def test_one_family_more_that_rounding_swallows_changes_nothing_at_all() -> None:
    one, two = (published((7, last, 40, 3), "NNSS", TEN) for last in (4, 5))
    assert seen(one) == seen(two)
    assert one.sha256 == two.sha256
    assert (one.pooled, one.hidden) == (two.pooled, two.hidden)


def test_small_counts_are_pooled_by_ward_then_together() -> None:
    counts = pd.Series({"a": 12.0, "b": 6.0, "c": 5.0, "d": 4.0, "e": 3.0, "f": 4.0, "g": 0.0})
    wards = pd.Series({"a": "N", "b": "N", "c": "N", "d": "S", "e": "W", "f": "W", "g": "W"})
    safe = safe_counts(counts, wards, rules=TEN)
    # b and c make 11: 10 between them; d, e, f, g are too few in their wards, and make 11 together:
    # 10 between the four, so that nobody can tell that nobody lives in g
    expected = {"a": 10, "b": 5, "c": 5, "d": 2.5, "e": 2.5, "f": 2.5, "g": 2.5}
    assert safe.counts.to_dict() == pytest.approx(expected)
    assert (safe.pooled, safe.hidden) == (6, 0)


@pytest.mark.parametrize("seed", range(20))
def test_an_area_with_one_family_looks_like_an_area_with_none(seed: int) -> None:
    random = np.random.default_rng(seed)
    counts = pd.Series(random.integers(0, 4, 30).astype(float))
    wards = pd.Series(["N"] * 15 + ["S"] * 15)
    safe = safe_counts(counts, wards, rules=TEN)
    for _, ward in safe.counts.groupby(wards):
        assert (ward == ward.iloc[0]).all()


def test_a_small_count_with_no_other_to_pool_with_stays_hidden() -> None:
    safe = safe_counts(pd.Series({"a": 40.0, "b": 4.0}), None, rules=TEN)
    assert safe.counts.to_dict() == {"a": 40.0, "b": 0.0}
    assert (safe.pooled, safe.hidden) == (0, 1)


@pytest.mark.parametrize("seed", range(20))
def test_swapping_families_between_small_areas_of_a_ward_changes_nothing(seed: int) -> None:
    """No published count tells one small area from another, so none can be solved for."""
    random = np.random.default_rng(seed)
    counts = pd.Series(random.integers(1, 10, 12).astype(float), index=list("abcdefghijkl"))
    wards = pd.Series(list("NNNNNNSSSSSS"), index=counts.index)
    north = random.permutation(counts.iloc[:6].to_numpy())
    swapped = pd.Series([*north, *counts.iloc[6:]], index=counts.index)
    one, two = (safe_counts(item, wards, rules=TEN) for item in (counts, swapped))
    pd.testing.assert_series_equal(one.counts, two.counts)
    assert one.counts.sum() == pytest.approx(counts.sum(), abs=2 * 2.5)
