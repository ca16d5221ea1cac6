"""Numbers as a careful analyst writes them: a unit always, an "about" where it is rounded."""

from __future__ import annotations

import math
from collections.abc import Iterable

from eh_access.analysis import numerals
from eh_access.analysis.policy import HIDDEN_MARK

NOT_REACHED = "not reached"


def whole(value: float) -> str:
    """Return a count as a whole number with thousands separated.

    Parameters
    ----------
    value
        A count; modelled counts have decimals, which mean nothing to a reader.

    Returns
    -------
    str
        Text.

    Examples
    --------
    >>> whole(1243.4)
    '1,243'
    """
    return HIDDEN_MARK if math.isnan(value) else f"{round(value):,}"


def about(value: float) -> str:
    """Return a count for prose, to three significant figures, saying so where it is rounded.

    Parameters
    ----------
    value
        A count, 0 or more.

    Returns
    -------
    str
        Text.

    Examples
    --------
    >>> about(1243.4), about(14637), about(3.2), about(56.0), about(0.0), about(0.2)
    ('about 1,240', 'about 14,600', 'about 3', '56', 'no', 'fewer than 1')
    """
    if math.isnan(value):
        return HIDDEN_MARK
    if value == 0:
        return "no"
    if value < 0.5:  # noqa: PLR2004 - what would round to none
        return "fewer than 1"
    return numerals.about(value)


def percentage(value: float) -> str:
    """Return a percentage from a table.

    Parameters
    ----------
    value
        0 to 100; NaN where it is hidden.

    Returns
    -------
    str
        Text.

    Examples
    --------
    >>> percentage(84.31), percentage(math.nan)
    ('84.3%', '[c]')
    """
    return HIDDEN_MARK if math.isnan(value) else f"{value:.1f}%"


def percent(share: float) -> str:
    """Return a share as a percentage with one decimal.

    Parameters
    ----------
    share
        0 to 1.

    Returns
    -------
    str
        Text.

    Examples
    --------
    >>> percent(0.8431), percent(math.nan)
    ('84.3%', 'not known')
    """
    return f"{100 * share:.1f}%" if math.isfinite(share) else "not known"


def points(change_share: float) -> str:
    """Return a difference of shares in percentage points, with its sign.

    Parameters
    ----------
    change_share
        -1 to 1.

    Returns
    -------
    str
        Text.

    Examples
    --------
    >>> points(-0.052), points(0.0)
    ('-5.2 points', '0.0 points')
    """
    text = f"{100 * change_share:+.1f}"
    return ("0.0" if text in {"+0.0", "-0.0"} else text) + " points"


def minutes(value: float) -> str:
    """Return minutes with one decimal, or the words for a place out of reach.

    Parameters
    ----------
    value
        Minutes; ``inf`` where nothing is reached.

    Returns
    -------
    str
        Text.

    Examples
    --------
    >>> minutes(12.34), minutes(math.inf)
    ('12.3 minutes', 'not reached')
    """
    return f"{value:.1f} minutes" if math.isfinite(value) else NOT_REACHED


def listed(words: Iterable[object]) -> str:
    """Return words joined as in a sentence.

    Parameters
    ----------
    words
        Any number of them.

    Returns
    -------
    str
        Text.

    Examples
    --------
    >>> listed(["Park View", "Broom Valley", "Wath Victoria"])
    'Park View, Broom Valley and Wath Victoria'
    """
    texts = [str(word) for word in words]
    if len(texts) < 2:  # noqa: PLR2004 - one word needs no "and"
        return "".join(texts)
    return ", ".join(texts[:-1]) + " and " + texts[-1]


def clause(text: str) -> str:
    """Return text without the full stop at its end, to stand inside a sentence.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    str
        Text.

    Examples
    --------
    >>> clause("modelled from the census. ")
    'modelled from the census'
    """
    return text.strip().rstrip(".")


def capital(text: str) -> str:
    """Return a sentence with its first letter raised, the rest as it was.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    str
        Text.

    Examples
    --------
    >>> capital("about 1,240 under-fives")
    'About 1,240 under-fives'
    """
    return text[:1].upper() + text[1:]


def uncapital(text: str) -> str:
    """Return a sentence with its first letter lowered, to stand inside another.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    str
        Text.

    Examples
    --------
    >>> uncapital("Points neither way.")
    'points neither way.'
    """
    return text[:1].lower() + text[1:]


def counted(number: int, one: str, more: str = "") -> str:
    """Return a whole number with its noun, in the singular where it is one.

    Parameters
    ----------
    number
        How many.
    one
        The noun for one.
    more
        The noun for several; the same with an "s" where it is not given.

    Returns
    -------
    str
        Text.

    Examples
    --------
    >>> counted(1, "site"), counted(1200, "site"), counted(2, "criterion", "criteria")
    ('1 site', '1,200 sites', '2 criteria')
    """
    return f"{number:,} {one if number == 1 else more or one + 's'}"


def quoted(text: str) -> str:
    """Return text between single quotation marks.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    str
        Text.

    Examples
    --------
    >>> ascii(quoted("outreach")) == ascii(chr(8216) + "outreach" + chr(8217))
    True
    """
    return f"\N{LEFT SINGLE QUOTATION MARK}{text}\N{RIGHT SINGLE QUOTATION MARK}"
