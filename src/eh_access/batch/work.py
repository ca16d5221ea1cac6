"""Do one study of a batch: cut, run, write, put in place."""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from eh_access.batch.cut import cut_study
from eh_access.batch.plan import SHARED, Job
from eh_access.errors import EhAccessError, foreseen
from eh_access.measures.comparison import compare
from eh_access.measures.scenarios import open_sites
from eh_access.privacy.hiding import hide_small
from eh_access.provenance import file_sha256
from eh_access.publish.notes import note_rows
from eh_access.publish.tabulations import DEPRIVATION, display_areas, facts, groupings
from eh_access.publish.templates import study_templates
from eh_access.publish.wording import ANY_SITE, FULL_TIME
from eh_access.study.config import BASELINE_NAME, decided_scenario
from eh_access.study.manifest import build_manifest
from eh_access.study.opening import open_study, refuse_unanswerable
from eh_access.study.redact import SUMMARY
from eh_access.study.run import run_study
from eh_access.study.streets import find_streets

if TYPE_CHECKING:
    from eh_access.criteria.criterion import Verdicts
    from eh_access.measures.comparison import Compared
    from eh_access.routing.travel_times import TravelTimes
    from eh_access.study.config import Settings, Study
    from eh_access.study.result import StudyResult

DONE, STOPPED = "done.json", "stopped"
CUT = "study"
OWN, COUNTED = "own", "neighbours counted"
ALL = "all"
OUTLINE_DETAIL_M = 50.0
STOP_CODE = 75
WATCH_S = 0.1
FIGURES = replace(
    SUMMARY,
    parts=(*SUMMARY.parts, "weight_unchanged", "weight_still_unreached"),
    shares={**SUMMARY.shares, "share_gains": "weight_gains"},
    keys=("case", "mode", "sites", "group"),
    scenario="case",
)
"""Every column of people that ``facts`` gives: all of them leave a batch, not those of a page."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one study."""

    id: str
    reason: str = ""  # why it failed; "" when it is done
    seconds: dict[str, float] = field(default_factory=dict)  # by stage
    peak_mb: float = 0.0  # the most memory its worker has held until then

    @property
    def done(self) -> bool:
        """Whether its results are in place."""
        return not self.reason


def run_job(job: Job) -> Outcome:
    """Do one study; whatever is wrong with it becomes its reason."""
    if is_done(job):
        return Outcome(id=job.id)
    if reason := stopped(job):
        return Outcome(id=job.id, reason=reason)
    seconds: dict[str, float] = {}
    reason = ""
    try:
        with limits(job):
            _do(job, seconds)
    except EhAccessError as error:
        reason = "; ".join(error.faults)
    except Exception as error:  # noqa: BLE001 - what goes wrong in one study must not end the others
        ours = f"a fault of this program ({type(error).__name__}: {error}); report it"
        reason = foreseen(error) or ours
    return Outcome(id=job.id, reason=reason, seconds=seconds, peak_mb=peak_mb())


def _do(job: Job, seconds: dict[str, float]) -> None:
    """Make the results of one study in a hidden folder and rename it."""
    job.folder.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{job.id}-", dir=job.folder.parent))
    try:
        with _timed("cut", seconds):
            path = Path(job.study)
            if job.code:
                path = cut_study(job.template, job.code, Path(job.out) / SHARED, partial / CUT)
        with _timed("run", seconds):
            result = run_one(path)
        with _timed("write", seconds):
            files = write_results(result, partial)
            mark = {"key": job.key, "files": {name: file_sha256(partial / name) for name in files}}
            (partial / DONE).write_text(json.dumps(mark, indent=1), encoding="utf-8")
            if not result.study.weights_public:  # exact counts are no part of results
                shutil.rmtree(partial / CUT, ignore_errors=True)
            partial.chmod(0o755)
            _rename(partial, job)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


@contextmanager
def _timed(stage: str, seconds: dict[str, float]) -> Iterator[None]:
    start = time.perf_counter()
    yield
    seconds[stage] = time.perf_counter() - start


def _rename(partial: Path, job: Job) -> None:
    """Put finished results in place of none, or of those of another key."""
    if job.folder.exists() and not is_done(job):
        shutil.rmtree(job.folder)
    try:
        partial.rename(job.folder)
    except OSError:
        if not is_done(job):  # else another worker was quicker, with the same bytes
            raise


def is_done(job: Job) -> bool:
    """Return whether the results of a study are in place, whole and of this key."""
    try:
        mark = json.loads((job.folder / DONE).read_text(encoding="utf-8"))
        whole = all(file_sha256(job.folder / name) == kept for name, kept in mark["files"].items())
    except (OSError, ValueError):
        return False
    return whole and bool(mark["key"] == job.key)


def run_one(path: Path) -> StudyResult:
    """Run a study as `eh-access report` does; nothing is downloaded."""
    study, inputs = open_study(path)
    refuse_unanswerable(study)
    streets = find_streets(study, inputs.borough, offline=True)
    return run_study(study, inputs=inputs, streets=streets)


def write_results(result: StudyResult, folder: Path) -> tuple[str, ...]:
    """Write a study's results as Parquet, and its manifest."""
    result.refuse_private()
    points = gpd.GeoDataFrame(geometry=result.origins.geometry)
    origins = points.loc[result.origins_table()["origin_id"]].reset_index(drop=True)
    about = _about(result.study, result.verdicts, mode=result.modes[0], estimated=result.estimated)
    shown = display_areas(result.origins, result.areas, public=result.study.weights_public)
    groups = dict(groupings(result.origins, shown))
    compared = {
        (counted, sites): comparisons
        or _unchanged(run.times, run.origins, run.sites, sites, run.study.settings)
        for counted, run in {OWN: result, COUNTED: result.with_neighbours}.items()
        if run is not None
        for sites, comparisons in (
            (FULL_TIME, run.comparisons_full_time),
            (ANY_SITE, run.comparisons),
        )
    }
    tables: dict[str, pd.DataFrame] = {
        "origins.parquet": origins[["geometry"]].join(result.origins_table()),
        "verdicts.parquet": result.verdicts_table(),
        "summary.parquet": summarise(compared, groups.get(DEPRIVATION), result.study),
        "outline.parquet": gpd.GeoDataFrame(
            {key: [value] for key, value in about.items()},
            geometry=[result.borough.simplify(OUTLINE_DETAIL_M)],
            crs=result.areas.crs,
        ),
    }
    for name, table in tables.items():
        table.to_parquet(folder / name, index=False)
    written = {name: folder / name for name in tables}
    notes = note_rows(result.notes, study_templates(result.study))
    manifest = build_manifest(result, written, notes=notes)
    text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    (folder / "manifest.json").write_bytes(text.encode("utf-8"))
    return (*tables, "manifest.json")


def summarise(
    compared: Mapping[tuple[str, str], Compared], fifths: pd.Series | None, study: Study
) -> pd.DataFrame:
    """Return who loses, together and by fifth, as it may be published."""
    # Rows without neighbours' sites come first and are hidden as the study's own report hides
    # them; those with them counted give way where the two together would tell of few.
    by = {ALL: None} | ({} if fifths is None else {DEPRIVATION: fifths})
    parts = []
    for name, group in by.items():
        rows = [
            {"counted": counted, "scenario": scenario, "mode": mode, "sites": sites}
            | {"group": str(label), **row}
            for (counted, sites), comparisons in compared.items()
            if group is None or sites == FULL_TIME
            for (scenario, mode), comparison in comparisons.items()
            for label, row in facts(comparison, group, cutoff_min=study.near_min(mode)).iterrows()
        ]
        frame = pd.DataFrame(rows)
        frame = frame.assign(case=frame["scenario"] + " " + frame["counted"])
        published, _ = hide_small(frame, FIGURES, study.policy, table=name)
        parts.append(published.assign(by=name).drop(columns="case"))
    keys = ["by", "group", "counted", "scenario", "mode", "sites"]
    table = pd.concat(parts, ignore_index=True)
    return table[[*keys, *(name for name in table if name not in keys)]]


def _unchanged(
    times: Mapping[str, TravelTimes],
    origins: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    counted: str,
    settings: Settings,
) -> Compared:
    """Return the baseline compared with itself, by mode."""
    ids = open_sites(
        sites,
        full_time=counted == FULL_TIME,
        full_time_from_hours=settings.full_time_from_hours,
    )
    both = {"sites_before": ids, "sites_after": ids}
    return {
        (BASELINE_NAME, mode): compare(table, table, origins, **both, loser_min=settings.loser_min)
        for mode, table in times.items()
    }


def _about(
    study: Study, verdicts: Verdicts, *, mode: str, estimated: bool
) -> dict[str, str | float | None]:
    """Return what a table of many studies says of one."""
    decided = decided_scenario(study.scenarios) or BASELINE_NAME
    outcomes = [str(item.outcome) for item in verdicts.under(decided)]
    return {
        "place": study.place,
        "unit": study.unit,
        "site_word": study.site_word,
        "illustrative": study.illustrative,
        "decided": decided,
        "mode": mode,
        "estimated": estimated,
        "criteria": len(outcomes),
        "met": outcomes.count("met"),
        "not_met": outcomes.count("not met"),
        "loser_min": study.settings.loser_min,
        "public": study.policy.public,
        "threshold": study.policy.threshold,
        "round_to": study.policy.round_to,
        "least_base": study.policy.least_base,
    }


# ---- limits ------------------------------------------------------------------------------------


@contextmanager
def limits(job: Job) -> Iterator[None]:
    """End this process, with a note of why, when a study passes its time or its memory."""
    # A study may be deep in compiled code, which only the end of its process stops.
    over = threading.Event()
    watch = threading.Thread(target=_watch, args=(job, over), daemon=True)
    watch.start()
    try:
        yield
    finally:
        over.set()
        watch.join()


def _watch(job: Job, over: threading.Event) -> None:
    begun = time.monotonic()
    limit_min, limit_mb = job.time_limit_min, job.memory_limit_mb
    while not over.wait(WATCH_S):
        if limit_min is not None and time.monotonic() - begun > limit_min * 60:
            _stop(job, f"not finished within {limit_min:g} minutes; give a longer --time-limit")
        if limit_mb is not None and (held := held_mb()) > limit_mb:
            _stop(
                job,
                f"out of memory: it held {held:,.0f} MB, above the limit of {limit_mb:,.0f} MB; "
                "give a higher --memory-limit",
            )


def _stop(job: Job, reason: str) -> None:
    with suppress(OSError):
        path = note_path(job)
        path.parent.mkdir(exist_ok=True)
        path.with_suffix(".new").write_text(json.dumps({"key": job.key, "reason": reason}), "utf-8")
        path.with_suffix(".new").replace(path)
    os._exit(STOP_CODE)


def note_path(job: Job) -> Path:
    """Return where a process that ends itself notes why."""
    return Path(job.out) / STOPPED / f"{job.id}.json"


def stopped(job: Job) -> str:
    """Return why a study's process ended itself in this batch; "" where it did not."""
    try:
        note = json.loads(note_path(job).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    return str(note["reason"]) if note["key"] == job.key else ""


def held_mb() -> float:
    """Return the memory this process holds; 0 where the system does not say."""
    return _status_mb("VmRSS")


def peak_mb() -> float:
    """Return the most memory this process has held; 0 where the system does not say."""
    # not getrusage: it counts what the process that started this one held before
    return _status_mb("VmHWM")


def _status_mb(name: str) -> float:
    path = Path("/proc/self/status")
    if not path.exists():
        return 0.0
    stated = re.search(rf"^{name}:\s+(\d+) kB", path.read_text(), re.MULTILINE)
    return 0.0 if stated is None else int(stated[1]) * 1024 / 1e6


@functools.cache
def warm() -> None:
    """Load compiled code, or compile it, once in this process."""
    import eh_access as eh  # noqa: PLC0415 - only where work is done

    network, homes, sites = eh.example_street()
    for engine in ("queue", "hierarchy"):
        options = eh.SearchOptions(engine=engine)
        eh.travel_time_matrix(network, homes, sites, mode=eh.WALK, options=options)
