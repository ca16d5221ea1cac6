"""From a study's result to its tables."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from eh_access.measures.basic import within
from eh_access.measures.comparison import LOSES
from eh_access.measures.equity import fifths, imd_fifth
from eh_access.modes import ACTIVE_PLACES_PARKING_S, LABELS, TRANSIT, VISIT, TravelMode
from eh_access.numerals import shown
from eh_access.planning.three_readings import LONG_WEEK_H
from eh_access.publish import numbers
from eh_access.publish.attribution import credit_lines, sources_frame
from eh_access.publish.criteria_words import (
    assumption_words,
    source_words,
    turns_in_words,
    verdict_reason,
    verdict_sentence,
)
from eh_access.publish.notes import facts_about, note_text
from eh_access.publish.numbers import clause, in_100
from eh_access.publish.table import (
    NOT_AVAILABLE,
    Column,
    Cover,
    Kind,
    Table,
    hidden_table,
    make_table,
    records,
    with_marks,
)
from eh_access.publish.wording import (
    ANY_SITE,
    FULL_TIME,
    PRINTED,
    Wording,
    fairness_notes,
)
from eh_access.study.config import decided_scenario
from eh_access.study.redact import redact_table
from eh_access.study.result import BASELINE_NAME
from eh_access.tables import CRS

if TYPE_CHECKING:
    import datetime as dt

    from eh_access.criteria.criterion import Criterion, Verdict
    from eh_access.criteria.uncertainty import Uncertainty
    from eh_access.facts import Note
    from eh_access.measures.comparison import Compared, Comparison
    from eh_access.planning.alternatives import Alternatives
    from eh_access.privacy.policy import Policy
    from eh_access.provenance import Provenance
    from eh_access.study.config import Settings, Study, YouthSettings
    from eh_access.study.findings import Findings
    from eh_access.study.records import InputFile, StepCount
    from eh_access.study.result import StudyResult

NOT_RECORDED = "not recorded in these streets"
FEW_AREAS = 8
SQUARE_M, PRIVATE_SQUARE_M = 500, 1000
GRID_500_KM = "VWXYZQRSTULMNOPFGHJKABCDE"
"""Letters of the national grid's squares from the south-west, row by row; I is not used."""


@dataclass(frozen=True, eq=False, kw_only=True)
class DisplayAreas:
    """Areas to colour."""

    areas: gpd.GeoDataFrame  # index ``area_id``, ``name``, polygons in EPSG:27700
    area_of_origin: pd.Series  # ``area_id``, by origin
    word: str  # what one of them is called


def display_areas(
    origins: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, *, public: bool = True
) -> DisplayAreas:
    """Return the areas to colour on a map."""
    if len(areas) >= FEW_AREAS:
        return DisplayAreas(areas=areas, area_of_origin=origins["area_id"], word="small area")
    side = SQUARE_M if public else PRIVATE_SQUARE_M
    corner_x = np.floor(origins.geometry.x.to_numpy() / side) * side
    corner_y = np.floor(origins.geometry.y.to_numpy() / side) * side
    names = np.array(
        [grid_reference(x, y) for x, y in zip(corner_x, corner_y, strict=True)], dtype=object
    )
    squares = pd.DataFrame({"name": names, "x": corner_x, "y": corner_y}).drop_duplicates("name")
    squares = squares.sort_values("name")
    x, y = squares["x"].to_numpy(), squares["y"].to_numpy()
    shapes = shapely.box(x, y, x + side, y + side)
    framed = gpd.GeoDataFrame(
        {"name": squares["name"].to_numpy()},
        geometry=shapes,
        index=pd.Index(squares["name"], name="area_id"),
        crs=CRS,
    )
    return DisplayAreas(
        areas=framed,
        area_of_origin=pd.Series(names, index=origins.index),
        word=f"{side} m square" if public else "square kilometre",
    )


def grid_reference(easting: float, northing: float) -> str:
    """Return a place on the national grid as letters and hundreds of metres."""
    east, north = int(easting), int(northing)
    first = GRID_500_KM[(north // 500_000 + 1) * 5 + east // 500_000 + 2]
    second = GRID_500_KM[north % 500_000 // 100_000 * 5 + east % 500_000 // 100_000]
    return f"{first}{second} {east % 100_000 // 100:03d} {north % 100_000 // 100:03d}"


def facts(
    comparison: Comparison, by: pd.Series | None = None, *, cutoff_min: float
) -> pd.DataFrame:
    """Return a comparison's summary with the share within a cutoff beside it."""
    summary = comparison.summary(by)
    frame = comparison.frame
    weight = frame["weight"].to_numpy(dtype=float)
    together = pd.Series("all", index=frame.index)
    group = (together if by is None else by).reindex(frame.index)
    near = pd.DataFrame(
        {
            f"within_{when}": weight * within(frame[f"{when}_min"].to_numpy(), cutoff_min)
            for when in ("before", "after")
        },
        index=frame.index,
    )
    joined = summary.join(near.groupby(group, dropna=False).sum())
    whole = joined["weight"].where(joined["weight"] > 0)
    for when in ("before", "after"):
        joined[f"within_share_{when}"] = joined[f"within_{when}"] / whole
    joined["within_share_change"] = joined["within_share_after"] - joined["within_share_before"]
    return joined


AREA_FACTS = {
    "weight": "weight",
    "within_share_before": "within_before_share",
    "within_share_after": "within_after_share",
    "mean_before_min": "before_min",
    "mean_after_min": "after_min",
    "mean_change_min": "change_min",
    "weight_loses": "loses_weight",
}


def area_changes(
    comparisons: Compared, mode: str, shown: DisplayAreas, *, cutoff_min: float, policy: Policy
) -> dict[str, gpd.GeoDataFrame]:
    """Return, by scenario, the areas to colour: before and after to the nearest site."""
    # Means are weighted, over those who reach one both before and after; NaN where nobody does.
    # All scenarios at once, for one may tell of another.
    every = pd.concat(
        facts(comparison, shown.area_of_origin, cutoff_min=cutoff_min)
        .rename_axis("group")
        .reset_index()
        .assign(scenario=name)
        for (name, way), comparison in comparisons.items()
        if way == mode
    )
    published, _ = redact_table(every, policy)
    outlines = shown.areas[["name", "geometry"]]
    return {
        str(scenario): outlines.join(
            rows.set_index("group")[list(AREA_FACTS)].rename(columns=AREA_FACTS).round(4)
        )
        for scenario, rows in published.groupby("scenario")
    }


WHEELED: Mapping[str, Mapping[str, Mapping[str, Sequence[str]]]] = {
    "pushchair": {
        "Closed": {
            "steps_pushchair": ("highway",),
            "escalators": ("conveying",),
            "barriers_pushchair": ("barrier",),
            "gaps_pushchair": ("width", "maxwidth", "maxwidth:physical"),
            "tagged_pushchair": ("stroller", "wheelchair"),
            "kerbs": ("kerb",),
            "fast_roads": ("sidewalk",),
            "mountain_paths": ("sac_scale",),
            "rough_pushchair": ("smoothness",),
        },
        "Slowed": {
            "ramps": ("ramp", "ramp:stroller", "ramp:wheelchair"),
            "surfaces_pushchair": ("surface", "smoothness", "tracktype"),
        },
    },
    "wheelchair": {
        "Closed": {
            "steps_wheelchair": ("highway",),
            "escalators": ("conveying",),
            "barriers_wheelchair": ("barrier",),
            "gaps_wheelchair": ("width", "maxwidth", "maxwidth:physical"),
            "tagged_wheelchair": ("wheelchair",),
            "kerbs": ("kerb",),
            "slopes": ("incline",),
            "fast_roads": ("sidewalk",),
            "rough_wheelchair": ("surface", "smoothness", "tracktype"),
        },
        "Slowed": {"ramps": ("ramp:wheelchair",), "surfaces_wheelchair": ("surface", "tracktype")},
    },
}
"""What the rules of those on wheels close and slow, and the keys that say so of a street."""


Assumed = tuple[str, str, str]
"""What was assumed, its value, its source."""


def _assumed(words: Wording, part: str, **facts: object) -> str:
    return words.part("assumptions", part, **facts)


def _recorded(
    rules: Mapping[str, Sequence[str]], not_recorded: frozenset[str], words: Wording
) -> str:
    """Return what rules look for, and of which of it the streets can say nothing."""
    lost = [rule for rule, keys in rules.items() if set(keys) <= not_recorded]
    known, gone = (
        ", ".join(_assumed(words, rule) for rule in rules if (rule in lost) is missing)
        for missing in (False, True)
    )
    return "; ".join(filter(None, [known, f"{NOT_RECORDED}: {gone}" if gone else ""]))


def _of_mode(
    mode: TravelMode,
    words: Wording,
    *,
    lacking: Sequence[str],
    not_recorded: frozenset[str],
    knows_heights: bool,
) -> list[Assumed]:
    """Return what was assumed of one way of travelling."""
    assumed = partial(_assumed, words, mode=mode, active_places_s=ACTIVE_PLACES_PARKING_S)
    hills = mode.hill_function if mode.counts_hills else "no_hills"
    level = mode.counts_hills and not knows_heights
    effects = [("Hills", assumed("level" if level else hills), assumed(f"{hills}_source"))]
    if mode.uses_road_speeds:
        effects += [
            (what.capitalize(), assumed(what), assumed(f"{what}_source"))
            for what in ("junctions", "parking")
        ]
    if mode.rules in WHEELED:
        effects += [
            (what, _recorded(rules, not_recorded, words), assumed("tags"))
            for what, rules in WHEELED[mode.rules].items()
        ]
    elif lacking:
        gone = f"{NOT_RECORDED}: {', '.join(lacking)}"
        effects.append(("Closed", gone, assumed("all_open")))
    return [(f"{what} {mode.label}", effect, source) for what, effect, source in effects]


def street_tables(
    classes: pd.DataFrame, connection: pd.DataFrame, open_points: pd.DataFrame, words: Wording
) -> list[Table]:
    """Return what the streets hold by kind and by mode, and what their tags leave open."""
    labels = dict(LABELS)
    kinds = classes.sort_values("total_km", ascending=False, kind="stable").reset_index()
    modes, doubts = connection.reset_index(), open_points.copy()
    for frame in (modes, doubts):
        frame["mode"] = [labels.get(str(name), str(name)) for name in frame["mode"]]
    by_mode = [
        Column(f"{name}_km", f"Open {label}", "value", "km")
        for name, label in labels.items()
        if f"{name}_km" in kinds
    ]
    return [
        _made(
            "street_kinds",
            (Column("street", "Kind"), Column("total_km", "Length", "value", "km"), *by_mode),
            kinds,
            words,
        ),
        _made(
            "street_modes",
            (
                Column("mode", "Travelling"),
                Column("open_km", "Open", "value", "km"),
                Column("one_way_km", "One way", "value", "km"),
                Column("main_share", "In one connected part", "percent"),
                Column("islands", "Islands", "count"),
                Column("island_km", "On islands", "value", "km"),
            ),
            modes,
            words,
        ),
        _made(
            "street_doubts",
            (
                Column("mode", "Travelling"),
                Column("doubt", "Not known"),
                Column("edges", "Stretches", "count"),
                Column("km", "Length", "value", "km"),
            ),
            doubts,
            words,
        ),
    ]


def _made(
    name: str,
    columns: tuple[Column, ...],
    frame: pd.DataFrame,
    words: Wording,
    *,
    notes: tuple[str, ...] = (),
    headers: int = 1,
    **facts: object,
) -> Table:
    """Return a table with the title of its name."""
    title = words.part("titles", name, **facts)
    return make_table(name, title, columns, frame, notes=notes, headers=headers)


def street_facts(stretches: int, facts: Iterable[tuple[str, str]]) -> pd.DataFrame:
    """Return what the streets say of themselves."""
    first = ("Stretches of street", f"{stretches:,}")
    return pd.DataFrame([first, *facts], columns=["what", "value"])


FULL_HOURS = "full hours"
CLOSED = "closed"
BASIS_WORDS = {
    "surveyed": "surveyed",
    "postcode": "by postcode",
    "street": "by street",
    "estimate": "ESTIMATED",
    "unknown": "NOT KNOWN, left out",
}


def hours_words(is_open: object, hours: object) -> str:
    """Return a site's hours in words."""
    number = float(str(hours))
    if not is_open or number == 0:
        return CLOSED
    return FULL_HOURS if pd.isna(number) else f"{number:g} hours a week"


WHERE = (
    Column("name", "Name"),
    Column("site_id", "Id"),
    Column("location", "How its place is known"),
    Column("radius", "May be off by", "metres"),
    Column("existence", "Chance it was there", "percent"),
)
EVIDENCE = (Column("evidence", "Evidence"), Column("source", "Source"))


def _known_of(sites: pd.DataFrame) -> pd.DataFrame:
    """Return what is known of each site's place and of whether it was there."""
    return pd.DataFrame(
        {
            "site_id": sites.index.astype("str"),
            "name": sites["name"].to_numpy(),
            "location": sites["location_basis"].map(BASIS_WORDS).to_numpy(),
            "radius": sites["location_radius_m"].to_numpy(),
            "existence": sites["existence"].to_numpy(),
            "evidence": _column(sites, "evidence"),
            "source": _column(sites, "source"),
        }
    )


def _sites(
    sites: gpd.GeoDataFrame, scenarios: Mapping[str, gpd.GeoDataFrame], words: Wording
) -> Table:
    """Return every site, how its place is known, and its hours under each scenario."""
    frame = _known_of(sites)
    columns = [*WHERE]
    for name, under in scenarios.items():
        at = under.reindex(sites.index)
        frame[f"hours {name}"] = [
            hours_words(is_open, hours)
            for is_open, hours in zip(at["is_open"], at["hours_per_week"], strict=True)
        ]
        columns.append(Column(f"hours {name}", words.scenarios[name]))
    columns += EVIDENCE
    return _made("sites", tuple(columns), frame, words)


def _column(frame: pd.DataFrame, name: str) -> list[str]:
    """Return a text column, "not stated" where it or a value is absent."""
    if name not in frame:
        return ["not stated"] * len(frame)
    return ["not stated" if pd.isna(value) else str(value) for value in frame[name]]


def _speeds(
    modes: Iterable[TravelMode],
    words: Wording,
    *,
    not_recorded: frozenset[str],
    fit: Mapping[str, float],
) -> Iterator[Assumed]:
    """Yield the speed of each way of travelling; ``fit``: how an estimate by car was made."""
    for mode in modes:
        what = f"Speed {mode.label}"
        if not mode.uses_road_speeds:
            yield what, f"{mode.speed_km_h:g} km/h", mode.source
        elif fit:
            # it knows neither limits nor junctions
            yield what, _assumed(words, "fitted", **fit), _assumed(words, "fitted_source")
        else:
            by = "by_class" if "maxspeed" in not_recorded else "by_road"
            yield what, _assumed(words, by, not_recorded=NOT_RECORDED), mode.source


def _assumptions(
    study: Study,
    words: Wording,
    *,
    speeds: Iterable[Assumed],
    of_modes: Iterable[Assumed],
    timetable: dt.date | None,
) -> Table:
    """Return every number somebody chose: speeds, cutoffs, thresholds; who and from where."""
    settings = study.settings
    rows = [
        *speeds,
        (
            "Minutes shown first",
            f"{study.cutoff_min:g} minutes",
            _setter(settings, "cutoff_min"),
        ),
        ("A time counts as out of reach beyond", f"{settings.search_min:g} minutes", "settings"),
        (
            "Minutes added or saved count from more than",
            f"{settings.loser_min:g} minutes",
            "settings",
        ),
        (
            "Full-time from",
            f"{settings.full_time_from_hours:g} hours a week",
            settings.full_time_assumption or _setter(settings, "full_time_from_hours"),
        ),
        (study.weight_label, study.unit, study.weight_basis),
        *_timetable_settings(study, timetable),
        *of_modes,
        *(
            (
                f"Criterion {item.id}: {item.title}",
                _limit(item),
                f"{clause(item.source)}; set by {item.set_by} on {item.set_on}",
            )
            for item in study.criteria
        ),
    ]
    frame = pd.DataFrame(rows, columns=["what", "value", "source"])
    columns = (Column("what", "Assumption"), Column("value", "Value"), Column("source", "Source"))
    return _made("assumptions", columns, frame, words)


def _limit(criterion: Criterion) -> str:
    """Return a threshold and its margin, each with its unit."""
    unit = criterion.kind.unit
    margin = shown(criterion.margin, unit, plain=True)
    return f"threshold {shown(criterion.threshold, unit)}, too close to call within {margin}"


def _timetable_settings(study: Study, date: dt.date | None) -> Iterator[tuple[str, str, str]]:
    """Yield what was chosen of buses and trains."""
    asked = study.transit
    if asked is None or date is None:
        return
    feeds = ", ".join(Path(feed).name for feed in asked.feeds)
    yield "Date of the timetable", f"{date:%A} {date}", feeds
    yield f"Window of {asked.by}", " to ".join(asked.window), "settings"
    yield "Percentile judged by", f"{asked.percentile:g}", "settings"
    for label, minutes in (
        ("Walk to the first stop, at most", asked.access_min),
        ("Walk from the last stop, at most", asked.egress_min),
        ("Walk between stops, at most", asked.transfer_min),
        ("Walk all the way, at most", asked.direct_min),
        ("Whole journey, at most", asked.longest_min),
    ):
        yield label, f"{minutes:g} minutes, {asked.walking}", "settings"
    yield "Changes, at most", f"{asked.max_changes}", "settings"
    yield "At a stop before the vehicle", f"{asked.allowance_s:g} seconds", "settings"
    if asked.sessions:
        held = ", ".join("-".join(times) for times in asked.sessions)
        yield "Sessions of a visit", held, f"each way {asked.each_way_min:g} minutes at most"
        yield "There before a session, and setting off after it", "5 minutes each", "an assumption"
        yield "A visit's day", " to ".join(study.sessions.day), "settings"


def _setter(settings: Settings, key: str) -> str:
    """Return whose number a setting is."""
    return "the study's settings" if key in settings.model_fields_set else "the default"


def _sources(provenance: Iterable[Provenance], words: Wording) -> Table:
    columns = (
        Column("title", "Data"),
        Column("publisher", "Publisher"),
        Column("licence", "Licence"),
        Column("date", "Date of the data"),
        Column("attribution", "Credit"),
        Column("url", "Address"),
    )
    return _made("sources", columns, sources_frame(provenance), words)


def _inputs(files: Iterable[InputFile], words: Wording) -> Table:
    frame = pd.DataFrame(
        [
            (item.role, item.name, "-" if item.rows is None else f"{item.rows:,}", item.sha256)
            for item in files
        ],
        columns=["role", "name", "rows", "sha256"],
    )
    frame["rows"] = frame["rows"].replace("-", "no rows")
    columns = (
        Column("name", "File"),
        Column("role", "Role"),
        Column("rows", "Rows read"),
        Column("sha256", "SHA-256"),
    )
    return _made("inputs", columns, frame, words)


def _counts(counts: Iterable[StepCount], words: Wording) -> Table:
    frame = pd.DataFrame(
        [(item.step, item.rows_in, item.rows_out, item.note) for item in counts],
        columns=["step", "rows_in", "rows_out", "note"],
    )
    columns = (
        Column("step", "Step"),
        Column("rows_in", "In", "count", "rows"),
        Column("rows_out", "Out", "count", "rows"),
        Column("note", "Why they differ"),
    )
    return _made("counts", columns, frame, words)


def workbook_cover(
    study: Study, words: Wording, notes: Iterable[Note], provenance: Sequence[Provenance]
) -> Cover:
    """Return the words of the workbook's cover and notes."""
    phrase = partial(words.part, "workbook", study=study)
    warnings = [words.accuracy] if words.estimated else []
    if study.illustrative:
        warnings.insert(0, phrase("illustrative"))
    intro = (*warnings, study.question, phrase("counted"))
    about = (phrase("basis"), phrase("files"), *credit_lines(provenance))
    noted = tuple(f"{note.level.upper()}: {note_text(note, words.templates)}" for note in notes)
    return Cover(title=study.title, intro=intro, about=about, notes=noted)


COLUMN_KINDS: dict[str, Kind] = {"share": "percent", "min": "minutes", "weight": "count"}
SCALES: dict[str, tuple[float, int, str]] = {
    "share": (100.0, 1, "percent"),
    "min": (1.0, 1, "minutes"),
    "points": (1.0, 1, "percentage points"),
}
"""What a measure is multiplied by to be printed, its decimals and its unit."""
RANK_COLUMNS = ("council", "best", "regret")


def choice_tables(alternatives: Alternatives, words: Wording) -> list[Table]:
    """Return the tables of the other choices."""
    tables = [_choices(alternatives, words), _contributions(alternatives, words)]
    return [_ranks(alternatives, words), *tables] if len(alternatives.regret()) else tables


def _finite(value: float) -> float:
    return value if math.isfinite(value) else math.nan


def _ranks(alternatives: Alternatives, words: Wording) -> Table:
    names = dict(
        zip(alternatives.singles["closed_sites"], alternatives.singles["closed_names"], strict=True)
    )
    rows = []
    for row in records(alternatives.regret().reset_index()):
        scale, decimals, unit = SCALES.get(row["unit"], (1.0, 0, words.unit))
        figures = {key: round(_finite(row[key] * scale), decimals) for key in RANK_COLUMNS}
        best = numbers.listed(str(names.get(site, site)) for site in row["best_sites"].split("; "))
        if not math.isfinite(row["best"]):
            best = NOT_AVAILABLE  # where no set has a figure none of them is best
        named = {"measure": row["label"], "unit": unit, "best_sites": best}
        same = {key: row[key] for key in ("better", "rank", "ranked", "tied", "better_sets")}
        same["counted"] = "yes" if row["measure"] in alternatives.counted else "no"
        rows.append(named | same | figures)
    columns = (
        Column("measure", "Measure"),
        Column("unit", "Unit"),
        Column("better", "Better is"),
        Column("council", "The choice made", "value"),
        Column("best", "The best set", "value"),
        Column("regret", "Distance from the best (of percentages, in points)", "value"),
        Column("rank", "Rank of the choice made", "count"),
        Column("ranked", "Of sets scored", "count"),
        Column("tied", "Joint with so many others", "count"),
        Column("better_sets", "Sets that do better", "count"),
        Column("best_sites", "The best set closes"),
        Column("counted", "Counted when sets are held against one another"),
    )
    size, notes = len(alternatives.council), _notes(alternatives, words)
    return _made("choice", columns, pd.DataFrame(rows), words, notes=notes, size=size)


def ranks_in_words(table: Table) -> Table:
    """Return the table of ranks for a page: each figure with its unit, one column for the rank."""
    measures = [
        label if counted == "yes" else f"{label} (not counted: see the notes)"
        for label, counted in zip(table.frame["measure"], table.frame["counted"], strict=True)
    ]
    frame = pd.DataFrame({"measure": measures, "best_sites": table.frame["best_sites"]})
    for key in RANK_COLUMNS:
        pairs = zip(table.frame[key], table.frame["unit"], strict=True)
        frame[key] = [
            _with_unit(float(value), _apart(str(unit)) if key == "regret" else str(unit))
            for value, unit in pairs
        ]
    frame["rank"] = [
        f"{row['rank']:.0f} of {row['ranked']:.0f}{joint(row['tied'])}"
        for row in records(table.frame)
    ]
    columns = (
        Column("measure", "Measure"),
        Column("council", "The choice made"),
        Column("rank", "Rank"),
        Column("best", "The best set"),
        Column("regret", "Distance from the best"),
        Column("best_sites", "The best set closes"),
    )
    return make_table(table.name, table.title, columns, frame, notes=table.notes)


def _apart(unit: str) -> str:
    """Return the unit of a difference: two percentages are points apart."""
    return "percentage points" if unit == "percent" else unit


def joint(tied: float) -> str:
    """Return with how many others a rank is shared, to stand after it; "" if with none."""
    if not tied > 0:
        return ""
    return f" (joint, with {tied:,.0f} {'other' if tied == 1 else 'others'})"


def _with_unit(value: float, unit: str) -> str:
    if math.isnan(value):
        return NOT_AVAILABLE
    if unit == "percent":
        return f"{value:,.1f}%"
    return f"{value:,.1f} {unit}" if unit in {"minutes", "percentage points"} else f"{value:,.0f}"


MOST_SETS = 1_000
"""Listed in a table: nobody reads on, and alternatives.csv has them all."""


def _choices(alternatives: Alternatives, words: Wording) -> Table:
    listed = alternatives.frame["is_council_choice"] | (
        np.arange(len(alternatives.frame)) < MOST_SETS
    )
    frame = alternatives.frame[listed].reset_index()
    frame["set_number"] = frame["set_number"].astype("str")
    frame["scored_in_words"] = ["scored" if scored else "not scored" for scored in frame["scored"]]
    for key in ("in_pareto", "is_council_choice"):
        known = frame["scored"] if key == "in_pareto" else pd.Series(data=True, index=frame.index)
        frame[key] = [
            ("yes" if yes else "no") if sure else "not scored"
            for yes, sure in zip(frame[key].fillna(value=False), known, strict=True)
        ]
    columns = [
        Column("set_number", "Set"),
        Column("closed_names", f"{words.Sites} closed"),
        Column("is_council_choice", "The choice made"),
        Column("in_pareto", words.part("tables", "in_pareto")),
    ]
    for item in alternatives.measures:
        frame[item.key] = [_finite(float(value)) for value in frame[item.key].astype(float)]
        unit = {"weight": words.unit, "points": "percentage points"}.get(item.unit, "")
        columns.append(Column(item.key, item.label, COLUMN_KINDS.get(item.unit, "value"), unit))
        columns.append(Column(f"rank_{item.key}", f"Rank: {item.label}", "count"))
        columns.append(Column(f"tied_{item.key}", f"Joint with others: {item.label}", "count"))
    columns += [
        Column(
            "better_than_council",
            words.part("tables", "better_than_council"),
            "count",
        ),
        Column("worse_than_council", "Worse on so many", "count"),
        Column("scored_in_words", "Scored"),
        Column("reason", "Why not scored, where it is not"),
    ]
    facts = {
        "size": len(alternatives.sets[0]),
        "cut": not listed.all(),
        "most": MOST_SETS,
        "sets": len(alternatives.frame),
    }
    notes = _notes(alternatives, words)
    return _made("choices", tuple(columns), frame, words, notes=notes, headers=2, **facts)


def _contributions(alternatives: Alternatives, words: Wording) -> Table:
    frame = alternatives.contribution().reset_index()
    columns = [Column("name", words.Sites[:-1])]
    for item in alternatives.measures:
        key = f"change_{item.key}"
        frame[key] = [_finite(float(value)) for value in frame[key].astype(float)]
        unit = {"weight": words.unit, "min": ""}.get(item.unit, "percentage points")
        columns.append(
            Column(key, f"Change in: {item.label}", COLUMN_KINDS.get(item.unit, "value"), unit)
        )
    columns.append(Column("reason", "Why not scored, where it is not"))
    notes = _notes(alternatives, words)
    return _of_people("contributions", tuple(columns), frame, words, notes=notes)


def _notes(alternatives: Alternatives, words: Wording) -> tuple[str, ...]:
    sentences = (note_text(note, words.templates) for note in alternatives.notes)
    return (*sentences, words.part("tables", "no_bound"))


SITES = {"open": ANY_SITE, "full_time": FULL_TIME}
ANY_LOST_LABEL = "any of them"
YOUTH_NOTES = ("at_least", "at_most", "near_several", "venue", "not_offered")


def _sessions(sessions: pd.DataFrame, words: Wording) -> Table:
    """Return how many sessions a week can be attended whole."""
    columns = (
        Column("scenario", "Scenario"),
        Column("mode", "How"),
        Column("each_way_min", "Most minutes each way", "value"),
        Column("weight_any", "Can be at one or more", "count", words.unit),
        Column("share_any", "Share who can", "percent"),
        Column("mean_sessions", "Sessions, mean", "value"),
        Column("mean_hours", "Hours, mean", "value"),
        Column("mean_sessions_within", "Sessions near, whatever the day allows, mean", "value"),
        Column("sites_timed", f"{words.Sites} whose times are known", "count"),
        Column("sites_open", f"Of {words.site}s open", "count"),
    )
    return _of_people("sessions", columns, _labelled(sessions, words), words, headers=2)


def _journeys(transit: pd.DataFrame, words: Wording) -> Table:
    """Return how families get to the nearest centre by timetable."""
    frame = _labelled(transit, words)
    frame["sites"] = [OPEN_WORDS[str(kind)] for kind in transit["sites"]]
    minutes = f"{words.near_min[TRANSIT]:g} minutes"
    columns = (
        Column("scenario", "Scenario"),
        Column("sites", f"{words.Sites} counted"),
        Column("share_within_p10", f"Within {minutes} at best (a tenth of the window)", "percent"),
        Column("share_within_p50", f"Within {minutes} at the middle", "percent"),
        Column("share_within_p90", f"Within {minutes} at nearly any time", "percent"),
        Column("weight_by_vehicle", "Quickest by bus or train", "count", words.unit),
        Column("weight_on_foot", "Quickest walking all the way", "count", words.unit),
        Column("weight_unreached", "By neither", "count", words.unit),
        Column("mean_changes", "Changes, mean of those who ride", "value"),
        Column("mean_walk_min", "Walking", "minutes"),
        Column("mean_ride_min", "Riding", "minutes"),
        Column("mean_wait_min", "Waiting on the way", "minutes"),
        Column("mean_spare_min", "There before time, or waiting at home", "minutes"),
        Column("mean_sessions", "Sessions each can be at, mean", "value"),
        Column("mean_session_hours", "Hours of sessions, mean", "value"),
    )
    return _of_people("transit", columns, frame, words, headers=2)


def tickets_table(tickets: pd.DataFrame, words: Wording) -> Table:
    """Return who runs which lines, and what their tickets cost."""
    frame = tickets.assign(lines=tickets["lines"].replace("", "none here"))
    frame["ticket"] = frame["ticket"].fillna("not given")
    columns = (
        Column("operator", "Operator"),
        Column("lines", "Lines"),
        Column("ticket", "Ticket"),
        Column("cost_gbp", "Cost", "pounds", at_nan="not given"),
    )
    return _made("tickets", columns, frame, words)


def _limits(limits: pd.DataFrame, words: Wording) -> Table:
    """Return what keeps families from a whole session."""
    frame = _labelled(limits, words)
    frame["limit"] = [words.part("tables", f"limit_{name}") for name in frame["limit"]]
    columns = (
        Column("scenario", "Scenario"),
        Column("limit", "What is in the way"),
        Column("weight_stopped", words.Unit, "count"),
        Column("share_stopped", "Share", "percent"),
    )
    return _of_people("limits", columns, frame, words, headers=2)


def _fragility(
    fragility: pd.DataFrame, words: Wording, *, criteria: Mapping[str, Criterion]
) -> Table:
    """Return what becomes of each criterion when departures are lost."""
    scaled = _scaled(fragility, ("value", "median", "low", "high"), criteria, words)
    scaled["same"] = [f"{row['draws_same']} of {row['draws']}" for row in records(fragility)]
    columns = (
        Column("scenario", "Scenario"),
        Column("title", "What it asks"),
        Column("value", "As promised", "value"),
        Column("low", "Departures lost, low", "value"),
        Column("median", "Middle", "value"),
        Column("high", "High", "value"),
        Column("value_unit", "Unit"),
        Column("outcome", "Outcome as promised"),
        Column("same", "Draws with the same outcome"),
    )
    return _of_people("fragility", columns, scaled, words, headers=2)


OPEN_WORDS = {"full_time": "full-time", "open": "open at all"}


def _load(load: pd.DataFrame, words: Wording, *, names: Mapping[str, str]) -> Table:
    """Return which families would go where."""
    frame = _labelled(load, words)
    frame["site"] = [names.get(site, site) for site in frame["site_id"]]
    columns: tuple[Column, ...] = (
        Column("scenario", "Scenario"),
        Column("site", words.Sites[:-1]),
        Column("weight_before", "Nearest to, before", "count", words.unit),
        Column("weight_after", "Nearest to, after", "count", words.unit),
        Column("absorbed", "Of them new", "count", words.unit),
    )
    if frame["capacity"].notna().any():
        columns += (
            Column("capacity", "Places, before", "value"),
            Column("per_place_before", f"{words.Unit} for each place, before", "value"),
            Column("per_place_after", "After", "value"),
            Column("places_per_hundred", "Places for each hundred near, after", "value"),
        )
    full = frame["sites"].iloc[0] == "full_time"
    notes = words.table_notes
    if full:
        notes = (words.part("tables", "load"), *notes)
    mode = frame["mode"].iloc[0]
    return _of_people("load", columns, frame, words, notes=notes, headers=2, full=full, mode=mode)


def further_tables(result: StudyResult, findings: Findings) -> Mapping[str, Table]:
    """Return the tables of what was found beyond the criteria, by name."""
    words, study = Wording.of(result), result.study
    criteria = {item.id: item for item in study.criteria}
    names = {str(site): str(name) for site, name in result.sites["name"].items()}
    sensitivity, fairness = findings.sensitivity, findings.fairness
    tables = _of_frames(
        (findings.readings, _readings),
        (findings.curve, _curve),
        (fairness, partial(_gaps, names=names)),
        (fairness, _inequality),
        words=words,
    )
    if findings.alternatives is not None:
        tables += choice_tables(findings.alternatives, words)
    if findings.keeping:
        tables.append(_keeping(findings.keeping, names, words, study.policy))
    if findings.outreach:
        tried = 0 if result.candidates is None else len(result.candidates)
        outreach = findings.tables()["outreach.csv"]
        tables.append(_outreach(outreach, tried, study.settings.search_min, words))
    tables += _of_frames((findings.groups, _groups), words=words)
    if len(findings.youth) and result.youth is not None and study.youth is not None:
        tables.append(_youth(findings.youth, result.youth, study.youth, words))
    tables += _of_frames(
        (sensitivity.frame, partial(_sensitivity, criteria=criteria)),
        (sensitivity.frame, partial(_hours_kept, criteria=criteria)),
        (sensitivity.tipping, partial(_tipping, criteria=criteria)),
        words=words,
    )
    if result.uncertainty is not None:
        tables += _uncertainty(result.uncertainty, criteria, words)
    tables += _of_frames(
        (findings.transit, _journeys),
        (findings.limits, _limits),
        (findings.fragility, partial(_fragility, criteria=criteria)),
        (pd.DataFrame(result.tickets), tickets_table),
        (findings.sessions, _sessions),
        (findings.load, partial(_load, names=names)),
        words=words,
    )
    marked = _marked(tables, words, study.policy)
    return MappingProxyType({table.name: table for table in marked if len(table.frame)})


def _of_frames(
    *frames: tuple[pd.DataFrame, Callable[[pd.DataFrame, Wording], Table]], words: Wording
) -> list[Table]:
    """Return the tables of those frames that have rows."""
    return [make(frame, words) for frame, make in frames if len(frame)]


def _of_people(
    name: str,
    columns: tuple[Column, ...],
    frame: pd.DataFrame,
    words: Wording,
    *,
    notes: tuple[str, ...] | None = None,
    headers: int = 1,
    **facts: object,
) -> Table:
    """Return a table of people, with its place and how sure in the title."""
    notes = words.table_notes if notes is None else notes
    title = _title_of_people(name, words, **facts)
    return make_table(name, title, columns, frame, notes=notes, headers=headers)


def _title_of_people(name: str, words: Wording, **facts: object) -> str:
    return f"{words.part('titles', name, **facts)}, {words.place}{words.mark}"


def _labelled(frame: pd.DataFrame, words: Wording) -> pd.DataFrame:
    """Return a frame with scenarios, ways of travelling and sites counted in words."""
    labelled = frame.copy()
    labelled["scenario"] = [words.scenarios[str(name)] for name in frame["scenario"]]
    if "mode" in frame:
        labelled["mode"] = [words.modes.get(str(name), str(name)) for name in frame["mode"]]
    return labelled


def _near(words: Wording) -> str:
    return f"{words.cutoff_min:g} minutes"


def _readings(readings: pd.DataFrame, words: Wording) -> Table:
    frame, near = _labelled(readings, words), _near(words)
    columns = (
        Column("scenario", "Scenario"),
        Column("reading", f"{words.Sites} counted: open for"),
        Column("sites", f"{words.Sites}", "count"),
        Column("weight_within", f"Within {near}", "count", words.unit),
        Column("share_within", f"Share within {near}", "percent"),
        Column("share_within_before", "Before", "percent"),
        Column("weight_loses", f"Lose: over {words.loser_min:g} min added", "count", words.unit),
        Column("share_loses", "Share who lose", "percent"),
        Column("mean_change_min", "Mean added", "minutes"),
        *_hours_columns(frame, words),
        Column("finite_weight", "Base of the means", "count", words.unit),
    )
    mode = frame["mode"].iloc[0] if len(frame) else ""
    notes = (*_hours_note(frame, words), *words.table_notes)
    return _of_people("readings", columns, frame, words, notes=notes, headers=2, mode=mode)


def _hours_columns(frame: pd.DataFrame, words: Wording) -> tuple[Column, ...]:
    """Return the column of opening hours; two where they rest on hours nobody stated."""
    label = f"Opening hours a week within {_near(words)}, mean"
    if not (frame["sites_hours_unknown"] > 0).any():
        return (Column("mean_hours_within", label, "value"),)
    short, long = (f"{words.full_time_from_hours:g}", f"{LONG_WEEK_H:g}")
    return (
        Column("mean_hours_within", f"{label}, if hours not known are {short}", "value"),
        Column("mean_hours_within_long", f"The same if they are {long}", "value"),
    )


def _hours_note(frame: pd.DataFrame, words: Wording) -> tuple[str, ...]:
    unknown = int(frame["sites_hours_unknown"].max()) if len(frame) else 0
    if not unknown:
        return ()
    return (words.part("tables", "hours_unknown", unknown=unknown, long_week_h=LONG_WEEK_H),)


def _gaps(fairness: pd.DataFrame, words: Wording, *, names: Mapping[str, str]) -> Table:
    frame = _labelled(fairness[fairness["group_kind"] != "everyone"], words)
    frame["sites"] = frame["sites"].map(SITES)
    frame["group"] = [
        str(names.get(group, group)) if kind == "nearest_before" else str(group)
        for kind, group in zip(frame["group_kind"], frame["group"], strict=True)
    ]
    frame["kind"] = [words.part("tables", f"kind_{kind}") for kind in frame["group_kind"]]
    columns = (
        Column("scenario", "Scenario"),
        Column("mode", "Travelling"),
        Column("sites", f"{words.Sites} counted"),
        Column("kind", "Told apart by"),
        Column("group", "Group"),
        Column("weight", words.Unit, "count"),
        Column("areas", "Areas", "count"),
        Column("share_loses", "Share who lose", "percent"),
        Column("mean_before_min", "Mean before", "minutes"),
        Column("mean_after_min", "Mean after", "minutes"),
        Column("mean_change_min", "Mean added", "minutes"),
        Column("median_change_min", "Median added", "minutes"),
        Column("p90_change_min", words.part("tables", "p90_change_min"), "minutes"),
        Column("worst_change_min", "Most added", "minutes", at_infinity="no longer reached"),
        Column("gap_change_min", "Mean added, less that of all others", "minutes"),
        Column("gap_change_low_min", "90% of draws from", "minutes"),
        Column("gap_change_high_min", "to", "minutes"),
        Column("finite_weight", "Base of the means", "count", words.unit),
    )
    notes = (*words.table_notes, *fairness_notes(groups=words.groups, templates=words.templates))
    return _of_people("gaps", columns, frame, words, notes=notes, headers=5)


def _inequality(fairness: pd.DataFrame, words: Wording) -> Table:
    frame = _labelled(fairness[fairness["group_kind"] == "everyone"], words)
    frame["sites"] = frame["sites"].map(SITES)
    frame = frame.dropna(axis="columns", how="all")
    indices = (
        ("gini", "Gini coefficient"),
        ("concentration_imd", "Concentration by deprivation"),
        ("concentration_no_car", "Concentration by households without a car"),
    )
    columns = (
        Column("scenario", "Scenario"),
        Column("mode", "Travelling"),
        Column("sites", f"{words.Sites} counted"),
        *(
            Column(f"{key}_{when}", f"{label}, {when}", "index")
            for key, label in indices
            for when in ("before", "after")
            if f"{key}_{when}" in frame
        ),
    )
    indices_explained = (words.part("tables", name) for name in ("gini", "concentration"))
    notes = (*words.table_notes, *indices_explained)
    return _of_people("inequality", columns, frame, words, notes=notes, headers=3)


def _outreach(outreach: pd.DataFrame, tried: int, limit_min: float, words: Wording) -> Table:
    frame, near = outreach.copy(), _near(words)
    frame["mends"] = [words.scenarios.get(name, "nothing: venues alone") for name in frame["mends"]]
    frame["proven"] = ["yes" if proven else "no" for proven in frame["proven"]]
    columns = (
        Column("mends", "Mends"),
        Column("sessions", "Venues", "count"),
        Column("aim", "Chosen for"),
        Column("venue_names", "Where"),
        Column("coverage_regained_share", "Lost cover given back", "percent"),
        Column("minutes_regained_share", "Added minutes given back", "percent"),
        Column("worst_added_min", "Most still added", "minutes", at_infinity="some are left out"),
        Column("covered_share", f"Within {near} then", "percent"),
        Column(
            "mean_at_limit_min", f"Mean then, who reaches none counted at {limit_min:g}", "minutes"
        ),
        Column("worst_min", "Longest then", "minutes", at_infinity="some are left out"),
        Column("proven", "Proven the best by the aim"),
    )
    mode = next(iter(words.modes.values()))
    return _of_people("outreach", columns, frame, words, headers=3, tried=tried, mode=mode)


def _groups(groups: pd.DataFrame, words: Wording) -> Table:
    """Return how each group counted fares beside everyone."""
    labelled = _labelled(groups, words)
    labelled["sites"] = labelled["sites"].map(SITES)
    columns = (
        *_case_columns(words),
        Column("group", "Who"),
        Column("weight", "Counted", "count"),
        Column("within_share_before", f"Within {words.near('min')} before", "percent"),
        Column("within_share_after", f"Within {words.near('min')} after", "percent"),
        Column("within_share_change", "Change", "percent", "percentage points"),
        Column("mean_change_min", "Mean added", "minutes"),
        Column("weight_loses", "Lose", "count"),
        Column("share_loses", "Share who lose", "percent"),
        Column("finite_weight", "Base of the means", "count"),
    )
    notes = (words.part("tables", "groups_overlap"), *words.table_notes)
    return _of_people("groups", columns, labelled, words, notes=notes, headers=4)


def _youth(
    youth: pd.DataFrame, centres: gpd.GeoDataFrame, asked: YouthSettings, words: Wording
) -> Table:
    """Return between what the loss of youth centres lies."""
    known = _known_of(centres).set_index("site_id")
    frame = youth.join(known, on="site_id").fillna({"name": ANY_LOST_LABEL})
    frame["location"] = frame["location"].fillna("as each")
    frame["minutes"] = [f"{minutes:g}" for minutes in frame["cutoff_min"]]
    columns = (
        Column("name", "Centre that goes"),
        Column("minutes", "Minutes"),
        Column("weight_within", "Within", "count", asked.unit),
        Column("weight_venue_as_near", "Of them another venue is as near to", "count"),
        Column("least_lost", "Lose it, at least", "count"),
        Column("most_lost", "Lose it, at most", "count"),
        Column("location", "How its place is known"),
        Column("radius", "May be off by", "metres"),
    )
    total = f"{frame['weight'].iloc[0]:,.0f}" if frame["weight"].notna().all() else "not shown"
    facts = {"unit": asked.unit, "mode": words.modes[str(frame["mode"].iloc[0])]}
    notes = (
        words.part("tables", "youth", total=total, **facts),
        *(words.part("tables", f"youth_{part}") for part in YOUTH_NOTES),
    )
    return _of_people("youth", columns, frame, words, notes=notes, headers=2, **facts)


def _scaled(
    frame: pd.DataFrame, keys: Sequence[str], criteria: Mapping[str, Criterion], words: Wording
) -> pd.DataFrame:
    """Return a frame with titles of criteria, and their values as they are printed."""
    asked = [criteria[str(name)] for name in frame["criterion"]]
    scales = [PRINTED[item.kind.unit] for item in asked]
    scaled = _labelled(frame, words)
    scaled["title"] = [item.title for item in asked]
    factors = np.array([scale for scale, _ in scales])
    for key in keys:
        values = frame[key].to_numpy(dtype=np.float64) * factors
        scaled[key] = np.where(np.isfinite(values), values, np.nan)
    scaled["value_unit"] = [unit for _, unit in scales]
    return scaled


def _sensitivity(
    frame: pd.DataFrame, words: Wording, *, criteria: Mapping[str, Criterion]
) -> Table:
    scaled = _scaled(frame, ("value", "baseline_value"), criteria, words)
    scaled["words"] = [assumption_words(str(name), words.templates) for name in frame["assumption"]]
    scaled["choice"] = scaled["choice"].where(scaled["choice"] != "", "not applicable")
    columns = (
        Column("scenario", "Scenario"),
        Column("criterion", "Criterion"),
        Column("title", "What it asks"),
        Column("words", "Assumption"),
        Column("step", "Tried at", "index"),
        Column("unit", "Unit"),
        Column("choice", "Choice"),
        Column("baseline_value", "Before", "value"),
        Column("value", "Value", "value"),
        Column("value_unit", "Unit of the two"),
        Column("outcome", "The figures point to"),
        Column("is_main", "As in the study"),
    )
    return _of_people("sensitivity", columns, scaled, words, headers=4)


def _hours_kept(frame: pd.DataFrame, words: Wording, *, criteria: Mapping[str, Criterion]) -> Table:
    """Return what a criterion about any open site comes to for each number of hours kept."""
    kept = frame[frame["assumption"] == "agreed_hours"]
    scaled = _scaled(kept, ("value", "baseline_value"), criteria, words)
    scaled["label"] = [criteria[str(name)].label for name in kept["criterion"]]
    scaled["kept"] = [f"{hours:g}" for hours in kept["step"]]
    columns = (
        Column("scenario", "Scenario"),
        Column("label", "Criterion"),
        Column("kept", "Hours a week kept"),
        Column("value", "Value", "value"),
        Column("value_unit", "Unit"),
        Column("outcome", "The figures point to"),
    )
    return _of_people("hours_kept", columns, scaled, words, headers=3)


def _tipping(frame: pd.DataFrame, words: Wording, *, criteria: Mapping[str, Criterion]) -> Table:
    scaled = _scaled(frame, ("lowest_value", "highest_value"), criteria, words)
    scaled["words"] = [assumption_words(str(name), words.templates) for name in frame["assumption"]]
    scaled["told"] = [turns_in_words(row, words.templates) for row in records(frame)]
    columns = (
        Column("scenario", "Scenario"),
        Column("criterion", "Criterion"),
        Column("title", "What it asks"),
        Column("words", "Assumption"),
        Column("unit", "Unit"),
        Column("main", "In this study", "index"),
        Column("lowest", "Tried from", "index"),
        Column("highest", "to", "index"),
        Column("outcome", "The figures point to"),
        Column("lowest_value", "Lowest value", "value"),
        Column("highest_value", "Highest value", "value"),
        Column("value_unit", "Unit of the two"),
        Column("turns_below", "Turns below", "index"),
        Column("turns_above", "Turns above", "index"),
        Column("told", "In words"),
    )
    return _of_people("tipping", columns, scaled, words, headers=4)


def _uncertainty(
    uncertainty: Uncertainty, criteria: Mapping[str, Criterion], words: Wording
) -> list[Table]:
    """Return how sure each outcome is, and what each doubt makes of it."""
    spread, parts = uncertainty.frame, uncertainty.sources_frame
    # before anything changes a change is none in every draw
    still = [name for name, item in criteria.items() if item.kind.of_change]
    nothing = (spread["scenario"] == BASELINE_NAME) & spread["criterion"].isin(still)
    spread = spread[~nothing].reset_index(drop=True)
    scaled = _scaled(spread, ("low", "median", "high"), criteria, words)
    scaled["met"] = [in_100(chance) for chance in spread["probability_met"]]
    limits = [criteria[str(name)].threshold for name in spread["criterion"]]
    scaled["threshold"] = _scaled(spread.assign(limit=limits), ("limit",), criteria, words)["limit"]
    head = (
        Column("scenario", "Scenario"),
        Column("criterion", "Criterion"),
        Column("title", "What it asks"),
    )
    ends = (Column("low", "90% of draws from", "value"), Column("high", "to", "value"))
    tables = [
        _of_people(
            "uncertainty",
            (
                *head,
                Column("threshold", "Threshold", "value"),
                Column("median", "Middle value", "value"),
                *ends,
                Column("value_unit", "Unit of the four"),
                Column("met", "Chance that it is met"),
                Column("likelihood", "The likelier of met and not met"),
            ),
            scaled,
            words,
            headers=3,
        )
    ]
    if len(parts):
        scaled = _scaled(parts, ("low", "high"), criteria, words)
        scaled["doubt"] = [source_words(source, words.templates) for source in uncertainty.sources]
        for key in ("right_now", "right_then"):
            scaled[key] = [in_100(chance) for chance in parts[key]]
        tables.append(
            _of_people(
                "doubts",
                (
                    *head,
                    Column("doubt", "What is not known"),
                    *ends,
                    Column("value_unit", "Unit of the two"),
                    Column("share", "Share of the whole range", "percent"),
                    Column("right_now", "Likelier outcome right now"),
                    Column("right_then", "right once it is known"),
                ),
                scaled,
                words,
                headers=4,
            )
        )
    return [*tables, *_headlines(uncertainty, words)]


HEADLINES = {
    "share_within_before": "share within reach, before",
    "share_within": "share within reach, after",
    "share_longer": "share who lose",
    "mean_before_min": "mean minutes, before",
    "mean_min": "mean minutes, after",
}
"""What headline figures are called; all count full-time sites."""


def _headlines(uncertainty: Uncertainty, words: Wording) -> list[Table]:
    """Return the range of each headline figure, and what each doubt alone makes of it."""
    figures, parts = uncertainty.headlines_frame, uncertainty.headline_parts_frame
    doubts = [
        source_words(part, words.templates) for item in uncertainty.headlines for part in item.parts
    ]
    head = (
        Column("scenario", "Scenario"),
        Column("mode", "Travelling"),
        Column("figure", "Figure"),
    )
    ends = (Column("low", "90% of draws from", "value"), Column("high", "to", "value"))
    value = Column("value", "In this study", "value")
    middle = Column("median", "Middle value", "value")
    doubt = Column("doubt", "What is not known")
    share = Column("share", "Share of the whole range", "percent")
    unit = Column("value_unit", "Unit")
    tables = []
    for name, frame, columns in (
        ("headlines", figures, (value, middle, *ends, unit)),
        ("headline_doubts", parts.assign(doubt=doubts), (doubt, *ends, unit, share)),
    ):
        if not len(frame):
            continue
        printed = _labelled(frame, words)
        printed["figure"] = [HEADLINES[str(figure)] for figure in frame["figure"]]
        scales = [PRINTED[str(unit)] for unit in frame["unit"]]
        printed["value_unit"] = [unit for _, unit in scales]
        for key in {"value", "median", "low", "high"} & set(frame):
            printed[key] = frame[key] * [scale for scale, _ in scales]
        headers = 4 if columns[0] is doubt else 3
        tables.append(_of_people(name, (*head, *columns), printed, words, headers=headers))
    return tables


Pair = tuple["Verdict", "Verdict"]


def changes_of(pairs: Iterable[Pair]) -> list[Pair]:
    """Return the pairs of verdicts on a change: all but the baseline's."""
    return [pair for pair in pairs if pair[0].scenario != BASELINE_NAME]


def neighbour_table(pairs: Iterable[Pair], words: Wording) -> Table:
    """Return value and outcome of each criterion, without neighbours' sites and with them."""
    rows = [
        {
            "scenario": words.scenarios[own.scenario],
            "criterion": own.criterion.title,
            "baseline_value": words.scaled(own, own.baseline_value),
            "value": words.scaled(own, own.value),
            "outcome": words.outcome(own),
            "counted_baseline_value": words.scaled(own, counted.baseline_value),
            "counted_value": words.scaled(own, counted.value),
            "counted_outcome": words.outcome(counted),
            "unit": words.scale(own)[1],
        }
        for own, counted in pairs
    ]
    columns = (
        Column("scenario", "Scenario"),
        Column("criterion", "Criterion"),
        Column("baseline_value", "Before", "value"),
        Column("value", "After", "value"),
        Column("outcome", "Outcome"),
        Column("counted_baseline_value", "Before, with neighbours", "value"),
        Column("counted_value", "After, with neighbours", "value"),
        Column("counted_outcome", "Outcome, with neighbours"),
        Column("unit", "Unit of the four"),
    )
    frame = pd.DataFrame(rows, columns=[column.key for column in columns])
    return _of_people("neighbours", columns, frame, words, notes=(), headers=2)


def neighbour_sites(neighbours: pd.DataFrame, words: Wording) -> Table:
    """Return the neighbours' sites: where each is, how that is known, whether it was there."""
    return _made("neighbour_sites", (*WHERE, *EVIDENCE), _known_of(neighbours), words)


SHOWN_AREAS = 10
OUTCOMES, AREAS = "streets_outcomes", "streets_areas"
MINUTES = ("before_min", "after_min")


def compared_tables(
    pairs: Sequence[Pair],
    both: tuple[Compared, Compared],
    named: tuple[str, str],
    words: Wording,
    shown: DisplayAreas,
    study: Study,
) -> list[Table]:
    """Return what changes on the streets that a run is compared with."""
    tables = [_outcomes(pairs, named, words, values=study.policy.public)]
    if (scenario := decided_scenario(study.scenarios)) is not None:
        mode, label = next(iter(words.modes.items()))
        areas = [
            area_changes(each, mode, shown, cutoff_min=study.near_min(mode), policy=study.policy)
            for each in both
        ]
        ours, theirs = (by_scenario[scenario] for by_scenario in areas)
        asked = words.scenarios[scenario]
        tables.append(_areas(ours, theirs, named, words, mode=label, scenario=asked))
    return tables


def compared_facts(pairs: Iterable[Pair], named: tuple[str, str]) -> dict[str, object]:
    """Return how many outcomes are the same on both sets of streets."""
    changes = changes_of(pairs)
    same = sum(ours.outcome == theirs.outcome for ours, theirs in changes)
    here, there = named
    return {"here": here, "there": there, "same": same, "outcomes": len(changes)}


def street_names(files: Sequence[InputFile]) -> tuple[str, str]:
    """Return what the two sets of streets are called: this run's, and the other."""
    here, there = (
        next((item.name for item in files if item.role == role), "given in code")
        for role in ("streets", "streets compared")
    )
    return here, there


def same_questions(ours: Iterable[Verdict], others: Iterable[Verdict]) -> list[Pair]:
    """Return each verdict with the other run's on the same criterion and scenario."""
    theirs = {(item.scenario, item.criterion.id): item for item in others}
    return [(item, theirs[item.scenario, item.criterion.id]) for item in ours]


def _outcomes(
    pairs: Iterable[Pair], named: tuple[str, str], words: Wording, *, values: bool
) -> Table:
    """Return each criterion's outcome on both; values only where what is counted is public."""
    here, there = named
    rows = [
        {
            "scenario": words.scenarios[ours.scenario],
            "criterion": ours.criterion.id,
            "title": ours.criterion.title,
            "other_value": words.value(theirs, theirs.value),
            "other_outcome": words.outcome(theirs),
            "value": words.value(ours, ours.value),
            "outcome": words.outcome(ours),
            "same": "same" if ours.outcome == theirs.outcome else "OTHER",
        }
        for ours, theirs in pairs
    ]
    columns = (
        Column("scenario", "Scenario"),
        Column("criterion", "Criterion"),
        Column("title", "What it asks"),
        *([Column("other_value", f"Value on {there}")] if values else []),
        Column("other_outcome", f"Outcome on {there}"),
        *([Column("value", f"Value on {here}")] if values else []),
        Column("outcome", f"Outcome on {here}"),
        Column("same", "Outcomes"),
    )
    return _of_people(OUTCOMES, columns, pd.DataFrame(rows), words, notes=(), headers=3)


def _areas(
    ours: gpd.GeoDataFrame,
    theirs: gpd.GeoDataFrame,
    named: tuple[str, str],
    words: Wording,
    *,
    mode: str,
    scenario: str,
) -> Table:
    """Return the areas whose minutes to the nearest full-time site differ most."""
    here, there = named
    both = pd.DataFrame(
        {"area": ours["name"].astype("str"), "weight": ours["weight"]}
        | {key: ours[key] for key in MINUTES}
        | {f"other_{key}": theirs[key] for key in MINUTES}
    )
    differences = [both[key] - both[f"other_{key}"] for key in MINUTES]
    both["differs_min"] = pd.concat(differences, axis=1).abs().max(axis=1)
    most = both.sort_values(["differs_min", "area"], ascending=[False, True], kind="stable")
    columns = (
        Column("area", "Area"),
        Column("weight", words.Unit, "count"),
        Column("other_before_min", f"Before, on {there}", "minutes"),
        Column("other_after_min", f"After, on {there}", "minutes"),
        Column("before_min", f"Before, on {here}", "minutes"),
        Column("after_min", f"After, on {here}", "minutes"),
        Column("differs_min", "Most they differ", "minutes"),
    )
    rows = most.dropna(subset="differs_min").head(SHOWN_AREAS).reset_index(drop=True)
    facts = {"most": str(SHOWN_AREAS), "mode": mode, "scenario": scenario}
    return make_table(AREAS, _title_of_people(AREAS, words, **facts), columns, rows)


UNKNOWN, DEPRIVATION = "not known", "deprivation"


NamedCases = Sequence[tuple[dict[str, str], "Comparison"]]
Tabulation = Callable[[NamedCases, Wording, "Policy"], Table]
TABULATIONS: list[Tabulation] = []


def tabulation(make: Tabulation) -> Tabulation:
    """Have a function's table be in every report's workbook, in the order they are written here."""
    TABULATIONS.append(make)
    return make


def tabulate(result: StudyResult) -> Mapping[str, Table]:
    """Return every table of a study by name, in the order a reader wants them."""
    result.refuse_private()
    words, study, policy = Wording.of(result), result.study, result.study.policy
    streets = result.streets
    shown = display_areas(result.origins, result.areas, public=study.weights_public)
    full_time = named_cases(result.comparisons_full_time, FULL_TIME, words)
    cases = [*full_time, *named_cases(result.comparisons, ANY_SITE, words)]
    people = [_criteria(result.verdicts, words)]
    people += [make(cases, words, policy) for make in TABULATIONS]
    people += [
        _grouped(full_time, (name, groups), shown.word, words, policy)
        for name, groups in groupings(result.origins, shown)
    ]
    if result.neighbours is not None:
        pairs = same_questions(result.verdicts, (result.with_neighbours or result).verdicts)
        people.append(neighbour_table(changes_of(pairs), words))
        people.append(neighbour_sites(result.neighbours, words))
    modes = study.settings.travel_modes().values()
    not_recorded: frozenset[str] = frozenset() if streets is None else streets.not_recorded
    fit = facts_about(result.notes, "estimated") if streets is None else {}
    of_modes = (
        [
            (
                _assumed(words, "estimated"),
                _assumed(words, "estimated_value"),
                _assumed(words, "estimated_source"),
            )
        ]
        if streets is None
        else [
            row
            for mode in modes
            for row in _of_mode(
                mode,
                words,
                lacking=streets.gaps[mode.name],
                not_recorded=not_recorded,
                knows_heights=streets.steepness is not None,
            )
        ]
    )
    tables = [
        *_marked(people, words, policy),
        _sites(result.sites, result.scenario_sites, words),
        _assumptions(
            study,
            words,
            speeds=_speeds(modes, words, not_recorded=not_recorded, fit=fit),
            of_modes=of_modes,
            timetable=None if result.buses is None else result.buses.date,
        ),
        _sources(result.provenance, words),
        _inputs(result.inputs, words),
        _counts(result.counts, words),
    ]
    if streets is not None:
        known = streets.classes, streets.modes, streets.doubts
        tables += street_tables(*known, words)
    if (other := result.on_other_streets) is not None:
        pairs = same_questions(result.verdicts, other.verdicts)
        both = result.comparisons_full_time, other.comparisons_full_time
        named = street_names(result.inputs)
        others = compared_tables(pairs, both, named, words, shown, study)
        tables += _marked(others, words, policy)
    return MappingProxyType({table.name: table for table in tables})


def _marked(tables: Sequence[Table], words: Wording, policy: Policy) -> Sequence[Table]:
    """Return tables whose missing figures are marked as hidden where some are."""
    if policy.public:
        return tables
    return [with_marks(table, words.hidden_mark) for table in tables]


def groupings(origins: gpd.GeoDataFrame, shown: DisplayAreas) -> Iterator[tuple[str, pd.Series]]:
    """Yield the groupings the origins allow: name of the table, group per origin."""
    if "imd_decile" in origins:
        labels = _fifth_labels("most deprived", "least deprived")
        yield DEPRIVATION, _named(imd_fifth(origins["imd_decile"]), labels)
    if "no_car_share" in origins:
        labels = _fifth_labels("fewest cars", "most cars")
        yield "no_car", _named(fifths(origins, "no_car_share", first="high"), labels)
    if "ward_name" in origins:
        yield "wards", origins["ward_name"].astype("str").fillna(UNKNOWN)
    codes = shown.area_of_origin.astype("str")
    names = shown.areas["name"].astype("str").reindex(codes).fillna("").to_numpy()
    yield "areas", codes.where(codes == names, codes + " " + names).str.strip()


def _named(fifth: pd.Series, labels: Mapping[int, str]) -> pd.Series:
    """Return fifths as words; where a fifth is not known, that."""
    return fifth.map(lambda value: labels[int(value)], na_action="ignore").fillna(UNKNOWN)


def _fifth_labels(first: str, last: str) -> dict[int, str]:
    return {1: f"1 ({first})", 2: "2", 3: "3", 4: "4", 5: f"5 ({last})"}


def _criteria(verdicts: Iterable[Verdict], words: Wording) -> Table:
    """Return the verdicts, a row per scenario and criterion."""
    rows = [
        {
            "scenario": words.scenarios[verdict.scenario],
            "criterion": verdict.criterion.id,
            "label": verdict.criterion.label,
            "title": verdict.criterion.title,
            "outcome": words.outcome(verdict),
            "value": words.scaled(verdict, verdict.value),
            "baseline_value": words.scaled(verdict, verdict.baseline_value),
            "threshold": words.scaled(verdict, verdict.threshold),
            "straight_line": words.scaled(verdict, (verdict.straight_line or (math.nan,))[0]),
            "unit": words.scale(verdict)[1],
            "whose": verdict.criterion.whose,
            "basis": verdict.basis,
            "sentence": verdict_sentence(verdict, words.templates),
            "reason": verdict_reason(verdict, words.templates),
        }
        for verdict in verdicts
    ]
    columns = (
        Column("scenario", "Scenario"),
        Column("criterion", "Criterion"),
        Column("label", "In short"),
        Column("title", "What it asks"),
        Column("outcome", "Outcome"),
        Column("value", "Value", "value"),
        Column("baseline_value", "Value before", "value"),
        Column("threshold", "Threshold", "value"),
        Column("straight_line", "In a straight line", "value"),
        Column("unit", "Unit of these"),
        Column("whose", "Whose the threshold is"),
        Column("basis", "Times from"),
        Column("sentence", "In words"),
        Column("reason", "Why it cannot be said, where it cannot"),
    )
    frame = pd.DataFrame(rows, columns=[column.key for column in columns])
    return _of_people("criteria", columns, frame, words, notes=(), headers=3)


def named_cases(comparisons: Compared, sites: str, words: Wording) -> NamedCases:
    """Return each comparison with the words that name it."""
    return [
        (
            {"scenario": words.scenarios[scenario], "mode": words.modes[mode], "sites": sites},
            comparison,
        )
        for (scenario, mode), comparison in comparisons.items()
    ]


def _facts(comparison: Comparison, words: Wording, by: pd.Series | None = None) -> pd.DataFrame:
    """Return a comparison's facts, near being what it is by its mode."""
    return facts(comparison, by, cutoff_min=words.near_min[comparison.mode.name])


def _case_columns(words: Wording) -> tuple[Column, ...]:
    return (
        Column("scenario", "Scenario"),
        Column("mode", "Travelling"),
        Column("sites", f"{words.Sites} counted"),
    )


@tabulation
def within_table(cases: NamedCases, words: Wording, policy: Policy) -> Table:
    """Return how many are within the cutoff, before and after."""
    rows = [{**case, **_facts(comparison, words).iloc[0]} for case, comparison in cases]
    columns = (
        *_case_columns(words),
        Column("within_before", "Within before", "count", words.unit),
        Column("within_after", "Within after", "count", words.unit),
        Column("within_share_before", "Share within before", "percent"),
        Column("within_share_after", "Share within after", "percent"),
        Column("within_share_change", "Change", "percent", "percentage points"),
        Column("weight", "All", "count", words.unit),
    )
    return _make("within", columns, rows, words, policy, near=words.near("minutes"))


@tabulation
def _added(cases: NamedCases, words: Wording, policy: Policy) -> Table:
    """Return minutes to the nearest before and after, and for whom they are added or saved."""
    rows = [{**case, **_facts(comparison, words).iloc[0]} for case, comparison in cases]
    columns = (
        *_case_columns(words),
        Column("mean_before_min", "Mean before", "minutes"),
        Column("mean_after_min", "Mean after", "minutes"),
        Column("mean_change_min", "Mean added", "minutes"),
        Column("weight_loses", f"Lose: over {words.loser_min:g} min added", "count", words.unit),
        Column("share_loses", "Share who lose", "percent"),
        Column("worst_change_min", "Most added", "minutes", at_infinity="no longer reached"),
        Column("weight_gains", f"Over {words.loser_min:g} min saved", "count", words.unit),
        Column("weight_loses_all", "Reach none any more", "count", words.unit),
        Column("finite_weight", "Base of the means", "count", words.unit),
    )
    return _make("added_time", columns, rows, words, policy)


@tabulation
def _affected(cases: NamedCases, words: Wording, policy: Policy) -> Table:
    """Return from how many minutes to how many those go who lose."""
    rows = []
    for case, comparison in cases:
        row = _facts(comparison, words).iloc[0]
        losers = _facts(comparison, words, _loses(comparison))
        means = losers.reindex([True])[["mean_before_min", "mean_after_min"]].iloc[0]
        rows.append({**case, **row, **means})
    columns = (
        *_case_columns(words),
        Column("weight_loses", f"Lose: over {words.loser_min:g} min added", "count", words.unit),
        Column("share_loses", "Share who lose", "percent"),
        Column("mean_before_min", "Their mean before", "minutes"),
        Column("mean_after_min", "Their mean after", "minutes"),
    )
    made = _make("affected", columns, rows, words, policy)
    gone = made.frame["weight_loses"].isna() | (made.frame["weight_loses"] == 0)
    known = made.frame[["mean_before_min", "mean_after_min"]].mask(gone)
    return replace(made, frame=made.frame.assign(**known))


def _loses(comparison: Comparison) -> pd.Series:
    """Return of each origin whether it loses."""
    return comparison.frame["outcome"].isin(LOSES)


def _curve(curve: pd.DataFrame, words: Wording) -> Table:
    """Return the share within each of several times, before and after."""
    labelled = _labelled(curve, words)
    labelled["sites"] = labelled["sites"].map(SITES)
    labelled["minutes"] = [f"{cutoff:g}" for cutoff in labelled["cutoff_min"]]
    columns = (
        *_case_columns(words),
        Column("minutes", "Minutes"),
        Column("within_before", "Within before", "count", words.unit),
        Column("within_after", "Within after", "count", words.unit),
        Column("within_share_before", "Share within before", "percent"),
        Column("within_share_after", "Share within after", "percent"),
        Column("within_share_change", "Change", "percent", "percentage points"),
    )
    visits = VISIT in set(curve["mode"])
    return _of_people("curve", columns, labelled, words, headers=4, visits=visits)


def _keeping(
    keeping: Mapping[tuple[str, ...], Comparison],
    names: Mapping[str, str],
    words: Wording,
    policy: Policy,
) -> Table:
    """Return what keeping some of the sites that go would change."""
    rows = [
        {
            "scenario": "; ".join(names[site] for site in kept) or "none of them",
            **_facts(comparison, words).iloc[0],
        }
        for kept, comparison in keeping.items()
    ]
    mode = next(iter(keeping.values())).mode.label
    columns = (
        Column("scenario", "Kept at full hours"),
        Column("within_share_after", f"Within {words.cutoff_min:g} min after", "percent"),
        Column("mean_after_min", "Mean after", "minutes"),
        Column("weight_loses", f"Lose: over {words.loser_min:g} min added", "count", words.unit),
        Column("share_loses", "Share who lose", "percent"),
    )
    title = _title_of_people("keeping", words, mode=mode)
    frame, notes = pd.DataFrame(rows), words.table_notes
    mark = words.hidden_mark
    return hidden_table(("keeping", title), columns, frame, policy, mark=mark, notes=notes)


def _grouped(
    cases: NamedCases,
    named: tuple[str, pd.Series],
    area: str,
    words: Wording,
    policy: Policy,
) -> Table:
    """Return before and after by a grouping; ``area``: what a small area is called."""
    name, groups = named
    kind = words.part("titles", name, area=area)
    rows = [
        {**case, "group": str(group), **row}
        for case, comparison in cases
        for group, row in _facts(comparison, words, groups).iterrows()
    ]
    columns = (
        Column("scenario", "Scenario"),
        Column("mode", "Travelling"),
        Column("group", words.capital(kind.split(" (", maxsplit=1)[0].removeprefix("the "))),
        Column("weight", words.Unit, "count"),
        Column("within_share_before", f"Within {words.near('min')} before", "percent"),
        Column("within_share_after", f"Within {words.near('min')} after", "percent"),
        Column("within_share_change", "Change", "percent", "percentage points"),
        Column("mean_before_min", "Mean before", "minutes"),
        Column("mean_after_min", "Mean after", "minutes"),
        Column("mean_change_min", "Mean added", "minutes"),
        Column("weight_loses", f"Lose: over {words.loser_min:g} min added", "count", words.unit),
        Column("share_loses", "Share who lose", "percent"),
    )
    return _make(name, columns, rows, words, policy, titled="grouped", group=kind)


def _make(
    name: str,
    columns: tuple[Column, ...],
    rows: list[dict[str, object]],
    words: Wording,
    policy: Policy,
    *,
    titled: str = "",
    **facts: object,
) -> Table:
    """Return a table of facts, its columns there even when no scenario could be compared."""
    frame = pd.DataFrame(rows) if rows else pd.DataFrame(columns=[item.key for item in columns])
    title = _title_of_people(titled or name, words, **facts)
    mark, notes = words.hidden_mark, words.table_notes
    made = hidden_table((name, title), columns, frame, policy, mark=mark, notes=notes)
    return replace(made, headers=3)
