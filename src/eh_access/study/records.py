"""What a study reads and what is said of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from shapely.geometry.base import BaseGeometry

    from eh_access.criteria.draws import Pooling
    from eh_access.facts import Note
    from eh_access.measures.opening_hours import Openings
    from eh_access.transit.timetable import Timetable as Buses

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
    "status_full_time",
)
NEIGHBOUR_MINUTES = ("minutes_with_neighbours", "minutes_full_time_with_neighbours")


def status_of(minutes: str) -> str:
    """Return the column that says why one of minutes has none."""
    return f"status{minutes.removeprefix('minutes')}"


NEIGHBOUR_COLUMNS = tuple(
    name for minutes in NEIGHBOUR_MINUTES for name in (minutes, status_of(minutes))
)
VERDICTS_COLUMNS = (
    "scenario",
    "criterion",
    "mode",
    "value",
    "baseline_value",
    "threshold",
    "unit",
    "outcome",
    "basis",
    "indication",
    "not_met_before",
    "probability_met",
    "worsened_by",
    "straight_line_value",
    "straight_line_baseline_value",
    "label",
    "title",
    "sentence",
    "reason",
)


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


@dataclass(frozen=True, eq=False, kw_only=True)
class StudyTables:
    """The checked tables of a study, as its inputs and its result have them.

    Parameters
    ----------
    origins_name
        Which of the study's sets of origins this is: ``"oa"``.
    origins, areas, sites
        As `eh_access.tables` describes them (EPSG:27700). ``sites`` holds those of the baseline,
        and closed with them any candidate that a scenario opens (``is_open`` False).
    wards, candidates, youth, youth_venues
        Further tables, or None.
    neighbours
        Sites outside the study's area that others run, or None; every one has a place.
    borough
        The outline of the study's area, EPSG:27700.
    base
        Water, coast and rail for maps to be drawn on, with ``kind``; None where there are none.
    timetable
        When sites are open, by site; those that are not in it have no known windows.
    buses
        What runs by timetable on the study's date, or None.
    tickets
        The operators that call with their lines and what their tickets cost, where that is given:
        ``operator``, ``lines``, ``ticket`` and ``cost_gbp``.
    postcodes
        Those of the study's area that a reader may look up, as points; None where the origins are
        postcodes, where no table has any, or where counts are not public.
    hidden
        Which areas' own counts are not shown, and by which rule; never the counts.
    """

    origins_name: str
    origins: gpd.GeoDataFrame
    areas: gpd.GeoDataFrame
    sites: gpd.GeoDataFrame
    wards: gpd.GeoDataFrame | None = None
    candidates: gpd.GeoDataFrame | None = None
    youth: gpd.GeoDataFrame | None = None
    youth_venues: gpd.GeoDataFrame | None = None
    neighbours: gpd.GeoDataFrame | None = None
    borough: BaseGeometry
    base: gpd.GeoDataFrame | None = None
    timetable: Openings = field(default_factory=dict)
    buses: Buses | None = None
    tickets: pd.DataFrame | None = None
    postcodes: gpd.GeoDataFrame | None = None
    hidden: tuple[Hidden, ...] = ()


@dataclass(frozen=True, eq=False, kw_only=True)
class Inputs(StudyTables):
    """The checked tables of a study: those of `StudyTables`, and what was read and counted.

    Parameters
    ----------
    files
        Every file read, study.toml first.
    private
        Where counts are not public: the exact origins, of which nothing may be published. Those
        in ``origins`` are then counts by area that may be.
    pooling
        How private counts were made public; None where they are.
    homes
        Origins by public weights, where those of ``origins`` are private counts made public.
    families
        Whether a list of families was counted in place of what the study's origins count.
    notes, counts
        What to say of how private counts were made public, and how many rows went in and out.
    """

    files: tuple[InputFile, ...]
    private: gpd.GeoDataFrame | None = field(default=None, repr=False)
    pooling: Pooling | None = field(default=None, repr=False)
    homes: gpd.GeoDataFrame | None = field(default=None, repr=False)
    families: bool = False
    notes: tuple[Note, ...] = ()
    counts: tuple[StepCount, ...] = ()
