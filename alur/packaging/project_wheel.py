"""Builds the wheel of the project's own code: alur.toml, and the modules its pipelines may import."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath

from alur import __version__
from alur.deployment.job_contents import PROJECT_FOLDER
from alur.errors import PackagingError
from alur.packaging.imports import reachable
from alur.packaging.source_tree import SourceTree, passed_over
from alur.packaging.wheels import Wheel, pure_wheel
from alur.project.project import Project
from alur.project.settings import FILE_NAME

# A command started by a file in the project's folder packages the same files as any other.
_NOT_THE_PROJECTS = ("__main__", "alur", "alur_dagster")
_INSTALLED = ("site-packages", "dist-packages")


@dataclass(frozen=True, slots=True)
class ProjectCode:
    """The project's files for its jobs.

    Attributes:
        files: contents by path below the project's folder.
        loaded: the files imported by loading the project.
        reached: the files these may import later, in a function or on a condition.
    """

    files: dict[str, bytes]
    loaded: frozenset[str]
    reached: frozenset[str]

    @classmethod
    def of(cls, project: Project) -> ProjectCode:
        """Return the files on disk of a project loaded by this process.

        Raises:
            PackagingError: a file cannot be packaged, or a file with declarations would be left out.
        """
        root = project.root.resolve()
        named = {name.partition(".")[0] for name in project.settings.project.modules}
        # A test run may have imported tests; they belong to the project only if alur.toml names them.
        left_out = frozenset({"tests", "landing"}) - named
        imported = dict(_imported(root))
        code = {path for path in imported.values() if path.parts[0] not in left_out}
        # Jobs get no tests, and get Alur in a separate wheel.
        never = left_out | set(_NOT_THE_PROJECTS)
        reached = {path for path in reachable(root, code) if path.parts[0] not in never}
        tops = {path.parts[0] for path in reached}
        tops |= {top for name in named for top in (name, f"{name}.py") if (root / top).exists()}
        allowed = frozenset(project.settings.package.allow)
        tree = SourceTree(root, frozenset({"tests"}) - named, allowed)
        files = {
            path: data
            for top in sorted({*tops, FILE_NAME})
            for path, data in tree.files(top).items()
        }
        _refuse_loss(project, imported, files)
        loaded, later = (
            frozenset(map(PurePath.as_posix, paths)) & files.keys()
            for paths in (imported.values(), reached)
        )
        return cls(files, loaded, later - loaded)

    def wheel(self) -> Wheel:
        """Return the files as a wheel whose version is their digest."""
        digest = hashlib.sha256()
        for path, content in sorted(self.files.items()):
            digest.update(path.encode() + b"\0" + hashlib.sha256(content).digest())
        # Begin with a letter: a number would have another normal form.
        version = f"0+c{digest.hexdigest()[:16]}"
        files = {f"{PROJECT_FOLDER}/{path}": content for path, content in self.files.items()}
        return pure_wheel("alur-project", version, [f"alur=={__version__}"], files)


def _imported(root: Path) -> Iterator[tuple[str, PurePath]]:
    """Yield this process's modules of the project's code, with their paths below the project's folder."""
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if not file or name.partition(".")[0] in _NOT_THE_PROJECTS:
            continue
        path = Path(file)
        if path.is_relative_to(root) and not _is_installed(path, root):
            yield name, path.relative_to(root)


def _is_installed(path: Path, root: Path) -> bool:
    """Return whether a module lies in a Python environment within the project's folder."""
    parts = path.relative_to(root).parts
    if any(part in _INSTALLED or passed_over(part) for part in parts):
        return True
    return any(
        path.is_relative_to(prefix) and Path(prefix).is_relative_to(root) and Path(prefix) != root
        for prefix in (sys.prefix, sys.base_prefix)
    )


def _refuse_loss(
    project: Project, imported: Mapping[str, PurePath], files: Mapping[str, bytes]
) -> None:
    """Refuse a wheel without all of the project's declarations.

    Raises:
        PackagingError: a module with declarations would be left out.
    """
    declared = [(pipeline.name, pipeline.module) for pipeline in project.pipelines]
    declared += [(contract.name, contract.module) for contract in project.contracts]
    for name, module in declared:
        path = imported.get(module)
        if path is not None and path.as_posix() not in files:
            raise PackagingError(
                f"{name} is declared in {path}, and tests are not packaged",
                remedy="move it to another folder, or name that folder among the modules in alur.toml",
            )
