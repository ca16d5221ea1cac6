"""The command, and ``python -m eh_access``."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from types import FrameType

STDERR = 2
LEAST_MEMORY = 3 << 30
"""What a report of a town asks for, most of it never touched."""


def main() -> None:
    """Run the command line."""
    _open_closed_streams()
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _stop)  # until the command line is there to hear it
    limit = _memory_limit()
    if limit is not None and limit < LEAST_MEMORY:
        sys.stderr.write(
            f"1 fault; nothing was written.\n- {limit >> 20:,} MB of memory are allowed here, and "
            f"{LEAST_MEMORY >> 20:,} are needed; raise the limit (ulimit -v)\n"
        )
        sys.exit(2)
    try:
        from eh_access.cli import main as run  # noqa: PLC0415 - after the above
    except (ImportError, MemoryError, OSError) as error:
        from eh_access.errors import foreseen  # noqa: PLC0415 - as above

        why = foreseen(error)
        if not why:
            raise
        sys.stderr.write(f"1 fault; nothing was written.\n- {why}\n")
        _end_at_once(2)
    try:
        run()
    except SystemExit as end:
        if limit is not None and end.code:
            _end_at_once(end.code)
        raise


def _memory_limit() -> int | None:
    """Return how many bytes the program may have, if that is limited."""
    if sys.platform == "win32":
        return None
    import resource  # noqa: PLC0415 - not on Windows

    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    return None if limit in (resource.RLIM_INFINITY, -1) else limit


def _end_at_once(code: object) -> None:
    """End without taking anything apart: libraries in C may hang where memory is short."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code if isinstance(code, int) else 1)


def _open_closed_streams() -> None:
    """Send what would be printed to a closed stream nowhere, not into the first file opened."""
    number = os.open(os.devnull, os.O_RDWR)
    while number <= STDERR:  # the lowest that is free
        number = os.open(os.devnull, os.O_RDWR)
    os.close(number)
    null = Path(os.devnull)
    sys.stdout = sys.stdout or null.open("w", encoding="utf-8")
    sys.stderr = sys.stderr or null.open("w", encoding="utf-8")


def _stop(number: int, _: FrameType | None) -> None:
    os.write(STDERR, b"Stopped.\n")
    os._exit(128 + number)


if __name__ == "__main__":
    main()
