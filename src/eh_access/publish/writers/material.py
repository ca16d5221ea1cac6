"""What writers are given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from eh_access.publish.prose import Picture
    from eh_access.publish.table import Table
    from eh_access.study.findings import Findings
    from eh_access.study.result import StudyResult


@dataclass(frozen=True, kw_only=True)
class Page:
    """The report as a page, and its figures for those who print it otherwise."""

    html: str  # the page
    pictures: tuple[Picture, ...]  # every figure on it


@dataclass(frozen=True, eq=False, kw_only=True)
class Material:
    """One study, ready to be written."""

    result: StudyResult
    findings: Findings
    tables: Mapping[str, Table]  # every table people see, by name, in the workbook's order
    page: Page  # the report
