"""What results show of themselves in a notebook: the sentence first, then a small table."""

from __future__ import annotations

import math
from collections.abc import Sized
from typing import TYPE_CHECKING

from eh_access import _html

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eh_access.analysis.alternatives import Alternatives
    from eh_access.analysis.comparison import Comparison
    from eh_access.analysis.criteria import Verdict
    from eh_access.analysis.robustness import Robustness

FEW_SETS = 5
HEAD = 3
TOLD = ("before_min", "after_min", "change_min", "site_after", "outcome")
"""What is shown of single origins: never how many live there."""


def comparison_html(comparison: Comparison) -> str:
    """Return who loses and by how much, in shares: counts are for tables that are protected."""
    title = _size(comparison)
    parts = [_html.paragraph(title, strong=True), *_indicative(estimated=comparison.estimated)]
    if not len(comparison.frame):
        return "".join(parts)
    return "".join([*parts, _html.table(["to the nearest site", "weighted"], _shares(comparison))])


def comparison_text(comparison: Comparison) -> str:
    """Return the same as plain text, and the first origins with their minutes."""
    lines = [_size(comparison), *([_html.INDICATIVE] if comparison.estimated else [])]
    if not len(comparison.frame):
        return "\n".join(lines)
    lines += [f"{said}: {value}" for said, value in _shares(comparison)]
    return "\n".join([*lines, *_html.head(comparison.frame[list(TOLD)], HEAD)])


def _size(comparison: Comparison) -> str:
    return f"Comparison: {len(comparison.frame):,} origins, {comparison.mode.label}"


def _shares(comparison: Comparison) -> list[tuple[str, str]]:
    """Return what a comparison comes to, in words and as text."""
    row = comparison.summary().iloc[0]
    lost = float(row["weight_loses_all"]) / float(row["weight"]) if row["weight"] else math.nan
    rows = [
        (f"share that goes over {comparison.loser_min:g} minutes further", _share(row.share_loses)),
        (f"share that goes over {comparison.loser_min:g} minutes less", _share(row.share_gains)),
        ("of these, share that no longer reaches any", _share(lost)),
        ("mean minutes before", _html.number(row.mean_before_min)),
        ("mean minutes after", _html.number(row.mean_after_min)),
        ("mean minutes added", _html.number(row.mean_change_min)),
        ("minutes added that nine in ten do not pass", _html.number(row.p90_change_min)),
    ]
    rows[1], rows[2] = rows[2], rows[1]
    return rows


def verdict_html(verdict: Verdict) -> str:
    """Return the outcome, the sentence and the reason."""
    found, said = _found(verdict), _said(verdict)
    rows = [
        ("before", _html.number(verdict.baseline_value, 3)),
        ("after", _html.number(verdict.value, 3)),
        ("threshold", f"{verdict.threshold:g}"),
        ("whose yardstick", verdict.criterion.source),
    ]
    return "".join(
        [
            _html.paragraph(found, strong=True),
            *_indicative(estimated=verdict.basis == "estimated"),
            *(_html.paragraph(text) for text in said if text),
            _html.table(["", verdict.criterion.title], rows),
        ]
    )


def verdict_text(verdict: Verdict) -> str:
    """Return the outcome and the sentence as plain text."""
    return "\n".join([f"Verdict: {_found(verdict)}", *filter(None, _said(verdict))])


def verdicts_text(verdicts: Sequence[Verdict]) -> str:
    """Return a line for each verdict."""
    return "\n".join([_verdicts(verdicts), *(f"  {_found(each)}" for each in verdicts)])


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
    return "".join([*_indicative(estimated=estimated), _html.table(heads, rows)])


def _found(verdict: Verdict) -> str:
    pointed = f" (points to: {verdict.indication})" if verdict.indication is not None else ""
    return f"{verdict.criterion.id}, {verdict.scenario}: {verdict.outcome}{pointed}"


def _said(verdict: Verdict) -> list[str]:
    before = "It was missed before too." if verdict.not_met_before else ""
    return [verdict.sentence, before, verdict.reason]


def alternatives_html(found: Alternatives) -> str:
    """Return where the choice that was made stands, and the sets that come first."""
    frame = found.frame
    parts = [_html.paragraph(_sets(found), strong=True), *_indicative(estimated=found.estimated)]
    regret = found.regret()
    if len(regret):
        columns = (regret[name].tolist() for name in ("label", "rank", "ranked", "council", "best"))
        rows = [
            (label, f"{rank:,} of {ranked:,}", _html.number(council, 3), _html.number(best, 3))
            for label, rank, ranked, council, best in zip(*columns, strict=True)
        ]
        parts.append(_html.table(["measure", "rank of the choice made", "it", "the best"], rows))
    else:
        first = frame[frame["scored"]].head(FEW_SETS)
        parts.append(_html.table(["first by mean minutes"], [[n] for n in first["closed_names"]]))
    return "".join([*parts, *(_html.paragraph(note) for note in found.notes)])


def alternatives_text(found: Alternatives) -> str:
    """Return how many sets there are, and the first few."""
    first = found.frame[found.frame["scored"]].head(FEW_SETS)
    lines = [_sets(found), *([_html.INDICATIVE] if found.estimated else [])]
    return "\n".join([*lines, "First by mean minutes:", *(f"  {n}" for n in first["closed_names"])])


def _sets(found: Alternatives) -> str:
    frame = found.frame
    scored, best = int(frame["scored"].sum()), int(frame["in_pareto"].fillna(value=False).sum())
    return f"Alternatives: {len(frame):,} sets, {scored:,} of them scored, {best:,} unbeaten"


def robustness_text(found: Robustness) -> str:
    """Return how far each verdict holds, a line each."""
    summary = found.summary()
    rows = summary.itertuples()
    return "\n".join(
        [
            f"Robustness: {_verdicts(summary)} under other assumptions",
            *(f"  {r.scenario}, {r.criterion}: {r.outcome}. {r.sentence}" for r in rows),
        ]
    )


def robustness_html(found: Robustness) -> str:
    """Return how far each verdict holds, in its sentence."""
    summary = found.summary()
    rows = [(r.scenario, r.criterion, r.outcome, r.sentence) for r in summary.itertuples()]
    title = f"Robustness: {_verdicts(summary)} under other assumptions"
    warning = (
        "Outcomes here are of the numbers alone. Where times are estimates these are indications: "
        "the verdicts themselves are then never met or not met."
    )
    return (
        _html.paragraph(title, strong=True)
        + _html.paragraph(warning)
        + _html.table(["scenario", "criterion", "outcome of the numbers", "how far it holds"], rows)
    )


def _indicative(*, estimated: bool) -> list[str]:
    return [_html.paragraph(_html.INDICATIVE, strong=True)] if estimated else []


def _share(value: float) -> str:
    return f"{value:.0%}" if math.isfinite(value) else "not known"


def _verdicts(found: Sized) -> str:
    return "1 verdict" if len(found) == 1 else f"{len(found):,} verdicts"
