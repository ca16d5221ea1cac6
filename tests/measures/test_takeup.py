from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eh_access.errors import InputError
from eh_access.measures.catchments import Decay, exponential, linear, logistic, take_up
from eh_access.measures.comparison import Comparison, compare
from toy_borough import origins, times

CLOSED = compare(times(), times(), origins(), sites_after=["A", "C", "D"])
REOPENED = compare(times(), times(), origins(), sites_before=["A", "C", "D"])


def test_families_who_might_stop_by_hand() -> None:
    # nobody from 60 minutes: h03 12 -> 24 loses a fifth of 5, h04 0 -> 36 three fifths of 10,
    # h05 12 -> 36 two fifths of 10: 1 + 6 + 4; halved, as half would come from the door
    told = take_up(CLOSED, [linear(60)], at_door_share=0.5).iloc[0]
    assert told["might_stop"] == pytest.approx(5.5)
    # before: 50 at 0, 40 at 12, 10 at 24 minutes
    weights = {0.0: 40.0, 12.0: 45.0, 24.0: 15.0}
    assert told["using_before"] == pytest.approx(
        sum(weight * (1 - minutes / 60) for minutes, weight in weights.items()) / 2
    )
    assert told["using_after"] == pytest.approx(told["using_before"] - 5.5)
    assert told["might_start"] == 0


def test_what_reopens_brings_back_as_many() -> None:
    decays = [exponential(15), logistic(30, 8)]
    stop = take_up(CLOSED, decays, at_door_share=0.7)["might_stop"]
    start = take_up(REOPENED, decays, at_door_share=0.7)["might_start"]
    assert start.tolist() == pytest.approx(stop.tolist())


def test_there_is_a_row_for_each_decay() -> None:
    model = take_up(CLOSED, [linear(60), linear(120)], at_door_share=1.0)
    assert model["might_stop"].tolist() == pytest.approx([11.0, 5.5])
    assert model["decay"].tolist() == [
        "linear: nobody from 60 minutes",
        "linear: nobody from 120 minutes",
    ]


DECAYS = st.one_of(
    st.builds(exponential, st.floats(0.5, 200)),
    st.builds(linear, st.floats(0.5, 200)),
    st.builds(logistic, st.floats(0.5, 200), st.floats(0.5, 100)),
)


@given(DECAYS, st.lists(st.floats(0, 500), min_size=2))
def test_every_decay_is_1_at_the_door_and_never_rises(decay: Decay, minutes: list[float]) -> None:
    share = decay.share(np.array([0.0, *sorted(minutes), np.inf]))
    assert share[0] == pytest.approx(1.0)
    assert share[-1] == 0.0
    assert (np.diff(share) <= 1e-12).all()
    assert ((share >= 0) & (share <= 1 + 1e-12)).all()


@given(DECAYS, st.floats(0.01, 1))
def test_nobody_stops_where_nothing_changes(decay: Decay, share: float) -> None:
    same = compare(times(), times(), origins())
    told = take_up(same, [decay], at_door_share=share).iloc[0]
    assert (told["might_stop"], told["might_start"]) == (0.0, 0.0)


@given(DECAYS)
def test_no_more_stop_than_came(decay: Decay) -> None:
    told = take_up(CLOSED, [decay], at_door_share=1.0).iloc[0]
    assert 0 <= told["might_stop"] <= told["using_before"] + 1e-9
    assert told["using_before"] - told["might_stop"] + told["might_start"] == pytest.approx(
        told["using_after"]
    )


def test_logistic_falls_to_half_about_the_middle() -> None:
    assert logistic(60, 5).share(np.array([60.0]))[0] == pytest.approx(0.5, abs=1e-4)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: exponential(0), "half_min is 0; give minutes above 0"),
        (lambda: linear(-5), "none_min is -5"),
        (lambda: logistic(30, math.nan), "spread_min is nan"),
        (lambda: logistic(math.inf, 3), "middle_min is inf"),
    ],
)
def test_parameters_must_be_above_0(make: Callable[[], Decay], message: str) -> None:
    with pytest.raises(InputError, match=message):
        make()


def test_there_is_no_default_decay() -> None:
    with pytest.raises(InputError) as told:
        take_up(CLOSED, [], at_door_share=1.5)
    assert told.value.faults == (
        "no decay was given; choose one, or better several",
        "at_door_share is 1.5; give a share above 0 and at most 1",
    )


@pytest.mark.parametrize(
    "share",
    [
        lambda minutes: np.where(np.isinf(minutes), 0.0, 0.5),
        lambda minutes: np.where(np.isinf(minutes), 0.0, 1 + minutes),
        np.ones_like,
    ],
    ids=["not 1 at the door", "rises", "comes from out of reach"],
)
def test_a_decay_of_one_s_own_must_be_one(
    share: Callable[[np.ndarray], np.ndarray],
) -> None:
    with pytest.raises(InputError, match="decay 'mine': it must be 1 at 0 minutes, never rise"):
        take_up(CLOSED, [Decay(words="mine", share=share)], at_door_share=1.0)


def test_comparisons_are_not_changed() -> None:
    kept: Comparison = CLOSED
    before = kept.frame.copy()
    take_up(kept, [linear(60)], at_door_share=0.5)
    assert kept.frame.equals(before)
