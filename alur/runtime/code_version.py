"""The version of the project's code behind a commit."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from alur.lineage.opened_files import content_digest
from alur.project.project import Project
from alur.runtime.kept_texts import source_texts


def code_version(project: Project) -> str:
    """Return twelve hexadecimal digits that change with the project's code.

    It is made of all files of the project's modules, of the user's modules that these may import, and of the files that
    strings in them name.
    """
    digest = hashlib.sha256()
    for name, path in sorted(dict(_sources(project)).items()):
        digest.update(f"{name}\0{content_digest(str(path))}\0".encode())
    return digest.hexdigest()[:12]


def _sources(project: Project) -> Iterator[tuple[str, Path]]:
    """Yield the files of the code, each with a name that does not depend on the machine."""
    root = project.root
    for name in project.settings.project.modules:
        base = root / Path(*name.split("."))
        for path in (*_files(base), base.with_suffix(".py")):
            if path.is_file():
                yield path.relative_to(root).as_posix(), path
    texts = source_texts(project)
    declaring = {pipeline.module for pipeline in project.pipelines}
    declaring |= {contract.module for contract in project.contracts}
    for module in {name for start in declaring for name in texts.reached(start)}:
        file = Path(texts.file(module) or "")
        yield file.relative_to(root).as_posix() if file.is_relative_to(root) else module, file
        for named in texts.named_files(module):
            yield Path(named).relative_to(root).as_posix(), Path(named)


def _files(folder: Path) -> Iterator[Path]:
    for base, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith((".", "__pycache__"))]
        yield from (
            Path(base, name) for name in names if not name.startswith(".") and name[-4:] != ".pyc"
        )
