"""A value of the wrong kind under any key of a study is one fault, at that key and nowhere else."""

from __future__ import annotations

import copy
import datetime as dt
import json
import re
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from eh_access.criteria.schema import KeyPath, read_table
from eh_access.errors import InputError
from eh_access.study.config import Study
from eh_access.study.opening import check_study
from study_files import every_key, write_study

FULL: dict[str, Any] = {
    "schema": 1,
    "id": "full",
    "title": "Every key",
    "question": "Is it near?",
    "place": "Toytown",
    "unit": "under-fives",
    "weight_label": "children",
    "weight_basis": "made up",
    "site_word": "centre",
    "illustrative": True,
    "weights_public": True,
    "decision": {
        "title": "Closed",
        "body": "The cabinet",
        "dates": ["2018-10-22"],
        "facts": ["It was closed."],
        "sources": ["Minutes"],
        "saving": [{"what": "Rent", "pounds": 1.0}],
    },
    "data": {
        **dict.fromkeys(("areas", "sites", "boundary", "base", "wards", "candidates"), "a.csv"),
        **dict.fromkeys(("youth", "youth_venues", "neighbours", "timetable"), "b.csv"),
        **dict.fromkeys(("tickets", "families", "postcodes"), "c.csv"),
        "origins": {"oa": "origins.csv"},
        "groups": {"no_car": "without a car"},
        "columns": {"sites": {"site_id": "Ref", "name": "Centre"}},
        "max_outside_m": 5000.0,
    },
    "streets": {"source": "estimate", "place": "Toytown", "buffer_m": 100.0},
    "settings": {
        "modes": ["walk", "pushchair", "drive"],
        "speed_km_h": {"walk": 4.0},
        "hills": True,
        "junction_delay_s": 5.0,
        "parking_s": 60.0,
        "cutoff_min": 30.0,
        "search_min": 120.0,
        "loser_min": 5.0,
        "full_time_from_hours": 25.0,
        "full_time_assumption": "From 25 hours a week.",
        "seed": 1,
    },
    "transit": {
        "feeds": ["feed.zip"],
        "date": "tuesday",
        "arrive": ["09:30", "10:30"],
        "walking": "walk",
        "wheelchair_unknown": "usable",
        "percentile": 50.0,
        "sessions": [["10:00", "11:30"]],
        "each_way_min": 60.0,
        "access_min": 15.0,
        "egress_min": 15.0,
        "transfer_min": 6.0,
        "direct_min": 90.0,
        "longest_min": 120.0,
        "max_changes": 2,
        "allowance_s": 60.0,
    },
    "sessions": {
        "day": ["07:30", "19:30"],
        "stay_min": 90.0,
        "cutoff_min": 30.0,
        "hours_per_week": 10.0,
        "venues": [1, 2],
    },
    "simulation": {
        "draws": 100,
        "counts_sd": 0.1,
        "existence": {"west": 0.5},
        "places": {"west": [[440000.0, 390000.0]]},
    },
    "disclosure": {"hide_below": 10, "round_to": 5},
    "youth": {"weight": "teens", "unit": "teenagers", "cutoffs_min": [15.0]},
    "report": {"templates": "words", "annex_docx": False},
    "duty": [{"law": "Childcare Act 2006", "asks": "Enough.", "shows": "Some of it."}],
    "scenario": [
        {"name": "baseline", "label": "Before", "note": "", "assess": True},
        {
            "name": "changed",
            "label": "Changed",
            "note": "Made up.",
            "close": ["west"],
            "open": ["hall"],
            "set_hours": {"east": 10.0},
            "move": [
                {
                    "site": "north",
                    "easting": 440000.0,
                    "northing": 390000.0,
                    "location_radius_m": 10.0,
                }
            ],
            "streets": [
                {"change": "close", "way": 1, "closed_to": "foot"},
                {"change": "limit", "street": "High Street", "area": "A", "mph": 20.0},
                {
                    "change": "link",
                    "start": [440000.0, 390000.0],
                    "end": [440100.0, 390000.0],
                    "name": "Bridge",
                    "length_m": 120.0,
                },
            ],
            "timetable": [
                {"withdraw": "1"},
                {"close_stop": "s1"},
                {"line": "2", "every_min": 30.0},
                {
                    "line": "new",
                    "every_min": 30.0,
                    "stops": ["s1", "s2"],
                    "minutes": [0.0, 8.0],
                    "first": "07:00",
                    "last": "19:00",
                    "both_ways": True,
                },
            ],
            "decided": True,
        },
        {"name": "unknown", "label": "Not known", "assess": False, "why_not": "No table."},
    ],
    "note": [{"text": "Mind this.", "level": "info", "topic": "care"}],
    "source": [
        {
            **dict.fromkeys(("file", "title", "publisher", "licence"), "x"),
            **dict.fromkeys(("attribution", "date", "url"), "y"),
        }
    ],
    "criterion": [],
}
BASIC = {
    "mode": "walk",
    "margin": 0.02,
    "sites": "open",
    "source": "made up",
    "set_by": "nobody",
    "set_on": dt.date(2020, 1, 1),
    "after_results": False,
    "whose": "ours",
}
FULL["criterion"] = [
    {
        **BASIC,
        "id": "near",
        "title": "Near on foot",
        "label": "Near",
        "measure": "coverage",
        "threshold": 0.9,
        "better": "higher",
        "cutoff_min": 30.0,
        "also_modes": ["transit"],
    },
    {
        **BASIC,
        "id": "fall",
        "measure": "coverage_fall",
        "threshold": 5.0,
        "cutoff_min": 30.0,
        "group": "most-deprived-fifth",
    },
    {
        **BASIC,
        "id": "metres",
        "measure": "coverage_distance",
        "threshold": 0.9,
        "within_m": 2500.0,
        "counts_with": "near",
    },
    {**BASIC, "id": "added", "measure": "added_time", "threshold": 0.1, "added_min": 10.0},
    {
        **BASIC,
        "id": "even",
        "measure": "area_loss",
        "threshold": 15.0,
        "cutoff_min": 30.0,
        "by": "area_id",
    },
    {
        **BASIC,
        "id": "hours",
        "measure": "hours_reachable",
        "threshold": 0.1,
        "cutoff_min": 30.0,
        "min_hours": 10.0,
        "there_and_back": "each_way",
    },
]
WRONG = [5, "x", [], [0, -8], ["a", "b"], {}, True]
OF_KIND = re.compile("is .*; (give|fill)")


def every_place(value: object, at: KeyPath = ()) -> Iterator[KeyPath]:
    """Yield where something stands in a study: keys, and what is listed under them."""
    if at:
        yield at
    if isinstance(value, dict):
        for key, item in value.items():
            yield from every_place(item, (*at, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from every_place(item, (*at, number))


def with_value(place: KeyPath, value: object) -> dict[str, Any]:
    """Return the full study with another value at one place."""
    study = copy.deepcopy(FULL)
    at: Any = study
    for part in place[:-1]:
        at = at[part]
    at[place[-1]] = copy.deepcopy(value)
    return study


def of_one_branch(one: KeyPath, other: KeyPath) -> bool:
    """Return whether one place is the other or lies below it."""
    return all(a == b for a, b in zip(one, other, strict=False))


def as_toml(value: object) -> str:
    """Return a value as it is written in a study."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {as_toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(as_toml, value)) + "]"
    return str(value) if isinstance(value, dt.date) else json.dumps(value)


PLACES = list(every_place(FULL))


def test_the_full_study_is_sound_and_has_every_key() -> None:
    assert read_table(Study, FULL)[1] == []
    held = {tuple(part for part in place if isinstance(part, str)) for place in PLACES}
    assert set(every_key(Study)) - held == {("transit", "depart")}


@pytest.mark.parametrize("value", WRONG, ids=str)
def test_a_value_of_the_wrong_kind_is_a_fault_of_its_key_alone(value: object) -> None:
    wrong = 0
    for place in PLACES:
        faults = read_table(Study, with_value(place, value))[1]
        if any(of_one_branch(path, place) and OF_KIND.match(text) for path, text in faults):
            wrong += 1
            assert all(of_one_branch(path, place) for path, _ in faults), (place, faults)
    assert wrong > len(PLACES) / 2


@pytest.mark.parametrize("key", sorted(FULL))
def test_a_table_of_the_wrong_kind_stops_no_check_of_the_others(tmp_path: Path, key: str) -> None:
    toy = write_study(tmp_path)
    values = tomllib.loads(toy.toml.read_text("utf-8"))
    for wrong in ("5", '"x"', "[]", "[0, -8]", "{}", "true"):
        others = "".join(f"{k} = {as_toml(v)}\n" for k, v in values.items() if k != key)
        toy.toml.write_text(f"{key} = {wrong}\n{others}", "utf-8")
        with suppress(InputError):
            check_study(toy.toml)
