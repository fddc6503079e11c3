"""Writes a site into a folder that holds nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

from alur.errors import AlurError, RunError
from alur.written_files import put, remains

MARKER = ".alur-docs"
"""The file that lists what Alur has written into the folder."""

_HEADING = "# Written by alur docs: it replaces and removes the files listed here, and no others.\n"


def write_site(folder: Path, files: Mapping[str, str]) -> None:
    """Write files into a folder, and delete those of an earlier site that are no longer part of it.

    Each file is replaced whole or not at all; one with the same content keeps its time stamp.

    Args:
        files: texts by their paths from the folder, with slashes.

    Raises:
        AlurError: the folder has files that Alur has not written, or cannot be written.
    """
    check_folder(folder)
    try:
        earlier = _listed(folder)
        folder.mkdir(parents=True, exist_ok=True)
        # A killed run leaves no file that the list lacks.
        _write_list(folder, [*earlier, *files])
        for name, text in files.items():
            put(folder / name, text)
        for path in _left(folder, earlier):
            path.unlink(missing_ok=True)
        _remove(folder, [name for name in earlier if name not in files])
        _write_list(folder, files)
    except OSError as error:
        raise RunError(
            f"{error.filename or folder} cannot be written: {error.strerror}",
            remedy="check that the folder is writable, and that the disk has space",
        ) from error


def _listed(folder: Path) -> list[str]:
    """Return the files of an earlier site; a path that leads out of the folder was never written."""
    try:
        lines = (folder / MARKER).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    names = [line for line in lines if line and not line.startswith("#")]
    return [name for name in names if _is_inside(folder, name)]


def _is_inside(folder: Path, name: str) -> bool:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        return False
    return (folder / name).parent.resolve().is_relative_to(folder.resolve())


def check_folder(folder: Path) -> None:
    """Check that a folder has no files of somebody else; hidden ones, such as those of Git, may be there.

    Raises:
        AlurError: it has some, or is a file.
    """
    if folder.exists() and not folder.is_dir():
        raise AlurError(f"{folder} is a file", remedy="name a folder with --output")
    listed = _listed(folder)
    own = {MARKER, *listed, *(f.relative_to(folder).as_posix() for f in _left(folder, listed))}
    other = next((path for path in _files(folder) if path.as_posix() not in own), None)
    if other:
        raise AlurError(
            f"{folder} has a file that alur docs has not written: {other}",
            remedy="name a folder of its own with --output, or move the file",
        )


def _left(folder: Path, names: Iterable[str]) -> Iterator[Path]:
    """Yield what killed processes have left of these files."""
    return remains(folder / name for name in [*names, MARKER])


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder, and links to folders, without what is hidden at its top."""
    for root, folders, names in os.walk(folder):
        here = Path(root)
        hidden = [name for name in (*folders, *names) if here == folder and name.startswith(".")]
        folders[:] = [name for name in folders if name not in hidden]
        links = [name for name in folders if (here / name).is_symlink()]
        kept = [name for name in names if name not in hidden]
        yield from ((here / name).relative_to(folder) for name in [*kept, *links])


def _write_list(folder: Path, names: Iterable[str]) -> None:
    lines = sorted(set(names))
    put(folder / MARKER, _HEADING + "".join(f"{name}\n" for name in lines))


def _remove(folder: Path, names: Iterable[str]) -> None:
    for name in names:
        (folder / name).unlink(missing_ok=True)
        parent = (folder / name).parent
        if parent != folder and not any(parent.iterdir()):
            parent.rmdir()
