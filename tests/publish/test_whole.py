"""A folder of results is swapped as one, whatever stops the writing and wherever it does."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from eh_access.errors import SourceError
from eh_access.publish.writers.atomic import hold, write_whole

NAMES = ("a.txt", "b.txt", "new.txt", "c.txt")
OWN = {"own.txt": "mine", "logs/own.txt": "mine too"}
EARLIER = {"a.txt": "earlier a", "b.txt": "earlier b", "c.txt": "earlier c", **OWN}
NOW = {name: f"now {name}" for name in NAMES} | OWN
CHILD = """
import os, signal, sys
from pathlib import Path
from eh_access.publish.writers import atomic
folder, stop_at = Path(sys.argv[1]), int(sys.argv[2])
steps = 0
def step(*_):
    global steps
    steps += 1
    if steps == stop_at:
        os.kill(os.getpid(), signal.SIGKILL)
def fill(new):
    for name in ("a.txt", "b.txt", "new.txt", "c.txt"):
        (new / name).write_text(f"now {name}", encoding="utf-8")
    return ["a.txt", "b.txt", "new.txt", "c.txt"]
def watch(event, _):
    if event in ("os.mkdir", "os.rename", "os.link", "os.remove", "os.rmdir", "shutil.rmtree"):
        step()
sys.addaudithook(watch)
atomic.write_whole(folder, fill)
print(steps)
"""
HOLDER = """
import sys
from pathlib import Path
from eh_access.publish.writers.atomic import hold
with hold(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""
posix = pytest.mark.skipif(os.name == "nt", reason="SIGKILL is POSIX")


def fill(new: Path) -> Sequence[str]:
    for name in NAMES:
        (new / name).write_text(f"now {name}", encoding="utf-8")
    return NAMES


def fail(new: Path) -> Sequence[str]:
    raise RuntimeError(new)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "out"
    for name, text in EARLIER.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text, encoding="utf-8")
    return place


def inside(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_what_is_no_result_stays_and_what_is_of_an_earlier_one_goes(folder: Path) -> None:
    (folder / "stale.txt").write_text("of an earlier run", encoding="utf-8")
    (folder / "link").symlink_to("own.txt")
    folder.chmod(0o750)
    before = (folder / "own.txt").stat().st_ino
    written = write_whole(folder, fill, owned=("stale.txt",))
    assert inside(folder) == {**NOW, "link": "mine"}
    assert (folder / "link").is_symlink()
    assert (folder / "own.txt").stat().st_ino == before
    assert folder.stat().st_mode & 0o777 == 0o750
    assert written == {name: folder / name for name in NAMES}
    assert [path.name for path in folder.parent.iterdir()] == ["out"]


def test_a_failure_leaves_no_trace_not_even_of_folders_made(folder: Path) -> None:
    for place in (folder, folder.parent / "made" / "anew"):
        with pytest.raises(RuntimeError):
            write_whole(place, fail)
    assert inside(folder) == EARLIER
    assert [path.name for path in folder.parent.iterdir()] == ["out"]


@posix
def test_a_run_killed_at_any_step_leaves_all_of_the_old_or_all_of_the_new(folder: Path) -> None:
    """Where neither is in place, as between two renames, the next run puts the old one back."""
    command = [sys.executable, "-c", CHILD]
    spare = folder.parent / "spare"
    shutil.copytree(folder, spare)
    done = subprocess.run([*command, spare, "0"], check=True, capture_output=True, text=True)
    steps = int(done.stdout)
    assert steps > 10
    seen = []
    for stop_at in range(1, steps + 1):
        place = folder.parent / f"killed-{stop_at}"
        shutil.copytree(folder, place)
        killed = subprocess.run([*command, place, str(stop_at)], check=False, capture_output=True)
        assert killed.returncode == -signal.SIGKILL
        left = inside(place) if place.exists() else None
        assert left in (EARLIER, NOW, None)
        with pytest.raises(RuntimeError):
            write_whole(place, fail)
        assert inside(place) == (left or EARLIER)
        assert not place.with_name(f".{place.name}.partial").exists()
        seen.append(left)
    assert seen.count(None) == 1
    assert seen[0] == EARLIER
    assert seen[-1] == NOW


def interrupted_at(stop_at: Sequence[int], *, after: bool) -> Callable[[Path, Path], Path]:
    """Return `Path.rename`, interrupted at the calls given, before or after the move is made."""
    real, count = Path.rename, iter(range(1, 1000))

    def rename(self: Path, target: Path) -> Path:
        stop = next(count) in stop_at
        if stop and not after:
            raise KeyboardInterrupt
        try:
            return real(self, target)
        finally:
            if stop:
                raise KeyboardInterrupt

    return rename


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", [1, 2])
def test_an_interrupt_at_either_rename_leaves_a_whole_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch, step: int, *, after: bool
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", interrupted_at([step], after=after))
        with pytest.raises(KeyboardInterrupt):
            write_whole(folder, fill)
    assert inside(folder) == (NOW if (step, after) == (2, True) else EARLIER)
    assert [path.name for path in folder.parent.iterdir()] == ["out"]


def test_a_second_interrupt_leaves_the_rest_to_the_next_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", interrupted_at([2, 3], after=False))
        with pytest.raises(KeyboardInterrupt):
            write_whole(folder, fill)
    assert not folder.exists()
    folder.mkdir()  # as somebody may who misses it
    with hold(folder):
        assert inside(folder) == EARLIER


def test_a_second_run_into_the_same_folder_says_so_and_a_killed_one_holds_nothing(
    folder: Path,
) -> None:
    command = [sys.executable, "-c", HOLDER, folder]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        for name in (folder, folder / ".." / "out"):
            with pytest.raises(SourceError, match="another run is at work on it; wait for that"):
                write_whole(name, fill)
        write_whole(folder.parent / "beside", fill)
        assert inside(folder) == EARLIER
        other.kill()
    write_whole(folder, fill)
    assert inside(folder) == NOW


def test_a_folder_that_cannot_be_swapped_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "b.txt").unlink()
    (folder / "b.txt").mkdir()
    with pytest.raises(SourceError, match=r"'b\.txt' in it is a folder"):
        write_whole(folder, fill)
    monkeypatch.chdir(folder / "logs")
    for name in (Path(), folder, Path("..")):
        with pytest.raises(SourceError, match="it is replaced as a whole, and you are in it"):
            write_whole(name, fill)
    with pytest.raises(SourceError, match=r"it is a file; .* give another with --out"):
        write_whole(folder / "own.txt", fill)
