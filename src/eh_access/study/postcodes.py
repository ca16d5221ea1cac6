"""Tables of postcodes: where each is, for lists of families and for those who look theirs up."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from eh_access.study.reading import read_table
from eh_access.tables import CRS, points_from_columns

if TYPE_CHECKING:
    from eh_access.study.config import Study
    from eh_access.study.inputs import Inputs

ROLE = "postcodes"
POSTCODE = re.compile(r"[A-Z]{1,2}\d[A-Z\d]?\d[A-Z]{2}")
INWARD = 3
NEAR_M = 250.0
"""Outlines are simplified: a postcode this far outside one is still of the place."""


def plain_postcodes(codes: pd.Series | pd.Index) -> pd.Series:
    """Return postcodes in capitals, letters and digits alone."""
    upper = pd.Series(codes).astype("str").str.upper()
    return upper.str.replace(r"[^A-Z0-9]", "", regex=True)


def are_postcodes(codes: pd.Series | pd.Index) -> bool:
    """Return whether every one of some ids is a whole postcode."""
    return bool(len(codes)) and bool(plain_postcodes(codes).str.fullmatch(POSTCODE.pattern).all())


def places_of(frame: pd.DataFrame, name: str) -> gpd.GeoSeries | None:
    """Return where the postcodes of a table are."""
    column = "postcode" if "postcode" in frame else "origin_id"
    if column not in frame or not are_postcodes(frame[column]):
        return None
    placed = (
        frame if isinstance(frame, gpd.GeoDataFrame) else points_from_columns(frame, source=name)
    )
    points = placed.geometry.to_crs(CRS)
    points.index = pd.Index(plain_postcodes(frame[column]), name="postcode")
    known = points[np.isfinite(points.x.to_numpy())]
    return known[~known.index.duplicated(keep="last")]


def with_postcodes(study: Study, inputs: Inputs) -> Inputs:
    """Return a study's tables with the postcodes that a reader of its map may look up."""
    # Where the origins are postcodes themselves, or where counts are not public, there are none:
    # of a list of families nothing may be told apart, not even which table knew its postcodes.
    private = inputs.families or inputs.private is not None or not study.weights_public
    if private or are_postcodes(inputs.origins.index):
        return inputs
    others = [name for key, name in study.data.origins.items() if key != inputs.origins_name]
    for name in (*((study.data.postcodes,) if study.data.postcodes else ()), *others):
        if name not in others or study.resolve(name).is_file():
            read = read_table(study.resolve(name), name=name, role=ROLE)
            places = places_of(read.frame, name)
            if places is not None:
                return replace(
                    inputs,
                    postcodes=_of_the_place(places, inputs),
                    files=(*inputs.files, read.file),
                )
    return inputs


def _of_the_place(places: gpd.GeoSeries, inputs: Inputs) -> gpd.GeoDataFrame:
    """Return the postcodes in the study's area, as people write them, in order."""
    outline = inputs.borough.buffer(NEAR_M)
    shapely.prepare(outline)
    own = places[shapely.intersects(outline, places.to_numpy())]
    written = own.index.str[:-INWARD] + " " + own.index.str[-INWARD:]
    index = pd.Index(written.astype("str"), name="origin_id")
    return gpd.GeoDataFrame(geometry=own.to_numpy(), index=index, crs=CRS).sort_index()
