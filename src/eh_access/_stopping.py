"""Ctrl-C and a request to end, told in words and never lost."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)
WAIT_S = 0.05


class Stopped(BaseException):
    """Somebody wants the program to stop; no exception, so that nothing on the way takes it."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.code = 128 + number
        self.working = False


@contextmanager
def stoppable() -> Iterator[None]:
    """Turn Ctrl-C and requests to end into `Stopped`, also where Python would swallow them."""
    # An exception in a callback of compiled code, or while something is being thrown away, is
    # printed and forgotten. One of ours is raised once more, a moment later.
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are the main thread's alone
        return
    earlier = {number: signal.getsignal(number) for number in SIGNALS}
    hook = sys.unraisablehook

    def unraisable(lost: sys.UnraisableHookArgs) -> None:
        if not isinstance(lost.exc_value, Stopped):
            hook(lost)
            return
        number = signal.Signals(lost.exc_value.code - 128)
        again = threading.Timer(WAIT_S, _send, [number])
        again.daemon = True
        again.start()

    sys.unraisablehook = unraisable
    for number, handler in earlier.items():
        if handler != signal.SIG_IGN:  # as nohup sets it: to be ignored still
            signal.signal(number, _stop)
    try:
        yield
    finally:
        sys.unraisablehook = hook
        for number, handler in earlier.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


def _stop(number: int, _: FrameType | None) -> None:
    raise Stopped(number) from None


def _send(number: signal.Signals) -> None:
    """Send a signal to the main thread, so that a call it waits in ends."""
    if sys.platform == "win32":
        signal.raise_signal(number)
    else:
        signal.pthread_kill(threading.main_thread().ident or 0, number)
