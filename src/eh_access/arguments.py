"""What public functions were given: numbers, node numbers, points; one message for each fault."""

from __future__ import annotations

import collections.abc
import contextlib
import dataclasses
import functools
import inspect
import os
import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sized
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeVar

import numpy as np

from eh_access.errors import InputError, did_you_mean

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

SHOWN = 5

MINUTES = (
    "breaks cutoff cutoffs default_cutoff distance isochrones max_time max_time_walking "
    "max_trip_duration max_walk_time maxdist"
)
ELSEWHERE = {
    "network": "G graph net transport_network",
    "origins": "demand demand_points incidents land_use_data",
    "origin": "incident orig origins",
    "sites": "destinations facilities opportunities pois site",
    "site": "dest destination destinations facility sites",
    "times": "matrix travel_matrix travel_time_matrix travel_times",
    "points": "origins places",
    "mode": "modes network_type transport_mode transport_modes",
    "modes": "mode network_type transport_modes",
    "limits=JourneyLimits(direct_min=...)": "max_time_walking max_walk_time",
    "limits=JourneyLimits(max_changes=...)": "max_public_transport_rides max_rides",
    "cutoff_min": MINUTES,
    "cutoffs_min": MINUTES,
    "each_way_min": MINUTES,
    "window": "departure departure_datetime departure_time_window time_window",
    "direction": "travel_direction",
    "n": "k num_pois",
    "keep": "k n_facilities p p_facilities",
    "area": "place polygon query",
    "buffer_m": "buffer_dist dist",
    "options=SearchOptions(threads=...)": "n_jobs n_threads",
    "mode=WALK.with_speed(km_h)": "speed_walking walk_speed",
    "mode=CYCLE.with_speed(km_h)": "bike_speed speed_cycling",
}
"""What r5py, r5r, OSMnx, pandana, spopt and ArcGIS call arguments, by ours; the first that fits."""


def _hint(name: str, own: Iterable[str]) -> str:
    """Return which of a function's own arguments another name stands for."""
    for ours, theirs in ELSEWHERE.items():
        if ours.partition("=")[0] in own and name in theirs.split():
            return f"here it is {ours}"
    return did_you_mean(name, own)


P = ParamSpec("P")
T = TypeVar("T")


GIVE = {
    "Network": "read_network(...)",
    "TravelTimes": "travel_time_matrix(...), or TravelTimes.from_frame(...)",
    "Comparison": "compare(...)",
    "Scenario": "a Scenario, or Scenario.closing(...)",
    "Study": "load_study(...)",
    "StudyResult": "run_study(...)",
    "Findings": "find_findings(...)",
    "Maps": "find_maps(...)",
    "Criterion": "a Criterion",
    "Case": "a Case",
    "Side": "a Side",
    "Terrain": "read_terrain(...)",
    "Timetable": "read_timetable(...)",
    "Walks": "find_walks(...)",
    "Doubles": "numbers: a list, an array or a column of a table",
    "pd.Series": "a Series, as a column of a table is",
    "pd.DataFrame": "a DataFrame, as from pandas.read_csv(...)",
    "gpd.GeoDataFrame": "a GeoDataFrame (check_sites and check_origins make one of a table)",
    "gpd.GeoDataFrame | BaseGeometry": "a GeoDataFrame or a polygon",
    "Path | str": "a path",
    "str | Path": "a path or a name",
    "str": "text",
}
"""What to give where a parameter is annotated so."""
MANY = re.compile(r"(Sequence|Iterable|Mapping)\[(?:.*, )?([A-Z]\w+)\]")
"""Several of a kind."""


def _fits(value: object, kind: str) -> bool:
    """Return whether a value is of a kind, by the names of its classes: none is imported for it."""
    classes = {each.__name__ for each in type(value).__mro__}
    names = {each.rpartition(".")[2] for each in kind.split(" | ")}
    return bool(classes & names) or ("GeoDataFrame" in names and "DataFrame" in classes)


def _converted(name: str, value: Any, kind: str) -> Any:  # noqa: ANN401 - whatever was given
    """Return a value as its kind wants it; InputError for what cannot be had so."""
    if _fits(value, kind):
        return value
    what = type(value).__name__
    if many := MANY.fullmatch(kind):
        holder, inner = many.groups()
        if not isinstance(value, getattr(collections.abc, holder)):
            raise InputError(f"{name} is a {what}; give several: for each, {GIVE[inner]}")
        held = value if holder != "Iterable" else list(value)  # an iterator serves once
        for each in held.values() if isinstance(held, Mapping) else held:
            if not _fits(each, inner):
                what = type(each).__name__
                raise InputError(f"{name} holds a {what}; give {GIVE[inner]} for each")
        return held
    if kind == "Doubles":
        with contextlib.suppress(TypeError, ValueError):
            numbers = np.asarray(value, np.float64)
            if numbers.ndim == 1:
                return numbers
    if "gpd.GeoDataFrame" in kind and what == "GeoSeries":
        return value.to_frame("geometry")  # an index and points are all that is needed
    if kind == "gpd.GeoDataFrame":
        raise InputError(f"{name}: a {what}, no table of points; give {GIVE[kind]}")
    raise InputError(f"{name} is a {what}; give {GIVE[kind]}")


def _is_checked(kind: str) -> bool:
    many = MANY.fullmatch(kind)
    return kind in GIVE or (many is not None and many[2] in GIVE)


def check_arguments(function: Callable[P, T]) -> Callable[P, T]:
    """Let a function meet another library's name, and what is not of its kind, with its own."""
    own = inspect.signature(function).parameters
    kinds = {name: str(each.annotation).removesuffix(" | None") for name, each in own.items()}
    checked = [(*item, kinds[item[1]]) for item in enumerate(own) if _is_checked(kinds[item[1]])]

    @functools.wraps(function)
    def call(*args: P.args, **named: P.kwargs) -> T:
        if not named.keys() <= own.keys():
            strange = sorted(named.keys() - own.keys())
            hints = [f"has no argument '{name}': {_hint(name, own)}" for name in strange]
            raise TypeError(f"{function.__name__}() {'; '.join(hints)}")
        given: Any = list(args)
        by_name: Any = named
        for place, name, kind in checked:
            holder, key = (by_name, name) if name in named else (given, place)
            if key is name or place < len(args):
                value = holder[key]
                if value is not own[name].default:
                    holder[key] = _converted(name, value, kind)
        return function(*given, **named)

    return call


def check_fields(made: Any) -> None:  # noqa: ANN401 - any dataclass
    """Let a dataclass meet what is not of a field's kind as a function meets its arguments."""
    for each in dataclasses.fields(made):
        kind = str(each.type).removesuffix(" | None")
        value = getattr(made, each.name)
        if _is_checked(kind) and (value is not None or kind == str(each.type)):
            object.__setattr__(made, each.name, _converted(each.name, value, kind))


def instance(name: str, value: object, kind: type[T], *, give: str) -> T:
    """Return an object of the kind a function works on."""
    if not isinstance(value, kind):
        raise InputError(f"{name} is a {type(value).__name__}; give {give}")
    return value


def number(  # noqa: PLR0913 - a range has this many sides
    name: str,
    value: object,
    *,
    low: float,
    high: float = np.inf,
    may_be_low: bool = True,
    whole: bool = False,
    unit: str = "",
) -> float:
    """Return a number within its range."""
    wanted = _wanted(low, high, may_be_low=may_be_low, whole=whole, unit=unit)
    kinds = (int, np.integer) if whole else (int, float, np.integer, np.floating)
    if isinstance(value, bool) or not isinstance(value, kinds):
        raise InputError(f"{name} is {value!r}; give {wanted}")
    above = value >= low if may_be_low else value > low
    if not (above and value <= high and np.isfinite(value)):
        raise InputError(f"{name} is {value}; give {wanted}")
    return float(value)


def _wanted(low: float, high: float, *, may_be_low: bool, whole: bool, unit: str) -> str:
    """Describe the numbers accepted."""
    kind = "a whole number" if whole else "a number"
    what = f"{kind} of {unit}" if unit and whole else unit or kind
    if np.isinf(high):
        return f"{what} of {low:g} or more" if may_be_low else f"{what} above {low:g}"
    start = "from" if may_be_low else "above"
    return f"{what} {start} {low:g} {'to' if may_be_low else 'and at most'} {high:g}"


def numbers(name: str, values: object, *, low: float, high: float, unit: str) -> list[float]:
    """Return a list of numbers, each above ``low`` and at most ``high``."""
    if isinstance(values, (int, float)) and not isinstance(values, bool):
        values = [values]
    if isinstance(values, str) or not isinstance(values, Sized) or np.ndim(values) == 0:  # type: ignore[arg-type]
        raise InputError(f"{name} is {values!r}; give a list of {unit}, such as [15, 30]")
    if len(values) == 0:
        raise InputError(f"{name} is empty; give one or more {unit}")
    checked: list[float] = []
    faults: list[str] = []
    for value in values:  # type: ignore[attr-defined]
        try:
            checked.append(number(name, value, low=low, high=high, may_be_low=False, unit=unit))
        except InputError as error:
            faults += error.faults
    if faults:
        raise InputError(faults)
    return checked


def node_numbers(name: str, values: object, count: int) -> NDArray[np.int64]:
    """Return numbers of nodes that exist."""
    chosen: NDArray[Any] = np.asarray(values).reshape(-1)
    if chosen.dtype.kind == "b":
        raise InputError(f"{name} is a mask; give node numbers: numpy.flatnonzero(mask)")
    if chosen.size and chosen.dtype.kind not in "iu":
        raise InputError(
            f"{name} holds {chosen[0]!r}; give node numbers, whole ones from 0 to {count - 1}"
        )
    # copied only where it must be: compiled code has one kind of array
    nodes: NDArray[np.int64] = np.require(chosen, np.int64, ["C", "W"])
    if nodes.size and nodes.view(np.uint64).max() >= count:  # those below 0 are then very large
        wrong = (nodes < 0) | (nodes >= count)
        raise InputError(
            f"{name} {chosen[wrong][:SHOWN].tolist()} do not exist; the network has nodes 0 to "
            f"{count - 1}"
        )
    return nodes


def places(name: str, table: object) -> gpd.GeoDataFrame | gpd.GeoSeries:
    """Return a table of points."""
    import geopandas as gpd  # noqa: PLC0415 - keeps importing the package quick

    if isinstance(table, gpd.GeoSeries):
        check_ids(name, table.index)
        return table
    if not isinstance(table, gpd.GeoDataFrame):
        raise InputError(
            f"{name}: a {type(table).__name__}, no table of points; give {GIVE['gpd.GeoDataFrame']}"
        )
    if table.active_geometry_name is None:
        raise InputError(f"{name}: no geometry; say which column holds it, as in set_geometry()")
    check_ids(name, table.index)
    return table


def check_ids(name: str, ids: pd.Index) -> None:
    """Raise InputError unless every row has one id of its own."""
    if ids.nlevels > 1:
        levels = ", ".join(str(level) for level in ids.names)
        raise InputError(
            f"{name}: the index has {ids.nlevels} levels ({levels}); give one id a row, as in "
            "reset_index() and set_index()"
        )
    if ids.hasnans:
        raise InputError(f"{name}: row {int(ids.isna().argmax()) + 1} has no id; give it one")
    if not ids.is_unique:
        repeated = list(dict.fromkeys(ids[ids.duplicated()].tolist()))
        ids_stand = "id stands" if len(repeated) == 1 else "ids stand"
        raise InputError(
            f"{name}: {len(repeated)} {ids_stand} more than once, the first {repeated[0]!r}; "
            "every id may stand once"
        )


def no_such_id(wrong: Hashable, known: pd.Index) -> str:
    """Return a hint on an id that is not there: one of another type, one spelt like it, or all."""
    alike = [other for other in known if str(other) == str(wrong)]
    if alike:
        given, kept = type(wrong).__name__, type(alike[0]).__name__
        return f"the ids are of type {kept}, this is {given}: give {alike[0]!r}"
    return did_you_mean(str(wrong), known)


def weights(name: str, values: object) -> NDArray[np.float64]:
    """Return weights, each finite and 0 or more."""
    import pandas as pd  # noqa: PLC0415 - keeps importing the package quick

    try:
        given = pd.Series(values, dtype=object)
        checked = given.mask(given.isna(), np.nan).to_numpy(np.float64)  # pd.NA is no number
    except (TypeError, ValueError) as error:
        raise InputError(f"{name}: give numbers of 0 or more ({error})") from error
    bad = np.flatnonzero(~(np.isfinite(checked) & (checked >= 0)))
    if len(bad):
        raise InputError(
            f"{name}: row {row + 1} is {checked[row]}; give a number of 0 or more"
            for row in bad[:SHOWN].tolist()
        )
    return checked


Engine = Literal["auto", "queue", "hierarchy"]

ENGINES: tuple[Engine, ...] = ("auto", "queue", "hierarchy")


@dataclass(frozen=True, kw_only=True)
class SearchOptions:
    """How to search; no choice here changes a result.

    (Beyond 19 days, 2**24 deciseconds, the hierarchy's numbers are rounded.)

    Parameters
    ----------
    engine
        ``"queue"`` searches from each site with a bucket queue; ``"hierarchy"`` sorts the streets
        once and sweeps them for all sites; ``"auto"`` picks by the size of the job.
    threads
        Searches side by side; None for as many as ``OMP_NUM_THREADS`` allows, as for other
        libraries, or one on each processor.

    Raises
    ------
    InputError
        If there is no such engine or fewer than one thread.

    Examples
    --------
    >>> SearchOptions(engine="queue").threads is None
    True
    """

    engine: Engine = "auto"
    threads: int | None = None

    def __post_init__(self) -> None:
        faults: list[str] = []
        if self.engine not in ENGINES:
            faults.append(f"engine is '{self.engine}'; choose one of {', '.join(ENGINES)}")
        if self.threads is not None:
            try:
                number("threads", self.threads, low=1, whole=True)
            except InputError as error:
                faults += [f"{fault}, or None for all" for fault in error.faults]
        if faults:
            raise InputError(faults)

    @property
    def workers(self) -> int:
        """Number of searches side by side."""
        allowed = os.environ.get("OMP_NUM_THREADS", "")
        return self.threads or int(allowed if allowed.isdecimal() else 0) or os.cpu_count() or 1
