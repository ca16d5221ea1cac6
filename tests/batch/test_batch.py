"""Whole batches: real processes, killed ones, limits, a full disk, a cluster."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import psutil
import pytest

from eh_access.batch.plan import make_plan
from eh_access.batch.pool import run_on_processes
from eh_access.batch.run import run_batch
from eh_access.batch.work import run_one, write_results
from eh_access.errors import SourceError
from study_cli import run_cli
from study_files import write_study
from toy_county import BORDER_M, HOMES_M, children_who_lose, write_county

COMMAND = [sys.executable, "-m", "eh_access", "batch"]
WAIT_S = 900


def batch(*arguments: object, code: int = 0) -> str:
    """Run the command in this process, with workers of its own; return what it printed."""
    done = run_cli("batch", *arguments)
    assert done.code == code, done.out + done.err
    return done.out + done.err


@contextmanager
def begun(*arguments: object) -> Iterator[psutil.Popen]:
    """Start the command; whatever becomes of it, nothing of it is left."""
    process = psutil.Popen(
        [*COMMAND, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        yield process
    finally:
        for one in [*process.children(recursive=True), process] if process.is_running() else []:
            one.kill()
        process.communicate()


def wait_for(there: Callable[[], object]) -> None:
    """Wait until something is so."""
    end = time.monotonic() + WAIT_S
    while not there():
        assert time.monotonic() < end
        time.sleep(0.01)


def contents(out: Path) -> dict[str, bytes]:
    """Return every file of a batch's results by its name."""
    found = {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in out.rglob("*")
        if path.is_file()
    }
    assert not [name for name in found if "/." in f"/{name}"], "something hidden is left"
    return found


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_county(tmp_path_factory.mktemp("county"))


@pytest.fixture(scope="module")
def out(county: Path) -> Path:
    folder = county.parent / "out"
    batch(county, "--out", folder, "--workers", 2)
    return folder


def test_a_batch_is_its_single_runs_byte_for_byte(out: Path, tmp_path: Path) -> None:
    for folder in sorted((out / "studies").iterdir()):
        single = tmp_path / folder.name
        single.mkdir()
        for name in write_results(run_one(folder / "study" / "study.toml"), single):
            assert (single / name).read_bytes() == (folder / name).read_bytes(), name


def test_who_loses_is_what_the_road_says(out: Path) -> None:
    west = HOMES_M < BORDER_M
    expected = {
        ("nation", "all"): children_who_lose(HOMES_M),
        ("region", "North"): children_who_lose(HOMES_M[west]),
        ("region", "South"): children_who_lose(HOMES_M[~west]),
        ("deprivation", "1 (most deprived)"): children_who_lose(HOMES_M[1::2]),
        ("deprivation", "5 (least deprived)"): children_who_lose(HOMES_M[::2]),
    }
    assert len(set(expected.values())) > 2
    rows = pd.read_csv(out / "national.csv")
    rows = rows[(rows["sites"] == "full-time only") & (rows["figures"] == "lose")]
    rows = rows.set_index(["by", "group"])
    assert rows["weight_loses"].to_dict() == expected
    ranked = gpd.read_parquet(out / "authorities.parquet")
    assert ranked.set_index("name")["weight_loses"].to_dict() == {
        "West": expected["region", "North"],
        "East": expected["region", "South"],
    }


def test_the_page_needs_no_network_and_names_what_it_shows(out: Path) -> None:
    page = (out / "report.html").read_text("utf-8")
    assert '<html lang="en-GB">' in page
    assert page.count("<h1>") == 1
    assert 'alt="Map of 2 authorities' in page
    assert "src=" not in page.replace('src="data:', "")
    assert page.index(">West<") != page.index(">East<")
    assert "<svg" in (out / "map.svg").read_text("utf-8")


def test_a_folder_with_a_batch_is_not_written_over(county: Path, out: Path) -> None:
    before = contents(out)
    assert "--resume" in batch(county, "--out", out, code=2)
    assert contents(out) == before


def partial(out: Path) -> bool:
    return any((out / "studies").glob(".*"))


STAGES: dict[str, Callable[[Path], object]] = {
    "plan": lambda out: (out / ".shared").exists(),
    "work": partial,
    "reduce": lambda out: out.with_name(f".{out.name}.partial").joinpath("new").exists(),
}


def test_killed_at_any_stage_a_batch_resumes_to_the_same_bytes(
    county: Path, out: Path, tmp_path: Path
) -> None:
    again = tmp_path / "again"
    for stage, reached in STAGES.items():
        with begun(county, "--out", again, "--workers", 1, "--resume") as process:
            wait_for(lambda reached=reached: reached(again))  # type: ignore[misc]
            if stage == "work":
                with pytest.raises(SourceError, match="another run is at work"):
                    run_batch(county, again, resume=True)
            orphans = process.children(recursive=True)
            process.kill()
            _, alive = psutil.wait_procs(orphans, timeout=WAIT_S)
            assert not alive, "workers outlive the batch"
    batch(county, "--out", again, "--resume")
    assert contents(again) == contents(out)


def test_a_killed_worker_s_study_is_done_again(county: Path, out: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    with begun(county, "--out", again, "--workers", 1) as process:
        wait_for(lambda: partial(again))
        workers = [one for one in process.children() if "spawn_main" in " ".join(one.cmdline())]
        workers[-1].kill()
        assert process.wait(WAIT_S) == 0
    assert contents(again) == contents(out)


def test_what_is_wrong_with_one_study_is_told_and_ends_no_other(tmp_path: Path) -> None:
    for name in ("poisoned", "sound"):
        write_study(tmp_path / "studies" / name)
    homes = tmp_path / "studies" / "poisoned" / "origins.csv"
    homes.write_text(homes.read_text("utf-8").replace("440100", "far"), "utf-8")
    out = tmp_path / "out"
    printed = batch(tmp_path / "studies", "--out", out, "--workers", 1, code=3)
    states = pd.read_csv(out / "studies.csv").set_index("study")
    assert states["state"].to_dict() == {"sound": "done", "poisoned": "failed"}
    assert "origins.csv, row 2" in states["reason"]["poisoned"]
    assert "origins.csv, row 2" in printed
    assert "1 of 2 studies has no results" in (out / "report.html").read_text("utf-8")


def test_a_study_that_takes_too_long_is_told_and_ends_no_other(tmp_path: Path) -> None:
    for name in ("long", "sound"):
        write_study(tmp_path / "studies" / name)
    jobs = make_plan(tmp_path / "studies", tmp_path / "out").jobs
    long, sound = (
        replace(job, time_limit_min=limit) for job, limit in zip(jobs, (1e-6, 60.0), strict=True)
    )
    outcomes = {one.id: one for one in run_on_processes([long, sound], workers=1)}
    assert "not finished within 1e-06 minutes" in outcomes[long.id].reason
    assert outcomes[sound.id].reason == ""
    assert sound.folder.exists()
    assert not long.folder.exists()


def test_no_study_within_the_time_given(tmp_path: Path) -> None:
    write_study(tmp_path / "studies" / "one")
    out = tmp_path / "out"
    printed = batch(tmp_path / "studies", "--out", out, "--time-limit", 1e-6, code=3)
    assert "not finished within 1e-06 minutes" in printed


def test_out_of_memory_is_told_as_such(county: Path, tmp_path: Path) -> None:
    job = replace(make_plan(county, tmp_path / "out").jobs[0], memory_limit_mb=50)
    [outcome] = run_on_processes([job], workers=1)
    assert "out of memory: it held" in outcome.reason
    assert not job.folder.exists()


def test_a_full_disk_is_told_and_leaves_no_half_results(tmp_path: Path) -> None:
    write_study(tmp_path / "studies" / "one")
    (tmp_path / "out" / "studies").mkdir(parents=True)
    mount = f"mount -t tmpfs -o size=16k none {tmp_path / 'out' / 'studies'}"
    wrapped = ["unshare", "--map-root-user", "--mount", "sh", "-c"]
    if shutil.which("unshare") is None or subprocess.run([*wrapped, mount], check=False).returncode:
        pytest.skip("no disk of a stated size can be mounted here")
    command = " ".join([*COMMAND, str(tmp_path / "studies"), "--out", str(tmp_path / "out")])
    run = subprocess.run(
        [*wrapped, f"{mount} && {command}; code=$?; ls -A {tmp_path}/out/studies; exit $code"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 3, run.stdout + run.stderr
    assert "the disk is full" in (tmp_path / "out" / "studies.csv").read_text("utf-8")
    assert "one" not in run.stdout.splitlines()


@contextmanager
def dask(folder: Path) -> Iterator[tuple[psutil.Popen, psutil.Popen, Path]]:
    """Start a scheduler and a worker of Dask; yield both and the file with the address."""
    file = folder / "scheduler.json"
    base = [sys.executable, "-m", "dask"]
    shared = ["--scheduler-file", str(file), "--no-dashboard"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
    scheduler = psutil.Popen(
        [*base, "scheduler", "--host", "127.0.0.1", "--port", "0", *shared], **quiet
    )
    wait_for(file.exists)
    worker = psutil.Popen([*base, "worker", "--nthreads", "1", *shared], **quiet)
    try:
        yield scheduler, worker, file
    finally:
        for one in [*worker.children(recursive=True), worker, scheduler]:
            with suppress(psutil.NoSuchProcess):
                one.kill()
        psutil.wait_procs([worker, scheduler])


def test_on_a_cluster_nothing_is_lost_with_a_worker_or_the_scheduler(
    county: Path, out: Path, tmp_path: Path
) -> None:
    whole, half = tmp_path / "whole", tmp_path / "half"
    with dask(tmp_path) as (scheduler, nanny, file):
        with begun(county, "--out", whole, "--cluster", file) as process:
            wait_for(lambda: partial(whole))
            for worker in nanny.children():
                if "spawn_main" in " ".join(worker.cmdline()):
                    worker.kill()
            assert process.wait(WAIT_S) == 0
        with begun(county, "--out", half, "--cluster", file) as process:
            wait_for(lambda: partial(half))
            scheduler.kill()
            assert process.wait(WAIT_S) == 2
            assert "--resume" in process.stdout.read().decode()
    batch(county, "--out", half, "--workers", 1, "--resume")
    assert contents(whole) == contents(half) == contents(out)
