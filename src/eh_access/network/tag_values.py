"""Numbers as OpenStreetMap mappers write them: speeds, widths, slopes, crossing times."""

from __future__ import annotations

import re

MILE_KM = 1.609344
FOOT_M = 0.3048
INCH_M = 0.0254
MAX_CROSSING_MIN = 48 * 60.0

_NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d+)?")
_SPEED = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(km/h|kmh|kph|mph|mp/h|knots)?\s*")
_FEET = re.compile(r"\s*(\d+)\s*(?:'|ft|feet)\s*(?:(\d+(?:\.\d+)?)\s*(?:\"|in|inches)?)?\s*")
_CLOCK = re.compile(r"(\d{1,2}):([0-5]\d)(?::([0-5]\d))?")
_PERIOD = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")


def parse_speed_km_h(text: str) -> float | None:
    """Read a speed; a number without a unit is km/h.

    Parameters
    ----------
    text
        For example ``"30 mph"`` or ``"50"``.

    Returns
    -------
    float or None
        Speed in km/h, or None if the text is not a speed above 0.

    Examples
    --------
    >>> round(parse_speed_km_h("30 mph"), 2)
    48.28
    >>> parse_speed_km_h("signals") is None
    True
    """
    match = _SPEED.fullmatch(text)
    if match is None:
        return None
    factor = {"mph": MILE_KM, "mp/h": MILE_KM, "knots": 1.852}.get(match[2] or "", 1.0)
    speed = float(match[1]) * factor
    return speed if speed > 0 else None


def parse_metres(text: str) -> float | None:
    """Read a length; a number without a unit is metres.

    Parameters
    ----------
    text
        For example ``"0.75"``, ``"70 cm"``, ``"6'10"``.

    Returns
    -------
    float or None
        Metres, or None if the text is not a length.

    Examples
    --------
    >>> round(parse_metres("70 cm"), 2)
    0.7
    >>> round(parse_metres("2'6"), 3)
    0.762
    """
    feet = _FEET.fullmatch(text)
    if feet is not None:
        return int(feet[1]) * FOOT_M + float(feet[2] or 0) * INCH_M
    match = _NUMBER.match(text.strip())
    if match is None:
        return None
    unit = text.strip()[match.end() :].strip().lower()
    scale = {"": 1.0, "m": 1.0, "metres": 1.0, "meters": 1.0, "cm": 0.01, "mm": 0.001}.get(unit)
    return None if scale is None else float(match[0].replace(",", ".")) * scale


def parse_slope_percent(text: str) -> float | None:
    """Read a slope, uphill or downhill alike.

    Parameters
    ----------
    text
        For example ``"10%"``, ``"-5 %"``, ``"1:12"``.

    Returns
    -------
    float or None
        Per cent, 0 or more, or None for words such as ``"up"`` and for degrees.

    Examples
    --------
    >>> parse_slope_percent("-5%")
    5.0
    >>> parse_slope_percent("1:20")
    5.0
    >>> parse_slope_percent("up") is None
    True
    """
    signed = parse_signed_slope(text)
    return None if signed is None else abs(signed)


def parse_signed_slope(text: str) -> float | None:
    """Read a slope along its way: up above 0, down below.

    Parameters
    ----------
    text
        For example ``"10%"``, ``"-5 %"`` or ``"1:12"``, which is up.

    Returns
    -------
    float or None
        Per cent, or None for words such as ``"up"`` and for degrees.

    Examples
    --------
    >>> parse_signed_slope("-5%"), parse_signed_slope("1:20"), parse_signed_slope("up")
    (-5.0, 5.0, None)
    """
    ratio = re.fullmatch(r"\s*(\d+)\s*:\s*(\d+)\s*", text)
    if ratio is not None:
        return 100.0 * int(ratio[1]) / int(ratio[2]) if int(ratio[2]) else None
    match = _NUMBER.match(text.strip())
    if match is None or text.strip()[match.end() :].strip() not in ("", "%"):
        return None
    return float(match[0].replace(",", "."))


def parse_duration_min(text: str) -> float | None:
    """Read a crossing time.

    Parameters
    ----------
    text
        ``"hh:mm"``, ``"hh:mm:ss"``, minutes, or an ISO 8601 period such as ``"PT20M"``.

    Returns
    -------
    float or None
        Minutes above 0 and at most two days, or None.

    Examples
    --------
    >>> parse_duration_min("00:20"), parse_duration_min("20"), parse_duration_min("PT1H5M")
    (20.0, 20.0, 65.0)
    """
    text = text.strip()
    clock, period = _CLOCK.fullmatch(text), _PERIOD.fullmatch(text)
    if clock is not None:
        minutes = int(clock[1]) * 60 + int(clock[2]) + int(clock[3] or 0) / 60
    elif period is not None:
        days, hours, mins, seconds = (int(part or 0) for part in period.groups())
        minutes = days * 1440 + hours * 60 + mins + seconds / 60
    elif re.fullmatch(r"\d+(?:\.\d+)?", text):
        minutes = float(text)
    else:
        return None
    return minutes if 0 < minutes <= MAX_CROSSING_MIN else None


SPEEDS = ("maxspeed", "maxspeed:forward", "maxspeed:backward", "maxspeed:type", "source:maxspeed")
"""Tags that say a speed limit, in figures or by name."""

NUMBERS = {
    "width": parse_metres,
    "est_width": parse_metres,
    "maxwidth": parse_metres,
    "maxwidth:physical": parse_metres,
    "incline": parse_slope_percent,
    **dict.fromkeys(SPEEDS, parse_speed_km_h),
}
"""How to read the number in each tag that a rule may compare."""
