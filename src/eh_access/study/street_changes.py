"""Streets that a scenario changes: from its keys to a changed network, each fault with its line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from eh_access.errors import EhAccessError, InputError, did_you_mean
from eh_access.network.changes import CloseStreet, SetSpeedLimit, StreetChange, change_streets
from eh_access.network.links import AddLink
from eh_access.study.faults import Lines, fault_at
from eh_access.study.records import Note

if TYPE_CHECKING:
    import geopandas as gpd

    from eh_access.network.model import Network
    from eh_access.study.config import Study
    from eh_access.study.schema import ScenarioConfig, StreetChangeConfig


def changed_networks(
    study: Study, areas: gpd.GeoDataFrame, network: Network | None, how: str
) -> dict[str, Network]:
    """Return the streets under each assessed scenario that changes some."""
    lines = lines_of(study)
    faults: list[str] = []
    found: dict[str, Network] = {}
    for number, scenario in enumerate(study.scenarios):
        if not (scenario.assess and scenario.streets):
            continue
        where = ("scenario", number, "streets")
        if network is None:
            told = (
                f"scenario '{scenario.name}' changes streets, and there are none to change: "
                f"{how.strip().rstrip('.')}. Name a file of streets in streets.source, or set "
                "assess = false and say so in why_not"
            )
            faults.append(fault_at(study.file_name, lines, where, told))
            continue
        try:
            found[scenario.name] = change_streets(network, street_changes(scenario, areas))
        except EhAccessError as error:
            told_all = error.faults if isinstance(error, InputError) else (str(error),)
            faults += [fault_at(study.file_name, lines, where, text) for text in told_all]
    if faults:
        raise InputError(faults)
    return found


def street_changes(scenario: ScenarioConfig, areas: gpd.GeoDataFrame) -> tuple[StreetChange, ...]:
    """Return what a scenario changes on the streets."""
    unknown = [
        f"no area '{item.area}': {did_you_mean(item.area, areas.index)}"
        for item in scenario.streets
        if item.area is not None and item.area not in areas.index
    ]
    if unknown:
        raise InputError(unknown)
    return tuple(_change(item, areas) for item in scenario.streets)


def street_notes(study: Study, networks: Mapping[str, Network]) -> Iterator[Note]:
    """Tell which scenarios are worked out on changed streets, and what changes."""
    for scenario in study.scenarios:
        if scenario.name not in networks:
            continue
        words = "; ".join(
            item.title.removeprefix(TITLE)
            for item in networks[scenario.name].provenance
            if item.title.startswith(TITLE)
        )
        text = (
            f"Times under \N{LEFT SINGLE QUOTATION MARK}{scenario.label}"
            f"\N{RIGHT SINGLE QUOTATION MARK} follow changed streets ({words}); the baseline's "
            "follow the streets as they are. A home or site whose own street is closed joins the "
            "next one it may use."
        )
        yield Note(level="info", text=text, topic="streets")


TITLE = "Change to the streets: "
"""What ``change_streets`` puts before a change in the provenance."""


def lines_of(study: Study) -> Lines:
    """Return where the study's keys stand; nowhere for a study built in code."""
    path = Path(study.folder, study.file_name)
    return Lines(path.read_text(encoding="utf-8-sig") if path.is_file() else "")


def _change(item: StreetChangeConfig, areas: gpd.GeoDataFrame) -> StreetChange:
    if item.change == "link":
        assert item.start is not None  # noqa: S101 - cross-checked
        assert item.end is not None  # noqa: S101 - as above
        return AddLink(start=item.start, end=item.end, name=item.name or "", length_m=item.length_m)
    within = None if item.area is None else areas.geometry[item.area]
    if item.change == "limit":
        assert item.mph is not None  # noqa: S101 - cross-checked
        return SetSpeedLimit(way=item.way, name=item.street, within=within, mph=item.mph)
    return CloseStreet(
        way=item.way, name=item.street, within=within, to=item.closed_to or "everyone"
    )
