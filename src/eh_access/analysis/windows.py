"""When a site is open: windows in the week, checked, and the hours they make."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from eh_access.analysis.scenarios import HOURS_IN_A_WEEK
from eh_access.errors import InputError, did_you_mean

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTES_PER_HOUR = 60
MINUTES_PER_DAY = 24 * MINUTES_PER_HOUR
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::00)?")


def clock_min(text: str) -> int:
    """Return a time of day as minutes after midnight."""
    found = _CLOCK.fullmatch(text.strip()) if isinstance(text, str) else None
    if found is not None:
        hours, minutes = int(found[1]), int(found[2])
        if minutes < MINUTES_PER_HOUR and hours * MINUTES_PER_HOUR + minutes <= MINUTES_PER_DAY:
            return hours * MINUTES_PER_HOUR + minutes
    raise InputError(f"'{text}' is no time of day; write it as 09:30, from 00:00 to 24:00")


@dataclass(frozen=True, order=True)
class Window:
    """A session: a site is open on one weekday from one time to another.

    Parameters
    ----------
    weekday
        One of `WEEKDAYS`; a longer name (``"Monday"``) is shortened.
    opens, closes
        Times of day, ``"09:30"``. One that goes on past midnight is given as two.

    Raises
    ------
    InputError
        If there is no such weekday, a time is none, or it closes before it opens.

    Examples
    --------
    >>> Window("Monday", "09:30", "11:30")
    Window(weekday='mon', opens='09:30', closes='11:30')
    >>> Window("mon", "09:30", "11:30").minutes
    120
    """

    weekday: str
    opens: str
    closes: str

    def __post_init__(self) -> None:
        faults = []
        day = str(self.weekday).strip().lower()[:3]
        if day not in WEEKDAYS:
            faults.append(f"no weekday '{self.weekday}': {did_you_mean(day, WEEKDAYS)}")
        times: list[int] = []
        for field in ("opens", "closes"):
            try:
                times.append(clock_min(getattr(self, field)))
            except InputError as error:
                faults += [f"{field}: {fault}" for fault in error.faults]
        if len(times) == len(("opens", "closes")) and times[1] <= times[0]:
            faults.append(
                f"closes at {self.closes}, not after it opens at {self.opens}; a session past "
                "midnight is given as two"
            )
        if faults:
            raise InputError(faults)
        # a frozen window takes one spelling, once, before anyone sees it
        object.__setattr__(self, "weekday", day)
        for field, value in zip(("opens", "closes"), times, strict=True):
            object.__setattr__(self, field, f"{value // 60:02d}:{value % 60:02d}")

    @property
    def day(self) -> int:
        """0 for Monday to 6 for Sunday."""
        return WEEKDAYS.index(self.weekday)

    @property
    def opens_min(self) -> int:
        """Minutes after midnight at which it opens."""
        return clock_min(self.opens)

    @property
    def closes_min(self) -> int:
        """Minutes after midnight at which it closes."""
        return clock_min(self.closes)

    @property
    def minutes(self) -> int:
        """How long it lasts."""
        return self.closes_min - self.opens_min


Timetable: TypeAlias = Mapping[str, Sequence[Window]]
"""The windows of each site by ``site_id``; a site that is not in it has no known timetable."""


def hours_of(windows: Iterable[Window]) -> float:
    """Return how many hours a week windows make."""
    held = sorted(windows, key=_order)
    faults = list(_overlaps(held))
    if faults:
        raise InputError(faults)
    return sum(window.minutes for window in held) / MINUTES_PER_HOUR


def check_windows(timetable: Timetable, *, source: str = "timetable") -> dict[str, list[Window]]:
    """Return a timetable in order, once nothing in it contradicts itself."""
    ordered = {site: sorted(timetable[site], key=_order) for site in sorted(timetable)}
    faults = [
        f"{source}, site '{site}': {fault}"
        for site, windows in ordered.items()
        for fault in _overlaps(windows)
    ]
    if faults:
        raise InputError(faults)
    return ordered


def check_hours(hours_per_week: float, *, site_id: str) -> float:
    """Return hours a week, once a week can hold them."""
    if not (math.isnan(hours_per_week) or 0 <= hours_per_week <= HOURS_IN_A_WEEK):
        raise InputError(
            f"site '{site_id}': {hours_per_week:g} hours a week; a week has 168, give 0 to 168"
        )
    return hours_per_week


def _order(window: Window) -> tuple[int, int, int]:
    return window.day, window.opens_min, window.closes_min


def _overlaps(ordered: Sequence[Window]) -> Iterator[str]:
    """Yield each window that begins before one sorted ahead of it has ended."""
    for number, second in enumerate(ordered):
        earlier = [window for window in ordered[:number] if window.day == second.day]
        first = max(earlier, key=lambda window: window.closes_min, default=None)
        if first is not None and second.opens_min < first.closes_min:
            yield (
                f"{first.weekday} {first.opens}-{first.closes} and {second.opens}-"
                f"{second.closes} overlap; join them or correct one"
            )
