"""The whole method on one page: from a question and its tables to verdicts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from eh_access.analysis.case import Case
from eh_access.analysis.comparison import compare
from eh_access.analysis.scenarios import apply_scenario, open_sites
from eh_access.analysis.verdict_list import Verdicts
from eh_access.analysis.verdicts import judge
from eh_access.errors import InputError
from eh_access.study.cases import judging
from eh_access.study.config import scenario_of
from eh_access.study.credits import credits_for
from eh_access.study.families import for_families
from eh_access.study.inputs import Inputs, read_inputs
from eh_access.study.notes import neighbour_notes, study_notes, warnings_first
from eh_access.study.records import Note
from eh_access.study.results import BASELINE_NAME, StudyResult
from eh_access.study.steps import step_counts
from eh_access.study.street_changes import changed_networks, street_notes
from eh_access.study.streets import Streets, is_near, own_streets, refuse_elsewhere
from eh_access.study.travel import Progress, Travel, with_more, with_moved, work_out

if TYPE_CHECKING:
    import geopandas as gpd

    from eh_access.analysis.comparison import Comparison
    from eh_access.network.model import Network
    from eh_access.study.config import Study


def run_study(
    study: Study,
    *,
    network: Network | None = None,
    origins: str | None = None,
    inputs: Inputs | None = None,
    streets: Streets | None = None,
    progress: Progress | None = None,
) -> StudyResult:
    """Answer a study's question.

    Parameters
    ----------
    study
        From `load_study`.
    network
        Streets to travel on. Without any, those that come with the study are used, its own or
        those that ship for its area; else times are straight-line estimates and every verdict is
        an indication. Nothing is ever downloaded here: see `find_streets`.
    origins
        Which set of origins, by its name in ``data.origins``; the first if None.
    inputs
        The study's tables, if they have been read already.
    streets
        What `find_streets` found, in place of ``network``.
    progress
        Called with a few words as each stage begins.

    Returns
    -------
    StudyResult
        Times, comparisons, verdicts, and what must be said beside them.

    Raises
    ------
    InputError
        If a table, a scenario or the study's streets cannot be used: every fault is listed.

    Examples
    --------
    >>> from eh_access.study.config import load_study
    >>> result = run_study(load_study("rotherham"))
    >>> result.estimated, result.scenario_names
    (False, ('baseline', 'deregister-closed', 'deregister-sessions'))
    """
    tell = progress if progress is not None else _silent
    tell("Reading the tables")
    tables = inputs if inputs is not None else read_inputs(study, origins=origins)
    study = for_families(study) if tables.families else study
    criteria_sha256 = study.criteria_sha256()  # fixed before there is a result to look at
    found = _streets(study, tables, network, streets)
    changed = changed_networks(study, tables.areas, found.network, found.how)
    travel = work_out(study, tables.origins, tables.sites, network=found.network, progress=tell)
    answers = _answers(study, tables, travel, changed, tell)
    modes = [times.mode for times in travel.times.values()]
    notes = [
        *found.notes(modes),
        *street_notes(study, changed),
        *study_notes(study, tables, travel),
    ]
    other, why_not = _on_other_streets(study, tables, found, tell)
    notes += why_not
    files = (*tables.files, *found.files())
    provenance = credits_for(study, files, found.network)
    if other is not None:
        provenance = tuple(dict.fromkeys([*provenance, *other.provenance]))
    result = StudyResult(
        study=study,
        origins_name=tables.origins_name,
        origins=tables.origins,
        areas=tables.areas,
        **answers,
        wards=tables.wards,
        candidates=tables.candidates,
        youth=tables.youth,
        neighbours=tables.neighbours,
        borough=tables.borough,
        base=tables.base,
        timetable=tables.timetable,
        postcodes=tables.postcodes,
        network=found.network,
        estimated=found.network is None,
        notes=warnings_first(notes),
        provenance=provenance,
        criteria_sha256=criteria_sha256,
        inputs=files,
        counts=step_counts(study, tables, travel, verdicts=len(answers["verdicts"])),
        streets_how=found.how,
        streets_asked=found.asked,
        on_other_streets=other,
        may_publish_origins=study.weights_public or tables.private is not None,
        hidden=tables.hidden,
    )
    if tables.neighbours is None:
        return result
    tell("Working out all of it with neighbours' sites counted")
    more = work_out(
        study, tables.origins, tables.neighbours, network=found.network, progress=_silent
    )
    sites = pd.concat([tables.sites, tables.neighbours.assign(is_open=True)])
    wider = replace(tables, sites=sites)
    counted = _answers(study, wider, with_more(travel, more), changed, _silent)
    return replace(
        result,
        with_neighbours=replace(result, **counted, on_other_streets=None, _memory={}),
        notes=warnings_first([*result.notes, *neighbour_notes(tables.neighbours, more)]),
        _memory={},
    )


def _answers(
    study: Study, tables: Inputs, travel: Travel, changed: dict[str, Network], tell: Progress
) -> dict[str, Any]:
    """Return the fields of a result that depend on which sites are counted."""
    choices = _choices(study, tables, travel, changed, tell)
    tell("Comparing before and after, and judging")
    return {
        "sites": choices[BASELINE_NAME].sites,
        "scenario_sites": {name: choice.sites for name, choice in choices.items()},
        "times": travel.times,
        "times_back": travel.times_back,
        "distances": travel.distances,
        "moved": {
            name: choice.travel for name, choice in choices.items() if choice.travel is not travel
        },
        "comparisons": _comparisons(study, tables, choices, full_time=False),
        "comparisons_full_time": _comparisons(study, tables, choices, full_time=True),
        "verdicts": _verdicts(study, tables, choices),
    }


@dataclass(frozen=True, eq=False)
class _Choice:
    """Sites and times under one scenario."""

    sites: gpd.GeoDataFrame
    travel: Travel


def _streets(
    study: Study, tables: Inputs, network: Network | None, streets: Streets | None
) -> Streets:
    if network is not None:
        if not is_near(study, tables.borough, network):
            refuse_elsewhere(study, "the streets given")
        return Streets(network=network, how="Travel times follow the streets given.")
    if streets is not None:
        return streets
    own = own_streets(study, tables.borough)
    how = "No streets were given, so travel times are straight-line estimates."
    return own if own is not None else Streets(network=None, how=how)


def _on_other_streets(
    study: Study, tables: Inputs, found: Streets, tell: Progress
) -> tuple[StudyResult | None, list[Note]]:
    """Run the study on the streets it is compared with, where there are any."""
    if found.other is None:
        return None, []
    tell("The same on other streets")
    try:
        own = replace(tables, neighbours=None)
        return run_study(study, inputs=own, streets=found.other), []
    except InputError as error:  # such as a street to be closed that the others have not
        text = f"The study could not be run on other streets, to compare: {error.faults[0]}."
        return None, [Note(level="warning", text=text, topic="streets compared")]


def _choices(
    study: Study, tables: Inputs, travel: Travel, changed: dict[str, Network], tell: Progress
) -> dict[str, _Choice]:
    """Apply every scenario; where sites move or streets change, times are worked out anew."""
    choices: dict[str, _Choice] = {}
    for config in study.scenarios:
        if not config.assess:
            continue
        sites = apply_scenario(tables.sites, scenario_of(config))
        moved = [item.site for item in config.move]
        own = travel
        if config.name in changed:
            tell(f"Working out travel times on changed streets ({config.name})")
            streets = changed[config.name]
            own = work_out(study, tables.origins, sites, network=streets, progress=_silent)
        elif moved:
            tell(f"Working out travel times to sites that move ({config.name})")
            part = work_out(
                study, tables.origins, sites.loc[moved], network=travel.network, progress=_silent
            )
            own = with_moved(travel, part)
        choices[config.name] = _Choice(sites, own)
    return choices


def _comparisons(
    study: Study, tables: Inputs, choices: dict[str, _Choice], *, full_time: bool
) -> dict[tuple[str, str], Comparison]:
    """Compare every scenario with the baseline, by every mode."""
    enough = study.settings.full_time_from_hours
    before = choices[BASELINE_NAME]
    return {
        (name, mode): compare(
            before.travel.times[mode],
            after.travel.times[mode],
            tables.origins,
            sites_before=open_sites(before.sites, full_time=full_time, full_time_from_hours=enough),
            sites_after=open_sites(after.sites, full_time=full_time, full_time_from_hours=enough),
            loser_min=study.settings.loser_min,
        )
        for name, after in choices.items()
        if name != BASELINE_NAME
        for mode in study.settings.modes
    }


def _verdicts(study: Study, tables: Inputs, choices: dict[str, _Choice]) -> Verdicts:
    """Judge every scenario by every criterion; the baseline gives the values before."""
    moved = tables.private is not None
    settings = judging(study, moved=moved, hidden=tables.hidden)
    before = choices[BASELINE_NAME]
    cases = [
        Case(
            scenario=name,
            origins=tables.origins,
            before=before.travel.side(before.sites),
            after=choice.travel.side(choice.sites),
            settings=settings,
        )
        for name, choice in choices.items()
    ]
    return Verdicts(judge(criterion, case) for case in cases for criterion in study.criteria)


def _silent(_stage: str) -> None:
    """Tell nobody."""
