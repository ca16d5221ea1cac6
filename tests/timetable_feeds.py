"""Made-up feeds, hostile ones, and the walks about them."""

from __future__ import annotations

import csv
import datetime as dt
import random
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from eh_access.modes import WALK, TravelMode
from eh_access.routing.travel_times import Direction, TravelTimes
from eh_access.transit.timetable import Timetable
from eh_access.transit.walks import JourneyLimits, Pairs, Walks

Tables = dict[str, list[dict[str, Any]]]
DATE = dt.date(2023, 6, 13)
STOPS, LINES = 14, 7
WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def hms(time: int) -> str:
    return f"{time // 3600:02d}:{time // 60 % 60:02d}:{time % 60:02d}"


def seconds(text: str) -> int:
    """Return the seconds after midnight of a time."""
    hours, minutes, rest = map(int, text.split(":"))
    return hours * 3600 + minutes * 60 + rest


def write_feed(folder: Path, tables: Mapping[str, list[dict[str, Any]]]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        if table:
            columns = list(dict.fromkeys(column for row in table for column in row))
            with (folder / f"{name}.txt").open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, columns, restval="")
                writer.writeheader()
                writer.writerows(table)
    return folder


def calendar(service: str, days: Iterable[int], start: str = "20230605") -> dict[str, Any]:
    on = {day: int(number in days) for number, day in enumerate(WEEK)}
    return {"service_id": service, **on, "start_date": start, "end_date": "20240301"}


def hostile(  # noqa: C901, PLR0912, PLR0915 - one draw after another
    seed: int,
) -> dict[str, list[dict[str, Any]]]:
    """A random town with every awkward thing a feed may hold.

    Blocks, frequencies, trips past midnight and of the day before, hops of no seconds, no boarding
    and no alighting, transfers of every kind and of stations, times missing between timepoints,
    trips of one call, feeds of calendar_dates alone; stops, stations and trips that take a
    wheelchair, do not, or do not say.
    """
    r = random.Random(seed)
    stops = [
        {
            "stop_id": f"s{i}", "stop_name": f"Stop {i}",
            "stop_lat": f"{51.5 + r.random() * 0.02:.6f}",
            "stop_lon": f"{-3 + r.random() * 0.03:.6f}",
            "location_type": "", "parent_station": r.choice(["", "", "hub"]) if i > 9 else "",
        }
        for i in range(STOPS)
    ]  # fmt: skip
    hub = {"stop_id": "hub", "stop_name": "Hub", "stop_lat": "51.5", "stop_lon": "-3"}
    stops.append({**hub, "location_type": "1", "parent_station": ""})
    trips: list[dict[str, Any]] = []
    times: list[dict[str, Any]] = []
    often: list[dict[str, Any]] = []
    services = ["daily", "weekday", "sunday", "holiday", "removed"]
    last = (0, 0)
    for line in range(LINES):
        path = r.sample(range(STOPS), r.randint(3, 6))
        if r.random() < 0.3:
            path.append(r.randrange(STOPS))
        path = [p for i, p in enumerate(path) if i == 0 or p != path[i - 1]]
        for j in range(r.randint(6, 14) if line != 6 else 30):
            trip_id = f"t{line}_{j}"
            t = r.choice([r.randint(6, 9), r.randint(6, 9), r.randint(22, 25)]) * 3600
            t += r.randrange(60) * 60
            trip = {"route_id": f"r{line}", "service_id": r.choice(services), "trip_id": trip_id}
            trip["block_id"] = r.choice(["", "", f"b{line}"])
            if line == 5:
                trip |= {"block_id": "", "service_id": r.choice(["daily", "holiday"])}
            if line == 6 and j % 2:  # goes on where the trip before ended: stay seated
                path = [last[0], *(p for p in r.sample(range(STOPS), 4) if p != last[0])]
                t = last[1] + r.choice([-120, 0, 30, 60, 300])
                trip = {**trips[-1], "trip_id": trip_id}
                if r.random() < 0.4:  # one block with it where both run
                    trip["service_id"] = r.choice(services)
            elif line == 6:
                trip["block_id"] = f"chain{j}"
            trips.append(trip)
            spare = r.random() < 0.25
            for i, p in enumerate(path):
                a = t
                d = a + r.choice([0, 0, 0, 30, 120])
                t = d + r.choice([0, 60, 60, 120, 300])
                call = {
                    "trip_id": trip_id, "arrival_time": hms(a), "departure_time": hms(d),
                    "stop_id": f"s{p}", "stop_sequence": i * 5 + 1,
                }  # fmt: skip
                up, down = r.random() < 0.3, r.random() < 0.2
                call["pickup_type"] = r.choice(["0", "", "1", "3", "2"]) if up else "0"
                call["drop_off_type"] = r.choice(["1", "0", "2"]) if down else ""
                if spare and 0 < i < len(path) - 1 and r.random() < 0.6:
                    call |= {"arrival_time": "", "departure_time": ""}
                elif spare and r.random() < 0.3:
                    call["departure_time"] = ""  # stands for the arrival
                    if i == 0:
                        call["arrival_time"] = hms(d)
                times.append(call)
            last = (path[-1], a)
            if r.random() < 0.12 and line != 6:
                s = r.randint(7, 10) * 3600
                row = {"trip_id": trip_id, "start_time": hms(s), "end_time": hms(s + 3600)}
                often.append({**row, "headway_secs": r.choice([600, 900, 700])})
    w = random.Random(f"wheelchairs {seed}")
    for trip in [trip for trip in trips if trip["trip_id"] in {f"t6_{j}" for j in range(1, 30, 2)}]:
        # and goes on once more, so that one may stay seated across the trip in the middle
        end = [call for call in times if call["trip_id"] == trip["trip_id"]][-1]
        t = seconds(end["arrival_time"])
        trips.append({**trip, "trip_id": f"{trip['trip_id']}c"})
        others = [f"s{p}" for p in w.sample(range(STOPS), 4) if f"s{p}" != end["stop_id"]]
        for i, stop in enumerate([end["stop_id"], *others]):
            t += w.choice([0, 60, 240])
            at = {"arrival_time": hms(t), "departure_time": hms(t), "stop_id": stop}
            times.append({"trip_id": trips[-1]["trip_id"], **at, "stop_sequence": i})
    trips.append({"route_id": "r0", "service_id": "daily", "trip_id": "lone", "block_id": ""})
    times.append({**times[0], "trip_id": "lone"})
    r.shuffle(times)
    n = random.Random(f"nights {seed}")
    for trip in [trip for trip in trips if trip["trip_id"].endswith("c")]:
        # begins again that night where it ended, the next day's: nobody stays seated
        end = max(
            (call for call in times if call["trip_id"] == trip["trip_id"]),
            key=lambda call: call["stop_sequence"],
        )
        t = seconds(end["arrival_time"]) + n.choice([0, 60, 180]) - 24 * 3600
        if t >= 0:
            trips.append({**trip, "trip_id": f"{trip['trip_id']}n"})
            others = [f"s{p}" for p in n.sample(range(STOPS), 3) if f"s{p}" != end["stop_id"]]
            for i, stop in enumerate([end["stop_id"], *others]):
                at = {"arrival_time": hms(t), "departure_time": hms(t), "stop_id": stop}
                times.append({"trip_id": trips[-1]["trip_id"], **at, "stop_sequence": i})
                t += 120
    only_dates = r.random() < 0.3
    day = f"{DATE:%Y%m%d}"
    exceptions = [("holiday", day, 1), ("removed", day, 2)]
    if only_dates:
        exceptions = [
            (s, d, 1) for s in ("daily", "weekday") for d in ("20230612", day, "20230614")
        ]
        exceptions += [("holiday", day, 1), *((s, "20230618", 1) for s in ("sunday", "removed"))]
    names = [f"s{i}" for i in range(STOPS)] + ["hub"] * 3
    rules = []
    for a, b in sorted({(r.choice(names), r.choice(names)) for _ in range(24)}):
        kind = r.choice([0, 1, 1, 2, 2, 3])
        rule = {"from_stop_id": a, "to_stop_id": b, "transfer_type": kind}
        rule["min_transfer_time"] = r.choice([0, 30, 240, 600]) if kind == 2 else ""
        rules.append({**rule, "from_route_id": "r1" if r.random() < 0.1 else ""})
    whole = [calendar("daily", range(7)), calendar("weekday", range(5)), calendar("sunday", [6])]
    whole += [calendar("removed", range(7)), calendar("holiday", [])]
    # of the rules for a station, some of its stops have one of their own
    inside = [stop["stop_id"] for stop in stops if stop["parent_station"]]
    for rule in [rule for rule in rules if rule["from_stop_id"] == "hub"]:
        for stop in inside[:2]:
            own = {
                "from_stop_id": stop,
                "transfer_type": 2,
                "min_transfer_time": r.choice([30, 900]),
            }
            rules.append({**rule, **own})
    for column, table in (("wheelchair_boarding", stops), ("wheelchair_accessible", trips)):
        for row in table:
            row[column] = w.choice(["", "0", "1", "1", "2"])
    return {
        "stops": stops,
        "routes": [{"route_id": f"r{i}", "route_type": 3} for i in range(LINES)],
        "trips": trips,
        "stop_times": times,
        "frequencies": often,
        "transfers": rules,
        "calendar_dates": [
            {"service_id": s, "date": d, "exception_type": e} for s, d, e in exceptions
        ],
        "calendar": [] if only_dates else whole,
    }


def pairs(rows: Mapping[tuple[int, int], float]) -> Pairs:
    """Walks in seconds, sorted."""
    keys = sorted(rows)
    values = np.array([(a, b, round(rows[a, b] * 10)) for a, b in keys], np.int64).reshape(-1, 3)
    return Pairs(*(np.ascontiguousarray(column) for column in values.T))


def made_walks(  # noqa: PLR0913 - everything a question is made of
    timetable: Timetable,
    *,
    access: list[Mapping[int, float]],
    egress: list[Mapping[int, float]],
    between: Mapping[tuple[int, int], float],
    direct: np.ndarray | None = None,
    limits: JourneyLimits,
    direction: Direction = "to_sites",
    mode: TravelMode = WALK,
) -> Walks:
    """Walks in seconds, made up: no streets are needed."""
    shape = (len(access), len(egress))
    seconds = np.full(shape, np.inf) if direct is None else direct

    def status(count: int, name: str) -> pd.DataFrame:
        ids = pd.Index([f"{name}{i}" for i in range(count)], name=f"{name}_id")
        return pd.DataFrame({"status": "ok", "reason": "", "offset_m": 0.0}, index=ids)

    return Walks(
        walking=TravelTimes(
            minutes=(seconds / 60).astype(np.float32),
            origin_status=status(shape[0], "origin"),
            site_status=status(shape[1], "site"),
            mode=mode, cutoff_min=90.0, direction=direction, method="made up",
        ),
        access=pairs({(o, s): w for o, near in enumerate(access) for s, w in near.items()}),
        egress=pairs({(o, s): w for o, near in enumerate(egress) for s, w in near.items()}),
        between=pairs(between),
        stops=timetable.stops.index,
        searched=np.ones(len(timetable.stops), bool),
        offset_m=np.zeros(len(timetable.stops)),
        limits=limits,
    )  # fmt: skip


def town() -> Tables:
    """Two buses between two stops half a kilometre apart."""
    at = [("s1", 53.4300, -1.3600), ("s2", 53.4345, -1.3600)]
    calls = [
        (f"t{n}", f"{hour:02d}:{minute:02d}:00", stop, place)
        for n, hour in ((1, 9), (2, 10))
        for place, (stop, minute) in enumerate((("s1", 0), ("s2", 5)))
    ]
    return {
        "agency": [{"agency_id": "a", "agency_name": "A", "agency_timezone": "Europe/London"}],
        "stops": [
            {"stop_id": s, "stop_name": s.upper(), "stop_lat": y, "stop_lon": x} for s, y, x in at
        ],
        "routes": [{"route_id": "r", "agency_id": "a", "route_short_name": "7", "route_type": 3}],
        "trips": [
            {"route_id": "r", "service_id": "wk", "trip_id": f"t{n}"} for n in (1, 2)
        ],
        "stop_times": [
            {
                "trip_id": trip, "arrival_time": at, "departure_time": at,
                "stop_id": stop, "stop_sequence": place,
            }
            for trip, at, stop, place in calls
        ],
        "calendar": [calendar("wk", range(5))],
    }  # fmt: skip


def changed(table: str, row: int, **cells: Any) -> Callable[[Tables], Any]:  # noqa: ANN401
    return lambda tables: tables[table][row].update(cells)


def zipped(folder: Path, *extra: tuple[str, bytes], name: str = "feed.zip") -> Path:
    path = folder / name
    source = write_feed(folder / f"{name} files", town())
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(source.iterdir()):
            archive.write(file, file.name)
        for member, content in extra:
            archive.writestr(member, content)
    return path
