"""Shared settings: tests/ on the path for the shared toys, and how hard Hypothesis tries."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from eh_access.study.opening import open_study
from eh_access.study.run import run_study
from eh_access.study.streets import find_streets

if TYPE_CHECKING:
    from eh_access.study.result import StudyResult

HERE = str(Path(__file__).parent)
if HERE not in sys.path:  # the toys are imported as `from toys import ...`
    sys.path.insert(0, HERE)

# compiling on first call makes the first example slow, so time limits would only mislead
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("default"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")


@pytest.fixture(scope="session")
def on_streets() -> StudyResult:
    """Return Rotherham on the streets that ship; nobody is to change it."""
    return rotherham_on(None)


@pytest.fixture(scope="session")
def rotherham(on_streets: StudyResult) -> StudyResult:
    """Return the same; a module about estimates has its own by this name."""
    return on_streets


@pytest.fixture(scope="session")
def rotherham_estimate() -> StudyResult:
    """Return Rotherham on straight-line estimates; nobody is to change it."""
    return rotherham_on("estimate")


def rotherham_on(streets: str | None) -> StudyResult:
    """Run the bundled study on a choice of streets."""
    study, inputs = open_study("rotherham")
    found = find_streets(study, inputs.borough, streets=streets)
    return run_study(study, inputs=inputs, streets=found)
