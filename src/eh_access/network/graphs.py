"""Streets from an osmnx graph, or from GraphML that osmnx wrote."""

from __future__ import annotations

from typing import Any


def is_graph(source: Any) -> bool:  # noqa: ANN401
    return hasattr(source, "edges") and hasattr(source, "graph")


def read_graph(source: Any):
    raise NotImplementedError


def read_graphml(path: Any):
    raise NotImplementedError
