"""Numbers as a careful analyst writes them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from eh_access import numerals
from eh_access.measures.basic import ROUNDING
from eh_access.modes import LABELS, TRANSIT, VISIT
from eh_access.privacy.policy import HIDDEN_MARK

if TYPE_CHECKING:
    from eh_access.facts import Count

NOT_REACHED = "not reached"
METRES_PER_KM = 1000.0
MOST_PRINTED = 0.99
CLAUSES = frozenset({"who", "where", "how", "whether", "what"})
MANNERS = {
    LABELS["walk"]: "walking",
    LABELS["drive"]: "driving",
    LABELS[TRANSIT]: "bus/train",
    LABELS[VISIT]: "visit",
}


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
    """Return a percentage from a table; one that is not quite none says so."""
    if math.isnan(value):
        return HIDDEN_MARK
    return "under 1%" if 0 < value < 1 else f"{value:.1f}%"


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


AN = re.compile(r"[aeiou]|8|1[18](?!\d)", re.IGNORECASE)
"""How words begin that take "an": eight, eleven and eighteen among them."""


def with_article(noun: str) -> str:
    """Return a noun with its article."""
    return f"{'an' if AN.match(noun) else 'a'} {noun}"


def without_article(text: str) -> str:
    """Return words without the article they begin with."""
    return re.sub(r"^an? ", "", text)


def the(noun: str) -> str:
    """Return a noun with "the", a clause as it is: the walking speed, who is counted."""
    return noun if noun.split(" ", maxsplit=1)[0] in CLAUSES else f"the {noun}"


def measured(value: float, noun: str) -> str:
    """Return a setting with its noun, in the singular where it is one: 1 hour, 2.5 hours."""
    return f"{value:g} {noun}{'' if value == 1 else 's'}"


SMALL = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def spelled(number: int, one: str) -> str:
    """Return a whole number in words, as far as ten, with its noun."""
    text = SMALL[number] if number < len(SMALL) else f"{number:,}"
    return f"{text} {one}{'' if number == 1 else 's'}"


def metres(value: float) -> str:
    """Return a distance in metres, from a kilometre on in kilometres."""
    return f"{value / METRES_PER_KM:g} km" if value >= METRES_PER_KM else f"{value:g} m"


def in_100(value: float) -> str:
    """Return a chance as so many in 100, rounded down, never beyond 99 or below 1."""
    if value > MOST_PRINTED:
        return "more than 99 in 100"
    if value < 1 - MOST_PRINTED:
        return "fewer than 1 in 100"
    return f"{math.floor(100 * value + ROUNDING)} in 100"


def short_number(value: float) -> str:
    """Return a number in three figures, never as a power of ten."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"  # noqa: PLR2004 - three figures


def by_mode(names: Iterable[str]) -> str:
    """Return ways of travelling, by their names, as a phrase: on foot and by car."""
    return " and ".join(LABELS.get(name, name) for name in names)


def manner(label: str) -> str:
    """Return a way of travelling as a word by itself: walking, driving, pushchair, bus."""
    return MANNERS.get(label) or re.sub(r"^(by|with|on|in) (an? |the )?", "", label)


COMMON = (
    *(
        " Children's Centre",
        " Children\N{RIGHT SINGLE QUOTATION MARK}s Centre",
        " Childrens Centre",
    ),
    *(" Early Years Centre", " Centre", " Library"),
)
"""What names of sites end with."""


def short_name(name: str) -> str:
    """Return a site's name without the words that every site shares."""
    for common in COMMON:
        name = name.removesuffix(common)
    return name


def count_text(count: Count) -> str:
    """Return how many are meant."""
    if count.part is None:
        part = f"fewer than {count.limit}"
    elif 0 < count.part < 0.5:  # noqa: PLR2004 - half of one
        part = "under 1"
    else:
        part = f"{count.part:,.0f}"
    text = f"{'all but ' if count.all_but else ''}{part} of {count.whole:,.0f} {count.unit}"
    if count.places is None or count.of_places is None:
        return text
    return f"{text} (at {count.places:,} of {counted(count.of_places, 'place')})"
