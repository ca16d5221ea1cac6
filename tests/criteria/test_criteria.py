from __future__ import annotations

import datetime as dt
import tomllib

import pytest
from pydantic import ValidationError

from eh_access.criteria.criterion import KINDS, Criterion, Outcome
from toy_borough import EVERY, criterion


def test_outcomes_read_as_words() -> None:
    assert [str(outcome) for outcome in Outcome] == [
        "met",
        "too close to call",
        "not met",
        "cannot say",
    ]


@pytest.mark.parametrize("name", list(EVERY))
def test_direction_goes_with_the_measure(name: str) -> None:
    # of a change less is better, of a level more
    assert EVERY[name].better == ("lower" if EVERY[name].kind.of_change else "higher")


def test_the_toy_has_every_measure() -> None:
    assert {item.measure for item in EVERY.values()} == set(KINDS)


def test_from_toml() -> None:
    text = """
    id = "no-car"
    title = "t"
    measure = "group_coverage"
    mode = "walk"
    group = "no-car-fifth"
    cutoff_min = 30
    threshold = 0.9
    source = "s"
    set_by = "me"
    set_on = 2025-01-06
    """
    item = Criterion.model_validate(tomllib.loads(text))
    assert item.cutoff_min == 30.0
    assert item.set_on == dt.date(2025, 1, 6)


def test_a_label_and_whose_it_is_follow_unless_given() -> None:
    assert (criterion().label, criterion().whose) == ("walk-30", "the tests")
    given = criterion(label="Near on foot", whose="ours")
    assert (given.label, given.whose) == ("Near on foot", "ours")


def test_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        criterion().threshold = 0.5


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"cutoff_min": None}, "cutoff_min: coverage needs it; add it"),
        ({"within_m": 10.0}, "within_m: coverage does not use it; remove it"),
        ({"added_min": 0.0}, "added_min: coverage does not use it"),
        ({"there_and_back": "total"}, "there_and_back: coverage does not use it"),
        ({"threshold": 90.0}, "threshold: 90 is no share; give 0.9 for 90%"),
        ({"threshold": -0.1}, "is no share"),
        ({"margin": 2.0}, "margin: 2 is no share"),
        ({"better": "lower"}, "better: coverage is better when higher"),
        ({"also_modes": ("walk",)}, "a mode is named twice"),
        ({"also_modes": ("transit", "transit")}, "a mode is named twice"),
        (
            {"measure": "group_gap", "group": "no-car-fith"},
            "no group 'no-car-fith': did you mean 'no-car-fifth'",
        ),
        (
            {"measure": "area_loss", "by": "ward_code", "cutoff_min": 30.0, "threshold": 101.0},
            "not 0 to 100 points",
        ),
        ({"measure": "hours_reachable", "cutoff_min": 30.0}, "min_hours: hours_reachable needs"),
        ({"measure": "cover"}, "measure"),
        ({"cutof_min": 30.0}, "cutof_min"),
        ({"cutoff_min": 0.0}, "greater than 0"),
        ({"threshold": float("nan")}, "finite number"),
        ({"margin": -0.1}, "greater than or equal to 0"),
        ({"id": "Walk 30"}, "pattern"),
        ({"source": ""}, "at least 1 character"),
        ({"max_fall_points": 5.0}, "Extra inputs are not permitted"),
        ({"measure": "slope"}, "by: slope needs it; add it"),
        (
            {"measure": "fall_gap", "cutoff_min": 30.0, "threshold": 0.0},
            "group: fall_gap needs it",
        ),
        (
            {"measure": "hours_fall", "cutoff_min": 30.0, "threshold": 10.0},
            "threshold: 10 is no share",
        ),
        (
            {"measure": "hours_reachable", "cutoff_min": 30.0, "min_hours": 169.0},
            "less than or equal to 168",
        ),
        ({"set_on": "2025-01-06"}, "valid date"),
        ({"label": "one two three four five six"}, "give at most 5 words"),
    ],
)
def test_faults(keys: dict[str, object], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        criterion(**keys)


def test_all_faults_at_once() -> None:
    with pytest.raises(ValidationError) as caught:
        criterion(threshold=90.0, within_m=5.0, better="lower")
    for key in ("threshold:", "within_m:", "better:", "walk-30"):
        assert key in str(caught.value)


def test_threshold_of_a_gap_may_be_any_minutes() -> None:
    assert criterion(measure="group_gap", group="no-car-fifth", threshold=-1.5).threshold == -1.5
