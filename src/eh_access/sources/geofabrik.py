"""OpenStreetMap's data in Geofabrik's extracts: streets and places of an area."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import shapely
from shapely.geometry import shape

from eh_access.errors import SourceError
from eh_access.network.area import to_degrees
from eh_access.network.build import is_street, to_metres
from eh_access.sources.fetch import Client, UnusableError, read_json

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

BRITAIN = ("england", "wales", "scotland")
STREET_KEYS = ("highway", "route", "barrier", "kerb", "railway")
KINDS = {
    "library": ("library", re.compile("")),
    "family-hub": (
        "",
        re.compile(r"family (hub|centre)|children'?s centre|sure ?start", re.IGNORECASE),
    ),
    "gp": ("doctors", re.compile("")),
    "school": ("school", re.compile("")),
}
"""OpenStreetMap's word for an amenity and what its name must hold, by kind of site."""

CREDIT = "OpenStreetMap"


def regions(client: Client, area: BaseGeometry) -> dict[str, str]:
    """Return the smallest extracts that touch an area: address by name, largest overlap first."""
    service = client.services["streets"]
    with client.refusing(service):
        touching = _index(client.get(service, read_json), to_degrees(area))
    if not touching:
        raise client.refusal(service, "no extract touches the area")
    order = sorted(touching, key=lambda name: (-touching[name][0], name))
    return {name: touching[name][1] for name in order}


def _index(index: Any, degrees: BaseGeometry) -> dict[str, tuple[float, str]]:  # noqa: ANN401 - JSON
    """Return overlap and address of an index's extracts that have none within them, by name."""
    parents = {item["properties"].get("parent") for item in index["features"]}
    areas: dict[str, tuple[float, str]] = {}
    for item in index["features"]:
        about = item["properties"]
        if about["id"] not in parents and {about["id"], about.get("parent")} & {*BRITAIN}:
            part = shapely.intersection(degrees, shape(item["geometry"])).area
            if part > 0:
                areas[about["id"].rpartition("/")[2]] = (part, about["urls"]["pbf"])
    return areas


def extracts(client: Client, area: BaseGeometry) -> tuple[tuple[str, ...], list[Path]]:
    """Return the names and files of the extracts that touch an area, checked by their MD5."""
    service = client.services["streets"]
    if (path := client.given(service.name)) is not None:
        return (), [path]
    named = regions(client, area)
    paths: list[Path] = []
    for url in named.values():
        with client.refusing(service):
            wanted = client.get(service, _md5_written, f"{url}.md5")
            client.get(service, partial(_refuse_altered, wanted=wanted), url)
        paths.append(client.store / client.used[service.name][-1].sha256)
    return tuple(named), paths


def _md5_written(path: Path) -> str:
    words = path.read_text(encoding="ascii", errors="replace").split()
    if not words or not re.fullmatch(r"[0-9a-f]{32}", words[0]):
        raise UnusableError("no MD5 came back")
    return words[0]


def _refuse_altered(path: Path, *, wanted: str) -> None:
    with path.open("rb") as file:
        if hashlib.file_digest(file, "md5").hexdigest() != wanted:
            raise UnusableError("it is not the file that its .md5 is of: cut off, or newer")


def cut_streets(paths: Sequence[Path], area: BaseGeometry, out: Path) -> Path:
    """Write the streets that may touch an area into one file, each once."""
    import osmium  # noqa: PLC0415 - needed by this reader alone

    box = to_degrees(area).bounds
    merged = osmium.MergeInputReader()
    with tempfile.TemporaryDirectory() as folder:
        for number, path in enumerate(paths):
            part = Path(folder, f"{number}.osm.pbf")
            source = _source(path)
            keys = osmium.filter.KeyFilter(*STREET_KEYS)
            with (
                _in_words(path),
                osmium.BackReferenceWriter(str(part), ref_src=source, remove_tags=False) as writer,
            ):
                squares = _squares(source, box)
                for thing in osmium.FileProcessor(source).with_locations().with_filter(keys):
                    if isinstance(thing, osmium.osm.Relation):
                        wanted = thing.id in squares
                    else:
                        tags, is_way = dict(thing.tags), isinstance(thing, osmium.osm.Way)
                        rails = is_way and "railway" in tags and not is_street(tags)
                        wanted = not rails and _may_touch(thing, box)
                    if wanted:
                        writer.add(thing)
            merged.add_file(str(part))
        with osmium.SimpleWriter(str(out), overwrite=True) as writer:
            merged.apply(writer, simplify=True)
    return out


def _squares(source: Any, box: tuple[float, ...]) -> set[int]:  # noqa: ANN401 - an osmium source
    """Return the relations that draw a square or a platform of which a ring may touch a box."""
    import osmium  # noqa: PLC0415 - needed by this reader alone

    drawn: dict[int, set[int]] = {}
    keys = osmium.filter.KeyFilter("highway", "railway")
    for relation in osmium.FileProcessor(source, osmium.osm.RELATION).with_filter(keys):
        tags = dict(relation.tags)
        drawn_by_rings = tags.get("type") == "multipolygon" and is_street(tags)
        if isinstance(relation, osmium.osm.Relation) and drawn_by_rings:
            for member in relation.members:
                if member.type == "w":
                    drawn.setdefault(member.ref, set()).add(relation.id)
    if not drawn:
        return set()
    ways = osmium.FileProcessor(source, osmium.osm.NODE | osmium.osm.WAY).with_locations()
    rings = ways.with_filter(osmium.filter.EntityFilter(osmium.osm.WAY)).with_filter(
        osmium.filter.IdFilter(drawn)
    )
    return {relation for way in rings if _may_touch(way, box) for relation in drawn[way.id]}


def _may_touch(thing: Any, box: tuple[float, ...]) -> bool:  # noqa: ANN401 - no public name
    west, south, east, north = box
    at = _places(thing)
    lon, lat = [x for x, _ in at], [y for _, y in at]
    return bool(at) and (
        west <= max(lon) and min(lon) <= east and south <= max(lat) and min(lat) <= north
    )


def places(paths: Sequence[Path], kind: str) -> pd.DataFrame:
    """Return named places of a kind as sites with points."""
    import osmium  # noqa: PLC0415 - needed by this reader alone

    amenity, named = KINDS[kind]
    rows: dict[str, tuple[str, float, float]] = {}
    for path in paths:
        # a building is a way whose middle will do
        with _in_words(path):
            files = osmium.FileProcessor(_source(path)).with_locations()
            for thing in files.with_filter(osmium.filter.KeyFilter("name")):
                tags = dict(thing.tags)
                at = _places(thing)
                if (
                    at
                    and named.search(tags["name"])
                    and "highway" not in tags
                    and (not amenity or tags.get("amenity") == amenity)
                ):
                    what = "node" if isinstance(thing, osmium.osm.Node) else "way"
                    middle = (sum(x for x, _ in at) / len(at), sum(y for _, y in at) / len(at))
                    rows[f"{what} {thing.id}"] = (tags["name"], *middle)
    names = pd.DataFrame(list(rows.values()), columns=["name", "lon", "lat"])
    east_north = to_metres(names[["lon", "lat"]].to_numpy(float).T, "EPSG:4326")
    return pd.DataFrame(
        {
            "name": names["name"],
            "kind": kind,
            "status": "on the map",
            "is_open": True,
            "postcode": "",
            "easting": east_north[0],
            "northing": east_north[1],
            "evidence": [f"OpenStreetMap {key}" for key in rows],
            "source": CREDIT,
        }
    )


def _source(path: Path) -> Any:  # noqa: ANN401 - pyosmium has no public name
    """Return a file for pyosmium; kept answers have no ending that says what they are."""
    import osmium  # noqa: PLC0415 - needed by this reader alone

    return osmium.io.File(str(path), "" if path.suffix else "pbf")


def _places(thing: Any) -> list[tuple[float, float]]:  # noqa: ANN401 - as above
    """Return the known longitudes and latitudes of a node or a way."""
    points = thing.nodes if thing.is_way() else [thing] if thing.is_node() else []
    return [(node.location.lon, node.location.lat) for node in points if node.location.valid()]


@contextmanager
def _in_words(path: Path) -> Iterator[None]:
    try:
        yield
    except (RuntimeError, UnicodeDecodeError) as error:
        raise SourceError(
            f"{path}: damaged, incomplete or no OpenStreetMap data ({error}); download it again"
        ) from error
