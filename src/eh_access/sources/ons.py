"""Boundaries, centroids and lookups of the Office for National Statistics."""

from __future__ import annotations

import difflib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from eh_access.errors import InputError, NotFoundError
from eh_access.network.area import to_degrees
from eh_access.sources.fetch import (
    Client,
    GoneError,
    Service,
    UnusableError,
    columns_of,
    matched,
    matching,
    read_csv,
    read_json,
)
from eh_access.sources.shapes import read_shapes
from eh_access.tables import CRS

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

log = logging.getLogger(__name__)

DEGREES = "EPSG:4326"
PAGE_ROWS = 1000
SHOWN_NAMES = 12
ENGLAND = ("E06", "E07", "E08", "E09")
"""What codes of local authorities in England begin with."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Authority:
    """One local authority."""

    code: str  # of the year of the boundaries: codes change when boundaries do
    name: str
    outline: BaseGeometry  # EPSG:27700


def find_authority(client: Client, name: str, code: str | None = None) -> Authority:
    """Return an authority by its exact name, or by its code."""
    service = client.services["authorities"]
    listed = pd.DataFrame(_rows(client, service, "1=1"))
    if code is None:
        same = listed["name"].str.casefold() == name.strip().casefold()
        if not same.any():
            raise NotFoundError(f"no local authority '{name}'; {_choices(name, listed)}")
    else:
        same = listed["code"] == code.strip().upper()
        if not same.any():
            raise NotFoundError(
                f"no local authority has the code '{code}' in {service.title}: codes change when "
                "boundaries do, so give the name instead"
            )
    chosen = listed[same].iloc[0]
    if not chosen["code"].startswith(ENGLAND):
        raise InputError(
            f"{chosen['name']} ({chosen['code']}) is not in England, and the registers and the "
            "index of deprivation that are asked cover England alone"
        )
    shape = _rows(client, service, f"{{code}}='{chosen['code']}'", shapes=True)
    outline = shape.loc[shape["code"] == chosen["code"]].geometry.union_all()
    return Authority(code=str(chosen["code"]), name=str(chosen["name"]), outline=outline)


def _choices(name: str, listed: pd.DataFrame) -> str:
    """Return the names to choose from: those that hold the word, else those spelt alike."""
    names = sorted(listed["name"])
    word = name.strip().casefold()
    held = [item for item in names if word and word in item.casefold()]
    alike = difflib.get_close_matches(name, names, n=SHOWN_NAMES, cutoff=0.6)
    close = list(dict.fromkeys([*held, *alike]))[:SHOWN_NAMES]
    if not close:
        return "give its full name as in official lists, for example 'Bristol, City of'"
    codes = dict(zip(listed["name"], listed["code"], strict=True))
    return "choose from " + ", ".join(f"'{item}' ({codes[item]})" for item in close)


def output_areas(client: Client, authority: Authority) -> pd.DataFrame:
    """Return ``oa``, ``lsoa`` and the authority's ``code`` at the census."""
    # The list is older than the boundaries, so its code may be another; its names are in capitals.
    service = client.services["lookup"]
    names = {_quoted(authority.name), _quoted(authority.name.upper())}
    where = f"{{name}} IN ({', '.join(sorted(names))})"
    rows = pd.DataFrame(_rows(client, service, where))
    own = rows[rows["name"].str.casefold() == authority.name.casefold()]
    if own.empty:
        why = f"it has no output areas of '{authority.name}'"
        raise client.refusal(service, why)
    return own.drop_duplicates("oa").sort_values("oa", ignore_index=True)


def lsoas(client: Client, authority: Authority, codes: pd.Series) -> gpd.GeoDataFrame:
    """Return the outlines of LSOAs: ``code``, ``name``."""
    return _of_codes(client, client.services["areas"], authority, codes)


def centroids(client: Client, authority: Authority, codes: pd.Series) -> gpd.GeoDataFrame:
    """Return the population-weighted points of output areas: ``code``."""
    return _of_codes(client, client.services["centroids"], authority, codes)


def wards(client: Client, authority: Authority) -> gpd.GeoDataFrame:
    """Return the outlines of the authority's wards: ``code``, ``name``."""
    service = client.services["wards"]
    where = f"{{authority}}={_quoted(authority.name)}"
    rows = _rows(client, service, where, shapes=True)
    own = rows[rows["authority"].str.casefold() == authority.name.casefold()]
    if own.empty:
        raise client.refusal(service, f"it has no wards of '{authority.name}'")
    return own.drop(columns="authority").sort_values("code", ignore_index=True)


def _of_codes(
    client: Client, service: Service, authority: Authority, codes: pd.Series
) -> gpd.GeoDataFrame:
    """Return the shapes with some codes; that none is missing is checked."""
    # these layers do not know authorities, so what lies around one is asked for
    west, south, east, north = to_degrees(authority.outline.buffer(1000)).bounds
    box = {
        "geometry": f"{west:.4f},{south:.4f},{east:.4f},{north:.4f}",
        "geometryType": "esriGeometryEnvelope",
        "inSR": "4326",
        "spatialRel": "esriSpatialRelIntersects",
    }
    rows = _rows(client, service, "1=1", shapes=True, box=box)
    missing = sorted(set(codes) - set(rows["code"]))
    if missing:
        why = f"{len(missing)} of {codes.nunique()} are missing, for example {missing[0]}"
        raise client.refusal(service, why)
    own = rows[rows["code"].isin(codes)].drop_duplicates("code")
    return own.sort_values("code", ignore_index=True)


def _quoted(text: str) -> str:
    """Return a text as ArcGIS wants it: an apostrophe is written twice."""
    return "'" + text.replace("'", "''") + "'"


def _rows(
    client: Client,
    service: Service,
    where: str,
    *,
    shapes: bool = False,
    box: Mapping[str, str] | None = None,
) -> Any:  # noqa: ANN401 - with shapes a GeoDataFrame in EPSG:27700, else a DataFrame
    """Return rows of a layer, page by page, as many as it says there are."""
    with client.refusing(service):
        if (path := client.given(service.name)) is not None:
            return matched(_file(path, shapes=shapes), service.fields)
        service, names = _layer(client, service)
        query = {"where": where.format(**names), **(box or {})}
        whole = {**query, "returnCountOnly": "true", "f": "json"}
        count = client.get(service, _count, f"{service.url}/query", **whole)
        pages: list[Any] = []
        had = 0
        while had < count:
            more = {
                **query,
                "outFields": ",".join(names.values()),
                "returnGeometry": str(shapes).lower(),
                "f": "geojson",
                "resultOffset": str(had),
                "resultRecordCount": str(PAGE_ROWS),
                "orderByFields": next(iter(names.values())),
                **(service.query if shapes else {}),
            }
            parse = partial(_page, shapes=shapes, most=count - had)
            pages.append(client.get(service, parse, f"{service.url}/query", **more))
            had += len(pages[-1])
        if not pages:
            raise UnusableError(f"no rows for {query['where']}")
        return matched(pd.concat(pages, ignore_index=True), service.fields)


def _layer(client: Client, service: Service) -> tuple[Service, dict[str, str]]:
    """Return a layer that is there, this year's if ours is gone, and its columns by our names."""
    try:
        answer = client.get(service, read_json, f="json")
    except GoneError as gone:
        if not service.others:
            raise
        root, _, _ = service.url.partition("/services/")
        listed = client.get(service, read_json, f"{root}/services", f="json").get("services", [])
        name = matching(service.others, [item.get("name", "") for item in listed])
        if not name:
            raise UnusableError(f"{gone}, and no layer is called like {service.others}") from gone
        url = f"{root}/services/{name}/FeatureServer/0"
        log.warning("%s: %s is gone; %s is asked instead", service.title, service.url, name)
        service = replace(service, url=url)
        answer = client.get(service, read_json, f="json")
    columns = [item["name"] for item in answer.get("fields", [])]
    return service, columns_of(service.fields, columns)


def _count(path: Path) -> int:
    answer = read_json(path)
    if not isinstance(answer, dict) or not isinstance(answer.get("count"), int):
        raise UnusableError(f"no count of rows came back: {json.dumps(answer)[:100]}")
    return int(answer["count"])


def _page(path: Path, *, shapes: bool, most: int) -> Any:  # noqa: ANN401 - see _rows
    answer = read_json(path)
    rows = answer.get("features") if isinstance(answer, dict) else None
    if not rows or len(rows) > most:
        what = "no rows" if not rows else f"{len(rows)} rows"
        raise UnusableError(f"{what} on a page where up to {most} were to come")
    if shapes:
        return gpd.GeoDataFrame.from_features(rows, crs=DEGREES).to_crs(CRS)
    return pd.DataFrame([row["properties"] for row in rows])


def _file(path: Path, *, shapes: bool) -> Any:  # noqa: ANN401 - see _rows
    """Return the layer that somebody has as a file."""
    if path.suffix.lower() == ".csv":
        frame = read_csv(path)
        if not shapes:
            return frame
        raise UnusableError("a CSV has no shapes")
    frame, _ = read_shapes(path, path.read_bytes(), name=path.name)
    return frame.to_crs(CRS) if shapes else frame
