"""Finds the project's modules for jobs, and checks whether jobs can import what these import."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePath

from alur.errors import Location, PackagingError, Problems
from alur.packaging import glue_libraries
from alur.packaging.import_statements import ImportStatement, import_statements
from alur.project.project import Project
from alur.project.settings import FILE_NAME
from alur.project.toml_file import TomlFile

_SUFFIX = ".py"
_IMPORTABLE = (_SUFFIX, ".so")


def reachable(root: Path, modules: Iterable[PurePath]) -> set[PurePath]:
    """Return the files of modules, and of all project modules they import in turn, including imports in functions.

    Args:
        root: the project's folder, in which module names begin.
        modules: paths below it.
    """
    files: set[PurePath] = set()
    waiting = set(modules)
    while waiting:
        path = waiting.pop()
        files.add(path)
        try:
            statements = import_statements((root / path).read_bytes(), path)
        except (OSError, SyntaxError, ValueError):
            # Packaging or checking the file raises the error.
            continue
        names = (name for statement in statements for name in statement.modules)
        waiting |= {file for name in names for file in _files(root, name)} - files
    return files


def _files(root: Path, module: str) -> Iterator[PurePath]:
    """Yield the files of a project module, and of its parent packages."""
    parts = module.split(".")
    for count in range(1, len(parts) + 1):
        path = PurePath(*parts[:count])
        for candidate in (path / f"__init__{_SUFFIX}", path.with_name(path.name + _SUFFIX)):
            if (root / candidate).is_file():
                yield candidate
                break


def check_imports(
    root: Path,
    files: Mapping[str, bytes],
    loaded: Iterable[str],
    reached: Iterable[str],
    libraries: Iterable[str],
) -> list[str]:
    """Check whether jobs have the modules imported by the project's code.

    Args:
        root: the folder of the paths in ``files``.
        loaded: the files imported by loading the project.
        reached: the files these may import later.
        libraries: the importable modules of the libraries for jobs.

    Returns:
        A notice for each missing module whose import depends on conditions in the job.

    Raises:
        PackagingError: loading the project imports missing modules; lists each one.
    """
    tops = {*glue_libraries.modules(), *sys.stdlib_module_names, "alur", *libraries}
    own = _modules(files)
    always = frozenset(loaded)
    problems = Problems()
    notices: list[str] = []
    for path in sorted({*always, *reached}):
        try:
            statements = import_statements(files[path], PurePath(path))
        except SyntaxError as error:
            problems.add(_unreadable(error, root / path))
            continue
        for statement in statements:
            if statement.when == "if there" or _is_there(statement, own, tops):
                continue
            if statement.when == "always" and path in always and statement.module:
                missing = _shown(statement.module, own)
                problems.add(_missing(missing, Location(str(root / path), statement.line)))
            else:
                notices.append(f"{path}:{statement.line}: {_doubt(statement, own)}")
    problems.raise_any()
    return notices


def check_modules(project: Project, files: Iterable[str], libraries: Iterable[str]) -> None:
    """Check whether the project has the modules named by alur.toml.

    Raises:
        PackagingError: one is missing.
    """
    there = {*_modules(files), *libraries}
    for name in project.settings.project.modules:
        if name.partition(".")[0] not in there:
            where = TomlFile.read(project.root / FILE_NAME).place(("project", "modules"))
            raise PackagingError(
                f"the module {name!r} is not in the project's folder, and jobs get only this folder",
                where=where,
                remedy=f"move it into {project.root}, or pin its library in a list of requirements",
            )


def _modules(files: Iterable[str]) -> frozenset[str]:
    """Return the dotted names of the files' modules, and of all packages around them.

    >>> sorted(_modules(["a/b/c.py", "d.py", "e.toml", "a/f/g.sql"]))
    ['a', 'a.b', 'a.b.c', 'a.f', 'd']
    """
    modules: set[str] = set()
    for path in files:
        *parts, name = path.split("/")
        if name.endswith(_IMPORTABLE):
            parts.append(name.partition(".")[0])
        modules |= {".".join(parts[:count]) for count in range(1, len(parts) + 1)}
    return frozenset(modules)


def _is_there(statement: ImportStatement, own: frozenset[str], tops: set[str]) -> bool:
    if statement.module is None:
        return False
    top = statement.module.partition(".")[0]
    return statement.module in own if top in own else top in tops


def _shown(module: str, own: frozenset[str]) -> str:
    """Return the part of a name that identifies the missing module: for a library, its top-level module."""
    top = module.partition(".")[0]
    return module if top in own else top


def _doubt(statement: ImportStatement, own: frozenset[str]) -> str:
    if statement.module is None:
        return (
            "the job alone determines what this imports; "
            "if it is the project's own, name it among the modules in alur.toml"
        )
    return f"this imports {_shown(statement.module, own)!r}, which jobs do not have"


def _missing(name: str, where: Location) -> PackagingError:
    return PackagingError(
        f"jobs do not have the module {name!r}",
        where=where,
        remedy="pin its library in the file that requirements in alur.toml names, "
        "or move it into the project's folder",
    )


def _unreadable(error: SyntaxError, path: Path) -> PackagingError:
    return PackagingError(
        f"jobs run on Python {glue_libraries.PYTHON}, which cannot read this: {error.msg}",
        where=Location(str(path), error.lineno or 1),
        remedy=f"use the syntax of Python {glue_libraries.PYTHON}",
    )
