"""Run a study: from its tables to verdicts."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from eh_access.arguments import check_arguments
from eh_access.criteria.criterion import Verdicts
from eh_access.criteria.draws import Simulation, draw_sites, draw_weights, sampled_sites
from eh_access.criteria.judge import judge
from eh_access.criteria.uncertainty import simulate, weigh
from eh_access.delegate import delegate
from eh_access.errors import InputError
from eh_access.facts import Note, note
from eh_access.measures.comparison import compare
from eh_access.measures.scenarios import apply_scenario
from eh_access.provenance import Provenance
from eh_access.routing.estimate import estimate_error
from eh_access.routing.travel_times import OFF_NETWORK
from eh_access.sources.bundled import data_dir, load_sources
from eh_access.study.config import scenario_of
from eh_access.study.families import for_families
from eh_access.study.inputs import changed_buses, changed_networks, read_inputs, street_notes
from eh_access.study.notes import neighbour_notes, study_notes, warnings_first
from eh_access.study.records import Inputs, StepCount, StudyTables
from eh_access.study.redact import hidden_falls, redact_notes, redact_uncertainty, redact_verdict
from eh_access.study.result import BASELINE_NAME, StudyResult
from eh_access.study.streets import Streets, is_near, own_streets, refuse_elsewhere
from eh_access.study.travel import (
    Progress,
    Travel,
    changed_ways,
    compute_travel_times,
    joined_travel,
    on_streets,
    side_by_side,
    silent,
    with_buses,
    with_columns,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    import geopandas as gpd

    from eh_access.criteria.criterion import Case, Side
    from eh_access.criteria.draws import Pooling
    from eh_access.measures.comparison import Comparison
    from eh_access.network.model import Network
    from eh_access.study.config import Settings, Study
    from eh_access.study.records import InputFile


PLACED = {False: "placed on the network", True: "with a place"}
"""What is asked of origins before minutes are; an estimate has no network to place them on."""


def step_counts(
    study: Study, inputs: Inputs, travel: Travel, *, verdicts: int
) -> tuple[StepCount, ...]:
    """Return how many rows went into each step and came out."""
    rows = {file.role: file.rows for file in inputs.files if file.rows is not None}
    checked = {
        "areas": inputs.areas,
        "origins": inputs.origins,
        "neighbours": inputs.neighbours,
        "sites": inputs.sites,
    }
    read = [
        StepCount(
            step=f"{role} checked",
            rows_in=rows.get(role, len(table)),
            rows_out=len(table),
            note=_added(len(table) - rows.get(role, len(table))) if role == "sites" else "",
        )
        for role, table in checked.items()
        if table is not None
    ]
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
    return (*read, *inputs.counts, *placed, *timed, judged)


def _added(candidates: int) -> str:
    if not candidates:
        return ""
    many = "1 candidate" if candidates == 1 else f"{candidates} candidates"
    return f"with {many} that a scenario opens"


def _credits(
    study: Study, files: Iterable[InputFile], network: Network | None, other: StudyResult | None
) -> tuple[Provenance, ...]:
    """Return where everything a study read came from, and what it is compared with."""
    stated = [credit for file in files for credit in _credit(study, file)]
    streets = () if network is None else network.provenance
    compared = () if other is None else other.provenance
    return tuple(dict.fromkeys([*stated, *streets, *compared]))


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
    tell = progress or silent
    study = delegate("name_study", study)  # a number may have changed since it was read
    tell("Reading the tables")
    tables = inputs if inputs is not None else read_inputs(study, origins=origins)
    if tables.families:
        study = delegate("name_study", for_families(study))  # its tests ask of families
    criteria_sha256 = study.criteria_sha256()  # fixed before there is a result to look at
    ground = _streets(study, tables, network, streets)
    changed = changed_networks(study, tables.areas, ground.network, ground.how)
    travel_to = partial(
        compute_travel_times, study, tables.origins, network=ground.network, buses=tables.buses
    )
    travel = travel_to(tables.sites, progress=tell)
    _refuse_unplaced(tables, travel)
    modes = [times.mode for times in on_streets(travel.times).values()]
    notes = [
        *ground.notes(modes),
        *street_notes(study, changed),
        *study_notes(study, tables, travel),
    ]
    other, why_not = _on_other_streets(study, tables, ground, tell)
    notes += why_not
    files = (*tables.files, *ground.files())
    shared = {item.name: getattr(tables, item.name) for item in fields(StudyTables)}
    result = StudyResult(
        study=study,
        **(shared | _under_scenarios(study, tables, travel, changed, tell)),
        streets=None if ground.network is None else ground.network.describe(),
        estimated=ground.network is None,
        estimate_errors={}
        if ground.network is not None
        else {name: estimate_error(times.mode) for name, times in travel.times.items()},
        notes=warnings_first(notes),
        provenance=_credits(study, files, ground.network, other),
        criteria_sha256=criteria_sha256,
        inputs=files,
        streets_how=ground.how,
        streets_asked=ground.asked,
        on_other_streets=other,
        may_publish_origins=study.weights_public or tables.private is not None,
    )
    sampled: dict[str, Side] = {}
    if not result.estimated:  # no error of an estimate has been shown to be covered
        sampled = _sampled(study, tables, result.sites, result.ways())
        tell(f"Drawing what is not known {study.simulation.draws:,} times")
    tell("Comparing before and after, and judging")
    judged = _judged(result, sampled, tables.pooling)
    if tables.neighbours is not None:
        tell("Working out all of it with neighbours' sites counted")
        more = travel_to(tables.neighbours)
        sites = pd.concat([tables.sites, tables.neighbours.assign(is_open=True)])
        both = replace(tables, sites=sites), joined_travel(travel, more, side_by_side)
        wider = replace(result, **_under_scenarios(study, *both, changed, silent))
        notes += neighbour_notes(tables.neighbours, more)
        judged = replace(
            judged,
            with_neighbours=_judged(
                replace(wider, on_other_streets=None),
                sampled,
                tables.pooling,
                tables.neighbours.index,
            ),
            notes=redact_notes(warnings_first(notes), study.policy),
        )
    counts = step_counts(study, tables, travel, verdicts=len(judged.verdicts))
    return replace(judged, counts=counts)


def _judged(
    result: StudyResult,
    sampled: Mapping[str, Side],
    pooling: Pooling | None,
    neighbours: Collection[str] = (),
) -> StudyResult:
    """Return a result compared and judged, as sure as is known, fit to be published."""
    study, cases, uncertainty = result.study, result.cases(), None
    verdicts = [judge(criterion, case) for case in cases for criterion in study.criteria]
    simulation = None
    if not result.estimated:
        simulation = _simulation(study, result.origins, result.sites, sampled, neighbours, pooling)
    if simulation is not None:
        uncertainty = simulate(
            study.criteria,
            cases,
            simulation,
            modes={mode: study.near_min(mode) for mode in result.modes},
            loser_min=study.settings.loser_min,
        )
        verdicts = [
            weigh(verdict, uncertainty.of(verdict.scenario, verdict.criterion.id))
            for verdict in verdicts
        ]
    shown = Verdicts(redact_verdict(verdict, study.policy) for verdict in verdicts)
    if uncertainty is not None:
        uncertainty = redact_uncertainty(
            uncertainty, study.criteria, study.policy, hidden=hidden_falls(shown)
        )
    return replace(
        result,
        comparisons=_comparisons(cases, study.settings, full_time=False),
        comparisons_full_time=_comparisons(cases, study.settings, full_time=True),
        verdicts=shown,
        uncertainty=uncertainty,
        notes=redact_notes(result.notes, study.policy),
    )


def _sampled(
    study: Study, tables: Inputs, sites: gpd.GeoDataFrame, ways: Mapping[str, Travel]
) -> dict[str, Side]:
    """Return the times to sampled places, each routed once, by the scenario of its streets."""
    places = sampled_sites(
        sites,
        seed=study.settings.seed,
        within=tables.borough,
        origins=tables.origins if tables.homes is None else tables.homes,
        stated=study.simulation.places,
    )
    if not len(places):
        return {}
    return {
        name: compute_travel_times(
            study, tables.origins, places, network=way.network, buses=way.buses
        ).side(places)
        for name, way in {BASELINE_NAME: ways[BASELINE_NAME], **changed_ways(ways)}.items()
    }


def _simulation(
    study: Study,
    origins: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    sampled: Mapping[str, Side],
    neighbours: Collection[str],
    pooling: Pooling | None,
) -> Simulation | None:
    """Return what is drawn of a study; None where all is known."""
    seed, draws = study.settings.seed, study.simulation.draws
    doubts = draw_sites(
        sites, sampled.get(BASELINE_NAME), seed=seed, draws=draws, neighbours=neighbours
    )
    # private counts have no error of a census, but are rounded: an even error as wide as a step
    error = study.disclosure.round_to / math.sqrt(12)
    sd = error if pooling is not None else study.simulation.counts_sd
    weights = draw_weights(origins, sd=sd, seed=seed, draws=draws, pooling=pooling)
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


def _under_scenarios(
    study: Study, tables: Inputs, travel: Travel, changed: Mapping[str, Network], tell: Progress
) -> dict[str, Any]:
    """Return the fields of a result that scenarios change: sites, and travel where it is new."""
    sites, moved = {}, {}
    for config in study.scenarios:
        if not config.assess:
            continue
        own, there = travel, apply_scenario(tables.sites, scenario_of(config))
        streets = changed.get(config.name, travel.network)
        buses = travel.buses and changed_buses(config, travel.buses)
        if streets is not travel.network:
            tell(f"Working out travel times on changed streets ({config.name})")
            own = compute_travel_times(study, tables.origins, there, network=streets, buses=buses)
        else:
            if buses is not None and buses is not travel.buses:
                tell(f"Working out travel times by a changed timetable ({config.name})")
                own = with_buses(study, travel, buses, tables.origins, there)
            if config.move:
                tell(f"Working out travel times to sites that move ({config.name})")
                part = compute_travel_times(
                    study,
                    tables.origins,
                    there.loc[[item.site for item in config.move]],
                    network=travel.network,
                    buses=buses,
                )
                own = joined_travel(own, part, with_columns)
        sites[config.name] = there
        if own is not travel:
            moved[config.name] = own
    return {**vars(travel), "sites": sites[BASELINE_NAME], "scenario_sites": sites, "moved": moved}


def _comparisons(
    cases: Sequence[Case], settings: Settings, *, full_time: bool
) -> dict[tuple[str, str], Comparison]:
    """Compare every scenario with the baseline, by every mode."""
    return {
        (case.scenario, mode): compare(
            case.before.times[mode],
            case.after.times[mode],
            case.origins,
            sites_before=settings.open_sites(case.before.sites, full_time=full_time),
            sites_after=settings.open_sites(case.after.sites, full_time=full_time),
            loser_min=settings.loser_min,
        )
        for case in cases[1:]
        for mode in case.after.times
    }
