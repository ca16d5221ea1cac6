"""A small study of its own on disk, sound until a test changes one thing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from eh_access.criteria.schema import Table
from eh_access.study.config import Study

STUDY = """\
schema = 1
id = "toy"
title = "A toy"
question = "Is it near?"
place = "Toytown"
unit = "under-fives"
weight_label = "children"
weight_basis = "made up"
weights_public = true
[data]
areas = "areas.geojson"
sites = "sites.csv"
origins = { oa = "origins.csv" }

[streets]
source = "estimate"

[settings]
modes = ["walk", "pushchair"]

[[scenario]]
name = "baseline"
label = "Before"

[[scenario]]
name = "one-less"
label = "The west closed"
close = ["west"]

[[criterion]]
id = "walk-30"
title = "Near on foot"
measure = "coverage"
mode = "walk"
cutoff_min = 30
threshold = 0.9
source = "made up"
set_by = "nobody"
set_on = 2020-01-01
"""
SITES = """\
site_id,name,kind,hours_per_week,easting,northing,location_basis,location_radius_m
west,West Centre,centre,,440000,390000,surveyed,10
east,East Centre,centre,,444000,390000,surveyed,10
"""
ORIGINS = """\
origin_id,easting,northing,weight,weight_basis,area_id
a,440100,390000,10,made up,A
b,442000,390100,20,made up,A
c,443900,390000,30,made up,B
"""
AREAS = """\
{"type": "FeatureCollection",
 "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::27700"}},
 "features": [
 {"type": "Feature", "properties": {"area_id": "A", "name": "Area A"}, "geometry":
  {"type": "Polygon", "coordinates": [[[439000,389000],[442500,389000],[442500,391000],
  [439000,391000],[439000,389000]]]}},
 {"type": "Feature", "properties": {"area_id": "B", "name": "Area B"}, "geometry":
  {"type": "Polygon", "coordinates": [[[442500,389000],[445000,389000],[445000,391000],
  [442500,391000],[442500,389000]]]}}]}
"""


@dataclass(frozen=True)
class StudyFolder:
    """The folder of the toy study."""

    path: Path

    @property
    def toml(self) -> Path:
        return self.path / "study.toml"

    def change(self, name: str, old: str, new: str) -> None:
        """Replace one passage of one file; it must be there."""
        path = self.path / name
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {name}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")


def write_study(folder: Path) -> StudyFolder:
    """Write the toy study into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        "study.toml": STUDY,
        "sites.csv": SITES,
        "origins.csv": ORIGINS,
        "areas.geojson": AREAS,
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return StudyFolder(folder)


TO_NEWPORT = {"east_m": -111_000, "north_m": -206_000}


def moved(study: StudyFolder, *, east_m: int, north_m: int) -> StudyFolder:
    """Move the toy, which lies by Rotherham, about 442000, 390000."""
    for name in ("sites.csv", "origins.csv", "areas.geojson"):
        text = (study.path / name).read_text(encoding="utf-8")
        text = re.sub(r"\b4[34]\d{4}\b", lambda old: str(int(old[0]) + east_m), text)
        text = re.sub(r"\b(389|39\d)\d{3}\b", lambda old: str(int(old[0]) + north_m), text)
        (study.path / name).write_text(text, encoding="utf-8")
    return study


def with_few_draws(study: Study) -> Study:
    """Return a study that draws what is not known a hundred times: its values rest on no draw."""
    few = study.simulation.model_copy(update={"draws": 100})
    return study.model_copy(update={"simulation": few})


def every_key(model: type[Table], at: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield each key of the schema with the tables it stands in."""
    for name, field in model.model_fields.items():
        if field.exclude:
            continue
        here = (*at, model.key_of(name))
        yield here
        for part in parts(field.annotation):
            if isinstance(part, type) and issubclass(part, Table):
                yield from every_key(part, here)


def parts(annotation: object) -> Iterator[object]:
    """Yield an annotation and what it consists of, as ``Model`` of ``tuple[Model, ...]``."""
    yield annotation
    for inner in get_args(annotation):
        yield from parts(inner)
