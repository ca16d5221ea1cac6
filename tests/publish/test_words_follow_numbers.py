"""A copied study with other numbers says its own, and a title at odds with them is a fault."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from itertools import permutations, product
from pathlib import Path

import docx
import pytest

from eh_access.criteria.criterion import KINDS, Criterion
from eh_access.criteria.titles import other_numbers
from eh_access.measures.equity import GROUPS
from eh_access.modes import LABELS
from eh_access.publish.criteria_words import name_study
from eh_access.study.config import load_study
from eh_access.study.opening import study_text
from study_cli import Ran, run_cli
from study_files import write_study
from toy_borough import criterion

STUDIES = Path(__file__).parents[2] / "data" / "studies"
OLD = re.compile(
    r"90\s?%(?! of draws)|30-minute|30 minutes' walk|\bThree\b|\bthree (?:sites|closed)"
)
CHANGES = (
    ("cutoff_min = 30", "cutoff_min = 20"),
    ("threshold = 0.90", "threshold = 0.75"),
    ("gaer-community-centre = 10, ", ""),
    ('"gaer-community-centre", ', ""),
    ('"../', '"bundled:'),
)


CLOSED = '"illustrative-closed"\nlabel = "'
ASKED = "[[criterion]]\n"
LAST = "[[criterion]]"
NOT_ASSESSED = """[[scenario]]
name = "elsewhere"
assess = false
why_not = "It is not known where."
"""


def copied(folder: Path) -> Path:
    """Return Newport's study with 20 minutes, 75% and two closures."""
    text = (STUDIES / "newport.toml").read_text(encoding="utf-8")
    for old, new in CHANGES:
        assert old in text
        text = text.replace(old, new)
    path = folder / "study.toml"
    path.write_text(text, encoding="utf-8")
    return path


def words_of(path: Path) -> str:
    """Return what a file of the run says, as a reader sees it."""
    if path.suffix == ".docx":
        document = docx.Document(str(path))
        cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
        return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        text = re.sub(r"base64,[A-Za-z0-9+/=]+|\s+", " ", html.unescape(text))
    return text


def test_a_copy_with_other_numbers_says_them_throughout(tmp_path: Path) -> None:
    study = copied(tmp_path)
    ran = run_cli("report", study, "--out", tmp_path / "out")
    assert ran.code == 0, ran.err
    logged = run_cli("log", tmp_path / "out" / "manifest.json")
    assert logged.code == 0, logged.err
    texts = {"terminal": ran.out}
    for path in sorted((tmp_path / "out").rglob("*")):
        if path.suffix in {".html", ".docx", ".md", ".csv"}:
            texts[path.name] = words_of(path)
    assert {"report.html", "annex.html", "map.html", "assumptions-log.md"} <= set(texts)
    named = {name: OLD.findall(text) for name, text in texts.items()}
    assert {name: found for name, found in named.items() if found} == {}
    for words in ("20-minute walk", "Two sites closed"):
        assert words in texts["report.html"]
        assert words in texts["map.html"]
    assert "At least 75% of postcodes within a 20-minute walk" in texts["annex.html"]


def check_changed(folder: Path, old: str, new: str) -> Ran:
    """Check a copy with one thing changed; it is refused."""
    study = copied(folder)
    text = study.read_text(encoding="utf-8")
    assert old in text
    study.write_text(text.replace(old, new, 1), encoding="utf-8")
    ran = run_cli("check", study)
    assert ran.code == 2
    return ran


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ('id = "walk-30"\n', 'id = "walk-30"\ntitle = "90% within a walk"\n', "names '90%'"),
        ('id = "walk-30"\n', 'id = "walk-30"\nlabel = "A 30-minute walk"\n', "names '30-min"),
        ('id = "walk-30"\n', 'id = "walk-30"\nlabel = "A thirty minute walk"\n', "names 'thirty"),
        ('"illustrative-closed"\n', '"illustrative-closed"\nlabel = "Three closed"\n', "'Three"),
        ("as an example: the limit", "the 6 points", "whose: names '6 points'"),
        ("; nobody has", "; three sites shut. Nobody", "note: names 'three sites shut'"),
        ('"illustrative-closed"\n', f'{CLOSED}Ten hours kept"\n', "label: names 'Ten hours'"),
        (LAST, f"{NOT_ASSESSED}label = 'Three sites closed'\n{LAST}", "names 'Three sites closed'"),
        (LAST, f"{NOT_ASSESSED}note = 'Kept for 12 hours'\n{LAST}", "note: names '12 hours'"),
    ],
)
def test_a_title_at_odds_with_its_numbers_is_a_fault(
    tmp_path: Path, old: str, new: str, match: str
) -> None:
    ran = check_changed(tmp_path, old, new)
    assert match in ran.err
    assert "correct it, or leave it out" in ran.err


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ("made-up sites closed (", "from twelve to nine. (", "title: names 'from twelve to nine'"),
        ("some made-up sites", "three sites", "title: names 'three sites closed'"),
        ("stay reasonably local?", "be within 30 minutes?", "question: names '30 minutes'"),
        ("[settings]", "[settings]\ncutoff_min = 30", "is 30, and criteria judge within 20"),
        ("from 25 hours", "from 30 hours", "'30 hours', and full_time_from_hours is 25"),
        (ASKED, f"{ASKED}title = 'Open 15 hours a week'\n", "title: names '15 hours'"),
        (ASKED, f"{ASKED}title = 'Within two miles'\n", "title: names 'two miles'"),
        ("made-up sites closed (", "from nine to seven. (", "'from nine to seven', and data.sites"),
        ('"baseline"\n', '"baseline"\nlabel = "Before: nine sites"\n', "has 12; correct it"),
    ],
)
def test_a_study_that_is_called_by_other_numbers_is_faulted(
    tmp_path: Path, old: str, new: str, match: str
) -> None:
    assert match in check_changed(tmp_path, old, new).err


@pytest.mark.parametrize(
    ("close", "told"),
    [("park-view", ""), ("arnold", "names Park View, which no scenario changes")],
)
def test_words_about_sites_that_no_scenario_changes_are_named(
    tmp_path: Path, close: str, told: str
) -> None:
    text = study_text("rotherham").replace("park-view", close)
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    ran = run_cli("check", tmp_path / "study.toml")
    assert ran.code == 0, ran.err
    # "Broom Valley" does not name the Valley, which stays
    assert ("which no scenario changes" in ran.out) == bool(told)
    assert told in ran.out


def test_what_is_given_by_hand_stands() -> None:
    study = load_study("rotherham")
    given = {item.name: item.label for item in study.scenarios}
    assert given["deregister-closed"] == "The three gone altogether"
    titles = {item.id: item.title for item in study.criteria}
    assert "90%" in titles["walk-30"]
    assert "under-fives" in titles["walk-30"]


@pytest.mark.parametrize(
    ("measure", "also", "label"),
    [
        ("coverage", '"transit"', "Within 30 minutes, bus too"),
        ("coverage", '"pushchair"', "Within 30 minutes, pushchair too"),
        ("coverage", '"drive"', "Within 30 minutes, driving too"),
        ("coverage", '"pushchair", "transit"', "Within 30 minutes, any way"),
        ("coverage_fall", '"transit"', "30-minute fall, bus too"),
        ("group_coverage", '"transit"', "Few cars: bus too"),
    ],
)
def test_a_label_of_several_ways_has_five_words(
    tmp_path: Path, measure: str, also: str, label: str
) -> None:
    toy = write_study(tmp_path / "toy")
    group = 'group = "no-car-fifth"\n' if measure == "group_coverage" else ""
    toy.change("study.toml", '["walk", "pushchair"]', '["walk", "pushchair", "drive"]')
    new = f'measure = "{measure}"\n{group}also_modes = [{also}]\n'
    toy.change("study.toml", 'measure = "coverage"\n', new)
    assert load_study(toy.toml).criteria[0].label == label
    assert len(label.split()) <= 5


LIMITS = {
    "cutoff_min": [30, 120],
    "added_min": [10],
    "within_m": [2500],
    "min_hours": [10],
    "group": list(GROUPS),
    "by": ["ward_name", "imd_decile"],
    "there_and_back": ["each_way", "total"],
}


def every_criterion() -> Iterator[Criterion]:
    """Yield criteria of every kind, by every way of travelling and every two of them."""
    ways = [(one, ()) for one in LABELS] + [(one, (two,)) for one, two in permutations(LABELS, 2)]
    for kind in KINDS.values():
        keys = [key for key in (*kind.needs, *kind.may) if key != "also_modes"]
        for (mode, also), *values in product(ways, *(LIMITS[key] for key in keys)):
            if not also or "also_modes" in kind.may:
                given = dict(zip(keys, values, strict=True)) | (
                    {"also_modes": also} if also else {}
                )
                yield criterion(measure=kind.name, mode=mode, threshold=0.5, **given)


def test_every_label_has_five_words_at_most() -> None:
    for name in ("rotherham", "rotherham-2018", "newport"):
        labels = [item.label for item in load_study(name).criteria]
        assert [label for label in labels if len(label.split()) > 5] == []
    nameless = [
        # a criterion made here has its name for a label: without one it is made from its numbers
        Criterion(**item.model_dump(exclude={"title", "label"}))
        for item in every_criterion()
    ]
    study = load_study("rotherham").model_copy(update={"criteria": tuple(nameless)})
    made = {item.label for item in name_study(study).criteria}
    assert len(made) > 100
    assert [label for label in sorted(made) if len(label.split()) > 5] == []
    assert "There and back, 120 minutes" in made


@pytest.mark.parametrize(
    ("text", "others"),
    [
        ("At least 75% within a 20-minute walk", []),
        ("Within 2.5 km by street", []),
        ("Within 2,500 m", []),
        ("Within 3 km, 20 min on foot", ["3 km"]),
        ("At least 80 per cent within twenty minutes", ["80 per cent"]),
        ("Option 3 of the 2018 paper: a 15 minutes' walk", ["15 minutes"]),
        ("Seventy-five per cent within a twenty-minute walk", []),
        ("Within twenty-five minutes", ["twenty-five minutes"]),
        ("Nine in ten within half an hour's walk", ["30 minutes", "90%"]),
        ("Three quarters within a 30\u2011minute walk or 25min", ["25min", "30-minute"]),
        ("Three-quarters within seventeen minutes", ["seventeen minutes"]),
    ],
)
def test_only_numbers_with_a_unit_of_the_criterion_count(text: str, others: list[str]) -> None:
    numbers = {"%": [75.0], "min": [20.0], "m": [2500.0], "hours": []}
    assert sorted(other_numbers(text, numbers)) == others


@pytest.mark.parametrize(
    ("text", "others"),
    [
        ("Within 3 km of a hub", ["3 km"]),
        ("Within 3,000 metres of a hub", ["3,000 metres"]),
        ("A 1.5-mile drive", ["1.5-mile"]),
        ("Open 15 hours a week", []),
        ("One metre or a kilometre", ["One metre"]),
    ],
)
def test_a_limit_that_a_criterion_has_none_of_is_another_s(text: str, others: list[str]) -> None:
    known = {"min": [30.0], "m": [], "hours": []}
    assert list(other_numbers(text, known, alone=("min", "m"))) == others
    assert list(other_numbers("Within 1.5 miles", {"m": [2414.0]})) == []
    assert list(other_numbers("Within two miles", {"m": [2414.0]})) == ["two miles"]


@pytest.mark.parametrize("text", ["Closing three centres", "three hubs lost", "Three are shut"])
def test_how_many_close_is_read_before_and_behind(text: str) -> None:
    assert list(other_numbers(text, {"sites": [3.0]})) == []
    assert len(list(other_numbers(text, {"sites": [2.0]}))) == 1
