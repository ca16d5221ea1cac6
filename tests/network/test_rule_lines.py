"""Every line of the tag rules, on streets and gates of a tiny network, and none without a case."""

from __future__ import annotations

import itertools
import re
import string
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from eh_access.modes import CYCLE, DRIVE, PUSHCHAIR, WALK, WHEELCHAIR, TravelMode
from eh_access.network import rules
from eh_access.network.build import RawWays, build_network, kept_point_tags, kept_way_tags
from eh_access.network.cost import edge_cost
from eh_access.network.model import CLOSED_DS
from eh_access.network.rules import RuleLine, RuleTable, TagCost, evaluate, rule_table

MODES = {
    "foot": WALK.without_hills(),
    "pushchair": PUSHCHAIR.without_hills(),
    "wheelchair": WHEELCHAIR.without_hills(),
    "bicycle": CYCLE.without_hills(),
    "motorcar": DRIVE,
}
CASES = Path(__file__).with_name("tag_rule_cases.txt")
Conditions = tuple[tuple[str, frozenset[str]], ...]
MPH = 1.609344
LENGTH_M = 100.0
STEM = {"highway": "cycleway", "surface": "asphalt"}
CAR_STEM = {"highway": "service", "maxspeed": "10 mph"}


@dataclass(frozen=True)
class Case:
    """Tags, and what they must mean."""

    tags: dict[str, str]
    is_point: bool
    speeds: tuple[float, float] | None
    reason: str
    doubts: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join(f"{key}={value}" for key, value in self.tags.items())


def read_cases() -> dict[str, tuple[Case, ...]]:
    """Return the cases of each rule set."""
    words: dict[str, str] = {}
    found: dict[str, list[Case]] = {}
    for row in CASES.read_text(encoding="utf-8").splitlines():
        if row.startswith("["):
            found[row.strip("[]")] = []
        elif definition := re.fullmatch(r"([A-Z_]+) = (.*)", row):
            words[definition[1]] = string.Template(definition[2]).substitute(words)
        elif row and not row.startswith("#"):
            list(found.values())[-1].extend(cases_of(string.Template(row).substitute(words)))
    return {name: tuple(cases) for name, cases in found.items()}


def cases_of(row: str) -> Iterator[Case]:
    """Give the cases of one line."""
    tags, meant, why = (*re.split(r"\s{2,}", row.strip(), maxsplit=2), "")[:3]
    reason, *doubts = (part.strip() for part in why.split("?"))
    pairs = []
    for pair in tags.removeprefix("@ ").split():
        keys, values = pair.split("=")
        pairs.append([(k, v) for k in keys.split("|") for v in values.split("|")])
    for chosen in itertools.product(*pairs):
        told = {key: value.replace("~", " ") for key, value in chosen}
        yield Case(told, row.startswith("@"), speeds_of(meant), reason, tuple(doubts))


def speeds_of(text: str) -> tuple[float, float] | None:
    """Read ``15``, ``24mph``, ``15/x`` or ``x``; None for ``open``, where speed says nothing."""
    if text == "open":
        return None
    parts = [
        0.0 if part == "x" else float(part.removesuffix("mph")) * (MPH if "mph" in part else 1)
        for part in text.split("/")
    ]
    return parts[0], parts[-1]


def kept(case: Case) -> dict[str, str]:
    """Return the tags as a network keeps them."""
    if case.is_point:
        return kept_point_tags(case.tags)
    ferry = {"ferry:km_h": "6.0"} if "duration" in case.tags else {}
    return kept_way_tags(case.tags) | ferry


def fits(case: Case, cost: TagCost) -> bool:
    """Tell whether what the rules say is what is meant."""
    if case.speeds is None:
        right = cost.is_open
    else:
        right = (cost.forward_km_h, cost.backward_km_h) == pytest.approx(case.speeds, abs=1e-3)
    return right and cost.reason.startswith(case.reason) and set(cost.counted) == set(case.doubts)


ALL = read_cases()


@pytest.mark.parametrize("name", MODES)
def test_each_case_means_what_its_source_says(name: str) -> None:
    wrong = {
        str(case): evaluate(kept(case), MODES[name])
        for case in ALL[name]
        if kept(case) and not fits(case, evaluate(kept(case), MODES[name]))
    }
    assert not wrong


@pytest.mark.parametrize("name", MODES)
def test_each_case_takes_as_long_on_a_tiny_network(name: str) -> None:
    # every case is a street of 100 m by itself, or a gate in the middle of one
    raw, mode = RawWays(crs="EPSG:27700"), replace(MODES[name], junction_delay_s=0.0)
    stem = CAR_STEM if name == "motorcar" else STEM
    for number, case in enumerate(ALL[name], 1):
        y = 1000.0 * number
        ends = [(3 * number, 0.0, y), (3 * number + 1, 50.0, y), (3 * number + 2, LENGTH_M, y)]
        raw.add(number, ends, tags=stem if case.is_point else case.tags)
        if case.is_point and kept_point_tags(case.tags):
            raw.barriers[3 * number + 1] = kept_point_tags(case.tags)
    network = build_network(raw, modes=(mode,))
    cost = edge_cost(network, mode)
    stood = evaluate(stem, mode).forward_km_h
    wrong = {}
    for number, case in enumerate(ALL[name], 1):
        ours = network.node_y[network.edge_from] == 1000.0 * number
        meant = case.speeds or (stood, stood)
        for way, km_h in ((cost.forward_ds, meant[0]), (cost.backward_ds, meant[1])):
            found = (
                float(way[ours].sum()) if (way[ours] < CLOSED_DS).all() and ours.any() else np.inf
            )
            exact = LENGTH_M / (km_h / 3.6) * 10 if km_h else np.inf
            if found != pytest.approx(exact, abs=1.1):
                wrong[str(case)] = (found, exact)
    assert not wrong


def own_lines(table: RuleTable, name: str) -> Iterator[tuple[str, int, RuleLine]]:
    """Give a rule set's own lines, without those it inherits."""
    before = itertools.takewhile(lambda other: other.name != name, table.sets.values())
    inherited = {id(line) for other in before for line in (*other.ways, *other.points)}
    for part in ("ways", "points"):
        for number, line in enumerate(getattr(table.sets[name], part)):
            if id(line) not in inherited:
                yield part, number, line


def spoilt(line: RuleLine) -> Iterator[tuple[str, RuleLine | None]]:
    """Give every way of leaving something out of a line."""
    yield "the line", None
    for value in sorted(line.values) if len(line.values) > 1 else ():
        yield f"the value {value}", replace(line, values=line.values - {value})
    for what, fewer in less_of(line.where):
        yield f"where {what}", replace(line, where=fewer)
    for what, fewer in less_of(line.unless):
        yield f"unless {what}", replace(line, unless=fewer)
    for key in line.instead:
        rest = tuple(other for other in line.instead if other != key)
        yield f"instead {key}", replace(line, instead=rest)
    for key in line.where_missing:
        rest = tuple(other for other in line.where_missing if other != key)
        yield f"where_missing {key}", replace(line, where_missing=rest)


def less_of(conditions: Conditions) -> Iterator[tuple[str, Conditions]]:
    """Give conditions without one of them, and without one value of one of them."""
    for key, values in conditions:
        yield key, tuple(row for row in conditions if row[0] != key)
        for value in sorted(values) if len(values) > 1 else ():
            fewer = tuple((k, v - {value} if k == key else v) for k, v in conditions)
            yield f"{key}={value}", fewer


def without(table: RuleTable, place: tuple[str, str, int], line: RuleLine | None) -> RuleTable:
    name, part, number = place
    whole = table.sets[name]
    lines = list(whole.ways if part == "ways" else whole.points)
    lines[number : number + 1] = [] if line is None else [line]
    less = tuple(lines)
    spoiled = replace(whole, ways=less) if part == "ways" else replace(whole, points=less)
    return replace(table, sets={**table.sets, name: spoiled})


@pytest.mark.parametrize("name", MODES)
def test_nothing_can_be_left_out_of_the_table_unnoticed(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, mode = rule_table(), MODES[name]
    cases = [(case, kept(case)) for case in ALL[name] if kept(case)]
    unnoticed = []
    for part, number, line in own_lines(table, name):
        # only cases that carry the line's tag can tell; a point is not a way
        near = [
            (case, tags)
            for case, tags in cases
            if (line.missing or tags.keys() & {line.key, *line.instead})
            and case.is_point == (part == "points")
        ]
        for what, spoiled in spoilt(line):
            less = without(table, (name, part, number), spoiled)
            monkeypatch.setattr(rules, "rule_table", lambda less=less: less)
            if all(fits(case, evaluate(tags, mode)) for case, tags in near) and not (
                waits_change(line, mode)
            ):
                unnoticed.append(f"{part} {number + 1} {line.key} ({line.reason}): {what}")
        monkeypatch.setattr(rules, "rule_table", rule_table)
    assert not unnoticed, "\n".join(unnoticed)


def waits_change(line: RuleLine, mode: TravelMode) -> bool:
    """Tell whether a line about waiting was missed on one of the streets where nobody waits."""
    return line.effect == "no_wait" and any(
        evaluate({"highway": kind, "motor_vehicle": "yes"}, mode).waits
        for kind in ("motorway", "motorway_link", "trunk_link", "service", "track")
    )
