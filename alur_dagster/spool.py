"""Holds the ends of pipelines until Dagster's instance has them: a file for each, in the instance's folder.

A run of the command line adds files and does not import Dagster. Dagster's side records each end, then removes its file.
"""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alur.syncing import sync

_ADDED, _UNFINISHED, _UNREADABLE = ".json", ".part", ".unreadable"
_ABANDONED_AFTER = 24 * 3600
"""Seconds after which an unfinished file belongs to a killed run; a write takes milliseconds."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A pipeline's end that waits to be recorded."""

    path: Path

    @property
    def id(self) -> str:
        """A UUID."""
        return self.path.stem.partition("-")[2]

    @property
    def ended_at(self) -> float:
        """Seconds since 1970."""
        return int(self.path.stem.partition("-")[0]) / 1e9

    def record(self) -> dict[str, Any]:
        """Return the pipeline's end.

        Raises:
            ValueError: the file is not an end of a pipeline.
        """
        record = json.loads(self.path.read_bytes())
        if not isinstance(record, dict):
            raise ValueError("it does not hold an object")
        return record

    def remove(self) -> None:
        """Delete the file; the end is recorded."""
        self.path.unlink(missing_ok=True)

    def set_aside(self) -> Path:
        """Rename the file, so that it is no longer waiting; return its path."""
        return self.path.rename(self.path.with_suffix(_UNREADABLE))


class Spool:
    """The ends of pipelines that wait to be recorded in an instance.

    Args:
        home: the instance's folder.
    """

    def __init__(self, home: Path) -> None:
        self.folder = home / "alur-spool"
        self._last = 0

    def add(self, record: Mapping[str, Any]) -> None:
        """Write a pipeline's end; once this returns, neither a crash nor a power cut loses it.

        Args:
            record: values for :mod:`json`.

        Raises:
            OSError: the folder cannot be written.
        """
        self._create_folder()
        # Names sort in the order of the ends, also if the clock is set back during a run.
        self._last = max(time.time_ns(), self._last + 1)
        path = self.folder / f"{self._last:020}-{uuid.uuid4()}{_ADDED}"
        unfinished = path.with_suffix(_UNFINISHED)
        try:
            with unfinished.open("x", encoding="ascii") as file:
                json.dump(record, file)
                file.flush()
                os.fsync(file.fileno())
            unfinished.rename(path)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
        sync(self.folder)

    def waiting(self) -> list[Entry]:
        """Return the waiting ends, oldest first; delete what killed runs left unfinished."""
        if not self.folder.is_dir():
            return []
        files = sorted(self.folder.iterdir())
        for file in files:
            if file.suffix == _UNFINISHED:
                _delete_abandoned(file)
        return [Entry(file) for file in files if file.suffix == _ADDED]

    def _create_folder(self) -> None:
        if self.folder.is_dir():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        for parent in list(self.folder.parents)[:3]:
            sync(parent)


def _delete_abandoned(unfinished: Path) -> None:
    with suppress(FileNotFoundError):  # its run may finish it meanwhile
        if unfinished.stat().st_mtime < time.time() - _ABANDONED_AFTER:
            unfinished.unlink()
