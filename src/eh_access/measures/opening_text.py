"""Opening hours as people write them: "Mon-Fri 9-5"."""

from __future__ import annotations

import re
from itertools import pairwise

from eh_access.measures.opening_hours import WEEKDAYS, Window

SHUT = ("closed", "none")
ALWAYS = ("24/7", "24 hours", "always open")
DAY = r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*"
ANY_DAYS = re.compile(rf"{DAY}(?:\s*(?:-|to|,|&|and)\s*{DAY})*|m-f|daily|every day|weekdays")
CLOCK = r"(\d{1,2})(?:[:.]?(\d{2}))?\s*(am|pm)?"
SPAN = re.compile(rf"{CLOCK}\s*(?:-|to)\s*{CLOCK}")
NUMBER = re.compile(r"(\d+(?:\.\d+)?)\s*(?:hrs?|hours?)?(?: (?:a|per) week)?")
ASIDE = re.compile(r"\(.*?\)")
NOON = 12
MINUTE = 60


def hours_in(text: str) -> float | None:
    """Return how many hours a week a text states, as a number or as windows; None if it does not.

    What stands in brackets is left out: `asides_in` says what that is.

    >>> hours_in("Mon-Fri 9-5, Sat 10-1"), hours_in("24 hrs"), hours_in("by appointment")
    (43.0, 24.0, None)
    """
    number = NUMBER.fullmatch(text.strip().lower())
    if number:
        return float(number[1])
    windows = windows_in(text)
    return None if windows is None else sum(window.minutes for window in windows) / MINUTE


def asides_in(text: str) -> list[str]:
    """Return what stands in brackets, which is no part of the hours.

    >>> asides_in("Mon-Thu 9-3 (term time only)")
    ['(term time only)']
    """
    return ASIDE.findall(text)


def windows_in(text: str) -> tuple[Window, ...] | None:
    """Return the windows a text states; none where it says closed, None where it cannot be read."""
    plain = ASIDE.sub(" ", text.lower()).replace("\u2013", "-").replace("\u2014", "-")
    plain = " ".join(plain.split()).strip(" .")
    if plain in SHUT:
        return ()
    if plain in ALWAYS:
        return tuple(Window(day, "00:00", "24:00") for day in WEEKDAYS)
    starts = [match.start() for match in ANY_DAYS.finditer(plain)]
    if not starts or starts[0] > 0:
        return None
    windows: list[Window] = []
    for begin, end in pairwise([*starts, len(plain)]):
        part = plain[begin:end].strip(" ,;.")
        days = ANY_DAYS.match(part)
        spans = part[days.end() :].strip(" :") if days else ""
        if days is None or not spans:
            return None
        for span in re.split(r"\s*(?:,|&|and)\s*", spans):
            times = SPAN.fullmatch(span)
            opened = None if times is None else _times(times)
            if opened is None:
                return None
            windows += [Window(WEEKDAYS[day], *opened) for day in _days(days[0])]
    return tuple(windows)


def _days(text: str) -> list[int]:
    """Return the days that words name, 0 for Monday."""
    if text in ("daily", "every day"):
        return list(range(len(WEEKDAYS)))
    if text in ("weekdays", "m-f"):
        return list(range(5))
    days: list[int] = []
    for part in re.split(r"\s*(?:,|&|and)\s*", text):
        ends = [WEEKDAYS.index(word[:3]) for word in re.findall(DAY, part)]
        days += ends if len(ends) == 1 else range(ends[0], ends[-1] + 1)
    return days


def _times(span: re.Match[str]) -> tuple[str, str] | None:
    """Return when it opens and closes; "9-5" closes in the afternoon."""
    hours = [int(span[1]), int(span[4])]
    minutes = [int(span[2] or 0), int(span[5] or 0)]
    halves = [span[3], span[6]]
    for place, half in enumerate(halves):
        if half and not 1 <= hours[place] <= NOON:
            return None
        if half == "pm" and hours[place] < NOON:
            hours[place] += NOON
        elif half == "am" and hours[place] == NOON:
            hours[place] = 0
    if halves[1] == "pm" and not halves[0] and hours[0] + NOON < hours[1]:
        hours[0] += NOON if hours[0] < 7 else 0  # noqa: PLR2004 - "1-3pm", but "9-3pm"
    opens, closes = (hour * MINUTE + minute for hour, minute in zip(hours, minutes, strict=True))
    if closes <= opens and not halves[1] and hours[1] < NOON:
        closes += NOON * MINUTE
    if not (opens < closes <= 24 * MINUTE and max(minutes) < MINUTE):
        return None
    return (
        f"{opens // MINUTE:02d}:{opens % MINUTE:02d}",
        f"{closes // MINUTE:02d}:{closes % MINUTE:02d}",
    )
