"""Counts of the census by small area, from Nomis."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from eh_access.sources.fetch import Client, Service, UnusableError, read_csv, read_json

CELLS = 25_000
"""How many cells Nomis gives at a time without a key; it cuts off the rest in silence."""

MOST = 1e8
"""More people than there are."""

COUNT = "20100"
PLACE, VALUE = "geography_code", "obs_value"


def counts(client: Client, name: str, authority: str, places: pd.Series) -> pd.DataFrame:
    """Return the columns that services.toml names, by the codes of places.

    ``authority`` is the code at the census. As many cells as were asked for must come back.
    """
    service = client.services[name]
    wanted = pd.Index(sorted(set(places)))
    with client.refusing(service):
        path = client.given(name)
        if path is not None:
            rows = _read(path)
            rows = rows[rows["place"].isin(wanted)]
            _refuse_uneven(rows, wanted)
        else:
            rows = _downloaded(client, service, authority, wanted)
        return _columns(rows, service.columns, wanted)


def _downloaded(client: Client, service: Service, authority: str, wanted: pd.Index) -> pd.DataFrame:
    url, dimension = service.url, service.dimension
    if service.search:
        url, dimension = _dataset(client, service)
    parts = []
    for categories in _batches(service.categories, CELLS // max(len(wanted), 1)):
        query = {
            "date": "latest",
            "geography": f"{authority}{service.level}",
            "measures": COUNT,
            "select": f"{PLACE},{dimension}_name,{VALUE}",
        }
        if categories:
            query[dimension] = ",".join(categories)
        parse = partial(_whole, wanted=wanted, categories=len(categories))
        parts.append(client.get(service, parse, url, **query))
    return pd.concat(parts, ignore_index=True)


def _batches(categories: str, most: int) -> list[list[str]]:
    """Return the categories in groups that stay below the cap; one empty group means all."""
    listed = [item for item in categories.split(",") if item]
    size = max(most, 1)
    return [listed[place : place + size] for place in range(0, len(listed), size)] or [[]]


def _dataset(client: Client, service: Service) -> tuple[str, str]:
    """Return the address and the dimension of a data set, found by its title."""
    answer = client.get(
        service, read_json, f"{service.url}/def.sdmx.json", search=f"*{service.search}*"
    )
    try:
        families = answer["structure"]["keyfamilies"]  # null where nothing has the title
        for family in families["keyfamily"] if families else ():
            if re.match(rf"{service.search}\b", str(family["name"]["value"])):
                parts = [item["conceptref"] for item in family["components"]["dimension"]]
                named = next(part for part in parts if part.lower().startswith("c2021_"))
                return f"{service.url}/{family['id']}.data.csv", named.lower()
    except (KeyError, TypeError, StopIteration) as error:
        raise UnusableError(f"its list of data sets is written in another way ({error})") from error
    raise UnusableError(f"no data set has a title that begins with {service.search}")


def _read(path: Path) -> pd.DataFrame:
    """Return ``place``, ``category`` and ``count`` of a download."""
    # the names of areas may stand beside their codes, and are no category
    fields = {"place": PLACE, "category": r"(?!geography).*_name", "count": VALUE}
    frame = read_csv(path, fields)
    numbers = pd.to_numeric(frame["count"], errors="coerce")
    bad = ~numbers.between(0, MOST)
    if bad.any():
        raise UnusableError(f"'{frame['count'][bad].iloc[0]}' stands where a count should")
    return frame.assign(count=numbers)


def _whole(path: Path, *, wanted: pd.Index, categories: int) -> pd.DataFrame:
    """Return a download in which nothing is missing."""
    frame = _read(path)
    expected = len(wanted) * (categories or frame["category"].nunique())
    if len(frame) != expected:
        cap = f"; Nomis gives at most {CELLS:,} at a time" if len(frame) == CELLS else ""
        raise UnusableError(f"{len(frame):,} cells came back and {expected:,} were expected{cap}")
    _refuse_uneven(frame, wanted)
    return frame


def _refuse_uneven(frame: pd.DataFrame, wanted: pd.Index) -> None:
    """Refuse counts that lack places, or have some for one category and not for another."""
    missing = wanted.difference(pd.Index(frame["place"]))
    if len(missing):
        raise UnusableError(
            f"{len(missing)} of {len(wanted)} areas are missing, for example {missing[0]}"
        )
    if len(set(frame["category"].value_counts())) > 1:
        raise UnusableError("not every area has every category: cut off?")


def _columns(frame: pd.DataFrame, columns: Mapping[str, Any], wanted: pd.Index) -> pd.DataFrame:
    """Return a column for each sum of categories, by place."""
    table = frame.pivot_table(index="place", columns="category", values="count", aggfunc="sum")
    out: dict[str, pd.Series] = {}
    for column, patterns in columns.items():
        fits = [
            [name for name in table if re.fullmatch(pattern, str(name), re.IGNORECASE)]
            for pattern in patterns
        ]
        for pattern, fit in zip(patterns, fits, strict=True):
            if not fit:
                there = "; ".join(map(str, table.columns))
                raise UnusableError(
                    f"no category is called '{pattern}': renamed? There are {there}"
                )
        out[column] = table[[name for fit in fits for name in fit]].sum(axis=1)
    return pd.DataFrame(out).reindex(wanted)
