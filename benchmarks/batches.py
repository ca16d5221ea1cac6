"""Time batches: two workers against one, Dask beside processes, a made-up England.

python benchmarks/batches.py [--few]    # a look at small numbers while working
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import geopandas as gpd
import pandas as pd

from eh_access.batch.run import Batch, Limits, run_batch
from england import write_england
from south_yorkshire import SOURCE, write_plan

Row = tuple[str, str, str]
STUDIES, ENGLAND = 32, 309
CORES = (16, 64)


def run(plan: Path, limits: Limits) -> Batch:
    """Run a batch into an empty folder beside its plan."""
    with tempfile.TemporaryDirectory(dir=plan.parent) as folder:
        done = run_batch(plan, Path(folder) / "out", limits=limits)
    if done.failed:
        raise RuntimeError(str(done.failed))
    return done


def peak_mb(done: Batch) -> float:
    """Return the most memory a worker held."""
    return max(item.peak_mb for item in done.outcomes.values())


def scaling_rows(studies: int = STUDIES) -> list[Row]:
    """Return one worker against two, and Dask beside processes."""
    with tempfile.TemporaryDirectory() as folder:
        plan = write_england(Path(folder), studies)
        runs = {
            "1 worker": run(plan, Limits(workers=1)),
            "2 workers": run(plan, Limits(workers=2)),
            "2 workers of Dask": run(plan, Limits(workers=2, cluster="local")),
        }
    work = {name: done.seconds["work"] for name, done in runs.items()}
    # what a study takes of a worker, from its start to its end, on either path
    inside = {
        name: sum(sum(item.seconds.values()) for item in done.outcomes.values())
        for name, done in runs.items()
    }
    idle = {name: (2 * work[name] - inside[name]) / studies for name in list(work)[1:]}
    per_study = inside["2 workers"] / studies
    more = (idle["2 workers of Dask"] - idle["2 workers"]) / per_study
    rows = [(f"{studies} studies, {name}", f"{work[name]:,.1f} s", "") for name in work]
    return [
        *rows,
        ("2 workers against 1", f"{work['1 worker'] / work['2 workers']:.2f} times", "1.8 times"),
        ("Dask's overhead for a study, of the study", f"{more:.1%}", "5%"),
        (
            f"most memory of a worker, {studies} studies",
            f"{peak_mb(runs['2 workers']):,.0f} MB",
            "",
        ),
    ]


def england_rows(few: int = STUDIES, many: int = ENGLAND, *, workers: int = 2) -> list[Row]:
    """Return a made-up England: the whole, its stages, its growth, what more cores would take."""
    done: dict[int, Batch] = {}
    for number in (few, many):
        with tempfile.TemporaryDirectory() as folder:
            done[number] = run(write_england(Path(folder), number), Limits(workers=workers))
    england = done[many]
    studies = list(england.outcomes.values())
    stages = pd.DataFrame([item.seconds for item in studies]).sum()
    serial = england.seconds["plan"] + england.seconds["reduce"]
    whole = sum(england.seconds.values())
    shares = {
        "plan": england.seconds["plan"] / whole,
        **{
            name: float(spent / stages.sum()) * england.seconds["work"] / whole
            for name, spent in stages.items()
        },
        "reduce": england.seconds["reduce"] / whole,
    }
    each = {number: sum(sum(o.seconds.values()) for o in batch.outcomes.values()) / number
            for number, batch in done.items()}  # fmt: skip
    longest = max(sum(item.seconds.values()) for item in studies)
    said = ", ".join(f"{name} {share:.0%}" for name, share in shares.items())
    return [
        (f"{many} authorities, {workers} workers", f"{whole / 60:,.1f} min", ""),
        ("its stages", said, ""),
        (f"a study, of {few} and of {many}", f"{each[few]:.2f} s, {each[many]:.2f} s", ""),
        ("growth against linear", f"{each[many] / each[few] - 1:+.1%}", "within 10%"),
        (
            f"most memory of a worker, {few} and {many} studies",
            f"{peak_mb(done[few]):,.0f} MB, {peak_mb(england):,.0f} MB",
            "the same",
        ),
        *(
            (
                f"on {cores} cores as fast, worked out",
                f"{(serial + max(float(stages.sum()) / cores, longest)) / 60:,.1f} min",
                "",
            )
            for cores in CORES
        ),
    ]


def south_yorkshire_rows() -> list[Row]:
    """Return four real councils: time, and their border's minutes against one joint run."""
    if not SOURCE.is_dir():
        return [("four real councils", "not run: ../shared/data is not there", "")]
    with tempfile.TemporaryDirectory() as folder:
        plan = write_plan(Path(folder) / "apart")
        out = Path(folder) / "out"
        done = run_batch(plan, out, limits=Limits(workers=2))
        joint = _joint(plan)
        together = run_batch(joint, Path(folder) / "joint", limits=Limits(workers=1))
        apart = pd.concat(
            [pd.read_parquet(job.folder / "origins.parquet") for job in done.plan.jobs]
        )
        [job] = together.plan.jobs
        both = pd.read_parquet(job.folder / "origins.parquet")
    keys = ["origin_id", "scenario", "mode"]
    merged = apart.merge(both, on=keys, suffixes=("", "_joint"), validate="1:1")
    pace = {"walk": 80.0, "pushchair": 60.0}  # metres a minute: what the buffer is sure for
    sure = merged["minutes_joint"] <= 3000 / merged["mode"].map(pace)
    differ = int((merged["minutes"] != merged["minutes_joint"])[sure].sum())
    return [
        ("four real councils, 2 workers", f"{sum(done.seconds.values()):,.0f} s", ""),
        (
            f"rows within reach of the buffer, of {len(merged):,}",
            f"{int(sure.sum()):,}, of which {differ:,} differ from a joint run",
            "0",
        ),
    ]


def _joint(plan: Path) -> Path:
    """Return the plan of the same county as one authority."""
    authorities = gpd.read_file(plan.parent / "authorities.geojson")
    whole = authorities.dissolve().assign(code="SY", name="South Yorkshire")
    whole[["code", "name", "geometry"]].to_file(plan.parent / "whole.geojson")
    areas = gpd.read_file(plan.parent / "areas.geojson").assign(county="SY")
    areas.to_file(plan.parent / "areas.geojson")
    text = plan.read_text("utf-8").replace("authorities.geojson", "whole.geojson")
    joint = plan.with_name("joint.toml")
    joint.write_text(text.replace("district_code", "county"), "utf-8")
    return joint


def batch_rows(*, few: bool = False) -> list[Row]:
    """Return every row."""
    scaled = scaling_rows(6) if few else scaling_rows()
    england = england_rows(3, 6) if few else england_rows()
    return [*south_yorkshire_rows(), *scaled, *england]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--few", action="store_true")
    for row in batch_rows(few=parser.parse_args().few):
        print(" | ".join(row))
