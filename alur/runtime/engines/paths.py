"""Paths in a form safe for engines, which read ``*?[]{}`` in any path as a pattern."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from alur.runtime.engines.process_folder import process_folder

_PATTERN = re.compile(r"[*?\[\]{}\\:]")
"""Characters with a meaning for Sail or Hadoop."""


def engine_path(path: Path) -> str:
    """Return the path, or a path to the same place through a link with a plain name.

    >>> engine_path(Path("/landing/orders 1997.csv"))
    '/landing/orders 1997.csv'
    """
    parts = path.parts
    odd = [depth for depth, part in enumerate(parts) if _PATTERN.search(part)]
    if not odd:
        return str(path)
    target = Path(*parts[: odd[-1] + 1])
    return str(_link(target).joinpath(*parts[odd[-1] + 1 :]))


def _link(target: Path) -> Path:
    name = hashlib.sha256(bytes(target)).hexdigest()[:16]
    link = process_folder() / (name + re.sub(r"[^.\w]", "_", target.suffix))
    if not link.is_symlink():
        link.symlink_to(target)
    return link
