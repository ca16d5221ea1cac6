"""Streets from OpenStreetMap's servers, stored for later runs."""

from __future__ import annotations

import io
import json
import logging
import math
import os
import queue
import re
import socket
import sys
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import platformdirs
import shapely

from eh_access.arguments import check_arguments, number
from eh_access.errors import InputError, SourceError
from eh_access.modes import MODE_NAMES, TravelMode, as_mode
from eh_access.network.area import as_polygon, to_degrees
from eh_access.network.build import EXTRA_WAY_KEYS, MANY_WAYS
from eh_access.network.io import VERSION, read_network_file, write_network
from eh_access.network.osm import read_network
from eh_access.network.provenance import osm_provenance
from eh_access.network.rules import rule_table
from eh_access.provenance import file_sha256
from eh_access.sources.fetch import UnusableError, refused, repeated
from eh_access.tables import CRS

if TYPE_CHECKING:
    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

    from eh_access.network.model import Network

log = logging.getLogger(__name__)

OVERPASS_URL = "https://overpass-api.de/api"
URL_VARIABLE = "EH_ACCESS_OVERPASS_URL"
"""Environment variable that names another Overpass server."""

FILTERS = (
    '["highway"]["highway"!~"proposed|razed|abandoned|demolished"]',
    '["route"="ferry"]',
    '["railway"="platform"]',
)
WAY_TAGS = tuple(sorted(rule_table().way_keys | EXTRA_WAY_KEYS | {"name", "ref", "duration"}))
NODE_TAGS = tuple(sorted(rule_table().point_keys | {"highway", "barrier", "kerb"}))

PAUSE_S = 4.0
"""Wait before the second try; each further wait is twice as long."""

PASSING_FAULTS = frozenset({408, 429, 500, 502, 503, 504})
READ_BYTES = 1 << 16
MOST_SENT_BYTES, MOST_BYTES = 250_000_000, 1_000_000_000
"""Of an answer as it is sent and unpacked: a county in full is about 200 MB unpacked."""

MEGABYTE = 1e6

_ONE_AT_A_TIME = threading.Lock()

T = TypeVar("T")


@dataclass
class Answers:
    """What the server sent: when its data was current, and a digest of all of it."""

    date: str = ""
    digest: Any = field(default_factory=sha256)
    size: int = 0

    def take(self, content: bytes) -> None:
        """Record an answer."""
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


def _queried(
    what: str, query: Callable[[], T], *, timeout_s: float, retries: int
) -> tuple[T, Answers]:
    """Return what osmnx makes of the server's answer, and that answer; asked within limits."""
    import osmnx  # noqa: PLC0415 - heavy, and needed by downloads alone

    deadline = time.monotonic() + timeout_s
    faults = osmnx._errors  # noqa: SLF001 - osmnx has no public name for them

    def answered() -> tuple[T, Answers]:
        answers = Answers()
        try:
            with _osmnx_settings(deadline, answers):
                return query(), answers
        except faults.InsufficientResponseError as error:
            raise InputError(f"OpenStreetMap holds nothing for {what}: {error}") from error
        except faults.ResponseStatusCodeError as error:
            raise UnusableError(str(error)) from error

    try:
        return repeated(answered, what, pause_s=PAUSE_S, retries=retries, deadline=deadline)
    except UnusableError as error:
        raise SourceError(
            f"{what} could not be downloaded ({error}); try again later, or give a map file "
            "(.osm.pbf)"
        ) from error


@contextmanager
def _osmnx_settings(deadline: float, answers: Answers) -> Iterator[None]:
    """Configure osmnx for one request and restore its settings and the resolver."""
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
            with _stopped_at(deadline):
                yield
        finally:
            for name, value in before.items():
                setattr(osmnx.settings, name, value)
            socket.getaddrinfo = resolver


def _read(reply: Any, deadline: float, answers: Answers) -> Any:  # noqa: ANN401 - from requests
    """Read an answer in full before the deadline."""
    if reply.status_code in PASSING_FAULTS:
        raise refused("the server", reply)
    parts: list[bytes] = []
    size = 0
    while part := reply.raw.read1(READ_BYTES, decode_content=True):
        parts.append(part)
        size += len(part)
        if time.monotonic() > deadline:
            raise UnusableError("the answer took too long")
        if reply.raw.tell() > MOST_SENT_BYTES or size > MOST_BYTES:
            raise SourceError(
                f"the answer of {overpass_url()} is larger than {MOST_BYTES / MEGABYTE:,.0f} MB "
                f"({MOST_SENT_BYTES / MEGABYTE:,.0f} MB as sent); ask for a smaller area, or give "
                "a map file (.osm.pbf)"
            )
    content = b"".join(parts)
    if b'"remark"' in content[-4096:] and b"error" in content[-4096:].lower():
        # Overpass reports running out of time or memory inside an answer that looks well
        raise UnusableError("the server stopped in the middle of its answer")
    if reply.ok:
        _refuse_implausible(content)
    answers.take(content)
    reply.raw = io.BytesIO(content)
    return reply


def _refuse_implausible(content: bytes) -> None:
    """Refuse an answer that is no map data, or less than was asked for."""
    if content.lstrip()[:1] not in (b"{", b"["):
        raise UnusableError("the answer is no map data but a page or nothing; is there a login?")
    if content.rstrip()[-1:] not in (b"}", b"]"):
        raise UnusableError("the answer was cut off")
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise UnusableError("the answer is malformed") from error
    if isinstance(answer, list):
        return  # places by name
    elements = answer.get("elements")
    if not isinstance(elements, list) or not all(map(_is_element, elements)):
        raise UnusableError("the answer holds no elements as Overpass writes them")
    # what is sent is ways and their nodes: each without the other is what was lost of an answer
    nodes = {item["id"] for item in elements if item["type"] == "node"}
    met = {ref for item in elements if item["type"] == "way" for ref in item["nodes"]}
    if nodes != met:
        raise UnusableError(
            f"the answer is not whole: {len(nodes - met)} points without their way, "
            f"{len(met - nodes)} missing"
        )


def _is_element(item: Any) -> bool:  # noqa: ANN401 - from outside
    if not isinstance(item, dict) or not _is_id(item.get("id")):
        return False
    if not isinstance(item.get("tags", {}), dict):
        return False
    if item.get("type") == "way":
        refs = item.get("nodes")
        return isinstance(refs, list) and all(map(_is_id, refs))
    places = ((item.get("lat"), 90), (item.get("lon"), 180))
    return item.get("type") == "node" and all(
        isinstance(at, (int, float)) and abs(at) <= most for at, most in places
    )


def _is_id(value: Any) -> bool:  # noqa: ANN401 - from outside
    return isinstance(value, int) and abs(value) < 1 << 63


@contextmanager
def _stopped_at(deadline: float) -> Iterator[None]:
    """Shut connections that are still open at the deadline: slow headers have no limit else."""
    from urllib3.util import connection  # noqa: PLC0415 - comes with requests

    connect = connection.create_connection
    held: list[socket.socket] = []

    def connect_and_hold(*args: Any, **options: Any) -> socket.socket:  # noqa: ANN401 - urllib3's
        if time.monotonic() > deadline:
            raise TimeoutError
        made = connect(*args, **options)
        held.append(socket.socket(fileno=os.dup(made.fileno())))  # TLS takes the other over
        return made

    def shut() -> None:
        for one in held:
            with suppress(OSError):  # closed by the server meanwhile
                one.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(max(deadline - time.monotonic(), 0.0), shut)
    timer.daemon = True
    connection.create_connection = connect_and_hold
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        connection.create_connection = connect
        for one in held:
            one.close()


HTTP_PORT, HTTPS_PORT = 80, 443


def is_connected(timeout_s: float = 3.0) -> bool:
    """Return whether the map server can be reached."""
    outcome: queue.Queue[bool | Exception] = queue.Queue()

    def connect() -> None:
        try:
            with socket.create_connection(_host_and_port(), timeout=timeout_s):
                outcome.put(True)
        except OSError:
            outcome.put(False)
        except RuntimeError as error:  # sockets may be forbidden altogether, as in the tests
            outcome.put(error)

    # a name look-up has no time limit of its own, so it must not hold us, nor the exit
    threading.Thread(target=connect, daemon=True).start()
    try:
        answer = outcome.get(timeout=timeout_s)
    except queue.Empty:
        return False
    if isinstance(answer, Exception):
        raise answer
    return answer


def _host_and_port() -> tuple[str, int]:
    """Return the host and port of the proxy, if there is one, else of the server."""
    server = urllib.parse.urlsplit(overpass_url())
    host = server.hostname or ""
    proxy = urllib.request.getproxies().get(server.scheme)
    if proxy and not urllib.request.proxy_bypass(host):
        server = urllib.parse.urlsplit(proxy if "//" in proxy else f"//{proxy}")
        host = server.hostname or ""
    return host, server.port or (HTTP_PORT if server.scheme == "http" else HTTPS_PORT)


KEY_LENGTH = 32


def default_folder() -> Path:
    """Return where downloaded streets are kept unless a caller names another folder."""
    return Path(platformdirs.user_cache_dir("eh_access", appauthor=False)) / "streets"


def request_key(area: BaseGeometry, *, buffer_m: float, modes: Sequence[TravelMode]) -> str:
    """Return a key made of everything the answer to a request depends on."""
    rules = files("eh_access.network").joinpath("tag_rules.toml").read_bytes()
    outline = shapely.normalize(shapely.set_precision(area, 1.0))
    request = {
        "area": shapely.to_wkb(outline, hex=True),
        "buffer_m": round(buffer_m),
        "modes": sorted({mode.rules for mode in modes}),
        "filters": list(FILTERS),
        "rules": sha256(rules).hexdigest(),
        "version": VERSION,
    }
    return sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()[:KEY_LENGTH]


def keep(network: Network, folder: Path, key: str) -> None:
    """Store streets and the digest that proves them whole."""
    path = write_network(network, folder / f"{key}.npz")
    beside = folder / f".{key}.sha256.part"
    try:
        beside.write_text(file_sha256(path) + "\n", encoding="ascii")
        beside.replace(folder / f"{key}.sha256")
    except OSError as error:
        raise SourceError(f"{folder}: cannot be written ({error.strerror})") from error


def recall(folder: Path, key: str) -> Network | None:
    """Return stored streets, or None if they are missing or altered."""
    path, digest = folder / f"{key}.npz", folder / f"{key}.sha256"
    try:
        if not (path.is_file() and digest.is_file()):
            return None
        if file_sha256(path) != digest.read_text(encoding="ascii", errors="replace").strip():
            log.warning("%s: stored streets have been altered or cut off; not used", path)
            return None
        return read_network_file(path)
    except (OSError, InputError) as error:
        log.warning("stored streets not used: %s", error)
        return None


TIMEOUT_S = 180.0
RETRIES = 3
MAX_BUFFER_M = 10_000.0
KM2 = 1e6


@check_arguments
def download_network(
    area: gpd.GeoDataFrame | BaseGeometry,
    *,
    buffer_m: float,
    modes: Sequence[TravelMode | str] = MODE_NAMES,
    cache_dir: Path | str | None = None,
    timeout_s: float = TIMEOUT_S,
    retries: int = RETRIES,
) -> Network:
    """Download streets from OpenStreetMap through osmnx; a second time they come from the store.

    Parameters
    ----------
    area
        A GeoDataFrame in any CRS, or a geometry in EPSG:27700.
    buffer_m
        Metres around the area to fetch as well, so that nobody's route is cut off at its border:
        see ``buffer_for``.
    modes
        Streets that none of these may use are left out.
    cache_dir
        Where to keep streets; None is a folder of the user's own.
    timeout_s
        Limit for everything together, waits and retries included.
    retries
        How often to ask again when the server is busy or its answer is cut off.

    Returns
    -------
    Network
        The streets; ``covered`` is the area with its buffer.

    Raises
    ------
    SourceError
        If there was no whole answer within the limits. Nothing is left half written.
    InputError
        If the area is not one, or has no streets.

    Examples
    --------
    >>> from eh_access.tables import check_areas  # doctest: +SKIP
    >>> network = download_network(areas, buffer_m=3000)  # doctest: +SKIP
    """
    polygon, used, folder, key = _request(area, buffer_m, modes, cache_dir)
    stored = recall(folder, key)
    if stored is not None:
        log.info("Streets downloaded earlier are used")
        return stored
    import osmnx  # noqa: PLC0415 - heavy, and needed by downloads alone

    # rounded corners need many points, and servers take long over many
    wanted = polygon.buffer(buffer_m, quad_segs=4).simplify(min(buffer_m / 20, 50.0))
    log.info(
        "Asking %s for the streets of %.0f square km, for at most %.0f s",
        *(overpass_url(), wanted.area / KM2, timeout_s),
    )
    query = partial(
        osmnx.graph_from_polygon,
        to_degrees(wanted),
        simplify=False,
        retain_all=True,
        truncate_by_edge=True,
        custom_filter=list(FILTERS),
    )
    graph, answers = _queried("streets", query, timeout_s=timeout_s, retries=retries)
    log.info("Received %.1f MB of streets", answers.size / MEGABYTE)
    network = read_network(graph, modes=used, covered=wanted)
    _refuse_sparse(network, polygon)
    source = osm_provenance(date=answers.date, sha256=answers.digest.hexdigest())
    # every key was asked for; a village may have few
    lacking = network.not_recorded if network.edge_count >= MANY_WAYS else ()
    network = replace(network, provenance=(source,), not_recorded=lacking, _memory={})
    try:
        keep(network, folder, key)
    except SourceError as error:
        log.warning("the streets are used, and could not be stored for later runs: %s", error)
    return network


PART_M = 5_000.0
MOST_PARTS = 16
LEAST_WAYS_KM2 = 0.3
"""Streets to a square kilometre; the Highlands, of Britain's councils, have the fewest, above 1."""


def _refuse_sparse(network: Network, area: BaseGeometry) -> None:
    """Refuse streets that leave a part of the area without any, or are too few for it."""
    # a server may hold another county, or only half of this one, and says nothing of it
    side = max(PART_M, math.sqrt(area.area / MOST_PARTS))
    west, south, east, north = area.bounds
    x, y = np.meshgrid(np.arange(west, east, side), np.arange(south, north, side))
    parts = shapely.intersection(shapely.box(x, y, x + side, y + side).ravel(), area)
    parts = parts[shapely.area(parts) >= side**2 / 2]
    nodes = shapely.STRtree(shapely.points(network.node_x, network.node_y))
    bare = np.setdiff1d(np.arange(len(parts)), nodes.query(parts, predicate="intersects")[0])
    ways, km2 = len(np.unique(network.edge_way)), area.area / KM2
    if len(bare):
        at = parts[bare[0]].centroid
        where = f"the first around {at.x:.0f}, {at.y:.0f}"
        what = f"{len(bare)} of its {len(parts)} parts, {where}, have none"
    elif len(parts) and ways < LEAST_WAYS_KM2 * km2:
        what = f"{ways:,} ways for {km2:,.0f} square km are too few"
    else:
        return
    raise SourceError(
        f"the streets that came from {overpass_url()} are not all there are in the area ({what}); "
        "they are neither used nor stored: try again later, or give a map file (.osm.pbf)"
    )


@check_arguments
def cached_network(
    area: gpd.GeoDataFrame | BaseGeometry,
    *,
    buffer_m: float,
    modes: Sequence[TravelMode | str] = MODE_NAMES,
    cache_dir: Path | str | None = None,
) -> Network | None:
    """Return streets downloaded earlier for the same request; no connection is made.

    Parameters
    ----------
    area, buffer_m, modes, cache_dir
        As for ``download_network``.

    Returns
    -------
    Network or None
        None if they were never downloaded, or are not as they were stored.

    Raises
    ------
    InputError
        If the area is not one, or the buffer no number of metres.

    Examples
    --------
    >>> import shapely
    >>> cached_network(shapely.box(1e5, 1e5, 2e5, 2e5), buffer_m=0, cache_dir="nowhere") is None
    True
    """
    _, _, folder, key = _request(area, buffer_m, modes, cache_dir)
    return recall(folder, key)


def _request(
    area: gpd.GeoDataFrame | BaseGeometry,
    buffer_m: float,
    modes: Sequence[TravelMode | str],
    cache_dir: Path | str | None,
) -> tuple[BaseGeometry, list[TravelMode], Path, str]:
    """Return the area and modes of a request, and where and under which key its answer is kept."""
    number("buffer_m", buffer_m, low=0, unit="metres")
    polygon, used = as_polygon(area), [as_mode(mode) for mode in modes]
    folder = default_folder() if cache_dir is None else Path(cache_dir)
    return polygon, used, folder, request_key(polygon, buffer_m=buffer_m, modes=used)


def place_outline(place: str) -> gpd.GeoDataFrame:
    """Look up a place's outline by name, through osmnx."""
    import osmnx  # noqa: PLC0415 - heavy, and needed by downloads alone

    if not place.strip():
        raise InputError("no place was named; give one, for example 'Barnsley, England'")
    query = partial(osmnx.geocode_to_gdf, place)
    try:
        outline, _ = _queried(f"'{place}'", query, timeout_s=TIMEOUT_S, retries=RETRIES)
    except TypeError as error:
        raise InputError(
            f"'{place}' is known but has no outline; name a town, borough or parish"
        ) from error
    log.info("Found '%s'", outline["display_name"].iloc[0] if "display_name" in outline else place)
    return outline.to_crs(CRS)


def buffer_for(modes: Sequence[TravelMode], cutoff_min: float) -> float:
    """Return how far the fastest mode gets within the cutoff, in metres, 10 km at most."""
    fastest_km_h = max(mode.speed_km_h for mode in modes)
    return min(fastest_km_h * 1000 * cutoff_min / 60, MAX_BUFFER_M)
