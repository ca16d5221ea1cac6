"""Numbers in sentences: counts, shares, points and minutes."""

from __future__ import annotations

import math
from typing import Literal

Unit = Literal["share", "min", "points"]

FEWEST = 0.01
"""A share below one per cent is printed as under 1%, one above 99 as over 99%."""

MOST_DECIMALS = 4
SIGNIFICANT = 3
SAME = 1e-9


def number(weight: float) -> str:
    """Return a count as a whole number with thousands separators."""
    return "under 1" if 0 < weight < 0.5 else f"{weight:,.0f}"  # noqa: PLR2004 - half of 1


def about(weight: float) -> str:
    """Return a count for a sentence."""
    # to three significant figures, saying so where it is rounded.
    # The one rule for counts in sentences; tables hold the count itself.
    if weight < 0.5:  # noqa: PLR2004 - what would round to none
        return number(weight)
    step = 10 ** max(len(str(round(weight))) - SIGNIFICANT, 0)
    rounded = math.floor(weight / step + 0.5) * step  # 4,365 is about 4,370, as on the page
    return f"{rounded:,.0f}" if rounded == weight else f"about {rounded:,.0f}"


def percent(share: float) -> str:
    """Return a share as a whole percentage; 0% and 100% are exact."""
    if math.isnan(share):
        return "no share"
    if 0 < share < FEWEST:
        return "under 1%"
    if 1 - FEWEST < share < 1:
        return "over 99%"
    return f"{share:.0%}"


def shown(value: float, unit: Unit, *, near: float | None = None, plain: bool = False) -> str:
    """Return a value with its unit, with enough decimals to differ from another."""
    scale = 100.0 if unit == "share" else 1.0
    word = {"share": "points" if plain else "%", "min": "minutes", "points": "points"}[unit]
    if math.isnan(value):
        return "not known"
    if math.isinf(value):
        return "out of all reach" if value > 0 else "less than nothing"
    decimals = 1
    if near is not None and abs(value - near) > SAME:
        while decimals < MOST_DECIMALS and round(value * scale, decimals) == round(
            near * scale, decimals
        ):
            decimals += 1
    # adding 0.0 turns a rounded -0.0 into 0.0
    text = f"{round(value * scale, decimals) + 0.0:.{decimals}f}".removesuffix(".0")
    word = word.removesuffix("s") if text == "1" else word
    return f"{text}%" if word == "%" else f"{text} {word}"
