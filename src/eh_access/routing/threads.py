"""Work shared out among plain threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def side_by_side(work: Callable[[T], object], jobs: Iterable[T], *, workers: int) -> None:
    """Do jobs on several threads, or one after another on this one."""
    # Compiled code lets go of Python's lock, and these threads are plain ones, so that any number
    # of callers may be at it at once (numba's own threads may be used by one caller at a time).
    if workers == 1:
        for job in jobs:
            work(job)
        return
    with ThreadPoolExecutor(max_workers=workers) as pool:
        for _ in pool.map(work, jobs):
            pass
