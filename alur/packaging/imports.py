"""Whether a job can import what the project's modules import."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from alur.errors import AlurError, Location, PackagingError
from alur.packaging import glue_runtime
from alur.packaging.requirements import raise_problems
from alur.packaging.wheels import Wheel
from alur.project.project import Project
from alur.project.settings import FILE_NAME
from alur.project.toml_file import TomlFile


def check_imports(
    root: Path, files: Mapping[str, bytes], loaded: Iterable[str], wheels: Iterable[Wheel]
) -> None:
    """Looks for modules that loading the project imports, and that no job has.

    Imports in functions, conditions and ``try`` are passed over: whether they are carried out only the job can tell.

    Args:
        root: the folder that the paths in ``files`` are relative to.
        loaded: which of the files loading imports.

    Raises:
        PackagingError: there is one.
        ProjectError: there are several.
    """
    known = glue_runtime.modules() | sys.stdlib_module_names | {"alur"} | _own_modules(files)
    known = known.union(*(wheel.modules for wheel in wheels))
    problems: list[AlurError] = []
    for path in sorted(loaded):
        try:
            tree = ast.parse(files[path], feature_version=glue_runtime.PYTHON_VERSION)
        except SyntaxError as error:
            problems.append(_unreadable(error, root / path))
            continue
        for name, line in _imports(tree):
            if name not in known:
                problems.append(_missing(name, Location(str(root / path), line)))
    raise_problems(problems)


def check_modules(project: Project, files: Iterable[str], wheels: Iterable[Wheel]) -> None:
    """Looks for modules that alur.toml names, and that are not with the project.

    Raises:
        PackagingError: there is one.
    """
    there = _own_modules(files).union(*(wheel.modules for wheel in wheels))
    for name in project.settings.project.modules:
        if name.partition(".")[0] not in there:
            where = TomlFile.read(project.root / FILE_NAME).place(("project", "modules"))
            raise PackagingError(
                f"the module {name!r} is not in the project's folder, which is all that jobs get",
                where=where,
                remedy=f"move it into {project.root}, or pin what it belongs to in a list of requirements",
            )


def _own_modules(files: Iterable[str]) -> frozenset[str]:
    return frozenset(path.split("/")[0].removesuffix(".py") for path in files)


def _imports(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """The top-level modules that a module imports whenever it is imported itself, with their lines."""
    for node in tree.body:
        match node:
            case ast.Import(names=names):
                for alias in names:
                    yield alias.name.partition(".")[0], node.lineno
            case ast.ImportFrom(module=str(module), level=0):
                yield module.partition(".")[0], node.lineno


def _missing(name: str, where: Location) -> PackagingError:
    return PackagingError(
        f"jobs have no module {name!r}",
        where=where,
        remedy="pin what it belongs to in the file that requirements in alur.toml names, "
        "or move it into the project's folder",
    )


def _unreadable(error: SyntaxError, path: Path) -> PackagingError:
    return PackagingError(
        f"jobs run on Python {glue_runtime.PYTHON}, which cannot read this: {error.msg}",
        where=Location(str(path), error.lineno or 1),
        remedy=f"write it as Python {glue_runtime.PYTHON} has it",
    )
