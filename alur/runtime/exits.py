"""Prevents a pipeline's code from silently ending the process, and all other pipelines with it."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, NoReturn

ENDS = (SystemExit, KeyboardInterrupt, GeneratorExit)
"""Exceptions beyond the reach of ``except Exception``."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C, as opposed to a KeyboardInterrupt raised by code."""


_end = os._exit
_pipelines = 0
_counting = threading.Lock()


@contextmanager
def contained_exits() -> Iterator[None]:
    """Turn attempts to end this process into exceptions in the calling code.

    Meanwhile ``os._exit`` raises SystemExit, on any thread; it still ends processes forked from this one. Ctrl-C raises
    :class:`Interrupted`, unless the caller already handles it.
    """
    _count(1)
    try:
        with _own_interrupts():
            yield
    finally:
        _count(-1)


def _count(more: int) -> None:
    """Count running pipelines; restore ``os._exit`` when the last one has ended."""
    global _pipelines  # noqa: PLW0603 - a process has one os._exit
    with _counting:
        _pipelines += more
        os._exit = _refusing(os.getpid()) if _pipelines else _end


def _refusing(owner: int) -> Any:
    def refuse(status: int) -> NoReturn:
        if os.getpid() != owner:
            _end(status)
        raise SystemExit(f"os._exit({status})")

    return refuse


@contextmanager
def _own_interrupts() -> Iterator[None]:
    # Only the main thread may set handlers, and only it is ever interrupted.
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise Interrupted
