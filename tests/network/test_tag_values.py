"""Numbers as mappers write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eh_access.network.rules import (
    parse_duration_min,
    parse_slope_percent,
    parse_speed_km_h,
    parse_width_m,
)


@pytest.mark.parametrize(
    ("text", "km_h"),
    [
        ("30 mph", 48.28032),
        ("30mph", 48.28032),
        ("50", 50.0),
        ("50 km/h", 50.0),
        ("10 knots", 18.52),
        ("none", None),
        ("signals", None),
        ("0", None),
        ("-30", None),
        ("30 mph;20 mph", None),
        ("", None),
    ],
)
def test_speeds(text: str, km_h: float | None) -> None:
    assert parse_speed_km_h(text) == (None if km_h is None else pytest.approx(km_h))


@pytest.mark.parametrize(
    ("text", "metres"),
    [
        ("0.75", 0.75),
        ("0,75", 0.75),
        ("2m", 2.0),
        ("70 cm", 0.7),
        ("700 mm", 0.7),
        ("6'10\"", 2.0828),
        ("6 ft 10 in", 2.0828),
        ("15'0\"", 4.572),
        ("narrow", None),
        ("0", None),
        ("0.09", None),
        ("-1", None),
        ("101 m", None),
        ("9" * 400, None),
        ("2 furlongs", None),
        ("", None),
    ],
)
def test_lengths(text: str, metres: float | None) -> None:
    assert parse_width_m(text) == (None if metres is None else pytest.approx(metres))


@pytest.mark.parametrize(
    ("text", "percent"),
    [
        ("10%", 10.0),
        ("-10 %", 10.0),
        ("0%", 0.0),
        ("1:8", 12.5),
        ("1:0", None),
        ("1:1", 100.0),
        ("500%", None),
        ("-101", None),
        ("3:1", None),
        ("up", None),
        ("10°", pytest.approx(17.63, abs=0.01)),
        ("-45 °", pytest.approx(100.0)),
        ("46°", None),
        ("135°", None),
        ("", None),
    ],
)
def test_slopes(text: str, percent: float | None) -> None:
    assert parse_slope_percent(text) == percent


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("00:20", 20.0),
        ("1:05:30", 65.5),
        ("20", 20.0),
        ("PT20M", 20.0),
        ("P1DT2H", 1560.0),
        ("", None),
        ("P", None),
        ("0", None),
        ("soon", None),
        ("99999", None),
    ],
)
def test_durations(text: str, minutes: float | None) -> None:
    assert parse_duration_min(text) == minutes


@given(st.text(max_size=12))
def test_no_text_breaks_a_parser(text: str) -> None:
    for parse in (parse_speed_km_h, parse_width_m, parse_slope_percent, parse_duration_min):
        value = parse(text)
        assert value is None or value == value  # noqa: PLR0124 - not NaN
