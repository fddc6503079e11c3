"""Text files, each written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from alur.errors import ExchangeError


def read_text(path: Path) -> str:
    """Return the text of a file.

    Raises:
        ExchangeError: it cannot be read, or is not text in UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ExchangeError(
            f"{path} cannot be read: {error.strerror}", remedy="name a file that exists"
        ) from None
    except UnicodeDecodeError:
        raise ExchangeError(
            f"{path} is not text in UTF-8", remedy="save it in UTF-8, and import again"
        ) from None


def write_text(path: Path, text: str, *, replace: bool = True) -> None:
    """Write a file, and create its folder.

    Args:
        replace: False refuses to replace an existing file.

    Raises:
        ExchangeError: the file cannot be written, or is there already.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, text, replace)
    except FileExistsError:
        raise ExchangeError(
            f"{path} is there already", remedy="rename or remove it, and try again"
        ) from None
    except OSError as error:
        raise ExchangeError(
            f"{path} cannot be written: {error.strerror}",
            remedy="check that the folder is writable and the disk has space",
        ) from None


def _write(path: Path, text: str, replace: bool) -> None:
    descriptor, draft = tempfile.mkstemp(prefix=".alur-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(draft, 0o644)
        if replace:
            os.replace(draft, path)
        else:
            # Unlike a rename, a link fails if there is such a file.
            os.link(draft, path)
    finally:
        if os.path.exists(draft):
            os.unlink(draft)
