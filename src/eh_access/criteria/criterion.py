"""Criteria as data, and what a verdict on one holds."""

from __future__ import annotations

import datetime as dt
import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

import pandas as pd
from pydantic import AfterValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from eh_access.arguments import check_fields, check_ids
from eh_access.criteria.schema import FAULTY, Table
from eh_access.criteria.titles import NOT_ITS_OWN, other_numbers
from eh_access.delegate import delegate
from eh_access.errors import InputError, did_you_mean
from eh_access.measures.basic import ThereAndBack  # noqa: TC001 - pydantic reads it
from eh_access.measures.equity import GROUPS
from eh_access.measures.scenarios import BASELINE, open_sites
from eh_access.tables import complete_sites, weighted

if TYPE_CHECKING:
    import folium
    import geopandas as gpd
    import numpy as np
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from eh_access.criteria.schema import Fault
    from eh_access.facts import Count
    from eh_access.provenance import Provenance
    from eh_access.routing.travel_times import TravelTimes

    Bools = NDArray[np.bool_]
    Doubles = NDArray[np.float64]

ASKED = ("threshold", "cutoff_min", "within_m", "added_min", "min_hours")
"""The keys of a criterion that assumptions may vary."""


@dataclass(frozen=True, kw_only=True)
class JudgeSettings:
    """Numbers and words that every criterion of a study shares.

    Parameters
    ----------
    full_time_from_hours
        From how many hours a week a site counts as full-time; full hours of unknown number count
        as so many.
    unit
        What is counted, in the plural: ``"under-fives"``, ``"postcodes"``.
    place
        What a site is called, in the singular: ``"centre"``.
    least_weight
        Groups and areas with fewer are not judged: a figure of a few says little of a place.
    round_to
        Counts are rounded to a multiple of it before falls of shares are taken, so that a fall is
        that of the shares shown; 0 rounds nothing.
    moved
        Where people were moved so that nobody can be found: the areas left out, by name. None where
        nobody was moved.

    Examples
    --------
    >>> JudgeSettings(unit="postcodes").place
    'centre'
    """

    full_time_from_hours: float = 25.0
    unit: str = "under-fives"
    place: str = "centre"
    least_weight: float = 0.0
    round_to: float = 0.0
    moved: tuple[str, ...] | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Side:
    """Sites and minutes under one choice.

    Parameters
    ----------
    sites
        From ``apply_scenario``, with ``is_open``.
    times
        By mode: from every origin to every open site whose place is known, at least.
    times_back
        By mode: from the sites home. Only hours that can be reached need them.
    distances
        By mode: the shortest way by street, as times at the mode's one speed (see
        ``aligning.metres``). Where minutes are estimated they serve as they are.
    """

    sites: gpd.GeoDataFrame
    times: Mapping[str, TravelTimes]
    times_back: Mapping[str, TravelTimes] = field(default_factory=dict)
    distances: Mapping[str, TravelTimes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_fields(self)
        check_ids("sites", self.sites.index)
        object.__setattr__(self, "sites", complete_sites(self.sites))

    def distances_by(self, mode: str) -> TravelTimes | None:
        """Return what distances by a mode are read from.

        Parameters
        ----------
        mode
            Name of a mode.

        Returns
        -------
        TravelTimes or None
            The distances given; else the times, if they are estimates at one speed, which are
            distances divided by it; else None.
        """
        if mode in self.distances:
            return self.distances[mode]
        times = self.times.get(mode)
        if times is not None and times.estimated and not times.mode.uses_road_speeds:
            return times
        return None

    def tables(self) -> Iterator[tuple[str, TravelTimes]]:
        """Yield every table of times with a name for messages."""
        for kind in ("times", "times_back", "distances"):
            for mode, times in getattr(self, kind).items():
                yield f"{kind}['{mode}']", times


@dataclass(frozen=True, eq=False, kw_only=True)
class Case:
    """One scenario, the baseline it is held against, and who lives where.

    Parameters
    ----------
    scenario
        Its name.
    origins
        With ``weight`` and the columns that groups and areas need.
    before, after
        The baseline and the scenario. Unless a site moves or opens, both hold the same times.
    settings
        What the study's criteria share.

    Raises
    ------
    InputError
        If a table of times is of other origins, goes the wrong way or lacks an open site.
    """

    scenario: str
    origins: gpd.GeoDataFrame
    before: Side
    after: Side
    settings: JudgeSettings = field(default_factory=JudgeSettings)

    def __post_init__(self) -> None:
        check_fields(self)
        object.__setattr__(self, "origins", weighted(self.origins))
        faults = [
            f"case '{self.scenario}': {fault}"
            for name, side in (("before", self.before), ("after", self.after))
            for fault in self._faults(name, side)
        ]
        if faults:
            raise InputError(faults)

    @property
    def is_baseline(self) -> bool:
        """Whether the scenario is the baseline itself."""
        return self.scenario == BASELINE.name

    def _faults(self, name: str, side: Side) -> Iterator[str]:
        unlocated = side.sites.index[side.sites["location_basis"] == "unknown"]
        enough = self.settings.full_time_from_hours
        ids = open_sites(side.sites, full_time=False, full_time_from_hours=enough)
        wanted = ids.difference(unlocated)
        for table, times in side.tables():
            where = f"{name}.{table}"
            direction = "from_sites" if table.startswith("times_back") else "to_sites"
            if times.direction != direction:
                yield f"{where} goes {times.direction}; give times {direction}"
            if not _same_ids(times.origin_ids, self.origins.index):
                yield f"{where} is not of the same origins; work the times out for this table"
            lacking = wanted.difference(times.site_ids).tolist()
            if lacking:
                yield f"{where} lacks the open sites {lacking}; work the times out for them too"


def _same_ids(ids: pd.Index, others: pd.Index) -> bool:
    # nearly always in the same order too, which is asked in a hundredth of the time
    return ids.equals(others) or (len(ids) == len(others) and bool(ids.isin(others).all()))


Unit = Literal["share", "min", "points"]
Better = Literal["higher", "lower"]
Figure = Literal["min", "m", "hours"]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
MOST_POINTS = 100.0
MOST_WORDS = 5
"""In a label: more do not fit the head of a table."""


class Outcome(StrEnum):
    """What can be said of a criterion."""

    MET = "met"
    TOO_CLOSE = "too close to call"
    NOT_MET = "not met"
    CANNOT_SAY = "cannot say"


class Likelihood(StrEnum):
    """How likely an outcome is, in words: from 99, 90 and 66 in 100 on."""

    ALMOST_CERTAIN = "almost certainly"
    VERY_LIKELY = "very likely"
    LIKELY = "likely"
    TOO_CLOSE = "too close to call"


@dataclass(frozen=True, eq=False, kw_only=True)
class Counted:
    """Whom a criterion counts."""

    origins: gpd.GeoDataFrame  # those judged
    # float64 (origins,), or (draws, origins); 0 for those outside the group where there is one
    weights: Doubles
    elsewhere: Doubles  # float64 (origins,), weights of those known to be outside the group, else 0
    unknown_weight: float  # weight left out, as its group or its area is not known
    # origins sorted by area, those without weight or area left out; where each area begins
    order: NDArray[np.intp]
    starts: NDArray[np.intp]
    areas: pd.Index  # the areas' names, sorted; empty unless the criterion tells areas apart
    round_to: float = 0.0  # what counts are rounded to before falls of shares are taken
    few: bool = False  # whether there are too few to be judged: nobody is then counted


class Kind(ABC):
    """A kind of criterion: what it needs, how its value reads, and how that is worked out."""

    name: ClassVar[str]  # what a criterion calls it: its ``measure``
    # of its value and threshold: a share 0..1, minutes, or points (hundredths of a share)
    unit: ClassVar[Unit]
    better: ClassVar[Better]  # whether a higher or a lower value is better
    # keys that a criterion must have beside the common ones, and may have
    needs: ClassVar[tuple[str, ...]]
    may: ClassVar[tuple[str, ...]] = ()
    # of each origin: minutes or metres to the nearest site, or hours a week within reach
    figure: ClassVar[Figure] = "min"
    of_change: ClassVar[bool] = False  # whether its value is a change, 0 when nothing changes
    compares: ClassVar[bool] = False  # whether those outside the group are counted too
    ordered: ClassVar[bool] = False  # whether the column ``by`` must hold numbers

    @abstractmethod
    def value(
        self, criterion: Criterion, before: Doubles, after: Doubles, counted: Counted
    ) -> Doubles:
        """Return the value (...) of what origins have (..., origins); NaN where there is none."""

    @abstractmethod
    def evidence(
        self, criterion: Criterion, before: Doubles, after: Doubles, counted: Counted
    ) -> pd.DataFrame:
        """Return the rows behind a value: by origin with ``weight`` and ``counts``, or by group."""


KINDS: dict[str, Kind] = {}
"""The kinds of criterion there are, by name."""


def register(kind: type[Kind]) -> type[Kind]:
    """Add a kind of criterion to those there are."""
    KINDS[kind.name] = kind()
    return kind


def _short(label: str) -> str:
    if len(label.split()) > MOST_WORDS:
        most = {"most": MOST_WORDS}
        raise PydanticCustomError("too_many_words", "give at most {most} words", most)
    return label


def _known_kind(name: str) -> str:
    if name not in KINDS:
        *most, last = (repr(kind) for kind in sorted(KINDS))
        expected = f"{', '.join(most)} or {last}"
        raise PydanticCustomError(
            "literal_error", "Input should be {expected}", {"expected": expected}
        )
    return name


class Criterion(Table):
    """One yardstick: a measure, its threshold, and where both come from.

    Parameters
    ----------
    id
        A stable short name.
    title, label
        What it asks, in a sentence and in at most five words. A study makes those left out from
        the numbers; else they are the id. Other numbers than the criterion's are refused.
    measure
        One of `KINDS`:

        - ``coverage``: share of weight within ``cutoff_min`` of a site;
        - ``coverage_distance``: share within ``within_m`` metres by street;
        - ``coverage_fall``: points by which the share within ``cutoff_min`` falls;
        - ``added_time``: share whose time grows by more than ``added_min``;
        - ``group_gap``: mean added minutes in ``group``, less the mean elsewhere;
        - ``fall_gap``: fall of coverage in ``group``, less the fall elsewhere, in points;
        - ``slope``: minutes more added for each step down the numbers in the column ``by``;
        - ``group_coverage``: coverage within ``group``;
        - ``area_loss``: the largest fall in coverage of any area, in points, areas told apart by
          the column ``by``;
        - ``hours_fall``: fall of the mean opening hours a week within ``cutoff_min``, there and
          back, as a share of those before;
        - ``hours_reachable``: share with at least ``min_hours`` opening hours a week within
          ``cutoff_min``, there and back.
    mode
        How people travel, by name.
    threshold
        What the value must reach (or not pass): a share 0..1, minutes, or points.
    better
        ``"higher"`` or ``"lower"``; goes with the measure, and may be left out.
    margin
        Within so much of the threshold, on either side, it is too close to call.
    sites
        ``"open"``: any site that is open at all; ``"full_time"``: only those with full hours.
    cutoff_min, within_m, added_min, min_hours, group, by
        As the measure needs them; ``group`` is one of ``equality.GROUPS``.
    also_modes
        Further modes, of which each family takes the quickest. Where the minutes of one are
        missing, the criterion is met if it is met without it; else nothing can be said.
    there_and_back
        Where hours are counted: ``"each_way"`` (each way within the cutoff) or ``"total"``.
    counts_with
        The id of another criterion that classes nearly the same people: wherever criteria are
        counted, the two count as one.
    source, set_by, set_on
        Where the yardstick comes from, who chose it, and when.
    after_results
        Whether results by earlier criteria had been seen when it was set.
    whose
        Whose the threshold itself is, in a few words; unless given, of who set it.

    Raises
    ------
    pydantic.ValidationError
        If a key is missing, unknown, of no use to the measure, or out of bounds.

    Examples
    --------
    >>> Criterion(
    ...     id="walk-30",
    ...     title="A 30-minute walk",
    ...     measure="coverage",
    ...     mode="walk",
    ...     threshold=0.9,
    ...     cutoff_min=30.0,
    ...     sites="full_time",
    ...     source="Hillingdon, draft family hub strategy",
    ...     set_by="the study's authors",
    ...     set_on=dt.date(2025, 1, 6),
    ... ).better
    'higher'
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=40)]
    title: str = ""
    label: Annotated[str, AfterValidator(_short)] = ""
    measure: Annotated[str, AfterValidator(_known_kind)]
    mode: Text
    threshold: Annotated[float, Field(allow_inf_nan=False)]
    better: Better | None = None
    margin: NotNegative = 0.0
    sites: Literal["open", "full_time"] = "open"
    cutoff_min: Positive | None = None
    within_m: Positive | None = None
    added_min: NotNegative | None = None
    min_hours: Annotated[float, Field(gt=0, le=168, allow_inf_nan=False)] | None = None
    group: str | None = None
    by: Text | None = None
    also_modes: tuple[Text, ...] = ()
    there_and_back: ThereAndBack | None = None
    counts_with: str | None = None
    source: Text
    set_by: Text
    set_on: dt.date
    after_results: bool = False
    whose: str = ""

    @property
    def kind(self) -> Kind:
        """What kind it is: what that needs, and how its value reads."""
        return KINDS[self.measure]

    def cross_faults(self) -> Iterator[Fault]:
        """Yield keys that do not fit its kind, or one another."""
        if isinstance(self.group, str) and self.group not in GROUPS:
            yield ("group",), f"no group '{self.group}': {did_you_mean(self.group, GROUPS)}"
        if self.mode in [*self.also_modes] or len(set(self.also_modes)) < len([*self.also_modes]):
            yield ("also_modes",), "a mode is named twice; name each once"
        if self.measure in KINDS:
            yield from self._key_faults()
            yield from self._number_faults()
            yield from self._title_faults()

    def _key_faults(self) -> Iterator[Fault]:
        kind = self.kind
        asked = {key for other in KINDS.values() for key in (*other.needs, *other.may)}
        given = {key for key in asked if getattr(self, key) not in (None, ())}
        for key in kind.needs:
            if key not in given:
                yield (key,), f"{self.measure} needs it; add it"
        for key in sorted(given.difference(kind.needs, kind.may)):
            yield (key,), f"{self.measure} does not use it; remove it"
        if self.better is not None and self.better != kind.better:
            yield ("better",), f"{self.measure} is better when {kind.better}; say so"

    def _number_faults(self) -> Iterator[Fault]:
        unit = self.kind.unit
        if unit == "share" and (self.threshold < 0 or self.threshold > 1):
            yield ("threshold",), f"{self.threshold:g} is no share; give 0.9 for 90%"
        if unit == "share" and self.margin > 1:
            yield ("margin",), f"{self.margin:g} is no share; give 0.02 for 2 points"
        if unit == "points" and (self.threshold < 0 or self.threshold > MOST_POINTS):
            yield ("threshold",), f"{self.threshold:g} is not 0 to 100 points"

    def _title_faults(self) -> Iterator[Fault]:
        """Yield numbers in words given by hand that are not the criterion's."""
        if FAULTY in [getattr(self, key) for key in (*ASKED, "title", "label", "whose")]:
            return
        known = self.numbers()
        for key in ("title", "label", "whose"):
            # minutes and metres are limits, whatever else a title counts
            for other in other_numbers(getattr(self, key), known, alone=("min", "m")):
                yield (key,), f"names '{other}', {NOT_ITS_OWN}, or leave it out"

    def numbers(self) -> Mapping[str, list[float]]:
        """Return the numbers that a title may name, by their unit."""
        unit = self.kind.unit
        ours: dict[str, tuple[float | None, ...]] = {
            "%": (100 * self.threshold,) if unit == "share" else (),
            "points": (self.threshold,) if unit == "points" else (),
            "min": (self.cutoff_min, self.added_min, self.threshold if unit == "min" else None),
            "hours": (self.min_hours,),
            "m": (self.within_m,),
        }
        return {key: [one for one in numbers if one is not None] for key, numbers in ours.items()}

    @model_validator(mode="after")
    def _fill_in(self) -> Self:
        """Fill in what follows from other keys, once, before anyone sees it."""
        if self.measure in KINDS:
            follows = (
                ("better", self.kind.better),
                ("title", self.id),
                ("label", self.id),
                ("whose", self.set_by),
            )
            for key, value in follows:
                if getattr(self, key) in (None, ""):
                    object.__setattr__(self, key, value)
        return self


class ReasonKind(StrEnum):
    """What a verdict may stand on."""

    COLUMN_MISSING = "column missing"
    DISTANCES_MISSING = "distances missing"
    TIMES_MISSING = "times missing"
    TIMES_HOME_MISSING = "times home missing"
    TIMES_TOO_SHORT = "times too short"
    TOO_FEW = "too few"
    NOBODY = "nobody"
    NOBODY_ELSEWHERE = "nobody elsewhere"
    ONE_STEP = "one step"
    NOT_COMPARABLE = "not comparable"
    ESTIMATED_TIMES = "estimated times"
    FURTHER_MODES_MISSING = "further modes missing"
    ROUGH_PLACES = "rough places"
    UNKNOWN_PLACE = "unknown place"
    NOT_IN_GROUP_OR_AREA = "not in group or area"
    OFF_NETWORK = "off network"
    RIM = "rim"
    MOVED = "moved"


MISSING_INPUTS = frozenset(
    {
        ReasonKind.COLUMN_MISSING,
        ReasonKind.DISTANCES_MISSING,
        ReasonKind.TIMES_MISSING,
        ReasonKind.TIMES_HOME_MISSING,
        ReasonKind.TIMES_TOO_SHORT,
    }
)
NO_VALUE = MISSING_INPUTS | {
    ReasonKind.TOO_FEW,
    ReasonKind.NOBODY,
    ReasonKind.NOBODY_ELSEWHERE,
    ReasonKind.ONE_STEP,
    ReasonKind.NOT_COMPARABLE,
}
"""With one of these a criterion has no value at all."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """A site a reason is about."""

    site_id: str
    name: str
    radius_m: float = 0.0  # how far it may be from where it is drawn
    open_after: bool = True


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Something a verdict stands on: what it is, and its facts; those of other kinds are empty."""

    kind: ReasonKind
    decisive: bool = False  # whether it makes the outcome "cannot say"
    places: tuple[Place, ...] = ()  # sites whose place is known only roughly, or not at all
    modes: tuple[str, ...] = ()  # ways of travelling, by name
    column: str = ""  # of the origins
    cutoff_min: float = 0.0  # where times end
    weight: float | None = 0.0  # how many are meant; None where they are too few to be shown
    areas: tuple[str, ...] = ()  # those left out, by name


@dataclass(frozen=True, eq=False, kw_only=True)
class Verdict:
    """What a criterion says of a scenario, and everything needed to check it.

    Parameters
    ----------
    criterion, scenario, mode
        What was asked, of what, by which way of travelling.
    value, baseline_value
        Under the scenario and before it, in the measure's unit; NaN only where it could not be
        worked out, and ``reasons`` say why. For measures of a change the baseline's is 0.
    threshold
        The criterion's.
    outcome
        Met, not met, too close to call, or cannot say.
    probability
        How likely the criterion is met, by the draws of what is not known; NaN where nothing was
        drawn, or nothing can be said.
    indication
        When nothing can be said: the outcome the figures point to, or None if to none.
    basis
        ``"streets"`` or ``"estimated"``.
    reasons
        The inputs that are estimated, missing or left out, the decisive ones first.
    not_met_before
        The baseline is not met either, in the same sense: by more than the margin, and wherever
        its sites may be. Never of the baseline itself, nor where the figures point to nothing.
    worsened_by
        How much worse the value is than the baseline's, in its unit; below 0 it is better. NaN
        where there is no value, or the size of the change is hidden.
    direction
        1 where the value is worse than the baseline's, -1 where it is better, 0 where it is the
        same or there is none.
    evidence
        The rows behind it.
    weight
        How many it counts; NaN where inputs are missing.
    counts
        How many are meant by each figure of its sentence, by name.
    hidden
        Names of the fields whose figures are too small to be shown, and are NaN.
    straight_line
        Of a share within metres by street, the same share in a straight line: after, before. It
        judges nothing. None for other kinds.
    settings
        What the study's criteria share.
    travel
        How people travel: labels of modes, such as "on foot".
    search_min
        How far travel times were searched, in minutes; NaN where inputs are missing.
    provenance
        Where the streets came from; empty for an estimate.
    """

    criterion: Criterion
    scenario: str
    mode: str
    value: float = math.nan
    baseline_value: float = math.nan
    threshold: float
    outcome: Outcome
    indication: Outcome | None = None
    basis: Literal["streets", "estimated"]
    reasons: tuple[Reason, ...]
    not_met_before: bool = False
    worsened_by: float = math.nan
    direction: Literal[-1, 0, 1] = 0
    evidence: pd.DataFrame = field(default_factory=pd.DataFrame)
    weight: float = math.nan
    counts: Mapping[str, Count] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()
    straight_line: tuple[float, float] | None = None
    settings: JudgeSettings = field(default_factory=JudgeSettings)
    probability: float = math.nan
    travel: tuple[str, ...] = ()
    search_min: float = math.nan
    provenance: tuple[Provenance, ...] = ()

    @property
    def has_value(self) -> bool:
        """Whether there is a value, be it hidden."""
        return not any(reason.kind in NO_VALUE for reason in self.reasons)

    @property
    def sentence(self) -> str:
        """The facts and what follows, in plain English with counts."""
        text: str = delegate("verdict_sentence", self)
        return text

    @property
    def reason(self) -> str:
        """The reasons in one line, the decisive ones first; "" if none."""
        text: str = delegate("verdict_reason", self)
        return text

    def _repr_html_(self) -> str:
        text: str = delegate("verdict_html", self)
        return text

    def __repr__(self) -> str:
        """Return the outcome, the sentence and the reason."""
        text: str = delegate("verdict_text", self)
        return text


class Verdicts(tuple[Verdict, ...]):
    """What criteria say of scenarios: an ordinary tuple of `Verdict`, with pictures.

    Parameters
    ----------
    verdicts
        From `judge`, in the order wanted.

    Examples
    --------
    >>> Verdicts([])
    0 verdicts
    """

    __slots__ = ()

    def under(self, scenario: str) -> Verdicts:
        """Return the verdicts on one scenario.

        Parameters
        ----------
        scenario
            Name of a scenario.

        Returns
        -------
        Verdicts
            In the order they are in here; none if it was not judged.
        """
        return Verdicts(each for each in self if each.scenario == scenario)

    def counted(self) -> Verdicts:
        """Return the verdicts of which none says nearly what another does.

        Returns
        -------
        Verdicts
            Without those of a criterion that counts with another which is among them.

        Examples
        --------
        >>> from eh_access import load_study, run_study
        >>> found = run_study(load_study("rotherham")).verdicts_for("deregister-closed")
        >>> {each.criterion.id for each in found} - {each.criterion.id for each in found.counted()}
        {'pram-2500'}
        """
        held = {(each.scenario, each.criterion.id) for each in self}
        return Verdicts(
            each for each in self if (each.scenario, each.criterion.counts_with) not in held
        )

    def _repr_html_(self) -> str:
        text: str = delegate("verdicts_html", self)
        return text

    def __repr__(self) -> str:
        """Return a line for each verdict."""
        text: str = delegate("verdicts_text", self)
        return text

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Draw each verdict as a line: before, after, and the threshold between them.

        Parameters
        ----------
        ax
            Where to draw; None makes a new figure.

        Returns
        -------
        matplotlib.axes.Axes
            A row for each verdict in the unit its criterion has: percent, minutes or percentage
            points. Rows without a figure say so. INDICATIVE where any rests on estimates.

        Examples
        --------
        >>> from eh_access import load_study, run_study
        >>> axes = run_study(load_study("rotherham")).verdicts_for("deregister-closed").plot()
        >>> print(axes.get_title(loc="left").splitlines()[0])
        Before, after and the threshold
        >>> import matplotlib.pyplot as plt
        >>> plt.close(axes.figure)
        """
        drawn: Axes = delegate("plot_verdicts", self, ax=ax)
        return drawn

    def explore(
        self,
        origins: gpd.GeoDataFrame,
        *,
        areas: gpd.GeoDataFrame | None = None,
        sites: gpd.GeoDataFrame | None = None,
        tiles: str | None = None,
    ) -> folium.Map:
        """Return a map of where each verdict comes from, one at a time.

        Parameters
        ----------
        origins
            The origins judged: points, with ``area_id`` if there are areas.
        areas
            Polygons by ``area_id``, shaded by the share of weight that falls short. None draws the
            origins themselves: where these are families of your own, such a map shows where they
            live and must not leave the office.
        sites
            Points with ``name``, drawn on top.
        tiles
            A background of folium's, "OpenStreetMap" for instance; None asks no server for any.

        Returns
        -------
        folium.Map
            With a switch between the verdicts that rest on single origins: beyond what their
            criterion asks, or gaining more minutes than it allows. Verdicts that rest on
            groups (a gap, a ward) have no place of their own and are left out.

        Raises
        ------
        NotFoundError
            If the origins lack one of those judged.
        InputError
            If no verdict rests on origins, or areas are given and no origin lies in any.

        Examples
        --------
        >>> from eh_access import load_study, run_study
        >>> result = run_study(load_study("rotherham"))
        >>> found = result.verdicts_for("deregister-closed")
        >>> page = found.explore(result.origins, areas=result.areas).get_root().render()
        >>> "walk-30" in page, "even-spread" in page
        (True, False)
        """
        drawn: folium.Map = delegate(
            "explore_verdicts", self, origins, areas=areas, sites=sites, tiles=tiles
        )
        return drawn


# the files of criteria/kinds add themselves; they import this one, so it asks for them last
import_module("eh_access.criteria.kinds")
