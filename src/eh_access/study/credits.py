"""Who must be credited for what a study read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from eh_access.network.model import Provenance
from eh_access.sources.bundled import data_dir, load_sources

if TYPE_CHECKING:
    from eh_access.network.model import Network
    from eh_access.study.config import Study
    from eh_access.study.records import InputFile


def credits_for(
    study: Study, files: tuple[InputFile, ...], network: Network | None
) -> tuple[Provenance, ...]:
    """Return where everything a study read came from."""
    found = [credit for file in files for credit in _credit(study, file)]
    streets = () if network is None else network.provenance
    return tuple(dict.fromkeys([*found, *streets]))


def _credit(study: Study, file: InputFile) -> Iterator[Provenance]:
    if file.role in ("study", "streets", "streets compared", "families", "challenge"):
        return
    stated = [source for source in study.sources if source.file == file.name]
    for source in stated:
        yield Provenance(**source.model_dump(exclude={"file"}), sha256=file.sha256)
    if stated:
        return
    shipped = load_sources().get(_bundled_name(study.resolve(file.name)))
    if shipped is not None:
        yield shipped.provenance
    else:
        yield Provenance(
            title=f"{file.role}: {Path(file.name).name}",
            publisher="not stated in the study",
            licence="not stated in the study",
            sha256=file.sha256,
        )


def _bundled_name(path: Path) -> str:
    """Return a file's path below the shipped data, or "" when it is not one of those."""
    root = data_dir().resolve()
    resolved = path.resolve()
    return resolved.relative_to(root).as_posix() if resolved.is_relative_to(root) else ""
