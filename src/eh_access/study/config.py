"""A study.toml becomes a Study, or every fault in it is listed with its line, key and remedy."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from eh_access.analysis.criteria import Criterion  # noqa: TC001 - pydantic reads it
from eh_access.analysis.scenarios import Change, Close, Move, Open, Scenario, SetHours
from eh_access.errors import InputError, SourceError
from eh_access.sources.bundled import bundled_path, study_path
from eh_access.study.crosschecks import cross_faults
from eh_access.study.faults import BACKSLASH, Lines, fault_at, in_words
from eh_access.study.faults import Path as KeyPath
from eh_access.study.schema import ScenarioConfig, StudyTables

BUNDLED = "bundled:"


class Study(StudyTables):
    """One question: what is asked, of which data, under which scenarios, by which criteria.

    Its fields are the keys of a study.toml, and those of `StudyTables`.

    Parameters
    ----------
    criteria
        The yardsticks (``[[criterion]]``), fixed before any result is seen.
    folder
        Where relative paths in it begin.
    file_sha256
        Digest of the study.toml, or "" when it was built in code.
    """

    criteria: tuple[Criterion, ...] = Field(default=(), alias="criterion")
    folder: Path = Field(default=Path(), exclude=True)
    file_name: str = Field(default="study.toml", exclude=True)
    file_sha256: str = Field(default="", exclude=True)

    def resolve(self, name: str) -> Path:
        """Return the path of one of the study's files.

        Parameters
        ----------
        name
            As the study gives it: beside the study.toml, absolute, or ``bundled:`` and a path.

        Returns
        -------
        Path
            Where it is; it need not exist.
        """
        if name.startswith(BUNDLED):
            return bundled_path(name.removeprefix(BUNDLED))
        return self.folder / name

    def criteria_sha256(self) -> str:
        """Return the digest of the criteria: it changes when any yardstick does.

        Returns
        -------
        str
            Hexadecimal SHA-256 of the criteria as canonical JSON.
        """
        told = self.model_dump(mode="json", include={"criteria"}, by_alias=True)
        text = json.dumps(told, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def scenario_of(config: ScenarioConfig) -> Scenario:
    """Return what a scenario of the file does, as typed changes."""
    changes: list[Change] = [Close(site_id=site) for site in config.close]
    changes += [Open(site_id=site) for site in config.open]
    changes += [
        SetHours(site_id=site, hours_per_week=hours) for site, hours in config.set_hours.items()
    ]
    changes += [
        Move(
            site_id=item.site,
            easting=item.easting,
            northing=item.northing,
            location_radius_m=item.location_radius_m,
        )
        for item in config.move
    ]
    return Scenario(name=config.name, label=config.label, changes=tuple(changes), note=config.note)


def load_study(path_or_name: str | Path) -> Study:
    """Return a study, from its file or by the name of one that ships with the package.

    Parameters
    ----------
    path_or_name
        Path of a study.toml, of a folder that holds one, or a bundled name: ``"rotherham"``.

    Returns
    -------
    Study
        Checked in itself; whether its tables agree is found when they are read.

    Raises
    ------
    InputError
        If the file is not what a study needs: every fault, with line and key.
    SourceError
        If there is no such file or it cannot be read.
    NotFoundError
        If there is no bundled study of that name.

    Examples
    --------
    >>> load_study("rotherham").unit
    'under-fives'
    """
    path = find_study(path_or_name)
    return study_from_bytes(read_toml(path), path=path)


def find_study(path_or_name: str | Path) -> Path:
    """Return the path of a study's file."""
    path = Path(path_or_name)
    if path.is_dir():
        path = path / "study.toml"
    if path.is_file():
        return path
    named = str(path_or_name)
    if path.suffix == "" and path.name == named and not path.is_dir():
        return study_path(named)
    raise SourceError(f"there is no study file {path.as_posix()}; give the path of a study.toml")


def study_from_bytes(data: bytes, *, path: Path) -> Study:
    """Return a study from the contents of its file."""
    raw, lines = parse_toml(data, path.as_posix())
    faults: list[tuple[KeyPath, str]] = []
    extra = {
        "folder": path.parent,
        "file_name": path.name,
        "file_sha256": hashlib.sha256(data).hexdigest(),
    }
    study: Study | None = None
    reserved = sorted(extra.keys() & raw.keys())
    faults += [((key,), "no such key; remove it") for key in reserved]
    try:
        study = Study.model_validate({**as_tuples(raw), **extra})
    except ValidationError as error:
        faults += in_words(error, Study)
    faults += cross_faults(raw)
    if faults or study is None:
        ordered = sorted(faults, key=lambda fault: lines.of(fault[0]) or 0)
        told = [fault_at(path.as_posix(), lines, where, what) for where, what in ordered]
        raise InputError(dict.fromkeys(told))
    return study


def read_toml(path: Path) -> bytes:
    """Return the bytes of a TOML file."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise SourceError(
            f"{path.as_posix()}: cannot be read ({error.strerror}); check the path and its rights"
        ) from error


def parse_toml(data: bytes, source: str) -> tuple[dict[str, Any], Lines]:
    """Return what a TOML file holds, and where in it each key stands."""
    try:
        # line ends as a text editor sees them
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{source}: not UTF-8 text (byte {error.start}); save it as UTF-8"
        ) from error
    if not text.strip():
        raise InputError(f"{source}: the file is empty; see the bundled rotherham.toml for one")
    try:
        return tomllib.loads(text), Lines(text)
    except tomllib.TOMLDecodeError as error:
        what = "correct that line"
        if (line := re.search(r"line (\d+)", str(error))) is not None:
            what = BACKSLASH if "\\" in text.splitlines()[int(line[1]) - 1] else what
        raise InputError(f"{source}: not valid TOML: {error}; {what}") from error


def as_tuples(value: Any) -> Any:  # noqa: ANN401 - whatever TOML holds
    """Return TOML's lists as tuples, which is what a frozen study keeps."""
    if isinstance(value, list):
        return tuple(as_tuples(item) for item in value)
    if isinstance(value, dict):
        return {key: as_tuples(item) for key, item in value.items()}
    return value
