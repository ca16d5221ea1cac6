from __future__ import annotations

import datetime as dt
import hashlib
import json
from pathlib import Path

import pytest

from eh_access.errors import InputError, NotFoundError, SourceError
from eh_access.measures.scenarios import Close, Move, Open, SetHours
from eh_access.study.config import MoveTo, ScenarioConfig, load_study, scenario_of
from study_files import STUDY, StudyFolder, write_study

CRITERION = "\n[[criterion]]\n" + STUDY.split("[[criterion]]\n")[1]


@pytest.fixture
def toy(tmp_path: Path) -> StudyFolder:
    return write_study(tmp_path)


def faults(study: StudyFolder) -> tuple[str, ...]:
    with pytest.raises(InputError) as caught:
        load_study(study.toml)
    return caught.value.faults


def test_a_sound_study_is_read_as_it_stands(toy: StudyFolder) -> None:
    study = load_study(toy.toml)
    assert study.id == "toy"
    assert [scenario.name for scenario in study.scenarios] == ["baseline", "one-less"]
    assert study.criteria[0].set_on == dt.date(2020, 1, 1)
    assert list(study.settings.travel_modes()) == ["walk", "pushchair"]
    assert load_study(toy.path) == study


@pytest.mark.parametrize("name", ["rotherham", "rotherham-2018", "newport"])
def test_the_bundled_studies_are_sound(name: str) -> None:
    study = load_study(name)
    assert study.id == name
    assert study.scenarios[0].name == "baseline"
    assert all(criterion.source and criterion.set_by for criterion in study.criteria)


def test_the_decisions_own_papers_are_told_whole() -> None:
    """What the council set against the loss, and its savings, in the papers' own words."""
    decision = load_study("rotherham").decision
    assert decision is not None
    told = " ".join(decision.facts)
    for fact in (
        "in the area, from a range of other suitable venues",
        "libraries and schools",
        "outreach and a targeted, detached offer",
        "£498,000, full-year in 2019/20",
        "£380,000 from the strategy and £118,000 from property",
    ):
        assert fact in told
    assert "a year from 2019/20" not in told


def test_rotherham_asks_what_the_council_decided() -> None:
    study = load_study("rotherham")
    gone = {"park-view", "broom-valley", "wath-victoria"}
    by_name = {scenario.name: scenario for scenario in study.scenarios}
    assert set(by_name["deregister-closed"].close) == gone
    assert dict(by_name["deregister-sessions"].set_hours) == dict.fromkeys(gone, 10)
    assert list(by_name) == [
        "baseline",
        "deregister-closed",
        "deregister-sessions",
        "outreach",
        "youth",
    ]
    for name in ("outreach", "youth"):
        assert not by_name[name].assess
        assert "not " in by_name[name].why_not
    assert [criterion.id for criterion in study.criteria] == [
        "walk-30-fall",
        "walk-30",
        "pram-2500",
        "pushchair-added",
        "deprived-not-worse",
        "deprived-fall",
        "no-car",
        "even-spread",
        "hours",
    ]
    # every threshold is ours, and said to be
    assert all(criterion.whose.startswith("ours: ") for criterion in study.criteria)
    assert {criterion.id: criterion.counts_with for criterion in study.criteria}["pram-2500"] == (
        "walk-30"
    )


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("threshold = 0.9", "treshold = 0.9", "line 36: criterion[1].treshold: no such key; did"),
        ("threshold = 0.9", "threshold = 1.4", "criterion[1].threshold: 1.4 is no share"),
        (
            "threshold = 0.9",
            'threshold = 0.9\nlabel = "Near a full-time centre on foot"',
            "criterion[1].label: is 'Near a full-time centre on foot'; give at most 5 words",
        ),
        (
            "threshold = 0.9",
            'threshold = 0.9\ncounts_with = "walk-3"',
            "criterion[1].counts_with: no criterion 'walk-3'; did you mean 'walk-30'?",
        ),
        (
            "threshold = 0.9",
            'threshold = 0.9\ncounts_with = "walk-30"',
            "criterion[1].counts_with: 'walk-30' is the criterion itself; name another",
        ),
        ("threshold = 0.9", 'threshold = "most"', "criterion[1].threshold: is 'most'; give a num"),
        ("cutoff_min = 30", "", "criterion[1].cutoff_min: coverage needs it; add it"),
        ("set_on = 2020-01-01", 'set_on = "soon"', "criterion[1].set_on: is 'soon'; give a date"),
        ('mode = "walk"', 'mode = "wakl"', "criterion[1].mode: no travel mode 'wakl'; did you"),
        ('mode = "walk"', 'mode = "drive"', "'drive' is not one of settings.modes"),
        ('"walk", "pushchair"', '"walk", "walk"', "settings.modes[2]: 'walk' is listed twice"),
        ('"walk", "pushchair"', '"walk", "pram"', "settings.modes[2]: no travel mode 'pram'"),
        ("[settings]", "[settings]\nspeed_km_h = { walk = 0 }", "is 0; give more than 0"),
        ("[settings]", "[settings]\nspeed_km_h = { drive = 30 }", "not one of settings.modes"),
        ("[settings]", "[settings]\nfull_time_from_hours = 200", "is 200; give at most 168"),
        ("[settings]", "[settings]\nseed = 1.5", "settings.seed: is 1.5; give a whole number"),
        ("[settings]", "[setings]", "setings: no such key; did you mean 'settings'?"),
        ("schema = 1", "schema = 2", "schema: is 2; give 1"),
        ('id = "toy"', 'id = "A Toy"', "id: is 'A Toy'; give small letters, digits and hyphens"),
        ('unit = "under-fives"\n', "", "study.toml: unit: missing; add it"),
        ('unit = "under-fives"', 'unit = ""', "unit: is empty; fill it in"),
        ('unit = "under-fives"', 'unit = " "', "unit: is empty; fill it in"),
        ('set_by = "nobody"', 'set_by = " "', "criterion[1].set_by: is empty; fill it in"),
        ('name = "baseline"', 'name = "before"', "the first scenario must be 'baseline'"),
        ('label = "Before"', 'label = "Before"\nclose = ["east"]', "the baseline is assessed and"),
        ('name = "one-less"', 'name = "baseline"', "is used by scenario[1] too"),
        ('close = ["west"]', "", "scenario[2]: changes nothing"),
        ('close = ["west"]', 'close = ["west", "west"]', "scenario[2].close[2]: 'west' is listed"),
        ('close = ["west"]', 'close = ["west"]\nopen = ["west"]', "'west' is closed by the same"),
        ('close = ["west"]', "set_hours = { west = 169 }", "set_hours.west: is 169; give at most"),
        ('close = ["west"]', 'close = ["west"]\nassess = false', "say in why_not which input is"),
        ('close = ["west"]', 'close = "west"', "scenario[2].close: is 'west'; give a list in"),
        ("origins = {", "orgins = {", "data.orgins: no such key; did you mean 'origins'?"),
    ],
)
def test_one_fault_is_told_with_its_key(toy: StudyFolder, old: str, new: str, told: str) -> None:
    toy.change("study.toml", old, new)
    found = faults(toy)
    assert len(found) == 1, found
    assert told in found[0]
    assert found[0].startswith(toy.toml.as_posix())


def test_every_fault_is_told_at_once_in_the_order_of_the_file(toy: StudyFolder) -> None:
    toy.change("study.toml", 'unit = "under-fives"', "unit = 5")
    toy.change("study.toml", '"walk", "pushchair"', '"walk", "pram"')
    toy.change("study.toml", 'label = "The west closed"', 'lable = "One closed"')
    toy.change("study.toml", "threshold = 0.9", "threshold = 9")
    found = faults(toy)
    keys = ["unit", "settings.modes[2]", "scenario[2].lable", "criterion[1].threshold"]
    assert [fault.split(": ")[1] for fault in found] == keys


def test_faults_between_keys_come_with_those_of_single_keys(toy: StudyFolder) -> None:
    """Pydantic stops at the first kind; each table here has both, and an unknown key beside."""
    for old, new in (
        ('label = "Before"', 'lable = "Before"\nclose = ["east"]'),
        (
            'label = "The west closed"\nclose = ["west"]',
            'label = 5\nclose = ["west"]\nopen = ["west"]',
        ),
        ('modes = ["walk", "pushchair"]', 'modes = ["walk", "walk"]\nseed = "x"\nseeed = 1'),
        ("cutoff_min = 30\nthreshold = 0.9", "within_m = 500\nthreshold = 9\ntitel = 1"),
        ('mode = "walk"', 'mode = "drive"'),
        ("set_on = 2020-01-01", "set_on = 2999-01-01"),
        ('source = "estimate"', 'surce = "estimate"\n[disclosure]\nhide_below = 1\nround_to = "x"'),
    ):
        toy.change("study.toml", old, new)
    assert [fault.split("study.toml, ")[1].split(": ", 1)[1][:42] for fault in faults(toy)] == [
        key[:42]
        for key in (
            "streets.surce: no such key; did you mean 'source'?",
            "disclosure.hide_below: 1 is not 3 to 1000: below that nothing is hidden",
            "disclosure.round_to: is 'x'; give a whole number",
            "settings.modes[2]: 'walk' is listed twice; list each mode once",
            "settings.seed: is 'x'; give a whole number",
            "settings.seeed: no such key; did you mean 'seed'?",
            "scenario[1]: the baseline is assessed and changes nothing",
            "scenario[1].lable: no such key; did you mean 'label'?",
            "scenario[2].label: is 5; give text in quotes",
            "scenario[2].open: 'west' is closed by the same scenario",
            "criterion[1].cutoff_min: coverage needs it; add it",
            "criterion[1].mode: 'drive' is not one of settings.modes",
            "criterion[1].within_m: coverage does not use it; remove it",
            "criterion[1].threshold: 9 is no share; give 0.9 for 90%",
            "criterion[1].titel: no such key; did you mean 'title'?",
            "criterion[1].set_on: 2999-01-01 has not come",
        )
    ]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            'place = "Toytown"',
            'place = "Toy\\u0000town"',
            "place: holds a sign that cannot be seen",
        ),
        (
            '"sites.csv"',
            '"sites\\u0000.csv"',
            "data.sites: holds a sign that cannot be seen (U+0000",
        ),
        ('"estimate"', '"estimate"\nx = ' + "[" * 1500 + "]" * 1500, "one another too deep"),
        ('"estimate"', '"estimate"\n' + "a." * 3000 + "b = 1", "one another too deep"),
        ('"estimate"', '"estimate"\nbuffer_m = ' + "9" * 5000, "not valid TOML"),
        (
            'close = ["west"]',
            'streets = [{ change = ["link"] }]',
            "streets[1].change: is not what is",
        ),
        ('close = ["west"]', "streets = [{ change = {} }]", "scenario[2].streets[1].change"),
        ('close = ["west"]', 'close = [["west"]]', "scenario[2].close[1]: is not what is wanted"),
        ('id = "walk-30"', 'id = ["walk-30"]', "criterion[1].id: is not what is wanted"),
    ],
)
def test_odd_toml_is_a_fault_like_any_other(
    toy: StudyFolder, old: str, new: str, words: str
) -> None:
    toy.change("study.toml", old, new)
    assert any(words in fault for fault in faults(toy))


def test_a_criterion_counts_with_one_that_counts_for_itself(toy: StudyFolder) -> None:
    second = CRITERION.replace('"walk-30"', '"two"\ncounts_with = "walk-30"', 1)
    third = CRITERION.replace('"walk-30"', '"three"\ncounts_with = "two"', 1)
    toy.toml.write_text(STUDY + second, encoding="utf-8")
    assert [item.counts_with for item in load_study(toy.toml).criteria] == [None, "walk-30"]
    toy.toml.write_text(STUDY + second + third, encoding="utf-8")
    (found,) = faults(toy)
    assert "criterion[3].counts_with: 'two' counts with 'walk-30'; name that one" in found


@pytest.mark.parametrize("given", [[], ["09:30"], ["09:30", "10:00", "10:30"]])
@pytest.mark.parametrize("key", ["arrive", "sessions", "day"])
def test_two_times_are_wanted_and_nothing_else(
    toy: StudyFolder, key: str, given: list[str]
) -> None:
    table = "sessions" if key == "day" else "transit"
    window = "" if key == "arrive" else 'arrive = ["09:30", "10:30"]\n'
    other = 'feeds = ["a.zip"]\ndate = "tuesday"\n' + window if table == "transit" else ""
    value = json.dumps([given] if key == "sessions" else given)
    toy.change("study.toml", "[settings]", f"[{table}]\n{other}{key} = {value}\n\n[settings]")
    where = f"{table}.{key}" + ("[1]" if key == "sessions" else "")
    (told,) = faults(toy)
    wanted = "times" if given else "values"
    assert told.endswith(f"{where}: holds {len(given)}; two {wanted} are wanted")


def test_a_repeated_criterion_is_told(toy: StudyFolder) -> None:
    toy.toml.write_text(STUDY + CRITERION, encoding="utf-8")
    assert "criterion[2].id: 'walk-30' is used by criterion[1] too" in faults(toy)[0]


def test_broken_toml_is_told_with_its_line(toy: StudyFolder) -> None:
    toy.change("study.toml", 'id = "toy"', 'id = "toy')
    assert "not valid TOML" in faults(toy)[0]
    assert "line 2" in faults(toy)[0]


@pytest.mark.parametrize(("data", "told"), [(b"", "is empty"), (b"id = '\xff'", "not UTF-8")])
def test_a_file_that_is_no_text_is_told(toy: StudyFolder, data: bytes, told: str) -> None:
    toy.toml.write_bytes(data)
    assert told in faults(toy)[0]


@pytest.mark.parametrize("name", ["rotherham", "newport", "rotherham-2018"])
@pytest.mark.parametrize("kind", ["folder", "file"])
def test_nothing_of_the_name_of_a_study_that_ships_hides_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, kind: str
) -> None:
    own = write_study(tmp_path / name if kind == "folder" else tmp_path / "toy")
    monkeypatch.chdir(tmp_path)
    if kind == "file":
        Path(name).write_bytes(own.toml.read_bytes())
    assert load_study(name).place != "Toytown"
    assert load_study(f"./{name}").place == "Toytown"


def test_a_study_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="there is no study file"):
        load_study(tmp_path / "study.toml")
    with pytest.raises(NotFoundError, match="did you mean 'rotherham'"):
        load_study("rotheram")


def test_line_ends_and_marks_of_other_systems_change_nothing(toy: StudyFolder) -> None:
    before = load_study(toy.toml)
    data = b"\xef\xbb\xbf" + STUDY.replace("\n", "\r\n").encode()
    toy.toml.write_bytes(data)
    after = load_study(toy.toml)
    assert after.criteria == before.criteria
    assert after.file_sha256 == hashlib.sha256(data).hexdigest()
    toy.toml.write_bytes(data.replace(b"threshold", b"treshold"))
    assert "line 36" in faults(toy)[0]


def test_a_study_cannot_set_where_it_was_read_from(toy: StudyFolder) -> None:
    toy.change("study.toml", "schema = 1", 'schema = 1\nfolder = "/"')
    assert "folder: no such key; known" in faults(toy)[0]


def test_the_digest_of_criteria_changes_with_a_criterion_alone(toy: StudyFolder) -> None:
    first = load_study(toy.toml).criteria_sha256()
    toy.change("study.toml", 'title = "A toy"', 'title = "Another"')
    assert load_study(toy.toml).criteria_sha256() == first
    toy.change("study.toml", "threshold = 0.9", "threshold = 0.89")
    assert load_study(toy.toml).criteria_sha256() != first


def test_a_scenario_becomes_typed_changes() -> None:
    config = ScenarioConfig(
        name="all-kinds",
        label="All kinds",
        close=("a",),
        open=("b",),
        set_hours={"c": 10.0},
        move=(MoveTo(site="d", easting=1.0, northing=2.0, location_radius_m=3.0),),
    )
    assert scenario_of(config).changes == (
        Close("a"),
        Open("b"),
        SetHours("c", 10.0),
        Move("d", 1.0, 2.0, 3.0),
    )
