"""Reads a module's imports from its source, including those in functions and conditions."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Literal

from alur.packaging import glue_libraries
from alur.packaging.f_strings import check_f_strings

When = Literal["always", "perhaps", "if there"]
"""When the import runs: ``always`` with its module, ``perhaps`` in a function or on a condition, ``if there`` if the
code tolerates a missing module."""

_CATCHING = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})
_BY_NAME = frozenset({"import_module", "__import__"})


@dataclass(frozen=True, slots=True)
class ImportStatement:
    """An import.

    Attributes:
        module: the absolute, dotted name; None if it is only known at run time.
        attributes: names imported from the module; each may be a module, too.
    """

    module: str | None
    line: int
    when: When
    attributes: tuple[str, ...] = ()

    @property
    def modules(self) -> tuple[str, ...]:
        """All modules that may be imported: the module, and those within it.

        >>> ImportStatement("shop", 1, "always", ("cleaning",)).modules
        ('shop', 'shop.cleaning')
        """
        if self.module is None:
            return ()
        return (self.module, *(f"{self.module}.{name}" for name in self.attributes))


def import_statements(content: bytes, path: PurePath) -> list[ImportStatement]:
    """Return the imports of a module in the order of its lines.

    Imports for type checkers, and those that run only if the module is the program, are skipped.

    Args:
        path: the module's path below the folder in which absolute names begin.

    Raises:
        SyntaxError: Glue's Python cannot read it.
    """
    tree = ast.parse(content, feature_version=glue_libraries.PYTHON_VERSION)
    if sys.version_info >= (3, 12):
        # For these, ast.parse ignores the version.
        check_f_strings(content)
    folder = path.parent.parts
    statements = [statement for node in tree.body for statement in _within(node, folder, "always")]
    return sorted(statements, key=lambda statement: statement.line)


def _within(node: ast.AST, folder: tuple[str, ...], when: When) -> Iterator[ImportStatement]:
    """Yield the imports of a statement or an expression.

    Args:
        folder: the package in which relative names begin.
    """
    match node:
        case ast.Import(names=names):
            for alias in names:
                yield ImportStatement(alias.name, node.lineno, when)
            return
        case ast.ImportFrom():
            module = _absolute("." * node.level + (node.module or ""), folder)
            names_of = tuple(alias.name for alias in node.names if alias.name != "*")
            yield ImportStatement(module, node.lineno, when, names_of)
            return
        case ast.Call() if _name(node.func) in _BY_NAME and node.args:
            yield ImportStatement(_literal(node.args[0], folder), node.lineno, _at_most(when))
        case ast.If() if _never_in_a_job(node.test):
            for otherwise in node.orelse:
                yield from _within(otherwise, folder, when)
            return
        case ast.Try() if any(map(_catches_missing, node.handlers)):
            for part in ast.iter_child_nodes(node):
                tried = part in node.body
                yield from _within(part, folder, "if there" if tried else _at_most(when))
            return
    for child in ast.iter_child_nodes(node):
        yield from _within(child, folder, _at_most(when))


def _at_most(when: When) -> When:
    return "perhaps" if when == "always" else when


def _name(function: ast.expr) -> str:
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _literal(argument: ast.expr, folder: tuple[str, ...]) -> str | None:
    match argument:
        case ast.Constant(value=str(text)):
            return _absolute(text, folder)
    return None


def _absolute(name: str, folder: tuple[str, ...]) -> str:
    """Return the absolute name; each leading dot after the first leads one package up."""
    module = name.lstrip(".")
    dots = len(name) - len(module)
    if not dots:
        return module
    package = folder[: len(folder) - dots + 1]
    return ".".join((*package, module) if module else package)


def _never_in_a_job(test: ast.expr) -> bool:
    match test:
        case ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
            return True
        case ast.Compare(left=ast.Name(id="__name__"), ops=[ast.Eq()]):
            return True
    return False


def _catches_missing(handler: ast.ExceptHandler) -> bool:
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(exception is None or _name(exception) in _CATCHING for exception in caught)
