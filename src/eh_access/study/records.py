"""Small records that go with a result: what to say, what was read, what was counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ORIGINS_COLUMNS = (
    "origin_id",
    "area_id",
    "weight",
    "scenario",
    "mode",
    "minutes",
    "nearest_site_id",
    "status",
    "estimated",
    "minutes_full_time",
    "nearest_full_time_site_id",
)
NEIGHBOUR_COLUMNS = ("minutes_with_neighbours", "minutes_full_time_with_neighbours")
VERDICTS_COLUMNS = (
    "scenario",
    "criterion",
    "mode",
    "value",
    "baseline_value",
    "threshold",
    "outcome",
    "basis",
    "indication",
    "not_met_before",
    "worsened_by",
    "title",
    "sentence",
    "reason",
)


@dataclass(frozen=True, kw_only=True)
class Note:
    """Something a reader must be told beside the figures.

    Parameters
    ----------
    level
        ``"warning"`` when it could change how a figure is read, else ``"info"``.
    text
        One or two plain sentences, to be printed as they stand (escaped).
    topic
        A short stable word for what it is about: ``"estimated"``, ``"unknown-site"``, ``"rim"``.

    Examples
    --------
    >>> Note(level="info", text="Seen by nobody yet.", topic="draft").level
    'info'
    """

    level: Literal["warning", "info"]
    text: str
    topic: str


@dataclass(frozen=True, kw_only=True)
class InputFile:
    """A file the study read."""

    role: str  # what it was for: ``"study"``, ``"areas"``, ``"sites"``, ``"streets"``
    name: str  # its name as the study gives it, never a path of the machine
    # digest of its bytes. Of counts that are not public: of the counts by area as they are
    # published, for those of the exact ones could be guessed at
    sha256: str
    rows: int | None = None  # rows read, or None where rows mean nothing or may not be told


@dataclass(frozen=True, kw_only=True)
class StepCount:
    """How many rows went into a step and came out of it: nothing may get lost."""

    step: str  # plain words: ``"walk: origins placed on the network"``
    rows_in: int  # counts; they differ only where ``note`` says why
    rows_out: int
    note: str = ""  # why they differ, or ""


@dataclass(frozen=True, kw_only=True)
class Hidden:
    """A figure that is not shown, or not as it was, and by which rule; never its value."""

    table: str  # where it would have stood: a file, or a table of the report
    cell: str  # which row, in words
    figure: str  # which column
    rule: str  # why: primary, secondary, difference, base, rounding
