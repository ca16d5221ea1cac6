"""A slow, independent answer to journeys by timetable, written from the rules of GTFS.

The csv module, a graph with a node for every boarding, and a search through it: no code of the
library. Times are seconds. Rules: docs/method/transit.md.
"""

from __future__ import annotations

import csv
import datetime as dt
import math
from collections import defaultdict
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order

Stops = Mapping[str, float]


class Call(NamedTuple):
    stop: str
    arrives: float
    departs: float
    may_board: bool
    may_alight: bool
    takes: str = ""  # what the trip that leaves here says of wheelchairs


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    path = folder / f"{name}.txt"
    if not path.exists():
        return []
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def seconds(text: str) -> int | None:
    if not text.strip():
        return None
    hours, minutes, rest = text.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + int(rest)


def runs_on(folder: Path, date: dt.date) -> set[str]:
    day, on = date.strftime("%Y%m%d"), set()
    for row in rows(folder, "calendar"):
        if row["start_date"] <= day <= row["end_date"] and row[date.strftime("%A").lower()] == "1":
            on.add(row["service_id"])
    for row in rows(folder, "calendar_dates"):
        if row["date"] == day:
            (on.add if row["exception_type"] == "1" else on.discard)(row["service_id"])
    return on


def calls_of(times: list[dict[str, str]]) -> list[Call]:
    """Put a trip's calls in order; a time that is not stated lies evenly between those that are."""
    times = sorted(times, key=lambda row: int(row["stop_sequence"]))
    arrive = [seconds(r["arrival_time"]) for r in times]
    depart = [seconds(r["departure_time"]) for r in times]
    arrive = [d if a is None else a for a, d in zip(arrive, depart, strict=True)]
    depart = [a if d is None else d for a, d in zip(arrive, depart, strict=True)]
    known = [i for i, a in enumerate(arrive) if a is not None]
    for one, two in pairwise(known):
        for i in range(one + 1, two):
            gap = arrive[two] - depart[one]
            arrive[i] = depart[i] = depart[one] + gap * (i - one) // (two - one)
    return [
        Call(
            row["stop_id"], a, d,
            row.get("pickup_type", "") not in ("1", "2"),
            row.get("drop_off_type", "") not in ("1", "2"),
        )
        for row, a, d in zip(times, arrive, depart, strict=True)
    ]  # fmt: skip


def for_wheelchairs(folder: Path, vehicles: list[list[Call]], unknown: str) -> list[list[Call]]:
    """Return what takes a wheelchair of each vehicle: only while its trip does, only at such stops.

    A stop's own word counts before its station's; "unknown" is "usable" or "unusable".
    """
    stops = {row["stop_id"]: row for row in rows(folder, "stops")}

    def fits(word: str) -> bool:
        return word == "1" or (word != "2" and unknown == "usable")

    def stop_fits(stop: str) -> bool:
        row = stops[stop]
        word = row.get("wheelchair_boarding", "")
        if word not in ("1", "2") and row.get("parent_station"):
            word = stops[row["parent_station"]].get("wheelchair_boarding", "")
        return fits(word)

    found = []
    for calls in vehicles:
        part: list[Call] = []
        for call in calls:
            good = stop_fits(call.stop)
            part.append(
                call._replace(
                    may_board=call.may_board and good, may_alight=call.may_alight and good
                )
            )
            if not fits(call.takes):
                found.append(part)
                part = []
        found.append(part)
    return [part for part in found if len(part) > 1]


def vehicles_on(  # noqa: C901, PLR0912 - one rule after another
    folder: Path, date: dt.date
) -> list[list[Call]]:
    """Return every vehicle of the date, the day before and the day after, as a list of calls."""
    times = defaultdict(list)
    for row in rows(folder, "stop_times"):
        times[row["trip_id"]].append(row)
    often = defaultdict(list)
    for row in rows(folder, "frequencies"):
        often[row["trip_id"]].append(row)
    on = {day: runs_on(folder, date + dt.timedelta(day)) for day in (-1, 0, 1)}
    alone, blocks = [], defaultdict(list)
    for trip in rows(folder, "trips"):
        calls = calls_of(times[trip["trip_id"]])
        if len(calls) < 2:
            continue
        later = [0.0]
        if trip["trip_id"] in often:
            later = [
                start - calls[0].departs
                for row in often[trip["trip_id"]]
                for start in range(
                    seconds(row["start_time"]), seconds(row["end_time"]), int(row["headway_secs"])
                )
            ]
        for day, running in on.items():
            for shift in later if trip["service_id"] in running else []:
                by = shift + day * 86_400
                run = [
                    c._replace(
                        arrives=c.arrives + by, departs=c.departs + by,
                        takes=trip.get("wheelchair_accessible", ""),
                    )
                    for c in calls
                ]  # fmt: skip
                if trip.get("block_id"):
                    blocks[trip["block_id"], day].append(run)
                else:
                    alone.append(run)
    for runs in blocks.values():
        runs.sort(key=lambda run: run[0].departs)
        vehicle = runs[0]
        for run in runs[1:]:
            last, first = vehicle[-1], run[0]
            if last.stop == first.stop and last.arrives <= first.departs:
                meet = Call(
                    last.stop, last.arrives, first.departs, first.may_board, last.may_alight,
                    first.takes,
                )  # fmt: skip
                vehicle = [*vehicle[:-1], meet, *run[1:]]
            else:
                alone.append(vehicle)
                vehicle = run
        alone.append(vehicle)
    return alone


def transfers(
    folder: Path, stops: list[str], walks: Mapping[tuple[str, str], float], allowance: float
) -> dict[str, list[tuple[str, float]]]:
    """Return what each change takes, walk and boarding together."""
    takes = {(stop, stop): allowance for stop in stops}
    takes |= {pair: walk + allowance for pair, walk in walks.items()}
    inside = defaultdict(list)
    for row in rows(folder, "stops"):
        if row.get("parent_station"):
            inside[row["parent_station"]].append(row["stop_id"])
    rules = [
        row
        for row in rows(folder, "transfers")
        if not any(row.get(f"{e}_{k}_id") for e in ("from", "to") for k in ("route", "trip"))
        and row["transfer_type"] in ("1", "2", "3")
    ]

    def width(row: dict[str, str]) -> int:
        return (row["from_stop_id"] in inside) + (row["to_stop_id"] in inside)

    # a rule for a whole station gives way to one for a stop
    for row in sorted(rules, key=width, reverse=True):
        for a in inside.get(row["from_stop_id"], [row["from_stop_id"]]):
            for b in inside.get(row["to_stop_id"], [row["to_stop_id"]]):
                if row["transfer_type"] == "3":
                    takes.pop((a, b), None)
                elif row["transfer_type"] == "1":
                    takes[a, b] = 1.0
                else:
                    takes[a, b] = max(0.1, float(row.get("min_transfer_time") or 0))
    found = defaultdict(list)
    for (a, b), time in takes.items():
        found[a].append((b, max(time, 0.1)))
    return found


class Oracle:
    """Every boarding of every vehicle, and what can follow it."""

    def __init__(
        self,
        vehicles: list[list[Call]],
        change: Mapping[str, list[tuple[str, float]]],
        boardings: int,
    ) -> None:
        self.vehicles, self.boardings = vehicles, boardings
        self.known: dict[object, list[dict[str, float]]] = {}
        self.seats = np.cumsum([0, *(len(calls) for calls in vehicles)])
        boards = [
            (call.stop, call.departs, n, i)
            for n, calls in enumerate(vehicles)
            for i, call in enumerate(calls[:-1])
            if call.may_board
        ]
        self.at_stop: dict[str, list[tuple[float, int]]] = defaultdict(list)
        for number, (stop, departs, _, _) in enumerate(boards):
            self.at_stop[stop].append((departs, number))
        for waiting in self.at_stop.values():
            waiting.sort()
        self.layer = int(self.seats[-1]) + len(boards)
        links: list[tuple[int, int]] = []
        for k in range(boardings):
            for waiting in self.at_stop.values():
                numbers = [number for _, number in waiting]
                links += [(self.wait(a, k), self.wait(b, k)) for a, b in pairwise(numbers)]
            links += [
                (self.wait(e, k), self.seat(n, i, k)) for e, (_, _, n, i) in enumerate(boards)
            ]
            for n, calls in enumerate(vehicles):
                # seat i: on the vehicle from call i to call i + 1
                links += [
                    (self.seat(n, i, k), self.seat(n, i + 1, k)) for i in range(len(calls) - 2)
                ]
                for i, call in enumerate(calls[1:]) if k + 1 < boardings else ():
                    for stop, time in change.get(call.stop, ()) if call.may_alight else ():
                        event = self.next_at(stop, call.arrives + time)
                        if event is not None:
                            links.append((self.seat(n, i, k), self.wait(event, k + 1)))
        size = max(boardings * self.layer, 1)
        a, b = np.array(links, dtype=np.int64).reshape(-1, 2).T
        self.graph = csr_array((np.ones(len(a), np.int8), (a, b)), shape=(size, size))
        self.alight = [
            (int(self.seats[n]) + i, call.stop, call.arrives)
            for n, calls in enumerate(vehicles)
            for i, call in enumerate(calls[1:])
            if call.may_alight
        ]

    def wait(self, event: int, k: int) -> int:
        return k * self.layer + int(self.seats[-1]) + event

    def seat(self, vehicle: int, place: int, k: int) -> int:
        return k * self.layer + int(self.seats[vehicle]) + place

    def next_at(self, stop: str, time: float) -> int | None:
        for departs, event in self.at_stop.get(stop, ()):
            if departs >= time - 1e-9:
                return event
        return None

    def stops_from(self, access: Stops, leave: float) -> list[dict[str, float]]:
        """Return, for each number of boardings, when one who leaves then can be at each stop."""
        seen = np.zeros(self.graph.shape[0], bool)
        for stop, walk in access.items():
            event = self.next_at(stop, leave + walk)
            if event is not None and not seen[self.wait(event, 0)]:
                order = breadth_first_order(
                    self.graph, self.wait(event, 0), return_predecessors=False
                )
                seen[order] = True
        found: list[dict[str, float]] = []
        best: dict[str, float] = {}
        for k in range(self.boardings):
            for seat, stop, arrives in self.alight:
                if seen[k * self.layer + seat]:
                    best[stop] = min(best.get(stop, math.inf), arrives)
            found.append(dict(best))
        return found

    def earliest(self, access: Stops, egress: Stops, leave: float, k: int) -> float:
        """Return when one who leaves then is there, with at most k + 1 boardings."""
        key = (tuple(sorted(access.items())), leave)
        if key not in self.known:
            self.known[key] = self.stops_from(access, leave)
        return self.best(self.known[key][k], egress)

    @staticmethod
    def best(stops: Stops, egress: Stops) -> float:
        return min((stops[s] + walk for s, walk in egress.items() if s in stops), default=math.inf)
