"""The assumptions under which verdicts are asked again: one setting, a grid of them, a sweep."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from itertools import product

from eh_access.errors import InputError

MAIN_WEIGHTS = "weight"
SAME_SPEED = 1e-9


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One set of assumptions; as it stands, those of the study.

    Parameters
    ----------
    walk_speed_km_h, pushchair_speed_km_h
        Speeds on foot and with a pushchair; None as in the study. All minutes of the mode change
        in proportion, the way to and from the street too. Distances do not.
    drive_factor
        Driving minutes are multiplied by it: 1.25 is a quarter more.
    max_offset_m
        Families and sites farther than this from a street they may use are out of reach. No limit
        (inf) leaves the one under which the times were worked out.
    origins
        The name of the set of origins; "" is the study's first.
    weights
        The column of origins that says how many live there.
    threshold_factor
        The threshold is multiplied by it, and stays within what a share or points can be; the fall
        allowed beside it, if any, by 2 less the factor, so that both tests become stricter or laxer
        together where more is better.

    Raises
    ------
    InputError
        If a number is none or not above 0.

    Examples
    --------
    >>> Setting(walk_speed_km_h=3.2).is_main
    False
    """

    walk_speed_km_h: float | None = None
    pushchair_speed_km_h: float | None = None
    drive_factor: float = 1.0
    max_offset_m: float = math.inf
    origins: str = ""
    weights: str = MAIN_WEIGHTS
    threshold_factor: float = 1.0

    def __post_init__(self) -> None:
        numbers = {
            field.name: getattr(self, field.name)
            for field in fields(self)
            if field.name not in ("origins", "weights")
        }
        faults = [
            f"setting: {name} is {value}; give a number above 0"
            for name, value in numbers.items()
            if value is not None and not value > 0
        ]
        if faults:
            raise InputError(faults)

    @property
    def is_main(self) -> bool:
        """Whether every assumption is the study's own."""
        return self == Setting()


@dataclass(frozen=True, kw_only=True)
class Pace:
    """Speeds that go together in a grid, since no criterion is about two modes of one speed."""

    walk_speed_km_h: float | None = None  # as in `Setting`
    pushchair_speed_km_h: float | None = None
    drive_factor: float = 1.0


PACES = (
    Pace(),
    Pace(walk_speed_km_h=3.2, pushchair_speed_km_h=3.2, drive_factor=1.5),
    Pace(walk_speed_km_h=4.0, pushchair_speed_km_h=3.4, drive_factor=1.25),
    Pace(walk_speed_km_h=5.6, pushchair_speed_km_h=4.8, drive_factor=0.8),
)
"""The study's own, 2.0 to 3.5 miles an hour on foot (the range of a Welsh NHS study), 2.0 to 3.0
with a pushchair, and driving in a jam or on clear roads."""

THRESHOLD_FACTORS = (1.0, 0.8, 1.2)
TIGHT_OFFSET_M = 100.0


def settings_grid(
    *,
    origins: Sequence[str] = ("",),
    weights: Sequence[str] = (MAIN_WEIGHTS,),
    paces: Sequence[Pace] = PACES,
    threshold_factors: Sequence[float] = THRESHOLD_FACTORS,
    offsets_m: Sequence[float] = (math.inf, TIGHT_OFFSET_M),
) -> tuple[Setting, ...]:
    """Return every combination of paces, thresholds, weights and origins, each once."""
    # How far from a street a place may be takes turns over them rather than doubling them: with
    # two limits, each is met with every other assumption equally often (a balanced half of all).
    # With the four usual paces, three thresholds, two weights and two sets of origins there are
    # 48.
    heads = {
        "origins": origins,
        "weights": weights,
        "paces": paces,
        "threshold_factors": threshold_factors,
        "offsets_m": offsets_m,
    }
    faults = [
        f"settings: {name} is empty; give one at least" for name, held in heads.items() if not held
    ]
    if faults:
        raise InputError(faults)
    found: dict[Setting, None] = {}
    numbers = (range(len(held)) for held in (paces, weights, origins))
    for factor, (pace, weight, origin) in product(threshold_factors, list(product(*numbers))):
        setting = Setting(
            walk_speed_km_h=paces[pace].walk_speed_km_h,
            pushchair_speed_km_h=paces[pace].pushchair_speed_km_h,
            drive_factor=paces[pace].drive_factor,
            max_offset_m=offsets_m[_turn(pace, weight, origin) % len(offsets_m)],
            origins=origins[origin],
            weights=weights[weight],
            threshold_factor=factor,
        )
        found[setting] = None
    return tuple(found)


def _turn(*places: int) -> int:
    """Return whose turn it is: alike for each level of every heading."""
    # Of four paces the two bits of their number are added, so that turns differ between paces.
    return sum(place // 2 + place % 2 for place in places)


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """One assumption tried over a range, all others as in the study."""

    assumption: str  # the field of `Setting`
    words: str  # what it is called in a sentence; its unit
    unit: str
    tried: tuple[float, ...]  # its values, in ascending order

    def settings(self, values: Sequence[float]) -> Iterator[Setting]:
        """Yield a setting for each value of the assumption."""
        for value in values:
            yield replace(Setting(), **{self.assumption: value})  # type: ignore[arg-type]


def _steps(low: float, high: float, step: float) -> tuple[float, ...]:
    return tuple(round(low + step * at, 6) for at in range(round((high - low) / step) + 1))


SWEEPS = (
    Sweep(
        assumption="walk_speed_km_h",
        words="walking speed",
        unit="km/h",
        tried=_steps(3.2, 5.6, 0.1),
    ),
    Sweep(
        assumption="pushchair_speed_km_h",
        words="speed with a pushchair",
        unit="km/h",
        tried=_steps(3.2, 4.8, 0.1),
    ),
    Sweep(
        assumption="drive_factor",
        words="driving time",
        unit="times the study's",
        tried=_steps(0.8, 1.5, 0.05),
    ),
    Sweep(
        assumption="max_offset_m",
        words="farthest from a street",
        unit="m",
        tried=_steps(50.0, 500.0, 25.0),
    ),
    Sweep(
        assumption="threshold_factor",
        words="threshold",
        unit="times the study's",
        tried=_steps(0.8, 1.2, 0.02),
    ),
)
"""What is swept, and over which range: 2.0 to 3.5 miles an hour on foot, and so on."""
