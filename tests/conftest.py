"""Shared settings: tests/ on the path for the shared toys, and how hard Hypothesis tries."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock
from hypothesis import HealthCheck, settings

from eh_access.compiled import cache_folder
from eh_access.study.config import load_study
from eh_access.study.findings import Findings, find_findings
from eh_access.study.opening import open_study
from eh_access.study.run import run_study
from eh_access.study.streets import find_streets

if TYPE_CHECKING:
    from eh_access.study.result import StudyResult

HERE = str(Path(__file__).parent)
if HERE not in sys.path:  # the toys are imported as `from toys import ...`
    sys.path.insert(0, HERE)

# code is compiled once for all tests, those too that have caches of their own for streets
os.environ.setdefault("NUMBA_CACHE_DIR", str(cache_folder()))

# compiling on first call makes the first example slow, so time limits would only mislead
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("default"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")


WHOLE = (
    *("browser", "fuzz", "users"),
    *("batch/test_batch.py", "publish/test_one_story.py", "publish/test_outputs.py"),
    *("publish/test_postcodes.py", "publish/test_streets_compared.py", "publish/test_verifying.py"),
    *("publish/test_whole.py", "publish/test_words_follow_numbers.py", "sources/test_download.py"),
    *("sources/test_new.py", "study/test_nothing_identifiable.py", "study/test_streets.py"),
    *("test_no_traceback.py", "test_notebooks.py", "test_readme.py", "test_shown.py"),
    *("test_stopping.py", "test_tutorial_exports.py", "test_wheel.py"),
)
"""What runs the whole of something as people do; over half of the time is theirs."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what `make test-whole` runs and `make test` leaves to it."""
    places = [Path(HERE, name) for name in WHOLE]
    if missing := [str(place) for place in places if not place.exists()]:
        raise pytest.UsageError(f"named in WHOLE and not there: {missing}")
    for item in items:
        if any(item.path == place or place in item.path.parents for place in places):
            item.add_marker("whole")


@pytest.fixture(scope="session")
def on_streets() -> StudyResult:
    """Return Rotherham on the streets that ship; nobody is to change it."""
    return rotherham_on(None)


@pytest.fixture(scope="session")
def rotherham_report(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """Return what `eh-access report` printed, and the folder it wrote; nobody is to change it.

    It takes a while, so one worker runs it for all.
    """
    from study_cli import run_cli  # noqa: PLC0415 - tests/ is on the path by now

    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "rotherham-report"
    printed = folder / "printed.txt"
    with FileLock(f"{folder}.lock"), pytest.MonkeyPatch.context() as patch:
        if not printed.is_file():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))  # nobody's own streets
            ran = run_cli("report", "--out", folder / "results")
            assert ran.code == 0, ran.err
            printed.write_text(ran.out, encoding="utf-8")
    return printed.read_text(encoding="utf-8"), folder / "results"


@pytest.fixture(scope="session")
def found_on_streets(on_streets: StudyResult) -> Findings:
    """Return what follows from Rotherham on its streets; nobody is to change it."""
    return find_findings(on_streets)


@pytest.fixture(scope="session")
def rotherham(on_streets: StudyResult) -> StudyResult:
    """Return the same; a module about estimates has its own by this name."""
    return on_streets


@pytest.fixture(scope="session")
def by_postcode() -> StudyResult:
    """Return Rotherham counted at its postcodes; nobody is to change it."""
    from study_files import with_few_draws  # noqa: PLC0415 - tests/ is on the path by now

    return run_study(with_few_draws(load_study("rotherham")), origins="postcode")


@pytest.fixture(scope="session")
def newport() -> StudyResult:
    """Return Newport, by bus as well; nobody is to change it."""
    return run_study(load_study("newport"))


@pytest.fixture(scope="session")
def rotherham_estimate() -> StudyResult:
    """Return Rotherham on straight-line estimates; nobody is to change it."""
    return rotherham_on("estimate")


def rotherham_on(streets: str | None) -> StudyResult:
    """Run the bundled study on a choice of streets."""
    study, inputs = open_study("rotherham")
    found = find_streets(study, inputs.borough, streets=streets)
    return run_study(study, inputs=inputs, streets=found)
