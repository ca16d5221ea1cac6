"""Which streets a study runs on: its own file, the cache, a download, or none."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eh_access.errors import SourceError
from eh_access.network.osm import read_network
from eh_access.sources import bundled
from eh_access.study.config import BUNDLED
from eh_access.study.reading import read_bytes
from eh_access.study.results import InputFile, Note

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from eh_access.network.model import Network
    from eh_access.study.config import Study

DOWNLOAD = "download"
ESTIMATE = "estimate"
LEAST_BUFFER_M = 3000.0
CONNECT_TIMEOUT_S = 3.0


@dataclass(frozen=True, eq=False, kw_only=True)
class Streets:
    """The streets found for a study, or why there are none.

    Parameters
    ----------
    network
        None when times must be estimated.
    how
        One line for the reader: where they came from, or why there are none.
    file
        The file they were read from, where there was one.
    """

    network: Network | None
    how: str
    file: InputFile | None = None

    def notes(self) -> tuple[Note, ...]:
        """Return what to say beside the figures about where the streets came from.

        Returns
        -------
        tuple of Note
            One note.
        """
        found = self.network is not None
        return (Note(level="info" if found else "warning", text=self.how, topic="streets"),)


def own_streets(study: Study) -> Streets | None:
    """Return the streets of the study's own file; no connection is ever made.

    Parameters
    ----------
    study
        The question.

    Returns
    -------
    Streets or None
        None when the study wants a download.

    Raises
    ------
    SourceError
        If the file is not there, or is damaged or cut off.
    InputError
        If the file is empty or of another kind.
    """
    source = study.streets.source
    if source == DOWNLOAD:
        return None
    if source == ESTIMATE:
        return Streets(network=None, how="The study asks for straight-line estimates.")
    named = source.startswith(BUNDLED)
    name = source.removeprefix(BUNDLED)
    path = bundled.network_path(name) if named else study.resolve(source)
    data = read_bytes(path, name=source, role="streets")
    network = read_network(path)
    return Streets(
        network=network,
        how=f"Travel times follow real streets ({_dated(network)}).",
        file=InputFile(
            role="streets",
            name=source,
            sha256=hashlib.sha256(data).hexdigest(),
            rows=network.edge_count,
        ),
    )


def find_streets(study: Study, area: BaseGeometry, *, offline: bool = False) -> Streets:
    """Return the best streets to be had: the study's own, else cached, else downloaded.

    Parameters
    ----------
    study
        The question.
    area
        The study's area, EPSG:27700.
    offline
        Never open a connection.

    Returns
    -------
    Streets
        Without a network when there are none to be had, and ``how`` says why.

    Raises
    ------
    SourceError
        If the study's own file is not there, or is damaged or cut off.
    """
    if (own := own_streets(study)) is not None:
        return own
    from eh_access.sources import download  # noqa: PLC0415 - only for those who ask for it

    buffer_m = buffer_for(study)
    network = download.cached_network(area, buffer_m=buffer_m)
    if network is not None:
        return Streets(
            network=network,
            how=f"Travel times follow real streets downloaded earlier ({_dated(network)}).",
        )
    if offline:
        return Streets(network=None, how="No streets are stored, and none were to be downloaded.")
    if not download.is_connected(timeout_s=CONNECT_TIMEOUT_S):
        return Streets(network=None, how="No streets are stored, and there is no connection.")
    try:
        network = download.download_network(area, buffer_m=buffer_m)
    except SourceError as error:
        why = str(error).splitlines()[0]
        return Streets(network=None, how=f"The streets could not be downloaded: {why}")
    return Streets(network=network, how=f"Travel times follow real streets ({_dated(network)}).")


def buffer_for(study: Study) -> float:
    """Return how far beyond the area streets are wanted, in metres.

    Far enough for the longest walk that a criterion or the map asks about; car trips that reach
    the rim are counted and told.

    Parameters
    ----------
    study
        The question.

    Returns
    -------
    float
        The study's own ``buffer_m``, else cutoff x speed, at least 3 km.

    Examples
    --------
    >>> from eh_access.study.config import load_study
    >>> buffer_for(load_study("rotherham")) >= 3000
    True
    """
    if study.streets.buffer_m is not None:
        return study.streets.buffer_m
    settings = study.settings
    asked = [criterion.cutoff_min for criterion in study.criteria]
    longest_min = max([settings.cutoff_min, *(minutes for minutes in asked if minutes)])
    on_foot = [
        mode.speed_km_h for mode in settings.travel_modes().values() if not mode.uses_road_speeds
    ]
    fastest_km_h = max(on_foot, default=0.0)
    return max(LEAST_BUFFER_M, longest_min / 60 * fastest_km_h * 1000)


def _dated(network: Network) -> str:
    """Return where streets come from, with their date, for a sentence."""
    told = [
        f"{item.title}, {item.date}" if item.date else item.title for item in network.provenance
    ]
    return "; ".join(told) or "source not stated"
