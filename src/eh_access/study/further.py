"""What the minutes say beyond the verdicts: other choices, other assumptions, other groups.

Nothing is routed here but to places the study had not asked about: candidate venues, and where a
roughly known site might really be.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from eh_access.analysis.alternatives import (
    AlternativeOptions,
    Alternatives,
    alternatives_frame,
    rank_alternatives,
)
from eh_access.analysis.criteria import Outcome
from eh_access.analysis.fairness import fairness_frame
from eh_access.analysis.hiding import hide_small, joined_logs
from eh_access.analysis.outreach import Outreach, best_sessions, outreach_frame
from eh_access.analysis.positions import sampled_sites
from eh_access.analysis.robustness import Robustness, robustness
from eh_access.analysis.scenarios import open_sites
from eh_access.analysis.three_readings import readings_table
from eh_access.analysis.venues import Loss, OutreachOptions
from eh_access.study.cases import cases_of, judging_of, side_of
from eh_access.study.config import scenario_of
from eh_access.study.families import ROLE as FAMILIES_ROLE
from eh_access.study.further_figures import (
    FAIRNESS_FIGURES,
    LOAD_FIGURES,
    READING_FIGURES,
    SESSION_FIGURES,
)
from eh_access.study.inputs import read_inputs
from eh_access.study.results import BASELINE_NAME
from eh_access.study.scenario_tables import decided_scenario
from eh_access.study.session_tables import load_table, per_place, sessions_table
from eh_access.study.travel import Progress, Travel, session_mode, work_out

if TYPE_CHECKING:
    import geopandas as gpd

    from eh_access.routing.types import TravelTimes
    from eh_access.study.results import StudyResult


@dataclass(frozen=True, eq=False, kw_only=True)
class Findings:
    """What was asked of a study's minutes beyond its criteria; made by `find_further`.

    Parameters
    ----------
    alternatives
        Every set of as many sites as the last scenario takes away, ranked; None where no scenario
        takes any away.
    robustness
        The criteria under other assumptions and with roughly known sites elsewhere.
    fairness
        How every group fares: ``fairness.csv``.
    outreach
        The best venues for sessions, alone and to mend each scenario; empty without candidates.
    readings
        The scenarios beside one another by what "open" is taken to mean.
    sessions
        Sessions a week that can be attended whole, by scenario; empty without a timetable.
    load
        Who goes where, and how full sites become; empty without scenarios.
    hidden
        What was hidden in the tables by group and by reading, and why: ``HIDDEN_COLUMNS``.
    """

    alternatives: Alternatives | None
    robustness: Robustness
    fairness: pd.DataFrame
    outreach: tuple[Outreach, ...]
    readings: pd.DataFrame
    sessions: pd.DataFrame = field(default_factory=pd.DataFrame)
    load: pd.DataFrame = field(default_factory=pd.DataFrame)
    hidden: pd.DataFrame = field(default_factory=pd.DataFrame)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables to be written, by the name of their file.

        Returns
        -------
        dict of str to pandas.DataFrame
            ``alternatives.csv``, ``robustness.csv``, ``fairness.csv`` and ``outreach.csv``, those
            of them that there is something to say in.
        """
        found = {
            "alternatives.csv": None
            if self.alternatives is None
            else alternatives_frame(self.alternatives),
            "robustness.csv": self.robustness.frame,
            "fairness.csv": self.fairness,
            "outreach.csv": outreach_frame(self.outreach) if self.outreach else None,
        }
        return {name: frame for name, frame in found.items() if frame is not None}


def find_further(result: StudyResult, *, progress: Progress | None = None) -> Findings:
    """Ask a study's minutes for more than its verdicts.

    Parameters
    ----------
    result
        From `run_study`.
    progress
        Called with a few words as each stage begins.

    Returns
    -------
    Findings
        The same for the same result.

    Raises
    ------
    InputError
        If the counts are not public and were not protected.

    Examples
    --------
    >>> from eh_access.study.config import load_study
    >>> from eh_access.study.run import run_study
    >>> found = find_further(run_study(load_study("rotherham")))
    >>> len(found.tables()["alternatives.csv"])
    220
    """
    result.refuse_private()
    tell = progress if progress is not None else _silent
    tell("Ranking every other choice")
    alternatives = _alternatives(result)
    tell("Trying other assumptions")
    steady = find_robustness(result, progress=tell)
    tell("Looking for the best venues")
    outreach = _outreach(result)
    tell("Asking who gains and who loses")
    seed = result.study.settings.seed
    fairness = [
        fairness_frame(comparisons, sites=sites, seed=seed)
        for sites, comparisons in (
            ("open", result.comparisons),
            ("full_time", result.comparisons_full_time),
        )
    ]
    mode = session_mode(result.study)
    readings = readings_table(
        cases_of(result),
        mode=mode,
        min_hours=result.study.sessions.hours_per_week,
        loser_min=result.study.settings.loser_min,
    )
    policy = result.study.policy
    grouped, one = hide_small(
        pd.concat(fairness, ignore_index=True), FAIRNESS_FIGURES, policy, table="fairness.csv"
    )
    read, two = hide_small(readings, READING_FIGURES, policy, table="readings")
    attended, three = hide_small(sessions_table(result), SESSION_FIGURES, policy, table="sessions")
    load, four = hide_small(load_table(result), LOAD_FIGURES, policy, table="load")
    return Findings(
        alternatives=alternatives,
        robustness=steady,
        fairness=grouped,
        outreach=outreach,
        readings=read,
        sessions=attended,
        load=load if policy.public else per_place(load),
        hidden=joined_logs([one, two, three, four]),
    )


def find_robustness(result: StudyResult, *, progress: Progress | None = None) -> Robustness:
    """Ask the criteria under other assumptions and with roughly known sites elsewhere, no more.

    Parameters
    ----------
    result, progress
        As for `find_further`, of which this is one part.

    Returns
    -------
    Robustness
        On the result's set of origins and, where there is one, on another.

    Raises
    ------
    InputError
        If the other set of origins cannot be used.

    Examples
    --------
    >>> from eh_access.study.config import load_study
    >>> from eh_access.study.run import run_study
    >>> found = find_robustness(run_study(load_study("newport")))
    >>> found.summary()["sentence"].str.contains("that could matter").all().item()
    True
    """
    study, tell = result.study, progress if progress is not None else _silent
    cases = {result.origins_name: cases_of(result)}
    other = _other_origins(result)
    if other is not None:
        tell(f"Trying the origins of the set '{other}'")
        tables = read_inputs(study, origins=other)
        travel = _travel(result, tables.origins, tables.sites)
        cases[other] = [
            replace(
                case,
                origins=tables.origins,
                before=travel.side(case.before.sites),
                after=travel.side(case.after.sites),
            )
            for case in cases[result.origins_name]
        ]
    sampled = sampled_sites(result.sites, seed=study.settings.seed, within=result.borough)
    positions = {}
    if len(sampled):
        tell("Trying other places for sites known only roughly")
        there = _travel(result, result.origins, sampled)
        positions = {BASELINE_NAME: there.side(sampled)}
        for name in result.moved:
            if result.network_for(name) is not result.network:
                there = _travel(result, result.origins, sampled, scenario=name)
                positions[name] = there.side(sampled)
    neither = {
        (verdict.scenario, verdict.criterion.id)
        for verdict in result.verdicts
        if verdict.outcome == Outcome.CANNOT_SAY and verdict.indication is None
    }
    return robustness(study.criteria, cases, positions=positions, neither=neither)


def _lost_sites(result: StudyResult) -> tuple[str, ...]:
    """Return the sites that the scenario decided on takes away or leaves with fewer hours."""
    enough = result.study.settings.full_time_from_hours
    before, after = (
        open_sites(result.scenario_sites[name], full_time=True, full_time_from_hours=enough)
        for name in (BASELINE_NAME, decided_scenario(result.study.scenarios) or BASELINE_NAME)
    )
    return tuple(str(site) for site in before.difference(after))


def _alternatives(result: StudyResult) -> Alternatives | None:
    council = _lost_sites(result)
    if not council:
        return None
    return rank_alternatives(
        side_of(result, BASELINE_NAME),
        result.origins,
        close=len(council),
        criteria=result.study.criteria,
        options=AlternativeOptions(
            council=council,
            mode=session_mode(result.study),
            loser_min=result.study.settings.loser_min,
            judging=judging_of(result),
        ),
    )


def _other_origins(result: StudyResult) -> str | None:
    """Return the study's other set of origins; none where a list of families stands for both."""
    by_families = any(file.role == FAMILIES_ROLE for file in result.inputs)
    if by_families or not result.study.weights_public or result.moved:
        return None
    names = [name for name in result.study.data.origins if name != result.origins_name]
    return names[0] if names else None


def _travel(
    result: StudyResult,
    origins: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    *,
    scenario: str = BASELINE_NAME,
) -> Travel:
    network = result.network_for(scenario)
    return work_out(result.study, origins, sites, network=network, progress=_silent)


def _outreach(result: StudyResult) -> tuple[Outreach, ...]:
    venues = result.candidates
    mode = session_mode(result.study)
    if venues is None or not len(venues):
        return ()
    plain = _travel(result, result.origins, venues).times[mode]
    before = result.nearest(BASELINE_NAME, mode, full_time=False)["minutes"].to_numpy()
    mends: list[tuple[Loss | None, TravelTimes]] = [(None, plain)]
    for config in result.scenarios:
        after = result.nearest(config.name, mode, full_time=False)["minutes"].to_numpy()
        if not np.any(after > before):
            continue
        times = plain
        if result.network_for(config.name) is not result.network:
            times = _travel(result, result.origins, venues, scenario=config.name).times[mode]
        loss = Loss(scenario=scenario_of(config), before=before, after=after)
        mends.append((loss, times))
    options = OutreachOptions(
        sessions=result.study.sessions.numbers_of(len(venues)),
        hours_per_week=result.study.sessions.hours_per_week,
        unit=result.study.unit,
        policy=result.study.policy,
    )
    return tuple(
        best_sessions(times, result.origins, names=venues["name"], mend=mend, options=options)
        for mend, times in mends
    )


def _silent(_: str) -> None:
    """Say nothing."""
