"""A study opened for use: its file and its tables, with every fault of both told at once."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from eh_access.errors import EhAccessError, InputError
from eh_access.study.config import Study, as_tuples, find_study, load_study
from eh_access.study.crosschecks import cross_faults
from eh_access.study.inputs import Inputs, faults_of, read_inputs
from eh_access.study.notes import joined
from eh_access.study.records import Note
from eh_access.study.scenario_tables import ScenarioConfig, readable_part
from eh_access.study.schema import DataFiles
from eh_access.study.street_changes import changed_networks
from eh_access.study.streets import DOWNLOAD, find_streets, own_streets


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
    faults += _street_faults(study, found)
    try:
        refuse_unanswerable(study)
    except InputError as error:
        faults += error.faults
    if faults:
        raise InputError(dict.fromkeys(faults))
    return study, {name: _unseen_streets(study, tables) for name, tables in found.items()}


def refuse_unanswerable(study: Study) -> None:
    """Refuse a study that asks nothing: a report needs something to judge by."""
    if not study.criteria:
        raise InputError(
            f"{study.file_name}: there is no [[criterion]], so there is nothing to judge by; add "
            "one (docs/how-to/own-study.md lists what can be asked)"
        )


def _street_faults(study: Study, found: Mapping[str, Inputs]) -> Iterator[str]:
    """Read the streets at hand and make the changes that scenarios want; nothing is downloaded."""
    tables = next(iter(found.values()), None)
    try:
        if tables is None:
            own_streets(study)
            return
        changing = any(scenario.assess and scenario.streets for scenario in study.scenarios)
        streets = find_streets(study, tables.borough, offline=True) if changing else None
        if streets is None:
            own_streets(study, tables.borough)
        elif streets.network is not None or not streets.missed:
            changed_networks(study, tables.areas, streets.network, streets.how)
    except EhAccessError as error:
        yield from faults_of(error)


def _unseen_streets(study: Study, tables: Inputs) -> Inputs:
    """Say where changes of streets could not be checked, for the streets are not here yet."""
    named = [item.name for item in study.scenarios if item.assess and item.streets]
    if not named or study.streets.source not in (None, DOWNLOAD):
        return tables
    if find_streets(study, tables.borough, offline=True).network is not None:
        return tables
    told = (
        f"The streets that {joined(named)} would change are checked once there are streets: none "
        "are stored here (eh-access network download)."
    )
    note = Note(level="warning", text=told, topic="streets")
    return replace(tables, notes=(*tables.notes, note))


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
    """Yield what can be read of the scenarios, and in place of any other one that names no site."""
    tables = raw.get("scenario")
    # what contradicts itself has been told and cannot be applied to see what else is wrong
    faulty = {where[1] for where, _ in cross_faults(raw) if where[0] == "scenario"}
    unreadable = ScenarioConfig(name="not-readable", label="not readable", assess=False)
    for number, table in enumerate(tables if isinstance(tables, list) else []):
        sound = isinstance(table, Mapping) and number not in faulty
        yield readable_part(as_tuples(table)) if sound else unreadable
