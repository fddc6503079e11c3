"""Digests of Python values by their content: code with all that it reaches, classes, and the state of instances."""

from __future__ import annotations

import copyreg
import sys
from collections.abc import Callable, Iterable
from functools import partial
from types import (
    BuiltinFunctionType,
    CodeType,
    FunctionType,
    GetSetDescriptorType,
    MappingProxyType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
    WrapperDescriptorType,
)
from typing import Any

from alur.lineage.code_names import imports_in, names_in
from alur.lineage.digests import digest
from alur.lineage.user_code import is_foreign, is_users, is_users_name, users_module

_PLAIN = frozenset({str, bytes, int, float, complex, bool, type(None), type(...)})
_C_CODE = (BuiltinFunctionType, GetSetDescriptorType, MemberDescriptorType, WrapperDescriptorType)
_WITHOUT_CONTENT = frozenset({"_thread", "threading", "weakref", "_weakref", "_weakrefset", "_abc"})
"""Modules of locks and of references, which mean nothing by themselves."""
_SESSIONS = frozenset({"SparkSession", "SparkContext", "SparkConnectClient"})
_NOT_CONTENT = frozenset(
    [
        *("__doc__", "__module__", "__dict__", "__weakref__", "__qualname__", "__signature__"),
        *("__abstractmethods__", "_abc_impl", "__orig_bases__", "__parameters__"),
    ]
)
"""Members of classes that Python adds."""
_FIELDS = "__pydantic_fields__"


class ValueReader:
    """Reads values that code refers to; one that is being read already is named by its position.

    Attributes:
        unreadable: the types of values whose content cannot be told.
    """

    def __init__(self) -> None:
        self.unreadable: set[str] = set()
        self._reading: dict[int, int] = {}
        # With the values, whose ids would be used again otherwise.
        self._known: dict[int, tuple[Any, str]] = {}

    def read(self, value: Any) -> str:
        """Return the digest of a value."""
        if type(value) in _PLAIN:
            return digest(type(value).__name__, repr(value))
        key = id(value)
        if key in self._known:
            return self._known[key][1]
        if key in self._reading:
            return digest("again", self._reading[key])
        self._reading[key] = len(self._reading)
        try:
            found = self._read(value)
        except Exception:
            # Whatever an object of the user's raises, or too deep a structure.
            found = self._unreadable(value)
        del self._reading[key]
        self._known[key] = value, found
        return found

    def _read(self, value: Any) -> str:
        match value:
            case FunctionType():
                return self._function(value)
            case CodeType():
                return self._code(value, {})
            case ModuleType():
                return self._module(value)
            case type():
                return self._class(value)
            case partial():
                return digest("partial", self.read([value.func, value.args, value.keywords]))
            case MethodType():
                return digest("method", self.read(value.__func__), self.read(value.__self__))
            case staticmethod() | classmethod():
                return digest(type(value).__name__, self.read(value.__func__))
            case property():
                return digest("property", self.read([value.fget, value.fset, value.fdel]))
            case _ if isinstance(value, _C_CODE):
                owner = getattr(value, "__self__", None)
                bound = "" if isinstance(owner, ModuleType) else self.read(owner)
                return digest("built in", value.__qualname__, bound)
            case _:
                return self._container(value)

    def _container(self, value: Any) -> str:
        kind = type(value)
        if kind in (tuple, list):
            if all(type(item) in _PLAIN for item in value):
                return digest(kind.__name__, repr(value))
            return digest(kind.__name__, *map(self.read, value))
        if kind in (set, frozenset):
            return digest("set", *sorted(map(self.read, value)))
        if kind in (dict, MappingProxyType):
            return digest("dict", *(self.read(part) for item in value.items() for part in item))
        return self._object(value)

    def _function(self, function: FunctionType) -> str:
        # A library's decorator closes over the user's function.
        cells = [_content(cell) for cell in function.__closure__ or ()]
        parts = self.read([cells, function.__defaults__, function.__kwdefaults__])
        if is_foreign(function.__code__.co_filename):
            return digest("function", function.__module__, function.__qualname__, parts)
        code = self._code(function.__code__, function.__globals__, function.__doc__)
        return digest("function", code, parts, self._named(vars(function)))

    def _code(self, code: CodeType, names: dict[str, Any], doc: str | None = None) -> str:
        consts = list(code.co_consts)
        if doc is not None and consts[:1] == [doc]:
            consts[0] = None
        inner = [self._code(c, names) if isinstance(c, CodeType) else self.read(c) for c in consts]
        counts = (code.co_argcount, code.co_kwonlyargcount, code.co_posonlyargcount, code.co_flags)
        return digest(
            *("code", code.co_code.hex(), code.co_exceptiontable.hex(), *counts),
            *(*inner, *self._used(code, names), *self._imported(code, names)),
        )

    def _used(self, code: CodeType, names: dict[str, Any]) -> Iterable[str]:
        """Yield the digests of the names in code; of a module, only of the attributes that the code takes from it."""
        has_modules = any(_is_own_module(names.get(name)) for name in code.co_names)
        taken = names_in(code) if has_modules else {}
        for name in code.co_names:
            if name not in names:
                yield digest(name)
            elif _is_own_module(names[name]):
                for attributes in sorted(taken.get(name, ())):
                    yield digest(name, *attributes, self._attribute(names[name], attributes))
            else:
                yield digest(name, self.read(names[name]))

    def _attribute(self, value: Any, names: tuple[str, ...]) -> str:
        for name in names:
            if not _is_own_module(value):
                break
            inner = vars(value).get(name, sys.modules.get(f"{value.__name__}.{name}"))
            if inner is None:
                return digest("no attribute", name)
            value = inner
        return self.read(value)

    def _imported(self, code: CodeType, names: dict[str, Any]) -> Iterable[str]:
        """Yield the digests of what code imports when it runs."""
        for name, attributes in imports_in(code, names):
            try:
                module = users_module(name)
            except ImportError:
                self.unreadable.add(f"the module {name}")
                continue
            if module is not None:
                for attribute in attributes:
                    yield digest(name, attribute, self._from(module, attribute))
                if not attributes:
                    yield digest(name, self.read(module))

    def _from(self, module: ModuleType, name: str) -> str:
        if name == "*":
            return self.read(module)
        if name not in vars(module):
            users_module(f"{module.__name__}.{name}")
        return self._attribute(module, (name,))

    def _module(self, module: ModuleType) -> str:
        """Return the digest of a module; of one of the user's, by all that it defines."""
        if not is_users(module):
            return digest("module", module.__name__, str(getattr(module, "__version__", "")))
        own = {name: v for name, v in vars(module).items() if not name.startswith("__")}
        return digest("module", module.__name__, self._named(own))

    def _class(self, value: type) -> str:
        """Return the digest of a class; of one of the user's, by all members, its own and inherited ones."""
        contract = vars(value).get("__contract__")
        if contract is not None:
            return digest("contract", contract.identifier, repr(contract.columns))
        parts = [self._members(base) for base in value.__mro__ if is_users_name(base.__module__)]
        if not parts:
            return digest("class", value.__module__, value.__qualname__)
        bases = (base.__qualname__ for base in value.__mro__)
        return digest("class", *bases, self.read(type(value)), *parts)

    def _members(self, value: type) -> str:
        own = {
            name: item
            for name, item in vars(value).items()
            if name not in _NOT_CONTENT and (name == _FIELDS or not name.startswith("__pydantic"))
        }
        return self._named(own)

    def _named(self, values: dict[str, Any]) -> str:
        """Return the digest of values by name, in whatever order."""
        return digest(*(digest(name, self.read(values[name])) for name in sorted(values)))

    def _object(self, value: Any) -> str:
        kind = type(value)
        if kind.__module__ in _WITHOUT_CONTENT or kind.__name__ in _SESSIONS:
            return digest(kind.__qualname__)
        if not is_users_name(kind.__module__):
            for name in ("func", "function", "__func__", "__wrapped__"):
                inner = getattr(value, name, None)
                if isinstance(inner, FunctionType):
                    declared = (
                        vars(value).get("_returnType") if hasattr(value, "__dict__") else None
                    )
                    return digest(kind.__name__, self.read(inner), self.read(declared))
        try:
            function, arguments, state, items, entries = _reduced(value)
        except Exception:
            return self._unreadable(value)
        if isinstance(state, dict) and all(type(name) is str for name in state):
            state = self._named(state)
        return digest(
            kind.__qualname__, *map(self.read, (function, arguments, state, items, entries))
        )

    def _unreadable(self, value: Any) -> str:
        kind = type(value)
        self.unreadable.add(f"a {kind.__module__}.{kind.__qualname__}")
        return digest("unreadable", kind.__qualname__)


def _reduced(value: Any) -> tuple[Any, Any, Any, list[Any], list[Any]]:
    """Return what pickle would write of an object."""
    reduce: Callable[[Any], Any] | None = copyreg.dispatch_table.get(type(value))
    reduced = reduce(value) if reduce else value.__reduce_ex__(4)
    if isinstance(reduced, str):
        return reduced, (), None, [], []
    function, arguments, state, items, entries = (*reduced, *([None] * 3))[:5]
    return function, arguments, state, list(items or ()), list(entries or ())


def _is_own_module(value: Any) -> bool:
    return isinstance(value, ModuleType) and is_users(value)


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return None
