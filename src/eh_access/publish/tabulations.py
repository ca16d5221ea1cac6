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
from eh_access.publish.numbers import in_100
from eh_access.publish.table import (
    NOT_AVAILABLE,
    Cover,
    Table,
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
    from eh_access.study.config import Study, YouthSettings
    from eh_access.study.findings import Findings
    from eh_access.study.records import InputFile
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
            rows.set_index("group")[[*AREA_FACTS, "weight_loses_all"]]
            .rename(columns=AREA_FACTS)
            .round(4)
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


# ---- a table from its name and its rows ---------------------------------------------------------


def plain_table(
    name: str,
    rows: pd.DataFrame | Sequence[object],
    words: Wording,
    *,
    notes: tuple[str, ...] = (),
    **facts: object,
) -> Table:
    """Return a table with the title and the columns that templates have for its name."""
    columns, headers = words.columns(name, **facts)
    keys = [column.key for column in columns]
    frame = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(rows, columns=keys)
    title = words.part("titles", name, **facts)
    return make_table(name, title, columns, frame, notes=notes, headers=headers)


def people_table(
    name: str,
    rows: pd.DataFrame | Sequence[object],
    words: Wording,
    *,
    notes: tuple[str, ...] | None = None,
    **facts: object,
) -> Table:
    """Return a table of people: in its title their place, and how sure; below, what it is of."""
    below = words.table_notes if notes is None else notes
    made = plain_table(name, rows, words, notes=below, **facts)
    return replace(made, title=f"{made.title}, {words.place}{words.mark}")


def hidden_table(
    name: str,
    rows: Sequence[Mapping[str, object]],
    words: Wording,
    policy: Policy,
    *,
    kind: str = "",
    **facts: object,
) -> Table:
    """Return a table of people without what is of too few; ``kind``: in the words of another."""
    shown: pd.DataFrame | Sequence[object] = rows
    log = None
    if rows:  # none where no scenario could be compared
        shown, log = redact_table(pd.DataFrame(rows), policy, table=name)
    made = people_table(kind or name, shown, words, notes=None, **facts)
    return replace(made, name=name, hidden=None if policy.public else log)


def _labelled(frame: pd.DataFrame, words: Wording) -> pd.DataFrame:
    """Return a frame with scenarios, ways of travelling and sites counted in words."""
    labelled = frame.assign(scenario=[words.scenarios[str(name)] for name in frame["scenario"]])
    if "mode" in frame:
        labelled["mode"] = [words.modes.get(str(name), str(name)) for name in frame["mode"]]
    return labelled.replace({"sites": SITES}) if "sites" in frame else labelled


def _marked(tables: Iterable[Table], words: Wording, policy: Policy) -> list[Table]:
    """Return tables whose missing figures are marked as hidden where some are."""
    if policy.public:
        return list(tables)
    return [with_marks(table, words.hidden_mark) for table in tables]


# ---- what every study has -----------------------------------------------------------------------

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
        _grouped(full_time, name, groups, shown.word, words, policy)
        for name, groups in groupings(result.origins, shown)
    ]
    if result.neighbours is not None:
        pairs = same_questions(result.verdicts, (result.with_neighbours or result).verdicts)
        people.append(_neighbours(changes_of(pairs), words))
        people.append(plain_table("neighbour_sites", _known_of(result.neighbours), words))
    modes = study.settings.travel_modes().values()
    effects: Sequence[Assumed]
    if streets is None:
        fit = facts_about(result.notes, "estimated")
        speeds = [_speed(mode, words, not_recorded=frozenset(), fit=fit) for mode in modes]
        effects = words.rows("assumptions", "estimated")
    else:
        lost, known = streets.not_recorded, streets.steepness is not None
        speeds = [_speed(mode, words, not_recorded=lost, fit={}) for mode in modes]
        effects = [
            row
            for mode in modes
            for row in _effects(mode, streets.gaps[mode.name], lost, words, knows_heights=known)
        ]
    date = None if result.buses is None else result.buses.date
    tables = [
        *_marked(people, words, policy),
        _sites(result.sites, result.scenario_sites, words),
        plain_table("assumptions", _assumptions(study, words, speeds, effects, date), words),
        plain_table("sources", sources_frame(result.provenance), words),
        plain_table("inputs", _inputs(result.inputs), words),
        plain_table("counts", [vars(item) for item in result.counts], words),
    ]
    if streets is not None:
        tables += _streets(streets.classes, streets.modes, streets.doubts, words)
    if (other := result.on_other_streets) is not None:
        pairs = same_questions(result.verdicts, other.verdicts)
        both = result.comparisons_full_time, other.comparisons_full_time
        named = street_names(result.inputs)
        others = compared_tables(pairs, both, named, words, shown, study)
        tables += _marked(others, words, policy)
    return MappingProxyType({table.name: table for table in tables})


def groupings(origins: gpd.GeoDataFrame, shown: DisplayAreas) -> Iterator[tuple[str, pd.Series]]:
    """Yield the groupings the origins allow: name of the table, group per origin."""
    if "imd_decile" in origins:
        fifth = imd_fifth(origins["imd_decile"])
        yield DEPRIVATION, _named(fifth, "most deprived", "least deprived")
    if "no_car_share" in origins:
        fifth = fifths(origins, "no_car_share", first="high")
        yield "no_car", _named(fifth, "fewest cars", "most cars")
    if "ward_name" in origins:
        yield "wards", origins["ward_name"].astype("str").fillna(UNKNOWN)
    codes = shown.area_of_origin.astype("str")
    names = shown.areas["name"].astype("str").reindex(codes).fillna("").to_numpy()
    yield "areas", codes.where(codes == names, codes + " " + names).str.strip()


def _named(fifth: pd.Series, first: str, last: str) -> pd.Series:
    """Return fifths as words; where a fifth is not known, that."""
    labels = {1: f"1 ({first})", 2: "2", 3: "3", 4: "4", 5: f"5 ({last})"}
    return fifth.map(lambda value: labels[int(value)], na_action="ignore").fillna(UNKNOWN)


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
    return people_table("criteria", rows, words, notes=())


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


@tabulation
def within_table(cases: NamedCases, words: Wording, policy: Policy) -> Table:
    """Return how many are within the cutoff, before and after."""
    rows = [{**case, **_facts(comparison, words).iloc[0]} for case, comparison in cases]
    return hidden_table("within", rows, words, policy, near=words.near("minutes"))


@tabulation
def _added(cases: NamedCases, words: Wording, policy: Policy) -> Table:
    """Return minutes to the nearest before and after, and for whom they are added or saved."""
    rows = [{**case, **_facts(comparison, words).iloc[0]} for case, comparison in cases]
    return hidden_table("added_time", rows, words, policy)


@tabulation
def _affected(cases: NamedCases, words: Wording, policy: Policy) -> Table:
    """Return from how many minutes to how many those go who lose."""
    keys = ["mean_before_min", "mean_after_min"]
    rows, means = [], []
    for case, comparison in cases:
        row = _facts(comparison, words).iloc[0]
        losers = _facts(comparison, words, comparison.frame["outcome"].isin(LOSES))
        means.append(losers.reindex([True])[keys].iloc[0])
        rows.append({**case, **row, **means[-1]})
    made = hidden_table("affected", rows, words, policy)
    gone = made.frame["weight_loses"].isna() | (made.frame["weight_loses"] == 0)
    known = made.frame[keys].mask(gone)
    # page 1 rounds to the minute: from the table's tenths that would be rounding twice
    exact = pd.DataFrame(means, columns=keys).reset_index(drop=True).where(known.notna())
    return replace(made, frame=made.frame.assign(**known, **exact.add_prefix("exact_")))


def _grouped(
    cases: NamedCases, name: str, groups: pd.Series, area: str, words: Wording, policy: Policy
) -> Table:
    """Return before and after by a grouping; ``area``: what a small area is called."""
    group = words.part("titles", name, area=area)
    rows = [
        {**case, "group": str(group), **row}
        for case, comparison in cases
        for group, row in _facts(comparison, words, groups).iterrows()
    ]
    heading = numbers.capital(group.split(" (", maxsplit=1)[0].removeprefix("the "))
    return hidden_table(name, rows, words, policy, kind="grouped", group=group, heading=heading)


# ---- sites, assumptions, inputs and streets -----------------------------------------------------

FULL_HOURS = "full hours"
CLOSED = "closed"
BASIS_WORDS = {
    "surveyed": "surveyed",
    "postcode": "by postcode",
    "street": "by street",
    "estimate": "ESTIMATED",
    "unknown": "NOT KNOWN, left out",
}


def _sites(
    sites: gpd.GeoDataFrame, scenarios: Mapping[str, gpd.GeoDataFrame], words: Wording
) -> Table:
    """Return every site, how its place is known, and its hours under each scenario."""
    frame = _known_of(sites)
    for name, under in scenarios.items():
        at = under.reindex(sites.index)
        frame[f"hours {name}"] = [
            hours_words(is_open, hours)
            for is_open, hours in zip(at["is_open"], at["hours_per_week"], strict=True)
        ]
    return plain_table("sites", frame, words, scenarios=list(scenarios))


def hours_words(is_open: object, hours: object) -> str:
    """Return a site's hours in words."""
    number = float(str(hours))
    if not is_open or number == 0:
        return CLOSED
    return FULL_HOURS if pd.isna(number) else f"{number:g} hours a week"


def _known_of(sites: pd.DataFrame) -> pd.DataFrame:
    """Return what is known of each site's place and of whether it was there."""
    return pd.DataFrame(
        {
            "site_id": sites.index.astype("str"),
            "name": sites["name"].to_numpy(),
            "location": sites["location_basis"].map(BASIS_WORDS).to_numpy(),
            "radius": sites["location_radius_m"].to_numpy(),
            "existence": sites["existence"].to_numpy(),
            "evidence": _stated(sites, "evidence"),
            "source": _stated(sites, "source"),
        }
    )


def _stated(frame: pd.DataFrame, name: str) -> list[str]:
    """Return a text column, "not stated" where it or a value is absent."""
    if name not in frame:
        return ["not stated"] * len(frame)
    return ["not stated" if pd.isna(value) else str(value) for value in frame[name]]


Assumed = Sequence[str]
"""What was assumed, its value, its source."""


def _assumptions(
    study: Study,
    words: Wording,
    speeds: Iterable[Assumed],
    effects: Iterable[Assumed],
    date: dt.date | None,
) -> list[Assumed]:
    """Return every number somebody chose: speeds, cutoffs, thresholds; who and from where."""
    feeds = [] if study.transit is None else [Path(feed).name for feed in study.transit.feeds]
    chosen = words.rows("assumptions", "chosen", study=study, date=date, feeds=feeds)
    return [*speeds, *chosen, *effects, *words.rows("assumptions", "criteria", study=study)]


def _speed(
    mode: TravelMode, words: Wording, *, not_recorded: frozenset[str], fit: Mapping[str, float]
) -> Assumed:
    """Return the speed of a way of travelling; ``fit``: how an estimate by car was made."""
    what = f"Speed {mode.label}"
    if not mode.uses_road_speeds:
        return what, f"{mode.speed_km_h:g} km/h", mode.source
    if fit:  # it knows neither limits nor junctions
        return what, _assumed(words, "fitted", **fit), _assumed(words, "fitted_source")
    by = "by_class" if "maxspeed" in not_recorded else "by_road"
    return what, _assumed(words, by, not_recorded=NOT_RECORDED), mode.source


def _effects(
    mode: TravelMode,
    lacking: Sequence[str],
    not_recorded: frozenset[str],
    words: Wording,
    *,
    knows_heights: bool,
) -> Iterator[Assumed]:
    """Yield what hills, junctions, steps and the like do to one way of travelling."""
    assumed = partial(_assumed, words, mode=mode, active_places_s=ACTIVE_PLACES_PARKING_S)
    hills = mode.hill_function if mode.counts_hills else "no_hills"
    level = mode.counts_hills and not knows_heights
    yield f"Hills {mode.label}", assumed("level" if level else hills), assumed(f"{hills}_source")
    if mode.uses_road_speeds:
        for what in ("junctions", "parking"):
            yield f"{what.capitalize()} {mode.label}", assumed(what), assumed(f"{what}_source")
    if mode.rules in WHEELED:
        for what, rules in WHEELED[mode.rules].items():
            yield f"{what} {mode.label}", _recorded(rules, not_recorded, words), assumed("tags")
    elif lacking:
        gone = f"{NOT_RECORDED}: {', '.join(lacking)}"
        yield f"Closed {mode.label}", gone, assumed("all_open")


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


def _assumed(words: Wording, part: str, **facts: object) -> str:
    return words.part("assumptions", part, **facts)


def _inputs(files: Iterable[InputFile]) -> list[dict[str, object]]:
    return [
        {**vars(item), "rows": "no rows" if item.rows is None else f"{item.rows:,}"}
        for item in files
    ]


def _streets(
    classes: pd.DataFrame, connection: pd.DataFrame, open_points: pd.DataFrame, words: Wording
) -> list[Table]:
    """Return what the streets hold by kind and by mode, and what their tags leave open."""
    kinds = classes.sort_values("total_km", ascending=False, kind="stable").reset_index()
    open_to = [(name, label) for name, label in LABELS.items() if f"{name}_km" in kinds]
    modes, doubts = (
        frame.assign(mode=[LABELS.get(str(name), str(name)) for name in frame["mode"]])
        for frame in (connection.reset_index(), open_points)
    )
    return [
        plain_table("street_kinds", kinds, words, open_to=open_to),
        plain_table("street_modes", modes, words),
        plain_table("street_doubts", doubts, words),
    ]


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


# ---- with neighbours' sites, and on other streets -----------------------------------------------

Pair = tuple["Verdict", "Verdict"]


def same_questions(ours: Iterable[Verdict], others: Iterable[Verdict]) -> list[Pair]:
    """Return each verdict with the other run's on the same criterion and scenario."""
    theirs = {(item.scenario, item.criterion.id): item for item in others}
    return [(item, theirs[item.scenario, item.criterion.id]) for item in ours]


def changes_of(pairs: Iterable[Pair]) -> list[Pair]:
    """Return the pairs of verdicts on a change: all but the baseline's."""
    return [pair for pair in pairs if pair[0].scenario != BASELINE_NAME]


def _neighbours(pairs: Iterable[Pair], words: Wording) -> Table:
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
    return people_table("neighbours", rows, words, notes=())


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
    # values only where what is counted is public
    facts = {"here": here, "there": there, "values": study.policy.public}
    tables = [people_table(OUTCOMES, rows, words, notes=(), **facts)]
    if (scenario := decided_scenario(study.scenarios)) is not None:
        mode, label = next(iter(words.modes.items()))
        areas = [
            area_changes(each, mode, shown, cutoff_min=study.near_min(mode), policy=study.policy)
            for each in both
        ]
        most = _most_different(*(by_scenario[scenario] for by_scenario in areas))
        facts |= {"most": str(SHOWN_AREAS), "mode": label, "scenario": words.scenarios[scenario]}
        tables.append(people_table(AREAS, most, words, notes=(), **facts))
    return tables


def _most_different(ours: gpd.GeoDataFrame, theirs: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the areas whose minutes to the nearest full-time site differ most."""
    both = pd.DataFrame(
        {"area": ours["name"].astype("str"), "weight": ours["weight"]}
        | {key: ours[key] for key in MINUTES}
        | {f"other_{key}": theirs[key] for key in MINUTES}
    )
    differences = [both[key] - both[f"other_{key}"] for key in MINUTES]
    both["differs_min"] = pd.concat(differences, axis=1).abs().max(axis=1)
    most = both.sort_values(["differs_min", "area"], ascending=[False, True], kind="stable")
    return most.dropna(subset="differs_min").head(SHOWN_AREAS)


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


# ---- what was found beyond the criteria ---------------------------------------------------------

SITES = {"open": ANY_SITE, "full_time": FULL_TIME}
OPEN_WORDS = {"full_time": "full-time", "open": "open at all"}


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
        tables.append(_keeping(findings.keeping, findings.best_kept, names, words, study.policy))
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
        protected = not study.policy.public
        tables += _uncertainty(result.uncertainty, criteria, words, protected=protected)
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


def _readings(readings: pd.DataFrame, words: Wording) -> Table:
    """Return what is within reach by what counts as open."""
    frame = _labelled(readings, words)
    unknown = int(frame["sites_hours_unknown"].max())
    facts = {"mode": frame["mode"].iloc[0], "unknown": unknown, "long_week_h": LONG_WEEK_H}
    notes = words.table_notes
    if unknown:
        notes = (words.part("tables", "hours_unknown", **facts), *notes)
    return people_table("readings", frame, words, notes=notes, **facts)


def _curve(curve: pd.DataFrame, words: Wording) -> Table:
    """Return the share within each of several times, before and after."""
    frame = _labelled(curve, words)
    frame["minutes"] = [f"{cutoff:g}" for cutoff in frame["cutoff_min"]]
    return people_table("curve", frame, words, visits=VISIT in set(curve["mode"]))


def _gaps(fairness: pd.DataFrame, words: Wording, *, names: Mapping[str, str]) -> Table:
    """Return who gains and who loses, by group."""
    frame = _labelled(fairness[fairness["group_kind"] != "everyone"], words)
    frame["group"] = [
        str(names.get(group, group)) if kind == "nearest_before" else str(group)
        for kind, group in zip(frame["group_kind"], frame["group"], strict=True)
    ]
    frame["kind"] = [words.part("tables", f"kind_{kind}") for kind in frame["group_kind"]]
    notes = (*words.table_notes, *fairness_notes(groups=words.groups, templates=words.templates))
    return people_table("gaps", frame, words, notes=notes)


def _inequality(fairness: pd.DataFrame, words: Wording) -> Table:
    """Return how evenly minutes are spread over everybody."""
    frame = _labelled(fairness[fairness["group_kind"] == "everyone"], words)
    frame = frame.dropna(axis="columns", how="all")
    explained = (words.part("tables", index) for index in ("gini", "concentration"))
    notes = (*words.table_notes, *explained)
    return people_table("inequality", frame, words, notes=notes, known=list(frame))


def _keeping(
    keeping: Mapping[tuple[str, ...], Comparison],
    best: pd.Series,
    names: Mapping[str, str],
    words: Wording,
    policy: Policy,
) -> Table:
    """Return what keeping some of the sites that go would change."""
    rows = [
        {
            "scenario": "; ".join(names[site] for site in kept) or "none of them",
            **_facts(comparison, words).iloc[0],
            "draws_fewest": best.get(kept[0], np.nan) if len(kept) == 1 else np.nan,
        }
        for kept, comparison in keeping.items()
    ]
    mode = next(iter(keeping.values())).mode.label
    return hidden_table("keeping", rows, words, policy, mode=mode, drawn=len(best) > 1)


def _outreach(outreach: pd.DataFrame, tried: int, limit_min: float, words: Wording) -> Table:
    """Return the best venues for sessions."""
    frame = outreach.copy()
    frame["mends"] = [words.scenarios.get(name, "nothing: venues alone") for name in frame["mends"]]
    frame["proven"] = ["yes" if proven else "no" for proven in frame["proven"]]
    mode = next(iter(words.modes.values()))
    return people_table("outreach", frame, words, tried=tried, mode=mode, limit_min=limit_min)


def _groups(groups: pd.DataFrame, words: Wording) -> Table:
    """Return how each group counted fares beside everyone."""
    notes = (words.part("tables", "groups_overlap"), *words.table_notes)
    return people_table("groups", _labelled(groups, words), words, notes=notes)


ANY_LOST_LABEL = "any of them"
YOUTH_NOTES = ("at_least", "at_most", "near_several", "venue", "not_offered")


def _youth(
    youth: pd.DataFrame, centres: gpd.GeoDataFrame, asked: YouthSettings, words: Wording
) -> Table:
    """Return between what the loss of youth centres lies."""
    known = _known_of(centres).set_index("site_id")
    frame = youth.join(known, on="site_id").fillna({"name": ANY_LOST_LABEL})
    frame["location"] = frame["location"].fillna("as each")
    frame["minutes"] = [f"{minutes:g}" for minutes in frame["cutoff_min"]]
    total = f"{frame['weight'].iloc[0]:,.0f}" if frame["weight"].notna().all() else "not shown"
    facts = {"unit": asked.unit, "mode": words.modes[str(frame["mode"].iloc[0])]}
    notes = (
        words.part("tables", "youth", total=total, **facts),
        *(words.part("tables", f"youth_{part}") for part in YOUTH_NOTES),
    )
    return people_table("youth", frame, words, notes=notes, **facts)


def _journeys(transit: pd.DataFrame, words: Wording) -> Table:
    """Return how families get to the nearest centre by timetable."""
    frame = _labelled(transit, words)
    frame["sites"] = [OPEN_WORDS[str(kind)] for kind in transit["sites"]]
    return people_table("transit", frame, words, near_min=words.near_min[TRANSIT])


def _limits(limits: pd.DataFrame, words: Wording) -> Table:
    """Return what keeps families from a whole session."""
    frame = _labelled(limits, words)
    frame["limit"] = [words.part("tables", f"limit_{name}") for name in frame["limit"]]
    return people_table("limits", frame, words)


def tickets_table(tickets: pd.DataFrame, words: Wording) -> Table:
    """Return who runs which lines, and what their tickets cost."""
    frame = tickets.assign(lines=tickets["lines"].replace("", "none here"))
    frame["ticket"] = frame["ticket"].fillna("not given")
    return plain_table("tickets", frame, words)


def _sessions(sessions: pd.DataFrame, words: Wording) -> Table:
    """Return how many sessions a week can be attended whole."""
    return people_table("sessions", _labelled(sessions, words), words)


def _load(load: pd.DataFrame, words: Wording, *, names: Mapping[str, str]) -> Table:
    """Return which families would go where."""
    frame = _labelled(load, words)
    frame["site"] = [names.get(site, site) for site in frame["site_id"]]
    full = load["sites"].iloc[0] == "full_time"
    notes = (words.part("tables", "load"), *words.table_notes) if full else words.table_notes
    facts = {"mode": frame["mode"].iloc[0], "places": frame["capacity"].notna().any()}
    return people_table("load", frame, words, notes=notes, full=full, **facts)


# ---- other choices ------------------------------------------------------------------------------

COLUMN_KINDS = {"share": "percent", "min": "minutes", "weight": "count"}
RANK_COLUMNS = ("council", "best", "regret")
MOST_SETS = 1_000
"""Listed in a table: nobody reads on, and alternatives.csv has them all."""


def choice_tables(alternatives: Alternatives, words: Wording) -> list[Table]:
    """Return the tables of the other choices."""
    tables = [_choices(alternatives, words), _contributions(alternatives, words)]
    return [_ranks(alternatives, words), *tables] if len(alternatives.regret()) else tables


def _ranks(alternatives: Alternatives, words: Wording) -> Table:
    """Return how the choice made ranks by each measure."""
    names = dict(
        zip(alternatives.singles["closed_sites"], alternatives.singles["closed_names"], strict=True)
    )
    rows = []
    for row in records(alternatives.regret().reset_index()):
        scale, unit = PRINTED.get(row["unit"], (1.0, words.unit))
        decimals = 1 if row["unit"] in PRINTED else 0
        best = numbers.listed(str(names.get(site, site)) for site in row["best_sites"].split("; "))
        if not math.isfinite(row["best"]):
            best = NOT_AVAILABLE  # where no set has a figure none of them is best
        rows.append(
            {
                **row,
                "measure": row["label"],
                "unit": unit,
                "best_sites": best,
                "counted": "yes" if row["measure"] in alternatives.counted else "no",
                **{key: round(_finite(row[key] * scale), decimals) for key in RANK_COLUMNS},
            }
        )
    size, notes = len(alternatives.council), _notes(alternatives, words)
    return plain_table("choice", rows, words, notes=notes, size=size)


def _finite(value: float) -> float:
    return value if math.isfinite(value) else math.nan


def ranks_in_words(table: Table, words: Wording) -> Table:
    """Return the table of ranks for a page: each figure with its unit, one column for the rank."""
    frame = table.frame.copy()
    frame["measure"] = [
        label if counted == "yes" else f"{label} (not counted: see the notes)"
        for label, counted in zip(frame["measure"], frame["counted"], strict=True)
    ]
    apart = frame["unit"].replace("percent", "percentage points")  # of a difference
    for key in RANK_COLUMNS:
        units = apart if key == "regret" else frame["unit"]
        frame[key] = [
            _with_unit(float(value), str(unit))
            for value, unit in zip(frame[key], units, strict=True)
        ]
    frame["rank"] = [
        f"{row['rank']:.0f} of {row['ranked']:.0f}{joint(row['tied'])}" for row in records(frame)
    ]
    columns, _ = words.columns("choice_in_words")
    return make_table(table.name, table.title, columns, frame, notes=table.notes)


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


def _choices(alternatives: Alternatives, words: Wording) -> Table:
    """Return the sets of sites that could close, and how each scores."""
    listed = alternatives.frame["is_council_choice"] | (
        np.arange(len(alternatives.frame)) < MOST_SETS
    )
    frame = alternatives.frame[listed].reset_index()
    scored = frame["scored"].astype(bool)
    frame["scored_in_words"] = np.where(scored, "scored", "not scored")
    for key in ("in_pareto", "is_council_choice"):
        frame[key] = np.where(frame[key].fillna(value=False).astype(bool), "yes", "no")
    frame["in_pareto"] = frame["in_pareto"].where(scored, "not scored")
    measures = _measures(alternatives, {"weight": words.unit, "points": "percentage points"})
    for key, *_ in measures:
        frame[key] = _bounded(frame[key])
    facts = {
        "size": len(alternatives.sets[0]),
        "cut": not listed.all(),
        "most": MOST_SETS,
        "sets": len(alternatives.frame),
    }
    notes = _notes(alternatives, words)
    return plain_table("choices", frame, words, notes=notes, measures=measures, **facts)


def _contributions(alternatives: Alternatives, words: Wording) -> Table:
    """Return what closing each site alone would change."""
    frame = alternatives.contribution().reset_index()
    points = dict.fromkeys(("share", "points"), "percentage points")
    measures = _measures(alternatives, points | {"weight": words.unit})
    for key, *_ in measures:
        frame[f"change_{key}"] = _bounded(frame[f"change_{key}"])
    notes = _notes(alternatives, words)
    return people_table("contributions", frame, words, notes=notes, measures=measures)


def _measures(
    alternatives: Alternatives, units: Mapping[str, str]
) -> list[tuple[str, str, str, str]]:
    """Return key, label, kind and unit of each measure's column; ``units``: beside the kind's."""
    return [
        (item.key, item.label, COLUMN_KINDS.get(item.unit, "value"), units.get(item.unit, ""))
        for item in alternatives.measures
    ]


def _bounded(figures: pd.Series) -> pd.Series:
    """Return figures, those without a bound missing."""
    return figures.astype(float).replace([math.inf, -math.inf], math.nan)


def _notes(alternatives: Alternatives, words: Wording) -> tuple[str, ...]:
    sentences = (note_text(note, words.templates) for note in alternatives.notes)
    return (*sentences, words.part("tables", "no_bound"))


# ---- how sure -----------------------------------------------------------------------------------


def _scaled(
    frame: pd.DataFrame, keys: Sequence[str], criteria: Mapping[str, Criterion], words: Wording
) -> pd.DataFrame:
    """Return a frame with titles of criteria, and their values as they are printed."""
    asked = [criteria[str(name)] for name in frame["criterion"]]
    scales = [PRINTED[item.kind.unit] for item in asked]
    scaled = _labelled(frame, words)
    scaled["title"] = [item.title for item in asked]
    scaled["label"] = [item.label for item in asked]
    if "assumption" in frame:
        scaled["words"] = [
            assumption_words(str(name), words.templates) for name in frame["assumption"]
        ]
    factors = np.array([scale for scale, _ in scales])
    for key in keys:
        values = frame[key].to_numpy(dtype=np.float64) * factors
        scaled[key] = np.where(np.isfinite(values), values, np.nan)
    scaled["value_unit"] = [unit for _, unit in scales]
    return scaled


def _sensitivity(
    frame: pd.DataFrame, words: Wording, *, criteria: Mapping[str, Criterion]
) -> Table:
    """Return each criterion with one assumption changed at a time."""
    scaled = _scaled(frame, ("value", "baseline_value"), criteria, words)
    scaled["choice"] = scaled["choice"].where(scaled["choice"] != "", "not applicable")
    return people_table("sensitivity", scaled, words)


def _hours_kept(frame: pd.DataFrame, words: Wording, *, criteria: Mapping[str, Criterion]) -> Table:
    """Return what a criterion about any open site comes to for each number of hours kept."""
    kept = frame[frame["assumption"] == "agreed_hours"]
    scaled = _scaled(kept, ("value",), criteria, words)
    scaled["kept"] = [f"{hours:g}" for hours in kept["step"]]
    return people_table("hours_kept", scaled, words)


def _tipping(frame: pd.DataFrame, words: Wording, *, criteria: Mapping[str, Criterion]) -> Table:
    """Return where an outcome turns as one assumption moves."""
    scaled = _scaled(frame, ("lowest_value", "highest_value"), criteria, words)
    scaled["told"] = [turns_in_words(row, words.templates) for row in records(frame)]
    return people_table("tipping", scaled, words)


def _fragility(
    fragility: pd.DataFrame, words: Wording, *, criteria: Mapping[str, Criterion]
) -> Table:
    """Return what becomes of each criterion when departures are lost."""
    scaled = _scaled(fragility, ("value", "median", "low", "high"), criteria, words)
    scaled["same"] = [f"{row['draws_same']} of {row['draws']}" for row in records(fragility)]
    return people_table("fragility", scaled, words)


def _uncertainty(
    uncertainty: Uncertainty,
    criteria: Mapping[str, Criterion],
    words: Wording,
    *,
    protected: bool,
) -> list[Table]:
    """Return how sure each outcome is, and what each doubt makes of it."""
    spread, parts = uncertainty.frame, uncertainty.sources_frame
    # before anything changes a change is none in every draw
    still = [name for name, item in criteria.items() if item.kind.of_change]
    nothing = (spread["scenario"] == BASELINE_NAME) & spread["criterion"].isin(still)
    spread = spread[~nothing].reset_index(drop=True)
    spread["threshold"] = [criteria[str(name)].threshold for name in spread["criterion"]]
    scaled = _scaled(spread, ("low", "median", "high", "threshold"), criteria, words)
    scaled["met"] = [in_100(chance) for chance in spread["probability_met"]]
    notes = words.table_notes
    if protected:
        notes = (words.part("tables", "sure_protected"), *notes)
    tables = [people_table("uncertainty", scaled, words, notes=notes)]
    if len(parts):
        scaled = _scaled(parts, ("low", "high"), criteria, words)
        scaled["doubt"] = [source_words(source, words.templates) for source in uncertainty.sources]
        for key in ("right_now", "right_then"):
            scaled[key] = [in_100(chance) for chance in parts[key]]
        tables.append(people_table("doubts", scaled, words, notes=notes))
    return [*tables, *_headlines(uncertainty, words)]


HEADLINES = {
    "share_within_before": "share within reach, before",
    "share_within": "share within reach, after",
    "share_longer": "share who lose",
    "mean_before_min": "mean minutes, before",
    "mean_min": "mean minutes, after",
}
"""What headline figures are called; all count full-time sites."""


def _headlines(uncertainty: Uncertainty, words: Wording) -> Iterator[Table]:
    """Yield the range of each headline figure, and what each doubt alone makes of it."""
    doubts = [
        source_words(part, words.templates) for item in uncertainty.headlines for part in item.parts
    ]
    for name, frame in (
        ("headlines", uncertainty.headlines_frame),
        ("headline_doubts", uncertainty.headline_parts_frame.assign(doubt=doubts)),
    ):
        if not len(frame):
            continue
        printed = _labelled(frame, words)
        printed["figure"] = [HEADLINES[str(figure)] for figure in frame["figure"]]
        scales, printed["value_unit"] = zip(
            *(PRINTED[str(unit)] for unit in frame["unit"]), strict=True
        )
        for key in {"value", "median", "low", "high"} & set(frame):
            printed[key] = frame[key] * np.array(scales)
        yield people_table(name, printed, words)
