"""Streets that a scenario changes: on Newport's real streets, and through the command line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from eh_access.errors import InputError
from eh_access.publish.notes import note_text
from eh_access.study.config import ScenarioConfig, Study, load_study
from eh_access.study.inputs import street_changes
from eh_access.study.result import StudyResult
from eh_access.study.run import run_study
from study_cli import run_cli
from study_files import TO_NEWPORT, StudyFolder, moved, write_study

SAME_MIN = 0.02  # minutes are held to a tenth of a second
BRIDGE = {"change": "close", "street": "Newport Bridge"}
# two places 314 m apart that are 26 minutes' walk from one another
LINK = {
    "change": "link",
    "start": (332_380.0, 187_351.0),
    "end": (332_129.0, 187_163.0),
    "name": "footbridge",
}


def newport(*streets: dict[str, object]) -> Study:
    study = load_study("newport")
    one = ScenarioConfig(name="streets", label="Streets changed", streets=streets)
    return study.model_copy(update={"scenarios": (study.scenarios[0], one)})


@pytest.fixture(scope="module")
def shut() -> StudyResult:
    return run_study(newport(BRIDGE))


@pytest.fixture(scope="module")
def linked() -> StudyResult:
    return run_study(newport(LINK))


def before_and_after(result: StudyResult, mode: str) -> tuple[np.ndarray, np.ndarray]:
    """Return minutes of the homes and sites that join the same street before and after."""
    before, after = result.times[mode], result.times_for("streets", mode)
    homes, sites = (
        (getattr(before, kind)["offset_m"] == getattr(after, kind)["offset_m"]).to_numpy()
        for kind in ("origin_status", "site_status")
    )
    assert homes.mean() > 0.99
    return before.minutes[homes][:, sites], after.minutes[homes][:, sites]


@pytest.mark.parametrize("mode", ["walk", "pushchair"])
def test_a_closed_street_never_shortens_a_way(shut: StudyResult, mode: str) -> None:
    before, after = before_and_after(shut, mode)
    assert (after >= before - SAME_MIN).all()
    assert (after > before + SAME_MIN).any()


def test_a_closed_street_saves_drivers_its_own_junctions_at_most(shut: StudyResult) -> None:
    before, after = before_and_after(shut, "drive")
    assert (after > before + 1.0).any()
    delay_min = shut.times["drive"].mode.junction_delay_s / 60
    assert (after >= before - 3 * delay_min - SAME_MIN).all()


def test_a_footbridge_never_lengthens_a_way(linked: StudyResult) -> None:
    before, after = before_and_after(linked, "walk")
    assert (after <= before + SAME_MIN).all()
    assert (after < before - 1.0).any()
    drive = before_and_after(linked, "drive")  # no car crosses a footbridge
    assert np.allclose(*drive, atol=SAME_MIN)


def test_the_baseline_keeps_its_streets(shut: StudyResult) -> None:
    plain = run_study(newport(BRIDGE).model_copy(update={"scenarios": newport().scenarios[:1]}))
    for mode in plain.modes:
        assert np.array_equal(plain.times[mode].minutes, shut.times[mode].minutes)
    assert shut.travel_for("streets").network is not shut.network
    assert shut.travel_for("baseline").network is shut.network


def test_everything_a_scenario_is_judged_by_follows_its_streets(shut: StudyResult) -> None:
    _, case = shut.cases()
    for kind in ("times", "times_back", "distances"):
        held, changed = getattr(case.before, kind), getattr(case.after, kind)
        assert held.keys() == changed.keys()
        for mode in held:
            differ = ~np.isclose(held[mode].minutes, changed[mode].minutes, equal_nan=True)
            assert differ.any(), (kind, mode)
    name = ("streets", "walk")
    mine = shut.nearest("streets", "walk", full_time=False)["minutes"].to_numpy()
    assert np.array_equal(shut.comparisons[name].frame["after_min"].to_numpy(), mine)


def test_it_is_said(shut: StudyResult) -> None:
    told = [note_text(note) for note in shut.notes if note.topic == "changed-streets"]
    assert any("closed to everyone: Newport Bridge" in text for text in told)


def test_a_limit_slows_drivers_alone() -> None:
    result = run_study(newport({"change": "limit", "street": "Chepstow Road", "mph": 5}))
    before, after = before_and_after(result, "drive")
    assert (after > before + 0.5).any()
    assert np.array_equal(*before_and_after(result, "walk"))


# ---- what cannot be done is refused ------------------------------------------------------------


def folder(tmp_path: Path, streets: str, *, source: str = "bundled:newport") -> StudyFolder:
    made = moved(write_study(tmp_path), **TO_NEWPORT)
    made.change("study.toml", 'source = "estimate"', f'source = "{source}"')
    made.change("study.toml", 'close = ["west"]\n', f"[[scenario.streets]]\n{streets}\n")
    return made


def refusal(made: StudyFolder) -> str:
    ran = run_cli("report", made.toml, "--out", made.path / "out")
    assert ran.code == 2
    assert "Traceback" not in ran.err
    assert not (made.path / "out").exists()
    return ran.err


def test_an_estimate_has_no_streets_to_change(tmp_path: Path) -> None:
    told = refusal(folder(tmp_path, 'change = "close"\nway = 7', source="estimate"))
    assert "scenario[2].streets: scenario 'one-less' changes streets, and there are none" in told
    assert "Straight-line estimates were asked for" in told
    assert "streets.source" in told


@pytest.mark.parametrize(
    ("streets", "message"),
    [
        ('change = "close"', "does not say which streets; give way, street or area"),
        ('change = "limit"\nway = 7', "has no mph"),
        ('change = "limit"\nway = 7\nmph = 90', "give at most 70"),
        ('change = "link"\nstart = [440000, 390000]', "a link has no end"),
        ('change = "close"\nway = 7\nmph = 20', "mph: is no key of change = 'close'"),
        ('change = "shut"\nway = 7', "change: is 'shut'"),
        ('change = "close"\nstret = "High Street"', "did you mean 'street'"),
    ],
)
def test_a_change_that_is_none_is_told_with_its_line(
    tmp_path: Path, streets: str, message: str
) -> None:
    told = refusal(folder(tmp_path, streets))
    assert message in told
    assert "study.toml, line " in told
    assert "scenario[2].streets[1]" in told


def test_streets_that_are_not_there_are_told_with_close_names() -> None:
    with pytest.raises(InputError) as told:
        run_study(newport({"change": "close", "street": "Newport Bride"}))
    assert "scenario[2].streets: no street for 'closed to everyone: Newport Bride'" in str(
        told.value
    )
    assert "did you mean 'Newport Bridge'" in str(told.value)


def test_an_area_that_is_not_there_is_told() -> None:
    with pytest.raises(InputError, match="no area 'nowhere'"):
        run_study(newport({"change": "close", "area": "nowhere"}))


def test_within_an_area_only_its_own_pieces_close() -> None:
    study = newport({**BRIDGE, "area": "town"})
    areas = run_study(newport()).areas.iloc[[0]].set_axis(["town"])
    (change,) = street_changes(study.scenarios[1], areas)
    assert change.within is areas.geometry["town"]
