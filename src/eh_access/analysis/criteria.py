"""Criteria as data: what "reasonably local" is to mean, who said so, and how a verdict looks.

Nothing here looks at a minute; see ``verdicts.judge`` for that. A criterion is fixed before any
result is seen, so it can be hashed, dated and set beside another council's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from eh_access.analysis.equality import GROUPS
from eh_access.analysis.measures import ThereAndBack  # noqa: TC001 - pydantic reads it
from eh_access.analysis.shown import verdict_html, verdict_text
from eh_access.errors import did_you_mean

if TYPE_CHECKING:
    import pandas as pd

Better = Literal["higher", "lower"]
Unit = Literal["share", "min", "points"]
MeasureName = Literal[
    "coverage",
    "coverage_distance",
    "added_time",
    "group_gap",
    "group_coverage",
    "area_loss",
    "hours_reachable",
]
Text = Annotated[str, Field(min_length=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
MOST_POINTS = 100.0


class Outcome(StrEnum):
    """What can be said of a criterion."""

    MET = "met"
    MARGINAL = "marginal"
    NOT_MET = "not met"
    CANNOT_SAY = "cannot say"


@dataclass(frozen=True, kw_only=True)
class MeasureSpec:
    """What a measure needs and how its value reads."""

    # of its value and threshold: a share 0..1, minutes, or points (hundredths of a share)
    unit: Unit
    better: Better  # whether a higher or a lower value is better
    needs: tuple[str, ...]  # keys of a criterion it must and may have beside the common ones
    may: tuple[str, ...] = ()
    of_change: bool = False  # whether its value is a change, so that it is 0 when nothing changes


_FALL = ("max_fall_points", "also_modes")
MEASURES: Mapping[str, MeasureSpec] = MappingProxyType(
    {
        "coverage": MeasureSpec(unit="share", better="higher", needs=("cutoff_min",), may=_FALL),
        "coverage_distance": MeasureSpec(
            unit="share", better="higher", needs=("within_m",), may=("max_fall_points",)
        ),
        "added_time": MeasureSpec(
            unit="share", better="lower", needs=("added_min",), of_change=True
        ),
        "group_gap": MeasureSpec(unit="min", better="lower", needs=("group",), of_change=True),
        "group_coverage": MeasureSpec(
            unit="share", better="higher", needs=("group", "cutoff_min"), may=_FALL
        ),
        "area_loss": MeasureSpec(
            unit="points", better="lower", needs=("by", "cutoff_min"), of_change=True
        ),
        "hours_reachable": MeasureSpec(
            unit="share",
            better="higher",
            needs=("cutoff_min", "min_hours"),
            may=("max_fall_points", "there_and_back"),
        ),
    }
)
"""What each measure needs, by name."""

_OPTIONAL = (
    "cutoff_min",
    "within_m",
    "added_min",
    "min_hours",
    "group",
    "by",
    "max_fall_points",
    "also_modes",
    "there_and_back",
)


class Criterion(BaseModel):
    """One yardstick: a measure, its threshold, and where both come from.

    Parameters
    ----------
    id, title
        A stable short name, and plain words.
    measure
        One of `MEASURES`:

        - ``coverage``: share of weight within ``cutoff_min`` of a site;
        - ``coverage_distance``: share within ``within_m`` metres by street;
        - ``added_time``: share whose time grows by more than ``added_min``;
        - ``group_gap``: mean added minutes in ``group``, less the mean elsewhere;
        - ``group_coverage``: coverage within ``group``;
        - ``area_loss``: the largest fall in coverage of any area, in points, areas told apart by
          the column ``by``;
        - ``hours_reachable``: share with at least ``min_hours`` opening hours a week within
          ``cutoff_min``, there and back.
    mode
        How people travel, by name.
    threshold
        What the value must reach (or not pass): a share 0..1, minutes, or points.
    better
        ``"higher"`` or ``"lower"``; goes with the measure, and may be left out.
    margin
        Within so much of the threshold, on either side, the outcome is marginal.
    sites
        ``"open"``: any site that is open at all; ``"full_time"``: only those with full hours.
    cutoff_min, within_m, added_min, min_hours, group, by
        As the measure needs them; ``group`` is one of ``equality.GROUPS``.
    max_fall_points
        A second test: the share may fall by at most so many points. The outcome is the worse of
        the two.
    also_modes
        Further modes, of which each family takes the quickest. Where the minutes of one are
        missing, the criterion is met if it is met without it; else nothing can be said.
    there_and_back
        For ``hours_reachable``: ``"each_way"`` (each way within the cutoff) or ``"total"``.
    source, set_by, set_on
        Where the yardstick comes from, who chose it, and when.

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
    ...     max_fall_points=5.0,
    ...     source="Hillingdon, draft family hub strategy",
    ...     set_by="the study's authors",
    ...     set_on=dt.date(2025, 1, 6),
    ... ).better
    'higher'
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, ser_json_inf_nan="strings")

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=40)]
    title: Text
    measure: MeasureName
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
    max_fall_points: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)] | None = None
    also_modes: tuple[Text, ...] = ()
    there_and_back: ThereAndBack | None = None
    source: Text
    set_by: Text
    set_on: dt.date

    @property
    def spec(self) -> MeasureSpec:
        """What its measure needs and how its value reads."""
        return MEASURES[self.measure]

    @model_validator(mode="after")
    def _fits_its_measure(self) -> Self:
        faults = [*self._key_faults(), *self._number_faults()]
        if self.group is not None and self.group not in GROUPS:
            faults.append(f"group: no group '{self.group}': {did_you_mean(self.group, GROUPS)}")
        if self.better not in (None, self.spec.better):
            faults.append(f"better: {self.measure} is better when {self.spec.better}; say so")
        if faults:
            raise ValueError(f"criterion '{self.id}': " + "; ".join(faults))
        # a frozen model fills in what goes with the measure, once, before anyone sees it
        object.__setattr__(self, "better", self.spec.better)
        if self.measure == "hours_reachable" and self.there_and_back is None:
            object.__setattr__(self, "there_and_back", "each_way")
        return self

    def _key_faults(self) -> list[str]:
        given = {key for key in _OPTIONAL if getattr(self, key) not in (None, ())}
        needs = self.spec.needs
        useless = sorted(given - set(needs) - set(self.spec.may))
        return [
            *(f"{key}: {self.measure} needs it; add it" for key in needs if key not in given),
            *(f"{key}: {self.measure} does not use it; remove it" for key in useless),
        ]

    def _number_faults(self) -> list[str]:
        unit, faults = self.spec.unit, []
        if unit == "share" and not 0 <= self.threshold <= 1:
            faults.append(f"threshold: {self.threshold:g} is no share; give 0.9 for 90%")
        if unit == "share" and self.margin > 1:
            faults.append(f"margin: {self.margin:g} is no share; give 0.02 for 2 points")
        if unit == "points" and not 0 <= self.threshold <= MOST_POINTS:
            faults.append(f"threshold: {self.threshold:g} is not 0 to 100 points")
        if self.mode in self.also_modes or len(set(self.also_modes)) < len(self.also_modes):
            faults.append("also_modes: a mode is named twice; name each once")
        return faults


@dataclass(frozen=True, eq=False, kw_only=True)
class Verdict:
    """What a criterion says of a scenario, and everything needed to check it.

    Parameters
    ----------
    criterion, scenario, mode
        What was asked, of what, by which way of travelling.
    value, baseline_value
        Under the scenario and before it, in the measure's unit; NaN only where it could not be
        worked out, and ``reason`` says why. For measures of a change the baseline's is 0.
    threshold
        The criterion's.
    outcome
        Met, marginal, not met, or cannot say.
    indication
        When nothing can be said: the outcome the figures point to, or None if to none.
    basis
        ``"streets"`` or ``"estimated"``.
    reason
        The inputs that are estimated, missing or left out, and what follows; "" if none.
    sentence
        Plain English, with counts.
    not_met_before
        The baseline is not met either, in the same sense: by more than the margin, and wherever
        its sites may be. Never of the baseline itself, nor where the figures point to nothing.
    worsened_by
        How much worse the value is than the baseline's, in its unit; below 0 it is better. NaN
        where there is no value.
    evidence
        The rows behind it.
    """

    criterion: Criterion
    scenario: str
    mode: str
    value: float
    baseline_value: float
    threshold: float
    outcome: Outcome
    indication: Outcome | None
    basis: Literal["streets", "estimated"]
    reason: str
    sentence: str
    not_met_before: bool
    worsened_by: float
    evidence: pd.DataFrame
    _repr_html_ = verdict_html
    __repr__ = verdict_text
