"""The same work on a Dask cluster, of this machine or elsewhere."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from eh_access.batch.work import Outcome, run_job, warm
from eh_access.errors import InputError, SourceError

if TYPE_CHECKING:
    from eh_access.batch.plan import Job

LOCAL = "local"
WAIT_S = 60


def run_on_cluster(jobs: Sequence[Job], address: str, *, workers: int) -> Iterator[Outcome]:
    """Yield the outcome of each job as it comes; Dask does a killed worker's job again."""
    try:
        import distributed  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise InputError(
            "--cluster needs Dask: install eh-access[cluster], here and on every worker"
        ) from error
    # that the scheduler is gone is told below, in a sentence
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
    with _client(distributed, address, workers=workers) as client:
        # an address alone does not tell that somebody is there to work
        try:
            client.wait_for_workers(1, timeout=WAIT_S)
        except TimeoutError as error:
            raise SourceError(
                f"{address}: the scheduler has no worker after {WAIT_S} s; start some "
                "(docs/how-to/cluster.md)"
            ) from error
        client.register_plugin(_warmth(distributed)(), name="eh-access-warm")
        ids = {
            client.submit(run_job, job, key=f"{job.id}-{job.key[:16]}", pure=False): job.id
            for job in jobs
        }
        finished: Any = distributed.as_completed  # without types
        for future in finished(ids):
            try:
                outcome: Outcome = future.result()
            except distributed.KilledWorker as error:
                outcome = Outcome(id=ids[future], reason=_killed(error))
            # a study's own faults are outcomes: what else comes here is the cluster's
            except (Exception, asyncio.CancelledError) as error:
                why = " ".join(str(error).split()) or type(error).__name__
                raise SourceError(
                    f"{address}: the cluster failed or is gone ({why}); what is done is kept: see "
                    "to it, then --resume"
                ) from error
            yield outcome
            future.release()


def _killed(error: Any) -> str:  # noqa: ANN401 - Dask's own
    return (
        f"its worker was killed {error.allowed_failures + 1} times, the last on "
        f"{error.last_worker.address}; a worker is when it runs out of memory: give workers more "
        "(--memory-limit of dask worker)"
    )


@contextmanager
def _client(distributed: Any, address: str, *, workers: int) -> Iterator[Any]:  # noqa: ANN401 - an extra, without types
    if address == LOCAL:
        with (
            distributed.LocalCluster(
                n_workers=workers, threads_per_worker=1, dashboard_address=None
            ) as cluster,
            distributed.Client(cluster) as client,
        ):
            yield client
        return
    where = {"scheduler_file": address} if address.endswith(".json") else {"address": address}
    try:
        client = distributed.Client(**where)
    except (OSError, ValueError) as error:
        raise SourceError(
            f"--cluster {address}: no scheduler answers ({error}); start one "
            "(docs/how-to/cluster.md), or give 'local'"
        ) from error
    with client:
        yield client


def _warmth(distributed: Any) -> Any:  # noqa: ANN401 - as above
    class Warmth(distributed.WorkerPlugin):  # type: ignore[misc] # an extra, without types
        """Loads compiled code when a worker starts, a new one in place of a killed one too."""

        def setup(self, worker: object) -> None:  # noqa: ARG002 - as Dask calls it
            warm()

    return Warmth
