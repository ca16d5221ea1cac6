"""What ships with the package, and who must be credited."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import shapely

from eh_access.arguments import check_arguments
from eh_access.errors import InputError, NotFoundError, SourceError, did_you_mean
from eh_access.network.io import read_covered
from eh_access.network.terrain import Terrain, read_terrain
from eh_access.provenance import Provenance
from eh_access.tables import check_areas, check_origins, check_sites

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from eh_access.network.model import Network

_INSTALLED = Path(__file__).resolve().parents[1] / "data"
_CHECKOUT = Path(__file__).resolve().parents[3] / "data"
_CREDIT = ("title", "publisher", "licence", "attribution", "date", "sha256", "url")
_FACTS = ("path", "derivation", "rows", "inputs")


@dataclass(frozen=True, kw_only=True)
class BundledFile:
    """What SOURCES.toml says about one shipped file."""

    path: str  # below `data_dir`, with forward slashes
    derivation: str  # how it was made from what its publisher offers
    rows: int  # origins, sites or areas; edges of a network
    inputs: Mapping[str, str]  # digest of each source file, by its name
    provenance: Provenance  # title, publisher, licence, credit, date and digest


def data_dir() -> Path:
    """Return the folder of shipped data, in an installed package or a checkout."""
    for folder in (_INSTALLED, _CHECKOUT):
        if (folder / "SOURCES.toml").is_file():
            return folder
    raise SourceError(
        f"the data that ships with eh_access is not in {_INSTALLED}; install the package again"
    )


def load_sources() -> dict[str, BundledFile]:
    """Return what SOURCES.toml says about every shipped file, by path below `data_dir`.

    Raises
    ------
    SourceError
        If SOURCES.toml cannot be read.
    InputError
        If entries lack what every entry must say: each fault is listed.

    Examples
    --------
    >>> load_sources()["origins/rotherham_oa.csv"].rows
    878
    """
    path = data_dir() / "SOURCES.toml"
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("file", [])
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SourceError(f"{path.name} cannot be read ({error}); install again") from error
    faults = [
        f"{path.name}, entry {number} ({entry.get('path', 'no path')}): no '{key}'; add it"
        for number, entry in enumerate(entries, 1)
        for key in _CREDIT + _FACTS
        if key not in entry
    ]
    if faults:
        raise InputError(faults)
    return {
        entry["path"]: BundledFile(
            path=entry["path"],
            derivation=entry["derivation"],
            rows=entry["rows"],
            inputs={source["name"]: source["sha256"] for source in entry["inputs"]},
            provenance=Provenance(**{key: entry[key] for key in _CREDIT}),
        )
        for entry in entries
    }


COVERS = 0.99
"""An outline that meets the streets' own edge may stick out by a hair."""

_TEXT = {"site_id", "origin_id", "area_id", "ward_code", "postcode", "locality", "address"}
_FOLDERS: Mapping[str, str] = MappingProxyType(
    {
        "boundaries": ".geojson",
        "origins": ".csv",
        "sites": ".csv",
        "networks": ".npz",
        "studies": ".toml",
        "terrain": ".npz",
        "timetables": ".zip",
    }
)


def bundled_path(relative: str) -> Path:
    """Return the path of a shipped file."""
    root = data_dir()
    shipped = {path.relative_to(root).as_posix(): path for path in root.rglob("*.*")}
    if relative not in shipped:
        raise NotFoundError(f"no bundled file '{relative}': {did_you_mean(relative, shipped)}")
    return shipped[relative]


def bundled_names(folder: str) -> tuple[str, ...]:
    """Return the names of what ships in one folder, sorted."""
    if folder not in _FOLDERS:
        raise NotFoundError(f"no bundled folder '{folder}': {did_you_mean(folder, _FOLDERS)}")
    return tuple(sorted(path.stem for path in (data_dir() / folder).glob(f"*{_FOLDERS[folder]}")))


def network_path(name: str) -> Path:
    """Return the path of a bundled network, for example "newport"."""
    return _named("networks", name, "network")


@check_arguments
def timetable_path(name: str) -> Path:
    """Return the path of a timetable that ships, for `read_timetable` and `check_timetable`.

    Parameters
    ----------
    name
        ``"newport"``: a part of its buses in June 2023.

    Returns
    -------
    pathlib.Path
        A GTFS zip file.

    Raises
    ------
    NotFoundError
        If there is none of that name.

    Examples
    --------
    >>> timetable_path("newport").name
    'newport.zip'
    """
    return _named("timetables", name, "timetable")


def network_covering(area: BaseGeometry) -> str | None:
    """Return the name of the bundled network whose streets are complete in an area."""
    best, most = None, COVERS
    for name in bundled_names("networks"):
        covered = read_covered(network_path(name))
        if covered is None:
            continue
        share = shapely.intersection(covered, area).area / area.area
        if share >= most:
            best, most = name, share
    return best


def terrain_around(network: Network) -> Terrain | None:
    """Return the shipped heights that streets lie on."""
    best, most = None, 0.5
    for name in bundled_names("terrain"):
        terrain = read_terrain(bundled_path(f"terrain/{name}.npz"))
        west, south, east, north = terrain.bounds
        inside = (network.node_x >= west) & (network.node_x <= east)
        inside &= (network.node_y >= south) & (network.node_y <= north)
        share = float(inside.mean()) if network.node_count else 0.0
        if share >= most:
            best, most = terrain, share
    return best


def study_path(name: str) -> Path:
    """Return the path of a bundled study, for example "rotherham"."""
    return _named("studies", name, "study")


@check_arguments
def load_areas(name: str) -> gpd.GeoDataFrame:
    """Return bundled areas, checked, in EPSG:27700.

    Parameters
    ----------
    name
        For example "rotherham_lsoa21", "rotherham_wards", "rotherham_borough".

    Returns
    -------
    geopandas.GeoDataFrame
        As `eh_access.tables.check_areas` returns it.

    Raises
    ------
    NotFoundError
        If none of that name ship; close names are suggested.

    Examples
    --------
    >>> int(load_areas("rotherham_lsoa21")["under_fives"].sum())
    14637
    """
    path = _named("boundaries", name, "areas")
    return check_areas(gpd.read_file(path), source=path.name)


@check_arguments
def load_origins(name: str) -> gpd.GeoDataFrame:
    """Return bundled origins, checked, in EPSG:27700.

    Parameters
    ----------
    name
        "rotherham_oa", "rotherham_oa_2018", "rotherham_postcode" or "newport_postcode".

    Returns
    -------
    geopandas.GeoDataFrame
        As `eh_access.tables.check_origins` returns it.

    Raises
    ------
    NotFoundError
        If none of that name ship; close names are suggested.

    Examples
    --------
    >>> round(float(load_origins("rotherham_oa")["weight"].sum()), 3)
    14637.0
    """
    path = _named("origins", name, "origins")
    return check_origins(_read_csv(path), source=path.name)


@check_arguments
def load_sites(name: str) -> gpd.GeoDataFrame:
    """Return bundled sites, checked, in EPSG:27700.

    Parameters
    ----------
    name
        "rotherham_centres", "rotherham_youth", "rotherham_candidates" or "newport_sites".

    Returns
    -------
    geopandas.GeoDataFrame
        As `eh_access.tables.check_sites` returns it.

    Raises
    ------
    NotFoundError
        If none of that name ship; close names are suggested.

    Examples
    --------
    >>> load_sites("rotherham_centres").loc["valley", "location_basis"]
    'unknown'
    """
    path = _named("sites", name, "sites")
    return check_sites(_read_csv(path), source=path.name)


def _named(folder: str, name: str, what: str) -> Path:
    """Return the path of a shipped file by folder and name."""
    names = bundled_names(folder)
    if name not in names:
        raise NotFoundError(f"no bundled {what} '{name}': {did_you_mean(name, names)}")
    return data_dir() / folder / f"{name}{_FOLDERS[folder]}"


def _read_csv(path: Path) -> pd.DataFrame:
    """Read a shipped table: ids stay text, only an empty cell is missing."""
    head = pd.read_csv(path, nrows=0).columns
    text = {column: "str" for column in head if column in _TEXT}
    return pd.read_csv(path, dtype=text, keep_default_na=False, na_values=[""])
