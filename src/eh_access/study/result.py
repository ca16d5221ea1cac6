"""What a study found."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from eh_access import notebook
from eh_access.criteria.criterion import Case, Verdicts
from eh_access.delegate import delegate
from eh_access.errors import InputError
from eh_access.modes import TRANSIT
from eh_access.study.families import judge_settings
from eh_access.study.records import (
    NEIGHBOUR_MINUTES,
    ORIGINS_COLUMNS,
    VERDICTS_COLUMNS,
    InputFile,
    StepCount,
    StudyTables,
    status_of,
)
from eh_access.study.travel import Travel

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from eh_access.criteria.criterion import JudgeSettings, Side, Verdict
    from eh_access.criteria.uncertainty import Uncertainty
    from eh_access.facts import Note
    from eh_access.measures.comparison import Comparison
    from eh_access.network.model import Network
    from eh_access.network.provenance import NetworkDescription
    from eh_access.provenance import Provenance
    from eh_access.routing.estimate import EstimateError
    from eh_access.routing.travel_times import TravelTimes
    from eh_access.study.config import ScenarioConfig, Study
    from eh_access.transit.journeys import TransitTimes
    from eh_access.transit.walks import Walks

UNPROTECTED = "The counts are not public and were not protected: no figures are shown."
ShownTimes = Mapping[str, tuple["TravelTimes", float | None]]
"""Times by mode, those by timetable once for each percentile."""
BASELINE_NAME = "baseline"
MINUTES_DECIMALS = 4
VALUE_DECIMALS = 9
NUMBERS = ("value", "threshold", "worsened_by", "probability_met")
"""How the names of columns of numbers end in ``verdicts.csv``."""
HIDDEN_CHANGE = 1e-6
"""Stands in ``verdicts.csv`` for a change of which the size is hidden: its sign alone counts."""


@dataclass(frozen=True, eq=False, kw_only=True)
class StudyResult(StudyTables):
    """All that came out of one run of a study; nothing in it is drawn or written yet.

    Beside what follows it has the tables of the study, as `StudyTables` describes them. No field
    but ``with_neighbours`` counts neighbours' sites; ``buses`` is None without streets.

    Parameters
    ----------
    study
        The question as it was asked.
    with_neighbours
        The same study with them counted as sites that are always open; None where there are none.
    scenario_sites
        Sites under each assessed scenario, baseline first.
    times
        Minutes from every origin to every site, by mode; every site whether open or not.
    moved
        Times under each scenario that moves a site or changes streets, with the streets they
        follow: use `times_for`.
    times_back
        Minutes from every site back to every origin, for the modes that need it.
    distances
        By the shortest way, at each mode's one speed, for the modes in which a criterion asks for
        metres by street (see ``TravelMode.level``). Empty for estimates.
    comparisons, comparisons_full_time
        By (scenario, mode), without the baseline: before and after to the nearest site that is
        open at all, and to the nearest that keeps full-time hours.
    verdicts
        Every criterion under every assessed scenario, the baseline's own values included.
    network
        The streets, or None when times are estimated.
    by_timetable
        What the times of the mode "transit" are made of: percentiles, parts of journeys, reasons.
    walks_home
        The walks of journeys home by timetable, where the study asks for sessions; else None.
    streets
        What the streets hold, or None when times are estimated.
    estimated
        Whether the minutes are straight-line estimates. Then every verdict is an indication.
    estimate_errors
        How far off estimates are, by mode; empty on streets.
    notes
        What must be said beside the figures, warnings first.
    provenance
        Where each input came from; attributions are to be printed as they stand.
    criteria_sha256
        Digest of the criteria, taken before any travel time was worked out.
    streets_how
        One sentence on where the streets came from, or why there are none.
    streets_asked
        Which streets were asked for: a word, a file's name, or "" for the best at hand.
    on_other_streets
        The same study on the streets it would have had without being told which to use; None
        where it was not told, or has no others.
    may_publish_origins
        Whether what is known by origin may leave: weights are published, or were made safe first.
    uncertainty
        How sure each outcome is, by draws of what is not known; None where times are estimated or
        all is known.
    inputs, counts
        The files read, with digests; rows in and out at each step.
    """

    study: Study
    scenario_sites: Mapping[str, gpd.GeoDataFrame]
    times: Mapping[str, TravelTimes]
    times_back: Mapping[str, TravelTimes]
    moved: Mapping[str, Travel] = field(default_factory=dict)
    distances: Mapping[str, TravelTimes] = field(default_factory=dict)
    with_neighbours: StudyResult | None = None
    comparisons: Mapping[tuple[str, str], Comparison] = field(default_factory=dict)
    comparisons_full_time: Mapping[tuple[str, str], Comparison] = field(default_factory=dict)
    verdicts: Verdicts = field(default_factory=Verdicts)
    network: Network | None
    by_timetable: TransitTimes | None = None
    walks_home: Walks | None = None
    streets: NetworkDescription | None = None
    estimated: bool
    estimate_errors: Mapping[str, EstimateError] = field(default_factory=dict)
    notes: tuple[Note, ...]
    provenance: tuple[Provenance, ...]
    criteria_sha256: str = ""
    streets_how: str = ""
    streets_asked: str = ""
    on_other_streets: StudyResult | None = None
    may_publish_origins: bool = False
    uncertainty: Uncertainty | None = None
    inputs: tuple[InputFile, ...] = ()
    counts: tuple[StepCount, ...] = ()

    def _repr_html_(self) -> str:
        """Return the question, what must be said first, and every verdict but the baseline's."""
        parts = [notebook.paragraph(self.study.title, strong=True)]
        parts.append(notebook.paragraph(self.study.question))
        if not self.may_publish_origins:
            return "".join([*parts, notebook.paragraph(UNPROTECTED)])
        return "".join([*parts, delegate("verdicts_html", self._changes)])

    def __repr__(self) -> str:
        """Return the question and every verdict but the baseline's, a line each."""
        lines = [f"StudyResult: {self.study.title}", self.study.question]
        lines += [notebook.INDICATIVE] if self.estimated else []
        if not self.may_publish_origins:
            return "\n".join([*lines, UNPROTECTED])
        return "\n".join([*lines, delegate("verdicts_text", self._changes)])

    @property
    def _changes(self) -> list[Verdict]:
        return [item for item in self.verdicts if item.scenario != self.scenario_names[0]]

    @property
    def scenario_names(self) -> tuple[str, ...]:
        """Names of the scenarios that were assessed, baseline first."""
        return tuple(self.scenario_sites)

    @property
    def scenarios(self) -> tuple[ScenarioConfig, ...]:
        """The assessed scenarios as the study describes them, baseline first."""
        by_name = {scenario.name: scenario for scenario in self.study.scenarios}
        return tuple(by_name[name] for name in self.scenario_names)

    @property
    def not_assessed(self) -> tuple[ScenarioConfig, ...]:
        """Scenarios the study names but cannot assess; each says why."""
        return tuple(item for item in self.study.scenarios if not item.assess)

    @property
    def modes(self) -> tuple[str, ...]:
        """Names of the modes, in the study's order."""
        return tuple(self.times)

    @property
    def basis(self) -> str:
        """``"estimated"`` or ``"streets"``: what the minutes stand on."""
        return "estimated" if self.estimated else "streets"

    def refuse_private(self) -> None:
        """Refuse to let anything out that was worked out from counts that are not public.

        Everything that writes, draws or tabulates a result calls this first.

        Raises
        ------
        InputError
            If `may_publish_origins` is false.
        """
        if not self.may_publish_origins:
            raise InputError(
                f"study '{self.study.id}': its counts are not public and were not protected "
                "(protect=False), so nothing may be written or drawn from this result; read the "
                "inputs with protect=True"
            )

    def verdicts_for(self, scenario: str) -> Verdicts:
        """Return the verdicts of one scenario, in the study's order of criteria.

        Parameters
        ----------
        scenario
            Name of an assessed scenario.

        Returns
        -------
        tuple of Verdict
            Empty when the scenario was not assessed.
        """
        return self.verdicts.under(scenario)

    @property
    def travel(self) -> dict[str, Travel]:
        """Minutes, streets and timetable of the baseline, and under each scenario of `moved`."""
        own = Travel(**{item.name: getattr(self, item.name) for item in fields(Travel)})
        return {BASELINE_NAME: own, **self.moved}

    @property
    def journeys(self) -> dict[str, TransitTimes]:
        """Journeys by timetable, of the same scenarios; empty where there are none."""
        journeys = {name: own.by_timetable for name, own in self.travel.items()}
        return {name: times for name, times in journeys.items() if times is not None}

    def travel_for(self, scenario: str) -> Travel:
        """Return minutes, streets and timetable under a scenario.

        Parameters
        ----------
        scenario
            Name of an assessed scenario.

        Returns
        -------
        Travel
            That of the baseline unless the scenario moves a site, or changes streets or timetable.
        """
        travel = self.travel
        return travel.get(scenario, travel[BASELINE_NAME])

    def times_for(self, scenario: str, mode: str) -> TravelTimes:
        """Return the minutes to every site as a scenario places it.

        Parameters
        ----------
        scenario, mode
            Names of an assessed scenario and of a mode of the study.

        Returns
        -------
        TravelTimes
            Those of the baseline unless the scenario moves a site or changes streets.
        """
        return self.travel_for(scenario).times[mode]

    def times_at_percentiles(self, scenario: str) -> dict[str, tuple[TravelTimes, float | None]]:
        """Return the times of every mode, those by timetable at each of its percentiles.

        Parameters
        ----------
        scenario
            Name of an assessed scenario.

        Returns
        -------
        dict of str to (TravelTimes, float or None)
            By the mode's name, ``"transit-p10"`` at a percentile that is not judged by.
        """
        travel = self.travel_for(scenario)
        shown: dict[str, tuple[TravelTimes, float | None]] = {
            name: (times, None) for name, times in travel.times.items()
        }
        if (journeys := travel.by_timetable) is not None:
            for percentile in journeys.percentiles:
                judged = percentile == journeys.judged
                name = TRANSIT if judged else f"{TRANSIT}-p{percentile:g}"
                shown[name] = journeys.to_travel_times(percentile), percentile
        return shown

    def ways(self) -> dict[str, Travel]:
        """Return the travel under each assessed scenario, baseline first."""
        return {name: self.travel_for(name) for name in self.scenario_names}

    def side(self, scenario: str) -> Side:
        """Return sites and minutes under a scenario, on its own streets where it changes some.

        Parameters
        ----------
        scenario
            Name of an assessed scenario.

        Returns
        -------
        Side
            What a criterion looks at before or after a change.
        """
        return self.travel_for(scenario).side(self.scenario_sites[scenario])

    @property
    def judge_settings(self) -> JudgeSettings:
        """What the study's criteria share."""
        private = self.may_publish_origins and not self.study.weights_public
        return judge_settings(self.study, self.hidden if private else None)

    def cases(self) -> list[Case]:
        """Return every assessed scenario as a case to judge, baseline first.

        Returns
        -------
        list of Case
            Before is the baseline in each.
        """
        before, settings = self.side(BASELINE_NAME), self.judge_settings
        return [
            Case(
                scenario=name,
                origins=self.origins,
                before=before,
                after=self.side(name),
                settings=settings,
            )
            for name in self.scenario_names
        ]

    def nearest(self, scenario: str, mode: str, *, full_time: bool) -> pd.DataFrame:
        """Return each origin's nearest site under a scenario.

        Parameters
        ----------
        scenario, mode
            Names of an assessed scenario and of a mode of the study.
        full_time
            Only sites that keep full-time hours, else every open one.

        Returns
        -------
        DataFrame
            Index ``origin_id``; ``minutes`` (inf where none can be reached) and ``site_id``.
        """
        sites = self.scenario_sites[scenario]
        chosen = self.study.settings.open_sites(sites, full_time=full_time)
        return self.times_for(scenario, mode).nearest(chosen)

    def origins_table(self) -> pd.DataFrame:
        """Return ``origins.csv``: one row per origin, scenario and mode.

        Returns
        -------
        DataFrame
            The columns of ``ORIGINS_COLUMNS`` and, where the study has neighbours, of
            ``NEIGHBOUR_COLUMNS``: the same minutes with theirs counted. ``minutes`` is the time to
            the nearest site that is open at all, ``minutes_full_time`` to the nearest with
            full-time hours; ``inf`` where none can be reached. ``weight`` is NaN where it is
            hidden. ``status``, and one for each further column of minutes, is ``ok``,
            ``off_network``, ``unreached`` or ``no_location``.

        Raises
        ------
        InputError
            If the weights are not public and were not protected.
        """
        self.refuse_private()
        return self._origins_table.copy()

    @cached_property
    def _origins_table(self) -> pd.DataFrame:
        parts = [
            self._origins_part(scenario, mode)
            for scenario in self.scenario_names
            for mode in self.modes
        ]
        return pd.concat(parts, ignore_index=True)

    def _origins_part(self, scenario: str, mode: str) -> pd.DataFrame:
        times = self.times_for(scenario, mode)
        nearest = self.nearest(scenario, mode, full_time=False)
        full = self.nearest(scenario, mode, full_time=True)
        placed = times.origin_status["status"].to_numpy(dtype=str)
        table = pd.DataFrame(
            {
                "origin_id": self.origins.index.to_numpy(),
                "area_id": self.origins["area_id"].to_numpy(),
                "weight": self.study.policy.shown(self.origins["weight"]),
                "scenario": scenario,
                "mode": mode,
                "minutes": _rounded(nearest["minutes"]),
                "nearest_site_id": nearest["site_id"].to_numpy(),
                "status": _status(placed, nearest["minutes"]),
                "estimated": times.estimated,
                "minutes_full_time": _rounded(full["minutes"]),
                "nearest_full_time_site_id": full["site_id"].to_numpy(),
                "status_full_time": _status(placed, full["minutes"]),
            },
            columns=list(ORIGINS_COLUMNS),
        )
        if self.with_neighbours is not None:
            for column, full_time in zip(NEIGHBOUR_MINUTES, (False, True), strict=True):
                counted = self.with_neighbours.nearest(scenario, mode, full_time=full_time)
                table[column] = _rounded(counted["minutes"])
                table[status_of(column)] = _status(placed, counted["minutes"])
        return table

    def verdicts_table(self) -> pd.DataFrame:
        """Return ``verdicts.csv``: one row per scenario and criterion.

        Returns
        -------
        DataFrame
            The columns of ``VERDICTS_COLUMNS``; ``unit`` is that of its values and its
            threshold: share (0 to 1), points or min. ``value`` is NaN
            only where the criterion could not be worked out at all, and ``reason`` says why.
            ``straight_line_value`` stands beside a share within metres by street, and judges
            nothing.
        """
        rows = [
            {
                "scenario": verdict.scenario,
                "criterion": verdict.criterion.id,
                "mode": verdict.mode,
                "value": verdict.value,
                "baseline_value": verdict.baseline_value,
                "threshold": verdict.threshold,
                "unit": verdict.criterion.kind.unit,
                "outcome": str(verdict.outcome),
                "basis": verdict.basis,
                "indication": str(verdict.indication or ""),
                "not_met_before": verdict.not_met_before,
                "probability_met": verdict.probability,
                "worsened_by": (
                    verdict.direction * HIDDEN_CHANGE
                    if verdict.direction and math.isnan(verdict.worsened_by)
                    else verdict.worsened_by
                ),
                "straight_line_value": beside[0],
                "straight_line_baseline_value": beside[1],
                "label": verdict.criterion.label,
                "title": verdict.criterion.title,
                "sentence": verdict.sentence,
                "reason": verdict.reason,
            }
            for verdict in self.verdicts
            for beside in (verdict.straight_line or (math.nan, math.nan),)
        ]
        table = pd.DataFrame(rows, columns=list(VERDICTS_COLUMNS))
        numbers = [name for name in VERDICTS_COLUMNS if name.endswith(NUMBERS)]
        table[numbers] = table[numbers].astype(float).round(VALUE_DECIMALS)
        return table


def _status(placed: NDArray[np.str_], minutes: pd.Series) -> NDArray[np.str_]:
    """Return why places have no minutes, or ok."""
    # a place that could not be put on the network keeps that reason; the rest is about reach
    kept = np.isin(placed, ("off_network", "no_location"))
    reached = np.isfinite(minutes.to_numpy())
    return np.where(kept, placed, np.where(reached, "ok", "unreached"))


def _rounded(minutes: pd.Series) -> np.ndarray:
    """Return minutes as float64, without the noise of 32-bit numbers in their last digits."""
    return np.round(minutes.to_numpy(dtype=np.float64), MINUTES_DECIMALS)
