from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eh_access.errors import InputError
from eh_access.measures.equity import concentration_index, gini

MINUTES = st.lists(
    st.tuples(st.integers(0, 120), st.integers(0, 5), st.integers(1, 10)), min_size=1, max_size=12
)
"""Minutes, weight and decile of each origin."""


def columns(rows: list[tuple[int, int, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    minutes, weights, deciles = (np.array(part, dtype=float) for part in zip(*rows, strict=True))
    return minutes, weights, deciles


@given(MINUTES)
def test_gini_is_half_the_mean_difference_over_the_mean(rows: list[tuple[int, int, int]]) -> None:
    """The definition itself, pair by pair."""
    minutes, weights, _ = columns(rows)
    whole, total = weights.sum(), weights @ minutes
    found = gini(minutes, weights)
    if whole == 0:
        assert math.isnan(found)
    elif total == 0:
        assert found == 0
    else:
        pairs = np.abs(minutes[:, None] - minutes) * weights * weights[:, None]
        assert found == pytest.approx(pairs.sum() / (2 * whole * total), abs=1e-12)


@given(MINUTES)
def test_gini_is_pysal_s_where_every_row_is_repeated_as_often_as_it_weighs(
    rows: list[tuple[int, int, int]],
) -> None:
    pysal = pytest.importorskip("inequality.gini", reason="PySAL's inequality is not installed")
    minutes, weights, _ = columns(rows)
    repeated = np.repeat(minutes, weights.astype(int))
    if repeated.sum() > 0:
        assert gini(minutes, weights) == pytest.approx(pysal.Gini(repeated).g, abs=1e-12)


@given(MINUTES)
def test_concentration_is_the_covariance_with_the_rank(rows: list[tuple[int, int, int]]) -> None:
    """Twice the covariance with the share of people ranked below, over the mean; one by one."""
    minutes, weights, deciles = columns(rows)
    people = [
        (decile, minute)
        for minute, weight, decile in zip(minutes, weights, deciles, strict=True)
        for _ in range(int(weight))
    ]
    if not people or sum(minute for _, minute in people) == 0:
        return
    below = [
        (sum(d < decile for d, _ in people) + sum(d == decile for d, _ in people) / 2) / len(people)
        for decile, _ in people
    ]
    held = np.array([minute for _, minute in people])
    expected = 2 * np.cov(held, below, bias=True)[0, 1] / held.mean()
    assert concentration_index(minutes, weights, deciles) == pytest.approx(expected, abs=1e-12)


@given(MINUTES, st.integers(2, 9))
def test_scale_of_minutes_and_of_weights_does_not_matter(
    rows: list[tuple[int, int, int]], factor: int
) -> None:
    minutes, weights, deciles = columns(rows)
    for index in (
        gini,
        lambda m, w: concentration_index(m, w, deciles),
    ):
        once = index(minutes, weights)
        assert index(minutes * factor, weights * factor) == pytest.approx(once, nan_ok=True)


@given(MINUTES)
def test_no_ranking_concentrates_more_than_the_gini(rows: list[tuple[int, int, int]]) -> None:
    minutes, weights, deciles = columns(rows)
    if weights.sum() > 0:
        found = gini(minutes, weights)
        assert 0 <= found < 1
        assert abs(concentration_index(minutes, weights, deciles)) <= found + 1e-12


def test_the_deprived_who_travel_longer_make_it_negative() -> None:
    # two families, the deprived one 30 minutes away, the other 10: by hand -(30 - 10) / (2 x 40)
    deciles = np.array([1.0, 10.0])
    ones = np.ones(2)
    assert concentration_index(np.array([30.0, 10.0]), ones, deciles) == pytest.approx(-0.25)
    assert concentration_index(np.array([10.0, 30.0]), ones, deciles) == pytest.approx(0.25)


def test_who_is_not_reached_or_not_known_is_left_out() -> None:
    minutes = np.array([30.0, 10.0, np.inf, 99.0])
    deciles = np.array([1.0, 10.0, 1.0, np.nan])
    assert concentration_index(minutes, np.ones(4), deciles) == pytest.approx(-0.25)
    assert gini(minutes[:3], np.ones(3)) == pytest.approx(0.25)


def test_values_below_0_are_refused() -> None:
    with pytest.raises(InputError, match="values of 0 or more; the least here is -1"):
        gini(np.array([-1.0, 2.0]), np.ones(2))
