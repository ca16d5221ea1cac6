"""Run a study: from its tables to verdicts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from eh_access.arguments import check_arguments
from eh_access.criteria.criterion import Case, Verdicts
from eh_access.criteria.draws import Simulation, draw_sites, draw_weights, sampled_sites
from eh_access.criteria.judge import judge
from eh_access.criteria.uncertainty import simulate, weigh
from eh_access.delegate import delegate
from eh_access.errors import InputError
from eh_access.facts import Note, note
from eh_access.measures.comparison import compare
from eh_access.measures.scenarios import apply_scenario, open_sites
from eh_access.provenance import Provenance
from eh_access.routing.estimate import estimate_error
from eh_access.routing.travel_times import OFF_NETWORK
from eh_access.sources.bundled import data_dir, load_sources
from eh_access.study.config import scenario_of
from eh_access.study.families import for_families, judge_settings
from eh_access.study.inputs import changed_buses, changed_networks, read_inputs, street_notes
from eh_access.study.notes import neighbour_notes, study_notes, warnings_first
from eh_access.study.records import Inputs, StepCount
from eh_access.study.redact import redact_notes, redact_uncertainty, redact_verdict
from eh_access.study.result import BASELINE_NAME, StudyResult
from eh_access.study.streets import Streets, is_near, own_streets, refuse_elsewhere
from eh_access.study.travel import (
    Progress,
    Travel,
    changed_ways,
    compute_travel_times,
    on_streets,
    with_buses,
    with_more,
    with_moved,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

    from eh_access.criteria.criterion import Side, Verdict
    from eh_access.measures.comparison import Comparison
    from eh_access.network.model import Network
    from eh_access.study.config import Study
    from eh_access.study.records import InputFile
    from eh_access.study.travel import Way


PLACED = {False: "placed on the network", True: "with a place"}
"""What is asked of origins before minutes are; an estimate has no network to place them on."""


def step_counts(
    study: Study, inputs: Inputs, travel: Travel, *, verdicts: int
) -> tuple[StepCount, ...]:
    """Return how many rows went into each step and came out."""
    rows = {file.role: file.rows for file in inputs.files if file.rows is not None}
    checked = {"areas": len(inputs.areas), "origins": len(inputs.origins)}
    if inputs.neighbours is not None:
        checked["neighbours"] = len(inputs.neighbours)
    read = [
        StepCount(step=f"{role} checked", rows_in=rows.get(role, count), rows_out=count)
        for role, count in checked.items()
    ]
    added = len(inputs.sites) - rows.get("sites", len(inputs.sites))
    sites = StepCount(
        step="sites checked",
        rows_in=rows.get("sites", len(inputs.sites)),
        rows_out=len(inputs.sites),
        note=_added(added),
    )
    placed = [
        StepCount(
            step=f"{mode}: origins {PLACED[times.estimated]}",
            rows_in=len(inputs.origins),
            rows_out=int(
                (~times.origin_status["status"].isin(("off_network", "no_location"))).sum()
            ),
            note="any others keep their rows, with a status",
        )
        for mode, times in travel.times.items()
    ]
    timed = [
        StepCount(
            step=f"{mode}: pairs of origin and site timed",
            rows_in=len(inputs.origins) * len(inputs.sites),
            rows_out=int(times.minutes.size),
        )
        for mode, times in travel.times.items()
    ]
    judged = StepCount(
        step="criteria judged, under every scenario",
        rows_in=len(study.criteria) * sum(item.assess for item in study.scenarios),
        rows_out=verdicts,
    )
    return (*read, sites, *inputs.counts, *placed, *timed, judged)


def _added(candidates: int) -> str:
    if not candidates:
        return ""
    many = "1 candidate" if candidates == 1 else f"{candidates} candidates"
    return f"with {many} that a scenario opens"


def credits_for(
    study: Study, files: tuple[InputFile, ...], network: Network | None
) -> tuple[Provenance, ...]:
    """Return where everything a study read came from."""
    stated = [credit for file in files for credit in _credit(study, file)]
    streets = () if network is None else network.provenance
    return tuple(dict.fromkeys([*stated, *streets]))


def _credit(study: Study, file: InputFile) -> Iterator[Provenance]:
    if file.role in ("study", "streets", "streets compared", "families", "challenge"):
        return
    stated = [source for source in study.sources if source.file == file.name]
    for source in stated:
        yield Provenance(**source.model_dump(exclude={"file"}), sha256=file.sha256)
    if stated:
        return
    shipped = load_sources().get(_bundled_name(study.resolve(file.name)))
    if shipped is not None:
        yield shipped.provenance
    else:
        yield Provenance(
            title=f"{file.role}: {Path(file.name).name}",
            publisher="not stated in the study",
            licence="not stated in the study",
            sha256=file.sha256,
        )


def _bundled_name(path: Path) -> str:
    """Return a file's path below the shipped data, or "" when it is not one of those."""
    root = data_dir().resolve()
    resolved = path.resolve()
    return resolved.relative_to(root).as_posix() if resolved.is_relative_to(root) else ""


@check_arguments
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
    study = delegate("name_study", study)  # a number may have changed since it was read
    tell("Reading the tables")
    tables = inputs if inputs is not None else read_inputs(study, origins=origins)
    study = for_families(study) if tables.families else study
    criteria_sha256 = study.criteria_sha256()  # fixed before there is a result to look at
    ground = _streets(study, tables, network, streets)
    changed = changed_networks(study, tables.areas, ground.network, ground.how)
    travel = compute_travel_times(
        study,
        tables.origins,
        tables.sites,
        network=ground.network,
        buses=tables.buses,
        progress=tell,
    )
    _refuse_unplaced(tables, travel)
    answers = _answers(study, tables, travel, changed, tell)
    modes = [times.mode for times in on_streets(travel.times).values()]
    notes = [
        *ground.notes(modes),
        *street_notes(study, changed),
        *study_notes(study, tables, travel),
    ]
    other, why_not = _on_other_streets(study, tables, ground, tell)
    notes += why_not
    files = (*tables.files, *ground.files())
    provenance = credits_for(study, files, ground.network)
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
        youth_venues=tables.youth_venues,
        neighbours=tables.neighbours,
        borough=tables.borough,
        base=tables.base,
        timetable=tables.timetable,
        postcodes=tables.postcodes,
        network=ground.network,
        buses=travel.buses,
        tickets=tables.tickets,
        streets=None if ground.network is None else ground.network.describe(),
        estimated=ground.network is None,
        estimate_errors={}
        if ground.network is not None
        else {name: estimate_error(times.mode) for name, times in travel.times.items()},
        notes=warnings_first(notes),
        provenance=provenance,
        criteria_sha256=criteria_sha256,
        inputs=files,
        counts=step_counts(study, tables, travel, verdicts=len(answers["verdicts"])),
        streets_how=ground.how,
        streets_asked=ground.asked,
        on_other_streets=other,
        may_publish_origins=study.weights_public or tables.private is not None,
        hidden=tables.hidden,
    )
    if tables.neighbours is None:
        return _finished(result, tell)
    tell("Working out all of it with neighbours' sites counted")
    more = compute_travel_times(
        study,
        tables.origins,
        tables.neighbours,
        network=ground.network,
        buses=tables.buses,
        progress=_silent,
    )
    sites = pd.concat([tables.sites, tables.neighbours.assign(is_open=True)])
    wider = replace(tables, sites=sites)
    counted = _answers(study, wider, with_more(travel, more), changed, _silent)
    result = replace(
        result,
        with_neighbours=replace(result, **counted, on_other_streets=None, _memory={}),
        notes=warnings_first([*result.notes, *neighbour_notes(tables.neighbours, more)]),
        _memory={},
    )
    return _finished(result, tell)


def _finished(result: StudyResult, tell: Progress) -> StudyResult:
    """Return a result whose verdicts are as sure as is known, and may be published."""
    study, wider, across = result.study, result.with_neighbours, result.neighbours
    simulation = counted = None
    if not result.estimated:  # no error of an estimate has been shown to be covered
        sampled = _sampled(study, result.origins, result.sites, result.borough, result.ways())
        tell(f"Drawing what is not known {study.simulation.draws:,} times")
        simulation = _simulation(study, result.origins, result.sites, sampled)
        if wider is not None and across is not None:
            counted = _simulation(study, wider.origins, wider.sites, sampled, across.index)
    if wider is not None:
        wider = replace(
            wider,
            **_outcomes(study, wider.cases(), wider.verdicts, counted, wider.modes),
            notes=redact_notes(wider.notes, study.policy),
            _memory={},
        )
    return replace(
        result,
        **_outcomes(study, result.cases(), result.verdicts, simulation, result.modes),
        notes=redact_notes(result.notes, study.policy),
        with_neighbours=wider,
        _memory={},
    )


def _outcomes(
    study: Study,
    cases: Sequence[Case],
    verdicts: Iterable[Verdict],
    simulation: Simulation | None,
    modes: Sequence[str],
) -> dict[str, Any]:
    """Return verdicts that rest on draws of what is not known, and how sure they are."""
    uncertainty = None
    if simulation is not None:
        uncertainty = simulate(
            study.criteria,
            cases,
            simulation,
            modes={mode: study.near_min(mode) for mode in modes},
            loser_min=study.settings.loser_min,
        )
        verdicts = [
            weigh(verdict, uncertainty.of(verdict.scenario, verdict.criterion.id))
            for verdict in verdicts
        ]
    return {
        "verdicts": Verdicts(redact_verdict(verdict, study.policy) for verdict in verdicts),
        "uncertainty": uncertainty
        and redact_uncertainty(uncertainty, study.criteria, study.policy),
    }


def _sampled(
    study: Study,
    origins: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    borough: BaseGeometry,
    ways: Mapping[str, Way],
) -> dict[str, Side]:
    """Return the times to sampled places, each routed once, by the scenario of its streets."""
    places = sampled_sites(
        sites,
        seed=study.settings.seed,
        within=borough,
        origins=origins,
        stated=study.simulation.places,
    )
    if not len(places):
        return {}
    routed = {BASELINE_NAME: ways[BASELINE_NAME], **changed_ways(ways)}
    return {
        name: compute_travel_times(
            study, origins, places, network=network, buses=buses, progress=_silent
        ).side(places)
        for name, (network, buses) in routed.items()
    }


def _simulation(
    study: Study,
    origins: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    sampled: Mapping[str, Side],
    neighbours: Collection[str] = (),
) -> Simulation | None:
    """Return what is drawn of a study; None where all is known."""
    seed, draws = study.settings.seed, study.simulation.draws
    doubts = draw_sites(
        sites, sampled.get(BASELINE_NAME), seed=seed, draws=draws, neighbours=neighbours
    )
    # a list of families has no error of a census
    sd = study.simulation.counts_sd if study.weights_public else 0.0
    weights = draw_weights(origins, sd=sd, seed=seed, draws=draws)
    if not doubts and weights is None:
        return None
    return Simulation(doubts=doubts, sampled=sampled, weights=weights, draws=draws)


def _refuse_unplaced(tables: Inputs, travel: Travel) -> None:
    """Refuse streets that come near no origin at all: every figure would be of nobody."""
    placed = [
        (times.origin_status["status"] != OFF_NETWORK).any() for times in travel.times.values()
    ]
    if len(tables.origins) and not any(placed):
        reason = next(iter(travel.times.values())).origin_status["reason"].iloc[0]
        raise InputError(
            f"the streets come near none of the {len(tables.origins):,} origins (the first: "
            f"{reason}); give streets of the study's area"
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
        "by_timetable": travel.by_timetable,
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
    study: Study, tables: Inputs, streets: Streets, tell: Progress
) -> tuple[StudyResult | None, list[Note]]:
    """Run the study on the streets it is compared with, where there are any."""
    if streets.other is None:
        return None, []
    tell("The same on other streets")
    try:
        own = replace(tables, neighbours=None)
        return run_study(study, inputs=own, streets=streets.other), []
    except InputError as error:  # such as a street to be closed that the others have not
        return None, [note("warning", "not-compared", fault=error.faults[0])]


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
        streets = changed.get(config.name, travel.network)
        buses = changed_buses(config, travel.buses)
        if streets is not travel.network:
            tell(f"Working out travel times on changed streets ({config.name})")
            own = compute_travel_times(
                study, tables.origins, sites, network=streets, buses=buses, progress=_silent
            )
        elif buses is not travel.buses or moved:
            if buses is not None and buses is not travel.buses:
                tell(f"Working out travel times by a changed timetable ({config.name})")
                own = with_buses(study, travel, buses, tables.origins, sites)
            if moved:
                tell(f"Working out travel times to sites that move ({config.name})")
                part = compute_travel_times(
                    study,
                    tables.origins,
                    sites.loc[moved],
                    network=travel.network,
                    buses=buses,
                    progress=_silent,
                )
                own = with_moved(own, part)
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
        for mode in after.travel.times
    }


def _verdicts(study: Study, tables: Inputs, choices: dict[str, _Choice]) -> Verdicts:
    """Judge every scenario by every criterion; the baseline gives the values before."""
    settings = judge_settings(study, tables.hidden if tables.private is not None else None)
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
