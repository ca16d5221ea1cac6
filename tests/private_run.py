"""One run with a private list of families: what it wrote, for tests that work at it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from study_cli import Ran
from xlsx import sheets_of

DATA = Path(__file__).parents[1] / "data"
FAMILIES = 603
LIMIT, STEP = 10, 5
MARK = "[c]"


def the_list() -> pd.DataFrame:
    """Postcodes of the families, with their places."""
    table = pd.read_csv(DATA / "origins/rotherham_postcode.csv")
    return table.sample(FAMILIES, random_state=11).sort_values("origin_id")


@dataclass(frozen=True)
class PrivateRun:
    """All that one run with a list wrote and printed."""

    out: Path
    ran: Ran

    def payload(self) -> dict[str, object]:
        """What the page of the map carries."""
        page = (self.out / "map.html").read_text("utf-8")
        return json.JSONDecoder().raw_decode(page[page.index('{"format":') :])[0]

    def sheet(self, name: str) -> pd.DataFrame:
        """A table of the workbook, headings as they stand."""
        rows: dict[int, dict[str, object]] = {}
        for address, value in sheets_of(self.out / "tables.xlsx")[name][1].items():
            column, row = re.fullmatch(r"([A-Z]+)(\d+)", address).groups()
            rows.setdefault(int(row), {})[column] = value
        widest = max(map(len, rows.values()))
        first = min(number for number, row in rows.items() if len(row) == widest)
        body = [rows[number] for number in sorted(rows) if number > first]
        return pd.DataFrame(body).rename(columns=rows[first])[list(rows[first].values())]
