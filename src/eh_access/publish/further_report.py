"""Everything beyond the criteria that the report prints, gathered once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from eh_access.publish.choice_words import choice_section, outreach_section
from eh_access.publish.further_tables import further_tables
from eh_access.publish.further_words import changes, gap_parts, readings_section, sure_section
from eh_access.publish.session_words import session_section, session_tables

if TYPE_CHECKING:
    from eh_access.publish.sections import Part, Section
    from eh_access.publish.tables import Table
    from eh_access.study.further import Findings
    from eh_access.study.results import StudyResult


@dataclass(frozen=True, eq=False, kw_only=True)
class Further:
    """What the report prints of a study's findings."""

    tables: Mapping[str, Table] = field(default_factory=dict)  # by name, for the workbook
    changes: tuple[str, ...] = ()  # what would change the answer
    readings: Section | None = None  # sections; None where there is nothing to say
    gaps: tuple[Part, ...] = ()  # parts that stand within the section on groups
    sessions: Section | None = None
    choice: Section | None = None
    outreach: Section | None = None
    sure: Section | None = None

    @property
    def later(self) -> tuple[Section, ...]:
        """The sections after the one on groups, in order."""
        sections = (self.sessions, self.choice, self.outreach, self.sure)
        return tuple(section for section in sections if section is not None)

    @property
    def absent(self) -> frozenset[str]:
        """The files that are not written, there being nothing to say in them."""
        there = {
            "alternatives.csv": self.choice,
            "robustness.csv": self.tables,
            "fairness.csv": self.tables,
            "outreach.csv": self.outreach,
        }
        return frozenset(name for name, found in there.items() if not found)


NOTHING = Further()
"""For a report without findings."""


def further(result: StudyResult, findings: Findings | None) -> Further:
    """Return what the report prints of a study's findings."""
    if findings is None:
        return NOTHING
    tables = {**further_tables(result, findings), **session_tables(result, findings)}
    return Further(
        tables=tables,
        changes=changes(result, tables),
        readings=readings_section(result, tables),
        gaps=gap_parts(result, tables),
        sessions=session_section(result, tables),
        choice=choice_section(result, findings, tables),
        outreach=outreach_section(result, findings, tables),
        sure=sure_section(result, tables),
    )
