"""Ctrl-C and SIGTERM, sent to the program as it runs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from study_files import StudyFolder, write_study

SRC = Path(__file__).resolve().parent.parent / "src"
# a shell may have told its children to ignore Ctrl-C, which would be inherited
HEAR = "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
RUN = [sys.executable, "-c", HEAR + "from eh_access.cli import main\nmain()"]
SWALLOWED = """
import time
from eh_access.terminal import stoppable
class Careless:
    def __del__(self):
        print("now", flush=True)
        time.sleep(30)
with stoppable():
    Careless()
    time.sleep(30)
print("never heard of it", flush=True)
"""
pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")


def started(command: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(SRC)},
    )


def wait_until(found: Callable[[], object], running: subprocess.Popen[str]) -> None:
    end = time.monotonic() + 120
    while not found():
        assert running.poll() is None, running.communicate()
        assert time.monotonic() < end
        time.sleep(0.005)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_report_stopped_while_it_writes_says_so_and_leaves_all_as_it_was(
    tmp_path: Path, number: signal.Signals
) -> None:
    toy: StudyFolder = write_study(tmp_path / "study")
    out = tmp_path / "out"
    out.mkdir()
    (out / "report.html").write_text("earlier", encoding="utf-8")
    running = started([*RUN, "report", str(toy.toml), "--out", str(out)])
    wait_until(lambda: list(tmp_path.glob(".out.partial/new/*")), running)
    running.send_signal(number)
    told, faults = running.communicate(timeout=60)
    assert running.returncode == 128 + number
    assert told == ""
    assert faults == "Stopped; nothing was written, and earlier results are as they were.\n"
    assert {path.name: path.read_text() for path in out.iterdir()} == {"report.html": "earlier"}


def test_an_interrupt_that_python_would_swallow_is_heard_all_the_same() -> None:
    """What is raised in ``__del__`` is printed as "Exception ignored", and the program goes on."""
    running = started([sys.executable, "-c", HEAR + SWALLOWED])
    assert running.stdout is not None
    assert running.stdout.readline() == "now\n"
    running.send_signal(signal.SIGINT)
    told, faults = running.communicate(timeout=20)
    assert "never heard of it" not in told
    assert running.returncode != 0
    assert "Exception ignored" not in faults
