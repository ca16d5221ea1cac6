"""What every reader makes of files gone wrong: read, read with counted drops, or refused.

A seeded sample here; ``make fuzz`` tries 20,000.
"""

from __future__ import annotations

import faulthandler
import os
import socket
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest

from eh_access.batch.plan import make_plan, read_authorities
from eh_access.errors import EhAccessError, SourceError
from eh_access.network.io import read_covered
from eh_access.publish.templates import Templates
from eh_access.sources import openstreetmap
from eh_access.sources.fetch import UnusableError
from eh_access.sources.naptan import read_stops
from eh_access.study.config import load_study
from eh_access.study.manifest import compare_files
from eh_access.study.reading import read_table
from eh_access.study.streets import find_streets
from fuzz.mutators import Chance
from fuzz.readers import ANSWERS, AREA, SHAPES, Reader, Serving, readers, serving
from study_files import write_study

FILES = int(os.environ.get("EH_ACCESS_FUZZ_FILES", "2000"))
SEED = 20181022
HANG_S = 20.0
LONGEST = 3_000
"""Letters a fault may have: more is a file's content, not a sentence."""

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


PORT = 18383
"""Stands in the files, which are then the same on every run, packed ones too."""


def bound() -> socket.socket:
    """Return a server at the usual port; at another where a run beside this one has that."""
    try:
        return socket.create_server(("127.0.0.1", PORT))
    except OSError:
        return socket.create_server(("127.0.0.1", 0))


@pytest.fixture
def listener() -> Iterator[tuple[str, list[object]]]:
    """Listen on this machine, in what is read as well as in Python, and keep who asks."""
    asked: list[object] = []
    with bound() as server:

        def listen() -> None:
            while True:
                try:
                    connection, address = server.accept()
                except OSError:
                    return
                asked.append(address)
                connection.close()

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}", asked
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def outcome(reader: Reader, number: int, *, host: str, folder: Path) -> str:
    """Return what becomes of one file; AssertionError where it is none of what may be."""
    chance = Chance(f"{SEED} {number}", host)
    content = reader.make(chance)
    path = folder / f"{number}" / reader.name
    path.parent.mkdir()
    path.write_bytes(content.data)
    begun = time.monotonic()
    faulthandler.dump_traceback_later(3 * HANG_S, exit=True)
    try:
        read = reader.read(path)
    except (EhAccessError, UnusableError) as error:
        text = str(error)
        assert text.strip(), "refused without a word"
        assert "Traceback" not in text
        assert max(map(len, text.splitlines())) < LONGEST, "a fault that quotes a whole file"
        return "refused"
    finally:
        faulthandler.cancel_dump_traceback_later()
        assert time.monotonic() - begun < HANG_S
    lost = content.ids - {str(item) for item in read.ids}
    assert len(lost) <= read.counted, f"lost without a word: {sorted(lost)}"
    return "read, drops counted" if read.counted else "read"


def test_every_reader_reads_counts_or_refuses(
    tmp_path: Path, listener: tuple[str, list[object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    host, asked = listener
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    outcomes: dict[str, Counter[str]] = {}
    faults = []
    with serving() as server:
        monkeypatch.setenv(openstreetmap.URL_VARIABLE, server.url)
        every = readers(server)
        for number in range(FILES):
            reader = every[number % len(every)]
            try:
                became = outcome(reader, number, host=host, folder=tmp_path)
            except Exception:  # noqa: BLE001 - whatever it is, the count goes on
                became = "FAULT"
                faults.append(f"{reader.name}, {number} of seed {SEED}:\n{traceback.format_exc()}")
            outcomes.setdefault(reader.name, Counter())[became] += 1
    lines = [f"{name:22} {dict(sorted(found.items()))}" for name, found in outcomes.items()]
    total = sum(outcomes.values(), Counter())
    print("\n".join([*lines, f"{'all':22} {dict(total)}"]))  # noqa: T201 - make fuzz shows it
    assert not faults, f"{len(faults)} of {FILES}\n" + "\n\n".join(faults[:20])
    assert asked == []
    dull = [name for name, found in outcomes.items() if len(found) == 1 and found.total() > 40]
    assert not dull, f"every file of {dull} has the same outcome"


NOT_GIVEN = {"stored.npz", "timetable.npz", "hours.txt", "overpass.json"}
NOT_GIVEN |= {f"{name}.json" for name in ANSWERS}
"""Readers of our own stores, of answers and of words: nobody gives them a path."""

GIVEN = {reader.name: reader.read for reader in readers(Serving()) if reader.name not in NOT_GIVEN}


def called(path: Path, name: str) -> Path:
    """Give a pipe another name."""
    return path.rename(path.with_name(name))


def with_part(path: Path) -> None:
    """Read a shapefile one of whose parts is the pipe."""
    SHAPES.to_file(shapes := path.with_name("areas.shp"))
    called(path, "areas.dbf")
    read_table(shapes, name="areas.shp", role="areas")


def as_input(path: Path) -> None:
    """Compare the inputs of an earlier run, one of which is a pipe by now."""
    stated = {"role": "sites", "name": path.name, "sha256": "0" * 64}
    study = load_study(write_study(path.parent).toml)
    _, _, faults = compare_files([stated], study, path.parent)
    raise SourceError(*faults)


ELSEWHERE: dict[str, Callable[[Path], object]] = {
    "part of a shapefile": with_part,
    "input of a manifest": as_input,
    "study.toml of a folder": lambda path: load_study(called(path, "study.toml").parent),
    "plan.toml of a folder": lambda path: make_plan(called(path, "plan.toml").parent, path),
    "authorities": partial(read_authorities, name="authorities"),
    "template": lambda path: Templates(path.parent),
    "streets covered": read_covered,
    "choice of streets": lambda path: find_streets(load_study("newport"), AREA, streets=path),
    "stops": read_stops,
}


@contextmanager
def pipe(path: Path) -> Iterator[Path]:
    """Make a pipe into which nothing is ever written; whoever waits for it goes on soon."""
    os.mkfifo(path)
    done = threading.Event()

    def close_again() -> None:
        while not done.wait(1):
            with suppress(OSError):
                for end in path.parent.iterdir():
                    if end.is_fifo():
                        os.close(os.open(end, os.O_WRONLY | os.O_NONBLOCK))

    thread = threading.Thread(target=close_again)
    thread.start()
    try:
        yield path
    finally:
        done.set()
        thread.join()


@pytest.mark.skipif(os.name == "nt", reason="there are no such pipes")
@pytest.mark.parametrize("name", [*GIVEN, *ELSEWHERE])
def test_no_reader_waits_for_a_pipe(tmp_path: Path, name: str) -> None:
    read = GIVEN.get(name) or ELSEWHERE[name]
    with (
        pipe(tmp_path / name) as path,
        pytest.raises(EhAccessError, match="is a pipe or a device, which may never end"),
    ):
        read(path)
