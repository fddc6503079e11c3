"""Writes Terraform's working folder: the rendered files, and the artifacts they upload."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from alur.errors import TerraformError

_ARTIFACTS = "artifacts"


@dataclass(frozen=True, slots=True)
class TerraformFolder:
    """A folder of Terraform files written by Alur.

    Other files in it, such as a team's ``*_override.tf``, are kept and used by Terraform.
    """

    path: Path

    def write(self, files: Mapping[str, str], artifacts: Mapping[str, Path]) -> Iterator[str]:
        """Write the files, and copy their artifacts; yield the name of each file when it is complete.

        Each file is replaced whole or not at all. Artifacts are copied first, so that no file names a missing one.

        Args:
            files: texts by name.
            artifacts: files by their names in the folder ``artifacts``; other files there are deleted.

        Raises:
            TerraformError: the folder cannot be written.
        """
        folder = self.path / _ARTIFACTS
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name, source in artifacts.items():
                _put(folder / name, source.read_bytes())
            for name, text in files.items():
                _put(self.path / name, text.encode())
                yield name
            for path in folder.iterdir():
                if path.name not in artifacts:
                    path.unlink()
        except OSError as error:
            raise TerraformError(
                f"{error.filename or self.path} cannot be written: {error.strerror}",
                remedy="check that the folder is writable, and that the disk has space",
            ) from error


def _put(path: Path, content: bytes) -> None:
    """Write a file atomically; a file with the same content keeps its time stamp."""
    if path.is_file() and path.read_bytes() == content:
        return
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
