"""Sentences about verdicts, their reasons, and how far they hold."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from eh_access import notebook
from eh_access.criteria.criterion import Outcome, ReasonKind
from eh_access.criteria.draws import SourceKind
from eh_access.criteria.uncertainty import likelihood_of
from eh_access.measures.basic import ROUNDING, weighted_mean
from eh_access.measures.scenarios import BASELINE
from eh_access.numerals import about, count_of, number, percent, shown
from eh_access.privacy.policy import HIDDEN_MARK
from eh_access.publish.numbers import counted, listed
from eh_access.publish.wording import GROUP_WORDS
from eh_access.study.families import areas_counted

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from eh_access.criteria.criterion import Criterion, Place, Reason, Verdict
    from eh_access.criteria.sensitivity import Sensitivity
    from eh_access.criteria.uncertainty import Source, Uncertainty

    Bools = NDArray[np.bool_]

METRES_PER_KM = 1000.0
POINTS = 100.0
MOST_NAMED = 3
"""Of the roughly known sites that nothing turns on, so many are named."""
MOST_AREAS = 3
"""Of the areas that lose most, so many are named."""
CODE = re.compile(r"[A-Z]\d{8}")
"""Of an area, as the statistics office writes it: what stands where no name is known."""


# ---- a verdict ---------------------------------------------------------------------------------


def verdict_sentence(verdict: Verdict) -> str:
    """Return a verdict in plain English: the facts, then what follows."""
    judgement = _judgement(verdict)
    return f"{verdict_fact(verdict)} {judgement}" if verdict.has_value else judgement


def verdict_fact(verdict: Verdict) -> str:
    """Return what is so, without what follows from it."""
    if not verdict.has_value:
        return _judgement(verdict)
    fact = FACTS.get(verdict.criterion.measure, _default_fact)(verdict)
    return f"{fact[:1].upper()}{fact[1:]}"


def verdict_reason(verdict: Verdict) -> str:
    """Return all reasons in one line, the decisive ones first."""
    return "; ".join(reason_clause(verdict, reason) for reason in verdict.reasons)


def verdict_text(verdict: Verdict) -> str:
    """Return the outcome and the sentence as plain text."""
    return "\n".join([f"Verdict: {_headline(verdict)}", *_paragraphs(verdict)])


def verdict_html(verdict: Verdict) -> str:
    """Return the outcome, the sentence and the reason."""
    rows = [
        ("before", notebook.number(verdict.baseline_value, 3)),
        ("after", notebook.number(verdict.value, 3)),
        ("threshold", f"{verdict.threshold:g}"),
        ("whose yardstick", verdict.criterion.source),
    ]
    return "".join(
        [
            notebook.paragraph(_headline(verdict), strong=True),
            *notebook.indicative(estimated=verdict.basis == "estimated"),
            *(notebook.paragraph(text) for text in _paragraphs(verdict)),
            notebook.table(["", verdict.criterion.title], rows),
        ]
    )


def verdicts_text(verdicts: Sequence[Verdict]) -> str:
    """Return a line for each verdict."""
    return "\n".join(
        [notebook.verdict_count(len(verdicts)), *(f"  {_headline(each)}" for each in verdicts)]
    )


def verdicts_html(verdicts: Sequence[Verdict]) -> str:
    """Return a table with a row for each verdict."""
    rows = [
        (
            each.scenario,
            each.criterion.id,
            each.outcome,
            "" if each.indication is None else each.indication,
            each.sentence,
        )
        for each in verdicts
    ]
    heads = ["scenario", "criterion", "outcome", "points to", "in words"]
    estimated = any(each.basis == "estimated" for each in verdicts)
    return "".join([*notebook.indicative(estimated=estimated), notebook.table(heads, rows)])


def _headline(verdict: Verdict) -> str:
    pointed = f" (points to: {verdict.indication})" if verdict.indication is not None else ""
    return f"{verdict.criterion.id}, {verdict.scenario}: {verdict.outcome}{pointed}"


def _paragraphs(verdict: Verdict) -> list[str]:
    before = "It was missed before too." if verdict.not_met_before else ""
    return [text for text in (verdict.sentence, before, verdict.reason) if text]


# ---- what follows from the facts ---------------------------------------------------------------


def _judgement(verdict: Verdict) -> str:
    """Return what follows from the facts."""
    if verdict.outcome is not Outcome.CANNOT_SAY:
        sure = how_sure(verdict)
        return f"{_against(verdict, verdict.outcome)}{f' ({sure})' if sure else ''}."
    causes = "; ".join(
        reason_clause(verdict, reason) for reason in verdict.reasons if reason.decisive
    )
    if verdict.indication is None:
        return f"Cannot say: {causes}."
    pointed = _against(verdict, verdict.indication)
    return f"Cannot say: {causes}. The figures point to: {pointed[0].lower()}{pointed[1:]}."


def _against(verdict: Verdict, outcome: Outcome) -> str:
    """Return an outcome and the value beside its threshold."""
    criterion = verdict.criterion
    unit = criterion.kind.unit
    bound = "at least" if criterion.better == "higher" else "at most"
    value = _value(criterion, verdict.value)
    against = f"{value} against {bound} {shown(criterion.threshold, unit)}"
    word = outcome.value.capitalize()
    if _is_baseline(verdict) or not verdict.not_met_before or not _change_known(verdict):
        return f"{word}: {against}"
    before = _value(criterion, verdict.baseline_value)
    return f"Not met before either: {against}, {before} before; {_worse(verdict)}"


def how_sure(verdict: Verdict) -> str:
    """Return how sure an outcome is by the draws, in words and in 100; "" where none were made."""
    if math.isnan(verdict.probability):
        return ""
    met = verdict.probability >= EVEN
    chance = verdict.probability if met else 1 - verdict.probability
    if verdict.outcome is Outcome.TOO_CLOSE:
        return f"{in_100(chance)} that it is {'met' if met else 'not met'}"
    return f"{likelihood_of(chance)}: {in_100(chance)}"


EVEN = 0.5
MOST_PRINTED = 0.99


def in_100(chance: float) -> str:
    """Return a chance as so many in 100, rounded down, never beyond 99 or below 1."""
    if chance > MOST_PRINTED:
        return "more than 99 in 100"
    if chance < 1 - MOST_PRINTED:
        return "fewer than 1 in 100"
    return f"{math.floor(100 * chance + ROUNDING)} in 100"


def _value(criterion: Criterion, value: float) -> str:
    """Return a value as it is printed; one of which there is an outcome is there, if hidden."""
    if math.isnan(value):
        return HIDDEN_MARK
    return shown(value, criterion.kind.unit, near=criterion.threshold)


def _change_known(verdict: Verdict) -> bool:
    """Return whether it may be told how the value changes, be it the direction alone."""
    return verdict.direction != 0 or not math.isnan(verdict.worsened_by)


def _worse(verdict: Verdict) -> str:
    worse, unit = verdict.worsened_by, verdict.criterion.kind.unit
    if math.isnan(worse):  # its size is hidden
        return "it hardly changes"
    if round(abs(worse) * (POINTS if unit == "share" else 1.0), 1) == 0:
        return "it does not change" if worse == 0 else "it hardly changes"
    size = shown(abs(worse), unit, plain=True)
    return f"it becomes {'worse' if worse > 0 else 'better'} by {size}"


def _is_baseline(verdict: Verdict) -> bool:
    return verdict.scenario == BASELINE.name


# ---- reasons -----------------------------------------------------------------------------------


def reason_clause(verdict: Verdict, reason: Reason) -> str:
    """Return a reason as a clause."""
    return REASONS[reason.kind](verdict, reason)


def _where(verdict: Verdict) -> str:
    group = verdict.criterion.group
    return f"in {GROUP_WORDS[group]}" if group else "here"


def _further_modes(_: Verdict, reason: Reason) -> str:
    missing = f"{' and '.join(reason.modes)} times are missing"
    if reason.decisive:
        return f"{missing} (there is no timetable)"
    return f"{missing}; it is met without them"


def _rough_places(_: Verdict, reason: Reason) -> str:
    named = [_rough(place) for place in reason.places[:MOST_NAMED]]
    more = reason.places[MOST_NAMED:]
    if more:
        farthest = max(place.radius_m for place in more)
        named.append(f"{len(more)} more (to within {farthest:,.0f} m or better)")
    return f"known only roughly: {listed(named)}"


def _rough(place: Place) -> str:
    return f"{place.name} (known to within {place.radius_m:,.0f} m)"


def _unknown_place(verdict: Verdict, reason: Reason) -> str:
    (place,) = reason.places
    effect = "overstates the harm" if place.open_after else "understates the harm"
    if _is_baseline(verdict):
        effect = "understates what is near"
    return f"it is not known where {place.name} is; the value leaves it out, which {effect}"


def _moved(verdict: Verdict, reason: Reason) -> str:
    settings = verdict.settings
    text = (
        f"so that nobody can be found, {settings.unit} are counted by area and placed at public "
        "places, not where each lives"
    )
    if reason.areas:
        be, limit = "is" if len(reason.areas) == 1 else "are", settings.policy.threshold
        text += (
            f", and {counted(*areas_counted(reason.areas))} with fewer than {limit} {be} left out"
        )
    return f"{text}: the value may be some points off, and an outcome near the threshold may turn"


def _how_many(verdict: Verdict, reason: Reason) -> str:
    return f"{number(reason.weight, verdict.settings.policy)} {verdict.settings.unit}"


def missing_clause(reason: Reason) -> str:
    """Return a missing input as a clause."""
    mode = "".join(reason.modes)
    return {
        ReasonKind.COLUMN_MISSING: f"the column '{reason.column}' of the origins is missing",
        ReasonKind.DISTANCES_MISSING: f"distances by street ({mode}) are missing",
        ReasonKind.TIMES_MISSING: f"{mode} times are missing",
        ReasonKind.TIMES_HOME_MISSING: f"{mode} times home from the sites are missing",
        ReasonKind.TIMES_TOO_SHORT: (
            f"{mode} times end at {reason.cutoff_min:g} minutes, below the cutoff"
        ),
    }[reason.kind]


REASONS: Mapping[ReasonKind, Callable[[Verdict, Reason], str]] = {
    ReasonKind.COLUMN_MISSING: lambda _, r: missing_clause(r),
    ReasonKind.DISTANCES_MISSING: lambda _, r: missing_clause(r),
    ReasonKind.TIMES_MISSING: lambda _, r: missing_clause(r),
    ReasonKind.TIMES_HOME_MISSING: lambda _, r: missing_clause(r),
    ReasonKind.TIMES_TOO_SHORT: lambda _, r: missing_clause(r),
    ReasonKind.TOO_FEW: lambda v, _: (
        f"there are too few {v.settings.unit} {_where(v)} to publish anything about"
    ),
    ReasonKind.NOBODY: lambda v, _: f"there are no {v.settings.unit} {_where(v)}",
    ReasonKind.NOBODY_ELSEWHERE: lambda v, _: (
        f"there are no {v.settings.unit} elsewhere to compare with"
    ),
    ReasonKind.ONE_STEP: lambda v, r: f"all {v.settings.unit} have one value of '{r.column}'",
    ReasonKind.NOT_COMPARABLE: lambda v, _: (
        "nobody has any opening hours within reach before"
        if v.criterion.kind.figure == "hours"
        else "some are out of reach, so that mean times cannot be compared"
    ),
    ReasonKind.ESTIMATED_TIMES: lambda _, __: "travel times are straight-line estimates",
    ReasonKind.FURTHER_MODES_MISSING: _further_modes,
    ReasonKind.ROUGH_PLACES: _rough_places,
    ReasonKind.UNKNOWN_PLACE: _unknown_place,
    ReasonKind.NOT_IN_GROUP_OR_AREA: lambda v, r: (
        f"{_how_many(v, r)} whose '{r.column}' is not known are left out"
    ),
    ReasonKind.OFF_NETWORK: lambda v, r: (
        f"{_how_many(v, r)} could not be placed on the streets and count as out of reach"
    ),
    ReasonKind.RIM: lambda v, r: (
        f"the trips of {_how_many(v, r)} touch the rim of the streets known and may be shorter in "
        "truth"
    ),
    ReasonKind.MOVED: _moved,
}


# ---- the facts ---------------------------------------------------------------------------------


def _default_fact(verdict: Verdict) -> str:
    """Return the value of a kind of criterion that has no sentence of its own."""
    value = _value(verdict.criterion, verdict.value)
    if _is_baseline(verdict):
        return f"{verdict.criterion.title}: {value}."
    before = _value(verdict.criterion, verdict.baseline_value)
    return f"{verdict.criterion.title}: {value}, {before} before."


def _reach(verdict: Verdict) -> str:
    """Return who is too far from a site, by time or by distance."""
    criterion, travel = verdict.criterion, _travel(verdict)
    if criterion.within_m is not None:
        far = f"{criterion.within_m:g} m"
        if criterion.within_m >= METRES_PER_KM:
            far = f"{criterion.within_m / METRES_PER_KM:g} km"
        street = "" if verdict.basis == "estimated" else " by street"
        where = f"more than {far}{street} from {_a_place(verdict)}, {travel}"
    else:
        where = f"more than {criterion.cutoff_min:g} minutes {travel} from {_a_place(verdict)}"
    be = "are" if _is_baseline(verdict) else "would be"
    text = _unserved(verdict, f"{be} {where}", ("were nearer", "would be nearer"))
    return text + _straight(verdict)


def _straight(verdict: Verdict) -> str:
    """Return the share within as many metres in a straight line, where that is known."""
    if verdict.straight_line is None or any(map(math.isnan, verdict.straight_line)):
        return ""
    now, was = (shown(share, "share") for share in verdict.straight_line)
    before = "" if _is_baseline(verdict) else f", {was} before"
    return f" In a straight line {now} are within it{before}."


def _fallen(verdict: Verdict) -> str:
    """Return whose site is no longer near."""
    if _is_baseline(verdict):
        return f"This is how things stand: nobody loses {_a_place(verdict)}."
    rows, criterion = verdict.evidence, verdict.criterion
    had, lost = (rows[name].to_numpy(dtype=bool) for name in ("counted_before", "counts"))
    won = _some(verdict, rows["counted_after"].to_numpy(dtype=bool) & ~had)
    text = (
        f"{_count(verdict, lost)} would no longer be within {criterion.cutoff_min:g} minutes "
        f"{_travel(verdict)} of {_a_place(verdict)}"
    )
    if criterion.group is not None:
        text = f"In {GROUP_WORDS[criterion.group]}, {text}"
    return f"{text}; {won} would newly be." if won else f"{text}."


def _fallen_gap(verdict: Verdict) -> str:
    """Return how far a group's share falls beside everyone else's."""
    criterion = verdict.criterion
    share = (
        f"the share within {criterion.cutoff_min:g} minutes {_travel(verdict)} of "
        f"{_a_place(verdict)}"
    )
    words = GROUP_WORDS[criterion.group or ""]
    if _is_baseline(verdict):
        return f"This is how things stand: {share} does not fall, in {words} or elsewhere."
    inside, elsewhere = (
        shown(float(fall), "points") for fall in verdict.evidence["fall_points"].tolist()
    )
    return f"In {words} {share} would fall by {inside}, elsewhere by {elsewhere}."


def _slope(verdict: Verdict) -> str:
    """Return the minutes added at both ends of a scale."""
    if _is_baseline(verdict):
        return "This is how things stand: nothing is added to any trip."
    by, steps = verdict.criterion.by or "", verdict.evidence
    called = SCALES.get(by, f"value of {by}")
    ends = " and ".join(
        f"{_longer(float(row['mean_change_min']))} on average in {called} {step:g}"
        for step, row in steps.iloc[[0, -1]].iterrows()
    )
    return (
        f"The trip {_travel(verdict)} to the nearest {_place(verdict)} would take {ends}: "
        f"{_longer(verdict.value)} for each {called} down the scale."
    )


SCALES = {"imd_decile": "decile of deprivation"}
"""What a step of a column of numbers is called."""


def _hours_lost(verdict: Verdict) -> str:
    """Return the mean hours within reach, before and after."""
    if _is_baseline(verdict):
        return "This is how things stand: no opening hours are lost."
    rows, criterion = verdict.evidence, verdict.criterion
    was, now = (
        weighted_mean(rows[f"{when}_hours"], rows["weight"]) for when in ("before", "after")
    )
    both = "together" if criterion.there_and_back == "total" else "each way"
    return (
        f"On average {verdict.settings.unit} would have {now:.1f} opening hours a week within "
        f"{criterion.cutoff_min:g} minutes {_travel(verdict)}, there and back ({both}); "
        f"{was:.1f} before. Full hours of unknown number count as "
        f"{verdict.settings.full_time_from_hours:g}."
    )


def _hours(verdict: Verdict) -> str:
    """Return who has too few opening hours within reach."""
    criterion = verdict.criterion
    both = "together" if criterion.there_and_back == "total" else "each way"
    have = "have" if _is_baseline(verdict) else "would have"
    what = (
        f"{have} fewer than {criterion.min_hours:g} opening hours a week within "
        f"{criterion.cutoff_min:g} minutes {_travel(verdict)}, there and back ({both})"
    )
    return _unserved(verdict, what, ("had enough", "would have enough"))


def _unserved(verdict: Verdict, what: str, words: tuple[str, str]) -> str:
    """Return who is not served; the words are for those who were before, and for those newly so."""
    had = verdict.evidence["counted_before"].to_numpy(dtype=bool)
    has = verdict.evidence["counts"].to_numpy(dtype=bool)
    text = f"{_count(verdict, ~has)} {what}"
    if verdict.criterion.group is not None:
        text = f"In {GROUP_WORDS[verdict.criterion.group]}, {text}"
    if _is_baseline(verdict):
        return f"{text}."
    lost, won = _some(verdict, had & ~has), _some(verdict, has & ~had)
    public = verdict.settings.policy.public  # elsewhere "all" could tell what is hidden
    newly = "all" if public and lost == _some(verdict, ~has) else lost
    text += f"; {newly} of them {words[0]} before" if lost else "; none of them newly"
    return f"{text}; {won} others {words[1]} than before." if won else f"{text}."


def _added(verdict: Verdict) -> str:
    """Return whose trip grows by too much."""
    if _is_baseline(verdict):
        return "This is how things stand: nothing is added to any trip."
    rows = verdict.evidence
    text = (
        f"{_count(verdict, rows['counts'].to_numpy(dtype=bool))} would have more than "
        f"{verdict.criterion.added_min:g} minutes added to the "
        f"trip {_travel(verdict)} to the nearest {_place(verdict)}"
    )
    gone = np.isinf(rows["after_min"].to_numpy()) & np.isfinite(rows["before_min"].to_numpy())
    lost, longest = _some(verdict, gone), f"within {verdict.search_min:g} minutes"
    return f"{text}; {lost} of them could no longer reach one {longest}." if lost else f"{text}."


def _group(verdict: Verdict) -> str:
    """Return how much a group's trips grow beside everyone else's."""
    if _is_baseline(verdict):
        return "This is how things stand: nothing is added to any trip."
    inside, elsewhere = verdict.evidence.to_dict("records")
    words = GROUP_WORDS[verdict.criterion.group or ""]
    unit, policy = verdict.settings.unit, verdict.settings.policy
    return (
        f"In {words} the trip {_travel(verdict)} to the nearest {_place(verdict)} would take "
        f"{_longer(inside['mean_change_min'])} on average "
        f"({about(inside['weight'], policy)} {unit}), "
        f"elsewhere {_longer(elsewhere['mean_change_min'])} "
        f"({about(elsewhere['weight'], policy)})."
    )


def _longer(minutes: float) -> str:
    if math.isnan(minutes):
        return "a time that is not known"
    if math.isinf(minutes):
        return (
            "for ever, as some lose all reach," if minutes > 0 else "less, as some come in reach,"
        )
    if round(abs(minutes), 1) == 0:
        return "no longer"
    return f"{shown(abs(minutes), 'min')} {'longer' if minutes > 0 else 'less'}"


def _areas(verdict: Verdict) -> str:
    """Return which area loses most coverage."""
    criterion, rows = verdict.criterion, verdict.evidence
    unit, policy = verdict.settings.unit, verdict.settings.policy
    kind = (criterion.by or "area").split("_")[0]
    within = f"within {criterion.cutoff_min:g} minutes {_travel(verdict)} of {_a_place(verdict)}"
    if _is_baseline(verdict):
        return f"This is how things stand: no {kind} loses any of its share {within}."
    worst = rows.iloc[0]
    if worst["fall_points"] <= 0:
        return f"In no {kind} would the share of {unit} {within} fall."
    over = int((rows["fall_points"] > criterion.threshold + ROUNDING).sum())
    shares = [float(worst[f"share_{when}"]) for when in ("before", "after")]
    # beside the fall, one share would tell the other where that is hidden
    hidden = not policy.public and any(map(math.isnan, shares))
    ends = "" if hidden else f", from {percent(shares[0])} to {percent(shares[1])}"
    many = f"{over} of {len(rows)} {kind}s" if over else f"no {kind}"
    following = rows.iloc[1:MOST_AREAS]
    others = listed(
        f"{area['name']} ({shown(area['fall_points'], 'points')})"
        for _, area in following[following["fall_points"] > 0].iterrows()
    )
    after_it = f"; next {others}" if others else ""
    return (
        f"{_called(worst, kind)} would lose most: the share of its {unit} {within} "
        f"would fall by {shown(worst['fall_points'], 'points', near=criterion.threshold)}"
        f"{ends}{after_it}; {many} would lose more than {criterion.threshold:g} points."
    )


def _called(area: pd.Series, kind: str) -> str:
    """Return an area's name at the start of a sentence; a bare code says what it is a code of."""
    name = str(area["name"])
    return f"{kind.capitalize()} {name}" if CODE.fullmatch(name) else name


FACTS: Mapping[str, Callable[[Verdict], str]] = {
    "coverage": _reach,
    "coverage_distance": _reach,
    "coverage_fall": _fallen,
    "fall_gap": _fallen_gap,
    "slope": _slope,
    "hours_fall": _hours_lost,
    "group_coverage": _reach,
    "hours_reachable": _hours,
    "added_time": _added,
    "group_gap": _group,
    "area_loss": _areas,
}
"""The sentence of each kind of criterion; `_default_fact` serves until one is written."""


def _travel(verdict: Verdict) -> str:
    return " or ".join(verdict.travel)


def _place(verdict: Verdict) -> str:
    full = verdict.criterion.sites == "full_time"
    return f"full-time {verdict.settings.place}" if full else verdict.settings.place


def _a_place(verdict: Verdict) -> str:
    place = _place(verdict)
    return f"{'an' if place[0].lower() in 'aeiou' else 'a'} {place}"


def _count(verdict: Verdict, condition: Bools) -> str:
    """Return how many of those who count meet a condition."""
    weights, settings = verdict.evidence["weight"].to_numpy(), verdict.settings
    part, whole = float(weights[condition].sum()), float(weights.sum())
    return count_of(part, whole, settings.unit, settings.policy)


def _some(verdict: Verdict, condition: Bools) -> str:
    """Return how many meet a condition as a number, or "" for none."""
    weight = float(verdict.evidence["weight"].to_numpy()[condition].sum())
    return about(weight, verdict.settings.policy) if weight > 0 else ""


# ---- one assumption at a time ------------------------------------------------------------------

ASSUMPTIONS = {
    "walk_speed_km_h": "walking speed",
    "pushchair_speed_km_h": "speed with a pushchair",
    "drive_factor": "driving time",
    "cutoff_min": "minutes that count as near",
    "within_m": "metres that count as near",
    "added_min": "minutes added that count",
    "min_hours": "hours asked for",
    "full_time_from_hours": "hours that make a site full-time",
    "agreed_hours": "hours kept where they are cut",
    "threshold": "threshold",
    "weights": "who is counted",
    "origins": "where people are counted",
    "neighbours": "sites over the border",
}
"""What each assumption is called."""


def short_number(value: float) -> str:
    """Return a number in three figures, never as a power of ten."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"  # noqa: PLR2004 - three figures


def turns_in_words(row: Mapping[Any, Any]) -> str:
    """Return where an outcome turns as an assumption moves, or over which range it stands."""
    share = row["unit"] == "share"
    scale, unit = (100.0, "%") if share else (1.0, f" {row['unit']}")
    turns = [
        f"turns to {row[f'outcome_{side}']} {side} about "
        f"{short_number(scale * row[f'turns_{side}'])}{unit}"
        for side in ("below", "above")
        if not math.isnan(row[f"turns_{side}"])
    ]
    lowest, highest = (short_number(scale * row[end]) for end in ("lowest", "highest"))
    span = f"{lowest} to {highest}{unit}"
    return "; ".join(turns) or f"stands from {span}"


SOURCES: Mapping[SourceKind, str] = {
    SourceKind.PLACE: "where {name} is",
    SourceKind.SITE: "whether {name} is there, and where",
    SourceKind.EXISTENCE: "whether {name} was there",
    SourceKind.NEIGHBOUR: "whether {name}, over the border, was there",
    SourceKind.COUNTS: "how many live where",
}
"""What each doubt is about."""


def source_words(source: Source) -> str:
    """Return what a doubt is about."""
    return SOURCES[source.kind].format(name=source.name)


def uncertainty_text(found: Uncertainty) -> str:
    """Return a line for each criterion and scenario."""
    lines = [f"Uncertainty: {found.draws:,} draws of what is not known"]
    lines += [
        f"  {item.scenario}, {item.criterion}: {in_100(item.probability)} that it is met; "
        f"nine in ten draws from {item.value.low:.3g} to {item.value.high:.3g}"
        for item in found.simulated
    ]
    return "\n".join(lines)


def sensitivity_text(found: Sensitivity) -> str:
    """Return every tipping point, a line each."""
    return "\n".join([_sensitivity_title(found), *(f"  {line}" for line in _tips(found))])


def sensitivity_html(found: Sensitivity) -> str:
    """Return every tipping point in a table."""
    rows = [tuple(line.split(": ", 1)) for line in _tips(found)]
    return notebook.paragraph(_sensitivity_title(found), strong=True) + notebook.table(
        ["scenario and criterion", "turns"], rows
    )


def _sensitivity_title(found: Sensitivity) -> str:
    tips = found.tipping
    turning = tips["turns_below"].notna() | tips["turns_above"].notna()
    return (
        f"Sensitivity: {len(tips)} assumptions of criteria, moved one at a time; the outcome "
        f"turns with {int(turning.sum())}"
    )


def _tips(found: Sensitivity) -> Iterator[str]:
    for row in found.tipping.to_dict("records"):
        if row["outcome_below"] or row["outcome_above"]:
            yield (
                f"{row['scenario']}, {row['criterion']}: {row['outcome']} now; "
                f"{ASSUMPTIONS[row['assumption']]}: {turns_in_words(row)}"
            )
