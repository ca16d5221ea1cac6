"""The English indices of deprivation."""

from __future__ import annotations

from functools import partial

import pandas as pd

from eh_access.sources.fetch import Client, read_csv


def deciles(client: Client, codes: pd.Series) -> pd.Series:
    """Return the decile of each LSOA, 1 the most deprived."""
    service = client.services["deprivation"]
    frame = client.read(service.name, partial(read_csv, fields=service.fields))
    frame = frame.drop_duplicates()
    if frame["code"].duplicated().any():
        twice = frame.loc[frame["code"].duplicated(), "code"].iloc[0]
        raise client.refusal(service, f"'{twice}' stands in it with two deciles")
    decile = pd.to_numeric(frame.set_index("code")["decile"], errors="coerce")
    decile = decile.reindex(pd.Index(sorted(set(codes)), name="area_id"))
    bad = ~decile.between(1, 10)
    if bad.any():
        raise client.refusal(
            service,
            f"{int(bad.sum())} of {len(decile)} areas have no decile from 1 to 10, for example "
            f"{decile.index[bad][0]}",
        )
    return decile.astype("int64")
