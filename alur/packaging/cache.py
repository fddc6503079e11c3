"""Caches the wheels of lists of requirements, so that only a new list needs the network."""

from __future__ import annotations

import hashlib
import shutil
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from alur.errors import PackagingError
from alur.packaging.glue_libraries import ABI, PLATFORMS
from alur.packaging.pip import download
from alur.packaging.requirements import Pin
from alur.packaging.wheels import Wheel

_SUMS = "SHA256SUMS"
_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class WheelCache:
    """A folder with one folder per list, either complete or absent."""

    folder: Path

    def wheels(self, pins: Mapping[str, Pin]) -> list[Wheel]:
        """Download the wheels of a list if they are missing; return them in the order of their file names.

        Raises:
            PackagingError: pip could not get them, or the folder cannot be written.
        """
        if not pins:
            return []
        ordered = [pins[name] for name in sorted(pins)]
        kept = self.folder / _key(ordered)
        try:
            if not _is_sound(kept):
                shutil.rmtree(kept, ignore_errors=True)
                self._fill(kept, ordered)
            wheels = [Wheel(path.name, path) for path in sorted(kept.glob("*.whl"))]
        except OSError as error:
            raise PackagingError(
                f"{error.filename or self.folder} cannot be written: {error.strerror}",
                remedy="check that the folder is writable, and that the disk has space",
            ) from error
        for wheel in wheels:
            wheel.check()
        return wheels

    def kept(self, pins: Mapping[str, Pin]) -> list[Wheel] | None:
        """Return the downloaded wheels of a list, in the order of their file names; None if they were never downloaded.

        Raises:
            PackagingError: one of them is broken.
        """
        folder = self.folder / _key([pins[name] for name in sorted(pins)])
        try:
            if pins and not _is_sound(folder):
                return None
        except OSError:
            return None
        wheels = [Wheel(path.name, path) for path in sorted(folder.glob("*.whl"))]
        for wheel in wheels:
            wheel.check()
        return wheels

    def _fill(self, kept: Path, pins: list[Pin]) -> None:
        self._sweep()
        partial = self.folder / f".{kept.name}.{uuid.uuid4().hex}"
        partial.mkdir(parents=True)
        try:
            download(pins, partial)
            (partial / _SUMS).write_text(_sums(partial), encoding="utf-8")
            try:
                partial.rename(kept)
            except OSError:
                # Another build of the same list finished first.
                if not _is_sound(kept):
                    raise
        finally:
            shutil.rmtree(partial, ignore_errors=True)

    def _sweep(self) -> None:
        """Delete the remains of killed downloads."""
        for path in self.folder.glob(".*"):
            if time.time() - path.stat().st_mtime > _DAY:
                shutil.rmtree(path, ignore_errors=True)


def _key(pins: list[Pin]) -> str:
    """Return a unique name for each list and platform."""
    parts = [ABI, *PLATFORMS, *(f"{pin} {' '.join(pin.hashes)}" for pin in pins)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _is_sound(folder: Path) -> bool:
    """Return whether a folder holds exactly the files downloaded into it."""
    sums = folder / _SUMS
    if not sums.is_file():
        return False
    return sums.read_text(encoding="utf-8") == _sums(folder)


def _sums(folder: Path) -> str:
    """Return the wheels of a folder with their digests, as ``sha256sum`` prints them."""
    return "".join(f"{_digest(path)}  {path.name}\n" for path in sorted(folder.glob("*.whl")))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
