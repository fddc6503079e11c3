"""Imports a project's modules and collects their declarations."""

from __future__ import annotations

import importlib
import importlib.util
import os
import pkgutil
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from alur.contracts.contract import Contract
from alur.contracts.table import Table
from alur.errors import AlurError, Location
from alur.pipelines.pipeline import Pipeline
from alur.project.settings import FILE_NAME
from alur.project.toml_file import TomlFile
from alur.project.user_output import stdout_to_stderr


@dataclass
class Declarations:
    """The declarations in a project's modules, and the problems of failed imports."""

    contracts: list[Contract] = field(default_factory=list)
    pipelines: list[Pipeline] = field(default_factory=list)
    problems: list[AlurError] = field(default_factory=list)


def load(root: Path, modules: tuple[str, ...]) -> Declarations:
    """Import the named packages and all their submodules, and collect contracts and pipelines.

    ``root`` comes first on the import path. A failed import becomes a problem, and the other modules are still
    imported. Output of modules goes to standard error.
    """
    began = time.time_ns()
    _put_first(root)
    _forget_other_projects(root, modules, began)
    declarations = Declarations()
    with stdout_to_stderr(), functions_without_engine():
        for name in modules:
            for module in _import_tree(name, root, declarations.problems):
                _collect(module, declarations)
    _adopt_referenced(declarations)
    return declarations


@contextmanager
def functions_without_engine() -> Iterator[None]:
    """Make PySpark create Python functions for Spark Connect while modules are imported.

    Otherwise a function with its type as text, such as ``@F.udf("string")``, would need a JVM, and none runs yet.
    Engines run both kinds. If a JVM runs, or Spark Connect is not installed, as in a Glue job, change nothing.
    """
    context = getattr(sys.modules.get("pyspark.context"), "SparkContext", None)
    has_jvm = context is not None and context._active_spark_context is not None
    if has_jvm or _CONNECT in os.environ or not importlib.util.find_spec("grpc_status"):
        yield
        return
    os.environ[_CONNECT] = "1"
    try:
        yield
    finally:
        del os.environ[_CONNECT]


_CONNECT = "SPARK_CONNECT_MODE_ENABLED"
"""The variable for PySpark's choice of a kind of function."""

_roots: dict[Path, int] = {}
"""The projects loaded in this process, each with when it was last loaded, in nanoseconds."""


def loaded_at(root: Path) -> int:
    """Return when this process last began to load a project, in nanoseconds; 0 if it has not.

    A file changed since then may differ from what was loaded.
    """
    return _roots.get(root, 0)


def _put_first(root: Path) -> None:
    folder = str(root)
    if sys.path[:1] != [folder]:
        sys.path.insert(0, folder)
    importlib.invalidate_caches()


def _forget_other_projects(root: Path, modules: tuple[str, ...], began: int) -> None:
    """Remove loaded modules of other projects that share a name with this project's modules."""
    own = {path.stem for path in root.iterdir() if path.suffix == ".py" or path.is_dir()}
    others = _roots.keys() - {root}
    sys.path[:] = [folder for folder in sys.path if Path(folder) not in others]
    for name, module in sys.modules.copy().items():  # in one step: other threads import, too
        top = name.partition(".")[0]
        if top not in own and top not in modules:
            continue  # before its path is looked at: there are thousands of modules
        home = _module_path(module)
        theirs = top in own and any(home.is_relative_to(other) for other in others)
        if (theirs or top in modules) and not home.is_relative_to(root):
            del sys.modules[name]
    _roots[root] = began


def _module_path(module: ModuleType) -> Path:
    """Return the path of a module; an empty path for one without a file."""
    path = getattr(module, "__file__", None) or next(iter(getattr(module, "__path__", ())), "")
    return Path(path)


def _import_tree(name: str, root: Path, problems: list[AlurError]) -> Iterator[ModuleType]:
    module = _import(name, root, problems)
    if module is None:
        return
    yield module
    for info in sorted(pkgutil.iter_modules(getattr(module, "__path__", [])), key=lambda i: i.name):
        yield from _import_tree(f"{name}.{info.name}", root, problems)


def _import(name: str, root: Path, problems: list[AlurError]) -> ModuleType | None:
    try:
        module = importlib.import_module(name)
        _refuse_namesake(module, root)
        return module
    except AlurError as error:
        for problem in error.problems:
            placed = problem.at(user_line(error, root))
            # One of several problems was never raised by itself, so it has only their traceback.
            placed.__traceback__ = placed.__traceback__ or error.__traceback__
            _note(problems, placed)
    except ModuleNotFoundError as error:
        if error.name == name and "." not in name:
            where = TomlFile.read(root / FILE_NAME).place(("project", "modules"))
            remedy = f"create the package {root / name}, or correct modules in {FILE_NAME}"
            problem = AlurError(f"no module {name!r} in the project", where=where, remedy=remedy)
            _note(problems, problem)
        else:
            remedy = f"install {error.name}, or correct the import"
            _note(problems, _import_problem(error, name, root, remedy))
    except (Exception, SystemExit) as error:
        _note(
            problems, _import_problem(error, name, root, "correct the line; nothing after it ran")
        )
    return None


def _refuse_namesake(module: ModuleType, root: Path) -> None:
    """Refuse an installed package that hides a project's folder without ``__init__.py``.

    Raises:
        AlurError: the project has a folder with the module's name, and the module is not in it.
    """
    own = root / module.__name__
    if own.is_dir() and not _module_path(module).is_relative_to(root):
        raise AlurError(
            f"the module {module.__name__!r} is not the project's: it is {_module_path(module)}",
            remedy=f"make the folder a package: add an empty {own / '__init__.py'}",
        )


def _note(problems: list[AlurError], *more: AlurError) -> None:
    """Add each problem once, however many modules import its module."""
    known = {str(problem) for problem in problems}
    problems.extend(problem for problem in more if str(problem) not in known)


def _import_problem(error: BaseException, name: str, root: Path, remedy: str) -> AlurError:
    if isinstance(error, SyntaxError) and _is_own(Path(error.filename or name), root):
        where = Location(error.filename or name, error.lineno or 1)
        problem = AlurError(f"SyntaxError: {error.msg}", where=where, remedy="correct the syntax")
    else:
        reason = f"{type(error).__name__}: {error}"
        problem = AlurError(reason, where=user_line(error, root), remedy=remedy)
    problem.__cause__ = error
    return problem


def user_line(error: BaseException, root: Path) -> Location | None:
    """Return the innermost line of the project's own code in an exception's traceback."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if _is_own(Path(frame.filename), root)]
    return Location(own[-1].filename, own[-1].lineno or 1) if own else None


def _is_own(path: Path, root: Path) -> bool:
    # In a Glue job the project itself is an installed package.
    return path.is_relative_to(root) and "site-packages" not in path.relative_to(root).parts


def _collect(module: ModuleType, declarations: Declarations) -> None:
    """Add the module's own declarations; imported ones belong to another module."""
    pipelines: dict[int, Pipeline] = {}
    contracts: dict[int, Contract] = {}
    for value in vars(module).values():
        if isinstance(value, Pipeline) and value.module == module.__name__:
            pipelines[id(value)] = value
        elif isinstance(value, type) and issubclass(value, Table):
            contract = value.__contract__
            if contract and contract.module == module.__name__:
                contracts[id(contract)] = contract
    declarations.pipelines += pipelines.values()
    declarations.contracts += contracts.values()


def _adopt_referenced(declarations: Declarations) -> None:
    """Add contracts of pipelines that are declared outside the project's modules."""
    contracts = {id(contract): contract for contract in declarations.contracts}
    for pipeline in declarations.pipelines:
        for contract in (*pipeline.table_sources.values(), pipeline.target):
            contracts.setdefault(id(contract), contract)
    declarations.contracts = list(contracts.values())
