"""A study opened for use: its file and its tables, with every fault of both told at once."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from eh_access.errors import EhAccessError, InputError
from eh_access.study.config import Study, as_tuples, find_study, load_study
from eh_access.study.crosschecks import cross_faults
from eh_access.study.inputs import Inputs, faults_of, read_inputs
from eh_access.study.schema import DataFiles, ScenarioConfig
from eh_access.study.streets import own_streets


def open_study(
    path_or_name: str | Path, *, origins: str | None = None, families: Path | None = None
) -> tuple[Study, Inputs]:
    """Return a study and its tables.

    Parameters
    ----------
    path_or_name
        Path of a study.toml, of a folder that holds one, or a bundled name: ``"rotherham"``.
    origins
        Which set of origins, by its name in ``data.origins``; the first if None.
    families
        A list of families to count in their place; see `read_inputs`.

    Returns
    -------
    tuple of Study and Inputs
        Both checked.

    Raises
    ------
    InputError
        Every fault of the study.toml and of the tables it names.
    SourceError
        If there is no such study file.
    NotFoundError
        If there is no bundled study of that name, or no such set of origins.

    Examples
    --------
    >>> study, inputs = open_study("rotherham")
    >>> len(inputs.origins), inputs.origins_name
    (878, 'oa')
    """
    try:
        study = load_study(path_or_name)
    except InputError as error:
        faults = [*error.faults, *_table_faults(find_study(path_or_name))]
        raise InputError(dict.fromkeys(faults)) from error
    return study, read_inputs(study, origins=origins, families=families)


def check_study(path_or_name: str | Path) -> tuple[Study, dict[str, Inputs]]:
    """Return a study and all its tables and sets of origins, its own streets read as well.

    Parameters
    ----------
    path_or_name
        As for `open_study`.

    Returns
    -------
    tuple of Study and dict
        The tables by the name of the set of origins.

    Raises
    ------
    InputError
        Every fault found anywhere.
    SourceError, NotFoundError
        As for `open_study`.

    Examples
    --------
    >>> sorted(check_study("rotherham")[1])
    ['oa', 'postcode']
    """
    try:
        study = load_study(path_or_name)
    except InputError:
        open_study(path_or_name)  # adds the faults of the tables
        raise
    found: dict[str, Inputs] = {}
    faults: list[str] = []
    for name in study.data.origins:
        try:
            found[name] = read_inputs(study, origins=name)
        except EhAccessError as error:
            faults += faults_of(error)
    try:
        own_streets(study, next((tables.borough for tables in found.values()), None))
    except EhAccessError as error:
        faults += faults_of(error)
    if faults:
        raise InputError(dict.fromkeys(faults))
    return study, found


def _table_faults(path: Path) -> Iterator[str]:
    """Look into the tables of a study whose own file has faults, as far as it names them."""
    try:
        raw: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        data = DataFiles.model_validate(as_tuples(raw.get("data")))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError):
        return  # what is wrong here has been told by load_study
    # only where the tables are and which sites are named matters to what is read here
    known: dict[str, Any] = {
        "data": data,
        "scenarios": tuple(_scenarios(raw)),
        "folder": path.parent,
        "file_name": path.name,
        "file_sha256": "",
    }
    study = Study.model_construct(**known)
    try:
        read_inputs(study, protect=False)
    except EhAccessError as error:
        yield from faults_of(error)


def _scenarios(raw: dict[str, Any]) -> Iterator[ScenarioConfig]:
    """Yield the scenarios that can be read, and in place of any other one that names no site."""
    tables = raw.get("scenario")
    # what contradicts itself has been told and cannot be applied to see what else is wrong
    faulty = {where[1] for where, _ in cross_faults(raw) if where[0] == "scenario"}
    unreadable = ScenarioConfig(name="not-readable", label="not readable", assess=False)
    for number, table in enumerate(tables if isinstance(tables, list) else []):
        try:
            found = ScenarioConfig.model_validate(as_tuples(table))
        except ValidationError:
            found = unreadable
        yield unreadable if number in faulty else found
