"""One study for all tests of what is published: names that are HTML, formulas and links."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from eh_access.publish.table import Table
from eh_access.publish.tabulations import tabulate
from eh_access.study.findings import Findings, find_findings
from eh_access.study.result import StudyResult
from map_study import toy_result


@pytest.fixture(scope="session")
def toy(tmp_path_factory: pytest.TempPathFactory) -> StudyResult:
    return toy_result(tmp_path_factory.mktemp("published"))


@pytest.fixture(scope="session")
def toy_findings(toy: StudyResult) -> Findings:
    return find_findings(toy)


@pytest.fixture(scope="session")
def toy_tables(toy: StudyResult) -> Mapping[str, Table]:
    return tabulate(toy)
