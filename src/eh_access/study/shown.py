"""What a study's result shows of itself in a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eh_access import _html

if TYPE_CHECKING:
    from eh_access.study.results import StudyResult


def result_html(result: StudyResult) -> str:
    """Return the question, what must be said first, and every verdict but the baseline's.

    Parameters
    ----------
    result
        Any result. Of one whose counts are not protected only the question is shown.

    Returns
    -------
    str
        HTML, everything in it escaped.
    """
    parts = [_html.paragraph(result.study.title, strong=True)]
    parts.append(_html.paragraph(result.study.question))
    if result.estimated:
        parts.append(_html.paragraph(_html.INDICATIVE, strong=True))
    if not result.may_publish_origins:
        told = "The counts are not public and were not protected: no figures are shown."
        return "".join([*parts, _html.paragraph(told)])
    rows = [
        (
            v.scenario,
            v.criterion.id,
            v.outcome,
            "" if v.indication is None else v.indication,
            v.sentence,
        )
        for v in result.verdicts
        if v.scenario != result.scenario_names[0]
    ]
    heads = ["scenario", "criterion", "outcome", "points to", "in words"]
    return "".join([*parts, _html.table(heads, rows)])
