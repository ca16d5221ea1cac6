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
    """Read a speed; a number without a unit is km/h."""
    match = _SPEED.fullmatch(text)
    if match is None:
        return None
    factor = {"mph": MILE_KM, "mp/h": MILE_KM, "knots": 1.852}.get(match[2] or "", 1.0)
    speed = float(match[1]) * factor
    return speed if speed > 0 else None


def parse_metres(text: str) -> float | None:
    """Read a length; a number without a unit is metres."""
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
    """Read a slope, uphill or downhill alike."""
    signed = parse_signed_slope(text)
    return None if signed is None else abs(signed)


def parse_signed_slope(text: str) -> float | None:
    """Read a slope along its way: up above 0, down below."""
    ratio = re.fullmatch(r"\s*(\d+)\s*:\s*(\d+)\s*", text)
    if ratio is not None:
        return 100.0 * int(ratio[1]) / int(ratio[2]) if int(ratio[2]) else None
    match = _NUMBER.match(text.strip())
    if match is None or text.strip()[match.end() :].strip() not in ("", "%"):
        return None
    return float(match[0].replace(",", "."))


def parse_duration_min(text: str) -> float | None:
    """Read a crossing time."""
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
