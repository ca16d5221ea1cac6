"""What columns are usually called, and which of ours each is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

SITE_ROLES = ("sites", "candidates", "neighbours", "youth", "youth_venues")
SITE_NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "site_id": (
            *("siteid", "siteref", "venueid", "venueref", "centreid", "centreref", "hubid"),
            *("assetid", "assetref", "ref", "reference", "urn", "id"),
        ),
        "name": (
            *("name", "venuename", "venue", "sitename", "site", "centrename", "centre", "hubname"),
            *("hub", "assetname", "establishmentname", "building"),
        ),
        "kind": ("kind", "type", "venuetype", "category", "service"),
        "hours_per_week": ("hoursperweek", "hrsperweek", "weeklyhours", "hoursaweek"),
        "opening_hours": ("openinghours", "openingtimes", "dayshours", "hours", "opening"),
    }
)
PLACE_NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "postcode": ("pcds", "postcode", "pcd", "postalcode"),
        "easting": ("easting", "eastings", "oseast1m", "eastingx", "xcoordinate", "gridx", "x"),
        "northing": ("northing", "northings", "osnrth1m", "northingy", "ycoordinate", "gridy", "y"),
        "longitude": ("longitude", "long", "lon", "lng"),
        "latitude": ("latitude", "lat"),
    }
)
COORDINATES = ("easting", "northing", "longitude", "latitude")
ORIGIN_NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "origin_id": (
            *("originid", "oa21cd", "lsoa21cd", "mnemonic", "geographycode", "pcds", "id"),
            *("postcode", "pcd", "postalcode"),
        ),
        "area_id": ("areaid", "lsoa21cd", "lsoa21", "lsoacode", "mnemonic"),
        "weight": (
            *("weight", "underfives", "under5s", "aged04", "aged4yearsandunder"),
            *("children", "families"),
        ),
    }
)
AREA_NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "area_id": ("areaid", "lsoa21cd", "lsoacode", "wd25cd", "wd24cd", "lad25cd", "code"),
        "name": ("name", "lsoa21nm", "wd25nm", "wd24nm", "lad25nm", "areaname"),
    }
)
NAMES: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        **dict.fromkeys(SITE_ROLES, MappingProxyType({**SITE_NAMES, **PLACE_NAMES})),
        "origins": {**ORIGIN_NAMES, **PLACE_NAMES},
        "postcodes": PLACE_NAMES,
        **dict.fromkeys(("areas", "wards", "boundary"), AREA_NAMES),
    }
)
"""What columns are usually called, in small letters without signs, by what they are to us."""
ROLE_OF = {"site_id": "sites", "origin_id": "origins", "area_id": "areas"}


def usual_names(
    header: Sequence[str], role: str, stated: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return which columns are taken for which of ours."""
    stated = stated or {}
    taken = {theirs: ours for ours, theirs in stated.items()}
    plain: dict[str, str] = {}
    for column in header:
        plain.setdefault(re.sub(r"[^a-z0-9]", "", column.lower()), column)
    for ours, usual in NAMES.get(role, {}).items():
        if ours in header or ours in stated:
            continue
        theirs = next((plain[word] for word in usual if word in plain), None)
        if theirs is not None and theirs not in taken:
            taken[theirs] = ours
    return taken
