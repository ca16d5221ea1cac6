"""Which streets a study runs on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import shapely

from eh_access.arguments import check_arguments
from eh_access.errors import (
    EhAccessError,
    InputError,
    NotFoundError,
    SourceError,
    close_match,
    did_you_mean,
)
from eh_access.facts import Note, note
from eh_access.modes import MODE_NAMES, TravelMode, as_mode
from eh_access.network import osm
from eh_access.network.area import ElsewhereError
from eh_access.network.describe import LOSSES, not_recorded
from eh_access.network.terrain import with_heights
from eh_access.provenance import refuse_endless
from eh_access.sources import bundled
from eh_access.study.config import BUNDLED
from eh_access.study.reading import read_bytes
from eh_access.study.records import InputFile

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

    from eh_access.network.model import Network
    from eh_access.study.config import Study


@check_arguments
def read_network(
    source: str | Path | Any,  # noqa: ANN401 - a networkx graph, without importing networkx
    *,
    modes: Sequence[TravelMode | str] = MODE_NAMES,
    area: gpd.GeoDataFrame | BaseGeometry | None = None,
    covered: BaseGeometry | None = None,
) -> Network:
    """Read streets from a file, from a graph, or by the name of a network that ships.

    Parameters
    ----------
    source
        A path to OpenStreetMap data (``.osm.pbf``, ``.osm``), to GraphML written by osmnx, or to
        a network saved by this library (``.npz``); an osmnx graph; or the name of a bundled
        network, ``"newport"``.
    modes
        Modes or their names; streets that none may use are left out. A saved network is read
        as it is.
    area
        Keep streets that touch this area: a GeoDataFrame in any CRS, or a geometry in EPSG:27700.
        A saved network is read as it is.
    covered
        Where the source's streets are complete (EPSG:27700), if it does not say so itself.

    Returns
    -------
    Network
        The streets, with where they came from.

    Raises
    ------
    NotFoundError
        If a name without a file ending is neither a file nor a bundled network.
    SourceError
        If the file is missing, damaged, cut off, or not of a kind that can be read.
    InputError
        If it holds no streets that may be used in the area.

    Examples
    --------
    >>> read_network("newport").provenance[0].licence
    'Open Database Licence (ODbL) 1.0'
    >>> read_network("newprt")
    Traceback (most recent call last):
    ...
    eh_access.errors.NotFoundError: 'newprt' is no file and no bundled network: did you mean ...
    """
    if isinstance(source, str) and not Path(source).suffix and not Path(source).is_file():
        try:
            source = bundled.network_path(source)
        except (NotFoundError, SourceError):
            hint = did_you_mean(str(source), bundled.bundled_names("networks"))
            message = f"'{source}' is no file and no bundled network: {hint}"
            raise NotFoundError(message) from None
    return osm.read_network(
        source, modes=[as_mode(mode) for mode in modes], area=area, covered=covered
    )


SHIPPED = "bundled"
DOWNLOAD = "download"
ESTIMATE = "estimate"
WORDS = (SHIPPED, DOWNLOAD, ESTIMATE)
"""What ``--streets`` and ``streets.source`` take beside a file."""

HARMLESS = frozenset({"repeated-objects", "names-cleaned"})
"""What a reader of streets puts right without a choice."""

ROLE = "streets"
COMPARED = "streets compared"
CONNECT_TIMEOUT_S = 3.0


@dataclass(frozen=True, eq=False, kw_only=True)
class Streets:
    """The streets found for a study, or why there are none."""

    network: Network | None  # none when times must be estimated
    how: str  # one line for the reader: where they came from, or why there are none
    file: InputFile | None = None  # the file they were read from, where there was one
    missed: bool = False  # other streets were asked for than were found: then ``how`` is a warning
    asked: str = ""  # what was asked for: a word, the name of a file, or "" for the best at hand
    # streets to compare with: those there would be if none had been asked for
    other: Streets | None = None

    def files(self) -> tuple[InputFile, ...]:
        """Return the files of streets that were read, by role."""
        files = [] if self.file is None else [self.file]
        if self.other is not None and self.other.file is not None:
            files.append(replace(self.other.file, role=COMPARED))
        return tuple(files)

    def notes(self, modes: Sequence[TravelMode] = ()) -> tuple[Note, ...]:
        """Return the notes about the streets."""
        notes = [note("warning" if self.missed else "info", ROLE, text=self.how)]
        if self.network is not None and (lacking := not_recorded(self.network, modes)):
            losses = tuple((mode.label, LOSSES[mode.name]) for mode in modes if mode.name in LOSSES)
            notes.append(note("info", "not-recorded", lacking=lacking, losses=losses))
        for item in () if self.network is None else self.network.shortfalls:
            is_harmless = item.kind in HARMLESS
            notes.append(note("info" if is_harmless else "warning", "streets-read", **vars(item)))
        return tuple(notes)


def own_streets(study: Study, area: BaseGeometry | None = None) -> Streets | None:
    """Return the streets that come with a study: its own, or those that ship for its area."""
    source = study.streets.source
    if source == DOWNLOAD:
        return None
    if source is not None:
        return _named(study, area, source, study.resolve)
    return None if area is None else shipped_streets(study, area)


@check_arguments
def find_streets(
    study: Study, area: BaseGeometry, *, streets: str | Path | None = None, offline: bool = False
) -> Streets:
    """Return the streets asked for, else the best at hand.

    Parameters
    ----------
    study
        The question.
    area
        The study's area, EPSG:27700.
    streets
        ``"bundled"`` (those that ship for the area), ``"download"``, ``"estimate"`` (none), or a
        file of streets. If None: what the study says, else those that ship, else those stored
        by an earlier download, else a download.
    offline
        Never open a connection.

    Returns
    -------
    Streets
        Without a network when there are none to be had, and ``how`` says why.

    Raises
    ------
    SourceError
        If a file of streets is not there, or is damaged or cut off.
    NotFoundError
        If no streets of the area ship and they were asked for, or there is no such file.

    Examples
    --------
    >>> from eh_access.study.opening import open_study
    >>> study, inputs = open_study("newport")
    >>> find_streets(study, inputs.borough).network.edge_count > 10_000
    True
    >>> find_streets(study, inputs.borough, streets="estimate").network is None
    True
    """
    choice = (study.streets.source or "") if streets is None else str(streets)
    if streets is not None and choice != DOWNLOAD:
        chosen: Streets | None = _named(study, area, choice, _given_file)
        choice = choice if street_file(choice) is None else Path(choice).name
    else:
        chosen = None if choice == DOWNLOAD else own_streets(study, area)
    if chosen is None:
        chosen = _stored_or_downloaded(study, area, offline=offline)
    other = _other(study, area, chosen) if streets is not None or choice == DOWNLOAD else None
    return replace(chosen, asked=choice, other=other)


def _other(study: Study, area: BaseGeometry, chosen: Streets) -> Streets | None:
    """Return the streets that would be used by default, if others."""
    if chosen.network is None or chosen.file is None:
        return None
    by_default = study.streets.source in (None, DOWNLOAD, ESTIMATE)
    try:
        other = shipped_streets(study, area) if by_default else own_streets(study, area)
    except EhAccessError:
        return None  # streets given in place of some that cannot be used
    same = other is None or other.file is None or other.file.sha256 == chosen.file.sha256
    return None if same else other


def street_file(streets: str | Path | None) -> Path | None:
    """Return the file that a choice of streets names, if it is one."""
    word = None if streets is None else str(streets)
    return None if word is None or word in WORDS or word.startswith(BUNDLED) else Path(word)


def _named(
    study: Study, area: BaseGeometry | None, source: str, resolve: Callable[[str], Path]
) -> Streets:
    """Return the streets that a word or the name of a file means."""
    if source == ESTIMATE:
        return Streets(network=None, how="Straight-line estimates were asked for.")
    if source == SHIPPED:
        shipped = None if area is None else shipped_streets(study, area)
        if shipped is None:
            names = ", ".join(bundled.bundled_names("networks"))
            raise NotFoundError(
                f"no streets of the study's area ship with eh_access (those of {names} do); give a "
                "file of streets, download or estimate"
            )
        return shipped
    if source.startswith(BUNDLED):
        return read_streets(study, area, source, network_file(source))
    path = resolve(source)
    name = source if resolve == study.resolve else path.name
    return read_streets(study, area, name, path)


def network_file(source: str) -> Path:
    """Return the path of a network that ships, from ``bundled:NAME``."""
    return bundled.network_path(source.removeprefix(BUNDLED))


def _given_file(name: str) -> Path:
    path = Path(name)
    refuse_endless(path)
    if not path.is_file():
        raise NotFoundError(
            f"streets: there is no file '{name}', and it is none of {', '.join(WORDS)}; "
            f"{close_match(name, WORDS) or 'correct the path'}"
        )
    return path


def shipped_streets(study: Study, area: BaseGeometry) -> Streets | None:
    """Return the streets that ship for an area, or None."""
    name = bundled.network_covering(area)
    if name is None:
        return None
    return read_streets(study, area, BUNDLED + name, bundled.network_path(name))


def read_streets(study: Study, area: BaseGeometry | None, name: str, path: Path) -> Streets:
    """Read the streets of a file; of a larger map, those in and around the area."""
    data = read_bytes(path, name=name, role=ROLE)
    # a compact file holds what was wanted of it; a county's map is cut to the area
    whole = area is None or path.suffix.lower() == ".npz"
    around = None if whole or area is None else area.buffer(buffer_for(study))
    try:
        network = on_the_ground(osm.read_network(path, area=around))
    except ElsewhereError:
        refuse_elsewhere(study, name)
    if area is not None and not is_near(study, area, network):
        refuse_elsewhere(study, name)
    return Streets(
        network=network,
        how=f"Travel times follow real streets ({_dated(network)}).",
        file=InputFile(
            role=ROLE,
            name=name,
            sha256=hashlib.sha256(data).hexdigest(),
            rows=network.edge_count,
        ),
    )


def refuse_elsewhere(study: Study, name: str) -> NoReturn:
    """Refuse streets of another place."""
    raise InputError(
        f"{name}: no street within {buffer_for(study) / 1000:g} km of the study's area; give "
        f"streets of {study.place}"
    )


def is_near(study: Study, area: BaseGeometry, network: Network) -> bool:
    """Return whether any street begins or ends within the buffer of an area."""
    around = area.buffer(buffer_for(study))
    shapely.prepare(around)
    return bool(shapely.contains_xy(around, network.node_x, network.node_y).any())


def _stored_or_downloaded(study: Study, area: BaseGeometry, *, offline: bool) -> Streets:
    from eh_access.sources import openstreetmap  # noqa: PLC0415 - only where asked for

    buffer_m = buffer_for(study)
    network = openstreetmap.cached_network(area, buffer_m=buffer_m)
    if network is not None:
        return downloaded(network)
    if offline:
        why = "No downloaded streets are stored here, and none were to be downloaded."
    elif not openstreetmap.is_connected(CONNECT_TIMEOUT_S):
        why = "No downloaded streets are stored here, and there is no connection."
    else:
        try:
            return downloaded(openstreetmap.download_network(area, buffer_m=buffer_m))
        except SourceError as error:
            why = f"The streets could not be downloaded: {str(error).splitlines()[0]}"
    return _instead(study, area, why)


def _instead(study: Study, area: BaseGeometry, why: str) -> Streets:
    """Return the streets that ship instead of others, else none."""
    shipped = shipped_streets(study, area)
    if shipped is None:
        return Streets(network=None, how=why, missed=True)
    return replace(
        shipped, how=f"{why} Instead: {shipped.how[0].lower()}{shipped.how[1:]}", missed=True
    )


def on_the_ground(network: Network) -> Network:
    """Return streets with the shipped heights where they have none of their own."""
    if network.heights is not None:
        return network
    terrain = bundled.terrain_around(network)
    return network if terrain is None else with_heights(network, terrain)


def downloaded(network: Network) -> Streets:
    """Return streets just downloaded or from the store, known by the digest of what came."""
    network = on_the_ground(network)
    digest = next((item.sha256 for item in network.provenance if item.sha256), "")
    return Streets(
        network=network,
        how=f"Travel times follow downloaded streets ({_dated(network)}).",
        file=InputFile(role=ROLE, name=DOWNLOAD, sha256=digest, rows=network.edge_count),
    )


def buffer_for(study: Study) -> float:
    """Return how far beyond the area streets are wanted, in metres."""
    if study.streets.buffer_m is not None:
        return study.streets.buffer_m
    from eh_access.sources import openstreetmap  # noqa: PLC0415 - only where asked for

    cutoffs = [criterion.cutoff_min for criterion in study.criteria]
    longest_min = max([study.cutoff_min, *(minutes for minutes in cutoffs if minutes)])
    return openstreetmap.buffer_for(list(study.settings.travel_modes().values()), longest_min)


def _dated(network: Network) -> str:
    """Return the sources of streets with their dates."""
    sources = [", ".join(filter(None, (item.publisher, item.date))) for item in network.provenance]
    return "; ".join(sources) or "source not stated"
