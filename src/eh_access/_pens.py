"""Which function of the last room draws a result, so that results of lower rooms can be drawn.

Rooms import one way and the drawing room comes last, yet users look for ``times.plot()`` on the
times. Such a method asks here by name; the room is loaded when the first picture is drawn.
"""

from __future__ import annotations

import importlib
from typing import Any

DRAWN_IN = {
    "plot_times": "publish.plots",
    "plot_change": "publish.plots",
    "plot_verdicts": "publish.verdict_pictures",
    "explore_times": "publish.explore",
    "explore_change": "publish.explore",
    "explore_verdicts": "publish.verdict_pictures",
}


def draw(name: str, result: object, *args: object, **options: object) -> Any:  # noqa: ANN401
    """Return a picture of a result."""
    room = importlib.import_module(f"eh_access.{DRAWN_IN[name]}")
    return getattr(room, name)(result, *args, **options)
