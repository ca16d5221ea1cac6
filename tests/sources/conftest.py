"""Official services, on a web server on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import official_server as official
from eh_access.sources import fetch
from eh_access.sources.fetch import Client
from official_server import Official


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Official]:
    with official.running(tmp_path) as state:
        monkeypatch.setenv(fetch.SERVICES_VARIABLE, str(tmp_path / "services.toml"))
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        monkeypatch.setattr(fetch, "PAUSE_S", 0.001)
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.delenv(name, raising=False)
        yield state


@pytest.fixture
def client(tmp_path: Path, server: Official) -> Client:
    assert server.url
    return Client(store=tmp_path / "store", progress=lambda _: None)
