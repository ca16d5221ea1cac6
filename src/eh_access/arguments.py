"""What public functions were given: numbers, node numbers, points; one message for each fault."""

from __future__ import annotations

import os
from collections.abc import Sized
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from eh_access.errors import InputError

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

SHOWN = 5


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
    if isinstance(values, str) or not isinstance(values, Sized) or np.ndim(values) == 0:  # type: ignore[arg-type]
        raise InputError(f"{name} is {values!r}; give a list of {unit}, such as [15, 30]")
    if not len(values):
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
        return table
    if not isinstance(table, gpd.GeoDataFrame):
        raise InputError(
            f"{name}: a {type(table).__name__}, no table of points; give a GeoDataFrame"
        )
    if table.active_geometry_name is None:
        raise InputError(f"{name}: no geometry; say which column holds it, as in set_geometry()")
    return table


def weights(name: str, values: object) -> NDArray[np.float64]:
    """Return weights, each finite and 0 or more."""
    try:
        checked = np.asarray(values, dtype=np.float64)
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
        Searches side by side; None for one on each processor.

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
        return self.threads or os.cpu_count() or 1
