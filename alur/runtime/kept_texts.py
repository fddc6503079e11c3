"""The texts of a project's modules, with what a file keeps of them."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from alur.lineage.source_text import SourceTexts
from alur.project.loading import loaded_at
from alur.project.project import Project
from alur.project.settings import LOCAL

_FOLDER = Path(".alur", "cache")
_TEXTS = "texts.json"


def source_texts(project: Project) -> SourceTexts:
    """Return the texts of a project's modules."""
    landing = project.environment(LOCAL).settings.landing
    return SourceTexts(
        project.root,
        loaded_at(project.root),
        kept_entries(project.root, _TEXTS),
        (project.root / landing,),
    )


def keep_texts(project_root: Path, texts: SourceTexts) -> None:
    """Keep what is known of texts for the next process."""
    keep_entries(project_root, _TEXTS, texts.used())


def kept_entries(root: Path, name: str) -> dict[str, Any]:
    """Return the entries of a file in a project's cache; an unreadable file counts as empty."""
    try:
        entries = json.loads((root / _FOLDER / name).read_bytes())
    except (OSError, ValueError):
        return {}
    return entries if isinstance(entries, dict) else {}


def keep_entries(root: Path, name: str, entries: dict[str, Any]) -> None:
    """Write a file of the cache atomically; a folder that cannot be written costs only time."""
    path = root / _FOLDER / name
    new = path.with_suffix(f".{os.getpid()}")
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        new.write_text(json.dumps(entries, separators=(",", ":")))
        new.replace(path)
