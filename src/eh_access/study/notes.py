"""What must be said beside the figures, found in the tables themselves, warnings first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from eh_access.measures.scenarios import rough_radius_m
from eh_access.modes import NO_HILLS
from eh_access.numerals import number
from eh_access.privacy.policy import PUBLIC, Policy
from eh_access.routing.estimate import ACCURACY
from eh_access.study.records import Note

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from eh_access.routing.travel_times import TravelTimes
    from eh_access.study.config import Study
    from eh_access.study.records import Inputs
    from eh_access.study.travel import Travel

TERRAIN = "OS Terrain 50"
ON_FOOT = ("foot", "pushchair")
MUCH_OFF_SHARE = 0.01
"""From this share of the weight on, origins out of place are a warning."""


def study_notes(study: Study, inputs: Inputs, travel: Travel) -> tuple[Note, ...]:
    """Return everything a reader must be told, warnings first."""
    found = [
        *_estimated(travel),
        *inputs.notes,
        *_unknown_sites(inputs.sites),
        *_rough_sites(inputs.sites),
        *(note for times in travel.times.values() for note in _placing(study, inputs, times)),
        *_not_assessed(study),
        *_shown_whole(study, inputs),
        *_assumptions(study, travel),
        *(Note(level=note.level, text=note.text, topic=note.topic) for note in study.notes),
    ]
    return warnings_first(found)


def neighbour_notes(neighbours: gpd.GeoDataFrame, travel: Travel) -> Iterator[Note]:
    """Tell which sites others run just outside the area, and which figures count them."""
    names = neighbours["name"]
    yield Note(
        level="info",
        text=(
            f"Others run {joined(names)}, just outside the area. Figures count them only where "
            "they say so, as open under every scenario. Other choices, venues for outreach and "
            "the trials of other assumptions leave them out."
        ),
        topic="neighbours",
    )
    yield from _rough_sites(neighbours)
    for times in travel.times.values():
        yield from _lost_sites(names, times)


def warnings_first(notes: list[Note]) -> tuple[Note, ...]:
    """Return notes with warnings before the rest, each once, else in the order given."""
    return tuple(sorted(dict.fromkeys(notes), key=lambda note: note.level != "warning"))


def _estimated(travel: Travel) -> Iterator[Note]:
    if any(times.estimated for times in travel.times.values()):
        yield Note(level="warning", text=ACCURACY, topic="estimated")


def _unknown_sites(sites: gpd.GeoDataFrame) -> Iterator[Note]:
    for name in sites.loc[sites["location_basis"] == "unknown", "name"]:
        yield Note(
            level="warning",
            text=(
                f"{name} stays in the tables, but where it is is not known, so it is left out of "
                "every travel time, before and after. This overstates harm: families near it "
                "seem to be without a service they have."
            ),
            topic="unknown-site",
        )


def _rough_sites(sites: gpd.GeoDataFrame) -> Iterator[Note]:
    radius_m = rough_radius_m(sites)
    order = np.argsort(-radius_m, kind="stable")
    listed = joined(
        f"{sites['name'].iloc[row]} (within about {radius_m[row]:,.0f} m)"
        for row in order[radius_m[order] > 0]
    )
    if not listed:
        return
    yield Note(
        level="warning",
        text=(
            f"Known only roughly: {listed}. A verdict that turns on where they are is "
            "'cannot say', and names them."
        ),
        topic="estimated-site",
    )


def _placing(study: Study, inputs: Inputs, times: TravelTimes) -> Iterator[Note]:
    """Tell how many origins and sites could not be placed, or may have been cut short."""
    weight = inputs.origins["weight"].to_numpy(dtype=np.float64)
    whole, label, policy = weight.sum(), times.mode.label, study.policy
    status = times.origin_status["status"].to_numpy(dtype=str)
    for kind, words in (
        ("off_network", f"too far from any street to be placed {label}; they count as not reached"),
        ("unreached", f"out of reach of every site within {times.cutoff_min:g} minutes {label}"),
    ):
        rows = status == kind
        if weight[rows].sum() > 0 or (policy.public and rows.any()):
            much = weight[rows].sum() > MUCH_OFF_SHARE * whole
            told = sentence_case(counted(study.unit, weight, rows, policy))
            yield Note(level="warning" if much else "info", text=f"{told} are {words}.", topic=kind)
    yield from _lost_sites(inputs.sites["name"], times)
    rim = times.touches_rim
    if rim is not None and (weight[rim].sum() > 0 or (policy.public and rim.any())):
        yield Note(
            level="info",
            text=(
                f"Searches {label} reached the rim of the streets known from "
                f"{counted(study.unit, weight, rim, policy)}: "
                "a quicker way outside it may be missing."
            ),
            topic="rim",
        )


def _lost_sites(names: pd.Series, times: TravelTimes) -> Iterator[Note]:
    """Tell which sites could not be placed on the streets."""
    lost = times.site_status.index[times.site_status["status"] == "off_network"]
    if len(lost):
        listed = joined(str(names[site]) for site in lost)
        count = "It counts" if len(lost) == 1 else "They count"
        label = times.mode.label
        told = f"Too far from any street to be reached {label}: {listed}. {count} as out of reach."
        yield Note(level="warning", text=told, topic="off-network-site")


def counted(
    unit: str, weight: NDArray[np.float64], rows: NDArray[np.bool_], policy: Policy = PUBLIC
) -> str:
    """Return how many are meant, in the word of what the study counts."""
    if not policy.public:
        part, whole = float(weight[rows].sum()), float(weight.sum())
        if policy.small(whole - part):
            return f"all but {number(whole - part, policy)} of {number(whole, policy)} {unit}"
        return f"{number(part, policy)} of {number(whole, policy)} {unit}"
    if bool((weight == 1).all()):
        return f"{rows.sum():,} of {len(rows):,} {unit}"
    places = f"at {rows.sum():,} of {len(rows):,} place{'' if len(rows) == 1 else 's'}"
    return f"{number(weight[rows].sum())} of {number(weight.sum())} {unit} ({places})"


def _not_assessed(study: Study) -> Iterator[Note]:
    for scenario in study.scenarios:
        if not scenario.assess:
            yield Note(
                level="warning",
                text=f"Not assessed: {scenario.label}. {scenario.why_not}",
                topic="not-assessed",
            )


def _shown_whole(study: Study, inputs: Inputs) -> Iterator[Note]:
    """Tell that small counts are shown, where they are, and whose word it rests on."""
    if study.weights_public and inputs.private is None:
        yield Note(
            level="info",
            text=(
                f"Small counts are not hidden: this study declares what it counts "
                f"({study.weight_label}) to be public already (weights_public = true). Counts that "
                "are not must never be given so."
            ),
            topic="disclosure",
        )


def _assumptions(study: Study, travel: Travel) -> Iterator[Note]:
    settings = study.settings
    if settings.full_time_assumption:
        yield Note(level="info", text=settings.full_time_assumption, topic="full-time")
    elif "full_time_from_hours" not in settings.model_fields_set:
        article = "An" if study.site_word[0].lower() in "aeiou" else "A"
        told = f"{article} {study.site_word} counts as full-time from "
        told += f"{settings.full_time_from_hours:g} hours a week: the default, for the study sets "
        told += "no number."
        asked = any(criterion.sites == "full_time" for criterion in study.criteria)
        told += "" if asked else f" No criterion here asks for a full-time {study.site_word}."
        yield Note(level="info", text=told, topic="full-time")
    yield Note(
        level="info",
        text=sentence_case(f"{study.weight_label}: {study.weight_basis.rstrip('.')}."),
        topic="weights",
    )
    for times in travel.times.values():
        if times.mode.source and not times.estimated:
            yield Note(
                level="info", text=f"Speed {times.mode.label}: {times.mode.source}.", topic="speed"
            )
        if times.mode.parking_s:
            told = f"{times.mode.parking_s:g} s for parking and leaving are added to every trip"
            yield Note(level="info", text=f"{told} {times.mode.label}.", topic="parking")
    yield from _hills(travel)


def _hills(travel: Travel) -> Iterator[Note]:
    """Tell whether slopes count, and if not, why."""
    minding = [times for times in travel.times.values() if times.mode.hill_function != NO_HILLS]
    labels = joined(times.mode.label for times in minding)
    if not minding:
        if any(times.mode.rules in ON_FOOT for times in travel.times.values()):
            yield Note(level="info", text="Hills are not counted: set so.", topic="hills")
    elif any(times.estimated for times in minding):
        yield Note(level="info", text="Hills are not counted: estimates know none.", topic="hills")
    elif any(source.title == TERRAIN for times in minding for source in times.provenance):
        told = f"Hills count {labels}: slopes from {TERRAIN}, a grid of 50 m"
        yield Note(level="info", text=f"{told}, along each street.", topic="hills")
    else:
        yield Note(
            level="info",
            text=f"Hills are not counted {labels}: these streets carry no heights.",
            topic="hills",
        )


def sentence_case(text: str) -> str:
    """Return a text that begins with a capital letter and is otherwise as it was."""
    return text[:1].upper() + text[1:]


def joined(parts: Iterable[str]) -> str:
    """Return words as a list in a sentence."""
    words = list(parts)
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if words else ""
