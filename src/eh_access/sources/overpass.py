"""Asking OpenStreetMap's servers through osmnx: bounded in time, and leaving no setting changed."""

from __future__ import annotations

import io
import logging
import os
import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any, TypeVar

from eh_access.errors import InputError, SourceError
from eh_access.network.raw import EXTRA_WAY_KEYS
from eh_access.network.rule_table import rule_table

if TYPE_CHECKING:
    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

log = logging.getLogger(__name__)

OVERPASS_URL = "https://overpass-api.de/api"
URL_VARIABLE = "EH_ACCESS_OVERPASS_URL"
"""Environment variable that names another Overpass server."""

FILTERS = ('["highway"]["highway"!~"proposed|razed|abandoned|demolished"]', '["route"="ferry"]')
WAY_TAGS = tuple(sorted(rule_table().way_keys | EXTRA_WAY_KEYS | {"name", "ref", "duration"}))
NODE_TAGS = tuple(sorted(rule_table().point_keys | {"highway", "barrier", "kerb"}))

PAUSE_S = 4.0
"""Wait before the second try; each further wait is twice as long."""

PASSING_FAULTS = frozenset({408, 429, 500, 502, 503, 504})
READ_BYTES = 1 << 16
MEGABYTE = 1e6

_ONE_AT_A_TIME = threading.Lock()

T = TypeVar("T")


class _PassingError(Exception):
    """The server could not answer now; asking again may help."""

    def __init__(self, why: str, wait_s: float = 0.0) -> None:
        super().__init__(why)
        self.wait_s = wait_s


@dataclass
class Answers:
    """What the server sent: when its data was current, and a digest of all of it."""

    date: str = ""
    digest: Any = field(default_factory=sha256)
    size: int = 0

    def take(self, content: bytes) -> None:
        """Note an answer."""
        self.digest.update(content)
        self.size += len(content)
        current = re.search(rb'"timestamp_osm_base"\s*:\s*"(\d{4}-\d\d-\d\d)', content[:4096])
        if current:
            self.date = current[1].decode()


def overpass_url() -> str:
    """Return the server to ask: the environment's, else osmnx's setting, else the public one."""
    named = os.environ.get(URL_VARIABLE)
    if named:
        return named
    # osmnx is heavy; its setting can only differ if somebody has loaded it
    loaded = sys.modules.get("osmnx.settings")
    return str(getattr(loaded, "overpass_url", OVERPASS_URL))


def fetch_graph(polygon: BaseGeometry, *, timeout_s: float, retries: int) -> tuple[Any, Answers]:
    """Download the streets in a polygon as an osmnx graph."""
    import osmnx  # noqa: PLC0415 - heavy, and needed by downloads alone

    def ask() -> tuple[Any, Answers]:
        answers = Answers()
        with _osmnx_settings(deadline, answers):
            graph = osmnx.graph_from_polygon(
                polygon,
                simplify=False,
                retain_all=True,
                truncate_by_edge=True,
                custom_filter=list(FILTERS),
            )
        return graph, answers

    deadline = time.monotonic() + timeout_s
    log.info("Asking %s for streets, for at most %.0f s", overpass_url(), timeout_s)
    graph, answers = _with_retries(ask, deadline=deadline, retries=retries, what="streets")
    log.info("Received %.1f MB of streets", answers.size / MEGABYTE)
    return graph, answers


def fetch_outline(place: str, *, timeout_s: float, retries: int) -> gpd.GeoDataFrame:
    """Look up a place's outline by its name."""
    import osmnx  # noqa: PLC0415 - heavy, and needed by downloads alone

    deadline = time.monotonic() + timeout_s

    def ask() -> Any:  # noqa: ANN401 - a GeoDataFrame
        with _osmnx_settings(deadline, Answers()):
            return osmnx.geocode_to_gdf(place)

    try:
        return _with_retries(ask, deadline=deadline, retries=retries, what=f"'{place}'")
    except TypeError as error:
        raise InputError(
            f"'{place}' is known but has no outline; name a town, borough or parish"
        ) from error


def _with_retries(ask: Callable[[], T], *, deadline: float, retries: int, what: str) -> T:
    import osmnx  # noqa: PLC0415 - heavy, and needed by downloads alone
    import requests  # noqa: PLC0415 - comes with osmnx
    import urllib3  # noqa: PLC0415 - comes with requests

    passing = (
        _PassingError,
        requests.exceptions.RequestException,
        urllib3.exceptions.HTTPError,
        osmnx._errors.ResponseStatusCodeError,  # noqa: SLF001 - osmnx has no public name for it
    )
    for attempt in range(retries + 1):
        try:
            return ask()
        except osmnx._errors.InsufficientResponseError as error:  # noqa: SLF001 - as above
            raise InputError(f"OpenStreetMap holds nothing for {what}: {error}") from error
        except passing as error:
            wait_s = max(PAUSE_S * 2**attempt, getattr(error, "wait_s", 0.0))
            left_s = deadline - time.monotonic()
            if attempt == retries or wait_s >= left_s:
                tries = f"{attempt + 1} {'try' if attempt == 0 else 'tries'}"
                raise SourceError(
                    f"{what} could not be downloaded after {tries}: {_in_short(error)}; try again "
                    "later, or give a map file (.osm.pbf)"
                ) from error
            log.warning("No luck (%s); asking again in %.0f s", _in_short(error), wait_s)
            time.sleep(wait_s)
    raise AssertionError("the loop returns or raises")


def _in_short(error: Exception) -> str:
    first = str(error).splitlines()[0] if str(error) else type(error).__name__
    return first if len(first) < 200 else first[:200] + "..."  # noqa: PLR2004 - a line


@contextmanager
def _osmnx_settings(deadline: float, answers: Answers) -> Iterator[None]:
    """Set osmnx up for one question and put everything back, the resolver it replaces too."""
    import osmnx  # noqa: PLC0415 - heavy, and needed by downloads alone

    left_s = max(deadline - time.monotonic(), 1.0)
    wanted: dict[str, Any] = {
        "all_oneway": True,  # keeps each way once, in its own direction, with its own oneway tag
        "cache_only_mode": False,
        "default_crs": "epsg:4326",
        "doh_url_template": None,
        "overpass_rate_limit": False,  # it would wait without limit; we retry within ours
        "overpass_url": overpass_url(),
        "requests_kwargs": {
            **osmnx.settings.requests_kwargs,
            "stream": True,
            "hooks": {"response": lambda reply, *_, **__: _read(reply, deadline, answers)},
        },
        "requests_timeout": round(left_s),
        "use_cache": False,  # it would keep answers in the folder we happen to run in
        "useful_tags_node": list(NODE_TAGS),
        "useful_tags_way": list(WAY_TAGS),
    }
    with _ONE_AT_A_TIME:
        before = {name: getattr(osmnx.settings, name) for name in wanted}
        resolver = socket.getaddrinfo
        try:
            for name, value in wanted.items():
                setattr(osmnx.settings, name, value)
            yield
        finally:
            for name, value in before.items():
                setattr(osmnx.settings, name, value)
            socket.getaddrinfo = resolver


def _read(reply: Any, deadline: float, answers: Answers) -> Any:  # noqa: ANN401 - from requests
    """Read an answer to its end, watching the clock; refuse one that is not whole."""
    if reply.status_code in PASSING_FAULTS:
        wait = reply.headers.get("Retry-After", "")
        why = f"the server answered {reply.status_code} {reply.reason}"
        raise _PassingError(why, float(wait) if wait.isdigit() else 0.0)
    parts: list[bytes] = []
    while part := reply.raw.read1(READ_BYTES, decode_content=True):
        parts.append(part)
        if time.monotonic() > deadline:
            raise _PassingError("the answer took too long")
    content = b"".join(parts)
    if b'"remark"' in content[-4096:] and b"error" in content[-4096:].lower():
        # Overpass reports running out of time or memory inside an answer that looks well
        raise _PassingError("the server stopped in the middle of its answer")
    if reply.ok and content.lstrip()[:1] in b"{[" and content.rstrip()[-1:] not in b"}]":
        raise _PassingError("the answer was cut off")
    answers.take(content)
    reply.raw = io.BytesIO(content)
    return reply
