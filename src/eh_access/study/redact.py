"""The one gate for small counts: what of a study's figures may be published."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from eh_access.criteria.judge import worsening
from eh_access.criteria.sensitivity import Sensitivity, as_tried
from eh_access.facts import Count
from eh_access.planning.outreach import with_sentences
from eh_access.privacy.hiding import (
    HIDDEN_COLUMNS,
    RESTS,
    Figures,
    blurred,
    hide_small,
    joined_logs,
)
from eh_access.privacy.policy import HIDDEN_MARK, NOBODY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eh_access.criteria.criterion import Criterion, Reason, Verdict
    from eh_access.criteria.scoring import Coarsen, Measure
    from eh_access.criteria.uncertainty import Draws, Simulated, Source, Uncertainty
    from eh_access.facts import Note
    from eh_access.planning.alternatives import Alternatives
    from eh_access.planning.outreach import Outreach
    from eh_access.privacy.policy import Policy

    Pairs = frozenset[tuple[str, str]]
    Floats = NDArray[np.float64]

POINTS = 100.0

SUMMARY = Figures(
    parts=(
        "within_before",
        "within_after",
        "weight_loses",
        "weight_gains",
        "weight_loses_all",
        "finite_weight",
    ),
    shares={
        "within_share_before": "within_before",
        "within_share_after": "within_after",
        "share_loses": "weight_loses",
    },
    changes={"within_share_change": ("within_share_after", "within_share_before")},
    pairs=(
        ("within_after", "within_before"),
        ("within_share_after", "within_share_before"),
    ),
    keys=("scenario", "mode", "sites", "group"),
    scenario="scenario",
    group="group",
)
"""Which columns of a comparison's summary are figures of people."""

GROUPS = replace(SUMMARY, group="")  # groups may overlap: they add up to nothing
GROUP_MEANS = ("mean_before_min", "mean_after_min", "mean_change_min")
FAIRNESS = Figures(
    parts=(
        "weight_loses",
        "weight_loses_all",
        "weight_gains",
        "weight_unchanged",
        "weight_still_unreached",
        "finite_weight",
    ),
    shares={
        "share_loses": "weight_loses",
        "share_gains": "weight_gains",
        "share_unchanged": "weight_unchanged",
    },
    keys=("scenario", "mode", "sites", "group_kind", "group"),
    scenario="scenario",
    group="group",
)
READINGS = Figures(
    parts=("weight_within", "weight_loses", "finite_weight"),
    shares={
        "share_within": "weight_within",
        "share_within_before": "",
        "share_loses": "weight_loses",
    },
    pairs=(("share_within", "share_within_before"),),
    keys=("scenario", "mode", "reading"),
    scenario="scenario",
)
CURVE = replace(
    SUMMARY,
    parts=("within_before", "within_after"),
    shares={"within_share_before": "within_before", "within_share_after": "within_after"},
    keys=("scenario", "mode", "sites", "cutoff_min"),
    group="",
)
SESSIONS = Figures(
    parts=("weight_any",),
    shares={"share_any": "weight_any"},
    keys=("scenario", "mode"),
    scenario="scenario",
)
TRANSIT = Figures(
    parts=(
        "within_p10",
        "within_p50",
        "within_p90",
        "weight_by_vehicle",
        "weight_on_foot",
        "weight_unreached",
    ),
    shares={f"share_within_p{part}": f"within_p{part}" for part in (10, 50, 90)},
    keys=("scenario", "sites"),
    scenario="scenario",
)
LIMITS = Figures(
    parts=("weight_stopped",),
    shares={"share_stopped": "weight_stopped"},
    keys=("scenario", "limit"),
    scenario="scenario",
    group="limit",
)
LOAD = Figures(
    base="",
    parts=("weight_before", "weight_after", "absorbed"),
    pairs=(("weight_after", "weight_before"),),
    keys=("scenario", "mode", "site_id"),
    scenario="scenario",
    group="site_id",
)
YOUTH = Figures(
    parts=("weight_within", "weight_venue_as_near", "most_lost"),
    keys=("site_id", "cutoff_min"),
    scenario="cutoff_min",  # counts within more and more minutes tell of those between
    group="site_id",
)
TABLES: Mapping[str, tuple[Figures, ...]] = {
    "fairness.csv": (FAIRNESS,),
    "readings": (READINGS,),
    # whoever can be there on foot can by bus: two modes tell of those between, as scenarios do
    "sessions": (replace(SESSIONS, scenario="mode"), SESSIONS),
    "transit.csv": (TRANSIT,),
    "limits": (LIMITS,),
    "load": (LOAD,),
    # counts within more and more minutes tell of those between, as two scenarios do
    "curve.csv": (replace(CURVE, scenario="cutoff_min"), CURVE),
    "youth": (YOUTH,),
    "groups": (GROUPS,),
}
"""Which columns of the findings are figures of people, by the name of their table."""


# ---- tables ------------------------------------------------------------------------------------


TELLING: Mapping[str, tuple[str, ...]] = {
    # who is new at a site that stays is its growth: all or none of these
    "load": ("absorbed",),
    # counts within one share of the window tell of those in the next, and what journeys are made
    # of is told of those who ride, however few
    "transit.csv": ("mean_.*", "(share_)?within_p(10|90)"),
    "sessions": ("mean_.*",),  # a mean of sessions, times families, is a count
}
"""Columns, by pattern, of which no figure is shown, by the name of their table."""


def redact_tables(
    tables: Mapping[str, pd.DataFrame], policy: Policy
) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """Return the tables of a study's findings as they may be published, and what is hidden."""
    if policy.public:
        return dict(tables), joined_logs([])
    shown, logs = {}, []
    for name, frame in tables.items():
        table = frame
        for figures in TABLES[name]:
            table, log = hide_small(table, figures, policy, table=name)
            logs.append(log)
        if len(table):
            columns = [str(column) for column in table]
            gone = [
                column
                for pattern in TELLING.get(name, ())
                for column in columns
                if re.fullmatch(pattern, column)
            ]
            rows = [(name, "all", column, RESTS) for column in gone]
            logs.append(pd.DataFrame(rows, columns=list(HIDDEN_COLUMNS)))
            table = table.assign(**dict.fromkeys(gone, np.nan))
            table = _per_place(table) if name == "load" else table
            table = _without_few(table) if name == "groups" else table
        shown[name] = table
    return shown, joined_logs(logs)


def redact_table(
    frame: pd.DataFrame, policy: Policy, *, table: str = ""
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a table of a comparison's summaries as it may be published, and what is hidden."""
    return hide_small(frame, SUMMARY, policy, table=table)


def _per_place(load: pd.DataFrame) -> pd.DataFrame:
    """Return a load table whose weight for each place follows from the weights it shows."""
    return load.assign(
        **{
            f"per_place_{when}": (load[f"weight_{when}"] / load["capacity"]).where(
                load[f"per_place_{when}"].notna()
            )
            for when in ("before", "after")
        }
    )


def _without_few(groups: pd.DataFrame) -> pd.DataFrame:
    """Return groups without what a few would tell: their means, and that they count as nobody."""
    figures = groups.select_dtypes("number").columns
    known = groups.assign(**groups[figures].mask(groups["weight"] == 0))
    means = known[list(GROUP_MEANS)].where(known["finite_weight"].notna())
    return known.assign(**means)


# ---- counts and notes --------------------------------------------------------------------------


def redact_count(count: Count, policy: Policy) -> Count:
    """Return how many are meant as it may be published."""
    if policy.public or count.part is None:
        return count
    all_but = bool(policy.small(count.whole - count.part))
    return Count(
        unit=count.unit,
        part=_shown(count.whole - count.part if all_but else count.part, policy),
        whole=float(policy.shown(count.whole)),
        all_but=all_but,
        limit=policy.threshold,
    )


def redact_notes(notes: Iterable[Note], policy: Policy) -> tuple[Note, ...]:
    """Return notes as they may be published; one on places where nobody lives is left out."""
    if policy.public:
        return tuple(notes)
    return tuple(
        replace(item, facts=tuple(_facts(item, policy)))
        for item in notes
        if not any(isinstance(fact, Count) and fact.part == 0 for _, fact in item.facts)
    )


def _facts(item: Note, policy: Policy) -> Iterable[tuple[str, Any]]:
    for name, fact in item.facts:
        if isinstance(fact, Count):
            yield name, redact_count(fact, policy)
        elif item.topic == "never-reached":
            yield name, _shown(fact, policy) if name == "weight" else policy.threshold
        else:
            yield name, fact


def _shown(count: float, policy: Policy) -> float | None:
    """Return a count as it is shown; None where it is not."""
    shown = float(policy.shown(count))
    return None if math.isnan(shown) else shown


# ---- values of criteria ------------------------------------------------------------------------


def redact_verdict(verdict: Verdict, policy: Policy) -> Verdict:
    """Return a verdict without figures that are too small: its outcome is as it was."""
    if policy.public:
        return verdict
    asked, whole, line = verdict.criterion, verdict.weight, verdict.straight_line
    pair = verdict.value, verdict.baseline_value
    evidence = _evidence(verdict.evidence, policy)
    if asked.kind.unit != "points":
        value, baseline = _pair(asked, pair, whole, policy)
    else:  # beside the other shares a fall would tell one that is hidden
        gone = _hides_a_share(verdict.evidence, evidence, policy)
        value, baseline = math.nan if gone else verdict.value, verdict.baseline_value
    if asked.kind.figure == "hours" and asked.kind.of_change and math.isnan(value):
        # both means would tell the fall
        evidence = evidence.assign(before_hours=math.nan, after_hours=math.nan)
    worsened_by, direction = worsening(asked, value, baseline)
    if math.isnan(worsened_by):
        # the direction of a change may be told where its size may not
        _, direction = worsening(asked, verdict.value, verdict.baseline_value)
    figures = {"value": value, "baseline_value": baseline, "worsened_by": worsened_by}
    return replace(
        verdict,
        value=value,
        baseline_value=baseline,
        worsened_by=worsened_by,
        straight_line=None if line is None else _pair(asked, line, whole, policy),
        direction=direction,
        hidden=frozenset(
            name
            for name, figure in figures.items()
            if math.isnan(figure) and not math.isnan(getattr(verdict, name))
        ),
        weight=float(policy.shown(whole)),
        evidence=evidence,
        counts={name: redact_count(count, policy) for name, count in verdict.counts.items()},
        reasons=tuple(_reason(reason, policy) for reason in verdict.reasons),
    )


def _pair(
    asked: Criterion, pair: tuple[float, float], whole: float, policy: Policy
) -> tuple[float, float]:
    exact, before, weight = (np.array(part) for part in (*pair, whole))
    value, before = _values(asked, exact, before, weight, policy)
    return float(value), float(before)


def _reason(reason: Reason, policy: Policy) -> Reason:
    weight = reason.weight
    return reason if weight is None else replace(reason, weight=_shown(weight, policy))


def _evidence(rows: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Return rows by group or by area as they may be published; those by place are as they are."""
    if "weight" not in rows or "counts" in rows:
        return rows
    load = rows["weight"].to_numpy(dtype=np.float64)
    shown = rows.assign(weight=policy.shown(load))
    if "fall_points" in rows:
        was, now = (rows[f"share_{when}"].to_numpy(np.float64) for when in ("before", "after"))
        before, after = _both_shares(was * load, now * load, load, policy)
        # that none is lost tells of nobody, however few are near
        falls = np.where(_alike(was * load, now * load), 0.0, (before - after) * POINTS)
        shown = shown.assign(share_before=before, share_after=after, fall_points=falls)
    if "name" in rows:
        # of areas that lose as much, one that may be told of comes first
        size = rows["fall_points"].to_numpy(np.float64).round(9)
        shown = shown.iloc[np.lexsort((shown["fall_points"].isna(), -size))]
    return shown


def _both_shares(
    before: Floats, after: Floats, whole: Floats, policy: Policy
) -> tuple[Floats, Floats]:
    """Return shares of some before and after as they may be published."""
    shown = policy.share(after, whole)
    few = policy.small(after - before)
    return policy.share(before, whole), np.where(few, np.nan, shown)


def _alike(before: Floats, after: Floats) -> NDArray[np.bool_]:
    """Return where as many are near after as before."""
    return np.asarray(np.abs(after - before) <= NOBODY)


def _hides_a_share(exact: pd.DataFrame, shown: pd.DataFrame, policy: Policy) -> bool:
    """Return whether a share is hidden of which a value in points is worked out."""
    if "counts" in exact:
        load = exact["weight"].to_numpy(dtype=np.float64)
        was, now = (load[exact[f"counted_{when}"]].sum() for when in ("before", "after"))
        hidden = np.isnan(_both_shares(was, now, load.sum(), policy)).any()
        return bool(hidden and not _alike(was, now))
    # of the areas that with the largest fall comes first; of a group and the others it is both
    falls = shown["fall_points"].head(1 if "name" in shown else len(shown))
    return bool(falls.isna().any())


def hidden_falls(verdicts: Iterable[Verdict]) -> Pairs:
    """Return the scenario and criterion of each value in points that is hidden."""
    return frozenset(
        (verdict.scenario, verdict.criterion.id)
        for verdict in verdicts
        if verdict.criterion.kind.unit == "points" and "value" in verdict.hidden
    )


def _values(
    asked: Criterion, exact: Floats, before: Floats, whole: Floats, policy: Policy
) -> tuple[Floats, Floats]:
    """Return values and those before as they may be published."""
    kind = asked.kind
    if policy.public or kind.unit == "min":
        return exact, before
    if kind.unit == "points":
        # of shares of rounded counts; two that differ by few may be further apart when rounded
        few = policy.threshold + policy.round_to - NOBODY
        people = np.abs(exact) / POINTS * whole
        few_lose = (people > NOBODY) & (people < few) & (kind.name == "coverage_fall")
        return np.where(few_lose, np.nan, exact), before
    shown = blurred(exact, whole, policy)
    if kind.of_change:
        return shown, before
    differ = policy.small((exact - before) * whole)
    return np.where(differ, np.nan, shown), blurred(before, whole, policy)


def redact_sensitivity(
    sensitivity: Sensitivity,
    criteria: Sequence[Criterion],
    policy: Policy,
    *,
    hidden: Pairs = frozenset(),
) -> Sensitivity:
    """Return values as they may be published, and outcomes that turn at values tried."""
    # where an outcome turns between them would tell the value itself
    if policy.public:
        return sensitivity
    frame = redact_values(sensitivity.frame, sensitivity.weight, criteria, policy, hidden=hidden)
    return as_tried(replace(sensitivity, frame=frame))


def redact_values(
    frame: pd.DataFrame,
    weight: pd.Series,
    criteria: Sequence[Criterion],
    policy: Policy,
    *,
    hidden: Pairs = frozenset(),
) -> pd.DataFrame:
    """Return a table of criteria's values, each row counting so many, as it may be published."""
    if policy.public:
        return frame
    asked = {criterion.id: criterion for criterion in criteria}
    shown = frame.copy()
    for name, rows in frame.groupby("criterion").groups.items():
        exact, before = (
            frame.loc[rows, part].to_numpy(np.float64) for part in ("value", "baseline_value")
        )
        values = _values(asked[str(name)], exact, before, weight.loc[rows].to_numpy(), policy)
        shown.loc[rows, ["value", "baseline_value"]] = np.stack(values, axis=1)
    gone = [pair in hidden for pair in zip(frame["scenario"], frame["criterion"], strict=True)]
    shown.loc[gone, "value"] = np.nan
    return shown


def redact_uncertainty(
    uncertainty: Uncertainty,
    criteria: Sequence[Criterion],
    policy: Policy,
    *,
    hidden: Pairs = frozenset(),
) -> Uncertainty:
    """Return draws as they may be published; headline figures of people have no range."""
    if policy.public:
        return uncertainty
    asked = {criterion.id: criterion for criterion in criteria}

    def redact(item: Simulated | Source) -> Draws:
        draws, criterion = item.draws, asked[item.criterion]
        value, before = _values(criterion, draws.value, draws.before, draws.weight, policy)
        if (item.scenario, item.criterion) in hidden:
            value = np.full(value.shape, np.nan)
        return replace(draws, value=value, before=before)

    simulated = tuple(replace(item, draws=redact(item)) for item in uncertainty.simulated)
    whole = {(item.scenario, item.criterion): item.value.width for item in simulated}
    sources = tuple(
        replace(
            item,
            draws=redact(item),
            whole=whole[item.scenario, item.criterion],
        )
        for item in uncertainty.sources
    )
    return replace(uncertainty, simulated=simulated, sources=sources, headlines=())


# ---- other choices -----------------------------------------------------------------------------


def coarsening(policy: Policy) -> Coarsen | None:
    """Return what rounds figures before sets of closures are ranked by them; None if nothing."""
    # a rank by exact figures would tell more of them than the figures that are shown
    if policy.public:
        return None

    def coarsen(measure: Measure, values: Floats) -> Floats:
        if measure.unit == "share":
            return policy.coarse(values * measure.whole, measure.whole)
        return values  # those in points are of rounded counts

    return coarsen


def redact_alternatives(alternatives: Alternatives, policy: Policy) -> Alternatives:
    """Return a ranking by figures that were rounded first, with its notes as they may be read."""
    return replace(alternatives, notes=redact_notes(alternatives.notes, policy))


def redact_outreach(outreach: Outreach, whole: float, policy: Policy) -> Outreach:
    """Return venues with shares and counts as they may be published, in words too."""
    if policy.public:
        return outreach
    frame = outreach.frame
    lost = frame["coverage_lost_weight"]
    shown = frame.assign(
        covered_share=blurred(frame["covered_share"], whole, policy).round(9),
        unreached_weight=policy.shown(frame["unreached_weight"]),
        coverage_regained_share=blurred(frame["coverage_regained_share"], lost, policy).round(9),
        coverage_lost_weight=policy.shown(lost),
    )
    return with_sentences(replace(outreach, frame=shown), hidden=HIDDEN_MARK)
