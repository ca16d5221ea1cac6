"""A study's scenarios as cases to judge, with the times its verdicts were reached with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eh_access.analysis.case import Case, JudgeSettings, Side
from eh_access.study.pooling import LEFT_OUT
from eh_access.study.protecting import areas_in_words
from eh_access.study.results import BASELINE_NAME

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eh_access.study.config import Study
    from eh_access.study.records import Hidden
    from eh_access.study.results import StudyResult


def cases_of(result: StudyResult) -> list[Case]:
    """Return every assessed scenario as a case to judge, baseline first."""
    before = side_of(result, BASELINE_NAME)
    return [
        Case(
            scenario=name,
            origins=result.origins,
            before=before,
            after=side_of(result, name),
            settings=judging_of(result),
        )
        for name in result.scenario_names
    ]


def judging_of(result: StudyResult) -> JudgeSettings:
    """Return what the study's criteria share."""
    moved = result.may_publish_origins and not result.study.weights_public
    return judging(result.study, moved=moved, hidden=result.hidden)


def judging(study: Study, *, moved: bool, hidden: Sequence[Hidden]) -> JudgeSettings:
    """Return what the criteria of a study share."""
    return JudgeSettings(
        full_time_from_hours=study.settings.full_time_from_hours,
        unit=study.unit,
        place=study.site_word,
        policy=study.policy,
        moved=moved_words(study, hidden) if moved else "",
    )


def moved_words(study: Study, hidden: Sequence[Hidden]) -> str:
    """Return what protecting counts does to a value, for the reason of a verdict."""
    lost = [item.cell for item in hidden if LEFT_OUT in item.rule]
    told = (
        f"so that nobody can be found, {study.unit} are counted by area and placed at public "
        "places, not where each lives"
    )
    if lost:
        be = "is" if len(lost) == 1 else "are"
        areas, limit = areas_in_words(lost), study.disclosure.hide_below
        told += f", and {areas} with fewer than {limit} {be} left out"
    return f"{told}: the value may be some points off, and an outcome near the threshold may turn"


def side_of(result: StudyResult, scenario: str) -> Side:
    """Return sites and minutes under one scenario, on its own streets where it changes some."""
    sites = result.scenario_sites[scenario]
    if scenario in result.moved:
        return result.moved[scenario].side(sites)
    return Side(
        sites=sites,
        times=result.times,
        times_back=result.times_back,
        distances=result.distances,
    )
