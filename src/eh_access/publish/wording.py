"""The words a study's outputs share."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from eh_access.privacy.policy import HIDDEN_MARK
from eh_access.publish import numbers
from eh_access.publish.notes import text_about
from eh_access.publish.table import HEADERS_END, read_column
from eh_access.publish.templates import Templates, shipped, study_templates

if TYPE_CHECKING:
    from eh_access.criteria.criterion import Verdict
    from eh_access.publish.table import Column
    from eh_access.study.result import StudyResult

FULL_TIME = "full-time only"
ANY_SITE = "any open"
PRINTED: Mapping[str, tuple[float, str]] = {
    "share": (100.0, "percent"),
    "min": (1.0, "minutes"),
    "points": (1.0, "percentage points"),
}


@dataclass(frozen=True, kw_only=True)
class Wording:
    """Words for one study."""

    unit: str  # what the weights count ("under-fives"), what a site is called, where it is
    site: str
    place: str
    estimated: bool  # whether travel times are straight-line estimates
    illustrative: bool  # whether the study is a worked example
    weight_basis: str  # how the weights are known
    accuracy: str  # how far off estimates are, "" on streets
    full_time_from_hours: float  # from how many hours a week a site counts as full-time
    cutoff_min: float  # within how many minutes is near, and by mode where it is others
    near_min: Mapping[str, float]
    loser_min: float  # from how many minutes added on somebody loses
    scenarios: Mapping[str, str]  # labels, by name
    modes: Mapping[str, str]
    groups: bool = False  # whether counts of further groups are used
    templates: Templates = field(default_factory=shipped)

    @classmethod
    def of(cls, result: StudyResult) -> Wording:
        """Return the words of a study's result."""
        templates = study_templates(result.study)
        return cls(
            unit=result.study.unit,
            site=result.study.site_word,
            place=result.study.place,
            estimated=result.estimated,
            illustrative=result.study.illustrative,
            weight_basis=numbers.clause(result.study.weight_basis),
            accuracy=text_about(result.notes, "estimated", templates) if result.estimated else "",
            full_time_from_hours=result.study.settings.full_time_from_hours,
            cutoff_min=result.study.cutoff_min,
            near_min={name: result.study.near_min(name) for name in result.times},
            loser_min=result.study.settings.loser_min,
            scenarios={item.name: item.label for item in result.study.scenarios},
            modes={name: times.mode.label for name, times in result.times.items()},
            groups=bool(result.study.data.groups),
            templates=templates,
        )

    @property
    def Unit(self) -> str:  # noqa: N802 - the same word at the start of a sentence
        """The unit as a sentence begins with it."""
        return numbers.capital(self.unit)

    @property
    def Sites(self) -> str:  # noqa: N802 - the same word at the start of a sentence
        """The plural of a site as a heading begins with it."""
        return numbers.capital(self.site) + "s"

    def near(self, unit: str) -> str:
        """Return how many minutes are near, with those of any mode for which it is others."""
        others = [
            f"{self.modes[name]} {limit:g}"
            for name, limit in self.near_min.items()
            if limit != self.cutoff_min
        ]
        return f"{self.cutoff_min:g} {unit}" + (f" ({', '.join(others)})" if others else "")

    @property
    def hidden_mark(self) -> str:
        """What a table with hidden figures says below itself."""
        return self.part("tables", "hidden_mark")

    @property
    def mark(self) -> str:
        """What a caption ends with when times are estimated, or counts modelled."""
        return self._bracketed("mark")

    @property
    def modelled(self) -> bool:
        """Whether what is counted was worked out, not counted, as the study itself says."""
        return self.weight_basis.casefold().startswith(("modelled", "modeled", "estimated"))

    @property
    def hedge(self) -> str:
        """What a sentence with figures ends with when times are estimated, or counts modelled."""
        return self._bracketed("hedge")

    def part(self, name: str, part: str, **facts: object) -> str:
        """Return a phrase of a template, which may use these words."""
        return self.templates.part(name, part, {"words": self, **facts})

    def rows(self, name: str, part: str, **facts: object) -> list[list[str]]:
        """Return rows of a template, which may use these words."""
        return self.templates.rows(name, part, {"words": self, **facts})

    def _bracketed(self, part: str) -> str:
        text = self.part("tables", part)
        return f" ({text})" if text else ""

    @property
    def table_notes(self) -> tuple[str, ...]:
        """What every table of figures says below itself when it stands alone."""
        return (*self.short_notes, self.accuracy) if self.estimated else self.short_notes

    @property
    def short_notes(self) -> tuple[str, ...]:
        """What a table of figures says below itself on a page that carries the warning on top."""
        parts = ("basis", "rounded", "full_time", "means", *(["estimated"] * self.estimated))
        return tuple(self.part("tables", part) for part in parts)

    def columns(self, name: str, **facts: object) -> tuple[tuple[Column, ...], int]:
        """Return the columns of a table, and how many of them from the left name its rows."""
        known = {key: (key, *cells) for key, *cells in self.rows("columns", "shared")}
        columns, headers = [], 1
        for keys, *cells in self.rows("columns", name, **facts):
            if cells:
                columns.append(read_column(keys, *cells))
                continue
            for key in keys.split():
                if key == HEADERS_END:
                    headers = len(columns)
                else:
                    columns.append(read_column(*known.get(key, (key,))))
        return tuple(columns), headers

    def outcome(self, verdict: Verdict) -> str:
        """Return an outcome in words, with what an estimate points to."""
        words = str(verdict.outcome)
        if verdict.indication is not None and words == "cannot say":
            words = f"cannot say (indicative: {verdict.indication})"
        return f"{words} (not met before either)" if verdict.not_met_before else words

    @staticmethod
    def scale(verdict: Verdict) -> tuple[float, str]:
        """Return what a verdict's figures are multiplied by to be printed, and their unit."""
        return PRINTED[verdict.criterion.kind.unit]

    def scaled(self, verdict: Verdict, value: float) -> float:
        """Return one of a verdict's figures in the unit it is printed in."""
        return value * self.scale(verdict)[0]

    def value(self, verdict: Verdict, value: float) -> str:
        """Return one of a verdict's figures as text with its unit."""
        unit = self.scale(verdict)[1]
        number = round(self.scaled(verdict, value), 1) + 0.0
        if math.isnan(number):
            known = verdict.indication is not None or str(verdict.outcome) != "cannot say"
            return HIDDEN_MARK if known else "not available"
        if math.isinf(number):
            return "not reached"
        return f"{number:,.1f}%" if unit == "percent" else f"{number:,.1f} {unit}"


def group_words(group: str, templates: Templates | None = None) -> str:
    """Return what a group is called that criteria can name."""
    used = templates or shipped()
    return used.part("criteria/groups", group.replace("-", "_"), {})


def fairness_notes(*, groups: bool, templates: Templates | None = None) -> tuple[str, ...]:
    """Return what must be said beside every table by group; ``groups``: counts of some are used."""
    parts = ("not_protected", *(() if groups else ("not_shown",)), "areas_not_families", "covers")
    return tuple((templates or shipped()).part("tables", part, {}) for part in parts)
