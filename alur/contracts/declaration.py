"""Locates the declaration of a field in the user's file; reads the source only to report a problem."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

from alur.errors import Location


def field_location(cls: type, field: str) -> Location | None:
    """Return the line on which a class, or the base with the field, annotates ``field``.

    Return None if the source cannot be read, as in an interactive session.
    """
    for owner in cls.__mro__:
        if field in vars(owner).get("__annotations__", {}):
            return _annotated_line(owner, field)
    return None


def _annotated_line(owner: type, field: str) -> Location | None:
    path = getattr(sys.modules.get(owner.__module__), "__file__", None)
    if path is None:
        return None
    try:
        tree = ast.parse(Path(path).read_text(encoding="utf-8"))
    except (OSError, SyntaxError, UnicodeDecodeError):
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name == owner.__qualname__.rpartition(".")[2]:
            for item in node.body:
                if isinstance(item, ast.AnnAssign) and getattr(item.target, "id", None) == field:
                    return Location(path, item.lineno)
    return None
