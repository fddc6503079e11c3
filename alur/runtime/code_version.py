"""The version of the project's code behind a commit."""

from __future__ import annotations

import hashlib
from pathlib import Path

from alur.project.project import Project


def code_version(project: Project) -> str:
    """Return twelve hexadecimal digits that change with any Python file of the project's modules."""
    digest = hashlib.sha256()
    for path in sorted(_sources(project)):
        digest.update(path.relative_to(project.root).as_posix().encode())
        digest.update(b"\0")
        digest.update(path.read_bytes())
        digest.update(b"\0")
    return digest.hexdigest()[:12]


def _sources(project: Project) -> set[Path]:
    sources: set[Path] = set()
    for name in project.settings.project.modules:
        base = project.root / Path(*name.split("."))
        sources.update(base.rglob("*.py"))
        if base.with_suffix(".py").is_file():
            sources.add(base.with_suffix(".py"))
    return sources
