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
from collections.abc import Iterator
from pathlib import Path

import pytest

from eh_access.errors import EhAccessError
from eh_access.sources import openstreetmap
from eh_access.sources.fetch import UnusableError
from fuzz.mutators import Chance
from fuzz.readers import Reader, readers, serving

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
