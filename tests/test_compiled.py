"""Compiled code is cached in the user's own folder, or where they say, and loaded when needed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numba.core import config

from eh_access.compiled import cache_folder, njit
from eh_access.routing import dijkstra

if TYPE_CHECKING:
    import pytest


def add_one(number: int) -> int:
    return number + 1


def cache_path(compiled: Any) -> Path:  # noqa: ANN401 - numba is untyped
    return Path(compiled._cache.cache_path)  # noqa: SLF001 - numba offers no other way to see it


def test_it_goes_to_a_folder_of_the_users_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "CACHE_DIR", "")
    compiled = njit()(add_one)
    assert compiled(41) == 42
    assert cache_path(compiled).parent == cache_folder()


def test_a_folder_the_user_has_chosen_is_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(config, "CACHE_DIR", str(tmp_path))
    compiled = njit()(add_one)
    assert cache_path(compiled).parent == tmp_path
    assert compiled(1) == 2
    assert list(tmp_path.rglob("*.nbi"))


def test_nobody_elses_settings_are_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "CACHE_DIR", "")
    njit()(add_one)
    assert config.CACHE_DIR == ""


def test_a_function_typed_at_a_prompt_is_compiled_all_the_same() -> None:
    space: dict[str, Any] = {}
    exec("def triple(x):\n    return 3 * x\n", space)  # noqa: S102 - what a prompt does
    assert njit()(space["triple"])(7) == 21


def test_the_kernels_are_cached() -> None:
    assert cache_path(dijkstra._search).name.startswith("routing")  # noqa: SLF001


def test_numba_is_not_loaded_before_it_is_needed() -> None:
    code = (
        "import sys, eh_access; eh_access.snap, eh_access.isochrones, eh_access.catchments\n"
        "print('numba' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_it_says_compiling_once_and_only_when_it_compiles(tmp_path: Path) -> None:
    code = """
import logging
logging.basicConfig(format="%(message)s")
logging.getLogger("eh_access").setLevel(logging.INFO)
import numpy as np
from eh_access.routing.engine.nearest import minutes_and_site
minutes_and_site(np.zeros(1, dtype=np.int64))
"""
    said = []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)},
            capture_output=True,
            text=True,
            check=True,
        )
        said.append(done.stderr)
    assert said[0].splitlines() == [
        "compiling (once): the first run takes some seconds longer",
        "compiling (once), part 1: routing.engine.nearest._split",
    ]
    assert said[1] == ""


def test_several_threads_may_snap_and_draw_at_once() -> None:
    # in a process of its own: numba's plainest threads end it when two callers use them at once
    code = """
from concurrent.futures import ThreadPoolExecutor
import numpy as np
import eh_access as eh
town, sites = eh.read_network("newport"), eh.load_sites("newport_sites").iloc[:2]
bends = town.geometry_xy[::4] + 15.0
def work(number):
    network = town if number % 2 else eh.read_network("newport")  # shared, and one of its own
    for _ in range(4):
        places = eh.snap(bends, network, eh.WALK)
    land = eh.isochrones(network, sites, mode=eh.WALK, cutoffs_min=[10])
    return places.edge.tobytes(), places.offset_m.tobytes(), land.geometry.to_wkb().tolist()
with ThreadPoolExecutor(4) as pool:
    together = list(pool.map(work, range(4)))
print(all(one == work(1) for one in together), len(bends) > 10_000)
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "NUMBA_THREADING_LAYER": "workqueue", "NUMBA_NUM_THREADS": "2"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.split()) == (0, ["True", "True"]), done.stderr
