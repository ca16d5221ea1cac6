"""What the terminal says of compiling, with real compiled code and a real terminal of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

CODE = """
import sys
from eh_access.terminal import Terminal
with Terminal(quiet="quiet" in sys.argv, verbose="verbose" in sys.argv) as terminal:
    terminal.stage("Placing homes")
    import numpy as np
    from eh_access.network.ordering import order_nodes
    order_nodes(2, np.array([0], dtype=np.int32), np.array([1], dtype=np.int32))
"""
FIRST = "compiling (once): the first run takes some seconds longer"


def said(cache: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", CODE, *words],
        env={**os.environ, "NUMBA_CACHE_DIR": str(cache), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == ""
    return done.stderr


def test_in_a_pipe_it_is_said_once_and_not_when_nothing_is_compiled(tmp_path: Path) -> None:
    assert said(tmp_path).splitlines() == [FIRST]
    assert said(tmp_path) == ""


def test_quiet_is_quiet(tmp_path: Path) -> None:
    assert said(tmp_path, "quiet") == ""


def test_verbose_names_the_parts(tmp_path: Path) -> None:
    told = said(tmp_path, "verbose")
    assert told.count(FIRST) == 1
    assert "compiling (once), part 1: network.ordering._parents" in told


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such terminals")
def test_on_a_terminal_the_line_of_progress_follows(tmp_path: Path) -> None:
    import pty  # noqa: PLC0415 - not on every system

    leader, follower = pty.openpty()
    env = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path), "TERM": "xterm", "COLUMNS": "120"}
    # read while it runs: a terminal nobody reads holds up who writes to it
    running = subprocess.Popen([sys.executable, "-c", CODE], env=env, stderr=follower)
    os.close(follower)
    seen = b""
    try:
        while more := os.read(leader, 65536):
            seen += more
    except OSError:  # how Linux says that the other end is closed
        pass
    finally:
        os.close(leader)
    assert running.wait() == 0
    told = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen.decode())
    assert told.count(FIRST) == 1
    assert "Placing homes: compiling (once), part 1" in told
