"""Compile with numba: one set of flags, and a cache of the user's own.

A module with compiled functions begins with ``from eh_access.compiled import njit`` and is itself
imported inside the functions that use it, so that ``import eh_access`` does not load numba.

Numba's cache knows a compiled function by the text of its own file. A function that calls compiled
functions of another file would be served stale when that other file changes: keep compiled
functions that call one another in one file.

There is no ``parallel`` here: numba's own threads may be used by one caller at a time, and two at
once can end the process. Work is shared out among plain threads (``routing/threads.py``).
"""

from __future__ import annotations

import functools
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, TypeVar, cast

import platformdirs

F = TypeVar("F", bound=Callable[..., object])

log = logging.getLogger(__name__)
_DECORATING = threading.Lock()
_OURS = __name__.split(".", maxsplit=1)[0] + "."


def cache_folder() -> Path:
    """Return the folder that holds compiled code unless ``NUMBA_CACHE_DIR`` names another."""
    return Path(platformdirs.user_cache_dir("eh_access", appauthor=False)) / "numba"


def njit(*, fastmath: bool = False) -> Callable[[F], F]:
    """Compile a function when it is first called; the next process loads it from the cache."""
    import numba  # noqa: PLC0415 - loading numba takes a third of a second: only when compiling

    _announce_compiling()

    def decorate(function: F) -> F:
        with _DECORATING, _own_cache_folder():
            compiled = numba.njit(
                nogil=True,
                cache=_has_file(function),
                boundscheck=False,
                error_model="numpy",
                fastmath=fastmath,
            )(function)
        return cast("F", compiled)

    return decorate


@functools.cache
def _announce_compiling() -> None:
    """Have every compilation of ours logged: the first as a warning, which is seen by default."""
    # Nothing is said when compiled code is found in the cache.
    from numba.core import event  # noqa: PLC0415 - as above

    class Announcer(event.Listener):
        """Tells users why they wait."""

        compiled = 0
        begun: ClassVar[list[bool]] = []

        def on_start(self, event: Any) -> None:  # noqa: ANN401 - numba has no types
            function = event.data["dispatcher"].py_func
            module = function.__module__ or ""  # typed at a prompt, it has none
            self.begun.append(module.startswith(_OURS))
            if not module.startswith(_OURS):
                return
            if not self.compiled:
                log.warning("compiling (once): the first run takes some seconds longer")
            self.compiled += 1
            name = f"{module.removeprefix(_OURS)}.{function.__name__}"
            log.info("compiling (once), part %d: %s", self.compiled, name)

        def on_end(self, event: object) -> None:  # noqa: ARG002 - as numba calls it
            # one function may have others compiled on the way
            if self.begun.pop() and not self.begun:
                log.debug("compiled")

    register: Callable[[str, event.Listener], None] = event.register
    register("numba:compile", Announcer())


@contextmanager
def _own_cache_folder() -> Iterator[None]:
    """Point numba at our folder while it settles where one function's cache will be."""
    # Numba settles that when the function is decorated, so nobody else's functions are touched,
    # and a folder the user has chosen is left as it is.
    from numba.core import config  # noqa: PLC0415 - as above

    settings = vars(config)
    chosen = settings["CACHE_DIR"]
    settings["CACHE_DIR"] = chosen or str(cache_folder())
    try:
        yield
    finally:
        settings["CACHE_DIR"] = chosen


def _has_file(function: Callable[..., object]) -> bool:
    """Whether the function comes from a file: typed at a prompt, it cannot be cached."""
    return Path(function.__code__.co_filename).is_file()
