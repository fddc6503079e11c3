"""Waits for states, not for seconds."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic, sleep
from typing import TypeVar

T = TypeVar("T")


def wait_until(holds: Callable[[], T], seconds: float = 300, pause: float = 0.1) -> T:
    """Wait until a value is true, looked at after each pause; return it."""
    due = monotonic() + seconds
    while not (value := holds()):
        assert monotonic() < due, "it never came true"
        sleep(pause)
    return value
