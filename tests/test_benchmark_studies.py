"""Studies that benchmarks make of ours are read as any other: one that is refused times nothing."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import pytest

from eh_access.study.opening import open_study


@pytest.fixture
def reports(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return the benchmark of reports, as its own folder finds it."""
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "benchmarks")
    return importlib.import_module("reports")


def test_rotherham_with_more_sites_is_read(reports: ModuleType, tmp_path: Path) -> None:
    for count in reports.GROWN_SITES:
        _, inputs = open_study(reports.study_of(count, tmp_path))
        assert len(inputs.sites) == count


def test_newport_without_buses_is_read_and_has_none(reports: ModuleType, tmp_path: Path) -> None:
    study, inputs = open_study(reports.without_buses(tmp_path))
    assert study.transit is None
    assert len(inputs.sites) == 12
    assert not {"transit", "visit"} & {item.mode for item in study.criteria}
