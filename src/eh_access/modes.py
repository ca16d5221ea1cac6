"""Travel modes, from ``modes.toml``: streets, speed, hills, and what each trip adds."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from types import MappingProxyType

from eh_access.arguments import check_arguments, number
from eh_access.errors import InputError, NotFoundError, did_you_mean

NO_HILLS = "none"
HILL_FUNCTIONS = (NO_HILLS, "tobler", "pushchair", "wheelchair", "bicycle")
"""Names of the functions in ``network/cost.py`` that say how slopes slow a mode."""

MAX_DELAY_S = 3600.0
LEAST_KM_H, MOST_KM_H = 0.1, 200.0
LEAST_FACTOR, MOST_FACTOR = 0.05, 2.0

ACTIVE_PLACES_PARKING_S = 160.0
"""Seconds for parking at both ends in Sport England's Active Places Power; ours adds none."""


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
    one_speed
        Whether ``speed_km_h`` holds on every street it may use, whatever limits, surfaces and
        timetables say, so that minutes are metres (see ``level``).
    hill_function
        How slopes change the speed where the network knows heights: ``"tobler"`` on foot,
        ``"pushchair"``, ``"wheelchair"``, ``"bicycle"``, or ``"none"`` to count every street as
        level.
    speed_factor
        The speed on every street times this: 0.8 for a slow hour of the day, say.
    junction_delay_s
        Seconds lost at each junction of three or more streets passed.
    parking_s
        Seconds for parking and leaving, added once to every trip.
    by_wheelchair
        Whether a stop and a vehicle must take a wheelchair to be used.
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
    one_speed: bool = False
    hill_function: str = NO_HILLS
    speed_factor: float = 1.0
    junction_delay_s: float = 0.0
    parking_s: float = 0.0
    by_wheelchair: bool = False
    source: str = ""

    def __post_init__(self) -> None:
        faults: list[str] = []
        for field, low, high, unit in (
            ("speed_km_h", LEAST_KM_H, MOST_KM_H, "a speed in km/h"),
            ("walk_speed_km_h", LEAST_KM_H, MOST_KM_H, "a speed in km/h"),
            ("junction_delay_s", 0.0, MAX_DELAY_S, "seconds"),
            ("parking_s", 0.0, MAX_DELAY_S, "seconds"),
            ("speed_factor", LEAST_FACTOR, MOST_FACTOR, ""),
        ):
            where = f"mode '{self.name}': {field}"
            try:
                number(where, getattr(self, field), low=low, high=high, unit=unit)
            except InputError as error:
                faults += error.faults
        if self.hill_function not in HILL_FUNCTIONS:
            hint = did_you_mean(self.hill_function, HILL_FUNCTIONS)
            faults.append(f"mode '{self.name}': no hill function '{self.hill_function}': {hint}")
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
            If the speed is not from 0.1 to 200 km/h.

        Examples
        --------
        >>> WALK.with_speed(4.0).walk_speed_km_h
        4.0
        """
        on_foot = self.walk_speed_km_h == self.speed_km_h
        walk = speed_km_h if on_foot else self.walk_speed_km_h
        return replace(self, speed_km_h=speed_km_h, walk_speed_km_h=walk)

    @property
    def counts_hills(self) -> bool:
        """Whether slopes change this mode's speed, given a network that knows heights."""
        return self.hill_function != NO_HILLS

    def without_hills(self) -> TravelMode:
        """Return the same mode with every street taken as level.

        Returns
        -------
        TravelMode
            A copy; the original is untouched.

        Examples
        --------
        >>> WALK.without_hills().counts_hills
        False
        """
        return replace(self, hill_function=NO_HILLS)

    def level(self) -> TravelMode:
        """Return a mode for distances: one speed everywhere, so that the quickest is the shortest.

        Rough ground, ramps, hills, speed limits and ferries no longer change its pace; nobody waits
        or parks. It may use the same streets.

        Returns
        -------
        TravelMode
            A copy of the same name, label and speed.

        Examples
        --------
        >>> DRIVE.level().junction_delay_s, DRIVE.level().walk_speed_km_h
        (0.0, 48.0)
        """
        return replace(
            self,
            walk_speed_km_h=self.speed_km_h,
            uses_road_speeds=False,
            one_speed=True,
            hill_function=NO_HILLS,
            speed_factor=1.0,
            junction_delay_s=0.0,
            parking_s=0.0,
            source="at one speed everywhere: for distances",
        )


def _read_modes() -> tuple[dict[str, TravelMode], frozenset[str]]:
    """Return the modes of ``modes.toml`` by name, and which of them are paces."""
    table = tomllib.loads(files("eh_access").joinpath("modes.toml").read_text("utf-8"))
    paces = frozenset(name for name, entry in table.items() if entry.pop("is_pace", False))
    return {name: TravelMode(name=name, **entry) for name, entry in table.items()}, paces


_READY, _PACES = _read_modes()
WALK = _READY["walk"]
PUSHCHAIR = _READY["pushchair"]
WHEELCHAIR = _READY["wheelchair"]
TODDLER = _READY["toddler"]
CYCLE = _READY["cycle"]
DRIVE = _READY["drive"]
MODES: Mapping[str, TravelMode] = MappingProxyType(
    {name: mode for name, mode in _READY.items() if name not in _PACES}
)
"""The ways of travelling a study compares; `TODDLER` is a pace rather than a way."""


@check_arguments
def get_mode(name: str) -> TravelMode:
    """Return a ready mode by its name.

    Parameters
    ----------
    name
        A section of ``modes.toml``: ``walk``, ``pushchair``, ``wheelchair``, ``toddler``,
        ``cycle``, ``drive``.

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
    if name not in _READY:
        raise NotFoundError(f"no travel mode '{name}': {did_you_mean(name, _READY)}")
    return _READY[name]


TRANSIT, VISIT = "transit", "visit"
"""By timetable, and there and back for a session: modes of a study that has a timetable."""

WAYS: Mapping[str, int] = MappingProxyType({VISIT: 2})
"""Of how many ways a mode's minutes are, where not of one: a visit's are out and home together."""

LABELS: Mapping[str, str] = MappingProxyType(
    {name: mode.label for name, mode in MODES.items()}
    | {TRANSIT: "by bus or train", VISIT: "there and back for a session"}
)
"""What every mode a criterion may ask for is called."""

MODE_NAMES = tuple(MODES)
"""The names of those modes."""


def as_mode(mode: TravelMode | str) -> TravelMode:
    """Return a mode given as itself or by its name."""
    if isinstance(mode, TravelMode):
        return mode
    if not isinstance(mode, str):
        raise InputError(f'mode is {mode!r}; give a mode or its name, such as "walk"')
    return get_mode(mode)
