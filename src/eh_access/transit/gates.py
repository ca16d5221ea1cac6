"""What must hold of a timetable before its answers are believed: facts, no sentences."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias, cast

import numpy as np
import pandas as pd

from eh_access.errors import InputError
from eh_access.network.area import off_grid
from eh_access.transit.days import bank_holidays, clocks_change, in_school_holidays
from eh_access.transit.feed import DAY_DS, DS_PER_S, parse_date
from eh_access.transit.timetable import NO

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eh_access.transit.feed import Feed
    from eh_access.transit.timetable import Timetable

Severity: TypeAlias = Literal["ok", "note", "warn", "stop"]

LEAST_OF_TYPICAL = 0.8
MOST_DOUBLED = 0.01
MOST_TOO_FAST = 0.01
ROUNDED_S = 60
"""Times are given to the minute, so that a hop may look a minute shorter than it is."""
OLD_DAYS = 60
WEEKS = 4
HOUR_DS = 3600 * DS_PER_S
DAYTIME = range(7, 20)
FASTEST_KM_H = {0: 100.0, 1: 120.0, 2: 320.0, 4: 90.0}
"""By kind of route; buses and coaches below. Kinds of four digits are taken by their hundred."""
FAST_BUS_KM_H = 130.0
OF_FOUR_DIGITS = 100
EXTENDED = {1: 2, 2: 3, 4: 1, 7: 3, 9: 0, 10: 4, 12: 4}
DATED = 8
OUR_ZONES = {"", "Europe/London", "GB", "Europe/Belfast", "Europe/Isle_of_Man"}
UNIVERSAL = {"UTC", "Etc/UTC", "GMT", "Etc/GMT", "WET"}
"""Zones an hour off in summer at most; any other is another country's."""


class Gate(NamedTuple):
    """One check."""

    gate: str
    severity: Severity
    value: float
    limit: float = np.nan
    detail: str = ""


def find_gates(feed: Feed, timetable: Timetable, holidays: Iterable[dt.date] = ()) -> pd.DataFrame:
    """Check a feed and what runs of it on a date; one row for each check."""
    gates = [
        *_of_date(feed, timetable, set(holidays)),
        *_of_feed(feed),
        *_of_runs(timetable),
    ]
    if len(timetable.setting_out):  # of nothing anything holds
        gates += [*_of_stops(feed, timetable), *_of_wheelchairs(timetable)]
    return pd.DataFrame(gates, columns=list(Gate._fields))


def stop_at_gates(timetable: Timetable) -> None:
    """Raise InputError with every check that forbids an answer."""
    first, last = timetable.span
    faults = [
        FAULTS[str(row["gate"])].format(date=timetable.date, first=first, last=last, **row)
        for row in cast("list[dict[str, Any]]", timetable.gates.to_dict("records"))
        if row["severity"] == "stop"
    ]
    if faults:
        raise InputError(faults)


FAULTS = {
    "date": "{date} lies outside the feed, which runs from {first} to {last}; give a date inside "
    "it or get a newer feed",
    "trips": "nothing runs on {detail} in the area asked for; give another date, or a feed of "
    "that area",
    "timezone": "times are those of {detail}, so that this is another country's feed; give one of "
    "Great Britain",
    "places": "{value:.0f} stops that are called at have no place, the first {detail}; add "
    "stop_lat and stop_lon",
    "country": "{value:.0f} stops that are called at lie outside Great Britain's grid, the first "
    "{detail}; give a feed of Great Britain, or an area",
    "speed": "{value:.1%} of stretches from stop to stop are faster than such vehicles go, more "
    "than {limit:.0%}, the first {detail}; the feed's times or places are wrong: get it again",
}
"""Errors, by check."""


def when(bad: Any, severity: Severity, otherwise: Severity = "ok") -> Severity:  # noqa: ANN401 - numpy has its own booleans
    """Return a severity where something is wrong, another where not."""
    return severity if bad else otherwise


def _of_date(feed: Feed, timetable: Timetable, holidays: set[dt.date]) -> Iterator[Gate]:
    date = timetable.date
    first, last = timetable.span
    inside = first <= date <= last
    yield Gate("date", when(not inside, "stop"), float(inside), 1, f"{date} {first} {last}")
    if not inside:
        return
    trips = timetable.setting_out
    yield Gate("trips", when(not len(trips), "stop"), len(trips), 1, f"{date:%A} {date}")
    routes = timetable.trips["route_id"].iloc[trips].nunique()
    yield Gate("routes", "note", routes, len(feed.tables["routes"]))
    per_service = feed.tables["trips"]["service_id"].value_counts()
    count = {
        week: int(per_service.reindex(list(feed.services(date + dt.timedelta(weeks=week)))).sum())
        for week in range(-WEEKS, WEEKS + 1)
    }
    others = [runs for week, runs in count.items() if week and runs]
    typical = float(np.median(others)) if others else np.nan
    yield Gate(
        "typical",
        when(count[0] < LEAST_OF_TYPICAL * typical, "warn"),
        count[0],
        LEAST_OF_TYPICAL * typical,
    )
    holiday = date in bank_holidays(date.year) or date in holidays
    yield Gate("holiday", when(holiday, "warn"), float(holiday), 0, str(date))
    school = in_school_holidays(date)
    yield Gate("school_holiday", when(school, "warn"), float(school), 0, str(date))
    yield Gate("clock_change", when(clocks_change(date), "warn"), float(clocks_change(date)), 0)
    exceptions = len(feed.tables["calendar_dates"])
    yield Gate("exceptions", when(not exceptions, "note"), exceptions, 1)
    dated = [p.date for p in feed.provenance if len(p.date) == DATED and p.date.isdigit()]
    age = max(((date - parse_date(day)).days for day in dated), default=0)
    yield Gate("age", when(age > OLD_DAYS, "warn"), age, OLD_DAYS, min(dated, default=""))


def _of_feed(feed: Feed) -> Iterator[Gate]:
    tables = feed.tables
    one_call = len(tables["trips"]) - feed.calls["trip"].nunique()
    yield Gate("one_call", when(one_call, "warn"), one_call, 0)
    zones = set(tables["agency"]["agency_timezone"]) - OUR_ZONES
    abroad = zones - UNIVERSAL
    severity = when(abroad, "stop", when(zones, "warn"))
    yield Gate("timezone", severity, len(zones), 0, " ".join(sorted(abroad or zones)))
    rules = tables["transfers"]
    narrow = rules[["from_route_id", "to_route_id", "from_trip_id", "to_trip_id"]] != ""
    ignored = int((narrow.any(axis=1) | rules["transfer_type"].isin(["4", "5"])).sum())
    yield Gate("narrow_transfers", when(ignored, "warn"), ignored, 0)
    ends, stops = rules[["from_stop_id", "to_stop_id"]], tables["stops"]["stop_id"]
    lost = ((ends != "") & ~ends.isin(set(stops))).any(axis=1)
    first = " to ".join(ends[lost].iloc[0]) if lost.any() else ""
    yield Gate("lost_transfers", when(lost.any(), "note"), lost.sum(), 0, first)
    headways = int((~tables["frequencies"]["exact_times"].isin(["1"])).sum())
    yield Gate("headways", when(headways, "warn"), headways, 0)
    renamed = sum(feed.renamed.values())
    detail = " ".join(f"{kind}:{count}" for kind, count in sorted(feed.renamed.items()))
    yield Gate("renamed", when(renamed, "note"), renamed, 0, detail)


def _of_stops(feed: Feed, timetable: Timetable) -> Iterator[Gate]:
    served = timetable.stops.iloc[timetable.served]
    xy = served[["x_m", "y_m"]].to_numpy(float)
    lost = np.isnan(xy).any(axis=1)
    yield Gate("places", when(lost.any(), "stop"), lost.sum(), 0, _first(served.index, lost))
    away = ~lost & off_grid(xy[:, 0], xy[:, 1])
    yield Gate("country", when(away.any(), "stop"), away.sum(), 0, _first(served.index, away))
    yield Gate(
        "unserved", "note", len(feed.tables["stops"]) - len(served), len(feed.tables["stops"])
    )


def _first(ids: pd.Index, bad: NDArray[np.bool_]) -> str:
    return str(ids[int(bad.argmax())]) if bad.any() else ""


def basic_kinds(kind: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return kinds of route as the basic ones of GTFS: 2 is rail, 3 is bus."""
    return np.where(
        kind >= OF_FOUR_DIGITS, [EXTENDED.get(k // OF_FOUR_DIGITS, 2) for k in kind], kind
    )


def _of_wheelchairs(timetable: Timetable) -> Iterator[Gate]:
    """Count the stops and departures of which the feed does not say whether they take one."""
    for name, frame, rows in (
        ("wheelchair_stops", timetable.stops, timetable.served),
        ("wheelchair_trips", timetable.trips, timetable.setting_out),
    ):
        stated = frame["wheelchair"].iloc[rows]
        unknown, closed = (int((stated == word).sum()) for word in (0, NO))
        yield Gate(name, when(unknown, "note"), unknown, len(stated), str(closed))


def _of_runs(timetable: Timetable) -> Iterator[Gate]:
    today = (timetable.dep_ds >= 0) & (timetable.dep_ds < DAY_DS)
    if not today.any():
        return
    hops = pd.DataFrame(
        {n: getattr(timetable, n)[today] for n in ("frm", "to", "dep_ds", "arr_ds")}
    )
    trips = timetable.trips.iloc[timetable.trip[today]]
    route = trips["route_id"].to_numpy()
    kind = timetable.routes["kind"].reindex(route).to_numpy()
    xy = timetable.stops[["x_m", "y_m"]].to_numpy(float)
    km = np.hypot(*(xy[hops["to"]] - xy[hops["frm"]]).T) / 1000
    seconds = (hops["arr_ds"] - hops["dep_ds"]).to_numpy() / DS_PER_S + ROUNDED_S
    base = basic_kinds(kind)
    fastest = np.array([FASTEST_KM_H.get(k, FAST_BUS_KM_H) for k in base])
    fast = km / seconds * 3600 > fastest
    share = float(fast.mean())
    severity = when(share > MOST_TOO_FAST, "stop", when(share, "warn"))
    ids = pd.Index(trips["trip_id"])
    yield Gate("speed", severity, share, MOST_TOO_FAST, _first(ids, fast))
    doubled = float(hops.assign(route=route).duplicated().mean())
    yield Gate("doubled", when(doubled > MOST_DOUBLED, "warn"), doubled, MOST_DOUBLED)
    hours = np.bincount(hops["dep_ds"] // HOUR_DS, minlength=24)
    idle = [hour for hour in DAYTIME if not hours[hour]]
    yield Gate("hours", when(idle, "warn"), len(idle), 0, " ".join(f"{hour:02d}" for hour in idle))
    # what sets out on the date may arrive on the next
    late = np.isin(timetable.trip, timetable.setting_out)
    latest = timetable.arr_ds[late].max() / HOUR_DS if late.any() else np.nan
    yield Gate("last_arrival_h", "note", latest)
    rail = int(np.isin(base, [2]).sum())
    yield Gate("rail", when(not rail, "note"), rail, 1)
    boards = float((timetable.flag[today] & 1 == 0).mean())
    yield Gate("no_boarding", "note", boards)
