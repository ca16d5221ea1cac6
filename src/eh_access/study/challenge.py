"""A consultee's scenarios beside the council's: the same families, minutes and criteria."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from eh_access.criteria.schema import Table, read_table
from eh_access.delegate import delegate
from eh_access.errors import NotFoundError, did_you_mean
from eh_access.study.config import (
    BASELINE_NAME,
    ScenarioConfig,
    changes_nothing,
    decided_scenario,
    parse_toml,
    read_toml,
    refusal,
    repeated,
)
from eh_access.study.inputs import impossible, with_opened
from eh_access.study.records import InputFile

if TYPE_CHECKING:
    from eh_access.criteria.schema import Fault, KeyPath
    from eh_access.study.config import Study
    from eh_access.study.records import Inputs


class ScenarioFile(Table):
    """A file of scenarios, such as the map page saves."""

    scenarios: tuple[ScenarioConfig, ...] = Field(alias="scenario", min_length=1)

    def cross_faults(self) -> Iterator[Fault]:
        """Yield what no scenario shows alone, or none may have that is held against another."""
        yield from repeated("scenario", "name", [item.name for item in self.scenarios])
        yield from changes_nothing(self.scenarios, first=0)
        for number, item in enumerate(self.scenarios):
            where: KeyPath = ("scenario", number)
            if item.assess is False:
                yield (*where, "assess"), "is false, so there is nothing to run; remove it"
            if item.decided is True:
                yield (*where, "decided"), "is for the council's own study to say; remove it"


@dataclass(frozen=True, eq=False, kw_only=True)
class Challenge:
    """A study with the scenarios of others added."""

    study: Study  # ready to run: ``run_study(study, inputs=inputs)``
    inputs: Inputs
    council: str  # name of the study's scenario that theirs are held against
    theirs: tuple[str, ...]  # names of the scenarios added


def read_challenge(
    path: Path, study: Study, inputs: Inputs, *, against: str | None = None
) -> Challenge:
    """Return a study with the scenarios of a file added."""
    council = _council(study, against)
    data = read_toml(path)
    raw, lines = parse_toml(data, path.name)
    file, faults = read_table(ScenarioFile, raw)
    scenarios = file.scenarios
    faults += _taken(scenarios, [item.name for item in study.scenarios])
    sites = with_opened(inputs.sites, inputs.candidates, scenarios)
    offered = () if inputs.candidates is None else inputs.candidates.index
    known = {*map(str, sites.index), *map(str, offered)}
    faults += [
        fault for number, item in enumerate(scenarios) for fault in _sites(number, item, known)
    ]
    if not faults:
        faults += impossible(scenarios, sites)
    if faults:
        raise refusal(path.name, lines, faults)
    scenarios = delegate("name_scenarios", scenarios, study)
    read = InputFile(role="challenge", name=path.name, sha256=hashlib.sha256(data).hexdigest())
    return Challenge(
        study=study.model_copy(update={"scenarios": (*study.scenarios, *scenarios)}),
        inputs=replace(inputs, sites=sites, files=(*inputs.files, read)),
        council=council,
        theirs=tuple(item.name for item in scenarios),
    )


def _taken(scenarios: tuple[ScenarioConfig, ...], names: Collection[str]) -> Iterator[Fault]:
    for number, item in enumerate(scenarios):
        if item.name in names:
            text = f"'{item.name}' is a scenario of the study; give yours a name of its own"
            yield ("scenario", number, "name"), text


def _council(study: Study, wanted: str | None) -> str:
    names = [item.name for item in study.scenarios if item.assess and item.name != BASELINE_NAME]
    if wanted is not None and wanted not in names:
        raise NotFoundError(
            f"{study.file_name}: no scenario '{wanted}' to hold theirs against; "
            f"{did_you_mean(wanted, names)}"
        )
    if not names:
        raise NotFoundError(f"{study.file_name}: has no scenario to hold theirs against; add one")
    return decided_scenario(study.scenarios) or names[-1] if wanted is None else wanted


def _sites(number: int, scenario: ScenarioConfig, known: set[str]) -> Iterator[Fault]:
    for key, site in scenario.site_keys():
        if isinstance(site, str) and site not in known:  # what is no text has its fault already
            text = f"no site '{site}' (scenario '{scenario.name}'); "
            yield ("scenario", number, *key), text + did_you_mean(site, known)
