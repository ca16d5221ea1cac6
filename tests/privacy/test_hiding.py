"""What is small is taken out of a table by hand-worked rules, and nothing small is left in any."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eh_access.facts import Count
from eh_access.numerals import about
from eh_access.privacy.hiding import Figures, hide_small
from eh_access.privacy.policy import PUBLIC, Policy
from eh_access.publish.numbers import count_text
from eh_access.study.redact import redact_count

TEN = Policy(least_base=10)
FIGURES = Figures(
    parts=("before", "after", "loses"),
    shares={"before_share": "before", "after_share": "after", "loses_share": "loses"},
    changes={"change": ("after_share", "before_share")},
    pairs=(("after", "before"), ("after_share", "before_share")),
    keys=("scenario", "ward"),
    scenario="scenario",
    group="ward",
)


def test_one_person_is_small_and_nobody_is_not() -> None:
    assert TEN.small([0.0, 1.0, 9.0, 10.0, -1.0]).tolist() == [False, True, True, False, True]


def test_a_share_of_fewer_than_may_be_published_has_no_value() -> None:
    of_nine, of_ten = TEN.coarse([5.0, 5.0], [9.0, 10.0])
    assert math.isnan(of_nine)
    assert of_ten == 0.5


def table(rows: list[tuple[str, str, float, float, float, float]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["scenario", "ward", "weight", "before", "after", "loses"])
    for name in ("before", "after", "loses"):
        frame[f"{name}_share"] = frame[name] / frame["weight"]
    return frame.assign(change=frame["after_share"] - frame["before_share"])


def told(frame: pd.DataFrame, column: str) -> list[float | None]:
    return [None if math.isnan(value) else value for value in frame[column]]


def reasons(log: pd.DataFrame, column: str) -> list[str]:
    named = log[log["figure"].str.split("; ").map(lambda names: column in names)]
    return named["rule"].str.split(":").str[0].tolist()


def test_each_rule_by_hand() -> None:
    frame = table(
        [
            ("one", "A", 100, 60, 40, 20),  # all shown
            ("one", "B", 103, 51, 47, 12),  # four fewer after: a difference
            ("one", "C", 8, 6, 6, 0),  # too few for anything
            ("one", "D", 60, 56, 44, 3),  # all but four before; three lose
        ]
    )
    shown, log = hide_small(frame, FIGURES, TEN)
    # C alone of the column is hidden: the least other goes with it
    assert told(shown, "weight") == [100, 105, None, None]
    assert reasons(log, "weight") == ["primary", "secondary"]
    assert told(shown, "before") == [60, 50, None, None]
    assert told(shown, "after") == [40, None, None, 45]
    assert told(shown, "loses") == [20, 10, None, None]
    assert told(shown, "after_share") == [0.4, None, None, 0.75]
    assert told(shown, "change") == [pytest.approx(-0.2), None, None, None]
    assert set(reasons(log, "after")) == {"base", "difference"}


def test_another_scenario_that_differs_by_few() -> None:
    frame = table([("one", "A", 100, 60, 40, 20), ("two", "A", 100, 60, 33, 24)])
    shown, log = hide_small(frame, FIGURES, TEN)
    assert told(shown, "after") == [40, None]
    assert told(shown, "loses") == [20, None]
    assert told(shown, "before") == [60, 60]
    assert reasons(log, "after") == reasons(log, "loses") == ["difference"]


def test_public_counts_come_back_as_they_are() -> None:
    frame = table([("one", "A", 8, 6, 5, 1)])
    shown, log = hide_small(frame, FIGURES, PUBLIC)
    assert shown is frame
    assert log.empty


@settings(max_examples=80, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.floats(0, 80), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1)),
        min_size=1,
        max_size=8,
    )
)
def test_nothing_small_is_left_and_what_is_shown_is_near(
    rows: list[tuple[float, float, float, float]],
) -> None:
    frame = table(
        [
            ("one", f"W{place}", weight, weight * one, weight * two, weight * three)
            for place, (weight, one, two, three) in enumerate(rows)
        ]
    )
    shown, log = hide_small(frame, FIGURES, TEN)
    for column in ("weight", "before", "after", "loses"):
        seen = shown[column].dropna()
        assert ((seen == 0) | (seen >= 10)).all()
        assert (seen % 5 == 0).all()
        assert (np.abs(seen - frame[column][seen.index]) <= 2.5 + 1e-5).all()
        gone = shown[column].isna()
        assert gone.sum() != 1 or len(rows) == 1  # never one alone
    few = frame["weight"] < 10 - 1e-6
    shares = ["before_share", "after_share", "loses_share", "change"]
    assert shown.loc[few, shares].isna().all().all()
    apart = (frame["after"] - frame["before"]).abs()
    close = (apart > 1e-5) & (apart < 10 - 1e-5)
    assert (shown.loc[close, "after"].isna() | shown.loc[close, "before"].isna()).all()
    assert log.empty == (
        not shown[["weight", *shares, "before", "after", "loses"]].isna().any().any()
    )


def test_sentences_say_few_without_a_number() -> None:
    def text(part: float, policy: Policy = TEN) -> str:
        count = Count(unit="families", part=part, whole=302.0)
        return count_text(redact_count(count, policy))

    assert text(4) == "fewer than 10 of 300 families"
    assert text(12) == "10 of 300 families"
    assert text(297) == "all but fewer than 10 of 300 families"
    assert text(150) == "150 of 300 families"
    assert text(4, PUBLIC) == "4 of 302 families"


@pytest.mark.parametrize(
    ("weight", "told"),
    [
        (7560.4, "about 7,560"),
        (7560.0, "7,560"),
        (4365.0, "about 4,370"),  # and not to the even one
        (4375.0, "about 4,380"),
        (14637.0, "about 14,600"),
        (999.6, "about 1,000"),
        (123.0, "123"),
        (0.0, "0"),
    ],
)
def test_a_modelled_count_in_a_sentence_is_about_so_many(weight: float, told: str) -> None:
    assert about(weight) == told
