"""Route pairs of points through OSRM and Valhalla; run by ``agreement.py`` in their own Python.

Reads one job as JSON from standard input and prints one JSON answer. A job is a list of runs:
``{"name", "engine", "streets", "profile" or "costing", "options", "folder", "pairs"}``; the answer
gives for each run a list with metres, seconds, the metres to the street at either end, and the
OpenStreetMap nodes (OSRM) or ways (Valhalla) gone along. It needs nothing of this project, so that
it runs where only the engines are installed.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import itertools
import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

EQUATOR_M, FLATTENING = 6_378_137.0, 1 / 298.257_223_563
POLYLINE = 1e6
VALHALLA = {"osrm": "osrm-bindings", "valhalla": "pyvalhalla"}


def main() -> None:
    """Answer the job on standard input."""
    job = json.load(sys.stdin)
    here = {name: importlib.metadata.version(dist) for name, dist in installed().items()}
    runs = {}
    for run in job:
        if run["engine"] in here:
            route = osrm_runner(run) if run["engine"] == "osrm" else valhalla_runner(run)
            runs[run["name"]] = [route(pair) for pair in run["pairs"]]
    json.dump({"python": sys.version.split()[0], "engines": here, "runs": runs}, sys.stdout)


def installed() -> dict[str, str]:
    """Return the engines that are installed here, with the names of their packages."""
    return {name: dist for name, dist in VALHALLA.items() if importlib.util.find_spec(name)}


def osrm_runner(run: dict[str, Any]) -> Any:
    """Prepare OSRM's files and return a function that routes a pair."""
    import osrm

    base = Path(run["folder"]) / "streets.osrm"
    extract = ["extract", "-p", run["profile"] or bundled_profile(run["costing"]), run["streets"]]
    build(["-m", "osrm", *extract, "--output", str(base)])
    build(["-m", "osrm", "contract", str(base)])
    engine = osrm.OSRM(storage_config=str(base), use_shared_memory=False)

    def route(pair: list[float]) -> dict[str, Any] | None:
        wanted = osrm.RouteParameters(
            coordinates=[tuple(pair[:2]), tuple(pair[2:])],
            overview="false",
            annotations=["nodes"],
            continue_straight=False,
        )
        try:
            found = engine.Route(wanted)
        except RuntimeError:
            return None
        best = found["routes"][0]
        return {
            "metres": float(best["distance"]),
            "seconds": float(best["duration"]),
            "off_m": [float(end["distance"]) for end in found["waypoints"]],
            "nodes": [int(node) for node in best["legs"][0]["annotation"]["nodes"]],
        }

    return route


def bundled_profile(name: str) -> str:
    """Return a profile that comes with OSRM."""
    import osrm

    return str(Path(osrm.__file__).parent / "share" / "profiles" / f"{name}.lua")


def valhalla_runner(run: dict[str, Any]) -> Any:
    """Build Valhalla's tiles and return a function that routes a pair."""
    import valhalla

    folder = Path(run["folder"])
    tiles = folder / "tiles"
    tiles.mkdir(parents=True, exist_ok=True)
    settings = valhalla.get_config(tile_extract="", tile_dir=str(tiles), verbose=False)
    settings["service_limits"]["pedestrian"]["max_distance"] = 1e6
    path = folder / "valhalla.json"
    path.write_text(json.dumps(settings), encoding="utf-8")
    binary = Path(valhalla.__file__).parent / "bin" / "valhalla_build_tiles"
    subprocess.run(
        [binary, "-c", path, run["streets"]], check=True, capture_output=True, timeout=900
    )
    engine = valhalla.Actor(str(path))
    costing = {"costing": run["costing"], "costing_options": {run["costing"]: run["options"]}}
    wanted = {"filters": {"attributes": ["edge.way_id", "edge.length"], "action": "include"}}

    def route(pair: list[float]) -> dict[str, Any] | None:
        ends = [{"lon": pair[k], "lat": pair[k + 1], "node_snap_tolerance": 0} for k in (0, 2)]
        try:
            trip = engine.route({"locations": ends, "units": "km", **costing})["trip"]
        except (RuntimeError, valhalla.ValhallaError):
            return None
        shape = trip["legs"][0]["shape"]
        points = decoded(shape)
        along = {"encoded_polyline": shape, "shape_match": "edge_walk", **costing, **wanted}
        ways: list[list[float]] = []
        with contextlib.suppress(RuntimeError, valhalla.ValhallaError):
            edges = engine.trace_attributes(along)["edges"]
            ways = [[edge["way_id"], edge["length"] * 1000] for edge in edges]
        return {
            "metres": sum(apart(*two) for two in itertools.pairwise(points)),
            "seconds": float(trip["summary"]["time"]),
            "off_m": [apart(points[0], pair[:2]), apart(points[-1], pair[2:])],
            "ways": ways,
        }

    return route


def build(command: list[str]) -> None:
    """Run a tool of OSRM's; its words are shown only if it fails."""
    done = subprocess.run(
        [sys.executable, *command], check=False, capture_output=True, text=True, timeout=900
    )
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)


def apart(one: Any, other: Any) -> float:
    """Return the metres between two near points given as longitude and latitude (WGS 84)."""
    middle = math.radians((one[1] + other[1]) / 2)
    eccentric = FLATTENING * (2 - FLATTENING)
    bend = 1 - eccentric * math.sin(middle) ** 2
    north_m = EQUATOR_M * (1 - eccentric) / bend**1.5 * math.radians(other[1] - one[1])
    east_m = EQUATOR_M / bend**0.5 * math.cos(middle) * math.radians(other[0] - one[0])
    return math.hypot(north_m, east_m)


def decoded(line: str) -> list[tuple[float, float]]:
    """Return the points of an encoded polyline of six decimals, as longitude and latitude."""
    numbers, value, shift = [], 0, 0
    for letter in line:
        bits = ord(letter) - 63
        value |= (bits & 31) << shift
        shift += 5
        if bits < 32:  # noqa: PLR2004 - the sixth bit says that more follow
            numbers.append(~(value >> 1) if value & 1 else value >> 1)
            value, shift = 0, 0
    lat = list(itertools.accumulate(numbers[0::2]))
    lon = list(itertools.accumulate(numbers[1::2]))
    return [(x / POLYLINE, y / POLYLINE) for x, y in zip(lon, lat, strict=True)]


if __name__ == "__main__":
    main()
