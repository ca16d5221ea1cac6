"""What went in and what came out: digests, versions, settings, counts.

Everything but the time is a function of the inputs: two runs differ in that one line.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import importlib.metadata
import json
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import pyogrio
import pyproj
import shapely
from pydantic import ConfigDict, Field

from eh_access._version import __version__
from eh_access.criteria.schema import Table, key_path, read_table
from eh_access.errors import EhAccessError, InputError, SourceError
from eh_access.provenance import file_sha256, refuse_endless
from eh_access.sources import bundled
from eh_access.study.config import BUNDLED, Text, load_study
from eh_access.study.families import ROLE
from eh_access.study.inputs import read_inputs
from eh_access.study.run import run_study
from eh_access.study.streets import (
    COMPARED,
    DOWNLOAD,
    Streets,
    buffer_for,
    downloaded,
    network_file,
    read_streets,
)
from eh_access.study.streets import ROLE as STREETS
from eh_access.transit.feed import source_digest

if TYPE_CHECKING:
    import pandas as pd
    from shapely.geometry.base import BaseGeometry

    from eh_access.criteria.criterion import Verdicts
    from eh_access.study.config import Study
    from eh_access.study.result import StudyResult
    from eh_access.study.travel import Progress

MANIFEST_NAME = "manifest.json"
STANDS_ON = (
    "folium",
    "geopandas",
    "gptables",
    "jinja2",
    "matplotlib",
    "numba",
    "numpy",
    "osmium",
    "osmnx",
    "pandas",
    "pydantic",
    "pyogrio",
    "pyproj",
    "scipy",
    "shapely",
)
"""Libraries whose version can change a figure, or how an output is drawn."""


def started_now() -> dt.datetime:
    """Return the time for the manifest: SOURCE_DATE_EPOCH if set, else now."""
    fixed = os.environ.get("SOURCE_DATE_EPOCH")
    if fixed is None:
        moment = dt.datetime.now(tz=dt.UTC)
    else:
        try:
            moment = dt.datetime.fromtimestamp(int(fixed), tz=dt.UTC)
        except (ValueError, OverflowError, OSError) as error:
            raise InputError(
                f"SOURCE_DATE_EPOCH is {fixed!r}; give whole seconds since 1970, or unset it"
            ) from error
    return moment.replace(microsecond=0)


def build_manifest(
    result: StudyResult,
    outputs: Mapping[str, Path],
    *,
    notes: Sequence[Mapping[str, str]] = (),
    started: dt.datetime | None = None,
) -> dict[str, Any]:
    """Return the manifest of one run; ``notes`` are the result's in words."""
    study = result.study
    listed = {name: path for name, path in outputs.items() if path.name != MANIFEST_NAME}
    return {
        "manifest": 1,
        "started": "" if started is None else started.isoformat(),
        "study": _question(study),
        "basis": result.basis,
        "origins": result.origins_name,
        "criteria": {
            "sha256": result.criteria_sha256,
            "hashed": "before any travel time was worked out",
            "set_on": {item.id: item.set_on.isoformat() for item in study.criteria},
            "list": [item.model_dump(mode="json") for item in study.criteria],
        },
        "settings": study.settings.model_dump(mode="json") | {"cutoff_min": study.cutoff_min},
        "disclosure": {
            "weights_public": study.weights_public,
            **study.disclosure.model_dump(mode="json"),
        },
        "scenarios": {
            "assessed": list(result.scenario_names),
            "not_assessed": {item.name: item.why_not for item in result.not_assessed},
            "list": [item.model_dump(mode="json") for item in study.scenarios],
        },
        "inputs": [_plain(vars(file)) for file in result.inputs],
        "outputs": {name: file_sha256(path) for name, path in sorted(listed.items())},
        "results": {
            "origins": frame_sha256(result.origins_table()),
            "verdicts": frame_sha256(result.verdicts_table()),
        },
        "counts": [_plain(vars(count)) for count in result.counts],
        "notes": list(notes),
        "verdicts": _outcomes(result.verdicts),
        "streets": {
            "asked": result.streets_asked,
            "how": result.streets_how,
            "dates": [
                source.date for source in (result.network.provenance if result.network else ())
            ],
        },
        "timetable": {
            "date": None if result.buses is None else str(result.buses.date),
            "digest": None if result.buses is None else result.buses.digest,
            "settings": None if study.transit is None else study.transit.model_dump(mode="json"),
        },
        "provenance": [_plain(vars(source)) for source in result.provenance],
        "versions": versions(),
    }


def _question(study: Study) -> dict[str, Any]:
    """Return the question, its place and unit, and the decision."""
    kept = ("id", "title", "question", "place", "unit", "site_word", "illustrative")
    weights = ("weight_label", "weight_basis")
    return {
        **study.model_dump(mode="json", include={*kept, *weights, "decision"}),
        "file": study.file_name,
    }


def _outcomes(verdicts: Verdicts) -> dict[str, dict[str, str]]:
    """Return the outcome of every criterion, with its indication if there is one."""
    outcomes: dict[str, dict[str, str]] = {}
    for item in verdicts:
        pointing = f" (points to {item.indication})" if item.indication else ""
        outcomes.setdefault(item.scenario, {})[item.criterion.id] = f"{item.outcome}{pointing}"
    return outcomes


def frame_sha256(frame: pd.DataFrame) -> str:
    """Return the digest of a table's contents, whatever file it is written to."""
    text = frame.to_csv(index=False, lineterminator="\n")
    return hashlib.sha256(text.encode()).hexdigest()


def versions() -> dict[str, str]:
    """Return the versions of Python, this library and its dependencies."""
    installed = {"python": platform.python_version(), "eh_access": __version__}
    for name in STANDS_ON:
        try:
            installed[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            installed[name] = "not installed"
    installed["GEOS"] = shapely.geos_version_string
    installed["PROJ"] = pyproj.proj_version_str
    installed["GDAL"] = pyogrio.__gdal_version_string__
    installed["platform"] = f"{platform.system()} {platform.machine()}"
    return installed


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record with numpy's numbers as Python's."""
    return {
        key: value.item() if isinstance(value, np.generic) else value
        for key, value in values.items()
    }


# ---- running again ---------------------------------------------------------------------------

LEVELS_UP = 3
FileName = Annotated[str, Field(pattern=r"^[^/\\\\\x00-\x1f]+$")]


class Part(Table):
    """A part of a manifest, as far as it is relied on."""

    model_config = ConfigDict(extra="ignore")


class Asked(Part):
    """Which study it was, as far as it is looked for."""

    file: FileName
    title: str
    question: str


class Read(Table):
    """A file that was read."""

    role: Text
    name: Annotated[str, Field(pattern=r"^[^\x00-\x1f]+$")]
    sha256: str
    rows: int | None = None


class Travelled(Part):
    """The streets."""

    how: str
    asked: str = ""
    dates: tuple[str, ...] = ()


class Stated(Part):
    """A note."""

    level: str
    topic: str
    text: str


class Manifest(Part):
    """What verifying and the logs rely on in a manifest."""

    started: str
    study: Asked
    basis: str
    origins: str
    criteria: dict[str, Any]
    settings: dict[str, Any]
    scenarios: dict[str, Any]
    inputs: tuple[Read, ...]
    outputs: dict[FileName, str]
    counts: tuple[dict[str, Any], ...]
    notes: tuple[Stated, ...]
    verdicts: dict[str, dict[str, str]]
    streets: Travelled
    timetable: dict[str, Any]
    provenance: tuple[dict[str, Any], ...]
    versions: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Source:
    """The study of a manifest and its inputs."""

    study: Study  # as its file stands now
    families: Path | None  # the list of families that was counted, or None
    # where the streets are, by the name the manifest has for them; none of a download
    streets: Mapping[str, Path]
    # inputs that are not what they were, in words; empty when the run can be repeated
    changed: tuple[str, ...]


def read_manifest(path: Path) -> dict[str, Any]:
    """Return a manifest."""
    path = path / MANIFEST_NAME if path.is_dir() else path
    refuse_endless(path)
    try:
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SourceError(
            f"{path.as_posix()}: cannot be read ({error.strerror}); give the path of a "
            "manifest.json"
        ) from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path.as_posix()}: not JSON; give a manifest.json") from error
    if not isinstance(manifest, dict):
        raise InputError(f"{path.as_posix()}: not a manifest of eh_access; give one")
    if faults := read_table(Manifest, manifest)[1]:
        where, what = key_path(faults[0][0]), faults[0][1]
        raise InputError(
            f"{path.as_posix()}: not a manifest of this version of eh_access ('{where}' {what}); "
            "run the study again with eh-access report"
        )
    return manifest


def file_of_results(folder: Path) -> str:
    """Return the name of the study's file whose results are in a folder, or ""."""
    try:
        return str(read_manifest(folder)["study"]["file"])
    except EhAccessError:
        return ""  # there are none, or of another version


def find_source(
    manifest: Mapping[str, Any],
    near: Path,
    *,
    study: Path | None = None,
    families: Path | None = None,
    streets: Path | None = None,
) -> Source:
    """Return the study of a manifest, and which of its inputs have changed since."""
    # A manifest names no folder. Unless the study is given it is looked for by name and digest:
    # among those that ship, here, and in and around the manifest's folder.
    stated = {item["role"]: item for item in manifest["inputs"]}
    name = str(manifest["study"]["file"])
    digest = str(stated.get("study", {}).get("sha256", ""))
    path = study if study is not None else _search(name, digest, near)
    current = load_study(path)
    if current.file_sha256 != digest:
        return Source(study=current, families=None, streets={}, changed=(f"{name} (the study)",))
    listed = families
    if listed is None and ROLE in stated:
        if not current.data.families:
            raise SourceError(
                "this run counted a list of families, which no manifest names; give it with "
                "--families"
            )
        listed = current.resolve(current.data.families)
    private = [] if current.weights_public else ["origins"]
    private += [] if listed is None else [ROLE]
    public = [
        item
        for item in manifest["inputs"]
        if item["role"] not in {"study", *private} and item["name"] != DOWNLOAD
    ]
    files, changed, faults = compare_files(public, current, near, streets=streets)
    if listed is not None and not listed.is_file():
        faults.append("the list of families is not there; give its path with --families")
    if faults:
        raise InputError(faults)
    if private:  # no digest is kept of these but of what is published of them
        tables = read_inputs(current, origins=str(manifest["origins"]), families=listed)
        now = {file.role: file.sha256 for file in tables.files}
        changed += [
            "the list of families" if item["role"] == ROLE else f"{item['name']} ({item['role']})"
            for item in manifest["inputs"]
            if item["role"] in private and now.get(item["role"]) != item["sha256"]
        ]
    return Source(study=current, families=listed, streets=files, changed=tuple(changed))


def compare_files(
    inputs: Iterable[Mapping[str, Any]], study: Study, near: Path, *, streets: Path | None = None
) -> tuple[dict[str, Path], list[str], list[str]]:
    """Return the files of streets by name, what has changed, and a fault for what is missing."""
    paths: dict[str, Path] = {}
    changed, faults = [], []
    for item in inputs:
        name, of_streets = str(item["name"]), str(item["role"]).startswith(STREETS)
        label = f"{name} ({item['role']})"
        try:
            if of_streets and name.startswith(BUNDLED):
                path = network_file(name)
            elif of_streets and name != study.streets.source:
                path = streets or _search(name, str(item["sha256"]), near, option="--streets")
            else:
                path = study.resolve(name)
            digest = source_digest(path) if path.is_dir() else file_sha256(path)
        except EhAccessError as error:
            faults.append(f"{label}: {error}")
        except OSError as error:
            faults.append(
                f"{label} cannot be read ({error.strerror}); a run can be repeated only with all "
                "its inputs"
            )
        else:
            changed += [label] if digest != item["sha256"] else []
            paths |= {name: path} if of_streets else {}
    return paths, changed, faults


def _search(name: str, digest: str, near: Path, *, option: str = "--study") -> Path:
    """Return the file of that name with that digest, else of that name."""
    around = [near.resolve(), *near.resolve().parents][:LEVELS_UP]
    folders = [Path.cwd(), *around, bundled.data_dir() / "studies"]
    places = [place for folder in folders for place in (folder / name, *folder.glob(f"*/{name}"))]
    files = [place for place in dict.fromkeys(places) if place.is_file()]
    for place in files:
        if file_sha256(place) == digest:
            return place
    if files:
        return files[0]
    what = option.removeprefix("--")
    raise SourceError(
        f"the {what} of this manifest, {name}, is neither here nor near the manifest; give its "
        f"path with {option}"
    )


def run_again(
    manifest: Mapping[str, Any], source: Source, *, progress: Progress | None = None
) -> StudyResult:
    """Run a study again as its manifest states."""
    study = source.study
    inputs = read_inputs(study, origins=str(manifest["origins"]), families=source.families)
    streets = _streets(manifest, source, inputs.borough)
    return run_study(study, inputs=inputs, streets=streets, progress=progress)


def _streets(manifest: Mapping[str, Any], source: Source, area: BaseGeometry) -> Streets:
    """Return the streets of a run, with the words it used for them."""
    stated = manifest["streets"]
    how = str(stated["how"])
    missed = any(
        note["topic"] == STREETS and note["level"] == "warning" and note["text"] == how
        for note in manifest["notes"]
    )
    streets = Streets(network=None, how=how)
    if manifest["basis"] != "estimated":
        streets = _streets_of(manifest, source, area, role=STREETS)
    other = None
    if any(item["role"] == COMPARED for item in manifest["inputs"]):
        other = _streets_of(manifest, source, area, role=COMPARED)
    return replace(streets, how=how, missed=missed, asked=str(stated.get("asked", "")), other=other)


def _streets_of(
    manifest: Mapping[str, Any], source: Source, area: BaseGeometry, *, role: str
) -> Streets:
    """Return the streets with one role in the manifest."""
    stated = next((item for item in manifest["inputs"] if item["role"] == role), None)
    if stated is None:
        raise SourceError("this run was given its streets in code; no manifest can repeat that")
    name = str(stated["name"])
    if name != DOWNLOAD:
        return read_streets(source.study, area, name, source.streets[name])
    from eh_access.sources import openstreetmap  # noqa: PLC0415 - only where asked for

    network = openstreetmap.cached_network(area, buffer_m=buffer_for(source.study))
    if network is None or stated["sha256"] not in {item.sha256 for item in network.provenance}:
        raise SourceError(
            "the streets this run downloaded are not stored here; a later download would not be "
            "the same, so nothing was compared"
        )
    return downloaded(network)
