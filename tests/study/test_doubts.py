"""What a study states as not known, and how sure its outcomes are."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd
import pytest

from eh_access.criteria.criterion import Outcome
from eh_access.criteria.draws import SourceKind
from eh_access.errors import InputError
from eh_access.study.config import load_study
from eh_access.study.inputs import read_inputs
from eh_access.study.result import StudyResult
from study_files import write_study


def refused(tmp_path: Path, stated: str) -> list[str]:
    """Return the faults of the toy study with something stated about what is not known."""
    toy = write_study(tmp_path / "toy")
    toy.change("study.toml", "[settings]", f"[simulation]\n{stated}\n\n[settings]")
    with pytest.raises(InputError) as told:
        read_inputs(load_study(toy.toml))
    return list(told.value.faults)


@pytest.mark.parametrize("chance", ["1.2", "-0.5", "0", "nan"])
def test_a_chance_outside_0_to_1_is_one_clear_fault(tmp_path: Path, chance: str) -> None:
    (fault,) = refused(tmp_path, f"existence = {{ west = {chance} }}")
    assert "existence" in fault
    assert "west" in fault


@pytest.mark.parametrize(
    "key", ["existence = { wets = 0.6 }", "places = { wets = [[441000, 391000]] }"]
)
def test_a_doubt_about_a_site_that_is_not_there_is_one_clear_fault(
    tmp_path: Path, key: str
) -> None:
    (fault,) = refused(tmp_path, key)
    assert "no site 'wets'" in fault
    assert "did you mean 'west'" in fault
    assert "study.toml" in fault


def test_a_stated_chance_stands_in_for_the_table_s(tmp_path: Path) -> None:
    toy = write_study(tmp_path / "toy")
    toy.change("study.toml", "[settings]", "[simulation]\nexistence = { west = 0.6 }\n\n[settings]")
    sites = read_inputs(load_study(toy.toml)).sites
    assert sites["existence"].to_dict() == {"west": 0.6, "east": 1.0}


def test_every_outcome_rests_on_the_draws(rotherham: StudyResult) -> None:
    found = rotherham.uncertainty
    assert found is not None
    frame = found.frame.set_index(["scenario", "criterion"])
    called = 0
    for verdict in rotherham.verdicts:
        if verdict.outcome is Outcome.CANNOT_SAY:
            assert math.isnan(verdict.probability)
            continue
        row = frame.loc[(verdict.scenario, verdict.criterion.id)]
        assert verdict.probability == row["probability_met"]
        sure = max(verdict.probability, 1 - verdict.probability)
        if verdict.outcome is Outcome.TOO_CLOSE:
            continue
        called += 1
        assert sure >= 0.9
        assert (verdict.outcome is Outcome.MET) == (verdict.probability > 0.5)
    assert called > 5
    assert (frame["low"] <= frame["median"]).all()
    assert (frame["median"] <= frame["high"]).all()


def test_an_estimate_has_no_probability(rotherham_estimate: StudyResult) -> None:
    assert rotherham_estimate.uncertainty is None
    assert all(math.isnan(verdict.probability) for verdict in rotherham_estimate.verdicts)


def test_every_doubt_of_the_tables_is_drawn(rotherham: StudyResult) -> None:
    found = rotherham.uncertainty
    assert found is not None
    kinds = {(source.kind, source.site_id) for source in found.sources}
    assert (SourceKind.SITE, "valley") in kinds
    assert (SourceKind.PLACE, "park-view") in kinds
    assert (SourceKind.EXISTENCE, "coleridge") in kinds
    assert (SourceKind.COUNTS, "") in kinds
    # neighbours' sites are drawn where they are counted, and there alone
    assert SourceKind.NEIGHBOUR not in {kind for kind, _ in kinds}
    assert rotherham.neighbours is not None
    assert rotherham.with_neighbours is not None
    wider = rotherham.with_neighbours.uncertainty
    assert wider is not None
    border = {item.site_id for item in wider.sources if item.kind is SourceKind.NEIGHBOUR}
    assert border <= set(rotherham.neighbours.index)
    assert border
    first = found.first
    assert first is not None
    gains = pd.Series([source.right_then - source.right_now for source in found.sources])
    assert first.right_then - first.right_now == gains.max() > 0


def test_gaps_and_headlines_come_from_the_same_draws(rotherham: StudyResult) -> None:
    found = rotherham.uncertainty
    assert found is not None
    case_values = found.of("deregister-closed", "walk-30")
    assert case_values is not None
    walk = next(
        item
        for item in found.headlines
        if (item.scenario, item.mode, item.figure) == ("deregister-closed", "walk", "share_within")
    )
    assert walk.spread == case_values.value


def test_a_place_far_outside_the_area_is_refused(tmp_path: Path) -> None:
    (fault,) = refused(tmp_path, "places = { west = [[4, 3]] }")
    assert "simulation.places.west" in fault
    assert "km outside the study area (at most 5 km); give easting and northing in metres" in fault
