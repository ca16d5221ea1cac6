"""Which date: a weekday in school term time, bank holidays, the days clocks change."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from eh_access.errors import InputError, did_you_mean
from eh_access.transit.feed import WEEKDAYS

if TYPE_CHECKING:
    from eh_access.transit.feed import Feed

ONE_DAY = dt.timedelta(days=1)
WEEK = 7


def date_of(feed: Feed, date: dt.date | str) -> dt.date:
    """Return a date given as one, as text, or as a weekday of school term time."""
    if isinstance(date, dt.date):
        return date
    word = str(date).strip().lower()
    if word in WEEKDAYS:
        return _first_in_term(feed, WEEKDAYS.index(word))
    try:
        return dt.date.fromisoformat(word)
    except ValueError as error:
        raise InputError(
            f"date is '{date}'; give one as 2023-06-13, or a weekday: "
            f"{did_you_mean(word, WEEKDAYS)}"
        ) from error


def _first_in_term(feed: Feed, weekday: int) -> dt.date:
    """Return the feed's first such weekday in term time on which anything runs."""
    first, last = feed.span
    day = first + ONE_DAY * ((weekday - first.weekday()) % WEEK)
    while day <= last:
        if (
            not in_school_holidays(day)
            and day not in bank_holidays(day.year)
            and feed.services(day)
        ):
            return day
        day += ONE_DAY * WEEK
    raise InputError(
        f"the feed covers {first} to {last}, with no {WEEKDAYS[weekday]} in school term time on "
        "which anything runs; give a date, or get a feed for other dates"
    )


def easter(year: int) -> dt.date:
    """Return Easter Sunday (Meeus, Jones and Butcher's algorithm)."""
    moon, (century, rest) = year % 19, divmod(year, 100)
    leaps, of_leaps = divmod(century, 4)
    moved = (century - (century + 8) // 25 + 1) // 3
    full = (19 * moon + century - leaps - moved + 15) % 30
    fours, of_fours = divmod(rest, 4)
    sunday = (32 + 2 * of_leaps + 2 * fours - full - of_fours) % WEEK
    late = (moon + 11 * full + 22 * sunday) // 451
    month, day = divmod(full + sunday - WEEK * late + 114, 31)
    return dt.date(year, month, day + 1)


def bank_holidays(year: int) -> set[dt.date]:
    """Return the bank holidays of England and Wales that come every year."""
    days = {easter(year) - 2 * ONE_DAY, easter(year) + ONE_DAY}
    days |= {_monday(year, 5, 1), _monday(year, 5, 31), _monday(year, 8, 31)}
    for month, number in ((1, 1), (12, 25), (12, 26)):
        day = dt.date(year, month, number)
        while day.weekday() >= WEEKDAYS.index("saturday") or day in days:
            day += ONE_DAY
        days.add(day)
    return days


def _monday(year: int, month: int, near: int) -> dt.date:
    """Return a month's first Monday, or for day 31 its last."""
    day = dt.date(year, month, near)
    while day.weekday():
        day += ONE_DAY if near == 1 else -ONE_DAY
    return day


def in_school_holidays(day: dt.date) -> bool:
    """Whether most schools of England and Wales are closed: by rule, as each area sets its own."""
    # an assumption: summer 20 July to 5 September, a fortnight each at Christmas and Easter, and
    # the half terms: the weeks of 14 to 20 February, of the bank holiday late in May, and the last
    # whole week of October
    spring = easter(day.year)
    may = _monday(day.year, 5, 31)
    october = dt.date(day.year, 10, 25)
    october -= ONE_DAY * october.weekday()
    february = dt.date(day.year, 2, 17)
    february -= ONE_DAY * february.weekday()
    spans = [
        (dt.date(day.year, 7, 20), dt.date(day.year, 9, 5)),
        (dt.date(day.year, 12, 20), dt.date(day.year, 12, 31)),
        (dt.date(day.year, 1, 1), dt.date(day.year, 1, 4)),
        (spring - 9 * ONE_DAY, spring + 8 * ONE_DAY),
        *((week, week + 6 * ONE_DAY) for week in (may, october, february)),
    ]
    return any(first <= day <= last for first, last in spans)


def clocks_change(day: dt.date) -> bool:
    """Whether the clocks change: the last Sunday of March or October."""
    return (
        day.month in (3, 10)
        and day.weekday() == WEEK - 1
        and (day + WEEK * ONE_DAY).month != day.month
    )
