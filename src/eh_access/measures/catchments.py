"""Who goes where, and how full sites become."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from eh_access.arguments import check_arguments, number
from eh_access.errors import InputError
from eh_access.measures.basic import ROUNDING, rows_of, weights_of, within

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from eh_access.measures.comparison import Comparison
    from eh_access.routing.travel_times import TravelTimes

    Doubles = NDArray[np.float64]

NO_SITE = ""
"""Stands for the site of an origin that reaches none, in every table."""

SHOWN_IDS = 5


@check_arguments
def catchments(
    times: TravelTimes, origins: gpd.GeoDataFrame, areas: gpd.GeoDataFrame | None = None
) -> pd.DataFrame:
    """Allot every origin to the site nearest to it in time.

    Parameters
    ----------
    times
        Minutes to the sites that are open; take ``times.select(...)`` to leave others out.
    origins
        Those of the times, with column ``weight``, and ``area_id`` when areas are given.
    areas
        Index ``area_id``. Adds each origin's area and the site most of that area goes to.

    Returns
    -------
    pandas.DataFrame
        One row per origin, in the order of the times: ``site_id`` ("" where no site is reached;
        of sites equally near the one that sorts first), ``minutes`` (inf there) and ``weight``;
        with areas also ``area_id`` and ``area_site_id``.

    Raises
    ------
    InputError
        If the origins are not those of the times, or lie in areas that are not given.

    Examples
    --------
    >>> from eh_access import WALK, estimate_travel_times, load_origins, load_sites
    >>> homes = load_origins("rotherham_oa")
    >>> times = estimate_travel_times(homes, load_sites("rotherham_centres"), mode=WALK)
    >>> allotted = catchments(times, homes)
    >>> len(allotted) == len(homes), bool(allotted["weight"].sum() == homes["weight"].sum())
    (True, True)
    """
    allotted = times.nearest()[["site_id", "minutes"]]
    allotted["weight"] = weights_of(times, origins)
    if areas is None:
        return allotted
    shares = area_catchments(times, origins, areas)
    main = shares[shares["is_main"]].set_index("area_id")["site_id"]
    allotted["area_id"] = origins["area_id"].to_numpy()[rows_of(times, origins)]
    allotted["area_site_id"] = main.reindex(allotted["area_id"]).to_numpy()
    return allotted


@check_arguments
def area_catchments(
    times: TravelTimes, origins: gpd.GeoDataFrame, areas: gpd.GeoDataFrame | None = None
) -> pd.DataFrame:
    """Return how much of each area's weight goes to each site.

    Parameters
    ----------
    times
        Minutes to the sites that are open.
    origins
        Those of the times, with columns ``weight`` and ``area_id``.
    areas
        Index ``area_id``. Adds a row for every area that holds no origin, so that none is lost;
        without it, the areas are those the origins name.

    Returns
    -------
    pandas.DataFrame
        One row per area and site that some origin of it goes to, sorted by area and site:
        ``area_id``, ``site_id`` ("" for those who reach none), ``weight``, ``share`` of the
        area's weight (0 where the area has none) and ``is_main``, true for the one site most of
        the weight goes to (of sites with as much, the one that sorts first; a site before none).

    Raises
    ------
    InputError
        If the origins are not those of the times, or lie in areas that are not given.

    Examples
    --------
    >>> from eh_access import WALK, estimate_travel_times, load_origins, load_sites
    >>> homes = load_origins("rotherham_oa")
    >>> times = estimate_travel_times(homes, load_sites("rotherham_centres"), mode=WALK)
    >>> shares = area_catchments(times, homes)
    >>> int(shares["is_main"].sum()) == homes["area_id"].nunique()
    True
    """
    allotted = catchments(times, origins)
    allotted["area_id"] = origins["area_id"].to_numpy()[rows_of(times, origins)]
    empty = _areas_without_origins(allotted["area_id"], areas)
    parts = allotted.groupby(["area_id", "site_id"], sort=True)["weight"].sum().reset_index()
    parts = pd.concat([parts, empty], ignore_index=True) if len(empty) else parts
    whole = parts.groupby("area_id")["weight"].transform("sum").to_numpy()
    weight = parts["weight"].to_numpy()
    parts["share"] = np.divide(weight, whole, out=np.zeros(len(parts)), where=whole > 0)
    unreached = parts["site_id"] == NO_SITE
    ranked = parts.assign(unreached=unreached).sort_values(
        ["area_id", "weight", "unreached", "site_id"], ascending=[True, False, True, True]
    )
    parts["is_main"] = parts.index.isin(ranked.drop_duplicates("area_id").index)
    return parts.sort_values(["area_id", "site_id"], ignore_index=True)


def _areas_without_origins(named: pd.Series, areas: gpd.GeoDataFrame | None) -> pd.DataFrame:
    """Return a row without weight for each area that no origin names."""
    listed = pd.Index(named.unique()) if areas is None else areas.index
    unknown = sorted(set(named.astype(str)) - set(listed.astype(str)))
    if unknown:
        shown = ", ".join(f"'{area}'" for area in unknown[:SHOWN_IDS])
        raise InputError(
            f"origins, area_id: {len(unknown)} not among the areas given, for example {shown}; "
            "give the areas the origins were made for"
        )
    spare = listed[~listed.isin(named)]
    return pd.DataFrame({"area_id": spare, "site_id": NO_SITE, "weight": 0.0})


@dataclass(frozen=True, kw_only=True)
class Decay:
    """How the share who come falls with minutes, as a part of those who would come from the door.

    Parameters
    ----------
    words
        What it is and its parameters, for tables.
    share
        From minutes to a share: 1 at 0 minutes, never rising, 0 out of reach.
    """

    words: str
    share: Callable[[Doubles], Doubles]


def exponential(half_min: float) -> Decay:
    """Return a decay that halves with every so many minutes.

    Parameters
    ----------
    half_min
        Minutes.

    Returns
    -------
    Decay
        2 to the power of minus minutes over ``half_min``.

    Raises
    ------
    InputError
        If it is not above 0.

    Examples
    --------
    >>> exponential(20).share(np.array([0.0, 20.0, 40.0, np.inf])).tolist()
    [1.0, 0.5, 0.25, 0.0]
    """
    number("half_min", half_min, low=0, may_be_low=False, unit="minutes")
    return Decay(
        words=f"exponential: half after every {half_min:g} minutes",
        share=lambda minutes: np.exp2(-minutes / half_min),
    )


def linear(none_min: float) -> Decay:
    """Return a decay that falls evenly, to nobody at so many minutes.

    Parameters
    ----------
    none_min
        Minutes.

    Returns
    -------
    Decay
        1 less minutes over ``none_min``, never below 0.

    Raises
    ------
    InputError
        If it is not above 0.

    Examples
    --------
    >>> linear(60).share(np.array([0.0, 15.0, 90.0, np.inf])).tolist()
    [1.0, 0.75, 0.0, 0.0]
    """
    number("none_min", none_min, low=0, may_be_low=False, unit="minutes")
    return Decay(
        words=f"linear: nobody from {none_min:g} minutes",
        share=lambda minutes: np.maximum(1 - minutes / none_min, 0.0),
    )


def logistic(middle_min: float, spread_min: float) -> Decay:
    """Return a decay that is flat near the door, steep about the middle, and flat far away.

    Parameters
    ----------
    middle_min
        Minutes about which it falls most.
    spread_min
        How gently: from the middle, so many minutes more divide those who come by those who do not
        by e.

    Returns
    -------
    Decay
        The logistic curve, scaled to 1 at 0 minutes.

    Raises
    ------
    InputError
        If either is not above 0.

    Examples
    --------
    >>> falls = logistic(30, 5).share(np.array([0.0, 30.0, np.inf]))
    >>> falls.round(3).tolist()
    [1.0, 0.501, 0.0]
    """
    number("middle_min", middle_min, low=0, may_be_low=False, unit="minutes")
    number("spread_min", spread_min, low=0, may_be_low=False, unit="minutes")

    def curve(minutes: Doubles) -> Doubles:
        # exp of a large number is inf in time, and the share then 0, as it should be
        with np.errstate(over="ignore"):
            return np.asarray(1 / (1 + np.exp((minutes - middle_min) / spread_min)))

    at_door = curve(np.zeros(1))[0]
    return Decay(
        words=f"logistic: about {middle_min:g} minutes, spread {spread_min:g}",
        share=lambda minutes: np.asarray(curve(minutes) / at_door),
    )


@check_arguments
def take_up(
    comparison: Comparison,
    decays: Sequence[Decay],
    *,
    at_door_share: float,
) -> pd.DataFrame:
    """Model how many might stop coming, under each decay chosen: an assumption, not a measurement.

    Everyone's share is that of the time to the nearest site. Those whose time grows might stop,
    those whose time shrinks might start; the two are not set off against each other.

    Parameters
    ----------
    comparison
        From ``comparison.compare``.
    decays
        At least one; there is no default.
    at_door_share
        Which share would come if they lived next door, 0 to 1; there is no default either.

    Returns
    -------
    pandas.DataFrame
        A row per decay, in the order given: ``decay``, ``at_door_share``, ``weight``,
        ``using_before``, ``using_after``, ``might_stop``, ``might_start`` and
        ``share_might_stop`` (of those using before). All in the unit of the weights but the shares.

    Raises
    ------
    InputError
        If there is no decay, one is not a falling share of 1 at the door, or the share is not
        above 0 and at most 1.

    Examples
    --------
    >>> from eh_access import WALK, compare, estimate_travel_times, load_origins, load_sites
    >>> homes, centres = load_origins("rotherham_oa"), load_sites("rotherham_centres")
    >>> times = estimate_travel_times(homes, centres, mode=WALK)
    >>> fewer = compare(times, times, homes, sites_after=centres.index.drop("park-view"))
    >>> model = take_up(fewer, [exponential(15), exponential(30)], at_door_share=0.9)
    >>> model["might_stop"].gt(0).all().item()
    True
    """
    faults = [] if decays else ["no decay was given; choose one, or better several"]
    if not 0 < at_door_share <= 1:
        faults.append(f"at_door_share is {at_door_share:g}; give a share above 0 and at most 1")
    faults += [
        f"decay '{decay.words}': it must be 1 at 0 minutes, never rise, and be 0 out of reach"
        for decay in decays
        if not _is_decay(decay)
    ]
    if faults:
        raise InputError(faults)
    frame = comparison.frame
    weights = frame["weight"].to_numpy(np.float64) * at_door_share
    rows = []
    for decay in decays:
        before, after = (
            decay.share(frame[f"{when}_min"].to_numpy(np.float64)) for when in ("before", "after")
        )
        using, stop = float(weights @ before), float(weights @ np.maximum(before - after, 0))
        rows.append(
            {
                "decay": decay.words,
                "at_door_share": at_door_share,
                "weight": float(frame["weight"].sum()),
                "using_before": using,
                "using_after": float(weights @ after),
                "might_stop": stop,
                "might_start": float(weights @ np.maximum(after - before, 0)),
                "share_might_stop": stop / using if using > 0 else 0.0,
            }
        )
    return pd.DataFrame(rows)


def _is_decay(decay: Decay) -> bool:
    """Return whether a share of one's own falls as a decay must."""
    share = decay.share(np.array([0.0, 1.0, 5.0, 15.0, 30.0, 60.0, 120.0, np.inf]))
    falls = (np.diff(share) <= 0).all()
    return bool(falls and abs(share[0] - 1) < ROUNDING and share[-1] == 0)


@check_arguments
def absorption(comparison: Comparison) -> pd.DataFrame:
    """Return whose families go where, when everyone goes to the nearest.

    Parameters
    ----------
    comparison
        From ``comparison.compare``.

    Returns
    -------
    pandas.DataFrame
        Weights: a row for each site some origin goes to before, a column for each after, both
        sorted, "" for reaching none. Rows add up to the catchment before, columns to that after.

    Examples
    --------
    >>> from eh_access import WALK, compare, estimate_travel_times, load_origins, load_sites
    >>> homes, centres = load_origins("rotherham_oa"), load_sites("rotherham_centres")
    >>> times = estimate_travel_times(homes, centres, mode=WALK)
    >>> fewer = compare(times, times, homes, sites_after=centres.index.drop("park-view"))
    >>> moved = absorption(fewer).loc["park-view"]
    >>> moved[moved > 0].index.tolist()
    ['broom-valley', 'coleridge', 'rawmarsh']
    """
    return comparison.frame.pivot_table(
        index="site_before", columns="site_after", values="weight", aggfunc="sum", fill_value=0.0
    )


@check_arguments
def load_on_sites(
    comparison: Comparison, capacity: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """Return how many families each site is the nearest to, before and after.

    Parameters
    ----------
    comparison
        From ``comparison.compare``.
    capacity
        Places by site, above 0; sites that are not in it have no known capacity.

    Returns
    -------
    pandas.DataFrame
        Index ``site_id``, sorted; ``weight_before``, ``weight_after``, ``weight_change``,
        ``absorbed`` (weight that went elsewhere before), ``capacity``, and ``per_place_before``
        and ``per_place_after``, NaN where no capacity is known. Those who reach no site are in no
        row.

    Raises
    ------
    InputError
        If a capacity is not a number above 0.

    Examples
    --------
    >>> from eh_access import WALK, compare, estimate_travel_times, load_origins, load_sites
    >>> homes, centres = load_origins("rotherham_oa"), load_sites("rotherham_centres")
    >>> times = estimate_travel_times(homes, centres, mode=WALK)
    >>> fewer = compare(times, times, homes, sites_after=centres.index.drop("park-view"))
    >>> float(load_on_sites(fewer).loc["park-view", "weight_after"])
    0.0
    """
    places = check_capacity(capacity or {})
    frame = comparison.frame
    sums = {
        f"weight_{when}": frame.groupby(f"site_{when}")["weight"].sum()
        for when in ("before", "after")
    }
    moved = frame[frame["site_before"] != frame["site_after"]]
    sums["absorbed"] = moved.groupby("site_after")["weight"].sum()
    table = pd.DataFrame(sums).fillna(0.0).drop(index=NO_SITE, errors="ignore").sort_index()
    table["weight_change"] = table["weight_after"] - table["weight_before"]
    table["capacity"] = [places.get(site, math.nan) for site in table.index]
    for when in ("before", "after"):
        table[f"per_place_{when}"] = table[f"weight_{when}"] / table["capacity"]
    order = ["weight_before", "weight_after", "weight_change", "absorbed", "capacity"]
    return table[[*order, "per_place_before", "per_place_after"]].rename_axis("site_id")


def check_capacity(capacity: Mapping[str, float]) -> dict[str, float]:
    """Return capacities, refusing any that is not above 0."""
    faults = [
        f"site '{site}': capacity is {value:g}; give a number above 0, or close the site"
        for site, value in capacity.items()
        if not (math.isfinite(value) and value > 0)
    ]
    if faults:
        raise InputError(faults)
    return {str(site): float(value) for site, value in capacity.items()}


@dataclass(frozen=True, eq=False, kw_only=True)
class FloatingCatchment:
    """Supply shared among those who can reach it; made by `floating_catchment`.

    Parameters
    ----------
    access
        Places per family that each origin can reach, by ``origin_id``; 0 where none is reached.
    sites
        Index ``site_id``; ``capacity``, ``demand`` (the weight that can reach it, those farther
        away counting less where a decay is given) and ``places_per_family`` (inf where nobody
        with weight can reach it).
    """

    access: pd.Series
    sites: pd.DataFrame


@check_arguments
def floating_catchment(
    times: TravelTimes,
    origins: gpd.GeoDataFrame,
    *,
    capacity: Mapping[str, float],
    cutoff_min: float,
    decay: Decay | None = None,
) -> FloatingCatchment:
    """Return the two-step floating catchment: places per family, crowding counted.

    First each site's capacity is divided by the families within the cutoff; then each family adds
    up what the sites within its cutoff have to give. Source: Luo and Wang (2003), "Measures of
    spatial accessibility to health care in a GIS environment", Environment and Planning B 30. With
    a decay both steps count those farther away for less: Luo and Qi (2009), "An enhanced two-step
    floating catchment area method", Health and Place 15.

    Parameters
    ----------
    times, origins
        Of the same origins, in any order.
    capacity
        Places at each open site, above 0; sites that are not in it do not count.
    cutoff_min
        Minutes; exactly as many is within.
    decay
        From ``takeup``; None counts everyone within the cutoff alike.

    Returns
    -------
    FloatingCatchment
        What is given is what is received: weights times access add up to the capacity of the
        sites that somebody reaches.

    Raises
    ------
    InputError
        If no capacity is given, one is not above 0, or the cutoff is not above 0.
    NotFoundError
        If a site is not in the times.

    Examples
    --------
    >>> from eh_access import WALK, estimate_travel_times, load_origins, load_sites
    >>> homes, centres = load_origins("rotherham_oa"), load_sites("rotherham_centres")
    >>> times = estimate_travel_times(homes, centres, mode=WALK)
    >>> shared = floating_catchment(times, homes, capacity={"arnold": 40.0}, cutoff_min=30)
    >>> bool(round((shared.access * homes["weight"]).sum(), 6) == 40)
    True
    """
    places = check_capacity(capacity)
    faults = [] if places else ["no capacity was given; give the places at each open site"]
    if not cutoff_min > 0:
        faults.append(f"cutoff_min is {cutoff_min:g}; give minutes above 0")
    if faults:
        raise InputError(faults)
    ids = pd.Index(sorted(places), name="site_id")
    supply = np.array([places[site] for site in ids])
    minutes = times.minutes[:, times.columns_of(ids)].astype(np.float64)
    near = within(minutes, cutoff_min)
    counts = near.astype(np.float64)
    if decay is not None:
        counts = np.where(near, decay.share(minutes), 0.0)
    demand = weights_of(times, origins) @ counts
    ratio = np.divide(supply, demand, out=np.full(len(supply), np.inf), where=demand > 0)
    shared = np.multiply(counts, ratio, out=np.zeros_like(counts), where=counts > 0)
    return FloatingCatchment(
        access=pd.Series(shared.sum(axis=1), index=times.origin_ids, name="places_per_family"),
        sites=pd.DataFrame(
            {"capacity": supply, "demand": demand, "places_per_family": ratio}, index=ids
        ),
    )
