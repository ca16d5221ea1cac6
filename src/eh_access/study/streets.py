"""Which streets a study runs on: its own file, the cache, a download, or none."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eh_access.errors import SourceError
from eh_access.network.osm import read_network
from eh_access.network.terrain import with_heights
from eh_access.sources import bundled
from eh_access.study.config import BUNDLED
from eh_access.study.reading import read_bytes
from eh_access.study.records import InputFile, Note

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from eh_access.network.model import Network
    from eh_access.study.config import Study

DOWNLOAD = "download"
ESTIMATE = "estimate"
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
    wanted
        Whether streets were asked for: to have none is then a warning of its own.
    """

    network: Network | None
    how: str
    file: InputFile | None = None
    wanted: bool = True

    def notes(self) -> tuple[Note, ...]:
        """Return what to say beside the figures about where the streets came from.

        Returns
        -------
        tuple of Note
            One note.
        """
        missed = self.wanted and self.network is None
        return (Note(level="warning" if missed else "info", text=self.how, topic="streets"),)


def own_streets(study: Study, area: BaseGeometry | None = None) -> Streets | None:
    """Return the streets of the study's own file; no connection is ever made.

    Parameters
    ----------
    study
        The question.
    area
        The study's area, EPSG:27700: of a larger map only the streets in and around it are kept.

    Returns
    -------
    Streets or None
        None when the study wants a download.

    Raises
    ------
    SourceError
        If the file is not there, or is damaged or cut off.
    InputError
        If the file is empty, of another kind, or holds no streets of the area.
    """
    source = study.streets.source
    if source == DOWNLOAD:
        return None
    if source == ESTIMATE:
        how = "The study asks for straight-line estimates."
        return Streets(network=None, how=how, wanted=False)
    named = source.startswith(BUNDLED)
    name = source.removeprefix(BUNDLED)
    path = bundled.network_path(name) if named else study.resolve(source)
    data = read_bytes(path, name=source, role="streets")
    # a compact file holds what was wanted of it; a county's map is cut to the area
    whole = area is None or path.suffix.lower() == ".npz"
    around = None if whole or area is None else area.buffer(buffer_for(study))
    network = on_the_ground(read_network(path, area=around))
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
    """Return the best streets to be had: the study's own, else stored, else downloaded.

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

    Examples
    --------
    >>> from eh_access.study.opening import open_study
    >>> study, inputs = open_study("newport")
    >>> find_streets(study, inputs.borough).network.edge_count > 10_000
    True
    """
    if (own := own_streets(study, area)) is not None:
        return own
    from eh_access.sources import connection, download  # noqa: PLC0415 - only where asked for

    buffer_m = buffer_for(study)
    network = download.cached_network(area, buffer_m=buffer_m)
    if network is not None:
        network = on_the_ground(network)
        return downloaded(network, f"Travel times follow streets stored here ({_dated(network)}).")
    if offline:
        return Streets(
            network=None, how="No streets are stored here, and none were to be downloaded."
        )
    if not connection.is_connected(CONNECT_TIMEOUT_S):
        return Streets(network=None, how="No streets are stored here, and there is no connection.")
    try:
        network = download.download_network(area, buffer_m=buffer_m)
    except SourceError as error:
        why = str(error).splitlines()[0]
        return Streets(network=None, how=f"The streets could not be downloaded: {why}")
    network = on_the_ground(network)
    return downloaded(network, f"Travel times follow real streets ({_dated(network)}).")


def on_the_ground(network: Network) -> Network:
    """Return streets with the shipped heights where they have none of their own.

    Parameters
    ----------
    network
        The streets.

    Returns
    -------
    Network
        With heights, unless no shipped grid lies there.

    Examples
    --------
    >>> from eh_access import read_network
    >>> on_the_ground(read_network("newport")).heights.source
    'OS Terrain 50'
    """
    if network.heights is not None:
        return network
    terrain = bundled.terrain_around(network)
    return network if terrain is None else with_heights(network, terrain)


def downloaded(network: Network, how: str) -> Streets:
    """Return downloaded streets, known by the digest of what was downloaded.

    Parameters
    ----------
    network
        The streets.
    how
        One line for the reader.

    Returns
    -------
    Streets
        Their file is called ``"download"``.
    """
    digest = next((item.sha256 for item in network.provenance if item.sha256), "")
    return Streets(
        network=network,
        how=how,
        file=InputFile(role="streets", name=DOWNLOAD, sha256=digest, rows=network.edge_count),
    )


def buffer_for(study: Study) -> float:
    """Return how far beyond the area streets are wanted, in metres.

    Parameters
    ----------
    study
        The question.

    Returns
    -------
    float
        The study's own ``buffer_m``, else as far as its fastest mode gets within the longest
        cutoff that a criterion or the map asks about, at most 10 km.

    Examples
    --------
    >>> from eh_access.study.config import load_study
    >>> buffer_for(load_study("rotherham"))
    5000.0
    """
    if study.streets.buffer_m is not None:
        return study.streets.buffer_m
    from eh_access.sources import download  # noqa: PLC0415 - only where asked for

    asked = [criterion.cutoff_min for criterion in study.criteria]
    longest_min = max([study.settings.cutoff_min, *(minutes for minutes in asked if minutes)])
    return download.buffer_for(list(study.settings.travel_modes().values()), longest_min)[0]


def _dated(network: Network) -> str:
    """Return where streets come from, with their date, for a sentence."""
    told = [", ".join(filter(None, (item.publisher, item.date))) for item in network.provenance]
    return "; ".join(told) or "source not stated"
