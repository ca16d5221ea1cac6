"""Numbers as a careful analyst writes them."""

from __future__ import annotations

import math
from collections.abc import Iterable

from eh_access import numerals
from eh_access.privacy.policy import HIDDEN_MARK

NOT_REACHED = "not reached"


def whole(value: float) -> str:
    """Return a count as a whole number with thousands separated."""
    return HIDDEN_MARK if math.isnan(value) else f"{round(value):,}"


def about(value: float) -> str:
    """Return a count for prose, to three significant figures, saying so where it is rounded."""
    if math.isnan(value):
        return HIDDEN_MARK
    if value == 0:
        return "no"
    if value < 0.5:  # noqa: PLR2004 - what would round to none
        return "fewer than 1"
    return numerals.about(value)


def percentage(value: float) -> str:
    """Return a percentage from a table."""
    return HIDDEN_MARK if math.isnan(value) else f"{value:.1f}%"


def percent(share: float) -> str:
    """Return a share as a percentage with one decimal."""
    return f"{100 * share:.1f}%" if math.isfinite(share) else "not known"


def points(change_share: float) -> str:
    """Return a difference of shares in percentage points, with its sign."""
    text = f"{100 * change_share:+.1f}"
    return ("0.0" if text in {"+0.0", "-0.0"} else text) + " points"


def minutes(value: float) -> str:
    """Return minutes with one decimal, or the words for a place out of reach."""
    return f"{value:.1f} minutes" if math.isfinite(value) else NOT_REACHED


def listed(words: Iterable[object]) -> str:
    """Return words joined as in a sentence."""
    texts = [str(word) for word in words]
    if len(texts) < 2:  # noqa: PLR2004 - one word needs no "and"
        return "".join(texts)
    return ", ".join(texts[:-1]) + " and " + texts[-1]


def clause(text: str) -> str:
    """Return text without the full stop at its end, to stand inside a sentence."""
    return text.strip().rstrip(".")


def capital(text: str) -> str:
    """Return a sentence with its first letter raised, the rest as it was."""
    return text[:1].upper() + text[1:]


def uncapital(text: str) -> str:
    """Return a sentence with its first letter lowered, to stand inside another."""
    return text[:1].lower() + text[1:]


def counted(number: int, one: str, more: str = "") -> str:
    """Return a whole number with its noun, in the singular where it is one."""
    return f"{number:,} {one if number == 1 else more or one + 's'}"


def quoted(text: str) -> str:
    """Return text between single quotation marks."""
    return f"\N{LEFT SINGLE QUOTATION MARK}{text}\N{RIGHT SINGLE QUOTATION MARK}"


def plain(value: float) -> str:
    """Return a setting as it was given: 30, 2.5."""
    return f"{value:g}"


def rounded(value: float) -> str:
    """Return minutes or points as a whole number, to be read aloud."""
    return f"{round(value):,}" if math.isfinite(value) else NOT_REACHED


def with_article(noun: str) -> str:
    """Return a noun with its article."""
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


def short_name(name: str) -> str:
    """Return a site's name without the words that every site shares."""
    for common in (" Children's Centre", " Early Years Centre", " Centre", " Library"):
        name = name.removesuffix(common)
    return name
