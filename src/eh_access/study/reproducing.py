"""A run once more from its manifest: the same study, the same inputs or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eh_access.errors import InputError, SourceError
from eh_access.sources import bundled
from eh_access.study.config import BUNDLED, load_study
from eh_access.study.families import ROLE
from eh_access.study.history import history_of, remember
from eh_access.study.inputs import read_inputs
from eh_access.study.run import run_study
from eh_access.study.streets import DOWNLOAD, Streets, buffer_for, downloaded, own_streets

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from eh_access.study.config import Study
    from eh_access.study.results import StudyResult
    from eh_access.study.travel import Progress

LEVELS_UP = 3
NEEDED = ("study", "inputs", "outputs", "criteria", "streets", "origins", "versions")


@dataclass(frozen=True, kw_only=True)
class Source:
    """The study that a manifest tells of.

    Parameters
    ----------
    study
        As its file stands now.
    families
        The list of families that was counted, or None.
    changed
        Inputs that are not what they were, in words; empty when the run can be repeated.
    """

    study: Study
    families: Path | None
    changed: tuple[str, ...]


def read_manifest(path: Path) -> dict[str, Any]:
    """Return a manifest.

    Parameters
    ----------
    path
        A manifest.json.

    Returns
    -------
    dict
        With everything a check needs.

    Raises
    ------
    SourceError
        If the file cannot be read.
    InputError
        If it is no manifest of this library.
    """
    path = path / "manifest.json" if path.is_dir() else path
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SourceError(
            f"{path.as_posix()}: cannot be read ({error.strerror}); give the path of a "
            "manifest.json"
        ) from error
    except ValueError as error:
        raise InputError(f"{path.as_posix()}: not JSON; give a manifest.json") from error
    lacking = [key for key in NEEDED if not isinstance(found, dict) or key not in found]
    if lacking:
        raise InputError(
            f"{path.as_posix()}: not a manifest of this version of eh_access (it lacks "
            f"'{lacking[0]}'); run the study again with eh-access report"
        )
    return found


def find_source(
    manifest: Mapping[str, Any],
    near: Path,
    *,
    study: Path | None = None,
    families: Path | None = None,
) -> Source:
    """Return the study of a manifest, and which of its inputs have changed since.

    A manifest names no folder. Unless the study is given it is looked for by name and digest:
    among those that ship, here, and in and around the manifest's folder.

    Parameters
    ----------
    manifest
        From `read_manifest`.
    near
        The folder of the manifest.
    study
        The study's file, where it is known.
    families
        The list of families, where one was counted and the study does not name it.

    Returns
    -------
    Source
        Nothing has been run.

    Raises
    ------
    SourceError
        If the study or one of its inputs is not to be found.
    """
    stated = {item["role"]: item for item in manifest["inputs"]}
    name = str(manifest["study"]["file"])
    digest = str(stated.get("study", {}).get("sha256", ""))
    path = study if study is not None else _search(name, digest, near)
    found = load_study(path)
    if found.file_sha256 != digest:
        return Source(study=found, families=None, changed=(f"{name} (the study)",))
    listed = families
    if listed is None and ROLE in stated and found.data.families:
        listed = found.resolve(found.data.families)
    if listed is None and ROLE in stated:
        raise SourceError(
            "this run counted a list of families, which no manifest names; give it with --families"
        )
    changed = (
        *_changed(manifest["inputs"], found, listed),
        *_counts_changed(manifest, found, listed),
    )
    return Source(study=found, families=listed, changed=changed)


def _search(name: str, digest: str, near: Path) -> Path:
    """Return the file of that name with that digest, else of that name."""
    around = [near.resolve(), *near.resolve().parents][:LEVELS_UP]
    folders = [Path.cwd(), *around, bundled.data_dir() / "studies"]
    places = [place for folder in folders for place in (folder / name, *folder.glob(f"*/{name}"))]
    files = [place for place in dict.fromkeys(places) if place.is_file()]
    for place in files:
        if _sha256(place) == digest:
            return place
    if files:
        return files[0]
    raise SourceError(
        f"the study of this manifest, {name}, is neither here nor near the manifest; give its "
        "path with --study"
    )


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _changed(inputs: list[Mapping[str, Any]], study: Study, families: Path | None) -> Iterator[str]:
    for item in inputs:
        role, name = str(item["role"]), str(item["name"])
        if role in {"study", *_counted(study, families)} or name == DOWNLOAD:
            continue
        if role == "streets" and name.startswith(BUNDLED):
            path = bundled.network_path(name.removeprefix(BUNDLED))
        else:
            path = study.resolve(name)
        told = f"{name} ({role})"
        try:
            now = _sha256(path)
        except OSError as error:
            raise SourceError(
                f"{told} cannot be read ({error.strerror}); a run can be repeated only with all "
                "its inputs"
            ) from None
        if now != item["sha256"]:
            yield told


def _counted(study: Study, families: Path | None) -> tuple[str, ...]:
    """Return the roles of files of counts that are not public: no digest of those is kept."""
    own = () if study.weights_public else ("origins",)
    return own if families is None else (*own, ROLE)


def _counts_changed(
    manifest: Mapping[str, Any], study: Study, families: Path | None
) -> Iterator[str]:
    """Name the counts that are not public whose published form is another than it was."""
    roles = _counted(study, families)
    if not roles:
        return
    tables = read_inputs(study, origins=str(manifest["origins"]), families=families)
    now = {file.role: file.sha256 for file in tables.files}
    for item in manifest["inputs"]:
        if item["role"] in roles and now.get(str(item["role"])) != item["sha256"]:
            listed = item["role"] == ROLE
            yield "the list of families" if listed else f"{item['name']} ({item['role']})"


def run_again(
    manifest: Mapping[str, Any], source: Source, *, progress: Progress | None = None
) -> StudyResult:
    """Return what a study finds when it is run again as a manifest says.

    Parameters
    ----------
    manifest
        From `read_manifest`.
    source
        From `find_source`, with nothing changed.
    progress
        Called with a few words as each stage begins.

    Returns
    -------
    StudyResult
        With the history of criteria that the manifest tells.

    Raises
    ------
    SourceError
        If its streets are not stored here any more, or not as they were.
    """
    study = source.study
    inputs = read_inputs(study, origins=str(manifest["origins"]), families=source.families)
    streets = _streets(manifest, study, inputs.borough)
    result = run_study(study, inputs=inputs, streets=streets, progress=progress)
    history = history_of(manifest)
    return remember(result, history) if history else result


def _streets(manifest: Mapping[str, Any], study: Study, area: BaseGeometry) -> Streets:
    """Return the streets a run had, in the words it had for them."""
    how = str(manifest["streets"]["how"])
    if manifest.get("basis") == "estimated":
        loud = any(
            note["topic"] == "streets" and note["level"] == "warning" for note in manifest["notes"]
        )
        return Streets(network=None, how=how, wanted=loud)
    own = own_streets(study, area)
    if own is not None:
        return own
    from eh_access.sources import download  # noqa: PLC0415 - only where asked for

    stated = next((item for item in manifest["inputs"] if item["role"] == "streets"), None)
    if stated is None:
        raise SourceError("this run was given its streets in code; no manifest can repeat that")
    network = download.cached_network(area, buffer_m=buffer_for(study))
    if network is None or stated["sha256"] not in {item.sha256 for item in network.provenance}:
        raise SourceError(
            "the streets this run downloaded are not stored here; a later download would not be "
            "the same, so nothing was compared"
        )

    return downloaded(network, how)
