"""GP practices of the NHS."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from eh_access.sources.fetch import Client, Service, UnusableError, read_csv, read_json

PAGE_ROWS = 1000
MOST_PAGES = 60
COLUMNS = {"code": "OrgId", "name": "Name", "postcode": "PostCode"}


def surgeries(client: Client) -> pd.DataFrame:
    """Return the practices of the country, as sites with a postcode and no coordinates."""
    service = client.services["surgeries"]
    with client.refusing(service):
        path = client.given(service.name)
        rows = _pages(client, service) if path is None else read_csv(path, COLUMNS)
    code = rows["code"].str.strip()
    return pd.DataFrame(
        {
            "name": rows["name"].str.strip().str.title(),
            "kind": "GP practice",
            "status": "Active",
            "is_open": True,
            "postcode": rows["postcode"].str.strip(),
            "easting": float("nan"),
            "northing": float("nan"),
            "evidence": "ODS code " + code,
            "source": service.title,
        }
    ).reset_index(drop=True)


def _pages(client: Client, service: Service) -> pd.DataFrame:
    pages: list[pd.DataFrame] = []
    while not pages or len(pages[-1]) == PAGE_ROWS:
        # the first row is number 1; an offset of 0 is refused
        offset = {"Offset": str(len(pages) * PAGE_ROWS + 1)} if pages else {}
        query = {**service.query, "Limit": str(PAGE_ROWS), **offset}
        pages.append(client.get(service, partial(_page, first=not pages), **query))
        if len(pages) > MOST_PAGES:
            raise UnusableError(f"more than {MOST_PAGES} pages came: it repeats itself")
    return pd.concat(pages, ignore_index=True).drop_duplicates("code")


def _page(path: Path, *, first: bool) -> pd.DataFrame:
    answer: Any = read_json(path)
    rows = answer.get("Organisations") if isinstance(answer, dict) else None
    if rows is None or (first and not rows):
        raise UnusableError("no 'Organisations' came back")
    try:
        return pd.DataFrame(
            [[row[key] for key in COLUMNS.values()] for row in rows], columns=list(COLUMNS)
        )
    except KeyError as error:
        raise UnusableError(
            f"no key {error} in a row: renamed? There are {', '.join(rows[0])}"
        ) from error
