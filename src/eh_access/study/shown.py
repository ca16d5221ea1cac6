"""What a study's result shows of itself in a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eh_access import _html
from eh_access.analysis.shown import verdicts_html, verdicts_text

if TYPE_CHECKING:
    from eh_access.study.results import StudyResult

UNPROTECTED = "The counts are not public and were not protected: no figures are shown."


def result_html(result: StudyResult) -> str:
    """Return the question, what must be said first, and every verdict but the baseline's."""
    parts = [_html.paragraph(result.study.title, strong=True)]
    parts.append(_html.paragraph(result.study.question))
    if not result.may_publish_origins:
        return "".join([*parts, _html.paragraph(UNPROTECTED)])
    shown = [v for v in result.verdicts if v.scenario != result.scenario_names[0]]
    return "".join([*parts, verdicts_html(shown)])


def result_text(result: StudyResult) -> str:
    """Return the question and every verdict but the baseline's, a line each."""
    lines = [f"StudyResult: {result.study.title}", result.study.question]
    lines += [_html.INDICATIVE] if result.estimated else []
    if not result.may_publish_origins:
        return "\n".join([*lines, UNPROTECTED])
    shown = [v for v in result.verdicts if v.scenario != result.scenario_names[0]]
    return "\n".join([*lines, verdicts_text(shown)])
