"""Random tables of times, with who lives where, for properties that hold of any of them."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from hypothesis import strategies as st

from eh_access.routing.travel_times import TravelTimes
from toy_borough import times_of


@dataclass(frozen=True)
class World:
    """A table of times and its origins; the sites are s0, s1 and so on."""

    times: TravelTimes
    origins: gpd.GeoDataFrame

    @property
    def sites(self) -> list[str]:
        return self.times.site_ids.tolist()


@st.composite
def worlds(draw: st.DrawFn, *, most_sites: int = 5) -> World:
    """Return a world of 1 to 8 origins; minutes are whole deciseconds, or out of reach."""
    people = draw(st.integers(1, 8))
    places = draw(st.integers(1, most_sites))
    deciseconds = st.one_of(st.just(np.inf), st.integers(0, 72_000).map(float))
    cells = draw(st.lists(deciseconds, min_size=people * places, max_size=people * places))
    weights = draw(st.lists(st.integers(0, 400), min_size=people, max_size=people))
    wards = draw(st.lists(st.sampled_from("abc"), min_size=people, max_size=people))
    houses = [f"h{number}" for number in range(people)]
    origins = gpd.GeoDataFrame(
        {"weight": np.array(weights, dtype=float) / 4, "area_id": wards, "ward_code": wards},
        geometry=gpd.points_from_xy(440_000 + 500 * np.arange(people), [390_000] * people),
        index=pd.Index(houses, name="origin_id"),
        crs="EPSG:27700",
    )
    minutes = np.array(cells).reshape(people, places) / 600
    centres = [f"s{number}" for number in range(places)]
    return World(times_of(minutes, houses=houses, centres=centres), origins)


def some_of(world: World) -> st.SearchStrategy[list[str]]:
    """Return any of a world's sites, possibly none."""
    return st.lists(st.sampled_from(world.sites), unique=True).map(sorted)
