"""Is there a connection? Asked before a download, and answered within seconds."""

from __future__ import annotations

import queue
import socket
import threading
import urllib.parse
import urllib.request

from eh_access.sources.overpass import overpass_url

HTTP_PORT, HTTPS_PORT = 80, 443


def is_connected(timeout_s: float = 3.0) -> bool:
    """Tell, quickly, whether the map server can be reached."""
    outcome: queue.Queue[bool | Exception] = queue.Queue()

    def knock() -> None:
        try:
            with socket.create_connection(_door(), timeout=timeout_s):
                outcome.put(True)
        except OSError:
            outcome.put(False)
        except RuntimeError as error:  # sockets may be forbidden altogether, as in the tests
            outcome.put(error)

    # a name look-up has no time limit of its own, so it must not hold us, nor the exit
    threading.Thread(target=knock, daemon=True).start()
    try:
        answer = outcome.get(timeout=timeout_s)
    except queue.Empty:
        return False
    if isinstance(answer, Exception):
        raise answer
    return answer


def _door() -> tuple[str, int]:
    """Return host and port to knock at: the proxy's where there is one, else the server's."""
    server = urllib.parse.urlsplit(overpass_url())
    host = server.hostname or ""
    proxy = urllib.request.getproxies().get(server.scheme)
    if proxy and not urllib.request.proxy_bypass(host):
        server = urllib.parse.urlsplit(proxy if "//" in proxy else f"//{proxy}")
        host = server.hostname or ""
    return host, server.port or (HTTP_PORT if server.scheme == "http" else HTTPS_PORT)
