"""No count below the limit can be worked out from counts made safe, by whoever knows the rules.

The reader here is given everything: what is published, which areas have a small count, every count
that is not small, and the very function that did it. He tries every list there could have been, and
keeps those that give what he sees. Each small count must still be able to be anything below the
limit.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eh_access.study.config import DisclosureSettings
from eh_access.study.families import SafeCounts, safe_counts

TEN = DisclosureSettings()
FIVE = DisclosureSettings(hide_below=5, round_to=5)
THREE = DisclosureSettings(hide_below=3, round_to=1)
FOUR = DisclosureSettings(hide_below=4, round_to=2)


def published(
    counts: tuple[int, ...], wards: str, rules: DisclosureSettings, *, listed: bool = False
) -> SafeCounts:
    names = [f"{ward}{number}" for number, ward in enumerate(wards)]
    return safe_counts(
        pd.Series(counts, index=names, dtype=float),
        pd.Series(list(wards), index=names),
        rules=rules,
        listed=listed,
    )


def seen(safe: SafeCounts) -> tuple[tuple[float, ...], tuple[str, ...]]:
    """Everything a reader sees: counts, and what the log says of each area."""
    told = dict(safe.hidden_areas())
    return tuple(safe.counts), tuple(told.get(area, "") for area in safe.counts.index)


@pytest.mark.parametrize(
    ("wards", "large", "rules", "listed"),
    [
        ("NN", "", TEN, False),
        ("NNN", "", TEN, False),
        ("NSW", "NNS", FIVE, True),
        ("NNNN", "NS", FOUR, False),
        ("NNNNNN", "", THREE, False),
        ("NNNNNN", "NW", FOUR, True),
        ("NNNNNNS", "S", THREE, False),
        ("NNNNNNSS", "NS", THREE, True),
        ("NNNNNNNSS", "", THREE, True),
    ],
)
def test_each_small_count_could_be_any(
    wards: str, large: str, rules: DisclosureSettings, *, listed: bool
) -> None:
    """Exhaustive: all lists of small counts, wards wholly pooled among them."""
    least, many = int(listed), len(wards)
    lists = defaultdict(list)
    for small in product(range(least, rules.hide_below), repeat=many):
        counts = (*small, *(rules.hide_below + number for number in range(len(large))))
        lists[seen(published(counts, wards + large, rules, listed=listed))].append(small)
    anything = set(range(least, rules.hide_below))
    for view, possible in lists.items():
        for place in range(many):
            assert {small[place] for small in possible} == anything, (view, place)


def inverted(
    counts: list[int], wards: str, place: int, value: int, *, listed: bool
) -> list[int] | None:
    """Look for a list with one small count another and every count that is not small the same."""
    safe, least = published(tuple(counts), wards, TEN, listed=listed), int(listed)
    view = seen(safe)
    alike = ((safe.rules != "") & (safe.counts == safe.counts.iloc[place])).to_numpy()
    others = [int(n) for n in np.flatnonzero(alike) if n != place]
    many = [sum(alike[n] and wards[n] == ward for n in range(len(wards))) for ward in wards]
    others.sort(key=lambda n: (wards[n] != wards[place], many[n]))
    for shift in sorted(range(-30, 31), key=abs):
        tried, owed = list(counts), counts[place] - value + shift
        tried[place] = value
        for other in others:
            room = (TEN.hide_below - 1 if owed > 0 else least) - tried[other]
            step = min(owed, room) if owed > 0 else max(owed, room)
            tried[other] += step
            owed -= step
        if not owed and seen(published(tuple(tried), wards, TEN, listed=listed)) == view:
            return tried
    return None


def random_list(seed: int, mean: float, *, listed: bool) -> tuple[list[int], str]:
    """Four wards, of which one is small throughout and one is 9, 9 and a larger count."""
    random = np.random.default_rng(seed)
    counts = np.maximum(random.poisson(mean, 24), int(listed))
    whole = random.integers(int(listed), TEN.hide_below, int(random.integers(1, 10)))
    more = [9, 9, int(random.integers(20, 25))]
    wards = [*random.choice(list("NS"), 24), *"W" * len(whole), *"EEE"]
    return [int(count) for count in (*counts, *whole, *more)], "".join(wards)


@pytest.mark.parametrize("listed", [False, True])
@pytest.mark.parametrize("mean", [0.7, 2.0, 6.0, 9.0, 12.0, 18.0])
@pytest.mark.parametrize("seed", range(3))
def test_each_small_count_of_a_borough_could_be_none_or_nine(
    seed: int, mean: float, *, listed: bool
) -> None:
    """The reader who knows each count that is not small finds a list for either end."""
    counts, wards = random_list(seed, mean, listed=listed)
    small = [place for place, count in enumerate(counts) if count < TEN.hide_below]
    assert len(small) > 2
    for place in small:
        for value in (int(listed), TEN.hide_below - 1):
            found = inverted(counts, wards, place, value, listed=listed)
            assert found is not None, (place, value, counts, wards)


@settings(max_examples=40, deadline=None)
@given(counts=st.lists(st.integers(0, 30), min_size=3, max_size=14), seed=st.integers(0, 1000))
def test_what_is_shown_of_small_counts_hangs_on_no_larger_one(counts: list[int], seed: int) -> None:
    wards = "".join(np.random.default_rng(seed).choice(list("NS"), len(counts)))
    more = [count if count < TEN.hide_below else count + 37 for count in counts]
    one, two = (published(tuple(item), wards, TEN) for item in (counts, more))
    small = [count < TEN.hide_below for count in counts]
    assert one.counts[small].tolist() == two.counts[small].tolist()
    assert list(one.hidden_areas()) == list(two.hidden_areas())
    assert {area for area, _ in one.hidden_areas()} == set(one.counts.index[small])


@pytest.mark.parametrize(
    ("counts", "wards", "expected"),
    [
        # two small areas cannot both be free: 9 + 9, or 9 + 1, would tell
        ([9, 9, 23], "NNN", [0, 0, 25]),
        ([6, 5, 40], "NNN", [0, 0, 40]),
        # three can, up to 18, which rounds to 20
        ([9, 9, 9, 40], "NNNN", [20 / 3, 20 / 3, 20 / 3, 40]),
        ([9, 9, 7, 40], "NNNN", [20 / 3, 20 / 3, 20 / 3, 40]),
        # a ward with few small areas does not stand by itself, whatever is in them
        ([9, 9, 41, 40, 8], "NNNSS", [20 / 3, 20 / 3, 40, 40, 20 / 3]),
        # one in each of two wards: as two in one
        ([9, 40, 9, 31, 50], "NNSSW", [0, 40, 0, 30, 50]),
    ],
)
def test_a_pool_that_would_tell_is_cut_or_left_out(
    counts: list[int], wards: str, expected: list[float]
) -> None:
    assert published(tuple(counts), wards, TEN).counts.tolist() == pytest.approx(expected)


@pytest.mark.parametrize("mean", [0.7, 2.0, 8.0, 12.0, 15.0, 25.0])
def test_what_is_cut_is_little(mean: float) -> None:
    """Of 30 wards with 25 areas each, some two in a hundred families: rounding takes as many."""
    random = np.random.default_rng(5)
    counts = pd.Series(random.poisson(mean, 750).astype(float))
    safe = safe_counts(counts, pd.Series([f"ward {n // 25}" for n in range(750)]), rules=TEN)
    assert safe.counts.sum() == pytest.approx(counts.sum(), rel=0.04)
    assert safe.hidden <= 25


def test_areas_all_known_to_hold_somebody_are_not_told_to_hold_one() -> None:
    """Ten areas in a table because somebody was counted there, ten in all: each would be one."""
    ones = pd.Series(1.0, index=list("abcdefghij"))
    assert safe_counts(ones, None, rules=TEN).counts.tolist() == [1.0] * 10
    assert safe_counts(ones, None, rules=TEN, listed=True).counts.tolist() == [0.0] * 10
    # up to eighteen nothing is told of ten such areas, of which one could have nine
    more = ones.where(ones.index != "a", 9.0)
    assert safe_counts(more, None, rules=TEN, listed=True).counts.tolist() == [0.0] * 10
    more["b"] = 2.0
    assert safe_counts(more, None, rules=TEN, listed=True).counts.tolist() == [2.0] * 10


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
        alike = safe.counts[safe.counts.index.isin([name for name, _ in safe.hidden_areas()])]
        assert area in alike.index
        assert (alike.to_numpy() == safe.counts[area]).sum() > 1 or safe.counts[area] == 0
    for safe in (one, two):
        assert safe.total % TEN.round_to == 0
        shown = safe.counts[~safe.counts.index.isin([name for name, _ in safe.hidden_areas()])]
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
    # in no ward are there six: all together they make 22, so that nobody can tell that nobody lives
    # in g
    expected = {"a": 10.0, **dict.fromkeys("bcdefg", 20 / 6)}
    assert safe.counts.to_dict() == pytest.approx(expected)
    assert (safe.pooled, safe.hidden) == (6, 0)
    more = pd.Series(1.0, index=list("mnopqr"))
    apart = safe_counts(
        pd.concat([more + 4, counts]), pd.concat([more.map(lambda _: "M"), wards]), rules=TEN
    )
    assert apart.counts["m"] == 5.0
    assert apart.counts["b"] == pytest.approx(20 / 6)


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
