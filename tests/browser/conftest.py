"""A real browser with the network cut. Locally a machine without one skips; CI must have it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
import pytest_socket
from playwright.sync_api import sync_playwright

from browser.opened import written

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

    from eh_access.study.result import StudyResult

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        message = "no Chromium on this machine: apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    # the browser is spoken to through pipes and asyncio's own socket pair, never the network
    pytest_socket.enable_socket()
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=found, args=list(FLAGS))
        yield browser
        browser.close()
    pytest_socket.disable_socket(allow_unix_socket=True)


@pytest.fixture(scope="session")
def rotherham_page(rotherham: StudyResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(rotherham, tmp_path_factory.mktemp("rotherham"))


@pytest.fixture(scope="session")
def rotherham_pages(rotherham_report: tuple[str, Path]) -> Path:
    """Return the folder of report and annex, with all that was found, beside one another."""
    return rotherham_report[1]


@pytest.fixture(scope="session")
def estimate_page(
    rotherham_estimate: StudyResult, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    return written(rotherham_estimate, tmp_path_factory.mktemp("estimate"))
