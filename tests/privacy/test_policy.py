"""Rules of disclosure that make no sense are refused."""

from __future__ import annotations

import pytest

from eh_access.errors import InputError
from eh_access.privacy.policy import Policy


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"threshold": 0}, "threshold is 0"),
        ({"round_to": 0}, "round_to is 0"),
        ({"least_base": -1.0}, "least_base is -1"),
        ({"round_to": 20}, "round_to is 20, above the threshold of 10"),
    ],
)
def test_rules_that_make_no_sense(keys: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Policy(**keys)


def test_rounding_to_the_limit_itself_shows_no_zero() -> None:
    policy = Policy(threshold=10, round_to=10)
    assert policy.rounded(10.0) == policy.rounded(14.9) == 10.0
