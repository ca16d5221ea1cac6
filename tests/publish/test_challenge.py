"""A consultee's file beside the council's scenario, by hand and as the map page saves it."""

from __future__ import annotations

import html
import json
import math
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Point

from eh_access.criteria.criterion import Outcome, Verdict, Verdicts
from eh_access.publish.challenge import comparison_table, printed, verdict_in_words, within_radius
from eh_access.publish.templates import shipped
from eh_access.study.challenge import Challenge
from eh_access.study.config import load_study
from eh_access.study.inputs import read_inputs
from pages import read_page
from study_cli import Ran, run_cli
from study_files import STUDY, StudyFolder, write_study
from toy_borough import criterion

MAP_FILE = """\
[[scenario]]
name = "own-one-less"
label = "One closed, changed by hand"
note = "Made by hand on the map page."
close = ["east"]
set_hours = { "west" = 10 }
"""

CRITERION = STUDY[STUDY.index("[[criterion]]") :]


@pytest.fixture
def toy(tmp_path: Path) -> StudyFolder:
    return write_study(tmp_path / "study")


def challenge(toy: StudyFolder, text: str, *options: str) -> tuple[Ran, Path]:
    theirs = toy.path.parent / "theirs.toml"
    theirs.write_text(text, encoding="utf-8")
    out = toy.path.parent / "compared"
    return run_cli("challenge", theirs, "--study", toy.toml, "-o", out, *options), out


def test_theirs_stands_beside_the_council_s(toy: StudyFolder) -> None:
    """The council closes west, theirs east: who walks how far follows from the toy's places."""
    ran, out = challenge(toy, MAP_FILE)
    assert (ran.code, ran.err) == (0, "")
    assert sorted(path.name for path in out.iterdir()) == ["comparison.csv", "comparison.html"]
    table = pd.read_csv(out / "comparison.csv")
    # without west nobody reaches a full-time centre by theirs: blank, with the reason beside it
    assert list(table).index("theirs_reason") == list(table).index("theirs") + 1
    assert set(table["theirs_reason"].dropna()) == {"out of reach"}
    rows = table.set_index(["row", "mode", "sites"])
    # within 30 minutes' walk before: a and c, 40 of 60; without west c; without east a
    walk = rows.loc[("walk-30", "walk", "any open")]
    assert walk[["before", "council", "theirs"]].tolist() == pytest.approx([2 / 3, 1 / 2, 1 / 6])
    assert walk["better"] == "council"
    assert walk["council_outcome"] == walk["theirs_outcome"] == "cannot say (points to not met)"
    # a walks 3,800 m further in a line, times 1.2 at 80 m a minute: 57; it counts 10 of 60
    mean = rows.loc[("mean_change_min", "on foot", "any open")]
    assert mean["council"] == pytest.approx(57 * 10 / 60, abs=0.05)
    # c goes to west instead, 3,900 - 100 m in a line, too, and counts 30; b is 13 m nearer to east
    assert mean["theirs"] == pytest.approx(57 * 30 / 60, abs=0.1)
    lose = rows.loc[("weight_loses", "on foot", "any open")]
    assert lose[["council", "theirs"]].tolist() == [10, 30]
    # west keeps ten hours in theirs, so nothing full-time is left
    lost = rows.loc[("weight_loses_all", "on foot", "full-time only")]
    assert lost[["council", "theirs"]].tolist() == [0, 60]
    page = html.unescape((out / "comparison.html").read_text(encoding="utf-8"))
    assert "One closed, changed by hand" in page
    assert page.count("INDICATIVE") == 2  # the title and the banner
    assert ">at least 90.0%</td>" in page
    assert "theirs does better on 0, the council's on 1" in page
    assert "the council's" in ran.out


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ('close = ["east"]', "East closes; the other site stays as it was."),
        (
            'close = ["east"]\nset_hours = { west = 10 }',
            "East closes; West has 10 hours a week.",
        ),
        ("set_hours = { east = 1, west = 1 }", "East and West have 1 hour a week."),
        (
            'move = [{ site = "east", easting = 443700, northing = 390400 }]',
            "East moves by 500 m; the other site stays as it was.",
        ),
    ],
)
def test_the_page_says_what_the_file_changes(toy: StudyFolder, changes: str, words: str) -> None:
    challenge_file = f'[[scenario]]\nname = "own"\n{changes}\n'
    ran, out = challenge(toy, challenge_file)
    assert ran.code == 0, ran.err
    said = read_page((out / "comparison.html").read_text(encoding="utf-8")).text()
    assert f"This scenario: {words}" in said
    assert ": West closes; the other site stays as it was. Both" in said
    assert "but where streets, buses or trains change" not in said


def test_streets_and_timetables_that_change_are_said_to() -> None:
    nothing: dict[str, object] = {key: [] for key in ("closed", "opened", "hours", "moved")}
    facts = {"streets": True, "timetable": True, "touched": 0, "stay": 2, "site": "centre"}
    assert shipped().part("challenge/words", "changes", nothing | facts) == (
        "streets change, as said below; buses and trains change, as said below; "
        "every centre stays as it was."
    )


def test_a_change_has_no_figure_before(toy: StudyFolder) -> None:
    change = CRITERION.replace("walk-30", "fall").replace("coverage", "coverage_fall")
    toy.change("study.toml", CRITERION, f"{CRITERION}\n{change.replace('0.9', '5')}")
    ran, out = challenge(toy, MAP_FILE)
    assert ran.code == 0, ran.err
    page = read_page((out / "comparison.html").read_text(encoding="utf-8"))
    before = [
        cell.text() for cell in page.all("td") if cell.attributes.get("data-label") == "Before"
    ]
    assert before == ["66.7%", "not applicable"]
    (fall,) = [line for line in ran.out.splitlines() if line.startswith("fall ")]
    assert fall.split("│")[1].strip() == "-"
    (mean,) = [line for line in ran.out.splitlines() if line.startswith("mean added")]
    assert mean.split("│")[1].strip() == "-"


def test_less_than_the_estimates_are_off_is_no_difference(tmp_path: Path) -> None:
    """Figures of the terminal's first table, each pair apart or close by the published errors."""
    theirs = tmp_path / "theirs.toml"
    theirs.write_text(
        '[[scenario]]\nname = "theirs"\nlabel = "Arnold 300 m away"\n'
        'close = ["park-view", "broom-valley", "wath-victoria"]\n'
        'move = [{ site = "arnold", easting = 445000, northing = 393100, '
        "location_radius_m = 150 }]\n",
        encoding="utf-8",
    )
    ran = run_cli("challenge", theirs, "--streets", "estimate", "-o", tmp_path / "out", "--json")
    assert ran.code == 0, ran.err
    rows = [row for row in json.loads(ran.out)["rows"] if row["mode"] in ("walk", "on foot")]
    off = {"min": 0.7, "share": 0.04, "points": 4.0, "count": 0.04 * 14637}
    known = [row for row in rows if row["council"] is not None and row["theirs"] is not None]
    for row in known:
        apart = abs(row["council"] - row["theirs"])
        close = 0 < apart <= off[row["unit"]]
        assert (row["better"] == "too close") == close, row
    assert {row["better"] for row in known} > {"too close"}
    page = (tmp_path / "out" / "comparison.html").read_text(encoding="utf-8")
    assert "differ by less than the estimates are off" in page


def test_the_terminal_shows_criteria_by_id_and_few_lines(toy: StudyFolder) -> None:
    ran, _ = challenge(toy, MAP_FILE)
    assert len(ran.out.splitlines()) < 40
    (walk,) = [line for line in ran.out.splitlines() if line.startswith("walk-30 ")]
    assert "50.0% (not met)" in walk
    assert walk.rstrip().endswith("council's")
    assert "with a pushchair" not in ran.out.replace("\n", " ").split("Other ways")[0]


def test_json_for_machines(toy: StudyFolder) -> None:
    ran, _ = challenge(toy, MAP_FILE, "--json")
    told = json.loads(ran.out)
    assert told["rows"][0]["better"] == "council"
    assert set(told["files"]) == {"comparison.html", "comparison.csv"}


def test_names_from_their_file_stay_text(toy: StudyFolder) -> None:
    ran, out = challenge(toy, MAP_FILE.replace("One closed,", "<script>alert(1)</script>"))
    assert ran.code == 0
    assert "<script>" not in (out / "comparison.html").read_text(encoding="utf-8")


def test_a_library_that_opens_makes_nothing_worse(tmp_path: Path) -> None:
    candidates = pd.read_csv(Path(__file__).parents[2] / "data/sites/rotherham_candidates.csv")
    library = candidates["site_id"].iloc[0]
    theirs = tmp_path / "theirs.toml"
    theirs.write_text(
        '[[scenario]]\nname = "library"\nlabel = "A library instead"\n'
        f'close = ["park-view", "broom-valley", "wath-victoria"]\nopen = ["{library}"]\n',
        encoding="utf-8",
    )
    ran = run_cli("challenge", theirs, "--streets", "estimate", "-o", tmp_path / "out", "--json")
    assert ran.code == 0, ran.err
    rows = {(row["row"], row["mode"], row["sites"]): row for row in json.loads(ran.out)["rows"]}
    assert {row["council_scenario"] for row in rows.values()} == {"deregister-sessions"}
    words = ("--against", "deregister-closed", "--streets", "estimate")
    against = run_cli("challenge", theirs, *words, "-o", tmp_path, "--json")
    for row in json.loads(against.out)["rows"]:
        # one more open place can make nothing worse, but a gap between groups it can
        if row["row"] != "deprived-not-worse":
            assert row["better"] in ("theirs", "same", "too close", ""), row


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('close = ["east"]', 'close = ["esat"]', "line 5: scenario[1].close[1]: no site 'esat'"),
        ('close = ["east"]', 'close = ["esat"]', "or 'east'?"),
        ('{ "west" = 10 }', '{ "west" = 200 }', "line 6: scenario[1].set_hours.west"),
        ('close = ["east"]', 'close = ["east", "west"]', "'west' is closed by the same scenario"),
        ('close = ["east"]\nset_hours = { "west" = 10 }\n', "", "changes nothing"),
        (
            'close = ["east"]\nset_hours = { "west" = 10 }',
            'close = ["east", "west"]',
            "leaves no site open",
        ),
        ('"own-one-less"', '"one-less"', "is a scenario of the study; give yours a name"),
        ("label =", "lable =", "did you mean 'label'?"),
        ("[[scenario]]", "[settings]", "settings: no such key"),
        ("note =", "assess = false\nnote =", "there is nothing to run"),
        (MAP_FILE, "", "the file is empty"),
        ("[[scenario]]", "[[scenario]", "not valid TOML"),
    ],
)
def test_each_fault_of_theirs_is_told(toy: StudyFolder, old: str, new: str, words: str) -> None:
    assert old in MAP_FILE
    ran, out = challenge(toy, MAP_FILE.replace(old, new))
    assert ran.code == 2, ran
    assert "theirs.toml" in ran.err
    assert words in ran.err, ran.err
    assert "Traceback" not in ran.err
    assert not out.exists()


def test_a_file_that_is_not_there(toy: StudyFolder) -> None:
    ran = run_cli("challenge", toy.path / "absent.toml", "--study", toy.toml)
    assert ran.code == 2
    assert "absent.toml: cannot be read" in ran.err


def test_a_scenario_to_hold_it_against_that_is_misspelt(toy: StudyFolder) -> None:
    ran, _ = challenge(toy, MAP_FILE, "--against", "one-les")
    assert ran.code == 2
    assert "did you mean 'one-less'?" in ran.err


def rough(radius_m: float, *, east: float = 0.0, hours: float = 10.0) -> gpd.GeoDataFrame:
    """Return two sites, the first so far east and known to within so much, the second nowhere."""
    return gpd.GeoDataFrame(
        {
            "is_open": [True, True],
            "hours_per_week": [hours, math.nan],
            "location_radius_m": [radius_m, math.nan],
        },
        geometry=[Point(east, 0.0), None],
        index=["a", "b"],
        crs=27700,
    )


@pytest.mark.parametrize(
    ("theirs", "alike"),
    [
        (rough(50), True),
        (rough(50, east=40), True),
        (rough(0, east=40), True),  # the council's own radius still stands
        (rough(50, east=60), False),
        (rough(100, east=60), True),
        (rough(50, east=40, hours=9), False),
        (rough(50).set_geometry([Point(0, 0), Point(0, 0)]).set_crs(27700), False),
    ],
)
def test_a_site_moved_within_its_radius_is_at_the_same_place(
    theirs: gpd.GeoDataFrame, *, alike: bool
) -> None:
    assert within_radius(rough(50), theirs) == alike


def verdict_of(value: float, outcome: Outcome, scenario: str) -> Verdict:
    return Verdict(
        criterion=criterion(threshold=0.9),
        scenario=scenario,
        mode="walk",
        value=value,
        threshold=0.9,
        outcome=outcome,
        basis="streets",
        reasons=(),
    )


@pytest.mark.parametrize(
    ("council", "theirs", "outcomes", "alike", "better"),
    [
        (0.8, 0.7, ("not met", "not met"), (), "council"),
        (0.8, 0.7, ("not met", "not met"), ("theirs",), "about the same"),
        (0.8, 0.7, ("too close to call", "too close to call"), (), "about the same"),
        (0.8, 0.7, ("too close to call", "not met"), (), "council"),
        (0.80049, 0.80051, ("not met", "not met"), (), "about the same"),  # 80.0% and 80.1%
        (0.80041, 0.80044, ("not met", "not met"), (), "same"),
        (0.80041, 0.80144, ("not met", "not met"), (), "theirs"),
    ],
)
def test_what_no_figure_can_tell_is_not_better(
    council: float, theirs: float, outcomes: tuple[str, str], alike: tuple[str, ...], better: str
) -> None:
    verdicts = Verdicts(
        verdict_of(value, Outcome(outcome), name)
        for value, outcome, name in zip(
            (council, theirs), outcomes, ("council", "theirs"), strict=True
        )
    )
    study = load_study("rotherham")
    inputs = read_inputs(study)
    both = Challenge(study=study, inputs=inputs, council="council", theirs=("theirs",))
    table = comparison_table(both, verdicts, {}, study=study, off={}, alike=alike)
    assert table["better"].tolist() == [better]
    close = "no difference that can be told" in verdict_in_words(table)
    assert close
    told = "theirs does better on 0, the council's on 0" in verdict_in_words(table)
    assert told == (better in ("same", "about the same"))


@pytest.mark.parametrize(
    ("public", "outcome", "shown"),
    [
        (True, "not met", "not known - not met"),
        (False, "not met", "[c] - not met"),
        (False, "cannot say (points to not met)", "[c] - cannot say (points to not met)"),
        (False, "cannot say", "not known - cannot say"),
    ],
)
def test_a_hidden_figure_is_not_said_to_be_unknown(
    *, public: bool, outcome: str, shown: str
) -> None:
    study = load_study("rotherham").model_copy(update={"weights_public": public})
    table = pd.DataFrame(
        {
            "row": ["walk-30"],
            "what": ["Within a 30-minute walk"],
            "mode": ["walk"],
            "sites": ["full-time only"],
            "unit": ["share"],
            "bound": ["at least"],
            "threshold": [0.9],
            "before": [math.nan],
            "council": [math.nan],
            "theirs": [-0.0004],
            "council_outcome": [outcome],
            "theirs_outcome": [outcome],
            "better": [""],
        }
    )
    (line,) = printed(table, study)
    assert line.council == shown
    assert line.before == shown.split(" - ", maxsplit=1)[0]
    assert line.theirs == f"0.0% - {outcome}"  # and no -0.0%
