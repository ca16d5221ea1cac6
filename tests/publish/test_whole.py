"""Files are written whole or not at all, whatever stops the writing and wherever it does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from eh_access.publish.writers.atomic import PREFIX, take, write_whole

NAMES = ("a.txt", "b.txt", "new.txt", "c.txt")
EARLIER = {"a.txt": "earlier a", "b.txt": "earlier b", "c.txt": "earlier c", "own.txt": "mine"}
NOW = {name: f"now {name}" for name in NAMES} | {"own.txt": "mine"}
CHILD = """
import sys
from pathlib import Path
from eh_access.publish.writers.atomic import write_whole
folder, stop_at, signal_name = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
import os, signal
moves, real = 0, Path.replace
def replace(self, target):
    global moves
    moved = real(self, target)
    moves += 1
    if moves == stop_at:
        os.kill(os.getpid(), getattr(signal, signal_name))
    return moved
Path.replace = replace
def fill(new):
    for name in ("a.txt", "b.txt", "new.txt", "c.txt"):
        (new / name).write_text(f"now {name}", encoding="utf-8")
    return ["a.txt", "b.txt", "new.txt", "c.txt"]
write_whole(folder, fill)
"""


def fill(new: Path) -> Sequence[str]:
    for name in NAMES:
        (new / name).write_text(f"now {name}", encoding="utf-8")
    return NAMES


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in EARLIER.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def inside(folder: Path) -> dict[str, str]:
    """Return every file by name; a folder is there with no text, so that none is overlooked."""
    return {p.name: p.read_text("utf-8") if p.is_file() else "" for p in folder.iterdir()}


def interrupted_at(stop_at: Sequence[int], *, after: bool) -> Callable[[Path, Path], Path]:
    """Return `Path.replace`, interrupted at the moves given, before or after the move is made."""
    real, count = Path.replace, iter(range(1, 1000))

    def replace(self: Path, target: Path) -> Path:
        stop = next(count) in stop_at
        if stop and not after:
            raise KeyboardInterrupt
        try:
            return real(self, target)
        finally:
            if stop:
                raise KeyboardInterrupt

    return replace


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", range(1, 9))
def test_an_interrupt_at_any_move_leaves_a_whole_set(
    folder: Path, monkeypatch: pytest.MonkeyPatch, step: int, *, after: bool
) -> None:
    """Eight moves: four earlier files give way, one of them not there, and four come."""
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", interrupted_at([step], after=after))
        with pytest.raises(KeyboardInterrupt):
            write_whole(folder, fill)
    everything_moved = step == 8 and after
    assert inside(folder) == (NOW if everything_moved else EARLIER)


@pytest.mark.parametrize("again", range(1, 6))
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_second_interrupt_while_earlier_files_go_back_does_no_harm(
    folder: Path, monkeypatch: pytest.MonkeyPatch, again: int, *, after: bool
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", interrupted_at([7, 7 + again], after=after))
        with pytest.raises(KeyboardInterrupt):
            write_whole(folder, fill)
    assert inside(folder) == EARLIER


def test_earlier_files_that_cannot_go_back_at_once_do_at_the_next_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", interrupted_at(range(7, 1000), after=False))
        with pytest.raises(KeyboardInterrupt):
            write_whole(folder, fill)
    assert [name for name in inside(folder) if name.startswith(PREFIX)]

    def look(new: Path) -> Sequence[str]:
        seen.update({name: text for name, text in inside(folder).items() if text})
        return fill(new)

    seen: dict[str, str] = {}
    write_whole(folder, look)
    assert seen == EARLIER
    assert inside(folder) == NOW


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is POSIX")
@pytest.mark.parametrize("stop_at", [1, 4, 6, 7])
def test_what_a_killed_run_left_is_put_back_by_the_next(folder: Path, stop_at: int) -> None:
    """Nothing can be done when a program is killed, so the next one does it."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(folder), str(stop_at), "SIGKILL"], check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert [name for name in inside(folder) if name.startswith(PREFIX)]

    def fail(new: Path) -> Sequence[str]:
        raise RuntimeError(new)

    with pytest.raises(RuntimeError):
        write_whole(folder, fail)
    assert inside(folder) == (NOW if stop_at == 7 else EARLIER)


def test_a_folder_another_run_is_at_work_in_is_left_alone(folder: Path) -> None:
    other = folder / f"{PREFIX}other"
    (other / "new").mkdir(parents=True)
    with (other / "lock").open("wb") as lock:
        assert take(lock)
        write_whole(folder, fill)
        assert (other / "new").is_dir()
    write_whole(folder, fill)
    assert not other.exists()


def test_a_leftover_without_a_lock_goes_once_it_is_old(folder: Path) -> None:
    left = folder / f"{PREFIX}left"
    left.mkdir()
    write_whole(folder, fill)
    assert left.exists()
    os.utime(left, (time.time() - 3600,) * 2)
    write_whole(folder, fill)
    assert inside(folder) == NOW
