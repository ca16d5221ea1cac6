"""What tickets cost, by operator: printed beside the lines that call, never routed on."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from eh_access.errors import InputError
from eh_access.tables import row_numbers

if TYPE_CHECKING:
    from eh_access.transit.timetable import Timetable

COLUMNS = ("operator", "ticket", "cost_gbp")
DEAREST_GBP = 100.0
"""No local ticket costs more: pence taken for pounds do."""


def check_tickets(frame: pd.DataFrame, *, source: str) -> pd.DataFrame:
    """Return a table of tickets with texts and prices, or gather all its faults."""
    missing = [name for name in COLUMNS if name not in frame]
    if missing:
        raise InputError(
            f"{source}: has no column {' and no '.join(missing)}; give {', '.join(COLUMNS)}"
        )
    numbers = row_numbers(frame)
    texts = frame[[*COLUMNS]].astype(object).fillna("").astype(str)
    texts = texts.apply(lambda column: column.str.strip())
    tickets = texts[["operator", "ticket"]]
    stated = texts["cost_gbp"].str.removeprefix("£")
    cost_gbp = pd.to_numeric(stated, errors="coerce").to_numpy(float)
    faults = [
        f"{source}, row {numbers[row]}, {name}: is empty"
        for name in tickets
        for row in np.flatnonzero(tickets[name] == "")
    ]
    faults += [
        f"{source}, row {numbers[row]}, cost_gbp: '{stated.iloc[row]}' is no price from 0 to "
        f"{DEAREST_GBP:g} pounds; write 2.50 for £2.50"
        for row in np.flatnonzero(~((cost_gbp >= 0) & (cost_gbp <= DEAREST_GBP)))
    ]
    faults += [
        f"{source}, row {numbers[row]}: the same operator and ticket stand in an earlier row; give "
        "one price"
        for row in np.flatnonzero(tickets.duplicated())
    ]
    if faults:
        raise InputError(faults)
    return pd.DataFrame(tickets.assign(cost_gbp=cost_gbp))


def lines_and_tickets(timetable: Timetable, tickets: pd.DataFrame, *, source: str) -> pd.DataFrame:
    """Return every operator that calls with its lines, and every ticket, of others too."""
    routes = timetable.routes.loc[sorted(set(timetable.trips["route_id"]))]
    lines = routes.groupby("operator")["name"].agg(lambda names: ", ".join(sorted(set(names))))
    faults = [
        f"{source}, row {row}, operator: nothing of '{name}' calls here; did you mean '{close[0]}'?"
        for row, name in zip(row_numbers(tickets), tickets["operator"], strict=True)
        # names of companies of one group are alike: only a slip of the pen is refused
        if name not in lines.index and (close := get_close_matches(name, lines.index, cutoff=0.9))
    ]
    if faults:
        raise InputError(faults)
    table = lines.rename("lines").reset_index().merge(tickets, on="operator", how="outer")
    return table.assign(lines=table["lines"].fillna(""))
