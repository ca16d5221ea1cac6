"""The facts of verdicts, and what the templates of criteria make of them."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from eh_access import notebook
from eh_access.criteria.criterion import Outcome
from eh_access.criteria.uncertainty import SURE, likelihood_of
from eh_access.measures.basic import ROUNDING, weighted_mean
from eh_access.measures.scenarios import BASELINE
from eh_access.modes import LABELS
from eh_access.numerals import about, number, percent, shown
from eh_access.privacy.policy import HIDDEN_MARK
from eh_access.publish import numbers
from eh_access.publish.numbers import counted, in_100, short_number
from eh_access.publish.table import records
from eh_access.publish.templates import Templates, shipped, study_templates
from eh_access.publish.wording import group_words
from eh_access.study.families import areas_counted

if TYPE_CHECKING:
    from eh_access.criteria.criterion import Criterion, Reason, Verdict
    from eh_access.criteria.sensitivity import Sensitivity
    from eh_access.criteria.uncertainty import Part, Source, Uncertainty
    from eh_access.facts import Count
    from eh_access.study.config import ScenarioConfig, Study

Made = TypeVar("Made", "Criterion", "ScenarioConfig")
EVEN = 0.5
POINTS = 100.0
MOST_AREAS = 3
"""Of the areas that lose most, so many are named."""
CODE = re.compile(r"[A-Z]\d{8}")
"""Of an area, as the statistics office writes it: what stands where no name is known."""


# ---- a criterion -------------------------------------------------------------------------------


def criterion_phrase(
    criterion: Criterion,
    part: str,
    facts: Mapping[str, Any],
    templates: Templates | None = None,
) -> str:
    """Return one phrase of a criterion's kind: its title, label, meaning or fact."""
    used = templates or shipped()
    return used.part(f"criteria/{criterion.measure}", part, facts)


def criterion_facts(
    criterion: Criterion,
    templates: Templates | None = None,
    *,
    unit: str,
    site: str,
    mode: str = "",
    estimated: bool = False,
) -> dict[str, Any]:
    """Return what every phrase of a criterion may use."""
    group = group_words(criterion.group, templates) if criterion.group else ""
    modes = (criterion.mode, *criterion.also_modes)
    labels = [LABELS.get(name, name) for name in modes]
    return {
        "criterion": criterion,
        "wanted": shown(criterion.threshold, criterion.kind.unit),
        "unit": unit,
        "place": f"full-time {site}" if criterion.sites == "full_time" else site,
        "mode": mode or " or ".join(labels),
        "also": labels[1:],
        "way": "" if criterion.also_modes else criterion.mode,  # where it is one alone
        "area": (criterion.by or "area").split("_")[0],
        "group": group,
        "group_short": group.split(" (")[0],
        "estimated": estimated,
    }


def name_study(study: Study) -> Study:
    """Return a study with the titles and labels that it left out, made from its numbers."""
    criteria = [_named(criterion, study) for criterion in study.criteria]
    scenarios = name_scenarios(study.scenarios, study)
    return study.model_copy(update={"criteria": tuple(criteria), "scenarios": scenarios})


def name_scenarios(scenarios: Sequence[ScenarioConfig], study: Study) -> tuple[ScenarioConfig, ...]:
    """Return scenarios with the labels that they left out, made from what they change."""
    given = {each.name for each in scenarios if each.label and "label" in each.model_fields_set}
    named = [
        each if each.name in given else _with(each, label=_scenario_label(each, study))
        for each in scenarios
    ]
    shared = {label for label, count in Counter(each.label for each in named).items() if count > 1}
    return tuple(
        _with(each, label=_scenario_label(each, study, shared=True))
        if each.label in shared and each.name not in given
        else each
        for each in named
    )


def _named(criterion: Criterion, study: Study) -> Criterion:
    made = [key for key in ("title", "label") if key not in criterion.model_fields_set]
    if not made:
        return criterion
    templates = study_templates(study)
    facts = criterion_facts(criterion, templates, unit=study.unit, site=study.site_word)
    phrases = {key: criterion_phrase(criterion, key, facts, templates) for key in made}
    if "title" in phrases and study.illustrative:
        phrases["title"] = _illustrative(phrases["title"], templates)
    return _with(criterion, **phrases)


def _with(table: Made, **made: str) -> Made:
    """Return a copy with words that are made anew where its numbers change."""
    copy = table.model_copy(update=made)
    copy.model_fields_set.difference_update(made)
    return copy


def _scenario_label(scenario: ScenarioConfig, study: Study, *, shared: bool = False) -> str:
    templates = study_templates(study)
    facts = {"scenario": scenario, "site": study.site_word, "shared": shared}
    label = templates.part("scenarios", "label", facts)
    return _illustrative(label, templates) if study.illustrative else label


def _illustrative(text: str, templates: Templates) -> str:
    return templates.part("scenarios", "illustrative", {"text": text})


# ---- a verdict ---------------------------------------------------------------------------------


def verdict_sentence(verdict: Verdict, templates: Templates | None = None) -> str:
    """Return a verdict in plain English: the facts, then what follows."""
    judgement = _judgement(verdict, templates or shipped())
    return f"{verdict_fact(verdict, templates)} {judgement}" if verdict.has_value else judgement


def verdict_fact(verdict: Verdict, templates: Templates | None = None) -> str:
    """Return what is so, without what follows from it."""
    if not verdict.has_value:
        return _judgement(verdict, templates or shipped())
    facts = verdict_facts(verdict, templates)
    fact = criterion_phrase(verdict.criterion, "fact", facts, templates)
    return f"{fact[:1].upper()}{fact[1:]}"


def verdict_reason(verdict: Verdict, templates: Templates | None = None) -> str:
    """Return all reasons in one line, the decisive ones first."""
    return "; ".join(reason_clause(verdict, reason, templates) for reason in verdict.reasons)


def verdict_text(verdict: Verdict) -> str:
    """Return the outcome and the sentence as plain text."""
    heading = _part("verdict", {"heading": _heading(verdict)})
    return "\n".join([heading, *_paragraphs(verdict)])


def verdict_html(verdict: Verdict) -> str:
    """Return the outcome, the sentence and the reason."""
    criterion = verdict.criterion
    unit, wanted = criterion.kind.unit, criterion.threshold
    rows = [
        ("before", shown(verdict.baseline_value, unit, near=wanted)),
        ("after", shown(verdict.value, unit, near=wanted)),
        ("threshold", shown(wanted, unit)),
        ("whose yardstick", criterion.source),
    ]
    return "".join(
        [
            notebook.paragraph(_heading(verdict), strong=True),
            *notebook.indicative(estimated=verdict.basis == "estimated"),
            *(notebook.paragraph(text) for text in _paragraphs(verdict)),
            notebook.table(["", criterion.title], rows),
        ]
    )


def verdicts_text(verdicts: Sequence[Verdict]) -> str:
    """Return a line for each verdict."""
    return "\n".join(
        [counted(len(verdicts), "verdict"), *(f"  {_heading(each)}" for each in verdicts)]
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


def _part(part: str, facts: Mapping[str, Any], templates: Templates | None = None) -> str:
    return (templates or shipped()).part("criteria/verdict", part, facts)


def _heading(verdict: Verdict) -> str:
    facts = {
        "criterion": verdict.criterion,
        "scenario": verdict.scenario,
        "outcome": verdict.outcome,
        "indication": verdict.indication or "",
    }
    return _part("heading", facts)


def _paragraphs(verdict: Verdict) -> list[str]:
    before = _part("missed_before", {}) if verdict.not_met_before else ""
    return [text for text in (verdict.sentence, before, verdict.reason) if text]


def _judgement(verdict: Verdict, templates: Templates) -> str:
    """Return what follows from the facts."""
    unsaid = verdict.outcome is Outcome.CANNOT_SAY
    outcome = verdict.indication if unsaid else verdict.outcome
    causes = [reason_clause(verdict, each, templates) for each in verdict.reasons if each.decisive]
    facts = {
        "against": "" if outcome is None else _against(verdict, outcome, templates),
        "causes": causes if unsaid else [],
        "sure": how_sure(verdict, templates),
    }
    return _part("judgement", facts, templates)


def _against(verdict: Verdict, outcome: Outcome, templates: Templates) -> str:
    """Return an outcome and the value beside its threshold."""
    criterion, worse = verdict.criterion, verdict.worsened_by
    unit = criterion.kind.unit
    scale = POINTS if unit == "share" else 1.0
    sized = not math.isnan(worse) and round(abs(worse) * scale, 1) > 0
    facts = {
        "criterion": criterion,
        "outcome": outcome,
        "value": _value(criterion, verdict.value),
        "before": _value(criterion, verdict.baseline_value),
        "threshold": shown(criterion.threshold, unit),
        "missed_before": verdict.not_met_before and not is_baseline(verdict),
        "change": None
        # where even its direction is hidden, nothing is said of the change
        if verdict.direction == 0 and math.isnan(worse)
        else {
            "size": shown(abs(worse), unit, plain=True) if sized else "",
            "worse": worse > 0,
            "same": worse == 0,
        },
    }
    return _part("against", facts, templates)


def how_sure(verdict: Verdict, templates: Templates | None = None) -> str:
    """Return how sure an outcome is by the draws, in words and in 100; "" where none were made."""
    facts = chance_facts(verdict)
    rests = {"criterion": verdict.criterion, "hours": verdict.settings.full_time_from_hours}
    return _part("sure", rests | facts, templates) if facts else ""


def chance_facts(verdict: Verdict) -> dict[str, Any]:
    """Return how sure the likelier outcome is, and if the margin settles it; empty if not drawn."""
    if math.isnan(verdict.probability):
        return {}
    criterion, met = verdict.criterion, verdict.probability >= EVEN
    likelier = verdict.probability if met else 1 - verdict.probability
    close = verdict.outcome is Outcome.TOO_CLOSE
    room = verdict.value - verdict.threshold
    passed = (room if criterion.better == "higher" else -room) >= -ROUNDING
    # Draws that agree, and an outcome that is too close all the same: they are against the value,
    # or the value that says why is hidden or rounded.
    agree = close and likelier >= SURE
    return {
        "close": close,
        "margin": within_margin(verdict) if close else "",
        "against_value": agree and passed != met and not math.isnan(room),
        "agree": agree,
        "met": met,
        "chance": in_100(likelier),
        "likelihood": str(likelihood_of(likelier)),
    }


def within_margin(verdict: Verdict) -> str:
    """Return the margin of a value that lies within it, as it is printed; "" for any other."""
    criterion, room = verdict.criterion, abs(verdict.value - verdict.threshold)
    near = 0 < criterion.margin >= room - ROUNDING
    return shown(criterion.margin, criterion.kind.unit, plain=True) if near else ""


def is_baseline(verdict: Verdict) -> bool:
    """Return whether a verdict is about how things stand before."""
    return verdict.scenario == BASELINE.name


def _value(criterion: Criterion, value: float) -> str:
    """Return a value as it is printed; one of which there is an outcome is there, if hidden."""
    if math.isnan(value):
        return HIDDEN_MARK
    return shown(value, criterion.kind.unit, near=criterion.threshold)


# ---- the facts ---------------------------------------------------------------------------------


def verdict_facts(verdict: Verdict, templates: Templates | None = None) -> dict[str, Any]:
    """Return what the sentence of a verdict may use."""
    criterion, settings = verdict.criterion, verdict.settings
    straight = verdict.straight_line
    return {
        **criterion_facts(
            criterion,
            templates,
            unit=settings.unit,
            site=settings.place,
            mode=" or ".join(verdict.travel),
            estimated=verdict.basis == "estimated",
        ),
        "baseline": is_baseline(verdict),
        "value": _value(criterion, verdict.value),
        "hidden": "value" in verdict.hidden,
        "exact": verdict.value,
        "before": _value(criterion, verdict.baseline_value),
        "full_time_from_hours": settings.full_time_from_hours,
        "search_min": verdict.search_min,
        "straight": None
        if straight is None or any(map(math.isnan, straight))
        else {"after": shown(straight[0], "share"), "before": shown(straight[1], "share")},
        **_evidence_facts(verdict),
    }


def _evidence_facts(verdict: Verdict) -> dict[str, Any]:
    """Return what the rows behind a verdict come to: they are places, groups, steps or areas."""
    rows = verdict.evidence
    if "counts" in rows:
        return _people(verdict)
    if "name" in rows:
        return _areas(verdict)
    groups = zip(rows.index, _groups(verdict), strict=True)
    return {"rows": [{"step": index, **row} for index, row in groups]}


def _people(verdict: Verdict) -> dict[str, Any]:
    """Return how many count, how many do not, and how many newly so."""
    rows, known = verdict.evidence, verdict.counts
    facts: dict[str, Any] = {name: _count(known[name]) for name in ("counts", "rest")}
    facts |= {name: _some(known[name]) for name in ("lost", "won", "unreached") if name in known}
    # where counts are hidden, "all" could tell them
    exact = known["rest"].limit == 0
    facts["all_lost"] = exact and facts.get("lost") == _some(known["rest"])
    if "before_hours" in rows:
        for when in ("before", "after"):
            mean = weighted_mean(rows[f"{when}_hours"], rows["weight"])
            facts[f"hours_{when}"] = HIDDEN_MARK if math.isnan(mean) else f"{mean:.1f}"
    return facts


def _groups(verdict: Verdict) -> list[dict[str, Any]]:
    return [
        {**row, "many": numbers.about(row["weight"])} if "weight" in row else row
        for row in records(verdict.evidence)
    ]


def _areas(verdict: Verdict) -> dict[str, Any]:
    """Return which areas lose most, and how many lose more than the threshold."""
    rows = verdict.evidence
    kind = (verdict.criterion.by or "area").split("_")[0]
    shares = rows[["share_before", "share_after"]].iloc[0]
    following = rows.iloc[1:MOST_AREAS]
    return {
        "rows": [{**row, "called": _called(row["name"], kind)} for row in records(rows)],
        "areas": len(rows),
        "over": int((rows["fall_points"] > verdict.criterion.threshold + ROUNDING).sum()),
        "some_hidden": bool(rows["fall_points"].isna().any()),
        # beside the fall, one share would tell the other where that is hidden
        "ends_shown": not shares.isna().any(),
        "following": [
            f"{area['name']} ({shown(area['fall_points'], 'points')})"
            for area in records(following[following["fall_points"] > 0])
        ],
    }


def _called(name: object, kind: str) -> str:
    """Return an area's name at the start of a sentence; a bare code says what it is a code of."""
    return f"{kind.capitalize()} {name}" if CODE.fullmatch(str(name)) else str(name)


def _count(count: Count) -> str:
    """Return how many are meant, of how many, and as a percentage where it is shown."""
    whole = number(count.whole) if count.limit else about(count.whole)
    text = f"{_part_of(count)} of {whole} {count.unit}"
    if count.part is None or count.all_but:
        return text
    share = min(count.part / count.whole, 1.0) if count.whole > 0 else math.nan
    return f"{text} ({percent(share)})"


def _some(count: Count) -> str:
    """Return how many are meant as a number, or "" for none."""
    return "" if count.part == 0 and not count.all_but else _part_of(count)


def _part_of(count: Count) -> str:
    if count.part is None:
        part = f"fewer than {count.limit}"
    else:
        part = number(count.part) if count.limit else about(count.part)
    return f"all but {part}" if count.all_but else part


# ---- reasons -----------------------------------------------------------------------------------


def reason_clause(verdict: Verdict, reason: Reason, templates: Templates | None = None) -> str:
    """Return a reason as a clause."""
    settings, criterion = verdict.settings, verdict.criterion
    group = criterion.group
    facts = {
        "reason": reason,
        "unit": settings.unit,
        "where": f"in {group_words(group, templates)}" if group else "here",
        "figure": criterion.kind.figure,
        "baseline": is_baseline(verdict),
        # what is left out may move what sets some apart from others either way
        "either_way": criterion.kind.compares or criterion.kind.ordered,
        "many": f"fewer than {settings.least_weight:g}"
        if reason.weight is None
        else number(reason.weight),
        "areas": counted(*areas_counted(reason.areas)) if reason.areas else "",
        "limit": f"{settings.least_weight:g}",
    }
    return _reason(reason, facts, templates)


def missing_clause(reason: Reason) -> str:
    """Return a missing input as a clause."""
    return _reason(reason, {"reason": reason})


def _reason(reason: Reason, facts: Mapping[str, Any], templates: Templates | None = None) -> str:
    return (templates or shipped()).part("criteria/reasons", reason.kind.replace(" ", "_"), facts)


# ---- one assumption at a time ------------------------------------------------------------------


def _doubt(part: str, templates: Templates | None = None, **facts: object) -> str:
    return (templates or shipped()).part("criteria/doubts", part, facts)


def assumption_words(name: str, templates: Templates | None = None) -> str:
    """Return what an assumption is called."""
    return _doubt(name, templates)


def source_words(source: Source | Part, templates: Templates | None = None) -> str:
    """Return what a doubt is about."""
    return _doubt(str(source.kind), templates, name=source.name)


def turning_points(row: Mapping[Any, Any]) -> list[dict[str, str]]:
    """Return below and above what an outcome turns as an assumption moves."""
    scale, unit = _scale(row)
    return [
        {
            # on the whole side no more is known than that it is another
            "side": f"just {side}" if row[f"returns_{side}"] else side,
            "value": short_number(scale * row[f"turns_{side}"]),
            "unit": unit,
        }
        for side in ("below", "above")
        if not math.isnan(row[f"turns_{side}"])
    ]


def taken(row: Mapping[Any, Any]) -> dict[str, str]:
    """Return an assumption's value in the study, and its unit."""
    scale, unit = _scale(row)
    return {"value": short_number(scale * row["main"]), "unit": unit}


def turns_in_words(row: Mapping[Any, Any], templates: Templates | None = None) -> str:
    """Return where an outcome turns as an assumption moves, or over which range it stands."""
    scale, unit = _scale(row)
    lowest, highest = (short_number(scale * row[end]) for end in ("lowest", "highest"))
    turns = turning_points(row)
    facts = {"lowest": lowest, "highest": highest, "outcome": row["outcome"]}
    return _doubt("turns", templates, turns=turns, unit=unit, **facts)


def _scale(row: Mapping[Any, Any]) -> tuple[float, str]:
    """Return by what an assumption's values are multiplied to be printed, and their unit."""
    return (100.0, "%") if row["unit"] == "share" else (1.0, f" {row['unit']}")


def uncertainty_text(uncertainty: Uncertainty) -> str:
    """Return a line for each criterion and scenario."""
    lines = [_doubt("uncertainty", draws=uncertainty.draws)]
    for item in uncertainty.simulated:
        facts = {
            "scenario": item.scenario,
            "criterion": item.criterion,
            "chance": in_100(item.probability),
            "low": f"{item.value.low:.3g}",
            "high": f"{item.value.high:.3g}",
        }
        lines.append(f"  {_doubt('simulated', None, **facts)}")
    return "\n".join(lines)


def sensitivity_text(sensitivity: Sensitivity) -> str:
    """Return every tipping point, a line each."""
    lines = (f"  {whose}: {turns}" for whose, turns in _tips(sensitivity))
    return "\n".join([_sensitivity_title(sensitivity), *lines])


def sensitivity_html(sensitivity: Sensitivity) -> str:
    """Return every tipping point in a table."""
    heads = ["scenario and criterion", "turns"]
    title = notebook.paragraph(_sensitivity_title(sensitivity), strong=True)
    return title + notebook.table(heads, list(_tips(sensitivity)))


def _sensitivity_title(sensitivity: Sensitivity) -> str:
    tips = sensitivity.tipping
    turning = tips["turns_below"].notna() | tips["turns_above"].notna()
    return _doubt("sensitivity", tried=len(tips), turning=int(turning.sum()))


def _tips(sensitivity: Sensitivity) -> Iterator[tuple[str, str]]:
    for row in sensitivity.tipping.to_dict("records"):
        if row["outcome_below"] or row["outcome_above"]:
            what = f"{row['outcome']} now; {assumption_words(row['assumption'])}"
            yield f"{row['scenario']}, {row['criterion']}", f"{what}: {turns_in_words(row)}"
