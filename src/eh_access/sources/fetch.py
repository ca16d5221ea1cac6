"""Ask public services within bounds, and keep what they answered."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import json
import logging
import os
import re
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

import pandas as pd
import platformdirs
from shapely.errors import ShapelyError

from eh_access.errors import BAD_ZIP, EhAccessError, InputError, SourceError, did_you_mean
from eh_access.provenance import Provenance, file_sha256, refuse_endless
from eh_access.sources.exports import split_layer

log = logging.getLogger(__name__)

SERVICES_VARIABLE = "EH_ACCESS_SERVICES"
"""Environment variable that names a file in place of services.toml."""

PAUSE_S = 2.0
"""Wait before the second try; each further wait is twice as long."""

RETRIES = 3
CONNECT_S, READ_S = 20, 60
LIMIT_S = 1800.0
"""Limit for one answer, waits and retries included; files of a country take long."""

KEPT_DAYS = 7
MEGABYTE = 1_000_000
REPORTED_MB = 20
CHUNK = 1 << 18
GONE = frozenset({400, 404, 410})
SHOWN = 120
AGENT = "eh_access (open source; asks a few tables of one authority)"

T = TypeVar("T")


class UnusableError(ValueError):
    """An answer that is not what was asked for."""

    url = ""  # what was asked

    def __init__(self, why: str, *, wait_s: float = 0.0) -> None:
        super().__init__(why)
        self.wait_s = wait_s  # how long the service asks to be left alone


class GoneError(UnusableError):
    """There is nothing at the address."""


class ServiceError(SourceError):
    """A service that gave nothing of use."""

    def __init__(self, what: str, text: str) -> None:
        super().__init__(text)
        self.what = what  # which service and why, without addresses


def today() -> dt.date:
    """Return the date here, as publishers' daily files have it."""
    return dt.datetime.now().astimezone().date()


@dataclass(frozen=True, kw_only=True)
class Service:
    """What services.toml says about one service."""

    name: str
    title: str
    publisher: str
    url: str
    licence: str
    attribution: str
    holds: str  # what a file given in its place must hold
    confirmed: str = ""  # ISO date, or "" if it never was
    seen: str = ""  # what it rests on where it was not
    others: str = ""  # pattern of its layer's name in later years
    fields: Mapping[str, str] = field(default_factory=dict)  # patterns of columns by our name
    query: Mapping[str, str] = field(default_factory=dict)
    search: str = ""
    dimension: str = ""
    categories: str = ""
    level: str = ""
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    regions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    most_mb: float = 60.0


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One answer that was used: where from, when, and its digest."""

    url: str
    date: str
    sha256: str


def services_path() -> Path:
    """Return the file with the addresses: the environment's, else ours."""
    named = os.environ.get(SERVICES_VARIABLE)
    return Path(named) if named else Path(str(files("eh_access.sources") / "services.toml"))


def load_services() -> dict[str, Service]:
    """Return the services by name."""
    path = services_path()
    refuse_endless(path)
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        return {name: Service(name=name, **table) for name, table in raw.items()}
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise SourceError(f"{path}: cannot be read as a list of services ({error})") from error


def default_store() -> Path:
    """Return where answers are kept unless a caller names another folder."""
    return Path(platformdirs.user_cache_dir("eh_access", appauthor=False)) / "downloads"


@dataclass(kw_only=True)
class Client:
    """Asks services; remembers what was used of each."""

    store: Path = field(default_factory=default_store)
    have: Mapping[str, Path] = field(default_factory=dict)  # files given in place of services
    services: Mapping[str, Service] = field(default_factory=load_services)
    progress: Callable[[str], None] = log.info
    limit_s: float = LIMIT_S
    instead: str = "give a file in its place with --have {name}=FILE"  # what else one may do
    used: dict[str, list[Answer]] = field(default_factory=dict)

    def given(self, name: str) -> Path | None:
        """Return the file given in place of a service."""
        path = self.have.get(name)
        if path is not None and not self.used.get(name):
            date, digest = today().isoformat(), file_sha256(split_layer(path, str(path))[0])
            self.used[name] = [Answer(url=path.name, date=date, sha256=digest)]
        return path

    def get(self, service: Service, parse: Callable[[Path], T], url: str = "", **query: str) -> T:
        """Return what an answer means: of the store, or of the service within the limits.

        ``parse`` raises `UnusableError` where the answer is not what was asked for: nothing of that
        kind is kept.
        """
        address = url or service.url
        if query:
            address += ("&" if "?" in address else "?") + urlencode(query)
        kept = self._recall(address, parse)
        if kept is not None:
            return self._use(service, *kept)
        return self._use(service, *self._fetch(service, address, parse))

    def read(self, name: str, parse: Callable[[Path], T], **query: str) -> T:
        """Return what a service's one file means, or the file given in its place."""
        service = self.services[name]
        with self.refusing(service):
            path = self.given(name)
            return self.get(service, parse, **query) if path is None else parse(path)

    @contextmanager
    def refusing(self, service: Service) -> Iterator[None]:
        """Turn an answer that is of no use into an error that says what to do."""
        try:
            with in_words():
                yield
        except UnusableError as error:
            raise self.refusal(service, error, error.url) from error

    def refusal(self, service: Service, why: object, url: str = "") -> ServiceError:
        """Return an error that says what came back, and what to do about it."""
        what = f"{service.title} ({service.publisher}): {why}"
        if (path := self.have.get(service.name)) is not None:
            wanted = f"--have {service.name} wants {service.holds}"
            return ServiceError(what, f"{path}: {why}; {wanted}")
        date = service.confirmed or "never from here"
        return ServiceError(
            what,
            f"{service.title} ({service.publisher}): {url or service.url}: {why}. What was had is "
            f"kept, so run it again later; or {self.instead.format(name=service.name)}: "
            f"{service.holds}. Addresses and columns stand in "
            f"{services_path()} (this one last confirmed: {date})",
        )

    def provenance(self, name: str) -> Provenance:
        """Return whom to credit for what a service gave."""
        service, answers = self.services[name], self.used[name]
        url, digest = answers[0].url, answers[0].sha256
        if len(answers) > 1:
            url = service.url
            digest = hashlib.sha256("".join(item.sha256 for item in answers).encode()).hexdigest()
        return Provenance(
            title=service.title,
            publisher=service.publisher,
            licence=service.licence,
            attribution=service.attribution,
            date=max(item.date for item in answers),
            sha256=digest,
            url=url,
        )

    def _use(self, service: Service, answer: Answer, meaning: T) -> T:
        self.used.setdefault(service.name, []).append(answer)
        return meaning

    def _record(self, address: str) -> Path:
        return self.store / f"{hashlib.sha256(address.encode()).hexdigest()[:32]}.json"

    def _recall(self, address: str, parse: Callable[[Path], T]) -> tuple[Answer, T] | None:
        """Return a kept answer if it is whole, recent and still of use."""
        try:
            answer = Answer(**json.loads(self._record(address).read_text(encoding="utf-8")))
            age = today() - dt.date.fromisoformat(answer.date)
            path = self.store / answer.sha256
            if age.days <= KEPT_DAYS and file_sha256(path) == answer.sha256:
                with in_words():
                    return answer, parse(path)
        except (OSError, TypeError, ValueError):  # none, altered, or of another kind: asked again
            pass
        return None

    def _keep(self, path: Path, answer: Answer) -> None:
        """Store an answer under its digest, then the record that names it."""
        record = self._record(answer.url)
        part = record.with_suffix(".part")
        try:
            path.replace(self.store / answer.sha256)
            part.write_text(json.dumps(vars(answer)), encoding="utf-8")
            part.replace(record)
        except OSError as error:
            raise SourceError(f"{self.store}: cannot be written ({error.strerror})") from error

    def _fetch(
        self, service: Service, address: str, parse: Callable[[Path], T]
    ) -> tuple[Answer, T]:
        self.store.mkdir(parents=True, exist_ok=True)
        path = self.store / f".{os.getpid()}-{self._record(address).stem}.part"
        deadline = time.monotonic() + self.limit_s

        def query() -> tuple[Answer, T]:
            digest = self._receive(service, address, path, deadline)
            with in_words():
                return Answer(url=address, date=today().isoformat(), sha256=digest), parse(path)

        try:
            answer, meaning = repeated(
                query, service.title, pause_s=PAUSE_S, retries=RETRIES, deadline=deadline
            )
        except UnusableError as error:
            path.unlink(missing_ok=True)
            error.url = address
            raise
        self._keep(path, answer)
        return answer, meaning

    def _receive(self, service: Service, address: str, path: Path, deadline: float) -> str:
        """Write an answer to a file and return its digest."""
        import requests  # noqa: PLC0415 - needed by downloads alone

        digest, size, reported = hashlib.sha256(), 0, 0
        headers = {"User-Agent": AGENT}
        timeout = (CONNECT_S, READ_S)
        with (
            requests.get(address, headers=headers, stream=True, timeout=timeout) as reply,
            path.open("wb") as file,
        ):
            if reply.status_code in GONE:
                raise GoneError(f"the service answered {reply.status_code} {reply.reason}")
            if not reply.ok:
                raise refused("the service", reply)
            for part in reply.iter_content(CHUNK):
                if not size:
                    _refuse_page(part)
                size += len(part)
                if size > service.most_mb * MEGABYTE:
                    raise GoneError(f"it is larger than {service.most_mb:g} MB, the most allowed")
                if time.monotonic() > deadline:
                    raise UnusableError(f"it took longer than {self.limit_s:.0f} s")
                if size // MEGABYTE >= reported + REPORTED_MB:
                    reported = size // MEGABYTE
                    self.progress(f"{service.title}: {reported} MB")
                digest.update(part)
                file.write(part)
        if not size:
            raise UnusableError("the answer was empty")
        return digest.hexdigest()


def refused(who: str, reply: Any) -> UnusableError:  # noqa: ANN401 - from requests
    """Return the error of an answer that says no, and how long to wait before the next try."""
    wait = reply.headers.get("Retry-After", "")
    why = f"{who} answered {reply.status_code} {reply.reason}"
    return UnusableError(why, wait_s=float(wait) if wait.isdigit() else 0.0)


def repeated(
    query: Callable[[], T], what: str, *, pause_s: float, retries: int, deadline: float
) -> T:
    """Return what a query gives, made again within limits after a fault that may pass."""
    import requests  # noqa: PLC0415 - needed by downloads alone
    import urllib3  # noqa: PLC0415 - comes with requests

    for attempt in range(retries + 1):
        try:
            return query()
        except GoneError:
            raise
        except (UnusableError, requests.RequestException, urllib3.exceptions.HTTPError) as error:
            why = why_failed(error)
            wait_s = max(pause_s * 2**attempt, getattr(error, "wait_s", 0.0))
            if attempt == retries or time.monotonic() + wait_s > deadline:
                tries = "once" if attempt == 0 else f"{attempt + 1} times"
                raise UnusableError(f"asked {tries}, and {why}") from error
            log.warning("%s: %s; asking again in %.0f s", what, why, wait_s)
            time.sleep(wait_s)
    raise AssertionError("the loop returns or raises")


OF_ANOTHER_KIND = (*BAD_ZIP, TypeError, AttributeError, ArithmeticError, ShapelyError)
"""What parsing raises on content that is not what was asked for."""


@contextmanager
def in_words() -> Iterator[None]:
    """Turn what parsing raises on content of another kind into `UnusableError`."""
    try:
        yield
    except (EhAccessError, UnusableError):
        raise
    except OF_ANOTHER_KIND as error:
        what = " ".join(f"{type(error).__name__}: {error}".split())
        raise UnusableError(f"cut off, or written in another way ({what[:SHOWN]})") from error


def _refuse_page(start: bytes) -> None:
    """Refuse a web page where data were asked for."""
    head = start[:4096].lstrip(b"\xef\xbb\xbf \r\n\t")
    if head.lower().startswith((b"<!doctype html", b"<html")):
        title = re.search(rb"<title[^>]*>(.*?)</title>", head, re.DOTALL | re.IGNORECASE)
        named = title[1].decode("utf-8", "replace").strip() if title else "no title"
        raise UnusableError(f"a web page came back in place of data ('{named[:SHOWN]}')")


def why_failed(error: Exception) -> str:
    """Return why an answer could not be had, in a line."""
    import requests  # noqa: PLC0415 - needed by downloads alone
    import urllib3  # noqa: PLC0415 - needed by downloads alone

    first = str(error).splitlines()[0] if str(error) else type(error).__name__
    reason = getattr(error.args[0], "reason", None) if error.args else None
    never_met = (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError)
    if isinstance(reason, never_met):
        host = urlsplit(str(getattr(error.request, "url", ""))).hostname  # type: ignore[attr-defined]
        first = f"no connection to {host} (is this machine on the internet, and may it reach it?)"
    elif isinstance(error, (requests.RequestException, urllib3.exceptions.HTTPError)):
        first = f"the connection failed ({type(error).__name__}: {first})"
    return first if len(first) < 2 * SHOWN else first[: 2 * SHOWN] + "..."


def given_files(pairs: list[str], names: Mapping[str, str]) -> dict[str, Path]:
    """Return the files of ``--have NAME=FILE``; every fault is gathered."""
    have: dict[str, Path] = {}
    faults = []
    for pair in pairs:
        name, sign, file = pair.partition("=")
        if not sign:
            faults.append(f"--have {pair}: give NAME=FILE, for example origins=my-origins.csv")
        elif name not in names:
            faults.append(f"--have {pair}: there is no '{name}'; {did_you_mean(name, names)}")
        elif not split_layer(Path(file), file)[0].is_file():
            faults.append(f"--have {pair}: there is no file '{file}'; correct the path")
        else:
            have[name] = Path(file)
    if faults:
        raise InputError(faults)
    return have


def read_json(path: Path) -> Any:  # noqa: ANN401 - whatever the service sent
    """Return JSON, or say that it is cut off or none."""
    text = path.read_bytes()
    try:
        answer = json.loads(text)
    except ValueError as error:
        start = text[:60].decode("utf-8", "replace")
        raise UnusableError(f"the answer is cut off or no JSON; it begins '{start}'") from error
    if isinstance(answer, dict) and isinstance(answer.get("error"), dict):
        fault = answer["error"]
        kind = GoneError if fault.get("code") in GONE else UnusableError
        raise kind(f"the service reports '{fault.get('message', fault)}'")
    return answer


def read_csv(path: Path, fields: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Return a CSV as text, its columns found by pattern and named as we name them."""
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:  # registers are written on Windows, as it has been for thirty years
        text = data.decode("cp1252", "replace")
    lines = csv.reader(text.splitlines(keepends=True))
    by_number = {number: row for number, row in enumerate(lines, 1) if row}
    rows = list(by_number.values())
    if len(rows) < 2:  # noqa: PLR2004 - a header and a row
        raise UnusableError(f"there are no rows; it begins '{text[:SHOWN].strip()}'")
    uneven = [number for number, row in by_number.items() if len(row) != len(rows[0])]
    if uneven:
        cells, wanted = len(by_number[uneven[0]]), len(rows[0])
        raise UnusableError(
            f"row {uneven[0]} has {cells} cells and the header {wanted}: cut off, or another kind"
        )
    frame = pd.DataFrame(rows[1:], columns=rows[0], dtype="str")
    return frame if fields is None else pd.DataFrame(matched(frame, fields))


def matched(frame: pd.DataFrame, fields: Mapping[str, str]) -> Any:  # noqa: ANN401 - same kind as given
    """Return a table with the columns that patterns name, and its shapes if it has any."""
    names = columns_of(fields, frame.columns)
    kept = frame[[*names.values(), *(["geometry"] if "geometry" in frame else [])]]
    return kept.rename(columns={theirs: own for own, theirs in names.items()})


def columns_of(fields: Mapping[str, str], columns: Any) -> dict[str, str]:  # noqa: ANN401 - as below
    """Return by our name the column that each pattern names; the last where years differ."""
    names = {own: matching(pattern, columns) for own, pattern in fields.items()}
    missing = [fields[own] for own, theirs in names.items() if not theirs]
    if missing:
        there = ", ".join(map(str, columns[:20])) or "none"
        raise UnusableError(f"no column like {' or '.join(missing)}: renamed? There are {there}")
    return names


def matching(pattern: str, names: Any) -> str:  # noqa: ANN401 - an index or a list of names
    """Return the last of the names that fit a pattern, or ""."""
    fit = [str(name) for name in names if re.fullmatch(pattern, str(name).strip(), re.IGNORECASE)]
    return max(fit, default="")
