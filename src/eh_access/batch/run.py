"""Run a batch: plan, work, reduce; resume one that was stopped."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from eh_access.batch.cluster import run_on_cluster
from eh_access.batch.cut import read_settings
from eh_access.batch.plan import SHARED, make_plan
from eh_access.batch.pool import run_on_processes
from eh_access.batch.reduce import OUTPUTS, write_reduction
from eh_access.batch.work import STOPPED, Outcome, is_done
from eh_access.errors import InputError
from eh_access.publish.writers.atomic import hold, write_whole

if TYPE_CHECKING:
    from eh_access.batch.plan import Job, Plan

PLAN = "plan.json"
log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How a batch is run; none of it changes a result."""

    workers: int = 1
    cluster: str | None = None  # a scheduler's address or file, or "local"; None for processes
    time_limit_min: float | None = None  # for one study
    memory_limit_mb: float | None = None  # for one worker


@dataclass(frozen=True, kw_only=True)
class Batch:
    """What became of a batch."""

    plan: Plan
    outcomes: dict[str, Outcome]  # by study: those that were run now, and those that failed
    files: dict[str, Path]
    seconds: dict[str, float]  # by stage: plan, work, reduce

    @property
    def failed(self) -> dict[str, str]:
        """Why each study without results has none."""
        return {name: item.reason for name, item in self.outcomes.items() if item.reason}


def run_batch(
    source: Path,
    out: Path,
    *,
    resume: bool = False,
    limits: Limits = Limits(),
    progress: Callable[[str], None] = log.info,
) -> Batch:
    """Run every study of a plan that is not done yet, and reduce them all."""
    clock = [time.perf_counter()]
    with hold(out):
        if not resume and (out / PLAN).exists():
            raise InputError(
                f"{out.as_posix()}: holds a batch already; go on with it by --resume, or give "
                "another folder with --out"
            )
        out.mkdir(exist_ok=True)
        progress("Planning")
        plan = make_plan(source, out)
        (out / PLAN).write_text(plan.text() + "\n", encoding="utf-8", newline="\n")
        for left in (out / STOPPED, *(out / "studies").glob(".*")):
            shutil.rmtree(left, ignore_errors=True)
        jobs = [job for job in plan.jobs if not is_done(job)]
        outcomes: dict[str, Outcome] = {}
        clock.append(time.perf_counter())
        progress(f"{len(plan.jobs) - len(jobs)} of {len(plan.jobs)} studies are done")
        with closing(_work(jobs, limits)) as working:
            for outcome in working:
                outcomes[outcome.id] = outcome
                done = len(plan.jobs) - len(jobs) + len(outcomes)
                progress(f"{done} of {len(plan.jobs)} studies ({outcome.id})")
        clock.append(time.perf_counter())
        progress("Reducing")
        reasons = {name: item.reason for name, item in outcomes.items()}
        files = write_whole(out, partial(write_reduction, plan, reasons), owned=OUTPUTS)
        if not read_settings(out / SHARED).get("public", True):
            shutil.rmtree(out / SHARED)  # exact counts are no part of results
    clock.append(time.perf_counter())
    spent = (after - before for before, after in pairwise(clock))
    seconds = dict(zip(("plan", "work", "reduce"), spent, strict=True))
    return Batch(plan=plan, outcomes=outcomes, files=files, seconds=seconds)


def _work(jobs: list[Job], limits: Limits) -> Generator[Outcome]:
    limited = [
        replace(job, time_limit_min=limits.time_limit_min, memory_limit_mb=limits.memory_limit_mb)
        for job in jobs
    ]
    if limits.cluster is not None:
        yield from run_on_cluster(limited, limits.cluster, workers=limits.workers)
    else:
        yield from run_on_processes(limited, workers=limits.workers)
