"""Digests of Python code that change with its meaning, not with its formatting, comments or names of variables."""

from __future__ import annotations

import sys
import sysconfig
from functools import partial
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from alur.lineage.digests import digest

_PLAIN = (str, bytes, int, float, complex, bool, type(None), type(...))
_LIBRARIES = (f"{sysconfig.get_path('stdlib')}/", f"{Path(__file__).parents[1]}/")
"""The folders of Python's own modules and of Alur."""


def udf_digest(function: Any) -> str:
    """Return the digest of a user-defined function in a plan: its code, what it closes over, and its type.

    Args:
        function: a message of Spark Connect; cloudpickle has written a function in Python.
    """
    kind = function.WhichOneof("function")
    if kind != "python_udf":
        return digest(kind, _bytes(getattr(function, kind)), function.deterministic)
    udf = function.python_udf
    return digest("udf", pickled_digest(udf), function.deterministic)


def pickled_digest(udf: Any) -> str:
    """Return the digest of what cloudpickle has written, and of its type."""
    from pyspark import cloudpickle

    code = type(udf)()
    code.CopyFrom(udf)
    code.ClearField("command")
    code.ClearField("python_ver")
    try:
        unpickled = cloudpickle.loads(udf.command)
    except Exception:
        # Whatever cannot be read again is compared byte by byte.
        return digest("bytes", udf.command.hex(), _bytes(code))
    called = unpickled[0] if isinstance(unpickled, tuple) else unpickled
    return digest(code_digest(called), _bytes(code))


def _bytes(message: Any) -> str:
    return str(message.SerializeToString(deterministic=True).hex())


def code_digest(value: object) -> str:
    """Return the digest of a function, with the functions and constants of the user's code that it uses.

    >>> rate = 2
    >>> code_digest(lambda x: x * rate) == code_digest(lambda amount: amount * rate)
    True
    >>> code_digest(lambda x: x * 2) == code_digest(lambda x: x * 3)
    False
    """
    return _Reader().read(value)


class _Reader:
    """Reads values that code refers to; one that is already being read is named by its position."""

    def __init__(self) -> None:
        self._seen: dict[int, int] = {}

    def read(self, value: Any) -> str:
        if isinstance(value, _PLAIN):
            return digest(type(value).__name__, repr(value))
        if id(value) in self._seen:
            return digest("again", self._seen[id(value)])
        self._seen[id(value)] = len(self._seen)
        match value:
            case FunctionType():
                return self._function(value)
            case CodeType():
                return self._code(value, {})
            case ModuleType():
                return digest("module", value.__name__, _version(value))
            case type():
                return self._class(value)
            case tuple() | list():
                return digest(type(value).__name__, *map(self.read, value))
            case set() | frozenset():
                return digest("set", *sorted(map(self.read, value)))
            case partial():
                return digest("partial", self.read([value.func, value.args, value.keywords]))
            case dict():
                items = [(self.read(key), self.read(item)) for key, item in value.items()]
                return digest("dict", *(text for item in items for text in item))
            case _:
                return self._object(value)

    def _function(self, function: FunctionType) -> str:
        # A library's decorator closes over the user's function.
        cells = [_content(cell) for cell in function.__closure__ or ()]
        parts = self.read([cells, function.__defaults__, function.__kwdefaults__])
        if _is_foreign(function.__code__.co_filename):
            return digest("function", function.__module__, function.__qualname__, parts)
        code = self._code(function.__code__, function.__globals__, function.__doc__)
        return digest("function", code, parts)

    def _code(self, code: CodeType, names: dict[str, Any], doc: str | None = None) -> str:
        consts = list(code.co_consts)
        if doc is not None and consts[:1] == [doc]:
            consts[0] = None
        inner = [self._code(c, names) if isinstance(c, CodeType) else self.read(c) for c in consts]
        used = [digest(name, self._global(name, names)) for name in code.co_names]
        counts = (code.co_argcount, code.co_kwonlyargcount, code.co_posonlyargcount, code.co_flags)
        return digest(
            "code", code.co_code.hex(), code.co_exceptiontable.hex(), *counts, *inner, *used
        )

    def _global(self, name: str, names: dict[str, Any]) -> str:
        if name in names:
            return self._module_or_value(names[name])
        module = sys.modules.get(name)
        return self._module_or_value(module) if module else "unknown"

    def _module_or_value(self, value: Any) -> str:
        return self._own_module(value) if isinstance(value, ModuleType) else self.read(value)

    def _own_module(self, module: ModuleType) -> str:
        """Return the digest of a module of the user: of all that it defines."""
        if _is_foreign(getattr(module, "__file__", None) or "") or id(module) in self._seen:
            return digest("module", module.__name__, _version(module))
        self._seen[id(module)] = len(self._seen)
        own = {
            name: value
            for name, value in vars(module).items()
            if not name.startswith("__") and not isinstance(value, ModuleType)
        }
        return digest("module", module.__name__, self.read(own))

    def _class(self, value: type) -> str:
        module = sys.modules.get(value.__module__)
        if _is_foreign(getattr(module, "__file__", None) or ""):
            return digest("class", value.__module__, value.__qualname__)
        own = [
            (name, self.read(item))
            for name, item in sorted(vars(value).items())
            if isinstance(item, (FunctionType, *_PLAIN)) and name not in ("__doc__", "__module__")
        ]
        return digest("class", value.__qualname__, *own)

    def _object(self, value: Any) -> str:
        for name in ("func", "function", "__func__", "__wrapped__"):
            inner = getattr(value, name, None)
            if isinstance(inner, FunctionType):
                declared = vars(value).get("_returnType")
                return digest(type(value).__name__, self.read(inner), declared)
        if _is_stable(value):
            return digest(type(value).__qualname__, repr(value))
        return digest(type(value).__qualname__, self.read(getattr(value, "__dict__", {})))


def _is_stable(value: object) -> bool:
    """Return whether a value's text says all of it, and no address in memory."""
    return " at 0x" not in repr(value)


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return None


def _is_foreign(path: str) -> bool:
    """Return whether a file is not the user's: of a library, or of Python itself."""
    installed = "/site-packages/" in path or "/dist-packages/" in path
    return not path or installed or path.startswith(("<frozen", *_LIBRARIES))


def _version(module: ModuleType) -> str:
    return str(getattr(module, "__version__", ""))
