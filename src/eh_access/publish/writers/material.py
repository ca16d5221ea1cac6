"""What writers are given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from eh_access.publish.document import Document
    from eh_access.publish.table import Table
    from eh_access.publish.wording import Wording
    from eh_access.study.findings import Findings
    from eh_access.study.result import StudyResult


@dataclass(frozen=True, eq=False, kw_only=True)
class Material:
    """One study, ready to be written."""

    result: StudyResult
    findings: Findings
    words: Wording
    tables: Mapping[str, Table]  # every table people see, by name, in the workbook's order
    report: Document  # the four pages
    annex: Document  # what stands behind them
