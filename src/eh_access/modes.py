"""How a family travels: what it may use, how fast it goes, what its minutes begin and end with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from eh_access.errors import InputError, NotFoundError, did_you_mean


@dataclass(frozen=True, kw_only=True)
class TravelMode:
    """One way of travelling.

    Parameters
    ----------
    name
        Short name, used in tables and files: ``"walk"``.
    label
        Plain words for a sentence: ``"on foot"``.
    rules
        The section of ``network/tag_rules.toml`` that says which streets it may use.
    speed_km_h
        Speed on a good level street; for driving, the speed where nothing else is known.
    walk_speed_km_h
        Speed between the point and the street it is placed on.
    uses_road_speeds
        Whether speed limits and classes of road set the speed, as for driving.
    source
        Where the speed comes from, or that it is an assumption.

    Examples
    --------
    >>> WALK.speed_km_h
    4.8
    >>> PUSHCHAIR.with_speed(3.2).speed_km_h
    3.2
    """

    name: str
    label: str
    rules: str
    speed_km_h: float
    walk_speed_km_h: float
    uses_road_speeds: bool = False
    source: str = ""

    def __post_init__(self) -> None:
        faults = [
            f"mode '{self.name}': {field} is {value}; give a speed above 0 and at most 200 km/h"
            for field, value in (
                ("speed_km_h", self.speed_km_h),
                ("walk_speed_km_h", self.walk_speed_km_h),
            )
            if not 0 < value <= 200  # noqa: PLR2004 - the bound is stated in the message
        ]
        if faults:
            raise InputError(faults)

    def with_speed(self, speed_km_h: float) -> TravelMode:
        """Return the same mode at another speed.

        Parameters
        ----------
        speed_km_h
            The new speed in km/h. For modes on foot the walk to the street changes with it.

        Returns
        -------
        TravelMode
            A copy; the original is untouched.

        Raises
        ------
        InputError
            If the speed is not above 0 and at most 200 km/h.

        Examples
        --------
        >>> WALK.with_speed(4.0).walk_speed_km_h
        4.0
        """
        on_foot = self.walk_speed_km_h == self.speed_km_h
        walk = speed_km_h if on_foot else self.walk_speed_km_h
        return replace(self, speed_km_h=speed_km_h, walk_speed_km_h=walk)


WALK = TravelMode(
    name="walk",
    label="on foot",
    rules="foot",
    speed_km_h=4.8,
    walk_speed_km_h=4.8,
    source="4.8 km/h (3 mph): Active Places Power, Sport England",
)
PUSHCHAIR = TravelMode(
    name="pushchair",
    label="with a pushchair",
    rules="pushchair",
    speed_km_h=3.6,
    walk_speed_km_h=3.6,
    source="3.6 km/h: an assumption, no published pushchair speed was found",
)
CYCLE = TravelMode(
    name="cycle",
    label="by bicycle",
    rules="bicycle",
    speed_km_h=15.0,
    walk_speed_km_h=4.8,
    source="15 km/h: an assumption for an unhurried adult on level streets",
)
DRIVE = TravelMode(
    name="drive",
    label="by car",
    rules="motorcar",
    speed_km_h=48.0,
    walk_speed_km_h=4.8,
    uses_road_speeds=True,
    source="tagged limits, else typical speeds by class of road (network/tag_rules.toml)",
)
MODES: Mapping[str, TravelMode] = MappingProxyType(
    {mode.name: mode for mode in (WALK, PUSHCHAIR, CYCLE, DRIVE)}
)


def get_mode(name: str) -> TravelMode:
    """Return a ready mode by its name.

    Parameters
    ----------
    name
        One of ``walk``, ``pushchair``, ``cycle``, ``drive``.

    Returns
    -------
    TravelMode
        The mode.

    Raises
    ------
    NotFoundError
        If there is no such mode.

    Examples
    --------
    >>> get_mode("drive").label
    'by car'
    """
    if name not in MODES:
        message = f"no travel mode '{name}': {did_you_mean(name, MODES)}"
        raise NotFoundError(message)
    return MODES[name]
