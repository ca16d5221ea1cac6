"""The tag rules as a whole: how lines work together, and what must hold whatever the tags.

What each line means by itself stands in ``tag_rule_cases.txt``.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eh_access.errors import InputError, NotFoundError
from eh_access.modes import DRIVE, MODES, PUSHCHAIR, WALK, TravelMode
from eh_access.network.rules import evaluate, read_rule_table, rule_table

MPH = 1.609344
DRIVEN = 0.8
POINT = {"point": "yes"}


def speeds(mode: TravelMode, **tags: str) -> tuple[float, float]:
    cost = evaluate({key.replace("__", ":"): value for key, value in tags.items()}, mode)
    return cost.forward_km_h, cost.backward_km_h


def is_open(mode: TravelMode, **tags: str) -> bool:
    return any(speeds(mode, **tags))


def test_one_way_streets_are_two_way_on_foot_and_escalators_are_not() -> None:
    assert speeds(WALK, highway="residential", oneway="yes") == (4.8, 4.8)
    assert speeds(WALK, highway="steps", conveying="forward") == (4.8, 0.0)
    assert speeds(WALK, highway="steps", conveying="backward") == (0.0, 4.8)
    assert not is_open(PUSHCHAIR, highway="steps", conveying="yes", ramp="yes")


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        ({"highway": "steps"}, "steps without a ramp"),
        ({"highway": "steps", "ramp": "no"}, "steps without a ramp"),
        ({"highway": "steps", "ramp": "separate"}, "steps without a ramp"),
        ({"highway": "steps", "ramp:bicycle": "yes"}, "steps with a ramp for bicycles alone"),
        ({"highway": "path", "width": "0.6"}, "narrower than 0.7 m"),
        ({"highway": "path", "width": "60 cm"}, "narrower than 0.7 m"),
        ({"highway": "path", "width": "2'"}, "narrower than 0.7 m"),
        ({"highway": "path", "wheelchair": "no"}, "not passable with wheels"),
        ({"highway": "path", "stroller": "no"}, "not passable with a pushchair"),
        ({"highway": "path", "smoothness": "horrible"}, "too rough for wheels"),
        (
            {"highway": "primary", "maxspeed": "60 mph", "sidewalk": "no"},
            "road of 50 mph or more without a pavement",
        ),
        ({"point": "yes", "barrier": "stile"}, "stile, narrow gate or barrier"),
        ({"point": "yes", "barrier": "kissing_gate"}, "stile, narrow gate or barrier"),
        ({"point": "yes", "barrier": "turnstile"}, "stile, narrow gate or barrier"),
        ({"point": "yes", "barrier": "cycle_barrier"}, "stile, narrow gate or barrier"),
        ({"point": "yes", "kerb": "raised"}, "raised kerb"),
        ({"point": "yes", "barrier": "bollard", "maxwidth:physical": "0.5"}, "narrower than 0.7 m"),
    ],
)
def test_what_stops_a_pushchair_but_nobody_on_foot(tags: Mapping[str, str], reason: str) -> None:
    assert evaluate(tags, WALK).is_open
    cost = evaluate(tags, PUSHCHAIR)
    assert (cost.is_open, cost.reason) == (False, reason)


@pytest.mark.parametrize(
    "tags",
    [
        {"highway": "steps", "ramp": "yes"},
        {"highway": "steps", "ramp:stroller": "yes"},
        {"highway": "path", "width": "0.7"},
        {"highway": "path", "width": "0.75 m"},
        {"highway": "path", "wheelchair": "no", "stroller": "yes"},
        {"highway": "path", "width": "narrow"},
        {"highway": "primary", "maxspeed": "30 mph", "sidewalk": "no"},
        {"point": "yes", "barrier": "kissing_gate", "wheelchair": "yes"},
        {"point": "yes", "kerb": "lowered"},
        {"point": "yes", "barrier": "gate"},
    ],
)
def test_what_a_pushchair_may_pass(tags: Mapping[str, str]) -> None:
    assert evaluate(tags, PUSHCHAIR).is_open


@pytest.mark.parametrize(
    ("tags", "factor", "reason"),
    [
        ({"surface": "asphalt"}, 1.0, ""),
        ({"surface": "gravel"}, 0.7, "rough surface"),
        ({"surface": "gravel", "smoothness": "very_bad"}, 0.5, "very rough surface"),
        ({"tracktype": "grade5"}, 0.5, "soft or loose surface"),
        ({"tracktype": "grade5", "surface": "asphalt"}, 1.0, ""),
        ({"incline": "-10%"}, 0.8, "a slope of 8 % or more"),
        ({"incline": "1:5"}, 0.6, "a slope of 15 % or more"),
        ({"incline": "5%"}, 1.0, ""),
    ],
)
def test_what_slows_a_pushchair(tags: Mapping[str, str], factor: float, reason: str) -> None:
    cost = evaluate({"highway": "path", **tags}, PUSHCHAIR)
    assert cost.forward_km_h == pytest.approx(3.6 * factor)
    assert cost.reason == reason
    assert evaluate({"highway": "path", **tags}, WALK).forward_km_h == 4.8


def test_what_is_unknown_is_passable_and_counted() -> None:
    assert "surface unknown" in evaluate({"highway": "footway"}, PUSHCHAIR).counted
    known = evaluate({"highway": "footway", "surface": "asphalt"}, PUSHCHAIR)
    assert known.counted == ()
    gate = evaluate({**POINT, "barrier": "gate"}, PUSHCHAIR)
    assert gate.is_open
    assert gate.counted == ("gate or bollards of unknown width",)
    assert evaluate({**POINT, "crossing": "yes"}, PUSHCHAIR).counted == (
        "kerb at a crossing unknown",
    )


@pytest.mark.parametrize(
    ("tags", "mph"),
    [
        ({"highway": "residential"}, 30),
        ({"highway": "residential", "maxspeed": "20 mph"}, 20),
        ({"highway": "primary", "maxspeed": "50 mph", "lit": "yes"}, 50),
        ({"highway": "primary", "lit": "yes"}, 30),
        ({"highway": "primary", "maxspeed:type": "GB:nsl_single"}, 60),
        ({"highway": "primary", "source:maxspeed": "GB:nsl_dual"}, 70),
        ({"highway": "primary", "maxspeed": "40 mph", "maxspeed:type": "sign"}, 40),
        ({"highway": "unclassified", "maxspeed": "48"}, 48 / MPH),
        ({"highway": "service", "service": "parking_aisle"}, 5),
    ],
)
def test_driven_speed_is_a_share_of_the_limit(tags: Mapping[str, str], mph: float) -> None:
    assert evaluate(tags, DRIVE).forward_km_h == pytest.approx(mph * MPH * DRIVEN)


def test_motorways_are_driven_at_their_measured_average() -> None:
    # Department for Transport, year to June 2019: 59.0 mph on the strategic roads
    assert evaluate({"highway": "motorway"}, DRIVE).forward_km_h / MPH == pytest.approx(59, abs=0.5)


def test_a_limit_nobody_understands_is_counted_and_the_class_decides() -> None:
    cost = evaluate({"highway": "residential", "maxspeed": "signals"}, DRIVE)
    assert cost.forward_km_h == pytest.approx(30 * MPH * DRIVEN)
    assert "speed limit not understood" in cost.counted


def test_limits_may_differ_by_direction() -> None:
    cost = evaluate(
        {"highway": "primary", "maxspeed:forward": "30 mph", "maxspeed:backward": "50 mph"}, DRIVE
    )
    assert cost.forward_km_h == pytest.approx(30 * MPH * DRIVEN)
    assert cost.backward_km_h == pytest.approx(50 * MPH * DRIVEN)


def tag_sets() -> st.SearchStrategy[dict[str, str]]:
    """Return sets of tags that use the table's own keys and values, and some it does not know."""
    table = rule_table()
    lines = [line for s in table.sets.values() for line in (*s.ways, *s.points)]
    known: dict[str, set[str]] = {}
    for line in lines:
        told = ((line.key, line.values), *((key, frozenset()) for key in line.instead))
        for key, values in (*told, *line.where, *line.unless):
            known.setdefault(key, {"of no kind", "yes", "no", "0.5", "12", "a;b"}).update(values)
    known["ferry:km_h"] = {"8.0", "12.5"}
    single = {key: st.sampled_from(sorted(values - {"*"})) for key, values in sorted(known.items())}
    ways = st.fixed_dictionaries(
        {"highway": single["highway"]},
        optional={key: single[key] for key in sorted(single.keys() - {"highway"})},
    )
    points = st.fixed_dictionaries(
        {"point": st.just("yes")}, optional={key: single[key] for key in sorted(table.point_keys)}
    )
    return ways | points


@given(tag_sets())
def test_a_pushchair_goes_nowhere_that_is_closed_on_foot(
    tags: dict[str, str],
) -> None:
    foot, pushed = evaluate(tags, WALK), evaluate(tags, PUSHCHAIR.with_speed(4.8))
    if "ferry:km_h" not in tags:
        assert foot.forward_km_h <= 4.8
    assert pushed.forward_km_h <= foot.forward_km_h
    assert pushed.backward_km_h <= foot.backward_km_h


@given(tag_sets(), st.sampled_from(sorted(MODES)))
def test_every_answer_is_sound(tags: dict[str, str], name: str) -> None:
    cost = evaluate(tags, MODES[name])
    assert 0 <= cost.forward_km_h < 130
    assert 0 <= cost.backward_km_h < 130
    assert cost.is_open or cost.reason
    assert len(set(cost.counted)) == len(cost.counted)
    assert evaluate(dict(sorted(tags.items(), reverse=True)), MODES[name]) == cost


@given(tag_sets(), st.floats(0.5, 3.0))
def test_walking_speed_scales_walking_time(tags: dict[str, str], factor: float) -> None:
    if "ferry:km_h" in tags:
        return
    slow, base = evaluate(tags, WALK.with_speed(4.8 * factor)), evaluate(tags, WALK)
    assert slow.forward_km_h == pytest.approx(base.forward_km_h * factor)
    assert (slow.reason, slow.counted) == (base.reason, base.counted)


def test_a_mode_of_one_speed_keeps_it_wherever_it_may_go() -> None:
    slow = (
        {"highway": "path", "surface": "mud"},
        {"highway": "residential", "maxspeed": "20 mph"},
        {"highway": "motorway"},
        {"highway": "steps", "ramp": "yes", "ramp:bicycle": "yes", "ramp:stroller": "yes"},
        {"route": "ferry", "ferry:km_h": "6.0", "motor_vehicle": "yes"},
        {"highway": "footway"},
    )
    for mode in MODES.values():
        for tags in slow:
            own, level = evaluate(tags, mode), evaluate(tags, mode.level())
            assert level.is_open == own.is_open
            assert {level.forward_km_h, level.backward_km_h} <= {mode.speed_km_h, 0.0}
            assert (level.backward_km_h > 0) == (own.backward_km_h > 0)


def test_every_line_says_why_and_where_it_comes_from() -> None:
    table = rule_table()
    assert set(table.sets) == {mode.rules for mode in MODES.values()}
    used = set()
    for rule_set in table.sets.values():
        for line in (*rule_set.ways, *rule_set.points):
            assert line.reason
            used.add(line.source)
    assert used == set(table.sources), "a source nobody cites, or one that is not listed"


def test_no_line_of_the_table_can_never_speak() -> None:
    table = rule_table()
    for rule_set in table.sets.values():
        for line in (*rule_set.ways, *rule_set.points):
            tags = {key: min(values - {"*"} or {"yes"}) for key, values in line.where}
            if not line.missing:
                number = line.at_least or (line.below or 0) / 2
                compared = line.below is not None or line.at_least is not None
                value = str(number) if compared else max(line.values - {"*"} or {"yes"})
                tags[line.key] = value
            assert line.applies_to(tags), line


def test_an_unknown_rule_set_is_named() -> None:
    with pytest.raises(NotFoundError, match="foot"):
        rule_table().rule_set("foott")


LINE = """
[sources]
wiki = "https://example.org"
[groups]
closed = ["no"]
[foot]
label = "on foot"
[[foot.way]]
key = "access"
values = ["@closed"]
effect = "deny"
reason = "closed"
source = "wiki"
"""


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ('effect = "deny"', 'effect = "denny"', "unknown effect 'denny': did you mean 'deny'"),
        ('source = "wiki"', 'source = "wikki"', "unknown source 'wikki': did you mean 'wiki'"),
        ("@closed", "@closd", "unknown group '@closd': did you mean 'closed'"),
        ('key = "access"', 'kye = "access"', "unknown field 'kye': did you mean 'key'"),
        ('reason = "closed"', "", "no reason"),
        ('effect = "deny"', 'effect = "factor"', "an amount is needed"),
        ('values = ["@closed"]', "below = 3", "not known to hold a number"),
        ('values = ["@closed"]', "", "neither values nor"),
        ('label = "on foot"', 'inherits = "feet"', "inherits 'feet'"),
    ],
)
def test_a_faulty_table_is_refused_with_the_line(before: str, after: str, told: str) -> None:
    read_rule_table(LINE)
    with pytest.raises(InputError, match=told):
        read_rule_table(LINE.replace(before, after))


def test_all_faults_of_a_table_come_at_once() -> None:
    with pytest.raises(InputError) as caught:
        read_rule_table(LINE.replace("deny", "denny").replace("@closed", "@closd"))
    assert len(caught.value.faults) == 2
