"""What went in and what came out: digests, versions, settings, counts.

Everything but the time is a function of the inputs: two runs differ in that one line.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import importlib.metadata
import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyogrio
import pyproj
import shapely

from eh_access._version import __version__
from eh_access.errors import InputError
from eh_access.provenance import file_sha256

if TYPE_CHECKING:
    import pandas as pd

    from eh_access.criteria.criterion import Verdicts
    from eh_access.study.config import Study
    from eh_access.study.result import StudyResult

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
        "settings": study.settings.model_dump(mode="json"),
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
        "timetable": {"how": "No timetable was used: there are no times by bus.", "dates": []},
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
