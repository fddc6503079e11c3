"""Environment variables set while an engine is open, and restored afterwards."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from threading import Lock
from typing import Self


class HeldVariables:
    """Environment variables that keep their values as long as anyone holds them.

    Several may hold them at once, on any threads and in any order; the last to let go restores the former values.

    Args:
        values: the variables; None removes one.

    >>> held = HeldVariables({"ALUR_EXAMPLE": "1"})
    >>> with held, held:
    ...     os.environ["ALUR_EXAMPLE"]
    '1'
    >>> "ALUR_EXAMPLE" in os.environ
    False
    """

    def __init__(self, values: Mapping[str, str | None]) -> None:
        self._values = values
        self._before: Mapping[str, str | None] = {}
        self._holders = 0
        self._lock = Lock()

    def __enter__(self) -> Self:
        with self._lock:
            self._holders += 1
            if self._holders == 1:
                self._before = {name: os.environ.get(name) for name in self._values}
                self._set(self._values)
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._holders -= 1
            if not self._holders:
                self._set(self._before)

    def _set(self, values: Mapping[str, str | None]) -> None:
        for name, value in values.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        if "TZ" in values:
            time.tzset()


UTC_CLOCK = HeldVariables({"TZ": "UTC"})
"""Makes this process and its children read times without a zone as UTC, as every Glue job does.

PySpark reads a naive datetime by the process's own clock, in literals, in rows and in functions alike.
"""
