"""What areas, sites and origins must hold; every fault is gathered, then raised once.

Rows of a file are numbered as a spreadsheet shows them; those of a table in memory from 1.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from eh_access.arguments import check_arguments, weights
from eh_access.errors import InputError, close_match, did_you_mean

if TYPE_CHECKING:
    from numpy.typing import NDArray

log = logging.getLogger(__name__)

CRS = "EPSG:27700"
"""The one coordinate system of analysis: British National Grid, metres."""

GRID_EXTENT_M = (0.0, 0.0, 700_000.0, 1_300_000.0)
"""Smallest and largest easting and northing of the British National Grid: x, y, x, y."""

CONTROL = "[\\x00-\\x1f\\x7f-\\x9f\\u200b-\\u200f\\u2028-\\u202e\\u061c\\u2060-\\u206f\\ufeff]"
"""Signs nobody sees: line ends, NUL, marks of direction. Not one belongs in an id."""

NO_TEXT = re.compile(
    "[\\x00-\\x1f\\x7f-\\x9f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069\\ufeff]"
)
"""Control characters and marks of direction, which make a page show what is not written."""

DEGREES = "in a CSV name the columns 'longitude' and 'latitude'; elsewhere state EPSG:4326"
"""How to say that numbers are degrees."""

SHOWN_ROWS, SHOWN_ALIKE, ALL_ALIKE = 20, 5, 10
"""Faults of a column that are named; rows with one fault, of many and where these are all."""

HOURS_IN_A_WEEK = 168.0
MOST_WEIGHT = 1e9
"""What one origin may weigh at most: more than any country's people, and sums stay finite."""

MOST_RADIUS_M = 100_000.0
"""How roughly a place may be known; one that may be farther off than this is not known."""

RANGES = {
    "hours_per_week": (0.0, HOURS_IN_A_WEEK),
    "hours_per_week_after": (0.0, HOURS_IN_A_WEEK),
    "location_radius_m": (0.0, MOST_RADIUS_M),
    "existence": (0.0, 1.0),
    "weight": (0.0, MOST_WEIGHT),
    "imd_decile": (1.0, 10.0),
    "no_car_share": (0.0, 1.0),
}


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
        # shapefiles cut names to ten letters
        "hours_per_week": ("hoursperweek", "hrsperweek", "weeklyhours", "hoursaweek", "hoursper"),
        "opening_hours": (
            *("openinghours", "openingtimes", "dayshours", "hours", "opening", "openingho"),
        ),
        "location_basis": ("locationbasis", "locationb"),
        "location_radius_m": ("locationradiusm", "locationr"),
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
PAIRS = (("easting", "northing", CRS), ("longitude", "latitude", "EPSG:4326"))
"""Columns that say where rows are, and in which coordinates."""
COORDINATES = tuple(column for pair in PAIRS for column in pair[:2])
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
        "weight_basis": ("weightbasis", "weightbas"),
        "no_car_share": ("nocarshare", "nocarsha"),
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


ROW = "row of the file"
"""The name of an index that holds what number a spreadsheet shows beside each row."""

FIRST_ROW = 2
"""The number of the first row below a header."""


def row_numbers(frame: pd.DataFrame) -> list[int]:
    """Return the number of each row: in the file it was read from, else from 1."""
    if frame.index.name == ROW:
        return [int(number) for number in frame.index]
    return list(range(1, len(frame) + 1))


@dataclass
class Check:
    """A copy of a table being checked, and its faults so far."""

    # ``unplaced`` holds the rows whose coordinates have been faulted already.

    source: str
    id_name: str
    frame: pd.DataFrame
    numbers: Sequence[int]  # of its rows
    faults: list[str] = field(default_factory=list)
    unplaced: set[int] = field(default_factory=set)
    # rows are people's own: faults say which row and what to do, and neither its id nor its values
    private: bool = False
    # rows with faults of their own, by position, and whether that is all there is
    odd: set[int] = field(default_factory=set)
    only_odd: bool = True
    columns: tuple[str, ...] = field(init=False)  # as they came, before others are filled in

    def __post_init__(self) -> None:
        self.columns = tuple(map(str, self.frame.columns))

    def whole(self, problem: str) -> None:
        """Note a fault of the table as a whole."""
        self.faults.append(f"{self.source}: {problem}")
        self.only_odd = False

    def rows(self, bad: NDArray[np.bool_], column: str, problems: Sequence[str] | str) -> None:
        """Note a fault of some rows, alike in one line; ``problems``: one for all, or for each."""
        positions = np.flatnonzero(bad).tolist()
        self.odd.update(positions)
        texts = [problems] * len(positions) if isinstance(problems, str) else problems
        alike: dict[str, list[int]] = {}
        for position, text in zip(positions, texts, strict=True):
            # of people's own rows, a text for each would hold what stands there
            short = self.private and not isinstance(problems, str)
            alike.setdefault(text.rpartition("; ")[2] if short else text, []).append(position)
        for problem, rows in [*alike.items()][:SHOWN_ROWS]:
            shown = rows if len(rows) <= ALL_ALIKE else rows[:SHOWN_ALIKE]
            named = ", ".join(f"{self.numbers[row]}{self._label(row)}" for row in shown)
            more = f" and {len(rows) - len(shown)} more" if len(rows) > len(shown) else ""
            row = "row" if len(rows) == 1 else "rows"
            self.faults.append(f"{self.source}, {row} {named}{more}, {column}: {problem}")
        left = len(positions) - sum(map(len, [*alike.values()][:SHOWN_ROWS]))
        if left > 0:
            have = "row has" if left == 1 else "rows have"
            self.faults.append(
                f"{self.source}: {left} more {have} a fault of the same kind in {column}"
            )

    def _label(self, position: int) -> str:
        if self.private or self.id_name not in self.frame:
            return ""
        value = self.frame[self.id_name].iloc[position]
        return "" if pd.isna(value) or value == "" else f" ({self.id_name} '{value}')"

    def done(self) -> None:
        """Raise one error with all faults."""
        if self.faults:
            raise InputError(self.faults, rows=sorted(self.odd) if self.only_odd else ())


def begin(
    frame: pd.DataFrame,
    id_name: str,
    needed: Iterable[str],
    source: str,
    *,
    private: bool = False,
) -> Check:
    """Copy the table, bring the id into a column of text, and look for missing columns."""
    if frame.columns.nlevels > 1:
        raise InputError(f"{source}: its columns have names of several levels; give one each")
    if again := sorted(map(str, frame.columns[frame.columns.duplicated()])):
        named = "a column" if private else f"column '{again[0]}'"
        raise InputError(f"{source}: {named} stands twice; keep one")
    copy, numbers = pd.DataFrame(_with_geometry_so_named(frame)), row_numbers(frame)
    if "geometry" in copy and not holds_shapes(copy["geometry"]):
        log.warning("%s: the column 'geometry' holds text, not shapes, and is not read", source)
        copy = copy.drop(columns="geometry")
    if id_name not in copy and copy.index.name not in (None, ROW, *copy):
        copy = copy.reset_index()
    copy = _in_our_names(copy.reset_index(drop=True), ROLE_OF[id_name], source, private=private)
    copy = _with_plain_cells(copy)
    check = Check(source, id_name, copy, numbers, private=private)
    if copy.empty:
        check.whole("there are no rows; give at least one")
    absent = [column for column in (id_name, *needed) if column not in copy]
    for column in absent:
        check.whole(f"column '{column}' is missing; add it{_hint(column, check)}")
    if id_name in copy:
        ids = copy[id_name].astype("str").str.strip().where(copy[id_name].notna(), "")
        copy[id_name] = ids
        check.rows(np.asarray(ids == "", dtype=bool), id_name, "is empty; give every row an id")
        odd = np.asarray(ids.str.contains(CONTROL), dtype=bool)
        problems = [f"{value!r} holds a sign that cannot be seen; remove it" for value in ids[odd]]
        check.rows(odd, id_name, problems)
        repeated = np.asarray(ids.duplicated(keep="first") & (ids != ""), dtype=bool)
        check.only_odd &= not repeated.any()  # nobody knows which of the two is meant
        first = dict(zip(reversed(ids.tolist()), reversed(numbers), strict=True))
        problems = [f"'{value}' stands in row {first[value]} already" for value in ids[repeated]]
        check.rows(repeated, id_name, [f"{text}; every id may stand once" for text in problems])
    return check


def _in_our_names(frame: pd.DataFrame, role: str, source: str, *, private: bool) -> pd.DataFrame:
    """Return a table whose columns of usual names have ours, and say so."""
    taken = usual_names([str(column) for column in frame], role)
    if "geometry" in frame:  # which says where its rows are
        taken = {theirs: ours for theirs, ours in taken.items() if ours not in COORDINATES}
    if taken and not private:
        listed = ", ".join(f"'{theirs}' for {ours}" for theirs, ours in taken.items())
        log.warning("%s: columns taken for ours: %s", source, listed)
    return frame.rename(columns=taken)


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


def _with_plain_cells(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table with one form of null, and texts without blanks around them."""
    # "town" and "town " are one area; a pd.NA is neither true nor false
    for column in frame.columns.difference(["geometry"]):
        cells = frame[column]
        if cells.dtype == object or getattr(cells.dtype, "na_value", None) is pd.NA:
            cells = cells.astype(object).where(cells.notna(), None)
        if cells.dtype == object or isinstance(cells.dtype, pd.StringDtype):
            plain = cells.map(lambda cell: cell.strip() if isinstance(cell, str) else cell)
            frame = frame.assign(**{column: plain.astype(cells.dtype)})
    return frame


def single_points(shapes: NDArray[Any]) -> NDArray[Any]:
    """Return shapes with each collection of one point as that point, and of none as none."""
    several = shapely.get_type_id(shapes) == MULTIPOINT
    lone = several & (shapely.get_num_geometries(shapes) <= 1)
    return np.where(lone, shapely.get_geometry(shapes, 0), shapes) if lone.any() else shapes


MULTIPOINT = 4
"""What shapely calls that type."""


def _with_geometry_so_named(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a copy whose geometry, if it has one under another name, is called geometry."""
    if isinstance(frame, gpd.GeoDataFrame):
        active = frame.active_geometry_name
        if active not in (None, "geometry"):
            others = frame.drop(columns="geometry", errors="ignore")
            return pd.DataFrame(others.rename_geometry("geometry"))
    return frame.copy()


def holds_shapes(cells: pd.Series) -> bool:
    """Return whether a column holds shapes, not the text (WKT) that spreadsheets keep of them."""
    return hasattr(cells.array, "crs") or any(isinstance(cell, BaseGeometry) for cell in cells)


def without_controls(text: str) -> str:
    """Return a text with a space for each tab or line end, a mark for each other control."""
    return NO_TEXT.sub(lambda sign: " " if sign[0] in "\t\n\r\u2028\u2029" else "\ufffd", text)


def _hint(column: str, check: Check) -> str:
    """Return a clause that names columns like the missing one, or those there are."""
    if check.private or not check.columns:
        return ""
    # latitude is like longitude, and never what was meant by it
    like = close_match(column, [other for other in check.columns if other not in COORDINATES])
    return f" ({like or did_you_mean('', check.columns)})"


def require_text(check: Check, columns: Iterable[str]) -> None:
    """Note empty cells in columns that must say something."""
    for column in columns:
        if column in check.frame:
            values = check.frame[column]
            blank = values.isna() | (values.astype("str").str.strip() == "")
            check.rows(np.asarray(blank, dtype=bool), column, "is empty; fill it in")


def read_numbers(
    check: Check, columns: Iterable[str], *, may_miss: NDArray[np.bool_] | bool
) -> None:
    """Turn columns into float64, noting what is no number, out of range or missing."""
    for column in columns:
        if column not in check.frame:
            continue
        given = check.frame[column]
        values = pd.to_numeric(given, errors="coerce").astype("float64").to_numpy()
        low, high = RANGES.get(column, RANGES["weight"])
        absent = np.asarray(given.isna(), dtype=bool)
        values = np.where(absent, np.nan, values)  # pandas makes a number of NaT
        bad = ~absent & ~((values >= low) & (values <= high) & np.isfinite(values))
        if column == "imd_decile":
            bad |= ~absent & (values != np.floor(values))
        wanted = f"from {low:g} to {high:,.10g}"
        if column == "hours_per_week":
            wanted += ", leave it empty, or list its windows in data.timetable"
        problems = [f"is {value}; give a number {wanted}" for value in given[bad]]
        check.rows(bad, column, problems)
        check.rows(absent & ~np.asarray(may_miss), column, f"is empty; give a number {wanted}")
        check.frame[column] = values


def read_geometry(check: Check) -> gpd.GeoSeries:
    """Return the geometry as it came, or built from coordinates; without any, raise all faults."""
    if "geometry" in check.frame:
        shapes = check.frame["geometry"]
        crs = getattr(shapes.array, "crs", None)
        if crs is not None:
            points = single_points(np.asarray(shapes.array))
            return gpd.GeoSeries(points, index=shapes.index, crs=crs)
        check.whole(f"the coordinate system is not stated; say which, as in set_crs('{CRS}')")
    elif there := [pair for pair in PAIRS if {*pair[:2]} & {*check.frame}]:
        whole = [pair for pair in there if {*pair[:2]} <= {*check.frame}]
        return build_points(check, *(whole or there)[0])
    else:
        wanted = place_columns(check.columns, private=check.private)
        check.whole(f"there is no geometry; give points, or columns {wanted}")
    raise InputError(check.faults)


def place_columns(columns: Iterable[str], *, or_postcode: bool = False, private: bool) -> str:
    """Return which columns would say where rows are, with those there are that are like them."""
    pairs = [f"'{x}' and '{y}'" for x, y, _ in PAIRS]
    wanted = ", or ".join([*pairs, *(["'postcode'"] if or_postcode else [])])
    there = list(map(str, columns))
    if private or not there:
        return wanted
    usual = [*COORDINATES, *(["postcode"] if or_postcode else [])]
    near = [f"for '{ours}' {hint}" for ours in usual if (hint := close_match(ours, there))]
    return f"{wanted} ({' '.join(near) or did_you_mean('', there)})"


def build_points(check: Check, x: str, y: str, crs: str) -> gpd.GeoSeries:
    """Return points of two columns; None where both are missing or one is no number."""
    absent = [column for column in (x, y) if column not in check.frame]
    for column in absent:
        check.whole(f"column '{column}' is missing; add it{_hint(column, check)}")
    if absent:
        raise InputError(check.faults)
    values = []
    for column in (x, y):
        given = check.frame[column]
        number = pd.to_numeric(given, errors="coerce").astype("float64").to_numpy()
        bad = ~np.isfinite(number) & np.asarray(given.notna(), dtype=bool)
        problems = [f"'{value}' is no number; give a coordinate" for value in given[bad]]
        check.rows(bad, column, problems)
        check.unplaced.update(np.flatnonzero(bad).tolist())
        values.append(number)
    for column, missing, other in ((x, values[0], values[1]), (y, values[1], values[0])):
        lone = np.asarray(check.frame[column].isna(), dtype=bool) & np.isfinite(other)
        lone &= np.isnan(missing)
        check.rows(lone, column, "is empty; give both coordinates or neither")
        check.unplaced.update(np.flatnonzero(lone).tolist())
    complete = np.isfinite(values[0]) & np.isfinite(values[1])
    points = np.full(len(check.frame), None, dtype=object)
    points[complete] = shapely.points(values[0][complete], values[1][complete])
    return gpd.GeoSeries(points, index=check.frame.index, crs=crs)


def finish_points(
    check: Check,
    *,
    may_miss: NDArray[np.bool_] | bool,
    within: BaseGeometry | None,
    max_outside_m: float,
) -> gpd.GeoDataFrame:
    """Return the checked table; what is no point, missing or too far outside is a fault, too."""
    geometry = read_geometry(check)
    shapes = np.asarray(geometry.array)
    known = np.ones(len(shapes), dtype=bool)
    known[sorted(check.unplaced)] = False
    absent = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    bare = absent & known & ~np.asarray(may_miss)
    check.rows(bare, "geometry", NO_PLACE if check.private else _why_unplaced(check, bare))
    is_point = shapely.get_type_id(shapes) == 0
    kinds = geometry.geom_type[~absent & ~is_point]
    wrong = [f"is a {kind}; give a Point, for example its centroid" for kind in kinds]
    check.rows(~absent & ~is_point, "geometry", wrong)
    placed = is_point & ~absent
    raw = np.column_stack([shapely.get_x(shapes[placed]), shapely.get_y(shapes[placed])])
    area = shapely.box(*GRID_EXTENT_M) if within is None else within
    shapely.prepare(area)
    outside_m = _metres_outside(raw, geometry.crs, area)
    limit_m = 0.0 if within is None else max_outside_m
    degrees = _in_degree_range(raw) & (not geometry.crs.is_geographic)
    bad = (outside_m > limit_m) | degrees
    place = "the British National Grid" if within is None else "the study area"
    remedies = _remedies(raw[bad], geometry.crs, area, limit_m)
    problems = [
        f"{x:.10g}, {y:.10g} lies {_how_far(away_m)} {place}; {remedy}"
        for (x, y), away_m, remedy in zip(raw[bad], outside_m[bad], remedies, strict=True)
    ]
    rows = np.zeros(len(shapes), dtype=bool)
    rows[np.flatnonzero(placed)[bad]] = True
    check.rows(rows, "geometry", problems)
    return finish(check, geometry)


WHY_UNPLACED = "why_unplaced"
"""A column in which whoever places rows by names says why one is nowhere; not kept."""

NO_PLACE = "there are no coordinates; give them"
LIKE_A_POSTCODE = r"[A-Za-z]{1,3}\d{0,2}[A-Za-z]? ?\d[A-Za-z]{2}"
"""Postcodes, and what looks like them: GIR 0AA, NPT 1AA, ZZ99 9ZZ."""


def _why_unplaced(check: Check, bare: NDArray[np.bool_]) -> list[str]:
    """Return for each row why it has no place: it has a postcode that is not known, or nothing."""
    ids = check.frame.get(check.id_name, pd.Series("", check.frame.index)).astype("str")
    codes = ids.where(ids.str.fullmatch(LIKE_A_POSTCODE), "")
    if "postcode" in check.frame:
        codes = (
            check.frame["postcode"].fillna("").astype("str").where(lambda text: text != "", codes)
        )
    reasons = codes.map(lambda code: f"no place is known for the postcode '{code}'" if code else "")
    if WHY_UNPLACED in check.frame:
        reasons = check.frame[WHY_UNPLACED].fillna(reasons)
    return [
        f"there are no coordinates, and {why}; give coordinates, or correct it" if why else NO_PLACE
        for why in reasons[bare]
    ]


def finish(check: Check, geometry: gpd.GeoSeries) -> gpd.GeoDataFrame:
    """Raise all faults, or return the table: EPSG:27700, index named, no stale coordinates."""
    check.done()
    frame = check.frame.drop(columns=["geometry", WHY_UNPLACED, *COORDINATES], errors="ignore")
    table = gpd.GeoDataFrame(frame, geometry=geometry.to_crs(CRS).to_numpy(), crs=CRS)
    return table.set_index(check.id_name)


FARTHEST_M = 1e8
"""No place on Earth is farther from the grid; of larger numbers distances overflow."""


def _metres_outside(raw: NDArray[np.float64], crs: Any, area: BaseGeometry) -> NDArray[np.float64]:  # noqa: ANN401 - pyproj is untyped here
    """Return each point's distance from the area; inf where it cannot be placed on the grid."""
    grid = gpd.GeoSeries.from_xy(raw[:, 0], raw[:, 1], crs=crs).to_crs(CRS)
    x, y = grid.x.to_numpy(), grid.y.to_numpy()
    away_m = np.full(len(raw), np.inf)
    near = (np.abs(x) < FARTHEST_M) & (np.abs(y) < FARTHEST_M)
    away_m[near] = shapely.distance(shapely.points(x[near], y[near]), area)
    return away_m


def _in_degree_range(raw: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.asarray((np.abs(raw) <= [180.0, 90.0]).all(axis=1), dtype=bool)


def _how_far(away_m: float) -> str:
    if not np.isfinite(away_m):
        return "far outside"
    return f"{away_m / 1000:.1f} km outside" if away_m > 0 else "at the corner of"


def _remedies(
    raw: NDArray[np.float64],
    crs: Any,  # noqa: ANN401 - as above
    area: BaseGeometry,
    limit_m: float,
) -> NDArray[Any]:
    """Return what to do about each misplaced point, having tried the usual mistakes."""
    swapped = raw[:, ::-1]
    usual = "correct the coordinates, or state the coordinate system they are in"
    remedies = np.full(len(raw), usual, dtype=object)
    names = "longitude and latitude" if crs.is_geographic else "easting and northing"
    turned = _metres_outside(swapped, crs, area) <= limit_m
    remedies[turned] = f"{names} look swapped: exchange them"
    # degrees go before: as metres they all lie at the grid's corner, whichever way round
    tries = (
        (swapped, f"latitude, longitude: exchange them, and {DEGREES}"),
        (raw, f"longitude, latitude: {DEGREES}"),
    )
    for candidate, remedy in () if crs.is_geographic else tries:
        fits = _in_degree_range(candidate)
        fits[fits] = _metres_outside(candidate[fits], "EPSG:4326", area) <= limit_m
        remedies[fits] = f"the numbers look like {remedy}"
    return remedies


MAX_OUTSIDE_M = 5000.0
"""How far outside the study area a point may lie unless told otherwise, in metres."""

LOCATION_BASES = ("surveyed", "postcode", "street", "estimate", "unknown", "not stated")
"""How a site's place is known, from best to worst; the last where the table does not say."""

SITE_COLUMNS = (
    "site_id",
    "name",
    "kind",
    "locality",
    "hours_per_week",
    "location_basis",
    "location_radius_m",
    "existence",
    "geometry",
)


@check_arguments
def check_areas(
    frame: gpd.GeoDataFrame, *, counts: Sequence[str] = (), source: str = "areas"
) -> gpd.GeoDataFrame:
    """Return a table of areas that keeps the contract.

    Parameters
    ----------
    frame
        One row per area: ``area_id`` (column or index, unique), ``name``, polygons in any CRS.
        Other columns are kept.
    counts
        Further columns that count people where they are there: 0 or more, none missing.
    source
        What to call the table in messages, for example the file's name.

    Returns
    -------
    geopandas.GeoDataFrame
        A new table in EPSG:27700, index ``area_id`` (text).

    Raises
    ------
    InputError
        If anything is missing, repeated or not a valid polygon: every fault is listed.

    Examples
    --------
    >>> square = gpd.GeoSeries([shapely.box(440000, 390000, 441000, 391000)], crs=CRS)
    >>> areas = check_areas(gpd.GeoDataFrame({"area_id": ["a"], "name": ["A"]}, geometry=square))
    >>> float(areas.area["a"])
    1000000.0
    """
    check = begin(frame, "area_id", ["name"], source)
    require_text(check, ["name"])
    read_numbers(check, counts, may_miss=False)
    geometry = read_geometry(check)
    missing = np.asarray(geometry.isna() | geometry.is_empty, dtype=bool)
    check.rows(missing, "geometry", "there is no polygon; give one")
    polygon = np.isin(geometry.geom_type, ["Polygon", "MultiPolygon"])
    kinds = geometry.geom_type[~missing & ~polygon]
    wrong = [f"is a {kind}; an area is a Polygon or a MultiPolygon" for kind in kinds]
    check.rows(~missing & ~polygon, "geometry", wrong)
    invalid = ~missing & polygon & ~np.asarray(geometry.is_valid, dtype=bool)
    reasons = [
        f"the polygon is not valid ({reason}); repair it, for example with make_valid()"
        for reason in shapely.is_valid_reason(geometry.to_numpy()[invalid])
    ]
    check.rows(invalid, "geometry", reasons)
    return finish(check, geometry)


@check_arguments
def check_sites(
    frame: pd.DataFrame,
    *,
    source: str = "sites",
    within: BaseGeometry | None = None,
    max_outside_m: float = MAX_OUTSIDE_M,
) -> gpd.GeoDataFrame:
    """Return a table of sites that keeps the contract.

    Parameters
    ----------
    frame
        One row per site, points in any CRS, or a plain table with ``easting`` and ``northing`` or
        ``longitude`` and ``latitude``. Needs ``site_id`` (column or index, unique). Columns of
        usual names, such as ``Centre ID``, ``Easting`` or ``Latitude``, are taken for ours, and a
        warning says which. Where a column is absent, ``name`` is the id; ``location_basis`` (one of
        `LOCATION_BASES`) "not stated", and ``location_radius_m`` (may be empty only if the basis is
        unknown) 0; ``kind``, ``locality`` and ``hours_per_week`` (0 to 168; empty means full hours,
        number unknown) are empty; ``existence`` (above 0, up to 1: how likely it is that the site
        was there at all) is 1. Other columns are kept.
    source
        What to call the table in messages.
    within
        The study area in EPSG:27700.
    max_outside_m
        How far outside it a site may lie, in metres.

    Returns
    -------
    geopandas.GeoDataFrame
        A new table in EPSG:27700, index ``site_id`` (text). The geometry is None only where
        ``location_basis`` is "unknown".

    Raises
    ------
    InputError
        If anything is missing, repeated, out of range or out of place: every fault is listed.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {
    ...         "site_id": ["park-view", "valley"],
    ...         "name": ["Park View", "Valley"],
    ...         "location_basis": ["estimate", "unknown"],
    ...         "location_radius_m": [1500.0, None],
    ...         "easting": [440585.0, None],
    ...         "northing": [393055.0, None],
    ...     }
    ... )
    >>> check_sites(table).loc["valley", "geometry"] is None
    True
    """
    check = begin(frame, "site_id", [], source)
    if "site_id" in check.frame:
        check.frame = complete_sites(check.frame.set_index("site_id", drop=False))
        check.frame = check.frame.reset_index(drop=True)
    require_text(check, ["name", "location_basis"])
    unknown = np.zeros(len(check.frame), dtype=bool)
    if "location_basis" in check.frame:
        basis = check.frame["location_basis"]
        unknown = np.asarray(basis == "unknown", dtype=bool)
        odd = np.asarray(basis.notna() & ~basis.isin(LOCATION_BASES), dtype=bool)
        problems = [
            f"'{word}' is no basis; {did_you_mean(str(word), LOCATION_BASES)}"
            for word in basis[odd]
        ]
        check.rows(odd, "location_basis", problems)
    read_numbers(check, ["hours_per_week", "hours_per_week_after"], may_miss=True)
    read_numbers(check, ["location_radius_m"], may_miss=unknown)
    _read_existence(check)
    return finish_points(check, may_miss=unknown, within=within, max_outside_m=max_outside_m)


Frame = TypeVar("Frame", bound=pd.DataFrame)


SITE_DEFAULTS: dict[str, Any] = {
    "kind": None,
    "locality": None,
    "hours_per_week": np.nan,
    "location_basis": "not stated",
    "location_radius_m": 0.0,
    "existence": 1.0,
}
"""What the absence of a column means."""


def complete_sites(sites: Frame) -> Frame:
    """Return sites with every column they may have, those absent at what their absence means."""
    completed = sites.copy()
    for name, value in {"name": sites.index.astype(str), **SITE_DEFAULTS}.items():
        if name not in completed:
            completed[name] = value
    return completed


def weighted(origins: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return origins with a weight each: one where no column of theirs may be it."""
    if "weight" in origins.columns:
        weights("origins, weight", origins["weight"])
        return origins
    if hint := close_match("weight", origins.columns.astype(str)):
        raise InputError(f"origins: column 'weight' is missing; {hint}")
    alike = usual_names(origins.columns.astype(str).tolist(), "origins")
    for theirs in (theirs for theirs, ours in alike.items() if ours == "weight"):
        log.warning("origins: columns taken for ours: '%s' for weight", theirs)
        return origins.assign(weight=weights(f"origins, {theirs}", origins[theirs]))
    log.warning("origins have no column 'weight': each counts as one")
    return origins.assign(weight=1.0)


def _read_existence(check: Check) -> None:
    """Read how likely each site is to have been there: certain unless stated."""
    read_numbers(check, ["existence"], may_miss=True)
    if "existence" not in check.frame:
        return  # the table has no ids either, and that has been reported
    existence = check.frame["existence"].fillna(1.0)
    never = np.asarray(existence == 0, dtype=bool)
    check.rows(never, "existence", "is 0; give a number above 0, up to 1, or leave the site out")
    check.frame["existence"] = existence


@check_arguments
def check_origins(
    frame: pd.DataFrame,
    *,
    counts: Sequence[str] = (),
    weighs: bool = False,
    source: str = "origins",
    within: BaseGeometry | None = None,
    max_outside_m: float = MAX_OUTSIDE_M,
) -> gpd.GeoDataFrame:
    """Return a table of origins that keeps the contract.

    Parameters
    ----------
    frame
        One row per origin, points in any CRS, or a plain table with ``easting`` and ``northing`` or
        ``longitude`` and ``latitude``. Needs ``origin_id`` (column or index, unique). Columns of
        usual names, such as ``LSOA21CD``, ``pcds`` or ``Children``, are taken for ours, and a
        warning says which. ``weight`` (0 or more, for example children under five) is 1 where the
        column is absent, and ``weight_basis`` says so, else "not stated"; ``area_id`` is empty.
        ``imd_decile`` (1 to 10) and ``no_car_share`` (0 to 1) are checked where given: whole
        columns may be left out, single values may not. Other columns are kept.
    counts
        Further columns that count people where they are there: 0 or more, none missing.
    weighs
        Whether a column ``weight`` must be there: figures are then of people, not of places.
    source
        What to call the table in messages.
    within
        The study area in EPSG:27700.
    max_outside_m
        How far outside it an origin may lie, in metres.

    Returns
    -------
    geopandas.GeoDataFrame
        A new table in EPSG:27700, index ``origin_id`` (text).

    Raises
    ------
    InputError
        If anything is missing, repeated, out of range or out of place: every fault is listed.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {"origin_id": ["a"], "weight": [-1], "easting": [390000], "northing": [440000]}
    ... )
    >>> check_origins(table, within=shapely.box(430000, 380000, 460000, 410000))
    Traceback (most recent call last):
    ...
    eh_access.errors.InputError: 2 faults:
      1. origins, row 1 (origin_id 'a'), weight: is -1; give a number from 0 to 1,000,000,000
      2. origins, row 1 (origin_id 'a'), geometry: 390000, 440000 lies 50.0 km outside the
         study area; easting and northing look swapped: exchange them
    """
    named = weighs or bool(close_match("weight", map(str, frame.columns)))  # perhaps misspelt
    check = begin(frame, "origin_id", ["weight"] if named else [], source)
    if "weight" not in check.frame and not named:
        check.frame["weight"] = 1.0
        check.frame["weight_basis"] = check.frame.get("weight_basis", "each counts as one")
    return _finish_origins(check, counts, within, max_outside_m)


def check_private_origins(
    frame: pd.DataFrame,
    *,
    counts: Sequence[str] = (),
    source: str = "origins",
    within: BaseGeometry | None = None,
    max_outside_m: float = MAX_OUTSIDE_M,
) -> gpd.GeoDataFrame:
    """Check origins whose counts are people's own: faults name rows, and nothing in them."""
    check = begin(frame, "origin_id", ["weight"], source, private=True)
    return _finish_origins(check, counts, within, max_outside_m)


ORIGIN_NUMBERS = ("weight", "imd_decile", "no_car_share")
"""Columns without which an origin cannot be counted, where the table has them."""


def _finish_origins(
    check: Check, counts: Sequence[str], within: BaseGeometry | None, max_outside_m: float
) -> gpd.GeoDataFrame:
    for column, value in (("area_id", None), ("weight_basis", "not stated")):
        if column not in check.frame:
            check.frame[column] = value
    require_text(check, ["weight_basis"])
    read_numbers(check, ORIGIN_NUMBERS, may_miss=False)
    faults = len(check.faults)
    read_numbers(check, [name for name in counts if name not in ORIGIN_NUMBERS], may_miss=False)
    # for the count of one group no row is to be left out of the figures of all
    check.only_odd &= len(check.faults) == faults
    table = finish_points(check, may_miss=False, within=within, max_outside_m=max_outside_m)
    if "imd_decile" in table:
        table["imd_decile"] = table["imd_decile"].astype("int64")
    return table


@check_arguments
def points_from_columns(
    frame: pd.DataFrame,
    *,
    x: str = "easting",
    y: str = "northing",
    crs: str = CRS,
    source: str = "table",
    private: bool = False,
) -> gpd.GeoDataFrame:
    """Return a table with points built from two columns of coordinates.

    Parameters
    ----------
    frame
        Any table; it is not changed.
    x, y
        Names of the two columns. They give way to ``geometry`` so that nothing can go stale.
    crs
        Coordinate system of the numbers, for example "EPSG:4326" for longitude and latitude.
    source
        What to call the table in messages.
    private
        Faults name rows, not what stands in them.

    Returns
    -------
    geopandas.GeoDataFrame
        Same rows and index; geometry None where both coordinates are missing.

    Raises
    ------
    InputError
        If a column is missing, holds something other than numbers, or one of a pair is missing.

    Examples
    --------
    >>> points_from_columns(pd.DataFrame({"easting": [1.0], "northing": [2.0]})).geometry.x[0]
    np.float64(1.0)
    """
    check = Check(source, "", frame.copy(), row_numbers(frame), private=private)
    points = build_points(check, x, y, crs)
    check.done()
    return gpd.GeoDataFrame(check.frame.drop(columns=[x, y]), geometry=points)
