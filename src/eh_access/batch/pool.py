"""Processes on one machine, each doing one study at a time."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING

from eh_access.batch.work import STOP_CODE, Outcome, run_job, stopped, warm

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

    from eh_access.batch.plan import Job

TRIES = 2
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
SPAWN = multiprocessing.get_context("spawn")
"""Not fork: a copy of this process would inherit the batch's lock and the locks of its threads."""


@dataclass(eq=False)
class _Worker:
    process: BaseProcess
    line: Connection
    job: Job | None = None


def run_on_processes(jobs: Sequence[Job], *, workers: int) -> Iterator[Outcome]:
    """Yield the outcome of each job as it comes; a killed worker's job is done again."""
    if workers > 1 and jobs:
        warm()  # compiled once, before many load it
    waiting, tries = deque(jobs), dict.fromkeys((job.id for job in jobs), 0)
    crew = [_hire() for _ in range(min(workers, len(jobs)))]
    try:
        while crew:
            for worker in [worker for worker in crew if worker.job is None]:
                if waiting:
                    worker.job = waiting.popleft()
                    tries[worker.job.id] += 1
                    with suppress(OSError):  # it is gone: seen below
                        worker.line.send(worker.job)
                else:
                    crew.remove(worker)
                    _dismiss(worker)
            for line in wait([worker.line for worker in crew]) if crew else ():
                worker = next(worker for worker in crew if worker.line is line)
                job = worker.job
                assert job is not None  # noqa: S101 - only those at work are listened to
                try:
                    outcome: Outcome | None = worker.line.recv()
                    worker.job = None
                except (EOFError, OSError):
                    crew[crew.index(worker)] = _hire()
                    outcome = _lost(worker, job, tries[job.id])
                if outcome is None:
                    waiting.appendleft(job)
                else:
                    yield outcome
    finally:
        for worker in crew:
            worker.process.kill()
            worker.process.join()


def _lost(worker: _Worker, job: Job, tries: int) -> Outcome | None:
    """Return what became of a job whose worker is gone; None where it is to be done again."""
    worker.process.join()
    code = worker.process.exitcode
    if code == STOP_CODE and (reason := stopped(job)):
        return Outcome(id=job.id, reason=reason)
    if tries < TRIES:
        return None
    if code is None or code >= 0:
        reason = f"its worker ended {tries} times, exit code {code}; what it printed says why"
    else:
        reason = (
            f"its worker was killed {tries} times (signal {-code}); the system does so when memory "
            "runs out: give fewer --workers"
        )
    return Outcome(id=job.id, reason=reason)


def _hire() -> _Worker:
    ours, theirs = SPAWN.Pipe()
    process = SPAWN.Process(target=_work, args=(theirs,), daemon=True)
    with _one_thread():
        process.start()
    theirs.close()  # so that its end is noticed
    return _Worker(process, ours)


def _dismiss(worker: _Worker) -> None:
    worker.line.close()
    worker.process.join()


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let processes started meanwhile use one thread each."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


def _work(line: Connection) -> None:
    """Do jobs as they come, until there are no more or the batch's process is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the batch's process ends its workers
    threading.Thread(target=_end_with_parent, daemon=True).start()
    warm()
    while True:
        try:
            job = line.recv()
        except EOFError:
            return
        line.send(run_job(job))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None  # noqa: S101 - we were started by one
    wait([parent.sentinel])
    os._exit(1)
