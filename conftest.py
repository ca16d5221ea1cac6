"""Examples share one run of a study that ships: a reader's twelve would each take a while."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from _pytest.doctest import DoctestItem

SHARED = ("run_study", "find_findings")
WRITES = "eh_access.publish.outputs.write_outputs"
"""The example that writes every file of a study."""


def remembering(work: Callable[..., Any]) -> Callable[..., Any]:
    """Return the same function, which gives what it gave before; nobody is to change that."""
    done: list[tuple[object, Any]] = []

    @functools.wraps(work)
    def call(subject: object, **more: object) -> object:
        for known, result in [] if more else done:
            if known is subject or (work.__name__ == "run_study" and known == subject):
                return result
        result = work(subject, **more)
        if not more:
            done.append((subject, result))
        return result

    return call


@pytest.fixture(scope="session")
def shared() -> Mapping[str, Callable[..., Any]]:
    """Return the functions whose results examples share."""
    import eh_access  # noqa: PLC0415 - loaded where it is needed

    return {name: remembering(getattr(eh_access, name)) for name in SHARED}


@pytest.fixture(autouse=True)
def _sharing(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.node.name == WRITES:  # the same lines on a study of three homes
        import eh_access  # noqa: PLC0415 - loaded where it is needed
        from study_files import write_study  # noqa: PLC0415 - of tests/, on the path by now

        toy = eh_access.load_study(write_study(request.getfixturevalue("tmp_path") / "toy").toml)
        monkeypatch.setattr(eh_access, "load_study", lambda _: toy)
    elif isinstance(request.node, DoctestItem) or request.node.get_closest_marker("examples"):
        for name, work in request.getfixturevalue("shared").items():
            monkeypatch.setattr(f"eh_access.{name}", work)
