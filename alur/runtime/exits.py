"""Keeps the code of a pipeline from ending the process that runs it, and with it all other pipelines, in silence."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

ENDS = (SystemExit, KeyboardInterrupt, GeneratorExit)
"""What code may raise that no ``except Exception`` catches."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C, as opposed to a KeyboardInterrupt that code raises."""


@contextmanager
def contained_exits() -> Iterator[None]:
    """Turn what would end this process into exceptions of the code that asks for it.

    Meanwhile ``os._exit`` raises SystemExit, on whichever thread; processes forked from this one still end by it. Ctrl-C
    raises :class:`Interrupted`, unless whoever runs the pipeline handles it already.
    """
    end, owner = os._exit, os.getpid()

    def refuse(status: int) -> NoReturn:
        if os.getpid() != owner:
            end(status)
        raise SystemExit(f"os._exit({status})")

    os._exit = refuse
    try:
        with _own_interrupts():
            yield
    finally:
        os._exit = end


@contextmanager
def _own_interrupts() -> Iterator[None]:
    # Only the main thread may set handlers, and only that is ever interrupted.
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
