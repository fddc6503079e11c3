"""The folder in which Terraform works: the rendered files, and the artifacts that they upload."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from alur.errors import TerraformError

_ARTIFACTS = "artifacts"


@dataclass(frozen=True, slots=True)
class TerraformFolder:
    """A folder of Terraform files that Alur writes.

    What others put beside them, such as a ``*_override.tf`` of a team's own, stays and takes part.
    """

    path: Path

    def write(self, files: Mapping[str, str], artifacts: Mapping[str, Path]) -> Iterator[str]:
        """Write the files, and copy what they upload; yield the name of each file when it is complete.

        Each file is there whole or as it was before; artifacts come first, so that no file names one that is missing.

        Args:
            files: texts by name.
            artifacts: files by the name that they have in the folder ``artifacts``; others are removed from it.

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
            for found in folder.iterdir():
                if found.name not in artifacts:
                    found.unlink()
        except OSError as error:
            raise TerraformError(
                f"{error.filename or self.path} cannot be written: {error.strerror}",
                remedy="see that the folder may be written, and that the disk has room",
            ) from error


def _put(path: Path, content: bytes) -> None:
    """Write a file in one step; a file with the same content keeps its time stamp."""
    if path.is_file() and path.read_bytes() == content:
        return
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
