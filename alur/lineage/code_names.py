"""The global names and imports in Python code."""

from __future__ import annotations

import dis
import importlib.util
from collections.abc import Iterator, Mapping
from types import CodeType
from typing import Any

_IMPORT_NAME = dis.opmap["IMPORT_NAME"]
_GLOBALS = frozenset({"LOAD_GLOBAL", "LOAD_NAME"})
_ATTRIBUTES = frozenset({"LOAD_ATTR", "LOAD_METHOD"})


def names_in(code: CodeType) -> dict[str, set[tuple[str, ...]]]:
    """Return the global names in code, each with the chains of attributes that the code takes from it at once.

    >>> names_in(compile("a.b.c(d)", "", "eval"))
    {'a': {('b', 'c')}, 'd': {()}}
    """
    found: dict[str, set[tuple[str, ...]]] = {}
    chain: list[str] = []
    for instruction in (*dis.get_instructions(code), None):
        name = instruction.opname if instruction else ""
        if chain and instruction and name in _ATTRIBUTES:
            chain.append(instruction.argval)
            continue
        if chain:
            found.setdefault(chain[0], set()).add(tuple(chain[1:]))
        chain = [instruction.argval] if instruction and name in _GLOBALS else []
    return found


def imports_in(code: CodeType, names: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the modules that code imports, each with the names that it takes from it; none for the module itself.

    Args:
        names: the globals of the code.
    """
    if _IMPORT_NAME not in code.co_code[::2]:
        return
    constants: list[Any] = []
    for instruction in dis.get_instructions(code):
        if instruction.opname == "LOAD_CONST":
            constants.append(instruction.argval)
        elif instruction.opname == "IMPORT_NAME":
            level, attributes = constants[-2:]
            name = _absolute("." * level + instruction.argval, names)
            if name:
                yield name, tuple(attributes or ())


def _absolute(name: str, names: Mapping[str, Any]) -> str | None:
    package = names.get("__package__") or str(names.get("__name__", "")).rpartition(".")[0]
    try:
        return importlib.util.resolve_name(name, package)
    except ImportError:
        return None
