"""A study's scenarios as cases to judge, with the times its verdicts were reached with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eh_access.analysis.case import Case, JudgeSettings, Side
from eh_access.study.results import BASELINE_NAME

if TYPE_CHECKING:
    from eh_access.study.results import StudyResult


def cases_of(result: StudyResult) -> list[Case]:
    """Return every assessed scenario as a case to judge, baseline first.

    Parameters
    ----------
    result
        From `run_study`.

    Returns
    -------
    list of Case
        With the times the verdicts were reached with.
    """
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
    study = result.study
    return JudgeSettings(
        full_time_from_hours=study.settings.full_time_from_hours,
        unit=study.unit,
        place=study.site_word,
        policy=study.policy,
    )


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
