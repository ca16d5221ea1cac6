"""From a study's result to its tables."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
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
from eh_access.planning.three_readings import LONG_WEEK_H
from eh_access.publish import numbers
from eh_access.publish.attribution import credit_lines, sources_frame
from eh_access.publish.criteria_words import assumption_words, source_words, turns_in_words
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
    BASES,
    FULL_TIME,
    KIND_WORDS,
    PRINTED,
    Wording,
    fairness_notes,
    headline,
    scenario_label,
)
from eh_access.study.redact import redact_table
from eh_access.study.result import BASELINE_NAME
from eh_access.tables import CRS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eh_access.criteria.criterion import Criterion, Verdict
    from eh_access.criteria.uncertainty import Uncertainty
    from eh_access.measures.comparison import Comparison
    from eh_access.planning.alternatives import Alternatives
    from eh_access.privacy.policy import Policy
    from eh_access.provenance import Provenance
    from eh_access.study.config import Settings, YouthSettings
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
    area_of_origin: NDArray[np.object_]  # ``area_id`` for each origin, in the origins' order
    word: str  # what one of them is called


def display_areas(
    origins: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, *, public: bool = True
) -> DisplayAreas:
    """Return the areas to colour on a map."""
    if len(areas) >= FEW_AREAS:
        own = origins["area_id"].to_numpy(dtype=object)
        return DisplayAreas(areas=areas, area_of_origin=own, word="small area")
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
        area_of_origin=names,
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
    found = summary.join(near.groupby(group, dropna=False).sum())
    whole = found["weight"].where(found["weight"] > 0)
    for when in ("before", "after"):
        found[f"within_share_{when}"] = found[f"within_{when}"] / whole
    found["within_share_change"] = found["within_share_after"] - found["within_share_before"]
    return found


AREA_FACTS = {
    "weight": "weight",
    "within_share_before": "within_before_share",
    "within_share_after": "within_after_share",
    "mean_before_min": "before_min",
    "mean_after_min": "after_min",
    "mean_change_min": "change_min",
    "weight_loses": "loses_weight",
}


def area_changes(result: StudyResult, mode: str) -> dict[str, gpd.GeoDataFrame]:
    """Return, by scenario, the areas to colour: before and after to the nearest full-time site."""
    # Means are weighted, over those who reach one both before and after; NaN where nobody does.
    shown = display_areas(result.origins, result.areas, public=result.study.weights_public)
    by = pd.Series(shown.area_of_origin, index=result.origins.index)
    # all scenarios at once, for one may tell of another
    found = pd.concat(
        facts(comparison, by, cutoff_min=result.study.near_min(mode))
        .rename_axis("group")
        .reset_index()
        .assign(scenario=name)
        for (name, way), comparison in result.comparisons_full_time.items()
        if way == mode
    )
    told, _ = redact_table(found, result.study.policy)
    outlines = shown.areas[["name", "geometry"]]
    return {
        str(scenario): outlines.join(
            rows.set_index("group")[list(AREA_FACTS)].rename(columns=AREA_FACTS).round(4)
        )
        for scenario, rows in told.groupby("scenario")
    }


HILLS = {
    "tobler": (
        "slower uphill and on steep descents",
        "W. Tobler, NCGIA Technical Report 93-1 (1993), as a share of the speed on the level",
    ),
    "pushchair": (
        "slower uphill than a walker, no faster downhill",
        "an assumption: Tobler's rate times 1.3, for the weight of child and pushchair",
    ),
    "wheelchair": (
        "slower uphill than with a pushchair, no faster downhill",
        "an assumption: Tobler's rate times 2.2, for the weight of user and chair",
    ),
    "bicycle": (
        "slower uphill, a little faster downhill",
        "J. Parkin and J. Rotheram, Transport Policy 17 (2010) 335-341; uphill an assumption",
    ),
}
"""What slopes do under each function of ``network/hills.py``, and the source; more of it in
``docs/method/hills.md``."""

PUSHCHAIR_CLOSED = (
    ("steps without a ramp", ("highway",)),
    ("escalators", ("conveying",)),
    ("stiles, kissing gates and turnstiles", ("barrier",)),
    ("gaps under 0.7 m", ("width", "maxwidth", "maxwidth:physical")),
    ("ways tagged as not passable with wheels", ("stroller", "wheelchair")),
    ("raised kerbs where they must be crossed", ("kerb",)),
    ("roads of 50 mph or more without a pavement", ("sidewalk",)),
    ("mountain paths", ("sac_scale",)),
    ("the roughest surfaces", ("smoothness",)),
)
"""What is closed to a pushchair, and the keys that say so of a street."""

PUSHCHAIR_SLOWED = (
    ("ramps beside steps to half the speed", ("ramp", "ramp:stroller", "ramp:wheelchair")),
    (
        "soft, loose and very rough surfaces to half the speed, rough ones to 0.7, uneven to 0.85",
        ("surface", "smoothness", "tracktype"),
    ),
)
"""What slows a pushchair, and the keys that say so of a street."""

WHEELCHAIR_CLOSED = (
    ("steps without a ramp for wheelchairs", ("highway",)),
    ("escalators", ("conveying",)),
    ("stiles, narrow gates and cattle grids", ("barrier",)),
    ("gaps under 0.9 m", ("width", "maxwidth", "maxwidth:physical")),
    ("ways tagged as not passable by wheelchair", ("wheelchair",)),
    ("raised kerbs where they must be crossed", ("kerb",)),
    ("tagged slopes steeper than 1 in 12", ("incline",)),
    ("roads of 50 mph or more without a pavement", ("sidewalk",)),
    ("soft, loose and rough surfaces", ("surface", "smoothness", "tracktype")),
)
WHEELCHAIR_SLOWED = (
    ("ramps beside steps to half the speed", ("ramp:wheelchair",)),
    ("gravel and earth to half the speed, uneven surfaces to 0.85", ("surface", "tracktype")),
)
WHEELED = {
    "pushchair": (PUSHCHAIR_CLOSED, PUSHCHAIR_SLOWED),
    "wheelchair": (WHEELCHAIR_CLOSED, WHEELCHAIR_SLOWED),
}
"""What is closed and what slows, by the rules of those who go on wheels."""

WHEELED_SOURCE = (
    "OpenStreetMap's tags; each rule with its source in network/tag_rules.toml. What is not "
    "tagged counts as passable"
)
ESTIMATED = (
    "Hills, junctions, parking, pushchair barriers",
    "not counted one by one",
    "times are straight-line estimates, fitted to level streets",
)


def _recorded(rules: Sequence[tuple[str, Sequence[str]]], not_recorded: frozenset[str]) -> str:
    """Return what rules look for, and of which of it the streets can say nothing."""
    known = [what for what, keys in rules if not set(keys) <= not_recorded]
    lost = [what for what, _ in rules if what not in known]
    told = [", ".join(known)] if known else []
    if lost:
        told.append(f"{NOT_RECORDED}: {', '.join(lost)}")
    return "; ".join(told)


def car_speeds(not_recorded: frozenset[str]) -> str:
    """Return what car speeds go by."""
    if "maxspeed" in not_recorded:
        return f"by class of road: speed limits are {NOT_RECORDED}"
    return "by road"


def _of_mode(
    mode: TravelMode, *, lacking: Sequence[str], not_recorded: frozenset[str], knows_heights: bool
) -> list[tuple[str, str, str]]:
    """Return what was assumed of one way of travelling."""
    rows = []
    if mode.counts_hills:
        effect, source = HILLS[mode.hill_function]
        told = effect if knows_heights else "level: heights are not known"
        rows.append((f"Hills {mode.label}", told, source))
    else:
        rows.append((f"Hills {mode.label}", "every street counts as level", "the study's modes"))
    if mode.uses_road_speeds:
        rows += [
            (
                f"Junctions {mode.label}",
                f"{mode.junction_delay_s:g} seconds at each junction of three or more streets",
                (
                    "set so that main roads come to the mean speed that the Department for "
                    "Transport measures on local A roads; docs/method/driving.md"
                ),
            ),
            (
                f"Parking {mode.label}",
                f"{mode.parking_s:g} seconds a trip",
                f"Active Places Power adds {ACTIVE_PLACES_PARKING_S:g} seconds for both ends",
            ),
        ]
    if mode.rules in WHEELED:
        rows += [
            (f"{what} {mode.label}", _recorded(rules, not_recorded), WHEELED_SOURCE)
            for what, rules in zip(("Closed", "Slowed"), WHEELED[mode.rules], strict=True)
        ]
    elif lacking:
        told = f"{NOT_RECORDED}: {', '.join(lacking)}"
        rows.append((f"Closed {mode.label}", told, "every way in the source counts as open"))
    return rows


def street_tables(
    classes: pd.DataFrame, connection: pd.DataFrame, open_points: pd.DataFrame, place: str
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
            ("street_kinds", f"Streets by kind (OpenStreetMap's), {place}"),
            (Column("street", "Kind"), Column("total_km", "Length", "value", "km"), *by_mode),
            kinds,
        ),
        _made(
            ("street_modes", f"Streets by way of travelling, {place}"),
            (
                Column("mode", "Travelling"),
                Column("open_km", "Open", "value", "km"),
                Column("one_way_km", "One way", "value", "km"),
                Column("main_share", "In one connected part", "percent"),
                Column("islands", "Islands", "count"),
                Column("island_km", "On islands", "value", "km"),
            ),
            modes,
        ),
        _made(
            ("street_doubts", f"What the map leaves open, taken as passable or level, {place}"),
            (
                Column("mode", "Travelling"),
                Column("doubt", "Not known"),
                Column("edges", "Stretches", "count"),
                Column("km", "Length", "value", "km"),
            ),
            doubts,
        ),
    ]


def _made(named: tuple[str, str], columns: tuple[Column, ...], frame: pd.DataFrame) -> Table:
    return make_table(*named, columns, frame)


def street_facts(result: StudyResult) -> pd.DataFrame | None:
    """Return what the streets say of themselves."""
    if result.streets is None:
        return None
    facts = [("Stretches of street", f"{result.streets.classes['edges'].sum():,}")]
    return pd.DataFrame([*facts, *result.streets.facts()], columns=["what", "value"])


FULL_HOURS = "full hours"
CLOSED = "closed"
BASIS_WORDS = {
    "surveyed": "surveyed",
    "postcode": "by postcode",
    "street": "by street",
    "estimate": "ESTIMATED",
    "unknown": "NOT KNOWN, left out",
}


def background_tables(result: StudyResult, words: Wording) -> list[Table]:
    """Return the tables that say what the figures stand on."""
    return [
        _sites(result.sites, result.scenario_sites, words),
        _assumptions(result),
        _sources(result.provenance),
        _inputs(result.inputs),
        _counts(result.counts),
    ]


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
    title = f"{words.Sites}, how the place of each is known, and hours under each scenario"
    return make_table("sites", title, tuple(columns), frame)


def _column(frame: pd.DataFrame, name: str) -> list[str]:
    """Return a text column, "not stated" where it or a value is absent."""
    if name not in frame:
        return ["not stated"] * len(frame)
    return ["not stated" if pd.isna(value) else str(value) for value in frame[name]]


def _assumptions(result: StudyResult) -> Table:
    """Return every number somebody chose: speeds, cutoffs, thresholds; who and from where."""
    study, settings, streets = result.study, result.study.settings, result.streets
    modes = result.study.settings.travel_modes().values()
    rows = [
        *(
            (f"Speed {mode.label}", f"{mode.speed_km_h:g} km/h", mode.source)
            if not mode.uses_road_speeds
            else (f"Speed {mode.label}", car_speeds(streets.not_recorded), mode.source)
            if streets is not None
            else (f"Speed {mode.label}", *_fitted(facts_about(result.notes, "estimated")))
            for mode in modes
        ),
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
        *_timetable_settings(result),
        *(
            [ESTIMATED]
            if streets is None
            else (
                row
                for mode in modes
                for row in _of_mode(
                    mode,
                    lacking=streets.gaps[mode.name],
                    not_recorded=streets.not_recorded,
                    knows_heights=streets.steepness is not None,
                )
            )
        ),
        *(
            (
                f"Criterion {item.id}: {item.title}",
                f"threshold {item.threshold:g}, too close to call within {item.margin:g}",
                f"{clause(item.source)}; set by {item.set_by} on {item.set_on}",
            )
            for item in study.criteria
        ),
    ]
    frame = pd.DataFrame(rows, columns=["what", "value", "source"])
    columns = (Column("what", "Assumption"), Column("value", "Value"), Column("source", "Source"))
    return make_table("assumptions", "Assumptions, and where each comes from", columns, frame)


def _timetable_settings(result: StudyResult) -> Iterator[tuple[str, str, str]]:
    """Yield what was chosen of buses and trains."""
    asked, buses = result.study.transit, result.buses
    if asked is None or buses is None:
        return
    feeds = ", ".join(Path(feed).name for feed in asked.feeds)
    yield "Date of the timetable", f"{buses.date:%A} {buses.date}", feeds
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
        yield "A visit's day", " to ".join(result.study.sessions.day), "settings"


def _fitted(fit: Mapping[str, float]) -> tuple[str, str]:
    """Return how an estimate by car was made, which knows neither limits nor junctions."""
    fixed, per_km = f"{fit['drive_fixed_min']:g}", f"{fit['drive_min_per_km']:g}"
    return (
        f"{fixed} minutes, and {per_km} for each km in a straight line",
        "fitted to trips on real streets elsewhere; docs/method/estimate.md",
    )


def _setter(settings: Settings, key: str) -> str:
    """Return whose number a setting is."""
    return "the study's settings" if key in settings.model_fields_set else "the default"


def _sources(provenance: Iterable[Provenance]) -> Table:
    columns = (
        Column("title", "Data"),
        Column("publisher", "Publisher"),
        Column("licence", "Licence"),
        Column("date", "Date of the data"),
        Column("attribution", "Credit"),
        Column("url", "Address"),
    )
    frame = sources_frame(provenance)
    return make_table("sources", "Data, licences and credits", columns, frame)


def _inputs(files: Iterable[InputFile]) -> Table:
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
    return make_table("inputs", "Files read, with their digests", columns, frame)


def _counts(counts: Iterable[StepCount]) -> Table:
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
    return make_table("counts", "What went into each step and came out of it", columns, frame)


def workbook_cover(result: StudyResult) -> Cover:
    """Return the words of the workbook's cover and notes."""
    study = result.study
    intro = [study.question, f"Place: {study.place}. Counted: {study.weight_label}."]
    if result.estimated:
        intro.insert(0, Wording.of(result).accuracy)
    if study.illustrative:
        intro.insert(0, "ILLUSTRATIVE: a worked example, not a decision of anybody.")
    about = [
        f"{study.weight_label}: {clause(study.weight_basis)}.",
        "One row per place, scenario and mode is in origins.csv; digests are in manifest.json.",
        *credit_lines(result.provenance),
    ]
    templates = Wording.of(result).templates
    notes = tuple(f"{note.level.upper()}: {note_text(note, templates)}" for note in result.notes)
    return Cover(title=study.title, intro=tuple(intro), about=tuple(about), notes=notes)


COLUMN_KINDS: dict[str, Kind] = {"share": "percent", "min": "minutes", "weight": "count"}
SCALES: dict[str, tuple[float, int, str]] = {
    "share": (100.0, 1, "percent"),
    "min": (1.0, 1, "minutes"),
    "points": (1.0, 1, "percentage points"),
}
"""What a measure is multiplied by to be printed, its decimals and its unit."""
NO_BOUND = (
    "Not available: some families are put out of reach altogether, so that a mean or a difference "
    "of means has no bound; or the set could not be scored."
)
RANK_COLUMNS = ("council", "best", "regret")


def choice_tables(found: Alternatives, said: Wording) -> list[Table]:
    """Return the tables of the other choices."""
    tables = [_choices(found, said), _contributions(found, said)]
    return [_ranks(found, said), *tables] if len(found.regret()) else tables


def _finite(value: float) -> float:
    return value if math.isfinite(value) else math.nan


def _ranks(found: Alternatives, said: Wording) -> Table:
    names = dict(zip(found.singles["closed_sites"], found.singles["closed_names"], strict=True))
    rows = []
    for row in records(found.regret().reset_index()):
        scale, decimals, unit = SCALES.get(row["unit"], (1.0, 0, said.unit))
        figures = {key: round(_finite(row[key] * scale), decimals) for key in RANK_COLUMNS}
        best = numbers.listed(str(names.get(site, site)) for site in row["best_sites"].split("; "))
        if not math.isfinite(row["best"]):
            best = NOT_AVAILABLE  # where no set has a figure none of them is best
        told = {"measure": row["label"], "unit": unit, "best_sites": best}
        same = {key: row[key] for key in ("better", "rank", "ranked", "tied", "better_sets")}
        same["counted"] = "yes" if row["measure"] in found.counted else "no"
        rows.append(told | same | figures)
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
    title = (
        f"How the choice made ranks among all sets of {len(found.council)} {said.site}s, measure "
        f"by measure (1 is best; ties share the lowest rank){said.mark}"
    )
    return make_table("choice", title, columns, pd.DataFrame(rows), notes=_notes(found))


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


def _choices(found: Alternatives, said: Wording) -> Table:
    listed = found.frame["is_council_choice"] | (np.arange(len(found.frame)) < MOST_SETS)
    frame = found.frame[listed].reset_index()
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
        Column("closed_names", f"{said.Sites} closed"),
        Column("is_council_choice", "The choice made"),
        Column("in_pareto", "None is as good on every measure counted and better on one"),
    ]
    for item in found.measures:
        frame[item.key] = [_finite(float(value)) for value in frame[item.key].astype(float)]
        unit = {"weight": said.unit, "points": "percentage points"}.get(item.unit, "")
        columns.append(Column(item.key, item.label, COLUMN_KINDS.get(item.unit, "value"), unit))
        columns.append(Column(f"rank_{item.key}", f"Rank: {item.label}", "count"))
        columns.append(Column(f"tied_{item.key}", f"Joint with others: {item.label}", "count"))
    columns += [
        Column(
            "better_than_council",
            "Better than the choice made on so many measures counted",
            "count",
        ),
        Column("worse_than_council", "Worse on so many", "count"),
        Column("scored_in_words", "Scored"),
        Column("reason", "Why not scored, where it is not"),
    ]
    title = (
        f"Every set of {len(found.sets[0])} {said.site}s that could close, {said.place}{said.mark}"
    )
    if not listed.all():
        title += (
            f": the {MOST_SETS:,} with the shortest mean trip, and the choice made; all "
            f"{len(found.frame):,} stand in alternatives.csv"
        )
    return make_table("choices", title, tuple(columns), frame, notes=_notes(found), headers=2)


def _contributions(found: Alternatives, said: Wording) -> Table:
    frame = found.contribution().reset_index()
    columns = [Column("name", said.Sites[:-1])]
    for item in found.measures:
        key = f"change_{item.key}"
        frame[key] = [_finite(float(value)) for value in frame[key].astype(float)]
        unit = {"weight": said.unit, "min": ""}.get(item.unit, "percentage points")
        columns.append(
            Column(key, f"Change in: {item.label}", COLUMN_KINDS.get(item.unit, "value"), unit)
        )
    columns.append(Column("reason", "Why not scored, where it is not"))
    title = (
        f"What closing each {said.site} alone would change, the costliest in mean minutes first, "
        f"{said.place}{said.mark}"
    )
    return make_table("contributions", title, tuple(columns), frame, notes=_notes(found))


def _notes(found: Alternatives) -> tuple[str, ...]:
    sentences = (note_text(note) for note in found.notes)
    return (*sentences, NO_BOUND)


SITES = {"open": ANY_SITE, "full_time": FULL_TIME}
GINI_SOURCE = (
    "Gini coefficient: 0 where all take as long, towards 1 where few have nearly all the minutes. "
    "It says how unequal times are, not how long: where everybody's grow, it can fall."
)
ANY_LOST_LABEL = "any of them"
YOUTH_NOTES = (
    "At least: if a centre that stays is beside each that goes.",
    "At most: if none of those whose places are not known is within so many minutes.",
    "One person may be near several, so rows need not add up to the row for any of them.",
    "A venue is any other public place that the study lists for young people.",
    "What a venue offers them is not known.",
)
CONCENTRATION_SOURCE = (
    "Concentration index: below 0 where those who come first (the most deprived areas; those "
    "with most households without a car) travel longer, above 0 where they travel less. Method: "
    "Kakwani, Wagstaff and van Doorslaer 1997, Journal of Econometrics 77."
)


def session_tables(result: StudyResult, findings: Findings) -> list[Table]:
    """Return the tables of sessions and of load, those there is something to say in."""
    tables = []
    if len(findings.transit):
        tables.append(_journeys(result, findings))
    if len(findings.limits):
        tables.append(_limits(result, findings))
    if len(findings.fragility):
        tables.append(_fragility(result, findings))
    if len(findings.sessions):
        tables.append(_sessions(result, findings))
    if len(findings.load):
        tables.append(_load(result, findings))
    return tables


def _mode(result: StudyResult, name: str) -> str:
    return result.times[name].mode.label


def _sessions(result: StudyResult, findings: Findings) -> Table:
    said, frame = Wording.of(result), findings.sessions.copy()
    mode = _mode(result, str(frame["mode"].iloc[0]))
    frame["scenario"] = [scenario_label(result, str(name)) for name in frame["scenario"]]
    columns = (
        Column("scenario", "Scenario"),
        Column("weight_any", "Can be at one a week or more", "count", said.unit),
        Column("share_any", "Share who can", "percent"),
        Column("mean_sessions", "Sessions a week, mean", "value"),
        Column("mean_hours", "Hours a week, mean", "value"),
        Column("mean_sessions_within", "Sessions near, whatever the day allows, mean", "value"),
        Column("sites_timed", f"{said.Sites} whose times are known", "count"),
        Column("sites_open", f"Of {said.site}s open", "count"),
    )
    title = f"Sessions that can be attended whole, there and back, {mode}, {said.place}{said.mark}"
    return make_table("sessions", title, columns, frame, notes=said.table_notes)


def _journeys(result: StudyResult, findings: Findings) -> Table:
    """Return how families get to the nearest centre by timetable."""
    said, frame = Wording.of(result), findings.transit.copy()
    frame["scenario"] = [scenario_label(result, str(name)) for name in frame["scenario"]]
    frame["sites"] = [OPEN_WORDS[str(kind)] for kind in frame["sites"]]
    minutes = f"{result.study.near_min(TRANSIT):g} minutes"
    columns = (
        Column("scenario", "Scenario"),
        Column("sites", f"{said.Sites} counted"),
        Column("share_within_p10", f"Within {minutes} at best (a tenth of the window)", "percent"),
        Column("share_within_p50", f"Within {minutes} at the middle", "percent"),
        Column("share_within_p90", f"Within {minutes} at nearly any time", "percent"),
        Column("weight_by_vehicle", "Quickest by bus or train", "count", said.unit),
        Column("weight_on_foot", "Quickest walking all the way", "count", said.unit),
        Column("weight_unreached", "By neither", "count", said.unit),
        Column("mean_changes", "Changes, mean of those who ride", "value"),
        Column("mean_walk_min", "Walking", "minutes"),
        Column("mean_ride_min", "Riding", "minutes"),
        Column("mean_wait_min", "Waiting on the way", "minutes"),
        Column("mean_spare_min", "There before time, or waiting at home", "minutes"),
    )
    title = f"By bus, train or on foot to the nearest, {said.place}{said.mark}"
    return make_table("transit", title, columns, frame, notes=said.table_notes, headers=2)


LIMIT_WORDS = {
    "none": "nothing: can be there for the whole session and home again",
    "no_way_there": "no way there",
    "too_long_there": "the way there takes too long",
    "day_begins_later": "would have to leave before the day begins",
    "no_way_home": "no way home",
    "too_long_home": "the way home takes too long",
    "day_ends_earlier": "would be home after the day has ended",
}


def _limits(result: StudyResult, findings: Findings) -> Table:
    """Return what keeps families from a whole session."""
    said, frame = Wording.of(result), findings.limits.copy()
    frame["scenario"] = [scenario_label(result, str(name)) for name in frame["scenario"]]
    frame["limit"] = [LIMIT_WORDS[str(name)] for name in frame["limit"]]
    columns = (
        Column("scenario", "Scenario"),
        Column("limit", "What is in the way"),
        Column("weight_stopped", said.Unit, "count"),
        Column("share_stopped", "Share", "percent"),
    )
    title = f"What is in the way of a visit to any open {said.site}, {said.place}{said.mark}"
    return make_table("limits", title, columns, frame, notes=said.table_notes, headers=2)


def _fragility(result: StudyResult, findings: Findings) -> Table:
    """Return what becomes of each criterion when departures are lost."""
    said, criteria = Wording.of(result), {item.id: item for item in result.study.criteria}
    told = _scaled(findings.fragility, ("value", "median", "low", "high"), criteria, said)
    told["same"] = [f"{row['draws_same']} of {row['draws']}" for row in records(findings.fragility)]
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
    title = f"If each line loses one departure in ten, {said.place}{said.mark}"
    return make_table("fragility", title, columns, told, notes=said.table_notes, headers=2)


OPEN_WORDS = {"full_time": "full-time", "open": "open at all"}


def _load(result: StudyResult, findings: Findings) -> Table:
    said, frame = Wording.of(result), findings.load.copy()
    mode = _mode(result, str(frame["mode"].iloc[0]))
    names = result.sites["name"].astype(str).to_dict()
    frame["scenario"] = [scenario_label(result, str(name)) for name in frame["scenario"]]
    frame["site"] = [names.get(site, site) for site in frame["site_id"]]
    columns: tuple[Column, ...] = (
        Column("scenario", "Scenario"),
        Column("site", said.Sites[:-1]),
        Column("weight_before", "Nearest to, before", "count", said.unit),
        Column("weight_after", "Nearest to, after", "count", said.unit),
        Column("absorbed", "Of them new", "count", said.unit),
    )
    if frame["capacity"].notna().any():
        columns += (
            Column("capacity", "Places, before", "value"),
            Column("per_place_before", f"{said.Unit} for each place, before", "value"),
            Column("per_place_after", "After", "value"),
            Column("places_per_hundred", "Places for each hundred near, after", "value"),
        )
    full = frame["sites"].iloc[0] == "full_time"
    counted = f"{'full-time' if full else 'open'} {said.site}s"
    notes = (_load_note(said), *said.table_notes) if full else said.table_notes
    title = f"Who would go where, {counted}, {mode}, {said.place}{said.mark}"
    return make_table("load", title, columns, frame, notes=notes, headers=2)


def _load_note(said: Wording) -> str:
    return (
        f"Only {said.site}s open {said.full_time_from_hours:g} hours a week or more are counted. "
        f"One cut to fewer keeps neither its {said.unit} nor its places here, though some would go "
        "to its sessions."
    )


def further_tables(result: StudyResult, findings: Findings) -> Mapping[str, Table]:
    """Return the tables of what was found beyond the criteria, by name."""
    said = Wording.of(result)
    criteria = {item.id: item for item in result.study.criteria}
    tables = [_readings(findings.readings, said)]
    if len(findings.curve):
        tables.append(_curve(findings.curve, said))
    if len(findings.fairness):
        names = result.sites["name"].to_dict()
        tables += [_gaps(findings.fairness, names, said), _inequality(findings.fairness, said)]
    if findings.alternatives is not None:
        tables += choice_tables(findings.alternatives, said)
    if findings.keeping:
        tables.append(_keeping(result, findings, said))
    if findings.outreach:
        tried = 0 if result.candidates is None else len(result.candidates)
        limit_min = result.study.settings.search_min
        tables.append(_outreach(findings.tables()["outreach.csv"], tried, limit_min, said))
    if len(findings.groups):
        tables.append(_groups(findings.groups, _near(result, "min"), said))
    if len(findings.youth) and result.youth is not None and result.study.youth is not None:
        tables.append(_youth(findings.youth, result.youth, result.study.youth, said))
    tables += [
        _sensitivity(findings.sensitivity.frame, criteria, said),
        _hours_kept(findings.sensitivity.frame, criteria, said),
        _tipping(findings.sensitivity.tipping, criteria, said),
    ]
    if result.uncertainty is not None:
        tables += _uncertainty(result.uncertainty, criteria, said)
    tables += session_tables(result, findings)
    if not result.study.policy.public:
        tables = [with_marks(table) for table in tables]
    return MappingProxyType({table.name: table for table in tables if len(table.frame)})


def _labelled(frame: pd.DataFrame, said: Wording) -> pd.DataFrame:
    """Return a frame with scenarios, ways of travelling and sites counted in words."""
    told = frame.copy()
    told["scenario"] = [said.scenarios[str(name)] for name in frame["scenario"]]
    if "mode" in frame:
        told["mode"] = [said.modes.get(str(name), str(name)) for name in frame["mode"]]
    return told


def _readings(readings: pd.DataFrame, said: Wording) -> Table:
    frame = _labelled(readings, said)
    columns = (
        Column("scenario", "Scenario"),
        Column("reading", f"{said.Sites} counted: open for"),
        Column("sites", f"{said.Sites}", "count"),
        Column("weight_within", "Within 30 minutes", "count", said.unit),
        Column("share_within", "Share within 30 minutes", "percent"),
        Column("share_within_before", "Before", "percent"),
        Column("weight_loses", f"Lose: over {said.loser_min:g} min added", "count", said.unit),
        Column("share_loses", "Share who lose", "percent"),
        Column("mean_change_min", "Mean added", "minutes"),
        *_hours_columns(frame, said),
        Column("finite_weight", "Base of the means", "count", said.unit),
    )
    mode = frame["mode"].iloc[0] if len(frame) else ""
    title = (
        f"The same {said.unit} under each scenario, by what counts as open, {mode}, "
        f"{said.place}{said.mark}"
    )
    notes = (*_hours_note(frame, said), *said.table_notes)
    return make_table("readings", title, columns, frame, notes=notes, headers=2)


def _hours_columns(frame: pd.DataFrame, said: Wording) -> tuple[Column, ...]:
    """Return the column of opening hours; two where they rest on hours nobody stated."""
    label = "Opening hours a week within 30 minutes, mean"
    if not (frame["sites_hours_unknown"] > 0).any():
        return (Column("mean_hours_within", label, "value"),)
    short, long = (f"{said.full_time_from_hours:g}", f"{LONG_WEEK_H:g}")
    return (
        Column("mean_hours_within", f"{label}, if hours not known are {short}", "value"),
        Column("mean_hours_within_long", f"The same if they are {long}", "value"),
    )


def _hours_note(frame: pd.DataFrame, said: Wording) -> tuple[str, ...]:
    unknown = int(frame["sites_hours_unknown"].max()) if len(frame) else 0
    if not unknown:
        return ()
    told = (
        f"The opening hours of {unknown} {said.site}s are not known, only that they are full-time: "
        f"means of hours are an assumption, shown for {said.full_time_from_hours:g} and for "
        f"{LONG_WEEK_H:g} hours a week each."
    )
    return (told,)


def _gaps(fairness: pd.DataFrame, names: Mapping[str, str], said: Wording) -> Table:
    frame = _labelled(fairness[fairness["group_kind"] != "everyone"], said)
    frame["sites"] = frame["sites"].map(SITES)
    frame["group"] = [
        str(names.get(group, group)) if kind == "nearest_before" else str(group)
        for kind, group in zip(frame["group_kind"], frame["group"], strict=True)
    ]
    frame["kind"] = [
        KIND_WORDS[str(kind)].replace("site", said.site) for kind in frame["group_kind"]
    ]
    columns = (
        Column("scenario", "Scenario"),
        Column("mode", "Travelling"),
        Column("sites", f"{said.Sites} counted"),
        Column("kind", "Told apart by"),
        Column("group", "Group"),
        Column("weight", said.Unit, "count"),
        Column("areas", "Areas", "count"),
        Column("share_loses", "Share who lose", "percent"),
        Column("mean_before_min", "Mean before", "minutes"),
        Column("mean_after_min", "Mean after", "minutes"),
        Column("mean_change_min", "Mean added", "minutes"),
        Column("median_change_min", "Median added", "minutes"),
        Column("p90_change_min", "Nine in ten have at most so much added", "minutes"),
        Column("worst_change_min", "Most added", "minutes", at_infinity="no longer reached"),
        Column("gap_change_min", "Mean added, less that of all others", "minutes"),
        Column("gap_change_low_min", "90% of draws from", "minutes"),
        Column("gap_change_high_min", "to", "minutes"),
        Column("finite_weight", "Base of the means", "count", said.unit),
    )
    title = f"Who gains and who loses, by group, {said.place}{said.mark}"
    notes = (*said.table_notes, *fairness_notes(groups=said.groups, templates=said.templates))
    return make_table("gaps", title, columns, frame, notes=notes, headers=5)


def _inequality(fairness: pd.DataFrame, said: Wording) -> Table:
    frame = _labelled(fairness[fairness["group_kind"] == "everyone"], said)
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
        Column("sites", f"{said.Sites} counted"),
        *(
            Column(f"{key}_{when}", f"{label}, {when}", "index")
            for key, label in indices
            for when in ("before", "after")
            if f"{key}_{when}" in frame
        ),
    )
    title = (
        f"How evenly minutes to the nearest {said.site} are spread over {said.unit}, before and "
        f"after, {said.place}{said.mark}"
    )
    notes = (*said.table_notes, GINI_SOURCE, CONCENTRATION_SOURCE)
    return make_table("inequality", title, columns, frame, notes=notes, headers=3)


def _outreach(outreach: pd.DataFrame, tried: int, limit_min: float, said: Wording) -> Table:
    frame = outreach.copy()
    frame["mends"] = [said.scenarios.get(name, "nothing: venues alone") for name in frame["mends"]]
    frame["proven"] = ["yes" if proven else "no" for proven in frame["proven"]]
    columns = (
        Column("mends", "Mends"),
        Column("sessions", "Venues", "count"),
        Column("aim", "Chosen for"),
        Column("venue_names", "Where"),
        Column("coverage_regained_share", "Lost cover given back", "percent"),
        Column("minutes_regained_share", "Added minutes given back", "percent"),
        Column("worst_added_min", "Most still added", "minutes", at_infinity="some are left out"),
        Column("covered_share", "Within 30 minutes then", "percent"),
        Column(
            "mean_at_limit_min", f"Mean then, who reaches none counted at {limit_min:g}", "minutes"
        ),
        Column("worst_min", "Longest then", "minutes", at_infinity="some are left out"),
        Column("proven", "Proven the best by the aim"),
    )
    mode = next(iter(said.modes.values()))
    title = (
        f"The best venues for sessions, of {tried} libraries, schools and others tried, {mode}, "
        f"{said.place}{said.mark}"
    )
    return make_table("outreach", title, columns, frame, notes=said.table_notes, headers=3)


def _groups(groups: pd.DataFrame, near: str, said: Wording) -> Table:
    """Return how each group counted fares beside everyone."""
    told = _labelled(groups, said)
    told["sites"] = told["sites"].map(SITES)
    columns = (
        *_case_columns(said),
        Column("group", "Who"),
        Column("weight", "Counted", "count"),
        Column("within_share_before", f"Within {near} before", "percent"),
        Column("within_share_after", f"Within {near} after", "percent"),
        Column("within_share_change", "Change", "percent", "percentage points"),
        Column("mean_change_min", "Mean added", "minutes"),
        Column("weight_loses", "Lose", "count"),
        Column("share_loses", "Share who lose", "percent"),
        Column("finite_weight", "Base of the means", "count"),
    )
    notes = ("Groups overlap, and need not be of the same people.", *said.table_notes)
    title = f"Before and after, by groups counted, {said.place}{said.mark}"
    return make_table("groups", title, columns, told, notes=notes, headers=4)


def _youth(
    youth: pd.DataFrame, centres: gpd.GeoDataFrame, asked: YouthSettings, said: Wording
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
    notes = (
        f"{said.capital(asked.unit)} in all: {total}. They are {said.weight_basis}.",
        *YOUTH_NOTES,
    )
    mode = said.modes[str(frame["mode"].iloc[0])]
    title = (
        f"{said.capital(asked.unit)} near the centres that go, {mode}, and between what their "
        f"loss lies, {said.place}{said.mark}"
    )
    return make_table("youth", title, columns, frame, notes=notes, headers=2)


def _scaled(
    frame: pd.DataFrame, keys: Sequence[str], criteria: Mapping[str, Criterion], said: Wording
) -> pd.DataFrame:
    """Return a frame with titles of criteria, and their values as they are printed."""
    asked = [criteria[str(name)] for name in frame["criterion"]]
    scales = [PRINTED[item.kind.unit] for item in asked]
    told = _labelled(frame, said)
    told["title"] = [item.title for item in asked]
    factors = np.array([scale for scale, _ in scales])
    for key in keys:
        values = frame[key].to_numpy(dtype=np.float64) * factors
        told[key] = np.where(np.isfinite(values), values, np.nan)
    told["value_unit"] = [unit for _, unit in scales]
    return told


def _sensitivity(frame: pd.DataFrame, criteria: Mapping[str, Criterion], said: Wording) -> Table:
    told = _scaled(frame, ("value", "baseline_value"), criteria, said)
    told["words"] = [assumption_words(str(name), said.templates) for name in frame["assumption"]]
    told["choice"] = told["choice"].where(told["choice"] != "", "not applicable")
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
    title = f"Each criterion with one assumption changed at a time, {said.place}{said.mark}"
    return make_table("sensitivity", title, columns, told, notes=said.table_notes, headers=4)


def _hours_kept(frame: pd.DataFrame, criteria: Mapping[str, Criterion], said: Wording) -> Table:
    """Return what a criterion about any open site comes to for each number of hours kept."""
    kept = frame[frame["assumption"] == "agreed_hours"]
    told = _scaled(kept, ("value", "baseline_value"), criteria, said)
    told["label"] = [criteria[str(name)].label for name in kept["criterion"]]
    told["kept"] = [f"{hours:g}" for hours in kept["step"]]
    columns = (
        Column("scenario", "Scenario"),
        Column("label", "Criterion"),
        Column("kept", "Hours a week kept"),
        Column("value", "Value", "value"),
        Column("value_unit", "Unit"),
        Column("outcome", "The figures point to"),
    )
    title = f"What comes of each number of hours kept where they are cut, {said.place}{said.mark}"
    return make_table("hours_kept", title, columns, told, notes=said.table_notes, headers=3)


def _tipping(frame: pd.DataFrame, criteria: Mapping[str, Criterion], said: Wording) -> Table:
    told = _scaled(frame, ("lowest_value", "highest_value"), criteria, said)
    told["words"] = [assumption_words(str(name), said.templates) for name in frame["assumption"]]
    told["told"] = [turns_in_words(row, said.templates) for row in records(frame)]
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
    title = (
        f"Where an outcome turns as one assumption moves and all others stay, "
        f"{said.place}{said.mark}"
    )
    return make_table("tipping", title, columns, told, notes=said.table_notes, headers=4)


def _uncertainty(
    found: Uncertainty, criteria: Mapping[str, Criterion], said: Wording
) -> list[Table]:
    """Return how sure each outcome is, and what each doubt makes of it."""
    spread, parts = found.frame, found.sources_frame
    # before anything changes a change is none in every draw
    still = [name for name, item in criteria.items() if item.kind.of_change]
    nothing = (spread["scenario"] == BASELINE_NAME) & spread["criterion"].isin(still)
    spread = spread[~nothing].reset_index(drop=True)
    told = _scaled(spread, ("low", "median", "high"), criteria, said)
    told["met"] = [in_100(chance) for chance in spread["probability_met"]]
    limits = [criteria[str(name)].threshold for name in spread["criterion"]]
    told["threshold"] = _scaled(spread.assign(limit=limits), ("limit",), criteria, said)["limit"]
    head = (
        Column("scenario", "Scenario"),
        Column("criterion", "Criterion"),
        Column("title", "What it asks"),
    )
    ends = (Column("low", "90% of draws from", "value"), Column("high", "to", "value"))
    tables = [
        make_table(
            "uncertainty",
            f"How sure each outcome is, {said.place}{said.mark}",
            (
                *head,
                Column("threshold", "Threshold", "value"),
                Column("median", "Middle value", "value"),
                *ends,
                Column("value_unit", "Unit of the four"),
                Column("met", "Chance that it is met"),
                Column("likelihood", "The likelier of met and not met"),
            ),
            told,
            notes=said.table_notes,
            headers=3,
        )
    ]
    if len(parts):
        told = _scaled(parts, ("low", "high"), criteria, said)
        told["doubt"] = [source_words(source, said.templates) for source in found.sources]
        for key in ("right_now", "right_then"):
            told[key] = [in_100(chance) for chance in parts[key]]
        tables.append(
            make_table(
                "doubts",
                f"What each doubt alone makes of a criterion, {said.place}{said.mark}",
                (
                    *head,
                    Column("doubt", "What is not known"),
                    *ends,
                    Column("value_unit", "Unit of the two"),
                    Column("share", "Share of the whole range", "percent"),
                    Column("right_now", "Likelier outcome right now"),
                    Column("right_then", "right once it is known"),
                ),
                told,
                notes=said.table_notes,
                headers=4,
            )
        )
    return [*tables, *_headlines(found, said)]


HEADLINES = {
    "share_within_before": "share within reach, before",
    "share_within": "share within reach, after",
    "share_longer": "share who lose",
    "mean_before_min": "mean minutes, before",
    "mean_min": "mean minutes, after",
}
"""What headline figures are called; all count full-time sites."""


def _headlines(found: Uncertainty, said: Wording) -> list[Table]:
    """Return the range of each headline figure, and what each doubt alone makes of it."""
    figures, parts = found.headlines_frame, found.headline_parts_frame
    doubts = [source_words(part) for item in found.headlines for part in item.parts]
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
    for name, subject, frame, columns in (
        ("headlines", "How sure the headline figures are", figures, (value, middle, *ends, unit)),
        (
            "headline_doubts",
            "What each doubt alone makes of a headline figure",
            parts.assign(doubt=doubts),
            (doubt, *ends, unit, share),
        ),
    ):
        if not len(frame):
            continue
        printed = _labelled(frame, said)
        printed["figure"] = [HEADLINES[str(figure)] for figure in frame["figure"]]
        scales = [PRINTED[str(unit)] for unit in frame["unit"]]
        printed["value_unit"] = [words for _, words in scales]
        for key in {"value", "median", "low", "high"} & set(frame):
            printed[key] = frame[key] * [scale for scale, _ in scales]
        title = f"{subject}, full-time {said.site}s, {said.place}{said.mark}"
        notes, headers = said.table_notes, 4 if columns[0] is doubt else 3
        tables.append(
            make_table(name, title, (*head, *columns), printed, notes=notes, headers=headers)
        )
    return tables


Pair = tuple["Verdict", "Verdict"]


def pairs_of(result: StudyResult, scenario: str | None = None) -> list[Pair]:
    """Return each verdict without neighbours' sites and with them."""
    wider = result.with_neighbours
    if wider is None:
        return []
    return [
        (own, counted)
        for own, counted in zip(result.verdicts, wider.verdicts, strict=True)
        if own.scenario != "baseline" and scenario in (None, own.scenario)
    ]


def neighbour_table(result: StudyResult) -> Table | None:
    """Return value and outcome of each criterion, without neighbours' sites and with them."""
    if result.neighbours is None:
        return None
    said = Wording.of(result)
    rows = [
        {
            "scenario": scenario_label(result, own.scenario),
            "criterion": own.criterion.title,
            "baseline_value": said.scaled(own, own.baseline_value),
            "value": said.scaled(own, own.value),
            "outcome": said.outcome(own),
            "counted_baseline_value": said.scaled(own, counted.baseline_value),
            "counted_value": said.scaled(own, counted.value),
            "counted_outcome": said.outcome(counted),
            "unit": said.scale(own)[1],
        }
        for own, counted in pairs_of(result)
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
    title = (
        f"The criteria without and with neighbours' {said.site}s counted, {said.place}{said.mark}"
    )
    frame = pd.DataFrame(rows, columns=[column.key for column in columns])
    made = make_table("neighbours", title, columns, frame, headers=2)
    return made if result.study.policy.public else with_marks(made)


def neighbour_sites(neighbours: pd.DataFrame, words: Wording) -> Table:
    """Return the neighbours' sites: where each is, how that is known, whether it was there."""
    title = f"Neighbours' {words.site}s, how the place of each is known, and if it was there"
    return make_table("neighbour_sites", title, (*WHERE, *EVIDENCE), _known_of(neighbours))


def neighbour_sentence(result: StudyResult, pairs: Sequence[Pair]) -> str:
    """Return what counting neighbours' sites does to outcomes, in a sentence or two."""
    if not pairs or result.neighbours is None:
        return ""
    said = Wording.of(result)
    counted = f"With {numbers.counted(len(result.neighbours), f'neighbouring {said.site}')} counted"
    turned = [pair for pair in pairs if _outcome(pair[0]) != _outcome(pair[1])]
    if not turned:
        return f"{counted}, no outcome changes."
    told = numbers.listed(
        f"{numbers.quoted(own.criterion.title)} from {said.outcome(own)} to {said.outcome(other)}"
        for own, other in turned
    )
    change = "changes" if len(turned) == 1 else "change"
    return f"{counted}, {len(turned)} of {len(pairs)} outcomes {change}: {told}."


def _outcome(verdict: Verdict) -> tuple[object, object]:
    return verdict.outcome, verdict.indication


SHOWN_AREAS = 10
OUTCOMES, AREAS = "streets_outcomes", "streets_areas"
MINUTES = ("before_min", "after_min")


def compared_tables(result: StudyResult) -> list[Table]:
    """Return what changes on the streets that a run is compared with."""
    other = result.on_other_streets
    if other is None:
        return []
    words, named = Wording.of(result), _street_names(result.inputs)
    pairs = _pairs(result.verdicts, other.verdicts)
    tables = [_outcomes(pairs, named, words, values=result.study.policy.public)]
    if (scenario := headline(result)) is not None:
        mode = result.modes[0]
        ours, theirs = (area_changes(item, mode)[scenario] for item in (result, other))
        shown = f"{words.modes[mode]} to the nearest full-time {words.site}, "
        tables.append(_areas(ours, theirs, named, words, of=f"{shown}{words.scenarios[scenario]}"))
    return tables if result.study.policy.public else [with_marks(table) for table in tables]


def compared_sentence(result: StudyResult) -> str:
    """Say how many outcomes are the same on both sets of streets; "" where there is one set."""
    other = result.on_other_streets
    if other is None:
        return ""
    both = _pairs(result.verdicts, other.verdicts)
    pairs = [(ours, theirs) for ours, theirs in both if ours.scenario != BASELINE_NAME]
    same = sum(ours.outcome == theirs.outcome for ours, theirs in pairs)
    here, there = _street_names(result.inputs)
    return (
        f"The study was run twice: on the streets of this report ({here}) and on others ({there}). "
        f"{same} of {len(pairs)} outcomes are the same on both."
    )


def _street_names(files: Sequence[InputFile]) -> tuple[str, str]:
    """Return what the two sets of streets are called: this run's, and the other."""
    found = []
    for role in ("streets", "streets compared"):
        file = next((item.name for item in files if item.role == role), "given in code")
        found.append(file)
    return found[0], found[1]


def _pairs(ours: Iterable[Verdict], others: Iterable[Verdict]) -> list[Pair]:
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
    title = f"Outcomes on two sets of streets, {words.place}{words.mark}"
    return make_table(OUTCOMES, title, columns, pd.DataFrame(rows), headers=3)


def _areas(
    ours: gpd.GeoDataFrame,
    theirs: gpd.GeoDataFrame,
    named: tuple[str, str],
    words: Wording,
    *,
    of: str,
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
    title = (
        f"The {SHOWN_AREAS} areas that differ most between two sets of streets: mean minutes {of}, "
        f"{words.place}{words.mark}"
    )
    rows = most.dropna(subset="differs_min").head(SHOWN_AREAS).reset_index(drop=True)
    return make_table(AREAS, title, columns, rows)


UNKNOWN = "not known"


Tabulation = Callable[["StudyResult", Wording], Table]
TABULATIONS: list[Tabulation] = []


def tabulation(make: Tabulation) -> Tabulation:
    """Have a function's table be in every report's workbook, in the order they are written here."""
    TABULATIONS.append(make)
    return make


def tabulate(result: StudyResult) -> Mapping[str, Table]:
    """Return every table of a study by name, in the order a reader wants them."""
    result.refuse_private()
    words = Wording.of(result)
    tables = [make(result, words) for make in TABULATIONS]
    tables += [_grouped(result, words, *group) for group in groupings(result)]
    counted = neighbour_table(result)
    if counted is not None and result.neighbours is not None:
        tables += [counted, neighbour_sites(result.neighbours, words)]
    tables += background_tables(result, words)
    if (streets := result.streets) is not None:
        known = streets.classes, streets.modes, streets.doubts
        tables += street_tables(*known, result.study.place)
    tables += compared_tables(result)
    return MappingProxyType({table.name: table for table in tables})


def groupings(result: StudyResult) -> Iterator[tuple[str, str, pd.Series]]:
    """Yield the groupings the origins allow: name of the table, its title, group per origin."""
    origins = result.origins
    if "imd_decile" in origins:
        labels = _fifth_labels("most deprived", "least deprived")
        fifth = imd_fifth(origins["imd_decile"])
        title = "the nation's fifth of areas by deprivation (IMD; not fifths of those here)"
        yield "deprivation", title, _named(fifth, labels)
    if "no_car_share" in origins:
        labels = _fifth_labels("fewest cars", "most cars")
        fifth = fifths(origins, "no_car_share", first="high")
        title = (
            f"local fifth of {result.study.unit} by households without a car (areas ranked; "
            f"each about a fifth of {result.study.unit}, not of the areas)"
        )
        yield "no_car", title, _named(fifth, labels)
    if "ward_name" in origins:
        names = origins["ward_name"].astype("str").fillna(UNKNOWN)
        yield "wards", "ward (modelled, not official ward counts)", names
    shown = display_areas(origins, result.areas, public=result.study.weights_public)
    codes = pd.Series(shown.area_of_origin, index=origins.index).astype("str")
    names = shown.areas["name"].astype("str").reindex(codes).fillna("").to_numpy()
    yield "areas", shown.word, codes.where(codes == names, codes + " " + names).str.strip()


def _named(fifth: pd.Series, labels: Mapping[int, str]) -> pd.Series:
    """Return fifths as words; where a fifth is not known, that."""
    return fifth.map(lambda value: labels[int(value)], na_action="ignore").fillna(UNKNOWN)


def _fifth_labels(first: str, last: str) -> dict[int, str]:
    return {1: f"1 ({first})", 2: "2", 3: "3", 4: "4", 5: f"5 ({last})"}


@tabulation
def _tabulate_criteria(result: StudyResult, words: Wording) -> Table:
    """Return the verdicts, a row per scenario and criterion."""
    rows = [
        {
            "scenario": scenario_label(result, verdict.scenario),
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
            "sentence": verdict.sentence,
            "reason": verdict.reason,
        }
        for verdict in result.verdicts
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
    title = f"The criteria and their outcomes under each scenario, {words.place}{words.mark}"
    made = make_table("criteria", title, columns, frame, headers=3)
    return made if result.study.policy.public else with_marks(made)


def _cases(result: StudyResult) -> Iterator[tuple[dict[str, str], Comparison]]:
    """Yield each comparison with the words that name it."""
    for basis in BASES:
        chosen = result.comparisons_full_time if basis == FULL_TIME else result.comparisons
        for (scenario, mode), comparison in chosen.items():
            yield (
                {
                    "scenario": scenario_label(result, scenario),
                    "mode": result.times[mode].mode.label,
                    "sites": basis,
                },
                comparison,
            )


def _facts(
    result: StudyResult, comparison: Comparison, by: pd.Series | None = None
) -> pd.DataFrame:
    """Return a comparison's facts, near being what it is by its mode."""
    return facts(comparison, by, cutoff_min=result.study.near_min(comparison.mode.name))


def _near(result: StudyResult, unit: str) -> str:
    """Return how many minutes are near, with those of any mode for which it is others."""
    usual = result.study.cutoff_min
    limits = {name: result.study.near_min(name) for name in result.times}
    others = [
        f"{_mode(result, name)} {limit:g}" for name, limit in limits.items() if limit != usual
    ]
    return f"{usual:g} {unit}" + (f" ({', '.join(others)})" if others else "")


def _case_columns(words: Wording) -> tuple[Column, ...]:
    return (
        Column("scenario", "Scenario"),
        Column("mode", "Travelling"),
        Column("sites", f"{words.Sites} counted"),
    )


@tabulation
def within_table(result: StudyResult, words: Wording) -> Table:
    """Return how many are within the cutoff, before and after."""
    rows = [{**case, **_facts(result, comparison).iloc[0]} for case, comparison in _cases(result)]
    columns = (
        *_case_columns(words),
        Column("within_before", "Within before", "count", words.unit),
        Column("within_after", "Within after", "count", words.unit),
        Column("within_share_before", "Share within before", "percent"),
        Column("within_share_after", "Share within after", "percent"),
        Column("within_share_change", "Change", "percent", "percentage points"),
        Column("weight", "All", "count", words.unit),
    )
    title = (
        f"{words.Unit} within {_near(result, 'minutes')} of the nearest {words.site}, before and "
        f"after, {words.place}{words.mark}"
    )
    return _make(("within", title), columns, rows, words, result.study.policy)


@tabulation
def _added(result: StudyResult, words: Wording) -> Table:
    """Return minutes to the nearest before and after, and for whom they are added or saved."""
    settings = result.study.settings
    rows = [{**case, **_facts(result, comparison).iloc[0]} for case, comparison in _cases(result)]
    columns = (
        *_case_columns(words),
        Column("mean_before_min", "Mean before", "minutes"),
        Column("mean_after_min", "Mean after", "minutes"),
        Column("mean_change_min", "Mean added", "minutes"),
        Column("weight_loses", f"Lose: over {settings.loser_min:g} min added", "count", words.unit),
        Column("share_loses", "Share who lose", "percent"),
        Column("worst_change_min", "Most added", "minutes", at_infinity="no longer reached"),
        Column("weight_gains", f"Over {settings.loser_min:g} min saved", "count", words.unit),
        Column("weight_loses_all", "Reach none any more", "count", words.unit),
        Column("finite_weight", "Base of the means", "count", words.unit),
    )
    title = (
        f"Minutes to the nearest {words.site} before and after, and {words.unit} with minutes "
        f"added or saved, "
        f"{words.place}{words.mark}"
    )
    return _make(("added_time", title), columns, rows, words, result.study.policy)


@tabulation
def _affected(result: StudyResult, words: Wording) -> Table:
    """Return from how many minutes to how many those go who lose."""
    settings = result.study.settings
    rows = []
    for case, comparison in _cases(result):
        row = _facts(result, comparison).iloc[0]
        losers = _facts(result, comparison, _loses(comparison))
        means = losers.reindex([True])[["mean_before_min", "mean_after_min"]].iloc[0]
        rows.append({**case, **row, **means})
    columns = (
        *_case_columns(words),
        Column("weight_loses", f"Lose: over {settings.loser_min:g} min added", "count", words.unit),
        Column("share_loses", "Share who lose", "percent"),
        Column("mean_before_min", "Their mean before", "minutes"),
        Column("mean_after_min", "Their mean after", "minutes"),
    )
    title = (
        f"{words.Unit} who lose, and their minutes to the nearest {words.site} before and after, "
        f"{words.place}{words.mark}"
    )
    made = _make(("affected", title), columns, rows, words, result.study.policy)
    gone = made.frame["weight_loses"].isna() | (made.frame["weight_loses"] == 0)
    known = made.frame[["mean_before_min", "mean_after_min"]].mask(gone)
    return replace(made, frame=made.frame.assign(**known))


def _loses(comparison: Comparison) -> pd.Series:
    """Return of each origin whether it loses."""
    return comparison.frame["outcome"].isin(LOSES)


def _curve(curve: pd.DataFrame, said: Wording) -> Table:
    """Return the share within each of several times, before and after."""
    told = _labelled(curve, said)
    told["sites"] = told["sites"].map(SITES)
    span = "10 to 60 minutes" + ", there and back 20 to 120," * (VISIT in set(curve["mode"]))
    told["minutes"] = [f"{cutoff:g}" for cutoff in told["cutoff_min"]]
    columns = (
        *_case_columns(said),
        Column("minutes", "Minutes"),
        Column("within_before", "Within before", "count", said.unit),
        Column("within_after", "Within after", "count", said.unit),
        Column("within_share_before", "Share within before", "percent"),
        Column("within_share_after", "Share within after", "percent"),
        Column("within_share_change", "Change", "percent", "percentage points"),
    )
    title = (
        f"{said.Unit} within {span} of the nearest {said.site}, before and after, "
        f"{said.place}{said.mark}"
    )
    return make_table("curve", title, columns, told, notes=said.table_notes, headers=4)


def _keeping(result: StudyResult, findings: Findings, words: Wording) -> Table:
    """Return what keeping some of the sites that go would change."""
    settings, names = result.study.settings, result.sites["name"].astype(str)
    rows = [
        {
            "scenario": "; ".join(names[list(kept)]) or "none of them",
            **_facts(result, comparison).iloc[0],
        }
        for kept, comparison in findings.keeping.items()
    ]
    mode = next(iter(findings.keeping.values())).mode.label
    columns = (
        Column("scenario", "Kept at full hours"),
        Column("within_share_after", f"Within {result.study.cutoff_min:g} min after", "percent"),
        Column("mean_after_min", "Mean after", "minutes"),
        Column("weight_loses", f"Lose: over {settings.loser_min:g} min added", "count", words.unit),
        Column("share_loses", "Share who lose", "percent"),
    )
    title = f"If some kept full hours, {mode}, {words.place}{words.mark}"
    named, policy = ("keeping", title), result.study.policy
    return hidden_table(named, columns, pd.DataFrame(rows), policy, notes=words.table_notes)


def _grouped(
    result: StudyResult, words: Wording, name: str, title: str, groups: pd.Series
) -> Table:
    """Return before and after by a grouping, counting full-time sites."""
    settings = result.study.settings
    rows = [
        {**case, "group": str(group), **row}
        for case, comparison in _cases(result)
        if case["sites"] == FULL_TIME
        for group, row in _facts(result, comparison, groups).iterrows()
    ]
    columns = (
        Column("scenario", "Scenario"),
        Column("mode", "Travelling"),
        Column("group", words.capital(title.split(" (", maxsplit=1)[0].removeprefix("the "))),
        Column("weight", words.Unit, "count"),
        Column("within_share_before", f"Within {_near(result, 'min')} before", "percent"),
        Column("within_share_after", f"Within {_near(result, 'min')} after", "percent"),
        Column("within_share_change", "Change", "percent", "percentage points"),
        Column("mean_before_min", "Mean before", "minutes"),
        Column("mean_after_min", "Mean after", "minutes"),
        Column("mean_change_min", "Mean added", "minutes"),
        Column("weight_loses", f"Lose: over {settings.loser_min:g} min added", "count", words.unit),
        Column("share_loses", "Share who lose", "percent"),
    )
    full_title = (
        f"Before and after by {title}: {words.unit} and minutes to the nearest full-time "
        f"{words.site}, {words.place}{words.mark}"
    )
    return _make((name, full_title), columns, rows, words, result.study.policy)


def _make(
    named: tuple[str, str],
    columns: tuple[Column, ...],
    rows: list[dict[str, object]],
    words: Wording,
    policy: Policy,
) -> Table:
    """Return a table of facts, its columns there even when no scenario could be compared."""
    frame = pd.DataFrame(rows) if rows else pd.DataFrame(columns=[item.key for item in columns])
    made = hidden_table(named, columns, frame, policy, notes=words.table_notes)
    return replace(made, headers=3)
