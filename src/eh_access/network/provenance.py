"""Where streets come from, what they hold, and whom to credit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eh_access.delegate import delegate
from eh_access.modes import MODES
from eh_access.provenance import Provenance

if TYPE_CHECKING:
    import pandas as pd

COPYRIGHT_URL = "https://www.openstreetmap.org/copyright"


def osm_provenance(*, date: str, sha256: str = "") -> Provenance:
    """Return the provenance and credit of OpenStreetMap streets."""
    return Provenance(
        title="Streets",
        publisher="OpenStreetMap contributors",
        licence="Open Database Licence (ODbL) 1.0",
        attribution="© OpenStreetMap contributors",
        date=date,
        sha256=sha256,
        url=COPYRIGHT_URL,
    )


@dataclass(frozen=True, kw_only=True)
class Shortfall:
    """Objects of a source that were left out, replaced or not as they should be."""

    kind: str  # a short stable word, such as ``"points-without-place"``
    count: int
    of: int  # how many objects of that kind were read


@dataclass(frozen=True, kw_only=True)
class Steepness:
    """How steep a network's streets are, by length; slopes in per cent, up or down alike."""

    source: str  # where heights come from
    median_percent: float  # half of the length is steeper than the first, a tenth than the second
    tenth_percent: float
    steep_km: float  # steeper than 8 per cent
    unknown_km: float  # without heights, taken as level


@dataclass(frozen=True, eq=False)
class NetworkDescription:
    """What a network holds, as tables."""

    # index ``street`` (the ``highway`` tag, or the kind of barrier crossing); columns ``edges``,
    # ``total_km`` and for each mode ``{mode}_km``, open in at least one direction
    classes: pd.DataFrame
    # index ``mode``; columns ``open_km``, ``one_way_km``, ``main_share`` (of the open kilometres,
    # those in the main part), ``islands`` (other parts of the network, each with open streets)
    # and ``island_km``
    modes: pd.DataFrame
    # columns ``mode``, ``doubt``, ``edges``, ``km``: what the tags leave open, taken as passable,
    # and what the streets' source never recorded
    doubts: pd.DataFrame
    steepness: Steepness | None  # how steep the streets are; None where heights are not known
    provenance: tuple[Provenance, ...]  # where streets and heights came from, with their date
    not_recorded: frozenset[str]  # OpenStreetMap's keys that the streets' source never has
    gaps: Mapping[str, tuple[str, ...]]  # by mode: what its rules look for in vain, in words

    def facts(self) -> list[tuple[str, str]]:
        """Return the few facts a report prints, as label and text."""
        facts = [("Streets", f"{self.classes['total_km'].sum():,.0f} km")]
        for mode, row in self.modes.iterrows():
            text = str(delegate("phrase", row.to_dict(), "streets", "connection"))
            known = MODES.get(str(mode))
            facts.append((known.label.capitalize() if known else str(mode), text))
        facts.append(("Slopes", self._slopes()))
        for source in self.provenance:
            date = f", {source.date}" if source.date else ""
            facts.append(("Source", f"{source.publisher}{date} ({source.licence})"))
        return facts

    def _slopes(self) -> str:
        hills = self.steepness
        part, facts = ("level", {}) if hills is None else ("slopes", vars(hills))
        return str(delegate("phrase", facts, "streets", part))
