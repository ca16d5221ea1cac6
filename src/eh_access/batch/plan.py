"""Plan a batch: its studies, a key for each, the largest first."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import numpy as np
from pydantic import Field

from eh_access._version import __version__
from eh_access.batch.cut import Template, read_settings, share
from eh_access.criteria.criterion import Text  # noqa: TC001 - pydantic reads it
from eh_access.criteria.schema import Fault, Table, read_table
from eh_access.errors import EhAccessError, InputError
from eh_access.provenance import file_sha256, refuse_endless
from eh_access.study import reading
from eh_access.study.config import load_study, parse_toml, read_toml, refusal
from eh_access.study.opening import files_read
from eh_access.tables import CRS, row_numbers

PLAN_FILE, STUDY_FILE = "plan.toml", "study.toml"
SHARED = "shared"
COLUMNS = ("code", "name")
LONGEST = 40


class PlanFile(Table):
    """A plan.toml: studies of their own, or one template and a list of authorities."""

    schema_version: Literal[1] = Field(alias="schema")
    title: Text
    studies: tuple[Text, ...] = ()  # folders, or paths of study.toml
    template: Text | None = None  # the study.toml of one question
    authorities: Text | None = None  # polygons with code, name and, if there are any, region
    authority: Text = "authority"  # the column of the template's areas with an authority's code
    # how far beyond an authority streets and sites count. None: as far as a study's streets
    buffer_m: float | None = Field(default=None, ge=0, le=100_000, allow_inf_nan=False)

    def cross_faults(self) -> Iterator[Fault]:
        """Yield whether it names neither studies nor a template, or half of both."""
        asked = self.template is not None
        if asked == bool(self.studies) or asked != (self.authorities is not None):
            yield (), "give either studies, or both template and authorities"


@dataclass(frozen=True, kw_only=True)
class Job:
    """One study of a batch: paths and hashes, never its data."""

    id: str  # short name, for its folder
    name: str
    code: str  # of its authority; "" where the study has a folder of its own
    region: str
    key: str  # changes when anything does that the results depend on
    size: int  # rows of origins or bytes of inputs: the larger, the longer it takes
    study: str  # its study.toml, or the template it is cut from
    out: str  # the batch's folder
    column: str = ""
    buffer_m: float | None = None
    time_limit_min: float | None = None
    memory_limit_mb: float | None = None

    @property
    def folder(self) -> Path:
        """Where its results go."""
        return Path(self.out) / "studies" / self.id

    @property
    def template(self) -> Template:
        """The question it is one of many to be asked, where it has no folder of its own."""
        return Template(path=Path(self.study), column=self.column, buffer_m=self.buffer_m)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The studies of a batch, largest first."""

    title: str
    jobs: tuple[Job, ...]

    def text(self) -> str:
        """Return the plan as it is kept: what is asked, without limits or places."""
        left_out = {"out", "study", "time_limit_min", "memory_limit_mb"}
        rows = [{k: v for k, v in asdict(job).items() if k not in left_out} for job in self.jobs]
        return json.dumps({"title": self.title, "studies": rows}, indent=1, ensure_ascii=False)


def make_plan(source: Path, out: Path) -> Plan:
    """Return the plan of a plan.toml, or of every study in a folder; write what studies share."""
    path = source / PLAN_FILE if source.is_dir() else source
    refuse_endless(path)
    if source.is_dir() and not path.is_file():
        paths = sorted(source.rglob(STUDY_FILE))
        if not paths:
            raise InputError(f"{source.as_posix()}: holds neither {PLAN_FILE} nor any {STUDY_FILE}")
        return _ordered(source.resolve().name, _studies(source, paths, out))
    plan = _read(path)
    if plan.template is None:
        files = [path.parent / name for name in plan.studies]
        files = [file / STUDY_FILE if file.is_dir() else file for file in files]
        return _ordered(plan.title, _studies(path.parent, files, out))
    return _ordered(plan.title, _authorities(plan, path, out))


def _read(path: Path) -> PlanFile:
    values, lines = parse_toml(read_toml(path), path.as_posix())
    plan, faults = read_table(PlanFile, values)
    if faults:
        raise refusal(path.as_posix(), lines, faults)
    return plan


def _ordered(title: str, jobs: Iterable[Job]) -> Plan:
    """Return a plan whose largest studies come first, each with a short name of its own."""
    rows = list(jobs)
    count = Counter(job.id for job in rows)
    rows = [
        replace(job, id=f"{job.id}-{job.code or number}".lower()) if count[job.id] > 1 else job
        for number, job in enumerate(rows, 1)
    ]
    return Plan(title=title, jobs=tuple(sorted(rows, key=lambda job: (-job.size, job.id))))


def _short(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:LONGEST] or "study"


def _studies(base: Path, files: Iterable[Path], out: Path) -> Iterator[Job]:
    """Yield a job for each study; what is wrong with one is told when it is run."""
    known: dict[Path, str] = {}  # studies may share files
    for file in files:
        try:
            study = load_study(file)
            place, read = study.place, files_read(study)
        except EhAccessError:
            place, read = "", tuple(path for path in (file,) if path.is_file())
        folder = file.parent if file.name == STUDY_FILE else file.with_suffix("")
        named = folder.relative_to(base) if folder.is_relative_to(base) else folder
        known |= {path: file_sha256(path) for path in read if path not in known}
        yield Job(
            id=_short(named.as_posix()),
            name=place or named.as_posix(),
            code="",
            region="",
            key=_key((path.name, known[path]) for path in read),
            size=sum(path.stat().st_size for path in read),
            study=str(file.resolve()),
            out=str(out.resolve()),
        )


def _authorities(plan: PlanFile, path: Path, out: Path) -> Iterator[Job]:
    """Yield a job for each authority; write the tables and streets they are cut from."""
    assert plan.template is not None  # noqa: S101 - checked
    assert plan.authorities is not None  # noqa: S101 - as above
    study_path = (path.parent / plan.template).resolve()
    template = Template(path=study_path, column=plan.authority, buffer_m=plan.buffer_m)
    authorities = read_authorities(path.parent / plan.authorities, plan.authorities)
    study = template.study(authorities.iloc[0].drop("geometry"))
    read = (*files_read(study), path.parent / plan.authorities)
    digests = [(file.name, file_sha256(file)) for file in dict.fromkeys(read)]
    digests.append(("settings", f"{plan.authority} {plan.buffer_m}"))
    key = _key(digests)
    shared = out / SHARED
    if read_settings(shared).get("key") != key:
        share(template, authorities, shared, key)
    rows = read_settings(shared)["origins"]
    for authority in authorities.drop(columns="geometry").to_dict("records"):
        yield Job(
            id=str(authority["id"]),
            name=str(authority["name"]),
            code=str(authority["code"]),
            region=str(authority["region"]),
            key=_key([("shared", key), ("code", str(authority["code"]))]),
            size=rows.get(str(authority["code"]), 0),
            study=str(study_path),
            out=str(out.resolve()),
            column=plan.authority,
            buffer_m=plan.buffer_m,
        )


def read_authorities(path: Path, name: str) -> gpd.GeoDataFrame:
    """Return authorities: code, name, region, id and outline (EPSG:27700), by code."""
    table = reading.read_table(path, name=name, role="authorities").frame
    lacking = [column for column in COLUMNS if column not in table]
    if lacking or not isinstance(table, gpd.GeoDataFrame):
        raise InputError(f"{name}: needs polygons with the columns {', '.join(COLUMNS)}")
    cells = table[[*COLUMNS, table.geometry.name]].isna()
    if cells.to_numpy().any():
        raise InputError(
            f"{name}, row {row_numbers(table)[row]}, {cells.columns[place]}: is empty; fill it in"
            for row, place in np.argwhere(cells.to_numpy())
        )
    twice = table["code"][table["code"].duplicated()]
    if len(twice):
        raise InputError(f"{name}, code: '{code}' stands twice; keep one" for code in twice)
    short = table["name"].map(_short)
    clash = short.duplicated(keep=False)
    return gpd.GeoDataFrame(
        {
            "code": table["code"].astype(str),
            "name": table["name"].astype(str),
            "region": table["region"].fillna("").astype(str) if "region" in table else "",
            "id": short.where(~clash, short + "-" + table["code"].astype(str).map(_short)),
        },
        geometry=table.geometry.to_crs(CRS),
    ).sort_values("code", ignore_index=True)


def _key(digests: Iterable[tuple[str, str]]) -> str:
    lines: list[Any] = [("eh_access", __version__), *sorted(digests)]
    return hashlib.sha256(json.dumps(lines).encode()).hexdigest()
