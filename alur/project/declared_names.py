"""Reads the names declared by a project from its source, without running its code or its imports.

Names created by running code, such as those of pipelines made in a loop, are missing.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_LAYERS = {"BronzeTable": "bronze", "SilverTable": "silver", "GoldTable": "gold"}


@dataclass(frozen=True)
class DeclaredNames:
    """The names declared in a project's modules.

    Attributes:
        pipelines: in the order of the source.
        tables: layer and table, in the order of the source.
    """

    pipelines: tuple[str, ...]
    tables: tuple[tuple[str, str], ...]

    @classmethod
    def read(cls, root: Path, modules: tuple[str, ...]) -> DeclaredNames:
        """Read the modules of the project in ``root``.

        Raises:
            OSError: a file cannot be read.
            SyntaxError, ValueError: a file is not Python.
        """
        nodes = [node for path in _files(root, modules) for node in _parsed(path).body]
        functions = [node for node in nodes if isinstance(node, ast.FunctionDef)]
        classes = [node for node in nodes if isinstance(node, ast.ClassDef)]
        return cls(
            tuple(function.name for function in functions if _is_pipeline(function)),
            tuple(_tables(classes)),
        )


def _files(root: Path, modules: tuple[str, ...]) -> Iterator[Path]:
    for name in modules:
        path = root.joinpath(*name.split("."))
        if path.is_dir():
            yield from sorted(path.rglob("*.py"))
        else:
            yield path.with_suffix(".py")


def _parsed(path: Path) -> ast.Module:
    with warnings.catch_warnings():
        # The user sees these warnings when the module runs.
        warnings.simplefilter("ignore")
        return ast.parse(path.read_bytes())


def _is_pipeline(function: ast.FunctionDef) -> bool:
    """Return whether a decorator takes sources and a target, regardless of its imported name."""
    calls = [node for node in function.decorator_list if isinstance(node, ast.Call)]
    return any({"sources", "target"} <= {word.arg for word in call.keywords} for call in calls)


def _tables(classes: list[ast.ClassDef]) -> Iterator[tuple[str, str]]:
    """Yield layer and table of each contract; classes follow the bases in their own module."""
    layers = dict(_LAYERS)
    # One pass for each step between a class and its layer, since modules come in any order.
    while len(layers) < len(layers := layers | _one_step_further(classes, layers)):
        pass
    for node in classes:
        if node.name in layers:
            yield layers[node.name], _table_name(node)


def _one_step_further(classes: list[ast.ClassDef], layers: dict[str, str]) -> dict[str, str]:
    return {
        node.name: layers[base]
        for node in classes
        for base in map(_last_name, node.bases)
        if base in layers
    }


def _last_name(node: ast.expr) -> str:
    """Return ``SilverTable`` for ``SilverTable`` and for ``alur.SilverTable``."""
    return ast.unparse(node).rpartition(".")[2]


def _table_name(node: ast.ClassDef) -> str:
    for word in node.keywords:
        if word.arg == "name" and isinstance(word.value, ast.Constant):
            return str(word.value.value)
    return node.name.lower()
