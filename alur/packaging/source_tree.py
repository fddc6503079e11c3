"""Reads the files of a package's folder for a wheel."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from alur.errors import PackagingError
from alur.packaging.secrets import secret_in


@dataclass(frozen=True, slots=True)
class SourceTree:
    """A folder, and the rules for packaging its files.

    Attributes:
        root: the folder; nothing outside of it is packaged, even through links.
        left_out: names of folders to skip at any depth.
        allowed: paths, below the root, of files to package although they look like secrets.
    """

    root: Path
    left_out: frozenset[str] = frozenset()
    allowed: frozenset[str] = frozenset()

    def files(self, top: str) -> dict[str, bytes]:
        """Return the content of a file, or of all files below a folder, by their paths from the root.

        Hidden files, compiled ones and the folders left out are skipped.

        Raises:
            PackagingError: a file cannot be packaged, or must not be.
        """
        path = self.root / top
        target = self._target(path)
        try:
            paths = list(self._walk(path, (target,))) if target.is_dir() else [path]
            return {file.relative_to(self.root).as_posix(): self._read(file) for file in paths}
        except OSError as error:
            raise PackagingError(
                f"{error.filename} cannot be read: {error.strerror}",
                remedy="make it readable, or move it out of the package",
            ) from None

    def _read(self, path: Path) -> bytes:
        content = _read(path)
        name = path.relative_to(self.root).as_posix()
        secret = None if name in self.allowed else secret_in(path, content)
        if secret:
            raise PackagingError(
                f"{path} contains {secret}, which must not go to the artifacts bucket",
                remedy="move it out of the project, and let the code read it from AWS Secrets Manager; "
                f'if it is not a secret, allow it in alur.toml: [package] allow = ["{name}"]',
            )
        return content

    def _walk(self, folder: Path, above: tuple[Path, ...]) -> Iterator[Path]:
        for name in sorted(os.listdir(folder)):
            path = folder / name
            if passed_over(name):
                continue
            target = self._target(path)
            if not target.is_dir():
                yield path
            elif name not in self.left_out:
                if target in above:
                    raise PackagingError(
                        f"{path} is a link to a folder above it", remedy="remove the link"
                    )
                yield from self._walk(path, (*above, target))

    def _target(self, path: Path) -> Path:
        """Return the target of a path, with links resolved.

        Raises:
            PackagingError: the target is outside of the root, hidden, or missing.
        """
        # Unlike Path.resolve, realpath does not raise an error for circular links.
        target = Path(os.path.realpath(path))
        if not target.is_relative_to(self.root):
            raise PackagingError(
                f"{path} is a link to {target}, which is not in the project's folder",
                remedy="replace it with a copy, or remove it: jobs get only files in the project",
            )
        if path.is_symlink() and any(
            passed_over(part) for part in target.relative_to(self.root).parts
        ):
            raise PackagingError(
                f"{path} is a link to the hidden {target}",
                remedy="replace it with a copy, or remove it: hidden files are not packaged",
            )
        return target


def passed_over(name: str) -> bool:
    """Return whether a file or folder is never packaged: a hidden one, or one compiled by Python.

    >>> passed_over(".env"), passed_over("__pycache__"), passed_over("orders.sql")
    (True, True, False)
    """
    return name.startswith(".") or name == "__pycache__" or name.endswith((".pyc", ".pyo"))


def _read(path: Path) -> bytes:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise PackagingError(
            f"the name {str(path)!r} is not valid Unicode", remedy="rename it"
        ) from None
    # Reading a pipe, for example, would block.
    if not path.is_file():
        raise PackagingError(
            f"{path} is neither a file nor a folder", remedy="remove it: it cannot be packaged"
        )
    return path.read_bytes()
